//! The SQL of instalments.

use super::Instalment;
use crate::{
    core::{Error, InvoiceId, Result, Stamp},
    db::{Tx, Value, sql},
    tr,
};

/// The instalments of an invoice, in order.
///
/// # Errors
/// When the database refuses.
pub async fn of_invoice(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<Instalment>> {
    Ok(tx.all(sql("SELECT position, due_day, amount FROM instalments WHERE invoice_id = $1 ORDER BY position").bind(invoice)).await?)
}

pub(super) async fn insert(tx: &mut Tx, invoice: InvoiceId, plan: &[Instalment], stamp: Stamp) -> Result<()> {
    let rows = plan.iter().map(|part| {
        vec![Value::from(invoice), part.position.into(), part.due_day.into(), part.amount.into(), stamp.at.into(), stamp.by.into()]
    });
    let query = sql("INSERT INTO instalments (invoice_id, position, due_day, amount, made_at, made_by) VALUES ").push_rows(rows);
    match tx.execute(query).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_unique() || error.violates("instalments_total") => Err(Error::conflict(tr!(billing.account_changed))),
        Err(error) => Err(error.into()),
    }
}
