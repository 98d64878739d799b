//! Acts on one stay at the same moment.

use axum::http::StatusCode;

use super::{Rounds, follow_ups::propose, id, number, ok, summaries};
use crate::{
    db::sql,
    tests::{
        TestApp, all_at_once,
        fixture::PASSWORD,
        medicine_record::{OnWard, drug},
        races_from,
    },
};

fn told(status: StatusCode) -> bool {
    [StatusCode::OK, StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::SERVICE_UNAVAILABLE].contains(&status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_sign_and_amend_a_note_one_version_counts() {
    let prepare = async |app: &TestApp| {
        let stay = Rounds::open(app).await;
        let note = stay.note("begin_note", "Better").await;
        (stay, note)
    };
    races_from(prepare, |app, (stay, note)| async move {
        let acts = (0..40).map(|number| {
            let (doctor, colleague, note) = (stay.doctor.in_copy(&app), stay.colleague.in_copy(&app), note.clone());
            async move {
                let form = [
                    ("stay_note_id", note.as_str()),
                    ("kind", "round"),
                    ("style", "soap"),
                    ("saved", "1"),
                    ("assessment", "Well"),
                    ("password", PASSWORD),
                ];
                match number % 2 {
                    0 => doctor.post("/api/rounds/sign_note", &form).await.status,
                    _ => colleague.post("/api/rounds/amend_note", &[("stay_note_id", &note)]).await.status,
                }
            }
        });
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM stay_notes WHERE state = 'final' AND superseded_at IS NULL")).await, 1);
        assert!(number(&app, sql("SELECT count(*) FROM stay_notes WHERE state = 'draft'")).await <= 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_summary_that_is_signed_decides_on_each_order_that_came_before() {
    let prepare = async |app: &TestApp| {
        crate::tests::formulary::loaded(app).await;
        let stay = Rounds::open(app).await;
        let order = summaries::order_medicine(app, &stay).await;
        let other = drug(app, "OMEPRAZOLE-20-MG-GRCAP").await;
        (stay, order, other)
    };
    races_from(prepare, |app, (stay, order, other)| async move {
        let acts = (0..2).map(|number| {
            let mut stay = stay.clone();
            stay.doctor = stay.doctor.in_copy(&app);
            let (order, other) = (order.clone(), other.clone());
            let ward = OnWard { admission: stay.id, ward: stay.plan.medical.to_string(), other: "nurse2" };
            async move {
                if number == 0 {
                    let row = summaries::goes_on(&order);
                    return stay.post(&stay.doctor, "sign_summary", &summaries::decided(&row, &[("saved", "0")])).await.status;
                }
                let key = crate::tests::Fixture::key();
                let form = [
                    ("kind", "medicine"),
                    ("key", key.as_str()),
                    ("drug_id", other.as_str()),
                    ("dose", "20 mg"),
                    ("route", "oral"),
                    ("timing", "morning"),
                ];
                ward.post(&stay.doctor, "write", &form).await.status
            }
        });
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        let before = sql("SELECT count(*) FROM discharge_summaries s JOIN care_orders o ON o.admission_id = s.admission_id
            WHERE s.state = 'final' AND o.ordered_at < s.signed_at AND NOT EXISTS (SELECT 1 FROM discharge_medicines m
                WHERE m.summary_id = s.id AND m.order_id = o.id)");
        assert_eq!(number(&app, before).await, 0);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_book_a_follow_up_all_get_the_same_appointment() {
    let prepare = async |app: &TestApp| {
        let stay = Rounds::open(app).await;
        let (answer, follow_up) = propose(app, &stay, "1").await;
        ok(&answer);
        let (desk, ana) = (app.as_("desk").await, app.as_("ana").await);
        (follow_up, desk, ana)
    };
    races_from(prepare, |app, (follow_up, desk, ana)| async move {
        let presses = (0..40).map(|number| {
            let (desk, ana, follow_up) = (desk.in_copy(&app), ana.in_copy(&app), follow_up.clone());
            async move {
                match number % 2 {
                    0 => desk.post("/api/rounds/book_follow_up", &[("follow_up_id", &follow_up)]).await.status,
                    _ => ana.post("/api/rounds/book_own_follow_up", &[("follow_up_id", &follow_up)]).await.status,
                }
            }
        });
        let answers = all_at_once(presses).await;
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM appointments")).await, 1);
        assert_eq!(id(&app, sql("SELECT id FROM follow_ups WHERE state = 'booked'")).await, follow_up);
        app.assert_sound().await;
    })
    .await;
}
