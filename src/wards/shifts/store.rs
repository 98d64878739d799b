//! The SQL of shifts.

use uuid::Uuid;

use super::ShiftPlan;
use crate::{
    core::{Result, Stamp, WardId},
    db::{Tx, sql},
};

/// Reads the shifts of a ward by the day from which they hold; of one day, those last that were written last.
pub(super) async fn plans(tx: &mut Tx, ward: WardId) -> Result<Vec<ShiftPlan>> {
    let query = sql(
        "SELECT from_day, day_begins, evening_begins, night_begins, day_name, evening_name, night_name FROM ward_shifts WHERE ward_id = ",
    );
    Ok(tx.all(query.push_bind(ward).push(" ORDER BY from_day, set_at, id")).await?)
}

pub(super) async fn insert(tx: &mut Tx, ward: WardId, new: &ShiftPlan, stamp: Stamp) -> Result<()> {
    let query =
        sql("INSERT INTO ward_shifts (id, ward_id, from_day, day_begins, evening_begins, night_begins, day_name, evening_name, night_name,
            set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .bind(Uuid::now_v7())
        .bind(ward)
        .bind(new.from_day)
        .bind(new.day_begins)
        .bind(new.evening_begins)
        .bind(new.night_begins)
        .bind(&new.day_name)
        .bind(&new.evening_name)
        .bind(&new.night_name)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
