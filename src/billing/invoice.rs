//! Invoices: the sum of the billable charges, frozen with a number, and the payments on it.

use chrono::NaiveDate;

use crate::core::{
    ChargeId, ClinicId, Currency, Error, InsurerId, InvoiceId, InvoiceLineId, InvoiceShareId, Money, PatientId, Result, time::Instant,
};

use super::{
    Charge, DiscountReason, FreeBecause, Quantity, Shares, shares,
    taxes::{Tax, Taxed},
};

crate::text_enum! {
    /// The state of an invoice.
    pub enum InvoiceState("state") {
        Draft = "draft",
        Issued = "issued",
        PartPaid = "part_paid",
        Paid = "paid",
        Cancelled = "cancelled",
    }
}

impl InvoiceState {
    /// Returns the text for badges.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => crate::tr!(billing.draft),
            Self::Issued => crate::tr!(billing.issued),
            Self::PartPaid => crate::tr!(billing.part_paid),
            Self::Paid => crate::tr!(billing.paid),
            Self::Cancelled => crate::tr!(billing.cancelled),
        }
    }
}

/// A line of a future invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    pub charge: Charge,
    /// The tax of the service day, and what of the line is tax.
    pub tax: Tax,
    pub taxed: Taxed,
    pub shares: Shares,
}

/// An invoice that is not issued yet: it changes with the account until then, and is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The insurer that pays the insurer's share.
    pub insurer: Option<(InsurerId, String)>,
    pub lines: Vec<DraftLine>,
    /// The number of charges under another plan: they come on an invoice of their own.
    pub left_over: usize,
}

/// The insurance plan that covers a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    pub insurer: InsurerId,
    pub name: String,
    pub copay_percent: i64,
}

impl Draft {
    /// Creates a draft from charges, oldest first, each with the plan and the tax of its day. All lines of an invoice belong to one
    /// insurer, that of the oldest charge; returns `None` without charges.
    pub fn of(charges: Vec<(Charge, Option<Cover>, Tax)>) -> Option<Self> {
        let insurer = charges.first()?.1.clone().map(|cover| (cover.insurer, cover.name));
        let all = charges.len();
        let lines: Vec<_> = charges
            .into_iter()
            .filter(|(_, cover, _)| cover.as_ref().map(|cover| cover.insurer) == insurer.as_ref().map(|(id, _)| *id))
            .map(|(charge, cover, tax)| {
                let taxed = tax.on(charge.net);
                DraftLine { shares: shares(taxed.total(), cover.map(|cover| cover.copay_percent)), tax, taxed, charge }
            })
            .collect();
        Some(Self { insurer, left_over: all - lines.len(), lines })
    }

    /// Returns the sum of the shares.
    pub fn shares(&self) -> Shares {
        self.lines.iter().map(|line| line.shares).sum()
    }

    /// Whether the patient has nothing to pay on it.
    pub fn is_free_for_patient(&self) -> bool {
        self.shares().patient == Money::ZERO
    }
}

/// An issued invoice.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Invoice {
    pub id: InvoiceId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub number: String,
    pub state: InvoiceState,
    /// The insurer that pays the insurer's share.
    pub insurer: Option<String>,
    pub total: Money,
    /// The split when it was issued.
    pub insurer_share: Money,
    pub patient_share: Money,
    /// The money that settles the patient's share.
    pub paid: Money,
    /// The amount that the patient still owes, after payments, credit notes and write-offs.
    pub patient_due: Money,
    /// The amount that credit notes took back.
    pub credited: Money,
    pub issued_at: Instant,
    /// The name of the user who issued it.
    pub issued_by: String,
    /// The day until which it is to be paid, unless instalments are agreed on.
    pub due_day: NaiveDate,
}

/// A frozen line.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct InvoiceLine {
    pub id: InvoiceLineId,
    pub charge_id: ChargeId,
    pub code: String,
    pub description: String,
    #[sqlx(rename = "quantity_milli")]
    pub quantity: Quantity,
    pub unit_price: Money,
    /// The price is for so many.
    pub per: i64,
    pub gross: Money,
    pub discount: Money,
    pub discount_reason: Option<DiscountReason>,
    pub free_because: Option<FreeBecause>,
    pub net: Money,
    /// The tax in hundredths of a percent, and its amount.
    pub rate_bp: i64,
    pub tax: Money,
    pub total: Money,
    pub insurer_share: Money,
    pub patient_share: Money,
    /// The amount that credit notes took back.
    pub credited: Money,
    /// The moment when a credit note gave the charge free.
    pub released_at: Option<Instant>,
}

crate::text_enum! {
    /// The debtor of a share.
    pub enum Debtor("debtor") {
        Insurer = "insurer",
        Patient = "patient",
    }
}

/// A share of an invoice: its debtor, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Share {
    pub id: InvoiceShareId,
    pub debtor: Debtor,
    pub insurer: Option<String>,
    /// The amount after credit notes.
    pub amount: Money,
    pub credited: Money,
    pub settled: Money,
    pub written_off: Money,
}

impl Share {
    /// Returns the amount that its debtor still owes.
    pub const fn open(&self) -> Money {
        Money(self.amount.0 - self.settled.0 - self.written_off.0)
    }
}

impl Invoice {
    /// Returns the amount that the patient still has to pay.
    pub const fn due(&self) -> Money {
        self.patient_due
    }

    /// Refuses a payment that is more than what is due.
    ///
    /// # Errors
    /// [`Error::Conflict`] when no amount, or a smaller one, is due.
    pub fn accepts(&self, amount: Money, currency: Currency) -> Result<()> {
        let due = self.due();
        if due <= Money::ZERO {
            return Err(Error::conflict(crate::tr!(billing.nothing_due)));
        }
        if amount > due || amount <= Money::ZERO {
            return Err(Error::conflict(crate::tr!(billing.less_is_due, due = currency.show(due))));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn invoice(patient_share: i64) -> Invoice {
        Invoice {
            id: InvoiceId::new(),
            patient_id: PatientId::new(),
            clinic_id: ClinicId::new(),
            number: "INV-2026-000001".into(),
            state: InvoiceState::Issued,
            insurer: None,
            total: Money(patient_share),
            insurer_share: Money::ZERO,
            patient_share: Money(patient_share),
            paid: Money::ZERO,
            patient_due: Money(patient_share),
            credited: Money::ZERO,
            issued_at: Instant::UNIX_EPOCH,
            issued_by: String::new(),
            due_day: NaiveDate::default(),
        }
    }

    fn charge(amount: i64) -> Charge {
        Charge {
            id: ChargeId::new(),
            patient_id: PatientId::new(),
            clinic_id: ClinicId::new(),
            visit_id: None,
            service_day: chrono::NaiveDate::default(),
            item_id: None,
            code: "CONS".into(),
            description: "Consultation".into(),
            quantity: Quantity::ONE,
            unit_price: Some(Money(amount)),
            per: 1,
            gross: Money(amount),
            discount: Money::ZERO,
            net: Money(amount),
            free_because: None,
            discount_bp: None,
            discount_reason: None,
            discounted_by: None,
            approved_by: None,
            asked_discount: None,
            asked_bp: None,
            asked_reason: None,
            asked_by: None,
            late: false,
            state: super::super::ChargeState::Billable,
            waits_for: None,
            source: "consultation".into(),
            raised_at: Instant::UNIX_EPOCH,
        }
    }

    #[test]
    fn one_insurer_an_invoice() {
        let plan = |insurer, copay_percent| Some(Cover { insurer, name: "Meridian".into(), copay_percent });
        let (one, other) = (InsurerId::new(), InsurerId::new());
        let draft = Draft::of(vec![
            (charge(12_000), plan(one, 30), Tax::default()),
            (charge(5_000), None, Tax::default()),
            (charge(1_855), plan(one, 50), Tax::default()),
            (charge(700), plan(other, 10), Tax::default()),
        ])
        .expect("charges");
        assert_eq!((draft.lines.len(), draft.left_over), (2, 2));
        assert_eq!(draft.shares(), Shares { insurer: Money(8_400 + 927), patient: Money(3_600 + 928) });
        assert_eq!(Draft::of(Vec::new()), None);
    }

    /// Section 4 of the specification, example 7: net 52.87, 19 % = 10.05, total 62.92; co-pay 30 %.
    #[test]
    fn shares_are_of_the_amount_with_tax() {
        let cover = Cover { insurer: InsurerId::new(), name: "Meridian".into(), copay_percent: 30 };
        let tax = Tax { rate_bp: 1_900, included: false };
        let draft = Draft::of(vec![(charge(5_287), Some(cover), tax)]).expect("a draft");
        assert_eq!(draft.lines[0].taxed, Taxed { net: Money(5_287), tax: Money(1_005) });
        assert_eq!(draft.shares(), Shares { insurer: Money(4_404), patient: Money(1_888) });
    }

    #[test]
    fn an_insurer_that_bears_all_leaves_nothing_to_pay() {
        let cover = Cover { insurer: InsurerId::new(), name: "State".into(), copay_percent: 0 };
        assert_eq!(Draft::of(vec![(charge(12_000), Some(cover), Tax::default())]).map(|draft| draft.is_free_for_patient()), Some(true));
    }

    proptest! {
        #[test]
        fn no_payment_is_more_than_what_is_due(share in 1_i64..100_000, amount in -5_i64..150_000) {
            let taken = invoice(share).accepts(Money(amount), Currency::USD).is_ok();
            prop_assert_eq!(taken, amount > 0 && amount <= share);
        }
    }
}
