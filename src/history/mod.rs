//! The history that was brought along from other systems: requests, samples, laboratory results, imaging studies, reports, doses and stays
//! of before.
//!
//! The tables of the departments hold what was done here: each step has its person, its signature and its guard. Work that was done elsewhere has
//! none of them, so it stands in tables of its own, is shown as what it is, and starts no work: no task, no charge, no message, no call.

mod department;
pub mod pages;
mod rules;
mod store;

pub use department::DEPARTMENT;
pub use store::{
    PastDose, PastOrder, PastReport, PastResult, PastStudy, days_of_doses, draws, reports, results_for_patient, stay, studies, unanswered,
};

use crate::tr;

crate::text_enum! {
    /// The department that a request or report of before was for.
    pub enum PastKind("kind") {
        Laboratory = "laboratory" => tr!(history.kind_laboratory),
        Imaging = "imaging" => tr!(history.kind_imaging),
        Other = "other" => tr!(history.kind_other),
    }
}

crate::text_enum! {
    /// The state of a request of before, as its source has it.
    pub enum PastOrderState("state") {
        Active = "active" => tr!(history.order_active),
        OnHold = "on_hold" => tr!(history.order_on_hold),
        Completed = "completed" => tr!(history.order_completed),
        Revoked = "revoked" => tr!(history.order_revoked),
        Unknown = "unknown" => tr!(history.order_unknown),
    }
}

crate::text_enum! {
    /// The outcome of a dose of before.
    pub enum PastOutcome("outcome") {
        Given = "given" => tr!(history.dose_given),
        NotGiven = "not_given" => tr!(history.dose_not_given),
        Stopped = "stopped" => tr!(history.dose_stopped),
    }
}
