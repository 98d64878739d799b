//! The search of an estimate: items are found, added and removed without scripts.

use super::{charges::item, on_both_engines};

#[tokio::test]
async fn items_of_an_estimate_are_searched_added_and_removed() {
    on_both_engines(|app| async move {
        let (admin, cashier) = (app.as_("admin").await, app.as_("cashier").await);
        let scan = item(&admin, "SCAN", "18.55").await;
        let address = format!("/patients/{}/estimate", app.fixture.ana);
        let found = cashier.get(&format!("{address}?find=sca")).await.body;
        assert!(found.contains(&format!("name=\"add\" value=\"{scan}\"")), "{found}");
        assert!(cashier.get(&format!("{address}?find=nothing+such")).await.body.contains("No item for “nothing such”"));
        let added = cashier.get(&format!("{address}?find=sca&add={scan}")).await.body;
        assert!(added.contains("name=\"quantity1\"") && added.contains("$18.55") && !added.contains("name=\"add\""), "{added}");
        let removed = cashier.get(&format!("{address}?item1={scan}&quantity1=3&remove=1")).await.body;
        assert!(!removed.contains("name=\"quantity1\"") && !removed.contains("The patient pays"), "{removed}");
        let full = (1..=6).map(|at| format!("item{at}={scan}&")).collect::<String>();
        assert!(cashier.get(&format!("{address}?{full}add={scan}")).await.body.contains("at most 6 lines"));
        app.assert_sound().await;
    })
    .await;
}
