//! One set of vital signs that were taken together.

use super::{Measure, News2, age::ADULT_MONTHS, critical::Critical, measure::decimal, news2};
use crate::{
    core::{Error, Result, error::FieldErrors},
    tr,
    ui::Tone,
};

crate::text_enum! {
    /// The level of consciousness: alert, new confusion, or the stimulus that gets a response (ACVPU).
    pub enum Consciousness("consciousness") {
        Alert = "alert" => tr!(opd.alert),
        Confusion = "confusion" => tr!(opd.confusion),
        Voice = "voice" => tr!(opd.voice),
        Pain = "pain" => tr!(opd.responds_to_pain),
        Unresponsive = "unresponsive" => tr!(opd.unresponsive),
    }
}

/// The values, each in the stored steps of its [`Measure`]; a value that was not taken is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VitalSigns {
    pub temperature: Option<i64>,
    pub pulse: Option<i64>,
    pub respiration: Option<i64>,
    pub systolic: Option<i64>,
    pub diastolic: Option<i64>,
    pub spo2: Option<i64>,
    pub oxygen: Option<i64>,
    pub consciousness: Option<Consciousness>,
    pub weight: Option<i64>,
    pub height: Option<i64>,
    pub pain: Option<i64>,
    pub glucose: Option<i64>,
    pub head: Option<i64>,
}

/// A value that is not usual for the age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// A measured value.
    Value { measure: Measure, value: i64, high: bool, critical: bool },
    /// Any level of consciousness other than alert; always critical, at every age.
    Consciousness(Consciousness),
}

impl VitalSigns {
    /// Returns a measure's value.
    pub const fn get(&self, measure: Measure) -> Option<i64> {
        match measure {
            Measure::Temperature => self.temperature,
            Measure::Pulse => self.pulse,
            Measure::Respiration => self.respiration,
            Measure::Systolic => self.systolic,
            Measure::Diastolic => self.diastolic,
            Measure::Spo2 => self.spo2,
            Measure::Oxygen => self.oxygen,
            Measure::Weight => self.weight,
            Measure::Height => self.height,
            Measure::Pain => self.pain,
            Measure::Glucose => self.glucose,
            Measure::Head => self.head,
        }
    }

    pub(in crate::opd) const fn slot(&mut self, measure: Measure) -> &mut Option<i64> {
        match measure {
            Measure::Temperature => &mut self.temperature,
            Measure::Pulse => &mut self.pulse,
            Measure::Respiration => &mut self.respiration,
            Measure::Systolic => &mut self.systolic,
            Measure::Diastolic => &mut self.diastolic,
            Measure::Spo2 => &mut self.spo2,
            Measure::Oxygen => &mut self.oxygen,
            Measure::Weight => &mut self.weight,
            Measure::Height => &mut self.height,
            Measure::Pain => &mut self.pain,
            Measure::Glucose => &mut self.glucose,
            Measure::Head => &mut self.head,
        }
    }

    /// Parses a form: the text typed for each measure, and the word for consciousness.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong; also when no field was filled in.
    pub fn parse<'t>(typed: impl Fn(Measure) -> &'t str, consciousness: &str) -> Result<Self> {
        let mut signs = Self::default();
        let mut errors = FieldErrors::new();
        for measure in Measure::ALL {
            if let Some(value) = errors.check(measure.parse(typed(*measure))) {
                *signs.slot(*measure) = value;
            }
        }
        if !consciousness.trim().is_empty() {
            signs.consciousness = errors.chosen("consciousness", consciousness);
        }
        match (typed(Measure::Systolic).trim().is_empty(), typed(Measure::Diastolic).trim().is_empty()) {
            (true, false) => errors.add("systolic", tr!(opd.both_pressures)),
            (false, true) => errors.add("diastolic", tr!(opd.both_pressures)),
            _ => {}
        }
        if let (Some(systolic), Some(diastolic)) = (signs.systolic, signs.diastolic)
            && systolic <= diastolic
        {
            errors.add("diastolic", tr!(opd.pressures_swapped));
        }
        errors.finish()?;
        if signs == Self::default() {
            return Err(Error::invalid(Measure::Temperature.as_str(), tr!(opd.nothing_measured)));
        }
        Ok(signs)
    }

    /// Returns the values that are critical or unusual at the age in whole months, in the order of the form; consciousness comes
    /// last.
    pub fn flags(&self, months: i64) -> Vec<Flag> {
        let values = Measure::ALL.iter().filter_map(|measure| {
            let value = self.get(*measure)?;
            let critical = Critical::at(*measure, months).holds(value);
            let (low, high) = measure.usual(months)?;
            // NEWS2 calls a systolic pressure of 90 critical, which is otherwise the lowest usual one.
            (critical || value < low || value > high).then_some(Flag::Value { measure: *measure, value, high: value > high, critical })
        });
        let awake = self.consciousness.filter(|level| *level != Consciousness::Alert).map(Flag::Consciousness);
        values.chain(awake).collect()
    }

    /// Returns these values, with those of an earlier set where a value was not taken here. The two pressures belong together, and so
    /// do oxygen and saturation.
    #[must_use]
    pub fn or(&self, earlier: &Self) -> Self {
        let mut signs = *self;
        for measure in Measure::ALL {
            let with = match measure {
                Measure::Oxygen => Measure::Spo2,
                other => *other,
            };
            if self.get(*measure).is_none() && self.get(with).is_none() {
                *signs.slot(*measure) = earlier.get(*measure);
            }
        }
        signs.consciousness = signs.consciousness.or(earlier.consciousness);
        signs
    }

    /// Returns the body mass index in tenths of kg/m², where weight and height were both taken.
    pub fn bmi(&self) -> Option<i64> {
        body_mass_index(self.weight?, self.height?)
    }

    /// Returns the names of the values that the early-warning score needs and that were not taken.
    pub fn missing_for_score(&self) -> Vec<&'static str> {
        [Measure::Respiration, Measure::Spo2, Measure::Systolic, Measure::Pulse, Measure::Temperature]
            .into_iter()
            .filter(|measure| self.get(*measure).is_none())
            .map(Measure::words)
            .chain(self.consciousness.is_none().then(|| tr!(opd.consciousness)))
            .collect()
    }

    /// Whether some values of the early-warning score were taken from a patient old enough for one, and others were
    /// not.
    pub fn is_unscored(&self, months: i64) -> bool {
        months >= ADULT_MONTHS && (1..6).contains(&self.missing_for_score().len())
    }

    /// Returns the early-warning score at an age in whole months; `None` under 16 years and when one of its seven values was
    /// not taken.
    pub fn news2(&self, months: i64) -> Option<News2> {
        if months < ADULT_MONTHS {
            return None;
        }
        Some(news2::score(&news2::Signs {
            respiration: self.respiration?,
            spo2: self.spo2?,
            scale: news2::Scale::One,
            on_oxygen: self.oxygen.is_some_and(|flow| flow > 0),
            systolic: self.systolic?,
            pulse: self.pulse?,
            consciousness: self.consciousness?,
            temperature: self.temperature?,
        }))
    }
}

impl Flag {
    /// Returns the words of the flag: "Pulse 124 /min, high", "Consciousness: Unresponsive".
    pub fn words(&self) -> String {
        match *self {
            Self::Value { measure, value, high, .. } => {
                let (name, value) = (measure.words(), measure.written(value));
                if high { tr!(opd.flag_high, name = name, value = value) } else { tr!(opd.flag_low, name = name, value = value) }
            }
            Self::Consciousness(level) => format!("{}: {}", tr!(opd.consciousness), level.words()),
        }
    }

    /// Returns the measure, unless the flag is about consciousness.
    pub const fn measure(&self) -> Option<Measure> {
        match self {
            Self::Value { measure, .. } => Some(*measure),
            Self::Consciousness(_) => None,
        }
    }

    /// Whether the value is critical, not only unusual.
    pub const fn is_critical(&self) -> bool {
        match self {
            Self::Value { critical, .. } => *critical,
            Self::Consciousness(_) => true,
        }
    }

    /// Returns its colour.
    pub const fn tone(&self) -> Tone {
        if self.is_critical() { Tone::Critical } else { Tone::Warning }
    }
}

/// Computes tenths of kg/m² from grams and millimetres.
pub const fn body_mass_index(weight: i64, height: i64) -> Option<i64> {
    let square = height * height;
    if square == 0 { None } else { Some((weight * 20_000 + square) / (square * 2)) }
}

/// Returns a body mass index with its unit: `22.9 kg/m²`.
pub fn show_bmi(tenths: i64) -> String {
    format!("{} kg/m²", decimal(tenths, 10, 1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &[(Measure, &'static str)], consciousness: &str) -> Result<VitalSigns> {
        VitalSigns::parse(|measure| typed.iter().find(|(one, _)| *one == measure).map_or("", |(_, text)| text), consciousness)
    }

    fn wrong(result: Result<VitalSigns>) -> Vec<String> {
        match result {
            Err(Error::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let typed = [(Measure::Temperature, "hot"), (Measure::Pulse, "900"), (Measure::Systolic, "120")];
        assert_eq!(wrong(parse(&typed, "asleep")), ["temperature", "pulse", "consciousness", "diastolic"]);
        assert_eq!(wrong(parse(&[(Measure::Systolic, "80"), (Measure::Diastolic, "120")], "")), ["diastolic"]);
        assert_eq!(wrong(parse(&[], "")), ["temperature"], "an empty form is no measurement");
    }

    #[test]
    fn flags_follow_the_age() {
        let signs = parse(&[(Measure::Pulse, "130")], "").expect("valid");
        assert_eq!(signs.flags(6), []);
        let flag = |critical, value| Flag::Value { measure: Measure::Pulse, value, high: true, critical };
        assert_eq!(signs.flags(400), [flag(false, 130)]);
        let signs = parse(&[(Measure::Pulse, "131")], "unresponsive").expect("valid");
        assert_eq!(signs.flags(400), [flag(true, 131), Flag::Consciousness(Consciousness::Unresponsive)]);
        assert_eq!(signs.flags(6), [Flag::Consciousness(Consciousness::Unresponsive)]);
        let pressed = parse(&[(Measure::Systolic, "90"), (Measure::Diastolic, "60")], "alert").expect("valid");
        assert!(pressed.flags(400).iter().any(|flag| flag.is_critical() && flag.words() == "Systolic pressure 90 mmHg, low"));
    }

    #[test]
    fn the_body_mass_index_has_one_decimal() {
        let signs = parse(&[(Measure::Weight, "70"), (Measure::Height, "175")], "").expect("valid");
        assert_eq!(signs.bmi().map(show_bmi).as_deref(), Some("22.9 kg/m²"));
        assert_eq!(parse(&[(Measure::Weight, "70")], "").expect("valid").bmi(), None);
    }

    #[test]
    fn the_score_needs_all_seven_and_an_adult() {
        let mut signs = VitalSigns {
            temperature: Some(372),
            pulse: Some(72),
            respiration: Some(14),
            systolic: Some(120),
            diastolic: Some(80),
            spo2: Some(98),
            consciousness: Some(Consciousness::Alert),
            ..VitalSigns::default()
        };
        assert_eq!(signs.news2(40 * 12).map(|score| score.total), Some(0));
        assert_eq!(signs.news2(15 * 12 + 11), None);
        assert!(!signs.is_unscored(40 * 12));
        signs.consciousness = None;
        assert_eq!(signs.news2(40 * 12), None);
        assert_eq!(signs.missing_for_score(), ["Consciousness"]);
        assert!(signs.is_unscored(40 * 12) && !signs.is_unscored(15 * 12));
        let weighed = VitalSigns { weight: Some(68_000), ..VitalSigns::default() };
        assert!(!weighed.is_unscored(40 * 12), "nobody meant a score");
    }
}
