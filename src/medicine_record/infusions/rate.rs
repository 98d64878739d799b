//! The arithmetic of infusions, in whole numbers: the rate of a dose rate, the volume given, drops in a minute. Pure.
//!
//! Volumes are thousandths of a millilitre (microlitres), rates microlitres in an hour.

use chrono::Duration;

use super::{InfusionEventKind, RateUnit};
use crate::core::time::Instant;

/// A dose rate: `5 microgram/kg/min` for 70 kg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoseRate {
    pub unit: RateUnit,
    /// Thousandths of the unit.
    pub milli: i64,
    /// The weight in grams; `None` for a dose rate that does not count the weight.
    pub weight_g: Option<i64>,
    /// The medicine in the volume: micrograms, or thousandths of a unit.
    pub content: i64,
}

/// Divides and rounds half up; `None` for a result that is no `i64`.
fn rounded(number: i128, by: i128) -> Option<i64> {
    if by <= 0 {
        return None;
    }
    i64::try_from((number + by / 2).div_euclid(by)).ok()
}

/// Rounds a rate to what a pump is set to: tenths of a millilitre in an hour, and hundredths below 10 mL/h.
fn settable(numerator: i128, denominator: i128) -> Option<i64> {
    let exact = rounded(numerator, denominator)?;
    let step = if exact < 10_000 { 10 } else { 100 };
    rounded(numerator, denominator.checked_mul(step)?)?.checked_mul(i64::try_from(step).ok()?)
}

impl DoseRate {
    /// Returns the rate at which this dose rate runs from a volume: `dose x weight x 60 / concentration`, where the concentration is the
    /// content by the volume. The formula is that of the definition of the units.
    pub fn rate_ul_h(self, volume_ul: i64) -> Option<i64> {
        let (small, minutes) = self.unit.factors();
        let weight = i128::from(self.weight_g.unwrap_or(1_000));
        // The dose in an hour is in thousandths, and the weight in grams: both are divided by 1000.
        let numerator = i128::from(self.milli).checked_mul(small)?.checked_mul(minutes)?.checked_mul(weight)?;
        let numerator = numerator.checked_mul(i128::from(volume_ul))?;
        settable(numerator, i128::from(self.content).checked_mul(1_000_000)?)
    }

    /// Whether the rate is that of the dose rate.
    pub fn is_at(self, volume_ul: i64, rate_ul_h: i64) -> bool {
        self.rate_ul_h(volume_ul) == Some(rate_ul_h)
    }
}

/// An event as the volume counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub kind: InfusionEventKind,
    pub at: Instant,
    pub rate_ul_h: Option<i64>,
    pub volume_ul: Option<i64>,
}

/// The volume given until a time, in millionths of a microlitre-hour: the sum is rounded once, at the end.
fn given_exact(steps: &[Step], until: Instant) -> i128 {
    let mut sum: i128 = 0;
    let (mut rate, mut running, mut since) = (0_i64, false, None::<Instant>);
    for step in steps.iter().filter(|step| step.at <= until) {
        if step.kind == InfusionEventKind::Void {
            return 0;
        }
        if let Some(since) = since.filter(|_| running) {
            sum += part(rate, step.at - since);
        }
        since = Some(step.at);
        match step.kind {
            InfusionEventKind::Start | InfusionEventKind::Rate => {
                rate = step.rate_ul_h.unwrap_or(rate);
                running = true;
            }
            InfusionEventKind::Pause | InfusionEventKind::Stop => running = false,
            InfusionEventKind::Resume => running = true,
            InfusionEventKind::Bolus => sum += i128::from(step.volume_ul.unwrap_or(0)) * HOUR,
            InfusionEventKind::Bag | InfusionEventKind::Void => {}
        }
    }
    if let Some(since) = since.filter(|_| running) {
        sum += part(rate, until - since);
    }
    sum
}

/// Milliseconds in an hour.
const HOUR: i128 = 3_600_000;

fn part(rate_ul_h: i64, time: Duration) -> i128 {
    i128::from(rate_ul_h) * i128::from(time.num_milliseconds().max(0))
}

/// Returns the volume given until a time, in tenths of a millilitre: `rate x time`, and each bolus. An infusion that was entered in error gave
/// nothing.
pub fn given_tenths(steps: &[Step], until: Instant) -> i64 {
    if steps.iter().any(|step| step.kind == InfusionEventKind::Void) {
        return 0;
    }
    rounded(given_exact(steps, until), HOUR * 100).unwrap_or(i64::MAX)
}

/// Returns the volume given in a period, in tenths of a millilitre. Each end is rounded, so that periods that follow each other add up.
pub fn given_between(steps: &[Step], from: Instant, until: Instant) -> i64 {
    given_tenths(steps, until) - given_tenths(steps, from)
}

/// Returns the volume that the bags held, in tenths of a millilitre.
pub fn hung_tenths(steps: &[Step]) -> i64 {
    let bags = steps.iter().filter(|step| matches!(step.kind, InfusionEventKind::Start | InfusionEventKind::Bag));
    bags.filter_map(|step| step.volume_ul).sum::<i64>() / 100
}

/// Returns the time at which what is left runs out at this rate.
pub fn empty_at(left_tenths: i64, rate_ul_h: i64, now: Instant) -> Option<Instant> {
    if left_tenths <= 0 || rate_ul_h <= 0 {
        return None;
    }
    Some(now + Duration::seconds(left_tenths.checked_mul(100 * 3_600)? / rate_ul_h))
}

/// Returns the drops in a minute of a gravity set of 20 drops a millilitre (ISO 8536-4 has sets of 20 and of 60).
pub fn drops_in_minute(rate_ul_h: i64) -> i64 {
    const DROPS: i128 = 20;
    rounded(i128::from(rate_ul_h) * DROPS, 60 * 1_000).unwrap_or(0)
}

/// Shows thousandths without needless zeros: `13.1`, `250`.
pub fn show_milli(milli: i64) -> String {
    let text = format!("{}.{:03}", milli / 1_000, milli % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Shows tenths: `83.3`.
pub fn show_tenths(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, (tenths % 10).abs())
}

/// Parses a decimal of at most three places as thousandths; one that could be a thousand, `1,000`, is none.
pub fn read_milli(typed: &str) -> Option<i64> {
    let typed = typed.trim();
    let (whole, places) = typed.split_once(['.', ',']).unwrap_or((typed, ""));
    let digits = |text: &str| text.chars().all(|letter| letter.is_ascii_digit());
    let ambiguous = typed.contains(',') && places.len() == 3;
    if whole.is_empty()
        || whole.len() > 9
        || places.len() > 3
        || !digits(whole)
        || !digits(places)
        || ambiguous
        || typed.ends_with(['.', ','])
    {
        return None;
    }
    let places: i64 = format!("{places:0<3}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1_000)?.checked_add(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use InfusionEventKind::{Bag, Bolus, Pause, Rate, Resume, Start, Stop, Void};

    fn at(time: &str) -> Instant {
        format!("2026-11-21T{time}:00Z").parse().expect("an instant")
    }

    fn step(kind: InfusionEventKind, time: &str, number: i64) -> Step {
        let (rate, volume) = match kind {
            Start => (Some(number), Some(1_000_000)),
            Rate => (Some(number), None),
            Bag | Bolus => (None, Some(number)),
            _ => (None, None),
        };
        Step { kind, at: at(time), rate_ul_h: rate, volume_ul: volume }
    }

    #[test]
    fn a_dose_rate_has_the_rate_of_its_definition() {
        for (unit, milli, weight_g, content, volume_ul, rate) in [
            // 5 microgram/kg/min, 70 kg, 400 mg in 250 mL (1600 microgram/mL): 13.125 mL/h.
            (RateUnit::MicrogramKgMin, 5_000, Some(70_000), 400_000, 250_000, 13_100),
            // 0.1 microgram/kg/min, 3.2 kg, 3 mg in 50 mL (60 microgram/mL): 0.32 mL/h.
            (RateUnit::MicrogramKgMin, 100, Some(3_200), 3_000, 50_000, 320),
            // 2 mg/h, 50 mg in 50 mL: 2 mL/h.
            (RateUnit::MgHour, 2_000, None, 50_000, 50_000, 2_000),
            // 18 units/kg/h, 70 kg, 25000 units in 250 mL (100 units/mL): 12.6 mL/h.
            (RateUnit::UnitsKgHour, 18_000, Some(70_000), 25_000_000, 250_000, 12_600),
            // 10 microgram/min, 50 mg in 250 mL (200 microgram/mL): 3 mL/h.
            (RateUnit::MicrogramMin, 10_000, None, 50_000, 250_000, 3_000),
            // 0.1 mg/kg/h, 20 kg, 100 mg in 100 mL: 2 mL/h.
            (RateUnit::MgKgHour, 100, Some(20_000), 100_000, 100_000, 2_000),
            // 0.1 units/kg/h, 30 kg, 50 units in 50 mL: 3 mL/h.
            (RateUnit::UnitsKgHour, 100, Some(30_000), 50_000, 50_000, 3_000),
            // 25 microgram/h, 2.5 mg in 50 mL (50 microgram/mL): 0.5 mL/h.
            (RateUnit::MicrogramHour, 25_000, None, 2_500, 50_000, 500),
            // 20 microgram/kg/h, 12 kg, 10 mg in 50 mL (200 microgram/mL): 1.2 mL/h.
            (RateUnit::MicrogramKgHour, 20_000, Some(12_000), 10_000, 50_000, 1_200),
            (RateUnit::UnitsHour, 1_000, None, 50_000, 50_000, 1_000),
        ] {
            let dose = DoseRate { unit, milli, weight_g, content };
            assert_eq!(dose.rate_ul_h(volume_ul), Some(rate), "{dose:?}");
            assert!(dose.is_at(volume_ul, rate));
        }
        let none = DoseRate { unit: RateUnit::MgHour, milli: 1_000, weight_g: None, content: 0 };
        assert_eq!(none.rate_ul_h(1_000), None);
    }

    #[test]
    fn the_volume_given_is_rate_by_time_and_each_bolus() {
        // The row of the wards' specification: 100 mL/h from 10:00, 50 from 10:40, a pause from 11:10 to 11:30: 83.3 in the first hour, 33.4 in
        // the second.
        let steps = [step(Start, "10:00", 100_000), step(Rate, "10:40", 50_000), step(Pause, "11:10", 0), step(Resume, "11:30", 0)];
        for (until, tenths) in
            [("09:00", 0), ("10:00", 0), ("10:40", 667), ("11:00", 833), ("11:10", 917), ("11:20", 917), ("11:30", 917), ("12:00", 1_167)]
        {
            assert_eq!(given_tenths(&steps, at(until)), tenths, "{until}");
        }
        assert_eq!(given_between(&steps, at("10:00"), at("11:00")), 833);
        assert_eq!(given_between(&steps, at("11:00"), at("12:00")), 334);
        let stopped = [&steps[..], &[step(Bolus, "12:00", 20_000), step(Bag, "12:10", 500_000), step(Stop, "13:00", 0)]].concat();
        assert_eq!(given_tenths(&stopped, at("18:00")), 1_167 + 200 + 500, "the bolus, and an hour at 50");
        assert_eq!(hung_tenths(&stopped), 15_000);
        let wrong = [&stopped[..], &[step(Void, "13:00", 0)]].concat();
        assert_eq!(given_tenths(&wrong, at("18:00")), 0, "entered in error");
    }

    #[test]
    fn hours_add_up_to_the_whole() {
        for rate in [10, 333, 12_345, 99_999, 1_000_000] {
            let steps = [step(Start, "00:07", rate), step(Rate, "03:13", rate / 3 + 10), step(Pause, "05:59", 0), step(Resume, "07:01", 0)];
            let hour = |hour: u32| at(&format!("{hour:02}:00"));
            let sum: i64 = (0..23).map(|from| given_between(&steps, hour(from), hour(from + 1))).sum();
            assert_eq!(sum, given_tenths(&steps, hour(23)), "{rate}");
        }
    }

    #[test]
    fn drops_and_the_end_of_a_bag() {
        // 125 mL/h with 20 drops a millilitre: 41.7.
        for (rate, drops) in [(125_000, 42), (100_000, 33), (60_000, 20), (10, 0)] {
            assert_eq!(drops_in_minute(rate), drops);
        }
        assert_eq!(empty_at(500, 100_000, at("10:00")), Some(at("10:30")));
        assert_eq!(empty_at(0, 100_000, at("10:00")), None);
    }

    #[test]
    fn decimals_are_exact_and_never_ambiguous() {
        for (typed, milli) in [("5", 5_000), ("0.1", 100), ("13,1", 13_100), ("1.000", 1_000), (" 2.125 ", 2_125)] {
            assert_eq!(read_milli(typed), Some(milli), "{typed}");
        }
        for wrong in ["", "1,000", "1.", ".5", "1.2345", "-1", "1e3", "1 000", "x", "1.2.3", "9999999999"] {
            assert_eq!(read_milli(wrong), None, "{wrong}");
        }
        for (milli, shown) in [(13_100, "13.1"), (250_000, "250"), (320, "0.32"), (1, "0.001")] {
            assert_eq!(show_milli(milli), shown);
        }
        assert_eq!(show_tenths(833), "83.3");
    }
}
