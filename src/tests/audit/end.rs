//! Tests the log's end when the log was shortened, rebuilt or restored, with and without checkpoints, and when the
//! checkpoint file was changed.

use ed25519_dalek::{Signer as _, SigningKey};

use super::{add, seal_all, sealed, store, verdict, with_checkpoints, witness};
use crate::{
    audit::{Broken, Witness},
    core::time::Instant,
    db::sql,
    tests::{TestApp, on_both_engines},
};

/// Deletes the rows and seals after the log's first seal.
async fn cut(app: &TestApp, rows: u64, seals: u64) {
    store::tamper(app, sql("DELETE FROM audit_log WHERE id > (SELECT min(id) + 2 FROM audit_log)"), rows).await;
    store::tamper(app, sql("DELETE FROM audit_seals WHERE number > 1"), seals).await;
}

#[tokio::test]
async fn an_end_that_is_cut_off_shows_without_checkpoints() {
    on_both_engines(|app| async move {
        sealed(&app).await;
        assert_eq!(verdict(&app, None).await.broken, []);
        cut(&app, 9, 2).await;
        assert_eq!(verdict(&app, None).await.broken, [Broken::EndCutOff { seal: 3 }]);
        let broken = crate::invariants::check(&mut app.state.db.read().await.expect("a connection")).await.expect("checked");
        assert_eq!(
            broken.iter().find(|finding| finding.rule.contains("audit log is as it was sealed")).map(|finding| finding.broken),
            Some(1)
        );
        // The hospital and the sealing continue: the loss stays recorded.
        for seals in [2, 3, 4] {
            add(&app, 1).await;
            assert_eq!(seal_all(&app).await, 1);
            let lost = if seals < 3 { Broken::EndCutOff { seal: 3 } } else { Broken::EndMadeAnew { seal: 3 } };
            assert_eq!(verdict(&app, None).await.broken, [lost]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_log_that_is_made_anew_shows_without_checkpoints() {
    on_both_engines(|app| async move {
        sealed(&app).await;
        seal_all(&app).await;
        store::tamper(&app, sql("UPDATE audit_log SET what = 'banner' WHERE id = (SELECT min(id) FROM audit_log)"), 1).await;
        store::tamper(&app, sql("DELETE FROM audit_seals"), 4).await;
        assert_eq!(verdict(&app, None).await.broken, [Broken::EndCutOff { seal: 4 }]);
        // The program itself seals the log again.
        assert_eq!(seal_all(&app).await, 12);
        assert_eq!(verdict(&app, None).await.broken, [Broken::EndCutOff { seal: 4 }]);
        // Removing the mark does not hide it either.
        store::tamper(&app, sql("DELETE FROM sealed_marks WHERE name = 'audit end'"), 1).await;
        assert_eq!(verdict(&app, None).await.broken, [Broken::Unmarked]);
        add(&app, 1).await;
        seal_all(&app).await;
        assert_eq!(verdict(&app, None).await.broken, [Broken::Unmarked]);
        // Another mark cannot be decrypted in its place.
        store::tamper(&app, sql("UPDATE sealed_marks SET sealed = (SELECT sealed FROM sealed_marks WHERE name = 'signatures')"), 2).await;
        assert_eq!(verdict(&app, None).await.broken, [Broken::Unmarked]);
    })
    .await;
}

#[tokio::test]
async fn checkpoints_tell_of_an_end_that_is_cut_off_and_of_a_log_made_anew() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (sealer, config) = with_checkpoints(&app, &folder).await;
        for rows in [3, 3] {
            add(&app, rows).await;
            sealer.finish().await;
        }
        let (at, found) = (app.state.clock.now(), verdict(&app, Some(&witness(&config))).await);
        assert_eq!((found.checkpoints, found.waiting, found.broken), (2, 0, vec![]));
        assert_eq!(sealer.doubts().await, Ok(vec![]));

        // The log's end is deleted.
        cut(&app, 3, 1).await;
        assert_eq!(verdict(&app, Some(&witness(&config))).await.broken, [Broken::CutOff { seal: 2, at }, Broken::EndCutOff { seal: 2 }]);
        let doubts = sealer.doubts().await.expect("compared");
        assert_eq!(doubts.len(), 2, "{doubts:?}");
        assert!(doubts.iter().all(|doubt| doubt.contains("ends with seal 1") && doubt.contains("knows seal 2")), "{doubts:?}");

        // The remaining rows are changed and sealed again.
        store::tamper(&app, sql("UPDATE audit_log SET what = 'banner' WHERE id = (SELECT min(id) FROM audit_log)"), 1).await;
        store::tamper(&app, sql("DELETE FROM audit_seals"), 1).await;
        add(&app, 3).await;
        seal_all(&app).await;
        add(&app, 1).await;
        seal_all(&app).await;
        let found = verdict(&app, Some(&witness(&config))).await.broken;
        assert_eq!(found, [Broken::MadeAnew { seal: 1, at }, Broken::MadeAnew { seal: 2, at }, Broken::EndMadeAnew { seal: 2 }]);
    })
    .await;
}

#[tokio::test]
async fn a_start_says_that_the_clock_went_back() {
    let app = TestApp::sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (sealer, _) = with_checkpoints(&app, &folder).await;
    add(&app, 3).await;
    sealer.finish().await;
    app.state.clock.advance(-chrono::Duration::seconds(30));
    assert_eq!(sealer.doubts().await, Ok(vec![]), "clocks of nodes differ");
    app.state.clock.advance(-chrono::Duration::days(1));
    let doubts = sealer.doubts().await.expect("compared");
    assert!(doubts.len() == 1 && doubts[0].contains("the clock went back"), "{doubts:?}");
    app.end().await;
}

#[tokio::test]
async fn a_checkpoint_that_the_key_did_not_sign_is_named() {
    let app = TestApp::sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (sealer, config) = with_checkpoints(&app, &folder).await;
    add(&app, 3).await;
    sealer.finish().await;
    let file = folder.path().join("audit");
    let text = std::fs::read_to_string(&file).expect("checkpoints");
    assert_eq!(text.lines().count(), 1);
    std::fs::write(&file, text.replace("\"rows\":3", "\"rows\":4")).expect("changed");
    assert_eq!(verdict(&app, Some(&witness(&config))).await.broken, [Broken::CheckpointForged { line: 1 }]);
    assert!(sealer.doubts().await.expect("compared")[0].contains("no checkpoint that this key signed"));
    // Another key does not verify it either.
    std::fs::write(&file, text).expect("as it was");
    assert_eq!(verdict(&app, Some(&witness(&config))).await.checkpoints, 1);
    let other = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let other = Witness::read(&config, None, Some(other)).expect("readable").expect("configured");
    assert_eq!(verdict(&app, Some(&other)).await.broken, [Broken::CheckpointForged { line: 1 }]);
    app.end().await;
}

#[tokio::test]
async fn what_is_done_to_the_file_of_checkpoints_is_named() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (sealer, config) = with_checkpoints(&app, &folder).await;
        let turn = async || {
            add(&app, 1).await;
            sealer.finish().await;
        };
        for _ in 0..5 {
            turn().await;
        }
        let file = folder.path().join("audit");
        let text = std::fs::read_to_string(&file).expect("checkpoints");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "one for each turn that sealed");
        let found = async |lines: &[&str]| {
            std::fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).expect("written");
            verdict(&app, Some(&witness(&config))).await
        };
        assert_eq!(found(&lines).await.broken, []);
        let [one, two, three, four, five] = lines[..] else { panic!("five lines") };
        let cases: [(&[&str], Broken); 5] = [
            (&[one, two, three], Broken::CheckpointsCutOff { known: 5, found: 3 }),
            (&[], Broken::CheckpointsCutOff { known: 5, found: 0 }),
            (&[one, two, five], Broken::CheckpointsRemoved { line: 3, lines: 2 }),
            (&[three, four, five], Broken::CheckpointsRemoved { line: 1, lines: 2 }),
            (&[one, two, three, four, five, two], Broken::CheckpointMisplaced { line: 6 }),
        ];
        for (kept, broken) in cases {
            let found = found(kept).await;
            assert_eq!(found.broken, [broken], "{kept:?}");
        }
        // The program continues after a file that lost lines in the middle, and that is still detected.
        found(&[one, two, five]).await;
        turn().await;
        assert_eq!(verdict(&app, Some(&witness(&config))).await.broken, [Broken::CheckpointsRemoved { line: 3, lines: 2 }]);
        // A copy of an earlier day is shorter, and is not reported as a fault.
        let copy = folder.path().join("copy");
        std::fs::write(&copy, format!("{one}\n{two}\n")).expect("written");
        std::fs::copy(folder.path().join("audit.key.pub"), folder.path().join("copy.key.pub")).expect("copied");
        let copy = Witness::read(&config, Some(&copy), None).expect("readable").expect("named");
        let found = verdict(&app, Some(&copy)).await;
        assert_eq!((found.broken, found.checkpoints), (vec![], 2));
    })
    .await;
}

#[tokio::test]
async fn checkpoints_of_before_are_verified_and_gone_on_from() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (sealer, config) = with_checkpoints(&app, &folder).await;
        sealed(&app).await;
        let seed = std::fs::read_to_string(folder.path().join("audit.key")).expect("a key");
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&seed[at * 2..at * 2 + 2], 16).expect("hexadecimal");
        }
        let (key, hex) =
            (SigningKey::from_bytes(&bytes), |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        // These lines are as an earlier program wrote them.
        let mut tx = app.state.db.read().await.expect("a connection");
        let seals: Vec<(i64, i64, Vec<u8>, Instant)> =
            tx.all(sql("SELECT number, last_position, hash, sealed_at FROM audit_seals ORDER BY number")).await.expect("seals");
        drop(tx);
        let line = |(seal, rows, hash, at): &(i64, i64, Vec<u8>, Instant)| {
            let signed = format!("infirmary audit checkpoint 1\n{}\n{seal}\n{rows}\n{}", at.timestamp_micros(), hex(hash));
            let signature = hex(&key.sign(signed.as_bytes()).to_bytes());
            serde_json::json!({ "at": at, "seal": seal, "rows": rows, "hash": hex(hash), "signature": signature }).to_string() + "\n"
        };
        let file = folder.path().join("audit");
        let before: String = seals.iter().map(line).collect();
        std::fs::write(&file, &before).expect("written");
        let found = verdict(&app, Some(&witness(&config))).await;
        assert_eq!((found.checkpoints, found.broken), (3, vec![]));
        sealer.finish().await;
        let text = std::fs::read_to_string(&file).expect("checkpoints");
        assert!(text.starts_with(&before) && text.lines().nth(3).is_some_and(|line| line.contains("\"format\":2,\"number\":4")), "{text}");
        let found = verdict(&app, Some(&witness(&config))).await;
        assert_eq!((found.checkpoints, found.broken), (4, vec![]));
        // The first line of the new format confirms those before it.
        let without_one: String = text.lines().skip(1).map(|line| format!("{line}\n")).collect();
        std::fs::write(&file, without_one).expect("written");
        assert_eq!(verdict(&app, Some(&witness(&config))).await.broken, [Broken::CheckpointsRemoved { line: 3, lines: 1 }]);
    })
    .await;
}

#[tokio::test]
async fn a_last_line_that_is_torn_is_reported_and_the_next_write_takes_it_away() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (sealer, config) = with_checkpoints(&app, &folder).await;
        let turn = async || {
            add(&app, 1).await;
            sealer.finish().await;
        };
        for _ in 0..3 {
            turn().await;
        }
        let file = folder.path().join("audit");
        let read = || std::fs::read_to_string(&file).expect("checkpoints");
        let text = read();
        let lines: Vec<&str> = text.lines().collect();
        let [one, two, three] = lines[..] else { panic!("three lines") };
        // The machine stopped in the middle of the fourth line, and in the middle of a character.
        std::fs::write(&file, [text.as_bytes(), &one.as_bytes()[..40], &[0xC3]].concat()).expect("written");
        let torn = witness(&config);
        assert!(torn.is_torn());
        let found = verdict(&app, Some(&torn)).await;
        assert_eq!((found.broken, found.checkpoints), (vec![], 3), "torn is not forged");
        let doubts = sealer.doubts().await.expect("compared");
        assert!(doubts.len() == 1 && doubts[0].contains("is torn"), "{doubts:?}");
        turn().await;
        assert!(!witness(&config).is_torn() && read().starts_with(&text) && read().lines().count() == 4, "{}", read());
        let found = verdict(&app, Some(&witness(&config))).await;
        assert_eq!((found.broken, found.checkpoints), (vec![], 4), "taken away");
        assert_eq!(sealer.doubts().await, Ok(vec![]));
        // Only the line end is missing.
        std::fs::write(&file, read().trim_end()).expect("written");
        assert!(!witness(&config).is_torn());
        turn().await;
        let found = verdict(&app, Some(&witness(&config))).await;
        assert_eq!((found.broken, found.checkpoints), (vec![], 5));
        // A line recorded in the mark was complete once.
        let whole = read();
        std::fs::write(&file, &whole[..whole.len() - 40]).expect("written");
        assert_eq!(verdict(&app, Some(&witness(&config))).await.broken, [Broken::CheckpointsCutOff { known: 5, found: 4 }]);
        // A torn line in the middle is not an accident.
        std::fs::write(&file, format!("{one}\n{}\n{three}\n", &two[..40])).expect("written");
        let found = verdict(&app, Some(&witness(&config))).await;
        assert_eq!(found.broken, [Broken::CheckpointForged { line: 2 }, Broken::CheckpointMisplaced { line: 3 }]);
        // The very first line is torn.
        std::fs::write(&file, &one[..40]).expect("written");
        turn().await;
        assert_eq!((read().lines().count(), witness(&config).is_torn()), (1, false), "{}", read());
    })
    .await;
}

/// The server, which runs as the owner of the folder, reads and continues the files that a command of the root user created. The test is
/// complete where tests run as root.
#[cfg(unix)]
#[tokio::test]
async fn the_files_that_root_makes_belong_to_the_user_of_the_server() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let app = TestApp::sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let is_root = chown(folder.path(), Some(65_534), Some(65_534)).is_ok();
    let (sealer, config) = with_checkpoints(&app, &folder).await;
    add(&app, 1).await;
    sealer.finish().await;
    let wanted = std::fs::metadata(folder.path()).expect("a folder");
    for name in ["audit", "audit.key", "audit.key.pub"] {
        let about = std::fs::metadata(folder.path().join(name)).expect(name);
        assert_eq!((about.uid(), about.gid()), (wanted.uid(), wanted.gid()), "{name}, made by root: {is_root}");
        assert!(name != "audit.key" || about.permissions().mode() & 0o777 == 0o600, "{name} is its owner's alone");
    }
    assert_eq!(verdict(&app, Some(&witness(&config))).await.checkpoints, 1);
    app.end().await;
}
