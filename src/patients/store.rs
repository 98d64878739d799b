//! The SQL of patients' records.

use std::collections::HashMap;

use super::{
    Birth, Contact, Death, DeathPrecision, Facts, NewContact, Patient, PatientLine, PatientName, Sex,
    duplicate::{Known, SHORTEST_PHONE, Turn},
    mrn, name_key, phone, phone_digits,
};
use chrono::NaiveDate;

use crate::{
    core::{ContactId, Error, PatientId, Result, Stamp, UserId, time::Instant},
    db::{Lockable, Locked, Sql, Tx, Value, sql},
    keys::{CONTACTS, EMAIL_INDEX, Keyring, NATIONAL_ID_INDEX, PATIENTS, PHONE_INDEX, Sealed, Unopened},
    tr,
};

impl Lockable for PatientId {
    const TABLE: &'static str = "patients";
}

/// A row and its sealed fields.
#[derive(sqlx::FromRow)]
struct WithSealed<T> {
    #[sqlx(flatten)]
    row: T,
    sealed: Sealed,
}

impl WithSealed<PatientLine> {
    fn opened(mut self, keys: &Keyring) -> Result<PatientLine, Unopened> {
        [_, self.row.phone, _, _, self.row.town, _, _, self.row.description] =
            PATIENTS.open(keys, self.row.id, self.row.id, &self.sealed)?;
        Ok(self.row)
    }
}

pub(super) async fn death(tx: &mut Tx, id: PatientId) -> Result<Option<Death>> {
    let query = sql("SELECT deceased_on, deceased_precision, deceased_at FROM patients WHERE id = ").push_bind(id);
    let row: Option<(Option<NaiveDate>, DeathPrecision, Option<Instant>)> = tx.optional(query).await?;
    Ok(row.and_then(|(day, precision, at)| Some(Death { day: day?, precision, at })))
}

/// The day of death is not sealed, and not of what a person told: the record's text stays as it is.
pub(super) async fn set_death(tx: &mut Tx, patient: Locked<PatientId>, death: Option<Death>, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE patients SET deceased_on = $1, deceased_precision = $2, deceased_at = $3, updated_at = $4, updated_by = $5,
            version = version + 1 WHERE id = $6")
    .bind(death.map(|death| death.day))
    .bind(death.map_or(DeathPrecision::Day, |death| death.precision))
    .bind(death.and_then(|death| death.at))
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(patient.id());
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, id: PatientId) -> Result<Option<Patient>> {
    let query = sql("SELECT p.id, p.mrn, p.given_names, p.family_name, p.preferred_name, p.birth_date, p.birth_precision, p.sex, p.gender,
            p.country, p.language, p.marital_status, p.blood_group, p.allergy_status, p.deceased_on, p.deceased_precision, p.deceased_at, p.created_at, p.updated_at,
            u.display_name AS updated_by_name, p.version, p.sealed
        FROM patients p JOIN users u ON u.id = p.updated_by WHERE p.id = $1")
    .bind(id);
    let Some(WithSealed { row: mut patient, sealed }) = tx.optional::<WithSealed<Patient>>(query).await? else { return Ok(None) };
    let more = &mut patient.facts.more;
    [more.national_id, more.phone, more.email, more.address, more.city, more.region, more.postal_code, more.description] =
        PATIENTS.open(tx.keys(), id, id, &sealed)?;
    Ok(Some(patient))
}

pub(super) async fn lines(tx: &mut Tx, ids: &[PatientId]) -> Result<Vec<PatientLine>> {
    let mut lines = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        lines.extend(listed(tx, sql("WHERE id IN ").push_list(ids.iter().copied())).await?);
    }
    Ok(lines)
}

/// Returns the patients that the rest of the query selects, in its order.
async fn listed(tx: &mut Tx, rest: Sql) -> Result<Vec<PatientLine>> {
    let query =
        rest.after("SELECT id, mrn, given_names, family_name, preferred_name, birth_date, birth_precision, sex, sealed FROM patients ");
    let rows: Vec<WithSealed<PatientLine>> = tx.all(query).await?;
    Ok(rows.into_iter().map(|row| row.opened(tx.keys())).collect::<Result<_, _>>()?)
}

/// A [`PatientLine`] without contact data.
#[derive(sqlx::FromRow)]
struct Identity {
    id: PatientId,
    mrn: String,
    #[sqlx(flatten)]
    name: PatientName,
    #[sqlx(flatten)]
    birth: Birth,
    sex: Sex,
}

/// Returns the same as [`lines`] for any patient: the identity, and no contact data.
pub(super) async fn identities(tx: &mut Tx, ids: &[PatientId]) -> Result<Vec<PatientLine>> {
    identified(tx, ids, "patient_identities").await
}

/// Returns the same as [`lines`] without contact data: nothing is decrypted.
pub(super) async fn lines_without_contact(tx: &mut Tx, ids: &[PatientId]) -> Result<Vec<PatientLine>> {
    identified(tx, ids, "patients").await
}

async fn identified(tx: &mut Tx, ids: &[PatientId], from: &'static str) -> Result<Vec<PatientLine>> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let query = sql("SELECT id, mrn, given_names, family_name, preferred_name, birth_date, birth_precision, sex FROM ");
        let rows: Vec<Identity> = tx.all(query.push(from).push(" WHERE id IN ").push_list(ids.iter().copied())).await?;
        found.extend(rows.into_iter().map(|Identity { id, mrn, name, birth, sex }| PatientLine {
            id,
            mrn,
            name,
            birth,
            sex,
            phone: String::new(),
            town: String::new(),
            description: String::new(),
        }));
    }
    Ok(found)
}

/// Returns the lines of all given patients, in that order; only the identity of patients whom the reader may not see in
/// full.
pub(super) async fn lines_of_anybody(tx: &mut Tx, ids: &[PatientId]) -> Result<Vec<PatientLine>> {
    let mut known: HashMap<PatientId, PatientLine> = lines(tx, ids).await?.into_iter().map(|line| (line.id, line)).collect();
    let others: Vec<PatientId> = ids.iter().copied().filter(|id| !known.contains_key(id)).collect();
    known.extend(identities(tx, &others).await?.into_iter().map(|line| (line.id, line)));
    Ok(ids.iter().filter_map(|id| known.remove(id)).collect())
}

/// Returns the user who registered the patient.
pub(super) async fn registered_by(tx: &mut Tx, id: PatientId) -> Result<Option<UserId>> {
    let row: Option<(UserId,)> = tx.optional(sql("SELECT created_by FROM patients WHERE id = $1").bind(id)).await?;
    Ok(row.map(|(user,)| user))
}

pub(super) async fn insert(tx: &mut Tx, id: PatientId, turn: &Turn<'_>, stamp: Stamp) -> Result<bool> {
    // Taking the number locks its series: a second copy of the same form waits here, and is detected below.
    let number = crate::organisation::next_number(tx, mrn::MRN_SERIES).await?;
    let mrn = mrn::Mrn::from_number(u64::try_from(number).unwrap_or_default());
    let facts = turn.facts();
    if tx.count(sql("SELECT count(*) FROM patients WHERE id = $1").bind(id)).await? > 0 {
        return Ok(false);
    }
    let query = sql("INSERT INTO patients (id, mrn, given_names, family_name, preferred_name, birth_date, birth_precision, sex, gender,
            country, language, marital_status, blood_group, name_key, sealed, phone_index, national_id_index, email_index, created_at,
            created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)")
    .bind(id)
    .bind(mrn.as_str());
    let query = bind_facts(query, id, facts).bind(stamp.at).bind(stamp.by).bind(stamp.at).bind(stamp.by);
    tx.execute(query).await?;
    write_terms(tx, id, facts).await?;
    Ok(true)
}

/// Saves the entered facts, if no other user has saved since `version`.
pub(super) async fn update(tx: &mut Tx, patient: Locked<PatientId>, turn: &Turn<'_>, version: i64, stamp: Stamp) -> Result<bool> {
    let (id, facts) = (patient.id(), turn.facts());
    let query = sql("UPDATE patients SET given_names = $3, family_name = $4, preferred_name = $5, birth_date = $6, birth_precision = $7,
            sex = $8, gender = $9, country = $10, language = $11, marital_status = $12, blood_group = $13, name_key = $14, sealed = $15,
            phone_index = $16, national_id_index = $17, email_index = $18, updated_at = $19, updated_by = $20, version = version + 1
        WHERE id = $1 AND version = $2")
    .bind(id)
    .bind(version);
    if tx.execute(bind_facts(query, id, facts).bind(stamp.at).bind(stamp.by)).await? == 0 {
        return Ok(false);
    }
    tx.changed(&PATIENTS, id);
    tx.execute(sql("DELETE FROM patient_search_terms WHERE patient_id = $1").bind(id)).await?;
    write_terms(tx, id, facts).await?;
    Ok(true)
}

/// Sixteen values, from the given names to the blind indexes.
fn bind_facts(query: Sql, id: PatientId, facts: &Facts) -> Sql {
    let more = &facts.more;
    let told = [&more.national_id, &more.phone, &more.email, &more.address, &more.city, &more.region, &more.postal_code, &more.description];
    query
        .bind(&facts.name.given_names)
        .bind(&facts.name.family_name)
        .bind(&facts.name.preferred_name)
        .bind(facts.birth.date)
        .bind(facts.birth.precision)
        .bind(facts.sex)
        .bind(&more.gender)
        .bind(&more.country)
        .bind(&more.language)
        .bind(&more.marital_status)
        .bind(&more.blood_group)
        .bind(name_key::name_key(&facts.name.given_names, &facts.name.family_name))
        .bind(PATIENTS.seal(id, id, told.map(String::as_str)))
        .bind(PHONE_INDEX.of(&more.phone))
        .bind(NATIONAL_ID_INDEX.of(&more.national_id))
        .bind(EMAIL_INDEX.of(&more.email))
}

async fn write_terms(tx: &mut Tx, id: PatientId, facts: &Facts) -> Result<()> {
    let PatientName { given_names, family_name, preferred_name } = &facts.name;
    let mut terms = name_key::search_terms(given_names, family_name, preferred_name);
    for former in former_names(tx, &[id]).await?.remove(&id).unwrap_or_default() {
        terms.extend(name_key::search_terms(&former.given_names, &former.family_name, ""));
    }
    let rows: Vec<_> = terms.into_iter().map(|term| vec![Value::from(term), Value::from(id)]).collect();
    if !rows.is_empty() {
        tx.execute(sql("INSERT INTO patient_search_terms (term, patient_id) VALUES ").push_rows(rows)).await?;
    }
    Ok(())
}

/// Returns the former names of patients, by which a search finds them too.
pub(super) async fn former_names(tx: &mut Tx, ids: &[PatientId]) -> Result<HashMap<PatientId, Vec<PatientName>>> {
    let query =
        sql("SELECT patient_id, given_names, family_name FROM patient_former_names WHERE patient_id IN ").push_list(ids.iter().copied());
    let mut names: HashMap<PatientId, Vec<PatientName>> = HashMap::new();
    for (id, given_names, family_name) in tx.all::<(PatientId, String, String)>(query).await? {
        names.entry(id).or_default().push(PatientName { given_names, family_name, preferred_name: String::new() });
    }
    Ok(names)
}

pub(super) async fn user_of(tx: &mut Tx, id: PatientId) -> Result<Option<UserId>> {
    let row: Option<(UserId,)> = tx.optional(sql("SELECT user_id FROM patient_users WHERE patient_id = $1").bind(id)).await?;
    Ok(row.map(|(user,)| user))
}

/// Returns the users to notify about the patient now: the patient's own account, and those of the people who act for
/// the patient.
pub(super) async fn hearers(tx: &mut Tx, id: PatientId, now: Instant) -> Result<Vec<(UserId, bool)>> {
    let query = sql("SELECT user_id, guardian FROM bells
        WHERE patient_id = $1 AND (ends_at IS NULL OR ends_at > $2)")
    .bind(id)
    .bind(now);
    Ok(tx.all(query).await?)
}

pub(super) async fn link_user(tx: &mut Tx, patient: PatientId, user: UserId, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO patient_users (user_id, patient_id, linked_at, linked_by) VALUES ($1, $2, $3, $4)")
        .bind(user)
        .bind(patient)
        .bind(stamp.at)
        .bind(stamp.by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(patients.has_sign_in))),
        done => Ok(done.map(|_| ())?),
    }
}

pub(super) async fn contacts(tx: &mut Tx, patient: PatientId) -> Result<Vec<Contact>> {
    let query = sql("SELECT id, name, relationship, sealed FROM patient_contacts WHERE patient_id = $1 ORDER BY id").bind(patient);
    let rows: Vec<WithSealed<Contact>> = tx.all(query).await?;
    let opened = |WithSealed { row, sealed }: WithSealed<Contact>| {
        let [phone] = CONTACTS.open(tx.keys(), row.id, patient, &sealed)?;
        Ok(Contact { phone, ..row })
    };
    Ok(rows.into_iter().map(opened).collect::<Result<_, Unopened>>()?)
}

pub(super) async fn insert_contact(tx: &mut Tx, patient: Locked<PatientId>, contact: &NewContact) -> Result<ContactId> {
    let id = ContactId::new();
    let query = sql("INSERT INTO patient_contacts (id, patient_id, name, relationship, sealed) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(patient.id())
        .bind(&contact.name)
        .bind(&contact.relationship)
        .bind(CONTACTS.seal(id, patient.id(), [&contact.phone]));
    tx.execute(query).await?;
    Ok(id)
}

pub(super) async fn remove_contact(tx: &mut Tx, patient: Locked<PatientId>, contact: ContactId) -> Result<bool> {
    let query = sql("DELETE FROM patient_contacts WHERE id = $1 AND patient_id = $2").bind(contact).bind(patient.id());
    let removed = tx.execute(query).await? == 1;
    if removed {
        tx.changed(&CONTACTS, contact);
    }
    Ok(removed)
}

/// Returns records that agree in one of the searched values: national id, phone, the sound of the name, the birth date.
pub(super) async fn alike(tx: &mut Tx, facts: &Facts, country: &str) -> Result<Vec<Known>> {
    let mut known = Vec::new();
    if !facts.more.national_id.is_empty() {
        let sought = sql("national_id_index IN ").push_list(NATIONAL_ID_INDEX.sought(&facts.more.national_id)).push(" LIMIT 20");
        known.extend(comparable(tx, sought).await?);
    }
    if phone_digits(&facts.more.phone).len() >= SHORTEST_PHONE {
        let spellings = phone::spellings(&facts.more.phone, country);
        let sought = spellings.iter().flat_map(|digits| PHONE_INDEX.sought(digits));
        known.extend(comparable(tx, sql("phone_index IN ").push_list(sought).push(" LIMIT 50")).await?);
    }
    let key = name_key::name_key(&facts.name.given_names, &facts.name.family_name);
    if !key.is_empty() {
        known.extend(comparable(tx, sql("name_key = $1").bind(&key).push(" LIMIT 300")).await?);
    }
    let letters = name_key::both_orders(&facts.name.given_names, &facts.name.family_name);
    if !letters.is_empty() {
        let terms = letters.into_iter().map(|letters| format!("{}{letters}", name_key::LETTERS));
        let query = sql("id IN (SELECT patient_id FROM patient_search_terms WHERE term IN ").push_list(terms).push(" LIMIT 300)");
        known.extend(comparable(tx, query).await?);
    }
    if let Some(date) = facts.birth.date {
        known.extend(comparable(tx, sql("birth_date = $1").bind(date).push(" LIMIT 1000")).await?);
    }
    Ok(known)
}

async fn comparable(tx: &mut Tx, condition: Sql) -> Result<Vec<Known>> {
    let query = condition
        .after("SELECT id, mrn, given_names, family_name, preferred_name, birth_date, birth_precision, sex, sealed FROM patients WHERE ");
    let rows: Vec<WithSealed<Known>> = tx.all(query).await?;
    let opened = |WithSealed { row: mut known, sealed }: WithSealed<Known>| {
        [known.national_id, known.line.phone, ..] = PATIENTS.open(tx.keys(), known.line.id, known.line.id, &sealed)?;
        Ok(known)
    };
    Ok(rows.into_iter().map(opened).collect::<Result<_, Unopened>>()?)
}

/// Returns those of the given patients who have a namesake: by all letters of the name, and by birth date and sound of
/// the name. The patients in `without` are nobody's namesake.
pub(super) async fn namesakes(tx: &mut Tx, ids: &[PatientId], without: &[PatientId]) -> Result<Vec<PatientId>> {
    let except = |query: Sql, column: &'static str| match without {
        [] => query,
        _ => query.push(column).push(" NOT IN ").push_list(without.iter().copied()),
    };
    // The letters follow `~=` (`name_key::LETTERS`). PostgreSQL runs a limited subquery once for each row, by its index; it turns
    // EXISTS into a join, and for a long list reads the whole table.
    let letters = sql("SELECT DISTINCT a.patient_id FROM patient_search_terms a WHERE substr(a.term, 1, 2) = '~='
            AND (SELECT o.patient_id FROM patient_search_terms o WHERE o.term = a.term AND o.patient_id <> a.patient_id");
    let letters = except(letters, " AND o.patient_id").push(" LIMIT 1) IS NOT NULL AND a.patient_id IN ");
    let sounds = sql("SELECT a.id FROM patient_identities a WHERE a.name_key <> '' AND a.birth_date IS NOT NULL
            AND (SELECT o.id FROM patient_identities o WHERE o.name_key = a.name_key AND o.birth_date = a.birth_date AND o.id <> a.id");
    let sounds = except(sounds, " AND o.id").push(" LIMIT 1) IS NOT NULL AND a.id IN ");
    let mut found: Vec<(PatientId,)> = tx.all(letters.push_list(ids.iter().copied())).await?;
    found.extend(tx.all::<(PatientId,)>(sounds.push_list(ids.iter().copied())).await?);
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Returns the version of the form in which the names' keys are stored.
pub(super) async fn names_form(tx: &mut Tx) -> Result<i64> {
    Ok(tx.count(sql("SELECT form FROM names_form")).await?)
}

pub(super) async fn set_names_form(tx: &mut Tx, form: i64) -> Result<()> {
    tx.execute(sql("UPDATE names_form SET form = $1").bind(form)).await?;
    Ok(())
}

/// Returns the next patients by id, with their names.
pub(super) async fn names_after(tx: &mut Tx, after: Option<PatientId>, limit: i64) -> Result<Vec<(PatientId, PatientName)>> {
    #[derive(sqlx::FromRow)]
    struct Named {
        id: PatientId,
        #[sqlx(flatten)]
        name: PatientName,
    }
    let columns = sql("SELECT id, given_names, family_name, preferred_name FROM patients");
    let query = match after {
        Some(id) => columns.push(" WHERE id > ").push_bind(id),
        None => columns,
    };
    let rows: Vec<Named> = tx.all(query.push(" ORDER BY id LIMIT ").push_bind(limit)).await?;
    Ok(rows.into_iter().map(|Named { id, name }| (id, name)).collect())
}

pub(super) async fn forget_terms(tx: &mut Tx, ids: impl IntoIterator<Item = PatientId>) -> Result<()> {
    tx.execute(sql("DELETE FROM patient_search_terms WHERE patient_id IN ").push_list(ids)).await?;
    Ok(())
}

pub(super) async fn set_name_key(tx: &mut Tx, id: PatientId, key: &str) -> Result<()> {
    tx.execute(sql("UPDATE patients SET name_key = $1 WHERE id = $2 AND name_key <> $1").bind(key).bind(id)).await?;
    Ok(())
}
