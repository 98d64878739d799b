//! Tests concurrent payments, invoices and signatures on one visit.

use axum::http::StatusCode;

use super::{called, send};
use crate::{
    billing,
    core::{PatientId, Stamp, VisitId},
    opd::{self, Outcome, Step},
    tests::{
        Answer, Browser, Fixture, TestApp, all_at_once, billing::consultation, fixture::PASSWORD, opd::entry_of, races_on_both_engines,
    },
};

/// Adds one more charge for the visit, and issues the invoice for all billable charges.
async fn invoiced(app: &TestApp, cashier: &Browser, patient: PatientId, visit: VisitId) -> String {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let (now, by) = (app.state.clock.now(), app.fixture.user("doctor"));
    let consultation = consultation(app, patient, Some(visit));
    billing::charge(&mut tx, &consultation, Stamp { by, at: now }).await.expect("raised");
    tx.commit().await.expect("committed");
    let answer = cashier.post("/api/billing/issue", &[("patient_id", &patient.to_string())]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.location.expect("an address").rsplit_once("invoice=").expect("an invoice").1.to_owned()
}

async fn pays(cashier: Browser, invoice: String, amount: &'static str) -> Answer {
    let key = Fixture::key();
    let form = [("invoice_id", invoice.as_str()), ("idempotency_key", &key), ("method", "card"), ("tendered", amount)];
    cashier.post("/api/billing/pay", &form).await
}

async fn signs(doctor: Browser, visit: VisitId) -> Answer {
    let form =
        [("visit_id", visit.to_string()), ("version", "0".to_owned()), ("plan", "Rest".to_owned()), ("password", PASSWORD.to_owned())];
    send(&doctor, "/api/clinical/sign", &form.into()).await
}

async fn outcome(app: &TestApp, visit: VisitId) -> Option<Outcome> {
    let mut tx = app.state.db.read().await.expect("a connection");
    opd::visit(&mut tx, visit).await.expect("a visit").outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_of_two_payments_at_once_ends_the_visit() {
    races_on_both_engines(|app| async move {
        let (doctor, cashier) = (app.as_("doctor").await, app.as_("cashier").await);
        for patient in app.people(3).await {
            let visit = called(&app, &doctor, patient).await;
            assert_eq!(signs(doctor.clone(), visit).await.status, StatusCode::OK);
            let mut invoices = Vec::new();
            for _ in 0..2 {
                invoices.push(invoiced(&app, &cashier, patient, visit).await);
            }
            // The first invoice has the consultation itself and one more charge.
            let paying = [(invoices[0].clone(), "240.00"), (invoices[1].clone(), "120.00")]
                .map(|(invoice, amount)| pays(cashier.clone(), invoice, amount));
            let answers = all_at_once(paying).await;
            assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
            assert_eq!(outcome(&app, visit).await, Some(Outcome::Done), "all is paid, and nobody waits for more");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_payment_that_crosses_a_signature_leaves_the_patient_where_something_is_due() {
    races_on_both_engines(|app| async move {
        let (doctor, cashier) = (app.as_("doctor").await, app.as_("cashier").await);
        for patient in app.people(2).await {
            let visit = called(&app, &doctor, patient).await;
            // A charge is invoiced before the consultation ends.
            let invoice = invoiced(&app, &cashier, patient, visit).await;
            let signing = tokio::spawn(signs(doctor.clone(), visit));
            let paying: Vec<_> = (0..6).map(|_| pays(cashier.clone(), invoice.clone(), "20.00")).collect();
            let paid = all_at_once(paying).await;
            assert!(paid.iter().all(|answer| answer.status == StatusCode::OK), "{paid:?}");
            let signed = signing.await.expect("answered");
            assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
            assert_eq!(outcome(&app, visit).await, None, "the consultation is still to be paid");
            assert_eq!(entry_of(&app, visit).await.step, Step::Cashier);
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn invoices_that_cross_new_charges_and_payments_have_each_charge_once() {
    races_on_both_engines(|app| async move {
        let (doctor, cashier) = (app.as_("doctor").await, app.as_("cashier").await);
        let patient = app.fixture.ben;
        let visit = called(&app, &doctor, patient).await;
        let invoice = invoiced(&app, &cashier, patient, visit).await;
        let acts = (0..18).map(|n| {
            let (app, cashier, invoice) = (app.clone(), cashier.clone(), invoice.clone());
            async move {
                match n % 3 {
                    0 => pays(cashier, invoice, "10.00").await.status,
                    1 => cashier.post("/api/billing/issue", &[("patient_id", &patient.to_string())]).await.status,
                    _ => {
                        let mut tx = app.state.db.write().await.expect("a transaction");
                        let consultation = consultation(&app, patient, Some(visit));
                        let (now, by) = (app.state.clock.now(), app.fixture.user("doctor"));
                        billing::charge(&mut tx, &consultation, Stamp { by, at: now }).await.expect("raised");
                        tx.commit().await.expect("committed");
                        StatusCode::OK
                    }
                }
            }
        });
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|status| matches!(*status, StatusCode::OK | StatusCode::CONFLICT)), "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}
