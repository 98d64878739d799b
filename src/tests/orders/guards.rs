//! The guards of orders: in the database by themselves.

use axum::http::StatusCode;

use super::{called, ordered, placed, sign};
use crate::{
    core::OrderId,
    db::{Sql, sql},
    tests::{TestApp, on_both_engines, opd::waits_for_doctor},
};

/// Whether the database refuses a statement by a guard of this name.
async fn refuses(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(guard);
    assert!(error.violates(guard), "{guard}: {error}");
}

#[tokio::test]
async fn the_database_refuses_wrong_orders_by_itself() {
    on_both_engines(|app| async move {
        let (f, doctor) = (app.fixture.clone(), app.as_("doctor").await);
        let visit = called(&app, &doctor, f.ana).await;
        let order: OrderId = placed(&doctor, visit, "ECG").await.parse().expect("an id");
        let (draft, _) = ordered(&doctor, visit, "Dressing", &[("draft", "true")]).await;
        let of_ben = waits_for_doctor(&app, f.ben).await;
        let change = |text: &'static str| sql(text).push(" WHERE id = ").push_bind(order);
        refuses(&app, "orders_moves", change("UPDATE orders SET version = 2, state = 'draft'")).await;
        let completed = change(
            "UPDATE orders SET version = 2, state = 'completed', accepted_at = ordered_at, accepted_by = ordered_by, started_at = ordered_at,
                started_by = ordered_by, completed_at = ordered_at, completed_by = ordered_by",
        );
        refuses(&app, "orders_moves", completed).await;
        let accepted = change("UPDATE orders SET state = 'accepted', accepted_at = ordered_at, accepted_by = ordered_by");
        refuses(&app, "orders_versions", accepted).await;
        refuses(&app, "orders_accepted", change("UPDATE orders SET version = 2, state = 'accepted'")).await;
        let unreasoned = "UPDATE orders SET version = 2, state = 'cancelled', stopped_at = ordered_at, stopped_by = ordered_by";
        refuses(&app, "orders_reasoned", change(unreasoned)).await;
        refuses(&app, "orders_reasoned", change("UPDATE orders SET stop_reason = 'x', stopped_at = ordered_at, stopped_by = ordered_by")).await;
        refuses(&app, "orders_stopped", change("UPDATE orders SET version = 2, state = 'cancelled', stop_reason = 'x'")).await;
        refuses(&app, "orders_completed", change("UPDATE orders SET completed_at = ordered_at, completed_by = ordered_by")).await;
        refuses(&app, "orders_started", change("UPDATE orders SET started_at = ordered_at, started_by = ordered_by")).await;
        refuses(&app, "orders_fixed", change("UPDATE orders SET service = 'X-ray'")).await;
        refuses(&app, "orders_fixed", change("UPDATE orders SET priority = 'stat'")).await;
        let another = sql("UPDATE orders SET patient_id = ").push_bind(f.ben).push(" WHERE id = ").push_bind(order);
        refuses(&app, "orders_fixed", another).await;
        refuses(&app, "orders_kept", change("DELETE FROM orders")).await;
        let copy = |visit| {
            sql("INSERT INTO orders (id, patient_id, clinic_id, visit_id, kind, service, priority, state, ordered_at, ordered_by, requested_at,
                    updated_at, updated_by, requisition_id)
                SELECT ")
            .push_bind(OrderId::new())
            .push(", patient_id, clinic_id, ")
            .push_bind(visit)
            .push(", kind, service, priority, state, ordered_at, ordered_by, requested_at, updated_at, updated_by, requisition_id FROM orders WHERE id = ")
            .push_bind(order)
        };
        refuses(&app, "orders_same_patient", copy(Some(of_ben))).await;
        refuses(&app, "orders_of_something", copy(None)).await;
        let draft: OrderId = draft.parse().expect("an id");
        let left = sql("UPDATE encounters SET state = 'finished', ended_at = started_at WHERE visit_id = ").push_bind(visit);
        // The note is a draft as well: the database refuses by one of the two.
        refuses(&app, "encounters_finish_leaves_no_draft", left).await;
        let step = sql("UPDATE queue_entries SET step = 'kitchen' WHERE visit_id = ").push_bind(visit);
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert!(tx.execute(step).await.is_err(), "there is no such step");
        drop(tx);

        sign(&doctor, visit).await;
        let late = sql("INSERT INTO orders (id, patient_id, clinic_id, visit_id, encounter_id, kind, service, priority, state, ordered_at, ordered_by,
                requested_at, updated_at, updated_by, requisition_id)
            SELECT ")
        .push_bind(OrderId::new())
        .push(", patient_id, clinic_id, visit_id, encounter_id, kind, service, priority, state, ordered_at, ordered_by, requested_at, updated_at,
            updated_by, requisition_id FROM orders WHERE id = ")
        .push_bind(draft);
        refuses(&app, "encounter_finished", late).await;
        assert_eq!(doctor.get(&format!("/orders/{draft}")).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}
