//! Infusions: from the signed order over rate, pause, bag and bolus to the end, with the volume given; the guards of the database; races.

use axum::http::StatusCode;

use super::{INSULIN, OnWard, PARACETAMOL, due, fields, give, id, later, number, ok};
use crate::{
    db::{Sql, sql},
    medicine_record::infused_ml,
    tests::{Answer, Browser, Fixture, TestApp, all_at_once, fixture::PASSWORD, on_both_engines, races_from},
};

const SALINE: &str = "SODIUM-CHLORIDE-9-MG-ML-BAG";

/// A litre at 100 mL/h, that a nurse may set up to 150.
const LITRE: [(&str, &str); 6] =
    [("dose", "1 bag"), ("route", "intravenous"), ("timing", "stat"), ("volume", "1000"), ("rate", "100"), ("rate_most", "150")];

async fn event(browser: &Browser, infusion: &str, kind: &str, more: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    let form = [("infusion_id", infusion), ("kind", kind), ("key", &key)];
    let form: Vec<(&str, &str)> =
        form.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect();
    browser.post("/api/medicine_record/infusion", &form).await
}

async fn the_infusion(app: &TestApp) -> String {
    id(app, sql("SELECT id FROM infusions WHERE state <> 'voided'")).await
}

/// A litre runs at 100 mL/h.
async fn running(app: &TestApp) -> (OnWard, String, String) {
    let ward = OnWard::open(app).await;
    let order = ward.order(app, SALINE, &LITRE).await;
    ok(&give(&app.as_("nurse").await, &due(app, &order).await, &[]).await);
    let infusion = the_infusion(app).await;
    (ward, order, infusion)
}

#[tokio::test]
async fn an_infusion_runs_changes_its_rate_and_its_bag_and_ends_with_its_volume() {
    on_both_engines(|app| async move {
        let (ward, order, infusion) = running(&app).await;
        let doctor = app.as_("doctor").await;
        let page = doctor.get(&format!("/care-orders/{order}")).await.body;
        assert!(page.contains("1000 mL at 100 mL/h, up to 150 mL/h") && !page.contains("does not cover"), "{page}");
        // It is 10:30. The row of the specification: 40 minutes at 100, 30 at 50, a pause of 20, and 30 at 50.
        later(&app, 40);
        let nurse = app.as_("nurse").await;
        assert_eq!(fields(&event(&nurse, &infusion, "rate", &[("rate", "50")]).await), ["reason"]);
        assert_eq!(fields(&event(&nurse, &infusion, "rate", &[("rate", "151"), ("reason", "titration")]).await), ["rate"]);
        assert_eq!(fields(&event(&nurse, &infusion, "rate", &[("rate", "1,000"), ("reason", "titration")]).await), ["rate"]);
        let key = Fixture::key();
        for _ in 0..2 {
            ok(&event(&nurse, &infusion, "rate", &[("rate", "50"), ("reason", "titration"), ("key", &key)]).await);
        }
        assert_eq!(event(&nurse, &infusion, "resume", &[]).await.status, StatusCode::CONFLICT, "it runs");
        later(&app, 30);
        let nurse = app.as_("nurse").await;
        ok(&event(&nurse, &infusion, "pause", &[("reason", "procedure")]).await);
        assert_eq!(event(&nurse, &infusion, "bolus", &[("volume", "10")]).await.status, StatusCode::CONFLICT, "it is paused");
        later(&app, 20);
        ok(&event(&nurse, &infusion, "resume", &[]).await);
        later(&app, 30);
        let nurse = app.as_("nurse").await;
        let page = nurse.get(&format!("/infusions/{infusion}")).await.body;
        assert!(page.contains("116.7 mL") && page.contains("883.3 mL left"), "{page}");
        let round = nurse.get(&format!("/wards/{}/round", ward.ward)).await.body;
        assert!(round.contains("116.7 mL given") && round.contains("50 mL/h"), "{round}");
        let paper = nurse.get(&format!("/admissions/{}/drug-chart", ward.admission)).await.body;
        assert!(paper.contains("50 mL/h (Running) · 116.7 mL given"), "{paper}");
        ok(&event(&nurse, &infusion, "bag", &[("volume", "500")]).await);
        ok(&event(&nurse, &infusion, "bolus", &[("volume", "20.5")]).await);
        assert_eq!(
            fields(&event(&nurse, &infusion, "pause", &[("reason", "line"), ("time", "10:45")]).await),
            ["time"],
            "a later event stands"
        );
        ok(&event(&nurse, &infusion, "stop", &[("reason", "finished")]).await);
        assert_eq!(event(&nurse, &infusion, "bag", &[("volume", "500")]).await.status, StatusCode::CONFLICT, "it ended");
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE state = 'completed'")).await, 1);
        let mut tx = app.state.db.read().await.expect("a connection");
        let now = app.state.clock.now();
        let day = (now - chrono::Duration::hours(24), now);
        assert_eq!(infused_ml(&mut tx, ward.admission, day).await.expect("a volume"), 137, "116.7 and 20.5");
        drop(tx);
        let balance = nurse.get(&format!("/admissions/{}/fluids", ward.admission)).await.body;
        assert!(balance.contains("137 ml") && balance.contains("By infusions"), "{balance}");
        let record = nurse.get(&format!("/admissions/{}/medicines", ward.admission)).await.body;
        assert!(record.contains("137.2 mL given"), "{record}");
        assert_eq!(app.as_("cashier").await.get(&format!("/infusions/{infusion}")).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_dose_rate_makes_the_rate_and_a_high_alert_medicine_needs_two_people() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let form = [
            ("dose", "50 units"),
            ("route", "intravenous"),
            ("timing", "once"),
            ("volume", "50"),
            ("dose_rate", "0.1"),
            ("dose_rate_unit", "units/kg/h"),
            ("weight", "30"),
            ("rate_most", "6"),
        ];
        let order = ward.order(&app, INSULIN, &form).await;
        let page = app.as_("doctor").await.get(&format!("/care-orders/{order}")).await.body;
        assert!(page.contains("50 mL at 3 mL/h (0.1 units/kg/h, 30 kg), up to 6 mL/h"), "{page}");
        let nurse = app.as_("nurse").await;
        let second = [("second_login", ward.other), ("second_password", PASSWORD)];
        let dose = due(&app, &order).await;
        assert_eq!(fields(&give(&nurse, &dose, &[]).await), ["second_login"]);
        ok(&give(&nurse, &dose, &second).await);
        let infusion = the_infusion(&app).await;
        later(&app, 10);
        let rate = [("rate", "4"), ("reason", "titration")];
        assert_eq!(fields(&event(&nurse, &infusion, "rate", &rate).await), ["second_login"]);
        ok(&event(&nurse, &infusion, "rate", &[&rate[..], &second].concat()).await);
        ok(&event(&nurse, &infusion, "pause", &[("reason", "line")]).await);
        let page = nurse.get(&format!("/infusions/{infusion}")).await.body;
        assert!(page.contains("checked by Nina Night"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_ends_an_order_ends_its_infusion_and_an_error_counts_nothing() {
    on_both_engines(|app| async move {
        let (ward, order, infusion) = running(&app).await;
        later(&app, 60);
        let nurse = app.as_("nurse").await;
        let act = |act: &'static str, browser: &Browser| {
            let (browser, order, key) = (browser.in_copy(&app), order.clone(), Fixture::key());
            async move {
                let form = [("care_order_id", order.as_str()), ("key", &key), ("reason", "changed_plan")];
                browser.post(&format!("/api/medicine_record/{act}"), &form).await
            }
        };
        ok(&act("hold", &nurse).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM infusions WHERE state = 'paused'")).await, 1);
        assert_eq!(event(&nurse, &infusion, "resume", &[]).await.status, StatusCode::CONFLICT, "the order is on hold");
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        ok(&act("resume", &nurse).await);
        ok(&event(&nurse, &infusion, "resume", &[]).await);
        ok(&act("stop", &doctor).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM infusions WHERE state = 'stopped'")).await, 1);
        app.assert_sound().await;
        // Another one was another patient's: its dose is corrected, and its volume does not count.
        let order = ward.order(&app, SALINE, &LITRE).await;
        let dose = due(&app, &order).await;
        ok(&give(&nurse, &dose, &[]).await);
        later(&app, 60);
        let nurse = app.as_("nurse").await;
        let standing = id(
            &app,
            sql("SELECT id FROM administrations WHERE superseded_at IS NULL AND dose_id = ")
                .push_bind(dose.parse::<uuid::Uuid>().expect("an id")),
        )
        .await;
        let correct = async |outcome: &str| {
            let key = Fixture::key();
            let form = [
                ("dose_id", dose.as_str()),
                ("key", &key),
                ("seen", &standing),
                ("outcome", outcome),
                ("why", "Another patient's"),
                ("time", ""),
            ];
            nurse.post("/api/medicine_record/correct", &form).await
        };
        assert_eq!(fields(&correct("given").await), ["outcome"], "a start is not moved");
        ok(&correct("undone").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM infusions WHERE state = 'voided'")).await, 1);
        let mut tx = app.state.db.read().await.expect("a connection");
        let now = app.state.clock.now();
        assert_eq!(
            infused_ml(&mut tx, ward.admission, (now - chrono::Duration::hours(24), now)).await.expect("a volume"),
            100,
            "an hour of the first"
        );
        drop(tx);
        ok(&give(&nurse, &due(&app, &order).await, &[("reason", "workload")]).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_form_of_an_infusion_says_each_mistake() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let doctor = app.as_("doctor").await;
        let drug = super::drug(&app, SALINE).await;
        let usual = [("kind", "medicine"), ("drug_id", drug.as_str()), ("dose", "1 bag"), ("route", "intravenous")];
        for (form, wrong) in [
            (&[("timing", "three"), ("volume", "1000"), ("rate", "100")][..], vec!["timing"]),
            (&[("timing", "stat"), ("rate", "100")], vec!["volume"]),
            (&[("timing", "stat"), ("volume", "1000"), ("dose_rate", "5"), ("dose_rate_unit", "mg/h")], vec!["dose"]),
        ] {
            let answer = ward.post(&doctor, "write", &[&usual[..], form].concat()).await;
            assert_eq!(fields(&answer), wrong, "{form:?}");
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM infusion_orders")).await, 0);
    })
    .await;
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

/// An event as a statement of its own, after the last one of the infusion.
fn bare(kind: &'static str, tail: &'static str) -> Sql {
    sql("INSERT INTO infusion_events (id, infusion_id, patient_id, kind, recorded_by, seq, at, recorded_at, checked_by, rate_ul_h, volume_ul, reason) SELECT ")
        .push_bind(uuid::Uuid::now_v7())
        .push(", i.id, i.patient_id, ")
        .push_bind(kind)
        .push(", o.ordered_by, ")
        .push(tail)
        .push(" FROM infusions i JOIN care_orders o ON o.id = i.order_id")
}

#[tokio::test]
async fn the_database_alone_keeps_infusions() {
    on_both_engines(|app| async move {
        let (_, _, _) = running(&app).await;
        refused_by(&app, "infusion_orders_frozen", sql("UPDATE infusion_orders SET rate_ul_h = 1000000")).await;
        refused_by(&app, "infusion_orders_frozen", sql("DELETE FROM infusion_orders")).await;
        refused_by(&app, "infusions_fixed", sql("UPDATE infusions SET rate_ul_h = 1000")).await;
        refused_by(&app, "infusions_fixed", sql("DELETE FROM infusions")).await;
        refused_by(&app, "infusion_events_frozen", sql("UPDATE infusion_events SET rate_ul_h = 1000")).await;
        refused_by(&app, "infusion_events_frozen", sql("DELETE FROM infusion_events")).await;
        for (guard, kind, tail) in [
            ("infusion_events_order", "resume", "i.seq + 1, i.last_at, i.last_at, NULL, NULL, NULL, NULL"),
            ("infusion_events_order", "pause", "i.seq + 2, i.last_at, i.last_at, NULL, NULL, NULL, 'line'"),
            ("infusion_events_order", "start", "i.seq + 1, i.last_at, i.last_at, NULL, 1000, 1000, NULL"),
            ("infusion_events_rate", "rate", "i.seq + 1, i.last_at, i.last_at, NULL, 150001, NULL, 'titration'"),
            ("infusion_events_kind", "pause", "i.seq + 1, i.last_at, i.last_at, NULL, 1000, NULL, 'line'"),
            ("infusion_events_kind", "bag", "i.seq + 1, i.last_at, i.last_at, NULL, NULL, NULL, NULL"),
            ("infusion_events_reasoned", "stop", "i.seq + 1, i.last_at, i.last_at, NULL, NULL, NULL, NULL"),
            ("infusion_events_two_people", "bag", "i.seq + 1, i.last_at, i.last_at, o.ordered_by, NULL, 1000, NULL"),
        ] {
            refused_by(&app, guard, bare(kind, tail)).await;
        }
        let second = sql("INSERT INTO infusions (id, order_id, admission_id, patient_id, clinic_id, state, rate_ul_h, started_at, last_at) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", order_id, admission_id, patient_id, clinic_id, 'running', rate_ul_h, started_at, last_at FROM infusions");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(second).await.expect_err("one runs");
        assert!(error.is_unique(), "infusions_one_running: {error}");
        drop(tx);
        let daily = sql("INSERT INTO infusion_orders (order_id, patient_id, volume_ul, rate_ul_h) SELECT id, patient_id, 1000, 1000 FROM care_orders WHERE timing = 'three'");
        let ward = OnWard { admission: app_admission(&app).await, ward: String::new(), other: "nurse2" };
        ward.order(&app, PARACETAMOL, &[]).await;
        refused_by(&app, "infusion_orders_single", daily).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE care_orders SET state = 'stopped', ended_at = ordered_at WHERE timing = 'stat'")).await.expect("stopped");
        let open = tx.count(sql("SELECT count(*) FROM infusions WHERE state IN ('running', 'paused')")).await.expect("a number");
        assert_eq!(open, 0, "the end of the order stops it, whoever ends it");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

async fn app_admission(app: &TestApp) -> crate::core::AdmissionId {
    id(app, sql("SELECT id FROM admissions")).await.parse().expect("an id")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_infusion_is_stopped_while_its_rate_is_changed() {
    let prepare = async |app: &TestApp| {
        let (ward, _, infusion) = running(app).await;
        later(app, 30);
        (infusion, app.as_("nurse").await, app.as_(ward.other).await)
    };
    races_from(prepare, |app, (infusion, nurse, other)| async move {
        let acts = (0..20).map(|press| {
            let (nurse, other, infusion) = (nurse.in_copy(&app), other.in_copy(&app), infusion.clone());
            async move {
                if press % 2 == 0 {
                    return event(&nurse, &infusion, "rate", &[("rate", "60"), ("reason", "titration")]).await.status;
                }
                event(&other, &infusion, "stop", &[("reason", "finished")]).await.status
            }
        });
        let answers = all_at_once(acts).await;
        let told = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
        assert!(answers.iter().all(|status| told.contains(status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM infusion_events WHERE kind = 'stop'")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM infusions WHERE state = 'stopped'")).await, 1);
        let after = "SELECT count(*) FROM infusion_events e JOIN infusion_events s ON s.infusion_id = e.infusion_id AND s.kind = 'stop' WHERE e.seq > s.seq";
        assert_eq!(number(&app, sql(after)).await, 0, "nothing follows the stop");
        app.assert_sound().await;
    })
    .await;
}
