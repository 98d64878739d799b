//! Imaging: from the order to the signed report, and the acts that are refused.

mod archives;
mod doses;
mod guards;
mod measure;
mod pacs;
mod races;
mod reports;
mod safety;
mod sets;
mod worklist;

use axum::http::StatusCode;

use super::{
    Answer, Browser, Fixture, TestApp,
    consultation::calls,
    lab::{Lab, fields, id, number, ok, text},
    on_both_engines,
    opd::waits_for_doctor,
};
use crate::{
    core::{ImagingRoomId, OrderId, PatientId, VisitId},
    db::sql,
    organisation,
};

/// A radiology with the starter catalogue and a room of each kind of device, and the people who work there.
#[derive(Clone, Debug)]
pub struct Radiology {
    pub doctor: Browser,
    pub technologist: Browser,
    pub radiologist: Browser,
    /// The visit of Ana, who is with the doctor.
    pub visit: VisitId,
    pub patient: PatientId,
}

impl Radiology {
    /// Opens radiology, and calls Ana to the doctor.
    pub async fn open(app: &TestApp) -> Self {
        let doctor = app.as_("doctor").await;
        let patient = app.fixture.ana;
        let visit = waits_for_doctor(app, patient).await;
        calls(app, &doctor).await;
        Self::of(app, doctor, visit, patient).await
    }

    /// Opens radiology for a patient who is with the doctor.
    pub async fn of(app: &TestApp, doctor: Browser, visit: VisitId, patient: PatientId) -> Self {
        let radiologist = app.as_("radiologist").await;
        ok(&radiologist.post("/api/imaging/adopt_starter", &[]).await);
        for modality in ["CR", "CT", "MR", "US"] {
            let key = ImagingRoomId::new().to_string();
            let form = [("key", key.as_str()), ("version", "0"), ("name", modality), ("modality", modality)];
            ok(&radiologist.post("/api/imaging/save_room", &form).await);
            let days: Vec<String> = (1..=7).map(|day| format!("weekday-{day}")).collect();
            let mut hours = vec![("imaging_room_id", key.as_str()), ("from", "00:00"), ("to", "24:00")];
            hours.extend(days.iter().map(|day| (day.as_str(), "true")));
            ok(&radiologist.post("/api/imaging/add_room_hours", &hours).await);
        }
        Self { doctor, technologist: app.as_("radiology").await, radiologist, visit, patient }
    }

    /// Orders a procedure by its code.
    pub async fn order(&self, code: &str, more: &[(&str, &str)]) -> Answer {
        let (key, visit) = (OrderId::new().to_string(), self.visit.to_string());
        let mut form = vec![
            ("visit_id", visit.as_str()),
            ("key", &key),
            ("procedure", code),
            ("priority", "routine"),
            ("reason", "Bleeding or stone?"),
        ];
        form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        form.extend_from_slice(more);
        self.doctor.post("/api/imaging/order", &form).await
    }

    /// Does an act on the newest study, with its version.
    pub async fn act(&self, app: &TestApp, browser: &Browser, act: &str, more: &[(&str, &str)]) -> Answer {
        let (study, version) = study(app).await;
        let mut form = vec![("imaging_order_id", study.as_str()), ("version", &version)];
        form.extend_from_slice(more);
        browser.post(&format!("/api/imaging/{act}"), &form).await
    }

    /// Books the newest study into a room, so many minutes from now.
    pub async fn book(&self, app: &TestApp, room: &str, minutes: i64) -> Answer {
        let (room, day, time) = slot(app, room, minutes).await;
        self.act(app, &self.technologist, "book", &[("room", &room), ("day", &day), ("time", &time)]).await
    }

    /// Answers questions of safety of the newest study.
    pub async fn answer(&self, app: &TestApp, answers: &[(&str, &str)]) -> Answer {
        let names: Vec<(String, &str)> = answers.iter().map(|(question, answer)| (format!("answer-{question}"), *answer)).collect();
        let more: Vec<(&str, &str)> = names.iter().map(|(name, answer)| (name.as_str(), *answer)).collect();
        self.act(app, &self.technologist, "answer_safety", &more).await
    }

    /// Brings the newest study from the booking to its images.
    pub async fn images(&self, app: &TestApp, room: &str) {
        ok(&self.book(app, room, 60).await);
        ok(&self.act(app, &self.technologist, "arrive", &[]).await);
        ok(&self.answer(app, &[("pregnancy", "no"), ("contrast_reaction", "no"), ("kidney", "no"), ("implants", "no")]).await);
        ok(&self.act(app, &self.technologist, "start", &[]).await);
        ok(&self.act(app, &self.technologist, "acquire", &[]).await);
    }

    /// Orders an X-ray of the chest and makes its images.
    pub async fn chest(&self, app: &TestApp) {
        ok(&self.order("xr-chest", &[]).await);
        self.images(app, "CR").await;
    }
}

/// The newest study and its version.
pub async fn study(app: &TestApp) -> (String, String) {
    let query = sql("SELECT id, version FROM imaging_orders ORDER BY id DESC LIMIT 1");
    let mut tx = app.state.db.read().await.expect("a connection");
    let (id, version): (uuid::Uuid, i64) = tx.one(query).await.expect("a study");
    (id.to_string(), version.to_string())
}

/// A room's id by its name, and the clinic's day and time so many minutes from now.
pub async fn slot(app: &TestApp, room: &str, minutes: i64) -> (String, String, String) {
    let room = id(app, sql("SELECT id FROM imaging_rooms WHERE name = ").push_bind(room)).await;
    let mut tx = app.state.db.read().await.expect("a connection");
    let zone = organisation::clinic(&mut tx, app.fixture.north).await.expect("a clinic").zone;
    let at = zone.local(app.state.clock.now() + chrono::Duration::minutes(minutes));
    (room, at.date().to_string(), at.format("%H:%M").to_string())
}

/// The step of the newest study.
pub async fn step(app: &TestApp) -> String {
    text(app, sql("SELECT step FROM imaging_orders ORDER BY id DESC LIMIT 1")).await
}

#[tokio::test]
async fn a_study_goes_from_the_order_to_the_signed_report() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        let page = radiology.doctor.get(&format!("/imaging/order/{}", radiology.visit)).await;
        assert!(page.body.contains("X-ray of the chest"), "{}", page.body);
        assert_eq!(fields(&radiology.order("xr-knee", &[]).await), ["side"]);
        assert_eq!(fields(&radiology.order("xr-chest", &[("reason", "")]).await), ["reason"]);
        ok(&radiology.order("xr-chest", &[("priority", "stat")]).await);
        assert_eq!(step(&app).await, "vetted", "a plain X-ray needs no radiologist");
        let planned = sql("SELECT count(*) FROM charges WHERE source = 'imaging_study' AND state = 'planned' AND waits_for = 'service'");
        assert_eq!(number(&app, planned).await, 1, "planned when it is ordered");
        let day = radiology.technologist.get("/imaging").await.body;
        assert!(day.contains("Núñez") && day.contains("Stat") && day.contains("To be booked"), "{day}");
        let (id_of_study, _) = study(&app).await;
        let page = radiology.technologist.get(&format!("/imaging/studies/{id_of_study}")).await.body;
        assert!(page.contains("Bleeding or stone?") && page.contains("Pregnancy") && page.contains("Unconfirmed"), "{page}");
        ok(&radiology.book(&app, "CR", 60).await);
        let portal = app.as_("ana").await.get("/portal/records").await.body;
        assert!(portal.contains("X-ray of the chest") && portal.contains(", CR"), "{portal}");
        ok(&radiology.act(&app, &radiology.technologist, "arrive", &[]).await);
        let early = radiology.act(&app, &radiology.technologist, "start", &[]).await;
        assert_eq!(early.status, StatusCode::CONFLICT, "the pregnancy is not asked yet");
        ok(&radiology.answer(&app, &[("pregnancy", "no")]).await);
        ok(&radiology.act(&app, &radiology.technologist, "start", &[]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE state = 'in_progress'")).await, 1);
        ok(&radiology.act(&app, &radiology.technologist, "acquire", &[]).await);
        let waits = sql("SELECT count(*) FROM charges WHERE source = 'imaging_study' AND waits_for = 'price'");
        assert_eq!(number(&app, waits).await, 1, "done, and without a price it waits for one");
        assert!(radiology.radiologist.get("/imaging/reading").await.body.contains("X-ray of the chest"));

        let desk = radiology.radiologist.get(&format!("/imaging/studies/{id_of_study}/report")).await.body;
        assert!(desk.contains("Heart and mediastinum"), "the report begins with the template: {desk}");
        let written = [
            ("imaging_order_id", id_of_study.as_str()),
            ("saved", "0"),
            ("findings", "Lungs clear."),
            ("impression", "No pneumonia."),
            ("weight", "normal"),
        ];
        ok(&radiology.radiologist.post("/api/imaging/save_report", &written).await);
        let mut signed = written.to_vec();
        signed[1] = ("saved", "1");
        signed.push(("password", "wrong"));
        assert!(!radiology.radiologist.post("/api/imaging/sign_report", &signed).await.status.is_success(), "a wrong password");
        signed[5] = ("password", super::fixture::PASSWORD);
        ok(&radiology.radiologist.post("/api/imaging/sign_report", &signed).await);
        assert_eq!(step(&app).await, "reported");
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE state = 'completed'")).await, 1);

        let hidden = app.as_("ana").await.get("/portal/records").await.body;
        assert!(!hidden.contains("No pneumonia"), "not before the doctor has signed");
        let inbox = radiology.doctor.get("/imaging/inbox").await.body;
        assert!(inbox.contains("No pneumonia.") && inbox.contains("Normal"), "{inbox}");
        let review = id(&app, sql("SELECT id FROM radiology_reviews WHERE state = 'new'")).await;
        let sign = [("radiology_review_id", review.as_str()), ("action", "none")];
        ok(&radiology.doctor.post("/api/imaging/sign_review", &sign).await);
        assert_eq!(radiology.doctor.post("/api/imaging/sign_review", &sign).await.status, StatusCode::CONFLICT);
        let portal = app.as_("ana").await.get("/portal/records").await.body;
        assert!(portal.contains("No pneumonia."), "{portal}");
        let report = id(&app, sql("SELECT id FROM radiology_reports")).await;
        let paper = radiology.doctor.get(&format!("/imaging/reports/{report}")).await.body;
        assert!(
            paper.contains("Lungs clear.") && paper.contains("Dr. Renata Radiology") && !paper.contains("not what was signed"),
            "{paper}"
        );
        let record = radiology.doctor.get(&format!("/patients/{}/imaging", radiology.patient)).await.body;
        assert!(record.contains("No pneumonia."), "{record}");
        let chart = radiology.doctor.get(&format!("/patients/{}/chart", radiology.patient)).await.body;
        assert!(chart.contains("No pneumonia."), "{chart}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn contrast_and_a_low_egfr_wait_for_a_radiologist() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let radiology = Radiology::of(&app, lab.doctor.clone(), lab.visit, lab.patient).await;
        ok(&radiology.order("ct-abd-c", &[]).await);
        assert_eq!(step(&app).await, "requested");
        assert_eq!(radiology.book(&app, "CT", 60).await.status, StatusCode::CONFLICT, "a radiologist decides first");
        assert!(radiology.radiologist.get("/imaging/vetting").await.body.contains("CT of abdomen"));
        ok(&radiology.act(&app, &radiology.radiologist, "give_back", &[("question", "Which side?")]).await);
        let (id_of_study, _) = study(&app).await;
        let asked = radiology.doctor.get(&format!("/imaging/answer/{id_of_study}")).await.body;
        assert!(asked.contains("Which side?"), "{asked}");
        ok(&radiology.act(&app, &radiology.doctor, "answer", &[("answer", "Left flank")]).await);
        let forbidden = radiology.act(&app, &radiology.technologist, "vet", &[]).await;
        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
        ok(&radiology.act(&app, &radiology.radiologist, "vet", &[("protocol", "Portal venous phase")]).await);
        assert_eq!(radiology.book(&app, "MR", 60).await.status, StatusCode::UNPROCESSABLE_ENTITY, "another device");
        ok(&radiology.book(&app, "CT", 60).await);
        ok(&radiology.act(&app, &radiology.technologist, "arrive", &[]).await);
        ok(&radiology.answer(&app, &[("pregnancy", "no"), ("contrast_reaction", "no"), ("kidney", "no")]).await);

        // The laboratory releases a creatinine after the questions: the answer about the kidneys is old.
        lab.at_the_bench(&app, "creatinine egfr").await;
        ok(&lab.enter(&app, "creatinine", "3.0", &[]).await);
        ok(&lab.release(&app, &lab.pathologist, "creatinine").await);
        ok(&lab.release(&app, &lab.pathologist, "egfr").await);
        let start = radiology.act(&app, &radiology.technologist, "start", &[]).await;
        assert_eq!(start.status, StatusCode::CONFLICT, "{}", start.body);
        ok(&radiology.answer(&app, &[("kidney", "no")]).await);
        let kidney = sql("SELECT answer FROM imaging_safety WHERE question = 'kidney' AND superseded_at IS NULL");
        assert_eq!(text(&app, kidney).await, "yes", "the laboratory decides");
        assert_eq!(radiology.act(&app, &radiology.technologist, "start", &[]).await.status, StatusCode::CONFLICT);
        let page = radiology.radiologist.get(&format!("/imaging/studies/{id_of_study}")).await.body;
        assert!(page.contains("Last eGFR") && page.contains("3.0 mg/dL") && page.contains("Override"), "{page}");
        let no_reason = radiology.act(&app, &radiology.radiologist, "override_safety", &[("question", "kidney"), ("reason", "")]).await;
        assert_eq!(fields(&no_reason), ["reason"]);
        let by_technologist =
            radiology.act(&app, &radiology.technologist, "override_safety", &[("question", "kidney"), ("reason", "x")]).await;
        assert_eq!(by_technologist.status, StatusCode::FORBIDDEN);
        let why = [("question", "kidney"), ("reason", "Suspected rupture, dialysis is there")];
        ok(&radiology.act(&app, &radiology.radiologist, "override_safety", &why).await);
        ok(&radiology.act(&app, &radiology.technologist, "start", &[]).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_allergy_on_the_record_is_not_denied() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        let allergy = [
            ("patient_id", radiology.patient.to_string()),
            ("key", Fixture::key()),
            ("substance", "Iodinated contrast".to_owned()),
            ("category", "medication".to_owned()),
            ("criticality", "high".to_owned()),
        ];
        let form: Vec<(&str, &str)> = allergy.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ok(&radiology.doctor.post("/api/patients/add_allergy", &form).await);
        ok(&radiology.order("ct-chest-c", &[]).await);
        ok(&radiology.act(&app, &radiology.radiologist, "vet", &[]).await);
        ok(&radiology.answer(&app, &[("contrast_reaction", "no")]).await);
        let answer = sql("SELECT answer FROM imaging_safety WHERE question = 'contrast_reaction' AND superseded_at IS NULL");
        assert_eq!(text(&app, answer).await, "yes");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_study_is_not_done_for_a_reason() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        ok(&radiology.order("us-abdomen", &[]).await);
        ok(&radiology.book(&app, "US", 30).await);
        assert_eq!(fields(&radiology.act(&app, &radiology.technologist, "no_show", &[("reason", "")]).await), ["reason"]);
        ok(&radiology.act(&app, &radiology.technologist, "no_show", &[("reason", "Did not come")]).await);
        ok(&radiology.book(&app, "US", 90).await);
        assert_eq!(text(&app, sql("SELECT stop_reason FROM imaging_orders")).await, "", "it goes on");
        ok(&radiology.act(&app, &radiology.technologist, "cancel", &[("reason", "Not wanted any more")]).await);
        assert_eq!(step(&app).await, "cancelled");
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE state = 'cancelled'")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM charges WHERE source = 'imaging_study' AND state = 'cancelled'")).await, 1);

        ok(&radiology.order("us-pelvis", &[]).await);
        ok(&radiology.book(&app, "US", 90).await);
        ok(&radiology.act(&app, &radiology.technologist, "arrive", &[]).await);
        ok(&radiology.act(&app, &radiology.technologist, "start", &[]).await);
        ok(&radiology.act(&app, &radiology.technologist, "discontinue", &[("reason", "Pain")]).await);
        assert_eq!(step(&app).await, "discontinued");
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE state = 'completed'")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM charges WHERE source = 'imaging_study' AND state = 'cancelled'")).await, 2);

        // The doctor takes an order back: its study ends with it.
        ok(&radiology.order("xr-abdomen", &[]).await);
        let order = id(&app, sql("SELECT order_id FROM imaging_orders ORDER BY id DESC LIMIT 1")).await;
        let withdraw = [("order_id", order.as_str()), ("version", "1"), ("act", "cancel"), ("reason", "Wrong patient part")];
        ok(&radiology.doctor.post("/api/orders/withdraw", &withdraw).await);
        assert_eq!(step(&app).await, "cancelled");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_room_is_booked_within_its_hours_and_once() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        let room = id(&app, sql("SELECT id FROM imaging_rooms WHERE name = 'US'")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let all = sql("DELETE FROM imaging_room_hours WHERE room_id = ").push_bind(room.parse::<uuid::Uuid>().expect("an id"));
        tx.execute(all).await.expect("no hours");
        tx.commit().await.expect("committed");
        ok(&radiology.order("us-abdomen", &[]).await);
        assert_eq!(fields(&radiology.book(&app, "US", 60).await), ["outside"]);
        let (room, day, time) = slot(&app, "US", 60).await;
        let form = [("room", room.as_str()), ("day", &day), ("time", &time), ("outside", "true")];
        ok(&radiology.act(&app, &radiology.technologist, "book", &form).await);
        let (_, day, time) = slot(&app, "US", -120).await;
        let past = [("room", room.as_str()), ("day", &day), ("time", &time), ("outside", "true")];
        assert_eq!(fields(&radiology.act(&app, &radiology.technologist, "book", &past).await), ["time"]);
        let far = [("room", room.as_str()), ("day", "2199-01-01"), ("time", &time), ("outside", "true")];
        assert_eq!(fields(&radiology.act(&app, &radiology.technologist, "book", &far).await), ["day"]);
        ok(&radiology.order("us-pelvis", &[]).await);
        assert_eq!(radiology.act(&app, &radiology.technologist, "book", &form).await.status, StatusCode::CONFLICT, "taken");
        let version = text(&app, sql("SELECT CAST(version AS TEXT) FROM imaging_rooms WHERE name = 'US'")).await;
        let retire = [("imaging_room_id", room.as_str()), ("version", &version), ("retired", "true")];
        assert_eq!(radiology.radiologist.post("/api/imaging/retire_room", &retire).await.status, StatusCode::CONFLICT, "it has a booking");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_head_confirms_a_procedure_and_a_change_ends_it() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        let procedure = id(&app, sql("SELECT id FROM imaging_procedures WHERE code = 'ct-head'")).await;
        let confirm = [("imaging_procedure_id", procedure.as_str()), ("version", "1")];
        assert_eq!(radiology.technologist.post("/api/imaging/confirm_procedure", &confirm).await.status, StatusCode::FORBIDDEN);
        ok(&radiology.radiologist.post("/api/imaging/confirm_procedure", &confirm).await);
        let page = radiology.technologist.get(&format!("/imaging/catalogue/{procedure}")).await.body;
        assert!(page.contains("Confirmed by Dr. Renata Radiology"), "{page}");
        let form = [
            ("key", procedure.as_str()),
            ("version", "2"),
            ("code", "ct-head"),
            ("modality", "CT"),
            ("name_en", "CT of the head without contrast"),
            ("name_es", "TC de cráneo sin contraste"),
            ("body_part", "head"),
            ("contrast", "none"),
            ("minutes", "20"),
            ("ionising", "true"),
            ("needs_vetting", "true"),
            ("portal_rule", "after_review"),
        ];
        let mut other = form.to_vec();
        other[3] = ("modality", "MR");
        assert_eq!(fields(&radiology.radiologist.post("/api/imaging/save_procedure", &other).await), ["modality"]);
        ok(&radiology.radiologist.post("/api/imaging/save_procedure", &form).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM imaging_procedures WHERE confirmed_at IS NOT NULL")).await, 0);
        assert_eq!(radiology.radiologist.post("/api/imaging/save_procedure", &form).await.status, StatusCode::OK, "nothing changed");
        assert_eq!(radiology.radiologist.post("/api/imaging/adopt_starter", &[]).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}
