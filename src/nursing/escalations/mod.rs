//! Escalations: a patient gets worse, and a named person must come within a time.

mod acts;
mod store;

use chrono::Duration;

use crate::{
    audit::Action,
    core::{AdmissionId, ClinicId, EscalationId, ObservationId, PatientId, Result, Role, Stamp, time::Instant},
    notifications::{Hearer, Notice, notify, notify_by_job},
    nursing::{
        bedside::{self, Bedside, Whose},
        observations::{self, ObservationSet},
        response,
        vocabulary::{EscalationCause, EscalationState, EscalationStep, SetKind, Unscored},
    },
    opd::vitals::news2::Scale,
    patients::PatientName,
    server::{AppState, Ctx},
    wards::AdmissionState,
};

pub use acts::{attend, close, tell};
pub use store::{count_open, list, open_of, steps_of};

/// The highest level.
const HIGHEST: i64 = 3;

/// An escalation with its patient.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Escalation {
    pub id: EscalationId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub patient_name: PatientName,
    pub mrn: String,
    pub clinic_id: ClinicId,
    /// The set that opened it, by its first version.
    pub set_id: ObservationId,
    pub because: EscalationCause,
    pub score: Option<i64>,
    pub level: i64,
    pub state: EscalationState,
    pub opened_at: Instant,
    /// When somebody must have attended.
    pub answer_by: Instant,
    pub attended_at: Option<Instant>,
    pub attended_by: String,
    pub closed_at: Option<Instant>,
    pub withdrawn: bool,
    pub version: i64,
    /// The bed of the patient, with its room and ward.
    pub place: Option<String>,
}

/// A step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationStepRow {
    pub escalation_id: EscalationId,
    pub step: EscalationStep,
    pub level: i64,
    pub at: Instant,
    pub by: String,
    pub whom: String,
    pub note: String,
}

impl Escalation {
    /// Returns the admission, the patient and the clinic.
    pub const fn whose(&self) -> Whose {
        Whose { admission: self.admission_id, patient: self.patient_id, clinic: self.clinic_id }
    }

    /// Whether nobody attended in time.
    pub fn is_late(&self, now: Instant) -> bool {
        self.attended_at.is_none() && self.closed_at.is_none() && self.answer_by < now
    }
}

/// Returns why and at which level a set needs somebody, with the score that it has at least.
fn needed(set: &ObservationSet) -> (Option<(EscalationCause, i64)>, Option<i64>) {
    if set.kind != SetKind::Values {
        return (None, None);
    }
    let worry = set.worried.then_some((EscalationCause::Worry, 1));
    match set.news2() {
        Ok(score) => (response::escalation(score, set.worried), Some(score.total)),
        // An incomplete set has at least the points of its values.
        Err(Unscored::Partial) => {
            let least = set.values.least(Scale::numbered(set.spo2_scale));
            (response::escalation(least, set.worried), Some(least.total))
        }
        Err(Unscored::Child | Unscored::Pregnant | Unscored::Refused | Unscored::Error) => (worry, None),
    }
}

/// Follows a version of a set: opens an escalation, raises the open one, or withdraws the one that a wrong set opened.
///
/// # Errors
/// When the database refuses.
pub async fn follow(ctx: &mut Ctx, bed: &Bedside, set: &ObservationSet) -> Result<()> {
    let open = store::open_of(&mut ctx.tx, set.admission_id).await?;
    let (need, score) = needed(set);
    let is_last = observations::latest(&mut ctx.tx, set.admission_id).await?.is_some_and(|last| last.id == set.id);
    match (need, open) {
        (None, Some(open)) if set.version > 1 && open.set_id == set.set_id && open.attended_at.is_none() => {
            acts::withdraw(ctx, &open).await
        }
        (Some((because, level)), None) if is_last && bed.admission.state == AdmissionState::Admitted => {
            let (stamp, id) = (ctx.stamp(), EscalationId::new());
            let new = store::NewEscalation {
                id,
                set: set.id,
                because,
                score,
                level,
                answer_by: stamp.at + Duration::minutes(response::answer_minutes(level)),
            };
            store::insert(&mut ctx.tx, set.whose(), &new, stamp).await?;
            bedside::record(ctx, Action::Create, "escalation", id, set.whose());
            tell_doctor(ctx, bed, id).await
        }
        (Some((_, level)), Some(open)) if is_last && level > open.level => {
            acts::raise(ctx, &open, level, score).await?;
            tell_doctor(ctx, bed, open.id).await
        }
        _ => Ok(()),
    }
}

/// Notifies the patient's doctor.
async fn tell_doctor(ctx: &mut Ctx, bed: &Bedside, id: EscalationId) -> Result<()> {
    let Some(doctor) = bed.admission.doctor_id else { return Ok(()) };
    let Some(open) = store::find(&mut ctx.tx, id).await? else { return Ok(()) };
    if let Some(user) = store::user_of(&mut ctx.tx, doctor).await? {
        let minutes = (open.answer_by - ctx.now).num_minutes();
        let notice = Notice::PatientWorse { place: open.place.clone().unwrap_or_default(), minutes };
        notify(ctx, Hearer { user, dependant: None }, &notice, &format!("/admissions/{}/nursing", open.admission_id)).await?;
    }
    Ok(())
}

/// Raises the escalations that nobody attended in time, and notifies more people: the patient's doctor and the heads of the wards, at the
/// highest level all doctors of the clinic. Returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn raise_unmet(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let due = store::unmet(&mut state.db.read().await?, now).await?;
    let mut raised = 0;
    for (id, admission) in due {
        let mut tx = state.db.write().await?;
        tx.lock(admission).await?;
        let lock = tx.lock(id).await?;
        let Some(open) = store::find(&mut tx, id).await? else { continue };
        if !open.is_late(now) || open.level >= HIGHEST {
            continue;
        }
        let level = open.level + 1;
        let minutes = (now - open.opened_at).num_minutes();
        store::raise(&mut tx, lock, &open, (level, open.score), now + Duration::minutes(response::answer_minutes(level))).await?;
        store::insert_step(&mut tx, lock, &store::NewStep { step: EscalationStep::Raised, level, whom: "", note: "" }, Stamp::system(now))
            .await?;
        let mut hearers = store::doctor_of(&mut tx, admission).await?.into_iter().collect::<Vec<_>>();
        hearers.extend(crate::accounts::users_with_role_at(&mut tx, Role::WardManager, open.clinic_id).await?);
        if level == HIGHEST {
            hearers.extend(crate::accounts::users_with_role_at(&mut tx, Role::Doctor, open.clinic_id).await?);
        }
        hearers.sort_unstable();
        hearers.dedup();
        let notice = Notice::EscalationUnmet { place: open.place.clone().unwrap_or_default(), minutes };
        let link = format!("/admissions/{admission}");
        let mut events = Vec::new();
        for user in hearers {
            events.push(notify_by_job(&mut tx, Hearer { user, dependant: None }, &notice, &link, now).await?);
        }
        bedside::finish_job(state, tx, (Action::Update, "escalation", id.into()), open.whose(), now, events).await?;
        raised += 1;
    }
    Ok(raised)
}
