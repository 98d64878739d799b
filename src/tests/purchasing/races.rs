//! The same receipt and two invoices at the same moment.

use axum::http::StatusCode;

use super::{Buying, Fixture, line, number, text};
use crate::{
    db::sql,
    tests::{Answer, Browser, TestApp, all_at_once, races_from},
};

/// Posts a form, again while the database is busy.
async fn insist(browser: Browser, path: &'static str, form: Vec<(String, String)>) -> Answer {
    loop {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = browser.post(path, &pairs).await;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

fn owned(form: &[(&str, &str)]) -> Vec<(String, String)> {
    form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn prepared(app: &TestApp) -> (Buying, String, String) {
    let buying = Buying::open(app, "0").await;
    let order = buying.sent(app, "100", "0.05").await;
    let line = line(app, &order).await;
    (buying, order, line)
}

fn delivery(order: &str, line: &str, key: &str, quantity: &str) -> Vec<(String, String)> {
    let (of_batch, of_day, of_quantity) = (format!("batch-{line}"), format!("expires-{line}"), format!("quantity-{line}"));
    owned(&[
        ("purchase_order_id", order),
        ("key", key),
        ("delivery_note", "DN-1"),
        (&of_batch, "A1"),
        (&of_day, "2028-03-31"),
        (&of_quantity, quantity),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_receipt_that_is_sent_a_hundred_times_is_posted_once() {
    races_from(prepared, |app, (buying, order, line)| async move {
        let key = Fixture::key();
        let acts = (0..100).map(|_| {
            let browser = buying.pharmacy.storekeeper.in_copy(&app);
            insist(browser, "/api/purchasing/receive", delivery(&order, &line, &key, "30"))
        });
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{:?}", answers[0].body);
        assert_eq!(number(&app, sql("SELECT count(*) FROM goods_receipts")).await, 1);
        assert_eq!(number(&app, sql("SELECT CAST(sum(quantity) AS BIGINT) FROM stock_movements")).await, 30);
        assert_eq!(number(&app, sql("SELECT received FROM purchase_order_lines")).await, 30);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_deliveries_of_ten_for_an_order_of_a_hundred_receive_a_hundred() {
    races_from(prepared, |app, (buying, order, line)| async move {
        let acts = (0..20).map(|_| {
            let browser = buying.pharmacy.storekeeper.in_copy(&app);
            insist(browser, "/api/purchasing/receive", delivery(&order, &line, &Fixture::key(), "10"))
        });
        let answers = all_at_once(acts).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 10);
        assert_eq!(number(&app, sql("SELECT received FROM purchase_order_lines")).await, 100);
        assert_eq!(text(&app, sql("SELECT state FROM purchase_orders")).await, "received");
        assert_eq!(number(&app, sql("SELECT CAST(sum(on_hand) AS BIGINT) FROM stock_lines")).await, 100);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_invoices_with_one_number_one_is_entered_and_of_two_for_the_same_goods_one_matches() {
    let prepare = async |app: &TestApp| {
        let (buying, order, line) = prepared(app).await;
        super::ok(&buying.receive(app, &order, ("A1", "100"), &[]).await);
        (buying, order, line)
    };
    races_from(prepare, |app, (buying, order, line)| async move {
        let invoice = |number: &str| {
            let (of_quantity, of_amount) = (format!("quantity-{line}"), format!("amount-{line}"));
            owned(&[
                ("purchase_order_id", &order),
                ("key", &Fixture::key()),
                ("number", number),
                ("invoiced_on", "2026-11-20"),
                (&of_quantity, "100"),
                (&of_amount, "5.00"),
                ("total", "5.00"),
            ])
        };
        let acts = (0..20).map(|nth| {
            let number = if nth % 2 == 0 { "SAME" } else { "OTHER" };
            insist(buying.pharmacy.storekeeper.in_copy(&app), "/api/purchasing/enter_invoice", invoice(number))
        });
        let answers = all_at_once(acts).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 2);
        assert_eq!(number(&app, sql("SELECT count(*) FROM supplier_invoices WHERE state = 'matched'")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM supplier_invoices WHERE state = 'difference'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
