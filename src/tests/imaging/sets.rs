//! Sets of tests and studies, and what an order needs and costs before it is sent.

use axum::http::StatusCode;

use super::{Radiology, fields, id, number, ok};
use crate::{
    core::{LabDrawId, OrderId, TestSetId},
    db::sql,
    tests::{Answer, Browser, Fixture, TestApp, on_both_engines, rounds::Rounds},
};

/// Keeps a set of a panel, a test and two procedures, one of them of a side.
async fn fever(browser: &Browser, version: &str, key: &str, name: &str) -> Answer {
    let form = [
        ("key", key),
        ("version", version),
        ("name", name),
        ("purpose", "Fever of unknown cause"),
        ("panel-cbc", "true"),
        ("test-crp", "true"),
        ("procedure-xr-chest", "true"),
        ("procedure-xr-knee", "true"),
    ];
    browser.post("/api/imaging/save_set", &form).await
}

#[tokio::test]
async fn heads_and_administrators_keep_sets() {
    on_both_engines(|app| async move {
        let (pathologist, admin) = (app.as_("pathologist").await, app.as_("admin").await);
        ok(&pathologist.post("/api/lab/adopt_starter", &[]).await);
        let radiology = Radiology::open(&app).await;
        let (key, other) = (TestSetId::new().to_string(), TestSetId::new().to_string());
        assert_eq!(fever(&radiology.doctor, "0", &key, "Fever").await.status, StatusCode::FORBIDDEN);
        let empty = [("key", key.as_str()), ("version", "0"), ("name", "")];
        assert_eq!(fields(&admin.post("/api/imaging/save_set", &empty).await), ["name", "lines"]);
        for _ in 0..2 {
            ok(&fever(&pathologist, "0", &key, "Fever").await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM test_set_lines")).await, 4);
        assert_eq!(fields(&fever(&radiology.radiologist, "0", &other, "fever").await), ["name"]);
        ok(&fever(&admin, "1", &key, "Fever, adults").await);
        assert_eq!(fever(&admin, "1", &key, "Fever, children").await.status, StatusCode::CONFLICT, "a newer version");
        let page = admin.get(&format!("/orders/sets/{key}")).await.body;
        assert!(page.contains("Complete blood count (cbc)") && page.contains("Fever, adults"), "{page}");
        ok(&admin.post("/api/imaging/retire_set", &[("test_set_id", key.as_str()), ("version", "2"), ("retired", "true")]).await);
        assert!(admin.get("/orders/sets").await.body.contains("Retired"));
        let page = radiology.doctor.get(&format!("/orders/sets/visit/{}?set={key}", radiology.visit)).await.body;
        assert!(page.contains("No sets yet"), "a retired set is not offered: {page}");
        for (guard, query) in [
            ("test_sets_kept", sql("DELETE FROM test_sets")),
            ("test_set_lines_one", sql("UPDATE test_set_lines SET panel_id = NULL WHERE panel_id IS NOT NULL")),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err(guard);
            assert!(error.violates(guard), "{guard}: {error}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_set_is_ordered_with_one_requisition_and_each_line_can_be_unticked() {
    on_both_engines(|app| async move {
        let pathologist = app.as_("pathologist").await;
        ok(&pathologist.post("/api/lab/adopt_starter", &[]).await);
        let radiology = Radiology::open(&app).await;
        let set = TestSetId::new().to_string();
        ok(&fever(&pathologist, "0", &set, "Fever").await);
        let (visit, doctor) = (radiology.visit.to_string(), &radiology.doctor);
        assert!(doctor.get(&format!("/consultation/{visit}")).await.body.contains(&format!("/orders/sets/visit/{visit}")));
        let page = doctor.get(&format!("/orders/sets/visit/{visit}")).await.body;
        assert!(page.contains(&format!("?set={set}")), "{page}");
        let page = doctor.get(&format!("/orders/sets/visit/{visit}?set={set}")).await.body;
        assert!(page.contains("Complete blood count (cbc)") && page.contains("side-xr-knee"), "{page}");

        let key = OrderId::new().to_string();
        let form = [("visit_id", visit.as_str()), ("key", &key), ("priority", "urgent")];
        let order = async |more: &[(&str, &str)]| doctor.post("/api/imaging/order_set", &[&form[..], more].concat()).await;
        let ticked = [("panel-cbc", "true"), ("procedure-xr-chest", "true"), ("procedure-xr-knee", "true")];
        assert_eq!(fields(&order(&[]).await), ["lines"]);
        assert_eq!(fields(&order(&ticked).await), ["reason", "side-xr-knee"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders")).await, 0, "all or none");
        let whole = [&ticked[..], &[("side-xr-knee", "left"), ("reason", "Focus of the fever?")]].concat();
        for _ in 0..2 {
            ok(&order(&whole).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE priority = 'urgent'")).await, 3, "not the line that was unticked");
        assert_eq!(number(&app, sql("SELECT count(*) FROM requisitions")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_samples WHERE state = 'expected'")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM imaging_orders WHERE side = 'left'")).await, 1);

        // Once more: duplicates are said as for single orders, all of them.
        let key = OrderId::new().to_string();
        let mut again: Vec<(&str, &str)> = [&form[..], &whole[..]].concat();
        again[1].1 = &key;
        let refused = doctor.post("/api/imaging/order_set", &again).await;
        assert_eq!(fields(&refused), ["again"]);
        assert!(refused.body.contains("Haemoglobin") && refused.body.contains("X-ray of the chest"), "{}", refused.body);
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders")).await, 3);
        again.push(("again", "true"));
        ok(&doctor.post("/api/imaging/order_set", &again).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders")).await, 6);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_set_is_ordered_for_a_patient_on_a_ward() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        let pathologist = app.as_("pathologist").await;
        ok(&pathologist.post("/api/lab/adopt_starter", &[]).await);
        ok(&app.as_("radiologist").await.post("/api/imaging/adopt_starter", &[]).await);
        let set = TestSetId::new().to_string();
        ok(&fever(&pathologist, "0", &set, "Fever").await);
        assert!(stay.doctor.get(&format!("/admissions/{}/requests", stay.id)).await.body.contains("/request-set"));
        let page = stay.doctor.get(&format!("/admissions/{}/request-set?set={set}", stay.id)).await.body;
        assert!(page.contains("/api/rounds/order_set") && page.contains("C-reactive protein"), "{page}");
        let key = OrderId::new().to_string();
        let form =
            [("key", key.as_str()), ("priority", "stat"), ("test-crp", "true"), ("procedure-xr-chest", "true"), ("reason", "Pneumonia?")];
        ok(&stay.post(&stay.doctor, "order_set", &form).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE admission_id IS NOT NULL AND priority = 'stat'")).await, 2);
        assert_eq!(number(&app, sql("SELECT count(*) FROM requisitions WHERE admission_id IS NOT NULL")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

/// Sets the price of the item of a code.
async fn price(app: &TestApp, admin: &Browser, code: &str, amount: &str) {
    let item = id(app, sql("SELECT id FROM price_items WHERE code = ").push_bind(code)).await;
    let key = Fixture::key();
    let form =
        [("item_id", item.as_str()), ("version", "1"), ("key", &key), ("per", "1"), ("amount", amount), ("valid_from", "2026-11-01")];
    ok(&admin.post("/api/billing/set_price", &form).await);
}

#[tokio::test]
async fn tubes_and_price_are_said_before_an_order_is_sent() {
    on_both_engines(|app| async move {
        let (pathologist, admin) = (app.as_("pathologist").await, app.as_("admin").await);
        ok(&pathologist.post("/api/lab/adopt_starter", &[]).await);
        let radiology = Radiology::open(&app).await;
        let (visit, doctor) = (radiology.visit.to_string(), &radiology.doctor);
        price(&app, &admin, "LAB-K", "4.50").await;
        price(&app, &admin, "IMG-XR-CHEST", "40").await;
        let key = LabDrawId::new().to_string();
        let form = [("visit_id", visit.as_str()), ("key", &key), ("codes", "k na hb"), ("priority", "routine"), ("look", "true")];
        let looked = doctor.post("/api/lab/order", &form).await;
        assert_eq!(fields(&looked), ["look"]);
        for words in ["1 × ", "Containers in all: 2", "mL", "Potassium: $4.50", "Sodium: no price yet", "In all: $4.50", "not in the sum"]
        {
            assert!(looked.body.contains(words), "{words}: {}", looked.body);
        }
        let form = [("visit_id", visit.as_str()), ("key", &key), ("procedure", "xr-chest"), ("priority", "routine"), ("look", "true")];
        let looked = doctor.post("/api/imaging/order", &form).await;
        assert!(looked.body.contains("X-ray of the chest, two views: $40.00"), "{}", looked.body);
        let form = [("test-k", "true"), ("procedure-xr-chest", "true"), ("visit_id", &visit), ("key", &key), ("look", "true")];
        let looked = doctor.post("/api/imaging/order_set", &form).await;
        assert!(looked.body.contains("In all: $44.50") && looked.body.contains("Containers in all: 1"), "{}", looked.body);
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders")).await, 0, "nothing is ordered");

        // The page stays as it was typed, with what was asked for, and says no problem.
        let form = [
            ("visit_id", visit.as_str()),
            ("key", &key),
            ("codes", "k na hb"),
            ("priority", "stat"),
            ("reason", "Tired"),
            ("look", "true"),
        ];
        let page = doctor.submit(&format!("/lab/order/{visit}"), "/api/lab/order", &form).await.body;
        assert!(page.contains("Containers in all: 2") && page.contains("k na hb") && page.contains("Tired"), "{page}");
        assert!(!page.contains("There is a problem"), "{page}");
        app.assert_sound().await;
    })
    .await;
}
