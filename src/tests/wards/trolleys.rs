//! Extra trolleys, and the beds of other clinics: a bed is taken, not by whom.

use axum::http::StatusCode;

use super::{act, admitted, asked, moves::bed_of, open_use, open_uses, plan, saved};
use crate::{
    core::{BedId, Permission, WardId},
    db::{Engine, Reader, sql},
    tests::{Answer, Browser, Fixture, TestApp, on_both_engines},
};

/// The rooms of a ward by name.
async fn room(app: &TestApp, ward: WardId, name: &str) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT id FROM ward_rooms WHERE ward_id = $1 AND name = $2").bind(ward).bind(name);
    tx.one::<(uuid::Uuid,)>(query).await.expect("a room").0.to_string()
}

/// Adds an extra trolley under a key, which becomes its id.
async fn added(browser: &Browser, ward: WardId, room: &str, key: &str) -> Answer {
    browser.post("/api/wards/add_trolley", &[("ward_id", &ward.to_string()), ("room", room), ("key", key)]).await
}

/// The label of a bed, and whether it is retired.
async fn trolley(app: &TestApp, id: &str) -> (String, bool) {
    let mut tx = app.state.db.read().await.expect("a connection");
    let id: BedId = id.parse().expect("an id");
    tx.one(sql("SELECT name, retired_at IS NOT NULL FROM beds WHERE overflow AND id = ").push_bind(id)).await.expect("a trolley")
}

#[tokio::test]
async fn an_extra_trolley_is_added_in_one_step_counted_apart_and_gone_when_it_is_clean() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (manager, nurse) = (app.as_("ward_manager").await, app.as_("nurse").await);
        let shared = room(&app, plan.medical, "Room 1").await;
        let key = Fixture::key();
        assert_eq!(added(&nurse, plan.medical, &shared, &key).await.status, StatusCode::FORBIDDEN);
        let elsewhere = room(&app, plan.surgical, "Room 1").await;
        assert_eq!(
            added(&manager, plan.medical, &elsewhere, &key).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "a room of another ward"
        );
        for _ in 0..2 {
            let answer = added(&manager, plan.medical, &shared, &key).await;
            assert_eq!(answer.status, StatusCode::OK, "sent twice, added once: {}", answer.body);
        }
        assert_eq!(trolley(&app, &key).await, ("T1".to_owned(), false));
        let second = Fixture::key();
        assert_eq!(added(&manager, plan.medical, &shared, &second).await.status, StatusCode::OK);
        assert_eq!(trolley(&app, &second).await.0, "T2");
        let free = [("bed_id", second.as_str())];
        assert_eq!(nurse.post("/api/wards/remove_trolley", &free).await.status, StatusCode::FORBIDDEN);
        assert_eq!(manager.post("/api/wards/remove_trolley", &free).await.status, StatusCode::OK, "it was never used");
        assert_eq!(manager.post("/api/wards/remove_trolley", &free).await.status, StatusCode::CONFLICT, "it is gone");
        let own = plan.b1.to_string();
        assert_eq!(manager.post("/api/wards/remove_trolley", &[("bed_id", &own)]).await.status, StatusCode::CONFLICT, "a bed of the ward");

        let bed: BedId = key.parse().expect("an id");
        let (_, id) = asked(&app.as_("doctor").await, app.fixture.ana, plan.medical, &[]).await;
        let answer = act(&nurse, "admit", id, &[("bed_id", &key), ("band", "true")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(
            manager.post("/api/wards/remove_trolley", &[("bed_id", &key)]).await.status,
            StatusCode::CONFLICT,
            "somebody lies on it"
        );
        // Three beds of the ward, none of them occupied; one trolley.
        let board = nurse.get(&format!("/wards/{}", plan.medical)).await.body;
        assert!(board.contains("0/3") && board.contains("Extra trolleys") && board.contains("1/1"), "{board}");
        let census = nurse.get(&format!("/wards/{}/census", plan.medical)).await.body;
        assert!(census.contains("0 of 3 beds") && census.contains("1 of 1 occupied"), "{census}");
        let wall = nurse.get(&format!("/wards/{}/wall", plan.medical)).await.body;
        assert!(wall.contains("0/3") && wall.contains("1/1"), "{wall}");
        let list = nurse.get("/wards").await.body;
        assert!(list.contains("0/3") && list.contains("1/1"), "{list}");

        app.state.clock.advance(chrono::Duration::minutes(1));
        let answer = act(&nurse, "move", id, &[("bed_id", &plan.b1.to_string())]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(open_uses(&app, bed).await, ["cleaning"]);
        let seen = open_use(&app, bed).await;
        let answer = nurse.post("/api/wards/clean_bed", &[("bed_id", &key), ("seen", &seen)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(trolley(&app, &key).await, ("T1".to_owned(), true), "it is empty and clean");
        let answer = act(&nurse, "undo_move", id, &[]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "the trolley is gone: {}", answer.body);
        assert_eq!(bed_of(&app, id).await, plan.b1);
        let third = Fixture::key();
        assert_eq!(added(&manager, plan.medical, &shared, &third).await.status, StatusCode::OK);
        assert_eq!(trolley(&app, &third).await, ("T1".to_owned(), false), "the label is free again");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_trolley_with_a_last_day_takes_nobody_after_it_and_leaves_the_plan_when_it_is_empty() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (manager, nurse) = (app.as_("ward_manager").await, app.as_("nurse").await);
        let shared = room(&app, plan.medical, "Room 1").await;
        let ward = plan.medical.to_string();
        let add = async |key: &str, until: &str| {
            manager.post("/api/wards/add_trolley", &[("ward_id", &ward), ("room", &shared), ("key", key), ("until", until)]).await
        };
        let (used, free) = (Fixture::key(), Fixture::key());
        let answer = add(&used, "2026-11-20").await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"until\""), "{}", answer.body);
        for key in [&used, &free] {
            assert_eq!(add(key, "2026-11-22").await.status, StatusCode::OK);
        }
        let board = nurse.get(&format!("/wards/{ward}")).await.body;
        assert!(board.contains("Until"), "{board}");
        let (_, ana) = asked(&app.as_("doctor").await, app.fixture.ana, plan.medical, &[]).await;
        assert_eq!(act(&nurse, "admit", ana, &[("bed_id", &used), ("band", "true")]).await.status, StatusCode::OK);
        assert_eq!(crate::wards::retire_trolleys(&app.state, 10).await.expect("a round"), 0, "its time is not over");
        app.state.clock.advance(chrono::Duration::hours(48));
        let nurse = app.as_("nurse").await;
        let (_, ben) = asked(&app.as_("doctor").await, app.fixture.ben, plan.medical, &[]).await;
        assert!(!nurse.get(&format!("/admissions/{ben}")).await.body.contains(&free), "it is not offered");
        let answer = act(&nurse, "admit", ben, &[("bed_id", &free), ("band", "true")]).await;
        assert!(answer.status == StatusCode::CONFLICT && answer.body.contains("time of this extra trolley"), "{}", answer.body);
        // The database alone refuses it too.
        let bed: BedId = free.parse().expect("an id");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let query = sql("INSERT INTO bed_uses (id, clinic_id, bed_id, kind, admission_id, patient_id, began_at, opened_by)
            SELECT a.id, a.clinic_id, b.id, 'reservation', a.id, a.patient_id, $1, a.requested_by FROM admissions a, beds b WHERE a.id = $2 AND b.id = $3");
        let query = query.bind(app.state.clock.now()).bind(ben).bind(bed);
        assert!(tx.execute(query).await.expect_err("a trigger").violates("beds_temporary_over"));
        drop(tx);
        assert_eq!(crate::wards::retire_trolleys(&app.state, 10).await.expect("a round"), 1, "the empty one");
        assert_eq!((trolley(&app, &free).await.1, trolley(&app, &used).await.1), (true, false), "somebody lies on the other");
        assert_eq!(act(&nurse, "move", ana, &[("bed_id", &plan.b1.to_string())]).await.status, StatusCode::OK);
        assert_eq!(crate::wards::retire_trolleys(&app.state, 10).await.expect("a round"), 0, "it is cleaned");
        let seen = open_use(&app, used.parse().expect("an id")).await;
        assert_eq!(nurse.post("/api/wards/clean_bed", &[("bed_id", &used), ("seen", &seen)]).await.status, StatusCode::OK);
        assert!(trolley(&app, &used).await.1, "it is empty and clean");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_trolleys_trolleys_and_retired_beds_empty() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let manager = app.as_("ward_manager").await;
        let (key, shared) = (Fixture::key(), room(&app, plan.medical, "Room 1").await);
        assert_eq!(added(&manager, plan.medical, &shared, &key).await.status, StatusCode::OK);
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        app.state.clock.advance(chrono::Duration::minutes(1));
        let nurse = app.as_("nurse").await;
        assert_eq!(act(&nurse, "move", ana, &[("bed_id", &plan.b1.to_string())]).await.status, StatusCode::OK);
        let seen = open_use(&app, plan.a1).await;
        let cleaned = nurse.post("/api/wards/clean_bed", &[("bed_id", &plan.a1.to_string()), ("seen", &seen)]).await;
        assert_eq!(cleaned.status, StatusCode::OK, "{}", cleaned.body);
        let trolley: BedId = key.parse().expect("an id");
        for (guard, query) in [
            ("beds_overflow_trolley", sql("UPDATE beds SET kind = 'adult' WHERE id = ").push_bind(trolley)),
            ("beds_overflow_fixed", sql("UPDATE beds SET overflow = false WHERE id = ").push_bind(trolley)),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err(guard);
            assert!(error.violates(guard), "{guard}: {error}");
        }
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE beds SET retired_at = $2 WHERE id = $1").bind(plan.a1).bind(app.state.clock.now()))
            .await
            .expect("it is empty");
        let again =
            sql("UPDATE bed_uses SET ended_at = NULL, ended_because = NULL, closed_by = NULL WHERE bed_id = $1 AND kind = 'cleaning'");
        let error = tx.execute(again.bind(plan.a1)).await.expect_err("a retired bed stays empty");
        assert!(error.violates("beds_retired_empty"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_planner_of_another_clinic_sees_that_a_bed_is_taken_not_by_whom() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let page = app.as_("doctor3").await.get("/wards").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("Free beds in other clinics") && page.body.contains("2/3"), "{}", page.body);
        assert!(!page.body.contains("Garza") && !page.body.contains(&app.fixture.ana.to_string()), "{}", page.body);
        if app.state.db.engine() == Engine::Postgres {
            let reader = Reader {
                user: app.fixture.user("doctor3"),
                permission: Permission::RequestAdmission,
                clinics: Some(vec![app.fixture.south]),
                patients: Vec::new(),
                now: app.state.clock.now(),
            };
            let mut tx = app.state.db.read_for(&reader).await.expect("a connection");
            assert_eq!(tx.count(sql("SELECT count(*) FROM bed_uses")).await.expect("counted"), 0);
            let taken: Vec<(BedId, String)> = tx.all(sql("SELECT bed_id, kind FROM taken_beds")).await.expect("beds");
            assert_eq!(taken, [(plan.a1, "stay".to_owned())]);
            drop(tx);
            let mut tx = app.state.db.write_for(&reader).await.expect("a transaction");
            let error = tx.execute(sql("DELETE FROM taken_beds")).await.expect_err("a view is for reading");
            assert!(error.violates("permission denied"), "{error}");
        }
        // The acceptance offers the beds that are not taken, and the patient's own reservation.
        let (_, id) = asked(&app.as_("doctor").await, app.fixture.ben, plan.medical, &[]).await;
        let nurse = app.as_("nurse").await;
        let body = nurse.get(&format!("/admissions/{id}")).await.body;
        assert!(body.contains(&plan.single.to_string()) && !body.contains(&format!("value=\"{}\"", plan.a1)), "{body}");
        let accepted =
            act(&nurse, "accept", id, &[("ward", &plan.medical.to_string()), ("bed_id", &plan.single.to_string()), ("because", "Test")])
                .await;
        assert_eq!(accepted.status, StatusCode::OK, "{}", accepted.body);
        let body = nurse.get(&format!("/admissions/{id}")).await.body;
        assert!(body.contains(&format!("value=\"{}\"", plan.single)), "its own reservation: {body}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_administrator_does_not_make_a_bed_of_an_extra_trolley() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (key, shared) = (Fixture::key(), room(&app, plan.medical, "Room 1").await);
        assert_eq!(added(&app.as_("ward_manager").await, plan.medical, &shared, &key).await.status, StatusCode::OK);
        let (admin, class) = (app.as_("admin").await, plan.class.to_string());
        let fields = [("name", "T1"), ("room_id", shared.as_str()), ("class_id", class.as_str()), ("position", "99")];
        let form = [&[("list", "beds"), ("id", key.as_str()), ("version", "1"), ("kind", "adult")][..], &fields].concat();
        let answer = admin.post("/api/organisation/save", &form).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"kind\""), "{}", answer.body);
        saved(&admin, "beds", &[&[("name", "1C"), ("kind", "adult")][..], &fields[1..]].concat()).await;
    })
    .await;
}
