//! The invariants of the round in the database alone, by their names.

use super::{Rounds, follow_ups::propose, ok, summaries};
use crate::{
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

#[tokio::test]
async fn the_database_alone_keeps_notes() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        stay.note("sign_new_note", "Better").await;
        refused_by(&app, "stay_notes_frozen", sql("UPDATE stay_notes SET style = 'problems'")).await;
        refused_by(&app, "stay_notes_frozen", sql("UPDATE stay_notes SET state = 'draft', signed_at = NULL")).await;
        refused_by(&app, "stay_notes_frozen", sql("DELETE FROM stay_notes")).await;
        let new = uuid::Uuid::now_v7();
        let unsigned = sql("INSERT INTO stay_notes (id, note_id, admission_id, patient_id, clinic_id, version, kind, style, state, created_at, author_id) SELECT ")
            .push_bind(new)
            .push(", ")
            .push_bind(new)
            .push(", admission_id, patient_id, clinic_id, 1, 'round', 'soap', 'draft', created_at, author_id FROM stay_notes");
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(unsigned).await.expect("a draft");
        let error = tx.execute(sql("UPDATE stay_notes SET state = 'final' WHERE state = 'draft'")).await.expect_err("no signature");
        assert!(error.violates("stay_notes_signed"), "{error}");
        drop(tx);
        let other = uuid::Uuid::now_v7();
        let early = sql("INSERT INTO stay_notes (id, note_id, admission_id, patient_id, clinic_id, version, kind, style, state, created_at, author_id)
            SELECT $1, $2, admission_id, patient_id, clinic_id, 1, 'round', 'soap', 'draft', $3, author_id FROM stay_notes")
        .bind(other)
        .bind(other)
        .bind(app.state.clock.now() - chrono::Duration::days(1));
        refused_by(&app, "stay_notes_of_stay", early).await;
        let kind = sql("INSERT INTO stay_notes (id, note_id, admission_id, patient_id, clinic_id, version, kind, style, state, created_at, author_id) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", note_id, admission_id, patient_id, clinic_id, 2, 'consult', 'soap', 'draft', created_at, author_id FROM stay_notes");
        refused_by(&app, "stay_notes_same_note", kind).await;
        let second = |version: i64| {
            sql("INSERT INTO stay_notes (id, note_id, admission_id, patient_id, clinic_id, version, kind, style, state, created_at, author_id) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(", note_id, admission_id, patient_id, clinic_id, ")
                .push_bind(version)
                .push(", kind, 'soap', 'draft', created_at, author_id FROM stay_notes WHERE state = 'final'")
        };
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(second(2)).await.expect("an amendment");
        assert!(tx.execute(second(3)).await.expect_err("one draft").is_unique(), "stay_notes_one_draft");
        drop(tx);
        let orphan = sql("INSERT INTO stay_note_addenda (id, version_id, patient_id, written_at, written_by, signer_name, key_id, signature)
            SELECT $1, $2, patient_id, signed_at, signed_by, signer_name, key_id, signature FROM stay_notes")
        .bind(uuid::Uuid::now_v7())
        .bind(uuid::Uuid::now_v7());
        refused_by(&app, "stay_note_addenda_of_signed", orphan).await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_summaries_and_follow_ups() {
    on_both_engines(|app| async move {
        crate::tests::formulary::loaded(&app).await;
        let stay = Rounds::open(&app).await;
        let order = summaries::order_medicine(&app, &stay).await;
        let row = summaries::goes_on(&order);
        ok(&stay.post(&stay.doctor, "save_summary", &summaries::decided(&row, &[("saved", "0")])).await);
        // Without the decision, the signature is refused by the database.
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("DELETE FROM discharge_medicines")).await.expect("a draft may change");
        let sign = "UPDATE discharge_summaries SET state = 'final', signed_at = created_at, signed_by = author_id, signer_name = 'Dr. Costa', \
                    key_id = (SELECT k.id FROM signing_keys k LIMIT 1), signature = (SELECT o.signature FROM care_orders o LIMIT 1)";
        let error = tx.execute(sql(sign)).await.expect_err("undecided");
        assert!(error.violates("discharge_medicines_complete"), "{error}");
        drop(tx);
        ok(&stay.post(&stay.doctor, "sign_summary", &summaries::decided(&row, &[("saved", "1")])).await);
        refused_by(&app, "discharge_summaries_frozen", sql("UPDATE discharge_summaries SET saved = saved + 1")).await;
        refused_by(&app, "discharge_summaries_frozen", sql("DELETE FROM discharge_summaries")).await;
        refused_by(&app, "discharge_summaries_frozen", sql("UPDATE discharge_medicines SET decision = 'stopped'")).await;
        refused_by(&app, "discharge_summaries_frozen", sql("DELETE FROM discharge_medicines")).await;
        let late = sql("INSERT INTO discharge_medicines (id, summary_id, patient_id, nth, decision) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", summary_id, patient_id, 9, 'new' FROM discharge_medicines");
        refused_by(&app, "discharge_summaries_frozen", late).await;
        ok(&propose(&app, &stay, "1").await.0);
        refused_by(&app, "follow_ups_booked", sql("UPDATE follow_ups SET state = 'booked', settled_at = proposed_at, settled_by = proposed_by")).await;
        refused_by(&app, "follow_ups_settled", sql("UPDATE follow_ups SET state = 'declined'")).await;
        refused_by(&app, "follow_ups_frozen", sql("UPDATE follow_ups SET weeks = 3")).await;
        refused_by(&app, "follow_ups_frozen", sql("DELETE FROM follow_ups")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let decline = "UPDATE follow_ups SET state = 'declined', settled_at = proposed_at, settled_by = proposed_by";
        tx.execute(sql(decline)).await.expect("declined");
        let error = tx.execute(sql("UPDATE follow_ups SET state = 'expired'")).await.expect_err("settled once");
        assert!(error.violates("follow_ups_moves"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_order_of_a_stay_belongs_to_nothing_else() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        let key = crate::core::OrderId::new().to_string();
        let form = [("key", key.as_str()), ("kind", "nursing"), ("service", "Dressing"), ("priority", "routine")];
        ok(&stay.post(&stay.doctor, "order_service", &form).await);
        refused_by(&app, "orders_fixed", sql("UPDATE orders SET admission_id = NULL")).await;
        let nothing = sql("INSERT INTO orders (id, patient_id, clinic_id, kind, service, priority, state, ordered_at, ordered_by, updated_at, updated_by) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", patient_id, clinic_id, kind, service, priority, 'draft', ordered_at, ordered_by, updated_at, updated_by FROM orders");
        refused_by(&app, "orders_of_something", nothing).await;
        let foreign = sql("INSERT INTO orders (id, patient_id, clinic_id, admission_id, kind, service, priority, state, ordered_at, ordered_by, updated_at,
                updated_by) SELECT $1, $2, clinic_id, admission_id, kind, service, priority, 'draft', ordered_at, ordered_by, updated_at, updated_by FROM orders")
        .bind(uuid::Uuid::now_v7())
        .bind(app.fixture.ben);
        refused_by(&app, "orders_of_stay", foreign).await;
    })
    .await;
}
