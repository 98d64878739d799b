//! The program asks: hold-if rules before a dose, reviews of orders, and the effect of a dose that was given as needed.

use axum::http::StatusCode;

use super::{IBUPROFEN, OnWard, PARACETAMOL, due, fields, give, give_as_needed, id, later, number, ok};
use crate::{
    db::{Sql, sql},
    tests::{Answer, Browser, Fixture, TestApp, on_both_engines, prescribing::said},
};

const BISOPROLOL: &str = "BISOPROLOL-5-MG-TAB";
const AMOXICILLIN: &str = "AMOXICILLIN-500-MG-CAP";

/// Twice a day, held at a low pressure or pulse.
fn rules() -> Vec<(&'static str, &'static str)> {
    let held = [("hold_1", "systolic_below"), ("hold_1_limit", "100"), ("hold_2", "pulse_below"), ("hold_2_limit", "50")];
    [&held[..], &[("timing", "twice"), ("times", "14:00 20:00")]].concat()
}

/// A nurse takes pressure and pulse.
async fn observed(ward: &OnWard, nurse: &Browser, systolic: &str) {
    let (admission, key) = (ward.admission.to_string(), Fixture::key());
    let form = [("admission_id", admission.as_str()), ("key", &key), ("systolic", systolic), ("diastolic", "60"), ("pulse", "64")];
    ok(&nurse.post("/api/nursing/observe", &form).await);
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error}");
}

async fn told(nurse: &Browser, dose: &str, key: &str, more: &[(&str, &str)]) -> Answer {
    nurse.post("/api/medicine_record/effect", &[&[("dose_id", dose), ("key", key)][..], more].concat()).await
}

#[tokio::test]
async fn a_nurse_decides_with_the_last_value_before_a_dose() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let doctor = app.as_("doctor").await;
        let drug = super::drug(&app, BISOPROLOL).await;
        let wrong = [
            ("kind", "medicine"),
            ("drug_id", drug.as_str()),
            ("dose", "1 tablet"),
            ("route", "oral"),
            ("timing", "three"),
            ("hold_1", "systolic_below"),
        ];
        assert_eq!(fields(&ward.post(&doctor, "write", &wrong).await), ["hold_1_limit"]);
        let order = ward.order(&app, BISOPROLOL, &rules()).await;
        let page = doctor.get(&format!("/care-orders/{order}")).await.body;
        assert!(page.contains("below 100 mmHg") && page.contains("below 50") && !page.contains("does not cover"), "{page}");
        later(&app, 205);
        // It is 13:55, and there is no value: the round has no button, the dose page asks.
        let (nurse, dose) = (app.as_("nurse").await, due(&app, &order).await);
        let round = nurse.get(&format!("/wards/{}/round", ward.ward)).await.body;
        assert!(round.contains("Look at the value first") && !round.contains("/api/medicine_record/give"), "{round}");
        assert!(nurse.get(&format!("/doses/{dose}")).await.body.contains("no value"), "the page says so");
        assert_eq!(fields(&give(&nurse, &dose, &[]).await), ["hold_reason"]);
        observed(&ward, &nurse, "92").await;
        let page = nurse.get(&format!("/doses/{dose}")).await.body;
        assert!(page.contains("92 mmHg") && page.contains("The order says: hold") && page.contains("0 min before"), "{page}");
        assert!(said(&give(&nurse, &dose, &[]).await, "hold_reason").contains("92 mmHg"));
        assert_eq!(fields(&give(&nurse, &dose, &[("hold_reason", "other")]).await), ["remark"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM administrations")).await, 0, "nothing was skipped or held by itself");
        later(&app, 1);
        let nurse = app.as_("nurse").await;
        observed(&ward, &nurse, "118").await;
        ok(&give(&nurse, &dose, &[]).await);
        let kept = "SELECT count(*) FROM dose_hold_checks WHERE recent AND reason IS NULL AND (measure = 'pulse' OR value = 118)";
        assert_eq!(number(&app, sql(kept)).await, 2, "the values stand with the dose");
        assert!(nurse.get(&format!("/doses/{dose}")).await.body.contains("118 mmHg"));
        // 5 hours later the value is too old, and the nurse says why she gives it all the same.
        later(&app, 360);
        let (nurse, second) = (app.as_("nurse").await, due(&app, &order).await);
        assert_eq!(fields(&give(&nurse, &second, &[]).await), ["hold_reason"]);
        ok(&give(&nurse, &second, &[("hold_reason", "doctor_asked")]).await);
        let page = nurse.get(&format!("/doses/{second}")).await.body;
        assert!(page.contains("The doctor was asked and wants it given"), "{page}");
        // The glucose is measured for the dose.
        let rule = [("timing", "stat"), ("hold_1", "glucose_below"), ("hold_1_limit", "4")];
        let order = ward.order(&app, PARACETAMOL, &rule).await;
        let dose = due(&app, &order).await;
        assert_eq!(fields(&give(&nurse, &dose, &[("glucose", "3.4")]).await), ["hold_reason"]);
        ok(&give(&nurse, &dose, &[("glucose", "5.2")]).await);
        assert_eq!(number(&app, sql("SELECT value FROM dose_hold_checks WHERE measure = 'glucose' AND reason IS NULL")).await, 52);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_what_is_asked() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.order(&app, BISOPROLOL, &rules()).await;
        let dose: uuid::Uuid = due(&app, &order).await.parse().expect("an id");
        let administration = sql("INSERT INTO administrations (id, dose_id, order_id, patient_id, clinic_id, version, outcome, recorded_by, recorded_at, given_at)
            SELECT d.id, d.id, d.order_id, o.patient_id, o.clinic_id, 1, 'given', o.ordered_by, o.ordered_at, o.ordered_at
            FROM doses d JOIN care_orders o ON o.id = d.order_id WHERE d.id = ");
        let check = |values: &'static str| {
            sql("INSERT INTO dose_hold_checks (administration_id, measure, value, taken_at, recent, reason) SELECT a.id, ")
                .push(values)
                .push(" FROM administrations a")
        };
        let given = || sql("UPDATE doses SET state = 'given' WHERE id = ").push_bind(dose);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(administration.push_bind(dose)).await.expect("recorded");
        tx.commit().await.expect("committed");
        refused_by(&app, "hold_if_decided", given()).await;
        refused_by(&app, "dose_hold_checks_decided", check("'systolic', 92, a.recorded_at, 1 = 2, NULL")).await;
        refused_by(&app, "dose_hold_checks_value", check("'systolic', NULL, NULL, 1 = 1, NULL")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(check("'systolic', 99, a.recorded_at, 1 = 1, NULL")).await.expect("a value that meets the rule");
        tx.execute(check("'pulse', 50, a.recorded_at, 1 = 1, NULL")).await.expect("a value that does not");
        let error = tx.execute(given()).await.expect_err("nobody decided");
        assert!(error.violates("hold_if_decided"), "{error}");
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(check("'systolic', 99, a.recorded_at, 1 = 1, 'benefit'")).await.expect("decided");
        tx.execute(check("'pulse', 50, a.recorded_at, 1 = 1, NULL")).await.expect("a value");
        tx.execute(given()).await.expect("given");
        tx.commit().await.expect("committed");
        refused_by(&app, "dose_hold_checks_frozen", sql("UPDATE dose_hold_checks SET value = 120")).await;
        refused_by(&app, "dose_hold_checks_frozen", sql("DELETE FROM dose_hold_checks")).await;
        refused_by(&app, "order_hold_rules_frozen", sql("UPDATE order_hold_rules SET bound = 80")).await;
        refused_by(&app, "order_hold_rules_frozen", sql("DELETE FROM order_hold_rules")).await;
        let late = sql("INSERT INTO order_hold_rules (order_id, measure, comparator, bound) SELECT id, 'glucose', 'below', 40 FROM care_orders");
        refused_by(&app, "order_hold_rules_frozen", late).await;
        let review = |due: &'static str| {
            sql("INSERT INTO order_reviews (id, order_id, due_at, set_at, set_by) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(", o.id, ")
                .push(due)
                .push(", o.ordered_at, o.ordered_by FROM care_orders o")
        };
        refused_by(&app, "order_reviews_ahead", review("o.ordered_at")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let ahead = "(SELECT max(d.due_at) FROM doses d)";
        tx.execute(review(ahead)).await.expect("a review");
        assert!(tx.execute(review(ahead)).await.expect_err("one stands").is_unique(), "order_reviews_one_standing");
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(review(ahead)).await.expect("a review");
        tx.commit().await.expect("committed");
        refused_by(&app, "order_reviews_frozen", sql("UPDATE order_reviews SET set_at = due_at")).await;
        refused_by(&app, "order_reviews_frozen", sql("DELETE FROM order_reviews")).await;
        let effect = |state: &'static str, values: &'static str| {
            sql("INSERT INTO dose_effects (id, dose_id, effect, pain, at, recorded_by) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(", d.id, ")
                .push(values)
                .push(", d.due_at, o.ordered_by FROM doses d JOIN care_orders o ON o.id = d.order_id WHERE d.id = (SELECT x.id FROM doses x WHERE x.state = ")
                .push(state)
                .push(" ORDER BY x.due_at LIMIT 1)")
        };
        refused_by(&app, "dose_effects_of_given", effect("'due'", "'better', NULL")).await;
        refused_by(&app, "dose_effects_said", effect("'given'", "NULL, NULL")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(effect("'given'", "NULL, 3")).await.expect("an effect");
        tx.commit().await.expect("committed");
        refused_by(&app, "dose_effects_frozen", sql("UPDATE dose_effects SET pain = 9")).await;
        refused_by(&app, "dose_effects_frozen", sql("DELETE FROM dose_effects")).await;
    })
    .await;
}

#[tokio::test]
async fn an_antibiotic_is_reviewed_and_never_stops_by_itself() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let doctor = app.as_("doctor").await;
        let drug = super::drug(&app, AMOXICILLIN).await;
        let page = doctor.get(&format!("/admissions/{}/orders/new?kind=medicine&drug={drug}", ward.admission)).await.body;
        assert!(page.contains("name=\"review_day\"") && page.contains("2026-11-23"), "asked at writing, in 48 hours: {page}");
        let order = ward.order(&app, AMOXICILLIN, &[("dose", "500 mg"), ("timing", "q8h")]).await;
        ward.order(&app, PARACETAMOL, &[]).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM order_reviews")).await, 1, "of the antibiotic alone");
        let past = ward.post(&doctor, "write", &[("kind", "diet"), ("title", "Soft"), ("review_day", "2026-11-20")]).await;
        assert_eq!(fields(&past), ["review_day"]);
        let record = app.as_("nurse").await.get(&format!("/admissions/{}/orders", ward.admission)).await.body;
        assert!(record.contains("Review 23 Nov 2026, 10:30"), "{record}");
        later(&app, 49 * 60);
        super::kept(&app).await;
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE state = 'active'")).await, 2, "it goes on");
        let overdue = "Review overdue since";
        let round = doctor.get(&format!("/ward-round?ward={}", ward.ward)).await.body;
        assert!(round.contains("Reviews overdue: 1"), "{round}");
        assert!(doctor.get(&format!("/admissions/{}/round", ward.admission)).await.body.contains(overdue));
        assert!(nurse.get(&format!("/admissions/{}/orders", ward.admission)).await.body.contains(overdue));
        let key = Fixture::key();
        let form = [("care_order_id", order.as_str()), ("key", &key), ("review_day", "2026-11-25"), ("review_time", "09:00")];
        assert_eq!(nurse.post("/api/medicine_record/continue_order", &form).await.status, StatusCode::FORBIDDEN);
        assert_eq!(fields(&doctor.post("/api/medicine_record/continue_order", &form[..2]).await), ["review_day"]);
        for _ in 0..2 {
            ok(&doctor.post("/api/medicine_record/continue_order", &form).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM order_reviews")).await, 2, "sent twice, set once");
        let page = doctor.get(&format!("/care-orders/{order}")).await.body;
        assert!(page.contains("25 Nov 2026, 09:00") && !page.contains(overdue) && !page.contains("does not cover"), "{page}");
        assert!(!doctor.get(&format!("/ward-round?ward={}", ward.ward)).await.body.contains("Reviews overdue"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_effect_of_a_medicine_as_needed_is_asked_and_stands_beside_the_dose() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.as_needed(&app).await;
        let nurse = app.as_("nurse").await;
        ok(&give_as_needed(&nurse, &order, &[]).await);
        let dose = id(&app, sql("SELECT id FROM doses")).await;
        // It is 10:30: the effect of a tablet is asked at 11:30.
        let record = nurse.get(&format!("/admissions/{}/medicines", ward.admission)).await.body;
        assert!(record.contains("Effect asked at 11:30"), "{record}");
        later(&app, 70);
        let nurse = app.as_("nurse").await;
        let tasks = nurse.get(&format!("/admissions/{}/tasks", ward.admission)).await.body;
        assert!(tasks.contains("Effect of Paracetamol 500 mg tablet") && tasks.contains(&format!("/doses/{dose}")), "{tasks}");
        let list = nurse.get(&format!("/nursing?ward={}&show=all", ward.ward)).await.body;
        assert!(list.contains("11:30 Effect of Paracetamol"), "{list}");
        let round = app.as_("doctor").await.get(&format!("/admissions/{}/round", ward.admission)).await.body;
        assert!(round.contains("Given as needed in the last day") && round.contains("not told yet"), "{round}");
        let key = Fixture::key();
        assert_eq!(fields(&told(&nurse, &dose, &key, &[]).await), ["effect"]);
        assert_eq!(fields(&told(&nurse, &dose, &key, &[("pain", "11")]).await), ["pain"]);
        assert!(nurse.get(&format!("/doses/{dose}")).await.body.contains("How is the patient after the dose?"));
        for _ in 0..2 {
            ok(&told(&nurse, &dose, &key, &[("effect", "better"), ("pain", "2")]).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM dose_effects")).await, 1, "sent twice, recorded once");
        assert!(!nurse.get(&format!("/admissions/{}/tasks", ward.admission)).await.body.contains("Effect of"));
        let doctor = app.as_("doctor").await;
        for page in ["round", "medicines"] {
            let page = doctor.get(&format!("/admissions/{}/{page}", ward.admission)).await.body;
            assert!(page.contains("Better · pain 2/10"), "{page}");
        }
        assert!(doctor.get(&format!("/care-orders/{order}")).await.body.contains("Better · pain 2/10"));
        let regular = ward.order(&app, IBUPROFEN, &[]).await;
        let regular = due(&app, &regular).await;
        assert_eq!(told(&nurse, &regular, &Fixture::key(), &[("effect", "same")]).await.status, StatusCode::NOT_FOUND, "not as needed");
        app.assert_sound().await;
    })
    .await;
}
