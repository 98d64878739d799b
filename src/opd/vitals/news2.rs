//! The National Early Warning Score 2 (Royal College of Physicians: National Early Warning Score (NEWS) 2, London, December 2017), for
//! patients of 16 years and more who are not pregnant.

use super::Consciousness;
use crate::{tr, ui::Tone};

/// The seven values of the score, in the stored steps of their measures.
#[derive(Clone, Copy, Debug)]
pub struct Signs {
    pub respiration: i64,
    pub spo2: i64,
    /// The scale by which the saturation is scored.
    pub scale: Scale,
    pub on_oxygen: bool,
    pub systolic: i64,
    pub pulse: i64,
    pub consciousness: Consciousness,
    /// Tenths of a degree Celsius.
    pub temperature: i64,
}

/// The scale of the oxygen saturation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    #[default]
    One,
    /// For hypercapnic respiratory failure with a target of 88 to 92 %, by a doctor's decision.
    Two,
}

impl Scale {
    /// Returns the scale with this number; any number but 2 is scale 1.
    pub const fn numbered(number: i64) -> Self {
        if number == 2 { Self::Two } else { Self::One }
    }

    /// Returns 1 or 2.
    pub const fn number(self) -> i64 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// An early-warning score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News2 {
    /// 0 to 20.
    pub total: i64,
    /// A single value scores 3.
    pub single_red: bool,
}

/// The risk band of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    Low,
    /// A single value scores 3.
    LowMedium,
    Medium,
    High,
}

/// Returns the points of the seven values, in the order of the chart: respiration, saturation, air or oxygen, systolic pressure, pulse,
/// consciousness, temperature.
pub const fn points(signs: &Signs) -> [i64; 7] {
    [
        respiration(signs.respiration),
        match signs.scale {
            Scale::One => spo2(signs.spo2),
            Scale::Two => spo2_scale_2(signs.spo2, signs.on_oxygen),
        },
        if signs.on_oxygen { 2 } else { 0 },
        systolic(signs.systolic),
        pulse(signs.pulse),
        if matches!(signs.consciousness, Consciousness::Alert) { 0 } else { 3 },
        temperature(signs.temperature),
    ]
}

/// Computes the score of a set of signs.
pub const fn score(signs: &Signs) -> News2 {
    let points = points(signs);
    let (mut total, mut single_red, mut index) = (0, false, 0);
    while index < points.len() {
        total += points[index];
        single_red |= points[index] == 3;
        index += 1;
    }
    News2 { total, single_red }
}

const fn respiration(per_minute: i64) -> i64 {
    match per_minute {
        ..=8 => 3,
        9..=11 => 1,
        12..=20 => 0,
        21..=24 => 2,
        25.. => 3,
    }
}

const fn spo2(percent: i64) -> i64 {
    match percent {
        ..=91 => 3,
        92..=93 => 2,
        94..=95 => 1,
        96.. => 0,
    }
}

const fn spo2_scale_2(percent: i64, on_oxygen: bool) -> i64 {
    match percent {
        ..=83 => 3,
        84..=85 => 2,
        86..=87 => 1,
        88..=92 => 0,
        _ if !on_oxygen => 0,
        93..=94 => 1,
        95..=96 => 2,
        97.. => 3,
    }
}

const fn systolic(mmhg: i64) -> i64 {
    match mmhg {
        ..=90 => 3,
        91..=100 => 2,
        101..=110 => 1,
        111..=219 => 0,
        220.. => 3,
    }
}

const fn pulse(per_minute: i64) -> i64 {
    match per_minute {
        ..=40 => 3,
        41..=50 => 1,
        51..=90 => 0,
        91..=110 => 1,
        111..=130 => 2,
        131.. => 3,
    }
}

const fn temperature(decicelsius: i64) -> i64 {
    match decicelsius {
        ..=350 => 3,
        351..=360 => 1,
        361..=380 => 0,
        381..=390 => 1,
        391.. => 2,
    }
}

impl News2 {
    /// Creates a score from a stored total, where the single values are not available.
    pub const fn from_total(total: i64) -> Self {
        Self { total, single_red: false }
    }

    /// Returns the risk band.
    pub const fn risk(self) -> Risk {
        match self.total {
            7.. => Risk::High,
            5..=6 => Risk::Medium,
            _ if self.single_red => Risk::LowMedium,
            _ => Risk::Low,
        }
    }
}

impl Risk {
    /// Returns the band and the action that it requires.
    pub fn words(self) -> &'static str {
        match self {
            Self::Low => tr!(opd.risk_low),
            Self::LowMedium => tr!(opd.risk_low_medium),
            Self::Medium => tr!(opd.risk_medium),
            Self::High => tr!(opd.risk_high),
        }
    }

    /// Returns the immediate action that the Royal College requires; `None` where the team may decide in its own time.
    pub fn asks(self) -> Option<&'static str> {
        match self {
            Self::Low | Self::LowMedium => None,
            Self::Medium => Some(tr!(opd.risk_medium_asks)),
            Self::High => Some(tr!(opd.risk_high_asks)),
        }
    }

    /// Returns its colour.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Low => Tone::Done,
            Self::LowMedium | Self::Medium => Tone::Warning,
            Self::High => Tone::Critical,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks every limit of the chart from both sides.
    #[test]
    fn each_parameter_as_on_the_chart() {
        let table = |of: fn(i64) -> i64, rows: &[(i64, i64)]| {
            for (value, points) in rows {
                assert_eq!(of(*value), *points, "at {value}");
            }
        };
        table(respiration, &[(0, 3), (8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3), (60, 3)]);
        table(spo2, &[(70, 3), (91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)]);
        table(systolic, &[(60, 3), (90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3), (260, 3)]);
        table(pulse, &[(30, 3), (40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2), (130, 2), (131, 3), (200, 3)]);
        table(temperature, &[(340, 3), (350, 3), (351, 1), (360, 1), (361, 0), (380, 0), (381, 1), (390, 1), (391, 2), (410, 2)]);
    }

    const WELL: Signs = Signs {
        respiration: 16,
        spo2: 98,
        scale: Scale::One,
        on_oxygen: false,
        systolic: 120,
        pulse: 70,
        consciousness: Consciousness::Alert,
        temperature: 370,
    };

    #[test]
    fn oxygen_scores_two_and_anything_but_alert_three() {
        assert_eq!(score(&WELL), News2 { total: 0, single_red: false });
        assert_eq!(score(&Signs { on_oxygen: true, ..WELL }).total, 2);
        for consciousness in Consciousness::ALL {
            let expected = if *consciousness == Consciousness::Alert { 0 } else { 3 };
            assert_eq!(score(&Signs { consciousness: *consciousness, ..WELL }).total, expected);
        }
    }

    /// Scale 2 of the chart, from both sides of each limit, on air and on oxygen.
    #[test]
    fn scale_two_as_on_the_chart() {
        for (percent, air, oxygen) in [
            (70, 3, 3),
            (83, 3, 3),
            (84, 2, 2),
            (85, 2, 2),
            (86, 1, 1),
            (87, 1, 1),
            (88, 0, 0),
            (92, 0, 0),
            (93, 0, 1),
            (94, 0, 1),
            (95, 0, 2),
            (96, 0, 2),
            (97, 0, 3),
            (100, 0, 3),
        ] {
            let of = |on_oxygen| points(&Signs { spo2: percent, scale: Scale::Two, on_oxygen, ..WELL })[1];
            assert_eq!((of(false), of(true)), (air, oxygen), "at {percent} %");
        }
        assert!([Scale::One, Scale::Two].iter().all(|scale| Scale::numbered(scale.number()) == *scale));
    }

    #[test]
    fn bands() {
        assert_eq!(score(&WELL).risk(), Risk::Low);
        assert_eq!(score(&Signs { respiration: 21, pulse: 95, temperature: 381, ..WELL }).risk(), Risk::Low, "a total of 4");
        assert_eq!(score(&Signs { consciousness: Consciousness::Confusion, ..WELL }).risk(), Risk::LowMedium);
        assert_eq!(score(&Signs { respiration: 21, on_oxygen: true, pulse: 95, ..WELL }).risk(), Risk::Medium, "a total of 5");
        assert_eq!(score(&Signs { respiration: 25, spo2: 92, on_oxygen: true, ..WELL }).risk(), Risk::High, "a total of 7");
        let worst = Signs {
            respiration: 30,
            spo2: 80,
            scale: Scale::One,
            on_oxygen: true,
            systolic: 70,
            pulse: 150,
            consciousness: Consciousness::Unresponsive,
            temperature: 340,
        };
        assert_eq!(score(&worst).total, 20);
    }
}
