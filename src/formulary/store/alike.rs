//! The SQL of pairs of substances whose names look or sound alike.

use crate::{
    core::{DrugId, Result, RuleId, Stamp, SubstanceId},
    db::{DbError, Tx, sql},
    formulary::alike::{AlikeSide, LookAlike},
};

/// Returns all pairs, with retired ones.
pub(in crate::formulary) async fn all(tx: &mut Tx) -> Result<Vec<LookAlike>> {
    let query = sql("SELECT r.id, r.one_id, s1.name AS one_name, s1.name_es AS one_name_es, r.one_tall, r.one_tall_es, r.other_id, s2.name AS other_name,
            s2.name_es AS other_name_es, r.other_tall, r.other_tall_es, r.version, r.source, r.confirmed_at, u.display_name AS confirmed_by,
            r.retired_at IS NOT NULL AS retired
        FROM look_alikes r JOIN substances s1 ON s1.id = r.one_id JOIN substances s2 ON s2.id = r.other_id LEFT JOIN users u ON u.id = r.confirmed_by
        ORDER BY s1.name, s2.name");
    Ok(tx.all(query).await?)
}

/// Returns the substances of confirmed pairs in each drug, and in each name that is mapped to one.
pub(in crate::formulary) async fn drugs(tx: &mut Tx) -> Result<Vec<(DrugId, SubstanceId)>> {
    let query = sql("SELECT d.id, i.substance_id FROM drug_ingredients i JOIN drugs d ON d.id = i.drug_id OR d.same_as = i.drug_id
        WHERE i.substance_id IN (SELECT one_id FROM look_alikes WHERE retired_at IS NULL AND confirmed_at IS NOT NULL
            UNION SELECT other_id FROM look_alikes WHERE retired_at IS NULL AND confirmed_at IS NOT NULL)");
    Ok(tx.all(query).await?)
}

/// Inserts a pair, whose sides are in the order of their ids.
pub(in crate::formulary) async fn insert(
    tx: &mut Tx,
    id: RuleId,
    [one, other]: &[AlikeSide; 2],
    source: &str,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO look_alikes (id, one_id, one_tall, one_tall_es, other_id, other_tall, other_tall_es, source, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(one.substance)
    .bind(&one.tall)
    .bind(&one.tall_es)
    .bind(other.substance)
    .bind(&other.tall)
    .bind(&other.tall_es)
    .bind(source)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
