//! Tests that an order concurrent with a signature is either part of the signed content, or refused.

use axum::http::StatusCode;

use super::{Form, called, codes, diagnosis, ids_in, prescription, send, summary};
use crate::{
    clinical::{EncounterState, NoteState, PrescriptionState, Rank, Summary},
    core::VisitId,
    tests::{Browser, TestApp, all_at_once, fixture::PASSWORD, races_on_both_engines},
};

/// The number of windows that order at the same time.
const WINDOWS: usize = 3;
/// More orders than users can send while a password is being checked.
const ORDERS: usize = 90;

type Order = (&'static str, Form);

fn signing(visit: VisitId, version: i64, history: &str) -> Form {
    let form = [("visit_id", visit.to_string()), ("version", version.to_string())];
    form.into_iter().chain([("history", history.to_owned()), ("password", PASSWORD.to_owned())]).collect()
}

/// Signs while several windows order, each one order after the other until one is refused. Returns the positions of the
/// accepted orders.
async fn signs_while_ordering(doctor: &Browser, visit: VisitId, orders: Vec<Order>) -> Vec<usize> {
    let mut windows: Vec<Vec<(usize, Order)>> = vec![Vec::new(); WINDOWS];
    for (place, order) in orders.into_iter().enumerate() {
        windows[place % WINDOWS].push((place, order));
    }
    let ordering = windows.into_iter().map(|orders| {
        let doctor = doctor.clone();
        async move {
            let mut accepted = Vec::new();
            for (place, (path, form)) in orders {
                let answer = send(&doctor, path, &form).await;
                if answer.status != StatusCode::OK {
                    assert_eq!(answer.status, StatusCode::CONFLICT, "{path}: {}", answer.body);
                    break;
                }
                accepted.push(place);
            }
            accepted
        }
    });
    let (doctor, form) = (doctor.clone(), signing(visit, 0, "Fell"));
    let signed = tokio::spawn(async move { send(&doctor, "/api/clinical/sign", &form).await });
    let accepted = all_at_once(ordering).await.concat();
    let signed = signed.await.expect("answered");
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
    accepted
}

/// Asserts that the note is verified, and that no draft remains.
fn assert_signed(summary: &Summary) {
    let note = summary.note.as_ref().expect("a note");
    assert_eq!((summary.encounter.state, note.state), (EncounterState::Finished, NoteState::Signed));
    assert!(note.is_verified(), "the signature is broken");
    assert!(summary.prescriptions.iter().all(|one| one.state == PrescriptionState::Active), "{:?}", summary.prescriptions);
    let primary = summary.diagnoses.iter().filter(|one| one.rank == Rank::Primary).count();
    assert_eq!(primary, usize::from(!summary.diagnoses.is_empty()), "one primary diagnosis");
}

/// Creates visits of a doctor's patients, each called into the room.
async fn visits(app: &TestApp, doctor: &Browser, count: usize) -> Vec<VisitId> {
    let mut visits = Vec::new();
    for patient in app.people(count).await {
        visits.push(called(app, doctor, patient).await);
    }
    visits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_prescription_that_crosses_a_signature_is_signed_or_refused() {
    races_on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        for visit in visits(&app, &doctor, 2).await {
            let orders = (0..ORDERS).map(|n| ("/api/clinical/prescribe", prescription(visit, &format!("Remedy{n}"))));
            let accepted = signs_while_ordering(&doctor, visit, orders.collect()).await;
            let summary = summary(&app, visit).await;
            assert_signed(&summary);
            let mut there: Vec<_> = summary.prescriptions.iter().map(|one| one.drug.clone()).collect();
            let mut told: Vec<_> = accepted.into_iter().map(|n| format!("Remedy{n}")).collect();
            there.sort();
            told.sort();
            assert_eq!(there, told, "exactly what was answered with success is there");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_diagnosis_that_crosses_a_signature_is_signed_or_refused() {
    races_on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let codes = codes(ORDERS);
        for visit in visits(&app, &doctor, 2).await {
            let orders = codes.iter().map(|code| ("/api/clinical/add_diagnosis", diagnosis(visit, code))).collect();
            let accepted = signs_while_ordering(&doctor, visit, orders).await;
            let summary = summary(&app, visit).await;
            assert_signed(&summary);
            let mut there: Vec<_> = summary.diagnoses.iter().map(|one| one.code.as_str()).collect();
            let mut told: Vec<_> = accepted.into_iter().map(|n| codes[n]).collect();
            there.sort_unstable();
            told.sort_unstable();
            assert_eq!(there, told, "exactly what was answered with success is there");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_primary_diagnosis_that_crosses_a_signature_is_signed_or_refused() {
    races_on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        for visit in visits(&app, &doctor, 2).await {
            let mut ids = Vec::new();
            for code in codes(3) {
                ids = ids_in(&send(&doctor, "/api/clinical/add_diagnosis", &diagnosis(visit, code)).await, "diagnoses");
            }
            let orders = (0..ORDERS).map(|n| {
                let form = vec![("visit_id", visit.to_string()), ("diagnosis_id", ids[n % 3].clone())];
                ("/api/clinical/primary_diagnosis", form)
            });
            signs_while_ordering(&doctor, visit, orders.collect()).await;
            assert_signed(&summary(&app, visit).await);
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_diagnosis_struck_out_while_signing_is_not_among_what_is_signed() {
    races_on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = visits(&app, &doctor, 1).await.remove(0);
        let mut ids = Vec::new();
        for code in codes(24) {
            ids = ids_in(&send(&doctor, "/api/clinical/add_diagnosis", &diagnosis(visit, code)).await, "diagnoses");
        }
        let orders = ids.iter().map(|id| {
            let form = vec![("visit_id", visit.to_string()), ("diagnosis_id", id.clone()), ("reason", "Wrong".to_owned())];
            ("/api/clinical/remove_diagnosis", form)
        });
        let accepted = signs_while_ordering(&doctor, visit, orders.collect()).await;
        let summary = summary(&app, visit).await;
        assert_signed(&summary);
        let mut left: Vec<_> = summary.diagnoses.iter().map(|one| one.id.to_string()).collect();
        let mut told: Vec<_> = ids.iter().enumerate().filter(|(place, _)| !accepted.contains(place)).map(|(_, id)| id.clone()).collect();
        left.sort();
        told.sort();
        assert_eq!(left, told, "exactly what was answered with success is struck out");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_saves_and_signatures_that_cross_one_signature_has_the_text() {
    races_on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = visits(&app, &doctor, 1).await.remove(0);
        // One window saves repeatedly; others sign, each with another version of the draft. More concurrent signatures would
        // reach the limit of password attempts.
        let signatures: Vec<_> = (0..4)
            .map(|version| {
                let (doctor, form) = (doctor.clone(), signing(visit, version, &format!("Signed over {version}")));
                tokio::spawn(async move { (version, send(&doctor, "/api/clinical/sign", &form).await) })
            })
            .collect();
        let mut saved = 0;
        while saved < 3 {
            let history = format!("Saved over {saved}");
            let form = vec![("visit_id", visit.to_string()), ("version", saved.to_string()), ("history", history)];
            let answer = send(&doctor, "/api/clinical/save_note", &form).await;
            if answer.status != StatusCode::OK {
                assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
                break;
            }
            saved += 1;
        }
        let mut winners = Vec::new();
        for signature in signatures {
            let (version, answer) = signature.await.expect("answered");
            match answer.status {
                StatusCode::OK => winners.push(version),
                status => assert_eq!(status, StatusCode::CONFLICT, "{}", answer.body),
            }
        }
        if winners.is_empty() {
            // Each signature came before or after its version was the latest one.
            assert_eq!(
                send(&doctor, "/api/clinical/sign", &signing(visit, saved, &format!("Signed over {saved}"))).await.status,
                StatusCode::OK
            );
            winners.push(saved);
        }
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert_eq!(winners[0], saved, "no save came after it");
        let summary = summary(&app, visit).await;
        assert_signed(&summary);
        assert_eq!(summary.note.expect("a note").text.history, format!("Signed over {saved}"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_colleague_who_takes_over_and_a_signature_one_is_refused() {
    races_on_both_engines(|app| async move {
        let (costa, ruiz) = (app.as_("doctor").await, app.as_("doctor2").await);
        for visit in visits(&app, &costa, 2).await {
            let begun = costa.post("/api/clinical/begin", &[("visit_id", &visit.to_string())]).await;
            assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
            let signature = {
                let (costa, form) = (costa.clone(), signing(visit, 0, "Fell"));
                tokio::spawn(async move { send(&costa, "/api/clinical/sign", &form).await })
            };
            // The two doctors take over the consultation from each other until it is signed.
            let taking = [&ruiz, &costa].map(|doctor| {
                let doctor = doctor.clone();
                async move {
                    for _ in 0..40 {
                        let answer = doctor.post("/api/clinical/take_over", &[("visit_id", &visit.to_string())]).await;
                        if answer.status != StatusCode::OK {
                            assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
                            return;
                        }
                    }
                }
            });
            all_at_once(taking).await;
            let signed = signature.await.expect("answered");
            let summary = summary(&app, visit).await;
            if signed.status == StatusCode::OK {
                assert_signed(&summary);
                assert_eq!(summary.encounter.doctor, Some(app.fixture.costa));
            } else {
                assert_eq!(signed.status, StatusCode::CONFLICT, "{}", signed.body);
                assert_eq!(summary.encounter.state, EncounterState::InProgress);
            }
        }
        app.assert_sound().await;
    })
    .await;
}
