//! `/ward-round`: the patients of the doctor, or of a ward, with their last night; the unsigned notes of the doctor.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{toast, when};
use crate::{
    core::{
        Permission, Result, WardId,
        time::{Instant, Zone},
    },
    opd::Measure,
    rounds::{
        night::{self, NIGHT_HOURS, RoundOf, RoundPatient, day_of},
        notes::{self, StayNote},
        summaries::{self, ASKED_DAYS, MissingSummary},
    },
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{EmptyState, Glyph, KeyHint, Live, NoticeBox, PageHeader, StatusBadge, Tab, Tabs, Tone},
    wards,
};

/// `?ward=ID&order=bed`: a ward instead of one's own patients, by bed instead of the worst first.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WardRoundQuery {
    ward: String,
    order: String,
    done: String,
}

struct RoundList {
    wards: Vec<wards::Ward>,
    ward: Option<WardId>,
    patients: Vec<RoundPatient>,
    drafts: Vec<StayNote>,
    /// Stays that ended without a signed summary.
    missing: Vec<MissingSummary>,
    now: Instant,
    zone: Zone,
}

impl RoundList {
    async fn read(query: &WardRoundQuery) -> Result<Self> {
        let mut ctx = Ctx::read(Permission::WriteNotes).await?;
        let (clinic, user) = (ctx.clinic.id, ctx.user());
        let wards = wards::wards_of(&mut ctx.tx, clinic).await?;
        let asked = query.ward.parse::<WardId>().ok().filter(|id| wards.iter().any(|ward| ward.id == *id));
        let by_bed = query.order == "bed";
        let of = asked.map(RoundOf::Ward).or_else(|| ctx.who.staff.map(RoundOf::Doctor));
        let (patients, missing) = match of {
            Some(of) => {
                let since = ctx.now - Duration::days(ASKED_DAYS);
                let missing = summaries::missing(&mut ctx.tx, clinic, of, since).await?;
                ctx.saw_live(missing.iter().map(|one| one.patient_id), "ward_round").await?;
                (night::read(&mut ctx, of, by_bed).await?, missing)
            }
            None => (Vec::new(), Vec::new()),
        };
        let drafts = notes::drafts_of(&mut ctx.tx, user, clinic).await?;
        Ok(Self { wards, ward: asked, patients, drafts, missing, now: ctx.now, zone: ctx.zone() })
    }
}

/// Shows the patients.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn round_page(Query(query): Query<WardRoundQuery>) -> Result<Page> {
    let list = RoundList::read(&query).await?;
    let page = Page::new(tr!(rounds.title), move || {
        let mine = Tab::new("/ward-round", tr!(rounds.mine), list.ward.is_none());
        let tabs = std::iter::once(mine)
            .chain(
                list.wards
                    .iter()
                    .map(|ward| Tab::new(format!("/ward-round?ward={}", ward.id), ward.name.clone(), list.ward == Some(ward.id))),
            )
            .collect::<Vec<_>>();
        let ward = list.ward.map(|ward| ward.to_string()).unwrap_or_default();
        let from = format!("/ward-round/live?ward={ward}&order={}", if query.order == "bed" { "bed" } else { "" });
        let other = match query.order == "bed" {
            true => (format!("/ward-round?ward={ward}"), tr!(rounds.worst_first)),
            false => (format!("/ward-round?ward={ward}&order=bed"), tr!(rounds.by_bed)),
        };
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(rounds.title) detail=tr!(rounds.title_text, hours = NIGHT_HOURS)/>
            <Tabs label=tr!(rounds.whose) tabs/>
            <p><a href=other.0>{other.1}</a></p>
            <Live topics="rounds nursing medicines wards" from each_minute=true>{list_view(&list)}</Live>
        }
    });
    Ok(page.keys(vec![KeyHint::new("Enter", tr!(rounds.key_open))]))
}

/// Renders the patients again for an update.
///
/// # Errors
/// As the page.
pub async fn round_part(Query(query): Query<WardRoundQuery>) -> Result<Part> {
    let list = RoundList::read(&query).await?;
    Ok(Part::new(move || list_view(&list)))
}

fn list_view(list: &RoundList) -> AnyView {
    let drafts = (!list.drafts.is_empty()).then(|| {
        let rows = list
            .drafts
            .iter()
            .map(|note| {
                let at = when(note.created_at, list.zone);
                view! { <li><a href=format!("/stay-notes/{}", note.id)>{note.kind.words()}" · "{at}</a></li> }
            })
            .collect_view();
        view! { <NoticeBox tone=Tone::Warning title=tr!(rounds.unsigned_notes)><ul>{rows}</ul></NoticeBox> }
    });
    let none =
        list.patients.is_empty().then(|| view! { <EmptyState glyph=Glyph::Bed title=tr!(rounds.nobody) text=tr!(rounds.nobody_text)/> });
    let rows = list.patients.iter().enumerate().map(|(place, one)| row(one, place == 0, (list.now, list.zone))).collect_view();
    let missing = (!list.missing.is_empty()).then(|| missing(&list.missing, list.zone));
    view! { {drafts}{none}<ul class="rows panel" data-arrows="">{rows}</ul>{missing} }.into_any()
}

/// The stays that ended without a signed summary.
fn missing(stays: &[MissingSummary], zone: Zone) -> AnyView {
    let rows = stays
        .iter()
        .map(|one| {
            let name = if one.private { tr!(rounds.private_name).to_owned() } else { one.name.listed() };
            view! {
                <li class="rows__row" data-key=one.admission_id.to_string()>
                    <div class="rows__main">
                        <a class="row-link" href=format!("/admissions/{}/stay-summary", one.admission_id)>{name}</a>
                        " "<span class="muted small">{one.mrn.clone()}</span>
                    </div>
                    <div class="rows__side"><StatusBadge tone=Tone::Warning label=tr!(rounds.left_at, at = when(one.left_at, zone))/></div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="missing">
            <div class="panel__head"><h2 id="missing">{tr!(rounds.summaries_missing)}</h2></div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

/// The name of a patient; hidden where the patient wants it.
fn shown_name(one: &RoundPatient) -> String {
    if one.private { tr!(rounds.private_name).to_owned() } else { one.name.listed() }
}

/// The row of a patient; `Enter` opens the first one.
fn row(one: &RoundPatient, is_first: bool, (now, zone): (Instant, Zone)) -> AnyView {
    let age = format!("{} · {}", one.sex.words(), one.birth.age(zone.day(now)));
    let day = tr!(rounds.day_n, day = day_of(one.admitted_at, now, zone));
    let badges = badges(one, (now, zone));
    let note = match one.noted_today {
        true => view! { <StatusBadge tone=Tone::Done label=tr!(rounds.noted_today)/> },
        false => view! { <StatusBadge tone=Tone::Waiting label=tr!(rounds.not_noted)/> },
    };
    let doctor = one.doctor.clone().map(|doctor| format!(" · {doctor}"));
    view! {
        <li class="rows__row" data-key=one.admission_id.to_string()>
            <div class="rows__main">
                <strong>{format!("{} · {} · {}", one.ward, one.room, one.bed)}</strong>" "
                <a href=format!("/admissions/{}/round", one.admission_id) aria-keyshortcuts=is_first.then_some("Enter")>{shown_name(one)}</a>
                <br/><span class="muted small">{age}" · "{day}" · "{one.reason.clone()}{doctor}</span>
                <br/><span class="cluster">{note}{badges}</span>
            </div>
        </li>
    }
    .into_any()
}

/// The night of a patient as badges; what did not happen has none.
pub(super) fn badges(one: &RoundPatient, (now, zone): (Instant, Zone)) -> AnyView {
    let mut shown: Vec<(Tone, String)> = Vec::new();
    if let Some(level) = one.open_level {
        shown.push((Tone::Critical, tr!(rounds.escalation_open, level = level)));
    } else if one.escalations > 0 {
        shown.push((Tone::Warning, tr!(rounds.escalations_n, count = one.escalations)));
    }
    if let Some(score) = one.news2() {
        let worst = one.worst_score.unwrap_or(score.total);
        shown.push((score.risk().tone(), tr!(rounds.news2_last_worst, last = score.total, worst = worst)));
    }
    if let Some(score) = one.pews() {
        let worst = one.worst_pews.unwrap_or(score.total);
        shown.push((score.tone(), tr!(rounds.pews_last_worst, last = score.words(one.months(now, zone)), worst = worst)));
    }
    // 38.0 degrees Celsius.
    if let Some(highest) = one.highest_temperature.filter(|temperature| *temperature >= 380) {
        shown.push((Tone::Warning, tr!(rounds.fever, degrees = Measure::Temperature.exact(highest))));
    }
    if one.doses_not_given > 0 {
        shown.push((Tone::Warning, tr!(rounds.doses_not_given, count = one.doses_not_given)));
    }
    if one.orders_to_sign > 0 {
        shown.push((Tone::Critical, tr!(rounds.orders_to_sign, count = one.orders_to_sign)));
    }
    if one.reviews_overdue > 0 {
        shown.push((Tone::Critical, tr!(rounds.reviews_overdue, count = one.reviews_overdue)));
    }
    if one.reports > 0 {
        shown.push((Tone::Progress, tr!(rounds.reports_n, count = one.reports)));
    }
    if one.taken_in_ml > 0 || one.lost_ml > 0 {
        shown.push((Tone::Inactive, tr!(rounds.balance, ml = format!("{:+}", one.taken_in_ml - one.lost_ml))));
    }
    if one.devices > 0 {
        shown.push((Tone::Inactive, tr!(rounds.devices_n, count = one.devices)));
    }
    if one.drafts > 0 {
        shown.push((Tone::Warning, tr!(rounds.drafts_n, count = one.drafts)));
    }
    shown.into_iter().map(|(tone, label)| view! { <StatusBadge tone label/> }).collect_view().into_any()
}
