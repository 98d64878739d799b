//! Tests concurrent actions: several people, or several windows of one, change the same consultation, visit or account at the
//! same time.

mod notes;
mod orders;
mod payments;
mod schema;
mod signature;
mod visits;

use axum::http::StatusCode;

use super::{Answer, Browser, TestApp, opd::waits_for_doctor};
use crate::{
    clinical::{self, Summary, icd10},
    core::{PatientId, VisitId},
};

/// The values of a form, owned, so that another task can send them.
type Form = Vec<(&'static str, String)>;

async fn send(browser: &Browser, path: &str, form: &Form) -> Answer {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(path, &form).await
}

/// Returns a visit whose patient the doctor has called into the room.
async fn called(app: &TestApp, doctor: &Browser, patient: PatientId) -> VisitId {
    let visit = waits_for_doctor(app, patient).await;
    let answer = doctor.post("/api/clinical/call", &[("visit_id", &visit.to_string())]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    visit
}

async fn summary(app: &TestApp, visit: VisitId) -> Summary {
    let mut tx = app.state.db.read().await.expect("a connection");
    clinical::visit_summary(&mut tx, visit).await.expect("read").expect("an encounter")
}

/// Returns different codes that a diagnosis can have.
fn codes(count: usize) -> Vec<&'static str> {
    let mut codes: Vec<_> = icd10::search("fracture", 4 * count).into_iter().filter(|code| code.billable).map(|code| code.code).collect();
    codes.truncate(count);
    assert_eq!(codes.len(), count, "enough codes");
    codes
}

fn diagnosis(visit: VisitId, code: &str) -> Form {
    vec![("visit_id", visit.to_string()), ("diagnosis_id", code.to_owned()), ("certainty", "confirmed".to_owned())]
}

fn prescription(visit: VisitId, drug: &str) -> Form {
    let form = [
        ("visit_id", visit.to_string().as_str()),
        ("drug", drug),
        ("dose", "1 tablet"),
        ("route", "oral"),
        ("frequency", "twice a day"),
        ("confirmed", drug),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    form.into()
}

/// Returns the ids of a visit's diagnoses, from its worksheet.
fn ids_in(worksheet: &Answer, list: &str) -> Vec<String> {
    assert_eq!(worksheet.status, StatusCode::OK, "{}", worksheet.body);
    let sheet: serde_json::Value = serde_json::from_str(&worksheet.body).expect("JSON");
    let rows = sheet[list].as_array().expect("a list");
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}
