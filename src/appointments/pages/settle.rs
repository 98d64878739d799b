//! `/settle`: the appointments that lost their hours, of a clinic or of one doctor, with what can be done about each and about all.

use std::collections::HashMap;

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    appointments::{
        Arrival,
        settle::{self, Line, Proposal},
    },
    core::{
        AppointmentId, ClinicId, PatientId, Permission, Result, SettlementId, StaffId,
        time::{self, Zone, show_time},
    },
    organisation,
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Confirm, Dialog, EmptyState, Form, Glyph, LinkButton, ListUrl, NoticeBox, PageHeader, PostButton,
        SelectField, StatusBadge, TextArea, Toast, Tone, refused_for,
    },
};

const CANCEL: &str = "/api/settle/cancel";
const ALL: &str = "/api/settle/all";

/// The query of the address: the list of one doctor, of another clinic, and a word for the last change.
#[derive(Debug, Default, Deserialize)]
pub struct SettleQuery {
    #[serde(default)]
    doctor: String,
    #[serde(default)]
    clinic: String,
    #[serde(default)]
    done: String,
    #[serde(default)]
    count: u32,
    #[serde(default)]
    left: u32,
}

/// Goes to the clinic that the address names, where the reader may.
pub(super) async fn at_named_clinic(ctx: &mut Ctx, clinic: &str) -> Result<()> {
    if let Ok(id) = clinic.parse::<ClinicId>()
        && id != ctx.clinic.id
    {
        ctx.at_clinic(Permission::KeepAbsences, id)?;
        ctx.clinic = organisation::clinic(&mut ctx.tx, id).await?;
    }
    Ok(())
}

/// Everything on the page.
struct List {
    lines: Vec<Line>,
    named: HashMap<AppointmentId, Arrival>,
    proposals: HashMap<SettlementId, Proposal>,
    /// Whether the reader settles; others see how many wait.
    may_settle: bool,
    zone: Zone,
    today: chrono::NaiveDate,
}

/// The page.
///
/// # Errors
/// Not allowed, or what the database refused.
pub async fn settle_page(Query(which): Query<SettleQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::KeepAbsences).await?;
    at_named_clinic(&mut ctx, &which.clinic).await?;
    let clinic = ctx.clinic.clone();
    let own = settle::own_only(&ctx.who, clinic.id);
    let chosen = own.or_else(|| which.doctor.parse().ok());
    let all = settle::lines(&mut ctx.tx, clinic.id, own).await?;
    let mut doctors: Vec<(StaffId, String)> = all.iter().map(|line| (line.doctor_id, line.doctor.clone())).collect();
    doctors.sort_by(|one, other| (&one.1, one.0).cmp(&(&other.1, other.0)));
    doctors.dedup();
    let lines: Vec<Line> = all.into_iter().filter(|line| chosen.is_none_or(|doctor| line.doctor_id == doctor)).collect();
    let list = list(&mut ctx, lines).await?;
    let doctors = if own.is_some() { Vec::new() } else { doctors };
    let detail = format!("{} · {}", clinic.name, clinic.zone_name);
    Ok(Page::new(tr!(hours.to_settle), move || content(which, list, doctors, (own.is_none(), detail))))
}

async fn list(ctx: &mut Ctx, lines: Vec<Line>) -> Result<List> {
    let clinic = ctx.clinic.id;
    let mut named = HashMap::new();
    if ctx.who.may_at(Permission::ReadSchedules, clinic) {
        let ids: Vec<AppointmentId> = lines.iter().map(|line| line.appointment_id).collect();
        let arrivals = crate::appointments::store::listed(&mut ctx.tx, &ids).await?;
        let mut patients: Vec<PatientId> = arrivals.iter().map(|one| one.patient_id).collect();
        patients.sort_unstable();
        patients.dedup();
        ctx.saw_live(patients, "to_settle").await?;
        named = arrivals.into_iter().map(|one| (one.appointment_id, one)).collect();
    }
    let may_settle = ctx.who.may_at(Permission::BookAppointments, clinic);
    let patients = named.iter().map(|(id, one)| (*id, one.patient_id)).collect();
    let proposals = if may_settle { settle::proposals(ctx, &lines, &patients).await? } else { HashMap::new() };
    Ok(List { lines, named, proposals, may_settle, zone: ctx.zone(), today: ctx.today() })
}

fn toast(which: &SettleQuery) -> Option<String> {
    let count = which.count;
    let done = match which.done.as_str() {
        "listed" => tr!(hours.done_listed, count = count),
        "kept" => tr!(hours.done_kept, count = count),
        "moved" => tr!(hours.done_moved, count = count),
        "cancelled" => tr!(hours.done_cancelled, count = count),
        _ => return None,
    };
    Some(if which.left > 0 { format!("{done} {}", tr!(hours.left_on_list, count = which.left)) } else { done })
}

fn content(which: SettleQuery, list: List, doctors: Vec<(StaffId, String)>, (may_filter, detail): (bool, String)) -> impl IntoView {
    let toast = toast(&which).map(|text| view! { <Toast text/> });
    let SettleQuery { doctor, clinic, .. } = which;
    let print = ListUrl::new("/settle/print").with("doctor", doctor.clone()).with("clinic", clinic.clone()).href();
    let actions = list.may_settle.then(|| view! { <LinkButton href=print label=tr!(hours.call_list) glyph=Glyph::Print/> }.into_any());
    let filter = (may_filter && !doctors.is_empty()).then(|| {
        let choices = doctors.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect::<Vec<_>>();
        view! {
            <form class="filter" method="get" action="/settle">
                <SelectField name="doctor" label=tr!(appointments.doctor) choices value=doctor.clone() prompt=tr!(appointments.all_doctors)/>
                <input type="hidden" name="clinic" value=clinic/>
                <Button label=tr!(ui.show) glyph=Glyph::Filter/>
            </form>
        }
    });
    let back = if doctor.is_empty() { String::new() } else { format!("doctor={doctor}") };
    let body = match (list.lines.is_empty(), list.may_settle) {
        (true, _) => view! { <EmptyState glyph=Glyph::Done title=tr!(hours.nothing_to_settle) text=tr!(hours.settle_purpose)/> }.into_any(),
        (false, false) => {
            let rows = list.lines.iter().map(|line| row(line, &list, "")).collect_view();
            view! { <NoticeBox tone=Tone::Reserved><p>{tr!(hours.desk_settles)}</p></NoticeBox><ul class="rows">{rows}</ul> }.into_any()
        }
        (false, true) => {
            let rows = list.lines.iter().map(|line| row(line, &list, &back)).collect_view();
            view! { {for_all(&list, &back)}<ul class="rows">{rows}</ul> }.into_any()
        }
    };
    view! {
        {toast}
        <PageHeader title=tr!(hours.to_settle) detail=format!("{detail}. {}", tr!(hours.settle_purpose)) actions=actions/>
        <div class="stack">{filter}{body}</div>
    }
}

/// One press for all lines of the page.
fn for_all(list: &List, back: &str) -> impl IntoView + use<> {
    let ids = list.lines.iter().map(|line| line.id.to_string()).collect::<Vec<_>>().join(" ");
    let moves: Vec<String> = list
        .lines
        .iter()
        .filter_map(|line| list.proposals.get(&line.id).map(|at| format!("{}/{}/{}", line.id, at.doctor_id, at.starts_at.timestamp())))
        .collect();
    let (movable, all) = (moves.len(), list.lines.len());
    let hidden = |act: &str, lines: String| vec![("act", act.to_owned()), ("lines", lines), ("back", back.to_owned())];
    let (to_move, to_keep, to_cancel) = (hidden("move", moves.join(" ")), hidden("keep", ids.clone()), hidden("cancel", ids));
    let move_all = (movable > 0).then(|| {
        view! { <PostButton action=ALL label=tr!(hours.move_all, count = movable) tone=ButtonTone::Primary glyph=Glyph::Calendar hidden=to_move/> }
    });
    let without = (movable < all).then(|| view! { <p>{tr!(hours.without_proposal, count = all - movable)}</p> });
    view! {
        <section class="panel" aria-labelledby="for-all">
            <div class="panel__head"><h2 id="for-all">{tr!(hours.all_at_once, count = all)}</h2></div>
            <div class="panel__body">
                {without}
                <div class="cluster">
                    {move_all}
                    <Confirm label=tr!(hours.keep_all, count = all) text=tr!(hours.keep_question)>
                        <PostButton action=ALL label=tr!(hours.keep_all, count = all) hidden=to_keep/>
                    </Confirm>
                    <Dialog id="cancel-all" opens=tr!(hours.cancel_all, count = all) title=tr!(hours.cancel_all, count = all) action=ALL tone=ButtonTone::Quiet glyph=Glyph::Close>
                        <Form action=ALL id="cancel-all-form" hidden=to_cancel>
                            <TextArea name="reason" label=tr!(appointments.cancel_reason) hint=tr!(appointments.patient_reads) rows=2 maxlength=500 required=true/>
                            <div class="form__actions"><Button label=tr!(hours.cancel_all, count = all) tone=ButtonTone::Danger/></div>
                        </Form>
                    </Dialog>
                </div>
            </div>
        </section>
    }
}

fn row(line: &Line, list: &List, back: &str) -> AnyView {
    let local = list.zone.local(line.starts_at);
    let when = format!("{}, {}", time::show_day(local.date(), list.today), show_time(local.time()));
    let named = list.named.get(&line.appointment_id);
    let title = match named {
        Some(arrival) => {
            let name = format!("{} · {}", arrival.patient_name, arrival.mrn);
            view! { <a href=format!("/appointments/{}", line.appointment_id)><strong>{when.clone()}</strong>" "{name}</a> }.into_any()
        }
        None => view! { <strong>{when.clone()}</strong> }.into_any(),
    };
    let facts = [line.doctor.as_str(), line.service.as_str()].join(" · ");
    let about = named.map_or_else(|| when.clone(), |arrival| format!("{when}, {}", arrival.patient_name));
    let acts = (list.may_settle && named.is_some()).then(|| acts(line, list.proposals.get(&line.id), (list, named), &about, back));
    view! {
        <li class="rows__row">
            <div class="rows__main">
                {title}
                " "
                <StatusBadge tone=Tone::Warning label=line.because.word()/>
                <br/>
                <span class="muted small">{facts}</span>
                {acts}
            </div>
        </li>
    }
    .into_any()
}

/// Move to the proposed time or another, keep, or cancel.
fn acts(line: &Line, proposal: Option<&Proposal>, (list, named): (&List, Option<&Arrival>), about: &str, back: &str) -> AnyView {
    let id = line.id.to_string();
    let moved = proposal.map(|at| {
        let when = format!("{}, {}", time::show_day(at.local.date(), list.today), show_time(at.local.time()));
        let label = tr!(hours.move_to, when = when, doctor = at.doctor.clone());
        let hidden = vec![
            ("id", id.clone()),
            ("doctor_id", at.doctor_id.to_string()),
            ("at", at.starts_at.timestamp().to_string()),
            ("back", back.to_owned()),
        ];
        view! { <PostButton action="/api/settle/move" label about=about.to_owned() tone=ButtonTone::Secondary glyph=Glyph::Calendar hidden/> }
    });
    let none = proposal.is_none().then(|| view! { <span class="muted">{tr!(hours.no_proposal)}</span> });
    let other = named.map(|arrival| {
        let href = ListUrl::new("/appointments/new")
            .with("patient", arrival.patient_id)
            .with("service", line.service_id)
            .with("replaces", line.appointment_id)
            .href();
        view! { <LinkButton href label=tr!(appointments.another_time) about=Some(about.to_owned()) tone=ButtonTone::Quiet/> }
    });
    let keep = vec![("id", id.clone()), ("back", back.to_owned())];
    let cancel = keep.clone();
    let action = if refused_for(CANCEL, "id", &id) { CANCEL } else { "" };
    let about = about.to_owned();
    view! {
        <div class="cluster">
            {moved}
            {none}
            {other}
            <PostButton action="/api/settle/keep" label=tr!(hours.keep) about=about.clone() tone=ButtonTone::Quiet glyph=Glyph::Check hidden=keep/>
            <Dialog id=format!("cancel-{id}") opens=tr!(appointments.cancel_short) title=tr!(appointments.cancel_question) action tone=ButtonTone::Quiet glyph=Glyph::Close>
                <Form action=CANCEL id=format!("cancel-form-{id}") hidden=cancel>
                    <p><strong>{about}</strong></p>
                    <TextArea name="reason" label=tr!(appointments.cancel_reason) hint=tr!(appointments.patient_reads) rows=2 maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(appointments.cancel) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        </div>
    }
    .into_any()
}
