//! Maps the resources that a run has read to the hospital's own records.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::datatypes::Reference;
use crate::core::{
    ClinicId, DepartmentId, DrugId, EncounterId, InsurerId, LocationId, PatientId, SpecialtyId, StaffId, UserId,
    time::{Instant, Zone},
};

/// One of the hospital's records, with the data that other resources need.
#[derive(Clone, Copy, Debug)]
pub enum Local {
    Hospital,
    Department(DepartmentId),
    Insurer { id: InsurerId, self_pay: bool },
    Location(LocationId),
    Staff(StaffId),
    Patient { id: PatientId, born: Option<NaiveDate> },
    Encounter { id: EncounterId, patient: PatientId },
}

/// A diagnosis that an encounter names; the condition itself is imported later.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub encounter: EncounterId,
    pub patient: PatientId,
    pub primary: bool,
}

/// The hospital's records by the references of the resources.
pub struct Known {
    pub now: Instant,
    pub clinic: ClinicId,
    /// The clinic's time zone: a date means the clinic's local day.
    pub zone: Zone,
    locals: HashMap<String, Local>,
    /// The diagnoses of encounters by the reference of the condition.
    uses: HashMap<String, Vec<Use>>,
    /// Encounters that were announced but did not become records.
    gone: HashSet<EncounterId>,
    pub departments: HashMap<String, DepartmentId>,
    pub insurers: HashMap<String, InsurerId>,
    pub specialties: HashMap<String, SpecialtyId>,
    pub drugs: HashMap<String, DrugId>,
}

impl Known {
    pub fn new(now: Instant, clinic: ClinicId, zone: Zone) -> Self {
        Self {
            now,
            clinic,
            zone,
            locals: HashMap::new(),
            uses: HashMap::new(),
            gone: HashSet::new(),
            departments: HashMap::new(),
            insurers: HashMap::new(),
            specialties: HashMap::new(),
            drugs: HashMap::new(),
        }
    }

    pub fn insert(&mut self, kind: &str, id: &str, local: Local) {
        self.locals.insert(format!("{kind}/{id}"), local);
    }

    pub fn forget(&mut self, kind: &str, id: &str) {
        if let Some(Local::Encounter { id, .. }) = self.locals.remove(&format!("{kind}/{id}")) {
            self.gone.insert(id);
        }
    }

    /// Returns the record of a reference, or a sentence when there is none.
    pub fn find(&self, what: &str, reference: &Reference) -> Result<Local, String> {
        let key = reference.key().ok_or_else(|| format!("`{what}` is missing"))?;
        self.locals.get(key).copied().ok_or_else(|| format!("`{what}` points at {key}, which is not here"))
    }

    pub fn patient(&self, what: &str, reference: &Reference) -> Result<PatientId, String> {
        match self.find(what, reference)? {
            Local::Patient { id, .. } => Ok(id),
            _ => Err(format!("`{what}` does not point at a patient")),
        }
    }

    /// Returns the encounter, if the resource names one; it must belong to the patient.
    pub fn encounter(&self, reference: &Reference, patient: PatientId) -> Result<Option<EncounterId>, String> {
        if reference.key().is_none() {
            return Ok(None);
        }
        match self.find("encounter", reference)? {
            Local::Encounter { id, patient: whose } if whose == patient => Ok(Some(id)),
            Local::Encounter { .. } => Err("`encounter` is another patient's".to_owned()),
            _ => Err("`encounter` does not point at an encounter".to_owned()),
        }
    }

    pub fn born(&self, reference: &Reference) -> Option<NaiveDate> {
        match self.find("", reference) {
            Ok(Local::Patient { born, .. }) => born,
            _ => None,
        }
    }

    pub fn department(&self, reference: &Reference) -> Option<DepartmentId> {
        match self.find("", reference) {
            Ok(Local::Department(id)) => Some(id),
            _ => None,
        }
    }

    pub fn staff(&self, reference: &Reference) -> Option<StaffId> {
        match self.find("", reference) {
            Ok(Local::Staff(id)) => Some(id),
            _ => None,
        }
    }

    /// Returns the user of a practitioner, otherwise the program's own user. An imported practitioner's user has the same
    /// id.
    pub fn user(&self, reference: &Reference) -> UserId {
        self.staff(reference).map_or(UserId::SYSTEM, |staff| UserId(staff.0))
    }

    pub fn note_use(&mut self, condition: &Reference, noted: Use) {
        if let Some(key) = condition.key() {
            let uses = self.uses.entry(key.to_owned()).or_default();
            if !uses.iter().any(|other| other.encounter == noted.encounter) {
                uses.push(noted);
            }
        }
    }

    pub fn uses_of(&self, condition: &str) -> impl Iterator<Item = Use> {
        let uses = self.uses.get(&format!("Condition/{condition}"));
        uses.into_iter().flatten().filter(|used| !self.gone.contains(&used.encounter)).copied()
    }

    /// Returns the id of a specialty by its name; creates one for a new name.
    pub fn specialty(&mut self, name: &str) -> SpecialtyId {
        *self.specialties.entry(name.to_owned()).or_default()
    }

    /// Returns the id of a drug by its name; creates one for a new name.
    pub fn drug(&mut self, name: &str) -> DrugId {
        *self.drugs.entry(name.to_owned()).or_default()
    }
}

/// The result of mapping a resource.
pub enum Outcome {
    /// Rows of the hospital's tables.
    Rows(Rows),
    /// A single measurement; those of one round become one set of vital signs.
    Measured(super::vitals::Measurement),
    /// No department stores this kind yet.
    Homeless(Option<PatientId>),
}

/// The rows for one resource.
pub struct Rows {
    /// The id of the hospital's record.
    pub local: Uuid,
    pub patient: Option<PatientId>,
    pub made: Vec<super::super::store::Row>,
}

/// A kind of resource that the import stores.
pub trait Resource: serde::de::DeserializeOwned + Send + Sync {
    /// The kind's name in FHIR.
    const KIND: &'static str;

    /// The number of resources in a batch; resources that reference each other must be in one batch.
    const BATCH: usize = 500;

    /// Returns the rows for the resource under a new id, or the reason why there are none.
    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, String>;

    /// Makes the resource known to those that reference it, before it is mapped, and also when it was imported earlier.
    fn announce(&self, _id: &str, _local: Uuid, _known: &mut Known) {}

    /// Returns rows that must exist even if the resource was imported earlier.
    fn again(&self, _id: &str, _known: &mut Known) -> Vec<super::super::store::Row> {
        Vec::new()
    }
}
