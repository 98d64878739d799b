//! The SQL of the catalogue.

use chrono::NaiveDate;

use super::{Container, LabChoice, LabPanel, LabTest, PanelForm, RangeForm, TestForm};
use crate::{
    core::{ClinicId, LabDeltaId, LabPanelId, LabRangeId, LabTestId, PriceItemId, Result, Stamp, time::Instant},
    db::{DbError, Lockable, Locked, Tx, sql},
    lab::{
        delta::DeltaRule,
        flag::Limits,
        range::ReferenceRange,
        vocabulary::{Condition, RangeSex},
    },
};

use super::form::DeltaForm;

impl Lockable for LabPanelId {
    const TABLE: &'static str = "lab_panels";
}

impl Lockable for LabTestId {
    const TABLE: &'static str = "lab_tests";
}

pub(super) async fn containers(tx: &mut Tx) -> Result<Vec<Container>> {
    let query = sql("SELECT id, code, name_en, name_es, colour, additive, volume_ul, draw_order FROM lab_containers
        WHERE retired_at IS NULL ORDER BY draw_order, code");
    Ok(tx.all(query).await?)
}

pub(super) async fn tests(tx: &mut Tx) -> Result<Vec<LabTest>> {
    let query = sql("SELECT t.id, t.code, t.name_en, t.name_es, t.loinc, t.loinc_name, t.result_type, t.unit, t.decimals, t.specimen,
        t.container_id, t.bench, t.method, t.tat_stat, t.tat_urgent, t.tat_routine, t.linear_low, t.linear_high, t.plausible_low,
        t.plausible_high, t.duplicate_hours, t.portal_rule, t.portal_hours, t.autorelease, t.formula, t.item_id, t.source, t.confirmed_at,
        u.display_name AS confirmer, t.version, t.retired_at
        FROM lab_tests t LEFT JOIN users u ON u.id = t.confirmed_by ORDER BY t.bench, t.name_en, t.id");
    Ok(tx.all(query).await?)
}

pub(super) async fn panels(tx: &mut Tx) -> Result<Vec<LabPanel>> {
    Ok(tx.all(sql("SELECT id, code, name_en, name_es, loinc, item_id, version, retired_at FROM lab_panels ORDER BY name_en, id")).await?)
}

pub(super) async fn contents(tx: &mut Tx) -> Result<Vec<(LabPanelId, LabTestId)>> {
    Ok(tx.all(sql("SELECT panel_id, test_id FROM lab_panel_tests ORDER BY panel_id, position")).await?)
}

pub(super) async fn choices(tx: &mut Tx) -> Result<Vec<LabChoice>> {
    Ok(tx.all(sql("SELECT id, test_id, code, name_en, name_es, flag FROM lab_choices ORDER BY test_id, position")).await?)
}

#[derive(sqlx::FromRow)]
struct RangeRow {
    id: LabRangeId,
    test_id: LabTestId,
    method: String,
    sex: RangeSex,
    age_from_days: i64,
    age_to_days: Option<i64>,
    condition: Condition,
    low: Option<i64>,
    high: Option<i64>,
    critical_low: Option<i64>,
    critical_high: Option<i64>,
    text: String,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    source: String,
}

pub(super) async fn ranges(tx: &mut Tx) -> Result<Vec<(LabTestId, ReferenceRange)>> {
    let query = sql("SELECT id, test_id, method, sex, age_from_days, age_to_days, condition, low, high, critical_low, critical_high, text,
        valid_from, valid_to, source FROM lab_ranges WHERE retired_at IS NULL ORDER BY test_id, sex, age_from_days, valid_from, id");
    let rows: Vec<RangeRow> = tx.all(query).await?;
    let range = |row: RangeRow| {
        let limits = Limits { low: row.low, high: row.high, critical_low: row.critical_low, critical_high: row.critical_high };
        let range = ReferenceRange {
            id: row.id,
            method: row.method,
            sex: row.sex,
            age_from_days: row.age_from_days,
            age_to_days: row.age_to_days,
            condition: row.condition,
            limits,
            text: row.text,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            source: row.source,
        };
        (row.test_id, range)
    };
    Ok(rows.into_iter().map(range).collect())
}

/// The test of a delta rule, its id, the differences that it allows, its days and its source.
type DeltaRow = (LabTestId, LabDeltaId, Option<i64>, Option<i64>, i64, String);

pub(super) async fn deltas(tx: &mut Tx) -> Result<Vec<(LabTestId, DeltaRule)>> {
    let query = sql("SELECT test_id, id, absolute, percent, window_days, source FROM lab_delta_rules
        WHERE retired_at IS NULL ORDER BY test_id, window_days, id");
    let rows: Vec<DeltaRow> = tx.all(query).await?;
    let rule = |(test, id, absolute, percent, window_days, source)| (test, DeltaRule { id, absolute, percent, window_days, source });
    Ok(rows.into_iter().map(rule).collect())
}

pub(super) async fn inputs(tx: &mut Tx) -> Result<Vec<(LabTestId, LabTestId)>> {
    Ok(tx.all(sql("SELECT test_id, input_id FROM lab_test_inputs ORDER BY test_id, position")).await?)
}

pub(super) async fn insert_test(tx: &mut Tx, id: LabTestId, form: &TestForm, stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO lab_tests (id, code, name_en, name_es, loinc, loinc_name, result_type, unit, decimals, specimen, container_id, bench,
        method, tat_stat, tat_urgent, tat_routine, linear_low, linear_high, plausible_low, plausible_high, duplicate_hours, portal_rule,
        portal_hours, formula, source, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)")
        .bind(id)
        .bind(&form.code)
        .bind(&form.name_en)
        .bind(&form.name_es)
        .bind(&form.loinc)
        .bind(&form.loinc_name)
        .bind(form.result_type)
        .bind(&form.unit)
        .bind(form.decimals)
        .bind(form.specimen)
        .bind(form.container_id)
        .bind(&form.bench)
        .bind(&form.method)
        .bind(form.tat_stat)
        .bind(form.tat_urgent)
        .bind(form.tat_routine)
        .bind(form.linear.0)
        .bind(form.linear.1)
        .bind(form.plausible.0)
        .bind(form.plausible.1)
        .bind(form.duplicate_hours)
        .bind(form.portal_rule)
        .bind(form.portal_hours)
        .bind(&form.formula)
        .bind(&form.source)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Changes the fields of a test; code, kind of result, unit, specimen and formula stay. The confirmation ends.
pub(super) async fn update_test(
    tx: &mut Tx,
    test: Locked<LabTestId>,
    version: i64,
    form: &TestForm,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let query = sql(
        "UPDATE lab_tests SET name_en = $3, name_es = $4, loinc = $5, loinc_name = $6, decimals = $7, container_id = $8, bench = $9,
        method = $10, tat_stat = $11, tat_urgent = $12, tat_routine = $13, linear_low = $14, linear_high = $15, plausible_low = $16,
        plausible_high = $17, duplicate_hours = $18, portal_rule = $19, portal_hours = $20, source = $21, confirmed_at = NULL,
        confirmed_by = NULL, autorelease = FALSE, version = version + 1, updated_at = $22, updated_by = $23 WHERE id = $1 AND version = $2",
    )
    .bind(test.id())
    .bind(version)
    .bind(&form.name_en)
    .bind(&form.name_es)
    .bind(&form.loinc)
    .bind(&form.loinc_name)
    .bind(form.decimals)
    .bind(form.container_id)
    .bind(&form.bench)
    .bind(&form.method)
    .bind(form.tat_stat)
    .bind(form.tat_urgent)
    .bind(form.tat_routine)
    .bind(form.linear.0)
    .bind(form.linear.1)
    .bind(form.plausible.0)
    .bind(form.plausible.1)
    .bind(form.duplicate_hours)
    .bind(form.portal_rule)
    .bind(form.portal_hours)
    .bind(&form.source)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn insert_input(tx: &mut Tx, test: LabTestId, position: i64, input: LabTestId) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_test_inputs (test_id, position, input_id) VALUES ($1, $2, $3)").bind(test).bind(position).bind(input);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_range(
    tx: &mut Tx,
    id: LabRangeId,
    test: Locked<LabTestId>,
    form: &RangeForm,
    stamp: Stamp,
) -> Result<(), DbError> {
    let limits = form.limits;
    let query = sql("INSERT INTO lab_ranges (id, test_id, method, sex, age_from_days, age_to_days, condition, low, high, critical_low,
        critical_high, text, valid_from, source, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)")
    .bind(id)
    .bind(test.id())
    .bind(&form.method)
    .bind(form.sex)
    .bind(form.age_from_days)
    .bind(form.age_to_days)
    .bind(form.condition)
    .bind(limits.low)
    .bind(limits.high)
    .bind(limits.critical_low)
    .bind(limits.critical_high)
    .bind(&form.text)
    .bind(form.valid_from)
    .bind(&form.source)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Gives a range its last day.
pub(super) async fn end_range(tx: &mut Tx, test: Locked<LabTestId>, id: LabRangeId, last: NaiveDate) -> Result<bool> {
    let query = sql("UPDATE lab_ranges SET valid_to = $3 WHERE id = $1 AND test_id = $2 AND retired_at IS NULL AND valid_from <= $4");
    Ok(tx.execute(query.bind(id).bind(test.id()).bind(last).bind(last)).await? == 1)
}

pub(super) async fn retire_range(tx: &mut Tx, test: Locked<LabTestId>, id: LabRangeId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE lab_ranges SET retired_at = $3 WHERE id = $1 AND test_id = $2 AND retired_at IS NULL");
    Ok(tx.execute(query.bind(id).bind(test.id()).bind(now)).await? == 1)
}

pub(super) async fn insert_delta(tx: &mut Tx, id: LabDeltaId, test: Locked<LabTestId>, form: &DeltaForm) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_delta_rules (id, test_id, absolute, percent, window_days, source) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(test.id())
        .bind(form.absolute)
        .bind(form.percent)
        .bind(form.window_days)
        .bind(&form.source);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn retire_delta(tx: &mut Tx, test: Locked<LabTestId>, id: LabDeltaId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE lab_delta_rules SET retired_at = $3 WHERE id = $1 AND test_id = $2 AND retired_at IS NULL");
    Ok(tx.execute(query.bind(id).bind(test.id()).bind(now)).await? == 1)
}

/// Confirms the test as it is, and says whether its normal results are released by themselves.
pub(super) async fn confirm(tx: &mut Tx, test: Locked<LabTestId>, version: i64, autorelease: bool, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE lab_tests SET confirmed_at = $3, confirmed_by = $4, autorelease = $5, version = version + 1, updated_at = $6,
        updated_by = $7 WHERE id = $1 AND version = $2 AND retired_at IS NULL")
    .bind(test.id())
    .bind(version)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(autorelease)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Retires a test, or takes it back into use.
pub(super) async fn set_retired(tx: &mut Tx, test: Locked<LabTestId>, version: i64, retired: bool, stamp: Stamp) -> Result<bool> {
    let query =
        sql("UPDATE lab_tests SET retired_at = $3, version = version + 1, updated_at = $4, updated_by = $5 WHERE id = $1 AND version = $2")
            .bind(test.id())
            .bind(version)
            .bind(retired.then_some(stamp.at))
            .bind(stamp.at)
            .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Counts the analyses of a test that are not finished.
pub(super) async fn open_analyses(tx: &mut Tx, test: LabTestId) -> Result<i64> {
    let query = sql("SELECT count(*) FROM lab_analyses WHERE state NOT IN ('released', 'cancelled') AND test_id = ").push_bind(test);
    Ok(tx.count(query).await?)
}

pub(super) async fn set_item(tx: &mut Tx, test: Locked<LabTestId>, item: PriceItemId) -> Result<()> {
    tx.execute(sql("UPDATE lab_tests SET item_id = $2 WHERE id = $1").bind(test.id()).bind(item)).await?;
    Ok(())
}

pub(super) async fn insert_container(tx: &mut Tx, container: &Container) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_containers (id, code, name_en, name_es, colour, additive, volume_ul, draw_order)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(container.id)
    .bind(&container.code)
    .bind(&container.name_en)
    .bind(&container.name_es)
    .bind(&container.colour)
    .bind(&container.additive)
    .bind(container.volume_ul)
    .bind(container.draw_order);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_panel(tx: &mut Tx, panel: &LabPanel, tests: &[LabTestId], stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_panels (id, code, name_en, name_es, loinc, item_id, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(panel.id)
    .bind(&panel.code)
    .bind(&panel.name_en)
    .bind(&panel.name_es)
    .bind(&panel.loinc)
    .bind(panel.item_id)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    insert_content(tx, panel.id, tests).await
}

async fn insert_content(tx: &mut Tx, panel: LabPanelId, tests: &[LabTestId]) -> Result<(), DbError> {
    for (position, test) in (1_i64..).zip(tests) {
        let query =
            sql("INSERT INTO lab_panel_tests (panel_id, position, test_id) VALUES ($1, $2, $3)").bind(panel).bind(position).bind(*test);
        tx.execute(query).await?;
    }
    Ok(())
}

/// Changes the names of a panel; its code stays.
pub(super) async fn update_panel(tx: &mut Tx, panel: Locked<LabPanelId>, version: i64, form: &PanelForm, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE lab_panels SET name_en = $3, name_es = $4, loinc = $5, version = version + 1, updated_at = $6, updated_by = $7
        WHERE id = $1 AND version = $2")
    .bind(panel.id())
    .bind(version)
    .bind(&form.name_en)
    .bind(&form.name_es)
    .bind(&form.loinc)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Gives a panel other tests.
pub(super) async fn replace_content(tx: &mut Tx, panel: Locked<LabPanelId>, tests: &[LabTestId]) -> Result<()> {
    tx.execute(sql("DELETE FROM lab_panel_tests WHERE panel_id = ").push_bind(panel.id())).await?;
    Ok(insert_content(tx, panel.id(), tests).await?)
}

/// Retires a panel, or takes it back into use.
pub(super) async fn set_panel_retired(tx: &mut Tx, panel: Locked<LabPanelId>, version: i64, retired: bool, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE lab_panels SET retired_at = $3, version = version + 1, updated_at = $4, updated_by = $5
        WHERE id = $1 AND version = $2")
    .bind(panel.id())
    .bind(version)
    .bind(retired.then_some(stamp.at))
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn insert_choice(tx: &mut Tx, choice: &LabChoice, position: i64) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_choices (id, test_id, code, name_en, name_es, flag, position) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(choice.id)
        .bind(choice.test_id)
        .bind(&choice.code)
        .bind(&choice.name_en)
        .bind(&choice.name_es)
        .bind(choice.flag)
        .bind(position);
    tx.execute(query).await?;
    Ok(())
}

/// Whether one person of this clinic's laboratory may enter and release a result, and the version of the setting (0: never set).
pub(super) async fn single_handed(tx: &mut Tx, clinic: ClinicId) -> Result<(bool, i64)> {
    let query = sql("SELECT single_handed, version FROM lab_settings WHERE clinic_id = ").push_bind(clinic);
    Ok(tx.optional::<(bool, i64)>(query).await?.unwrap_or_default())
}

pub(super) async fn set_single_handed(
    tx: &mut Tx,
    clinic: ClinicId,
    version: i64,
    single_handed: bool,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let query = match version {
        0 => sql("INSERT INTO lab_settings (clinic_id, single_handed, updated_at, updated_by) VALUES ($1, $2, $3, $4)")
            .bind(clinic)
            .bind(single_handed)
            .bind(stamp.at)
            .bind(stamp.by),
        _ => sql("UPDATE lab_settings SET single_handed = $3, version = version + 1, updated_at = $4, updated_by = $5
            WHERE clinic_id = $1 AND version = $2")
        .bind(clinic)
        .bind(version)
        .bind(single_handed)
        .bind(stamp.at)
        .bind(stamp.by),
    };
    Ok(tx.execute(query).await? == 1)
}
