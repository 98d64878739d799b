//! The shifts of a ward: when each begins, and its name. They cover the day: a shift ends when the next one begins, and belongs to the day on
//! which it begins. A change holds from a day on; the shifts of the days before stay as they were. Without own shifts a ward has a day shift from
//! 08:00 and a night shift from 20:00 (our own default).

mod store;

use chrono::{Duration, NaiveDate, NaiveTime};

use super::plan;
use crate::{
    audit::Action,
    core::{
        Error, Permission, Result, WardId,
        error::FieldErrors,
        time::{Instant, Zone, parse_date, parse_time, show_date},
    },
    db::Tx,
    organisation::Typed,
    server::Ctx,
    tr,
};

crate::text_enum! {
    /// A shift of a ward.
    pub enum WardShift("shift") {
        Day = "day" => tr!(nursing.shift_day),
        Evening = "evening" => tr!(nursing.shift_evening),
        Night = "night" => tr!(nursing.shift_night),
    }
}

/// Minutes after midnight at which the shifts of a ward without own ones begin.
const DAY_BEGINS: i64 = 8 * 60;
const NIGHT_BEGINS: i64 = 20 * 60;
/// The most days ahead from which a change holds.
const AHEAD_DAYS: i64 = 366;

/// The shifts as they hold from a day on. Times are minutes after midnight.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ShiftPlan {
    pub from_day: NaiveDate,
    pub day_begins: i64,
    /// None for a ward with two shifts.
    pub evening_begins: Option<i64>,
    pub night_begins: i64,
    /// The ward's own names; empty for the usual words.
    pub day_name: String,
    pub evening_name: String,
    pub night_name: String,
}

impl ShiftPlan {
    /// Returns the shifts of a ward without own ones.
    pub const fn usual() -> Self {
        Self {
            from_day: NaiveDate::MIN,
            day_begins: DAY_BEGINS,
            evening_begins: None,
            night_begins: NIGHT_BEGINS,
            day_name: String::new(),
            evening_name: String::new(),
            night_name: String::new(),
        }
    }

    /// Reads the typed form. The change holds from tomorrow on at the earliest, so that no present shift moves.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(fields: &Typed, today: NaiveDate) -> Result<Self> {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let mut errors = FieldErrors::new();
        let from_day = errors.check(parse_date("from_day", value("from_day")));
        let latest = today + Duration::days(AHEAD_DAYS);
        if from_day.is_some_and(|day| day <= today || day > latest) {
            errors.add("from_day", tr!(wards.shifts_from_wrong, day = show_date(today)));
        }
        let time = |name: &str, errors: &mut FieldErrors| errors.check(parse_time(name, value(name))).map(minutes);
        let (day_begins, night_begins) = (time("day_begins", &mut errors), time("night_begins", &mut errors));
        let evening_begins = if value("evening_begins").is_empty() { None } else { time("evening_begins", &mut errors) };
        let names = ["day_name", "evening_name", "night_name"].map(|name| errors.line(name, value(name), 40));
        if day_begins.is_some() && day_begins == night_begins {
            errors.add("night_begins", tr!(wards.shifts_same));
        }
        if evening_begins.is_some() && (evening_begins <= day_begins || evening_begins == night_begins) {
            errors.add("evening_begins", tr!(wards.shifts_evening_wrong));
        }
        errors.finish()?;
        let (Some(from_day), Some(day_begins), Some(night_begins)) = (from_day, day_begins, night_begins) else {
            return Err(Error::NotFound);
        };
        let [day_name, evening_name, night_name] = names;
        Ok(Self { from_day, day_begins, evening_begins, night_begins, day_name, evening_name, night_name })
    }

    /// Returns when each shift begins, in the order of the shifts.
    pub fn begins(&self) -> Vec<(WardShift, NaiveTime)> {
        let evening = self.evening_begins.map(|begins| (WardShift::Evening, begins));
        let all = [Some((WardShift::Day, self.day_begins)), evening, Some((WardShift::Night, self.night_begins))];
        all.into_iter().flatten().map(|(shift, begins)| (shift, NaiveTime::MIN + Duration::minutes(begins))).collect()
    }

    /// Returns the name of a shift: the ward's own, or the usual word.
    pub fn name(&self, shift: WardShift) -> String {
        let own = match shift {
            WardShift::Day => &self.day_name,
            WardShift::Evening => &self.evening_name,
            WardShift::Night => &self.night_name,
        };
        if own.is_empty() { shift.words().to_owned() } else { own.clone() }
    }
}

fn minutes(time: NaiveTime) -> i64 {
    (time - NaiveTime::MIN).num_minutes()
}

/// The shifts of a ward over the days, in the clinic's time.
#[derive(Clone, Debug)]
pub struct WardShifts {
    pub zone: Zone,
    /// By the day from which each holds, the earliest first.
    plans: Vec<ShiftPlan>,
}

impl WardShifts {
    /// Returns the shifts of a ward without own ones.
    pub fn usual(zone: Zone) -> Self {
        Self { zone, plans: vec![ShiftPlan::usual()] }
    }

    /// Returns the shifts as they hold on a day.
    pub fn on(&self, day: NaiveDate) -> ShiftPlan {
        self.plans.iter().rev().find(|plan| plan.from_day <= day).cloned().unwrap_or_else(ShiftPlan::usual)
    }

    /// Returns the changes that hold from a later day on, the next one first.
    pub fn after(&self, day: NaiveDate) -> Vec<ShiftPlan> {
        self.plans.iter().filter(|plan| plan.from_day > day).cloned().collect()
    }

    /// Returns the name of a shift that begins on a day.
    pub fn name(&self, (day, shift): (NaiveDate, WardShift)) -> String {
        self.on(day).name(shift)
    }

    /// Returns the begins of the shifts around a day, in order. A time that a clock change skips is the first minute after it.
    fn around(&self, day: NaiveDate) -> Vec<(Instant, (NaiveDate, WardShift))> {
        let mut all: Vec<_> = (-2..=2)
            .map(|days| day + Duration::days(days))
            .flat_map(|day| {
                let begins = self.on(day).begins().into_iter();
                begins.map(move |(shift, time)| (self.zone.instant_or_next(day.and_time(time)), (day, shift)))
            })
            .collect();
        all.sort_unstable();
        all
    }

    /// Returns the shift of a moment with the day on which it begins.
    pub fn at(&self, at: Instant) -> (NaiveDate, WardShift) {
        let day = self.zone.day(at);
        self.around(day).into_iter().rev().find(|(begins, _)| *begins <= at).map_or((day, WardShift::Day), |(_, shift)| shift)
    }

    /// Returns the shift before another one.
    pub fn before(&self, shift: (NaiveDate, WardShift)) -> (NaiveDate, WardShift) {
        let (begins, _) = self.bounds(shift);
        self.around(shift.0).into_iter().rev().find(|(at, _)| *at < begins).map_or(shift, |(_, before)| before)
    }

    /// Returns when a shift begins and ends; for a shift that the day does not have, its day.
    pub fn bounds(&self, shift: (NaiveDate, WardShift)) -> (Instant, Instant) {
        let around = self.around(shift.0);
        let begins = around.iter().find(|(_, known)| *known == shift).map(|(at, _)| *at);
        let ends = begins.and_then(|begins| around.iter().map(|(at, _)| *at).find(|at| *at > begins));
        begins.zip(ends).unwrap_or_else(|| self.zone.day_bounds(shift.0))
    }
}

/// Reads the shifts of a ward in the clinic's time.
///
/// # Errors
/// When the database refuses.
pub async fn shifts_of(tx: &mut Tx, ward: WardId, zone: Zone) -> Result<WardShifts> {
    // The later one of two rows for the same day counts.
    let mut plans: Vec<ShiftPlan> = Vec::new();
    for plan in store::plans(tx, ward).await? {
        if plans.last().is_some_and(|before| before.from_day == plan.from_day) {
            plans.pop();
        }
        plans.push(plan);
    }
    Ok(WardShifts { zone, plans })
}

/// Writes the shifts of a ward, or of all wards of its clinic, from a day on.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's ward.
pub async fn write(ctx: &mut Ctx, ward: WardId, new: &ShiftPlan, for_all: bool) -> Result<()> {
    let ward = plan::ward(&mut ctx.tx, ward).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let wards = if for_all { plan::wards(&mut ctx.tx, ward.clinic_id).await? } else { vec![ward] };
    let stamp = ctx.stamp();
    for ward in wards {
        store::insert(&mut ctx.tx, ward.id, new, stamp).await?;
        ctx.did(Action::Update, "ward_shifts", ward.id, None);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    /// Two shifts, and from the 24th on three.
    fn shifts(zone: &str) -> WardShifts {
        let three = ShiftPlan {
            from_day: day("2026-11-24"),
            day_begins: 7 * 60,
            evening_begins: Some(15 * 60),
            night_begins: 22 * 60,
            evening_name: "Late".to_owned(),
            ..ShiftPlan::usual()
        };
        WardShifts { zone: Zone::named(zone), plans: vec![three] }
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let madrid = WardShifts::usual(Zone::named("Europe/Madrid"));
        for (moment, begins, shift) in [
            ("2026-11-22T06:59:59Z", "2026-11-21", WardShift::Night),
            ("2026-11-22T07:00:00Z", "2026-11-22", WardShift::Day),
            ("2026-11-22T18:59:59Z", "2026-11-22", WardShift::Day),
            ("2026-11-22T19:00:00Z", "2026-11-22", WardShift::Night),
        ] {
            assert_eq!(madrid.at(at(moment)), (day(begins), shift), "{moment}");
        }
        assert_eq!(madrid.before((day("2026-11-22"), WardShift::Day)), (day("2026-11-21"), WardShift::Night));
        assert_eq!(madrid.before((day("2026-11-22"), WardShift::Night)), (day("2026-11-22"), WardShift::Day));
    }

    #[test]
    fn a_night_with_a_clock_change_has_eleven_or_thirteen_hours() {
        let hours = |zone: &str, night: &str| {
            let (from, to) = WardShifts::usual(Zone::named(zone)).bounds((day(night), WardShift::Night));
            (to - from).num_minutes()
        };
        assert_eq!(hours("Europe/Madrid", "2026-03-28"), 11 * 60);
        assert_eq!(hours("Europe/Madrid", "2026-10-24"), 13 * 60);
        assert_eq!(hours("Australia/Lord_Howe", "2026-04-04"), 12 * 60 + 30);
        assert_eq!(hours("Asia/Kolkata", "2026-03-28"), 12 * 60);
    }

    #[test]
    fn a_change_holds_from_its_day_on_and_leaves_no_gap() {
        let shifts = shifts("Europe/Madrid");
        let (before, first) = (day("2026-11-23"), day("2026-11-24"));
        // The last night of two shifts ends when the first of three begins, an hour earlier.
        assert_eq!(shifts.bounds((before, WardShift::Night)), (at("2026-11-23T19:00:00Z"), at("2026-11-24T06:00:00Z")));
        assert_eq!(shifts.at(at("2026-11-24T06:30:00Z")), (first, WardShift::Day));
        assert_eq!(shifts.bounds((first, WardShift::Evening)), (at("2026-11-24T14:00:00Z"), at("2026-11-24T21:00:00Z")));
        assert_eq!(shifts.before((first, WardShift::Day)), (before, WardShift::Night));
        assert_eq!(
            (shifts.name((first, WardShift::Evening)), shifts.at(at("2026-11-23T15:00:00Z"))),
            ("Late".to_owned(), (before, WardShift::Day))
        );
        // Each shift ends when the next one begins.
        let mut shift = shifts.at(at("2026-11-20T12:00:00Z"));
        for _ in 0..14 {
            let (_, ends) = shifts.bounds(shift);
            let next = shifts.at(ends);
            assert_eq!((shifts.bounds(next).0, shifts.before(next)), (ends, shift));
            shift = next;
        }
    }

    #[test]
    fn a_night_may_begin_at_midnight_and_a_form_names_what_is_wrong() {
        let late = ShiftPlan { evening_begins: Some(16 * 60), night_begins: 0, ..ShiftPlan::usual() };
        let shifts = WardShifts { zone: Zone::named("UTC"), plans: vec![late] };
        assert_eq!(shifts.at(at("2026-11-22T03:00:00Z")), (day("2026-11-22"), WardShift::Night));
        assert_eq!(shifts.at(at("2026-11-22T23:59:00Z")), (day("2026-11-22"), WardShift::Evening));
        let form =
            |rows: &[(&str, &str)]| -> Typed { rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() };
        let good = [("from_day", "2026-11-24"), ("day_begins", "07:00"), ("evening_begins", "15:00"), ("night_begins", "22:00")];
        let today = day("2026-11-23");
        assert_eq!(ShiftPlan::read(&form(&good), today).expect("right").evening_begins, Some(900));
        for (field, wrong) in [
            ("from_day", "2026-11-23"),
            ("day_begins", "25:00"),
            ("evening_begins", "06:00"),
            ("night_begins", "07:00"),
            ("night_begins", ""),
        ] {
            let rows: Vec<_> = good.iter().copied().filter(|(name, _)| *name != field).chain([(field, wrong)]).collect();
            let Err(Error::Invalid(errors)) = ShiftPlan::read(&form(&rows), today) else { panic!("{field} {wrong}") };
            assert_eq!(errors[0].field, field);
        }
    }
}
