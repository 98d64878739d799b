//! Tests that sealed rows are bound to their owner and to their last change: a row moved to another owner cannot be
//! decrypted, and a restored older copy is detected.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::http::StatusCode;

use super::{fill, key_file, store};
use crate::{
    accounts,
    core::{PatientId, time::Clock},
    db::sql,
    keys::Source,
    patients, sealing,
    tests::{Browser, TestApp, all_at_once, app::test_now, on_both_engines, races_on_both_engines},
};

async fn sound(app: &TestApp) -> sealing::Sound {
    sealing::check(&mut app.state.db.read().await.expect("a connection")).await.expect("checked")
}

async fn rotate(app: &TestApp, source: &Source) {
    sealing::prepare(&app.state.db, source, test_now()).await.expect("the same key");
    let clock = Clock::standing_at(test_now());
    sealing::rotate(&app.state.db, source, &clock, Duration::ZERO, |_| {}).await.expect("rotated");
}

/// Reception saves another telephone number.
async fn corrects(app: &TestApp, desk: &Browser, patient: PatientId, phone: &str) -> StatusCode {
    let mut tx = app.state.db.read().await.expect("a connection");
    let version = patients::find(&mut tx, patient).await.expect("found").version.to_string();
    drop(tx);
    let id = patient.to_string();
    let form = [
        ("patient_id", id.as_str()),
        ("version", &version),
        ("given_names", "Ada"),
        ("family_name", "Sealed"),
        ("birth_date", "1991-02-27"),
        ("sex", "female"),
        ("phone", phone),
        ("anyway", "on"),
    ];
    desk.post("/api/patients/save", &form).await.status
}

#[tokio::test]
async fn what_is_given_to_another_owner_does_not_open() {
    on_both_engines(|app| async move {
        let (patient, ben) = (fill(&app).await, app.fixture.ben);
        let (doctor, admin) = (app.fixture.user("doctor"), app.fixture.user("admin"));
        let contact = store::only_row(&app, "patient_contacts", patient).await;
        let coverage = store::only_row(&app, "coverages", patient).await;
        let factor = store::factor_of(&app, doctor).await;
        assert_eq!(sound(&app).await, sealing::Sound::default());
        for (table, column, id, thief, owner) in [
            ("patient_contacts", "patient_id", contact, ben.0, patient.0),
            ("coverages", "patient_id", coverage, ben.0, patient.0),
            ("second_factors", "user_id", factor, admin.0, doctor.0),
        ] {
            store::give_to(&app, table, column, id, thief).await;
            assert_eq!(sound(&app).await, sealing::Sound { unopened: 1, ..sealing::Sound::default() }, "{table}");
            store::give_to(&app, table, column, id, owner).await;
            assert_eq!(sound(&app).await, sealing::Sound::default(), "{table}");
        }
        store::give_to(&app, "patient_contacts", "patient_id", contact, ben).await;
        let page = app.as_("desk").await.get(&format!("/patients/{ben}")).await;
        assert!(page.status == StatusCode::INTERNAL_SERVER_ERROR && !page.body.contains("0143"), "{}", page.body);
    })
    .await;
}

#[tokio::test]
async fn rows_of_before_open_and_a_rotation_binds_them() {
    on_both_engines(|app| async move {
        let patient = fill(&app).await;
        let desk = app.as_("desk").await;
        let rows = store::unbind_all(&app).await;
        assert!(rows > 8, "{rows}");
        let page = desk.get(&format!("/patients/{patient}")).await;
        assert!(page.status == StatusCode::OK && page.body.contains("mark-town"), "{}", page.body);
        assert_eq!(sound(&app).await, sealing::Sound { unbound: rows, ..sealing::Sound::default() });
        app.assert_sound().await;
        // A written row is bound to its owner.
        assert_eq!(corrects(&app, &desk, patient, "617 555 0177").await, StatusCode::OK);
        assert!(sound(&app).await.unbound < rows);
        let old = store::copy_of(&app, app.fixture.ben).await;
        let folder = tempfile::tempdir().expect("a folder");
        rotate(&app, &key_file(&folder)).await;
        assert_eq!(sound(&app).await, sealing::Sound::default());
        app.assert_sound().await;
        let contact = store::only_row(&app, "patient_contacts", patient).await;
        store::give_to(&app, "patient_contacts", "patient_id", contact, app.fixture.ben).await;
        assert_eq!(sound(&app).await.unopened, 1);
        store::give_to(&app, "patient_contacts", "patient_id", contact, patient).await;
        // A copy from before the rotation cannot be decrypted, although the row was never changed.
        store::without_closed_keys(&app).await;
        store::put_copy_back(&app, app.fixture.ben, old).await;
        assert_eq!(sound(&app).await.unopened, 1);
    })
    .await;
}

#[tokio::test]
async fn an_older_copy_that_is_put_back_is_noticed() {
    on_both_engines(|app| async move {
        let patient = fill(&app).await;
        let desk = app.as_("desk").await;
        let before = store::copy_of(&app, patient).await;
        let (end, length) = store::end_of_record(&app).await;
        assert_eq!(corrects(&app, &desk, patient, "617 555 0177").await, StatusCode::OK);
        assert_eq!(store::end_of_record(&app).await.1, length + 1);
        let after = store::copy_of(&app, patient).await;
        assert_eq!(sound(&app).await, sealing::Sound::default());
        let put_back = sealing::Sound { put_back: 1, ..sealing::Sound::default() };
        store::put_copy_back(&app, patient, before.clone()).await;
        assert_eq!(sound(&app).await, put_back, "the row opens, and is not the newest");
        let findings = crate::invariants::check(&mut app.state.db.read().await.expect("a connection")).await.expect("checked");
        assert!(findings.iter().any(|finding| finding.rule == "what is sealed is as the program left it" && finding.broken == 1));
        store::put_copy_back(&app, patient, after.clone()).await;
        assert_eq!(sound(&app).await, sealing::Sound::default());

        // The row is removed, and then restored from a copy.
        let contact = store::only_row(&app, "patient_contacts", patient).await;
        let copy = store::contact_copy(&app, contact).await;
        let form = [("patient_id", patient.to_string()), ("contact_id", contact.to_string())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(desk.post("/api/patients/remove_contact", &form).await.status, StatusCode::OK);
        assert_eq!(sound(&app).await, sealing::Sound::default());
        store::put_contact_back(&app, contact, copy).await;
        assert_eq!(sound(&app).await, put_back);
        store::run(&app, sql("DELETE FROM patient_contacts WHERE id = $1").bind(contact)).await;

        // The record of the change is deleted too: the encrypted end still reveals it.
        store::without_guards(&app).await;
        store::put_copy_back(&app, patient, before.clone()).await;
        store::run(&app, sql("DELETE FROM sealed_changes WHERE number = $1").bind(length + 1)).await;
        assert!(sound(&app).await.put_back > 0, "a change was taken out");
        store::run(&app, sql("DELETE FROM sealed_changes WHERE number = $1").bind(length + 2)).await;
        assert_eq!(sound(&app).await, put_back, "the last changes were cut off");
        store::run(&app, sql("UPDATE sealed_changes_end SET sealed = $1").bind(vec![1_u8; 90])).await;
        let broken = sound(&app).await;
        assert!(broken.put_back == 1 && broken.unopened == 1, "{broken:?}");
        // No further change is possible then.
        assert_eq!(corrects(&app, &desk, patient, "617 555 0178").await, StatusCode::INTERNAL_SERVER_ERROR);
        // With the end of the earlier time too, it is the database of that time: nothing in it reveals the change.
        store::run(&app, sql("UPDATE sealed_changes_end SET sealed = $1").bind(end)).await;
        assert_eq!(sound(&app).await, sealing::Sound::default());
    })
    .await;
}

#[tokio::test]
async fn a_second_factor_that_was_removed_does_not_come_back_unseen() {
    on_both_engines(|app| async move {
        let doctor = app.fixture.user("doctor");
        let factor = store::factor_of(&app, doctor).await;
        let copy = store::factor_copy(&app, factor).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert!(accounts::reset_factor_of(&mut tx, "doctor", test_now()).await.expect("reset"));
        tx.commit().await.expect("committed");
        assert_eq!(sound(&app).await, sealing::Sound::default());
        store::put_factor_back(&app, factor, doctor, copy).await;
        assert_eq!(sound(&app).await, sealing::Sound { put_back: 1, ..sealing::Sound::default() });
    })
    .await;
}

/// Concurrent changes of many patients take turns at the end of the record, and a concurrent rotation loses none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_changes_at_once_each_is_on_record() {
    races_on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let source = key_file(&folder);
        let desk = app.as_("desk").await;
        let people = app.people(8).await;
        let changes = people.iter().map(|patient| {
            let (app, desk, patient) = (app.clone(), desk.clone(), *patient);
            async move {
                for turn in 0..3 {
                    assert_eq!(corrects(&app, &desk, patient, &format!("617 555 02{turn:02}")).await, StatusCode::OK);
                }
            }
        });
        let ((), _) = tokio::join!(rotate(&app, &source), all_at_once(changes));
        assert_eq!(store::end_of_record(&app).await.1, 24);
        assert_eq!(sound(&app).await, sealing::Sound::default());
    })
    .await;
}

fn stores(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            stores(&path, found);
        } else if path.ends_with("store.rs") && !path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "sealing")
        {
            found.push(path);
        }
    }
}

/// A store that changes or removes a recorded row also records the change.
#[test]
fn a_store_that_changes_a_row_on_record_says_so() {
    let (mut found, mut statements) = (Vec::new(), 0);
    stores(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    for path in found {
        let text = fs::read_to_string(&path).expect("read");
        let mut changes = 0;
        for table in ["patients", "patient_contacts", "second_factors", "signing_keys"] {
            changes += text.matches(&format!("DELETE FROM {table} ")).count();
            let update = format!("UPDATE {table} SET ");
            let updates = text.split(&update).skip(1);
            changes += updates.filter(|rest| rest.split('"').next().is_some_and(|query| query.contains("sealed = "))).count();
        }
        let said = text.matches(".changed(&").count();
        assert!(said >= changes, "{} changes sealed rows {changes} times and says so {said} times", path.display());
        statements += changes;
    }
    assert!(statements >= 4, "only {statements} were found");
}
