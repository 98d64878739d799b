//! What a run knows of the resources it has seen: which of our records they are.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::datatypes::Reference;
use crate::core::{
    ClinicId, DepartmentId, DrugId, EncounterId, InsurerId, LocationId, PatientId, SpecialtyId, StaffId, UserId,
    time::{Instant, Zone},
};

/// One of our records, with what others need of it.
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

/// A diagnosis that an encounter names: the condition itself comes later.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub encounter: EncounterId,
    pub patient: PatientId,
    pub primary: bool,
}

/// Our records by the references that point at them.
pub struct Known {
    pub now: Instant,
    pub clinic: ClinicId,
    /// The clinic's time zone: a date is the clinic's local day.
    pub zone: Zone,
    locals: HashMap<String, Local>,
    /// Encounters' diagnoses by the reference of the condition.
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

    /// What a reference points at; a sentence when it points at nothing that is here.
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

    /// The encounter, if one is named; it must be the patient's.
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

    /// Who did something: the practitioner's user, otherwise the program. An imported practitioner's user has the same id.
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

    /// The id of a specialty's name; a new one when the name is new.
    pub fn specialty(&mut self, name: &str) -> SpecialtyId {
        *self.specialties.entry(name.to_owned()).or_default()
    }

    /// The id of a drug's name; a new one when the name is new.
    pub fn drug(&mut self, name: &str) -> DrugId {
        *self.drugs.entry(name.to_owned()).or_default()
    }
}

/// What a resource becomes.
pub enum Outcome {
    /// Rows of ours.
    Rows(Rows),
    /// A single measurement; several of one round become one set of vital signs.
    Measured(super::vitals::Measurement),
    /// Nothing yet: no module keeps this.
    Homeless(Option<PatientId>),
}

/// The rows that a resource becomes.
pub struct Rows {
    /// The record's id with us.
    pub local: Uuid,
    pub patient: Option<PatientId>,
    pub made: Vec<super::super::store::Row>,
}

/// A kind of resource that has a home.
pub trait Resource: serde::de::DeserializeOwned + Send + Sync {
    /// Its name in FHIR.
    const KIND: &'static str;

    /// How many are taken together; those that point at each other must meet in one batch.
    const BATCH: usize = 500;

    /// The rows it becomes under a new id, or why not.
    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, String>;

    /// Makes it known to those that point at it, before it is mapped and when it is here already.
    fn announce(&self, _id: &str, _local: Uuid, _known: &mut Known) {}

    /// Rows to make sure of although the resource itself is here already.
    fn again(&self, _id: &str, _known: &mut Known) -> Vec<super::super::store::Row> {
        Vec::new()
    }
}
