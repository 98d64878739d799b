//! Tests that events reach the users whom they concern, on whichever node the change was made, and no other users;
//! after a missed event the browser loads its data again.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Browser, Fixture, TestApp, app::Hints, on_both_engines};
use crate::{
    appointments,
    core::PatientId,
    db::{Engine, sql},
    opd, patients,
    server::Event,
};

/// The time that the requirement allows between a change on one node and the event on another.
const A_SECOND: Duration = Duration::from_secs(1);

/// Returns two nodes on one PostgreSQL database; with SQLite there is one node, which is returned twice.
async fn two_nodes(app: &TestApp) -> (TestApp, TestApp) {
    if app.state.db.engine() == Engine::Sqlite {
        return (app.clone(), app.clone());
    }
    let other = app.another_node().await;
    for node in [app, &other] {
        tokio::time::timeout(A_SECOND, node.state.hub.until_listening()).await.expect("listening");
    }
    (app.clone(), other)
}

async fn end(app: &TestApp, other: &TestApp) {
    if app.state.db.engine() == Engine::Postgres {
        other.end().await;
    }
}

/// Opens the stream and reads its first message: the present mark.
async fn look(browser: &Browser) -> (Hints, String) {
    let mut hints = browser.hints().await;
    let (kind, mark) = hints.within(A_SECOND).await;
    assert_eq!(kind, "hello");
    (hints, mark)
}

async fn hint(hints: &mut Hints) -> Value {
    let (kind, data) = hints.within(A_SECOND).await;
    assert_eq!(kind, "hint", "{data}");
    serde_json::from_str(&data).expect("a hint")
}

async fn check_in(desk: &Browser, app: &TestApp, patient: PatientId) {
    let form = [("patient", patient.to_string()), ("service", app.fixture.medicine_north.to_string()), ("idempotency_key", Fixture::key())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = desk.post("/api/reception/check_in", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn book(desk: &Browser, app: &TestApp, patient: PatientId, at: &str) {
    let at: crate::core::time::Instant = at.parse().expect("an instant");
    let form = [
        ("patient_id", patient.to_string()),
        ("doctor_id", app.fixture.costa.to_string()),
        ("service_id", app.fixture.medicine_north.to_string()),
        ("at", at.timestamp().to_string()),
        ("idempotency_key", Fixture::key()),
    ];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = desk.post("/api/appointments/book", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test]
async fn a_change_on_one_node_is_heard_on_the_other_within_a_second() {
    on_both_engines(|app| async move {
        let (here, there) = two_nodes(&app).await;
        let (mut hints, _) = look(&here.as_("nurse").await).await;
        let (desk, nurse) = (there.as_("desk").await, there.as_("nurse").await);

        check_in(&desk, &app, app.fixture.ana).await;
        let heard = hint(&mut hints).await;
        assert_eq!((&heard["topic"], &heard["clinic"]), (&json!("queue"), &json!(app.fixture.north)));
        let visit = heard["subject"].clone();
        assert!(visit.is_string(), "whose queue it is may know the visit: {heard}");

        let answer = nurse.post("/api/opd/call_next", &[("step", "triage")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let heard = hint(&mut hints).await;
        assert_eq!((&heard["topic"], &heard["subject"]), (&json!("queue"), &visit));
        // Loading the page on this node shows the change made on the other.
        let rows = here.as_("nurse").await.get("/triage").await.body;
        assert!(rows.contains("A-001"), "{rows}");
        end(&app, &there).await;
    })
    .await;
}

#[tokio::test]
async fn hints_reach_only_whom_they_concern() {
    on_both_engines(|app| async move {
        let (here, there) = two_nodes(&app).await;
        let desk = there.as_("desk").await;
        let (mut ben, _) = look(&here.as_("ben").await).await;
        let (mut ana, _) = look(&here.as_("ana").await).await;
        let (mut south, _) = look(&here.as_("desk2").await).await;
        let (mut board, _) = look(&here.browser()).await;

        // Ana books: the events of her appointment and her notifications reach only herself among these listeners.
        book(&desk, &app, app.fixture.ana, "2026-11-23T14:00:00Z").await;
        let mut heard = [hint(&mut ana).await["topic"].clone(), hint(&mut ana).await["topic"].clone()];
        heard.sort_by_key(ToString::to_string);
        assert_eq!(heard, [json!("appointments"), json!("notifications")]);
        // Her visit changes the queue. Other users, even at reception of another clinic, get the event without its
        // subject.
        check_in(&desk, &app, app.fixture.ana).await;
        let moved = json!({ "topic": "queue", "clinic": app.fixture.north, "subject": null });
        for (who, stream) in [("ana", &mut ana), ("ben", &mut ben), ("another clinic", &mut south), ("the board", &mut board)] {
            assert_eq!(hint(stream).await, moved, "{who}");
        }
        // Ben's next event is his own: none about Ana's chart, bill or appointment came between.
        let vitals = [("temperature", "37.0"), ("visit", &visit_of_ana(&app).await)];
        let answer = there.as_("nurse").await.post("/api/opd/record_vitals", &vitals).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(hint(&mut ana).await["topic"], "chart");
        book(&desk, &app, app.fixture.ben, "2026-11-23T15:00:00Z").await;
        let mut own = Vec::new();
        while own.len() < 2 {
            let heard = hint(&mut ben).await;
            if heard["topic"] == "queue" {
                assert_eq!(heard, moved);
            } else {
                own.push(heard["topic"].clone());
            }
        }
        assert_eq!(own, [json!("appointments"), json!("notifications")]);
        end(&app, &there).await;
    })
    .await;
}

async fn visit_of_ana(app: &TestApp) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT id FROM visits WHERE patient_id = $1").bind(app.fixture.ana);
    tx.one::<(uuid::Uuid,)>(query).await.expect("a visit").0.to_string()
}

#[tokio::test]
async fn what_was_missed_while_away_is_looked_at_again() {
    on_both_engines(|app| async move {
        let (here, there) = two_nodes(&app).await;
        let (nurse, desk) = (here.as_("nurse").await, there.as_("desk").await);
        let page = nurse.get("/triage").await.body;
        let (mut hints, mark) = look(&nurse).await;
        assert!(
            page.contains(&format!(r#"<meta name="heard" content="{mark}">"#)),
            "nothing happened since the page: no need to look again"
        );
        check_in(&desk, &app, app.fixture.ana).await;
        hint(&mut hints).await;
        drop(hints);
        let seen = here.state.hub.mark();

        // The connection is lost and a change happens: the next mark differs, or the event was still being sent.
        check_in(&desk, &app, app.fixture.ben).await;
        let (mut hints, later) = look(&nurse).await;
        if later == seen {
            hint(&mut hints).await;
        }
        assert!(nurse.get("/triage").await.body.contains("A-002"));

        // A browser that is too slow to receive every event gets a new `hello` instead.
        if app.state.db.engine() == Engine::Sqlite {
            here.state.hub.announce(&vec![Event::new(&opd::QUEUE).at(app.fixture.north); 3000]);
            assert_eq!(hints.within(A_SECOND).await.0, "hello");
        }
        end(&app, &there).await;
    })
    .await;
}

#[tokio::test]
async fn a_node_that_lost_its_listening_connection_listens_again_and_says_so() {
    on_both_engines(|app| async move {
        if app.state.db.engine() == Engine::Sqlite {
            return;
        }
        let (here, there) = two_nodes(&app).await;
        let (mut hints, _) = look(&here.as_("nurse").await).await;
        let mut tx = app.state.db.read().await.expect("a connection");
        let cut = sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
        );
        assert_eq!(tx.count(cut).await.expect("cut"), 2);
        let (kind, _) = hints.within(A_SECOND * 5).await;
        // The stream was opened after the first message of this kind: this one is of the new connection, which listens already.
        assert_eq!(kind, "hello", "what happened meanwhile must be looked at again");
        check_in(&there.as_("desk").await, &app, app.fixture.ana).await;
        assert_eq!(hint(&mut hints).await["topic"], "queue");
        end(&app, &there).await;
    })
    .await;
}

#[tokio::test]
async fn nobody_listens_with_more_streams_than_a_person_has_tabs() {
    let app = TestApp::sqlite().await;
    let (ana, ben) = (app.as_("ana").await, app.as_("ben").await);
    let mut open = Vec::new();
    for _ in 0..100 {
        open.push(ana.hints().await);
    }
    assert_eq!(ana.get("/events").await.status, StatusCode::SERVICE_UNAVAILABLE);
    drop(ben.hints().await);
    // Closing one stream makes room for another.
    drop(open.pop());
    drop(ana.hints().await);
    app.end().await;
}

#[tokio::test]
async fn a_guardians_stream_tells_nothing_of_the_child_once_it_is_over() {
    on_both_engines(|app| async move {
        let (here, there) = two_nodes(&app).await;
        let (chloe, ben) = (app.fixture.chloe, app.fixture.ben);
        let change = async |query: &'static str, over: bool| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let query = sql(query).bind(chloe).bind(ben).bind(app.state.clock.now());
            let query = if over { query } else { query.bind(uuid::Uuid::now_v7()).bind(crate::core::UserId::SYSTEM) };
            assert_eq!(tx.execute(query).await.expect("changed"), 1);
            tx.commit().await.expect("committed");
        };
        change(
            "INSERT INTO guardians (id, patient_id, guardian_id, kind, from_day, until_day, ends_at, created_at, created_by, agreed_at,
                 agreed_by, document)
             VALUES ($4, $1, $2, 'child', '2026-01-01', '2030-01-01', '2030-01-02T00:00:00.000000Z', $3, $5,
                 '2026-01-01T00:00:00.000000Z', (SELECT id FROM users WHERE login = 'system'), 'Birth certificate')",
            false,
        )
        .await;
        let desk = there.as_("desk").await;
        let (mut stream, _) = look(&here.as_("ben").await).await;
        check_in(&desk, &app, chloe).await;
        assert_eq!(hint(&mut stream).await["topic"], "queue");
        let chart = [Event::new(&patients::CHART).of(chloe)];
        app.state.hub.tell(&app.state.db, app.state.clock.now(), &chart).await.expect("told");
        assert_eq!(hint(&mut stream).await["topic"], "chart", "while he acts for her");
        // The guardianship has ended in the database without an event, as when its last day has passed.
        change("UPDATE guardians SET ended_at = $3, ended_by = created_by WHERE patient_id = $1 AND guardian_id = $2", true).await;
        let own = [Event::new(&appointments::APPOINTMENTS).of(ben)];
        for events in [&chart, &own] {
            app.state.hub.tell(&app.state.db, app.state.clock.now(), events).await.expect("told");
        }
        assert_eq!(hint(&mut stream).await["topic"], "appointments", "his own is next, nothing of hers came before");
        end(&app, &there).await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_at_once_with_the_session_the_role_or_the_account() {
    on_both_engines(|app| async move {
        let (here, there) = two_nodes(&app).await;
        let admin = there.as_("admin").await;
        let (user, north) = (app.fixture.user("nurse").to_string(), app.fixture.north.to_string());
        let role = [("user_id", user.as_str()), ("role", "cashier"), ("clinic", north.as_str())];
        let inactive = [("user_id", user.as_str()), ("active", "false")];
        let acts: [(&str, &[(&str, &str)]); 3] =
            [("/api/accounts/grant", &role), ("/api/accounts/revoke", &role), ("/api/accounts/set_active", &inactive)];
        for (path, form) in acts {
            let (stream, _) = look(&here.as_("nurse").await).await;
            let answer = admin.post(path, form).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
            stream.end(A_SECOND).await;
        }
        // The user signs out on another device, or in another tab.
        let ana = here.as_("ana").await;
        let (stream, _) = look(&ana).await;
        let elsewhere = there.as_("ana").await;
        assert_eq!(elsewhere.post("/api/accounts/end_other_sessions", &[]).await.status, StatusCode::OK);
        stream.end(A_SECOND).await;
        let (stream, _) = look(&elsewhere).await;
        assert_eq!(elsewhere.copied().post("/api/accounts/sign_out", &[]).await.status, StatusCode::OK);
        stream.end(A_SECOND).await;
        end(&app, &there).await;
    })
    .await;
}
