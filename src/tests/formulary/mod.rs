//! Tests the formulary: drugs, substances and rules in pages, the default formulary, the mapping of imported names.

mod checks;
mod file;
mod files;
mod guards;
mod look_alikes;
mod washouts;

use axum::http::StatusCode;

use super::{Answer, Browser, Fixture, TestApp, on_both_engines};
use crate::{
    core::{DrugId, Error},
    db::sql,
};

/// The fields of a drug that is right.
pub(super) const DRUG: [(&str, &str); 13] = [
    ("code", "xar-500"),
    ("name", "Xar 500 mg tablet"),
    ("name_es", "Xar 500 mg comprimido"),
    ("form", "tablet"),
    ("dispensing_unit", "tablet"),
    ("divisible", "2"),
    ("status", "formulary"),
    ("route-oral", "true"),
    ("substance_1", "Acetaminophen"),
    ("amount_1", "500"),
    ("unit_1", "mg"),
    ("per_unit_1", "tablet"),
    ("source", "Label of the product"),
];

/// Adds the default formulary.
pub(super) async fn loaded(app: &TestApp) -> Browser {
    let pharmacist = app.as_("pharmacist").await;
    let answer = pharmacist.post("/api/formulary/load_defaults", &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    pharmacist
}

pub(super) async fn number(app: &TestApp, query: &'static str) -> i64 {
    app.state.db.read().await.expect("a connection").count(sql(query)).await.expect("a number")
}

/// Returns the fields that an answer names.
pub(super) fn named(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other}: {}", answer.body),
    }
}

/// Saves a drug; with `id` in the version of the form.
pub(super) async fn save(pharmacist: &Browser, more: &[(&str, &str)]) -> Answer {
    let mut form: Vec<(&str, &str)> = DRUG.to_vec();
    for (name, value) in more.iter().copied() {
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
    }
    pharmacist.post("/api/formulary/save_drug", &form).await
}

/// Adds the row of a bare name, as an import does.
pub(super) async fn bare_name(app: &TestApp, name: &'static str) -> DrugId {
    let id = DrugId::new();
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(sql("INSERT INTO drugs (id, name) VALUES ($1, $2)").bind(id).bind(name)).await.expect("inserted");
    tx.commit().await.expect("committed");
    id
}

#[tokio::test]
async fn the_default_formulary_is_added_once_unconfirmed_and_found_by_any_name() {
    on_both_engines(|app| async move {
        bare_name(&app, "Amoxicillin 500 mg capsule").await;
        let pharmacist = app.as_("pharmacist").await;
        let first = pharmacist.get("/formulary").await.body;
        assert!(first.contains("Add the default formulary") && first.contains("No drugs"), "{first}");
        let pharmacist = {
            drop(pharmacist);
            loaded(&app).await
        };
        let counts = [
            ("SELECT count(*) FROM drugs WHERE status = 'formulary'", 141),
            ("SELECT count(*) FROM drugs WHERE status = 'unmapped'", 0),
            ("SELECT count(*) FROM substances", 477),
            ("SELECT count(*) FROM substance_groups", 73),
            ("SELECT count(*) FROM interactions", 105),
            ("SELECT count(*) FROM dose_rules", 37),
            ("SELECT count(*) FROM substance_limits", 20),
            ("SELECT count(*) FROM cross_reactions", 3),
            ("SELECT count(*) FROM look_alikes", 14),
            ("SELECT count(*) FROM washouts", 4),
        ];
        for (query, count) in counts {
            assert_eq!(number(&app, query).await, count, "{query}");
        }
        for table in ["drugs", "substances", "interactions", "dose_rules", "substance_limits", "cross_reactions", "look_alikes", "washouts"]
        {
            let query: &'static str = Box::leak(format!("SELECT count(*) FROM {table} WHERE confirmed_at IS NOT NULL").into_boxed_str());
            assert_eq!(number(&app, query).await, 0, "{table}");
        }
        // A rule that the pharmacist retired does not come back.
        let (id, version) = {
            let mut tx = app.state.db.read().await.expect("a connection");
            tx.one::<(uuid::Uuid, i64)>(sql("SELECT id, version FROM interactions LIMIT 1")).await.expect("a rule")
        };
        let form = [("rule", "interaction"), ("id", &id.to_string()), ("version", &version.to_string())];
        assert_eq!(pharmacist.post("/api/formulary/retire_rule", &form).await.status, StatusCode::OK);
        loaded(&app).await;
        for (query, count) in counts {
            assert_eq!(number(&app, query).await, count, "{query}, added twice");
        }
        for (sought, found) in [
            ("acetaminophen", "Paracetamol 500 mg tablet"),
            ("amoxicilina 500", "Amoxicillin 500 mg capsule"),
            ("WARFARIN-5", "Warfarin 5 mg tablet"),
            ("clavulanico", "Amoxicillin/clavulanic acid 500 mg/125 mg tablet"),
        ] {
            let body = pharmacist.get(&format!("/formulary?q={}", sought.replace(' ', "+"))).await.body;
            assert!(body.contains(found), "{sought}: {body}");
        }
        assert!(pharmacist.get("/formulary?q=amoxicilina").await.body.contains("Unconfirmed"));
        assert!(pharmacist.get("/formulary?page=2").await.body.contains("/formulary/"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_drug_is_saved_confirmed_changed_retired_and_brought_back() {
    on_both_engines(|app| async move {
        let pharmacist = loaded(&app).await;
        let key = Fixture::key();
        let saved = save(&pharmacist, &[("key", &key)]).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        assert_eq!(save(&pharmacist, &[("key", &key)]).await.status, StatusCode::OK, "sent twice");
        assert_eq!(number(&app, "SELECT count(*) FROM drugs WHERE code = 'XAR-500'").await, 1);
        let page = format!("/formulary/{key}");
        let body = pharmacist.get(&page).await.body;
        for shown in ["paracetamol 500 mg per tablet", "by mouth", "in halves", "Unconfirmed", "Edit", "at most 4000 mg a day"] {
            assert!(body.contains(shown), "{shown}: {body}");
        }
        let confirm = |version: &'static str| {
            let (pharmacist, key) = (&pharmacist, key.clone());
            async move { pharmacist.post("/api/formulary/confirm_drug", &[("id", &key), ("version", version)]).await }
        };
        assert_eq!(confirm("1").await.status, StatusCode::CONFLICT, "an older version");
        assert_eq!(confirm("2").await.status, StatusCode::OK);
        assert!(pharmacist.get(&page).await.body.contains("Petra Pharmacy"), "who confirmed it");
        assert!(pharmacist.get(&format!("{page}/edit")).await.body.contains("Saving takes the confirmation away"));
        let changed = save(&pharmacist, &[("id", &key), ("version", "3"), ("amount_1", "0.5"), ("unit_1", "g")]).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        assert_eq!(number(&app, "SELECT count(*) FROM drugs WHERE code = 'XAR-500' AND confirmed_at IS NULL").await, 1);
        assert_eq!(number(&app, "SELECT count(*) FROM drug_ingredients i JOIN drugs d ON d.id = i.drug_id WHERE d.code = 'XAR-500' AND i.amount = '0.5' AND i.unit = 'g'").await, 1);
        let form = [("id", key.as_str()), ("version", "4")];
        assert_eq!(pharmacist.post("/api/formulary/retire_drug", &form).await.status, StatusCode::OK);
        assert!(!pharmacist.get("/formulary?q=xar").await.body.contains("XAR-500"));
        assert!(pharmacist.get("/formulary?q=xar&all=yes").await.body.contains("XAR-500"));
        let doctor = app.as_("doctor").await;
        assert!(!doctor.post("/api/clinical/find_drugs", &[("text", "xar")]).await.body.contains("Xar 500"));
        let form = [("id", key.as_str()), ("version", "5")];
        assert_eq!(pharmacist.post("/api/formulary/bring_back_drug", &form).await.status, StatusCode::OK);
        assert!(doctor.post("/api/clinical/find_drugs", &[("text", "xar")]).await.body.contains("Xar 500"));
        let auditor = app.as_("auditor").await.get("/audit").await.body;
        assert!(auditor.contains("medicine"), "{auditor}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn each_wrong_field_of_a_drug_is_named_and_nothing_is_written() {
    on_both_engines(|app| async move {
        let pharmacist = loaded(&app).await;
        let before = number(&app, "SELECT count(*) FROM drugs").await;
        let key = Fixture::key();
        for (field, value) in [
            ("code", "two words"),
            ("name", " "),
            ("form", "cloud"),
            ("dispensing_unit", ""),
            ("divisible", "3"),
            ("status", "unmapped"),
            ("substance_1", "Phlogiston"),
            ("amount_1", "1,000"),
            ("amount_1", "0"),
            ("unit_1", "tablet"),
            ("per_unit_1", "shovel"),
        ] {
            let refused = save(&pharmacist, &[("key", &key), (field, value)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
            assert_eq!(named(&refused), [field], "{value}: {}", refused.body);
        }
        let twice = [("key", key.as_str()), ("substance_2", "paracetamol"), ("amount_2", "1"), ("unit_2", "mg"), ("per_unit_2", "tablet")];
        assert_eq!(named(&save(&pharmacist, &twice).await), ["substance_2"]);
        let taken = save(&pharmacist, &[("key", &key), ("code", "warfarin-5-mg-tab")]).await;
        assert_eq!(named(&taken), ["code"], "{}", taken.body);
        let taken = save(&pharmacist, &[("key", &key), ("name", "Warfarin 5 mg tablet")]).await;
        assert_eq!(named(&taken), ["name"], "{}", taken.body);
        assert_eq!(number(&app, "SELECT count(*) FROM drugs").await, before);
        // Without scripts the page keeps what was typed, and shows the message at the field.
        let form: Vec<(&str, &str)> = DRUG.iter().copied().filter(|(name, _)| *name != "amount_1").collect();
        let page = pharmacist.submit("/formulary/new", "/api/formulary/save_drug", &[&form[..], &[("key", &key)]].concat()).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains("Enter a number above zero") && page.body.contains("value=\"xar-500\""), "{}", page.body);
    })
    .await;
}

#[tokio::test]
async fn an_imported_name_is_mapped_by_a_person_and_then_prescribed_as_its_drug() {
    on_both_engines(|app| async move {
        let name = bare_name(&app, "Warfarin Sodium 5 MG Oral Tablet").await.to_string();
        bare_name(&app, "Xarolin 5 MG").await;
        let pharmacist = loaded(&app).await;
        let page = pharmacist.get("/formulary/mapping").await.body;
        for shown in ["Warfarin Sodium 5 MG Oral Tablet", "WARFARIN-1-MG-TAB", "WARFARIN-5-MG-TAB", "no known substance"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let form = page.split(&format!("map-{name}")).nth(1).and_then(|rest| rest.split("</form>").next()).expect("its form");
        assert!(!form.contains("selected"), "no strength is guessed: {form}");
        let map = |to: &'static str, version: &'static str| {
            let (pharmacist, name) = (&pharmacist, name.clone());
            async move {
                let form = [("id", name.as_str()), ("version", version), ("same_as", to)];
                pharmacist.post("/api/formulary/map_name", &form).await
            }
        };
        assert_eq!(named(&map("NO-SUCH", "1").await), ["same_as"]);
        assert_eq!(map("WARFARIN-5-MG-TAB", "1").await.status, StatusCode::OK);
        assert_eq!(map("WARFARIN-1-MG-TAB", "1").await.status, StatusCode::CONFLICT, "somebody was first");
        assert!(!pharmacist.get("/formulary/mapping").await.body.contains("Warfarin Sodium"));
        assert!(pharmacist.get("/formulary/mapping?mapped=yes").await.body.contains("Warfarin 5 mg tablet"));
        let doctor = app.as_("doctor").await;
        let found = doctor.post("/api/clinical/find_drugs", &[("text", "warfarin")]).await.body;
        assert!(found.contains("Warfarin 5 mg tablet") && !found.contains("Warfarin Sodium"), "{found}");
        // A bare name comes after the drugs of the formulary.
        bare_name(&app, "Warfarin A 2 MG").await;
        let found = doctor.post("/api/clinical/find_drugs", &[("text", "warfarin")]).await.body;
        assert!(found.find("Warfarin A 2 MG") > found.find("Warfarin 5 mg tablet"), "{found}");
        assert_eq!(map("", "2").await.status, StatusCode::OK, "taken back");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn substances_and_rules_are_added_confirmed_and_retired_in_pages() {
    on_both_engines(|app| async move {
        let pharmacist = loaded(&app).await;
        let key = Fixture::key();
        let substance = [("key", key.as_str()), ("name", "Testosterone"), ("name_es", "Testosterona"), ("lactation", "unknown")];
        let says = [&substance[..], &[("pregnancy", "contraindicated")]].concat();
        assert_eq!(named(&pharmacist.post("/api/formulary/save_substance", &says).await), ["source"]);
        let taken = [&says[..], &[("source", "Label"), ("names", "androgen, Acetaminophen")]].concat();
        assert_eq!(named(&pharmacist.post("/api/formulary/save_substance", &taken).await), ["names"], "a name means one substance");
        let whole = [&says[..], &[("source", "Label"), ("names", "androgen")]].concat();
        let saved = pharmacist.post("/api/formulary/save_substance", &whole).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        assert!(pharmacist.get("/formulary/substances?q=androgen").await.body.contains("Testosterone"));
        let grouped = [&whole[..], &[("id", key.as_str()), ("version", "1"), ("group-inducer", "true")]].concat();
        assert_eq!(pharmacist.post("/api/formulary/save_substance", &grouped).await.status, StatusCode::OK);
        let page = pharmacist.get(&format!("/formulary/substances/{key}")).await.body;
        assert!(page.contains("Loss of contraception."), "the rules of its group: {page}");
        let unknown = [&whole[..], &[("id", key.as_str()), ("version", "2"), ("group-none", "true")]].concat();
        assert_eq!(named(&pharmacist.post("/api/formulary/save_substance", &unknown).await), ["groups"]);
        let dose = |more: &[(&'static str, &'static str)]| {
            let mut form =
                vec![("substance", key.clone()), ("key", Fixture::key()), ("unit", "mg".to_owned()), ("source", "Label".to_owned())];
            form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
            form
        };
        let none: &[(&'static str, &'static str)] = &[];
        for (more, wrong) in [
            (none, vec!["dose_high"]),
            (&[("dose_low", "20"), ("dose_high", "10")][..], vec!["dose_high"]),
            (&[("dose_high", "10"), ("from_days", "30"), ("to_days", "30")][..], vec!["to_days"]),
            (&[("dose_high", "1,500")][..], vec!["dose_high"]),
        ] {
            let form = dose(more);
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(named(&pharmacist.post("/api/formulary/add_dose_rule", &form).await), wrong, "{more:?}");
        }
        let form = dose(&[("dose_high", "10"), ("per_kg", "true"), ("to_days", "730")]);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(pharmacist.post("/api/formulary/add_dose_rule", &form).await.status, StatusCode::OK);
        let page = format!("/formulary/substances/{key}");
        assert!(pharmacist.get(&page).await.body.contains("≤ 10 mg/kg a dose"));
        let limit = [
            ("substance", key.as_str()),
            ("key", &Fixture::key()),
            ("kind", "age"),
            ("below", "18"),
            ("level", "strong"),
            ("source", "Label"),
        ];
        assert_eq!(pharmacist.post("/api/formulary/add_limit", &limit).await.status, StatusCode::OK);
        assert_eq!(pharmacist.post("/api/formulary/add_limit", &limit).await.status, StatusCode::CONFLICT, "there already");
        let form = |one: &'static str, other: &'static str| {
            let (level, text) = (("level", "severe"), "Higher risk of bleeding.");
            vec![("one", one), ("other", other), level, ("text_en", text), ("text_es", text), ("source", "Label")]
        };
        let add = |form: Vec<(&'static str, &'static str)>| {
            let pharmacist = &pharmacist;
            async move { pharmacist.post("/api/formulary/add_interaction", &[&form[..], &[("key", Fixture::key().as_str())]].concat()).await }
        };
        assert_eq!(named(&add(form("testosterone", "phlogiston")).await), ["other"]);
        assert_eq!(named(&add(form("testosterone", "Testosterona")).await), ["other"]);
        assert_eq!(add(form("testosterone", "Vitamin K antagonists")).await.status, StatusCode::OK);
        assert_eq!(add(form("vka", "androgen")).await.status, StatusCode::CONFLICT, "the same pair the other way round");
        let body = pharmacist.get("/formulary/interactions?q=testosterone").await.body;
        assert!(body.contains("Testosterone") && body.contains("Vitamin K antagonists"), "{body}");
        let id = body.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("its id").to_owned();
        let confirm = [("rule", "interaction"), ("id", id.as_str()), ("version", "1"), ("back", "/formulary/interactions?q=testosterone")];
        let done = pharmacist.submit("/formulary/interactions", "/api/formulary/confirm_rule", &confirm).await;
        assert_eq!(done.location.as_deref(), Some("/formulary/interactions?q=testosterone&done=confirmed"), "{}", done.body);
        assert_eq!(pharmacist.post("/api/formulary/confirm_rule", &confirm).await.status, StatusCode::CONFLICT, "an older version");
        assert!(pharmacist.get(&page).await.body.contains("Vitamin K antagonists"), "its page has it too");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn doctors_and_nurses_read_the_formulary_and_others_do_not() {
    on_both_engines(|app| async move {
        loaded(&app).await;
        for (login, reads) in
            [("doctor", true), ("nurse", true), ("desk", false), ("cashier", false), ("admin", false), ("storekeeper", false)]
        {
            let browser = app.as_(login).await;
            let status = browser.get("/formulary").await.status;
            assert_eq!(status, if reads { StatusCode::OK } else { StatusCode::FORBIDDEN }, "{login}");
            assert_eq!(save(&browser, &[("key", &Fixture::key())]).await.status, StatusCode::FORBIDDEN, "{login}");
            assert_eq!(browser.get("/formulary/mapping").await.status, StatusCode::FORBIDDEN, "{login}");
        }
        let doctor = app.as_("doctor").await;
        let list = doctor.get("/formulary?q=warfarin").await.body;
        assert!(!list.contains("/formulary/new") && list.contains("Warfarin 5 mg tablet"));
        assert!(!doctor.get("/formulary/interactions").await.body.contains("confirm_rule"));
    })
    .await;
}
