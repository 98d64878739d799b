//! The SQL with which the tests change the audit log without the program.

use crate::{
    audit::{self, Action, AuditRow},
    core::UserId,
    db::{Engine, Sql, Tx, sql},
    tests::TestApp,
};

const TRIGGERS: [&str; 7] = [
    "DROP TRIGGER IF EXISTS sealed_marks_never_deleted",
    "DROP TRIGGER IF EXISTS audit_log_no_update",
    "DROP TRIGGER IF EXISTS audit_log_no_delete",
    "DROP TRIGGER IF EXISTS audit_log_no_replace",
    "DROP TRIGGER IF EXISTS audit_seals_no_update",
    "DROP TRIGGER IF EXISTS audit_seals_no_delete",
    "DROP TRIGGER IF EXISTS audit_seals_no_replace",
];

/// Runs a query with the triggers disabled, and asserts the number of changed rows.
pub(super) async fn tamper(app: &TestApp, query: Sql, rows: u64) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    match tx.engine() {
        Engine::Sqlite => {
            for trigger in TRIGGERS {
                tx.execute(sql(trigger)).await.expect("the trigger is gone");
            }
        }
        Engine::Postgres => {
            tx.execute(sql("SET LOCAL session_replication_role = replica")).await.expect("triggers sleep");
        }
    }
    assert_eq!(tx.execute(query).await.expect("done"), rows);
    tx.commit().await.expect("committed");
}

/// Inserts a row with a chosen number.
pub(super) fn row_of_number(number: i64) -> Sql {
    crate::db::sql_for(
        "INSERT INTO audit_log (id, at, user_id, roles, action, what)
            SELECT $1, '2026-11-21T15:30:00.000000Z', id, 'doctor', 'read', 'chart' FROM users WHERE login = 'doctor'",
        // PostgreSQL assigns the number itself without this clause.
        "INSERT INTO audit_log (id, at, user_id, roles, action, what) OVERRIDING SYSTEM VALUE
            SELECT $1, '2026-11-21T15:30:00Z', id, 'doctor', 'read', 'chart' FROM users WHERE login = 'doctor'",
    )
    .bind(number)
}

/// Adds rows as the program does.
pub(super) async fn write(tx: &mut Tx, app: &TestApp, rows: usize) {
    audit::write(tx, &vec![row(app, UserId::SYSTEM); rows]).await.expect("written");
}

/// Records that a user viewed Ana's chart.
pub(super) async fn look(tx: &mut Tx, app: &TestApp, login: &str) {
    audit::write(tx, &[row(app, app.fixture.user(login))]).await.expect("written");
}

fn row(app: &TestApp, user: UserId) -> AuditRow {
    AuditRow {
        at: app.state.clock.now(),
        user,
        roles: "doctor".to_owned(),
        action: Action::Read,
        what: "chart",
        subject: None,
        patient: Some(app.fixture.ana),
        clinic: None,
        address: "127.0.0.1".to_owned(),
        request: "R".to_owned(),
        why: String::new(),
    }
}

/// Returns the numbers of all rows.
pub(super) async fn numbers(app: &TestApp) -> Vec<i64> {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.all::<(i64,)>(sql("SELECT id FROM audit_log ORDER BY id")).await.expect("numbers").into_iter().map(|(id,)| id).collect()
}

/// Whether the database refuses the query by the guard with that name.
pub(super) async fn is_refused(app: &TestApp, query: Sql, guard: &str) -> bool {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.is_err_and(|error| error.violates(guard))
}

/// Whether PostgreSQL refuses the change to the tables' owner, an ordinary user, with the triggers disabled.
pub(super) async fn owner_is_refused(app: &TestApp, table: &'static str, change: &'static str) -> bool {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let role = format!("owner_{}_{}", std::process::id(), uuid::Uuid::new_v4().simple());
    for text in [
        format!("CREATE ROLE {role}"),
        format!("ALTER TABLE {table} OWNER TO {role}"),
        format!("GRANT USAGE ON SCHEMA public TO {role}"),
        format!("SET LOCAL ROLE {role}"),
        format!("ALTER TABLE {table} DISABLE TRIGGER USER"),
    ] {
        tx.execute(sql("").push(String::leak(text))).await.expect("prepared");
    }
    // Neither the role nor the changes are committed.
    tx.execute(sql(change)).await.is_err_and(|error| format!("{error}").contains("permission denied"))
}
