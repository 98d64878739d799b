//! The rules across rows about shifts, which `infirmary check` verifies.

use super::store;
use crate::{
    core::Result,
    db::Tx,
    server::department::{Finding, Rule},
};

/// Checks the rules.
///
/// # Errors
/// When the database refuses.
pub async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    let mut findings = Vec::with_capacity(RULES.len());
    for rule in RULES {
        findings.push(Finding::of(rule.holds, store::broken(tx, rule.broken).await?));
    }
    Ok(findings)
}

const RULES: &[Rule] = &[
    Rule {
        holds: "the float of a shift is what was counted",
        broken: "SELECT count(*) FROM till_shifts s WHERE s.float_amount <> (SELECT coalesce(sum(c.denomination * c.pieces), 0) FROM till_counts c
            WHERE c.shift_id = s.id AND c.moment = 'open')",
    },
    Rule {
        holds: "the cash of a count is the sum of its coins and notes",
        broken: "SELECT count(*) FROM till_results r WHERE r.method = 'cash' AND r.counted <> (SELECT coalesce(sum(c.denomination * c.pieces), 0)
            FROM till_counts c WHERE c.shift_id = r.shift_id AND c.moment = r.moment)",
    },
    Rule {
        holds: "a counted shift expects what entered and left it",
        broken: "SELECT count(*) FROM till_results r WHERE r.expected <> (SELECT coalesce(sum(e.amount), 0) FROM till_entries e
            WHERE e.shift_id = r.shift_id AND e.method = r.method)",
    },
    Rule {
        holds: "a payment without a shift is older than all shifts",
        broken: "SELECT count(*) FROM payments WHERE shift_id IS NULL AND taken_at >= (SELECT min(opened_at) FROM till_shifts)",
    },
    Rule {
        holds: "a payment is of its shift's cashier and clinic",
        broken: "SELECT count(*) FROM payments p JOIN till_shifts s ON s.id = p.shift_id WHERE s.cashier_id <> p.taken_by OR s.clinic_id <> p.clinic_id",
    },
    Rule {
        holds: "a refund is paid from a shift of its payer and clinic",
        broken: "SELECT count(*) FROM refunds r JOIN till_shifts s ON s.id = r.shift_id WHERE s.cashier_id <> r.paid_by OR s.clinic_id <> r.clinic_id",
    },
    Rule {
        holds: "cash moved between two shifts of one clinic",
        broken: "SELECT count(*) FROM cash_moves m JOIN till_shifts f ON f.id = m.shift_id JOIN till_shifts t ON t.id = m.to_shift_id
            WHERE f.clinic_id <> t.clinic_id",
    },
];
