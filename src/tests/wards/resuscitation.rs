//! Decisions about resuscitation: who records them, where they stand, and what the database keeps.

use axum::http::StatusCode;

use super::{act, admitted, asked, plan};
use crate::{
    core::AdmissionId,
    db::{Sql, sql},
    tests::{Answer, Browser, TestApp, all_at_once, lab::id, on_both_engines, races_on_both_engines},
};

async fn decide(doctor: &Browser, stay: AdmissionId, seen: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![("seen", seen), ("level", "no_cpr"), ("ground", "patient"), ("review_on", "")];
    form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    act(doctor, "decide_level", stay, &[&form[..], more].concat()).await
}

async fn open(app: &TestApp) -> String {
    id(app, sql("SELECT id FROM resuscitation_decisions WHERE replaced_at IS NULL")).await
}

#[tokio::test]
async fn a_decision_stands_on_the_board_and_the_sheet_until_another_replaces_it() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let stay = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let page = format!("/admissions/{stay}");
        assert!(nurse.get(&page).await.body.contains("Nothing was decided: resuscitate."));
        assert_eq!(decide(&nurse, stay, "", &[]).await.status, StatusCode::FORBIDDEN);
        for (field, value) in [("level", ""), ("ground", "hearsay"), ("review_on", "2020-01-01")] {
            assert_eq!(decide(&doctor, stay, "", &[(field, value)]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        }
        let recorded = decide(&doctor, stay, "", &[("review_on", "2026-12-24")]).await;
        assert_eq!(recorded.status, StatusCode::OK, "{}", recorded.body);
        let board = nurse.get(&format!("/wards/{}", plan.medical)).await.body;
        assert!(board.contains("Do not resuscitate"), "{board}");
        let shown = nurse.get(&page).await.body;
        assert!(
            shown.contains("The patient&#x27;s wish") || shown.contains("The patient's wish") || shown.contains("The patient&#39;s wish"),
            "{shown}"
        );
        let first = open(&app).await;
        assert_eq!(decide(&doctor, stay, "", &[("level", "full")]).await.status, StatusCode::CONFLICT, "an older page");
        assert_eq!(decide(&doctor, stay, &first, &[("level", "full")]).await.status, StatusCode::OK);
        assert!(!nurse.get(&format!("/wards/{}", plan.medical)).await.body.contains("Do not resuscitate"));
        let ask = [
            ("ward", plan.surgical.to_string()),
            ("kind", "capacity".to_owned()),
            ("handover", "S: full".to_owned()),
            ("escort", "porter".to_owned()),
        ];
        let ask: Vec<_> = ask.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(act(&nurse, "ask_transfer", stay, &ask).await.status, StatusCode::OK);
        assert!(nurse.get(&format!("{page}/transfer")).await.body.contains("Resuscitate: full treatment"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_decisions_about_resuscitation() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let stay = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let doctor = app.as_("doctor").await;
        let (_, waits) = asked(&doctor, app.fixture.ben, plan.medical, &[]).await;
        assert_eq!(decide(&doctor, waits, "", &[]).await.status, StatusCode::CONFLICT, "not on a ward yet");
        assert_eq!(decide(&doctor, stay, "", &[]).await.status, StatusCode::OK);
        let copy = |of: AdmissionId| -> Sql {
            sql("INSERT INTO resuscitation_decisions (id, admission_id, level, ground, decided_at, decided_by)
                SELECT $1, $2, level, ground, decided_at, decided_by FROM resuscitation_decisions")
            .bind(uuid::Uuid::now_v7())
            .bind(of)
        };
        for (guard, query) in [
            ("resuscitation_admitted", copy(waits)),
            ("resuscitation_fixed", sql("UPDATE resuscitation_decisions SET level = 'full'")),
            ("resuscitation_fixed", sql("DELETE FROM resuscitation_decisions")),
            ("resuscitation_times", sql("UPDATE resuscitation_decisions SET replaced_at = '2020-01-01T00:00:00.000000Z'")),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err(guard);
            assert!(error.violates(guard), "{guard}: {error}");
        }
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert!(tx.execute(copy(stay)).await.expect_err("one counts").is_unique());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_decide_at_once_one_is_first() {
    races_on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let stay = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let doctor = app.as_("doctor").await;
        let statuses = all_at_once((0..20).map(|_| {
            let doctor = doctor.clone();
            async move { decide(&doctor, stay, "", &[]).await.status }
        }))
        .await;
        let told = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
        assert!(statuses.iter().all(|status| told.contains(status)), "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1);
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(tx.count(sql("SELECT count(*) FROM resuscitation_decisions")).await.expect("counted"), 1);
    })
    .await;
}
