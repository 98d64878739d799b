//! Versions of a document: the newer one takes the place of the one before, which stays readable for staff.

use axum::http::StatusCode;

use super::{LETTER, page_of, picture, send};
use crate::{
    core::DocumentId,
    db::sql,
    tests::{Browser, TestApp, all_at_once, on_both_engines, races_from},
};

/// Adds a document with a title, as a newer version of another where one is named; returns its id.
async fn add(browser: &Browser, page: &str, title: &str, replaces: &str) -> Result<String, StatusCode> {
    let id = DocumentId::new().to_string();
    let more = [("key", id.as_str()), ("title", title), ("replaces", replaces), ("portal", "on")];
    let answer = send(browser, page, LETTER, "letter.pdf", &more).await;
    if answer.status == StatusCode::SEE_OTHER { Ok(id) } else { Err(answer.status) }
}

#[tokio::test]
async fn a_newer_version_takes_the_place_and_the_older_stays_for_staff() {
    on_both_engines(|app| async move {
        let (nurse, ana) = (app.as_("nurse").await, app.as_("ana").await);
        let page = page_of(app.fixture.ana);
        let first = add(&nurse, &page, "Letter as it came", "").await.expect("added");
        let second = add(&nurse, &page, "Letter, both pages", &first).await.expect("added");
        let list = nurse.get(&page).await.body;
        assert!(list.contains("Older versions: 1") && list.contains("Letter as it came"), "{list}");
        for id in [&first, &second] {
            assert_eq!(nurse.get(&format!("/documents/{id}")).await.status, StatusCode::OK, "staff reads both");
        }
        assert_eq!(ana.get(&format!("/portal/documents/{first}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(ana.get(&format!("/portal/documents/{second}")).await.status, StatusCode::OK);
        let own = ana.get("/portal/documents").await.body;
        assert!(own.contains("Letter, both pages") && !own.contains("Letter as it came"), "{own}");

        assert_eq!(add(&nurse, &page, "Again", &first).await, Err(StatusCode::CONFLICT), "it is replaced already");
        assert_eq!(add(&nurse, &page_of(app.fixture.ben), "Another's", &second).await, Err(StatusCode::NOT_FOUND));
        assert_eq!(add(&ana, "/portal/documents", "Mine", &second).await, Err(StatusCode::NOT_FOUND), "staff added it");
        let mine = send(&ana, "/portal/documents", &picture(), "card.png", &[("title", "My card")]).await;
        assert_eq!(mine.status, StatusCode::SEE_OTHER);
        // A version that was wrong gives its place back.
        let wrong = [("document_id", second.as_str()), ("reason", "Of another letter")];
        assert_eq!(nurse.post("/api/documents/in_error", &wrong).await.status, StatusCode::OK);
        assert_eq!(ana.get(&format!("/portal/documents/{first}")).await.status, StatusCode::OK);
        add(&nurse, &page, "Letter, complete", &first).await.expect("added");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_thirty_newer_versions_at_once_one_is_kept() {
    let prepare = async |app: &TestApp| {
        let nurse = app.as_("nurse").await;
        let first = add(&nurse, &page_of(app.fixture.ana), "Letter", "").await.expect("added");
        (nurse, first)
    };
    races_from(prepare, |app, (nurse, first)| async move {
        let times = (0..30).map(|_| {
            let (browser, page, first) = (nurse.in_copy(&app), page_of(app.fixture.ana), first.clone());
            async move { add(&browser, &page, "Newer", &first).await }
        });
        let answers = all_at_once(times).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        let count = app.state.db.read().await.expect("a connection").count(sql("SELECT count(*) FROM patient_documents")).await;
        assert_eq!(count.expect("counted"), 2);
        app.assert_sound().await;
    })
    .await;
}
