//! Leave, closed clinics and extra sessions, and settling the appointments that they take the hours from.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Form, SAVE, confirmed, hidden, monday, named, number};
use crate::{
    appointments::{self, AppointmentState},
    core::{PatientId, time::Instant},
    db::sql,
    tests::{Answer, Browser, Fixture, TestApp, appointments::book, on_both_engines},
};

const LEAVE: &str = "/api/absences/save";

/// The form of a doctor's leave on whole days.
fn leave<'f>(doctor: &'f str, key: &'f str, first: &'f str, last: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![
        ("kind", "leave"),
        ("key", key),
        ("doctor_id", doctor),
        ("from_day", first),
        ("to_day", last),
        ("from_time", ""),
        ("to_time", ""),
        ("reason", "Fever"),
    ]
}

/// So many booked with Dr. Costa on Monday from 09:00 on.
async fn with_booked(app: &TestApp, count: usize) -> (Browser, Vec<PatientId>) {
    let (desk, patients) = (app.as_("desk").await, app.people(count).await);
    let slot = (app.fixture.medicine_north, app.fixture.costa);
    for (patient, number) in patients.iter().zip(0_i64..) {
        let answer = book(&desk, *patient, slot, monday() + Duration::minutes(20 * number), &Fixture::key()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    (desk, patients)
}

async fn states(app: &TestApp, patient: PatientId) -> Vec<AppointmentState> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let mut all = appointments::of_patient(&mut tx, patient).await.expect("read");
    all.sort_by_key(|one| one.starts_at);
    all.into_iter().map(|one| one.state).collect()
}

async fn ill(app: &TestApp, desk: &Browser) -> Answer {
    let (costa, key) = (app.fixture.costa.to_string(), Fixture::key());
    confirmed(desk, "/absences/new?kind=leave", LEAVE, &leave(&costa, &key, "2026-11-23", "2026-11-24")).await
}

#[tokio::test]
async fn a_doctor_falls_ill_with_fourteen_booked_who_are_settled_in_one_page() {
    on_both_engines(|app| async move {
        let (desk, patients) = with_booked(&app, 13).await;
        let f = app.fixture.clone();
        // One with an account of the portal.
        let at = monday() + Duration::minutes(20 * 13);
        assert_eq!(book(&desk, f.ana, (f.medicine_north, f.costa), at, &Fixture::key()).await.status, StatusCode::OK);
        let saved = ill(&app, &desk).await;
        let list = saved.location.unwrap_or_else(|| panic!("{}", saved.body));
        assert_eq!(list, format!("/settle?doctor={}&done=listed&count=14", f.costa));
        let page = desk.get(&list).await.body;
        assert!(page.contains("Move 14 to the proposed times"), "{page}");
        assert!(page.contains("Núñez") && !page.contains("Fever"), "{page}");
        app.assert_sound().await;
        // One is kept, one is cancelled with a reason, and twelve are moved by one press.
        let first = hidden(&page, "id");
        let kept = desk.submit(&list, "/api/settle/keep", &[("id", &first)]).await;
        assert!(kept.location.is_some_and(|to| to.contains("done=kept")), "{}", kept.body);
        let page = desk.get("/settle").await.body;
        let second = hidden(&page, "id");
        assert_eq!(named(&desk.post("/api/settle/cancel", &[("id", &second)]).await), ["reason"]);
        let cancelled = desk.submit("/settle", "/api/settle/cancel", &[("id", &second), ("reason", "The doctor is ill")]).await;
        assert!(cancelled.location.is_some_and(|to| to.contains("done=cancelled")), "{}", cancelled.body);
        let page = desk.get("/settle").await.body;
        let lines = hidden(&page, "lines");
        let moved = desk.submit("/settle", "/api/settle/all", &[("act", "move"), ("lines", &lines)]).await;
        let to = moved.location.unwrap_or_else(|| panic!("{}", moved.body));
        assert_eq!(to, "/settle?done=moved&count=12&left=0");
        assert!(desk.get("/settle").await.body.contains("Nothing to settle"));
        assert_eq!(states(&app, patients[0]).await, [AppointmentState::Booked], "kept");
        assert_eq!(states(&app, patients[1]).await, [AppointmentState::Cancelled]);
        assert_eq!(states(&app, f.ana).await, [AppointmentState::Rescheduled, AppointmentState::Booked]);
        let back: Instant = "2026-11-25T05:00:00Z".parse().expect("an instant");
        let after = sql("SELECT count(*) FROM appointments WHERE state = 'booked' AND starts_at >= $1").bind(back);
        assert_eq!(number(&app.state.db, after).await, 12, "on Wednesday, when the doctor is back");
        // Ana hears it by her bell; the others are on the call list.
        let ana = app.as_("ana").await;
        assert!(ana.get("/notifications").await.body.contains("Costa"), "her bell");
        let calls = desk.get("/settle/print").await;
        assert_eq!(calls.status, StatusCode::OK, "{}", calls.body);
        assert!(
            !calls.body.contains("Núñez") && calls.body.contains("The doctor is ill") && calls.body.contains("Moved to"),
            "{}",
            calls.body
        );
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_appointment_that_is_put_off_stays_on_the_list_until_the_leave_is_withdrawn() {
    on_both_engines(|app| async move {
        let (desk, patients) = with_booked(&app, 2).await;
        ill(&app, &desk).await;
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM to_settle")).await, 2);
        // Cancelled in another way it leaves the list by itself.
        let mut tx = app.state.db.read().await.expect("a connection");
        let first = appointments::of_patient(&mut tx, patients[0]).await.expect("read")[0].id.to_string();
        drop(tx);
        desk.post("/api/appointments/cancel", &[("appointment_id", &first), ("reason", "asked to")]).await;
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM settlements WHERE outcome = 'cancelled'")).await, 1);
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM to_settle")).await, 1);
        let page = desk.get("/absences").await.body;
        assert!(page.contains("Fever") && page.contains("Costa"), "{page}");
        let withdrawn = desk.submit("/absences", "/api/absences/withdraw", &[("kind", "leave"), ("id", &hidden(&page, "id"))]).await;
        assert_eq!(withdrawn.location.as_deref(), Some("/absences?done=withdrawn"), "{}", withdrawn.body);
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM settlements WHERE outcome = 'restored'")).await, 1);
        assert!(desk.get("/settle").await.body.contains("Nothing to settle"));
        let free = monday();
        let again = book(&desk, app.fixture.ben, (app.fixture.medicine_north, app.fixture.costa), free, &Fixture::key()).await;
        assert_eq!(again.status, StatusCode::OK, "{}", again.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn doctors_enter_their_own_leave_and_nothing_else() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (doctor, ruiz, key) = (app.as_("doctor").await, f.ruiz.to_string(), Fixture::key());
        let form = leave(&ruiz, &key, "2026-12-24", "2026-12-26");
        let saved = doctor.submit("/absences/new", LEAVE, &form).await;
        assert_eq!(saved.location.as_deref(), Some("/absences?done=saved"), "{}", saved.body);
        let own = sql("SELECT count(*) FROM absences WHERE doctor_id = $1").bind(f.costa);
        assert_eq!(number(&app.state.db, own).await, 1, "the own leave, whatever the form says");
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM absences")).await, 1);
        for kind in ["closure", "extra"] {
            let key = Fixture::key();
            let mut form = leave(&ruiz, &key, "2026-12-24", "2026-12-24");
            form[0].1 = kind;
            assert_eq!(doctor.post(LEAVE, &form).await.status, StatusCode::FORBIDDEN, "{kind}");
        }
        let other = app.as_("doctor2").await;
        let page = doctor.get("/absences").await.body;
        let id = hidden(&page, "id");
        assert_eq!(other.post("/api/absences/withdraw", &[("kind", "leave"), ("id", &id)]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.as_("nurse").await.get("/absences").await.status, StatusCode::FORBIDDEN);
        for (name, value, field) in [
            ("to_day", "2026-12-23", "to_day"),
            ("from_day", "", "from_day"),
            ("from_time", "09:00", "to_time"),
            ("to_day", "2029-12-23", "to_day"),
        ] {
            let key = Fixture::key();
            let mut form = leave(&ruiz, &key, "2026-12-24", "2026-12-26");
            form.retain(|(field, _)| *field != name);
            form.push((name, value));
            assert_eq!(named(&doctor.post(LEAVE, &form).await), [field], "{name} {value}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_closed_clinic_in_another_zone_lists_its_booked_patients_on_its_own_clock() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, desk) = (app.as_("admin").await, app.as_("desk2").await);
        let form = Form::of(f.costa, f.medicine_south, "2026-11-22", ("08:00", "13:00"));
        let saved = confirmed(&admin, "/settings/hours/new", SAVE, &form.pairs()).await;
        assert!(saved.location.is_some(), "{}", saved.body);
        // Monday, 09:00 in Madrid.
        let at: Instant = "2026-11-23T08:00:00Z".parse().expect("an instant");
        let booked = book(&desk, f.dora, (f.medicine_south, f.costa), at, &Fixture::key()).await;
        assert_eq!(booked.status, StatusCode::OK, "{}", booked.body);
        let key = Fixture::key();
        let form = [("kind", "closure"), ("key", key.as_str()), ("from_day", "2026-11-23"), ("to_day", "2026-11-23"), ("reason", "Flood")];
        let closed = confirmed(&desk, "/absences/new?kind=closure", LEAVE, &form).await;
        assert_eq!(closed.location.as_deref(), Some("/settle?done=listed&count=1"), "{}", closed.body);
        assert!(desk.get("/settle").await.body.contains("South, Dora"));
        // The administrator reads the list from the other clinic: the clock is Madrid's, and no patient is named.
        let read = admin.get(&format!("/settle?clinic={}", f.south)).await;
        assert_eq!(read.status, StatusCode::OK, "{}", read.body);
        assert!(read.body.contains("09:00") && read.body.contains("Europe/Madrid") && !read.body.contains("Dora"), "{}", read.body);
        assert_eq!(app.as_("desk").await.get(&format!("/settle?clinic={}", f.south)).await.status, StatusCode::NOT_FOUND);
        // The clinic in New York works on.
        let north = app.as_("desk").await;
        assert_eq!(book(&north, f.ana, (f.medicine_north, f.costa), monday(), &Fixture::key()).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_extra_session_is_booked_and_its_withdrawing_lists_who_is_booked_in_it() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (desk, costa, service) = (app.as_("desk").await, f.costa.to_string(), f.medicine_north.to_string());
        let key = Fixture::key();
        let form = |times: (&'static str, &'static str)| {
            vec![
                ("kind", "extra"),
                ("key", key.as_str()),
                ("doctor_id", costa.as_str()),
                ("service_id", service.as_str()),
                ("from_day", "2026-11-23"),
                ("from_time", times.0),
                ("to_time", times.1),
                ("slot_minutes", "30"),
                ("capacity", "1"),
                ("reason", "Waiting list"),
            ]
        };
        assert_eq!(named(&desk.post(LEAVE, &form(("17:00", "20:00"))).await), ["from_time"], "it lies on the weekly hours");
        let saved = desk.post(LEAVE, &form(("18:00", "20:00"))).await;
        assert_eq!(saved.location.as_deref(), Some("/absences?done=saved"), "{}", saved.body);
        // Monday, 18:30 in New York.
        let at: Instant = "2026-11-23T23:30:00Z".parse().expect("an instant");
        assert_eq!(book(&desk, f.ben, (f.medicine_north, f.costa), at, &Fixture::key()).await.status, StatusCode::OK);
        let page = desk.get("/absences").await.body;
        let (id, version) = (hidden(&page, "id"), hidden(&page, "version"));
        let form = [("kind", "extra"), ("id", id.as_str()), ("version", version.as_str())];
        let asked = desk.submit("/absences", "/api/absences/withdraw", &form).await;
        assert!(asked.status == StatusCode::UNPROCESSABLE_ENTITY && asked.body.contains("Adams, Ben"), "{}", asked.body);
        let withdrawn = confirmed(&desk, "/absences", "/api/absences/withdraw", &form).await;
        assert_eq!(withdrawn.location.as_deref(), Some("/settle?done=listed&count=1"), "{}", withdrawn.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_grid_shows_who_is_booked_outside_of_hours_or_with_a_doctor_who_left() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, (desk, _)) = (app.as_("admin").await, with_booked(&app, 1).await);
        let grid = format!("/schedules?day=2026-11-23&service={}", f.medicine_north);
        let inside = desk.get(&grid).await.body;
        assert!(inside.contains("1 booked") && !inside.contains("outside hours"), "{inside}");
        let costa = f.costa.to_string();
        let form = [("doctor_id", costa.as_str()), ("last_day", "2026-11-22")];
        let left = confirmed(&admin, &format!("/settings/hours?doctor={costa}"), "/api/hours/leaving", &form).await;
        assert!(left.location.is_some_and(|to| to.starts_with("/settle")), "{}", left.body);
        let outside = desk.get(&grid).await.body;
        assert!(outside.contains("1 booked") && outside.contains("outside hours") && outside.contains("Costa"), "{outside}");
        // The doctor has left: her name and her patient still stand there.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let now = app.state.clock.now();
        let retired = tx.execute(sql("UPDATE staff SET retired_at = $1 WHERE id = $2").bind(now).bind(f.costa)).await;
        if retired.is_ok() {
            tx.commit().await.expect("committed");
        }
        let outside = desk.get(&grid).await.body;
        assert!(outside.contains("1 booked") && outside.contains("outside hours") && outside.contains("Costa"), "{outside}");
    })
    .await;
}

#[tokio::test]
async fn another_time_zone_of_the_clinic_puts_those_outside_of_hours_on_the_list() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, (desk, _)) = (app.as_("admin").await, with_booked(&app, 1).await);
        // 17:40 in New York is 14:40 in Los Angeles; 09:00 is 06:00 there.
        let late = monday() + Duration::minutes(520);
        assert_eq!(book(&desk, f.ben, (f.medicine_north, f.costa), late, &Fixture::key()).await.status, StatusCode::OK);
        let id = f.north.to_string();
        let zone = "America/Los_Angeles";
        let form = [
            ("list", "clinics"),
            ("id", id.as_str()),
            ("version", "1"),
            ("name", "North Clinic"),
            ("code", "NORTH"),
            ("time_zone", zone),
            ("zone_seen", zone),
        ];
        let saved = admin.post("/api/organisation/save", &form).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM to_settle WHERE because = 'hours'")).await, 1);
        let page = desk.get("/settle").await.body;
        assert!(page.contains("06:00") && !page.contains("14:40"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_patient_who_was_kept_is_listed_again_when_the_clinic_closes_and_when_the_doctor_leaves() {
    on_both_engines(|app| async move {
        let (admin, (desk, _)) = (app.as_("admin").await, with_booked(&app, 1).await);
        let f = app.fixture.clone();
        ill(&app, &desk).await;
        // The schedule says so, also on a day without bookings.
        let day = desk.get(&format!("/schedules?day=2026-11-24&service={}", f.medicine_north)).await.body;
        assert!(day.contains("slot-away") && day.contains("Doctor away") && day.contains("href=\"/absences\""), "{day}");
        let keep = async || {
            let line = hidden(&desk.get("/settle").await.body, "id");
            let kept = desk.submit("/settle", "/api/settle/keep", &[("id", &line)]).await;
            assert!(kept.location.is_some_and(|to| to.contains("done=kept")), "{}", kept.body);
        };
        keep().await;
        let key = Fixture::key();
        let form = [("kind", "closure"), ("key", key.as_str()), ("from_day", "2026-11-23"), ("to_day", "2026-11-23"), ("reason", "Flood")];
        let closed = confirmed(&desk, "/absences/new?kind=closure", LEAVE, &form).await;
        assert_eq!(closed.location.as_deref(), Some("/settle?done=listed&count=1"), "{}", closed.body);
        assert!(desk.get("/settle/print").await.body.contains("Costa"), "the call list");
        keep().await;
        // Twice: the second time the hours have ended already.
        let costa = f.costa.to_string();
        for _ in 0..2 {
            let form = [("doctor_id", costa.as_str()), ("last_day", "2026-11-22")];
            let left = confirmed(&admin, &format!("/settings/hours?doctor={costa}"), "/api/hours/leaving", &form).await;
            assert!(left.location.is_some_and(|to| to.starts_with("/settle")), "{}", left.body);
            assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM to_settle WHERE because = 'leaving'")).await, 1);
            keep().await;
        }
        app.assert_sound().await;
        // Leave that an older program entered without listing whom staff had kept before.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let leave = sql("INSERT INTO absences (id, doctor_id, starts_at, ends_at, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(crate::core::AbsenceId::new())
            .bind(f.costa)
            .bind(monday())
            .bind(monday() + Duration::hours(1))
            .bind(app.state.clock.now() + Duration::hours(1))
            .bind(f.user("desk"));
        tx.execute(leave).await.expect("inserted");
        let found = crate::invariants::check(&mut tx).await.expect("checked");
        let broken: Vec<_> = found.into_iter().filter(|finding| finding.broken > 0).collect();
        assert!(broken.len() == 1 && broken[0].broken == 1, "{broken:?}");
    })
    .await;
}

#[tokio::test]
async fn after_ten_weeks_of_leave_each_appointment_has_a_proposal() {
    on_both_engines(|app| async move {
        let (desk, _) = with_booked(&app, 2).await;
        let (costa, key) = (app.fixture.costa.to_string(), Fixture::key());
        let form = leave(&costa, &key, "2026-11-23", "2027-01-31");
        confirmed(&desk, "/absences/new?kind=leave", LEAVE, &form).await;
        let page = desk.get("/settle").await.body;
        assert!(page.contains("Move 2 to the proposed times"), "{page}");
        let moved = desk.submit("/settle", "/api/settle/all", &[("act", "move"), ("lines", &hidden(&page, "lines"))]).await;
        assert_eq!(moved.location.as_deref(), Some("/settle?done=moved&count=2&left=0"), "{}", moved.body);
        app.assert_sound().await;
    })
    .await;
}
