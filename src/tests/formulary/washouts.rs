//! Tests the washout: an interaction is warned of for some days after the other medicine ended.

use chrono::Duration;

use super::{Fixture, loaded, named, number, on_both_engines};
use crate::{
    db::sql,
    tests::{
        consultation::calls,
        lab::{ok, text},
        opd::waits_for_doctor,
        prescribing::said,
    },
};

#[tokio::test]
async fn an_interaction_is_warned_of_until_the_washout_of_the_other_medicine_is_over() {
    on_both_engines(|app| async move {
        let pharmacist = loaded(&app).await;
        assert_eq!(number(&app, "SELECT count(*) FROM washouts WHERE confirmed_at IS NOT NULL").await, 0);
        let ana = app.fixture.ana;
        let doctor = app.as_("doctor").await;
        let visit = waits_for_doctor(&app, ana).await;
        calls(&app, &doctor).await;
        // A course of fluoxetine that ended 20 days ago.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let now = app.state.clock.now();
        let query = sql("INSERT INTO encounters (id, patient_id, clinic_id, kind, state, started_at, created_by, updated_at, updated_by)
            VALUES ($1, $2, $3, 'outpatient', 'in_progress', $4, $5, $6, $7)");
        let (encounter, by) = (uuid::Uuid::now_v7(), app.fixture.user("doctor2"));
        tx.execute(query.bind(encounter).bind(ana).bind(app.fixture.north).bind(now).bind(by).bind(now).bind(by)).await.expect("seen");
        let query = sql(
            "INSERT INTO prescriptions (id, encounter_id, patient_id, drug, dose, route, frequency, duration_days, state, prescribed_at, prescribed_by)
            VALUES ($1, $2, $3, 'Fluoxetine 20 mg', '1 capsule', 'oral', 'once a day', 10, 'active', $4, $5)",
        );
        let then = now - Duration::days(30);
        tx.execute(query.bind(uuid::Uuid::now_v7()).bind(encounter).bind(ana).bind(then).bind(by)).await.expect("prescribed");
        tx.commit().await.expect("committed");
        let visit = visit.to_string();
        let prescribe = async || {
            let form = [("visit_id", visit.as_str()), ("drug", "Codeine 30 mg"), ("dose", "1 tablet"), ("route", "oral"), ("frequency", "once a day")];
            doctor.post("/api/clinical/prescribe", &form).await
        };
        let told = said(&prescribe().await, "override_reason");
        assert!(told.contains("It ended 20 days ago; fluoxetine interacts for 35 days after the last dose."), "{told}");
        assert!(told.contains("Weaker pain relief") && told.contains("confirmed"), "{told}");
        // The pharmacist replaces the figure by the hospital's own.
        let (id, substance) = {
            let mut tx = app.state.db.read().await.expect("a connection");
            let query = sql("SELECT w.id, w.substance_id FROM washouts w JOIN substances s ON s.id = w.substance_id WHERE s.name = 'fluoxetine'");
            tx.one::<(uuid::Uuid, uuid::Uuid)>(query).await.expect("a washout")
        };
        ok(&pharmacist.post("/api/formulary/retire_rule", &[("rule", "washout"), ("id", &id.to_string()), ("version", "1")]).await);
        let told = prescribe().await.body;
        assert!(!told.contains("It ended"), "{told}");
        let (key, substance) = (Fixture::key(), substance.to_string());
        let add = async |days: &'static str| {
            let form = [("substance", substance.as_str()), ("key", &key), ("days", days), ("source", "Label of the product")];
            pharmacist.post("/api/formulary/add_washout", &form).await
        };
        assert_eq!(named(&add("0").await), ["days"]);
        assert_eq!(named(&add("366").await), ["days"]);
        ok(&add("20").await);
        assert!(!prescribe().await.body.contains("It ended"), "20 days are over");
        let page = pharmacist.get(&format!("/formulary/substances/{substance}")).await.body;
        assert!(page.contains("After the last dose") && page.contains("20 days"), "{page}");
        assert_eq!(text(&app, sql("SELECT source FROM washouts WHERE days = 20")).await, "Label of the product");
        app.assert_sound().await;
    })
    .await;
}
