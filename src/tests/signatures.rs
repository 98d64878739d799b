//! Tests signatures of notes: the password is required, each changed column is detected, keys are renewed and their earlier
//! signatures stay valid.

use axum::http::StatusCode;

use super::{Browser, Fixture, TestApp, app::test_keys, fixture::PASSWORD, on_both_engines, opd::waits_for_doctor};
use crate::{
    clinical::{self, Meaning, Stock, Summary, Verdict},
    core::{PatientId, UserId, VisitId},
    db::sql,
    keys::{NOTES, SIGNING_KEYS},
};

/// Creates a visit with the patient called to the doctor.
async fn called(app: &TestApp, doctor: &Browser, patient: PatientId) -> VisitId {
    let visit = waits_for_doctor(app, patient).await;
    let answer = doctor.post("/api/clinical/call", &[("visit_id", &visit.to_string())]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    visit
}

/// Creates a signed note with a diagnosis, a prescription and an addendum.
pub(super) async fn signed(app: &TestApp, doctor: &Browser, patient: PatientId) -> VisitId {
    let visit = called(app, doctor, patient).await;
    let id = visit.to_string();
    let acts: [(&str, Vec<(&str, &str)>); 3] = [
        ("add_diagnosis", vec![("diagnosis", "J20.9"), ("certainty", "confirmed")]),
        (
            "prescribe",
            vec![
                ("drug", "Metformin 500 MG"),
                ("dose", "1 tablet"),
                ("route", "oral"),
                ("frequency", "twice a day"),
                ("days", "90"),
                ("instructions", "With food"),
            ],
        ),
        ("sign", vec![("version", "0"), ("history", "Cough"), ("plan", "Rest"), ("password", PASSWORD)]),
    ];
    for (act, form) in acts {
        let form = [&[("visit_id", id.as_str())][..], &form].concat();
        let answer = doctor.post(&format!("/api/clinical/{act}"), &form).await;
        assert_eq!(answer.status, StatusCode::OK, "{act}: {}", answer.body);
    }
    let encounter = summary(app, visit).await.encounter.id.to_string();
    let key = Fixture::key();
    let form = [("encounter_id", encounter.as_str()), ("key", &key), ("body", "Called back: better."), ("password", PASSWORD)];
    assert_eq!(doctor.post("/api/clinical/add_addendum", &form).await.status, StatusCode::OK);
    visit
}

pub(super) async fn summary(app: &TestApp, visit: VisitId) -> Summary {
    let mut tx = app.state.db.read().await.expect("a connection");
    clinical::visit_summary(&mut tx, visit).await.expect("read").expect("an encounter")
}

pub(super) fn verdicts(summary: &Summary) -> (Verdict, Verdict) {
    let note = summary.note.as_ref().and_then(|note| note.signature.as_ref()).expect("a signature");
    (note.verdict, summary.addenda.first().expect("an addendum").verdict)
}

pub(super) async fn run(app: &TestApp, statement: crate::db::Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(statement).await.expect("done");
    tx.commit().await.expect("committed");
}

pub(super) async fn broken(app: &TestApp) -> i64 {
    clinical::broken_signatures(&mut app.state.db.read().await.expect("a connection")).await.expect("checked")
}

#[tokio::test]
async fn a_signature_asks_for_the_password_and_stands_on_page_and_paper() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = called(&app, &doctor, app.fixture.ana).await;
        let id = visit.to_string();
        let page = format!("/consultation/{id}");
        let sign = |password: &'static str| {
            let (doctor, id, page) = (doctor.clone(), id.clone(), page.clone());
            async move {
                let form = [("visit_id", id.as_str()), ("version", "0"), ("history", "Cough"), ("password", password)];
                doctor.submit(&page, "/api/clinical/sign", &form).await
            }
        };
        for (typed, words) in [("", "Enter your password."), ("wrong", "This is not your password.")] {
            let refused = sign(typed).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.body.contains(words) && refused.body.contains("Cough"), "{words}: what was written stays");
        }
        assert!(clinical::visit_summary(&mut app.state.db.read().await.expect("a connection"), visit).await.expect("read").is_none());
        // Password guessing is slowed down as at sign-in; the right password is refused then too.
        for _ in 0..4 {
            sign("wrong").await;
        }
        assert_eq!(sign(PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY, "too early");
        app.state.clock.advance(chrono::Duration::minutes(16));
        assert_eq!(sign(PASSWORD).await.status, StatusCode::SEE_OTHER);
        let signature = summary(&app, visit).await.note.expect("a note").signature.expect("signed");
        assert_eq!(
            (signature.name.as_str(), signature.meaning, signature.verdict),
            ("Dr. Carmen Costa", Meaning::Author, Verdict::Verified)
        );
        for page in [page, format!("/visits/{id}/summary"), format!("/patients/{}/chart", app.fixture.ana)] {
            let body = doctor.get(&page).await.body;
            assert!(body.contains("Signed by Dr. Carmen Costa") && body.contains("signature verified"), "{page}");
        }
        app.assert_sound().await;
    })
    .await;
}

/// Each statement changes one column, bypassing the program.
const OF_THE_NOTE: [&str; 27] = [
    "UPDATE diagnoses SET code = 'J20.8'",
    "UPDATE diagnoses SET description = 'Other'",
    "UPDATE diagnoses SET certainty = 'provisional'",
    "UPDATE diagnoses SET rank = 'secondary'",
    "UPDATE diagnoses SET recorded_at = (SELECT created_at FROM users WHERE login = 'system')",
    "UPDATE diagnoses SET entered_in_error_at = recorded_at",
    "UPDATE prescriptions SET drug = 'Morphine'",
    "UPDATE prescriptions SET dose = '10 tablets'",
    "UPDATE prescriptions SET dose_amount = '10'",
    "UPDATE prescriptions SET dose_unit = 'g'",
    "UPDATE prescriptions SET times = 9",
    "UPDATE prescriptions SET route = 'nasal'",
    "UPDATE prescriptions SET frequency = '3 times a day'",
    "UPDATE prescriptions SET duration_days = 300",
    "UPDATE prescriptions SET as_needed = TRUE",
    "UPDATE prescriptions SET as_needed = TRUE, max_per_day = 9",
    "UPDATE prescriptions SET instructions = ''",
    "UPDATE prescriptions SET allergy_override = 'none'",
    "UPDATE prescriptions SET prescribed_at = (SELECT created_at FROM users WHERE login = 'system')",
    "UPDATE prescriptions SET prescribed_by = (SELECT id FROM users WHERE login = 'nurse')",
    "UPDATE prescriptions SET state = 'entered_in_error', stopped_at = prescribed_at",
    "UPDATE encounters SET reason = 'Nothing'",
    "UPDATE encounters SET doctor_id = NULL",
    "UPDATE notes SET author_id = (SELECT id FROM users WHERE login = 'nurse')",
    "UPDATE notes SET signed_by = (SELECT id FROM users WHERE login = 'nurse')",
    "UPDATE notes SET signed_at = (SELECT created_at FROM users WHERE login = 'system')",
    "UPDATE note_signatures SET meaning = 'imported' WHERE addendum_id IS NULL",
];

const OF_BOTH: [&str; 4] = [
    "UPDATE note_signatures SET name = 'Dr. Other'",
    "UPDATE note_signatures SET signed_at = (SELECT created_at FROM users WHERE login = 'system')",
    "DELETE FROM note_signatures",
    "UPDATE signing_keys SET user_id = (SELECT id FROM users WHERE login = 'doctor2')",
];

/// Drops all triggers, as the owner of the database can.
pub(super) async fn without_guards(app: &TestApp) {
    let guards = crate::db::sql_for(
        "SELECT name, '' FROM sqlite_master WHERE type = 'trigger'",
        "SELECT CAST(tgname AS TEXT), ' ON ' || CAST(CAST(tgrelid AS REGCLASS) AS TEXT) FROM pg_trigger WHERE NOT tgisinternal",
    );
    let guards: Vec<(String, String)> = app.state.db.read().await.expect("a connection").all(guards).await.expect("triggers");
    for (guard, table) in guards {
        run(app, sql("DROP TRIGGER ").push(String::leak(guard)).push(String::leak(table))).await;
    }
}

#[tokio::test]
async fn a_change_of_any_signed_column_is_shown() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = signed(&app, &doctor, app.fixture.ana).await;
        assert_eq!(verdicts(&summary(&app, visit).await), (Verdict::Verified, Verdict::Verified));
        // The database itself refuses some of these changes.
        for statement in
            ["UPDATE note_signatures SET name = 'x'", "DELETE FROM note_signatures", "DELETE FROM addenda", "DELETE FROM signing_keys"]
        {
            assert!(app.state.db.write().await.expect("a transaction").execute(sql(statement)).await.is_err(), "{statement}");
        }
        without_guards(&app).await;
        for (statements, addendum) in [(&OF_THE_NOTE[..], Verdict::Verified), (&OF_BOTH[..], Verdict::Broken)] {
            for statement in statements {
                // The change is not committed: the next one starts from the original.
                let mut tx = app.state.db.write().await.expect("a transaction");
                assert!(tx.execute(sql(statement)).await.expect("changed") > 0, "{statement}");
                let changed = clinical::visit_summary(&mut tx, visit).await.expect("read").expect("an encounter");
                assert_eq!(verdicts(&changed), (Verdict::Broken, addendum), "{statement}");
                assert!(clinical::broken_signatures(&mut tx).await.expect("checked") > 0, "{statement}");
            }
        }
        assert_eq!(broken(&app).await, 0);
        // An attacker who also has the database's keys, and writes another text, has no clinician's key to sign it.
        let note = summary(&app, visit).await.note.expect("a note");
        run(
            &app,
            sql("UPDATE notes SET sealed = $2 WHERE id = $1").bind(note.id).bind(NOTES.seal(
                note.id,
                note.encounter,
                ["Fever", "", "", "Rest"],
            )),
        )
        .await;
        assert_eq!(verdicts(&summary(&app, visit).await), (Verdict::Broken, Verdict::Verified));
        let pages = [format!("/consultation/{visit}"), format!("/visits/{visit}/summary"), format!("/patients/{}/chart", app.fixture.ana)];
        for page in pages {
            let body = doctor.get(&page).await.body;
            assert!(body.contains("The text is not what was signed") && !body.contains("signature verified"), "{page}");
        }
        let ana = app.as_("ana").await;
        assert!(ana.get(&format!("/portal/records/visits/{visit}")).await.body.contains("not what was signed"));
        assert_eq!(broken(&app).await, 1);
    })
    .await;
}

#[tokio::test]
async fn nobody_puts_in_a_key_of_his_own() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = signed(&app, &doctor, app.fixture.ana).await;
        without_guards(&app).await;
        // An attacker's public key replaces the doctor's, with everything else that the attacker can write into the
        // row.
        run(&app, sql("UPDATE signing_keys SET public_key = $1").bind(vec![7; 32])).await;
        assert_eq!(verdicts(&summary(&app, visit).await), (Verdict::Broken, Verdict::Broken));
    })
    .await;
}

#[tokio::test]
async fn a_renewed_key_leaves_what_the_old_one_signed() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let first = signed(&app, &doctor, app.fixture.ana).await;
        let user = app.fixture.user("doctor");
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert_eq!(clinical::renew_key(&mut tx, user, app.state.clock.now()).await, Ok(true));
        assert_eq!(clinical::renew_key(&mut tx, user, app.state.clock.now()).await, Ok(false), "none is in use");
        tx.commit().await.expect("committed");
        let second = signed(&app, &doctor, app.fixture.ben).await;
        for visit in [first, second] {
            assert_eq!(verdicts(&summary(&app, visit).await), (Verdict::Verified, Verdict::Verified));
        }
        let mut tx = app.state.db.read().await.expect("a connection");
        let keys: Vec<(uuid::Uuid, crate::keys::Sealed, bool)> = tx
            .all(sql("SELECT id, sealed, retired_at IS NOT NULL FROM signing_keys WHERE user_id = $1 ORDER BY created_at, id").bind(user))
            .await
            .expect("keys");
        let secrets = keys
            .iter()
            .map(|(id, sealed, retired)| (SIGNING_KEYS.open_one("secret", tx.keys(), *id, user, sealed).expect("opens").len(), *retired));
        assert_eq!(secrets.collect::<Vec<_>>(), [(0, true), (64, false)], "the old private half is gone");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

/// Makes the database as a program without signatures and without a record of changes left it.
pub(super) async fn as_before(app: &TestApp) {
    without_guards(app).await;
    for table in ["note_signatures", "signing_keys", "sealed_marks", "sealed_changes", "sealed_changes_end"] {
        run(app, sql("DELETE FROM ").push(table)).await;
    }
    crate::sealing::prepare(&app.state.db, &test_keys(), app.state.clock.now()).await.expect("the record begins");
}

#[tokio::test]
async fn what_comes_signed_from_elsewhere_is_signed_as_such() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = signed(&app, &doctor, app.fixture.ana).await;
        let now = app.state.clock.now();
        as_before(&app).await;
        assert_eq!(broken(&app).await, 2);
        // No start adopts the notes by itself: an operator must do it, once.
        for _ in 0..2 {
            assert_eq!(clinical::take_stock(&app.state.db, now).await, Ok(Stock::Bare(2)));
            assert_eq!(broken(&app).await, 2);
        }
        assert_eq!(clinical::adopt(&app.state.db, now).await, Ok(Some(2)));
        let signature = summary(&app, visit).await.note.expect("a note").signature.expect("signed");
        assert_eq!((signature.meaning, signature.verdict), (Meaning::Imported, Verdict::Verified));
        assert!(doctor.get(&format!("/visits/{visit}/summary")).await.body.contains("in the system used before"));
        let mut tx = app.state.db.read().await.expect("a connection");
        let (by,): (UserId,) =
            tx.one(sql("SELECT DISTINCT k.user_id FROM note_signatures s JOIN signing_keys k ON k.id = s.key_id")).await.expect("one");
        assert_eq!(by, UserId::SYSTEM, "not in the doctor's name");
        drop(tx);
        app.assert_sound().await;
        // Adoption works only once: a signature that is removed later is reported as missing.
        run(&app, sql("DELETE FROM note_signatures WHERE addendum_id IS NULL")).await;
        assert_eq!(clinical::adopt(&app.state.db, now).await, Ok(None));
        assert_eq!(broken(&app).await, 1);
    })
    .await;
}
