//! The SQL of sets of tests and studies.

use super::{SetItem, TestSet};
use crate::{
    core::{ImagingProcedureId, LabPanelId, LabTestId, Result, Stamp, TestSetId},
    db::{DbError, Lockable, Locked, Tx, sql},
    lab::LabItem,
};

impl Lockable for TestSetId {
    const TABLE: &'static str = "test_sets";
}

const SETS: &str = "SELECT id, name, purpose, version, retired_at FROM test_sets";

pub(super) async fn all(tx: &mut Tx) -> Result<Vec<TestSet>> {
    Ok(tx.all(sql(SETS).push(" ORDER BY name, id LIMIT 200")).await?)
}

pub(super) async fn find(tx: &mut Tx, id: TestSetId) -> Result<Option<TestSet>> {
    Ok(tx.optional(sql(SETS).push(" WHERE id = ").push_bind(id)).await?)
}

type LineRow = (Option<LabTestId>, Option<LabPanelId>, Option<ImagingProcedureId>);

pub(super) async fn lines_of(tx: &mut Tx, set: TestSetId) -> Result<Vec<SetItem>> {
    let query = sql("SELECT test_id, panel_id, procedure_id FROM test_set_lines WHERE set_id = ").push_bind(set).push(" ORDER BY position");
    let rows: Vec<LineRow> = tx.all(query).await?;
    let item = |row: LineRow| match row {
        (Some(test), ..) => Some(SetItem::Lab(LabItem::Test(test))),
        (_, Some(panel), _) => Some(SetItem::Lab(LabItem::Panel(panel))),
        (.., procedure) => procedure.map(SetItem::Procedure),
    };
    Ok(rows.into_iter().filter_map(item).collect())
}

pub(super) async fn insert(tx: &mut Tx, id: TestSetId, (name, purpose): (&str, &str), stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO test_sets (id, name, purpose, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(name)
        .bind(purpose)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Gives a set other lines.
pub(super) async fn replace_lines(tx: &mut Tx, set: TestSetId, items: &[SetItem]) -> Result<()> {
    tx.execute(sql("DELETE FROM test_set_lines WHERE set_id = ").push_bind(set)).await?;
    for (item, position) in items.iter().zip(1_i64..) {
        let (test, panel, procedure) = match item {
            SetItem::Lab(LabItem::Test(test)) => (Some(*test), None, None),
            SetItem::Lab(LabItem::Panel(panel)) => (None, Some(*panel), None),
            SetItem::Procedure(procedure) => (None, None, Some(*procedure)),
        };
        let query = sql("INSERT INTO test_set_lines (set_id, position, test_id, panel_id, procedure_id) VALUES ($1, $2, $3, $4, $5)")
            .bind(set)
            .bind(position)
            .bind(test)
            .bind(panel)
            .bind(procedure);
        tx.execute(query).await?;
    }
    Ok(())
}

pub(super) async fn update(
    tx: &mut Tx,
    set: Locked<TestSetId>,
    version: i64,
    (name, purpose): (&str, &str),
    stamp: Stamp,
) -> Result<bool, DbError> {
    let query = sql("UPDATE test_sets SET name = $3, purpose = $4, version = version + 1, updated_at = $5, updated_by = $6
        WHERE id = $1 AND version = $2")
    .bind(set.id())
    .bind(version)
    .bind(name)
    .bind(purpose)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn set_retired(tx: &mut Tx, set: Locked<TestSetId>, version: i64, retired: bool, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE test_sets SET retired_at = $3, version = version + 1, updated_at = $4, updated_by = $5
        WHERE id = $1 AND version = $2")
    .bind(set.id())
    .bind(version)
    .bind(retired.then_some(stamp.at))
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
