//! The step of the pharmacy: the medicines to take home are handed out. Its state is computed when somebody asks: without a take-home
//! prescription it is not needed, and it is done when all are handed out. The row is open until the patient leaves.

use uuid::Uuid;

use super::{DischargeStep, StepRow, StepState, store};
use crate::{
    core::{AdmissionId, ClinicId, Result},
    server::{Ctx, hooks::TakeHome},
};

/// Returns the state of the step for a stay with these prescriptions.
pub(super) const fn state(home: TakeHome) -> StepState {
    match home {
        TakeHome { open: 1.., .. } => StepState::Open,
        TakeHome { handed: 1.., .. } => StepState::Done,
        TakeHome { .. } => StepState::NotNeeded,
    }
}

/// Returns the take-home prescriptions of a stay.
///
/// # Errors
/// When the database refuses.
pub async fn take_home(ctx: &mut Ctx, admission: AdmissionId) -> Result<TakeHome> {
    let departments = ctx.state().departments;
    Ok(departments.take_home(&mut ctx.tx, vec![admission]).await?.remove(&admission).unwrap_or_default())
}

/// Returns the steps of a discharge in order, as they are now.
///
/// # Errors
/// When the database refuses.
pub async fn steps_now(ctx: &mut Ctx, admission: AdmissionId, discharge: Uuid) -> Result<Vec<StepRow>> {
    let mut steps = store::steps(&mut ctx.tx, discharge).await?;
    if let Some(row) = steps.iter_mut().find(|row| row.step == DischargeStep::Pharmacy && row.state == StepState::Open) {
        row.state = state(take_home(ctx, admission).await?);
    }
    Ok(steps)
}

/// Returns the open steps of the discharges of a clinic's patients as they are now, without the last one.
///
/// # Errors
/// When the database refuses.
pub async fn open_steps_now(ctx: &mut Ctx, clinic: ClinicId) -> Result<Vec<(AdmissionId, DischargeStep)>> {
    let mut steps = store::open_steps(&mut ctx.tx, clinic).await?;
    let asked: Vec<AdmissionId> = steps.iter().filter(|(_, step)| *step == DischargeStep::Pharmacy).map(|(id, _)| *id).collect();
    let departments = ctx.state().departments;
    let home = departments.take_home(&mut ctx.tx, asked).await?;
    steps.retain(|(id, step)| *step != DischargeStep::Pharmacy || home.get(id).is_some_and(|home| home.open > 0));
    Ok(steps)
}
