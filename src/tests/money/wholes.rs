//! A discount on a whole invoice, and the doctor and the giver of a discount that a line keeps.

use axum::http::StatusCode;

use super::{first_line, granted, named, shown};
use crate::{
    core::Money,
    db::sql,
    tests::{Browser, Fixture, TestApp, billing::issued, charges::item, on_both_engines},
};

/// Adds charges by hand, each of another price.
async fn charged(app: &TestApp, cashier: &Browser, prices: &[&str]) {
    let admin = app.as_("admin").await;
    let patient = app.fixture.ben.to_string();
    for (price, at) in prices.iter().zip(1..) {
        let item = item(&admin, &format!("{}-ITEM-{at}", prices.len()), price).await.to_string();
        let key = Fixture::key();
        let form = [("patient_id", patient.as_str()), ("key", &key), ("item_id", &item), ("quantity", "1"), ("service_day", "2026-11-21")];
        let added = cashier.post("/api/billing/add_charge", &form).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    }
}

/// The discount of each charge, and the one that is asked for, in the order of their codes.
async fn discounts(app: &TestApp) -> Vec<(i64, Option<i64>)> {
    let query = sql("SELECT discount, asked_discount FROM charges WHERE state IN ('billable', 'billed') ORDER BY code");
    app.state.db.read().await.expect("a connection").all(query).await.expect("charges")
}

/// Section 4 of the specification, example 6: 10.00 on 33.33, 33.33 and 33.34.
#[tokio::test]
async fn a_discount_on_an_invoice_is_spread_exactly_over_its_lines() {
    on_both_engines(|app| async move {
        let (cashier, accountant) = (app.as_("cashier").await, app.as_("accountant").await);
        let patient = app.fixture.ben.to_string();
        let page = format!("/patients/{patient}/charges");
        let give = async |seen: &str, discount: &str| {
            let form = [("patient_id", patient.as_str()), ("seen", seen), ("discount", discount), ("reason", "agreement")];
            cashier.post("/api/billing/discount_invoice", &form).await
        };
        assert_eq!(give("0", "1").await.status, StatusCode::CONFLICT, "there is nothing to discount");
        charged(&app, &cashier, &["33.33", "33.33", "33.34"]).await;
        assert!(cashier.get(&page).await.body.contains("over 3 lines of the next invoice, which cost $100.00 together"));
        for wrong in ["0", "100.01", "101 %", "much"] {
            assert_eq!(named(&give("10000", wrong).await), "discount", "{wrong}");
        }
        assert_eq!(give("9999", "10").await.status, StatusCode::CONFLICT, "an older page");
        // 10 % of all is within the limit of 10 %, although one line's part was rounded up.
        let given = give("10000", "10 %").await;
        assert_eq!(given.location.as_deref(), Some(format!("{page}?done=discounted").as_str()), "{}", given.body);
        assert_eq!(discounts(&app).await, [(333, None), (333, None), (334, None)]);
        assert_eq!(give("10000", "1").await.status, StatusCode::CONFLICT, "every line has its discount");
        let issue = cashier.post("/api/billing/issue", &[("patient_id", &patient), ("seen", "9000")]).await;
        assert_eq!(issue.status, StatusCode::OK, "{}", issue.body);
        let invoice = issue.location.expect("issued").rsplit_once("invoice=").expect("an invoice").1.to_owned();
        assert_eq!(shown(&app, &invoice).await.0.total, Money(9_000));
        app.assert_sound().await;
        // 1.00 on 3 x 50.00 by hand; above the limit every part waits for a supervisor.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let limit = "INSERT INTO discount_limits (role, basis_points, updated_at) VALUES ('cashier', 50, '2026-11-21T00:00:00Z')";
        tx.execute(sql(limit)).await.expect("a limit");
        tx.commit().await.expect("committed");
        charged(&app, &cashier, &["50", "50", "50", "0"]).await;
        let asked = give("15000", "1").await;
        assert_eq!(asked.location.as_deref(), Some(format!("{page}?done=asked").as_str()), "{}", asked.body);
        let mut parts = discounts(&app).await.split_off(3);
        parts.sort_unstable();
        assert_eq!(parts, [(0, None), (0, Some(33)), (0, Some(33)), (0, Some(34))]);
        let open = sql("SELECT id FROM charges WHERE asked_discount IS NOT NULL ORDER BY code");
        let open: Vec<(uuid::Uuid,)> = app.state.db.read().await.expect("a connection").all(open).await.expect("charges");
        for (charge,) in open {
            let charge = charge.to_string();
            let form = [("charge_id", charge.as_str()), ("seen", "5000"), ("approve", "true")];
            assert_eq!(accountant.post("/api/billing/decide_discount", &form).await.status, StatusCode::OK);
        }
        let mut parts = discounts(&app).await.split_off(3);
        parts.sort_unstable();
        assert_eq!(parts, [(0, None), (33, None), (33, None), (34, None)]);
        app.assert_sound().await;
    })
    .await;
}

/// A charge that changes after its invoice does not change the revenue of a doctor, nor who gave a discount.
#[tokio::test]
async fn the_revenue_of_a_doctor_and_the_discounts_stay_as_they_were_invoiced() {
    on_both_engines(|app| async move {
        granted(&app, "desk", "cashier").await;
        let (cashier, accountant) = (app.as_("cashier").await, app.as_("accountant").await);
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let line = first_line(&app, &invoice).await;
        let doctor = accountant.get("/books/revenue?by=doctor").await.body;
        let giver = accountant.get("/books/revenue?by=approver").await.body;
        let other = sql("UPDATE charges SET provider_id = (SELECT s.id FROM staff s WHERE s.id IS DISTINCT FROM charges.provider_id ORDER BY s.id LIMIT 1),
            discounted_by = ")
            .push_bind(app.fixture.user("desk"))
            .push(" WHERE id = ")
            .push_bind(line.charge_id);
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert_eq!(tx.execute(other).await.expect("changed"), 1);
        tx.commit().await.expect("committed");
        assert_eq!(table(&accountant.get("/books/revenue?by=doctor").await.body), table(&doctor));
        assert_eq!(table(&accountant.get("/books/revenue?by=approver").await.body), table(&giver));
        for wrong in [
            "UPDATE invoice_lines SET provider_id = (SELECT s.id FROM staff s WHERE s.id IS DISTINCT FROM invoice_lines.provider_id ORDER BY s.id LIMIT 1)",
            "UPDATE invoice_lines SET discounted_by = (SELECT u.id FROM users u WHERE u.login = 'desk')",
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(sql(wrong)).await.expect_err(wrong);
            assert!(error.violates("invoice_lines_frozen"), "{wrong}: {error}");
        }
        app.assert_sound().await;
    })
    .await;
}

/// The body of the table of a report.
fn table(page: &str) -> &str {
    page.split("<tbody>").nth(1).and_then(|rest| rest.split("</tbody>").next()).expect("a table")
}
