//! Imaging: from the request of a doctor to the report that the doctor signs.
//!
//! An order of a procedure is an order of `orders` with the kind `imaging`; here stands the way of its *study*. A radiologist decides on the
//! protocol, or returns the request with a question; a room's slot is booked; the patient arrives; the questions of safety are answered; the
//! images are made; a radiologist reports them.
//!
//! ```text
//! study   draft ──> requested ──> vetted ──> scheduled ──> arrived ──> started ──> acquired ──> reported
//!         draft ──> vetted, when the procedure needs no radiologist · requested ──> returned ──> requested, vetted
//!         scheduled ──> vetted, no_show · no_show ──> scheduled · started ──> discontinued · any before reported ──> cancelled
//! report  draft ──> final; a correction is a new version, an addendum stands beside it
//! finding open ──> closed, when a person has read it back
//! review  new ──> signed · new ──> replaced
//! ```
//!
//! Devices read their booked studies (`worklist`). Images stay in archives (PACS): the program finds the studies there (`archives`), ties them to
//! orders, and shows their images.
//!
//! Acts take turns: visits and orders first, then studies,
//! findings and reviews, then the account.

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
mod archives;
#[cfg(feature = "ssr")]
mod catalogue;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod findings;
#[cfg(feature = "ssr")]
mod number;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod reports;
#[cfg(feature = "ssr")]
mod reviews;
#[cfg(feature = "ssr")]
mod rooms;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod sets;
#[cfg(feature = "ssr")]
mod step;
#[cfg(feature = "ssr")]
mod studies;
#[cfg(feature = "ssr")]
mod upkeep;
#[cfg(feature = "ssr")]
mod vocabulary;
#[cfg(feature = "ssr")]
mod worklist;

#[cfg(feature = "ssr")]
pub use archives::ask_all as ask_image_archives;
#[cfg(feature = "ssr")]
pub use catalogue::{ImagingProcedure, procedures, stock};
#[cfg(feature = "ssr")]
pub use department::{DEPARTMENT, IMAGING};
#[cfg(feature = "ssr")]
pub use findings::escalate as escalate_findings;
#[cfg(feature = "ssr")]
pub use number::{accession, series as accession_series, study_uid};
#[cfg(feature = "ssr")]
pub use pages::{order_form as imaging_order_form, set_form as order_set_form};
#[cfg(feature = "ssr")]
pub use reports::{RadiologyReport, report as radiology_report, signature_of as radiology_signature, tell_late as tell_late_reports};
#[cfg(feature = "ssr")]
pub use reviews::escalate as escalate_radiology_reviews;
#[cfg(feature = "ssr")]
pub use sets::{ChosenSet, order as order_set, stock as stock_sets};
#[cfg(feature = "ssr")]
pub use step::{ImagingAct, ImagingStep};
#[cfg(feature = "ssr")]
pub use studies::{IMAGING_STUDY, ImagingForm, KIND as IMAGING_KIND, order as order_study};
#[cfg(feature = "ssr")]
pub use vocabulary::*;
#[cfg(feature = "ssr")]
pub use worklist::serve as serve_worklist;
