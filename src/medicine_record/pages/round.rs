//! `/wards/{id}/round`: the medicine round of a ward, on a phone: what is late and due in the next two hours, by time or by patient, with the
//! allergies of each patient. `/rounds`: the wards of the clinic.

use std::collections::{BTreeMap, HashMap};

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    infusion,
    parts::{due_words, key, toast},
};
use crate::{
    core::{
        PatientId, Permission, Result, WardId,
        time::{Instant, Zone},
    },
    formulary::Route,
    medicine_record::{
        bedside,
        doses::{self, AllergyWords, RoundRow},
        infusions::{RunningRow, Step},
        outages::{self, Outage},
        vocabulary::DoseTiming,
    },
    organisation,
    patients::{self, AllergyStatus, PatientLine},
    server::{Ctx, Page, Part, Path, Query},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, LinkButton, Live, NoticeBox, PageHeader, PostButton, StatusBadge, Tab, Tabs, Tone},
    wards::{self, Ward},
};

/// Hours ahead that the round shows.
const HOURS: i64 = 2;

/// The order of the list, and the act that was just done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoundQuery {
    by: String,
    done: String,
}

struct Round {
    ward: Ward,
    rows: Vec<RoundRow>,
    names: HashMap<PatientId, PatientLine>,
    allergies: Vec<AllergyWords>,
    running: Vec<(RunningRow, Vec<Step>)>,
    /// The outages whose doses may still be entered from paper.
    outages: Vec<Outage>,
    may_give: bool,
    /// The ward scans: a dose is given from its own page.
    scans: bool,
    zone: Zone,
    now: Instant,
}

async fn read(ctx: &mut Ctx, id: WardId) -> Result<Round> {
    let ward = wards::find_ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ReadMedicineRecord, ward.clinic_id)?;
    let zone = organisation::clinic(&mut ctx.tx, ward.clinic_id).await?.zone;
    let now = ctx.now;
    let rows = doses::of_ward(&mut ctx.tx, id, now + Duration::hours(HOURS)).await?;
    let running = infusion::on_ward(ctx, id).await?;
    let outages = outages::recent(&mut ctx.tx, ward.clinic_id, now).await?;
    let mut ids: Vec<PatientId> = rows.iter().map(|row| row.patient_id).chain(running.iter().map(|(row, _)| row.patient_id)).collect();
    ids.sort_unstable();
    ids.dedup();
    ctx.saw_live(ids.clone(), "medicine_round").await?;
    let names = patients::names(&mut ctx.tx, &ids).await?;
    let allergies = if ids.is_empty() { Vec::new() } else { doses::allergies(&mut ctx.tx, &ids).await? };
    let scans = bedside::asks_scans(&mut ctx.tx, id).await?;
    let may_give = ctx.who.may_at(Permission::GiveMedicines, ward.clinic_id);
    Ok(Round { ward, rows, names, allergies, running, outages, may_give, scans, zone, now })
}

/// Shows the round.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn round_page(Path(id): Path<WardId>, Query(RoundQuery { by, done }): Query<RoundQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let round = read(&mut ctx, id).await?;
    Ok(Page::new(tr!(medicine_record.round_of, ward = round.ward.name.clone()), move || {
        let by_patient = by == "patient";
        let tabs = vec![
            Tab::new(format!("/wards/{id}/round"), tr!(medicine_record.by_time), !by_patient),
            Tab::new(format!("/wards/{id}/round?by=patient"), tr!(medicine_record.by_patient), by_patient),
        ];
        let back = ("/rounds".to_owned(), tr!(medicine_record.rounds).to_owned());
        let actions = view! {
            <LinkButton href=format!("/wards/{id}/scan") label=tr!(medicine_record.scan_band) glyph=Glyph::Search/>
            <LinkButton href=format!("/wards/{id}/trolley") label=tr!(medicine_record.trolley) glyph=Glyph::Print/>
        }
        .into_any();
        let from = if by_patient { format!("/wards/{id}/round/live?by=patient") } else { format!("/wards/{id}/round/live") };
        view! {
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.round_of, ward = round.ward.name.clone()) back actions=Some(actions) detail=tr!(medicine_record.round_text, hours = HOURS)/>
            <Tabs label=tr!(medicine_record.sorted) tabs/>
            <Live topics="medicines wards" from each_minute=true>{whole(&round, by_patient)}</Live>
        }
    }))
}

/// Serves the list alone.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn round_part(Path(id): Path<WardId>, Query(RoundQuery { by, .. }): Query<RoundQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let round = read(&mut ctx, id).await?;
    Ok(Part::new(move || whole(&round, by == "patient")))
}

/// The infusions that run, the notice of an outage, and the doses.
fn whole(round: &Round, by_patient: bool) -> AnyView {
    let running = (!round.running.is_empty()).then(|| {
        let rows = round.running.iter().map(|(row, steps)| {
            infusion::running_row(row, steps, format!("{} {}", row.bed, name(round, row.patient_id)), (round.now, round.zone))
        });
        let rows = rows.collect_view();
        view! {
            <section class="panel" aria-labelledby="running">
                <div class="panel__head"><h2 id="running">{tr!(medicine_record.infusions)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
    });
    let outage = (!round.outages.is_empty()).then(|| {
        let href = format!("/wards/{}/back-entry", round.ward.id);
        view! {
            <NoticeBox tone=Tone::Warning title=tr!(medicine_record.after_outage)>
                <p>{tr!(medicine_record.after_outage_text)}" "<a href=href>{tr!(medicine_record.back_entry)}</a></p>
            </NoticeBox>
        }
    });
    let doses = list(round, by_patient);
    view! { <div class="stack">{outage}{running}{doses}</div> }.into_any()
}

fn list(round: &Round, by_patient: bool) -> AnyView {
    if round.rows.is_empty() {
        return view! { <EmptyState glyph=Glyph::Done title=tr!(medicine_record.nothing_due) text=tr!(medicine_record.nothing_due_text)/> }
            .into_any();
    }
    if !by_patient {
        let rows = round.rows.iter().map(|row| dose_row(round, row, true)).collect_view();
        return view! { <ul class="rows">{rows}</ul> }.into_any();
    }
    let mut beds: BTreeMap<(String, PatientId), Vec<&RoundRow>> = BTreeMap::new();
    for row in &round.rows {
        beds.entry((row.bed.clone(), row.patient_id)).or_default().push(row);
    }
    let sections = beds.into_iter().map(|((bed, patient), rows)| {
        let heading = format!("patient-{patient}");
        let admission = rows.first().map(|row| row.admission_id.to_string()).unwrap_or_default();
        let rows = rows.into_iter().map(|row| dose_row(round, row, false)).collect_view();
        view! {
            <section class="panel" aria-labelledby=heading.clone()>
                <div class="panel__head">
                    <h2 id=heading.clone()><a href=format!("/admissions/{admission}/medicines")>{bed}" "{name(round, patient)}</a></h2>
                    {allergy_badge(round, patient)}
                </div>
                <ul class="rows">{rows}</ul>
            </section>
        }
    });
    let sections = sections.collect_view();
    view! { <div class="stack">{sections}</div> }.into_any()
}

fn name(round: &Round, patient: PatientId) -> String {
    round.names.get(&patient).map(|line| line.name.listed()).unwrap_or_default()
}

/// The allergies of a patient, always beside the doses.
fn allergy_badge(round: &Round, patient: PatientId) -> AnyView {
    let rows: Vec<&AllergyWords> = round.allergies.iter().filter(|row| row.id == patient).collect();
    let known: Vec<String> = rows.iter().filter_map(|row| row.substance.clone()).collect();
    if !known.is_empty() {
        let label = tr!(medicine_record.allergic_to, substances = known.join(", "));
        return view! { <StatusBadge tone=Tone::Critical label glyph=Glyph::Allergy/> }.into_any();
    }
    if rows.iter().any(|row| row.status == AllergyStatus::NotRecorded) {
        return view! { <StatusBadge tone=Tone::Warning label=tr!(ui.allergies_not_recorded) glyph=Glyph::Allergy/> }.into_any();
    }
    view! { <StatusBadge tone=Tone::Inactive label=tr!(ui.no_known_allergies) glyph=Glyph::Allergy/> }.into_any()
}

fn dose_row(round: &Round, row: &RoundRow, with_patient: bool) -> AnyView {
    let (now, zone) = (round.now, round.zone);
    let window = Duration::minutes(DoseTiming::window_minutes(row.timing));
    let on_time = (now - row.due_at).abs() <= window;
    let late = row.due_at + window < now;
    let at = due_words(row.due_at, (now, zone));
    let in_outage = round.outages.iter().any(|outage| outage.contains(row.due_at));
    let (tone, label) = match (in_outage, late) {
        (true, _) => (Tone::Warning, tr!(medicine_record.outage_since, at = at.clone())),
        (false, true) => (Tone::Critical, tr!(medicine_record.late_since, at = at.clone())),
        (false, false) => (Tone::Waiting, at.clone()),
    };
    let who = with_patient.then(|| view! { <strong>{row.bed.clone()}" "{name(round, row.patient_id)}</strong><br/> });
    let allergy = with_patient.then(|| allergy_badge(round, row.patient_id));
    let alert = row.two_person.then(|| view! { <StatusBadge tone=Tone::Critical label=tr!(medicine_record.high_alert)/> });
    let away = row.away.then(|| view! { <StatusBadge tone=Tone::Inactive label=tr!(medicine_record.away)/> });
    let give = (round.may_give && !round.scans && on_time && !row.two_person && !row.away).then(|| {
        let hidden = vec![("dose_id", row.id.to_string()), key(), ("back", round.ward.id.to_string())];
        let about = format!("{} {} {at}", name(round, row.patient_id), row.title);
        view! { <PostButton action="/api/medicine_record/give" label=tr!(medicine_record.give) about hidden tone=ButtonTone::Primary glyph=Glyph::Check/> }
    });
    let route = row.route.parse::<Route>().map_or_else(|_| row.route.clone(), |route| route.words().to_owned());
    let href = format!("/doses/{}", row.id);
    view! {
        <li class="rows__row" data-key=row.id.to_string()>
            <div class="rows__main">
                <a class="row-link" href=href>{who}{row.title.clone()}" · "{row.dose.clone()}", "{route}</a>
                <br/>{allergy}
            </div>
            <div class="rows__side cluster">{alert}{away}<StatusBadge tone label/>{give}</div>
        </li>
    }
    .into_any()
}

/// Shows the wards of the clinic.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn rounds_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let clinic = ctx.clinic.id;
    let wards = wards::wards_of(&mut ctx.tx, clinic).await?;
    Ok(Page::new(tr!(medicine_record.rounds), move || {
        let none = wards.is_empty().then(|| view! { <NoticeBox tone=Tone::Waiting><p>{tr!(medicine_record.no_wards)}</p></NoticeBox> });
        let links = wards.iter().map(|ward| {
            view! { <LinkButton href=format!("/wards/{}/round", ward.id) label=ward.name.clone() glyph=Glyph::Pill/> }
        });
        let links = links.collect_view();
        view! {
            <PageHeader title=tr!(medicine_record.rounds) detail=tr!(medicine_record.rounds_text)/>
            {none}
            <div class="cluster">{links}</div>
        }
    }))
}
