//! The words of the pharmacy: states of a supply, reasons, and ways to identify a person.

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The state of a supply.
    pub enum SupplyState("state") {
        ToVerify = "to_verify" => tr!(pharmacy.state_to_verify),
        Verified = "verified" => tr!(pharmacy.state_verified),
        PartDispensed = "part_dispensed" => tr!(pharmacy.state_part_dispensed),
        Dispensed = "dispensed" => tr!(pharmacy.state_dispensed),
        /// A part was handed out, and the rest is not owed.
        Closed = "closed" => tr!(pharmacy.state_closed),
        Refused = "refused" => tr!(pharmacy.state_refused),
        /// The prescription ended before anything was handed out.
        Cancelled = "cancelled" => tr!(pharmacy.state_cancelled),
        /// It waits until a day, with a reason.
        OnHold = "on_hold" => tr!(pharmacy.state_on_hold),
        /// It waits for an answer of the prescriber.
        Queried = "queried" => tr!(pharmacy.state_queried),
    }
}

crate::text_enum! {
    /// The reason for not handing out a medicine, or no more of it.
    pub enum Refusal("refusal") {
        OutOfStock = "out_of_stock" => tr!(pharmacy.refusal_out_of_stock),
        NotKept = "not_kept" => tr!(pharmacy.refusal_not_kept),
        Unclear = "unclear" => tr!(pharmacy.refusal_unclear),
        Unsafe = "unsafe" => tr!(pharmacy.refusal_unsafe),
        Prescriber = "prescriber" => tr!(pharmacy.refusal_prescriber),
        Patient = "patient" => tr!(pharmacy.refusal_patient),
        /// Needs a note.
        Other = "other" => tr!(pharmacy.other),
    }
}

crate::text_enum! {
    /// The reason for which a prescription waits.
    pub enum PauseKind("kind") {
        OnHold = "on_hold",
        Queried = "queried",
    }
}

impl PauseKind {
    /// The state of the supply meanwhile.
    pub const fn state(self) -> SupplyState {
        match self {
            Self::OnHold => SupplyState::OnHold,
            Self::Queried => SupplyState::Queried,
        }
    }
}

crate::text_enum! {
    /// The way in which a prescription stopped to wait.
    pub enum PauseOutcome("outcome") {
        Released = "released" => tr!(pharmacy.pause_released),
        Answered = "answered" => tr!(pharmacy.pause_answered),
        /// The prescription ended, or another one replaced it.
        Changed = "changed" => tr!(pharmacy.pause_changed),
    }
}

crate::text_enum! {
    /// The counselling at a hand-over.
    pub enum Counselling("counselling") {
        Given = "given" => tr!(pharmacy.counselling_given),
        /// Given with an interpreter.
        Interpreter = "interpreter" => tr!(pharmacy.counselling_interpreter),
        Refused = "refused" => tr!(pharmacy.counselling_refused),
    }
}

crate::text_enum! {
    /// The way in which the person who takes a medicine was identified.
    pub enum CollectorCheck("identified_by") {
        NameAndBirth = "name_and_birth" => tr!(pharmacy.check_name_and_birth),
        Card = "card" => tr!(pharmacy.check_card),
        Wristband = "wristband" => tr!(pharmacy.check_wristband),
    }
}

crate::text_enum! {
    /// The reason for which a medicine came back.
    pub enum ReturnReason("reason") {
        NotNeeded = "not_needed" => tr!(pharmacy.return_not_needed),
        Wrong = "wrong" => tr!(pharmacy.return_wrong),
        Reaction = "reaction" => tr!(pharmacy.return_reaction),
        Recalled = "recalled" => tr!(pharmacy.return_recalled),
        /// Needs a note.
        Other = "other" => tr!(pharmacy.other),
    }
}

impl SupplyState {
    /// The colour of the state.
    pub const fn tone(self) -> Tone {
        match self {
            Self::ToVerify => Tone::Waiting,
            Self::Verified => Tone::Reserved,
            Self::PartDispensed | Self::Queried => Tone::Warning,
            Self::Dispensed => Tone::Done,
            Self::Closed | Self::Refused | Self::Cancelled | Self::OnHold => Tone::Inactive,
        }
    }

    /// Whether the state may follow this one. The database has the same table (`supplies_moves`).
    pub const fn leads_to(self, next: Self) -> bool {
        use SupplyState as S;
        matches!(
            (self, next),
            (S::ToVerify, S::Verified | S::Refused | S::Cancelled | S::OnHold | S::Queried)
                | (S::Verified, S::PartDispensed | S::Dispensed | S::Refused | S::Cancelled | S::OnHold | S::Queried)
                | (S::PartDispensed, S::Dispensed | S::Closed | S::Verified | S::OnHold | S::Queried)
                | (S::OnHold | S::Queried, S::ToVerify | S::Verified | S::PartDispensed | S::Refused | S::Closed | S::Cancelled)
                | (S::Dispensed, S::PartDispensed | S::Verified | S::Closed)
        )
    }

    /// Whether something is still to be done.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::ToVerify | Self::Verified | Self::PartDispensed) || self.is_paused()
    }

    /// Whether it waits: nothing of it is handed out.
    pub const fn is_paused(self) -> bool {
        matches!(self, Self::OnHold | Self::Queried)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_database_has_the_same_moves() {
        let pairs = SupplyState::ALL.iter().flat_map(|from| SupplyState::ALL.iter().map(move |to| (*from, *to)));
        let own: BTreeSet<String> = pairs.filter(|(from, to)| from.leads_to(*to)).map(|(from, to)| format!("{from}>{to}")).collect();
        for migration in [
            include_str!("../../migrations/sqlite/20261204000141_supply_pauses.sql"),
            include_str!("../../migrations/postgres/20261204000141_supply_pauses.sql"),
        ] {
            let list = migration.split("NOT IN (").nth(1).and_then(|rest| rest.split(')').next()).expect("the list");
            let moves: BTreeSet<String> = list.split('\'').filter(|word| word.contains('>')).map(str::to_owned).collect();
            assert_eq!(moves, own);
        }
    }
}
