//! Race tests at the cashier.

use axum::http::StatusCode;

use super::all_answered;
use crate::{
    billing::InvoiceState,
    core::Money,
    tests::{
        Fixture, TestApp,
        billing::{all_pay, issued, paid},
        races_from,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_payments_of_one_invoice_never_exceed_what_is_due() {
    let prepare = async |app: &TestApp| {
        let cashier = app.as_("cashier").await;
        let invoice = issued(app, &cashier, app.fixture.ben).await;
        (cashier, invoice)
    };
    races_from(prepare, |app, (cashier, invoice)| async move {
        // 120.00 is due: four payments of 25.00 are accepted, and 20.00 remain.
        let keys = (0..100).map(|_| Fixture::key()).collect();
        let answers = all_pay(&cashier.in_copy(&app), &invoice, keys, "card", "25.00").await;
        all_answered(answers.iter().map(|answer| answer.status));
        assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 4);
        let (invoice, payments) = paid(&app, &invoice).await;
        assert_eq!((invoice.state, invoice.paid, payments.len()), (InvoiceState::PartPaid, Money(10_000), 4));
        app.assert_sound().await;
    })
    .await;
}
