//! Tests that actions on one object take turns: many concurrent requests have the same result as one after the other.

use axum::http::StatusCode;

use super::{Answer, Browser, Fixture, TestApp, all_at_once, races_on_both_engines};
use crate::db::sql;

type Call = (&'static str, Vec<(&'static str, String)>);

/// Sends all requests concurrently.
async fn at_once(browsers: &[&Browser], calls: Vec<Call>) -> Vec<Answer> {
    let posts = calls.into_iter().enumerate().map(|(number, (path, form))| {
        let browser = browsers[number % browsers.len()].clone();
        async move {
            let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.post(path, &form).await
        }
    });
    all_at_once(posts).await
}

/// Asserts that each answer is success or a conflict with a message; returns the number of successes.
fn succeeded(answers: &[Answer]) -> usize {
    for answer in answers {
        assert!([StatusCode::OK, StatusCode::CONFLICT].contains(&answer.status), "{} {}", answer.status, answer.body);
    }
    answers.iter().filter(|answer| answer.status == StatusCode::OK).count()
}

async fn number(app: &TestApp, text: &'static str) -> i64 {
    app.state.db.read().await.expect("a connection").count(sql(text)).await.expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_clicks_open_a_record_in_one_emergency() {
    races_on_both_engines(|app| async move {
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let form = vec![("patient_id", app.fixture.dora.to_string()), ("reason", "Unconscious in the waiting room".to_owned())];
        let answers = at_once(&[&doctor], vec![("/api/patients/open_in_emergency", form.clone()); 30]).await;
        assert_eq!(succeeded(&answers), 30);
        assert_eq!(number(&app, "SELECT count(*) FROM emergency_accesses").await, 1);
        assert_eq!(number(&app, "SELECT count(*) FROM audit_log WHERE what = 'emergency' AND action = 'create'").await, 1);
        // Another user opens the record too, and so does the same doctor after the hour.
        assert_eq!(succeeded(&at_once(&[&nurse], vec![("/api/patients/open_in_emergency", form.clone())]).await), 1);
        app.state.clock.advance(chrono::Duration::minutes(60));
        let later = app.as_("doctor").await;
        assert_eq!(succeeded(&at_once(&[&later], vec![("/api/patients/open_in_emergency", form)]).await), 1);
        let page = app.as_("auditor").await.get("/audit/emergencies").await.body;
        assert_eq!(page.matches("name=\"emergency_id\"").count(), 3);
        // The schema refuses a row that bypassed the program.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let again = sql("INSERT INTO emergency_accesses (id, patient_id, user_id, clinic_id, reason, began_at, ends_at)
            SELECT ")
        .push_bind(uuid::Uuid::now_v7())
        .push(", patient_id, user_id, clinic_id, reason, began_at, ends_at FROM emergency_accesses LIMIT 1");
        assert!(tx.execute(again).await.expect_err("refused").violates("emergency_accesses_once"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn allergies_recorded_and_denied_at_once_agree() {
    races_on_both_engines(|app| async move {
        let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
        let ana = app.fixture.ana.to_string();
        let key = Fixture::key();
        let latex = |key: &str| {
            [("patient_id", ana.as_str()), ("key", key), ("substance", "Latex"), ("category", "other"), ("criticality", "high")]
                .map(|(name, value)| (name, value.to_owned()))
                .to_vec()
        };
        let calls = (0..20).map(|number| match number % 2 {
            0 => ("/api/patients/add_allergy", latex(&key)),
            _ => ("/api/patients/no_allergies", vec![("patient_id", ana.clone())]),
        });
        succeeded(&at_once(&[&nurse], calls.collect()).await);
        assert_eq!(number(&app, "SELECT count(*) FROM allergies").await, 1);
        assert_eq!(number(&app, "SELECT count(*) FROM audit_log WHERE what = 'allergy' AND action = 'create'").await, 1);
        assert_eq!(number(&app, "SELECT count(*) FROM patients WHERE allergy_status = 'recorded'").await, 1);
        // The same substance in separate forms is refused, because it is recorded already.
        let answers = at_once(&[&nurse, &doctor], (0..10).map(|_| ("/api/patients/add_allergy", latex(&Fixture::key()))).collect()).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::UNPROCESSABLE_ENTITY), "{answers:?}");
        // Several users mark one entry as wrong: it is marked once, and the list is then as if the patient had not been
        // asked.
        let wrong = vec![("patient_id", ana.clone()), ("allergy_id", key), ("reason", "Wrong patient".to_owned())];
        let answers = at_once(&[&nurse, &doctor], vec![("/api/patients/allergy_in_error", wrong); 10]).await;
        assert_eq!(succeeded(&answers), 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cover_and_contacts_added_at_once_stand_once() {
    races_on_both_engines(|app| async move {
        let (desk, other) = (app.as_("desk").await, app.as_("desk").await);
        let (ben, key) = (app.fixture.ben.to_string(), Fixture::key());
        let (insurer,): (uuid::Uuid,) = {
            let mut tx = app.state.db.read().await.expect("a connection");
            tx.one(sql("SELECT id FROM insurers")).await.expect("an insurer")
        };
        let cover = |key: String, plan: &str| {
            vec![("patient_id", ben.clone()), ("key", key), ("plan", plan.to_owned()), ("insurer_id", insurer.to_string())]
        };
        let answers = at_once(&[&desk, &other], vec![("/api/patients/add_coverage", cover(key, "Silver")); 10]).await;
        assert_eq!(succeeded(&answers), 10);
        let more = ["Bronze", "Gold", "Iron", "Copper"].map(|plan| ("/api/patients/add_coverage", cover(Fixture::key(), plan)));
        assert_eq!(succeeded(&at_once(&[&desk, &other], more.to_vec()).await), 4);
        let of_ben = "SELECT count(DISTINCT priority) FROM coverages WHERE policy_index IS NULL";
        assert_eq!(number(&app, of_ben).await, 5, "each cover pays after another");
        let contact =
            vec![("patient_id", ben.clone()), ("contact_name", "Ada Adams".to_owned()), ("contact_phone", "617 555 0100".to_owned())];
        assert_eq!(succeeded(&at_once(&[&desk, &other], vec![("/api/patients/add_contact", contact); 20]).await), 20);
        assert_eq!(number(&app, "SELECT count(*) FROM patient_contacts").await, 1);
        assert_eq!(number(&app, "SELECT count(*) FROM audit_log WHERE what = 'contact'").await, 1);
        app.assert_sound().await;
    })
    .await;
}
