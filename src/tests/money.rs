//! The till: shares, credit notes, deposits, payments by several means, refunds, voids, write-offs; and invoices of an older version.

mod again;
mod back;
mod books;
mod bounced;
mod cheques;
mod divided;
mod dues;
mod migration;
pub(super) mod months;
mod papers;
mod random;
mod shifts;
mod taxes;
mod wholes;

use axum::http::StatusCode;

use super::{Answer, Browser, Fixture, TestApp, all_at_once, billing::issued, on_both_engines, races_on_both_engines};
use crate::{
    billing::{self, ChargeState, Debtor, Invoice, InvoiceState, Share},
    core::{Error, InvoiceId, Money, PaymentId},
    db::sql,
};

/// Gives a user a role at the northern clinic.
async fn granted(app: &TestApp, login: &str, role: &'static str) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let second = sql("INSERT INTO user_roles (user_id, role, clinic_id, granted_at, granted_by) VALUES ($1, $2, $3, $4, $5)")
        .bind(app.fixture.user(login))
        .bind(role)
        .bind(app.fixture.north)
        .bind(app.state.clock.now())
        .bind(app.fixture.user("admin"));
    tx.execute(second).await.expect("a role");
    tx.commit().await.expect("committed");
}

/// Two people who take money and supervise the till: the receptionist is the second one. Each may decide what the other asks for.
pub(super) async fn two_cashiers(app: &TestApp) -> (Browser, Browser) {
    for (login, role) in [("desk", "cashier"), ("desk", "accountant"), ("cashier", "accountant")] {
        granted(app, login, role).await;
    }
    (app.as_("cashier").await, app.as_("desk").await)
}

/// Returns the id after the last `/` of the address, without its query.
fn id_in(answer: &Answer) -> String {
    let to = answer.location.clone().unwrap_or_else(|| panic!("done: {} {}", answer.status, answer.body));
    to.split('?').next().and_then(|path| path.rsplit('/').next()).expect("an id").to_owned()
}

fn named(answer: &Answer) -> String {
    match answer.error() {
        Error::Invalid(errors) => errors[0].field.clone(),
        other => panic!("{other:?}"),
    }
}

pub(super) async fn shown(app: &TestApp, invoice: &str) -> (Invoice, Vec<Share>) {
    let id: InvoiceId = invoice.parse().expect("an id");
    let mut tx = app.state.db.read().await.expect("a connection");
    let (invoice, ..) = billing::invoice(&mut tx, id).await.expect("the invoice");
    (invoice, billing::shares_of(&mut tx, id).await.expect("shares"))
}

async fn payment(app: &TestApp, id: &str) -> billing::Payment {
    let id: PaymentId = id.parse().expect("an id");
    let mut tx = app.state.db.read().await.expect("a connection");
    billing::receipt(&mut tx, id).await.expect("the payment").payment
}

async fn first_line(app: &TestApp, invoice: &str) -> billing::InvoiceLine {
    let mut tx = app.state.db.read().await.expect("a connection");
    billing::invoice(&mut tx, invoice.parse().expect("an id")).await.expect("the invoice").1.remove(0)
}

pub(super) async fn pay(cashier: &Browser, invoice: &str, more: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    let form = [("invoice_id", invoice), ("idempotency_key", &key)];
    cashier.post("/api/billing/pay", &[&form[..], more].concat()).await
}

async fn paid_by_card(cashier: &Browser, invoice: &str, amount: &str) -> String {
    let answer = pay(cashier, invoice, &[("method", "card"), ("tendered", amount)]).await;
    answer.location.unwrap_or_else(|| panic!("{}", answer.body)).rsplit_once("receipt=").expect("a receipt").1.to_owned()
}

async fn ask_credit(who: &Browser, invoice: &str, more: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    let form = [("invoice_id", invoice), ("key", &key), ("reason", "not_done"), ("outcome", "billable")];
    who.post("/api/billing/ask_credit", &[&form[..], more].concat()).await
}

async fn approve_credit(who: &Browser, note: &str) -> Answer {
    who.post("/api/billing/decide_credit", &[("credit_note_id", note), ("approve", "true")]).await
}

async fn deposit(who: &Browser, patient: &str, method: &str, amount: &str) -> Answer {
    let key = Fixture::key();
    let form = [("patient_id", patient), ("idempotency_key", &key), ("method", method), ("amount", amount)];
    who.post("/api/billing/deposit", &form).await
}

async fn ask_refund(who: &Browser, payment: &str, kind: &str, amount: &str, method: &str) -> Answer {
    let key = Fixture::key();
    let form =
        [("payment_id", payment), ("key", &key), ("kind", kind), ("amount", amount), ("method", method), ("reason", "Taken by mistake")];
    who.post("/api/billing/ask_refund", &form).await
}

async fn refund_of(app: &TestApp, payment: &str) -> (String, String) {
    let mut tx = app.state.db.read().await.expect("a connection");
    let id: PaymentId = payment.parse().expect("an id");
    // Two may be asked for within one second: the one that waits comes first.
    let query = sql("SELECT id, state FROM refunds WHERE payment_id = $1 ORDER BY (state = 'asked') DESC, asked_at DESC, id DESC LIMIT 1");
    let query = query.bind(id);
    let (refund, state): (crate::core::RefundId, String) = tx.one(query).await.expect("a refund");
    (refund.to_string(), state)
}

async fn decide_refund(who: &Browser, refund: &str, decision: &str) -> Answer {
    if decision == "withdraw" {
        return who.post("/api/billing/withdraw_refund", &[("refund_id", refund)]).await;
    }
    who.post("/api/billing/decide_refund", &[("refund_id", refund), ("decision", decision)]).await
}

#[tokio::test]
async fn an_invoice_has_a_share_for_each_debtor_and_follows_them() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let ana = issued(&app, &cashier, app.fixture.ana).await;
        let (invoice, shares) = shown(&app, &ana).await;
        assert_eq!(
            shares.iter().map(|share| (share.debtor, share.amount)).collect::<Vec<_>>(),
            [(Debtor::Insurer, Money(8_400)), (Debtor::Patient, Money(3_600))]
        );
        assert_eq!((invoice.state, invoice.due()), (InvoiceState::Issued, Money(3_600)));
        paid_by_card(&cashier, &ana, "36").await;
        let (invoice, shares) = shown(&app, &ana).await;
        assert_eq!((invoice.state, invoice.due()), (InvoiceState::PartPaid, Money::ZERO), "the insurer still owes its share");
        assert_eq!((shares[0].open(), shares[1].open()), (Money(8_400), Money::ZERO));
        assert!(!cashier.get("/cashier").await.body.contains("INV-2026-000001"), "no patient owes anything on it");
        let ben = issued(&app, &cashier, app.fixture.ben).await;
        paid_by_card(&cashier, &ben, "120").await;
        assert_eq!(shown(&app, &ben).await.0.state, InvoiceState::Paid);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_credit_note_takes_two_people_frees_the_money_and_releases_the_charge() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let ana = issued(&app, &cashier, app.fixture.ana).await;
        let receipt = paid_by_card(&cashier, &ana, "36").await;
        let line = first_line(&app, &ana).await;
        // A part first: 10.00 of 120.00 is 7.00 of the insurer's and 3.00 of the patient's share.
        let line_id = line.id.to_string();
        for (more, field) in [
            (vec![("line1", line_id.as_str()), ("amount1", "120.01")], "amount1"),
            (vec![("line1", line_id.as_str()), ("amount1", "0")], "amount1"),
            (vec![("line1", line_id.as_str()), ("amount1", "5"), ("line2", line_id.as_str())], "line2"),
            (vec![], "line1"),
        ] {
            assert_eq!(named(&ask_credit(&cashier, &ana, &more).await), field);
        }
        let asked = ask_credit(&cashier, &ana, &[("line1", &line_id), ("amount1", "10")]).await;
        let note = id_in(&asked);
        assert!(other.get("/approvals").await.body.contains("INV-2026-000001"));
        assert_eq!(approve_credit(&cashier, &note).await.status, StatusCode::CONFLICT, "the one who asked");
        assert_eq!(shown(&app, &ana).await.0.credited, Money::ZERO);
        assert_eq!(approve_credit(&other, &note).await.status, StatusCode::OK);
        assert_eq!(approve_credit(&other, &note).await.status, StatusCode::CONFLICT, "decided already");
        let (invoice, shares) = shown(&app, &ana).await;
        assert_eq!((shares[0].amount, shares[1].amount, invoice.credited), (Money(7_700), Money(3_300), Money(1_000)));
        assert_eq!((invoice.paid, invoice.due()), (Money(3_300), Money::ZERO));
        assert_eq!(payment(&app, &receipt).await.deposit_left, Money(300), "the freed money is left on the payment");
        let paper = cashier.get(&format!("/credit-notes/{note}/print")).await.body;
        assert!(paper.contains("CRN-2026-000001") && paper.contains("INV-2026-000001") && paper.contains("$10.00"), "{paper}");
        // Then all that is left: the charge comes on the next invoice, the old one is cancelled.
        let rest = id_in(&ask_credit(&cashier, &ana, &[("whole", "true")]).await);
        assert_eq!(approve_credit(&other, &rest).await.status, StatusCode::OK);
        let (invoice, shares) = shown(&app, &ana).await;
        assert_eq!((invoice.state, invoice.credited, invoice.due()), (InvoiceState::Cancelled, Money(12_000), Money::ZERO));
        assert!(shares.iter().all(|share| share.amount == Money::ZERO && share.settled == Money::ZERO));
        assert_eq!(payment(&app, &receipt).await.deposit_left, Money(3_600));
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(billing::charge_at(&mut tx, line.charge_id).await.expect("asked").expect("a charge").state, ChargeState::Billable);
        drop(tx);
        assert_eq!(ask_credit(&cashier, &ana, &[("whole", "true")]).await.status, StatusCode::CONFLICT, "nothing is left");
        // The charge is invoiced again, and the deposit settles it.
        let again = cashier.post("/api/billing/issue", &[("patient_id", &app.fixture.ana.to_string())]).await;
        let again = again.location.expect("issued").rsplit_once("invoice=").expect("an invoice").1.to_owned();
        let used = cashier.post("/api/billing/use_deposit", &[("invoice_id", &again), ("seen", "3600")]).await;
        assert_eq!(used.status, StatusCode::OK, "{}", used.body);
        assert_eq!(shown(&app, &again).await.0.due(), Money::ZERO);
        assert_eq!(payment(&app, &receipt).await.deposit_left, Money::ZERO);
        let statement = cashier.get(&format!("/patients/{}/account/print", app.fixture.ana)).await.body;
        assert!(statement.contains("CRN-2026-000002") && statement.contains("$0.00"), "{statement}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn deposits_are_held_used_oldest_first_and_go_back_by_two_people() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let ben = app.fixture.ben.to_string();
        for (method, amount, field) in [("gold", "5", "method"), ("cash", "0", "amount"), ("cash", "-1", "amount")] {
            assert_eq!(named(&deposit(&cashier, &ben, method, amount).await), field);
        }
        let first = id_in(&deposit(&cashier, &ben, "cash", "100").await);
        let second = id_in(&deposit(&cashier, &ben, "card", "400").await);
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let page = cashier.get(&format!("/cashier?invoice={invoice}")).await.body;
        assert!(page.contains("Deposit held: $500.00"), "{page}");
        let stale = cashier.post("/api/billing/use_deposit", &[("invoice_id", &invoice), ("seen", "1")]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert_eq!(cashier.post("/api/billing/use_deposit", &[("invoice_id", &invoice)]).await.status, StatusCode::OK);
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid);
        assert_eq!((payment(&app, &first).await.deposit_left, payment(&app, &second).await.deposit_left), (Money::ZERO, Money(38_000)));
        // The rest goes back: at most what is left, by the method by which it came, approved by another person.
        assert_eq!(named(&ask_refund(&cashier, &second, "refund", "380.01", "card").await), "amount");
        assert_eq!(named(&ask_refund(&cashier, &second, "refund", "100", "cash").await), "method");
        assert_eq!(named(&ask_refund(&cashier, &first, "refund", "1", "cash").await), "amount", "it pays an invoice");
        assert_eq!(ask_refund(&cashier, &second, "refund", "380", "card").await.status, StatusCode::OK);
        assert_eq!(payment(&app, &second).await.deposit_left, Money::ZERO, "asked money is reserved");
        let (refund, _) = refund_of(&app, &second).await;
        let paid = async |who: &Browser| who.post("/api/billing/pay_refund", &[("refund_id", refund.as_str()), ("reference", "S-1")]).await;
        assert_eq!(paid(&cashier).await.status, StatusCode::CONFLICT, "not approved");
        assert_eq!(decide_refund(&cashier, &refund, "approve").await.status, StatusCode::CONFLICT, "the one who asked");
        assert_eq!(decide_refund(&other, &refund, "approve").await.status, StatusCode::OK);
        assert_eq!(paid(&cashier).await.status, StatusCode::OK);
        assert_eq!(paid(&cashier).await.status, StatusCode::OK, "paid once, and answered again");
        assert_eq!(decide_refund(&other, &refund, "withdraw").await.status, StatusCode::CONFLICT);
        let slip = cashier.get(&format!("/refunds/{refund}/print")).await.body;
        assert!(slip.contains("REF-2026-000001") && slip.contains("$380.00") && slip.contains(" · Copy"), "{slip}");
        let original = cashier.get(&format!("/refunds/{refund}/print?print=1")).await.body;
        assert!(original.contains("REF-2026-000001") && !original.contains(" · Copy"), "{original}");
        // Withdrawn money is left again.
        let third = id_in(&deposit(&cashier, &ben, "cash", "20").await);
        assert_eq!(ask_refund(&cashier, &third, "refund", "20", "cash").await.status, StatusCode::OK);
        let (refund, _) = refund_of(&app, &third).await;
        assert_eq!(decide_refund(&cashier, &refund, "withdraw").await.status, StatusCode::OK);
        assert_eq!(payment(&app, &third).await.deposit_left, Money(2_000));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn one_payment_by_cash_and_card_pays_several_invoices_and_keeps_the_rest_if_asked() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let old = issued(&app, &cashier, app.fixture.ben).await;
        let new = issued(&app, &cashier, app.fixture.ben).await;
        // 240.00 are due on both: 100.00 by card and 150.00 in cash, 10.00 back.
        let split = [("method", "cash"), ("tendered", "150"), ("also_method", "card"), ("also_amount", "100"), ("others", "true")];
        let answer = pay(&cashier, &new, &split).await;
        let receipt = answer.location.clone().expect(&answer.body).rsplit_once("receipt=").expect("a receipt").1.to_owned();
        let taken = payment(&app, &receipt).await;
        assert_eq!((taken.amount, taken.tendered, taken.change_given), (Money(24_000), Money(25_000), Money(1_000)));
        for invoice in [&old, &new] {
            assert_eq!(shown(&app, invoice).await.0.state, InvoiceState::Paid);
        }
        let paper = cashier.get(&format!("/receipts/{receipt}")).await.body;
        for words in ["INV-2026-000001", "INV-2026-000002", "Cash", "Card", "$150.00", "$10.00"] {
            assert!(paper.contains(words), "{words}: {paper}");
        }
        // Above what is due only when it is asked for.
        let third = issued(&app, &cashier, app.fixture.ben).await;
        let refused = pay(&cashier, &third, &[("method", "card"), ("tendered", "150")]).await;
        assert_eq!(named(&refused), "tendered");
        let kept = pay(&cashier, &third, &[("method", "card"), ("tendered", "150"), ("keep", "true")]).await;
        let receipt = kept.location.clone().expect(&kept.body).rsplit_once("receipt=").expect("a receipt").1.to_owned();
        let taken = payment(&app, &receipt).await;
        assert_eq!((taken.deposited, taken.deposit_left), (Money(3_000), Money(3_000)));
        let twice = [("method", "cash"), ("tendered", "1"), ("also_method", "cash"), ("also_amount", "1")];
        let fourth = issued(&app, &cashier, app.fixture.ben).await;
        assert_eq!(named(&pay(&cashier, &fourth, &twice).await), "also_method");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_void_takes_the_whole_payment_back_on_its_day_and_opens_the_invoice() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let receipt = paid_by_card(&cashier, &invoice, "120").await;
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid);
        assert_eq!(ask_refund(&cashier, &receipt, "void", "", "card").await.status, StatusCode::OK);
        assert_eq!(ask_refund(&cashier, &receipt, "void", "", "card").await.status, StatusCode::CONFLICT, "asked for once");
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid, "nothing happens before it is approved");
        let (void, _) = refund_of(&app, &receipt).await;
        assert_eq!(decide_refund(&other, &void, "approve").await.status, StatusCode::OK);
        let (open, _) = shown(&app, &invoice).await;
        assert_eq!((open.state, open.due(), open.paid), (InvoiceState::Issued, Money(12_000), Money::ZERO));
        assert_eq!(cashier.post("/api/billing/pay_refund", &[("refund_id", &void)]).await.status, StatusCode::OK);
        let after = payment(&app, &receipt).await;
        assert_eq!((after.refunded, after.allocated, after.deposit_left), (Money(12_000), Money::ZERO, Money::ZERO));
        // It is paid again, rightly.
        paid_by_card(&cashier, &invoice, "120").await;
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_debt_is_written_off_by_one_person_within_the_limit_and_by_two_above() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let admin = app.as_("admin").await;
        let set = |limit: &'static str| [("cash_step", ""), ("cash_tie", "up"), ("write_off_limit", limit)];
        assert_eq!(cashier.post("/api/billing/set_till", &set("5")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(named(&admin.post("/api/billing/set_till", &set("-1")).await), "write_off_limit");
        assert_eq!(admin.post("/api/billing/set_till", &set("5")).await.status, StatusCode::OK);
        assert!(admin.get("/prices/rules").await.body.contains("value=\"5.00\""));
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let write_off = async |amount: &str| {
            let key = Fixture::key();
            let form = [("invoice_id", invoice.as_str()), ("key", &key), ("amount", amount), ("reason", "charity")];
            cashier.post("/api/billing/write_off", &form).await
        };
        for amount in ["0", "120.01", "much"] {
            assert_eq!(named(&write_off(amount).await), "amount");
        }
        assert!(write_off("5").await.location.is_some_and(|to| to.ends_with("done=written_off")));
        let (open, shares) = shown(&app, &invoice).await;
        assert_eq!((open.state, open.due(), shares[0].written_off), (InvoiceState::PartPaid, Money(11_500), Money(500)));
        assert!(write_off("115").await.location.is_some_and(|to| to.ends_with("done=asked")));
        let list = other.get("/approvals").await.body;
        let id = list.split("name=\"write_off_id\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1)).expect("a write-off");
        let id = id.split('"').next().expect("its id");
        let decide = [("write_off_id", id), ("approve", "true")];
        assert_eq!(cashier.post("/api/billing/decide_write_off", &decide).await.status, StatusCode::CONFLICT);
        assert_eq!(other.post("/api/billing/decide_write_off", &decide).await.status, StatusCode::OK);
        assert_eq!(shown(&app, &invoice).await.0.state, InvoiceState::Paid);
        assert_eq!(pay(&cashier, &invoice, &[("method", "card"), ("tendered", "1")]).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_the_sums() {
    on_both_engines(|app| async move {
        let (cashier, _) = two_cashiers(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let receipt = paid_by_card(&cashier, &invoice, "100").await;
        let held = id_in(&deposit(&cashier, &app.fixture.ben.to_string(), "cash", "10").await);
        assert_eq!(ask_refund(&cashier, &held, "refund", "10", "cash").await.status, StatusCode::OK);
        assert!(id_in(&ask_credit(&cashier, &invoice, &[("whole", "true")]).await).len() > 10);
        for (statement, guard) in [
            ("INSERT INTO invoice_lines (id, invoice_id, charge_id, position, description, quantity_milli, unit_price, gross, net, total, insurer_share, patient_share) \
              SELECT p.id, l.invoice_id, l.charge_id, 9, 'More', 1000, 1, 1, 1, 1, 0, 1 FROM invoice_lines l, payments p", "invoice_lines_before_issue"),
            ("INSERT INTO invoice_shares (id, invoice_id, rank, debtor, amount, changed_at) SELECT p.id, i.id, 8, 'patient', 1, i.updated_at FROM invoices i, payments p",
             "invoice_shares_before_issue"),
            ("UPDATE invoices SET total = total + 1, patient_share = patient_share + 1", "invoices_frozen"),
            ("UPDATE invoices SET state = 'cancelled'", "invoices_credited"),
            ("UPDATE invoices SET credited = total + 1", "invoices_credited"),
            ("DELETE FROM invoices", "invoices_frozen"),
            ("UPDATE invoice_lines SET credited = total + 1", "invoice_lines_credited"),
            ("UPDATE invoice_shares SET amount = amount - 1", "invoice_shares_frozen"),
            ("UPDATE invoice_shares SET settled = amount + 1", "invoice_shares_settled"),
            ("INSERT INTO allocations (id, payment_id, share_id, amount, made_at, made_by, changed_at) \
              SELECT i.id, p.id, s.id, 2001, p.taken_at, p.taken_by, p.taken_at FROM payments p, invoice_shares s, invoices i WHERE p.deposited > 0",
             "payments_deposit_left"),
            ("UPDATE allocations SET reversed = amount + 1", "allocations_reversed"),
            ("UPDATE allocations SET amount = amount + 1", "allocations_frozen"),
            ("UPDATE payments SET amount = amount + 1", "payments_"),
            ("UPDATE payments SET refunded = amount + 1", "payments_"),
            ("DELETE FROM payments", "payments_frozen"),
            ("UPDATE payment_tenders SET amount = 1", "payment_tenders_frozen"),
            ("UPDATE refunds SET state = 'approved', decided_at = asked_at, decided_by = asked_by", "refunds_second_person"),
            ("UPDATE refunds SET state = 'paid', number = 'R', decided_at = asked_at, decided_by = asked_by, paid_at = asked_at, paid_by = asked_by, \
              shift_id = (SELECT s.id FROM till_shifts s WHERE s.cashier_id = refunds.asked_by)", "refunds_"),
            ("UPDATE refunds SET state = 'paid', number = 'R', paid_at = asked_at, paid_by = asked_by", ""),
            ("UPDATE refunds SET amount = 1", "refunds_state"),
            ("UPDATE credit_notes SET state = 'issued', number = 'C', decided_at = asked_at, decided_by = asked_by", "credit_notes_second_person"),
            ("DELETE FROM credit_notes", "credit_notes_state"),
            ("UPDATE credit_note_lines SET amount = 1", "credit_note_lines_frozen"),
            ("UPDATE charges SET state = 'billable'", "charges_released"),
            ("INSERT INTO write_offs (id, share_id, patient_id, clinic_id, state, amount, reason, alone, asked_at, asked_by, decided_at, decided_by) \
              SELECT p.id, s.id, p.patient_id, p.clinic_id, 'issued', 1, 'charity', 1 = 0, p.taken_at, p.taken_by, p.taken_at, p.taken_by \
              FROM payments p, invoice_shares s", "write_offs_second_person"),
            ("INSERT INTO write_offs (id, share_id, patient_id, clinic_id, state, amount, reason, alone, asked_at, asked_by, decided_at, decided_by) \
              SELECT p.id, s.id, p.patient_id, p.clinic_id, 'issued', 1, 'charity', 1 = 1, p.taken_at, p.taken_by, p.taken_at, p.taken_by \
              FROM payments p, invoice_shares s", "write_offs_limit"),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(sql(statement)).await.expect_err(statement);
            assert!(error.violates(guard) || format!("{error:?}").contains(guard), "{statement}: {error:?}");
        }
        // An allocation above the share: a payment with enough left, on a share with 20.00 open.
        id_in(&deposit(&cashier, &app.fixture.ben.to_string(), "cash", "100").await);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let above = "INSERT INTO allocations (id, payment_id, share_id, amount, made_at, made_by, changed_at) \
            SELECT i.id, p.id, s.id, 2001, p.taken_at, p.taken_by, p.taken_at FROM payments p, invoice_shares s, invoices i WHERE p.deposit_left = 10000";
        let error = tx.execute(sql(above)).await.expect_err("above the share");
        assert!(error.violates("invoice_shares_settled"), "{error:?}");
        drop(tx);
        assert_eq!(payment(&app, &receipt).await.allocated, Money(10_000));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refund_asked_for_by_many_at_once_is_never_above_what_is_left() {
    races_on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let held = id_in(&deposit(&cashier, &app.fixture.ben.to_string(), "cash", "100").await);
        let answers = all_at_once((0..20).map(|_| {
            let (cashier, held) = (cashier.clone(), held.clone());
            async move { ask_refund(&cashier, &held, "refund", "30", "cash").await.status }
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 3, "{answers:?}");
        assert_eq!(payment(&app, &held).await.deposit_left, Money(1_000));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_void_and_a_refund_and_the_use_of_a_deposit_at_once_leave_one_way() {
    races_on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let held = id_in(&deposit(&cashier, &app.fixture.ben.to_string(), "card", "120").await);
        assert_eq!(ask_refund(&cashier, &held, "void", "", "card").await.status, StatusCode::OK);
        let (void, _) = refund_of(&app, &held).await;
        let acts = (0..12).map(|n| {
            let (cashier, other, held, void, invoice) = (cashier.clone(), other.clone(), held.clone(), void.clone(), invoice.clone());
            async move {
                match n % 3 {
                    0 => decide_refund(&other, &void, "approve").await.status,
                    1 => ask_refund(&cashier, &held, "refund", "50", "card").await.status,
                    _ => cashier.post("/api/billing/use_deposit", &[("invoice_id", &invoice)]).await.status,
                }
            }
        });
        let answers = all_at_once(acts).await;
        assert!(
            answers.iter().all(|status| matches!(*status, StatusCode::OK | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY)),
            "{answers:?}"
        );
        let left = payment(&app, &held).await;
        assert!(left.allocated + left.refunded <= left.amount && left.refunded <= left.amount, "{left:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deposits_and_payments_at_once_never_settle_a_share_twice() {
    races_on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        id_in(&deposit(&cashier, &app.fixture.ben.to_string(), "cash", "500").await);
        let acts = (0..20).map(|n| {
            let (cashier, invoice) = (cashier.clone(), invoice.clone());
            async move {
                if n % 2 == 0 {
                    cashier.post("/api/billing/use_deposit", &[("invoice_id", &invoice)]).await.status
                } else {
                    pay(&cashier, &invoice, &[("method", "card"), ("tendered", "40")]).await.status
                }
            }
        });
        let answers = all_at_once(acts).await;
        assert!(answers.contains(&StatusCode::OK));
        let (settled, shares) = shown(&app, &invoice).await;
        assert_eq!((settled.state, shares[0].settled), (InvoiceState::Paid, Money(12_000)));
        app.assert_sound().await;
    })
    .await;
}
