//! Tests the ledger: the postings of documents, the refusals of the schema, months that close, and the reports.

use axum::http::StatusCode;

use super::{
    Browser, Fixture, TestApp, all_at_once,
    billing::{issued, paid},
    on_both_engines, races_on_both_engines,
};
use crate::{
    billing::ledger::{self, AccountKind},
    core::{Error, Money},
    db::{DbError, Sql, sql},
};

async fn pay(cashier: &Browser, invoice: &str, method: &str, tendered: &str) -> StatusCode {
    let key = Fixture::key();
    let form = [("invoice_id", invoice), ("idempotency_key", key.as_str()), ("method", method), ("tendered", tendered)];
    cashier.post("/api/billing/pay", &form).await.status
}

/// The balance of a kind of account at north.
async fn balance(app: &TestApp, kind: AccountKind) -> Money {
    let mut tx = app.state.db.read().await.expect("a connection");
    let day = "2030-01-01".parse().expect("a day");
    let balances = ledger::reports::trial_balance(&mut tx, app.fixture.north, day).await.expect("balances");
    let (debit, credit): (Vec<_>, Vec<_>) = balances.iter().map(|line| (line.debit, line.credit)).unzip();
    assert_eq!(debit.into_iter().sum::<Money>(), credit.into_iter().sum::<Money>(), "all debits are all credits");
    balances.iter().find(|line| line.kind == kind).map(|line| line.debit - line.credit).unwrap_or_default()
}

async fn refusal(app: &TestApp, statement: Sql) -> Option<DbError> {
    app.state.db.write().await.expect("a transaction").execute(statement).await.err()
}

#[tokio::test]
async fn each_document_posts_both_sides_and_the_reports_show_them() {
    on_both_engines(|app| async move {
        let (cashier, accountant) = (app.as_("cashier").await, app.as_("accountant").await);
        assert_eq!(balance(&app, AccountKind::Till).await, Money(10_000), "the float");
        // 120.00, of which the plan pays 84.00 and Ana 36.00; Ben owes 120.00 and pays 20.00.
        let ana = issued(&app, &cashier, app.fixture.ana).await;
        let ben = issued(&app, &cashier, app.fixture.ben).await;
        assert_eq!(pay(&cashier, &ana, "cash", "50").await, StatusCode::OK);
        assert_eq!(pay(&cashier, &ben, "card", "20").await, StatusCode::OK);
        for (kind, minor) in [
            (AccountKind::Patient, 10_000),
            (AccountKind::Insurer, 8_400),
            (AccountKind::Till, 13_600),
            (AccountKind::Card, 2_000),
            (AccountKind::Safe, -10_000),
            (AccountKind::Revenue, -24_000),
            (AccountKind::Clearing, 0),
        ] {
            assert_eq!(balance(&app, kind).await, Money(minor), "{kind}");
        }
        // A payment under the same key posts nothing again.
        assert_eq!(paid(&app, &ana).await.1.len(), 1);
        let pages = [
            ("/books", "2026"),
            ("/books/trial-balance", "$240.00"),
            ("/books/day", "INV-2026-000001"),
            ("/books/cash", "$136.00"),
            ("/books/revenue?by=department", "General medicine"),
            ("/books/revenue?by=doctor", "Dr. Carmen Costa"),
            ("/books/revenue?by=item", "CONS-MED"),
            ("/books/revenue?by=payer", "Blue Plan"),
            ("/books/revenue?by=payer&key=Blue+Plan", "INV-2026-000001"),
            ("/books/ageing", "Adams, Ben"),
            ("/books/accounts?kind=patient", "Adams, Ben"),
            ("/books/accounts?kind=insurer", "Blue Plan"),
        ];
        for (path, words) in pages {
            let page = accountant.get(path).await;
            assert!(page.status == StatusCode::OK && page.body.contains(words), "{path} lacks {words}: {}", page.body);
            assert_eq!(cashier.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        // Each number opens its rows, and each report is a file.
        let accounts = accountant.get("/books/accounts?kind=patient").await.body;
        let href = accounts.split("href=\"/books/accounts/").nth(1).and_then(|rest| rest.split('"').next()).expect("an account");
        let statement = accountant.get(&format!("/books/accounts/{href}")).await;
        assert!(statement.body.contains("REC-2026-00000") && statement.body.contains("/invoices/"), "{}", statement.body);
        let book = accountant.get("/books/trial-balance?format=xlsx").await;
        assert!(book.status == StatusCode::OK && book.body.contains("<v>-240.00</v>"), "{}", book.body);
        assert_eq!(book.headers["content-type"], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        let file = accountant.get("/books/trial-balance?format=csv").await;
        assert!(file.body.contains("Revenue,0.00,240.00,-240.00"), "{}", file.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_schema_keeps_the_ledger_as_it_was_posted() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        assert_eq!(pay(&cashier, &invoice, "card", "20").await, StatusCode::OK);
        let open_entry = "INSERT INTO ledger_entries (kind, document, clinic_id, day, posted_at, posted_by)
            SELECT 'payment', clinic_id, clinic_id, day, posted_at, posted_by FROM ledger_entries WHERE kind = 'invoice'";
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql(open_entry)).await.expect("an entry");
        let one_sided = "INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, amount) SELECT e.id, d.id, d.id, 5
            FROM ledger_entries e, ledger_accounts d WHERE NOT e.sealed AND d.kind = 'card'";
        assert!(tx.execute(sql(one_sided)).await.expect_err("refused").violates("ledger_transfers_two_sides"));
        drop(tx);
        let not_cleared = [
            sql(open_entry),
            sql("INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, amount) SELECT e.id, d.id, c.id, 5
                FROM ledger_entries e, ledger_accounts d, ledger_accounts c WHERE NOT e.sealed AND d.kind = 'card' AND c.kind = 'clearing'"),
        ];
        let mut tx = app.state.db.write().await.expect("a transaction");
        for statement in not_cleared {
            tx.execute(statement).await.expect("written");
        }
        let sealing = sql("UPDATE ledger_entries SET sealed = TRUE WHERE NOT sealed");
        assert!(tx.execute(sealing).await.expect_err("refused").violates("ledger_entry_not_cleared"));
        drop(tx);
        for (statement, guard) in [
            ("UPDATE ledger_transfers SET amount = 1", "ledger_kept"),
            ("DELETE FROM ledger_transfers", "ledger_kept"),
            ("UPDATE ledger_entries SET day = '2026-01-01'", "ledger_kept"),
            ("DELETE FROM ledger_entries", "ledger_kept"),
            ("UPDATE account_entries SET balance_after = 0", "ledger_kept"),
            ("DELETE FROM account_entries", "ledger_kept"),
            ("UPDATE ledger_accounts SET kind = 'tax' WHERE kind = 'card'", "ledger_kept"),
            (
                "INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, amount) SELECT e.id, d.id, c.id, 5
                FROM ledger_entries e, ledger_accounts d, ledger_accounts c WHERE e.kind = 'payment' AND d.kind = 'card' AND c.kind = 'revenue'",
                "ledger_entry_sealed",
            ),
            (
                "INSERT INTO account_entries (account_id, seq, transfer_id, debit, credit, balance_after)
                SELECT a.account_id, 3, a.transfer_id, 7, 0, 7 FROM account_entries a WHERE a.seq = 1",
                "account_entries_balance",
            ),
            ("UPDATE ledger_periods SET state = 'closed'", "ledger_period"),
            ("DELETE FROM ledger_periods", "ledger_period_step"),
        ] {
            let refused = refusal(&app, sql(statement)).await.unwrap_or_else(|| panic!("not refused: {statement}"));
            assert!(refused.violates(guard), "{statement}: {refused}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn months_close_in_order_and_two_people_reopen_the_last() {
    on_both_engines(|app| async move {
        let (cashier, accountant) = (app.as_("cashier").await, super::money::months::hospital_accountant(&app).await);
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let month = [("month", "2026-11-01")];
        let early = accountant.post("/api/books/begin_closing", &month).await;
        assert_eq!(early.status, StatusCode::CONFLICT, "the month has not ended: {}", early.body);
        assert_eq!(cashier.post("/api/books/begin_closing", &month).await.status, StatusCode::FORBIDDEN);
        // The month is closed by the database's own statements, as after its end.
        let close = [
            "UPDATE ledger_periods SET state = 'closing', closing_at = '2026-11-21T00:00:00Z', closing_by = (SELECT id FROM users WHERE login = 'accountant')",
            "UPDATE ledger_periods SET state = 'closed', closed_at = '2026-11-21T00:00:00Z', closed_by = (SELECT id FROM users WHERE login = 'accountant')",
        ];
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql(close[0])).await.expect("closing");
        tx.execute(sql(close[1])).await.expect("closed");
        tx.commit().await.expect("committed");
        assert_eq!(pay(&cashier, &invoice, "card", "20").await, StatusCode::CONFLICT, "nothing posts into a closed month");
        assert_eq!(paid(&app, &invoice).await.0.paid, Money::ZERO, "and nothing is half written");
        assert_eq!(accountant.post("/api/books/reopen", &month).await.status, StatusCode::OK, "asked");
        let again = accountant.post("/api/books/reopen", &month).await;
        assert!(matches!(again.error(), Error::Conflict(_)), "{}", again.body);
        let alone = refusal(&app, sql("UPDATE ledger_periods SET state = 'open', closed_at = NULL, closed_by = NULL, reopened_by = reopen_asked_by"));
        assert!(alone.await.is_some(), "nobody reopens a month alone");
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE ledger_periods SET reopen_asked_by = (SELECT id FROM users WHERE login = 'admin')")).await.expect("asked by another");
        tx.commit().await.expect("committed");
        assert_eq!(accountant.post("/api/books/reopen", &month).await.status, StatusCode::OK);
        assert_eq!(pay(&cashier, &invoice, "card", "20").await, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_posts_into_a_month_once_it_is_being_closed() {
    races_on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let acts = (0..21).map(|number| {
            let (app, cashier, invoice) = (app.clone(), cashier.clone(), invoice.clone());
            async move {
                if number != 10 {
                    pay(&cashier, &invoice, "card", "5").await;
                    return 0;
                }
                let mut tx = app.state.db.write().await.expect("a transaction");
                let closing = sql("UPDATE ledger_periods SET state = 'closing', closing_at = '2026-11-21T00:00:00Z',
                    closing_by = (SELECT id FROM users WHERE login = 'accountant')");
                tx.execute(closing).await.expect("closing");
                let posted = tx.count(sql("SELECT count(*) FROM ledger_entries")).await.expect("counted");
                tx.commit().await.expect("committed");
                posted
            }
        });
        let posted: i64 = all_at_once(acts).await.into_iter().sum();
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(tx.count(sql("SELECT count(*) FROM ledger_entries")).await.expect("counted"), posted, "the closing saw every entry");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_check_names_the_document_that_is_not_posted() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        // A payment that was written past the program.
        let query = sql(
            "INSERT INTO payments (id, patient_id, clinic_id, amount, tendered, change_given, receipt_number, idempotency_key, taken_at,
                taken_by, shift_id)
            SELECT $1, i.patient_id, i.clinic_id, 100, 100, 0, 'X', $1, i.issued_at, i.issued_by, s.id
            FROM invoices i JOIN till_shifts s ON s.cashier_id = i.issued_by",
        )
        .bind(invoice.parse::<uuid::Uuid>().expect("an id"));
        tx.execute(query).await.expect("written");
        let means = "INSERT INTO payment_tenders (payment_id, position, method, amount, tendered, change_given)
            SELECT id, 1, 'card', 100, 100, 0 FROM payments";
        tx.execute(sql(means)).await.expect("written");
        let findings = crate::invariants::check(&mut tx).await.expect("checked");
        let finding = findings.iter().find(|finding| finding.rule.starts_with("every document is posted")).expect("the rule");
        assert_eq!(finding.rows.iter().map(ToString::to_string).collect::<Vec<_>>(), [invoice]);
        assert_eq!(finding.differences, [Money(100)], "the payment of 1.00");
    })
    .await;
}
