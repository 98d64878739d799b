//! Tests vital signs: critical values and their alerts, ages on the clinic's day, questions before recording,
//! corrections.

use axum::http::StatusCode;
use chrono::{Datelike, Duration, NaiveDate};

use super::{
    Browser, TestApp, all_at_once,
    consultation::calls,
    on_both_engines,
    opd::{arrival, entry_of, waiting, waits_for_doctor},
    races_on_both_engines,
};
use crate::{
    core::{Error, PatientId, Stamp, VisitId, time::Zone},
    db::sql,
    opd::{self, Vitals},
};

const RECORD: &str = "/api/opd/record_vitals";
const CORRECT: &str = "/api/opd/correct_vitals";

/// The values of the unidentified patient in the walk-through: unresponsive, 82/50, saturation 88, 30 breaths, glucose
/// 2.1.
const VERY_ILL: [(&str, &str); 6] =
    [("consciousness", "unresponsive"), ("systolic", "82"), ("diastolic", "50"), ("spo2", "88"), ("respiration", "30"), ("glucose", "2.1")];

async fn born(app: &TestApp, patient: PatientId, birth: Option<NaiveDate>) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let precision = if birth.is_some() { "day" } else { "unknown" };
    let query = sql("UPDATE patients SET birth_date = $1, birth_precision = $2 WHERE id = $3").bind(birth).bind(precision).bind(patient);
    tx.execute(query).await.expect("updated");
    tx.commit().await.expect("committed");
}

async fn takes(nurse: &Browser, visit: VisitId, signs: &[(&str, &str)]) -> super::Answer {
    let id = visit.to_string();
    nurse.submit(&format!("/visits/{visit}/vitals"), RECORD, &[signs, &[("visit", &id)]].concat()).await
}

async fn sets(app: &TestApp, visit: VisitId) -> Vec<Vitals> {
    let mut tx = app.state.db.read().await.expect("a connection");
    opd::vitals_of_visit(&mut tx, visit).await.expect("sets")
}

#[tokio::test]
async fn of_unknown_age_a_patient_is_judged_as_an_adult_unless_a_child_is_stated() {
    on_both_engines(|app| async move {
        born(&app, app.fixture.ben, None).await;
        let visit = waiting(&app, &[app.fixture.ben]).await.remove(0).id;
        let (nurse, page) = (app.as_("nurse").await, format!("/visits/{visit}/vitals"));
        let shown = nurse.get(&page).await.body;
        assert!(shown.contains("name=\"age_group\"") && shown.contains("Adults: 60 to 100"), "{shown}");

        let next = takes(&nurse, visit, &VERY_ILL).await.location.expect("where to go");
        assert!(next.starts_with(&page), "the nurse stays: {next}");
        let shown = nurse.get(&next).await.body;
        for words in ["role=\"alert\"", "Critical vital signs", "critical-care skills", "Consciousness: Unresponsive", "judged as an adult"]
        {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        assert!(
            shown.contains("value=\"Critical vital signs\"") && shown.contains("/api/opd/prioritise"),
            "a priority is proposed: {shown}"
        );

        app.state.clock.advance(Duration::minutes(1));
        let all = [&VERY_ILL[..], &[("pulse", "120"), ("temperature", "36.5")]].concat();
        takes(&nurse, visit, &all).await;
        assert_eq!(sets(&app, visit).await[0].news2, Some(14), "an adult's score");
        app.state.clock.advance(Duration::minutes(1));
        takes(&nurse, visit, &[&all[..], &[("age_group", "toddler")]].concat()).await;
        let last = sets(&app, visit).await.remove(0);
        assert_eq!((last.news2, last.critical, last.age_group.map(opd::vitals::AgeGroup::as_str)), (None, true, Some("toddler")));
        let shown = nurse.get(&page).await.body;
        assert!(shown.contains("judged as: 1 to 4 years") && shown.contains("Call a doctor to this child at once"), "{shown}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_child_s_critical_value_is_red_for_nurse_and_doctor_and_rings() {
    on_both_engines(|app| async move {
        let chloe = app.fixture.chloe;
        let visit = waits_for_doctor(&app, chloe).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let query = sql("UPDATE queue_entries SET doctor_id = $1 WHERE visit_id = $2").bind(app.fixture.costa).bind(visit);
        tx.execute(query).await.expect("she waits for Dr. Costa");
        tx.commit().await.expect("committed");
        let (nurse, doctor, desk) = (app.as_("nurse").await, app.as_("doctor").await, app.as_("desk").await);
        let ill = [("spo2", "85"), ("pulse", "135"), ("consciousness", "voice")];
        let next = takes(&nurse, visit, &ill).await.location.expect("where to go");
        assert!(next.starts_with(&format!("/visits/{visit}/vitals")), "{next}");
        let shown = nurse.get(&next).await.body;
        for words in
            ["Oxygen saturation 85 %, low", "Consciousness: Responds to voice", "Call a doctor to this child at once", "flag--severe"]
        {
            assert!(shown.contains(words), "{words}: {shown}");
        }

        let bell: String = doctor.get("/notifications/live").await.body;
        assert!(bell.contains("A-001: the vital signs are critical"), "{bell}");
        for page in [format!("/consultation/{visit}"), format!("/patients/{chloe}/chart")] {
            let shown = doctor.get(&page).await.body;
            for words in ["Oxygen saturation 85 %, low", "Consciousness: Responds to voice", "Pulse 135 /min, high", "Critical vital signs"]
            {
                assert!(shown.contains(words), "{page} {words}: {shown}");
            }
            assert!(shown.contains("flag--severe") && shown.contains("is-critical"), "{page}");
        }
        let queue = async |browser: &Browser| browser.post("/api/opd/queue", &[("step", "doctor")]).await.body;
        assert!(queue(&nurse).await.contains("Critical vital signs") && queue(&doctor).await.contains("Critical vital signs"));
        assert!(!queue(&desk).await.contains("Critical vital signs"), "not the front desk's to know");

        // A later weight does not end the alert; a new measurement of the same values does.
        app.state.clock.advance(Duration::minutes(5));
        takes(&nurse, visit, &[("weight", "36")]).await;
        assert!(queue(&nurse).await.contains("Critical vital signs"));
        assert!(nurse.get(&format!("/visits/{visit}/vitals")).await.body.contains("Call a doctor to this child at once"));
        app.state.clock.advance(Duration::minutes(5));
        let well = [("spo2", "98"), ("pulse", "90"), ("consciousness", "alert")];
        takes(&nurse, visit, &well).await;
        assert!(!queue(&nurse).await.contains("Critical vital signs"));
        let shown = nurse.get(&format!("/visits/{visit}/vitals")).await.body;
        assert!(!shown.contains("Call a doctor to this child at once"), "{shown}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_age_is_counted_in_the_clinic_s_day() {
    on_both_engines(|app| async move {
        // Half past nine in the evening at the clinic, in New York: in UTC it is the next day, Ben's sixteenth birthday.
        let now = app.state.clock.now();
        let evening = now.date_naive().and_hms_opt(2, 30, 0).expect("a time").and_utc() + Duration::days(1);
        app.state.clock.advance(evening - now);
        let birth = evening.date_naive().with_year(evening.year() - 16).expect("a day");
        born(&app, app.fixture.ben, Some(birth)).await;
        let visit = waiting(&app, &[app.fixture.ben]).await.remove(0).id;
        let nurse = app.as_("nurse").await;
        let well = [
            ("respiration", "16"),
            ("spo2", "98"),
            ("systolic", "120"),
            ("diastolic", "80"),
            ("pulse", "70"),
            ("temperature", "37"),
            ("consciousness", "alert"),
        ];
        takes(&nurse, visit, &well).await;
        assert_eq!(sets(&app, visit).await[0].news2, None, "fifteen until midnight");
        app.state.clock.advance(Duration::hours(3));
        takes(&app.as_("nurse").await, visit, &well).await;
        assert_eq!(sets(&app, visit).await[0].news2, Some(0), "sixteen since half an hour");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn other_units_and_unlikely_values_are_asked_about_once() {
    on_both_engines(|app| async move {
        let infant = app.state.clock.now().date_naive() - Duration::days(180);
        born(&app, app.fixture.chloe, Some(infant)).await;
        let visits = waiting(&app, &[app.fixture.ben, app.fixture.chloe]).await;
        let (adult, child) = (visits[0].id, visits[1].id);
        let nurse = app.as_("nurse").await;

        let asked = takes(&nurse, child, &[("weight", "35")]).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(asked.body.contains("35.0 kg is unlikely at this age"), "{}", asked.body);
        assert_eq!(takes(&nurse, child, &[("weight", "35"), ("sure", "weight=35000")]).await.status, StatusCode::SEE_OTHER);

        let form = [("temperature", "98.6"), ("glucose", "99"), ("weight", "180 lb"), ("height", "5'10\"")];
        let asked = takes(&nurse, adult, &form).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["98.6 °F is 37.0 °C", "99 mg/dl is 5.5 mmol/l: which is meant?", "180 lb is 81.6 kg", "5 ft 10 in is 177.8 cm"] {
            assert!(asked.body.contains(words), "{words}: {}", asked.body);
        }
        assert!(asked.body.contains("Weight 81.6 kg (180 lb)"), "the tick shows what is recorded: {}", asked.body);
        let form = [("glucose", "99 mg/dl"), ("weight", "180 lb"), ("sure", "weight=81647 glucose=55")];
        assert_eq!(takes(&nurse, adult, &form).await.status, StatusCode::SEE_OTHER);
        let signs = sets(&app, adult).await[0].signs;
        assert_eq!((signs.glucose, signs.weight), (Some(55), Some(81_647)));

        let exact = takes(&nurse, adult, &[("temperature", "36.85")]).await;
        assert!(exact.body.contains("36.85 has too many decimals: enter 36.8 or 36.9."), "{}", exact.body);
        let pair = takes(&nurse, adult, &[("weight", "82"), ("height", "78")]).await;
        assert!(pair.body.contains("78.0 cm is unlikely at this age"), "{}", pair.body);
        let kept = takes(&nurse, adult, &[("weight", "82"), ("height", "178")]).await;
        assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.body);
        assert!(nurse.get(&format!("/visits/{adult}/vitals")).await.body.contains("25.9 kg/m²"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn one_value_is_corrected_and_the_others_stay() {
    on_both_engines(|app| async move {
        let visit = waiting(&app, &[app.fixture.ben]).await.remove(0).id;
        let (nurse, page) = (app.as_("nurse").await, format!("/visits/{visit}/vitals"));
        takes(&nurse, visit, &[("temperature", "36.8"), ("pulse", "132"), ("weight", "81.647"), ("note", "walked in")]).await;
        let wrong = sets(&app, visit).await.remove(0);
        assert!(wrong.critical);
        let id = wrong.id.to_string();
        let shown = nurse.get(&format!("{page}?correct={id}")).await.body;
        assert!(shown.contains("value=\"132\"") && shown.contains("value=\"81.647\"") && shown.contains(CORRECT), "{shown}");

        let right = [("vitals", id.as_str()), ("temperature", "36.8"), ("pulse", "72"), ("weight", "81.647"), ("note", "walked in")];
        let refused = nurse.submit(&format!("{page}?correct={id}"), CORRECT, &right).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is wanted");
        app.state.clock.advance(Duration::minutes(5));
        let right = [&right[..], &[("reason", "misread")]].concat();
        let done = nurse.submit(&format!("{page}?correct={id}"), CORRECT, &right).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let sets = sets(&app, visit).await;
        let new = sets.iter().find(|set| set.entered_in_error.is_none()).expect("a set");
        assert_eq!((new.corrects, new.taken_at, new.critical), (Some(wrong.id), wrong.taken_at, false));
        assert_eq!((new.signs.pulse, new.signs.temperature, new.signs.weight), (Some(72), Some(368), Some(81_647)));
        let old = sets.iter().find(|set| set.id == wrong.id).expect("it stays");
        assert_eq!(old.entered_in_error.as_ref().map(|(_, reason)| reason.as_str()), Some("misread"));
        assert_eq!(old.signs.pulse, Some(132));
        let shown = nurse.get(&done.location.expect("back to the page")).await.body;
        assert!(shown.contains("Vital signs corrected") && shown.contains("misread") && !shown.contains("role=\"alert\""), "{shown}");
        let again = nurse.post(CORRECT, &right).await;
        assert!(matches!(again.error(), Error::Conflict(_)), "corrected already");
        // The database itself refuses a correction of a set that is not marked as wrong, and of another patient's set.
        for (patient, of) in [(app.fixture.ben, new.id), (app.fixture.ana, wrong.id)] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let query = sql("INSERT INTO vitals (id, patient_id, visit_id, taken_at, taken_by, pulse_bpm, corrects) VALUES ($1, $2, $3, $4, $5, 70, $6)")
                .bind(crate::core::VitalsId::new())
                .bind(patient)
                .bind(visit)
                .bind(new.taken_at)
                .bind(app.fixture.user("nurse"))
                .bind(of);
            tx.execute(query).await.expect_err("refused by vitals_corrects_own");
        }
        let id = new.id.to_string();
        nurse.post("/api/opd/vitals_in_error", &[("vitals", &id), ("reason", "another patient's")]).await;
        assert!(nurse.get(&page).await.body.contains("All vital signs of this visit are marked as wrong"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_correct_a_set_at_once_one_is_refused() {
    races_on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ben).await;
        let nurse = app.as_("nurse").await;
        takes(&nurse, visit, &[("pulse", "92")]).await;
        let id = sets(&app, visit).await[0].id.to_string();
        let both = all_at_once(["72", "73"].map(|pulse| {
            let (nurse, id) = (nurse.clone(), id.clone());
            async move { nurse.post(CORRECT, &[("vitals", &id), ("pulse", pulse), ("reason", "misread")]).await.status }
        }))
        .await;
        assert_eq!(both.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{both:?}");
        assert!(both.contains(&StatusCode::CONFLICT), "{both:?}");
        assert_eq!(sets(&app, visit).await.iter().filter(|set| set.entered_in_error.is_none()).count(), 1);
        assert_eq!(entry_of(&app, visit).await.step, opd::Step::Doctor);
        app.assert_sound().await;
    })
    .await;
}

async fn marks_wrong(nurse: &Browser, visit: VisitId, set: &Vitals) -> String {
    let id = set.id.to_string();
    let page = format!("/visits/{visit}/vitals");
    let done = nurse.submit(&page, "/api/opd/vitals_in_error", &[("vitals", &id), ("reason", "another patient's")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    done.location.expect("back to the page")
}

const RETAKE: &str = "No valid vital signs";

#[tokio::test]
async fn whose_vital_signs_are_all_wrong_goes_back_to_the_nurse_and_keeps_the_place() {
    on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ben).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let query = sql("UPDATE queue_entries SET doctor_id = $1 WHERE visit_id = $2").bind(app.fixture.costa).bind(visit);
        tx.execute(query).await.expect("he waits for Dr. Costa");
        tx.commit().await.expect("committed");
        let (nurse, doctor, desk) = (app.as_("nurse").await, app.as_("doctor").await, app.as_("desk").await);
        let queue = async |browser: &Browser, step: &str| browser.post("/api/opd/queue", &[("step", step)]).await.body;
        let before = entry_of(&app, visit).await;
        for pulse in ["70", "72"] {
            app.state.clock.advance(Duration::minutes(5));
            takes(&nurse, visit, &[("pulse", pulse)]).await;
        }
        let taken = sets(&app, visit).await;

        // One of two sets is marked as wrong: the other still counts.
        assert!(marks_wrong(&nurse, visit, &taken[0]).await.contains("done=in_error"));
        assert_eq!(entry_of(&app, visit).await.id, before.id);
        assert!(!queue(&nurse, "doctor").await.contains(RETAKE));

        let mut tx = app.state.db.write().await.expect("a transaction");
        opd::prioritise(&mut tx, visit, opd::Priority::Normal, opd::Priority::Emergency, "NEWS2 9").await.expect("first");
        tx.commit().await.expect("committed");
        let next = marks_wrong(&nurse, visit, &taken[1]).await;
        let back = entry_of(&app, visit).await;
        assert_eq!((back.step, back.state, back.previous_id), (opd::Step::Triage, opd::QueueState::Waiting, Some(before.id)));
        assert_eq!((back.doctor_id, back.waiting_since), (Some(app.fixture.costa), before.waiting_since));
        let said = nurse.get(&next).await.body;
        assert!(said.contains("The patient still goes before others: Emergency (NEWS2 9)"), "{said}");
        assert!(said.contains("A-001 is back at triage") && said.contains("All vital signs of this visit are marked as wrong"), "{said}");
        assert!(queue(&nurse, "triage").await.contains(RETAKE) && queue(&doctor, "triage").await.contains(RETAKE));
        assert!(!queue(&desk, "triage").await.contains(RETAKE), "not the front desk's to know");
        let shown = doctor.get(&format!("/consultation/{visit}")).await.body;
        assert!(shown.contains("flag--severe") && shown.contains(RETAKE) && shown.contains("there are none"), "{shown}");
        assert!(doctor.get(&format!("/patients/{}/chart", app.fixture.ben)).await.body.contains(RETAKE), "the chart's banner");

        // After a new measurement, he waits for the same doctor at the old place in the queue.
        app.state.clock.advance(Duration::minutes(5));
        takes(&nurse, visit, &[("pulse", "75")]).await;
        let again = entry_of(&app, visit).await;
        assert_eq!((again.step, again.state), (opd::Step::Doctor, opd::QueueState::Waiting));
        assert_eq!((again.doctor_id, again.waiting_since), (Some(app.fixture.costa), before.waiting_since));
        assert!(!queue(&nurse, "doctor").await.contains(RETAKE));
        assert!(!doctor.get(&format!("/consultation/{visit}")).await.body.contains(RETAKE));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_doctor_who_called_hears_that_vital_signs_are_wrong() {
    on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ben).await;
        let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
        for pulse in ["70", "72"] {
            app.state.clock.advance(Duration::minutes(5));
            takes(&nurse, visit, &[("pulse", pulse)]).await;
        }
        let taken = sets(&app, visit).await;
        calls(&app, &doctor).await;
        let bell = async || doctor.get("/notifications/live").await.body;
        let here = visit.to_string();
        let fresh = async || doctor.post("/api/clinical/worksheet", &[("visit_id", &here)]).await.body;
        assert!(!bell().await.contains("marked as wrong"));

        let id = taken[0].id.to_string();
        let right = nurse.post(CORRECT, &[("vitals", &id), ("pulse", "73"), ("reason", "misread")]).await;
        assert_eq!(right.status, StatusCode::OK, "{}", right.body);
        assert_eq!(bell().await.matches("A-001: vital signs were corrected").count(), 1, "{}", bell().await);
        let taken = sets(&app, visit).await;
        let taken: Vec<_> = taken.into_iter().filter(|set| set.entered_in_error.is_none()).collect();
        marks_wrong(&nurse, visit, &taken[0]).await;
        assert_eq!(bell().await.matches("A-001: vital signs were corrected").count(), 2, "{}", bell().await);
        assert!(bell().await.contains("A-001: vital signs were corrected or marked as wrong"), "{}", bell().await);
        assert!(!fresh().await.contains("there are none"));
        assert!(marks_wrong(&nurse, visit, &taken[1]).await.contains("done=in_error"));
        assert!(bell().await.contains("There are none until they are taken again"), "{}", bell().await);
        let page = fresh().await;
        assert!(page.contains("#glance-vitals") && page.contains("there are none") && page.contains(RETAKE), "the open page: {page}");
        let entry = entry_of(&app, visit).await;
        assert_eq!((entry.step, entry.state), (opd::Step::Doctor, opd::QueueState::Called), "the doctor keeps the patient");
        for reader in [&nurse, &doctor] {
            assert!(reader.post("/api/opd/queue", &[("step", "doctor")]).await.body.contains(RETAKE));
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_call_and_a_set_marked_wrong_at_once_neither_is_lost() {
    races_on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ben).await;
        let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
        takes(&nurse, visit, &[("pulse", "92")]).await;
        let set = sets(&app, visit).await.remove(0);
        tokio::join!(calls(&app, &doctor), marks_wrong(&nurse, visit, &set));
        let entry = entry_of(&app, visit).await;
        let heard = doctor.get("/notifications/live").await.body.contains("There are none until they are taken again");
        match entry.step {
            opd::Step::Triage => assert!(!heard && entry.state == opd::QueueState::Waiting),
            _ => assert!(heard && entry.state == opd::QueueState::Called, "{entry:?}"),
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_age_is_counted_in_the_day_of_the_visit_s_clinic() {
    on_both_engines(|app| async move {
        // Eight in the evening at the north clinic, in New York: at the south clinic, in Madrid, it is the next day, Ben's sixteenth
        // birthday. A nurse who works at both clinics measures him at the south clinic.
        let now = app.state.clock.now();
        let evening = now.date_naive().and_hms_opt(1, 0, 0).expect("a time").and_utc() + Duration::days(1);
        app.state.clock.advance(evening - now);
        born(&app, app.fixture.ben, evening.date_naive().with_year(evening.year() - 16)).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let coming = opd::CheckIn { service: app.fixture.medicine_south, ..arrival(&app, app.fixture.ben) };
        let visit = opd::check_in(&mut tx, &coming, Stamp { by: app.fixture.user("desk"), at: evening }).await.expect("checked in").id;
        let ages = opd::vitals::ages_at(&mut tx, visit).await.expect("ages");
        let well = opd::VitalSigns {
            respiration: Some(16),
            spo2: Some(98),
            systolic: Some(120),
            diastolic: Some(80),
            pulse: Some(70),
            temperature: Some(370),
            consciousness: Some(opd::Consciousness::Alert),
            ..opd::VitalSigns::default()
        };
        let taken = opd::Taken { patient: app.fixture.ben, visit: Some(visit), signs: well, age_group: None, note: String::new() };
        opd::record_vitals(&mut tx, taken, ages, Stamp { by: app.fixture.user("nurse"), at: evening }).await.expect("recorded");
        tx.commit().await.expect("committed");
        let set = sets(&app, visit).await.remove(0);
        assert_eq!(set.news2, Some(0), "sixteen in Madrid");
        let mut tx = app.state.db.read().await.expect("a connection");
        let north = Zone::named("America/New_York");
        let seen_from_north = opd::vitals::ages_of(&mut tx, app.fixture.ben, north).await.expect("ages");
        assert_eq!((seen_from_north.of(&set), seen_from_north.at(evening, None)), (16 * 12, 16 * 12 - 1));
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn values_of_another_visit_are_shown_with_their_day() {
    on_both_engines(|app| async move {
        let (nurse, doctor, ben) = (app.as_("nurse").await, app.as_("doctor").await, app.fixture.ben);
        let first = waits_for_doctor(&app, ben).await;
        takes(&nurse, first, &[("spo2", "88"), ("pulse", "72")]).await;
        let shown = doctor.get(&format!("/consultation/{first}")).await.body;
        assert!(shown.contains("Oxygen saturation 88 %, low") && !shown.contains("From another visit"), "{shown}");
        let entry = entry_of(&app, first).await.id.to_string();
        assert_eq!(nurse.post("/api/opd/leave", &[("entry", &entry)]).await.status, StatusCode::OK);
        app.state.clock.advance(Duration::minutes(5));
        let second = waits_for_doctor(&app, ben).await;
        let shown = doctor.get(&format!("/consultation/{second}")).await.body;
        assert!(shown.contains("From another visit: ") && shown.contains("Oxygen saturation 88 %, low"), "{shown}");
        takes(&nurse, second, &[("spo2", "97"), ("pulse", "70")]).await;
        let shown = doctor.get(&format!("/consultation/{second}")).await.body;
        assert!(!shown.contains("From another visit"), "{shown}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_queue_shows_the_score_to_those_who_treat() {
    on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ana).await;
        let (nurse, desk) = (app.as_("nurse").await, app.as_("desk").await);
        let queue = async |browser: &Browser| browser.post("/api/opd/queue", &[("step", "doctor")]).await.body;
        assert!(queue(&nurse).await.contains("\"score\":null"), "none is taken");
        let ill = [
            ("temperature", "38.5"),
            ("pulse", "115"),
            ("respiration", "22"),
            ("systolic", "105"),
            ("diastolic", "70"),
            ("spo2", "95"),
            ("consciousness", "alert"),
        ];
        assert!(takes(&nurse, visit, &ill).await.location.is_some());
        assert!(queue(&nurse).await.contains("\"score\":7"), "1 + 2 + 2 + 1 + 1");
        assert!(!queue(&desk).await.contains("\"score\":7"), "not the front desk's to know");
        // The later set counts.
        app.state.clock.advance(Duration::minutes(5));
        let well = [
            ("temperature", "37.0"),
            ("pulse", "90"),
            ("respiration", "16"),
            ("systolic", "118"),
            ("diastolic", "70"),
            ("spo2", "97"),
            ("consciousness", "alert"),
        ];
        assert!(takes(&nurse, visit, &well).await.location.is_some());
        assert!(queue(&nurse).await.contains("\"score\":0"));
    })
    .await;
}
