//! The rules of the medicine record that span rows: `infirmary check` asks them.

mod store;

use chrono::Duration;

use crate::{
    clinical,
    core::{Result, UserId, time::Instant},
    db::Tx,
    server::department::{Finding, Rule},
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a dose is due under an active order only",
        broken: "SELECT count(*) FROM doses d JOIN care_orders o ON o.id = d.order_id WHERE d.state = 'due' AND o.state <> 'active'",
    },
    Rule {
        holds: "a dose has the outcome of its record",
        broken: "SELECT count(*) FROM doses d LEFT JOIN administrations a ON a.dose_id = d.id AND a.superseded_at IS NULL
            WHERE (d.state = 'given' AND (a.id IS NULL OR a.outcome <> 'given')) OR (a.id IS NOT NULL AND a.outcome <> d.state)",
    },
    Rule {
        holds: "the records of a dose are numbered without a gap, and the last one alone stands",
        broken: "SELECT count(*) FROM (SELECT dose_id FROM administrations GROUP BY dose_id HAVING max(version) <> count(*)
            OR count(CASE WHEN superseded_at IS NULL THEN 1 END) > 1) gaps",
    },
    Rule {
        holds: "a dose of a high-alert medicine was checked by a second person",
        broken: "SELECT count(*) FROM administrations a JOIN care_orders o ON o.id = a.order_id
            WHERE o.two_person AND a.outcome = 'given' AND a.superseded_at IS NULL AND a.checked_by IS NULL",
    },
    Rule {
        holds: "an order is of the patient of its admission",
        broken: "SELECT count(*) FROM care_orders o JOIN admissions a ON a.id = o.admission_id
            WHERE a.patient_id <> o.patient_id OR a.clinic_id <> o.clinic_id",
    },
    Rule {
        holds: "no order of a stay that ended is open",
        broken: "SELECT count(*) FROM care_orders o JOIN admissions a ON a.id = o.admission_id
            WHERE o.state IN ('active', 'on_hold') AND a.state <> 'admitted'",
    },
    Rule {
        holds: "a changed order has the one that replaces it",
        broken: "SELECT count(*) FROM care_order_acts c WHERE c.act = 'changed'
            AND NOT EXISTS (SELECT 1 FROM care_orders o WHERE o.replaces = c.order_id)",
    },
];

/// Whether the doses of an order keep its interval and its limit. The times are in order.
fn keeps_limit(given: &[Instant], interval_min: i64, most: i64) -> bool {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let apart = given.windows(2).all(|two| matches!(two, [one, next] if *next - *one >= Duration::minutes(interval_min)));
    let few = given.iter().enumerate().all(|(at, first)| given.get(at + most).is_none_or(|later| *later - *first >= Duration::hours(24)));
    apart && few
}

/// Checks that each signature of an order is its doctor's, over the order as it stands; and that medicines which are given as needed keep
/// their interval, and their limit in any 24 hours.
pub(super) async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    let mut wrong = Vec::new();
    for id in store::signed(tx).await? {
        let order = super::orders::find(tx, id).await?;
        let Some(signed) = &order.signed else { continue };
        let by_prescriber = [order.prescriber_id, UserId::SYSTEM].contains(&signed.by);
        if !by_prescriber || !clinical::verify_bytes(tx, signed, &super::orders::content(&order)).await? {
            wrong.push(id.into());
        }
    }
    let mut over = Vec::new();
    for (order, given) in store::given_as_needed(tx).await? {
        if !keeps_limit(&given.times, given.interval_min, given.most_in_day) {
            over.push(order.into());
        }
    }
    let limit = Finding::named("a medicine that is given as needed keeps its interval, and its limit in any 24 hours", over);
    Ok(vec![limit, Finding::named("the signature of an order covers the order as it stands", wrong)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_in_every_24_hours() {
        let at = |text: &str| format!("2026-06-{text}:00Z").parse::<Instant>().expect("an instant");
        for (given, keeps) in [
            (vec!["01T01:00", "01T05:00", "01T09:00", "01T13:00", "02T01:00"], true),
            (vec!["01T01:00", "01T05:00", "01T09:00", "01T13:00", "02T00:59"], false),
            (vec!["01T01:00", "01T04:59"], false),
            (vec!["01T20:00", "02T00:00", "02T04:00", "02T08:00", "02T20:00", "03T00:00"], true),
        ] {
            let times: Vec<Instant> = given.iter().map(|text| at(text)).collect();
            assert_eq!(keeps_limit(&times, 240, 4), keeps, "{given:?}");
        }
    }
}
