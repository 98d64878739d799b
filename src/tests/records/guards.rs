//! The invariants of copies and erasures in the database alone, by their names.

use super::asked;
use crate::{
    db::{Sql, sql},
    tests::{TestApp, on_both_engines},
};

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_database_alone_keeps_copies_and_erasures() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        asked(&app, &desk).await;
        let until = app.state.clock.now() + chrono::Duration::hours(24);
        let alone =
            sql("UPDATE record_exports SET state = 'ready', decided_at = asked_at, decided_by = asked_by, expires_at = ").push_bind(until);
        refused_by(&app, "exports_two_persons", alone).await;
        let endless =
            sql("UPDATE record_exports SET state = 'ready', decided_at = asked_at, decided_by = ").push_bind(app.fixture.user("doctor"));
        refused_by(&app, "exports_expire", endless).await;
        refused_by(&app, "exports_fixed", sql("UPDATE record_exports SET purpose = 'court'")).await;
        refused_by(&app, "exports_fixed", sql("DELETE FROM record_exports")).await;
        let ben = app.fixture.ben.to_string();
        super::ok(&desk.post("/api/records/record_erasure", &[("patient_id", &ben)]).await);
        refused_by(
            &app,
            "erasures_two_persons",
            sql("UPDATE erasure_requests SET state = 'done', decided_at = asked_at, decided_by = asked_by"),
        )
        .await;
        refused_by(&app, "erasures_fixed", sql("UPDATE erasure_requests SET by_patient = NOT by_patient")).await;
        refused_by(&app, "erasures_fixed", sql("DELETE FROM erasure_requests")).await;
    })
    .await;
}
