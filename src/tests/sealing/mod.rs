//! Tests sealed fields: their text is in no table or file of the database, they can be decrypted only in their own place, older
//! databases are encrypted, and keys are changed while the hospital works.

mod drafts;
mod ids;
mod owners;
mod store;
mod versions;

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;

pub use store::fill_as_before;

use super::{
    Browser, Fixture, TestApp,
    app::{test_keys, test_now},
    on_both_engines, unprepared_databases,
};
use crate::{
    core::{PatientId, time::Clock},
    db::Database,
    keys::Source,
    patients, sealing,
    server::mail::{self, Mail},
};

/// The texts of sealed fields in this test, which must not be found anywhere.
const MARKS: [&str; 13] = [
    "6175550142",
    "617 555 0142",
    "mark-email",
    "mark-street",
    "mark-town",
    "ID-4711-MARK",
    "POLICY-MARK-77",
    "617 555 0143",
    "mark-history",
    "mark-addendum",
    "mark-letter",
    "mark-recipient",
    "OUTSIDE-9-MARK",
];

/// Creates a file with the key of the test databases.
fn key_file(folder: &tempfile::TempDir) -> Source {
    let path = folder.path().join("test.keys");
    std::fs::write(&path, format!("# of a test\n1:{}\n", "5e".repeat(32))).expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("for its owner alone");
    Source::File(path)
}

async fn register(desk: &Browser, id: &str, phone: &str) -> StatusCode {
    let (page, given) = (desk.get("/patients/new").await.body, id.split('-').next().unwrap_or_default());
    let before = page.split("Blue Plan").next().unwrap_or_default();
    let insurer = before.rsplit("value=\"").next().and_then(|rest| rest.split('"').next()).expect("an insurer");
    let form = [
        ("patient_id", id),
        ("given_names", &given.replace(|c: char| c.is_ascii_digit(), "x")),
        ("family_name", "Sealed"),
        ("birth_date", "1991-02-27"),
        ("sex", "female"),
        ("phone", phone),
        ("email", "Somebody@mark-email.example"),
        ("address", "1 mark-street"),
        ("city", "mark-town"),
        ("postal_code", "02139"),
        ("national_id", "ID-4711-MARK"),
        ("insurer_id", insurer),
        ("policy_number", "POLICY-MARK-77"),
        ("copay_percent", "20"),
        ("contact_name", "Luis"),
        ("contact_phone", "617 555 0143"),
        ("anyway", "on"),
    ];
    desk.post("/api/reception/register", &form).await.status
}

/// Creates one row of every sealed kind.
async fn fill(app: &TestApp) -> PatientId {
    let id = Fixture::key();
    let desk = app.as_("desk").await;
    assert_eq!(register(&desk, &id, "(617) 555-0142").await, StatusCode::OK);
    let mut tx = app.state.db.write().await.expect("a transaction");
    let letter = Mail { recipient: "x@mark-recipient.example".into(), subject: "mark-letter".into(), body: "mark-letter".into() };
    mail::queue(&mut tx, &letter, test_now()).await.expect("queued");
    store::note(&mut tx, app, "mark-history", "mark-addendum").await;
    tx.commit().await.expect("committed");
    crate::clinical::sign_imported(&app.state.db, test_now()).await.expect("signed");
    id.parse().expect("an id")
}

#[tokio::test]
async fn nothing_of_it_is_in_the_tables_or_files() {
    on_both_engines(|app| async move {
        let patient = fill(&app).await;
        for mark in MARKS {
            assert_eq!(store::tables_with(&app, mark).await, Vec::<String>::new(), "{mark}");
            assert_eq!(store::files_with(&app, mark), Vec::<String>::new(), "{mark}");
        }
        assert!(!store::tables_with(&app, "Sealed").await.is_empty(), "what is not sealed would be seen");
        let mut tx = app.state.db.read().await.expect("a connection");
        let facts = patients::find(&mut tx, patient).await.expect("found").facts.more;
        assert_eq!((facts.phone.as_str(), facts.address.as_str(), facts.city.as_str()), ("(617) 555-0142", "1 mark-street", "mark-town"));
        drop(tx);
        let desk = app.as_("desk").await;
        for text in ["617-555-0142", "+1 617 5550142", "id4711mark", "ID-4711-MARK", "policy-mark-77", "somebody@MARK-EMAIL.example"] {
            let found = desk.post("/api/patients/search", &[("text", text)]).await.body;
            assert!(found.contains(&patient.to_string()), "{text}: {found}");
        }
        for text in ["617 555 014", "ID-4711", "617 555 0143", "somebody@mark-email.exampl"] {
            let found = desk.post("/api/patients/search", &[("text", text)]).await.body;
            assert!(!found.contains(&patient.to_string()), "{text}: {found}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_moved_or_changed_does_not_open() {
    on_both_engines(|app| async move {
        let patient = fill(&app).await;
        let desk = app.as_("desk").await;
        let page = format!("/patients/{patient}");
        assert_eq!(desk.get(&page).await.status, StatusCode::OK);
        for change in store::TAMPERINGS {
            let before = store::take_copy(&app, patient).await;
            store::tamper(&app, change, patient).await;
            let answer = desk.get(&page).await;
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{change}");
            assert!(!answer.body.contains("0142"), "{change}");
            let sound = sealing::check(&mut app.state.db.read().await.expect("a connection")).await.expect("checked");
            assert!(sound.unopened > 0, "{change}");
            store::put_back(&app, patient, before).await;
        }
        assert_eq!(desk.get(&page).await.status, StatusCode::OK);
        store::lose_index(&app, patient).await;
        let sound = sealing::check(&mut app.state.db.read().await.expect("a connection")).await.expect("checked");
        assert_eq!(sound, sealing::Sound { unfound: 1, ..sealing::Sound::default() });
    })
    .await;
}

#[tokio::test]
async fn a_database_of_before_is_sealed_and_keeps_nothing_plain() {
    unprepared_databases(|db: Database, url: String| async move {
        store::fill_as_before(&db).await;
        assert!(!store::tables_with_in(&db, "mark-history").await.is_empty());
        let told = sealing::prepare(&db, &test_keys(), test_now()).await.expect("sealed");
        assert!(told.iter().any(|line| line.contains("rows with plain fields were sealed")), "{told:?}");
        for mark in MARKS {
            assert_eq!(store::tables_with_in(&db, mark).await, Vec::<String>::new(), "{mark}");
            assert_eq!(store::files_of(&url, mark), Vec::<String>::new(), "{mark}");
        }
        let mut tx = db.read().await.expect("a connection");
        for text in ["617-555-0142", "ID-4711-MARK", "POLICY-MARK-77", "OUTSIDE-9-MARK"] {
            let found = patients::search(&mut tx, text, 5).await.expect("searched");
            assert!(found.len() == 1 && found[0].phone == "617 555 0142", "{text}");
        }
        assert_eq!(sealing::check(&mut tx).await.expect("checked"), sealing::Sound::default());
        assert_eq!(sealing::prepare(&db, &test_keys(), test_now()).await, Ok(Vec::new()), "once");
    })
    .await;
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_refused_in_words() {
    unprepared_databases(|db: Database, url: String| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.keys");
        let source = Source::File(path.clone());
        let told = sealing::prepare(&db, &source, test_now()).await.expect("made");
        assert!(told[0].contains("made a key") && told[0].contains("a.keys"), "{told:?}");
        let again = || async {
            let db = Database::open(&url).await.expect("opens");
            let answer = sealing::prepare(&db, &source, test_now()).await;
            db.close().await;
            answer
        };
        assert_eq!(again().await, Ok(Vec::new()));
        let right = std::fs::read(&path).expect("read");
        std::fs::rename(&path, folder.path().join("away")).expect("moved");
        assert!(again().await.expect_err("missing").contains("is not there: bring it back"));
        let write = |text: String| {
            std::fs::copy(folder.path().join("away"), &path).expect("copied");
            std::fs::write(&path, text).expect("written");
        };
        write(format!("1:{}", "ab".repeat(32)));
        assert!(again().await.expect_err("wrong").contains("version 1 in"));
        write(format!("2:{}", "ab".repeat(32)));
        assert!(again().await.expect_err("another").contains("is sealed with version 1 of its key, which is not in"));
        write(String::from_utf8(right).expect("text"));
        assert_eq!(again().await, Ok(Vec::new()));
    })
    .await;
}

/// A rotation is stopped in the middle, continued and finished, while reception writes with the old key until its server
/// reads the new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_changed_while_the_hospital_goes_on() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let source = key_file(&folder);
        sealing::prepare(&app.state.db, &source, test_now()).await.expect("the same key");
        let first = fill(&app).await;
        store::many(&app, 900).await;
        let desk = app.as_("desk").await;
        let before = store::fields_after_the_head(&app).await;

        let admin = Database::open(&app.url).await.expect("opens");
        sealing::prepare(&admin, &source, test_now()).await.expect("prepared");
        let clock = Clock::standing_at(test_now());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let mut stop = Some(stop);
        tokio::select! {
            biased;
            _ = stopped => {}
            done = sealing::rotate(&admin, &source, &clock, Duration::ZERO, |rows| {
                if rows > 300 {
                    stop.take().map(|stop| stop.send(()));
                }
            }) => panic!("it should have been stopped: {done:?}"),
        }
        let (old, new) = store::under(&app, 1).await;
        assert!(old > 0 && new > 0, "in the middle: {old} and {new}");
        // A server that has not read the new version writes with the old key, and reads both.
        assert_eq!(app.state.db.keys().current(), 1);
        assert_eq!(register(&desk, &Fixture::key(), "617 555 0199").await, StatusCode::OK);
        assert_eq!(desk.get(&format!("/patients/{first}")).await.status, StatusCode::OK);
        let writers = (0..4).map(|number: u32| {
            let (desk, db, source) = (desk.clone(), app.state.db.clone(), source.clone());
            tokio::spawn(async move {
                let mut written = 0;
                for turn in 0..6 {
                    let id = Fixture::key();
                    let mut status = register(&desk, &id, &format!("617 556 {number}{turn:03}")).await;
                    // The old key was closed in the meantime: the job reads the versions again, and reception sends the
                    // form again.
                    while status == StatusCode::SERVICE_UNAVAILABLE {
                        sealing::look_again(&db, &source).await.expect("looked");
                        status = register(&desk, &id, &format!("617 556 {number}{turn:03}")).await;
                    }
                    assert_eq!(status, StatusCode::OK);
                    written += 1;
                }
                written
            })
        });
        let writers: Vec<_> = writers.collect();
        let done = sealing::rotate(&admin, &source, &clock, Duration::ZERO, |_| {}).await.expect("rotated");
        assert_eq!((done.from, done.to, done.resumed), (1, 2, true));
        for writer in writers {
            assert_eq!(writer.await.expect("wrote"), 6);
        }
        sealing::look_again(&app.state.db, &source).await.expect("looked");
        assert_eq!(app.state.db.keys().current(), 2);
        assert_eq!(store::under(&app, 1).await.0, 0, "nothing is left under the old key");
        assert!(store::refuses_the_old_key(&app, &source, first).await);
        let after = store::fields_after_the_head(&app).await;
        assert!(before.iter().all(|fields| after.contains(fields)), "the fields' own bytes stayed");
        for text in ["617-555-0142", "617 555 0199", "ID-4711-MARK"] {
            let found = desk.post("/api/patients/search", &[("text", text)]).await.body;
            assert!(found.contains("Sealed"), "{text}: {found}");
        }
        app.assert_sound().await;
        // The old key cannot be used any more.
        let Source::File(path) = &source else { unreachable!("a file") };
        let text = std::fs::read_to_string(path).expect("read");
        let kept: String = text.lines().filter(|line| !line.starts_with("1:")).map(|line| format!("{line}\n")).collect();
        std::fs::write(path, kept).expect("written");
        let fresh = Arc::new(Database::open(&app.url).await.expect("opens"));
        assert_eq!(sealing::prepare(&fresh, &source, test_now()).await, Ok(Vec::new()));
        let mut tx = fresh.read().await.expect("a connection");
        assert_eq!(patients::find(&mut tx, first).await.expect("opens").facts.more.city, "mark-town");
        drop(tx);
        admin.close().await;
        fresh.close().await;
    })
    .await;
}

/// The other implementation must decrypt each table that the program seals.
#[test]
fn the_cross_check_knows_every_sealed_table() {
    let text = include_str!("../../../xtask/src/cross_check.py");
    for fields in crate::keys::SEALED {
        assert!(text.contains(&format!("\"{}\": (\"{}\"", fields.table(), fields.owner())), "{}", fields.table());
    }
}
