//! Recalls: the notice, the blocked stock, the patients who are found and told, and the end.

use axum::http::StatusCode;

use super::{
    TestApp,
    lab::{fields, id, number, ok, text},
    on_both_engines,
    pharmacy::Pharmacy,
};
use crate::{
    db::{Sql, sql},
    tests::{Answer, Fixture},
};

/// A pharmacy that handed 20 tablets of SOON and 4 of NEXT out, and the recall of both batches.
struct Recalled {
    pharmacy: Pharmacy,
    recall: String,
    next: String,
}

impl Recalled {
    async fn announce(app: &TestApp) -> Self {
        let pharmacy = Pharmacy::open(app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(app, &supply, "24").await);
        ok(&pharmacy.dispense(&supply, "24", &[]).await);
        let soon = id(app, sql("SELECT id FROM stock_batches WHERE batch_no = 'SOON'")).await;
        let next = id(app, sql("SELECT id FROM stock_batches WHERE batch_no = 'NEXT'")).await;
        let page = pharmacy.storekeeper.get(&format!("/recalls/new?item={}", pharmacy.item)).await.body;
        assert!(page.contains(&format!("batch-{soon}")) && page.contains("LATE"), "{page}");
        let recall = Fixture::key();
        let form = |reference: &'static str| {
            vec![
                ("stock_item_id", pharmacy.item.clone()),
                ("key", recall.clone()),
                ("source", "maker".to_owned()),
                ("reference", reference.to_owned()),
                ("reason", "Broken tablets".to_owned()),
            ]
        };
        let post = async |form: Vec<(&str, String)>| {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            pharmacy.storekeeper.post("/api/recalls/announce", &form).await
        };
        assert_eq!(fields(&post(form("")).await), ["reference"]);
        assert_eq!(post(form("R-1")).await.status, StatusCode::CONFLICT, "no batch is ticked");
        let (first, second) = (format!("batch-{soon}"), format!("batch-{next}"));
        let mut whole = form("R-1");
        whole.extend([(first.as_str(), "true".to_owned()), (second.as_str(), "true".to_owned())]);
        ok(&post(whole.clone()).await);
        ok(&post(whole).await);
        assert_eq!(number(app, sql("SELECT count(*) FROM stock_recalls")).await, 1, "the form was sent twice");
        Self { pharmacy, recall, next }
    }

    async fn act(&self, act: &str) -> Answer {
        self.pharmacy.pharmacist.post(&format!("/api/recalls/{act}"), &[("recall_id", &self.recall)]).await
    }

    async fn page(&self) -> String {
        self.pharmacy.pharmacist.get(&format!("/recalls/{}", self.recall)).await.body
    }
}

#[tokio::test]
async fn a_recall_blocks_the_stock_finds_the_patients_and_closes_when_all_is_settled() {
    on_both_engines(|app| async move {
        let recalled = Recalled::announce(&app).await;
        let pharmacy = &recalled.pharmacy;
        assert!(recalled.page().await.contains("The stock is not blocked yet"));
        for early in ["trace", "close"] {
            assert_eq!(recalled.act(early).await.status, StatusCode::CONFLICT, "{early}");
        }
        ok(&pharmacy.storekeeper.post("/api/recalls/block", &[("recall_id", &recalled.recall)]).await);
        assert_eq!(recalled.act("block").await.status, StatusCode::CONFLICT, "once");
        assert_eq!(number(&app, sql("SELECT count(*) FROM stock_batches WHERE status = 'recalled'")).await, 2);
        let blind = pharmacy.storekeeper.post("/api/recalls/trace", &[("recall_id", &recalled.recall)]).await;
        assert_eq!(blind.status, StatusCode::FORBIDDEN, "a storekeeper sees no patient");
        ok(&recalled.act("trace").await);
        ok(&recalled.act("trace").await);
        let page = recalled.page().await;
        for words in ["Núñez", "46 tablets are left in storerooms", "Patients who wait to be told: 1", "Broken tablets"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let blind = pharmacy.storekeeper.get(&format!("/recalls/{}", recalled.recall)).await.body;
        assert!(blind.contains("46 tablets") && !blind.contains("Núñez"), "{blind}");
        assert_eq!(recalled.act("close").await.status, StatusCode::CONFLICT);

        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE patients SET language = 'es' WHERE id = ").push_bind(app.fixture.ana)).await.expect("Spanish");
        tx.commit().await.expect("committed");
        let letter = pharmacy.pharmacist.get(&format!("/recalls/{}/letters", recalled.recall)).await.body;
        assert!(letter.contains("Se retiran estos lotes: NEXT, SOON.") && letter.contains("lang=\"es\""), "{letter}");

        let key = Fixture::key();
        let form = [
            ("stock_item_id", pharmacy.item.as_str()),
            ("key", &key),
            ("storeroom", &pharmacy.shop),
            ("batch", &recalled.next),
            ("quantity", "46"),
            ("reason", "recalled"),
        ];
        ok(&pharmacy.storekeeper.post("/api/stock/write_off", &form).await);
        assert_eq!(recalled.act("close").await.status, StatusCode::CONFLICT, "a patient waits");
        let patient = id(&app, sql("SELECT id FROM recall_patients")).await;
        let settle = async |way: &str| {
            pharmacy.pharmacist.post("/api/recalls/settle", &[("recall_patient_id", patient.as_str()), ("way", way)]).await
        };
        assert_eq!(fields(&settle("pigeon").await), ["way"]);
        ok(&settle("not_reached").await);
        ok(&settle("call").await);
        assert_eq!(settle("letter").await.status, StatusCode::CONFLICT, "the patient knows");
        assert!(recalled.page().await.contains("The recall can be closed."));
        ok(&recalled.act("close").await);
        assert_eq!(text(&app, sql("SELECT state FROM stock_recalls")).await, "closed");
        assert!(!pharmacy.pharmacist.get("/recalls").await.body.contains("R-1"));
        assert!(pharmacy.pharmacist.get("/recalls?all=yes").await.body.contains("R-1"));
        app.assert_sound().await;
    })
    .await;
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(&text);
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_database_alone_keeps_recalls() {
    on_both_engines(|app| async move {
        let recalled = Recalled::announce(&app).await;
        let step = "UPDATE stock_recalls SET version = version + 1, state = ";
        let blocked = ", quarantined_at = announced_at, quarantined_by = announced_by";
        let traced = ", traced_at = announced_at, traced_by = announced_by";
        refused_by(&app, "recalls_blocked", sql(step).push("'quarantined'").push(blocked)).await;
        refused_by(&app, "recalls_moves", sql(step).push("'traced'").push(blocked).push(traced)).await;
        refused_by(&app, "recalls_moves", sql("UPDATE stock_recalls SET version = version + 1")).await;
        refused_by(&app, "recalls_fixed", sql("DELETE FROM stock_recalls")).await;
        refused_by(&app, "recall_batches_fixed", sql("DELETE FROM stock_recall_batches")).await;
        let found = || {
            sql("INSERT INTO recall_patients (id, recall_id, patient_id, clinic_id, found_at) SELECT c.id, c.id, ")
                .push_bind(app.fixture.ana)
                .push(", c.clinic_id, c.announced_at FROM stock_recalls c")
        };
        refused_by(&app, "recall_patients_open", found()).await;
        ok(&recalled.act("block").await);
        refused_by(&app, "recalls_steps", sql(step).push("'traced'")).await;
        ok(&recalled.act("trace").await);
        let closed = ", closed_at = announced_at, closed_by = announced_by";
        refused_by(&app, "recalls_settled", sql(step).push("'closed'").push(closed)).await;
        refused_by(&app, "recall_patients_told", sql("UPDATE recall_patients SET state = 'told'")).await;
        refused_by(&app, "recall_patients_fixed", sql("UPDATE recall_patients SET found_at = settled_at, state = 'found'")).await;
        refused_by(&app, "recall_patients_fixed", sql("DELETE FROM recall_patients")).await;
        let late = sql("INSERT INTO stock_recall_batches (recall_id, batch_id) SELECT c.id, b.id FROM stock_recalls c, stock_batches b WHERE b.batch_no = 'LATE'");
        refused_by(&app, "recall_batches_fixed", late).await;
    })
    .await;
}
