//! Imaging studies and reports of before: the images stayed where they were made.

use std::collections::BTreeSet;

use data_encoding::BASE64;
use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Coding, Concept, Identifier, Reference, cut, line};
use super::dates::{Period, moment};
use super::known::{Known, Local, Outcome, Resource, Rows};
use super::laboratory::kind_of;
use super::trouble::Trouble;
use crate::core::time::Instant;
use crate::imports::store::{Row, Table};
use crate::keys::PAST_REPORTS;
use crate::row;

/// The longest text of a report.
const LONGEST: usize = 40_000;

/// A study with its series.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ImagingStudy {
    identifier: Vec<Identifier>,
    status: String,
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    subject: Reference,
    encounter: Reference,
    started: String,
    #[serde(rename = "basedOn")]
    based_on: Vec<Reference>,
    #[serde(rename = "numberOfSeries")]
    series_count: Option<i64>,
    #[serde(rename = "numberOfInstances")]
    image_count: Option<i64>,
    #[serde(rename = "procedureCode")]
    procedure: Vec<Concept>,
    modality: Vec<Coding>,
    #[serde(deserialize_with = "super::datatypes::text")]
    description: String,
    series: Vec<Series>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Series {
    modality: Coding,
}

impl ImagingStudy {
    /// Returns the modalities: of the study, otherwise of its series.
    fn modalities(&self) -> String {
        let own = self.modality.iter().chain(self.series.iter().map(|series| &series.modality));
        let codes: BTreeSet<&str> = own.map(|coding| coding.code.as_str()).filter(|code| !code.is_empty()).collect();
        codes.into_iter().collect::<Vec<_>>().join(" ")
    }

    /// Returns the name: the procedure's, otherwise the description.
    fn title(&self) -> String {
        let named = self.procedure.iter().map(Concept::words).find(|words| !words.is_empty());
        let described = Some(self.description.trim()).filter(|words| !words.is_empty());
        named.or(described).map_or_else(|| self.modalities(), str::to_owned)
    }
}

impl Resource for ImagingStudy {
    const KIND: &'static str = "ImagingStudy";

    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let patient = known.patient("subject", &self.subject)?;
        if !self.modifiers.is_empty() {
            return Ok(Outcome::kept(patient, "modifierExtension", "changes the meaning of the whole resource"));
        }
        if matches!(self.status.as_str(), "registered" | "cancelled" | "entered-in-error") {
            return Ok(Outcome::Homeless(Some(patient), Some(Trouble::new("status", "has no images").about(&self.status))));
        }
        let encounter = known.encounter(&self.encounter, patient)?;
        let title = known.fit("procedureCode", &self.title(), 300);
        if title.is_empty() {
            return Err(Trouble::new("description", "missing, and no procedure or modality either"));
        }
        let at = moment(&self.started, known.zone).or_else(|| {
            known.tell(Trouble::new("started", "missing: placed at its encounter"));
            encounter.map(|(_, at)| at)
        });
        let at = at.ok_or_else(|| Trouble::new("started", "missing"))?;
        let order = known.past("basedOn", "ServiceRequest", &self.based_on, patient);
        let code =
            self.procedure.iter().find_map(|concept| concept.code_of("loinc.org")).map(|coding| coding.code.clone()).unwrap_or_default();
        let uid = self.identifier.iter().find(|held| held.system == "urn:dicom:uid").map(|held| held.value.trim_start_matches("urn:oid:"));
        let count = |counted: Option<i64>| counted.filter(|count| *count >= 0).unwrap_or(0);
        let rows = vec![Row::Insert(
            Table::PastStudies,
            row![
                local,
                patient,
                known.clinic,
                encounter.map(|(id, _)| id),
                order,
                cut(&self.modalities(), 40),
                cut(&code, 40),
                title,
                cut(uid.unwrap_or_default(), 80),
                count(self.series_count),
                count(self.image_count),
                at
            ],
        )];
        known.insert(Self::KIND, id, Local::Past { id: local, patient });
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }

    fn announce(&self, id: &str, local: Uuid, known: &mut Known) {
        if let Ok(patient) = known.patient("subject", &self.subject) {
            known.insert(Self::KIND, id, Local::Past { id: local, patient });
        }
    }
}

/// A report of the laboratory, of imaging, or of another department.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DiagnosticReport {
    status: String,
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    category: Vec<Concept>,
    code: Concept,
    subject: Reference,
    encounter: Reference,
    #[serde(rename = "effectiveDateTime")]
    effective: String,
    #[serde(rename = "effectivePeriod")]
    period: Period,
    issued: String,
    performer: Vec<Reference>,
    #[serde(rename = "resultsInterpreter")]
    interpreter: Vec<Reference>,
    #[serde(rename = "basedOn")]
    based_on: Vec<Reference>,
    result: Vec<Reference>,
    #[serde(rename = "imagingStudy")]
    study: Vec<Reference>,
    #[serde(deserialize_with = "super::datatypes::text")]
    conclusion: String,
    #[serde(rename = "presentedForm")]
    forms: Vec<Form>,
}

/// The report as a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Form {
    #[serde(rename = "contentType")]
    media: String,
    data: String,
}

impl DiagnosticReport {
    /// Returns the text of the report, if it has one in plain letters.
    fn text(&self) -> String {
        let plain = self.forms.iter().find(|form| form.media.starts_with("text/plain"));
        let bytes = plain.and_then(|form| BASE64.decode(form.data.trim().as_bytes()).ok());
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
    }

    /// Returns the time of the newest result, otherwise when it was issued, otherwise what it is about.
    fn at(&self, known: &Known) -> Option<Instant> {
        let newest = self.result.iter().filter_map(|reference| known.reported(reference)).max();
        let stated = [&self.issued, &self.effective, &self.period.end, &self.period.start];
        newest.or_else(|| stated.into_iter().find_map(|text| moment(text, known.zone)))
    }
}

impl Resource for DiagnosticReport {
    const KIND: &'static str = "DiagnosticReport";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let patient = known.patient("subject", &self.subject)?;
        if !self.modifiers.is_empty() {
            return Ok(Outcome::kept(patient, "modifierExtension", "changes the meaning of the whole resource"));
        }
        if !matches!(self.status.as_str(), "final" | "amended" | "corrected" | "appended") {
            return Ok(Outcome::Homeless(Some(patient), Some(Trouble::new("status", "is no final report").about(&self.status))));
        }
        let encounter = known.encounter(&self.encounter, patient)?;
        let kind = if self.study.is_empty() { kind_of(&self.category) } else { "imaging" };
        let at = self.at(known).or_else(|| encounter.map(|(_, at)| at)).ok_or_else(|| Trouble::new("issued", "missing"))?;
        let order = known.past("basedOn", "ServiceRequest", &self.based_on, patient);
        let study = known.past("imagingStudy", "ImagingStudy", &self.study, patient);
        let first =
            [self.code.words(), self.conclusion.lines().next().unwrap_or_default(), kind].into_iter().find(|words| !line(words).is_empty());
        if self.code.words().is_empty() {
            known.tell(Trouble::new("code", "missing: named by its text"));
        }
        let title = known.fit("code", first.unwrap_or_default(), 300);
        let text = self.text();
        if self.conclusion.chars().count() > LONGEST || text.chars().count() > LONGEST {
            return Ok(Outcome::kept(patient, "conclusion", "longer than the record can hold, and never cut"));
        }
        let by = if self.interpreter.is_empty() { ("performer", &self.performer) } else { ("resultsInterpreter", &self.interpreter) };
        let code = self.code.code_of("loinc.org").map(|coding| coding.code.clone()).unwrap_or_default();
        let rows = vec![Row::Insert(
            Table::PastReports,
            row![
                local,
                patient,
                known.clinic,
                encounter.map(|(id, _)| id),
                order,
                study,
                kind,
                cut(&code, 40),
                title,
                at,
                moment(&self.issued, known.zone),
                known.user(by.0, by.1),
                PAST_REPORTS.seal(local, patient, [self.conclusion.trim(), &text])
            ],
        )];
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }
}
