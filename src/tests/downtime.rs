//! The downtime pack: one file for each ward, which opens without the server, for its owner alone, and the old ones go.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::{
    Fixture,
    app::test_config,
    medicine_record::{OnWard, PARACETAMOL, later, number, ok},
    on_both_engines,
    wards::act,
};
use crate::{
    core::time::Instant,
    db::sql,
    downtime::{PackWatch, make_packs, newest},
    patients::{NewContact, add_contact},
    server::config::Config,
};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    files.sort_unstable();
    files
}

#[tokio::test]
async fn a_pack_is_whole_opens_without_the_server_and_is_its_owners_alone() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        ward.order(&app, PARACETAMOL, &[("instructions", "After <food> & water")]).await;
        ward.as_needed(&app).await;
        ok(&ward.post(&app.as_("doctor").await, "write", &[("kind", "diet"), ("title", "Low salt")]).await);
        let level = [("seen", ""), ("level", "no_cpr"), ("ground", "patient")];
        ok(&act(&app.as_("doctor").await, "decide_level", ward.admission, &level).await);
        let (stay, key) = (ward.admission.to_string(), Fixture::key());
        let line = [("admission_id", stay.as_str()), ("key", &key), ("kind", "cannula"), ("site", "Forearm"), ("side", "left")];
        ok(&app.as_("nurse").await.post("/api/nursing/insert_device", &line).await);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let patient = tx.lock(app.fixture.ana).await.expect("locked");
        let rosa = NewContact { name: "Rosa Núñez".to_owned(), relationship: "Sister".to_owned(), phone: "+1 212 555 0188".to_owned() };
        add_contact(&mut tx, patient, &rosa).await.expect("a contact");
        tx.commit().await.expect("committed");
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = temporary.path().join("packs");
        let node = app.another_node_with(Config { downtime_to: Some(folder.clone()), ..test_config() }).await;
        let state = node.state.clone();
        assert_eq!(make_packs(&app.state).await.expect("nothing is set"), 0);
        assert_eq!(make_packs(&state).await.expect("packs"), 1, "one ward has a patient");
        let written = files(&folder);
        let [file] = &written[..] else { panic!("{written:?}") };
        assert_eq!(std::fs::metadata(file).expect("a file").permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&folder).expect("a folder").permissions().mode() & 0o777, 0o700);
        let text = std::fs::read_to_string(file).expect("text");
        for word in [
            "Made 21 Nov 2026, 10:30",
            "Núñez",
            "No known allergies",
            "Paracetamol 500 mg tablet",
            "After &lt;food&gt; &amp; water",
            "Low salt",
            "When the heart stops: Do not resuscitate",
            "Peripheral cannula, Forearm, Left",
            "Rosa Núñez",
            "+1 212 555 0188",
            "14:00",
            "08:00",
        ] {
            assert!(text.contains(word), "{word}: {text}");
        }
        for outside in ["<script", "src=", "href=", "url(", "http:", "https:", "@import"] {
            assert!(!text.contains(outside), "{outside}");
        }
        assert!(text.contains("<td></td>"), "blank lines");
        let made: Instant = "2026-11-21T15:30:00Z".parse().expect("an instant");
        assert_eq!(newest(&folder).map(|pack| pack.made_at), Some(made));
        let admin = node.as_("admin").await;
        let page = admin.get("/status").await.body;
        assert!(page.contains("Downtime pack") && !page.contains("are old"), "{page}");
        assert!(app.as_("admin").await.get("/status").await.body.contains("not set up"));
        for _ in 0..12 {
            later(&app, 15);
            make_packs(&state).await.expect("packs");
        }
        let left = files(&folder);
        assert_eq!(left.len(), 9, "those of the last two hours: {left:?}");
        later(&app, 24 * 60);
        assert!(node.as_("admin").await.get("/status").await.body.contains("are old"));
        std::fs::write(folder.join("notes.txt"), "the ward's own").expect("another file");
        make_packs(&state).await.expect("packs");
        assert_eq!(files(&folder).len(), 2, "another file is left alone");
    })
    .await;
}

#[tokio::test]
async fn the_head_of_a_ward_is_told_once_when_two_packs_are_missing() {
    on_both_engines(|app| async move {
        OnWard::open(&app).await;
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = temporary.path().join("packs");
        let node = app.another_node_with(Config { downtime_to: Some(folder), ..test_config() }).await;
        let state = node.state.clone();
        let mut watch = PackWatch::new(state.clock.now());
        assert_eq!(make_packs(&state).await.expect("packs"), 1);
        assert_eq!(watch.tell(&state).await, Ok(0));
        later(&app, 30);
        assert_eq!(watch.tell(&state).await, Ok(0), "the second one is not due yet");
        later(&app, 1);
        assert_eq!(watch.tell(&state).await, Ok(1));
        assert_eq!(watch.tell(&state).await, Ok(0), "once");
        let told = "SELECT count(*) FROM notifications n JOIN users u ON u.id = n.user_id WHERE n.kind = 'pack_missing' AND u.login = ";
        for login in ["ward_manager", "admin"] {
            assert_eq!(number(&app, sql(told).push_bind(login)).await, 1, "{login}");
        }
        let bell = app.as_("ward_manager").await.get("/notifications").await.body;
        assert!(bell.contains("was not made for 31 minutes"), "{bell}");
        assert_eq!(make_packs(&state).await.expect("packs"), 1);
        assert_eq!(watch.tell(&state).await, Ok(0));
        later(&app, 31);
        assert_eq!(watch.tell(&state).await, Ok(1), "a new failure is told again");
        node.end().await;
    })
    .await;
}
