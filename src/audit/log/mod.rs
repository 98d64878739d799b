//! Queries of the audit log: the user who read or changed data, the time and the patient.

mod changes;
mod csv;
mod store;
mod words;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Action;
use crate::{
    core::{
        Error, PatientId, Result, UserId,
        list::{PAGE_SIZE, Slice},
        time::{Instant, Zone},
    },
    db::Tx,
};

pub use changes::{FieldChange, changes_text, read as read_changes};
pub use csv::csv;
pub use words::{action_words, change_words, field_words, role_words, value_words, what_words};

/// A line of the log for display.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuditLine {
    /// The row's number, which `infirmary audit verify` also prints.
    pub id: i64,
    pub at: Instant,
    pub user_name: Option<String>,
    pub login: Option<String>,
    /// The user's roles at that time.
    pub roles: String,
    pub action: Action,
    pub what: String,
    pub patient_id: Option<PatientId>,
    pub mrn: Option<String>,
    pub given_names: Option<String>,
    pub family_name: Option<String>,
    pub address: String,
    pub request_id: String,
    /// The reason that the user gave for opening the record of a patient not in their care.
    pub why: String,
    /// The user or member of staff whom the line is about.
    pub about: Option<String>,
    /// The changes of the act in the facts of a patient's record. Values that the record seals are left out.
    #[sqlx(skip)]
    pub corrected: Vec<FieldChange>,
}

impl AuditLine {
    /// The thing, with the person whom it belongs to.
    pub fn what_words(&self, departments: crate::server::Departments) -> String {
        let what = words::what_words(departments, &self.what);
        match &self.about {
            Some(about) => crate::tr!(audit.about, what = what, name = about.clone()),
            None => what,
        }
    }

    /// The patient's name as lists show it; empty when the line is about no patient.
    pub fn patient_name(&self) -> String {
        let parts = [&self.family_name, &self.given_names].into_iter().flatten();
        parts.filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// The changed fields in the reader's language, one text each. For a line about a patient, `why` holds a reason typed by a
    /// user; its changes stand in a table of their own.
    pub fn changes(&self) -> Vec<String> {
        if self.patient_id.is_some() {
            let sealed = |change: &FieldChange| change.before.is_empty() && change.after.is_empty();
            let words = |change: &FieldChange| match sealed(change) {
                true => crate::tr!(audit.changed_sealed, field = field_words(&change.field)),
                false => change_words(change),
            };
            self.corrected.iter().map(words).collect()
        } else {
            changes::read(&self.why).iter().map(change_words).collect()
        }
    }
}

/// A query of the log; with all fields empty it returns the whole log.
#[derive(Clone, Debug, Default)]
pub struct AuditQuestion {
    /// A sign-in name, or part of a staff member's name.
    pub user: String,
    /// A medical record number, or words of a name.
    pub patient: String,
    /// The first and the last day.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub action: Option<Action>,
    /// The user whose own reading is left out.
    pub without: Option<UserId>,
}

/// The largest number of lines in an export.
pub const EXPORT: i64 = 10_000;

/// Returns one page of the result, newest first. For an unknown user or patient the result is empty.
///
/// # Errors
/// When the database refuses.
pub async fn look(tx: &mut Tx, question: &AuditQuestion, zone: Zone, page: Option<i64>) -> Result<Slice<AuditLine>> {
    let (page, offset) = crate::core::list::offset(page);
    let Some(sought) = sought(tx, question, zone).await? else { return Ok(Slice { rows: Vec::new(), page, more: false }) };
    Ok(Slice::from_surplus(store::lines(tx, &sought, PAGE_SIZE + 1, offset).await?, page))
}

/// Returns the whole result, newest first.
///
/// # Errors
/// [`Error::Conflict`] when it has more lines than an export may have: a reader could mistake a part for the whole.
pub async fn export(tx: &mut Tx, question: &AuditQuestion, zone: Zone) -> Result<Vec<AuditLine>> {
    let Some(sought) = sought(tx, question, zone).await? else { return Ok(Vec::new()) };
    let lines = store::lines(tx, &sought, EXPORT + 1, 0).await?;
    if lines.len() as u64 > EXPORT as u64 {
        return Err(Error::conflict(crate::tr!(audit.too_many, most = EXPORT)));
    }
    Ok(lines)
}

/// Returns the persons whom the lines are about: several records of one person are one.
///
/// # Errors
/// When the database refuses.
pub async fn persons(tx: &mut Tx, lines: &[AuditLine]) -> Result<BTreeSet<PatientId>> {
    store::surviving(tx, lines.iter().filter_map(|line| line.patient_id)).await
}

/// Returns what other people read and changed of a patient's data, newest first, without the program's own actions.
///
/// # Errors
/// When the database refuses.
pub async fn looks_at(tx: &mut Tx, patient: PatientId, own: UserId, page: Option<i64>) -> Result<Slice<AuditLine>> {
    let (page, offset) = crate::core::list::offset(page);
    let patients = store::joined(tx, vec![patient]).await?;
    let sought = Sought { patients, except: vec![own, UserId::SYSTEM], ..Sought::default() };
    Ok(Slice::from_surplus(store::lines(tx, &sought, PAGE_SIZE + 1, offset).await?, page))
}

/// The query with the ids that the database needs.
#[derive(Debug, Default)]
struct Sought {
    /// The users of the lines; empty for all users.
    users: Vec<UserId>,
    except: Vec<UserId>,
    /// The user whose reading is left out; what the user changed stays.
    not_read_by: Option<UserId>,
    /// The patients of the lines; empty for all patients, and lines without one.
    patients: Vec<PatientId>,
    /// The earliest time, and the time before which the lines end.
    from: Option<Instant>,
    to: Option<Instant>,
    action: Option<Action>,
}

/// Resolves the query's names and numbers; `None` when the user or the patient does not exist.
async fn sought(tx: &mut Tx, question: &AuditQuestion, zone: Zone) -> Result<Option<Sought>> {
    let users: Vec<UserId> = match question.user.trim() {
        "" => Vec::new(),
        text => match store::users(tx, text).await? {
            none if none.is_empty() => return Ok(None),
            some => some,
        },
    };
    let typed = question.patient.trim();
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let patients = match (typed, digits.as_str()) {
        ("", _) => Vec::new(),
        (words, "") => store::patients_named(tx, words).await?,
        // The number as it is stored, or with the zeros left out; a number that came with an import may have letters.
        _ => match store::patient(tx, typed).await? {
            Some(known) => vec![known],
            None => store::patient(tx, &format!("{digits:0>8}")).await?.into_iter().collect(),
        },
    };
    if !typed.is_empty() && patients.is_empty() {
        return Ok(None);
    }
    // The signed history of a merged record is that of the surviving one.
    let patients = store::joined(tx, patients).await?;
    let first = question.from.map(|day| zone.day_bounds(day).0);
    let last = question.to.map(|day| zone.day_bounds(day).1);
    let not_read_by = question.without.filter(|_| users.is_empty());
    Ok(Some(Sought { users, except: Vec::new(), not_read_by, patients, from: first, to: last, action: question.action }))
}
