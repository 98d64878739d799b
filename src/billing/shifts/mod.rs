//! Shifts at the till: a cashier counts the float, takes payments, sends and receives cash, counts blind, and hands over to a second
//! person who counts again.
//!
//! | shift | becomes | by |
//! |---|---|---|
//! | `open` | `closing` | the cashier, or a supervisor for a forgotten shift; nothing posts from now on |
//! | `closing` | `open` | a supervisor, before the count |
//! | `closing` | `handed_over` | the count, and a reason for each difference |
//! | `handed_over` | `received` | the count of a second person |
//! | `received` | `closed` | at once when both counts agree, otherwise a supervisor |
//!
//! | cash move | becomes | by |
//! |---|---|---|
//! | `sent` (it has left the sender) | `received` | a supervisor (drop to the safe), the other cashier (transfer) |
//! | `sent` | `withdrawn` | the sender |

pub mod api;
mod count;
mod denominations;
mod rules;
mod steps;
mod store;

use crate::{
    core::{CashMoveId, ClinicId, Error, Money, Permission, Result, TillShiftId, UserId, time::Instant},
    db::Tx,
    server::Ctx,
    tr,
};

use super::Method;

pub use count::CashCount;
pub use denominations::denominations;
pub use rules::checks;
pub use store::{TillResult, colleagues, counts, in_transit, moves, results, shift, shifts_at, takings};

crate::text_enum! {
    /// The state of a shift.
    pub enum TillState("state") {
        Open = "open",
        Closing = "closing",
        HandedOver = "handed_over",
        Received = "received",
        Closed = "closed",
    }
}

crate::text_enum! {
    /// The moment of a count.
    pub enum CountMoment("moment") {
        Open = "open",
        HandOver = "hand_over",
        Receive = "receive",
    }
}

crate::text_enum! {
    /// The kind of a cash move.
    pub enum CashMoveKind("kind") {
        PayIn = "pay_in",
        PayOut = "pay_out",
        /// To the safe.
        Drop = "drop",
        /// To the till of a colleague.
        Transfer = "transfer",
    }
}

crate::text_enum! {
    /// The state of a cash move.
    pub enum CashMoveState("state") {
        Sent = "sent",
        Received = "received",
        Withdrawn = "withdrawn",
    }
}

impl TillState {
    /// Returns the text for badges.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => tr!(till.state_open),
            Self::Closing => tr!(till.state_closing),
            Self::HandedOver => tr!(till.state_handed_over),
            Self::Received => tr!(till.state_received),
            Self::Closed => tr!(till.state_closed),
        }
    }
}

impl CashMoveKind {
    /// Returns the text for lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::PayIn => tr!(till.pay_in),
            Self::PayOut => tr!(till.pay_out),
            Self::Drop => tr!(till.drop),
            Self::Transfer => tr!(till.transfer),
        }
    }
}

impl CashMoveState {
    /// Returns the text for lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sent => tr!(till.move_sent),
            Self::Received => tr!(till.move_received),
            Self::Withdrawn => tr!(till.move_withdrawn),
        }
    }
}

/// A shift of a cashier at a clinic.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TillShift {
    pub id: TillShiftId,
    pub clinic_id: ClinicId,
    /// The name of the counter.
    pub point: Option<String>,
    pub cashier_id: UserId,
    pub cashier: String,
    pub state: TillState,
    pub float_amount: Money,
    pub opened_at: Instant,
    pub closing_at: Option<Instant>,
    pub counted_at: Option<Instant>,
    pub counted_by: Option<UserId>,
    pub counter: Option<String>,
    pub handed_over_at: Option<Instant>,
    pub received_at: Option<Instant>,
    pub received_by: Option<UserId>,
    pub receiver: Option<String>,
    pub closed_at: Option<Instant>,
}

/// Cash that moved other than by a payment.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CashMove {
    pub id: CashMoveId,
    pub shift_id: TillShiftId,
    pub kind: CashMoveKind,
    pub to_shift_id: Option<TillShiftId>,
    pub amount: Money,
    pub party: String,
    pub reason: String,
    pub state: CashMoveState,
    pub sent_at: Instant,
    pub sent_by: UserId,
    /// The name of the cashier who sent it.
    pub sender: String,
    /// The name of the cashier to whose till it goes.
    pub recipient: Option<String>,
}

/// Returns the cashier's shift at the clinic that is open or being closed.
///
/// # Errors
/// When the database refuses.
pub async fn current(tx: &mut Tx, cashier: UserId, clinic: ClinicId) -> Result<Option<TillShift>> {
    store::current(tx, cashier, clinic).await
}

/// Returns the open shift in which the user takes money at the clinic.
///
/// # Errors
/// [`Error::Conflict`] when there is none: no money is taken without an open shift.
pub async fn taking(tx: &mut Tx, cashier: UserId, clinic: ClinicId) -> Result<TillShiftId> {
    match store::current(tx, cashier, clinic).await? {
        Some(shift) if shift.state == TillState::Open => Ok(shift.id),
        Some(_) => Err(Error::conflict(tr!(till.shift_is_closing))),
        None => Err(Error::conflict(tr!(till.no_open_shift))),
    }
}

/// Whether the user may act on the shift in the cashier's place.
pub fn supervises(ctx: &Ctx, clinic: ClinicId) -> bool {
    ctx.who.may_at(Permission::SuperviseShifts, clinic)
}

impl TillShift {
    /// Whether the reader may see the expected sums and the counts: the counting is blind until both are made.
    pub fn shows_sums(&self, reader: UserId) -> bool {
        match self.state {
            TillState::Open => false,
            TillState::Closing | TillState::HandedOver => self.counted_by == Some(reader),
            TillState::Received | TillState::Closed => true,
        }
    }
}

/// The sum that the count sheet must explain, by method.
fn expected_of(takings: &[(Method, Money)], method: Method) -> Money {
    takings.iter().filter(|(of, _)| *of == method).map(|(_, amount)| *amount).sum()
}
