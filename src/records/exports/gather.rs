//! Reads all that a copy of a record holds, also from the records that were merged into the patient's.

use super::{
    Audience,
    store::{self, AppointmentRow, InvoiceRow, MOST, ProblemRow, ResultRow, StudyRow, VitalsRow},
};
use crate::{
    clinical::{self, NotePart, OutsideReader, Summary, holds},
    core::{Error, PatientId, Result},
    documents::{self, Document},
    patients::{self, Allergy, MorePhone, Patient},
    server::Ctx,
    tr,
};

/// The content of a copy.
pub(super) struct Gathered {
    pub patient: Patient,
    /// The numbers of the records that were merged into the patient's.
    pub other_numbers: Vec<String>,
    /// The phone numbers beside the one on the record.
    pub phones: Vec<MorePhone>,
    pub allergies: Vec<Allergy>,
    pub appointments: Vec<AppointmentRow>,
    pub summaries: Vec<Summary>,
    pub problems: Vec<ProblemRow>,
    pub vitals: Vec<VitalsRow>,
    pub results: Vec<ResultRow>,
    pub studies: Vec<StudyRow>,
    pub documents: Vec<Document>,
    pub invoices: Vec<InvoiceRow>,
}

/// Reads the content.
///
/// # Errors
/// [`Error::Conflict`] when there are more rows of a kind than a copy holds.
pub(super) async fn gather(ctx: &mut Ctx, id: PatientId, audience: Audience) -> Result<Gathered> {
    let now = ctx.now;
    // The patient's own copy has no part that a doctor holds back.
    let outside = (audience == Audience::Patient).then(|| OutsideReader::of_portal(&ctx.who));
    let patient = patients::find(&mut ctx.tx, id).await?;
    let allergies = patients::allergies(&mut ctx.tx, id).await?.into_iter().filter(|one| one.entered_in_error_at.is_none()).collect();
    let phones = patients::phones_of(&mut ctx.tx, id).await?;
    let mut all = Gathered {
        patient,
        phones,
        other_numbers: Vec::new(),
        allergies,
        appointments: Vec::new(),
        summaries: Vec::new(),
        problems: Vec::new(),
        vitals: Vec::new(),
        results: Vec::new(),
        studies: Vec::new(),
        documents: Vec::new(),
        invoices: Vec::new(),
    };
    let family = patients::merges::family(&mut ctx.tx, id).await?;
    // The problem list may say in other words what a held diagnosis says: it is not in a copy for a reader from whom one is kept.
    let no_problems = match outside {
        Some(reader) => !holds::held_encounters(&mut ctx.tx, &family, NotePart::Diagnoses, reader).await?.is_empty(),
        None => false,
    };
    for record in family {
        if record != id {
            all.other_numbers.push(patients::find(&mut ctx.tx, record).await?.mrn);
        }
        let tx = &mut ctx.tx;
        all.appointments.extend(store::appointments(tx, record).await?);
        // A note that is not signed belongs to nobody's record yet.
        all.summaries.extend(match outside {
            Some(reader) => clinical::outside_summaries_of(tx, record, reader, MOST + 1).await?,
            None => clinical::summaries_of(tx, record, None, MOST + 1).await?.into_iter().filter(Summary::is_final).collect(),
        });
        if !no_problems {
            all.problems.extend(store::problems(tx, record).await?);
        }
        all.vitals.extend(store::vitals(tx, record).await?);
        all.results.extend(store::past_results(tx, record).await?);
        all.results.extend(store::results(tx, record, outside).await?);
        all.studies.extend(store::studies(tx, record, outside).await?);
        all.documents.extend(documents::of_patient(tx, record, None, MOST + 1).await?);
        all.invoices.extend(store::invoices(tx, record).await?);
    }
    let lengths = [
        all.appointments.len(),
        all.summaries.len(),
        all.problems.len(),
        all.vitals.len(),
        all.results.len(),
        all.studies.len(),
        all.documents.len(),
        all.invoices.len(),
    ];
    if lengths.into_iter().any(|length| i64::try_from(length).is_ok_and(|length| length > MOST)) {
        return Err(Error::conflict(tr!(records.too_much)));
    }
    // A document that waits for the scanner, or is infected, does not leave the hospital.
    all.documents.retain(|document| document.error_at.is_none() && document.is_safe());
    if audience == Audience::Patient {
        all.results.retain(|row| row.portal_from.is_some_and(|from| from <= now));
        all.studies.retain(|row| row.portal_from.is_some_and(|from| from <= now));
        all.documents.retain(|document| (document.portal || document.by_patient) && document.replaced_by.is_none());
    }
    Ok(all)
}
