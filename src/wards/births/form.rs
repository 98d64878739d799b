//! The form that records a birth.

use super::BirthOutcome;
use crate::{
    core::{
        BedId, Error, Result,
        error::FieldErrors,
        time::{Instant, parse_date, parse_time},
    },
    organisation::Typed,
    patients::Sex,
    server::Ctx,
    tr,
};

/// Hours by which a birth may be entered late.
const LATE_HOURS: i64 = 72;

/// The typed fields.
#[derive(Clone, Debug)]
pub struct BirthForm {
    /// Children of this pregnancy, and the place of this one among them.
    pub plurality: i64,
    pub birth_order: i64,
    pub born_at: Instant,
    pub sex: Sex,
    pub weight_g: Option<i64>,
    pub gestation_days: Option<i64>,
    /// Apgar scores after 1, 5 and 10 minutes.
    pub apgar: [Option<i64>; 3],
    pub outcome: BirthOutcome,
    /// The cot of a child that lives.
    pub cot: Option<BedId>,
    pub because: String,
}

impl BirthForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(ctx: &Ctx, fields: &Typed) -> Result<Self> {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let mut errors = FieldErrors::new();
        let outcome = errors.chosen::<BirthOutcome>("outcome", value("outcome"));
        let sex = errors.chosen::<Sex>("sex", value("sex"));
        let plurality = needed("plurality", value("plurality"), (1, 5), &mut errors);
        let birth_order = needed("birth_order", value("birth_order"), (1, plurality.unwrap_or(5)), &mut errors);
        let born_at = born(ctx, (value("born_day"), value("born_time")), &mut errors);
        let weight_g = number("weight_g", value("weight_g"), (200, 8_000), &mut errors);
        let weeks = number("gestation_weeks", value("gestation_weeks"), (20, 44), &mut errors);
        let days = number("gestation_days", value("gestation_days"), (0, 6), &mut errors);
        let apgar = ["apgar_1", "apgar_5", "apgar_10"].map(|name| number(name, value(name), (0, 10), &mut errors));
        let lives = outcome == Some(BirthOutcome::Live);
        let cot = if lives { errors.chosen::<BedId>("bed_id", value("bed_id")) } else { None };
        let because = errors.line("because", value("because"), 500);
        errors.finish()?;
        let (Some(outcome), Some(sex), Some(plurality), Some(birth_order), Some(born_at)) = (outcome, sex, plurality, birth_order, born_at)
        else {
            return Err(Error::NotFound);
        };
        let gestation_days = weeks.map(|weeks| weeks * 7 + days.unwrap_or(0));
        Ok(Self { plurality, birth_order, born_at, sex, weight_g, gestation_days, apgar, outcome, cot, because })
    }
}

/// Reads a whole number between two others; an empty field is none.
fn number(field: &str, typed: &str, (from, to): (i64, i64), errors: &mut FieldErrors) -> Option<i64> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let number = typed.parse::<i64>().ok().filter(|number| (from..=to).contains(number));
    if number.is_none() {
        errors.add(field, tr!(wards.number_wrong, from = from, to = to));
    }
    number
}

/// As [`number`]; an empty field is an error.
fn needed(field: &str, typed: &str, limits: (i64, i64), errors: &mut FieldErrors) -> Option<i64> {
    if typed.trim().is_empty() {
        errors.add(field, tr!(errors.required));
    }
    number(field, typed, limits, errors)
}

/// Reads the time of birth: it has passed, at most some days ago.
fn born(ctx: &Ctx, (day, time): (&str, &str), errors: &mut FieldErrors) -> Option<Instant> {
    let day = errors.check(parse_date("born_day", day));
    let time = errors.check(parse_time("born_time", time));
    let at = ctx.zone().instant(day?.and_time(time?));
    let in_time = at.filter(|at| *at <= ctx.now && ctx.now - *at <= chrono::Duration::hours(LATE_HOURS));
    if in_time.is_none() {
        errors.add("born_time", tr!(wards.too_late, hours = LATE_HOURS));
    }
    in_time
}
