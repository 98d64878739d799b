//! Opening stock and the formulary from a workbook: it becomes the text of the form, with the same preview.

use axum::http::StatusCode;

use crate::{
    core::xlsx::{SheetCell, Workbook},
    db::sql,
    tests::{
        documents::send_form,
        lab::{fields, number},
        on_both_engines,
        pharmacy::Pharmacy,
    },
};

fn workbook(columns: &[&str], rows: &[&[&str]]) -> Vec<u8> {
    let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    let cell = |text: &&str| match text.parse::<i64>() {
        Ok(_) => SheetCell::Number((*text).to_owned()),
        Err(_) => SheetCell::Text((*text).to_owned()),
    };
    let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    Workbook { name: "Stock", columns: &columns, rows, total: None, decimals: 2 }.write().expect("a workbook")
}

#[tokio::test]
async fn a_workbook_fills_the_form_and_shows_the_same_preview() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await;
        let send = async |page: &str, bytes: &[u8]| send_form(&pharmacy.pharmacist, page, &[], (bytes, "stock.xlsx")).await;
        let columns = ["code", "storeroom", "batch", "expires_on", "quantity"];
        let code = "PARACETAMOL-500-MG-TAB";
        let good = workbook(&columns, &[&[code, "MAIN", "X1", "2027-05-31", "40"]]);
        assert_eq!(fields(&send("/stock/opening", &good).await), ["seen"], "it waits for the tick");
        assert_eq!(number(&app, sql("SELECT count(*) FROM stock_movements")).await, 0);
        let wrong = workbook(&columns, &[&[code, "NOWHERE", "X1", "2027-05-31", "40"]]);
        assert_eq!(fields(&send("/stock/opening", &wrong).await), ["text"]);
        assert_eq!(fields(&send("/stock/opening", &workbook(&["name"], &[])).await), ["text"], "other columns");
        for bytes in [&b"code;storeroom\nA;B"[..], b"PK\x03\x04 no workbook"] {
            assert_eq!(fields(&send("/stock/opening", bytes).await), ["file"]);
        }
        assert_eq!(fields(&send("/formulary/import", b"nothing").await), ["file"]);
        let name = workbook(&["colour"], &[&["red"]]);
        assert_eq!(fields(&send("/formulary/import/substances", &name).await), ["text"]);
        let nurse = app.as_("nurse").await;
        for page in ["/stock/opening", "/formulary/import"] {
            assert_eq!(send_form(&nurse, page, &[], (&good, "stock.xlsx")).await.status, StatusCode::FORBIDDEN, "{page}");
        }
    })
    .await;
}
