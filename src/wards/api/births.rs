//! The act that records a birth, and the comparison of bands.

use leptos::prelude::*;

use super::admissions::finish;
use crate::{
    core::{AdmissionId, Error, Permission, error::FieldErrors},
    organisation::Typed,
    server::{Ctx, redirect_to},
    wards::{
        admission,
        births::{self, BirthForm},
    },
};

/// Records a birth; a child that lives is admitted to a cot.
#[server(endpoint = "wards/born")]
pub async fn born(admission_id: AdmissionId, #[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordBirths).await?;
    let mother = admission::turn(&mut ctx, Permission::RecordBirths, admission_id, &key).await?;
    if !mother.done_before {
        let form = BirthForm::read(&ctx, &fields)?;
        births::born(&mut ctx, &mother, &form).await?;
    }
    finish(ctx, &mother, "born").await
}

/// Compares the bands of mother and child that were read.
#[server(endpoint = "wards/match_bands")]
pub async fn match_bands(
    admission_id: AdmissionId,
    #[server(default)] mother: String,
    #[server(default)] baby: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let admission = admission::find(&mut ctx.tx, admission_id).await?;
    ctx.at_clinic(Permission::ViewWard, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let mut errors = FieldErrors::new();
    let mother = errors.required_line("mother", &mother, 100);
    let baby = errors.required_line("baby", &baby, 100);
    errors.finish()?;
    let child = births::compare(&mut ctx.tx, &admission, (mother.as_str(), baby.as_str())).await?;
    let result = child.map_or_else(|| "done=differ".to_owned(), |child| format!("baby={child}"));
    redirect_to(&format!("/admissions/{admission_id}/match?{result}"));
    Ok(())
}
