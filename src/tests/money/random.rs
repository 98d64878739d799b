//! Random acts at the till: after each of them every sum holds, on both engines.

use axum::http::StatusCode;

use super::{approve_credit, ask_credit, ask_refund, decide_refund, deposit, pay, two_cashiers};
use crate::{
    billing::{self, Quantity, Service, ToCharge, Wanted},
    clinical::CONSULTATION,
    core::{EncounterId, PatientId},
    db::sql,
    tests::{TestApp, on_both_engines},
};

/// A sequence of numbers that looks random and is the same at each run.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn amount(&mut self) -> String {
        format!("{}.{:02}", self.below(90), self.below(100))
    }
}

/// Adds a consultation in a random quantity, so that shares and credits do not come out even.
pub(super) async fn charged(app: &TestApp, patient: PatientId, quantity: u64) {
    let service = Service {
        wanted: Wanted::Consultation,
        patient,
        clinic: app.fixture.north,
        department: Some(app.fixture.medicine),
        provider: None,
        day: "2026-11-21".parse().expect("a day"),
        quantity: Quantity(i64::try_from(quantity).expect("a quantity")),
    };
    let mut tx = app.state.db.write().await.expect("a transaction");
    let new = ToCharge::done(&CONSULTATION, EncounterId::new().into(), None, service);
    billing::charge(&mut tx, &new, app.state.clock.now(), app.fixture.user("doctor")).await.expect("charged");
    tx.commit().await.expect("committed");
}

/// The ids that a query finds.
async fn ids(app: &TestApp, query: &'static str) -> Vec<String> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let rows: Vec<(uuid::Uuid,)> = tx.all(sql(query)).await.expect("ids");
    rows.into_iter().map(|(id,)| id.to_string()).collect()
}

#[tokio::test]
async fn random_acts_keep_every_sum() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let mut done = [0_u32; 10];
        for seed in 1..=2_u64 {
            let mut dice = Sequence(seed);
            for _ in 0..60 {
                let patient = if dice.below(2) == 0 { app.fixture.ana } else { app.fixture.ben };
                let invoices = ids(&app, "SELECT id FROM invoices ORDER BY id").await;
                let payments = ids(&app, "SELECT id FROM payments ORDER BY id").await;
                let refunds = ids(&app, "SELECT id FROM refunds WHERE state IN ('asked', 'approved') ORDER BY id").await;
                let notes = ids(&app, "SELECT id FROM credit_notes WHERE state = 'asked' ORDER BY id").await;
                let mut one = |of: &[String]| {
                    (!of.is_empty())
                        .then(|| of[usize::try_from(dice.below(u64::try_from(of.len()).expect("a number"))).expect("a place")].clone())
                };
                let (invoice, paid, refund, note) = (one(&invoices), one(&payments), one(&refunds), one(&notes));
                let act = usize::try_from(dice.below(10)).expect("an act");
                let amount = dice.amount();
                let method = ["cash", "card"][usize::try_from(dice.below(2)).expect("a method")];
                let answer = match (act, invoice, paid, refund, note) {
                    (0, ..) => {
                        charged(&app, patient, 1 + dice.below(3_000)).await;
                        continue;
                    }
                    (1, ..) => cashier.post("/api/billing/issue", &[("patient_id", &patient.to_string())]).await,
                    (2, Some(invoice), ..) => {
                        pay(&cashier, &invoice, &[("method", method), ("tendered", &amount), ("others", "true")]).await
                    }
                    (3, Some(invoice), ..) => pay(&cashier, &invoice, &[("method", "card"), ("tendered", &amount), ("keep", "true")]).await,
                    (4, Some(invoice), ..) => cashier.post("/api/billing/use_deposit", &[("invoice_id", &invoice)]).await,
                    (5, ..) => deposit(&cashier, &patient.to_string(), method, &amount).await,
                    (6, _, Some(paid), ..) => {
                        let kind = if dice.below(4) == 0 { "void" } else { "refund" };
                        ask_refund(&cashier, &paid, kind, &amount, method).await
                    }
                    (7, _, _, Some(refund), _) => {
                        let decision = ["approve", "approve", "reject", "withdraw"][usize::try_from(dice.below(4)).expect("a decision")];
                        decide_refund(&other, &refund, decision).await;
                        cashier.post("/api/billing/pay_refund", &[("refund_id", &refund)]).await
                    }
                    (8, Some(invoice), ..) => {
                        let line = super::first_line(&app, &invoice).await.id.to_string();
                        ask_credit(&cashier, &invoice, &[("line1", &line), ("amount1", if dice.below(3) == 0 { "" } else { &amount })])
                            .await
                    }
                    (9, _, _, _, Some(note)) => approve_credit(&other, &note).await,
                    _ => continue,
                };
                assert!(!answer.status.is_server_error(), "{act}: {}", answer.body);
                if answer.status == StatusCode::OK {
                    done[act] += 1;
                }
                app.assert_sound().await;
            }
        }
        assert!(done.iter().filter(|count| **count > 0).count() >= 7, "the acts happen: {done:?}");
    })
    .await;
}
