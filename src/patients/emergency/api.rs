//! Opens a record outside the reader's care, takes a patient into the clinic's care, and lets an auditor judge each
//! opening afterwards.

use leptos::prelude::*;

use crate::core::{EmergencyAccessId, Error, PatientId};

#[cfg(feature = "ssr")]
use super::{LONGEST_REASON, SHORTEST_REASON, store};
#[cfg(feature = "ssr")]
use crate::{
    accounts::scope,
    audit::Action,
    core::{Permission, error::FieldErrors},
    patients::{self, review},
    server::{Ctx, is_own_page, redirect_to},
    tr,
};

/// Opens a record for an hour to a clinician who gives a reason.
#[server(endpoint = "patients/open_in_emergency")]
pub async fn open_in_emergency(
    patient_id: PatientId,
    #[server(default)] reason: String,
    /// The page to go to afterwards.
    #[server(default)]
    next: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::BreakGlass).await?;
    let mut errors = FieldErrors::new();
    let reason = errors.line("reason", &reason, LONGEST_REASON);
    if reason.chars().count() < SHORTEST_REASON {
        errors.add("reason", tr!(patients.emergency_reason_short));
    }
    errors.finish()?;
    patients::identity(&mut ctx.tx, patient_id).await?;
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    if let Some(id) = store::open(&mut ctx.tx, patient_id, clinic, &reason, stamp).await? {
        ctx.did(Action::Create, "emergency", id, Some(patient_id));
    }
    ctx.commit().await?;
    redirect_to(&onward(patient_id, &next));
    Ok(())
}

/// Takes a patient who is known elsewhere in the hospital into the clinic's care: the person is at the clinic's desk.
#[server(endpoint = "patients/take_in")]
pub async fn take_in(patient_id: PatientId, #[server(default)] next: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    patients::identity(&mut ctx.tx, patient_id).await?;
    let (now, clinic) = (ctx.now, ctx.clinic.id);
    scope::take_in(&mut ctx.tx, patient_id, clinic, now).await?;
    ctx.did(Action::Create, "care", patient_id, Some(patient_id));
    ctx.commit().await?;
    redirect_to(&onward(patient_id, &next));
    Ok(())
}

/// Records whether an opening was justified. It can be judged once, and not by the user who opened the record.
#[server(endpoint = "patients/judge_emergency")]
pub async fn judge_emergency(
    emergency_id: EmergencyAccessId,
    #[server(default)] verdict: String,
    #[server(default)] remark: String,
) -> Result<(), Error> {
    review::judge(review::Kind::Emergency, emergency_id.into(), &verdict, &remark).await
}

/// Returns the page that was refused, or the record.
#[cfg(feature = "ssr")]
fn onward(patient: PatientId, next: &str) -> String {
    if is_own_page(next) { next.to_owned() } else { format!("/patients/{patient}") }
}
