//! A cheque is a means of its own: it has a number and a bank, it is counted apart from the cash, and it bounces.

use axum::http::StatusCode;

use super::{ask_refund, decide_refund, deposit, named, pay, refund_of, shown, two_cashiers};
use crate::{
    billing::InvoiceState,
    core::{Money, TillShiftId},
    db::sql,
    tests::{Fixture, TestApp, billing::issued, on_both_engines},
};

async fn shift_of(app: &TestApp, payment: &str) -> TillShiftId {
    let id: crate::core::PaymentId = payment.parse().expect("an id");
    let mut tx = app.state.db.read().await.expect("a connection");
    let (shift,): (TillShiftId,) = tx.one(sql("SELECT shift_id FROM payments WHERE id = $1").bind(id)).await.expect("a shift");
    shift
}

#[tokio::test]
async fn a_cheque_is_counted_apart_and_bounces() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let cheque = [("method", "cheque"), ("tendered", "120"), ("reference", "004711"), ("bank", "First Bank")];
        assert_eq!(named(&pay(&cashier, &invoice, &cheque[..2]).await), "reference", "a cheque has a number");
        assert_eq!(named(&pay(&cashier, &invoice, &cheque[..3]).await), "bank");
        assert_eq!(named(&deposit(&cashier, &app.fixture.ben.to_string(), "cheque", "10").await), "reference");
        let too_much = [("method", "cheque"), ("tendered", "121"), ("reference", "004711"), ("bank", "First Bank")];
        assert_eq!(named(&pay(&cashier, &invoice, &too_much).await), "tendered", "no change is given for a cheque");
        let key = Fixture::key();
        let form = [&[("invoice_id", invoice.as_str()), ("idempotency_key", key.as_str())][..], &cheque].concat();
        let answer = cashier.post("/api/billing/pay", &form).await;
        let taken = answer.location.unwrap_or_else(|| panic!("{}", answer.body)).rsplit_once("receipt=").expect("a receipt").1.to_owned();
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid);
        // The same again is the same payment; another bank is another cheque.
        let mut again = form.clone();
        assert_eq!(cashier.post("/api/billing/pay", &again).await.status, StatusCode::OK);
        again[5].1 = "Second Bank";
        assert_eq!(cashier.post("/api/billing/pay", &again).await.status, StatusCode::CONFLICT);
        let receipt = cashier.get(&format!("/receipts/{taken}")).await.body;
        assert!(receipt.contains("Cheque (004711, First Bank)"), "{receipt}");
        let accountant = app.as_("accountant").await;
        let book = accountant.get("/books/day").await.body;
        assert!(book.contains("Cheques $120.00") && !book.contains("Cash $120.00"), "{book}");
        // The bank refuses it: the invoice is due again, and the account of cheques is empty.
        assert_eq!(ask_refund(&cashier, &taken, "bounce", "", "cheque").await.status, StatusCode::OK);
        let (bounce, _) = refund_of(&app, &taken).await;
        assert_eq!(decide_refund(&other, &bounce, "approve").await.status, StatusCode::OK);
        assert_eq!(shown(&app, &invoice).await.0.due(), Money(12_000));
        assert!(!accountant.get("/books/day").await.body.contains("Cheques $"));
        // It is still in the drawer, apart from the cash: the float alone is cash.
        let shift = shift_of(&app, &taken).await.to_string();
        let step = async |what: &'static str, more: &[(&str, &str)]| {
            cashier.post(&format!("/api/till/{what}"), &[&[("id", shift.as_str())][..], more].concat()).await
        };
        assert_eq!(step("begin_closing", &[]).await.status, StatusCode::OK);
        assert_eq!(named(&step("count", &[("d_1000", "10"), ("cheque", "many"), ("sure", "true")]).await), "cheque");
        let counted = step("count", &[("d_1000", "10"), ("cheque", "100"), ("sure", "true")]).await;
        assert_eq!(counted.status, StatusCode::OK, "{}", counted.body);
        let page = cashier.get(&format!("/till/shifts/{shift}")).await.body;
        assert!(page.contains("−$20.00") && page.contains("reason_cheque") && !page.contains("reason_cash"), "{page}");
        assert_eq!(named(&step("hand_over", &[]).await), "reason_cheque");
        assert_eq!(step("hand_over", &[("reason_cheque", "Not found yet")]).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_holds_no_cheque_without_number_and_bank() {
    on_both_engines(|app| async move {
        let (cashier, _) = two_cashiers(&app).await;
        let patient = app.fixture.ben.to_string();
        let key = Fixture::key();
        let form = [
            ("patient_id", patient.as_str()),
            ("idempotency_key", &key),
            ("method", "cheque"),
            ("amount", "50"),
            ("reference", "17"),
            ("bank", "First Bank"),
        ];
        assert_eq!(cashier.post("/api/billing/deposit", &form).await.status, StatusCode::OK);
        let mut tx = app.state.db.write().await.expect("a transaction");
        for (columns, values) in [("", ""), (", reference", ", '17'"), (", bank", ", 'First Bank'")] {
            let copy = sql("INSERT INTO payment_tenders (payment_id, position, method, amount, tendered, change_given")
                .push(columns)
                .push(") SELECT payment_id, 2, 'cheque', amount, tendered, change_given")
                .push(values)
                .push(" FROM payment_tenders");
            let error = tx.execute(copy).await.expect_err("refused");
            assert!(error.violates("payment_tenders_cheque"), "{error}");
            drop(tx);
            tx = app.state.db.write().await.expect("a transaction");
        }
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
