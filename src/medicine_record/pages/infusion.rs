//! `/infusions/{id}`: an infusion: its rate, the volume given, what is left in the bag, its events, and the acts that are possible now.

use leptos::prelude::*;

use super::parts::{DoneQuery, Stay, key, marks, second_person, stay, toast};
use crate::{
    core::{
        Error, InfusionId, Permission, Result, WardId,
        form::FormState,
        time::{Instant, Zone, show_date_time},
    },
    medicine_record::{
        infusions::{
            self, Infusion, InfusionEvent, InfusionEventKind, InfusionReason, InfusionState, RunningRow, Step, drops_in_minute, empty_at,
            given_tenths, hung_tenths, show_milli, show_tenths,
        },
        orders::{self, CareOrder},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DescriptionList, Detail, Dialog, Form, NumberField, PageHeader, PatientBanner, PostButton, SelectField,
        StatusBadge, TimeField, Tone,
    },
};

const RECORD: &str = "/api/medicine_record/infusion";

struct Shown {
    infusion: Infusion,
    order: CareOrder,
    events: Vec<InfusionEvent>,
    may_give: bool,
    zone: Zone,
    now: Instant,
}

/// Shows the infusion.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn infusion_page(Path(id): Path<InfusionId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let infusion = infusions::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let Stay { admission, banner, zone, now, may } = stay(&mut ctx, infusion.admission_id).await?;
    let order = orders::find(&mut ctx.tx, infusion.order_id).await?;
    let events = infusions::events_of(&mut ctx.tx, id).await?;
    let shown = Shown { infusion, order, events, may_give: may.give, zone, now };
    let page = Page::new(shown.order.title.clone(), move || {
        let back = (format!("/admissions/{}/medicines", admission.id), tr!(medicine_record.record).to_owned());
        view! {
            {toast(&done)}
            <PageHeader title=shown.order.title.clone() back/>
            <div class="stack">{facts(&shown)}{acts(&shown)}{history(&shown)}</div>
        }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

/// Returns what is left in the bag, in words: the volume, and the time at which it runs out.
fn left_words(steps: &[Step], state: InfusionState, rate_ul_h: i64, (now, zone): (Instant, Zone)) -> String {
    let left = hung_tenths(steps) - given_tenths(steps, now);
    if left <= 0 {
        return tr!(medicine_record.bag_empty).to_owned();
    }
    let empty = empty_at(left, rate_ul_h, now).filter(|_| state == InfusionState::Running);
    match empty {
        Some(at) => tr!(medicine_record.left_until, volume = show_tenths(left), at = show_date_time(zone.local(at))),
        None => tr!(medicine_record.left_volume, volume = show_tenths(left)),
    }
}

fn facts(shown: &Shown) -> AnyView {
    let Shown { infusion, order, zone, now, .. } = shown;
    let steps: Vec<Step> = shown.events.iter().map(InfusionEvent::step).collect();
    let rate = tr!(medicine_record.rate_now, rate = show_milli(infusion.rate_ul_h), drops = drops_in_minute(infusion.rate_ul_h));
    let mut rows = vec![
        Detail::view(tr!(medicine_record.order), view! { <a href=format!("/care-orders/{}", order.id)>{order.sentence(*zone)}</a> }),
        Detail::new(tr!(medicine_record.infusion_rate), rate),
        Detail::new(tr!(medicine_record.volume_given), format!("{} mL", show_tenths(given_tenths(&steps, *now)))),
    ];
    if infusion.state.is_open() {
        rows.push(Detail::new(tr!(medicine_record.in_bag), left_words(&steps, infusion.state, infusion.rate_ul_h, (*now, *zone))));
    }
    if let Some(highest) = order.infusion.map(|ordered| ordered.highest()) {
        rows.push(Detail::new(tr!(medicine_record.highest_rate), format!("{} mL/h", show_milli(highest))));
    }
    let state = infusion.state;
    view! {
        <section class="panel" aria-labelledby="infusion">
            <div class="panel__head">
                <h2 id="infusion">{order.dose.clone()}", "{order.route_words()}</h2>
                {marks(order, (*now, *zone))}
                <StatusBadge tone=state.tone() label=state.words()/>
            </div>
            <div class="panel__body"><DescriptionList details=rows/></div>
        </section>
    }
    .into_any()
}

fn hidden(shown: &Shown, kind: InfusionEventKind) -> Vec<(&'static str, String)> {
    vec![("infusion_id", shown.infusion.id.to_string()), ("kind", kind.to_string()), key()]
}

fn acts(shown: &Shown) -> AnyView {
    if !shown.may_give || !shown.infusion.state.is_open() {
        return ().into_any();
    }
    let running = shown.infusion.state == InfusionState::Running;
    let kinds: &[InfusionEventKind] = match running {
        true => {
            &[InfusionEventKind::Rate, InfusionEventKind::Bag, InfusionEventKind::Bolus, InfusionEventKind::Pause, InfusionEventKind::Stop]
        }
        false => &[InfusionEventKind::Bag, InfusionEventKind::Stop],
    };
    let dialogs = kinds.iter().map(|kind| dialog(shown, *kind)).collect_view();
    let resume = (!running).then(|| {
        let kind = InfusionEventKind::Resume;
        view! { <PostButton action=RECORD label=kind.words() hidden=hidden(shown, kind) tone=ButtonTone::Primary/> }
    });
    view! { <div class="cluster">{resume}{dialogs}</div> }.into_any()
}

/// The window of one act. Each form has its own hidden kind, by which a refused one is known again.
fn dialog(shown: &Shown, kind: InfusionEventKind) -> AnyView {
    let id = format!("act-{kind}");
    let form = format!("form-{kind}");
    let tone = if kind == InfusionEventKind::Stop { ButtonTone::Danger } else { ButtonTone::Secondary };
    let two_person = kind.is_checked() && shown.order.two_person;
    let reasons: Vec<Choice> = InfusionReason::for_event(kind).iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect();
    let has_reason = !reasons.is_empty();
    let hidden = hidden(shown, kind);
    // The windows share an action: the one of the refused kind opens again.
    let typed =
        use_context::<FormState>().and_then(|state| state.values.iter().find(|(name, _)| name == "kind").map(|(_, value)| value.clone()));
    let action = if typed.is_none_or(|typed| typed == kind.as_str()) { RECORD } else { "" };
    view! {
        <Dialog id opens=kind.words() title=kind.words() action tone>
            <Form action=RECORD id=form hidden>
                {(kind == InfusionEventKind::Rate).then(|| view! { <NumberField name="rate" label=tr!(medicine_record.infusion_rate) unit="mL/h" decimal=true required=true/> })}
                {matches!(kind, InfusionEventKind::Bag | InfusionEventKind::Bolus)
                    .then(|| view! { <NumberField name="volume" label=tr!(medicine_record.infusion_volume) unit="mL" decimal=true required=true/> })}
                {has_reason.then(|| view! { <SelectField name="reason" label=tr!(medicine_record.reason) choices=reasons prompt=tr!(medicine_record.choose)/> })}
                <TimeField name="time" label=tr!(medicine_record.time) hint=tr!(medicine_record.time_hint) optional=true/>
                {second_person(two_person)}
                <div class="form__actions"><Button label=kind.words() tone/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn history(shown: &Shown) -> AnyView {
    let rows = shown.events.iter().rev().map(|event| event_row(event, shown.zone)).collect_view();
    view! {
        <section class="panel" aria-labelledby="events">
            <div class="panel__head"><h2 id="events">{tr!(medicine_record.history)}</h2></div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn event_row(event: &InfusionEvent, zone: Zone) -> AnyView {
    let mut words = vec![event.kind.words().to_owned()];
    words.extend(event.rate_ul_h.map(|rate| format!("{} mL/h", show_milli(rate))));
    words.extend(event.volume_ul.map(|volume| format!("{} mL", show_milli(volume))));
    words.extend(event.reason.map(|reason| reason.words().to_owned()));
    words.push(event.recorder.clone());
    words.extend(event.checker.as_ref().map(|name| tr!(medicine_record.checked_by, name = name.clone())));
    let late = (event.recorded_at - event.at > chrono::Duration::minutes(5))
        .then(|| tr!(medicine_record.recorded_at, at = show_date_time(zone.local(event.recorded_at))));
    view! {
        <li class="rows__row">
            <div class="rows__main">
                {show_date_time(zone.local(event.at))}" · "{words.join(" · ")}
                <br/><span class="muted small">{late}</span>
            </div>
        </li>
    }
    .into_any()
}

/// An infusion in a list: its rate, the volume given, what is left.
pub(super) fn running_row(row: &RunningRow, steps: &[Step], who: String, (now, zone): (Instant, Zone)) -> AnyView {
    let given = tr!(medicine_record.given_volume, volume = show_tenths(given_tenths(steps, now)));
    let left = left_words(steps, row.state, row.rate_ul_h, (now, zone));
    let empty = hung_tenths(steps) <= given_tenths(steps, now);
    let tone = if empty { Tone::Critical } else { row.state.tone() };
    let alert = row.two_person.then(|| view! { <StatusBadge tone=Tone::Critical label=tr!(medicine_record.high_alert)/> });
    view! {
        <li class="rows__row" data-key=row.id.to_string()>
            <div class="rows__main">
                <a class="row-link" href=format!("/infusions/{}", row.id)><strong>{who}</strong>" "{row.title.clone()}" · "{row.dose.clone()}</a>
                <br/><span class="muted small">{format!("{} mL/h · {given} · {left}", show_milli(row.rate_ul_h))}</span>
            </div>
            <div class="rows__side cluster">{alert}<StatusBadge tone label=row.state.words()/></div>
        </li>
    }
    .into_any()
}

/// Reads the infusions of a ward's round.
pub(super) async fn on_ward(ctx: &mut Ctx, ward: WardId) -> Result<Vec<(RunningRow, Vec<Step>)>> {
    infusions::running_on_ward(&mut ctx.tx, ward).await
}
