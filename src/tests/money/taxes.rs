//! Taxes: classes and rates by day, prices with and without the tax, and their way to the invoice, the paper and the ledger.

use axum::http::StatusCode;
use chrono::NaiveDate;

use super::{approve_credit, ask_credit, first_line, id_in, named, random::charged, shown, two_cashiers};
use crate::{
    billing::{
        self,
        ledger::{self, AccountKind},
    },
    core::Money,
    db::sql,
    tests::{Answer, Browser, Fixture, TestApp, all_at_once, billing::issued, on_both_engines, races::until_served, races_on_both_engines},
};

async fn one(app: &TestApp, query: &'static str) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let (id,): (uuid::Uuid,) = tx.one(sql(query)).await.expect("an id");
    id.to_string()
}

async fn add_class(admin: &Browser, name: &str, rate: &str, from: &str) -> Answer {
    let key = Fixture::key();
    admin.post("/api/billing/add_tax_class", &[("key", &key), ("name", name), ("rate", rate), ("valid_from", from)]).await
}

/// Gives the consultation its tax class.
async fn set(app: &TestApp, admin: &Browser, class: &str, included: &str) -> Answer {
    let item = one(app, "SELECT id FROM price_items WHERE code = 'CONS-MED'").await;
    let mut tx = app.state.db.read().await.expect("a connection");
    let version = tx.count(sql("SELECT version FROM price_items WHERE code = 'CONS-MED'")).await.expect("a version").to_string();
    drop(tx);
    let form = [("id", item.as_str()), ("version", &version), ("tax_class_id", class), ("tax_included", included)];
    admin.post("/api/billing/set_item_tax", &form).await
}

/// Gives the consultation a tax that is not in its price.
pub(super) async fn taxed(app: &TestApp, rate: &str) {
    let admin = app.as_("admin").await;
    assert_eq!(add_class(&admin, "Usual", rate, "2026-01-01").await.status, StatusCode::OK);
    let class = one(app, "SELECT id FROM tax_classes").await;
    assert_eq!(set(app, &admin, &class, "").await.status, StatusCode::OK);
}

/// Returns the credit of a kind of account at north, without its debit.
pub(super) async fn credited(app: &TestApp, kind: AccountKind) -> Money {
    let mut tx = app.state.db.read().await.expect("a connection");
    let day = "2030-01-01".parse().expect("a day");
    let balances = ledger::reports::trial_balance(&mut tx, app.fixture.north, day).await.expect("balances");
    balances.iter().find(|line| line.kind == kind).map(|line| line.credit - line.debit).unwrap_or_default()
}

#[tokio::test]
async fn tax_is_in_the_price_or_on_top_of_it_and_reaches_invoice_paper_and_ledger() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let admin = app.as_("admin").await;
        for (name, rate, from, field) in [
            ("", "7", "2026-01-01", "name"),
            ("Reduced", "7.555", "2026-01-01", "rate"),
            ("Reduced", "101", "2026-01-01", "rate"),
            ("Reduced", "7", "", "valid_from"),
        ] {
            assert_eq!(named(&add_class(&admin, name, rate, from).await), field);
        }
        assert_eq!(add_class(&cashier, "Reduced", "7", "2026-01-01").await.status, StatusCode::FORBIDDEN);
        assert_eq!(add_class(&admin, "Reduced", "7", "2026-01-01").await.status, StatusCode::OK);
        assert_eq!(named(&add_class(&admin, "Reduced", "8", "2026-01-01").await), "name");
        let class = one(&app, "SELECT id FROM tax_classes").await;
        let page = admin.get("/prices/rules").await.body;
        assert!(page.contains("Reduced") && page.contains("7 %"), "{page}");
        // 120.00 with 7 % in it: 112.15 and 7.85.
        assert_eq!(set(&app, &admin, &class, "true").await.status, StatusCode::OK);
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        let line = first_line(&app, &invoice).await;
        assert_eq!((line.rate_bp, line.net, line.tax, line.total), (700, Money(11_215), Money(785), Money(12_000)));
        assert_eq!(shown(&app, &invoice).await.0.due(), Money(12_000));
        let paper = cashier.get(&format!("/invoices/{invoice}/print")).await.body;
        assert!(paper.contains("7 %") && paper.contains("$112.15") && paper.contains("$7.85"), "{paper}");
        assert_eq!((credited(&app, AccountKind::Revenue).await, credited(&app, AccountKind::Tax).await), (Money(11_215), Money(785)));
        // On top of it: 128.40, of which the plan pays 70 %.
        assert_eq!(set(&app, &admin, &class, "").await.status, StatusCode::OK);
        charged(&app, app.fixture.ben, 1_000).await;
        let open = cashier.get(&format!("/patients/{}/charges", app.fixture.ben)).await.body;
        assert!(open.contains("$128.40") && open.contains("$120.00 and 7 % tax, $8.40"), "{open}");
        let mut tx = app.state.db.read().await.expect("a connection");
        let balance = billing::balance(&mut tx, app.fixture.ben).await.expect("a balance");
        assert_eq!((balance.to_pay, balance.not_invoiced), (Money(12_000), Money(12_840)));
        drop(tx);
        let ana = issued(&app, &cashier, app.fixture.ana).await;
        let line = first_line(&app, &ana).await;
        assert_eq!((line.net, line.tax, line.total), (Money(12_000), Money(840), Money(12_840)));
        assert_eq!((line.insurer_share, line.patient_share), (Money(8_988), Money(3_852)));
        // A credit note takes the tax back with the net amount.
        let note = id_in(&ask_credit(&cashier, &invoice, &[("whole", "true")]).await);
        assert_eq!(approve_credit(&other, &note).await.status, StatusCode::OK);
        assert_eq!((credited(&app, AccountKind::Revenue).await, credited(&app, AccountKind::Tax).await), (Money(12_000), Money(840)));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_rate_counts_from_its_day_and_is_never_rewritten() {
    on_both_engines(|app| async move {
        let (cashier, admin) = (app.as_("cashier").await, app.as_("admin").await);
        assert_eq!(add_class(&admin, "Usual", "19", "2026-01-01").await.status, StatusCode::OK);
        let class = one(&app, "SELECT id FROM tax_classes").await;
        let rate = async |rate: &str, from: &str| {
            admin.post("/api/billing/add_tax_rate", &[("tax_class_id", class.as_str()), ("rate", rate), ("valid_from", from)]).await
        };
        assert_eq!(named(&rate("16", "2026-11-20").await), "valid_from", "a day that has gone");
        assert_eq!(rate("16", "2026-11-21").await.status, StatusCode::OK);
        assert_eq!(named(&rate("17", "2026-11-21").await), "valid_from", "one rate a day");
        assert_eq!(rate("21", "2027-01-01").await.status, StatusCode::OK);
        assert_eq!(named(&rate("17", "2026-12-01").await), "valid_from", "a later rate is there");
        assert_eq!(set(&app, &admin, &class, "").await.status, StatusCode::OK);
        let invoice = issued(&app, &cashier, app.fixture.ben).await;
        assert_eq!(first_line(&app, &invoice).await.rate_bp, 1_600, "the rate of the service day");
        for statement in ["UPDATE tax_rates SET rate_bp = 0", "DELETE FROM tax_rates"] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            assert!(tx.execute(sql(statement)).await.expect_err(statement).violates("tax_rates_kept"), "{statement}");
        }
        // The database computes the tax of a line again.
        let draft = uuid::Uuid::now_v7();
        let mut tx = app.state.db.write().await.expect("a transaction");
        let begin = sql("INSERT INTO invoices (id, account_id, patient_id, clinic_id, state, total, patient_share, created_at, created_by, updated_at)
            SELECT $1, account_id, patient_id, clinic_id, 'draft', 115, 115, created_at, created_by, updated_at FROM invoices");
        tx.execute(begin.bind(draft)).await.expect("a draft");
        let wrong = sql("INSERT INTO invoice_lines (id, invoice_id, charge_id, position, description, quantity_milli, unit_price, gross, net, rate_bp, tax,
                total, insurer_share, patient_share) SELECT $1, $2, charge_id, 1, 'Wrong', 1000, 100, 100, 100, 1600, 15, 115, 0, 115 FROM invoice_lines")
        .bind(draft)
        .bind(draft);
        let error = tx.execute(wrong).await.expect_err("the tax is not that of the rate");
        assert!(error.violates("invoice_lines_tax"), "{error:?}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_class_is_renamed_and_retired_when_no_item_has_it() {
    on_both_engines(|app| async move {
        let (cashier, admin) = (app.as_("cashier").await, app.as_("admin").await);
        assert_eq!(add_class(&admin, "Usual", "19", "2026-01-01").await.status, StatusCode::OK);
        assert_eq!(add_class(&admin, "Other", "7", "2026-01-01").await.status, StatusCode::OK);
        let class = one(&app, "SELECT id FROM tax_classes WHERE name = 'Usual'").await;
        let act = async |browser: &Browser, act: &str, version: &str, name: &str| {
            let form = [("id", class.as_str()), ("version", version), ("name", name)];
            browser.post(&format!("/api/billing/{act}_tax_class"), &form).await
        };
        assert_eq!(act(&cashier, "rename", "1", "Standard").await.status, StatusCode::FORBIDDEN);
        assert_eq!(named(&act(&admin, "rename", "1", "Other").await), "name", "another class has the name");
        assert_eq!(named(&act(&admin, "rename", "1", " ").await), "name");
        assert_eq!(act(&admin, "rename", "1", "Standard").await.status, StatusCode::OK);
        assert_eq!(act(&admin, "rename", "1", "Late").await.status, StatusCode::CONFLICT, "another user saved it since");
        assert_eq!(set(&app, &admin, &class, "").await.status, StatusCode::OK);
        assert_eq!(act(&admin, "retire", "2", "").await.status, StatusCode::CONFLICT, "an item has it");
        assert_eq!(set(&app, &admin, "", "").await.status, StatusCode::OK);
        assert_eq!(act(&admin, "retire", "2", "").await.status, StatusCode::OK);
        let page = admin.get(&format!("/prices/taxes/{class}")).await.body;
        assert!(page.contains("Standard") && page.contains("Retired") && page.contains("19 %"), "{page}");
        assert_eq!(set(&app, &admin, &class, "").await.status, StatusCode::CONFLICT, "no item can take it");
        let rate = [("tax_class_id", class.as_str()), ("rate", "20"), ("valid_from", "2027-01-01")];
        assert_eq!(admin.post("/api/billing/add_tax_rate", &rate).await.status, StatusCode::CONFLICT);
        assert_eq!(act(&admin, "bring_back", "3", "").await.status, StatusCode::OK);
        assert_eq!(set(&app, &admin, &class, "").await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_class_that_is_retired_and_taken_at_once_is_not_both() {
    races_on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        assert_eq!(add_class(&admin, "Usual", "19", "2026-01-01").await.status, StatusCode::OK);
        let class = one(&app, "SELECT id FROM tax_classes").await;
        let answers = all_at_once([true, false].map(|retires| {
            let (app, admin, class) = (app.clone(), admin.clone(), class.clone());
            async move {
                if retires {
                    let form = [("id", class.as_str()), ("version", "1")];
                    until_served(|| admin.post("/api/billing/retire_tax_class", &form)).await.status
                } else {
                    set(&app, &admin, &class, "").await.status
                }
            }
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rates_that_are_added_at_once_follow_each_other() {
    races_on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        assert_eq!(add_class(&admin, "Usual", "19", "2026-01-01").await.status, StatusCode::OK);
        let class = one(&app, "SELECT id FROM tax_classes").await;
        let answers = all_at_once((1..=8).map(|number| {
            let (admin, class) = (admin.clone(), class.clone());
            async move {
                let (rate, from) = (number.to_string(), format!("2027-0{number}-01"));
                let form = [("tax_class_id", class.as_str()), ("rate", &rate), ("valid_from", &from)];
                (number, until_served(|| admin.post("/api/billing/add_tax_rate", &form)).await.status)
            }
        }))
        .await;
        let told = [StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY];
        assert!(answers.iter().all(|(_, status)| told.contains(status)), "{answers:?}");
        // A rate is refused when a later one came first, so the last day is always there.
        assert_eq!(answers[7].1, StatusCode::OK, "{answers:?}");
        // In the order in which the rows were written, each begins after the one before it.
        let mut tx = app.state.db.read().await.expect("a connection");
        let written: Vec<(NaiveDate,)> =
            tx.all(sql("SELECT valid_from FROM tax_rates ORDER BY ").push_for("rowid", "ctid")).await.expect("rates");
        assert!(written.is_sorted(), "{written:?}");
        assert_eq!(written.len(), answers.iter().filter(|(_, status)| *status == StatusCode::OK).count() + 1);
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
