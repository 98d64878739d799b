//! Orders: warnings, hold and resume, stop and change, by phone, other kinds, and the job.

use axum::http::StatusCode;

use super::{IBUPROFEN, OnWard, PARACETAMOL, drug, due, fields, give, id, kept, later, number, ok};
use crate::{
    db::{Engine, sql},
    tests::{
        Answer, Browser, Fixture, TestApp, on_both_engines,
        prescribing::{allergic, said},
    },
};

async fn order_act(browser: &Browser, act: &str, order: &str, more: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    browser.post(&format!("/api/medicine_record/{act}"), &[&[("care_order_id", order), ("key", &key)][..], more].concat()).await
}

#[tokio::test]
async fn an_order_is_checked_like_a_prescription() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        allergic(&app, app.fixture.ana, "Penicillin").await;
        let doctor = app.as_("doctor").await;
        let amoxicillin = drug(&app, "AMOXICILLIN-500-MG-CAP").await;
        let (admission, key) = (ward.admission.to_string(), Fixture::key());
        let form = [
            ("admission_id", admission.as_str()),
            ("key", &key),
            ("kind", "medicine"),
            ("priority", "routine"),
            ("drug_id", &amoxicillin),
            ("dose", "500 mg"),
            ("route", "oral"),
            ("timing", "q8h"),
        ];
        let write = async |more: &[(&str, &str)]| doctor.post("/api/medicine_record/write", &[&form[..], more].concat()).await;
        let refused = write(&[]).await;
        assert!(said(&refused, "override_reason").contains("allergic to Penicillin"), "{}", refused.body);
        let seen = said(&refused, "seen");
        assert_eq!(
            write(&[("override_reason", "Tolerated")]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "not the warnings that were shown"
        );
        ok(&write(&[("override_reason", "Tolerated"), ("seen", &seen)]).await);
        ok(&write(&[("override_reason", "Tolerated"), ("seen", &seen)]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders")).await, 1, "the same key is the same order");
        let page = doctor.get(&format!("/care-orders/{key}")).await.body;
        assert!(page.contains("Tolerated"), "{page}");
        // The same substance a second time is a warning, and a dose far above the range is one.
        let first = ward.order(&app, PARACETAMOL, &[]).await;
        let again = drug(&app, PARACETAMOL).await;
        let key = Fixture::key();
        let form = [
            ("admission_id", admission.as_str()),
            ("key", &key),
            ("kind", "medicine"),
            ("priority", "routine"),
            ("drug_id", &again),
            ("dose", "1 tablet"),
            ("route", "oral"),
            ("timing", "four"),
        ];
        let twice = doctor.post("/api/medicine_record/write", &form).await;
        assert!(said(&twice, "override_reason").contains("Paracetamol"), "{}", twice.body);
        let wrong = [&form[..5], &[("dose", "1,000 mg"), ("route", "swallow"), ("timing", "often"), ("days", "x")]].concat();
        let wrong = doctor.post("/api/medicine_record/write", &wrong).await;
        assert_eq!(fields(&wrong), ["days", "dose", "route", "timing"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders")).await, 2, "{first}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_is_held_resumed_stopped_and_changed() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.order(&app, PARACETAMOL, &[]).await;
        let nurse = app.as_("nurse").await;
        let dose = due(&app, &order).await;
        assert_eq!(fields(&order_act(&nurse, "hold", &order, &[]).await), ["reason"]);
        assert_eq!(fields(&order_act(&nurse, "hold", &order, &[("reason", "other")]).await), ["words"]);
        ok(&order_act(&nurse, "hold", &order, &[("reason", "procedure"), ("words", "Endoscopy"), ("time", "13:00")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'due'")).await, 0);
        assert_eq!(give(&nurse, &dose, &[("reason", "workload")]).await.status, StatusCode::CONFLICT, "on hold");
        assert_eq!(order_act(&nurse, "hold", &order, &[("reason", "procedure")]).await.status, StatusCode::CONFLICT);
        later(&app, 151);
        assert_eq!(kept(&app).await.resumed, 1, "it is 13:01");
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'due'")).await, 6, "those ahead are due again");
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        ok(&order_act(&doctor, "hold", &order, &[("reason", "side_effect")]).await);
        ok(&order_act(&nurse, "resume", &order, &[]).await);
        assert_eq!(order_act(&nurse, "stop", &order, &[("reason", "not_needed")]).await.status, StatusCode::FORBIDDEN);

        let paracetamol = drug(&app, PARACETAMOL).await;
        let form = [
            ("kind", "medicine"),
            ("drug_id", paracetamol.as_str()),
            ("dose", "2 tablets"),
            ("route", "oral"),
            ("timing", "four"),
            ("replaces", &order),
            ("reason", "no_effect"),
        ];
        ok(&ward.post(&doctor, "write", &form).await);
        let newer = ward.last(&app).await;
        assert_ne!(newer, order);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE state = 'stopped'")).await, 1, "both in one step");
        let again = ward.post(&doctor, "write", &form).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
        let page = doctor.get(&format!("/care-orders/{newer}")).await.body;
        assert!(page.contains("the order before") && page.contains("2 tablets"), "{page}");
        assert_eq!(
            doctor.get(&format!("/admissions/{}/orders/new?kind=medicine&replaces={newer}", ward.admission)).await.status,
            StatusCode::OK
        );
        ok(&order_act(&doctor, "stop", &newer, &[("reason", "course_done")]).await);
        assert_eq!(order_act(&doctor, "stop", &newer, &[("reason", "course_done")]).await.status, StatusCode::CONFLICT);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'due'")).await, 0);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_by_phone_is_read_back_given_and_signed_by_its_doctor() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let nurse = app.as_("nurse").await;
        let page = nurse.get(&format!("/admissions/{}/orders/new?kind=medicine&q=ibu", ward.admission)).await.body;
        assert!(page.contains("Ibuprofen 400 mg tablet"), "{page}");
        let ibuprofen = drug(&app, IBUPROFEN).await;
        let page = nurse.get(&format!("/admissions/{}/orders/new?kind=medicine&drug={ibuprofen}", ward.admission)).await.body;
        assert!(page.contains("Order by phone") && page.contains("Dr. Carmen Costa"), "{page}");
        let costa = app.fixture.user("doctor").to_string();
        let form = [("kind", "medicine"), ("drug_id", ibuprofen.as_str()), ("dose", "400 mg"), ("route", "oral"), ("timing", "stat")];
        assert_eq!(fields(&ward.post(&nurse, "take", &form).await), ["read_back", "prescriber"]);
        let form = [&form[..], &[("prescriber", costa.as_str()), ("read_back", "true")]].concat();
        ok(&ward.post(&nurse, "take", &form).await);
        let order = ward.last(&app).await;
        ok(&give(&nurse, &due(&app, &order).await, &[]).await);
        let doctor = app.as_("doctor").await;
        let list = doctor.get("/care-orders").await.body;
        assert!(list.contains("Núñez") && list.contains("taken by Nora Nurse"), "{list}");
        assert_eq!(order_act(&app.as_("doctor2").await, "sign", &order, &[]).await.status, StatusCode::CONFLICT, "another doctor's");
        assert_eq!(order_act(&nurse, "sign", &order, &[]).await.status, StatusCode::FORBIDDEN);
        ok(&order_act(&doctor, "sign", &order, &[]).await);
        assert_eq!(order_act(&doctor, "sign", &order, &[]).await.status, StatusCode::CONFLICT);
        assert!(doctor.get("/care-orders").await.body.contains("Nothing to sign"));
        assert_eq!(
            number(&app, sql("SELECT count(*) FROM care_orders WHERE signed_by = prescriber_id AND ordered_by <> prescriber_id")).await,
            1
        );
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn other_kinds_are_signed_orders_without_doses() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let doctor = app.as_("doctor").await;
        for (kind, title) in [
            ("oxygen", "2 L/min by nasal cannula"),
            ("diet", "Soft"),
            ("monitoring", "Pulse each hour"),
            ("nursing", "Turn every 4 hours"),
            ("activity", "Bed rest"),
        ] {
            ok(&ward.post(&doctor, "write", &[("kind", kind), ("title", title)]).await);
        }
        assert_eq!(fields(&ward.post(&doctor, "write", &[("kind", "diet")]).await), ["title"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE signed_at IS NOT NULL")).await, 5);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses")).await, 0);
        let page = app.as_("nurse").await.get(&format!("/admissions/{}", ward.admission)).await.body;
        assert!(page.contains("Turn every 4 hours") && page.contains("Open orders"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_job_plans_two_days_ahead_and_completes_orders() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        ward.order(&app, PARACETAMOL, &[("days", "3"), ("first_now", "true")]).await;
        let doses = sql("SELECT count(*) FROM doses");
        assert_eq!(number(&app, doses.clone()).await, 7, "the first one now");
        later(&app, 24 * 60);
        let round = kept(&app).await;
        assert_eq!((round.planned, round.missed), (1, 3), "10:30, 14:00 and 20:00; the one of 08:00 until 14:00");
        assert_eq!(number(&app, doses.clone()).await, 10, "up to the end, 10:30 on the third day");
        later(&app, 3 * 24 * 60);
        let mut completed = 0;
        for _ in 0..2 {
            completed += kept(&app).await.completed;
        }
        assert_eq!(completed, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'missed'")).await, 10);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_changed_row_breaks_the_signature_of_an_order() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.order(&app, PARACETAMOL, &[]).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        if tx.engine() == Engine::Postgres {
            tx.execute(sql("SET LOCAL session_replication_role = replica")).await.expect("guards off");
        } else {
            tx.execute(sql("DROP TRIGGER orders_signed_frozen")).await.expect("guard off");
        }
        tx.execute(sql("UPDATE care_orders SET dose = '10 tablets'")).await.expect("changed");
        tx.commit().await.expect("committed");
        let page = app.as_("nurse").await.get(&format!("/care-orders/{order}")).await.body;
        assert!(page.contains("The signature does not cover this order"), "{page}");
        assert_eq!(id(&app, sql("SELECT id FROM care_orders")).await, order);
    })
    .await;
}
