//! Documents of patients: what is accepted, who opens it, and what the database keeps.

mod formats;
mod guards;
mod memory;
mod races;
mod scanner;
mod versions;

use axum::http::StatusCode;

use super::{Answer, Browser, TestApp, on_both_engines, test_config};
use crate::{
    core::{DocumentId, Error, PatientId},
    db::sql,
    server::config::Config,
};

const BOUNDARY: &str = "----boundary7MA4";
/// A letter as PDF.
pub const LETTER: &[u8] = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer\n%%EOF\n";

/// Builds the body of a form with a file.
pub fn body(fields: &[(&str, &str)], file: &[u8], name: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in fields {
        body.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").as_bytes());
    }
    let head =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Sends a form with a file.
pub async fn send_form(browser: &Browser, page: &str, fields: &[(&str, &str)], (file, name): (&[u8], &str)) -> Answer {
    browser.post_raw(page, &format!("multipart/form-data; boundary={BOUNDARY}"), body(fields, file, name)).await
}

/// Sends a file with the usual fields; `more` replaces some.
pub async fn send(browser: &Browser, page: &str, file: &[u8], name: &str, more: &[(&str, &str)]) -> Answer {
    let key = DocumentId::new().to_string();
    let mut fields = vec![("key", key.as_str()), ("kind", "letter"), ("title", "Letter of Dr. Who"), ("day", "2026-11-20")];
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    fields.extend_from_slice(more);
    send_form(browser, page, &fields, (file, name)).await
}

/// A picture with a place in it, larger than one chunk.
pub fn picture() -> Vec<u8> {
    let chunk = |kind: &[u8], data: &[u8]| {
        let length = u32::try_from(data.len()).expect("short").to_be_bytes();
        [&length[..], kind, data, b"crc!"].concat()
    };
    let drawn: Vec<u8> = (0..150_000_u32).map(|number| u8::try_from(number * 7 % 251).expect("a byte")).collect();
    [b"\x89PNG\r\n\x1a\n", &chunk(b"IHDR", &[0; 13])[..], &chunk(b"tEXt", b"GPS 42.1"), &chunk(b"IDAT", &drawn), &chunk(b"IEND", b"")]
        .concat()
}

fn fields(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

fn page_of(patient: PatientId) -> String {
    format!("/patients/{patient}/documents")
}

async fn only(app: &TestApp) -> String {
    super::lab::id(app, sql("SELECT id FROM patient_documents")).await
}

/// Adds a document to the record of Ana, for tests of other parts.
pub async fn add_one(app: &TestApp) {
    let answer = send(&app.as_("nurse").await, &page_of(app.fixture.ana), &picture(), "scan.png", &[("kind", "scan")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

#[tokio::test]
async fn a_document_is_opened_by_those_who_may() {
    on_both_engines(|app| async move {
        let (nurse, desk, ana, ben) = (app.as_("nurse").await, app.as_("desk").await, app.as_("ana").await, app.as_("ben").await);
        let page = page_of(app.fixture.ana);
        assert!(!app.as_("doctor3").await.get(&page).await.status.is_success(), "not in care");
        assert_eq!(app.as_("cashier").await.get(&page).await.status, StatusCode::FORBIDDEN);
        let sent = send(&nurse, &page, &picture(), "scan.png", &[("kind", "scan"), ("title", "X-ray of the left hand")]).await;
        assert_eq!(
            (sent.status, sent.location.as_deref()),
            (StatusCode::SEE_OTHER, Some(format!("{page}?done=added").as_str())),
            "{}",
            sent.body
        );
        let id = only(&app).await;
        assert!(nurse.get(&page).await.body.contains("X-ray of the left hand"));
        let file = nurse.get(&format!("/documents/{id}")).await;
        let header = |name: &str| file.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(header("content-type"), "image/png");
        assert_eq!(header("content-disposition"), "attachment; filename=\"scan-2026-11-20.png\"");
        assert_eq!((header("x-content-type-options"), header("cache-control")), ("nosniff".to_owned(), "no-store".to_owned()));
        assert!(header("content-security-policy").starts_with("sandbox; default-src 'none'"), "{}", header("content-security-policy"));
        assert!(!file.body.contains("GPS"), "it has lost its place");

        // The desk reads no chart, and gives papers in.
        let list = desk.get(&page).await.body;
        assert!(!list.contains("X-ray") && list.contains("1 clinical documents"), "{list}");
        assert_eq!(desk.get(&format!("/documents/{id}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(send(&desk, &page, LETTER, "card.pdf", &[("kind", "identity_card")]).await.status, StatusCode::SEE_OTHER);
        assert!(desk.get(&page).await.body.contains("Letter of Dr. Who"));

        // The patient sees what is shown.
        assert_eq!(ana.get(&format!("/portal/documents/{id}")).await.status, StatusCode::NOT_FOUND);
        let show = |portal: &'static str| [("document_id", id.clone()), ("portal", portal.to_owned())];
        let form = show("true");
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(nurse.post("/api/documents/show", &form).await.status, StatusCode::OK);
        assert_eq!(ana.get(&format!("/portal/documents/{id}")).await.status, StatusCode::OK);
        assert_eq!(ben.get(&format!("/portal/documents/{id}")).await.status, StatusCode::NOT_FOUND);
        assert!(ana.get("/portal/records").await.body.contains("X-ray of the left hand"));
        assert!(ana.get("/notifications").await.body.contains("There is a new document"));
        let chart = app.as_("doctor").await.get(&format!("/patients/{}/chart?only=documents", app.fixture.ana)).await.body;
        assert!(chart.contains("X-ray of the left hand"), "{chart}");

        // A wrong one stays, with its reason.
        let marked = nurse.post("/api/documents/in_error", &[("document_id", &id), ("reason", "")]).await;
        assert_eq!(fields(&marked), ["reason"]);
        assert_eq!(
            nurse.post("/api/documents/in_error", &[("document_id", &id), ("reason", "Of another patient")]).await.status,
            StatusCode::OK
        );
        assert_eq!(nurse.post("/api/documents/in_error", &[("document_id", &id), ("reason", "Again")]).await.status, StatusCode::CONFLICT);
        assert_eq!(nurse.post("/api/documents/show", &form).await.status, StatusCode::CONFLICT);
        assert!(nurse.get(&page).await.body.contains("Of another patient"));
        assert_eq!(ana.get(&format!("/portal/documents/{id}")).await.status, StatusCode::NOT_FOUND);
        let plain =
            sql("SELECT count(*) FROM audit_log WHERE what = 'document' AND action IN ('read', 'create', 'update') AND patient_id = ");
        app.state.reads.finish().await;
        let acts = app.state.db.read().await.expect("a connection").count(plain.push_bind(app.fixture.ana)).await;
        assert!(acts.expect("counted") >= 6, "each act and each opening");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_document_is_refused_in_words() {
    on_both_engines(|app| async move {
        let small = app.another_node_with(Config { document_limit: 100_000, ..test_config() }).await;
        let nurse = app.as_("nurse").await.in_copy(&small);
        let page = page_of(app.fixture.ana);
        for (file, name) in [
            (&b""[..], "empty.pdf"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "picture.png"),
            (b"<!DOCTYPE html><script>alert(1)</script>", "page.html"),
            (LETTER, "photo.jpg"),
            (&picture()[..90_000], "cut.png"),
            (&picture(), "large.png"),
            (b"%PDF-1.7 <</S /JavaScript /JS (x)>> %%EOF", "acts.pdf"),
        ] {
            let answer = send(&nurse, &page, file, name, &[]).await;
            assert_eq!((answer.status, fields(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["file".to_owned()]), "{name}");
        }
        let answer = send(&nurse, &page, LETTER, "x.pdf", &[("title", " "), ("kind", "recipe"), ("day", "2026-12-24")]).await;
        assert_eq!(fields(&answer), ["title", "kind", "day"]);
        let other = nurse.post_raw(&page, "text/plain", "title=x").await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
        let stranger =
            small.browser().post_raw(&page, &format!("multipart/form-data; boundary={BOUNDARY}"), body(&[], LETTER, "x.pdf")).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            app.state.db.read().await.expect("a connection").count(sql("SELECT count(*) FROM patient_documents")).await.expect("none"),
            0
        );
        small.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_patient_sends_a_card_in_the_portal() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        assert!(ana.get("/portal/documents").await.body.contains("multipart/form-data"));
        let shown = [("kind", "insurance_card"), ("title", "My card"), ("patient", &app.fixture.ben.to_string())]
            .map(|(name, value)| (name, value.to_owned()));
        let shown: Vec<(&str, &str)> = shown.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(send(&ana, "/portal/documents", &picture(), "card.png", &shown).await.status, StatusCode::CONFLICT, "shown for another");
        let sent = send(&ana, "/portal/documents", &picture(), "card.png", &[("kind", "insurance_card"), ("title", "My card")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        assert!(ana.get("/portal/documents").await.body.contains("My card"));
        let list = app.as_("desk").await.get(&page_of(app.fixture.ana)).await.body;
        assert!(list.contains("My card") && list.contains("From the patient"), "{list}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_part_that_was_exchanged_is_found() {
    on_both_engines(|app| async move {
        add_one(&app).await;
        app.assert_sound().await;
        // The parts of one document change places: each opens with the key of its patient.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let swap = sql(
            "UPDATE document_chunks SET sealed = (SELECT c.sealed FROM document_chunks c WHERE c.document_id = document_chunks.document_id
            AND c.position = 1) WHERE position = 0",
        );
        tx.execute(swap).await.expect("the database cannot know");
        tx.commit().await.expect("committed");
        let id = only(&app).await;
        let nurse = app.as_("nurse").await;
        assert_eq!(nurse.get(&format!("/documents/{id}")).await.status, StatusCode::INTERNAL_SERVER_ERROR, "nobody gets a wrong file");
        assert!(!sound(&app).await, "the check finds it");
    })
    .await;
}

async fn sound(app: &TestApp) -> bool {
    let mut tx = app.state.db.read().await.expect("a connection");
    crate::invariants::check(&mut tx).await.is_ok_and(|findings| findings.iter().all(|finding| finding.broken == 0))
}

#[tokio::test]
async fn an_older_document_that_is_shared_stays_in_the_portal() {
    on_both_engines(|app| async move {
        let nurse = app.as_("nurse").await;
        let shared = [("title", "The shared one"), ("portal", "on")];
        let sent = send(&nurse, &page_of(app.fixture.ana), LETTER, "letter.pdf", &shared).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        // A hundred and ten more of the hospital alone.
        let (mut tx, now) = (app.state.db.write().await.expect("a transaction"), app.state.clock.now());
        for _ in 0..110 {
            let id = DocumentId::new();
            let query =
                sql("INSERT INTO patient_documents (id, patient_id, clinic_id, kind, sealed, media, size, chunks, digest, day, portal,
                    by_patient, added_at, added_by, scan)
                SELECT $1, patient_id, clinic_id, kind, $2, media, size, chunks, digest, day, $3, by_patient, $4, added_by, scan
                FROM patient_documents WHERE portal")
                .bind(id)
                .bind(crate::keys::DOCUMENTS.seal(id, app.fixture.ana, ["Kept", "kept.pdf", ""]))
                .bind(false)
                .bind(now + chrono::Duration::seconds(1));
            tx.execute(query).await.expect("added");
        }
        tx.commit().await.expect("committed");
        let ana = app.as_("ana").await;
        for page in ["/portal/documents", "/portal/records"] {
            let shown = ana.get(page).await.body;
            assert!(shown.contains("The shared one") && !shown.contains("Kept"), "{shown}");
        }
    })
    .await;
}
