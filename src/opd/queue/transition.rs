//! The transitions of a stay in a queue. A transition takes the open entry, and defines how it closes and which entry
//! opens next. This file does not use the database; a transition that is not allowed is refused with a message.
//!
//! | from | act | closes as | opens |
//! |---|---|---|---|
//! | waiting | call | `called` | called |
//! | called | call again | `called_again` | called |
//! | waiting, called | start | `started` | serving |
//! | called | skip | `skipped` | waiting, behind those who wait now |
//! | called, serving | back to waiting | `returned` | waiting, at the old place |
//! | any | transfer | `transferred` | waiting in the other queue, with the old wait |
//! | any | move on | `moved_on` | waiting in the next step |
//! | waiting for the doctor | back to triage | `moved_on` | waiting at triage, with the old wait |
//! | any | done | `done` | - (the visit ends) |
//! | waiting, called; before the doctor saw the patient | leave | `left` | - (the visit ends) |
//! | any after the doctor | pay later | `done` | - (the visit ends) |
//! | any, on a later day | day over | `done` if seen by a doctor, otherwise `left` | - (the visit ends) |
//! | any, within 30 seconds | undo | `undone` | the stay before, as it was |

use crate::{
    core::{ClinicId, Error, PatientId, QueueEntryId, Result, ServiceId, ServicePointId, StaffId, VisitId, time::Instant},
    opd::{Closure, Priority, QueueState, Step, UNDO_FOR},
    tr,
};

/// One stay in one step of a queue.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Entry {
    pub id: QueueEntryId,
    pub visit_id: VisitId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub service_id: ServiceId,
    pub token: String,
    pub step: Step,
    pub state: QueueState,
    #[sqlx(try_from = "i64")]
    pub priority: Priority,
    pub priority_reason: String,
    pub service_point_id: Option<ServicePointId>,
    /// The doctor that the patient waits for, or who serves the patient.
    pub doctor_id: Option<StaffId>,
    pub previous_id: Option<QueueEntryId>,
    pub waiting_since: Instant,
    pub opened_at: Instant,
    pub closed_at: Option<Instant>,
    pub closed_because: Option<Closure>,
}

/// A stay about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::opd) struct Opening {
    pub step: Step,
    pub state: QueueState,
    pub service: ServiceId,
    pub priority: Priority,
    pub priority_reason: String,
    pub point: Option<ServicePointId>,
    pub doctor: Option<StaffId>,
    pub waiting_since: Instant,
    pub previous: Option<QueueEntryId>,
}

/// Defines how an entry closes, and which entry opens at that instant.
#[derive(Clone, Debug)]
pub(super) struct Transition {
    pub closes: Entry,
    pub because: Closure,
    pub opens: Option<Opening>,
}

impl Entry {
    /// Returns a stay at the same place, after this one.
    fn next(&self) -> Opening {
        Opening {
            step: self.step,
            state: self.state,
            service: self.service_id,
            priority: self.priority,
            priority_reason: self.priority_reason.clone(),
            point: self.service_point_id,
            doctor: self.doctor_id,
            waiting_since: self.waiting_since,
            previous: Some(self.id),
        }
    }

    pub(super) fn only_from(&self, states: &[QueueState]) -> Result<()> {
        if self.closed_at.is_none() && states.contains(&self.state) {
            return Ok(());
        }
        let words = if self.closed_at.is_some() { tr!(opd.state_closed) } else { self.state.words() };
        Err(Error::conflict(tr!(opd.not_from_here, token = self.token.clone(), state = words)))
    }

    pub(super) fn call(self, point: Option<ServicePointId>, doctor: Option<StaffId>) -> Result<Transition> {
        self.only_from(&[QueueState::Waiting])?;
        let opens = Opening { state: QueueState::Called, point, doctor: doctor.or(self.doctor_id), ..self.next() };
        Ok(Transition { closes: self, because: Closure::Called, opens: Some(opens) })
    }

    pub(super) fn call_again(self) -> Result<Transition> {
        self.only_from(&[QueueState::Called])?;
        let opens = self.next();
        Ok(Transition { closes: self, because: Closure::CalledAgain, opens: Some(opens) })
    }

    pub(super) fn start(self, point: Option<ServicePointId>, doctor: Option<StaffId>) -> Result<Transition> {
        self.only_from(&[QueueState::Waiting, QueueState::Called])?;
        let opens = Opening {
            state: QueueState::Serving,
            point: point.or(self.service_point_id),
            doctor: doctor.or(self.doctor_id),
            ..self.next()
        };
        Ok(Transition { closes: self, because: Closure::Started, opens: Some(opens) })
    }

    /// `wanted` is the doctor waited for before the call.
    pub(super) fn skip(self, wanted: Option<StaffId>) -> Result<Transition> {
        self.only_from(&[QueueState::Called])?;
        let opens = Opening { state: QueueState::Waiting, point: None, doctor: wanted, ..self.next() };
        Ok(Transition { closes: self, because: Closure::Skipped, opens: Some(opens) })
    }

    /// `wanted` is the doctor waited for before the call.
    pub(super) fn back_to_waiting(self, wanted: Option<StaffId>) -> Result<Transition> {
        self.only_from(&[QueueState::Called, QueueState::Serving])?;
        let opens = Opening { state: QueueState::Waiting, point: None, doctor: wanted, ..self.next() };
        Ok(Transition { closes: self, because: Closure::Returned, opens: Some(opens) })
    }

    pub(super) fn transfer(self, service: ServiceId, doctor: Option<StaffId>) -> Result<Transition> {
        self.only_from(QueueState::ALL)?;
        if self.state == QueueState::Waiting && service == self.service_id && doctor == self.doctor_id {
            return Err(Error::conflict(tr!(opd.already_in_that_queue, token = self.token.clone())));
        }
        let opens = Opening { state: QueueState::Waiting, point: None, service, doctor, ..self.next() };
        Ok(Transition { closes: self, because: Closure::Transferred, opens: Some(opens) })
    }

    /// `wanted` is the doctor that the patient will wait for, `since` the time when that wait began.
    pub(super) fn move_on(self, to: Step, wanted: Option<StaffId>, since: Instant) -> Result<Transition> {
        self.only_from(QueueState::ALL)?;
        if to == self.step {
            return Err(Error::conflict(tr!(opd.already_in_that_queue, token = self.token.clone())));
        }
        let opens = Opening { step: to, state: QueueState::Waiting, point: None, doctor: wanted, waiting_since: since, ..self.next() };
        Ok(Transition { closes: self, because: Closure::MovedOn, opens: Some(opens) })
    }

    /// Returns the patient to triage, because the vital signs must be taken again before the doctor sees the patient,
    /// who keeps the wait so far.
    pub(super) fn back_to_triage(self) -> Result<Transition> {
        self.only_from(&[QueueState::Waiting])?;
        self.only_at(self.step == Step::Doctor)?;
        let opens = Opening { step: Step::Triage, ..self.next() };
        Ok(Transition { closes: self, because: Closure::MovedOn, opens: Some(opens) })
    }

    pub(super) fn done(self) -> Result<Transition> {
        self.only_from(QueueState::ALL)?;
        Ok(Transition { closes: self, because: Closure::Done, opens: None })
    }

    /// Ends the visit of a patient whom the doctor has seen and signed for, and who left before the last stop.
    pub(super) fn pay_later(self) -> Result<Transition> {
        self.only_from(QueueState::ALL)?;
        self.only_at(self.step.is_after_doctor())?;
        Ok(Transition { closes: self, because: Closure::Done, opens: None })
    }

    fn only_at(&self, right_step: bool) -> Result<()> {
        if right_step {
            return Ok(());
        }
        Err(Error::conflict(tr!(opd.not_from_here, token = self.token.clone(), state = self.step.words())))
    }

    pub(super) fn leave(self) -> Result<Transition> {
        self.only_from(&[QueueState::Waiting, QueueState::Called])?;
        // A patient at a later step has been seen.
        self.only_at(!self.step.is_after_doctor())?;
        Ok(Transition { closes: self, because: Closure::Left, opens: None })
    }

    /// Ends a visit that was not ended on its day. A patient who was with the doctor, or past that step, was seen; all
    /// others left without being seen.
    pub(super) fn day_over(self) -> Result<Transition> {
        self.only_from(QueueState::ALL)?;
        let seen = self.step.is_after_doctor() || (self.step == Step::Doctor && self.state == QueueState::Serving);
        let because = if seen { Closure::Done } else { Closure::Left };
        Ok(Transition { closes: self, because, opens: None })
    }

    /// Undoes the step that led from `before` to this one.
    pub(super) fn undo(self, before: &Self, now: Instant) -> Result<Transition> {
        let led_here = self.previous_id == Some(before.id) && before.closed_at == Some(self.opened_at);
        if self.closed_at.is_some() || !led_here || now - self.opened_at > UNDO_FOR {
            return Err(Error::conflict(tr!(opd.too_late_to_undo)));
        }
        // An undo restores the patient's place, but keeps the priority, which may have changed since.
        let opens = Opening { priority: self.priority, priority_reason: self.priority_reason.clone(), ..before.again() };
        Ok(Transition { closes: self, because: Closure::Undone, opens: Some(opens) })
    }

    /// Returns this stay as it was, to be opened once more. Its previous stay does not change, so that a second undo
    /// cannot go back further.
    pub(super) fn again(&self) -> Opening {
        Opening { previous: self.previous_id, ..self.next() }
    }

    /// Whether this stay ended its visit within the time for an undo.
    pub(super) fn ended_just_now(&self, now: Instant) -> bool {
        matches!(self.closed_because, Some(Closure::Done | Closure::Left)) && self.closed_at.is_some_and(|at| now - at <= UNDO_FOR)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration, Utc};
    use proptest::prelude::*;

    use super::*;

    fn noon() -> Instant {
        DateTime::<Utc>::from_timestamp(1_795_262_400, 0).expect("an instant")
    }

    fn entry(state: QueueState) -> Entry {
        Entry {
            id: QueueEntryId::new(),
            visit_id: VisitId::new(),
            patient_id: PatientId::new(),
            clinic_id: ClinicId::new(),
            service_id: ServiceId::new(),
            token: "A-017".into(),
            step: Step::Doctor,
            state,
            priority: Priority::Normal,
            priority_reason: String::new(),
            service_point_id: None,
            doctor_id: None,
            previous_id: None,
            waiting_since: noon() - Duration::minutes(20),
            opened_at: noon(),
            closed_at: None,
            closed_because: None,
        }
    }

    /// Applies a transition as the store does.
    fn apply(transition: Transition, now: Instant) -> (Entry, Option<Entry>) {
        let Transition { mut closes, because, opens } = transition;
        closes.closed_at = Some(now);
        closes.closed_because = Some(because);
        let next = opens.map(|opens| Entry {
            id: QueueEntryId::new(),
            step: opens.step,
            state: opens.state,
            service_id: opens.service,
            priority: opens.priority,
            priority_reason: opens.priority_reason,
            service_point_id: opens.point,
            doctor_id: opens.doctor,
            waiting_since: opens.waiting_since,
            opened_at: now,
            previous_id: opens.previous,
            closed_at: None,
            closed_because: None,
            ..closes.clone()
        });
        (closes, next)
    }

    #[test]
    fn what_the_table_refuses() {
        use QueueState::{Called, Serving, Waiting};
        assert!(entry(Called).call(None, None).is_err());
        assert!(entry(Serving).call(None, None).is_err());
        assert!(entry(Waiting).call_again().is_err());
        assert!(entry(Serving).start(None, None).is_err());
        assert!(entry(Waiting).skip(None).is_err());
        assert!(entry(Waiting).back_to_waiting(None).is_err());
        assert!(entry(Serving).leave().is_err());
        assert!(entry(Waiting).move_on(Step::Doctor, None, noon()).is_err());
        let (closed, _) = apply(entry(Waiting).call(None, None).expect("a call"), noon());
        assert!(closed.done().is_err(), "a closed entry does not move");
    }

    #[test]
    fn who_was_seen_has_not_left_unseen_and_may_pay_later() {
        let at_cashier = Entry { step: Step::Cashier, ..entry(QueueState::Waiting) };
        assert!(at_cashier.clone().leave().is_err());
        assert_eq!(at_cashier.pay_later().map(|transition| transition.because), Ok(Closure::Done));
        assert!(entry(QueueState::Waiting).pay_later().is_err(), "the doctor has not seen the patient yet");
    }

    #[test]
    fn an_undo_restores_the_stay_once_and_only_for_half_a_minute() {
        let waiting = entry(QueueState::Waiting);
        let (before, called) = apply(waiting.clone().call(Some(ServicePointId::new()), Some(StaffId::new())).expect("a call"), noon());
        let called = called.expect("the next stay");
        assert!(called.clone().undo(&before, noon() + Duration::seconds(31)).is_err());
        let (undone, restored) =
            apply(called.undo(&before, noon() + Duration::seconds(30)).expect("in time"), noon() + Duration::seconds(30));
        let restored = restored.expect("the stay before");
        assert_eq!(undone.closed_because, Some(Closure::Undone));
        assert_eq!((restored.state, restored.doctor_id, restored.waiting_since), (QueueState::Waiting, None, waiting.waiting_since));
        assert!(restored.undo(&undone, noon() + Duration::seconds(31)).is_err(), "an undo is not undone");
    }

    #[test]
    fn an_undo_takes_no_urgency_back() {
        let (before, moved) = apply(entry(QueueState::Waiting).move_on(Step::Cashier, None, noon()).expect("a move"), noon());
        let urgent = Entry { priority: Priority::Emergency, priority_reason: "NEWS2 17".into(), ..moved.expect("the next stay") };
        let (_, restored) = apply(urgent.undo(&before, noon()).expect("in time"), noon());
        let restored = restored.expect("the stay before");
        assert_eq!((restored.step, restored.priority, restored.priority_reason.as_str()), (Step::Doctor, Priority::Emergency, "NEWS2 17"));
    }

    #[test]
    fn only_a_new_step_starts_a_new_wait() {
        let since = entry(QueueState::Waiting).waiting_since;
        let (_, called) = apply(entry(QueueState::Waiting).call(None, None).expect("a call"), noon());
        let (_, waiting) = apply(called.expect("called").skip(None).expect("a skip"), noon());
        let waiting = waiting.expect("waiting");
        assert_eq!(waiting.waiting_since, since);
        let (_, next) = apply(waiting.move_on(Step::Cashier, None, noon()).expect("a move"), noon());
        assert_eq!(next.map(|next| (next.step, next.waiting_since)), Some((Step::Cashier, noon())));
    }

    proptest! {
        /// Any sequence of actions keeps three rules: there are never two open stays, each stay has its wait, and a
        /// closed visit stays closed.
        #[test]
        fn any_sequence_of_acts_keeps_one_open_stay(acts in proptest::collection::vec(0_u8..9, 1..40)) {
            let mut open = Some(entry(QueueState::Waiting));
            let mut now = noon();
            for act in acts {
                now += Duration::minutes(1);
                let Some(current) = open.clone() else { break };
                let elsewhere = ServiceId::new();
                let tried = match act {
                    0 => current.call(None, None),
                    1 => current.call_again(),
                    2 => current.start(None, None),
                    3 => current.skip(None),
                    4 => current.back_to_waiting(None),
                    5 => current.transfer(elsewhere, None),
                    6 => current.move_on(Step::Cashier, None, now),
                    7 => current.done(),
                    _ => current.leave(),
                };
                if let Ok(transition) = tried {
                    let ends = transition.opens.is_none();
                    let (closed, next) = apply(transition, now);
                    prop_assert!(closed.closed_at.is_some() && closed.closed_because.is_some());
                    prop_assert_eq!(ends, matches!(closed.closed_because, Some(Closure::Done | Closure::Left)));
                    if let Some(next) = &next {
                        prop_assert_eq!(next.previous_id, Some(closed.id));
                        prop_assert!(next.waiting_since <= next.opened_at);
                    }
                    open = next;
                }
            }
        }
    }
}
