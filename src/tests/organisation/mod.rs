//! Tests the pages of master data: an administrator creates, edits, retires and restores rows, and the database guards
//! them.

mod guards;
mod hospital;
mod pictures;
mod shifts;
mod staff;
mod staff_file;

use axum::http::StatusCode;

use super::{Answer, Browser, Fixture, appointments::book, on_both_engines};
use crate::{
    core::{Error, time::Instant},
    db::{Database, Sql, sql},
    organisation,
};

/// Monday 23 November 2026, 09:00 in New York.
fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

async fn save(admin: &Browser, list: &str, fields: &[(&str, &str)]) -> Answer {
    admin.post("/api/organisation/save", &[&[("list", list)], fields].concat()).await
}

/// Creates a row; returns its id.
async fn made(admin: &Browser, list: &str, fields: &[(&str, &str)]) -> String {
    let key = Fixture::key();
    let answer = save(admin, list, &[&[("key", key.as_str())], fields].concat()).await;
    assert_eq!(answer.status, StatusCode::OK, "{list} {fields:?}: {}", answer.body);
    assert_eq!(answer.location.as_deref(), Some(format!("/settings/{list}?done=saved").as_str()));
    key
}

/// Returns the names of the fields with errors.
fn named(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

async fn number(db: &Database, query: Sql) -> i64 {
    db.read().await.expect("a connection").count(query).await.expect("a number")
}

const HARBOR: [(&str, &str); 10] = [
    ("name", "Harbor Clinic"),
    ("code", "HARBOR"),
    ("time_zone", "America/Mexico_City"),
    ("address", "1 Pier"),
    ("city", "Veracruz"),
    ("country", "mx"),
    ("phone", "+52 229 555 0100"),
    ("latitude", "19,2"),
    ("longitude", "-96.138"),
    ("directions", "Behind the lighthouse.\nSecond floor."),
];

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_and_names_its_fields() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let key = uuid::Uuid::now_v7().to_string();
        let typed = [
            ("list", "clinics"),
            ("key", key.as_str()),
            ("name", "Half"),
            ("code", "HALF"),
            ("latitude", "19.2"),
            ("directions", "Behind the mill"),
        ];
        let refused = admin.submit("/settings/clinics/new", "/api/organisation/save", &typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        for shown in ["value=\"Half\"", "value=\"HALF\"", "value=\"19.2\"", "Behind the mill", "Longitude: ", "Time zone: "] {
            assert!(refused.body.contains(shown), "{shown}: {}", refused.body);
        }
    })
    .await;
}

#[tokio::test]
async fn a_clinic_with_a_department_a_service_and_a_room_is_made_in_pages() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let clinic = made(&admin, "clinics", &HARBOR).await;
        let again = save(&admin, "clinics", &[&[("key", clinic.as_str())], &HARBOR[..]].concat()).await;
        assert_eq!(again.status, StatusCode::OK, "sent twice, made once");
        let public = admin.get("/clinic").await.body;
        for shown in ["How to find us", "Behind the lighthouse.", "geo:19.200000,-96.138000?q=Harbor%20Clinic"] {
            assert!(public.contains(shown), "{shown}: {public}");
        }
        let department = made(&admin, "departments", &[("name", "Paediatrics"), ("code", "PAED")]).await;
        let place = [("clinic_id", clinic.as_str()), ("department_id", department.as_str())];
        let service = made(&admin, "services", &[&place[..], &[("name", "Paediatrics"), ("token_letter", "p")]].concat()).await;
        let room = [("name", "Room 7"), ("clinic_id", clinic.as_str()), ("kind", "consulting_room"), ("service_id", service.as_str())];
        made(&admin, "rooms", &room).await;
        made(&admin, "specialties", &[("name", "Neonatology"), ("description", "The first four weeks")]).await;
        made(&admin, "insurers", &[("name", "Mutua del Puerto")]).await;
        let first = [("name", "First visit"), ("minutes", "40"), ("booked_by", "desk"), ("preparation", "Bring your papers.")];
        let first = made(&admin, "visit-types", &first).await;
        assert!(admin.get(&format!("/settings/visit-types/{first}")).await.body.contains("Bring your papers."));

        let mut tx = app.state.db.read().await.expect("a connection");
        let clinics = organisation::clinics(&mut tx).await.expect("clinics");
        let harbor = clinics.iter().find(|known| known.code == "HARBOR").expect("the clinic");
        assert_eq!((harbor.zone_name.as_str(), harbor.address.as_str()), ("America/Mexico_City", "1 Pier, Veracruz"));
        let services = organisation::services(&mut tx, harbor.id).await.expect("services");
        assert_eq!(services.iter().map(|service| service.token_letter.as_str()).collect::<Vec<_>>(), ["P"]);
        let points = organisation::service_points(&mut tx, harbor.id).await.expect("rooms");
        assert_eq!(points.iter().map(|point| point.name.as_str()).collect::<Vec<_>>(), ["Room 7"]);
        drop(tx);

        let page = admin.get(&format!("/settings/clinics/{clinic}")).await.body;
        for shown in ["19.200000", "-96.138000", "America/Mexico_City", "Behind the lighthouse.", "Services: 1.", "Rooms and counters: 1."]
        {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let rooms = admin.get("/settings/rooms?q=harbor&sort=-name").await.body;
        assert!(rooms.contains("Room 7") && rooms.contains("Paediatrics, Harbor Clinic") && !rooms.contains("Counter 1"), "{rooms}");

        let auditor = app.as_("auditor").await;
        let log = auditor.get("/audit?user=admin&action=create").await.body;
        assert!(log.contains("Letter: – → P") && log.contains("Clinic: – → Harbor Clinic"), "{log}");
        auditor.post("/api/accounts/language", &[("language", "es"), ("next", "/audit")]).await;
        let log = auditor.get("/audit?user=admin&action=create").await.body;
        assert!(log.contains("Letra: – → P") && log.contains("Tipo: – → Consulta"), "{log}");
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_master_data_is_named() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let (north, medicine) = (app.fixture.north.to_string(), app.fixture.medicine.to_string());
        let (south_service, north_id) = (app.fixture.medicine_south.to_string(), north.as_str());
        let clinic = |changed: &[(&'static str, &'static str)]| {
            let fields = HARBOR.iter().map(|(name, value)| {
                let new = changed.iter().find(|(other, _)| other == name).map_or(*value, |(_, new)| *new);
                ((*name).to_owned(), new.to_owned())
            });
            ("clinics", fields.collect::<Vec<_>>())
        };
        let of = |list: &'static str, fields: &[(&str, &str)]| {
            (list, fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
        };
        let wrong = [
            (clinic(&[("time_zone", "Europe/Atlantis")]), vec!["time_zone"]),
            (clinic(&[("longitude", "")]), vec!["longitude"]),
            (clinic(&[("latitude", "")]), vec!["latitude"]),
            (clinic(&[("latitude", "91")]), vec!["latitude"]),
            (clinic(&[("longitude", "-180.000001")]), vec!["longitude"]),
            (clinic(&[("code", "north")]), vec!["code"]),
            (clinic(&[("name", ""), ("code", ""), ("time_zone", "")]), vec!["name", "code", "time_zone"]),
            (clinic(&[("phone", "none"), ("country", "Mexico")]), vec!["country", "phone"]),
            (of("departments", &[("name", "Medicine"), ("code", "Med")]), vec!["code"]),
            (
                of("services", &[("name", "Again"), ("clinic_id", north_id), ("department_id", &medicine), ("token_letter", "a")]),
                vec!["token_letter", "department_id"],
            ),
            (of("services", &[("name", "Nowhere"), ("token_letter", "Z")]), vec!["clinic_id", "department_id"]),
            (of("rooms", &[("name", "room 1"), ("clinic_id", north_id), ("kind", "triage")]), vec!["name"]),
            (
                of("rooms", &[("name", "Room 9"), ("clinic_id", north_id), ("kind", "triage"), ("service_id", &south_service)]),
                vec!["service_id"],
            ),
            (of("rooms", &[("name", "Room 9"), ("clinic_id", north_id), ("kind", "kitchen")]), vec!["kind"]),
            (of("insurers", &[("name", " ")]), vec!["name"]),
            (of("visit-types", &[("name", "Blink"), ("minutes", "1"), ("booked_by", "nobody")]), vec!["minutes", "booked_by"]),
        ];
        let rows = async || {
            let text = "SELECT (SELECT count(*) FROM clinics) + (SELECT count(*) FROM departments) + (SELECT count(*) FROM services)
                + (SELECT count(*) FROM service_points) + (SELECT count(*) FROM insurers)";
            number(&app.state.db, sql(text)).await
        };
        let before = rows().await;
        for ((list, fields), fields_named) in wrong {
            let key = Fixture::key();
            let mut form = vec![("key", key.as_str())];
            form.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            assert_eq!(named(&save(&admin, list, &form).await), fields_named, "{list} {fields:?}");
        }
        assert_eq!(rows().await, before, "nothing was written");
        let settings =
            [("version", "1"), ("name", "Test Hospital"), ("currency", "QQQ"), ("default_language", "fr"), ("age_of_majority", "30")];
        let wrong = admin.post("/api/organisation/save_hospital", &[&settings[..], &[("established_year", "2027")]].concat()).await;
        assert_eq!(named(&wrong), ["established_year", "currency", "default_language", "age_of_majority"]);
    })
    .await;
}

#[tokio::test]
async fn a_second_editor_sees_both_versions() {
    on_both_engines(|app| async move {
        let (one, other) = (app.as_("admin").await, app.as_("admin").await);
        let id = app.fixture.medicine.to_string();
        let page = format!("/settings/departments/{id}");
        let form = |version: &'static str, location: &'static str| {
            [
                ("list", "departments"),
                ("id", id.as_str()),
                ("version", version),
                ("name", "General medicine"),
                ("code", "MED"),
                ("location", location),
            ]
        };
        let first = one.submit(&page, "/api/organisation/save", &form("1", "First floor")).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
        let second = other.submit(&page, "/api/organisation/save", &form("1", "Second floor")).await;
        assert_eq!(second.status, StatusCode::CONFLICT);
        for shown in
            ["Somebody else saved this meanwhile", "Ada Admin saved it on", "First floor", "Second floor", "name=\"version\" value=\"2\""]
        {
            assert!(second.body.contains(shown), "{shown}: {}", second.body);
        }
        let location = sql("SELECT count(*) FROM departments WHERE location = 'First floor'");
        assert_eq!(number(&app.state.db, location).await, 1, "the first one stands");
        let knowingly = other.submit(&page, "/api/organisation/save", &form("2", "Second floor")).await;
        assert_eq!(knowingly.status, StatusCode::SEE_OTHER, "{}", knowingly.body);
    })
    .await;
}

async fn act(admin: &Browser, function: &str, list: &str, id: &str, version: &str) -> Answer {
    admin.post(&format!("/api/organisation/{function}"), &[("list", list), ("id", id), ("version", version)]).await
}

#[tokio::test]
async fn another_time_zone_is_asked_about_while_something_is_booked() {
    on_both_engines(|app| async move {
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        let f = &app.fixture;
        let north = f.north.to_string();
        let page = format!("/settings/clinics/{north}");
        book(&desk, f.ana, (f.medicine_north, f.costa), monday(), &Fixture::key()).await;
        let mut form = vec![
            ("list", "clinics"),
            ("id", &north),
            ("version", "1"),
            ("name", "North Clinic"),
            ("code", "NORTH"),
            ("time_zone", "America/Denver"),
        ];
        let asked = admin.submit(&page, "/api/organisation/save", &form).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        for shown in ["Dr. Carmen Costa", "23 Nov 2026, 09:00", "23 November 2026, 07:00", "name=\"zone_seen\"", "value=\"America/Denver\""]
        {
            assert!(asked.body.contains(shown), "{shown}: {}", asked.body);
        }
        assert!(!asked.body.contains("Núñez"), "an administrator does not read who comes");
        form.push(("zone_seen", "America/Denver"));
        let saved = admin.submit(&page, "/api/organisation/save", &form).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let same = sql("SELECT count(*) FROM appointments WHERE starts_at = $1 AND state = 'booked'").bind(monday());
        assert_eq!(number(&app.state.db, same).await, 1, "the appointment keeps its moment");
    })
    .await;
}

#[tokio::test]
async fn the_letter_stays_while_tokens_of_today_have_it() {
    on_both_engines(|app| async move {
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        let f = &app.fixture;
        let (service, ana) = (f.medicine_north.to_string(), f.ana.to_string());
        let form = [("id", service.as_str()), ("version", "1"), ("name", "General medicine"), ("token_letter", "Q")];
        let walk_in = [("patient", ana.as_str()), ("service", service.as_str()), ("idempotency_key", &Fixture::key())];
        let came = desk.post("/api/reception/check_in", &walk_in).await;
        assert_eq!(came.status, StatusCode::OK, "{}", came.body);
        assert_eq!(named(&save(&admin, "services", &form).await), ["token_letter"]);
        let south = f.medicine_south.to_string();
        let form = [("id", south.as_str()), ("version", "1"), ("name", "Family medicine"), ("token_letter", "Q")];
        assert_eq!(save(&admin, "services", &form).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_of_one_clinic_does_not_change_the_hospital() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let north = app.fixture.north.to_string();
        let only_there =
            sql("UPDATE user_roles SET role = 'administrator' WHERE role = 'cashier' AND clinic_id = ").push_bind(app.fixture.north);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(only_there).await.expect("a clinic's administrator");
        tx.commit().await.expect("committed");
        let local = app.as_("cashier").await;
        for page in ["/settings", "/settings/hospital", "/settings/clinics", &format!("/settings/clinics/{north}")] {
            assert_eq!(local.get(page).await.status, StatusCode::FORBIDDEN, "{page}");
            assert_eq!(admin.get(page).await.status, StatusCode::OK, "{page}");
        }
        assert_eq!(act(&local, "retire", "clinics", &north, "1").await.status, StatusCode::FORBIDDEN);
        assert_eq!(admin.get("/settings/kitchens").await.status, StatusCode::NOT_FOUND);
    })
    .await;
}
