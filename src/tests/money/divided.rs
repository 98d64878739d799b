//! The revenue of a package is that of the departments of its items: section 4 of the specification, example 9, through the whole program.

use axum::http::StatusCode;

use super::{approve_credit, ask_credit, back::sold, first_line, id_in, two_cashiers};
use crate::{
    core::{DepartmentId, Money, PriceItemId},
    db::sql,
    tests::{TestApp, charges::item, on_both_engines},
};

/// Credits less debits of the revenue accounts: of general medicine, of surgery, and of no department.
async fn revenue(app: &TestApp) -> [i64; 3] {
    let mut tx = app.state.db.read().await.expect("a connection");
    let mut sums = [0; 3];
    for (sum, of) in sums.iter_mut().zip([app.fixture.medicine.0, app.fixture.surgery.0, uuid::Uuid::nil()]) {
        let query = sql("SELECT CAST(coalesce(sum(CASE WHEN t.credit_id = a.id THEN t.amount ELSE -t.amount END), 0) AS BIGINT)
            FROM ledger_accounts a JOIN ledger_transfers t ON a.id IN (t.credit_id, t.debit_id) WHERE a.kind = 'revenue' AND a.owner_id = $1");
        *sum = tx.count(query.bind(of)).await.expect("a sum");
    }
    sums
}

async fn provided_by(app: &TestApp, item: PriceItemId, department: DepartmentId) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(sql("UPDATE price_items SET department_id = $1 WHERE id = $2").bind(department).bind(item)).await.expect("set");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn the_revenue_of_a_package_is_that_of_its_items_and_a_credit_note_takes_it_back_so() {
    on_both_engines(|app| async move {
        let (cashier, other) = two_cashiers(&app).await;
        let (admin, accountant) = (app.as_("admin").await, app.as_("accountant").await);
        let package = item(&admin, "PACKAGE", "500").await.to_string();
        assert_eq!(admin.post("/api/billing/set_package_days", &[("id", &package), ("package_days", "30")]).await.status, StatusCode::OK);
        for (code, price, department) in
            [("A-VISIT", "120", Some(app.fixture.medicine)), ("B-SCAN", "200", Some(app.fixture.surgery)), ("C-COURSE", "300", None)]
        {
            let content = item(&admin, code, price).await;
            if let Some(department) = department {
                provided_by(&app, content, department).await;
            }
            let content = content.to_string();
            let put = [("id", package.as_str()), ("content_id", content.as_str()), ("content_quantity", "1")];
            assert_eq!(admin.post("/api/billing/put_in_package", &put).await.status, StatusCode::OK);
        }
        sold(&app, package.parse().expect("an id")).await;
        let issued = cashier.post("/api/billing/issue", &[("patient_id", &app.fixture.ben.to_string())]).await;
        assert_eq!(issued.status, StatusCode::OK, "{}", issued.body);
        let invoice = issued.location.as_deref().and_then(|to| to.rsplit_once("invoice=")).expect("an invoice").1.to_owned();
        assert_eq!(revenue(&app).await, [9_677, 16_129, 24_194], "9: a package of 500 of list 120, 200, 300");
        let page = accountant.get("/books/revenue?by=department").await.body;
        for part in ["General medicine", "$96.77", "$161.29", "$241.94", "$500.00"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let opened = accountant.get("/books/revenue?by=department&key=General+medicine").await.body;
        assert!(opened.contains("PACKAGE") && opened.contains("$96.77") && !opened.contains("$161.29"), "{opened}");
        assert!(accountant.get("/books/revenue?by=item").await.body.contains("$500.00"));
        app.assert_sound().await;
        // 100.00 are taken back of each part by what is left of it, then all the rest.
        let line = first_line(&app, &invoice).await.id.to_string();
        let part = id_in(&ask_credit(&cashier, &invoice, &[("line1", &line), ("amount1", "100")]).await);
        assert_eq!(approve_credit(&other, &part).await.status, StatusCode::OK);
        assert_eq!(revenue(&app).await, [7_742, 12_903, 19_355]);
        assert!(accountant.get("/books/revenue?by=department").await.body.contains("$19.35"));
        app.assert_sound().await;
        let rest = id_in(&ask_credit(&cashier, &invoice, &[("whole", "true")]).await);
        assert_eq!(approve_credit(&other, &rest).await.status, StatusCode::OK);
        assert_eq!(revenue(&app).await, [0; 3]);
        assert_eq!(first_line(&app, &invoice).await.credited, Money(50_000));
        app.assert_sound().await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE revenue_parts SET net = 1")).await.expect_err("refused");
        assert!(error.violates("revenue_parts_frozen"), "{error}");
    })
    .await;
}
