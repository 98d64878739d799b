//! Buying: from the request to the matched invoice, what is refused, scanned codes, and opening stock from a file.

mod guards;
mod races;
mod random;
mod returns;
mod scanning;

use axum::http::StatusCode;

use super::{
    Answer, Browser, Fixture, TestApp, fixture,
    lab::{fields, id, number, ok, text},
    on_both_engines,
    pharmacy::Pharmacy,
};
use crate::db::sql;

/// A storeroom, a supplier, and the people who buy.
#[derive(Clone, Debug)]
pub struct Buying {
    pub pharmacy: Pharmacy,
    pub accountant: Browser,
    pub supplier: String,
    /// The code of the item.
    pub code: String,
}

impl Buying {
    /// Opens the storerooms and adds a supplier, with a tolerance in percent.
    pub async fn open(app: &TestApp, tolerance: &str) -> Self {
        let pharmacy = Pharmacy::open(app).await;
        let accountant = app.as_("accountant").await;
        let supplier = Fixture::key();
        let form = [
            ("key", supplier.as_str()),
            ("version", "0"),
            ("code", "MED"),
            ("name", "Medisur"),
            ("lead_days", "5"),
            ("tolerance", tolerance),
        ];
        ok(&pharmacy.storekeeper.post("/api/purchasing/save_supplier", &form).await);
        let item: uuid::Uuid = pharmacy.item.parse().expect("an id");
        let code = text(app, sql("SELECT code FROM stock_items WHERE id = ").push_bind(item)).await;
        Self { pharmacy, accountant, supplier, code }
    }

    /// Begins an order of the item for the main store; the storekeeper writes it.
    pub async fn draft(&self, quantity: &str, price: &str) -> String {
        let order = Fixture::key();
        let form = [("key", order.as_str()), ("supplier", &self.supplier), ("storeroom", &self.pharmacy.main)];
        ok(&self.pharmacy.storekeeper.post("/api/purchasing/begin_order", &form).await);
        let key = Fixture::key();
        let form = [("purchase_order_id", order.as_str()), ("key", &key), ("scan", &self.code), ("quantity", quantity), ("price", price)];
        ok(&self.pharmacy.storekeeper.post("/api/purchasing/put_line", &form).await);
        order
    }

    /// An order that the pharmacist approved and the storekeeper sent.
    pub async fn sent(&self, app: &TestApp, quantity: &str, price: &str) -> String {
        let order = self.draft(quantity, price).await;
        ok(&step(app, &self.pharmacy.pharmacist, &order, "approve_order").await);
        ok(&step(app, &self.pharmacy.storekeeper, &order, "send_order").await);
        order
    }

    /// Receives goods of the order's only line.
    pub async fn receive(&self, app: &TestApp, order: &str, (batch, quantity): (&str, &str), more: &[(&str, &str)]) -> Answer {
        let line = line(app, order).await;
        let named = |field: &str| format!("{field}-{line}");
        let (of_batch, of_day, of_quantity) = (named("batch"), named("expires"), named("quantity"));
        let key = Fixture::key();
        let mut form: Vec<(String, String)> = [
            ("purchase_order_id", order),
            ("key", &key),
            ("delivery_note", "DN-1"),
            (&of_batch, batch),
            (&of_day, "2028-03-31"),
            (&of_quantity, quantity),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        for (name, value) in more {
            // A field of the line is named without it.
            let name =
                if ["free", "rejected", "why", "scan", "batch", "expires"].contains(name) { named(name) } else { (*name).to_owned() };
            form.retain(|(other, _)| *other != name);
            form.push((name, (*value).to_owned()));
        }
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.pharmacy.storekeeper.post("/api/purchasing/receive", &pairs).await
    }

    /// Enters an invoice of the order's only line.
    pub async fn invoice(
        &self,
        app: &TestApp,
        order: &str,
        number: &str,
        (quantity, amount): (&str, &str),
        more: &[(&str, &str)],
    ) -> Answer {
        let line = line(app, order).await;
        let (of_quantity, of_amount, key) = (format!("quantity-{line}"), format!("amount-{line}"), Fixture::key());
        let mut form = vec![
            ("purchase_order_id", order),
            ("key", &key),
            ("number", number),
            ("invoiced_on", "2026-11-20"),
            (&of_quantity, quantity),
            (&of_amount, amount),
            ("total", amount),
        ];
        form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        form.extend_from_slice(more);
        self.pharmacy.storekeeper.post("/api/purchasing/enter_invoice", &form).await
    }
}

/// The id of an order's only line.
pub async fn line(app: &TestApp, order: &str) -> String {
    let order: uuid::Uuid = order.parse().expect("an id");
    id(app, sql("SELECT id FROM purchase_order_lines WHERE order_id = ").push_bind(order)).await
}

/// Posts a step of an order with its version.
pub async fn step(app: &TestApp, browser: &Browser, order: &str, act: &str) -> Answer {
    let id: uuid::Uuid = order.parse().expect("an id");
    let version = number(app, sql("SELECT version FROM purchase_orders WHERE id = ").push_bind(id)).await.to_string();
    let form = [("purchase_order_id", order), ("version", &version), ("reason", "Too late")];
    browser.post(&format!("/api/purchasing/{act}"), &form).await
}

pub async fn state(app: &TestApp, order: &str) -> String {
    let order: uuid::Uuid = order.parse().expect("an id");
    text(app, sql("SELECT state FROM purchase_orders WHERE id = ").push_bind(order)).await
}

async fn invoice_state(app: &TestApp, invoice: &str) -> String {
    text(app, sql("SELECT state FROM supplier_invoices WHERE number = ").push_bind(invoice)).await
}

async fn in_stock(app: &TestApp) -> i64 {
    number(app, sql("SELECT coalesce(CAST(sum(on_hand) AS BIGINT), 0) FROM stock_lines")).await
}

#[tokio::test]
async fn an_order_is_approved_by_another_sent_received_in_parts_and_paid() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let (storekeeper, pharmacist) = (&buying.pharmacy.storekeeper, &buying.pharmacy.pharmacist);
        let order = buying.draft("100", "0.05").await;
        assert_eq!(step(&app, storekeeper, &order, "send_order").await.status, StatusCode::CONFLICT, "not approved");
        assert_eq!(buying.receive(&app, &order, ("A1", "10"), &[]).await.status, StatusCode::CONFLICT, "not sent");
        assert_eq!(step(&app, storekeeper, &order, "approve_order").await.status, StatusCode::FORBIDDEN);
        ok(&step(&app, pharmacist, &order, "approve_order").await);
        let key = Fixture::key();
        let form = [("purchase_order_id", order.as_str()), ("key", &key), ("scan", &buying.code), ("quantity", "5"), ("price", "1")];
        assert_eq!(storekeeper.post("/api/purchasing/put_line", &form).await.status, StatusCode::CONFLICT, "the lines are frozen");
        let paper = storekeeper.get(&format!("/purchasing/orders/{order}/paper")).await.body;
        assert!(paper.contains("Medisur") && paper.contains("NORTH-P26-000001") && paper.contains("100 tablet"), "{paper}");
        ok(&step(&app, storekeeper, &order, "send_order").await);

        // The delivery is short, has free units, and some are rejected.
        ok(&buying.receive(&app, &order, ("A1", "60"), &[("free", "6"), ("rejected", "4"), ("why", "Wet")]).await);
        assert_eq!((state(&app, &order).await.as_str(), in_stock(&app).await), ("part_received", 66));
        let value = number(&app, sql("SELECT CAST(sum(value) AS BIGINT) FROM store_items")).await;
        assert_eq!(value, 300_000, "sixty are paid at five cents");
        let page = storekeeper.get(&format!("/purchasing/orders/{order}")).await.body;
        assert!(page.contains("NORTH-G26-000001") && page.contains("4 rejected: Wet") && page.contains("6 free"), "{page}");
        ok(&buying.invoice(&app, &order, "F 1", ("100", "5.00"), &[]).await);
        assert_eq!(invoice_state(&app, "F 1").await, "entered", "it waits for forty");
        ok(&buying.receive(&app, &order, ("A2", "40"), &[]).await);
        assert_eq!((state(&app, &order).await.as_str(), in_stock(&app).await), ("received", 106));
        assert_eq!(invoice_state(&app, "F 1").await, "matched");
        assert_eq!(buying.receive(&app, &order, ("A2", "1"), &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(
            fields(&buying.invoice(&app, &order, "f1", ("1", "0.05"), &[]).await),
            ["number"],
            "the same number in another spelling"
        );
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn more_than_the_order_needs_a_second_person() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "10").await;
        let order = buying.sent(&app, "100", "0.05").await;
        let line = line(&app, &order).await;
        let refused = buying.receive(&app, &order, ("B1", "111"), &[]).await;
        assert_eq!(fields(&refused), [format!("quantity-{line}"), "second_login".to_owned()]);
        let password = fixture::PASSWORD;
        let with =
            |login: &'static str, reason: &'static str| [("second_login", login), ("second_password", password), ("over_reason", reason)];
        for login in ["nurse", "storekeeper", "nobody"] {
            assert_eq!(fields(&buying.receive(&app, &order, ("B1", "111"), &with(login, "Needed")).await), ["second_login"], "{login}");
        }
        assert_eq!(fields(&buying.receive(&app, &order, ("B1", "111"), &with("pharmacist", "")).await), ["over_reason"]);
        assert_eq!(in_stock(&app).await, 0);
        ok(&buying.receive(&app, &order, ("B1", "111"), &with("pharmacist", "Needed")).await);
        assert_eq!((state(&app, &order).await.as_str(), in_stock(&app).await), ("received", 111));
        assert_eq!(number(&app, sql("SELECT over_allowed FROM purchase_order_lines")).await, 1, "ten are within the tolerance");
        let page = buying.pharmacy.storekeeper.get(&format!("/purchasing/orders/{order}")).await.body;
        assert!(page.contains("Needed"), "{page}");
        let within = buying.sent(&app, "100", "0.05").await;
        ok(&buying.receive(&app, &within, ("B2", "110"), &[]).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_difference_is_explained_and_approved_by_another() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let order = buying.sent(&app, "100", "0.05").await;
        ok(&buying.receive(&app, &order, ("C1", "60"), &[]).await);
        let total = buying.invoice(&app, &order, "F2", ("100", "6.00"), &[("total", "5.00")]).await;
        assert_eq!(fields(&total), ["total"]);
        ok(&buying.invoice(&app, &order, "F2", ("100", "6.00"), &[]).await);
        assert_eq!(invoice_state(&app, "F2").await, "difference");
        let invoice = id(&app, sql("SELECT id FROM supplier_invoices")).await;
        let page = buying.accountant.get(&format!("/purchasing/invoices/{invoice}")).await.body;
        assert!(page.contains("40 more than was received.") && page.contains("$1.00"), "{page}");
        let act = async |browser: &Browser, act: &str, explanation: &str| {
            let version = number(&app, sql("SELECT version FROM supplier_invoices")).await.to_string();
            let form = [("supplier_invoice_id", invoice.as_str()), ("version", &version), ("explanation", explanation)];
            browser.post(&format!("/api/purchasing/{act}"), &form).await
        };
        assert_eq!(act(&buying.accountant, "approve_invoice", "").await.status, StatusCode::CONFLICT, "not explained");
        assert_eq!(fields(&act(&buying.pharmacy.storekeeper, "explain_invoice", "").await), ["explanation"]);
        ok(&act(&buying.pharmacy.storekeeper, "explain_invoice", "The new price list").await);
        assert_eq!(act(&buying.pharmacy.storekeeper, "approve_invoice", "").await.status, StatusCode::FORBIDDEN);
        ok(&act(&buying.accountant, "approve_invoice", "").await);
        assert_eq!(invoice_state(&app, "F2").await, "approved");
        // The rest never comes: what is invoiced again has no goods behind it.
        ok(&step(&app, &buying.pharmacy.storekeeper, &order, "cancel_order").await);
        assert_eq!(state(&app, &order).await, "cancelled");
        ok(&buying.invoice(&app, &order, "F3", ("60", "3.00"), &[]).await);
        assert_eq!(invoice_state(&app, "F3").await, "difference");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_low_is_proposed_requested_approved_and_ordered() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let (storekeeper, pharmacist) = (&buying.pharmacy.storekeeper, &buying.pharmacy.pharmacist);
        let (main, item) = (buying.pharmacy.main.clone(), buying.pharmacy.item.clone());
        let levels = [("stock_item_id", item.as_str()), ("storeroom", &main), ("low_at", "50"), ("max_at", "50")];
        assert_eq!(fields(&storekeeper.post("/api/stock/set_levels", &levels).await), ["max_at"]);
        let levels = [("stock_item_id", item.as_str()), ("storeroom", &main), ("low_at", "50"), ("max_at", "200")];
        ok(&storekeeper.post("/api/stock/set_levels", &levels).await);
        ok(&buying.pharmacy.receive(&main, ("LOW", "2027-05-31", "20"), &[]).await);
        let page = storekeeper.get(&format!("/purchasing/reorder?room={main}")).await.body;
        assert!(page.contains("value=\"180\"") && page.contains("20 usable and 0 ordered"), "{page}");
        let quantity = format!("quantity-{item}");
        let form = [("storeroom", main.as_str()), (&quantity, "180")];
        ok(&storekeeper.post("/api/purchasing/request_proposed", &form).await);
        ok(&storekeeper.post("/api/purchasing/request_proposed", &form).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM purchase_requests")).await, 1, "one request of an item is open");
        assert!(!storekeeper.get(&format!("/purchasing/reorder?room={main}")).await.body.contains("value=\"180\""));

        let request = id(&app, sql("SELECT id FROM purchase_requests")).await;
        let decide = |decision: &'static str| [("purchase_request_id", request.clone()), ("decision", decision.to_owned())];
        let post = async |browser: &Browser, decision: &'static str| {
            let form = decide(decision);
            let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.post("/api/purchasing/decide_request", &pairs).await
        };
        assert_eq!(post(storekeeper, "approved").await.status, StatusCode::FORBIDDEN);
        ok(&post(pharmacist, "approved").await);
        assert_eq!(post(pharmacist, "rejected").await.status, StatusCode::CONFLICT);
        let order = Fixture::key();
        let form = [("key", order.as_str()), ("supplier", &buying.supplier), ("storeroom", &main)];
        ok(&storekeeper.post("/api/purchasing/begin_order", &form).await);
        ok(&storekeeper.post("/api/purchasing/take_requests", &[("purchase_order_id", &order)]).await);
        assert_eq!(number(&app, sql("SELECT ordered FROM purchase_order_lines")).await, 180);
        assert_eq!(text(&app, sql("SELECT state FROM purchase_requests")).await, "ordered");
        ok(&step(&app, pharmacist, &order, "approve_order").await);
        let page = storekeeper.get(&format!("/purchasing/reorder?room={main}")).await.body;
        assert!(!page.contains(&quantity), "what is ordered is not proposed again: {page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn consumption_and_what_expires_are_shown() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let pharmacy = &buying.pharmacy;
        ok(&pharmacy.receive(&pharmacy.shop, ("SOON", "2026-12-15", "30"), &[]).await);
        let page = pharmacy.storekeeper.get(&format!("/stock/usage?room={}", pharmacy.shop)).await.body;
        assert!(page.contains("30 tablet") && page.contains("Not used") && page.contains("$10.00"), "{page}");
        for (path, name) in [
            ("/stock/export", "stock"),
            ("/stock/export/expiring", "expiring"),
            (&format!("/stock/items/{}/export", pharmacy.item), "ledger"),
        ] {
            let file = pharmacy.storekeeper.get(path).await;
            assert_eq!(file.status, StatusCode::OK, "{path}");
            assert!(file.body.contains("xl/worksheets/sheet1.xml") && file.body.contains("SOON") == (name != "stock"), "{path}");
        }
        for path in ["receive", "card", "packs"] {
            let page = pharmacy.storekeeper.get(&format!("/stock/items/{}/{path}", pharmacy.item)).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
        }
        app.assert_sound().await;
    })
    .await;
}
