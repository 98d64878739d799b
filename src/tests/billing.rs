//! Tests billing from the charge to the receipt, and with many concurrent users.

use axum::http::StatusCode;

use super::{Answer, Browser, Fixture, TestApp, all_at_once, on_both_engines, races_on_both_engines};
use crate::{
    billing::{self, Consultation, ToCharge},
    clinical::CONSULTATION,
    core::{EncounterId, Error, InvoiceId, Money, PatientId, PaymentId, Stamp, VisitId},
    db::sql,
};

/// A consultation of an encounter at north in general medicine.
pub(super) fn consultation(app: &TestApp, patient: PatientId, visit: Option<VisitId>) -> ToCharge {
    let held = Consultation {
        patient,
        clinic: app.fixture.north,
        department: app.fixture.medicine,
        provider: Some(app.fixture.costa),
        visit_type: None,
        day: "2026-11-21".parse().expect("a day"),
    };
    ToCharge::done(&CONSULTATION, EncounterId::new().into(), visit, held.into())
}

/// Adds an unpaid consultation at north: 120.00, of which Ana pays 36.00 under her plan.
async fn charged(app: &TestApp, patient: PatientId) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let now = app.state.clock.now();
    let by = app.fixture.user("doctor");
    let consultation = consultation(app, patient, None);
    let first = billing::charge(&mut tx, &consultation, Stamp { by, at: now }).await.expect("raised");
    let again = billing::charge(&mut tx, &consultation, Stamp { by, at: now }).await.expect("raised again");
    assert!(first.changed && !again.changed && first.id == again.id, "one encounter, one charge");
    tx.commit().await.expect("committed");
}

fn invoice_in(answer: &Answer) -> String {
    let to = answer.location.clone().unwrap_or_else(|| panic!("issued: {} {}", answer.status, answer.body));
    to.rsplit_once("invoice=").expect("an invoice").1.to_owned()
}

pub(super) async fn issued(app: &TestApp, cashier: &Browser, patient: PatientId) -> String {
    charged(app, patient).await;
    invoice_in(&cashier.post("/api/billing/issue", &[("patient_id", &patient.to_string())]).await)
}

async fn pay(cashier: &Browser, invoice: &str, key: &str, method: &str, tendered: &str) -> Answer {
    cashier.post("/api/billing/pay", &[("invoice_id", invoice), ("idempotency_key", key), ("method", method), ("tendered", tendered)]).await
}

/// Makes a payment with each key, all concurrently.
pub(super) async fn all_pay(
    cashier: &Browser,
    invoice: &str,
    keys: Vec<String>,
    method: &'static str,
    tendered: &'static str,
) -> Vec<Answer> {
    let payments = keys.into_iter().map(|key| {
        let (cashier, invoice) = (cashier.clone(), invoice.to_owned());
        async move { pay(&cashier, &invoice, &key, method, tendered).await }
    });
    all_at_once(payments).await
}

pub(super) async fn paid(app: &TestApp, invoice: &str) -> (billing::Invoice, Vec<billing::Payment>) {
    let id: InvoiceId = invoice.parse().expect("an id");
    let mut tx = app.state.db.read().await.expect("a connection");
    let (invoice, _, payments) = billing::invoice(&mut tx, id).await.expect("the invoice");
    (invoice, payments)
}

#[tokio::test]
async fn the_cashier_issues_takes_cash_gives_change_and_prints() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        charged(&app, app.fixture.ana).await;
        let ana = app.fixture.ana.to_string();
        let page = cashier.get(&format!("/cashier?patient={ana}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("$120.00") && page.body.contains("$36.00") && page.body.contains("Blue Plan"), "{}", page.body);

        // The whole sequence works without scripts.
        let sent = cashier.submit("/cashier", "/api/billing/issue", &[("patient_id", &ana), ("seen", "12000")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let invoice = invoice_in(&sent);
        let page = cashier.get(sent.location.as_deref().expect("an address")).await;
        assert!(page.body.contains("INV-2026-000001") && page.body.contains("value=\"36.00\""), "{}", page.body);
        let key = Fixture::key();
        let form = [("invoice_id", invoice.as_str()), ("idempotency_key", &key), ("seen", "3600"), ("method", "cash"), ("tendered", "50")];
        let taken = cashier.submit("/cashier", "/api/billing/pay", &form).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
        let page = cashier.get(taken.location.as_deref().expect("an address")).await;
        assert!(page.body.contains("$14.00") && page.body.contains("REC-2026-000001"), "{}", page.body);
        let payment: PaymentId =
            taken.location.as_deref().and_then(|to| to.split_once("receipt=")).expect("a receipt").1.parse().expect("an id");
        let receipt = cashier.get(&format!("/receipts/{payment}?print=1")).await;
        assert!(receipt.body.contains("Test Hospital") && receipt.body.contains("1A00000000017"), "{}", receipt.body);
        for page in [format!("/invoices/{invoice}"), format!("/invoices/{invoice}/print"), format!("/patients/{ana}/account/print")] {
            let answer = cashier.get(&page).await;
            assert!(answer.status == StatusCode::OK && answer.body.contains("INV-2026-000001"), "{page}: {}", answer.body);
        }
        assert_eq!(cashier.get("/prices?q=cons&sort=-price").await.status, StatusCode::OK);

        // A receipt is shown only beside its own patient's account.
        let other = issued(&app, &cashier, app.fixture.ben).await;
        assert_eq!(cashier.get(&format!("/cashier?receipt={payment}")).await.status, StatusCode::OK);
        let answer = cashier.get(&format!("/cashier?invoice={other}&receipt={payment}")).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.body.contains("REC-2026"), "{}", answer.body);

        // Ana can read her receipt and is notified of it; for Ben it gives `NotFound`.
        let (ana, ben) = (app.as_("ana").await, app.as_("ben").await);
        assert_eq!(ana.get(&format!("/portal/receipts/{payment}")).await.status, StatusCode::OK);
        assert!(ana.get("/portal/statement").await.body.contains("REC-2026-000001"));
        assert!(ana.get("/notifications").await.body.contains("REC-2026-000001"));
        assert_eq!(ben.get(&format!("/portal/receipts/{payment}")).await.status, StatusCode::NOT_FOUND);
        assert!(!ben.get("/notifications").await.body.contains("REC-2026"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn after_a_part_payment_the_amount_is_empty_and_the_same_key_books_nothing() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let invoice = issued(&app, &cashier, app.fixture.ana).await;
        let page = format!("/cashier?invoice={invoice}");
        assert!(cashier.get(&page).await.body.contains("value=\"36.00\""), "the whole is proposed at first");
        let key = Fixture::key();
        let form = [("invoice_id", invoice.as_str()), ("idempotency_key", &key), ("seen", "3600"), ("method", "cash"), ("tendered", "20")];
        let taken = cashier.submit(&page, "/api/billing/pay", &form).await;
        let shown = cashier.get(taken.location.as_deref().expect("an address")).await.body;
        let field = shown.split("name=\"tendered\"").nth(1).and_then(|rest| rest.split('>').next()).expect("the field");
        assert!(field.contains("value=\"\"") && shown.contains("$16.00"), "the rest is not proposed: {field}");
        let change = shown.split("class=\"pay__change is-short\"").nth(1).and_then(|rest| rest.split("</p>").next()).expect("the change");
        assert!(!change.contains("Exact"), "nothing was handed over yet: {change}");
        // The same key is sent a second later: the answer is the page's present form, with its own key and no amount.
        let key = Fixture::key();
        for tendered in ["", " "] {
            let again = [("invoice_id", invoice.as_str()), ("idempotency_key", &key), ("seen", "1600"), ("method", "cash")];
            let again = [&again[..], &[("tendered", tendered)]].concat();
            let refused = cashier.submit(&page, "/api/billing/pay", &again).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        }
        let (part, payments) = paid(&app, &invoice).await;
        assert_eq!((part.paid, payments.len()), (Money(2_000), 1));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_payment_key_a_hundred_times_is_one_payment() {
    races_on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let key = Fixture::key();
        let answers = all_pay(&cashier, &invoice, vec![key; 100], "cash", "20").await;
        let places: std::collections::BTreeSet<_> = answers.iter().map(|answer| answer.location.clone()).collect();
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
        assert_eq!(places.len(), 1, "all are led to the one receipt");
        let (invoice, payments) = paid(&app, &invoice).await;
        assert_eq!((payments.len(), invoice.paid), (1, Money(2_000)));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_payments_never_exceed_what_is_due() {
    races_on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        // 120.00 is due, and 20 people pay 25.00 by card: four payments are accepted, the others are refused with the
        // amount due.
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let keys = || (0..20).map(|_| Fixture::key()).collect();
        let answers = all_pay(&cashier, &invoice, keys(), "card", "25.00").await;
        let taken = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!(taken, 4);
        for answer in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
            assert!(matches!(answer.error(), Error::Invalid(errors) if errors[0].message.contains("$20.00")), "{}", answer.body);
        }
        let (part, _) = paid(&app, &invoice).await;
        assert_eq!((part.state, part.paid), (billing::InvoiceState::PartPaid, Money(10_000)));
        // The rest is paid in cash, concurrently: one payment settles it, the others are answered that nothing is due.
        let answers = all_pay(&cashier, &invoice, keys(), "cash", "50").await;
        assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
        assert!(answers.iter().all(|answer| matches!(answer.status, StatusCode::OK | StatusCode::CONFLICT)));
        let (settled, payments) = paid(&app, &invoice).await;
        assert_eq!((settled.state, settled.due(), payments.len()), (billing::InvoiceState::Paid, Money::ZERO, 5));
        let numbers: Vec<_> = payments.iter().map(|payment| payment.receipt_number.clone()).collect();
        assert_eq!(numbers, (1..=5).map(|number| format!("REC-2026-{number:06}")).collect::<Vec<_>>(), "no gap, no repeat");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_account_invoiced_by_many_at_once_is_invoiced_once() {
    races_on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        charged(&app, app.fixture.ana).await;
        let ana = app.fixture.ana.to_string();
        let answers = all_at_once((0..50).map(|_| {
            let (cashier, ana) = (cashier.clone(), ana.clone());
            async move { cashier.post("/api/billing/issue", &[("patient_id", &ana)]).await }
        }))
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
        assert!(answers.iter().all(|answer| matches!(answer.status, StatusCode::OK | StatusCode::CONFLICT)));
        let mut tx = app.state.db.read().await.expect("a connection");
        let invoices = billing::invoices_of(&mut tx, app.fixture.ana).await.expect("invoices");
        assert_eq!(invoices.len(), 1);
        assert_eq!((invoices[0].insurer_share, invoices[0].patient_share), (Money(8_400), Money(3_600)));
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_in_words_and_nothing_is_written() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        for (method, tendered, field) in [
            ("card", "200", "tendered"),
            ("cash", "", "tendered"),
            ("cash", "-5", "tendered"),
            ("cash", "0", "tendered"),
            ("cash", "</textarea><script>", "tendered"),
            ("gold", "10", "method"),
        ] {
            let answer = pay(&cashier, &invoice, &Fixture::key(), method, tendered).await;
            assert!(matches!(answer.error(), Error::Invalid(errors) if errors[0].field == field), "{method} {tendered}: {}", answer.body);
        }
        // The page is shown again with the typed values, as text.
        let form = [
            ("invoice_id", invoice.as_str()),
            ("idempotency_key", &Fixture::key()),
            ("seen", "12000"),
            ("method", "card"),
            ("tendered", "200"),
            ("reference", "</textarea><script>alert(1)</script>"),
        ];
        let page = cashier.submit(&format!("/cashier?invoice={invoice}"), "/api/billing/pay", &form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains("Only $120.00 is due") && page.body.contains("&lt;/textarea&gt;&lt;script&gt;"), "{}", page.body);
        assert!(!page.body.contains("<script>alert"));
        // The cashier's page shows a lower amount due, or another total: the answer says so.
        let ben = app.fixture.ben.to_string();
        charged(&app, app.fixture.ben).await;
        let answer = cashier.post("/api/billing/issue", &[("patient_id", &ben), ("seen", "1")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
        let (untouched, payments) = paid(&app, &invoice).await;
        assert_eq!((untouched.paid, payments.len()), (Money::ZERO, 0));
        // Another user's notification cannot be opened.
        let answer = cashier.post("/api/notifications/open", &[("notification_id", &Fixture::key())]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_amount_that_looks_like_a_slip_is_asked_about_before_it_is_booked() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let invoice = issued(&app, &cashier, app.fixture.ana).await;
        let key = Fixture::key();
        let (from, form) = (format!("/cashier?invoice={invoice}"), |tendered: &'static str, sure: &'static str| {
            [("invoice_id", invoice.clone()), ("idempotency_key", key.clone()), ("seen", "3600".to_owned()), ("method", "cash".to_owned())]
                .into_iter()
                .chain([("tendered", tendered.to_owned()), ("sure", sure.to_owned())])
                .collect::<Vec<_>>()
        });
        let send = |tendered, sure| {
            let (cashier, from, form) = (cashier.clone(), from.clone(), form(tendered, sure));
            async move {
                let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                cashier.submit(&from, "/api/billing/pay", &form).await
            }
        };
        let two_ways = send("36.000", "").await;
        assert_eq!(two_ways.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(two_ways.body.contains("36.000 can be read in two ways: write 36,000.00 or 36.00."), "{}", two_ways.body);
        assert!(!two_ways.body.contains("name=\"sure\""));
        // The decimal point is missing: the page is shown again and offers a confirmation of the amount.
        let asked = send("3600", "").await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            asked.body.contains("far more than the $36.00 due") && asked.body.contains("Yes, I was handed $3,600.00"),
            "{}",
            asked.body
        );
        assert!(asked.body.contains("name=\"sure\" value=\"360000\""), "{}", asked.body);
        // If the user confirms it and then types another such amount, a new confirmation is required.
        assert_eq!(send("36000", "360000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(paid(&app, &invoice).await.1.len(), 0, "nothing was booked");
        assert_eq!(send("3600", "360000").await.status, StatusCode::SEE_OTHER);
        let (_, payments) = paid(&app, &invoice).await;
        assert_eq!(payments.iter().map(|one| (one.amount, one.change_given)).collect::<Vec<_>>(), [(Money(3_600), Money(356_400))]);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn invoices_issued_at_once_have_numbers_without_a_gap_and_the_database_keeps_them() {
    races_on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let people = app.people(20).await;
        for patient in &people {
            charged(&app, *patient).await;
        }
        let answers = all_at_once(people.into_iter().map(|patient| {
            let cashier = cashier.clone();
            async move { cashier.post("/api/billing/issue", &[("patient_id", &patient.to_string())]).await.status }
        }))
        .await;
        let issued = i64::try_from(answers.iter().filter(|status| **status == StatusCode::OK).count()).expect("a number");
        assert!(
            issued > 0 && answers.iter().all(|status| matches!(*status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE)),
            "{answers:?}"
        );
        let mut tx = app.state.db.read().await.expect("a connection");
        let numbers: Vec<(i64,)> =
            tx.all(sql("SELECT seq FROM document_numbers WHERE series = 'invoice 2026' ORDER BY seq")).await.expect("numbers");
        drop(tx);
        assert_eq!(numbers.into_iter().map(|(seq,)| seq).collect::<Vec<_>>(), (1..=issued).collect::<Vec<_>>());
        let gap = sql("INSERT INTO document_numbers (series, seq, document) VALUES ('invoice 2026', $1, $2)")
            .bind(issued + 2)
            .bind(uuid::Uuid::now_v7());
        for refused in [gap, sql("UPDATE document_numbers SET seq = seq + 100"), sql("DELETE FROM document_numbers")] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            assert!(tx.execute(refused).await.is_err());
        }
        app.assert_sound().await;
    })
    .await;
}
