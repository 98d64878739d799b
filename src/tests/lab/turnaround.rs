//! The turnaround: from order, collection and receipt to the first release.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Lab, id, ok};
use crate::{db::sql, tests::on_both_engines};

#[tokio::test]
async fn the_turnaround_counts_first_releases_by_test_and_priority() {
    on_both_engines(|app| async move {
        let mut lab = Lab::open(&app).await;
        let wait = |minutes: i64| app.state.clock.advance(Duration::minutes(minutes));
        ok(&lab.order("k", &[("priority", "stat")]).await);
        // A session that stands still ends soon: each person signs in for the own act.
        wait(10);
        lab.nurse = app.as_("nurse").await;
        ok(&lab.collect(&app).await);
        wait(5);
        lab.technician = app.as_("lab").await;
        lab.receive(&app).await;
        wait(15);
        (lab.technician, lab.pathologist) = (app.as_("lab").await, app.as_("pathologist").await);
        ok(&lab.enter(&app, "k", "4.1", &[]).await);
        ok(&lab.release(&app, &lab.pathologist, "k").await);
        // A correction later counts nothing.
        wait(50);
        let (technician, pathologist) = (app.as_("lab").await, app.as_("pathologist").await);
        let result = id(&app, sql("SELECT id FROM lab_results")).await;
        let form = [("lab_result_id", result.as_str()), ("value", "4.2"), ("reason", "Typing error")];
        ok(&technician.post("/api/lab/correct", &form).await);
        ok(&lab.release(&app, &pathologist, "k").await);

        let page = technician.get("/lab/turnaround").await.body;
        for words in ["Potassium (k)", "Stat", "30 min / 30 min", "20 min / 20 min", "15 min / 15 min", "100 %"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!technician.get("/lab/turnaround?q=sodium").await.body.contains("Potassium (k)"));
        let past = technician.get("/lab/turnaround?from=2020-01-01&to=2020-01-31").await.body;
        assert!(past.contains("No results in this range"), "{past}");
        let file = technician.get("/lab/turnaround/export").await.body;
        assert!(file.contains("k,Potassium,Stat,1,30,30,20,20,15,15,60,100"), "{file}");
        assert_eq!(app.as_("nurse").await.get("/lab/turnaround").await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}
