//! Changes during a stay: a decided discharge, the facts of the admission, the ward, and the work that is open before the patient leaves.

use axum::http::StatusCode;
use chrono::Duration;

use super::{
    act, admitted,
    leaving::{decided, sure_of},
    plan, state,
};
use crate::{
    core::AdmissionId,
    db::{Sql, sql},
    tests::{Fixture, TestApp, on_both_engines},
};

/// The discharge that counts.
async fn open(app: &TestApp) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT id FROM discharges WHERE voided_at IS NULL");
    tx.one::<(uuid::Uuid,)>(query).await.expect("a discharge").0.to_string()
}

async fn number(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("a number")
}

async fn version(app: &TestApp, id: AdmissionId) -> String {
    number(app, sql("SELECT version FROM admissions WHERE id = ").push_bind(id)).await.to_string()
}

#[tokio::test]
async fn a_decided_discharge_is_withdrawn_and_decided_anew() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        app.state.clock.advance(Duration::hours(4));
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        decided(&doctor, ana, &[]).await;
        let seen = open(&app).await;
        let withdraw = [("seen", seen.as_str()), ("reason", "Fever again")];
        assert_eq!(act(&nurse, "withdraw_discharge", ana, &withdraw).await.status, StatusCode::FORBIDDEN);
        assert_eq!(act(&doctor, "withdraw_discharge", ana, &withdraw[..1]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason");
        assert_eq!(act(&doctor, "withdraw_discharge", ana, &withdraw).await.status, StatusCode::OK);
        assert_eq!(act(&doctor, "withdraw_discharge", ana, &withdraw).await.status, StatusCode::CONFLICT, "it is withdrawn");
        assert_eq!(act(&nurse, "left", ana, &[]).await.status, StatusCode::CONFLICT, "nothing is decided");
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        assert!(page.contains("Discharge withdrawn") && page.contains("Fever again"), "{page}");
        // She dies on the ward after she was to go home: what the nurse prepared stays done.
        decided(&doctor, ana, &[("diagnosis", "Flu")]).await;
        assert_eq!(act(&nurse, "prepared", ana, &[("steps", "true")]).await.status, StatusCode::OK);
        let form = doctor.get(&format!("/admissions/{ana}/discharge")).await.body;
        assert!(form.contains("Flu") && form.contains("Why is it decided anew"), "{form}");
        let seen = open(&app).await;
        let died = [("kind", "died"), ("died_day", "2026-11-21"), ("died_time", "13:00"), ("verified_by", "Dr. Costa")];
        let sure = sure_of(&died);
        let anew = [&died[..], &[("diagnosis", "Sepsis"), ("seen", &seen), ("reason", "She died"), ("sure", &sure)]].concat();
        assert_eq!(act(&doctor, "discharge", ana, &died).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a diagnosis");
        assert_eq!(act(&doctor, "discharge", ana, &anew[..6]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason");
        assert_eq!(act(&doctor, "discharge", ana, &anew).await.status, StatusCode::OK);
        assert_eq!(act(&doctor, "discharge", ana, &anew).await.status, StatusCode::CONFLICT, "an older page");
        let dead = "SELECT count(*) FROM patients WHERE deceased_on IS NOT NULL AND id = ";
        assert_eq!(number(&app, sql(dead).push_bind(app.fixture.ana)).await, 1);
        // The wrong patient: the death is taken back with the decision.
        let seen = open(&app).await;
        let withdraw = [("seen", seen.as_str()), ("reason", "Wrong patient")];
        assert_eq!(act(&doctor, "withdraw_discharge", ana, &withdraw).await.status, StatusCode::OK);
        assert_eq!(number(&app, sql(dead).push_bind(app.fixture.ana)).await, 0);
        decided(&doctor, ana, &[]).await;
        let seen = open(&app).await;
        decided(&doctor, ana, &[&died[..], &[("seen", &seen), ("reason", "She died")]].concat()).await;
        assert_eq!(act(&nurse, "prepared", ana, &[("steps", "true")]).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "left", ana, &[]).await.status, StatusCode::OK);
        assert_eq!(state(&app, ana).await, "discharged");
        assert_eq!(number(&app, sql("SELECT count(*) FROM discharges")).await, 5, "all stay on record");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_organism_that_is_found_later_isolates_the_patient_and_the_bed() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let nurse = app.as_("nurse").await;
        let mut tx = app.state.db.read().await.expect("a connection");
        let query = sql("SELECT s.id FROM staff s JOIN users u ON u.id = s.user_id WHERE s.kind = 'doctor' AND u.login = 'doctor'");
        let doctor = tx.one::<(uuid::Uuid,)>(query).await.expect("a doctor").0.to_string();
        drop(tx);
        let change = async |seen: &str, more: &[(&str, &str)]| {
            let form = [("seen", seen), ("isolation", "airborne"), ("organism", "MRSA"), ("doctor_id", &doctor), ("reason", "Swab")];
            let form: Vec<_> =
                form.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect();
            act(&nurse, "change_facts", ana, &form).await
        };
        let seen = version(&app, ana).await;
        assert_eq!(change(&seen, &[("isolation", "none")]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "an organism needs isolation");
        assert_eq!(change(&seen, &[("reason", "")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(change(&seen, &[("doctor_id", &Fixture::key())]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(app.as_("ward_manager").await.get(&format!("/admissions/{ana}")).await.status, StatusCode::OK);
        let answer = change(&seen, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(change(&seen, &[]).await.status, StatusCode::CONFLICT, "an older page");
        assert_eq!(change(&version(&app, ana).await, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing is different");
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        assert!(page.contains("(MRSA)") && page.contains("Facts of the stay changed") && page.contains("This bed breaks a rule"), "{page}");
        assert!(nurse.get(&format!("/wards/{}", plan.medical)).await.body.contains("Isolation: "), "the mark on the board");
        let of_doctor = sql("SELECT count(*) FROM admissions WHERE doctor_id IS NOT NULL AND id = ").push_bind(ana);
        assert_eq!(number(&app, of_doctor).await, 1, "the stay is on a doctor's round");
        assert_eq!(
            act(&nurse, "move", ana, &[("bed_id", &plan.single.to_string()), ("because", "Isolation")]).await.status,
            StatusCode::OK
        );
        let cleaning = sql("SELECT count(*) FROM bed_uses WHERE kind = 'cleaning' AND terminal AND bed_id = ").push_bind(plan.a1);
        assert_eq!(number(&app, cleaning).await, 1, "the bed that she left needs the long cleaning");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_arrival_ends_a_stop_of_observations_asks_for_a_set_and_keeps_the_sheet() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let (id, key) = (ana.to_string(), Fixture::key());
        let stop = [("admission_id", id.as_str()), ("key", &key), ("scale", "2"), ("stop_hours", "12"), ("reason", "Asleep")];
        assert!(doctor.post("/api/nursing/plan", &stop).await.status.is_success());
        let key = Fixture::key();
        let line = [("admission_id", id.as_str()), ("key", &key), ("kind", "cannula"), ("site", "Forearm"), ("side", "left")];
        assert!(nurse.post("/api/nursing/insert_device", &line).await.status.is_success());
        let (ward, bed) = (plan.surgical.to_string(), plan.s1.to_string());
        let ask = [("ward", ward.as_str()), ("kind", "specialty"), ("handover", "S: needs surgery"), ("escort", "nurse")];
        assert_eq!(act(&nurse, "ask_transfer", ana, &ask).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "accept_transfer", ana, &[("bed_id", &bed)]).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "arrive", ana, &[("bed_id", &bed)]).await.status, StatusCode::OK);
        let stopped = "SELECT count(*) FROM observation_plans WHERE nth = (SELECT max(nth) FROM observation_plans) AND stopped_until IS NULL AND spo2_scale = 2";
        assert_eq!(number(&app, sql(stopped)).await, 1, "the stop ended, the scale stays");
        let due = sql("SELECT count(*) FROM nursing_tasks WHERE due_at = ").push_bind(app.state.clock.now() + Duration::minutes(30));
        assert_eq!(number(&app, due).await, 1, "a set is due");
        let sheet = nurse.get(&format!("/admissions/{ana}/transfer")).await;
        assert!(sheet.status == StatusCode::OK && sheet.body.contains("needs surgery") && sheet.body.contains("Forearm"), "{}", sheet.body);
        // She was admitted to the first ward, and stays counted there.
        let figures = nurse.get("/wards/figures?from=2026-11-21&to=2026-11-21").await.body;
        let cells = |ward: &str| -> Vec<String> {
            let row = figures.split(ward).nth(1).and_then(|rest| rest.split("</tr>").next()).unwrap_or_default();
            row.split("<td").skip(1).filter_map(|cell| cell.split_once('>')?.1.split('<').find(|text| !text.is_empty()).map(str::to_owned)).collect()
        };
        assert_eq!((cells("Medical ward").get(4).cloned(), cells("Surgical ward").get(4).cloned()), (Some("1".into()), Some("0".into())), "{figures}");
        // Work that is open keeps her, unless the nurse says why not.
        decided(&doctor, ana, &[]).await;
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        assert!(page.contains("Lines or devices in place: 1"), "{page}");
        let answer = act(&nurse, "prepared", ana, &[("steps", "true")]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"because\""), "{}", answer.body);
        let answer = act(&nurse, "prepared", ana, &[("steps", "true"), ("because", "Goes home with it")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        app.assert_sound().await;
    })
    .await;
}
