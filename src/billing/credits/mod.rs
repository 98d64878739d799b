//! Credit notes: lines of an invoice, or parts of them, are taken back. One person asks, another approves. The note reverses the stored
//! split of each line; money that settled the credited part is left on its payments, as a deposit.

pub mod api;
mod store;

use chrono::Datelike as _;

use crate::{
    audit::Action,
    core::{ClinicId, CreditNoteId, Error, InvoiceId, InvoiceLineId, Money, PatientId, Permission, Result, time::Instant},
    db::Tx,
    server::{Ctx, Event},
    tr,
};

use super::{
    BILLING, Debtor, Invoice, InvoiceLine, InvoiceState, Shares, arithmetic, charges,
    decision::Decision,
    ledger::{self, Posting},
    numbers::{Document, number},
    packages, revenue, store as invoices,
    till::{self, free},
};

pub use store::{CreditLine, note, notes_of, notes_of_invoice, waiting};

crate::text_enum! {
    /// The state of a credit note.
    pub enum CreditState("state") {
        Asked = "asked",
        Issued = "issued",
        Rejected = "rejected",
    }
}

impl CreditState {
    /// Returns the text for badges.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => tr!(billing.asked_for),
            Self::Issued => tr!(billing.issued),
            Self::Rejected => tr!(billing.rejected),
        }
    }
}

crate::text_enum! {
    /// Why a line is credited.
    pub enum CreditReason("reason") {
        NotDone = "not_done",
        WrongPrice = "wrong_price",
        WrongPatient = "wrong_patient",
        Duplicate = "duplicate",
        Goodwill = "goodwill",
    }
}

impl CreditReason {
    /// Returns the text for forms and paper.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotDone => tr!(billing.credit_not_done),
            Self::WrongPrice => tr!(billing.credit_wrong_price),
            Self::WrongPatient => tr!(billing.credit_wrong_patient),
            Self::Duplicate => tr!(billing.credit_duplicate),
            Self::Goodwill => tr!(billing.credit_goodwill),
        }
    }
}

crate::text_enum! {
    /// The next state of a charge whose line is credited in full: known when the note is issued, as others may credit the line before it.
    pub enum CreditOutcome("outcome") {
        /// It comes on the next invoice.
        Billable = "billable",
        Cancelled = "cancelled",
    }
}

impl CreditOutcome {
    /// Returns the text for forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Billable => tr!(billing.credit_billable),
            Self::Cancelled => tr!(billing.credit_cancelled),
        }
    }
}

/// A credit note, asked for or issued.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CreditNote {
    pub id: CreditNoteId,
    pub invoice_id: InvoiceId,
    /// The number of the invoice that it takes back.
    pub invoice_number: String,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub number: Option<String>,
    pub state: CreditState,
    pub reason: CreditReason,
    pub note: String,
    pub total: Money,
    /// The settled money that it left on payments.
    pub freed: Money,
    pub asked_at: Instant,
    pub asked_by: crate::core::UserId,
    pub asked_by_name: String,
    pub decided_at: Option<Instant>,
    pub decided_by_name: Option<String>,
}

/// A credit note as it is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub id: CreditNoteId,
    pub invoice: InvoiceId,
    /// Lines with amounts; without an amount the rest of the line. No lines: the rest of the whole invoice.
    pub lines: Vec<(InvoiceLineId, Option<Money>)>,
    pub reason: CreditReason,
    pub outcome: CreditOutcome,
    pub note: String,
}

/// A line of a new credit note.
struct NewLine {
    line: InvoiceLineId,
    amount: Money,
    tax: Money,
    split: Shares,
}

/// The parts of a line that credit notes took back, or are asked to.
#[derive(Clone, Copy, Debug, Default)]
struct Credited {
    insurer: Money,
    patient: Money,
    tax: Money,
}

impl Credited {
    fn total(self) -> Money {
        self.insurer + self.patient
    }
}

/// Splits a credited amount as the line was split, by the largest remainder: `left` is what of each share is not credited yet.
pub(super) fn split(amount: Money, left: Shares) -> Shares {
    let parts = arithmetic::spread(amount, &[left.insurer.0, left.patient.0]);
    Shares { insurer: parts[0], patient: parts[1] }
}

/// Whether a note is what was asked for: another request under its id is refused. A line without an amount took the rest that there was.
async fn is_same(tx: &mut Tx, there: &CreditNote, asked: &Asked) -> Result<bool> {
    if (there.invoice_id, there.reason, &there.note) != (asked.invoice, asked.reason, &asked.note) {
        return Ok(false);
    }
    let stored = store::lines(tx, there.id).await?;
    let rows = invoices::lines(tx, asked.invoice).await?;
    let credited = store::credited_by_line(tx, asked.invoice, true).await?;
    let took_rest = |line: &InvoiceLine| {
        there.state == CreditState::Rejected || credited.get(&line.id).copied().unwrap_or_default().total() == line.total
    };
    let lines = if asked.lines.is_empty() {
        rows.iter().all(took_rest)
    } else {
        let found = |(id, amount): &(InvoiceLineId, Option<Money>)| {
            let took = stored.iter().find(|line| line.line_id == *id);
            took.is_some_and(|took| match amount {
                Some(amount) => *amount == took.amount,
                None => rows.iter().any(|line| line.id == *id && took_rest(line)),
            })
        };
        stored.len() == asked.lines.len() && asked.lines.iter().all(found)
    };
    Ok(lines && stored.iter().all(|line| line.outcome.is_none_or(|outcome| outcome == asked.outcome)))
}

/// Refuses to cancel a package that covers charges which stay: they would be free for nothing.
async fn check_packages(tx: &mut Tx, lines: &[InvoiceLine], cancelled: &[InvoiceLineId]) -> Result<()> {
    let gone: Vec<_> = lines.iter().filter(|line| cancelled.contains(&line.id)).map(|line| line.charge_id).collect();
    for charge in &gone {
        if packages::covered(tx, *charge).await?.iter().any(|covered| !gone.contains(covered)) {
            return Err(Error::conflict(tr!(billing.package_covers)));
        }
    }
    Ok(())
}

/// Asks for a credit note on an invoice. The same id again answers with the note that is there.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when the invoice has nothing left to credit, when it cancels a package that covers
/// charges, or when another note was sent under the id.
pub async fn ask(ctx: &mut Ctx, asked: &Asked) -> Result<PatientId> {
    let stamp = ctx.stamp();
    let lock = ctx.tx.lock(asked.invoice).await?;
    let invoice = invoices::invoice(&mut ctx.tx, lock.id()).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::TakePayments, invoice.clinic_id)?;
    if let Some(there) = note(&mut ctx.tx, asked.id).await? {
        return if is_same(&mut ctx.tx, &there, asked).await? { Ok(invoice.patient_id) } else { Err(Error::key_used()) };
    }
    if matches!(invoice.state, InvoiceState::Draft | InvoiceState::Cancelled) {
        return Err(Error::conflict(tr!(billing.nothing_to_credit)));
    }
    let rows = invoices::lines(&mut ctx.tx, asked.invoice).await?;
    let open = store::credited_by_line(&mut ctx.tx, asked.invoice, true).await?;
    let currency = ctx.state().hospital().currency;
    let left = |line: &InvoiceLine| line.total - open.get(&line.id).map_or(Money::ZERO, |parts| parts.total());
    let mut wanted = asked.lines.clone();
    if wanted.is_empty() {
        let open = rows.iter().filter(|line| line.released_at.is_none() && (left(line) > Money::ZERO || line.total == Money::ZERO));
        wanted.extend(open.map(|line| (line.id, None)));
    }
    let (mut lines, mut whole) = (Vec::new(), Vec::new());
    for ((id, amount), at) in wanted.iter().zip(1..) {
        let line = rows.iter().find(|line| line.id == *id).ok_or_else(|| Error::invalid(format!("line{at}"), tr!(errors.choose)))?;
        if lines.iter().any(|there: &NewLine| there.line == *id) {
            return Err(Error::invalid(format!("line{at}"), tr!(billing.line_twice)));
        }
        let rest = left(line);
        let amount = amount.unwrap_or(rest);
        if amount > rest || amount < Money::ZERO || line.released_at.is_some() || (amount == Money::ZERO && line.total > Money::ZERO) {
            return Err(Error::invalid(format!("amount{at}"), tr!(billing.credit_amount_wrong, most = currency.show(rest))));
        }
        let done = open.get(id).copied().unwrap_or_default();
        let split = split(amount, Shares { insurer: line.insurer_share - done.insurer, patient: line.patient_share - done.patient });
        // Each part takes from the rest of the tax and of the net amount: all parts together take back exactly the tax of the line.
        let tax_left = line.tax - done.tax;
        let tax = arithmetic::spread(amount, &[tax_left.0, (rest - tax_left).0])[0];
        lines.push(NewLine { line: *id, amount, tax, split });
        whole.extend((amount == rest).then_some(*id));
    }
    if lines.is_empty() {
        return Err(Error::conflict(tr!(billing.nothing_to_credit)));
    }
    if asked.outcome == CreditOutcome::Cancelled {
        check_packages(&mut ctx.tx, &rows, &whole).await?;
    }
    store::insert(&mut ctx.tx, asked, &invoice, &lines, stamp).await?;
    ctx.did(Action::Create, "credit_note", asked.id, Some(invoice.patient_id));
    ctx.tell(Event::new(&BILLING).at(invoice.clinic_id).of(invoice.patient_id).about(asked.id));
    Ok(invoice.patient_id)
}

/// Issues the credit note that another person asked for, rejects or withdraws it.
///
/// # Errors
/// [`Error::Conflict`] to the person who asked, or when it was decided; when a part of the debt was written off, or a package that it would
/// cancel covers charges.
pub async fn decide(ctx: &mut Ctx, id: CreditNoteId, decision: Decision) -> Result<CreditNote> {
    let before = note(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(decision.right(Permission::TakePayments), before.clinic_id)?;
    let account = charges::account_of(&mut ctx.tx, before.patient_id).await?.ok_or(Error::NotFound)?;
    ctx.tx.lock(account).await?;
    ctx.tx.lock(before.invoice_id).await?;
    let there = note(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if there.state != CreditState::Asked {
        return Err(Error::conflict(tr!(billing.already_decided)));
    }
    let stamp = ctx.stamp();
    if decision == Decision::Approve {
        if there.asked_by == stamp.by {
            return Err(Error::conflict(tr!(billing.other_person)));
        }
        credit(ctx, &there).await?;
    } else {
        store::reject(&mut ctx.tx, id, stamp).await?;
    }
    ctx.did(Action::Update, "credit_note", id, Some(there.patient_id));
    ctx.tell(Event::new(&BILLING).at(there.clinic_id).of(there.patient_id).about(there.invoice_id));
    Ok(there)
}

/// Posts a credit note: frees the money that settled the credited part, then lowers the shares and releases the lines.
async fn credit(ctx: &mut Ctx, note: &CreditNote) -> Result<()> {
    let stamp = ctx.stamp();
    let day = ledger::day_at(ctx, note.clinic_id).await?;
    let credited = store::lines(&mut ctx.tx, note.id).await?;
    let rows = invoices::lines(&mut ctx.tx, note.invoice_id).await?;
    let cancels = |line: &&CreditLine| line.becomes == Some(CreditOutcome::Cancelled);
    let cancelled: Vec<_> = credited.iter().filter(cancels).map(|line| line.line_id).collect();
    check_packages(&mut ctx.tx, &rows, &cancelled).await?;
    let parts: Shares = credited.iter().map(CreditLine::split).sum();
    let mut freed = Money::ZERO;
    for share in invoices::shares(&mut ctx.tx, note.invoice_id).await? {
        let part = if share.debtor == Debtor::Patient { parts.patient } else { parts.insurer };
        let settled = part - share.open();
        if settled > share.settled {
            return Err(Error::conflict(tr!(billing.credit_written_off)));
        }
        if settled > Money::ZERO {
            free(&mut ctx.tx, share.id, settled, stamp.at).await?;
            freed = freed + settled;
        }
    }
    let settings = till::settings(&mut ctx.tx).await?;
    let number = number(&mut ctx.tx, &settings, Document::CreditNote, (note.clinic_id, day.year()), note.id).await?;
    store::issue(&mut ctx.tx, note.id, (&number, freed), stamp).await?;
    revenue::take_back(&mut ctx.tx, note.id).await?;
    ledger::post(&mut ctx.tx, Posting::CreditNote, note.id, day).await
}

/// The lines of a credit note.
///
/// # Errors
/// When the database refuses.
pub async fn lines(tx: &mut Tx, id: CreditNoteId) -> Result<Vec<CreditLine>> {
    store::lines(tx, id).await
}

/// Returns the amount of each line of an invoice that can still be credited.
///
/// # Errors
/// When the database refuses.
pub async fn left_of(tx: &mut Tx, invoice: &Invoice, lines: &[InvoiceLine]) -> Result<Vec<Money>> {
    let credited = store::credited_by_line(tx, invoice.id, true).await?;
    Ok(lines.iter().map(|line| line.total - credited.get(&line.id).map_or(Money::ZERO, |parts| parts.total())).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_credit_reverses_the_stored_split() {
        // Section 4 of the specification, example 15: 18.55 split 9.27 and 9.28, credit 10.00.
        let line = Shares { insurer: Money(927), patient: Money(928) };
        let credited = split(Money(1_000), line);
        assert_eq!(credited, Shares { insurer: Money(500), patient: Money(500) });
        let rest = Shares { insurer: line.insurer - credited.insurer, patient: line.patient - credited.patient };
        assert_eq!(rest, Shares { insurer: Money(427), patient: Money(428) });
    }

    proptest! {
        #[test]
        fn no_share_is_credited_above_itself(insurer in 0_i64..100_000, patient in 0_i64..100_000, parts in proptest::collection::vec(0_i64..50_000, 1..8)) {
            let mut left = Shares { insurer: Money(insurer), patient: Money(patient) };
            for part in parts {
                let amount = Money(part).min(left.total());
                let credited = split(amount, left);
                prop_assert_eq!(credited.total(), amount);
                left = Shares { insurer: left.insurer - credited.insurer, patient: left.patient - credited.patient };
                prop_assert!(left.insurer >= Money::ZERO && left.patient >= Money::ZERO);
            }
        }
    }
}
