//! Tests reception and cashier: the checks before a call, later corrections, and the data that a cashier must not see.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use chrono::Duration;

use super::{
    Fixture, TestApp, on_both_engines,
    opd::{arrival, done, entry_of, order, waiting, waits_for_doctor},
};
use crate::{
    core::{PatientId, Stamp, UserId, VisitId},
    db::sql,
    opd::{self, CheckIn, Outcome, PanelState, Priority, QueueState, Step},
};

/// Creates an emergency visit that was seen and waits at the cashier.
async fn urgent_at_the_till(app: &TestApp, patient: PatientId) -> VisitId {
    let now = app.state.clock.now();
    let coming = CheckIn {
        priority: Priority::Emergency,
        priority_reason: "Stridor at rest".to_owned(),
        reason: "Barking cough".to_owned(),
        ..arrival(app, patient)
    };
    let mut tx = app.state.db.write().await.expect("a transaction");
    let visit = opd::check_in(&mut tx, &coming, Stamp::system(now)).await.expect("checked in");
    let (locked, _) = opd::lock_visit(&mut tx, visit.id).await.expect("locked");
    opd::move_on(&mut tx, locked, Step::Cashier, Stamp::system(now)).await.expect("moved on");
    tx.commit().await.expect("committed");
    visit.id
}

async fn visit_of(app: &TestApp, visit: VisitId) -> opd::Visit {
    opd::visit(&mut app.state.db.read().await.expect("a connection"), visit).await.expect("a visit")
}

#[tokio::test]
async fn a_cashier_is_sent_nothing_clinical() {
    on_both_engines(|app| async move {
        let ana = app.fixture.ana;
        urgent_at_the_till(&app, ana).await;
        let nurse = app.as_("nurse").await;
        let (id, key) = (ana.to_string(), Fixture::key());
        let allergy =
            [("patient_id", id.as_str()), ("key", &key), ("substance", "Latex"), ("category", "environment"), ("criticality", "high")];
        let allergy = [&allergy[..], &[("severity", "severe")]].concat();
        assert_eq!(nurse.post("/api/patients/add_allergy", &allergy).await.status, StatusCode::OK);
        assert!(nurse.get(&format!("/patients/{ana}")).await.body.contains("Latex"), "the nurse reads it");
        let told = nurse.post("/api/opd/queue", &[]).await.body;
        assert!(told.contains("Stridor at rest") && told.contains("Barking cough") && told.contains("Emergency"), "{told}");

        let cashier = app.as_("cashier").await;
        let mut seen = vec![cashier.post("/api/opd/queue", &[]).await, cashier.post("/api/opd/queue", &[("step", "cashier")]).await];
        for page in
            ["/cashier".to_owned(), format!("/cashier?patient={ana}"), format!("/patients/{ana}"), format!("/patients/{ana}/account")]
        {
            seen.push(cashier.get(&page).await);
        }
        for answer in seen {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            assert!(answer.body.contains("A-001") || answer.body.contains("Núñez"), "{}", answer.body);
            for clinical in ["Stridor", "Barking", "Emergency", "Latex", "Penicillin"] {
                assert!(!answer.body.contains(clinical), "{clinical}: {}", answer.body);
            }
        }
        // The urgency is not shown at the cashier's step, where the order of the rows is sufficient.
        let told = nurse.post("/api/opd/queue", &[("step", "cashier")]).await.body;
        assert!(told.contains("A-001") && !told.contains("Stridor"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn who_was_seen_may_pay_later_and_counts_as_done() {
    on_both_engines(|app| async move {
        let visit = urgent_at_the_till(&app, app.fixture.ben).await;
        let cashier = app.as_("cashier").await;
        let entry = entry_of(&app, visit).await.id.to_string();
        let left = cashier.post("/api/opd/leave", &[("entry", &entry)]).await;
        assert_eq!(left.status, StatusCode::CONFLICT, "nobody who was seen left without being seen: {}", left.body);
        let gone = done(&cashier.post("/api/opd/pay_later", &[("entry", &entry)]).await);
        assert_eq!(visit_of(&app, visit).await.outcome, Some(Outcome::Done));
        done(&cashier.post("/api/opd/undo", &[("entry", &gone.entry)]).await);
        assert_eq!(entry_of(&app, visit).await.step, Step::Cashier);

        // Before the doctor's step, paying later is not possible.
        let early = waiting(&app, &[app.fixture.chloe]).await.remove(0).id;
        let entry = entry_of(&app, early).await.id.to_string();
        assert_eq!(cashier.post("/api/opd/pay_later", &[("entry", &entry)]).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_check_in_is_taken_back_later_with_a_reason_while_nothing_is_recorded() {
    on_both_engines(|app| async move {
        let (desk, nurse) = (app.as_("desk").await, app.as_("nurse").await);
        let visits = waiting(&app, &[app.fixture.ana, app.fixture.ben]).await;
        app.state.clock.advance(Duration::minutes(10));
        let id = visits[0].id.to_string();
        assert_eq!(
            desk.post("/api/reception/undo_check_in", &[("visit", &id)]).await.status,
            StatusCode::CONFLICT,
            "half a minute is over"
        );
        let without = desk.post("/api/reception/take_back", &[("visit", &id), ("reason", " ")]).await;
        assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(desk.post("/api/reception/take_back", &[("visit", &id), ("reason", "Wrong person")]).await.status, StatusCode::OK);
        assert_eq!(visit_of(&app, visits[0].id).await.outcome, Some(Outcome::EnteredInError));

        // Once vital signs are recorded it is too late; the database itself refuses it.
        let id = visits[1].id.to_string();
        assert_eq!(nurse.post("/api/opd/record_vitals", &[("visit", &id), ("pulse", "70")]).await.status, StatusCode::OK);
        let late = desk.post("/api/reception/take_back", &[("visit", &id), ("reason", "Wrong person")]).await;
        assert!(late.status == StatusCode::CONFLICT && late.body.contains("on record"), "{}", late.body);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let direct = sql("UPDATE visits SET outcome = 'entered_in_error', ended_at = arrived_at WHERE id = $1").bind(visits[1].id);
        assert!(tx.execute(direct).await.expect_err("refused").violates("visit_has_record"));
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn reason_and_priority_of_a_check_in_are_corrected() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let visits = waiting(&app, &[app.fixture.ana, app.fixture.ben]).await;
        let id = visits[1].id.to_string();
        let right =
            [("visit", id.as_str()), ("seen", "normal"), ("reason", "Chest pain"), ("priority", "emergency"), ("priority_reason", "Pale")];
        assert_eq!(desk.post("/api/reception/correct", &right).await.status, StatusCode::OK);
        assert_eq!(visit_of(&app, visits[1].id).await.reason, "Chest pain");
        assert_eq!(order(&app, Step::Triage).await, ["A-002", "A-001"]);
        let stale = desk.post("/api/reception/correct", &right).await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "somebody else corrected it meanwhile");
        // A reason without a chosen priority does not mean normal priority.
        let forgotten = [("patient", app.fixture.chloe.to_string()), ("service", app.fixture.medicine_north.to_string())];
        let key = Fixture::key();
        let mut form: Vec<_> = forgotten.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form.extend([("idempotency_key", key.as_str()), ("priority", ""), ("priority_reason", "Short of breath")]);
        assert_eq!(desk.post("/api/reception/check_in", &form).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

#[tokio::test]
async fn a_walk_in_asks_for_a_doctor_of_the_clinic() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let (ana, service, key) = (app.fixture.ana.to_string(), app.fixture.medicine_north.to_string(), Fixture::key());
        let with = |doctor: String| {
            let (desk, ana, service, key) = (desk.clone(), ana.clone(), service.clone(), key.clone());
            async move {
                let form =
                    [("patient", ana.as_str()), ("service", &service), ("idempotency_key", &key), ("doctor", &doctor), ("reason", "Cough")];
                desk.submit("/reception", "/api/reception/check_in", &form).await
            }
        };
        assert_eq!(with(Fixture::key()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "no such doctor here");
        let sent = with(app.fixture.costa.to_string()).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let page = desk.get(&sent.location.expect("where to go")).await.body;
        assert!(page.contains("token-card__token") && page.contains("You are next"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_call_asks_for_the_place_and_about_who_is_still_there() {
    on_both_engines(|app| async move {
        let visits = waiting(&app, &[app.fixture.ana, app.fixture.ben]).await;
        let nurse = app.as_("nurse").await;
        let next = async |ask: &str| nurse.post("/api/opd/call_next", &[("step", "triage"), ("ask", ask)]).await;
        assert!(done(&next("1").await).no_place, "nobody is called before a room is chosen");
        assert_eq!(entry_of(&app, visits[0].id).await.state, QueueState::Waiting);

        nurse.post("/api/opd/choose_point", &[("point", &app.fixture.room_1.to_string())]).await;
        let first = done(&next("1").await);
        let asked = next("1").await;
        assert!(asked.status == StatusCode::CONFLICT && asked.body.contains("A-001 is still at Room 1"), "{}", asked.body);
        assert_eq!(entry_of(&app, visits[1].id).await.state, QueueState::Waiting, "one call is one patient");
        let panel = nurse.post("/api/opd/queue", &[("step", "triage")]).await.body;
        let panel: PanelState = serde_json::from_str(&panel).expect("the queue");
        assert_eq!(panel.occupant, first.entry, "the page knows who is there");
        assert!(!done(&next(&panel.occupant).await).no_place, "called all the same");
        assert_eq!(entry_of(&app, visits[1].id).await.state, QueueState::Called);
        // An action names the entry that the row showed: an entry that has moved on is refused.
        let stale = nurse.post("/api/opd/leave", &[("entry", &visits[0].id.to_string())]).await;
        assert_eq!(stale.status, StatusCode::NOT_FOUND);
        let left = nurse.post("/api/opd/call_again", &[("entry", &first.entry)]).await;
        assert_eq!(left.status, StatusCode::OK);
        assert_eq!(nurse.post("/api/opd/leave", &[("entry", &first.entry)]).await.status, StatusCode::CONFLICT, "that entry is closed");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_cashier_calls_the_next_and_the_account_opens() {
    on_both_engines(|app| async move {
        urgent_at_the_till(&app, app.fixture.ana).await;
        let cashier = app.as_("cashier").await;
        let sent = cashier.submit("/cashier", "/api/billing/call_next", &[("ask", "1")]).await;
        assert_eq!(sent.location.as_deref(), Some("/point?back=/cashier"), "a counter first");
        cashier.post("/api/opd/choose_point", &[("point", &app.fixture.counter.to_string())]).await;
        let sent = cashier.submit("/cashier", "/api/billing/call_next", &[("ask", "1")]).await;
        let to = sent.location.expect("where to go");
        assert!(to.starts_with(&format!("/cashier?patient={}&done=called", app.fixture.ana)), "{to}");
        assert!(cashier.get(&to).await.body.contains("Núñez"));
    })
    .await;
}

/// Returns the text between tags.
fn text_of(html: &str) -> String {
    let parts = html.split('<').map(|part| part.rsplit_once('>').map_or(part, |(_, text)| text));
    parts.collect::<String>().split_whitespace().collect()
}

#[tokio::test]
async fn the_list_of_keys_names_each_key_once_and_none_is_missing() {
    on_both_engines(|app| async move {
        let visit = waits_for_doctor(&app, app.fixture.ana).await;
        for (login, page, needed) in [
            ("desk", "/reception".to_owned(), &["/", "a", "Enter", "Ctrl+Enter"][..]),
            ("desk", "/patients/new".to_owned(), &["Ctrl+Enter"]),
            ("nurse", "/triage".to_owned(), &["n", "r", "s"]),
            ("nurse", format!("/visits/{visit}/vitals"), &["Ctrl+Enter"]),
            ("doctor", "/consultation".to_owned(), &["n"]),
            ("doctor", format!("/consultation/{visit}"), &["w", "d", "m", "Ctrl+Enter"]),
            ("cashier", "/cashier".to_owned(), &["n", "c"]),
        ] {
            let body = app.as_(login).await.get(&page).await.body;
            let list = body.split("class=\"keys__list\">").nth(1).and_then(|rest| rest.split("</dl>").next()).expect("the list");
            let keys: Vec<String> = list.split("<dt>").skip(1).filter_map(|row| row.split("</dt>").next()).map(text_of).collect();
            let once: BTreeSet<String> = keys.iter().map(|key| key.to_lowercase()).collect();
            assert_eq!(once.len(), keys.len(), "{page}: {keys:?}");
            for key in needed {
                assert!(keys.iter().any(|one| one == key), "{page} lacks {key}: {keys:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_desk_lists_who_was_checked_in_last() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let heading = crate::tr!(reception.last_checked_in);
        let page = desk.get("/reception").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(!page.body.contains(heading), "nobody has come");
        let token = waiting(&app, &[app.fixture.ana]).await.remove(0).token;
        let page = desk.get("/reception").await.body;
        let list = page.split(heading).nth(1).expect("the list").split("</section>").next().unwrap_or_default();
        assert!(list.contains(&token) && list.contains(&format!("patient={}", app.fixture.ana)), "{list}");
    })
    .await;
}
