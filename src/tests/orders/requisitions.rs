//! Requisitions: their numbers, what belongs to one, and what the database guards.

use axum::http::StatusCode;

use super::{called, number, ordered, placed, sign, withdraw};
use crate::{
    core::{OrderId, RequisitionId},
    db::{Engine, Sql, sql},
    tests::{TestApp, all_at_once, on_both_engines, opd::waits_for_doctor, races_from},
};

/// The requisition number of an order.
async fn requisition(app: &TestApp, order: &str) -> Option<String> {
    let id: OrderId = order.parse().expect("an id");
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT r.number FROM orders o LEFT JOIN requisitions r ON r.id = o.requisition_id WHERE o.id = ").push_bind(id);
    tx.one::<(Option<String>,)>(query).await.expect("an order").0
}

#[tokio::test]
async fn what_is_ordered_at_once_has_one_number_of_the_clinic_and_year() {
    on_both_engines(|app| async move {
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let visit = called(&app, &doctor, app.fixture.ana).await;
        let first = placed(&doctor, visit, "ECG").await;
        let (alone, _) = ordered(&doctor, visit, "Injection", &[("draft", "true")]).await;
        let (one, _) = ordered(&doctor, visit, "Dressing", &[("draft", "true")]).await;
        let (other, _) = ordered(&doctor, visit, "Splint", &[("draft", "true")]).await;
        assert_eq!(requisition(&app, &alone).await, None, "a draft has no number");
        assert_eq!(withdraw(&doctor, &alone, "1", "place", "").await.status, StatusCode::OK);
        sign(&doctor, visit).await;
        let numbers = [requisition(&app, &first).await, requisition(&app, &alone).await, requisition(&app, &one).await];
        let expected = ["NORTH-Q26-000001", "NORTH-Q26-000002", "NORTH-Q26-000003"].map(|number| Some(number.to_owned()));
        assert_eq!(numbers, expected);
        assert_eq!(requisition(&app, &other).await, requisition(&app, &one).await, "one signature is one requisition");

        let page = nurse.get("/orders?number=north-q26-000003&state=completed").await.body;
        assert!(page.contains("Dressing") && page.contains("Splint") && !page.contains("ECG"), "{page}");
        assert!(nurse.get("/orders?number=NORTH-Q26-000009").await.body.contains("No such orders"));
        assert!(doctor.get(&format!("/orders/{first}")).await.body.contains("NORTH-Q26-000001"));
        assert!(doctor.get(&format!("/patients/{}/chart?only=orders", app.fixture.ana)).await.body.contains("NORTH-Q26-000003"));
        app.assert_sound().await;
    })
    .await;
}

/// Whether the database refuses a statement by a guard of this name.
async fn refuses(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(guard);
    assert!(error.violates(guard), "{guard}: {error}");
}

#[tokio::test]
async fn the_database_refuses_wrong_requisitions_by_itself() {
    on_both_engines(|app| async move {
        let (f, doctor) = (app.fixture.clone(), app.as_("doctor").await);
        let visit = called(&app, &doctor, f.ana).await;
        let order: OrderId = placed(&doctor, visit, "ECG").await.parse().expect("an id");
        let (draft, _) = ordered(&doctor, visit, "Dressing", &[("draft", "true")]).await;
        let draft: OrderId = draft.parse().expect("an id");
        let of_ben = waits_for_doctor(&app, f.ben).await;
        let copy = |number: &str, visit, patient| {
            sql("INSERT INTO requisitions (id, number, patient_id, clinic_id, visit_id, requested_at, requested_by) SELECT ")
                .push_bind(RequisitionId::new())
                .push(", ")
                .push_bind(number.to_owned())
                .push(", ")
                .push_bind(patient)
                .push(", clinic_id, ")
                .push_bind(visit)
                .push(", requested_at, requested_by FROM requisitions WHERE patient_id = ")
                .push_bind(f.ana)
        };
        // PostgreSQL names the constraint, SQLite the column.
        let twice = match app.state.db.engine() {
            Engine::Postgres => "requisitions_number",
            Engine::Sqlite => "requisitions.number",
        };
        refuses(&app, twice, copy("NORTH-Q26-000001", visit, f.ana)).await;
        refuses(&app, "requisitions_same_patient", copy("NORTH-Q26-000002", of_ben, f.ana)).await;
        refuses(&app, "requisitions_kept", sql("UPDATE requisitions SET number = 'NORTH-Q26-000009'")).await;
        refuses(&app, "requisitions_kept", sql("DELETE FROM requisitions")).await;
        let change = |text: &'static str, id: OrderId| sql(text).push(" WHERE id = ").push_bind(id);
        let taken = "UPDATE orders SET requisition_id = (SELECT id FROM requisitions)";
        refuses(&app, "orders_requisition", change(taken, draft)).await;
        let unnumbered = "UPDATE orders SET version = 2, state = 'requested', requested_at = ordered_at";
        refuses(&app, "orders_requisition", change(unnumbered, draft)).await;
        refuses(&app, "orders_fixed", change("UPDATE orders SET requisition_id = id", order)).await;

        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(copy("NORTH-Q26-000002", of_ben, f.ben)).await.expect("a requisition of another patient");
        let mixed = sql(
            "UPDATE orders SET version = 2, state = 'requested', requested_at = ordered_at, requisition_id = (SELECT id FROM requisitions
            WHERE patient_id = ",
        )
        .push_bind(f.ben)
        .push(") WHERE id = ")
        .push_bind(draft);
        let error = tx.execute(mixed).await.expect_err("another patient's requisition");
        assert!(error.violates("orders_same_requisition"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_that_are_placed_at_the_same_moment_are_numbered_without_a_gap() {
    let prepare = async |app: &TestApp| {
        let doctor = app.as_("doctor").await;
        (called(app, &doctor, app.fixture.ana).await, doctor)
    };
    races_from(prepare, |app, (visit, doctor)| async move {
        let orders = (0..20).map(|service| {
            let doctor = doctor.in_copy(&app);
            async move { ordered(&doctor, visit, &format!("Service {service}"), &[]).await.1.status }
        });
        let statuses = all_at_once(orders).await;
        let placed = i64::try_from(statuses.iter().filter(|status| **status == StatusCode::OK).count()).expect("a few");
        assert!(placed > 0, "{statuses:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders")).await, placed);
        let last = "SELECT max(seq) FROM document_numbers WHERE series = 'requisition NORTH-Q26'";
        assert_eq!(number(&app, sql(last)).await, placed, "{statuses:?}");
        app.assert_sound().await;
    })
    .await;
}
