//! Order sets: kept in versions, ordered in one press with each line checked and each warning decided.

use axum::http::StatusCode;

use super::{OnWard, fields, id, number, ok};
use crate::{
    db::sql,
    tests::{Answer, Browser, Fixture, on_both_engines, prescribing::said},
};

/// A medicine, a diet and a monitoring; the last one is not ticked.
const PNEUMONIA: [(&str, &str); 12] = [
    ("name", "Pneumonia"),
    ("l1_kind", "medicine"),
    ("l1_drug", "Paracetamol 500 mg tablet"),
    ("l1_dose", "1 tablet"),
    ("l1_route", "oral"),
    ("l1_timing", "four"),
    ("l1_ticked", "true"),
    ("l2_kind", "diet"),
    ("l2_title", "Soft"),
    ("l2_ticked", "true"),
    ("l3_kind", "monitoring"),
    ("l3_title", "Oxygen saturation each hour"),
];

async fn keep(browser: &Browser, version: &str, form: &[(&str, &str)]) -> (String, Answer) {
    let key = Fixture::key();
    let answer = browser.post("/api/medicine_record/keep_set", &[&[("key", key.as_str()), ("version", version)][..], form].concat()).await;
    (key, answer)
}

#[tokio::test]
async fn a_set_is_kept_in_versions_and_ordered_line_by_line() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let manager = app.as_("ward_manager").await;
        let (_, lacking) = keep(&manager, "", &[("name", "Empty")]).await;
        assert_eq!(fields(&lacking), ["l1_kind"]);
        let (_, wrong) =
            keep(&manager, "", &[("name", "Wrong"), ("l1_kind", "medicine"), ("l1_drug", "Moonshine"), ("l2_kind", "diet")]).await;
        let wrong = fields(&wrong);
        for field in ["l1_drug", "l1_dose", "l1_route", "l1_timing", "l2_title"] {
            assert!(wrong.iter().any(|one| one == field), "{field}: {wrong:?}");
        }
        let (first, kept) = keep(&manager, "", &PNEUMONIA).await;
        ok(&kept);
        let (_, taken) = keep(&manager, "", &PNEUMONIA).await;
        assert_eq!(fields(&taken), ["name"]);
        assert_eq!(manager.get(&format!("/order-sets/{first}")).await.status, StatusCode::OK);
        let (second, kept) = keep(&manager, &first, &PNEUMONIA).await;
        ok(&kept);
        let (_, late) = keep(&manager, &first, &PNEUMONIA).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "a newer version stands");
        let list = manager.get("/order-sets").await.body;
        assert!(list.contains("Version 2, Wilma Ward"), "{list}");

        let doctor = app.as_("doctor").await;
        let page = doctor.get(&format!("/admissions/{}/orders", ward.admission)).await.body;
        assert!(page.contains("Pneumonia"), "{page}");
        let page = doctor.get(&format!("/admissions/{}/order-sets/{second}", ward.admission)).await.body;
        assert!(page.contains("Paracetamol 500 mg tablet") && page.contains("Soft"), "{page}");
        let (admission, key) = (ward.admission.to_string(), Fixture::key());
        let order = async |more: &[(&str, &str)]| {
            let form = [("admission_id", admission.as_str()), ("order_set_id", second.as_str()), ("key", key.as_str())];
            let usual = [
                ("l1_tick", "true"),
                ("l1_dose", "2 tablets"),
                ("l1_route", "oral"),
                ("l1_timing", "three"),
                ("l2_tick", "true"),
                ("l2_title", "Soft, without salt"),
                ("l3_title", "Oxygen saturation each hour"),
            ];
            let usual = usual.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
            let form: Vec<(&str, &str)> = form.into_iter().chain(usual).chain(more.iter().copied()).collect();
            doctor.post("/api/medicine_record/order_set", &form).await
        };
        assert_eq!(fields(&order(&[("l1_dose", "1,000 mg"), ("l2_title", "")]).await), ["l1_dose", "l2_title"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders")).await, 0);
        for _ in 0..2 {
            ok(&order(&[]).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE signed_at IS NOT NULL")).await, 2, "once, and what was ticked");
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE dose = '2 tablets' OR title = 'Soft, without salt'")).await, 2);
        assert_eq!(number(&app, sql("SELECT count(*) FROM order_set_origins")).await, 2);
        assert_eq!(app.as_("nurse").await.get(&format!("/admissions/{admission}/order-sets/{second}")).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn each_warning_of_a_set_is_decided_and_none_is_ordered_until_then() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let (set, kept) = keep(&app.as_("ward_manager").await, "", &PNEUMONIA).await;
        ok(&kept);
        // The same substance is ordered already: the line has a warning.
        ward.order(&app, super::PARACETAMOL, &[]).await;
        let doctor = app.as_("doctor").await;
        let (admission, key) = (ward.admission.to_string(), Fixture::key());
        let order = async |more: &[(&str, &str)]| {
            let form = [
                ("admission_id", admission.as_str()),
                ("order_set_id", set.as_str()),
                ("key", key.as_str()),
                ("l1_tick", "true"),
                ("l1_dose", "1 tablet"),
                ("l1_route", "oral"),
                ("l1_timing", "four"),
                ("l2_tick", "true"),
                ("l2_title", "Soft"),
            ];
            doctor.post("/api/medicine_record/order_set", &[&form[..], more].concat()).await
        };
        let warned = order(&[]).await;
        assert!(said(&warned, "l1_override_reason").contains("Paracetamol"), "{}", warned.body);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders")).await, 1, "neither line is ordered");
        let seen = said(&warned, "l1_seen");
        ok(&order(&[("l1_override_reason", "Weighed"), ("l1_seen", &seen)]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders")).await, 3);
        let nothing = doctor
            .post(
                "/api/medicine_record/order_set",
                &[("admission_id", admission.as_str()), ("order_set_id", &set), ("key", &Fixture::key())],
            )
            .await;
        assert_eq!(nothing.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_sets() {
    on_both_engines(|app| async move {
        OnWard::open(&app).await;
        ok(&keep(&app.as_("ward_manager").await, "", &PNEUMONIA).await.1);
        for (guard, query) in [
            ("order_sets_frozen", "UPDATE order_sets SET name = 'Other'"),
            ("order_sets_frozen", "DELETE FROM order_sets"),
            ("order_set_lines_frozen", "UPDATE order_set_lines SET fields = '{}'"),
            ("order_set_lines_frozen", "DELETE FROM order_set_lines"),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(sql(query)).await.expect_err("the database refuses");
            assert!(error.violates(guard), "{guard}: {error}");
        }
        assert_eq!(id(&app, sql("SELECT root_id FROM order_sets")).await, id(&app, sql("SELECT id FROM order_sets")).await);
    })
    .await;
}
