//! The SQL of returns that an invoice does not know yet.

use crate::{
    core::{ClinicId, InvoiceId, PatientId, Result},
    db::{Sql, Tx, sql},
    patients::PatientName,
};

/// A medicine that came back after it was invoiced.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ReturnedAfterInvoice {
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub name: PatientName,
    pub mrn: String,
    pub description: String,
    pub charged: i64,
    pub kept: i64,
    pub invoice_id: InvoiceId,
    pub invoice_number: String,
}

/// The latest hand-overs with a return that are looked at: the rail counts on each page.
const LATEST: i64 = 2_000;

/// The lines of invoices with more units than the patient has kept, of which less is credited than came back. A credit may be a minor unit off. Both
/// engines are led from the few returns to their charges.
fn open_of(columns: &'static str, clinic: ClinicId) -> Sql {
    sql(columns)
        .push("FROM (SELECT * FROM (SELECT d.id, 'dispense' AS source, d.quantity, d.returned FROM dispenses d WHERE d.returned > 0 AND d.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY d.at DESC LIMIT ")
        .push_bind(LATEST)
        .push(") handed_over UNION ALL SELECT * FROM (SELECT y.id, 'ward_supply', y.quantity, y.returned FROM ward_supplies y WHERE y.returned > 0 AND y.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY y.at DESC LIMIT ")
        .push_bind(LATEST)
        // Doses that a correction took back. All of a dose's records are of one order, and so of one quantity.
        .push(
            ") supplied UNION ALL SELECT * FROM (SELECT a.dose_id, 'ward_dose', CAST(max(t.quantity) AS BIGINT), CAST(max(t.quantity) AS BIGINT)
            FROM ",
        )
        // Both engines begin with the few that were returned; PostgreSQL would read the doses in the order of their ids.
        .push_for(
            "dose_stock t CROSS JOIN administrations a CROSS JOIN doses e
            WHERE t.returned_id IS NOT NULL AND a.id = t.administration_id AND e.id = a.dose_id",
            "(SELECT * FROM dose_stock WHERE returned_id IS NOT NULL ORDER BY returned_id DESC OFFSET 0) t
            CROSS JOIN LATERAL (SELECT x.* FROM administrations x WHERE x.id = t.administration_id OFFSET 0) a
            CROSS JOIN LATERAL (SELECT x.* FROM doses x WHERE x.id = a.dose_id OFFSET 0) e WHERE TRUE",
        )
        .push(" AND e.state <> 'given' AND a.clinic_id = ")
        .push_bind(clinic)
        .push(" GROUP BY a.dose_id ORDER BY max(a.recorded_at) DESC LIMIT ")
        .push_bind(LATEST)
        .push(") corrected")
        .push_for(
            ") r CROSS JOIN charges c ON c.source_id = r.id AND c.source = r.source AND c.state NOT IN ('cancelled', 'entered_in_error')
            CROSS JOIN invoice_lines l ON l.charge_id = c.id AND l.released_at IS NULL CROSS JOIN invoices i ON i.id = l.invoice_id",
            ") r CROSS JOIN LATERAL (SELECT x.id, x.patient_id, x.description, x.state FROM charges x WHERE x.source_id = r.id AND x.source = r.source
                AND x.state NOT IN ('cancelled', 'entered_in_error') OFFSET 0) c
            CROSS JOIN LATERAL (SELECT x.* FROM invoice_lines x WHERE x.charge_id = c.id AND x.released_at IS NULL OFFSET 0) l
            JOIN invoices i ON i.id = l.invoice_id",
        )
        .push(
            " JOIN patients p ON p.id = c.patient_id
            WHERE c.state IN ('billed', 'paid') AND l.quantity_milli / 1000 > r.quantity - r.returned AND l.total > 0
                AND (l.credited + 1) * (l.quantity_milli / 1000) < l.total * (l.quantity_milli / 1000 - r.quantity + r.returned)",
        )
}

/// Reads a page of the returns that the cashier still has to credit, the oldest invoice first.
///
/// # Errors
/// When the database refuses.
pub async fn open_returns(tx: &mut Tx, clinic: ClinicId, limit: i64, offset: i64) -> Result<Vec<ReturnedAfterInvoice>> {
    let columns =
        "SELECT c.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, c.description, l.quantity_milli / 1000 AS charged,
            r.quantity - r.returned AS kept, i.id AS invoice_id, coalesce(i.number, '') AS invoice_number ";
    let query = open_of(columns, clinic).push(" ORDER BY i.issued_at, l.id LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset);
    Ok(tx.all(query).await?)
}

/// The query for the number of returns that the cashier still has to credit.
pub fn count_open(clinic: ClinicId) -> Sql {
    open_of("SELECT count(*) ", clinic)
}
