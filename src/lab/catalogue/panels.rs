//! Panels, containers and coded answers: their forms, and the acts that save them.

use super::{
    Catalogue, Container, LabChoice, LabPanel,
    form::{is_loinc, value, whole},
    store,
};
use crate::{
    audit::Action,
    billing,
    core::{Error, LabChoiceId, LabContainerId, LabPanelId, LabTestId, Result, error::FieldErrors},
    db::DbError,
    lab::{flag::Flag, vocabulary::ResultType},
    organisation::Typed,
    server::Ctx,
    tr,
};

/// The most tests of a panel, and the most answers of a test.
const MOST: usize = 60;
/// The flags that an answer can have.
pub const ANSWER_FLAGS: [Flag; 3] = [Flag::Normal, Flag::Abnormal, Flag::CriticalAbnormal];

/// Code and names, which panels, containers and answers have.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    code: String,
    name_en: String,
    name_es: String,
}

impl Named {
    fn read(typed: &Typed, errors: &mut FieldErrors) -> Self {
        let code = errors.required_line("code", value(typed, "code"), 20).to_lowercase();
        if code.chars().any(|c| !(c.is_ascii_alphanumeric() || "._-".contains(c))) {
            errors.add("code", tr!(lab.code_wrong));
        }
        let name_en = errors.required_line("name_en", value(typed, "name_en"), 120);
        let name_es = errors.required_line("name_es", value(typed, "name_es"), 120);
        Self { code, name_en, name_es }
    }
}

/// The fields of a panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelForm {
    pub code: String,
    pub name_en: String,
    pub name_es: String,
    pub loinc: String,
    /// In the order in which they are shown.
    pub tests: Vec<LabTestId>,
}

impl PanelForm {
    /// Reads the form: `tests` has the codes of tests with spaces between them.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(typed: &Typed, catalogue: &Catalogue) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let Named { code, name_en, name_es } = Named::read(typed, &mut errors);
        // Doctors order both in one field.
        if catalogue.tests.iter().any(|test| test.code == code) {
            errors.add("code", tr!(lab.code_of_test));
        }
        let loinc = errors.line("loinc", value(typed, "loinc"), 10);
        if !loinc.is_empty() && !is_loinc(&loinc) {
            errors.add("loinc", tr!(lab.loinc_wrong));
        }
        let mut tests: Vec<LabTestId> = Vec::new();
        let mut unknown = Vec::new();
        for word in value(typed, "tests").split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|word| !word.is_empty()) {
            match catalogue.in_use().find(|test| test.code.eq_ignore_ascii_case(word)) {
                Some(test) if tests.contains(&test.id) => {}
                Some(test) => tests.push(test.id),
                None => unknown.push(word),
            }
        }
        if !unknown.is_empty() {
            errors.add("tests", tr!(lab.codes_unknown, codes = unknown.join(", ")));
        } else if tests.is_empty() {
            errors.add("tests", tr!(lab.choose_tests));
        } else if tests.len() > MOST {
            errors.add("tests", tr!(lab.too_many_tests, most = MOST));
        }
        errors.finish()?;
        Ok(Self { code, name_en, name_es, loinc, tests })
    }
}

fn taken(error: DbError) -> Error {
    if error.is_unique() { Error::invalid("code", tr!(lab.code_taken)) } else { error.into() }
}

fn panel_changed() -> Error {
    Error::conflict(tr!(lab.test_changed))
}

/// Adds a panel (`version` 0), or changes one. Nothing is written when nothing changed.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when somebody else changed the panel.
pub async fn save_panel(ctx: &mut Ctx, id: LabPanelId, version: i64, form: &PanelForm) -> Result<()> {
    let stamp = ctx.stamp();
    if version == 0 {
        if let Some(there) = Catalogue::read(&mut ctx.tx).await?.panel(id) {
            return if there.code == form.code { Ok(()) } else { Err(Error::key_used()) };
        }
        let item = billing::test_item(ctx, &format!("LAB-P-{}", form.code.to_uppercase()), &form.name_en).await?;
        let panel = LabPanel {
            id,
            code: form.code.clone(),
            name_en: form.name_en.clone(),
            name_es: form.name_es.clone(),
            loinc: form.loinc.clone(),
            item_id: Some(item),
            version: 1,
            retired_at: None,
        };
        store::insert_panel(&mut ctx.tx, &panel, &form.tests, stamp).await.map_err(taken)?;
        ctx.did(Action::Create, "lab_panel", id, None);
        return Ok(());
    }
    let lock = ctx.tx.lock(id).await?;
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let before = catalogue.panel(id).ok_or(Error::NotFound)?;
    if before.code != form.code {
        return Err(Error::invalid("code", tr!(lab.field_fixed)));
    }
    let same_tests = catalogue.content_of(id) == form.tests;
    let names = (&before.name_en, &before.name_es, &before.loinc);
    if same_tests && names == (&form.name_en, &form.name_es, &form.loinc) {
        return Ok(());
    }
    if !store::update_panel(&mut ctx.tx, lock, version, form, stamp).await? {
        return Err(panel_changed());
    }
    if !same_tests {
        store::replace_content(&mut ctx.tx, lock, &form.tests).await?;
    }
    ctx.did(Action::Update, "lab_panel", id, None);
    Ok(())
}

/// Retires a panel, or takes it back into use. Orders that are open keep their tests.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed it.
pub async fn retire_panel(ctx: &mut Ctx, id: LabPanelId, version: i64, retired: bool) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    if catalogue.panel(id).ok_or(Error::NotFound)?.retired_at.is_some() == retired {
        return Ok(());
    }
    let stamp = ctx.stamp();
    if !store::set_panel_retired(&mut ctx.tx, lock, version, retired, stamp).await? {
        return Err(panel_changed());
    }
    ctx.did(Action::Update, "lab_panel", id, None);
    Ok(())
}

/// Adds a container. The same form sent again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with every field that is wrong.
pub async fn add_container(ctx: &mut Ctx, id: LabContainerId, typed: &Typed) -> Result<bool> {
    let mut errors = FieldErrors::new();
    let Named { code, name_en, name_es } = Named::read(typed, &mut errors);
    let colour = errors.line("colour", value(typed, "colour"), 40);
    let additive = errors.line("additive", value(typed, "additive"), 80);
    let volume_ul = whole("volume_ul", value(typed, "volume_ul"), (1, 5_000_000), &mut errors);
    let draw_order = whole("draw_order", value(typed, "draw_order"), (1, 99), &mut errors);
    errors.finish()?;
    if Catalogue::read(&mut ctx.tx).await?.container(id).is_some() {
        return Ok(false);
    }
    let container = Container { id, code, name_en, name_es, colour, additive, volume_ul, draw_order };
    store::insert_container(&mut ctx.tx, &container).await.map_err(taken)?;
    ctx.did(Action::Create, "lab_container", id, None);
    Ok(true)
}

/// Adds a coded answer to a test; the confirmation of the test ends. The same form sent again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with every field that is wrong; [`Error::Conflict`] when the test has no coded answers.
pub async fn add_answer(ctx: &mut Ctx, test_id: LabTestId, id: LabChoiceId, typed: &Typed) -> Result<bool> {
    let mut errors = FieldErrors::new();
    let Named { code, name_en, name_es } = Named::read(typed, &mut errors);
    let flag = value(typed, "flag").parse::<Flag>().ok().filter(|flag| ANSWER_FLAGS.contains(flag));
    if flag.is_none() {
        errors.add("flag", tr!(errors.choose));
    }
    errors.finish()?;
    ctx.tx.lock(test_id).await?;
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    if catalogue.choice(id).is_some() {
        return Ok(false);
    }
    let count = catalogue.choices_of(test_id).len();
    if catalogue.test(test_id)?.result_type != ResultType::Choice || count >= MOST {
        return Err(Error::conflict(tr!(lab.no_answers_here)));
    }
    let choice = LabChoice { id, test_id, code, name_en, name_es, flag: flag.unwrap_or_default() };
    let position = i64::try_from(count).unwrap_or_default() + 1;
    store::insert_choice(&mut ctx.tx, &choice, position).await.map_err(taken)?;
    ctx.did(Action::Update, "lab_test", test_id, None);
    Ok(true)
}
