//! Race tests of the queue.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use super::{all_answered, until_served};
use crate::tests::{
    TestApp, all_at_once,
    opd::{done, entry_of, waiting},
    races_from,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_nurses_who_call_three_times_each_call_a_hundred_different_patients() {
    let prepare = async |app: &TestApp| {
        waiting(app, &app.people(100).await).await;
        app.as_("nurse").await
    };
    races_from(prepare, |app, nurse| async move {
        let nurse = nurse.in_copy(&app);
        let called = all_at_once((0..50).map(|_| {
            let nurse = nurse.clone();
            async move {
                let mut called = Vec::new();
                for _ in 0..3 {
                    let answer = until_served(|| nurse.post("/api/opd/call_next", &[("step", "triage")])).await;
                    called.push(done(&answer).visit);
                }
                called
            }
        }))
        .await;
        let called: Vec<_> = called.into_iter().flatten().filter(|visit| !visit.is_empty()).collect();
        let different: BTreeSet<_> = called.iter().collect();
        assert_eq!((called.len(), different.len()), (100, 100));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_acts_on_twenty_five_entries_one_wins_for_each() {
    let prepare = async |app: &TestApp| {
        let mut entries = Vec::new();
        for visit in waiting(app, &app.people(25).await).await {
            entries.push(entry_of(app, visit.id).await.id.to_string());
        }
        (app.as_("nurse").await, entries)
    };
    races_from(prepare, |app, (nurse, entries)| async move {
        let nurse = nurse.in_copy(&app);
        let acts = ["call", "leave", "start", "send_on"];
        let answers = all_at_once((0..100).map(|number| {
            // The four actions of one entry follow each other.
            let (nurse, entry, act) = (nurse.clone(), entries[number / 4].clone(), format!("/api/opd/{}", acts[number % 4]));
            async move {
                let form = [("entry", entry.as_str())];
                (number / 4, until_served(|| nurse.post(&act, &form)).await.status)
            }
        }))
        .await;
        all_answered(answers.iter().map(|(_, status)| *status));
        for entry in 0..25 {
            let won = answers.iter().filter(|(of, status)| *of == entry && *status == StatusCode::OK).count();
            assert_eq!(won, 1, "entry {entry}: {answers:?}");
        }
        app.assert_sound().await;
    })
    .await;
}
