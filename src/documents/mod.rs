//! Documents of patients: scans, letters, cards, as PDF, JPEG, PNG, TIFF or plain text; a WebP is drawn again.
//!
//! The type follows from the content (`content`). A picture loses where and with what it was taken. The bytes stand in the database, sealed
//! in chunks with the keys of all sealed fields, so that a backup, a restore and a rotation of keys have them too. A document is never
//! changed or deleted: a wrong one is marked, with a reason, and nobody opens it by accident any more. A newer version replaces one, which
//! stays readable for staff.
//!
//! Where a scanner for viruses is configured (`scanner`), an infected file is refused as it arrives. While the scanner does not answer, a
//! document waits: it is kept, and opened by nobody until a job has scanned it (`rescan`).

mod acts;
pub mod api;
mod content;
mod department;
pub mod pages;
mod plain_text;
mod redraw;
mod rescan;
mod rules;
mod scanner;
mod store;
mod tiff;
mod whole;

pub use acts::{NewDocument, add, stock, stock_wrong};
pub use content::DocumentMedia;
pub use department::DEPARTMENT;
pub use plain_text::TextEncoding;
pub use rescan::scan_waiting;
pub use scanner::{ScanState, ScannerPlace};
pub use store::{Document, document, intact_bytes, of_patient};
pub use whole::DocumentFile;

use crate::tr;

crate::text_enum! {
    /// The kind of a document.
    pub enum DocumentKind("kind") {
        LabReport = "lab_report" => tr!(documents.kind_lab_report),
        Scan = "scan" => tr!(documents.kind_scan),
        Prescription = "prescription" => tr!(documents.kind_prescription),
        Letter = "letter" => tr!(documents.kind_letter),
        Consent = "consent" => tr!(documents.kind_consent),
        IdentityCard = "identity_card" => tr!(documents.kind_identity_card),
        InsuranceCard = "insurance_card" => tr!(documents.kind_insurance_card),
        Other = "other" => tr!(documents.kind_other),
    }
}

impl DocumentKind {
    /// Whether the desk may open it, which reads no chart.
    pub const fn is_administrative(self) -> bool {
        matches!(self, Self::Consent | Self::IdentityCard | Self::InsuranceCard)
    }
}
