//! The SQL of substances and their groups.

use crate::{
    core::{Result, Stamp, SubstanceGroupId, SubstanceId},
    db::{DbError, Locked, Tx, sql},
    formulary::{
        names::key,
        substance::{Group, Substance, SubstanceDraft},
    },
    row,
};

const SUBSTANCES: &str = "SELECT s.id, s.version, s.name, s.name_es, s.rxcui, s.pregnancy, s.lactation, s.source, s.confirmed_at,
        u.display_name AS confirmed_by
    FROM substances s LEFT JOIN users u ON u.id = s.confirmed_by";

/// Returns all substances by name.
pub(in crate::formulary) async fn all(tx: &mut Tx) -> Result<Vec<Substance>> {
    Ok(tx.all(sql(SUBSTANCES).push(" ORDER BY s.name")).await?)
}

pub(in crate::formulary) async fn one(tx: &mut Tx, id: SubstanceId) -> Result<Option<Substance>> {
    Ok(tx.optional(sql(SUBSTANCES).push(" WHERE s.id = ").push_bind(id)).await?)
}

/// Returns these substances.
pub(in crate::formulary) async fn some(tx: &mut Tx, ids: &[SubstanceId]) -> Result<Vec<Substance>> {
    Ok(tx.all(sql(SUBSTANCES).push(" WHERE s.id IN ").push_list(ids.iter().copied())).await?)
}

/// Returns the groups of these substances.
pub(in crate::formulary) async fn groups_of_some(tx: &mut Tx, ids: &[SubstanceId]) -> Result<Vec<(SubstanceId, SubstanceGroupId)>> {
    let query = sql("SELECT substance_id, group_id FROM substance_group_members WHERE substance_id IN ").push_list(ids.iter().copied());
    Ok(tx.all(query).await?)
}

/// Returns the key of each name, with the substance and its own name.
pub(in crate::formulary) async fn names(tx: &mut Tx) -> Result<Vec<(String, SubstanceId, String)>> {
    Ok(tx.all(sql("SELECT n.name_key, s.id, s.name FROM substance_names n JOIN substances s ON s.id = n.substance_id")).await?)
}

/// Returns the names of one substance.
pub(in crate::formulary) async fn names_of(tx: &mut Tx, id: SubstanceId) -> Result<Vec<String>> {
    let query = sql("SELECT name FROM substance_names WHERE substance_id = $1 ORDER BY name").bind(id);
    Ok(tx.all::<(String,)>(query).await?.into_iter().map(|(name,)| name).collect())
}

/// Returns all names of all substances, by name.
pub(in crate::formulary) async fn spellings(tx: &mut Tx) -> Result<Vec<(SubstanceId, String)>> {
    Ok(tx.all(sql("SELECT substance_id, name FROM substance_names ORDER BY name")).await?)
}

/// Returns the code of each group of each substance, by code.
pub(in crate::formulary) async fn memberships(tx: &mut Tx) -> Result<Vec<(SubstanceId, String)>> {
    let query =
        sql("SELECT m.substance_id, g.code FROM substance_group_members m JOIN substance_groups g ON g.id = m.group_id ORDER BY g.code");
    Ok(tx.all(query).await?)
}

pub(in crate::formulary) async fn groups(tx: &mut Tx) -> Result<Vec<Group>> {
    Ok(tx.all(sql("SELECT id, code, kind, name, name_es, source FROM substance_groups ORDER BY kind, name")).await?)
}

/// Returns the groups of one substance.
pub(in crate::formulary) async fn groups_of(tx: &mut Tx, id: SubstanceId) -> Result<Vec<Group>> {
    let query = sql("SELECT g.id, g.code, g.kind, g.name, g.name_es, g.source FROM substance_groups g
        JOIN substance_group_members m ON m.group_id = g.id WHERE m.substance_id = $1 ORDER BY g.kind, g.name");
    Ok(tx.all(query.bind(id)).await?)
}

pub(in crate::formulary) async fn insert(tx: &mut Tx, id: SubstanceId, draft: &SubstanceDraft, stamp: Stamp) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO substances (id, name, name_es, rxcui, pregnancy, lactation, source, created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(id)
    .bind(&draft.name)
    .bind(&draft.name_es)
    .bind(&draft.rxcui)
    .bind(draft.pregnancy)
    .bind(draft.lactation)
    .bind(&draft.source)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    write_groups(tx, id, &draft.groups).await?;
    insert_names(tx, id, &draft.names).await
}

/// Writes the substance; it is unconfirmed afterwards.
pub(in crate::formulary) async fn update(
    tx: &mut Tx,
    substance: Locked<SubstanceId>,
    draft: &SubstanceDraft,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("UPDATE substances SET name = $2, name_es = $3, rxcui = $4, pregnancy = $5, lactation = $6, source = $7,
            confirmed_at = NULL, confirmed_by = NULL, updated_at = $8, updated_by = $9, version = version + 1
        WHERE id = $1")
    .bind(substance.id())
    .bind(&draft.name)
    .bind(&draft.name_es)
    .bind(&draft.rxcui)
    .bind(draft.pregnancy)
    .bind(draft.lactation)
    .bind(&draft.source)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    write_groups(tx, substance.id(), &draft.groups).await?;
    tx.execute(sql("DELETE FROM substance_names WHERE substance_id = $1").bind(substance.id())).await?;
    insert_names(tx, substance.id(), &draft.names).await
}

/// Makes these the groups of a substance.
async fn write_groups(tx: &mut Tx, id: SubstanceId, groups: &[(String, SubstanceGroupId)]) -> Result<(), DbError> {
    let others = sql("DELETE FROM substance_group_members WHERE substance_id = ").push_bind(id);
    let others = match groups {
        [] => others,
        _ => others.push(" AND group_id NOT IN ").push_list(groups.iter().map(|(_, group)| *group)),
    };
    tx.execute(others).await?;
    insert_members(tx, groups.iter().map(|(_, group)| (*group, id)).collect()).await
}

/// Inserts the names; two spellings of one key count once.
async fn insert_names(tx: &mut Tx, id: SubstanceId, names: &[String]) -> Result<(), DbError> {
    let mut keys: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for name in names {
        let key = key(name);
        if !keys.contains(&key) {
            rows.push(row![&key, id, name]);
            keys.push(key);
        }
    }
    tx.execute(sql("INSERT INTO substance_names (name_key, substance_id, name) VALUES ").push_rows(rows)).await?;
    Ok(())
}

pub(in crate::formulary) async fn confirm(tx: &mut Tx, substance: Locked<SubstanceId>, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE substances SET confirmed_at = $2, confirmed_by = $3, version = version + 1 WHERE id = $1");
    tx.execute(query.bind(substance.id()).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

pub(in crate::formulary) async fn insert_group(tx: &mut Tx, group: &Group) -> Result<(), DbError> {
    let query = sql("INSERT INTO substance_groups (id, code, kind, name, name_es, source) VALUES ($1, $2, $3, $4, $5, $6)");
    let query = query.bind(group.id).bind(&group.code).bind(group.kind).bind(&group.name).bind(&group.name_es).bind(&group.source);
    tx.execute(query).await?;
    Ok(())
}

pub(in crate::formulary) async fn insert_members(tx: &mut Tx, members: Vec<(SubstanceGroupId, SubstanceId)>) -> Result<(), DbError> {
    let rows = members.into_iter().map(|(group, substance)| row![group, substance]).collect();
    let head = "INSERT INTO substance_group_members (group_id, substance_id) VALUES ";
    crate::db::insert_rows(tx, head, " ON CONFLICT DO NOTHING", rows).await
}
