//! Vital signs: FHIR has one observation for each value, this program has one row for each round.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Quantity, Reference, cut, moment};
use super::known::{Known, Outcome, Resource};
use crate::core::{
    EncounterId, PatientId, UserId, VitalsId,
    time::{Instant, Zone},
};
use crate::db::Value;
use crate::opd::{VitalSigns, vitals::Ages};
use crate::row;

/// The duration of a round at the bedside: measurements within this time are one set.
const ROUND: TimeDelta = TimeDelta::minutes(2);

/// An observation with one value or several.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Observation {
    status: String,
    category: Vec<Concept>,
    code: Concept,
    subject: Reference,
    encounter: Reference,
    #[serde(rename = "effectiveDateTime")]
    effective: String,
    performer: Vec<Reference>,
    #[serde(rename = "valueQuantity")]
    quantity: Quantity,
    #[serde(rename = "valueCodeableConcept")]
    concept: Concept,
    component: Vec<Component>,
    #[serde(rename = "bodySite")]
    body_site: Concept,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Component {
    code: Concept,
    #[serde(rename = "valueQuantity")]
    quantity: Quantity,
}

/// The vital signs; each is a column, in the order of the insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    Temperature,
    Pulse,
    Respiration,
    Systolic,
    Diastolic,
    Oxygenation,
    OxygenFlow,
    Consciousness,
    Weight,
    Height,
    Pain,
    Glucose,
    Head,
}

/// One observation that waits for the others of its round.
#[derive(Clone, Debug)]
pub struct Measurement {
    pub external: String,
    pub patient: PatientId,
    pub encounter: Option<EncounterId>,
    pub at: Instant,
    pub by: UserId,
    pub born: Option<chrono::NaiveDate>,
    pub values: Vec<(Sign, i64)>,
    pub note: String,
    pub body: Option<String>,
    /// The file's number and the line number.
    pub origin: (usize, u64),
}

/// The words for consciousness by their number in [`Sign::Consciousness`].
const CONSCIOUSNESS: [&str; 5] = ["alert", "confusion", "voice", "pain", "unresponsive"];

fn consciousness(concept: &Concept) -> Option<i64> {
    let words = concept.words().to_lowercase();
    let at = match words.as_str() {
        "alert" => 0,
        _ if words.contains("confus") => 1,
        _ if words.contains("voice") || words.contains("verbal") => 2,
        _ if words.contains("pain") => 3,
        _ if words.contains("unresponsive") => 4,
        _ => return None,
    };
    Some(at)
}

/// Converts a value to the unit of its column, if it is plausible there.
fn measured(loinc: &str, quantity: &Quantity) -> Option<Result<(Sign, i64), String>> {
    let unit = if quantity.code.is_empty() { quantity.unit.as_str() } else { quantity.code.as_str() };
    // The sign, the number of thousandths of the given unit in one unit of the column, and the column's limits.
    let (sign, factor, limits) = match (loinc, unit) {
        ("8310-5" | "8331-1", "Cel") => (Sign::Temperature, 100, 250..=450),
        ("8867-4", "/min") => (Sign::Pulse, 1000, 0..=300),
        ("9279-1", "/min") => (Sign::Respiration, 1000, 0..=100),
        ("8480-6", "mm[Hg]") => (Sign::Systolic, 1000, 30..=300),
        ("8462-4", "mm[Hg]") => (Sign::Diastolic, 1000, 10..=200),
        ("2708-6" | "59408-5", "%") => (Sign::Oxygenation, 1000, 30..=100),
        ("3151-8", "L/min") => (Sign::OxygenFlow, 100, 0..=1000),
        ("29463-7" | "3141-9", "kg") => (Sign::Weight, 1, 200..=650_000),
        ("29463-7" | "3141-9", "g") => (Sign::Weight, 1000, 200..=650_000),
        ("8302-2" | "8306-3", "cm") => (Sign::Height, 100, 200..=2800),
        ("72514-3", "{score}" | "1") => (Sign::Pain, 1000, 0..=10),
        ("15074-8" | "14743-9", "mmol/L") => (Sign::Glucose, 100, 1..=1000),
        ("9843-4" | "8287-5", "cm") => (Sign::Head, 100, 100..=1000),
        _ => return None,
    };
    let Some(thousandths) = quantity.thousandths() else {
        return Some(Err("the value is missing".to_owned()));
    };
    let value = (thousandths + factor / 2).div_euclid(factor);
    if limits.contains(&value) {
        Some(Ok((sign, value)))
    } else {
        Some(Err(format!("the value is not plausible: {}", quantity.words().unwrap_or_default())))
    }
}

impl Observation {
    fn values(&self) -> Result<Vec<(Sign, i64)>, String> {
        let mut values = Vec::new();
        match self.code.code_of("loinc.org").map_or("", |coding| &coding.code) {
            "80288-4" => values.extend(consciousness(&self.concept).map(|level| (Sign::Consciousness, level))),
            "85354-9" | "55284-4" => {
                for component in &self.component {
                    if let Some(value) = measured(component.code.code(), &component.quantity) {
                        values.push(value?);
                    }
                }
                let find = |sign| values.iter().find(|(found, _)| *found == sign).map(|(_, value)| *value);
                match (find(Sign::Systolic), find(Sign::Diastolic)) {
                    (Some(upper), Some(lower)) if upper > lower => {}
                    _ => return Err("a blood pressure needs a systolic value above a diastolic one".to_owned()),
                }
            }
            "8480-6" | "8462-4" => {}
            loinc => {
                if let Some(value) = measured(loinc, &self.quantity) {
                    values.push(value?);
                }
            }
        }
        Ok(values)
    }
}

impl Resource for Observation {
    const KIND: &'static str = "Observation";

    fn map(&self, id: &str, _local: Uuid, known: &mut Known) -> Result<Outcome, String> {
        let vital = self.category.iter().any(|category| category.code() == "vital-signs");
        let patient = match known.patient("subject", &self.subject) {
            Ok(patient) => patient,
            Err(reason) if vital => return Err(reason),
            Err(_) => return Ok(Outcome::Homeless(None)),
        };
        if !vital || !matches!(self.status.as_str(), "final" | "amended" | "corrected") {
            return Ok(Outcome::Homeless(Some(patient)));
        }
        let encounter = known.encounter(&self.encounter, patient)?;
        let values = self.values()?;
        if values.is_empty() {
            // For example the body mass index, which follows from weight and height.
            return Ok(Outcome::Homeless(Some(patient)));
        }
        let nobody = Reference::default();
        let site = self.body_site.words();
        Ok(Outcome::Measured(Measurement {
            external: id.to_owned(),
            patient,
            encounter,
            at: moment(&self.effective, known.zone).ok_or("`effectiveDateTime` is missing or no moment")?,
            by: known.user(self.performer.first().unwrap_or(&nobody)),
            born: known.born(&self.subject),
            values,
            note: if site.is_empty() { String::new() } else { cut(&format!("{}: {site}", self.code.words()), 500) },
            body: None,
            origin: (0, 0),
        }))
    }
}

/// One row: the measurements of a round.
#[derive(Debug)]
pub struct Round {
    pub id: VitalsId,
    pub measurements: Vec<Measurement>,
}

/// Groups measurements by encounter and time. A sign that was measured twice begins another row.
pub fn rounds(mut measurements: Vec<Measurement>) -> Vec<Round> {
    measurements.sort_by(|a, b| (a.patient, a.encounter, a.at, &a.external).cmp(&(b.patient, b.encounter, b.at, &b.external)));
    let mut rounds: Vec<Round> = Vec::new();
    for measurement in measurements {
        let joins = rounds.last().and_then(|round| round.measurements.first().map(|first| (round, first))).is_some_and(|(round, first)| {
            let same = (first.patient, first.encounter) == (measurement.patient, measurement.encounter);
            let fresh = |(sign, _): &(Sign, i64)| round.measurements.iter().flat_map(|other| &other.values).all(|(taken, _)| taken != sign);
            same && measurement.at - first.at <= ROUND && measurement.values.iter().all(fresh)
        });
        match rounds.last_mut() {
            Some(round) if joins => round.measurements.push(measurement),
            _ => rounds.push(Round { id: VitalsId::new(), measurements: vec![measurement] }),
        }
    }
    rounds
}

impl Round {
    /// Returns the row of `vitals`; ages are counted by the local day of the time zone.
    pub fn row(&self, zone: Zone) -> Option<Vec<Value>> {
        let first = self.measurements.first()?;
        let values: BTreeMap<Sign, i64> = self.measurements.iter().flat_map(|measurement| measurement.values.iter().copied()).collect();
        let value = |sign: Sign| values.get(&sign).copied();
        let level = value(Sign::Consciousness).and_then(|level| usize::try_from(level).ok()).and_then(|level| CONSCIOUSNESS.get(level));
        let notes: Vec<&str> =
            self.measurements.iter().map(|measurement| measurement.note.as_str()).filter(|note| !note.is_empty()).collect();
        let by = self.measurements.iter().map(|measurement| measurement.by).find(|by| *by != UserId::SYSTEM).unwrap_or(UserId::SYSTEM);
        let (score, critical) = self.judged(&values, zone)?;
        Some(row![
            self.id,
            first.patient,
            first.encounter,
            first.at,
            by,
            value(Sign::Temperature),
            value(Sign::Pulse),
            value(Sign::Respiration),
            value(Sign::Systolic),
            value(Sign::Diastolic),
            value(Sign::Oxygenation),
            value(Sign::OxygenFlow),
            level.map(|level| (*level).to_owned()),
            value(Sign::Weight),
            value(Sign::Height),
            value(Sign::Pain),
            value(Sign::Glucose),
            value(Sign::Head),
            score,
            critical,
            cut(&notes.join("; "), 500)
        ])
    }

    /// Returns the early-warning score of an adult with a complete round, and whether a value is critical at the patient's age. Without
    /// an oxygen flow the patient breathes air; a patient without a birth date is assessed as an adult.
    fn judged(&self, values: &BTreeMap<Sign, i64>, zone: Zone) -> Option<(Option<i64>, bool)> {
        let first = self.measurements.first()?;
        let value = |sign: Sign| values.get(&sign).copied();
        let level = value(Sign::Consciousness).and_then(|level| usize::try_from(level).ok()).and_then(|level| CONSCIOUSNESS.get(level));
        let signs = VitalSigns {
            temperature: value(Sign::Temperature),
            pulse: value(Sign::Pulse),
            respiration: value(Sign::Respiration),
            systolic: value(Sign::Systolic),
            spo2: value(Sign::Oxygenation),
            oxygen: value(Sign::OxygenFlow),
            consciousness: level.and_then(|level| level.parse().ok()),
            glucose: value(Sign::Glucose),
            ..VitalSigns::default()
        };
        let months = Ages::new(first.born, zone).at(first.at, None);
        let critical = signs.answer(months).is_some_and(|answer| answer.critical);
        Some((signs.news2(months).map(|score| score.total), critical))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_imported_score_counts_the_age_in_the_clinic_s_day() {
        let well = [
            (Sign::Temperature, 370),
            (Sign::Pulse, 70),
            (Sign::Respiration, 16),
            (Sign::Systolic, 120),
            (Sign::Oxygenation, 98),
            (Sign::Consciousness, 0),
        ];
        let judged = |at: &str, born: Option<chrono::NaiveDate>, zone: &str| {
            let measurement = Measurement {
                external: "one".to_owned(),
                patient: PatientId::new(),
                encounter: None,
                at: at.parse().expect("an instant"),
                by: UserId::SYSTEM,
                born,
                values: well.to_vec(),
                note: String::new(),
                body: None,
                origin: (0, 0),
            };
            let round = Round { id: VitalsId::new(), measurements: vec![measurement] };
            round.judged(&well.into_iter().collect(), Zone::named(zone)).expect("a round")
        };
        let born = chrono::NaiveDate::from_ymd_opt(2010, 11, 25);
        assert_eq!(judged("2026-11-25T02:00:00Z", born, "America/New_York"), (None, false), "the evening before the birthday");
        assert_eq!(judged("2026-11-25T02:00:00Z", born, "Europe/Madrid"), (Some(0), false));
        assert_eq!(judged("2026-11-25T02:00:00Z", None, "America/New_York"), (Some(0), false), "of unknown age: an adult");
    }

    #[test]
    fn a_mere_date_begins_at_the_clinic_s_midnight() {
        let zone = Zone::named("America/New_York");
        let at = moment("2026-11-25", zone).expect("a moment");
        assert_eq!(at.to_rfc3339(), "2026-11-25T05:00:00+00:00");
        assert_eq!(zone.day(at).to_string(), "2026-11-25");
        assert_eq!(moment("2026-11-25T23:00:00-05:00", zone).map(|at| zone.day(at).to_string()).as_deref(), Some("2026-11-25"));
    }
}
