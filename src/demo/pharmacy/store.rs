//! The SQL of the demo's pharmacy: each row takes the same way through its states as in the program, with all guards active.

use chrono::NaiveDate;

use crate::{
    core::{
        ClinicId, DispenseId, PatientId, PrescriptionId, PriceItemId, RegisterCheckId, Stamp, StockItemId, StoreroomId, SupplyId,
        SupplyPauseId, UserId, VisitId, time::Instant,
    },
    db::{DbError, Tx, sql},
    inventory::{GoodsKind, Posted, RoomKind},
    keys::SUPPLY_PAUSES,
    pharmacy::SupplyState,
};

/// A signed prescription.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct ToSupply {
    pub id: PrescriptionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub visit_id: Option<VisitId>,
    pub drug: String,
    pub signed_at: Instant,
    pub prescribed_by: UserId,
}

pub(super) async fn user(tx: &mut Tx, login: &str) -> Result<Option<UserId>, DbError> {
    let row: Option<(UserId,)> = tx.optional(sql("SELECT id FROM users WHERE login = ").push_bind(login)).await?;
    Ok(row.map(|(user,)| user))
}

pub(super) async fn room(
    tx: &mut Tx,
    id: StoreroomId,
    clinic: ClinicId,
    (code, name, kind): (&str, &str, RoomKind),
    now: Instant,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO storerooms (id, clinic_id, code, name, kind, created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7)")
    .bind(id)
    .bind(clinic)
    .bind(code)
    .bind(name)
    .bind(kind)
    .bind(now)
    .bind(UserId::SYSTEM);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn goods(
    tx: &mut Tx,
    id: StockItemId,
    (code, name, name_es, kind): (&str, &str, &str, GoodsKind),
    now: Instant,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO stock_items (id, code, kind, name, name_es, unit, created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, 'piece', $6, $7, $6, $7)")
    .bind(id)
    .bind(code)
    .bind(kind)
    .bind(name)
    .bind(name_es)
    .bind(now)
    .bind(UserId::SYSTEM);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn low(tx: &mut Tx, store: StoreroomId, item: StockItemId, low_at: i64) -> Result<(), DbError> {
    let query = sql("UPDATE store_items SET low_at = $3 WHERE store_id = $1 AND item_id = $2").bind(store).bind(item).bind(low_at);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn recall(tx: &mut Tx, item: StockItemId, reason: &str, stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("UPDATE stock_batches SET status = 'recalled', status_reason = $2, status_at = $3, status_by = $4, version = version + 1
        WHERE item_id = $1 AND batch_no LIKE 'P%'")
        .bind(item)
        .bind(reason)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn signed(tx: &mut Tx, clinic: ClinicId, since: Instant) -> Result<Vec<ToSupply>, DbError> {
    let query = sql("SELECT p.id, p.patient_id, e.clinic_id, e.visit_id, p.drug, p.prescribed_at AS signed_at, p.prescribed_by
        FROM prescriptions p JOIN encounters e ON e.id = p.encounter_id
        WHERE p.state = 'active' AND e.state = 'finished' AND e.visit_id IS NOT NULL AND e.kind = 'outpatient' AND p.prescribed_at >= $1
            AND e.clinic_id = $2 ORDER BY p.prescribed_at, p.id LIMIT 24")
    .bind(since)
    .bind(clinic);
    tx.all(query).await
}

pub(super) async fn supply(tx: &mut Tx, id: SupplyId, line: &ToSupply, clinic: ClinicId) -> Result<(), DbError> {
    let query = sql("INSERT INTO supplies (id, patient_id, clinic_id, state, signed_at, updated_at, updated_by)
        VALUES ($1, $2, $3, 'to_verify', $4, $4, $5)")
    .bind(id)
    .bind(line.patient_id)
    .bind(clinic)
    .bind(line.signed_at)
    .bind(line.prescribed_by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn refuse(tx: &mut Tx, id: SupplyId, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE supplies SET state = 'refused', refusal = 'not_kept', updated_at = $2, updated_by = $3, version = version + 1 WHERE id = $1")
        .bind(id)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Puts a prescription on hold for three days, or asks its prescriber.
pub(super) async fn pause(
    tx: &mut Tx,
    (id, line): (SupplyId, &ToSupply),
    (state, today): (SupplyState, NaiveDate),
    stamp: Stamp,
) -> Result<(), DbError> {
    let (pause, asks) = (SupplyPauseId::new(), state == SupplyState::Queried);
    let words =
        if asks { "The patient says that she already takes this every day. Is it meant besides?" } else { "Comes back for it on pay day" };
    let query = sql("INSERT INTO supply_pauses (id, supply_id, patient_id, clinic_id, kind, until_on, asked_id, sealed, at, by_user)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
    .bind(pause)
    .bind(id)
    .bind(line.patient_id)
    .bind(line.clinic_id)
    .bind(state)
    .bind((!asks).then(|| today + chrono::Duration::days(3)))
    .bind(asks.then_some(line.prescribed_by))
    .bind(SUPPLY_PAUSES.seal(pause, line.patient_id, [words, ""]))
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    let query = sql("UPDATE supplies SET state = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE id = $1")
        .bind(id)
        .bind(state)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn verify(tx: &mut Tx, id: SupplyId, (item, ordered): (StockItemId, i64), stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("UPDATE supplies SET state = 'verified', item_id = $2, ordered = $3, verified_at = $4, verified_by = $5, updated_at = $4,
            updated_by = $5, version = version + 1 WHERE id = $1")
        .bind(id)
        .bind(item)
        .bind(ordered)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn count(tx: &mut Tx, id: SupplyId, dispensed: i64, state: SupplyState, stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("UPDATE supplies SET dispensed = $2, state = $3, updated_at = $4, updated_by = $5, version = version + 1 WHERE id = $1")
            .bind(id)
            .bind(dispensed)
            .bind(state)
            .bind(stamp.at)
            .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn dispense(
    tx: &mut Tx,
    key: DispenseId,
    (id, line): (SupplyId, &ToSupply),
    quantity: i64,
    posted: &[Posted],
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO dispenses (id, supply_id, patient_id, clinic_id, quantity, identified_by, at, by_user)
        VALUES ($1, $2, $3, $4, $5, 'name_and_birth', $6, $7)")
    .bind(key)
    .bind(id)
    .bind(line.patient_id)
    .bind(line.clinic_id)
    .bind(quantity)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    for part in posted {
        let query = sql("INSERT INTO dispense_lines (id, dispense_id, patient_id, batch_id, quantity) VALUES ($1, $2, $3, $4, $5)")
            .bind(part.id)
            .bind(key)
            .bind(line.patient_id)
            .bind(part.batch)
            .bind(part.quantity);
        tx.execute(query).await?;
    }
    Ok(())
}

pub(super) async fn price_item(tx: &mut Tx, code: &str) -> Result<Option<PriceItemId>, DbError> {
    let found: Option<(PriceItemId,)> =
        tx.optional(sql("SELECT id FROM price_items WHERE upper(code) = ").push_bind(code.to_uppercase())).await?;
    Ok(found.map(|(id,)| id))
}

/// Records a count of a controlled medicine by two people, short by some units. An item without a register is not counted.
pub(super) async fn check_register(
    tx: &mut Tx,
    (room, item): (StoreroomId, StockItemId),
    short: i64,
    (at, counter, witness): (Instant, UserId, UserId),
) -> Result<(), DbError> {
    let query = sql("INSERT INTO register_checks (id, store_id, item_id, number, expected, counted, state, occasion, at, counted_by, witness_id)
        SELECT $1, e.store_id, e.item_id, e.number, e.balance, e.balance - $4, CASE WHEN $4 = 0 THEN 'agreed' ELSE 'open' END, 'shift', $5, $6, $7
        FROM register_entries e WHERE e.store_id = $2 AND e.item_id = $3 AND e.balance >= $4 AND e.number = (SELECT max(l.number)
            FROM register_entries l WHERE l.store_id = e.store_id AND l.item_id = e.item_id)")
    .bind(RegisterCheckId::new())
    .bind(room)
    .bind(item)
    .bind(short)
    .bind(at)
    .bind(counter)
    .bind(witness);
    tx.execute(query).await?;
    Ok(())
}
