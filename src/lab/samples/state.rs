//! The states of samples and analyses, and the acts that lead from one to the next. The database has the same tables (`samples_moves`,
//! `analyses_moves`).

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The state of a sample.
    pub enum SampleState("state") {
        Expected = "expected" => tr!(lab.sample_expected),
        Collected = "collected" => tr!(lab.sample_collected),
        Sent = "sent" => tr!(lab.sample_sent),
        Received = "received" => tr!(lab.sample_received),
        Stored = "stored" => tr!(lab.sample_stored),
        Discarded = "discarded" => tr!(lab.sample_discarded),
        NotCollected = "not_collected" => tr!(lab.sample_not_collected),
        Rejected = "rejected" => tr!(lab.sample_rejected),
        Lost = "lost" => tr!(lab.sample_lost),
    }
}

crate::text_enum! {
    /// An act on a sample.
    pub enum SampleAct("act") {
        Collect = "collect",
        Send = "send",
        /// The sample is back with those who collected it.
        Recall = "recall",
        Receive = "receive",
        Store = "store",
        Discard = "discard",
        NotCollect = "not_collect",
        Reject = "reject",
        Lose = "lose",
    }
}

crate::text_enum! {
    /// The state of an analysis.
    pub enum AnalysisState("state") {
        /// Its sample is not received yet.
        Waiting = "waiting" => tr!(lab.analysis_waiting),
        Ready = "ready" => tr!(lab.analysis_ready),
        /// Another laboratory does it.
        SentOut = "sent_out" => tr!(lab.analysis_sent_out),
        Entered = "entered" => tr!(lab.analysis_entered),
        Checked = "checked" => tr!(lab.analysis_checked),
        Released = "released" => tr!(lab.analysis_released),
        Cancelled = "cancelled" => tr!(lab.analysis_cancelled),
    }
}

crate::text_enum! {
    /// An act on an analysis.
    pub enum AnalysisAct("act") {
        /// Its sample was received.
        Prepare = "prepare",
        SendOut = "send_out",
        Enter = "enter",
        Check = "check",
        Release = "release",
        /// Measure it once more: the version is kept.
        Repeat = "repeat",
        /// Its sample was rejected or lost.
        Return = "return",
        Cancel = "cancel",
    }
}

impl SampleState {
    /// The state's colour.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Expected => Tone::Waiting,
            Self::Collected | Self::Sent => Tone::Progress,
            Self::Received | Self::Stored => Tone::Done,
            Self::Discarded | Self::NotCollected => Tone::Inactive,
            Self::Rejected | Self::Lost => Tone::Critical,
        }
    }
}

impl AnalysisState {
    /// The state's colour.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Waiting => Tone::Waiting,
            Self::Ready | Self::SentOut => Tone::Reserved,
            Self::Entered | Self::Checked => Tone::Progress,
            Self::Released => Tone::Done,
            Self::Cancelled => Tone::Inactive,
        }
    }
}

impl SampleAct {
    /// Returns the states that the act leads from, and the state that it leads to.
    pub const fn leads(self) -> (&'static [SampleState], SampleState) {
        use SampleState as S;
        match self {
            Self::Collect => (&[S::Expected], S::Collected),
            Self::Send => (&[S::Collected], S::Sent),
            Self::Recall => (&[S::Sent], S::Collected),
            Self::Receive => (&[S::Collected, S::Sent], S::Received),
            Self::Store => (&[S::Received], S::Stored),
            Self::Discard => (&[S::Stored], S::Discarded),
            Self::NotCollect => (&[S::Expected], S::NotCollected),
            Self::Reject => (&[S::Collected, S::Sent, S::Received], S::Rejected),
            Self::Lose => (&[S::Sent], S::Lost),
        }
    }

    /// Whether the act fits the state.
    pub fn fits(self, state: SampleState) -> bool {
        self.leads().0.contains(&state)
    }
}

impl AnalysisAct {
    /// Returns the states that the act leads from, and the state that it leads to.
    pub const fn leads(self) -> (&'static [AnalysisState], AnalysisState) {
        use AnalysisState as S;
        match self {
            Self::Prepare => (&[S::Waiting], S::Ready),
            Self::SendOut => (&[S::Ready], S::SentOut),
            Self::Enter => (&[S::Ready, S::SentOut], S::Entered),
            Self::Check => (&[S::Entered], S::Checked),
            Self::Release => (&[S::Checked], S::Released),
            Self::Repeat => (&[S::Entered, S::Checked], S::Ready),
            Self::Return => (&[S::Ready, S::SentOut, S::Entered, S::Checked], S::Waiting),
            Self::Cancel => (&[S::Waiting, S::Ready], S::Cancelled),
        }
    }

    /// Whether the act fits the state.
    pub fn fits(self, state: AnalysisState) -> bool {
        self.leads().0.contains(&state)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The moves that the migration of an engine allows, by the name of the trigger.
    fn moves(migration: &str, guard: &str) -> BTreeSet<String> {
        let text = migration.split(guard).next().expect("the guard");
        let list = text.rsplit("NOT IN (").next().expect("the list").split(')').next().unwrap_or_default();
        list.split('\'').filter(|word| word.contains('>')).map(str::to_owned).collect()
    }

    #[test]
    fn the_database_has_the_same_moves() {
        let samples: BTreeSet<String> =
            SampleAct::ALL.iter().flat_map(|act| act.leads().0.iter().map(move |from| format!("{from}>{}", act.leads().1))).collect();
        let analyses: BTreeSet<String> =
            AnalysisAct::ALL.iter().flat_map(|act| act.leads().0.iter().map(move |from| format!("{from}>{}", act.leads().1))).collect();
        for migration in [
            include_str!("../../../migrations/sqlite/20261130030100_lab_samples.sql"),
            include_str!("../../../migrations/postgres/20261130030100_lab_samples.sql"),
        ] {
            assert_eq!(moves(migration, "'samples_moves'"), samples);
            assert_eq!(moves(migration, "'analyses_moves'"), analyses);
        }
    }
}
