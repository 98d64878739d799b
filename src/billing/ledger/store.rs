//! The SQL of the ledger.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    AccountKind, Period, Posting,
    journal::{JournalLine, Unbilled},
    reports::{AccountLine, AgeingLine, CashLine, DayLine, LineOf, Moved, RevenueBy, RevenueLine, RevenueRow},
    rules::WrongSum,
};
use crate::{
    core::{ClinicId, Money, Result, Stamp, time::Instant},
    db::{DbError, Sql, Tx, sql},
};

/// Returns the rows that break a rule of `infirmary check`, each with the difference.
pub(super) async fn broken(tx: &mut Tx, question: &'static str) -> Result<Vec<(Uuid, Money)>> {
    Ok(tx.all(sql(question)).await?)
}

/// A document that is not posted.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Missing {
    pub kind: Posting,
    pub document: Uuid,
    pub clinic_id: ClinicId,
    pub at: Instant,
}

pub(super) async fn missing(tx: &mut Tx) -> Result<Vec<Missing>> {
    let query = sql("SELECT DISTINCT p.kind, p.document, p.clinic_id, p.at FROM ledger_documents p
        WHERE NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.document = p.document AND e.kind = p.kind) ORDER BY p.at, p.kind, p.document");
    Ok(tx.all(query).await?)
}

pub(super) async fn post(tx: &mut Tx, posting: Posting, document: Uuid, day: NaiveDate) -> Result<(), DbError> {
    let bound = |query: Sql| query.bind(document).bind(posting);
    let accounts = sql("INSERT INTO ledger_accounts (kind, owner_id)
        SELECT DISTINCT CASE WHEN side.is_debit = 1 THEN debit_kind ELSE credit_kind END,
            CASE WHEN side.is_debit = 1 THEN debit_owner ELSE credit_owner END
        FROM ledger_postings CROSS JOIN (SELECT 1 AS is_debit UNION ALL SELECT 0) AS side WHERE document = $1 AND kind = $2
        ON CONFLICT DO NOTHING");
    tx.execute(bound(accounts)).await?;
    let entry = sql("INSERT INTO ledger_entries (kind, document, clinic_id, day, posted_at, posted_by)
        SELECT DISTINCT kind, document, clinic_id, $3, at, by_user FROM ledger_documents WHERE document = $1 AND kind = $2
        ON CONFLICT DO NOTHING");
    if tx.execute(bound(entry).bind(day)).await? == 0 {
        return Ok(());
    }
    // The patient's account comes before the insurer's, on both sides: transfers of one account take turns.
    let transfers = sql("INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, amount)
        SELECT e.id, d.id, c.id, p.amount FROM ledger_postings p JOIN ledger_entries e ON e.document = p.document AND e.kind = p.kind
        JOIN ledger_accounts d ON d.kind = p.debit_kind AND d.owner_id = p.debit_owner
        JOIN ledger_accounts c ON c.kind = p.credit_kind AND c.owner_id = p.credit_owner
        WHERE p.document = $1 AND p.kind = $2 ORDER BY p.debit_kind DESC, p.credit_kind DESC");
    tx.execute(bound(transfers)).await?;
    tx.execute(bound(sql("UPDATE ledger_entries SET sealed = TRUE WHERE document = $1 AND kind = $2 AND NOT sealed"))).await.map(|_| ())
}

const PERIOD: &str = "SELECT p.starts_on, p.state, p.closed_at, u.display_name AS closed_by, p.reopen_asked_by, a.display_name AS asker
    FROM ledger_periods p LEFT JOIN users u ON u.id = p.closed_by LEFT JOIN users a ON a.id = p.reopen_asked_by ";

pub(super) async fn periods(tx: &mut Tx) -> Result<Vec<Period>> {
    Ok(tx.all(sql(PERIOD).push("ORDER BY p.starts_on DESC")).await?)
}

/// Locks the month's row. Closing locks first; what decides is read in a later statement.
pub(super) async fn lock_period(tx: &mut Tx, starts_on: NaiveDate) -> Result<Option<Period>> {
    let lock = sql("SELECT count(*) FROM (SELECT starts_on FROM ledger_periods WHERE starts_on = ")
        .push_bind(starts_on)
        .push_for(") AS locked", " FOR NO KEY UPDATE) AS locked");
    tx.count(lock).await?;
    Ok(tx.optional(sql(PERIOD).push("WHERE p.starts_on = ").push_bind(starts_on)).await?)
}

/// The next step of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PeriodStep {
    Closing,
    Resumed,
    Closed,
    AskReopen,
    Reopened,
}

pub(super) async fn step(tx: &mut Tx, starts_on: NaiveDate, step: PeriodStep, stamp: Stamp) -> Result<(), DbError> {
    let (text, timed, named) = match step {
        PeriodStep::Closing => ("UPDATE ledger_periods SET state = 'closing', closing_at = $2, closing_by = $3 WHERE starts_on = $1", true, true),
        PeriodStep::Resumed => ("UPDATE ledger_periods SET state = 'open', closing_at = NULL, closing_by = NULL WHERE starts_on = $1", false, false),
        PeriodStep::Closed => (
            "UPDATE ledger_periods SET state = 'closed', closed_at = $2, closed_by = $3, reopen_asked_by = NULL, reopened_at = NULL, reopened_by = NULL
                WHERE starts_on = $1",
            true,
            true,
        ),
        PeriodStep::AskReopen => ("UPDATE ledger_periods SET reopen_asked_by = $2 WHERE starts_on = $1", false, true),
        PeriodStep::Reopened => (
            "UPDATE ledger_periods SET state = 'open', closed_at = NULL, closed_by = NULL, reopened_at = $2, reopened_by = $3 WHERE starts_on = $1",
            true,
            true,
        ),
    };
    let mut query = sql(text).bind(starts_on);
    if timed {
        query = query.bind(stamp.at);
    }
    if named {
        query = query.bind(stamp.by);
    }
    tx.execute(query).await.map(|_| ())
}

/// The first day whose transfers are read one by one: that of the first month that is not closed, at the latest the second parameter. All
/// months before it are closed and have their sums.
const FROM: &str = "(SELECT coalesce(min(p.starts_on), $2) FROM ledger_periods p WHERE p.state <> 'closed' AND p.starts_on < $2) ";

/// Returns the amounts between kinds of account, of a clinic's entries up to a day: the sums of the closed months, and the transfers after
/// them. `whole` is the first day of the month that is not whole on that day. PostgreSQL does not know how many days are read: the order
/// of the tables is given by the form of the query, from the entries of these days to their transfers and to the accounts of these.
pub(super) async fn moved(tx: &mut Tx, clinic: ClinicId, whole: NaiveDate, until: NaiveDate) -> Result<Vec<Moved>> {
    let query = sql("SELECT x.debit_kind, x.credit_kind, CAST(sum(x.amount) AS BIGINT) AS amount FROM (
            SELECT s.debit_kind, s.credit_kind, s.amount FROM ledger_sums s WHERE s.clinic_id = $1 AND s.starts_on < ")
    .push(FROM)
    .push(
        "UNION ALL SELECT (SELECT d.kind FROM ledger_accounts d WHERE d.id = t.debit_id), (SELECT c.kind FROM ledger_accounts c WHERE c.id = t.credit_id),
                t.amount FROM ledger_entries e ",
    )
    .push_for(
        "CROSS JOIN ledger_transfers t ON t.entry_id = e.id",
        "CROSS JOIN LATERAL (SELECT o.debit_id, o.credit_id, o.amount FROM ledger_transfers o WHERE o.entry_id = e.id OFFSET 0) AS t",
    )
    .push(" WHERE e.clinic_id = $1 AND e.day <= $3 AND e.day >= ")
    .push(FROM)
    .push(") AS x GROUP BY x.debit_kind, x.credit_kind")
    .bind(clinic)
    .bind(whole)
    .bind(until);
    Ok(tx.all(query).await?)
}

/// Returns what the stored sums of the closed months differ from their transfers by.
pub(super) async fn wrong_sums(tx: &mut Tx) -> Result<Vec<WrongSum>> {
    let query = sql("SELECT k.code AS clinic, x.starts_on, x.debit_kind, x.credit_kind, CAST(sum(x.amount) AS BIGINT) AS difference FROM (
            SELECT s.clinic_id, s.starts_on, s.debit_kind, s.credit_kind, s.amount FROM ledger_sums s
            UNION ALL SELECT m.clinic_id, p.starts_on, m.debit_kind, m.credit_kind, -m.amount FROM ledger_periods p
                JOIN ledger_movements m ON ")
    .push_for("m.day >= p.starts_on AND m.day < date(p.starts_on, '+1 month')", "p.starts_on = date_trunc('month', m.day::timestamp)::date")
    .push(
        " WHERE p.state = 'closed') AS x
        JOIN clinics k ON k.id = x.clinic_id GROUP BY k.code, x.starts_on, x.debit_kind, x.credit_kind HAVING sum(x.amount) <> 0
        ORDER BY x.starts_on, k.code, x.debit_kind, x.credit_kind",
    );
    Ok(tx.all(query).await?)
}

const OWNER: &str = "coalesce(i.name, d.name, k.name, u.display_name, c.display_name, '') AS owner";
const OWNERS: &str = " LEFT JOIN insurers i ON a.kind = 'insurer' AND i.id = a.owner_id
    LEFT JOIN departments d ON a.kind = 'revenue' AND d.id = a.owner_id
    LEFT JOIN clinics k ON a.kind IN ('safe', 'transit', 'card', 'cheque', 'bank', 'sundry', 'rounding', 'write_off') AND k.id = a.owner_id
    LEFT JOIN users u ON a.kind = 'over_short' AND u.id = a.owner_id
    LEFT JOIN till_shifts s ON a.kind = 'till' AND s.id = a.owner_id LEFT JOIN users c ON c.id = s.cashier_id ";

/// Returns the accounts of a kind with the sums of a clinic's entries up to a day, the largest balance first.
pub(super) async fn accounts(tx: &mut Tx, clinic: ClinicId, kind: AccountKind, until: NaiveDate, limit: i64) -> Result<Vec<AccountLine>> {
    let query = sql("SELECT a.id, a.kind, a.owner_id, ")
        .push(OWNER)
        .push(
            ", CAST(coalesce((SELECT sum(t.amount) FROM ledger_transfers t JOIN ledger_entries e ON e.id = t.entry_id WHERE t.debit_id = a.id
            AND e.clinic_id = ",
        )
        .push_bind(clinic)
        .push(" AND e.day <= ")
        .push_bind(until)
        .push(
            "), 0) AS BIGINT) AS debit, CAST(coalesce((SELECT sum(t.amount) FROM ledger_transfers t JOIN ledger_entries e ON e.id = t.entry_id
            WHERE t.credit_id = a.id AND e.clinic_id = ",
        )
        .push_bind(clinic)
        .push(" AND e.day <= ")
        .push_bind(until)
        .push("), 0) AS BIGINT) AS credit FROM ledger_accounts a")
        .push(OWNERS)
        .push(" WHERE a.kind = ")
        .push_bind(kind)
        .push(" ORDER BY 5 DESC, a.id LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Returns one account, with no sums.
pub(super) async fn account(tx: &mut Tx, id: i64) -> Result<Option<AccountLine>> {
    let query = sql("SELECT a.id, a.kind, a.owner_id, ")
        .push(OWNER)
        .push(", CAST(0 AS BIGINT) AS debit, CAST(0 AS BIGINT) AS credit FROM ledger_accounts a")
        .push(OWNERS)
        .push(" WHERE a.id = ")
        .push_bind(id);
    Ok(tx.optional(query).await?)
}

/// The words of a document: its number, else nothing.
const NUMBER: &str = "coalesce(v.number, p.receipt_number, n.number, r.number, '') AS number";
const NUMBERS: &str = " LEFT JOIN allocations b ON e.kind = 'deposit_used' AND b.id = e.document
    LEFT JOIN write_offs w ON e.kind = 'write_off' AND w.id = e.document LEFT JOIN invoice_shares h ON h.id = w.share_id
    LEFT JOIN invoices v ON v.id = CASE e.kind WHEN 'invoice' THEN e.document WHEN 'write_off' THEN h.invoice_id END
    LEFT JOIN refunds r ON e.kind IN ('refund', 'void', 'bounce') AND r.id = e.document
    LEFT JOIN payments p ON p.id = CASE e.kind WHEN 'payment' THEN e.document WHEN 'deposit_used' THEN b.payment_id WHEN 'bounce' THEN r.payment_id END
    LEFT JOIN credit_notes n ON e.kind = 'credit_note' AND n.id = e.document
    LEFT JOIN cash_moves m ON e.kind IN ('cash_move', 'cash_received', 'cash_withdrawn') AND m.id = e.document ";

/// The row whose page shows the document: the shift of a cash move, the payment of a refund, the invoice of a write-off.
const OPENS: &str = "coalesce(m.shift_id, r.payment_id, b.payment_id, h.invoice_id, e.document) AS opens, ";

/// Returns what a patient's or insurer's account has at a clinic up to a number.
pub(super) async fn balance_at(tx: &mut Tx, clinic: ClinicId, account: i64, until: i64) -> Result<Money> {
    let query = sql("SELECT CAST(coalesce(sum(a.debit - a.credit), 0) AS BIGINT) FROM account_entries a
        JOIN ledger_transfers t ON t.id = a.transfer_id JOIN ledger_entries e ON e.id = t.entry_id
        WHERE a.account_id = $1 AND a.seq <= $2 AND e.clinic_id = $3");
    let (balance,): (Money,) = tx.one(query.bind(account).bind(until).bind(clinic)).await?;
    Ok(balance)
}

/// Returns the lines of a patient's or insurer's account at a clinic after a number, in order, without a balance: that of the row is the balance at
/// all clinics.
pub(super) async fn statement(tx: &mut Tx, clinic: ClinicId, account: i64, after: i64, limit: i64) -> Result<Vec<LineOf>> {
    let query = sql("SELECT a.seq, e.day, e.kind, e.document, ")
        .push(OPENS)
        .push(NUMBER)
        .push(", a.debit, a.credit, CAST(0 AS BIGINT) AS balance FROM account_entries a JOIN ledger_transfers t ON t.id = a.transfer_id JOIN ledger_entries e ON e.id = t.entry_id")
        .push(NUMBERS)
        .push(" WHERE a.account_id = ")
        .push_bind(account)
        .push(" AND e.clinic_id = ")
        .push_bind(clinic)
        .push(" AND a.seq > ")
        .push_bind(after)
        .push(" ORDER BY a.seq LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Returns the transfers of any other account after a number, in the order of their numbers, without a balance.
pub(super) async fn transfers(tx: &mut Tx, clinic: ClinicId, account: i64, after: i64, limit: i64) -> Result<Vec<LineOf>> {
    let query = sql("SELECT t.id AS seq, e.day, e.kind, e.document, ")
        .push(OPENS)
        .push(NUMBER)
        .push(", CASE WHEN t.debit_id = ")
        .push_bind(account)
        .push(" THEN t.amount ELSE 0 END AS debit, CASE WHEN t.credit_id = ")
        .push_bind(account)
        .push(" THEN t.amount ELSE 0 END AS credit, CAST(0 AS BIGINT) AS balance FROM ledger_transfers t JOIN ledger_entries e ON e.id = t.entry_id")
        .push(NUMBERS)
        .push(" WHERE (t.debit_id = ")
        .push_bind(account)
        .push(" OR t.credit_id = ")
        .push_bind(account)
        .push(") AND e.clinic_id = ")
        .push_bind(clinic)
        .push(" AND t.id > ")
        .push_bind(after)
        .push(" ORDER BY t.id LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Returns the documents of a clinic's day, in the order in which they were posted.
pub(super) async fn day_book(tx: &mut Tx, clinic: ClinicId, day: NaiveDate, limit: i64) -> Result<Vec<DayLine>> {
    let query = sql("SELECT e.posted_at, e.kind, e.document, ")
        .push(OPENS)
        .push(NUMBER)
        .push(
            ", u.display_name AS posted_by, CAST(coalesce((SELECT sum(t.amount) FROM ledger_transfers t JOIN ledger_accounts a ON a.id = t.debit_id
            WHERE t.entry_id = e.id AND a.kind <> 'clearing'), 0) AS BIGINT) AS amount FROM ledger_entries e JOIN users u ON u.id = e.posted_by",
        )
        .push(NUMBERS)
        .push(" WHERE e.clinic_id = ")
        .push_bind(clinic)
        .push(" AND e.day = ")
        .push_bind(day)
        .push(" ORDER BY e.posted_at, e.id LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Returns the amounts that payments, refunds and bounces of a clinic's day moved between kinds of account. The order of the tables is given by the
/// form of the query, as in [`moved`].
pub(super) async fn by_means(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<Vec<Moved>> {
    let query = sql("SELECT (SELECT d.kind FROM ledger_accounts d WHERE d.id = t.debit_id) AS debit_kind,
            (SELECT c.kind FROM ledger_accounts c WHERE c.id = t.credit_id) AS credit_kind, CAST(sum(t.amount) AS BIGINT) AS amount
        FROM ledger_entries e ")
    .push_for(
        "CROSS JOIN ledger_transfers t ON t.entry_id = e.id",
        "CROSS JOIN LATERAL (SELECT o.debit_id, o.credit_id, o.amount FROM ledger_transfers o WHERE o.entry_id = e.id OFFSET 0) AS t",
    )
    .push(" WHERE e.clinic_id = $1 AND e.day = $2 AND e.kind IN ('payment', 'refund', 'bounce') GROUP BY 1, 2")
    .bind(clinic)
    .bind(day);
    Ok(tx.all(query).await?)
}

/// Returns the movements of a clinic's cash on a day, with the accounts between which it moved.
pub(super) async fn cash_book(tx: &mut Tx, clinic: ClinicId, day: NaiveDate, limit: i64) -> Result<Vec<CashLine>> {
    let query = sql("SELECT e.posted_at, e.kind, e.document, ")
        .push(OPENS)
        .push(NUMBER)
        .push(
            ", d.kind AS debit_kind, c.kind AS credit_kind, t.amount FROM ledger_transfers t JOIN ledger_entries e ON e.id = t.entry_id
            JOIN ledger_accounts d ON d.id = t.debit_id JOIN ledger_accounts c ON c.id = t.credit_id",
        )
        .push(NUMBERS)
        .push(" WHERE (d.kind IN ('till', 'safe', 'transit') OR c.kind IN ('till', 'safe', 'transit')) AND e.clinic_id = ")
        .push_bind(clinic)
        .push(" AND e.day = ")
        .push_bind(day)
        .push(" ORDER BY t.id LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

/// The lines of posted invoices, and the parts of lines that posted credit notes take back: each on its own day, so that a credit note of today does not
/// change a month that is closed. Department, doctor and giver of a discount are those that were frozen with the line: its charge may change later.
const INVOICED: &str = " FROM ledger_entries e JOIN invoices i ON i.id = e.document JOIN invoice_lines l ON l.invoice_id = i.id ";
const CREDITED: &str = " FROM ledger_entries e JOIN credit_notes m ON m.id = e.document JOIN credit_note_lines k ON k.credit_note_id = m.id
    JOIN invoice_lines l ON l.id = k.line_id JOIN invoices i ON i.id = l.invoice_id ";
const OF_LINES: &str =
    "LEFT JOIN departments d ON d.id = l.department_id LEFT JOIN staff s ON s.id = l.provider_id LEFT JOIN users x ON x.id = l.discounted_by
    LEFT JOIN insurers n ON n.id = i.insurer_id WHERE e.kind = ";

/// Joins the parts of a package's revenue to its line, for the revenue by department: the parts stand for the line. The document of the entry is the
/// invoice, or the credit note.
fn with_parts(query: Sql, by: RevenueBy) -> Sql {
    if by != RevenueBy::Department {
        return query;
    }
    query.push_for(
        "LEFT JOIN revenue_parts r ON r.line_id = l.id AND r.document = e.document ",
        "LEFT JOIN LATERAL (SELECT q.line_id, q.department_id, q.gross, q.discount, q.net, q.tax FROM revenue_parts q
            WHERE q.line_id = l.id AND q.document = e.document OFFSET 0) AS r ON TRUE ",
    )
}

/// Returns the amounts of a line in the revenue, or those of a part of it.
const fn amounts(by: RevenueBy) -> [&'static str; 2] {
    match by {
        RevenueBy::Department => [
            "coalesce(r.gross, l.gross) AS gross, coalesce(r.discount, l.discount) AS discount, coalesce(r.net, l.net) AS net, coalesce(r.tax, l.tax) AS tax",
            "coalesce(r.net + r.tax, k.amount) AS credited",
        ],
        RevenueBy::Doctor | RevenueBy::Item | RevenueBy::Payer | RevenueBy::Tax | RevenueBy::Approver => {
            ["l.gross, l.discount, l.net, l.tax", "k.amount AS credited"]
        }
    }
}

/// Restricts a part of the revenue to a clinic's days.
fn on_days(query: Sql, posting: Posting, clinic: ClinicId, (from, to): (NaiveDate, NaiveDate)) -> Sql {
    query
        .push(OF_LINES)
        .push_bind(posting)
        .push(" AND e.clinic_id = ")
        .push_bind(clinic)
        .push(" AND e.day >= ")
        .push_bind(from)
        .push(" AND e.day <= ")
        .push_bind(to)
}

const fn revenue_key(by: RevenueBy) -> &'static str {
    match by {
        RevenueBy::Department => {
            "coalesce(CASE WHEN r.line_id IS NULL THEN d.name ELSE (SELECT g.name FROM departments g WHERE g.id = r.department_id) END, '')"
        }
        RevenueBy::Doctor => "coalesce(s.display_name, '')",
        RevenueBy::Item => "l.code",
        RevenueBy::Payer => "coalesce(n.name, '')",
        RevenueBy::Tax => "CAST(l.rate_bp AS TEXT)",
        RevenueBy::Approver => "coalesce(x.display_name, '')",
    }
}

/// Returns the revenue of the invoices and credit notes posted on the days, by a key.
pub(super) async fn revenue(tx: &mut Tx, clinic: ClinicId, days: (NaiveDate, NaiveDate), by: RevenueBy) -> Result<Vec<RevenueRow>> {
    let query = sql("SELECT y.name, CAST(sum(y.lines) AS BIGINT) AS lines, CAST(sum(y.gross) AS BIGINT) AS gross, CAST(sum(y.discount) AS BIGINT) AS discount,
        CAST(sum(y.net) AS BIGINT) AS net, CAST(sum(y.tax) AS BIGINT) AS tax, CAST(sum(y.credited) AS BIGINT) AS credited FROM (SELECT ")
        .push(revenue_key(by))
        .push(" AS name, 1 AS lines, ")
        .push(amounts(by)[0])
        .push(", 0 AS credited")
        .push(INVOICED);
    let query = on_days(with_parts(query, by), Posting::Invoice, clinic, days)
        .push(" UNION ALL SELECT ")
        .push(revenue_key(by))
        .push(", 0, 0, 0, 0, 0, ")
        .push(amounts(by)[1])
        .push(CREDITED);
    let query = on_days(with_parts(query, by), Posting::CreditNote, clinic, days);
    Ok(tx.all(query.push(") AS y GROUP BY y.name ORDER BY 5 DESC, 1")).await?)
}

/// Returns the lines behind one row of the revenue.
pub(super) async fn revenue_lines(
    tx: &mut Tx,
    clinic: ClinicId,
    days: (NaiveDate, NaiveDate),
    (by, name): (RevenueBy, &str),
    limit: i64,
) -> Result<Vec<RevenueLine>> {
    let of_row = |query: Sql| query.push(" AND ").push(revenue_key(by)).push(" = ").push_bind(name);
    let query = sql("SELECT e.day, i.id AS invoice, i.number, l.code, l.description, ")
        .push(amounts(by)[0])
        .push(", CAST(0 AS BIGINT) AS credited")
        .push(INVOICED);
    let query = of_row(on_days(with_parts(query, by), Posting::Invoice, clinic, days))
        .push(
            " UNION ALL SELECT e.day, i.id, m.number, l.code, l.description, CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT), ",
        )
        .push(amounts(by)[1])
        .push(CREDITED);
    let query = of_row(on_days(with_parts(query, by), Posting::CreditNote, clinic, days));
    Ok(tx.all(query.push(" ORDER BY 1, 3, 4 LIMIT ").push_bind(limit)).await?)
}

/// Returns the debits and credits of the patients' and insurers' accounts at a clinic up to a day, oldest first.
pub(super) async fn for_ageing(tx: &mut Tx, clinic: ClinicId, until: NaiveDate) -> Result<Vec<AgeingLine>> {
    let query = sql("SELECT a.id AS account, a.kind, a.owner_id, coalesce(i.name, '') AS owner, e.day, b.debit, b.credit
        FROM account_entries b JOIN ledger_accounts a ON a.id = b.account_id JOIN ledger_transfers t ON t.id = b.transfer_id
        JOIN ledger_entries e ON e.id = t.entry_id LEFT JOIN insurers i ON i.id = a.owner_id
        WHERE e.clinic_id = $1 AND e.day <= $2 ORDER BY a.id, b.seq")
    .bind(clinic)
    .bind(until);
    Ok(tx.all(query).await?)
}

/// Returns the transfers of a clinic's days, in the order in which they were posted.
pub(super) async fn journal(tx: &mut Tx, clinic: ClinicId, (from, to): (NaiveDate, NaiveDate), limit: i64) -> Result<Vec<JournalLine>> {
    let query = sql("SELECT e.day, e.kind, ")
        .push(OPENS)
        .push(NUMBER)
        .push(
            ", u.display_name AS posted_by, d.kind AS debit_kind, d.id AS debit_id, c.kind AS credit_kind, c.id AS credit_id, t.amount
            FROM ledger_entries e JOIN ledger_transfers t ON t.entry_id = e.id JOIN ledger_accounts d ON d.id = t.debit_id
            JOIN ledger_accounts c ON c.id = t.credit_id JOIN users u ON u.id = e.posted_by",
        )
        .push(NUMBERS)
        .push(" WHERE e.clinic_id = ")
        .push_bind(clinic)
        .push(" AND e.day >= ")
        .push_bind(from)
        .push(" AND e.day <= ")
        .push_bind(to)
        .push(" ORDER BY e.day, t.id LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Returns the patients with charges of a clinic that no invoice has, the oldest first.
pub(super) async fn unbilled(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<Unbilled>> {
    let query = sql("SELECT c.patient_id, count(*) AS charges, min(c.service_day) AS since, CAST(sum(c.net) AS BIGINT) AS net
        FROM charges c WHERE c.clinic_id = $1 AND c.state IN ('planned', 'billable') GROUP BY c.patient_id ORDER BY 3, 1 LIMIT $2")
    .bind(clinic)
    .bind(limit);
    Ok(tx.all(query).await?)
}
