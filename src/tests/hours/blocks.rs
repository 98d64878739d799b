//! Blocked times of a doctor, and the rooms of hours: how the schedule of a day shows them.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Form, SAVE, confirmed, hidden, monday, named, number, schedule};
use crate::{
    db::sql,
    tests::{Fixture, appointments::book, on_both_engines},
};

const ABSENCE: &str = "/api/absences/save";

/// The form of a blocked time of Dr. Costa on Monday.
fn block<'f>(doctor: &'f str, key: &'f str, (from, to): (&'f str, &'f str), reason: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![
        ("kind", "block"),
        ("key", key),
        ("doctor_id", doctor),
        ("from_day", "2026-11-23"),
        ("from_time", from),
        ("to_time", to),
        ("reason", reason),
    ]
}

#[tokio::test]
async fn a_blocked_time_is_not_booked_and_lists_who_was_booked_in_it() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (desk, doctor, costa) = (app.as_("desk").await, app.as_("doctor").await, f.costa.to_string());
        let slot = (f.medicine_north, f.costa);
        assert_eq!(book(&desk, f.ben, slot, monday(), &Fixture::key()).await.status, StatusCode::OK);
        let key = Fixture::key();
        for (times, reason, field) in
            [(("", "10:00"), "Lunch", "from_time"), (("10:00", "09:00"), "Lunch", "to_time"), (("09:00", "10:00"), "", "reason")]
        {
            assert_eq!(named(&desk.post(ABSENCE, &block(&costa, &key, times, reason)).await), [field]);
        }
        // Patients see nothing of it, staff the reason.
        let form = block(&costa, &key, ("09:00", "10:00"), "Meeting of the department");
        let saved = confirmed(&desk, "/absences/new?kind=block", ABSENCE, &form).await;
        assert_eq!(saved.location.as_deref(), Some(format!("/settle?doctor={costa}&done=listed&count=1").as_str()), "{}", saved.body);
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM absences WHERE kind = 'block' AND NOT whole_days")).await, 1);
        let day = desk.get(&format!("/schedules?day=2026-11-23&service={}", f.medicine_north)).await.body;
        assert!(day.contains("Blocked: Meeting of the department, 09:00–10:00") && day.contains("Block time"), "{day}");
        let gone = book(&desk, f.ana, slot, monday() + Duration::minutes(20), &Fixture::key()).await;
        assert_eq!(gone.status, StatusCode::CONFLICT, "{}", gone.body);
        assert_eq!(book(&desk, f.ana, slot, monday() + Duration::hours(1), &Fixture::key()).await.status, StatusCode::OK);
        let list = desk.get("/absences").await.body;
        assert!(list.contains("Blocked time") && list.contains("Meeting of the department"), "{list}");
        // It is taken back: the hours are free, and the appointment stands again.
        let back = [("kind", "block"), ("id", &hidden(&list, "id"))];
        let withdrawn = desk.submit("/absences", "/api/absences/withdraw", &back).await;
        assert_eq!(withdrawn.location.as_deref(), Some("/absences?done=withdrawn"), "{}", withdrawn.body);
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM to_settle")).await, 0);
        // Doctors block their own time, from the schedule.
        let (key, other) = (Fixture::key(), f.ruiz.to_string());
        let form = [block(&other, &key, ("12:00", "13:00"), "Lunch"), vec![("back", "schedule")]].concat();
        let saved = doctor.submit("/absences/new?kind=block&back=schedule", ABSENCE, &form).await;
        assert!(saved.location.as_deref().is_some_and(|to| to.starts_with("/schedules?day=2026-11-23")), "{}", saved.body);
        let own = sql("SELECT count(*) FROM absences WHERE withdrawn_at IS NULL AND doctor_id = $1").bind(f.costa);
        assert_eq!(number(&app.state.db, own).await, 1, "of the doctor who is signed in");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE absences SET reason = '' WHERE kind = 'block'")).await.expect_err("it says why");
        assert!(error.violates("absences_block"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_day_has_a_column_for_each_room() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        let (old, version) = schedule(&app, f.costa).await;
        let form = Form::of(f.costa, f.medicine_north, "2026-11-24", ("08:00", "12:00")).with("schedule", &old).with("version", &version);
        let page = format!("/settings/hours/{old}");
        let elsewhere = form.clone().with("room_id", &f.counter.to_string());
        let refused = confirmed(&admin, &page, SAVE, &elsewhere.pairs()).await;
        assert!(refused.body.contains("hours-save-room_id-error"), "a counter is no room: {}", refused.body);
        let saved = confirmed(&admin, &page, SAVE, &form.with("room_id", &f.room_1.to_string()).pairs()).await;
        assert!(saved.location.is_some(), "{}", saved.body);
        assert!(admin.get("/settings/hours").await.body.contains("Room 1"), "the list says the room");
        let slot = (f.medicine_north, f.costa);
        for (patient, at) in [(f.ana, monday()), (f.ben, monday() + Duration::days(1))] {
            assert_eq!(book(&desk, patient, slot, at, &Fixture::key()).await.status, StatusCode::OK);
        }
        let by_room = async |day: &str| desk.get(&format!("/schedules?day={day}&view=rooms")).await.body;
        let before = by_room("2026-11-23").await;
        assert!(before.contains("No room") && !before.contains("Room 1") && before.contains("Núñez"), "{before}");
        let after = by_room("2026-11-24").await;
        assert!(after.contains("Room 1") && after.contains("Adams") && !after.contains("Núñez"), "{after}");
        assert!(after.contains("Costa, Booked"), "a card says the doctor: {after}");
        let alone = desk.get(&format!("/schedules?day=2026-11-24&view=rooms&room={}", f.counter)).await.body;
        assert!(!alone.contains("Adams"), "{alone}");
        // A room with hours is not retired.
        let room = f.room_1.to_string();
        let retire = [("list", "rooms"), ("id", room.as_str()), ("version", "1")];
        assert_eq!(admin.post("/api/organisation/retire", &retire).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}
