//! The SQL with which the tests bypass the program: searches for text that must not be there, and changes of protected
//! rows.

use uuid::Uuid;

use crate::{
    core::{EncounterId, NoteId, PatientId, UserId},
    db::{Database, Engine, Tx, sql, sql_for},
    keys::{ADDENDA, CONTACTS, NOTES, PATIENTS, PHONE_INDEX, RowOf, SEALED, SECOND_FACTORS, Sealed, Source, unbind, version_of},
    tests::{
        TestApp,
        app::{test_keys, test_now},
    },
};

/// Inserts a signed note with an addendum, for a patient without a visit.
pub(super) async fn note(tx: &mut Tx, app: &TestApp, history: &str, more: &str) {
    let (encounter, note, addendum, now) = (EncounterId::new(), Uuid::now_v7(), Uuid::now_v7(), test_now());
    let query =
        sql("INSERT INTO encounters (id, patient_id, clinic_id, kind, state, started_at, ended_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, 'outpatient', 'finished', $4, $4, $5, $4, $5)")
        .bind(encounter)
        .bind(app.fixture.ana)
        .bind(app.fixture.north)
        .bind(now)
        .bind(UserId::SYSTEM);
    tx.execute(query).await.expect("an encounter");
    let query = sql("INSERT INTO notes (id, encounter_id, patient_id, author_id, sealed, state, signed_at, signed_by, signed_digest, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, 'signed', $6, $4, 'digest', $6, $6)")
    .bind(note)
    .bind(encounter)
    .bind(app.fixture.ana)
    .bind(UserId::SYSTEM)
    .bind(NOTES.seal(note, encounter, [history, "", "", ""]))
    .bind(now);
    tx.execute(query).await.expect("a note");
    let query = sql("INSERT INTO addenda (id, note_id, sealed, written_at, written_by) VALUES ($1, $2, $3, $4, $5)")
        .bind(addendum)
        .bind(note)
        .bind(ADDENDA.seal(addendum, NoteId(note), [more]))
        .bind(now)
        .bind(UserId::SYSTEM);
    tx.execute(query).await.expect("an addendum");
}

pub(super) async fn tables_with(app: &TestApp, mark: &str) -> Vec<String> {
    tables_with_in(&app.state.db, mark).await
}

/// Returns the tables that contain the text.
pub(super) async fn tables_with_in(db: &Database, mark: &str) -> Vec<String> {
    let mut tx = db.read().await.expect("a connection");
    let tables = sql_for(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
    );
    let mut found = Vec::new();
    for (table,) in tx.all::<(String,)>(tables).await.expect("tables") {
        let name: &'static str = table.clone().leak();
        let columns = sql_for(
            "SELECT name FROM pragma_table_info($1)",
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1",
        );
        for (column,) in tx.all::<(String,)>(columns.bind(name)).await.expect("columns") {
            let column: &'static str = column.leak();
            let query = match tx.engine() {
                Engine::Sqlite => sql("SELECT count(*) FROM ")
                    .push(name)
                    .push(" WHERE instr(")
                    .push(column)
                    .push(", CAST(")
                    .push_bind(mark)
                    .push(" AS BLOB)) > 0 OR instr(")
                    .push(column)
                    .push(", ")
                    .push_bind(mark),
                // Bytes are in hexadecimal there, so the query also searches for that form.
                Engine::Postgres => sql("SELECT count(*) FROM ")
                    .push(name)
                    .push(" WHERE position(encode(convert_to(")
                    .push_bind(mark)
                    .push(", 'UTF8'), 'hex') IN CAST(")
                    .push(column)
                    .push(" AS TEXT)) > 0 OR position(")
                    .push_bind(mark)
                    .push(" IN CAST(")
                    .push(column)
                    .push(" AS TEXT)"),
            };
            if tx.count(query.push(") > 0")).await.expect("counted") > 0 {
                found.push(format!("{table}.{column}"));
            }
        }
    }
    found
}

pub(super) fn files_with(app: &TestApp, mark: &str) -> Vec<String> {
    files_of(&app.url, mark)
}

/// Returns the files of a SQLite database that contain the text.
pub(super) fn files_of(url: &str, mark: &str) -> Vec<String> {
    let Some(path) = url.strip_prefix("sqlite:") else { return Vec::new() };
    let files = [path.to_owned(), format!("{path}-wal")];
    let with = |path: &String| std::fs::read(path).is_ok_and(|bytes| bytes.windows(mark.len()).any(|window| window == mark.as_bytes()));
    files.into_iter().filter(with).collect()
}

/// The changes: another patient's envelope; a byte of the head, of a field, of the version; a field removed; two fields
/// exchanged.
pub(super) const TAMPERINGS: [&str; 5] = ["another's", "head", "field", "cut", "exchanged"];

pub(super) async fn take_copy(app: &TestApp, patient: PatientId) -> Vec<u8> {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.one::<(Vec<u8>,)>(sql("SELECT sealed FROM patients WHERE id = $1").bind(patient)).await.expect("the row").0
}

pub(super) async fn put_back(app: &TestApp, patient: PatientId, sealed: Vec<u8>) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(sql("UPDATE patients SET sealed = $2 WHERE id = $1").bind(patient).bind(sealed)).await.expect("written");
    tx.commit().await.expect("committed");
}

pub(super) async fn tamper(app: &TestApp, how: &str, patient: PatientId) {
    let mut sealed = take_copy(app, patient).await;
    let last = sealed.len() - 1;
    match how {
        "another's" => sealed = take_copy(app, app.fixture.ben).await,
        "head" => sealed[20] ^= 1,
        "field" => sealed[last] ^= 1,
        "cut" => {
            // The last field is the postal code: five letters.
            sealed.truncate(sealed.len() - (1 + 4 + 5 + 16));
        }
        // The first field's number becomes the second's.
        _ => sealed[65] = 2,
    }
    put_back(app, patient, sealed).await;
}

pub(super) async fn lose_index(app: &TestApp, patient: PatientId) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(sql("UPDATE patients SET phone_index = NULL WHERE id = $1").bind(patient)).await.expect("written");
    tx.commit().await.expect("committed");
}

/// Inserts rows as an older program wrote them.
pub async fn fill_as_before(db: &Database) {
    db.migrate(Some(20_261_121_190_000)).await.expect("the schema of before");
    crate::organisation::ensure_hospital(db, test_now()).await.expect("a hospital");
    let mut tx = db.write().await.expect("a transaction");
    let (patient, now, by) = (PatientId::new(), test_now(), UserId::SYSTEM);
    let ids: [Uuid; 6] = std::array::from_fn(|_| Uuid::now_v7());
    let [encounter, note, other, insurer, addendum, mail] = ids;
    let text = |words: &'static str| sql(words).bind(patient).bind(now).bind(by);
    let statements = [
        text("INSERT INTO patients (id, mrn, given_names, birth_precision, sex, national_id, phone, phone_digits, email, address, city, name_key,
            created_at, created_by, updated_at, updated_by)
            VALUES ($1, '7', 'Ada', 'unknown', 'female', 'ID-4711-MARK', '617 555 0142', '6175550142', 'x@mark-email.example', 'mark-street',
            'mark-town', 'at', $2, $3, $2, $3)"),
        text("INSERT INTO billing_accounts (id, patient_id, opened_at, opened_by) VALUES ($1, $1, $2, $3)"),
        sql("INSERT INTO patient_search_terms (term, patient_id) VALUES ('ada', $1)").bind(patient),
        sql("INSERT INTO patient_contacts (id, patient_id, name, phone) VALUES ($1, $1, 'Luis', '617 555 0143')").bind(patient),
        sql("INSERT INTO patient_identifiers (system, value, patient_id) VALUES ('ssn', 'OUTSIDE-9-MARK', $1)").bind(patient),
        sql("INSERT INTO insurers (id, name) VALUES ($1, 'Plan')").bind(insurer),
        text("INSERT INTO coverages (id, patient_id, insurer_id, policy_number, copay_percent, created_at, created_by)
            VALUES ($1, $1, $4, 'POLICY-MARK-77', 20, $2, $3)").bind(insurer),
        text("INSERT INTO encounters (id, patient_id, clinic_id, kind, state, started_at, ended_at, created_by, updated_at, updated_by)
            SELECT $4, $1, id, 'outpatient', 'finished', $2, $2, $3, $2, $3 FROM clinics").bind(encounter),
        text("INSERT INTO notes (id, encounter_id, patient_id, author_id, history, state, signed_at, signed_by, signed_digest, created_at, updated_at)
            VALUES ($4, $5, $1, $3, 'mark-history', 'signed', $2, $3, 'digest', $2, $2)").bind(note).bind(encounter),
        sql("INSERT INTO addenda (id, note_id, body, written_at, written_by) VALUES ($1, $2, 'mark-addendum', $3, $4)")
            .bind(addendum).bind(note).bind(now).bind(by),
        sql("INSERT INTO mails (id, recipient, subject, body, created_at) VALUES ($1, 'mark-recipient', 'mark-letter', 'mark-letter', $2)")
            .bind(mail).bind(now),
        sql("INSERT INTO imported_records (source, kind, external_id, local_id, body, imported_at) VALUES ('fhir', 'X', 'x', $1, 'mark-history', $2)")
            .bind(other).bind(now),
    ];
    for statement in statements {
        tx.execute(statement).await.expect("a row");
    }
    tx.commit().await.expect("committed");
}

/// Inserts more rows than are encrypted at a time.
pub(super) async fn many(app: &TestApp, count: usize) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let rows = (0..count).map(|number| {
        let (id, phone) = (Uuid::now_v7(), format!("508 {number:07}"));
        crate::row![id, app.fixture.ana, "Somebody", crate::keys::CONTACTS.seal(id, app.fixture.ana, [&phone])]
    });
    let rows = rows.collect();
    crate::db::insert_rows(&mut tx, "INSERT INTO patient_contacts (id, patient_id, name, sealed) VALUES ", "", rows).await.expect("rows");
    tx.commit().await.expect("committed");
}

/// Returns all envelopes.
async fn envelopes(app: &TestApp) -> Vec<Sealed> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let mut all = Vec::new();
    for fields in SEALED {
        let rows = tx.all::<(Sealed,)>(sql("SELECT sealed FROM ").push(fields.table()).push(" WHERE length(sealed) > 0")).await;
        all.extend(rows.expect("rows").into_iter().map(|(sealed,)| sealed));
    }
    all
}

/// Returns the number of envelopes with this version, and with another.
pub(super) async fn under(app: &TestApp, version: u32) -> (usize, usize) {
    let (old, new): (Vec<_>, Vec<_>) = envelopes(app).await.into_iter().partition(|sealed| version_of(sealed) == Some(version));
    (old.len(), new.len())
}

pub(super) async fn fields_after_the_head(app: &TestApp) -> std::collections::BTreeSet<Vec<u8>> {
    envelopes(app).await.into_iter().map(|sealed| sealed.0[65..].to_vec()).collect()
}

/// Whether the database itself refuses a row of version 1, new or changed.
pub(super) async fn refuses_the_old_key(app: &TestApp, source: &Source, patient: PatientId) -> bool {
    let keys = app.state.db.keys();
    // This is a program that has not read the new version.
    keys.load(&test_keys()).expect("loaded");
    keys.use_versions(1, None);
    let seal = || PATIENTS.seal(patient, patient, ["", "1", "", "", "", "", "", ""]);
    let contact = Uuid::now_v7();
    let statements = [
        sql("UPDATE patients SET sealed = $2, phone_index = $3 WHERE id = $1").bind(patient).bind(seal()).bind(PHONE_INDEX.of("1")),
        sql("INSERT INTO patient_contacts (id, patient_id, name, sealed) VALUES ($1, $2, 'x', $3)")
            .bind(contact)
            .bind(patient)
            .bind(seal()),
    ];
    let mut refused = true;
    for statement in statements {
        let mut tx = app.state.db.write().await.expect("a transaction");
        refused &= tx.execute(statement).await.is_err_and(|error| error.violates("encryption_key_closed"));
    }
    keys.load(source).expect("loaded");
    keys.use_versions(2, None);
    refused
}

/// Inserts a contact of Ana's whose id sorts before all others.
pub(super) async fn contact_of_zeros(app: &TestApp) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let query = sql("INSERT INTO patient_contacts (id, patient_id, name, sealed) VALUES ($1, $2, 'Zero', $3)")
        .bind(Uuid::nil())
        .bind(app.fixture.ana)
        .bind(CONTACTS.seal(Uuid::nil(), app.fixture.ana, ["617 555 0100"]));
    tx.execute(query).await.expect("a row");
    tx.commit().await.expect("committed");
}

/// Cuts off its envelope.
pub(super) async fn spoil_contact_of_zeros(app: &TestApp) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let query = sql("UPDATE patient_contacts SET sealed = substr(sealed, 1, 80) WHERE id = $1").bind(Uuid::nil());
    assert_eq!(tx.execute(query).await.expect("written"), 1);
    tx.commit().await.expect("committed");
}

/// Makes the database ignore changes of contacts without an error, or accept them again.
pub(super) async fn keep_contacts_as_they_are(app: &TestApp, keep: bool) {
    let statements: &[&'static str] = match (app.state.db.engine(), keep) {
        (Engine::Sqlite, true) => &["CREATE TRIGGER kept BEFORE UPDATE ON patient_contacts BEGIN SELECT RAISE(IGNORE); END"],
        (Engine::Sqlite, false) => &["DROP TRIGGER kept"],
        (Engine::Postgres, true) => &[
            "CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE TRIGGER kept BEFORE UPDATE ON patient_contacts FOR EACH ROW EXECUTE FUNCTION kept()",
        ],
        (Engine::Postgres, false) => &["DROP TRIGGER kept ON patient_contacts"],
    };
    let mut tx = app.state.db.write().await.expect("a transaction");
    for statement in statements {
        tx.execute(sql(statement)).await.expect("done");
    }
    tx.commit().await.expect("committed");
}

/// The ways in which a person with access to the database may try to make version 1 current again after a rotation to
/// version 2.
pub(super) const VERSION_CHANGES: [&str; 3] = ["swapped", "brought back", "forgotten"];

pub(super) async fn change_versions(db: &Database, how: &str) {
    let mut tx = db.write().await.expect("a transaction");
    let old_is_back = "UPDATE encryption_keys SET closed_at = NULL, retired_at = NULL WHERE version = 1";
    let statements = match how {
        "swapped" => vec!["UPDATE encryption_keys SET closed_at = created_at, retired_at = created_at WHERE version = 2", old_is_back],
        "brought back" => vec![old_is_back],
        _ => vec![
            "UPDATE encryption_keys SET version = 9, marker = substr(check_value, 1, 4), closed_at = created_at,
            retired_at = created_at WHERE version = 2",
            old_is_back,
        ],
    };
    for statement in statements {
        tx.execute(sql(statement)).await.expect(how);
    }
    tx.commit().await.expect("committed");
}

pub(super) async fn put_versions_right(db: &Database) {
    let mut tx = db.write().await.expect("a transaction");
    for statement in [
        "UPDATE encryption_keys SET version = 2 WHERE version = 9",
        "UPDATE encryption_keys SET closed_at = created_at, retired_at = created_at WHERE version = 1",
        "UPDATE encryption_keys SET closed_at = NULL, retired_at = NULL WHERE version = 2",
    ] {
        tx.execute(sql(statement)).await.expect("right");
    }
    let query = sql("UPDATE encryption_keys SET marker = $1 WHERE version = 2").bind(2_u32.to_be_bytes().to_vec());
    tx.execute(query).await.expect("right");
    tx.commit().await.expect("committed");
}

/// Rewrites all envelopes in the earlier format; returns their number.
pub(super) async fn unbind_all(app: &TestApp) -> i64 {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let (keys, mut all) = (tx.keys().clone(), 0);
    for fields in SEALED {
        let query = sql("SELECT id, ").push(fields.owner()).push(", sealed FROM ").push(fields.table()).push(" WHERE length(sealed) > 0");
        for (id, owner, sealed) in tx.all::<(Uuid, Uuid, Sealed)>(query).await.expect("rows") {
            let before = unbind(&keys, fields, RowOf { id, owner }, &sealed);
            let query = sql("UPDATE ").push(fields.table()).push(" SET sealed = ").push_bind(before).push(" WHERE id = ").push_bind(id);
            all += tx.execute(query).await.map(i64::try_from).expect("written").expect("few");
        }
    }
    tx.commit().await.expect("committed");
    all
}

/// Inserts a confirmed second factor of the user.
pub(super) async fn factor_of(app: &TestApp, user: UserId) -> Uuid {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let id = Uuid::now_v7();
    let query = sql("INSERT INTO second_factors (id, user_id, sealed, created_at, confirmed_at) VALUES ($1, $2, $3, $4, $4)")
        .bind(id)
        .bind(user)
        .bind(SECOND_FACTORS.seal(id, user, ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"]))
        .bind(test_now());
    tx.execute(query).await.expect("a factor");
    tx.commit().await.expect("committed");
    id
}

/// Returns the only row of the patient in a table.
pub(super) async fn only_row(app: &TestApp, table: &'static str, patient: PatientId) -> Uuid {
    let query = sql("SELECT id FROM ").push(table).push(" WHERE patient_id = ").push_bind(patient);
    app.state.db.read().await.expect("a connection").one::<(Uuid,)>(query).await.expect("a row").0
}

/// Gives a row to another owner, bypassing the program.
pub(super) async fn give_to(app: &TestApp, table: &'static str, column: &'static str, id: Uuid, owner: impl Into<Uuid>) {
    let query =
        sql("UPDATE ").push(table).push(" SET ").push(column).push(" = ").push_bind(owner.into()).push(" WHERE id = ").push_bind(id);
    run(app, query).await;
}

pub(super) async fn run(app: &TestApp, query: crate::db::Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    assert_eq!(tx.execute(query).await.expect("written"), 1);
    tx.commit().await.expect("committed");
}

/// The columns of a patient that a person with access to the database may copy: the sealed one, and the blind indexes.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct PatientCopy {
    sealed: Vec<u8>,
    phone_index: Option<Vec<u8>>,
    national_id_index: Option<Vec<u8>>,
    email_index: Option<Vec<u8>>,
    version: i64,
}

pub(super) async fn copy_of(app: &TestApp, patient: PatientId) -> PatientCopy {
    let query = sql("SELECT sealed, phone_index, national_id_index, email_index, version FROM patients WHERE id = $1").bind(patient);
    app.state.db.read().await.expect("a connection").one(query).await.expect("the row")
}

pub(super) async fn put_copy_back(app: &TestApp, patient: PatientId, copy: PatientCopy) {
    let query =
        sql("UPDATE patients SET sealed = $2, phone_index = $3, national_id_index = $4, email_index = $5, version = $6 WHERE id = $1")
            .bind(patient)
            .bind(copy.sealed)
            .bind(copy.phone_index)
            .bind(copy.national_id_index)
            .bind(copy.email_index)
            .bind(copy.version);
    run(app, query).await;
}

/// Returns a contact's columns as an earlier copy has them.
pub(super) async fn contact_copy(app: &TestApp, id: Uuid) -> (PatientId, Vec<u8>) {
    let query = sql("SELECT patient_id, sealed FROM patient_contacts WHERE id = $1").bind(id);
    app.state.db.read().await.expect("a connection").one(query).await.expect("the row")
}

pub(super) async fn put_contact_back(app: &TestApp, id: Uuid, (patient, sealed): (PatientId, Vec<u8>)) {
    let query = sql("INSERT INTO patient_contacts (id, patient_id, name, sealed) VALUES ($1, $2, 'Luis', $3)");
    run(app, query.bind(id).bind(patient).bind(sealed)).await;
}

/// Removes the guards of the record of changes, as a person with access to the database can.
pub(super) async fn without_guards(app: &TestApp) {
    let statements: &[&'static str] = match app.state.db.engine() {
        Engine::Sqlite => &[
            "DROP TRIGGER sealed_changes_no_update",
            "DROP TRIGGER sealed_changes_no_delete",
            "DROP TRIGGER sealed_changes_no_replace",
            "DROP TRIGGER sealed_changes_end_no_delete",
        ],
        Engine::Postgres => &[
            "DROP TRIGGER sealed_changes_append_only ON sealed_changes",
            "DROP TRIGGER sealed_changes_end_no_delete ON sealed_changes_end",
        ],
    };
    let mut tx = app.state.db.write().await.expect("a transaction");
    for statement in statements {
        tx.execute(sql(statement)).await.expect("dropped");
    }
    tx.commit().await.expect("committed");
}

/// Returns the end of the record of changes, and its length.
pub(super) async fn end_of_record(app: &TestApp) -> (Vec<u8>, i64) {
    let query = sql("SELECT sealed, (SELECT count(*) FROM sealed_changes) FROM sealed_changes_end");
    app.state.db.read().await.expect("a connection").one(query).await.expect("an end")
}

/// Returns the secret of a second factor as an earlier copy has it.
pub(super) async fn factor_copy(app: &TestApp, id: Uuid) -> Vec<u8> {
    let query = sql("SELECT sealed FROM second_factors WHERE id = $1").bind(id);
    app.state.db.read().await.expect("a connection").one::<(Vec<u8>,)>(query).await.expect("the row").0
}

pub(super) async fn put_factor_back(app: &TestApp, id: Uuid, user: UserId, sealed: Vec<u8>) {
    let query = sql("INSERT INTO second_factors (id, user_id, sealed, created_at, confirmed_at) VALUES ($1, $2, $3, $4, $4)");
    run(app, query.bind(id).bind(user).bind(sealed).bind(test_now())).await;
}

/// Makes the database accept rows of a retired version again.
pub(super) async fn without_closed_keys(app: &TestApp) {
    run(app, sql("UPDATE encryption_keys SET closed_at = NULL, retired_at = NULL WHERE version = 1")).await;
}
