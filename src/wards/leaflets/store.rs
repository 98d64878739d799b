//! The SQL of leaflets.

use super::Leaflet;
use crate::{
    core::{Result, Stamp, WardId},
    db::{Tx, sql},
};

pub(super) async fn find(tx: &mut Tx, ward: WardId) -> Result<Option<Leaflet>> {
    let query =
        sql("SELECT phone, visiting_en, visiting_es, bring_en, bring_es, shows_leaving, version FROM ward_leaflets WHERE ward_id = ");
    Ok(tx.optional(query.push_bind(ward)).await?)
}

/// Writes a leaflet; `false` when the version before is not the latest. Version 0 is that of a ward without one.
pub(super) async fn set(tx: &mut Tx, ward: WardId, new: &Leaflet, stamp: Stamp) -> Result<bool> {
    let query = match new.version {
        0 => sql("INSERT INTO ward_leaflets (ward_id, phone, visiting_en, visiting_es, bring_en, bring_es, shows_leaving, set_at, set_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (ward_id) DO NOTHING"),
        _ => {
            sql("UPDATE ward_leaflets SET phone = $2, visiting_en = $3, visiting_es = $4, bring_en = $5, bring_es = $6, shows_leaving = $7,
            set_at = $8, set_by = $9, version = version + 1 WHERE ward_id = $1 AND version = $10")
        }
    };
    let query = query
        .bind(ward)
        .bind(&new.phone)
        .bind(&new.visiting_en)
        .bind(&new.visiting_es)
        .bind(&new.bring_en)
        .bind(&new.bring_es)
        .bind(new.shows_leaving)
        .bind(stamp.at)
        .bind(stamp.by);
    let query = if new.version == 0 { query } else { query.bind(new.version) };
    Ok(tx.execute(query).await? == 1)
}
