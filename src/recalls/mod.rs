//! Recalls of batches: from the notice of the maker to the last tablet and the last patient.
//!
//! A *recall* is worked through at one clinic. A notice that concerns batches of several clinics makes one for each of them: blocking the stock at one
//! blocks it in all. The patients who got something of the batches are found once the stock is blocked, and each is told: by a call, a letter, or
//! in person.
//!
//! | recall | becomes | by |
//! |---|---|---|
//! | | `announced` | whoever reads the notice: the item, its batches, source and reference |
//! | `announced` | `quarantined` | blocking the stock: no storeroom hands the batches out any more |
//! | `quarantined` | `traced` | looking for the patients |
//! | `traced` | `closed` | nothing of the batches is left at the clinic, and no patient waits to be told (`recalls_settled`) |
//!
//! | patient | becomes | by |
//! |---|---|---|
//! | | `found` | the search |
//! | `found`, `not_reached` | `told` | whoever told the patient |
//! | `found` | `not_reached` | several attempts without success |

mod acts;
pub mod api;
mod department;
pub mod pages;
mod rules;
mod store;

pub use acts::stock_recall;
pub use department::{DEPARTMENT, RECALLS};

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The state of a recall.
    pub enum RecallState("state") {
        Announced = "announced" => tr!(recalls.state_announced),
        /// No storeroom hands the batches out any more.
        Quarantined = "quarantined" => tr!(recalls.state_quarantined),
        /// The patients who got something are known.
        Traced = "traced" => tr!(recalls.state_traced),
        Closed = "closed" => tr!(recalls.state_closed),
    }
}

impl RecallState {
    /// The tone of its badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Announced => Tone::Critical,
            Self::Quarantined => Tone::Warning,
            Self::Traced => Tone::Progress,
            Self::Closed => Tone::Done,
        }
    }
}

crate::text_enum! {
    /// The sender of the notice.
    pub enum RecallSource("source") {
        Maker = "maker" => tr!(recalls.source_maker),
        Supplier = "supplier" => tr!(recalls.source_supplier),
        Authority = "authority" => tr!(recalls.source_authority),
        /// The hospital found the fault itself.
        Own = "own" => tr!(recalls.source_own),
    }
}

crate::text_enum! {
    /// Whether a patient knows of the recall.
    pub enum RecallPatientState("state") {
        Found = "found" => tr!(recalls.patient_found),
        Told = "told" => tr!(recalls.patient_told),
        NotReached = "not_reached" => tr!(recalls.patient_not_reached),
    }
}

impl RecallPatientState {
    /// The tone of its badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Found => Tone::Waiting,
            Self::Told => Tone::Done,
            Self::NotReached => Tone::Warning,
        }
    }
}

crate::text_enum! {
    /// The way on which a patient was told.
    pub enum ToldWay("way") {
        Call = "call" => tr!(recalls.way_call),
        Letter = "letter" => tr!(recalls.way_letter),
        InPerson = "in_person" => tr!(recalls.way_in_person),
    }
}
