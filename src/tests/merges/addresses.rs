//! The addresses and wishes for messages go with the account when two records are merged, and back.

use super::{decide, ok, propose, separate};
use crate::{
    core::PatientId,
    messages::message_channels,
    tests::{
        Browser, TestApp,
        messages::{book, cancel, confirm, deliver, receivers, sender},
        on_both_engines,
    },
};

/// The patient confirms an address, and wishes for Spanish.
pub async fn wishes_and_address(app: &TestApp, browser: &Browser, patient: PatientId, address: &str) {
    confirm(app, browser, patient, "email", address).await;
    let wishes = [("version", "0"), ("language", "es"), ("quiet_from", "00:00"), ("quiet_until", "00:00")];
    ok(&browser.post("/api/messages/save_wishes", &wishes).await);
}

async fn addresses(app: &TestApp, patient: PatientId) -> Vec<String> {
    let mut tx = app.state.db.read().await.expect("a connection");
    message_channels(&mut tx, patient).await.expect("addresses").into_iter().map(|one| one.address).collect()
}

#[tokio::test]
async fn a_person_hears_after_a_merge_and_after_the_way_back() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let sender = sender(&url);
        // Ben has a portal account; the record that stays has none.
        let (ben, chloe) = (app.fixture.ben, app.fixture.chloe);
        wishes_and_address(&app, &app.as_("ben").await, ben, "ben@home.test").await;
        let booked = book(&app, ben, "2026-11-24T15:00:00Z").await;
        let (desk, doctor) = (app.as_("desk").await, app.as_("doctor").await);
        let merge = propose(&desk, chloe, ben).await;
        ok(&decide(&doctor, &merge, &[]).await);
        app.assert_sound().await;
        // A message of before goes to the same address, and a later one finds it by the record that stays.
        letters.lock().expect("letters").clear();
        deliver(&app, &sender).await;
        cancel(&app, booked).await;
        assert_eq!(deliver(&app, &sender).await.sent, 1);
        let told = letters.lock().expect("letters").drain(..).map(|letter| receivers::plain(&letter)).collect::<Vec<_>>();
        assert!(told.iter().all(|letter| letter.contains("To: ben@home.test")), "{told:?}");
        assert!(told.iter().any(|letter| letter.contains("se canceló")), "in the language that was wished: {told:?}");
        let page = app.as_("ben").await.get("/portal/account/contact").await.body;
        assert!(page.contains("ben@home.test"), "{page}");
        // An address that the account confirms meanwhile does not stay with another person's record.
        confirm(&app, &app.as_("ben").await, chloe, "email", "new@home.test").await;
        separate(&desk, &doctor, &merge).await;
        assert!(addresses(&app, chloe).await.is_empty());
        assert!(addresses(&app, ben).await.is_empty(), "the account replaced it");
        confirm(&app, &app.as_("ben").await, ben, "email", "ben@home.test").await;
        assert_eq!(addresses(&app, ben).await, ["ben@home.test"]);
        app.assert_sound().await;
    })
    .await;
}
