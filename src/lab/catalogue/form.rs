//! The forms of a test, a reference range and a delta rule.

use chrono::NaiveDate;

use super::Catalogue;
use crate::{
    core::{Error, LabContainerId, Result, error::FieldErrors, time::parse_date},
    lab::{
        flag::Limits,
        formulas::Formula,
        value::number,
        vocabulary::{Condition, PortalRule, RangeSex, ResultType, Specimen},
    },
    organisation::Typed,
    tr,
};

/// The most minutes of a turnaround: some ten weeks.
const LONGEST_TAT: i64 = 100_000;

/// The fields of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestForm {
    pub code: String,
    pub name_en: String,
    pub name_es: String,
    pub loinc: String,
    pub loinc_name: String,
    pub result_type: ResultType,
    pub unit: String,
    pub decimals: i64,
    pub specimen: Specimen,
    pub container_id: LabContainerId,
    pub bench: String,
    pub method: String,
    pub tat_stat: i64,
    pub tat_urgent: i64,
    pub tat_routine: i64,
    pub linear: (Option<i64>, Option<i64>),
    pub plausible: (Option<i64>, Option<i64>),
    pub duplicate_hours: i64,
    pub portal_rule: PortalRule,
    pub portal_hours: i64,
    pub formula: String,
    pub source: String,
}

/// The fields of a reference range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeForm {
    pub method: String,
    pub sex: RangeSex,
    pub age_from_days: i64,
    pub age_to_days: Option<i64>,
    pub condition: Condition,
    pub limits: Limits,
    pub text: String,
    pub valid_from: NaiveDate,
    pub source: String,
}

/// The fields of a delta rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaForm {
    pub absolute: Option<i64>,
    pub percent: Option<i64>,
    pub window_days: i64,
    pub source: String,
}

/// Whether the code is one of LOINC: digits, a hyphen, and the check digit (mod 10, as Luhn).
pub fn is_loinc(code: &str) -> bool {
    let Some((number, check)) = code.split_once('-') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(number) || !digits(check) || number.len() > 7 || check.len() != 1 {
        return false;
    }
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0') * if place % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    check == ((10 - sum % 10) % 10).to_string()
}

pub(super) fn value<'t>(typed: &'t Typed, name: &str) -> &'t str {
    typed.get(name).map_or("", |value| value.trim())
}

/// Reads a whole number between two others.
pub(super) fn whole(field: &str, typed: &str, (from, to): (i64, i64), errors: &mut FieldErrors) -> i64 {
    let number = typed.parse::<i64>().ok().filter(|number| (from..=to).contains(number));
    if number.is_none() {
        errors.add(field, tr!(lab.number_between, from = from, to = to));
    }
    number.unwrap_or(from)
}

/// Reads a decimal number as millionths; an empty field is no limit.
fn decimal(field: &str, typed: &str, errors: &mut FieldErrors) -> Option<i64> {
    if typed.is_empty() {
        return None;
    }
    let read = number(&typed.replace(',', "."));
    if read.is_none() {
        errors.add(field, tr!(lab.limit_wrong));
    }
    read
}

/// Reads two limits, the first of which is below the second.
fn pair(typed: &Typed, (low, high): (&'static str, &'static str), errors: &mut FieldErrors) -> (Option<i64>, Option<i64>) {
    let limits = (decimal(low, value(typed, low), errors), decimal(high, value(typed, high), errors));
    if let (Some(from), Some(to)) = limits
        && from >= to
    {
        errors.add(high, tr!(lab.limits_crossed));
    }
    limits
}

impl TestForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(typed: &Typed, catalogue: &Catalogue) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let code = errors.required_line("code", value(typed, "code"), 20).to_lowercase();
        if code.chars().any(|c| !(c.is_ascii_alphanumeric() || "._-".contains(c))) {
            errors.add("code", tr!(lab.code_wrong));
        }
        if catalogue.panels.iter().any(|panel| panel.code == code) {
            errors.add("code", tr!(lab.code_of_panel));
        }
        let name_en = errors.required_line("name_en", value(typed, "name_en"), 120);
        let name_es = errors.required_line("name_es", value(typed, "name_es"), 120);
        let loinc = errors.line("loinc", value(typed, "loinc"), 10);
        if !loinc.is_empty() && !is_loinc(&loinc) {
            errors.add("loinc", tr!(lab.loinc_wrong));
        }
        let loinc_name = errors.line("loinc_name", value(typed, "loinc_name"), 300);
        let result_type = errors.chosen::<ResultType>("result_type", value(typed, "result_type"));
        let unit = errors.line("unit", value(typed, "unit"), 40);
        if result_type == Some(ResultType::Quantity) && unit.is_empty() {
            errors.add("unit", tr!(lab.unit_missing));
        }
        let decimals = whole("decimals", value(typed, "decimals"), (0, 4), &mut errors);
        let specimen = errors.chosen::<Specimen>("specimen", value(typed, "specimen"));
        let container = errors.chosen::<LabContainerId>("container_id", value(typed, "container_id"));
        if container.is_some_and(|id| catalogue.container(id).is_none()) {
            errors.add("container_id", tr!(errors.choose));
        }
        let bench = errors.required_line("bench", value(typed, "bench"), 40);
        let method = errors.line("method", value(typed, "method"), 120);
        let [tat_stat, tat_urgent, tat_routine] =
            ["tat_stat", "tat_urgent", "tat_routine"].map(|name| whole(name, value(typed, name), (1, LONGEST_TAT), &mut errors));
        let linear = pair(typed, ("linear_low", "linear_high"), &mut errors);
        let plausible = pair(typed, ("plausible_low", "plausible_high"), &mut errors);
        let duplicate_hours = whole("duplicate_hours", value(typed, "duplicate_hours"), (0, 8_760), &mut errors);
        let portal_rule = errors.chosen::<PortalRule>("portal_rule", value(typed, "portal_rule"));
        let portal_hours = match portal_rule {
            Some(PortalRule::AfterHours) => whole("portal_hours", value(typed, "portal_hours"), (1, 720), &mut errors),
            _ => 0,
        };
        let formula = value(typed, "formula").to_owned();
        if !formula.is_empty() && formula.parse::<Formula>().is_err() {
            errors.add("formula", tr!(errors.choose));
        }
        let source = errors.line("source", value(typed, "source"), 300);
        errors.finish()?;
        let (Some(result_type), Some(specimen), Some(container_id), Some(portal_rule)) = (result_type, specimen, container, portal_rule)
        else {
            return Err(Error::NotFound);
        };
        Ok(Self {
            code,
            name_en,
            name_es,
            loinc,
            loinc_name,
            result_type,
            unit,
            decimals,
            specimen,
            container_id,
            bench,
            method,
            tat_stat,
            tat_urgent,
            tat_routine,
            linear,
            plausible,
            duplicate_hours,
            portal_rule,
            portal_hours,
            formula,
            source,
        })
    }
}

/// Reads an age: years, or days with a `d` behind them. An empty field is no age.
fn age(field: &str, typed: &str, errors: &mut FieldErrors) -> Option<i64> {
    if typed.is_empty() {
        return None;
    }
    let days = typed.strip_suffix(['d', 'D']).map(str::trim);
    let read = days.unwrap_or(typed).parse::<u32>().ok().filter(|number| *number <= if days.is_some() { 60_000 } else { 150 });
    let Some(number) = read else {
        errors.add(field, tr!(lab.age_wrong));
        return None;
    };
    let number = i64::from(number);
    // A year is 365.25 days, and an age in years begins with the day after: 18 years are 6,575 days.
    Some(if days.is_some() { number } else { (number * 1_461 + 3) / 4 })
}

impl RangeForm {
    /// Reads the form. `today` is the first day of a range whose day is not said.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(typed: &Typed, today: NaiveDate) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let method = errors.line("method", value(typed, "method"), 120);
        let sex = errors.chosen::<RangeSex>("sex", value(typed, "sex"));
        let condition = match value(typed, "condition") {
            "" => Some(Condition::None),
            word => errors.chosen::<Condition>("condition", word),
        };
        if condition.is_some_and(Condition::is_pregnancy) && sex == Some(RangeSex::Male) {
            errors.add("condition", tr!(lab.pregnancy_of_man));
        }
        let age_from_days = age("age_from", value(typed, "age_from"), &mut errors).unwrap_or(0);
        let age_to_days = age("age_to", value(typed, "age_to"), &mut errors);
        if age_to_days.is_some_and(|to| to <= age_from_days) {
            errors.add("age_to", tr!(lab.ages_crossed));
        }
        let [critical_low, low, high, critical_high] =
            ["critical_low", "low", "high", "critical_high"].map(|name| decimal(name, value(typed, name), &mut errors));
        let limits = Limits { low, high, critical_low, critical_high };
        let named = [("critical_low", critical_low), ("low", low), ("high", high), ("critical_high", critical_high)];
        let known: Vec<(&str, i64)> = named.into_iter().filter_map(|(name, limit)| limit.map(|limit| (name, limit))).collect();
        if let Some(pair) = known.windows(2).find(|pair| pair[0].1 > pair[1].1) {
            errors.add(pair[1].0, tr!(lab.limits_crossed));
        }
        let text = errors.line("text", value(typed, "text"), 120);
        if known.is_empty() && text.is_empty() {
            errors.add("low", tr!(lab.range_empty));
        }
        let valid_from = match value(typed, "valid_from") {
            "" => Some(today),
            day => errors.check(parse_date("valid_from", day)),
        };
        let source = errors.required_line("source", value(typed, "source"), 300);
        errors.finish()?;
        let (Some(sex), Some(condition), Some(valid_from)) = (sex, condition, valid_from) else { return Err(Error::NotFound) };
        Ok(Self { method, sex, age_from_days, age_to_days, condition, limits, text, valid_from, source })
    }
}

impl DeltaForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(typed: &Typed) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let absolute = decimal("absolute", value(typed, "absolute"), &mut errors);
        if absolute.is_some_and(|amount| amount <= 0) {
            errors.add("absolute", tr!(lab.limit_wrong));
        }
        let percent = match value(typed, "percent") {
            "" => None,
            percent => Some(whole("percent", percent, (1, 10_000), &mut errors)),
        };
        if absolute.is_none() && percent.is_none() {
            errors.add("absolute", tr!(lab.delta_empty));
        }
        let window_days = whole("window_days", value(typed, "window_days"), (1, 3_650), &mut errors);
        let source = errors.required_line("source", value(typed, "source"), 300);
        errors.finish()?;
        Ok(Self { absolute, percent, window_days, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_loinc_have_a_check_digit() {
        for code in ["718-7", "2951-2", "2823-3", "98979-8", "4548-4", "43396-1", "89579-7"] {
            assert!(is_loinc(code), "{code}");
        }
        for code in ["718-6", "178-7", "", "718", "-7", "718-77", "a18-7"] {
            assert!(!is_loinc(code), "{code}");
        }
    }

    #[test]
    fn ages_are_years_or_days() {
        let mut errors = FieldErrors::new();
        for (typed, days) in [("18", Some(6_575)), ("28d", Some(28)), ("28 d", Some(28)), ("0", Some(0)), ("", None)] {
            assert_eq!(age("age_from", typed, &mut errors), days, "{typed}");
        }
        assert!(errors.finish().is_ok());
    }

    #[test]
    fn a_range_is_refused_with_the_field_that_is_wrong() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 29).expect("a day");
        let form = |fields: &[(&str, &str)]| {
            let typed: Typed = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            RangeForm::read(&typed, today)
        };
        let good = form(&[("sex", "any"), ("age_from", "18"), ("low", "3,5"), ("high", "5"), ("critical_high", "6.2"), ("source", "S")]);
        let good = good.expect("a range");
        assert_eq!((good.limits.low, good.limits.critical_high, good.valid_from), (Some(3_500_000), Some(6_200_000), today));
        for (fields, wrong) in [
            (&[("sex", "any"), ("low", "5"), ("high", "4"), ("source", "S")][..], "high"),
            (&[("sex", "any"), ("low", "5"), ("critical_low", "6"), ("source", "S")], "low"),
            (&[("sex", "any"), ("low", "5")], "source"),
            (&[("sex", "any"), ("source", "S")], "low"),
            (&[("sex", "any"), ("low", "x"), ("source", "S")], "low"),
            (&[("sex", "any"), ("low", "1"), ("age_from", "20"), ("age_to", "10"), ("source", "S")], "age_to"),
            (&[("low", "1"), ("source", "S")], "sex"),
        ] {
            let Err(Error::Invalid(errors)) = form(fields) else { panic!("nothing was wrong: {fields:?}") };
            assert_eq!(errors[0].field, wrong, "{fields:?}");
        }
    }
}
