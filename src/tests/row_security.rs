//! Tests PostgreSQL's row-level security with queries that bypass the program: without conditions, on any table, no reader
//! can read, move or change others' rows. SQLite has no row-level security; `scope` and `permissions` test the program's
//! own checks.

use super::{TestApp, plans};
use crate::{
    core::{ClinicId, PatientId, Permission, time::Instant},
    db::{DbError, Reader, Sql, Tx, sql},
};

/// Tables with data of patients that have no policy, and the reason why that is safe.
const OPEN: [(&str, &str); 5] = [
    ("patient_search_terms", "words and ids: to whom they belong is looked up in what is guarded"),
    ("events", "readers may add only"),
    ("supplier_invoice_lines", "the invoices are of suppliers, and concern no patient"),
    ("supplier_returns", "as supplier_invoice_lines"),
    ("settlements", "ids of appointments, which are guarded: leave entered at one clinic puts those of all clinics on the list"),
];

/// The rows that a reader at a clinic without filler patients sees: those of the one patient in her care.
const OF_DORA: [(&str, i64); 3] = [("patients", 1), ("care", 1), ("billing_accounts", 1)];

/// The tables that a clinician of the same clinic cannot read either.
const NOT_FOR_CLINICIANS: [&str; 5] = ["emergency_accesses", "access_grants", "notifications", "audit_log", "imported_records"];

/// Builds a query from names of tables.
fn made(text: &str) -> Sql {
    sql("").after(text)
}

async fn app() -> Option<TestApp> {
    let app = TestApp::postgres().await;
    assert!(app.is_some() || std::env::var_os("CI").is_none(), "INFIRMARY_TEST_POSTGRES must name a server in CI");
    let app = app?;
    plans::fill_a_few(&app).await;
    Some(app)
}

fn doctor(app: &TestApp, login: &str, clinic: ClinicId) -> Reader {
    Reader {
        user: app.fixture.user(login),
        permission: Permission::ReadChart,
        clinics: Some(vec![clinic]),
        patients: Vec::new(),
        now: app.state.clock.now(),
    }
}

async fn reading(app: &TestApp, reader: &Reader) -> Tx {
    app.state.db.write_for(reader).await.expect("a transaction")
}

/// Returns the number of rows that the reader sees; 0 for a table that no reader may read.
async fn visible(app: &TestApp, reader: &Reader, table: &str) -> i64 {
    match reading(app, reader).await.count(made(&format!("SELECT count(*) FROM {table}"))).await {
        Ok(rows) => rows,
        Err(error) if is_refused(&error) => 0,
        Err(error) => panic!("{table}: {error}"),
    }
}

fn is_refused(error: &DbError) -> bool {
    // The guards of finished encounters and of decided documents refuse such a row before the policies are checked.
    let guards = [
        "encounter_finished",
        "assessments_frozen",
        "note_holds_same_patient",
        "erasures_fixed",
        "profile_requests_fixed",
        "merges_moves",
        "stay_notes_frozen",
        "stay_notes_of_stay",
        "stay_notes_same_note",
        "stay_note_addenda_of_signed",
        "ward_supplies_active",
        "ward_supplies_witnessed",
        "infusion_events_order",
        "infusions_order_active",
        "dose_scans_same_dose",
        "back_entries_bounds",
        "infusion_orders_single",
        "order_hold_rules_frozen",
        "order_protocols_followed",
        "dose_effects_of_given",
        "credit_note_lines_own",
        "credit_notes_state",
        "invoice_lines_before_issue",
        "invoice_shares_before_issue",
        "invoices_begin_as_drafts",
        "refunds_state",
    ];
    ["row-level security", "permission denied"].into_iter().chain(guards).any(|guard| error.violates(guard))
}

async fn names(app: &TestApp, text: &'static str) -> Vec<String> {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.all::<(String,)>(sql(text)).await.expect("names").into_iter().map(|(name,)| name).collect()
}

async fn guarded(app: &TestApp) -> Vec<String> {
    names(
        app,
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relnamespace = 'public'::regnamespace ORDER BY 1",
    )
    .await
}

/// A browser is closed or a navigation cancelled: wherever the work stops, the connection afterwards belongs to no reader.
#[tokio::test]
async fn who_goes_away_leaves_the_connection_to_the_next_as_it_was() {
    let Some(app) = app().await else { return };
    let (db, reader) = (&app.state.db, doctor(&app, "doctor", app.fixture.north));
    for looks in 0..40 {
        let mut begun = Box::pin(db.read_for(&reader));
        for _ in 0..looks {
            if futures::poll!(&mut begun).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(begun);
        for tx in futures::future::join_all((0..6).map(|_| db.read())).await {
            let mut tx = tx.expect("a connection");
            let query = || sql("SELECT current_user = session_user, now()");
            let (nobody, then): (bool, Instant) = tx.one(query()).await.expect("told");
            let (_, later): (bool, Instant) = tx.one(query()).await.expect("told");
            assert!(nobody, "it is no reader's, after {looks} looks");
            assert!(later > then, "it is in no transaction: there the time stands still");
        }
    }
}

#[tokio::test]
async fn every_table_with_something_of_patients_is_guarded() {
    let Some(app) = app().await else { return };
    let all = "SELECT DISTINCT c.table_name::text FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
        AND c.column_name IN ('patient_id', 'visit_id', 'encounter_id', 'note_id', 'invoice_id', 'prescription_id')
        UNION SELECT k.conrelid::regclass::text FROM pg_constraint k JOIN pg_class t ON t.oid = k.confrelid
        WHERE k.contype = 'f' AND t.relrowsecurity ORDER BY 1";
    let guarded = guarded(&app).await;
    let open: Vec<String> =
        names(&app, all).await.into_iter().filter(|name| !guarded.contains(name) && !OPEN.iter().any(|(open, _)| open == name)).collect();
    assert!(open.is_empty(), "their migration calls SELECT guard_rows('…'), or lets them be seen with what they refer to: {open:?}");
    for name in ["patients", "care", "notes", "appointments", "audit_log", "notifications"] {
        assert!(guarded.iter().any(|known| known == name), "{name}");
    }
    app.remove().await;
}

/// For an `EXISTS` condition, PostgreSQL may otherwise read the whole inner table for each query.
#[tokio::test]
async fn policies_look_up_what_they_ask_for_row_by_row() {
    let Some(app) = app().await else { return };
    let all =
        sql("SELECT tablename || '.' || policyname, concat(qual, with_check) FROM pg_policies WHERE schemaname = 'public' ORDER BY 1");
    let policies: Vec<(String, String)> = app.state.db.read().await.expect("a connection").all(all).await.expect("policies");
    let asks = |says: &str, what: &str| says.matches(what).count();
    let careless: Vec<&String> =
        policies.iter().filter(|(_, says)| asks(says, "EXISTS") != asks(says, "OFFSET 0")).map(|(policy, _)| policy).collect();
    assert!(careless.is_empty(), "each of them EXISTS (… OFFSET 0): {careless:?}");
    assert!(policies.iter().filter(|(_, says)| says.contains("EXISTS")).count() > 20, "{policies:?}");
    app.remove().await;
}

/// An empty table has good plans only because it is empty.
#[tokio::test]
async fn every_guarded_table_is_filled_for_the_plans() {
    let Some(app) = app().await else { return };
    let mut empty = Vec::new();
    for table in guarded(&app).await {
        let rows = app.state.db.read().await.expect("a connection").count(made(&format!("SELECT count(*) FROM {table}"))).await;
        // A portal code is deleted when it was used.
        let grows = table == "portal_codes" || plans::LARGE.contains(&table.as_str());
        if !grows || rows.expect(&table) < 4 {
            empty.push(table);
        }
    }
    assert!(empty.is_empty(), "plans/fill.sql fills them, and plans::LARGE has their names: {empty:?}");
    app.remove().await;
}

#[tokio::test]
async fn a_query_without_a_condition_gets_the_readers_rows_only() {
    let Some(app) = app().await else { return };
    let (north, south) = (doctor(&app, "doctor", app.fixture.north), doctor(&app, "doctor3", app.fixture.south));
    let mut auditor = doctor(&app, "auditor", app.fixture.north);
    (auditor.permission, auditor.clinics) = (Permission::ReadAudit, Some(Vec::new()));
    for table in guarded(&app).await {
        let ours = OF_DORA.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| *rows);
        assert_eq!(visible(&app, &south, &table).await, ours, "{table}, from the south");
        if NOT_FOR_CLINICIANS.contains(&table.as_str()) {
            assert_eq!(visible(&app, &north, &table).await, 0, "{table} is for no clinician");
        } else {
            assert!(visible(&app, &north, &table).await >= 4, "{table}, where the patients are");
        }
        let for_auditors = matches!(
            table.as_str(),
            "patients" | "audit_log" | "emergency_accesses" | "access_grants" | "patient_merges" | "patient_merge_rows" | "patient_changes"
        );
        assert_eq!(visible(&app, &auditor, &table).await > 0, for_auditors, "{table}, for the auditor");
    }
    // The data that are visible to all contain no contact data, and not the patient of a time or place.
    assert!(visible(&app, &south, "patient_identities").await > 5);
    let columns = "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND (
        (table_name = 'patient_identities' AND column_name ~ 'phone|mail|address|national|sealed')
        OR (table_name IN ('taken_times', 'waiting_places', 'served_times', 'stale_holds', 'stale_seats', 'taken_beds')
            AND column_name ~ 'patient|name|reason|admission'))";
    assert_eq!(names(&app, columns).await, Vec::<String>::new());
    app.remove().await;
}

#[tokio::test]
async fn nothing_of_others_is_changed_added_or_deleted() {
    let Some(app) = app().await else { return };
    let south = doctor(&app, "doctor3", app.fixture.south);
    for table in guarded(&app).await {
        let mut owner = app.state.db.write().await.expect("a transaction");
        owner.execute(made(&format!("CREATE TABLE copy_of_{table} AS TABLE {table}"))).await.expect("a copy");
        let columns: Vec<(String,)> = owner
            .all(
                sql("SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1
                    AND is_generated = 'NEVER' ORDER BY ordinal_position")
                .bind(table.as_str()),
            )
            .await
            .expect("columns");
        let before = owner.count(made(&format!("SELECT count(*) FROM {table}"))).await.expect("counted");
        owner.commit().await.expect("committed");
        let ours = OF_DORA.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| u64::try_from(*rows).expect("few"));
        let column = &columns[1].0;
        for act in [format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")] {
            match reading(&app, &south).await.execute(made(&act)).await {
                Ok(rows) => assert!(rows <= ours, "{act}: {rows} rows"),
                // A reader's own row, which others refer to or which is never deleted.
                Err(error) => assert!(is_refused(&error) || ours > 0, "{act}: {error}"),
            }
        }
        // All staff may create notifications.
        if table != "notifications" {
            let all = columns.iter().map(|(column,)| column.as_str()).collect::<Vec<_>>().join(", ");
            let act = format!("INSERT INTO {table} ({all}) OVERRIDING SYSTEM VALUE SELECT {all} FROM copy_of_{table}");
            let error = reading(&app, &south).await.execute(made(&act)).await.expect_err(&act);
            assert!(is_refused(&error), "{act}: {error}");
        }
        let mut owner = app.state.db.write().await.expect("a transaction");
        assert_eq!(owner.count(made(&format!("SELECT count(*) FROM {table}"))).await.expect("counted"), before, "{table}");
        owner.execute(made(&format!("DROP TABLE copy_of_{table}"))).await.expect("dropped");
        owner.commit().await.expect("committed");
    }
    app.remove().await;
}

#[tokio::test]
async fn without_a_reader_there_is_nothing() {
    let Some(app) = app().await else { return };
    // The program forgot to set the reader; first on a connection that never had one, then on one that had.
    for round in 0..2 {
        for table in guarded(&app).await {
            let mut tx = app.state.db.write().await.expect("a transaction");
            tx.execute(sql("SET LOCAL ROLE infirmary_app")).await.expect("the role");
            let rows = match tx.count(made(&format!("SELECT count(*) FROM {table}"))).await {
                Ok(rows) => rows,
                Err(error) => {
                    assert!(is_refused(&error), "{table}: {error}");
                    0
                }
            };
            assert_eq!(rows, 0, "{table}, round {round}");
        }
        assert!(visible(&app, &doctor(&app, "doctor", app.fixture.north), "patients").await > 0);
    }
    app.remove().await;
}

#[tokio::test]
async fn a_patient_reads_one_record_and_an_emergency_opens_one() {
    let Some(app) = app().await else { return };
    let mut patient = doctor(&app, "ana", app.fixture.north);
    (patient.permission, patient.clinics, patient.patients) = (Permission::OwnRecord, Some(Vec::new()), vec![app.fixture.ana]);
    assert_eq!(visible(&app, &patient, "patients").await, 1);
    assert_eq!(visible(&app, &patient, "coverages").await, 1);
    for table in ["appointments", "visits", "queue_entries", "notes", "invoices", "invoice_lines", "care"] {
        assert_eq!(visible(&app, &patient, table).await, 0, "{table} of others");
    }
    let mut nurse = doctor(&app, "doctor3", app.fixture.south);
    nurse.permission = Permission::BreakGlass;
    let sees = async |reader: &Reader, patient: PatientId| {
        let query = sql("SELECT count(*) FROM coverages WHERE patient_id = $1").bind(patient);
        reading(&app, reader).await.count(query).await.expect("counted")
    };
    assert_eq!(sees(&nurse, app.fixture.ana).await, 0);
    let mut tx = reading(&app, &nurse).await;
    let opening = sql("INSERT INTO emergency_accesses (id, patient_id, user_id, clinic_id, reason, began_at, ends_at)
        VALUES ($1, $2, $3, $4, 'Unconscious, alone', $5, $6)")
    .bind(crate::core::EmergencyAccessId::new())
    .bind(app.fixture.ana)
    .bind(nurse.user)
    .bind(app.fixture.south)
    .bind(nurse.now)
    .bind(nurse.now + chrono::Duration::minutes(60));
    tx.execute(opening).await.expect("opened");
    tx.commit().await.expect("committed");
    let mut later = nurse.clone();
    later.permission = Permission::ReadChart;
    assert_eq!((sees(&later, app.fixture.ana).await, sees(&later, app.fixture.ben).await), (1, 0));
    later.now += chrono::Duration::minutes(60);
    assert_eq!(sees(&later, app.fixture.ana).await, 0, "the hour is over");
    app.remove().await;
}
