//! The start tasks of a ward: written by its head, made at each admission, overdue on the ward's list, settled by what they ask for.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Stay, WELL, number, ok, text};
use crate::{
    core::Error,
    db::sql,
    tests::{
        TestApp, on_both_engines,
        wards::{Plan, admitted, plan},
    },
};

/// The tasks that a head of a ward writes: name, minutes, settled by.
const TASKS: [(&str, &str, &str); 3] =
    [("Wristband and allergies", "0", "hand"), ("First observations", "30", "observations"), ("Risk of falls", "360", "morse")];

async fn write(app: &TestApp, plan: &Plan, version: &str, tasks: &[(&str, &str, &str)]) -> crate::tests::Answer {
    let ward = plan.medical.to_string();
    let mut form = vec![("ward_id".to_owned(), ward), ("version".to_owned(), version.to_owned())];
    for (nth, (name, minutes, done)) in (1..).zip(tasks) {
        for (field, value) in [("name", name), ("minutes", minutes), ("done", done)] {
            form.push((format!("{field}-{nth}"), (*value).to_owned()));
        }
    }
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    app.as_("ward_manager").await.post("/api/nursing/set_start_tasks", &form).await
}

/// The number of the start tasks in a state.
async fn tasks_in(app: &TestApp, state: &'static str) -> i64 {
    number(app, sql("SELECT count(*) FROM nursing_tasks WHERE state = ").push_bind(state)).await
}

#[tokio::test]
async fn a_ward_without_a_list_makes_no_task_and_is_offered_the_standard_one() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM nursing_tasks")).await, 0);
        let address = format!("/wards/{}/start-tasks", stay.plan.medical);
        let page = app.as_("ward_manager").await.get(&address).await.body;
        for words in ["Proposal", "Wristband and allergies checked", "value=\"360\"", "value=\"1440\"", "Assessment: Braden Scale"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert_eq!(stay.nurse.get(&address).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn each_admission_begins_with_the_tasks_of_its_ward() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let wrong = write(&app, &plan, "0", &[("Falls", "20000", "hand"), ("Skin", "10", "owl")]).await;
        let Error::Invalid(errors) = wrong.error() else { panic!("{}", wrong.body) };
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["minutes-1", "done-2"]);
        ok(&write(&app, &plan, "0", &TASKS).await);
        assert_eq!(write(&app, &plan, "0", &TASKS).await.status, StatusCode::CONFLICT, "it was written");
        let id = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        admitted(&app, app.fixture.ben, plan.surgical, plan.s1).await;
        assert_eq!(tasks_in(&app, "due").await, 3, "the other ward has no list");
        app.state.clock.advance(Duration::minutes(40));
        let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
        let list = nurse.get(&format!("/nursing?ward={}&show=all", plan.medical)).await.body;
        assert!(list.contains("Wristband and allergies") && list.contains("First observations"), "{list}");
        let clock = app.state.clock.clone();
        let stay = Stay { nurse, doctor, plan: plan.clone(), clock, id, patient: app.fixture.ana };
        ok(&stay.by(&stay.nurse, "observe", &WELL).await);
        assert_eq!((tasks_in(&app, "due").await, tasks_in(&app, "done").await), (2, 1), "the set is what the task asked for");
        super::care_confirm(&app, "morse").await;
        ok(&super::care_assess(&app, &stay, "morse", &[0, 0, 0, 0, 0, 0]).await);
        let open = sql("SELECT p.detail FROM nursing_tasks t JOIN nursing_task_plans p ON p.id = t.origin_id
            WHERE t.state = 'due' AND p.settled_with = ''")
        .push(" AND p.kind = 'other'");
        assert_eq!(text(&app, open).await, "Wristband and allergies");
        assert_eq!(tasks_in(&app, "done").await, 2);
        // A list without a task is one too.
        ok(&write(&app, &plan, "1", &[]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM ward_start_tasks")).await, 0);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE ward_start_lists SET set_at = set_at")).await.expect_err("a version");
        assert!(error.violates("ward_start_lists_versions"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_score_of_children_waits_for_the_hospital_and_adds_up() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let child = admitted(&app, app.fixture.chloe, stay.plan.surgical, stay.plan.s1).await;
        let child = Stay { id: child, patient: app.fixture.chloe, ..stay.clone() };
        let locked = super::care_assess(&app, &child, "pews", &[0, 0, 0, 0]).await;
        assert_eq!(locked.status, StatusCode::CONFLICT, "{}", locked.body);
        super::care_confirm(&app, "pews").await;
        for (points, total, risk) in [
            ([0, 0, 0, 0], 0, "low"),
            ([1, 0, 1, 0], 2, "low"),
            ([1, 1, 1, 0], 3, "medium"),
            ([2, 0, 0, 2], 4, "high"),
            ([2, 1, 2, 0], 5, "severe"),
            ([3, 3, 3, 2], 11, "severe"),
        ] {
            app.state.clock.advance(Duration::minutes(1));
            ok(&super::care_assess(&app, &child, "pews", &points).await);
            let last = "FROM assessments ORDER BY assessed_at DESC LIMIT 1";
            assert_eq!(number(&app, sql("SELECT total ").push(last)).await, total, "{points:?}");
            assert_eq!(text(&app, sql("SELECT risk ").push(last)).await, risk, "{points:?}");
        }
        let adult = super::care_assess(&app, &stay, "pews", &[0, 0, 0, 0]).await;
        assert!(adult.status == StatusCode::CONFLICT && adult.body.contains("below 16 years"), "{}", adult.body);
        app.assert_sound().await;
    })
    .await;
}
