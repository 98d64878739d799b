//! The invariants of first visits in the database alone, by their names.

use super::ask;
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
async fn the_database_alone_keeps_first_visits() {
    on_both_engines(|app| async move {
        assert!(ask(&app, &[]).await.status.is_success());
        let (now, desk) = (app.state.clock.now(), app.fixture.user("desk"));
        refused_by(&app, "first_visits_fixed", sql("UPDATE first_visits SET language = 'es'")).await;
        refused_by(&app, "first_visits_kept", sql("DELETE FROM first_visits")).await;
        refused_by(&app, "first_visits_decided", sql("UPDATE first_visits SET state = 'answered'")).await;
        let booked = sql("UPDATE first_visits SET state = 'booked', decided_at = $1, decided_by = $2").bind(now).bind(desk);
        refused_by(&app, "first_visits_booked", booked).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let refuse = sql("UPDATE first_visits SET state = 'refused', decided_at = $1, decided_by = $2").bind(now).bind(desk);
        tx.execute(refuse).await.expect("refused");
        tx.commit().await.expect("committed");
        let again = sql("UPDATE first_visits SET state = 'answered', decided_at = $1").bind(now);
        refused_by(&app, "first_visits_fixed", again).await;
    })
    .await;
}
