//! The starter catalogue: containers, tests with published adult ranges, and panels. All of it is unconfirmed.
//!
//! Ranges: American Board of Internal Medicine, Laboratory Test Reference Ranges, 2024; where a row says so, the guideline that it names.
//! Critical limits: Kost, JAMA 1990;263:704. A figure without a public source is left out: such a test has no range, and so no flag. No range
//! of children and none of pregnancy is shipped.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Catalogue, Container, LabChoice, LabPanel, TestForm, TestOutcome, file, store};
use crate::{
    audit::Action,
    billing,
    core::{Error, LabChoiceId, LabContainerId, LabDeltaId, LabPanelId, LabRangeId, LabTestId, Result, Stamp},
    db::Tx,
    lab::flag::Flag,
    server::Ctx,
    tr,
};

/// The tests, in the columns of the catalogue's file.
pub(super) const TESTS: &str = include_str!("../../../assets/lab/tests.csv");

/// Code, names, cap, additive, microlitres, place in the order of draw (CLSI GP41).
const CONTAINERS: [(&str, &str, &str, &str, &str, i64, i64); 9] = [
    ("bc", "Blood culture bottle", "Frasco de hemocultivo", "-", "broth", 10_000, 1),
    ("blue", "Citrate tube", "Tubo con citrato", "blue", "sodium citrate 3.2 %", 2_700, 2),
    ("gold", "Serum tube with gel", "Tubo de suero con gel", "gold", "clot activator", 5_000, 3),
    ("green", "Heparin tube", "Tubo con heparina", "green", "lithium heparin", 4_000, 4),
    ("lavender", "EDTA tube", "Tubo con EDTA", "lavender", "K2 EDTA", 3_000, 5),
    ("grey", "Fluoride tube", "Tubo con fluoruro", "grey", "sodium fluoride", 2_000, 6),
    ("gas", "Blood gas syringe", "Jeringa de gasometría", "-", "dry heparin", 1_000, 7),
    ("urine", "Urine cup", "Frasco de orina", "-", "", 10_000, 8),
    ("swab", "Swab", "Hisopo", "-", "transport medium", 1_000, 9),
];

/// Code, names, LOINC, tests.
const PANELS: [(&str, &str, &str, &str, &str); 6] = [
    ("cbc", "Complete blood count", "Hemograma", "58410-2", "wbc rbc hb hct mcv mch mchc plt"),
    (
        "cbcd",
        "Complete blood count with differential",
        "Hemograma con fórmula",
        "57021-8",
        "wbc rbc hb hct mcv mch mchc plt neut lymph mono eos baso",
    ),
    ("bmp", "Basic metabolic panel", "Perfil metabólico básico", "24321-2", "na k cl hco3 bun creatinine egfr glucose ca aniongap"),
    ("liver", "Liver panel", "Perfil hepático", "24325-3", "alt ast alp ggt bilirubin albumin protein"),
    ("lipid", "Lipid panel", "Perfil lipídico", "24331-1", "chol tg hdl ldl nonhdl"),
    ("gas", "Arterial blood gases", "Gasometría arterial", "24338-6", "ph pco2 po2 ahco3"),
];

/// An answer: its code, its names and its flag.
type Answer = (&'static str, &'static str, &'static str, Flag);

/// The code of a test with its answers.
const CHOICES: [(&str, [Answer; 2]); 1] =
    [("hcgu", [("neg", "Negative", "Negativo", Flag::Normal), ("pos", "Positive", "Positivo", Flag::Abnormal)])];

/// Puts the starter catalogue into an empty one. Everything is unconfirmed.
///
/// # Errors
/// [`Error::Conflict`] when there are tests already.
pub async fn adopt(ctx: &mut Ctx) -> Result<()> {
    ctx.tx.take_turn("laboratory catalogue", "").await?;
    if !Catalogue::read(&mut ctx.tx).await?.tests.is_empty() {
        return Err(Error::conflict(tr!(lab.catalogue_not_empty)));
    }
    containers(&mut ctx.tx).await?;
    let imported = file::import(ctx, TESTS).await?;
    if let Some(refused) = imported.rows.iter().find(|row| row.outcome == TestOutcome::Refused) {
        return Err(Error::internal("the starter catalogue has a wrong row", &format!("line {}: {}", refused.line, refused.words)));
    }
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    answers(&mut ctx.tx, &catalogue).await?;
    let stamp = ctx.stamp();
    for (mut panel, tests) in panels(&catalogue)? {
        panel.item_id = Some(billing::test_item(ctx, &format!("LAB-P-{}", panel.code.to_uppercase()), &panel.name_en).await?);
        store::insert_panel(&mut ctx.tx, &panel, &tests, stamp).await?;
        ctx.did(Action::Create, "lab_panel", panel.id, None);
    }
    Ok(())
}

/// Puts the starter catalogue into a new hospital of a demo: no test has a price, and the audit log says nothing.
///
/// # Errors
/// When the database refuses.
pub async fn stock(tx: &mut Tx, today: NaiveDate, stamp: Stamp) -> Result<()> {
    containers(tx).await?;
    let known = Catalogue::read(tx).await?;
    let mut ids: HashMap<String, LabTestId> = HashMap::new();
    for (_, typed) in file::read(TESTS)? {
        let cell = |column: &str| typed.get(column).map_or("", String::as_str);
        let id = match ids.get(cell("code")) {
            Some(id) => *id,
            None => {
                let (id, form) = (LabTestId::new(), TestForm::read(&file::merged(&known, None, &typed)?, &known)?);
                store::insert_test(tx, id, &form, stamp).await?;
                for (position, input) in (1_i64..).zip(cell("inputs").split_whitespace()) {
                    store::insert_input(tx, id, position, *ids.get(input).ok_or(Error::NotFound)?).await?;
                }
                ids.insert(form.code, id);
                id
            }
        };
        let lock = tx.lock(id).await?;
        if let Some(form) = file::range_of(&typed, today)? {
            store::insert_range(tx, LabRangeId::new(), lock, &form, stamp).await?;
        }
        if let Some(form) = file::delta_of(&typed)? {
            store::insert_delta(tx, LabDeltaId::new(), lock, &form).await?;
        }
    }
    let catalogue = Catalogue::read(tx).await?;
    answers(tx, &catalogue).await?;
    for (panel, tests) in panels(&catalogue)? {
        store::insert_panel(tx, &panel, &tests, stamp).await?;
    }
    Ok(())
}

async fn containers(tx: &mut Tx) -> Result<()> {
    for (code, name_en, name_es, colour, additive, volume_ul, draw_order) in CONTAINERS {
        let container = Container {
            id: LabContainerId::new(),
            code: code.to_owned(),
            name_en: name_en.to_owned(),
            name_es: name_es.to_owned(),
            colour: colour.trim_matches('-').to_owned(),
            additive: additive.to_owned(),
            volume_ul,
            draw_order,
        };
        store::insert_container(tx, &container).await?;
    }
    Ok(())
}

/// Returns the test with this code.
fn test(catalogue: &Catalogue, code: &str) -> Result<LabTestId> {
    catalogue.tests.iter().find(|test| test.code == code).map(|test| test.id).ok_or(Error::NotFound)
}

/// Adds the coded answers.
async fn answers(tx: &mut Tx, catalogue: &Catalogue) -> Result<()> {
    for (of, answers) in CHOICES {
        let test_id = test(catalogue, of)?;
        for (position, (code, name_en, name_es, flag)) in (1_i64..).zip(answers) {
            let (id, code) = (LabChoiceId::new(), code.to_owned());
            let choice = LabChoice { id, test_id, code, name_en: name_en.to_owned(), name_es: name_es.to_owned(), flag };
            store::insert_choice(tx, &choice, position).await?;
        }
    }
    Ok(())
}

/// The panels with their tests.
fn panels(catalogue: &Catalogue) -> Result<Vec<(LabPanel, Vec<LabTestId>)>> {
    let mut panels = Vec::new();
    for (code, name_en, name_es, loinc, tests) in PANELS {
        let tests = tests.split_whitespace().map(|code| test(catalogue, code)).collect::<Result<Vec<_>>>()?;
        let panel = LabPanel {
            id: LabPanelId::new(),
            code: code.to_owned(),
            name_en: name_en.to_owned(),
            name_es: name_es.to_owned(),
            loinc: loinc.to_owned(),
            item_id: None,
            version: 1,
            retired_at: None,
        };
        panels.push((panel, tests));
    }
    Ok(panels)
}
