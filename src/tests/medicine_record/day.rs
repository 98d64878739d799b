//! The grid of one day: its rows, its hours, what stands in a cell, on the screen and on paper.

use axum::http::StatusCode;

use super::{Fixture, IBUPROFEN, OnWard, PARACETAMOL, due, give, give_as_needed, later, ok};
use crate::tests::on_both_engines;

#[tokio::test]
async fn a_day_of_medicines_has_a_row_for_each_and_a_column_for_each_hour() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let address = format!("/admissions/{}/medicines/day", ward.admission);
        let empty = app.as_("nurse").await.get(&address).await.body;
        assert!(empty.contains("No medicine was in force on this day"), "{empty}");
        let order = ward.order(&app, PARACETAMOL, &[]).await;
        let form = [("timing", "as_needed"), ("interval", "4"), ("most", "4"), ("indication", "Fever")];
        let needed = ward.order(&app, IBUPROFEN, &form).await;
        later(&app, 205);
        // It is 13:55.
        let nurse = app.as_("nurse").await;
        let dose = due(&app, &order).await;
        ok(&give(&nurse, &dose, &[]).await);
        ok(&give_as_needed(&nurse, &needed, &[]).await);
        let evening = due(&app, &order).await;
        let key = Fixture::key();
        let refused = [("dose_id", evening.as_str()), ("key", &key), ("reason", "refused"), ("remark", "")];
        ok(&nurse.post("/api/medicine_record/not_give", &refused).await);
        let page = nurse.get(&address).await.body;
        let rows = page.matches("<tr data-key=").count();
        assert_eq!((rows, page.matches("<td>").count()), (2, 48), "{page}");
        assert!(page.contains("aria-current=\"time\">13<"), "{page}");
        let cell = |dose: &str| {
            page.split(&format!("href=\"/doses/{dose}\"")).nth(1).and_then(|rest| rest.split("</a>").next()).unwrap_or_default().to_owned()
        };
        let given = cell(&dose);
        assert!(
            given.contains("14:00") && given.contains("✓ Given") && given.contains("13:55 NN") && given.contains("Paracetamol"),
            "{given}"
        );
        assert!(cell(&evening).contains("✕ Refused"), "{page}");
        assert!(page.contains("is-done") && page.contains("is-warning"), "{page}");
        // The next day has what is due.
        let next = nurse.get(&format!("{address}?day=2026-11-22")).await.body;
        assert!(next.contains("○ Due") && !next.contains("aria-current=\"time\""), "{next}");
        assert!(!next.contains("! Late"), "{next}");
        let paper = nurse.get(&format!("{address}/paper?day=2026-11-21")).await.body;
        assert!(paper.contains("sheet--across") && paper.contains("✓ Given") && paper.contains("No known allergies"), "{paper}");
        let record = nurse.get(&format!("/admissions/{}/medicines", ward.admission)).await.body;
        assert!(record.contains("hours-panel") && record.contains("✕ Refused"), "{record}");
        assert_eq!(nurse.get(&format!("{address}/live?day=2026-11-21")).await.status, StatusCode::OK);
        for page in [address.clone(), format!("{address}/live"), format!("{address}/paper")] {
            assert_eq!(app.as_("cashier").await.get(&page).await.status, StatusCode::FORBIDDEN, "{page}");
        }
        // A dose that nobody gave within its window is late in words, as on the board.
        later(&app, 24 * 60);
        let late = app.as_("nurse").await.get(&format!("{address}?day=2026-11-22")).await.body;
        assert!(late.contains("! Late") && late.contains("is-critical"), "{late}");
        app.assert_sound().await;
    })
    .await;
}
