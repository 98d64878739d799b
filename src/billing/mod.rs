//! Accounts, the price list, charges, invoices and payments.
//!
//! A service raises its own charge; the cashier issues an invoice for the billable charges and takes the payment.
//!
//! | charge | becomes | by |
//! |---|---|---|
//! | `planned` | `billable` | the service is done, and it has a price |
//! | `planned`, `billable` | `cancelled`, `entered_in_error` | its source takes it back |
//! | `billable` | `billed` | issuing the invoice |
//! | `billed` | `paid` | the payment that settles the invoice |
//!
//! | invoice | becomes | by |
//! |---|---|---|
//! | draft (sum of billable charges; not stored) | `issued`, or `paid` when the insurer pays all | issuing: lines frozen, gapless number |
//! | `issued`, `part_paid` | `part_paid` | a payment below the due amount |
//! | `issued`, `part_paid` | `paid` | a payment of the due amount |
//!
//! No other event changes an invoice; a wrong one gets a credit note. Shares are rounded half to even, once, at the
//! line.

pub mod api;
#[cfg(feature = "ssr")]
mod department;
pub mod islands;

mod arithmetic;
mod payment;
#[cfg(feature = "ssr")]
mod rules;
mod shares;

#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod charges;
#[cfg(feature = "ssr")]
mod invoice;
#[cfg(feature = "ssr")]
pub mod ledger;
#[cfg(feature = "ssr")]
mod packages;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod prices;
#[cfg(feature = "ssr")]
mod quote;
#[cfg(feature = "ssr")]
mod revisits;
#[cfg(feature = "ssr")]
pub mod shifts;
#[cfg(feature = "ssr")]
mod statement;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod workflow;

pub use arithmetic::{Quantity, gross, part, spread, without_tax};
#[cfg(feature = "ssr")]
pub use department::{BILLING, DEPARTMENT};
pub use payment::{Method, Taken, take};
pub use shares::{Shares, shares};

#[cfg(feature = "ssr")]
pub use account::{Balance, balance, invoice, invoices_of, open_account, payments_of, receipt};
#[cfg(feature = "ssr")]
pub use charges::{
    Charge, ChargeState, Charged, Consultation, DiscountReason, FreeBecause, MANUAL, ToCharge, WaitsFor, charge, charge_at, recharge,
    uncharge,
};
#[cfg(feature = "ssr")]
pub use invoice::{Draft, DraftLine, Invoice, InvoiceLine, InvoiceState};
#[cfg(feature = "ssr")]
pub use payment::{Payment, is_far_above};
#[cfg(feature = "ssr")]
pub use prices::{PriceFor, PriceRow, consultation_item, masters, price_list, price_of, prices_of};
#[cfg(feature = "ssr")]
pub use quote::{Quote, Service, Wanted, quote};
#[cfg(feature = "ssr")]
pub use statement::{Entry, statement};
