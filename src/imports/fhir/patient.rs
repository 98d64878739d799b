//! Patients.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{
    Address, Concept, ContactPoint, Extension, HumanName, Identifier, Reference, by_presence, cut, line, person_name, present_addresses,
    present_points,
};
use super::dates::{Precision, date, moment};
use super::known::{Known, Local, Outcome, Resource, Rows, SHARED};
use super::organisation::sex;
use super::trouble::Trouble;
use crate::core::{BillingAccountId, PatientId, UserId};
use crate::db::Value;
use crate::imports::store::{Row, Table};
use crate::keys::{CONTACTS, EMAIL_INDEX, IDENTIFIER_INDEX, IDENTIFIERS, PATIENTS, PHONE_INDEX};
use crate::patients::{
    BirthFault, DateOrder, Death, DeathPrecision, is_email,
    name_key::{name_key, search_terms},
    phone_fault, read_birth,
};
use crate::{row, tr};

/// A patient.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Patient {
    identifier: Vec<Identifier>,
    active: Option<bool>,
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    name: Vec<HumanName>,
    telecom: Vec<ContactPoint>,
    gender: String,
    #[serde(rename = "birthDate")]
    birth_date: String,
    #[serde(rename = "deceasedDateTime")]
    died: String,
    #[serde(rename = "deceasedBoolean")]
    dead: bool,
    address: Vec<Address>,
    #[serde(rename = "maritalStatus")]
    marital_status: Concept,
    communication: Vec<Communication>,
    contact: Vec<Contact>,
    link: Vec<Link>,
    extension: Vec<Extension>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Communication {
    language: Concept,
    preferred: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Contact {
    relationship: Vec<Concept>,
    name: HumanName,
    telecom: Vec<ContactPoint>,
    period: super::dates::Period,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Link {
    other: Reference,
    #[serde(rename = "type")]
    kind: String,
}

/// Whether a date says the time of day and its time zone, without which the minute is not known.
fn has_time(text: &str) -> bool {
    text.split_once('T').is_some_and(|(_, time)| time.ends_with(['Z', 'z']) || time.contains(['+', '-']))
}

/// Returns the row of a contact person.
fn called(patient: PatientId, name: &str, relationship: &str, phone: &str) -> Vec<Value> {
    let id = Uuid::now_v7();
    row![id, patient, name, relationship, CONTACTS.seal(id, patient, [phone])]
}

/// Returns the part of a text that the form takes as a phone number, and whether that is the whole of it.
fn phone_in(text: &str) -> Option<(String, bool)> {
    let whole = line(text);
    if phone_fault(&whole).is_none() {
        return Some((cut(&whole, 40), whole.chars().count() <= 40));
    }
    let end = whole.find([',', ';', '|', '&']).unwrap_or(whole.len());
    let first = whole[..end].trim().to_owned();
    (phone_fault(&first).is_none() && first.len() < whole.len()).then_some((cut(&first, 40), false))
}

impl Patient {
    /// Returns the numbers of a list that the form takes; the others are told.
    fn phones(points: &[ContactPoint], path: &str, known: &mut Known) -> Vec<(String, String)> {
        let present = present_points(points, &["phone", "sms"], known.now);
        let mut phones = Vec::new();
        for point in present {
            match phone_in(&point.value) {
                Some((number, whole)) => {
                    if !whole {
                        known.tell(Trouble::new(path, "only the number was taken, not the words beside it").about(&point.value));
                    }
                    phones.push((number, point.usage.clone()));
                }
                None => known.tell(Trouble::new(path, phone_fault(&point.value).unwrap_or_default()).about(&point.value)),
            }
        }
        phones
    }

    /// Returns the birth date if the form would take it.
    fn born(&self, known: &mut Known) -> Option<(chrono::NaiveDate, Precision)> {
        if self.birth_date.trim().is_empty() {
            return None;
        }
        let today = known.zone.day(known.now);
        let fault = read_birth(&self.birth_date, today, DateOrder::DayFirst).err();
        let born = date(&self.birth_date).filter(|_| fault.is_none());
        if born.is_none() {
            let reason = fault.unwrap_or(BirthFault::Unreadable).words();
            known.tell(Trouble { path: "birthDate".to_owned(), reason: reason.into(), about: String::new() }.about(&self.birth_date));
        }
        born
    }

    /// Returns the death. A date that cannot be read is no sign of life.
    fn death(&self, known: &mut Known) -> Option<Death> {
        let today = known.zone.day(known.now);
        if self.died.trim().is_empty() {
            return self.dead.then(|| Death::within(today, DeathPrecision::Unknown));
        }
        let unknown = Death::within(today, DeathPrecision::Unknown);
        Some(match date(&self.died) {
            None => {
                known.tell(
                    Trouble::new("deceasedDateTime", "not a date: the patient has died, on a day that is not known").about(&self.died),
                );
                unknown
            }
            Some((day, _)) if day > today => {
                known.tell(
                    Trouble::new("deceasedDateTime", "lies ahead: the patient has died, on a day that is not known").about(&self.died),
                );
                unknown
            }
            Some((day, Precision::Day)) => match moment(&self.died, known.zone).filter(|_| has_time(&self.died)) {
                // The day is the writer's, as that of other dates.
                Some(at) if at <= known.now => Death { at: Some(at), ..Death::on(day) },
                _ => Death::on(day),
            },
            Some((day, Precision::Month)) => Death::within(day, DeathPrecision::Month),
            Some((day, Precision::Year)) => Death::within(day, DeathPrecision::Year),
        })
    }

    fn contacts(&self, patient: PatientId, own_name: &str, phones: &[(String, String)], known: &mut Known) -> Vec<Row> {
        // The patient's further numbers are stored as contacts with the relationship "self".
        let further = phones.iter().skip(1).map(|(number, usage)| {
            let relationship = if usage.is_empty() { "self".to_owned() } else { format!("self ({usage})") };
            Row::Insert(Table::PatientContacts, called(patient, own_name, &relationship, number))
        });
        let mut rows: Vec<Row> = further.collect();
        for (at, contact) in self.contact.iter().enumerate() {
            if super::dates::is_over(&contact.period, known.now) {
                continue;
            }
            let (given, family) = contact.name.parts();
            let name = match contact.name.text.is_empty() {
                true => person_name(&format!("{given} {family}")),
                false => person_name(&contact.name.text),
            };
            let words = super::datatypes::all_words(&contact.relationship, ", ");
            let relationship =
                if words == "MTH" { "mother".to_owned() } else { known.fit(&format!("contact[{at}].relationship"), &words, 60) };
            let numbers = Self::phones(&contact.telecom, &format!("contact[{at}].telecom"), known);
            let first = numbers.first().map(|(number, _)| number.clone()).unwrap_or_default();
            if !name.is_empty() || !first.is_empty() {
                rows.push(Row::Insert(Table::PatientContacts, called(patient, &name, &relationship, &first)));
            }
            rows.extend(
                numbers
                    .iter()
                    .skip(1)
                    .map(|(number, _)| Row::Insert(Table::PatientContacts, called(patient, &name, &relationship, number))),
            );
        }
        rows
    }

    /// Returns the rows of the identifiers; one without a system is kept under the words of its type.
    fn identifiers(&self, patient: PatientId, known: &mut Known) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for (at, held) in self.identifier.iter().enumerate() {
            let value = line(&held.value);
            if value.is_empty() {
                continue;
            }
            let path = format!("identifier[{at}]");
            let system = if held.system.trim().is_empty() { held.kind.words().to_owned() } else { held.system.clone() };
            if held.system.trim().is_empty() {
                known.tell(Trouble::new(path.clone(), "has no system: kept under the words of its type").about(&system));
            }
            let (system, value) = (known.fit(&path, &system, 200), known.fit(&path, &value, 200));
            if known.is_shared(&held.key(Self::KIND)) {
                known.tell(Trouble::new(path.clone(), SHARED).about(&value));
            }
            if seen.insert((system.clone(), value.clone())) {
                let id = Uuid::now_v7();
                let row = row![id, system, IDENTIFIER_INDEX.of(&value), patient, IDENTIFIERS.seal(id, patient, [&value])];
                rows.push(Row::Insert(Table::PatientIdentifiers, row));
            }
        }
        rows
    }

    /// Tells what marks the whole record as doubtful.
    fn tell_marks(&self, known: &mut Known) {
        if self.active == Some(false) {
            known.tell(Trouble::new("active", "the source no longer uses this record"));
        }
        for link in &self.link {
            let (reason, other) = (link.kind.as_str(), link.other.key("Patient").unwrap_or_default());
            known.tell(match reason {
                "replaced-by" => Trouble::new("link", "replaced by a patient who is not here: stands for itself").about(&other),
                "replaces" => continue,
                _ => Trouble::new("link", "the source links it with another patient: a possible duplicate").about(&other),
            });
        }
    }

    /// Returns the patient who replaced this one, if that one is here.
    fn replaced_by(&self, known: &Known) -> Option<Local> {
        let link = self.link.iter().find(|link| link.kind == "replaced-by")?;
        known.find("link", Self::KIND, &link.other).ok().filter(|local| matches!(local, Local::Patient { .. }))
    }

    fn email(&self, known: &mut Known) -> String {
        let points = present_points(&self.telecom, &["email"], known.now);
        for point in points {
            let address = line(&point.value);
            if is_email(&address) && address.chars().count() <= 254 {
                return address;
            }
            known.tell(Trouble::new("telecom", "is no e-mail address").about(&address));
        }
        String::new()
    }
}

impl Resource for Patient {
    const KIND: &'static str = "Patient";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        if let Some(Local::Patient { id: real, .. }) = self.replaced_by(known) {
            return Ok(Outcome::kept(real, "link", "replaced by another patient, whose record has what belongs to it"));
        }
        if !self.modifiers.is_empty() {
            return Err(Trouble::new("modifierExtension", "changes the meaning of the whole resource"));
        }
        let patient = PatientId(local);
        let names = by_presence(&self.name, known.now);
        let present = names.iter().find(|name| name.usage != "nickname").or_else(|| names.first());
        let (mut given, family) = present.map(|name| name.parts()).unwrap_or_default();
        if given.is_empty() && family.is_empty() {
            tr!(patients.unknown_person).clone_into(&mut given);
            known.tell(Trouble::new("name", "missing or unreadable: registered as an unknown person"));
        }
        if let Some(titles) = present.map(|name| name.titles()).filter(|titles| !titles.is_empty()) {
            known.tell(Trouble::new("name.suffix", "a title has no place in the record").about(&titles.join(" ")));
        }
        let nickname = names.iter().find(|other| other.usage == "nickname").map(|other| person_name(&other.given.join(" ")));
        let nickname = nickname.unwrap_or_default();
        self.tell_marks(known);
        let born = self.born(known);
        let precision = born.map_or("unknown", |(_, precision)| precision.word());
        let birth_sex =
            self.extension.iter().find(|extension| extension.url.ends_with("us-core-birthsex")).map(|extension| sex(&extension.value_code));
        let phones = Self::phones(&self.telecom, "telecom", known);
        let phone = phones.first().map(|(number, _)| number.clone()).unwrap_or_default();
        let email = self.email(known);
        let addresses = present_addresses(&self.address, known.now);
        if addresses.len() > 1 {
            known.tell(Trouble::new("address", "the record has one of several present addresses"));
        }
        let nowhere = Address::default();
        let address = addresses.first().copied().unwrap_or(&nowhere);
        let language = self.communication.iter().find(|spoken| spoken.preferred).or_else(|| self.communication.first());
        let language = language.map(|spoken| cut(spoken.language.code(), 35)).unwrap_or_default();
        let death = self.death(known);
        let shown = format!("{given} {family}").trim().to_owned();
        let places = [
            known.fit("address.line", &address.street(), 300),
            known.fit("address.city", &address.city, 100),
            known.fit("address.state", &address.state, 100),
            known.fit("address.postalCode", &address.postal_code, 20),
        ];
        let [street, city, region, postal_code] = &places;

        let mut rows = vec![Row::Patient(row![
            patient,
            given.clone(),
            family.clone(),
            nickname.clone(),
            born.map(|(day, _)| day),
            precision,
            birth_sex.unwrap_or_else(|| sex(&self.gender)),
            if self.gender == "other" { "other" } else { "" },
            PATIENTS.seal(patient, patient, ["", &phone, &email, street, city, region, postal_code, ""]),
            PHONE_INDEX.of(&phone),
            EMAIL_INDEX.of(&email),
            known.fit("address.country", &address.country, 100),
            language,
            known.fit("maritalStatus", self.marital_status.words(), 40),
            death.map(|death| death.day),
            death.map_or(DeathPrecision::Day, |death| death.precision).as_str(),
            name_key(&given, &family),
            known.now,
            UserId::SYSTEM,
            known.now,
            UserId::SYSTEM,
            death.and_then(|death| death.at)
        ])];
        // A search finds the patient by former names too.
        let mut terms = search_terms(&given, &family, &nickname);
        let mut known_names = std::collections::BTreeSet::from([(given.clone(), family.clone())]);
        for other in &names {
            let (given, family) = other.parts();
            terms.extend(search_terms(&given, &family, ""));
            if other.usage != "nickname" && known_names.insert((given.clone(), family.clone())) {
                rows.push(Row::Insert(Table::FormerNames, row![patient, given, family]));
            }
        }
        rows.extend(terms.into_iter().map(|term| Row::Insert(Table::PatientSearchTerms, row![term, patient])));
        rows.extend(self.identifiers(patient, known));
        rows.push(Row::Insert(Table::BillingAccounts, row![BillingAccountId::new(), patient, known.now, UserId::SYSTEM]));
        rows.extend(self.contacts(patient, &shown, &phones, known));
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }

    fn announce(&self, id: &str, local: Uuid, known: &mut Known) {
        if let Some(other) = self.replaced_by(known) {
            // All that points at the replaced patient belongs to the one who replaced it.
            known.insert(Self::KIND, id, other);
            known.identified(Self::KIND, id, &self.identifier);
            return;
        }
        let born = date(&self.birth_date).map(|(day, _)| day);
        known.insert(Self::KIND, id, Local::Patient { id: PatientId(local), born });
        known.identified(Self::KIND, id, &self.identifier);
    }

    fn waits(&self) -> bool {
        self.link.iter().any(|link| link.kind == "replaced-by")
    }
}
