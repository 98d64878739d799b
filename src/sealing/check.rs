//! Checks that no sealed field is stored as plain text, and that every sealed field can be decrypted.

use super::store;
use crate::{
    core::Result,
    db::Tx,
    keys::{ChangesEnd, SEALED, digest_of, is_bound, open},
};

/// The result: the number of rows that break each rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    /// Columns that hold plain fields.
    pub plain: i64,
    /// Rows whose fields cannot be decrypted.
    pub unopened: i64,
    /// Rows whose blind index does not match their content.
    pub unfound: i64,
    /// Changed rows that differ from the program's last change of them, and faults in the record of changes.
    pub put_back: i64,
    /// Rows that an older program encrypted without their owner. A rotation binds them; until then this is not a fault.
    pub unbound: i64,
}

/// Decrypts every sealed field of the database and counts the faults.
///
/// # Errors
/// When the database does not answer.
pub async fn check(tx: &mut Tx) -> Result<Sound> {
    let mut sound = Sound::default();
    let keys = tx.keys().clone();
    for fields in SEALED {
        sound.plain += store::plain_columns(tx, fields).await?;
        let mut last = None;
        loop {
            let rows = store::rows(tx, fields, last, None).await?;
            let Some(newest) = rows.last() else { break };
            last = Some(newest.of.id);
            for row in rows {
                sound.unbound += i64::from(!is_bound(&row.sealed));
                let mut held = vec![String::new(); fields.columns().len()];
                let opened = open(&keys, fields, row.of, &row.sealed, |place, text| {
                    if let Some(field) = held.get_mut(place) {
                        *field = text;
                    }
                });
                if let Err(error) = opened {
                    tracing::warn!(%error, "does not open");
                    sound.unopened += 1;
                    continue;
                }
                let found = store::indexes(fields).zip(&row.indexes).all(|(index, kept)| {
                    let held = fields.columns().iter().position(|column| *column == index.field).and_then(|place| held.get(place));
                    // During a rotation of keys, a row has the index of either version.
                    held.is_some_and(|held| index.sought(held).iter().any(|sought| sought.bytes(&keys).is_ok_and(|bytes| bytes == *kept)))
                });
                sound.unfound += i64::from(!found);
            }
        }
    }
    sound.put_back = put_back(tx).await?;
    if sound.unbound > 0 {
        tracing::warn!(rows = sound.unbound, "sealed fields are not bound to their owner yet: `infirmary keys rotate` binds them");
    }
    Ok(sound)
}

/// Compares each changed row with its last recorded change, and the record of changes with its end.
async fn put_back(tx: &mut Tx) -> Result<i64> {
    let mut broken = 0;
    for fields in SEALED {
        let mut last = 0;
        loop {
            let rows = store::changed_rows(tx, fields, last).await?;
            let Some(newest) = rows.last() else { break };
            last = newest.number;
            for row in rows {
                let digest = row.sealed.map(|sealed| digest_of(fields.table(), row.row_id, &sealed));
                if digest != row.digest {
                    tracing::warn!(table = fields.table(), id = %row.row_id, "sealed fields are not as the program left them");
                    broken += 1;
                }
            }
        }
    }
    // The end is read after the rows: so each change that the rows were compared with is in the record read here.
    let Some((sealed, newest)) = store::changes_end(tx).await? else {
        tracing::warn!("the record of changes of sealed fields has no end");
        return Ok(broken + 1);
    };
    let end = match ChangesEnd::open(tx.keys(), &sealed) {
        Ok(end) => end,
        Err(error) => {
            tracing::warn!(error, "the end of the record of changes");
            return Ok(broken + 1);
        }
    };
    let mut walked = ChangesEnd::NONE;
    'record: loop {
        let changes = store::changes(tx, walked.number).await?;
        if changes.is_empty() {
            break;
        }
        for change in changes {
            if change.number != walked.number + 1 || walked.number == end.number {
                break 'record;
            }
            walked = walked.after(&change.table_name, change.row_id, change.digest.as_deref());
        }
    }
    if walked != end || newest != end.number {
        tracing::warn!(changes = newest, "the record of changes of sealed fields was changed from outside");
        broken += 1;
    }
    Ok(broken)
}
