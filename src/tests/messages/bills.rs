//! Messages about bills that are due, and many reminders in one run.

use super::{confirm, deliver, number, ok, receivers, sender};
use crate::{
    appointments::remind,
    billing::tell_of_due_bills,
    db::sql,
    tests::{billing::issued, on_both_engines},
};

#[tokio::test]
async fn a_bill_that_nobody_paid_and_an_instalment_to_come_are_told_of_once() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let (ana, ben, cashier) = (app.as_("ana").await, app.as_("ben").await, app.as_("cashier").await);
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        confirm(&app, &ben, app.fixture.ben, "email", "ben@home.test").await;
        deliver(&app, &sender(&url)).await;
        let debt = issued(&app, &cashier, app.fixture.ana).await;
        let parts = issued(&app, &cashier, app.fixture.ben).await;
        let form = [("invoice_id", parts.as_str()), ("parts", "3"), ("first_day", "2026-11-25")];
        ok(&cashier.post("/api/billing/agree_instalments", &form).await);
        assert_eq!(tell_of_due_bills(&app.state).await, Ok(0), "neither is due");
        app.state.clock.advance(chrono::Duration::days(2));
        assert_eq!(tell_of_due_bills(&app.state).await, Ok(1), "the first instalment in two days");
        assert_eq!(tell_of_due_bills(&app.state).await, Ok(0), "once");
        app.state.clock.advance(chrono::Duration::days(5));
        assert_eq!(tell_of_due_bills(&app.state).await, Ok(1), "the invoice after a week");
        assert_eq!(tell_of_due_bills(&app.state).await, Ok(0), "once");
        letters.lock().expect("letters").clear();
        app.state.clock.advance(chrono::Duration::hours(12));
        deliver(&app, &sender(&url)).await;
        let letter =
            letters.lock().expect("letters").iter().map(|letter| receivers::plain(letter)).find(|text| text.contains("ana@home.test"));
        let letter = letter.expect("a letter");
        assert!(letter.contains("A bill at North Clinic is to be paid") && letter.contains("/portal/statement"), "{letter}");
        assert!(!letter.contains('$'), "no amount: {letter}");
        assert!(!debt.is_empty());
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_bill_that_is_paid_before_its_message_leaves_needs_none() {
    on_both_engines(|app| async move {
        let (ana, cashier) = (app.as_("ana").await, app.as_("cashier").await);
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        let invoice = issued(&app, &cashier, app.fixture.ana).await;
        app.state.clock.advance(chrono::Duration::days(7) + chrono::Duration::minutes(1));
        assert_eq!(tell_of_due_bills(&app.state).await, Ok(1));
        let dropped = || sql("SELECT count(*) FROM messages WHERE kind = 'invoice_due' AND state = 'dropped' AND cause = 'overtaken'");
        assert_eq!(number(&app, dropped()).await, 0);
        let cashier = app.as_("cashier").await;
        let key = crate::tests::Fixture::key();
        let form = [("invoice_id", invoice.as_str()), ("idempotency_key", &key), ("method", "cash"), ("tendered", "36.00")];
        let paid = cashier.post("/api/billing/pay", &form).await;
        ok(&paid);
        assert_eq!(number(&app, dropped()).await, 1, "{}", paid.body);
        app.assert_sound().await;
    })
    .await;
}

/// Ten thousand appointments begin within one day: how long the reminders take, with `INFIRMARY_LONG`; eleven hundred without, which is more than one query returns.
#[tokio::test]
async fn all_reminders_that_are_due_are_written_in_one_run() {
    on_both_engines(|app| async move {
        let many: i64 = if std::env::var_os("INFIRMARY_LONG").is_some() { 10_000 } else { 1_100 };
        super::many::within_a_day(&app, &[app.fixture.ben], many).await;
        let started = std::time::Instant::now();
        let reminded = remind(&app.state).await.expect("reminded");
        println!("{}: {reminded} reminders in {:?}", app.state.db.engine().as_str(), started.elapsed());
        assert_eq!(i64::try_from(reminded), Ok(many));
        assert_eq!(number(&app, sql("SELECT count(*) FROM messages WHERE kind = 'reminder'")).await, many);
        assert_eq!(remind(&app.state).await.expect("reminded"), 0);
    })
    .await;
}
