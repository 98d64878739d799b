//! The leaflet of a ward, on paper and in the portal, and the own stay with its released summary.

use axum::http::StatusCode;

use super::{Answer, Browser, TestApp, act, admitted, asked, on_both_engines, plan};
use crate::{
    db::sql,
    tests::rounds::{Rounds, decided, ok},
};

const LEAFLET: [(&str, &str); 4] =
    [("phone", "555 0199"), ("visiting_en", "16:00 to 19:00"), ("visiting_es", "De 16:00 a 19:00"), ("bring_en", "Slippers")];

async fn written(browser: &Browser, ward: &str, version: &str, more: &[(&str, &str)]) -> Answer {
    let form = [&[("ward_id", ward), ("version", version)][..], &LEAFLET, more].concat();
    browser.post("/api/wards/write_leaflet", &form).await
}

#[tokio::test]
async fn a_patient_sees_the_own_stay_with_what_the_ward_tells() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (manager, doctor, nurse) = (app.as_("ward_manager").await, app.as_("doctor").await, app.as_("nurse").await);
        let (ana, medical) = (app.as_("ana").await, plan.medical.to_string());
        assert!(!ana.get("/portal/records").await.body.contains("Hospital stays"), "no stay, no panel");
        assert_eq!(written(&nurse, &medical, "0", &[]).await.status, StatusCode::FORBIDDEN, "the head of the ward writes it");
        assert_eq!(written(&manager, &medical, "0", &[]).await.status, StatusCode::OK);
        assert_eq!(written(&manager, &medical, "0", &[]).await.status, StatusCode::CONFLICT, "somebody wrote it meanwhile");
        assert_eq!(manager.get(&format!("/wards/{medical}/leaflet")).await.status, StatusCode::OK);
        let (_, id) = asked(&doctor, app.fixture.ana, plan.medical, &[("expected_on", "2026-11-24")]).await;
        let waits = ana.get("/portal/records").await.body;
        assert!(waits.contains("looking for a bed") && waits.contains("16:00 to 19:00") && waits.contains("Slippers"), "{waits}");
        let form = [("bed_id", plan.a1.to_string()), ("band", "true".to_owned()), ("because", "Test".to_owned())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(act(&nurse, "admit", id, &form).await.status, StatusCode::OK);
        let lies = ana.get("/portal/records").await.body;
        assert!(lies.contains("Room 1 · 1A") && lies.contains("on their round") && !lies.contains("is planned for"), "{lies}");
        assert_eq!(written(&manager, &medical, "1", &[("shows_leaving", "true")]).await.status, StatusCode::OK);
        assert!(ana.get("/portal/records").await.body.contains("Your discharge is planned for"));
        // Another patient's portal has no stay.
        assert!(!app.as_("ben").await.get("/portal/records").await.body.contains("Hospital stays"));
        for (lang, words) in [("en", "Visiting hours"), ("es", "De 16:00 a 19:00")] {
            let paper = nurse.get(&format!("/admissions/{id}/leaflet?lang={lang}")).await;
            assert!(paper.status == StatusCode::OK && paper.body.contains(words) && paper.body.contains("Slippers"), "{}", paper.body);
        }
        let empty = admitted(&app, app.fixture.ben, plan.surgical, plan.s1).await;
        assert_eq!(nurse.get(&format!("/admissions/{empty}/leaflet")).await.status, StatusCode::OK, "a ward without a leaflet");
        app.assert_sound().await;
    })
    .await;
}

async fn refused_by(app: &TestApp, guard: &str, query: &'static str) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(sql(query)).await.expect_err(guard);
    assert!(error.violates(guard), "{guard}: {error}");
}

#[tokio::test]
async fn a_signed_summary_stands_in_the_portal_when_a_doctor_released_it() {
    on_both_engines(|app| async move {
        let stay = Rounds::open(&app).await;
        let (ana, id) = (app.as_("ana").await, stay.id.to_string());
        let (page, summary) = (format!("/admissions/{id}"), format!("/portal/stays/{id}/summary"));
        let released = async |readers: &str, version: &str| {
            let form = [("admission_id", id.as_str()), ("readers", readers), ("version", version)];
            stay.doctor.post("/api/wards/release_summary", &form).await.status
        };
        assert!(!stay.doctor.get(&page).await.body.contains("Signed summary in the portal"));
        assert_eq!(released("all", "0").await, StatusCode::CONFLICT, "nothing is signed");
        let answer = stay.post(&stay.doctor, "sign_summary", &decided(&[], &[("saved", "0")])).await;
        ok(&answer);
        assert!(stay.doctor.get(&page).await.body.contains("Signed summary in the portal"));
        assert_eq!(ana.get(&summary).await.status, StatusCode::NOT_FOUND, "signed, not released");
        assert_eq!(released("patient", "0").await, StatusCode::OK);
        assert!(ana.get("/portal/records").await.body.contains(&summary));
        let read = ana.get(&summary).await;
        assert!(read.status == StatusCode::OK && read.body.contains("Better with antibiotics"), "{}", read.body);
        assert_eq!(app.as_("ben").await.get(&summary).await.status, StatusCode::NOT_FOUND, "another patient");
        assert_eq!(released("nobody", "0").await, StatusCode::CONFLICT, "decided meanwhile");
        assert_eq!(released("nobody", "1").await, StatusCode::OK);
        assert_eq!(ana.get(&summary).await.status, StatusCode::NOT_FOUND);
        refused_by(&app, "summary_releases_versions", "UPDATE summary_releases SET readers = 'all'").await;
        refused_by(&app, "summary_releases_versions", "DELETE FROM summary_releases").await;
        let unsigned = "INSERT INTO summary_releases (admission_id, readers, set_at, set_by)
            SELECT a.id, 'all', a.requested_at, a.requested_by FROM admissions a WHERE a.id NOT IN (SELECT s.admission_id FROM discharge_summaries s)";
        admitted(&app, app.fixture.ben, stay.plan.surgical, stay.plan.s1).await;
        refused_by(&app, "summary_releases_signed", unsigned).await;
        app.assert_sound().await;
    })
    .await;
}
