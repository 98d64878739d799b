//! The pages of billing: the cashier's desk, invoices, receipts, statements, the price list; and the receipts and the
//! statement of the portal.

mod account;
mod approvals;
mod books;
mod cashier;
mod charges;
mod credit;
mod instalments;
mod invoice;
mod overdue;
mod parts;
mod payment;
mod portal;
mod prices;
mod receipt;
mod shifts;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use portal::portal_receipts;

/// The path of the account's tab on a patient's pages, after `/patients/{id}`.
pub const ACCOUNT_TAB: &str = "/account";

/// Returns the routes of the pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/cashier", get(cashier::cashier_page))
        .route("/invoices/{id}", get(invoice::invoice_page))
        .route("/invoices/{id}/print", get(invoice::invoice_print))
        .route("/invoices/{id}/credit", get(credit::credit_page))
        .route("/credit-notes/{id}", get(credit::note_page))
        .route("/credit-notes/{id}/print", get(credit::note_print))
        .route("/payments/{id}", get(payment::payment_page))
        .route("/refunds/{id}/print", get(payment::refund_print))
        .route("/patients/{id}/deposit", get(payment::deposit_page))
        .route("/overdue", get(overdue::overdue_page))
        .route("/approvals", get(approvals::approvals_page))
        .route("/receipts/{id}", get(receipt::receipt_page))
        .route("/patients/{id}/account", get(account::account_page))
        .route("/patients/{id}/account/print", get(account::account_print))
        .route("/patients/{id}/charges", get(charges::charges_page))
        .route("/patients/{id}/estimate", get(charges::estimate_page))
        .route("/patients/{id}/estimate/print", get(charges::estimate_print))
        .route("/books", get(books::books_page))
        .route("/books/day", get(books::day_book_page))
        .route("/books/cash", get(books::cash_book_page))
        .route("/books/revenue", get(books::revenue_page))
        .route("/books/ageing", get(books::ageing_page))
        .route("/books/trial-balance", get(books::trial_balance_page))
        .route("/books/journal", get(books::journal_page))
        .route("/books/unbilled", get(books::unbilled_page))
        .route("/books/accounts", get(books::accounts_page))
        .route("/books/accounts/{id}", get(books::account_page))
        .route("/till", get(shifts::till_page))
        .route("/till/supervise", get(shifts::supervise_page))
        .route("/till/shifts/{id}", get(shifts::shift_page))
        .route("/till/shifts/{id}/print", get(shifts::shift_print))
        .route("/charges/unpriced", get(charges::unpriced_page))
        .route("/prices", get(prices::prices_page))
        .route("/prices/rules", get(prices::rules_page))
        .route("/prices/new", get(prices::new_item_page))
        .route("/prices/import", get(prices::import_page))
        .route("/prices/export", get(prices::export_file))
        .route("/prices/taxes/{id}", get(prices::tax_class_page))
        .route("/prices/{id}", get(prices::item_page))
        .route("/portal/receipts/{id}", get(portal::receipt_page))
        .route("/portal/statement", get(portal::statement_page))
}
