//! Acts on one sample, one analysis and one result at the same moment.

use axum::http::StatusCode;

use super::{Lab, id, number, ok};
use crate::{
    db::sql,
    tests::{TestApp, all_at_once, races_from},
};

fn told(status: StatusCode) -> bool {
    [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE].contains(&status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_who_receive_a_tube_one_does() {
    let prepare = async |app: &TestApp| {
        let lab = Lab::open(app).await;
        ok(&lab.order("k", &[]).await);
        ok(&lab.collect(app).await);
        let tube = lab.numbers(app, "collected").await.remove(0);
        (lab.technician, tube)
    };
    races_from(prepare, |app, (technician, tube)| async move {
        let scans = (0..100).map(|_| {
            let (browser, tube) = (technician.in_copy(&app), tube.clone());
            async move { browser.post("/api/lab/receive", &[("number", &tube)]).await.status }
        });
        let answers = all_at_once(scans).await;
        assert!(answers.contains(&StatusCode::OK) && answers.iter().all(|status| told(*status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_samples WHERE state = 'received' AND version = 3")).await, 1);
        let acts = sql("SELECT count(*) FROM audit_log WHERE what = 'lab_sample' AND action = 'update'");
        assert_eq!(number(&app, acts).await, 2, "collected once, received once");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_first_entries_one_counts() {
    let prepare = async |app: &TestApp| {
        let lab = Lab::open(app).await;
        lab.at_the_bench(app, "k").await;
        lab
    };
    races_from(prepare, |app, lab| async move {
        let (analysis, sample, version) = lab.analysis(&app, "k").await;
        let entries = (0..100).map(|number| {
            let browser = lab.technician.in_copy(&app);
            let (value, seen) = (format!("value-{analysis}"), format!("version-{analysis}"));
            let (sample, version, typed) = (sample.clone(), version.clone(), format!("4.{}", number % 10));
            async move {
                let form = [("lab_sample_id", sample.as_str()), (seen.as_str(), version.as_str()), (value.as_str(), typed.as_str())];
                browser.post("/api/lab/enter", &form).await.status
            }
        });
        let answers = all_at_once(entries).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_release_and_a_repeat_at_once_are_one_of_the_two() {
    let prepare = async |app: &TestApp| {
        let lab = Lab::open(app).await;
        lab.at_the_bench(app, "k").await;
        ok(&lab.enter(app, "k", "4.1", &[]).await);
        lab
    };
    races_from(prepare, |app, lab| async move {
        let (analysis, _, version) = lab.analysis(&app, "k").await;
        let result = id(&app, sql("SELECT id FROM lab_results")).await;
        let acts = (0..40).map(|number| {
            let browser = lab.pathologist.in_copy(&app);
            let (analysis, version, tick, result) = (analysis.clone(), version.clone(), format!("release-{analysis}"), result.clone());
            async move {
                match number % 2 {
                    0 => browser.post("/api/lab/release", &[(tick.as_str(), result.as_str())]).await.status,
                    _ => {
                        let form = [("lab_analysis_id", analysis.as_str()), ("version", version.as_str())];
                        browser.post("/api/lab/return_result", &form).await.status
                    }
                }
            }
        });
        let answers = all_at_once(acts).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        let reports = number(&app, sql("SELECT count(*) FROM lab_reports")).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results WHERE released_at IS NOT NULL")).await, reports);
        app.assert_sound().await;
    })
    .await;
}
