//! A new version of the key takes the place of the old one, while the hospital goes on.

use std::time::Duration;

use super::{Version, store};
use crate::{
    core::time::Clock,
    db::{Database, DbError, Value},
    keys::{SEALED, SealedFields, Source, open, rewrap},
};

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    pub from: u32,
    pub to: u32,
    /// It had been begun before.
    pub resumed: bool,
    pub rows: u64,
    /// What must be written into the file of keys by hand, because it cannot be written by the program.
    pub by_hand: Option<String>,
}

/// Makes a new version of the key, or goes on with the one that was begun, until nothing is sealed with the old one. `hear` is how long
/// the servers are given to hear of it; `each` is told how many rows are done.
///
/// # Errors
/// A sentence: the database does not answer, a row does not open, the new key cannot be kept. Begun again it goes on.
pub async fn rotate(db: &Database, source: &Source, clock: &Clock, hear: Duration, mut each: impl FnMut(u64)) -> Result<Rotation, String> {
    let failed = |error: DbError| format!("the database stopped the rotation: {error}; `infirmary keys rotate` goes on with it");
    let (from, to, resumed) = begin(db, source, clock).await?;
    // A file that cannot be written is told of at the end: nothing but its two lines is missing then.
    source.advance(to, None)?;
    tokio::time::sleep(hear).await;
    let mut rows = 0;
    for fields in SEALED {
        rows += reseal(db, fields, to, &mut |done| each(rows + done)).await?;
    }
    while !store::close(db, from, &SEALED, clock.now()).await.map_err(failed)? {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // What servers that had not heard of the new version wrote meanwhile.
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

/// How many rows of all tables are sealed with another version.
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
    // A key that was made by a rotation that was stopped before the database knew of it, or put in by hand, is taken.
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

/// Seals the rows of a table that are of another version, or not bound to their owner, anew.
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
        // Writers that wait come first.
        tokio::task::yield_now().await;
    }
}
