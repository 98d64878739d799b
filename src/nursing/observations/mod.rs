//! Sets of observations, each with its early-warning score, and the plan by which they are taken.

mod acts;
mod arrival;
mod form;
mod plan;
mod store;

use crate::{
    core::{AdmissionId, ClinicId, ObservationId, PatientId, time::Instant},
    nursing::{
        response::{LastSet, Pews},
        vocabulary::{SetKind, Unscored},
    },
    opd::{
        Consciousness, Measure, News2, VitalSigns,
        vitals::news2::{self, Scale},
    },
    tr,
};

pub use acts::{correct, mark_wrong, record, refuse};
pub use arrival::follow_arrival;
pub use form::ObservationForm;
pub use plan::{ObservationPlan, PlanForm, observe, plan, plan_of, plans_of};
pub use store::{between, find, latest, latest_scored, versions, wrongly_scored};

/// The values of a set, each in the stored steps of its measure; a value that was not taken is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Observed {
    pub respiration: Option<i64>,
    pub spo2: Option<i64>,
    /// Tenths of a litre a minute; 0 is air.
    pub oxygen: Option<i64>,
    pub systolic: Option<i64>,
    pub diastolic: Option<i64>,
    pub pulse: Option<i64>,
    pub consciousness: Option<Consciousness>,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i64>,
    /// Grams.
    pub weight: Option<i64>,
}

/// A version of a set of observations.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ObservationSet {
    pub id: ObservationId,
    /// The first version.
    pub set_id: ObservationId,
    pub version: i64,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub kind: SetKind,
    pub taken_at: Instant,
    pub recorded_at: Instant,
    pub recorder: String,
    #[sqlx(flatten)]
    pub values: Observed,
    /// Staff or the family worry.
    pub worried: bool,
    pub spo2_scale: i64,
    pub score: Option<i64>,
    pub single_red: bool,
    pub unscored: Option<Unscored>,
    pub reason: String,
    pub superseded_at: Option<Instant>,
}

/// The names of the seven values that are scored, in the order of the chart.
pub fn scored_names() -> [&'static str; 7] {
    [
        tr!(opd.respiration),
        tr!(opd.spo2),
        tr!(nursing.air_or_oxygen),
        tr!(opd.systolic),
        tr!(opd.pulse),
        tr!(opd.consciousness),
        tr!(opd.temperature),
    ]
}

impl Observed {
    /// Whether the patient was weighed, and nothing else was measured.
    pub fn is_weight_alone(&self) -> bool {
        self.weight.is_some() && Self { weight: None, ..*self } == Self::default()
    }

    /// Returns the points of each value, in the order of the chart; none for a value that was not taken.
    pub fn points(&self, scale: Scale) -> [Option<i64>; 7] {
        // Values in place of those that were not taken; their points are left out.
        let signs = news2::Signs {
            respiration: self.respiration.unwrap_or(16),
            spo2: self.spo2.unwrap_or(96),
            scale,
            on_oxygen: self.oxygen.is_some_and(|flow| flow > 0),
            systolic: self.systolic.unwrap_or(120),
            pulse: self.pulse.unwrap_or(70),
            consciousness: self.consciousness.unwrap_or(Consciousness::Alert),
            temperature: self.temperature.unwrap_or(370),
        };
        // On scale 2 the points of the saturation depend on the oxygen, too.
        let taken = [
            self.respiration.is_some(),
            self.spo2.is_some(),
            self.oxygen.is_some(),
            self.systolic.is_some(),
            self.pulse.is_some(),
            self.consciousness.is_some(),
            self.temperature.is_some(),
        ];
        let mut points = news2::points(&signs).map(Some);
        for (point, taken) in points.iter_mut().zip(taken) {
            *point = point.filter(|_| taken);
        }
        points
    }

    /// Returns the score of a complete set.
    pub fn score(&self, scale: Scale) -> Option<News2> {
        let points = self.points(scale);
        points.iter().all(Option::is_some).then(|| of_points(points))
    }

    /// Returns the least score that a set can have: that of the values which were taken.
    pub fn least(&self, scale: Scale) -> News2 {
        of_points(self.points(scale))
    }

    /// Returns the weight in words.
    pub fn weight_words(&self) -> Option<String> {
        self.weight.map(|grams| Measure::Weight.written(grams))
    }

    /// Returns the scored values in words, in the order of the chart.
    pub fn written(&self) -> [Option<String>; 7] {
        let pressure = self.systolic.map(|systolic| match self.diastolic {
            Some(diastolic) => format!("{systolic}/{diastolic} mmHg"),
            None => Measure::Systolic.written(systolic),
        });
        [
            self.respiration.map(|value| Measure::Respiration.written(value)),
            self.spo2.map(|value| Measure::Spo2.written(value)),
            self.oxygen.map(|flow| if flow == 0 { tr!(nursing.air).to_owned() } else { Measure::Oxygen.written(flow) }),
            pressure,
            self.pulse.map(|value| Measure::Pulse.written(value)),
            self.consciousness.map(|level| level.words().to_owned()),
            self.temperature.map(|value| Measure::Temperature.written(value)),
        ]
    }

    /// Returns the values as vital signs, by which unusual ones are found at each age.
    pub const fn signs(&self) -> VitalSigns {
        VitalSigns {
            temperature: self.temperature,
            pulse: self.pulse,
            respiration: self.respiration,
            systolic: self.systolic,
            diastolic: self.diastolic,
            spo2: self.spo2,
            oxygen: self.oxygen,
            consciousness: self.consciousness,
            weight: self.weight,
            height: None,
            pain: None,
            glucose: None,
            head: None,
        }
    }
}

fn of_points(points: [Option<i64>; 7]) -> News2 {
    let total = points.iter().flatten().sum();
    News2 { total, single_red: points.contains(&Some(3)) }
}

impl ObservationSet {
    /// Returns the score, or why there is none.
    pub fn news2(&self) -> Result<News2, Unscored> {
        match (self.score, self.unscored) {
            (Some(total), _) => Ok(News2 { total, single_red: self.single_red }),
            (None, why) => Err(why.unwrap_or(Unscored::Partial)),
        }
    }

    /// Returns what the time of the next set follows from; `before` is the last score, and `pews` that of a child.
    pub fn last(&self, before: Option<News2>, pews: Option<Pews>) -> LastSet {
        LastSet { taken_at: self.taken_at, score: self.news2(), before, pews }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Observed = Observed {
        respiration: Some(16),
        spo2: Some(96),
        oxygen: Some(0),
        systolic: Some(120),
        diastolic: Some(80),
        pulse: Some(70),
        consciousness: Some(Consciousness::Alert),
        temperature: Some(370),
        weight: None,
    };

    #[test]
    fn a_set_is_scored_when_its_seven_values_are_there() {
        assert_eq!(WELL.score(Scale::One), Some(News2 { total: 0, single_red: false }));
        assert_eq!(Observed { diastolic: None, ..WELL }.score(Scale::One), Some(News2 { total: 0, single_red: false }));
        for without in [
            Observed { respiration: None, ..WELL },
            Observed { spo2: None, ..WELL },
            Observed { oxygen: None, ..WELL },
            Observed { systolic: None, ..WELL },
            Observed { pulse: None, ..WELL },
            Observed { consciousness: None, ..WELL },
            Observed { temperature: None, ..WELL },
        ] {
            assert_eq!(without.score(Scale::One), None, "{without:?}");
            assert_eq!(without.least(Scale::One).total, 0);
        }
        let worse = Observed { respiration: Some(26), temperature: None, ..WELL };
        assert_eq!((worse.score(Scale::One), worse.least(Scale::One)), (None, News2 { total: 3, single_red: true }));
        assert_eq!(Observed { spo2: Some(97), oxygen: Some(20), ..WELL }.score(Scale::Two).map(|score| score.total), Some(5));
        assert_eq!(Observed { spo2: Some(90), ..WELL }.points(Scale::Two)[1], Some(0));
        assert_eq!(Observed { spo2: Some(90), ..WELL }.points(Scale::One)[1], Some(3));
    }
}
