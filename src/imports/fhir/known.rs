//! Maps the resources that a run has read to the hospital's own records.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    datatypes::{Concept, Identifier, Reference, line},
    trouble::Trouble,
};
use crate::core::{
    ClinicId, DepartmentId, DrugId, EncounterId, InsurerId, LocationId, PatientId, SpecialtyId, StaffId, UserId,
    time::{Instant, Zone},
};
use crate::imports::store::{Row, Table};
use crate::row;

/// One of the hospital's records, with the data that other resources need.
#[derive(Clone, Copy, Debug)]
pub enum Local {
    Hospital,
    Department(DepartmentId),
    Insurer {
        id: InsurerId,
        self_pay: bool,
    },
    Location(LocationId),
    Staff(StaffId),
    Patient {
        id: PatientId,
        born: Option<NaiveDate>,
    },
    Encounter {
        id: EncounterId,
        patient: PatientId,
        at: Instant,
    },
    /// A prescription, or a part of the history: a request, a sample or a study.
    Past {
        id: Uuid,
        patient: PatientId,
    },
    /// Several resources have this identifier.
    Ambiguous,
}

impl Local {
    const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Department(id) => Some(id.0),
            Self::Insurer { id, .. } => Some(id.0),
            Self::Location(id) => Some(id.0),
            Self::Staff(id) => Some(id.0),
            Self::Patient { id, .. } => Some(id.0),
            Self::Encounter { id, .. } => Some(id.0),
            Self::Past { id, .. } => Some(*id),
            Self::Hospital | Self::Ambiguous => None,
        }
    }
}

/// A diagnosis that an encounter names; the condition itself is imported later.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub encounter: EncounterId,
    pub patient: PatientId,
    pub primary: bool,
}

/// A medicine that other resources name by its address.
#[derive(Clone, Debug)]
pub struct Medicine {
    pub name: String,
    pub rxnorm: String,
}

/// The reason that is told of two patients with one identifier.
pub const SHARED: &str = "another patient has the same identifier: a possible duplicate";
/// The reason of the encounters that hold what was brought along without one.
const WITHOUT_VISIT: &str = "From another system, without a visit";

/// The hospital's records by the references of the resources.
pub struct Known {
    pub now: Instant,
    pub clinic: ClinicId,
    /// The clinic's time zone: a date means the clinic's local day.
    pub zone: Zone,
    /// Whether the resources that wait for others are being mapped.
    pub late: bool,
    locals: HashMap<String, Local>,
    /// The diagnoses of encounters by the reference of the condition.
    uses: HashMap<String, Vec<Use>>,
    /// Encounters that were announced but did not become records.
    gone: HashSet<EncounterId>,
    /// The earliest date of what belongs to an encounter without a period.
    pub unplaced: HashMap<String, Option<Instant>>,
    medicines: HashMap<String, Medicine>,
    /// When the laboratory results were reported.
    reported: HashMap<String, Instant>,
    /// The encounters that hold what has none, by patient and day.
    homes: HashMap<(PatientId, NaiveDate), EncounterId>,
    /// The wards and beds.
    pub plan: super::stays::Plan,
    /// The faults of the resource that is being mapped.
    told: Vec<Trouble>,
    pub departments: HashMap<String, DepartmentId>,
    pub insurers: HashMap<String, InsurerId>,
    pub specialties: HashMap<String, SpecialtyId>,
    pub drugs: HashMap<String, DrugId>,
    /// The names with which users sign in.
    pub logins: HashSet<String>,
}

impl Known {
    pub fn new(now: Instant, clinic: ClinicId, zone: Zone) -> Self {
        Self {
            now,
            clinic,
            zone,
            late: false,
            locals: HashMap::new(),
            uses: HashMap::new(),
            gone: HashSet::new(),
            unplaced: HashMap::new(),
            medicines: HashMap::new(),
            reported: HashMap::new(),
            homes: HashMap::new(),
            plan: super::stays::Plan::default(),
            told: Vec::new(),
            departments: HashMap::new(),
            insurers: HashMap::new(),
            specialties: HashMap::new(),
            drugs: HashMap::new(),
            logins: HashSet::new(),
        }
    }

    /// Records a fault of the resource that is being mapped.
    pub fn tell(&mut self, trouble: Trouble) {
        if !self.told.contains(&trouble) {
            self.told.push(trouble);
        }
    }

    /// Returns the faults recorded since the last call.
    pub fn take_told(&mut self) -> Vec<Trouble> {
        std::mem::take(&mut self.told)
    }

    /// Returns the text in one line, shortened to the length of its column. A text that is cut ends in "…" and is told.
    pub fn fit(&mut self, path: &str, text: &str, longest: usize) -> String {
        let whole = line(text);
        if whole.chars().count() <= longest {
            return whole;
        }
        self.tell(Trouble::new(path, "longer than the record can hold: cut, and marked with …"));
        let mut short: String = whole.chars().take(longest.saturating_sub(1)).collect();
        short.push('…');
        short
    }

    pub fn insert(&mut self, kind: &str, id: &str, local: Local) {
        self.locals.insert(format!("{kind}/{id}"), local);
    }

    /// Makes a resource known by another address, such as the `urn:uuid` of a bundle.
    pub fn also_at(&mut self, address: &str, kind: &str, id: &str) {
        if let Some(local) = self.locals.get(&format!("{kind}/{id}")).copied() {
            self.locals.insert(address.to_owned(), local);
        }
        if let Some(medicine) = self.medicines.get(&format!("{kind}/{id}")).cloned() {
            self.medicines.insert(address.to_owned(), medicine);
        }
    }

    /// Makes a resource known by its identifiers. One that several resources have leads to none of them.
    pub fn identified(&mut self, kind: &str, id: &str, identifiers: &[Identifier]) {
        let Some(local) = self.locals.get(&format!("{kind}/{id}")).copied() else { return };
        for held in identifiers.iter().filter(|held| !held.value.trim().is_empty()) {
            self.locals
                .entry(held.key(kind))
                .and_modify(|other| {
                    if other.id() != local.id() {
                        *other = Local::Ambiguous;
                    }
                })
                .or_insert(local);
        }
    }

    /// Whether several resources have the identifier of this key.
    pub fn is_shared(&self, key: &str) -> bool {
        matches!(self.locals.get(key), Some(Local::Ambiguous))
    }

    pub fn forget(&mut self, kind: &str, id: &str) {
        if let Some(Local::Encounter { id, .. }) = self.locals.remove(&format!("{kind}/{id}")) {
            self.gone.insert(id);
        }
    }

    /// Returns the record of a reference, or the reason why there is none. `kind` is the kind that is expected there.
    pub fn find(&self, path: &str, kind: &str, reference: &Reference) -> Result<Local, Trouble> {
        let Some(key) = reference.key(kind) else {
            return Err(match reference.display.trim() {
                "" => Trouble::new(path, "missing"),
                name => Trouble::new(path, "names somebody or something without an address or identifier").about(name),
            });
        };
        match self.locals.get(&key) {
            Some(Local::Ambiguous) => Err(Trouble::new(path, "several resources have this identifier").about(&key)),
            Some(local) => Ok(*local),
            None if key.starts_with('#') => {
                Err(Trouble::new(path, "points at a resource inside this one, which has no record").about(&key))
            }
            None => Err(Trouble::new(path, "points at a resource that is not here").about(&key)),
        }
    }

    /// Returns the record with this key.
    pub fn local(&self, key: &str) -> Option<Local> {
        self.locals.get(key).copied()
    }

    pub fn patient(&self, path: &str, reference: &Reference) -> Result<PatientId, Trouble> {
        match self.find(path, "Patient", reference)? {
            Local::Patient { id, .. } => Ok(id),
            _ => Err(Trouble::new(path, "does not point at a patient")),
        }
    }

    /// Returns the encounter that the resource names; it must belong to the patient. One that is not here is told, and the
    /// resource stands without it.
    pub fn encounter(&mut self, reference: &Reference, patient: PatientId) -> Result<Option<(EncounterId, Instant)>, Trouble> {
        self.encounter_at("encounter", reference, patient)
    }

    /// Returns the encounter that the element at the path names.
    pub fn encounter_at(
        &mut self,
        path: &'static str,
        reference: &Reference,
        patient: PatientId,
    ) -> Result<Option<(EncounterId, Instant)>, Trouble> {
        if reference.is_empty() {
            return Ok(None);
        }
        match self.find(path, "Encounter", reference) {
            Ok(Local::Encounter { id, patient: of, at }) if of == patient => Ok(Some((id, at))),
            Ok(Local::Encounter { .. }) => Err(Trouble::new(path, "is another patient's")),
            Ok(_) => Err(Trouble::new(path, "does not point at an encounter")),
            Err(trouble) => {
                self.tell(trouble);
                Ok(None)
            }
        }
    }

    /// Returns the first of these references that is a part of the patient's history; each other one is told.
    pub fn past<'r>(
        &mut self,
        path: &'static str,
        kind: &str,
        references: impl IntoIterator<Item = &'r Reference>,
        patient: PatientId,
    ) -> Option<Uuid> {
        let mut found = None;
        for reference in references.into_iter().filter(|reference| !reference.is_empty()) {
            match self.find(path, kind, reference) {
                Ok(Local::Past { id, patient: of }) if of == patient => {
                    found = found.or(Some(id));
                }
                Ok(Local::Past { .. }) => self.tell(Trouble::new(path, "is another patient's")),
                // A plan, or another kind of resource that is no part of the history.
                Ok(_) => {}
                Err(trouble) => self.tell(trouble),
            }
        }
        found
    }

    /// Remembers when a result was reported: its report came then.
    pub fn note_reported(&mut self, id: &str, at: Instant) {
        self.reported.insert(format!("Observation/{id}"), at);
    }

    pub fn reported(&self, result: &Reference) -> Option<Instant> {
        self.reported.get(&result.key("Observation")?).copied()
    }

    pub fn born(&self, reference: &Reference) -> Option<NaiveDate> {
        match self.find("", "Patient", reference) {
            Ok(Local::Patient { born, .. }) => born,
            _ => None,
        }
    }

    pub fn department(&mut self, path: &str, reference: &Reference) -> Option<DepartmentId> {
        if reference.is_empty() {
            return None;
        }
        match self.find(path, "Organization", reference) {
            Ok(Local::Department(id)) => Some(id),
            // The hospital itself is no department of it.
            Ok(_) => None,
            Err(trouble) => {
                self.tell(trouble);
                None
            }
        }
    }

    /// Returns the first of these references that is a member of staff; each other one is told.
    pub fn staff<'r>(&mut self, path: &str, references: impl IntoIterator<Item = &'r Reference>) -> Option<StaffId> {
        let mut found = None;
        for reference in references.into_iter().filter(|reference| !reference.is_empty()) {
            match self.find(path, "Practitioner", reference) {
                Ok(Local::Staff(_)) if found.is_some() => self.tell(Trouble::new(path, "the record names one of several people")),
                Ok(Local::Staff(id)) => found = Some(id),
                // A patient who measures at home, or a department.
                Ok(_) => {}
                Err(trouble) => self.tell(trouble),
            }
        }
        found
    }

    /// Returns the user of the first practitioner, otherwise the program's own user. An imported practitioner's user has the
    /// same id.
    pub fn user<'r>(&mut self, path: &str, references: impl IntoIterator<Item = &'r Reference>) -> UserId {
        self.staff(path, references).map_or(UserId::SYSTEM, |staff| UserId(staff.0))
    }

    pub fn note_use(&mut self, condition: &Reference, noted: Use) {
        if let Some(key) = condition.key("Condition") {
            let uses = self.uses.entry(key).or_default();
            if !uses.iter().any(|other| other.encounter == noted.encounter) {
                uses.push(noted);
            }
        }
    }

    pub fn uses_of(&self, condition: &str) -> impl Iterator<Item = Use> {
        let uses = self.uses.get(&format!("Condition/{condition}"));
        uses.into_iter().flatten().filter(|used| !self.gone.contains(&used.encounter)).copied()
    }

    /// Returns the encounter that holds what was brought along without one, and its row.
    pub fn home(&mut self, patient: PatientId, at: Instant) -> (EncounterId, Row) {
        let id = *self.homes.entry((patient, self.zone.day(at))).or_default();
        let nobody: (Option<DepartmentId>, Option<StaffId>) = (None, None);
        let row = row![
            id,
            patient,
            self.clinic,
            nobody.0,
            nobody.1,
            "outpatient",
            "finished",
            WITHOUT_VISIT,
            at,
            at,
            UserId::SYSTEM,
            self.now,
            UserId::SYSTEM
        ];
        (id, Row::Insert(Table::Homes, row))
    }

    /// Returns the id of a specialty by its name; creates one for a new name.
    pub fn specialty(&mut self, name: &str) -> SpecialtyId {
        *self.specialties.entry(name.to_owned()).or_default()
    }

    /// Returns the id of a drug by its name; creates one for a new name.
    pub fn drug(&mut self, name: &str) -> DrugId {
        *self.drugs.entry(name.to_owned()).or_default()
    }

    pub fn name_medicine(&mut self, id: &str, code: &Concept) {
        let rxnorm = code.code_of("rxnorm").map(|coding| coding.code.clone()).unwrap_or_default();
        self.medicines.insert(format!("Medication/{id}"), Medicine { name: line(code.words()), rxnorm });
    }

    pub fn medicine(&self, reference: &Reference) -> Option<&Medicine> {
        self.medicines.get(&reference.key("Medication")?).filter(|medicine| !medicine.name.is_empty())
    }
}

/// The result of mapping a resource.
pub enum Outcome {
    /// Rows of the hospital's tables.
    Rows(Rows),
    /// A single measurement; those of one round become one set of vital signs.
    Measured(super::vitals::Measurement),
    /// It becomes no record: no department stores it, or the reason says why.
    Homeless(Option<PatientId>, Option<Trouble>),
}

impl Outcome {
    /// A resource that is kept as it came, with the reason.
    pub fn kept(patient: PatientId, path: &str, reason: &'static str) -> Self {
        Self::Homeless(Some(patient), Some(Trouble::new(path, reason)))
    }
}

/// The rows for one resource.
pub struct Rows {
    /// The id of the hospital's record.
    pub local: Uuid,
    pub patient: Option<PatientId>,
    pub made: Vec<Row>,
}

/// A kind of resource that the import stores.
pub trait Resource: serde::de::DeserializeOwned + Send + Sync {
    /// The kind's name in FHIR.
    const KIND: &'static str;

    /// The number of resources in a batch; resources that reference each other must be in one batch.
    const BATCH: usize = 500;

    /// Returns the rows for the resource under a new id, or the reason why there are none.
    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble>;

    /// Makes the resource known to those that reference it, before it is mapped, and also when it was imported earlier.
    fn announce(&self, _id: &str, _local: Uuid, _known: &mut Known) {}

    /// Returns rows that must exist even if the resource was imported earlier.
    fn again(&self, _id: &str, _known: &mut Known) -> Vec<Row> {
        Vec::new()
    }

    /// Whether the resource waits until all others of its kind, and what belongs to it, are known.
    fn waits(&self) -> bool {
        false
    }
}
