//! Prescriptions on hold, and questions to the prescriber: nothing is handed out meanwhile, and the answer comes back.

use axum::http::StatusCode;

use super::{Pharmacy, fields, id, number, ok, state, text, version};
use crate::{
    db::sql,
    tests::{Answer, Fixture, TestApp, on_both_engines},
};

async fn pause(app: &TestApp, pharmacy: &Pharmacy, (act, supply): (&str, &str), more: &[(&str, &str)]) -> Answer {
    let (key, version) = (Fixture::key(), version(app, supply).await);
    let form = [("supply_id", supply), ("key", &key), ("version", &version)];
    let form: Vec<(&str, &str)> =
        form.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect();
    pharmacy.pharmacist.post(&format!("/api/pharmacy/{act}"), &form).await
}

#[tokio::test]
async fn a_prescription_on_hold_is_not_handed_out_until_the_hold_ends() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        ok(&pharmacy.dispense(&supply, "4", &[]).await);
        let today = app.state.clock.now().date_naive();
        let day = |days: i64| (today + chrono::Duration::days(days)).to_string();
        for (until, words, field) in
            [("", "Pay day", "until_on"), (&*day(2), "", "words"), (&*day(-1), "Pay day", "until_on"), (&*day(90), "Pay day", "until_on")]
        {
            let refused = pause(&app, &pharmacy, ("hold", &supply), &[("until_on", until), ("words", words)]).await;
            assert_eq!(fields(&refused), [field], "{until} {words}");
        }
        let key = Fixture::key();
        let form = [("until_on", &*day(2)), ("words", "Comes back on pay day"), ("key", &key)];
        ok(&pause(&app, &pharmacy, ("hold", &supply), &form).await);
        ok(&pause(&app, &pharmacy, ("hold", &supply), &form).await);
        assert_eq!((state(&app, &supply).await.as_str(), number(&app, sql("SELECT count(*) FROM supply_pauses")).await), ("on_hold", 1));
        assert_eq!(number(&app, sql("SELECT CAST(sum(reserved) AS BIGINT) FROM stock_lines")).await, 0, "its units are free");
        let list = pharmacy.pharmacist.get("/pharmacy?state=on_hold").await.body;
        assert!(list.contains(&supply) && list.contains("On hold until") && !list.contains("Hold is over"), "{list}");
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(
            page.contains("Comes back on pay day") && page.contains("End the hold") && !page.contains("/api/pharmacy/dispense"),
            "{page}"
        );
        assert_eq!(pharmacy.dispense(&supply, "4", &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(pause(&app, &pharmacy, ("ask", &supply), &[("words", "Why?")]).await.status, StatusCode::CONFLICT, "one at a time");
        app.assert_sound().await;
        let line = id(&app, sql("SELECT id FROM dispense_lines")).await;
        let key = Fixture::key();
        let form = [("movement_id", line.as_str()), ("key", key.as_str()), ("quantity", "1"), ("reason", "not_needed")];
        ok(&pharmacy.pharmacist.post("/api/pharmacy/take_back", &form).await);
        assert_eq!(state(&app, &supply).await, "on_hold", "what comes back ends no hold");
        app.state.clock.advance(chrono::Duration::days(2));
        let pharmacy = Pharmacy { pharmacist: app.as_("pharmacist").await, ..pharmacy };
        assert!(pharmacy.pharmacist.get("/pharmacy").await.body.contains("Hold is over"));
        ok(&pharmacy.pharmacist.post("/api/pharmacy/go_on", &[("supply_id", &supply)]).await);
        assert_eq!(state(&app, &supply).await, "part_dispensed");
        ok(&pharmacy.dispense(&supply, "21", &[]).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_question_reaches_the_prescriber_and_the_answer_comes_back() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        assert_eq!(fields(&pause(&app, &pharmacy, ("ask", &supply), &[("words", " ")]).await), ["words"]);
        ok(&pause(&app, &pharmacy, ("ask", &supply), &[("words", "She takes it already. Besides?")]).await);
        assert_eq!(state(&app, &supply).await, "queried");
        let doctor = app.as_("doctor").await;
        let list = doctor.get("/pharmacy/queries").await.body;
        assert!(list.contains("She takes it already. Besides?") && list.contains("Núñez") && list.contains(&pharmacy.drug), "{list}");
        assert!(doctor.get("/notifications").await.body.contains("The pharmacy asks a question about a prescription."));
        assert_eq!(app.as_("cashier").await.get("/pharmacy/queries").await.status, StatusCode::FORBIDDEN);
        let query = id(&app, sql("SELECT id FROM supply_pauses")).await;
        let answer = async |words: &str| doctor.post("/api/pharmacy/answer", &[("supply_pause_id", &query), ("answer", words)]).await;
        assert_eq!(fields(&answer("").await), ["answer"]);
        assert_eq!(pharmacy.verify(&app, &supply, "24").await.status, StatusCode::CONFLICT, "it waits");
        ok(&answer("Instead of the other one").await);
        assert_eq!(answer("Again").await.status, StatusCode::CONFLICT);
        assert!(!doctor.get("/pharmacy/queries").await.body.contains("Besides?"));
        assert!(pharmacy.pharmacist.get("/pharmacy").await.body.contains("Answered"));
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("Instead of the other one") && page.contains("Besides?"), "{page}");
        ok(&pharmacy.verify(&app, &supply, "24").await);
        // The end of the prescription answers a question, too.
        ok(&pause(&app, &pharmacy, ("ask", &supply), &[("words", "For eight days?")]).await);
        let form = [("prescription_id", supply.as_str()), ("reason", "Fever is gone")];
        ok(&doctor.post("/api/clinical/stop_prescription", &form).await);
        assert_eq!(state(&app, &supply).await, "cancelled");
        assert_eq!(text(&app, sql("SELECT outcome FROM supply_pauses WHERE ended_at IS NULL")).await, "changed");
        assert!(!doctor.get("/pharmacy/queries").await.body.contains("For eight days?"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_pauses() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        let refused_by = super::guards::refused_by;
        let to = |state: &'static str| sql("UPDATE supplies SET version = version + 1, state = ").push(state);
        refused_by(&app, "supplies_paused", to("'on_hold'")).await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        ok(&pharmacy.dispense(&supply, "4", &[]).await);
        ok(&pause(&app, &pharmacy, ("ask", &supply), &[("words", "Why?")]).await);
        refused_by(&app, "supplies_paused", to("'part_dispensed'")).await;
        refused_by(&app, "supply_pauses_fixed", sql("DELETE FROM supply_pauses")).await;
        refused_by(&app, "supply_pauses_fixed", sql("UPDATE supply_pauses SET asked_id = by_user")).await;
        refused_by(&app, "supply_pauses_ended", sql("UPDATE supply_pauses SET outcome = 'released'")).await;
        let again = sql("INSERT INTO supply_pauses (id, supply_id, patient_id, clinic_id, kind, asked_id, at, by_user) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", supply_id, patient_id, clinic_id, kind, asked_id, at, by_user FROM supply_pauses");
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert!(tx.execute(again).await.expect_err("a second one").is_unique());
        drop(tx);
        let dispense = sql("INSERT INTO dispenses (id, supply_id, patient_id, clinic_id, quantity, identified_by, at, by_user)
            SELECT m.id, d.supply_id, d.patient_id, d.clinic_id, 1, 'card', d.at, d.by_user FROM dispenses d, stock_documents m
            WHERE m.kind = 'receipt' LIMIT 1");
        refused_by(&app, "dispenses_paused", dispense).await;
    })
    .await;
}
