//! The database alone refuses what must never be, by the names of its guards.

use super::{admitted, asked, plan};
use crate::{
    core::{AdmissionId, BedId, BedUseId, ClinicId, PatientId, UserId, time::Instant},
    db::{DbError, Sql, sql},
    tests::{TestApp, on_both_engines},
};

async fn refused(app: &TestApp, query: Sql) -> DbError {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect_err("the database refuses")
}

async fn refused_by(app: &TestApp, guards: &[&str], query: Sql) {
    let text = format!("{query:?}");
    let error = refused(app, query).await;
    assert!(guards.iter().any(|guard| error.violates(guard)), "{guards:?}: {error} for {text}");
}

/// A use of a bed as plain SQL.
struct Raw {
    clinic: ClinicId,
    bed: BedId,
    kind: &'static str,
    whose: Option<(AdmissionId, PatientId)>,
    began_at: Instant,
    ended_at: Option<Instant>,
}

impl Raw {
    fn insert(&self) -> Sql {
        sql("INSERT INTO bed_uses (id, clinic_id, bed_id, kind, admission_id, patient_id, began_at, ended_at, ended_because, reason, opened_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'Test', $10)")
        .bind(BedUseId::new())
        .bind(self.clinic)
        .bind(self.bed)
        .bind(self.kind)
        .bind(self.whose.map(|(admission, _)| admission))
        .bind(self.whose.map(|(_, patient)| patient))
        .bind(self.began_at)
        .bind(self.ended_at)
        .bind(self.ended_at.map(|_| "moved".to_owned()))
        .bind(UserId::SYSTEM)
    }
}

#[tokio::test]
async fn the_database_alone_keeps_one_use_of_a_bed_and_one_bed_of_a_patient() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (ana, now, clinic) = (app.fixture.ana, app.state.clock.now(), app.fixture.north);
        let stay = admitted(&app, ana, plan.medical, plan.a1).await;
        let (_, expected) = asked(&app.as_("doctor").await, app.fixture.ben, plan.medical, &[]).await;
        let hour = chrono::Duration::hours(1);
        let whose = Some((stay, ana));
        let raw = Raw { clinic, bed: plan.a1, kind: "cleaning", whose: None, began_at: now + hour, ended_at: None };
        refused_by(&app, &["bed_uses_one_open", "bed_uses_no_overlap"], raw.insert()).await;
        // A corrected history counts too.
        let past = Raw { began_at: now - hour, ended_at: Some(now + hour), ..raw };
        refused_by(&app, &["bed_uses_no_overlap"], past.insert()).await;
        let second = Raw { bed: plan.s1, kind: "stay", whose, began_at: now, ended_at: None, clinic };
        refused_by(&app, &["bed_uses_patient_once", "bed_uses_patient_no_overlap"], second.insert()).await;
        let before = Raw { began_at: now - hour, ended_at: Some(now + hour), ..second };
        refused_by(&app, &["bed_uses_patient_no_overlap"], before.insert()).await;
        let touching = Raw { bed: plan.s1, kind: "stay", whose, began_at: now - hour, ended_at: Some(now), clinic };
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(touching.insert()).await.expect("a stay that ends when the next begins");
        drop(tx);
        let waits = Some((expected, app.fixture.ben));
        let lying = Raw { bed: plan.s1, kind: "stay", whose: waits, began_at: now, ended_at: None, clinic };
        refused_by(&app, &["bed_uses_of_admission"], lying.insert()).await;
        let other = Raw { bed: plan.s1, kind: "stay", whose: Some((stay, app.fixture.ben)), began_at: now, ended_at: None, clinic };
        refused_by(&app, &["bed_uses_of_admission"], other.insert()).await;
        let nobody = Raw { bed: plan.s1, kind: "stay", whose: None, began_at: now, ended_at: None, clinic };
        refused_by(&app, &["bed_uses_whose"], nobody.insert()).await;
        let backwards = Raw { bed: plan.s1, kind: "cleaning", whose: None, began_at: now, ended_at: Some(now - hour), clinic };
        let error = refused(&app, backwards.insert()).await;
        assert!(error.violates("bed_uses_times") || error.violates("range lower bound"), "{error}");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let reserve = |bed| Raw { bed, kind: "reservation", whose: waits, began_at: now, ended_at: None, clinic };
        tx.execute(reserve(plan.s1).insert()).await.expect("reserved");
        let error = tx.execute(reserve(plan.s2).insert()).await.expect_err("one reservation");
        assert!(error.violates("bed_uses_reserved_once"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_admissions_in_order() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let stay = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let now = app.state.clock.now();
        let set = |state: &'static str, left: Option<Instant>| {
            sql("UPDATE admissions SET state = $2, left_at = $3 WHERE id = $1").bind(stay).bind(state).bind(left)
        };
        refused_by(&app, &["admissions_discharged_empty"], set("discharged", Some(now))).await;
        refused_by(&app, &["admissions_states"], set("requested", None)).await;
        let times = sql("UPDATE admissions SET admitted_at = NULL WHERE id = ").push_bind(stay);
        refused_by(&app, &["admissions_times"], times).await;
        let ward = sql("UPDATE admissions SET accepted_ward_id = NULL WHERE id = ").push_bind(stay);
        refused_by(&app, &["admissions_accepted"], ward).await;
        let copy = |state: &'static str, admitted: &'static str| {
            sql("INSERT INTO admissions (id, number, clinic_id, patient_id, class, source, urgency, reason, ward_id, accepted_ward_id, wanted_on,
                    isolation, state, requested_at, requested_by, admitted_at, updated_at, updated_by)
                SELECT ")
            .push_bind(AdmissionId::new())
            .push(", number || '-2', clinic_id, patient_id, class, source, urgency, reason, ward_id, accepted_ward_id, wanted_on, isolation, ")
            .push_bind(state)
            .push(", requested_at, requested_by, ")
            .push(admitted)
            .push(", updated_at, updated_by FROM admissions WHERE id = ")
            .push_bind(stay)
        };
        refused_by(&app, &["admissions_one_open"], copy("admitted", "admitted_at")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(copy("requested", "NULL")).await.expect("one request");
        tx.execute(sql("UPDATE admissions SET number = number || '-3' WHERE state = 'requested'")).await.expect_err("a number stays");
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(copy("requested", "NULL")).await.expect("one request");
        let other = sql("INSERT INTO admissions (id, number, clinic_id, patient_id, class, source, urgency, reason, ward_id, wanted_on, isolation,
                state, requested_at, requested_by, updated_at, updated_by)
            SELECT ")
            .push_bind(AdmissionId::new())
            .push(", number || '-4', clinic_id, patient_id, class, source, urgency, reason, ward_id, wanted_on, isolation, 'requested',
                requested_at, requested_by, updated_at, updated_by FROM admissions WHERE id = ")
            .push_bind(stay);
        let error = tx.execute(other).await.expect_err("one request at a time");
        assert!(error.violates("admissions_one_request"), "{error}");
        drop(tx);
        let moved = sql("UPDATE bed_uses SET bed_id = $2 WHERE bed_id = $1").bind(plan.a1).bind(plan.b1);
        refused_by(&app, &["bed_uses_frozen"], moved).await;
        refused_by(&app, &["bed_uses_kept"], sql("DELETE FROM bed_uses WHERE bed_id = ").push_bind(plan.a1)).await;
        refused_by(&app, &["admission_acts_frozen"], sql("UPDATE admission_acts SET reason = 'Other'")).await;
        refused_by(&app, &["admission_acts_frozen"], sql("DELETE FROM admission_acts")).await;
        let retired = sql("UPDATE beds SET retired_at = $2 WHERE id = $1").bind(plan.a1).bind(now);
        refused_by(&app, &["beds_retired_empty"], retired).await;
        let ward = sql("UPDATE wards SET retired_at = $2 WHERE id = $1").bind(plan.medical).bind(now);
        refused_by(&app, &["wards_in_use"], ward).await;
        let ages = sql("UPDATE wards SET age_from = 30, age_to = 20 WHERE id = ").push_bind(plan.medical);
        refused_by(&app, &["wards_ages"], ages).await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_births_transfers_and_absences_true() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let stay = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let (_, expected) = asked(&app.as_("doctor").await, app.fixture.ben, plan.surgical, &[]).await;
        let (now, hour) = (app.state.clock.now(), chrono::Duration::hours(1));
        let birth = |order: i64, outcome: &'static str, born: Instant| {
            sql("INSERT INTO births (id, mother_id, plurality, birth_order, born_at, sex, outcome, noted_at, noted_by)
                VALUES ($1, $2, 2, $3, $4, 'male', $5, $6, $7)")
            .bind(uuid::Uuid::now_v7())
            .bind(stay)
            .bind(order)
            .bind(born)
            .bind(outcome)
            .bind(now)
            .bind(UserId::SYSTEM)
        };
        refused_by(&app, &["births_order"], birth(3, "stillborn", now)).await;
        refused_by(&app, &["births_outcome"], birth(1, "live", now)).await;
        refused_by(&app, &["births_times"], birth(1, "stillborn", now + hour)).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(birth(1, "stillborn", now)).await.expect("the first child");
        let error = tx.execute(birth(1, "stillborn", now)).await.expect_err("twice the first child");
        assert!(error.violates("births_order_once"), "{error}");
        drop(tx);
        let adopted = sql("UPDATE admissions SET mother_id = $2 WHERE id = $1").bind(expected).bind(stay);
        refused_by(&app, &["births_no_chain"], adopted).await;
        let away = |id: AdmissionId, left: Instant| {
            sql("INSERT INTO ward_absences (id, admission_id, kind, left_at, noted_by) VALUES ($1, $2, 'imaging', $3, $4)")
                .bind(uuid::Uuid::now_v7())
                .bind(id)
                .bind(left)
                .bind(UserId::SYSTEM)
        };
        refused_by(&app, &["ward_absences_admitted"], away(expected, now)).await;
        refused_by(&app, &["ward_absences_admitted"], away(stay, now - hour)).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(away(stay, now)).await.expect("one absence");
        let error = tx.execute(away(stay, now)).await.expect_err("one at a time");
        assert!(error.violates("ward_absences_one_open") || error.is_unique(), "{error}");
        drop(tx);
        let transfer = |id: AdmissionId| {
            sql("INSERT INTO transfers (id, admission_id, from_ward_id, to_ward_id, kind, handover, state, asked_at, asked_by)
                VALUES ($1, $2, $3, $4, 'capacity', 'S', 'requested', $5, $6)")
            .bind(uuid::Uuid::now_v7())
            .bind(id)
            .bind(plan.medical)
            .bind(plan.surgical)
            .bind(now)
            .bind(UserId::SYSTEM)
        };
        refused_by(&app, &["transfers_admitted"], transfer(expected)).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(transfer(stay)).await.expect("one transfer");
        let error = tx.execute(transfer(stay)).await.expect_err("one at a time");
        assert!(error.violates("transfers_one_open"), "{error}");
        drop(tx);
        let other = admitted(&app, app.people(1).await[0], plan.medical, plan.b1).await;
        let swap = |one: AdmissionId, other: AdmissionId, state: &'static str| {
            sql("INSERT INTO bed_swaps (id, admission_id, with_id, state, proposed_at, proposed_by) VALUES ($1, $2, $3, $4, $5, $6)")
                .bind(uuid::Uuid::now_v7())
                .bind(one)
                .bind(other)
                .bind(state)
                .bind(now)
                .bind(UserId::SYSTEM)
        };
        // SQLite counts the admissions first, and finds one.
        refused_by(&app, &["bed_swaps_two", "bed_swaps_admitted"], swap(stay, stay, "proposed")).await;
        refused_by(&app, &["bed_swaps_admitted"], swap(stay, expected, "proposed")).await;
        refused_by(&app, &["bed_swaps_times"], swap(stay, other, "done")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(swap(stay, other, "proposed")).await.expect("one proposal");
        let error = tx.execute(swap(stay, other, "proposed")).await.expect_err("one at a time");
        assert!(error.violates("bed_swaps_one_open"), "{error}");
    })
    .await;
}
