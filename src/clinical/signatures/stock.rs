//! Counts the existing signatures once, in a new database and in one of an earlier version. From then on each signed note needs its
//! signature, and the audit log has a row for each signature, addendum and change of a signed prescription.
//!
//! A mark (`sealing::marks`) records that the count was made. Three other traces record it too: the sealed data of each signing key, the
//! record of changes of sealed rows, which has each key from its first signature on, and the mark of the audit log's end, which is written
//! together with this one. When the mark is deleted, one remaining trace is enough: the program does not count a second time, and it adopts
//! no note that the count did not find without a signature.

use super::{sign_imported, store};
use crate::{
    audit::{self, Action, AuditRow},
    core::{Result, time::Instant},
    db::{Database, Tx},
    keys::SIGNING_KEYS,
    sealing::{Mark, is_on_record, mark, set_mark},
};

const NAME: &str = "signatures";

/// The state of a database's signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stock {
    /// Each signed note had its signature at the count.
    Whole,
    /// This number of notes and addenda had no signature, and may be adopted once.
    Bare(u64),
    /// The mark is missing although the count was made, or the program did not write it.
    Refused,
}

fn stock(mark: &Mark) -> Option<Stock> {
    match mark {
        Mark::Missing => None,
        Mark::Forged => Some(Stock::Refused),
        Mark::Says(text) => Some(text.strip_prefix("bare ").and_then(|count| count.parse().ok()).map_or(Stock::Whole, Stock::Bare)),
    }
}

/// Counts the signatures, if that was not done, and writes the mark of the count and the mark of the audit log's end.
///
/// # Errors
/// When the database refuses.
pub async fn take_stock(db: &Database, now: Instant) -> Result<Stock> {
    if let Some(known) = stock(&mark(&mut db.read().await?, NAME).await?) {
        return Ok(known);
    }
    let mut tx = db.write().await?;
    tx.take_turn("signatures", NAME).await?;
    if let Some(known) = stock(&mark(&mut tx, NAME).await?) {
        return Ok(known);
    }
    if was_counted(&mut tx).await? {
        return Ok(Stock::Refused);
    }
    store::date_keys(&mut tx).await?;
    let rows: Vec<AuditRow> = store::untold(&mut tx).await?.into_iter().map(|untold| untold.row(now)).collect();
    audit::write(&mut tx, &rows).await?;
    let bare = store::count_bare(&mut tx).await?;
    let found = if bare == 0 { Stock::Whole } else { Stock::Bare(bare) };
    set_mark(&mut tx, NAME, &(if bare == 0 { "whole".to_owned() } else { format!("bare {bare}") }), now).await?;
    audit::mark_end(&mut tx, now).await?;
    tx.commit().await?;
    Ok(found)
}

/// Whether a trace other than the mark shows that the signatures were counted: a signing key with sealed dates, a signing key in the
/// record of changes, or the mark of the audit log's end.
async fn was_counted(tx: &mut Tx) -> Result<bool> {
    Ok(store::is_any_key_dated(tx).await? || is_on_record(tx, &SIGNING_KEYS).await? || audit::is_end_marked(tx).await?)
}

/// Signs as imported, once, the notes and addenda that had no signature at the count; `None` when none may be adopted.
///
/// # Errors
/// When the database refuses.
pub async fn adopt(db: &Database, now: Instant) -> Result<Option<u64>> {
    if !matches!(take_stock(db, now).await?, Stock::Bare(_)) {
        return Ok(None);
    }
    let adopted = sign_imported(db, now).await?;
    let mut tx = db.write().await?;
    set_mark(&mut tx, NAME, &format!("adopted {adopted}"), now).await?;
    tx.commit().await?;
    Ok(Some(adopted))
}

/// Whether the mark of the signature count exists and is valid.
///
/// # Errors
/// When the database does not answer.
pub async fn is_counted(tx: &mut Tx) -> Result<bool> {
    Ok(matches!(mark(tx, NAME).await?, Mark::Says(_)))
}

/// A change that the audit log has no row for, because an earlier version of the program did not write one.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Untold {
    pub id: uuid::Uuid,
    pub patient_id: crate::core::PatientId,
    pub clinic_id: crate::core::ClinicId,
    pub what: String,
}

impl Untold {
    fn row(&self, now: Instant) -> AuditRow {
        let (action, what) = match self.what.as_str() {
            "note" => (Action::Sign, "note"),
            "addendum" => (Action::Sign, "addendum"),
            "stopped" => (Action::Update, "prescription"),
            _ => (Action::Update, "prescription_replaced"),
        };
        AuditRow { patient: Some(self.patient_id), clinic: Some(self.clinic_id), ..AuditRow::by_command(action, what, Some(self.id), now) }
    }
}
