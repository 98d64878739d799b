//! The form of an order: reads what was typed and reports all mistakes at once.

use chrono::{Duration, NaiveTime};

use super::{PrescriberRow, store};
use crate::{
    accounts,
    clinical::{Drug, Reply},
    core::{
        ClinicId, DrugId, Result, Role, UserId,
        error::FieldErrors,
        time::{Instant, Zone, parse_date, parse_time, show_time},
    },
    db::Tx,
    formulary::{self, Dose, Route},
    medicine_record::{
        holds::{self, HoldRule},
        infusions::{self, InfusionOrder},
        reviews::{self, ANTIBIOTIC_HOURS},
        schedule::{DoseSchedule, stored_times},
        usual_times::{self, UsualTimes},
        vocabulary::{CareKind, CareMode, DoseTiming},
    },
    orders::OrderPriority,
    organisation::Typed,
    server::Ctx,
    tr,
    wards::Admission,
};

/// The most days that an order may be given for, and days in advance that it may begin.
const MOST_DAYS: i64 = 90;
/// The most doses after which an order may end.
const MOST_DOSES: i64 = 200;
const AHEAD_DAYS: i64 = 14;
/// The most own times of a day.
const MOST_TIMES: usize = 24;

/// An order as it was typed.
#[derive(Clone, Debug)]
pub struct OrderTyped {
    pub kind: CareKind,
    pub priority: OrderPriority,
    pub mode: CareMode,
    pub title: String,
    pub drug: Option<Drug>,
    pub dose: String,
    pub amount: Option<Dose>,
    pub infusion: Option<InfusionOrder>,
    pub route: String,
    pub timing: Option<DoseTiming>,
    pub times: String,
    pub first_now: bool,
    pub interval_min: Option<i64>,
    pub most_in_day: Option<i64>,
    pub indication: String,
    pub hold_if: Vec<HoldRule>,
    pub starts_at: Instant,
    pub ends_at: Option<Instant>,
    pub dose_count: Option<i64>,
    pub review_at: Option<Instant>,
    pub instructions: String,
    pub prescriber: UserId,
    /// The hours within which the doctor signs, where they are not those of an order by phone.
    pub sign_hours: Option<i64>,
    /// The answer to the warnings.
    pub reply: Reply,
}

/// Returns the doctors of a clinic who may give an order by phone.
///
/// # Errors
/// When the database refuses.
pub async fn prescribers(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<PrescriberRow>> {
    let doctors = accounts::users_with_role_at(tx, Role::Doctor, clinic).await?;
    if doctors.is_empty() { Ok(Vec::new()) } else { store::names(tx, &doctors).await }
}

/// Reads a time of the clinic's clock that is over, at most `hours` ago; an empty text is now. One that is later than now is yesterday's.
///
/// # Errors
/// [`crate::core::Error::Invalid`] of the field.
pub fn moment(field: &'static str, typed: &str, (now, zone): (Instant, Zone), hours: i64) -> Result<Instant> {
    if typed.trim().is_empty() {
        return Ok(now);
    }
    let time = parse_time(field, typed)?;
    let today = zone.day(now);
    let days = [Some(today), today.pred_opt()].into_iter().flatten();
    let over = days.filter_map(|day| zone.instant(day.and_time(time))).find(|at| *at <= now);
    over.filter(|at| now - *at <= Duration::hours(hours))
        .ok_or_else(|| crate::core::Error::invalid(field, tr!(medicine_record.time_too_old, hours = hours)))
}

/// Reads a whole number from 1 to `most`; an empty text is none.
pub fn number(errors: &mut FieldErrors, field: &str, typed: &str, most: i64) -> Option<i64> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let number = typed.parse().ok().filter(|number| (1..=most).contains(number));
    if number.is_none() {
        errors.add(field, tr!(medicine_record.whole_number, most = most));
    }
    number
}

/// Reads hours with an optional half: `4`, `1.5`, `1,5`; returns minutes.
pub fn interval(errors: &mut FieldErrors, typed: &str) -> Option<i64> {
    let (whole, half) = match typed.trim().replace(',', ".").split_once('.') {
        Some((whole, "5")) => (whole.to_owned(), 30),
        Some(_) => (String::new(), 0),
        None => (typed.trim().to_owned(), 0),
    };
    let minutes = whole.parse::<i64>().ok().filter(|hours| (0..=168).contains(hours)).map(|hours| hours * 60 + half);
    let minutes = minutes.filter(|minutes| (30..=10_080).contains(minutes));
    if minutes.is_none() {
        errors.add("interval", tr!(medicine_record.which_interval));
    }
    minutes
}

/// Reads own times; returns them as they are stored.
fn own_times(errors: &mut FieldErrors, typed: &str) -> Option<String> {
    let mut times: Vec<NaiveTime> = Vec::new();
    for word in typed.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
        match parse_time("times", word) {
            Ok(time) => times.push(time),
            Err(_) => {
                errors.add("times", tr!(medicine_record.times_wrong));
                return None;
            }
        }
    }
    times.sort_unstable();
    times.dedup();
    if times.len() > MOST_TIMES {
        errors.add("times", tr!(medicine_record.times_wrong));
        return None;
    }
    Some(times.into_iter().map(show_time).collect::<Vec<_>>().join(" "))
}

impl OrderTyped {
    /// Reads the form. Only a nurse's form names the prescriber.
    ///
    /// # Errors
    /// [`crate::core::Error::Invalid`] with all mistakes.
    pub async fn read(ctx: &mut Ctx, fields: &Typed, mode: CareMode, admission: &Admission) -> Result<Self> {
        let clinic = admission.clinic_id;
        let get = |name: &str| fields.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
        let zone = crate::organisation::clinic(&mut ctx.tx, clinic).await?.zone;
        let now = ctx.now;
        let mut errors = FieldErrors::new();
        let kind = errors.chosen::<CareKind>("kind", &get("kind"));
        let priority = errors.chosen::<OrderPriority>("priority", &get("priority"));
        let instructions = errors.check(crate::core::form::text("instructions", &get("instructions"), 1_000)).unwrap_or_default();
        let reason = errors.line("override_reason", &get("override_reason"), 500);
        let prescriber = match mode {
            CareMode::Written => Some(ctx.user()),
            CareMode::Verbal => {
                if get("read_back").is_empty() {
                    errors.add("read_back", tr!(medicine_record.read_it_back));
                }
                let named = get("prescriber").parse::<UserId>().ok();
                let known = prescribers(&mut ctx.tx, clinic).await?;
                let named = named.filter(|named| known.iter().any(|one| one.id == *named) && *named != ctx.user());
                if named.is_none() {
                    errors.add("prescriber", tr!(medicine_record.which_prescriber));
                }
                named
            }
        };
        let (starts_at, ends_at) = times_of(&mut errors, (&get("start_day"), &get("start_time")), &get("days"), (now, zone));
        let review_at = reviews::read(&mut errors, (&get("review_day"), &get("review_time")), (now, zone));
        let mut typed = Self {
            kind: kind.unwrap_or(CareKind::Nursing),
            priority: priority.unwrap_or(OrderPriority::Routine),
            mode,
            title: String::new(),
            drug: None,
            dose: String::new(),
            amount: None,
            infusion: None,
            route: String::new(),
            timing: None,
            times: String::new(),
            first_now: false,
            interval_min: None,
            most_in_day: None,
            indication: errors.line("indication", &get("indication"), 200),
            hold_if: Vec::new(),
            starts_at,
            ends_at,
            dose_count: None,
            review_at,
            instructions,
            prescriber: prescriber.unwrap_or(UserId::SYSTEM),
            sign_hours: None,
            reply: Reply { reason, seen: get("seen"), confirmed: get("confirmed") },
        };
        if kind == Some(CareKind::Medicine) {
            let usual = usual_times::of_ward(&mut ctx.tx, admission.ward()).await?;
            typed.medicine(ctx, &get, &mut errors, &usual).await?;
            typed.end_after(&get, &mut errors, zone);
        } else {
            typed.title = errors.required_line("title", &get("title"), 200);
        }
        errors.finish()?;
        Ok(typed)
    }

    async fn medicine(
        &mut self,
        ctx: &mut Ctx,
        get: &(dyn Fn(&str) -> String + Sync),
        errors: &mut FieldErrors,
        usual: &UsualTimes,
    ) -> Result<()> {
        self.drug = match get("drug_id").parse::<DrugId>() {
            Ok(id) => formulary::prescribable_drug(&mut ctx.tx, id).await?,
            Err(_) => None,
        };
        match &self.drug {
            Some(drug) => self.title.clone_from(&drug.name),
            None => errors.add("drug_id", tr!(medicine_record.which_drug)),
        }
        self.dose = errors.required_line("dose", &get("dose"), 100);
        self.amount = errors.check(Dose::read(&self.dose)).flatten();
        self.route = errors.chosen::<Route>("route", &get("route")).map(|route| route.as_str().to_owned()).unwrap_or_default();
        self.timing = errors.chosen::<DoseTiming>("timing", &get("timing"));
        self.hold_if = holds::read_rules(get, errors);
        let Some(timing) = self.timing else { return Ok(()) };
        // An antibiotic never goes on unseen: without a typed time it is looked at again after the usual hours. A single dose does not go on.
        if timing.is_single() {
            self.review_at = None;
        } else if self.review_at.is_none() && self.drug.as_ref().is_some_and(|drug| reviews::is_antibiotic(&drug.name)) {
            self.review_at = Some(self.starts_at + Duration::hours(ANTIBIOTIC_HOURS));
        }
        self.infusion = infusions::read_order(get, self.amount.as_ref(), errors);
        if self.infusion.is_some() && !timing.is_single() {
            errors.add("timing", tr!(medicine_record.infusion_once));
        }
        self.first_now = !get("first_now").is_empty();
        if timing == DoseTiming::AsNeeded {
            self.first_now = false;
            self.interval_min = interval(errors, &get("interval"));
            self.most_in_day = number(errors, "most", &get("most"), 48);
            if get("most").is_empty() {
                errors.add("most", tr!(medicine_record.which_most));
            }
            if self.indication.is_empty() {
                errors.add("indication", tr!(medicine_record.which_indication));
            }
        } else {
            let own = own_times(errors, &get("times")).unwrap_or_default();
            let elapsed = !get("strict").is_empty();
            self.times = match (timing.is_single(), timing.hours(), elapsed) {
                (true, ..) => String::new(),
                (false, Some(_), true) => String::new(),
                (false, None, true) => {
                    errors.add("strict", tr!(medicine_record.strict_needs_hours));
                    String::new()
                }
                _ if own.is_empty() => usual.of(timing).to_owned(),
                _ => own,
            };
            self.first_now = self.first_now && !self.times.is_empty();
            if timing == DoseTiming::Stat {
                self.starts_at = ctx.now;
                self.ends_at = None;
            }
        }
        Ok(())
    }
}

impl OrderTyped {
    /// Reads the number of doses after which the order ends, and computes its end.
    fn end_after(&mut self, get: &(dyn Fn(&str) -> String + Sync), errors: &mut FieldErrors, zone: Zone) {
        let doses = number(errors, "doses", &get("doses"), MOST_DOSES);
        let (Some(doses), Some(timing)) = (doses, self.timing) else { return };
        if timing.is_single() || timing == DoseTiming::AsNeeded {
            errors.add("doses", tr!(medicine_record.doses_need_times));
        } else if self.ends_at.is_some() {
            errors.add("doses", tr!(medicine_record.doses_or_days));
        } else {
            let (times, first_now, starts_at) = (stored_times(&self.times), self.first_now, self.starts_at);
            let schedule = DoseSchedule { timing, times, first_now, starts_at, ends_at: None, doses: None };
            match schedule.last_of(zone, doses).filter(|last| *last - starts_at <= Duration::days(MOST_DAYS)) {
                Some(last) => {
                    self.dose_count = Some(doses);
                    self.ends_at = Some(last + Duration::minutes(1));
                }
                None => errors.add("doses", tr!(medicine_record.doses_too_long, days = MOST_DAYS)),
            }
        }
    }
}

/// Reads start and end: an empty start is now, empty days have no end.
fn times_of(errors: &mut FieldErrors, (day, time): (&str, &str), days: &str, (now, zone): (Instant, Zone)) -> (Instant, Option<Instant>) {
    let starts_at = if day.is_empty() && time.is_empty() {
        now
    } else {
        let day = if day.is_empty() { Some(zone.day(now)) } else { errors.check(parse_date("start_day", day)) };
        let time = if time.is_empty() { Some(NaiveTime::MIN) } else { errors.check(parse_time("start_time", time)) };
        let at = day.zip(time).map_or(now, |(day, time)| zone.instant_or_next(day.and_time(time)));
        if at - now > Duration::days(AHEAD_DAYS) || zone.day(at) < zone.day(now) {
            errors.add("start_day", tr!(medicine_record.start_wrong, days = AHEAD_DAYS));
        }
        at.max(now)
    };
    let days = number(errors, "days", days, MOST_DAYS);
    let end = |days: i64| zone.instant_or_next(zone.local(starts_at) + Duration::days(days));
    (starts_at, days.map(end))
}
