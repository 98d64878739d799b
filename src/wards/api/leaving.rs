//! The steps of a discharge, and taking it back.

use leptos::prelude::*;

use super::admissions::{finish, passed};
use crate::{
    core::{AdmissionId, BedId, Error, Permission, Result, error::FieldErrors},
    organisation::Typed,
    server::{Ctx, redirect_to},
    tr,
    wards::{
        admission,
        leaving::{self, Anew, DischargeForm},
        moves::required,
    },
};

/// The most signs of a reason that stands in the history beside other words.
#[cfg(feature = "ssr")]
const REASON: usize = 400;

/// Decides that the patient leaves, or decides it anew.
#[server(endpoint = "wards/discharge")]
pub async fn discharge(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    /// The discharge that the form showed; empty for none.
    #[server(default)]
    seen: String,
    /// The reason for which it is decided anew.
    #[server(default)]
    reason: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::DischargeClinical).await?;
    let known = admission::find(&mut ctx.tx, admission_id).await?;
    ctx.at_clinic(Permission::DischargeClinical, known.clinic_id)?;
    ctx.reach([known.patient_id]).await?;
    // A death is recorded for the patient, who is locked before the admission.
    ctx.tx.lock(known.patient_id).await?;
    let turn = admission::turn(&mut ctx, Permission::DischargeClinical, admission_id, &key).await?;
    if !turn.done_before {
        let anew = match seen.as_str() {
            "" => None,
            _ => Some(Anew { reason: required("reason", &reason, REASON)?, seen }),
        };
        let form = DischargeForm::read(&ctx, &fields)?;
        leaving::decide(&mut ctx, &turn, &form, anew.as_ref()).await?;
    }
    finish(ctx, &turn, "decided").await
}

/// Withdraws a decided discharge: the patient stays.
#[server(endpoint = "wards/withdraw_discharge")]
pub async fn withdraw_discharge(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] seen: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::DischargeClinical).await?;
    let known = admission::find(&mut ctx.tx, admission_id).await?;
    ctx.at_clinic(Permission::DischargeClinical, known.clinic_id)?;
    ctx.reach([known.patient_id]).await?;
    // A death is taken back from the patient's record, who is locked before the admission.
    ctx.tx.lock(known.patient_id).await?;
    let turn = admission::turn(&mut ctx, Permission::DischargeClinical, admission_id, &key).await?;
    if !turn.done_before {
        let reason = required("reason", &reason, REASON)?;
        leaving::withdraw(&mut ctx, &turn, &seen, &reason).await?;
    }
    finish(ctx, &turn, "discharge_withdrawn").await
}

/// The nurse prepared the leaving.
#[server(endpoint = "wards/prepared")]
pub async fn prepared(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    /// Lines are out, belongings handed over, the patient was taught.
    #[server(default)]
    steps: String,
    /// The reason for which the patient leaves although work is open.
    #[server(default)]
    because: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::DischargeNursing).await?;
    let turn = admission::turn(&mut ctx, Permission::DischargeNursing, admission_id, &key).await?;
    if !turn.done_before {
        let mut errors = FieldErrors::new();
        let because = errors.line("because", &because, 500);
        if steps.is_empty() {
            errors.add("steps", tr!(wards.nursing_steps_missing));
        }
        errors.finish()?;
        leaving::prepared(&mut ctx, &turn, &because).await?;
    }
    finish(ctx, &turn, "prepared").await
}

/// The cashier settled the stay, or agreed to bill later.
#[server(endpoint = "wards/settle")]
pub async fn settle(admission_id: AdmissionId, #[server(default)] key: String, #[server(default)] agreed: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::DischargeBilling).await?;
    let turn = admission::turn(&mut ctx, Permission::DischargeBilling, admission_id, &key).await?;
    if !turn.done_before {
        let mut errors = FieldErrors::new();
        let agreed = errors.line("agreed", &agreed, 500);
        errors.finish()?;
        leaving::settled(&mut ctx, &turn, &agreed).await?;
    }
    ctx.commit().await?;
    redirect_to("/wards/settle?done=settled");
    Ok(())
}

/// The patient left the ward. The head of the ward may override open steps with a reason.
#[server(endpoint = "wards/left")]
pub async fn left(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] time: String,
    /// The children who were born to her here stay.
    #[server(default)]
    babies_stay: String,
    #[server(default)] because: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::DischargePhysical).await?;
    let turn = admission::turn(&mut ctx, Permission::DischargePhysical, admission_id, &key).await?;
    if !turn.done_before {
        let mut errors = FieldErrors::new();
        let at = errors.check(passed(&ctx, "time", &time));
        let because = errors.line("because", &because, 500);
        if !because.is_empty() && !ctx.who.may_at(Permission::ManageWards, turn.admission.clinic_id) {
            errors.add("because", tr!(wards.override_forbidden));
        }
        errors.finish()?;
        let Some(at) = at else { return Err(Error::NotFound) };
        leaving::left(&mut ctx, &turn, at, !babies_stay.is_empty(), &because).await?;
    }
    finish(ctx, &turn, "left").await
}

/// Takes a discharge back.
#[server(endpoint = "wards/reopen")]
pub async fn reopen(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] bed_id: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !ctx.who.may_at(Permission::ManageWards, turn.admission.clinic_id) {
        return Err(Error::Forbidden);
    }
    if !turn.done_before {
        let reason = required("reason", &reason, 500)?;
        let mut errors = FieldErrors::new();
        let bed = errors.chosen::<BedId>("bed_id", &bed_id);
        errors.finish()?;
        let Some(bed) = bed else { return Err(Error::NotFound) };
        leaving::reopen(&mut ctx, &turn, bed, &reason).await?;
    }
    finish(ctx, &turn, "taken_back").await
}
