//! The profile in the portal: what the patient changes alone, and what the patient asks reception to change.
//!
//! Phone, address, language, the name by which somebody is called, and the people to call take effect at once, and the known addresses are
//! told. An e-mail address takes effect once its owner typed the code that was sent there. Name, birth date, sex and national id, a cover by
//! an insurer and a person to act for are requests, with a document where there is one: reception takes them over or refuses with a reason.
//!
//! ```text
//! told ──> accepted · told ──> refused · told ──> withdrawn
//! ```

#[cfg(feature = "ssr")]
mod acts;
pub mod api;
#[cfg(feature = "ssr")]
pub(super) mod pages;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use acts::stock;
#[cfg(feature = "ssr")]
pub(super) use store::count_waiting;

#[cfg(feature = "ssr")]
use crate::tr;

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// The subject of a request of a patient.
    pub enum ProfileRequestKind("kind") {
        Identity = "identity" => tr!(profile.kind_identity),
        Coverage = "coverage" => tr!(profile.kind_coverage),
        Family = "family" => tr!(profile.kind_family),
    }
}

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// The state of a request of a patient.
    pub enum ProfileRequestState("state") {
        Told = "told" => tr!(profile.state_told),
        Accepted = "accepted" => tr!(profile.state_accepted),
        Refused = "refused" => tr!(profile.state_refused),
        Withdrawn = "withdrawn" => tr!(profile.state_withdrawn),
    }
}
