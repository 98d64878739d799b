//! The due day of invoices, and the list of overdue accounts.

use axum::http::StatusCode;

use super::{named, pay, shown};
use crate::{
    core::Money,
    db::sql,
    tests::{billing::issued, on_both_engines},
};

#[tokio::test]
async fn an_invoice_is_due_after_the_days_of_its_clinic_on_every_paper() {
    on_both_engines(|app| async move {
        let (admin, cashier, ben) = (app.as_("admin").await, app.as_("cashier").await, app.as_("ben").await);
        let first = issued(&app, &cashier, app.fixture.ben).await;
        assert_eq!(shown(&app, &first).await.0.due_day.to_string(), "2026-11-28", "a week without a setting");
        let north = app.fixture.north.to_string();
        let terms = |days: &'static str| [("clinic_id", north.as_str()), ("days", days)];
        assert_eq!(cashier.post("/api/billing/set_payment_terms", &terms("30")).await.status, StatusCode::FORBIDDEN);
        for wrong in ["-1", "366", "soon", ""] {
            assert_eq!(named(&admin.post("/api/billing/set_payment_terms", &terms(wrong)).await), "days", "{wrong}");
        }
        assert_eq!(admin.post("/api/billing/set_payment_terms", &terms("30")).await.status, StatusCode::OK);
        assert!(admin.get("/prices/rules").await.body.contains("value=\"30\""));
        let second = issued(&app, &cashier, app.fixture.ben).await;
        assert_eq!(shown(&app, &second).await.0.due_day.to_string(), "2026-12-21");
        assert_eq!(shown(&app, &first).await.0.due_day.to_string(), "2026-11-28", "a setting counts for new invoices");
        let day = "21 Dec 2026";
        let account = format!("/patients/{}/account", app.fixture.ben);
        for page in [format!("/invoices/{second}"), format!("/invoices/{second}/print"), account.clone(), format!("{account}/print")] {
            assert!(cashier.get(&page).await.body.contains(day), "{page}");
        }
        for page in ["/portal/statement", "/portal/records"] {
            let body = ben.get(page).await.body;
            assert!(body.contains(day) && body.contains("28 Nov 2026"), "{page}: {body}");
        }
        // A paid invoice is not due any more.
        assert_eq!(pay(&cashier, &second, &[("method", "card"), ("tendered", "120")]).await.status, StatusCode::OK);
        assert!(!cashier.get(&format!("/invoices/{second}")).await.body.contains("Due 21 Dec 2026"));
        for (statement, guard) in [
            ("UPDATE invoices SET due_day = '2027-01-01'", "invoices_frozen"),
            ("UPDATE payment_terms SET days = 366", "payment_terms_days"),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(sql(statement)).await.expect_err(guard);
            assert!(error.violates(guard), "{guard}: {error}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn overdue_accounts_are_listed_with_since_when_how_much_and_the_telephone() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let ben = issued(&app, &cashier, app.fixture.ben).await;
        let ana = issued(&app, &cashier, app.fixture.ana).await;
        // 36.00 in three parts, the first one today.
        let form = [("invoice_id", ana.as_str()), ("parts", "3"), ("first_day", "2026-11-21")];
        assert_eq!(cashier.post("/api/billing/agree_instalments", &form).await.status, StatusCode::OK);
        assert!(cashier.get("/overdue").await.body.contains("Nothing is overdue"));
        app.state.clock.advance(chrono::Duration::days(8));
        let (cashier, nurse) = (app.as_("cashier").await, app.as_("nurse").await);
        assert_eq!(nurse.get("/overdue").await.status, StatusCode::FORBIDDEN);
        let list = cashier.get("/overdue").await.body;
        for words in [
            "Adams, Ben",
            "+1 508 555 0101",
            "28 Nov 2026",
            "$120.00",
            "Núñez",
            "+1 508 719 1838",
            "21 Nov 2026",
            "$36.00",
            "together $156.00",
        ] {
            assert!(list.contains(words), "{words}: {list}");
        }
        let (first, second) = (list.find("Núñez").expect("ana"), list.find("Adams").expect("ben"));
        assert!(first < second, "the oldest debt stands first");
        let found = cashier.get("/overdue?q=adams").await.body;
        assert!(found.contains("Adams, Ben") && !found.contains("Núñez") && found.contains("together $120.00"), "{found}");
        let file = cashier.get("/overdue?format=csv").await;
        assert!(file.body.contains("\"Adams, Ben\",1A00000000025,") && file.body.contains(",1,1,120.00,USD"), "{}", file.body);
        assert_eq!(cashier.get("/overdue?format=xlsx").await.status, StatusCode::OK);
        // A paid instalment is not missed; a paid invoice is not due.
        for (invoice, amount) in [(&ana, "12"), (&ben, "120")] {
            assert_eq!(pay(&cashier, invoice, &[("method", "card"), ("tendered", amount)]).await.status, StatusCode::OK);
        }
        assert!(cashier.get("/overdue").await.body.contains("Nothing is overdue"));
        assert_eq!(shown(&app, &ana).await.0.due(), Money(2_400));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_debt_is_paid_in_instalments_and_a_missed_one_makes_the_rest_due() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let agree = async |parts: &str, first: &str| {
            let form = [("invoice_id", invoice.as_str()), ("parts", parts), ("first_day", first)];
            cashier.post("/api/billing/agree_instalments", &form).await
        };
        for (parts, first, field) in
            [("1", "2026-11-21", "parts"), ("37", "2026-11-21", "parts"), ("x", "2026-11-21", "parts"), ("3", "2026-11-20", "first_day")]
        {
            assert_eq!(named(&agree(parts, first).await), field, "{parts} {first}");
        }
        assert_eq!(agree("3", "2026-11-21").await.status, StatusCode::OK);
        assert_eq!(agree("3", "2026-11-21").await.status, StatusCode::CONFLICT, "agreed on once");
        let page = cashier.get(&format!("/invoices/{invoice}")).await.body;
        assert!(page.matches("$40.00").count() >= 3 && !page.contains("An instalment was missed"), "{page}");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let more = sql("INSERT INTO instalments (invoice_id, position, due_day, amount, made_at, made_by)
            SELECT invoice_id, 9, due_day, 1, made_at, made_by FROM instalments WHERE position = 1");
        assert!(tx.execute(more).await.expect_err("above what is due").violates("instalments_total"));
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
