//! `/admissions/{id}/round`: one patient at the round: the night, orders to sign, results, medicines, the last note, and the note of today.

use leptos::prelude::*;

use super::{
    list::badges,
    parts::{self, FollowUpChoices, StayDoneQuery, follow_up_form, note_facts, note_form, note_text, toast, when},
};
use crate::{
    clinical::problems::{self, ProblemStatus},
    core::{AdmissionId, Permission, Result, time::show_date},
    lab::{self, Catalogue, localised, shown_unit},
    medicine_record::{CareOrder, NeededDose, needed_doses, orders_of},
    orders::{self, Order, OrderState},
    rounds::{
        follow_ups::{self, FollowUp},
        night::{self, RoundOf, RoundPatient, day_of},
        notes::{self, StayNote},
        stay::{self, ShownStay},
        vocabulary::StayNoteKind,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Glyph, KeyHint, LinkButton, PageHeader, PatientBanner, StatusBadge, Tone},
};

/// Values of the laboratory that are shown.
const VALUES: usize = 12;

struct RoundSheet {
    stay: ShownStay,
    night: Option<RoundPatient>,
    problems: Vec<String>,
    values: Vec<String>,
    medicines: Vec<CareOrder>,
    /// The doses of the night that were given as needed, with their effect.
    needed: Vec<NeededDose>,
    requests: Vec<Order>,
    notes: Vec<StayNote>,
    follow_ups: Vec<FollowUp>,
    choices: FollowUpChoices,
    /// The patients before and after this one on the round.
    around: (Option<AdmissionId>, Option<AdmissionId>),
}

/// Shows the patient.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn patient_page(Path(id): Path<AdmissionId>, Query(StayDoneQuery { done }): Query<StayDoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let stay = stay::open(&mut ctx, Permission::WriteNotes, id).await?;
    let patient = stay.admission.patient_id;
    let listed = problems::of_patient(&mut ctx.tx, patient).await?;
    let latest = lab::latest_values(&mut ctx.tx, patient).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let day = |at| show_date(stay.zone.day(at));
    let values = latest
        .iter()
        .take(VALUES)
        .map(|value| {
            let name = all.test(value.test_id).map(|test| test.name().to_owned()).unwrap_or_default();
            let text = format!("{name} {} {} {}", localised(&value.value_text), shown_unit(&value.unit), value.flag.as_str());
            format!("{} ({})", text.trim(), day(value.measured_at))
        })
        .collect();
    let around = around(&mut ctx, &stay).await?;
    let sheet = RoundSheet {
        night: night::one(&mut ctx, id).await?,
        problems: listed
            .iter()
            .filter(|entry| entry.is_current() && entry.clinical_status == ProblemStatus::Active)
            .map(|entry| entry.description.clone())
            .collect(),
        values,
        medicines: orders_of(&mut ctx.tx, id, true).await?,
        needed: needed_doses(&mut ctx.tx, id, night::since(stay.now)).await?,
        requests: orders::of_stay(&mut ctx.tx, id).await?,
        notes: notes::of_stay(&mut ctx.tx, id).await?,
        follow_ups: follow_ups::of_patient(&mut ctx.tx, patient).await?,
        choices: FollowUpChoices::read(&mut ctx).await?,
        around,
        stay,
    };
    let user = ctx.user();
    let banner = sheet.stay.banner.clone();
    let page = Page::new(tr!(rounds.round), move || {
        let own = sheet.notes.iter().find(|note| note.is_draft() && note.author_id == user && note.kind != StayNoteKind::Nursing).cloned();
        content(&sheet, own.as_ref(), &done)
    });
    let keys = vec![
        KeyHint::new("j", tr!(rounds.next_patient)),
        KeyHint::new("k", tr!(rounds.patient_before)),
        KeyHint::new("r", tr!(rounds.note_of_today)),
        KeyHint::new("o", tr!(rounds.write_orders)),
        KeyHint::new("t", tr!(rounds.request_tests)),
        KeyHint::new("i", tr!(rounds.request_study)),
        KeyHint::new("Ctrl+Enter", tr!(rounds.sign_note)),
    ];
    Ok(page.keys(keys).banner(move || view! { <PatientBanner info=banner/> }))
}

/// Returns the patients before and after this one: on the doctor's own round, or on that of the ward for another doctor's patient.
async fn around(ctx: &mut Ctx, stay: &ShownStay) -> Result<(Option<AdmissionId>, Option<AdmissionId>)> {
    let id = stay.admission.id;
    let ids = |patients: Vec<RoundPatient>| -> Vec<AdmissionId> { patients.iter().map(|one| one.admission_id).collect() };
    let mut order = match ctx.who.staff {
        Some(doctor) => ids(night::read(ctx, RoundOf::Doctor(doctor), false).await?),
        None => Vec::new(),
    };
    if !order.contains(&id) && stay.is_open() {
        order = ids(night::read(ctx, RoundOf::Ward(stay.admission.ward()), false).await?);
    }
    let place = order.iter().position(|one| *one == id);
    let before = place.and_then(|place| place.checked_sub(1)).and_then(|place| order.get(place));
    let after = place.and_then(|place| order.get(place + 1));
    Ok((before.copied(), after.copied()))
}

fn content(sheet: &RoundSheet, own: Option<&StayNote>, done: &str) -> AnyView {
    let stay = &sheet.stay;
    let id = stay.admission.id;
    let back = ("/ward-round".to_owned(), tr!(rounds.title).to_owned());
    let day = stay.admission.admitted_at.map(|at| tr!(rounds.day_n, day = day_of(at, stay.now, stay.zone))).unwrap_or_default();
    let detail = format!("{day} · {}", stay.admission.reason);
    let (before, after) = sheet.around;
    let actions = Some(
        view! {
            {before.map(|id| view! { <LinkButton href=format!("/admissions/{id}/round") label=tr!(rounds.patient_before) key="k"/> })}
            {after.map(|id| view! { <LinkButton href=format!("/admissions/{id}/round") label=tr!(rounds.next_patient) key="j"/> })}
        }
        .into_any(),
    );
    let form = stay.is_open().then(|| match own {
        Some(draft) => note_form(id, &[draft.kind], Some(draft)),
        None => note_form(id, &StayNoteKind::OF_DOCTORS, None),
    });
    let last = sheet.notes.iter().find(|note| note.is_current()).map(|note| last_note(note, stay));
    view! {
        {toast(done)}
        <PageHeader title=tr!(rounds.round) detail back actions/>
        {parts::tabs(id, "round")}
        <div class="stack">
            {night_panel(sheet)}
            {last}
            <section class="panel" aria-labelledby="today-note">
                <div class="panel__head"><h2 id="today-note">{tr!(rounds.note_of_today)}</h2></div>
                <div class="panel__body">{form}</div>
            </section>
            {needed_panel(sheet)}
            {orders_panel(sheet)}
            {follow_up_panel(sheet)}
        </div>
    }
    .into_any()
}

fn night_panel(sheet: &RoundSheet) -> AnyView {
    let id = sheet.stay.admission.id;
    let marks = sheet.night.as_ref().map(|night| badges(night, (sheet.stay.now, sheet.stay.zone)));
    let list = |title: &'static str, lines: &[String]| {
        let lines = lines.to_vec();
        (!lines.is_empty()).then(|| view! { <p><strong>{title}</strong><br/>{lines.join(" · ")}</p> })
    };
    let problems = list(tr!(rounds.active_problems), &sheet.problems);
    let values = list(tr!(rounds.last_values), &sheet.values);
    view! {
        <section class="panel" aria-labelledby="night">
            <div class="panel__head">
                <h2 id="night">{tr!(rounds.last_night)}</h2>
                <div class="cluster">
                    <LinkButton href=format!("/admissions/{id}/observations") label=tr!(rounds.observations) glyph=Glyph::Vitals/>
                    <LinkButton href="/lab/inbox" label=tr!(rounds.inbox) glyph=Glyph::Flask/>
                </div>
            </div>
            <div class="panel__body stack stack--tight"><p class="cluster">{marks}</p>{problems}{values}</div>
        </section>
    }
    .into_any()
}

fn last_note(note: &StayNote, stay: &ShownStay) -> AnyView {
    let (facts, text) = (note_facts(note, stay.zone), note_text(note));
    view! {
        <section class="panel" aria-labelledby="last-note">
            <div class="panel__head"><h2 id="last-note">{tr!(rounds.last_note)}": "{note.kind.words()}</h2></div>
            <div class="panel__body stack stack--tight">
                <p><a href=format!("/stay-notes/{}", note.id)>{tr!(rounds.open_note)}</a>" "{facts}</p>
                {text}
            </div>
        </section>
    }
    .into_any()
}

/// The doses of the night that were given as needed, each with its effect beside it.
fn needed_panel(sheet: &RoundSheet) -> Option<AnyView> {
    if sheet.needed.is_empty() {
        return None;
    }
    let zone = sheet.stay.zone;
    let rows = sheet
        .needed
        .iter()
        .map(|dose| {
            let effect = match &dose.told {
                Some(told) => told.words(zone),
                None => tr!(rounds.effect_open).to_owned(),
            };
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <a href=format!("/doses/{}", dose.dose_id)>{when(dose.given_at, zone)}" "{dose.title.clone()}</a>" "{dose.dose.clone()}
                        <br/><strong>{tr!(rounds.effect)}":"</strong>" "{effect}
                    </div>
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <section class="panel" aria-labelledby="as-needed">
                <div class="panel__head"><h2 id="as-needed">{tr!(rounds.as_needed)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any(),
    )
}

fn orders_panel(sheet: &RoundSheet) -> AnyView {
    let id = sheet.stay.admission.id;
    let (zone, now) = (sheet.stay.zone, sheet.stay.now);
    let open = sheet.stay.is_open();
    let medicines = sheet
        .medicines
        .iter()
        .map(|order| {
            let review = order.review_at.map(|at| match order.is_past_review(now) {
                true => view! { " "<StatusBadge tone=Tone::Critical label=tr!(rounds.review_overdue, at = when(at, zone))/> },
                false => view! { " "<StatusBadge tone=Tone::Inactive label=tr!(rounds.review_on, at = when(at, zone))/> },
            });
            let unsigned = order.signed.is_none().then(|| view! { " "<StatusBadge tone=Tone::Critical label=tr!(rounds.to_sign)/> });
            let progress = order.progress_words((now, zone)).map(|words| view! { <br/><strong class="small">{words}</strong> });
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <a href=format!("/care-orders/{}", order.id)>{order.title.clone()}</a>" "{order.sentence(zone)}
                        {progress}{unsigned}{review}
                    </div>
                </li>
            }
        })
        .collect_view();
    let requests = sheet
        .requests
        .iter()
        .filter(|order| OrderState::OPEN.contains(&order.state))
        .map(|order| {
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <a href=format!("/orders/{}", order.id)>{order.service.clone()}</a>" "
                        <StatusBadge tone=order.state.tone() label=order.state.words()/>
                        <br/><span class="muted small">{when(order.ordered.at, zone)}" · "{order.ordered.by.clone()}</span>
                    </div>
                </li>
            }
        })
        .collect_view();
    let ask = open.then(|| {
        view! {
            <LinkButton href=format!("/admissions/{id}/request-tests") label=tr!(rounds.request_tests) glyph=Glyph::Flask key="t"/>
            <LinkButton href=format!("/admissions/{id}/request-study") label=tr!(rounds.request_study) glyph=Glyph::Board key="i"/>
            <LinkButton href=format!("/admissions/{id}/orders") label=tr!(rounds.write_orders) glyph=Glyph::Pill key="o"/>
        }
    });
    view! {
        <section class="panel" aria-labelledby="orders-of-stay">
            <div class="panel__head"><h2 id="orders-of-stay">{tr!(rounds.orders)}</h2><div class="cluster">{ask}</div></div>
            <ul class="rows">{medicines}{requests}</ul>
        </section>
    }
    .into_any()
}

fn follow_up_panel(sheet: &RoundSheet) -> AnyView {
    let (id, patient) = (sheet.stay.admission.id, sheet.stay.admission.patient_id);
    let rows = sheet
        .follow_ups
        .iter()
        .map(|one| {
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        {show_date(one.due_on)}" · "{one.place()}" "<StatusBadge tone=one.state.tone() label=one.state.words()/>
                    </div>
                </li>
            }
        })
        .collect_view();
    let form = follow_up_form(patient, Some(id), &sheet.choices, format!("/admissions/{id}/round"));
    view! {
        <section class="panel" aria-labelledby="follow-ups">
            <div class="panel__head"><h2 id="follow-ups">{tr!(rounds.follow_ups)}</h2></div>
            <ul class="rows">{rows}</ul>
            <div class="panel__body">{form}</div>
        </section>
    }
    .into_any()
}
