//! Requests, their acceptance, and admission to a bed.

use axum::http::StatusCode;
use chrono::Duration;

use super::{act, admitted, asked, open_uses, plan, state};
use crate::{
    db::sql,
    tests::{Fixture, on_both_engines},
    wards::expire_reservations,
};

#[tokio::test]
async fn a_patient_is_requested_refused_elsewhere_accepted_and_admitted() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (desk, nurse) = (app.as_("desk").await, app.as_("nurse").await);
        let (answer, id) = asked(&desk, app.fixture.ana, plan.surgical, &[]).await;
        let record = format!("/patients/{}", app.fixture.ana);
        assert!(answer.location.is_some_and(|to| to.starts_with(&record)), "the desk does not see wards");
        assert!(desk.get(&record).await.body.contains("Requested"), "the record shows the request");
        let (answer, _) = asked(&desk, app.fixture.ana, plan.medical, &[]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "one request at a time: {}", answer.body);
        assert_eq!(act(&desk, "accept", id, &[("ward", &plan.medical.to_string())]).await.status, StatusCode::FORBIDDEN);
        let page = nurse.get(&format!("/wards/requests?ward={}", plan.surgical)).await.body;
        assert!(page.contains("Núñez") && page.contains("Urgent"), "{page}");
        let page = nurse.get(&format!("/admissions/{id}?ward={}", plan.medical)).await;
        assert!(page.status == StatusCode::OK && page.body.contains("1A") && page.body.contains("Fits"), "{}", page.body);
        // Another ward accepts than the one that was wanted, and reserves a bed.
        let (medical, a1) = (plan.medical.to_string(), plan.a1.to_string());
        let answer = act(&nurse, "accept", id, &[("ward", &medical), ("bed_id", &a1)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(open_uses(&app, plan.a1).await, ["reservation"]);
        let answer = act(&nurse, "accept", id, &[("ward", &plan.surgical.to_string())]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "accepted by another ward: {}", answer.body);
        let answer = act(&nurse, "admit", id, &[("bed_id", &a1)]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"band\""), "{}", answer.body);
        let (key, text) = (Fixture::key(), id.to_string());
        let form = [("admission_id", text.as_str()), ("key", &key), ("bed_id", &a1), ("band", "true")];
        for _ in 0..2 {
            let answer = nurse.post("/api/wards/admit", &form).await;
            assert_eq!(answer.status, StatusCode::OK, "sent twice, done once: {}", answer.body);
        }
        assert_eq!(act(&nurse, "admit", id, &[("bed_id", &a1), ("band", "true")]).await.status, StatusCode::CONFLICT);
        assert_eq!((state(&app, id).await.as_str(), open_uses(&app, plan.a1).await), ("admitted", vec!["stay".to_owned()]));
        let board = nurse.get(&format!("/wards/{}", plan.medical)).await.body;
        assert!(board.contains("Núñez") && board.contains("day 1") && board.contains("1/3"), "{board}");
        let part = nurse.get(&format!("/wards/{}/live", plan.medical)).await.body;
        assert!(part.contains("Núñez") && !part.contains("<html"), "{part}");
        for page in ["/wards", "/wards/live", "/wards/requests", "/wards/requests/live"] {
            assert_eq!(nurse.get(page).await.status, StatusCode::OK, "{page}");
        }
        let census = nurse.get(&format!("/wards/{}/census", plan.medical)).await.body;
        assert!(census.contains("Núñez") && census.contains("1 of 3"), "{census}");
        let band = nurse.get(&format!("/admissions/{id}/band")).await.body;
        assert!(band.contains("1A00000000017") && band.contains("No known allergies") && !band.contains(">1A<"), "{band}");
        let sheet = format!("/wards/{}/bands", plan.medical);
        assert!(band.contains(&sheet), "{band}");
        let bands = nurse.get(&sheet).await.body;
        assert!(bands.contains("Núñez") && bands.contains("No known allergies") && bands.contains("<svg"), "{bands}");
        assert_ne!(app.as_("doctor3").await.get(&sheet).await.status, StatusCode::OK, "another clinic's ward");
        let page = nurse.get(&format!("/admissions/{id}")).await.body;
        assert!(page.contains("Admission requested") && page.contains("A-NORTH-2026-000001"), "{page}");
        assert_eq!(app.as_("doctor3").await.get(&format!("/admissions/{id}")).await.status, StatusCode::NOT_FOUND);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_request_names_its_fields_and_writes_nothing() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let doctor = app.as_("doctor").await;
        let wrong = [
            ("reason", ""),
            ("urgency", "soon"),
            ("class", ""),
            ("wanted_on", "2026-11-20"),
            ("expected_on", "2026-11-19"),
            ("organism", "MRSA"),
            ("source", "born_here"),
            ("ward_id", ""),
        ];
        let (answer, _) = asked(&doctor, app.fixture.ana, plan.medical, &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for field in ["reason", "urgency", "class", "wanted_on", "expected_on", "isolation", "source", "ward_id"] {
            assert!(answer.body.contains(&format!("\"{field}\"")), "{field}: {}", answer.body);
        }
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(tx.count(sql("SELECT count(*) FROM admissions")).await.expect("counted"), 0);
        let page = doctor.get(&format!("/wards/request?patient={}", app.fixture.ana)).await;
        assert!(page.status == StatusCode::OK && page.body.contains("name=\"reason\""), "{}", page.body);
        assert_eq!(doctor.get("/wards/request").await.status, StatusCode::OK, "it tells the way to a patient");
    })
    .await;
}

#[tokio::test]
async fn a_ward_refuses_and_the_desk_cancels_with_a_reason() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (desk, nurse) = (app.as_("desk").await, app.as_("nurse").await);
        let (_, refused) = asked(&desk, app.fixture.ana, plan.medical, &[]).await;
        let (medical, a1) = (plan.medical.to_string(), plan.a1.to_string());
        assert_eq!(act(&nurse, "accept", refused, &[("ward", &medical), ("bed_id", &a1)]).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "refuse", refused, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is needed");
        assert_eq!(act(&nurse, "refuse", refused, &[("reason", "No isolation bed")]).await.status, StatusCode::OK);
        assert_eq!((state(&app, refused).await.as_str(), open_uses(&app, plan.a1).await.len()), ("refused", 0), "the bed is free");
        let (_, again) = asked(&desk, app.fixture.ana, plan.surgical, &[]).await;
        assert_eq!(act(&desk, "cancel", again, &[("reason", "Went home")]).await.status, StatusCode::OK);
        assert_eq!(state(&app, again).await, "cancelled");
        let s1 = plan.s1.to_string();
        let answer = act(&nurse, "admit", again, &[("bed_id", &s1), ("band", "true")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_bed_that_breaks_a_rule_needs_a_reason() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let (_, ben) = asked(&doctor, app.fixture.ben, plan.medical, &[]).await;
        let b1 = plan.b1.to_string();
        let answer = act(&nurse, "admit", ben, &[("bed_id", &b1), ("band", "true")]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"because\""), "{}", answer.body);
        let answer = act(&nurse, "admit", ben, &[("bed_id", &b1), ("band", "true"), ("because", "No other bed tonight")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let page = nurse.get(&format!("/admissions/{ben}")).await.body;
        assert!(page.contains("No other bed tonight"), "the reason stays in the history: {page}");
        // Chloe is 11 years old: the ward takes patients from 16 on.
        let (_, chloe) = asked(&doctor, app.fixture.chloe, plan.medical, &[]).await;
        let page = nurse.get(&format!("/admissions/{chloe}")).await.body;
        assert!(page.contains("the ward takes another age"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_reservation_runs_out_and_the_request_stays() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (desk, nurse) = (app.as_("desk").await, app.as_("nurse").await);
        let (_, id) = asked(&desk, app.fixture.ana, plan.medical, &[]).await;
        let (medical, a1) = (plan.medical.to_string(), plan.a1.to_string());
        assert_eq!(act(&nurse, "accept", id, &[("ward", &medical), ("bed_id", &a1)]).await.status, StatusCode::OK);
        app.state.clock.advance(Duration::minutes(239));
        assert_eq!(expire_reservations(&app.state).await.expect("worked"), 0);
        app.state.clock.advance(Duration::minutes(1));
        assert_eq!(expire_reservations(&app.state).await.expect("worked"), 1);
        assert_eq!((state(&app, id).await.as_str(), open_uses(&app, plan.a1).await.len()), ("accepted", 0));
        // Four hours without a click end a session.
        let nurse = app.as_("nurse").await;
        let page = nurse.get("/wards/requests").await.body;
        assert!(page.contains("Next free bed"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_admission_is_entered_late_up_to_twelve_hours_and_never_over_another_patient() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let doctor = app.as_("doctor").await;
        let (_, id) = asked(&doctor, app.fixture.ana, plan.medical, &[]).await;
        let a1 = plan.a1.to_string();
        // It is 10:30; 22:29 yesterday is twelve hours and a minute ago.
        let late = async |time| {
            let nurse = app.as_("nurse").await;
            act(&nurse, "admit", id, &[("bed_id", &a1), ("band", "true"), ("time", time)]).await
        };
        let answer = late("22:29").await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"time\""), "{}", answer.body);
        let manager = app.as_("ward_manager").await;
        let close = [("bed_id", a1.as_str()), ("reason", "Painting"), ("until", "2026-11-23")];
        assert_eq!(manager.post("/api/wards/close_bed", &close).await.status, StatusCode::OK);
        app.state.clock.advance(Duration::hours(1));
        let manager = app.as_("ward_manager").await;
        let seen = super::open_use(&app, plan.a1).await;
        assert_eq!(manager.post("/api/wards/reopen_bed", &[("bed_id", &a1), ("seen", &seen)]).await.status, StatusCode::OK);
        let answer = late("11:00").await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "the bed was closed then: {}", answer.body);
        assert_eq!(state(&app, id).await, "requested", "nothing half done");
        assert_eq!(late("11:30").await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}
