//! Looking into the audit log: who saw or changed what, when, of whom.

mod store;
mod words;

use chrono::NaiveDate;

use super::Action;
use crate::{
    core::{
        PatientId, Result, UserId,
        list::Slice,
        time::{Instant, Zone},
    },
    db::Tx,
};

pub use words::{action_words, what_words};

/// A line of the log as it is shown.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuditLine {
    pub at: Instant,
    pub user_name: Option<String>,
    pub login: Option<String>,
    /// The roles held at that moment.
    pub roles: String,
    pub action: Action,
    pub what: String,
    pub patient_id: Option<PatientId>,
    pub mrn: Option<String>,
    pub given_names: Option<String>,
    pub family_name: Option<String>,
    pub address: String,
    pub request_id: String,
}

/// What is asked of the log; everything empty asks for all of it.
#[derive(Clone, Debug, Default)]
pub struct AuditQuestion {
    /// A sign-in name, or part of the name of somebody who works here.
    pub user: String,
    /// A medical record number.
    pub mrn: String,
    pub day: Option<NaiveDate>,
    pub action: Option<Action>,
}

/// A page of the answer, newest first. Somebody who does not exist did nothing.
///
/// # Errors
/// What the database refused.
pub async fn look(tx: &mut Tx, question: &AuditQuestion, zone: Zone, page: Option<i64>) -> Result<Slice<AuditLine>> {
    let (page, offset) = crate::core::list::offset(page);
    let nobody = Ok(Slice { rows: Vec::new(), page, more: false });
    let users: Vec<UserId> = match question.user.trim() {
        "" => Vec::new(),
        text => match store::users(tx, text).await? {
            none if none.is_empty() => return nobody,
            some => some,
        },
    };
    let digits: String = question.mrn.chars().filter(char::is_ascii_digit).collect();
    let patient = match question.mrn.trim() {
        "" => None,
        _ => match store::patient(tx, &format!("{digits:0>8}")).await? {
            None => return nobody,
            some => some,
        },
    };
    let bounds = question.day.map(|day| zone.day_bounds(day));
    let rows = store::lines(tx, &users, patient, bounds, question.action, offset).await?;
    Ok(Slice::from_surplus(rows, page))
}
