//! The hospital, its departments, its insurers, its locations and its staff.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, ContactPoint, HumanName, Identifier, Reference, best_name, cut, line, person_name, present_points};
use super::dates::{Period, date};
use super::known::{Known, Local, Outcome, Resource, Rows};
use super::trouble::Trouble;
use crate::core::{DepartmentId, InsurerId, LocationId, StaffId};
use crate::imports::store::{Row, Table};
use crate::row;
use crate::server::mail::is_address;

/// A department, the hospital itself, or an insurer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Organization {
    identifier: Vec<Identifier>,
    #[serde(deserialize_with = "super::datatypes::text")]
    name: String,
    #[serde(rename = "type")]
    kind: Vec<Concept>,
    telecom: Vec<ContactPoint>,
}

impl Organization {
    fn is(&self, code: &str) -> bool {
        self.kind.iter().any(|concept| concept.has(code))
    }

    fn self_pay(&self) -> bool {
        let name = self.name.to_lowercase();
        name.contains("self-pay") || name.contains("self pay") || name.contains("uninsured")
    }

    fn phone(&self, known: &mut Known) -> String {
        let phone = present_points(&self.telecom, &["phone"], known.now).first().map(|point| point.value.clone()).unwrap_or_default();
        known.fit("telecom", &phone, 40)
    }
}

/// Returns the department's code: `dept-cardiology` is department `cardiology`.
fn department_code(id: &str) -> &str {
    id.strip_prefix("dept-").unwrap_or(id)
}

impl Resource for Organization {
    const KIND: &'static str = "Organization";

    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let name = known.fit("name", &self.name, 200);
        if name.is_empty() {
            return Err(Trouble::new("name", "missing"));
        }
        let mut rows = Vec::new();
        let mut local = local;
        if self.is("dept") {
            if let Some(existing) = known.departments.get(department_code(id)) {
                local = existing.0;
            } else {
                let phone = self.phone(known);
                rows.push(Row::Insert(Table::Departments, row![DepartmentId(local), department_code(id), name, phone]));
            }
        } else if self.is("pay") || self.is("ins") {
            if let Some(existing) = known.insurers.get(&name) {
                local = existing.0;
            } else {
                known.insurers.insert(name.clone(), InsurerId(local));
                rows.push(Row::Insert(Table::Insurers, row![InsurerId(local), name, self.self_pay()]));
            }
        } else if self.is("prov") {
            rows.push(Row::NameHospital(name));
        } else {
            return Ok(Outcome::Homeless(None, Some(Trouble::new("type", "is no department, insurer or hospital"))));
        }
        self.announce(id, local, known);
        Ok(Outcome::Rows(Rows { local, patient: None, made: rows }))
    }

    fn announce(&self, id: &str, local: Uuid, known: &mut Known) {
        let ours = if self.is("dept") {
            Local::Department(DepartmentId(local))
        } else if self.is("pay") || self.is("ins") {
            Local::Insurer { id: InsurerId(local), self_pay: self.self_pay() }
        } else {
            Local::Hospital
        };
        known.insert(Self::KIND, id, ours);
        known.identified(Self::KIND, id, &self.identifier);
    }
}

/// A building, ward, room or bed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Location {
    status: String,
    #[serde(deserialize_with = "super::datatypes::text")]
    name: String,
    #[serde(rename = "physicalType")]
    physical: Concept,
    #[serde(rename = "partOf")]
    part_of: Reference,
    #[serde(rename = "managingOrganization")]
    manager: Reference,
}

impl Resource for Location {
    const KIND: &'static str = "Location";
    const BATCH: usize = 50_000;

    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        // Outer locations first: a bed's ward must exist before the bed.
        let (table, kind) = match self.physical.code() {
            "si" | "bu" => (Table::Buildings, "building"),
            "area" | "wi" | "lvl" | "co" => (Table::Areas, "area"),
            "wa" => (Table::Wards, "ward"),
            "ro" => (Table::Rooms, "room"),
            "bd" => (Table::Beds, "bed"),
            _ => (Table::Beds, "other"),
        };
        let name = known.fit("name", &self.name, 200);
        if name.is_empty() {
            return Err(Trouble::new("name", "missing"));
        }
        let part_of = match self.part_of.key(Self::KIND) {
            None => None,
            Some(key) if key == format!("{}/{id}", Self::KIND) => return Err(Trouble::new("partOf", "points at itself")),
            Some(_) => match known.find("partOf", Self::KIND, &self.part_of) {
                Ok(Local::Location(parent)) => Some(parent),
                Ok(_) => return Err(Trouble::new("partOf", "does not point at a location")),
                Err(trouble) => {
                    known.tell(trouble);
                    None
                }
            },
        };
        let department = known.department("managingOrganization", &self.manager);
        let mut rows = vec![Row::Insert(table, row![LocationId(local), name.clone(), kind, part_of, department])];
        if self.status != "inactive" {
            rows.extend(known.planned(local, self.physical.code(), &name));
        }
        Ok(Outcome::Rows(Rows { local, patient: None, made: rows }))
    }

    fn announce(&self, id: &str, local: Uuid, known: &mut Known) {
        known.insert(Self::KIND, id, Local::Location(LocationId(local)));
        if self.status != "inactive" {
            known.note_place(local, self.physical.code(), &cut(&self.name, 200), self.part_of.key(Self::KIND));
        }
    }
}

/// A member of the hospital's staff.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Practitioner {
    name: Vec<HumanName>,
    gender: String,
    telecom: Vec<ContactPoint>,
    qualification: Vec<Qualification>,
    identifier: Vec<Identifier>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Qualification {
    code: Concept,
    period: Period,
}

impl Practitioner {
    fn contact(&self, system: &str) -> &str {
        self.telecom.iter().find(|point| point.system == system && point.usage != "old").map_or("", |point| &point.value)
    }

    /// Returns the first address to which mail can be sent: it becomes the sign-in name.
    fn email(&self, known: &mut Known) -> String {
        for point in self.telecom.iter().filter(|point| point.system == "email" && point.usage != "old") {
            let address = line(&point.value).to_lowercase();
            if is_address(&address) {
                return address;
            }
            known.tell(Trouble::new("telecom", "is no e-mail address").about(&address));
        }
        String::new()
    }
}

impl Resource for Practitioner {
    const KIND: &'static str = "Practitioner";

    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let best = best_name(&self.name, known.now).ok_or_else(|| Trouble::new("name", "missing"))?;
        let (given, family) = best.parts();
        let plain = format!("{given} {family}").trim().to_owned();
        if plain.is_empty() {
            return Err(Trouble::new("name", "cannot be read"));
        }
        let prefix = best.prefix.first().map(|prefix| person_name(prefix)).unwrap_or_default();
        let shown = person_name(&format!("{prefix} {plain}"));
        let qualification = self.qualification.first();
        if self.qualification.len() > 1 {
            known.tell(Trouble::new("qualification", "the record has the first of several"));
        }
        let words = qualification.map(|held| cut(held.code.words(), 200)).unwrap_or_default();
        let since = qualification.and_then(|held| date(&held.period.start)).map(|(day, _)| i64::from(chrono::Datelike::year(&day)));
        let email = self.email(known);
        // The user is the author of the notes that this person wrote and signed. Signing in as this user is possible
        // only after an invitation.
        let own = cut(&format!("staff-{}", id.to_lowercase()), 254);
        let taken = !email.is_empty() && !known.logins.insert(email.clone());
        if taken {
            known.tell(Trouble::new("telecom", "another user signs in with this e-mail address").about(&email));
        }
        let login = if email.is_empty() || taken { own } else { email.clone() };
        let rows = vec![
            Row::Insert(Table::Users, row![crate::core::UserId(local), login, shown.clone(), "inactive", known.now, known.now]),
            Row::Insert(
                Table::Staff,
                row![
                    StaffId(local),
                    crate::core::UserId(local),
                    staff_kind(qualification.map_or("", |held| held.code.code()), &words),
                    shown,
                    given,
                    family,
                    sex(&self.gender),
                    cut(self.contact("phone"), 40),
                    email,
                    self.identifier
                        .iter()
                        .find(|held| held.system.ends_with("us-npi"))
                        .map(|held| cut(&held.value, 60))
                        .unwrap_or_default(),
                    words,
                    since
                ],
            ),
        ];
        Ok(Outcome::Rows(Rows { local, patient: None, made: rows }))
    }

    fn announce(&self, id: &str, local: Uuid, known: &mut Known) {
        known.insert(Self::KIND, id, Local::Staff(StaffId(local)));
        known.identified(Self::KIND, id, &self.identifier);
    }
}

/// Converts FHIR's administrative gender to the program's sex.
pub fn sex(gender: &str) -> &'static str {
    match gender {
        "female" | "F" => "female",
        "male" | "M" => "male",
        "other" | "OTH" => "other",
        _ => "unknown",
    }
}

/// Returns the kind of staff from the code of a role or a degree, otherwise from its words.
fn staff_kind(code: &str, words: &str) -> &'static str {
    match code {
        "doctor" | "MD" | "DO" | "MBBS" => return "doctor",
        "nurse" | "RN" | "LPN" | "NP" => return "nurse",
        "pharmacist" | "RPH" => return "pharmacist",
        "ict" => return "technician",
        _ => {}
    }
    let words = words.to_lowercase();
    match () {
        () if words.contains("medicine") && words.contains("doctor") || words.contains("physician") => "doctor",
        () if words.contains("nurse") => "nurse",
        () if words.contains("pharmac") => "pharmacist",
        () if words.contains("techn") => "technician",
        () if words.contains("therap") => "therapist",
        () if words.contains("reception") => "receptionist",
        () => "other",
    }
}

/// The role of a practitioner and its department.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PractitionerRole {
    practitioner: Reference,
    organization: Reference,
    code: Vec<Concept>,
    specialty: Vec<Concept>,
}

impl Resource for PractitionerRole {
    const KIND: &'static str = "PractitionerRole";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let Local::Staff(staff) = known.find("practitioner", "Practitioner", &self.practitioner)? else {
            return Err(Trouble::new("practitioner", "does not point at a practitioner"));
        };
        let role = self.code.first();
        let kind = role.map(|role| staff_kind(role.code(), role.words()));
        let mut rows = vec![Row::PlaceStaff { staff, department: known.department("organization", &self.organization), kind }];
        // Patients choose doctors by specialty; for other staff the kind is enough.
        if kind == Some("doctor") {
            for specialty in &self.specialty {
                let name = cut(specialty.words(), 100);
                if !name.is_empty() {
                    let specialty = known.specialty(&name);
                    rows.push(Row::Insert(Table::Specialties, row![specialty, name]));
                    rows.push(Row::Insert(Table::StaffSpecialties, row![staff, specialty]));
                }
            }
        }
        Ok(Outcome::Rows(Rows { local, patient: None, made: rows }))
    }
}
