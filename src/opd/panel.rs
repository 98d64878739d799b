//! Prepares the queue for display: rows in words, the reader's room, and a patient's own place.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    CameFrom, Closure, Entry, PanelRow, PanelState, PlaceShown, Priority, QueueFilter, QueueRow, QueueState, Step, open_visit_of, place,
    queue::{self, queue},
    vitals::{flagged_in_queue, scores_in_queue},
};
use crate::{
    core::{
        Error, PatientId, Permission, Result, VisitId,
        time::{Instant, show_minutes},
    },
    db::Tx,
    notifications::Notice,
    organisation::{self, Clinic, Service, ServicePoint},
    patients,
    server::Ctx,
    tr,
};

/// Returns the queue at the user's clinic, ready for display. The audit log records its patients as seen, and a colleague's
/// patients as found.
///
/// # Errors
/// When the database refuses.
pub async fn panel(ctx: &mut Ctx, filter: &QueueFilter) -> Result<PanelState> {
    let (clinic, now) = (ctx.clinic.id, ctx.now);
    let rows = queue(&mut ctx.tx, clinic, filter).await?;
    let services = organisation::services(&mut ctx.tx, clinic).await?;
    let beyond = of_colleagues(ctx, &rows, &services).await?;
    ctx.saw_beyond(rows.iter().map(|row| row.patient), beyond, "queue").await?;
    let (flagged, scores) = if ctx.who.may_at(Permission::RecordVitals, clinic) || ctx.who.may_at(Permission::WriteNotes, clinic) {
        (flagged_in_queue(&mut ctx.tx, clinic).await?, scores_in_queue(&mut ctx.tx, clinic).await?)
    } else {
        (Vec::new(), HashMap::new())
    };
    let point = point_of(ctx).await?;
    let occupant = match &point {
        Some(point) => queue::who_is_at(&mut ctx.tx, clinic, point.id).await?.map(|(entry, _)| entry.to_string()),
        None => None,
    };
    let several = filter.service.is_none() && services.len() > 1;
    let (waiting, called): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.state == QueueState::Waiting);
    let ids: Vec<PatientId> = rows.iter().map(|row| row.patient).collect();
    let alike = patients::namesakes(&mut ctx.tx, &ids).await?;
    let (treats, today) = (sees_why(ctx, filter.step), ctx.today());
    let shown = |rows: Vec<&QueueRow>| {
        let one = |row: &QueueRow| {
            let namesake = alike.contains(&row.patient);
            if !treats {
                return shown_at_till(row, namesake);
            }
            // After the doctor's step the values no longer matter for the queue.
            let flags = flagged.iter().find(|flags| flags.visit == row.visit).filter(|_| !row.step.is_after_doctor());
            PanelRow {
                critical: flags.map(|flags| flags.words().collect::<Vec<_>>().join(" · ")).unwrap_or_default(),
                score: scores.get(&row.visit).copied().filter(|_| !row.step.is_after_doctor()),
                ..shown(row, several, filter.step.is_none(), Some(today), namesake)
            }
        };
        rows.into_iter().map(one).collect()
    };
    Ok(PanelState {
        now: shown(called),
        waiting: shown(waiting),
        at: now.timestamp(),
        point: point.map(|point| point.name).unwrap_or_default(),
        occupant: occupant.unwrap_or_default(),
        services: services.into_iter().map(|service| (service.id.to_string(), service.name)).collect(),
        may_serve: ctx.who.may_at(Permission::ServeQueue, clinic),
    })
}

/// Returns the patients in a doctor's view of the queue who wait for a colleague, or at another department's service. Desk, nurses and
/// cashiers work through the whole queue, so for them it is empty.
async fn of_colleagues(ctx: &mut Ctx, rows: &[QueueRow], services: &[Service]) -> Result<Vec<PatientId>> {
    let Some(own) = ctx.who.staff.filter(|_| ctx.has_own_list() && !rows.is_empty()) else { return Ok(Vec::new()) };
    let departments = match organisation::doctor(&mut ctx.tx, own).await {
        Ok(doctor) => doctor.departments,
        Err(Error::NotFound) => Vec::new(),
        Err(error) => return Err(error),
    };
    let elsewhere = |row: &QueueRow| {
        services.iter().any(|service| service.id == row.service && !departments.is_empty() && !departments.contains(&service.department_id))
    };
    let colleagues = |row: &&QueueRow| row.doctor != Some(own) && (row.doctor.is_some() || elsewhere(row));
    Ok(rows.iter().filter(colleagues).map(|row| row.patient).collect())
}

/// Whether the reader may see why patients come and how urgent they are: users who receive and treat them. At the steps of the cashier
/// and the pharmacy it is not needed, because the order of the rows is enough.
fn sees_why(ctx: &Ctx, step: Option<Step>) -> bool {
    let clinic = ctx.clinic.id;
    !matches!(step, Some(Step::Cashier | Step::Pharmacy))
        && [Permission::CheckIn, Permission::RecordVitals, Permission::WriteNotes].into_iter().any(|right| ctx.who.may_at(right, clinic))
}

/// Returns a row without clinical data: token, name, place and wait.
fn shown_at_till(row: &QueueRow, namesake: bool) -> PanelRow {
    let plain =
        QueueRow { priority: Priority::Normal, priority_reason: String::new(), reason: String::new(), doctor_name: None, ..row.clone() };
    shown(&plain, false, false, None, namesake)
}

/// Returns a row. `today` is set for readers who treat the patient: they see age and sex.
fn shown(row: &QueueRow, name_service: bool, name_step: bool, today: Option<NaiveDate>, namesake: bool) -> PanelRow {
    let urgent = row.priority != Priority::Normal;
    let (long, far_too_long) = row.priority.thresholds();
    let details = [
        namesake.then(|| patients::namesake_sign().to_owned()),
        today.map(|today| format!("{}, {}", row.birth.age(today), row.sex.words())),
        urgent.then(|| format!("{}: {}", row.priority.words(), row.priority_reason)),
        name_step.then(|| row.step.words().to_owned()),
        name_service.then(|| row.service_name.clone()),
        row.doctor_name.clone(),
        row.came_from.and_then(came_from),
        (!row.reason.is_empty()).then(|| row.reason.clone()),
    ];
    PanelRow {
        entry: row.entry.to_string(),
        visit: row.visit.to_string(),
        patient: row.patient.to_string(),
        token: row.token.clone(),
        name: row.patient_name.clone(),
        detail: details.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        room: row.point_name.clone().unwrap_or_default(),
        state: row.state.as_str().to_owned(),
        state_words: row.state.words().to_owned(),
        priority: if urgent { row.priority.words().to_owned() } else { String::new() },
        emergency: row.priority == Priority::Emergency,
        critical: String::new(),
        score: None,
        since: if row.state == QueueState::Waiting { row.waiting_since } else { row.opened_at }.timestamp(),
        long,
        far_too_long,
        step: row.step.as_str().to_owned(),
    }
}

/// Returns a remark about the previous stay that a desk should know, if there is one.
fn came_from(before: CameFrom) -> Option<String> {
    match before.because {
        Closure::Skipped => Some(tr!(opd.was_skipped).to_owned()),
        Closure::Returned => Some(tr!(opd.was_returned).to_owned()),
        Closure::Transferred => Some(tr!(opd.was_transferred).to_owned()),
        _ => None,
    }
}

/// Returns the room or counter that the user has chosen, if it is at this clinic.
///
/// # Errors
/// When the database refuses.
pub async fn point_of(ctx: &mut Ctx) -> Result<Option<ServicePoint>> {
    let Some(id) = ctx.request().signed_in.as_ref().and_then(|signed_in| signed_in.point) else { return Ok(None) };
    let clinic = ctx.clinic.id;
    match organisation::service_point(&mut ctx.tx, id).await {
        Ok(point) => Ok(Some(point).filter(|point| point.clinic_id == clinic)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the name of the room that an entry is called to.
pub(super) async fn room_of(ctx: &mut Ctx, entry: &Entry) -> Result<Option<String>> {
    match entry.service_point_id {
        Some(point) => organisation::service_point(&mut ctx.tx, point).await.map(|point| Some(point.name)),
        None => Ok(None),
    }
}

/// Notifies the patient: "A-017, please go to Room 3".
///
/// # Errors
/// When the database refuses.
pub async fn tell_called(ctx: &mut Ctx, entry: &Entry) -> Result<()> {
    let place = room_of(ctx, entry).await?.unwrap_or_default();
    patients::ring(ctx, entry.patient_id, &Notice::Called { token: entry.token.clone(), place }, "/portal").await
}

/// Returns the patient's present place in words; `None` when the patient is not here.
///
/// # Errors
/// When the database refuses.
pub async fn place_shown(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Option<PlaceShown>> {
    let Some(visit) = open_visit_of(tx, patient).await? else { return Ok(None) };
    place_shown_of(tx, visit.id, now).await.map(Some)
}

/// Returns a visit's present place, in words for the patient.
///
/// # Errors
/// [`Error::NotFound`] when the visit is over.
pub async fn place_shown_of(tx: &mut Tx, visit: VisitId, now: Instant) -> Result<PlaceShown> {
    let place = place(tx, visit, now).await?;
    let words = match (place.state, place.called_to) {
        (QueueState::Called, Some(room)) => tr!(opd.please_go_to, room = room),
        (QueueState::Called, None) => tr!(opd.please_come).to_owned(),
        (QueueState::Serving, _) => tr!(opd.being_seen).to_owned(),
        (QueueState::Waiting, _) => {
            let before = match place.ahead {
                0 => tr!(opd.you_are_next).to_owned(),
                ahead => tr!(opd.before_you, count = ahead),
            };
            match place.estimate_minutes {
                Some(0) | None => before,
                Some(minutes) => format!("{before} · {}", tr!(opd.about, time = show_minutes(minutes))),
            }
        }
    };
    let step = match (place.state, place.step) {
        (QueueState::Waiting, Step::Triage) => tr!(opd.place_triage),
        (QueueState::Waiting, Step::Doctor) => tr!(opd.place_doctor),
        (QueueState::Waiting, Step::Orders) => tr!(opd.place_orders),
        (QueueState::Waiting, Step::Cashier) => tr!(opd.place_cashier),
        (QueueState::Waiting, Step::Pharmacy) => tr!(opd.place_pharmacy),
        (_, step) => step.words(),
    };
    Ok(PlaceShown { token: place.token, words, state: place.state.as_str().to_owned(), step: step.to_owned(), ahead: place.ahead })
}

/// Returns the clinic with this code, which is part of a board's address.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn clinic_named(tx: &mut Tx, code: &str) -> Result<Clinic> {
    organisation::clinics(tx).await?.into_iter().find(|clinic| clinic.code.eq_ignore_ascii_case(code)).ok_or(Error::NotFound)
}
