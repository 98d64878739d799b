//! Reports: critical findings, corrections, addenda and signatures.

use axum::http::StatusCode;

use super::{Radiology, fields, id, number, ok, study, text};
use crate::{
    db::sql,
    tests::{Answer, TestApp, fixture::PASSWORD, on_both_engines},
};

/// Signs the report of the newest study.
pub async fn sign(app: &TestApp, radiology: &Radiology, more: &[(&str, &str)]) -> Answer {
    let (id, _) = study(app).await;
    let mut form = vec![
        ("imaging_order_id", id.as_str()),
        ("saved", "0"),
        ("findings", "A nodule of 9 mm."),
        ("impression", "Nodule in the left lung."),
        ("weight", "abnormal"),
        ("password", PASSWORD),
    ];
    form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    form.extend_from_slice(more);
    radiology.radiologist.post("/api/imaging/sign_report", &form).await
}

#[tokio::test]
async fn a_critical_finding_is_called_and_read_back() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        radiology.chest(&app).await;
        assert_eq!(fields(&sign(&app, &radiology, &[("weight", "critical")]).await), ["finding", "within"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM radiology_reports")).await, 0, "nothing is half written");
        let critical = [("weight", "critical"), ("finding", "Tension pneumothorax, left"), ("within", "minutes_60")];
        ok(&sign(&app, &radiology, &critical).await);
        let bell =
            sql("SELECT count(*) FROM notifications WHERE kind = 'critical_finding' AND user_id = ").push_bind(app.fixture.user("doctor"));
        assert_eq!(number(&app, bell).await, 1);
        let record = radiology.doctor.get(&format!("/patients/{}/imaging", radiology.patient)).await.body;
        assert!(record.contains("Tension pneumothorax, left"), "{record}");
        for (minutes, level) in [(29, 0), (2, 1), (20, 1), (10, 2), (60, 2)] {
            app.state.clock.advance(chrono::Duration::minutes(minutes));
            crate::imaging::escalate_findings(&app.state).await.expect("escalated");
            assert_eq!(number(&app, sql("SELECT level FROM radiology_findings")).await, level, "after {minutes} more minutes");
        }
        // The sessions ended in these hours.
        let technologist = app.as_("radiology").await;
        assert!(technologist.get("/imaging/calls").await.body.contains("Tension pneumothorax"));
        let finding = id(&app, sql("SELECT id FROM radiology_findings")).await;
        let attempt = async |outcome: &str| {
            let form = [("radiology_finding_id", finding.as_str()), ("whom", "Dr. Costa"), ("how", "phone"), ("outcome", outcome)];
            technologist.post("/api/imaging/attempt", &form).await
        };
        ok(&attempt("not_reached").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM radiology_findings WHERE closed_at IS NULL")).await, 1);
        ok(&attempt("read_back").await);
        assert_eq!(text(&app, sql("SELECT read_back_name FROM radiology_findings")).await, "Dr. Costa");
        assert_eq!(attempt("read_back").await.status, StatusCode::CONFLICT);
        assert_eq!(crate::imaging::escalate_radiology_reviews(&app.state).await.expect("escalated"), 1, "the report is not signed either");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_correction_is_a_version_and_an_addendum_stands_beside() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        radiology.chest(&app).await;
        ok(&sign(&app, &radiology, &[]).await);
        let (id_of_study, _) = study(&app).await;
        let of_study = [("imaging_order_id", id_of_study.as_str())];
        ok(&radiology.radiologist.post("/api/imaging/correct_report", &of_study).await);
        assert_eq!(radiology.radiologist.post("/api/imaging/correct_report", &of_study).await.status, StatusCode::CONFLICT);
        let corrected = [("saved", "1"), ("impression", "Nodule in the right lung.")];
        assert_eq!(fields(&sign(&app, &radiology, &corrected).await), ["correction"]);
        let why = [&corrected[..], &[("correction", "Side was wrong")]].concat();
        ok(&sign(&app, &radiology, &why).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM radiology_reports WHERE superseded_at IS NOT NULL")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM radiology_reviews WHERE state = 'replaced'")).await, 1, "the newest is signed");
        let record = radiology.doctor.get(&format!("/patients/{}/imaging", radiology.patient)).await.body;
        assert!(record.contains("right lung") && !record.contains("left lung"), "{record}");
        let report = id(&app, sql("SELECT id FROM radiology_reports WHERE superseded_at IS NULL")).await;
        let key = crate::core::RadiologyAddendumId::new().to_string();
        let form = [
            ("radiology_report_id", report.as_str()),
            ("imaging_order_id", &id_of_study),
            ("key", &key),
            ("body", "Compared with 2024: no change."),
            ("password", PASSWORD),
        ];
        ok(&radiology.radiologist.post("/api/imaging/add_addendum", &form).await);
        let paper = radiology.doctor.get(&format!("/imaging/reports/{report}")).await.body;
        assert!(
            paper.contains("Corrected: Side was wrong") && paper.contains("no change") && !paper.contains("not what was signed"),
            "{paper}"
        );
        app.assert_sound().await;

        // The weight is changed past the guards: the signature tells.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let off = match tx.engine() {
            crate::db::Engine::Sqlite => "DROP TRIGGER radiology_reports_frozen",
            crate::db::Engine::Postgres => "SET LOCAL session_replication_role = replica",
        };
        tx.execute(sql(off)).await.expect("the guard is off");
        tx.execute(sql("UPDATE radiology_reports SET weight = 'normal' WHERE superseded_at IS NULL")).await.expect("changed");
        tx.commit().await.expect("committed");
        let paper = radiology.doctor.get(&format!("/imaging/reports/{report}")).await.body;
        assert!(paper.contains("not what was signed"), "{paper}");
        let mut tx = app.state.db.read().await.expect("a connection");
        let found = crate::invariants::check(&mut tx).await.expect("checked");
        let broken: Vec<_> = found.iter().filter(|finding| finding.broken > 0).map(|finding| finding.rule).collect();
        assert_eq!(broken, ["a signed report of imaging is what was signed"]);
        drop(tx);
        // A report and an addendum that are deleted have no signature to verify: the audit log tells of them.
        crate::tests::signatures::without_guards(&app).await;
        for statement in [
            "DELETE FROM radiology_addenda",
            "UPDATE radiology_reports SET state = 'draft', signed_at = NULL, signed_by = NULL,
            key_id = NULL, signature = NULL, signer_name = '', portal_from = NULL WHERE superseded_at IS NULL",
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            assert!(tx.execute(sql(statement)).await.expect("done") > 0, "{statement}");
            let found = crate::invariants::check(&mut tx).await.expect("checked");
            let gone = "each signed row that the audit log tells of is there, signed";
            assert!(found.iter().any(|finding| finding.rule == gone && finding.broken == 1), "{statement}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_report_is_forwarded_and_signed_by_another_doctor() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        radiology.chest(&app).await;
        ok(&sign(&app, &radiology, &[]).await);
        let review = id(&app, sql("SELECT id FROM radiology_reviews WHERE state = 'new'")).await;
        let forward = async |to: &str| {
            radiology.doctor.post("/api/imaging/forward_review", &[("radiology_review_id", review.as_str()), ("to", to)]).await
        };
        assert_eq!(fields(&forward(&app.fixture.user("nurse").to_string()).await), ["to"]);
        ok(&forward(&app.fixture.user("doctor2").to_string()).await);
        let other = app.as_("doctor2").await;
        assert!(other.get("/imaging/inbox").await.body.contains("left lung"));
        assert!(!radiology.doctor.get("/imaging/inbox").await.body.contains("left lung"));
        ok(&other.post("/api/imaging/sign_review", &[("radiology_review_id", &review), ("action", "follow_up")]).await);
        app.assert_sound().await;
    })
    .await;
}
