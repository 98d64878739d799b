//! Archives of images (PACS) that are asked over DICOMweb, and the studies that they hold.
//!
//! ```text
//! study of an archive   unmatched ──> matched, dismissed · matched ──> unmatched · dismissed ──> unmatched
//! ```
//!
//! A job asks each archive (`asking`). A study is tied to its order when its UID or accession number is the order's, the number of its patient is
//! the patient's, and the order is open. Each other study is on the list of unmatched studies until a person has compared both patients and ties or
//! dismisses it (`ties`). Images reach a browser only through the program (`images`).

mod asking;
mod dicomweb;
mod form;
mod geometry;
mod images;
mod matching;
mod radiation;
mod store;
mod ties;

use crate::{
    core::{ArchivedStudyId, ClinicId, ImagingArchiveId, ImagingOrderId, PatientId, time::Instant},
    tr,
    ui::Tone,
};

pub use asking::{ask_all, watch};
pub use dicomweb::{FoundSeries, Shade, is_allowed};
pub use form::{ArchiveForm, retire, save};
pub use geometry::{Geometry, Spacing, SpacingKind};
pub use images::{measured, rendered, series_of};
pub use matching::{Compared, OrderKey, SentPatient, birth_of};
pub use store::{archives, count_unmatched, of_orders, study, unmatched};
pub use ties::{compare, dismiss, open_orders, reopen, tie, untie};

crate::text_enum! {
    /// The state of a study that an archive holds.
    pub enum ArchivedState("state") {
        Unmatched = "unmatched",
        Matched = "matched",
        Dismissed = "dismissed",
    }
}

crate::text_enum! {
    /// The reason why a study of an archive is unmatched.
    pub enum UnmatchedReason("reason") {
        None = "" => "",
        NoAccession = "no_accession" => tr!(imaging.unmatched_no_accession),
        UnknownAccession = "unknown_accession" => tr!(imaging.unmatched_unknown_accession),
        OtherPatient = "other_patient" => tr!(imaging.unmatched_other_patient),
        /// The order was reported, ended or not begun.
        Closed = "closed" => tr!(imaging.unmatched_closed),
        /// The archive names another patient or order than when it was tied.
        Changed = "changed" => tr!(imaging.unmatched_changed),
        /// A person untied it.
        Untied = "untied" => tr!(imaging.unmatched_untied),
    }
}

impl UnmatchedReason {
    pub const fn tone(self) -> Tone {
        match self {
            Self::OtherPatient | Self::Changed => Tone::Critical,
            _ => Tone::Warning,
        }
    }
}

/// An archive of images, with its login and password opened.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageArchive {
    pub id: ImagingArchiveId,
    pub clinic_id: ClinicId,
    pub name: String,
    /// The address of its DICOMweb service, without a slash at the end.
    pub base_url: String,
    pub login: String,
    pub password: String,
    pub version: i64,
    pub asked_at: Option<Instant>,
    pub failed_at: Option<Instant>,
    pub failure: String,
    pub retired_at: Option<Instant>,
}

impl std::fmt::Debug for ImageArchive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImageArchive").field("id", &self.id).field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// A study that an archive holds, with its sealed texts opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedStudy {
    pub id: ArchivedStudyId,
    pub archive_id: ImagingArchiveId,
    pub archive: String,
    pub clinic_id: ClinicId,
    pub study_uid: String,
    pub accession: String,
    /// The code strings of DICOM, with commas between them.
    pub modalities: String,
    /// Day and time as the device recorded them: `2026-11-29 12:00`.
    pub taken: String,
    pub series_count: i64,
    pub image_count: i64,
    pub patient: SentPatient,
    pub description: String,
    pub state: ArchivedState,
    pub reason: UnmatchedReason,
    pub imaging_id: Option<ImagingOrderId>,
    pub patient_id: Option<PatientId>,
    pub matched_at: Option<Instant>,
    /// The name of the person who tied it; `None` when the job did.
    pub matcher: Option<String>,
    pub remark: String,
    pub found_at: Instant,
    pub version: i64,
}
