//! The ledger: double entry over every document that moves money.
//!
//! The postings of a document are defined once, in the view `ledger_postings`: [`post`] writes it in the transaction of the document, and
//! `infirmary check` compares it with the transfers. The view `ledger_documents` adds the invoices of which discounts leave nothing: they
//! have an entry without transfers, so that the revenue and the discounts name them. Accounts have no stored balance but those of patients and insurers
//! (`account_entries`, written by a trigger). A closed month keeps the sums of its transfers by clinic and kinds of account (`ledger_sums`,
//! written by a trigger when the month closes); the trial balance adds the transfers after the closed months. Every other sum is computed
//! from the transfers.
//!
//! | month | becomes | by |
//! |---|---|---|
//! | `open` | `closing` | an accountant of the whole hospital, after its last day; nothing posts into it any more |
//! | `closing` | `open`, `closed` | an accountant |
//! | `closed` | `open` | two accountants, one after the other; only the last closed month |

pub mod api;
pub mod journal;
mod periods;
pub mod reports;
mod rules;
mod store;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    core::{ClinicId, Error, Permission, Result},
    db::Tx,
    organisation,
    server::{Ctx, Principal},
    tr,
};

pub use periods::{Period, PeriodState, periods};
pub use rules::checks;

crate::text_enum! {
    /// The kind of a posting.
    pub enum Posting("kind") {
        Invoice = "invoice",
        Payment = "payment",
        Float = "float",
        CashMove = "cash_move",
        CashReceived = "cash_received",
        CashWithdrawn = "cash_withdrawn",
        ShiftClosed = "shift_closed",
        DepositUsed = "deposit_used",
        CreditNote = "credit_note",
        /// An approved void frees the money of its payment.
        Void = "void",
        Refund = "refund",
        WriteOff = "write_off",
        /// The bank refused the money of a payment later.
        Bounce = "bounce",
    }
}

crate::text_enum! {
    /// The kind of an account.
    pub enum AccountKind("kind") {
        Patient = "patient",
        Insurer = "insurer",
        Till = "till",
        Safe = "safe",
        Transit = "transit",
        Card = "card",
        Cheque = "cheque",
        Bank = "bank",
        Revenue = "revenue",
        Tax = "tax",
        Clearing = "clearing",
        OverShort = "over_short",
        Sundry = "sundry",
        /// Money of a patient that settles no invoice yet.
        Deposit = "deposit",
        /// The difference between amounts and the coins that exist.
        Rounding = "rounding",
        WriteOff = "write_off",
    }
}

impl Posting {
    /// Returns the text for lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Invoice => tr!(billing.invoice),
            Self::Payment => tr!(billing.payment),
            Self::Float => tr!(till.float),
            Self::CashMove => tr!(till.move_cash),
            Self::CashReceived => tr!(ledger.cash_received),
            Self::CashWithdrawn => tr!(ledger.cash_withdrawn),
            Self::ShiftClosed => tr!(ledger.shift_closed),
            Self::DepositUsed => tr!(ledger.deposit_used),
            Self::CreditNote => tr!(billing.credit_note),
            Self::Void => tr!(billing.void),
            Self::Refund => tr!(billing.refund),
            Self::WriteOff => tr!(billing.write_off),
            Self::Bounce => tr!(billing.bounce),
        }
    }
}

impl AccountKind {
    /// Whether the owners are patients.
    pub const fn is_of_patient(self) -> bool {
        matches!(self, Self::Patient | Self::Deposit)
    }

    /// Whether it is cash: in a till, in the safe, or on its way between them.
    pub const fn is_cash(self) -> bool {
        matches!(self, Self::Till | Self::Safe | Self::Transit)
    }

    /// Whether it is what patients paid by one means: the tills are cash.
    pub const fn is_of_means(self) -> bool {
        matches!(self, Self::Till | Self::Card | Self::Cheque | Self::Bank)
    }

    /// Returns the text for lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Patient => tr!(ledger.patients),
            Self::Insurer => tr!(ledger.insurers),
            Self::Till => tr!(ledger.tills),
            Self::Safe => tr!(till.safe),
            Self::Transit => tr!(ledger.transit),
            Self::Card => tr!(ledger.card),
            Self::Cheque => tr!(ledger.cheque),
            Self::Bank => tr!(ledger.bank),
            Self::Revenue => tr!(ledger.revenue),
            Self::Tax => tr!(ledger.tax),
            Self::Clearing => tr!(ledger.clearing),
            Self::OverShort => tr!(ledger.over_short),
            Self::Sundry => tr!(ledger.sundry),
            Self::Deposit => tr!(ledger.deposits),
            Self::Rounding => tr!(billing.rounding),
            Self::WriteOff => tr!(ledger.write_offs),
        }
    }
}

/// Returns the day at the clinic of a document: that of its postings, and the year of its number. The user may work at another clinic, where it
/// is another day.
///
/// # Errors
/// When the database refuses.
pub async fn day_at(ctx: &mut Ctx, clinic: ClinicId) -> Result<NaiveDate> {
    if clinic == ctx.clinic.id {
        return Ok(ctx.today());
    }
    Ok(organisation::clinic(&mut ctx.tx, clinic).await?.zone.day(ctx.now))
}

/// Whether the user may close and reopen months: they are those of the whole hospital.
pub fn closes_books(who: &Principal) -> bool {
    who.roles.iter().any(|(role, clinic)| role.may(Permission::CloseBooks) && clinic.is_none())
}

/// Posts a document that this transaction has written, on the clinic's day. An invoice of 0, and a credit note of 0, have an entry without
/// transfers; any other document without an amount posts nothing.
///
/// # Errors
/// [`Error::Conflict`] when the month is closed.
pub async fn post(tx: &mut Tx, posting: Posting, document: impl Into<Uuid>, day: NaiveDate) -> Result<()> {
    store::post(tx, posting, document.into(), day)
        .await
        .map_err(|error| if error.violates("ledger_period_closed") { Error::conflict(tr!(ledger.period_closed)) } else { error.into() })
}

/// Posts all documents that are not posted yet, oldest first, each on its own day: rows that were written in bulk.
///
/// # Errors
/// When the database refuses.
pub async fn post_missing(tx: &mut Tx) -> Result<()> {
    let clinics = organisation::all_clinics(tx).await?;
    for missing in store::missing(tx).await? {
        let day = organisation::day_at(&clinics, missing.clinic_id, missing.at);
        store::post(tx, missing.kind, missing.document, day).await?;
    }
    Ok(())
}
