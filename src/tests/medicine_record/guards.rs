//! The invariants of the medicine record in the database alone, by their names.

use super::{INSULIN, OnWard, PARACETAMOL, due, give, id, later, ok};
use crate::{
    core::{CareOrderId, UserId},
    db::{DbError, Sql, sql},
    tests::{TestApp, on_both_engines},
};

async fn refused(app: &TestApp, query: Sql) -> DbError {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect_err("the database refuses")
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let error = refused(app, query).await;
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

/// A record of a dose, as a statement of its own.
fn administration(dose: &str, order: &str, version: i64, tail: &'static str) -> Sql {
    sql("INSERT INTO administrations (id, dose_id, order_id, patient_id, clinic_id, version, outcome, recorded_by, recorded_at, given_at, checked_by, reason)
        SELECT ")
    .push_bind(uuid::Uuid::now_v7())
    .push(", d.id, d.order_id, o.patient_id, o.clinic_id, ")
    .push_bind(version)
    .push(tail)
    .push(" FROM doses d JOIN care_orders o ON o.id = d.order_id WHERE d.id = ")
    .push_bind(dose.parse::<uuid::Uuid>().expect("an id"))
    .push(" AND o.id = ")
    .push_bind(order.parse::<uuid::Uuid>().expect("an id"))
}

/// Given at the time at which the order was written.
const GIVEN: &str = ", 'given', o.ordered_by, o.ordered_at, o.ordered_at, NULL, NULL";

#[tokio::test]
async fn the_database_alone_keeps_orders() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        ward.order(&app, PARACETAMOL, &[]).await;
        refused_by(&app, "orders_signed_frozen", sql("UPDATE care_orders SET dose = '10 tablets'")).await;
        refused_by(&app, "orders_signed_frozen", sql("UPDATE care_orders SET signed_at = NULL, signed_by = NULL, key_id = NULL, signature = NULL")).await;
        refused_by(&app, "orders_signed_frozen", sql("DELETE FROM care_orders")).await;
        refused_by(&app, "orders_no_orphans", sql("UPDATE care_orders SET state = 'stopped', ended_at = ordered_at")).await;
        refused_by(&app, "orders_no_orphans", sql("UPDATE care_orders SET state = 'on_hold', held_at = ordered_at")).await;
        refused_by(&app, "orders_times", sql("UPDATE care_orders SET resume_at = ordered_at")).await;
        let copy = |columns: &'static str, values: &'static str| {
            sql("INSERT INTO care_orders (id, admission_id, patient_id, clinic_id, kind, priority, mode, title, drug_id, dose, route, starts_at, prescriber_id,
                ordered_at, ordered_by, signed_at, signed_by, key_id, signature, state")
            .push(columns)
            .push(") SELECT ")
            .push_bind(CareOrderId::new())
            .push(", admission_id, patient_id, clinic_id, kind, priority, mode, title, drug_id, dose, route, starts_at, prescriber_id,
                ordered_at, ordered_by, signed_at, signed_by, key_id, signature, state")
            .push(values)
            .push(" FROM care_orders WHERE replaces IS NULL")
        };
        refused_by(&app, "orders_prn_complete", copy(", timing", ", 'as_needed'")).await;
        refused_by(&app, "orders_prn_complete", copy(", timing, interval_min, most_in_day", ", 'as_needed', 240, 4")).await;
        refused_by(&app, "orders_medicine", copy("", "")).await;
        refused_by(&app, "orders_replaced_once", copy(", timing, replaces", ", 'daily', id")).await;
        let unsigned = sql("INSERT INTO care_orders (id, admission_id, patient_id, clinic_id, kind, priority, mode, state, title, starts_at, prescriber_id,
                ordered_at, ordered_by) SELECT ")
        .push_bind(CareOrderId::new())
        .push(", admission_id, patient_id, clinic_id, 'diet', priority, 'written', state, 'Soft', starts_at, prescriber_id, ordered_at, ordered_by
            FROM care_orders");
        refused_by(&app, "orders_signed", unsigned).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE doses SET state = 'cancelled'")).await.expect("cancelled");
        tx.execute(sql("UPDATE care_orders SET state = 'stopped', ended_at = ordered_at")).await.expect("stopped");
        tx.execute(copy(", timing, ended_at, replaces", ", 'daily', ended_at, id")).await.expect("it replaces the stopped one");
        let twice = tx.execute(copy(", timing, ended_at, replaces", ", 'daily', ended_at, id")).await.expect_err("once");
        assert!(twice.violates("orders_replaced_once"), "{twice}");
        drop(tx);
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_doses_under_active_orders() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.order(&app, PARACETAMOL, &[]).await;
        let dose = due(&app, &order).await;
        refused_by(&app, "doses_fixed", sql("UPDATE doses SET state = 'given'")).await;
        refused_by(&app, "doses_fixed", sql("DELETE FROM doses")).await;
        let twice = sql("INSERT INTO doses (id, order_id, due_at, state) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", order_id, due_at, state FROM doses ORDER BY due_at LIMIT 1");
        assert!(refused(&app, twice).await.is_unique(), "doses_once");
        refused_by(
            &app,
            "administrations_reasoned",
            administration(&dose, &order, 1, ", 'held', o.ordered_by, o.ordered_at, NULL, NULL, NULL"),
        )
        .await;
        refused_by(
            &app,
            "administrations_times",
            administration(&dose, &order, 1, ", 'given', o.ordered_by, o.ordered_at, d.due_at, NULL, NULL"),
        )
        .await;
        refused_by(
            &app,
            "administrations_two_people",
            administration(&dose, &order, 1, ", 'given', o.ordered_by, o.ordered_at, o.ordered_at, o.ordered_by, NULL"),
        )
        .await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(administration(&dose, &order, 1, GIVEN)).await.expect("recorded");
        let error = tx.execute(administration(&dose, &order, 2, GIVEN)).await.expect_err("one stands");
        assert!(error.is_unique(), "administrations_one_standing: {error}");
        drop(tx);
        for stop in [
            sql("UPDATE care_orders SET state = 'stopped', ended_at = ordered_at"),
            sql("UPDATE care_orders SET state = 'on_hold', held_at = ordered_at"),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            tx.execute(sql("UPDATE doses SET state = 'held'")).await.expect("held");
            tx.execute(stop).await.expect("not active");
            let error = tx.execute(administration(&dose, &order, 1, GIVEN)).await.expect_err("no dose under it");
            assert!(error.violates("doses_order_active"), "{error}");
            drop(tx);
            let mut tx = app.state.db.write().await.expect("a transaction");
            tx.execute(sql("UPDATE doses SET state = 'held'")).await.expect("held");
            tx.execute(sql("UPDATE care_orders SET state = 'stopped', ended_at = ordered_at")).await.expect("stopped");
            let error = tx.execute(sql("UPDATE doses SET state = 'due'")).await.expect_err("no due dose under it");
            assert!(error.violates("orders_no_orphans"), "{error}");
        }
        later(&app, 200);
        ok(&give(&app.as_("nurse").await, &dose, &[]).await);
        refused_by(&app, "administrations_frozen", sql("UPDATE administrations SET given_at = recorded_at, outcome = 'refused'")).await;
        refused_by(&app, "administrations_frozen", sql("DELETE FROM administrations")).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_medicines_as_needed_and_two_people() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let insulin = ward.order(&app, INSULIN, &[("dose", "10 units"), ("route", "subcutaneous"), ("timing", "stat")]).await;
        let dose = due(&app, &insulin).await;
        refused_by(&app, "administrations_checked", administration(&dose, &insulin, 1, GIVEN)).await;
        let order = ward.as_needed(&app).await;
        let order_id: CareOrderId = order.parse().expect("an id");
        later(&app, 40 * 60);
        let now = app.state.clock.now();
        // The hours before now at which a dose is given, and whether the database takes it: every 4 hours, 4 in 24 hours.
        for (hours, taken) in [(30, true), (27, false), (33, false), (26, true), (22, true), (18, true), (14, false), (10, false), (7, false), (6, true), (2, true), (35, false)] {
            let at = now - chrono::Duration::hours(hours);
            let mut tx = app.state.db.write().await.expect("a transaction");
            let dose = uuid::Uuid::now_v7();
            tx.execute(sql("INSERT INTO doses (id, order_id, due_at, state) VALUES ($1, $2, $3, 'due')").bind(dose).bind(order_id).bind(at)).await.expect("a dose");
            let record = sql("INSERT INTO administrations (id, dose_id, order_id, patient_id, clinic_id, version, outcome, given_at, recorded_at, recorded_by)
                VALUES ($1, $2, $3, $4, $5, 1, 'given', $6, $7, $8)")
            .bind(uuid::Uuid::now_v7())
            .bind(dose)
            .bind(order_id)
            .bind(app.fixture.ana)
            .bind(app.fixture.north)
            .bind(at)
            .bind(now)
            .bind(UserId::SYSTEM);
            let outcome = tx.execute(record).await;
            match (outcome, taken) {
                (Ok(_), true) => {
                    tx.execute(sql("UPDATE doses SET state = 'given' WHERE id = ").push_bind(dose)).await.expect("given");
                    tx.commit().await.expect("committed");
                }
                (Err(error), false) => assert!(error.violates("prn_turn"), "{hours}: {error}"),
                (Ok(_), false) => panic!("{hours} hours before now was taken"),
                (Err(error), true) => panic!("{hours} hours before now was refused: {error}"),
            }
        }
        assert_eq!(id(&app, sql("SELECT id FROM care_orders WHERE timing = 'as_needed'")).await, order);
    })
    .await;
}
