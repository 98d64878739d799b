//! The numbers of documents: without a gap, in a series for each kind of document and year; also for each clinic, when the hospital says so.

use uuid::Uuid;

use crate::{
    core::{ClinicId, Result},
    db::Tx,
    organisation,
};

use super::till::TillSettings;

/// A document with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Document {
    Invoice,
    Receipt,
    CreditNote,
    Refund,
}

impl Document {
    /// The beginnings of the series' name and of the number.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Invoice => ("invoice", "INV"),
            Self::Receipt => ("receipt", "REC"),
            Self::CreditNote => ("credit note", "CRN"),
            Self::Refund => ("refund", "REF"),
        }
    }
}

/// The series of the year, or of the clinic and the year.
fn series(clinic: Option<&str>, year: i32) -> String {
    match clinic {
        Some(code) => format!("{} {year}", code.replace(' ', "-")),
        None => year.to_string(),
    }
}

/// Gives the document its number: `INV-2026-000001`, or `INV-NORTH-2026-000001` in the clinic's own series. Called after all other locks:
/// the next document of the series waits for the end of the transaction.
///
/// # Errors
/// When the database refuses.
pub(super) async fn number(
    tx: &mut Tx,
    settings: &TillSettings,
    document: Document,
    (clinic, year): (ClinicId, i32),
    id: impl Into<Uuid>,
) -> Result<String> {
    let code = if settings.series_by_clinic { Some(organisation::clinic(tx, clinic).await?.code) } else { None };
    let (series, (name, prefix)) = (series(code.as_deref(), year), document.words());
    let number = organisation::number_document(tx, &format!("{name} {series}"), id.into()).await?;
    Ok(format!("{prefix}-{}-{number:06}", series.replace(' ', "-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_of_a_year_or_of_a_clinic_and_a_year() {
        assert_eq!(series(None, 2026), "2026");
        assert_eq!(series(Some("NORTH"), 2026), "NORTH 2026");
        assert_eq!(series(Some("NORTH 2"), 2026), "NORTH-2 2026", "one blank separates the clinic from the year");
    }
}
