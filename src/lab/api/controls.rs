//! The functions of quality control.

use leptos::prelude::*;

use crate::{
    core::{Error, LabControlLotId, LabControlPointId, LabControlRunId, LabResultId, LabTestId, Permission, form::chosen},
    lab::{
        catalogue::Catalogue,
        controls::{self, ControlVerdict, LotForm},
    },
    organisation::Typed,
    server::{Ctx, redirect_to},
};

fn back(test: LabTestId, done: &str) {
    redirect_to(&format!("/lab/controls/{test}?done={done}"));
}

/// Adds a lot of control material.
#[server(endpoint = "lab/add_lot")]
pub async fn add_lot(
    /// The lot's id, made with the form.
    #[server(default)]
    key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let id: LabControlLotId = chosen("key", &key)?;
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let form = LotForm::read(&fields, &catalogue, ctx.today())?;
    if controls::add_lot(&mut ctx, id, &form).await? {
        ctx.commit().await?;
    }
    back(form.test, "saved");
    Ok(())
}

/// Works out the target of a lot from its first points.
#[server(endpoint = "lab/activate_lot")]
pub async fn activate_lot(lab_control_lot_id: LabControlLotId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let test = controls::activate_lot(&mut ctx, lab_control_lot_id).await?;
    ctx.commit().await?;
    back(test, "saved");
    Ok(())
}

/// Closes a lot.
#[server(endpoint = "lab/close_lot")]
pub async fn close_lot(lab_control_lot_id: LabControlLotId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let test = controls::close_lot(&mut ctx, lab_control_lot_id).await?;
    ctx.commit().await?;
    back(test, "saved");
    Ok(())
}

/// Records a run of controls: `value-LOT`.
#[server(endpoint = "lab/run_controls")]
pub async fn run_controls(
    lab_test_id: LabTestId,
    /// The run's id, made with the form.
    #[server(default)]
    key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let id: LabControlRunId = chosen("key", &key)?;
    let verdict = controls::run(&mut ctx, lab_test_id, id, &fields).await?;
    ctx.commit().await?;
    back(lab_test_id, if verdict == ControlVerdict::Rejected { "control_rejected" } else { "control_run" });
    Ok(())
}

/// Excludes a point from the rules.
#[server(endpoint = "lab/exclude_point")]
pub async fn exclude_point(lab_control_point_id: LabControlPointId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let test = controls::exclude_point(&mut ctx, lab_control_point_id, &reason).await?;
    ctx.commit().await?;
    back(test, "saved");
    Ok(())
}

/// Allows a result to be released although its control was rejected.
#[server(endpoint = "lab/override_hold")]
pub async fn override_hold(lab_result_id: LabResultId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReleaseResults).await?;
    controls::override_hold(&mut ctx, lab_result_id, &reason).await?;
    ctx.commit().await?;
    redirect_to("/lab/release?done=overridden");
    Ok(())
}
