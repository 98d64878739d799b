//! The functions of the catalogue.

use leptos::prelude::*;

use crate::{
    core::{Error, LabChoiceId, LabContainerId, LabDeltaId, LabPanelId, LabRangeId, LabTestId, Permission, form::chosen},
    lab::catalogue::{self, Catalogue, DeltaForm, PanelForm, RangeForm, TestForm, TestOutcome},
    organisation::Typed,
    server::{Ctx, redirect_to},
    tr,
};

fn back(test: LabTestId, done: &str) {
    redirect_to(&format!("/lab/catalogue/{test}?done={done}"));
}

/// Puts the starter catalogue into an empty one.
#[server(endpoint = "lab/adopt_starter")]
pub async fn adopt_starter() -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    catalogue::adopt(&mut ctx).await?;
    ctx.commit().await?;
    redirect_to("/lab/catalogue?done=adopted");
    Ok(())
}

/// Adds a test, or changes one.
#[server(endpoint = "lab/save_test")]
pub async fn save_test(
    /// The test's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let id: LabTestId = chosen("key", &key)?;
    let known = Catalogue::read(&mut ctx.tx).await?;
    let form = TestForm::read(&fields, &known)?;
    if !form.formula.is_empty() && version == 0 {
        return Err(Error::invalid("formula", tr!(lab.formula_by_file)));
    }
    catalogue::save_test(&mut ctx, id, version, &form).await?;
    ctx.commit().await?;
    back(id, "saved");
    Ok(())
}

/// Adds a reference range.
#[server(endpoint = "lab/add_range")]
pub async fn add_range(
    lab_test_id: LabTestId,
    /// The range's id, made with the form.
    #[server(default)]
    key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let key: LabRangeId = chosen("key", &key)?;
    let form = RangeForm::read(&fields, ctx.today())?;
    if catalogue::add_range(&mut ctx, lab_test_id, key, &form).await? {
        ctx.commit().await?;
    }
    back(lab_test_id, "saved");
    Ok(())
}

/// Retires a reference range.
#[server(endpoint = "lab/retire_range")]
pub async fn retire_range(lab_test_id: LabTestId, lab_range_id: LabRangeId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    catalogue::retire_range(&mut ctx, lab_test_id, lab_range_id).await?;
    ctx.commit().await?;
    back(lab_test_id, "saved");
    Ok(())
}

/// Adds a delta rule.
#[server(endpoint = "lab/add_delta")]
pub async fn add_delta(
    lab_test_id: LabTestId,
    /// The rule's id, made with the form.
    #[server(default)]
    key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let key: LabDeltaId = chosen("key", &key)?;
    let form = DeltaForm::read(&fields)?;
    if catalogue::add_delta(&mut ctx, lab_test_id, key, &form).await? {
        ctx.commit().await?;
    }
    back(lab_test_id, "saved");
    Ok(())
}

/// Retires a delta rule.
#[server(endpoint = "lab/retire_delta")]
pub async fn retire_delta(lab_test_id: LabTestId, lab_delta_id: LabDeltaId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    catalogue::retire_delta(&mut ctx, lab_test_id, lab_delta_id).await?;
    ctx.commit().await?;
    back(lab_test_id, "saved");
    Ok(())
}

/// Confirms a test with its figures.
#[server(endpoint = "lab/confirm_test")]
pub async fn confirm_test(
    lab_test_id: LabTestId,
    #[server(default)] version: i64,
    #[server(default)] autorelease: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    catalogue::confirm(&mut ctx, lab_test_id, version, !autorelease.is_empty()).await?;
    ctx.commit().await?;
    back(lab_test_id, "confirmed");
    Ok(())
}

/// Retires a test, or takes it back into use.
#[server(endpoint = "lab/retire_test")]
pub async fn retire_test(lab_test_id: LabTestId, #[server(default)] version: i64, #[server(default)] retired: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    catalogue::retire(&mut ctx, lab_test_id, version, !retired.is_empty()).await?;
    ctx.commit().await?;
    back(lab_test_id, "saved");
    Ok(())
}

/// Adds a panel, or changes one.
#[server(endpoint = "lab/save_panel")]
pub async fn save_panel(
    /// The panel's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let id: LabPanelId = chosen("key", &key)?;
    let known = Catalogue::read(&mut ctx.tx).await?;
    let form = PanelForm::read(&fields, &known)?;
    catalogue::save_panel(&mut ctx, id, version, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/lab/catalogue/panels/{id}?done=saved"));
    Ok(())
}

/// Retires a panel, or takes it back into use.
#[server(endpoint = "lab/retire_panel")]
pub async fn retire_panel(
    lab_panel_id: LabPanelId,
    #[server(default)] version: i64,
    #[server(default)] retired: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    catalogue::retire_panel(&mut ctx, lab_panel_id, version, !retired.is_empty()).await?;
    ctx.commit().await?;
    redirect_to(&format!("/lab/catalogue/panels/{lab_panel_id}?done=saved"));
    Ok(())
}

/// Adds a container.
#[server(endpoint = "lab/add_container")]
pub async fn add_container(
    /// The container's id, made with the form.
    #[server(default)]
    key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let id: LabContainerId = chosen("key", &key)?;
    if catalogue::add_container(&mut ctx, id, &fields).await? {
        ctx.commit().await?;
    }
    redirect_to("/lab/catalogue?done=saved");
    Ok(())
}

/// Adds a coded answer to a test.
#[server(endpoint = "lab/add_answer")]
pub async fn add_answer(
    lab_test_id: LabTestId,
    /// The answer's id, made with the form.
    #[server(default)]
    key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let id: LabChoiceId = chosen("key", &key)?;
    if catalogue::add_answer(&mut ctx, lab_test_id, id, &fields).await? {
        ctx.commit().await?;
    }
    back(lab_test_id, "saved");
    Ok(())
}

/// Imports tests from a file, when no row is refused and the user saw these very changes.
#[server(endpoint = "lab/import_tests")]
pub async fn import_tests(#[server(default)] text: String, #[server(default)] seen: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let imported = catalogue::import(&mut ctx, &text).await?;
    if imported.count(TestOutcome::Refused) > 0 {
        return Err(Error::invalid("text", tr!(lab.import_refused_text)));
    }
    if seen != imported.digest() {
        return Err(Error::invalid("seen", tr!(lab.import_tick)));
    }
    ctx.commit().await?;
    redirect_to("/lab/catalogue?done=imported");
    Ok(())
}

/// Sets whether one person may enter and release a result.
#[server(endpoint = "lab/set_single_handed")]
pub async fn set_single_handed(#[server(default)] version: i64, #[server(default)] single_handed: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let clinic = ctx.clinic.id;
    catalogue::set_single_handed(&mut ctx, clinic, version, !single_handed.is_empty()).await?;
    ctx.commit().await?;
    redirect_to("/lab/catalogue?done=saved");
    Ok(())
}
