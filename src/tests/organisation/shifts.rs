//! Shifts: a week is planned, copied, and read at the desk; nobody is at two places at one time.

use axum::http::StatusCode;

use super::{guards::refuses, named, number};
use crate::{
    core::ShiftId,
    db::sql,
    tests::{Answer, Browser, Fixture, TestApp, all_at_once, on_both_engines, races_from},
};

/// Plans a shift of somebody at the north clinic.
async fn plan(app: &TestApp, admin: &Browser, fields: &[(&str, &str)]) -> Answer {
    let (clinic, key) = (app.fixture.north.to_string(), Fixture::key());
    let form = [("clinic", clinic.as_str()), ("week", "2026-11-23"), ("key", key.as_str())];
    admin.post("/api/organisation/plan_shift", &[&form[..], fields].concat()).await
}

/// The row of staff of a user.
async fn staff_of(app: &TestApp, login: &str) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let user = app.fixture.user(login);
    crate::organisation::people::person_of_user(&mut tx, user).await.expect("read").expect("staff").to_string()
}

#[tokio::test]
async fn a_week_of_shifts_is_planned_copied_and_read_at_the_desk() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let (nurse, desk, room) = (staff_of(&app, "nurse").await, staff_of(&app, "desk").await, app.fixture.room_1.to_string());
        // The fixture's day is Saturday 21 November 2026, 09:00 in New York.
        let today = [("staff", desk.as_str()), ("day", "2026-11-21"), ("from", "08:00"), ("to", "16:00")];
        assert_eq!(plan(&app, &admin, &today).await.status, StatusCode::OK);
        let monday = [("staff", nurse.as_str()), ("day", "2026-11-23"), ("from", "08:00"), ("to", "14:00"), ("place", room.as_str())];
        assert_eq!(plan(&app, &admin, &monday).await.status, StatusCode::OK);
        let night = [("staff", nurse.as_str()), ("day", "2026-11-24"), ("from", "22:00"), ("to", "06:00")];
        assert_eq!(plan(&app, &admin, &night).await.status, StatusCode::OK, "it ends on the next day");
        let doctor = app.fixture.costa.to_string();
        for (fields, wrong) in [
            (&[("staff", nurse.as_str()), ("day", "2026-11-23"), ("from", "13:30"), ("to", "20:00")][..], vec!["from"]),
            (&[("staff", nurse.as_str()), ("day", "2026-11-25"), ("from", "05:00"), ("to", "10:00")], vec!["from"]),
            (&[("staff", doctor.as_str()), ("day", "2026-11-23"), ("from", "08:00"), ("to", "10:00")], vec!["staff"]),
            (&[("staff", desk.as_str()), ("day", "soon"), ("from", "8 o'clock"), ("to", "")], vec!["day", "from", "to"]),
            (
                &[("staff", desk.as_str()), ("day", "2026-11-23"), ("from", "08:00"), ("to", "10:00"), ("place", nurse.as_str())],
                vec!["place"],
            ),
        ] {
            assert_eq!(named(&plan(&app, &admin, fields).await), wrong, "{fields:?}");
        }
        let north = app.fixture.north.to_string();
        let week = |monday: &str| format!("/settings/shifts?clinic={north}&week={monday}");
        let page = admin.get(&week("2026-11-23")).await.body;
        assert!(page.contains("08:00–14:00") && page.contains("22:00–06:00") && page.contains("Room 1"), "{page}");
        assert!(!page.contains("08:00–16:00"), "Saturday is of the week before");
        let copy = async || admin.post("/api/organisation/copy_shifts", &[("clinic", north.as_str()), ("week", "2026-11-23")]).await;
        for _ in 0..2 {
            assert_eq!(copy().await.status, StatusCode::OK, "copied twice it stands there once");
        }
        assert!(admin.get(&week("2026-11-30")).await.body.contains("22:00–06:00"));
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM shifts")).await, 5);
        // One that does not fit stops the whole copy.
        let other = [("staff", nurse.as_str()), ("day", "2026-12-07"), ("from", "12:00"), ("to", "15:00")];
        assert_eq!(plan(&app, &admin, &other).await.status, StatusCode::OK);
        let refused = admin.post("/api/organisation/copy_shifts", &[("clinic", north.as_str()), ("week", "2026-11-30")]).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("Nora Nurse, 7 Dec 2026, 08:00"), "{}", refused.body);
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM shifts")).await, 6);

        let duty = app.as_("desk").await.get("/on-duty").await.body;
        assert!(duty.contains("Rosa Reception") && duty.contains("08:00–16:00") && !duty.contains("Nora Nurse"), "{duty}");
        let page = admin.get(&week("2026-11-23")).await.body;
        let shift = page.split("name=\"shift\" value=\"").nth(1).and_then(|rest| rest.get(..36)).expect("a shift").to_owned();
        let form = [("clinic", north.as_str()), ("week", "2026-11-23"), ("shift", shift.as_str()), ("version", "1")];
        assert_eq!(admin.post("/api/organisation/remove_shift", &form).await.status, StatusCode::OK);
        assert_eq!(admin.post("/api/organisation/remove_shift", &form).await.status, StatusCode::NOT_FOUND);
        let log = app.as_("auditor").await.get("/audit?user=admin").await.body;
        assert!(log.contains("Shift: – → Nora Nurse, 23 Nov 2026, 08:00 – 23 Nov 2026, 14:00, Room 1"), "{log}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_forty_overlapping_shifts_at_once_one_is_planned() {
    let prepare = async |app: &TestApp| (app.as_("admin").await, staff_of(app, "nurse").await);
    races_from(prepare, |app, (admin, nurse)| async move {
        let plans = (0..40).map(|number| {
            let (admin, app, nurse) = (admin.in_copy(&app), app.clone(), nurse.clone());
            async move {
                let from = format!("{:02}:{:02}", 8 + number / 20, number % 20);
                plan(&app, &admin, &[("staff", &nurse), ("day", "2026-11-23"), ("from", &from), ("to", "16:00")]).await.status
            }
        });
        let statuses = all_at_once(plans).await;
        assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM shifts WHERE removed_at IS NULL")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_guards_shifts_by_itself() {
    on_both_engines(|app| async move {
        let (f, now) = (app.fixture.clone(), app.state.clock.now());
        let nurse = staff_of(&app, "nurse").await.parse::<crate::core::StaffId>().expect("an id");
        let shift = |hours: i64| {
            let head = sql(
                "INSERT INTO shifts (id, staff_id, clinic_id, created_at, created_by, updated_at, updated_by, starts_at, ends_at) VALUES (",
            );
            let head = head.push_bind(ShiftId::new()).push(", ").push_bind(nurse).push(", ").push_bind(f.north).push(", ").push_bind(now);
            let by = crate::core::UserId::SYSTEM;
            let head = head.push(", ").push_bind(by).push(", ").push_bind(now).push(", ").push_bind(by).push(", ").push_bind(now);
            head.push(", ").push_bind(now + chrono::Duration::hours(hours)).push(")")
        };
        refuses(&app, "shifts_length", shift(25)).await;
        refuses(&app, "shifts_length", shift(0)).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(shift(24)).await.expect("a whole day");
        tx.commit().await.expect("committed");
        refuses(&app, "shifts_overlap", shift(1)).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE shifts SET removed_at = ").push_bind(now)).await.expect("removed");
        tx.execute(sql("UPDATE staff SET retired_at = ").push_bind(now).push(" WHERE id = ").push_bind(nurse)).await.expect("retired");
        tx.commit().await.expect("committed");
        refuses(&app, "shifts_staff_open", shift(1)).await;
    })
    .await;
}
