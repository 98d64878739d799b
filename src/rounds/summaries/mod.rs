//! The summary of a stay: composed from the record, edited, signed in versions, with the decision on each medicine.

mod acts;
mod compose;
mod form;
mod store;

use uuid::Uuid;

use super::vocabulary::{MedicineDecision, SummaryState};
use crate::{
    clinical::{self, DocumentSignature, DocumentSigner},
    core::{AdmissionId, CareOrderId, ClinicId, DischargeSummaryId, PatientId, Result, UserId, time::Instant},
    db::Tx,
    patients::PatientName,
};

pub use acts::{amend, save};
pub use compose::{compose, undecided};
pub use form::{NEW_ROWS, SECTIONS, SummaryForm};
pub use store::{missing, of_patient, of_stay};

/// Days after the end of a stay for which its summary is asked for.
pub const ASKED_DAYS: i64 = 30;

/// The kind of the signed document.
const SUMMARY: &str = "discharge summary";

/// The sections of a summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SummaryText {
    /// Diagnoses, course, results, instructions, and what is open.
    pub sections: [String; 5],
    /// The reason of an amendment; empty for a first version.
    pub amendment: String,
}

/// A medicine of a summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DischargeMedicine {
    /// The order of the stay that it decides on.
    pub order_id: Option<CareOrderId>,
    /// None while nothing is decided: a row of a composed draft.
    pub decision: Option<MedicineDecision>,
    pub medicine: String,
    pub dosage: String,
    pub reason: String,
}

/// A stay that ended and has no signed summary.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MissingSummary {
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub private: bool,
    pub left_at: Instant,
    #[sqlx(flatten)]
    pub name: PatientName,
    pub mrn: String,
}

/// A version of a summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaySummary {
    pub id: DischargeSummaryId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub version: i64,
    pub state: SummaryState,
    pub text: SummaryText,
    pub medicines: Vec<DischargeMedicine>,
    /// Increases with each save of a draft.
    pub saved: i64,
    pub author: String,
    pub signed_at: Option<Instant>,
    pub signed_by: Option<UserId>,
    pub signer_name: String,
    signature: Option<DocumentSignature>,
    pub superseded_at: Option<Instant>,
}

impl StaySummary {
    pub fn is_final(&self) -> bool {
        self.state == SummaryState::Final
    }

    /// Whether it is the version that counts.
    pub fn is_current(&self) -> bool {
        self.is_final() && self.superseded_at.is_none()
    }

    /// The parts that are signed: the ids of patient, stay and summary, the version, the sections, and each medicine with its decision.
    fn parts(&self) -> Vec<String> {
        let ids = [self.patient_id.to_string(), self.admission_id.to_string(), self.id.to_string(), self.version.to_string()];
        let mut parts = ids.to_vec();
        parts.extend(self.text.sections.iter().cloned());
        parts.push(self.text.amendment.clone());
        for row in &self.medicines {
            parts.push(row.order_id.map(|id| id.to_string()).unwrap_or_default());
            parts.push(row.decision.map_or("", MedicineDecision::as_str).to_owned());
            parts.extend([row.medicine.clone(), row.dosage.clone(), row.reason.clone()]);
        }
        parts
    }
}

/// Whether a signed summary is still what was signed.
///
/// # Errors
/// When the database refuses.
pub async fn is_verified(tx: &mut Tx, summary: &StaySummary) -> Result<bool> {
    let (Some(at), Some(user), Some(signature)) = (summary.signed_at, summary.signed_by, &summary.signature) else { return Ok(false) };
    let signer = DocumentSigner { user, name: &summary.signer_name, at };
    clinical::verify_document(tx, SUMMARY, &summary.parts(), &signer, signature).await
}

/// Returns the ids of signed summaries that differ from what was signed.
///
/// # Errors
/// When the database refuses.
pub async fn broken(tx: &mut Tx) -> Result<Vec<Uuid>> {
    let mut wrong = Vec::new();
    let mut last = None;
    loop {
        let found = store::signed(tx, last).await?;
        let Some(newest) = found.last() else { return Ok(wrong) };
        last = Some(newest.id);
        for summary in &found {
            if !is_verified(tx, summary).await? {
                wrong.push(summary.id.into());
            }
        }
    }
}
