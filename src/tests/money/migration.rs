//! Invoices and payments of the version before shares, brought over by the migration on both engines.

use uuid::Uuid;

use crate::{
    core::{ClinicId, InsurerId, PatientId, UserId, time::Instant},
    db::{Database, Tx, sql},
    organisation,
    tests::app::{test_now, unprepared_databases},
};

/// The last migration before shifts, the ledger and shares.
const BEFORE: i64 = 20_261_129_160_200;

/// The invoices that each old hospital has.
const INVOICES: i64 = 10_000;

/// Fills the tables as the version before shares left them: paid, part-paid and open invoices, with and without an insurer.
async fn fill(tx: &mut Tx, clinic: ClinicId, now: Instant) {
    let by = UserId::SYSTEM;
    let (patient, insurer, item) = (PatientId::new(), InsurerId::new(), Uuid::now_v7());
    let day: chrono::NaiveDate = "2026-11-20".parse().expect("a day");
    let account = Uuid::now_v7();
    let one = [
        sql("INSERT INTO patients (id, mrn, given_names, birth_precision, sex, sealed, name_key, created_at, created_by, updated_at, updated_by)
            VALUES ($1, '7', 'Ada', 'unknown', 'female', $4, 'ad', $2, $3, $2, $3)")
        .bind(patient)
        .bind(now)
        .bind(by)
        .bind(Vec::<u8>::new()),
        sql("INSERT INTO insurers (id, name) VALUES ($1, 'Plan')").bind(insurer),
        sql("INSERT INTO billing_accounts (id, patient_id, opened_at, opened_by) VALUES ($1, $2, $3, $4)")
            .bind(account)
            .bind(patient)
            .bind(now)
            .bind(by),
        sql("INSERT INTO price_items (id, code, name, kind) VALUES ($1, 'C', 'Consultation', 'consultation')").bind(item),
    ];
    for statement in one {
        tx.execute(statement).await.expect("a row");
    }
    let rows = |of: &dyn Fn(i64, Uuid) -> Option<Vec<crate::db::Value>>| {
        (1..=INVOICES)
            .filter_map(|n| of(n, Uuid::from_u128(0x7000_8000_0000_0000_0000_u128 << 16 | u128::try_from(n).expect("a number"))))
            .collect::<Vec<_>>()
    };
    // Each third has an insurer with 30 %; of five one is open, one paid in part, three are paid.
    let insured = |n: i64| n % 3 == 0;
    let patient_share = |n: i64| if insured(n) { 3_600 } else { 12_000 };
    let paid = |n: i64| match n % 5 {
        0 => 0,
        1 => 1_000,
        _ => patient_share(n),
    };
    let state = |n: i64| match n % 5 {
        0 => "issued",
        1 => "part_paid",
        _ => "paid",
    };
    let charges = rows(&|n, id| {
        let state = if n % 5 > 1 { "paid" } else { "billed" };
        Some(crate::row![
            id,
            account,
            patient,
            clinic,
            day,
            item,
            "Consultation",
            1_000_i64,
            12_000_i64,
            12_000_i64,
            12_000_i64,
            state,
            "test",
            id,
            now,
            by,
            now
        ])
    });
    let invoices = rows(&|n, id| {
        let number = format!("INV-2026-{n:06}");
        let insurer = insured(n).then_some(insurer);
        Some(crate::row![
            id,
            account,
            patient,
            clinic,
            number,
            state(n),
            insurer,
            12_000_i64,
            12_000 - patient_share(n),
            patient_share(n),
            paid(n),
            now,
            by,
            now,
            by,
            now
        ])
    });
    let lines = rows(&|n, id| {
        Some(crate::row![
            id,
            id,
            id,
            1_i64,
            "Consultation",
            1_000_i64,
            12_000_i64,
            12_000_i64,
            12_000_i64,
            12_000_i64,
            12_000 - patient_share(n),
            patient_share(n)
        ])
    });
    let payments = rows(&|n, id| {
        let number = format!("OLD-{n:06}");
        (paid(n) > 0).then(|| crate::row![id, id, patient, clinic, "cash", paid(n), paid(n) + 500, 500_i64, number, id, now, by])
    });
    for (head, rows) in [
        (
            "INSERT INTO charges (id, account_id, patient_id, clinic_id, service_day, item_id, description, quantity_milli, unit_price, gross, net, state, \
          source, source_id, raised_at, raised_by, updated_at) VALUES ",
            charges,
        ),
        (
            "INSERT INTO invoices (id, account_id, patient_id, clinic_id, number, state, insurer_id, total, insurer_share, patient_share, paid, issued_at, \
          issued_by, created_at, created_by, updated_at) VALUES ",
            invoices,
        ),
        (
            "INSERT INTO invoice_lines (id, invoice_id, charge_id, position, description, quantity_milli, unit_price, gross, net, total, insurer_share, \
          patient_share) VALUES ",
            lines,
        ),
        (
            "INSERT INTO payments (id, invoice_id, patient_id, clinic_id, method, amount, tendered, change_given, receipt_number, idempotency_key, taken_at, \
          taken_by) VALUES ",
            payments,
        ),
    ] {
        crate::db::insert_rows(tx, head, "", rows).await.expect("rows");
    }
}

async fn number(db: &Database, query: &'static str) -> i64 {
    db.read().await.expect("a connection").count(sql(query)).await.expect("a number")
}

#[tokio::test]
async fn old_invoices_payments_and_shares_come_over() {
    unprepared_databases(|db: Database, _url: String| async move {
        db.migrate(Some(BEFORE)).await.expect("the schema of before");
        organisation::ensure_hospital(&db, test_now()).await.expect("a hospital");
        let mut tx = db.write().await.expect("a transaction");
        let (clinic,): (ClinicId,) = tx.one(sql("SELECT id FROM clinics")).await.expect("a clinic");
        fill(&mut tx, clinic, test_now()).await;
        let (due, taken): (i64, i64) = tx
            .one(sql("SELECT CAST((SELECT sum(patient_share - paid) FROM invoices) AS BIGINT), CAST((SELECT sum(amount) FROM payments) AS BIGINT)"))
            .await
            .expect("sums");
        tx.commit().await.expect("committed");
        db.migrate(None).await.expect("the schema of now");
        assert_eq!(number(&db, "SELECT count(*) FROM invoices").await, INVOICES);
        for (sum, expected) in [
            ("SELECT CAST(sum(patient_due) AS BIGINT) FROM invoices", due),
            ("SELECT CAST(sum(amount) AS BIGINT) FROM allocations", taken),
            ("SELECT CAST(sum(amount) AS BIGINT) FROM payment_tenders", taken),
            ("SELECT CAST(sum(tendered - change_given) AS BIGINT) FROM payment_tenders", taken),
            ("SELECT CAST(sum(deposit_left) AS BIGINT) FROM payments", 0),
            ("SELECT CAST(sum(amount) AS BIGINT) FROM invoice_shares WHERE debtor = 'patient'", due + taken),
            ("SELECT count(*) FROM invoice_shares WHERE debtor = 'insurer'", INVOICES / 3),
            ("SELECT count(*) FROM invoices WHERE insurer_id IS NOT NULL AND state = 'paid'", 0),
            ("SELECT count(*) FROM charges c JOIN invoice_lines l ON l.charge_id = c.id JOIN invoices i ON i.id = l.invoice_id
                WHERE (c.state = 'paid') <> (i.state = 'paid')", 0),
        ] {
            assert_eq!(number(&db, sum).await, expected, "{sum}");
        }
        let mut tx = db.read().await.expect("a connection");
        for rule in crate::billing::DEPARTMENT.rules {
            // The old rows have no numbers of their own, and one patient's account was written by hand.
            if !rule.holds.contains("number") {
                assert_eq!(tx.count(sql(rule.broken)).await.expect(rule.holds), 0, "{}", rule.holds);
            }
        }
        for finding in crate::billing::ledger::checks(&mut tx).await.expect("the rules of shifts and the ledger") {
            assert_eq!(finding.broken, 0, "{}", finding.rule);
        }
    })
    .await;
}
