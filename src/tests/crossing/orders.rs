//! Tests concurrent orders from several windows.

use axum::http::StatusCode;

use super::{called, codes, diagnosis, ids_in, prescription, send, summary};
use crate::{
    clinical::Rank,
    core::{Error, Stamp},
    opd::{self, CheckIn, Step},
    tests::{all_at_once, fixture::PASSWORD, opd::arrival, races_on_both_engines},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_diagnoses_at_once_all_are_there_and_one_is_primary() {
    races_on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = called(&app, &doctor, app.fixture.ana).await;
        // Five windows send the last code.
        let mut sent = codes(24);
        sent.extend([sent[23]; 4]);
        let answers = all_at_once(sent.into_iter().map(|code| {
            let (doctor, form) = (doctor.clone(), diagnosis(visit, code));
            async move { send(&doctor, "/api/clinical/add_diagnosis", &form).await }
        }))
        .await;
        let (accepted, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!(accepted.len(), 24, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        for answer in refused {
            assert!(matches!(answer.error(), Error::Invalid(errors) if errors[0].field == "diagnosis"), "{}", answer.body);
        }
        let diagnoses = summary(&app, visit).await.diagnoses;
        assert_eq!(diagnoses.len(), 24);
        assert_eq!(diagnoses.iter().filter(|one| one.rank == Rank::Primary).count(), 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_windows_that_choose_the_primary_diagnosis_each_is_answered_and_one_counts() {
    races_on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = called(&app, &doctor, app.fixture.ana).await;
        let mut ids = Vec::new();
        for code in codes(5) {
            ids = ids_in(&send(&doctor, "/api/clinical/add_diagnosis", &diagnosis(visit, code)).await, "diagnoses");
        }
        // While some windows choose the primary diagnosis, several others remove one of the diagnoses.
        let struck = ids[4].clone();
        let choosing = (0..20).map(|n| ("/api/clinical/primary_diagnosis", ids[n % 5].clone()));
        let striking = (0..3).map(|_| ("/api/clinical/remove_diagnosis", struck.clone()));
        let answers = all_at_once(choosing.chain(striking).map(|(path, id)| {
            let (doctor, form) = (doctor.clone(), vec![("visit_id", visit.to_string()), ("diagnosis_id", id.clone())]);
            async move { (path, id, send(&doctor, path, &form).await) }
        }))
        .await;
        for (path, id, answer) in &answers {
            let gone = *id == struck && answer.status == StatusCode::NOT_FOUND;
            assert!(answer.status == StatusCode::OK || gone, "{path}: {} {}", answer.status, answer.body);
        }
        let removed = answers.iter().filter(|(path, _, answer)| path.ends_with("remove_diagnosis") && answer.status == StatusCode::OK);
        assert_eq!(removed.count(), 1);
        let diagnoses = summary(&app, visit).await.diagnoses;
        assert_eq!(diagnoses.len(), 4);
        assert_eq!(diagnoses.iter().filter(|one| one.rank == Rank::Primary).count(), 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_consultations_that_prescribe_one_medicine_at_once_one_is_warned() {
    races_on_both_engines(|app| async move {
        let (costa, ruiz) = (app.as_("doctor").await, app.as_("doctor2").await);
        let medicine = called(&app, &costa, app.fixture.ana).await;
        let (now, desk) = (app.state.clock.now(), app.fixture.user("desk"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        let elsewhere = CheckIn { service: app.fixture.surgery_north, ..arrival(&app, app.fixture.ana) };
        let surgery = opd::check_in(&mut tx, &elsewhere, Stamp { by: desk, at: now }).await.expect("checked in").id;
        let (locked, _) = opd::lock_visit(&mut tx, surgery).await.expect("locked");
        opd::move_on(&mut tx, locked, Step::Doctor, Stamp { by: desk, at: now }).await.expect("moved on");
        tx.commit().await.expect("committed");
        let answer = ruiz.post("/api/clinical/call", &[("visit_id", &surgery.to_string())]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let answers = all_at_once((0..8).map(|n| {
            let (doctor, visit) = if n % 2 == 0 { (costa.clone(), medicine) } else { (ruiz.clone(), surgery) };
            let form = prescription(visit, "Warfarin 5 mg");
            async move { (visit, send(&doctor, "/api/clinical/prescribe", &form).await) }
        }))
        .await;
        let first = answers.iter().find(|(_, answer)| answer.status == StatusCode::OK).expect("one is prescribed").0;
        for (visit, answer) in answers {
            if visit == first {
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            } else {
                assert!(matches!(answer.error(), Error::Invalid(errors) if errors[0].field == "override_reason"), "{}", answer.body);
            }
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_stop_a_prescription_one_does_while_it_is_repeated() {
    races_on_both_engines(|app| async move {
        let (costa, ruiz) = (app.as_("doctor").await, app.as_("doctor2").await);
        let visit = called(&app, &costa, app.fixture.ana).await;
        assert_eq!(send(&costa, "/api/clinical/prescribe", &prescription(visit, "Amlodipine")).await.status, StatusCode::OK);
        let sign =
            [("visit_id", visit.to_string()), ("version", "0".to_owned()), ("plan", "Daily".to_owned()), ("password", PASSWORD.to_owned())];
        assert_eq!(send(&costa, "/api/clinical/sign", &sign.into()).await.status, StatusCode::OK);
        let old = summary(&app, visit).await.prescriptions[0].id;
        let answers = all_at_once((0..12).map(|n| {
            let doctor = if n % 2 == 0 { costa.clone() } else { ruiz.clone() };
            let form = vec![("prescription_id", old.to_string()), ("reason", format!("Reason {n}")), ("back", "chart".to_owned())];
            async move { send(&doctor, "/api/clinical/stop_prescription", &form).await }
        }))
        .await;
        let stopped: Vec<_> = answers.iter().enumerate().filter(|(_, answer)| answer.status == StatusCode::OK).map(|(n, _)| n).collect();
        assert_eq!(stopped.len(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| matches!(answer.status, StatusCode::OK | StatusCode::CONFLICT)), "{answers:?}");
        let summary = summary(&app, visit).await;
        assert_eq!(summary.prescriptions[0].stop_reason, format!("Reason {}", stopped[0]));
        assert!(summary.note.expect("a note").is_verified());
        app.assert_sound().await;
    })
    .await;
}
