//! Races for beds and patients: a bed has one use, a patient one bed, whoever comes first.

use super::all_answered;
use crate::{
    core::{AdmissionId, BedId},
    db::sql,
    tests::{
        Browser, Fixture, TestApp, all_at_once, races_from,
        wards::{Plan, act, admitted, asked, open_uses, plan},
    },
};

/// The plan, and people who wait for a bed on the medical ward.
async fn waiting(app: &TestApp, count: usize) -> (Plan, Vec<AdmissionId>) {
    let plan = plan(app).await;
    let doctor = app.as_("doctor").await;
    let mut ids = Vec::new();
    for patient in app.people(count).await {
        ids.push(asked(&doctor, patient, plan.medical, &[]).await.1);
    }
    (plan, ids)
}

async fn beds_of(app: &TestApp, id: AdmissionId) -> Vec<BedId> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT bed_id FROM bed_uses WHERE ended_at IS NULL AND voided_at IS NULL AND kind = 'stay' AND admission_id = ");
    tx.all::<(BedId,)>(query.push_bind(id)).await.expect("beds").into_iter().map(|(bed,)| bed).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_admissions_reservations_and_closings_of_one_bed_leave_one_use() {
    let prepare = async |app: &TestApp| {
        let (plan, ids) = waiting(app, 80).await;
        (plan, ids, app.as_("nurse").await, app.as_("ward_manager").await)
    };
    races_from(prepare, |app, (plan, ids, nurse, manager)| async move {
        let (nurse, manager) = (nurse.in_copy(&app), manager.in_copy(&app));
        let other = app.another_node().await;
        let on_other = Browser::in_copy(&nurse, &other);
        let bed = plan.a1.to_string();
        let ward = plan.medical.to_string();
        let statuses = all_at_once((0..100_usize).map(|number| {
            let (nurse, on_other, manager, bed, ward) = (nurse.clone(), on_other.clone(), manager.clone(), bed.clone(), ward.clone());
            let id = ids.get(number % 80).copied().expect("an admission");
            async move {
                let browser = if number.is_multiple_of(2) { &nurse } else { &on_other };
                let answer = match number {
                    80.. => manager.post("/api/wards/close_bed", &[("bed_id", &bed), ("reason", "Broken"), ("until", "2026-12-01")]).await,
                    40.. => act(browser, "accept", id, &[("ward", &ward), ("bed_id", &bed)]).await,
                    _ => act(browser, "admit", id, &[("bed_id", &bed), ("band", "true"), ("because", "Test")]).await,
                };
                answer.status
            }
        }))
        .await;
        all_answered(statuses);
        assert_eq!(open_uses(&app, plan.a1).await.len(), 1);
        app.assert_sound().await;
        other.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_wards_that_accept_one_patient_at_once_are_one() {
    let prepare = async |app: &TestApp| {
        let (plan, ids) = waiting(app, 1).await;
        (plan, ids[0], app.as_("nurse").await)
    };
    races_from(prepare, |app, (plan, id, nurse)| async move {
        let other = app.another_node().await;
        let nodes = [nurse.in_copy(&app), nurse.in_copy(&other)];
        let statuses = all_at_once((0..12_usize).map(|number| {
            let (nurse, plan) = (nodes[number / 2 % 2].clone(), plan.clone());
            async move {
                let (ward, bed) = if number.is_multiple_of(2) { (plan.medical, plan.a1) } else { (plan.surgical, plan.s1) };
                act(&nurse, "accept", id, &[("ward", &ward.to_string()), ("bed_id", &bed.to_string())]).await.status
            }
        }))
        .await;
        all_answered(statuses);
        let reserved = [open_uses(&app, plan.a1).await.len(), open_uses(&app, plan.s1).await.len()];
        assert_eq!(reserved.iter().sum::<usize>(), 1, "{reserved:?}");
        app.assert_sound().await;
        other.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_transfer_against_the_discharge_ends_in_one_place() {
    let prepare = async |app: &TestApp| {
        let plan = plan(app).await;
        let id = admitted(app, app.fixture.ana, plan.medical, plan.a1).await;
        let nurse = app.as_("nurse").await;
        let ask = [
            ("ward", plan.surgical.to_string()),
            ("kind", "capacity".to_owned()),
            ("handover", "S: full".to_owned()),
            ("escort", "porter".to_owned()),
        ];
        let ask: Vec<_> = ask.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert!(act(&nurse, "ask_transfer", id, &ask).await.status.is_success());
        assert!(act(&nurse, "accept_transfer", id, &[("bed_id", &plan.s1.to_string())]).await.status.is_success());
        let decided = act(&app.as_("doctor").await, "discharge", id, &[("kind", "home"), ("diagnosis", "Well")]).await;
        assert!(decided.status.is_success(), "{}", decided.body);
        (plan, id, nurse, app.as_("ward_manager").await)
    };
    races_from(prepare, |app, (plan, id, nurse, manager)| async move {
        let other = app.another_node().await;
        let nurses = [nurse.in_copy(&app), nurse.in_copy(&other)];
        let managers = [manager.in_copy(&app), manager.in_copy(&other)];
        let statuses = all_at_once((0..12_usize).map(|number| {
            let node = number / 3 % 2;
            let (nurse, manager, bed) = (nurses[node].clone(), managers[node].clone(), plan.s1.to_string());
            async move {
                let answer = match number % 3 {
                    0 => act(&nurse, "arrive", id, &[("bed_id", &bed)]).await,
                    1 => act(&manager, "left", id, &[("because", "Test")]).await,
                    _ => act(&nurse, "move", id, &[("bed_id", &bed)]).await,
                };
                answer.status
            }
        }))
        .await;
        all_answered(statuses);
        assert_eq!(beds_of(&app, id).await, Vec::<BedId>::new(), "the patient left at last");
        app.assert_sound().await;
        other.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn swaps_against_an_admission_and_moves_keep_one_bed_for_each() {
    let prepare = async |app: &TestApp| {
        let plan = plan(app).await;
        let ana = admitted(app, app.fixture.ana, plan.medical, plan.a1).await;
        let ben = admitted(app, app.fixture.ben, plan.surgical, plan.s1).await;
        let waits = asked(&app.as_("doctor").await, app.people(1).await[0], plan.medical, &[]).await.1;
        (plan, [ana, ben, waits], app.as_("nurse").await)
    };
    races_from(prepare, |app, (plan, [ana, ben, waits], nurse)| async move {
        let other = app.another_node().await;
        let nodes = [nurse.in_copy(&app), nurse.in_copy(&other)];
        let statuses = all_at_once((0..15_usize).map(|number| {
            let (nurse, b1, s2) = (nodes[number / 5 % 2].clone(), plan.b1.to_string(), plan.s2.to_string());
            async move {
                let key = Fixture::key();
                let answer = match number % 5 {
                    0 => act(&nurse, "swap", ana, &[("other", &ben.to_string()), ("seen", &key), ("because", "Test")]).await,
                    1 => act(&nurse, "swap", ben, &[("other", &ana.to_string()), ("seen", &key), ("because", "Test")]).await,
                    2 => act(&nurse, "admit", waits, &[("bed_id", &b1), ("band", "true"), ("because", "Test")]).await,
                    3 => act(&nurse, "move", ana, &[("bed_id", &b1), ("because", "Test")]).await,
                    _ => act(&nurse, "move", ben, &[("bed_id", &s2), ("because", "Test")]).await,
                };
                answer.status
            }
        }))
        .await;
        all_answered(statuses);
        for id in [ana, ben] {
            assert_eq!(beds_of(&app, id).await.len(), 1);
        }
        app.assert_sound().await;
        other.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_patient_is_in_one_proposal_to_swap() {
    let prepare = async |app: &TestApp| {
        let plan = plan(app).await;
        let ana = admitted(app, app.fixture.ana, plan.medical, plan.a1).await;
        let ben = admitted(app, app.fixture.ben, plan.surgical, plan.s1).await;
        let third = admitted(app, app.people(1).await[0], plan.surgical, plan.s2).await;
        ([ana, ben, third], app.as_("nurse").await)
    };
    races_from(prepare, |app, ([ana, ben, third], nurse)| async move {
        let nurse = nurse.in_copy(&app);
        let statuses = all_at_once((0..12).map(|number| {
            let (nurse, other) = (nurse.clone(), if number % 2 == 0 { ben } else { third });
            async move {
                let (key, other) = (Fixture::key(), other.to_string());
                let form = [("other", other.as_str()), ("seen", &key), ("propose", "true")];
                act(&nurse, "swap", ana, &form).await.status
            }
        }))
        .await;
        all_answered(statuses);
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(tx.count(sql("SELECT count(*) FROM bed_swaps WHERE state = 'proposed'")).await.expect("a number"), 1);
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
