//! Requests of tests, studies and services from a stay.

use axum::http::StatusCode;

use super::{Rounds, fields, id, number, ok};
use crate::{
    core::{OrderId, VisitId},
    db::sql,
    tests::{TestApp, imaging::Radiology, lab::Lab, on_both_engines, wards::act},
};

/// A laboratory whose patient lies on a ward.
async fn laboratory(app: &TestApp, stay: &Rounds) -> Lab {
    let pathologist = app.as_("pathologist").await;
    ok(&pathologist.post("/api/lab/adopt_starter", &[]).await);
    Lab {
        doctor: stay.doctor.clone(),
        nurse: stay.nurse.clone(),
        technician: app.as_("lab").await,
        pathologist,
        visit: VisitId::new(),
        patient: stay.patient,
    }
}

#[tokio::test]
async fn a_test_of_a_stay_is_collected_on_the_ward_and_comes_back_to_the_doctor_of_the_stay() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        let lab = laboratory(&app, &stay).await;
        let page = stay.colleague.get(&format!("/admissions/{}/request-tests", stay.id)).await.body;
        assert!(page.contains("Potassium") && page.contains("/api/rounds/order_tests"), "{page}");
        // A colleague orders; the doctor of the stay gets the result.
        let key = OrderId::new().to_string();
        let form = [("key", key.as_str()), ("codes", "k"), ("priority", "urgent")];
        for _ in 0..2 {
            ok(&stay.post(&stay.colleague, "order_tests", &form).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE admission_id IS NOT NULL AND visit_id IS NULL")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM requisitions WHERE admission_id IS NOT NULL")).await, 1);
        let list = stay.nurse.get("/lab/collect?place=Medical%20ward").await.body;
        assert!(list.contains("Medical ward · 1A") && list.contains("Urgent"), "by ward: {list}");
        ok(&lab.collect(&app).await);
        lab.receive(&app).await;
        ok(&lab.enter(&app, "k", "5.9", &[]).await);
        ok(&lab.release(&app, &lab.pathologist, "k").await);
        let costa = app.fixture.user("doctor");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_reviews WHERE clinician_id = ").push_bind(costa)).await, 1);
        assert!(stay.doctor.get("/lab/inbox").await.body.contains("N\u{fa}\u{f1}ez"), "in the inbox of the doctor of the stay");
        assert!(stay.doctor.get("/ward-round").await.body.contains("New reports: 1"));
        // The charge stands on the patient's account, without a visit.
        assert_eq!(number(&app, sql("SELECT count(*) FROM charges WHERE source = 'lab_test' AND visit_id IS NULL")).await, 1);
        // Once more within the duplicate window: the last value is said.
        let key = OrderId::new().to_string();
        let again = [("key", key.as_str()), ("codes", "k"), ("priority", "routine")];
        let refused = stay.post(&stay.doctor, "order_tests", &again).await;
        assert_eq!(fields(&refused), ["again"]);
        assert!(refused.body.contains("5.9"), "{}", refused.body);
        ok(&stay.post(&stay.doctor, "order_tests", &[&again[..], &[("again", "true")]].concat()).await);
        let requests = stay.doctor.get(&format!("/admissions/{}/requests", stay.id)).await.body;
        assert!(requests.contains("Potassium") && requests.contains("Q26-000002"), "{requests}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_study_and_a_service_are_requested_from_a_stay() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        let radiology = Radiology::of(&app, stay.doctor.clone(), VisitId::new(), stay.patient).await;
        let code = crate::tests::lab::text(
            &app,
            sql("SELECT code FROM imaging_procedures WHERE modality = 'CR' AND NOT needs_vetting ORDER BY code LIMIT 1"),
        )
        .await;
        let key = OrderId::new().to_string();
        let form = [("key", key.as_str()), ("procedure", &code), ("side", "left"), ("priority", "routine"), ("reason", "Effusion?")];
        ok(&stay.post(&stay.doctor, "order_study", &form).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM imaging_orders")).await, 1);
        let day = radiology.technologist.get("/imaging").await.body;
        assert!(day.contains("N\u{fa}\u{f1}ez"), "on imaging's list to book: {day}");
        let key = OrderId::new().to_string();
        let form = [("key", key.as_str()), ("kind", "nursing"), ("service", "Dressing, left leg"), ("priority", "routine")];
        ok(&stay.post(&stay.doctor, "order_service", &form).await);
        assert!(stay.nurse.get("/orders").await.body.contains("Dressing, left leg"));
        let other = OrderId::new().to_string();
        let twice = [("key", other.as_str()), ("kind", "nursing"), ("service", "Dressing, left leg"), ("priority", "routine")];
        assert_eq!(fields(&stay.post(&stay.doctor, "order_service", &twice).await), ["again"]);
        assert_eq!(stay.post(&stay.nurse, "order_service", &twice).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_is_requested_for_a_patient_who_left() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        ok(&act(&stay.doctor, "discharge", stay.id, &[("kind", "home"), ("diagnosis", "Pneumonia")]).await);
        ok(&act(&stay.nurse, "prepared", stay.id, &[("steps", "true")]).await);
        let cashier = app.as_("cashier").await;
        ok(&act(&cashier, "settle", stay.id, &[("agreed", "Bill later")]).await);
        ok(&act(&stay.nurse, "left", stay.id, &[]).await);
        let key = OrderId::new().to_string();
        let form = [("key", key.as_str()), ("kind", "nursing"), ("service", "Dressing"), ("priority", "routine")];
        assert_eq!(stay.post(&stay.doctor, "order_service", &form).await.status, StatusCode::CONFLICT);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let query = sql("INSERT INTO orders (id, patient_id, clinic_id, admission_id, kind, service, priority, state, ordered_at, ordered_by, updated_at,
                updated_by) SELECT $1, a.patient_id, a.clinic_id, a.id, 'nursing', 'Late', 'routine', 'draft', a.left_at, a.updated_by, a.left_at, a.updated_by
            FROM admissions a");
        let error = tx.execute(query.bind(uuid::Uuid::now_v7())).await.expect_err("the stay is over");
        assert!(error.violates("orders_of_stay"), "{error}");
        drop(tx);
        assert_eq!(id(&app, sql("SELECT id FROM admissions")).await, stay.id.to_string());
    })
    .await;
}
