//! The banner that identifies the patient at the top of every page about a patient.

use chrono::NaiveDate;

use super::{AllergyStatus, Coverage, allergies, coverage_on, find, merges, namesakes};
use crate::{
    core::{PatientId, Result},
    db::Tx,
    server::Ctx,
    tr,
    ui::{self, BannerInfo},
};

/// Returns the banner's data: name, age, birth date, sex, number, allergies, alerts, coverage.
///
/// # Errors
/// [`crate::core::Error::NotFound`].
pub async fn banner(tx: &mut Tx, id: PatientId, today: NaiveDate) -> Result<BannerInfo> {
    let patient = find(tx, id).await?;
    // The allergies of a merged record stand on the surviving one.
    let survivor = match merges::survivor_of(tx, id).await? {
        Some(survivor) => Some(find(tx, survivor).await?),
        None => None,
    };
    let whose = survivor.as_ref().unwrap_or(&patient);
    let listed = allergies(tx, whose.id).await?;
    let status = whose.allergy_status;
    let coverage = coverage_on(tx, id, today).await?;
    let active: Vec<_> = listed
        .iter()
        .filter(|allergy| allergy.counts())
        .map(|allergy| ui::Allergy { substance: allergy.substance.clone(), severe: allergy.is_severe() })
        .collect();
    let allergies = match (active.is_empty(), status) {
        (false, _) => ui::Allergies::List(active),
        (true, AllergyStatus::NoneKnown) => ui::Allergies::NoneKnown,
        // The list has only resolved or refuted allergies: a person must confirm that there are no others.
        (true, AllergyStatus::NotRecorded | AllergyStatus::Recorded) => ui::Allergies::NotRecorded,
    };
    let namesake = !namesakes(tx, &[id]).await?.is_empty();
    let mut alerts: Vec<String> = patient.death().map(|death| death.sentence(None)).into_iter().collect();
    let age = patient.death().map_or_else(|| patient.facts.birth.age(today), |death| death.age(patient.facts.birth));
    let facts = patient.facts;
    alerts.extend(survivor.map(|survivor| tr!(merges.alert, mrn = survivor.mrn)));
    if namesake {
        alerts.push(tr!(patients.namesake_alert).to_owned());
    }
    if !facts.more.description.is_empty() {
        alerts.push(facts.more.description.clone());
    }
    Ok(BannerInfo {
        name: facts.name.listed(),
        href: Some(format!("/patients/{id}")),
        age,
        // An unknown birth date is shown without a label.
        birth_date: if facts.birth.date.is_none() { capitalised(&facts.birth.shown()) } else { facts.birth.shown() },
        sex: facts.sex.words().to_owned(),
        mrn: patient.mrn,
        allergies,
        critical: Vec::new(),
        alerts,
        coverage: Some(coverage.as_ref().map_or_else(|| tr!(patients.no_coverage).to_owned(), coverage_words)),
    })
}

/// Capitalises a text that is shown without a label: "Birth date not known".
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Adds an alert to the banner that the reader may open the record only because of an emergency.
pub fn mark_emergency(ctx: &Ctx, id: PatientId, banner: &mut BannerInfo) {
    if ctx.in_emergency(id) {
        banner.alerts.push(tr!(patients.emergency_alert).to_owned());
    }
}

/// Returns a coverage in a few words: `Meridian, Basic`.
pub fn coverage_words(coverage: &Coverage) -> String {
    if coverage.self_pay {
        return tr!(patients.self_pay).to_owned();
    }
    [coverage.insurer.as_str(), coverage.plan.as_str()].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}
