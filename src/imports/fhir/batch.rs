//! Maps and writes a batch of resources of one kind.

use std::collections::HashMap;

use uuid::Uuid;

use super::ImportError;
use super::item::{Item, is_same};
use super::judge::whole_elements;
use super::known::{Outcome, Resource, SHARED};
use super::run::Run;
use super::store::{self, Here, Imported};
use super::trouble::{Done, Trouble};
use super::vitals::{Observation, Round, rounds};
use crate::db::{DbError, Value};
use crate::imports::store::{self as tables, Row, Table};

/// The largest number of measurements that wait for the others of their rounds; a larger file is imported in parts.
const WAITING: usize = 100_000;
/// The kinds at whose records those of other kinds point.
const FOLLOWED: [&str; 5] = ["Encounter", "MedicationRequest", "ServiceRequest", "Specimen", "ImagingStudy"];
/// The number of rounds in one transaction.
const ROUNDS: usize = 500;

/// A resource that is to be mapped.
struct Fresh<R> {
    at: usize,
    resource: R,
    local: Uuid,
    faults: Vec<Trouble>,
    /// How it is here already: only kept, or as an older version.
    before: Option<Here>,
}

/// A resource that has been mapped.
struct Planned {
    at: usize,
    rows: Vec<Row>,
    imported: Option<Imported>,
    homeless: bool,
    /// Whether another patient of this run with the same identifier was told.
    shared: bool,
}

/// Returns the words for what the database refuses, and writes its own to the log: they name its tables and values.
fn refused(error: &DbError) -> Trouble {
    tracing::warn!(%error, "the database refused an imported resource");
    Trouble::new("", "does not fit what is here already: the log says more")
}

impl Run<'_> {
    pub(super) async fn batch<R: Resource>(&mut self, mut items: Vec<Item>) -> Result<(), ImportError> {
        if items.is_empty() {
            return Ok(());
        }
        // An observation whose id one has that still waits for its round must find that one written.
        if R::KIND == Observation::KIND && items.iter().any(|item| self.waiting_ids.contains(&item.id)) {
            self.write_rounds().await?;
        }
        let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
        let mut here = store::already_here(self.db, R::KIND, &ids).await?;
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut fresh: Vec<Fresh<R>> = Vec::new();
        let mut newer: Vec<Fresh<R>> = Vec::new();
        let mut again: Vec<Row> = Vec::new();
        let mut later: Vec<usize> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let (resource, faults) = match read::<R>(&item.text) {
                Ok(read) => read,
                // The first pass has told it.
                Err(_) if self.known.late => continue,
                Err(reason) => {
                    self.tell(item, reason, Done::Refused);
                    self.rejected(R::KIND);
                    continue;
                }
            };
            if resource.waits() != self.known.late {
                if !self.known.late {
                    self.waits += 1;
                    self.known.unplaced.insert(format!("{}/{}", R::KIND, item.id), None);
                }
                continue;
            }
            if let Some(first) = seen.get(&item.id).copied() {
                if is_same(&items[first].text, &item.text) {
                    self.unchanged(R::KIND);
                } else if item.version.is_newer_than(&items[first].version) && self.keep && !self.dry {
                    later.push(at);
                } else {
                    self.tell(item, Trouble::new("", "differs from an earlier resource with the same id"), Done::Left);
                    self.rejected(R::KIND);
                }
                continue;
            }
            seen.insert(item.id.clone(), at);
            let before = here.remove(&item.id);
            let local = before.as_ref().and_then(|before| before.local);
            let new = local.unwrap_or_else(Uuid::now_v7);
            resource.announce(&item.id, new, &mut self.known);
            if !item.url.is_empty() {
                self.known.also_at(&item.url, R::KIND, &item.id);
            }
            let one = Fresh { at, resource, local: new, faults, before };
            match one.before.as_ref().filter(|before| before.local.is_some()) {
                None => fresh.push(one),
                Some(before) if before.body.as_ref().is_none_or(|(_, body)| is_same(body, &item.text)) => {
                    again.extend(one.resource.again(&item.id, &mut self.known));
                    self.known.take_told();
                    self.unchanged(R::KIND);
                }
                Some(before) if item.version.is_newer_than(&before.version) => newer.push(one),
                Some(_) => {
                    self.tell(item, Trouble::new("", "differs from what was taken, and is not marked as newer"), Done::Left);
                    self.unchanged(R::KIND);
                }
            }
        }
        let planned = self.map_all(&items, fresh);
        self.tell_shared(&items, &planned).await?;
        if !again.is_empty() && !self.dry {
            let mut tx = self.db.write().await?;
            tables::write(&mut tx, again, self.now).await?;
            tx.commit().await?;
        }
        self.write::<R>(&items, planned).await?;
        for one in newer {
            self.renew(&items, one).await?;
        }
        if self.waiting.len() >= WAITING {
            self.write_rounds().await?;
        }
        if !later.is_empty() {
            let mut at = 0;
            items.retain(|_| {
                at += 1;
                later.contains(&(at - 1))
            });
            Box::pin(self.batch::<R>(items)).await?;
        }
        Ok(())
    }

    /// Tells the patients who have an identifier of a patient that was here before this run.
    async fn tell_shared(&mut self, items: &[Item], planned: &[Planned]) -> Result<(), ImportError> {
        let identifiers = |plan: &Planned| -> Vec<Value> {
            let of_row = |row: &Row| match row {
                Row::Insert(Table::PatientIdentifiers, values) => values.get(2).cloned(),
                _ => None,
            };
            plan.rows.iter().filter_map(of_row).collect()
        };
        // Most batches have none: one question for all of them.
        if store::holders(self.db, planned.iter().flat_map(identifiers).collect()).await? == 0 {
            return Ok(());
        }
        for plan in planned {
            let held = store::holders(self.db, identifiers(plan)).await?;
            if let Some(item) = items.get(plan.at).filter(|_| held > 0 && !plan.shared) {
                self.tell(
                    item,
                    Trouble::new("identifier", "a patient who was here before has the same: a possible duplicate"),
                    Done::Partly,
                );
            }
        }
        Ok(())
    }

    /// Maps the resources of a batch and tells their faults.
    fn map_all<R: Resource>(&mut self, items: &[Item], fresh: Vec<Fresh<R>>) -> Vec<Planned> {
        let mut planned = Vec::new();
        for one in fresh {
            let Some(item) = items.get(one.at) else { continue };
            let outcome = one.resource.map(&item.id, one.local, &mut self.known);
            if !item.url.is_empty() {
                self.known.also_at(&item.url, R::KIND, &item.id);
            }
            let mut told = one.faults;
            told.extend(self.known.take_told());
            match outcome {
                Ok(Outcome::Rows(made)) => {
                    let shared = told.iter().any(|trouble| trouble.reason == SHARED);
                    for trouble in told {
                        self.tell(item, trouble, Done::Partly);
                    }
                    let imported = imported::<R>(item, Some(made.local), made.patient, one.before, self.keep);
                    planned.push(Planned { at: one.at, rows: made.made, imported: Some(imported), homeless: false, shared });
                }
                Ok(Outcome::Measured(mut measurement)) => {
                    for trouble in told {
                        self.tell(item, trouble, Done::Partly);
                    }
                    measurement.imported = Some(imported::<R>(item, None, Some(measurement.patient), one.before, self.keep));
                    measurement.origin = (item.file, item.line);
                    self.waiting_ids.insert(item.id.clone());
                    self.waiting.push(measurement);
                }
                Ok(Outcome::Homeless(patient, reason)) => {
                    if FOLLOWED.contains(&R::KIND) {
                        self.known.forget(R::KIND, &item.id);
                    }
                    let reason = reason.unwrap_or_else(|| Trouble::new("", "no department here shows this kind"));
                    planned.extend(self.kept::<R>(item, one.at, (patient, reason), told, one.before));
                }
                Err(reason) => {
                    self.known.forget(R::KIND, &item.id);
                    let patient = self.known.patient("subject", &item.subject).ok();
                    planned.extend(self.kept::<R>(item, one.at, (patient, reason), told, one.before));
                }
            }
        }
        planned
    }

    /// Keeps a resource as it came. One that was kept before stays so.
    fn kept<R: Resource>(
        &mut self,
        item: &Item,
        at: usize,
        (patient, reason): (Option<crate::core::PatientId>, Trouble),
        told: Vec<Trouble>,
        before: Option<Here>,
    ) -> Option<Planned> {
        let other = before.as_ref().is_some_and(|before| {
            let differs = before.body.as_ref().is_some_and(|(_, body)| !is_same(body, &item.text));
            differs && !item.version.is_newer_than(&before.version)
        });
        if other {
            self.tell(item, Trouble::new("", "differs from what was kept, and is not marked as newer"), Done::Left);
            self.unchanged(R::KIND);
            return None;
        }
        for trouble in std::iter::once(reason).chain(told) {
            self.tell(item, trouble, Done::Kept);
        }
        let same = before.as_ref().and_then(|before| before.body.as_ref()).is_some_and(|(_, body)| is_same(body, &item.text));
        if same {
            self.unchanged(R::KIND);
            return None;
        }
        let imported = self.keep.then(|| imported::<R>(item, None, patient, before, true));
        Some(Planned { at, rows: Vec::new(), imported, homeless: true, shared: false })
    }

    /// Updates the record of an older version, unless somebody changed it here.
    async fn renew<R: Resource>(&mut self, items: &[Item], one: Fresh<R>) -> Result<(), ImportError> {
        let (Some(item), Some(before)) = (items.get(one.at), one.before) else { return Ok(()) };
        let outcome = one.resource.map(&item.id, one.local, &mut self.known);
        let mut told = one.faults;
        told.extend(self.known.take_told());
        let made = match outcome {
            Ok(Outcome::Rows(made))
                if matches!(R::KIND, "Patient" | "Encounter" | "MedicationRequest") || made.made.iter().all(Row::is_past) =>
            {
                made
            }
            Ok(Outcome::Rows(_) | Outcome::Measured(_)) => {
                self.tell(item, Trouble::new("", "is newer, and records of this kind are not replaced: compare them"), Done::Left);
                self.unchanged(R::KIND);
                return Ok(());
            }
            Ok(Outcome::Homeless(_, reason)) => {
                let reason = reason.unwrap_or_else(|| Trouble::new("", "the newer version is no record"));
                self.tell(item, reason, Done::Left);
                self.unchanged(R::KIND);
                return Ok(());
            }
            Err(reason) => {
                self.tell(item, reason, Done::Left);
                self.unchanged(R::KIND);
                return Ok(());
            }
        };
        for trouble in told {
            self.tell(item, trouble, Done::Partly);
        }
        let local_version = before.local_version;
        let mut imported = imported::<R>(item, Some(one.local), made.patient, Some(before), self.keep);
        imported.local_version = local_version + 1;
        let renewed = if self.dry { Ok(true) } else { self.try_renew(&made.made, one.local, local_version, imported).await };
        match renewed {
            Ok(true) => {
                let counts = self.report.count(R::KIND);
                counts.read += 1;
                counts.updated += 1;
            }
            Ok(false) => {
                self.tell(item, Trouble::new("", "is newer, but the record was changed here since: compare them"), Done::Left);
                self.unchanged(R::KIND);
            }
            Err(error) if error.is_busy() => return Err(error.into()),
            Err(error) => {
                self.tell(item, refused(&error), Done::Left);
                self.unchanged(R::KIND);
            }
        }
        Ok(())
    }

    async fn try_renew(&self, rows: &[Row], local: Uuid, version: i64, imported: Imported) -> Result<bool, DbError> {
        let mut tx = self.db.write().await?;
        let needed = rows.iter().filter(|row| matches!(row, Row::Insert(Table::Drugs | Table::Homes, _))).cloned().collect();
        tables::write(&mut tx, needed, self.now).await?;
        if !store::renew(&mut tx, rows, local, version).await? {
            return Ok(false);
        }
        store::remember(&mut tx, vec![imported], self.now).await?;
        tx.commit().await?;
        Ok(true)
    }

    fn rejected(&mut self, kind: &str) {
        let counts = self.report.count(kind);
        counts.read += 1;
        counts.rejected += 1;
    }

    /// Writes a batch in one transaction; if the database refuses it, writes each resource alone, to find the wrong one.
    async fn write<R: Resource>(&mut self, items: &[Item], planned: Vec<Planned>) -> Result<(), ImportError> {
        if planned.is_empty() {
            return Ok(());
        }
        match self.try_write(planned.iter()).await {
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
                        Err(error) => self.keep_refused::<R>(items, plan, &error).await?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Keeps a resource whose rows the database refuses.
    async fn keep_refused<R: Resource>(&mut self, items: &[Item], plan: Planned, error: &DbError) -> Result<(), ImportError> {
        let Some(item) = items.get(plan.at) else { return Ok(()) };
        self.known.forget(R::KIND, &item.id);
        if plan.imported.as_ref().is_some_and(was_kept) {
            self.tell(item, refused(error), Done::Kept);
            self.unchanged(R::KIND);
            return Ok(());
        }
        let imported = plan.imported.map(|imported| Imported { local: None, patient: None, ..imported });
        let kept = Planned { at: plan.at, rows: Vec::new(), imported: imported.filter(|_| self.keep), homeless: true, shared: false };
        let done = self.try_write(std::iter::once(&kept)).await;
        match done {
            Ok(()) if self.keep => {
                self.tell(item, refused(error), Done::Kept);
                self.written(R::KIND, true);
            }
            Err(error) if error.is_busy() => return Err(error.into()),
            _ => {
                self.tell(item, refused(error), Done::Refused);
                self.rejected(R::KIND);
            }
        }
        Ok(())
    }

    async fn try_write(&self, planned: impl Iterator<Item = &Planned>) -> Result<(), DbError> {
        let (mut rows, mut imported) = (Vec::new(), Vec::new());
        for plan in planned {
            rows.extend(plan.rows.iter().cloned());
            imported.extend(plan.imported.iter().cloned());
        }
        self.store(rows, imported).await
    }

    async fn store(&self, rows: Vec<Row>, imported: Vec<Imported>) -> Result<(), DbError> {
        if self.dry || (rows.is_empty() && imported.is_empty()) {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        tables::write(&mut tx, rows, self.now).await?;
        store::remember(&mut tx, imported, self.now).await?;
        tx.commit().await
    }

    /// Writes the waiting sets of vital signs.
    pub(super) async fn write_rounds(&mut self) -> Result<(), ImportError> {
        let all = rounds(std::mem::take(&mut self.waiting));
        self.waiting_ids.clear();
        for some in all.chunks(ROUNDS) {
            match self.store_rounds(some).await {
                Ok(()) => {
                    for _ in some.iter().flat_map(|round| &round.measurements) {
                        self.written(Observation::KIND, false);
                    }
                }
                Err(error) if error.is_busy() => return Err(error.into()),
                Err(_) => {
                    for round in some {
                        self.write_round(round).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes one round; if the database refuses it, keeps the originals.
    async fn write_round(&mut self, round: &Round) -> Result<(), ImportError> {
        match self.store_rounds(std::slice::from_ref(round)).await {
            Err(error) if error.is_busy() => Err(error.into()),
            Ok(()) => {
                for _ in &round.measurements {
                    self.written(Observation::KIND, false);
                }
                Ok(())
            }
            Err(error) => {
                let kept = round.measurements.iter().filter_map(|one| one.imported.clone()).filter(|_| self.keep).collect();
                self.store(Vec::new(), kept).await?;
                for measurement in &round.measurements {
                    let (file, line) = measurement.origin;
                    let item = Item::placed(file, line, Observation::KIND, &measurement.external);
                    self.tell(&item, refused(&error), if self.keep { Done::Kept } else { Done::Refused });
                    if measurement.imported.as_ref().is_some_and(was_kept) {
                        self.unchanged(Observation::KIND);
                        continue;
                    }
                    self.written(Observation::KIND, true);
                }
                Ok(())
            }
        }
    }

    async fn store_rounds(&self, some: &[Round]) -> Result<(), DbError> {
        let rows = some.iter().filter_map(|round| round.row(self.known.zone)).map(|row| Row::Insert(Table::Vitals, row)).collect();
        let imported = some.iter().flat_map(|round| {
            let of_round = round.measurements.iter().filter_map(|measurement| measurement.imported.clone());
            of_round.map(|imported| Imported { local: Some(round.id.0), ..imported })
        });
        self.store(rows, imported.collect()).await
    }
}

/// Whether the same original is kept already.
fn was_kept(imported: &Imported) -> bool {
    let kept = imported.before.as_ref().and_then(|before| before.body.as_ref());
    kept.zip(imported.body.as_ref()).is_some_and(|((_, kept), body)| is_same(kept, body))
}

/// Reads a resource without its faulty elements.
fn read<R: Resource>(text: &str) -> Result<(R, Vec<Trouble>), Trouble> {
    let dynamic = |reason: String| Trouble { path: String::new(), reason: reason.into(), about: String::new() };
    let (text, faults) = whole_elements(R::KIND, text).map_err(dynamic)?;
    match serde_json::from_str(&text) {
        Ok(resource) => Ok((resource, faults)),
        Err(error) => Err(Trouble::new("", "cannot be read").about(&error.to_string())),
    }
}

/// Returns the record of an import.
fn imported<R: Resource>(
    item: &Item,
    local: Option<Uuid>,
    patient: Option<crate::core::PatientId>,
    before: Option<Here>,
    keep: bool,
) -> Imported {
    Imported {
        kind: R::KIND.to_owned(),
        external: item.id.clone(),
        local,
        patient,
        body: keep.then(|| item.text.clone()),
        version: item.version.clone(),
        local_version: 1,
        before,
    }
}
