//! Buying: suppliers, purchase requests, purchase orders, goods received against an order, and the invoices of suppliers.
//!
//! ```text
//! request   submitted → approved → ordered · rejected · cancelled
//! order     draft → approved → sent → part_received → received · cancelled (the rest)
//! invoice   entered → matched | difference → approved
//! return    sent → credited | difference → approved
//! ```
//!
//! Another person than the writer approves an order; then its lines are frozen. Goods received are posted into the ledger of the stock in the same
//! transaction, and a line's received quantity is the sum of its receipts. More than the order and its tolerance needs a second person, who signs in
//! on the form. An invoice is matched line by line against what was ordered and what was received: `entered` waits for goods, and a difference is
//! explained and approved by another person. Goods go back from a batch with a reason; above the supplier's limit a second person signs in on the
//! form, and the supplier's credit note is matched against the invoice.

pub mod api;
mod department;
mod invoices;
mod orders;
pub mod pages;
mod receipts;
mod reorder;
mod requests;
mod returns;
mod rules;
mod suppliers;
mod vocabulary;

pub use department::{DEPARTMENT, PURCHASES};
pub use vocabulary::*;
