//! Tests patients who get worse while waiting: the messages for a high early-warning score, and the priority given after
//! check-in.

use axum::http::StatusCode;

use super::{
    Answer, Browser, TestApp, all_at_once, on_both_engines,
    opd::{arrival, entry_of, order, waiting, waits_for_doctor},
    races_on_both_engines,
};
use crate::{
    core::{Error, Stamp, VisitId},
    opd::{self, CheckIn, Priority, QueueState, Step},
};

/// A set with the score 17: 3 for each of five values, 2 for the temperature and none for breathing air.
const SEVENTEEN: [(&str, &str); 7] = [
    ("respiration", "30"),
    ("spo2", "85"),
    ("systolic", "80"),
    ("diastolic", "50"),
    ("pulse", "140"),
    ("consciousness", "voice"),
    ("temperature", "39.5"),
];

async fn measured(browser: &Browser, visit: VisitId, signs: &[(&str, &str)]) -> Answer {
    let id = visit.to_string();
    let answer = browser.submit("/triage", "/api/opd/record_vitals", &[signs, &[("visit", &id)]].concat()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer
}

async fn prioritise(browser: &Browser, visit: VisitId, seen: &str, priority: &str) -> Answer {
    let (id, reason) = (visit.to_string(), format!("to {priority}"));
    let form = [("visit", id.as_str()), ("seen", seen), ("priority", priority), ("priority_reason", &reason)];
    browser.post("/api/opd/prioritise", &form).await
}

async fn priority_of(app: &TestApp, visit: VisitId) -> (Priority, String) {
    let entry = entry_of(app, visit).await;
    (entry.priority, entry.priority_reason)
}

#[tokio::test]
async fn a_high_score_is_answered_before_anything_else() {
    on_both_engines(|app| async move {
        let visits = waiting(&app, &[app.fixture.ana, app.fixture.ben]).await;
        let (well, ill) = (visits[0].id, visits[1].id);
        let nurse = app.as_("nurse").await;
        let calm =
            [("respiration", "16"), ("spo2", "98"), ("systolic", "120"), ("diastolic", "80"), ("pulse", "70"), ("temperature", "37")];
        let next = measured(&nurse, well, &[&calm[..], &[("consciousness", "alert")]].concat()).await.location.expect("where to go");
        assert!(next.starts_with("/triage?done=vitals_sent_on&"), "{next}");
        let page = nurse.get(&format!("/visits/{well}/vitals")).await.body;
        assert!(page.contains("NEWS2 0") && !page.contains("role=\"alert\"") && !page.contains("opd/prioritise"), "nothing asks for haste");

        let page = format!("/visits/{ill}/vitals");
        let next = measured(&nurse, ill, &SEVENTEEN).await.location.expect("where to go");
        assert!(next.starts_with(&page), "{next}");
        let shown = nurse.get(&next).await.body;
        assert!(shown.contains("role=\"alert\"") && shown.contains("NEWS2 17") && shown.contains("critical-care skills"), "{shown}");
        assert!(shown.contains("value=\"NEWS2 17\"") && shown.contains("/api/opd/prioritise"), "the form is filled in: {shown}");
        assert_eq!(order(&app, Step::Doctor).await, ["A-001", "A-002"]);

        let id = ill.to_string();
        let form = [("visit", id.as_str()), ("seen", "normal"), ("priority", "emergency")];
        let refused = nurse.submit(&page, "/api/opd/prioritise", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Say why this patient"), "{}", refused.body);
        let done = nurse.submit(&page, "/api/opd/prioritise", &[&form[..], &[("priority_reason", "NEWS2 17")]].concat()).await;
        let triage = nurse.get(&done.location.expect("back to triage")).await.body;
        assert!(triage.contains("A-002 now goes before others") && triage.contains("Emergency"), "{triage}");
        assert_eq!(order(&app, Step::Doctor).await, ["A-002", "A-001"]);
        let shown = nurse.get(&page).await.body;
        assert!(shown.contains("Goes before others: Emergency (NEWS2 17)") && !shown.contains("/api/opd/prioritise"), "{shown}");

        // The visit stays urgent in each later step.
        for act in ["undo", "send_on", "call", "skip", "call", "back_to_waiting", "start"] {
            let entry = entry_of(&app, ill).await.id.to_string();
            let answer = nurse.post(&format!("/api/opd/{act}"), &[("entry", &entry)]).await;
            assert_eq!(answer.status, StatusCode::OK, "{act}: {}", answer.body);
            assert_eq!(priority_of(&app, ill).await, (Priority::Emergency, "NEWS2 17".to_owned()), "after {act}");
        }
        let late = prioritise(&nurse, ill, "emergency", "normal").await;
        assert!(matches!(late.error(), Error::Conflict(_)), "in the room nobody waits");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn who_has_no_score_is_told_why() {
    on_both_engines(|app| async move {
        let visit = waiting(&app, &[app.fixture.ben]).await.remove(0).id;
        let nurse = app.as_("nurse").await;
        let taken: Vec<_> = SEVENTEEN.into_iter().filter(|(name, _)| *name != "consciousness").collect();
        let next = measured(&nurse, visit, &taken).await.location.expect("where to go");
        let words = "No score: consciousness not assessed";
        let triage = nurse.get(&next).await.body;
        assert!(triage.contains(words) && triage.contains("A-001 now waits for the doctor"), "{next}: {triage}");
        assert!(nurse.get(&format!("/visits/{visit}/vitals")).await.body.contains(words));
        let next = measured(&nurse, visit, &taken).await.location.expect("where to go");
        assert!(nurse.get(&next).await.body.contains(&format!("Vital signs saved. {words}")), "{next}");
        let desk = app.as_("desk").await;
        let moved = next.replace("/triage", "/reception");
        assert!(!desk.get(&moved).await.body.contains(words), "not the front desk's to know");
    })
    .await;
}

#[tokio::test]
async fn only_who_looks_after_a_waiting_patient_says_who_goes_first() {
    on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ben).await;
        let nurse = app.as_("nurse").await;
        for (login, expected) in [("desk", Error::Forbidden), ("cashier", Error::Forbidden)] {
            assert_eq!(prioritise(&app.as_(login).await, visit, "normal", "emergency").await.error(), expected, "{login}");
        }
        assert!(matches!(prioritise(&nurse, visit, "priority", "normal").await.error(), Error::Conflict(_)), "not what was seen");
        assert!(matches!(prioritise(&nurse, visit, "normal", "first").await.error(), Error::Invalid(_)));
        for (seen, to) in [("normal", "priority"), ("priority", "emergency"), ("emergency", "normal")] {
            assert_eq!(prioritise(&nurse, visit, seen, to).await.status, StatusCode::OK, "{seen} to {to}");
            assert_eq!(priority_of(&app, visit).await.0.as_str(), to);
        }
        let entry = entry_of(&app, visit).await.id.to_string();
        nurse.post("/api/opd/leave", &[("entry", &entry)]).await;
        assert!(matches!(prioritise(&nurse, visit, "normal", "emergency").await.error(), Error::Conflict(_)), "gone");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let arrival = CheckIn { service: app.fixture.medicine_south, ..arrival(&app, app.fixture.dora) };
        let south = opd::check_in(&mut tx, &arrival, Stamp { by: app.fixture.user("desk2"), at: app.state.clock.now() })
            .await
            .expect("checked in")
            .id;
        tx.commit().await.expect("committed");
        assert_eq!(prioritise(&nurse, south, "normal", "emergency").await.error(), Error::NotFound, "not her clinic");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_prioritise_at_once_one_is_told_and_a_call_keeps_the_priority() {
    races_on_both_engines(|app| async move {
        let nurse = app.as_("nurse").await;
        let visit = waits_for_doctor(&app, app.fixture.ben).await;
        let both = all_at_once(["emergency", "priority"].map(|to| {
            let nurse = nurse.clone();
            async move { (to, prioritise(&nurse, visit, "normal", to).await.status) }
        }))
        .await;
        let won: Vec<_> = both.iter().filter(|(_, status)| *status == StatusCode::OK).map(|(to, _)| *to).collect();
        assert_eq!(won.len(), 1, "{both:?}");
        assert!(both.iter().any(|(_, status)| *status == StatusCode::CONFLICT), "{both:?}");
        assert_eq!(priority_of(&app, visit).await, (won[0].parse().expect("a priority"), format!("to {}", won[0])));

        // Another user calls at the same moment: either the call has the priority, or one of the two gets a conflict.
        let visit = waits_for_doctor(&app, app.fixture.ana).await;
        let entry = entry_of(&app, visit).await.id.to_string();
        let both = all_at_once([true, false].map(|call| {
            let (nurse, entry) = (nurse.clone(), entry.clone());
            async move {
                if call {
                    nurse.post("/api/opd/call", &[("entry", &entry)]).await.status
                } else {
                    prioritise(&nurse, visit, "normal", "emergency").await.status
                }
            }
        }))
        .await;
        assert!(both.iter().all(|status| [StatusCode::OK, StatusCode::CONFLICT].contains(status)), "{both:?}");
        let after = entry_of(&app, visit).await;
        assert_eq!(after.state == QueueState::Called, both[0] == StatusCode::OK, "{both:?}");
        assert_eq!(after.priority == Priority::Emergency, both[1] == StatusCode::OK, "{both:?}");
        app.assert_sound().await;
    })
    .await;
}
