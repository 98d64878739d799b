//! Orders that end after a number of doses: the places of their doses, those that are not given, the last one, and the end.

use axum::http::StatusCode;

use super::{Fixture, OnWard, PARACETAMOL, due, fields, give, kept, later, number, ok};
use crate::{
    db::sql,
    tests::{TestApp, on_both_engines},
};

async fn not_given(app: &TestApp, dose: &str) {
    let key = Fixture::key();
    let form = [("dose_id", dose), ("key", &key), ("reason", "refused"), ("remark", "")];
    ok(&app.as_("nurse").await.post("/api/medicine_record/not_give", &form).await);
}

#[tokio::test]
async fn an_order_ends_after_its_number_of_doses() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let doctor = app.as_("doctor").await;
        let drug = super::drug(&app, PARACETAMOL).await;
        let form = async |timing: &str, more: &[(&str, &str)]| {
            let usual = [("kind", "medicine"), ("drug_id", drug.as_str()), ("dose", "1 tablet"), ("route", "oral"), ("timing", timing)];
            ward.post(&doctor, "write", &[&usual[..], more].concat()).await
        };
        for (timing, more) in [
            ("three", &[("doses", "4"), ("days", "2")][..]),
            ("three", &[("doses", "0")][..]),
            ("three", &[("doses", "many")][..]),
            ("three", &[("doses", "201")][..]),
            ("weekly", &[("doses", "20")][..]),
            ("stat", &[("doses", "2")][..]),
        ] {
            assert_eq!(fields(&form(timing, more).await), ["doses"], "{timing} {more:?}");
        }
        // It is 10:30: 14:00, 20:00, 08:00 and 14:00.
        let order = ward.order(&app, PARACETAMOL, &[("doses", "4")]).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses")).await, 4, "and not the six of 48 hours");
        let page = doctor.get(&format!("/care-orders/{order}")).await.body;
        assert!(page.contains("for 4 doses, the last one 22 Nov 2026, 14:00") && !page.contains("does not cover"), "{page}");
        let first = due(&app, &order).await;
        later(&app, 200);
        // It is 13:50.
        let nurse = app.as_("nurse").await;
        let round = nurse.get(&format!("/wards/{}/round", ward.ward)).await.body;
        assert!(round.contains("Dose 1 of 4"), "{round}");
        ok(&give(&nurse, &first, &[]).await);
        later(&app, 6 * 60);
        // It is 19:50: the second one is refused, and counts.
        not_given(&app, &due(&app, &order).await).await;
        later(&app, 12 * 60);
        kept(&app).await;
        let nurse = app.as_("nurse").await;
        let third = due(&app, &order).await;
        assert!(nurse.get(&format!("/doses/{third}")).await.body.contains("Dose 3 of 4"));
        assert!(nurse.get(&format!("/admissions/{}/medicines", ward.admission)).await.body.contains("Dose 3 of 4"));
        ok(&give(&nurse, &third, &[]).await);
        later(&app, 20);
        let doctor = app.as_("doctor").await;
        let page = doctor.get(&format!("/care-orders/{order}")).await.body;
        assert!(page.contains("3 of 4 doses were due: 2 given, 1 not given") && page.contains("Dose 2 of 4"), "{page}");
        for page in [format!("/admissions/{}/orders", ward.admission), format!("/admissions/{}/round", ward.admission)] {
            assert!(doctor.get(&page).await.body.contains("3 of 4 doses were due"), "{page}");
        }
        let change = doctor.get(&format!("/admissions/{}/orders/new?kind=medicine&replaces={order}", ward.admission)).await.body;
        assert!(change.contains("name=\"doses\"") && change.contains("value=\"1\""), "one is left for the changed order: {change}");
        later(&app, 5 * 60 + 40);
        // It is 13:50 of the second day.
        let last = due(&app, &order).await;
        assert!(app.as_("nurse").await.get(&format!("/wards/{}/round", ward.ward)).await.body.contains("Last dose, 4 of 4"));
        not_given(&app, &last).await;
        later(&app, 60);
        assert_eq!(kept(&app).await.completed, 0, "the last one may be given late");
        ok(&give(&app.as_("nurse").await, &last, &[]).await);
        assert_eq!(kept(&app).await.completed, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses")).await, 4);
        // A correction of the last dose stands after the end.
        let standing = super::id(
            &app,
            sql("SELECT a.id FROM administrations a JOIN doses d ON d.id = a.dose_id WHERE a.superseded_at IS NULL
            ORDER BY d.due_at DESC LIMIT 1"),
        )
        .await;
        let key = Fixture::key();
        let form = [
            ("dose_id", last.as_str()),
            ("key", &key),
            ("seen", &standing),
            ("outcome", "given"),
            ("time", "14:45"),
            ("why", "Typed wrong"),
        ];
        ok(&app.as_("nurse").await.post("/api/medicine_record/correct", &form).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_last_dose_that_nobody_records_is_missed_and_ends_the_order() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.order(&app, PARACETAMOL, &[("doses", "1")]).await;
        let dose = due(&app, &order).await;
        later(&app, 15 * 60);
        let early = kept(&app).await;
        assert_eq!((early.missed, early.completed), (0, 0), "it is 01:30, 11:30 h after it was due");
        later(&app, 31);
        let over = kept(&app).await;
        assert_eq!((over.missed, over.completed), (1, 1));
        assert_eq!(give(&app.as_("nurse").await, &dose, &[("reason", "workload")]).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_the_number_of_doses() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order: uuid::Uuid = ward.order(&app, PARACETAMOL, &[("doses", "2")]).await.parse().expect("an id");
        let refused_by = async |guard: &str, query: crate::db::Sql| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err("the database refuses");
            assert!(error.violates(guard), "{guard}: {error}");
        };
        let third = sql("INSERT INTO doses (id, order_id, due_at, state) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", id, ends_at, 'due' FROM care_orders WHERE id = ")
            .push_bind(order);
        refused_by("orders_dose_count", third).await;
        refused_by("orders_signed_frozen", sql("UPDATE care_orders SET dose_count = 3")).await;
        refused_by("orders_signed_frozen", sql("UPDATE care_orders SET dose_count = NULL")).await;
        app.assert_sound().await;
    })
    .await;
}
