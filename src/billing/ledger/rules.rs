//! The rules across rows about the ledger, which `infirmary check` verifies. Each names the documents, or the owners of the accounts,
//! and the difference.

use chrono::NaiveDate;

use super::{AccountKind, store};
use crate::{
    core::{Money, Result},
    db::Tx,
    server::department::{Finding, Rule},
};

// The queries return the ids of the documents or owners concerned, and by how much the two sides differ.
const RULES: &[Rule] = &[
    Rule {
        holds: "every document is posted to the ledger as it stands",
        broken: "SELECT p.document, CAST(sum(abs(p.amount - coalesce(t.amount, 0))) AS BIGINT)
            FROM (SELECT kind, document, debit_kind, debit_owner, credit_kind, credit_owner, sum(amount) AS amount
                FROM ledger_postings GROUP BY kind, document, debit_kind, debit_owner, credit_kind, credit_owner) AS p
            LEFT JOIN (SELECT e.kind, e.document, d.kind AS debit_kind, d.owner_id AS debit_owner, c.kind AS credit_kind, c.owner_id AS credit_owner,
                    sum(t.amount) AS amount
                FROM ledger_transfers t JOIN ledger_entries e ON e.id = t.entry_id JOIN ledger_accounts d ON d.id = t.debit_id
                JOIN ledger_accounts c ON c.id = t.credit_id WHERE e.sealed GROUP BY e.kind, e.document, d.kind, d.owner_id, c.kind, c.owner_id) AS t
            ON t.document = p.document AND t.kind = p.kind AND t.debit_kind = p.debit_kind AND t.debit_owner = p.debit_owner
                AND t.credit_kind = p.credit_kind AND t.credit_owner = p.credit_owner
            WHERE t.amount IS NULL OR t.amount <> p.amount GROUP BY p.document",
    },
    Rule {
        holds: "the parts of a line's revenue add up to it",
        broken: "SELECT x.line_id, CAST(abs(x.net - coalesce(l.net, c.amount - c.tax, 0)) + abs(x.tax - coalesce(l.tax, c.tax, 0)) AS BIGINT) FROM (
                SELECT r.line_id, r.document, sum(r.net) AS net, sum(r.tax) AS tax FROM revenue_parts r GROUP BY r.line_id, r.document) AS x
            LEFT JOIN invoice_lines l ON l.id = x.line_id AND l.invoice_id = x.document
            LEFT JOIN credit_note_lines c ON c.line_id = x.line_id AND c.credit_note_id = x.document
            WHERE x.net <> coalesce(l.net, c.amount - c.tax, 0) OR x.tax <> coalesce(l.tax, c.tax, 0)",
    },
    // The difference is the discount that the revenue would lack.
    Rule {
        holds: "every invoice and every credit note has an entry in the ledger, also one of 0",
        broken: "SELECT x.id, CAST(x.difference AS BIGINT) FROM (
                SELECT i.id, (SELECT coalesce(sum(l.discount), 0) FROM invoice_lines l WHERE l.invoice_id = i.id) AS difference FROM invoices i
                WHERE i.number IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.document = i.id AND e.kind = 'invoice')
                UNION ALL SELECT n.id, n.total FROM credit_notes n
                WHERE n.state = 'issued' AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.document = n.id AND e.kind = 'credit_note')) AS x",
    },
    Rule {
        holds: "the ledger has no more than the documents post",
        broken: "SELECT x.document, CAST(x.difference AS BIGINT) FROM (
                SELECT e.document, (SELECT coalesce(sum(t.amount), 0) FROM ledger_transfers t WHERE t.entry_id = e.id) - coalesce(p.amount, 0) AS difference
                FROM ledger_entries e LEFT JOIN (SELECT kind, document, sum(amount) AS amount FROM ledger_postings GROUP BY kind, document) AS p
                    ON p.document = e.document AND p.kind = e.kind) AS x
            WHERE x.difference <> 0",
    },
    Rule {
        holds: "every entry of the ledger is sealed, and its clearing account is 0",
        broken: "SELECT x.document, CAST(x.difference AS BIGINT) FROM (
                SELECT e.document, e.sealed, (SELECT coalesce(sum(CASE WHEN d.kind = 'clearing' THEN t.amount ELSE 0 END
                    - CASE WHEN c.kind = 'clearing' THEN t.amount ELSE 0 END), 0) FROM ledger_transfers t JOIN ledger_accounts d ON d.id = t.debit_id
                    JOIN ledger_accounts c ON c.id = t.credit_id WHERE t.entry_id = e.id) AS difference
                FROM ledger_entries e) AS x
            WHERE NOT x.sealed OR x.difference <> 0",
    },
    Rule {
        holds: "the balance of an account is what its transfers add up to",
        broken: "SELECT x.owner_id, CAST(x.difference AS BIGINT) FROM (
                SELECT a.owner_id, coalesce((SELECT b.balance_after FROM account_entries b WHERE b.account_id = a.id ORDER BY b.seq DESC LIMIT 1), 0)
                    - (SELECT coalesce(sum(t.amount), 0) FROM ledger_transfers t WHERE t.debit_id = a.id)
                    + (SELECT coalesce(sum(t.amount), 0) FROM ledger_transfers t WHERE t.credit_id = a.id) AS difference
                FROM ledger_accounts a WHERE a.kind IN ('patient', 'insurer')) AS x
            WHERE x.difference <> 0",
    },
    Rule {
        holds: "a transfer of a patient's or insurer's account is on its statement",
        broken: "SELECT e.document, CAST(sum(t.amount) AS BIGINT)
            FROM ledger_transfers t JOIN ledger_entries e ON e.id = t.entry_id JOIN ledger_accounts a ON a.id IN (t.debit_id, t.credit_id)
            WHERE a.kind IN ('patient', 'insurer')
                AND NOT EXISTS (SELECT 1 FROM account_entries b WHERE b.transfer_id = t.id AND b.account_id = a.id) GROUP BY e.document",
    },
    Rule {
        holds: "the ledger's account of a patient is what the patient owes on invoices",
        broken: "SELECT x.id, CAST(x.difference AS BIGINT) FROM (
                SELECT p.id, coalesce((SELECT b.balance_after FROM account_entries b WHERE b.account_id = a.id ORDER BY b.seq DESC LIMIT 1), 0)
                    - coalesce(i.due, 0) AS difference
                FROM patients p LEFT JOIN ledger_accounts a ON a.kind = 'patient' AND a.owner_id = p.id
                LEFT JOIN (SELECT patient_id, sum(patient_due) AS due FROM invoices GROUP BY patient_id) AS i ON i.patient_id = p.id) AS x
            WHERE x.difference <> 0",
    },
    Rule {
        holds: "the ledger's deposits of a patient are what the payments have left",
        broken: "SELECT x.id, CAST(x.difference AS BIGINT) FROM (
                SELECT p.id, coalesce((SELECT sum(t.amount) FROM ledger_transfers t WHERE t.credit_id = a.id), 0)
                    - coalesce((SELECT sum(t.amount) FROM ledger_transfers t WHERE t.debit_id = a.id), 0)
                    - coalesce((SELECT sum(m.amount - m.allocated) FROM payments m WHERE m.patient_id = p.id), 0)
                    + coalesce((SELECT sum(r.amount) FROM refunds r WHERE r.patient_id = p.id
                        AND (r.state = 'paid' OR (r.kind = 'bounce' AND r.state = 'approved'))), 0) AS difference
                FROM patients p LEFT JOIN ledger_accounts a ON a.kind = 'deposit' AND a.owner_id = p.id) AS x
            WHERE x.difference <> 0",
    },
    Rule {
        holds: "the ledger's cash of a shift is what entered and left it; a closed shift has none",
        broken: "SELECT x.id, CAST(x.difference AS BIGINT) FROM (
                SELECT s.id, coalesce((SELECT sum(t.amount) FROM ledger_transfers t WHERE t.debit_id = a.id), 0)
                    - coalesce((SELECT sum(t.amount) FROM ledger_transfers t WHERE t.credit_id = a.id), 0)
                    - CASE WHEN s.state = 'closed' THEN 0 ELSE (SELECT coalesce(sum(e.amount), 0) FROM till_entries e
                        WHERE e.shift_id = s.id AND e.method = 'cash') END AS difference
                FROM till_shifts s LEFT JOIN ledger_accounts a ON a.kind = 'till' AND a.owner_id = s.id) AS x
            WHERE x.difference <> 0",
    },
];

/// A sum of a closed month that is not the sum of its transfers.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct WrongSum {
    /// The code of the clinic.
    pub clinic: String,
    pub starts_on: NaiveDate,
    pub debit_kind: AccountKind,
    pub credit_kind: AccountKind,
    /// The stored sum less that of the transfers.
    pub difference: Money,
}

/// Compares the sums of the closed months with their transfers. A difference is named by month, clinic and accounts, as in `2026-10 NORTH
/// patient / clearing`: the account that is debited stands first.
async fn sums(tx: &mut Tx) -> Result<Finding> {
    let named = |wrong: WrongSum| {
        let name = format!("{} {} {} / {}", wrong.starts_on.format("%Y-%m"), wrong.clinic, wrong.debit_kind, wrong.credit_kind);
        (name, wrong.difference)
    };
    let wrong = store::wrong_sums(tx).await?.into_iter().map(named).collect();
    Ok(Finding::by_names("the sums of a closed month are those of its transfers", wrong))
}

/// Checks the rules.
///
/// # Errors
/// When the database refuses.
pub async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    let mut findings = crate::billing::shifts::checks(tx).await?;
    for rule in RULES {
        findings.push(Finding::with_differences(rule.holds, store::broken(tx, rule.broken).await?));
    }
    findings.push(sums(tx).await?);
    Ok(findings)
}
