//! Reports of studies: a draft is signed by its radiologist with the key of the notes, and is then never changed. A correction is a new
//! version that replaces the one before; an addendum stands beside it.

mod acts;
mod store;

use uuid::Uuid;

use super::vocabulary::RadiologyReportState;
use crate::{
    clinical::{self, DocumentSignature, DocumentSigner},
    core::{ClinicId, ImagingOrderId, PatientId, RadiologyAddendumId, RadiologyReportId, Result, UserId, time::Instant},
    db::Tx,
    lab::Weight,
};

pub use acts::{ReportForm, add_addendum, correct, sign, tell_late};
pub use store::{addenda_of, final_of_patient, in_portal, of_study, open_to_patient, report, signed};

/// The kinds of signed documents.
const REPORT: &str = "radiology report";
const ADDENDUM: &str = "radiology addendum";

/// The texts of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportText {
    pub technique: String,
    pub comparison: String,
    pub findings: String,
    pub impression: String,
    /// The reason of a correction; empty for a first version.
    pub correction: String,
}

/// A version of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadiologyReport {
    pub id: RadiologyReportId,
    pub imaging_id: ImagingOrderId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub version: i64,
    pub state: RadiologyReportState,
    pub text: ReportText,
    pub weight: Option<Weight>,
    /// Increases with each save of a draft.
    pub saved: i64,
    pub author: String,
    pub signed_at: Option<Instant>,
    pub signed_by: Option<UserId>,
    pub signer_name: String,
    signature: Option<DocumentSignature>,
    pub portal_from: Option<Instant>,
    pub superseded_at: Option<Instant>,
}

/// An addendum to a signed report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadiologyAddendum {
    pub id: RadiologyAddendumId,
    pub report_id: RadiologyReportId,
    pub body: String,
    pub written_at: Instant,
    pub written_by: UserId,
    pub signer_name: String,
    signature: DocumentSignature,
}

impl RadiologyReport {
    pub fn is_final(&self) -> bool {
        self.state == RadiologyReportState::Final
    }

    /// Whether it is the version that counts.
    pub fn is_current(&self) -> bool {
        self.is_final() && self.superseded_at.is_none()
    }

    /// The parts that are signed: the ids of patient, study and report, the version, the sections, the reason of a correction, the weight.
    fn parts(&self) -> Vec<String> {
        let text = &self.text;
        let mut parts = vec![self.patient_id.to_string(), self.imaging_id.to_string(), self.id.to_string(), self.version.to_string()];
        parts.extend([&text.technique, &text.comparison, &text.findings, &text.impression, &text.correction].into_iter().cloned());
        parts.push(self.weight.map_or("", Weight::as_str).to_owned());
        parts
    }
}

/// The parts of an addendum that are signed.
fn addendum_parts(report: &RadiologyReport, id: RadiologyAddendumId, body: &str) -> Vec<String> {
    vec![report.patient_id.to_string(), report.imaging_id.to_string(), report.id.to_string(), id.to_string(), body.to_owned()]
}

/// Signs a draft as it stands, with the key of its radiologist.
///
/// # Errors
/// When the database refuses.
pub async fn signature_of(tx: &mut Tx, report: &RadiologyReport, signer: &DocumentSigner<'_>) -> Result<DocumentSignature> {
    clinical::sign_document(tx, REPORT, &report.parts(), signer).await
}

/// Whether a signed report is still what was signed.
///
/// # Errors
/// When the database refuses.
pub async fn is_verified(tx: &mut Tx, report: &RadiologyReport) -> Result<bool> {
    let (Some(at), Some(user), Some(signature)) = (report.signed_at, report.signed_by, &report.signature) else { return Ok(false) };
    let signer = DocumentSigner { user, name: &report.signer_name, at };
    clinical::verify_document(tx, REPORT, &report.parts(), &signer, signature).await
}

/// Whether an addendum is still what was signed.
///
/// # Errors
/// When the database refuses.
pub async fn is_addendum_verified(tx: &mut Tx, report: &RadiologyReport, addendum: &RadiologyAddendum) -> Result<bool> {
    let signer = DocumentSigner { user: addendum.written_by, name: &addendum.signer_name, at: addendum.written_at };
    let parts = addendum_parts(report, addendum.id, &addendum.body);
    clinical::verify_document(tx, ADDENDUM, &parts, &signer, &addendum.signature).await
}

/// Returns the ids of signed reports and addenda that differ from what was signed.
///
/// # Errors
/// When the database refuses.
pub async fn broken(tx: &mut Tx) -> Result<Vec<Uuid>> {
    let mut wrong = Vec::new();
    let mut last = None;
    loop {
        let found = signed(tx, last).await?;
        let Some(newest) = found.last() else { return Ok(wrong) };
        last = Some(newest.id);
        for report in &found {
            if !is_verified(tx, report).await? {
                wrong.push(report.id.into());
            }
            for addendum in addenda_of(tx, report.id).await? {
                if !is_addendum_verified(tx, report, &addendum).await? {
                    wrong.push(addendum.id.into());
                }
            }
        }
    }
}
