//! The invariants of buying in the database alone, by their names.

use super::{Buying, ok};
use crate::{
    db::{Sql, sql},
    tests::{TestApp, on_both_engines},
};

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(&text);
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_database_alone_keeps_orders_and_receipts() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "10").await;
        let order = buying.draft("100", "0.05").await;
        let next = "UPDATE purchase_orders SET version = version + 1, ";
        refused_by(&app, "purchase_orders_moves", sql(next).push("state = 'sent'")).await;
        refused_by(&app, "purchase_orders_versions", sql("UPDATE purchase_orders SET note = 'x'")).await;
        let own = "state = 'approved', approved_at = created_at, approved_by = created_by";
        refused_by(&app, "purchase_orders_two_people", sql(next).push(own)).await;
        refused_by(&app, "purchase_orders_fixed", sql(next).push("number = 'x'")).await;
        refused_by(&app, "purchase_orders_fixed", sql("DELETE FROM purchase_orders")).await;
        refused_by(&app, "purchase_orders_reasoned", sql(next).push("state = 'cancelled', ended_at = created_at, ended_by = created_by")).await;
        refused_by(&app, "purchase_lines_by_receipts", sql("UPDATE purchase_order_lines SET received = 1")).await;

        ok(&super::step(&app, &buying.pharmacy.pharmacist, &order, "approve_order").await);
        for query in ["UPDATE purchase_order_lines SET ordered = 1", "UPDATE purchase_order_lines SET price = 1", "DELETE FROM purchase_order_lines"] {
            refused_by(&app, "purchase_lines_frozen", sql(query)).await;
        }
        let another = "INSERT INTO purchase_order_lines (id, order_id, item_id, ordered, price, price_per)
            SELECT o.id, o.id, i.id, 1, 0, 1 FROM purchase_orders o, stock_items i WHERE NOT EXISTS (SELECT 1 FROM purchase_order_lines l
                WHERE l.item_id = i.id) LIMIT 1";
        refused_by(&app, "purchase_lines_frozen", sql(another)).await;
        ok(&super::step(&app, &buying.pharmacy.storekeeper, &order, "send_order").await);
        refused_by(&app, "purchase_orders_by_receipts", sql(next).push("state = 'part_received'")).await;
        let whole = "state = 'received', ended_at = created_at, ended_by = created_by";
        refused_by(&app, "purchase_orders_by_receipts", sql(next).push(whole)).await;

        ok(&buying.receive(&app, &order, ("A1", "60"), &[]).await);
        refused_by(&app, "purchase_lines_by_receipts", sql("UPDATE purchase_order_lines SET received = 61")).await;
        for query in ["UPDATE goods_receipts SET delivery_note = 'x'", "DELETE FROM goods_receipts", "UPDATE goods_receipt_lines SET free = 5"] {
            refused_by(&app, "goods_receipts_fixed", sql(query)).await;
        }
        // Above the order: neither a line without a second person, nor the sum.
        let line = |over: &'static str, quantity: &'static str| {
            sql("INSERT INTO goods_receipt_lines (id, receipt_id, line_id, batch_id, quantity, over_order) SELECT r.id, g.receipt_id, g.line_id, b.id, ")
                .push(quantity)
                .push(", ")
                .push(over)
                .push(" FROM goods_receipt_lines g JOIN goods_receipts r ON r.id = g.receipt_id JOIN stock_batches b ON b.id <> g.batch_id LIMIT 1")
        };
        ok(&buying.pharmacy.receive(&buying.pharmacy.shop, ("ELSE", "2027-05-31", "1"), &[]).await);
        refused_by(&app, "goods_receipt_lines_approved", line("1", "51")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(line("0", "51")).await.expect("a line of another batch");
        let error = tx.execute(sql("UPDATE purchase_order_lines SET received = 111")).await.expect_err("above the order");
        assert!(error.violates("purchase_lines_not_above"), "{error}");
        drop(tx);
        let sent = "INSERT INTO goods_receipts (id, number, order_id, delivery_note, at, by_user)
            SELECT d.id, 'X', o.id, 'X', d.at, d.by_user FROM stock_documents d, purchase_orders o WHERE d.id NOT IN (SELECT id FROM goods_receipts)";
        refused_by(&app, "goods_receipts_sent", sql(sent)).await;
        refused_by(&app, "suppliers_kept", sql("DELETE FROM suppliers")).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_requests_and_invoices() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let form = [
            ("key", &super::Fixture::key()),
            ("storeroom", &buying.pharmacy.main),
            ("scan", &buying.code),
            ("quantity", &"40".to_owned()),
            ("reason", &"Ward opens".to_owned()),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ok(&buying.pharmacy.storekeeper.post("/api/purchasing/request", &form).await);
        let own = "UPDATE purchase_requests SET state = 'approved', decided_at = requested_at, decided_by = requested_by";
        refused_by(&app, "purchase_requests_two_people", sql(own)).await;
        refused_by(&app, "purchase_requests_moves", sql("UPDATE purchase_requests SET quantity = 41")).await;
        refused_by(&app, "purchase_requests_moves", sql("DELETE FROM purchase_requests")).await;

        let order = buying.sent(&app, "100", "0.05").await;
        ok(&buying.receive(&app, &order, ("A1", "60"), &[]).await);
        ok(&buying.invoice(&app, &order, "F1", ("100", "5.00"), &[]).await);
        let next = "UPDATE supplier_invoices SET version = version + 1, ";
        refused_by(&app, "supplier_invoices_match", sql(next).push("state = 'matched'")).await;
        let approved = "state = 'approved', approved_at = entered_at, approved_by = ";
        refused_by(&app, "supplier_invoices_moves", sql(next).push(approved).push("entered_by")).await;
        refused_by(&app, "supplier_invoices_moves", sql("UPDATE supplier_invoices SET explanation = 'x'")).await;
        refused_by(&app, "supplier_invoices_fixed", sql(next).push("number = 'x'")).await;
        refused_by(&app, "supplier_invoices_fixed", sql("DELETE FROM supplier_invoices")).await;
        refused_by(&app, "supplier_invoices_fixed", sql("UPDATE supplier_invoice_lines SET amount = 1")).await;
        ok(&buying.invoice(&app, &order, "F2", ("40", "9.00"), &[]).await);
        let of_two = " WHERE number = 'F2'";
        refused_by(&app, "supplier_invoices_two_people", sql(next).push("explanation = 'x', ").push(approved).push("entered_by").push(of_two)).await;
        let other = "(SELECT id FROM users WHERE login = 'accountant')";
        refused_by(&app, "supplier_invoices_explained", sql(next).push(approved).push(other).push(of_two)).await;
        let again = "INSERT INTO supplier_invoices (id, supplier_id, order_id, number, number_key, invoiced_on, net, total, state, entered_at, entered_by)
            SELECT o.id, v.supplier_id, v.order_id, 'f1', 'F1', v.invoiced_on, 0, 0, 'entered', v.entered_at, v.entered_by
            FROM supplier_invoices v JOIN purchase_orders o ON o.id = v.order_id WHERE v.number = 'F1'";
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql(again)).await.expect_err("the same number");
        assert!(error.is_unique(), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
