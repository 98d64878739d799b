//! Fills a hospital with 51,200 rows in every growing table, and checks the engines' plans of a query.

use std::str::FromStr as _;

use sqlx::{
    Connection as _, PgConnection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};

use crate::{
    db::{Engine, Sql, Tx, sql},
    tests::TestApp,
};

/// The tables that grow over the years.
pub(in crate::tests) const LARGE: [&str; 173] = [
    "transfers",
    "ward_absences",
    "nil_by_mouth",
    "home_medicines",
    "resuscitation_decisions",
    "bed_swaps",
    "discharges",
    "discharge_steps",
    "bed_days",
    "births",
    "care_orders",
    "care_order_acts",
    "order_hold_rules",
    "order_reviews",
    "doses",
    "administrations",
    "dose_hold_checks",
    "dose_effects",
    "infusion_orders",
    "infusions",
    "infusion_events",
    "back_entries",
    "bedside_scans",
    "dose_scans",
    "dose_stock",
    "order_set_origins",
    "order_protocols",
    "admissions",
    "admission_acts",
    "bed_uses",
    "observation_plans",
    "observations",
    "escalations",
    "escalation_steps",
    "fluid_entries",
    "nursing_task_plans",
    "nursing_tasks",
    "nursing_allocations",
    "stay_notes",
    "stay_note_addenda",
    "assessments",
    "assessment_answers",
    "care_plans",
    "care_plan_actions",
    "care_plan_evaluations",
    "stay_devices",
    "stay_device_checks",
    "discharge_summaries",
    "discharge_medicines",
    "summary_releases",
    "follow_ups",
    "handover_notes",
    "care",
    "guardians",
    "emergency_accesses",
    "access_grants",
    "users",
    "user_roles",
    "sessions",
    "patients",
    "patient_search_terms",
    "patient_identifiers",
    "patient_users",
    "patient_contacts",
    "patient_changes",
    "patient_former_names",
    "allergies",
    "problems",
    "coverages",
    "billing_accounts",
    "appointments",
    "waitlist",
    "visits",
    "queue_entries",
    "encounters",
    "notes",
    "addenda",
    "note_signatures",
    "diagnoses",
    "prescriptions",
    "check_findings",
    "requisitions",
    "orders",
    "lab_orders",
    "lab_draws",
    "lab_samples",
    "lab_analyses",
    "lab_results",
    "lab_result_inputs",
    "lab_hold_overrides",
    "lab_rejudgements",
    "lab_result_wishes",
    "lab_critical_calls",
    "lab_call_attempts",
    "lab_reports",
    "lab_report_results",
    "lab_reviews",
    "lab_analyser_messages",
    "lab_analyser_values",
    "imaging_orders",
    "imaging_safety",
    "imaging_doses",
    "imaging_studies",
    "radiology_reports",
    "radiology_addenda",
    "radiology_findings",
    "radiology_call_attempts",
    "radiology_reviews",
    "stock_batches",
    "stock_lines",
    "stock_documents",
    "stock_movements",
    "stock_reservations",
    "stock_transfers",
    "stock_transfer_lines",
    "ward_requisitions",
    "ward_requisition_lines",
    "supply_findings",
    "supply_pauses",
    "ward_supplies",
    "recall_patients",
    "supplies",
    "dispenses",
    "dispense_lines",
    "dispense_returns",
    "treatment_plans",
    "vitals",
    "told_prices",
    "charges",
    "invoices",
    "invoice_lines",
    "invoice_shares",
    "payments",
    "payment_tenders",
    "allocations",
    "receipt_prints",
    "invoice_prints",
    "credit_note_prints",
    "refund_prints",
    "credit_notes",
    "credit_note_lines",
    "revenue_parts",
    "refunds",
    "write_offs",
    "instalments",
    "message_channels",
    "message_preferences",
    "messages",
    "first_visits",
    "note_holds",
    "patient_statements",
    "appointment_symptoms",
    "past_orders",
    "past_specimens",
    "past_results",
    "past_studies",
    "past_reports",
    "past_doses",
    "past_stays",
    "patient_documents",
    "patient_consents",
    "patient_merges",
    "patient_merge_rows",
    "record_exports",
    "erasure_requests",
    "profile_requests",
    "patient_photos",
    "patient_phones",
    "document_chunks",
    "notifications",
    "events",
    "audit_log",
    "imported_records",
];

/// The largest number of rows of a large table that a query may read: two weeks of a hospital, a fifth.
const ROWS: f64 = 10_000.0;

/// Returns the id of all objects with this number.
pub(in crate::tests) fn id(number: u32) -> String {
    format!("10000000-0000-7000-8000-{number:012}")
}

/// Fills the tables with foreign keys disabled; the statements themselves respect them.
pub(super) async fn fill(app: &TestApp) {
    fill_up_to(app, "102399").await;
}

/// Like [`fill`], with nine rows per table.
pub(in crate::tests) async fn fill_a_few(app: &TestApp) {
    fill_up_to(app, "8").await;
}

async fn fill_up_to(app: &TestApp, last: &str) {
    let common = include_str!("fill.sql");
    if app.state.db.engine() == Engine::Postgres {
        let mut connection = PgConnection::connect(&app.url).await.expect("connected");
        let numbers = include_str!("postgres.sql").replace("102399", last);
        sqlx::raw_sql(sqlx::AssertSqlSafe(numbers)).execute(&mut connection).await.expect("numbers");
        // sqlx runs a text of many statements as one transaction.
        let text = common.replace("AS BLOB", "AS BYTEA").replace("ANALYZE;", "");
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connection).await.expect("filled");
        sqlx::raw_sql("VACUUM ANALYZE").execute(&mut connection).await.expect("swept, as it does by itself");
    } else {
        let options = SqliteConnectOptions::from_str(&app.url)
            .expect("options")
            .foreign_keys(false)
            .synchronous(SqliteSynchronous::Off)
            .pragma("cache_size", "-200000");
        let mut connection = SqliteConnection::connect_with(&options).await.expect("connected");
        let numbers = include_str!("sqlite.sql").replace("102399", last);
        let text = format!("BEGIN; {numbers} {common} COMMIT;");
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connection).await.expect("filled");
    }
}

/// Deletes the statistics, as in a new database: the engine then knows no values, and SQLite no sizes either.
pub(super) async fn forget_statistics(tx: &mut Tx) {
    let texts: &[&'static str] = match tx.engine() {
        Engine::Sqlite => &["DELETE FROM sqlite_stat1", "ANALYZE sqlite_schema"],
        // The transaction's reader may not do this, but the owner of these tables may; afterwards the reader's role is
        // set again.
        Engine::Postgres => &[
            "RESET ROLE",
            "DELETE FROM pg_statistic s USING pg_class c WHERE c.oid = s.starelid AND c.relnamespace = 'public'::regnamespace",
            "UPDATE pg_class SET reltuples = -1 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
            "SET LOCAL ROLE infirmary_app",
        ],
    };
    for text in texts {
        tx.execute(sql(text)).await.expect("forgotten");
    }
}

/// Returns the faults of the queries' plans.
pub(super) async fn objections(tx: &mut Tx, queries: &[(String, Sql)]) -> Vec<String> {
    let mut all = Vec::new();
    for (what, query) in queries {
        let wrong = match tx.engine() {
            Engine::Sqlite => sqlite(tx, query.clone()).await,
            Engine::Postgres => postgres(tx, what, query.clone()).await,
        };
        all.extend(wrong.into_iter().map(|line| format!("{what}: {line}\n    {}", query.text(tx.engine()))));
    }
    all
}

async fn sqlite(tx: &mut Tx, query: Sql) -> Vec<String> {
    let text = query.text(Engine::Sqlite).to_owned();
    let rows: Vec<(i64, i64, i64, String)> = tx.all(query.after("EXPLAIN QUERY PLAN ")).await.expect("a plan");
    let lines: Vec<String> = rows.into_iter().map(|(.., line)| line).collect();
    let sorted = lines.iter().any(|line| line.contains("TEMP B-TREE"));
    let scans = lines.iter().filter(|line| {
        let mut words = line.split_whitespace();
        let large = words.next() == Some("SCAN") && words.next().is_some_and(|name| is_large(&text, name));
        // One page of a list in the order of an index.
        let a_page = line.contains("USING") && line.contains("INDEX") && text.contains("LIMIT") && !sorted;
        large && !a_page
    });
    scans.cloned().collect()
}

/// Whether the name, or the table for which it is an alias in the query, is a large table.
fn is_large(text: &str, name: &str) -> bool {
    let words: Vec<&str> =
        text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(|word| !word.is_empty()).collect();
    LARGE.contains(&name)
        || words.windows(3).any(|three| LARGE.contains(&three[0]) && (three[1] == name || (three[1] == "AS" && three[2] == name)))
}

/// PostgreSQL runs the query for the reader, under row-level security and with the generic plan, counts the rows, and rolls it back.
async fn postgres(tx: &mut Tx, what: &str, query: Sql) -> Vec<String> {
    let text = query.text(Engine::Postgres).trim_start();
    let inserts = text.starts_with("INSERT");
    tx.execute(sql("SAVEPOINT before")).await.expect("a point to come back to");
    if what.starts_with("/audit") {
        let auditor = sql("SELECT set_config('infirmary.may', 'read_audit', true)");
        tx.all::<(String,)>(auditor).await.expect("another reader");
    }
    let [prepare, execute] = query.prepared(tx.keys());
    tx.execute(prepare).await.expect("prepared");
    let query = execute.after(if inserts { "EXPLAIN " } else { "EXPLAIN (ANALYZE, TIMING OFF) " });
    let mut plan: Result<Vec<(String,)>, _> = tx.all(query.clone()).await;
    tx.execute(sql("ROLLBACK TO SAVEPOINT before")).await.expect("taken back");
    if plan.is_err() {
        // The query does not run as a reader: sessions, letters and similar tables belong to the program itself.
        tx.execute(sql("RESET ROLE")).await.expect("the owner");
        plan = tx.all(query).await;
        tx.execute(sql("ROLLBACK TO SAVEPOINT before")).await.expect("taken back");
    }
    tx.execute(sql("DEALLOCATE looked_at")).await.expect("forgotten");
    let lines = plan.expect("a plan");
    let mut wrong = Vec::new();
    let mut lines = lines.iter().map(|(line,)| line.trim()).peekable();
    while let Some(line) = lines.next() {
        let Some((node, figures)) = line.trim_start_matches("->").trim().split_once("  (cost=") else { continue };
        let mut removed = 0.0;
        while let Some(detail) = lines.next_if(|line| !line.contains("(cost=")) {
            removed += number_after(detail, "Rows Removed by Filter: ").unwrap_or(0.0);
        }
        // PostgreSQL does not execute a node when an earlier condition matches no row.
        let large =
            !figures.contains("never executed") && node.contains("Scan") && node.split_whitespace().any(|word| LARGE.contains(&word));
        let actual = |name: &str| figures.rsplit_once("(actual").and_then(|(_, rest)| number_after(rest, name)).unwrap_or(0.0);
        let rows = (actual("rows=") + removed) * actual("loops=");
        if large && (node.contains("Seq Scan") || rows > most_rows(what)) {
            wrong.push(format!("{node}, {rows} rows"));
        }
    }
    wrong
}

/// A month of a clinic is read as a whole: it has the rows of each of its days.
fn most_rows(what: &str) -> f64 {
    if what == "/schedules/month" { 31.0 * ROWS } else { ROWS }
}

fn number_after(text: &str, name: &str) -> Option<f64> {
    let rest = text.split_once(name)?.1;
    rest.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next()?.parse().ok()
}
