//! The same key again answers with what is there; the same key with other content is refused: a second sum would be booked nowhere.

use axum::http::StatusCode;

use super::{deposit, first_line, id_in, two_cashiers};
use crate::{
    db::sql,
    tests::{Browser, Fixture, TestApp, billing::issued, charges::item, on_both_engines},
};

/// Sends the form twice, and then with each of the other values.
async fn sent_again(who: &Browser, act: &str, form: &[(&str, &str)], others: &[(&str, &str)]) {
    let first = who.post(act, form).await;
    assert_eq!(first.status, StatusCode::OK, "{act}: {}", first.body);
    let again = who.post(act, form).await;
    assert_eq!((again.status, &again.location), (StatusCode::OK, &first.location), "{act}: {}", again.body);
    for (name, value) in others {
        let mut other: Vec<_> = form.iter().copied().filter(|(there, _)| there != name).collect();
        other.push((name, value));
        let refused = who.post(act, &other).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{act} {name} {value}: {:?}", refused.location);
        assert!(refused.body.contains("sent before with other content"), "{}", refused.body);
    }
}

async fn count(app: &TestApp, of: &'static str) -> i64 {
    app.state.db.read().await.expect("a connection").count(sql(of)).await.expect("counted")
}

#[tokio::test]
async fn a_used_key_with_other_content_is_refused_and_books_nothing() {
    on_both_engines(|app| async move {
        let (cashier, _) = two_cashiers(&app).await;
        let ben = app.fixture.ben.to_string();
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let line = first_line(&app, &invoice).await.id.to_string();
        let key = Fixture::key();
        let pay = [("invoice_id", invoice.as_str()), ("idempotency_key", &key), ("method", "cash"), ("tendered", "20")];
        sent_again(&cashier, "/api/billing/pay", &pay, &[("tendered", "30"), ("method", "card")]).await;
        let taken = [("patient_id", ben.as_str()), ("idempotency_key", &key), ("method", "cash"), ("amount", "20")];
        assert_eq!(cashier.post("/api/billing/deposit", &taken).await.status, StatusCode::CONFLICT, "it was no deposit");
        let (second, card) = (Fixture::key(), [("also_method", "card"), ("also_amount", "5"), ("also_reference", "S-1")]);
        let both =
            [&[("invoice_id", invoice.as_str()), ("idempotency_key", &second), ("method", "cash"), ("tendered", "5")][..], &card].concat();
        sent_again(&cashier, "/api/billing/pay", &both, &[("also_amount", "6"), ("also_reference", "S-2"), ("also_amount", "")]).await;
        let key = Fixture::key();
        let held = [("patient_id", ben.as_str()), ("idempotency_key", &key), ("method", "cash"), ("amount", "100")];
        sent_again(&cashier, "/api/billing/deposit", &held, &[("amount", "10"), ("method", "card")]).await;
        let payment = id_in(&deposit(&cashier, &ben, "card", "50").await);
        let (key, why) = (Fixture::key(), "Taken by mistake");
        let back =
            [("payment_id", payment.as_str()), ("key", &key), ("kind", "refund"), ("amount", "10"), ("method", "card"), ("reason", why)];
        sent_again(&cashier, "/api/billing/ask_refund", &back, &[("amount", "20"), ("reason", "Else"), ("kind", "void")]).await;
        let key = Fixture::key();
        let credit = [
            ("invoice_id", invoice.as_str()),
            ("key", &key),
            ("line1", &line),
            ("amount1", "10"),
            ("reason", "not_done"),
            ("outcome", "billable"),
        ];
        let others =
            [("amount1", "20"), ("amount1", ""), ("whole", "true"), ("reason", "goodwill"), ("outcome", "cancelled"), ("note", "Else")];
        sent_again(&cashier, "/api/billing/ask_credit", &credit, &others).await;
        let key = Fixture::key();
        let rest = [("invoice_id", invoice.as_str()), ("key", &key), ("whole", "true"), ("reason", "not_done"), ("outcome", "billable")];
        sent_again(&cashier, "/api/billing/ask_credit", &rest, &[("outcome", "cancelled")]).await;
        let key = Fixture::key();
        let write_off = [("invoice_id", invoice.as_str()), ("key", &key), ("amount", "10"), ("reason", "charity")];
        sent_again(&cashier, "/api/billing/write_off", &write_off, &[("amount", "20"), ("reason", "contract")]).await;
        let scan = item(&app.as_("admin").await, "SCAN", "18.55").await.to_string();
        let key = Fixture::key();
        let charge = [("patient_id", ben.as_str()), ("key", &key), ("item_id", &scan), ("quantity", "1"), ("service_day", "2026-11-21")];
        let doctor = app.fixture.costa.to_string();
        let others = [("quantity", "2"), ("service_day", "2026-11-20"), ("provider_id", doctor.as_str())];
        sent_again(&cashier, "/api/billing/add_charge", &charge, &others).await;
        assert_eq!(count(&app, "SELECT CAST(sum(tendered - change_given) AS BIGINT) FROM payments").await, 18_000);
        assert_eq!(count(&app, "SELECT count(*) FROM refunds").await, 1);
        assert_eq!(count(&app, "SELECT count(*) FROM credit_notes").await, 2);
        app.assert_sound().await;
    })
    .await;
}
