//! The SQL of shifts, counts and cash moves.

use crate::{
    core::{CashMoveId, ClinicId, Error, Money, Result, ServicePointId, Stamp, TillShiftId, UserId, time::Instant},
    db::{DbError, Lockable, Locked, Tx, Value, sql},
    tr,
};

use super::{CashCount, CashMove, CashMoveKind, CashMoveState, CountMoment, TillShift, TillState};
use crate::billing::Method;

impl Lockable for TillShiftId {
    const TABLE: &'static str = "till_shifts";
}

impl Lockable for CashMoveId {
    const TABLE: &'static str = "cash_moves";
}

/// The result of a count for one method.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TillResult {
    pub moment: CountMoment,
    pub method: Method,
    pub expected: Money,
    pub counted: Money,
    pub difference: Money,
    pub reason: String,
}

/// Turns the refusals of the schema's guards into sentences.
fn refused(error: DbError) -> Error {
    for (guard, words) in [
        ("till_shift_not_open", tr!(till.shift_not_open)),
        ("till_cash_short", tr!(till.cash_short)),
        ("till_cash_in_transit", tr!(till.in_transit_first)),
        ("till_refunds_asked", tr!(till.refunds_first)),
        ("till_difference_unexplained", tr!(till.explain_first)),
        ("till_shift_step", tr!(till.step_taken)),
        ("till_counts_kept", tr!(till.step_taken)),
        ("cash_moves_kept", tr!(till.move_ended)),
        ("till_shifts_second_person", tr!(till.second_person)),
        ("cash_moves_second_person", tr!(till.second_person)),
    ] {
        if error.violates(guard) {
            return Error::conflict(words);
        }
    }
    error.into()
}

const SHIFT: &str =
    "SELECT s.id, s.clinic_id, p.name AS point, s.cashier_id, u.display_name AS cashier, s.state, s.float_amount, s.opened_at,
        s.closing_at, s.counted_at, s.counted_by, k.display_name AS counter, s.handed_over_at, s.received_at, s.received_by,
        r.display_name AS receiver, s.closed_at
    FROM till_shifts s JOIN users u ON u.id = s.cashier_id LEFT JOIN service_points p ON p.id = s.point_id
    LEFT JOIN users k ON k.id = s.counted_by LEFT JOIN users r ON r.id = s.received_by ";

pub(super) async fn current(tx: &mut Tx, cashier: UserId, clinic: ClinicId) -> Result<Option<TillShift>> {
    let query = sql(SHIFT)
        .push("WHERE s.cashier_id = ")
        .push_bind(cashier)
        .push(" AND s.clinic_id = ")
        .push_bind(clinic)
        .push(" AND s.state IN ('open', 'closing')");
    Ok(tx.optional(query).await?)
}

/// Returns one shift.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn shift(tx: &mut Tx, id: TillShiftId) -> Result<TillShift> {
    tx.optional(sql(SHIFT).push("WHERE s.id = ").push_bind(id)).await?.ok_or(Error::NotFound)
}

/// Returns the clinic's shifts that are not closed, and those closed since a time, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn shifts_at(tx: &mut Tx, clinic: ClinicId, since: Instant) -> Result<Vec<TillShift>> {
    let query = sql(SHIFT)
        .push("WHERE s.clinic_id = ")
        .push_bind(clinic)
        .push(" AND (s.state <> 'closed' OR s.closed_at >= ")
        .push_bind(since)
        .push(") ORDER BY s.opened_at DESC, s.id DESC LIMIT 200");
    Ok(tx.all(query).await?)
}

/// Inserts an open shift with the count of its float.
pub(super) async fn insert(
    tx: &mut Tx,
    (id, clinic, point, cashier): (TillShiftId, ClinicId, Option<ServicePointId>, UserId),
    float: &CashCount,
    now: Instant,
) -> Result<()> {
    let query = sql("INSERT INTO till_shifts (id, clinic_id, point_id, cashier_id, state, float_amount, opened_at)
        VALUES ($1, $2, $3, $4, 'open', $5, $6)")
    .bind(id)
    .bind(clinic)
    .bind(point)
    .bind(cashier)
    .bind(float.total())
    .bind(now);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => return Err(Error::conflict(tr!(till.already_open))),
        done => done.map(|_| ()).map_err(refused)?,
    }
    insert_count(tx, id, CountMoment::Open, float).await
}

pub(super) async fn insert_count(tx: &mut Tx, shift: TillShiftId, moment: CountMoment, count: &CashCount) -> Result<()> {
    if count.0.is_empty() {
        return Ok(());
    }
    let rows = count.0.iter().map(|(denomination, pieces)| {
        vec![Value::from(shift), Value::Text(Some(moment.as_str().to_owned())), (*denomination).into(), (*pieces).into()]
    });
    let query = sql("INSERT INTO till_counts (shift_id, moment, denomination, pieces) VALUES ").push_rows(rows);
    tx.execute(query).await.map(|_| ()).map_err(refused)
}

pub(super) async fn insert_result(
    tx: &mut Tx,
    shift: TillShiftId,
    moment: CountMoment,
    (method, expected, counted): (Method, Money, Money),
) -> Result<()> {
    let query = sql("INSERT INTO till_results (shift_id, moment, method, expected, counted) VALUES ($1, $2, $3, $4, $5)")
        .bind(shift)
        .bind(moment)
        .bind(method)
        .bind(expected)
        .bind(counted);
    tx.execute(query).await.map(|_| ()).map_err(refused)
}

pub(super) async fn set_reason(tx: &mut Tx, shift: TillShiftId, method: Method, reason: &str) -> Result<()> {
    let query = sql("UPDATE till_results SET reason = $3 WHERE shift_id = $1 AND method = $2 AND moment = 'hand_over'")
        .bind(shift)
        .bind(method)
        .bind(reason);
    tx.execute(query).await.map(|_| ()).map_err(refused)
}

/// Returns the pieces of a count, from the largest.
///
/// # Errors
/// When the database refuses.
pub async fn counts(tx: &mut Tx, shift: TillShiftId, moment: CountMoment) -> Result<CashCount> {
    let query = sql("SELECT denomination, pieces FROM till_counts WHERE shift_id = $1 AND moment = $2 ORDER BY denomination DESC")
        .bind(shift)
        .bind(moment);
    Ok(CashCount(tx.all(query).await?))
}

/// Returns the results of the counts of a shift.
///
/// # Errors
/// When the database refuses.
pub async fn results(tx: &mut Tx, shift: TillShiftId) -> Result<Vec<TillResult>> {
    let query =
        sql("SELECT moment, method, expected, counted, difference, reason FROM till_results WHERE shift_id = $1 ORDER BY moment, method")
            .bind(shift);
    Ok(tx.all(query).await?)
}

/// Returns what a shift must have, by method: float, payments and cash moves.
///
/// # Errors
/// When the database refuses.
pub async fn takings(tx: &mut Tx, shift: TillShiftId) -> Result<Vec<(Method, Money)>> {
    let query =
        sql("SELECT method, CAST(sum(amount) AS BIGINT) FROM till_entries WHERE shift_id = $1 GROUP BY method ORDER BY method").bind(shift);
    Ok(tx.all(query).await?)
}

const MOVE: &str = "SELECT m.id, m.shift_id, m.kind, m.to_shift_id, m.amount, m.party, m.reason, m.state, m.sent_at, m.sent_by,
        u.display_name AS sender, t.display_name AS recipient
    FROM cash_moves m JOIN users u ON u.id = m.sent_by LEFT JOIN till_shifts o ON o.id = m.to_shift_id LEFT JOIN users t ON t.id = o.cashier_id ";

pub(super) async fn cash_move(tx: &mut Tx, id: CashMoveId) -> Result<CashMove> {
    tx.optional(sql(MOVE).push("WHERE m.id = ").push_bind(id)).await?.ok_or(Error::NotFound)
}

/// Returns the cash moves from and to a shift, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn moves(tx: &mut Tx, shift: TillShiftId) -> Result<Vec<CashMove>> {
    let query = sql(MOVE)
        .push("WHERE m.shift_id = ")
        .push_bind(shift)
        .push(" OR m.to_shift_id = ")
        .push_bind(shift)
        .push(" ORDER BY m.sent_at, m.id");
    Ok(tx.all(query).await?)
}

/// Returns the drops of the clinic that are on the way to the safe.
///
/// # Errors
/// When the database refuses.
pub async fn in_transit(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<CashMove>> {
    let query = sql(MOVE)
        .push("JOIN till_shifts f ON f.id = m.shift_id WHERE m.state = 'sent' AND m.kind = 'drop' AND f.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY m.sent_at, m.id");
    Ok(tx.all(query).await?)
}

/// Counts the rows that break a rule of `infirmary check`.
pub(super) async fn broken(tx: &mut Tx, question: &'static str) -> Result<i64> {
    Ok(tx.count(sql(question)).await?)
}

/// A new cash move.
#[derive(Debug)]
pub(super) struct NewMove<'m> {
    pub id: CashMoveId,
    pub shift: Locked<TillShiftId>,
    pub kind: CashMoveKind,
    pub to: Option<TillShiftId>,
    pub amount: Money,
    pub party: &'m str,
    pub reason: &'m str,
}

pub(super) async fn insert_move(tx: &mut Tx, new: &NewMove<'_>, stamp: Stamp) -> Result<()> {
    let in_transit = matches!(new.kind, CashMoveKind::Drop | CashMoveKind::Transfer);
    let (state, received_at, received_by) =
        if in_transit { (CashMoveState::Sent, None, None) } else { (CashMoveState::Received, Some(stamp.at), Some(stamp.by)) };
    let query = sql(
        "INSERT INTO cash_moves (id, shift_id, kind, to_shift_id, amount, party, reason, state, sent_at, sent_by, received_at, received_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(new.id)
    .bind(new.shift.id())
    .bind(new.kind)
    .bind(new.to)
    .bind(new.amount)
    .bind(new.party)
    .bind(new.reason)
    .bind(state)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(Value::Instant(received_at))
    .bind(received_by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Err(Error::key_used()),
        done => done.map(|_| ()).map_err(refused),
    }
}

pub(super) async fn receive_move(tx: &mut Tx, id: Locked<CashMoveId>, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE cash_moves SET state = 'received', received_at = $2, received_by = $3 WHERE id = $1")
        .bind(id.id())
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map(|_| ()).map_err(refused)
}

pub(super) async fn withdraw_move(tx: &mut Tx, id: Locked<CashMoveId>, now: Instant) -> Result<()> {
    let query = sql("UPDATE cash_moves SET state = 'withdrawn', withdrawn_at = $2 WHERE id = $1").bind(id.id()).bind(now);
    tx.execute(query).await.map(|_| ()).map_err(refused)
}

/// The next step of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Closing,
    Reopened,
    Counted,
    HandedOver,
    Received,
    Closed,
}

pub(super) async fn step(tx: &mut Tx, shift: Locked<TillShiftId>, next: Next, stamp: Stamp) -> Result<()> {
    let set = match next {
        Next::Closing => "UPDATE till_shifts SET state = 'closing', closing_at = $2, closing_by = $3, version = version + 1 WHERE id = $1",
        Next::Reopened => {
            "UPDATE till_shifts SET state = 'open', closing_at = NULL, closing_by = NULL, version = version + 1 WHERE id = $1"
        }
        Next::Counted => "UPDATE till_shifts SET counted_at = $2, counted_by = $3, version = version + 1 WHERE id = $1",
        Next::HandedOver => "UPDATE till_shifts SET state = 'handed_over', handed_over_at = $2, version = version + 1 WHERE id = $1",
        Next::Received => {
            "UPDATE till_shifts SET state = 'received', received_at = $2, received_by = $3, version = version + 1 WHERE id = $1"
        }
        Next::Closed => "UPDATE till_shifts SET state = 'closed', closed_at = $2, closed_by = $3, version = version + 1 WHERE id = $1",
    };
    let mut query = sql(set).bind(shift.id());
    if next != Next::Reopened {
        query = query.bind(stamp.at);
    }
    if matches!(next, Next::Closing | Next::Counted | Next::Received | Next::Closed) {
        query = query.bind(stamp.by);
    }
    tx.execute(query).await.map(|_| ()).map_err(refused)
}

/// Returns the open tills of colleagues at the clinic, to which cash can be sent.
///
/// # Errors
/// When the database refuses.
pub async fn colleagues(tx: &mut Tx, clinic: ClinicId, but: TillShiftId) -> Result<Vec<TillShift>> {
    let query = sql(SHIFT)
        .push("WHERE s.state = ")
        .push_bind(TillState::Open)
        .push(" AND s.clinic_id = ")
        .push_bind(clinic)
        .push(" AND s.id <> ")
        .push_bind(but)
        .push(" ORDER BY u.display_name");
    Ok(tx.all(query).await?)
}
