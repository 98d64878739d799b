//! The invariants of documents in the database alone, by their names.

use super::add_one;
use crate::{
    db::{Sql, sql},
    tests::{TestApp, on_both_engines},
};

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_database_alone_keeps_documents() {
    on_both_engines(|app| async move {
        add_one(&app).await;
        refused_by(&app, "documents_fixed", sql("UPDATE patient_documents SET digest = upper(digest)")).await;
        refused_by(&app, "documents_fixed", sql("UPDATE patient_documents SET day = '2026-01-01'")).await;
        refused_by(&app, "documents_kept", sql("DELETE FROM patient_documents")).await;
        refused_by(&app, "documents_fixed", sql("UPDATE document_chunks SET position = position + 100")).await;
        refused_by(&app, "documents_kept", sql("DELETE FROM document_chunks")).await;
        refused_by(&app, "documents_scan_once", sql("UPDATE patient_documents SET scanned_at = added_at")).await;
        refused_by(&app, "documents_fixed", sql("UPDATE patient_documents SET replaces = id")).await;
        let other = sql("INSERT INTO patient_documents (id, patient_id, clinic_id, kind, media, size, chunks, digest, day, portal, by_patient, added_at,
            added_by, replaces) SELECT ")
        .push_bind(uuid::Uuid::now_v7())
        .push(", ")
        .push_bind(app.fixture.ben)
        .push(", clinic_id, kind, media, size, chunks, digest, day, portal, by_patient, added_at, added_by, id FROM patient_documents");
        refused_by(&app, "documents_same_patient", other).await;
        refused_by(&app, "documents_error", sql("UPDATE patient_documents SET error_at = added_at")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let twice = sql("INSERT INTO document_chunks (id, document_id, patient_id, position, sealed) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", document_id, patient_id, position, sealed FROM document_chunks WHERE position = 0");
        assert!(tx.execute(twice).await.expect_err("one part at a place").is_unique());
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let other = sql("INSERT INTO document_chunks (id, document_id, patient_id, position, sealed) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", document_id, ")
            .push_bind(app.fixture.ben)
            .push(", position + 100, sealed FROM document_chunks WHERE position = 0");
        tx.execute(other).await.expect_err("a part is of the patient of its document");
    })
    .await;
}
