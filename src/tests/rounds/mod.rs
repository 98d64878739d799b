//! The doctor's round: requests from a stay, notes, the summary with its medicines, and follow-ups.

mod follow_ups;
mod guards;
mod home;
mod races;
mod requests;
mod summaries;

pub use summaries::{decided, goes_on};

use axum::http::StatusCode;
use chrono::Duration;

use super::{
    Answer, Browser, Fixture, TestApp,
    fixture::PASSWORD,
    on_both_engines,
    wards::{Plan, act, asked, plan},
};
use crate::{
    core::{AdmissionId, Error, PatientId, StayNoteId},
    db::{Sql, sql},
};

/// Ana on the medical ward, whose doctor is Dr. Costa (`doctor`).
#[derive(Clone, Debug)]
pub struct Rounds {
    pub doctor: Browser,
    pub colleague: Browser,
    pub nurse: Browser,
    pub plan: Plan,
    pub id: AdmissionId,
    pub patient: PatientId,
}

pub fn ok(answer: &Answer) {
    assert!(answer.status == StatusCode::OK || answer.status == StatusCode::SEE_OTHER, "{}: {}", answer.status, answer.body);
}

/// The fields that a refused form names.
pub fn fields(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}: {}", answer.body),
    }
}

pub async fn number(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("a number")
}

pub async fn id(app: &TestApp, query: Sql) -> String {
    app.state.db.read().await.expect("a connection").one::<(uuid::Uuid,)>(query).await.expect("an id").0.to_string()
}

impl Rounds {
    pub async fn open(app: &TestApp) -> Self {
        let plan = plan(app).await;
        let patient = app.fixture.ana;
        let doctor = app.as_("doctor").await;
        let costa = app.fixture.costa.to_string();
        let (answer, id) = asked(&doctor, patient, plan.medical, &[("doctor_id", &costa)]).await;
        ok(&answer);
        let nurse = app.as_("nurse").await;
        ok(&act(&nurse, "admit", id, &[("bed_id", &plan.a1.to_string()), ("band", "true"), ("because", "Test")]).await);
        app.state.clock.advance(Duration::minutes(10));
        Self { doctor, colleague: app.as_("doctor2").await, nurse, plan, id, patient }
    }

    /// Posts a form about the stay.
    pub async fn post(&self, browser: &Browser, function: &str, form: &[(&str, &str)]) -> Answer {
        let id = self.id.to_string();
        browser
            .post(&format!("/api/rounds/{function}"), &[&[("admission_id", id.as_str()), ("password", PASSWORD)][..], form].concat())
            .await
    }

    /// Writes a note of the round and signs it at once, or keeps it as a draft; its id.
    pub async fn note(&self, function: &str, assessment: &str) -> String {
        let key = StayNoteId::new().to_string();
        let form = [("key", key.as_str()), ("kind", "round"), ("style", "soap"), ("assessment", assessment), ("plan", "Go on")];
        ok(&self.post(&self.doctor, function, &form).await);
        key
    }
}

#[tokio::test]
async fn a_note_is_signed_amended_and_stays_what_was_signed() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        let key = StayNoteId::new().to_string();
        let form = [("key", key.as_str()), ("kind", "round"), ("style", "soap")];
        assert_eq!(fields(&stay.post(&stay.doctor, "sign_new_note", &form).await), ["assessment"]);
        let note = stay.note("sign_new_note", "Pneumonia, better").await;
        let page = stay.doctor.get(&format!("/stay-notes/{note}")).await.body;
        assert!(page.contains("Pneumonia, better") && page.contains("Signed by") && !page.contains("does not match"), "{page}");
        let form = [("stay_note_id", note.as_str()), ("kind", "round"), ("style", "soap"), ("saved", "1"), ("assessment", "Other")];
        let again = stay.doctor.post("/api/rounds/save_note", &form).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "a signed note is not written again");
        ok(&stay.colleague.post("/api/rounds/amend_note", &[("stay_note_id", &note)]).await);
        let draft = id(&app, sql("SELECT id FROM stay_notes WHERE state = 'draft'")).await;
        let form = [("stay_note_id", draft.as_str()), ("kind", "round"), ("style", "soap"), ("saved", "1"), ("assessment", "Left lung")];
        let unreasoned = [&form[..], &[("password", PASSWORD)]].concat();
        assert_eq!(fields(&stay.colleague.post("/api/rounds/sign_note", &unreasoned).await), ["amendment"]);
        let other = stay.doctor.post("/api/rounds/save_note", &form).await;
        assert_eq!(other.status, StatusCode::CONFLICT, "a colleague's draft");
        let reasoned = [&unreasoned[..], &[("amendment", "The wrong side")]].concat();
        ok(&stay.colleague.post("/api/rounds/sign_note", &reasoned).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM stay_notes WHERE state = 'final'")).await, 2);
        let page = stay.doctor.get(&format!("/admissions/{}/notes", stay.id)).await.body;
        assert!(page.contains("Left lung") && page.contains("The wrong side") && !page.contains("Pneumonia, better"), "{page}");
        let key = crate::core::StayNoteAddendumId::new().to_string();
        let addendum = [("stay_note_id", draft.as_str()), ("key", &key), ("body", "Culture is negative"), ("password", PASSWORD)];
        for _ in 0..2 {
            ok(&stay.doctor.post("/api/rounds/add_addendum", &addendum).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM stay_note_addenda")).await, 1);
        assert!(stay.doctor.get(&format!("/stay-notes/{draft}")).await.body.contains("Culture is negative"));
        let chart = stay.doctor.get(&format!("/patients/{}/chart", stay.patient)).await.body;
        assert!(chart.contains("Left lung"), "{chart}");
        app.assert_sound().await;
        // A change outside of the program is seen.
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE stay_notes SET signer_name = 'Dr. No' WHERE state = 'final'")).await.expect_err("frozen");
    })
    .await;
}

#[tokio::test]
async fn nurses_write_nursing_notes_and_drafts_are_for_their_author() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        let key = StayNoteId::new().to_string();
        let form = [("key", key.as_str()), ("kind", "round"), ("style", "soap"), ("assessment", "Well")];
        assert_eq!(stay.post(&stay.nurse, "begin_note", &form).await.status, StatusCode::NOT_FOUND, "a doctor's kind");
        let form = [("key", key.as_str()), ("kind", "nursing"), ("style", "soap"), ("assessment", "Slept well")];
        ok(&stay.post(&stay.nurse, "begin_note", &form).await);
        assert_eq!(stay.doctor.get(&format!("/stay-notes/{key}")).await.status, StatusCode::NOT_FOUND, "a draft is its author's");
        assert!(!stay.doctor.get(&format!("/admissions/{}/notes", stay.id)).await.body.contains("Slept well"));
        let own = stay.nurse.get(&format!("/stay-notes/{key}")).await.body;
        assert!(own.contains("Slept well"), "{own}");
        ok(&stay.nurse.post("/api/rounds/discard_note", &[("stay_note_id", &key)]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM stay_notes WHERE state = 'discarded'")).await, 1);
        let desk = app.as_("desk").await;
        assert_eq!(desk.get(&format!("/admissions/{}/notes", stay.id)).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_round_shows_the_night_of_the_doctors_patients() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        let (id, key) = (stay.id.to_string(), Fixture::key());
        let bad = [
            ("admission_id", id.as_str()),
            ("key", &key),
            ("respiration", "25"),
            ("spo2", "93"),
            ("oxygen", "2"),
            ("systolic", "104"),
            ("pulse", "112"),
            ("consciousness", "0"),
            ("temperature", "38.4"),
        ];
        ok(&stay.nurse.post("/api/nursing/observe", &bad).await);
        let key = Fixture::key();
        ok(&stay.nurse.post("/api/nursing/fluid", &[("admission_id", &id), ("key", &key), ("kind", "urine"), ("ml", "400")]).await);
        let list = stay.doctor.get("/ward-round").await.body;
        for words in ["Open escalation", "NEWS2 ", "Up to 38.4", "Balance -400 ml", "No note today"] {
            assert!(list.contains(words), "{words}: {list}");
        }
        assert!(stay.colleague.get("/ward-round").await.body.contains("No patients"), "another doctor's list is empty");
        let ward = format!("/ward-round?ward={}&order=bed", stay.plan.medical);
        assert!(stay.colleague.get(&ward).await.body.contains("Open escalation"));
        stay.note("begin_note", "Sepsis?").await;
        let list = stay.doctor.get("/ward-round/live").await.body;
        assert!(list.contains("Your unsigned notes") && list.contains("Unsigned notes: 1"), "{list}");
        let sheet = stay.doctor.get(&format!("/admissions/{}/round", stay.id)).await.body;
        assert!(sheet.contains("Sepsis?") && sheet.contains("Open escalation"), "the draft is edited here: {sheet}");
        assert_eq!(stay.nurse.get("/ward-round").await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}
