//! The SQL of the demo's bulk data: rows are inserted many at a time, with all of the database's guards active.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    core::{
        BillingAccountId, ClinicId, DepartmentId, DrugId, LabTestId, Money, PatientId, PriceItemId, ServiceId, StockDocumentId,
        StockItemId, StockLineId, StoreroomId, UserId, time::Instant,
    },
    db::{DbError, Sql, Tx, Value, insert_rows, sql},
    patients::{Birth, Sex},
};

/// The tables that only the bulk data write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bulk {
    LabOrders,
    LabDraws,
    LabSamples,
    LabAnalyses,
    LabResults,
    LabReports,
    LabReportResults,
    LabReviews,
    StockItems,
    StockBatches,
    StoreItems,
    StockLines,
    StockDocuments,
    Prescriptions,
    Supplies,
    Clinics,
    LedgerEntries,
}

impl Bulk {
    const fn head(self) -> &'static str {
        match self {
            Self::LabOrders => "INSERT INTO lab_orders (order_id, patient_id, test_id) VALUES ",
            Self::LabDraws => "INSERT INTO lab_draws (id, patient_id, clinic_id, drawn_at, drawn_by, place, identified_by) VALUES ",
            Self::LabSamples => {
                "INSERT INTO lab_samples (id, number, patient_id, clinic_id, requisition_id, specimen, container_id, priority, place, wanted_from,
                 state, draw_id, label_printed_at, expected_at, collected_at, collected_by, received_at, received_by, updated_at, updated_by) VALUES "
            }
            Self::LabAnalyses => {
                "INSERT INTO lab_analyses (id, order_id, test_id, patient_id, clinic_id, sample_id, bench, priority, due_at, state, updated_at,
                 updated_by) VALUES "
            }
            Self::LabResults => {
                "INSERT INTO lab_results (id, analysis_id, patient_id, clinic_id, test_id, version, kind, value_text, millionths, comparator,
                 sealed, unit, flag, range_low, range_high, critical_low, critical_high, range_text, method, measured_at, entered_at, entered_by) VALUES "
            }
            Self::LabReports => {
                "INSERT INTO lab_reports (id, requisition_id, patient_id, clinic_id, version, state, digest, created_at, created_by) VALUES "
            }
            Self::LabReportResults => "INSERT INTO lab_report_results (report_id, result_id) VALUES ",
            Self::LabReviews => {
                "INSERT INTO lab_reviews (id, report_id, patient_id, clinic_id, clinician_id, weight, state, due_at, created_at, action, seen_at,
                 signed_at, signed_by) VALUES "
            }
            Self::StockItems => {
                "INSERT INTO stock_items (id, code, kind, name, unit, pack_size, expires, created_at, created_by, updated_at, updated_by) VALUES "
            }
            Self::StockBatches => {
                "INSERT INTO stock_batches (id, item_id, batch_no, batch_key, expires_on, status_at, status_by) VALUES "
            }
            Self::StoreItems => "INSERT INTO store_items (store_id, item_id, low_at) VALUES ",
            Self::StockLines => "INSERT INTO stock_lines (id, store_id, item_id, batch_id) VALUES ",
            Self::StockDocuments => "INSERT INTO stock_documents (id, kind, store_id, reason, reference, at, by_user) VALUES ",
            Self::Prescriptions => {
                "INSERT INTO prescriptions (id, encounter_id, patient_id, drug_id, drug, dose, route, frequency, duration_days, state, prescribed_at,
                 prescribed_by, dose_amount, dose_unit, times, in_days) VALUES "
            }
            Self::Supplies => {
                "INSERT INTO supplies (id, patient_id, clinic_id, item_id, ordered, state, signed_at, verified_at, verified_by, updated_at,
                 updated_by) VALUES "
            }
            Self::LedgerEntries => "INSERT INTO ledger_entries (kind, document, clinic_id, day, posted_at, posted_by) VALUES ",
            Self::Clinics => "INSERT INTO clinics (id, code, name, address, city, phone, email, time_zone, created_at, updated_at) VALUES ",
        }
    }
}

pub(super) async fn insert(tx: &mut Tx, table: Bulk, rows: Vec<Vec<Value>>) -> Result<(), DbError> {
    insert_rows(tx, table.head(), "", rows).await
}

/// Takes so many numbers of a series. Returns the first.
pub(super) async fn take(tx: &mut Tx, series: &str, count: i64) -> Result<i64, DbError> {
    let query = sql(
        "INSERT INTO number_series (name, last) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET last = number_series.last + excluded.last RETURNING last",
    );
    Ok(tx.count(query.bind(series).bind(count)).await? - count + 1)
}

pub(super) async fn user(tx: &mut Tx, login: &str) -> Result<Option<UserId>, DbError> {
    let row: Option<(UserId,)> = tx.optional(sql("SELECT id FROM users WHERE login = ").push_bind(login)).await?;
    Ok(row.map(|(user,)| user))
}

/// A patient for whom rows are made.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Person {
    pub id: PatientId,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    pub account_id: BillingAccountId,
}

pub(super) async fn persons(tx: &mut Tx, ids: &[PatientId]) -> Result<Vec<Person>, DbError> {
    let mut all = Vec::new();
    for some in ids.chunks(1_000) {
        let query = sql("SELECT p.id, p.birth_date, p.birth_precision, p.sex, a.id AS account_id FROM patients p
            JOIN billing_accounts a ON a.patient_id = p.id WHERE p.id IN ")
        .push_list(some.iter().copied());
        all.extend(tx.all::<Person>(query.push(" ORDER BY p.id")).await?);
    }
    Ok(all)
}

/// Returns those of the patients who were born within these days.
pub(super) async fn born(tx: &mut Tx, ids: &[PatientId], (from, to): (NaiveDate, NaiveDate)) -> Result<Vec<PatientId>, DbError> {
    let mut all = Vec::new();
    for some in ids.chunks(1_000) {
        let query = sql("SELECT id FROM patients WHERE birth_date >= ").push_bind(from).push(" AND birth_date <= ").push_bind(to);
        let query = query.push(" AND id IN ").push_list(some.iter().copied()).push(" ORDER BY id DESC");
        all.extend(tx.all::<(PatientId,)>(query).await?.into_iter().map(|(id,)| id));
    }
    Ok(all)
}

/// Records that the patients know of no allergy.
pub(super) async fn without_allergy(tx: &mut Tx, ids: &[PatientId]) -> Result<(), DbError> {
    let query = sql("UPDATE patients SET allergy_status = 'none_known' WHERE id IN ").push_list(ids.iter().copied());
    tx.execute(query).await?;
    Ok(())
}

/// Returns the tests with an item on the price list, with the price that has no clinic or insurer.
pub(super) async fn priced_tests(tx: &mut Tx) -> Result<Vec<(LabTestId, PriceItemId, String, Money)>, DbError> {
    tx.all(sql(
        "SELECT t.id, i.id, i.code, min(p.amount) FROM lab_tests t JOIN price_items i ON i.id = t.item_id JOIN prices p ON p.item_id = i.id
        WHERE p.clinic_id IS NULL AND p.insurer_id IS NULL AND p.withdrawn_at IS NULL GROUP BY t.id, i.id, i.code ORDER BY t.id",
    ))
    .await
}

pub(super) async fn price_test(tx: &mut Tx, test: LabTestId, item: PriceItemId) -> Result<(), DbError> {
    tx.execute(sql("UPDATE lab_tests SET item_id = $2 WHERE id = $1").bind(test).bind(item)).await?;
    Ok(())
}

/// Checks and releases the results of released analyses at the time at which they were entered.
pub(super) async fn release(tx: &mut Tx, technician: UserId, pathologist: UserId) -> Result<(), DbError> {
    let query = sql("UPDATE lab_results SET checked_at = entered_at, checked_by = $1, released_at = entered_at, released_by = $2,
        portal_from = entered_at WHERE checked_at IS NULL AND superseded_at IS NULL
        AND analysis_id IN (SELECT a.id FROM lab_analyses a WHERE a.state = 'released')");
    tx.execute(query.bind(technician).bind(pathologist)).await?;
    Ok(())
}

/// The storerooms of a clinic by their codes.
pub(super) async fn room(tx: &mut Tx, clinic: ClinicId, code: &str) -> Result<Option<StoreroomId>, DbError> {
    let query = sql("SELECT id FROM storerooms WHERE clinic_id = ").push_bind(clinic).push(" AND code = ").push_bind(code);
    Ok(tx.optional::<(StoreroomId,)>(query).await?.map(|(id,)| id))
}

/// Lines of one storeroom, by their ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    pub store: StoreroomId,
    pub first: StockLineId,
    pub last: StockLineId,
}

impl Lines {
    fn bound(self, query: Sql) -> Sql {
        query.bind(self.store).bind(self.first).bind(self.last)
    }
}

/// Moves as many units of each line, with one document. A unit costs `cost` thousandths of a minor unit.
pub(super) async fn move_all(
    tx: &mut Tx,
    lines: Lines,
    (document, kind): (StockDocumentId, &'static str),
    (quantity, cost): (i64, i64),
    (at, day): (Instant, NaiveDate),
) -> Result<(), DbError> {
    let step = sql("UPDATE stock_lines SET on_hand = on_hand + $4, seq = seq + 1 WHERE store_id = $1 AND id >= $2 AND id <= $3");
    tx.execute(lines.bound(step).bind(quantity)).await?;
    // The ids begin with the time of the document, as other ids do.
    let ids = sql("INSERT INTO stock_movements (id, document_id, line_id, seq, kind, quantity, on_hand_after, value, day, at) SELECT ")
        .push_for(
            "CAST(substr($4, 1, 8) || x'80' || randomblob(7) AS BLOB)",
            "CAST(substr(CAST($4 AS TEXT), 1, 18) || substr(CAST(gen_random_uuid() AS TEXT), 19) AS UUID)",
        );
    let movements = ids.push(
        ", $5, l.id, l.seq, $6, $7, l.on_hand, $8, $9, $10 FROM stock_lines l
        WHERE l.store_id = $1 AND l.id >= $2 AND l.id <= $3 ORDER BY l.id",
    );
    let movements = lines.bound(movements).bind(document).bind(document).bind(kind).bind(quantity).bind(quantity * cost);
    tx.execute(movements.bind(day).bind(at)).await?;
    Ok(())
}

/// Writes quantity and value of the items of lines, each of which has one line in the storeroom.
pub(super) async fn sum_up(tx: &mut Tx, lines: Lines, cost: i64) -> Result<(), DbError> {
    let query = sql("UPDATE store_items SET
        quantity = (SELECT l.on_hand FROM stock_lines l WHERE l.store_id = store_items.store_id AND l.item_id = store_items.item_id),
        value = $4 * (SELECT l.on_hand FROM stock_lines l WHERE l.store_id = store_items.store_id AND l.item_id = store_items.item_id)
        WHERE store_id = $1 AND item_id IN (SELECT l.item_id FROM stock_lines l WHERE l.store_id = $1 AND l.id >= $2 AND l.id <= $3)");
    tx.execute(lines.bound(query).bind(cost)).await?;
    Ok(())
}

/// Returns the item of a drug with its code and name.
pub(super) async fn item_of(tx: &mut Tx, drug: &str) -> Result<Option<(StockItemId, String, String, DrugId)>, DbError> {
    let query =
        sql("SELECT i.id, i.code, i.name, d.id FROM stock_items i JOIN drugs d ON d.id = i.drug_id WHERE d.code = ").push_bind(drug);
    tx.optional(query.push(" ORDER BY i.id LIMIT 1")).await
}

pub(super) async fn has_price_item(tx: &mut Tx, code: &str) -> Result<bool, DbError> {
    Ok(tx.count(sql("SELECT count(*) FROM price_items WHERE code = ").push_bind(code)).await? > 0)
}

pub(super) async fn clinics(tx: &mut Tx) -> Result<Vec<ClinicId>, DbError> {
    Ok(tx
        .all::<(ClinicId,)>(sql("SELECT id FROM clinics WHERE retired_at IS NULL ORDER BY code"))
        .await?
        .into_iter()
        .map(|(id,)| id)
        .collect())
}

/// Counts the doctors.
pub(super) async fn doctors(tx: &mut Tx) -> Result<i64, DbError> {
    tx.count(sql("SELECT count(*) FROM staff WHERE kind = 'doctor'")).await
}

/// Lets doctors be booked whose addresses match.
pub(super) async fn accept_bookings(tx: &mut Tx, addresses: &str) -> Result<(), DbError> {
    let query = sql("UPDATE staff SET accepting_bookings = $1, biography = 'Sees outpatients.', licence_number = email
        WHERE kind = 'doctor' AND email LIKE ")
    .bind(true)
    .push_bind(addresses);
    tx.execute(query).await?;
    Ok(())
}

/// The services of a clinic with their departments.
pub(super) async fn services(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<(ServiceId, DepartmentId, String)>, DbError> {
    tx.all(
        sql("SELECT id, department_id, name FROM services WHERE department_id IS NOT NULL AND clinic_id = ")
            .push_bind(clinic)
            .push(" ORDER BY name"),
    )
    .await
}

/// Posts invoices of one line and one payer into their entries, which are not sealed yet; as `billing` posts one of them.
pub(super) async fn post_invoices(tx: &mut Tx) -> Result<(), DbError> {
    let accounts = sql("INSERT INTO ledger_accounts (kind, owner_id)
        SELECT 'patient', i.patient_id FROM ledger_entries e JOIN invoices i ON i.id = e.document WHERE NOT e.sealed AND e.kind = 'invoice'
        UNION SELECT 'revenue', l.department_id FROM ledger_entries e JOIN invoice_lines l ON l.invoice_id = e.document
            WHERE NOT e.sealed AND e.kind = 'invoice'
        ON CONFLICT DO NOTHING");
    tx.execute(accounts).await?;
    let owed = sql("INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, amount)
        SELECT e.id, d.id, c.id, i.patient_share FROM ledger_entries e JOIN invoices i ON i.id = e.document
        JOIN ledger_accounts d ON d.kind = 'patient' AND d.owner_id = i.patient_id
        JOIN ledger_accounts c ON c.kind = 'clearing' AND c.owner_id = $1
        WHERE NOT e.sealed AND e.kind = 'invoice' ORDER BY e.id");
    tx.execute(owed.bind(Uuid::nil())).await?;
    let earned = sql("INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, amount)
        SELECT e.id, c.id, r.id, l.net FROM ledger_entries e JOIN invoice_lines l ON l.invoice_id = e.document
        JOIN ledger_accounts r ON r.kind = 'revenue' AND r.owner_id = l.department_id
        JOIN ledger_accounts c ON c.kind = 'clearing' AND c.owner_id = $1
        WHERE NOT e.sealed AND e.kind = 'invoice' ORDER BY e.id");
    tx.execute(earned.bind(Uuid::nil())).await?;
    tx.execute(sql("UPDATE ledger_entries SET sealed = TRUE WHERE NOT sealed AND kind = 'invoice'")).await.map(|_| ())
}

/// Closes the months of the ledger that ended before a day, as an accountant does: the database sums each of them.
pub(super) async fn close_months(tx: &mut Tx, before: NaiveDate, by: UserId, at: Instant) -> Result<(), DbError> {
    for step in [
        "UPDATE ledger_periods SET state = 'closing', closing_at = $2, closing_by = $3 WHERE starts_on < $1 AND state = 'open'",
        "UPDATE ledger_periods SET state = 'closed', closed_at = $2, closed_by = $3 WHERE starts_on < $1 AND state = 'closing'",
    ] {
        tx.execute(sql(step).bind(before).bind(at).bind(by)).await?;
    }
    Ok(())
}

/// Returns the lines of the goods in a storeroom, in the order in which they were made.
pub(super) async fn goods(tx: &mut Tx, room: StoreroomId) -> Result<Vec<StockLineId>, DbError> {
    let query = sql("SELECT l.id FROM stock_lines l JOIN stock_items i ON i.id = l.item_id WHERE i.code LIKE 'GOODS-%' AND l.store_id = ")
        .push_bind(room);
    Ok(tx.all::<(StockLineId,)>(query.push(" ORDER BY l.id")).await?.into_iter().map(|(line,)| line).collect())
}
