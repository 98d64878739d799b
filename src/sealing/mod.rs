//! The life of a database's keys. The program creates the first key, verifies the keys at each start, encrypts the fields that an older
//! program left as plain text, replaces a version of the key while the hospital works, and checks that no field is plain.
//! [`crate::keys`] describes the encrypted fields and the format.
//!
//! **A rotation** creates a version, records it in `encryption_keys`, waits until the servers have read it, and then goes through the
//! tables, some rows at a time. A rotation that was stopped continues later at the same row, because each row holds its version. Then
//! the old version is closed: the database refuses rows encrypted with it (`encryption_key_closed`), and the rows written in the
//! meantime are converted. When no row of the old version remains, it is retired: it decrypts older backups and nothing else. The
//! source of the keys tells which version is current and which is the oldest in use, and a database with lower numbers is refused: a
//! person who can write to it cannot make the program use a retired key again.

mod check;
mod command;
mod department;
mod marks;
mod plain;
mod rotation;
mod store;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use check::{Sound, check};
pub use command::{Rotate, rotate_keys};
pub use department::DEPARTMENT;
pub use marks::{Mark, mark, set_mark};
pub use rotation::{Rotation, rotate};

use crate::{
    core::{Result, time::Instant},
    db::{Database, Fit, Tx},
    keys::{SealedFields, Source},
};

/// The time between two checks for a new version of the key.
pub(crate) const EVERY: Duration = Duration::from_secs(2);
/// The migration after which fields may be either encrypted or plain.
const BOTH: i64 = 20_261_121_220_000;
/// The migration after which no field is plain.
const SEALED: i64 = 20_261_121_220_100;

/// A version of the key, as the database records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub number: u32,
    check: Vec<u8>,
    pub closed_at: Option<Instant>,
    pub retired_at: Option<Instant>,
}

/// Migrates a database and prepares its sealed fields with the keys of `source`. A database without keys gets its first key, from the
/// source or from a file that is then created. Returns messages for the administrator.
///
/// # Errors
/// A sentence: the database does not answer, or the keys are missing or wrong.
pub async fn prepare(db: &Database, source: &Source, now: Instant) -> Result<Vec<String>, String> {
    let outdated = |error| format!("the database cannot be brought up to date: {error}");
    let mut told = Vec::new();
    let fit = db.fit().await.map_err(outdated)?;
    if let Some(refusal) = fit.refusal() {
        return Err(refusal);
    }
    if let Fit::Added(version) = fit {
        told.push(format!("a newer program has added to the database (migration {version}); this one goes on with what it knows"));
    }
    db.migrate(Some(BOTH)).await.map_err(outdated)?;
    let known = !store::versions(db).await.map_err(outdated)?.is_empty();
    if unlock(db, source, now).await? {
        told.push(format!(
            "made a key for the database's sealed fields: {}. Without it nobody can read them: keep a copy away from the copies of the database",
            source.name()
        ));
    }
    let plain = if store::is_migrated(db, SEALED).await.map_err(outdated)? { 0 } else { plain::seal(db).await.map_err(outdated)? };
    db.migrate(None).await.map_err(outdated)?;
    if store::begin_changes(db).await.map_err(outdated)? && known {
        told.push(
            "changes of sealed fields are on record from now on; `infirmary keys rotate` binds those of before to their owners".to_owned(),
        );
    }
    if plain > 0 {
        store::sweep(db).await.map_err(outdated)?;
        told.push(format!("{plain} rows with plain fields were sealed; older backups still have them plain"));
    }
    Ok(told)
}

/// Loads the keys of the database; returns whether a first key was created for it.
async fn unlock(db: &Database, source: &Source, now: Instant) -> Result<bool, String> {
    let failed = |error: crate::db::DbError| format!("the database does not tell what it is sealed with: {error}");
    let mut made = false;
    let mut versions = store::versions(db).await.map_err(failed)?;
    if versions.is_empty() {
        if !source.exists() {
            source.make()?;
            made = true;
        }
        db.keys().load(source)?;
        let current = source.read()?.current;
        let check = db.keys().check_value(current).ok_or("a key is not there")?;
        store::add_version(db, current, &check, now).await.map_err(failed)?;
        // Another program may have added its version first.
        versions = store::versions(db).await.map_err(failed)?;
    } else if !source.exists() {
        return Err(format!(
            "the sealed fields of this database need its keys, and {} is not there: bring it back from where its copy is kept, or name it with \
             the setting `key_file` (INFIRMARY_KEY_FILE)",
            source.name()
        ));
    }
    db.keys().load(source)?;
    look(db, source, &versions)?;
    Ok(made)
}

/// Refuses wrong keys, and encrypts with the newest version from now on.
fn look(db: &Database, source: &Source, versions: &[Version]) -> Result<(), String> {
    let live = || versions.iter().filter(|version| version.retired_at.is_none());
    let newest = live().map(|version| version.number).max().ok_or("this database has no key that is in use")?;
    let lowest = live().map(|version| version.number).min().unwrap_or(newest);
    for version in live() {
        match db.keys().check_value(version.number) {
            Some(check) if check.as_slice() == version.check => {}
            Some(_) => {
                return Err(format!("version {} in {} is not the key that this database is sealed with", version.number, source.name()));
            }
            None => {
                return Err(format!(
                    "this database is sealed with version {} of its key, which is not in {}",
                    version.number,
                    source.name()
                ));
            }
        }
    }
    // An attacker may be able to write to the database: it must not choose an older key.
    let (current, oldest) = db.keys().least();
    if newest < current || lowest < oldest {
        return Err(format!(
            "{} says that version {current} of the key is current and {oldest} the oldest in use, and this database says {newest} and \
             {lowest}: its table `encryption_keys` was changed from outside, or it is an older backup. For an older backup write `current:{newest}` and `oldest:{lowest}` into a \
             copy of the keys and use that; for a new key in a setting, `current:{newest}` until it is rotated",
            source.name()
        ));
    }
    db.keys().use_versions(newest, Some(lowest));
    // A rotation has ended since the keys were read: its old version must not decrypt anything any more.
    if lowest > oldest
        && let Err(error) = db.keys().load(source)
    {
        tracing::warn!(error, "the keys cannot be read again");
    }
    Ok(())
}

/// Whether the record of changes contains a row of this table, changed or removed.
///
/// # Errors
/// When the database does not answer.
pub async fn is_on_record(tx: &mut Tx, fields: &dyn SealedFields) -> Result<bool> {
    Ok(store::is_on_record(tx, fields).await?)
}

/// Reads the versions of the key again and uses a new one.
///
/// # Errors
/// A sentence: the database does not answer, or the new key is missing.
pub async fn look_again(db: &Database, source: &Source) -> Result<(), String> {
    let versions = store::versions(db).await.map_err(|error| error.to_string())?;
    look(db, source, &versions)
}

/// Reads the versions of the key again at each interval until the program stops.
pub async fn keep_looking(db: Database, source: Source, stopping: CancellationToken) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = stopping.cancelled() => return,
        }
        if let Err(error) = look_again(&db, &source).await {
            tracing::warn!(error, "the keys of the database");
        }
    }
}
