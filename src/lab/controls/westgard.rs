//! The Westgard rules: they judge a run of controls by their deviations from the target. All comparisons are strict.

use super::{ControlRule, ControlVerdict};

/// The deviation of a point from its target. Both numbers are millionths, so a rule needs no division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The level of the control material, 1 to 3.
    pub level: i64,
    /// The value minus the mean.
    pub distance: i64,
    pub sd: i64,
}

impl Deviation {
    /// Returns 1 when the point is more than `times` standard deviations above the mean, -1 below, otherwise 0.
    fn side(self, times: i64) -> i8 {
        let limit = i128::from(times) * i128::from(self.sd);
        let distance = i128::from(self.distance);
        i8::from(distance > limit) - i8::from(distance < -limit)
    }

    /// The deviation in standard deviations, to place a point.
    #[expect(clippy::cast_precision_loss, reason = "the number only places a point")]
    pub fn z(self) -> f64 {
        self.distance as f64 / self.sd as f64
    }
}

/// Returns the side on which all of these stand, when there are as many as the rule counts.
fn same_side(sides: &[i8], count: usize) -> bool {
    sides.len() == count && sides.first().is_some_and(|first| *first != 0 && sides.iter().all(|side| side == first))
}

/// Whether the last `count` points of a level of the newest run stand on one side of `times` standard deviations; or the points of two
/// levels in the last `count / 2` runs.
fn in_a_row(runs: &[Vec<Deviation>], count: usize, times: i64) -> bool {
    let Some(newest) = runs.last() else { return false };
    let within = |level: i64| {
        let points = runs.iter().rev().flatten().filter(|point| point.level == level);
        same_side(&points.take(count).map(|point| point.side(times)).collect::<Vec<_>>(), count)
    };
    let across = |one: i64, other: i64| {
        let last = runs.iter().rev().take(count / 2);
        let sides = last.flat_map(move |run| run.iter().filter(move |point| point.level == one || point.level == other));
        same_side(&sides.map(|point| point.side(times)).collect::<Vec<_>>(), count)
    };
    newest.iter().enumerate().any(|(index, point)| {
        within(point.level) || newest.iter().skip(index + 1).any(|other| other.level != point.level && across(point.level, other.level))
    })
}

/// Judges the newest run, the last of `runs`, which stand in the order of time. Excluded points are not among them.
pub fn judge(runs: &[Vec<Deviation>]) -> (ControlVerdict, Option<ControlRule>) {
    let Some(newest) = runs.last().filter(|run| !run.is_empty()) else { return (ControlVerdict::Establishing, None) };
    let reaches = |side: i8, times: i64| newest.iter().any(|point| point.side(times) == side);
    let beyond = |times: i64| reaches(1, times) || reaches(-1, times);
    let rejections = [
        (ControlRule::OneThree, beyond(3)),
        (ControlRule::TwoTwo, in_a_row(runs, 2, 2)),
        (ControlRule::RangeFour, reaches(1, 2) && reaches(-1, 2)),
        (ControlRule::FourOne, in_a_row(runs, 4, 1)),
        (ControlRule::TenMean, in_a_row(runs, 10, 0)),
    ];
    match rejections.into_iter().find(|(_, holds)| *holds) {
        Some((rule, _)) => (ControlVerdict::Rejected, Some(rule)),
        None if beyond(2) => (ControlVerdict::Warning, Some(ControlRule::OneTwo)),
        None => (ControlVerdict::InControl, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One level, one point a run; hundredths of a standard deviation.
    fn one_level(values: &[i64]) -> Vec<Vec<Deviation>> {
        values.iter().map(|value| vec![Deviation { level: 1, distance: *value, sd: 100 }]).collect()
    }

    /// Two levels in each run.
    fn two_levels(values: &[(i64, i64)]) -> Vec<Vec<Deviation>> {
        let point = |level, distance| Deviation { level, distance, sd: 100 };
        values.iter().map(|(one, two)| vec![point(1, *one), point(2, *two)]).collect()
    }

    #[test]
    fn points_of_one_level_are_judged() {
        let rejected = ControlVerdict::Rejected;
        for (values, verdict, rule) in [
            (&[0][..], ControlVerdict::InControl, None),
            (&[200], ControlVerdict::InControl, None),
            (&[201], ControlVerdict::Warning, Some(ControlRule::OneTwo)),
            (&[-201], ControlVerdict::Warning, Some(ControlRule::OneTwo)),
            (&[300], ControlVerdict::Warning, Some(ControlRule::OneTwo)),
            (&[301], rejected, Some(ControlRule::OneThree)),
            (&[-301], rejected, Some(ControlRule::OneThree)),
            (&[210, 220], rejected, Some(ControlRule::TwoTwo)),
            (&[210, -220], ControlVerdict::Warning, Some(ControlRule::OneTwo)),
            (&[210, 0, 220], ControlVerdict::Warning, Some(ControlRule::OneTwo)),
            (&[101, 101, 101, 101], rejected, Some(ControlRule::FourOne)),
            (&[100, 100, 100, 100], ControlVerdict::InControl, None),
            (&[101, 101, 101], ControlVerdict::InControl, None),
            (&[10; 10], rejected, Some(ControlRule::TenMean)),
            (&[10; 9], ControlVerdict::InControl, None),
            (&[10, 10, 10, 10, 10, 0, 10, 10, 10, 10, 10], ControlVerdict::InControl, None),
            (&[10, 10, 10, 10, 10, 10, 10, 10, 10, 10, -10], ControlVerdict::InControl, None),
        ] {
            assert_eq!(judge(&one_level(values)), (verdict, rule), "{values:?}");
        }
        assert_eq!(judge(&[]), (ControlVerdict::Establishing, None));
        assert_eq!(judge(&[Vec::new()]), (ControlVerdict::Establishing, None));
    }

    #[test]
    fn points_of_two_levels_are_judged() {
        let rejected = ControlVerdict::Rejected;
        for (values, verdict, rule) in [
            (&[(210, 220)][..], rejected, Some(ControlRule::TwoTwo)),
            (&[(210, -210)], rejected, Some(ControlRule::RangeFour)),
            (&[(260, -180)], ControlVerdict::Warning, Some(ControlRule::OneTwo)),
            (&[(110, 120), (130, 110)], rejected, Some(ControlRule::FourOne)),
            (&[(110, 120), (130, -110)], ControlVerdict::InControl, None),
            (&[(10, 20); 5], rejected, Some(ControlRule::TenMean)),
            (&[(10, 20), (10, 20), (10, 20), (10, 20), (10, -20)], ControlVerdict::InControl, None),
        ] {
            assert_eq!(judge(&two_levels(values)), (verdict, rule), "{values:?}");
        }
    }
}
