//! Tests shifts at the till: from the float to the hand-over, blind counts, cash in transit, what the schema refuses, and races.

use axum::http::StatusCode;
use proptest::prelude::*;

use super::{
    Answer, Browser, Fixture, TestApp, all_at_once,
    billing::{issued, paid},
    fixture::PASSWORD,
    on_both_engines, races_on_both_engines,
};
use crate::{
    accounts::{self, NewUser},
    billing::{
        Method,
        shifts::{self, TillState},
    },
    core::{ClinicId, Error, Money, Role, Stamp, TillShiftId, UserId},
    db::{DbError, Sql, sql},
};

/// Signs in a second cashier of the north clinic.
async fn second_cashier(app: &TestApp) -> (UserId, Browser) {
    let (mut tx, now) = (app.state.db.write().await.expect("a transaction"), app.state.clock.now());
    let id = UserId::new();
    let user = NewUser {
        id,
        login: "cashier2".to_owned(),
        name: "Clara Coins".to_owned(),
        password_hash: Some(super::fixture::shared_hash()),
        language: None,
        demo: false,
        roles: vec![(Role::Cashier, Some(app.fixture.north))],
    };
    accounts::create_user(&mut tx, &user, Stamp::system(now)).await.expect("a user");
    tx.commit().await.expect("committed");
    (id, app.as_("cashier2").await)
}

async fn current(app: &TestApp, cashier: UserId, clinic: ClinicId) -> Option<shifts::TillShift> {
    let mut tx = app.state.db.read().await.expect("a connection");
    shifts::current(&mut tx, cashier, clinic).await.expect("read")
}

async fn own(app: &TestApp) -> TillShiftId {
    current(app, app.fixture.user("cashier"), app.fixture.north).await.expect("an open shift").id
}

async fn state(app: &TestApp, id: TillShiftId) -> TillState {
    let mut tx = app.state.db.read().await.expect("a connection");
    shifts::shift(&mut tx, id).await.expect("a shift").state
}

async fn cash_in(app: &TestApp, id: TillShiftId) -> Money {
    let mut tx = app.state.db.read().await.expect("a connection");
    let takings = shifts::takings(&mut tx, id).await.expect("read");
    takings.into_iter().filter(|(method, _)| *method == Method::Cash).map(|(_, amount)| amount).sum()
}

async fn pay(cashier: &Browser, invoice: &str, method: &str, tendered: &str) -> Answer {
    let key = Fixture::key();
    let form = [("invoice_id", invoice), ("idempotency_key", key.as_str()), ("method", method), ("tendered", tendered)];
    cashier.post("/api/billing/pay", &form).await
}

async fn move_cash(cashier: &Browser, kind: &str, amount: &str, more: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    let form = [&[("key", key.as_str()), ("kind", kind), ("amount", amount)], more].concat();
    cashier.post("/api/till/move_cash", &form).await
}

async fn step(browser: &Browser, what: &str, id: TillShiftId, more: &[(&str, &str)]) -> Answer {
    let id = id.to_string();
    let form = [&[("id", id.as_str())], more].concat();
    browser.post(&format!("/api/till/{what}"), &form).await
}

async fn refusal(app: &TestApp, statement: Sql) -> Option<DbError> {
    app.state.db.write().await.expect("a transaction").execute(statement).await.err()
}

#[tokio::test]
async fn a_cashiers_day_from_the_float_to_the_hand_over() {
    on_both_engines(|app| async move {
        let (cashier, accountant) = (app.as_("cashier").await, app.as_("accountant").await);
        let shift = own(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ana).await;
        assert_eq!(pay(&cashier, &invoice, "cash", "50").await.status, StatusCode::OK);
        let other = issued(&app, &cashier, app.fixture.ben).await;
        assert_eq!(pay(&cashier, &other, "card", "120").await.status, StatusCode::OK);
        assert_eq!(cash_in(&app, shift).await, Money(13_600), "100.00 float and 36.00");
        // A pay-out names its person and reason; a drop has left the drawer as soon as it is sent.
        let refused = move_cash(&cashier, "pay_out", "5", &[]).await;
        assert!(matches!(refused.error(), Error::Invalid(errors) if errors[0].field == "party"), "{}", refused.body);
        let told = [("party", "Post office"), ("reason", "Stamps")];
        assert_eq!(move_cash(&cashier, "pay_out", "5", &told).await.status, StatusCode::OK);
        assert_eq!(move_cash(&cashier, "drop", "500", &[]).await.status, StatusCode::CONFLICT, "there is less in the drawer");
        assert_eq!(move_cash(&cashier, "drop", "100", &[]).await.status, StatusCode::OK);
        assert_eq!(cash_in(&app, shift).await, Money(3_100));
        // With cash in transit the shift does not begin to close; the safe receives it.
        let refused = step(&cashier, "begin_closing", shift, &[]).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("in transit"), "{}", refused.body);
        let page = accountant.get("/till/supervise").await;
        assert!(page.body.contains("Carlos Cash") && page.body.contains("$100.00"), "{}", page.body);
        let drop = page.body.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a drop").to_owned();
        assert_eq!(cashier.post("/api/till/receive_cash", &[("id", &drop)]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(accountant.post("/api/till/receive_cash", &[("id", &drop)]).await.status, StatusCode::OK);
        assert_eq!(step(&cashier, "begin_closing", shift, &[]).await.status, StatusCode::OK);
        assert!(cashier.get("/cashier").await.body.contains("Count the drawer"));
        // The count is blind, is made once, and only when everything is ticked as counted.
        let page = cashier.get("/till").await;
        assert!(page.body.contains("name=\"d_2000\"") && !page.body.contains("31.00"), "{}", page.body);
        let unsure = step(&cashier, "count", shift, &[("d_2000", "1")]).await;
        assert!(matches!(unsure.error(), Error::Invalid(errors) if errors[0].field == "sure"), "{}", unsure.body);
        let counted = [("d_2000", "1"), ("d_1000", "1"), ("card", "120"), ("sure", "true")];
        assert_eq!(step(&cashier, "count", shift, &counted).await.status, StatusCode::OK);
        assert_eq!(step(&cashier, "count", shift, &counted).await.status, StatusCode::CONFLICT);
        let page = cashier.get("/till").await;
        assert!(page.body.contains("$31.00") && page.body.contains("−$1.00"), "{}", page.body);
        let refused = step(&cashier, "hand_over", shift, &[]).await;
        assert!(matches!(refused.error(), Error::Invalid(errors) if errors[0].field == "reason_cash"), "{}", refused.body);
        assert_eq!(step(&cashier, "hand_over", shift, &[("reason_cash", "Wrong change")]).await.status, StatusCode::OK);
        // The receiver proves who she is and counts without seeing the first count.
        let page = accountant.get(&format!("/till/shifts/{shift}")).await;
        assert!(page.body.contains("name=\"d_2000\"") && !page.body.contains("$31.00"), "{}", page.body);
        assert_eq!(accountant.get(&format!("/till/shifts/{shift}/print")).await.status, StatusCode::NOT_FOUND);
        let wrong = step(&accountant, "receive", shift, &[("d_2000", "1"), ("password", "wrong")]).await;
        assert!(matches!(wrong.error(), Error::Invalid(errors) if errors[0].field == "password"), "{}", wrong.body);
        let own_hands = step(&cashier, "receive", shift, &[("d_2000", "1"), ("password", PASSWORD)]).await;
        assert_eq!(own_hands.status, StatusCode::CONFLICT, "{}", own_hands.body);
        let received = [("d_2000", "1"), ("d_1000", "1"), ("d_100", "1"), ("password", PASSWORD)];
        assert_eq!(step(&accountant, "receive", shift, &received).await.status, StatusCode::OK);
        // The counts differ, so that a supervisor closes; both stay, also on paper.
        assert_eq!(state(&app, shift).await, TillState::Received);
        assert_eq!(step(&cashier, "close", shift, &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(step(&accountant, "close", shift, &[]).await.status, StatusCode::OK);
        assert_eq!(state(&app, shift).await, TillState::Closed);
        let paper = cashier.get(&format!("/till/shifts/{shift}/print")).await;
        assert!(paper.body.contains("$30.00") && paper.body.contains("$31.00") && paper.body.contains("Wrong change"), "{}", paper.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn no_money_is_taken_without_an_open_shift_and_a_supervisor_closes_a_forgotten_one() {
    on_both_engines(|app| async move {
        let (cashier, accountant) = (app.as_("cashier").await, app.as_("accountant").await);
        let (_, other) = second_cashier(&app).await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let refused = pay(&other, &invoice, "card", "20").await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("no open shift"), "{}", refused.body);
        assert!(other.get("/cashier").await.body.contains("Open a shift"));
        let counter = app.fixture.counter.to_string();
        let key = Fixture::key();
        let form = [("key", key.as_str()), ("point", &counter), ("d_2000", "2"), ("sure", "true")];
        assert_eq!(other.submit("/till", "/api/till/open", &form).await.status, StatusCode::SEE_OTHER);
        assert_eq!(other.post("/api/till/open", &form).await.status, StatusCode::OK, "the same key opens nothing twice");
        let again = [("key", &*Fixture::key()), ("point", &*counter), ("sure", "true")].map(|(name, value)| (name, value.to_owned()));
        let again: Vec<_> = again.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(other.post("/api/till/open", &again).await.status, StatusCode::CONFLICT);
        assert_eq!(pay(&other, &invoice, "card", "20").await.status, StatusCode::OK);
        // A supervisor begins to close the forgotten shift, opens it again before the count, and then counts it herself.
        let shift = own(&app).await;
        assert_eq!(step(&other, "begin_closing", shift, &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(step(&accountant, "begin_closing", shift, &[]).await.status, StatusCode::OK);
        assert_eq!(pay(&cashier, &invoice, "card", "20").await.status, StatusCode::CONFLICT);
        assert_eq!(step(&cashier, "reopen", shift, &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(step(&accountant, "reopen", shift, &[]).await.status, StatusCode::OK);
        assert_eq!(pay(&cashier, &invoice, "card", "20").await.status, StatusCode::OK);
        assert_eq!(step(&accountant, "begin_closing", shift, &[]).await.status, StatusCode::OK);
        let counted = [("d_2000", "5"), ("card", "20"), ("sure", "true")];
        assert_eq!(step(&accountant, "count", shift, &counted).await.status, StatusCode::OK);
        assert_eq!(step(&accountant, "reopen", shift, &[]).await.status, StatusCode::CONFLICT, "it was counted");
        assert_eq!(step(&accountant, "hand_over", shift, &[]).await.status, StatusCode::OK);
        let received = [("d_2000", "5"), ("password", PASSWORD)];
        assert_eq!(step(&accountant, "receive", shift, &received).await.status, StatusCode::CONFLICT, "who counted first does not receive");
        assert_eq!(step(&other, "receive", shift, &received).await.status, StatusCode::OK);
        assert_eq!(state(&app, shift).await, TillState::Closed, "both counts agree");
        assert_eq!(paid(&app, &invoice).await.0.paid, Money(4_000));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_transfer_leaves_one_till_when_sent_and_reaches_the_other_when_received() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let (user, other) = second_cashier(&app).await;
        let counter = app.fixture.counter.to_string();
        let form = [("key", Fixture::key()), ("point", counter), ("sure", "true".to_owned())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(other.post("/api/till/open", &form).await.status, StatusCode::OK);
        let (from, to) = (own(&app).await, current(&app, user, app.fixture.north).await.expect("open").id);
        let refused = move_cash(&cashier, "transfer", "30", &[]).await;
        assert!(matches!(refused.error(), Error::Invalid(errors) if errors[0].field == "to"), "{}", refused.body);
        for _ in 0..2 {
            assert_eq!(move_cash(&cashier, "transfer", "30", &[("to", &to.to_string())]).await.status, StatusCode::OK);
        }
        assert_eq!((cash_in(&app, from).await, cash_in(&app, to).await), (Money(4_000), Money::ZERO));
        let mut tx = app.state.db.read().await.expect("a connection");
        let moves = shifts::moves(&mut tx, from).await.expect("moves");
        drop(tx);
        let [first, second] = [0, 1].map(|at: usize| moves[at].id.to_string());
        assert_eq!(cashier.post("/api/till/receive_cash", &[("id", &first)]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(other.post("/api/till/receive_cash", &[("id", &first)]).await.status, StatusCode::OK);
        assert_eq!(other.post("/api/till/receive_cash", &[("id", &first)]).await.status, StatusCode::CONFLICT);
        assert_eq!(cashier.post("/api/till/withdraw_cash", &[("id", &first)]).await.status, StatusCode::CONFLICT);
        assert_eq!(cashier.post("/api/till/withdraw_cash", &[("id", &second)]).await.status, StatusCode::OK);
        assert_eq!((cash_in(&app, from).await, cash_in(&app, to).await), (Money(7_000), Money(3_000)));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_schema_refuses_what_no_shift_allows() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let (shift, invoice) = (own(&app).await, issued(&app, &cashier, app.fixture.ben).await);
        assert_eq!(pay(&cashier, &invoice, "card", "20").await.status, StatusCode::OK);
        let copy = |shift: &'static str| {
            sql("INSERT INTO payments (id, patient_id, clinic_id, amount, tendered, change_given, receipt_number, idempotency_key, taken_at,
                taken_by, shift_id)
            SELECT $1, patient_id, clinic_id, amount, tendered, change_given, 'X', $2, taken_at, taken_by, ")
            .bind(uuid::Uuid::now_v7())
            .bind(uuid::Uuid::now_v7())
            .push(shift)
            .push(" FROM payments")
        };
        for (statement, guard) in [
            (copy("NULL"), "till_shift_not_open"),
            (sql("UPDATE payments SET shift_id = NULL"), "payments_shift_kept"),
            (sql("UPDATE till_shifts SET state = 'closed'"), "till_shift"),
            (sql("UPDATE till_shifts SET float_amount = 1"), "till_shift_step"),
            (sql("UPDATE till_counts SET pieces = 9"), "till_counts_kept"),
            (sql("DELETE FROM till_counts"), "till_counts_kept"),
            (sql("DELETE FROM till_shifts"), "till_shift_step"),
            (
                sql("INSERT INTO cash_moves (id, shift_id, kind, amount, state, sent_at, sent_by)
                    SELECT id, id, 'drop', 10001, 'sent', opened_at, cashier_id FROM till_shifts"),
                "till_cash_short",
            ),
            (
                sql("INSERT INTO till_counts (shift_id, moment, denomination, pieces) SELECT id, 'hand_over', 100, 1 FROM till_shifts"),
                "till_counts_kept",
            ),
            (
                sql("INSERT INTO till_shifts (id, clinic_id, cashier_id, state, float_amount, opened_at)
                    SELECT $1, clinic_id, cashier_id, 'open', 0, opened_at FROM till_shifts")
                .bind(uuid::Uuid::now_v7()),
                "till_shifts",
            ),
        ] {
            let words = statement.text(app.state.db.engine()).to_owned();
            let refused = refusal(&app, statement).await.unwrap_or_else(|| panic!("not refused: {words}"));
            assert!(refused.violates(guard) || refused.is_unique(), "{words}: {refused}");
        }
        assert_eq!(step(&cashier, "begin_closing", shift, &[]).await.status, StatusCode::OK);
        let late = refusal(&app, copy("shift_id")).await.expect("refused");
        assert!(late.violates("till_shift_not_open"), "{late}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closing_while_payments_are_posted_counts_each_of_them() {
    races_on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let (shift, invoice) = (own(&app).await, issued(&app, &cashier, app.fixture.ben).await);
        let acts = (0..21).map(|number| {
            let (cashier, invoice) = (cashier.clone(), invoice.clone());
            async move {
                if number == 10 {
                    let closed = super::races::until_served(|| step(&cashier, "begin_closing", shift, &[])).await;
                    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
                    let counted = [("sure", "true")];
                    return super::races::until_served(|| step(&cashier, "count", shift, &counted)).await.status;
                }
                pay(&cashier, &invoice, "cash", "5").await.status
            }
        });
        let statuses = all_at_once(acts).await;
        assert!(statuses.iter().all(|status| matches!(*status, StatusCode::OK | StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE)));
        let mut tx = app.state.db.read().await.expect("a connection");
        let results = shifts::results(&mut tx, shift).await.expect("results");
        drop(tx);
        let expected = results.iter().find(|result| result.method == Method::Cash).expect("cash").expected;
        let posted = paid(&app, &invoice).await.0.paid;
        assert_eq!(expected, Money(10_000) + posted, "the float and what was posted before the shift began to close");
        assert_eq!(cash_in(&app, shift).await, expected, "nothing was posted afterwards");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_shift_is_opened_by_many_requests_at_once() {
    races_on_both_engines(|app| async move {
        let (user, cashier) = second_cashier(&app).await;
        let counter = app.fixture.counter.to_string();
        let answers = all_at_once((0..20).map(|_| {
            let (cashier, counter) = (cashier.clone(), counter.clone());
            async move {
                let key = Fixture::key();
                cashier.post("/api/till/open", &[("key", &key), ("point", &counter), ("d_100", "7"), ("sure", "true")]).await.status
            }
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert_eq!(current(&app, user, app.fixture.north).await.map(|shift| shift.float_amount), Some(Money(700)));
        app.assert_sound().await;
    })
    .await;
}

/// An act at the till.
#[derive(Clone, Copy, Debug)]
enum Act {
    Pay(i64),
    PayIn(i64),
    PayOut(i64),
    Drop(i64),
    Receive,
    Withdraw,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (1_i64..40).prop_map(Act::Pay),
        (1_i64..50).prop_map(Act::PayIn),
        (1_i64..90).prop_map(Act::PayOut),
        (1_i64..90).prop_map(Act::Drop),
        Just(Act::Receive),
        Just(Act::Withdraw),
    ];
    proptest::collection::vec(act, 8..16)
}

#[tokio::test]
async fn whatever_is_done_at_the_till_its_cash_adds_up_after_each_step() {
    use proptest::strategy::ValueTree as _;
    on_both_engines(|app| async move {
        let (cashier, accountant) = (app.as_("cashier").await, app.as_("accountant").await);
        let shift = own(&app).await;
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let (mut cash, mut transit): (i64, Vec<(String, i64)>) = (10_000, Vec::new());
        for _ in 0..3 {
            for act in acts().new_tree(&mut runner).expect("acts").current() {
                let told = [("party", "Somebody"), ("reason", "Because")];
                match act {
                    Act::Pay(amount) => {
                        let before = paid(&app, &invoice).await.0.paid;
                        pay(&cashier, &invoice, "cash", &amount.to_string()).await;
                        cash += (paid(&app, &invoice).await.0.paid - before).0;
                    }
                    Act::PayIn(amount) => {
                        assert_eq!(move_cash(&cashier, "pay_in", &amount.to_string(), &told).await.status, StatusCode::OK);
                        cash += amount * 100;
                    }
                    Act::PayOut(amount) | Act::Drop(amount) => {
                        let kind = if matches!(act, Act::Drop(_)) { "drop" } else { "pay_out" };
                        let done = move_cash(&cashier, kind, &amount.to_string(), &told).await.status == StatusCode::OK;
                        assert_eq!(done, amount * 100 <= cash, "{act:?} with {cash}");
                        if done {
                            cash -= amount * 100;
                        }
                    }
                    Act::Receive | Act::Withdraw => {
                        if let Some((id, amount)) = transit.pop() {
                            let (who, what) = if matches!(act, Act::Receive) { (&accountant, "receive") } else { (&cashier, "withdraw") };
                            let done = who.post(&format!("/api/till/{what}_cash"), &[("id", &id)]).await;
                            assert_eq!(done.status, StatusCode::OK, "{}", done.body);
                            cash += if matches!(act, Act::Withdraw) { amount } else { 0 };
                        }
                    }
                }
                let mut tx = app.state.db.read().await.expect("a connection");
                let moves = shifts::in_transit(&mut tx, app.fixture.north).await.expect("moves");
                drop(tx);
                transit = moves.into_iter().map(|one| (one.id.to_string(), one.amount.0)).collect();
                assert_eq!(cash_in(&app, shift).await, Money(cash), "{act:?}");
            }
        }
        app.assert_sound().await;
    })
    .await;
}
