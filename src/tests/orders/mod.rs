//! Orders: from the consultation to the outcome, what is refused, where patients go, and what the database guards by itself.

mod guards;
mod races;
mod requisitions;

use axum::http::StatusCode;

use super::{Answer, Browser, Fixture, TestApp, consultation::calls, fixture::PASSWORD, on_both_engines, opd::waits_for_doctor};
use crate::{
    app::DEPARTMENTS,
    core::{Error, OrderId, PatientId, VisitId},
    db::{Sql, sql},
    opd::{self, Step},
};

/// A patient whom the doctor has called.
async fn called(app: &TestApp, doctor: &Browser, patient: PatientId) -> VisitId {
    let visit = waits_for_doctor(app, patient).await;
    calls(app, doctor).await;
    visit
}

/// Orders something, and answers with its id.
async fn ordered(doctor: &Browser, visit: VisitId, service: &str, more: &[(&str, &str)]) -> (String, Answer) {
    let (key, visit) = (OrderId::new().to_string(), visit.to_string());
    let mut form = vec![("visit_id", visit.as_str()), ("key", &key), ("kind", "nursing"), ("service", service), ("priority", "routine")];
    form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    form.extend_from_slice(more);
    let answer = doctor.post("/api/clinical/order", &form).await;
    (key, answer)
}

/// An order that was placed.
async fn placed(doctor: &Browser, visit: VisitId, service: &str) -> String {
    let (id, answer) = ordered(doctor, visit, service, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    id
}

async fn work(nurse: &Browser, order: &str, version: &str, act: &str, words: &[(&str, &str)]) -> Answer {
    let form = [&[("order_id", order), ("version", version), ("act", act)], words].concat();
    nurse.post("/api/orders/work", &form).await
}

async fn withdraw(doctor: &Browser, order: &str, version: &str, act: &str, reason: &str) -> Answer {
    doctor.post("/api/orders/withdraw", &[("order_id", order), ("version", version), ("act", act), ("reason", reason)]).await
}

pub(super) async fn sign(doctor: &Browser, visit: VisitId) {
    let text =
        [("visit_id", visit.to_string()), ("version", "0".to_owned()), ("history", "Cough".to_owned()), ("password", PASSWORD.to_owned())];
    // The first order has begun the encounter with an empty note, of version 0.
    let text: Vec<(&str, &str)> = text.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = doctor.post("/api/clinical/sign", &text).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn number(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("a number")
}

async fn state(app: &TestApp, order: &str) -> String {
    let id: OrderId = order.parse().expect("an id");
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.one::<(String,)>(sql("SELECT state FROM orders WHERE id = ").push_bind(id)).await.expect("an order").0
}

fn field(answer: &Answer) -> String {
    match answer.error() {
        Error::Invalid(errors) => errors[0].field.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_order_goes_from_the_consultation_to_its_outcome() {
    on_both_engines(|app| async move {
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let visit = called(&app, &doctor, app.fixture.ana).await;
        let page = format!("/consultation/{visit}");
        let (key, id) = (OrderId::new().to_string(), visit.to_string());
        let form = [
            ("visit_id", id.as_str()),
            ("key", &key),
            ("kind", "nursing"),
            ("service", "12-lead  ECG"),
            ("priority", "stat"),
            ("reason", "Chest pain for an hour"),
            ("instructions", "Sitting"),
        ];
        // Without scripts, and once more by a second press.
        for _ in 0..2 {
            let sent = doctor.submit(&page, "/api/clinical/order", &form).await;
            assert_eq!(sent.location, Some(format!("{page}?done=ordered")), "{}", sent.body);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM encounters WHERE state = 'in_progress'")).await, 1, "it began the encounter");
        let shown = doctor.get(&page).await.body;
        assert!(shown.contains("12-lead ECG") && shown.contains("Chest pain for an hour") && shown.contains("Requested"), "{shown}");
        placed(&doctor, visit, "Dressing").await;

        let list = nurse.get("/orders").await.body;
        let (stat, routine) = (list.find("12-lead ECG").expect("the ECG"), list.find("Dressing").expect("the dressing"));
        assert!(stat < routine && list.contains("Núñez"), "the most urgent first: {list}");
        let part = nurse.get("/orders/live?priority=stat").await.body;
        assert!(part.contains("12-lead ECG") && !part.contains("Dressing") && !part.contains("<html"), "{part}");
        for (filter, both) in [("?priority=stat", false), ("?age=1", false), ("?state=requested", true), ("?kind=nursing", true)] {
            let list = nurse.get(&format!("/orders{filter}")).await.body;
            assert_eq!(list.contains("Dressing"), both, "{filter}");
        }
        let one = nurse.get(&format!("/orders/{key}")).await;
        assert!(one.status == StatusCode::OK && one.body.contains("Sitting"), "{}", one.body);

        let form = [("order_id", key.as_str()), ("version", "1"), ("act", "accept"), ("back", "/orders")];
        let accepted = nurse.submit("/orders", "/api/orders/work", &form).await;
        assert_eq!(accepted.location.as_deref(), Some("/orders?done=accept"));
        assert_eq!(work(&nurse, &key, "1", "accept", &[]).await.status, StatusCode::OK, "pressed twice");
        assert_eq!(work(&nurse, &key, "1", "start", &[]).await.status, StatusCode::CONFLICT, "an older version");
        assert_eq!(work(&nurse, &key, "2", "complete", &[]).await.status, StatusCode::CONFLICT, "it has not begun");
        assert_eq!(work(&nurse, &key, "2", "start", &[]).await.status, StatusCode::OK);
        assert_eq!(withdraw(&doctor, &key, "3", "cancel", "Not needed").await.status, StatusCode::CONFLICT, "it has begun");
        let outcome = [("outcome", "Sinus rhythm, 72/min")];
        assert_eq!(work(&nurse, &key, "3", "complete", &outcome).await.status, StatusCode::OK);
        assert_eq!(state(&app, &key).await, "completed");
        assert_eq!(withdraw(&doctor, &key, "4", "enter_in_error", "Wrong patient").await.status, StatusCode::CONFLICT);

        let bell = doctor.get("/notifications").await.body;
        assert!(bell.contains("Nora Nurse completed an order of yours"), "{bell}");
        let chart = doctor.get(&format!("/patients/{}/chart?only=orders", app.fixture.ana)).await.body;
        assert!(chart.contains("Sinus rhythm, 72/min") && chart.contains("Nora Nurse"), "{chart}");
        assert!(!nurse.get("/orders").await.body.contains("12-lead ECG"), "it is done");
        assert!(nurse.get("/orders?state=completed").await.body.contains("12-lead ECG"));
        assert!(doctor.get("/orders").await.body.contains("Dressing"), "a doctor sees what she ordered");
        assert!(!app.as_("doctor2").await.get("/orders").await.body.contains("Dressing"), "and no colleague's orders");
        let portal = app.as_("ana").await.get("/portal/records").await.body;
        assert!(portal.contains("12-lead ECG") && !portal.contains("Sinus rhythm"), "the outcome is the doctor's to explain: {portal}");
        let acts = number(&app, sql("SELECT count(*) FROM audit_log WHERE what = 'order' AND action <> 'read'")).await;
        assert_eq!(acts, 5, "two were placed, one had three acts");
        let mut tx = app.state.db.read().await.expect("a connection");
        let rows: Vec<(crate::keys::Sealed,)> = tx.all(sql("SELECT sealed FROM orders")).await.expect("rows");
        assert!(rows.iter().all(|(sealed,)| !format!("{sealed:?}").contains("Chest pain")), "its text is sealed");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_is_refused_with_the_field_that_is_wrong() {
    on_both_engines(|app| async move {
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let visit = called(&app, &doctor, app.fixture.ana).await;
        for (service, more, wrong) in [
            (" ", &[][..], "service"),
            ("ECG", &[("kind", "surgery")], "kind"),
            ("ECG", &[("priority", "soon")], "priority"),
            ("ECG", &[("key", "1")], "key"),
        ] {
            let (_, answer) = ordered(&doctor, visit, service, more).await;
            assert_eq!(field(&answer), wrong, "{service} {more:?}");
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM encounters")).await, 0, "nothing is half-written");
        let order = placed(&doctor, visit, "ECG").await;
        let (_, twice) = ordered(&doctor, visit, " ecg", &[]).await;
        assert_eq!(field(&twice), "again", "it is on order already");
        let form = [("visit_id", visit.to_string()), ("key", OrderId::new().to_string()), ("kind", "nursing".to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let again = [&form[..], &[("service", "ecg"), ("priority", "routine")]].concat();
        let page = doctor.submit(&format!("/consultation/{visit}"), "/api/clinical/order", &again).await;
        assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.body.contains("name=\"again\""), "{}", page.body);
        let (_, meant) = ordered(&doctor, visit, "ecg", &[("again", "ecg")]).await;
        assert_eq!(meant.status, StatusCode::OK, "{}", meant.body);

        assert_eq!(field(&work(&nurse, &order, "1", "cancel", &[]).await), "reason");
        assert_eq!(field(&work(&nurse, &order, "1", "enter_in_error", &[("reason", "x")]).await), "act", "that is the doctor's");
        assert_eq!(withdraw(&nurse, &order, "1", "cancel", "x").await.status, StatusCode::FORBIDDEN);
        assert_eq!(work(&doctor, &order, "1", "accept", &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.as_("desk").await.get("/orders").await.status, StatusCode::FORBIDDEN);
        let elsewhere = app.as_("doctor3").await;
        assert_eq!(withdraw(&elsewhere, &order, "1", "cancel", "x").await.status, StatusCode::NOT_FOUND);
        assert_eq!(elsewhere.get(&format!("/orders/{order}")).await.status, StatusCode::NOT_FOUND);

        assert_eq!(work(&nurse, &order, "1", "hold", &[("reason", "The patient eats")]).await.status, StatusCode::OK);
        assert!(doctor.get("/notifications").await.body.contains("Nora Nurse put an order of yours on hold"));
        assert!(nurse.get("/orders?state=on_hold").await.body.contains("The patient eats"));
        assert_eq!(work(&nurse, &order, "2", "resume", &[]).await.status, StatusCode::OK);
        assert_eq!(state(&app, &order).await, "requested", "it was not accepted before");
        assert_eq!(withdraw(&app.as_("doctor").await, &order, "3", "cancel", "Done yesterday").await.status, StatusCode::OK);
        assert_eq!(withdraw(&doctor, &order, "4", "enter_in_error", "Wrong patient").await.status, StatusCode::OK);
        assert_eq!(state(&app, &order).await, "entered_in_error");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn drafts_are_placed_with_the_signature_and_a_signed_consultation_takes_no_order() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = called(&app, &doctor, app.fixture.ana).await;
        let (draft, answer) = ordered(&doctor, visit, "Dressing", &[("draft", "true")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let (wrong, _) = ordered(&doctor, visit, "Injection", &[("draft", "true")]).await;
        assert!(!app.as_("nurse").await.get("/orders").await.body.contains("Dressing"), "nobody works on a draft");
        assert_eq!(field(&withdraw(&doctor, &wrong, "1", "enter_in_error", "").await), "reason");
        assert_eq!(withdraw(&doctor, &wrong, "1", "enter_in_error", "Wrong arm").await.status, StatusCode::OK);
        sign(&doctor, visit).await;
        assert_eq!((state(&app, &draft).await.as_str(), state(&app, &wrong).await.as_str()), ("requested", "entered_in_error"));
        let (_, late) = ordered(&doctor, visit, "ECG", &[]).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
        assert!(doctor.get(&format!("/consultation/{visit}")).await.body.contains("Dressing"), "it is still shown there");
        app.assert_sound().await;
    })
    .await;
}

/// The step where the visit is; `None` when it is over.
async fn step(app: &TestApp, visit: VisitId) -> Option<Step> {
    let mut tx = app.state.db.read().await.expect("a connection");
    opd::open_entry(&mut tx, visit).await.ok().map(|entry| entry.step)
}

async fn settle(admin: &Browser, version: &str, offered: bool, stop: &str) -> Answer {
    let mut form = vec![("kind", "nursing"), ("version", version), ("stop", stop)];
    if offered {
        form.push(("offered", "true"));
    }
    admin.post("/api/orders/settle_kind", &form).await
}

/// The cashier takes what the patient owes.
async fn pays(cashier: &Browser, patient: PatientId) {
    let issued = cashier.post("/api/billing/issue", &[("patient_id", &patient.to_string())]).await;
    let to = issued.location.clone().unwrap_or_else(|| panic!("issued: {}", issued.body));
    let invoice = to.rsplit_once("invoice=").expect("an invoice").1.to_owned();
    let form = [("invoice_id", invoice.as_str()), ("idempotency_key", &Fixture::key()), ("method", "card"), ("tendered", "36")];
    let paid = cashier.post("/api/billing/pay", &form).await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.body);
}

#[tokio::test]
async fn a_patient_goes_where_something_was_ordered_before_or_after_the_cashier_as_the_hospital_settled() {
    on_both_engines(|app| async move {
        let (admin, doctor, nurse, cashier) =
            (app.as_("admin").await, app.as_("doctor").await, app.as_("nurse").await, app.as_("cashier").await);
        let ana = app.fixture.ana;
        // As it is shipped, the queue sends nobody to the nurses.
        let visit = called(&app, &doctor, ana).await;
        let order = placed(&doctor, visit, "ECG").await;
        sign(&doctor, visit).await;
        assert_eq!(step(&app, visit).await, Some(Step::Cashier));
        assert_eq!(work(&nurse, &order, "1", "start", &[]).await.status, StatusCode::OK);
        assert_eq!(work(&nurse, &order, "2", "complete", &[]).await.status, StatusCode::OK);
        assert_eq!(step(&app, visit).await, Some(Step::Cashier), "a patient who is elsewhere stays there");
        pays(&cashier, ana).await;
        assert_eq!(step(&app, visit).await, None);

        assert_eq!(settle(&admin, "1", true, "before_cashier").await.status, StatusCode::OK);
        assert_eq!(settle(&admin, "1", true, "none").await.status, StatusCode::CONFLICT, "an older version");
        let visit = called(&app, &doctor, ana).await;
        let (first, second) = (placed(&doctor, visit, "ECG").await, placed(&doctor, visit, "Dressing").await);
        sign(&doctor, visit).await;
        assert_eq!(step(&app, visit).await, Some(Step::Orders));
        let page = nurse.get("/orders").await.body;
        assert!(page.contains("Waiting here") && page.contains("/api/opd/call_next"), "{page}");
        assert_eq!(work(&nurse, &first, "1", "start", &[]).await.status, StatusCode::OK);
        assert_eq!(work(&nurse, &first, "2", "complete", &[]).await.status, StatusCode::OK);
        assert_eq!(step(&app, visit).await, Some(Step::Orders), "one more is to be done");
        assert_eq!(withdraw(&doctor, &second, "1", "cancel", "Not needed").await.status, StatusCode::OK);
        assert_eq!(step(&app, visit).await, Some(Step::Cashier));
        pays(&cashier, ana).await;
        assert_eq!(step(&app, visit).await, None);

        assert_eq!(settle(&admin, "2", true, "after_cashier").await.status, StatusCode::OK);
        let visit = called(&app, &doctor, ana).await;
        let order = placed(&doctor, visit, "ECG").await;
        sign(&doctor, visit).await;
        assert_eq!(step(&app, visit).await, Some(Step::Cashier));
        pays(&cashier, ana).await;
        assert_eq!(step(&app, visit).await, Some(Step::Orders));
        assert_eq!(work(&nurse, &order, "1", "start", &[]).await.status, StatusCode::OK);
        assert_eq!(work(&nurse, &order, "2", "complete", &[]).await.status, StatusCode::OK);
        assert_eq!(step(&app, visit).await, None, "home");

        assert_eq!(settle(&admin, "3", false, "after_cashier").await.status, StatusCode::OK);
        let visit = called(&app, &doctor, ana).await;
        let (_, refused) = ordered(&doctor, visit, "ECG", &[]).await;
        assert_eq!(field(&refused), "kind", "it is not offered any more");
        assert!(admin.get("/orders/kinds").await.body.contains("Nursing"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_is_ordered_for_a_patient_who_died_before_today() {
    on_both_engines(|app| async move {
        let (ana, doctor) = (app.fixture.ana, app.as_("doctor").await);
        let visit = called(&app, &doctor, ana).await;
        let died = |days: i64| {
            let day = app.state.clock.now().date_naive() - chrono::Duration::days(days);
            sql("UPDATE patients SET deceased_on = ").push_bind(day).push(" WHERE id = ").push_bind(ana)
        };
        for (days, allowed) in [(0, true), (3, false)] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            tx.execute(died(days)).await.expect("a day of death");
            tx.commit().await.expect("committed");
            let (_, answer) = ordered(&doctor, visit, &format!("ECG {days}"), &[]).await;
            assert_eq!(answer.status == StatusCode::OK, allowed, "{days} days ago: {}", answer.body);
            assert_eq!(answer.status == StatusCode::CONFLICT, !allowed, "{days} days ago: {}", answer.body);
        }
    })
    .await;
}

#[tokio::test]
async fn departments_contribute_kinds_and_stops_that_the_database_knows() {
    on_both_engines(|app| async move {
        let mut tx = app.state.db.read().await.expect("a connection");
        let steps: Vec<(String,)> = tx.all(sql("SELECT step FROM queue_steps")).await.expect("steps");
        let mut steps: Vec<_> = steps.into_iter().map(|(step,)| step).collect();
        let mut known: Vec<_> = Step::ALL.iter().map(|step| step.as_str().to_owned()).collect();
        steps.sort_unstable();
        known.sort_unstable();
        assert_eq!(steps, known);
        let kinds: Vec<(String,)> = tx.all(sql("SELECT name FROM order_kinds")).await.expect("kinds");
        for kind in DEPARTMENTS.order_kinds() {
            assert!(kinds.iter().any(|(name,)| name == kind.name), "{}: its migration adds a row to order_kinds", kind.name);
        }
        for stop in DEPARTMENTS.stops() {
            assert!(stop.step.parse::<Step>().is_ok_and(Step::is_after_doctor), "{}", stop.step);
        }
    })
    .await;
}
