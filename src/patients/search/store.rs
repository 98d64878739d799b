//! The SQL of finding patients. Each query follows an index from the rarest word on and stops at its limit.

use chrono::{Datelike as _, NaiveDate};

use super::question::{self, Question, Span};
use crate::{
    core::{ClinicId, PatientId, Result, list::PAGE_SIZE},
    db::{Engine, Sql, Tx, sql},
    keys::{Blind, EMAIL_INDEX, IDENTIFIER_INDEX, MORE_PHONES_INDEX, NATIONAL_ID_INDEX, PHONE_INDEX, POLICY_INDEX},
    organisation,
    patients::{PatientLine, phone, store::lines_of_anybody},
};

/// How a word of the search may match a term of a name.
pub(super) enum Word {
    Beginning(String),
    BeginningOrSound(String, String),
    OneOf(Vec<String>),
}

/// Returns a text that sorts after everything with this beginning.
fn after(beginning: &str) -> String {
    format!("{beginning}\u{10FFFF}")
}

impl Word {
    /// Adds the condition `term ...`. Both engines compare in byte order: PostgreSQL has operators of its own for that
    /// (and an index).
    fn push_to(&self, query: Sql, engine: Engine) -> Sql {
        let (from, to) = match engine {
            Engine::Sqlite => ("term >= ", " AND term < "),
            Engine::Postgres => ("term ~>=~ ", " AND term ~<~ "),
        };
        match self {
            Self::Beginning(word) => query.push(from).push_bind(word).push(to).push_bind(after(word)),
            Self::BeginningOrSound(word, sound) => {
                query.push("((").push(from).push_bind(word).push(to).push_bind(after(word)).push(") OR term = ").push_bind(sound).push(")")
            }
            Self::OneOf(terms) => query.push("term IN ").push_list(terms),
        }
    }
}

/// The most rows that are counted to find the rarest word.
const WEIGHED: i64 = 2_000;

/// Returns the patients whose names have all the words. A patient may occur twice.
pub(super) async fn by_words(tx: &mut Tx, mut words: Vec<Word>, born: Option<Span>, limit: i64) -> Result<Vec<PatientId>> {
    let engine = tx.engine();
    if words.len() > 1 {
        let mut weighed = Vec::with_capacity(words.len());
        for word in words {
            let query = word
                .push_to(sql("SELECT count(*) FROM (SELECT 1 FROM patient_search_terms WHERE "), engine)
                .push(" LIMIT ")
                .push_bind(WEIGHED);
            weighed.push((tx.count(query.push(") AS w")).await?, word));
        }
        weighed.sort_by_key(|(rows, _)| *rows);
        words = weighed.into_iter().map(|(_, word)| word).collect();
    }
    let mut words = words.into_iter();
    let Some(rarest) = words.next() else { return Ok(Vec::new()) };
    let mut query = rarest.push_to(sql("SELECT t.patient_id FROM patient_search_terms t WHERE "), engine);
    for word in words {
        query = query.push(" AND EXISTS (SELECT 1 FROM patient_search_terms o WHERE o.patient_id = t.patient_id AND ");
        query = word.push_to(query, engine).push(")");
    }
    if let Some(span) = born {
        query = push_born(query, span);
    }
    let rows: Vec<(PatientId,)> = tx.all(query.push(" LIMIT ").push_bind(limit)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Limits the query to patients born on these days, and to those of whom only the year or month is known, when it is
/// the one of these days.
fn push_born(query: Sql, Span { from, to }: Span) -> Sql {
    let month = from.with_day(1).unwrap_or(from);
    let year = month.with_month(1).unwrap_or(month);
    query
        .push(" AND EXISTS (SELECT 1 FROM patient_identities b WHERE b.id = t.patient_id AND ((b.birth_date >= ")
        .push_bind(from)
        .push(" AND b.birth_date <= ")
        .push_bind(to)
        .push(") OR (b.birth_precision = 'year' AND b.birth_date = ")
        .push_bind(year)
        .push(") OR (b.birth_precision = 'month' AND b.birth_date = ")
        .push_bind(month)
        .push(")))")
}

/// The most words of names that replace one word of the search.
const WORDS: u8 = 30;

/// Returns words of names that contain this text, the shortest first.
pub(super) async fn containing(tx: &mut Tx, part: &str) -> Result<Vec<String>> {
    // Folded words consist of letters only: no character has a meaning for LIKE.
    let pattern = format!("%{part}%");
    let query = sql("SELECT term FROM patient_search_words WHERE term LIKE $1 ORDER BY length(term), term LIMIT $2");
    let query = query.bind(pattern).bind(i64::from(WORDS));
    let terms: Vec<(String,)> = tx.all(query).await?;
    Ok(terms.into_iter().map(|(term,)| term).collect())
}

/// Returns words of names that differ by a typing error. The first letter must be right, and the length may differ by
/// two at most.
pub(super) async fn near(tx: &mut Tx, word: &str) -> Result<Vec<String>> {
    let beginning: String = word.chars().take(1).collect();
    let length = i64::try_from(word.chars().count()).unwrap_or(i64::MAX);
    let query = Word::Beginning(beginning)
        .push_to(sql("SELECT term FROM patient_search_words WHERE "), tx.engine())
        .push(" AND length(term) >= ")
        .push_bind(length.saturating_sub(2))
        .push(" AND length(term) <= ")
        .push_bind(length.saturating_add(2));
    let terms: Vec<(String,)> = tx.all(query).await?;
    Ok(terms.into_iter().map(|(term,)| term).filter(|term| question::alike(word, term)).take(usize::from(WORDS)).collect())
}

/// Finds by record number, and by the whole of a phone number, national id, policy number or outside identifier, which are
/// sealed.
pub(super) async fn by_number(tx: &mut Tx, question: &Question, limit: i64) -> Result<Vec<PatientId>> {
    let mut ids: Vec<(PatientId,)> = Vec::new();
    if let Some(mrn) = &question.mrn {
        ids = tx.all(sql("SELECT id FROM patient_identities WHERE mrn = $1").bind(mrn)).await?;
    }
    let digits = question.digits.as_deref().unwrap_or_default();
    let long = digits.len() >= 4;
    let numbers = [&IDENTIFIER_INDEX, &NATIONAL_ID_INDEX, &POLICY_INDEX].into_iter().flat_map(|index| index.sought(&question.whole));
    let mut phones = Vec::new();
    if long {
        let country = organisation::country(tx).await?;
        // The text counts as it was typed when there are no other words: the sign of an international number and the mark of an
        // extension matter.
        let typed = if question.words.is_empty() || question.identifier { question.whole.as_str() } else { digits };
        phones.extend(
            [typed, digits]
                .into_iter()
                .flat_map(|text| phone::spellings(text, &country))
                .flat_map(|text| PHONE_INDEX.sought(&text).into_iter().chain(MORE_PHONES_INDEX.sought(&text))),
        );
    }
    let mut found: Vec<PatientId> = ids.into_iter().map(|(id,)| id).collect();
    found.extend(by_marks(tx, numbers.chain(phones), limit).await?);
    if long {
        // Any longer number with this beginning is smaller, in every collation.
        let last = format!("{digits}{}", "9".repeat(25));
        let query = sql("SELECT id FROM patient_identities WHERE mrn >= $1 AND mrn <= $2 ORDER BY mrn LIMIT ");
        let begin_so: Vec<(PatientId,)> = tx.all(query.bind(digits).bind(&last).push_bind(limit)).await?;
        found.extend(begin_so.into_iter().map(|(id,)| id));
    }
    Ok(found)
}

/// Finds by e-mail address.
pub(super) async fn by_email(tx: &mut Tx, address: &str, limit: i64) -> Result<Vec<PatientId>> {
    by_marks(tx, EMAIL_INDEX.sought(address), limit).await
}

async fn by_marks(tx: &mut Tx, marks: impl IntoIterator<Item = Blind>, limit: i64) -> Result<Vec<PatientId>> {
    let query = sql("SELECT patient_id FROM patient_marks WHERE mark IN ").push_list(marks).push(" LIMIT ").push_bind(limit);
    Ok(tx.all::<(PatientId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Finds by the month of birth.
pub(super) async fn by_month(tx: &mut Tx, Span { from, to }: Span, limit: i64) -> Result<Vec<PatientId>> {
    let query = sql("SELECT id FROM patient_identities WHERE birth_date >= $1 AND birth_date <= $2 ORDER BY birth_date, id LIMIT $3");
    let rows: Vec<(PatientId,)> = tx.all(query.bind(from).bind(to).bind(limit)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Returns the patients whose visit on this day at the clinic has this token.
pub(super) async fn by_token(tx: &mut Tx, clinic: ClinicId, day: NaiveDate, token: &str) -> Result<Vec<PatientId>> {
    let query = sql("SELECT patient_id FROM visits WHERE clinic_id = $1 AND day = $2 AND token = $3 LIMIT 12");
    let rows: Vec<(PatientId,)> = tx.all(query.bind(clinic).bind(day).bind(token)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Finds by birth date.
pub(super) async fn by_birth(tx: &mut Tx, dates: &[NaiveDate], limit: i64) -> Result<Vec<PatientId>> {
    let mut ids = Vec::new();
    for date in dates {
        let query =
            sql("SELECT id FROM patient_identities WHERE birth_date = $1 AND birth_precision = 'day' LIMIT $2").bind(*date).bind(limit);
        ids.extend(tx.all::<(PatientId,)>(query).await?);
    }
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

crate::text_enum! {
    /// The order of the list of all patients; each order has its index.
    pub enum Sort("sort") {
        /// The patient registered last comes first.
        Newest = "newest",
        Name = "name",
        NameDown = "-name",
        Mrn = "mrn",
        MrnDown = "-mrn",
        Born = "born",
        BornDown = "-born",
    }
}

/// Returns a page of all patients, and one more.
pub(crate) async fn listed(tx: &mut Tx, sort: Sort, offset: i64) -> Result<Vec<PatientLine>> {
    let order = match sort {
        Sort::Newest => "id DESC",
        Sort::Name => "family_name, given_names, id",
        Sort::NameDown => "family_name DESC, given_names DESC, id DESC",
        Sort::Mrn => "mrn",
        Sort::MrnDown => "mrn DESC",
        Sort::Born => "birth_date, id",
        Sort::BornDown => "birth_date DESC, id DESC",
    };
    let query = sql("SELECT id FROM patient_identities ORDER BY ")
        .push(order)
        .push(" LIMIT ")
        .push_bind(PAGE_SIZE + 1)
        .push(" OFFSET ")
        .push_bind(offset);
    let ids: Vec<_> = tx.all::<(PatientId,)>(query).await?.into_iter().map(|(id,)| id).collect();
    lines_of_anybody(tx, &ids).await
}
