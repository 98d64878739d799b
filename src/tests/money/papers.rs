//! Prints of receipts, the series of documents, and the specification's example of a deposit.

use axum::http::StatusCode;

use super::{approve_credit, ask_credit, deposit, first_line, id_in, paid_by_card, payment, shown, two_cashiers};
use crate::{
    billing::{self, InvoiceState, Quantity, Service, ToCharge, Wanted},
    clinical::CONSULTATION,
    core::{EncounterId, Money, Stamp},
    db::sql,
    tests::{billing::issued, on_both_engines},
};

#[tokio::test]
async fn the_first_print_of_a_receipt_is_the_original_and_all_others_are_copies() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let receipt = paid_by_card(&cashier, &invoice, "120").await;
        let page = async |query: &str| cashier.get(&format!("/receipts/{receipt}{query}")).await.body;
        assert!(page("").await.contains("Receipt · Copy"), "a sheet that is not recorded as printed is no original");
        let original = page("?print=1").await;
        assert!(original.contains("REC-2026-000001") && !original.contains("Receipt · Copy"), "{original}");
        assert!(page("?print=1").await.contains("Receipt · Copy"));
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(tx.count(sql("SELECT count(*) FROM receipt_prints")).await.expect("prints"), 2);
        assert_eq!(tx.count(sql("SELECT count(*) FROM audit_log WHERE action = 'print' AND what = 'receipt'")).await.expect("rows"), 2);
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert!(tx.execute(sql("DELETE FROM receipt_prints")).await.expect_err("kept").violates("receipt_prints_kept"));
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_first_print_of_an_invoice_and_of_a_credit_note_is_the_original() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let line = first_line(&app, &invoice).await.id.to_string();
        let note = id_in(&ask_credit(&cashier, &invoice, &[("line1", &line), ("amount1", "20")]).await);
        let waiting = cashier.get(&format!("/credit-notes/{note}/print?print=1")).await;
        assert_eq!(waiting.status, StatusCode::NOT_FOUND, "what is not issued has no paper");
        assert_eq!(approve_credit(&other, &note).await.status, StatusCode::OK);
        for (address, title) in [(format!("/invoices/{invoice}/print"), "Invoice"), (format!("/credit-notes/{note}/print"), "Credit note")]
        {
            let copy = format!("{title} · Copy");
            let page = async |query: &str| cashier.get(&format!("{address}{query}")).await.body;
            assert!(page("").await.contains(&copy), "a sheet that is not recorded as printed is no original");
            let original = page("?print=1").await;
            assert!(original.contains(title) && !original.contains(&copy), "{original}");
            assert!(page("?print=1").await.contains(&copy));
        }
        let doctor = app.as_("doctor3").await;
        assert_ne!(doctor.get(&format!("/invoices/{invoice}/print?print=1")).await.status, StatusCode::OK);
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(tx.count(sql("SELECT count(*) FROM invoice_prints")).await.expect("prints"), 2);
        assert_eq!(tx.count(sql("SELECT count(*) FROM credit_note_prints")).await.expect("prints"), 2);
        drop(tx);
        for (statement, guard) in [
            ("DELETE FROM invoice_prints", "invoice_prints_kept"),
            ("UPDATE credit_note_prints SET number = number + 1", "credit_note_prints_kept"),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            assert!(tx.execute(sql(statement)).await.expect_err(statement).violates(guard), "{statement}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn each_clinic_numbers_its_own_documents_when_the_hospital_says_so() {
    on_both_engines(|app| async move {
        let (cashier, admin) = (app.as_("cashier").await, app.as_("admin").await);
        let before = issued(&app, &cashier, app.fixture.ben).await;
        assert_eq!(shown(&app, &before).await.0.number, "INV-2026-000001");
        let set = [("cash_step", ""), ("cash_tie", "up"), ("write_off_limit", "0"), ("series_by_clinic", "true")];
        assert_eq!(admin.post("/api/billing/set_till", &set).await.status, StatusCode::OK);
        for number in 1..=2 {
            let invoice = issued(&app, &cashier, app.fixture.ben).await;
            assert_eq!(shown(&app, &invoice).await.0.number, format!("INV-NORTH-2026-{number:06}"), "a series of its own, without a gap");
            let receipt = paid_by_card(&cashier, &invoice, "120").await;
            assert_eq!(payment(&app, &receipt).await.receipt_number, format!("REC-NORTH-2026-{number:06}"));
        }
        app.assert_sound().await;
    })
    .await;
}

/// Section 4 of the specification, example 14: a deposit of 500.00, a share of 320.00, 180.00 are left.
#[tokio::test]
async fn a_deposit_of_500_pays_a_share_of_320_and_180_are_left() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let ben = app.fixture.ben;
        let held = id_in(&deposit(&cashier, &ben.to_string(), "cash", "500").await);
        // 2.667 consultations at 120.00 are 320.04; a part of 0.04 is paid first.
        let service = Service {
            wanted: Wanted::Consultation(None),
            patient: ben,
            clinic: app.fixture.north,
            department: Some(app.fixture.medicine),
            provider: None,
            day: "2026-11-21".parse().expect("a day"),
            quantity: Quantity(2_667),
        };
        let mut tx = app.state.db.write().await.expect("a transaction");
        let new = ToCharge::done(&CONSULTATION, EncounterId::new().into(), None, service);
        billing::charge(&mut tx, &new, Stamp { by: app.fixture.user("doctor"), at: app.state.clock.now() }).await.expect("charged");
        tx.commit().await.expect("committed");
        let issue = cashier.post("/api/billing/issue", &[("patient_id", &ben.to_string())]).await;
        let invoice = issue.location.expect("issued").rsplit_once("invoice=").expect("an invoice").1.to_owned();
        paid_by_card(&cashier, &invoice, "0.04").await;
        assert_eq!(shown(&app, &invoice).await.0.due(), Money(32_000));
        let used = cashier.post("/api/billing/use_deposit", &[("invoice_id", &invoice), ("seen", "32000")]).await;
        assert_eq!(used.status, StatusCode::OK, "{}", used.body);
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid);
        let left = payment(&app, &held).await;
        assert_eq!((left.allocated, left.deposit_left), (Money(32_000), Money(18_000)));
        app.assert_sound().await;
    })
    .await;
}
