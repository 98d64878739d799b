//! One run of the import: kind by kind, in batches, one transaction per batch.

use serde::Deserialize;
use uuid::Uuid;

use super::clinical::{AllergyIntolerance, Condition, Encounter};
use super::datatypes::{Reference, cut};
use super::files::Input;
use super::known::{Known, Outcome, Resource};
use super::medication::MedicationRequest;
use super::organisation::{Location, Organization, Practitioner, PractitionerRole};
use super::patient::{Coverage, Patient};
use super::reader::Line;
use super::vitals::{Measurement, Observation, rounds};
use super::{ImportError, Options, Problem, Progress, Report};
use crate::core::time::Instant;
use crate::db::{Database, DbError};
use crate::imports::store::{self, Imported, Row, Table};

/// The largest number of measurements that wait for the others of their rounds; a larger file is imported in parts.
const WAITING: usize = 100_000;
/// The number of rounds in one transaction.
const ROUNDS: usize = 500;
/// The kinds that the import stores, in the order of their references.
const HOMES: [&str; 11] = [
    Organization::KIND,
    Location::KIND,
    Practitioner::KIND,
    PractitionerRole::KIND,
    Patient::KIND,
    Coverage::KIND,
    Encounter::KIND,
    Condition::KIND,
    AllergyIntolerance::KIND,
    MedicationRequest::KIND,
    Observation::KIND,
];

/// The fields that any resource has.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "resourceType")]
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    subject: Option<Reference>,
    #[serde(default)]
    patient: Option<Reference>,
}

/// A line with a resource.
struct Item {
    file: usize,
    line: u64,
    kind: String,
    id: String,
    text: String,
}

/// A resource that has been mapped.
struct Planned {
    at: usize,
    rows: Vec<Row>,
    imported: Option<Imported>,
    homeless: bool,
}

/// The state of a run.
pub struct Run<'a> {
    db: &'a Database,
    keep: bool,
    now: Instant,
    known: Known,
    report: Report,
    waiting: Vec<Measurement>,
    names: Vec<String>,
    progress: &'a mut (dyn FnMut(Progress<'_>) + Send),
}

impl<'a> Run<'a> {
    pub async fn begin(
        db: &'a Database,
        options: &Options,
        now: Instant,
        progress: &'a mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Result<Self, ImportError> {
        let (clinic, zone) = store::clinic(db, &options.time_zone, now).await?;
        let names = store::names(db).await?;
        let mut known = Known::new(now, clinic, zone);
        known.departments = names.departments;
        known.insurers = names.insurers;
        known.specialties = names.specialties;
        known.drugs = names.drugs;
        let report = Report { kept_originals: options.keep_originals, ..Report::default() };
        Ok(Self { db, keep: options.keep_originals, now, known, report, waiting: Vec::new(), names: Vec::new(), progress })
    }

    pub async fn all(mut self, files: &[Input]) -> Result<Report, ImportError> {
        self.names = files.iter().map(|file| file.name.clone()).collect();
        self.kind::<Organization>(files).await?;
        self.kind::<Location>(files).await?;
        self.kind::<Practitioner>(files).await?;
        self.kind::<PractitionerRole>(files).await?;
        self.kind::<Patient>(files).await?;
        self.kind::<Coverage>(files).await?;
        self.kind::<Encounter>(files).await?;
        self.kind::<Condition>(files).await?;
        self.kind::<AllergyIntolerance>(files).await?;
        self.kind::<MedicationRequest>(files).await?;
        self.kind::<Observation>(files).await?;
        self.write_rounds().await?;
        self.others(files).await?;
        Ok(self.report)
    }

    /// Imports the resources of one kind: those in the files named after it, and those in files without a kind in the
    /// name.
    async fn kind<R: Resource>(&mut self, files: &[Input]) -> Result<(), ImportError> {
        for (at, file) in files.iter().enumerate() {
            let named = file.kind() == R::KIND;
            if !named && !mixed(file) {
                continue;
            }
            let mut batch = Vec::new();
            let mut taken = 0;
            let Some(lines) = self.open(at, file, named) else { continue };
            for (number, line) in lines {
                let Some(item) = self.item(at, number, line, named.then_some(R::KIND), named) else { continue };
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
            if taken > 0 || named {
                (self.progress)(Progress::Done { file: &file.name, resources: taken });
            }
        }
        Ok(())
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
            let Some(lines) = self.open(at, file, true) else { continue };
            for (number, line) in lines {
                let Some(item) = self.item(at, number, line, expected, true) else { continue };
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

    fn open(&mut self, at: usize, file: &Input, tell: bool) -> Option<super::reader::Lines> {
        match file.lines() {
            Ok(lines) => Some(lines),
            Err(error) => {
                if tell {
                    self.reject(at, 0, "?", format!("the file cannot be opened: {error}"));
                }
                None
            }
        }
    }

    /// Parses the fields of a line that all resources have. `tell` is off when another pass reports the line.
    fn item(&mut self, file: usize, number: u64, line: Line, expected: Option<&str>, tell: bool) -> Option<Item> {
        let found = match line {
            Line::Text(text) => match serde_json::from_str::<Head>(&text) {
                Ok(head) if expected.is_some_and(|kind| kind != head.kind) => {
                    Err(format!("this is a {}, in a file of {}", cut(&head.kind, 40), expected.unwrap_or_default()))
                }
                Ok(head) if !is_id(&head.id) => Err("`id` is missing or no FHIR id".to_owned()),
                Ok(head) if !is_id(&head.kind) => Err("`resourceType` is not a kind of resource".to_owned()),
                Ok(head) => Ok(Item { file, line: number, kind: head.kind, id: head.id, text }),
                Err(error) => Err(format!("not a FHIR resource: {error}")),
            },
            Line::Unreadable(reason) | Line::Broken(reason) => Err(reason),
        };
        match found {
            Ok(item) => Some(item),
            Err(reason) => {
                if tell {
                    self.reject(file, number, expected.unwrap_or("?"), reason);
                }
                None
            }
        }
    }

    fn reject(&mut self, file: usize, line: u64, kind: &str, reason: String) {
        let counts = self.report.count(kind);
        counts.read += 1;
        counts.rejected += 1;
        let file = self.names.get(file).cloned().unwrap_or_default();
        self.report.problem(Problem { file, line, reason }, self.progress);
    }

    async fn batch<R: Resource>(&mut self, mut items: Vec<Item>) -> Result<(), ImportError> {
        let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
        let here = store::already_here(self.db, R::KIND, &ids).await?;
        let mut seen: std::collections::HashSet<String> = std::collections::HashSet::new();
        let mut fresh: Vec<(usize, R, Uuid)> = Vec::new();
        let mut again: Vec<Row> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let resource: R = match serde_json::from_str(&item.text) {
                Ok(resource) => resource,
                Err(error) => {
                    self.reject(item.file, item.line, R::KIND, format!("not a {}: {error}", R::KIND));
                    continue;
                }
            };
            if let Some(local) = here.get(&item.id) {
                // A resource without a record was only kept as an original; it gets no record now either.
                if let Some(local) = local {
                    resource.announce(&item.id, *local, &mut self.known);
                }
                again.extend(resource.again(&item.id, &mut self.known));
                self.unchanged(R::KIND);
            } else if seen.insert(item.id.clone()) {
                let local = Uuid::now_v7();
                resource.announce(&item.id, local, &mut self.known);
                fresh.push((at, resource, local));
            } else {
                self.unchanged(R::KIND);
            }
        }
        let mut planned = Vec::new();
        for (at, resource, local) in fresh {
            match resource.map(&items[at].id, local, &mut self.known) {
                Ok(outcome) => {
                    if matches!(outcome, Outcome::Homeless(_)) {
                        self.known.forget(R::KIND, &items[at].id);
                    }
                    self.plan::<R>(at, &mut items[at], outcome, &mut planned);
                }
                Err(reason) => {
                    self.known.forget(R::KIND, &items[at].id);
                    let (file, line) = (items[at].file, items[at].line);
                    self.reject(file, line, R::KIND, reason);
                }
            }
        }
        if !again.is_empty() {
            let mut tx = self.db.write().await?;
            store::write(&mut tx, again, Vec::new(), self.now).await?;
            tx.commit().await?;
        }
        self.write::<R>(&items, planned).await?;
        if self.waiting.len() >= WAITING {
            self.write_rounds().await?;
        }
        Ok(())
    }

    fn unchanged(&mut self, kind: &str) {
        let counts = self.report.count(kind);
        counts.read += 1;
        counts.unchanged += 1;
    }

    fn plan<R: Resource>(&mut self, at: usize, item: &mut Item, outcome: Outcome, planned: &mut Vec<Planned>) {
        let body = self.keep.then(|| std::mem::take(&mut item.text));
        let imported = |local, patient, body| Some(Imported { kind: R::KIND.to_owned(), external: item.id.clone(), local, patient, body });
        match outcome {
            Outcome::Rows(made) => {
                planned.push(Planned { at, rows: made.made, imported: imported(Some(made.local), made.patient, body), homeless: false });
            }
            Outcome::Measured(mut measurement) => {
                measurement.body = body;
                measurement.origin = (item.file, item.line);
                self.waiting.push(measurement);
            }
            Outcome::Homeless(patient) => {
                let imported = if self.keep { imported(None, patient, body) } else { None };
                planned.push(Planned { at, rows: Vec::new(), imported, homeless: true });
            }
        }
    }

    /// Writes a batch in one transaction; if the database refuses it, writes each resource alone, to find the wrong one.
    async fn write<R: Resource>(&mut self, items: &[Item], planned: Vec<Planned>) -> Result<(), ImportError> {
        if planned.is_empty() {
            return Ok(());
        }
        let together = self.try_write(planned.iter()).await;
        match together {
            Ok(()) => {
                for plan in planned {
                    self.written(R::KIND, plan.homeless);
                }
            }
            Err(error) if error.is_busy() => return Err(error.into()),
            Err(_) => {
                for plan in planned {
                    match self.try_write(std::iter::once(&plan)).await {
                        Ok(()) => self.written(R::KIND, plan.homeless),
                        Err(error) if error.is_busy() => return Err(error.into()),
                        Err(error) => {
                            let item = &items[plan.at];
                            self.known.forget(R::KIND, &item.id);
                            self.reject(item.file, item.line, R::KIND, format!("the database refused it: {error}"));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn written(&mut self, kind: &str, homeless: bool) {
        let counts = self.report.count(kind);
        counts.read += 1;
        if homeless {
            counts.without_home += 1;
        } else {
            counts.stored += 1;
        }
    }

    async fn try_write(&self, planned: impl Iterator<Item = &Planned>) -> Result<(), DbError> {
        let (mut rows, mut imported) = (Vec::new(), Vec::new());
        for plan in planned {
            rows.extend(plan.rows.iter().cloned());
            imported.extend(plan.imported.iter().cloned());
        }
        if rows.is_empty() && imported.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        store::write(&mut tx, rows, imported, self.now).await?;
        tx.commit().await
    }

    /// Writes the waiting sets of vital signs.
    async fn write_rounds(&mut self) -> Result<(), ImportError> {
        let all = rounds(std::mem::take(&mut self.waiting));
        for some in all.chunks(ROUNDS) {
            let planned = some.iter().map(|round| {
                let imported = round.measurements.iter().map(|measurement| Imported {
                    kind: Observation::KIND.to_owned(),
                    external: measurement.external.clone(),
                    local: Some(round.id.0),
                    patient: Some(measurement.patient),
                    body: measurement.body.clone(),
                });
                (round, round.row(self.known.zone).map(|row| Row::Insert(Table::Vitals, row)), imported.collect::<Vec<_>>())
            });
            let planned: Vec<_> = planned.collect();
            let mut tx = self.db.write().await?;
            let rows = planned.iter().filter_map(|(_, row, _)| row.clone()).collect();
            let imported = planned.iter().flat_map(|(_, _, imported)| imported.clone()).collect();
            let together = match store::write(&mut tx, rows, imported, self.now).await {
                Ok(()) => tx.commit().await,
                Err(error) => {
                    drop(tx);
                    Err(error)
                }
            };
            match together {
                Ok(()) => {
                    for _ in some.iter().flat_map(|round| &round.measurements) {
                        self.written(Observation::KIND, false);
                    }
                }
                Err(error) if error.is_busy() => return Err(error.into()),
                Err(_) => self.write_rounds_singly(planned).await?,
            }
        }
        Ok(())
    }

    async fn write_rounds_singly(&mut self, planned: Vec<(&super::vitals::Round, Option<Row>, Vec<Imported>)>) -> Result<(), ImportError> {
        for (round, row, imported) in planned {
            let mut tx = self.db.write().await?;
            let done = match store::write(&mut tx, row.into_iter().collect(), imported, self.now).await {
                Ok(()) => tx.commit().await,
                Err(error) => {
                    drop(tx);
                    Err(error)
                }
            };
            for measurement in &round.measurements {
                match &done {
                    Ok(()) => self.written(Observation::KIND, false),
                    Err(error) => {
                        let (file, line) = measurement.origin;
                        self.reject(file, line, Observation::KIND, format!("the database refused it: {error}"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Keeps the originals of resources that no department stores, or only counts them.
    async fn homeless(&mut self, items: Vec<Item>) -> Result<(), ImportError> {
        if items.is_empty() {
            return Ok(());
        }
        let mut by_kind: std::collections::BTreeMap<String, Vec<Item>> = std::collections::BTreeMap::new();
        for item in items {
            by_kind.entry(item.kind.clone()).or_default().push(item);
        }
        for (kind, items) in by_kind {
            let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
            let here = store::already_here(self.db, &kind, &ids).await?;
            let mut seen = std::collections::HashSet::new();
            let mut imported = Vec::new();
            for item in items {
                if here.contains_key(&item.id) || !seen.insert(item.id.clone()) {
                    self.unchanged(&kind);
                    continue;
                }
                self.written(&kind, true);
                if self.keep {
                    let subject = serde_json::from_str::<Head>(&item.text).ok().and_then(|head| head.subject.or(head.patient));
                    let patient = subject.and_then(|subject| self.known.patient("subject", &subject).ok());
                    imported.push(Imported { kind: kind.clone(), external: item.id, local: None, patient, body: Some(item.text) });
                }
            }
            if !imported.is_empty() {
                let mut tx = self.db.write().await?;
                store::write(&mut tx, Vec::new(), imported, self.now).await?;
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

/// Whether the text is a valid FHIR id.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}
