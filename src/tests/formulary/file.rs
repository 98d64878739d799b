//! Tests the formulary as a file: a preview, all rows or none, and nothing new the second time.

use axum::http::StatusCode;

use super::{bare_name, loaded, named, number};
use crate::tests::{Answer, Browser, on_both_engines};

const IMPORT: &str = "/api/formulary/import_drugs";

const FILE: &str = "code;name;form;routes;unit;ingredients;flags
XAR-1;Xar 1 g vial;powder_for_injection;intravenous|intramuscular;vial;\"ceftriaxona|1|g|1|vial\";
XAR-2;Xarplus syrup;oral_suspension;oral;mL;\"amoxicillin|250|mg|5|mL;clavulanic acid|62.5|mg|5|mL\";
WARFARIN-5-MG-TAB;Warfarin 5 mg tablet;tablet;oral;tablet;\"warfarin|5|mg|1|tablet\";high_alert|fridge";

async fn send(browser: &Browser, text: &str, seen: &str) -> Answer {
    browser.submit("/formulary/import", IMPORT, &[("text", text), ("seen", seen)]).await
}

/// The value that confirms the preview of a page.
fn seen(body: &str) -> String {
    let input = body.split("name=\"seen\"").nth(1).unwrap_or_else(|| panic!("nothing to confirm: {body}"));
    input.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a value").to_owned()
}

#[tokio::test]
async fn a_file_of_drugs_is_seen_first_then_imported_and_the_export_is_read_without_a_change() {
    on_both_engines(|app| async move {
        bare_name(&app, "Xarplus syrup").await;
        let pharmacist = loaded(&app).await;
        let drugs = || number(&app, "SELECT count(*) FROM drugs WHERE status = 'formulary'");
        let before = drugs().await;
        let asked = send(&pharmacist, FILE, "").await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        for shown in ["New: 1. Changed: 2. Unchanged: 0. Wrong: 0.", "XAR-1", "Keep in the fridge: – → yes"] {
            assert!(asked.body.contains(shown), "{shown}: {}", asked.body);
        }
        assert_eq!(drugs().await, before, "a preview writes nothing");
        let done = send(&pharmacist, FILE, &seen(&asked.body)).await;
        assert_eq!(done.location.as_deref(), Some("/formulary?done=imported"), "{}", done.body);
        assert_eq!(drugs().await, before + 2, "the bare name became a drug");
        assert_eq!(number(&app, "SELECT count(*) FROM drugs WHERE name = 'Xarplus syrup' AND status = 'formulary'").await, 1);
        let cautioned = "code;name;form;routes;unit;ingredients;flags;cautions
XAR-2;Xarplus syrup;oral_suspension;oral;mL;\"amoxicillin|250|mg|5|mL;clavulanic acid|62.5|mg|5|mL\";counsel;shake|finish_course";
        let asked = send(&pharmacist, cautioned, "").await;
        assert!(asked.body.contains("Needs counselling: – → yes"), "{}", asked.body);
        let done = send(&pharmacist, cautioned, &seen(&asked.body)).await;
        assert_eq!(done.location.as_deref(), Some("/formulary?done=imported"), "{}", done.body);
        let file = pharmacist.get("/formulary/export").await.body;
        assert!(file.contains("finish_course|shake") && file.contains("counsel"), "{file}");
        assert!(file.starts_with("code,name,name_es,form,"), "{file}");
        assert!(file.contains("amoxicillin|250|mg|5|mL;clavulanic acid|62.5|mg|5|mL"), "{file}");
        let again = send(&pharmacist, &file, "").await;
        assert_eq!(again.location.as_deref(), Some("/formulary?done=unchanged"), "{}", again.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn each_wrong_line_of_a_file_of_drugs_names_its_column_and_nothing_is_written() {
    on_both_engines(|app| async move {
        let pharmacist = loaded(&app).await;
        let before = number(&app, "SELECT count(*) FROM drugs").await;
        let text = "code;name;form;routes;unit;ingredients;flags\n\
            OK-1;Good;tablet;oral;tablet;warfarin|1|mg|1|tablet;\n\
            OK-1;Good again;tablet;oral;tablet;warfarin|1|mg|1|tablet;\n\
            ;No code;tablet;oral;tablet;warfarin|1|mg|1|tablet;\n\
            BAD-1;Bad form;cloud;oral;tablet;warfarin|1|mg|1|tablet;\n\
            BAD-2;Bad route;tablet;;tablet;warfarin|1|mg|1|tablet;\n\
            BAD-3;Bad amount;tablet;oral;tablet;warfarin|1.000|mg|1|tablet;\n\
            BAD-4;Bad substance;tablet;oral;tablet;phlogiston|1|mg|1|tablet;\n\
            BAD-5;Bad flag;tablet;oral;tablet;warfarin|1|mg|1|tablet;wet\n\
            BAD-6;Warfarin 5 mg tablet;tablet;oral;tablet;warfarin|1|mg|1|tablet;";
        let refused = send(&pharmacist, text, "").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for shown in [
            "Wrong: 8.",
            "code: An earlier line of the file",
            "form: ",
            "routes: Choose at least one route",
            "ingredients: Three decimals could be thousands",
            "ingredients: “phlogiston” is no known substance",
            "flags: “wet” is no flag",
            "name: Another drug or imported name",
        ] {
            assert!(refused.body.contains(shown), "{shown}: {}", refused.body);
        }
        assert_eq!(number(&app, "SELECT count(*) FROM drugs").await, before, "not even the good line");
        for (text, why) in
            [("", "Paste the lines"), ("code;colour\nA;red", "colour"), ("name\na", "is needed"), ("code\na,b", "more cells")]
        {
            let answer = pharmacist.post(IMPORT, &[("text", text)]).await;
            assert!(named(&answer) == ["text"] && answer.body.contains(why), "{why}: {}", answer.body);
        }
        assert_eq!(app.as_("doctor").await.post(IMPORT, &[("text", FILE)]).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}
