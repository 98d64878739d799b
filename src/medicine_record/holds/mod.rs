//! Hold-if rules of an order: "hold if the systolic pressure is below 100 mmHg". Before a dose the nurse sees the last value and its age. When a rule
//! is met, or no value is recent enough, she decides and says why. Nothing is held by itself, and nothing is skipped.

mod store;

use chrono::Duration;

use crate::{
    core::{
        Error, Result,
        error::FieldErrors,
        time::{Instant, Zone, show_date_time, show_minutes},
    },
    db::Tx,
    medicine_record::orders::CareOrder,
    opd::Measure,
    tr,
};

pub use store::{checks_of, insert_rules, keep, rules_of};

/// The rules that the form of an order has fields for.
pub const RULES: usize = 2;

crate::text_enum! {
    /// The value that a rule looks at.
    pub enum HoldMeasure("measure") {
        Systolic = "systolic",
        Pulse = "pulse",
        Respiration = "respiration",
        Glucose = "glucose",
    }
}

crate::text_enum! {
    /// The side of the limit on which a dose is held.
    pub enum HoldSide("comparator") {
        Below = "below",
        Above = "above",
    }
}

crate::text_enum! {
    /// The reason for which a dose is given although a rule is met, or no value is recent.
    pub enum HoldReason("reason") {
        DoctorAsked = "doctor_asked" => tr!(medicine_record.hold_doctor_asked),
        Benefit = "benefit" => tr!(medicine_record.hold_benefit),
        UsualValue = "usual_value" => tr!(medicine_record.hold_usual_value),
        CannotMeasure = "cannot_measure" => tr!(medicine_record.hold_cannot_measure),
        Other = "other" => tr!(medicine_record.hold_other),
    }
}

impl HoldMeasure {
    /// Returns the measure, which knows its unit and its limits.
    pub const fn measure(self) -> Measure {
        match self {
            Self::Systolic => Measure::Systolic,
            Self::Pulse => Measure::Pulse,
            Self::Respiration => Measure::Respiration,
            Self::Glucose => Measure::Glucose,
        }
    }

    /// Returns the age up to which a value counts: 4 hours, and 1 hour for the glucose. Both are our own defaults.
    pub const fn recent_minutes(self) -> i64 {
        match self {
            Self::Systolic | Self::Pulse | Self::Respiration => 240,
            Self::Glucose => 60,
        }
    }
}

/// A rule of an order. The bound is in the stored steps of its measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct HoldRule {
    pub measure: HoldMeasure,
    pub comparator: HoldSide,
    pub bound: i64,
}

impl HoldRule {
    /// Whether a value meets the rule.
    pub const fn is_met(self, value: i64) -> bool {
        match self.comparator {
            HoldSide::Below => value < self.bound,
            HoldSide::Above => value > self.bound,
        }
    }

    /// Returns the rule in words: `Systolic pressure below 100 mmHg`.
    pub fn words(self) -> String {
        let (measure, limit) = (self.measure.measure().words(), self.measure.measure().written(self.bound));
        match self.comparator {
            HoldSide::Below => tr!(medicine_record.hold_below, measure = measure, limit = limit),
            HoldSide::Above => tr!(medicine_record.hold_above, measure = measure, limit = limit),
        }
    }
}

/// Returns the rules in one line; empty without a rule.
pub fn rules_words(rules: &[HoldRule]) -> String {
    if rules.is_empty() {
        return String::new();
    }
    tr!(medicine_record.hold_if, rules = rules.iter().map(|rule| rule.words()).collect::<Vec<_>>().join("; "))
}

/// Returns the choices of a rule's field, as they are posted: `systolic_below`.
pub fn sides() -> Vec<(HoldMeasure, HoldSide)> {
    HoldMeasure::ALL.iter().flat_map(|measure| HoldSide::ALL.iter().map(|side| (*measure, *side))).collect()
}

/// Reads the rules of an order: `hold_1=systolic_below`, `hold_1_limit=100`.
pub fn read_rules(get: &(dyn Fn(&str) -> String + Sync), errors: &mut FieldErrors) -> Vec<HoldRule> {
    let mut rules: Vec<HoldRule> = Vec::new();
    for nth in 1..=RULES {
        let (name, limit) = (format!("hold_{nth}"), format!("hold_{nth}_limit"));
        let (typed, bound) = (get(&name), get(&limit));
        if typed.is_empty() && bound.is_empty() {
            continue;
        }
        let side = typed.split_once('_').and_then(|(measure, side)| Some((measure.parse().ok()?, side.parse().ok()?)));
        let Some((measure, comparator)): Option<(HoldMeasure, HoldSide)> = side else {
            errors.add(&name, tr!(errors.choose));
            continue;
        };
        let bound = measure.measure().parse(&bound).map_err(|error| error.at_field(&limit));
        match errors.check(bound) {
            Some(Some(bound)) if rules.iter().any(|rule| (rule.measure, rule.comparator) == (measure, comparator)) => {
                errors.add(&name, tr!(medicine_record.hold_twice, limit = measure.measure().written(bound)));
            }
            Some(Some(bound)) if bound > 0 => rules.push(HoldRule { measure, comparator, bound }),
            Some(_) => errors.add(&limit, tr!(errors.required)),
            None => {}
        }
    }
    rules
}

/// The last value of a measure that an order's rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldReading {
    pub measure: HoldMeasure,
    pub rules: Vec<HoldRule>,
    pub value: Option<(i64, Instant)>,
    pub recent: bool,
}

impl HoldReading {
    /// Whether the value meets a rule.
    pub fn is_met(&self) -> bool {
        self.value.is_some_and(|(value, _)| self.rules.iter().any(|rule| rule.is_met(value)))
    }

    /// Whether the nurse must say why she gives the dose.
    pub fn asks(&self) -> bool {
        !self.recent || self.is_met()
    }

    /// Returns the value with its age at a time: `Systolic pressure 92 mmHg, 21 Nov 2026, 02:40 (12 min before)`.
    pub fn words(&self, at: Instant, zone: Zone) -> String {
        let measure = self.measure.measure();
        match self.value {
            Some((value, taken_at)) => tr!(
                medicine_record.hold_value,
                measure = measure.words(),
                value = measure.written(value),
                at = show_date_time(zone.local(taken_at)),
                age = show_minutes((at - taken_at).num_minutes())
            ),
            None => tr!(medicine_record.hold_no_value, measure = measure.words()),
        }
    }
}

/// The answer of the nurse to the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HoldAnswer {
    pub reason: Option<HoldReason>,
    /// The glucose that was measured for this dose, in tenths of mmol/l.
    pub glucose: Option<i64>,
}

/// A reading as it is recorded with a dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct HoldCheck {
    pub measure: HoldMeasure,
    pub value: Option<i64>,
    pub taken_at: Option<Instant>,
    pub recent: bool,
    pub reason: Option<HoldReason>,
}

impl HoldCheck {
    /// Returns the check in words, for the history of the dose.
    pub fn words(&self, given_at: Instant, zone: Zone) -> String {
        let value = self.value.zip(self.taken_at);
        let reading = HoldReading { measure: self.measure, rules: Vec::new(), value, recent: self.recent };
        match self.reason {
            Some(reason) => format!("{}: {}", reading.words(given_at, zone), reason.words()),
            None => reading.words(given_at, zone),
        }
    }
}

/// Returns the last value before a time of each measure that the order's rules look at.
///
/// # Errors
/// When the database refuses.
pub async fn readings(tx: &mut Tx, order: &CareOrder, at: Instant) -> Result<Vec<HoldReading>> {
    let mut all: Vec<HoldReading> = Vec::new();
    for rule in &order.hold_if {
        if let Some(known) = all.iter_mut().find(|one| one.measure == rule.measure) {
            known.rules.push(*rule);
            continue;
        }
        let value = store::last_value(tx, order, rule.measure, at).await?;
        let recent = value.is_some_and(|(_, taken_at)| at - taken_at <= Duration::minutes(rule.measure.recent_minutes()));
        all.push(HoldReading { measure: rule.measure, rules: vec![*rule], value, recent });
    }
    Ok(all)
}

/// Checks the rules of an order for a dose that is given at a time; returns what is recorded with it.
///
/// # Errors
/// [`Error::Invalid`] of `hold_reason` when a rule is met or no value is recent, and no reason was given.
pub async fn check(tx: &mut Tx, order: &CareOrder, (at, zone): (Instant, Zone), answer: HoldAnswer) -> Result<Vec<HoldCheck>> {
    let mut checks = Vec::new();
    for mut reading in readings(tx, order, at).await? {
        if let (HoldMeasure::Glucose, Some(glucose)) = (reading.measure, answer.glucose) {
            reading.value = Some((glucose, at));
            reading.recent = true;
        }
        let asks = reading.asks();
        if asks && answer.reason.is_none() {
            let text = tr!(medicine_record.hold_decide, rules = rules_words(&reading.rules), value = reading.words(at, zone));
            return Err(Error::invalid("hold_reason", text));
        }
        checks.push(HoldCheck {
            measure: reading.measure,
            value: reading.value.map(|(value, _)| value),
            taken_at: reading.value.map(|(_, taken_at)| taken_at),
            recent: reading.recent,
            reason: answer.reason.filter(|_| asks),
        });
    }
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_does_not_hold() {
        let rule = |comparator, bound| HoldRule { measure: HoldMeasure::Systolic, comparator, bound };
        for (comparator, value, met) in
            [(HoldSide::Below, 99, true), (HoldSide::Below, 100, false), (HoldSide::Above, 100, false), (HoldSide::Above, 101, true)]
        {
            assert_eq!(rule(comparator, 100).is_met(value), met, "{comparator} {value}");
        }
    }

    #[test]
    fn rules_are_read_from_their_fields() {
        let read = |fields: &[(&str, &str)]| {
            let fields: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let get = move |name: &str| fields.iter().find(|(one, _)| one == name).map(|(_, value)| value.clone()).unwrap_or_default();
            let mut errors = FieldErrors::new();
            let rules = read_rules(&get, &mut errors);
            errors.finish().map(|()| rules)
        };
        let glucose = HoldRule { measure: HoldMeasure::Glucose, comparator: HoldSide::Below, bound: 40 };
        assert_eq!(read(&[]), Ok(Vec::new()));
        assert_eq!(read(&[("hold_2", "glucose_below"), ("hold_2_limit", "4")]), Ok(vec![glucose]));
        for wrong in [
            &[("hold_1", "pulse_below")][..],
            &[("hold_1_limit", "50")],
            &[("hold_1", "pulse_near"), ("hold_1_limit", "50")],
            &[("hold_1", "systolic_below"), ("hold_1_limit", "5000")],
            &[("hold_1", "pulse_below"), ("hold_1_limit", "50"), ("hold_2", "pulse_below"), ("hold_2_limit", "60")],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
