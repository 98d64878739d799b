//! The form of a doctor's weekly hours, the preview of what they change, and the appointments that lose their hours.

use chrono::NaiveDate;
use leptos::prelude::*;

use crate::{
    appointments::hours::{self, Coming, Effect, Get, Plan, Shown, SlotChange},
    core::{
        ClinicId, Error, Permission, Result, ScheduleId, ServiceId, StaffId,
        error::FieldErrors,
        form::FormState,
        time::{self, Zone, show_time},
    },
    organisation::{self, PointKind, VisitType},
    server::Ctx,
    tr,
    ui::{CheckboxField, Choice, Column, DataTable, DateField, Fieldset, NoticeBox, NumberField, Row, SelectField, TimeField, Tone},
};

/// The function that saves the form.
pub(super) const SAVE: &str = "/api/hours/save";

/// The doctors and services that hours can be of.
pub(super) struct Offer {
    pub doctors: Vec<Choice>,
    pub services: Vec<Choice>,
    pub visit_types: Vec<VisitType>,
    /// The consulting rooms.
    pub rooms: Vec<Choice>,
}

/// The doctors and services of the reader's clinic.
pub(super) async fn offer(ctx: &mut Ctx) -> Result<Offer> {
    let clinic = ctx.clinic.id;
    let doctors = organisation::doctors(&mut ctx.tx, clinic).await?;
    let services = organisation::services(&mut ctx.tx, clinic).await?;
    let visit_types = organisation::visit_types(&mut ctx.tx).await?;
    let points = organisation::service_points(&mut ctx.tx, clinic).await?;
    let rooms = points.into_iter().filter(|point| point.kind == PointKind::ConsultingRoom);
    Ok(Offer {
        doctors: doctors.into_iter().map(|doctor| Choice::new(doctor.id.to_string(), doctor.name)).collect(),
        services: services.into_iter().map(|service| Choice::new(service.id.to_string(), service.name)).collect(),
        visit_types,
        rooms: rooms.map(|point| Choice::new(point.id.to_string(), point.name)).collect(),
    })
}

/// The room in which the doctor works; nothing at a clinic without rooms. It must be made inside the form.
pub(super) fn room_field(rooms: Vec<Choice>, value: String) -> AnyView {
    if rooms.is_empty() {
        return ().into_any();
    }
    view! {
        <SelectField name="room_id" label=tr!(hours.room) choices=rooms value prompt=tr!(hours.no_room) hint=tr!(hours.room_hint) optional=true/>
    }
    .into_any()
}

/// A refused form of this action.
pub(super) fn refused(ctx: &Ctx, action: &str) -> Option<FormState> {
    ctx.request().form.clone().filter(|form| form.action == action)
}

/// The value of a field in a refused form.
pub(super) fn value(form: &FormState, name: &str) -> String {
    form.value(name).unwrap_or_default().to_owned()
}

/// The result of a plan, ready to be shown.
pub(super) struct Preview {
    /// Confirms exactly this plan.
    pub mark: String,
    pub days: Vec<(NaiveDate, Vec<Shown>)>,
    pub first: NaiveDate,
    pub lost: Vec<Lost>,
}

/// An appointment that loses its hours, as it is shown: when, of whom, with whom.
pub(super) struct Lost {
    pub when: String,
    /// Empty for readers who see no patients' names.
    pub patient: String,
    pub doctor: String,
    pub service: String,
}

/// The appointments in words. Those who may read the schedules see the patients, and that is audited.
pub(super) async fn lost_lines(ctx: &mut Ctx, lost: &[Coming]) -> Result<Vec<Lost>> {
    let named: Vec<_> = lost.iter().filter(|one| ctx.who.may_at(Permission::ReadSchedules, one.clinic_id)).map(|one| one.id).collect();
    let arrivals = crate::appointments::store::listed(&mut ctx.tx, &named).await?;
    let mut patients: Vec<_> = arrivals.iter().map(|one| one.patient_id).collect();
    patients.sort_unstable();
    patients.dedup();
    ctx.saw_beyond(patients.clone(), patients, "to_settle").await?;
    let clinics = organisation::all_clinics(&mut ctx.tx).await?;
    let mut lines = Vec::with_capacity(lost.len());
    for one in lost {
        let clinic = clinics.iter().find(|clinic| clinic.id == one.clinic_id);
        let zone = clinic.map_or_else(|| ctx.zone(), |clinic| clinic.zone);
        let at = time::show_long_date_time(zone.local(one.starts_at));
        let elsewhere = clinic.filter(|clinic| clinic.id != ctx.clinic.id).map(|clinic| format!(" ({})", clinic.name)).unwrap_or_default();
        let arrival = arrivals.iter().find(|arrival| arrival.appointment_id == one.id);
        let (doctor, service) = match arrival {
            Some(arrival) => (arrival.doctor.clone(), arrival.service.clone()),
            None => (
                organisation::staff_name(&mut ctx.tx, one.doctor_id).await?,
                organisation::service(&mut ctx.tx, one.service_id).await?.name,
            ),
        };
        let patient = arrival.map(|arrival| format!("{} · {}", arrival.patient_name, arrival.mrn)).unwrap_or_default();
        lines.push(Lost { when: format!("{at}{elsewhere}"), patient, doctor, service });
    }
    Ok(lines)
}

/// Works the preview of the typed plan out; nothing while it cannot be read.
pub(super) async fn preview(ctx: &mut Ctx, get: Get<'_>, instead: Option<&hours::Kept>) -> Result<Option<Preview>> {
    let today = ctx.today();
    let mut errors = FieldErrors::new();
    let types = organisation::visit_types(&mut ctx.tx).await?;
    let Some(plan) = Plan::read(get, today, &mut errors) else { return Ok(None) };
    let plan = plan.kept_for(get, types.iter().map(|known| known.id));
    if errors.finish().is_err() {
        return Ok(None);
    }
    let service = match organisation::service(&mut ctx.tx, plan.service).await {
        Err(Error::NotFound) => return Ok(None),
        other => other?,
    };
    let new = ScheduleId::new();
    let change = instead.map_or(hours::Change::New(&plan), |kept| hours::Change::Instead(kept, &plan));
    let effect = hours::effect(&mut ctx.tx, plan.doctor, &[change], new, ctx.now).await?;
    if !hours::overlaps(&effect.after, new, today).is_empty() {
        return Ok(None);
    }
    let place = (service.clinic_id, ctx.zone());
    Ok(Some(shown(ctx, place, (plan.doctor, plan.service), plan.valid_from, plan.mark(), &effect).await?))
}

/// The preview of an effect.
pub(super) async fn shown(
    ctx: &mut Ctx,
    (clinic, zone): (ClinicId, Zone),
    (doctor, service): (StaffId, ServiceId),
    first: NaiveDate,
    mark: String,
    effect: &Effect,
) -> Result<Preview> {
    let days = hours::preview((clinic, zone), (doctor, service), first, &effect.before, &effect.after);
    let lost = lost_lines(ctx, &effect.lost).await?;
    Ok(Preview { mark, days, first, lost })
}

/// The preview: how many slots are won and lost, who loses hours, and the four weeks.
pub(super) fn preview_view(preview: Preview) -> impl IntoView {
    let Preview { days, first, lost, .. } = preview;
    let (won, gone) = hours::counts(&days);
    let last = time::show_date(hours::preview_end(first).pred_opt().unwrap_or(first));
    let span = tr!(hours.preview_span, first = time::show_date(first), last = last);
    let lost = lost_view(lost);
    let days = days
        .into_iter()
        .map(|(day, slots)| {
            let slots = slots.into_iter().map(slot_view).collect_view();
            view! { <li><strong>{time::show_long_date(day)}</strong>" "<span class="cluster">{slots}</span></li> }
        })
        .collect_view();
    view! {
        <NoticeBox tone=Tone::Warning title=tr!(hours.preview_title)>
            <p>{tr!(hours.look_at_preview)}</p>
            <p>{tr!(hours.preview_counts, won = won, lost = gone)}</p>
        </NoticeBox>
        {lost}
        <details class="unfold" open=true>
            <summary class="button button--quiet">{span}</summary>
            <ul class="rows">{days}</ul>
        </details>
    }
}

fn slot_view(slot: Shown) -> AnyView {
    let time = show_time(slot.local.time());
    let seats = if slot.capacity > 1 { format!(" ×{}", slot.capacity) } else { String::new() };
    let words = format!("{time}{seats}");
    match slot.change {
        SlotChange::Stays => view! { <span>{words}</span> }.into_any(),
        SlotChange::Won => view! { <ins>{words}<span class="visually-hidden">" "{tr!(hours.won)}</span></ins> }.into_any(),
        SlotChange::Lost => view! { <del>{words}<span class="visually-hidden">" "{tr!(hours.lost)}</span></del> }.into_any(),
    }
}

/// The appointments that lose their hours, or that nobody does.
pub(super) fn lost_view(lost: Vec<Lost>) -> AnyView {
    if lost.is_empty() {
        return view! { <p>{tr!(hours.nobody_loses)}</p> }.into_any();
    }
    let title = tr!(hours.who_loses, count = lost.len());
    let named = lost.iter().any(|one| !one.patient.is_empty());
    let mut columns = vec![Column::new(tr!(appointments.time))];
    if named {
        columns.push(Column::new(tr!(ui.patient)));
    }
    columns.push(Column::new(tr!(appointments.doctor)));
    columns.push(Column::new(tr!(appointments.service)).secondary());
    let rows = lost
        .into_iter()
        .map(|one| {
            let mut cells = vec![one.when.into_any()];
            if named {
                cells.push(one.patient.into_any());
            }
            cells.extend([one.doctor.into_any(), one.service.into_any()]);
            Row::new(cells)
        })
        .collect();
    view! {
        <NoticeBox tone=Tone::Warning title=title.clone()>
            <p>{tr!(hours.they_are_listed)}</p>
            <DataTable caption=title columns rows stacked=true/>
        </NoticeBox>
    }
    .into_any()
}

/// A weekday's long name; Monday is 1.
fn weekday(number: i64) -> &'static str {
    // 5 January 1970 was a Monday.
    let monday = NaiveDate::from_ymd_opt(1970, 1, 5).unwrap_or_default();
    time::long_weekday(monday + chrono::Duration::days(number - 1))
}

/// The fields. They must be made inside the form.
pub(super) fn fields(offer: Offer, start: &dyn Fn(&str) -> String) -> impl IntoView + use<> {
    let days = (1..=7)
        .map(|day| {
            let parts = (1..=2)
                .map(|number| {
                    let (from, to) = (hours::field(day, number, "from"), hours::field(day, number, "to"));
                    let day = weekday(day);
                    let (from_label, to_label) = match number {
                        1 => (tr!(hours.morning_from, day = day), tr!(hours.morning_to, day = day)),
                        _ => (tr!(hours.afternoon_from, day = day), tr!(hours.afternoon_to, day = day)),
                    };
                    let (from_value, to_value) = (start(&from), start(&to));
                    view! {
                        <TimeField name=from label=from_label value=from_value/>
                        <TimeField name=to label=to_label value=to_value/>
                    }
                })
                .collect_view();
            view! { <div class="cluster">{parts}</div> }
        })
        .collect_view();
    let days = days.into_any();
    let types = offer
        .visit_types
        .iter()
        .map(|known| {
            let name = hours::visit_type_tick(known.id);
            let checked = !start(&name).is_empty();
            view! { <CheckboxField name label=known.name.clone() checked/> }
        })
        .collect_view();
    let types = (!offer.visit_types.is_empty())
        .then(|| view! { <Fieldset legend=tr!(hours.kept_for) hint=tr!(hours.kept_for_hint)>{types}</Fieldset> }.into_any());
    view! {
        <SelectField name="doctor_id" label=tr!(appointments.doctor) choices=offer.doctors value=start("doctor_id") prompt=tr!(hours.choose) required=true/>
        <SelectField name="service_id" label=tr!(appointments.service) choices=offer.services value=start("service_id") prompt=tr!(hours.choose) required=true/>
        {room_field(offer.rooms, start("room_id"))}
        <div class="cluster">
            <DateField name="valid_from" label=tr!(hours.valid_from) value=start("valid_from") required=true/>
            <DateField name="valid_to" label=tr!(hours.valid_to) value=start("valid_to") hint=tr!(hours.valid_to_hint) optional=true/>
        </div>
        <div class="cluster">
            <NumberField name="slot_minutes" label=tr!(hours.slot) value=start("slot_minutes") unit=tr!(hours.minutes) required=true/>
            <NumberField name="gap_minutes" label=tr!(hours.gap) value=start("gap_minutes") unit=tr!(hours.minutes) optional=true/>
            <NumberField name="capacity" label=tr!(hours.capacity) value=start("capacity") hint=tr!(hours.capacity_hint) required=true/>
            <NumberField name="walk_in_seats" label=tr!(hours.walk_in_seats) value=start("walk_in_seats") hint=tr!(hours.walk_in_hint) optional=true/>
        </div>
        <Fieldset legend=tr!(hours.week) hint=tr!(hours.week_hint)>{days}</Fieldset>
        {types}
    }
}
