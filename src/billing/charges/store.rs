//! The SQL of accounts and charges.

use uuid::Uuid;

use crate::{
    core::{
        BillingAccountId, ChargeId, ClinicId, DepartmentId, Error, InvoiceId, PatientId, Result, StaffId, Stamp, VisitId, VisitTypeId,
        time::Instant,
    },
    db::{Lockable, Locked, Tx, Value, sql},
    server::department::ChargeSource,
    tr,
};

use super::{Charge, ChargeState, Priced, ToCharge};
use crate::{
    billing::{Service, Wanted},
    core::Money,
};

impl Lockable for BillingAccountId {
    const TABLE: &'static str = "billing_accounts";
}

/// Returns the patient's account, and opens it when there is none yet.
///
/// # Errors
/// When the database refuses.
pub async fn open_account(tx: &mut Tx, patient: PatientId, stamp: Stamp) -> Result<BillingAccountId> {
    let query = sql(
        "INSERT INTO billing_accounts (id, patient_id, opened_at, opened_by) VALUES ($1, $2, $3, $4) ON CONFLICT (patient_id) DO NOTHING",
    )
    .bind(BillingAccountId::new())
    .bind(patient)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    let (account,): (BillingAccountId,) = tx.one(sql("SELECT id FROM billing_accounts WHERE patient_id = $1").bind(patient)).await?;
    Ok(account)
}

/// Returns the patient's account, if one was opened.
pub async fn account_of(tx: &mut Tx, patient: PatientId) -> Result<Option<BillingAccountId>> {
    let row: Option<(BillingAccountId,)> = tx.optional(sql("SELECT id FROM billing_accounts WHERE patient_id = $1").bind(patient)).await?;
    Ok(row.map(|(account,)| account))
}

const CHARGE: &str =
    "SELECT c.id, c.patient_id, c.clinic_id, c.visit_id, c.service_day, c.item_id, c.code, c.description, c.quantity_milli,
        c.unit_price, c.per, c.gross, c.discount, c.net, c.free_because, c.discount_bp, c.discount_reason, c.discounted_by, c.approved_by,
        c.asked_discount, c.asked_bp, c.asked_reason, c.asked_by, c.late, c.state, c.waits_for, c.source, c.raised_at";

/// One charge.
///
/// # Errors
/// When the database refuses.
pub async fn charge_at(tx: &mut Tx, id: ChargeId) -> Result<Option<Charge>> {
    Ok(tx.optional(sql(CHARGE).push(" FROM charges c WHERE c.id = ").push_bind(id)).await?)
}

/// One charge, with whoever provided the service.
pub async fn charge_and_provider(tx: &mut Tx, id: ChargeId) -> Result<Option<(Charge, Option<StaffId>)>> {
    let Some(charge) = charge_at(tx, id).await? else { return Ok(None) };
    let (provider,): (Option<StaffId>,) = tx.one(sql("SELECT provider_id FROM charges WHERE id = $1").bind(id)).await?;
    Ok(Some((charge, provider)))
}

/// The live charge of a source.
pub(super) async fn live(tx: &mut Tx, source: &ChargeSource, source_id: Uuid) -> Result<Option<Charge>> {
    let query =
        sql(CHARGE).push(" FROM charges c WHERE c.source = ").push_bind(source.kind).push(" AND c.source_id = ").push_bind(source_id);
    Ok(tx.optional(query.push(" AND c.state NOT IN ('cancelled', 'entered_in_error')")).await?)
}

pub(super) async fn department_name(tx: &mut Tx, department: DepartmentId) -> Result<String> {
    let row: Option<(String,)> = tx.optional(sql("SELECT name FROM departments WHERE id = $1").bind(department)).await?;
    Ok(row.map(|(name,)| name).unwrap_or_default())
}

/// The columns of a charge that say what the service is and costs, in the order of [`service_values`].
const SERVICE: &str =
    "clinic_id, visit_id, service_day, department_id, provider_id, item_id, price_id, code, description, quantity_milli, unit_price, per,
    gross, discount, net, free_because, state, waits_for, updated_at, package_id, covered_milli";

/// The values of the columns in [`SERVICE`].
fn service_values(new: &ToCharge, priced: &Priced, discount: Money, now: Instant) -> Vec<Value> {
    let (service, quote) = (&new.service, &priced.quote);
    vec![
        service.clinic.into(),
        new.visit.into(),
        service.day.into(),
        service.department.or(quote.item.as_ref().and_then(|item| item.department_id)).into(),
        service.provider.into(),
        quote.item.as_ref().map(|item| item.id).into(),
        quote.price.map(|price| price.id).into(),
        quote.item.as_ref().map_or("", |item| item.code.as_str()).into(),
        Value::from(&priced.description),
        service.quantity.0.into(),
        quote.price.map(|price| price.amount).into(),
        quote.price.map_or(1, |price| price.per).into(),
        quote.gross.into(),
        discount.into(),
        (quote.gross - discount).into(),
        Value::Text(quote.free_because.map(|because| because.as_str().to_owned())),
        Value::from(priced.state.as_str()),
        Value::Text(priced.waits_for.map(|waits| waits.as_str().to_owned())),
        now.into(),
        quote.package.map(|covered| covered.package).into(),
        quote.package.map_or(0, |covered| covered.quantity.0).into(),
    ]
}

pub(super) async fn insert(tx: &mut Tx, account: Locked<BillingAccountId>, new: &ToCharge, priced: &Priced, stamp: Stamp) -> Result<()> {
    // The visit was invoiced before: this comes late.
    let late = match new.visit {
        Some(visit) => {
            let billed = sql("SELECT count(*) FROM charges WHERE account_id = $1 AND visit_id = $2 AND state IN ('billed', 'paid')");
            tx.count(billed.bind(account.id()).bind(visit)).await? > 0
        }
        None => false,
    };
    let mut row = vec![
        Value::from(ChargeId::new()),
        account.id().into(),
        new.service.patient.into(),
        late.into(),
        new.source.kind.into(),
        new.source_id.into(),
        stamp.at.into(),
        stamp.by.into(),
    ];
    row.extend(service_values(new, priced, priced.quote.discount, stamp.at));
    let query = sql("INSERT INTO charges (id, account_id, patient_id, late, source, source_id, raised_at, raised_by, ")
        .push(SERVICE)
        .push(") VALUES ");
    tx.execute(query.push_rows([row])).await?;
    Ok(())
}

/// Writes what the service of a charge is now. A discount that somebody asked for stays asked for.
pub(super) async fn update(
    tx: &mut Tx,
    account: Locked<BillingAccountId>,
    id: ChargeId,
    new: &ToCharge,
    priced: &Priced,
    discount: Money,
    now: Instant,
) -> Result<()> {
    let mut query = sql("UPDATE charges SET version = version + 1");
    for (column, value) in SERVICE.split(',').map(str::trim).zip(service_values(new, priced, discount, now)) {
        query = query.push(", ").push(column).push(" = ").push_bind(value);
    }
    let query = query.push(" WHERE id = ").push_bind(id).push(" AND account_id = ").push_bind(account.id());
    tx.execute(query.push(" AND state IN ('planned', 'billable')")).await?;
    Ok(())
}

/// Gives a charge the price that it waited for.
pub(super) async fn set_price(tx: &mut Tx, account: Locked<BillingAccountId>, id: ChargeId, priced: &Priced, now: Instant) -> Result<()> {
    let quote = &priced.quote;
    let query = sql("UPDATE charges SET item_id = $3, price_id = $4, code = $5, description = $6, unit_price = $7, per = $8, gross = $9, discount = $10,
            net = $11, free_because = $12, state = 'billable', waits_for = NULL, updated_at = $13, package_id = $14, covered_milli = $15,
            version = version + 1
        WHERE id = $1 AND account_id = $2 AND state = 'planned'")
    .bind(id)
    .bind(account.id())
    .bind(quote.item.as_ref().map(|item| item.id))
    .bind(quote.price.map(|price| price.id))
    .bind(quote.item.as_ref().map_or("", |item| item.code.as_str()))
    .bind(&priced.description)
    .bind(quote.price.map(|price| price.amount))
    .bind(quote.price.map_or(1, |price| price.per))
    .bind(quote.gross)
    .bind(quote.discount)
    .bind(quote.net())
    .bind(quote.free_because.map(|because| because.as_str().to_owned()))
    .bind(now)
    .bind(quote.package.map(|covered| covered.package))
    .bind(quote.package.map_or(0, |covered| covered.quantity.0));
    tx.execute(query).await?;
    Ok(())
}

/// Cancels a charge that no invoice has.
pub(super) async fn set_ended(
    tx: &mut Tx,
    account: Locked<BillingAccountId>,
    id: ChargeId,
    state: ChargeState,
    now: Instant,
) -> Result<()> {
    let query = sql(
        "UPDATE charges SET state = $3, waits_for = NULL, asked_discount = NULL, asked_bp = NULL, asked_reason = NULL, asked_by = NULL,
            updated_at = $4, version = version + 1
        WHERE id = $1 AND account_id = $2 AND state IN ('planned', 'billable')",
    )
    .bind(id)
    .bind(account.id())
    .bind(state)
    .bind(now);
    match tx.execute(query).await {
        Err(error) if error.violates("charges_package_covers") => Err(Error::conflict(tr!(billing.package_covers))),
        done => Ok(done.map(|_| ())?),
    }
}

#[derive(sqlx::FromRow)]
struct WaitingRow {
    #[sqlx(flatten)]
    charge: Charge,
    department_id: Option<DepartmentId>,
    provider_id: Option<StaffId>,
    /// The type of its visit, for a consultation.
    visit_type_id: Option<VisitTypeId>,
}

/// A charge that waits for a price, and its service.
pub(super) async fn waiting(tx: &mut Tx, id: ChargeId) -> Result<Option<(Service, Charge)>> {
    let query = sql(CHARGE).push(
        ", c.department_id, c.provider_id, a.visit_type_id FROM charges c
        LEFT JOIN price_items i ON i.id = c.item_id
        LEFT JOIN visits v ON v.id = c.visit_id AND (i.id IS NULL OR i.kind = 'consultation')
        LEFT JOIN appointments a ON a.id = v.appointment_id
        WHERE c.state = 'planned' AND c.waits_for = 'price' AND c.id = ",
    );
    let row: Option<WaitingRow> = tx.optional(query.push_bind(id)).await?;
    Ok(row.map(|WaitingRow { charge, department_id, provider_id, visit_type_id }| {
        let service = Service {
            wanted: match (charge.item_id, visit_type_id) {
                (Some(item), Some(visit_type)) => Wanted::ItemAt(item, visit_type),
                (Some(item), None) => Wanted::Item(item),
                (None, visit_type) => Wanted::Consultation(visit_type),
            },
            patient: charge.patient_id,
            clinic: charge.clinic_id,
            department: department_id,
            provider: provider_id,
            day: charge.service_day,
            quantity: charge.quantity,
        };
        (service, charge)
    }))
}

/// The visit of the patient at the clinic that has not ended, if there is one.
pub async fn open_visit(tx: &mut Tx, patient: PatientId, clinic: ClinicId) -> Result<Option<VisitId>> {
    let query = sql("SELECT id FROM visits WHERE patient_id = $1 AND clinic_id = $2 AND ended_at IS NULL ORDER BY arrived_at DESC LIMIT 1");
    let row: Option<(VisitId,)> = tx.optional(query.bind(patient).bind(clinic)).await?;
    Ok(row.map(|(visit,)| visit))
}

/// Returns the charges that can be on the patient's next invoice at the clinic, oldest first.
pub async fn billable(tx: &mut Tx, account: BillingAccountId, clinic: ClinicId) -> Result<Vec<Charge>> {
    let query = sql(CHARGE).push(" FROM charges c WHERE c.state = 'billable' AND c.account_id = ").push_bind(account);
    Ok(tx.all(query.push(" AND c.clinic_id = ").push_bind(clinic).push(" ORDER BY c.raised_at, c.id")).await?)
}

/// A charge that no invoice has, with the name of whoever asked for a discount.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OpenCharge {
    #[sqlx(flatten)]
    pub charge: Charge,
    pub asked_by_name: Option<String>,
}

/// The patient's planned and billable charges, oldest first.
pub async fn open_charges(tx: &mut Tx, patient: PatientId) -> Result<Vec<OpenCharge>> {
    let query = sql(CHARGE)
        .push(
            ", u.display_name AS asked_by_name FROM charges c JOIN billing_accounts a ON a.id = c.account_id LEFT JOIN users u ON u.id = c.asked_by
            WHERE c.state IN ('planned', 'billable') AND a.patient_id = ",
        )
        .push_bind(patient);
    Ok(tx.all(query.push(" ORDER BY c.service_day, c.raised_at, c.id")).await?)
}

/// The clinic's charges of which a discount waits for a second person, oldest first.
pub async fn asked_discounts(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<OpenCharge>> {
    let query = sql(CHARGE)
        .push(
            ", u.display_name AS asked_by_name FROM charges c LEFT JOIN users u ON u.id = c.asked_by
            WHERE c.asked_discount IS NOT NULL AND c.state = 'billable' AND c.clinic_id = ",
        )
        .push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY c.updated_at, c.id")).await?)
}

/// The clinic's charges that wait for a price, oldest first.
pub async fn unpriced(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<Charge>> {
    let query =
        sql(CHARGE).push(" FROM charges c WHERE c.state = 'planned' AND c.waits_for = 'price' AND c.clinic_id = ").push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY c.raised_at, c.id LIMIT ").push_bind(limit)).await?)
}

/// Adds the charge of the account to an invoice; returns `false` when another invoice was first.
pub async fn mark_billed(tx: &mut Tx, account: Locked<BillingAccountId>, charge: ChargeId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE charges SET state = 'billed', updated_at = $2, version = version + 1
        WHERE id = $1 AND state = 'billable' AND account_id = $3")
    .bind(charge)
    .bind(now)
    .bind(account.id());
    Ok(tx.execute(query).await? == 1)
}

/// Returns the visits that an invoice's charges came from.
pub async fn visits_of_invoice(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<VisitId>> {
    let query = sql("SELECT DISTINCT c.visit_id FROM invoice_lines l JOIN charges c ON c.id = l.charge_id
        WHERE l.invoice_id = $1 AND c.visit_id IS NOT NULL")
    .bind(invoice);
    let rows: Vec<(VisitId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(visit,)| visit).collect())
}

/// Returns the number of the visit's charges that still wait for an invoice or for the patient's payment.
pub async fn unpaid_of_visit(tx: &mut Tx, account: BillingAccountId, visit: VisitId) -> Result<i64> {
    let query = sql("SELECT count(*) FROM charges c WHERE c.account_id = $1 AND c.net > 0 AND c.visit_id = $2 AND (c.state = 'billable'
            OR (c.state = 'billed' AND EXISTS (SELECT 1 FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
                WHERE l.charge_id = c.id AND l.released_at IS NULL AND i.patient_due > 0)))")
    .bind(account)
    .bind(visit);
    Ok(tx.count(query).await?)
}
