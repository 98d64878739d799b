//! `/absences`: the one list of leave, blocked times, closed times and extra sessions of a clinic, and the form of a new one.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::hours_form::{Lost, lost_lines, lost_view, offer, refused, room_field, value};
use crate::{
    appointments::{
        exceptions::{self, Exception, Kind, Planned},
        hours::{self, Change, HoursKind, Kept},
        slots::Hours,
    },
    core::{
        IdempotencyKey, Permission, Result, ScheduleId,
        error::FieldErrors,
        time::{self, Instant, Zone},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Column, Confirm, DataTable, DateField, EmptyState, Form, Glyph, LinkButton, ListUrl, NumberField, PageHeader,
        PostButton, Row, SelectField, StatusBadge, TextArea, TimeField, Toast, Tone,
    },
};

const SAVE: &str = "/api/absences/save";
const WITHDRAW: &str = "/api/absences/withdraw";

/// The query of the list's address.
#[derive(Debug, Default, Deserialize)]
pub struct AbsencesQuery {
    /// Also what is over.
    #[serde(default)]
    all: String,
    #[serde(default)]
    done: String,
}

/// A row of the list, in words.
struct Entry {
    id: Uuid,
    kind: Kind,
    starts_at: Instant,
    name: String,
    time: String,
    reason: String,
    entered_by: String,
    /// The hours' version, for those of an extra session.
    version: String,
    may_withdraw: bool,
    over: bool,
    /// The people booked in it, when its withdrawing was refused because of them; and what confirms it.
    asked: Option<(String, Vec<Lost>)>,
}

/// The time of an exception at the clinic, in words.
fn time_words(zone: Zone, one: &Exception) -> String {
    let (from, to) = (zone.local(one.starts_at), zone.local(one.ends_at));
    if !one.whole_days {
        return format!("{} – {}", time::show_long_date_time(from), time::show_long_date_time(to));
    }
    let last = zone.local(one.ends_at - chrono::Duration::seconds(1)).date();
    match from.date() == last {
        true => time::show_long_date(last),
        false => format!("{} – {}", time::show_long_date(from.date()), time::show_long_date(last)),
    }
}

/// The list.
///
/// # Errors
/// Not allowed, or what the database refused.
pub async fn absences_page(Query(which): Query<AbsencesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::KeepAbsences).await?;
    let (clinic, zone, now) = (ctx.clinic.clone(), ctx.zone(), ctx.now);
    let for_others = exceptions::keeps_for_others(&ctx.who, clinic.id);
    let own = if for_others { None } else { ctx.who.staff };
    let all = !which.all.is_empty();
    let from = if all { now - chrono::Duration::days(731) } else { now };
    let mut entries: Vec<Entry> = exceptions::exceptions(&mut ctx.tx, clinic.id, own, from)
        .await?
        .into_iter()
        .map(|one| Entry {
            kind: one.kind,
            time: time_words(zone, &one),
            starts_at: one.starts_at,
            may_withdraw: one.ends_at > now && (for_others || (one.doctor_id.is_some() && one.doctor_id == own)),
            over: one.ends_at <= now,
            id: one.id,
            name: one.doctor.unwrap_or_else(|| clinic.name.clone()),
            reason: one.reason,
            entered_by: one.entered_by,
            version: String::new(),
            asked: None,
        })
        .collect();
    let today = ctx.today();
    let extras: Vec<Kept> = hours::of_clinic(&mut ctx.tx, clinic.id, HoursKind::Extra)
        .await?
        .into_iter()
        .filter(|kept| (all || kept.valid_from >= today) && own.is_none_or(|own| own == kept.doctor_id))
        .collect();
    let ids: Vec<ScheduleId> = extras.iter().map(|kept| kept.id).collect();
    let parts = hours::stretches(&mut ctx.tx, &ids).await?;
    for kept in extras {
        let asked = asked(&mut ctx, &kept).await?;
        entries.push(extra_entry(kept, &parts, (zone, today), for_others, asked));
    }
    entries.sort_by_key(|one| (one.starts_at, one.id));
    Ok(Page::new(tr!(hours.exceptions), move || list_view(which, entries, for_others, clinic.name)))
}

fn extra_entry(
    kept: Kept,
    parts: &[Hours],
    (zone, today): (Zone, chrono::NaiveDate),
    for_others: bool,
    asked: Option<(String, Vec<Lost>)>,
) -> Entry {
    let own: Vec<Hours> = parts.iter().filter(|part| part.schedule_id == kept.id).cloned().collect();
    let times = own.iter().map(|part| format!("{}–{}", hours::shown(part.start_minute), hours::shown(part.end_minute)));
    let times = times.collect::<Vec<_>>().join(" ");
    Entry {
        id: kept.id.into(),
        kind: Kind::Extra,
        starts_at: zone.day_bounds(kept.valid_from).0,
        time: format!("{}, {times}", time::show_long_date(kept.valid_from)),
        name: format!("{} · {}", kept.doctor, kept.service),
        reason: kept.reason,
        entered_by: String::new(),
        version: kept.version.to_string(),
        may_withdraw: for_others && kept.valid_from >= today,
        over: kept.valid_from < today,
        asked,
    }
}

/// The people booked in an extra session whose withdrawing was refused.
async fn asked(ctx: &mut Ctx, kept: &Kept) -> Result<Option<(String, Vec<Lost>)>> {
    let form = refused(ctx, WITHDRAW).filter(|form| value(form, "id") == kept.id.to_string());
    if form.is_none() {
        return Ok(None);
    }
    let last = kept.valid_from.pred_opt().unwrap_or(kept.valid_from);
    let effect = hours::effect(&mut ctx.tx, kept.doctor_id, &[Change::End(kept, last)], ScheduleId::new(), ctx.now).await?;
    Ok(Some((last.to_string(), lost_lines(ctx, &effect.lost).await?)))
}

fn list_view(which: AbsencesQuery, entries: Vec<Entry>, for_others: bool, clinic: String) -> impl IntoView {
    let AbsencesQuery { all, done } = which;
    let toast = match done.as_str() {
        "saved" => Some(tr!(hours.done_exception)),
        "withdrawn" => Some(tr!(hours.done_withdrawn)),
        _ => None,
    };
    let add = |kind: Kind, label: &'static str| {
        view! { <LinkButton href=ListUrl::new("/absences/new").with("kind", kind.as_str()).href() label glyph=Glyph::Plus/> }
    };
    let actions = view! {
        <div class="cluster">
            {add(Kind::Leave, tr!(hours.add_leave))}
            {add(Kind::Block, tr!(hours.add_block))}
            {for_others.then(|| view! { {add(Kind::Closure, tr!(hours.add_closure))}{add(Kind::Extra, tr!(hours.add_extra))} })}
        </div>
    }
    .into_any();
    let columns = vec![
        Column::new(tr!(hours.kind)),
        Column::new(tr!(hours.who)),
        Column::new(tr!(appointments.time)),
        Column::new(tr!(hours.reason_staff)).secondary(),
        Column::new(tr!(hours.entered_by)).secondary(),
        Column::new(tr!(hours.withdraw)),
    ];
    let rows = entries.into_iter().map(row).collect();
    let empty = view! { <EmptyState glyph=Glyph::Calendar title=tr!(hours.no_exceptions) text=tr!(hours.exceptions_purpose)/> }.into_any();
    let others = match all.is_empty() {
        true => view! { <p><a href="/absences?all=yes">{tr!(hours.also_over)}</a></p> }.into_any(),
        false => view! { <p><a href="/absences">{tr!(hours.without_over)}</a></p> }.into_any(),
    };
    view! {
        {toast.map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(hours.exceptions) detail=format!("{clinic}. {}", tr!(hours.exceptions_purpose)) actions=Some(actions)/>
        <div class="stack">
            <DataTable caption=tr!(hours.exceptions) columns rows empty=Some(empty) stacked=true/>
            {others}
            <p><a href="/settle">{tr!(hours.to_settle)}</a></p>
        </div>
    }
}

fn row(entry: Entry) -> Row {
    let Entry { id, kind, name, time, reason, entered_by, version, may_withdraw, over, asked, .. } = entry;
    let tone = match (kind, over) {
        (_, true) => Tone::Inactive,
        (Kind::Extra, false) => Tone::Done,
        _ => Tone::Reserved,
    };
    let badge = view! { <StatusBadge tone label=kind.word()/> }.into_any();
    let about = name.clone();
    let act = may_withdraw.then(|| {
        let mut hidden = vec![("kind", kind.as_str().to_owned()), ("id", id.to_string()), ("version", version)];
        let text = if kind == Kind::Extra { tr!(hours.withdraw_extra_question) } else { tr!(hours.withdraw_question) };
        match asked {
            Some((mark, lost)) => {
                hidden.push(("seen", mark));
                view! {
                    <Form action=WITHDRAW id=format!("withdraw-{id}") hidden>
                        {lost_view(lost)}
                        <div class="form__actions"><Button label=tr!(hours.withdraw) tone=ButtonTone::Danger/></div>
                    </Form>
                }
                .into_any()
            }
            None => view! {
                <Confirm label=tr!(hours.withdraw) tone=ButtonTone::Quiet text>
                    <PostButton action=WITHDRAW label=tr!(hours.withdraw) about tone=ButtonTone::Danger hidden/>
                </Confirm>
            }
            .into_any(),
        }
    });
    let row = Row::new(vec![badge, name.into_any(), time.into_any(), reason.into_any(), entered_by.into_any(), act.into_any()]);
    if over { row.class(Tone::Inactive.class()) } else { row }
}

/// Which form.
#[derive(Debug, Default, Deserialize)]
pub struct NewAbsenceQuery {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    doctor: String,
    /// The first day that the form begins with.
    #[serde(default)]
    day: String,
    /// The page to go back to: the schedule.
    #[serde(default)]
    back: String,
}

/// The form of a new exception.
///
/// # Errors
/// Not allowed, or what the database refused.
pub async fn new_page(Query(new): Query<NewAbsenceQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::KeepAbsences).await?;
    let for_others = exceptions::keeps_for_others(&ctx.who, ctx.clinic.id);
    let form = refused(&ctx, SAVE);
    let typed_kind = form.as_ref().map_or(new.kind, |form| value(form, "kind"));
    let kind =
        typed_kind.parse::<Kind>().ok().filter(|kind| for_others || matches!(kind, Kind::Leave | Kind::Block)).unwrap_or(Kind::Leave);
    let own = if for_others { None } else { ctx.who.staff };
    let offer = offer(&mut ctx).await?;
    let mut asked = None;
    if let Some(form) = &form {
        let mut errors = FieldErrors::new();
        let planned = Planned::read(kind, &|name| value(form, name), own, (ctx.zone(), ctx.now), &mut errors);
        if let (Some(planned), Ok(())) = (planned, errors.finish()) {
            let place = (ctx.clinic.id, Uuid::now_v7());
            let effect = exceptions::planned_effect(&mut ctx.tx, &planned, place, ctx.now).await?;
            if !effect.lost.is_empty() {
                asked = Some((planned.mark(), lost_lines(&mut ctx, &effect.lost).await?));
            }
        }
    }
    let key =
        form.as_ref().map(|form| value(form, "key")).filter(|key| !key.is_empty()).unwrap_or_else(|| IdempotencyKey::new().to_string());
    let zone_name = ctx.clinic.zone_name.clone();
    let today = time::parse_date("day", &new.day).unwrap_or_else(|_| ctx.today()).max(ctx.today()).to_string();
    let to_schedule = new.back == "schedule" || form.as_ref().is_some_and(|form| value(form, "back") == "schedule");
    let title = match kind {
        Kind::Leave => tr!(hours.add_leave),
        Kind::Block => tr!(hours.add_block),
        Kind::Closure => tr!(hours.add_closure),
        Kind::Extra => tr!(hours.add_extra),
    };
    Ok(Page::new(title, move || {
        let back = match to_schedule {
            true => ("/schedules".to_owned(), tr!(nav.schedules).to_owned()),
            false => ("/absences".to_owned(), tr!(hours.exceptions).to_owned()),
        };
        let without_saving = back.0.clone();
        let mut hidden = vec![("kind", kind.as_str().to_owned()), ("key", key)];
        hidden.extend(to_schedule.then(|| ("back", "schedule".to_owned())));
        hidden.extend(asked.iter().map(|(mark, _)| ("seen", mark.clone())));
        let label = if asked.is_some() { tr!(hours.save_despite) } else { tr!(organisation.save) };
        let lost = asked.map(|(_, lost)| lost_view(lost));
        let measures = (kind == Kind::Extra).then_some(());
        let doctors = (kind != Kind::Closure && for_others).then_some(offer.doctors);
        // Made inside the form, where a field finds what a refused post typed.
        let fields = move || {
            let (services, rooms) = (offer.services, offer.rooms);
            let several = matches!(kind, Kind::Leave | Kind::Closure);
            let (times_required, says_why) = (!several, kind == Kind::Block);
            view! {
                {doctors.map(|choices| view! {
                    <SelectField name="doctor_id" label=tr!(appointments.doctor) choices value=new.doctor prompt=tr!(hours.choose) required=true/>
                })}
                {measures.map(|()| view! {
                    <SelectField name="service_id" label=tr!(appointments.service) choices=services prompt=tr!(hours.choose) required=true/>
                    {room_field(rooms, String::new())}
                })}
                <div class="cluster">
                    <DateField name="from_day" label=if several { tr!(hours.first_day) } else { tr!(appointments.day) } value=today.clone() required=true/>
                    {several.then(|| view! { <DateField name="to_day" label=tr!(hours.last_day) value=today.clone()/> })}
                </div>
                <div class="cluster">
                    <TimeField
                        name="from_time"
                        label=tr!(hours.from_time)
                        hint=if several { tr!(hours.whole_days_hint).to_owned() } else { zone_name.clone() }
                        required=times_required
                    />
                    <TimeField name="to_time" label=tr!(hours.to_time) hint=zone_name required=times_required/>
                </div>
                {measures.map(|()| view! {
                    <div class="cluster">
                        <NumberField name="slot_minutes" label=tr!(hours.slot) value="20" unit=tr!(hours.minutes) required=true/>
                        <NumberField name="gap_minutes" label=tr!(hours.gap) unit=tr!(hours.minutes) optional=true/>
                        <NumberField name="capacity" label=tr!(hours.capacity) value="1" hint=tr!(hours.capacity_hint) required=true/>
                    </div>
                })}
                <TextArea name="reason" label=tr!(hours.reason_staff) hint=tr!(hours.reason_hint) rows=2 maxlength=500 required=says_why/>
            }
        };
        view! {
            <PageHeader title back detail=tr!(hours.exceptions_purpose)/>
            <div class="stack">
                {lost}
                <Form action=SAVE hidden>
                    {fields()}
                    <div class="form__actions">
                        <Button label tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <LinkButton href=without_saving label=tr!(organisation.cancel) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
            </div>
        }
    })
    .class("main--narrow"))
}
