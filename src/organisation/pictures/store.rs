//! The SQL of pictures.

use super::{Drawn, PictureMedia, PictureShown, Whose};
use crate::{
    core::{PictureId, Result, StaffId, Stamp},
    db::{DbError, Sql, Tx, sql},
};

#[derive(sqlx::FromRow)]
struct ShownRow {
    id: PictureId,
    width: i64,
    height: i64,
}

impl From<ShownRow> for PictureShown {
    fn from(row: ShownRow) -> Self {
        let pixels = |number: i64| u32::try_from(number).unwrap_or_default();
        Self { id: row.id, width: pixels(row.width), height: pixels(row.height) }
    }
}

fn of(query: Sql, whose: Whose) -> Sql {
    match whose {
        Whose::Hospital => query.push(" WHERE staff_id IS NULL"),
        Whose::Person(id) => query.push(" WHERE staff_id = ").push_bind(id),
    }
}

pub(super) async fn shown(tx: &mut Tx, whose: Whose) -> Result<Option<PictureShown>> {
    let row: Option<ShownRow> = tx.optional(of(sql("SELECT id, width, height FROM pictures"), whose)).await?;
    Ok(row.map(PictureShown::from))
}

/// Returns the type and the bytes of a logo or, when `photo`, of a photo.
pub(super) async fn bytes(tx: &mut Tx, id: PictureId, photo: bool) -> Result<Option<(PictureMedia, Vec<u8>)>> {
    let query = sql("SELECT media, bytes FROM pictures WHERE id = ").push_bind(id);
    Ok(tx.optional(query.push(if photo { " AND staff_id IS NOT NULL" } else { " AND staff_id IS NULL" })).await?)
}

pub(super) async fn remove(tx: &mut Tx, whose: Whose) -> Result<()> {
    tx.execute(of(sql("DELETE FROM pictures"), whose)).await?;
    Ok(())
}

pub(super) async fn insert(tx: &mut Tx, (id, whose): (PictureId, Whose), drawn: &Drawn, stamp: Stamp) -> Result<(), DbError> {
    let staff: Option<StaffId> = match whose {
        Whose::Hospital => None,
        Whose::Person(id) => Some(id),
    };
    let query = sql("INSERT INTO pictures (id, staff_id, media, width, height, bytes, added_at, added_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(id)
    .bind(staff)
    .bind(drawn.media.as_str())
    .bind(i64::from(drawn.width))
    .bind(i64::from(drawn.height))
    .bind(drawn.bytes.clone())
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
