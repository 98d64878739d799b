//! Tests the end of a visit, by a user or by the end of the day: its queue entry, its note and its appointment end with
//! it.

use axum::http::StatusCode;
use chrono::Duration;

use super::{
    TestApp,
    fixture::PASSWORD,
    on_both_engines,
    opd::{arrival, done, entry_of, order, waiting},
};
use crate::{
    appointments::{self, AppointmentState, Booking, Through},
    core::{IdempotencyKey, PatientId, Stamp, UserId},
    opd::{self, CheckIn, Step, Visit},
};

#[tokio::test]
async fn yesterday_s_visits_are_no_part_of_today_s_queue() {
    on_both_engines(|app| async move {
        // 10:30: one patient waits for triage, one for the doctor, one is with the doctor, one must pay. 23:50: one more
        // arrives.
        let patients = app.people(5).await;
        let visits = waiting(&app, &patients[..4]).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let (now, by) = (app.state.clock.now(), UserId::SYSTEM);
        for (visit, step) in [(&visits[1], Step::Doctor), (&visits[2], Step::Doctor), (&visits[3], Step::Cashier)] {
            let (locked, _) = opd::lock_visit(&mut tx, visit.id).await.expect("locked");
            opd::move_on(&mut tx, locked, step, Stamp { by, at: now }).await.expect("moved on");
        }
        let with_doctor = opd::open_entry(&mut tx, visits[2].id).await.expect("an entry").id;
        opd::start(&mut tx, with_doctor, Some(app.fixture.costa), None, Stamp { by, at: now }).await.expect("in the room");
        tx.commit().await.expect("committed");
        app.state.clock.advance(Duration::minutes(13 * 60 + 16));
        waiting(&app, &patients[4..]).await;
        assert_eq!(opd::end_earlier_days(&app.state).await, Ok(0), "it is still that day");

        // 00:10: the patient who arrived at 23:50 still waits, first in the queue; the others' visits have ended.
        app.state.clock.advance(Duration::minutes(20));
        assert_eq!(opd::end_earlier_days(&app.state).await, Ok(4));
        assert_eq!(opd::end_earlier_days(&app.state).await, Ok(0), "once");
        assert_eq!(order(&app, Step::Triage).await, ["A-005"]);
        assert!(order(&app, Step::Doctor).await.is_empty() && order(&app, Step::Cashier).await.is_empty());
        let mut tx = app.state.db.read().await.expect("a connection");
        let mut outcomes = Vec::new();
        for visit in &visits {
            outcomes.push(opd::visit(&mut tx, visit.id).await.expect("a visit").outcome);
        }
        use opd::Outcome::{Done, Left};
        assert_eq!(outcomes, [Some(Left), Some(Left), Some(Done), Some(Done)], "seen by a doctor or not");
        // Noon: the night's visit has ended too, and all patients can come again.
        app.state.clock.advance(Duration::hours(12));
        assert_eq!(opd::end_earlier_days(&app.state).await, Ok(1));
        waiting(&app, &patients).await;
        assert_eq!(order(&app, Step::Triage).await.len(), 5);
        app.assert_sound().await;
    })
    .await;
}

/// Books a time with Dr. Costa today and checks the patient in for it.
async fn comes_booked(app: &TestApp, patient: PatientId, starts_at: &str) -> Visit {
    let (now, by) = (app.state.clock.now(), UserId::SYSTEM);
    let wish = Booking {
        patient,
        doctor: app.fixture.costa,
        service: app.fixture.medicine_north,
        starts_at: starts_at.parse().expect("an instant"),
        reason: String::new(),
        through: Through::Reception,
        key: IdempotencyKey::new(),
        hold: false,
        replaces: None,
        details: appointments::BookingDetails::default(),
    };
    let mut tx = app.state.db.write().await.expect("a transaction");
    let appointment = appointments::book(&mut tx, &wish, Stamp { by, at: now }).await.expect("booked").id;
    appointments::check_in(&mut tx, appointment, Stamp { by, at: now }).await.expect("came");
    let arrival = CheckIn { appointment: Some(appointment), ..arrival(app, patient) };
    let visit = opd::check_in(&mut tx, &arrival, Stamp { by, at: now }).await.expect("checked in");
    tx.commit().await.expect("committed");
    visit
}

async fn appointments_of(app: &TestApp, visits: &[Visit]) -> Vec<AppointmentState> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let mut states = Vec::new();
    for visit in visits {
        let id = visit.appointment_id.expect("an appointment");
        let of_patient = appointments::of_patient(&mut tx, visit.patient_id).await.expect("read");
        states.push(of_patient.iter().find(|one| one.id == id).expect("the patient still sees it").state);
    }
    states
}

#[tokio::test]
async fn a_visit_s_end_is_the_end_of_its_appointment() {
    use AppointmentState::{Cancelled, CheckedIn, Fulfilled};
    on_both_engines(|app| async move {
        let patients = app.people(4).await;
        let mut visits = Vec::new();
        for (patient, at) in patients.iter().zip(["16:00", "16:20", "16:40", "17:00"]) {
            visits.push(comes_booked(&app, *patient, &format!("2026-11-21T{at}:00Z")).await);
        }
        // The first patient leaves, turns out to be still here, and waits again; the second leaves.
        let nurse = app.as_("nurse").await;
        let leaves = async |visit: &Visit| {
            let entry = entry_of(&app, visit.id).await.id.to_string();
            done(&nurse.post("/api/opd/leave", &[("entry", &entry)]).await)
        };
        let left = leaves(&visits[0]).await;
        assert_eq!(appointments_of(&app, &visits[..1]).await, [Cancelled], "the time is free for others");
        done(&nurse.post("/api/opd/undo", &[("entry", &left.entry)]).await);
        assert_eq!(appointments_of(&app, &visits[..1]).await, [CheckedIn]);
        leaves(&visits[1]).await;
        // The third is with the doctor, who writes a note; the fourth too, but without a note.
        let doctor = app.as_("doctor").await;
        for visit in &visits[2..] {
            let entry = entry_of(&app, visit.id).await.id.to_string();
            done(&nurse.post("/api/opd/send_on", &[("entry", &entry)]).await);
            doctor.post("/api/clinical/call", &[("visit_id", &visit.id.to_string())]).await;
        }
        let note = [("visit_id", visits[2].id.to_string()), ("version", "0".to_owned()), ("history", "Cough".to_owned())];
        let note: Vec<_> = note.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(doctor.post("/api/clinical/save_note", &note).await.status, StatusCode::OK);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let with_doctor = opd::open_entry(&mut tx, visits[3].id).await.expect("an entry").id;
        opd::start(&mut tx, with_doctor, Some(app.fixture.costa), None, Stamp::system(app.state.clock.now())).await.expect("in the room");
        tx.commit().await.expect("committed");

        app.state.clock.advance(Duration::hours(24));
        assert_eq!(opd::end_earlier_days(&app.state).await, Ok(3));
        assert_eq!(appointments_of(&app, &visits).await, [Cancelled, Cancelled, Fulfilled, Fulfilled]);
        app.assert_sound().await;
        // A note of the day before can still be signed.
        let sign = [("visit_id", note[0].1), ("version", "1"), ("history", "Cough"), ("password", PASSWORD)];
        let signed = app.as_("doctor").await.post("/api/clinical/sign", &sign).await;
        assert!(signed.status.is_success(), "{}", signed.body);
        app.assert_sound().await;
    })
    .await;
}
