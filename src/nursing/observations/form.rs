//! The form of a set of observations. Every field can be typed on a number pad.

use super::Observed;
use crate::{
    core::{Error, Result, error::FieldErrors},
    opd::{Consciousness, Measure},
    organisation::Typed,
    tr,
};

/// A typed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservationForm {
    pub values: Observed,
    pub worried: bool,
    /// The weight is right although it is unlikely.
    pub sure: bool,
}

/// Reads the level of consciousness: its word, its letter (ACVPU), or its place in this order, from 0.
fn consciousness(typed: &str) -> Result<Option<Consciousness>> {
    let word = typed.trim().to_lowercase();
    if word.is_empty() {
        return Ok(None);
    }
    let known = Consciousness::ALL.iter().copied().zip(["a", "c", "v", "p", "u"]).enumerate();
    let found = known.into_iter().find(|(place, (level, letter))| word == *letter || word == level.as_str() || word == place.to_string());
    found.map(|(_, (level, _))| Some(level)).ok_or_else(|| Error::invalid("consciousness", tr!(nursing.acvpu_wrong)))
}

impl ObservationForm {
    /// Reads the form. Values may be missing: the set is then incomplete.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong; also when nothing was measured.
    pub fn read(fields: &Typed) -> Result<Self> {
        let typed = |name: &str| fields.get(name).map_or("", String::as_str);
        let mut errors = FieldErrors::new();
        let mut of = |measure: Measure| errors.check(measure.parse(typed(measure.as_str()))).flatten();
        let mut values = Observed {
            respiration: of(Measure::Respiration),
            spo2: of(Measure::Spo2),
            oxygen: of(Measure::Oxygen),
            systolic: of(Measure::Systolic),
            diastolic: of(Measure::Diastolic),
            pulse: of(Measure::Pulse),
            consciousness: None,
            temperature: of(Measure::Temperature),
            weight: of(Measure::Weight),
        };
        values.consciousness = errors.check(consciousness(typed("consciousness"))).flatten();
        // A temperature in degrees Fahrenheit would be converted, and nobody was asked whether it was meant.
        let number = typed("temperature").trim().replace(',', ".").parse::<f64>();
        if values.temperature.is_some() && !number.is_ok_and(|degrees| degrees <= 45.0) {
            errors.add("temperature", tr!(nursing.celsius_only));
        }
        match (values.systolic, values.diastolic) {
            (None, Some(_)) => errors.add("systolic", tr!(opd.both_pressures)),
            (Some(systolic), Some(diastolic)) if systolic <= diastolic => errors.add("diastolic", tr!(opd.pressures_swapped)),
            _ => {}
        }
        // A weight in pounds would be converted, and nobody was asked whether it was meant.
        if values.weight.is_some() && typed("weight").trim().replace(',', ".").parse::<f64>().is_err() {
            errors.add("weight", tr!(nursing.kilograms_only));
        }
        let worried = !typed("worried").is_empty();
        errors.finish()?;
        if values == Observed::default() {
            return Err(Error::invalid("respiration", tr!(opd.nothing_measured)));
        }
        Ok(Self { values, worried, sure: !typed("weight_sure").is_empty() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> Result<ObservationForm> {
        ObservationForm::read(&fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn consciousness_is_a_digit_a_letter_or_a_word() {
        for (typed, level) in [
            ("0", Consciousness::Alert),
            ("1", Consciousness::Confusion),
            ("2", Consciousness::Voice),
            ("3", Consciousness::Pain),
            ("4", Consciousness::Unresponsive),
            ("V", Consciousness::Voice),
            (" u ", Consciousness::Unresponsive),
            ("confusion", Consciousness::Confusion),
        ] {
            assert_eq!(consciousness(typed), Ok(Some(level)), "{typed}");
        }
        assert_eq!(consciousness(""), Ok(None));
        assert!(consciousness("5").is_err() && consciousness("x").is_err());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let Err(Error::Invalid(wrong)) =
            read(&[("respiration", "900"), ("consciousness", "9"), ("temperature", "98.6"), ("diastolic", "80"), ("weight", "0.1")])
        else {
            panic!("nothing was wrong")
        };
        let fields: Vec<_> = wrong.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["respiration", "weight", "consciousness", "temperature", "systolic"]);
        assert!(read(&[("worried", "true")]).is_err(), "nothing was measured");
        let read = read(&[("respiration", "16"), ("oxygen", "0"), ("temperature", "37,2")]).expect("an incomplete set");
        assert_eq!((read.values.oxygen, read.values.temperature, read.worried), (Some(0), Some(372), false));
    }
}
