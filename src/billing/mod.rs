//! Accounts, the price list, charges, invoices and payments.
//!
//! A service raises its own charge; the cashier issues an invoice for the billable charges and takes the payment.
//!
//! | charge | becomes | by |
//! |---|---|---|
//! | `planned` | `billable` | the service is done, and it has a price |
//! | `planned`, `billable` | `cancelled`, `entered_in_error` | its source takes it back |
//! | `billable` | `billed` | issuing the invoice |
//! | `billed` | `paid` | whatever settles the last share of the invoice |
//! | `billed`, `paid` | `billable`, `cancelled` | a credit note that releases its line |
//!
//! An invoice has a share for each debtor: a payer, and the patient. Its state follows them by triggers:
//!
//! | invoice | when |
//! |---|---|
//! | draft | while its lines and shares are written |
//! | `issued` | nothing is settled; lines are frozen, the number is gapless |
//! | `part_paid` | something is settled or written off |
//! | `paid` | every share is; or the invoice comes to nothing |
//! | `cancelled` | credit notes took back all of it |
//!
//! A payment reaches shares by allocations; what is left of it is a deposit. A payment by card, transfer or cheque that the bank refuses later bounces: its
//! shares are open again. What is `asked` for (discounts, credit notes, refunds, bounces, write-offs) a supervisor of the till decides, who is
//! another person. Shares are rounded half to even, once, at the line.

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
mod credits;
#[cfg(feature = "ssr")]
mod decision;
#[cfg(feature = "ssr")]
mod due_bills;
#[cfg(feature = "ssr")]
mod instalments;
#[cfg(feature = "ssr")]
mod invoice;
#[cfg(feature = "ssr")]
pub mod ledger;
#[cfg(feature = "ssr")]
mod numbers;
#[cfg(feature = "ssr")]
mod overdue;
#[cfg(feature = "ssr")]
mod packages;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod prices;
#[cfg(feature = "ssr")]
mod prints;
#[cfg(feature = "ssr")]
mod quote;
#[cfg(feature = "ssr")]
mod refunds;
#[cfg(feature = "ssr")]
mod revenue;
#[cfg(feature = "ssr")]
mod revisits;
#[cfg(feature = "ssr")]
pub mod shifts;
#[cfg(feature = "ssr")]
mod statement;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod taxes;
#[cfg(feature = "ssr")]
mod terms;
#[cfg(feature = "ssr")]
mod till;
#[cfg(feature = "ssr")]
mod told;
#[cfg(all(test, feature = "ssr"))]
mod worked_examples;
#[cfg(feature = "ssr")]
mod workflow;
#[cfg(feature = "ssr")]
mod write_offs;

pub use arithmetic::{Quantity, gross, part, spread, without_tax};
#[cfg(feature = "ssr")]
pub use department::{BILLING, DEPARTMENT};
pub use payment::{CashRounding, Method, Taken, take};
pub use shares::{Shares, shares};

#[cfg(feature = "ssr")]
pub use account::{Balance, balance, invoice, invoices_of, open_account, payments_of, receipt, shares_of};
#[cfg(feature = "ssr")]
pub use charges::{
    Charge, ChargeState, Charged, Consultation, DiscountReason, FreeBecause, MANUAL, ToCharge, WaitsFor, charge, charge_at, recharge,
    uncharge,
};
#[cfg(feature = "ssr")]
pub use due_bills::tell_of_due_bills;
#[cfg(feature = "ssr")]
pub use invoice::{Debtor, Draft, DraftLine, Invoice, InvoiceLine, InvoiceState, Share};
#[cfg(feature = "ssr")]
pub use payment::{Payment, Tender, is_far_above};
#[cfg(feature = "ssr")]
pub use prices::{PriceFor, PriceRow, consultation_item, drug_item, masters, price_list, price_of, prices_of, test_item};
#[cfg(feature = "ssr")]
pub use quote::{Quote, Service, Wanted, quote};
#[cfg(feature = "ssr")]
pub use statement::{Entry, EntryKind, statement};
#[cfg(feature = "ssr")]
pub use taxes::{Tax, Taxed};
#[cfg(feature = "ssr")]
pub use till::{SettledInvoice, deposited_since};
