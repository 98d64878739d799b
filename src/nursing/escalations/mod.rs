//! Escalations: a patient gets worse, and a named person must come within a time.
//!
//! A set of observations opens one, or the score of a child. The patient's doctor is told; at the second level the heads of the wards too, and at the
//! third all doctors of the clinic. Where the patient has no doctor, all doctors are told from the first level on.

mod acts;
mod store;

use chrono::Duration;

use crate::{
    accounts,
    audit::Action,
    core::{AdmissionId, AssessmentId, ClinicId, EscalationId, ObservationId, PatientId, Result, Role, Stamp, UserId, time::Instant},
    db::Tx,
    notifications::{Hearer, Notice, notify, notify_by_job},
    nursing::{
        bedside::{self, Bedside, Whose},
        observations::{self, ObservationSet},
        response::{self, Pews},
        vocabulary::{EscalationCause, EscalationState, EscalationStep, SetKind, Unscored},
    },
    opd::vitals::news2::Scale,
    patients::PatientName,
    server::{AppState, Ctx},
    tr,
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
    pub set_id: Option<ObservationId>,
    /// The assessment that opened it.
    pub assessment_id: Option<AssessmentId>,
    /// Its score is that of a child.
    pub of_child: bool,
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

    /// Returns the score with its name, or the cause where there is none.
    pub fn score_words(&self) -> String {
        match self.score {
            Some(score) if self.of_child => tr!(nursing.pews_of, score = score),
            Some(score) => tr!(nursing.news2_of, score = score),
            None => self.because.words().to_owned(),
        }
    }

    /// Whether somebody must come again after a person attended: the score is higher now, or the patient is no better when the time for an answer is
    /// over once more.
    fn calls_again(&self, score: Option<i64>, at: Instant) -> bool {
        self.attended_at.is_some_and(|attended| {
            score.unwrap_or(0) > self.score.unwrap_or(0) || at - attended >= Duration::minutes(response::answer_minutes(self.level))
        })
    }

    /// Whether nobody attended in time.
    pub fn is_late(&self, now: Instant) -> bool {
        self.attended_at.is_none() && self.closed_at.is_none() && self.answer_by < now
    }
}

/// The reason to call somebody.
#[derive(Clone, Copy, Debug)]
struct Need {
    because: EscalationCause,
    level: i64,
    score: Option<i64>,
    /// When the patient was seen like this.
    at: Instant,
}

/// Returns why and at which level a set needs somebody, with the score that it has at least.
fn needed(set: &ObservationSet) -> Option<Need> {
    if set.kind != SetKind::Values {
        return None;
    }
    let worry = set.worried.then_some((EscalationCause::Worry, 1));
    let (need, score) = match set.news2() {
        Ok(score) => (response::escalation(score, set.worried), Some(score.total)),
        // An incomplete set has at least the points of its values.
        Err(Unscored::Partial) => {
            let least = set.values.least(Scale::numbered(set.spo2_scale));
            (response::escalation(least, set.worried), Some(least.total))
        }
        Err(Unscored::Child | Unscored::Pregnant | Unscored::Refused | Unscored::Error) => (worry, None),
    };
    need.map(|(because, level)| Need { because, level, score, at: set.taken_at })
}

/// Follows a version of a set: opens an escalation, raises the open one, or withdraws the one that a wrong set opened.
///
/// # Errors
/// When the database refuses.
pub async fn follow(ctx: &mut Ctx, bed: &Bedside, set: &ObservationSet) -> Result<()> {
    let open = store::open_of(&mut ctx.tx, set.admission_id).await?;
    let is_last = observations::latest(&mut ctx.tx, set.admission_id).await?.is_some_and(|last| last.id == set.id);
    match (needed(set), open) {
        (None, Some(open)) if set.version > 1 && open.set_id == Some(set.set_id) && open.attended_at.is_none() => {
            acts::withdraw(ctx, &open).await
        }
        (Some(need), open) if is_last => call(ctx, bed, (Some(set.id), None), need, open.as_ref()).await,
        _ => Ok(()),
    }
}

/// Follows the score of a child, as [`follow`] does that of an adult.
///
/// # Errors
/// When the database refuses.
pub async fn follow_child(ctx: &mut Ctx, bed: &Bedside, assessment: AssessmentId, score: Pews) -> Result<()> {
    let Some((because, level)) = response::child_escalation(score) else { return Ok(()) };
    let open = store::open_of(&mut ctx.tx, bed.admission.id).await?;
    let need = Need { because, level, score: Some(score.total), at: ctx.now };
    call(ctx, bed, (None, Some(assessment)), need, open.as_ref()).await
}

/// Withdraws the escalation that a wrong assessment opened, unless a person attended.
///
/// # Errors
/// When the database refuses.
pub async fn unfollow(ctx: &mut Ctx, admission: AdmissionId, assessment: AssessmentId) -> Result<()> {
    match store::open_of(&mut ctx.tx, admission).await? {
        Some(open) if open.assessment_id == Some(assessment) && open.attended_at.is_none() => acts::withdraw(ctx, &open).await,
        _ => Ok(()),
    }
}

/// Opens an escalation, or raises the open one, and tells those who answer.
async fn call(
    ctx: &mut Ctx,
    bed: &Bedside,
    (set, assessment): (Option<ObservationId>, Option<AssessmentId>),
    need: Need,
    open: Option<&Escalation>,
) -> Result<()> {
    match open {
        None if bed.admission.state == AdmissionState::Admitted => {
            let (stamp, id, whose) = (ctx.stamp(), EscalationId::new(), bed.whose());
            let new = store::NewEscalation {
                id,
                set,
                assessment,
                because: need.because,
                score: need.score,
                level: need.level,
                answer_by: stamp.at + Duration::minutes(response::answer_minutes(need.level)),
            };
            store::insert(&mut ctx.tx, whose, &new, stamp).await?;
            bedside::record(ctx, Action::Create, "escalation", id, whose);
            tell_all(ctx, id).await
        }
        Some(open) if need.level > open.level || open.calls_again(need.score, need.at) => {
            acts::raise(ctx, open, need.level.max(open.level), need.score).await?;
            tell_all(ctx, open.id).await
        }
        _ => Ok(()),
    }
}

/// Returns the users who are told of an escalation at a level.
async fn hearers(tx: &mut Tx, open: &Escalation, level: i64) -> Result<Vec<UserId>> {
    let doctor = store::doctor_of(tx, open.admission_id).await?;
    let mut told: Vec<UserId> = doctor.into_iter().collect();
    if level > 1 {
        told.extend(accounts::users_with_role_at(tx, Role::WardManager, open.clinic_id).await?);
    }
    if level >= HIGHEST || doctor.is_none() {
        told.extend(accounts::users_with_role_at(tx, Role::Doctor, open.clinic_id).await?);
    }
    told.sort_unstable();
    told.dedup();
    Ok(told)
}

/// Tells those who answer that the patient got worse.
async fn tell_all(ctx: &mut Ctx, id: EscalationId) -> Result<()> {
    let Some(open) = store::find(&mut ctx.tx, id).await? else { return Ok(()) };
    let minutes = (open.answer_by - ctx.now).num_minutes();
    let notice = Notice::PatientWorse { place: open.place.clone().unwrap_or_default(), minutes };
    for user in hearers(&mut ctx.tx, &open, open.level).await? {
        notify(ctx, Hearer { user, dependant: None }, &notice, &link_of(&open)).await?;
    }
    Ok(())
}

/// The page that a notice leads to: the heads of wards see no nursing record.
fn link_of(open: &Escalation) -> String {
    format!("/admissions/{}", open.admission_id)
}

/// Raises the escalations that nobody attended in time, and tells more people; at the highest level all of them again. Returns their number.
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
        if !open.is_late(now) {
            continue;
        }
        let level = (open.level + 1).min(HIGHEST);
        let minutes = (now - open.opened_at).num_minutes();
        store::raise(&mut tx, lock, &open, (level, open.score), now + Duration::minutes(response::answer_minutes(level))).await?;
        store::insert_step(&mut tx, lock, &store::NewStep { step: EscalationStep::Raised, level, whom: "", note: "" }, Stamp::system(now))
            .await?;
        let notice = Notice::EscalationUnmet { place: open.place.clone().unwrap_or_default(), minutes };
        let mut events = Vec::new();
        for user in hearers(&mut tx, &open, level).await? {
            events.push(notify_by_job(&mut tx, Hearer { user, dependant: None }, &notice, &link_of(&open), now).await?);
        }
        bedside::finish_job(state, tx, (Action::Update, "escalation", id.into()), open.whose(), now, events).await?;
        raised += 1;
    }
    Ok(raised)
}
