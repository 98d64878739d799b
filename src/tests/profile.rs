//! Tests the profile in the portal: what the patient changes at once, who is told, and what reception decides.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Answer, Browser, TestApp, documents, fixture::PASSWORD, messages, on_both_engines};
use crate::{
    core::{Error, PatientId},
    db::{Sql, sql},
    patients::{self, Facts},
    server::{
        config::Config,
        mail::{Post, send_due},
    },
};

async fn facts(app: &TestApp, patient: PatientId) -> Facts {
    let mut tx = app.state.db.read().await.expect("a connection");
    patients::find(&mut tx, patient).await.expect("a record").facts
}

async fn number(app: &TestApp, query: &'static str) -> i64 {
    app.state.db.read().await.expect("a connection").count(sql(query)).await.expect("counted")
}

/// Sends the letters and returns them with their recipients.
async fn letters(app: &TestApp) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let post = Post::new(&Config { mail: format!("file:{}", folder.path().display()), ..Config::default() }).expect("a way");
    send_due(&app.state, &post).await.expect("sent");
    let files = std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
    files.map(|path| std::fs::read_to_string(path).expect("a letter").replace("=\r\n", "")).collect()
}

fn wrong(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

fn ok(answer: &Answer) {
    assert!(answer.status == StatusCode::OK || answer.status == StatusCode::SEE_OTHER, "{}: {}", answer.status, answer.body);
}

/// Returns the value that follows on a page after `before`.
fn after<'p>(page: &'p str, before: &str) -> &'p str {
    page.split(before).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("{before}: {page}"))
}

fn version(page: &str) -> String {
    after(page, "name=\"version\" value=\"").to_owned()
}

async fn ask_name(browser: &Browser, family_name: &str) -> Answer {
    let form = [("given_names", "Ana María"), ("family_name", family_name), ("birth_date", "1980-04-18"), ("sex", "female")];
    browser.post("/api/portal/ask_identity", &form).await
}

#[tokio::test]
async fn contact_data_change_at_once_and_the_known_addresses_are_told() {
    on_both_engines(|app| async move {
        let (ana, id) = (app.as_("ana").await, app.fixture.ana);
        messages::confirm(&app, &ana, id, "email", "ana.new@home.test").await;
        letters(&app).await;
        app.state.clock.advance(Duration::minutes(6));
        let page = ana.get("/portal/account/profile").await.body;
        let seen = version(&page);
        let form = [
            ("version", seen.as_str()),
            ("phone", "+1 617 555 0177"),
            ("address", "9 Elm Street"),
            ("language", "es"),
            ("password", PASSWORD),
        ];
        assert_eq!(wrong(&ana.post("/api/portal/save_profile", &form[..4]).await), ["password"]);
        ok(&ana.post("/api/portal/save_profile", &form).await);
        let known = facts(&app, id).await;
        assert_eq!(
            (known.more.phone.as_str(), known.more.address.as_str(), known.more.language.as_str()),
            ("+1 617 555 0177", "9 Elm Street", "es")
        );
        assert_eq!(known.name.family_name, "Núñez", "what reception decides stays");
        let told = letters(&app).await;
        assert!(told.iter().any(|letter| letter.contains("To: ana.new@home.test") && letter.contains("datos de contacto")), "{told:?}");
        assert!(ana.get("/notifications").await.body.contains("changed in the portal"));
        assert_eq!(ana.post("/api/portal/save_profile", &form).await.status, StatusCode::CONFLICT, "another version by now");
        // The confirmed address goes to the record by a press, and the one before it hears of that.
        let before = known.more.email.clone();
        let page = ana.get("/portal/account/profile").await.body;
        let channel = after(&page, "name=\"message_channel_id\" value=\"").to_owned();
        ok(&ana.post("/api/portal/take_email", &[("message_channel_id", &channel)]).await);
        assert_eq!(facts(&app, id).await.more.email, "ana.new@home.test");
        let told = letters(&app).await;
        assert!(before.is_empty() || told.iter().any(|letter| letter.contains(&format!("To: {before}"))), "{before}: {told:?}");
        assert!(!ana.get("/portal/account/profile").await.body.contains("message_channel_id"), "nothing to take over any more");
        // The people to call are the patient's too; another patient's are not.
        ok(&ana.post("/api/portal/add_contact", &[("contact_name", "Luis"), ("contact_phone", "617 555 0143")]).await);
        let page = ana.get("/portal/account/profile").await.body;
        assert!(page.contains("Luis") && page.contains("tel:"), "{page}");
        let contact = after(&page, "name=\"contact_id\" value=\"").to_owned();
        let ben = app.as_("ben").await;
        assert_eq!(ben.post("/api/portal/remove_contact", &[("contact_id", &contact)]).await.status, StatusCode::NOT_FOUND);
        ok(&ana.post("/api/portal/remove_contact", &[("contact_id", &contact)]).await);
        let desk = app.as_("desk").await;
        assert!(desk.get(&format!("/patients/{id}/changes")).await.body.contains("9 Elm Street"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn reception_takes_a_name_and_a_cover_over_or_refuses_with_a_reason() {
    on_both_engines(|app| async move {
        let (ana, desk, id) = (app.as_("ana").await, app.as_("desk").await, app.fixture.ana);
        assert_eq!(wrong(&ask_name(&ana, "Núñez").await), ["given_names"], "nothing differs");
        ok(&ask_name(&ana, "Núñez Rey").await);
        assert_eq!(ask_name(&ana, "Rey").await.status, StatusCode::CONFLICT, "one waits");
        let insurer = super::lab::id(&app, sql("SELECT id FROM insurers WHERE NOT self_pay")).await;
        let card = [("kind", "insurance_card"), ("title", "New card")];
        ok(&documents::send(&ana, "/portal/documents", documents::LETTER, "card.pdf", &card).await);
        let document = super::lab::id(&app, sql("SELECT id FROM patient_documents")).await;
        let cover = [
            ("insurer_id", insurer.as_str()),
            ("plan", "Harbor Plus"),
            ("policy_number", "P-77"),
            ("valid_from", "2026-01-01"),
            ("document", &document),
        ];
        let foreign = [cover[0], cover[1], ("document", &insurer)];
        assert_eq!(wrong(&ana.post("/api/portal/tell_coverage", &foreign).await), ["document"]);
        ok(&ana.post("/api/portal/tell_coverage", &cover).await);
        assert_eq!(facts(&app, id).await.name.family_name, "Núñez", "until reception decides");
        let list = desk.get("/profile-requests").await.body;
        for words in ["Núñez → Núñez Rey", "P-77", &format!("/documents/{document}")] {
            assert!(list.contains(words), "{words}: {list}");
        }
        assert_eq!(ana.get("/profile-requests").await.status, StatusCode::FORBIDDEN);
        let of = |kind: &'static str| sql("SELECT id FROM profile_requests WHERE state = 'told' AND kind = ").push_bind(kind);
        let identity = super::lab::id(&app, of("identity")).await;
        let decide = |request: String, verdict: &'static str, more: Vec<(&'static str, &'static str)>| {
            let desk = desk.clone();
            async move {
                let mut form = vec![("profile_request_id", request.as_str()), ("verdict", verdict)];
                form.extend(more);
                desk.post("/api/portal/decide_profile_request", &form).await
            }
        };
        assert_eq!(wrong(&decide(identity.clone(), "refuse", vec![]).await), ["answer"]);
        ok(&decide(identity.clone(), "accept", vec![]).await);
        assert_eq!(decide(identity, "accept", vec![]).await.status, StatusCode::CONFLICT, "once");
        assert_eq!(facts(&app, id).await.name.family_name, "Núñez Rey");
        let coverage = super::lab::id(&app, of("coverage")).await;
        ok(&decide(coverage, "accept", vec![("copay_percent", "30")]).await);
        assert!(ana.get("/portal/account/profile").await.body.contains("Harbor Plus"));
        assert_eq!(number(&app, "SELECT count(*) FROM coverages WHERE plan = 'Harbor Plus' AND copay_percent = 30").await, 1);
        // A refusal is read with its reason; a request can be taken back.
        ok(&ask_name(&ana, "Rey").await);
        let again = super::lab::id(&app, of("identity")).await;
        ok(&decide(again, "refuse", vec![("answer", "Bring the decree")]).await);
        assert!(ana.get("/portal/account/profile").await.body.contains("Bring the decree"));
        assert!(ana.get("/notifications").await.body.contains("Reception has answered"));
        ok(&ask_name(&ana, "Rey").await);
        let last = super::lab::id(&app, of("identity")).await;
        let withdraw = [("profile_request_id", last.as_str())];
        assert_eq!(app.as_("ben").await.post("/api/portal/withdraw_profile_request", &withdraw).await.status, StatusCode::NOT_FOUND);
        ok(&ana.post("/api/portal/withdraw_profile_request", &withdraw).await);
        assert!(desk.get("/profile-requests").await.body.contains("Nothing to decide"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn who_acts_for_somebody_sees_until_when_and_gives_it_up_alone() {
    on_both_engines(|app| async move {
        let (desk, ben) = (app.as_("desk").await, app.as_("ben").await);
        let form = [("name", "Chloe Baker"), ("birth_date", "2015-06-30"), ("relation", "father")];
        assert_eq!(wrong(&ben.post("/api/portal/ask_family", &form[..2]).await), ["relation"]);
        ok(&ben.post("/api/portal/ask_family", &form).await);
        assert!(desk.get("/profile-requests").await.body.contains("Chloe Baker"));
        let (chloe, guardian) = (app.fixture.chloe.to_string(), app.fixture.ben.to_string());
        let named = [("patient_id", chloe.as_str()), ("guardian_id", &guardian), ("kind", "child"), ("document", "Birth certificate")];
        ok(&desk.post("/api/patients/add_guardian", &named).await);
        let page = ben.get("/portal/account/profile").await.body;
        assert!(page.contains("Chloe Baker") && page.contains("until"), "{page}");
        let right = after(&page, "name=\"guardian\" value=\"").to_owned();
        let give_up = [("guardian", right.as_str())];
        assert_eq!(app.as_("ana").await.post("/api/patients/give_up_guardian", &give_up).await.status, StatusCode::NOT_FOUND);
        ok(&ben.post("/api/patients/give_up_guardian", &give_up).await);
        assert_eq!(number(&app, "SELECT count(*) FROM guardians WHERE ended_at IS NULL").await, 0);
        assert_eq!(ben.post("/api/portal/act_for", &[("patient", &chloe)]).await.status, StatusCode::NOT_FOUND);
        app.assert_sound().await;
    })
    .await;
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error}");
}

#[tokio::test]
async fn the_database_alone_keeps_requests() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        ok(&ask_name(&ana, "Rey").await);
        let own = sql("UPDATE profile_requests SET state = 'accepted', decided_at = asked_at, decided_by = asked_by");
        refused_by(&app, "profile_requests_two_persons", own).await;
        refused_by(&app, "profile_requests_fixed", sql("UPDATE profile_requests SET kind = 'family'")).await;
        refused_by(&app, "profile_requests_fixed", sql("DELETE FROM profile_requests")).await;
        let card = [("kind", "insurance_card"), ("title", "Card")];
        ok(&documents::send(&app.as_("ben").await, "/portal/documents", documents::LETTER, "card.pdf", &card).await);
        let foreign = sql("INSERT INTO profile_requests (id, patient_id, kind, state, document_id, asked_at, asked_by)
            SELECT d.id, r.patient_id, 'coverage', 'told', d.id, r.asked_at, r.asked_by FROM profile_requests r, patient_documents d");
        refused_by(&app, "profile_requests_own_document", foreign).await;
    })
    .await;
}

/// A square of 48 pixels as PNG.
fn square() -> Vec<u8> {
    use image::{DynamicImage, codecs::png::PngEncoder};
    let mut bytes = Vec::new();
    DynamicImage::new_rgb8(48, 48).write_with_encoder(PngEncoder::new(&mut bytes)).expect("a picture");
    bytes
}

#[tokio::test]
async fn the_desk_recognises_a_patient_by_a_photo_that_goes_with_the_record() {
    on_both_engines(|app| async move {
        let (desk, ben) = (app.as_("desk").await, app.fixture.ben);
        let page = format!("/patients/{ben}/photo");
        let photos = || number(&app, "SELECT count(*) FROM patient_photos");
        assert_eq!(documents::send_form(&app.as_("ben").await, &page, &[], (&square(), "me.png")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(wrong(&documents::send_form(&desk, &page, &[], (b"<svg/>", "me.svg")).await), ["file"]);
        for _ in 0..2 {
            let sent = documents::send_form(&desk, &page, &[("remove", "")], (&square(), "me.png")).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        }
        assert_eq!(photos().await, 1, "another one takes its place");
        let file = format!("{page}/file");
        assert!(app.as_("nurse").await.get(&format!("/patients/{ben}")).await.body.contains(&file));
        let photo = app.as_("nurse").await.get(&file).await;
        let header = |name: &str| photo.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(
            (photo.status, header("content-type"), header("cache-control")),
            (StatusCode::OK, "image/jpeg".into(), "no-store".into())
        );
        assert_eq!(app.as_("desk2").await.get(&file).await.status, StatusCode::SEE_OTHER, "in nobody's care there");
        // The patient sees it in the profile; nobody else's is behind that address.
        let own = app.as_("ben").await;
        assert!(own.get("/portal/account/profile").await.body.contains("/portal/account/photo"));
        assert_eq!(own.get("/portal/account/photo").await.status, StatusCode::OK);
        let ana = app.as_("ana").await;
        assert!(!ana.get("/portal/account/profile").await.body.contains("/portal/account/photo"));
        assert_eq!(ana.get("/portal/account/photo").await.status, StatusCode::NOT_FOUND);
        let id = ben.to_string();
        ok(&desk.post("/api/records/record_erasure", &[("patient_id", &id), ("words", "By letter")]).await);
        let erasure = super::lab::id(&app, sql("SELECT id FROM erasure_requests")).await;
        let erase = [("erasure_id", erasure.as_str()), ("verdict", "erase"), ("password", PASSWORD)];
        ok(&app.as_("doctor").await.post("/api/records/decide_erasure", &erase).await);
        assert_eq!(photos().await, 0);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_patient_has_several_numbers_and_one_is_preferred() {
    on_both_engines(|app| async move {
        let (desk, ana, id) = (app.as_("desk").await, app.as_("ana").await, app.fixture.ana.to_string());
        let record = format!("/patients/{id}");
        let add =
            async |more: &[(&str, &str)]| desk.post("/api/patients/add_phone", &[&[("patient_id", id.as_str())], more].concat()).await;
        assert_eq!(wrong(&add(&[("phone_kind", "fax"), ("more_phone", "12")]).await), ["phone_kind", "more_phone"]);
        let neighbour = [("phone_kind", "other_person"), ("more_phone", "617 555 0190")];
        assert_eq!(wrong(&add(&neighbour).await), ["phone_whose"], "whose number it is");
        for _ in 0..2 {
            ok(&add(&[&neighbour[..], &[("phone_whose", "Rosa"), ("preferred", "true")]].concat()).await);
        }
        assert_eq!(number(&app, "SELECT count(*) FROM patient_phones").await, 1, "the same number twice is one");
        let page = desk.get(&record).await.body;
        assert!(page.contains("Rosa") && page.contains("617 555 0190") && page.contains("Preferred"), "{page}");
        // The desk finds the caller by it.
        assert!(desk.get("/patients?q=6175550190").await.body.contains("Núñez"), "found by the neighbour's number");
        // In the portal a proof of identity is asked for, and the known addresses are told.
        app.state.clock.advance(Duration::minutes(6));
        let form = [("phone_kind", "work"), ("more_phone", "617 555 0191"), ("preferred", "true")];
        assert_eq!(wrong(&ana.post("/api/portal/add_phone", &form).await), ["password"]);
        ok(&ana.post("/api/portal/add_phone", &[&form[..], &[("password", PASSWORD)]].concat()).await);
        assert!(ana.get("/notifications").await.body.contains("changed in the portal"));
        let preferred = "SELECT count(*) FROM patient_phones WHERE kind = 'work' AND preferred_at IS NOT NULL";
        assert_eq!(number(&app, preferred).await, 1);
        assert_eq!(number(&app, "SELECT count(*) FROM patient_phones WHERE preferred_at IS NOT NULL").await, 1);
        let work = super::lab::id(&app, sql("SELECT id FROM patient_phones WHERE kind = 'work'")).await;
        let (ben, ben_id) = (app.as_("ben").await, app.fixture.ben.to_string());
        assert_eq!(ben.post("/api/portal/remove_phone", &[("patient_phone_id", &work)]).await.status, StatusCode::NOT_FOUND);
        let foreign = [("patient_id", ben_id.as_str()), ("patient_phone_id", &work)];
        assert_eq!(desk.post("/api/patients/prefer_phone", &foreign).await.status, StatusCode::NOT_FOUND);
        // Back to the number of the record, and gone.
        ok(&ana.post("/api/portal/prefer_phone", &[("patient_phone_id", ""), ("password", PASSWORD)]).await);
        assert_eq!(number(&app, preferred).await, 0);
        ok(&ana.post("/api/portal/remove_phone", &[("patient_phone_id", &work)]).await);
        assert_eq!(number(&app, "SELECT count(*) FROM patient_phones").await, 1);
        ok(&desk.post("/api/records/record_erasure", &[("patient_id", &id), ("words", "By letter")]).await);
        let erasure = super::lab::id(&app, sql("SELECT id FROM erasure_requests")).await;
        let erase = [("erasure_id", erasure.as_str()), ("verdict", "erase"), ("password", PASSWORD)];
        ok(&app.as_("doctor").await.post("/api/records/decide_erasure", &erase).await);
        assert_eq!(number(&app, "SELECT count(*) FROM patient_phones").await, 0);
        app.assert_sound().await;
    })
    .await;
}
