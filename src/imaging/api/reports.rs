//! The functions for reports and critical findings.

use leptos::prelude::*;

use crate::{
    accounts,
    core::{
        Error, ImagingOrderId, Permission, RadiologyAddendumId, RadiologyFindingId, RadiologyReportId, Result,
        form::{chosen, text},
    },
    imaging::{
        findings::{self, FindingAttemptForm},
        reports::{self, ReportForm},
        vocabulary::CallWithin,
    },
    organisation::Typed,
    server::{Ctx, Request, redirect_to},
};

/// Checks that the user may report, and verifies the password of the signed-in user.
async fn proved(password: &str) -> Result<(), Error> {
    drop(Ctx::read(Permission::ReportImaging).await?);
    let request = Request::current().ok_or(Error::SignedOut)?;
    accounts::prove(&request, password).await
}

/// Saves the draft of a report.
#[server(endpoint = "imaging/save_report")]
pub async fn save_report(imaging_order_id: ImagingOrderId, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReportImaging).await?;
    let form = ReportForm::read(&fields)?;
    reports::sign(&mut ctx, imaging_order_id, &form, false).await?;
    ctx.commit().await?;
    redirect_to(&format!("/imaging/studies/{imaging_order_id}/report?done=saved"));
    Ok(())
}

/// Signs the report as it stands in the form, with the radiologist's key. The password is entered each time.
#[server(endpoint = "imaging/sign_report")]
pub async fn sign_report(
    imaging_order_id: ImagingOrderId,
    #[server(default)] password: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    proved(&password).await?;
    let mut ctx = Ctx::write(Permission::ReportImaging).await?;
    let form = ReportForm::read(&fields)?;
    reports::sign(&mut ctx, imaging_order_id, &form, true).await?;
    ctx.commit().await?;
    redirect_to("/imaging/reading?done=signed");
    Ok(())
}

/// Begins a correction of a signed report.
#[server(endpoint = "imaging/correct_report")]
pub async fn correct_report(imaging_order_id: ImagingOrderId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReportImaging).await?;
    reports::correct(&mut ctx, imaging_order_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/imaging/studies/{imaging_order_id}/report"));
    Ok(())
}

/// Adds a signed addendum to a signed report.
#[server(endpoint = "imaging/add_addendum")]
pub async fn add_addendum(
    radiology_report_id: RadiologyReportId,
    imaging_order_id: ImagingOrderId,
    /// The addendum's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] body: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    proved(&password).await?;
    let mut ctx = Ctx::write(Permission::ReportImaging).await?;
    let key: RadiologyAddendumId = chosen("key", &key)?;
    let body = text("body", &body.replace("\r\n", "\n"), 10_000)?;
    reports::add_addendum(&mut ctx, radiology_report_id, key, &body).await?;
    ctx.commit().await?;
    redirect_to(&format!("/imaging/studies/{imaging_order_id}/report?done=addendum"));
    Ok(())
}

/// Raises a critical finding before the report is signed.
#[server(endpoint = "imaging/raise_finding")]
pub async fn raise_finding(
    imaging_order_id: ImagingOrderId,
    #[server(default)] finding: String,
    #[server(default)] within: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReportImaging).await?;
    let within: CallWithin = chosen("within", &within)?;
    let finding = text("finding", &finding, 1_000)?;
    findings::raise_early(&mut ctx, imaging_order_id, within, &finding).await?;
    ctx.commit().await?;
    redirect_to(&format!("/imaging/studies/{imaging_order_id}/report?done=raised"));
    Ok(())
}

/// Records an attempt to call a critical finding.
#[server(endpoint = "imaging/attempt")]
pub async fn attempt(
    radiology_finding_id: RadiologyFindingId,
    #[server(default)] whom: String,
    #[server(default)] how: String,
    #[server(default)] outcome: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    let form = FindingAttemptForm::read(&whom, &how, &outcome)?;
    findings::attempt(&mut ctx, radiology_finding_id, &form).await?;
    ctx.commit().await?;
    redirect_to("/imaging/calls?done=called");
    Ok(())
}
