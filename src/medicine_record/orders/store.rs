//! The SQL of orders of an admission.

use uuid::Uuid;

use super::CareOrder;
use crate::{
    clinical::SignedBytes,
    core::{AdmissionId, CareOrderId, ClinicId, DrugId, PatientId, Result, Stamp, UserId, WardProtocolId, time::Instant},
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
    formulary::{Dose, Unit},
    keys::{CARE_ORDER_ACTS, CARE_ORDERS, Sealed},
    medicine_record::{
        holds,
        infusions::{self, DoseRate, InfusionOrder, RateUnit},
        protocols::OrderProtocol,
        schedule::LAST_HOURS,
        vocabulary::{CareAct, CareKind, CareMode, CareOrderState, CareReason, DoseTiming},
    },
    orders::OrderPriority,
};

impl Lockable for CareOrderId {
    const TABLE: &'static str = "care_orders";
}

#[derive(sqlx::FromRow)]
struct OrderRow {
    id: CareOrderId,
    admission_id: AdmissionId,
    patient_id: PatientId,
    clinic_id: ClinicId,
    kind: CareKind,
    priority: OrderPriority,
    mode: CareMode,
    state: CareOrderState,
    title: String,
    drug_id: Option<DrugId>,
    dose: String,
    amount: String,
    unit: String,
    volume_ul: Option<i64>,
    rate_ul_h: Option<i64>,
    most_ul_h: Option<i64>,
    dose_unit: Option<RateUnit>,
    dose_milli: Option<i64>,
    weight_g: Option<i64>,
    content: Option<i64>,
    route: String,
    timing: Option<DoseTiming>,
    times: String,
    first_now: bool,
    interval_min: Option<i64>,
    most_in_day: Option<i64>,
    indication: String,
    two_person: bool,
    starts_at: Instant,
    ends_at: Option<Instant>,
    dose_count: Option<i64>,
    review_at: Option<Instant>,
    sealed: Sealed,
    answered: String,
    prescriber_id: UserId,
    prescriber: String,
    ordered_at: Instant,
    ordered_by: UserId,
    orderer: String,
    signed_at: Option<Instant>,
    signed_by: Option<UserId>,
    key_id: Option<Uuid>,
    signature: Option<Vec<u8>>,
    cosign_due: Option<Instant>,
    protocol_id: Option<WardProtocolId>,
    protocol_name: Option<String>,
    protocol_version: Option<i64>,
    replaces: Option<CareOrderId>,
    planned_until: Option<Instant>,
    held_at: Option<Instant>,
    resume_at: Option<Instant>,
    ended_at: Option<Instant>,
    version: i64,
}

impl OrderRow {
    fn open(self, tx: &Tx) -> Result<CareOrder> {
        let [instructions, override_reason] = CARE_ORDERS.open(tx.keys(), self.id, self.patient_id, &self.sealed)?;
        let signed = match (self.key_id, self.signature, self.signed_by, self.signed_at) {
            (Some(key), Some(signature), Some(by), Some(at)) => Some(SignedBytes { key, signature, by, at }),
            _ => None,
        };
        let dose = match (self.dose_unit, self.dose_milli, self.content) {
            (Some(unit), Some(milli), Some(content)) => Some(DoseRate { unit, milli, weight_g: self.weight_g, content }),
            _ => None,
        };
        let protocol = match (self.protocol_id, self.protocol_name, self.protocol_version) {
            (Some(id), Some(name), Some(version)) => Some(OrderProtocol { id, name, version }),
            _ => None,
        };
        let infusion = self.volume_ul.zip(self.rate_ul_h);
        let infusion = infusion.map(|(volume_ul, rate_ul_h)| InfusionOrder { volume_ul, rate_ul_h, most_ul_h: self.most_ul_h, dose });
        Ok(CareOrder {
            id: self.id,
            admission_id: self.admission_id,
            patient_id: self.patient_id,
            clinic_id: self.clinic_id,
            kind: self.kind,
            priority: self.priority,
            mode: self.mode,
            state: self.state,
            title: self.title,
            drug_id: self.drug_id,
            dose: self.dose,
            amount: self.unit.parse::<Unit>().ok().map(|unit| Dose { amount: self.amount, unit }),
            infusion,
            route: self.route,
            timing: self.timing,
            times: self.times,
            first_now: self.first_now,
            interval_min: self.interval_min,
            most_in_day: self.most_in_day,
            indication: self.indication,
            two_person: self.two_person,
            hold_if: Vec::new(),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            dose_count: self.dose_count,
            review_at: self.review_at,
            instructions,
            override_reason,
            answered: self.answered,
            prescriber_id: self.prescriber_id,
            prescriber: self.prescriber,
            ordered_at: self.ordered_at,
            ordered_by: self.ordered_by,
            orderer: self.orderer,
            signed,
            cosign_due: self.cosign_due,
            protocol,
            replaces: self.replaces,
            planned_until: self.planned_until,
            held_at: self.held_at,
            resume_at: self.resume_at,
            ended_at: self.ended_at,
            version: self.version,
        })
    }
}

const ORDERS: &str = "SELECT o.id, o.admission_id, o.patient_id, o.clinic_id, o.kind, o.priority, o.mode, o.state, o.title, o.drug_id, o.dose, o.amount,
        o.unit, o.route, o.timing, o.times, o.first_now, o.interval_min, o.most_in_day, o.indication, o.two_person, o.starts_at, o.ends_at, o.dose_count, o.sealed,
        o.answered, o.prescriber_id, p.display_name AS prescriber, o.ordered_at, o.ordered_by, w.display_name AS orderer, o.signed_at, o.signed_by,
        o.key_id, o.signature, o.cosign_due, o.replaces, o.planned_until, o.held_at, o.resume_at, o.ended_at, o.version, f.volume_ul, f.rate_ul_h,
        f.most_ul_h, f.dose_unit, f.dose_milli, f.weight_g, f.content, v.due_at AS review_at,
        n.id AS protocol_id, n.name AS protocol_name, n.version AS protocol_version
    FROM care_orders o JOIN users p ON p.id = o.prescriber_id JOIN users w ON w.id = o.ordered_by LEFT JOIN infusion_orders f ON f.order_id = o.id
    LEFT JOIN order_reviews v ON v.order_id = o.id AND v.superseded_at IS NULL
    LEFT JOIN order_protocols t ON t.order_id = o.id LEFT JOIN ward_protocols n ON n.id = t.protocol_id WHERE ";

async fn all(tx: &mut Tx, query: Sql) -> Result<Vec<CareOrder>> {
    let rows: Vec<OrderRow> = tx.all(query).await?;
    let mut orders = rows.into_iter().map(|row| row.open(tx)).collect::<Result<Vec<CareOrder>>>()?;
    let ids: Vec<CareOrderId> = orders.iter().filter(|order| order.kind == CareKind::Medicine).map(|order| order.id).collect();
    for (id, rule) in holds::rules_of(tx, &ids).await? {
        if let Some(order) = orders.iter_mut().find(|order| order.id == id) {
            order.hold_if.push(rule);
        }
    }
    Ok(orders)
}

pub(super) async fn find(tx: &mut Tx, id: CareOrderId) -> Result<Option<CareOrder>> {
    Ok(all(tx, sql(ORDERS).push("o.id = ").push_bind(id)).await?.pop())
}

/// Returns the orders of an admission: the open ones only, or all of them, by kind and age.
///
/// # Errors
/// When the database refuses.
pub async fn of_admission(tx: &mut Tx, admission: AdmissionId, open: bool) -> Result<Vec<CareOrder>> {
    let mut query = sql(ORDERS).push("o.admission_id = ").push_bind(admission);
    if open {
        query = query.push(" AND (o.state = 'active' OR o.state = 'on_hold')");
    }
    all(tx, query.push(" ORDER BY o.ordered_at, o.id LIMIT 400")).await
}

/// Returns the orders of an admission that are open, or that were so when the patient left, by age.
///
/// # Errors
/// When the database refuses.
pub async fn standing(tx: &mut Tx, admission: AdmissionId, left_at: Option<Instant>) -> Result<Vec<CareOrder>> {
    let query = sql(ORDERS).push("o.admission_id = ").push_bind(admission);
    let query = query.push(" AND (o.state = 'active' OR o.state = 'on_hold' OR (o.state = 'stopped' AND o.ended_at = ").push_bind(left_at);
    all(tx, query.push(")) ORDER BY o.ordered_at, o.id LIMIT 400")).await
}

/// Whether a drug is a controlled one, by itself or as the drug that its name means.
///
/// # Errors
/// When the database refuses.
pub async fn is_controlled(tx: &mut Tx, drug: DrugId) -> Result<bool> {
    let query =
        sql("SELECT count(*) FROM drugs d LEFT JOIN drugs s ON s.id = d.same_as WHERE (d.schedule <> '' OR s.schedule <> '') AND d.id = ");
    Ok(tx.count(query.push_bind(drug)).await? > 0)
}

pub(super) async fn insert(tx: &mut Tx, order: &CareOrder) -> Result<(), DbError> {
    let (amount, unit) = order.amount.as_ref().map_or(("", ""), |dose| (dose.amount.as_str(), dose.unit.as_str()));
    let query = sql("INSERT INTO care_orders (id, admission_id, patient_id, clinic_id, kind, priority, mode, state, title, drug_id, dose, amount, unit,
            route, timing, times, first_now, interval_min, most_in_day, indication, two_person, starts_at, ends_at, sealed, answered, prescriber_id,
            ordered_at, ordered_by, signed_at, signed_by, key_id, signature, cosign_due, replaces, planned_until, dose_count)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29,
            $30, $31, $32, $33, $34, $35, $36)")
    .bind(order.id)
    .bind(order.admission_id)
    .bind(order.patient_id)
    .bind(order.clinic_id)
    .bind(order.kind)
    .bind(order.priority)
    .bind(order.mode)
    .bind(order.state)
    .bind(&order.title)
    .bind(order.drug_id)
    .bind(&order.dose)
    .bind(amount)
    .bind(unit)
    .bind(&order.route)
    .bind(order.timing)
    .bind(&order.times)
    .bind(order.first_now)
    .bind(order.interval_min)
    .bind(order.most_in_day)
    .bind(&order.indication)
    .bind(order.two_person)
    .bind(order.starts_at)
    .bind(order.ends_at)
    .bind(CARE_ORDERS.seal(order.id, order.patient_id, [order.instructions.as_str(), order.override_reason.as_str()]))
    .bind(&order.answered)
    .bind(order.prescriber_id)
    .bind(order.ordered_at)
    .bind(order.ordered_by)
    .bind(order.signed.as_ref().map(|signed| signed.at))
    .bind(order.signed.as_ref().map(|signed| signed.by))
    .bind(order.signed.as_ref().map(|signed| signed.key))
    .bind(order.signed.as_ref().map(|signed| signed.signature.clone()))
    .bind(order.cosign_due)
    .bind(order.replaces)
    .bind(order.planned_until)
    .bind(order.dose_count);
    tx.execute(query).await?;
    tx.changed(&CARE_ORDERS, order.id);
    holds::insert_rules(tx, order).await?;
    match &order.infusion {
        Some(infusion) => infusions::insert_order(tx, order, infusion).await,
        None => Ok(()),
    }
}

/// Sets the signature of an order that has none; returns `false` when it has one.
pub(super) async fn set_signed(tx: &mut Tx, order: Locked<CareOrderId>, signed: &SignedBytes) -> Result<bool> {
    let query = sql("UPDATE care_orders SET signed_at = $2, signed_by = $3, key_id = $4, signature = $5, version = version + 1
        WHERE id = $1 AND signed_at IS NULL")
    .bind(order.id())
    .bind(signed.at)
    .bind(signed.by)
    .bind(signed.key)
    .bind(signed.signature.clone());
    Ok(tx.execute(query).await? == 1)
}

/// A state of an order with its times.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewState {
    pub state: CareOrderState,
    pub held_at: Option<Instant>,
    pub resume_at: Option<Instant>,
    pub ended_at: Option<Instant>,
}

pub(super) async fn set_state(tx: &mut Tx, order: Locked<CareOrderId>, new: NewState) -> Result<(), DbError> {
    let query = sql("UPDATE care_orders SET state = $2, held_at = $3, resume_at = $4, ended_at = $5, version = version + 1 WHERE id = $1")
        .bind(order.id())
        .bind(new.state)
        .bind(new.held_at)
        .bind(new.resume_at)
        .bind(new.ended_at);
    tx.execute(query).await?;
    Ok(())
}

/// Records that the doses before this time have rows.
///
/// # Errors
/// When the database refuses.
pub async fn set_planned(tx: &mut Tx, order: Locked<CareOrderId>, until: Instant) -> Result<()> {
    let query = sql("UPDATE care_orders SET planned_until = $2 WHERE id = $1").bind(order.id()).bind(until);
    tx.execute(query).await?;
    Ok(())
}

/// An act on an order.
pub(super) struct NewAct<'n> {
    pub id: Uuid,
    pub act: CareAct,
    pub reason: Option<CareReason>,
    pub words: &'n str,
}

pub(super) async fn insert_act(tx: &mut Tx, order: &CareOrder, new: &NewAct<'_>, stamp: Stamp) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO care_order_acts (id, order_id, patient_id, act, reason, sealed, at, done_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.id)
    .bind(order.id)
    .bind(order.patient_id)
    .bind(new.act)
    .bind(new.reason)
    .bind(CARE_ORDER_ACTS.seal(new.id, order.patient_id, [new.words]))
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    tx.changed(&CARE_ORDER_ACTS, new.id);
    Ok(())
}

/// Whether the act with this key was done, and on which order.
pub(super) async fn act_done(tx: &mut Tx, key: Uuid) -> Result<Option<CareOrderId>> {
    let row: Option<(CareOrderId,)> = tx.optional(sql("SELECT order_id FROM care_order_acts WHERE id = ").push_bind(key)).await?;
    Ok(row.map(|(order,)| order))
}

/// An act on an order, for its history.
#[derive(Clone, Debug)]
pub struct ActRow {
    pub order: CareOrderId,
    pub act: CareAct,
    pub reason: Option<CareReason>,
    pub words: String,
    pub at: Instant,
    pub by: String,
}

#[derive(sqlx::FromRow)]
struct SealedAct {
    id: Uuid,
    order_id: CareOrderId,
    patient_id: PatientId,
    act: CareAct,
    reason: Option<CareReason>,
    sealed: Sealed,
    at: Instant,
    done_by: String,
}

/// Returns the acts on the orders of an admission, in order.
///
/// # Errors
/// When the database refuses.
pub async fn acts(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<ActRow>> {
    let query = sql("SELECT a.id, a.order_id, a.patient_id, a.act, a.reason, a.sealed, a.at, u.display_name AS done_by
        FROM care_orders o JOIN care_order_acts a ON a.order_id = o.id JOIN users u ON u.id = a.done_by WHERE o.admission_id = ")
    .push_bind(admission)
    .push(" ORDER BY a.at, a.id");
    let rows: Vec<SealedAct> = tx.all(query).await?;
    let open = |row: SealedAct| {
        let [words] = CARE_ORDER_ACTS.open(tx.keys(), row.id, row.patient_id, &row.sealed)?;
        Ok(ActRow { order: row.order_id, act: row.act, reason: row.reason, words, at: row.at, by: row.done_by })
    };
    rows.into_iter().map(open).collect()
}

/// An order that was given by phone and is not signed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ToSign {
    pub id: CareOrderId,
    pub patient_id: PatientId,
    pub title: String,
    pub dose: String,
    pub ordered_at: Instant,
    pub orderer: String,
    pub prescriber_id: UserId,
    pub prescriber: String,
    pub cosign_due: Option<Instant>,
    /// The name of the protocol by which it was started.
    pub protocol: Option<String>,
}

/// Returns the unsigned orders of a clinic: those of one prescriber, or all. The ones due first come first.
///
/// # Errors
/// When the database refuses.
pub async fn to_sign(tx: &mut Tx, clinic: ClinicId, prescriber: Option<UserId>) -> Result<Vec<ToSign>> {
    let mut query = sql("SELECT o.id, o.patient_id, o.title, o.dose, o.ordered_at, w.display_name AS orderer, o.prescriber_id,
            p.display_name AS prescriber, o.cosign_due, n.name AS protocol
        FROM care_orders o JOIN users p ON p.id = o.prescriber_id JOIN users w ON w.id = o.ordered_by
        LEFT JOIN order_protocols t ON t.order_id = o.id LEFT JOIN ward_protocols n ON n.id = t.protocol_id WHERE o.signed_at IS NULL AND o.clinic_id = ")
    .push_bind(clinic);
    if let Some(prescriber) = prescriber {
        query = query.push(" AND o.prescriber_id = ").push_bind(prescriber);
    }
    Ok(tx.all(query.push(" ORDER BY o.cosign_due, o.id LIMIT 200")).await?)
}

/// The query for the number of orders that wait for a prescriber's signature.
pub fn count_to_sign(clinic: ClinicId, prescriber: UserId) -> Sql {
    let query = sql("SELECT count(*) FROM care_orders WHERE signed_at IS NULL AND clinic_id = ").push_bind(clinic);
    query.push(" AND prescriber_id = ").push_bind(prescriber)
}

/// A user who may give an order by phone.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PrescriberRow {
    pub id: UserId,
    pub name: String,
}

pub(super) async fn names(tx: &mut Tx, users: &[UserId]) -> Result<Vec<PrescriberRow>> {
    let query = sql("SELECT id, display_name AS name FROM users WHERE id IN ").push_list(users.iter().copied());
    Ok(tx.all(query.push(" ORDER BY display_name, id")).await?)
}

/// Returns the active orders whose doses have rows for less than the time ahead.
///
/// # Errors
/// When the database refuses.
pub async fn to_plan(tx: &mut Tx, before: Instant, limit: i64) -> Result<Vec<(CareOrderId, AdmissionId)>> {
    let query = sql("SELECT id, admission_id FROM care_orders WHERE state = 'active' AND planned_until IS NOT NULL AND planned_until < ")
        .push_bind(before);
    Ok(tx.all(query.push(" ORDER BY planned_until LIMIT ").push_bind(limit)).await?)
}

/// Returns the active orders whose time is over. An order of a number of doses waits until the last one can no longer be given late.
///
/// # Errors
/// When the database refuses.
pub async fn completed(tx: &mut Tx, now: Instant, limit: i64) -> Result<Vec<(CareOrderId, AdmissionId)>> {
    let query =
        sql("SELECT id, admission_id FROM care_orders WHERE state = 'active' AND ends_at IS NOT NULL AND ends_at <= ").push_bind(now);
    let query = query
        .push(
            " AND NOT EXISTS (SELECT 1 FROM doses d WHERE d.order_id = care_orders.id AND (d.state = 'due'
            OR (care_orders.dose_count IS NOT NULL AND d.state IN ('held', 'refused', 'not_available')
              AND NOT EXISTS (SELECT 1 FROM doses x WHERE x.order_id = d.order_id AND x.due_at > d.due_at) AND d.due_at > ",
        )
        .push_bind(now - chrono::Duration::hours(LAST_HOURS));
    Ok(tx.all(query.push("))) ORDER BY ends_at LIMIT ").push_bind(limit)).await?)
}

/// Returns the orders on hold that are to go on by now.
///
/// # Errors
/// When the database refuses.
pub async fn resuming(tx: &mut Tx, now: Instant, limit: i64) -> Result<Vec<(CareOrderId, AdmissionId)>> {
    let query =
        sql("SELECT id, admission_id FROM care_orders WHERE state = 'on_hold' AND resume_at IS NOT NULL AND resume_at <= ").push_bind(now);
    Ok(tx.all(query.push(" ORDER BY resume_at LIMIT ").push_bind(limit)).await?)
}
