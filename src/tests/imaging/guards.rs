//! The invariants of imaging in the database alone, by their names.

use super::{Radiology, ok, reports::sign, slot};
use crate::{
    core::UserId,
    db::{DbError, Engine, Sql, sql},
    tests::{TestApp, on_both_engines},
};

async fn refused(app: &TestApp, query: Sql) -> DbError {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect_err("the database refuses")
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let error = refused(app, query).await;
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_database_alone_keeps_studies_and_rooms() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        ok(&radiology.order("us-abdomen", &[]).await);
        ok(&radiology.book(&app, "US", 60).await);
        ok(&radiology.order("us-pelvis", &[]).await);
        let newest = "(SELECT id FROM (SELECT id FROM imaging_orders ORDER BY id DESC LIMIT 1) newest)";
        let of_newest = |text: &'static str| sql(text).push(" WHERE id = ").push(newest);
        refused_by(&app, "imaging_moves", of_newest("UPDATE imaging_orders SET step = 'requested', version = version + 1")).await;
        refused_by(&app, "imaging_orders_fixed", of_newest("UPDATE imaging_orders SET side = 'left'")).await;
        refused_by(&app, "imaging_orders_fixed", of_newest("UPDATE imaging_orders SET accession = 'R000000000000'")).await;
        refused_by(&app, "imaging_orders_fixed", sql("DELETE FROM imaging_orders")).await;
        let booked = "room_id = (SELECT room_id FROM imaging_orders WHERE room_id IS NOT NULL), ends_at = (SELECT ends_at FROM imaging_orders
            WHERE room_id IS NOT NULL), starts_at = (SELECT starts_at FROM imaging_orders WHERE room_id IS NOT NULL), booked_by = updated_by";
        let same = |step: &'static str| sql("UPDATE imaging_orders SET ").push(step).push(booked).push(" WHERE id = ").push(newest);
        refused_by(&app, "imaging_room_free", same("step = 'scheduled', version = version + 1, ")).await;
let cancelled = of_newest("UPDATE imaging_orders SET step = 'cancelled', stop_reason = 'x', stopped_at = updated_at, stopped_by = updated_by");
        refused_by(&app, "imaging_versions", cancelled).await;
        refused_by(&app, "imaging_booked", of_newest("UPDATE imaging_orders SET step = 'scheduled', version = version + 1")).await;
        let (room, ..) = slot(&app, "CR", 0).await;
        let elsewhere = sql("UPDATE imaging_orders SET step = 'scheduled', version = version + 1, booked_by = updated_by, ends_at = (SELECT ends_at
            FROM imaging_orders WHERE room_id IS NOT NULL), starts_at = (SELECT starts_at FROM imaging_orders WHERE room_id IS NOT NULL), room_id = ")
        .push_bind(room.parse::<uuid::Uuid>().expect("an id"));
        refused_by(&app, "imaging_patient_free", elsewhere.push(" WHERE id = ").push(newest)).await;
        refused_by(&app, "imaging_reasoned", of_newest("UPDATE imaging_orders SET step = 'cancelled', version = version + 1")).await;
        let twice = of_newest("UPDATE imaging_orders SET study_uid = NULL");
        refused_by(&app, "imaging_", twice).await;
        // A draft gets numbers of its own: PostgreSQL names the guard of a second one, SQLite its column.
        ok(&radiology.order("us-abdomen", &[("draft", "true"), ("again", "true")]).await);
        for (guard, column, uid) in [
            ("imaging_accession", "imaging_orders.accession", "'2.25.9'"),
            ("imaging_uid", "imaging_orders.study_uid", "(SELECT study_uid FROM imaging_orders WHERE room_id IS NOT NULL)"),
        ] {
            let accession = match guard {
                "imaging_uid" => "'R000000000001'",
                _ => "(SELECT accession FROM imaging_orders WHERE room_id IS NOT NULL)",
            };
            let query = sql("UPDATE imaging_orders SET step = 'vetted', version = version + 1, requested_at = updated_at, study_uid = ")
                .push(uid)
                .push(", accession = ")
                .push(accession)
                .push(" WHERE step = 'draft'");
            let named = if app.state.db.engine() == Engine::Postgres { guard } else { column };
            refused_by(&app, named, query).await;
        }
        let hours = sql("INSERT INTO imaging_room_hours (id, room_id, weekday, from_minute, to_minute) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", room_id, 1, 600, 660 FROM imaging_room_hours WHERE weekday = 1 LIMIT 1");
        refused_by(&app, "imaging_hours_no_overlap", hours).await;
        refused_by(&app, "imaging_procedures_kept", sql("DELETE FROM imaging_procedures")).await;
        refused_by(&app, "imaging_rooms_kept", sql("DELETE FROM imaging_rooms WHERE name = 'MR'")).await;
        let other = sql("INSERT INTO imaging_orders (id, order_id, patient_id, clinic_id, procedure_id, side, priority, step, updated_at, updated_by) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", order_id, ")
            .push_bind(app.fixture.ben)
            .push(", clinic_id, procedure_id, side, priority, 'draft', updated_at, updated_by FROM imaging_orders LIMIT 1");
        refused_by(&app, "imaging_orders_same_patient", other).await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_the_answers_about_safety() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        ok(&radiology.order("xr-chest", &[]).await);
        ok(&radiology.book(&app, "CR", 60).await);
        ok(&radiology.act(&app, &radiology.technologist, "arrive", &[]).await);
        let start =
            || sql("UPDATE imaging_orders SET step = 'started', version = version + 1, started_at = arrived_at, started_by = arrived_by");
        refused_by(&app, "imaging_safety_complete", start()).await;
        ok(&radiology.answer(&app, &[("pregnancy", "possible")]).await);
        refused_by(&app, "imaging_safety_complete", start()).await;
        refused_by(&app, "imaging_safety_frozen", sql("UPDATE imaging_safety SET answer = 'no'")).await;
        refused_by(&app, "imaging_safety_frozen", sql("DELETE FROM imaging_safety")).await;
        refused_by(&app, "imaging_safety_overridden", sql("UPDATE imaging_safety SET override_reason = 'x'")).await;
        ok(&radiology.answer(&app, &[("pregnancy", "no")]).await);
        ok(&radiology.act(&app, &radiology.technologist, "start", &[]).await);
        let late = sql("UPDATE imaging_safety SET superseded_at = asked_at WHERE superseded_at IS NULL");
        refused_by(&app, "imaging_safety_frozen", late).await;
        let early = sql("UPDATE imaging_orders SET step = 'acquired', version = version + 1, acquired_by = started_by, acquired_at = ")
            .push_bind(app.state.clock.now() - chrono::Duration::hours(1));
        refused_by(&app, "imaging_times", early).await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_reports_and_findings() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        radiology.chest(&app).await;
        let critical = [("weight", "critical"), ("finding", "Tension pneumothorax"), ("within", "hours_24")];
        ok(&sign(&app, &radiology, &critical).await);
        refused_by(&app, "radiology_reports_frozen", sql("UPDATE radiology_reports SET weight = 'normal'")).await;
        refused_by(&app, "radiology_reports_frozen", sql("DELETE FROM radiology_reports")).await;
        let early = sql("UPDATE radiology_reports SET portal_from = ").push_bind(app.state.clock.now() - chrono::Duration::hours(1));
        refused_by(&app, "portal_only_released", early).await;
        let copy = |state: &'static str| {
            sql("INSERT INTO radiology_reports (id, imaging_id, patient_id, clinic_id, version, state, weight, created_at, author_id, signed_at, signed_by,
                signer_name, key_id, signature) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", imaging_id, patient_id, clinic_id, 2, ")
            .push(state)
            .push(", weight, created_at, author_id, signed_at, signed_by, signer_name, key_id, signature FROM radiology_reports")
        };
        refused_by(&app, "radiology_reports_signed", copy("'draft'")).await;
        let error = refused(&app, copy("'final'")).await;
        assert!(error.is_unique() || error.violates("radiology_reports_frozen"), "one is final: {error}");
        // A correction is a draft first: it is final when the one before is not any more.
        let draft = sql("INSERT INTO radiology_reports (id, imaging_id, patient_id, clinic_id, version, state, weight, created_at, author_id) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", imaging_id, patient_id, clinic_id, 2, 'draft', weight, created_at, author_id FROM radiology_reports");
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(draft).await.expect("a draft");
        let second = sql("UPDATE radiology_reports SET state = 'final', signed_at = (SELECT r.signed_at FROM radiology_reports r WHERE r.version = 1),
            signed_by = author_id, signer_name = 'Dr. Second', key_id = (SELECT r.key_id FROM radiology_reports r WHERE r.version = 1),
            signature = (SELECT r.signature FROM radiology_reports r WHERE r.version = 1) WHERE state = 'draft'");
        let error = tx.execute(second).await.expect_err("a second final one");
        let named = if app.state.db.engine() == Engine::Postgres { "reports_one_final" } else { "radiology_reports.imaging_id" };
        assert!(error.violates(named), "{error}");
        drop(tx);
        let closed = sql("UPDATE radiology_findings SET closed_at = opened_at, closed_by = ").push_bind(UserId::SYSTEM);
        refused_by(&app, "radiology_findings_read_back", closed).await;
        refused_by(&app, "radiology_findings_frozen", sql("UPDATE radiology_findings SET within = 'days_7'")).await;
        refused_by(&app, "radiology_findings_frozen", sql("DELETE FROM radiology_findings")).await;
        refused_by(&app, "radiology_reviews_signed", sql("UPDATE radiology_reviews SET state = 'signed'")).await;
        refused_by(&app, "radiology_reviews_frozen", sql("DELETE FROM radiology_reviews")).await;
    })
    .await;
}
