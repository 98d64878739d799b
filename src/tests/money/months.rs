//! The sums of closed months: the trial balance is the same before and after a month closes, the database keeps them, `infirmary check`
//! compares them with the transfers, and the migration fills them.

use axum::http::StatusCode;
use chrono::NaiveDate;
use uuid::Uuid;

use super::{on_both_engines, shown};
use crate::{
    billing::ledger::{self, AccountKind},
    core::{ClinicId, Money, UserId, time::Instant},
    db::{Database, Engine, Sql, Tx, recorded, sql},
    organisation,
    server::department::Finding,
    tests::{
        Browser, TestApp,
        app::{test_now, unprepared_databases},
        billing::issued,
    },
};

/// The last migration before the sums.
const BEFORE: i64 = 20_261_203_030_200;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// Writes a transfer from the revenue to the safe on a clinic's day.
async fn written(tx: &mut Tx, clinic: ClinicId, day: NaiveDate, amount: i64) {
    let (document, now) = (Uuid::now_v7(), test_now());
    for kind in [AccountKind::Safe, AccountKind::Revenue] {
        let account = sql("INSERT INTO ledger_accounts (kind, owner_id) VALUES ($1, $2) ON CONFLICT DO NOTHING").bind(kind).bind(clinic);
        tx.execute(account).await.expect("an account");
    }
    let entry =
        sql("INSERT INTO ledger_entries (kind, document, clinic_id, day, posted_at, posted_by) VALUES ('payment', $1, $2, $3, $4, $5)");
    let entry = entry.bind(document).bind(clinic).bind(day).bind(now).bind(UserId::SYSTEM);
    tx.execute(entry).await.expect("an entry");
    let transfer = sql("INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, amount) SELECT e.id, d.id, c.id, ")
        .push_bind(amount)
        .push(
            " FROM ledger_entries e JOIN ledger_accounts d ON d.kind = 'safe' AND d.owner_id = e.clinic_id
            JOIN ledger_accounts c ON c.kind = 'revenue' AND c.owner_id = e.clinic_id WHERE e.document = ",
        )
        .push_bind(document);
    tx.execute(transfer).await.expect("a transfer");
    tx.execute(sql("UPDATE ledger_entries SET sealed = TRUE WHERE NOT sealed")).await.expect("sealed");
}

async fn executed(app: &TestApp, statement: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(statement).await.expect("executed");
    tx.commit().await.expect("committed");
}

/// The accountant of the whole hospital: the months are the hospital's.
pub(in crate::tests) async fn hospital_accountant(app: &TestApp) -> Browser {
    executed(app, sql("UPDATE user_roles SET clinic_id = NULL WHERE role = 'accountant'")).await;
    app.as_("accountant").await
}

async fn step(accountant: &Browser, function: &str, month: &str) -> StatusCode {
    accountant.post(&format!("/api/books/{function}"), &[("month", month)]).await.status
}

async fn closed(accountant: &Browser, month: &str) {
    for function in ["begin_closing", "close"] {
        assert_eq!(step(accountant, function, month).await, StatusCode::OK, "{function} {month}");
    }
}

/// Two people open a month again.
async fn opened_again(app: &TestApp, accountant: &Browser, month: &'static str) {
    assert_eq!(step(accountant, "reopen", month).await, StatusCode::OK, "asked");
    let asked = sql("UPDATE ledger_periods SET reopen_asked_by = ").push_bind(app.fixture.user("admin"));
    executed(app, asked.push(" WHERE starts_on = ").push_bind(day(month))).await;
    assert_eq!(step(accountant, "reopen", month).await, StatusCode::OK, "opened");
}

/// The finding about the sums.
async fn finding(tx: &mut Tx) -> Finding {
    let all = ledger::checks(tx).await.expect("checked");
    all.into_iter().find(|finding| finding.rule.starts_with("the sums of a closed month")).expect("the rule")
}

/// A transfer that was written: clinic, day, amount.
type Written = (ClinicId, NaiveDate, i64);

/// Compares the trial balance and the opening of the cash book with what was written, on days around the ends of months.
async fn compared(app: &TestApp, all: &[Written], moment: &str) {
    let mut tx = app.state.db.read().await.expect("a connection");
    for until in [
        "2026-07-31",
        "2026-08-30",
        "2026-08-31",
        "2026-09-01",
        "2026-09-29",
        "2026-09-30",
        "2026-10-01",
        "2026-10-31",
        "2026-11-01",
        "2027-02-28",
    ] {
        let until = day(until);
        for clinic in [app.fixture.north, app.fixture.south] {
            let sum = |before: NaiveDate| {
                let some = all.iter().filter(|(at, posted, _)| *at == clinic && *posted < before);
                some.map(|(.., amount)| Money(*amount)).sum::<Money>()
            };
            let balances = ledger::reports::trial_balance(&mut tx, clinic, until).await.expect("balances");
            let safe = balances.iter().find(|line| line.kind == AccountKind::Safe).map(|line| line.debit).unwrap_or_default();
            let revenue = balances.iter().find(|line| line.kind == AccountKind::Revenue).map(|line| line.credit).unwrap_or_default();
            let expected = sum(until.succ_opt().expect("a day"));
            assert_eq!((safe, revenue), (expected, expected), "{moment}, up to {until}");
            let (cash, _) = ledger::reports::cash_book(&mut tx, clinic, until).await.expect("the cash book");
            assert_eq!(cash, sum(until), "{moment}, before {until}");
        }
    }
    assert_eq!(finding(&mut tx).await.names, Vec::<String>::new(), "{moment}");
}

/// Three months of two clinics. At the moments it is the last day of a month in New York and the first of the next in Madrid.
async fn three_months(app: &TestApp) -> Vec<Written> {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let clinics = organisation::all_clinics(&mut tx).await.expect("clinics");
    let mut all = Vec::new();
    let moments = ["2026-08-10T12:00:00Z", "2026-08-31T22:30:00Z", "2026-09-30T22:30:00Z", "2026-10-15T12:00:00Z", "2026-10-31T23:30:00Z"];
    for (number, at) in (1_i64..).zip(moments) {
        let at: Instant = at.parse().expect("an instant");
        for (clinic, part) in [(app.fixture.north, 1), (app.fixture.south, 2)] {
            let (posted, amount) = (organisation::day_at(&clinics, clinic, at), number * 1_000 + part);
            written(&mut tx, clinic, posted, amount).await;
            all.push((clinic, posted, amount));
        }
    }
    tx.commit().await.expect("committed");
    let days = |clinic: ClinicId| all.iter().filter(|line| line.0 == clinic).map(|line| line.1.to_string()).collect::<Vec<_>>();
    assert_eq!(days(app.fixture.north)[1..3], ["2026-08-31", "2026-09-30"]);
    assert_eq!(days(app.fixture.south)[1..3], ["2026-09-01", "2026-10-01"]);
    all
}

#[tokio::test]
async fn the_trial_balance_is_the_same_before_and_after_months_close() {
    on_both_engines(|app| async move {
        let limited = app.as_("accountant").await;
        let mut all = three_months(&app).await;
        assert_eq!(step(&limited, "begin_closing", "2026-08-01").await, StatusCode::FORBIDDEN, "an accountant of one clinic");
        assert!(!limited.get("/books").await.body.contains("/api/books/begin_closing"));
        let accountant = hospital_accountant(&app).await;
        assert!(accountant.get("/books").await.body.contains("/api/books/begin_closing"));
        compared(&app, &all, "all open").await;
        for month in ["2026-08-01", "2026-09-01", "2026-10-01"] {
            assert_eq!(step(&accountant, "begin_closing", month).await, StatusCode::OK, "{month}");
            compared(&app, &all, "closing").await;
            assert_eq!(step(&accountant, "close", month).await, StatusCode::OK, "{month}");
            compared(&app, &all, month).await;
        }
        let sums = "SELECT count(*) FROM ledger_sums WHERE starts_on = '2026-10-01'";
        let count = async || app.state.db.read().await.expect("a connection").count(sql(sums)).await.expect("counted");
        assert_eq!(count().await, 2, "one of each clinic");
        opened_again(&app, &accountant, "2026-10-01").await;
        assert_eq!(count().await, 0, "an open month has no sums");
        compared(&app, &all, "opened again").await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        written(&mut tx, app.fixture.north, day("2026-10-31"), 77).await;
        tx.commit().await.expect("committed");
        all.push((app.fixture.north, day("2026-10-31"), 77));
        compared(&app, &all, "posted late").await;
        closed(&accountant, "2026-10-01").await;
        compared(&app, &all, "closed again").await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_the_sums() {
    on_both_engines(|app| async move {
        let accountant = hospital_accountant(&app).await;
        three_months(&app).await;
        closed(&accountant, "2026-08-01").await;
        for (statement, guard) in [
            ("UPDATE ledger_sums SET amount = amount + 1", "ledger_sums_kept"),
            ("DELETE FROM ledger_sums", "ledger_sums_kept"),
            (
                "INSERT INTO ledger_sums (clinic_id, starts_on, debit_kind, credit_kind, amount) SELECT clinic_id, starts_on, 'bank', 'tax', 5
                FROM ledger_sums",
                "ledger_sums_closing",
            ),
            (
                "INSERT INTO ledger_sums (clinic_id, starts_on, debit_kind, credit_kind, amount) SELECT k.id, p.starts_on, 'bank', 'tax', 5
                FROM clinics k CROSS JOIN ledger_periods p WHERE p.state = 'open'",
                "ledger_sums_closing",
            ),
            (
                "INSERT INTO ledger_periods (starts_on, state, closing_at, closed_at, closed_by) SELECT '2020-01-01', state, closing_at, closed_at,
                closed_by FROM ledger_periods WHERE state = 'closed'",
                "ledger_period_step",
            ),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let refused = tx.execute(sql(statement)).await.expect_err(statement);
            assert!(refused.violates(guard), "{statement}: {refused}");
        }
        // Rows of somebody else keep the month from closing, and so does an entry that is not sealed.
        let (september, by_hand) = (
            "2026-09-01",
            "INSERT INTO ledger_sums (clinic_id, starts_on, debit_kind, credit_kind, amount) SELECT k.id, p.starts_on, 'bank', 'tax', 5
                FROM clinics k CROSS JOIN ledger_periods p WHERE p.state = 'closing' AND k.code = 'NORTH'",
        );
        assert_eq!(step(&accountant, "begin_closing", september).await, StatusCode::OK);
        executed(&app, sql(by_hand)).await;
        assert_eq!(step(&accountant, "close", september).await, StatusCode::CONFLICT);
        assert_eq!(step(&accountant, "resume", september).await, StatusCode::OK, "the month is open, without these rows");
        let entry = "INSERT INTO ledger_entries (kind, document, clinic_id, day, posted_at, posted_by)
            SELECT 'refund', document, clinic_id, day, posted_at, posted_by FROM ledger_entries WHERE day = '2026-09-30'";
        executed(&app, sql(entry)).await;
        assert_eq!(step(&accountant, "begin_closing", september).await, StatusCode::OK);
        assert_eq!(step(&accountant, "close", september).await, StatusCode::CONFLICT);
        executed(&app, sql("UPDATE ledger_entries SET sealed = TRUE WHERE NOT sealed")).await;
        assert_eq!(step(&accountant, "close", september).await, StatusCode::OK);
        assert_eq!(finding(&mut app.state.db.read().await.expect("a connection")).await.broken, 0);
    })
    .await;
}

#[tokio::test]
async fn the_check_names_month_accounts_and_difference_of_a_changed_sum() {
    on_both_engines(|app| async move {
        let accountant = hospital_accountant(&app).await;
        three_months(&app).await;
        closed(&accountant, "2026-08-01").await;
        closed(&accountant, "2026-09-01").await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        // The guards are taken away first, as a person with all rights could.
        for guard in [
            sql("").push_for("DROP TRIGGER ledger_sums_kept", "ALTER TABLE ledger_sums DISABLE TRIGGER ledger_sums_kept"),
            sql("").push_for("DROP TRIGGER ledger_sums_kept_delete", "ALTER TABLE ledger_sums DISABLE TRIGGER ledger_sums_kept_delete"),
        ] {
            tx.execute(guard).await.expect("a guard less");
        }
        let of = |statement: Sql, clinic: ClinicId| statement.bind(clinic);
        let changed = sql("UPDATE ledger_sums SET amount = amount + 7 WHERE starts_on = '2026-08-01' AND clinic_id = $1");
        let deleted = sql("DELETE FROM ledger_sums WHERE starts_on = '2026-09-01' AND clinic_id = $1");
        assert_eq!(tx.execute(of(changed, app.fixture.north)).await.expect("changed"), 1);
        assert_eq!(tx.execute(of(deleted, app.fixture.south)).await.expect("deleted"), 1);
        let finding = finding(&mut tx).await;
        assert_eq!(finding.names, ["2026-08 NORTH safe / revenue", "2026-09 SOUTH safe / revenue"]);
        assert_eq!(finding.differences, [Money(7), Money(-2_002)]);
        assert_eq!(finding.broken, 2);
    })
    .await;
}

#[tokio::test]
async fn the_last_day_of_a_month_and_the_first_of_the_next_are_posted_and_closed() {
    on_both_engines(|app| async move {
        // Half past eleven in the evening of 30 November in New York.
        let last: Instant = "2026-12-01T04:30:00Z".parse().expect("an instant");
        app.state.clock.advance(last - app.state.clock.now());
        let before = issued(&app, &app.as_("cashier").await, app.fixture.ben).await;
        app.state.clock.advance(chrono::Duration::hours(1));
        // After an hour of rest each signs in again.
        let (cashier, accountant) = (app.as_("cashier").await, hospital_accountant(&app).await);
        let after = issued(&app, &cashier, app.fixture.ana).await;
        for invoice in [&before, &after] {
            assert_eq!(shown(&app, invoice).await.0.total, Money(12_000));
        }
        let pages = ["2026-11-29", "2026-11-30", "2026-12-01"].map(|day| format!("/books/trial-balance?format=csv&day={day}"));
        let mut open = Vec::new();
        for page in &pages {
            open.push(accountant.get(page).await.body);
        }
        assert!(
            !open[0].contains("Revenue") && open[1].contains("Revenue,0.00,120.00") && open[2].contains("Revenue,0.00,240.00"),
            "{open:?}"
        );
        // It is still November at the other clinic.
        let moved = |zone: &'static str| sql("UPDATE clinics SET time_zone = ").push_bind(zone).push(" WHERE code = 'SOUTH'");
        executed(&app, moved("America/Los_Angeles")).await;
        assert_eq!(step(&accountant, "begin_closing", "2026-11-01").await, StatusCode::CONFLICT);
        executed(&app, moved("Europe/Madrid")).await;
        closed(&accountant, "2026-11-01").await;
        for (page, open) in pages.iter().zip(open) {
            assert_eq!(accountant.get(page).await.body, open, "{page}");
        }
        app.assert_sound().await;
    })
    .await;
}

/// A plan of a query, line by line; on PostgreSQL with the rows that it read.
async fn plan(tx: &mut Tx, query: Sql) -> Vec<String> {
    if tx.engine() == Engine::Sqlite {
        let rows: Vec<(i64, i64, i64, String)> = tx.all(query.after("EXPLAIN QUERY PLAN ")).await.expect("a plan");
        return rows.into_iter().map(|(.., line)| line).collect();
    }
    let [prepare, execute] = query.prepared(tx.keys());
    tx.execute(prepare).await.expect("prepared");
    let rows: Vec<(String,)> = tx.all(execute.after("EXPLAIN (ANALYZE, TIMING OFF) ")).await.expect("a plan");
    tx.execute(sql("DEALLOCATE looked_at")).await.expect("forgotten");
    rows.into_iter().map(|(line,)| line).collect()
}

#[tokio::test]
async fn the_trial_balance_reads_the_entries_of_open_months_only() {
    on_both_engines(|app| async move {
        let accountant = hospital_accountant(&app).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        written(&mut tx, app.fixture.north, day("2026-10-02"), 5).await;
        let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) ";
        let entries =
            sql(numbers).push("INSERT INTO ledger_entries (kind, document, clinic_id, day, posted_at, posted_by) SELECT 'invoice', ");
        let entries = entries
            .push_for("randomblob(16)", "gen_random_uuid()")
            .push(", e.clinic_id, e.day, e.posted_at, e.posted_by FROM n CROSS JOIN ledger_entries e WHERE e.day = '2026-10-02'");
        tx.execute(entries).await.expect("entries");
        let transfers = "INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, amount) SELECT e.id, t.debit_id, t.credit_id, 10
            FROM ledger_entries e CROSS JOIN ledger_transfers t WHERE NOT e.sealed AND t.amount = 5";
        tx.execute(sql(transfers)).await.expect("transfers");
        tx.execute(sql("UPDATE ledger_entries SET sealed = TRUE WHERE NOT sealed")).await.expect("sealed");
        tx.execute(sql("ANALYZE")).await.expect("statistics");
        tx.commit().await.expect("committed");
        closed(&accountant, "2026-10-01").await;
        let mut seen = 0;
        for page in ["/books/trial-balance?format=csv", "/books/cash"] {
            let (answer, queries) = recorded(accountant.get(page)).await;
            assert!(answer.status == StatusCode::OK && answer.body.contains("300"), "{page}: {}", answer.body);
            for query in queries.into_iter().filter(|query| query.text(app.state.db.engine()).contains("ledger_sums")) {
                seen += 1;
                let lines = plan(&mut app.state.db.write().await.expect("a transaction"), query).await;
                for line in &lines {
                    let whole =
                        ["SCAN e", "SCAN t", "SCAN d", "SCAN c", "SCAN s", "Seq Scan on ledger_entries", "Seq Scan on ledger_transfers"];
                    let whole = whole.iter().find(|scan| line.trim_end().ends_with(**scan) || line.contains(&format!("{scan} ")));
                    assert_eq!(whole, None, "{page}: {lines:#?}");
                    let rows = line.split_once("ledger_entries").and_then(|(_, rest)| rest.split_once("(actual rows="));
                    let rows = rows.and_then(|(_, rest)| rest.split([' ', '.']).next()).map(|rows| rows.parse::<i64>().expect("rows"));
                    assert!(rows.is_none_or(|rows| rows < 10), "{page}: {lines:#?}");
                }
            }
        }
        assert_eq!(seen, 2, "one query of each page");
    })
    .await;
}

#[tokio::test]
async fn months_that_were_closed_before_get_their_sums() {
    unprepared_databases(|db: Database, _url: String| async move {
        db.migrate(Some(BEFORE)).await.expect("the schema of before");
        organisation::ensure_hospital(&db, test_now()).await.expect("a hospital");
        let mut tx = db.write().await.expect("a transaction");
        let (clinic,): (ClinicId,) = tx.one(sql("SELECT id FROM clinics")).await.expect("a clinic");
        for (posted, amount) in [("2026-08-31", 100), ("2026-09-01", 20), ("2026-09-30", 3), ("2026-10-01", 4_000)] {
            written(&mut tx, clinic, day(posted), amount).await;
        }
        for statement in [
            "UPDATE ledger_periods SET state = 'closing', closing_at = $1, closing_by = $2 WHERE starts_on < '2026-10-01'",
            "UPDATE ledger_periods SET state = 'closed', closed_at = $1, closed_by = $2 WHERE starts_on < '2026-10-01'",
        ] {
            tx.execute(sql(statement).bind(test_now()).bind(UserId::SYSTEM)).await.expect("a step");
        }
        tx.commit().await.expect("committed");
        db.migrate(None).await.expect("the schema of now");
        let mut tx = db.read().await.expect("a connection");
        let sums: Vec<(NaiveDate, AccountKind, AccountKind, Money)> =
            tx.all(sql("SELECT starts_on, debit_kind, credit_kind, amount FROM ledger_sums ORDER BY starts_on")).await.expect("sums");
        let of = |month: &str, amount: i64| (day(month), AccountKind::Safe, AccountKind::Revenue, Money(amount));
        assert_eq!(sums, [of("2026-08-01", 100), of("2026-09-01", 23)]);
        assert_eq!(finding(&mut tx).await.broken, 0);
        let balances = ledger::reports::trial_balance(&mut tx, clinic, day("2026-12-31")).await.expect("balances");
        assert_eq!(balances.iter().map(|line| line.debit).sum::<Money>(), Money(4_123));
    })
    .await;
}
