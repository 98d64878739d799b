//! Ways back that two people see: write-offs, credit notes in parts, packages, voids, discounts; and the clinic's day of what they post.

use axum::http::StatusCode;

use super::{
    approve_credit, ask_credit, ask_refund, decide_refund, first_line, id_in, named, paid_by_card, pay,
    random::charged,
    refund_of, shown,
    taxes::{credited, taxed},
    two_cashiers,
};
use crate::{
    billing::{self, ChargeState, InvoiceState, MANUAL, Quantity, Service, ToCharge, Wanted, ledger::AccountKind},
    core::{ChargeId, EncounterId, Money, PriceItemId, Stamp},
    db::{Sql, sql},
    tests::{Answer, Browser, Fixture, TestApp, billing::issued, charges::item, on_both_engines},
};

async fn one(app: &TestApp, query: &'static str) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let (id,): (uuid::Uuid,) = tx.one(sql(query)).await.expect("an id");
    id.to_string()
}

async fn count(app: &TestApp, of: &'static str) -> i64 {
    app.state.db.read().await.expect("a connection").count(sql(of)).await.expect("counted")
}

async fn refuses(app: &TestApp, guard: &str, statement: &'static str) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(sql(statement)).await.expect_err(guard);
    assert!(error.violates(guard), "{guard}: {error}");
}

async fn executed(app: &TestApp, statement: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(statement).await.expect("executed");
    tx.commit().await.expect("committed");
}

/// The largest amount that one person writes off alone, in minor units.
async fn limit(app: &TestApp, minor: i64) {
    executed(app, sql("UPDATE till_settings SET write_off_limit = ").push_bind(minor)).await;
}

async fn write_off(who: &Browser, invoice: &str, amount: &str) -> Answer {
    let key = Fixture::key();
    who.post("/api/billing/write_off", &[("invoice_id", invoice), ("key", &key), ("amount", amount), ("reason", "charity")]).await
}

async fn decide_write_off(who: &Browser, id: &str, approve: &str) -> StatusCode {
    who.post("/api/billing/decide_write_off", &[("write_off_id", id), ("approve", approve)]).await.status
}

async fn state_of(app: &TestApp, charge: ChargeId) -> ChargeState {
    let mut tx = app.state.db.read().await.expect("a connection");
    billing::charge_at(&mut tx, charge).await.expect("asked").expect("a charge").state
}

#[tokio::test]
async fn the_limit_of_one_person_counts_all_write_offs_of_a_share() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        limit(&app, 500).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let done = async |amount: &str| write_off(&cashier, &invoice, amount).await.location.unwrap_or_default();
        assert!(done("3").await.ends_with("written_off"));
        assert!(done("2.01").await.ends_with("asked"), "5.01 together");
        assert!(done("1").await.ends_with("asked"), "what is asked for counts");
        assert_eq!(shown(&app, &invoice).await.0.due(), Money(11_700));
        assert_eq!(named(&write_off(&cashier, &invoice, "114").await), "amount", "113.99 are left");
        refuses(
            &app,
            "write_offs_limit",
            "INSERT INTO write_offs (id, share_id, patient_id, clinic_id, state, amount, reason, alone, asked_at, asked_by, decided_at, decided_by)
            SELECT w.clinic_id, w.share_id, w.patient_id, w.clinic_id, 'issued', 201, 'charity', w.alone, w.asked_at, w.asked_by, w.asked_at, w.asked_by
            FROM write_offs w WHERE w.state = 'issued'",
        )
        .await;
        let asked = one(&app, "SELECT id FROM write_offs WHERE amount = 201").await;
        assert_eq!(decide_write_off(&other, &asked, "").await, StatusCode::OK);
        let asked = one(&app, "SELECT id FROM write_offs WHERE amount = 100").await;
        assert_eq!(decide_write_off(&other, &asked, "").await, StatusCode::OK);
        assert!(done("2").await.ends_with("written_off"), "5.00 together");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_write_off_is_taken_back_by_two_people_and_the_debt_is_paid() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        limit(&app, 12_000).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let charge = first_line(&app, &invoice).await.charge_id;
        assert_eq!(write_off(&cashier, &invoice, "120").await.status, StatusCode::OK);
        assert_eq!((shown(&app, &invoice).await.0.state, state_of(&app, charge).await), (InvoiceState::Paid, ChargeState::Paid));
        let given = one(&app, "SELECT id FROM write_offs").await;
        assert!(cashier.get(&format!("/invoices/{invoice}")).await.body.contains("/api/billing/take_back_write_off"));
        let key = Fixture::key();
        let take_back = async |key: &str| {
            cashier.post("/api/billing/take_back_write_off", &[("write_off_id", given.as_str()), ("key", key)]).await.status
        };
        assert_eq!((take_back(&key).await, take_back(&key).await), (StatusCode::OK, StatusCode::OK), "the same key again");
        assert_eq!(take_back(&Fixture::key()).await, StatusCode::CONFLICT, "asked for once");
        let back = one(&app, "SELECT id FROM write_offs WHERE reverses IS NOT NULL").await;
        assert!(other.get("/approvals").await.body.contains("Write-off taken back"));
        assert_eq!(decide_write_off(&cashier, &back, "true").await, StatusCode::CONFLICT, "the one who asked");
        assert_eq!(shown(&app, &invoice).await.0.due(), Money::ZERO);
        assert_eq!(decide_write_off(&other, &back, "true").await, StatusCode::OK);
        let (open, shares) = shown(&app, &invoice).await;
        assert_eq!((open.state, open.due(), shares[0].written_off), (InvoiceState::Issued, Money(12_000), Money::ZERO));
        assert_eq!(state_of(&app, charge).await, ChargeState::Billed);
        assert_eq!(credited(&app, AccountKind::WriteOff).await, Money::ZERO);
        assert_eq!(take_back(&Fixture::key()).await, StatusCode::CONFLICT, "taken back once");
        executed(&app, sql("UPDATE patients SET language = 'es' WHERE id = ").push_bind(app.fixture.ben)).await;
        let statement = cashier.get(&format!("/patients/{}/account/print", app.fixture.ben)).await.body;
        assert!(statement.contains("Condonación revertida") && statement.contains("lang=\"es\""), "he reads Spanish: {statement}");
        refuses(
            &app,
            "write_offs_reverses",
            "INSERT INTO write_offs (id, share_id, patient_id, clinic_id, state, amount, reason, alone, asked_at, asked_by, reverses)
            SELECT w.clinic_id, w.share_id, w.patient_id, w.clinic_id, 'asked', w.amount - 1, 'charity', 1 = 0, w.asked_at, w.asked_by, w.reverses
            FROM write_offs w WHERE w.reverses IS NOT NULL",
        )
        .await;
        paid_by_card(&cashier, &invoice, "120").await;
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid);
        app.assert_sound().await;
    })
    .await;
}

/// 0.96 with 19 % on it, 0.18, is credited in three parts: rounded by itself, each part would take back less tax than there is.
#[tokio::test]
async fn credit_notes_in_parts_take_back_exactly_the_tax_of_the_line() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        taxed(&app, "19").await;
        charged(&app, app.fixture.ben, 8).await;
        let issue = cashier.post("/api/billing/issue", &[("patient_id", &app.fixture.ben.to_string())]).await;
        let invoice = issue.location.expect("issued").rsplit_once("invoice=").expect("an invoice").1.to_owned();
        let line = first_line(&app, &invoice).await;
        assert_eq!((line.net, line.tax), (Money(96), Money(18)));
        for amount in ["0.40", "0.40", ""] {
            let note = id_in(&ask_credit(&cashier, &invoice, &[("line1", &line.id.to_string()), ("amount1", amount)]).await);
            assert_eq!(approve_credit(&other, &note).await.status, StatusCode::OK);
        }
        assert_eq!((credited(&app, AccountKind::Tax).await, credited(&app, AccountKind::Revenue).await), (Money::ZERO, Money::ZERO));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn of_two_requests_on_one_line_either_is_decided_first() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        for rejected in [false, true] {
            let invoice = issued(&app, &cashier, app.fixture.ben).await;
            let (line, due) = (first_line(&app, &invoice).await, shown(&app, &invoice).await.0.due());
            let ask =
                async |amount: &str| id_in(&ask_credit(&cashier, &invoice, &[("line1", &line.id.to_string()), ("amount1", amount)]).await);
            let (part, rest) = (ask("40").await, ask("").await);
            if rejected {
                assert_eq!(other.post("/api/billing/decide_credit", &[("credit_note_id", &part)]).await.status, StatusCode::OK);
            }
            assert_eq!(approve_credit(&other, &rest).await.status, StatusCode::OK, "the rest of 80.00");
            assert_eq!(state_of(&app, line.charge_id).await, ChargeState::Billed, "40.00 are still on the invoice");
            assert_eq!(shown(&app, &invoice).await.0.due(), due - Money(8_000));
            let last = if rejected { ask("").await } else { part };
            assert_eq!(approve_credit(&other, &last).await.status, StatusCode::OK);
            assert_eq!(state_of(&app, line.charge_id).await, ChargeState::Billable);
            assert_eq!(shown(&app, &invoice).await.0.due(), due - Money(12_000));
            app.assert_sound().await;
        }
    })
    .await;
}

pub(super) async fn sold(app: &TestApp, item: PriceItemId) -> ChargeId {
    let service = Service {
        wanted: Wanted::Item(item),
        patient: app.fixture.ben,
        clinic: app.fixture.north,
        department: None,
        provider: None,
        day: "2026-11-21".parse().expect("a day"),
        quantity: Quantity::ONE,
    };
    let mut tx = app.state.db.write().await.expect("a transaction");
    let new = ToCharge::done(&MANUAL, EncounterId::new().into(), None, service);
    let stamp = Stamp { by: app.fixture.user("doctor"), at: app.state.clock.now() };
    let charged = billing::charge(&mut tx, &new, stamp).await.expect("charged");
    tx.commit().await.expect("committed");
    charged.id
}

#[tokio::test]
async fn a_package_that_covers_charges_is_not_cancelled_by_a_credit_note() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let admin = app.as_("admin").await;
        let (session, therapy) = (item(&admin, "SESSION", "50").await, item(&admin, "THERAPY", "80").await);
        let id = therapy.to_string();
        assert_eq!(admin.post("/api/billing/set_package_days", &[("id", &id), ("package_days", "30")]).await.status, StatusCode::OK);
        let put = [("id", id.clone()), ("content_id", session.to_string()), ("content_quantity", "2".to_owned())];
        let put: Vec<_> = put.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(admin.post("/api/billing/put_in_package", &put).await.status, StatusCode::OK);
        let package = sold(&app, therapy).await;
        let issue = async || {
            let issued = cashier.post("/api/billing/issue", &[("patient_id", &app.fixture.ben.to_string())]).await;
            assert_eq!(issued.status, StatusCode::OK, "{}", issued.body);
            one(&app, "SELECT id FROM invoices ORDER BY number DESC LIMIT 1").await
        };
        let invoice = issue().await;
        let cancel = [("whole", "true"), ("outcome", "cancelled")];
        let ask = async |invoice: &str| {
            let key = Fixture::key();
            let form = [("invoice_id", invoice), ("key", &key), ("reason", "not_done")];
            cashier.post("/api/billing/ask_credit", &[&form[..], &cancel].concat()).await
        };
        // Asked for while nothing is covered, it is refused once something is.
        let note = id_in(&ask(&invoice).await);
        let covered = sold(&app, session).await;
        let refused = approve_credit(&other, &note).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("covers other charges"), "{}", refused.body);
        refuses(
            &app,
            "charges_package_covers",
            "UPDATE credit_notes SET state = 'issued', number = 'C', decided_at = asked_at, decided_by = (SELECT id FROM users WHERE login = 'desk')",
        )
        .await;
        assert_eq!(other.post("/api/billing/decide_credit", &[("credit_note_id", &note)]).await.status, StatusCode::OK);
        assert_eq!(ask(&invoice).await.status, StatusCode::CONFLICT);
        // The covered charge is taken back first; then the package is.
        let second = issue().await;
        let note = id_in(&ask(&second).await);
        assert_eq!(approve_credit(&other, &note).await.status, StatusCode::OK);
        assert_eq!(state_of(&app, covered).await, ChargeState::Cancelled);
        let note = id_in(&ask(&invoice).await);
        assert_eq!(approve_credit(&other, &note).await.status, StatusCode::OK);
        assert_eq!(state_of(&app, package).await, ChargeState::Cancelled);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_void_goes_by_the_shift_and_takes_each_means_back() {
    on_both_engines(|app| async move {
        let (cashier, _) = two_cashiers(&app).await;
        executed(&app, sql("UPDATE till_settings SET cash_step = 5")).await;
        charged(&app, app.fixture.ben, 1_003).await;
        let issue = cashier.post("/api/billing/issue", &[("patient_id", &app.fixture.ben.to_string())]).await;
        let invoice = issue.location.expect("issued").rsplit_once("invoice=").expect("an invoice").1.to_owned();
        // 120.36: 100.00 by card, and 20.35 in coins.
        let means = [("method", "cash"), ("tendered", "20.36"), ("also_method", "card"), ("also_amount", "100")];
        let paid = pay(&cashier, &invoice, &means).await;
        let receipt = paid.location.expect(&paid.body).rsplit_once("receipt=").expect("a receipt").1.to_owned();
        // The night goes on: the shift is open, so the payment can be voided on the next day.
        app.state.clock.advance(chrono::Duration::hours(16));
        let (cashier, other) = (app.as_("cashier").await, app.as_("desk").await);
        assert!(cashier.get(&format!("/payments/{receipt}")).await.body.contains("id=\"void\""));
        let asked = ask_refund(&cashier, &receipt, "void", "", "cash").await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
        assert_eq!(count(&app, "SELECT count(*) FROM refunds WHERE state = 'asked'").await, 2, "one of each means");
        let (void, _) = refund_of(&app, &receipt).await;
        assert_eq!(decide_refund(&other, &void, "approve").await.status, StatusCode::OK);
        assert_eq!(shown(&app, &invoice).await.0.due(), Money(12_036));
        for part in ["SELECT id FROM refunds WHERE method = 'cash'", "SELECT id FROM refunds WHERE method = 'card'"] {
            let part = one(&app, part).await;
            assert_eq!(cashier.post("/api/billing/pay_refund", &[("refund_id", &part)]).await.status, StatusCode::OK);
        }
        assert_eq!(count(&app, "SELECT CAST(sum(amount + rounding) AS BIGINT) FROM refunds WHERE method = 'cash'").await, 2_035);
        assert_eq!(credited(&app, AccountKind::Rounding).await, Money::ZERO);
        // A payment of a shift that closes cannot be voided, though it is of today.
        let receipt = paid_by_card(&cashier, &invoice, "120.36").await;
        let shift = one(&app, "SELECT id FROM till_shifts WHERE state = 'open'").await;
        assert_eq!(cashier.post("/api/till/begin_closing", &[("id", &shift)]).await.status, StatusCode::OK);
        let late = ask_refund(&cashier, &receipt, "void", "", "card").await;
        assert!(late.status == StatusCode::CONFLICT && late.body.contains("not open any more"), "{}", late.body);
        refuses(
            &app,
            "refunds_void_in_shift",
            "INSERT INTO refunds (id, payment_id, patient_id, clinic_id, kind, state, amount, method, reason, asked_at, asked_by)
            SELECT p.id, p.id, p.patient_id, p.clinic_id, 'void', 'asked', p.amount, 'card', 'Late', p.taken_at, p.taken_by FROM payments p
            WHERE p.refunded = 0",
        )
        .await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_discount_above_the_limit_is_decided_where_the_other_approvals_are() {
    on_both_engines(|app| async move {
        let (cashier, accountant) = (app.as_("cashier").await, app.as_("accountant").await);
        charged(&app, app.fixture.ben, 1_000).await;
        let charge = one(&app, "SELECT id FROM charges WHERE state = 'billable'").await;
        let give = [("charge_id", charge.as_str()), ("seen", "12000"), ("discount", "100 %"), ("reason", "hardship")];
        assert_eq!(cashier.post("/api/billing/give_discount", &give).await.status, StatusCode::OK);
        let list = accountant.get("/approvals").await.body;
        assert!(list.contains("Discount · ") && list.contains(&charge) && list.contains("hardship"), "{list}");
        let decide = [("charge_id", charge.as_str()), ("seen", "12000"), ("approve", "true"), ("listed", "true")];
        assert_eq!(cashier.post("/api/billing/decide_discount", &decide).await.status, StatusCode::FORBIDDEN, "a cashier");
        assert_eq!(app.as_("desk").await.post("/api/billing/decide_discount", &decide).await.status, StatusCode::FORBIDDEN);
        let done = accountant.post("/api/billing/decide_discount", &decide).await;
        assert_eq!(done.location.as_deref(), Some("/approvals?done=approved"), "{}", done.body);
        assert!(!accountant.get("/approvals?done=approved").await.body.contains(&charge));
        assert_eq!(count(&app, "SELECT count(*) FROM charges WHERE net = 0 AND approved_by IS NOT NULL").await, 1);
        app.assert_sound().await;
    })
    .await;
}

/// At the other clinic it is tomorrow, and the next year, already.
#[tokio::test]
async fn a_document_has_the_day_and_the_year_of_its_own_clinic() {
    on_both_engines(|app| async move {
        two_cashiers(&app).await;
        executed(&app, sql("UPDATE user_roles SET clinic_id = NULL WHERE role IN ('cashier', 'accountant')")).await;
        executed(&app, sql("UPDATE clinics SET time_zone = 'Pacific/Kiritimati' WHERE code = 'SOUTH'")).await;
        app.state.clock.advance("2026-12-31T15:30:00Z".parse::<crate::core::time::Instant>().expect("an instant") - app.state.clock.now());
        let (cashier, other) = (app.as_("cashier").await, app.as_("desk").await);
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        for who in [&cashier, &other] {
            let chosen = who.post("/api/accounts/clinic", &[("clinic_id", &app.fixture.south.to_string())]).await;
            assert_eq!(chosen.status, StatusCode::OK, "{}", chosen.body);
        }
        let receipt = paid_by_card(&cashier, &invoice, "20").await;
        assert_eq!(super::payment(&app, &receipt).await.receipt_number, "REC-2026-000001");
        let line = first_line(&app, &invoice).await.id.to_string();
        let note = id_in(&ask_credit(&cashier, &invoice, &[("line1", &line), ("amount1", "110")]).await);
        assert_eq!(approve_credit(&other, &note).await.status, StatusCode::OK);
        assert!(cashier.get(&format!("/credit-notes/{note}")).await.body.contains("CRN-2026-000001"));
        assert_eq!(ask_refund(&cashier, &receipt, "refund", "10", "card").await.status, StatusCode::OK);
        let (refund, _) = refund_of(&app, &receipt).await;
        assert_eq!(decide_refund(&other, &refund, "approve").await.status, StatusCode::OK);
        assert_eq!(cashier.post("/api/billing/pay_refund", &[("refund_id", &refund)]).await.status, StatusCode::OK);
        assert_eq!(count(&app, "SELECT count(*) FROM ledger_entries WHERE day > '2026-12-31'").await, 0, "the day of the north");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_credit_note_lowers_the_revenue_of_its_own_day_and_of_no_earlier_one() {
    on_both_engines(|app| async move {
        let (cashier, _) = two_cashiers(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let line = first_line(&app, &invoice).await.id.to_string();
        app.state.clock.advance(chrono::Duration::days(2));
        let (cashier, accountant) = (app.as_("cashier").await, app.as_("accountant").await);
        let note = id_in(&ask_credit(&cashier, &invoice, &[("line1", &line), ("amount1", "23.45")]).await);
        assert_eq!(approve_credit(&accountant, &note).await.status, StatusCode::OK);
        for by in ["department", "item&key=CONS-MED"] {
            let on = async |day: &str| accountant.get(&format!("/books/revenue?from={day}&day={day}&by={by}")).await.body;
            let (before, after) = (on("2026-11-21").await, on("2026-11-23").await);
            assert!(before.contains("$120.00") && !before.contains("$23.45"), "{by}: {before}");
            assert!(after.contains("$23.45") && !after.contains("$120.00"), "{by}: {after}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_statement_of_an_account_has_the_lines_of_the_readers_clinic() {
    on_both_engines(|app| async move {
        let (cashier, accountant) = (app.as_("cashier").await, app.as_("accountant").await);
        issued(&app, &cashier, app.fixture.ana).await;
        let list = accountant.get("/books/accounts?kind=insurer").await.body;
        let id = list.split("href=\"/books/accounts/").nth(1).and_then(|rest| rest.split('"').next()).expect("an account");
        let pages = ["", "?format=csv"].map(|format| format!("/books/accounts/{id}{format}"));
        for page in &pages {
            let statement = accountant.get(page).await.body;
            assert!(statement.contains("INV-2026-000001") && statement.contains("84.00"), "{page}: {statement}");
        }
        let south = sql("UPDATE user_roles SET clinic_id = ").push_bind(app.fixture.south).push(" WHERE role = 'accountant'");
        executed(&app, south).await;
        let elsewhere = app.as_("accountant").await;
        for page in &pages {
            let statement = elsewhere.get(page).await;
            assert!(statement.status == StatusCode::OK && !statement.body.contains("INV-2026-000001"), "{page}: {}", statement.body);
        }
    })
    .await;
}
