//! An order, its states, and the acts on it.

use crate::{
    core::{AdmissionId, ClinicId, EncounterId, Error, OrderId, PatientId, Result, UserId, VisitId, time::Instant},
    patients::PatientName,
    tr,
    ui::Tone,
};

crate::text_enum! {
    /// The state of an order. [`OrderAct`] lists the states that may follow.
    pub enum OrderState("state") {
        /// Not placed yet: the signature of the note places it.
        Draft = "draft" => tr!(orders.state_draft),
        /// Waits for a user who works on it.
        Requested = "requested" => tr!(orders.state_requested),
        Accepted = "accepted" => tr!(orders.state_accepted),
        InProgress = "in_progress" => tr!(orders.state_in_progress),
        Completed = "completed" => tr!(orders.state_completed),
        OnHold = "on_hold" => tr!(orders.state_on_hold),
        Cancelled = "cancelled" => tr!(orders.state_cancelled),
        EnteredInError = "entered_in_error" => tr!(orders.state_entered_in_error),
    }
}

crate::text_enum! {
    /// The urgency, in the four words of FHIR. The most urgent order stands first in a worklist.
    pub enum OrderPriority("priority") {
        Stat = "stat" => tr!(orders.priority_stat),
        Asap = "asap" => tr!(orders.priority_asap),
        Urgent = "urgent" => tr!(orders.priority_urgent),
        Routine = "routine" => tr!(orders.priority_routine),
    }
}

crate::text_enum! {
    /// An act on an order.
    pub enum OrderAct("act") {
        Place = "place" => tr!(orders.act_place),
        Accept = "accept" => tr!(orders.act_accept),
        Start = "start" => tr!(orders.act_start),
        Complete = "complete" => tr!(orders.act_complete),
        Hold = "hold" => tr!(orders.act_hold),
        Resume = "resume" => tr!(orders.act_resume),
        Cancel = "cancel" => tr!(orders.act_cancel),
        EnterInError = "enter_in_error" => tr!(orders.act_enter_in_error),
    }
}

impl OrderState {
    /// The states of placed orders that are not finished.
    pub const OPEN: [Self; 4] = [Self::Requested, Self::Accepted, Self::InProgress, Self::OnHold];

    /// The state's colour.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Draft => Tone::Reserved,
            Self::Requested => Tone::Waiting,
            Self::Accepted | Self::InProgress => Tone::Progress,
            Self::Completed => Tone::Done,
            Self::OnHold => Tone::Warning,
            Self::Cancelled | Self::EnteredInError => Tone::Inactive,
        }
    }
}

impl OrderPriority {
    /// The priority's colour; a routine order needs none.
    pub const fn tone(self) -> Option<Tone> {
        match self {
            Self::Stat => Some(Tone::Critical),
            Self::Asap | Self::Urgent => Some(Tone::Warning),
            Self::Routine => None,
        }
    }
}

impl OrderAct {
    /// The acts of users who work on orders.
    pub const WORK: [Self; 6] = [Self::Accept, Self::Start, Self::Complete, Self::Hold, Self::Resume, Self::Cancel];
    /// The acts of doctors.
    pub const ORDERER: [Self; 5] = [Self::Place, Self::Hold, Self::Resume, Self::Cancel, Self::EnterInError];
    /// The acts that follow from the work of a department that does the order at its own places: nobody does them by hand.
    pub const BY_WORK: [Self; 3] = [Self::Accept, Self::Start, Self::Complete];

    /// Returns the states that the act leads from, and the state that it leads to. A resumed order goes back to `accepted` if it was
    /// accepted before ([`Order::after`]).
    pub const fn leads(self) -> (&'static [OrderState], OrderState) {
        use OrderState as S;
        match self {
            Self::Place => (&[S::Draft], S::Requested),
            Self::Accept => (&[S::Requested], S::Accepted),
            Self::Start => (&[S::Requested, S::Accepted], S::InProgress),
            Self::Complete => (&[S::InProgress], S::Completed),
            Self::Hold => (&[S::Requested, S::Accepted], S::OnHold),
            Self::Resume => (&[S::OnHold], S::Requested),
            Self::Cancel => (&[S::Requested, S::Accepted, S::OnHold], S::Cancelled),
            Self::EnterInError => (&[S::Draft, S::Requested, S::Accepted, S::InProgress, S::OnHold, S::Cancelled], S::EnteredInError),
        }
    }

    /// Whether the act needs a reason.
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::Hold | Self::Cancel | Self::EnterInError)
    }
}

/// The time of an act, and the name of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedStamp {
    pub at: Instant,
    pub by: String,
}

/// An order, with its sealed text opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub patient: PatientId,
    pub patient_name: PatientName,
    pub mrn: String,
    pub clinic: ClinicId,
    pub visit: Option<VisitId>,
    pub encounter: Option<EncounterId>,
    /// The stay of a patient on a ward.
    pub admission: Option<AdmissionId>,
    /// The number of its requisition: "MAIN-Q26-000123". A draft has none.
    pub requisition: Option<String>,
    /// The word of its kind.
    pub kind: String,
    /// "Dressing, left lower leg".
    pub service: String,
    pub priority: OrderPriority,
    /// The reason for the order; may be empty.
    pub reason: String,
    /// Instructions for the user who does it; may be empty.
    pub instructions: String,
    /// The outcome of a completed order; may be empty.
    pub outcome: String,
    pub state: OrderState,
    /// The reason why it is on hold, cancelled or entered in error.
    pub stop_reason: String,
    pub ordered: NamedStamp,
    pub ordered_by: UserId,
    pub requested_at: Option<Instant>,
    pub accepted: Option<NamedStamp>,
    pub started: Option<NamedStamp>,
    pub completed: Option<NamedStamp>,
    pub stopped: Option<NamedStamp>,
    pub version: i64,
    pub updated_by: UserId,
}

impl Order {
    /// Whether the act fits the order's state.
    pub fn allows(&self, act: OrderAct) -> bool {
        act.leads().0.contains(&self.state)
    }

    /// Whether the order's state is one that the act leads to.
    pub fn follows(&self, act: OrderAct) -> bool {
        self.state == act.leads().1 || (act == OrderAct::Resume && self.state == OrderState::Accepted)
    }

    /// Returns the state after the act.
    ///
    /// # Errors
    /// [`Error::Conflict`] with a sentence when the act does not fit the state.
    pub fn after(&self, act: OrderAct) -> Result<OrderState> {
        if !self.allows(act) {
            return Err(Error::conflict(tr!(orders.not_from_here, state = self.state.words().to_lowercase())));
        }
        let to = act.leads().1;
        Ok(if act == OrderAct::Resume && self.accepted.is_some() { OrderState::Accepted } else { to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_but_the_last_ones_leads_on_and_each_act_is_somebodys() {
        for state in OrderState::ALL {
            let leads_on = OrderAct::ALL.iter().any(|act| act.leads().0.contains(state));
            let is_last = matches!(state, OrderState::Completed | OrderState::EnteredInError);
            assert_eq!(leads_on, !is_last, "{state}");
        }
        for act in OrderAct::ALL {
            assert!(OrderAct::WORK.contains(act) || OrderAct::ORDERER.contains(act), "{act}");
            assert!(!act.leads().0.contains(&act.leads().1), "{act}");
            let stops = matches!(act.leads().1, OrderState::OnHold | OrderState::Cancelled | OrderState::EnteredInError);
            assert_eq!(act.needs_reason(), stops, "{act}");
        }
    }
}
