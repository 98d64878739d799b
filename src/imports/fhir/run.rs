//! One run of the import: kind by kind, in batches, one transaction per batch.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::administration::MedicationAdministration;
use super::allergy::AllergyIntolerance;
use super::condition::Condition;
use super::coverage::Coverage;
use super::dates::{Period, moment};
use super::encounter::Encounter;
use super::files::Input;
use super::imaging::{DiagnosticReport, ImagingStudy};
use super::item::Item;
use super::judge::whole_elements;
use super::known::{Known, Resource};
use super::laboratory::{ServiceRequest, Specimen};
use super::medication::{Medication, MedicationRequest};
use super::organisation::{Location, Organization, Practitioner, PractitionerRole};
use super::patient::Patient;
use super::store::{self, Imported};
use super::trouble::{Done, Problem, Trouble};
use super::vitals::{Measurement, Observation};
use super::{ImportError, Options, Progress, Report};
use crate::core::{ClinicId, time::Instant, time::Zone};
use crate::db::Database;
use crate::imports::store as tables;

/// The kinds that the import stores, in the order of their references.
const HOMES: [&str; 17] = [
    Organization::KIND,
    Location::KIND,
    Practitioner::KIND,
    PractitionerRole::KIND,
    Medication::KIND,
    Patient::KIND,
    Coverage::KIND,
    Encounter::KIND,
    Condition::KIND,
    AllergyIntolerance::KIND,
    MedicationRequest::KIND,
    MedicationAdministration::KIND,
    ServiceRequest::KIND,
    Specimen::KIND,
    Observation::KIND,
    ImagingStudy::KIND,
    DiagnosticReport::KIND,
];

/// The reason why a resource of another kind is kept and not shown.
const HOMELESS: &str = "no department here shows this kind";

/// The state of a run.
pub struct Run<'a> {
    pub(super) db: &'a Database,
    pub(super) keep: bool,
    /// Whether nothing is written.
    pub(super) dry: bool,
    pub(super) now: Instant,
    pub(super) known: Known,
    pub(super) report: Report,
    pub(super) waiting: Vec<Measurement>,
    /// The ids of the observations that wait.
    pub(super) waiting_ids: HashSet<String>,
    /// The number of resources of the present kind that wait for others.
    pub(super) waits: u64,
    names: Vec<String>,
    pub(super) progress: &'a mut (dyn FnMut(Progress<'_>) + Send),
}

/// The dates of a resource that belongs to an encounter.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Hanging {
    encounter: super::datatypes::Reference,
    #[serde(rename = "effectiveDateTime")]
    effective: String,
    #[serde(rename = "effectiveInstant")]
    instant: String,
    #[serde(rename = "effectivePeriod")]
    period: Period,
    #[serde(rename = "authoredOn")]
    authored: String,
    #[serde(rename = "recordedDate")]
    recorded: String,
    issued: String,
    #[serde(rename = "performedDateTime")]
    performed: String,
    #[serde(rename = "occurrenceDateTime")]
    occurred: String,
}

impl Hanging {
    fn at(&self, zone: Zone) -> Option<Instant> {
        [&self.effective, &self.instant, &self.period.start, &self.authored, &self.performed, &self.occurred, &self.recorded, &self.issued]
            .into_iter()
            .find_map(|text| moment(text, zone))
    }
}

impl<'a> Run<'a> {
    pub async fn begin(
        db: &'a Database,
        options: &Options,
        now: Instant,
        progress: &'a mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Result<Self, ImportError> {
        let (clinic, zone) = if options.dry_run {
            // A new database stays as it is: the clinic exists for this run only.
            tables::first_clinic(db).await?.unwrap_or_else(|| (ClinicId::new(), Zone::named(&options.time_zone)))
        } else {
            tables::clinic(db, &options.time_zone, now).await?
        };
        let names = tables::names(db).await?;
        let mut known = Known::new(now, clinic, zone);
        known.departments = names.departments;
        known.insurers = names.insurers;
        known.specialties = names.specialties;
        known.drugs = names.drugs;
        known.logins = names.logins;
        if options.wards {
            known.plan = super::stays::plan(db, clinic).await?;
        }
        let report = Report { kept_originals: options.keep_originals, ..Report::default() };
        Ok(Self {
            db,
            keep: options.keep_originals,
            dry: options.dry_run,
            now,
            known,
            report,
            waiting: Vec::new(),
            waiting_ids: HashSet::new(),
            waits: 0,
            names: Vec::new(),
            progress,
        })
    }

    pub async fn all(mut self, files: &[Input]) -> Result<Report, ImportError> {
        self.names = files.iter().map(|file| file.name.clone()).collect();
        self.kind::<Organization>(files).await?;
        self.kind::<Location>(files).await?;
        self.kind::<Practitioner>(files).await?;
        self.kind::<PractitionerRole>(files).await?;
        self.kind::<Medication>(files).await?;
        self.kind::<Patient>(files).await?;
        self.kind::<Coverage>(files).await?;
        self.kind::<Encounter>(files).await?;
        self.kind::<Condition>(files).await?;
        self.kind::<AllergyIntolerance>(files).await?;
        self.kind::<MedicationRequest>(files).await?;
        self.kind::<MedicationAdministration>(files).await?;
        self.kind::<ServiceRequest>(files).await?;
        self.kind::<Specimen>(files).await?;
        self.kind::<Observation>(files).await?;
        self.write_rounds().await?;
        self.kind::<ImagingStudy>(files).await?;
        self.kind::<DiagnosticReport>(files).await?;
        self.others(files).await?;
        Ok(self.report)
    }

    /// Imports the resources of one kind: first those that wait for nothing, then the others.
    async fn kind<R: Resource>(&mut self, files: &[Input]) -> Result<(), ImportError> {
        self.waits = 0;
        self.pass::<R>(files).await?;
        if self.waits > 0 {
            if R::KIND == Encounter::KIND {
                self.place(files);
            }
            self.known.late = true;
            let done = self.pass::<R>(files).await;
            self.known.late = false;
            done?;
        }
        Ok(())
    }

    /// Reads the resources of one kind: those in the files named after it, and those in files without a kind in the name.
    async fn pass<R: Resource>(&mut self, files: &[Input]) -> Result<(), ImportError> {
        for (at, file) in files.iter().enumerate() {
            let named = file.kind() == R::KIND;
            if !named && !mixed(file) {
                continue;
            }
            let tell = named && !self.known.late;
            let mut batch = Vec::new();
            let mut taken = 0;
            let Some(resources) = self.open(at, file, tell) else { continue };
            for found in resources {
                let Some(item) = self.item(at, found, named.then_some(R::KIND), tell) else { continue };
                if item.kind != R::KIND {
                    continue;
                }
                taken += 1;
                batch.push(item);
                if batch.len() >= R::BATCH {
                    self.batch::<R>(std::mem::take(&mut batch)).await?;
                    (self.progress)(Progress::Reading { file: &file.name, resources: taken });
                }
            }
            self.batch::<R>(batch).await?;
            if (taken > 0 || named) && !self.known.late {
                (self.progress)(Progress::Done { file: &file.name, resources: taken });
            }
        }
        Ok(())
    }

    /// Finds the earliest date of what belongs to each encounter without a period.
    fn place(&mut self, files: &[Input]) {
        for file in files.iter().filter(|file| mixed(file) || file.kind() != Encounter::KIND) {
            let Ok(resources) = file.resources() else { continue };
            for text in resources.filter_map(|found| found.text.ok()) {
                let Ok(hanging) = serde_json::from_str::<Hanging>(&text) else { continue };
                let Some(key) = hanging.encounter.key(Encounter::KIND) else { continue };
                if let Some(earliest) = self.known.unplaced.get_mut(&key)
                    && let Some(at) = hanging.at(self.known.zone)
                {
                    *earliest = Some(earliest.map_or(at, |other| other.min(at)));
                }
            }
        }
    }

    /// Handles the resources that no department stores: whole files of other kinds, and the other lines of files
    /// without a kind in the name.
    async fn others(&mut self, files: &[Input]) -> Result<(), ImportError> {
        for (at, file) in files.iter().enumerate() {
            if HOMES.contains(&file.kind()) {
                continue;
            }
            let expected = (!mixed(file)).then(|| file.kind());
            let mut batch = Vec::new();
            let mut taken = 0;
            let Some(resources) = self.open(at, file, true) else { continue };
            for found in resources {
                let Some(item) = self.item(at, found, expected, true) else { continue };
                if HOMES.contains(&item.kind.as_str()) {
                    continue;
                }
                taken += 1;
                batch.push(item);
                if batch.len() >= 500 {
                    self.homeless(std::mem::take(&mut batch)).await?;
                    (self.progress)(Progress::Reading { file: &file.name, resources: taken });
                }
            }
            self.homeless(batch).await?;
            (self.progress)(Progress::Done { file: &file.name, resources: taken });
        }
        Ok(())
    }

    fn open(&mut self, at: usize, file: &Input, tell: bool) -> Option<Box<dyn Iterator<Item = super::files::Found> + Send>> {
        match file.resources() {
            Ok(resources) => Some(resources),
            Err(error) => {
                if tell {
                    self.reject(at, 0, "?", Trouble::new("", "the file cannot be opened").about(&error.kind().to_string()));
                }
                None
            }
        }
    }

    /// Parses the fields of a line that all resources have. `tell` is off when another pass reports the line.
    fn item(&mut self, file: usize, found: super::files::Found, expected: Option<&str>, tell: bool) -> Option<Item> {
        let number = found.line;
        match Item::read(file, found, expected, self.known.zone) {
            Ok(item) => Some(item),
            Err(trouble) => {
                if tell {
                    self.reject(file, number, expected.unwrap_or("?"), trouble);
                }
                None
            }
        }
    }

    /// Counts and tells a line that is no resource.
    fn reject(&mut self, file: usize, line: u64, kind: &str, trouble: Trouble) {
        let counts = self.report.count(kind);
        counts.read += 1;
        counts.rejected += 1;
        let file = self.names.get(file).cloned().unwrap_or_default();
        let problem = Problem { file, line, kind: kind.to_owned(), id: String::new(), trouble, done: Done::Refused };
        self.report.problem(problem, self.progress);
    }

    /// Tells a fault of a resource.
    pub(super) fn tell(&mut self, item: &Item, trouble: Trouble, done: Done) {
        let file = self.names.get(item.file).cloned().unwrap_or_default();
        let mut trouble = trouble;
        let kind = if item.within.is_empty() {
            item.kind.clone()
        } else {
            trouble.path = match trouble.path.as_str() {
                "" => item.within.clone(),
                path => format!("{}.{path}", item.within),
            };
            "Bundle".to_owned()
        };
        self.report.problem(Problem { file, line: item.line, kind, id: item.id.clone(), trouble, done }, self.progress);
    }

    pub(super) fn unchanged(&mut self, kind: &str) {
        let counts = self.report.count(kind);
        counts.read += 1;
        counts.unchanged += 1;
    }

    pub(super) fn written(&mut self, kind: &str, homeless: bool) {
        let counts = self.report.count(kind);
        counts.read += 1;
        if homeless {
            counts.without_home += 1;
        } else {
            counts.stored += 1;
        }
    }

    /// Keeps the originals of resources that no department stores, or only counts them.
    async fn homeless(&mut self, items: Vec<Item>) -> Result<(), ImportError> {
        let mut by_kind: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        for item in items {
            by_kind.entry(item.kind.clone()).or_default().push(item);
        }
        for (kind, items) in by_kind {
            let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
            let here = store::already_here(self.db, &kind, &ids).await?;
            let mut seen = HashSet::new();
            let mut imported = Vec::new();
            for item in items {
                let is_first = seen.insert(item.id.clone());
                if !is_first || here.contains_key(&item.id) {
                    if is_first {
                        self.tell(&item, Trouble::new("", HOMELESS), Done::Kept);
                    }
                    self.unchanged(&kind);
                    continue;
                }
                match whole_elements(&kind, &item.text) {
                    Ok((_, faults)) => {
                        for fault in faults {
                            self.tell(&item, fault, Done::Kept);
                        }
                    }
                    Err(reason) => {
                        self.tell(&item, Trouble { path: String::new(), reason: reason.into(), about: String::new() }, Done::Kept);
                    }
                }
                self.tell(&item, Trouble::new("", HOMELESS), Done::Kept);
                self.written(&kind, true);
                if self.keep {
                    let patient = self.known.patient("subject", &item.subject).ok();
                    imported.push(Imported {
                        kind: kind.clone(),
                        external: item.id,
                        local: None,
                        patient,
                        body: Some(item.text),
                        version: item.version,
                        local_version: 1,
                        before: None,
                    });
                }
            }
            if !imported.is_empty() && !self.dry {
                let mut tx = self.db.write().await?;
                store::remember(&mut tx, imported, self.now).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }
}

/// Whether the file's name has no kind: the file may contain any.
fn mixed(file: &Input) -> bool {
    file.kind().is_empty()
}
