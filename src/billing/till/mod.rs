//! Money at the counter: payments by several means, deposits, and the shares that they settle. What is left of a payment is a deposit; it
//! is used for invoices, oldest first, or goes back by a refund.

pub mod api;
mod store;

use chrono::Datelike as _;

use crate::{
    audit::Action,
    core::{
        ClinicId, Currency, Error, IdempotencyKey, InvoiceId, InvoiceShareId, Money, PatientId, PaymentId, Permission, Result, VisitId,
        time::Instant,
    },
    db::{Locked, Tx},
    messages::{self, About, MessageKind},
    notifications::Notice,
    opd,
    server::{Ctx, Event},
    tr,
};

use super::{
    BILLING, CashRounding, Debtor, Method, Tender, arithmetic, charges,
    ledger::{self, Posting},
    numbers::{Document, number},
    payment::{Taken, is_far_above, take},
    shifts, store as invoices,
    workflow::settle,
};

pub use store::{SettledInvoice, deposited_since};
pub(super) use store::{allocated_of, deposits_of, payment, payments_of, payments_of_invoice, settled_by, takings, tenders};

/// The hospital's rules of the till.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TillSettings {
    /// The smallest coin in minor units; without one the currency's own counts.
    pub cash_step: Option<i64>,
    pub cash_tie: CashTie,
    /// The largest amount that one person writes off alone.
    pub write_off_limit: Money,
    /// Whether each clinic numbers its own documents.
    pub series_by_clinic: bool,
}

crate::text_enum! {
    /// Where cash exactly between two coins is rounded.
    pub enum CashTie("cash_tie") {
        Up = "up",
        Down = "down",
    }
}

impl TillSettings {
    /// Returns how cash is rounded.
    pub fn rounding(&self, currency: Currency) -> CashRounding {
        let usual = CashRounding::of(currency);
        CashRounding { step: self.cash_step.unwrap_or(usual.step), tie_up: self.cash_tie == CashTie::Up }
    }
}

/// The hospital's rules of the till.
///
/// # Errors
/// When the database refuses.
pub async fn settings(tx: &mut Tx) -> Result<TillSettings> {
    store::settings(tx).await
}

/// Changes the rules of the till.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub async fn change_settings(ctx: &mut Ctx, settings: &TillSettings) -> Result<()> {
    if settings.cash_step.is_some_and(|step| !(1..=100_000).contains(&step)) {
        return Err(Error::invalid("cash_step", tr!(billing.cash_step_wrong)));
    }
    if settings.write_off_limit < Money::ZERO || settings.write_off_limit > Money::MAX {
        return Err(Error::invalid("write_off_limit", tr!(billing.limit_wrong)));
    }
    let stamp = ctx.stamp();
    store::set_settings(&mut ctx.tx, settings, stamp).await?;
    ctx.did(Action::Update, "till_settings", uuid::Uuid::nil(), None);
    Ok(())
}

/// One means of payment, as it was handed over.
#[derive(Clone, Debug)]
pub struct Handed {
    pub method: Method,
    pub tendered: Money,
    /// The number of the card slip, transfer or cheque.
    pub reference: String,
    /// The bank of a cheque.
    pub bank: String,
}

impl Handed {
    /// Refuses a cheque without its number or its bank: `fields` are the fields of the two. The number and bank that another means does not have are
    /// left out.
    fn told(&self, fields: (&str, &str)) -> Result<Self> {
        let mut handed = self.clone();
        match self.method {
            Method::Cash => handed.reference.clear(),
            Method::Cheque if self.reference.is_empty() => return Err(Error::invalid(fields.0, tr!(billing.cheque_number_missing))),
            Method::Cheque if self.bank.is_empty() => return Err(Error::invalid(fields.1, tr!(billing.cheque_bank_missing))),
            Method::Card | Method::Transfer | Method::Cheque => {}
        }
        if self.method != Method::Cheque {
            handed.bank.clear();
        }
        Ok(handed)
    }
}

/// A means of a new payment, and how much of it counts.
#[derive(Debug)]
pub(super) struct MeansTaken {
    pub handed: Handed,
    pub taken: Taken,
}

/// A payment as the counter sends it.
#[derive(Debug)]
pub struct Counter {
    pub invoice: InvoiceId,
    /// Whether it also settles the patient's other open invoices at the clinic, oldest first.
    pub others: bool,
    /// Whether what is above the due amount stays as a deposit.
    pub keep: bool,
    pub handed: Vec<Handed>,
    /// The amount that the cashier confirmed, after it looked like a typing error.
    pub sure: Option<Money>,
    /// The due amount when the page was made: no more than this is taken, even if the account has changed since.
    pub seen_due: Option<Money>,
    pub key: IdempotencyKey,
}

/// Takes a payment on an invoice. The same key again returns the payment that was taken under it, if the same money was handed over: a second
/// sum would be in the drawer and booked nowhere.
///
/// # Errors
/// [`Error::Invalid`] and [`Error::Conflict`] when it is more than the due amount, or when another payment was taken under the key.
pub async fn pay(ctx: &mut Ctx, counter: &Counter) -> Result<PaymentId> {
    let currency = ctx.state().hospital().currency;
    let mut wanted = vec![counter.invoice];
    if counter.others {
        let first = invoices::invoice(&mut ctx.tx, counter.invoice).await?.ok_or(Error::NotFound)?;
        let open = invoices::open_invoices(&mut ctx.tx, first.patient_id, first.clinic_id).await?;
        wanted.extend(open.into_iter().filter(|other| *other != counter.invoice));
    }
    // A payment that settles an invoice ends visits, which are locked first. An invoice's lines never change.
    let visits = lock_visits(ctx, &wanted).await?;
    let locked = ctx.tx.lock_all(wanted.iter().copied()).await?;
    let mut open = Vec::new();
    for id in &wanted {
        let invoice = invoices::invoice(&mut ctx.tx, *id).await?.ok_or(Error::NotFound)?;
        ctx.at_clinic(Permission::TakePayments, invoice.clinic_id)?;
        let lock = locked.iter().find(|lock| lock.id() == *id).copied().ok_or(Error::NotFound)?;
        open.push((lock, invoice));
    }
    let (patient, clinic) = (open[0].1.patient_id, open[0].1.clinic_id);
    if let Some((payment, of, settled)) = store::payment_by_key(&mut ctx.tx, counter.key).await? {
        let about = settled.contains(&counter.invoice) || (settled.is_empty() && counter.keep);
        let same = of == patient && about && is_same(&tenders(&mut ctx.tx, payment).await?, &counter.handed);
        return if same { Ok(payment) } else { Err(Error::key_used()) };
    }
    let due: Money = open.iter().map(|(_, invoice)| invoice.due()).sum();
    let shown = counter.seen_due.filter(|_| due != Money::ZERO).unwrap_or(due);
    let settings = settings(&mut ctx.tx).await?;
    let taken = received(counter, shown, &settings, currency)?;
    let amount: Money = taken.iter().map(|counted| counted.taken.amount).sum();
    let to_settle = if counter.keep { amount.min(shown) } else { amount };
    if to_settle > due {
        open[0].1.accepts(to_settle, currency)?;
        return Err(Error::conflict(tr!(billing.less_is_due, due = currency.show(due))));
    }
    let (id, receipt_number) = insert(ctx, (patient, clinic), &settings, (&taken, amount - to_settle), counter.key).await?;
    let mut left = to_settle;
    for (lock, invoice) in &open {
        let part = invoice.due().min(left);
        if part > Money::ZERO {
            settle_share(ctx, id, (*lock, invoice.due()), (part, None), &visits).await?;
            left = left - part;
        }
    }
    ctx.did(Action::Create, "payment", id, Some(patient));
    ctx.tell(Event::new(&BILLING).at(clinic).of(patient).about(counter.invoice));
    ring(ctx, (patient, clinic), id, Notice::Receipt { number: receipt_number, amount, currency }).await?;
    Ok(id)
}

/// Whether the stored means are what was handed over. The due amount itself stood for the coins that pay it.
fn is_same(stored: &[Tender], handed: &[Handed]) -> bool {
    let same = |(stored, handed): (&Tender, &Handed)| {
        let cash = handed.method == Method::Cash;
        let coins = cash && stored.change_given == Money::ZERO && stored.amount == handed.tendered;
        let bank = if handed.method == Method::Cheque { handed.bank.as_str() } else { "" };
        stored.method == handed.method
            && (stored.tendered == handed.tendered || coins)
            && (cash || stored.reference == handed.reference)
            && stored.bank == bank
    };
    stored.len() == handed.len() && stored.iter().zip(handed).all(same)
}

fn received(counter: &Counter, due: Money, settings: &TillSettings, currency: Currency) -> Result<Vec<MeansTaken>> {
    let tenders: Vec<_> = counter.handed.iter().map(|handed| (handed.method, handed.tendered)).collect();
    let taken = take(&tenders, due, settings.rounding(currency), counter.keep, currency)?;
    let cash = counter.handed.iter().find(|handed| handed.method == Method::Cash).map(|handed| handed.tendered);
    if let Some(tendered) = cash.filter(|tendered| is_far_above(*tendered, due, currency) && counter.sure != Some(*tendered)) {
        let words = tr!(billing.far_above_due, due = currency.show(due), tendered = currency.show(tendered));
        return Err(Error::invalid("tendered", words));
    }
    let fields = |at: usize| if at == 0 { ("reference", "bank") } else { ("also_reference", "also_bank") };
    let counted = counter.handed.iter().zip(taken).enumerate();
    counted.map(|(at, (handed, taken))| Ok(MeansTaken { handed: handed.told(fields(at))?, taken })).collect()
}

/// Writes the payment in the cashier's open shift, under the next number of receipts, and posts it.
async fn insert(
    ctx: &mut Ctx,
    (patient, clinic): (PatientId, ClinicId),
    settings: &TillSettings,
    (tenders, deposited): (&[MeansTaken], Money),
    key: IdempotencyKey,
) -> Result<(PaymentId, String)> {
    let stamp = ctx.stamp();
    let day = ledger::day_at(ctx, clinic).await?;
    let id = PaymentId::new();
    let shift = shifts::taking(&mut ctx.tx, stamp.by, clinic).await?;
    let receipt_number = number(&mut ctx.tx, settings, Document::Receipt, (clinic, day.year()), id).await?;
    let new = store::NewPayment { id, patient, clinic, shift, tenders, deposited, receipt_number: &receipt_number, key };
    store::insert_payment(&mut ctx.tx, &new, stamp).await?;
    ledger::post(&mut ctx.tx, Posting::Payment, id, day).await?;
    Ok((id, receipt_number))
}

/// Returns the patient's share of an invoice.
pub(super) async fn patient_share(tx: &mut Tx, invoice: InvoiceId) -> Result<InvoiceShareId> {
    let shares = invoices::shares(tx, invoice).await?;
    shares.into_iter().find(|share| share.debtor == Debtor::Patient).map(|share| share.id).ok_or(Error::NotFound)
}

/// Settles the patient's share of an invoice, on which so much is due, by a part of a payment, or of a deposit at a clinic; when nothing is due any
/// more, visits that wait for it end.
async fn settle_share(
    ctx: &mut Ctx,
    payment: PaymentId,
    (invoice, due): (Locked<InvoiceId>, Money),
    (amount, deposit_at): (Money, Option<ClinicId>),
    visits: &[Locked<VisitId>],
) -> Result<()> {
    let stamp = ctx.stamp();
    let allocation = store::allocate(&mut ctx.tx, payment, invoice, (amount, deposit_at.is_some()), stamp).await?;
    if let Some(clinic) = deposit_at {
        let day = ledger::day_at(ctx, clinic).await?;
        ledger::post(&mut ctx.tx, Posting::DepositUsed, allocation, day).await?;
    }
    if due == amount {
        settle(ctx, visits).await?;
    }
    Ok(())
}

async fn lock_visits(ctx: &mut Ctx, of: &[InvoiceId]) -> Result<Vec<Locked<VisitId>>> {
    let mut visits = Vec::new();
    for invoice in of {
        visits.extend(charges::visits_of_invoice(&mut ctx.tx, *invoice).await?);
    }
    visits.sort_unstable();
    visits.dedup();
    opd::lock_visits(&mut ctx.tx, &visits).await
}

/// Takes money for no invoice: it is held until an invoice uses it, or it goes back.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when other money was taken under the key.
pub async fn deposit(ctx: &mut Ctx, patient: PatientId, handed: &Handed, key: IdempotencyKey) -> Result<PaymentId> {
    ctx.reach([patient]).await?;
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    let account = charges::open_account(&mut ctx.tx, patient, stamp).await?;
    ctx.tx.lock(account).await?;
    if let Some((id, ..)) = store::payment_by_key(&mut ctx.tx, key).await? {
        let there = payment(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
        let deposited = (there.patient_id, there.clinic_id, there.deposited) == (patient, clinic, there.amount);
        let same = deposited && is_same(&tenders(&mut ctx.tx, id).await?, std::slice::from_ref(handed));
        return if same { Ok(id) } else { Err(Error::key_used()) };
    }
    if handed.tendered <= Money::ZERO {
        return Err(Error::invalid("amount", tr!(billing.nothing_tendered)));
    }
    let whole = Taken { amount: handed.tendered, tendered: handed.tendered, change: Money::ZERO, rounding: Money::ZERO };
    let handed = handed.told(("reference", "bank"))?;
    let settings = settings(&mut ctx.tx).await?;
    let tenders = [MeansTaken { handed, taken: whole }];
    let (id, number) = insert(ctx, (patient, clinic), &settings, (&tenders, whole.amount), key).await?;
    ctx.did(Action::Create, "deposit", id, Some(patient));
    ctx.tell(Event::new(&BILLING).at(clinic).of(patient).about(id));
    let currency = ctx.state().hospital().currency;
    ring(ctx, (patient, clinic), id, Notice::Receipt { number, amount: whole.amount, currency }).await?;
    Ok(id)
}

/// Uses the patient's deposits at the clinic for an invoice, oldest first. Returns the amount used. `seen_due` is the due amount that the
/// cashier saw.
///
/// # Errors
/// [`Error::Conflict`] when nothing is due, nothing is left, or the account changed.
pub async fn use_deposits(ctx: &mut Ctx, invoice: InvoiceId, seen_due: Option<Money>) -> Result<(PatientId, Money)> {
    let visits = lock_visits(ctx, &[invoice]).await?;
    let lock = ctx.tx.lock(invoice).await?;
    let there = invoices::invoice(&mut ctx.tx, invoice).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::TakePayments, there.clinic_id)?;
    if there.due() == Money::ZERO {
        return Err(Error::conflict(tr!(billing.nothing_due)));
    }
    if seen_due.is_some_and(|seen| seen != there.due()) {
        return Err(Error::conflict(tr!(billing.account_changed)));
    }
    let held = deposits_of(&mut ctx.tx, there.patient_id, there.clinic_id).await?;
    ctx.tx.lock_all(held.iter().map(|payment| payment.id)).await?;
    let held = deposits_of(&mut ctx.tx, there.patient_id, there.clinic_id).await?;
    let mut left = there.due();
    let parts = arithmetic::in_order(left, held.iter().map(|payment| payment.deposit_left));
    for (payment, part) in held.iter().zip(parts).filter(|(_, part)| *part > Money::ZERO) {
        settle_share(ctx, payment.id, (lock, left), (part, Some(there.clinic_id)), &visits).await?;
        ctx.did(Action::Update, "deposit", payment.id, Some(there.patient_id));
        left = left - part;
    }
    let used = there.due() - left;
    if used == Money::ZERO {
        return Err(Error::conflict(tr!(billing.no_deposit)));
    }
    ctx.tell(Event::new(&BILLING).at(there.clinic_id).of(there.patient_id).about(invoice));
    Ok((there.patient_id, used))
}

/// Frees so much settled money of a share, newest payment first: it is left on its payments.
pub(super) async fn free(tx: &mut Tx, share: InvoiceShareId, amount: Money, now: Instant) -> Result<()> {
    let mut left = amount;
    for allocation in store::allocated_on(tx, share).await? {
        let part = allocation.live.min(left);
        if part > Money::ZERO {
            store::reverse(tx, &allocation, part, now).await?;
            left = left - part;
        }
    }
    if left == Money::ZERO { Ok(()) } else { Err(Error::conflict(tr!(billing.account_changed))) }
}

/// Frees so much of what a payment settles, newest first, and returns what was freed: its invoices are due again.
pub(super) async fn free_payment(tx: &mut Tx, payment: PaymentId, amount: Money, now: Instant) -> Result<Vec<store::Allocated>> {
    let allocated = allocated_of(tx, payment).await?;
    let parts = arithmetic::in_order(amount, allocated.iter().map(|allocation| allocation.live));
    let mut freed = Vec::new();
    for (allocation, live) in allocated.into_iter().zip(parts).filter(|(_, part)| *part > Money::ZERO) {
        store::reverse(tx, &allocation, live, now).await?;
        freed.push(store::Allocated { live, ..allocation });
    }
    Ok(freed)
}

async fn ring(ctx: &mut Ctx, (patient, clinic): (PatientId, ClinicId), payment: PaymentId, notice: Notice) -> Result<()> {
    let about = About {
        kind: MessageKind::Receipt,
        subject: payment.into(),
        clinic,
        at: None,
        expires: None,
        needed_by: None,
        link: format!("/portal/receipts/{payment}"),
        call: false,
    };
    messages::tell(ctx, patient, &notice, &about).await
}
