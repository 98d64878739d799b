//! Acts on one patient at the same moment.

use axum::http::StatusCode;

use super::{Stay, WELL, id, number, ok};
use crate::{
    db::sql,
    tests::{Fixture, TestApp, all_at_once, races_from},
};

fn told(status: StatusCode) -> bool {
    [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE].contains(&status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_bad_sets_at_once_one_opens_the_escalation() {
    races_from(
        async |app: &TestApp| Stay::open(app).await,
        |app, stay| async move {
            let sets = (0..40).map(|number| {
                let (browser, admission, key) = (stay.nurse.in_copy(&app), stay.id.to_string(), Fixture::key());
                let pulse = (131 + number % 5).to_string();
                async move {
                    let mut form = vec![("admission_id", admission.as_str()), ("key", key.as_str())];
                    form.extend(WELL.iter().filter(|(name, _)| *name != "pulse"));
                    form.push(("pulse", pulse.as_str()));
                    browser.post("/api/nursing/observe", &form).await.status
                }
            });
            let answers = all_at_once(sets).await;
            assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
            assert_eq!(number(&app, sql("SELECT count(*) FROM escalations")).await, 1);
            app.assert_sound().await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_who_settle_a_task_one_does() {
    let prepare = async |app: &TestApp| {
        let stay = Stay::open(app).await;
        ok(&stay.by(&stay.nurse, "plan_task", &[("kind", "turning"), ("repeats", "once")]).await);
        let task = id(app, sql("SELECT id FROM nursing_tasks")).await;
        (stay, task)
    };
    races_from(prepare, |app, (stay, task)| async move {
        let presses = (0..100).map(|number| {
            let (browser, task) = (stay.nurse.in_copy(&app), task.clone());
            async move {
                let path = if number % 2 == 0 { "/api/nursing/task_done" } else { "/api/nursing/task_not_done" };
                browser.post(path, &[("nursing_task_id", &task), ("reason", "In theatre")]).await.status
            }
        });
        let answers = all_at_once(presses).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM nursing_tasks WHERE state <> 'due' AND version = 2")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_corrections_of_a_set_one_counts() {
    let prepare = async |app: &TestApp| {
        let stay = Stay::open(app).await;
        ok(&stay.observe(&[]).await);
        let set = id(app, sql("SELECT id FROM observations")).await;
        (stay, set)
    };
    races_from(prepare, |app, (stay, set)| async move {
        let corrections = (0..40).map(|number| {
            let (browser, set, pulse) = (stay.nurse.in_copy(&app), set.clone(), (70 + number).to_string());
            async move {
                let mut form = vec![("observation_id", set.as_str()), ("reason", "Typed wrongly"), ("pulse", pulse.as_str())];
                form.extend(WELL.iter().filter(|(name, _)| *name != "pulse"));
                browser.post("/api/nursing/correct", &form).await.status
            }
        });
        let answers = all_at_once(corrections).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM observations WHERE superseded_at IS NULL")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_begin_a_handover_at_once_both_find_the_same() {
    races_from(
        async |app: &TestApp| Stay::open(app).await,
        |app, stay| async move {
            let ward = stay.plan.medical.to_string();
            let offers = (0..40).map(|number| {
                let browser = if number % 2 == 0 { stay.nurse.in_copy(&app) } else { stay.doctor.in_copy(&app) };
                let ward = ward.clone();
                async move { browser.post("/api/nursing/offer", &[("ward_id", &ward)]).await.status }
            });
            let answers = all_at_once(offers).await;
            assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
            assert_eq!(number(&app, sql("SELECT count(*) FROM handovers WHERE state = 'offered'")).await, 1);
            app.assert_sound().await;
        },
    )
    .await;
}
