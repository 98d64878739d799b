//! The warnings in spite of which medicines were prescribed: kept with the reason, and reviewed by a pharmacist.

mod store;

use crate::{
    audit::Action,
    core::{
        CareOrderId, ClinicId, Error, FindingId, PatientId, Permission, PrescriptionId, Result,
        list::{self, PAGE_SIZE, Slice},
        time::Instant,
    },
    formulary::{CheckLevel, check::Warning},
    server::Ctx,
    tr,
};

crate::text_enum! {
    /// The moment of a check.
    pub enum CheckStage("stage") {
        Write = "write" => tr!(clinical.stage_write),
        Sign = "sign" => tr!(clinical.stage_sign),
    }
}

/// A warning that was overridden.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CheckFinding {
    pub id: FindingId,
    pub patient_id: PatientId,
    pub given_names: String,
    pub family_name: String,
    pub mrn: String,
    pub drug: String,
    pub stage: CheckStage,
    pub level: CheckLevel,
    pub sentence: String,
    pub reason: String,
    pub decided_at: Instant,
    pub prescriber: String,
    pub reviewed_at: Option<Instant>,
    pub reviewer: Option<String>,
}

/// The medicine that a warning is about: a prescription, or an order of a ward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideOf {
    Prescription(PrescriptionId),
    CareOrder(CareOrderId),
}

/// A warning with the medicine that it is about.
#[derive(Clone, Copy, Debug)]
pub struct Overridden<'w> {
    pub of: OverrideOf,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub stage: CheckStage,
    pub reason: &'w str,
}

/// Keeps the warnings that a reason answered.
///
/// # Errors
/// When the database refuses.
pub async fn keep(ctx: &mut Ctx, about: &Overridden<'_>, warnings: &[Warning]) -> Result<()> {
    if about.reason.is_empty() {
        return Ok(());
    }
    let stamp = ctx.stamp();
    for warning in warnings.iter().filter(|warning| matches!(warning.level, CheckLevel::Strong | CheckLevel::Warn)) {
        store::insert(&mut ctx.tx, about, warning, stamp).await?;
    }
    Ok(())
}

/// Returns a page of the clinic's overridden warnings, the oldest first while they wait for a review, else the newest first.
///
/// # Errors
/// When the database refuses.
pub(super) async fn page_of(ctx: &mut Ctx, reviewed: bool, page: Option<i64>) -> Result<Slice<CheckFinding>> {
    let (page, offset) = list::offset(page);
    let rows = store::page(&mut ctx.tx, ctx.clinic.id, reviewed, PAGE_SIZE + 1, offset).await?;
    Ok(Slice::from_surplus(rows, page))
}

/// Marks a finding as reviewed.
///
/// # Errors
/// [`Error::Conflict`] when somebody reviewed it before.
pub(super) async fn review(ctx: &mut Ctx, id: FindingId) -> Result<()> {
    let (patient, clinic) = store::owner(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ReviewPrescriptions, clinic)?;
    let stamp = ctx.stamp();
    if !store::review(&mut ctx.tx, id, stamp).await? {
        return Err(Error::conflict(tr!(clinical.reviewed_before)));
    }
    ctx.did(Action::Update, "prescription against a warning", id, Some(patient));
    Ok(())
}
