//! Tests the outpatient day: tokens, the queue and its races, vital signs, the board, reception.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use chrono::Duration;

use super::{Browser, Fixture, TestApp, all_at_once, on_both_engines, races_on_both_engines};
use crate::{
    core::{Error, IdempotencyKey, PatientId, Stamp, UserId, VisitId},
    opd::{self, CheckIn, Done, Priority, QueueFilter, QueueState, Step, Visit},
};

pub(super) fn arrival(app: &TestApp, patient: PatientId) -> CheckIn {
    CheckIn {
        patient,
        service: app.fixture.medicine_north,
        appointment: None,
        doctor: None,
        priority: Priority::Normal,
        priority_reason: String::new(),
        reason: String::new(),
        key: IdempotencyKey::new(),
    }
}

/// Creates a visit of a patient with a cough who waits for the doctor at general medicine.
pub(super) async fn waits_for_doctor(app: &TestApp, patient: PatientId) -> VisitId {
    let (now, desk) = (app.state.clock.now(), app.fixture.user("desk"));
    let mut tx = app.state.db.write().await.expect("a transaction");
    let arrival = CheckIn { reason: "Cough".to_owned(), ..arrival(app, patient) };
    let visit = opd::check_in(&mut tx, &arrival, Stamp { by: desk, at: now }).await.expect("checked in");
    let (locked, _) = opd::lock_visit(&mut tx, visit.id).await.expect("locked");
    opd::move_on(&mut tx, locked, Step::Doctor, Stamp { by: desk, at: now }).await.expect("moved on");
    tx.commit().await.expect("committed");
    visit.id
}

/// Checks in patients one after the other, a minute apart.
pub(super) async fn waiting(app: &TestApp, patients: &[PatientId]) -> Vec<Visit> {
    let mut visits = Vec::new();
    for patient in patients {
        let mut tx = app.state.db.write().await.expect("a transaction");
        let visit = opd::check_in(&mut tx, &arrival(app, *patient), Stamp::system(app.state.clock.now())).await.expect("checked in");
        tx.commit().await.expect("committed");
        visits.push(visit);
        app.state.clock.advance(Duration::minutes(1));
    }
    visits
}

pub(super) async fn entry_of(app: &TestApp, visit: VisitId) -> opd::Entry {
    let mut tx = app.state.db.read().await.expect("a connection");
    opd::open_entry(&mut tx, visit).await.expect("an open entry")
}

pub(super) async fn order(app: &TestApp, step: Step) -> Vec<String> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let filter = QueueFilter { step: Some(step), ..QueueFilter::default() };
    let rows = opd::queue(&mut tx, app.fixture.north, &filter).await.expect("a queue");
    rows.into_iter().filter(|row| row.state == QueueState::Waiting).map(|row| row.token).collect()
}

/// Returns the entry of the called patient.
async fn called_now(app: &TestApp) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let rows = opd::queue(&mut tx, app.fixture.north, &QueueFilter::default()).await.expect("a queue");
    rows.iter().find(|row| row.state == QueueState::Called).expect("somebody called").entry.to_string()
}

pub(super) fn done(answer: &super::Answer) -> Done {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("what was done")
}

async fn check_in(browser: &Browser, app: &TestApp, patient: PatientId, key: &str) -> super::Answer {
    let (patient, service) = (patient.to_string(), app.fixture.medicine_north.to_string());
    browser.post("/api/reception/check_in", &[("patient", &patient), ("service", &service), ("idempotency_key", key)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_check_ins_at_once_give_tokens_without_gap_or_repeat() {
    races_on_both_engines(|app| async move {
        let patients = app.people(100).await;
        let desk = app.as_("desk").await;
        let answers = all_at_once(patients.into_iter().map(|patient| {
            let (app, desk) = (app.clone(), desk.clone());
            async move {
                let key = Fixture::key();
                // A user who is answered that the hospital is busy sends the form again.
                loop {
                    let answer = check_in(&desk, &app, patient, &key).await.status;
                    if answer != StatusCode::SERVICE_UNAVAILABLE {
                        return answer;
                    }
                }
            }
        }))
        .await;
        assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
        let tokens: BTreeSet<String> = order(&app, Step::Triage).await.into_iter().collect();
        let expected: BTreeSet<String> = (1..=100).map(|number| format!("A-{number:03}")).collect();
        assert_eq!(tokens, expected);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_pressed_fifty_times_is_one_visit() {
    races_on_both_engines(|app| async move {
        let (desk, key) = (app.as_("desk").await, Fixture::key());
        let answers = all_at_once((0..50).map(|_| {
            let (app, desk, key) = (app.clone(), desk.clone(), key.clone());
            async move { check_in(&desk, &app, app.fixture.ben, &key).await }
        }))
        .await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
        let places: BTreeSet<_> = answers.into_iter().map(|answer| answer.location.expect("where to go next")).collect();
        assert_eq!(places.len(), 1);
        assert_eq!(order(&app, Step::Triage).await, ["A-001"]);
        // Another form for the same patient: the patient is already checked in.
        let again = check_in(&desk, &app, app.fixture.ben, &Fixture::key()).await;
        assert!(matches!(again.error(), Error::Conflict(words) if words.contains("A-001")));
        // The same key for another patient.
        let other = check_in(&desk, &app, app.fixture.chloe, &key).await;
        assert_eq!(other.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forty_who_call_at_once_get_twenty_different_patients() {
    races_on_both_engines(|app| async move {
        let patients = app.people(20).await;
        waiting(&app, &patients).await;
        let nurse = app.as_("nurse").await;
        let answers = all_at_once((0..40).map(|_| {
            let nurse = nurse.clone();
            async move { nurse.post("/api/opd/call_next", &[("step", "triage")]).await }
        }))
        .await;
        let called: Vec<_> = answers.iter().map(done).map(|done| done.visit).filter(|visit| !visit.is_empty()).collect();
        let different: BTreeSet<_> = called.iter().collect();
        assert_eq!((called.len(), different.len()), (20, 20));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_acts_on_one_entry_one_is_done_and_the_others_are_told() {
    races_on_both_engines(|app| async move {
        let visit = waiting(&app, &[app.fixture.ben]).await.remove(0);
        let entry = entry_of(&app, visit.id).await.id.to_string();
        let nurse = app.as_("nurse").await;
        let answers = all_at_once((0..20).map(|number| {
            let (nurse, entry) = (nurse.clone(), entry.clone());
            let act = ["/api/opd/call", "/api/opd/leave", "/api/opd/start", "/api/opd/send_on"][number % 4];
            async move { nurse.post(act, &[("entry", &entry)]).await.status }
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| [StatusCode::OK, StatusCode::CONFLICT].contains(status)), "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_is_urgent_goes_first_and_whoever_is_skipped_waits_behind_those_who_wait_then() {
    on_both_engines(|app| async move {
        let patients = app.people(4).await;
        let visits = waiting(&app, &patients[..3]).await;
        let mut urgent = arrival(&app, patients[3]);
        (urgent.priority, urgent.priority_reason) = (Priority::Emergency, "chest pain".to_owned());
        let mut tx = app.state.db.write().await.expect("a transaction");
        opd::check_in(&mut tx, &urgent, Stamp::system(app.state.clock.now())).await.expect("checked in");
        tx.commit().await.expect("committed");
        assert_eq!(order(&app, Step::Triage).await, ["A-004", "A-001", "A-002", "A-003"]);

        let nurse = app.as_("nurse").await;
        let entry = entry_of(&app, visits[0].id).await.id.to_string();
        let called = done(&nurse.post("/api/opd/call", &[("entry", &entry)]).await);
        let skipped = done(&nurse.post("/api/opd/skip", &[("entry", &called.entry)]).await);
        assert_eq!(order(&app, Step::Triage).await, ["A-004", "A-002", "A-003", "A-001"]);
        // Patients who arrive later are behind the skipped one.
        app.state.clock.advance(Duration::minutes(1));
        waiting(&app, &[app.fixture.chloe]).await;
        assert_eq!(order(&app, Step::Triage).await, ["A-004", "A-002", "A-003", "A-001", "A-005"]);
        // More than half a minute has passed: undoing is refused.
        assert_eq!(nurse.post("/api/opd/undo", &[("entry", &skipped.entry)]).await.status, StatusCode::CONFLICT);
        // A skipped emergency patient also lets the others go first.
        done(&nurse.post("/api/opd/call_next", &[("step", "triage")]).await);
        let emergency = called_now(&app).await;
        done(&nurse.post("/api/opd/skip", &[("entry", &emergency)]).await);
        assert_eq!(order(&app, Step::Triage).await, ["A-002", "A-003", "A-001", "A-005", "A-004"]);
        let waited = entry_of(&app, visits[0].id).await;
        assert_eq!(waited.waiting_since, visits[0].arrived_at, "the wait counts from the arrival");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn each_act_can_be_taken_back() {
    on_both_engines(|app| async move {
        let visit = waiting(&app, &[app.fixture.ben]).await.remove(0);
        let nurse = app.as_("nurse").await;
        for act in ["call", "start", "leave", "send_on"] {
            let before = entry_of(&app, visit.id).await;
            let acted = done(&nurse.post(&format!("/api/opd/{act}"), &[("entry", &before.id.to_string())]).await);
            let undone = done(&nurse.post("/api/opd/undo", &[("entry", &acted.entry)]).await);
            let after = entry_of(&app, visit.id).await;
            assert_eq!(after.id.to_string(), undone.entry, "{act}");
            assert_eq!(
                (after.step, after.state, after.doctor_id, after.service_point_id, after.waiting_since),
                (before.step, before.state, before.doctor_id, before.service_point_id, before.waiting_since),
                "{act}"
            );
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_check_in_taken_back_frees_the_appointment_and_keeps_the_number() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let answer = check_in(&desk, &app, app.fixture.ana, &Fixture::key()).await;
        let visit = answer.location.expect("where to go").rsplit_once('=').expect("a visit").1.to_owned();
        assert_eq!(desk.post("/api/reception/undo_check_in", &[("visit", &visit)]).await.status, StatusCode::OK);
        assert!(order(&app, Step::Triage).await.is_empty());
        check_in(&desk, &app, app.fixture.ana, &Fixture::key()).await;
        assert_eq!(order(&app, Step::Triage).await, ["A-002"], "a number that was printed is not given again");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_patient_sees_her_place_and_the_board_shows_no_name() {
    on_both_engines(|app| async move {
        waiting(&app, &[app.fixture.ben, app.fixture.ana]).await;
        let (ana, nurse, stranger) = (app.as_("ana").await, app.as_("nurse").await, app.browser());
        let place = ana.get("/portal/places/live").await.body;
        assert!(place.contains("A-002") && place.contains("1 before you"), "{place}");

        let point = app.fixture.room_1.to_string();
        nurse.post("/api/opd/choose_point", &[("point", &point)]).await;
        for _ in 0..2 {
            nurse.post("/api/opd/call_next", &[("step", "triage")]).await;
            app.state.clock.advance(Duration::seconds(40));
        }
        let place = ana.get("/portal/places/live").await.body;
        assert!(place.contains("Room 1"), "{place}");
        let board = stranger.get("/board/north").await;
        assert_eq!(board.status, StatusCode::OK);
        assert!(board.body.contains("A-002") && board.body.contains("Room 1"), "{}", board.body);
        for name in ["Núñez", "Adams", "Ana", "Ben"] {
            assert!(!board.body.contains(name), "{name} is on the board");
        }
        let part = stranger.get("/board/NORTH/live").await.body;
        assert!(part.contains("A-002") && !part.contains("Adams") && !part.contains("<html"), "{part}");
        for path in ["/board/nowhere", "/board/nowhere/live"] {
            assert_eq!(stranger.get(path).await.status, StatusCode::NOT_FOUND);
        }
    })
    .await;
}

/// The nurse and the cashier call any waiting patient, a doctor only those of the service.
#[tokio::test]
async fn before_triage_whoever_waits_in_any_service_is_before() {
    on_both_engines(|app| async move {
        let (now, desk) = (app.state.clock.now(), app.fixture.user("desk"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        let elsewhere = CheckIn { service: app.fixture.surgery_north, ..arrival(&app, app.fixture.ben) };
        let bens = opd::check_in(&mut tx, &elsewhere, Stamp { by: desk, at: now }).await.expect("checked in").id;
        tx.commit().await.expect("committed");
        app.state.clock.advance(Duration::minutes(1));
        let anas = waiting(&app, &[app.fixture.ana]).await[0].id;
        let ana = app.as_("ana").await;
        let before = async |count: &str| {
            let place = ana.get("/portal/places/live").await.body;
            assert!(place.contains(count), "{count}: {place}");
        };
        before("1 before you").await;
        for visit in [bens, anas] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let (locked, _) = opd::lock_visit(&mut tx, visit).await.expect("locked");
            opd::move_on(&mut tx, locked, Step::Doctor, Stamp { by: desk, at: app.state.clock.now() }).await.expect("moved on");
            tx.commit().await.expect("committed");
        }
        before("next").await;
    })
    .await;
}

#[tokio::test]
async fn vital_signs_are_checked_scored_and_shown_as_text() {
    on_both_engines(|app| async move {
        let visit = waiting(&app, &[app.fixture.ben]).await.remove(0);
        let (id, page) = (visit.id.to_string(), format!("/visits/{}/vitals", visit.id));
        let nurse = app.as_("nurse").await;
        let hostile = "</textarea><script>alert(1)</script>";
        let wrong = [("visit", id.as_str()), ("temperature", "372"), ("pulse", "fast"), ("note", hostile)];
        let answer = nurse.submit(&page, "/api/opd/record_vitals", &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(r#"value="372""#) && answer.body.contains("Between 25.0 and 45.0"), "{}", answer.body);
        assert!(!answer.body.contains("<script>alert"), "text, not a script");

        let right = [
            ("visit", id.as_str()),
            ("temperature", "39,2"),
            ("pulse", "112"),
            ("respiration", "22"),
            ("systolic", "100"),
            ("diastolic", "60"),
            ("spo2", "93"),
            ("consciousness", "alert"),
            ("note", hostile),
        ];
        let answer = nurse.submit(&page, "/api/opd/record_vitals", &right).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let next = answer.location.expect("where the score is answered");
        assert!(next.starts_with(&format!("{page}?done=vitals_sent_on")), "{next}");
        assert_eq!(entry_of(&app, visit.id).await.step, Step::Doctor);
        let after = nurse.get(&next).await.body;
        assert!(after.contains("A-001 now waits for the doctor"), "the page says what was done");

        let shown = nurse.get(&page).await.body;
        assert!(shown.contains("&lt;script&gt;alert(1)") && !shown.contains("<script>alert"), "text, not a script");
        // Respiration 2, saturation 2, pressure 2, pulse 2, temperature 2.
        assert!(shown.contains("NEWS2 10") && shown.contains("High risk"), "the score of the chart");
        assert!(shown.contains("Pulse 112 /min, high"), "what is unusual is flagged");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_weight_far_from_the_last_one_is_asked_about_once() {
    on_both_engines(|app| async move {
        let visit = waiting(&app, &[app.fixture.ben]).await.remove(0);
        let (id, page) = (visit.id.to_string(), format!("/visits/{}/vitals", visit.id));
        let nurse = app.as_("nurse").await;
        let weigh = async |weight, height, sure| {
            let form = [("visit", id.as_str()), ("weight", weight), ("height", height), ("sure", sure)];
            nurse.submit(&page, "/api/opd/record_vitals", &form).await
        };
        assert_eq!(weigh("68", "172", "").await.status, StatusCode::SEE_OTHER, "there is no last one");
        assert_eq!(weigh("80", "", "").await.status, StatusCode::SEE_OTHER, "that may be");
        let asked = weigh("8.0", "127", "").await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(asked.body.contains("Last time it was 80.0 kg. If 8.0 kg is right"), "{}", asked.body);
        assert!(
            asked.body.contains("Last time it was 172.0 cm") && asked.body.contains(r#"value="weight=8000 height=1270""#),
            "{}",
            asked.body
        );
        let other = weigh("8.1", "127", "weight=8000 height=1270").await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "the tick was for other values");
        assert_eq!(weigh("8.0", "127", "weight=8000 height=1270").await.status, StatusCode::SEE_OTHER);
        let mut tx = app.state.db.read().await.expect("a connection");
        let weights: Vec<_> =
            opd::vitals_of(&mut tx, app.fixture.ben, None, 5).await.expect("sets").iter().map(|set| set.signs.weight).collect();
        assert_eq!(weights, [Some(8000), Some(80_000), Some(68_000)]);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_set_is_marked_with_its_reason_and_stays() {
    on_both_engines(|app| async move {
        let visit = waiting(&app, &[app.fixture.ben]).await.remove(0);
        let nurse = app.as_("nurse").await;
        nurse.post("/api/opd/record_vitals", &[("visit", &visit.id.to_string()), ("pulse", "72")]).await;
        let mut tx = app.state.db.read().await.expect("a connection");
        let set = opd::vitals_of(&mut tx, app.fixture.ben, None, 5).await.expect("sets").remove(0);
        let id = set.id.to_string();
        assert!(
            matches!(nurse.post("/api/opd/vitals_in_error", &[("vitals", &id)]).await.error(), Error::Invalid(_)),
            "a reason is wanted"
        );
        let marked = nurse.post("/api/opd/vitals_in_error", &[("vitals", &id), ("reason", "other patient")]).await;
        assert_eq!(marked.status, StatusCode::OK);
        assert!(opd::vitals_of(&mut tx, app.fixture.ben, None, 5).await.expect("sets").is_empty());
        let kept = opd::vitals_of_visit(&mut tx, visit.id).await.expect("sets");
        assert_eq!(kept[0].entered_in_error.as_ref().map(|(_, reason)| reason.as_str()), Some("other patient"));
        let again = nurse.post("/api/opd/vitals_in_error", &[("vitals", &id), ("reason", "twice")]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn what_belongs_to_another_clinic_is_not_there() {
    on_both_engines(|app| async move {
        let visit = waiting(&app, &[app.fixture.ben]).await.remove(0);
        let entry = entry_of(&app, visit.id).await.id.to_string();
        let south = app.as_("desk2").await;
        for act in ["call", "start", "leave", "skip", "undo", "back_to_waiting", "send_on", "call_again"] {
            let answer = south.post(&format!("/api/opd/{act}"), &[("entry", &entry)]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
        }
        assert_eq!(south.post("/api/reception/undo_check_in", &[("visit", &visit.id.to_string())]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(check_in(&south, &app, app.fixture.chloe, &Fixture::key()).await.status, StatusCode::FORBIDDEN, "not in her care");
        assert_eq!(check_in(&south, &app, app.fixture.dora, &Fixture::key()).await.status, StatusCode::NOT_FOUND, "not her queue");
        let nurse = app.as_("nurse").await;
        let other = app.fixture.medicine_south.to_string();
        assert_eq!(nurse.post("/api/opd/transfer", &[("entry", &entry), ("service", &other)]).await.status, StatusCode::NOT_FOUND);
        let nowhere = nurse.post("/api/opd/transfer", &[("entry", &entry), ("service", "")]).await.error();
        assert!(matches!(&nowhere, Error::Invalid(errors) if errors[0].field == "service"), "{nowhere:?}");
        let surgery = app.fixture.surgery_north.to_string();
        assert_eq!(nurse.post("/api/opd/transfer", &[("entry", &entry), ("service", &surgery)]).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_desk_works_with_scripts_off() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let found = desk.get("/reception?find=nunez").await;
        assert!(found.body.contains("Núñez, Ana María"), "{}", found.body);
        let patient = app.fixture.ana.to_string();
        let page = format!("/reception?patient={patient}");
        let key = Fixture::key();
        let refused = desk
            .submit(
                &page,
                "/api/reception/check_in",
                &[("patient", &patient), ("idempotency_key", &key), ("priority", "emergency"), ("reason", "<b>pain")],
            )
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("&lt;b&gt;pain") && refused.body.contains("Say why this patient"), "{}", refused.body);
        let service = app.fixture.medicine_north.to_string();
        let done =
            desk.submit(&page, "/api/reception/check_in", &[("patient", &patient), ("idempotency_key", &key), ("service", &service)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        let next = desk.get(&done.location.expect("where to go")).await.body;
        assert!(next.contains("Núñez, Ana María has token A-001") && next.contains("/api/reception/undo_check_in"), "{next}");
    })
    .await;
}
