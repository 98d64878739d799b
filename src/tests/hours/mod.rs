//! Doctors' hours, leave and closed clinics in pages, and the list of appointments that lose their hours.

mod blocks;
mod settle;
mod visit_types;

use axum::http::StatusCode;
use chrono::Duration;

use super::{Answer, Browser, Fixture, TestApp, appointments::book, on_both_engines};
use crate::{
    core::{Error, ServiceId, StaffId, time::Instant},
    db::{Database, Sql, sql},
};

/// Monday 23 November 2026, 09:00 in New York.
pub(super) fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

/// The fields that were named.
fn named(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

async fn number(db: &Database, query: Sql) -> i64 {
    db.read().await.expect("a connection").count(query).await.expect("a number")
}

/// The value of a hidden field in a page.
pub(super) fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    page.split(mark.as_str()).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no {name} in {page}")).to_owned()
}

/// Sends a form twice: the first time it shows what it leads to, the second time it is confirmed.
pub(super) async fn confirmed(browser: &Browser, page: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    let first = browser.submit(page, path, form).await;
    assert_eq!(first.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", first.body);
    let seen = hidden(&first.body, "seen");
    browser.submit(page, path, &[form, &[("seen", seen.as_str())]].concat()).await
}

/// A form of hours on each day of the week.
#[derive(Clone)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn of(doctor: StaffId, service: ServiceId, from: &str, times: (&str, &str)) -> Self {
        let mut form: Vec<(String, String)> = [
            ("key", Fixture::key().as_str()),
            ("doctor_id", doctor.to_string().as_str()),
            ("service_id", service.to_string().as_str()),
            ("valid_from", from),
            ("valid_to", ""),
            ("slot_minutes", "20"),
            ("gap_minutes", ""),
            ("capacity", "1"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        for day in 1..=7 {
            form.push((format!("d{day}_from1"), times.0.to_owned()));
            form.push((format!("d{day}_to1"), times.1.to_owned()));
        }
        Self(form)
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(field, _)| field != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

const SAVE: &str = "/api/hours/save";

/// The hours of a doctor that are in force, with their version.
pub(super) async fn schedule(app: &TestApp, doctor: StaffId) -> (String, String) {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT id, version FROM schedules WHERE doctor_id = $1 AND withdrawn_at IS NULL AND valid_to IS NULL").bind(doctor);
    let (id, version): (crate::core::ScheduleId, i64) = tx.optional(query).await.expect("read").expect("hours");
    (id.to_string(), version.to_string())
}

#[tokio::test]
async fn hours_are_saved_after_their_preview_and_old_ones_are_closed() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        // Three weeks ahead: one in the morning that stays, one in the afternoon that is lost.
        let (morning, afternoon) = (monday() + Duration::days(21), monday() + Duration::days(21) + Duration::hours(6));
        for (patient, at) in [(f.ana, morning), (f.ben, afternoon)] {
            let booked = book(&desk, patient, (f.medicine_north, f.costa), at, &Fixture::key()).await;
            assert_eq!(booked.status, StatusCode::OK, "{}", booked.body);
        }
        let (old, version) = schedule(&app, f.costa).await;
        let page = format!("/settings/hours/{old}");
        let shown = admin.get(&page).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
        assert!(shown.body.contains("08:00"), "{}", shown.body);
        let form = Form::of(f.costa, f.medicine_north, "2026-12-01", ("08:00", "12:00")).with("schedule", &old).with("version", &version);
        let first = admin.submit(&page, SAVE, &form.pairs()).await;
        assert_eq!(first.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", first.body);
        assert!(first.body.contains("<del>12:00") && !first.body.contains("<del>08:00"), "{}", first.body);
        assert!(first.body.contains("Booked in the hours that go: 1"), "{}", first.body);
        assert!(!first.body.contains("Adams"), "an administrator sees no patient's name");
        let seen = hidden(&first.body, "seen");
        let form = form.with("seen", &seen);
        let saved = admin.submit(&page, SAVE, &form.pairs()).await;
        let to = saved.location.unwrap_or_else(|| panic!("{}", saved.body));
        assert_eq!(to, format!("/settle?doctor={}&done=listed&count=1", f.costa));
        // Sent again it is saved once.
        admin.submit(&page, SAVE, &form.pairs()).await;
        let closed = sql("SELECT count(*) FROM schedules WHERE valid_to = $1").bind(chrono::NaiveDate::from_ymd_opt(2026, 11, 30));
        assert_eq!(number(&app.state.db, closed).await, 1, "the old hours end on the day before");
        let all = sql("SELECT count(*) FROM schedules WHERE doctor_id = $1").bind(f.costa);
        assert_eq!(number(&app.state.db, all).await, 2);
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM to_settle WHERE because = 'hours'")).await, 1);
        let waiting = desk.get("/settle").await.body;
        assert!(waiting.contains("Adams") && !waiting.contains("Núñez"), "{waiting}");
        // Another page of the reader counts it in the rail.
        assert!(desk.get("/schedules").await.body.contains("To settle"), "the rail");
        let gone = book(&desk, f.chloe, (f.medicine_north, f.costa), afternoon + Duration::minutes(20), &Fixture::key()).await;
        assert_eq!(gone.status, StatusCode::CONFLICT, "no longer offered");
        // A user who opened the form before gets a message.
        let late = Form::of(f.costa, f.medicine_north, "2026-12-02", ("09:00", "12:00")).with("schedule", &old).with("version", &version);
        assert_eq!(admin.post(SAVE, &late.pairs()).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn wrong_hours_are_refused_with_their_field() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let admin = app.as_("admin").await;
        let form = || Form::of(f.costa, f.medicine_south, "2026-12-01", ("08:00", "13:00"));
        for (name, value, field) in [
            ("d1_to1", "07:00", "d1_to1"),
            ("d1_to1", "08:10", "d1_to1"),
            ("capacity", "0", "capacity"),
            ("capacity", "21", "capacity"),
            ("valid_to", "2026-11-30", "valid_to"),
            ("slot_minutes", "x", "slot_minutes"),
            ("doctor_id", "", "doctor_id"),
            ("d3_from2", "12:00", "d3_to2"),
            // 08:00 to 18:00 in New York is 14:00 to 24:00 in Madrid.
            ("d2_to1", "15:00", "d2_from1"),
        ] {
            assert_eq!(named(&admin.post(SAVE, &form().with(name, value).pairs()).await), [field], "{name} {value}");
        }
        assert_eq!(
            named(&admin.post(SAVE, &form().with("doctor_id", &f.ruiz.to_string()).pairs()).await),
            ["doctor_id"],
            "another department"
        );
        assert_eq!(named(&admin.post(SAVE, &form().pairs()).await), ["seen"], "the preview first");
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM schedules")).await, 2, "nothing is half-written");
        let page = format!("/settings/hours/new?doctor={}", f.costa);
        let saved = confirmed(&admin, &page, SAVE, &form().pairs()).await;
        assert!(saved.location.is_some_and(|to| to.starts_with("/settings/hours/")), "{}", saved.body);
        let desk = app.as_("desk").await;
        assert_eq!(desk.get("/settings/hours").await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn hours_without_instants_get_them() {
    on_both_engines(|app| async move {
        let (db, now) = (&app.state.db, app.state.clock.now());
        let doctors = usize::try_from(number(db, sql("SELECT count(DISTINCT doctor_id) FROM schedules")).await).expect("few");
        assert!(doctors > 0);
        let mut tx = db.write().await.expect("a transaction");
        tx.execute(sql("DELETE FROM hour_times")).await.expect("the state of an older program");
        tx.commit().await.expect("committed");
        assert_eq!(crate::appointments::write_missing_times(db, now).await.expect("written"), doctors);
        let written = number(db, sql("SELECT count(DISTINCT schedule_id) FROM hour_times")).await;
        assert_eq!(written, number(db, sql("SELECT count(*) FROM schedules")).await);
        assert_eq!(crate::appointments::write_missing_times(db, now).await.expect("looked"), 0, "a second run writes nothing");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_guards_hours_by_itself() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, now) = (app.as_("admin").await, app.state.clock.now());
        let saved = confirmed(
            &admin,
            "/settings/hours/new",
            SAVE,
            &Form::of(f.costa, f.medicine_south, "2026-12-01", ("08:00", "13:00")).pairs(),
        )
        .await;
        assert!(saved.location.is_some(), "{}", saved.body);
        let refuses = async |guard: &str, query: Sql| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err(guard);
            assert!(error.violates(guard), "{guard}: {error}");
        };
        let again = sql("INSERT INTO hour_times (schedule_id, doctor_id, first_week, last_week, start_minute, end_minute)
            SELECT schedule_id, doctor_id, last_week, last_week + 1, start_minute, start_minute + 1 FROM hour_times WHERE doctor_id = $1 LIMIT 1")
        .bind(f.costa);
        refuses("hour_times_overlap", again).await;
        refuses("schedules_fixed", sql("UPDATE schedules SET valid_from = '2025-01-01' WHERE doctor_id = ").push_bind(f.ruiz)).await;
        refuses("availabilities_fixed", sql("UPDATE availabilities SET capacity = 3")).await;
        let schedule = "(SELECT id FROM schedules WHERE doctor_id = ";
        let short = sql("INSERT INTO availabilities (id, schedule_id, weekday, start_minute, end_minute, slot_minutes) VALUES (")
            .push_bind(crate::core::AvailabilityId::new())
            .push(", ")
            .push(schedule)
            .push_bind(f.ruiz)
            .push("), 1, 0, 10, 20)");
        refuses("availabilities_slot_fits", short).await;
        let kept = sql("INSERT INTO availabilities (id, schedule_id, weekday, start_minute, end_minute, slot_minutes, walk_in_seats) VALUES (")
            .push_bind(crate::core::AvailabilityId::new())
            .push(", ")
            .push(schedule)
            .push_bind(f.ruiz)
            .push("), 1, 0, 20, 20, 1)");
        refuses("availabilities_walk_in_seats", kept).await;
        // A doctor whose leave is on record cannot be booked in hours.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let leave = sql("INSERT INTO absences (id, doctor_id, starts_at, ends_at, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(crate::core::AbsenceId::new())
            .bind(f.ruiz)
            .bind(monday())
            .bind(monday() + Duration::hours(1))
            .bind(now)
            .bind(f.user("admin"));
        tx.execute(leave).await.expect("inserted");
        tx.commit().await.expect("committed");
        let booked = sql("INSERT INTO appointments (id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state, placed,
            booked_through, idempotency_key, created_at, created_by, updated_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 'booked', 'in_hours', 'reception', $8, $9, $10, $9, $10)")
        .bind(crate::core::AppointmentId::new())
        .bind(f.ana)
        .bind(f.ruiz)
        .bind(f.north)
        .bind(f.surgery_north)
        .bind(monday())
        .bind(monday() + Duration::minutes(20))
        .bind(crate::core::IdempotencyKey::new())
        .bind(now)
        .bind(f.user("desk"));
        refuses("appointments_doctor_away", booked).await;
    })
    .await;
}

#[tokio::test]
async fn hours_are_copied_ended_and_listed() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let admin = app.as_("admin").await;
        let (old, version) = schedule(&app, f.costa).await;
        let copy = admin.get(&format!("/settings/hours/new?copy={old}")).await;
        assert!(copy.status == StatusCode::OK && copy.body.contains("value=\"08:00\""), "{}", copy.body);
        let list = admin.get("/settings/hours").await.body;
        assert!(list.contains("Costa") && list.contains("Ruiz"), "{list}");
        assert!(!admin.get("/settings/hours?q=costa").await.body.contains(&format!("/settings/hours/{}", schedule(&app, f.ruiz).await.0)));
        // Without bookings the hours end at once.
        let form = [("schedule", old.as_str()), ("version", version.as_str()), ("last_day", "2026-12-31")];
        let ended = admin.post("/api/hours/end", &form).await;
        assert_eq!(ended.location.as_deref(), Some("/settings/hours?done=ended"), "{}", ended.body);
        assert_eq!(
            named(&admin.post("/api/hours/end", &[("schedule", old.as_str()), ("version", "2"), ("last_day", "2026-10-01")]).await),
            ["last_day"]
        );
        // A doctor who leaves: all hours end.
        let ruiz = f.ruiz.to_string();
        let left = admin.post("/api/hours/leaving", &[("doctor_id", ruiz.as_str()), ("last_day", "2026-11-30")]).await;
        assert_eq!(left.status, StatusCode::OK, "{}", left.body);
        let open = sql("SELECT count(*) FROM schedules WHERE valid_to IS NULL");
        assert_eq!(number(&app.state.db, open).await, 0);
        let checklist = admin.get("/settings").await.body;
        assert!(checklist.contains("href=\"/settings/hours\""), "{checklist}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn seats_for_walk_ins_are_booked_on_their_day_only() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (old, version) = schedule(&app, f.costa).await;
        let form = Form::of(f.costa, f.medicine_north, "2026-11-22", ("08:00", "18:00")).with("schedule", &old).with("version", &version);
        let form = form.with("capacity", "2").with("walk_in_seats", "1");
        let saved = confirmed(&app.as_("admin").await, &format!("/settings/hours/{old}"), SAVE, &form.pairs()).await;
        assert!(saved.location.is_some(), "{}", saved.body);
        let (desk, slot) = (app.as_("desk").await, (f.medicine_north, f.costa));
        assert_eq!(book(&desk, f.ana, slot, monday(), &Fixture::key()).await.status, StatusCode::OK);
        let kept = book(&desk, f.ben, slot, monday(), &Fixture::key()).await;
        assert!(matches!(kept.error(), Error::Conflict(words) if words.contains("without an appointment")), "{}", kept.body);
        app.state.clock.advance(monday() - Duration::hours(1) - app.state.clock.now());
        let desk = app.as_("desk").await;
        assert_eq!(book(&desk, f.ben, slot, monday(), &Fixture::key()).await.status, StatusCode::OK, "on the day");
        app.assert_sound().await;
    })
    .await;
}
