//! The journal and its file for Beancount, the work without an invoice, and the revenue by tax rate and by who gave a discount.

use axum::http::StatusCode;

use super::{paid_by_card, shown, two_cashiers};
use crate::{
    billing::InvoiceState,
    core::Money,
    db::sql,
    tests::{billing::issued, lab::id, money::random::charged, on_both_engines},
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
        assert_eq!(cashier.get("/books/journal").await.status, StatusCode::FORBIDDEN);
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

/// Section 4 of the specification, example 5: after a discount of 100 % the bill is 0 and issued as paid.
#[tokio::test]
async fn a_bill_of_which_a_discount_leaves_nothing_is_issued_as_paid() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        charged(&app, app.fixture.ben, 1_000).await;
        let charge = id(&app, sql("SELECT id FROM charges WHERE state = 'billable'")).await;
        let form = [("charge_id", charge.as_str()), ("seen", "12000"), ("discount", "100 %"), ("reason", "hardship")];
        assert_eq!(cashier.post("/api/billing/give_discount", &form).await.status, StatusCode::OK);
        let form = [("charge_id", charge.as_str()), ("seen", "12000"), ("approve", "true")];
        assert_eq!(other.post("/api/billing/decide_discount", &form).await.status, StatusCode::OK);
        let issue = cashier.post("/api/billing/issue", &[("patient_id", &app.fixture.ben.to_string())]).await;
        assert_eq!(issue.status, StatusCode::OK, "{}", issue.body);
        let invoice = id(&app, sql("SELECT id FROM invoices")).await;
        let (issued, _) = shown(&app, &invoice).await;
        assert_eq!((issued.state, issued.due()), (InvoiceState::Paid, Money::ZERO));
        app.assert_sound().await;
    })
    .await;
}
