//! Nothing is plain, and everything opens.

use super::store;
use crate::{
    core::Result,
    db::Tx,
    keys::{SEALED, open},
};

/// What does not hold, by the rows that break it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    /// Columns that have plain fields.
    pub plain: i64,
    /// Rows whose fields do not open.
    pub unopened: i64,
    /// Rows that are not found by what they hold.
    pub unfound: i64,
}

/// Opens every sealed field there is.
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
            last = Some(newest.id);
            for row in rows {
                let mut held = vec![String::new(); fields.columns().len()];
                let opened = open(&keys, fields, row.id, &row.sealed, |place, text| {
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
                    // While keys are changed a row stands under one of two.
                    held.is_some_and(|held| index.sought(held).iter().any(|sought| sought.bytes(&keys).is_ok_and(|bytes| bytes == *kept)))
                });
                sound.unfound += i64::from(!found);
            }
        }
    }
    Ok(sound)
}
