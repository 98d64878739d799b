//! Replaces the current version of the key with a new one while the hospital works.

use std::time::Duration;

use super::{Version, store};
use crate::{
    core::time::Clock,
    db::{Database, DbError, Value},
    keys::{SEALED, SealedFields, Source, open, rewrap},
};

/// The result of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    pub from: u32,
    pub to: u32,
    /// Whether the rotation had been started before.
    pub resumed: bool,
    pub rows: u64,
    /// The lines that a person must write into the key file, because the program cannot write it.
    pub by_hand: Option<String>,
}

/// Creates a new version of the key, or continues with the one that was begun, until no row has the old version. `hear` is the time
/// that servers get to read the new version; `each` receives the number of rows done.
///
/// # Errors
/// A sentence: the database does not answer, a row cannot be decrypted, or the new key cannot be stored. A further call continues the
/// rotation.
pub async fn rotate(db: &Database, source: &Source, clock: &Clock, hear: Duration, mut each: impl FnMut(u64)) -> Result<Rotation, String> {
    let failed = |error: DbError| format!("the database stopped the rotation: {error}; `infirmary keys rotate` goes on with it");
    let (from, to, resumed) = begin(db, source, clock).await?;
    // If the file cannot be written, the result reports it at the end: then only its two lines are missing.
    source.advance(to, None)?;
    tokio::time::sleep(hear).await;
    let mut rows = 0;
    for fields in SEALED {
        rows += reseal(db, fields, to, &mut |done| each(rows + done)).await?;
    }
    while !store::close(db, from, &SEALED, clock.now()).await.map_err(failed)? {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // Converts the rows that servers wrote before they had read the new version.
    for fields in SEALED {
        rows += reseal(db, fields, to, &mut |_| {}).await?;
    }
    let left = left(db, to).await.map_err(failed)?;
    if left > 0 {
        return Err(format!("{left} rows are still sealed with another version than {to}; `infirmary keys rotate` goes on with it"));
    }
    store::retire(db, from, clock.now()).await.map_err(failed)?;
    let by_hand = source.advance(to, Some(to))?;
    super::look_again(db, source).await?;
    Ok(Rotation { from, to, resumed, rows, by_hand })
}

/// Returns the number of rows in all tables that have another version.
async fn left(db: &Database, version: u32) -> Result<i64, DbError> {
    let (mut tx, mut left) = (db.read().await?, 0);
    for fields in SEALED {
        left += store::left(&mut tx, fields, version).await?;
    }
    Ok(left)
}

async fn begin(db: &Database, source: &Source, clock: &Clock) -> Result<(u32, u32, bool), String> {
    let versions = store::versions(db).await.map_err(|error| error.to_string())?;
    let live: Vec<&Version> = versions.iter().filter(|version| version.retired_at.is_none()).collect();
    if let [old, new] = live[..] {
        return Ok((old.number, new.number, true));
    }
    let (Some(old), Some(last)) = (live.first(), versions.last()) else {
        return Err("this database has no key that is in use".to_owned());
    };
    // Uses a key that was added by hand, or by a rotation that was stopped before it recorded the key in the database.
    let next = source.read()?.versions.into_keys().find(|version| *version > last.number);
    let next = match next {
        Some(next) => next,
        None => {
            let next = last.number + 1;
            source.add(next)?;
            next
        }
    };
    db.keys().load(source)?;
    let check = db.keys().check_value(next).ok_or("the new key is not there")?;
    store::add_version(db, next, &check, clock.now()).await.map_err(|error| error.to_string())?;
    super::look_again(db, source).await?;
    Ok((old.number, next, false))
}

/// Encrypts again the data keys of a table's rows that have another version or are not bound to their owner.
async fn reseal(db: &Database, fields: &'static dyn SealedFields, to: u32, each: &mut impl FnMut(u64)) -> Result<u64, String> {
    let failed = |error: DbError| format!("{}: {error}; `infirmary keys rotate` goes on with it", fields.table());
    let (mut done, mut last) = (0, None);
    loop {
        let rows = store::rows(&mut db.read().await.map_err(failed)?, fields, last, Some(to)).await.map_err(failed)?;
        let Some(newest) = rows.last() else { return Ok(done) };
        last = Some(newest.of.id);
        let mut tx = db.write().await.map_err(failed)?;
        for row in rows {
            let sealed = rewrap(db.keys(), fields, row.of, &row.sealed).map_err(|error| error.to_string())?;
            let mut values = Vec::new();
            open(db.keys(), fields, row.of, &row.sealed, |place, text| {
                let of = store::indexes(fields).find(|index| fields.columns().get(place) == Some(&index.field));
                values.extend(of.map(|index| (index, Value::from(index.of(&text)))));
            })
            .map_err(|error| error.to_string())?;
            done += store::reseal(&mut tx, fields, &row, sealed.into(), values).await.map_err(failed)?;
        }
        tx.commit().await.map_err(failed)?;
        each(done);
        // Waiting writers come first.
        tokio::task::yield_now().await;
    }
}
