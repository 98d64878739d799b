//! Parts of a note that are held back: from the patient, from those who act for the patient, and from paper.

use axum::http::StatusCode;

use super::{
    TestApp, all_at_once,
    consultation::calls,
    fixture::PASSWORD,
    lab::ok,
    on_both_engines,
    opd::waits_for_doctor,
    orders::sign,
    races_from, records,
    signatures::{broken, signed, summary},
};
use crate::{
    clinical::{self, OutsideReader},
    core::{Error, ExportId, FollowUpId, NoteHoldId, ProblemId},
    db::{Sql, sql},
};

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn a_part_that_is_held_back_is_nowhere_outside() {
    on_both_engines(|app| async move {
        let (doctor, ana) = (app.as_("doctor").await, app.as_("ana").await);
        let visit = signed(&app, &doctor, app.fixture.ana).await;
        let encounter = summary(&app, visit).await.encounter.id.to_string();
        let page = format!("/portal/records/encounters/{encounter}");
        let before = ana.get(&page).await.body;
        assert!(before.contains("<p>Rest<") && before.contains("Called back"), "{before}");
        let hold = |part: &'static str, from: &'static str, reason: &'static str| {
            let (doctor, encounter, key) = (doctor.clone(), encounter.clone(), NoteHoldId::new().to_string());
            async move {
                let form = [("encounter_id", encounter.as_str()), ("key", &key), ("part", part), ("hidden_from", from), ("reason", reason)];
                doctor.post("/api/clinical/hold_note_part", &form).await
            }
        };
        let refused = hold("page", "all", " ").await;
        assert!(matches!(refused.error(), Error::Invalid(errors) if errors.len() == 3), "{}", refused.body);
        assert_eq!(hold("plan", "everybody", "To be explained in person").await.status, StatusCode::OK);
        assert_eq!(hold("plan", "patient", "Again").await.status, StatusCode::CONFLICT, "it is held back already");
        assert_eq!(hold("diagnoses", "patient", "Told next week").await.status, StatusCode::OK);
        assert_eq!(hold("addenda", "guardians", "Told in confidence").await.status, StatusCode::OK);

        let after = ana.get(&page).await.body;
        assert!(!after.contains("<p>Rest<") && after.contains("A part is not shown here"), "{after}");
        assert!(after.contains("Called back"), "held back from others only: {after}");
        let records = ana.get("/portal/records").await.body;
        assert!(!records.contains("bronchitis"), "{records}");
        let paper = doctor.get(&format!("/visits/{visit}/summary")).await.body;
        assert!(!paper.contains(">Rest<") && !paper.contains("Called back"), "a sheet is handed out: {paper}");
        let chart = doctor.get(&format!("/patients/{}/chart", app.fixture.ana)).await.body;
        for words in [">Rest<", "Held back from the portal", "To be explained in person", "Told in confidence"] {
            assert!(chart.contains(words), "{words}: staff reads everything");
        }
        // A person who acts for the patient reads less, and is not told that something is missing.
        let mut tx = app.state.db.read().await.expect("a connection");
        let id = summary(&app, visit).await.encounter.id;
        let seen = clinical::outside_summary(&mut tx, id, OutsideReader::Guardian).await.expect("read");
        assert!(seen.addenda.is_empty() && !seen.is_shortened && seen.holds.is_empty() && !seen.diagnoses.is_empty());
        drop(tx);
        assert_eq!(broken(&app).await, 0, "the signature covers what is stored");

        let released = super::lab::id(&app, sql("SELECT id FROM note_holds WHERE part = 'plan'")).await;
        assert_eq!(
            app.as_("nurse").await.post("/api/clinical/release_note_part", &[("hold_id", &released)]).await.status,
            StatusCode::FORBIDDEN
        );
        assert_eq!(doctor.post("/api/clinical/release_note_part", &[("hold_id", &released)]).await.status, StatusCode::OK);
        assert_eq!(doctor.post("/api/clinical/release_note_part", &[("hold_id", &released)]).await.status, StatusCode::NOT_FOUND);
        assert!(ana.get(&page).await.body.contains("<p>Rest<"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_says_the_same_as_a_held_part_is_held_with_it() {
    on_both_engines(|app| async move {
        let (doctor, ana) = (app.as_("doctor").await, app.as_("ana").await);
        let visit = waits_for_doctor(&app, app.fixture.ana).await;
        calls(&app, &doctor).await;
        let (visit_id, patient) = (visit.to_string(), app.fixture.ana.to_string());
        let plan = [("visit_id", visit_id.as_str()), ("version", "0"), ("goals", "Stop drinking")];
        ok(&doctor.post("/api/clinical/write_plan", &plan).await);
        sign(&doctor, visit).await;
        let key = ProblemId::new().to_string();
        let problem = [("patient_id", patient.as_str()), ("key", &key), ("problem", "Alcohol"), ("status", "active")];
        ok(&doctor.post("/api/clinical/add_problem", &problem).await);
        let (follow_up, service) = (FollowUpId::new().to_string(), app.fixture.medicine_north.to_string());
        let wish = [
            ("patient_id", patient.as_str()),
            ("key", &follow_up),
            ("weeks", "1"),
            ("service", &service),
            ("follow_up_reason", "Talk about drinking"),
        ];
        ok(&doctor.post("/api/rounds/propose_follow_up", &wish).await);
        let copy = ExportId::new().to_string();
        ok(&ana.post("/api/records/own_copy", &[("key", &copy), ("password", PASSWORD)]).await);
        let copy = format!("/portal/copies/{copy}");
        let copied = async || records::text_of(&mut records::file_of(&ana, &copy).await, "record.html");
        let shown = ana.get("/portal/records").await.body;
        assert!(shown.contains("Stop drinking") && shown.contains("Talk about drinking"), "{shown}");
        assert!(copied().await.contains("Alcohol"));

        let encounter = summary(&app, visit).await.encounter.id.to_string();
        for part in ["plan", "diagnoses"] {
            let key = NoteHoldId::new().to_string();
            let form = [
                ("encounter_id", encounter.as_str()),
                ("key", &key),
                ("part", part),
                ("hidden_from", "patient"),
                ("reason", "To be explained"),
            ];
            ok(&doctor.post("/api/clinical/hold_note_part", &form).await);
        }
        let shown = ana.get("/portal/records").await.body;
        assert!(!shown.contains("Stop drinking") && !shown.contains("Talk about drinking"), "{shown}");
        assert!(shown.contains("Your doctor proposes a follow-up"), "the place and the day are shown: {shown}");
        assert!(!copied().await.contains("Alcohol"));
        // Nor does the booked appointment say why.
        let booked = ana.post("/api/rounds/book_own_follow_up", &[("follow_up_id", &follow_up)]).await;
        let page = booked.location.unwrap_or_else(|| panic!("{}: {}", booked.status, booked.body));
        assert!(!ana.get(&page).await.body.contains("Talk about drinking"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_holds() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = signed(&app, &doctor, app.fixture.ana).await;
        let encounter = summary(&app, visit).await.encounter.id;
        let insert = |patient| {
            sql("INSERT INTO note_holds (id, encounter_id, patient_id, part, hidden_from, held_at, held_by) VALUES ($1, $2, $3, 'plan', 'patient', $4, $5)")
                .bind(NoteHoldId::new())
                .bind(encounter)
                .bind(patient)
                .bind(app.state.clock.now())
                .bind(app.fixture.user("doctor"))
        };
        refused_by(&app, "note_holds_same_patient", insert(app.fixture.ben)).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(insert(app.fixture.ana)).await.expect("held back");
        tx.commit().await.expect("committed");
        refused_by(&app, "note_holds_fixed", sql("UPDATE note_holds SET hidden_from = 'guardians'")).await;
        refused_by(&app, "note_holds_fixed", sql("DELETE FROM note_holds")).await;
        let ended = sql("UPDATE note_holds SET ended_at = held_at");
        refused_by(&app, "note_holds_ended", ended).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_who_hold_a_part_back_one_does() {
    let prepare = async |app: &TestApp| {
        let doctor = app.as_("doctor").await;
        let visit = signed(app, &doctor, app.fixture.ana).await;
        (doctor, summary(app, visit).await.encounter.id.to_string())
    };
    races_from(prepare, |app, (doctor, encounter)| async move {
        let times = (0..100).map(|_| {
            let (browser, encounter, key) = (doctor.in_copy(&app), encounter.clone(), NoteHoldId::new().to_string());
            async move {
                let form = [
                    ("encounter_id", encounter.as_str()),
                    ("key", &key),
                    ("part", "plan"),
                    ("hidden_from", "patient"),
                    ("reason", "To be explained"),
                ];
                browser.post("/api/clinical/hold_note_part", &form).await.status
            }
        });
        let answers = all_at_once(times).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}
