//! One kind of measurement: its unit, its limits, its usual values by age, and how it is parsed and written.
//!
//! Values are whole numbers of the smallest step: tenths of a degree, grams, millimetres. No step of the processing
//! rounds them.

use super::units;
use crate::{
    core::{
        Error, Result,
        locale::{self, Locale},
    },
    tr,
};

crate::text_enum! {
    /// The kind of a measurement; the text is the form field's name.
    pub enum Measure("measure") {
        Temperature = "temperature" => tr!(opd.temperature),
        Pulse = "pulse" => tr!(opd.pulse),
        Respiration = "respiration" => tr!(opd.respiration),
        Systolic = "systolic" => tr!(opd.systolic),
        Diastolic = "diastolic" => tr!(opd.diastolic),
        Spo2 = "spo2" => tr!(opd.spo2),
        /// The flow of given oxygen; empty or zero means room air.
        Oxygen = "oxygen" => tr!(opd.oxygen),
        Weight = "weight" => tr!(opd.weight),
        Height = "height" => tr!(opd.height),
        Pain = "pain" => tr!(opd.pain),
        Glucose = "glucose" => tr!(opd.glucose),
        /// Head circumference, of small children.
        Head = "head" => tr!(opd.head),
    }
}

/// The numbers of a measure: decimals typed, stored steps per unit, and the stored limits beyond which a value is an
/// error.
struct Spec {
    decimals: u32,
    per_unit: i64,
    low: i64,
    high: i64,
}

/// Below this weight in grams, people are weighed to the gram.
const SMALL_CHILD_GRAMS: i64 = 10_000;

impl Measure {
    const fn spec(self) -> Spec {
        let (decimals, per_unit, low, high) = match self {
            Self::Temperature => (1, 10, 250, 450),
            Self::Pulse => (0, 1, 0, 300),
            Self::Respiration => (0, 1, 0, 100),
            Self::Systolic => (0, 1, 30, 300),
            Self::Diastolic => (0, 1, 10, 200),
            Self::Spo2 => (0, 1, 30, 100),
            Self::Oxygen => (1, 10, 0, 1000),
            Self::Weight => (3, 1000, 200, 650_000),
            Self::Height => (1, 10, 200, 2800),
            Self::Pain => (0, 1, 0, 10),
            Self::Glucose => (1, 10, 1, 1000),
            Self::Head => (1, 10, 100, 1000),
        };
        Spec { decimals, per_unit, low, high }
    }

    /// Returns the unit in which values are typed and shown.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Temperature => "°C",
            Self::Pulse | Self::Respiration => tr!(opd.per_minute),
            Self::Systolic | Self::Diastolic => "mmHg",
            Self::Spo2 => "%",
            Self::Oxygen => "l/min",
            Self::Weight => "kg",
            Self::Height | Self::Head => "cm",
            Self::Pain => "0-10",
            Self::Glucose => "mmol/l",
        }
    }

    /// Whether a decimal may be typed.
    pub const fn is_decimal(self) -> bool {
        self.spec().decimals > 0
    }

    /// Returns the value in the reader's notation: `37.2`, `37,2`. A weight has one decimal, as a bedside scale shows it,
    /// even if another system's record is more exact; for a small child every gram counts.
    pub fn show(self, value: i64) -> String {
        let Spec { decimals, per_unit, .. } = self.spec();
        if decimals == 0 {
            return value.to_string();
        }
        let value = if self == Self::Weight && value >= SMALL_CHILD_GRAMS { (value + 50) / 100 * 100 } else { value };
        // Always one decimal: 37.0 was measured, 37 was perhaps guessed.
        decimal(value, per_unit, decimals, 1)
    }

    /// Returns all recorded decimals, for a field in which the value is corrected: [`Measure::show`] rounds a weight.
    pub fn exact(self, value: i64) -> String {
        let Spec { decimals, per_unit, .. } = self.spec();
        if decimals == 0 { value.to_string() } else { decimal(value, per_unit, decimals, 1) }
    }

    /// Returns the value with its unit: `37.2 °C`, `1/10`.
    pub fn written(self, value: i64) -> String {
        let value = self.show(value);
        if self == Self::Pain { format!("{value}/10") } else { format!("{value} {}", self.unit()) }
    }

    /// Returns the value as a number for a chart.
    #[expect(clippy::cast_precision_loss, reason = "measurements are far below 2^52")]
    pub fn number(self, value: i64) -> f64 {
        value as f64 / self.spec().per_unit as f64
    }

    /// Parses the typed text; an empty field is `None`. A comma is a decimal point too. A value in another unit is
    /// converted (`units.rs`); the caller asks before recording it.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field, when the text is not a number or the value is impossible.
    pub fn parse(self, text: &str) -> Result<Option<i64>> {
        let text = text.trim().replace(',', ".");
        if text.is_empty() {
            return Ok(None);
        }
        if self == Self::Height && text.parse().is_ok_and(|metres: f32| metres > 0.0 && metres < 3.0) {
            return Err(Error::invalid(self.as_str(), tr!(opd.height_in_metres)));
        }
        let value = match units::other_unit(self, &text) {
            Some(other) => other.value,
            None => self.read(units::without_own_unit(self, &text))?,
        };
        let Spec { low, high, .. } = self.spec();
        if (low..=high).contains(&value) {
            return Ok(Some(value));
        }
        if self == Self::Pain {
            return Err(Error::invalid(self.as_str(), tr!(opd.pain_out_of_limits)));
        }
        let message = tr!(opd.out_of_limits, low = self.show(low), high = self.show(high), unit = self.unit());
        Err(Error::invalid(self.as_str(), message))
    }

    fn read(self, text: &str) -> Result<i64> {
        let Spec { decimals, per_unit, .. } = self.spec();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let wrong = || Error::invalid(self.as_str(), tr!(errors.not_a_number));
        if whole.is_empty() || whole.len() > 6 || fraction.len() > 6 || !digits(whole) || !digits(fraction) {
            return Err(wrong());
        }
        let width = decimals as usize;
        let kept = &fraction[..fraction.len().min(width)];
        let steps: i64 = if decimals == 0 { 0 } else { format!("{kept:0<width$}").parse().map_err(|_| wrong())? };
        // The fraction is in 10^-decimals, which is the stored step of every measure.
        let value = whole.parse::<i64>().map_err(|_| wrong())? * per_unit + steps;
        if fraction.len() > width {
            let (typed, down, up) = (text.to_owned(), self.exact(value), self.exact(value + 1));
            return Err(Error::invalid(self.as_str(), tr!(opd.too_exact, typed = typed, down = down, up = up)));
        }
        Ok(value)
    }

    /// Returns the usual values at the age (whole months), in stored steps, both limits included. Children's values
    /// follow the American Heart Association's paediatric life-support tables.
    pub fn usual(self, months: i64) -> Option<(i64, i64)> {
        let by_age = |newborn, infant, toddler, preschool, school, preteen, teen, adult| match months {
            ..1 => newborn,
            1..12 => infant,
            12..36 => toddler,
            36..72 => preschool,
            72..120 => school,
            120..144 => preteen,
            144..192 => teen,
            _ => adult,
        };
        Some(match self {
            Self::Temperature => (360, 379),
            Self::Pulse => by_age((100, 205), (100, 180), (98, 140), (80, 120), (75, 118), (75, 118), (60, 100), (60, 100)),
            Self::Respiration => by_age((30, 53), (30, 53), (22, 37), (20, 28), (18, 25), (18, 25), (12, 20), (12, 20)),
            Self::Systolic => by_age((60, 84), (72, 104), (86, 106), (89, 112), (97, 115), (102, 120), (110, 131), (90, 139)),
            Self::Diastolic => by_age((31, 53), (37, 56), (42, 63), (46, 72), (57, 76), (61, 80), (64, 83), (60, 89)),
            Self::Spo2 => (95, 100),
            Self::Pain => (0, 3),
            Self::Glucose => (39, 78),
            Self::Oxygen | Self::Weight | Self::Height | Self::Head => return None,
        })
    }
}

/// Returns a whole number of steps as a decimal number in the reader's notation, with at least `least` decimals.
pub(super) fn decimal(value: i64, per_unit: i64, decimals: u32, least: usize) -> String {
    let width = decimals as usize;
    let text = format!("{}.{:0width$}", value / per_unit, value % per_unit);
    let kept = text.trim_end_matches('0').len().max(text.len() - width + least);
    let text = text[..kept].trim_end_matches('.');
    match locale::current() {
        Locale::en => text.to_owned(),
        Locale::es => text.replace('.', ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_too_exact_is_named_with_its_neighbours() {
        let words = |measure: Measure, typed: &str| match measure.parse(typed) {
            Err(Error::Invalid(errors)) => errors[0].message.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(words(Measure::Temperature, "36.85"), "36.85 has too many decimals: enter 36.8 or 36.9.");
        assert_eq!(words(Measure::Pulse, "72.5"), "72.5 has too many decimals: enter 72 or 73.");
        assert_eq!(words(Measure::Weight, "3.4567"), "3.4567 has too many decimals: enter 3.456 or 3.457.");
        assert_eq!(words(Measure::Temperature, "warm"), "Enter a number.");
        assert_eq!(Measure::Weight.exact(81_647), "81.647");
    }

    #[test]
    fn what_is_typed_is_what_is_shown() {
        for (measure, typed, stored, shown) in [
            (Measure::Temperature, "37.2", 372, "37.2"),
            (Measure::Temperature, "37,2", 372, "37.2"),
            (Measure::Temperature, "37", 370, "37.0"),
            (Measure::Pulse, " 72 ", 72, "72"),
            (Measure::Weight, "3.45", 3450, "3.45"),
            (Measure::Weight, "80", 80_000, "80.0"),
            (Measure::Height, "172.5", 1725, "172.5"),
            (Measure::Glucose, "5.6", 56, "5.6"),
        ] {
            assert_eq!(measure.parse(typed), Ok(Some(stored)), "{typed}");
            assert_eq!(measure.show(stored), shown);
            assert!(measure.written(stored).starts_with(&format!("{shown} ")), "{}", measure.written(stored));
        }
        assert_eq!(Measure::Pain.written(7), "7/10");
        assert_eq!(Measure::Pulse.parse("  "), Ok(None));
    }

    #[test]
    fn a_weight_is_shown_as_a_scale_shows_it() {
        for (grams, shown) in [(82_943, "82.9"), (82_950, "83.0"), (10_049, "10.0"), (9_850, "9.85"), (3_455, "3.455"), (200, "0.2")] {
            assert_eq!(Measure::Weight.show(grams), shown);
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_field_s_name() {
        for (measure, typed) in [
            (Measure::Temperature, "372"),
            (Measure::Temperature, "37.25"),
            (Measure::Pulse, "72.5"),
            (Measure::Pulse, "-4"),
            (Measure::Spo2, "101"),
            (Measure::Pain, "eleven"),
            (Measure::Weight, "99999999999999999999"),
            (Measure::Height, "."),
            (Measure::Height, "1.72"),
        ] {
            match measure.parse(typed) {
                Err(Error::Invalid(errors)) => assert_eq!(errors[0].field, measure.as_str()),
                other => panic!("{measure} {typed}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_usual_depends_on_the_age() {
        let pulse = |months| Measure::Pulse.usual(months);
        assert_eq!(pulse(0), Some((100, 205)));
        assert_eq!(pulse(11), Some((100, 180)));
        assert_eq!(pulse(12), Some((98, 140)));
        assert_eq!(pulse(16 * 12), Some((60, 100)));
        assert_eq!(Measure::Weight.usual(400), None);
    }

    #[test]
    fn usual_lies_within_the_limits() {
        for measure in Measure::ALL {
            for months in [0, 6, 20, 50, 100, 130, 170, 500] {
                if let Some((low, high)) = measure.usual(months) {
                    let Spec { low: least, high: most, .. } = measure.spec();
                    assert!(least <= low && low < high && high <= most, "{measure} at {months} months");
                }
            }
        }
    }
}
