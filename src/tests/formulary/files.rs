//! Tests the files of substances, interactions and ranges of doses.

use axum::http::StatusCode;

use super::{loaded, named, number};
use crate::tests::{Answer, Browser, on_both_engines};

/// The page of a file, and its function.
fn addresses(kind: &str) -> (String, String) {
    (format!("/formulary/import/{kind}"), format!("/api/formulary/import_{kind}"))
}

async fn send(browser: &Browser, kind: &str, text: &str, seen: &str) -> Answer {
    let (page, function) = addresses(kind);
    browser.submit(&page, &function, &[("text", text), ("seen", seen)]).await
}

/// Sends a file, looks at the preview, confirms it; returns the preview.
async fn imported(browser: &Browser, kind: &str, text: &str) -> String {
    let asked = send(browser, kind, text, "").await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", asked.body);
    let input = asked.body.split("name=\"seen\"").nth(1).unwrap_or_else(|| panic!("nothing to confirm: {}", asked.body));
    let seen = input.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a value").to_owned();
    let done = send(browser, kind, text, &seen).await;
    assert!(done.location.as_deref().is_some_and(|location| location.ends_with("?done=imported")), "{}", done.body);
    asked.body
}

#[tokio::test]
async fn the_exported_files_of_substances_and_rules_are_read_without_a_change() {
    on_both_engines(|app| async move {
        let pharmacist = loaded(&app).await;
        for (kind, list, line) in [
            ("substances", "/formulary/substances", "clavulanic acid,"),
            ("interactions", "/formulary/interactions", "'@maoi"),
            ("doses", "/formulary/substances", "paracetamol,oral,90,6575,mg,yes,10,15,,60,1000,4000,"),
        ] {
            let file = pharmacist.get(&format!("/formulary/export/{kind}")).await.body;
            assert!(file.contains(line), "{kind}: {file}");
            let again = send(&pharmacist, kind, &file, "").await;
            assert_eq!(again.location, Some(format!("{list}?done=unchanged")), "{kind}: {}", again.body);
            assert_eq!(app.as_("doctor").await.post(&addresses(kind).1, &[("text", &file)]).await.status, StatusCode::FORBIDDEN, "{kind}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_substance_joins_groups_and_rules_come_from_files() {
    on_both_engines(|app| async move {
        let pharmacist = loaded(&app).await;
        let preview = imported(
            &pharmacist,
            "substances",
            "name;name_es;names;groups;pregnancy;source\nXarcoxib;Xarcoxibo;Xarex|Xarin;nsaid|nsaid_systemic;avoid;Label",
        )
        .await;
        assert!(preview.contains("New: 1."), "{preview}");
        assert!(pharmacist.get("/formulary/substances?q=xarex").await.body.contains("Xarcoxib"));
        // Without a column, what stands there stays.
        let preview = imported(&pharmacist, "substances", "name;rxcui\nXarcoxib;123").await;
        assert!(preview.contains("Changed: 1.") && preview.contains("RxCUI: – → 123"), "{preview}");
        assert_eq!(
            number(&app, "SELECT count(*) FROM substance_group_members m JOIN substances s ON s.id = m.substance_id WHERE s.name = 'Xarcoxib'").await,
            2
        );
        let preview = imported(
            &pharmacist,
            "interactions",
            "one;other;level;text_en;text_es;source\nXarex;lithium carbonate;severe;More lithium.;Más litio.;Label\n@vka;miconazole;severe;Bleeding.;Hemorragia.;Own",
        )
        .await;
        assert!(preview.contains("New: 1. Changed: 1."), "{preview}");
        assert_eq!(number(&app, "SELECT count(*) FROM interactions WHERE retired_at IS NOT NULL").await, 1, "the former rule is kept");
        assert_eq!(number(&app, "SELECT count(*) FROM interactions WHERE text_en = 'Bleeding.' AND confirmed_at IS NULL").await, 1);
        let doses = "substance;route;unit;per_kg;dose_max;day_max;source\nXarcoxib;oral;mg;no;120;120;Label";
        assert!(imported(&pharmacist, "doses", doses).await.contains("New: 1."));
        let preview = imported(&pharmacist, "doses", &doses.replace("120;120", "60;60")).await;
        assert!(preview.contains("Changed: 1.") && preview.contains("120 mg") && preview.contains("60 mg"), "{preview}");
        assert_eq!(number(&app, "SELECT count(*) FROM dose_rules WHERE dose_max = '120' AND retired_at IS NOT NULL").await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn each_wrong_line_of_a_file_of_rules_names_its_column_and_nothing_is_written() {
    on_both_engines(|app| async move {
        let pharmacist = loaded(&app).await;
        let tables = ["SELECT count(*) FROM substances", "SELECT count(*) FROM interactions", "SELECT count(*) FROM dose_rules"];
        let mut before = Vec::new();
        for table in tables {
            before.push(number(&app, table).await);
        }
        for (kind, text, shown) in [
            (
                "substances",
                "name;groups;pregnancy;source\nXar;no_such;safe;Label\nXar;;safe;Label\nXarin;;safe;\nAcetaminophen;;;\nXaron;;never;",
                &["Wrong: 5.", "groups: There is no group", "name: An earlier line", "source: ", "name: ", "pregnancy: "][..],
            ),
            (
                "interactions",
                "one;other;level;text_en;text_es;source\nwarfarin;phlogiston;severe;a;a;a\nwarfarin;warfarin;severe;a;a;a\n\
                warfarin;tramadol;bad;a;a;a\nwarfarin;tramadol;severe;;a;a\nwarfarin;codeine;severe;a;a;a\ncodeine;warfarin;severe;a;a;a",
                &["Wrong: 5.", "other: “phlogiston”", "other: An interaction needs two", "level: ", "text_en: ", "other: An earlier line"][..],
            ),
            (
                "doses",
                "substance;route;unit;per_kg;dose_high;source\nphlogiston;oral;mg;no;1;a\nwarfarin;oral;mg;maybe;1;a\nwarfarin;moon;mg;no;1;a\n\
                warfarin;oral;tablet;no;1;a\nwarfarin;oral;mg;no;1,500;a\nwarfarin;oral;mg;no;;a\nwarfarin;oral;mg;no;5;",
                &["Wrong: 7.", "substance: “phlogiston”", "per_kg: Write yes or no", "route: ", "unit: ", "dose_high: ", "source: "][..],
            ),
        ] {
            let refused = send(&pharmacist, kind, text, "").await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{kind}");
            for words in shown {
                assert!(refused.body.contains(words), "{kind}, {words}: {}", refused.body);
            }
            assert_eq!(named(&pharmacist.post(&addresses(kind).1, &[("text", "colour\nred")]).await), ["text"], "{kind}");
        }
        for (table, count) in tables.into_iter().zip(before) {
            assert_eq!(number(&app, table).await, count, "{table}");
        }
    })
    .await;
}
