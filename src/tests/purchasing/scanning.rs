//! Scanned codes at goods received, at counts and on their page; the scanner is tried; opening stock comes from a file.

use super::{Buying, fields, number, ok, text};
use crate::{db::sql, tests::on_both_engines};

/// Article 09506000134352, expiry 2028-12-31, batch AB-12, serial 987654.
const PACK: &str = "]d201095060001343521728120010AB-12\u{1d}21987654";

#[tokio::test]
async fn a_scanned_pack_fills_batch_and_expiry_and_an_unknown_one_is_refused() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let pharmacy = &buying.pharmacy;
        let order = buying.sent(&app, "100", "0.05").await;
        let line = super::line(&app, &order).await;
        let scan = [("scan", PACK), ("batch", ""), ("expires", "")];
        assert_eq!(fields(&buying.receive(&app, &order, ("", "20"), &scan).await), [format!("scan-{line}")], "a number of no item");
        let form = [("stock_item_id", pharmacy.item.as_str()), ("gtin", "09506000134353"), ("units", "20")];
        assert_eq!(fields(&pharmacy.storekeeper.post("/api/stock/add_code", &form).await), ["gtin"], "the check digit");
        let form = [("stock_item_id", pharmacy.item.as_str()), ("gtin", "9506000134352"), ("units", "20")];
        ok(&pharmacy.storekeeper.post("/api/stock/add_code", &form).await);
        assert_eq!(text(&app, sql("SELECT gtin FROM stock_codes")).await, "09506000134352");
        let other =
            sql("SELECT id FROM stock_items WHERE id <> ").push_bind(pharmacy.item.parse::<uuid::Uuid>().expect("an id")).push(" LIMIT 1");
        let other = super::id(&app, other).await;
        let form = [("stock_item_id", other.as_str()), ("gtin", "9506000134352"), ("units", "20")];
        assert_eq!(fields(&pharmacy.storekeeper.post("/api/stock/add_code", &form).await), ["gtin"], "one number, one item");

        let differs = buying.receive(&app, &order, ("OTHER", "20"), &[("scan", PACK)]).await;
        assert_eq!(fields(&differs), [format!("batch-{line}"), format!("expires-{line}")]);
        ok(&buying.receive(&app, &order, ("", "20"), &scan).await);
        assert_eq!(text(&app, sql("SELECT batch_no FROM stock_batches")).await, "AB-12");
        assert_eq!(number(&app, sql("SELECT count(*) FROM stock_batches WHERE expires_on = '2028-12-31'")).await, 1);

        let encoded = "%5Dd201095060001343521728120010AB-12%1D21987654";
        let page = pharmacy.storekeeper.get(&format!("/stock/scan?scan={encoded}")).await.body;
        assert!(page.contains("AB-12") && page.contains("987654") && page.contains("20 tablet"), "{page}");
        let page = pharmacy.storekeeper.get(&format!("/purchasing/orders/{order}/receive?scan={encoded}")).await.body;
        assert!(page.contains("value=\"AB-12\"") && page.contains("value=\"2028-12-31\""), "{page}");
        let page = pharmacy.storekeeper.get(&format!("/stock/items/{}/receive?scan={encoded}", pharmacy.item)).await.body;
        assert!(page.contains("value=\"AB-12\""), "{page}");
        let page = pharmacy.storekeeper.get(&format!("/stock/counts/new?room={}&scan={encoded}", pharmacy.main)).await.body;
        assert!(page.contains("AB-12") && page.contains("count-"), "{page}");
        let page = pharmacy.storekeeper.get("/stock/scan?scan=4006381333931").await.body;
        assert!(page.contains("belongs to no item"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_scanner_is_tried_before_a_doubtful_code_is_taken() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let storekeeper = &buying.pharmacy.storekeeper;
        let form = [("stock_item_id", buying.pharmacy.item.as_str()), ("gtin", "9506000134352"), ("units", "20")];
        ok(&storekeeper.post("/api/stock/add_code", &form).await);
        let doubtful = "/stock/scan?scan=010950600013435210AB1221987654";
        assert!(storekeeper.get(doubtful).await.body.contains("may have joined two fields"));
        let lost = [("scan", "010950600013435210TEST211234")];
        assert_eq!(fields(&storekeeper.post("/api/stock/learn_scanner", &lost).await), ["scan"]);
        ok(&storekeeper.post("/api/stock/learn_scanner", &[("scan", "010950600013435210TEST|211234")]).await);
        assert!(storekeeper.get(doubtful).await.body.contains("AB1221987654"));
        let page = storekeeper.get("/stock/scan?scan=010950600013435210AB12%7C21987654").await.body;
        assert!(page.contains("AB12") && page.contains("987654"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn opening_stock_comes_from_a_file_once() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "0").await;
        let (storekeeper, code) = (&buying.pharmacy.storekeeper, &buying.code);
        let file = format!(
            "code;storeroom;batch;expires_on;quantity;cost\n{code};MAIN;OLD1;2027-05-31;40;2.00\n{code};SHOP;OLD2;2027-06-30;10;0.50\n"
        );
        let import = async |text: &str, seen: &str| storekeeper.post("/api/stock/import_opening", &[("text", text), ("seen", seen)]).await;
        assert_eq!(fields(&import("name\nx", "").await), ["text"]);
        let wrong = format!("{file}NONE;MAIN;X;2027-05-31;1;\n{code};NOWHERE;X;2027-05-31;1;\n");
        assert_eq!(fields(&import(&wrong, "").await), ["text"]);
        let refused = import(&file, "").await;
        assert_eq!(fields(&refused), ["seen"], "the rows are looked at first");
        assert_eq!(number(&app, sql("SELECT count(*) FROM stock_movements")).await, 0);
        let page = storekeeper.submit("/stock/opening", "/api/stock/import_opening", &[("text", &file)]).await.body;
        let seen = page.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let seen = seen.expect("the tick of the preview").to_owned();
        ok(&import(&file, &seen).await);
        assert_eq!(super::in_stock(&app).await, 50);
        let again = import(&file, "").await;
        assert_eq!(fields(&again), ["seen"], "now they are there already");
        let more = file.replace(";40;", ";41;");
        assert_eq!(fields(&import(&more, "").await), ["text"], "another quantity of the same batch");
        assert_eq!(super::in_stock(&app).await, 50);
        app.assert_sound().await;
    })
    .await;
}
