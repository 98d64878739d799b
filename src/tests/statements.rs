//! Statements of patients before a visit: the own words, until staff takes them over.

use axum::http::StatusCode;

use super::{Answer, Browser, TestApp, all_at_once, on_both_engines, opd::waits_for_doctor, races_from};
use crate::{
    core::{Error, StatementId},
    db::{Sql, sql},
};

async fn tell(browser: &Browser, key: &str, allergies: &str) -> Answer {
    let form = [("key", key), ("allergies", allergies), ("medicines", "Aspirin now and then"), ("history", "")];
    browser.post("/api/clinical/tell_statement", &form).await
}

async fn count(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("counted")
}

#[tokio::test]
async fn a_patient_tells_and_the_doctor_takes_it_over() {
    on_both_engines(|app| async move {
        let (ana, doctor, nurse) = (app.as_("ana").await, app.as_("doctor").await, app.as_("nurse").await);
        assert!(ana.get("/portal/before-visit").await.body.contains("/api/clinical/tell_statement"));
        let key = StatementId::new().to_string();
        let empty = ana.post("/api/clinical/tell_statement", &[("key", key.as_str()), ("allergies", " ")]).await;
        assert!(matches!(empty.error(), Error::Invalid(errors) if errors[0].field == "allergies"));
        for _ in 0..2 {
            assert_eq!(tell(&ana, &key, "Bee stings, I faint").await.status, StatusCode::OK);
        }
        assert_eq!(count(&app, sql("SELECT count(*) FROM patient_statements")).await, 1, "pressed twice");
        assert_eq!(tell(&ana, &StatementId::new().to_string(), "Bee stings and nuts").await.status, StatusCode::OK);
        assert_eq!(count(&app, sql("SELECT count(*) FROM patient_statements WHERE state = 'told'")).await, 1, "the latest counts");
        assert!(ana.get("/portal/before-visit").await.body.contains("Bee stings and nuts"));

        let visit = waits_for_doctor(&app, app.fixture.ana).await;
        let consultation = format!("/consultation/{visit}");
        let page = doctor.get(&consultation).await.body;
        for words in ["Patient&#x27;s own words", "Bee stings and nuts", "it warns of nothing"] {
            assert!(page.contains(words) || page.contains(&words.replace("&#x27;", "'")), "{words}: {page}");
        }
        assert!(!page.contains("I faint"), "replaced");
        assert_eq!(count(&app, sql("SELECT count(*) FROM allergies")).await, 0, "nothing enters the record by itself");
        assert!(nurse.get(&format!("/patients/{}", app.fixture.ana)).await.body.contains("Bee stings and nuts"));
        assert!(!app.as_("desk").await.get(&format!("/patients/{}", app.fixture.ana)).await.body.contains("Bee stings"));

        let id = super::lab::id(&app, sql("SELECT id FROM patient_statements WHERE state = 'told'")).await;
        let take =
            [("statement_id", id.as_str()), ("verdict", "taken_over"), ("visit", &visit.to_string())].map(|(n, v)| (n, v.to_owned()));
        let take: Vec<(&str, &str)> = take.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(ana.post("/api/clinical/end_statement", &take).await.status, StatusCode::FORBIDDEN);
        assert!(!app.as_("doctor3").await.post("/api/clinical/end_statement", &take).await.status.is_success(), "not in care");
        assert_eq!(doctor.post("/api/clinical/end_statement", &take).await.status, StatusCode::OK);
        assert_eq!(doctor.post("/api/clinical/end_statement", &take).await.status, StatusCode::CONFLICT);
        assert!(!doctor.get(&consultation).await.body.contains("Bee stings and nuts"));
        assert!(ana.get("/portal/before-visit").await.body.contains("Dr. Carmen Costa"), "the patient reads who took it over");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_statements() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        assert_eq!(tell(&ana, &StatementId::new().to_string(), "Nuts").await.status, StatusCode::OK);
        for (guard, query) in [
            ("statements_fixed", sql("DELETE FROM patient_statements")),
            ("statements_fixed", sql("UPDATE patient_statements SET by_guardian = NOT by_guardian")),
            ("statements_ended", sql("UPDATE patient_statements SET state = 'taken_over'")),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err("the database refuses");
            assert!(error.violates(guard), "{guard}: {error}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_statements_at_once_one_waits() {
    races_from(
        async |app: &TestApp| app.as_("ana").await,
        |app, ana| async move {
            let times = (0..50).map(|_| {
                let (browser, key) = (ana.in_copy(&app), StatementId::new().to_string());
                async move { tell(&browser, &key, "Nuts").await.status }
            });
            let answers = all_at_once(times).await;
            let told = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
            assert!(answers.contains(&StatusCode::OK) && answers.iter().all(|status| told.contains(status)), "{answers:?}");
            assert_eq!(count(&app, sql("SELECT count(*) FROM patient_statements WHERE state = 'told'")).await, 1);
            app.assert_sound().await;
        },
    )
    .await;
}
