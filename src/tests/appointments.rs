//! Tests booking: one time for one patient, however often and fast people request it.

use axum::http::StatusCode;

use super::{
    Answer, Browser, Fixture, TestApp, all_at_once,
    hours::{Form, confirmed},
    on_both_engines, races_on_both_engines,
};
use crate::{
    appointments::{self, Appointment, AppointmentState, SlotQuery},
    core::{
        Error, PatientId, ServiceId, StaffId, Stamp, UserId,
        time::{Instant, Zone},
    },
    db::sql,
};

/// Monday 23 November 2026, 09:00 in New York.
fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

pub(super) async fn book(desk: &Browser, patient: PatientId, (service, doctor): (ServiceId, StaffId), at: Instant, key: &str) -> Answer {
    let form = [
        ("patient_id", patient.to_string()),
        ("doctor_id", doctor.to_string()),
        ("service_id", service.to_string()),
        ("at", at.timestamp().to_string()),
        ("reason", "</textarea><script>alert(1)</script>".to_owned()),
        ("idempotency_key", key.to_owned()),
    ];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    desk.post("/api/appointments/book", &form).await
}

async fn of(app: &TestApp, patient: PatientId) -> Vec<Appointment> {
    let mut tx = app.state.db.read().await.expect("a connection");
    appointments::of_patient(&mut tx, patient).await.expect("read")
}

async fn all_book(app: &TestApp, patients: &[PatientId], slot: (ServiceId, StaffId), at: Instant) -> Vec<Answer> {
    let desk = app.as_("desk").await;
    let tries = patients.iter().map(|patient| {
        let (desk, patient) = (desk.clone(), *patient);
        async move { book(&desk, patient, slot, at, &Fixture::key()).await }
    });
    all_at_once(tries).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_want_one_slot_and_one_gets_it() {
    races_on_both_engines(|app| async move {
        let patients = app.people(100).await;
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        let answers = all_book(&app, &patients, slot, monday()).await;
        let booked = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        let refused = answers.iter().filter(|answer| answer.status == StatusCode::CONFLICT).count();
        assert_eq!((booked, refused), (1, 99), "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_with_two_seats_takes_two() {
    races_on_both_engines(|app| async move {
        let patients = app.people(20).await;
        let answers = all_book(&app, &patients, (app.fixture.surgery_north, app.fixture.ruiz), monday()).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 2);
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK || answer.status == StatusCode::CONFLICT));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_in_two_places() {
    races_on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let ana = app.fixture.ana;
        let medicine = (app.fixture.medicine_north, app.fixture.costa);
        let surgery = (app.fixture.surgery_north, app.fixture.ruiz);
        let (key, other) = (Fixture::key(), Fixture::key());
        let (one, two) = tokio::join!(book(&desk, ana, medicine, monday(), &key), book(&desk, ana, surgery, monday(), &other));
        let mut statuses = [one.status, two.status];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT]);
        assert_eq!(of(&app, ana).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pressing_twice_books_once() {
    races_on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        let key = Fixture::key();
        let answers = all_at_once((0..20).map(|_| {
            let (desk, key, ana) = (desk.clone(), key.clone(), app.fixture.ana);
            async move { book(&desk, ana, slot, monday(), &key).await }
        }))
        .await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
        let mut places: Vec<_> = answers.into_iter().map(|answer| answer.location).collect();
        places.dedup();
        assert_eq!((places.len(), of(&app, app.fixture.ana).await.len()), (1, 1));
    })
    .await;
}

/// Returns the value of the first slot's button on the page.
fn first_slot(page: &str) -> String {
    page.split("name=\"slot\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a slot").to_owned()
}

async fn hold(browser: &Browser, slot: &str) -> Answer {
    browser.submit("/portal/book/times", "/api/portal/hold", &[("slot", slot), ("idempotency_key", &Fixture::key())]).await
}

#[tokio::test]
async fn a_patient_books_without_scripts_and_gives_it_back() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        let start = ana.get("/portal/book").await;
        assert!(start.body.contains(&format!("/portal/book/times?clinic={}", app.fixture.north)), "{}", start.body);
        let times = format!("/portal/book/times?clinic={}&doctor={}", app.fixture.north, app.fixture.costa);
        let page = ana.get(&times).await;
        let slot = first_slot(&page.body);
        let held = hold(&ana, &slot).await;
        assert_eq!(held.status, StatusCode::SEE_OTHER, "{}", held.body);
        let confirm = held.location.expect("where to go");
        let page = ana.get(&confirm).await;
        assert!(page.body.contains("36.00") && page.body.contains("120.00"), "her plan leaves 30 % to her: {}", page.body);
        // A held time is not free for others.
        let ben = app.as_("ben").await;
        let refused = hold(&ben, &slot).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("error-summary"), "{}", refused.body);
        let id = confirm.rsplit('/').next().expect("an id").to_owned();
        let reason = "</textarea><script>alert(1)</script>";
        let booked = ana.submit(&confirm, "/api/portal/book", &[("appointment_id", &id), ("reason", reason)]).await;
        assert_eq!(booked.location.as_deref(), Some(format!("/portal/appointments/{id}?done=booked").as_str()));
        let page = ana.get(&format!("/portal/appointments/{id}")).await;
        assert!(page.body.contains("&lt;/textarea&gt;&lt;script&gt;") && !page.body.contains("<script>alert"), "{}", page.body);
        // Another user's appointment gives `NotFound`.
        for path in [format!("/portal/appointments/{id}"), format!("/portal/book/{id}"), format!("/portal/appointments/{id}/calendar.ics")]
        {
            assert_eq!(ben.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(ben.post("/api/portal/cancel", &[("appointment_id", &id)]).await.error(), Error::NotFound);
        assert_eq!(ben.post("/api/portal/book", &[("appointment_id", &id)]).await.error(), Error::NotFound);
        let file = ana.get(&format!("/portal/appointments/{id}/calendar.ics")).await;
        assert!(file.body.contains("DTSTART;TZID=America/New_York:20261121T1100"), "{}", file.body);
        let cancelled = ana.submit(&confirm, "/api/portal/cancel", &[("appointment_id", &id), ("reason", "better")]).await;
        assert_eq!(cancelled.location.as_deref(), Some("/portal/appointments?done=cancelled"));
        assert_eq!(hold(&ben, &slot).await.status, StatusCode::SEE_OTHER, "free again");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_hold_ends_after_ten_minutes_unless_nobody_minds() {
    on_both_engines(|app| async move {
        let (ana, ben) = (app.as_("ana").await, app.as_("ben").await);
        let times = format!("/portal/book/times?clinic={}&doctor={}", app.fixture.north, app.fixture.costa);
        let page = ana.get(&format!("{times}&from=2026-11-23")).await.body;
        // The first button is the earliest of all; the second is in the week's list.
        let slot = page.split("name=\"slot\" value=\"").nth(2).and_then(|rest| rest.split('"').next()).expect("a slot").to_owned();
        let confirm = hold(&ana, &slot).await.location.expect("held");
        let id = confirm.rsplit('/').next().expect("an id").to_owned();
        app.state.clock.advance(chrono::Duration::minutes(11));
        let taken = hold(&ben, &slot).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
        let late = ana.post("/api/portal/book", &[("appointment_id", &id)]).await;
        assert!(matches!(late.error(), Error::Conflict(_)));
        // Ben is late too, but no other patient has taken the time.
        app.state.clock.advance(chrono::Duration::minutes(11));
        let id = taken.location.expect("held").rsplit('/').next().expect("an id").to_owned();
        assert_eq!(ben.post("/api/portal/book", &[("appointment_id", &id)]).await.status, StatusCode::OK);
        assert_eq!(of(&app, app.fixture.ana).await.len(), 0, "a hold that ended is no appointment");
    })
    .await;
}

#[tokio::test]
async fn five_to_come_are_enough_and_moving_one_is_no_sixth() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        let slot = |day: i64| {
            let at = monday() + chrono::Duration::days(day);
            format!("{}.{}.{}", app.fixture.medicine_north, app.fixture.costa, at.timestamp())
        };
        let mut last = String::new();
        for day in 0..5 {
            let held = ana.post("/api/portal/hold", &[("slot", &slot(day)), ("idempotency_key", &Fixture::key())]).await;
            last = held.location.expect("held").rsplit('/').next().expect("an id").to_owned();
            assert_eq!(ana.post("/api/portal/book", &[("appointment_id", &last)]).await.status, StatusCode::OK);
        }
        let sixth = ana.post("/api/portal/hold", &[("slot", &slot(6)), ("idempotency_key", &Fixture::key())]).await;
        assert!(matches!(sixth.error(), Error::Conflict(_)));
        let form = [("slot", slot(7)), ("idempotency_key", Fixture::key()), ("replaces", last.clone())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let held = ana.post("/api/portal/hold", &form).await.location.expect("held");
        let id = held.trim_start_matches("/portal/book/").split('?').next().expect("an id").to_owned();
        let moved = ana.post("/api/portal/book", &[("appointment_id", &id), ("replaces", &last)]).await;
        assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
        let all = of(&app, app.fixture.ana).await;
        let count = |state| all.iter().filter(|one| one.state == state).count();
        assert_eq!((count(AppointmentState::Booked), count(AppointmentState::Rescheduled)), (5, 1));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn appointments_are_made_as_far_ahead_as_offered() {
    on_both_engines(|app| async move {
        let (desk, ana, ben) = (app.as_("desk").await, app.as_("ana").await, app.fixture.ben);
        let own = (app.fixture.medicine_north, app.fixture.costa);
        let too_far = |answer: &Answer, until: &str| {
            let Error::Conflict(words) = answer.error() else { panic!("{}", answer.body) };
            assert_eq!(words, format!("Appointments can be made until {until}. Choose an earlier time."));
        };
        for (day, offered) in [("2027-01-20", true), ("2027-01-21", false), ("2199-01-01", false)] {
            let at: Instant = format!("{day}T14:00:00Z").parse().expect("an instant");
            let slot = format!("{}.{}.{}", own.0, own.1, at.timestamp());
            let held = ana.post("/api/portal/hold", &[("slot", &slot), ("idempotency_key", &Fixture::key())]).await;
            if offered {
                assert_eq!(held.status, StatusCode::OK, "{day}: {}", held.body);
            } else {
                too_far(&held, "20 Jan 2027");
            }
        }
        for (day, offered) in [("2027-12-26", true), ("2027-12-27", false), ("2199-01-01", false)] {
            let at = format!("{day}T14:00:00Z").parse().expect("an instant");
            let booked = book(&desk, ben, own, at, &Fixture::key()).await;
            if offered {
                assert_eq!(booked.status, StatusCode::OK, "{day}: {}", booked.body);
            } else {
                too_far(&booked, "26 Dec 2027");
            }
        }
        // The pages offer no later date: neither the day nor a time on it.
        let in_2199 = "2199-01-01T14:00:00Z".parse::<Instant>().expect("an instant").timestamp().to_string();
        for (browser, page) in [(&desk, "/appointments/new?from=2199-01-01"), (&ana, "/portal/book/times?from=2199-01-01")] {
            let body = browser.get(&format!("{page}&doctor={}", own.1)).await.body;
            assert!(!body.contains("value=\"2199") && !body.contains(&in_2199), "{page}: {body}");
        }
        let schedule = desk.get(&format!("/schedules?day=2199-01-01&doctor={}", own.1)).await.body;
        assert!(schedule.contains("slot-free") && !schedule.contains("/appointments/new?service"), "{schedule}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_of_somebody_elses_booking_books_nothing() {
    on_both_engines(|app| async move {
        let (desk, key) = (app.as_("desk").await, Fixture::key());
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        assert_eq!(book(&desk, app.fixture.ana, slot, monday(), &key).await.status, StatusCode::OK);
        let later = monday() + chrono::Duration::minutes(20);
        assert!(matches!(book(&desk, app.fixture.ben, slot, later, &key).await.error(), Error::Conflict(_)));
        let form = [("slot", format!("{}.{}.{}", slot.0, slot.1, later.timestamp())), ("idempotency_key", key)];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let held = app.as_("ben").await.post("/api/portal/hold", &form).await;
        assert!(matches!(held.error(), Error::Conflict(_)), "{}", held.body);
        assert_eq!(of(&app, app.fixture.ben).await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn the_day_of_an_appointment() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        let made = book(&desk, app.fixture.ana, slot, monday(), &Fixture::key()).await;
        let id = of(&app, app.fixture.ana).await[0].id;
        assert_eq!(made.location, Some(format!("/appointments/{id}?done=booked")));
        let page = desk.get("/schedules?day=2026-11-23").await;
        assert!(page.body.contains("Núñez, Ana María") && page.body.contains("09:20"), "{}", page.body);
        assert!(desk.get(&format!("/appointments/{id}")).await.body.contains("&lt;script&gt;"));
        // Reception of the other clinic has no access to it.
        let elsewhere = app.as_("desk2").await;
        assert_eq!(elsewhere.get(&format!("/appointments/{id}")).await.status, StatusCode::NOT_FOUND);
        let id_text = id.to_string();
        let form = [("appointment_id", id_text.as_str()), ("reason", "x")];
        assert_eq!(elsewhere.post("/api/appointments/cancel", &form).await.error(), Error::NotFound);
        assert!(!elsewhere.get("/schedules?day=2026-11-23").await.body.contains("Núñez"));

        let (now, by) = (app.state.clock.now(), UserId::SYSTEM);
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert!(
            matches!(appointments::begin_consultation(&mut tx, id, Stamp { by, at: now }).await, Err(Error::Conflict(_))),
            "nobody came yet"
        );
        appointments::check_in(&mut tx, id, Stamp { by, at: now }).await.expect("came");
        assert!(matches!(appointments::check_in(&mut tx, id, Stamp { by, at: now }).await, Err(Error::Conflict(_))), "came already");
        appointments::begin_consultation(&mut tx, id, Stamp { by, at: now }).await.expect("begun");
        appointments::fulfil(&mut tx, id, Stamp { by, at: now }).await.expect("seen");
        tx.commit().await.expect("committed");
        let refused = desk.post("/api/appointments/cancel", &form).await;
        assert!(matches!(refused.error(), Error::Conflict(_)));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn who_says_to_be_here_is_known_at_the_desk() {
    on_both_engines(|app| async move {
        let (desk, ana) = (app.as_("desk").await, app.as_("ana").await);
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        book(&desk, app.fixture.ana, slot, monday(), &Fixture::key()).await;
        let id = of(&app, app.fixture.ana).await[0].id.to_string();
        let here = [("appointment_id", id.as_str())];
        assert!(matches!(ana.post("/api/portal/here", &here).await.error(), Error::Conflict(_)), "two days early");
        assert!(!ana.get("/portal").await.body.contains("/api/portal/here"));

        app.state.clock.advance(monday() - app.state.clock.now() - chrono::Duration::minutes(20));
        let (desk, ana, ben) = (app.as_("desk").await, app.as_("ana").await, app.as_("ben").await);
        assert_eq!(ben.post("/api/portal/here", &here).await.error(), Error::NotFound, "somebody else's");
        assert!(!desk.get("/reception").await.body.contains("here since"));
        let said = ana.submit("/portal", "/api/portal/here", &here).await;
        assert_eq!(said.location.as_deref(), Some("/portal"), "{}", said.body);
        app.state.clock.advance(chrono::Duration::minutes(3));
        assert_eq!(ana.post("/api/portal/here", &here).await.status, StatusCode::OK, "said twice");
        let home = ana.get("/portal").await.body;
        assert!(home.contains("The desk knows since 08:40") && !home.contains("/api/portal/here"), "{home}");
        assert!(desk.get("/reception").await.body.contains("here since 08:40"));

        let form = [("patient", app.fixture.ana.to_string()), ("appointment", id.clone()), ("idempotency_key", Fixture::key())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(desk.post("/api/reception/check_in", &form).await.status, StatusCode::OK);
        assert!(!ana.get("/portal").await.body.contains("The desk knows"));
        assert!(matches!(ana.post("/api/portal/here", &here).await.error(), Error::Conflict(_)), "checked in already");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn wrong_wishes_are_refused_in_words() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        for at in ["2026-11-23T14:05:00Z", "2026-11-20T14:00:00Z", "2026-11-23T03:00:00Z"] {
            let answer = book(&desk, app.fixture.ana, slot, at.parse().expect("an instant"), &Fixture::key()).await;
            assert!(matches!(answer.error(), Error::Conflict(_)), "{at}: {}", answer.body);
        }
        let south = (app.fixture.medicine_south, app.fixture.costa);
        let answer = book(&desk, app.fixture.ana, south, monday(), &Fixture::key()).await;
        assert_eq!(answer.error(), Error::NotFound, "another clinic's service");
        let answer = book(&desk, PatientId::new(), slot, monday(), &Fixture::key()).await;
        assert_eq!(answer.error(), Error::NotFound);
        let mut tx = app.state.db.read().await.expect("a connection");
        let query = SlotQuery {
            clinic: app.fixture.north,
            zone: Zone::named("America/New_York"),
            service: None,
            specialty: None,
            doctor: Some(app.fixture.costa),
            from: "2026-11-23".parse().expect("a day"),
            to: "2026-11-23".parse().expect("a day"),
            open: true,
            visit_type: appointments::VisitTypeFilter::Any,
            now: app.state.clock.now(),
        };
        let free = appointments::free_slots(&mut tx, query).await.expect("slots");
        assert_eq!(free.len(), 30, "eight to six in twenty minutes, nothing taken");
        drop(tx);
        // The clinic is closed for long: the search for the earliest time leaves no day out.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let mut closed_from = app.state.clock.now();
        for days in [200, 330] {
            let first = query.from + chrono::Duration::days(days);
            let (opens, _) = query.zone.day_bounds(first);
            let closed = sql("INSERT INTO closures (id, clinic_id, starts_at, ends_at, whole_days, reason, created_at, created_by)
                VALUES ($1, $2, $3, $4, $5, '', $6, $7)")
            .bind(uuid::Uuid::now_v7())
            .bind(query.clinic)
            .bind(closed_from)
            .bind(opens)
            .bind(true)
            .bind(query.now)
            .bind(UserId::SYSTEM);
            tx.execute(closed).await.expect("closed");
            let query = SlotQuery { to: query.from + chrono::Duration::days(365), ..query };
            let earliest = appointments::earliest_free(&mut tx, query, query.now).await.expect("searched");
            assert_eq!(earliest.map(|slot| slot.local.date()), Some(first));
            closed_from = opens;
        }
    })
    .await;
}

#[tokio::test]
async fn an_appointment_of_another_clinic_is_checked_in_on_that_clinics_day() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let form = Form::of(f.costa, f.medicine_south, "2026-11-22", ("08:00", "13:00"));
        let saved = confirmed(&app.as_("admin").await, "/settings/hours/new", "/api/hours/save", &form.pairs()).await;
        assert!(saved.location.is_some(), "{}", saved.body);
        let role = sql("INSERT INTO user_roles (user_id, role, clinic_id, granted_at, granted_by) VALUES ($1, 'receptionist', $2, $3, $4)")
            .bind(f.user("desk"))
            .bind(f.south)
            .bind(app.state.clock.now())
            .bind(UserId::SYSTEM);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(role).await.expect("a role at both clinics");
        tx.commit().await.expect("committed");
        // Sunday, 09:00 in Madrid, where it is Sunday for half an hour; in New York it is Saturday.
        let at: Instant = "2026-11-22T08:00:00Z".parse().expect("an instant");
        let booked = book(&app.as_("desk").await, f.ana, (f.medicine_south, f.costa), at, &Fixture::key()).await;
        let to = booked.location.unwrap_or_else(|| panic!("{}", booked.body));
        let id = to.trim_start_matches("/appointments/").split('?').next().expect("an id");
        app.state.clock.advance(at - chrono::Duration::minutes(510) - app.state.clock.now());
        let (ana, key) = (f.ana.to_string(), Fixture::key());
        let form = [("patient", ana.as_str()), ("appointment", id), ("idempotency_key", key.as_str())];
        let answer = app.as_("desk").await.post("/api/reception/check_in", &form).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        app.assert_sound().await;
    })
    .await;
}
