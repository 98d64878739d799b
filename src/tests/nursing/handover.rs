//! The nurse's own patients, and the handover from shift to shift.

use axum::http::StatusCode;

use super::{Stay, id, number, ok, text};
use crate::{db::sql, tests::on_both_engines};

#[tokio::test]
async fn a_nurse_takes_her_patients_and_gives_one_back() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let admission = stay.id.to_string();
        ok(&stay.nurse.post("/api/nursing/mine", &[("admission_id", &admission)]).await);
        ok(&stay.nurse.post("/api/nursing/mine", &[("admission_id", &admission)]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM nursing_allocations WHERE nurse_id IS NOT NULL")).await, 1);
        let page = stay.nurse.get(&format!("/nursing?ward={}", stay.plan.medical)).await.body;
        assert!(page.contains("Give back") && page.contains("Núñez"), "{page}");
        // A colleague takes the patient over.
        ok(&stay.doctor.post("/api/nursing/mine", &[("admission_id", &admission)]).await);
        ok(&stay.nurse.post("/api/nursing/mine", &[("admission_id", &admission), ("give_back", "true")]).await);
        let query = sql("SELECT count(*) FROM nursing_allocations WHERE nurse_id = ").push_bind(app.fixture.user("doctor"));
        assert_eq!(number(&app, query).await, 1, "only the own patient is given back");
        ok(&stay.doctor.post("/api/nursing/mine", &[("admission_id", &admission), ("give_back", "true")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM nursing_allocations WHERE nurse_id IS NULL")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_handover_is_written_offered_and_taken_over_by_another_person() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        ok(&stay.observe(&[]).await);
        let (admission, ward) = (stay.id.to_string(), stay.plan.medical.to_string());
        let write = async |version: &str, situation: &str| {
            let form =
                [("admission_id", admission.as_str()), ("version", version), ("situation", situation), ("recommendation", "Walk twice")];
            stay.nurse.post("/api/nursing/write_line", &form).await
        };
        let empty = stay.nurse.post("/api/nursing/write_line", &[("admission_id", &admission), ("version", "0")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        ok(&write("0", "Stable since noon").await);
        assert_eq!(write("0", "Other").await.status, StatusCode::CONFLICT, "somebody wrote since");
        ok(&write("1", "Stable since one").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM handover_notes")).await, 2);
        ok(&stay.nurse.post("/api/nursing/offer", &[("ward_id", &ward)]).await);
        let handover = id(&app, sql("SELECT id FROM handovers")).await;
        let own = stay.nurse.post("/api/nursing/take_over", &[("handover_id", &handover)]).await;
        assert_eq!(own.status, StatusCode::CONFLICT, "another person takes over");
        let page = stay.doctor.get(&format!("/nursing/handover?ward={ward}")).await.body;
        assert!(page.contains("Stable since one") && page.contains("Offered by") && page.contains("NEWS2 0"), "{page}");
        let paper = stay.doctor.get(&format!("/handovers/{handover}")).await.body;
        assert!(paper.contains("Walk twice") && paper.contains("1A"), "{paper}");
        // The shift changes: the handover that waits is the one of the shift before.
        app.state.clock.advance(chrono::Duration::hours(12));
        let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
        ok(&doctor.post("/api/nursing/take_over", &[("handover_id", &handover)]).await);
        assert_eq!(text(&app, sql("SELECT state FROM handovers")).await, "taken");
        let stay = Stay { nurse, doctor, ..stay };
        // The next one carries the line for editing.
        let page = stay.doctor.get(&format!("/admissions/{}/handover", stay.id)).await.body;
        assert!(page.contains("Carried from") && page.contains("Stable since one"), "{page}");
        ok(&stay.nurse.post("/api/nursing/offer", &[("ward_id", &ward)]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM handovers")).await, 2);
        let second = id(&app, sql("SELECT id FROM handovers WHERE state = 'offered'")).await;
        ok(&stay.nurse.post("/api/nursing/take_back", &[("handover_id", &second)]).await);
        app.assert_sound().await;
    })
    .await;
}
