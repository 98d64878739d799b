//! The register of controlled medicines: its balance, the count by two people, and the explanation by a third.

use axum::http::StatusCode;

use super::{Pharmacy, fields, id, number, ok, text};
use crate::{
    accounts::{self, NewUser},
    core::{Role, Stamp, UserId},
    db::{Sql, sql},
    tests::{
        Fixture, TestApp,
        fixture::{PASSWORD, shared_hash},
        on_both_engines,
    },
};

/// A pharmacy whose paracetamol is a controlled medicine, before anything is received.
async fn controlled(app: &TestApp) -> Pharmacy {
    let pharmacy = Pharmacy::open(app).await;
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(sql("UPDATE drugs SET schedule = 'II' WHERE name = ").push_bind(&pharmacy.drug)).await.expect("controlled");
    tx.commit().await.expect("committed");
    pharmacy.stocked().await
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(&text);
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_register_has_a_running_balance_that_two_people_check_and_a_third_explains() {
    on_both_engines(|app| async move {
        let pharmacy = controlled(&app).await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "1").await;
        ok(&pharmacy.verify(&app, &supply, "3").await);
        ok(&pharmacy.dispense(&supply, "3", &[("witness", "nurse"), ("witness_password", PASSWORD)]).await);
        let here = format!("/pharmacy/register/{}/{}", pharmacy.shop, pharmacy.item);
        let list = pharmacy.pharmacist.get("/pharmacy/register").await.body;
        assert!(list.contains("97 tablet") && list.contains(&here), "{list}");
        let page = pharmacy.pharmacist.get(&here).await.body;
        assert!(page.contains("Núñez") && page.contains("Nora Nurse") && page.contains("Dr. Carmen Costa"), "{page}");
        let paper = pharmacy.pharmacist.get(&format!("{here}/print")).await.body;
        assert!(paper.contains("<table class=\"sheet__lines\">") && paper.contains("97"), "{paper}");
        let check = async |counted: &str, witness: &str| {
            let key = Fixture::key();
            let form = [
                ("key", key.as_str()),
                ("storeroom", &pharmacy.shop),
                ("item", &pharmacy.item),
                ("counted", counted),
                ("occasion", "keys"),
                ("witness", witness),
                ("witness_password", PASSWORD),
            ];
            pharmacy.pharmacist.post("/api/pharmacy/check_register", &form).await
        };
        assert_eq!(fields(&check("97", "").await), ["witness"], "one person alone");
        assert_eq!(fields(&check("97", "pharmacist").await), ["witness_password"], "the same person twice");
        ok(&check("97", "nurse").await);
        ok(&check("95", "nurse").await);
        assert!(pharmacy.pharmacist.get("/pharmacy/register").await.body.contains("Difference not explained"));
        let open = id(&app, sql("SELECT id FROM register_checks WHERE state = 'open'")).await;
        let explain = [("register_check_id", open.as_str()), ("explanation", "Two fell on the floor")];
        assert_eq!(
            pharmacy.pharmacist.post("/api/pharmacy/explain_register", &explain).await.status,
            StatusCode::CONFLICT,
            "not who counted"
        );
        let user = NewUser {
            id: UserId::new(),
            login: "pharmacist2".to_owned(),
            name: "Paz Pharmacist".to_owned(),
            password_hash: Some(shared_hash()),
            language: None,
            demo: false,
            roles: vec![(Role::Pharmacist, Some(app.fixture.north))],
        };
        let mut tx = app.state.db.write().await.expect("a transaction");
        accounts::create_user(&mut tx, &user, Stamp::system(app.state.clock.now())).await.expect("a third person");
        tx.commit().await.expect("committed");
        let third = app.as_("pharmacist2").await;
        assert_eq!(fields(&third.post("/api/pharmacy/explain_register", &[("register_check_id", open.as_str())]).await), ["explanation"]);
        ok(&third.post("/api/pharmacy/explain_register", &explain).await);
        assert_eq!(text(&app, sql("SELECT state FROM register_checks WHERE counted = 95")).await, "explained");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_the_register() {
    on_both_engines(|app| async move {
        let pharmacy = controlled(&app).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM register_entries")).await, 3, "each movement has its line");
        assert_eq!(number(&app, sql("SELECT max(balance) FROM register_entries")).await, 100);
        refused_by(&app, "register_entries_fixed", sql("UPDATE register_entries SET balance = 99")).await;
        refused_by(&app, "register_entries_fixed", sql("DELETE FROM register_entries")).await;
        let forged = "INSERT INTO register_entries (store_id, item_id, number, movement_id, quantity, balance)
            SELECT store_id, item_id, 9, movement_id, quantity, balance FROM register_entries WHERE number = 3";
        refused_by(&app, "register_entries_follow", sql(forged)).await;
        let (nurse, pharmacist) = (app.fixture.user("nurse"), app.fixture.user("pharmacist"));
        let check = |expected: i64, counted: i64, witness: UserId| {
            sql("INSERT INTO register_checks (id, store_id, item_id, number, expected, counted, state, occasion, at, counted_by, witness_id) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(", store_id, item_id, number, ")
                .push_bind(expected)
                .push(", ")
                .push_bind(counted)
                .push(", 'agreed', 'shift', ")
                .push_bind(app.state.clock.now())
                .push(", ")
                .push_bind(pharmacist)
                .push(", ")
                .push_bind(witness)
                .push(" FROM register_entries WHERE number = 3")
        };
        refused_by(&app, "register_checks_two_people", check(100, 100, pharmacist)).await;
        refused_by(&app, "register_checks_agreed", check(100, 99, nurse)).await;
        refused_by(&app, "register_checks_follow", check(99, 99, nurse)).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(check(100, 100, nurse)).await.expect("a check");
        let error = tx.execute(sql("UPDATE register_checks SET counted = 99")).await.expect_err("kept");
        assert!(error.violates("register_checks_fixed"), "{error}");
        drop(tx);
        assert!(!pharmacy.item.is_empty());
    })
    .await;
}

#[tokio::test]
async fn one_person_alone_neither_corrects_nor_moves_nor_takes_back_a_controlled_medicine() {
    on_both_engines(|app| async move {
        let pharmacy = controlled(&app).await;
        let batch = id(&app, sql("SELECT id FROM stock_batches WHERE batch_no = 'NEXT'")).await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "1").await;
        ok(&pharmacy.verify(&app, &supply, "3").await);
        ok(&pharmacy.dispense(&supply, "3", &[("witness", "nurse"), ("witness_password", PASSWORD)]).await);
        let line = id(&app, sql("SELECT id FROM dispense_lines")).await;
        let act = async |path: &str, more: &[(&str, &str)]| {
            let key = Fixture::key();
            let form = [
                ("stock_item_id", pharmacy.item.as_str()),
                ("key", &key),
                ("storeroom", &pharmacy.shop),
                ("batch", &batch),
                ("movement_id", &line),
                ("quantity", "1"),
            ];
            let browser = if path.starts_with("pharmacy") { &pharmacy.pharmacist } else { &pharmacy.storekeeper };
            browser.post(&format!("/api/{path}"), &[&form[..], more].concat()).await
        };
        let page = pharmacy.storekeeper.get(&format!("/stock/items/{}", pharmacy.item)).await.body;
        assert!(page.contains("name=\"witness_password\""), "{page}");
        for (path, more) in [
            ("stock/write_off", &[("reason", "damaged")][..]),
            ("stock/adjust", &[("reason", "miscounted"), ("direction", "less")]),
            ("stock/transfer", &[("to", pharmacy.main.as_str())]),
            ("pharmacy/take_back", &[("reason", "not_needed")]),
        ] {
            assert_eq!(fields(&act(path, more).await), ["witness"], "{path}");
            let nurse = [("witness", "nurse"), ("witness_password", PASSWORD)];
            ok(&act(path, &[more, &nurse[..]].concat()).await);
        }
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/register/{}/{}", pharmacy.shop, pharmacy.item)).await.body;
        assert_eq!(page.matches("Nora Nurse").count(), 4, "the hand-over, and what left the room: {page}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM stock_documents WHERE witness_id IS NOT NULL")).await, 5);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let document = uuid::Uuid::now_v7();
        let query = sql("INSERT INTO stock_documents (id, kind, store_id, reason, at, by_user) SELECT ").push_bind(document);
        tx.execute(query.push(", 'write_off', store_id, 'damaged', at, by_user FROM stock_documents WHERE kind = 'dispense'"))
            .await
            .expect("alone");
        tx.execute(sql("UPDATE stock_lines SET on_hand = 29, seq = seq + 1 WHERE on_hand = 30")).await.expect("taken");
        let query =
            sql("INSERT INTO stock_movements (id, document_id, line_id, seq, kind, quantity, on_hand_after, value, day, at) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(", ")
                .push_bind(document)
                .push(", line_id, seq + 1, 'write_off', -1, 29, 0, day, at FROM stock_movements WHERE on_hand_after = 30");
        let error = tx.execute(query).await.expect_err("one person alone");
        assert!(error.violates("stock_movements_witnessed"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
