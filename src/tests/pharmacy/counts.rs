//! Stock counts: blind, at a position of the ledger, with the approval of another person.

use axum::http::StatusCode;

use super::{Pharmacy, fields, id, number, ok, on_hand};
use crate::{
    db::sql,
    tests::{Answer, Browser, Fixture, TestApp, on_both_engines},
};

async fn line(app: &TestApp, batch: &str) -> (String, String) {
    let of = " FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id WHERE b.batch_no = ";
    let line = id(app, sql("SELECT l.id").push(of).push_bind(batch)).await;
    (line, number(app, sql("SELECT l.seq").push(of).push_bind(batch)).await.to_string())
}

async fn count(by: &Browser, room: &str, counted: &[(&(String, String), &str)]) -> Answer {
    let key = Fixture::key();
    let named: Vec<(String, String)> = counted
        .iter()
        .flat_map(|((line, seq), typed)| [(format!("count-{line}"), (*typed).to_owned()), (format!("seq-{line}"), seq.clone())])
        .collect();
    let mut form = vec![("key", key.as_str()), ("storeroom", room)];
    form.extend(named.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    by.post("/api/stock/count", &form).await
}

#[tokio::test]
async fn a_difference_is_posted_when_another_person_approves() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (late, soon, next) = (line(&app, "LATE").await, line(&app, "SOON").await, line(&app, "NEXT").await);
        let sheet = pharmacy.storekeeper.get(&format!("/stock/counts/new?room={}", pharmacy.shop)).await.body;
        assert!(sheet.contains("LATE") && !sheet.contains("value=\"30\""), "the sheet is blind: {sheet}");
        assert_eq!(count(&pharmacy.storekeeper, &pharmacy.shop, &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(fields(&count(&pharmacy.storekeeper, &pharmacy.shop, &[(&late, "x")]).await).len(), 1);
        ok(&count(&pharmacy.storekeeper, &pharmacy.shop, &[(&late, "30"), (&soon, "18"), (&next, "51")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM stock_counts WHERE state = 'matched'")).await, 1);
        let again = count(&pharmacy.pharmacist, &pharmacy.shop, &[(&soon, "17")]).await;
        assert_eq!(fields(&again), [format!("count-{}", soon.0)], "one count of a batch waits at a time");

        // Five leave after the count: the difference stays two.
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "5").await);
        ok(&pharmacy.dispense(&supply, "5", &[]).await);
        let differs = id(&app, sql("SELECT id FROM stock_counts WHERE state = 'asked' AND counted = 18")).await;
        let decide = async |by: &Browser, count: &str, decision: &str| {
            by.post("/api/stock/decide_count", &[("stock_count_id", count), ("decision", decision)]).await
        };
        assert_eq!(decide(&pharmacy.storekeeper, &differs, "approved").await.status, StatusCode::CONFLICT, "not by the counter");
        let page = pharmacy.pharmacist.get("/stock/counts").await.body;
        assert!(page.contains("SOON") && page.contains("-2") && page.contains("+1"), "{page}");
        ok(&decide(&pharmacy.pharmacist, &differs, "approved").await);
        assert_eq!(on_hand(&app, "SOON").await, 13);
        assert_eq!(decide(&pharmacy.pharmacist, &differs, "rejected").await.status, StatusCode::CONFLICT);
        let more = id(&app, sql("SELECT id FROM stock_counts WHERE state = 'asked'")).await;
        ok(&decide(&pharmacy.pharmacist, &more, "rejected").await);
        assert_eq!(on_hand(&app, "NEXT").await, 50);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_counts() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let soon = line(&app, "SOON").await;
        ok(&count(&pharmacy.storekeeper, &pharmacy.shop, &[(&soon, "18")]).await);
        for (guard, query) in [
            ("stock_counts_fixed", "UPDATE stock_counts SET counted = 19"),
            ("stock_counts_fixed", "DELETE FROM stock_counts"),
            ("stock_counts_two_people", "UPDATE stock_counts SET state = 'rejected', decided_at = counted_at, decided_by = counted_by"),
            ("stock_counts_posted", "UPDATE stock_counts SET state = 'approved', decided_at = counted_at, decided_by = id"),
            ("stock_counts_decided", "UPDATE stock_counts SET state = 'rejected'"),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(sql(query)).await.expect_err(query);
            assert!(error.violates(guard), "{guard}: {error}");
        }
        let other = sql("INSERT INTO stock_counts (id, line_id, seq, expected, counted, state, counted_at, counted_by) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", line_id, seq, expected + 1, counted, state, counted_at, counted_by FROM stock_counts");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(other).await.expect_err("another stock than the ledger's");
        assert!(error.violates("stock_counts_follow"), "{error}");
    })
    .await;
}
