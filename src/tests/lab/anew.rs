//! A corrected birth date or sex: results that are not released are judged anew, released ones are listed and never changed by themselves.

use axum::http::StatusCode;

use super::{Lab, fields, id, number, ok, text};
use crate::{
    core::PatientId,
    db::{Sql, sql},
    lab::judge_results_anew,
    tests::{TestApp, on_both_engines},
};

/// Corrects the sex or the birth date of a patient, as the desk does.
async fn correct(app: &TestApp, patient: PatientId, set: &'static str) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let now = app.state.clock.now();
    let query = sql("UPDATE patients SET ").push(set).push(", updated_at = ").push_bind(now).push(" WHERE id = ").push_bind(patient);
    tx.execute(query).await.expect("corrected");
    tx.commit().await.expect("committed");
}

/// Takes the turn of the job.
async fn judge(app: &TestApp) -> usize {
    judge_results_anew(&app.state).await.expect("judged anew")
}

/// The flag of the current result of a test.
async fn flag(app: &TestApp, code: &'static str) -> String {
    let query = sql("SELECT r.flag FROM lab_results r JOIN lab_tests t ON t.id = r.test_id WHERE r.superseded_at IS NULL AND t.code = ");
    text(app, query.push_bind(code)).await
}

async fn states(app: &TestApp) -> Vec<String> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT state FROM lab_rejudgements ORDER BY state");
    tx.all::<(String,)>(query).await.expect("states").into_iter().map(|(state,)| state).collect()
}

async fn current(app: &TestApp, code: &'static str) -> String {
    let query = sql("SELECT r.id FROM lab_results r JOIN lab_tests t ON t.id = r.test_id WHERE r.superseded_at IS NULL AND t.code = ");
    id(app, query.push_bind(code)).await
}

fn versions() -> Sql {
    sql("SELECT count(*) FROM lab_results")
}

#[tokio::test]
async fn a_result_that_is_not_released_is_judged_anew_and_checked_again() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        // Haemoglobin: women 12 to 16, men 13.5 to 17.5 g/dL.
        lab.at_the_bench(&app, "hb k").await;
        ok(&lab.enter(&app, "hb", "13", &[]).await);
        ok(&lab.enter(&app, "k", "4.1", &[]).await);
        assert_eq!(flag(&app, "hb").await, "N");
        let (analysis, ..) = lab.analysis(&app, "hb").await;
        let old = current(&app, "hb").await;
        correct(&app, lab.patient, "sex = 'male'").await;
        assert_eq!(states(&app).await, ["waiting", "waiting"]);
        let early = lab.release(&app, &lab.pathologist, "hb").await;
        assert_eq!(early.status, StatusCode::CONFLICT, "nobody releases what was judged by wrong facts");
        assert_eq!(judge(&app).await, 2);
        assert_eq!(states(&app).await, ["judged", "same"], "the range of potassium is that of both sexes");
        assert_eq!(flag(&app, "hb").await, "L");
        assert_eq!(number(&app, versions()).await, 3, "the first version is kept");
        let enterer =
            sql("SELECT count(*) FROM lab_results WHERE superseded_at IS NULL AND entered_by = ").push_bind(app.fixture.user("lab"));
        assert_eq!(number(&app, enterer).await, 2, "it stays the value of the technician");
        let stale = lab.pathologist.post("/api/lab/release", &[(format!("release-{analysis}").as_str(), &old)]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        let (_, sample, version) = lab.analysis(&app, "hb").await;
        let page = lab.technician.get(&format!("/lab/samples/{sample}")).await.body;
        assert!(page.contains("Judged anew"), "{page}");
        ok(&lab.technician.post("/api/lab/check", &[("lab_sample_id", sample.as_str()), (&format!("version-{analysis}"), &version)]).await);
        ok(&lab.release(&app, &lab.pathologist, "hb").await);
        ok(&lab.release(&app, &lab.pathologist, "k").await);
        assert_eq!(judge(&app).await, 0);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_released_result_is_listed_and_the_laboratory_decides() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.reported(&app, "hb", "13").await;
        let result = current(&app, "hb").await;
        correct(&app, lab.patient, "sex = 'male'").await;
        assert_eq!(judge(&app).await, 1);
        assert_eq!((flag(&app, "hb").await, number(&app, versions()).await), ("N".to_owned(), 1), "nothing changes by itself");
        let page = lab.technician.get("/lab/anew").await.body;
        assert!(page.contains("L low") && page.contains("N normal"), "{page}");
        assert!(page.contains(", female") && page.contains(", male"), "{page}");

        // The correction was a slip: the result is as it was.
        correct(&app, lab.patient, "sex = 'female'").await;
        assert_eq!(judge(&app).await, 1);
        assert_eq!(states(&app).await, ["same"]);
        correct(&app, lab.patient, "sex = 'male'").await;
        assert_eq!(judge(&app).await, 1);
        assert_eq!(states(&app).await, ["listed"]);

        let form = [("lab_result_id", result.as_str())];
        assert_eq!(lab.doctor.post("/api/lab/correct_listed", &form).await.status, StatusCode::FORBIDDEN);
        ok(&lab.technician.post("/api/lab/correct_listed", &form).await);
        assert_eq!(lab.technician.post("/api/lab/correct_listed", &form).await.status, StatusCode::CONFLICT);
        assert_eq!((flag(&app, "hb").await, states(&app).await), ("L".to_owned(), vec!["corrected".to_owned()]));
        let correction = current(&app, "hb").await;
        ok(&lab.pathologist.post("/api/lab/take_back_correction", &[("lab_result_id", &correction)]).await);
        assert_eq!((flag(&app, "hb").await, states(&app).await), ("N".to_owned(), vec!["listed".to_owned()]), "it is to be decided again");
        ok(&lab.technician.post("/api/lab/correct_listed", &form).await);
        ok(&lab.release(&app, &lab.pathologist, "hb").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_reports WHERE state = 'corrected'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_calculated_value_follows_the_facts_and_can_be_left_with_a_reason() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "creatinine egfr").await;
        ok(&lab.enter(&app, "creatinine", "1.00", &[]).await);
        ok(&lab.release(&app, &lab.pathologist, "creatinine").await);
        ok(&lab.release(&app, &lab.pathologist, "egfr").await);
        let result = current(&app, "egfr").await;
        let value =
            text(&app, sql("SELECT value_text FROM lab_results WHERE id = ").push_bind(result.parse::<uuid::Uuid>().expect("an id"))).await;
        correct(&app, lab.patient, "birth_date = '1940-04-18'").await;
        assert_eq!(judge(&app).await, 2);
        assert_eq!(states(&app).await, ["listed", "same"]);
        let today = text(&app, sql("SELECT value_text FROM lab_rejudgements WHERE state = 'listed'")).await;
        assert!(today.parse::<i64>().expect("a number") < value.parse::<i64>().expect("a number"), "{today} < {value}");
        let page = lab.technician.get("/lab/anew").await.body;
        assert!(page.contains(&format!("{today} mL/min")), "{page}");

        let keep = |reason: &'static str| [("lab_result_id", result.clone()), ("reason", reason.to_owned())];
        let send = async |browser: &crate::tests::Browser, reason: &'static str| {
            let form = keep(reason);
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.post("/api/lab/keep_listed", &form).await
        };
        assert_eq!(send(&lab.technician, "No use").await.status, StatusCode::FORBIDDEN, "the pathologist decides that");
        assert_eq!(fields(&send(&lab.pathologist, " ").await), ["reason"]);
        ok(&send(&lab.pathologist, "The doctor was told").await);
        assert_eq!(send(&lab.pathologist, "Again").await.status, StatusCode::CONFLICT);
        assert!(lab.technician.get("/lab/anew").await.body.contains("Nothing to judge anew"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_inbox_shows_the_values_before_with_unit_and_day() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.reported(&app, "k", "4.1").await;
        app.state.clock.advance(chrono::Duration::minutes(5));
        lab.at_the_bench_again(&app, "k").await;
        ok(&lab.enter(&app, "k", "5.4", &[]).await);
        ok(&lab.release(&app, &lab.pathologist, "k").await);
        let inbox = lab.doctor.get("/lab/inbox").await.body;
        assert!(inbox.contains("+1.3 mmol/L since") && inbox.contains("Before: 4.1 mmol/L N ("), "{inbox}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_patient_chooses_when_results_are_shown() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let ana = app.as_("ana").await;
        assert!(ana.get("/portal/records").await.body.contains("When results are shown"));
        ok(&ana.post("/api/lab/result_wish", &[("wish", "after_review"), ("version", "0")]).await);
        let stale = ana.post("/api/lab/result_wish", &[("wish", "at_once"), ("version", "0")]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        lab.reported(&app, "k", "4.1").await;
        assert!(!ana.get("/portal/records").await.body.contains("4.1 mmol/L"), "the doctor looks first");
        let review = id(&app, sql("SELECT id FROM lab_reviews WHERE state = 'new'")).await;
        ok(&lab.doctor.post("/api/lab/sign", &[("lab_review_id", &review), ("action", "none")]).await);
        assert!(ana.get("/portal/records").await.body.contains("4.1 mmol/L"));
        ok(&ana.post("/api/lab/result_wish", &[("wish", "at_once"), ("version", "1")]).await);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE lab_tests SET portal_rule = CASE WHEN code = 'crp' THEN 'in_person' ELSE 'after_review' END"))
            .await
            .expect("rules");
        tx.commit().await.expect("committed");
        lab.reported(&app, "na", "140").await;
        lab.reported(&app, "crp", "12").await;
        let page = ana.get("/portal/records").await.body;
        assert!(page.contains("140 mmol/L") && !page.contains("12 mg/L"), "the wish goes before the rule, but not in person: {page}");
        app.assert_sound().await;
    })
    .await;
}
