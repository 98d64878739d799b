//! Tests the guards of master data: in the database alone, and in races.

use axum::http::StatusCode;
use chrono::Duration;

use super::{HARBOR, act, made, monday, named, number, save};
use crate::{
    core::time::Instant,
    db::{Database, Sql, sql},
    organisation::people::{self, Ties},
    tests::{Fixture, TestApp, all_at_once, appointments::book, on_both_databases, on_both_engines, races_from},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_save_one_version_one_wins() {
    races_from(
        async |app: &TestApp| app.as_("admin").await,
        |app, admin| async move {
            let id = app.fixture.medicine.to_string();
            let saves = (0..20).map(|number| {
                let (admin, id) = (admin.in_copy(&app), id.clone());
                async move {
                    let location = format!("Floor {number}");
                    let form =
                        [("id", id.as_str()), ("version", "1"), ("name", "General medicine"), ("code", "MED"), ("location", &location)];
                    save(&admin, "departments", &form).await.status
                }
            });
            let statuses = all_at_once(saves).await;
            assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
            let key = Fixture::key();
            let makes = (0..20).map(|number| {
                let (admin, key) = (admin.in_copy(&app), if number % 2 == 0 { key.clone() } else { Fixture::key() });
                async move { save(&admin, "specialties", &[("key", &key), ("name", "Cardiology")]).await.status }
            });
            all_at_once(makes).await;
            assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM specialties WHERE name = 'Cardiology'")).await, 1);
        },
    )
    .await;
}

#[tokio::test]
async fn what_something_hangs_on_is_not_retired_and_what_is_retired_comes_back() {
    on_both_engines(|app| async move {
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        let f = &app.fixture;
        let booked = book(&desk, f.ana, (f.surgery_north, f.ruiz), monday(), &Fixture::key()).await;
        assert_eq!(booked.status, StatusCode::OK, "{}", booked.body);
        let insurer = {
            let mut tx = app.state.db.read().await.expect("a connection");
            let (id,): (uuid::Uuid,) = tx.one(sql("SELECT insurer_id FROM coverages LIMIT 1")).await.expect("an insurer");
            id.to_string()
        };
        for (list, id, hangs) in [
            ("clinics", f.north.to_string(), "Services: 2."),
            ("departments", f.medicine.to_string(), "Services: 2."),
            ("services", f.surgery_north.to_string(), "Coming appointments: 1."),
            ("services", f.medicine_north.to_string(), "Rooms and counters: 1."),
            ("insurers", insurer, "covers in force: 1."),
        ] {
            let refused = act(&admin, "retire", list, &id, "1").await;
            assert_eq!(refused.status, StatusCode::CONFLICT, "{list}: {}", refused.body);
            let page = admin.get(&format!("/settings/{list}/{id}")).await.body;
            assert!(page.contains(hangs), "{list} {hangs}: {page}");
        }
        let room = f.room_1.to_string();
        assert_eq!(act(&admin, "retire", "rooms", &room, "1").await.status, StatusCode::OK);
        assert!(!admin.get("/settings/rooms").await.body.contains("Room 1"));
        assert!(admin.get("/settings/rooms?all=yes").await.body.contains("Room 1"));
        assert!(admin.get(&format!("/settings/rooms/{room}")).await.body.contains("Bring back"));
        assert_eq!(act(&admin, "bring_back", "rooms", &room, "1").await.status, StatusCode::CONFLICT, "an older version");
        assert_eq!(act(&admin, "bring_back", "rooms", &room, "2").await.status, StatusCode::OK);
        assert!(admin.get("/settings/rooms").await.body.contains("Room 1"));

        let clinic = made(&admin, "clinics", &HARBOR).await;
        let place = [("name", "Desk"), ("clinic_id", clinic.as_str()), ("kind", "reception")];
        let point = made(&admin, "rooms", &place).await;
        assert_eq!(act(&admin, "retire", "rooms", &point, "1").await.status, StatusCode::OK);
        assert_eq!(act(&admin, "retire", "clinics", &clinic, "1").await.status, StatusCode::OK);
        assert_eq!(act(&admin, "bring_back", "rooms", &point, "2").await.status, StatusCode::CONFLICT, "its clinic is retired");
        assert_eq!(named(&save(&admin, "rooms", &[&[("key", Fixture::key().as_str())], &place[..]].concat()).await), ["clinic_id", "name"]);
        assert_eq!(act(&admin, "bring_back", "clinics", &clinic, "2").await.status, StatusCode::OK);
    })
    .await;
}

/// Asserts that the database refuses a statement by the guard with this name.
pub(super) async fn refuses(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(guard);
    assert!(error.violates(guard), "{guard}: {error}");
}

#[tokio::test]
async fn the_database_refuses_wrong_master_data_by_itself() {
    on_both_engines(|app| async move {
        let (f, now) = (app.fixture.clone(), app.state.clock.now());
        let desk = app.as_("desk").await;
        book(&desk, f.ana, (f.surgery_north, f.ruiz), monday(), &Fixture::key()).await;
        let north = |text: &'static str| sql(text).push(" WHERE id = ").push_bind(f.north);
        refuses(&app, "clinics_zone_known", north("UPDATE clinics SET time_zone = 'Europe/Atlantis'")).await;
        refuses(&app, "clinics_coordinates", north("UPDATE clinics SET latitude_microdegrees = 1")).await;
        refuses(&app, "clinics_latitude", north("UPDATE clinics SET longitude_microdegrees = 0, latitude_microdegrees = 90000001")).await;
        refuses(&app, "clinics_longitude", north("UPDATE clinics SET latitude_microdegrees = 0, longitude_microdegrees = -180000001"))
            .await;
        refuses(&app, "clinics_one_code", north("UPDATE clinics SET code = 'south'")).await;
        refuses(&app, "departments_one_code", sql("UPDATE departments SET code = 'surg' WHERE id = ").push_bind(f.medicine)).await;
        refuses(&app, "services_one_letter", sql("UPDATE services SET token_letter = 'b' WHERE id = ").push_bind(f.medicine_north)).await;
        refuses(&app, "hospital_established", sql("UPDATE hospital SET established_year = 2027")).await;
        refuses(&app, "hospital_age_of_majority", sql("UPDATE hospital SET age_of_majority = 12")).await;
        let elsewhere = sql("UPDATE services SET clinic_id = ").push_bind(f.south).push(" WHERE id = ").push_bind(f.surgery_north);
        refuses(&app, "services_fixed", elsewhere).await;
        let retire = |text: &'static str, id: uuid::Uuid| sql(text).push_bind(now).push(" WHERE id = ").push_bind(id);
        refuses(&app, "clinics_in_use", retire("UPDATE clinics SET retired_at = ", f.north.into())).await;
        refuses(&app, "departments_in_use", retire("UPDATE departments SET retired_at = ", f.medicine.into())).await;
        refuses(&app, "services_in_use", retire("UPDATE services SET retired_at = ", f.surgery_north.into())).await;
        let covered = sql("UPDATE insurers SET retired_at = ").push_bind(now).push(" WHERE id IN (SELECT insurer_id FROM coverages)");
        refuses(&app, "insurers_in_use", covered).await;
        // A clinic that has a ward and nothing else.
        let admin = app.as_("admin").await;
        let harbor = made(&admin, "clinics", &HARBOR).await;
        let id: uuid::Uuid = harbor.parse().expect("an id");
        let ward = sql("INSERT INTO wards (id, name, clinic_id, code, kind, sex_rule, created_at, created_by, updated_at, updated_by)
            VALUES ($1, 'Harbor ward', $2, 'H1', 'mixed', 'any', $3, $4, $3, $4)")
        .bind(uuid::Uuid::now_v7())
        .bind(id)
        .bind(now)
        .bind(f.user("admin"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(ward).await.expect("a ward");
        tx.commit().await.expect("committed");
        refuses(&app, "clinics_in_use", retire("UPDATE clinics SET retired_at = ", id)).await;
        let page = admin.get(&format!("/settings/clinics/{harbor}")).await.body;
        assert!(page.contains("Wards: 1. Retire them first."), "{page}");
        // At the other clinic no patient waits and nothing is booked: its service can be retired, and then accepts no
        // new references.
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(retire("UPDATE services SET retired_at = ", f.medicine_south.into())).await.expect("retired");
        let point = sql("UPDATE service_points SET service_id = ").push_bind(f.medicine_south).push(" WHERE id = ").push_bind(f.room_1);
        assert!(tx.execute(point).await.expect_err("retired").violates("parent_retired"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_service_that_is_retired_while_forty_book_has_no_booking_or_stays() {
    let prepare = async |app: &TestApp| (app.people(40).await, app.as_("desk").await);
    races_from(prepare, |app, (patients, desk)| async move {
        // Without hours and rooms, only bookings refer to it; the times were offered before.
        let service = app.fixture.medicine_north;
        let books = patients.into_iter().zip(0_i64..).map(|(patient, place)| {
            let (desk, app) = (desk.in_copy(&app), app.clone());
            async move {
                let at = monday() + Duration::minutes(20 * (place % 20)) + Duration::days(place / 20);
                book(&desk, patient, (service, app.fixture.costa), at, &Fixture::key()).await.status
            }
        });
        let retire = {
            let app = app.clone();
            async move {
                let mut tx = app.state.db.write().await.expect("a transaction");
                let now = app.state.clock.now();
                tx.execute(sql("UPDATE service_points SET retired_at = ").push_bind(now).push(" WHERE service_id = ").push_bind(service))
                    .await
                    .expect("no room any more");
                let retired =
                    tx.execute(sql("UPDATE services SET retired_at = ").push_bind(now).push(" WHERE id = ").push_bind(service)).await;
                match retired {
                    Ok(_) => tx.commit().await.is_ok(),
                    Err(error) => {
                        assert!(error.violates("services_in_use"), "{error}");
                        false
                    }
                }
            }
        };
        let (statuses, retired) = tokio::join!(all_at_once(books), tokio::spawn(retire));
        let retired = retired.expect("ended");
        let told = [
            StatusCode::OK,
            StatusCode::CONFLICT,
            StatusCode::NOT_FOUND,
            StatusCode::UNPROCESSABLE_ENTITY,
            StatusCode::SERVICE_UNAVAILABLE,
        ];
        assert!(statuses.iter().all(|status| told.contains(status)), "{statuses:?}");
        let booked = sql("SELECT count(*) FROM appointments WHERE state = 'booked' AND starts_at >= $1 AND service_id = $2");
        let booked = number(&app.state.db, booked.bind(monday()).bind(service)).await;
        assert!(!retired || booked == 0, "retired with {booked} bookings");
    })
    .await;
}

#[tokio::test]
async fn the_database_knows_the_time_zones_of_the_program() {
    on_both_databases(async |db: Database| {
        let mut tx = db.read().await.expect("a connection");
        let known: Vec<(String,)> = tx.all(sql("SELECT name FROM time_zones")).await.expect("names");
        let mut known: Vec<_> = known.into_iter().map(|(name,)| name).collect();
        let mut ours: Vec<_> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name().to_owned()).collect();
        known.sort_unstable();
        ours.sort_unstable();
        assert_eq!(known, ours, "a new version of the zones needs a migration that adds the new names");
    })
    .await;
}

/// Hours end with the day of their own clinic, whichever day it is in UTC.
#[tokio::test]
async fn hours_hang_on_their_doctor_and_service_until_the_clinics_day_is_over() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let last = sql("UPDATE schedules SET valid_to = '2026-11-21' WHERE doctor_id = ").push_bind(f.ruiz);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(last).await.expect("ended");
        tx.commit().await.expect("committed");
        let pages = [
            (format!("/settings/staff/{}", f.ruiz), "Weekly hours: 1."),
            (format!("/settings/services/{}", f.surgery_north), "hours: 1. End them"),
        ];
        for (at, hangs) in [
            // 22:30 on the 21st in New York is the 22nd in UTC.
            ("2026-11-22T03:30:00Z", true),
            // 00:30 on the 22nd in New York.
            ("2026-11-22T05:30:00Z", false),
        ] {
            let at: Instant = at.parse().expect("an instant");
            app.state.clock.advance(at - app.state.clock.now());
            let admin = app.as_("admin").await;
            for (page, words) in &pages {
                let shown = admin.get(page).await;
                assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
                assert_eq!(shown.body.contains(words), hangs, "{page} at {at} says {words}: {}", shown.body);
            }
        }
        // In Tokyo the 21st is over when it is 16:00 in UTC.
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE clinics SET time_zone = 'Asia/Tokyo' WHERE id = ").push_bind(f.north)).await.expect("moved");
        let evening = |hour: u32| format!("2026-11-21T{hour:02}:30:00Z").parse::<Instant>().expect("an instant");
        for (hour, hangs) in [(14, true), (16, false)] {
            let ties = people::ties(&mut tx, f.ruiz, evening(hour)).await.expect("ties");
            assert_eq!(ties.iter().any(|tie| tie.what == Ties::Hours), hangs, "at {hour}:30 in UTC");
        }
    })
    .await;
}

/// A cover counts until its last day is over at each clinic, whichever day it is in UTC.
#[tokio::test]
async fn an_insurer_is_retired_when_the_last_day_of_its_covers_is_over_at_every_clinic() {
    on_both_engines(|app| async move {
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE coverages SET valid_to = '2026-11-21'")).await.expect("ended");
        let (insurer,): (uuid::Uuid,) = tx.one(sql("SELECT insurer_id FROM coverages LIMIT 1")).await.expect("an insurer");
        tx.commit().await.expect("committed");
        let insurer = insurer.to_string();
        let retired_at = async |at: &str| {
            let at: Instant = at.parse().expect("an instant");
            app.state.clock.advance(at - app.state.clock.now());
            act(&app.as_("admin").await, "retire", "insurers", &insurer, "1").await.status
        };
        // 22:30 on the 21st in New York is the 22nd in UTC and in Madrid: the cover still pays in New York.
        assert_eq!(retired_at("2026-11-22T03:30:00Z").await, StatusCode::CONFLICT);
        // 00:30 on the 22nd in New York.
        assert_eq!(retired_at("2026-11-22T05:30:00Z").await, StatusCode::OK);
    })
    .await;
    on_both_engines(|app| async move {
        // In Kolkata the 21st is over when it is 18:30 in UTC, on the 21st.
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE clinics SET time_zone = 'Asia/Kolkata'")).await.expect("moved");
        tx.execute(sql("UPDATE coverages SET valid_to = '2026-11-21'")).await.expect("ended");
        let (insurer,): (uuid::Uuid,) = tx.one(sql("SELECT insurer_id FROM coverages LIMIT 1")).await.expect("an insurer");
        tx.commit().await.expect("committed");
        for (at, status) in [("2026-11-21T18:00:00Z", StatusCode::CONFLICT), ("2026-11-21T19:00:00Z", StatusCode::OK)] {
            let at: Instant = at.parse().expect("an instant");
            app.state.clock.advance(at - app.state.clock.now());
            assert_eq!(act(&app.as_("admin").await, "retire", "insurers", &insurer.to_string(), "1").await.status, status, "at {at}");
        }
    })
    .await;
}
