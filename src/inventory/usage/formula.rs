//! The formulas of reordering, in whole numbers: average daily use (ADU) in thousandths of a unit.
//!
//! ADU = net use in 90 days / (90 - days without stock). Safety = z · √((L+R)·σ² + ADU²·σL²). Point = ⌈ADU·(L+R) + safety⌉.
//! Order = ⌈ADU·(L+R+30) + safety⌉ - usable - ordered, in whole packs. With less than 30 days of stock the levels set by hand decide.

use super::{ItemNeed, WINDOW};

/// The days between two reviews of the stock.
pub const REVIEW: i64 = 7;
/// The days of use that an order covers beyond the review.
const COVER: i64 = 30;
/// The days with stock from which a forecast is made.
const ENOUGH: i64 = 30;

/// The figures that a forecast is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    pub need: ItemNeed,
    /// The net use on each of the days on which there was stock.
    pub daily: Vec<i64>,
    /// The lead time in days, and its variance in thousandths of a square day.
    pub lead_days: i64,
    pub lead_variance: i64,
    /// Units that can be handed out, and units that are ordered.
    pub usable: i64,
    pub ordered: i64,
    /// The level at which the item is low, and the one to which it is filled up; 0 when nobody set them.
    pub low_at: i64,
    pub max_at: i64,
    pub pack_size: i64,
}

/// When an item must be ordered, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Thousandths of a unit a day.
    pub adu: i64,
    /// Whether the levels set by hand decide.
    pub is_manual: bool,
    pub safety: i64,
    /// The stock at or below which it is ordered.
    pub point: i64,
    /// Units to order; 0 when it is enough.
    pub order: i64,
    /// The days for which the usable stock lasts; none without use.
    pub days_left: Option<i64>,
}

fn ceil_div(above: i128, below: i128) -> i64 {
    i64::try_from(-((-above).div_euclid(below))).unwrap_or(i64::MAX)
}

/// The whole packs that hold at least this many units.
fn packs(units: i64, pack_size: i64) -> i64 {
    if units <= 0 { 0 } else { ceil_div(units.into(), pack_size.max(1).into()).saturating_mul(pack_size.max(1)) }
}

/// Works out when an item must be ordered, and how much.
pub fn forecast(needs: &Needs) -> Forecast {
    let days = i64::try_from(needs.daily.len()).unwrap_or(WINDOW);
    let used: i64 = needs.daily.iter().sum::<i64>().max(0);
    let adu = if days > 0 { used.saturating_mul(1_000) / days } else { 0 };
    let days_left = (adu > 0).then(|| needs.usable.saturating_mul(1_000) / adu);
    let have = needs.usable + needs.ordered;
    if days < ENOUGH {
        let top = if needs.max_at > 0 { needs.max_at } else { needs.low_at.saturating_mul(2) };
        let is_low = needs.low_at > 0 && have <= needs.low_at;
        let order = if is_low { packs(top - have, needs.pack_size) } else { 0 };
        return Forecast { adu, is_manual: true, safety: 0, point: needs.low_at, order, days_left };
    }
    let (mean, span) = (i128::from(adu), i128::from(needs.lead_days + REVIEW));
    // Thousandths squared: the variance of the use of a day.
    let spread: i128 = needs.daily.iter().map(|used| (i128::from(*used) * 1_000 - mean).pow(2)).sum();
    let variance = spread / i128::from((days - 1).max(1));
    let under_root = span * variance + mean * mean * i128::from(needs.lead_variance) / 1_000;
    let safety_milli = i128::from(needs.need.z_hundredths()) * under_root.max(0).isqrt() / 100;
    let safety = ceil_div(safety_milli, 1_000);
    let computed = ceil_div(mean * span + safety_milli, 1_000);
    let point = computed.max(needs.low_at);
    let mut target = ceil_div(mean * (span + i128::from(COVER)) + safety_milli, 1_000).max(needs.low_at);
    if needs.max_at > 0 {
        target = target.min(needs.max_at);
    }
    let order = if have <= point && target > 0 { packs(target - have, needs.pack_size) } else { 0 };
    Forecast { adu, is_manual: false, safety, point, order, days_left }
}

/// The units of each batch that will not be used before they expire, by expiry: `batches` are days left and units, the first to expire first.
/// `max(0, C - ADU·d)` less the losses before, within the batch.
pub fn losses(batches: &[(i64, i64)], adu: i64) -> Vec<i64> {
    let (mut running, mut lost) = (0_i64, 0_i64);
    batches
        .iter()
        .map(|(days, units)| {
            running = running.saturating_add(*units);
            let used = i64::try_from(i128::from(adu) * i128::from((*days).max(0)) / 1_000).unwrap_or(i64::MAX);
            let loss = (running.saturating_sub(used).max(0) - lost).clamp(0, *units);
            lost += loss;
            loss
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(daily: Vec<i64>) -> Needs {
        Needs {
            need: ItemNeed::Essential,
            daily,
            lead_days: 7,
            lead_variance: 0,
            usable: 0,
            ordered: 0,
            low_at: 0,
            max_at: 0,
            pack_size: 1,
        }
    }

    #[test]
    fn an_even_use_needs_no_safety_stock() {
        let even = forecast(&needs(vec![10; 90]));
        assert_eq!((even.adu, even.safety, even.point, even.order), (10_000, 0, 140, 440));
        let enough = forecast(&Needs { usable: 141, ..needs(vec![10; 90]) });
        assert_eq!((enough.order, enough.days_left), (0, Some(14)));
        let at_the_point = forecast(&Needs { usable: 100, ordered: 40, ..needs(vec![10; 90]) });
        assert_eq!(at_the_point.order, 300, "440 less 140");
        let in_packs = forecast(&Needs { usable: 100, ordered: 40, pack_size: 28, ..needs(vec![10; 90]) });
        assert_eq!(in_packs.order, 308, "eleven packs of 28");
    }

    #[test]
    fn an_uneven_use_and_an_uneven_supplier_need_more() {
        // 0 and 20 in turn: the standard deviation is √(90·100/89) = 10.056; √14 · 10.056 · 1.65 = 62.08.
        let uneven = forecast(&needs((0..90).map(|day| if day % 2 == 0 { 0 } else { 20 }).collect()));
        assert_eq!((uneven.adu, uneven.safety, uneven.point), (10_000, 63, 203));
        // 10 a day and a lead time that varies by 2 days: 1.65 · 10 · 2 = 33.
        let late = forecast(&Needs { lead_variance: 4_000, ..needs(vec![10; 90]) });
        assert_eq!((late.safety, late.point), (33, 173));
        let vital = forecast(&Needs { need: ItemNeed::Vital, lead_variance: 4_000, ..needs(vec![10; 90]) });
        assert_eq!(vital.safety, 41);
    }

    #[test]
    fn with_few_days_the_levels_decide() {
        let few = forecast(&Needs { usable: 15, low_at: 20, max_at: 100, ..needs(vec![10; 29]) });
        assert_eq!((few.is_manual, few.point, few.order), (true, 20, 85));
        let no_top = forecast(&Needs { usable: 15, low_at: 20, ..needs(Vec::new()) });
        assert_eq!((no_top.order, no_top.days_left), (25, None));
        let unset = forecast(&needs(Vec::new()));
        assert_eq!((unset.order, unset.point), (0, 0));
        let topped = forecast(&Needs { max_at: 200, ..needs(vec![10; 90]) });
        assert_eq!(topped.order, 200, "not above the highest level");
    }

    #[test]
    fn what_expires_before_it_is_used_is_counted_once() {
        assert_eq!(losses(&[(10, 50), (20, 100), (400, 30)], 5_000), [0, 50, 0]);
        assert_eq!(losses(&[(10, 80), (20, 100)], 5_000), [30, 50]);
        assert_eq!(losses(&[(-5, 9), (30, 10)], 1_000), [9, 0]);
        assert_eq!(losses(&[(30, 10)], 0), [10]);
        assert_eq!(losses(&[], 0), Vec::<i64>::new());
    }
}
