//! Opens a record outside the reader's care, takes a patient into the clinic's care, and lets an auditor judge each
//! opening afterwards.

use leptos::prelude::*;

use crate::core::{EmergencyAccessId, Error, PatientId};

#[cfg(feature = "ssr")]
use super::{LONGEST_REASON, SHORTEST_REASON, acts};
#[cfg(feature = "ssr")]
use crate::{
    core::{Permission, error::FieldErrors},
    patients::review,
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
    acts::open(&mut ctx, patient_id, &reason).await?;
    ctx.commit().await?;
    redirect_to(&onward(patient_id, &next));
    Ok(())
}

/// Takes a patient who is known elsewhere in the hospital into the clinic's care: the person is at the clinic's desk.
#[server(endpoint = "patients/take_in")]
pub async fn take_in(patient_id: PatientId, #[server(default)] next: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    acts::take_in(&mut ctx, patient_id).await?;
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
