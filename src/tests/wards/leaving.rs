//! Discharge in steps, kinds of leaving, taking a discharge back, and days in bed.

use axum::http::StatusCode;
use chrono::Duration;

use super::{act, admitted, asked, open_uses, plan, state};
use crate::{
    core::{AdmissionId, PatientId},
    db::sql,
    tests::{Browser, TestApp, on_both_engines},
    wards::charge_days,
};

/// The days in bed that are charged for a patient: the day, and the net amount.
pub async fn charged(app: &TestApp, patient: PatientId) -> Vec<(chrono::NaiveDate, i64)> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT service_day, net FROM charges WHERE source = 'bed_day' AND patient_id = ").push_bind(patient);
    tx.all(query.push(" AND state NOT IN ('cancelled', 'entered_in_error') ORDER BY service_day")).await.expect("charges")
}

/// The tick that confirms a death, or that a patient is gone; empty for another kind.
pub fn sure_of(form: &[(&str, &str)]) -> String {
    let value = |name: &str| form.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| *value);
    match value("kind") {
        "died" => format!("died {} {}", value("died_day"), value("died_time")),
        "absconded" => format!("absconded {} {}", value("last_seen_day"), value("last_seen_time")),
        _ => String::new(),
    }
}

pub async fn decided(doctor: &Browser, id: AdmissionId, more: &[(&str, &str)]) {
    let sure = sure_of(more);
    let usual = [("kind", "home"), ("diagnosis", "Pneumonia"), ("sure", sure.as_str())];
    let usual = usual.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    let form: Vec<_> = usual.chain(more.iter().copied()).collect();
    let answer = act(doctor, "discharge", id, &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test]
async fn a_patient_goes_home_step_by_step_and_each_night_is_charged() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        assert_eq!(charge_days(&app.state).await.expect("charged"), 0, "no midnight has passed");
        assert_eq!(act(&nurse, "discharge", ana, &[("kind", "home")]).await.status, StatusCode::FORBIDDEN, "a doctor decides");
        assert_eq!(doctor.get(&format!("/admissions/{ana}/discharge")).await.status, StatusCode::OK);
        // Three nights; the job was down in the second and third.
        app.state.clock.advance(Duration::days(1));
        assert_eq!(charge_days(&app.state).await.expect("charged"), 1);
        assert_eq!(charge_days(&app.state).await.expect("charged"), 0, "once");
        app.state.clock.advance(Duration::days(2));
        let (doctor, nurse, cashier) = (app.as_("doctor").await, app.as_("nurse").await, app.as_("cashier").await);
        assert_eq!(charge_days(&app.state).await.expect("charged"), 2, "all that were missed");
        let days: Vec<_> = charged(&app, app.fixture.ana).await.into_iter().map(|(day, net)| (day.to_string(), net)).collect();
        let expected = ["2026-11-21", "2026-11-22", "2026-11-23"].map(|day| (day.to_owned(), 10_000));
        assert_eq!(days, expected);
        assert_eq!(act(&doctor, "discharge", ana, &[("kind", "home")]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a diagnosis");
        decided(&doctor, ana, &[("medicines", "Amoxicillin 1 g"), ("follow_up", "In a week")]).await;
        assert_eq!(act(&doctor, "discharge", ana, &[("kind", "home"), ("diagnosis", "Flu")]).await.status, StatusCode::CONFLICT);
        let list = nurse.get("/wards/leaving").await.body;
        assert!(list.contains("Núñez") && list.contains("1A"), "{list}");
        assert_eq!(nurse.get("/wards/leaving/live").await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "left", ana, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "steps are open");
        assert_eq!(act(&nurse, "prepared", ana, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(act(&nurse, "prepared", ana, &[("steps", "true")]).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "prepared", ana, &[("steps", "true")]).await.status, StatusCode::CONFLICT, "it is done");
        let page = cashier.get("/wards/settle").await;
        assert!(page.status == StatusCode::OK && page.body.contains("Núñez") && page.body.contains("300.00"), "{}", page.body);
        let answer = act(&cashier, "settle", ana, &[]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"agreed\""), "{}", answer.body);
        let patient = app.fixture.ana.to_string();
        let invoice = cashier.post("/api/billing/issue", &[("patient_id", &patient)]).await;
        assert!(invoice.status.is_success(), "{}", invoice.body);
        let answer = act(&cashier, "settle", ana, &[("agreed", "Pays by transfer next week")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(open_uses(&app, plan.a1).await, ["stay"], "the bed is free when the patient left, not before");
        assert_eq!(act(&nurse, "left", ana, &[]).await.status, StatusCode::OK);
        assert_eq!((state(&app, ana).await.as_str(), open_uses(&app, plan.a1).await), ("discharged", vec!["cleaning".to_owned()]));
        assert_eq!(charged(&app, app.fixture.ana).await.len(), 3, "the day of leaving is not charged");
        for (lang, words) in [("en", "Discharge summary"), ("es", "Informe de alta")] {
            let page = nurse.get(&format!("/admissions/{ana}/summary?lang={lang}")).await;
            assert!(page.body.contains(words) && page.body.contains("Amoxicillin 1 g"), "{lang}: {}", page.body);
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn each_kind_of_leaving_asks_for_its_data() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let doctor = app.as_("doctor").await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        for (kind, fields) in [
            ("transferred_out", &["place", "acceptor"][..]),
            ("other_care", &["place"][..]),
            ("against_advice", &["capacity", "witness"][..]),
            ("absconded", &["last_seen_day", "last_seen_time", "told"][..]),
            ("died", &["died_day", "died_time", "verified_by"][..]),
        ] {
            let answer = act(&doctor, "discharge", ana, &[("kind", kind), ("diagnosis", "Pneumonia")]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{kind}");
            for field in fields {
                assert!(answer.body.contains(&format!("\"{field}\"")), "{kind} {field}: {}", answer.body);
            }
        }
        let future = [("died_day", "2026-11-22"), ("died_time", "10:00"), ("verified_by", "Dr. Costa")];
        let form = [&[("kind", "died"), ("diagnosis", "Sepsis")][..], &future].concat();
        assert_eq!(act(&doctor, "discharge", ana, &form).await.status, StatusCode::UNPROCESSABLE_ENTITY, "not in the future");
        let before = [("died_day", "2026-11-21"), ("died_time", "08:00"), ("verified_by", "Dr. Costa")];
        let form = [&[("kind", "died"), ("diagnosis", "Sepsis"), ("sure", "died 2026-11-21 08:00")][..], &before].concat();
        let answer = act(&doctor, "discharge", ana, &form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "before the admission: {}", answer.body);
        assert_eq!(state(&app, ana).await, "admitted");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_death_and_an_absconded_patient_are_confirmed_by_a_second_press() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        app.state.clock.advance(Duration::hours(4));
        let doctor = app.as_("doctor").await;
        let page = doctor.get(&format!("/admissions/{ana}")).await.body;
        for kind in ["died", "absconded"] {
            let href = format!("/admissions/{ana}/discharge?kind={kind}");
            assert!(page.contains(&href), "two presses from the tile: {page}");
            let form = doctor.get(&href).await;
            assert!(form.status == StatusCode::OK && form.body.contains("Decide the discharge"), "{}", form.body);
            assert!(!form.body.contains("name=\"sure\""), "nothing is confirmed before it is said: {}", form.body);
        }
        let dead = || sql("SELECT count(*) FROM patients WHERE deceased_on IS NOT NULL");
        let died =
            [("kind", "died"), ("diagnosis", "Sepsis"), ("died_day", "2026-11-21"), ("died_time", "13:00"), ("verified_by", "Dr. Costa")];
        let gone = [
            ("kind", "absconded"),
            ("diagnosis", "Sepsis"),
            ("last_seen_day", "2026-11-21"),
            ("last_seen_time", "13:00"),
            ("told", "Police"),
        ];
        for (form, words) in [(died, "has died, on 21 Nov 2026"), (gone, "has left without telling anybody, last seen on 21 Nov 2026")] {
            let (id, key) = (ana.to_string(), crate::tests::Fixture::key());
            let sent = [&[("admission_id", id.as_str()), ("key", &key)][..], &form].concat();
            let page = doctor.submit(&format!("/admissions/{ana}/discharge"), "/api/wards/discharge", &sent).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.body);
            assert!(page.body.contains("Ana") && page.body.contains(words), "it names the patient and the fact: {}", page.body);
            assert!(page.body.contains(&format!("value=\"{}\"", sure_of(&form))), "{}", page.body);
            // Neither the same press again nor the tick of another fact is a confirmation.
            for sure in ["", "true", "died 2026-11-21 12:59", "absconded 2026-11-21 12:59"] {
                let answer = act(&doctor, "discharge", ana, &[&form[..], &[("sure", sure)]].concat()).await;
                assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"sure\""), "{sure}: {}", answer.body);
            }
            let mut tx = app.state.db.read().await.expect("a connection");
            assert_eq!(tx.count(dead()).await.expect("a count"), 0);
            assert_eq!(tx.count(sql("SELECT count(*) FROM discharges")).await.expect("a count"), 0);
        }
        decided(&doctor, ana, &died).await;
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(tx.count(dead()).await.expect("a count"), 1);
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_death_is_recorded_and_an_absconded_patient_leaves_at_once() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let ben = admitted(&app, app.fixture.ben, plan.surgical, plan.s1).await;
        app.state.clock.advance(Duration::hours(4));
        let (doctor, nurse, manager) = (app.as_("doctor").await, app.as_("nurse").await, app.as_("ward_manager").await);
        let died = [("kind", "died"), ("died_day", "2026-11-21"), ("died_time", "13:00"), ("verified_by", "Dr. Costa")];
        decided(&doctor, ana, &died).await;
        assert!(
            nurse.get(&format!("/patients/{}", app.fixture.ana)).await.body.contains("21 Nov 2026"),
            "the day of death is on the record"
        );
        assert_eq!(act(&nurse, "prepared", ana, &[("steps", "true")]).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "left", ana, &[]).await.status, StatusCode::OK, "the cashier does not keep the dead");
        let answer = act(&manager, "reopen", ana, &[("bed_id", &plan.b1.to_string()), ("reason", "Wrong patient")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "the death is corrected first: {}", answer.body);
        let gone = [("kind", "absconded"), ("last_seen_day", "2026-11-21"), ("last_seen_time", "14:00"), ("told", "Police")];
        decided(&doctor, ben, &gone).await;
        assert_eq!(act(&nurse, "left", ben, &[("time", "14:20")]).await.status, StatusCode::OK);
        assert_eq!(charged(&app, app.fixture.ben).await.len(), 1, "in and out on one day is one day");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn who_leaves_on_the_first_day_pays_it_before() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (doctor, nurse, cashier) = (app.as_("doctor").await, app.as_("nurse").await, app.as_("cashier").await);
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        assert_eq!(charged(&app, app.fixture.ana).await.len(), 0);
        decided(&doctor, ana, &[]).await;
        let page = cashier.get("/wards/settle").await.body;
        assert!(page.contains("100.00"), "{page}");
        assert_eq!(act(&cashier, "settle", ana, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "it is not paid");
        assert_eq!(act(&cashier, "settle", ana, &[("agreed", "Pays tomorrow")]).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "prepared", ana, &[("steps", "true")]).await.status, StatusCode::OK);
        app.state.clock.advance(Duration::minutes(10));
        assert_eq!(act(&nurse, "left", ana, &[]).await.status, StatusCode::OK);
        assert_eq!(charged(&app, app.fixture.ana).await.len(), 1, "once");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn no_day_is_charged_after_a_death() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        app.state.clock.advance(Duration::hours(36));
        let doctor = app.as_("doctor").await;
        let died = [("kind", "died"), ("died_day", "2026-11-22"), ("died_time", "20:00"), ("verified_by", "Dr. Costa")];
        decided(&doctor, ana, &died).await;
        app.state.clock.advance(Duration::hours(10));
        assert_eq!(charge_days(&app.state).await.expect("charged"), 0);
        let nurse = app.as_("nurse").await;
        assert_eq!(act(&nurse, "prepared", ana, &[("steps", "true")]).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "left", ana, &[]).await.status, StatusCode::OK);
        let days: Vec<_> = charged(&app, app.fixture.ana).await.into_iter().map(|(day, _)| day.to_string()).collect();
        assert_eq!(days, ["2026-11-21"], "not the day of the death, although the body stayed over midnight");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_night_that_was_charged_before_a_death_was_recorded_is_taken_back_or_named() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let ben = admitted(&app, app.fixture.ben, plan.surgical, plan.s1).await;
        app.state.clock.advance(Duration::hours(40));
        charge_days(&app.state).await.expect("charged");
        let days = async |patient| -> Vec<String> { charged(&app, patient).await.into_iter().map(|(day, _)| day.to_string()).collect() };
        assert_eq!(days(app.fixture.ana).await, ["2026-11-21", "2026-11-22"]);
        let cashier = app.as_("cashier").await;
        let issue = cashier.post("/api/billing/issue", &[("patient_id", &app.fixture.ben.to_string())]).await;
        assert_eq!(issue.status, StatusCode::OK, "{}", issue.body);
        let doctor = app.as_("doctor").await;
        let died = [("kind", "died"), ("died_day", "2026-11-22"), ("died_time", "20:00"), ("verified_by", "Dr. Costa")];
        for admission in [ana, ben] {
            decided(&doctor, admission, &died).await;
        }
        assert_eq!(days(app.fixture.ana).await, ["2026-11-21"]);
        let page = async |admission| doctor.get(&format!("/admissions/{admission}")).await.body;
        assert!(page(ana).await.contains("not charged any more: 22 Nov 2026"));
        assert!(page(ben).await.contains("an invoice has days that are not due"), "the cashier must credit it");
        assert_eq!(days(app.fixture.ben).await, ["2026-11-21", "2026-11-22"]);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_discharge_is_taken_back_within_a_day_by_the_head_of_the_ward() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        app.state.clock.advance(Duration::hours(2));
        let (doctor, nurse, manager) = (app.as_("doctor").await, app.as_("nurse").await, app.as_("ward_manager").await);
        decided(&doctor, ana, &[]).await;
        let answer = act(&nurse, "left", ana, &[("because", "She is gone")]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"because\""), "{}", answer.body);
        assert_eq!(act(&manager, "left", ana, &[("because", "Family waits")]).await.status, StatusCode::OK, "open steps are overridden");
        let back = [("bed_id", plan.b1.to_string()), ("reason", "Fever again".to_owned())];
        let back: Vec<_> = back.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(act(&nurse, "reopen", ana, &back).await.status, StatusCode::FORBIDDEN);
        app.state.clock.advance(Duration::hours(1));
        // An hour without a click ends a session.
        let (doctor, nurse, manager) = (app.as_("doctor").await, app.as_("nurse").await, app.as_("ward_manager").await);
        let answer = act(&manager, "reopen", ana, &back).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!((state(&app, ana).await.as_str(), open_uses(&app, plan.b1).await), ("admitted", vec!["stay".to_owned()]));
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        assert!(page.contains("Discharge taken back") && page.contains("Fever again"), "{page}");
        decided(&doctor, ana, &[]).await;
        assert_eq!(act(&manager, "left", ana, &[("because", "Family waits")]).await.status, StatusCode::OK);
        app.state.clock.advance(Duration::hours(25));
        let manager = app.as_("ward_manager").await;
        assert_eq!(act(&manager, "reopen", ana, &back).await.status, StatusCode::CONFLICT, "too late");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_the_order_of_a_discharge() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        decided(&app.as_("doctor").await, ana, &[]).await;
        let refused = async |guard: &'static str, text: &'static str| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(sql(text)).await.expect_err("refused");
            assert!(error.violates(guard), "{guard}: {error}");
        };
        refused("discharge_physical_last", "UPDATE discharge_steps SET state = 'overridden', reason = 'x' WHERE step = 'physical'").await;
        refused("discharges_kind_data", "UPDATE discharges SET kind = 'transferred_out'").await;
        refused("discharges_times", "UPDATE discharges SET left_at = '2020-01-01T00:00:00.000000Z'").await;
        refused(
            "transfers_elsewhere",
            "INSERT INTO transfers (id, admission_id, from_ward_id, to_ward_id, kind, handover, state, asked_at, asked_by)
            SELECT id, id, ward_id, ward_id, 'capacity', 'x', 'requested', requested_at, requested_by FROM admissions",
        )
        .await;
        let twice = async |guard: &'static str, query: crate::db::Sql| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query.bind(uuid::Uuid::now_v7())).await.expect_err("once");
            assert!(error.violates(guard) || error.is_unique(), "{guard}: {error}");
        };
        let discharge = "INSERT INTO discharges (id, admission_id, kind, admitted_at, decided_at, decided_by, diagnosis)
            SELECT $1, admission_id, kind, admitted_at, decided_at, decided_by, diagnosis FROM discharges";
        twice("discharges_one", sql(discharge)).await;
        let step = "INSERT INTO discharge_steps (id, discharge_id, step, state) SELECT $1, discharge_id, step, 'open' FROM discharge_steps WHERE step = 'nursing'";
        twice("discharge_steps_once", sql(step)).await;
        crate::wards::charge_days(&app.state).await.expect("charged");
        let day = "INSERT INTO bed_days (id, admission_id, day, bed_id, class_id, kind, item_id, created_at)
            SELECT $1, admission_id, day, bed_id, class_id, kind, item_id, created_at FROM bed_days";
        app.state.clock.advance(chrono::Duration::hours(30));
        crate::wards::charge_days(&app.state).await.expect("charged");
        let mut tx = app.state.db.read().await.expect("a connection");
        let days = tx.count(sql("SELECT count(*) FROM bed_days")).await.expect("counted");
        drop(tx);
        assert!(days > 0, "a night was charged");
        twice("bed_days_once", sql(day).push(" ORDER BY day LIMIT 1")).await;
    })
    .await;
}

#[tokio::test]
async fn the_cashier_asks_for_the_deposit_of_a_reserved_bed_until_it_is_received() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE bed_classes SET deposit_days = 3 WHERE id = ").push_bind(plan.class)).await.expect("set");
        tx.commit().await.expect("committed");
        let (doctor, nurse, cashier) = (app.as_("doctor").await, app.as_("nurse").await, app.as_("cashier").await);
        let (answer, ana) = asked(&doctor, app.fixture.ana, plan.medical, &[]).await;
        assert_eq!(answer.status, StatusCode::OK);
        let list = async || cashier.get("/wards/settle").await.body;
        assert!(!list().await.contains("$300.00"), "no bed is reserved");
        assert_eq!(
            act(&nurse, "accept", ana, &[("ward", &plan.medical.to_string()), ("bed_id", &plan.a1.to_string())]).await.status,
            StatusCode::OK
        );
        let page = list().await;
        assert!(page.contains("Núñez") && page.contains("3 days, General") && page.contains("$300.00"), "{page}");
        assert_eq!(nurse.get("/wards/settle").await.status, StatusCode::FORBIDDEN, "nurses see no prices");
        let deposit = async |amount: &str| {
            let (key, patient) = (crate::tests::Fixture::key(), app.fixture.ana.to_string());
            let form = [("patient_id", patient.as_str()), ("idempotency_key", &key), ("method", "card"), ("amount", amount)];
            assert_eq!(cashier.post("/api/billing/deposit", &form).await.status, StatusCode::OK);
        };
        deposit("120").await;
        let page = list().await;
        assert!(page.contains("$120.00") && page.contains("$180.00"), "{page}");
        deposit("180").await;
        assert!(!list().await.contains("Núñez"), "all was received");
        app.assert_sound().await;
    })
    .await;
}
