//! The medicine record: orders of an admission, doses, medicines as needed, the second person, orders by phone, the end of the stay.

mod asked;
mod at_random;
mod bedside;
mod courses;
mod day;
mod guards;
mod heard;
mod infusions;
mod orders;
mod outages;
mod protocols;
mod races;
mod sets;

use axum::http::StatusCode;
use chrono::Duration;

use super::{
    Answer, Browser, Fixture, TestApp,
    fixture::{PASSWORD, shared_hash},
    on_both_engines,
    prescribing::said,
    wards::{act, admitted, plan},
};
use crate::{
    accounts::{self, NewUser},
    core::{AdmissionId, Error, Role, Stamp, UserId},
    db::{Sql, sql},
    medicine_record::keep_doses,
};

/// Ana on the medical ward, with the default formulary. It is 10:30 at the clinic.
#[derive(Clone, Debug)]
pub struct OnWard {
    pub admission: AdmissionId,
    pub ward: String,
    /// A second nurse.
    pub other: &'static str,
}

pub const PARACETAMOL: &str = "PARACETAMOL-500-MG-TAB";
pub const IBUPROFEN: &str = "IBUPROFEN-400-MG-TAB";
pub const INSULIN: &str = "INSULIN-REGULAR-100-IU-ML-VIAL";

pub async fn number(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("a number")
}

pub async fn id(app: &TestApp, query: Sql) -> String {
    app.state.db.read().await.expect("a connection").one::<(uuid::Uuid,)>(query).await.expect("an id").0.to_string()
}

pub fn ok(answer: &Answer) {
    assert!(answer.status == StatusCode::OK || answer.status == StatusCode::SEE_OTHER, "{}: {}", answer.status, answer.body);
}

/// The fields that a refused form names.
pub fn fields(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}: {}", answer.body),
    }
}

/// Moves the clock.
pub fn later(app: &TestApp, minutes: i64) {
    app.state.clock.advance(Duration::minutes(minutes));
}

pub async fn kept(app: &TestApp) -> crate::medicine_record::Kept {
    keep_doses(&app.state).await.expect("kept")
}

/// The id of a drug of the default formulary.
pub async fn drug(app: &TestApp, code: &str) -> String {
    id(app, sql("SELECT id FROM drugs WHERE code = ").push_bind(code)).await
}

impl OnWard {
    /// Loads the formulary, and admits Ana.
    pub async fn open(app: &TestApp) -> Self {
        super::formulary::loaded(app).await;
        let plan = plan(app).await;
        let admission = admitted(app, app.fixture.ana, plan.medical, plan.a1).await;
        let user = NewUser {
            id: UserId::new(),
            login: "nurse2".to_owned(),
            name: "Nina Night".to_owned(),
            password_hash: Some(shared_hash()),
            language: None,
            demo: false,
            roles: vec![(Role::Nurse, Some(app.fixture.north))],
        };
        let mut tx = app.state.db.write().await.expect("a transaction");
        accounts::create_user(&mut tx, &user, Stamp::system(app.state.clock.now())).await.expect("a second nurse");
        tx.commit().await.expect("committed");
        Self { admission, ward: plan.medical.to_string(), other: "nurse2" }
    }

    /// Posts an order; answers the warnings once.
    pub async fn post(&self, browser: &Browser, function: &str, form: &[(&str, &str)]) -> Answer {
        let (admission, key) = (self.admission.to_string(), Fixture::key());
        let usual = [("admission_id", admission.as_str()), ("key", &key), ("priority", "routine")];
        let usual = usual.into_iter().filter(|(name, _)| form.iter().all(|(other, _)| other != name));
        let form: Vec<(&str, &str)> = usual.chain(form.iter().copied()).collect();
        let path = format!("/api/medicine_record/{function}");
        let first = browser.post(&path, &form).await;
        if first.status != StatusCode::UNPROCESSABLE_ENTITY || said(&first, "seen").is_empty() {
            return first;
        }
        let seen = said(&first, "seen");
        browser.post(&path, &[&form[..], &[("override_reason", "Weighed"), ("seen", seen.as_str())]].concat()).await
    }

    /// A doctor orders a medicine; the id of the order.
    pub async fn order(&self, app: &TestApp, code: &str, form: &[(&str, &str)]) -> String {
        let (drug, key) = (drug(app, code).await, Fixture::key());
        let usual = [("kind", "medicine"), ("key", &key), ("drug_id", &drug), ("dose", "1 tablet"), ("route", "oral"), ("timing", "three")];
        let usual = usual.into_iter().filter(|(name, _)| form.iter().all(|(other, _)| other != name));
        let form: Vec<(&str, &str)> = usual.chain(form.iter().copied()).collect();
        ok(&self.post(&app.as_("doctor").await, "write", &form).await);
        key
    }

    /// The order that was written last.
    pub async fn last(&self, app: &TestApp) -> String {
        id(app, sql("SELECT id FROM care_orders ORDER BY ordered_at DESC, id DESC LIMIT 1")).await
    }

    /// The medicine as needed: every 4 hours, 4 in 24 hours.
    pub async fn as_needed(&self, app: &TestApp) -> String {
        let form = [("timing", "as_needed"), ("interval", "4"), ("most", "4"), ("indication", "Pain")];
        self.order(app, PARACETAMOL, &form).await
    }
}

/// The first due dose of an order.
pub async fn due(app: &TestApp, order: &str) -> String {
    let order: uuid::Uuid = order.parse().expect("an id");
    id(app, sql("SELECT id FROM doses WHERE state = 'due' AND order_id = ").push_bind(order).push(" ORDER BY due_at LIMIT 1")).await
}

pub async fn give(browser: &Browser, dose: &str, more: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    let form = [("dose_id", dose), ("key", &key)];
    let form: Vec<(&str, &str)> =
        form.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect();
    browser.post("/api/medicine_record/give", &form).await
}

pub async fn give_as_needed(browser: &Browser, order: &str, more: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    browser.post("/api/medicine_record/give_as_needed", &[&[("care_order_id", order), ("key", &key)][..], more].concat()).await
}

#[tokio::test]
async fn a_medicine_goes_from_the_signed_order_to_the_given_dose() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.order(&app, PARACETAMOL, &[("instructions", "After food")]).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE signed_at IS NOT NULL")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'due'")).await, 6, "two, three and one in 48 hours");
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let page = doctor.get(&format!("/admissions/{}/orders", ward.admission)).await.body;
        assert!(page.contains("Paracetamol 500 mg tablet") && page.contains("3 times a day (08:00 14:00 20:00)"), "{page}");
        assert!(page.contains("No known allergies"), "the banner is in sight: {page}");
        let page = doctor.get(&format!("/care-orders/{order}")).await.body;
        assert!(page.contains("After food") && !page.contains("does not cover"), "{page}");
        let dose = due(&app, &order).await;
        assert_eq!(give(&nurse, &dose, &[("reason", "workload")]).await.status, StatusCode::OK, "3:30 h early, with a reason");
        let dose = due(&app, &order).await;
        later(&app, 9 * 60 + 25);
        // It is 19:55.
        let nurse = app.as_("nurse").await;
        let round = nurse.get(&format!("/wards/{}/round", ward.ward)).await.body;
        assert!(
            round.contains("Núñez") && round.contains("Paracetamol") && round.contains("No known allergies") && round.contains("20:00"),
            "{round}"
        );
        assert_eq!(nurse.get(&format!("/wards/{}/round/live?by=patient", ward.ward)).await.status, StatusCode::OK);
        let key = Fixture::key();
        ok(&give(&nurse, &dose, &[("key", &key)]).await);
        ok(&give(&nurse, &dose, &[("key", &key)]).await);
        assert_eq!(give(&nurse, &dose, &[]).await.status, StatusCode::CONFLICT, "it was given");
        assert_eq!(number(&app, sql("SELECT count(*) FROM administrations WHERE outcome = 'given'")).await, 2);
        let record = nurse.get(&format!("/admissions/{}/medicines", ward.admission)).await.body;
        assert!(record.contains("Nora Nurse") && record.contains("Given 21 Nov 2026, 19:55"), "{record}");
        let paper = nurse.get(&format!("/admissions/{}/drug-chart", ward.admission)).await.body;
        assert!(paper.contains("20:00 ✓ 19:55 NN") && paper.contains("____"), "{paper}");
        assert_eq!(app.as_("cashier").await.get(&format!("/admissions/{}/medicines", ward.admission)).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_dose_is_not_given_for_a_reason_missed_given_late_and_corrected() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.order(&app, PARACETAMOL, &[]).await;
        let first = due(&app, &order).await;
        later(&app, 4 * 60 + 40);
        // It is 15:10: the dose of 14:00 is outside its window.
        let nurse = app.as_("nurse").await;
        assert_eq!(fields(&give(&nurse, &first, &[]).await), ["reason"]);
        let key = Fixture::key();
        let not_given = [("dose_id", first.as_str()), ("key", &key), ("reason", "nil_by_mouth"), ("remark", "Endoscopy")];
        ok(&nurse.post("/api/medicine_record/not_give", &not_given).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'held'")).await, 1);
        ok(&give(&nurse, &first, &[("reason", "clinical")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM administrations")).await, 2, "the old outcome stays");
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'given'")).await, 1);

        let standing = id(&app, sql("SELECT id FROM administrations WHERE superseded_at IS NULL")).await;
        let correct = async |seen: &str, outcome: &str, why: &str| {
            let key = Fixture::key();
            let form = [("dose_id", first.as_str()), ("key", &key), ("seen", seen), ("outcome", outcome), ("why", why), ("time", "15:05")];
            nurse.post("/api/medicine_record/correct", &form).await
        };
        assert_eq!(fields(&correct(&standing, "given", "").await), ["why"]);
        ok(&correct(&standing, "given", "Typed the wrong time").await);
        assert_eq!(correct(&standing, "refused", "Late").await.status, StatusCode::CONFLICT, "another version stands");
        let standing = id(&app, sql("SELECT id FROM administrations WHERE superseded_at IS NULL")).await;
        ok(&correct(&standing, "undone", "Another patient's").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM administrations WHERE superseded_at IS NULL")).await, 0);
        let page = nurse.get(&format!("/doses/{first}")).await.body;
        assert!(page.contains("Entered in error") && page.contains("Typed the wrong time"), "{page}");
        assert_eq!(due(&app, &order).await, first, "it is due again");

        assert_eq!(kept(&app).await.missed, 0, "the next one is not due yet");
        later(&app, 5 * 60);
        assert_eq!(kept(&app).await.missed, 1, "it is 20:10");
        assert_eq!(kept(&app).await.missed, 0);
        let nurse = app.as_("nurse").await;
        assert_eq!(give(&nurse, &first, &[("reason", "workload")]).await.status, StatusCode::CONFLICT, "the next one is due");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_medicine_as_needed_keeps_its_interval_and_its_limit_over_all_orders_of_the_substance() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let doctor = app.as_("doctor").await;
        let drug = drug(&app, PARACETAMOL).await;
        let form = [("kind", "medicine"), ("drug_id", drug.as_str()), ("dose", "1 tablet"), ("route", "oral"), ("timing", "as_needed")];
        let lacking = ward.post(&doctor, "write", &form).await;
        assert_eq!(fields(&lacking), ["interval", "most", "indication"]);
        let order = ward.as_needed(&app).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses")).await, 0, "a dose is made when it is given");
        for given in 0..4 {
            let nurse = app.as_("nurse").await;
            ok(&give_as_needed(&nurse, &order, &[]).await);
            let again = give_as_needed(&nurse, &order, &[]).await;
            assert!(again.status == StatusCode::CONFLICT && again.body.contains("Not before"), "{given}: {}", again.body);
            later(&app, 4 * 60);
        }
        // 10:30, 14:30, 18:30, 22:30: the next one is allowed at 10:30, although 4 hours have passed at 02:30.
        let nurse = app.as_("nurse").await;
        let refused = give_as_needed(&nurse, &order, &[]).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("22 Nov 2026, 10:30"), "{}", refused.body);
        let page = nurse.get(&format!("/admissions/{}/medicines", ward.admission)).await.body;
        assert!(page.contains("Not before 22 Nov 2026, 10:30"), "{page}");
        later(&app, 8 * 60);
        ok(&give_as_needed(&app.as_("nurse").await, &order, &[]).await);
        // A regular dose of the substance counts too.
        let regular = ward.order(&app, PARACETAMOL, &[("timing", "stat")]).await;
        later(&app, 4 * 60);
        let nurse = app.as_("nurse").await;
        ok(&give(&nurse, &due(&app, &regular).await, &[("reason", "workload")]).await);
        assert_eq!(give_as_needed(&nurse, &order, &[]).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_high_alert_medicine_needs_the_sign_in_of_a_second_person() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.order(&app, INSULIN, &[("dose", "10 units"), ("route", "subcutaneous"), ("timing", "stat")]).await;
        let dose = due(&app, &order).await;
        let nurse = app.as_("nurse").await;
        let page = nurse.get(&format!("/doses/{dose}")).await.body;
        assert!(page.contains("Second person") && page.contains("High alert"), "{page}");
        let second =
            async |login: &str, password: &str| give(&nurse, &dose, &[("second_login", login), ("second_password", password)]).await;
        for (login, password) in [("", ""), ("nurse2", "wrong"), ("nurse", PASSWORD), ("cashier", PASSWORD), ("nobody", PASSWORD)] {
            assert_eq!(fields(&second(login, password).await), ["second_login"], "{login}");
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM administrations")).await, 0);
        ok(&second(ward.other, PASSWORD).await);
        assert_eq!(
            number(&app, sql("SELECT count(*) FROM administrations WHERE checked_by IS NOT NULL AND checked_by <> recorded_by")).await,
            1
        );
        let page = nurse.get(&format!("/doses/{dose}")).await.body;
        assert!(page.contains("checked by Nina Night"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_end_of_the_stay_stops_its_orders() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.order(&app, PARACETAMOL, &[]).await;
        ok(&ward.post(&app.as_("doctor").await, "write", &[("kind", "diet"), ("title", "Low salt")]).await);
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let page = doctor.get(&format!("/admissions/{}/discharge", ward.admission)).await.body;
        assert!(page.contains("Paracetamol") && page.contains("Orders that stop when the patient leaves: 2"), "{page}");
        ok(&act(
            &doctor,
            "discharge",
            ward.admission,
            &[
                ("kind", "absconded"),
                ("diagnosis", "Pneumonia"),
                ("last_seen_day", "2026-11-21"),
                ("last_seen_time", "10:30"),
                ("told", "Police"),
                ("sure", "absconded 2026-11-21 10:30"),
            ],
        )
        .await);
        let dose = due(&app, &order).await;
        ok(&act(&nurse, "left", ward.admission, &[]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE state = 'stopped'")).await, 2);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state <> 'cancelled'")).await, 0);
        assert_eq!(give(&nurse, &dose, &[("reason", "workload")]).await.status, StatusCode::CONFLICT);
        let write = ward.post(&doctor, "write", &[("kind", "diet"), ("title", "Soft")]).await;
        assert_eq!(write.status, StatusCode::CONFLICT, "{}", write.body);
        app.assert_sound().await;
    })
    .await;
}
