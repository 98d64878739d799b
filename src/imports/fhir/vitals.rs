//! Vital signs: FHIR has one observation for each value, this program has one row for each round.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Quantity, Reference, cut};
use super::dates::{Period, moment};
use super::known::{Known, Outcome, Resource};
use super::trouble::Trouble;
use super::units::{Dimension, UnitFault, converted, rounded};
use crate::core::{
    EncounterId, PatientId, UserId, VitalsId,
    time::{Instant, Zone},
};
use crate::db::Value;
use crate::imports::fhir::store::Imported;
use crate::opd::{VitalSigns, vitals::Ages};
use crate::row;

/// The duration of a round at the bedside: measurements within this time are one set.
const ROUND: TimeDelta = TimeDelta::minutes(2);

/// An observation with one value or several.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Observation {
    pub(super) status: String,
    #[serde(rename = "modifierExtension")]
    pub(super) modifiers: Vec<serde_json::Value>,
    pub(super) category: Vec<Concept>,
    pub(super) code: Concept,
    pub(super) subject: Reference,
    pub(super) encounter: Reference,
    #[serde(rename = "effectiveDateTime")]
    pub(super) effective: String,
    #[serde(rename = "effectivePeriod")]
    pub(super) effective_period: Period,
    #[serde(rename = "effectiveInstant")]
    pub(super) effective_instant: String,
    pub(super) issued: String,
    pub(super) performer: Vec<Reference>,
    #[serde(rename = "valueQuantity")]
    pub(super) quantity: Quantity,
    #[serde(rename = "valueInteger")]
    pub(super) integer: Option<i64>,
    #[serde(rename = "valueCodeableConcept")]
    pub(super) concept: Concept,
    #[serde(rename = "valueString", deserialize_with = "super::datatypes::text")]
    pub(super) words: String,
    #[serde(rename = "dataAbsentReason")]
    pub(super) absent: Concept,
    pub(super) component: Vec<Component>,
    #[serde(rename = "valueBoolean")]
    pub(super) truth: Option<bool>,
    #[serde(rename = "valueDateTime")]
    pub(super) dated: String,
    pub(super) interpretation: Vec<Concept>,
    #[serde(rename = "referenceRange")]
    pub(super) ranges: Vec<super::laboratory::ReferenceRange>,
    pub(super) note: Vec<super::laboratory::Annotation>,
    pub(super) specimen: Reference,
    #[serde(rename = "basedOn")]
    pub(super) based_on: Vec<Reference>,
    #[serde(rename = "bodySite")]
    pub(super) body_site: Concept,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Component {
    pub(super) code: Concept,
    #[serde(rename = "valueQuantity")]
    pub(super) quantity: Quantity,
    #[serde(rename = "valueInteger")]
    pub(super) integer: Option<i64>,
    #[serde(rename = "dataAbsentReason")]
    pub(super) absent: Concept,
    #[serde(rename = "valueCodeableConcept")]
    pub(super) concept: Concept,
    #[serde(rename = "valueString", deserialize_with = "super::datatypes::text")]
    pub(super) words: String,
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
    /// The row that records the resource, if originals or records are kept.
    pub imported: Option<Imported>,
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

/// The codes of a sign, its quantity, and the limits of its column.
struct Vital {
    sign: Sign,
    codes: &'static [&'static str],
    dimension: Dimension,
    limits: RangeInclusive<i64>,
}

/// The signs by their codes: LOINC as in FHIR's profiles of vital signs, and SNOMED CT for the two pressures.
const SIGNS: [Vital; 12] = [
    Vital { sign: Sign::Temperature, codes: &["8310-5", "8331-1"], dimension: Dimension::Temperature, limits: 250..=450 },
    Vital { sign: Sign::Pulse, codes: &["8867-4"], dimension: Dimension::Rate, limits: 0..=300 },
    Vital { sign: Sign::Respiration, codes: &["9279-1"], dimension: Dimension::Rate, limits: 0..=100 },
    Vital { sign: Sign::Systolic, codes: &["8480-6", "271649006"], dimension: Dimension::Pressure, limits: 30..=300 },
    Vital { sign: Sign::Diastolic, codes: &["8462-4", "271650006"], dimension: Dimension::Pressure, limits: 10..=200 },
    Vital { sign: Sign::Oxygenation, codes: &["2708-6", "59408-5"], dimension: Dimension::Fraction, limits: 30..=100 },
    Vital { sign: Sign::OxygenFlow, codes: &["3151-8"], dimension: Dimension::Flow, limits: 0..=1000 },
    Vital { sign: Sign::Weight, codes: &["29463-7", "3141-9"], dimension: Dimension::Mass, limits: 200..=650_000 },
    Vital { sign: Sign::Height, codes: &["8302-2", "8306-3"], dimension: Dimension::Length, limits: 200..=2800 },
    Vital { sign: Sign::Pain, codes: &["72514-3"], dimension: Dimension::Score, limits: 0..=10 },
    Vital { sign: Sign::Glucose, codes: &["15074-8", "14743-9", "2339-0", "41653-7"], dimension: Dimension::Glucose, limits: 1..=1000 },
    Vital { sign: Sign::Head, codes: &["9843-4", "8287-5"], dimension: Dimension::Length, limits: 100..=1000 },
];
/// The codes of a blood pressure whose values are components.
const PRESSURES: [&str; 2] = ["85354-9", "55284-4"];
/// The code of the level of consciousness.
const CONSCIOUS: &str = "80288-4";

/// Returns the sign that a coding of the concept names, in whatever order the codings stand.
fn sign_of(concept: &Concept) -> Option<&'static Vital> {
    SIGNS.iter().find(|known| concept.one_of(known.codes).is_some())
}

/// Returns the quantity, or the whole number, of a value.
fn amount(quantity: &Quantity, integer: Option<i64>) -> Option<Decimal> {
    quantity.decimal().or_else(|| integer.map(Decimal::from))
}

/// Converts a value to the unit of its column, if it is plausible there.
fn measured(known: &Vital, path: &str, quantity: &Quantity, integer: Option<i64>) -> Result<(Sign, i64), Trouble> {
    let words = quantity.words().unwrap_or_default();
    if !quantity.comparator.is_empty() {
        return Err(Trouble::new(path, "is a limit and not a value").about(&words));
    }
    let Some(value) = amount(quantity, integer) else { return Err(Trouble::new(path, "the value is missing")) };
    let unit = if quantity.code.is_empty() { &quantity.unit } else { &quantity.code };
    let result = match converted(known.dimension, value, unit) {
        // A code that is no unit of UCUM may stand beside one in words.
        Err(UnitFault::Unknown) => converted(known.dimension, value, &quantity.unit),
        result => result,
    };
    let exact = result.map_err(|_| Trouble::new(path, "the unit is not known for this").about(&words))?;
    let (lowest, highest) = (Decimal::from(*known.limits.start()), Decimal::from(*known.limits.end()));
    match rounded(exact) {
        Some(value) if (lowest..=highest).contains(&exact) => Ok((known.sign, value)),
        _ => Err(Trouble::new(path, "the value is not plausible").about(&words)),
    }
}

/// Adds a value that can be shown; its fault is told otherwise.
fn take(
    sign: &Vital,
    path: &str,
    (quantity, integer): (&Quantity, Option<i64>),
    absent: &Concept,
    values: &mut Vec<(Sign, i64)>,
    known: &mut Known,
) {
    if amount(quantity, integer).is_none() && !absent.words().is_empty() {
        known.tell(Trouble::new(path, "was not measured").about(absent.words()));
        return;
    }
    match measured(sign, path, quantity, integer) {
        Ok((sign, _)) if values.iter().any(|(other, _)| *other == sign) => {
            known.tell(Trouble::new(path, "the same sign a second time"));
        }
        Ok(value) => values.push(value),
        Err(trouble) => known.tell(trouble),
    }
}

/// A blood pressure has both values, the upper above the lower. One alone waits for the other of its round.
fn check_pressure(values: &mut Vec<(Sign, i64)>, known: &mut Known) {
    let find = |sign| values.iter().find(|(found, _)| *found == sign).map(|(_, value)| *value);
    let (upper, lower) = (find(Sign::Systolic), find(Sign::Diastolic));
    if let (Some(upper), Some(lower)) = (upper, lower)
        && upper <= lower
    {
        known.tell(Trouble::new("component", "a blood pressure needs a systolic value above a diastolic one"));
        values.retain(|(sign, _)| !matches!(sign, Sign::Systolic | Sign::Diastolic));
    }
}

impl Observation {
    /// Returns the values that can be shown; each fault costs its value alone.
    fn values(&self, known: &mut Known) -> Vec<(Sign, i64)> {
        let mut values = Vec::new();
        if self.code.has(CONSCIOUS) {
            let level = consciousness(&self.concept).or_else(|| consciousness(&Concept { text: self.words.clone(), ..Concept::default() }));
            match level {
                Some(level) => values.push((Sign::Consciousness, level)),
                None => known.tell(Trouble::new("value[x]", "is no level of consciousness that is known").about(self.concept.words())),
            }
        } else if let Some(sign) = sign_of(&self.code) {
            take(sign, "value[x]", (&self.quantity, self.integer), &self.absent, &mut values, known);
        }
        for (at, component) in self.component.iter().enumerate() {
            if let Some(sign) = sign_of(&component.code) {
                let path = format!("component[{at}].value[x]");
                take(sign, &path, (&component.quantity, component.integer), &component.absent, &mut values, known);
            }
        }
        check_pressure(&mut values, known);
        values
    }

    /// Returns the time: as observed, otherwise when it was issued.
    pub(super) fn at(&self, known: &mut Known) -> Result<Instant, Trouble> {
        let stated = [&self.effective, &self.effective_instant, &self.effective_period.start, &self.effective_period.end];
        let Some(text) = stated.into_iter().find(|text| !text.trim().is_empty()) else {
            let Some(issued) = moment(&self.issued, known.zone) else { return Err(Trouble::new("effective[x]", "missing")) };
            known.tell(Trouble::new("effective[x]", "missing: placed when it was issued"));
            return Ok(issued);
        };
        if !text.contains('T') {
            known.tell(Trouble::new("effective[x]", "has no time: placed at the beginning of its day").about(text));
        }
        moment(text, known.zone).ok_or_else(|| Trouble::new("effective[x]", "not a date").about(text))
    }

    /// Whether it is a vital sign: by its category, or by its code when it has no category.
    fn is_vital(&self) -> bool {
        let uncategorised = || {
            let named = self.code.has(CONSCIOUS) || self.code.one_of(&PRESSURES).is_some() || sign_of(&self.code).is_some();
            self.category.is_empty() && named && sign_of(&self.code).is_none_or(|known| known.sign != Sign::Glucose)
        };
        self.category.iter().any(|category| category.has("vital-signs")) || uncategorised()
    }
}

impl Resource for Observation {
    const KIND: &'static str = "Observation";

    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let vital = self.is_vital();
        let patient = match known.patient("subject", &self.subject) {
            Ok(patient) => patient,
            Err(reason) if vital => return Err(reason),
            Err(_) => return Ok(Outcome::Homeless(None, None)),
        };
        if !vital && !self.is_laboratory() {
            return Ok(Outcome::Homeless(Some(patient), None));
        }
        if !self.modifiers.is_empty() {
            return Ok(Outcome::kept(patient, "modifierExtension", "changes the meaning of the whole resource"));
        }
        if !matches!(self.status.as_str(), "final" | "amended" | "corrected") {
            return Ok(Outcome::Homeless(Some(patient), Some(Trouble::new("status", "is no final value").about(&self.status))));
        }
        let encounter = known.encounter(&self.encounter, patient)?.map(|(id, _)| id);
        if !vital {
            return self.result(local, (patient, encounter), known);
        }
        let values = self.values(known);
        if values.is_empty() {
            // For example the body mass index, which follows from weight and height; or each value has its fault.
            let mut told = known.take_told();
            let first = if told.is_empty() { None } else { Some(told.remove(0)) };
            return Ok(Outcome::Homeless(Some(patient), first));
        }
        let at = self.at(known)?;
        let site = self.body_site.words();
        let note = if site.is_empty() { String::new() } else { format!("{}: {site}", self.code.words()) };
        Ok(Outcome::Measured(Measurement {
            external: id.to_owned(),
            patient,
            encounter,
            at,
            by: known.user("performer", &self.performer),
            born: known.born(&self.subject),
            values,
            note: known.fit("bodySite", &note, 500),
            imported: None,
            origin: (0, 0),
        }))
    }

    fn announce(&self, id: &str, _local: Uuid, known: &mut Known) {
        let stated = [&self.issued, &self.effective].into_iter().find_map(|text| moment(text, known.zone));
        if let Some(at) = stated.filter(|_| self.is_laboratory()) {
            known.note_reported(id, at);
        }
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
            let pressure = |sign: Sign| {
                let taken = round.measurements.iter().chain([&measurement]).flat_map(|other| &other.values);
                taken.into_iter().find(|(found, _)| *found == sign).map(|(_, value)| *value)
            };
            let whole = pressure(Sign::Systolic).zip(pressure(Sign::Diastolic)).is_none_or(|(upper, lower)| upper > lower);
            let fresh = |(sign, _): &(Sign, i64)| round.measurements.iter().flat_map(|other| &other.values).all(|(taken, _)| taken != sign);
            same && whole && measurement.at - first.at <= ROUND && measurement.values.iter().all(fresh)
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
        let mut values: BTreeMap<Sign, i64> = self.measurements.iter().flat_map(|measurement| measurement.values.iter().copied()).collect();
        // The columns hold a pressure with both values; one alone stands in the note.
        let lone = match (values.get(&Sign::Systolic).copied(), values.get(&Sign::Diastolic).copied()) {
            (Some(upper), None) => format!("{upper}/– mmHg"),
            (None, Some(lower)) => format!("–/{lower} mmHg"),
            _ => String::new(),
        };
        if !lone.is_empty() {
            values.retain(|sign, _| !matches!(sign, Sign::Systolic | Sign::Diastolic));
        }
        let value = |sign: Sign| values.get(&sign).copied();
        let level = value(Sign::Consciousness).and_then(|level| usize::try_from(level).ok()).and_then(|level| CONSCIOUSNESS.get(level));
        let noted = self.measurements.iter().map(|measurement| measurement.note.as_str());
        let notes: Vec<&str> = [lone.as_str()].into_iter().chain(noted).filter(|note| !note.is_empty()).collect();
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
                imported: None,
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
