//! The invariants of the stock and the pharmacy in the database alone, by their names.

use super::{Pharmacy, ok};
use crate::{
    db::{Sql, sql},
    tests::{TestApp, on_both_engines},
};

pub(super) async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(&text);
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_database_alone_keeps_the_ledger() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        refused_by(&app, "stock_lines_not_negative", sql("UPDATE stock_lines SET on_hand = -1, seq = seq + 1")).await;
        refused_by(&app, "stock_lines_by_movement", sql("UPDATE stock_lines SET on_hand = on_hand + 1")).await;
        refused_by(&app, "stock_lines_by_movement", sql("DELETE FROM stock_lines")).await;
        refused_by(&app, "store_items_not_negative", sql("UPDATE store_items SET quantity = -1")).await;
        refused_by(&app, "store_items_value", sql("UPDATE store_items SET quantity = 0")).await;
        refused_by(&app, "stock_movements_fixed", sql("UPDATE stock_movements SET quantity = 1")).await;
        refused_by(&app, "stock_movements_fixed", sql("DELETE FROM stock_movements")).await;
        refused_by(&app, "stock_documents_fixed", sql("UPDATE stock_documents SET reference = 'x'")).await;
        refused_by(&app, "stock_items_used_fixed", sql("UPDATE stock_items SET unit = 'capsule'")).await;
        refused_by(&app, "stock_batches_fixed", sql("UPDATE stock_batches SET batch_no = 'x'")).await;
        refused_by(&app, "stock_batches_reasoned", sql("UPDATE stock_batches SET status = 'recalled'")).await;
        refused_by(&app, "storerooms_empty", sql("UPDATE storerooms SET retired_at = created_at")).await;
        let movement = |kind: &'static str, quantity: &'static str| {
            sql("INSERT INTO stock_movements (id, document_id, line_id, seq, kind, quantity, on_hand_after, value, day, at) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(", document_id, line_id, seq + 1, ")
                .push(kind)
                .push(", ")
                .push(quantity)
                .push(", on_hand_after + (")
                .push(quantity)
                .push("), 0, day, at FROM stock_movements WHERE quantity = 20")
        };
        refused_by(&app, "stock_movements_follow", movement("'loss'", "-1")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let taken = "UPDATE stock_lines SET on_hand = 19, seq = seq + 1 WHERE on_hand = 20";
        tx.execute(sql(taken)).await.expect("taken");
        let error = tx.execute(movement("'gain'", "-1")).await.expect_err("a gain that takes away");
        assert!(error.violates("stock_movements_sign"), "{error}");
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE stock_batches SET status = 'quarantined', status_reason = 'Leaks'")).await.expect("held back");
        tx.execute(sql(taken)).await.expect("taken");
        let error = tx.execute(movement("'dispense'", "-1")).await.expect_err("a batch that is held back");
        assert!(error.violates("stock_movements_usable"), "{error}");
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql(taken)).await.expect("taken");
        tx.execute(movement("'loss'", "-1")).await.expect("a movement that follows");
        drop(tx);
        assert!(!pharmacy.item.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_supplies() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        refused_by(&app, "supplies_moves", sql("UPDATE supplies SET state = 'dispensed', version = version + 1")).await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        refused_by(&app, "supplies_versions", sql("UPDATE supplies SET note = 'x'")).await;
        refused_by(&app, "supplies_fixed", sql("DELETE FROM supplies")).await;
        ok(&pharmacy.dispense(&supply, "4", &[]).await);
        let next = "UPDATE supplies SET version = version + 1, ";
        refused_by(&app, "supplies_not_over", sql(next).push("dispensed = 25")).await;
        refused_by(&app, "supplies_returned", sql(next).push("returned = 5")).await;
        refused_by(&app, "supplies_state", sql(next).push("state = 'dispensed'")).await;
        refused_by(&app, "supplies_fixed", sql(next).push("dispensed = 3")).await;
        refused_by(&app, "supplies_fixed", sql(next).push("ordered = 30")).await;
        refused_by(&app, "supplies_reasoned", sql(next).push("state = 'closed'")).await;
        refused_by(&app, "dispenses_returned", sql("UPDATE dispenses SET returned = 5")).await;
        refused_by(&app, "dispenses_fixed", sql("UPDATE dispenses SET quantity = 5")).await;
        refused_by(&app, "dispenses_fixed", sql("DELETE FROM dispenses")).await;
        refused_by(&app, "dispense_lines_returned", sql("UPDATE dispense_lines SET returned = 5")).await;
        refused_by(&app, "dispense_lines_fixed", sql("DELETE FROM dispense_lines")).await;
        let again = |columns: &'static str| {
            sql("INSERT INTO dispenses (id, supply_id, patient_id, clinic_id, quantity, identified_by, at, by_user, witness_id)
                SELECT m.id, d.supply_id, d.patient_id, d.clinic_id, 1, 'card', d.at, d.by_user, ")
            .push(columns)
            .push(" FROM dispenses d, stock_documents m WHERE m.kind = 'receipt' LIMIT 1")
        };
        refused_by(&app, "dispenses_two_people", again("d.by_user")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE drugs SET schedule = 'II'")).await.expect("controlled");
        let error = tx.execute(again("NULL")).await.expect_err("one person alone");
        assert!(error.violates("dispenses_witnessed"), "{error}");
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let stop = "UPDATE prescriptions SET state = 'stopped', stopped_at = prescribed_at, stopped_by = prescribed_by, stop_reason = 'x'";
        tx.execute(sql(stop)).await.expect("stopped");
        let error = tx.execute(again("NULL")).await.expect_err("a prescription that was stopped");
        assert!(error.violates("dispenses_active"), "{error}");
    })
    .await;
}
