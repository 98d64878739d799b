//! Random acts at the till: after each of them every sum holds, and the ledger has every document as it stands, on both engines.

use axum::http::StatusCode;

use super::{approve_credit, ask_credit, ask_refund, decide_refund, deposit, pay, two_cashiers};
use crate::{
    billing::{self, Quantity, Service, ToCharge, Wanted},
    clinical::CONSULTATION,
    core::{EncounterId, PatientId, Stamp},
    db::sql,
    tests::{Answer, Browser, Fixture, TestApp, fixture::PASSWORD, on_both_engines},
};

/// A sequence of numbers that looks random and is the same at each run.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn place(&mut self, most: u64) -> usize {
        usize::try_from(self.below(most)).expect("a place")
    }

    fn amount(&mut self) -> String {
        format!("{}.{:02}", self.below(90), self.below(100))
    }
}

/// Adds a consultation in a random quantity, so that shares and credits do not come out even.
pub(super) async fn charged(app: &TestApp, patient: PatientId, quantity: u64) {
    let service = Service {
        wanted: Wanted::Consultation(None),
        patient,
        clinic: app.fixture.north,
        department: Some(app.fixture.medicine),
        provider: None,
        day: "2026-11-21".parse().expect("a day"),
        quantity: Quantity(i64::try_from(quantity).expect("a quantity")),
    };
    let mut tx = app.state.db.write().await.expect("a transaction");
    let new = ToCharge::done(&CONSULTATION, EncounterId::new().into(), None, service);
    billing::charge(&mut tx, &new, Stamp { by: app.fixture.user("doctor"), at: app.state.clock.now() }).await.expect("charged");
    tx.commit().await.expect("committed");
}

/// The ids that a query finds.
async fn ids(app: &TestApp, query: &'static str) -> Vec<String> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let rows: Vec<(uuid::Uuid,)> = tx.all(sql(query)).await.expect("ids");
    rows.into_iter().map(|(id,)| id.to_string()).collect()
}

/// Adds a charge, gives a discount of 100 % on all that the patient has to pay, which the other person approves, and issues the invoice.
pub(super) async fn all_discounted(app: &TestApp, (cashier, other): (&Browser, &Browser), patient: PatientId) -> Answer {
    charged(app, patient, 1_000).await;
    let mut tx = app.state.db.read().await.expect("a connection");
    let open = sql("SELECT id, net FROM charges WHERE state = 'billable' AND free_because IS NULL AND net > 0 AND patient_id = ")
        .push_bind(patient);
    let open: Vec<(uuid::Uuid, i64)> = tx.all(open).await.expect("charges");
    drop(tx);
    for (charge, net) in open {
        let (charge, seen) = (charge.to_string(), net.to_string());
        let form = [("charge_id", charge.as_str()), ("seen", &seen), ("discount", "100 %"), ("reason", "hardship")];
        let given = cashier.post("/api/billing/give_discount", &form).await;
        assert_eq!(given.status, StatusCode::OK, "{}", given.body);
        let form = [("charge_id", charge.as_str()), ("seen", &seen), ("approve", "true")];
        let approved = other.post("/api/billing/decide_discount", &form).await;
        assert_eq!(approved.status, StatusCode::OK, "{}", approved.body);
    }
    cashier.post("/api/billing/issue", &[("patient_id", &patient.to_string())]).await
}

/// Closes the cashier's shift, counts something, hands it over to a second person who counts something else, and opens another.
async fn another_shift(app: &TestApp, cashier: &Browser, accountant: &Browser, pieces: &str) -> Answer {
    let shift = ids(app, "SELECT id FROM till_shifts WHERE state IN ('open', 'closing')").await;
    let [shift] = shift.as_slice() else { panic!("one shift: {shift:?}") };
    let begun = cashier.post("/api/till/begin_closing", &[("id", shift)]).await;
    if begun.status != StatusCode::OK {
        return begun;
    }
    let counted = [("id", shift.as_str()), ("d_100", pieces), ("card", "1"), ("sure", "true")];
    assert_eq!(cashier.post("/api/till/count", &counted).await.status, StatusCode::OK);
    let why = "Counted at random";
    let reasons = [("id", shift.as_str()), ("reason_cash", why), ("reason_card", why), ("reason_transfer", why)];
    assert_eq!(cashier.post("/api/till/hand_over", &reasons).await.status, StatusCode::OK);
    let received = [("id", shift.as_str()), ("d_500", pieces), ("password", PASSWORD)];
    assert_eq!(accountant.post("/api/till/receive", &received).await.status, StatusCode::OK);
    // Two counts that differ are closed by a supervisor; equal ones are closed already.
    accountant.post("/api/till/close", &[("id", shift)]).await;
    app.assert_sound().await;
    let (key, counter) = (Fixture::key(), app.fixture.counter.to_string());
    cashier.post("/api/till/open", &[("key", &key), ("point", &counter), ("d_1000", pieces), ("sure", "true")]).await
}

#[tokio::test]
async fn random_acts_keep_every_sum() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let accountant = app.as_("accountant").await;
        let mut done = [0_u32; 16];
        // `cargo xtask test --all` tries more.
        let seeds = if std::env::var_os("INFIRMARY_LONG").is_some() { 60 } else { 2_u64 };
        for seed in 1..=seeds {
            let mut dice = Sequence(seed);
            for _ in 0..80 {
                let patient = if dice.below(2) == 0 { app.fixture.ana } else { app.fixture.ben };
                let invoices = ids(&app, "SELECT id FROM invoices ORDER BY id").await;
                let payments = ids(&app, "SELECT id FROM payments ORDER BY id").await;
                let refunds =
                    ids(&app, "SELECT id FROM refunds WHERE state = 'asked' OR (state = 'approved' AND kind <> 'bounce') ORDER BY id")
                        .await;
                let notes = ids(&app, "SELECT id FROM credit_notes WHERE state = 'asked' ORDER BY id").await;
                let mut one = |of: &[String]| (!of.is_empty()).then(|| of[dice.place(u64::try_from(of.len()).expect("a number"))].clone());
                let (invoice, paid, refund, note) = (one(&invoices), one(&payments), one(&refunds), one(&notes));
                let write_offs = ids(&app, "SELECT id FROM write_offs WHERE state = 'asked' ORDER BY id").await;
                let moves = ids(&app, "SELECT id FROM cash_moves WHERE state = 'sent' ORDER BY id").await;
                let (write_off, sent) = (one(&write_offs), one(&moves));
                let act = dice.place(16);
                let amount = dice.amount();
                let method = ["cash", "card"][dice.place(2)];
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
                        let kind = ["void", "bounce", "refund", "refund"][dice.place(4)];
                        ask_refund(&cashier, &paid, kind, &amount, method).await
                    }
                    (7, _, _, Some(refund), _) => {
                        let decision = ["approve", "approve", "reject", "withdraw"][dice.place(4)];
                        decide_refund(&other, &refund, decision).await;
                        cashier.post("/api/billing/pay_refund", &[("refund_id", &refund)]).await
                    }
                    (8, Some(invoice), ..) => {
                        let line = super::first_line(&app, &invoice).await.id.to_string();
                        ask_credit(&cashier, &invoice, &[("line1", &line), ("amount1", if dice.below(3) == 0 { "" } else { &amount })])
                            .await
                    }
                    (9, _, _, _, Some(note)) => approve_credit(&other, &note).await,
                    (10, Some(invoice), ..) => match write_off {
                        Some(asked) => other.post("/api/billing/decide_write_off", &[("write_off_id", &asked), ("approve", "true")]).await,
                        None => {
                            let key = Fixture::key();
                            let form = [("invoice_id", invoice.as_str()), ("key", &key), ("amount", &amount), ("reason", "charity")];
                            cashier.post("/api/billing/write_off", &form).await
                        }
                    },
                    (11, ..) => {
                        let (key, kind) = (Fixture::key(), ["drop", "pay_in", "pay_out"][dice.place(3)]);
                        let form = [("key", key.as_str()), ("kind", kind), ("amount", &amount), ("party", "Bank"), ("reason", "Change")];
                        cashier.post("/api/till/move_cash", &form).await
                    }
                    (12, ..) => match sent {
                        Some(sent) if dice.below(2) == 0 => cashier.post("/api/till/withdraw_cash", &[("id", &sent)]).await,
                        Some(sent) => accountant.post("/api/till/receive_cash", &[("id", &sent)]).await,
                        None => continue,
                    },
                    (13, ..) => another_shift(&app, &cashier, &accountant, &dice.below(40).to_string()).await,
                    (15, ..) => {
                        let issued = ids(&app, "SELECT id FROM write_offs WHERE state = 'issued' AND reverses IS NULL ORDER BY id").await;
                        let Some(given) = issued.last() else { continue };
                        let key = Fixture::key();
                        cashier.post("/api/billing/take_back_write_off", &[("write_off_id", given.as_str()), ("key", &key)]).await
                    }
                    (14, ..) => all_discounted(&app, (&cashier, &other), patient).await,
                    _ => continue,
                };
                assert!(!answer.status.is_server_error(), "{act}: {}", answer.body);
                if answer.status == StatusCode::OK {
                    done[act] += 1;
                }
                app.assert_sound().await;
            }
        }
        assert!(done[14] > 0 && done.iter().filter(|count| **count > 0).count() >= 11, "the acts happen: {done:?}");
        let nothing = ids(&app, "SELECT id FROM invoices WHERE number IS NOT NULL AND total = 0").await;
        assert!(!nothing.is_empty(), "invoices of which discounts leave nothing");
    })
    .await;
}
