//! The wards: the plan, beds and their uses, requests and admissions.

mod acts_at_random;
mod board;
mod changed;
mod family;
mod guards;
mod late;
mod leaving;
mod moves;
mod own_stay;
mod requests;
mod resuscitation;
mod settings;
mod take_home;
mod trolleys;

use axum::http::StatusCode;
use chrono::NaiveDate;

use super::{Answer, Browser, Fixture, TestApp, on_both_engines};
use crate::{
    core::{AdmissionId, BedClassId, BedId, PatientId, PriceId, PriceItemId, UserId, WardId},
    db::sql,
};

/// Two wards of the north clinic, made in the pages of an administrator.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Takes everybody from 16 years on; its rooms decide about sex.
    pub medical: WardId,
    pub surgical: WardId,
    pub class: BedClassId,
    /// Two beds of a room that takes the sex of those who are there.
    pub a1: BedId,
    pub b1: BedId,
    /// A single room for airborne isolation, on the medical ward.
    pub single: BedId,
    /// Two beds of the surgical ward.
    pub s1: BedId,
    pub s2: BedId,
}

/// Saves a row of a list; its id.
async fn saved(admin: &Browser, list: &str, fields: &[(&str, &str)]) -> String {
    let key = Fixture::key();
    let form = [&[("list", list), ("key", &key)][..], fields].concat();
    let answer = admin.post("/api/organisation/save", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{list} {fields:?}: {}", answer.body);
    key
}

/// Adds an item for days in a bed to the price list; the price is in cents.
pub async fn bed_day_item(app: &TestApp, name: &str, amount: i64) -> PriceItemId {
    let (item, now) = (PriceItemId::new(), app.state.clock.now());
    let mut tx = app.state.db.write().await.expect("a transaction");
    let query = sql("INSERT INTO price_items (id, code, name, kind) VALUES ($1, $2, $3, 'bed_day')").bind(item).bind(name).bind(name);
    tx.execute(query).await.expect("an item");
    let query = sql("INSERT INTO prices (id, item_id, amount, valid_from, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(PriceId::new())
        .bind(item)
        .bind(amount)
        .bind(NaiveDate::from_ymd_opt(2026, 1, 1))
        .bind(now)
        .bind(UserId::SYSTEM);
    tx.execute(query).await.expect("a price");
    tx.commit().await.expect("committed");
    item
}

/// Makes the plan.
pub async fn plan(app: &TestApp) -> Plan {
    let admin = app.as_("admin").await;
    let north = app.fixture.north.to_string();
    let item = bed_day_item(app, "Bed day, general", 10_000).await.to_string();
    let class = saved(&admin, "bed-classes", &[("name", "General"), ("item_id", &item)]).await;
    let ward = async |name, code, kind, rule, more: &[(&str, &str)]| {
        let fields = [("name", name), ("code", code), ("kind", kind), ("sex_rule", rule), ("clinic_id", north.as_str())];
        saved(&admin, "wards", &[&fields[..], more].concat()).await
    };
    let medical = ward("Medical ward", "MED", "medical", "by_room", &[("age_from", "16")]).await;
    let surgical = ward("Surgical ward", "SUR", "surgical", "any", &[]).await;
    let room = async |name, ward: &str, rule, isolation| {
        saved(&admin, "ward-rooms", &[("name", name), ("ward_id", ward), ("sex_rule", rule), ("isolation", isolation), ("single", "")])
            .await
    };
    let shared = room("Room 1", &medical, "first_occupant", "none").await;
    let isolation = room("Room 2", &medical, "any", "airborne").await;
    let theatre = room("Room 1", &surgical, "any", "none").await;
    let bed = async |name, room: &str, position| {
        let fields = [("name", name), ("room_id", room), ("kind", "adult"), ("class_id", class.as_str()), ("position", position)];
        saved(&admin, "beds", &fields).await.parse().expect("an id")
    };
    Plan {
        a1: bed("1A", &shared, "1").await,
        b1: bed("1B", &shared, "2").await,
        single: bed("2A", &isolation, "1").await,
        s1: bed("S1", &theatre, "1").await,
        s2: bed("S2", &theatre, "2").await,
        medical: medical.parse().expect("an id"),
        surgical: surgical.parse().expect("an id"),
        class: class.parse().expect("an id"),
    }
}

/// Asks a ward to admit a patient; the answer and the admission's id.
pub async fn asked(browser: &Browser, patient: PatientId, ward: WardId, more: &[(&str, &str)]) -> (Answer, AdmissionId) {
    let (key, patient, ward) = (Fixture::key(), patient.to_string(), ward.to_string());
    let form = [
        ("patient_id", patient.as_str()),
        ("key", &key),
        ("ward_id", &ward),
        ("reason", "Pneumonia"),
        ("class", "inpatient"),
        ("source", "outpatient"),
        ("urgency", "urgent"),
        ("isolation", "none"),
    ];
    let form: Vec<_> =
        form.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect();
    (browser.post("/api/wards/request", &form).await, key.parse().expect("an id"))
}

/// Does an act on an admission.
pub async fn act(browser: &Browser, act: &str, id: AdmissionId, more: &[(&str, &str)]) -> Answer {
    let (id, key) = (id.to_string(), Fixture::key());
    browser.post(&format!("/api/wards/{act}"), &[&[("admission_id", id.as_str()), ("key", &key)][..], more].concat()).await
}

/// Admits a patient to a bed, from the request on.
pub async fn admitted(app: &TestApp, patient: PatientId, ward: WardId, bed: BedId) -> AdmissionId {
    let (answer, id) = asked(&app.as_("doctor").await, patient, ward, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let nurse = app.as_("nurse").await;
    let answer = act(&nurse, "admit", id, &[("bed_id", &bed.to_string()), ("band", "true"), ("because", "Test")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    id
}

/// The open uses of a bed, by kind.
pub async fn open_uses(app: &TestApp, bed: BedId) -> Vec<String> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT kind FROM bed_uses WHERE ended_at IS NULL AND voided_at IS NULL AND bed_id = ").push_bind(bed);
    tx.all::<(String,)>(query).await.expect("uses").into_iter().map(|(kind,)| kind).collect()
}

/// The id of the open use of a bed.
pub async fn open_use(app: &TestApp, bed: BedId) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT id FROM bed_uses WHERE ended_at IS NULL AND voided_at IS NULL AND bed_id = ").push_bind(bed);
    tx.one::<(uuid::Uuid,)>(query).await.expect("a use").0.to_string()
}

/// The state of an admission.
pub async fn state(app: &TestApp, id: AdmissionId) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.one::<(String,)>(sql("SELECT state FROM admissions WHERE id = ").push_bind(id)).await.expect("an admission").0
}

#[tokio::test]
async fn an_administrator_makes_wards_rooms_and_beds_in_pages() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let ward_manager = app.as_("ward_manager").await;
        assert!(ward_manager.get("/wards").await.body.contains("There are no wards yet"));
        let plan = plan(&app).await;
        for (list, name) in [("wards", "Medical ward"), ("ward-rooms", "Room 2"), ("beds", "2A"), ("bed-classes", "General")] {
            let page = admin.get(&format!("/settings/{list}")).await;
            assert!(page.status == StatusCode::OK && page.body.contains(name), "{list}: {}", page.body);
        }
        let north = app.fixture.north.to_string();
        let form = [("list", "wards"), ("name", "Other"), ("code", "MED"), ("kind", "medical"), ("sex_rule", "any"), ("clinic_id", &north)];
        let more = [("age_from", "20"), ("age_to", "10"), ("clean_min", "1")];
        let key = Fixture::key();
        let answer = admin.post("/api/organisation/save", &[&form[..], &more, &[("key", key.as_str())]].concat()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for field in ["code", "age_to", "clean_min"] {
            assert!(answer.body.contains(&format!("\"{field}\"")), "{field}: {}", answer.body);
        }
        let retire = async |list: &'static str, id: String| {
            admin.post("/api/organisation/retire", &[("list", list), ("id", &id), ("version", "1")]).await.status
        };
        assert_eq!(retire("wards", plan.medical.to_string()).await, StatusCode::CONFLICT, "it has rooms");
        assert_eq!(retire("bed-classes", plan.class.to_string()).await, StatusCode::CONFLICT, "it has beds");
        admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        assert_eq!(retire("beds", plan.a1.to_string()).await, StatusCode::CONFLICT, "somebody lies in it");
        assert_eq!(retire("beds", plan.s2.to_string()).await, StatusCode::OK, "it is empty");
        let page = ward_manager.get(&format!("/wards/{}", plan.surgical)).await.body;
        assert!(page.contains(">S1<") && !page.contains(">S2<"), "{page}");
        let desk = app.as_("desk").await;
        assert_eq!(desk.get("/wards").await.status, StatusCode::FORBIDDEN);
        let south = app.as_("doctor3").await;
        assert_eq!(south.get(&format!("/wards/{}", plan.medical)).await.status, StatusCode::NOT_FOUND, "another clinic's");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_bed_is_closed_with_a_reason_and_opened_again() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let manager = app.as_("ward_manager").await;
        let nurse = app.as_("nurse").await;
        let bed = plan.a1.to_string();
        let close = [("bed_id", bed.as_str()), ("reason", "Broken rail"), ("until", "2026-11-23")];
        assert_eq!(nurse.post("/api/wards/close_bed", &close).await.status, StatusCode::FORBIDDEN);
        let answer = manager.post("/api/wards/close_bed", &[("bed_id", bed.as_str()), ("until", "2026-11-20")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("\"reason\"") && answer.body.contains("\"until\""), "{}", answer.body);
        assert_eq!(manager.post("/api/wards/close_bed", &close).await.status, StatusCode::OK);
        assert_eq!(manager.post("/api/wards/close_bed", &close).await.status, StatusCode::CONFLICT, "it is closed");
        assert_eq!(open_uses(&app, plan.a1).await, ["out_of_service"]);
        let page = nurse.get(&format!("/wards/{}", plan.medical)).await.body;
        assert!(page.contains("Out of service") && page.contains("Broken rail"), "{page}");
        let (_, id) = asked(&app.as_("doctor").await, app.fixture.ana, plan.medical, &[]).await;
        let answer = act(&nurse, "admit", id, &[("bed_id", &bed), ("band", "true")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
        let seen = open_use(&app, plan.a1).await;
        assert_eq!(
            manager.post("/api/wards/reopen_bed", &[("bed_id", &bed), ("seen", &Fixture::key())]).await.status,
            StatusCode::CONFLICT
        );
        assert_eq!(manager.post("/api/wards/reopen_bed", &[("bed_id", &bed), ("seen", &seen)]).await.status, StatusCode::OK);
        assert_eq!(open_uses(&app, plan.a1).await, Vec::<String>::new());
        let page = manager.get(&format!("/beds/{bed}")).await;
        assert!(page.status == StatusCode::OK && page.body.contains("Broken rail"), "{}", page.body);
        admitted_by(&nurse, id, plan.a1).await;
        assert_eq!(manager.post("/api/wards/close_bed", &close).await.status, StatusCode::CONFLICT, "somebody lies in it");
        app.assert_sound().await;
    })
    .await;
}

async fn admitted_by(nurse: &Browser, id: AdmissionId, bed: BedId) {
    let answer = act(nurse, "admit", id, &[("bed_id", &bed.to_string()), ("band", "true")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}
