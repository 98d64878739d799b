//! Payments that the bank refuses later: a way back that two people see.

use axum::http::StatusCode;

use super::{ask_refund, decide_refund, deposit, granted, id_in, named, paid_by_card, pay, payment, refund_of, shown, two_cashiers};
use crate::{
    billing::{InvoiceState, ledger::AccountKind},
    core::Money,
    db::sql,
    tests::{Browser, Fixture, TestApp, billing::issued, on_both_engines},
};

/// Debits less credits of an account of the hospital.
async fn balance(app: &TestApp, kind: AccountKind) -> i64 {
    let query =
        sql("SELECT CAST(coalesce(sum(CASE WHEN d.kind = $1 THEN t.amount ELSE 0 END - CASE WHEN c.kind = $2 THEN t.amount ELSE 0 END), 0)
            AS BIGINT) FROM ledger_transfers t JOIN ledger_accounts d ON d.id = t.debit_id JOIN ledger_accounts c ON c.id = t.credit_id")
        .bind(kind)
        .bind(kind);
    app.state.db.read().await.expect("a connection").count(query).await.expect("a balance")
}

#[tokio::test]
async fn a_bounced_payment_opens_its_invoice_again_and_the_receipt_stays() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        // 100.00 by card and 20.00 in cash.
        let split = [("method", "card"), ("tendered", "100"), ("also_method", "cash"), ("also_amount", "20")];
        let taken = pay(&cashier, &invoice, &split).await.location.expect("paid").rsplit_once("receipt=").expect("a receipt").1.to_owned();
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid);
        let page = cashier.get(&format!("/payments/{taken}")).await.body;
        assert!(page.contains("The bank refused it") && page.contains("Card, $100.00"), "{page}");
        assert_eq!(named(&ask_refund(&cashier, &taken, "bounce", "", "cash").await), "method", "cash does not bounce");
        assert_eq!(named(&ask_refund(&cashier, &taken, "bounce", "", "transfer").await), "method", "nothing came so");
        assert_eq!(ask_refund(&cashier, &taken, "bounce", "", "card").await.status, StatusCode::OK);
        assert_eq!(named(&ask_refund(&cashier, &taken, "bounce", "", "card").await), "method", "asked for once");
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid, "nothing happens before it is approved");
        let (bounce, _) = refund_of(&app, &taken).await;
        assert!(other.get("/approvals").await.body.contains("Bounced payment"));
        assert_eq!(decide_refund(&cashier, &bounce, "approve").await.status, StatusCode::CONFLICT, "the one who asked");
        assert_eq!(decide_refund(&other, &bounce, "approve").await.status, StatusCode::OK);
        assert_eq!(decide_refund(&other, &bounce, "approve").await.status, StatusCode::CONFLICT, "decided already");
        let (open, shares) = shown(&app, &invoice).await;
        assert_eq!((open.state, open.due(), shares[0].settled), (InvoiceState::PartPaid, Money(10_000), Money(2_000)));
        let after = payment(&app, &taken).await;
        assert_eq!((after.allocated, after.refunded, after.deposit_left), (Money(2_000), Money(10_000), Money::ZERO));
        // No money leaves the till for it, and nobody waits for it.
        assert_eq!(cashier.post("/api/billing/pay_refund", &[("refund_id", &bounce)]).await.status, StatusCode::CONFLICT);
        assert!(!other.get("/approvals").await.body.contains("Bounced payment"));
        assert_eq!((balance(&app, AccountKind::Card).await, balance(&app, AccountKind::Patient).await), (0, 10_000));
        let receipt = cashier.get(&format!("/receipts/{taken}")).await.body;
        assert!(receipt.contains("Bounced") && receipt.contains("$120.00") && !receipt.contains("Refunded"), "{receipt}");
        let statement = cashier.get(&format!("/patients/{}/account/print", app.fixture.ben)).await.body;
        assert!(statement.contains("Bounced payment REC-2026-000001"), "{statement}");
        let book = app.as_("accountant").await.get("/books/day").await.body;
        assert!(book.contains("Bounced payment REC-2026-000001") && book.contains(&format!("/payments/{taken}")), "{book}");
        // It is paid again, rightly.
        paid_by_card(&cashier, &invoice, "100").await;
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_bounced_deposit_is_gone_and_a_closed_month_takes_none() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let held = id_in(&deposit(&cashier, &app.fixture.ben.to_string(), "transfer", "300").await);
        let used = cashier.post("/api/billing/use_deposit", &[("invoice_id", &invoice)]).await;
        assert_eq!(used.status, StatusCode::OK, "{}", used.body);
        // 50.00 of the 180.00 that are left go back rightly: 250.00 can bounce.
        assert_eq!(ask_refund(&cashier, &held, "refund", "50", "transfer").await.status, StatusCode::OK);
        let (refund, _) = refund_of(&app, &held).await;
        assert_eq!(decide_refund(&other, &refund, "approve").await.status, StatusCode::OK);
        assert_eq!(cashier.post("/api/billing/pay_refund", &[("refund_id", &refund)]).await.status, StatusCode::OK);
        assert_eq!(ask_refund(&cashier, &held, "bounce", "", "transfer").await.status, StatusCode::OK);
        let mut tx = app.state.db.read().await.expect("a connection");
        let (bounce, amount): (crate::core::RefundId, Money) = tx.one(sql("SELECT id, amount FROM refunds WHERE kind = 'bounce'")).await.expect("a bounce");
        drop(tx);
        assert_eq!(amount, Money(25_000));
        let bounce = bounce.to_string();
        let mut tx = app.state.db.write().await.expect("a transaction");
        let cash = "INSERT INTO refunds (id, payment_id, patient_id, clinic_id, kind, state, amount, method, reason, asked_at, asked_by)
            SELECT p.id, p.id, p.patient_id, p.clinic_id, 'bounce', 'asked', 1, 'cash', 'Cash', p.taken_at, p.taken_by FROM payments p";
        let error = tx.execute(sql(cash)).await.expect_err("cash");
        assert!(error.violates("refunds_bounced"), "{error}");
        drop(tx);
        let set = async |closing: &'static str| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            tx.execute(sql(closing)).await.expect("set");
            tx.commit().await.expect("committed");
        };
        set("UPDATE ledger_periods SET state = 'closing', closing_at = '2026-11-21T00:00:00Z', closing_by = (SELECT id FROM users WHERE login = 'accountant')").await;
        let refused = decide_refund(&other, &bounce, "approve").await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("month is closed"), "{}", refused.body);
        set("UPDATE ledger_periods SET state = 'open', closing_at = NULL, closing_by = NULL").await;
        assert_eq!(decide_refund(&other, &bounce, "approve").await.status, StatusCode::OK);
        let after = payment(&app, &held).await;
        assert_eq!((after.allocated, after.refunded, after.deposit_left), (Money::ZERO, Money(30_000), Money::ZERO));
        assert_eq!(shown(&app, &invoice).await.0.due(), Money(12_000));
        assert_eq!((balance(&app, AccountKind::Bank).await, balance(&app, AccountKind::Deposit).await), (0, 0));
        app.assert_sound().await;
    })
    .await;
}

/// Two cashiers cannot approve for each other: the second person is a supervisor of the till. Whoever asked withdraws without one.
#[tokio::test]
async fn what_a_cashier_asks_for_no_other_cashier_approves() {
    on_both_engines(|app| async move {
        granted(&app, "desk", "cashier").await;
        let (cashier, desk, accountant) = (app.as_("cashier").await, app.as_("desk").await, app.as_("accountant").await);
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let receipt = paid_by_card(&cashier, &invoice, "20").await;
        let key = Fixture::key();
        let credit = [("invoice_id", invoice.as_str()), ("key", &key), ("reason", "not_done"), ("outcome", "billable"), ("whole", "true")];
        assert_eq!(cashier.post("/api/billing/ask_credit", &credit).await.status, StatusCode::OK);
        let write_key = Fixture::key();
        let write_off = [("invoice_id", invoice.as_str()), ("key", &write_key), ("amount", "10"), ("reason", "charity")];
        assert_eq!(cashier.post("/api/billing/write_off", &write_off).await.status, StatusCode::OK);
        assert_eq!(ask_refund(&cashier, &receipt, "void", "", "card").await.status, StatusCode::OK);
        let (void, _) = refund_of(&app, &receipt).await;
        let asked = [
            ("refund", "refund_id", void.as_str()),
            ("credit", "credit_note_id", key.as_str()),
            ("write_off", "write_off_id", write_key.as_str()),
        ];
        let list = desk.get("/approvals").await;
        assert!(list.status == StatusCode::OK && !list.body.contains(">Approve"), "{}", list.body);
        assert!(accountant.get("/approvals").await.body.contains("Approve"));
        let decide = async |who: &Browser, (what, field, id): (&str, &str, &str)| {
            let form = [(field, id), ("approve", "true"), ("decision", "approve")];
            who.post(&format!("/api/billing/decide_{what}"), &form).await.status
        };
        for one in asked {
            for who in [&desk, &cashier] {
                assert_eq!(decide(who, one).await, StatusCode::FORBIDDEN, "{}", one.0);
            }
            let (what, field, id) = one;
            let withdraw = async |who: &Browser| who.post(&format!("/api/billing/withdraw_{what}"), &[(field, id)]).await.status;
            assert_eq!(withdraw(&accountant).await, StatusCode::FORBIDDEN, "{what}");
            assert_eq!(withdraw(&cashier).await, StatusCode::OK, "{what}");
            assert_eq!(decide(&accountant, one).await, StatusCode::CONFLICT, "{what} is withdrawn");
        }
        // Asked for again, the supervisor decides.
        assert_eq!(ask_refund(&cashier, &receipt, "void", "", "card").await.status, StatusCode::OK);
        let (void, _) = refund_of(&app, &receipt).await;
        assert_eq!(decide(&accountant, ("refund", "refund_id", &void)).await, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}
