//! The terms of the queue: the step and state of a visit, its priority, and how a stay in a step ends.

use crate::{
    core::{Error, Result, form},
    tr,
};

crate::text_enum! {
    /// A step of the outpatient visit; each has a queue, and a row of `queue_steps`.
    pub enum Step("step") {
        /// The nurse takes vital signs.
        Triage = "triage" => tr!(opd.step_triage),
        /// The patient sees the doctor.
        Doctor = "doctor" => tr!(opd.step_doctor),
        /// The staff do what the doctor ordered.
        Orders = "orders" => tr!(opd.step_orders),
        /// The patient pays.
        Cashier = "cashier" => tr!(opd.step_cashier),
        /// The patient gets the medicines.
        Pharmacy = "pharmacy" => tr!(opd.step_pharmacy),
    }
}

crate::text_enum! {
    /// The state of a visit in its step.
    pub enum QueueState("state") {
        Waiting = "waiting" => tr!(opd.state_waiting),
        /// On the board: the patient is on the way to the room.
        Called = "called" => tr!(opd.state_called),
        /// In the room.
        Serving = "serving" => tr!(opd.state_serving),
    }
}

crate::text_enum! {
    /// The reason why a stay in a step ended. The next stay begins at the same instant, unless the visit is over.
    pub enum Closure("closed_because") {
        Called = "called",
        CalledAgain = "called_again",
        Started = "started",
        /// Called and not there: patients who came later go first once.
        Skipped = "skipped",
        /// Moved back to waiting, with the old place.
        Returned = "returned",
        Transferred = "transferred",
        MovedOn = "moved_on",
        Done = "done",
        /// Left without being seen.
        Left = "left",
        Undone = "undone",
        EnteredInError = "entered_in_error",
    }
}

crate::text_enum! {
    /// How a visit ended.
    pub enum Outcome("outcome") {
        Done = "done",
        Left = "left",
        EnteredInError = "entered_in_error",
    }
}

crate::text_enum! {
    /// The order of patients. Every priority except `Normal` has a reason with it.
    pub enum Priority("priority") {
        Emergency = "emergency" => tr!(opd.priority_emergency),
        Priority = "priority" => tr!(opd.priority_priority),
        Normal = "normal" => tr!(opd.priority_normal),
    }
}

impl Step {
    /// Whether the step comes after the doctor.
    pub const fn is_after_doctor(self) -> bool {
        matches!(self, Self::Orders | Self::Cashier | Self::Pharmacy)
    }
}

impl Priority {
    /// The rank; 1 goes first.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Emergency => 1,
            Self::Priority => 2,
            Self::Normal => 3,
        }
    }

    /// Returns the minutes of waiting after which the wait is long, and far too long.
    pub const fn thresholds(self) -> (i64, i64) {
        match self {
            Self::Emergency => (5, 10),
            Self::Priority => (15, 30),
            Self::Normal => (30, 60),
        }
    }
}

/// Converts the database's rank.
impl TryFrom<i64> for Priority {
    type Error = String;
    fn try_from(rank: i64) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|priority| priority.rank() == rank).ok_or_else(|| format!("{rank} is no priority"))
    }
}

/// Parses a priority and its reason from a form: a patient who goes before others needs a reason.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub fn parse_priority(word: &str, reason: &str) -> Result<(Priority, String)> {
    let reason = form::text("priority_reason", reason, 200)?;
    let word = match word {
        // A reason without a priority: the user forgot to choose one.
        "" if !reason.is_empty() => return Err(Error::invalid("priority", tr!(errors.choose))),
        "" => Priority::Normal.as_str(),
        word => word,
    };
    let priority: Priority = form::chosen("priority", word)?;
    match priority {
        Priority::Normal => Ok((priority, String::new())),
        _ if reason.is_empty() => Err(Error::invalid("priority_reason", tr!(opd.priority_needs_reason))),
        _ => Ok((priority, reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_database_s() {
        for priority in Priority::ALL {
            assert_eq!(Priority::try_from(priority.rank()), Ok(*priority));
        }
        assert!(Priority::try_from(0).is_err());
    }

    #[test]
    fn nobody_goes_first_without_a_reason() {
        assert_eq!(parse_priority("", "").map(|parsed| parsed.0), Ok(Priority::Normal));
        assert!(parse_priority("emergency", "  ").is_err());
        assert!(parse_priority("", "short of breath").is_err(), "a reason without a choice is no normal priority");
        assert_eq!(parse_priority("priority", " pregnant "), Ok((Priority::Priority, "pregnant".to_owned())));
        assert!(parse_priority("first", "me").is_err());
    }
}
