//! Acts on a patient while the record is merged: they take turns.

use axum::http::StatusCode;

use super::{decide, propose};
use crate::{
    core::{Money, time::Instant},
    db::sql,
    tests::{
        Fixture, TestApp, all_at_once,
        appointments::book,
        billing::{issued, paid},
        lab::number,
        races_from,
    },
};

fn told(status: StatusCode) -> bool {
    [StatusCode::OK, StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::SERVICE_UNAVAILABLE].contains(&status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn bookings_during_a_merge_stand_on_the_surviving_record() {
    let prepare = async |app: &TestApp| {
        let (desk, doctor) = (app.as_("desk").await, app.as_("doctor").await);
        let merge = propose(&desk, app.fixture.ana, app.fixture.ben).await;
        (desk, doctor, merge)
    };
    races_from(prepare, |app, (desk, doctor, merge)| async move {
        let (desk, doctor) = (desk.in_copy(&app), doctor.in_copy(&app));
        let first: Instant = "2026-11-23T14:00:00Z".parse().expect("an instant");
        let acts = (0..12_i32).map(|number| {
            let (app, desk, doctor, merge) = (app.clone(), desk.clone(), doctor.clone(), merge.clone());
            async move {
                if number == 3 {
                    return (true, decide(&doctor, &merge, &[]).await.status);
                }
                let at = first + chrono::Duration::minutes(i64::from(number) * 20);
                let slot = (app.fixture.medicine_north, app.fixture.costa);
                (false, book(&desk, app.fixture.ben, slot, at, &Fixture::key()).await.status)
            }
        });
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|(_, status)| told(*status)), "{answers:?}");
        let merged = answers.iter().any(|(merge, status)| *merge && *status == StatusCode::OK);
        let count = |patient: crate::core::PatientId| {
            sql("SELECT count(*) FROM appointments WHERE state = 'booked' AND patient_id = ").push_bind(patient)
        };
        let booked = i64::try_from(answers.iter().filter(|(merge, status)| !merge && *status == StatusCode::OK).count()).expect("few");
        let (ana, ben) = (number(&app, count(app.fixture.ana)).await, number(&app, count(app.fixture.ben)).await);
        assert_eq!(if merged { (ana, ben) } else { (0, ben) }, if merged { (booked, 0) } else { (0, booked) }, "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_check_in_and_a_merge_at_once_are_one_of_the_two() {
    let prepare = async |app: &TestApp| {
        let (desk, doctor) = (app.as_("desk").await, app.as_("doctor").await);
        let merge = propose(&desk, app.fixture.ana, app.fixture.ben).await;
        (desk, doctor, merge)
    };
    races_from(prepare, |app, (desk, doctor, merge)| async move {
        let (desk, doctor) = (desk.in_copy(&app), doctor.in_copy(&app));
        let acts = (0..10).map(|number| {
            let (app, desk, doctor, merge) = (app.clone(), desk.clone(), doctor.clone(), merge.clone());
            async move {
                if number % 2 == 0 {
                    return (true, decide(&doctor, &merge, &[]).await.status);
                }
                let (ben, service, key) = (app.fixture.ben.to_string(), app.fixture.medicine_north.to_string(), Fixture::key());
                let form = [("patient", ben.as_str()), ("service", &service), ("idempotency_key", &key)];
                (false, desk.post("/api/reception/check_in", &form).await.status)
            }
        });
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|(_, status)| told(*status)), "{answers:?}");
        let merged = number(&app, sql("SELECT count(*) FROM patient_merges WHERE state = 'merged'")).await;
        let open =
            number(&app, sql("SELECT count(*) FROM visits WHERE ended_at IS NULL AND patient_id = ").push_bind(app.fixture.ben)).await;
        assert!(merged + open <= 1, "{merged} merged, {open} open: {answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_payment_during_a_merge_is_posted_once() {
    let prepare = async |app: &TestApp| {
        let cashier = app.as_("cashier").await;
        let invoice = issued(app, &cashier, app.fixture.ben).await;
        let (desk, doctor) = (app.as_("desk").await, app.as_("doctor").await);
        let merge = propose(&desk, app.fixture.ana, app.fixture.ben).await;
        (doctor, cashier, merge, invoice)
    };
    races_from(prepare, |app, (doctor, cashier, merge, invoice)| async move {
        let (doctor, cashier) = (doctor.in_copy(&app), cashier.in_copy(&app));
        let acts = (0..8).map(|number| {
            let (doctor, cashier, merge, invoice) = (doctor.clone(), cashier.clone(), merge.clone(), invoice.clone());
            async move {
                if number == 2 {
                    return decide(&doctor, &merge, &[]).await.status;
                }
                let key = Fixture::key();
                let form = [("invoice_id", invoice.as_str()), ("idempotency_key", &key), ("method", "card"), ("tendered", "10.00")];
                cashier.post("/api/billing/pay", &form).await.status
            }
        });
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        let (invoice, payments) = paid(&app, &invoice).await;
        assert_eq!(invoice.paid, payments.iter().map(|payment| payment.amount).fold(Money(0), |sum, one| Money(sum.0 + one.0)));
        app.assert_sound().await;
    })
    .await;
}
