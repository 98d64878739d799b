//! The patients of a ward as a nurse sees them: what is due, the worst first, and which of them are her own in this shift.

mod on_board;
mod store;

use chrono::NaiveDate;

use crate::{
    audit::Action,
    core::{
        AdmissionId, ClinicId, NurseAllocationId, PatientId, Permission, Result, Stamp, UserId, WardId,
        time::{Instant, Zone},
    },
    nursing::{
        bedside,
        observations::ObservationPlan,
        response::{self, LastSet, NextDue, Pews, PlannedTimes},
        tasks::{self, NursingTask},
        vocabulary::{AssessmentRisk, EscalationState, Unscored},
    },
    opd::{News2, vitals::Ages},
    patients::{Birth, PatientName, Sex},
    server::{
        Ctx,
        hooks::{AskedOf, BedQuestion},
    },
    wards::{self, WardShifts},
};

pub use on_board::on_board;

/// The wards or the ward whose patients are read.
#[derive(Clone, Copy, Debug)]
pub enum Around {
    Ward(WardId),
    Clinic(ClinicId),
}

/// A patient in a bed.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "the id stands beside that of the admission")]
pub struct Patient {
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub name: PatientName,
    pub mrn: String,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    pub private: bool,
    pub reason: String,
    pub ward: String,
    pub room: String,
    pub bed: String,
    pub admitted_at: Instant,
    /// The last set, with or without a score.
    pub taken_at: Option<Instant>,
    pub score: Option<i64>,
    pub single_red: Option<bool>,
    pub unscored: Option<Unscored>,
    /// The last set with a score.
    pub scored_at: Option<Instant>,
    pub last_score: Option<i64>,
    pub last_red: Option<bool>,
    /// The last score of a child.
    pub pews: Option<i64>,
    pub pews_red: bool,
    /// The risk of falls by the last assessment.
    pub fall_risk: Option<AssessmentRisk>,
    pub spo2_scale: Option<i64>,
    pub pregnant: Option<bool>,
    pub interval_min: Option<i64>,
    pub stopped_until: Option<Instant>,
    pub level: Option<i64>,
    pub escalation: Option<EscalationState>,
    pub answer_by: Option<Instant>,
    pub nurse_id: Option<UserId>,
    pub nurse: Option<String>,
}

impl Patient {
    /// Returns the last score with its time.
    pub fn news2(&self) -> Option<(News2, Instant)> {
        let total = self.last_score?;
        Some((News2 { total, single_red: self.last_red == Some(true) }, self.scored_at?))
    }

    /// Returns the last score of a child.
    pub fn pews(&self) -> Option<Pews> {
        Some(Pews { total: self.pews?, single_red: self.pews_red })
    }

    /// Returns the age in whole months at a time, by which the values of a child are judged.
    pub fn months(&self, now: Instant, zone: Zone) -> i64 {
        Ages::new(self.birth.date, zone).at(now, None)
    }

    /// Returns when the next set is due.
    pub fn next(&self) -> NextDue {
        let before = self.news2().map(|(score, _)| score);
        let last = self.taken_at.map(|taken_at| {
            let score = self.score.map(|total| News2 { total, single_red: self.single_red == Some(true) });
            LastSet { taken_at, score: score.ok_or(self.unscored.unwrap_or(Unscored::Partial)), before, pews: self.pews() }
        });
        let plan = PlannedTimes { interval: self.interval_min, stopped_until: self.stopped_until };
        response::next_due(last, plan, self.admitted_at)
    }

    /// Whether an escalation is open that nobody attended in time.
    pub fn is_unanswered(&self, now: Instant) -> bool {
        matches!(self.escalation, Some(EscalationState::Open | EscalationState::Told)) && self.answer_by.is_some_and(|by| by < now)
    }

    /// Returns the rank by which the worst comes first: unanswered escalations, open ones, late sets with the highest score, and then the
    /// set that is due first.
    fn rank(&self, now: Instant) -> (bool, i64, bool, i64, Instant) {
        let next = self.next();
        let level = if self.escalation.is_some() { self.level.unwrap_or(1) } else { 0 };
        (!self.is_unanswered(now), -level, next.late_at >= now, -self.last_score.unwrap_or(0), next.at)
    }

    /// Returns the plan, as far as the list knows it.
    pub fn plan(&self) -> ObservationPlan {
        ObservationPlan {
            spo2_scale: self.spo2_scale.unwrap_or(1),
            pregnant: self.pregnant == Some(true),
            interval_min: self.interval_min,
            stopped_until: self.stopped_until,
            ..ObservationPlan::usual(self.admission_id)
        }
    }
}

/// The patients of a ward in a shift.
#[derive(Clone, Debug)]
pub struct WardList {
    pub ward: wards::Ward,
    pub zone: Zone,
    /// The ward's name for the shift.
    pub shift_name: String,
    /// All patients, the worst first.
    pub patients: Vec<Patient>,
    /// The tasks that are due until the shift ends.
    pub tasks: Vec<NursingTask>,
    /// The questions that other departments ask at the beds: the effect of a dose.
    pub questions: Vec<BedQuestion>,
}

impl WardList {
    /// Returns the tasks of an admission.
    pub fn tasks_of(&self, admission: AdmissionId) -> impl Iterator<Item = &NursingTask> {
        self.tasks.iter().filter(move |task| task.admission_id == admission)
    }

    /// Returns the questions at the bed of an admission.
    pub fn questions_of(&self, admission: AdmissionId) -> impl Iterator<Item = &BedQuestion> {
        self.questions.iter().filter(move |question| question.admission == admission)
    }
}

/// Reads the patients of a ward and audits that they were seen.
///
/// # Errors
/// [`crate::core::Error::NotFound`] for another clinic's ward.
pub async fn read(ctx: &mut Ctx, ward: WardId) -> Result<WardList> {
    let ward = wards::find_ward(&mut ctx.tx, ward).await?;
    ctx.at_clinic(Permission::RecordCare, ward.clinic_id)?;
    let zone = crate::organisation::clinic(&mut ctx.tx, ward.clinic_id).await?.zone;
    let shifts = wards::shifts_of(&mut ctx.tx, ward.id, zone).await?;
    let (now, shift) = (ctx.now, shifts.at(ctx.now));
    let mut patients = store::patients(&mut ctx.tx, Around::Ward(ward.id), shift).await?;
    ctx.saw_live(patients.iter().map(|one| one.patient_id), "nursing_lists").await?;
    patients.sort_by_key(|one| one.rank(now));
    let tasks = tasks::due_on(&mut ctx.tx, ward.id, shifts.bounds(shift).1).await?;
    let departments = ctx.state().departments;
    let questions = departments.bed_questions(&mut ctx.tx, AskedOf::Ward(ward.id), now).await?;
    let shift_name = shifts.name(shift);
    Ok(WardList { ward, zone, shift_name, patients, tasks, questions })
}

/// Reads the patients of the clinic whose set is late, the latest first, and audits that they were seen.
///
/// # Errors
/// When the database refuses.
pub async fn overdue(ctx: &mut Ctx) -> Result<Vec<Patient>> {
    let (now, clinic) = (ctx.now, ctx.clinic.id);
    // The list does not say whose patient it is.
    let shift = WardShifts::usual(ctx.zone()).at(now);
    let mut late = store::patients(&mut ctx.tx, Around::Clinic(clinic), shift).await?;
    late.retain(|one| one.next().late_at < now);
    late.sort_by_key(|one| one.next().late_at);
    ctx.saw_live(late.iter().map(|one| one.patient_id), "nursing_lists").await?;
    Ok(late)
}

/// Takes a patient as one's own in this shift, or gives the patient back.
///
/// # Errors
/// [`crate::core::Error::Conflict`] when the patient is not admitted.
pub async fn allocate(ctx: &mut Ctx, admission: AdmissionId, mine: bool) -> Result<WardId> {
    let bed = bedside::turn(ctx, Permission::RecordCare, admission).await?;
    bed.must_be_admitted()?;
    let (now, by, whose) = (ctx.now, ctx.user(), bed.whose());
    let shift = wards::shifts_of(&mut ctx.tx, bed.admission.ward(), bed.zone).await?.at(now);
    let known = store::allocation(&mut ctx.tx, admission, shift).await?;
    let changed = match (known, mine) {
        (None, true) => {
            let id = NurseAllocationId::new();
            store::insert_allocation(&mut ctx.tx, (id, whose), shift, by, now).await?;
            Some(id)
        }
        (Some((id, nurse)), true) if nurse != Some(by) => {
            store::set_nurse(&mut ctx.tx, id, Some(by), Stamp { by, at: now }).await?;
            Some(id)
        }
        (Some((id, Some(nurse))), false) if nurse == by => {
            store::set_nurse(&mut ctx.tx, id, None, Stamp { by, at: now }).await?;
            Some(id)
        }
        _ => None,
    };
    if let Some(id) = changed {
        bedside::record(ctx, Action::Update, "nursing_allocation", id, whose);
    }
    Ok(bed.admission.ward())
}

/// Returns how old a patient is, in words.
pub fn age(patient: &Patient, today: NaiveDate) -> String {
    format!("{} · {}", patient.sex.words(), patient.birth.age(today))
}
