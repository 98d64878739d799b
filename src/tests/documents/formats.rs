//! Scans of several pages, WebP pictures and plain texts: what is kept, what a page shows, and disguised files.

use axum::http::StatusCode;
use image::{DynamicImage, codecs::webp::WebPEncoder};

use super::{fields, only, page_of, send};
use crate::{
    db::sql,
    tests::{Answer, TestApp, on_both_engines},
};

/// Writes a TIFF of so many pages of 2 × 2 points, each with the model of a phone (TIFF Revision 6.0, section 2).
pub fn scan(pages: u32) -> Vec<u8> {
    let mut file = b"MM\0\x2a\0\0\0\x08".to_vec();
    for page in 0..pages {
        let at = u32::try_from(file.len()).expect("short");
        let pixels = at + 2 + 9 * 12 + 4;
        let next = if page + 1 == pages { 0 } else { pixels + 4 + 8 };
        file.extend_from_slice(&9_u16.to_be_bytes());
        for (tag, kind, many, value) in [
            (256_u16, 4_u16, 1_u32, 2_u32),
            (257, 4, 1, 2),
            // A short stands in the first half of its four bytes.
            (258, 3, 1, 8 << 16),
            (259, 3, 1, 1 << 16),
            (262, 3, 1, 1 << 16),
            (272, 2, 8, pixels + 4),
            (273, 4, 1, pixels),
            (278, 4, 1, 2),
            (279, 4, 1, 4),
        ] {
            file.extend_from_slice(&tag.to_be_bytes());
            file.extend_from_slice(&kind.to_be_bytes());
            file.extend_from_slice(&many.to_be_bytes());
            file.extend_from_slice(&value.to_be_bytes());
        }
        file.extend_from_slice(&next.to_be_bytes());
        file.extend_from_slice(&[0, 80, 160, 240]);
        file.extend_from_slice(b"a phone\0");
    }
    file
}

/// A picture as a phone sends it.
fn webp() -> Vec<u8> {
    let mut file = Vec::new();
    DynamicImage::new_rgb8(40, 30).write_with_encoder(WebPEncoder::new_lossless(&mut file)).expect("a picture");
    file.extend_from_slice(b"EXIF\x08\0\0\0GPS 42.1");
    file
}

fn header(answer: &Answer, name: &str) -> String {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_scan_of_several_pages_is_kept_whole_and_its_first_page_is_shown() {
    on_both_engines(|app| async move {
        let (nurse, ana) = (app.as_("nurse").await, app.as_("ana").await);
        let page = page_of(app.fixture.ana);
        let sent = send(&nurse, &page, &scan(3), "fax.tif", &[("kind", "scan"), ("portal", "true")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let id = only(&app).await;
        assert!(nurse.get(&page).await.body.contains(&format!("/documents/{id}/view")));
        let view = nurse.get(&format!("/documents/{id}/view")).await.body;
        assert!(view.contains("Page 1 of 3 is shown here. The whole file has all 3 pages."), "{view}");
        assert!(view.contains(&format!("/documents/{id}/preview")) && view.contains("The whole file"), "{view}");
        let preview = nurse.get(&format!("/documents/{id}/preview")).await;
        assert_eq!(header(&preview, "content-type"), "image/jpeg");
        assert!(header(&preview, "content-security-policy").starts_with("sandbox"));
        let whole = nurse.get(&format!("/documents/{id}")).await;
        assert_eq!(header(&whole, "content-type"), "image/tiff");
        assert!(!whole.body.contains("a phone"), "it has lost its camera");
        // The patient sees the same, and nobody else.
        assert!(ana.get(&format!("/portal/documents/{id}/view")).await.body.contains("Page 1 of 3"));
        assert_eq!(ana.get(&format!("/portal/documents/{id}/preview")).await.status, StatusCode::OK);
        let ben = app.as_("ben").await;
        for end in ["view", "preview"] {
            assert_eq!(ben.get(&format!("/portal/documents/{id}/{end}")).await.status, StatusCode::NOT_FOUND);
            assert_eq!(app.as_("desk").await.get(&format!("/documents/{id}/{end}")).await.status, StatusCode::NOT_FOUND);
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_text_is_shown_as_text_with_its_encoding() {
    on_both_engines(|app| async move {
        let nurse = app.as_("nurse").await;
        let page = page_of(app.fixture.ana);
        // An older program wrote it: 0xf1 is ñ in Windows-1252.
        let sent = send(&nurse, &page, b"Se\xf1ora N\xfa\xf1ez & co: K < 3.5 mmol/L", "result.txt", &[]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let id = only(&app).await;
        let view = nurse.get(&format!("/documents/{id}/view")).await.body;
        assert!(view.contains("Se\u{f1}ora N\u{fa}\u{f1}ez &amp; co: K &lt; 3.5 mmol/L"), "{view}");
        assert!(view.contains("It is shown as Windows-1252"), "{view}");
        let file = nurse.get(&format!("/documents/{id}")).await;
        assert_eq!(header(&file, "content-type"), "text/plain; charset=windows-1252");
        assert!(header(&file, "content-disposition").starts_with("attachment"));
        assert_eq!(nurse.get(&format!("/documents/{id}/preview")).await.status, StatusCode::NOT_FOUND, "a text has no page to draw");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_webp_is_drawn_again() {
    on_both_engines(|app| async move {
        let nurse = app.as_("nurse").await;
        let sent = send(&nurse, &page_of(app.fixture.ana), &webp(), "photo.webp", &[("kind", "insurance_card")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let id = only(&app).await;
        let file = nurse.get(&format!("/documents/{id}")).await;
        assert_eq!(header(&file, "content-type"), "image/png");
        assert!(!file.body.contains("GPS"), "it has lost its place");
        assert_eq!(nurse.get(&format!("/documents/{id}/view")).await.status, StatusCode::NOT_FOUND, "a browser shows it by itself");
        app.assert_sound().await;
    })
    .await;
}

async fn refused(app: &TestApp, file: &[u8], name: &str, words: &str) {
    let answer = send(&app.as_("nurse").await, &page_of(app.fixture.ana), file, name, &[]).await;
    assert_eq!((answer.status, fields(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["file".to_owned()]), "{name}");
    assert!(format!("{:?}", answer.error()).contains(words), "{name}: {}", answer.body);
}

#[tokio::test]
async fn disguised_files_are_refused_in_words() {
    on_both_engines(|app| async move {
        for (file, name, words) in [
            (&b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"[..], "scan.tiff", "a drawing (SVG)"),
            (b"\xef\xbb\xbf<!DOCTYPE html><script>alert(1)</script>", "letter.txt", "a web page"),
            (b"Dear doctor <ScRiPt>alert(1)</ScRiPt>", "letter.txt", "a web page"),
            (b"PK\x03\x04 xl/vbaProject.bin", "table.txt", "macros"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "letter.pdf", "macros"),
            (b"{\\rtf1 {\\object\\objdata 01}}", "letter.txt", "a web page"),
            (b"powershell -enc AAAA", "scan.ps1", "another type"),
            (b"Hello", "photo.png", "another type"),
            (&scan(1), "card.png", "another type"),
            (&scan(1), "notes.txt", "another type"),
            (&webp(), "photo.jpg", "another type"),
            (super::LETTER, "scan.tif", "another type"),
            (&scan(2)[..140], "fax.tif", "damaged"),
            (&webp()[..20], "photo.webp", "damaged"),
            (b"GIF89a\x01\0\x01\0", "moving.gif", "not a PDF"),
            (b"MZ\x90\0\x03", "photo.webp", "not a PDF"),
            (b"", "empty.txt", "An empty one"),
        ] {
            refused(&app, file, name, words).await;
        }
        let none = app.state.db.read().await.expect("a connection").count(sql("SELECT count(*) FROM patient_documents")).await;
        assert_eq!(none.expect("counted"), 0);
    })
    .await;
}
