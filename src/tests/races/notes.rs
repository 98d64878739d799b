//! Race tests of one note.

use axum::http::StatusCode;

use super::all_answered;
use crate::{
    clinical::{self, NoteState},
    tests::{
        TestApp, all_at_once,
        consultation::{calls, saves},
        fixture::PASSWORD,
        opd::waits_for_doctor,
        races_from,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_note_that_is_saved_signed_and_taken_over_at_once_has_the_text_of_one_winner() {
    let prepare = async |app: &TestApp| {
        let visit = waits_for_doctor(app, app.fixture.ana).await;
        let (doctor, other) = (app.as_("doctor").await, app.as_("doctor2").await);
        calls(app, &doctor).await;
        assert_eq!(saves(&doctor, &visit.to_string(), "0", "Draft").await.status, StatusCode::OK);
        (visit, doctor, other)
    };
    races_from(prepare, |app, (visit, doctor, other)| async move {
        let (doctor, other, id) = (doctor.in_copy(&app), other.in_copy(&app), visit.to_string());
        // 50 tabs save, 5 sign, and another doctor takes over in two tabs.
        let answers = all_at_once((0..57).map(|number| {
            let (doctor, other, id) = (doctor.clone(), other.clone(), id.clone());
            async move {
                let text = format!("Text {number}");
                let (act, status) = match number {
                    0 | 20 | 30 | 40 | 50 => {
                        let form = [("visit_id", id.as_str()), ("version", "1"), ("history", &text), ("password", PASSWORD)];
                        ("signed", doctor.post("/api/clinical/sign", &form).await.status)
                    }
                    10 | 45 => ("taken over", other.post("/api/clinical/take_over", &[("visit_id", &id)]).await.status),
                    _ => ("saved", saves(&doctor, &id, "1", &text).await.status),
                };
                (act, text, status)
            }
        }))
        .await;
        all_answered(answers.iter().map(|(.., status)| *status));
        let won = |act| {
            answers
                .iter()
                .filter(|(of, _, status)| *of == act && *status == StatusCode::OK)
                .map(|(_, text, _)| text.clone())
                .collect::<Vec<_>>()
        };
        let (signed, saved, taken_over) = (won("signed"), won("saved"), won("taken over"));
        let written = [signed.clone(), saved].concat();
        assert!(written.len() <= 1, "one version is written over once: {answers:?}");
        assert!(written.len() + taken_over.len() > 0, "somebody wins: {answers:?}");

        let mut tx = app.state.db.read().await.expect("a connection");
        let summary = clinical::visit_summary(&mut tx, visit).await.expect("read").expect("an encounter");
        let note = summary.note.expect("a note");
        assert_eq!(note.text.history, written.first().map_or("Draft", String::as_str), "{answers:?}");
        assert_eq!(note.state == NoteState::Signed, !signed.is_empty(), "{answers:?}");
        assert!(signed.is_empty() || (note.is_genuine() && taken_over.is_empty()), "{answers:?}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
