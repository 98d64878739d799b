//! The functions of the bench and the release.

use leptos::prelude::*;

use crate::{
    core::{Error, FieldError, LabAnalysisId, LabCallId, LabResultId, LabSampleId, Permission, Result, form::chosen},
    lab::{
        calls::{self, AttemptForm},
        catalogue::Catalogue,
        results::{self, EntryForm},
        samples,
    },
    organisation::Typed,
    server::{Ctx, redirect_to},
    tr,
};

/// Gives the errors of one row the names of its fields: `value-ID`.
fn of_row(id: LabAnalysisId, error: Error) -> Error {
    match error {
        Error::Invalid(errors) => Error::Invalid(
            errors.into_iter().map(|error| FieldError { field: format!("{}-{id}", error.field), message: error.message }).collect(),
        ),
        other => other,
    }
}

/// One row of the entry form.
struct EntryRow {
    id: LabAnalysisId,
    version: i64,
    form: EntryForm,
}

/// Reads the rows in which something was typed: `value-ID`, `absent-ID`, `again-ID`, `comment-ID`, with `version-ID`.
fn rows(fields: &Typed) -> Vec<EntryRow> {
    let value =
        |name: &str, id: LabAnalysisId| fields.get(&format!("{name}-{id}")).map(|value| value.trim().to_owned()).unwrap_or_default();
    let ids = fields.keys().filter_map(|name| name.strip_prefix("version-")).filter_map(|id| id.parse::<LabAnalysisId>().ok());
    let row = |id: LabAnalysisId| EntryRow {
        id,
        version: value("version", id).parse().unwrap_or_default(),
        form: EntryForm {
            value: value("value", id),
            absent: value("absent", id),
            comment: value("comment", id),
            again: value("again", id),
        },
    };
    ids.map(row).filter(|row| !row.form.value.is_empty() || !row.form.absent.is_empty()).collect()
}

/// Enters the values of a sample: all of them, or none when one is wrong. With `check` they are checked too.
#[server(endpoint = "lab/enter")]
pub async fn enter(lab_sample_id: LabSampleId, #[server(default)] check: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let rows = rows(&fields);
    if rows.is_empty() {
        return Err(Error::conflict(tr!(lab.nothing_entered)));
    }
    let ids: Vec<LabAnalysisId> = rows.iter().map(|row| row.id).collect();
    results::hold(&mut ctx, &ids).await?;
    let mut wrong = Vec::new();
    for row in &rows {
        match results::enter(&mut ctx, row.id, row.version, &row.form).await.map_err(|error| of_row(row.id, error)) {
            Ok(()) => {}
            Err(Error::Invalid(errors)) => wrong.extend(errors),
            Err(error) => return Err(error),
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    if !check.is_empty() {
        check_entered(&mut ctx, lab_sample_id, &ids).await?;
    }
    ctx.commit().await?;
    redirect_to(&format!("/lab/samples/{lab_sample_id}?done={}", if check.is_empty() { "entered" } else { "checked" }));
    Ok(())
}

/// Reads the analyses of a sample, those last whose values are calculated from others.
async fn inputs_first(ctx: &mut Ctx, sample: LabSampleId) -> Result<Vec<(bool, samples::Analysis)>> {
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let mut all = Vec::new();
    for analysis in samples::analyses_of_samples(&mut ctx.tx, &[sample]).await? {
        all.push((catalogue.test(analysis.test_id)?.formula().is_some(), analysis));
    }
    all.sort_by_key(|(calculated, _)| *calculated);
    Ok(all)
}

/// Checks the results of a sample that were just entered, and then the calculated ones that follow from them.
async fn check_entered(ctx: &mut Ctx, sample: LabSampleId, entered: &[LabAnalysisId]) -> Result<()> {
    for (calculated, analysis) in inputs_first(ctx, sample).await? {
        if analysis.state == samples::AnalysisState::Entered && (calculated || entered.contains(&analysis.id)) {
            results::check(ctx, analysis.id, analysis.version).await?;
        }
    }
    Ok(())
}

/// Checks the entered results of a sample.
#[server(endpoint = "lab/check")]
pub async fn check(lab_sample_id: LabSampleId, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let seen: Vec<(LabAnalysisId, i64)> = fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("version-")?.parse().ok()?, value.trim().parse().ok()?)))
        .collect();
    if seen.is_empty() {
        return Err(Error::conflict(tr!(lab.nothing_entered)));
    }
    results::hold(&mut ctx, &seen.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await?;
    for (_, analysis) in inputs_first(&mut ctx, lab_sample_id).await? {
        if let Some((id, version)) = seen.iter().find(|(id, _)| *id == analysis.id) {
            results::check(&mut ctx, *id, *version).await?;
        }
    }
    ctx.commit().await?;
    redirect_to(&format!("/lab/samples/{lab_sample_id}?done=checked"));
    Ok(())
}

/// Returns a result to the bench, to be measured again.
#[server(endpoint = "lab/repeat")]
pub async fn repeat(lab_analysis_id: LabAnalysisId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    results::repeat(&mut ctx, Permission::WorkLab, lab_analysis_id, version).await?;
    ctx.commit().await?;
    redirect_to("/lab/bench?done=repeated");
    Ok(())
}

/// Sends an analysis to a laboratory outside.
#[server(endpoint = "lab/send_out")]
pub async fn send_out(
    lab_analysis_id: LabAnalysisId,
    #[server(default)] version: i64,
    #[server(default)] outside: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    results::send_out(&mut ctx, lab_analysis_id, version, &outside).await?;
    ctx.commit().await?;
    redirect_to("/lab/bench?done=sent_out");
    Ok(())
}

/// Cancels one analysis.
#[server(endpoint = "lab/cancel_analysis")]
pub async fn cancel_analysis(
    lab_analysis_id: LabAnalysisId,
    #[server(default)] version: i64,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    samples::cancel_analysis(&mut ctx, lab_analysis_id, version, &reason).await?;
    ctx.commit().await?;
    redirect_to("/lab/bench?done=cancelled");
    Ok(())
}

/// Corrects a released result.
#[server(endpoint = "lab/correct")]
pub async fn correct(
    lab_result_id: LabResultId,
    #[server(default)] value: String,
    #[server(default)] absent: String,
    #[server(default)] again: String,
    #[server(default)] comment: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let form = EntryForm { value, absent, comment, again };
    results::correct(&mut ctx, lab_result_id, &form, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/lab/results/{lab_result_id}?done=corrected"));
    Ok(())
}

/// Releases the results that are ticked: each tick is called `release-ANALYSIS`, and its value is the result that the user saw.
#[server(endpoint = "lab/release")]
pub async fn release(#[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReleaseResults).await?;
    let ticked = fields.iter().filter_map(|(name, value)| Some((name.strip_prefix("release-")?, value.trim())));
    let mut seen: Vec<(LabAnalysisId, LabResultId)> = Vec::new();
    for (analysis, result) in ticked {
        seen.push((chosen("form", analysis)?, chosen("form", result)?));
    }
    if seen.is_empty() {
        return Err(Error::conflict(tr!(lab.nothing_ticked)));
    }
    results::release(&mut ctx, &seen).await?;
    ctx.commit().await?;
    redirect_to("/lab/release?done=released");
    Ok(())
}

/// Returns a checked result to the bench instead of releasing it.
#[server(endpoint = "lab/return_result")]
pub async fn return_result(lab_analysis_id: LabAnalysisId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReleaseResults).await?;
    results::repeat(&mut ctx, Permission::ReleaseResults, lab_analysis_id, version).await?;
    ctx.commit().await?;
    redirect_to("/lab/release?done=repeated");
    Ok(())
}

/// Takes back a correction that is not released: the released version stands again.
#[server(endpoint = "lab/take_back_correction")]
pub async fn take_back_correction(lab_result_id: LabResultId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReleaseResults).await?;
    results::take_back(&mut ctx, lab_result_id).await?;
    ctx.commit().await?;
    redirect_to("/lab/release?done=taken_back");
    Ok(())
}

/// Corrects a released result that would be flagged otherwise since the record of the patient was corrected.
#[server(endpoint = "lab/correct_listed")]
pub async fn correct_listed(lab_result_id: LabResultId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    results::correct_listed(&mut ctx, lab_result_id).await?;
    ctx.commit().await?;
    redirect_to("/lab/anew?done=corrected");
    Ok(())
}

/// Leaves such a result as it is.
#[server(endpoint = "lab/keep_listed")]
pub async fn keep_listed(lab_result_id: LabResultId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReleaseResults).await?;
    results::keep_listed(&mut ctx, lab_result_id, &reason).await?;
    ctx.commit().await?;
    redirect_to("/lab/anew?done=left");
    Ok(())
}

/// Records an attempt to reach somebody about a critical result.
#[server(endpoint = "lab/attempt")]
pub async fn attempt(
    lab_call_id: LabCallId,
    #[server(default)] whom: String,
    #[server(default)] how: String,
    #[server(default)] outcome: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let form = AttemptForm::read(&whom, &how, &outcome)?;
    calls::attempt(&mut ctx, lab_call_id, &form).await?;
    ctx.commit().await?;
    redirect_to("/lab/calls?done=called");
    Ok(())
}
