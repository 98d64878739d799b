//! The words of the round, as they stand in the database.

use crate::{core::Permission, tr, ui::Tone};

crate::text_enum! {
    /// The kind of a note of a stay.
    pub enum StayNoteKind("kind") {
        Admission = "admission" => tr!(rounds.kind_admission),
        Round = "round" => tr!(rounds.kind_round),
        Consult = "consult" => tr!(rounds.kind_consult),
        Procedure = "procedure" => tr!(rounds.kind_procedure),
        Nursing = "nursing" => tr!(rounds.kind_nursing),
        Discharge = "discharge" => tr!(rounds.kind_discharge),
    }
}

crate::text_enum! {
    /// The headings of a note.
    pub enum StayNoteStyle("style") {
        /// Subjective, objective, assessment, plan.
        Soap = "soap" => tr!(rounds.style_soap),
        /// Events, findings, problems one by one, plan.
        Problems = "problems" => tr!(rounds.style_problems),
    }
}

crate::text_enum! {
    /// The state of a version of a note.
    pub enum StayNoteState("state") {
        Draft = "draft" => tr!(rounds.state_draft),
        Final = "final" => tr!(rounds.state_final),
        Discarded = "discarded" => tr!(rounds.state_discarded),
    }
}

crate::text_enum! {
    /// The state of a version of a summary.
    pub enum SummaryState("state") {
        Draft = "draft",
        Final = "final",
    }
}

crate::text_enum! {
    /// The decision on a medicine at the end of a stay.
    pub enum MedicineDecision("decision") {
        Continue = "continue" => tr!(rounds.decision_continue),
        Changed = "changed" => tr!(rounds.decision_changed),
        Stopped = "stopped" => tr!(rounds.decision_stopped),
        /// The patient begins it after the stay.
        New = "new" => tr!(rounds.decision_new),
    }
}

crate::text_enum! {
    /// The state of a follow-up.
    pub enum FollowUpState("state") {
        Proposed = "proposed" => tr!(rounds.follow_up_proposed),
        Booked = "booked" => tr!(rounds.follow_up_booked),
        Declined = "declined" => tr!(rounds.follow_up_declined),
        Expired = "expired" => tr!(rounds.follow_up_expired),
    }
}

impl StayNoteKind {
    /// The kinds that a doctor writes.
    pub const OF_DOCTORS: [Self; 5] = [Self::Round, Self::Admission, Self::Consult, Self::Procedure, Self::Discharge];

    /// Returns the right to write a note of the kind.
    pub const fn right(self) -> Permission {
        match self {
            Self::Nursing => Permission::RecordCare,
            Self::Admission | Self::Round | Self::Consult | Self::Procedure | Self::Discharge => Permission::WriteNotes,
        }
    }
}

impl StayNoteStyle {
    /// Returns the headings of the four sections.
    pub fn headings(self) -> [&'static str; 4] {
        match self {
            Self::Soap => [tr!(rounds.subjective), tr!(rounds.objective), tr!(rounds.assessment), tr!(rounds.plan)],
            Self::Problems => [tr!(rounds.events), tr!(rounds.findings), tr!(rounds.problems), tr!(rounds.plan)],
        }
    }
}

impl StayNoteState {
    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Draft => Tone::Warning,
            Self::Final => Tone::Done,
            Self::Discarded => Tone::Inactive,
        }
    }
}

impl MedicineDecision {
    /// The decisions on an order of the stay.
    pub const OF_ORDERS: [Self; 3] = [Self::Continue, Self::Changed, Self::Stopped];

    /// Whether the decision needs a reason.
    pub const fn needs_reason(self) -> bool {
        !matches!(self, Self::Continue)
    }
}

impl FollowUpState {
    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Proposed => Tone::Waiting,
            Self::Booked => Tone::Done,
            Self::Declined | Self::Expired => Tone::Inactive,
        }
    }
}
