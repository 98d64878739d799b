//! Patients and their coverages.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{
    Address, Concept, ContactPoint, Extension, HumanName, Identifier, Period, Precision, Quantity, Reference, best_name, cut, date, moment,
    person_name,
};
use super::known::{Known, Local, Outcome, Resource, Rows};
use super::organisation::sex;
use crate::core::{BillingAccountId, CoverageId, PatientId, UserId};
use crate::db::Value;
use crate::imports::store::{Row, Table};
use crate::keys::{CONTACTS, COVERAGES, EMAIL_INDEX, IDENTIFIER_INDEX, IDENTIFIERS, PATIENTS, PHONE_INDEX, POLICY_INDEX};
use crate::patients::name_key::{name_key, search_terms};
use crate::row;

/// A patient.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Patient {
    identifier: Vec<Identifier>,
    name: Vec<HumanName>,
    telecom: Vec<ContactPoint>,
    gender: String,
    #[serde(rename = "birthDate")]
    birth_date: String,
    #[serde(rename = "deceasedDateTime")]
    deceased: String,
    address: Vec<Address>,
    #[serde(rename = "maritalStatus")]
    marital_status: Concept,
    communication: Vec<Communication>,
    contact: Vec<Contact>,
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
}

fn phones(points: &[ContactPoint]) -> Vec<&ContactPoint> {
    let mut phones: Vec<_> =
        points.iter().filter(|point| point.system == "phone" && !point.value.trim().is_empty() && point.usage != "old").collect();
    phones.sort_by_key(|point| point.usage != "mobile");
    phones
}

/// Returns the row of a contact person.
fn called(patient: PatientId, name: &str, relationship: &str, phone: &str) -> Vec<Value> {
    let id = Uuid::now_v7();
    row![id, patient, name, relationship, CONTACTS.seal(id, patient, [phone])]
}

impl Patient {
    fn born(&self) -> Result<Option<(chrono::NaiveDate, Precision)>, String> {
        match self.birth_date.as_str() {
            "" => Ok(None),
            text => date(text).map(Some).ok_or_else(|| format!("`birthDate` is not a date: {}", cut(text, 40))),
        }
    }

    fn contacts(&self, patient: PatientId, own_name: &str) -> Vec<Row> {
        let mut rows: Vec<Row> = phones(&self.telecom)
            .into_iter()
            .skip(1)
            // The patient's further numbers are stored as contacts with the relationship "self".
            .map(|phone| {
                Row::Insert(Table::PatientContacts, called(patient, own_name, &format!("self ({})", phone.usage), &cut(&phone.value, 40)))
            })
            .collect();
        for contact in &self.contact {
            let name = match contact.name.text.is_empty() {
                true => person_name(&format!("{} {}", contact.name.given.join(" "), contact.name.family)),
                false => person_name(&contact.name.text),
            };
            let relationship = contact.relationship.first().map_or("", Concept::words);
            let relationship = if relationship == "MTH" { "mother" } else { relationship };
            let phone = phones(&contact.telecom).first().map(|phone| cut(&phone.value, 40)).unwrap_or_default();
            if !name.is_empty() || !phone.is_empty() {
                rows.push(Row::Insert(Table::PatientContacts, called(patient, &name, &cut(relationship, 60), &phone)));
            }
        }
        rows
    }
}

impl Resource for Patient {
    const KIND: &'static str = "Patient";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, String> {
        let patient = PatientId(local);
        let best = best_name(&self.name).ok_or("`name` is missing")?;
        let (mut given, family) = (person_name(&best.given.join(" ")), person_name(&best.family));
        if given.is_empty() && family.is_empty() {
            given = person_name(&best.text);
        }
        if given.is_empty() && family.is_empty() {
            return Err("`name` is empty".to_owned());
        }
        let nickname =
            self.name.iter().find(|other| other.usage == "nickname").map(|other| person_name(&other.given.join(" "))).unwrap_or_default();
        let born = self.born()?;
        let precision = match born {
            None => "unknown",
            Some((_, Precision::Day)) => "day",
            Some((_, Precision::Month)) => "month",
            Some((_, Precision::Year)) => "year",
        };
        let birth_sex =
            self.extension.iter().find(|extension| extension.url.ends_with("us-core-birthsex")).map(|extension| sex(&extension.value_code));
        let phone = phones(&self.telecom).first().map(|phone| cut(&phone.value, 40)).unwrap_or_default();
        let email = self.telecom.iter().find(|point| point.system == "email").map(|point| cut(&point.value, 254)).unwrap_or_default();
        let nowhere = Address::default();
        let address = self.address.first().unwrap_or(&nowhere);
        let language = self.communication.iter().find(|spoken| spoken.preferred).or_else(|| self.communication.first());
        let language = language.map(|spoken| cut(spoken.language.code(), 35)).unwrap_or_default();
        let died = moment(&self.deceased, known.zone).map(|at| known.zone.day(at));
        let shown = format!("{given} {family}").trim().to_owned();

        let mut rows = vec![Row::Patient(row![
            patient,
            given.clone(),
            family.clone(),
            nickname.clone(),
            born.map(|(day, _)| day),
            precision,
            birth_sex.unwrap_or_else(|| sex(&self.gender)),
            if self.gender == "other" { "other" } else { "" },
            PATIENTS.seal(
                patient,
                patient,
                [
                    "",
                    &phone,
                    &email,
                    &cut(&address.line.join(", "), 300),
                    &cut(&address.city, 100),
                    &cut(&address.state, 100),
                    &cut(&address.postal_code, 20),
                    "",
                ],
            ),
            PHONE_INDEX.of(&phone),
            EMAIL_INDEX.of(&email),
            cut(&address.country, 100),
            language,
            cut(self.marital_status.words(), 40),
            died,
            name_key(&given, &family),
            known.now,
            UserId::SYSTEM,
            known.now,
            UserId::SYSTEM
        ])];
        for term in search_terms(&given, &family, &nickname) {
            rows.push(Row::Insert(Table::PatientSearchTerms, row![term, patient]));
        }
        for held in self.identifier.iter().filter(|held| !held.system.is_empty() && !held.value.is_empty()) {
            let (id, value) = (Uuid::now_v7(), cut(&held.value, 200));
            let row = row![id, cut(&held.system, 200), IDENTIFIER_INDEX.of(&value), patient, IDENTIFIERS.seal(id, patient, [&value])];
            rows.push(Row::Insert(Table::PatientIdentifiers, row));
        }
        rows.push(Row::Insert(Table::BillingAccounts, row![BillingAccountId::new(), patient, known.now, UserId::SYSTEM]));
        rows.extend(self.contacts(patient, &shown));
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }

    fn announce(&self, id: &str, local: Uuid, known: &mut Known) {
        let born = date(&self.birth_date).map(|(day, _)| day);
        known.insert(Self::KIND, id, Local::Patient { id: PatientId(local), born });
    }
}

/// A patient's coverage by an insurer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Coverage {
    status: String,
    #[serde(rename = "subscriberId")]
    subscriber_id: String,
    beneficiary: Reference,
    subscriber: Reference,
    payor: Vec<Reference>,
    #[serde(rename = "type")]
    kind: Concept,
    period: Period,
    class: Vec<Class>,
    #[serde(rename = "costToBeneficiary")]
    cost: Vec<Cost>,
    order: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Class {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cost {
    #[serde(rename = "type")]
    kind: Concept,
    #[serde(rename = "valueQuantity")]
    value: Quantity,
}

impl Resource for Coverage {
    const KIND: &'static str = "Coverage";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, String> {
        if matches!(self.status.as_str(), "draft" | "entered-in-error") {
            return Ok(Outcome::Homeless(None));
        }
        let patient = known.patient("beneficiary", &self.beneficiary)?;
        let Local::Insurer { id: insurer, self_pay } = known.find("payor", self.payor.first().ok_or("`payor` is missing")?)? else {
            return Err("`payor` does not point at an insurer".to_owned());
        };
        let day = |text: &str| date(text).map(|(day, _)| day);
        let (from, to) = (day(&self.period.start), day(&self.period.end));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err("`period` ends before it begins".to_owned());
        }
        let share = self.cost.iter().find(|cost| cost.kind.code() == "copaypct").and_then(|cost| cost.value.whole(0, 100));
        // A patient who pays alone pays everything, whatever share the plan states.
        let copay = if self_pay { 100 } else { share.unwrap_or(0) };
        let plan = if self.kind.words().is_empty() { self.class.first().map_or("", |class| &class.name) } else { self.kind.words() };
        let holder = if self.subscriber.key() == self.beneficiary.key() { "" } else { &self.subscriber.display };
        let ended = (self.status == "cancelled").then(|| moment(&self.period.end, known.zone).unwrap_or(known.now));
        let policy = cut(&self.subscriber_id, 60);
        let rows = vec![Row::Insert(
            Table::Coverages,
            row![
                CoverageId(local),
                patient,
                insurer,
                cut(plan, 200),
                COVERAGES.seal(local, patient, [&policy]),
                POLICY_INDEX.of(&policy),
                cut(holder, 200),
                from,
                to,
                copay,
                self.order.unwrap_or(1).clamp(1, 9),
                known.now,
                UserId::SYSTEM,
                ended
            ],
        )];
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }
}
