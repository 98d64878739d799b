//! Follow-ups: proposed by a doctor, booked by the desk or the patient, declined, expired.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Rounds, fields, id, number, ok};
use crate::{
    core::FollowUpId,
    db::sql,
    rounds::expire_follow_ups,
    tests::{Answer, Fixture, TestApp, consultation::calls, on_both_engines, opd::waits_for_doctor},
};

/// Proposes a follow-up; its id.
pub async fn propose(app: &TestApp, stay: &Rounds, weeks: &str) -> (Answer, String) {
    let (key, patient) = (FollowUpId::new().to_string(), stay.patient.to_string());
    let (service, doctor) = (app.fixture.medicine_north.to_string(), app.fixture.costa.to_string());
    let form = [
        ("patient_id", patient.as_str()),
        ("key", &key),
        ("weeks", weeks),
        ("service", &service),
        ("doctor", &doctor),
        ("follow_up_reason", "Check the chest"),
    ];
    (stay.post(&stay.doctor, "propose_follow_up", &form).await, key)
}

#[tokio::test]
async fn one_press_books_a_follow_up_at_the_desk_or_in_the_portal() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        assert_eq!(fields(&propose(&app, &stay, "200").await.0), ["weeks"]);
        let (answer, first) = propose(&app, &stay, "1").await;
        ok(&answer);
        let desk = app.as_("desk").await;
        let list = desk.get("/follow-ups").await.body;
        assert!(list.contains("Check the chest") && list.contains("General medicine"), "{list}");
        for _ in 0..2 {
            ok(&desk.post("/api/rounds/book_follow_up", &[("follow_up_id", &first)]).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM appointments")).await, 1, "booked once");
        assert!(desk.get("/follow-ups").await.body.contains("No follow-up waits"));
        let (answer, second) = propose(&app, &stay, "2").await;
        ok(&answer);
        let ana = app.as_("ana").await;
        let records = ana.get("/portal/records").await.body;
        assert!(records.contains("Your doctor proposes a follow-up") && records.contains("First free time"), "{records}");
        let ben = app.as_("ben").await;
        let foreign = ben.post("/api/rounds/book_own_follow_up", &[("follow_up_id", &second)]).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "another patient's");
        ok(&ana.post("/api/rounds/book_own_follow_up", &[("follow_up_id", &second)]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM follow_ups WHERE state = 'booked'")).await, 2);
        assert_eq!(number(&app, sql("SELECT count(*) FROM appointments")).await, 2);
        // One that is due now: the first time that the clinic's least notice allows, and not one that is refused.
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE clinics SET booking_notice_minutes = 2880")).await.expect("two days");
        tx.commit().await.expect("committed");
        let (answer, third) = propose(&app, &stay, "0").await;
        ok(&answer);
        ok(&ana.post("/api/rounds/book_own_follow_up", &[("follow_up_id", &third)]).await);
        let earliest = app.state.clock.now() + Duration::days(2);
        assert_eq!(number(&app, sql("SELECT count(*) FROM appointments WHERE starts_at < $1").bind(earliest)).await, 0);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_follow_up_is_declined_or_expires_after_its_last_day() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        let (answer, first) = propose(&app, &stay, "0").await;
        ok(&answer);
        ok(&app.as_("ana").await.post("/api/rounds/decline_own_follow_up", &[("follow_up_id", &first)]).await);
        let desk = app.as_("desk").await;
        let late = desk.post("/api/rounds/book_follow_up", &[("follow_up_id", &first)]).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "it is declined");
        ok(&propose(&app, &stay, "1").await.0);
        assert_eq!(expire_follow_ups(&app.state).await.expect("a job"), 0);
        app.state.clock.advance(Duration::days(9 * 7 + 2));
        assert_eq!(expire_follow_ups(&app.state).await.expect("a job"), 1);
        assert_eq!(expire_follow_ups(&app.state).await.expect("a job"), 0);
        assert_eq!(number(&app, sql("SELECT count(*) FROM follow_ups WHERE state = 'expired'")).await, 1);
        let audited = sql("SELECT subject_id FROM audit_log WHERE what = 'follow_up' ORDER BY at DESC LIMIT 1");
        assert_ne!(id(&app, audited).await, first);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_doctor_proposes_a_follow_up_of_a_visit_type_from_the_consultation() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (doctor, admin) = (app.as_("doctor").await, app.as_("admin").await);
        let visit = waits_for_doctor(&app, f.ana).await;
        calls(&app, &doctor).await;
        let long = Fixture::key();
        let form = [("list", "visit-types"), ("key", long.as_str()), ("name", "Review"), ("minutes", "40"), ("booked_by", "everybody")];
        ok(&admin.post("/api/organisation/save", &form).await);
        let page = format!("/consultation/{visit}/follow-up");
        let note = doctor.get(&format!("/consultation/{visit}")).await.body;
        assert!(note.contains(&page) && note.contains("Propose a follow-up"), "{note}");
        let shown = doctor.get(&page).await.body;
        assert!(shown.contains("Review") && shown.contains("In how many weeks"), "{shown}");
        let (key, patient, service) = (FollowUpId::new().to_string(), f.ana.to_string(), f.medicine_north.to_string());
        let form = [("patient_id", patient.as_str()), ("key", &key), ("weeks", "2"), ("service", &service), ("back", &page)];
        let wrong =
            doctor.post("/api/rounds/propose_follow_up", &[&form[..], &[("visit_type", f.ana.to_string().as_str())]].concat()).await;
        assert_eq!(fields(&wrong), ["visit_type"]);
        let made = doctor.post("/api/rounds/propose_follow_up", &[&form[..], &[("visit_type", long.as_str())]].concat()).await;
        assert_eq!(made.location.as_deref(), Some(format!("{page}?done=proposed").as_str()), "{}", made.body);
        assert!(doctor.get(&page).await.body.contains("General medicine, Review"), "it stands there");
        assert_eq!(app.as_("desk").await.get(&page).await.status, StatusCode::FORBIDDEN);
        ok(&app.as_("ana").await.post("/api/rounds/book_own_follow_up", &[("follow_up_id", &key)]).await);
        let query =
            "SELECT count(*) FROM appointments a JOIN follow_ups f ON f.appointment_id = a.id AND f.visit_type_id = a.visit_type_id";
        assert_eq!(number(&app, sql(query)).await, 1);
        app.assert_sound().await;
    })
    .await;
}
