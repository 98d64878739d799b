//! Tests that the database itself refuses late changes, whichever program sends them.

use std::time::Duration;

use super::{called, codes, diagnosis, prescription, send, summary};
use crate::{
    core::{DiagnosisId, EncounterId, NoteId, PrescriptionId},
    db::{DbError, Engine, Sql, sql},
    tests::{TestApp, fixture::PASSWORD, on_both_engines, races_on_both_engines},
};

const DIAGNOSIS: &str = "INSERT INTO diagnoses (id, encounter_id, patient_id, code, description, certainty, rank, recorded_at, recorded_by)
    SELECT $2, id, patient_id, 'I10', 'Hypertension', 'confirmed', 'secondary', started_at, created_by FROM encounters WHERE id = $1";
const PRESCRIPTION: &str =
    "INSERT INTO prescriptions (id, encounter_id, patient_id, drug, dose, route, frequency, state, prescribed_at, prescribed_by)
    SELECT $2, id, patient_id, 'Late', '1', 'oral', 'daily', 'draft', started_at, created_by FROM encounters WHERE id = $1";
const NOTE: &str = "INSERT INTO notes (id, encounter_id, patient_id, author_id, state, created_at, updated_at)
    SELECT $2, id, patient_id, created_by, 'draft', started_at, started_at FROM encounters WHERE id = $1";
const FINISH: &str = "UPDATE encounters SET state = 'finished', ended_at = started_at WHERE id = $1 AND state = 'in_progress'";

async fn refusal(app: &TestApp, statement: Sql) -> Option<DbError> {
    app.state.db.write().await.expect("a transaction").execute(statement).await.err()
}

#[tokio::test]
async fn the_schema_refuses_a_change_of_a_finished_encounter() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = called(&app, &doctor, app.fixture.ana).await;
        send(&doctor, "/api/clinical/add_diagnosis", &diagnosis(visit, codes(1)[0])).await;
        send(&doctor, "/api/clinical/prescribe", &prescription(visit, "Ibuprofen")).await;
        let encounter = summary(&app, visit).await.encounter.id;
        let with_drafts = refusal(&app, sql(FINISH).bind(encounter)).await.expect("refused");
        assert!(with_drafts.violates("encounters_finish_leaves_no_draft"), "{with_drafts}");
        let sign = [("visit_id", visit.to_string()), ("version", "0".to_owned()), ("plan", "Rest".to_owned()), ("password", PASSWORD.to_owned())];
        let signed = send(&doctor, "/api/clinical/sign", &sign.into()).await;
        assert!(signed.status.is_success(), "{}", signed.body);
        let late = [
            sql(DIAGNOSIS).bind(encounter).bind(DiagnosisId::new()),
            sql("UPDATE diagnoses SET rank = 'secondary'"),
            sql("UPDATE diagnoses SET entered_in_error_at = recorded_at"),
            sql("DELETE FROM diagnoses"),
            sql(PRESCRIPTION).bind(encounter).bind(PrescriptionId::new()),
            sql("UPDATE prescriptions SET dose = '9'"),
            sql("UPDATE prescriptions SET state = 'entered_in_error', stopped_at = prescribed_at"),
            sql("DELETE FROM prescriptions"),
        ];
        for statement in late {
            let words = statement.text(app.state.db.engine()).to_owned();
            let refused = refusal(&app, statement).await.unwrap_or_else(|| panic!("not refused: {words}"));
            assert!(refused.violates("encounter_finished"), "{words}: {refused}");
        }
        // A signed prescription can still be stopped or completed.
        assert!(refusal(&app, sql("UPDATE prescriptions SET state = 'completed'")).await.is_none());
        // An imported, finished encounter accepts a diagnosis, but no draft of a note.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let imported = EncounterId::new();
        let query = sql("INSERT INTO encounters (id, patient_id, clinic_id, kind, state, started_at, ended_at, created_by, updated_at, updated_by)
            SELECT $2, patient_id, clinic_id, kind, 'finished', started_at, started_at, created_by, started_at, created_by FROM encounters WHERE id = $1");
        tx.execute(query.bind(encounter).bind(imported)).await.expect("an encounter");
        tx.commit().await.expect("committed");
        assert!(refusal(&app, sql(DIAGNOSIS).bind(imported).bind(DiagnosisId::new())).await.is_none());
        let refused = refusal(&app, sql(NOTE).bind(imported).bind(NoteId::new())).await.expect("refused");
        assert!(refused.violates("encounter_finished"), "{refused}");
    })
    .await;
}

/// A writer without a lock adds a row while the encounter is being finished: it waits, and is then refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_without_a_lock_waits_for_the_end_of_the_encounter_and_is_refused() {
    races_on_both_engines(|app| async move {
        // In SQLite the second writer cannot begin.
        if app.state.db.engine() == Engine::Sqlite {
            return;
        }
        let doctor = app.as_("doctor").await;
        let visit = called(&app, &doctor, app.fixture.ana).await;
        send(&doctor, "/api/clinical/begin", &vec![("visit_id", visit.to_string())]).await;
        let encounter = summary(&app, visit).await.encounter.id;
        let mut finishing = app.state.db.write().await.expect("a transaction");
        let signing = sql(
            "UPDATE notes SET state = 'signed', signed_at = updated_at, signed_by = author_id, signed_digest = 'x' WHERE encounter_id = $1",
        );
        finishing.execute(signing.bind(encounter)).await.expect("signed");
        finishing.execute(sql(FINISH).bind(encounter)).await.expect("finished");
        let writers =
            [sql(DIAGNOSIS).bind(encounter).bind(DiagnosisId::new()), sql(PRESCRIPTION).bind(encounter).bind(PrescriptionId::new())].map(
                |statement| {
                    let app = app.clone();
                    tokio::spawn(async move { refusal(&app, statement).await })
                },
            );
        // Both wait for the lock before the end of the encounter is committed.
        let waiting = sql("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.datname = current_database() WHERE NOT l.granted
            AND l.pid IN (SELECT pid FROM pg_stat_activity WHERE datid = d.oid)");
        // The query runs outside a transaction, because PostgreSQL keeps the list of connections unchanged within one.
        let mut watching = app.state.db.read().await.expect("a connection");
        tokio::time::timeout(Duration::from_secs(20), async {
            while watching.count(waiting.clone()).await.expect("counted") < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("both wait");
        drop(watching);
        finishing.commit().await.expect("committed");
        for writer in writers {
            let refused = writer.await.expect("answered").expect("refused");
            assert!(refused.violates("encounter_finished"), "{refused}");
        }
    })
    .await;
}
