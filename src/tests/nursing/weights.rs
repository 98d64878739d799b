//! The weight of a patient on a ward, and the medicines that go by it.

use axum::http::StatusCode;

use super::{Stay, number, ok};
use crate::{
    db::sql,
    tests::{
        medicine_record::{OnWard, PARACETAMOL, drug},
        on_both_engines,
        prescribing::said,
        wards::admitted,
    },
};

#[tokio::test]
async fn a_child_is_weighed_on_the_ward_and_gets_a_medicine_by_weight() {
    on_both_engines(|app| async move {
        crate::tests::formulary::loaded(&app).await;
        let stay = Stay::open(&app).await;
        let child = admitted(&app, app.fixture.chloe, stay.plan.surgical, stay.plan.s1).await;
        let child = Stay { id: child, patient: app.fixture.chloe, ..stay };
        let ward = OnWard { admission: child.id, ward: child.plan.surgical.to_string(), other: "nurse2" };
        let drug = drug(&app, PARACETAMOL).await;
        let form = [("kind", "medicine"), ("drug_id", drug.as_str()), ("dose", "1 tablet"), ("route", "oral"), ("timing", "three")];
        let blocked = ward.post(&child.doctor, "write", &form).await;
        assert!(blocked.status == StatusCode::UNPROCESSABLE_ENTITY && blocked.body.contains("record the weight first"), "{}", blocked.body);
        for (typed, wrong) in [("3.6", "3.6"), ("80 lb", "kilograms"), ("0.1", "650")] {
            let answer = child.by(&child.nurse, "observe", &[("weight", typed)]).await;
            assert!(said(&answer, "weight").contains(wrong), "{typed}: {}", answer.body);
        }
        ok(&child.by(&child.nurse, "observe", &[("weight", "36.5")]).await);
        assert_eq!(number(&app, sql("SELECT weight FROM observations WHERE weighed_only")).await, 36_500);
        let sheet = child.sheet().await;
        assert!(sheet.contains("36.5 kg") && !sheet.contains("Last observations"), "a weight alone is no set: {sheet}");
        ok(&ward.post(&child.doctor, "write", &form).await);
        let page = child.doctor.get(&format!("/admissions/{}/orders/new?kind=medicine&drug={drug}", child.id)).await.body;
        assert!(page.contains("value=\"36.5\"") && page.contains("Weighed on"), "{page}");
        child.clock.advance(chrono::Duration::minutes(1));
        ok(&child.by(&child.nurse, "observe", &[("weight", "31.5"), ("weight_sure", "true"), ("pulse", "90")]).await);
        assert!(child.sheet().await.contains("31.5 kg"), "the newest counts");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE observations SET weight = 3000")).await.expect_err("a set stays");
        assert!(error.violates("observations_frozen"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
