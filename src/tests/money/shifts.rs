//! Deposits, refunds, credit notes and write-offs in the shift of the cashier and in the ledger.

use axum::http::StatusCode;

use super::{
    approve_credit, ask_credit, ask_refund, decide_refund, deposit, first_line, id_in, paid_by_card, refund_of, taxes::credited,
    two_cashiers,
};
use crate::{
    billing::{Method, ledger::AccountKind, shifts},
    core::{Money, TillShiftId},
    db::{Engine, sql},
    tests::{Fixture, TestApp, all_at_once, billing::issued, on_both_engines, races_on_both_engines},
};

async fn shift(app: &TestApp) -> TillShiftId {
    let mut tx = app.state.db.read().await.expect("a connection");
    shifts::current(&mut tx, app.fixture.user("cashier"), app.fixture.north).await.expect("read").expect("an open shift").id
}

async fn cash_in(app: &TestApp, shift: TillShiftId) -> Money {
    let mut tx = app.state.db.read().await.expect("a connection");
    let takings = shifts::takings(&mut tx, shift).await.expect("read");
    takings.into_iter().filter(|(method, _)| *method == Method::Cash).map(|(_, amount)| amount).sum()
}

#[tokio::test]
async fn a_refund_is_paid_from_an_open_shift_that_has_the_cash() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let shift = shift(&app).await;
        let ben = app.fixture.ben.to_string();
        let refused = deposit(&other, &ben, "cash", "50").await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("no open shift"), "{}", refused.body);
        let held = id_in(&deposit(&cashier, &ben, "cash", "50").await);
        assert_eq!(cash_in(&app, shift).await, Money(15_000), "the float of 100.00 and the deposit");
        assert_eq!((credited(&app, AccountKind::Deposit).await, credited(&app, AccountKind::Patient).await), (Money(5_000), Money::ZERO));
        assert_eq!(ask_refund(&cashier, &held, "refund", "50", "cash").await.status, StatusCode::OK);
        let (refund, _) = refund_of(&app, &held).await;
        assert_eq!(decide_refund(&other, &refund, "approve").await.status, StatusCode::OK);
        let form = [("refund_id", refund.as_str())];
        let refused = other.post("/api/billing/pay_refund", &form).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("no open shift"), "{}", refused.body);
        let key = Fixture::key();
        let drop_all = [("key", key.as_str()), ("kind", "drop"), ("amount", "120")];
        assert_eq!(cashier.post("/api/till/move_cash", &drop_all).await.status, StatusCode::OK);
        assert_eq!(cashier.post("/api/billing/pay_refund", &form).await.status, StatusCode::CONFLICT, "30.00 are in the drawer");
        let mut tx = app.state.db.read().await.expect("a connection");
        let moves = shifts::moves(&mut tx, shift).await.expect("moves");
        drop(tx);
        let sent = moves[0].id.to_string();
        assert_eq!(cashier.post("/api/till/withdraw_cash", &[("id", &sent)]).await.status, StatusCode::OK);
        assert_eq!(cashier.post("/api/billing/pay_refund", &form).await.status, StatusCode::OK);
        assert_eq!(cash_in(&app, shift).await, Money(10_000));
        assert_eq!(credited(&app, AccountKind::Deposit).await, Money::ZERO);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let other_shift = sql("UPDATE refunds SET shift_id = NULL");
        assert!(tx.execute(other_shift).await.is_err(), "a paid refund keeps its shift");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_refund_that_waits_for_its_decision_keeps_the_shift_of_its_payment_open() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let shift = shift(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let receipt = paid_by_card(&cashier, &invoice, "120").await;
        assert_eq!(ask_refund(&cashier, &receipt, "void", "", "card").await.status, StatusCode::OK);
        let page = cashier.get("/till").await.body;
        assert!(page.contains(&format!("/payments/{receipt}")) && page.contains("waits for its decision"), "{page}");
        let shift = shift.to_string();
        let close = async || cashier.post("/api/till/begin_closing", &[("id", shift.as_str())]).await;
        let refused = close().await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("waits for its decision"), "{}", refused.body);
        let (void, _) = refund_of(&app, &receipt).await;
        assert_eq!(decide_refund(&other, &void, "reject").await.status, StatusCode::OK);
        assert_eq!(close().await.status, StatusCode::OK);
        let late = ask_refund(&cashier, &receipt, "void", "", "card").await;
        assert_eq!(late.status, StatusCode::CONFLICT, "a void belongs to the shift of its payment: {}", late.body);
        app.assert_sound().await;
    })
    .await;
}

/// SQLite has one writing connection: there, asking and closing never overlap.
#[tokio::test]
async fn asking_for_a_refund_holds_the_open_shift_until_it_is_written() {
    on_both_engines(|app| async move {
        if app.state.db.engine() == Engine::Sqlite {
            return;
        }
        let (cashier, _) = two_cashiers(&app).await;
        id_in(&deposit(&cashier, &app.fixture.ben.to_string(), "card", "60").await);
        let mut asking = app.state.db.write().await.expect("a transaction");
        let ask =
            sql("INSERT INTO refunds (id, payment_id, patient_id, clinic_id, kind, state, amount, method, reason, asked_at, asked_by)
            SELECT gen_random_uuid(), id, patient_id, clinic_id, 'refund', 'asked', 100, 'card', 'Race', taken_at, taken_by FROM payments");
        asking.execute(ask).await.expect("asked");
        let mut closing = app.state.db.write().await.expect("a transaction");
        let begin = sql("SELECT id FROM till_shifts WHERE state = 'open' FOR NO KEY UPDATE NOWAIT");
        assert!(closing.execute(begin).await.is_err(), "the closing waits for the refund");
        drop(closing);
        asking.commit().await.expect("committed");
        let close = sql("UPDATE till_shifts SET state = 'closing', closing_at = opened_at, closing_by = cashier_id");
        let error = app.state.db.write().await.expect("a transaction").execute(close).await.expect_err("a refund waits");
        assert!(error.violates("till_refunds_asked"), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn the_ledger_has_the_deposits_credit_notes_voids_and_write_offs_as_they_stand() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let accountant = app.as_("accountant").await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        paid_by_card(&cashier, &invoice, "120").await;
        // 20.00 of a paid line are credited: the money is a deposit.
        let line = first_line(&app, &invoice).await.id.to_string();
        let note = id_in(&ask_credit(&cashier, &invoice, &[("line1", &line), ("amount1", "20")]).await);
        assert_eq!(approve_credit(&accountant, &note).await.status, StatusCode::OK, "an accountant approves");
        let ledger = async |kind: AccountKind| credited(&app, kind).await;
        assert_eq!((ledger(AccountKind::Revenue).await, ledger(AccountKind::Deposit).await), (Money(10_000), Money(2_000)));
        assert_eq!(ledger(AccountKind::Patient).await, Money::ZERO);
        // The deposit pays a part of the next invoice, and the rest is written off.
        let next = issued(&app, &cashier, app.fixture.ben).await;
        assert_eq!(cashier.post("/api/billing/use_deposit", &[("invoice_id", &next)]).await.status, StatusCode::OK);
        assert_eq!((ledger(AccountKind::Deposit).await, ledger(AccountKind::Patient).await), (Money::ZERO, Money(-10_000)));
        let key = Fixture::key();
        let form = [("invoice_id", next.as_str()), ("key", &key), ("amount", "100"), ("reason", "charity")];
        assert_eq!(cashier.post("/api/billing/write_off", &form).await.status, StatusCode::OK);
        let mut tx = app.state.db.read().await.expect("a connection");
        let (asked,): (uuid::Uuid,) = tx.one(sql("SELECT id FROM write_offs")).await.expect("a write-off");
        drop(tx);
        let decide = [("write_off_id", asked.to_string()), ("approve", "true".to_owned())];
        let decide: Vec<_> = decide.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(accountant.post("/api/billing/decide_write_off", &decide).await.status, StatusCode::OK);
        assert_eq!((ledger(AccountKind::Patient).await, ledger(AccountKind::WriteOff).await), (Money::ZERO, Money(-10_000)));
        // A void opens the invoice again; its money goes back by the card.
        let third = issued(&app, &cashier, app.fixture.ana).await;
        let receipt = paid_by_card(&cashier, &third, "36").await;
        assert_eq!(ask_refund(&cashier, &receipt, "void", "", "card").await.status, StatusCode::OK);
        let (void, _) = refund_of(&app, &receipt).await;
        assert_eq!(decide_refund(&other, &void, "approve").await.status, StatusCode::OK);
        assert_eq!((ledger(AccountKind::Deposit).await, ledger(AccountKind::Patient).await), (Money(3_600), Money(-3_600)));
        assert_eq!(cashier.post("/api/billing/pay_refund", &[("refund_id", &void)]).await.status, StatusCode::OK);
        assert_eq!((ledger(AccountKind::Deposit).await, ledger(AccountKind::Card).await), (Money::ZERO, Money(-12_000)));
        for (path, words) in
            [("/books/day", "CRN-2026-000001"), ("/books/day", "REF-2026-000001"), ("/books/accounts?kind=deposit", "Adams, Ben")]
        {
            let page = accountant.get(path).await;
            assert!(page.status == StatusCode::OK && page.body.contains(words), "{path} lacks {words}: {}", page.body);
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refunds_paid_at_once_never_take_more_cash_than_the_shift_has() {
    races_on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let mut refunds = Vec::new();
        for patient in [app.fixture.ana, app.fixture.ben] {
            let held = id_in(&deposit(&cashier, &patient.to_string(), "cash", "60").await);
            assert_eq!(ask_refund(&cashier, &held, "refund", "60", "cash").await.status, StatusCode::OK);
            let (refund, _) = refund_of(&app, &held).await;
            assert_eq!(decide_refund(&other, &refund, "approve").await.status, StatusCode::OK);
            refunds.push(refund);
        }
        // 220.00 are in the drawer, of which 140.00 go to the safe: one refund is paid.
        let key = Fixture::key();
        let sent = [("key", key.as_str()), ("kind", "drop"), ("amount", "140")];
        assert_eq!(cashier.post("/api/till/move_cash", &sent).await.status, StatusCode::OK);
        let answers = all_at_once(refunds.into_iter().map(|refund| {
            let cashier = cashier.clone();
            async move { cashier.post("/api/billing/pay_refund", &[("refund_id", &refund)]).await.status }
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert_eq!(cash_in(&app, shift(&app).await).await, Money(2_000));
        app.assert_sound().await;
    })
    .await;
}
