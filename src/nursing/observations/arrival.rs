//! The arrival of a patient on another ward: a stop of the observations ends, and a set is due in 30 minutes.

use chrono::Duration;

use super::{ObservationPlan, plan_of, store};
use crate::{
    audit::Action,
    core::{AdmissionId, ObservationPlanId, Result},
    nursing::{
        bedside::{self, Bedside},
        start::StartProof,
        tasks::{self, Planned},
        vocabulary::{NursingTaskKind, TaskRepeat},
    },
    organisation,
    server::Ctx,
    tr, wards,
};

/// Minutes from the arrival until a set is due (our own default, as after an admission).
const FIRST: i64 = 30;

/// Follows the arrival. The admission's turn is taken.
///
/// # Errors
/// When the database refuses.
pub async fn follow_arrival(ctx: &mut Ctx, id: AdmissionId) -> Result<()> {
    let admission = wards::find_admission(&mut ctx.tx, id).await?;
    let zone = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?.zone;
    let (bed, stamp) = (Bedside { admission, zone }, ctx.stamp());
    let before = plan_of(&mut ctx.tx, id).await?;
    if before.stopped_until.is_some_and(|until| until > stamp.at) {
        let plan = ObservationPlan { nth: before.nth + 1, stopped_until: None, reason: tr!(nursing.arrived).to_owned(), ..before };
        let version = ObservationPlanId::new();
        store::insert_plan(&mut ctx.tx, bed.whose(), version, &plan, stamp).await?;
        bedside::record(ctx, Action::Create, "observation_plan", version, bed.whose());
    }
    let planned = Planned {
        kind: NursingTaskKind::Other,
        detail: tr!(nursing.set_after_arrival).to_owned(),
        repeats: TaskRepeat::Once,
        starts_at: stamp.at + Duration::minutes(FIRST),
        settled_with: StartProof::Observations.as_str().to_owned(),
    };
    tasks::plan_from(ctx, &bed, planned).await?;
    Ok(())
}
