//! Outages: noticed by the heartbeat, stated by a ward; doses that were due in one, and what is entered from paper.

use axum::http::StatusCode;

use super::{OnWard, PARACETAMOL, due, fields, give, give_as_needed, id, kept, later, number, ok};
use crate::{
    db::{Sql, sql},
    medicine_record::beat,
    tests::{Answer, Browser, Fixture, TestApp, all_at_once, on_both_engines, races_from},
};

async fn enter(browser: &Browser, dose: &str, outage: &str, more: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    let form = [("dose_id", dose), ("outage_id", outage), ("key", &key), ("outcome", "given"), ("day", "2026-11-21"), ("time", "14:05")];
    let form: Vec<(&str, &str)> =
        form.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect();
    browser.post("/api/medicine_record/enter", &form).await
}

/// The program did not run from 13:30 until 14:10; a dose was due at 14:00. It is 14:10.
async fn after_forty_minutes(app: &TestApp) -> (OnWard, String, String) {
    let ward = OnWard::open(app).await;
    let order = ward.order(app, PARACETAMOL, &[]).await;
    let dose = due(app, &order).await;
    later(app, 3 * 60);
    assert_eq!(beat(&app.state).await.expect("a heartbeat"), 0, "the first one");
    later(app, 4);
    assert_eq!(beat(&app.state).await.expect("a heartbeat"), 0, "4 minutes are no outage");
    assert_eq!(beat(&app.state).await.expect("a heartbeat"), 0);
    later(app, 36);
    assert!(beat(&app.state).await.expect("a heartbeat") > 0);
    let outage = id(app, sql("SELECT id FROM outages WHERE clinic_id = ").push_bind(app.fixture.north)).await;
    (ward, dose, outage)
}

#[tokio::test]
async fn doses_of_an_outage_are_not_missed_and_are_entered_from_paper() {
    on_both_engines(|app| async move {
        let (ward, dose, outage) = after_forty_minutes(&app).await;
        later(&app, 6 * 60);
        assert_eq!(kept(&app).await.missed, 0, "the next one is due, and this one waits for the paper");
        let nurse = app.as_("nurse").await;
        let round = nurse.get(&format!("/wards/{}/round", ward.ward)).await.body;
        assert!(round.contains("Outage, due 14:00") && round.contains("After an outage"), "{round}");
        let list = nurse.get(&format!("/wards/{}/back-entry", ward.ward)).await.body;
        assert!(list.contains("Núñez") && list.contains("Paracetamol") && list.contains("The program did not run"), "{list}");
        assert_eq!(nurse.get(&format!("/doses/{dose}/from-paper?outage={outage}")).await.status, StatusCode::OK);
        assert_eq!(give(&nurse, &dose, &[("reason", "workload")]).await.status, StatusCode::CONFLICT, "not as a live dose");
        for (time, day) in [("13:20", "2026-11-21"), ("23:00", "2026-11-21"), ("14:05", "2026-11-22"), ("10:00", "2026-11-21")] {
            assert_eq!(fields(&enter(&nurse, &dose, &outage, &[("time", time), ("day", day)]).await), ["time"], "{day} {time}");
        }
        assert_eq!(fields(&enter(&nurse, &dose, &outage, &[("time", "")]).await), ["time"]);
        let key = Fixture::key();
        for _ in 0..2 {
            ok(&enter(&nurse, &dose, &outage, &[("key", &key)]).await);
        }
        assert_eq!(enter(&nurse, &dose, &outage, &[]).await.status, StatusCode::CONFLICT, "it is entered");
        assert_eq!(number(&app, sql("SELECT count(*) FROM back_entries")).await, 1);
        let page = nurse.get(&format!("/doses/{dose}")).await.body;
        assert!(page.contains("Entered after an outage") && page.contains("Given 21 Nov 2026, 14:05"), "{page}");
        assert!(nurse.get(&format!("/wards/{}/back-entry", ward.ward)).await.body.contains("Every dose that was due is entered"));
        assert_eq!(app.as_("cashier").await.get(&format!("/wards/{}/back-entry", ward.ward)).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_dose_of_an_outage_is_entered_although_its_order_was_stopped_since() {
    on_both_engines(|app| async move {
        let (ward, dose, outage) = after_forty_minutes(&app).await;
        let order = id(&app, sql("SELECT id FROM care_orders")).await;
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let key = Fixture::key();
        let form = [("care_order_id", order.as_str()), ("key", &key), ("reason", "course_done"), ("words", "")];
        ok(&doctor.post("/api/medicine_record/stop", &form).await);
        let list = nurse.get(&format!("/wards/{}/back-entry", ward.ward)).await.body;
        assert!(list.contains(&format!("/doses/{dose}/from-paper")), "{list}");
        later(&app, 30);
        let nurse = app.as_("nurse").await;
        assert_eq!(fields(&enter(&nurse, &dose, &outage, &[("time", "14:20")]).await), ["time"], "after the stop");
        ok(&enter(&nurse, &dose, &outage, &[]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'given'")).await, 1);
        assert!(nurse.get(&format!("/wards/{}/back-entry", ward.ward)).await.body.contains("Every dose that was due is entered"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE doses SET state = 'missed' WHERE state = 'cancelled'")).await.expect_err("it stays cancelled");
        assert!(error.violates("doses_fixed"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

async fn enter_needed(browser: &Browser, order: &str, outage: &str, (day, time): (&str, &str), key: &str) -> Answer {
    let form = [("care_order_id", order), ("outage_id", outage), ("key", key), ("day", day), ("time", time)];
    browser.post("/api/medicine_record/enter_as_needed", &form).await
}

#[tokio::test]
async fn a_dose_as_needed_is_entered_from_paper_with_its_true_time() {
    on_both_engines(|app| async move {
        // At the soonest every 4 hours, and 4 in 24 hours.
        let ward = OnWard::open(&app).await;
        let order = ward.as_needed(&app).await;
        ok(&give_as_needed(&app.as_("nurse").await, &order, &[]).await);
        beat(&app.state).await.expect("a heartbeat");
        later(&app, 8 * 60);
        // The program did not run from 10:30 until 18:30.
        assert!(beat(&app.state).await.expect("a heartbeat") > 0);
        let outage = id(&app, sql("SELECT id FROM outages WHERE clinic_id = ").push_bind(app.fixture.north)).await;
        let (nurse, today) = (app.as_("nurse").await, "2026-11-21");
        let list = nurse.get(&format!("/wards/{}/back-entry", ward.ward)).await.body;
        assert!(list.contains(&format!("/care-orders/{order}/from-paper?outage={outage}")), "{list}");
        assert!(nurse.get(&format!("/care-orders/{order}/from-paper")).await.body.contains("Given as needed in the outage"));
        let record = nurse.get(&format!("/admissions/{}/medicines", ward.admission)).await.body;
        assert!(record.contains(&format!("/care-orders/{order}/from-paper")), "{record}");
        for (day, time) in [(today, "10:20"), (today, "18:40"), ("2026-11-22", "14:30"), (today, "")] {
            assert_eq!(fields(&enter_needed(&nurse, &order, &outage, (day, time), &Fixture::key()).await), ["time"], "{day} {time}");
        }
        let near = enter_needed(&nurse, &order, &outage, (today, "14:29"), &Fixture::key()).await;
        assert!(near.status == StatusCode::CONFLICT && near.body.contains("21 Nov 2026, 10:30"), "{}", near.body);
        // A dose is given since; one on paper lies between it and the first one.
        ok(&give_as_needed(&nurse, &order, &[]).await);
        let near = enter_needed(&nurse, &order, &outage, (today, "14:31"), &Fixture::key()).await;
        assert!(near.status == StatusCode::CONFLICT && near.body.contains("21 Nov 2026, 18:30"), "{}", near.body);
        let key = Fixture::key();
        for _ in 0..2 {
            ok(&enter_needed(&nurse, &order, &outage, (today, "14:30"), &key).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM back_entries")).await, 1, "sent twice, entered once");
        let record = nurse.get(&format!("/admissions/{}/medicines", ward.admission)).await.body;
        assert!(record.contains("Given 21 Nov 2026, 14:30") && record.contains("Entered after an outage"), "{record}");
        assert!(nurse.get(&format!("/wards/{}/back-entry", ward.ward)).await.body.contains("Entered: 1"));
        // 10:30, 14:30, 18:30 and 22:30: the next one is allowed at 10:30.
        later(&app, 4 * 60);
        let nurse = app.as_("nurse").await;
        ok(&give_as_needed(&nurse, &order, &[]).await);
        later(&app, 4 * 60);
        let refused = give_as_needed(&app.as_("nurse").await, &order, &[]).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("22 Nov 2026, 10:30"), "{}", refused.body);
        assert_eq!(app.as_("cashier").await.get(&format!("/care-orders/{order}/from-paper")).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_dose_as_needed_on_paper_counts_in_each_24_hours_and_under_an_order_that_was_stopped() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let form = [("timing", "as_needed"), ("interval", "4"), ("most", "2"), ("indication", "Pain")];
        let order = ward.order(&app, PARACETAMOL, &form).await;
        beat(&app.state).await.expect("a heartbeat");
        later(&app, 5 * 60);
        // The program did not run from 10:30 until 15:30.
        beat(&app.state).await.expect("a heartbeat");
        let outage = id(&app, sql("SELECT id FROM outages WHERE clinic_id = ").push_bind(app.fixture.north)).await;
        ok(&give_as_needed(&app.as_("nurse").await, &order, &[]).await);
        later(&app, 4 * 60);
        ok(&give_as_needed(&app.as_("nurse").await, &order, &[]).await);
        let nurse = app.as_("nurse").await;
        let many = enter_needed(&nurse, &order, &outage, ("2026-11-21", "11:00"), &Fixture::key()).await;
        assert!(
            many.status == StatusCode::CONFLICT && many.body.contains("more than 2 in the 24 hours from 21 Nov 2026, 11:00"),
            "{}",
            many.body
        );
        let key = Fixture::key();
        let stop = [("care_order_id", order.as_str()), ("key", &key), ("reason", "course_done"), ("words", "")];
        ok(&app.as_("doctor").await.post("/api/medicine_record/stop", &stop).await);
        let many = enter_needed(&nurse, &order, &outage, ("2026-11-21", "11:30"), &Fixture::key()).await;
        assert_eq!(many.status, StatusCode::CONFLICT, "also under the stopped order");
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses")).await, 2, "no dose is left without a record");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_dose_as_needed_is_entered_although_its_order_was_stopped_since() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.as_needed(&app).await;
        beat(&app.state).await.expect("a heartbeat");
        later(&app, 60);
        beat(&app.state).await.expect("a heartbeat");
        let outage = id(&app, sql("SELECT id FROM outages WHERE clinic_id = ").push_bind(app.fixture.north)).await;
        let key = Fixture::key();
        let stop = [("care_order_id", order.as_str()), ("key", &key), ("reason", "course_done"), ("words", "")];
        ok(&app.as_("doctor").await.post("/api/medicine_record/stop", &stop).await);
        let nurse = app.as_("nurse").await;
        ok(&enter_needed(&nurse, &order, &outage, ("2026-11-21", "11:00"), &Fixture::key()).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'given'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_dose_that_nobody_enters_is_missed_after_twelve_hours() {
    on_both_engines(|app| async move {
        let (_, dose, outage) = after_forty_minutes(&app).await;
        later(&app, 12 * 60 + 1);
        assert!(kept(&app).await.missed >= 1);
        let nurse = app.as_("nurse").await;
        assert_eq!(enter(&nurse, &dose, &outage, &[]).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_ward_states_that_it_was_without_the_program() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let order = ward.order(&app, PARACETAMOL, &[]).await;
        let dose = due(&app, &order).await;
        later(&app, 4 * 60 + 40);
        // It is 15:10.
        let nurse = app.as_("nurse").await;
        let state = async |from: &str, until: &str, key: &str| {
            let form = [
                ("ward_id", ward.ward.as_str()),
                ("key", key),
                ("day", "2026-11-21"),
                ("from", from),
                ("until_day", "2026-11-21"),
                ("until", until),
            ];
            nurse.post("/api/medicine_record/outage", &form).await
        };
        let key = Fixture::key();
        for (from, until) in [("13:00", "16:00"), ("14:30", "14:00")] {
            assert_eq!(fields(&state(from, until, &key).await), ["until"], "{from} {until}");
        }
        for _ in 0..2 {
            ok(&state("13:30", "14:30", &key).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM outages WHERE source = 'stated'")).await, 1);
        let not = [("outcome", "refused"), ("day", ""), ("time", "")];
        ok(&enter(&nurse, &dose, &key, &not).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'refused'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_entries_after_an_outage() {
    on_both_engines(|app| async move {
        let (_, dose, outage) = after_forty_minutes(&app).await;
        ok(&enter(&app.as_("nurse").await, &dose, &outage, &[]).await);
        let refused_by = async |guard: &str, query: Sql| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err("the database refuses");
            assert!(error.violates(guard), "{guard}: {error}");
        };
        refused_by("outages_frozen", sql("UPDATE outages SET ended_at = recorded_at, started_at = ended_at")).await;
        refused_by("outages_frozen", sql("DELETE FROM outages")).await;
        refused_by("back_entries_frozen", sql("UPDATE back_entries SET entered_at = entered_at")).await;
        refused_by("back_entries_frozen", sql("DELETE FROM back_entries")).await;
        let early = sql("INSERT INTO back_entries (administration_id, outage_id, patient_id, entered_at)
            SELECT a.id, u.id, a.patient_id, u.started_at FROM administrations a JOIN outages u ON u.clinic_id = a.clinic_id");
        refused_by("back_entries_bounds", early).await;
        let times = sql("INSERT INTO outages (id, clinic_id, started_at, ended_at, source, recorded_at, recorded_by) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", clinic_id, ended_at, started_at, source, recorded_at, recorded_by FROM outages WHERE clinic_id = ")
            .push_bind(app.fixture.north);
        refused_by("outages_times", times).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dose_is_entered_from_paper_while_it_is_given() {
    let prepare = async |app: &TestApp| {
        let (ward, dose, outage) = after_forty_minutes(app).await;
        (dose, outage, app.as_("nurse").await, app.as_(ward.other).await)
    };
    races_from(prepare, |app, (dose, outage, nurse, other)| async move {
        let acts =
            (0..20).map(|press| {
                let (nurse, other, dose, outage) = (nurse.in_copy(&app), other.in_copy(&app), dose.clone(), outage.clone());
                async move {
                    if press % 2 == 0 { give(&nurse, &dose, &[]).await.status } else { enter(&other, &dose, &outage, &[]).await.status }
                }
            });
        let answers = all_at_once(acts).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM administrations")).await, 1);
        assert!(number(&app, sql("SELECT count(*) FROM back_entries")).await <= 1);
        app.assert_sound().await;
    })
    .await;
}
