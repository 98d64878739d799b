//! Values typed in another unit than the form's: °F, mg/dl, pounds and ounces, grams, feet and inches, metres. They are converted, and the
//! page shows the result and asks the user to confirm it before it is recorded.

use super::Measure;

/// A value that was typed in another unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherUnit {
    /// The value in the stored steps of the measure.
    pub value: i64,
    /// The number with the unit in which it was read: `98.6 °F`.
    pub typed: String,
}

const FAHRENHEIT: [&str; 3] = ["°f", "f", "fahrenheit"];
const MILLIGRAMS: [&str; 4] = ["mg/dl", "mgdl", "mg%", "mg"];
const POUNDS: [&str; 6] = ["lb", "lbs", "pound", "pounds", "libra", "libras"];
const OUNCES: [&str; 5] = ["oz", "ounce", "ounces", "onza", "onzas"];
const GRAMS: [&str; 3] = ["g", "gr", "gramos"];
const FEET: [&str; 6] = ["ft", "'", "feet", "foot", "pies", "pie"];
const INCHES: [&str; 7] = ["in", "\"", "''", "inch", "inches", "pulgadas", "pulg"];
const METRES: [&str; 4] = ["m", "metre", "metres", "metros"];

/// Body temperatures in °F, in thousandths: 25 to 45 °C. None of them is a possible value in °C.
const BODY_FAHRENHEIT: std::ops::RangeInclusive<i64> = 77_000..=113_000;
/// Thousandths above which a glucose typed without a unit cannot be in mmol/l, since the form records up to 100 mmol/l.
const ABOVE_MMOL: i64 = 100_000;
/// Thousandths above which a weight typed without a unit cannot be in kilograms.
const ABOVE_KILOGRAMS: i64 = 650_000;
/// Steps (tenths of mmol/l) above which a glucose typed without a unit may as well be in mg/dl: bedside meters show up to 33.3 mmol/l.
#[cfg(feature = "ssr")]
const DOUBTFUL_GLUCOSE: i64 = 333;

/// Returns the value of a text in another unit than the measure's own; `None` when it is in the measure's unit or cannot
/// be read.
pub fn other_unit(measure: Measure, text: &str) -> Option<OtherUnit> {
    let parts = parts(text)?;
    let read = |value: i64, unit: &str| Some(OtherUnit { value, typed: format!("{} {unit}", text_of(parts[0].0)) });
    let [(number, unit), rest @ ..] = parts.as_slice() else { return None };
    let (number, unit) = (*number, unit.as_str());
    match (measure, rest) {
        (Measure::Temperature, []) if FAHRENHEIT.contains(&unit) || (unit.is_empty() && BODY_FAHRENHEIT.contains(&number)) => {
            read(rounded((number - 32_000) * 5, 900), "°F")
        }
        (Measure::Glucose, []) if MILLIGRAMS.contains(&unit) || (unit.is_empty() && number > ABOVE_MMOL) => {
            read(millimoles(number), "mg/dl")
        }
        (Measure::Weight, []) if GRAMS.contains(&unit) || (unit.is_empty() && number > ABOVE_KILOGRAMS) => read(rounded(number, 1000), "g"),
        (Measure::Weight, _) if POUNDS.contains(&unit) => {
            let ounces = second(rest, &OUNCES)?;
            let typed =
                if rest.is_empty() { format!("{} lb", text_of(number)) } else { format!("{} lb {} oz", text_of(number), text_of(ounces)) };
            // The avoirdupois pound has 453.59237 g and 16 ounces.
            let pounds = number * 16 + ounces;
            Some(OtherUnit { value: rounded(pounds.checked_mul(45_359_237)?, 1_600_000_000), typed })
        }
        (Measure::Height, _) if FEET.contains(&unit) => {
            let inches = second(rest, &INCHES)?;
            let typed =
                if rest.is_empty() { format!("{} ft", text_of(number)) } else { format!("{} ft {} in", text_of(number), text_of(inches)) };
            Some(OtherUnit { value: millimetres(number * 12 + inches), typed })
        }
        (Measure::Height | Measure::Head, []) if INCHES.contains(&unit) => read(millimetres(number), "in"),
        (Measure::Height, []) if METRES.contains(&unit) => read(number, "m"),
        _ => None,
    }
}

/// Reads a glucose value that was typed without a unit, and is too high for a meter in mmol/l, as mg/dl, in stored
/// steps.
#[cfg(feature = "ssr")]
pub fn perhaps_milligrams(text: &str, value: i64) -> Option<i64> {
    let parts = parts(text)?;
    match parts.as_slice() {
        [(number, unit)] if unit.is_empty() && value > DOUBTFUL_GLUCOSE && *number <= ABOVE_MMOL => Some(millimoles(*number)),
        _ => None,
    }
}

/// Returns the text without the measure's own unit: `37.2 °C` becomes `37.2`.
pub fn without_own_unit(measure: Measure, text: &str) -> &str {
    let own: &[&str] = match measure {
        Measure::Temperature => &["°c", "c"],
        Measure::Pulse | Measure::Respiration => &["/min"],
        Measure::Systolic | Measure::Diastolic => &["mmhg"],
        Measure::Spo2 => &["%"],
        Measure::Oxygen => &["l/min"],
        Measure::Weight => &["kg"],
        Measure::Height | Measure::Head => &["cm"],
        Measure::Pain => &["/10"],
        Measure::Glucose => &["mmol/l", "mmol"],
    };
    let ends_with =
        |unit: &&&str| text.len().checked_sub(unit.len()).and_then(|at| text.get(at..)).is_some_and(|end| end.to_lowercase() == **unit);
    own.iter().find(ends_with).map_or(text, |unit| text[..text.len() - unit.len()].trim_end())
}

/// Converts glucose from mg/dl to mmol/l: 1 mmol/l is 18.016 mg/dl, because its molar mass is 180.16 g/mol.
fn millimoles(thousandths: i64) -> i64 {
    rounded(thousandths * 10, 18_016)
}

/// Converts inches to millimetres: an inch is 25.4 mm.
fn millimetres(thousandths: i64) -> i64 {
    rounded(thousandths * 254, 10_000)
}

/// Returns the smaller of two units, such as the inches after feet, in thousandths; a missing one is 0. A second number without a unit is
/// in the smaller unit too: `5'10`.
fn second(rest: &[(i64, String)], units: &[&str]) -> Option<i64> {
    match rest {
        [] => Some(0),
        [(number, unit)] if unit.is_empty() || units.contains(&unit.as_str()) => Some(*number),
        _ => None,
    }
}

/// Divides numbers that are not negative, rounding half up.
const fn rounded(number: i64, by: i64) -> i64 {
    (number * 2 + by) / (by * 2)
}

/// Returns at most two numbers in thousandths, each with the unit after it in lower case.
fn parts(text: &str) -> Option<Vec<(i64, String)>> {
    let text = text.trim().to_lowercase().replace(',', ".").replace(['′', '’'], "'").replace(['″', '”'], "\"").replace('º', "°");
    let mut rest: String = text.chars().filter(|one| !one.is_whitespace()).collect();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let number: String = rest.chars().take_while(|one| one.is_ascii_digit() || *one == '.').collect();
        let unit: String = rest[number.len()..].chars().take_while(|one| !one.is_ascii_digit()).collect();
        rest = rest[number.len() + unit.len()..].to_owned();
        parts.push((thousandths(&number)?, unit.trim_end_matches('.').to_owned()));
        if parts.len() > 2 {
            return None;
        }
    }
    (!parts.is_empty()).then_some(parts)
}

fn thousandths(number: &str) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || whole.len() > 6 || fraction.len() > 3 || fraction.contains('.') {
        return None;
    }
    Some(whole.parse::<i64>().ok()? * 1000 + format!("{fraction:0<3}").parse::<i64>().ok()?)
}

fn text_of(thousandths: i64) -> String {
    super::measure::decimal(thousandths, 1000, 3, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(measure: Measure, text: &str) -> Option<(i64, String)> {
        other_unit(measure, text).map(|other| (other.value, other.typed))
    }

    #[test]
    fn units_that_people_use_are_read() {
        for (measure, text, value, typed) in [
            (Measure::Temperature, "98.6", 370, "98.6 °F"),
            (Measure::Temperature, "101", 383, "101 °F"),
            (Measure::Temperature, "99,5 F", 375, "99.5 °F"),
            (Measure::Temperature, "104 ºF", 400, "104 °F"),
            (Measure::Glucose, "99 mg/dl", 55, "99 mg/dl"),
            (Measure::Glucose, "126", 70, "126 mg/dl"),
            (Measure::Glucose, "45 MG/DL", 25, "45 mg/dl"),
            (Measure::Weight, "180 lb", 81_647, "180 lb"),
            (Measure::Weight, "180lbs.", 81_647, "180 lb"),
            (Measure::Weight, "7 lb 4 oz", 3_289, "7 lb 4 oz"),
            (Measure::Weight, "3450 g", 3_450, "3450 g"),
            (Measure::Weight, "3450", 3_450, "3450 g"),
            (Measure::Height, "5'10\"", 1778, "5 ft 10 in"),
            (Measure::Height, "5’10”", 1778, "5 ft 10 in"),
            (Measure::Height, "5 ft 10", 1778, "5 ft 10 in"),
            (Measure::Height, "5 ft 10 in", 1778, "5 ft 10 in"),
            (Measure::Height, "6'", 1829, "6 ft"),
            (Measure::Height, "70 in", 1778, "70 in"),
            (Measure::Height, "1.72 m", 1720, "1.72 m"),
            (Measure::Head, "14 in", 356, "14 in"),
        ] {
            assert_eq!(read(measure, text), Some((value, typed.to_owned())), "{text}");
        }
    }

    #[test]
    fn the_form_s_own_unit_is_no_other_unit() {
        for (measure, text) in [
            (Measure::Temperature, "37.2"),
            (Measure::Temperature, "37.2 °C"),
            (Measure::Temperature, "372"),
            (Measure::Glucose, "5.5"),
            (Measure::Glucose, "99"),
            (Measure::Glucose, "99 mmol/l"),
            (Measure::Weight, "80"),
            (Measure::Weight, "80 kg"),
            (Measure::Weight, "12 stone"),
            (Measure::Height, "172"),
            (Measure::Height, "1.72"),
            (Measure::Height, "5 ft 10 lb"),
            (Measure::Height, "5 6 7"),
            (Measure::Pulse, "72"),
        ] {
            assert_eq!(read(measure, text), None, "{text}");
        }
        assert_eq!(without_own_unit(Measure::Temperature, "37.2 °C"), "37.2");
        assert_eq!(without_own_unit(Measure::Spo2, "98%"), "98");
        assert_eq!(without_own_unit(Measure::Weight, "80KG"), "80");
        assert_eq!(without_own_unit(Measure::Temperature, "°"), "°");
    }

    #[test]
    fn a_glucose_too_high_for_a_meter_may_be_in_the_other_unit() {
        assert_eq!(perhaps_milligrams("99", 990), Some(55));
        assert_eq!(perhaps_milligrams("45", 450), Some(25));
        assert_eq!(perhaps_milligrams("33.3", 333), None);
        assert_eq!(perhaps_milligrams("99 mmol/l", 990), None, "the unit was named");
    }
}
