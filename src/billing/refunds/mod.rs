//! Money that goes back: a refund of what is left of one payment, or a void of the whole payment while its shift is open. One person asks,
//! another approves, and then it is paid. A payment by card, transfer or cheque that the bank refuses later bounces: that is approved, and nothing is paid.
//! The amount is reserved when a refund is asked for. The void of a payment by several means is one row
//! for each of them: they are asked for and decided together, and each is paid back by its means.

pub mod api;
mod store;

use chrono::Datelike as _;

use crate::{
    audit::Action,
    core::{ClinicId, Error, Money, PatientId, PaymentId, Permission, RefundId, Result, UserId, time::Instant},
    db::{Lockable, Tx},
    server::{Ctx, Event},
    tr,
};

use super::{
    BILLING, Method, Payment, charges,
    decision::Decision,
    ledger::{self, Posting},
    numbers::{Document, number},
    shifts, till,
};

pub use store::{asked_in, of_patient, of_payment, open, refund};

crate::text_enum! {
    /// Whether a part goes back, the payment never was, or its money never came.
    pub enum RefundKind("kind") {
        Refund = "refund",
        Void = "void",
        /// The bank refused the money later.
        Bounce = "bounce",
    }
}

impl RefundKind {
    /// Returns the text for lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refund => tr!(billing.refund),
            Self::Void => tr!(billing.void),
            Self::Bounce => tr!(billing.bounce),
        }
    }
}

crate::text_enum! {
    /// The state of a refund.
    pub enum RefundState("state") {
        Asked = "asked",
        Approved = "approved",
        Paid = "paid",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
    }
}

impl RefundState {
    /// Returns the text for badges.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => tr!(billing.asked_for),
            Self::Approved => tr!(billing.approved),
            Self::Paid => tr!(billing.paid_back),
            Self::Rejected => tr!(billing.rejected),
            Self::Withdrawn => tr!(billing.withdrawn),
        }
    }
}

impl Lockable for RefundId {
    const TABLE: &'static str = "refunds";
}

/// Money that goes back.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Refund {
    pub id: RefundId,
    pub payment_id: PaymentId,
    pub receipt_number: String,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub kind: RefundKind,
    pub state: RefundState,
    pub number: Option<String>,
    pub amount: Money,
    /// The cash rounding that goes back with the last of the cash.
    pub rounding: Money,
    pub method: Method,
    pub reference: String,
    pub reason: String,
    pub asked_at: Instant,
    pub asked_by: UserId,
    pub asked_by_name: String,
    pub decided_at: Option<Instant>,
    pub decided_by_name: Option<String>,
    pub paid_at: Option<Instant>,
    pub paid_by_name: Option<String>,
}

impl Refund {
    /// Whether it was paid, or still may be.
    pub const fn is_live(&self) -> bool {
        !matches!(self.state, RefundState::Rejected | RefundState::Withdrawn)
    }

    /// Whether the money is lost: an approved bounce has no next step.
    pub fn is_bounced(&self) -> bool {
        self.kind == RefundKind::Bounce && self.state == RefundState::Approved
    }

    /// Returns the text for badges.
    pub fn state_word(&self) -> &'static str {
        if self.is_bounced() { tr!(billing.bounced) } else { self.state.word() }
    }
}

/// A refund as it is asked for.
#[derive(Clone, Debug)]
pub struct ToRefund {
    pub id: RefundId,
    pub payment: PaymentId,
    pub kind: RefundKind,
    /// Zero for a void, which takes the whole payment, and for a bounce, which takes all that is left of a means.
    pub amount: Money,
    pub method: Method,
    pub reason: String,
}

/// Locks the payment with the account and, for a void, the invoices that it settles.
async fn locked(ctx: &mut Ctx, id: PaymentId, permission: Permission) -> Result<Payment> {
    let payment = till::payment(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, payment.clinic_id)?;
    let account = charges::account_of(&mut ctx.tx, payment.patient_id).await?.ok_or(Error::NotFound)?;
    ctx.tx.lock(account).await?;
    let before = till::allocated_of(&mut ctx.tx, id).await?;
    ctx.tx.lock_all(before.iter().map(|allocated| allocated.invoice_id)).await?;
    ctx.tx.lock(id).await?;
    let after = till::allocated_of(&mut ctx.tx, id).await?;
    if after.iter().any(|now| before.iter().all(|then| then.invoice_id != now.invoice_id)) {
        return Err(Error::conflict(tr!(billing.account_changed)));
    }
    till::payment(&mut ctx.tx, id).await?.ok_or(Error::NotFound)
}

/// Returns how much of a payment can go back by a method: what was taken by it, less what went back by it.
///
/// # Errors
/// When the database refuses.
pub async fn most_by(tx: &mut Tx, payment: PaymentId, method: Method) -> Result<Money> {
    let taken: Money = till::tenders(tx, payment).await?.iter().filter(|tender| tender.method == method).map(|tender| tender.amount).sum();
    Ok(taken - store::back_by(tx, payment, method).await?)
}

/// Whether a payment can be voided: the shift that took it is open, and nothing of it goes back.
///
/// # Errors
/// When the database refuses.
pub async fn can_void(tx: &mut Tx, payment: &Payment) -> Result<bool> {
    Ok(payment.refunded == Money::ZERO && store::is_in_open_shift(tx, payment.id).await?)
}

/// Returns the cash rounding that goes back with a part of a payment: with the last of what was taken in cash.
async fn rounding_back(tx: &mut Tx, payment: &Payment, (method, amount): (Method, Money)) -> Result<Money> {
    if method != Method::Cash || most_by(tx, payment.id, method).await? != amount {
        return Ok(Money::ZERO);
    }
    Ok(payment.rounding - store::rounding_back(tx, payment.id).await?)
}

/// Asks for a refund, or for a void. The same id again answers with what is there.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when the payment has not so much left, or another request was sent under the id.
pub async fn ask(ctx: &mut Ctx, asked: &ToRefund) -> Result<Refund> {
    let payment = locked(ctx, asked.payment, Permission::TakePayments).await?;
    if let Some(there) = refund(&mut ctx.tx, asked.id).await? {
        let part = match asked.kind {
            RefundKind::Void => true,
            RefundKind::Bounce => there.method == asked.method,
            RefundKind::Refund => (there.amount, there.method) == (asked.amount, asked.method),
        };
        let same = part && (there.payment_id, there.kind, &there.reason) == (asked.payment, asked.kind, &asked.reason);
        return if same { Ok(there) } else { Err(Error::key_used()) };
    }
    let parts = match asked.kind {
        RefundKind::Void => check_void(ctx, &payment).await?,
        RefundKind::Refund => vec![(check_refund(ctx, &payment, asked).await?, asked.amount)],
        RefundKind::Bounce => vec![(asked.method, check_bounce(ctx, &payment, asked.method).await?)],
    };
    let (stamp, mut id) = (ctx.stamp(), asked.id);
    for (method, amount) in parts {
        let rounding = rounding_back(&mut ctx.tx, &payment, (method, amount)).await?;
        store::insert(&mut ctx.tx, &ToRefund { id, amount, method, ..asked.clone() }, &payment, rounding, stamp).await?;
        ctx.did(Action::Create, "refund", id, Some(payment.patient_id));
        ctx.tell(Event::new(&BILLING).at(payment.clinic_id).of(payment.patient_id).about(id));
        id = RefundId::new();
    }
    refund(&mut ctx.tx, asked.id).await?.ok_or(Error::NotFound)
}

/// Refuses a void of a payment whose shift is not open any more, or of which a part goes back. Returns what was taken by each method.
async fn check_void(ctx: &mut Ctx, payment: &Payment) -> Result<Vec<(Method, Money)>> {
    if payment.refunded > Money::ZERO {
        return Err(Error::conflict(tr!(billing.void_after_refund)));
    }
    if !can_void(&mut ctx.tx, payment).await? {
        return Err(Error::conflict(tr!(billing.void_too_late)));
    }
    let tenders = till::tenders(&mut ctx.tx, payment.id).await?;
    let by = |method: Method| tenders.iter().filter(|tender| tender.method == method).map(|tender| tender.amount).sum::<Money>();
    let parts: Vec<_> = Method::ALL.iter().map(|method| (*method, by(*method))).filter(|(_, amount)| *amount > Money::ZERO).collect();
    for (method, amount) in &parts {
        // A bounce that is asked for reserves nothing yet.
        if most_by(&mut ctx.tx, payment.id, *method).await? != *amount {
            return Err(Error::conflict(tr!(billing.void_after_refund)));
        }
    }
    Ok(parts)
}

/// Returns what of a payment can bounce: all that is left of each means but cash.
///
/// # Errors
/// When the database refuses.
pub async fn can_bounce(tx: &mut Tx, payment: PaymentId) -> Result<Vec<(Method, Money)>> {
    let mut means = Vec::new();
    for method in Method::ALL.iter().copied().filter(|method| *method != Method::Cash) {
        means.push((method, most_by(tx, payment, method).await?));
    }
    means.retain(|(_, left)| *left > Money::ZERO);
    Ok(means)
}

/// Refuses a bounce by a means of which nothing is left. Returns all that is.
async fn check_bounce(ctx: &mut Ctx, payment: &Payment, method: Method) -> Result<Money> {
    let means = can_bounce(&mut ctx.tx, payment.id).await?;
    let left = means.into_iter().find(|(of, _)| *of == method).map(|(_, left)| left);
    left.ok_or_else(|| Error::invalid("method", tr!(billing.bounce_nothing)))
}

/// Refuses a refund above what is left of the payment, or above what was taken by the method.
async fn check_refund(ctx: &mut Ctx, payment: &Payment, asked: &ToRefund) -> Result<Method> {
    let currency = ctx.state().hospital().currency;
    if asked.amount <= Money::ZERO || asked.amount > payment.deposit_left {
        return Err(Error::invalid("amount", tr!(billing.refund_amount_wrong, most = currency.show(payment.deposit_left))));
    }
    let most = most_by(&mut ctx.tx, payment.id, asked.method).await?;
    if asked.amount > most {
        let words = tr!(billing.refund_method_wrong, method = asked.method.word(), most = currency.show(most));
        return Err(Error::invalid("method", words));
    }
    Ok(asked.method)
}

/// Approves a refund that another person asked for, rejects or withdraws it: also an approved one that nobody fetched. An approved void frees what
/// the payment settled, a bounce as much of it as its deposits do not reach: its invoices are due again.
///
/// # Errors
/// [`Error::Conflict`] to the person who asked, or when it was decided already.
pub async fn decide(ctx: &mut Ctx, id: RefundId, decision: Decision) -> Result<Refund> {
    let stamp = ctx.stamp();
    let (there, payment) = locked_refund(ctx, id, decision.right(Permission::TakePayments)).await?;
    let allowed = match decision {
        Decision::Approve | Decision::Reject => there.state == RefundState::Asked,
        Decision::Withdraw => {
            there.state == RefundState::Asked || (there.state == RefundState::Approved && there.kind == RefundKind::Refund)
        }
    };
    if !allowed {
        return Err(Error::conflict(tr!(billing.already_decided)));
    }
    if decision == Decision::Approve && there.asked_by == stamp.by {
        return Err(Error::conflict(tr!(billing.other_person)));
    }
    // The parts of a void are decided together.
    let mut parts = vec![there.clone()];
    if there.kind == RefundKind::Void {
        parts = of_payment(&mut ctx.tx, there.payment_id).await?;
        parts.retain(|part| part.kind == RefundKind::Void && part.state == RefundState::Asked);
    }
    let mut freed = Money::ZERO;
    let to_free = match there.kind {
        RefundKind::Refund => Money::ZERO,
        RefundKind::Void => payment.allocated,
        RefundKind::Bounce => there.amount - payment.deposit_left,
    };
    if decision == Decision::Approve && to_free > Money::ZERO {
        for allocation in till::free_payment(&mut ctx.tx, there.payment_id, to_free, stamp.at).await? {
            freed = freed + allocation.live;
            ctx.tell(Event::new(&BILLING).at(there.clinic_id).of(there.patient_id).about(allocation.invoice_id));
        }
    }
    let day = ledger::day_at(ctx, there.clinic_id).await?;
    for Refund { id, amount, .. } in parts {
        let of_it = freed.min(amount);
        freed = freed - of_it;
        store::decide(&mut ctx.tx, id, (decision, of_it), stamp).await?;
        if decision == Decision::Approve && there.kind == RefundKind::Bounce {
            ledger::post(&mut ctx.tx, Posting::Bounce, id, day).await?;
        } else if of_it > Money::ZERO {
            ledger::post(&mut ctx.tx, Posting::Void, id, day).await?;
        }
        ctx.did(Action::Update, "refund", id, Some(there.patient_id));
        ctx.tell(Event::new(&BILLING).at(there.clinic_id).of(there.patient_id).about(id));
    }
    Ok(there)
}

async fn locked_refund(ctx: &mut Ctx, id: RefundId, permission: Permission) -> Result<(Refund, Payment)> {
    let before = refund(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let payment = locked(ctx, before.payment_id, permission).await?;
    ctx.tx.lock(id).await?;
    Ok((refund(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?, payment))
}

/// Pays an approved refund from the user's open shift: the money is handed back, and the slip gets its number. Paid already, it answers
/// with what is there.
///
/// # Errors
/// [`Error::Conflict`] when it is not approved, without an open shift, or when the shift has less cash.
pub async fn pay_back(ctx: &mut Ctx, id: RefundId, reference: &str) -> Result<Refund> {
    let (there, _) = locked_refund(ctx, id, Permission::TakePayments).await?;
    match there.state {
        RefundState::Approved if there.kind != RefundKind::Bounce => {}
        RefundState::Paid => return Ok(there),
        _ => return Err(Error::conflict(tr!(billing.not_approved))),
    }
    let stamp = ctx.stamp();
    let day = ledger::day_at(ctx, there.clinic_id).await?;
    let shift = shifts::taking(&mut ctx.tx, stamp.by, there.clinic_id).await?;
    let settings = till::settings(&mut ctx.tx).await?;
    let number = number(&mut ctx.tx, &settings, Document::Refund, (there.clinic_id, day.year()), id).await?;
    let reference = if there.method == Method::Cash { "" } else { reference };
    store::pay(&mut ctx.tx, id, shift, (&number, reference), stamp).await?;
    ledger::post(&mut ctx.tx, Posting::Refund, id, day).await?;
    ctx.did(Action::Update, "refund", id, Some(there.patient_id));
    ctx.tell(Event::new(&BILLING).at(there.clinic_id).of(there.patient_id).about(id));
    refund(&mut ctx.tx, id).await?.ok_or(Error::NotFound)
}
