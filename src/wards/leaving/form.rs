//! The form that decides a discharge; which fields are needed depends on the kind.

use chrono::NaiveDateTime;

use super::DischargeKind;
use crate::{
    core::{
        Error, Result,
        error::FieldErrors,
        form::text,
        time::{Instant, parse_date, parse_time, show_date_time},
    },
    organisation::Typed,
    server::Ctx,
    tr,
};

/// The typed fields.
#[derive(Clone, Debug)]
pub struct DischargeForm {
    pub kind: DischargeKind,
    pub diagnosis: String,
    pub course: String,
    pub medicines: String,
    pub follow_up: String,
    pub pending: String,
    pub place: String,
    pub acceptor: String,
    pub capacity: bool,
    pub witness: String,
    pub last_seen_at: Option<Instant>,
    pub told: String,
    pub died_at: Option<Instant>,
    pub verified_by: String,
    pub cause: String,
    pub coroner: bool,
}

impl DischargeForm {
    /// Reads the form. Fields that another kind asks for are left out.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(ctx: &Ctx, fields: &Typed) -> Result<Self> {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let mut errors = FieldErrors::new();
        let kind = errors.chosen::<DischargeKind>("kind", value("kind"));
        let is = |one: DischargeKind| kind == Some(one);
        let diagnosis = errors.required_line("diagnosis", value("diagnosis"), 500);
        let long =
            |name: &'static str, most: usize, errors: &mut FieldErrors| errors.check(text(name, value(name), most)).unwrap_or_default();
        let (course, medicines) = (long("course", 4_000, &mut errors), long("medicines", 2_000, &mut errors));
        let (follow_up, pending) = (long("follow_up", 1_000, &mut errors), long("pending", 1_000, &mut errors));
        let line = |name: &'static str, needed: bool, errors: &mut FieldErrors| {
            if needed { errors.required_line(name, value(name), 200) } else { String::new() }
        };
        let elsewhere = is(DischargeKind::TransferredOut) || is(DischargeKind::OtherCare);
        let place = line("place", elsewhere, &mut errors);
        let acceptor = line("acceptor", is(DischargeKind::TransferredOut), &mut errors);
        let witness = line("witness", is(DischargeKind::AgainstAdvice), &mut errors);
        let capacity = !value("capacity").is_empty();
        if is(DischargeKind::AgainstAdvice) && !capacity {
            errors.add("capacity", tr!(wards.capacity_missing));
        }
        let told = line("told", is(DischargeKind::Absconded), &mut errors);
        let last_seen_at = if is(DischargeKind::Absconded) { moment(ctx, fields, "last_seen", &mut errors) } else { None };
        let died_at = if is(DischargeKind::Died) { moment(ctx, fields, "died", &mut errors) } else { None };
        let verified_by = line("verified_by", is(DischargeKind::Died), &mut errors);
        let cause = if is(DischargeKind::Died) { errors.line("cause", value("cause"), 500) } else { String::new() };
        errors.finish()?;
        let Some(kind) = kind else { return Err(Error::NotFound) };
        // The first press is refused: the page then names the patient and the fact, with a tick whose value is this very fact.
        if let Some(fact) = Fact::typed(value)
            && value("sure") != fact.tick()
        {
            return Err(Error::invalid("sure", tr!(wards.sure_missing)));
        }
        Ok(Self {
            kind,
            diagnosis,
            course,
            medicines,
            follow_up,
            pending,
            place,
            acceptor,
            capacity: capacity && kind == DischargeKind::AgainstAdvice,
            witness,
            last_seen_at,
            told,
            died_at,
            verified_by,
            cause,
            coroner: kind == DischargeKind::Died && !value("coroner").is_empty(),
        })
    }
}

/// The fact of a leaving that a person confirms by a second press: a death, or that the patient is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    pub kind: DischargeKind,
    /// The time of the death, or at which the patient was last seen.
    pub at: NaiveDateTime,
}

impl Fact {
    /// Reads the fact from the fields of the form; `None` for other kinds of leaving, and while its time is not typed.
    pub fn typed<'f>(value: impl Fn(&'static str) -> &'f str) -> Option<Self> {
        let kind: DischargeKind = value("kind").parse().ok()?;
        let (day, time) = match kind {
            DischargeKind::Died => ("died_day", "died_time"),
            DischargeKind::Absconded => ("last_seen_day", "last_seen_time"),
            _ => return None,
        };
        let at = parse_date(day, value(day)).ok()?.and_time(parse_time(time, value(time)).ok()?);
        Some(Self { kind, at })
    }

    /// Returns the value of the tick: `died 2026-11-21 13:00`. Another fact needs another tick.
    pub fn tick(self) -> String {
        format!("{} {}", self.kind.as_str(), self.at.format("%Y-%m-%d %H:%M"))
    }

    /// Returns the sentence that a person confirms.
    pub fn words(self, name: &str) -> String {
        let at = show_date_time(self.at);
        if self.kind == DischargeKind::Died {
            tr!(wards.sure_died, name = name.to_owned(), at = at)
        } else {
            tr!(wards.sure_absconded, name = name.to_owned(), at = at)
        }
    }
}

/// Reads a day and a time that have passed: the fields `NAME_day` and `NAME_time`.
fn moment(ctx: &Ctx, fields: &Typed, name: &str, errors: &mut FieldErrors) -> Option<Instant> {
    let (day_field, time_field) = (format!("{name}_day"), format!("{name}_time"));
    let value = |name: &str| fields.get(name).map_or("", String::as_str);
    let day = errors.check(parse_date(&day_field, value(&day_field)));
    let time = errors.check(parse_time(&time_field, value(&time_field)));
    let at = ctx.zone().instant(day?.and_time(time?));
    if at.is_none_or(|at| at > ctx.now) {
        errors.add(&time_field, tr!(wards.in_the_future));
        return None;
    }
    at
}
