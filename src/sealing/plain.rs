//! Encrypts the fields that an older program left as plain text. It may be stopped at any time: the rows done so far stay encrypted,
//! and the next start continues.

use super::store;
use crate::{
    db::{Database, DbError, Value},
    keys::{ADDENDA, CONTACTS, COVERAGES, MAILS, NOTES, PATIENTS, SealedFields},
};

/// The tables that had plain columns with the fields' names.
const TABLES: [&dyn SealedFields; 6] = [&PATIENTS, &CONTACTS, &COVERAGES, &NOTES, &ADDENDA, &MAILS];

/// Encrypts all plain rows; returns their number.
pub(super) async fn seal(db: &Database) -> Result<u64, DbError> {
    let mut sealed = 0;
    for fields in TABLES {
        sealed += table(db, fields).await?;
    }
    loop {
        let mut tx = db.write().await?;
        let identifiers = store::plain_identifiers(&mut tx).await?;
        if identifiers.is_empty() {
            break;
        }
        sealed += identifiers.len() as u64;
        for identifier in identifiers {
            store::move_identifier(&mut tx, identifier).await?;
        }
        tx.commit().await?;
    }
    let mut last = store::Body::default();
    loop {
        let mut tx = db.write().await?;
        let bodies = store::plain_bodies(&mut tx, &last).await?;
        let Some(newest) = bodies.last() else { break };
        last = newest.clone();
        sealed += bodies.len() as u64;
        for body in bodies {
            store::move_body(&mut tx, body).await?;
        }
        tx.commit().await?;
    }
    Ok(sealed)
}

async fn table(db: &Database, fields: &'static dyn SealedFields) -> Result<u64, DbError> {
    let (mut sealed, mut last) = (0, None);
    loop {
        let mut tx = db.write().await?;
        let rows = store::plain_rows(&mut tx, fields, last).await?;
        let Some(newest) = rows.last() else { return Ok(sealed) };
        last = Some(newest.of.id);
        for row in rows {
            let values = store::indexes(fields)
                .filter_map(|index| {
                    let place = fields.columns().iter().position(|column| *column == index.field)?;
                    Some((index, Value::from(index.of(row.fields.get(place)?))))
                })
                .collect();
            let envelope = crate::keys::ToSeal::new(fields, row.of, row.fields);
            if envelope.is_empty() {
                continue;
            }
            sealed += store::seal_plain(&mut tx, fields, row.of.id, envelope.into(), values).await?;
        }
        tx.commit().await?;
    }
}
