//! The summary of a stay, its medicines, and its paper.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Rounds, fields, number, ok};
use crate::{
    db::sql,
    tests::{
        TestApp,
        medicine_record::{OnWard, PARACETAMOL},
        on_both_engines,
        wards::act,
    },
};

/// A doctor orders a medicine for the stay; the id of the order.
pub async fn order_medicine(app: &TestApp, stay: &Rounds) -> String {
    let ward = OnWard { admission: stay.id, ward: stay.plan.medical.to_string(), other: "nurse2" };
    ward.order(app, PARACETAMOL, &[]).await
}

/// The fields of a summary that decides on an order.
pub fn decided<'f>(fields: &'f [(String, String)], more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let texts = [("diagnoses", "Pneumonia"), ("course", "Better with antibiotics")];
    texts.into_iter().chain(fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))).chain(more.iter().copied()).collect()
}

/// The fields of a row that continues an order.
pub fn goes_on(order: &str) -> Vec<(String, String)> {
    [("medicine", "Paracetamol"), ("dosage", "1 tablet"), ("decision", "continue"), ("reason", "")]
        .into_iter()
        .map(|(name, value)| (format!("{name}-{order}"), value.to_owned()))
        .collect()
}

#[tokio::test]
async fn a_summary_is_composed_and_signed_only_when_each_medicine_is_decided_on() {
    on_both_engines(|app| async move {
        crate::tests::formulary::loaded(&app).await;
        let stay = Rounds::open(&app).await;
        let order = order_medicine(&app, &stay).await;
        stay.note("sign_new_note", "Pneumonia of the left lung").await;
        let page = stay.doctor.get(&format!("/admissions/{}/stay-summary", stay.id)).await.body;
        assert!(page.contains("Pneumonia of the left lung") && page.contains("Paracetamol"), "composed from the record: {page}");
        let undecided = decided(&[], &[("saved", "0")]);
        let refused = stay.post(&stay.doctor, "sign_summary", &undecided).await;
        assert_eq!(fields(&refused), [format!("decision-{order}")]);
        let row: Vec<(String, String)> = [("medicine", "Paracetamol"), ("dosage", "1 tablet"), ("decision", "changed"), ("reason", "")]
            .into_iter()
            .map(|(name, value)| (format!("{name}-{order}"), value.to_owned()))
            .collect();
        let refused = stay.post(&stay.doctor, "sign_summary", &decided(&row, &[("saved", "0")])).await;
        assert_eq!(fields(&refused), [format!("reason-{order}")], "a change has a reason");
        let row = goes_on(&order);
        let new = [
            ("medicine-new1", "Amoxicillin 500 mg"),
            ("dosage-new1", "three times a day"),
            ("reason-new1", "Five more days"),
            ("saved", "0"),
        ];
        ok(&stay.post(&stay.doctor, "save_summary", &decided(&row, &new)).await);
        let signed = [&new[..3], &[("saved", "1")]].concat();
        ok(&stay.post(&stay.doctor, "sign_summary", &decided(&row, &signed)).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM discharge_medicines")).await, 2);
        let discharge = stay.doctor.get(&format!("/admissions/{}/discharge", stay.id)).await.body;
        assert!(discharge.contains("Summary signed"), "{discharge}");
        let paper = stay.doctor.get(&format!("/admissions/{}/stay-summary/paper?lang=es", stay.id)).await.body;
        assert!(paper.contains("Medicamentos que debe tomar") && paper.contains("Amoxicillin 500 mg"), "{paper}");
        // An order after the signature: the summary is behind, and an amendment decides on it.
        app.state.clock.advance(Duration::minutes(5));
        let ward = OnWard { admission: stay.id, ward: stay.plan.medical.to_string(), other: "nurse2" };
        let later = ward.order(&app, "OMEPRAZOLE-20-MG-GRCAP", &[("timing", "morning"), ("dose", "20 mg")]).await;
        let page = stay.doctor.get(&format!("/admissions/{}/stay-summary", stay.id)).await.body;
        assert!(page.contains("Ordered since the summary was signed"), "{page}");
        ok(&stay.post(&stay.doctor, "amend_summary", &[]).await);
        let mut rows = goes_on(&order);
        rows.extend(goes_on(&later));
        let form = decided(&rows, &[("saved", "1"), ("amendment", "A new medicine")]);
        ok(&stay.post(&stay.colleague, "sign_summary", &form).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM discharge_summaries WHERE superseded_at IS NULL AND version = 2")).await, 1);
        assert_eq!(stay.nurse.get(&format!("/admissions/{}/stay-summary", stay.id)).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_summary_that_is_written_after_the_patient_left_decides_on_the_medicines_of_that_moment() {
    on_both_engines(|app| async move {
        crate::tests::formulary::loaded(&app).await;
        let stay = Rounds::open(&app).await;
        let order = order_medicine(&app, &stay).await;
        ok(&act(&stay.doctor, "discharge", stay.id, &[("kind", "home"), ("diagnosis", "Pneumonia")]).await);
        ok(&act(&app.as_("ward_manager").await, "left", stay.id, &[("because", "Settled at home")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE state = 'stopped'")).await, 1);
        let list = format!("/ward-round?ward={}", stay.plan.medical);
        let round = stay.doctor.get(&list).await.body;
        assert!(round.contains("Summaries that are missing") && round.contains("Núñez"), "{round}");
        let page = stay.doctor.get(&format!("/admissions/{}/stay-summary", stay.id)).await.body;
        assert!(page.contains("Paracetamol"), "{page}");
        let refused = stay.post(&stay.doctor, "sign_summary", &decided(&[], &[("saved", "0")])).await;
        assert_eq!(fields(&refused), [format!("decision-{order}")]);
        ok(&stay.post(&stay.doctor, "save_summary", &decided(&[], &[("saved", "0")])).await);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let unsigned = sql("UPDATE discharge_summaries SET state = 'final'");
        let error = tx.execute(unsigned).await.expect_err("the database refuses");
        assert!(error.violates("discharge_medicines_complete"), "{error}");
        drop(tx);
        ok(&stay.post(&stay.doctor, "sign_summary", &decided(&goes_on(&order), &[("saved", "1")])).await);
        assert!(!stay.doctor.get(&list).await.body.contains("Summaries that are missing"));
        app.assert_sound().await;
    })
    .await;
}
