//! Statements of patients: what the patient tells before a visit about allergies, medicines and history, in the own words.
//!
//! ```text
//! told --take over--> taken_over
//!   |----set aside--> set_aside
//!   +----told anew--> replaced
//! ```
//! A statement warns of nothing and is checked against nothing. Staff sees it as the patient's own words beside the record, enters in the
//! record what it takes over, and says that it did so.

#[cfg(feature = "ssr")]
mod acts;
pub mod api;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod panel;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use acts::stock as stock_statement;
#[cfg(feature = "ssr")]
pub(super) use page::before_visit_page;
#[cfg(feature = "ssr")]
pub(super) use panel::{StatementPanel, on_the_record, statement_panel};

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// The state of a statement of a patient.
    pub enum StatementState("state") {
        Told = "told" => crate::tr!(clinical.statement_told),
        TakenOver = "taken_over" => crate::tr!(clinical.statement_taken_over),
        SetAside = "set_aside" => crate::tr!(clinical.statement_set_aside),
        Replaced = "replaced" => crate::tr!(clinical.statement_replaced),
    }
}
