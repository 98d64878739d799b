//! Checks a signed prescription again, when the pharmacy supplies it: the warnings that its prescriber has not answered.

use super::{
    super::{Prescription, medicines, medicines::store},
    warnings::{self, Named, UNKNOWN},
};
use crate::{
    core::{Error, PrescriptionId, Result},
    formulary::{CheckLevel, check::Warning},
    server::Ctx,
    tr,
};

/// Returns the warnings about a signed prescription that are new since its signature: those that no reason of a prescriber answers. It is checked
/// against the patient's other present prescriptions and orders on a ward, the allergies, weight and pregnancy of today, and the kidney function where the laboratory
/// knows it.
///
/// # Errors
/// [`Error::NotFound`] without the prescription.
pub async fn check_signed(ctx: &mut Ctx, id: PrescriptionId) -> Result<Vec<Warning>> {
    let now = ctx.now;
    let (patient, own) = store::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let words = medicines::words_of(&mut ctx.tx, own.drug_id).await?;
    let named = Named { name: &own.drug, words: &words, drug: own.drug_id };
    let all = store::open_of_patient(&mut ctx.tx, patient).await?;
    // A draft is checked against this prescription when it is signed.
    let mut open: Vec<Prescription> = all.iter().filter(|known| known.id != id && known.is_current(now)).cloned().collect();
    open.extend(warnings::on_ward(ctx, patient).await?);
    let found = warnings::against_these(ctx, patient, &named, Some(&own.dosage), &open).await?;
    let unknown = found.unknown.then(|| Warning {
        key: UNKNOWN.to_owned(),
        level: CheckLevel::Warn,
        sentence: tr!(clinical.not_checked, drug = own.drug.clone()),
    });
    let mut new: Vec<Warning> = found.blocked.into_iter().chain(found.asked).chain(unknown).collect();
    new.retain(|warning| !warnings::is_answered(&all, &own, &warning.key));
    new.sort_by(|one, other| (one.level, &one.key).cmp(&(other.level, &other.key)));
    Ok(new)
}
