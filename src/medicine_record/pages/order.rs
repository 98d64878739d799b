//! `/care-orders/{id}`: one order: its facts, its signature, the acts that are possible now, its last doses and its history.

use chrono::Duration;
use leptos::prelude::*;

use super::{
    asked,
    parts::{DoneQuery, May, Stay, care_reasons, key, marks, outcome_words, stay, toast},
};
use crate::{
    clinical,
    core::{
        CareOrderId, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    medicine_record::{
        doses::{self, Administration, PlannedDose, Progress},
        effects::{self, NeededDose},
        orders::{self, ActRow, CareOrder},
        reviews::{self, OrderReview},
        vocabulary::CareOrderState,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, DateField, DescriptionList, Detail, Dialog, Form, Glyph, LinkButton, NoticeBox, PageHeader, PatientBanner,
        PostButton, SelectField, StatusBadge, TextField, TimeField, Tone,
    },
};

/// Days of doses that the page shows.
const DAYS: i64 = 3;

struct Shown {
    order: CareOrder,
    /// Whether the signature covers the order as it stands; `None` without a signature.
    verified: Option<bool>,
    acts: Vec<ActRow>,
    doses: Vec<PlannedDose>,
    records: Vec<Administration>,
    /// The outcomes of an order that ends after a number of doses.
    progress: Option<Progress>,
    /// The doses that were given as needed, with their effect.
    needed: Vec<NeededDose>,
    /// The reviews that were set, the first one first.
    reviews: Vec<OrderReview>,
    may: May,
    /// Whether the reader is the prescriber.
    own: bool,
    zone: Zone,
    now: Instant,
}

/// Shows the order.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn order_page(Path(id): Path<CareOrderId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let order = orders::find(&mut ctx.tx, id).await?;
    let Stay { banner, zone, now, may, .. } = stay(&mut ctx, order.admission_id).await?;
    let verified = match &order.signed {
        Some(signed) => Some(clinical::verify_bytes(&mut ctx.tx, signed, &orders::content(&order)).await?),
        None => None,
    };
    let mut acts = orders::acts(&mut ctx.tx, order.admission_id).await?;
    acts.retain(|act| act.order == id);
    let (from, until) = (now - Duration::days(DAYS), now + Duration::days(1));
    let mut doses = doses::of_admission(&mut ctx.tx, order.admission_id, (from, until)).await?;
    doses.retain(|dose| dose.order_id == id);
    let mut records = doses::administrations(&mut ctx.tx, order.admission_id, from).await?;
    records.retain(|one| one.order_id == id && one.superseded_at.is_none());
    let needed = match order.is_as_needed() {
        true => effects::needed_doses(&mut ctx.tx, order.admission_id, from).await?,
        false => Vec::new(),
    };
    let progress = match order.dose_count {
        Some(_) => Some(doses::progress(&mut ctx.tx, id).await?),
        None => None,
    };
    let reviews = reviews::of_order(&mut ctx.tx, id).await?;
    let own = order.prescriber_id == ctx.user();
    let shown = Shown { order, verified, acts, doses, records, progress, needed, reviews, may, own, zone, now };
    let page = Page::new(shown.order.title.clone(), move || content(&shown, &done));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(shown: &Shown, done: &str) -> impl IntoView + use<> {
    let order = &shown.order;
    let back = (format!("/admissions/{}/orders", order.admission_id), tr!(medicine_record.orders).to_owned());
    let broken = (shown.verified == Some(false)).then(|| {
        view! { <NoticeBox tone=Tone::Critical title=tr!(medicine_record.signature_broken)><p>{tr!(medicine_record.signature_broken_text)}</p></NoticeBox> }
    });
    let state = order.state;
    let doses = (!shown.doses.is_empty()).then(|| {
        let rows = shown.doses.iter().rev().map(|dose| dose_row(dose, shown)).collect_view();
        view! {
            <section class="panel" aria-labelledby="doses">
                <div class="panel__head"><h2 id="doses">{tr!(medicine_record.doses)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
    });
    let history = shown.acts.iter().map(|act| act_row(act, shown.zone)).collect_view();
    let reviews = shown.reviews.iter().map(|review| review_row(review, shown.zone)).collect_view();
    view! {
        {toast(done)}
        <PageHeader title=order.title.clone() back/>
        {broken}
        <div class="stack">
            <section class="panel" aria-labelledby="facts">
                <div class="panel__head"><h2 id="facts">{order.kind.words()}</h2>{marks(order, (shown.now, shown.zone))}<StatusBadge tone=state.tone() label=state.words()/></div>
                <div class="panel__body">{facts(shown)}</div>
            </section>
            {acts(shown)}
            {doses}
            <section class="panel" aria-labelledby="history">
                <div class="panel__head"><h2 id="history">{tr!(medicine_record.history)}</h2></div>
                <ul class="rows">{reviews}{history}</ul>
            </section>
        </div>
    }
}

fn facts(shown: &Shown) -> AnyView {
    let order = &shown.order;
    let at = |at: Instant| show_date_time(shown.zone.local(at));
    let mut rows = vec![Detail::new(tr!(medicine_record.order), order.sentence(shown.zone))];
    for (label, text) in [
        (tr!(medicine_record.instructions), &order.instructions),
        (tr!(medicine_record.indication), &order.indication),
        (tr!(medicine_record.in_spite_of), &order.override_reason),
    ] {
        if !text.is_empty() {
            rows.push(Detail::new(label, text.clone()));
        }
    }
    rows.push(Detail::new(tr!(medicine_record.starts), at(order.starts_at)));
    if let (Some(progress), Some(due)) = (shown.progress, order.progress_words((shown.now, shown.zone))) {
        let outcomes = tr!(medicine_record.doses_outcomes, given = progress.given, not_given = progress.not_given);
        rows.push(Detail::new(tr!(medicine_record.doses), format!("{due}: {outcomes}")));
    }
    rows.push(Detail::new(tr!(medicine_record.prescriber), format!("{}, {}", order.prescriber, at(order.ordered_at))));
    if order.ordered_by != order.prescriber_id {
        rows.push(Detail::new(tr!(medicine_record.taken_by), order.orderer.clone()));
    }
    if let Some(protocol) = &order.protocol {
        let words = tr!(medicine_record.protocol_version, name = protocol.name.clone(), version = protocol.version);
        rows.push(Detail::new(tr!(medicine_record.by_protocol), words));
    }
    let signed = match (&order.signed, order.cosign_due) {
        (Some(signed), _) => tr!(medicine_record.signed_at, at = at(signed.at)),
        (None, Some(due)) => tr!(medicine_record.sign_until, at = at(due)),
        (None, None) => String::new(),
    };
    rows.push(Detail::new(tr!(medicine_record.signature), signed));
    if let Some(review) = order.review_at {
        rows.push(Detail::new(tr!(medicine_record.review), at(review)));
    }
    if let Some(resume) = order.resume_at {
        rows.push(Detail::new(tr!(medicine_record.resumes), at(resume)));
    }
    if let Some(replaces) = order.replaces {
        rows.push(Detail::view(
            tr!(medicine_record.replaces),
            view! { <a href=format!("/care-orders/{replaces}")>{tr!(medicine_record.order_before)}</a> },
        ));
    }
    view! { <DescriptionList details=rows/> }.into_any()
}

fn hidden(id: CareOrderId) -> Vec<(&'static str, String)> {
    vec![("care_order_id", id.to_string()), key()]
}

fn acts(shown: &Shown) -> AnyView {
    let (order, may) = (&shown.order, shown.may);
    let id = order.id;
    let sign = (order.signed.is_none() && may.write && shown.own).then(|| {
        view! {
            <PostButton action="/api/medicine_record/sign" label=tr!(medicine_record.sign) hidden=hidden(id) tone=ButtonTone::Primary glyph=Glyph::Sign/>
        }
    });
    let change = (order.state.is_open() && may.write).then(|| {
        let href = format!("/admissions/{}/orders/new?kind={}&replaces={id}", order.admission_id, order.kind);
        view! { <LinkButton href label=tr!(medicine_record.change) glyph=Glyph::Edit/> }
    });
    let hold = (order.state == CareOrderState::Active && may.hold).then(|| {
        view! {
            <Dialog id="hold" opens=tr!(medicine_record.hold) title=tr!(medicine_record.hold_title) action="/api/medicine_record/hold">
                <Form action="/api/medicine_record/hold" hidden=hidden(id)>
                    <SelectField name="reason" label=tr!(medicine_record.reason) choices=care_reasons() prompt=tr!(medicine_record.choose)/>
                    <TextField name="words" label=tr!(medicine_record.in_words) maxlength=500 optional=true autocomplete="off"/>
                    <DateField name="day" label=tr!(medicine_record.resume_day) optional=true/>
                    <TimeField name="time" label=tr!(medicine_record.resume_time) optional=true/>
                    <div class="form__actions"><Button label=tr!(medicine_record.hold)/></div>
                </Form>
            </Dialog>
        }
    });
    let resume = (order.state == CareOrderState::OnHold && may.hold).then(|| {
        view! { <PostButton action="/api/medicine_record/resume" label=tr!(medicine_record.resume) hidden=hidden(id)/> }
    });
    let stop = (order.state.is_open() && may.write).then(|| {
        view! {
            <Dialog id="stop" opens=tr!(medicine_record.stop) title=tr!(medicine_record.stop_title) action="/api/medicine_record/stop" tone=ButtonTone::Danger key="s">
                <Form action="/api/medicine_record/stop" hidden=hidden(id)>
                    <SelectField name="reason" label=tr!(medicine_record.reason) choices=care_reasons() prompt=tr!(medicine_record.choose)/>
                    <TextField name="words" label=tr!(medicine_record.in_words) maxlength=500 optional=true autocomplete="off"/>
                    <div class="form__actions"><Button label=tr!(medicine_record.stop) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    let go_on = (order.state.is_open() && may.write).then(|| asked::continue_order(id, order.review_at, shown.zone));
    view! { <div class="cluster">{sign}{go_on}{change}{hold}{resume}{stop}</div> }.into_any()
}

fn dose_row(dose: &PlannedDose, shown: &Shown) -> impl IntoView + use<> {
    let zone = shown.zone;
    let record = shown.records.iter().find(|one| one.dose_id == dose.id).map(|one| outcome_words(one, zone));
    let needed = shown.needed.iter().find(|one| one.dose_id == dose.id);
    let place = shown.order.place_words(dose.due_at, zone).map(|place| format!(" · {place}"));
    let effect = needed
        .and_then(|one| one.told.as_ref())
        .map(|told| view! { <br/><span>{tr!(medicine_record.effect)}": "{told.words(zone)}</span> });
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <a href=format!("/doses/{}", dose.id)>{show_date_time(zone.local(dose.due_at))}</a>{place}
                <br/><span class="muted small">{record}</span>
                {effect}
            </div>
            <div class="rows__side"><StatusBadge tone=dose.state.tone() label=dose.state.words()/></div>
        </li>
    }
}

fn review_row(review: &OrderReview, zone: Zone) -> impl IntoView + use<> {
    let at = |at: Instant| show_date_time(zone.local(at));
    view! {
        <li class="rows__row">
            <div class="rows__main">
                {tr!(medicine_record.review_due, at = at(review.due_at))}
                <br/><span class="muted small">{at(review.set_at)}" · "{review.setter.clone()}</span>
            </div>
        </li>
    }
}

fn act_row(act: &ActRow, zone: Zone) -> impl IntoView + use<> {
    let reason = act.reason.map(|reason| reason.words().to_owned()).unwrap_or_default();
    let why = [reason, act.words.clone()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <strong>{act.act.words()}</strong>" "{why}
                <br/><span class="muted small">{show_date_time(zone.local(act.at))}" · "{act.by.clone()}</span>
            </div>
        </li>
    }
}
