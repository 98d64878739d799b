//! Times that are entered late or corrected: the charged days follow them, and the till hears of those that an invoice has.

use axum::http::StatusCode;
use chrono::Duration;

use super::{
    act, admitted,
    leaving::{charged, decided},
    plan, saved,
};
use crate::{
    core::PatientId,
    db::sql,
    tests::{Browser, Fixture, TestApp, on_both_engines},
    wards::{charge_days, take_back_released},
};

async fn days(app: &TestApp, patient: PatientId) -> Vec<String> {
    charged(app, patient).await.into_iter().map(|(day, _)| day.to_string()).collect()
}

/// The invoice of all that is open for a patient.
async fn issued(app: &TestApp, cashier: &Browser, patient: PatientId) -> String {
    let answer = cashier.post("/api/billing/issue", &[("patient_id", &patient.to_string())]).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql(
        "SELECT l.invoice_id FROM invoice_lines l JOIN charges c ON c.id = l.charge_id WHERE l.released_at IS NULL AND c.patient_id = ",
    );
    tx.one::<(uuid::Uuid,)>(query.push_bind(patient).push(" LIMIT 1")).await.expect("an invoice").0.to_string()
}

#[tokio::test]
async fn a_leaving_that_is_entered_after_midnight_costs_no_night() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let ben = admitted(&app, app.fixture.ben, plan.surgical, plan.s1).await;
        // 00:20 of the third day: the job has charged the second one.
        app.state.clock.advance(Duration::minutes(37 * 60 + 50));
        charge_days(&app.state).await.expect("charged");
        assert_eq!(days(&app, app.fixture.ana).await, ["2026-11-21", "2026-11-22"]);
        let (doctor, manager, cashier) = (app.as_("doctor").await, app.as_("ward_manager").await, app.as_("cashier").await);
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        for id in [ana, ben] {
            decided(&doctor, id, &[]).await;
            let answer = act(&manager, "left", id, &[("time", "23:30"), ("because", "Family waits")]).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        }
        assert_eq!(days(&app, app.fixture.ana).await, ["2026-11-21"], "the day of leaving is not charged");
        let page = async |id| doctor.get(&format!("/admissions/{id}")).await.body;
        assert!(page(ana).await.contains("not charged any more: 22 Nov 2026"));
        assert!(page(ben).await.contains("an invoice has days that are not due, credit them: 22 Nov 2026"));
        // The cashier credits the invoice: the day that is due waits for another one, the other is not charged again.
        let key = Fixture::key();
        let ask = [("invoice_id", invoice.as_str()), ("key", &key), ("whole", "true"), ("reason", "not_done"), ("outcome", "billable")];
        let asked = cashier.post("/api/billing/ask_credit", &ask).await;
        assert!(asked.status.is_success(), "{}", asked.body);
        assert_eq!(take_back_released(&app.state).await.expect("looked"), 0, "the invoice has it");
        let accountant = app.as_("accountant").await;
        let answer = accountant.post("/api/billing/decide_credit", &[("credit_note_id", &key), ("approve", "true")]).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        assert_eq!(take_back_released(&app.state).await.expect("looked"), 1);
        assert_eq!(days(&app, app.fixture.ben).await, ["2026-11-21"]);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_death_on_the_record_ends_the_days_and_is_told_on_the_ward() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        app.state.clock.advance(Duration::hours(44));
        charge_days(&app.state).await.expect("charged");
        let desk = app.as_("desk").await;
        let patient = app.fixture.ana.to_string();
        let died = [("patient_id", patient.as_str()), ("day", "2026-11-22"), ("time", "20:00")];
        let answer = desk.post("/api/appointments/record_death", &died).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        charge_days(&app.state).await.expect("settled");
        assert_eq!(days(&app, app.fixture.ana).await, ["2026-11-21"], "the night after the death is taken back");
        app.state.clock.advance(Duration::days(1));
        charge_days(&app.state).await.expect("settled");
        assert_eq!(days(&app, app.fixture.ana).await, ["2026-11-21"]);
        let nurse = app.as_("nurse").await;
        assert!(nurse.get(&format!("/wards/{}", plan.medical)).await.body.contains("Death recorded"));
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        assert!(page.contains("Days in bed end there") && page.contains("Not charged any more"), "{page}");
        let answer = app.as_("desk").await.post("/api/appointments/death_in_error", &[("patient_id", &patient)]).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        charge_days(&app.state).await.expect("settled");
        assert_eq!(days(&app, app.fixture.ana).await, ["2026-11-21", "2026-11-22", "2026-11-23"], "it was recorded in error");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_corrected_time_of_admission_settles_the_days_that_no_invoice_has() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        app.state.clock.advance(Duration::hours(40));
        charge_days(&app.state).await.expect("charged");
        let (manager, cashier) = (app.as_("ward_manager").await, app.as_("cashier").await);
        let correct = async |day: &'static str, time: &'static str| {
            act(&manager, "correct_time", ana, &[("day", day), ("time", time), ("reason", "Entered wrongly")]).await
        };
        let answer = correct("2026-11-22", "09:00").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(days(&app, app.fixture.ana).await, ["2026-11-22"]);
        issued(&app, &cashier, app.fixture.ana).await;
        let answer = correct("2026-11-23", "01:00").await;
        assert!(answer.status == StatusCode::CONFLICT && answer.body.contains("credit note"), "{}", answer.body);
        let answer = correct("2026-11-21", "10:40").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(days(&app, app.fixture.ana).await, ["2026-11-21", "2026-11-22"], "the day that was taken back is charged again");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_birth_that_is_entered_late_counts_from_the_birth() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let admin = app.as_("admin").await;
        let (ward, class) = (plan.surgical.to_string(), plan.class.to_string());
        let fields = [("name", "Room 8"), ("ward_id", ward.as_str()), ("sex_rule", "any"), ("isolation", "none"), ("single", "")];
        let room = saved(&admin, "ward-rooms", &fields).await;
        let fields = [("name", "C1"), ("room_id", room.as_str()), ("kind", "cot"), ("class_id", class.as_str()), ("position", "1")];
        let cot = saved(&admin, "beds", &fields).await;
        let ana = admitted(&app, app.fixture.ana, plan.surgical, plan.s1).await;
        app.state.clock.advance(Duration::hours(30));
        let form = [
            ("outcome", "live"),
            ("plurality", "1"),
            ("birth_order", "1"),
            ("born_day", "2026-11-21"),
            ("born_time", "23:00"),
            ("sex", "female"),
            ("bed_id", &cot),
        ];
        let answer = act(&app.as_("nurse").await, "born", ana, &form).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let mut tx = app.state.db.read().await.expect("a connection");
        let query = sql("SELECT patient_id, admitted_at FROM admissions WHERE mother_id = ").push_bind(ana);
        let (child, at): (PatientId, crate::core::time::Instant) = tx.one(query).await.expect("the child");
        drop(tx);
        assert_eq!(at.to_rfc3339(), "2026-11-22T04:00:00+00:00");
        charge_days(&app.state).await.expect("charged");
        assert_eq!(days(&app, child).await, ["2026-11-21"], "the first night in the cot");
        app.assert_sound().await;
    })
    .await;
}
