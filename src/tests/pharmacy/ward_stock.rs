//! The requests of wards, goods on the way with a difference, and reservations.

use axum::http::StatusCode;

use super::{Pharmacy, fields, id, number, ok, state, text};
use crate::{
    db::{Sql, sql},
    tests::{Answer, Browser, Fixture, TestApp, on_both_engines},
};

/// A pharmacy with a storeroom of a ward, and the nurse who works there.
#[derive(Clone, Debug)]
pub struct AskingWard {
    pub pharmacy: Pharmacy,
    pub nurse: Browser,
    pub room: String,
}

impl AskingWard {
    /// Adds the storeroom of a ward to a pharmacy, where paracetamol is filled up to 40.
    pub async fn open(app: &TestApp, pharmacy: Pharmacy) -> Self {
        let room = Fixture::key();
        let form = [("key", room.as_str()), ("version", "0"), ("code", "WARD"), ("name", "Ward cupboard"), ("kind", "ward")];
        ok(&pharmacy.storekeeper.post("/api/stock/save_room", &form).await);
        let level = [("storeroom", room.as_str()), ("item", pharmacy.item.as_str()), ("par_level", "40")];
        ok(&pharmacy.storekeeper.post("/api/stock/set_par", &level).await);
        Self { pharmacy, nurse: app.as_("nurse").await, room }
    }

    /// The nurse asks for units; the id of the requisition.
    pub async fn ask(&self, quantity: &str) -> String {
        let (key, field) = (Fixture::key(), format!("want-{}", self.pharmacy.item));
        let form = [("key", key.as_str()), ("storeroom", &self.room), (&field, quantity), ("note", "Before the weekend")];
        ok(&self.nurse.post("/api/stock/ask", &form).await);
        key
    }

    /// The pharmacist picks units from a storeroom; the answer, and the id of the transfer.
    pub async fn pick(&self, app: &TestApp, requisition: &str, from: &str, quantity: &str) -> (Answer, String) {
        let of: uuid::Uuid = requisition.parse().expect("an id");
        let line = id(app, sql("SELECT id FROM ward_requisition_lines WHERE requisition_id = ").push_bind(of)).await;
        let (key, field) = (Fixture::key(), format!("pick-{line}"));
        let form = [("ward_requisition_id", requisition), ("key", &key), ("storeroom", from), (&field, quantity)];
        (self.pharmacy.pharmacist.post("/api/stock/pick", &form).await, key)
    }

    pub async fn send(&self, app: &TestApp, transfer: &str) -> Answer {
        let version = transfer_version(app, transfer).await;
        self.pharmacy.pharmacist.post("/api/stock/send_transfer", &[("stock_transfer_id", transfer), ("version", &version)]).await
    }

    /// Receives each line with its quantity less the missing units, which the first line has.
    pub async fn receive(&self, app: &TestApp, browser: &Browser, transfer: &str, missing: i64) -> Answer {
        let version = transfer_version(app, transfer).await;
        let of: uuid::Uuid = transfer.parse().expect("an id");
        let mut tx = app.state.db.read().await.expect("a connection");
        let query =
            sql("SELECT id, in_transit FROM stock_transfer_lines WHERE transfer_id = ").push_bind(of).push(" ORDER BY in_transit DESC, id");
        let lines: Vec<(uuid::Uuid, i64)> = tx.all(query).await.expect("the lines");
        drop(tx);
        let mut form = vec![("stock_transfer_id".to_owned(), transfer.to_owned()), ("version".to_owned(), version)];
        for (nth, (line, sent)) in lines.iter().enumerate() {
            let came = if nth == 0 { sent - missing } else { *sent };
            form.push((format!("received-{line}"), came.to_string()));
        }
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post("/api/stock/receive_transfer", &pairs).await
    }
}

async fn transfer_version(app: &TestApp, transfer: &str) -> String {
    let of: uuid::Uuid = transfer.parse().expect("an id");
    number(app, sql("SELECT version FROM stock_transfers WHERE id = ").push_bind(of)).await.to_string()
}

async fn transfer_state(app: &TestApp, transfer: &str) -> String {
    let of: uuid::Uuid = transfer.parse().expect("an id");
    text(app, sql("SELECT state FROM stock_transfers WHERE id = ").push_bind(of)).await
}

/// The units in storerooms of a kind.
async fn units(app: &TestApp, kind: &'static str) -> i64 {
    let query = sql(
        "SELECT coalesce(CAST(sum(s.quantity) AS BIGINT), 0) FROM store_items s JOIN storerooms r ON r.id = s.store_id WHERE r.kind = ",
    );
    number(app, query.push_bind(kind)).await
}

async fn total(app: &TestApp) -> i64 {
    number(app, sql("SELECT CAST(sum(quantity) AS BIGINT) FROM store_items")).await
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(&text);
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn a_ward_asks_and_what_is_missing_on_arrival_is_explained() {
    on_both_engines(|app| async move {
        let ward = AskingWard::open(&app, Pharmacy::open(&app).await.stocked().await).await;
        let page = ward.nurse.get(&format!("/ward-stock?room={}", ward.room)).await.body;
        assert!(page.contains("value=\"40\""), "the amount up to the level is proposed: {page}");
        let requisition = ward.ask("40").await;
        let list = ward.pharmacy.pharmacist.get("/stock/requests").await.body;
        assert!(list.contains("Ward cupboard") && list.contains("Waits for the stores"), "{list}");
        let (refused, _) = ward.pick(&app, &requisition, &ward.pharmacy.shop, "41").await;
        assert_eq!(fields(&refused).len(), 1, "more than is wanted");
        let (refused, _) = ward.pick(&app, &requisition, &ward.pharmacy.main, "5").await;
        assert!(refused.body.contains("Only 0 are left"), "{}", refused.body);
        let (picked, transfer) = ward.pick(&app, &requisition, &ward.pharmacy.shop, "30").await;
        ok(&picked);
        assert_eq!(number(&app, sql("SELECT CAST(sum(reserved) AS BIGINT) FROM stock_lines")).await, 30);
        assert_eq!(units(&app, "pharmacy").await, 100, "picked goods are still there");
        assert_eq!(text(&app, sql("SELECT state FROM ward_requisitions")).await, "part_issued");
        ok(&ward.send(&app, &transfer).await);
        assert_eq!((units(&app, "pharmacy").await, units(&app, "transit").await, units(&app, "ward").await), (70, 30, 0));
        assert_eq!(ward.send(&app, &transfer).await.status, StatusCode::CONFLICT, "sent once");
        let own = ward.receive(&app, &ward.pharmacy.pharmacist, &transfer, 0).await;
        assert_eq!(own.status, StatusCode::CONFLICT, "the sender does not receive: {}", own.body);
        assert_eq!(fields(&ward.receive(&app, &ward.nurse, &transfer, -1).await).len(), 1, "more than was sent");
        ok(&ward.receive(&app, &ward.nurse, &transfer, 2).await);
        assert_eq!(transfer_state(&app, &transfer).await, "difference");
        assert_eq!((units(&app, "transit").await, units(&app, "ward").await), (2, 28));
        app.assert_sound().await;
        let open = ward.pharmacy.pharmacist.get("/stock/requests").await.body;
        assert!(open.contains("Difference not explained"), "{open}");
        let explain = async |explanation: &str| {
            let version = transfer_version(&app, &transfer).await;
            let form = [("stock_transfer_id", transfer.as_str()), ("version", &version), ("outcome", "lost"), ("explanation", explanation)];
            ward.pharmacy.pharmacist.post("/api/stock/explain_transfer", &form).await
        };
        assert_eq!(fields(&explain("").await), ["explanation"]);
        ok(&explain("Two tablets were crushed in the box").await);
        assert_eq!((units(&app, "transit").await, total(&app).await), (0, 98));
        assert_eq!(transfer_state(&app, &transfer).await, "received");
        let page = ward.nurse.get(&format!("/ward-stock/{requisition}")).await.body;
        assert!(page.contains("Part issued"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn goods_that_are_called_back_return_and_a_recalled_batch_goes_to_the_quarantine() {
    on_both_engines(|app| async move {
        let ward = AskingWard::open(&app, Pharmacy::open(&app).await.stocked().await).await;
        let requisition = ward.ask("40").await;
        let (picked, transfer) = ward.pick(&app, &requisition, &ward.pharmacy.shop, "10").await;
        ok(&picked);
        let call_back = async |transfer: &str| {
            let version = transfer_version(&app, transfer).await;
            let form = [("stock_transfer_id", transfer), ("version", &version), ("explanation", "Wrong ward")];
            ward.pharmacy.pharmacist.post("/api/stock/call_back", &form).await
        };
        ok(&call_back(&transfer).await);
        assert_eq!(number(&app, sql("SELECT CAST(sum(reserved) AS BIGINT) FROM stock_lines")).await, 0);
        let (picked, transfer) = ward.pick(&app, &requisition, &ward.pharmacy.shop, "10").await;
        ok(&picked);
        ok(&ward.send(&app, &transfer).await);
        ok(&call_back(&transfer).await);
        assert_eq!((units(&app, "pharmacy").await, units(&app, "transit").await), (100, 0));
        let (picked, transfer) = ward.pick(&app, &requisition, &ward.pharmacy.shop, "20").await;
        ok(&picked);
        ok(&ward.send(&app, &transfer).await);
        let batch = id(&app, sql("SELECT batch_id FROM stock_transfer_lines WHERE in_transit > 0")).await;
        let form =
            [("stock_batch_id", batch.as_str()), ("version", "1"), ("status", "recalled"), ("reason", "Wrong strength on the label")];
        ok(&ward.pharmacy.pharmacist.post("/api/stock/set_batch", &form).await);
        ok(&ward.receive(&app, &ward.nurse, &transfer, 0).await);
        assert_eq!((units(&app, "ward").await, units(&app, "quarantine").await, units(&app, "transit").await), (0, 20, 0));
        assert_eq!(total(&app).await, 100);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_requisition_is_rejected_with_a_reason_or_cancelled() {
    on_both_engines(|app| async move {
        let ward = AskingWard::open(&app, Pharmacy::open(&app).await).await;
        let (one, two) = (ward.ask("5").await, ward.ask("6").await);
        let reject = async |reason: &str| {
            let form = [("ward_requisition_id", one.as_str()), ("version", "2"), ("reason", reason)];
            ward.pharmacy.pharmacist.post("/api/stock/reject_request", &form).await
        };
        assert_eq!(fields(&reject("").await), ["reason"]);
        ok(&reject("Not kept").await);
        assert!(ward.nurse.get(&format!("/ward-stock/{one}")).await.body.contains("Not kept"));
        assert_eq!(ward.pick(&app, &one, &ward.pharmacy.shop, "1").await.0.status, StatusCode::CONFLICT);
        ok(&ward.nurse.post("/api/stock/cancel_request", &[("ward_requisition_id", two.as_str()), ("version", "2")]).await);
        assert_eq!(app.as_("desk").await.get("/ward-stock").await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn reserved_units_are_handed_out_for_their_prescription_only_and_come_free_by_time() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "30").await;
        ok(&pharmacy.verify(&app, &supply, "90").await);
        let reserved = async || number(&app, sql("SELECT CAST(sum(reserved) AS BIGINT) FROM stock_lines")).await;
        assert_eq!(reserved().await, 90, "verified units are promised");
        let (_, other) = pharmacy.prescribed(&app, app.fixture.ben, "30").await;
        ok(&pharmacy.verify(&app, &other, "90").await);
        assert_eq!(reserved().await, 90, "the stock does not suffice for another 90");
        let refused = pharmacy.dispense(&other, "11", &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("Only 10 are left"), "{}", refused.body);
        let batch = id(&app, sql("SELECT id FROM stock_batches WHERE batch_no = 'SOON'")).await;
        let form = [
            ("key", &Fixture::key()),
            ("storeroom", &pharmacy.shop),
            ("batch", &batch),
            ("quantity", &"20".to_owned()),
            ("reason", &"damaged".to_owned()),
            ("stock_item_id", &pharmacy.item),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(pharmacy.storekeeper.post("/api/stock/write_off", &form).await.status, StatusCode::CONFLICT, "promised units stay");
        ok(&pharmacy.dispense(&supply, "30", &[]).await);
        assert_eq!(reserved().await, 60, "the rest stays promised");
        let form = [("supply_id", supply.as_str())];
        ok(&pharmacy.pharmacist.post("/api/pharmacy/release", &form).await);
        ok(&pharmacy.dispense(&other, "11", &[]).await);
        let reserve = [("supply_id", supply.as_str()), ("storeroom", &pharmacy.shop), ("quantity", "60")];
        assert_eq!(pharmacy.pharmacist.post("/api/pharmacy/reserve", &reserve).await.status, StatusCode::CONFLICT);
        let reserve = [("supply_id", supply.as_str()), ("storeroom", &pharmacy.shop), ("quantity", "59")];
        ok(&pharmacy.pharmacist.post("/api/pharmacy/reserve", &reserve).await);
        app.state.clock.advance(chrono::Duration::hours(23));
        assert_eq!(crate::inventory::release_due(&app.state).await.expect("a round"), 0);
        app.state.clock.advance(chrono::Duration::hours(2));
        assert_eq!(crate::inventory::release_due(&app.state).await.expect("a round"), 1);
        assert_eq!(reserved().await, 0);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_prescription_that_ends_or_a_batch_that_is_held_back_frees_its_units() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        let reserved = async || number(&app, sql("SELECT CAST(sum(reserved) AS BIGINT) FROM stock_lines")).await;
        assert_eq!(reserved().await, 24);
        let batch = id(&app, sql("SELECT id FROM stock_batches WHERE batch_no = 'SOON'")).await;
        let form = [("stock_batch_id", batch.as_str()), ("version", "1"), ("status", "quarantined"), ("reason", "Leaks")];
        ok(&pharmacy.storekeeper.post("/api/stock/set_batch", &form).await);
        assert_eq!(reserved().await, 4);
        let form = [("prescription_id", supply.as_str()), ("reason", "Fever is gone")];
        ok(&app.as_("doctor").await.post("/api/clinical/stop_prescription", &form).await);
        assert_eq!((reserved().await, state(&app, &supply).await), (0, "cancelled".to_owned()));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_reservations_and_goods_on_the_way() {
    on_both_engines(|app| async move {
        let ward = AskingWard::open(&app, Pharmacy::open(&app).await.stocked().await).await;
        let requisition = ward.ask("40").await;
        let (picked, transfer) = ward.pick(&app, &requisition, &ward.pharmacy.shop, "10").await;
        ok(&picked);
        refused_by(&app, "stock_lines_reserved_sum", sql("UPDATE stock_lines SET reserved = 0")).await;
        refused_by(&app, "stock_lines_reserved_sum", sql("UPDATE stock_lines SET reserved = 1000")).await;
        refused_by(&app, "stock_reservations_fixed", sql("UPDATE stock_reservations SET quantity = 1")).await;
        refused_by(&app, "stock_reservations_fixed", sql("DELETE FROM stock_reservations")).await;
        let more = |quantity: i64| {
            sql("INSERT INTO stock_reservations (id, line_id, purpose, purpose_id, quantity, state, at, by_user) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(", line_id, 'transfer', purpose_id, ")
                .push_bind(quantity)
                .push(", 'open', at, by_user FROM stock_reservations")
        };
        refused_by(&app, "stock_lines_reserved", more(11)).await;
        refused_by(&app, "stock_lines_reserved", sql("UPDATE stock_lines SET on_hand = 9, seq = seq + 1 WHERE reserved = 10")).await;
        refused_by(&app, "ward_requisitions_moves", sql("UPDATE ward_requisitions SET state = 'draft', version = version + 1")).await;
        refused_by(&app, "ward_requisition_lines_not_over", sql("UPDATE ward_requisition_lines SET issued = 41")).await;
        refused_by(&app, "ward_requisition_lines_fixed", sql("UPDATE ward_requisition_lines SET wanted = 50")).await;
        refused_by(&app, "stock_transfers_moves", sql("UPDATE stock_transfers SET state = 'received', version = version + 1")).await;
        ok(&ward.send(&app, &transfer).await);
        refused_by(&app, "stock_transfer_lines_sum", sql("UPDATE stock_transfer_lines SET in_transit = 9")).await;
        refused_by(&app, "stock_transfer_lines_fixed", sql("UPDATE stock_transfer_lines SET quantity = 9, in_transit = 9")).await;
        let received = "UPDATE stock_transfers SET version = version + 1, state = 'received', ended_at = sent_at, ended_by = created_by,
            received_at = sent_at, received_by = ";
        refused_by(&app, "stock_transfers_settled", sql(received).push_bind(app.fixture.user("nurse"))).await;
        refused_by(&app, "stock_transfers_two_people", sql("UPDATE stock_transfers SET version = version + 1, state = 'difference', received_at = sent_at,
            received_by = sent_by")).await;
        // Goods on the way leave only with the line of their transfer.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let transit = "FROM stock_lines l JOIN storerooms r ON r.id = l.store_id WHERE r.kind = 'transit'";
        tx.execute(sql("UPDATE stock_lines SET on_hand = 9, seq = seq + 1 WHERE id IN (SELECT l.id ").push(transit).push(")")).await.expect("taken");
        let loss = sql("INSERT INTO stock_movements (id, document_id, line_id, seq, kind, quantity, on_hand_after, value, day, at) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", m.document_id, m.line_id, m.seq + 1, 'loss', -1, 9, 0, m.day, m.at FROM stock_movements m JOIN stock_lines l ON l.id = m.line_id
                JOIN storerooms r ON r.id = l.store_id WHERE r.kind = 'transit'");
        let error = tx.execute(loss).await.expect_err("a unit that leaves the way by itself");
        assert!(error.violates("stock_in_transit"), "{error}");
    })
    .await;
}
