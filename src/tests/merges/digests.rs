//! A merge of 2,000 rows and back: the whole database is equal row by row.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{decide, next_day, ok, propose};
use crate::{
    core::{PatientId, UserId},
    db::{Engine, Sql, sql},
    patients,
    tests::{TestApp, on_both_engines, signatures},
};

/// Tables that record the acts themselves.
const OF_ACTS: [&str; 16] = [
    "access_grants",
    "patient_merges",
    "patient_merge_rows",
    "audit_log",
    "audit_seals",
    "events",
    "sessions",
    "sealed_changes",
    "sealed_changes_end",
    "sealed_marks",
    "notifications",
    "sign_in_attempts",
    "encryption_keys",
    "mails",
    "messages",
    "_sqlx_migrations",
];

fn made(text: &str) -> Sql {
    sql("").after(text)
}

/// Returns a digest of the rows of each table, without their order. Sealed columns differ at each sealing; `opened` compares those.
async fn digests(app: &TestApp) -> BTreeMap<String, (usize, String)> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let columns = match tx.engine() {
        Engine::Sqlite => sql("SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
            AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, c.cid"),
        Engine::Postgres => sql("SELECT c.table_name::text, c.column_name::text FROM information_schema.columns c
                JOIN information_schema.tables t USING (table_schema, table_name)
            WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1, c.ordinal_position"),
    };
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in tx.all::<(String, String)>(columns).await.expect("columns") {
        if !OF_ACTS.contains(&table.as_str()) && column != "sealed" {
            tables.entry(table).or_default().push(column);
        }
    }
    let mut found = BTreeMap::new();
    for (table, columns) in tables {
        let cell = |column: &String| match tx.engine() {
            Engine::Sqlite => format!("quote(\"{column}\")"),
            Engine::Postgres => format!("coalesce(\"{column}\"::text, '-')"),
        };
        let row = columns.iter().map(cell).collect::<Vec<_>>().join(" || '|' || ");
        let mut rows: Vec<(String,)> = tx.all(made(&format!("SELECT {row} FROM \"{table}\""))).await.expect("rows");
        rows.sort();
        let mut digest = Sha256::new();
        for (row,) in &rows {
            digest.update(row.as_bytes());
            digest.update(b"\n");
        }
        found.insert(table, (rows.len(), data_encoding::HEXLOWER.encode(&digest.finalize())));
    }
    found
}

/// Returns the sealed facts, contacts and covers of both records, opened.
async fn opened(app: &TestApp, both: [PatientId; 2]) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let mut text = String::new();
    for patient in both {
        let record = patients::find(&mut tx, patient).await.expect("read");
        let contacts = patients::contacts(&mut tx, patient).await.expect("read");
        let covers = patients::coverages(&mut tx, patient).await.expect("read");
        let addresses = crate::messages::message_channels(&mut tx, patient).await.expect("read");
        text.push_str(&format!("{record:?} {contacts:?} {covers:?} {addresses:?}\n"));
    }
    text
}

/// Adds 500 allergies, contacts, booked appointments and sets of vital signs to a record.
async fn fill(app: &TestApp, patient: PatientId) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let (now, by) = (app.state.clock.now(), UserId::SYSTEM);
    for number in 0..500_i64 {
        let id = || uuid::Uuid::now_v7();
        let allergy =
            sql("INSERT INTO allergies (id, patient_id, substance, category, criticality, clinical_status, verification, recorded_at,
                recorded_by) VALUES ($1, $2, $3, 'food', 'low', 'active', 'confirmed', $4, $5)")
            .bind(id())
            .bind(patient)
            .bind(format!("Substance {number}"))
            .bind(now)
            .bind(by);
        tx.execute(allergy).await.expect("an allergy");
        let contact = crate::core::ContactId::new();
        let query = sql("INSERT INTO patient_contacts (id, patient_id, name, sealed) VALUES ($1, $2, $3, $4)")
            .bind(contact)
            .bind(patient)
            .bind(format!("Contact {number}"))
            .bind(crate::keys::CONTACTS.seal(contact, patient, [&format!("555 {number}")]));
        tx.execute(query).await.expect("a contact");
        let at = now + chrono::Duration::days(30) + chrono::Duration::hours(number);
        let key = id();
        let booked = sql("INSERT INTO appointments (id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state,
                booked_through, placed, idempotency_key, created_at, created_by, updated_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 'booked', 'demo', 'kept', $8, $9, $10, $11, $12)")
        .bind(key)
        .bind(patient)
        .bind(app.fixture.costa)
        .bind(app.fixture.north)
        .bind(app.fixture.medicine_north)
        .bind(at)
        .bind(at + chrono::Duration::minutes(20))
        .bind(key)
        .bind(now)
        .bind(by)
        .bind(now)
        .bind(by);
        tx.execute(booked).await.expect("an appointment");
        let vitals = sql("INSERT INTO vitals (id, patient_id, taken_at, taken_by, pulse_bpm) VALUES ($1, $2, $3, $4, 70)")
            .bind(id())
            .bind(patient)
            .bind(now)
            .bind(by);
        tx.execute(vitals).await.expect("vital signs");
    }
    tx.execute(sql("UPDATE patients SET allergy_status = 'recorded' WHERE id = ").push_bind(patient)).await.expect("recorded");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn two_thousand_rows_move_and_go_back_exactly() {
    on_both_engines(|app| async move {
        let (ana, ben) = (app.fixture.ana, app.fixture.ben);
        let doctor = app.as_("doctor").await;
        let visit = signatures::signed(&app, &doctor, ben).await;
        next_day(&app).await;
        fill(&app, ben).await;
        super::addresses::wishes_and_address(&app, &app.as_("ben").await, ben, "ben@home.test").await;
        let (desk, doctor) = (app.as_("desk").await, app.as_("doctor").await);
        let merge = propose(&desk, ana, ben).await;
        let before = (digests(&app).await, opened(&app, [ana, ben]).await);
        let started = std::time::Instant::now();
        ok(&decide(&doctor, &merge, &[("name", "merged"), ("birth", "merged"), ("phone", "merged")]).await);
        let forth = started.elapsed();
        let merged = digests(&app).await;
        assert_ne!(merged["allergies"], before.0["allergies"]);
        assert_eq!(merged["notes"], before.0["notes"], "signed rows stay");
        assert_eq!(merged["ledger_entries"], before.0["ledger_entries"], "posted rows stay");
        let summary = signatures::summary(&app, visit).await;
        assert_eq!(signatures::verdicts(&summary).0, crate::clinical::Verdict::Verified);
        assert_eq!(signatures::broken(&app).await, 0);
        app.assert_sound().await;
        super::ask_to_separate(&desk, &merge).await;
        let started = std::time::Instant::now();
        super::separated(&doctor, &merge).await;
        if std::env::var_os("INFIRMARY_LONG").is_some() {
            let (engine, forth, back) = (app.state.db.engine().as_str(), forth.as_secs_f64(), started.elapsed().as_secs_f64());
            println!("{engine}: 2,000 rows merged in {forth:.3} s and put back in {back:.3} s; the bar is 1 s in the release build");
        }
        let after = (digests(&app).await, opened(&app, [ana, ben]).await);
        for (table, digest) in &before.0 {
            // A sign-in between the two readings touches only its own rows.
            assert_eq!(after.0.get(table), Some(digest), "{table}");
        }
        assert_eq!(after.1, before.1, "what is sealed says the same");
        assert!(before.0.values().map(|(rows, _)| rows).sum::<usize>() > 2_000);
        app.assert_sound().await;
    })
    .await;
}
