//! The revenue of a package is divided among the departments of its items, by what these cost on the price list: the ledger and the revenue by
//! department name the departments that do the work. The parts are written with the invoice, and a credit note takes back its part of each.

mod store;

use crate::{
    billing::{
        arithmetic::{gross, spread},
        prices::{self, PriceFor},
    },
    core::{ClinicId, CreditNoteId, DepartmentId, InvoiceId, InvoiceLineId, Money, Result},
    db::Tx,
};

/// A part of the revenue of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RevenuePart {
    line: InvoiceLineId,
    position: i64,
    department: Option<DepartmentId>,
    gross: Money,
    discount: Money,
    net: Money,
    tax: Money,
}

/// Writes the parts of an invoice's lines that are packages. A package whose items have no price on the day stays whole: its revenue is that of
/// its own department.
pub(super) async fn divide(tx: &mut Tx, invoice: InvoiceId, clinic: ClinicId) -> Result<()> {
    let mut parts = Vec::new();
    for line in store::packages_on(tx, invoice).await? {
        let mut weights = Vec::new();
        let items = store::items_of(tx, line.item_id).await?;
        for item in &items {
            let of = PriceFor { clinic: Some(clinic), ..PriceFor::default() };
            let price = prices::price_of(tx, item.item_id, of, line.service_day).await?;
            weights.push(price.and_then(|price| gross(item.quantity, price.amount, price.per)).unwrap_or_default().0);
        }
        if weights.iter().all(|weight| *weight == 0) {
            continue;
        }
        let nets = spread(line.net, &weights);
        let (discounts, taxes) = (spread(line.discount, &weights), spread(line.tax, &weights));
        // A tax that is in the price is part of the gross amount.
        let included = line.gross - line.discount != line.net;
        for (at, item) in items.iter().enumerate().filter(|(at, _)| weights[*at] > 0) {
            let (net, discount, tax) = (nets[at], discounts[at], taxes[at]);
            let inside = if included { tax } else { Money::ZERO };
            let department = item.department_id.or(line.department_id);
            let position = i64::try_from(at).unwrap_or_default() + 1;
            parts.push(RevenuePart { line: line.id, position, department, gross: net + discount + inside, discount, net, tax });
        }
    }
    store::insert(tx, invoice.into(), parts).await
}

/// Writes what a credit note takes back of the parts of its lines, of each by what is left of it.
pub(super) async fn take_back(tx: &mut Tx, note: CreditNoteId) -> Result<()> {
    let mut parts = Vec::new();
    for line in store::credited(tx, note).await? {
        let left = store::left_of(tx, note, line.line_id).await?;
        let weights: Vec<i64> = left.iter().map(|part| part.remains.0.max(0)).collect();
        if weights.iter().all(|weight| *weight == 0) {
            continue;
        }
        let (nets, taxes) = (spread(line.net, &weights), spread(line.tax, &weights));
        for (part, (net, tax)) in left.iter().zip(nets.into_iter().zip(taxes)).filter(|(_, (net, tax))| *net + *tax > Money::ZERO) {
            let department = part.department_id;
            let (gross, discount) = (Money::ZERO, Money::ZERO);
            parts.push(RevenuePart { line: line.line_id, position: part.position, department, gross, discount, net, tax });
        }
    }
    store::insert(tx, note.into(), parts).await
}
