//! Moves within a ward, swaps, transfers and absences.

use axum::http::StatusCode;

use super::{act, admitted, asked, open_uses, plan};
use crate::{
    core::{AdmissionId, BedId},
    db::sql,
    tests::{Fixture, TestApp, on_both_engines},
};

/// The bed in which the patient lies.
pub async fn bed_of(app: &TestApp, id: AdmissionId) -> BedId {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT bed_id FROM bed_uses WHERE kind = 'stay' AND ended_at IS NULL AND voided_at IS NULL AND admission_id = ");
    tx.one::<(BedId,)>(query.push_bind(id)).await.expect("a bed").0
}

#[tokio::test]
async fn a_patient_moves_within_the_ward_and_the_bed_is_cleaned() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let nurse = app.as_("nurse").await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        app.state.clock.advance(chrono::Duration::minutes(10));
        let to = |bed: BedId| bed.to_string();
        assert_eq!(act(&nurse, "move", ana, &[("bed_id", &to(plan.a1))]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "the same bed");
        let answer = act(&nurse, "move", ana, &[("bed_id", &to(plan.s1))]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"bed_id\""), "another ward: {}", answer.body);
        let answer = act(&nurse, "move", ana, &[("bed_id", &to(plan.b1))]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!((bed_of(&app, ana).await, open_uses(&app, plan.a1).await), (plan.b1, vec!["cleaning".to_owned()]));
        let answer = act(&nurse, "move", ana, &[("bed_id", &to(plan.a1))]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "it is not clean: {}", answer.body);
        app.state.clock.advance(chrono::Duration::minutes(50));
        let nurse = app.as_("nurse").await;
        let board = nurse.get(&format!("/wards/{}", plan.medical)).await.body;
        assert!(board.contains("Cleaning is late by"), "{board}");
        let seen = super::open_use(&app, plan.a1).await;
        let answer = nurse.post("/api/wards/clean_bed", &[("bed_id", &to(plan.a1)), ("seen", &seen)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(open_uses(&app, plan.a1).await, Vec::<String>::new());
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn two_patients_swap_their_beds_at_one_instant() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let ben = admitted(&app, app.fixture.ben, plan.surgical, plan.s1).await;
        app.state.clock.advance(chrono::Duration::hours(1));
        let nurse = app.as_("nurse").await;
        let other = ben.to_string();
        let swap = async |because: &'static str| {
            let key = Fixture::key();
            act(&nurse, "swap", ana, &[("other", &other), ("seen", &key), ("because", because)]).await
        };
        assert_eq!(act(&nurse, "swap", ana, &[("other", &ana.to_string())]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let answer = swap("").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!((bed_of(&app, ana).await, bed_of(&app, ben).await), (plan.s1, plan.a1));
        assert_eq!(open_uses(&app, plan.a1).await, ["stay"], "no cleaning between");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_swap_is_proposed_withdrawn_overtaken_and_done() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let ben = admitted(&app, app.fixture.ben, plan.medical, plan.b1).await;
        app.state.clock.advance(chrono::Duration::minutes(10));
        let nurse = app.as_("nurse").await;
        let (other, single) = (ben.to_string(), plan.single.to_string());
        let swap = async |propose: &'static str| {
            let key = Fixture::key();
            let form = [("other", other.as_str()), ("seen", &key), ("because", "Nearer to the desk"), ("propose", propose)];
            act(&nurse, "swap", ana, &form).await
        };
        let open = async || {
            let mut tx = app.state.db.read().await.expect("a connection");
            let query = sql("SELECT id FROM bed_swaps WHERE state = 'proposed'");
            tx.all::<(uuid::Uuid,)>(query).await.expect("proposals").into_iter().map(|(id,)| id.to_string()).collect::<Vec<_>>()
        };
        let answer = swap("true").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!((bed_of(&app, ana).await, bed_of(&app, ben).await), (plan.a1, plan.b1), "nobody was moved");
        assert_eq!(swap("true").await.status, StatusCode::CONFLICT, "one at a time");
        let board = nurse.get(&format!("/wards/{}", plan.medical)).await.body;
        assert!(board.matches("Swap proposed").count() >= 2, "{board}");
        let page = nurse.get(&format!("/admissions/{ben}")).await.body;
        assert!(page.contains("Nearer to the desk") && page.contains("Swap now"), "{page}");
        let id = open().await.pop().expect("a proposal");
        assert_eq!(act(&nurse, "withdraw_swap", ben, &[("swap_id", &id)]).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "withdraw_swap", ana, &[("swap_id", &id)]).await.status, StatusCode::CONFLICT, "it is over");
        assert_eq!(swap("true").await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "move", ben, &[("bed_id", &single), ("because", "Test")]).await.status, StatusCode::OK);
        assert_eq!(open().await.len(), 0, "one of the two is in another bed now");
        assert_eq!(swap("true").await.status, StatusCode::OK);
        let answer = swap("").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!((bed_of(&app, ana).await, bed_of(&app, ben).await), (plan.single, plan.a1));
        let mut tx = app.state.db.read().await.expect("a connection");
        let states: Vec<(String,)> = tx.all(sql("SELECT state FROM bed_swaps ORDER BY id")).await.expect("proposals");
        assert_eq!(states.iter().map(|(state,)| state.as_str()).collect::<Vec<_>>(), ["withdrawn", "withdrawn", "done"]);
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_transfer_is_asked_for_refused_accepted_and_ends_with_the_arrival() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let nurse = app.as_("nurse").await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let ward = plan.surgical.to_string();
        let answer = act(
            &nurse,
            "ask_transfer",
            ana,
            &[("ward", &plan.medical.to_string()), ("kind", "step_up"), ("handover", "S: worse"), ("escort", "none")],
        )
        .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "the same ward: {}", answer.body);
        let answer = act(&nurse, "ask_transfer", ana, &[("ward", &ward), ("kind", "fun"), ("handover", " ")]).await;
        for field in ["kind", "handover", "escort"] {
            assert!(answer.body.contains(&format!("\"{field}\"")), "{field}: {}", answer.body);
        }
        let ask = [("ward", ward.as_str()), ("kind", "specialty"), ("handover", "S: needs surgery\nR: theatre today"), ("escort", "nurse")];
        assert_eq!(act(&nurse, "ask_transfer", ana, &ask).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "ask_transfer", ana, &ask).await.status, StatusCode::CONFLICT, "one at a time");
        assert_eq!(act(&nurse, "end_transfer", ana, &[("refused", "true"), ("reason", "Full")]).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "ask_transfer", ana, &ask).await.status, StatusCode::OK, "it may be asked for again");
        let (s1, s2) = (plan.s1.to_string(), plan.s2.to_string());
        assert_eq!(act(&nurse, "arrive", ana, &[("bed_id", &s1)]).await.status, StatusCode::CONFLICT, "it is not accepted");
        assert_eq!(act(&nurse, "accept_transfer", ana, &[("bed_id", &plan.b1.to_string())]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(act(&nurse, "accept_transfer", ana, &[("bed_id", &s1)]).await.status, StatusCode::OK);
        assert_eq!(open_uses(&app, plan.s1).await, ["reservation"]);
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        assert!(page.contains("needs surgery") && page.contains("Arrived"), "{page}");
        let sheet = nurse.get(&format!("/admissions/{ana}/transfer")).await.body;
        assert!(sheet.contains("needs surgery") && sheet.contains("Medical ward → Surgical ward"), "{sheet}");
        app.state.clock.advance(chrono::Duration::minutes(20));
        let nurse = app.as_("nurse").await;
        let answer = act(&nurse, "arrive", ana, &[("bed_id", &s2)]).await;
        assert_eq!(answer.status, StatusCode::OK, "another bed of the ward: {}", answer.body);
        assert_eq!(bed_of(&app, ana).await, plan.s2);
        assert_eq!((open_uses(&app, plan.s1).await.len(), open_uses(&app, plan.a1).await), (0, vec!["cleaning".to_owned()]));
        assert!(nurse.get(&format!("/wards/{}", plan.surgical)).await.body.contains("Núñez"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_receiving_ward_reads_the_needs_and_the_escort_and_the_stay_keeps_the_needs() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let nurse = app.as_("nurse").await;
        let ana = admitted(&app, app.fixture.ana, plan.surgical, plan.s1).await;
        // The bed with oxygen is the last of the ward; the request asks for it.
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE beds SET oxygen = true WHERE id = ").push_bind(plan.b1)).await.expect("a bed");
        tx.commit().await.expect("committed");
        let ward = plan.medical.to_string();
        let ask = [
            ("ward", ward.as_str()),
            ("kind", "step_up"),
            ("handover", "S: worse"),
            ("oxygen", "true"),
            ("low_bed", "true"),
            ("isolation", "contact"),
            ("needs_note", "Hoist"),
            ("escort", "nurse_and_doctor"),
        ];
        assert_eq!(act(&nurse, "ask_transfer", ana, &ask).await.status, StatusCode::OK);
        for page in [format!("/admissions/{ana}"), format!("/admissions/{ana}/transfer"), format!("/wards/requests?ward={ward}")] {
            let body = nurse.get(&page).await.body;
            for words in ["Oxygen, Low bed, Hoist", "contact", "Nurse and doctor"] {
                assert!(body.to_lowercase().contains(&words.to_lowercase()), "{page}: {words}: {body}");
            }
        }
        // The ranking follows the needs of the transfer: the bed that lacks less comes first, with its reasons.
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        let accept = page.split("/api/wards/accept_transfer").nth(1).expect("a form").to_owned();
        let (b1, a1) = (accept.find(&plan.b1.to_string()).expect("1B"), accept.find(&plan.a1.to_string()).expect("1A"));
        assert!(b1 < a1 && accept.contains("no oxygen") && accept.contains("no low bed"), "{accept}");
        let bed = plan.b1.to_string();
        for (name, fields) in [("accept_transfer", vec![("bed_id", bed.as_str())]), ("arrive", vec![("bed_id", bed.as_str())])] {
            let answer = act(&nurse, name, ana, &fields).await;
            assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.body);
        }
        let mut tx = app.state.db.read().await.expect("a connection");
        let query = sql("SELECT isolation, oxygen, low_bed, suction FROM admissions WHERE id = ").push_bind(ana);
        let needs: (String, bool, bool, bool) = tx.one(query).await.expect("an admission");
        assert_eq!(needs, ("contact".to_owned(), true, true, false), "they are those of the stay now");
        drop(tx);
        assert!(
            nurse.get(&format!("/wards/{ward}")).await.body.to_lowercase().contains("contact"),
            "the receiving ward sees the isolation"
        );
        // An isolated patient is not asked for as one who is not.
        let other = plan.surgical.to_string();
        let back = [("ward", other.as_str()), ("kind", "capacity"), ("handover", "S"), ("escort", "porter"), ("isolation", "none")];
        let answer = act(&nurse, "ask_transfer", ana, &back).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"isolation\""), "{}", answer.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_patient_is_away_and_comes_back_to_the_same_bed() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let nurse = app.as_("nurse").await;
        let (_, waits) = asked(&app.as_("doctor").await, app.fixture.ben, plan.medical, &[]).await;
        assert_eq!(act(&nurse, "go_away", waits, &[("kind", "theatre")]).await.status, StatusCode::CONFLICT, "not on a ward");
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        assert_eq!(act(&nurse, "come_back", ana, &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(act(&nurse, "go_away", ana, &[("kind", "theatre"), ("expected", "14:00")]).await.status, StatusCode::OK);
        assert_eq!(act(&nurse, "go_away", ana, &[("kind", "imaging")]).await.status, StatusCode::CONFLICT, "away already");
        let board = nurse.get(&format!("/wards/{}", plan.medical)).await.body;
        assert!(board.contains("Operating theatre"), "{board}");
        assert_eq!(open_uses(&app, plan.a1).await, ["stay"], "the bed is kept");
        assert_eq!(act(&nurse, "come_back", ana, &[]).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}
