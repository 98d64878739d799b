//! Goods that go back to a supplier: from the batch to the matched credit note, what is refused, and what the database alone keeps.

use axum::http::StatusCode;

use super::{Buying, fields, fixture, id, number, ok, text};
use crate::{
    db::{Sql, sql},
    tests::{Answer, Browser, Fixture, TestApp, all_at_once, on_both_engines, races_from},
};

/// The id of the batch with a number.
async fn batch(app: &TestApp, number: &'static str) -> String {
    id(app, sql("SELECT id FROM stock_batches WHERE batch_no = ").push_bind(number)).await
}

/// Sends units of a batch back, with the fields of `more` instead of the usual ones.
async fn give_back(browser: &Browser, (room, batch): (&str, &str), quantity: &str, more: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    let mut form = vec![("storeroom", room), ("batch", batch), ("key", key.as_str()), ("quantity", quantity), ("reason", "damaged")];
    form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    form.extend_from_slice(more);
    browser.post("/api/purchasing/return_goods", &form).await
}

async fn credit(app: &TestApp, browser: &Browser, number_of: &str, amount: &str, invoice: &str) -> Answer {
    let returned = id(app, sql("SELECT id FROM supplier_returns WHERE state = 'sent' ORDER BY number LIMIT 1")).await;
    let form = [
        ("supplier_return_id", returned.as_str()),
        ("version", "1"),
        ("number", number_of),
        ("credited_on", "2026-11-21"),
        ("credit", amount),
        ("invoice", invoice),
    ];
    browser.post("/api/purchasing/enter_credit", &form).await
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(&text);
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn goods_go_back_and_the_credit_is_matched_against_the_invoice() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let (storekeeper, main) = (&buying.pharmacy.storekeeper, buying.pharmacy.main.as_str());
        let order = buying.sent(&app, "100", "0.05").await;
        ok(&buying.receive(&app, &order, ("BACK", "60"), &[("free", "6")]).await);
        let (of, line) = (batch(&app, "BACK").await, super::line(&app, &order).await);
        let page = storekeeper.get(&format!("/purchasing/batches/{of}/return?room={main}")).await.body;
        assert!(page.contains("NORTH-P26-000001") && page.contains("66 tablets"), "{page}");

        assert_eq!(fields(&give_back(storekeeper, (main, &of), "10", &[]).await), ["line"], "it came with an order");
        let with = [("line", line.as_str())];
        assert_eq!(fields(&give_back(storekeeper, (main, &of), "67", &with).await), ["quantity"], "more than came");
        assert_eq!(fields(&give_back(storekeeper, (main, &of), "10", &[with[0], ("reason", "other")]).await), ["note"]);
        assert_eq!(fields(&give_back(storekeeper, (main, &of), "10", &[with[0], ("reason", "")]).await), ["reason"]);
        ok(&give_back(storekeeper, (main, &of), "10", &[with[0], ("note", "Wet boxes")]).await);
        assert_eq!(number(&app, sql("SELECT on_hand FROM stock_lines")).await, 56);
        assert_eq!(number(&app, sql("SELECT expected FROM supplier_returns")).await, 50, "ten at five cents");
        assert_eq!(number(&app, sql("SELECT quantity FROM stock_movements WHERE kind = 'supplier_return'")).await, -10);
        let returned = id(&app, sql("SELECT id FROM supplier_returns")).await;
        let page = storekeeper.get(&format!("/purchasing/returns/{returned}")).await.body;
        assert!(page.contains("NORTH-R26-000001") && page.contains("Wet boxes") && page.contains("$0.50"), "{page}");
        let paper = storekeeper.get(&format!("/purchasing/returns/{returned}/paper")).await.body;
        assert!(paper.contains("Medisur") && paper.contains("10 tablets") && paper.contains("BACK"), "{paper}");

        // The invoice has another price than the order; its price counts for the credit.
        ok(&buying.invoice(&app, &order, "F1", ("60", "3.60"), &[]).await);
        let invoice = id(&app, sql("SELECT id FROM supplier_invoices")).await;
        assert_eq!(fields(&credit(&app, storekeeper, "C1", "0.60", &invoice).await), ["invoice"], "it is not settled");
        for (browser, act) in [(storekeeper, "explain_invoice"), (&buying.accountant, "approve_invoice")] {
            let version = number(&app, sql("SELECT version FROM supplier_invoices")).await.to_string();
            let form = [("supplier_invoice_id", invoice.as_str()), ("version", &version), ("explanation", "A new price list")];
            ok(&browser.post(&format!("/api/purchasing/{act}"), &form).await);
        }
        ok(&credit(&app, storekeeper, "C1", "0.60", &invoice).await);
        assert_eq!(text(&app, sql("SELECT state FROM supplier_returns")).await, "credited");
        let page = buying.accountant.get(&format!("/purchasing/invoices/{invoice}")).await.body;
        assert!(page.contains("NORTH-R26-000001") && page.contains("$3.00"), "three are left to pay: {page}");
        let page = storekeeper.get(&format!("/purchasing/orders/{order}")).await.body;
        assert!(page.contains("NORTH-R26-000001"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_credit_that_differs_is_approved_by_another() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let (storekeeper, main) = (&buying.pharmacy.storekeeper, buying.pharmacy.main.as_str());
        let order = buying.sent(&app, "100", "0.05").await;
        ok(&buying.receive(&app, &order, ("BACK", "100"), &[]).await);
        let (of, line) = (batch(&app, "BACK").await, super::line(&app, &order).await);
        ok(&give_back(storekeeper, (main, &of), "40", &[("line", &line)]).await);
        ok(&credit(&app, storekeeper, "C 7", "1.50", "").await);
        assert_eq!(text(&app, sql("SELECT state FROM supplier_returns")).await, "difference");
        let returned = id(&app, sql("SELECT id FROM supplier_returns")).await;
        let act = async |browser: &Browser, act: &str, words: &str| {
            let version = number(&app, sql("SELECT max(version) FROM supplier_returns WHERE state = 'difference'")).await.to_string();
            let form = [("supplier_return_id", returned.as_str()), ("version", &version), ("explanation", words)];
            browser.post(&format!("/api/purchasing/{act}"), &form).await
        };
        assert_eq!(act(&buying.accountant, "approve_credit", "").await.status, StatusCode::CONFLICT, "not explained");
        assert_eq!(fields(&act(storekeeper, "explain_credit", "").await), ["explanation"]);
        ok(&act(storekeeper, "explain_credit", "A fee for handling").await);
        assert_eq!(act(storekeeper, "approve_credit", "").await.status, StatusCode::FORBIDDEN);
        ok(&act(&buying.accountant, "approve_credit", "").await);
        assert_eq!(text(&app, sql("SELECT state FROM supplier_returns")).await, "approved");
        // The same credit note in another spelling.
        ok(&give_back(storekeeper, (main, &of), "1", &[("line", &line)]).await);
        assert_eq!(fields(&credit(&app, storekeeper, "c7", "0.05", "").await), ["number"]);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn above_the_suppliers_limit_a_second_person_signs_in() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let (storekeeper, main) = (&buying.pharmacy.storekeeper, buying.pharmacy.main.as_str());
        let form = [
            ("key", buying.supplier.as_str()),
            ("version", "1"),
            ("code", "MED"),
            ("name", "Medisur"),
            ("lead_days", "5"),
            ("tolerance", "0"),
            ("return_alone", "0.50"),
        ];
        ok(&storekeeper.post("/api/purchasing/save_supplier", &form).await);
        let order = buying.sent(&app, "100", "0.05").await;
        ok(&buying.receive(&app, &order, ("BACK", "100"), &[]).await);
        let (of, line) = (batch(&app, "BACK").await, super::line(&app, &order).await);
        ok(&give_back(storekeeper, (main, &of), "10", &[("line", &line)]).await);
        assert_eq!(fields(&give_back(storekeeper, (main, &of), "11", &[("line", &line)]).await), ["second_login"]);
        let second = |login| [("line", line.as_str()), ("second_login", login), ("second_password", fixture::PASSWORD)];
        for login in ["nurse", "storekeeper", "nobody"] {
            assert_eq!(fields(&give_back(storekeeper, (main, &of), "11", &second(login)).await), ["second_login"], "{login}");
        }
        assert_eq!(number(&app, sql("SELECT on_hand FROM stock_lines")).await, 90, "nothing left");
        ok(&give_back(storekeeper, (main, &of), "11", &second("pharmacist")).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM supplier_returns WHERE approved_by IS NOT NULL")).await, 1);
        assert_eq!(give_back(&app.as_("nurse").await, (main, &of), "1", &[("line", &line)]).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn recalled_stock_without_an_order_goes_back_at_its_value() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let (pharmacy, main) = (&buying.pharmacy, buying.pharmacy.main.as_str());
        ok(&pharmacy.receive(main, ("OLD", "2027-05-31", "20"), &[("cost", "4.00")]).await);
        let of = batch(&app, "OLD").await;
        let form = [("stock_batch_id", of.as_str()), ("version", "1"), ("status", "recalled"), ("reason", "Notice of the maker")];
        ok(&pharmacy.storekeeper.post("/api/stock/set_batch", &form).await);
        assert_eq!(fields(&give_back(&pharmacy.storekeeper, (main, &of), "20", &[("reason", "recalled")]).await), ["supplier"]);
        let with = [("supplier", buying.supplier.as_str()), ("reason", "recalled")];
        assert_eq!(give_back(&pharmacy.storekeeper, (main, &of), "21", &with).await.status, StatusCode::CONFLICT, "less is there");
        ok(&give_back(&pharmacy.storekeeper, (main, &of), "20", &with).await);
        assert_eq!(number(&app, sql("SELECT expected FROM supplier_returns")).await, 400);
        assert_eq!(number(&app, sql("SELECT CAST(sum(value) AS BIGINT) FROM store_items")).await, 0);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_returns() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let (storekeeper, main) = (&buying.pharmacy.storekeeper, buying.pharmacy.main.as_str());
        let order = buying.sent(&app, "100", "0.05").await;
        ok(&buying.receive(&app, &order, ("BACK", "100"), &[]).await);
        let (of, line) = (batch(&app, "BACK").await, super::line(&app, &order).await);
        ok(&give_back(storekeeper, (main, &of), "60", &[("line", &line)]).await);
        let next = "UPDATE supplier_returns SET version = version + 1, ";
        refused_by(&app, "supplier_returns_moves", sql("UPDATE supplier_returns SET explanation = 'x'")).await;
        refused_by(&app, "supplier_returns_fixed", sql(next).push("quantity = 1")).await;
        refused_by(&app, "supplier_returns_fixed", sql("DELETE FROM supplier_returns")).await;
        let entered = "entered_at = at, entered_by = by_user, credited_on = '2026-11-21', credit_key = 'K', credit = 1, due = ";
        refused_by(&app, "supplier_returns_agrees", sql(next).push("state = 'credited', ").push(entered).push("2")).await;
        refused_by(&app, "supplier_returns_entered", sql(next).push("state = 'credited', ").push(entered).push("NULL")).await;
        let again = |quantity: &'static str, expected: &'static str, approver: &'static str| {
            sql("INSERT INTO supplier_returns (id, number, clinic_id, supplier_id, batch_id, line_id, quantity, reason, expected, alone_up_to, at,
                    by_user, approved_by, state) SELECT d.id, 'X', t.clinic_id, t.supplier_id, t.batch_id, t.line_id, ")
                .push(quantity)
                .push(", 'damaged', ")
                .push(expected)
                .push(", 10, t.at, t.by_user, ")
                .push(approver)
                .push(", 'sent' FROM supplier_returns t, stock_documents d WHERE d.id NOT IN (SELECT id FROM supplier_returns)")
        };
        refused_by(&app, "supplier_returns_follow", again("1", "1", "NULL")).await;
        let document = sql("INSERT INTO stock_documents (id, kind, store_id, at, by_user) SELECT l.id, 'supplier_return', d.store_id, d.at, d.by_user
            FROM purchase_order_lines l, stock_documents d WHERE d.kind = 'supplier_return'");
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(document).await.expect("a document");
        tx.commit().await.expect("committed");
        let only = |query: Sql| query.push(" AND d.kind = 'supplier_return'");
        refused_by(&app, "supplier_returns_not_above", only(again("41", "1", "NULL"))).await;
        refused_by(&app, "supplier_returns_second", only(again("1", "11", "NULL"))).await;
        refused_by(&app, "supplier_returns_two_people", only(again("1", "11", "t.by_user"))).await;
        let reason = sql("UPDATE supplier_returns SET version = version + 1, state = 'approved'");
        refused_by(&app, "supplier_returns_moves", reason).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_returns_of_ten_units_ten_leave() {
    let prepare = async |app: &TestApp| {
        let buying = Buying::open(app, "0").await;
        let order = buying.sent(app, "100", "0.05").await;
        ok(&buying.receive(app, &order, ("BACK", "100"), &[]).await);
        let (of, line) = (batch(app, "BACK").await, super::line(app, &order).await);
        (buying, of, line)
    };
    races_from(prepare, |app, (buying, of, line)| async move {
        let acts = (0..20).map(|_| {
            let (browser, room) = (buying.pharmacy.storekeeper.in_copy(&app), buying.pharmacy.main.clone());
            let (of, line) = (of.clone(), line.clone());
            async move {
                loop {
                    let answer = give_back(&browser, (&room, &of), "10", &[("line", &line)]).await;
                    if answer.status != StatusCode::SERVICE_UNAVAILABLE {
                        return answer.status;
                    }
                    tokio::task::yield_now().await;
                }
            }
        });
        let answers = all_at_once(acts).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 10, "{answers:?}");
        assert_eq!(number(&app, sql("SELECT CAST(sum(quantity) AS BIGINT) FROM supplier_returns")).await, 100);
        assert_eq!(number(&app, sql("SELECT CAST(sum(on_hand) AS BIGINT) FROM stock_lines")).await, 0);
        app.assert_sound().await;
    })
    .await;
}
