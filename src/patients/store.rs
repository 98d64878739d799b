//! The SQL of patients' records.

use super::{Contact, Facts, NewContact, NewPatient, Patient, PatientLine, duplicate::Known, mrn, name_key, phone_digits};
use crate::{
    core::{Error, PatientId, Result, UserId, time::Instant},
    db::{Sql, Tx, Value, sql},
    tr,
};

pub(super) async fn find(tx: &mut Tx, id: PatientId) -> Result<Option<Patient>> {
    let query = sql("SELECT p.id, p.mrn, p.given_names, p.family_name, p.preferred_name, p.birth_date, p.birth_precision, p.sex, p.gender,
            p.national_id, p.phone, p.email, p.address, p.city, p.region, p.postal_code, p.country, p.language, p.marital_status,
            p.blood_group, p.allergy_status, p.deceased_on, p.created_at, p.updated_at, u.display_name AS updated_by_name, p.version
        FROM patients p JOIN users u ON u.id = p.updated_by WHERE p.id = $1")
    .bind(id);
    Ok(tx.optional(query).await?)
}

pub(super) async fn lines(tx: &mut Tx, ids: &[PatientId]) -> Result<Vec<PatientLine>> {
    let mut lines = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let query = sql(
            "SELECT id, mrn, given_names, family_name, preferred_name, birth_date, birth_precision, sex, phone FROM patients WHERE id IN ",
        );
        lines.extend(tx.all::<PatientLine>(query.push_list(ids.iter().copied())).await?);
    }
    Ok(lines)
}

pub(super) async fn insert(tx: &mut Tx, patient: &NewPatient, now: Instant, by: UserId) -> Result<bool> {
    // Taking the number locks its series: the same form sent twice waits here, and is seen below.
    let number = crate::organisation::next_number(tx, mrn::MRN_SERIES).await?;
    let mrn = mrn::Mrn::from_number(u64::try_from(number).unwrap_or_default());
    let facts = &patient.facts;
    if tx.count(sql("SELECT count(*) FROM patients WHERE id = $1").bind(patient.id)).await? > 0 {
        return Ok(false);
    }
    let query = sql("INSERT INTO patients (id, mrn, given_names, family_name, preferred_name, birth_date, birth_precision, sex, gender,
            national_id, phone, phone_digits, email, address, city, region, postal_code, country, language, marital_status, blood_group,
            name_key, created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)")
    .bind(patient.id)
    .bind(mrn.as_str());
    let query = bind_facts(query, facts).bind(now).bind(by).bind(now).bind(by);
    tx.execute(query).await?;
    write_terms(tx, patient.id, facts).await?;
    Ok(true)
}

/// Saves what was typed, if nobody else saved since `version`.
pub(super) async fn update(tx: &mut Tx, id: PatientId, facts: &Facts, version: i64, now: Instant, by: UserId) -> Result<bool> {
    let query = sql("UPDATE patients SET given_names = $3, family_name = $4, preferred_name = $5, birth_date = $6, birth_precision = $7,
            sex = $8, gender = $9, national_id = $10, phone = $11, phone_digits = $12, email = $13, address = $14, city = $15, region = $16,
            postal_code = $17, country = $18, language = $19, marital_status = $20, blood_group = $21, name_key = $22,
            updated_at = $23, updated_by = $24, version = version + 1
        WHERE id = $1 AND version = $2")
    .bind(id)
    .bind(version);
    if tx.execute(bind_facts(query, facts).bind(now).bind(by)).await? == 0 {
        return Ok(false);
    }
    tx.execute(sql("DELETE FROM patient_search_terms WHERE patient_id = $1").bind(id)).await?;
    write_terms(tx, id, facts).await?;
    Ok(true)
}

/// Twenty values, from the given names to the name's key.
fn bind_facts(query: Sql, facts: &Facts) -> Sql {
    query
        .bind(&facts.name.given_names)
        .bind(&facts.name.family_name)
        .bind(&facts.name.preferred_name)
        .bind(facts.birth.date)
        .bind(facts.birth.precision)
        .bind(facts.sex)
        .bind(&facts.more.gender)
        .bind(&facts.more.national_id)
        .bind(&facts.more.phone)
        .bind(phone_digits(&facts.more.phone))
        .bind(&facts.more.email)
        .bind(&facts.more.address)
        .bind(&facts.more.city)
        .bind(&facts.more.region)
        .bind(&facts.more.postal_code)
        .bind(&facts.more.country)
        .bind(&facts.more.language)
        .bind(&facts.more.marital_status)
        .bind(&facts.more.blood_group)
        .bind(name_key::name_key(&facts.name.given_names, &facts.name.family_name))
}

async fn write_terms(tx: &mut Tx, id: PatientId, facts: &Facts) -> Result<()> {
    let names = [facts.name.given_names.as_str(), &facts.name.family_name, &facts.name.preferred_name];
    let rows: Vec<_> = name_key::search_terms(names).into_iter().map(|term| vec![Value::from(term), Value::from(id)]).collect();
    if !rows.is_empty() {
        tx.execute(sql("INSERT INTO patient_search_terms (term, patient_id) VALUES ").push_rows(rows)).await?;
    }
    Ok(())
}

pub(super) async fn user_of(tx: &mut Tx, id: PatientId) -> Result<Option<UserId>> {
    let row: Option<(UserId,)> = tx.optional(sql("SELECT user_id FROM patient_users WHERE patient_id = $1").bind(id)).await?;
    Ok(row.map(|(user,)| user))
}

pub(super) async fn link_user(tx: &mut Tx, patient: PatientId, user: UserId, now: Instant, by: UserId) -> Result<()> {
    let query = sql("INSERT INTO patient_users (user_id, patient_id, linked_at, linked_by) VALUES ($1, $2, $3, $4)")
        .bind(user)
        .bind(patient)
        .bind(now)
        .bind(by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(patients.has_sign_in))),
        done => Ok(done.map(|_| ())?),
    }
}

pub(super) async fn contacts(tx: &mut Tx, patient: PatientId) -> Result<Vec<Contact>> {
    let query = sql("SELECT id, name, relationship, phone FROM patient_contacts WHERE patient_id = $1 ORDER BY id").bind(patient);
    Ok(tx.all(query).await?)
}

pub(super) async fn insert_contact(tx: &mut Tx, patient: PatientId, contact: &NewContact) -> Result<uuid::Uuid> {
    let id = uuid::Uuid::now_v7();
    let query = sql("INSERT INTO patient_contacts (id, patient_id, name, relationship, phone) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(patient)
        .bind(&contact.name)
        .bind(&contact.relationship)
        .bind(&contact.phone);
    tx.execute(query).await?;
    Ok(id)
}

pub(super) async fn remove_contact(tx: &mut Tx, patient: PatientId, contact: uuid::Uuid) -> Result<bool> {
    let query = sql("DELETE FROM patient_contacts WHERE id = $1 AND patient_id = $2").bind(contact).bind(patient);
    Ok(tx.execute(query).await? == 1)
}

/// Records that agree in something that is looked up: national id, phone, the sound of the name, the birth date.
pub(super) async fn alike(tx: &mut Tx, facts: &Facts) -> Result<Vec<Known>> {
    let mut known = Vec::new();
    if !facts.more.national_id.is_empty() {
        known.extend(tx.all(comparable("national_id = $1 AND national_id <> ''").bind(&facts.more.national_id).push(" LIMIT 20")).await?);
    }
    let phone = phone_digits(&facts.more.phone);
    if phone.len() >= 5 {
        known.extend(tx.all(comparable("phone_digits = $1 AND phone_digits <> ''").bind(phone).push(" LIMIT 50")).await?);
    }
    let key = name_key::name_key(&facts.name.given_names, &facts.name.family_name);
    if !key.is_empty() {
        known.extend(tx.all(comparable("name_key = $1").bind(&key).push(" LIMIT 300")).await?);
    }
    if let Some(date) = facts.birth.date {
        known.extend(tx.all(comparable("birth_date = $1").bind(date).push(" LIMIT 1000")).await?);
    }
    Ok(known)
}

fn comparable(condition: &'static str) -> Sql {
    sql("SELECT id, mrn, given_names, family_name, preferred_name, birth_date, birth_precision, sex, phone, national_id
        FROM patients WHERE ")
    .push(condition)
}
