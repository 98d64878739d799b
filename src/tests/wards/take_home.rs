//! The step of the pharmacy: a take-home prescription keeps the patient until it is handed out; without one the step is not needed.

use axum::http::StatusCode;

use super::{act, admitted, leaving::decided, plan};
use crate::{
    core::AdmissionId,
    db::sql,
    tests::{TestApp, on_both_engines, pharmacy::Pharmacy},
};

/// The stored state of the pharmacy's step.
async fn stored(app: &TestApp, id: AdmissionId) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT s.state FROM discharge_steps s JOIN discharges d ON d.id = s.discharge_id
        WHERE d.voided_at IS NULL AND s.step = 'pharmacy' AND d.admission_id = ");
    tx.one::<(String,)>(query.push_bind(id)).await.expect("a step").0
}

#[tokio::test]
async fn a_take_home_prescription_keeps_the_patient_until_it_is_handed_out() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let ben = admitted(&app, app.fixture.ben, plan.surgical, plan.s1).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let elsewhere = [("kind", "transferred_out"), ("place", "St Mary"), ("acceptor", "Dr. Ruiz")];
        for id in [ben, ana] {
            decided(&doctor, id, &elsewhere).await;
            assert_eq!(act(&nurse, "prepared", id, &[("steps", "true")]).await.status, StatusCode::OK);
        }
        // Prescribed after the decision: it counts all the same.
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "5").await;
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        assert!(page.contains("Take-home prescriptions not handed out: 1"), "{page}");
        assert!(!nurse.get(&format!("/admissions/{ben}")).await.body.contains("Take-home prescriptions"));
        let list = nurse.get("/wards/leaving/live").await.body;
        assert_eq!(list.matches("Pharmacy").count(), 1, "{list}");
        assert_eq!(act(&nurse, "left", ben, &[]).await.status, StatusCode::OK);
        assert_eq!(stored(&app, ben).await, "not_needed");
        assert_eq!(act(&nurse, "left", ana, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "it lies at the pharmacy");
        for answer in [pharmacy.verify(&app, &supply, "15").await, pharmacy.dispense(&supply, "15", &[]).await] {
            assert!(answer.status.is_success(), "{}", answer.body);
        }
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        assert!(page.contains("Take-home prescriptions handed out: 1"), "{page}");
        assert_eq!(act(&nurse, "left", ana, &[]).await.status, StatusCode::OK);
        assert_eq!(stored(&app, ana).await, "done");
        app.assert_sound().await;
    })
    .await;
}
