//! Staff in pages: found, made, edited by two, retired when nothing hangs on it; and what doctors say of themselves.

use axum::http::StatusCode;
use chrono::Duration;

use super::{guards::refuses, made, monday, named, number};
use crate::{
    core::StaffId,
    db::sql,
    organisation::people,
    tests::{Answer, Browser, Fixture, TestApp, all_at_once, appointments::book, on_both_engines, races_from},
};

async fn save(admin: &Browser, fields: &[(&str, &str)]) -> Answer {
    admin.post("/api/organisation/save_staff", fields).await
}

/// The fields of Dr. Costa's form as they stand in the fixture, with some changed.
fn costa<'f>(id: &'f str, medicine: &'f str, changed: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let fields = [
        ("id", id),
        ("version", "1"),
        ("name", "Dr. Carmen Costa"),
        ("profession", "doctor"),
        ("main_department", medicine),
        ("accepting_bookings", "true"),
    ];
    let changed_names: Vec<&str> = changed.iter().map(|(name, _)| *name).collect();
    fields.into_iter().filter(|(name, _)| !changed_names.contains(name)).chain(changed.iter().copied()).collect()
}

#[tokio::test]
async fn staff_is_found_and_completed_in_pages_and_the_second_editor_sees_both_versions() {
    on_both_engines(|app| async move {
        let (admin, f) = (app.as_("admin").await, &app.fixture);
        let specialty = made(&admin, "specialties", &[("name", "Cardiology")]).await;
        let (id, medicine, surgery) = (f.costa.to_string(), f.medicine.to_string(), f.surgery.to_string());
        let (ticked, further) = (format!("specialties-{specialty}"), format!("departments-{surgery}"));
        let more = [
            ("given_names", "Carmen"),
            ("family_name", "Costa"),
            ("licence_number", "MED-77"),
            ("qualification", "MD, Lisbon"),
            ("practising_since", "1998"),
            ("biography", "Hearts, and those who have one."),
            ("phone", "+1 617 555 0177"),
            ("email", "carmen@hospital.test"),
            (ticked.as_str(), "true"),
            (further.as_str(), "true"),
            ("languages-pt", "true"),
            ("languages-sgn", "true"),
        ];
        let saved = save(&admin, &costa(&id, &medicine, &more)).await;
        assert_eq!((saved.status, saved.location.as_deref()), (StatusCode::OK, Some("/settings/staff?done=saved")), "{}", saved.body);
        let doctor = {
            let mut tx = app.state.db.read().await.expect("a connection");
            let person = people::person(&mut tx, f.costa).await.expect("a person");
            assert_eq!((person.version, person.departments.len(), person.languages.join(" ")), (2, 2, "pt sgn".to_owned()));
            assert_eq!(person.specialties, std::slice::from_ref(&specialty));
            let south = crate::organisation::doctors(&mut tx, f.north).await.expect("doctors");
            south.into_iter().find(|doctor| doctor.id == f.costa).expect("the doctor")
        };
        assert_eq!((doctor.specialties.join(" "), doctor.departments.len()), ("Cardiology".to_owned(), 2));

        // The list: search, role, order.
        let list = admin.get("/settings/staff?q=med-77").await.body;
        assert!(list.contains("Dr. Carmen Costa") && !list.contains("Nora Nurse"), "{list}");
        let nurses = admin.get("/settings/staff?role=nurse").await.body;
        assert!(nurses.contains("Nora Nurse") && !nurses.contains("Carmen Costa") && nurses.contains("Nurse, North Clinic"), "{nurses}");
        let last = admin.get("/settings/staff?sort=-last_sign_in&q=ada").await.body;
        assert!(last.contains("21 Nov 2026") && last.contains("Off"), "the administrator signed in, without a second factor: {last}");
        assert!(admin.get("/settings/staff?q=nora").await.body.contains("Never"));

        // The second editor sees both versions, ticks too.
        let other = [("version", "1"), ("biography", "Lungs."), ("languages-fr", "true")];
        let form = costa(&id, &medicine, &other);
        let page = format!("/settings/staff/{id}");
        let refused = admin.submit(&page, "/api/organisation/save_staff", &form).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        for shown in ["Somebody else saved this meanwhile", "Lungs.", "Hearts, and those", "Português, Sign language", "Français"] {
            assert!(refused.body.contains(shown), "{shown}: {}", refused.body);
        }
        let log = app.as_("auditor").await.get("/audit?user=admin&action=update").await.body;
        for shown in ["member of staff: Dr. Carmen Costa", "Languages: – → Português, Sign language", "Licence number: – → MED-77"]
        {
            assert!(log.contains(shown), "{shown}: {log}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_staff_is_named_and_a_new_row_is_made_once() {
    on_both_engines(|app| async move {
        let (admin, medicine) = (app.as_("admin").await, app.fixture.medicine.to_string());
        let nobody = format!("specialties-{}", Fixture::key());
        for (fields, wrong) in [
            (&[("profession", "doctor")][..], vec!["name"]),
            (&[("name", "Vera Visitor")], vec!["profession"]),
            (&[("name", "Vera"), ("profession", "wizard")], vec!["profession"]),
            (&[("name", "Vera"), ("profession", "doctor"), ("practising_since", "1850")], vec!["practising_since"]),
            (&[("name", "Vera"), ("profession", "doctor"), ("practising_since", "2027")], vec!["practising_since"]),
            (&[("name", "Vera"), ("profession", "doctor"), ("email", "vera")], vec!["email"]),
            (&[("name", "Vera"), ("profession", "doctor"), ("accepting_bookings", "true")], vec!["main_department"]),
            (
                &[("name", "Vera"), ("profession", "nurse"), ("accepting_bookings", "true"), ("main_department", medicine.as_str())],
                vec!["accepting_bookings"],
            ),
            (&[("name", "Vera"), ("profession", "doctor"), ("languages-xx", "true")], vec!["languages"]),
            (&[("name", "Vera"), ("profession", "doctor"), (nobody.as_str(), "true")], vec!["specialties"]),
        ] {
            let key = Fixture::key();
            assert_eq!(named(&save(&admin, &[&[("key", key.as_str())], fields].concat()).await), wrong, "{fields:?}");
        }
        let key = Fixture::key();
        let form = [("key", key.as_str()), ("name", "Vera Visitor"), ("profession", "doctor"), ("licence_number", "V-1")];
        for _ in 0..2 {
            assert_eq!(save(&admin, &form).await.status, StatusCode::OK, "sent twice, made once");
        }
        let again = [("key", &Fixture::key()[..]), ("name", "Other"), ("profession", "doctor"), ("licence_number", "v-1")];
        assert_eq!(named(&save(&admin, &again).await), ["licence_number"], "a licence belongs to one person");
        let list = admin.get("/settings/staff?q=vera").await.body;
        assert_eq!(list.matches("Vera Visitor").count(), 1, "{list}");
        assert!(list.contains("No sign-in"), "{list}");
        // The invitation completes this very row.
        let page = admin.get(&format!("/users/new?staff={key}")).await.body;
        assert!(page.contains("value=\"Vera Visitor\""), "{page}");
        let invite = [("staff", key.as_str()), ("name", "Vera Visitor"), ("login", "vera@hospital.test"), ("role", "doctor"), ("clinic", "all")];
        assert_eq!(admin.post("/api/accounts/invite", &invite).await.status, StatusCode::OK);
        let rows = sql("SELECT count(*) FROM staff s JOIN users u ON u.id = s.user_id WHERE s.display_name = 'Vera Visitor' AND u.login = 'vera@hospital.test'");
        assert_eq!(number(&app.state.db, rows).await, 1);
        let twice = [("staff", key.as_str()), ("name", "Vera"), ("login", "vera2@hospital.test"), ("role", "doctor"), ("clinic", "all")];
        assert_eq!(admin.post("/api/accounts/invite", &twice).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!admin.get("/users?q=vera2").await.body.contains("vera2@"), "nothing half-written");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn imported_staff_without_a_password_have_no_sign_in() {
    on_both_engines(|app| async move {
        let mut tx = app.state.db.write().await.expect("a transaction");
        let (id, now) = (crate::core::UserId::new(), app.state.clock.now());
        let user = sql("INSERT INTO users (id, login, display_name, status, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)")
            .bind(id)
            .bind("imported-1")
            .bind("Imo Imported")
            .bind("inactive")
            .bind(now);
        tx.execute(user).await.expect("a user");
        let staff = sql("INSERT INTO staff (id, user_id, kind, display_name) VALUES ($1, $2, $3, $4)")
            .bind(crate::core::StaffId(id.0))
            .bind(id)
            .bind("nurse")
            .bind("Imo Imported");
        tx.execute(staff).await.expect("a person");
        tx.commit().await.expect("committed");
        let list = app.as_("admin").await.get("/settings/staff?q=Imported").await.body;
        assert!(list.contains("No sign-in") && !list.contains("Deactivated"), "{list}");
    })
    .await;
}

#[tokio::test]
async fn doctors_edit_their_own_biography_and_languages_and_nothing_else() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        assert!(doctor.get("/account").await.body.contains("href=\"/profile\""));
        let form = [
            ("version", "1"),
            ("biography", "I listen."),
            ("languages-es", "true"),
            ("name", "Sir Carmen"),
            ("licence_number", "X-1"),
            ("accepting_bookings", ""),
        ];
        let saved = doctor.submit("/profile", "/api/organisation/save_profile", &form).await;
        assert_eq!((saved.status, saved.location.as_deref()), (StatusCode::SEE_OTHER, Some("/profile?done=saved")), "{}", saved.body);
        let page = doctor.get("/profile").await.body;
        assert!(page.contains("I listen.") && page.contains("Dr. Carmen Costa") && !page.contains("Sir Carmen"), "{page}");
        let again = doctor.submit("/profile", "/api/organisation/save_profile", &form).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "an older version");
        let mut tx = app.state.db.read().await.expect("a connection");
        let person = people::person(&mut tx, app.fixture.costa).await.expect("a person");
        assert_eq!((person.value("licence_number"), person.value("accepting_bookings")), ("", "true"));
        drop(tx);
        assert_eq!(app.as_("ana").await.get("/profile").await.status, StatusCode::FORBIDDEN, "patients have none");
    })
    .await;
}

#[tokio::test]
async fn a_doctor_is_retired_when_nothing_hangs_on_her_and_nothing_new_does() {
    on_both_engines(|app| async move {
        let (admin, desk, f) = (app.as_("admin").await, app.as_("desk").await, app.fixture.clone());
        let (user, staff) = (f.user("doctor2").to_string(), f.ruiz.to_string());
        let booked = book(&desk, f.ana, (f.surgery_north, f.ruiz), monday(), &Fixture::key()).await;
        assert_eq!(booked.status, StatusCode::OK, "{}", booked.body);
        let head = [
            ("id", &f.surgery.to_string()[..]),
            ("version", "1"),
            ("name", "Surgery"),
            ("code", "SURG"),
            ("head_id", staff.as_str()),
        ];
        let head = [&[("list", "departments")][..], &head[..]].concat();
        let saved = admin.post("/api/organisation/save", &head).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        let (wish, ben, service) = (Fixture::key(), f.ben.to_string(), f.surgery_north.to_string());
        let waits = async |key: &str| {
            let form = [
                ("patient_id", ben.as_str()),
                ("service_id", &service),
                ("doctor", &staff),
                ("until", "2026-12-31"),
                ("idempotency_key", key),
            ];
            desk.post("/api/appointments/wait", &form).await
        };
        assert_eq!(waits(&wish).await.status, StatusCode::OK);
        assert!(admin.get("/settings/departments").await.body.contains("Dr. Raúl Ruiz"));
        for page in [format!("/settings/staff/{staff}"), format!("/users/{user}")] {
            let page = admin.get(&page).await.body;
            for shown in ["Coming appointments: 1, the next one on 23 Nov 2026, 09:00", "Head of departments: 1.", "Weekly hours: 1.", "Patients on the waitlist for this doctor: 1."]
            {
                assert!(page.contains(shown), "{shown}: {page}");
            }
            assert!(!page.contains("action=\"/api/accounts/retire\""), "{page}");
            assert!(page.contains(&format!("href=\"/settle?doctor={staff}\"")), "{page}");
        }
        let retire = async || admin.post("/api/accounts/retire", &[("user_id", user.as_str())]).await;
        let refused = retire().await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("Coming appointments: 1"), "{}", refused.body);
        assert_eq!(app.as_("doctor2").await.get("/consultation").await.status, StatusCode::OK, "nothing was done by halves");
        refuses(&app, "staff_in_use", sql("UPDATE staff SET retired_at = $1 WHERE id = $2").bind(app.state.clock.now()).bind(f.ruiz)).await;

        // Another department, while she has work in this one, is refused.
        let elsewhere = [("id", staff.as_str()), ("version", "1"), ("name", "Dr. Raúl Ruiz"), ("profession", "doctor")];
        let medicine = f.medicine.to_string();
        let refused = save(&admin, &[&elsewhere[..], &[("main_department", medicine.as_str())]].concat()).await;
        assert_eq!(named(&refused), ["departments"], "{}", refused.body);
        let words = "hours there (1), coming appointments (1) and patients on the waitlist (1)";
        assert!(refused.body.contains(words), "{}", refused.body);

        // Settled: moved or cancelled by the desk, another head chosen, nobody waits.
        let now = app.state.clock.now();
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE appointments SET state = 'cancelled', cancelled_at = $1 WHERE doctor_id = $2").bind(now).bind(f.ruiz))
            .await
            .expect("cancelled");
        tx.execute(sql("UPDATE departments SET head_id = NULL")).await.expect("no head");
        tx.commit().await.expect("committed");
        let awaited = [
            ("staff_in_use", sql("UPDATE staff SET retired_at = ").push_bind(now).push(" WHERE id = ").push_bind(f.ruiz)),
            ("services_in_use", sql("UPDATE services SET retired_at = ").push_bind(now).push(" WHERE id = ").push_bind(f.surgery_north)),
        ];
        for (guard, query) in awaited {
            refuses(&app, guard, query).await;
        }
        let page = admin.get(&format!("/settings/services/{service}")).await.body;
        assert!(page.contains("Patients on the waitlist: 1."), "{page}");
        let refused = retire().await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("waitlist for this doctor: 1"), "{}", refused.body);
        let ended = desk.post("/api/appointments/unwait", &[("wait_id", wish.as_str()), ("reason", "The doctor leaves")]).await;
        assert_eq!(ended.status, StatusCode::OK, "{}", ended.body);
        let done = retire().await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert!(!admin.get("/settings/staff").await.body.contains("Ruiz"));
        assert!(admin.get("/settings/staff?all=yes").await.body.contains("Ruiz"));
        let late = book(&desk, f.ben, (f.surgery_north, f.ruiz), monday(), &Fixture::key()).await;
        assert_ne!(late.status, StatusCode::OK, "a retired doctor is not booked");
        assert_eq!(named(&waits(&Fixture::key()).await), ["doctor"], "and nobody waits for him");
        let insert = sql("INSERT INTO queue_entries (visit_id, clinic_id, service_id, step, state, priority, waiting_since, opened_at, opened_by, id, doctor_id)
            SELECT v.id, v.clinic_id, v.service_id, 'doctor', 'waiting', 3, v.arrived_at, v.arrived_at, v.created_by, ")
        .push_bind(uuid::Uuid::now_v7())
        .push(", ")
        .push_bind(f.ruiz)
        .push(" FROM visits v WHERE NOT EXISTS (SELECT 1 FROM queue_entries q WHERE q.visit_id = v.id AND q.closed_at IS NULL) LIMIT 1");
        crate::tests::plans::fill_a_few(&app).await;
        refuses(&app, "doctor_retired", insert).await;
        let log = app.as_("auditor").await.get("/audit?user=admin&action=update").await.body;
        for shown in ["member of staff: Dr. Raúl Ruiz", "Retired: no → yes", "user: Dr. Raúl Ruiz", "May sign in: yes → no", "Role: Doctor → –"] {
            assert!(log.contains(shown), "{shown}: {log}");
        }
        // Back again: without bookings, roles and the right to sign in.
        let back = admin.post("/api/organisation/bring_back_staff", &[("id", staff.as_str()), ("version", "2")]).await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.body);
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(people::person(&mut tx, f.ruiz).await.expect("a person").value("accepting_bookings"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_doctor_who_is_retired_while_forty_book_has_no_booking_or_stays() {
    let prepare = async |app: &TestApp| (app.people(40).await, app.as_("desk").await, app.as_("admin").await);
    races_from(prepare, |app, (patients, desk, admin)| async move {
        let (doctor, service) = (app.fixture.costa, app.fixture.medicine_north);
        let books = patients.into_iter().zip(0_i64..).map(|(patient, place)| {
            let (desk, app) = (desk.in_copy(&app), app.clone());
            async move {
                let at = monday() + Duration::minutes(20 * (place % 20)) + Duration::days(place / 20);
                book(&desk, patient, (service, app.fixture.costa), at, &Fixture::key()).await.status
            }
        });
        let user = app.fixture.user("doctor").to_string();
        let retire = {
            let admin = admin.in_copy(&app);
            async move { admin.post("/api/accounts/retire", &[("user_id", user.as_str())]).await.status }
        };
        let (statuses, retired) = tokio::join!(all_at_once(books), retire);
        let booked = statuses.iter().filter(|status| **status == StatusCode::OK).count();
        let standing = sql("SELECT count(*) FROM appointments WHERE state = 'booked' AND doctor_id = ").push_bind(doctor);
        let standing = number(&app.state.db, standing).await;
        assert_eq!(i64::try_from(booked).expect("a number"), standing, "{statuses:?}");
        assert!(retired == StatusCode::CONFLICT || (retired == StatusCode::OK && standing == 0), "{retired} with {standing} bookings");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_guards_staff_by_itself() {
    on_both_engines(|app| async move {
        let (f, now) = (app.fixture.clone(), app.state.clock.now());
        let head = sql("UPDATE staff SET updated_at = ").push_bind(now);
        refuses(&app, "staff_practising", head.push(", practising_since = 2027 WHERE id = ").push_bind(f.costa)).await;
        refuses(&app, "staff_biography", sql("UPDATE staff SET biography = ").push_bind("x".repeat(4_001))).await;
        refuses(&app, "staff_main_department", sql("DELETE FROM staff_departments WHERE staff_id = ").push_bind(f.costa)).await;
        let retire = sql("UPDATE departments SET retired_at = ").push_bind(now).push(" WHERE id = ").push_bind(f.medicine);
        refuses(&app, "departments_in_use", retire).await;
        let id = StaffId::new();
        let mut tx = app.state.db.write().await.expect("a transaction");
        let gone = sql("INSERT INTO staff (id, kind, display_name, retired_at) VALUES ($1, 'doctor', 'Gone', $2)").bind(id).bind(now);
        tx.execute(gone).await.expect("a doctor who left");
        tx.commit().await.expect("committed");
        refuses(&app, "doctor_retired", sql("UPDATE departments SET head_id = ").push_bind(id)).await;
    })
    .await;
}
