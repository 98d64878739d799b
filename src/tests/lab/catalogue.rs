//! The catalogue: the starter, ranges, confirmation, and the file.

use axum::http::StatusCode;

use super::{Lab, fields, id, number, ok, text};
use crate::{
    core::{LabChoiceId, LabPanelId, LabRangeId, LabTestId},
    db::sql,
    tests::on_both_engines,
};

#[tokio::test]
async fn the_starter_is_unconfirmed_and_a_change_ends_a_confirmation() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        assert_eq!(lab.pathologist.post("/api/lab/adopt_starter", &[]).await.status, StatusCode::CONFLICT, "once");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_tests WHERE confirmed_at IS NOT NULL")).await, 0);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_ranges WHERE length(source) < 5")).await, 0, "each figure has its source");
        let list = lab.technician.get("/lab/catalogue?q=potas").await.body;
        assert!(list.contains("<strong>Potassium") && list.contains("Unconfirmed") && !list.contains("<strong>Sodium"), "{list}");
        let test = id(&app, sql("SELECT id FROM lab_tests WHERE code = 'k'")).await;
        let page = lab.technician.get(&format!("/lab/catalogue/{test}")).await.body;
        assert!(page.contains("Kost, JAMA 1990;263:704") && page.contains("2823-3") && page.contains("LOINC"), "{page}");
        let confirm = [("lab_test_id", test.as_str()), ("version", "1")];
        assert_eq!(lab.technician.post("/api/lab/confirm_test", &confirm).await.status, StatusCode::FORBIDDEN);
        ok(&lab.pathologist.post("/api/lab/confirm_test", &confirm).await);
        let key = LabRangeId::new().to_string();
        let range = [
            ("lab_test_id", test.as_str()),
            ("key", &key),
            ("sex", "any"),
            ("age_from", "18"),
            ("critical_low", "2.5"),
            ("low", "3.4"),
            ("high", "5.1"),
            ("critical_high", "6.5"),
            ("source", "Own study"),
        ];
        ok(&lab.pathologist.post("/api/lab/add_range", &range).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_tests WHERE confirmed_at IS NOT NULL")).await, 0, "its confirmation ends");
        let old = sql("SELECT count(*) FROM lab_ranges WHERE valid_to IS NOT NULL");
        assert_eq!(number(&app, old).await, 1, "the old one gets its last day");
        let wrong = [&range[..6], &[("high", "3"), ("source", "S")]].concat();
        let key = LabRangeId::new().to_string();
        let wrong: Vec<(&str, &str)> =
            wrong.into_iter().map(|(name, value)| if name == "key" { (name, key.as_str()) } else { (name, value) }).collect();
        assert_eq!(fields(&lab.pathologist.post("/api/lab/add_range", &wrong).await), ["high"]);
        // A range that would never be chosen.
        let pregnant = [&wrong[..2], &[("sex", "male"), ("condition", "pregnant_t1"), ("low", "3"), ("source", "S")]].concat();
        assert_eq!(fields(&lab.pathologist.post("/api/lab/add_range", &pregnant).await), ["condition"]);
        let deltas = sql("SELECT count(DISTINCT t.code) FROM lab_delta_rules d JOIN lab_tests t ON t.id = d.test_id
            WHERE t.code IN ('k', 'albumin', 'creatinine', 'hb')");
        assert_eq!(number(&app, deltas).await, 4, "blood of another patient is told by three changes at once");
    })
    .await;
}

#[tokio::test]
async fn the_catalogue_goes_out_as_a_file_and_comes_in_with_a_preview() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let file = lab.pathologist.get("/lab/catalogue/export").await.body;
        assert!(file.starts_with("code,name_en,") && file.contains("k,Potassium,Potasio,2823-3"), "{}", &file[..200]);
        let same = lab.pathologist.post("/api/lab/import_tests", &[("text", &file)]).await;
        assert_eq!(fields(&same), ["seen"], "the user looks first");
        let shown = lab.pathologist.submit("/lab/catalogue/import", "/api/lab/import_tests", &[("text", &file)]).await;
        assert!(shown.body.contains("0 new, 0 changed"), "{}", shown.body);
        let more = "code,name_en,name_es,unit,specimen,container,bench,tat_stat,tat_urgent,tat_routine,sex,low,high,source\n\
                    zinc,Zinc,Cinc,ug/dL,serum,gold,Chemistry,60,120,1440,any,60,130,Own study\n";
        let refused = more.replace(",Own study", ",");
        assert_eq!(fields(&lab.pathologist.post("/api/lab/import_tests", &[("text", &refused)]).await), ["text"]);
        let shown = lab.pathologist.submit("/lab/catalogue/import", "/api/lab/import_tests", &[("text", more)]).await.body;
        let digest = shown.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a digest").to_owned();
        ok(&lab.pathologist.post("/api/lab/import_tests", &[("text", more), ("seen", &digest)]).await);
        assert_eq!(text(&app, sql("SELECT unit FROM lab_tests WHERE code = 'zinc'")).await, "ug/dL");
        assert_eq!(number(&app, sql("SELECT count(*) FROM price_items WHERE code = 'LAB-ZINC'")).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_test_is_refused_with_the_fields_that_are_wrong() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let (key, container) = (LabTestId::new().to_string(), id(&app, sql("SELECT id FROM lab_containers WHERE code = 'gold'")).await);
        let form = [
            ("key", key.as_str()),
            ("version", "0"),
            ("code", "K"),
            ("name_en", "Potassium"),
            ("name_es", "Potasio"),
            ("loinc", "2823-4"),
            ("result_type", "quantity"),
            ("unit", ""),
            ("decimals", "9"),
            ("specimen", "serum"),
            ("container_id", container.as_str()),
            ("bench", "Chemistry"),
            ("tat_stat", "60"),
            ("tat_urgent", "120"),
            ("tat_routine", "1440"),
            ("duplicate_hours", "0"),
            ("portal_rule", "at_once"),
        ];
        assert_eq!(fields(&lab.pathologist.post("/api/lab/save_test", &form).await), ["loinc", "unit", "decimals"]);
        let right: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| match *name {
                "loinc" => ("loinc", ""),
                "unit" => ("unit", "mmol/L"),
                "decimals" => ("decimals", "1"),
                _ => (*name, *value),
            })
            .collect();
        assert_eq!(fields(&lab.pathologist.post("/api/lab/save_test", &right).await), ["code"], "another test has it");
    })
    .await;
}

#[tokio::test]
async fn a_panel_is_made_changed_and_retired() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let key = LabPanelId::new().to_string();
        let save = async |code: &str, tests: &str, version: &str| {
            let form = [
                ("key", key.as_str()),
                ("version", version),
                ("code", code),
                ("name_en", "Renal panel"),
                ("name_es", "Perfil renal"),
                ("tests", tests),
            ];
            lab.pathologist.post("/api/lab/save_panel", &form).await
        };
        assert_eq!(fields(&save("renal", "creatinine nonsense", "0").await), ["tests"]);
        assert_eq!(fields(&save("k", "creatinine", "0").await), ["code"], "a test has this code");
        ok(&save("renal", "creatinine bun", "0").await);
        ok(&save("renal", "bun creatinine k", "1").await);
        assert_eq!(save("renal", "k", "1").await.status, StatusCode::CONFLICT);
        let tests = sql("SELECT count(*) FROM lab_panel_tests c JOIN lab_panels p ON p.id = c.panel_id WHERE p.code = 'renal'");
        assert_eq!(number(&app, tests).await, 3);
        let page = lab.technician.get(&format!("/lab/catalogue/panels/{key}")).await.body;
        assert!(page.contains("Renal panel") && page.contains("Creatinine"), "{page}");
        let retire = [("lab_panel_id", key.as_str()), ("version", "2"), ("retired", "true")];
        ok(&lab.pathologist.post("/api/lab/retire_panel", &retire).await);
        assert_eq!(fields(&lab.order("renal", &[]).await), ["codes"]);
    })
    .await;
}

#[tokio::test]
async fn a_new_answer_ends_the_confirmation_of_its_test() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let test = id(&app, sql("SELECT id FROM lab_tests WHERE code = 'hcgu'")).await;
        ok(&lab.pathologist.post("/api/lab/confirm_test", &[("lab_test_id", &test), ("version", "1")]).await);
        let key = LabChoiceId::new().to_string();
        let form = [
            ("lab_test_id", test.as_str()),
            ("key", &key),
            ("code", "weak"),
            ("name_en", "Weakly positive"),
            ("name_es", "Positivo débil"),
        ];
        assert_eq!(fields(&lab.pathologist.post("/api/lab/add_answer", &form).await), ["flag"]);
        ok(&lab.pathologist.post("/api/lab/add_answer", &[&form[..], &[("flag", "A")]].concat()).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_tests WHERE confirmed_at IS NOT NULL")).await, 0);
        let container = [
            ("key", key.as_str()),
            ("code", "gold"),
            ("name_en", "Serum tube"),
            ("name_es", "Tubo de suero"),
            ("volume_ul", "5000"),
            ("draw_order", "4"),
        ];
        assert_eq!(fields(&lab.pathologist.post("/api/lab/add_container", &container).await), ["code"], "another container has it");
    })
    .await;
}
