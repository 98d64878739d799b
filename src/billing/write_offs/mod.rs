//! Write-offs: a debt of the patient is given up, with a reason. Above the hospital's limit a second person approves.

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

/// A debt that is given up, or asked to be.
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
    pub asked_at: Instant,
    pub asked_by: UserId,
    pub asked_by_name: String,
    pub decided_at: Option<Instant>,
    pub decided_by_name: Option<String>,
}

/// Writes off a part of what the patient owes on an invoice, or asks for it above the limit.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when less is due.
pub async fn write_off(ctx: &mut Ctx, id: WriteOffId, invoice: InvoiceId, (amount, reason): (Money, WriteOffReason)) -> Result<WriteOff> {
    let visits = charges::visits_of_invoice(&mut ctx.tx, invoice).await?;
    let visits = opd::lock_visits(&mut ctx.tx, &visits).await?;
    let lock = ctx.tx.lock(invoice).await?;
    let there = invoices::invoice(&mut ctx.tx, invoice).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::TakePayments, there.clinic_id)?;
    if let Some(done) = write_off_at(&mut ctx.tx, id).await? {
        return if done.invoice_id == invoice { Ok(done) } else { Err(Error::key_used()) };
    }
    if amount <= Money::ZERO || amount > there.due() {
        let most = ctx.state().hospital().currency.show(there.due());
        return Err(Error::invalid("amount", tr!(billing.write_off_wrong, most = most)));
    }
    let alone = amount <= till::settings(&mut ctx.tx).await?.write_off_limit;
    let share = till::patient_share(&mut ctx.tx, invoice).await?;
    let stamp = ctx.stamp();
    let new = store::New { id, share, patient: there.patient_id, clinic: there.clinic_id, amount, reason, alone };
    store::insert(&mut ctx.tx, &new, stamp).await?;
    after(ctx, id, lock, &visits).await
}

/// Approves the write-off that another person asked for, or rejects it.
///
/// # Errors
/// [`Error::Conflict`] to the person who asked, when it was decided, or when less is due by now.
pub async fn decide(ctx: &mut Ctx, id: WriteOffId, approve: bool) -> Result<WriteOff> {
    let before = write_off_at(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ApproveMoney, before.clinic_id)?;
    let visits = charges::visits_of_invoice(&mut ctx.tx, before.invoice_id).await?;
    let visits = opd::lock_visits(&mut ctx.tx, &visits).await?;
    let lock = ctx.tx.lock(before.invoice_id).await?;
    let there = write_off_at(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if there.state != WriteOffState::Asked {
        return Err(Error::conflict(tr!(billing.already_decided)));
    }
    let stamp = ctx.stamp();
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
        let day = ctx.today();
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
