//! The scanner for viruses: an infected file, one that lies about its type, and a scanner that is away. A small clamd is imitated.

use axum::http::StatusCode;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{LETTER, fields, only, page_of, send};
use crate::{
    core::DocumentId,
    db::sql,
    documents::scan_waiting,
    server::config::Config,
    tests::{on_both_engines, test_config},
};

/// The test file of the European Institute for Computer Antivirus Research, which every scanner finds, in a PDF.
const EICAR: &[u8] = b"%PDF-1.7\n% X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*\n%%EOF\n";

/// Starts a scanner that finds the test file; returns its setting.
async fn scanner() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = [0; 10];
                stream.read_exact(&mut head).await.expect("a command");
                assert_eq!(&head, b"zINSTREAM\0");
                let mut file = Vec::new();
                loop {
                    let length = stream.read_u32().await.expect("a length");
                    if length == 0 {
                        break;
                    }
                    let mut part = vec![0; usize::try_from(length).expect("short")];
                    stream.read_exact(&mut part).await.expect("a part");
                    file.extend(part);
                }
                let has = |words: &[u8]| file.windows(words.len()).any(|window| window == words);
                let answer: &[u8] = match () {
                    () if has(b"EICAR-STAN") => b"stream: Eicar-Test-Signature FOUND\0",
                    () if has(b"NESTED") => b"stream: Archive too deep ERROR\0",
                    () => b"stream: OK\0",
                };
                stream.write_all(answer).await.expect("answered");
            });
        }
    });
    format!("tcp:{address}")
}

/// The setting of a scanner that is away.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    format!("tcp:{}", listener.local_addr().expect("an address"))
}

fn with(scanner: String) -> Config {
    Config { scanner, ..test_config() }
}

#[tokio::test]
async fn an_infected_and_a_disguised_file_are_refused() {
    on_both_engines(|app| async move {
        let node = app.another_node_with(with(scanner().await)).await;
        let (nurse, ana) = (app.as_("nurse").await.in_copy(&node), app.as_("ana").await.in_copy(&node));
        let page = page_of(app.fixture.ana);
        for (browser, page) in [(&nurse, page.as_str()), (&ana, "/portal/documents")] {
            let infected = send(browser, page, EICAR, "letter.pdf", &[]).await;
            assert_eq!(
                (infected.status, fields(&infected)),
                (StatusCode::UNPROCESSABLE_ENTITY, vec!["file".to_owned()]),
                "{}",
                infected.body
            );
            assert!(infected.body.contains("dangerous"), "{}", infected.body);
            let disguised = send(browser, page, b"MZ\x90\0 a program", "card.png", &[]).await;
            assert_eq!(disguised.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let count = app.state.db.read().await.expect("a connection").count(sql("SELECT count(*) FROM patient_documents")).await;
        assert_eq!(count.expect("counted"), 0, "nothing is kept");
        assert!(app.as_("admin").await.get("/notifications").await.body.contains("something dangerous"), "the administrator hears of it");
        let clean = send(&nurse, &page, LETTER, "letter.pdf", &[]).await;
        assert_eq!(clean.status, StatusCode::SEE_OTHER, "{}", clean.body);
        assert_eq!(nurse.get(&format!("/documents/{}", only(&app).await)).await.status, StatusCode::OK);
        node.end().await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_document_waits_while_the_scanner_is_away() {
    on_both_engines(|app| async move {
        let (away, there) = (app.another_node_with(with(nobody().await)).await, app.another_node_with(with(scanner().await)).await);
        let nurse = app.as_("nurse").await.in_copy(&away);
        let page = page_of(app.fixture.ana);
        let ids: Vec<String> = (0..2).map(|_| DocumentId::new().to_string()).collect();
        for (id, file, title) in [(&ids[0], LETTER, "A letter"), (&ids[1], EICAR, "A trap")] {
            let sent = send(&nurse, &page, file, "letter.pdf", &[("key", id), ("title", title), ("portal", "on")]).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "nothing is lost: {}", sent.body);
            let closed = nurse.get(&format!("/documents/{id}")).await;
            assert!(closed.status == StatusCode::CONFLICT && closed.body.contains("has not looked"), "{}", closed.body);
            assert_eq!(app.as_("ana").await.get(&format!("/portal/documents/{id}")).await.status, StatusCode::CONFLICT);
        }
        assert!(nurse.get(&page).await.body.contains("Waits for the virus scan"));
        assert_eq!(scan_waiting(&away.state).await.expect("looked"), 0, "it is still away");
        assert_eq!(scan_waiting(&there.state).await.expect("scanned"), 2);
        assert_eq!(nurse.get(&format!("/documents/{}", ids[0])).await.status, StatusCode::OK);
        assert_eq!(nurse.get(&format!("/documents/{}", ids[1])).await.status, StatusCode::CONFLICT, "nobody opens it");
        for login in ["nurse", "admin"] {
            assert!(app.as_(login).await.get("/notifications").await.body.contains("something dangerous"), "{login}");
        }
        // The result comes once.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE patient_documents SET scan = 'clean' WHERE scan = 'infected'")).await.expect_err("refused");
        assert!(error.violates("documents_scan_once"), "{error}");
        drop(tx);
        away.end().await;
        there.end().await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn documents_without_a_clear_answer_keep_no_other_one_waiting() {
    on_both_engines(|app| async move {
        let (away, there) = (app.another_node_with(with(nobody().await)).await, app.another_node_with(with(scanner().await)).await);
        let nurse = app.as_("nurse").await.in_copy(&away);
        let page = page_of(app.fixture.ana);
        // More than one query of the job returns.
        for _ in 0..21 {
            let sent = send(&nurse, &page, b"%PDF-1.7\n% NESTED\n%%EOF\n", "letter.pdf", &[]).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
            app.state.clock.advance(chrono::Duration::seconds(1));
        }
        let id = DocumentId::new().to_string();
        assert_eq!(send(&nurse, &page, LETTER, "letter.pdf", &[("key", &id)]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(scan_waiting(&there.state).await.expect("scanned"), 1);
        assert_eq!(nurse.get(&format!("/documents/{id}")).await.status, StatusCode::OK);
        away.end().await;
        there.end().await;
        app.assert_sound().await;
    })
    .await;
}
