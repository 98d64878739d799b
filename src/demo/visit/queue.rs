//! Generates a visit's steps in the queue: each step has a wait, a call and a service, up to the visit's present state.

use super::Teller;
use crate::core::{QueueEntryId, ServicePointId, UserId, VisitId, time::Instant};
use crate::demo::{hospital::Doctor, store::Table};
use crate::row;

/// One step.
pub(super) struct Step {
    pub name: &'static str,
    /// The user who sent the patient here; `served_by` is the user who serves here.
    pub sent_by: UserId,
    pub served_by: UserId,
    pub point: Option<ServicePointId>,
    pub since: Instant,
    /// The times of the call and of the beginning, if the visit has come so far.
    pub served: Option<(Instant, Instant)>,
    /// The time of the end, and its reason.
    pub over: Option<(Instant, &'static str)>,
}

/// The steps of a visit, one after another.
pub(super) struct Way<'a, 'b> {
    pub teller: &'a mut Teller<'b>,
    pub visit: VisitId,
    pub doctor: &'a Doctor,
    pub urgent: bool,
    previous: Option<QueueEntryId>,
}

impl<'a, 'b> Way<'a, 'b> {
    pub const fn new(teller: &'a mut Teller<'b>, visit: VisitId, doctor: &'a Doctor, urgent: bool) -> Self {
        Self { teller, visit, doctor, urgent, previous: None }
    }

    /// Adds a step: one queue entry for the wait, one for the call, one for the service.
    pub fn step(&mut self, step: &Step) {
        let Some((called, begun)) = step.served else {
            self.entry(step, ("waiting", None, step.sent_by), step.since, None);
            return;
        };
        self.entry(step, ("waiting", None, step.sent_by), step.since, Some((called, step.served_by, "called")));
        self.entry(step, ("called", step.point, step.served_by), called, Some((begun, step.served_by, "started")));
        let over = step.over.map(|(at, because)| (at, step.served_by, because));
        self.entry(step, ("serving", step.point, step.served_by), begun, over);
    }

    fn entry(
        &mut self,
        step: &Step,
        (state, point, by): (&'static str, Option<ServicePointId>, UserId),
        from: Instant,
        until: Option<(Instant, UserId, &'static str)>,
    ) {
        let id = QueueEntryId::new();
        let doctor = (step.name == "doctor").then_some(self.doctor.id);
        self.teller.rows.add(
            Table::QueueEntries,
            row![
                id,
                self.visit,
                self.teller.clinic.id,
                self.doctor.service,
                step.name,
                state,
                if self.urgent { 2_i64 } else { 3 },
                if self.urgent { "Short of breath" } else { "" },
                point,
                doctor,
                self.previous,
                step.since,
                from,
                by,
                until.map(|(at, _, _)| at),
                until.map(|(_, by, _)| by),
                until.map(|(_, _, because)| because.to_owned())
            ],
        );
        self.previous = Some(id);
    }
}
