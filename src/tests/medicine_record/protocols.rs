//! Protocols of a ward: kept in versions, started by a nurse, signed by a doctor, and where they end.

use axum::http::StatusCode;

use super::{Fixture, IBUPROFEN, INSULIN, OnWard, PARACETAMOL, fields, give_as_needed, id, later, number, ok};
use crate::{
    db::sql,
    tests::{Answer, Browser, TestApp, on_both_engines},
};

async fn drug_name(app: &TestApp, code: &str) -> String {
    let query = sql("SELECT name FROM drugs WHERE code = ").push_bind(code);
    app.state.db.read().await.expect("a connection").one::<(String,)>(query).await.expect("a name").0
}

async fn keep(manager: &Browser, ward: &OnWard, (drug, version): (&str, &str), key: &str, more: &[(&str, &str)]) -> Answer {
    let form = [
        ("ward_id", ward.ward.as_str()),
        ("key", key),
        ("version", version),
        ("name", "Pain at night"),
        ("indication", "Pain"),
        ("drug", drug),
        ("dose", "1 tablet"),
        ("route", "oral"),
        ("interval", "6"),
        ("most", "3"),
        ("hours", "24"),
        ("sign_hours", "12"),
    ];
    let form: Vec<(&str, &str)> =
        form.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect();
    manager.post("/api/medicine_record/keep_protocol", &form).await
}

async fn start(browser: &Browser, ward: &OnWard, protocol: &str, key: &str, more: &[(&str, &str)]) -> Answer {
    let admission = ward.admission.to_string();
    let form = [("admission_id", admission.as_str()), ("ward_protocol_id", protocol), ("key", key)];
    browser.post("/api/medicine_record/start_protocol", &[&form[..], more].concat()).await
}

#[tokio::test]
async fn a_nurse_starts_a_protocol_and_the_doctor_signs_it() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let (manager, nurse) = (app.as_("ward_manager").await, app.as_("nurse").await);
        let drug = drug_name(&app, PARACETAMOL).await;
        let first = Fixture::key();
        let wrong =
            keep(&manager, &ward, ("Nothing", ""), &first, &[("dose", ""), ("interval", "0"), ("most", ""), ("hours", "100")]).await;
        for field in ["drug", "dose", "interval", "most", "hours"] {
            assert!(fields(&wrong).contains(&field.to_owned()), "{field}: {}", wrong.body);
        }
        let insulin = drug_name(&app, INSULIN).await;
        let high = keep(&manager, &ward, (&insulin, ""), &first, &[("dose", "4 units"), ("route", "subcutaneous")]).await;
        assert_eq!(fields(&high), ["drug"], "a doctor orders it");
        assert_eq!(keep(&nurse, &ward, (&drug, ""), &first, &[]).await.status, StatusCode::FORBIDDEN);
        for _ in 0..2 {
            ok(&keep(&manager, &ward, (&drug, ""), &first, &[("sign_hours", "10")]).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM ward_protocols")).await, 1, "sent twice, kept once");
        assert_eq!(fields(&keep(&manager, &ward, (&drug, ""), &Fixture::key(), &[]).await), ["name"], "the name is taken");
        let protocol = Fixture::key();
        ok(&keep(&manager, &ward, (&drug, &first), &protocol, &[]).await);
        assert_eq!(keep(&manager, &ward, (&drug, &first), &Fixture::key(), &[]).await.status, StatusCode::CONFLICT, "a newer version");
        let page = manager.get(&format!("/ward-protocols/{protocol}")).await.body;
        assert!(page.contains("Version 2") && page.contains("Version 1") && page.contains("signed within 12 h"), "{page}");
        assert!(manager.get(&format!("/wards/{}/protocols", ward.ward)).await.body.contains("Pain at night"));

        let orders = nurse.get(&format!("/admissions/{}/orders", ward.admission)).await.body;
        let address = format!("/admissions/{}/protocols/{protocol}", ward.admission);
        assert!(orders.contains(&address), "{orders}");
        let page = nurse.get(&address).await.body;
        assert!(page.contains("at most every 6 h and 3 in 24 h") && page.contains("No known allergies"), "{page}");
        let doctor = app.fixture.user("doctor").to_string();
        let signer = [("fits", "yes"), ("prescriber", doctor.as_str())];
        let key = Fixture::key();
        assert_eq!(fields(&start(&nurse, &ward, &protocol, &key, &signer[1..]).await), ["fits"]);
        assert_eq!(fields(&start(&nurse, &ward, &protocol, &key, &signer[..1]).await), ["prescriber"]);
        assert_eq!(start(&nurse, &ward, &first, &key, &signer).await.status, StatusCode::CONFLICT, "the first version is over");
        assert_eq!(start(&app.as_("cashier").await, &ward, &protocol, &key, &signer).await.status, StatusCode::FORBIDDEN);
        for _ in 0..2 {
            ok(&start(&nurse, &ward, &protocol, &key, &signer).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE signed_at IS NULL")).await, 1, "sent twice, started once");
        ok(&give_as_needed(&nurse, &key, &[]).await);
        let page = app.as_("doctor").await.get("/care-orders").await.body;
        assert!(page.contains("By protocol: Pain at night") && page.contains("To sign until 21 Nov 2026, 22:30"), "{page}");
        later(&app, 13 * 60);
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        for page in ["/care-orders".to_owned(), format!("/care-orders/{key}"), format!("/admissions/{}/orders", ward.admission)] {
            assert!(doctor.get(&page).await.body.contains("Signature overdue since"), "{page}");
        }
        let sign_key = Fixture::key();
        let sign = [("care_order_id", key.as_str()), ("key", &sign_key)];
        assert_eq!(nurse.post("/api/medicine_record/sign", &sign).await.status, StatusCode::FORBIDDEN);
        ok(&doctor.post("/api/medicine_record/sign", &sign).await);
        let page = doctor.get(&format!("/care-orders/{key}")).await.body;
        assert!(page.contains("Pain at night, version 2") && !page.contains("does not cover") && !page.contains("overdue"), "{page}");
        // It is in force for 24 hours.
        later(&app, 11 * 60 + 1);
        assert_eq!(super::kept(&app).await.completed, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_warning_ends_a_protocol_and_the_database_keeps_it() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let (manager, nurse) = (app.as_("ward_manager").await, app.as_("nurse").await);
        let drug = drug_name(&app, IBUPROFEN).await;
        let protocol = Fixture::key();
        ok(&keep(&manager, &ward, (&drug, ""), &protocol, &[]).await);
        // The same medicine is ordered already.
        ward.order(&app, IBUPROFEN, &[]).await;
        let doctor = app.fixture.user("doctor").to_string();
        let signer = [("fits", "yes"), ("prescriber", doctor.as_str())];
        let warned = start(&nurse, &ward, &protocol, &Fixture::key(), &signer).await;
        assert!(warned.status == StatusCode::CONFLICT && warned.body.contains("a doctor decides"), "{}", warned.body);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders")).await, 1, "nothing was ordered");
        let refused_by = async |guard: &str, query: crate::db::Sql| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err("the database refuses");
            assert!(error.violates(guard), "{guard}: {error}");
        };
        let signed = sql("INSERT INTO order_protocols (order_id, patient_id, protocol_id) SELECT o.id, o.patient_id, p.id FROM care_orders o, ward_protocols p");
        refused_by("order_protocols_followed", signed).await;
        refused_by("ward_protocols_frozen", sql("UPDATE ward_protocols SET dose = '2 tablets'")).await;
        refused_by("ward_protocols_frozen", sql("DELETE FROM ward_protocols")).await;
        let paracetamol = drug_name(&app, PARACETAMOL).await;
        let other = Fixture::key();
        ok(&keep(&manager, &ward, (&paracetamol, ""), &other, &[("name", "Fever"), ("indication", "Fever")]).await);
        ok(&start(&nurse, &ward, &other, &Fixture::key(), &signer).await);
        let protocol = id(&app, sql("SELECT protocol_id FROM order_protocols")).await;
        assert_eq!(protocol, other);
        refused_by("order_protocols_frozen", sql("UPDATE order_protocols SET patient_id = patient_id")).await;
        refused_by("order_protocols_frozen", sql("DELETE FROM order_protocols")).await;
        // A retired one is offered no more.
        let retired = Fixture::key();
        ok(&keep(&manager, &ward, (&paracetamol, &other), &retired, &[("name", "Fever"), ("indication", "Fever"), ("retired", "yes")]).await);
        assert_eq!(nurse.get(&format!("/admissions/{}/protocols/{retired}", ward.admission)).await.status, StatusCode::NOT_FOUND);
        app.assert_sound().await;
    })
    .await;
}
