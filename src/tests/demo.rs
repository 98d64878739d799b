//! Tests the demo hospital on both engines: every invariant holds, every page has content, and only a new database accepts it.

use chrono::{Duration, Timelike as _};

use super::{
    app::{open, test_now},
    on_both_databases,
};
use crate::{
    accounts::password,
    appointments::{self, SlotQuery},
    core::{StaffId, time::Instant},
    db::{Database, sql},
    demo::{DemoError, DemoOptions, PASSWORD, fill, read_records, sign_ins, tell_day},
    invariants, organisation,
};

async fn number(db: &Database, text: &'static str) -> i64 {
    db.read().await.expect("a connection").count(sql(text)).await.expect("a number")
}

async fn sound(db: &Database) {
    let mut tx = db.read().await.expect("a connection");
    let broken: Vec<_> = invariants::check(&mut tx).await.expect("checked").into_iter().filter(|finding| finding.broken > 0).collect();
    assert_eq!(broken, []);
}

#[tokio::test]
async fn a_day_is_under_way() {
    on_both_databases(async |db: Database| {
        let options = DemoOptions { patients: Some(300), appointments: Some(400), seed: 7, ..DemoOptions::default() };
        fill(&db, &options, test_now(), &mut |_| {}).await.expect("filled");
        sound(&db).await;
        assert_eq!(number(&db, "SELECT count(*) FROM patients").await, 709);
        let nobodys = "SELECT count(*) FROM patients p WHERE NOT EXISTS (SELECT 1 FROM care c WHERE c.patient_id = p.id)";
        assert_eq!(number(&db, nobodys).await, 1, "one can be opened in an emergency only");
        assert_eq!(number(&db, "SELECT count(*) FROM staff WHERE kind = 'doctor'").await, 28);
        assert_eq!(number(&db, "SELECT count(*) FROM encounters WHERE visit_id IS NULL").await, 955);
        for (what, least) in [
            ("SELECT count(*) FROM queue_entries WHERE closed_at IS NULL AND step = 'triage' AND state = 'waiting'", 3),
            ("SELECT count(*) FROM queue_entries WHERE closed_at IS NULL AND step = 'triage' AND state = 'serving'", 1),
            ("SELECT count(*) FROM queue_entries WHERE closed_at IS NULL AND step = 'doctor' AND state = 'waiting'", 8),
            ("SELECT count(*) FROM queue_entries WHERE closed_at IS NULL AND step = 'doctor' AND state = 'serving'", 8),
            ("SELECT count(*) FROM queue_entries WHERE closed_at IS NULL AND step = 'cashier'", 2),
            ("SELECT count(*) FROM appointments WHERE state = 'booked'", 300),
            ("SELECT count(*) FROM appointments WHERE state = 'fulfilled' AND reason = 'Follow-up'", 300),
            ("SELECT count(*) FROM invoices WHERE state <> 'draft' AND patient_due = 0", 50),
            ("SELECT count(*) FROM payments", 50),
            ("SELECT count(*) FROM charges WHERE state = 'billable'", 2),
            ("SELECT count(*) FROM notes WHERE state = 'signed'", 50),
            ("SELECT count(*) FROM observations WHERE score = 7", 1),
            ("SELECT count(*) FROM observations WHERE kind = 'refused'", 1),
            ("SELECT count(*) FROM observations WHERE unscored = 'child'", 5),
            ("SELECT count(*) FROM observations WHERE unscored = 'pregnant'", 5),
            ("SELECT count(*) FROM observation_plans WHERE spo2_scale = 2", 1),
            ("SELECT count(*) FROM escalations WHERE state = 'told'", 1),
            ("SELECT count(*) FROM nursing_tasks WHERE state = 'due'", 20),
            ("SELECT count(*) FROM nursing_allocations", 8),
            ("SELECT count(*) FROM fluid_entries WHERE ml IS NULL", 1),
            ("SELECT count(*) FROM handover_notes", 4),
            ("SELECT count(*) FROM stay_notes WHERE state = 'final'", 2),
            ("SELECT count(*) FROM stay_notes WHERE state = 'draft'", 1),
            ("SELECT count(*) FROM assessments WHERE because = 'fall' AND risk = 'high'", 1),
            ("SELECT count(*) FROM care_plans WHERE state = 'open'", 1),
            ("SELECT count(*) FROM stay_devices WHERE removed_at IS NULL", 6),
            ("SELECT count(*) FROM follow_ups WHERE state = 'proposed'", 1),
            ("SELECT count(*) FROM lab_samples WHERE state = 'expected'", 2),
            ("SELECT count(*) FROM supplies WHERE state = 'to_verify'", 2),
            ("SELECT count(*) FROM dispenses", 1),
            ("SELECT count(*) FROM stock_batches WHERE status = 'recalled'", 1),
            ("SELECT count(*) FROM purchase_orders WHERE state = 'sent'", 1),
            ("SELECT count(*) FROM purchase_orders WHERE state = 'part_received'", 1),
            ("SELECT count(*) FROM supplier_invoices WHERE state = 'entered'", 1),
            ("SELECT count(*) FROM purchase_requests WHERE state = 'submitted'", 1),
            ("SELECT count(*) FROM lab_critical_calls WHERE closed_at IS NULL", 1),
            ("SELECT count(*) FROM lab_results WHERE checked_at IS NOT NULL AND released_at IS NULL", 2),
            ("SELECT count(*) FROM lab_reviews WHERE state = 'new'", 2),
            ("SELECT count(*) FROM lab_control_runs WHERE verdict = 'in_control'", 56),
            ("SELECT count(*) FROM lab_analyser_values WHERE state = 'unmatched'", 3),
            ("SELECT count(*) FROM note_holds WHERE part = 'result' AND ended_at IS NULL", 1),
            // Prices that were told and differ from those that count now: at the cashier, and before the next visit in the portal.
            ("SELECT count(*) FROM told_prices", 2),
            (
                "SELECT count(*) FROM told_prices t JOIN visits v ON v.appointment_id = t.appointment_id
                    JOIN charges c ON c.visit_id = v.id AND c.item_id = t.item_id WHERE c.state = 'billable' AND c.gross > t.total",
                1,
            ),
            ("SELECT count(*) FROM imaging_stations", 2),
            ("SELECT count(*) FROM imaging_studies WHERE state = 'unmatched'", 3),
            ("SELECT count(*) FROM imaging_studies WHERE state = 'matched'", 1),
            ("SELECT count(*) FROM messages WHERE channel = 'call' AND state = 'due'", 2),
            ("SELECT count(*) FROM messages WHERE state = 'dead'", 1),
            ("SELECT count(*) FROM patient_merges WHERE state = 'proposed'", 1),
            ("SELECT count(*) FROM patient_merges WHERE state = 'merged'", 1),
            ("SELECT count(*) FROM record_exports WHERE state = 'asked'", 1),
            ("SELECT count(*) FROM erasure_requests WHERE state = 'asked'", 1),
            ("SELECT count(*) FROM profile_requests WHERE state = 'told'", 1),
            ("SELECT count(*) FROM patient_documents WHERE portal", 2),
            ("SELECT count(*) FROM first_visits WHERE state = 'waiting'", 2),
            ("SELECT count(*) FROM patient_statements WHERE state = 'told'", 1),
            ("SELECT count(*) FROM patient_documents WHERE error_at IS NOT NULL", 1),
            ("SELECT count(*) FROM imaging_orders WHERE step = 'requested'", 1),
            ("SELECT count(*) FROM imaging_orders WHERE step = 'acquired'", 1),
            ("SELECT count(*) FROM radiology_findings WHERE closed_at IS NULL", 1),
            ("SELECT count(*) FROM radiology_reviews WHERE state = 'new'", 1),
            // The bulk data of a large hospital, in proportion to its patients.
            ("SELECT count(*) FROM lab_analyses WHERE state = 'ready'", 120),
            ("SELECT count(*) FROM lab_results", 300),
            ("SELECT count(*) FROM lab_reviews WHERE state = 'new'", 30),
            ("SELECT count(*) FROM supplies WHERE state IN ('to_verify', 'verified')", 18),
            ("SELECT count(*) FROM stock_items WHERE kind = 'consumable'", 300),
            ("SELECT count(*) FROM stock_movements", 300),
            ("SELECT count(*) FROM invoices", 60),
            ("SELECT count(*) FROM audit_log", 300),
        ] {
            let found = number(&db, what).await;
            assert!(found >= least, "{what}: {found}, expected {least} or more");
        }
        // No recorded event is in the future.
        let future = sql("SELECT count(*) FROM queue_entries WHERE opened_at > $1 OR closed_at > $1").bind(test_now());
        assert_eq!(db.read().await.expect("a connection").count(future).await.expect("a number"), 0);

        sign_ins_work(&db).await;
        let again = fill(&db, &DemoOptions::default(), test_now(), &mut |_| {}).await;
        assert!(matches!(again, Err(DemoError::InUse)), "a database in use is no place for public passwords");
    })
    .await;
}

#[tokio::test]
async fn on_the_first_day_everything_is_ready_and_nobody_has_come() {
    on_both_databases(async |db: Database| {
        let options = DemoOptions { first_day: true, ..DemoOptions::default() };
        fill(&db, &options, test_now(), &mut |_| {}).await.expect("filled");
        sound(&db).await;
        for nobody in ["SELECT count(*) FROM patients", "SELECT count(*) FROM visits", "SELECT count(*) FROM appointments"] {
            assert_eq!(number(&db, nobody).await, 0, "{nobody}");
        }
        assert_eq!(number(&db, "SELECT count(*) FROM users WHERE demo").await, i64::try_from(sign_ins().len()).expect("few") - 1);
        assert!(number(&db, "SELECT count(*) FROM schedules").await > 0);
    })
    .await;
}

#[tokio::test]
async fn one_of_two_clinics_is_in_its_morning_whenever_the_demo_is_made() {
    on_both_databases(async |db: Database| {
        // Midnight in the first clinic.
        let now = test_now() + Duration::hours(14);
        let options = DemoOptions { first_day: true, ..DemoOptions::default() };
        fill(&db, &options, now, &mut |_| {}).await.expect("filled");
        sound(&db).await;
        let mut tx = db.read().await.expect("a connection");
        let clinics = organisation::clinics(&mut tx).await.expect("two clinics");
        let [north, south] = clinics.as_slice() else { panic!("{clinics:?}") };
        assert_ne!(north.zone, south.zone);
        let hour = south.zone.local(now).hour();
        assert!((8..=13).contains(&hour), "{hour} o'clock in {:?}", south.zone);
        let day = south.zone.day(now);
        let query = SlotQuery {
            clinic: south.id,
            zone: south.zone,
            service: None,
            specialty: None,
            doctor: None,
            from: day,
            to: day,
            open: true,
            visit_type: appointments::VisitTypeFilter::Any,
            now,
        };
        let free = appointments::free_slots(&mut tx, query).await.expect("free times");
        assert!(!free.is_empty(), "somebody can be booked there at once");
    })
    .await;
}

/// Asserts that each user in the table can sign in and has a role.
async fn sign_ins_work(db: &Database) {
    let mut tx = db.read().await.expect("a connection");
    for one in sign_ins() {
        let user = sql("SELECT u.password_hash FROM users u WHERE u.login = $1 AND u.status = 'active' AND u.demo").bind(one.login);
        let (hash,): (String,) = tx.one(user).await.expect(one.login);
        if one.login == "patient" {
            assert_eq!(password::verify(PASSWORD.to_owned(), Some(hash), password::Waiting::Known).await, Ok(true));
        }
        let roles = sql("SELECT count(*) FROM user_roles r JOIN users u ON u.id = r.user_id WHERE u.login = $1").bind(one.login);
        assert!(tx.count(roles).await.expect("a number") > 0, "{} has a role", one.login);
    }
    let linked = "SELECT count(*) FROM patient_users l JOIN users u ON u.id = l.user_id WHERE u.login = 'patient'";
    assert_eq!(tx.count(sql(linked)).await.expect("a number"), 1);
    drop(tx);
    assert_eq!(number(db, "SELECT count(*) FROM hospital WHERE demo").await, 1);
}

/// The demo can also be created around midnight and at clock changes.
#[tokio::test]
async fn any_hour_will_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| format!("{}/{name}.db", folder.path().display());
    // The records are imported once.
    let records = open(&path("records")).await;
    read_records(&records, DemoOptions::default().time_zone, test_now()).await.expect("read");
    records.close().await;
    for (at, now) in
        ["2026-11-21T05:00:30Z", "2026-11-01T05:55:00Z", "2026-03-08T07:05:00Z", "2026-12-31T23:59:59.999999Z"].into_iter().enumerate()
    {
        let name = at.to_string();
        std::fs::copy(path("records"), path(&name)).expect("copied");
        let db = open(&path(&name)).await;
        tell_day(&db, &DemoOptions::default(), now.parse().expect("an instant"), &mut |_| {}).await.expect(now);
        sound(&db).await;
        assert!(number(&db, "SELECT count(*) FROM queue_entries WHERE closed_at IS NULL").await > 20, "{now}");
        assert!(can_come_now(&db, now.parse().expect("an instant")).await, "{now}");
    }
}

/// Whether a patient who books with the doctor now still gets a time that reception can check in now.
async fn can_come_now(db: &Database, now: Instant) -> bool {
    let mut tx = db.read().await.expect("a connection");
    let doctor = sql("SELECT s.id FROM staff s JOIN users u ON u.id = s.user_id WHERE u.login = 'doctor'");
    let (doctor,): (StaffId,) = tx.one(doctor).await.expect("a doctor");
    let clinics = organisation::clinics(&mut tx).await.expect("clinics");
    let clinic = clinics.first().expect("a clinic");
    let from = clinic.zone.day(now);
    let query = SlotQuery {
        clinic: clinic.id,
        zone: clinic.zone,
        service: None,
        specialty: None,
        doctor: Some(doctor),
        from,
        to: from + Duration::days(1),
        open: true,
        visit_type: appointments::VisitTypeFilter::Any,
        now,
    };
    let free = appointments::free_slots(&mut tx, query).await.expect("slots");
    free.iter().filter(|slot| slot.starts_at - now <= Duration::hours(2)).count() >= 2
}
