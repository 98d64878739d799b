//! The three-way match: what was ordered, what was received, what is invoiced.

use super::SupplierInvoiceState;
use crate::{
    core::{Money, PurchaseLineId},
    purchasing::orders::line_cost,
    tr,
};

/// A line of an invoice beside its order line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchLine {
    pub line: PurchaseLineId,
    /// Minor units for `price_per` units, as ordered.
    pub price: i64,
    pub price_per: i64,
    pub received: i64,
    /// The units of other invoices that are matched or approved.
    pub before: i64,
    /// The units of this invoice, and their amount.
    pub quantity: i64,
    pub amount: i64,
}

/// A part of an invoice that is not as it was ordered or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// More units are invoiced than came; the figure is how many more.
    Quantity(PurchaseLineId, i64),
    /// The amount is above (or below) the ordered price by this much.
    Price(PurchaseLineId, Money),
    /// Freight was not ordered.
    Freight(Money),
}

impl Mismatch {
    /// The line that differs; none for the whole invoice.
    pub const fn line(self) -> Option<PurchaseLineId> {
        match self {
            Self::Quantity(line, _) | Self::Price(line, _) => Some(line),
            Self::Freight(_) => None,
        }
    }

    /// The sentence for screens, with the amount shown by `show`.
    pub fn words(self, show: impl Fn(Money) -> String) -> String {
        match self {
            Self::Quantity(_, more) => tr!(purchasing.more_than_received, count = more),
            Self::Price(_, by) => tr!(purchasing.other_price, amount = show(by)),
            Self::Freight(amount) => tr!(purchasing.freight_not_ordered, amount = show(amount)),
        }
    }
}

/// Compares an invoice with its order.
pub fn compare(lines: &[MatchLine], freight: i64) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for line in lines {
        let more = line.quantity + line.before - line.received;
        if more > 0 {
            found.push(Mismatch::Quantity(line.line, more.min(line.quantity)));
        }
        let wanted = line_cost(line.price, line.quantity, line.price_per);
        if wanted.0 != line.amount {
            found.push(Mismatch::Price(line.line, Money(line.amount.saturating_sub(wanted.0))));
        }
    }
    if freight > 0 {
        found.push(Mismatch::Freight(Money(freight)));
    }
    found
}

/// The state of an invoice that is not approved: it waits while only goods are missing and the order expects some.
pub fn state_of(lines: &[MatchLine], freight: i64, is_over: bool) -> SupplierInvoiceState {
    let found = compare(lines, freight);
    if found.is_empty() {
        return SupplierInvoiceState::Matched;
    }
    let only_goods = found.iter().all(|mismatch| matches!(mismatch, Mismatch::Quantity(..)));
    if only_goods && !is_over { SupplierInvoiceState::Entered } else { SupplierInvoiceState::Difference }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_matches_what_was_ordered_and_received() {
        let line = PurchaseLineId::new();
        let of = |received, before, quantity, amount| MatchLine { line, price: 250, price_per: 100, received, before, quantity, amount };
        for (nth, (one, freight, is_over, state, mismatches)) in [
            (of(100, 0, 100, 250), 0, true, SupplierInvoiceState::Matched, vec![]),
            (of(60, 0, 60, 150), 0, false, SupplierInvoiceState::Matched, vec![]),
            (of(60, 0, 100, 250), 0, false, SupplierInvoiceState::Entered, vec![Mismatch::Quantity(line, 40)]),
            (of(60, 0, 100, 250), 0, true, SupplierInvoiceState::Difference, vec![Mismatch::Quantity(line, 40)]),
            (of(100, 60, 60, 150), 0, true, SupplierInvoiceState::Difference, vec![Mismatch::Quantity(line, 20)]),
            (of(100, 100, 100, 250), 0, true, SupplierInvoiceState::Difference, vec![Mismatch::Quantity(line, 100)]),
            (of(100, 0, 100, 260), 0, false, SupplierInvoiceState::Difference, vec![Mismatch::Price(line, Money(10))]),
            (of(100, 0, 100, 240), 0, true, SupplierInvoiceState::Difference, vec![Mismatch::Price(line, Money(-10))]),
            (of(100, 0, 100, 250), 5, true, SupplierInvoiceState::Difference, vec![Mismatch::Freight(Money(5))]),
            (
                of(0, 0, 10, 30),
                0,
                false,
                SupplierInvoiceState::Difference,
                vec![Mismatch::Quantity(line, 10), Mismatch::Price(line, Money(5))],
            ),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(compare(&[one], freight), mismatches, "case {nth}");
            assert_eq!(state_of(&[one], freight, is_over), state, "case {nth}");
        }
    }
}
