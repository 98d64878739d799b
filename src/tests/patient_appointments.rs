//! Tests a patient's appointments on the staff's pages, the doctor's day, and the price of the service that saw the patient.

use axum::http::StatusCode;
use chrono::Duration;

use super::{
    Browser, Fixture, TestApp,
    appointments::book,
    consultation::{calls, saves},
    fixture::PASSWORD,
    on_both_engines,
    opd::{entry_of, waits_for_doctor},
};
use crate::{core::time::Instant, db::sql};

fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

async fn booked(app: &TestApp, desk: &Browser, at: Instant) -> String {
    let own = (app.fixture.medicine_north, app.fixture.costa);
    let answer = book(desk, app.fixture.ana, own, at, &Fixture::key()).await;
    let to = answer.location.unwrap_or_else(|| panic!("booked: {}", answer.body));
    to.trim_start_matches("/appointments/").split('?').next().expect("an id").to_owned()
}

#[tokio::test]
async fn the_patients_appointments_stand_on_the_record_and_at_the_desk() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let (record, at_desk) = (format!("/patients/{}", app.fixture.ana), format!("/reception?patient={}", app.fixture.ana));
        assert!(desk.get(&record).await.body.contains("No appointment to come."));
        let id = booked(&app, &desk, monday()).await;
        let second = booked(&app, &desk, monday() + Duration::days(1)).await;
        let moved = format!("/appointments/new?patient={}&amp;service={}", app.fixture.ana, app.fixture.medicine_north);
        for (page, back) in [(record.clone(), "record"), (at_desk.clone(), "desk"), ("/reception?find=nunez".to_owned(), "desk")] {
            let body = desk.get(&page).await.body;
            for shown in
                ["Mon 23 Nov, 09:00", "Dr. Carmen Costa", "North", "Booked", "Another time", &moved, &format!("cancel-{id}"), &second]
            {
                assert!(body.contains(shown), "{page}: {shown}: {body}");
            }
            assert!(body.contains(&format!("name=\"back\" value=\"{back}\"")) && !body.contains("Did not come\u{201d}"), "{page}");
            assert!(!body.contains("/api/appointments/no_show"), "{page}: its time has not begun");
            assert!(!body.contains("Past and cancelled"), "{page}");
        }
        // Without a reason only the row's own dialog opens again.
        let empty = desk.submit(&record, "/api/appointments/cancel", &[("appointment_id", id.as_str()), ("back", "record")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let windows: Vec<&str> =
            empty.body.split("<dialog ").filter_map(|rest| rest.split('>').next()).filter(|tag| tag.contains("id=\"cancel-")).collect();
        let open: Vec<&&str> = windows.iter().filter(|tag| tag.contains(" open") || tag.starts_with("open")).collect();
        assert!(windows.len() == 2 && open.len() == 1 && open[0].contains(&id), "{windows:?}");
        assert_eq!(empty.body.matches("Say why: the patient can read it.").count(), 2, "in the field and in the summary: {}", empty.body);
        let form = [("appointment_id", id.as_str()), ("reason", "Doctor is ill"), ("back", "record")];
        let cancelled = desk.post("/api/appointments/cancel", &form).await;
        assert_eq!(cancelled.location, Some(format!("{record}?done=cancelled")), "{}", cancelled.body);
        let body = desk.get(&format!("{record}?done=cancelled")).await.body;
        assert!(
            body.contains("Past and cancelled") && body.contains("Cancelled: Doctor is ill") && body.contains("the time is free again"),
            "{body}"
        );

        // She comes three hours late: the page for reception offers all possible actions.
        app.state.clock.advance(monday() + Duration::days(1) + Duration::hours(3) - app.state.clock.now());
        let desk = app.as_("desk").await;
        let body = desk.get(&at_desk).await.body;
        assert!(body.contains("/api/appointments/no_show") && body.contains(&format!("appointment={second}")), "{body}");
        let missed = desk.post("/api/appointments/no_show", &[("appointment_id", &second), ("back", "desk")]).await;
        assert_eq!(missed.location, Some(format!("{at_desk}&done=no_show")));
        assert!(desk.get(&format!("{at_desk}&done=no_show")).await.body.contains("Noted that the patient did not come"));

        // Users who may read schedules see them, without the actions that they may not perform; a cashier sees none.
        let nurse = app.as_("nurse").await.get(&record).await.body;
        assert!(nurse.contains("Did not come") && !nurse.contains("/api/appointments/"), "{nurse}");
        assert!(!app.as_("cashier").await.get(&record).await.body.contains("id=\"appointments\""));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn appointments_that_are_over_come_a_page_at_a_time() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        for day in 0..30 {
            let id = booked(&app, &desk, monday() + Duration::days(day)).await;
            let form = [("appointment_id", id.as_str()), ("reason", "Other plans")];
            assert_eq!(desk.post("/api/appointments/cancel", &form).await.status, StatusCode::OK);
        }
        let record = format!("/patients/{}", app.fixture.ana);
        let lines = |body: &str| body.matches("Cancelled: Other plans").count();
        let first = desk.get(&record).await.body;
        assert!(lines(&first) == 25 && first.contains(&format!("{record}?page=2")), "{}", lines(&first));
        let second = desk.get(&format!("{record}?page=2")).await.body;
        let unfolded = |body: &str| {
            body.split("<details ").filter_map(|rest| rest.split('>').next()).any(|tag| tag.contains("unfold") && tag.contains("open"))
        };
        assert!(!unfolded(&first) && lines(&second) == 5 && unfolded(&second), "{second}");
    })
    .await;
}

#[tokio::test]
async fn the_doctor_finds_papers_and_follow_up_of_those_seen_without_an_appointment() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = waits_for_doctor(&app, app.fixture.ana).await.to_string();
        calls(&app, &doctor).await;
        let medicine = [
            ("visit_id", visit.as_str()),
            ("drug", "Metformin 500 MG"),
            ("dose", "1 tablet"),
            ("route", "oral"),
            ("frequency", "twice a day"),
            ("days", "90"),
        ];
        assert_eq!(doctor.post("/api/clinical/prescribe", &medicine).await.status, StatusCode::OK);
        let sign = [("visit_id", visit.as_str()), ("version", "0"), ("plan", "Rest"), ("password", PASSWORD)];
        let signed = doctor.post("/api/clinical/sign", &sign).await;
        let follow_up = format!("/appointments/new?patient={}", app.fixture.ana);
        let after = doctor.get(&signed.location.expect("an address")).await.body;
        assert!(after.contains(&follow_up) && after.contains("Book a follow-up"), "{after}");
        let day = doctor.get("/consultation").await.body;
        let day = day.split("id=\"my-day-heading\"").nth(1).expect("the day");
        for shown in ["Núñez", "A-001", "Seen", &format!("/visits/{visit}/summary"), "/prescriptions/print/", &follow_up] {
            assert!(day.contains(shown), "{shown}: {day}");
        }
        // The search opens the chart for doctors, and the record for reception.
        assert!(doctor.get("/consultation").await.body.contains("/patients/{id}/chart"));
        assert!(!app.as_("desk").await.get("/schedules").await.body.contains("/patients/{id}/chart"));
        // The doctor books the follow-up without reception.
        let own = (app.fixture.medicine_north, app.fixture.costa);
        assert_eq!(book(&doctor, app.fixture.ana, own, monday(), &Fixture::key()).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_price_is_of_the_service_that_saw_the_patient() {
    on_both_engines(|app| async move {
        let (medicine, surgery) = (app.as_("doctor").await, app.as_("doctor2").await);
        let amounts = async || {
            let mut tx = app.state.db.read().await.expect("a connection");
            let rows: Vec<(i64,)> = tx.all(sql("SELECT net FROM charges ORDER BY raised_at, id")).await.expect("charges");
            rows.into_iter().map(|(amount,)| amount).collect::<Vec<_>>()
        };
        let service = app.fixture.surgery_north.to_string();
        // The visit begins in medicine, is transferred, is called and taken over in surgery, and is signed there.
        let first = waits_for_doctor(&app, app.fixture.ana).await;
        let id = first.to_string();
        calls(&app, &medicine).await;
        assert_eq!(saves(&medicine, &id, "0", "Pain in the right side").await.status, StatusCode::OK);
        let entry = entry_of(&app, first).await.id.to_string();
        assert_eq!(medicine.post("/api/opd/transfer", &[("entry", &entry), ("service", &service)]).await.status, StatusCode::OK);
        assert_eq!(surgery.post("/api/clinical/call_next", &[("service", &service)]).await.status, StatusCode::OK);
        assert_eq!(surgery.post("/api/clinical/take_over", &[("visit_id", &id)]).await.status, StatusCode::OK);
        let sign = [("visit_id", id.as_str()), ("version", "1"), ("plan", "Theatre"), ("password", PASSWORD)];
        let signed = surgery.post("/api/clinical/sign", &sign).await;
        assert!(signed.status.is_success(), "{}", signed.body);
        assert_eq!(amounts().await, [20_000]);

        // The visit is transferred, but the first doctor signs his own note: his department is charged.
        app.state.clock.advance(Duration::minutes(1));
        let second = waits_for_doctor(&app, app.fixture.ben).await;
        let id = second.to_string();
        calls(&app, &medicine).await;
        assert_eq!(saves(&medicine, &id, "0", "Cough").await.status, StatusCode::OK);
        let entry = entry_of(&app, second).await.id.to_string();
        assert_eq!(medicine.post("/api/opd/transfer", &[("entry", &entry), ("service", &service)]).await.status, StatusCode::OK);
        let sign = [("visit_id", id.as_str()), ("version", "1"), ("plan", "Surgeon to look"), ("password", PASSWORD)];
        let signed = medicine.post("/api/clinical/sign", &sign).await;
        assert!(signed.status.is_success(), "{}", signed.body);
        assert_eq!(amounts().await, [20_000, 12_000]);
        app.assert_sound().await;
    })
    .await;
}
