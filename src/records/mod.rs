//! Copies of a person's record that leave the hospital, and requests to erase it.
//!
//! A copy is a zip with readable pages, FHIR R4 JSON and the documents. A patient makes one in the portal after a proof of identity; the
//! desk asks for one with a purpose, and a user who may read charts releases it. The file is made when it is fetched, so that nothing is
//! stored; the link ends after a day.
//!
//! A request to erase is decided by a second person. The medical record, the money and the audit log are kept, each with its reason in
//! words; portal access, addresses and contacts go.
//!
//! ```text
//! export    asked ──> ready · asked ──> refused
//! erasure   asked ──> done · asked ──> refused · asked ──> withdrawn
//! ```

pub mod api;

#[cfg(feature = "ssr")]
mod consents;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod erasures;
#[cfg(feature = "ssr")]
mod exports;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use department::DEPARTMENT;
#[cfg(feature = "ssr")]
pub use {
    consents::ConsentKind,
    erasures::{forget_person, stock_erasure},
    exports::stock_export,
};

#[cfg(feature = "ssr")]
use crate::tr;

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// The state of a copy of a record.
    pub enum ExportState("state") {
        Asked = "asked" => tr!(records.asked),
        Ready = "ready" => tr!(records.ready),
        Refused = "refused" => tr!(records.refused),
    }
}

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// The reason for which a copy of a record leaves the hospital.
    pub enum ExportPurpose("purpose") {
        OwnCopy = "own_copy" => tr!(records.own_copy),
        OtherCare = "other_care" => tr!(records.other_care),
        Insurer = "insurer" => tr!(records.insurer),
        Court = "court" => tr!(records.court),
    }
}

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// The state of a request to erase a record.
    pub enum ErasureState("state") {
        Asked = "asked" => tr!(records.erasure_asked),
        Done = "done" => tr!(records.erasure_done),
        Refused = "refused" => tr!(records.erasure_refused),
        Withdrawn = "withdrawn" => tr!(records.erasure_withdrawn),
    }
}
