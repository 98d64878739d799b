//! The journal and its file for Beancount, the work without an invoice, and the revenue by tax rate and by who gave a discount.

use axum::http::StatusCode;

use super::{
    approve_credit, ask_credit, first_line, id_in, paid_by_card,
    random::{all_discounted, charged},
    shown,
    taxes::credited,
    two_cashiers,
};
use crate::{
    billing::{InvoiceState, ledger::AccountKind},
    core::Money,
    db::sql,
    tests::{billing::issued, lab::id, on_both_engines},
};

/// The amounts of the postings of a transaction, in minor units.
fn amounts(transaction: &str) -> Vec<Money> {
    let posting = |line: &str| Some(line.strip_prefix("  ")?.split_whitespace().nth(1)?.replace('.', ""));
    transaction.lines().filter_map(posting).map(|digits| Money(digits.parse().expect("an amount"))).collect()
}

#[tokio::test]
async fn the_journal_names_each_transfer_and_balances_for_a_foreign_program() {
    on_both_engines(|app| async move {
        let (cashier, _) = two_cashiers(&app).await;
        let accountant = app.as_("accountant").await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        paid_by_card(&cashier, &invoice, "100").await;
        let paper = cashier.get(&format!("/invoices/{invoice}/print")).await.body;
        assert!(paper.contains("Number and amount"), "a code that the cashier scans");
        let page = accountant.get("/books/journal").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("INV-2026-000001") && page.body.contains("REC-2026-000001"), "{}", page.body);
        let file = accountant.get("/books/journal?format=beancount").await.body;
        let transactions: Vec<&str> = file.split("\n\n").filter(|part| part.contains(" * \"")).collect();
        assert!(transactions.len() >= 3, "the float, the invoice and the payment: {file}");
        for transaction in &transactions {
            let both = amounts(transaction);
            assert!(both.len() == 2 && both.iter().copied().sum::<Money>() == Money::ZERO && both[0] > Money::ZERO, "{transaction}");
            for account in transaction.lines().skip(1).filter_map(|line| line.split_whitespace().next()) {
                assert!(file.contains(&format!(" open {account} USD")), "{account} is opened");
            }
        }
        assert!(!file.contains("Ben"), "patients have numbers in a file for others");
        assert!(accountant.get("/books/journal?format=csv").await.body.contains("REC-2026-000001"));
        assert_eq!(app.as_("nurse").await.get("/books/journal").await.status, StatusCode::FORBIDDEN);
        let elsewhere = accountant.get("/books/journal?from=2026-01-01&day=2026-01-31&format=beancount").await.body;
        assert!(!elsewhere.contains(" open "), "{elsewhere}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn charges_without_an_invoice_are_listed_until_they_are_billed() {
    on_both_engines(|app| async move {
        let (cashier, accountant) = (app.as_("cashier").await, app.as_("accountant").await);
        charged(&app, app.fixture.ben, 1_000).await;
        charged(&app, app.fixture.ben, 500).await;
        let listed = accountant.get("/books/unbilled").await.body;
        assert!(listed.contains("$180.00") && listed.contains(&format!("/patients/{}/account", app.fixture.ben)), "{listed}");
        let issue = cashier.post("/api/billing/issue", &[("patient_id", &app.fixture.ben.to_string())]).await;
        assert_eq!(issue.status, StatusCode::OK, "{}", issue.body);
        assert!(!accountant.get("/books/unbilled").await.body.contains("$180.00"));
        let by = async |by: &str| accountant.get(&format!("/books/revenue?by={by}")).await.body;
        assert!(by("tax").await.contains("0 %"));
        let (given, opened) = (by("approver").await, accountant.get("/books/revenue?by=tax&key=0").await.body);
        assert!(given.contains("$180.00") && opened.contains("INV-2026-000001"), "{given}");
        app.assert_sound().await;
    })
    .await;
}

/// The discounts of a bill of 120.00, and what of it reaches the ledger: the state of the invoice, what is due, the transfers of its
/// entry, the credit of the revenue, and the report's gross, discount and net. The last row is section 4 of the specification, example 5:
/// after a discount of 100 % the bill is 0 and issued as paid.
#[tokio::test]
async fn a_discount_is_posted_also_when_it_leaves_nothing() {
    for (example, discount, state, due, transfers, report) in [
        ("5 %", "5 %", InvoiceState::Issued, 11_400, 2, ["$120.00", "$6.00", "$114.00"]),
        ("all but a cent", "119.99", InvoiceState::Issued, 1, 2, ["$120.00", "$119.99", "$0.01"]),
        ("5: 100 %", "100 %", InvoiceState::Paid, 0, 0, ["$120.00", "$120.00", "$0.00"]),
    ] {
        on_both_engines(|app| async move {
            let (cashier, other) = two_cashiers(&app).await;
            charged(&app, app.fixture.ben, 1_000).await;
            let charge = id(&app, sql("SELECT id FROM charges WHERE state = 'billable'")).await;
            let form = [("charge_id", charge.as_str()), ("seen", "12000"), ("discount", discount), ("reason", "hardship")];
            assert_eq!(cashier.post("/api/billing/give_discount", &form).await.status, StatusCode::OK, "{example}");
            let form = [("charge_id", charge.as_str()), ("seen", "12000"), ("approve", "true")];
            // A discount within the limit of the cashier asks for nobody.
            let decided = other.post("/api/billing/decide_discount", &form).await.status;
            assert!(decided == StatusCode::OK || due == 11_400, "{example}: {decided}");
            let issue = cashier.post("/api/billing/issue", &[("patient_id", &app.fixture.ben.to_string())]).await;
            assert_eq!(issue.status, StatusCode::OK, "{example}: {}", issue.body);
            let invoice = id(&app, sql("SELECT id FROM invoices")).await;
            let (issued, _) = shown(&app, &invoice).await;
            assert_eq!((issued.state, issued.due()), (state, Money(due)), "{example}");
            assert_eq!(credited(&app, AccountKind::Revenue).await, Money(due), "{example}");
            let mut tx = app.state.db.read().await.expect("a connection");
            let entries =
                "SELECT count(*) FROM ledger_entries e JOIN invoices i ON i.id = e.document WHERE e.kind = 'invoice' AND e.sealed";
            assert_eq!(tx.count(sql(entries)).await.expect("counted"), 1, "{example}: one entry");
            let of_it = "SELECT count(*) FROM ledger_transfers t JOIN ledger_entries e ON e.id = t.entry_id WHERE e.kind = 'invoice'";
            assert_eq!(tx.count(sql(of_it)).await.expect("counted"), transfers, "{example}");
            drop(tx);
            let accountant = app.as_("accountant").await;
            for by in ["department", "doctor", "item", "payer", "tax", "approver"] {
                let page = accountant.get(&format!("/books/revenue?by={by}")).await.body;
                for figure in report {
                    assert!(page.contains(figure), "{example}: the revenue by {by} lacks {figure}: {page}");
                }
            }
            for page in ["/books/day", "/books/revenue?by=item&key=CONS-MED"] {
                let shown = accountant.get(page).await.body;
                assert!(shown.contains("INV-2026-000001"), "{example}: {page}: {shown}");
            }
            let file = accountant.get("/books/journal?format=beancount").await;
            assert_eq!(file.status, StatusCode::OK, "{example}");
            app.assert_sound().await;
        })
        .await;
    }
}

#[tokio::test]
async fn the_check_names_the_invoice_of_nothing_that_has_no_entry() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let issue = all_discounted(&app, (&cashier, &other), app.fixture.ben).await;
        assert_eq!(issue.status, StatusCode::OK, "{}", issue.body);
        app.assert_sound().await;
        // A copy of it that was written past the program.
        let copy = uuid::Uuid::now_v7();
        let mut tx = app.state.db.write().await.expect("a transaction");
        let draft = "INSERT INTO invoices (id, account_id, patient_id, clinic_id, state, total, insurer_share, patient_share, created_at,
                created_by, updated_at)
            SELECT $1, account_id, patient_id, clinic_id, 'draft', 0, 0, 0, created_at, created_by, updated_at FROM invoices";
        tx.execute(sql(draft).bind(copy)).await.expect("written");
        let issued = "UPDATE invoices SET state = 'issued', number = 'X', issued_at = created_at, issued_by = created_by WHERE id = $1";
        tx.execute(sql(issued).bind(copy)).await.expect("issued");
        let findings = crate::invariants::check(&mut tx).await.expect("checked");
        let finding = findings.iter().find(|finding| finding.rule.starts_with("every invoice and every credit note")).expect("the rule");
        assert_eq!(finding.rows.iter().map(ToString::to_string).collect::<Vec<_>>(), [copy.to_string()]);
    })
    .await;
}

/// A credit note takes an invoice of nothing back: it has an entry too, and the charge comes on the next invoice.
#[tokio::test]
async fn an_invoice_of_nothing_is_taken_back_by_a_credit_note_of_nothing() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        assert_eq!(all_discounted(&app, (&cashier, &other), app.fixture.ben).await.status, StatusCode::OK);
        let invoice = id(&app, sql("SELECT id FROM invoices")).await;
        let line = first_line(&app, &invoice).await.id.to_string();
        let note = id_in(&ask_credit(&cashier, &invoice, &[("line1", &line), ("amount1", "")]).await);
        let approved = approve_credit(&other, &note).await;
        assert_eq!(approved.status, StatusCode::OK, "{}", approved.body);
        let mut tx = app.state.db.read().await.expect("a connection");
        let entries = "SELECT count(*) FROM ledger_entries WHERE kind = 'credit_note' AND sealed";
        assert_eq!(tx.count(sql(entries)).await.expect("counted"), 1);
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
