//! `/wards/{id}/round`: the medicine round of a ward, on a phone: what is late and due in the next two hours, by time or by patient, with the
//! allergies of each patient. `/rounds`: the wards of the clinic.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    infusion,
    parts::{due_words, key, toast},
};
use crate::{
    core::{
        DoseId, PatientId, Permission, Result, WardId,
        time::{Instant, Zone},
    },
    formulary::{self, Route},
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
    ui::{ButtonTone, EmptyState, Glyph, LinkButton, Live, Markup, NoticeBox, PageHeader, PostForm, StatusBadge, Tab, Tabs, Tone},
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
    /// The doses of medicines that look or sound like others: they are given from their own pages.
    alike: HashSet<DoseId>,
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
    let mut rows = doses::of_ward(&mut ctx.tx, id, now + Duration::hours(HOURS)).await?;
    let tall = formulary::TallNames::load(&mut ctx.tx).await?;
    let mut alike = HashSet::new();
    for row in &mut rows {
        if tall.warning(row.drug_id, &row.title).is_some() {
            alike.insert(row.id);
        }
        row.title = tall.spell(&row.title);
    }
    let running = infusion::on_ward(ctx, id).await?;
    let outages = outages::recent(&mut ctx.tx, ward.clinic_id, now).await?;
    let mut ids: Vec<PatientId> = rows.iter().map(|row| row.patient_id).chain(running.iter().map(|(row, _)| row.patient_id)).collect();
    ids.sort_unstable();
    ids.dedup();
    ctx.saw_live(ids.clone(), "medicine_round").await?;
    let names = patients::names_alone(&mut ctx.tx, &ids).await?;
    let allergies = if ids.is_empty() { Vec::new() } else { doses::allergies(&mut ctx.tx, &ids).await? };
    let scans = bedside::asks_scans(&mut ctx.tx, id).await?;
    let may_give = ctx.who.may_at(Permission::GiveMedicines, ward.clinic_id);
    Ok(Round { ward, rows, names, allergies, running, alike, outages, may_give, scans, zone, now })
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
    let people = people(round);
    if !by_patient {
        return rows(round, &round.rows.iter().collect::<Vec<_>>(), Some(&people));
    }
    let mut beds: BTreeMap<(String, PatientId), Vec<&RoundRow>> = BTreeMap::new();
    for row in &round.rows {
        beds.entry((row.bed.clone(), row.patient_id)).or_default().push(row);
    }
    let sections = beds.into_iter().map(|((bed, patient), of_patient)| {
        let heading = format!("patient-{patient}");
        let admission = of_patient.first().map(|row| row.admission_id.to_string()).unwrap_or_default();
        let (tone, label) = people.get(&patient).map_or_else(not_recorded, |person| (person.tone, person.allergies.clone()));
        view! {
            <section class="panel" aria-labelledby=heading.clone()>
                <div class="panel__head">
                    <h2 id=heading.clone()><a href=format!("/admissions/{admission}/medicines")>{bed}" "{name(round, patient)}</a></h2>
                    <StatusBadge tone label glyph=Glyph::Allergy/>
                </div>
                {rows(round, &of_patient, None)}
            </section>
        }
    });
    let sections = sections.collect_view();
    view! { <div class="stack">{sections}</div> }.into_any()
}

fn name(round: &Round, patient: PatientId) -> String {
    round.names.get(&patient).map(|line| line.name.listed()).unwrap_or_default()
}

/// A patient as each of the doses shows her: the allergies stand always beside the dose.
struct Person {
    name: String,
    tone: Tone,
    allergies: String,
}

/// Returns the patients of the round, each of whom may have many doses.
fn people(round: &Round) -> HashMap<PatientId, Person> {
    let by_patient = round.allergies.chunk_by(|row, next| row.id == next.id);
    let allergies: HashMap<PatientId, &[AllergyWords]> = by_patient.filter_map(|rows| Some((rows.first()?.id, rows))).collect();
    let person = |line: &PatientLine| {
        let (tone, allergies) = allergies.get(&line.id).map_or_else(not_recorded, |rows| allergy_words(rows));
        (line.id, Person { name: line.name.listed(), tone, allergies })
    };
    round.names.values().map(person).collect()
}

fn not_recorded() -> (Tone, String) {
    (Tone::Warning, tr!(ui.allergies_not_recorded).to_owned())
}

/// Returns the words about a patient's allergies.
fn allergy_words(rows: &[AllergyWords]) -> (Tone, String) {
    let known: Vec<&str> = rows.iter().filter_map(|row| row.substance.as_deref()).collect();
    if !known.is_empty() {
        return (Tone::Critical, tr!(medicine_record.allergic_to, substances = known.join(", ")));
    }
    if rows.iter().any(|row| row.status == AllergyStatus::NotRecorded) {
        return not_recorded();
    }
    (Tone::Inactive, tr!(ui.no_known_allergies).to_owned())
}

/// The doses, written at once: a large ward has hundreds. `people` for a list that names the patients.
fn rows(round: &Round, doses: &[&RoundRow], people: Option<&HashMap<PatientId, Person>>) -> AnyView {
    Markup::view(|html| {
        html.element("ul", [("class", "rows")], |list| {
            for dose in doses {
                dose_row(list, round, dose, people);
            }
        });
    })
}

fn dose_row(list: &mut Markup, round: &Round, row: &RoundRow, people: Option<&HashMap<PatientId, Person>>) {
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
    let may_give =
        round.may_give && !round.scans && on_time && !row.two_person && !row.hold_if && !row.away && !round.alike.contains(&row.id);
    let route = match row.route.parse::<Route>() {
        Ok(route) => route.words(),
        Err(_) => row.route.as_str(),
    };
    let (id, href) = (row.id.to_string(), format!("/doses/{}", row.id));
    list.element("li", [("data-key", id.as_str()), ("class", "rows__row")], |item| {
        item.element("div", [("class", "rows__main")], |main| {
            let person = people.map(|people| people.get(&row.patient_id));
            main.element("a", [("href", href.as_str()), ("class", "row-link")], |link| {
                if let Some(person) = person {
                    let name = person.map(|person| person.name.as_str()).unwrap_or_default();
                    link.element("strong", [], |who| who.text(&format!("{} {name}", row.bed)));
                    link.void("br", []);
                }
                link.text(&format!("{} · {}, {route}", row.title, row.dose));
            });
            main.void("br", []);
            if let Some(place) = row.times.place_words(row.due_at, zone) {
                main.words("span", "small", &place);
                main.text(" ");
            }
            match person {
                Some(Some(person)) => main.badge(person.tone, &person.allergies, Some(Glyph::Allergy)),
                Some(None) => main.badge(Tone::Warning, tr!(ui.allergies_not_recorded), Some(Glyph::Allergy)),
                None => {}
            }
        });
        item.element("div", [("class", "rows__side cluster")], |side| {
            if row.two_person {
                side.badge(Tone::Critical, tr!(medicine_record.high_alert), None);
            }
            if round.alike.contains(&row.id) {
                side.badge(Tone::Critical, tr!(formulary.alike_badge), None);
            }
            if row.hold_if {
                side.badge(Tone::Warning, tr!(medicine_record.hold_look), None);
            }
            if row.away {
                side.badge(Tone::Inactive, tr!(medicine_record.away), None);
            }
            side.badge(tone, &label, None);
            if may_give {
                let hidden = [("dose_id", id.clone()), key(), ("back", round.ward.id.to_string())];
                let about = format!("{} {} {at}", name(round, row.patient_id), row.title);
                side.post_button(&PostForm {
                    action: "/api/medicine_record/give",
                    label: tr!(medicine_record.give),
                    hidden: &hidden,
                    tone: ButtonTone::Primary,
                    glyph: Some(Glyph::Check),
                    about: Some(&about),
                    ..PostForm::default()
                });
            }
        });
    });
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
