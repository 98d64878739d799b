//! Tests that removed signatures, and signed rows that were deleted, hidden, moved or set to another state by bypassing the
//! program, are each detected.

use axum::http::StatusCode;

use super::{
    Browser, Fixture, TestApp,
    consultation::leaves,
    fixture::PASSWORD,
    medicine_record::{OnWard, PARACETAMOL},
    on_both_engines,
    opd::waits_for_doctor,
    rounds::{Rounds, decided, goes_on, ok},
    signatures::{broken, run, signed, summary, verdicts, without_guards},
};
use crate::{
    audit::{self, Action, AuditRow},
    clinical::{self, PrescriptionState, Stock, Verdict},
    core::{StayNoteAddendumId, VisitId},
    db::{Engine, Sql, Tx, sql},
    keys::{SIGNING_KEYS, Sealed},
};

/// Returns the rules of `infirmary check` that do not hold.
async fn broken_rules(tx: &mut Tx) -> Vec<&'static str> {
    let findings = crate::invariants::check(tx).await.expect("checked");
    findings.into_iter().filter(|finding| finding.broken > 0).map(|finding| finding.rule).collect()
}

async fn execute(tx: &mut Tx, statements: &[&'static str]) {
    for statement in statements {
        assert!(tx.execute(sql(statement)).await.expect("done") > 0, "{statement}");
    }
}

#[tokio::test]
async fn a_signature_that_is_washed_off_is_missed() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = signed(&app, &doctor, app.fixture.ana).await;
        let now = app.state.clock.now();
        without_guards(&app).await;
        run(&app, sql("UPDATE prescriptions SET dose = '10 tablets'")).await;
        run(&app, sql("DELETE FROM note_signatures")).await;
        // The next start adopts nothing, and the operator cannot either.
        assert_eq!(clinical::take_stock(&app.state.db, now).await, Ok(Stock::Whole));
        assert_eq!(clinical::adopt(&app.state.db, now).await, Ok(None));
        assert_eq!(broken(&app).await, 2);
        for page in [format!("/consultation/{visit}"), format!("/visits/{visit}/summary"), format!("/patients/{}/chart", app.fixture.ana)] {
            assert!(doctor.get(&page).await.body.contains("The text is not what was signed"), "{page}");
        }
        // The mark that records the count is deleted: the signing keys reveal it.
        run(&app, sql("DELETE FROM sealed_marks")).await;
        assert_eq!(clinical::take_stock(&app.state.db, now).await, Ok(Stock::Refused));
        assert_eq!(clinical::adopt(&app.state.db, now).await, Ok(None));
        let rules = broken_rules(&mut app.state.db.read().await.expect("a connection")).await;
        for rule in
            ["what is signed is what was signed", "the mark that signatures were counted stands", "the audit log is as it was sealed"]
        {
            assert!(rules.contains(&rule), "{rule}: {rules:?}");
        }
    })
    .await;
}

/// The keys, the signatures and the marks are deleted: one remaining trace of the count is enough.
#[tokio::test]
async fn with_one_trace_of_the_count_left_nothing_is_counted_again() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        signed(&app, &doctor, app.fixture.ana).await;
        app.assert_sound().await;
        let now = app.state.clock.now();
        without_guards(&app).await;
        run(&app, sql("UPDATE prescriptions SET dose = '10 tablets'")).await;
        for statement in ["DELETE FROM note_signatures", "DELETE FROM signing_keys"] {
            run(&app, sql(statement)).await;
        }
        let refused = async |left: &str| {
            assert_eq!(clinical::take_stock(&app.state.db, now).await, Ok(Stock::Refused), "{left}");
            assert_eq!(clinical::adopt(&app.state.db, now).await, Ok(None), "{left}");
        };
        run(&app, sql("DELETE FROM sealed_marks WHERE name = 'signatures'")).await;
        refused("the record of changes, and the mark of the audit log's end").await;
        run(&app, sql("DELETE FROM sealed_marks")).await;
        refused("the record of changes").await;
        let rules = broken_rules(&mut app.state.db.read().await.expect("a connection")).await;
        for rule in ["what is sealed is as the program left it", "the mark that signatures were counted stands"] {
            assert!(rules.contains(&rule), "{rule}: {rules:?}");
        }
    })
    .await;
}

/// The key is replaced by one without dates, as an earlier program made it.
#[tokio::test]
async fn a_key_of_before_in_the_place_of_a_signers_key_brings_no_second_count() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        signed(&app, &doctor, app.fixture.ana).await;
        without_guards(&app).await;
        let user = app.fixture.user("doctor");
        let mut tx = app.state.db.read().await.expect("a connection");
        let (id, sealed): (uuid::Uuid, Sealed) = tx.one(sql("SELECT id, sealed FROM signing_keys")).await.expect("a key");
        let [secret, owner] = SIGNING_KEYS.open(tx.keys(), id, user, &sealed).expect("opens");
        drop(tx);
        let undated: Vec<&str> = owner.split(' ').take(2).collect();
        let swapped = SIGNING_KEYS.seal(id, user, [secret.as_str(), &undated.join(" ")]);
        run(&app, sql("UPDATE signing_keys SET sealed = $1").bind(swapped)).await;
        for statement in ["DELETE FROM note_signatures", "DELETE FROM sealed_marks"] {
            run(&app, sql(statement)).await;
        }
        assert_eq!(clinical::take_stock(&app.state.db, app.state.clock.now()).await, Ok(Stock::Refused));
        let rules = broken_rules(&mut app.state.db.read().await.expect("a connection")).await;
        assert!(rules.contains(&"what is sealed is as the program left it"), "{rules:?}");
    })
    .await;
}

const GONE_ROW: &str = "each signed row that the audit log tells of is there, signed";
const PLACE: &str = "a signature stands on a signed note of a finished encounter";
const STATE: &str = "a signed prescription is in the state that the audit log tells of";

/// Changes of a signed note, a stopped or a completed medicine, and the rule that detects each.
const GONE: [(&[&str], &str); 11] = [
    (&["DELETE FROM note_signatures WHERE addendum_id IS NOT NULL", "DELETE FROM addenda"], GONE_ROW),
    (
        &["DELETE FROM note_signatures", "DELETE FROM addenda", "DELETE FROM supplies", "DELETE FROM prescriptions", "DELETE FROM notes"],
        GONE_ROW,
    ),
    (&["UPDATE notes SET state = 'entered_in_error'"], GONE_ROW),
    (&["UPDATE notes SET state = 'entered_in_error'"], PLACE),
    (&["UPDATE notes SET state = 'draft', signed_at = NULL, signed_by = NULL, signed_digest = NULL"], GONE_ROW),
    (
        &["DELETE FROM note_signatures", "UPDATE notes SET state = 'draft', signed_at = NULL, signed_by = NULL, signed_digest = NULL"],
        GONE_ROW,
    ),
    (&["UPDATE encounters SET state = 'entered_in_error'"], PLACE),
    (&["UPDATE encounters SET state = 'in_progress', ended_at = NULL"], PLACE),
    (&["UPDATE prescriptions SET state = 'stopped', stopped_at = prescribed_at WHERE state = 'active'"], STATE),
    (&["UPDATE prescriptions SET state = 'completed' WHERE state = 'active'"], STATE),
    (&["UPDATE prescriptions SET state = 'active', stopped_at = NULL WHERE state = 'stopped'"], STATE),
];

/// Prescribes and signs in a visit that the doctor has called.
async fn prescribed(app: &TestApp, doctor: &Browser, drugs: &[&str]) -> VisitId {
    let visit = waits_for_doctor(app, app.fixture.ben).await;
    let id = visit.to_string();
    assert_eq!(doctor.post("/api/clinical/call", &[("visit_id", &id)]).await.status, StatusCode::OK);
    for drug in drugs {
        let form = [
            ("visit_id", id.as_str()),
            ("drug", *drug),
            ("dose", "1 tablet"),
            ("route", "oral"),
            ("frequency", "once a day"),
            ("days", "9"),
        ];
        let answer = doctor.post("/api/clinical/prescribe", &form).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    visit
}

async fn sign(doctor: &Browser, visit: VisitId) {
    let id = visit.to_string();
    let form = [("visit_id", id.as_str()), ("version", "0"), ("plan", "Rest"), ("password", PASSWORD)];
    let answer = doctor.post("/api/clinical/sign", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test]
async fn what_is_deleted_hidden_or_put_into_another_state_is_found() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = prescribed(&app, &doctor, &["Metformin 500 MG", "Ramipril 5 MG"]).await;
        sign(&doctor, visit).await;
        let taken = summary(&app, visit).await;
        let encounter = taken.encounter.id.to_string();
        let key = Fixture::key();
        let form = [("encounter_id", encounter.as_str()), ("key", &key), ("body", "Called back: better."), ("password", PASSWORD)];
        assert_eq!(doctor.post("/api/clinical/add_addendum", &form).await.status, StatusCode::OK);
        let stopped = taken.prescriptions[0].id.to_string();
        let form = [("prescription_id", stopped.as_str()), ("reason", "Rash")];
        assert_eq!(doctor.post("/api/clinical/stop_prescription", &form).await.status, StatusCode::OK);
        app.assert_sound().await;
        without_guards(&app).await;
        for (statements, rule) in GONE {
            // The change is not committed: the next one starts from the original.
            let mut tx = app.state.db.write().await.expect("a transaction");
            execute(&mut tx, statements).await;
            let rules = broken_rules(&mut tx).await;
            assert!(rules.contains(&rule), "{statements:?}: {rules:?}");
        }
        // Removing the rows of the log does not hide it either.
        audit::seal(&app.state.db, app.state.clock.now()).await.expect("sealed");
        let mut tx = app.state.db.write().await.expect("a transaction");
        execute(&mut tx, &["DELETE FROM audit_log WHERE action = 'sign'", "DELETE FROM audit_seals"]).await;
        assert!(broken_rules(&mut tx).await.contains(&"the audit log is as it was sealed"));
    })
    .await;
}

/// Changes of what is signed on a ward: none is found by a signature, because none is left to verify.
const GONE_FROM_A_WARD: [&[&str]; 6] = [
    &["UPDATE stay_notes SET state = 'discarded', signed_at = NULL, signed_by = NULL, key_id = NULL, signature = NULL, signer_name = ''"],
    &["DELETE FROM stay_note_addenda", "DELETE FROM stay_notes"],
    &["DELETE FROM stay_note_addenda"],
    &["DELETE FROM discharge_medicines", "DELETE FROM discharge_summaries"],
    &["UPDATE discharge_summaries SET state = 'draft', signed_at = NULL, signed_by = NULL, key_id = NULL, signature = NULL, signer_name = ''"],
    // Said by phone to a nurse, as it seems, and of another dose.
    &["UPDATE care_orders SET mode = 'verbal', dose = '10 tablets', cosign_due = ordered_at, signed_at = NULL, signed_by = NULL, key_id = NULL,
        signature = NULL, ordered_by = (SELECT id FROM users WHERE login = 'nurse')"],
];

#[tokio::test]
async fn what_is_signed_on_a_ward_is_missed_too() {
    on_both_engines(|app| async move {
        super::formulary::loaded(&app).await;
        let stay = Rounds::open(&app).await;
        let ward = OnWard { admission: stay.id, ward: stay.plan.medical.to_string(), other: "nurse2" };
        let order = ward.order(&app, PARACETAMOL, &[]).await;
        let note = stay.note("sign_new_note", "Pneumonia, better").await;
        let key = StayNoteAddendumId::new().to_string();
        let addendum = [("stay_note_id", note.as_str()), ("key", &key), ("body", "Culture is negative"), ("password", PASSWORD)];
        ok(&stay.doctor.post("/api/rounds/add_addendum", &addendum).await);
        ok(&stay.post(&stay.doctor, "sign_summary", &decided(&goes_on(&order), &[("saved", "0")])).await);
        app.assert_sound().await;
        without_guards(&app).await;
        for statements in GONE_FROM_A_WARD {
            let mut tx = app.state.db.write().await.expect("a transaction");
            execute(&mut tx, statements).await;
            let rules = broken_rules(&mut tx).await;
            assert!(rules.contains(&GONE_ROW), "{statements:?}: {rules:?}");
        }
        // The key is retired, and signs an order after that.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let (key, order): (uuid::Uuid, uuid::Uuid) = tx.one(sql("SELECT key_id, id FROM care_orders")).await.expect("an order");
        let retired = AuditRow::by_command(Action::Update, "signing_key", Some(key), app.state.clock.now());
        audit::write(&mut tx, &[retired]).await.expect("written");
        let (at,): (crate::core::time::Instant,) = tx.one(sql("SELECT signed_at FROM care_orders")).await.expect("a time");
        audit::write(&mut tx, &[AuditRow::by_command(Action::Sign, "care_order", Some(order), at)]).await.expect("written");
        let rules = broken_rules(&mut tx).await;
        assert!(rules.contains(&"the audit log tells of no signature after its key was retired"), "{rules:?}");
    })
    .await;
}

/// A table with a signature that `signed_rows` lacks would be compared with nothing.
#[tokio::test]
async fn each_table_with_a_signature_is_compared_with_the_audit_log() {
    on_both_engines(|app| async move {
        let mut tx = app.state.db.read().await.expect("a connection");
        if tx.engine() == Engine::Sqlite {
            let (view,): (String,) = tx.one(sql("SELECT sql FROM sqlite_master WHERE name = 'signed_rows'")).await.expect("the view");
            let tables = sql("SELECT m.name FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE f.\"table\" = 'signing_keys'");
            let tables: Vec<(String,)> = tx.all(tables).await.expect("tables");
            assert!(tables.len() >= 7 && tables.iter().all(|(table,)| view.contains(table)), "{tables:?}: {view}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_program_itself_changes_is_clean() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let first = prescribed(&app, &doctor, &["Metformin 500 MG", "Ramipril 5 MG"]).await;
        sign(&doctor, first).await;
        leaves(&app, first).await;
        app.state.clock.advance(chrono::Duration::days(20));
        let old = summary(&app, first).await;
        let doctor = app.as_("doctor").await;
        let again = prescribed(&app, &doctor, &[]).await;
        let repeated = old.prescriptions[0].id.to_string();
        let form = [("visit_id", again.to_string()), ("prescription_id", repeated.clone())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(doctor.post("/api/clinical/repeat_prescription", &form).await.status, StatusCode::OK);
        sign(&doctor, again).await;
        let states: Vec<_> = summary(&app, first).await.prescriptions.iter().map(|known| known.state).collect();
        assert_eq!(states, [PrescriptionState::Completed, PrescriptionState::Active]);
        app.assert_sound().await;
        // An earlier program wrote no row for prescriptions that ended like this: they are counted as they are found.
        without_guards(&app).await;
        run(&app, sql("DELETE FROM audit_log WHERE what IN ('prescription_replaced', 'note')")).await;
        super::signatures::as_before(&app).await;
        assert!(matches!(clinical::take_stock(&app.state.db, app.state.clock.now()).await, Ok(Stock::Bare(2))));
        let rules = broken_rules(&mut app.state.db.read().await.expect("a connection")).await;
        assert_eq!(rules, ["what is signed is what was signed"], "until it is adopted");
        assert_eq!(clinical::adopt(&app.state.db, app.state.clock.now()).await, Ok(Some(2)));
        app.assert_sound().await;
    })
    .await;
}

/// Each statement moves one row of the first encounter to the second, of another patient.
const MOVED: [&str; 12] = [
    "UPDATE prescriptions SET patient_id = (SELECT id FROM patients WHERE id = $2) WHERE encounter_id = $1",
    "UPDATE diagnoses SET patient_id = (SELECT id FROM patients WHERE id = $2) WHERE encounter_id = $1",
    "UPDATE notes SET patient_id = (SELECT id FROM patients WHERE id = $2) WHERE encounter_id = $1",
    "UPDATE encounters SET patient_id = (SELECT id FROM patients WHERE id = $2) WHERE id = $1",
    "UPDATE encounters SET clinic_id = (SELECT c.id FROM clinics c, patients p WHERE p.id = $2 AND c.id <> encounters.clinic_id LIMIT 1) WHERE id = $1",
    "UPDATE encounters SET visit_id = NULL WHERE id = $1 AND EXISTS (SELECT 1 FROM patients WHERE id = $2)",
    "UPDATE encounters SET started_at = (SELECT u.created_at FROM users u, patients p WHERE u.login = 'system' AND p.id = $2) WHERE id = $1",
    "UPDATE prescriptions SET encounter_id = (SELECT id FROM encounters WHERE patient_id = $2) WHERE encounter_id = $1",
    "UPDATE prescriptions SET encounter_id = (SELECT id FROM encounters WHERE patient_id = $2), patient_id = $2 WHERE encounter_id = $1",
    "UPDATE diagnoses SET encounter_id = (SELECT id FROM encounters WHERE patient_id = $2), patient_id = $2, rank = 'secondary', code = 'Z00.00'
        WHERE encounter_id = $1",
    "UPDATE addenda SET note_id = (SELECT id FROM notes WHERE patient_id = $2) WHERE note_id = (SELECT id FROM notes WHERE encounter_id = $1)",
    "UPDATE note_signatures SET note_id = (SELECT id FROM notes WHERE patient_id = $2)
        WHERE addendum_id IS NOT NULL AND note_id = (SELECT id FROM notes WHERE encounter_id = $1)",
];

#[tokio::test]
async fn what_is_moved_elsewhere_is_broken() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let first = signed(&app, &doctor, app.fixture.ana).await;
        app.state.clock.advance(chrono::Duration::minutes(1));
        signed(&app, &doctor, app.fixture.ben).await;
        let encounter = summary(&app, first).await.encounter;
        without_guards(&app).await;
        for statement in MOVED {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let moved: Sql = sql(statement).bind(encounter.id).bind(app.fixture.ben);
            assert!(tx.execute(moved).await.unwrap_or_else(|error| panic!("{statement}: {error}")) > 0, "{statement}");
            assert_ne!(clinical::broken_signatures(&mut tx).await, Ok(0), "{statement}");
        }
        // The note and its signatures are moved together to another encounter of the same patient.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let copy =
            sql("INSERT INTO encounters (id, patient_id, clinic_id, department_id, doctor_id, kind, state, reason, started_at, ended_at,
                created_by, updated_at, updated_by)
            SELECT $2, patient_id, clinic_id, department_id, doctor_id, kind, state, reason, started_at, ended_at, created_by, updated_at,
                updated_by FROM encounters WHERE id = $1");
        let other = crate::core::EncounterId::new();
        tx.execute(copy.bind(encounter.id).bind(other)).await.expect("copied");
        for table in ["notes", "diagnoses", "prescriptions"] {
            let moved = sql("UPDATE ").push(table).push(" SET encounter_id = ").push_bind(other);
            tx.execute(moved.push(" WHERE encounter_id = ").push_bind(encounter.id)).await.expect("moved");
        }
        assert_ne!(clinical::broken_signatures(&mut tx).await, Ok(0));
    })
    .await;
}

#[tokio::test]
async fn a_signature_of_a_time_when_its_key_was_not_in_use_is_broken() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let (visit, user) = (signed(&app, &doctor, app.fixture.ana).await, app.fixture.user("doctor"));
        without_guards(&app).await;
        let mut tx = app.state.db.read().await.expect("a connection");
        let (id, sealed): (uuid::Uuid, Sealed) = tx.one(sql("SELECT id, sealed FROM signing_keys")).await.expect("a key");
        let [secret, owner] = SIGNING_KEYS.open(tx.keys(), id, user, &sealed).expect("opens");
        drop(tx);
        let at = app.state.clock.now().timestamp_micros();
        assert!(owner.ends_with(&format!(" {at} -")), "{owner}: when it was made is sealed with it");
        let whose = owner.trim_end_matches(&format!(" {at} -"));
        let minute = 60_000_000;
        for (life, verdict) in [
            (format!("{at} {at}"), Verdict::Verified),
            (format!("{at} {}", at - 1), Verdict::Broken),
            (format!("{} -", at + 4 * minute), Verdict::Verified),
            (format!("{} -", at + 6 * minute), Verdict::Broken),
        ] {
            let sealed = SIGNING_KEYS.seal(id, user, [secret.as_str(), &format!("{whose} {life}")]);
            run(&app, sql("UPDATE signing_keys SET sealed = $1").bind(sealed)).await;
            assert_eq!(verdicts(&summary(&app, visit).await), (verdict, verdict), "{life}");
        }
        // A change of the plain dates has no effect.
        run(&app, sql("UPDATE signing_keys SET sealed = $1").bind(SIGNING_KEYS.seal(id, user, [secret.as_str(), &owner]))).await;
        run(&app, sql("UPDATE signing_keys SET retired_at = (SELECT created_at FROM users WHERE login = 'system')")).await;
        assert_eq!(verdicts(&summary(&app, visit).await), (Verdict::Verified, Verdict::Verified));
    })
    .await;
}

/// A stolen, retired key signs with an earlier date: the log shows which came first.
#[tokio::test]
async fn a_signature_that_comes_after_its_key_was_retired_is_found() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        signed(&app, &doctor, app.fixture.ana).await;
        app.assert_sound().await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let (key,): (uuid::Uuid,) = tx.one(sql("SELECT id FROM signing_keys")).await.expect("a key");
        let row = AuditRow::by_command(Action::Update, "signing_key", Some(key), app.state.clock.now());
        audit::write(&mut tx, &[row]).await.expect("written");
        tx.commit().await.expect("committed");
        app.assert_sound().await;
        signed(&app, &doctor, app.fixture.ben).await;
        let rules = broken_rules(&mut app.state.db.read().await.expect("a connection")).await;
        assert_eq!(rules, ["the audit log tells of no signature after its key was retired"]);
    })
    .await;
}

/// A signature of an older program, which does not cover the visit, stays valid; a present signature cannot pass for
/// one of that program.
#[tokio::test]
async fn a_signature_that_says_nothing_of_the_visit_verifies_as_before() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = signed(&app, &doctor, app.fixture.ana).await;
        let encounter = summary(&app, visit).await.encounter.id;
        without_guards(&app).await;
        let moved = sql("UPDATE encounters SET visit_id = NULL WHERE id = $1").bind(encounter);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(moved).await.expect("moved");
        assert_eq!(clinical::broken_signatures(&mut tx).await, Ok(1), "the visit is signed");
        drop(tx);
        assert_eq!(broken(&app).await, 0);
        // The programs that signed in the older formats knew no structured dose.
        for (format, other) in [(1, "UPDATE note_signatures SET format = 1"), (2, "UPDATE note_signatures SET format = 2")] {
            run(&app, sql(other).push(" WHERE addendum_id IS NULL")).await;
            assert_eq!(broken(&app).await, 1, "bytes of one format are none of the other");
            run(&app, sql("UPDATE prescriptions SET dose_amount = NULL, dose_unit = NULL, times = NULL, in_days = NULL")).await;
            let mut tx = app.state.db.write().await.expect("a transaction");
            let before = clinical::signature_of_before(&mut tx, encounter, format).await.expect("signed");
            let put = sql("UPDATE note_signatures SET signature = $1 WHERE addendum_id IS NULL").bind(before);
            assert_eq!(tx.execute(put).await.expect("put"), 1);
            tx.commit().await.expect("committed");
            assert_eq!(verdicts(&summary(&app, visit).await), (Verdict::Verified, Verdict::Verified));
            app.assert_sound().await;
            run(&app, sql("UPDATE prescriptions SET dose_amount = '1', dose_unit = 'g'")).await;
            assert_eq!(broken(&app).await, 1, "format {format} does not vouch for a structured dose");
        }
    })
    .await;
}
