//! One set of vital signs as taken together.

use super::{Measure, News2, news2};
use crate::{
    core::{Error, Result, error::FieldErrors},
    tr,
    ui::Tone,
};

crate::text_enum! {
    /// How awake: alert, new confusion, or what it takes to get an answer (ACVPU).
    pub enum Consciousness("consciousness") {
        Alert = "alert",
        Confusion = "confusion",
        Voice = "voice",
        Pain = "pain",
        Unresponsive = "unresponsive",
    }
}

impl Consciousness {
    /// The word at the bedside.
    pub fn words(self) -> &'static str {
        match self {
            Self::Alert => tr!(opd.alert),
            Self::Confusion => tr!(opd.confusion),
            Self::Voice => tr!(opd.voice),
            Self::Pain => tr!(opd.responds_to_pain),
            Self::Unresponsive => tr!(opd.unresponsive),
        }
    }
}

/// The early-warning score is made for those who are 16 and older.
const SCORED_FROM_MONTHS: i64 = 16 * 12;

/// The values, each in the stored steps of its [`Measure`]; what was not taken is `None`.
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
pub struct Flag {
    pub measure: Measure,
    pub value: i64,
    pub high: bool,
}

impl VitalSigns {
    /// A measure's value.
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

    const fn slot(&mut self, measure: Measure) -> &mut Option<i64> {
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

    /// Reads a form: the text typed for each measure, and the word for consciousness.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong; also when nothing was filled in.
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

    /// The values that are not usual at the age in whole months, in the order of the form.
    pub fn flags(&self, months: i64) -> Vec<Flag> {
        Measure::ALL
            .iter()
            .filter_map(|measure| {
                let value = self.get(*measure)?;
                let (low, high) = measure.usual(months)?;
                (value < low || value > high).then_some(Flag { measure: *measure, value, high: value > high })
            })
            .collect()
    }

    /// The names of the values that the early-warning score needs and that were not taken.
    pub fn missing_for_score(&self) -> Vec<&'static str> {
        [Measure::Respiration, Measure::Spo2, Measure::Systolic, Measure::Pulse, Measure::Temperature]
            .into_iter()
            .filter(|measure| self.get(*measure).is_none())
            .map(Measure::words)
            .chain(self.consciousness.is_none().then(|| tr!(opd.consciousness)))
            .collect()
    }

    /// Whether some values of the early-warning score were taken of somebody old enough for one, and others were not.
    pub fn is_unscored(&self, months: Option<i64>) -> bool {
        months.is_some_and(|months| months >= SCORED_FROM_MONTHS) && (1..6).contains(&self.missing_for_score().len())
    }

    /// The early-warning score; `None` under 16 years and when one of its seven values was not taken.
    pub fn news2(&self, months: Option<i64>) -> Option<News2> {
        months.filter(|months| *months >= SCORED_FROM_MONTHS)?;
        Some(news2::score(&news2::Signs {
            respiration: self.respiration?,
            spo2: self.spo2?,
            on_oxygen: self.oxygen.is_some_and(|flow| flow > 0),
            systolic: self.systolic?,
            pulse: self.pulse?,
            consciousness: self.consciousness?,
            temperature: self.temperature?,
        }))
    }
}

impl Flag {
    /// The words of the flag: "Pulse 124 /min, high".
    pub fn words(&self) -> String {
        let (name, value) = (self.measure.words(), self.measure.written(self.value));
        if self.high { tr!(opd.flag_high, name = name, value = value) } else { tr!(opd.flag_low, name = name, value = value) }
    }

    /// Its colour.
    pub const fn tone(&self) -> Tone {
        Tone::Warning
    }
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
        assert_eq!(signs.flags(400), [Flag { measure: Measure::Pulse, value: 130, high: true }]);
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
        assert_eq!(signs.news2(Some(40 * 12)).map(|score| score.total), Some(0));
        assert_eq!(signs.news2(Some(15 * 12 + 11)), None);
        assert_eq!(signs.news2(None), None, "an unknown age is not an adult's");
        assert!(!signs.is_unscored(Some(40 * 12)));
        signs.consciousness = None;
        assert_eq!(signs.news2(Some(40 * 12)), None);
        assert_eq!(signs.missing_for_score(), ["Consciousness"]);
        assert!(signs.is_unscored(Some(40 * 12)) && !signs.is_unscored(Some(15 * 12)) && !signs.is_unscored(None));
        let weighed = VitalSigns { weight: Some(68_000), ..VitalSigns::default() };
        assert!(!weighed.is_unscored(Some(40 * 12)), "nobody meant a score");
    }
}
