//! Tests the consultation through the whole program: call, note, diagnosis, prescription, signature, and the actions
//! that must be refused.

use axum::http::StatusCode;
use serde_json::Value;

use super::{
    Browser, Fixture, TestApp, all_at_once,
    fixture::PASSWORD,
    on_both_engines,
    opd::{entry_of, waits_for_doctor},
    prescribing::said,
    races_on_both_engines,
};
use crate::{
    clinical::{self, EncounterState, NoteState, PrescriptionState},
    core::{Error, Stamp, VisitId, time::Zone},
    opd::{self, QueueState, Step},
};

/// The doctor calls the next patient.
pub(super) async fn calls(app: &TestApp, doctor: &Browser) {
    let service = app.fixture.medicine_north.to_string();
    let answer = doctor.post("/api/clinical/call_next", &[("service", &service)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

pub(super) async fn saves(doctor: &Browser, visit: &str, version: &str, history: &str) -> super::Answer {
    doctor.post("/api/clinical/save_note", &[("visit_id", visit), ("version", version), ("history", history)]).await
}

#[tokio::test]
async fn a_consultation_from_the_call_to_the_signature() {
    on_both_engines(|app| async move {
        let ana = app.fixture.ana;
        let visit = waits_for_doctor(&app, ana).await;
        let id = visit.to_string();
        let doctor = app.as_("doctor").await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let query = crate::db::sql("UPDATE staff SET licence_number = 'MED-77' WHERE id = ").push_bind(app.fixture.costa);
        tx.execute(query).await.expect("a licence");
        tx.commit().await.expect("committed");

        // No note can be written before the call.
        assert_eq!(saves(&doctor, &id, "0", "x").await.status, StatusCode::CONFLICT);
        assert_eq!(doctor.get(&format!("/consultation/{id}")).await.status, StatusCode::OK);
        calls(&app, &doctor).await;

        // A call alone creates no encounter; the first saved text does.
        let mut tx = app.state.db.read().await.expect("a connection");
        assert!(clinical::visit_summary(&mut tx, visit).await.expect("read").is_none());
        drop(tx);
        let saved: Value = serde_json::from_str(&saves(&doctor, &id, "0", "Cough for a week").await.body).expect("JSON");
        assert_eq!(saved["version"], 1);

        let code = [("visit_id", id.as_str()), ("diagnosis", "e119"), ("certainty", "confirmed")];
        assert_eq!(doctor.post("/api/clinical/add_diagnosis", &code).await.status, StatusCode::OK);
        let again = doctor.post("/api/clinical/add_diagnosis", &code).await;
        assert!(matches!(again.error(), Error::Invalid(errors) if errors[0].field == "diagnosis"));
        let second = [("visit_id", id.as_str()), ("diagnosis_id", "I10"), ("certainty", "provisional")];
        let sheet: Value = serde_json::from_str(&doctor.post("/api/clinical/add_diagnosis", &second).await.body).expect("JSON");
        assert_eq!((&sheet["diagnoses"][0]["code"], &sheet["diagnoses"][1]["primary"]), (&Value::from("E11.9"), &Value::from(false)));
        let hypertension = sheet["diagnoses"][1]["id"].as_str().expect("an id").to_owned();
        let first = [("visit_id", id.as_str()), ("diagnosis_id", hypertension.as_str())];
        let sheet: Value = serde_json::from_str(&doctor.post("/api/clinical/primary_diagnosis", &first).await.body).expect("JSON");
        assert_eq!((&sheet["diagnoses"][0]["code"], &sheet["diagnoses"][0]["primary"]), (&Value::from("I10"), &Value::from(true)));
        // When the primary diagnosis is removed, the other one becomes primary.
        let sheet: Value = serde_json::from_str(&doctor.post("/api/clinical/remove_diagnosis", &first).await.body).expect("JSON");
        assert_eq!((&sheet["diagnoses"][0]["code"], &sheet["diagnoses"][0]["primary"]), (&Value::from("E11.9"), &Value::from(true)));

        let medicine = [
            ("visit_id", id.as_str()),
            ("drug", "Metformin 500 MG"),
            ("dose", "1 tablet"),
            ("route", "oral"),
            ("frequency", "twice a day"),
            ("days", "90"),
        ];
        assert_eq!(doctor.post("/api/clinical/prescribe", &medicine).await.status, StatusCode::OK);

        let text = [
            ("visit_id", id.as_str()),
            ("version", "1"),
            ("history", "Cough for a week"),
            ("plan", "Rest\r\nand tea"),
            ("password", PASSWORD),
        ];
        let stale = [("visit_id", id.as_str()), ("version", "0"), ("history", "Older"), ("password", PASSWORD)];
        assert_eq!(doctor.post("/api/clinical/sign", &stale).await.status, StatusCode::CONFLICT);
        let answer = doctor.submit(&format!("/consultation/{id}"), "/api/clinical/sign", &text).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let to = answer.location.expect("an address");
        let toast = doctor.get(&to).await.body;
        let sheet =
            toast.split("href=\"/prescriptions/print/").nth(1).and_then(|rest| rest.get(..36)).expect("the prescription").to_owned();
        let sheet = doctor.get(&format!("/prescriptions/print/{sheet}")).await.body;
        for fact in ["Licence MED-77", "Female", "No known allergies"] {
            assert!(sheet.contains(fact), "a pharmacy asks for it: {fact}");
        }
        for paper in [format!("/visits/{id}/summary"), "/prescriptions/print/".to_owned()] {
            assert!(toast.contains("toast__undo") && toast.contains(&paper), "{to}: what is printed next is at hand");
        }
        // Sending it twice gives the same result.
        assert_eq!(doctor.post("/api/clinical/sign", &text).await.status, StatusCode::OK);

        let mut tx = app.state.db.read().await.expect("a connection");
        let summary = clinical::visit_summary(&mut tx, visit).await.expect("read").expect("an encounter");
        let note = summary.note.clone().expect("a note");
        assert_eq!((summary.encounter.state, note.state), (EncounterState::Finished, NoteState::Signed));
        assert!(note.is_genuine());
        assert_eq!(note.text.plan, "Rest\nand tea");
        assert_eq!(summary.prescriptions[0].state, PrescriptionState::Active);
        let entry = opd::open_entry(&mut tx, visit).await.expect("still here");
        assert_eq!((entry.step, entry.state), (Step::Cashier, QueueState::Waiting));
        let charges = tx.count(crate::db::sql("SELECT count(*) FROM charges WHERE patient_id = $1").bind(ana)).await.expect("counted");
        assert_eq!(charges, 1);
        drop(tx);

        // The note cannot be changed any more; later text is an addendum.
        assert_eq!(saves(&doctor, &id, "2", "changed").await.status, StatusCode::CONFLICT);
        let encounter = summary.encounter.id.to_string();
        let key = Fixture::key();
        let add = async |body: &str| {
            let form = [("encounter_id", encounter.as_str()), ("key", &key), ("body", body), ("password", PASSWORD)];
            doctor.post("/api/clinical/add_addendum", &form).await
        };
        let empty = add(" ").await;
        assert!(matches!(empty.error(), Error::Invalid(errors) if errors[0].field == "body"));
        let added = add("Called back: better.").await;
        assert_eq!(added.status, StatusCode::OK);
        for page in [format!("/consultation/{id}"), format!("/patients/{ana}/chart"), format!("/visits/{id}/summary")] {
            let answer = doctor.get(&page).await;
            assert_eq!(answer.status, StatusCode::OK, "{page}");
            assert!(answer.body.contains("Called back: better.") && answer.body.contains("E11.9"), "{page}");
        }
        assert!(doctor.get(&format!("/prescriptions/print/{encounter}")).await.body.contains("Metformin 500 MG"));

        // After the signature, stopping a prescription needs a reason.
        let prescription = summary.prescriptions[0].id.to_string();
        let silent = doctor.post("/api/clinical/stop_prescription", &[("prescription_id", &prescription)]).await;
        assert!(matches!(silent.error(), Error::Invalid(errors) if errors[0].field == "reason"));
        let stopped = doctor.post("/api/clinical/stop_prescription", &[("prescription_id", &prescription), ("reason", "Nausea")]).await;
        assert_eq!(stopped.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_queue_beside_the_note_is_rendered_by_the_server() {
    on_both_engines(|app| async move {
        let first = waits_for_doctor(&app, app.fixture.ana).await;
        let second = waits_for_doctor(&app, app.fixture.ben).await;
        let doctor = app.as_("doctor").await;
        calls(&app, &doctor).await;
        let page = doctor.get(&format!("/consultation/{first}")).await.body;
        let from = format!("/consultation/{first}/queue");
        assert!(page.contains(&format!("data-from=\"{from}\"")), "it is shown again after a change");
        assert!(!page.contains("LiveQueue"), "the page loads no island for it");
        // A call from a row opens the consultation of that patient.
        let part = doctor.get(&from).await.body;
        for words in
            ["action=\"/api/opd/call\"".to_owned(), format!("value=\"/consultation/{second}\""), format!("value=\"/consultation/{first}\"")]
        {
            assert!(part.contains(&words), "{words}: {part}");
        }
        let entry = entry_of(&app, second).await.id.to_string();
        let left = doctor.post("/api/opd/leave", &[("entry", &entry), ("back", &format!("/consultation/{first}"))]).await;
        assert_eq!(left.status, StatusCode::OK, "{}", left.body);
        assert!(!doctor.get(&from).await.body.contains(&format!("value=\"/consultation/{second}\"")));
        // It needs the right to write notes.
        assert_eq!(app.as_("nurse").await.get(&from).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn markup_in_a_note_is_text() {
    on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ana).await.to_string();
        let doctor = app.as_("doctor").await;
        calls(&app, &doctor).await;
        let evil = "</textarea><script>alert(1)</script>";
        assert_eq!(saves(&doctor, &visit, "0", evil).await.status, StatusCode::OK);
        let page = format!("/consultation/{visit}");
        assert!(!doctor.get(&page).await.body.contains("<script>alert"));
        // A refused form shows it again as text too.
        let form = [("visit_id", visit.as_str()), ("version", "0"), ("history", evil), ("plan", evil)];
        let answer = doctor.submit(&page, "/api/clinical/save_note", &form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.body.contains("&lt;/textarea&gt;") && !answer.body.contains("<script>alert"));
        for (field, action) in [("diagnosis", "add_diagnosis"), ("drug", "prescribe"), ("instructions", "prescribe")] {
            let answer = doctor.submit(&page, &format!("/api/clinical/{action}"), &[("visit_id", &visit), (field, evil)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
            assert!(!answer.body.contains("<script>alert"), "{field}");
        }
        let sign = [("visit_id", visit.as_str()), ("version", "1"), ("history", evil), ("password", PASSWORD)];
        assert_eq!(doctor.post("/api/clinical/sign", &sign).await.status, StatusCode::OK);
        for page in [page, format!("/patients/{}/chart", app.fixture.ana), format!("/visits/{visit}/summary")] {
            assert!(!doctor.get(&page).await.body.contains("<script>alert"), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_allergy_needs_a_reason_and_keeps_it() {
    on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ana).await;
        let id = visit.to_string();
        let doctor = app.as_("doctor").await;
        let (patient, now, by) = (app.fixture.ana, app.state.clock.now(), app.fixture.user("doctor"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        let query = crate::db::sql("INSERT INTO allergies (id, patient_id, substance, category, criticality, clinical_status, verification, recorded_at, recorded_by)
            VALUES ($1, $2, 'Penicillin', 'medication', 'high', 'active', 'confirmed', $3, $4)")
            .bind(crate::core::AllergyId::new()).bind(patient).bind(now).bind(by);
        tx.execute(query).await.expect("an allergy");
        tx.commit().await.expect("committed");
        calls(&app, &doctor).await;
        let seen = std::cell::RefCell::new(String::new());
        let form = |drug: &'static str, reason: &'static str| {
            vec![("visit_id", id.clone()), ("drug", drug.to_owned()), ("dose", "1 tablet".to_owned()), ("route", "oral".to_owned()),
                ("frequency", "3 times a day".to_owned()), ("override_reason", reason.to_owned()), ("seen", seen.borrow().clone())]
        };
        let prescribe = async |drug, reason| {
            let form = form(drug, reason);
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            doctor.post("/api/clinical/prescribe", &form).await
        };
        let refused = prescribe("Penicilina V 250 mg", "").await;
        assert!(matches!(refused.error(), Error::Invalid(errors) if errors[0].field == "override_reason" && errors[0].message.contains("Penicillin")));
        *seen.borrow_mut() = said(&refused, "seen");
        assert_eq!(prescribe("Penicilina V 250 mg", "Tolerated since, tested in May").await.status, StatusCode::OK);
        // The same form sent twice prescribes once; a second prescription gets both warnings.
        assert_eq!(prescribe("Penicilina V 250 mg", "Tolerated since, tested in May").await.status, StatusCode::OK);
        let both = prescribe("Penicilina V 500 mg", "").await;
        assert!(
            matches!(both.error(), Error::Invalid(errors) if errors[0].message.contains("allergic to Penicillin") && errors[0].message.contains("prescribed already")),
            "{}",
            both.body
        );
        // The same medicine twice also gets a warning.
        assert_eq!(prescribe("Paracetamol 500 mg", "").await.status, StatusCode::OK);
        let twice = prescribe("Paracetamol 1 g", "").await;
        assert!(matches!(twice.error(), Error::Invalid(errors) if errors[0].field == "override_reason"));
        let mut tx = app.state.db.read().await.expect("a connection");
        let summary = clinical::visit_summary(&mut tx, visit).await.expect("read").expect("an encounter");
        assert_eq!(summary.prescriptions.iter().map(|one| one.override_reason.as_str()).collect::<Vec<_>>(), ["Tolerated since, tested in May", ""]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_prescribe_the_same_at_once_it_is_there_once() {
    races_on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ana).await;
        let id = visit.to_string();
        let doctor = app.as_("doctor").await;
        calls(&app, &doctor).await;
        let prescribed = all_at_once((0..20).map(|_| {
            let (doctor, id) = (doctor.clone(), id.clone());
            async move {
                let form = [("visit_id", id.as_str()), ("drug", "Ibuprofen 400 mg"), ("dose", "1 tablet"), ("route", "oral")];
                let form = [&form[..], &[("frequency", "3 times a day"), ("override_reason", "known")]].concat();
                doctor.post("/api/clinical/prescribe", &form).await.status
            }
        }))
        .await;
        assert!(prescribed.iter().all(|status| *status == StatusCode::OK), "{prescribed:?}");
        let mut tx = app.state.db.read().await.expect("a connection");
        let summary = clinical::visit_summary(&mut tx, visit).await.expect("read").expect("an encounter");
        assert_eq!(summary.prescriptions.len(), 1);
        let noted = crate::db::sql("SELECT count(*) FROM audit_log WHERE action = 'create' AND what LIKE 'prescription%'");
        assert_eq!(tx.count(noted).await.expect("counted"), 1, "and audited once");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

/// The prescribing doctor opened the page before the nurse recorded the allergy.
#[tokio::test]
async fn an_allergy_that_is_recorded_meanwhile_comes_to_the_open_page() {
    on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ana).await.to_string();
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        calls(&app, &doctor).await;
        let fresh = async || -> String { doctor.post("/api/clinical/worksheet", &[("visit_id", &visit)]).await.body };
        assert!(!fresh().await.contains("Latex"));
        let patient = app.fixture.ana.to_string();
        let latex = [("patient_id", patient.as_str()), ("substance", "Latex <b>"), ("category", "environment"), ("criticality", "high")];
        let key = Fixture::key();
        let latex = [&latex[..], &[("severity", "severe"), ("key", &key)]].concat();
        let answer = nurse.post("/api/patients/add_allergy", &latex).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let sheet: Value = serde_json::from_str(&fresh().await).expect("JSON");
        for (place, html) in [(0, ".patient__flags"), (1, "#glance-allergies")] {
            assert_eq!(sheet["fresh"][place][0], html);
            let html = sheet["fresh"][place][1].as_str().expect("HTML");
            assert!(html.contains("Latex &lt;b&gt;") && !html.contains("<b>"), "{html}");
        }
        let page = doctor.get(&format!("/consultation/{visit}")).await.body;
        assert!(page.contains("class=\"patient__flags\"") && page.contains("id=\"glance-allergies\""), "there is where they go");
    })
    .await;
}

#[tokio::test]
async fn what_ran_out_is_repeated_with_one_press_and_the_old_one_ends() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let first = waits_for_doctor(&app, app.fixture.ana).await;
        let id = first.to_string();
        calls(&app, &doctor).await;
        let medicine = [
            ("visit_id", id.as_str()),
            ("drug", "Amlodipine"),
            ("dose", "10 mg"),
            ("route", "oral"),
            ("frequency", "once a day"),
            ("days", "30"),
        ];
        assert_eq!(doctor.post("/api/clinical/prescribe", &medicine).await.status, StatusCode::OK);
        let sign = [
            ("visit_id", id.as_str()),
            ("version", "0"),
            ("history", "Blood pressure"),
            ("plan", "Again in a month"),
            ("password", PASSWORD),
        ];
        let signed = doctor.post("/api/clinical/sign", &sign).await;
        assert!(signed.status.is_success(), "{}", signed.body);
        leaves(&app, first).await;

        // More than a month later the tablets are used up.
        app.state.clock.advance(chrono::Duration::days(40));
        let doctor = app.as_("doctor").await;
        let second = waits_for_doctor(&app, app.fixture.ana).await;
        let id = second.to_string();
        calls(&app, &doctor).await;
        let sheet: Value = serde_json::from_str(&doctor.post("/api/clinical/worksheet", &[("visit_id", &id)]).await.body).expect("JSON");
        let old = sheet["repeatable"][0]["id"].as_str().expect("an id").to_owned();
        let repeat = [("visit_id", id.as_str()), ("prescription_id", old.as_str())];
        let sheet: Value = serde_json::from_str(&doctor.post("/api/clinical/repeat_prescription", &repeat).await.body).expect("JSON");
        assert_eq!(sheet["prescriptions"][0]["sentence"], "10 mg, by mouth, once a day, for 30 days");
        assert_eq!(sheet["repeatable"], Value::Array(Vec::new()), "once is enough");
        let again: Value = serde_json::from_str(&doctor.post("/api/clinical/repeat_prescription", &repeat).await.body).expect("JSON");
        assert_eq!(again["prescriptions"], sheet["prescriptions"], "pressed twice, prescribed once");
        let sign = [("visit_id", id.as_str()), ("version", "0"), ("plan", "The same"), ("password", PASSWORD)];
        assert!(doctor.post("/api/clinical/sign", &sign).await.status.is_success());
        let mut tx = app.state.db.read().await.expect("a connection");
        let states = async |tx: &mut crate::db::Tx, visit| {
            let summary = clinical::visit_summary(tx, visit).await.expect("read").expect("an encounter");
            summary.prescriptions.into_iter().map(|one| one.state).collect::<Vec<_>>()
        };
        assert_eq!(states(&mut tx, first).await, [PrescriptionState::Completed]);
        assert_eq!(states(&mut tx, second).await, [PrescriptionState::Active]);
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

/// Ends the visit.
pub(super) async fn leaves(app: &TestApp, visit: VisitId) {
    let (now, desk) = (app.state.clock.now(), app.fixture.user("desk"));
    let mut tx = app.state.db.write().await.expect("a transaction");
    let entry = opd::open_entry(&mut tx, visit).await.expect("an entry");
    opd::pay_later(&mut tx, entry.id, Stamp { by: desk, at: now }).await.expect("pays later");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn two_pens_are_never_in_one_note() {
    on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ana).await.to_string();
        let other = waits_for_doctor(&app, app.fixture.ben).await.to_string();
        let (costa, ruiz) = (app.as_("doctor").await, app.as_("doctor2").await);
        calls(&app, &costa).await;
        calls(&app, &costa).await;
        assert_eq!(saves(&costa, &visit, "0", "Mine").await.status, StatusCode::OK);
        assert_eq!(saves(&costa, &other, "0", "Another").await.status, StatusCode::OK);
        assert_eq!(saves(&ruiz, &visit, "1", "Also mine").await.status, StatusCode::CONFLICT);
        assert_eq!(ruiz.post("/api/clinical/take_over", &[("visit_id", &visit)]).await.status, StatusCode::OK);
        assert_eq!(saves(&ruiz, &visit, "1", "Now mine").await.status, StatusCode::OK);
        assert_eq!(saves(&costa, &visit, "2", "Still mine?").await.status, StatusCode::CONFLICT);

        // A diagnosis of one visit cannot be changed through another visit.
        let code = [("visit_id", visit.as_str()), ("diagnosis", "I10"), ("certainty", "confirmed")];
        let sheet: Value = serde_json::from_str(&ruiz.post("/api/clinical/add_diagnosis", &code).await.body).expect("JSON");
        let diagnosis = sheet["diagnoses"][0]["id"].as_str().expect("an id").to_owned();
        let crossed = [("visit_id", other.as_str()), ("diagnosis_id", diagnosis.as_str())];
        assert_eq!(costa.post("/api/clinical/remove_diagnosis", &crossed).await.status, StatusCode::NOT_FOUND);
        assert_eq!(costa.post("/api/clinical/primary_diagnosis", &crossed).await.status, StatusCode::NOT_FOUND);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_saves_and_signatures_at_once_one_counts() {
    races_on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ana).await;
        let id = visit.to_string();
        let doctor = app.as_("doctor").await;
        calls(&app, &doctor).await;
        let statuses = all_at_once((0..20).map(|number| {
            let (doctor, id) = (doctor.clone(), id.clone());
            async move { saves(&doctor, &id, "0", &format!("Text {number}")).await.status }
        }))
        .await;
        let count = |status: StatusCode| statuses.iter().filter(|one| **one == status).count();
        assert_eq!((count(StatusCode::OK), count(StatusCode::CONFLICT)), (1, 19), "{statuses:?}");

        let statuses = all_at_once((0..20).map(|number| {
            let (doctor, id) = (doctor.clone(), id.clone());
            async move {
                let text = format!("Signed {number}");
                let form = [("visit_id", id.as_str()), ("version", "1"), ("history", &text), ("password", PASSWORD)];
                doctor.post("/api/clinical/sign", &form).await.status
            }
        }))
        .await;
        assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
        let mut tx = app.state.db.read().await.expect("a connection");
        let charges = tx.count(crate::db::sql("SELECT count(*) FROM charges")).await.expect("counted");
        assert_eq!(charges, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_long_chart_is_read_page_by_page_and_nothing_is_skipped() {
    on_both_engines(|app| async move {
        let (ana, nurse) = (app.fixture.ana, app.fixture.user("nurse"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        let ages = opd::vitals::ages_of(&mut tx, ana, Zone::named("UTC")).await.expect("ages");
        for number in 0..70 {
            // The thirtieth set has others with exactly the same time.
            let minutes = if (25..35).contains(&number) { 30 } else { number };
            let at = app.state.clock.now() - chrono::Duration::minutes(minutes);
            let signs = opd::VitalSigns { pulse: Some(100 + number), ..Default::default() };
            let taken = opd::Taken { patient: ana, visit: None, signs, age_group: None, note: String::new() };
            opd::record_vitals(&mut tx, taken, ages, Stamp { by: nurse, at }).await.expect("recorded");
        }
        tx.commit().await.expect("committed");
        let doctor = app.as_("doctor").await;
        let mut next = Some(format!("/patients/{ana}/chart"));
        let (mut seen, mut pages) = (Vec::new(), 0);
        while let Some(page) = next {
            let body = doctor.get(&page).await.body;
            let chart = body.split("class=\"chart\"").nth(1).and_then(|rest| rest.split("<aside").next()).expect("a chart");
            seen.extend((100..170).filter(|pulse| chart.contains(&format!("<strong>{pulse}<"))));
            let older = chart.split("href=\"").find(|link| link.contains("/chart?before="));
            next = older.and_then(|link| link.split('"').next()).map(str::to_owned);
            pages += 1;
        }
        seen.sort_unstable();
        assert_eq!(seen, (100..170).collect::<Vec<i64>>(), "each once");
        assert_eq!(pages, 3);
        // Only one kind of entries, from page to page.
        let vitals = doctor.get(&format!("/patients/{ana}/chart?only=vitals")).await.body;
        assert!(vitals.contains("/chart?only=vitals&amp;before="), "{vitals}");
        let notes = doctor.get(&format!("/patients/{ana}/chart?only=notes")).await.body;
        assert!(!notes.contains("class=\"chart\""), "there are none");
    })
    .await;
}
