//! The SQL of overdue accounts.

use chrono::NaiveDate;

use super::{Instalment, Open};
use crate::{
    core::{ClinicId, InvoiceId, Money, Result},
    db::{Tx, sql},
};

/// The clinic's invoices on which patients owe something.
pub(super) async fn open(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Open>> {
    let query =
        sql("SELECT id, patient_id, due_day, patient_due FROM invoices WHERE patient_due > 0 AND due_day IS NOT NULL AND clinic_id = ");
    Ok(tx.all(query.push_bind(clinic).push(" ORDER BY due_day, id")).await?)
}

/// The instalments of these invoices, in order.
pub(super) async fn parts(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<(InvoiceId, Instalment)>> {
    // PostgreSQL would read all instalments for a join; an array is looked up by the index.
    let query = sql("SELECT n.invoice_id, n.position, n.due_day, n.amount FROM instalments n WHERE n.invoice_id ")
        .push_for(
            "IN (SELECT i.id FROM invoices i WHERE i.patient_due > 0 AND i.clinic_id = ",
            "= ANY (ARRAY(SELECT i.id FROM invoices i WHERE i.patient_due > 0 AND i.clinic_id = ",
        )
        .push_bind(clinic)
        .push_for(")", "))")
        .push(" ORDER BY n.invoice_id, n.position");
    let rows: Vec<(InvoiceId, i64, NaiveDate, Money)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(invoice, position, due_day, amount)| (invoice, Instalment { position, due_day, amount })).collect())
}
