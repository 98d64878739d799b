//! Random acts on the stock: each is done or refused, and the sums of quantities, values, reservations and goods on the way hold after each.

use axum::http::StatusCode;

use super::{Pharmacy, fields, number, ok, ward_stock::AskingWard};
use crate::{
    db::sql,
    tests::{Answer, Fixture, TestApp, on_both_engines},
};

/// The fewest acts of a run, the most (a run goes on until each kind of movement was seen), and after how many the rules are checked.
const ACTS: u64 = 300;
const MOST: u64 = 3_000;
const EVERY: u64 = 20;

/// splitmix64, by Sebastiano Vigna (public domain).
struct Chance(u64);

impl Chance {
    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn one<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        let limit = u64::try_from(of.len()).ok().filter(|len| *len > 0)?;
        of.get(usize::try_from(self.below(limit)).ok()?)
    }
}

async fn ids(app: &TestApp, query: &'static str) -> Vec<String> {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.all::<(uuid::Uuid,)>(sql(query)).await.expect("ids").into_iter().map(|(id,)| id.to_string()).collect()
}

/// The sums that hold after each act; each is zero.
const SUMS: &str = "SELECT CAST(abs((SELECT coalesce(sum(on_hand), 0) FROM stock_lines) - (SELECT coalesce(sum(quantity), 0) FROM stock_movements))
    + abs((SELECT coalesce(sum(quantity), 0) FROM store_items) - (SELECT coalesce(sum(on_hand), 0) FROM stock_lines))
    + abs((SELECT coalesce(sum(value), 0) FROM store_items) - (SELECT coalesce(sum(value), 0) FROM stock_movements))
    + abs((SELECT coalesce(sum(reserved), 0) FROM stock_lines) - (SELECT coalesce(sum(quantity), 0) FROM stock_reservations WHERE state = 'open'))
    + abs((SELECT coalesce(sum(s.quantity), 0) FROM store_items s JOIN storerooms r ON r.id = s.store_id WHERE r.kind = 'transit')
        - (SELECT coalesce(sum(in_transit), 0) FROM stock_transfer_lines))
    + (SELECT count(*) FROM stock_lines WHERE reserved > on_hand) AS BIGINT)";

/// The id and the version of a transfer in a state.
async fn transfer_in(app: &TestApp, state: &'static str, chance: &mut Chance) -> Option<(String, String)> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT id, version FROM stock_transfers WHERE state = ").push_bind(state).push(" ORDER BY id");
    let found: Vec<(uuid::Uuid, i64)> = tx.all(query).await.expect("transfers");
    chance.one(&found).map(|(id, version)| (id.to_string(), version.to_string()))
}

/// Does one act of the ward, of goods on the way, or on a reservation.
async fn far(app: &TestApp, ward: &AskingWard, supply: &str, chance: &mut Chance) -> Option<Answer> {
    let pharmacy = &ward.pharmacy;
    let quantity = (1 + chance.below(9)).to_string();
    let answer = match chance.below(9) {
        0 => {
            let form = [("supply_id", supply), ("storeroom", &pharmacy.shop), ("quantity", &quantity)];
            pharmacy.pharmacist.post("/api/pharmacy/reserve", &form).await
        }
        1 => pharmacy.pharmacist.post("/api/pharmacy/release", &[("supply_id", supply)]).await,
        2 | 3 => {
            let requisition = ward.ask("20").await;
            let from = if chance.below(2) == 0 { &pharmacy.shop } else { &pharmacy.main };
            ward.pick(app, &requisition, from, &quantity).await.0
        }
        4 | 5 => {
            let (transfer, _) = transfer_in(app, "picked", chance).await?;
            ward.send(app, &transfer).await
        }
        6 => {
            let (transfer, _) = transfer_in(app, "in_transit", chance).await?;
            let missing = i64::try_from(chance.below(2)).ok()?;
            ward.receive(app, &ward.nurse, &transfer, missing).await
        }
        7 => {
            let state = if chance.below(2) == 0 { "picked" } else { "in_transit" };
            let (transfer, version) = transfer_in(app, state, chance).await?;
            let form = [("stock_transfer_id", transfer.as_str()), ("version", &version), ("explanation", "Not wanted")];
            pharmacy.pharmacist.post("/api/stock/call_back", &form).await
        }
        _ => {
            let (transfer, version) = transfer_in(app, "difference", chance).await?;
            let outcome = if chance.below(2) == 0 { "lost" } else { "returned" };
            let form =
                [("stock_transfer_id", transfer.as_str()), ("version", &version), ("outcome", outcome), ("explanation", "Looked for")];
            pharmacy.pharmacist.post("/api/stock/explain_transfer", &form).await
        }
    };
    Some(answer)
}

/// Counts a batch of a storeroom, perhaps wrongly; the pharmacist decides on what differs.
async fn counted(app: &TestApp, pharmacy: &Pharmacy, room: &str, chance: &mut Chance) -> Option<Answer> {
    let store: uuid::Uuid = room.parse().ok()?;
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT id, seq, on_hand FROM stock_lines WHERE store_id = ").push_bind(store).push(" ORDER BY id");
    let lines: Vec<(uuid::Uuid, i64, i64)> = tx.all(query).await.expect("lines");
    drop(tx);
    let (line, seq, on_hand) = *chance.one(&lines)?;
    let counted = (on_hand + i64::try_from(chance.below(3)).ok()? - 1).max(0).to_string();
    let (key, of_count, of_seq, seq) = (Fixture::key(), format!("count-{line}"), format!("seq-{line}"), seq.to_string());
    let form = [("key", key.as_str()), ("storeroom", room), (&of_count, &counted), (&of_seq, &seq)];
    let answer = pharmacy.storekeeper.post("/api/stock/count", &form).await;
    for count in ids(app, "SELECT id FROM stock_counts WHERE state = 'asked' ORDER BY id").await {
        let decision = if chance.below(3) == 0 { "rejected" } else { "approved" };
        let form = [("stock_count_id", count.as_str()), ("decision", decision)];
        let decided = pharmacy.pharmacist.post("/api/stock/decide_count", &form).await;
        assert!(!decided.status.is_server_error(), "{}", decided.body);
    }
    Some(answer)
}

/// Does one act; `None` when there is nothing to act on.
async fn act(app: &TestApp, pharmacy: &Pharmacy, (supply, supplier): (&str, &str), chance: &mut Chance) -> Option<Answer> {
    let rooms = [&pharmacy.shop, &pharmacy.main, &pharmacy.quarantine];
    let (quantity, key) = ((1 + chance.below(9)).to_string(), Fixture::key());
    let batches = ids(app, "SELECT id FROM stock_batches ORDER BY id").await;
    let (room, to) = (chance.one(&rooms)?.as_str(), chance.one(&rooms)?.as_str());
    let batch = chance.one(&batches).cloned().unwrap_or_default();
    let mut form =
        vec![("stock_item_id", pharmacy.item.as_str()), ("key", &key), ("storeroom", room), ("batch", &batch), ("quantity", &quantity)];
    let lines = ids(app, "SELECT id FROM dispense_lines WHERE returned < quantity ORDER BY id").await;
    let answer = match chance.below(12) {
        0 | 1 => {
            let (number, cost) = (format!("R{}", chance.below(4)), format!("{}.{:02}", chance.below(30), chance.below(100)));
            pharmacy.receive(room, (&number, "2027-05-31", &quantity), &[("cost", &cost)]).await
        }
        2 => {
            form.push(("to", to));
            pharmacy.storekeeper.post("/api/stock/transfer", &form).await
        }
        3 => {
            form.extend([("reason", "miscounted"), ("direction", if chance.below(2) == 0 { "more" } else { "less" })]);
            pharmacy.storekeeper.post("/api/stock/adjust", &form).await
        }
        4 => {
            form.push(("reason", "damaged"));
            pharmacy.storekeeper.post("/api/stock/write_off", &form).await
        }
        5 | 6 => pharmacy.dispense(supply, &quantity, &[]).await,
        7 => {
            let line = chance.one(&lines)?;
            let form = [("movement_id", line.as_str()), ("key", &key), ("quantity", &quantity), ("reason", "not_needed")];
            pharmacy.pharmacist.post("/api/pharmacy/take_back", &form).await
        }
        8 => {
            form.extend([("supplier", supplier), ("reason", "surplus")]);
            pharmacy.storekeeper.post("/api/purchasing/return_goods", &form).await
        }
        9 => counted(app, pharmacy, room, chance).await?,
        _ => {
            let status = match chance.below(12) {
                0 => "recalled",
                1..=4 => "quarantined",
                _ => "released",
            };
            let id: uuid::Uuid = batch.parse().ok()?;
            let version = number(app, sql("SELECT version FROM stock_batches WHERE id = ").push_bind(id)).await.to_string();
            let form = [("stock_batch_id", batch.as_str()), ("version", &version), ("status", status), ("reason", "Looked at")];
            pharmacy.storekeeper.post("/api/stock/set_batch", &form).await
        }
    };
    Some(answer)
}

/// The kinds of movements and the ends of transfers that a run did not come to yet. Ids are random, so the acts of two runs differ.
async fn unseen(app: &TestApp) -> Vec<&'static str> {
    let mut unseen = Vec::new();
    for (column, wanted) in [
        ("stock_movements WHERE kind", &["dispense_return", "supplier_return", "gain", "loss"][..]),
        ("stock_transfers WHERE state", &["received", "called_back"][..]),
    ] {
        for value in wanted {
            let query = sql("SELECT count(*) FROM ").push(column).push(" = ").push_bind(*value);
            if number(app, query).await == 0 {
                unseen.push(*value);
            }
        }
    }
    unseen
}

#[tokio::test]
async fn random_acts_keep_quantities_and_values() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "30").await;
        ok(&pharmacy.verify(&app, &supply, "90").await);
        let ward = AskingWard::open(&app, pharmacy.clone()).await;
        let supplier = Fixture::key();
        let form =
            [("key", supplier.as_str()), ("version", "0"), ("code", "MED"), ("name", "Medisur"), ("lead_days", "5"), ("tolerance", "0")];
        ok(&pharmacy.storekeeper.post("/api/purchasing/save_supplier", &form).await);
        let (mut chance, mut done, mut refused) = (Chance(7), 0, 0);
        let mut missing = unseen(&app).await;
        for nth in 1..=MOST {
            if nth > ACTS && missing.is_empty() {
                break;
            }
            let answer = match chance.below(2) {
                0 => act(&app, &pharmacy, (&supply, &supplier), &mut chance).await,
                _ => far(&app, &ward, &supply, &mut chance).await,
            };
            assert_eq!(number(&app, sql(SUMS)).await, 0, "after act {nth}");
            match answer {
                Some(answer) if answer.status == StatusCode::OK => done += 1,
                Some(answer) if answer.status == StatusCode::CONFLICT => refused += 1,
                Some(answer) => {
                    assert!(!fields(&answer).is_empty(), "{}", answer.body);
                    refused += 1;
                }
                None => {}
            }
            if nth % EVERY == 0 {
                app.assert_sound().await;
                missing = unseen(&app).await;
            }
        }
        assert!(missing.is_empty(), "{MOST} acts came to none of {missing:?}");
        assert!(done > 40 && refused > 10, "{done} done, {refused} refused");
    })
    .await;
}
