//! Compares a dose with the range of its substance: by age, weight and route, for one dose and for the whole day.

use rust_decimal::Decimal;

use super::{Knowledge, Medicine, Other, Part, Person, Warning, amount_of, said, years};
use crate::{
    formulary::{Amount, CheckLevel, Unit, convert, rule::DoseRule, show_number},
    tr,
};

/// Above this many times the range, a dose needs a strong reason.
const STRONG: Decimal = Decimal::from_parts(15, 0, 0, false, 1);
/// From this many times the range on, a dose is refused.
const BLOCK: Decimal = Decimal::TEN;

/// The days for which a weight of a child counts, by age in years: below 1, below 5, and above.
const fn weight_days(age_days: i64) -> i64 {
    match age_days {
        days if days < years(1) => 7,
        days if days < years(5) => 30,
        _ => 90,
    }
}

/// Returns the rule for this route and age; a rule of the route goes before one of any route, and one per kilogram before others.
fn rule<'k>(knowledge: &'k Knowledge, medicine: &Medicine, part: &Part, age_days: Option<i64>) -> Option<&'k DoseRule> {
    // Without a birth date the patient counts as an adult.
    let age = age_days.unwrap_or_else(|| years(40));
    let fits = |rule: &&DoseRule| {
        let figures = &rule.figures;
        rule.substance == part.substance
            && figures.route.is_none_or(|route| Some(route) == medicine.route)
            && age >= figures.from_days
            && figures.to_days.is_none_or(|to| age < to)
    };
    knowledge.doses.iter().filter(fits).max_by_key(|rule| (rule.figures.route.is_some(), rule.figures.per_kg, rule.figures.from_days))
}

/// The limits of a rule for this patient, in the rule's unit.
struct Limits {
    low: Option<Decimal>,
    high: Option<Decimal>,
    /// The maximum at any weight.
    most: Option<Decimal>,
}

impl Limits {
    fn of(low: Option<Amount>, high: Option<Amount>, most: Option<Amount>, kilograms: Option<Decimal>) -> Self {
        let scaled = |amount: Option<Amount>| Some(amount?.number() * kilograms.unwrap_or(Decimal::ONE));
        Self { low: scaled(low), high: scaled(high), most: most.map(Amount::number) }
    }

    /// Returns the level of a number, and the limit that it passes.
    fn judge(&self, number: Decimal) -> Option<(CheckLevel, Decimal)> {
        let above = |limit: Decimal, least: CheckLevel| {
            let level = match number {
                number if number >= limit * BLOCK => CheckLevel::Block,
                number if number > limit * STRONG => CheckLevel::Strong,
                number if number > limit => least,
                _ => return None,
            };
            Some((level, limit))
        };
        let range = self.high.and_then(|high| above(high, CheckLevel::Warn));
        let most = self.most.and_then(|most| above(most, CheckLevel::Strong));
        let heaviest = [range, most].into_iter().flatten().min_by_key(|(level, _)| *level);
        heaviest.or_else(|| self.low.filter(|low| number < *low).map(|low| (CheckLevel::Info, low)))
    }
}

fn with_unit(number: Decimal, unit: Unit) -> String {
    format!("{} {}", show_number(number.round_dp(2)), unit.words())
}

/// Checks one substance of the medicine.
pub(super) fn check(
    knowledge: &Knowledge,
    medicine: &Medicine,
    part: &Part,
    (person, others): (&Person, &[Other]),
    found: &mut Vec<Warning>,
) {
    let name = knowledge.name_of(part.substance);
    let Some(rule) = rule(knowledge, medicine, part, person.age_days) else {
        // Ranges for other ages and routes say nothing about this dose; a substance without any range is not mentioned each time.
        if knowledge.doses.iter().any(|rule| rule.substance == part.substance) {
            let sentence = tr!(formulary.dose_without_range, substance = name);
            found.push(Warning { key: format!("dose_unchecked:{}", part.substance), level: CheckLevel::Info, sentence });
        }
        return;
    };
    let figures = &rule.figures;
    let amount = amount_of(medicine, part).and_then(|(number, unit)| convert(number, unit, figures.unit));
    let Some(dose) = amount else {
        let sentence = tr!(formulary.dose_unchecked, substance = name);
        found.push(Warning { key: format!("dose_unchecked:{}", part.substance), level: CheckLevel::Info, sentence });
        return;
    };
    let weight = kilograms(person, figures.per_kg);
    if let Err(level) = weight {
        let sentence = tr!(formulary.weight_needed, substance = name.clone());
        found.push(Warning { key: format!("weight:{}", part.substance), level, sentence });
    }
    // Without the weight, the maxima at any weight still count.
    let (by_weight, kilograms) = (weight.is_ok(), weight.ok().flatten());
    let range = |amount: Option<Amount>| amount.filter(|_| by_weight);
    let at = kilograms.map(|kilograms| tr!(formulary.at_weight, weight = show_number(kilograms))).unwrap_or_default();
    let mut judged = |kind: &'static str, number: Decimal, limits: &Limits| {
        let Some((level, limit)) = limits.judge(number) else { return };
        let amount = number.normalize();
        let (number, limit) = (with_unit(number, figures.unit), with_unit(limit, figures.unit));
        let (substance, at) = (name.clone(), at.clone());
        let sentence = match (kind, level) {
            ("dose", CheckLevel::Info) => tr!(formulary.dose_low_words, substance = substance, dose = number, limit = limit, at = at),
            ("day", CheckLevel::Info) => tr!(formulary.day_low_words, substance = substance, dose = number, limit = limit, at = at),
            ("dose", _) => tr!(formulary.dose_high_words, substance = substance, dose = number, limit = limit, at = at),
            _ => tr!(formulary.day_high_words, substance = substance, dose = number, limit = limit, at = at),
        };
        // The amount belongs to the key: another total of the day is another warning.
        found.push(Warning { key: format!("{kind}:{}:{amount}", rule.id), level, sentence: said(sentence, &rule.state) });
    };
    judged("dose", dose, &Limits::of(range(figures.dose_low), range(figures.dose_high), figures.dose_max, kilograms));
    let Some(times) = medicine.most_a_day else { return };
    let more: Decimal = others.iter().filter_map(|other| a_day(other, part, figures.unit)).sum();
    let day = dose * Decimal::from(times) + more;
    judged("day", day, &Limits::of(range(figures.day_low), range(figures.day_high), figures.day_max, kilograms));
}

/// Returns the weight of the patient for a rule per kilogram; the level of the warning where there is no weight that counts.
fn kilograms(person: &Person, per_kg: bool) -> Result<Option<Decimal>, CheckLevel> {
    if !per_kg {
        return Ok(None);
    }
    let age = person.age_days.unwrap_or_else(|| years(40));
    let is_child = age < years(18);
    let counts = |days: i64| !is_child || days <= weight_days(age);
    match person.weight {
        Some((grams, days)) if counts(days) => Ok(Some(Decimal::from(grams) / Decimal::from(1000))),
        _ if is_child && !person.emergency => Err(CheckLevel::Block),
        _ if is_child => Err(CheckLevel::Strong),
        _ => Err(CheckLevel::Info),
    }
}

/// Returns the amount of a substance that another medicine gives on one day.
fn a_day(other: &Other, part: &Part, unit: Unit) -> Option<Decimal> {
    let same = other.medicine.parts.iter().find(|one| one.substance == part.substance)?;
    let (number, of) = amount_of(&other.medicine, same)?;
    Some(convert(number, of, unit)? * Decimal::from(other.medicine.most_a_day?))
}
