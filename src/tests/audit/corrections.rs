//! Corrections of a record: the auditor's view and the desk's.

use axum::http::StatusCode;

use crate::{
    db::sql,
    patients,
    tests::{Browser, TestApp, on_both_engines},
};

/// Saves the record with the given fields changed.
async fn correct(app: &TestApp, desk: &Browser, changes: &[(&str, &str)]) {
    let patient = app.fixture.ben;
    let record = patients::find(&mut app.state.db.read().await.expect("a connection"), patient).await.expect("a record");
    let saved = record.facts.to_form();
    let (id, version) = (patient.to_string(), record.version.to_string());
    let mut form = vec![
        ("patient_id", id.as_str()),
        ("version", &version),
        ("given_names", &saved.given_names),
        ("family_name", &saved.family_name),
        ("birth_date", &saved.birth_date),
        ("sex", &saved.sex),
        ("phone", &saved.more.phone),
        ("email", &saved.more.email),
        ("address", &saved.more.address),
        ("anyway", "on"),
    ];
    form.retain(|(name, _)| changes.iter().all(|(other, _)| other != name));
    form.extend_from_slice(changes);
    let answer = desk.post("/api/patients/save", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test]
async fn the_auditor_sees_which_field_changed_and_the_desk_from_what_to_what() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        correct(&app, &desk, &[("family_name", "Adamson"), ("phone", "617 555 0199")]).await;
        correct(&app, &desk, &[("phone", "617 555 0188")]).await;
        let auditor = app.as_("auditor").await;
        let log = auditor.get("/audit?patient=adamson").await.body;
        assert!(log.contains("Adams → Adamson") && log.contains("changed"), "{log}");
        assert!(!log.contains("0199") && !log.contains("0188"), "{log}");
        let ben = app.fixture.ben;
        let page = desk.get(&format!("/patients/{ben}/changes")).await;
        assert_eq!(page.status, StatusCode::OK);
        for shown in ["Adams → Adamson", "0199", "0188"] {
            assert!(page.body.contains(shown), "{shown}: {}", page.body);
        }
        for other in ["auditor", "cashier", "ana"] {
            let answer = app.as_(other).await.get(&format!("/patients/{ben}/changes")).await;
            assert_ne!(answer.status, StatusCode::OK, "{other}");
        }
        // Nothing of it lies in the open, rows stay, and each opens for its patient only.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("DELETE FROM patient_changes")).await.expect_err("kept");
        assert!(error.violates("patient_changes_fixed"), "{error:?}");
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let moved = sql("UPDATE patient_changes SET patient_id = ").push_bind(app.fixture.ana);
        let error = tx.execute(moved).await.expect_err("kept");
        assert!(error.violates("patient_changes_fixed"), "{error:?}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_erasure_empties_the_values_and_keeps_the_names() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        correct(&app, &desk, &[("phone", "617 555 0199"), ("family_name", "Adamson")]).await;
        let ben = app.fixture.ben;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let locked = tx.lock(ben).await.expect("a patient");
        patients::forget_reach(&mut tx, locked, crate::core::Stamp { by: app.fixture.user("desk"), at: app.state.clock.now() })
            .await
            .expect("forgotten");
        let changes = patients::changes_of(&mut tx, ben, 50, 0).await.expect("read");
        tx.commit().await.expect("committed");
        let fields: Vec<_> = changes.iter().flat_map(|change| &change.fields).collect();
        let of = |name: &str| fields.iter().find(|field| field.field == name).expect("a change");
        assert_eq!((of("phone").before.as_str(), of("phone").after.as_str()), ("", ""));
        assert_eq!(of("family_name").after, "Adamson");
        app.assert_sound().await;
    })
    .await;
}
