//! The SQL of procedures.

use super::{ImagingProcedure, ProcedureForm};
use crate::{
    core::{ImagingProcedureId, PriceItemId, Result, Stamp},
    db::{DbError, Lockable, Locked, Tx, sql},
};

impl Lockable for ImagingProcedureId {
    const TABLE: &'static str = "imaging_procedures";
}

/// Reads the procedures, with retired ones: studies refer to them.
///
/// # Errors
/// When the database refuses.
pub async fn procedures(tx: &mut Tx) -> Result<Vec<ImagingProcedure>> {
    let query = sql("SELECT p.id, p.code, p.name_en, p.name_es, p.modality, p.body_part, p.sided, p.contrast, p.minutes, p.preparation_en,
        p.preparation_es, p.ionising, p.needs_vetting, p.template, p.loinc, p.loinc_name, p.portal_rule, p.portal_hours, p.item_id, p.source,
        p.confirmed_at, u.display_name AS confirmer, p.version, p.retired_at
        FROM imaging_procedures p LEFT JOIN users u ON u.id = p.confirmed_by ORDER BY p.modality, p.name_en, p.id");
    Ok(tx.all(query).await?)
}

pub(super) async fn insert(tx: &mut Tx, id: ImagingProcedureId, form: &ProcedureForm, stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO imaging_procedures (id, code, name_en, name_es, modality, body_part, sided, contrast, minutes, preparation_en,
        preparation_es, ionising, needs_vetting, template, loinc, loinc_name, portal_rule, portal_hours, source, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)")
        .bind(id)
        .bind(&form.code)
        .bind(&form.name_en)
        .bind(&form.name_es)
        .bind(form.modality)
        .bind(&form.body_part)
        .bind(form.sided)
        .bind(form.contrast)
        .bind(form.minutes)
        .bind(&form.preparation_en)
        .bind(&form.preparation_es)
        .bind(form.ionising)
        .bind(form.needs_vetting)
        .bind(&form.template)
        .bind(&form.loinc)
        .bind(&form.loinc_name)
        .bind(form.portal_rule)
        .bind(form.portal_hours)
        .bind(&form.source)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Changes the fields of a procedure; code and modality stay. The confirmation ends.
pub(super) async fn update(
    tx: &mut Tx,
    procedure: Locked<ImagingProcedureId>,
    version: i64,
    form: &ProcedureForm,
    stamp: Stamp,
) -> Result<bool> {
    let query = sql("UPDATE imaging_procedures SET name_en = $3, name_es = $4, body_part = $5, sided = $6, contrast = $7, minutes = $8,
        preparation_en = $9, preparation_es = $10, ionising = $11, needs_vetting = $12, template = $13, loinc = $14, loinc_name = $15,
        portal_rule = $16, portal_hours = $17, source = $18, confirmed_at = NULL, confirmed_by = NULL, version = version + 1,
        updated_at = $19, updated_by = $20 WHERE id = $1 AND version = $2")
    .bind(procedure.id())
    .bind(version)
    .bind(&form.name_en)
    .bind(&form.name_es)
    .bind(&form.body_part)
    .bind(form.sided)
    .bind(form.contrast)
    .bind(form.minutes)
    .bind(&form.preparation_en)
    .bind(&form.preparation_es)
    .bind(form.ionising)
    .bind(form.needs_vetting)
    .bind(&form.template)
    .bind(&form.loinc)
    .bind(&form.loinc_name)
    .bind(form.portal_rule)
    .bind(form.portal_hours)
    .bind(&form.source)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn confirm(tx: &mut Tx, procedure: Locked<ImagingProcedureId>, version: i64, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE imaging_procedures SET confirmed_at = $3, confirmed_by = $4, version = version + 1, updated_at = $5,
        updated_by = $6 WHERE id = $1 AND version = $2 AND retired_at IS NULL")
    .bind(procedure.id())
    .bind(version)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Retires a procedure, or takes it back into use.
pub(super) async fn set_retired(
    tx: &mut Tx,
    procedure: Locked<ImagingProcedureId>,
    version: i64,
    retired: bool,
    stamp: Stamp,
) -> Result<bool> {
    let query = sql("UPDATE imaging_procedures SET retired_at = $3, version = version + 1, updated_at = $4, updated_by = $5
        WHERE id = $1 AND version = $2")
    .bind(procedure.id())
    .bind(version)
    .bind(retired.then_some(stamp.at))
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Gives a procedure its item on the price list.
pub(super) async fn set_item(tx: &mut Tx, procedure: ImagingProcedureId, item: PriceItemId) -> Result<()> {
    tx.execute(sql("UPDATE imaging_procedures SET item_id = $2 WHERE id = $1").bind(procedure).bind(item)).await?;
    Ok(())
}
