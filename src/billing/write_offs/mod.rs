//! Write-offs: a debt of the patient is given up, with a reason. Above the hospital's limit, which counts all that is written off of a share, a
//! second person approves. Two people also take a write-off back, by another one that reverses it: the debt is due again, and can be paid.

pub mod api;
mod store;

use crate::{
    audit::Action,
    core::{ClinicId, Error, InvoiceId, Money, PatientId, Permission, Result, UserId, VisitId, WriteOffId, time::Instant},
    db::Locked,
    opd,
    server::{Ctx, Event},
    tr,
};

use super::{
    BILLING, charges,
    decision::Decision,
    ledger::{self, Posting},
    store as invoices, till,
    workflow::settle,
};

pub use store::{of_invoice, of_patient, waiting, write_off_at};

crate::text_enum! {
    /// The state of a write-off.
    pub enum WriteOffState("state") {
        Asked = "asked",
        Issued = "issued",
        Rejected = "rejected",
    }
}

crate::text_enum! {
    /// Why a debt is given up.
    pub enum WriteOffReason("reason") {
        SmallBalance = "small_balance",
        Contract = "contract",
        Charity = "charity",
        Uncollectable = "uncollectable",
    }
}

impl WriteOffReason {
    /// Returns the text for forms and lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::SmallBalance => tr!(billing.write_off_small),
            Self::Contract => tr!(billing.write_off_contract),
            Self::Charity => tr!(billing.write_off_charity),
            Self::Uncollectable => tr!(billing.write_off_uncollectable),
        }
    }
}

impl WriteOff {
    /// Returns what it is, for lists.
    pub fn what(&self) -> &'static str {
        if self.reverses.is_some() { tr!(billing.write_off_back) } else { tr!(billing.write_off) }
    }
}

/// A debt that is given up, or asked to be; with `reverses` a debt that is due again.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WriteOff {
    pub id: WriteOffId,
    pub invoice_id: InvoiceId,
    pub invoice_number: String,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub state: WriteOffState,
    pub amount: Money,
    pub reason: WriteOffReason,
    /// The write-off that this one takes back.
    pub reverses: Option<WriteOffId>,
    pub asked_at: Instant,
    pub asked_by: UserId,
    pub asked_by_name: String,
    pub decided_at: Option<Instant>,
    pub decided_by_name: Option<String>,
}

/// Writes off a part of what the patient owes on an invoice, or asks for it above the limit.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when less is due, or another write-off was sent under the id.
pub async fn write_off(ctx: &mut Ctx, id: WriteOffId, invoice: InvoiceId, (amount, reason): (Money, WriteOffReason)) -> Result<WriteOff> {
    let visits = charges::visits_of_invoice(&mut ctx.tx, invoice).await?;
    let visits = opd::lock_visits(&mut ctx.tx, &visits).await?;
    let lock = ctx.tx.lock(invoice).await?;
    let there = invoices::invoice(&mut ctx.tx, invoice).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::TakePayments, there.clinic_id)?;
    if let Some(done) = write_off_at(&mut ctx.tx, id).await? {
        let same = (done.invoice_id, done.amount, done.reason, done.reverses) == (invoice, amount, reason, None);
        return if same { Ok(done) } else { Err(Error::key_used()) };
    }
    let (given_up, asked) = sums(&of_invoice(&mut ctx.tx, invoice).await?);
    let left = there.due() - asked;
    if amount <= Money::ZERO || amount > left {
        let most = ctx.state().hospital().currency.show(left.max(Money::ZERO));
        return Err(Error::invalid("amount", tr!(billing.write_off_wrong, most = most)));
    }
    let alone = given_up + asked + amount <= till::settings(&mut ctx.tx).await?.write_off_limit;
    let share = till::patient_share(&mut ctx.tx, invoice).await?;
    let stamp = ctx.stamp();
    let new = store::New { id, share, patient: there.patient_id, clinic: there.clinic_id, amount, reason, alone, reverses: None };
    store::insert(&mut ctx.tx, &new, stamp).await?;
    after(ctx, id, lock, &visits).await
}

/// Returns how much of a share is written off, and how much of it is asked to be. What was taken back does not count.
pub fn sums(write_offs: &[WriteOff]) -> (Money, Money) {
    let sum = |state: WriteOffState, back: bool| -> Money {
        write_offs.iter().filter(|one| one.state == state && one.reverses.is_some() == back).map(|one| one.amount).sum()
    };
    (sum(WriteOffState::Issued, false) - sum(WriteOffState::Issued, true), sum(WriteOffState::Asked, false))
}

/// Asks to take a write-off back, as a whole: another person decides. The same id again answers with what is there.
///
/// # Errors
/// [`Error::Conflict`] when it is not issued, or was taken back already.
pub async fn take_back(ctx: &mut Ctx, id: WriteOffId, reverses: WriteOffId) -> Result<WriteOff> {
    let before = write_off_at(&mut ctx.tx, reverses).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::TakePayments, before.clinic_id)?;
    let lock = ctx.tx.lock(before.invoice_id).await?;
    if let Some(done) = write_off_at(&mut ctx.tx, id).await? {
        return if done.reverses == Some(reverses) { Ok(done) } else { Err(Error::key_used()) };
    }
    let all = of_invoice(&mut ctx.tx, before.invoice_id).await?;
    if all.iter().any(|other| other.reverses == Some(reverses) && other.state != WriteOffState::Rejected) {
        return Err(Error::conflict(tr!(billing.account_changed)));
    }
    let share = till::patient_share(&mut ctx.tx, before.invoice_id).await?;
    let (patient, clinic, amount, reason) = (before.patient_id, before.clinic_id, before.amount, before.reason);
    let stamp = ctx.stamp();
    let new = store::New { id, share, patient, clinic, amount, reason, alone: false, reverses: Some(reverses) };
    store::insert(&mut ctx.tx, &new, stamp).await?;
    after(ctx, id, lock, &[]).await
}

/// Approves the write-off that another person asked for, rejects or withdraws it.
///
/// # Errors
/// [`Error::Conflict`] to the person who asked, when it was decided, or when less is due by now.
pub async fn decide(ctx: &mut Ctx, id: WriteOffId, decision: Decision) -> Result<WriteOff> {
    let before = write_off_at(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(decision.right(Permission::TakePayments), before.clinic_id)?;
    let visits = charges::visits_of_invoice(&mut ctx.tx, before.invoice_id).await?;
    let visits = opd::lock_visits(&mut ctx.tx, &visits).await?;
    let lock = ctx.tx.lock(before.invoice_id).await?;
    let there = write_off_at(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if there.state != WriteOffState::Asked {
        return Err(Error::conflict(tr!(billing.already_decided)));
    }
    let stamp = ctx.stamp();
    let approve = decision == Decision::Approve;
    if approve && there.asked_by == stamp.by {
        return Err(Error::conflict(tr!(billing.other_person)));
    }
    store::decide(&mut ctx.tx, id, if approve { WriteOffState::Issued } else { WriteOffState::Rejected }, stamp).await?;
    after(ctx, id, lock, &visits).await
}

/// Records the act, posts it when it is issued, and ends visits when nothing is due any more.
async fn after(ctx: &mut Ctx, id: WriteOffId, invoice: Locked<InvoiceId>, visits: &[Locked<VisitId>]) -> Result<WriteOff> {
    let done = write_off_at(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if done.state == WriteOffState::Issued {
        let day = ledger::day_at(ctx, done.clinic_id).await?;
        ledger::post(&mut ctx.tx, Posting::WriteOff, id, day).await?;
    }
    ctx.did(Action::Update, "write_off", id, Some(done.patient_id));
    ctx.tell(Event::new(&BILLING).at(done.clinic_id).of(done.patient_id).about(invoice.id()));
    let now_due = invoices::invoice(&mut ctx.tx, invoice.id()).await?.ok_or(Error::NotFound)?.due();
    if done.state == WriteOffState::Issued && now_due == Money::ZERO {
        settle(ctx, visits).await?;
    }
    Ok(done)
}
