//! The SQL of the pharmacist's decisions.

use super::{Supply, SupplyFinding, SupplyStage};
use crate::{
    core::{Result, Stamp, SupplyFindingId, SupplyId},
    db::{Tx, sql},
    formulary::check::Warning,
};

/// Reads the decisions about a supply, the first one first.
///
/// # Errors
/// When the database refuses.
pub async fn decided(tx: &mut Tx, supply: SupplyId) -> Result<Vec<SupplyFinding>> {
    let query =
        sql("SELECT f.id, f.stage, f.rule_key, f.level, f.sentence, f.reason, f.at, u.display_name AS by_name FROM supply_findings f
        JOIN users u ON u.id = f.by_user WHERE f.supply_id = ")
        .push_bind(supply)
        .push(" ORDER BY f.at, f.id");
    Ok(tx.all(query).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    supply: &Supply,
    (stage, reason): (SupplyStage, &str),
    warning: &Warning,
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO supply_findings (id, supply_id, patient_id, clinic_id, stage, rule_key, level, sentence, reason, at, by_user)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING")
        .bind(SupplyFindingId::new())
        .bind(supply.id)
        .bind(supply.patient_id)
        .bind(supply.clinic_id)
        .bind(stage)
        .bind(&warning.key)
        .bind(warning.level)
        .bind(warning.sentence.chars().take(2_000).collect::<String>())
        .bind(reason)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
