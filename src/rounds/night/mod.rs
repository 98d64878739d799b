//! The patients of a doctor or of a ward as the round sees them: the last night in numbers, and what waits for a signature.

mod store;

use chrono::{Duration, NaiveDate};

use crate::{
    core::{
        AdmissionId, PatientId, Result, StaffId, WardId,
        time::{Instant, Zone},
    },
    nursing::Pews,
    opd::{News2, vitals::Ages},
    patients::{Birth, PatientName, Sex},
    server::Ctx,
};

/// Hours that the night has: what happened since is counted.
pub const NIGHT_HOURS: i64 = 24;

/// The patients that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundOf {
    Doctor(StaffId),
    Ward(WardId),
}

/// A patient of the round.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RoundPatient {
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub name: PatientName,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    pub private: bool,
    pub reason: String,
    pub ward: String,
    pub room: String,
    pub bed: String,
    pub admitted_at: Instant,
    pub doctor: Option<String>,
    /// The last score, and the worst of the night.
    pub last_score: Option<i64>,
    pub last_red: Option<bool>,
    pub worst_score: Option<i64>,
    /// The last score of a child, and the worst of the night.
    pub pews: Option<i64>,
    pub pews_red: bool,
    pub worst_pews: Option<i64>,
    /// Tenths of a degree Celsius.
    pub highest_temperature: Option<i64>,
    /// Escalations that were opened in the night, and the level of one that is open.
    pub escalations: i64,
    pub open_level: Option<i64>,
    /// Doses that were refused, held, missed or not there.
    pub doses_not_given: i64,
    /// Reports of the laboratory and of imaging.
    pub reports: i64,
    pub taken_in_ml: i64,
    pub lost_ml: i64,
    /// Lines and devices in place.
    pub devices: i64,
    /// Orders that were given by phone and are not signed.
    pub orders_to_sign: i64,
    /// Orders that go on past their review.
    pub reviews_overdue: i64,
    /// Whether a note of the round was signed today.
    pub noted_today: bool,
    /// Notes that are being written.
    pub drafts: i64,
}

impl RoundPatient {
    /// Returns the last score.
    pub fn news2(&self) -> Option<News2> {
        Some(News2 { total: self.last_score?, single_red: self.last_red == Some(true) })
    }

    /// Returns the last score of a child.
    pub fn pews(&self) -> Option<Pews> {
        Some(Pews { total: self.pews?, single_red: self.pews_red })
    }

    /// Returns the age in whole months at a time.
    pub fn months(&self, now: Instant, zone: Zone) -> i64 {
        Ages::new(self.birth.date, zone).at(now, None)
    }

    /// Returns the rank by which the worst comes first.
    fn rank(&self) -> (i64, i64, i64) {
        (-self.open_level.unwrap_or(0), -self.worst_score.max(self.worst_pews).unwrap_or(0), -self.doses_not_given)
    }
}

/// Reads the patients of the round and audits that they were seen: the worst first, or by bed.
///
/// # Errors
/// When the database refuses.
pub async fn read(ctx: &mut Ctx, of: RoundOf, by_bed: bool) -> Result<Vec<RoundPatient>> {
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let since = since(ctx.now);
    let today = zone.day_bounds(ctx.today()).0;
    let mut patients = store::patients(&mut ctx.tx, clinic, of, [since, today, ctx.now]).await?;
    ctx.saw_live(patients.iter().map(|one| one.patient_id), "ward_round").await?;
    if !by_bed {
        patients.sort_by_key(RoundPatient::rank);
    }
    Ok(patients)
}

/// Reads one patient of the round.
///
/// # Errors
/// When the database refuses.
pub async fn one(ctx: &mut Ctx, id: AdmissionId) -> Result<Option<RoundPatient>> {
    let today = ctx.zone().day_bounds(ctx.today()).0;
    let times = [since(ctx.now), today, ctx.now];
    store::patient(&mut ctx.tx, id, times).await
}

/// Returns when the night began.
pub fn since(now: Instant) -> Instant {
    now - Duration::hours(NIGHT_HOURS)
}

/// Returns the day of the stay: 1 on the day of admission.
pub fn day_of(admitted_at: Instant, now: Instant, zone: Zone) -> i64 {
    let day = |at: Instant| -> NaiveDate { zone.day(at) };
    (day(now) - day(admitted_at)).num_days() + 1
}
