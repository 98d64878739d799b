//! Tests the warnings about a prescription, which are shown when it is written and again when it is signed.

use axum::http::StatusCode;

use super::{
    Answer, Browser, Fixture, TestApp, consultation::calls, fixture::PASSWORD, on_both_engines, opd::waits_for_doctor, signatures::summary,
};
use crate::{
    clinical::PrescriptionState,
    core::{Error, PatientId, VisitId},
    db::{Engine, sql, sql_for},
};

/// Returns the answer's message for a field; empty when there is none.
pub(super) fn said(answer: &Answer, field: &str) -> String {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().find(|error| error.field == field).map(|error| error.message).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Creates a visit with the patient in the doctor's room.
async fn in_the_room(app: &TestApp, doctor: &Browser, patient: PatientId) -> VisitId {
    let visit = waits_for_doctor(app, patient).await;
    calls(app, doctor).await;
    visit
}

async fn prescribe(doctor: &Browser, visit: VisitId, drug: &str, more: &[(&str, &str)]) -> Answer {
    let id = visit.to_string();
    let form = [("visit_id", id.as_str()), ("drug", drug), ("dose", "1 tablet"), ("route", "oral"), ("frequency", "3 times a day")];
    doctor.post("/api/clinical/prescribe", &[&form[..], more].concat()).await
}

/// Records a severe allergy to a medicine.
pub(super) async fn allergic(app: &TestApp, patient: PatientId, substance: &str) {
    let (patient, key) = (patient.to_string(), Fixture::key());
    let form = [
        ("patient_id", patient.as_str()),
        ("substance", substance),
        ("category", "medication"),
        ("criticality", "high"),
        ("severity", "severe"),
        ("key", &key),
    ];
    let answer = app.as_("nurse").await.post("/api/patients/add_allergy", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn sign(doctor: &Browser, visit: VisitId, reason: &str, seen: &str) -> Answer {
    let id = visit.to_string();
    let form = [
        ("visit_id", id.as_str()),
        ("version", "0"),
        ("history", "Cough"),
        ("plan", "Rest"),
        ("password", PASSWORD),
        ("sign_reason", reason),
        ("seen", seen),
    ];
    doctor.post("/api/clinical/sign", &form).await
}

#[tokio::test]
async fn a_typed_medicine_is_checked_by_its_substances_and_an_unknown_one_is_confirmed() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = in_the_room(&app, &doctor, app.fixture.ana).await;
        allergic(&app, app.fixture.ana, "Penicillin").await;
        for drug in ["Amoxicillin 500 mg", "ampicilina", "Augmentin", "Flucloxacillin"] {
            let refused = prescribe(&doctor, visit, drug, &[]).await;
            assert!(said(&refused, "override_reason").contains("allergic to Penicillin"), "{drug}: {}", refused.body);
        }
        for drug in ["Magnesium sulfate 1 g", "Vancomycin 1 g"] {
            assert_eq!(prescribe(&doctor, visit, drug, &[]).await.status, StatusCode::OK, "{drug}");
        }
        // The medicine is unknown: the answer says so, and it is prescribed when exactly this name is confirmed.
        let refused = prescribe(&doctor, visit, "Xarolin 5 mg", &[]).await;
        assert!(said(&refused, "confirmed").contains("not checked for allergies"), "{}", refused.body);
        assert_eq!(said(&refused, "override_reason"), "");
        assert_eq!(
            prescribe(&doctor, visit, "Xarolin 5 mg", &[("confirmed", "Yarolin 5 mg")]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        let done = prescribe(&doctor, visit, "Xarolin 5 mg", &[("confirmed", "Xarolin 5 mg")]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let sheet: serde_json::Value = serde_json::from_str(&done.body).expect("JSON");
        assert_eq!(sheet["prescriptions"][2]["outside"], true);
        assert!(doctor.get(&format!("/consultation/{visit}")).await.body.contains("Outside the list"));
        // A reason answers the warnings that were shown, for that medicine only.
        let amoxicillin = prescribe(&doctor, visit, "Amoxicillin 500 mg", &[]).await;
        let seen = said(&amoxicillin, "seen");
        let blind = prescribe(&doctor, visit, "Amoxicillin 500 mg", &[("override_reason", "Tolerated")]).await;
        assert_eq!(blind.status, StatusCode::UNPROCESSABLE_ENTITY);
        let other = prescribe(&doctor, visit, "Augmentin", &[("override_reason", "Tolerated"), ("seen", &seen)]).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
        let done = prescribe(&doctor, visit, "Amoxicillin 500 mg", &[("override_reason", "Tolerated"), ("seen", &seen)]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_same_substance_under_another_name_is_asked_about() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = in_the_room(&app, &doctor, app.fixture.ana).await;
        for drug in ["Oxycodone/Acetaminophen", "Potassium chloride", "Insulin glargine", "Vitamin D"] {
            assert_eq!(prescribe(&doctor, visit, drug, &[]).await.status, StatusCode::OK, "{drug}");
        }
        let twice = prescribe(&doctor, visit, "Paracetamol 500 mg", &[]).await;
        assert!(said(&twice, "override_reason").contains("Oxycodone/Acetaminophen is prescribed already"), "{}", twice.body);
        for drug in ["Sodium chloride", "Insulin lispro", "Vitamin B12"] {
            assert_eq!(prescribe(&doctor, visit, drug, &[]).await.status, StatusCode::OK, "{drug}");
        }
        // Instructions that contradict the fields also get a warning.
        let unclear = prescribe(&doctor, visit, "Losartan 50 mg", &[("instructions", "Take twice a day")]).await;
        assert!(said(&unclear, "override_reason").contains("another frequency"), "{}", unclear.body);
    })
    .await;
}

#[tokio::test]
async fn whose_allergies_were_never_asked_is_asked_before_the_first_prescription() {
    on_both_engines(|app| async move {
        let (doctor, ana) = (app.as_("doctor").await, app.fixture.ana);
        let visit = in_the_room(&app, &doctor, ana).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE patients SET allergy_status = 'not_recorded' WHERE id = ").push_bind(ana)).await.expect("never asked");
        tx.commit().await.expect("committed");
        let refused = prescribe(&doctor, visit, "Losartan 50 mg", &[]).await;
        assert!(said(&refused, "override_reason").contains("never been asked about allergies"), "{}", refused.body);
        assert!(!said(&refused, "allergies").is_empty());
        // Without scripts the page shows the warning and the possible actions.
        let form = [("visit_id", visit.to_string()), ("drug", "Losartan 50 mg".to_owned()), ("dose", "1".to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let form = [&form[..], &[("route", "oral"), ("frequency", "once a day")]].concat();
        let page = doctor.submit(&format!("/consultation/{visit}"), "/api/clinical/prescribe", &form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        for part in ["Asked: none known", &format!("/patients/{ana}#allergies"), "name=\"seen\"", "name=\"override_reason\""] {
            assert!(page.body.contains(part), "{part}");
        }
        // The patient could not be asked, with a reason; or was asked.
        let seen = said(&refused, "seen");
        let reason = [("override_reason", "Unconscious, nobody with her"), ("seen", seen.as_str())];
        assert_eq!(prescribe(&doctor, visit, "Losartan 50 mg", &reason).await.status, StatusCode::OK);
        assert_eq!(prescribe(&doctor, visit, "Metformin 500 mg", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(doctor.post("/api/patients/no_allergies", &[("patient_id", &ana.to_string())]).await.status, StatusCode::OK);
        assert_eq!(prescribe(&doctor, visit, "Metformin 500 mg", &[]).await.status, StatusCode::OK);
        assert_eq!(sign(&doctor, visit, "", "").await.status, StatusCode::OK);
        let prescriptions = summary(&app, visit).await.prescriptions;
        assert_eq!(prescriptions[0].override_reason, "Unconscious, nobody with her");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_allergy_recorded_after_prescribing_stops_the_signature_until_a_reason_is_given() {
    on_both_engines(|app| async move {
        let (doctor, ana) = (app.as_("doctor").await, app.fixture.ana);
        let visit = in_the_room(&app, &doctor, ana).await;
        assert_eq!(prescribe(&doctor, visit, "Amoxicillin 500 mg", &[]).await.status, StatusCode::OK);
        let twice = prescribe(&doctor, visit, "Amoxicillin 1 g", &[]).await;
        let seen = said(&twice, "seen");
        let both = [("override_reason", "Morning and evening differ"), ("seen", seen.as_str())];
        assert_eq!(prescribe(&doctor, visit, "Amoxicillin 1 g", &both).await.status, StatusCode::OK);
        allergic(&app, ana, "Penicillin").await;
        // The reason for both of them does not cover the allergy.
        let stopped = sign(&doctor, visit, "", "").await;
        assert_eq!(stopped.status, StatusCode::UNPROCESSABLE_ENTITY);
        let words = said(&stopped, "sign_reason");
        assert!(
            words.contains("Amoxicillin 500 mg: ") && words.contains("Amoxicillin 1 g: ") && words.contains("allergic to Penicillin"),
            "{words}"
        );
        assert_eq!(sign(&doctor, visit, "Tolerated in May", "").await.status, StatusCode::UNPROCESSABLE_ENTITY, "no one has read it");
        let seen = said(&stopped, "seen");
        // Another allergy is recorded in the meantime: the warnings that were read are not all.
        allergic(&app, ana, "Ampicillin").await;
        let more = sign(&doctor, visit, "Tolerated in May", &seen).await;
        assert!(said(&more, "sign_reason").contains("Ampicillin"), "{}", more.body);
        // Without scripts the page shows the question, and the field for the reason.
        let id = visit.to_string();
        let form = [("visit_id", id.as_str()), ("version", "0"), ("history", "Cough"), ("plan", "Rest"), ("password", PASSWORD)];
        let page = doctor.submit(&format!("/consultation/{visit}"), "/api/clinical/sign", &form).await;
        assert!(page.body.contains("name=\"sign_reason\"") && page.body.contains("allergic to"), "{}", page.status);
        let seen = said(&more, "seen");
        let signed = sign(&doctor, visit, "Tolerated in May", &seen).await;
        assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
        let prescriptions = summary(&app, visit).await.prescriptions;
        let mut reasons: Vec<_> = prescriptions.iter().map(|one| one.override_reason.as_str()).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, ["Morning and evening differ; Tolerated in May", "Tolerated in May"]);
        assert!(prescriptions.iter().all(|one| one.state == PrescriptionState::Active));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_or_empty_password_is_told_at_its_field() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = in_the_room(&app, &doctor, app.fixture.ana).await.to_string();
        for password in ["", "not the password"] {
            let form = [("visit_id", visit.as_str()), ("version", "0"), ("history", "Cough"), ("password", password)];
            let page = doctor.submit(&format!("/consultation/{visit}"), "/api/clinical/sign", &form).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
            let beside = page.body.split("id=\"sign-password-error\"").nth(1).and_then(|rest| rest.split('<').next()).expect("its place");
            assert!(beside.contains("password"), "{beside}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_draft_that_was_left_on_a_finished_encounter_is_named_and_can_be_struck() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = in_the_room(&app, &doctor, app.fixture.ana).await;
        assert_eq!(prescribe(&doctor, visit, "Losartan 50 mg", &[]).await.status, StatusCode::OK);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let guard =
            sql_for("DROP TRIGGER encounters_finish_leaves_no_draft", "DROP TRIGGER encounters_finish_leaves_no_draft ON encounters");
        tx.execute(guard).await.expect("as an older program was");
        tx.execute(sql("UPDATE encounters SET state = 'finished', ended_at = updated_at")).await.expect("finished");
        tx.commit().await.expect("committed");
        let draft = summary(&app, visit).await.prescriptions[0].id;
        let mut tx = app.state.db.read().await.expect("a connection");
        let findings = crate::invariants::check(&mut tx).await.expect("checked");
        drop(tx);
        let named = findings.iter().find(|finding| finding.rule == "a finished encounter leaves no draft prescription").expect("the rule");
        assert_eq!((named.broken, named.rows.clone()), (1, vec![draft.0]));
        // No other column of it can be changed, and a reason is required.
        for change in ["UPDATE prescriptions SET state = 'active'", "UPDATE prescriptions SET dose = '9'"] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            assert!(tx.execute(sql(change)).await.is_err(), "{change}");
        }
        let id = draft.to_string();
        let silent = doctor.post("/api/clinical/stop_prescription", &[("prescription_id", &id)]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        let form = [("prescription_id", id.as_str()), ("reason", "Never signed"), ("back", "chart")];
        let struck = doctor.post("/api/clinical/stop_prescription", &form).await;
        assert_eq!(struck.status, StatusCode::OK, "{}", struck.body);
        assert!(summary(&app, visit).await.prescriptions.is_empty(), "it is entered in error");
        assert!(matches!(app.state.db.engine(), Engine::Sqlite | Engine::Postgres));
    })
    .await;
}

#[tokio::test]
async fn a_signed_prescription_is_replaced_in_one_step_and_its_sheet_is_void() {
    on_both_engines(|app| async move {
        let (doctor, ana) = (app.as_("doctor").await, app.fixture.ana);
        let visit = in_the_room(&app, &doctor, ana).await;
        assert_eq!(prescribe(&doctor, visit, "Losartan 50 mg", &[]).await.status, StatusCode::OK);
        assert_eq!(sign(&doctor, visit, "", "").await.status, StatusCode::OK);
        let before = summary(&app, visit).await;
        let old = before.prescriptions[0].id.to_string();
        let page = format!("/prescriptions/{old}/replace");
        assert!(doctor.get(&format!("/patients/{ana}/chart")).await.body.contains(&page), "it begins on the chart");
        assert!(doctor.get(&page).await.body.contains("Losartan 50 mg"));
        allergic(&app, ana, "Ramipril").await;
        let form = |drug: &'static str, why: &'static str, password: &'static str| {
            vec![
                ("prescription_id", old.as_str()),
                ("why", why),
                ("drug", drug),
                ("dose", "1 tablet"),
                ("route", "oral"),
                ("frequency", "once a day"),
                ("password", password),
            ]
        };
        let replace = "/api/clinical/replace_prescription";
        let silent = doctor.post(replace, &form("Losartan 25 mg", "", PASSWORD)).await;
        assert!(!said(&silent, "why").is_empty(), "{}", silent.body);
        let stranger = doctor.post(replace, &form("Losartan 25 mg", "Too strong", "wrong")).await;
        assert!(!said(&stranger, "password").is_empty(), "{}", stranger.body);
        // The new prescription gets the same warnings as any other.
        let asked = doctor.submit(&page, replace, &form("Enalapril 5 mg", "Too strong", PASSWORD)).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(asked.body.contains("allergic to Ramipril") && asked.body.contains("name=\"override_reason\""));
        // The prescription with the same substance is the one being replaced: no warning.
        let done = doctor.submit(&page, replace, &form("Losartan 25 mg", "Too strong", PASSWORD)).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let to = done.location.expect("an address");
        let encounter = to.split("prescription=").nth(1).expect("the new encounter").to_owned();
        let new = doctor.get(&format!("/prescriptions/print/{encounter}")).await.body;
        assert!(new.contains("Losartan 25 mg") && new.contains("signature verified") && !new.contains("VOID"), "{new}");
        let sheet = doctor.get(&format!("/prescriptions/print/{}", before.encounter.id)).await.body;
        assert!(sheet.contains("VOID: nothing is prescribed") && sheet.contains("Too strong") && !sheet.contains("None prescribed"));
        let chart = doctor.get(&format!("/patients/{ana}/chart")).await.body;
        assert!(chart.contains("Replaced: Losartan 50 mg"), "the note says it");
        // It can be replaced only once, because it has ended.
        assert_eq!(doctor.post(replace, &form("Losartan 100 mg", "Again", PASSWORD)).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_severe_reaction_of_low_danger_is_asked_about_and_nothing_is_chosen_beforehand() {
    on_both_engines(|app| async move {
        let (nurse, ana) = (app.as_("nurse").await, app.fixture.ana.to_string());
        let page = nurse.get(&format!("/patients/{ana}")).await.body;
        let form = page.split("id=\"add-allergy\"").nth(1).and_then(|rest| rest.split("</form>").next()).expect("the form");
        assert!(!form.contains("checked") && !form.contains("value=\"medication\" selected"), "{form}");
        let key = Fixture::key();
        let base = [("patient_id", ana.as_str()), ("key", &key), ("substance", "Bee venom"), ("severity", "severe")];
        let empty = nurse.post("/api/patients/add_allergy", &base).await;
        assert!(!said(&empty, "category").is_empty() && !said(&empty, "criticality").is_empty(), "{}", empty.body);
        let low = [&base[..], &[("category", "environment"), ("criticality", "low")]].concat();
        let asked = nurse.submit(&format!("/patients/{ana}"), "/api/patients/add_allergy", &low).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(asked.body.contains("name=\"sure\""), "the tick for that very pair");
        let sure = [&low[..], &[("sure", "severe")]].concat();
        assert_eq!(nurse.post("/api/patients/add_allergy", &sure).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_longest_note_in_any_script_is_saved() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = in_the_room(&app, &doctor, app.fixture.ana).await.to_string();
        let long = "𠮷".repeat(20_000);
        let form = [
            ("visit_id", visit.as_str()),
            ("version", "0"),
            ("history", &long),
            ("examination", &long),
            ("assessment", &long),
            ("plan", &long),
        ];
        let saved = doctor.post("/api/clinical/save_note", &form).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    })
    .await;
}

#[tokio::test]
async fn acts_that_need_a_living_patient_look_at_the_day_of_death() {
    on_both_engines(|app| async move {
        let (doctor, desk, nurse, ana) = (app.as_("doctor").await, app.as_("desk").await, app.as_("nurse").await, app.fixture.ana);
        let visit = in_the_room(&app, &doctor, ana).await;
        let today = app.state.clock.now().date_naive();
        let mut tx = app.state.db.write().await.expect("a transaction");
        for patient in [ana, app.fixture.ben] {
            let died = today - chrono::Duration::days(2);
            tx.execute(sql("UPDATE patients SET deceased_on = $2 WHERE id = $1").bind(patient).bind(died)).await.expect("on record");
        }
        tx.commit().await.expect("committed");
        let asked = prescribe(&doctor, visit, "Losartan 50 mg", &[]).await;
        assert!(said(&asked, "override_reason").contains("Died "), "{}", asked.body);
        let measured = nurse.post("/api/opd/record_vitals", &[("visit", &visit.to_string()), ("pulse", "80")]).await;
        assert_eq!(measured.status, StatusCode::CONFLICT, "{}", measured.body);
        let ben = app.fixture.ben.to_string();
        let (key, service) = (Fixture::key(), app.fixture.medicine_north.to_string());
        let arrives = [("patient", ben.as_str()), ("idempotency_key", &key), ("service", &service)];
        for more in [&[][..], &[("after_death", "true")], &[("reason", "Papers")]] {
            let refused = desk.post("/api/reception/check_in", &[&arrives[..], more].concat()).await;
            assert!(said(&refused, "after_death").contains("Died "), "{}", refused.body);
        }
        assert!(desk.get(&format!("/reception?patient={ben}")).await.body.contains("name=\"after_death\""));
        let at = app.state.clock.now() + chrono::Duration::days(2);
        let booked =
            super::appointments::book(&desk, app.fixture.ben, (app.fixture.medicine_north, app.fixture.costa), at, &Fixture::key()).await;
        assert!(booked.status == StatusCode::CONFLICT && booked.body.contains("Died "), "{}", booked.body);
        let told = [("after_death", "true"), ("reason", "Body brought in")];
        let done = desk.post("/api/reception/check_in", &[&arrives[..], &told].concat()).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    })
    .await;
}
