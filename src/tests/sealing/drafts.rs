//! Tests that the key of a draft in a browser depends on the server's secret.

use sha2::{Digest as _, Sha256};

use crate::{
    core::VisitId,
    opd,
    tests::{Browser, TestApp, on_both_engines, opd::waits_for_doctor},
};

/// Returns the storage name and the key that the page gives its doctor.
async fn given(doctor: &Browser, visit: VisitId) -> (String, String) {
    let page = doctor.get(&format!("/consultation/{visit}")).await.body;
    let (before, after) = page.split_once(&format!(":{visit}")).filter(|(before, _)| before.contains("note:")).expect("a place");
    let name = format!("note:{}:{visit}", before.rsplit("note:").next().expect("a user"));
    let key = after.split(|c: char| !c.is_ascii_hexdigit()).find(|part| part.len() == 64).expect("a key");
    (name, key.to_owned())
}

async fn formerly(app: &TestApp, name: &str, visit: VisitId) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let key = opd::visit(&mut tx, visit).await.expect("found").key;
    Sha256::digest(format!("kept by the browser:{name}:{key}")).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_drafts_key_is_not_made_of_what_the_desk_sent() {
    on_both_engines(|app| async move {
        let (ana, ben) = (waits_for_doctor(&app, app.fixture.ana).await, waits_for_doctor(&app, app.fixture.ben).await);
        let doctor = app.as_("doctor").await;
        for visit in [ana, ben] {
            let answer = doctor.post("/api/clinical/call", &[("visit_id", &visit.to_string())]).await;
            assert!(answer.status.is_success(), "{}", answer.body);
        }
        let (name, key) = given(&doctor, ana).await;
        assert_ne!(key, formerly(&app, &name, ana).await, "the desk could work it out");
        assert_eq!(given(&doctor, ana).await, (name, key.clone()), "the same each time");
        assert_ne!(given(&doctor, ben).await.1, key, "another visit, another key");
        let another = app.another_node().await;
        assert_eq!(given(&another.as_("doctor").await, ana).await.1, key, "on another node too");
        another.end().await;
    })
    .await;
}
