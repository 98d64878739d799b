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
        holds: "an order of a number of doses has no more of them",
        broken: "SELECT count(*) FROM (SELECT o.id FROM care_orders o JOIN doses d ON d.order_id = o.id WHERE o.dose_count IS NOT NULL
            GROUP BY o.id, o.dose_count HAVING count(*) > o.dose_count) more",
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
        holds: "the events of an infusion are numbered without a gap, and give its state and its rate",
        broken: "SELECT count(*) FROM infusions i LEFT JOIN infusion_events e ON e.infusion_id = i.id AND e.seq = i.seq
            WHERE e.id IS NULL OR e.at <> i.last_at
              OR (SELECT count(*) FROM infusion_events n WHERE n.infusion_id = i.id) <> i.seq
              OR (i.state = 'stopped') <> (e.kind = 'stop') OR (i.state = 'voided') <> (e.kind = 'void')
              OR i.rate_ul_h <> (SELECT r.rate_ul_h FROM infusion_events r WHERE r.infusion_id = i.id AND r.rate_ul_h IS NOT NULL
                  ORDER BY r.seq DESC LIMIT 1)",
    },
    Rule {
        holds: "no infusion runs under an order that is not active",
        broken: "SELECT count(*) FROM infusions i JOIN care_orders o ON o.id = i.order_id
            WHERE (i.state = 'running' AND o.state <> 'active') OR (i.state = 'paused' AND o.state IN ('stopped', 'completed'))",
    },
    Rule {
        holds: "an infusion that counts has the given dose of its order",
        broken: "SELECT count(*) FROM infusions i WHERE i.state <> 'voided' AND NOT EXISTS (SELECT 1 FROM administrations a
            WHERE a.order_id = i.order_id AND a.outcome = 'given' AND a.superseded_at IS NULL AND a.given_at = i.started_at)",
    },
    Rule {
        holds: "a rate of an infusion is within its order",
        broken: "SELECT count(*) FROM infusion_events e JOIN infusions i ON i.id = e.infusion_id JOIN infusion_orders o ON o.order_id = i.order_id
            WHERE e.rate_ul_h > coalesce(o.most_ul_h, o.rate_ul_h)",
    },
    Rule {
        holds: "a dose that was entered after an outage was given in it or later, under its order, and before the entry",
        broken: "SELECT count(*) FROM back_entries b JOIN administrations a ON a.id = b.administration_id JOIN care_orders o ON o.id = a.order_id
            JOIN outages u ON u.id = b.outage_id
            WHERE a.given_at > b.entered_at OR a.given_at < u.started_at OR a.given_at < o.ordered_at",
    },
    Rule {
        holds: "what a dose took from the ward's storeroom is what its movements say, and what came back is what was taken",
        broken: "SELECT count(*) FROM dose_stock s JOIN stock_movements m ON m.id = s.movement_id LEFT JOIN stock_movements b ON b.id = s.returned_id
            WHERE m.kind <> 'dispense' OR m.quantity <> -s.quantity
              OR (s.returned_id IS NOT NULL AND (b.reverses <> m.id OR b.quantity <> s.quantity))",
    },
    Rule {
        holds: "a dose that was taken back holds no stock of the ward",
        broken: "SELECT count(*) FROM dose_stock s JOIN administrations a ON a.id = s.administration_id
            WHERE a.superseded_at IS NOT NULL AND s.returned_id IS NULL",
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
