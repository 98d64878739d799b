//! Consumption: a department uses goods up at its cost, and a mistake is taken back.

use axum::http::StatusCode;

use crate::{
    core::{StockItemId, StoreroomId},
    db::{Sql, sql},
    inventory::consumption_of,
    tests::{
        Answer, Browser, Fixture, TestApp,
        lab::{fields, id, number, ok},
        on_both_engines,
        pharmacy::Pharmacy,
    },
};

/// A store with 30 gloves of two batches, and a department with a cost centre.
struct Gloves {
    pharmacy: Pharmacy,
    item: String,
    department: String,
}

impl Gloves {
    async fn open(app: &TestApp) -> Self {
        let pharmacy = Pharmacy::open(app).await;
        let item = Fixture::key();
        let form = [
            ("key", item.as_str()),
            ("version", "0"),
            ("code", "GLOVE"),
            ("kind", "consumable"),
            ("name", "Gloves"),
            ("unit", "piece"),
            ("expires", "true"),
        ];
        ok(&pharmacy.storekeeper.post("/api/stock/save_item", &form).await);
        for (batch, day, quantity) in [("G2", "2028-01-31", "20"), ("G1", "2027-01-31", "10")] {
            let of = [("stock_item_id", item.as_str()), ("cost", "3.00")];
            ok(&pharmacy.receive(&pharmacy.main, (batch, day, quantity), &of).await);
        }
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE departments SET cost_centre = '4711' WHERE code = 'MED'")).await.expect("a cost centre");
        tx.commit().await.expect("committed");
        let department = id(app, sql("SELECT id FROM departments WHERE code = 'MED'")).await;
        Self { pharmacy, item, department }
    }

    async fn consume(&self, by: &Browser, act: &str, quantity: &str, more: &[(&str, &str)]) -> Answer {
        let key = Fixture::key();
        let mut form = vec![
            ("key", key.as_str()),
            ("storeroom", &self.pharmacy.main),
            ("item", &self.item),
            ("quantity", quantity),
            ("department", &self.department),
        ];
        form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        form.extend_from_slice(more);
        by.post(&format!("/api/stock/{act}"), &form).await
    }
}

async fn left(app: &TestApp) -> (i64, i64) {
    let of = |column: &'static str| sql(column).push(" FROM store_items s JOIN stock_items i ON i.id = s.item_id WHERE i.code = 'GLOVE'");
    (number(app, of("SELECT CAST(sum(s.quantity) AS BIGINT)")).await, number(app, of("SELECT CAST(sum(s.value) AS BIGINT)")).await)
}

#[tokio::test]
async fn a_department_uses_goods_up_at_its_cost_and_a_mistake_is_taken_back() {
    on_both_engines(|app| async move {
        let gloves = Gloves::open(&app).await;
        let store = &gloves.pharmacy.storekeeper;
        let page = store.get(&format!("/stock/consume?room={}&scan=glove", gloves.pharmacy.main)).await.body;
        assert!(page.contains("4711") && page.contains(&format!("value=\"{}\" selected", gloves.item)), "{page}");
        let key = Fixture::key();
        for _ in 0..2 {
            ok(&gloves.consume(store, "consume", "12", &[("key", &key)]).await);
        }
        assert_eq!(left(&app).await, (18, 360_000), "the form was sent twice; the batch that expires first went first");
        assert_eq!(
            number(&app, sql("SELECT on_hand FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id WHERE b.batch_no = 'G1'")).await,
            0
        );
        assert_eq!(gloves.consume(store, "consume", "19", &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(fields(&gloves.consume(store, "consume", "1", &[("department", "")]).await), ["department"]);
        assert_eq!(fields(&gloves.consume(store, "consume", "1", &[("item", &gloves.pharmacy.item)]).await), ["item"], "a medicine");
        let nurse = app.as_("nurse").await;
        assert_eq!(gloves.consume(&nurse, "consume", "1", &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(gloves.consume(&nurse, "consume_on_ward", "1", &[]).await.status, StatusCode::NOT_FOUND, "the main store is no ward");
        let usage = store.get("/stock/usage").await.body;
        assert!(usage.contains("4711") && usage.contains("2.40"), "{usage}");

        // Tomorrow the day counts as one of consumption.
        let ids = (gloves.item.parse::<StockItemId>().expect("an id"), gloves.pharmacy.main.parse::<StoreroomId>().expect("an id"));
        let tomorrow = app.state.clock.now().date_naive() + chrono::Duration::days(2);
        let mut tx = app.state.db.read().await.expect("a connection");
        let used = consumption_of(&mut tx, ids.1, &[ids.0], tomorrow).await.expect("figures");
        assert_eq!(used[&ids.0].iter().sum::<i64>(), 12);
        drop(tx);

        let again = Fixture::key();
        let back = async |again: &str, note: &str| {
            let form = [("stock_document_id", key.as_str()), ("key", again), ("note", note)];
            store.post("/api/stock/take_consumed_back", &form).await
        };
        assert_eq!(fields(&back(&again, "").await), ["note"]);
        for _ in 0..2 {
            ok(&back(&again, "Wrong department").await);
        }
        assert_eq!(back(&Fixture::key(), "Again").await.status, StatusCode::CONFLICT);
        assert_eq!(left(&app).await, (30, 600_000));
        let page = store.get(&format!("/stock/consume?room={}", gloves.pharmacy.main)).await.body;
        assert!(page.contains("Taken back") && page.contains("Wrong department"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_consumption() {
    on_both_engines(|app| async move {
        let gloves = Gloves::open(&app).await;
        ok(&gloves.consume(&gloves.pharmacy.storekeeper, "consume", "3", &[]).await);
        let refused = async |guard: &str, query: Sql| {
            let text = format!("{query:?}");
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err(&text);
            assert!(error.violates(guard), "{guard}: {error} for {text}");
        };
        let document = |department: &'static str, centre: &'static str| {
            sql("INSERT INTO stock_documents (id, kind, store_id, at, by_user, department_id, cost_centre) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(", 'consume', d.store_id, d.at, d.by_user, ")
                .push(department)
                .push(centre)
                .push(" FROM stock_documents d WHERE d.kind = 'consume'")
        };
        refused("stock_documents_cost", document("NULL", ", '4711'")).await;
        refused("stock_documents_cost", document("d.department_id", ", ''")).await;
        let taken = "UPDATE stock_lines SET on_hand = on_hand + 4, seq = seq + 1 WHERE id = (SELECT m.line_id FROM stock_movements m WHERE m.kind = 'consume')";
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql(taken)).await.expect("four more");
        let more = sql("INSERT INTO stock_movements (id, document_id, line_id, seq, kind, quantity, on_hand_after, value, day, reverses, at) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", document_id, line_id, seq + 1, 'consume_return', 4, on_hand_after + 4, 0, day, id, at FROM stock_movements WHERE kind = 'consume'");
        let error = tx.execute(more).await.expect_err("more than was used");
        assert!(error.violates("stock_movements_reverse"), "{error}");
    })
    .await;
}
