//! The acts on a recall.

use std::collections::BTreeSet;

use super::{
    RECALLS, RecallPatientState, RecallSource, RecallState, ToldWay,
    store::{self, NewRecall, Recall},
};
use crate::{
    audit::Action,
    core::{ClinicId, Error, Permission, RecallId, RecallNoticeId, RecallPatientId, Result, Stamp, StockBatchId, StockItemId},
    db::{DbError, Locked, Tx},
    inventory::{self, BatchStatus},
    pharmacy,
    server::{Ctx, Event},
    tr,
};

/// The most hand-overs of a batch that are read at once.
const PART: i64 = 500;

/// A notice as a person typed it.
#[derive(Clone, Debug)]
pub(super) struct NewNotice {
    pub item: StockItemId,
    pub batches: Vec<StockBatchId>,
    pub source: RecallSource,
    pub reference: String,
    pub reason: String,
}

/// Reads a recall of the user's clinics.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's.
pub(super) async fn at_clinic(ctx: &mut Ctx, permission: Permission, id: RecallId) -> Result<Recall> {
    let recall = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, recall.clinic_id)?;
    Ok(recall)
}

fn did(ctx: &mut Ctx, action: Action, recall: &Recall) {
    ctx.did(action, "recall", recall.id, None);
    ctx.tell(Event::new(&RECALLS).at(recall.clinic_id));
}

/// Announces a recall at the user's clinic and at every other one that has, or had, something of the batches. The same id again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when the id belongs to another recall.
pub(super) async fn announce(ctx: &mut Ctx, id: RecallId, notice: &NewNotice) -> Result<()> {
    ctx.tx.take_turn("recall", &id.to_string()).await?;
    let clinic = ctx.clinic.id;
    if let Some(there) = store::find(&mut ctx.tx, id).await? {
        return if there.clinic_id == clinic && there.item_id == notice.item { Ok(()) } else { Err(Error::key_used()) };
    }
    inventory::item(&mut ctx.tx, notice.item).await?.ok_or(Error::NotFound)?;
    if notice.batches.is_empty() {
        return Err(Error::conflict(tr!(recalls.choose_batches)));
    }
    let stamp = ctx.stamp();
    let mut clinics = store::clinics_of(&mut ctx.tx, &notice.batches).await?;
    clinics.retain(|other| *other != clinic);
    let shared = RecallNoticeId::new();
    for (at, clinic) in std::iter::once(clinic).chain(clinics).enumerate() {
        let new = NewRecall {
            id: if at == 0 { id } else { RecallId::new() },
            notice: shared,
            clinic,
            item: notice.item,
            source: notice.source,
            reference: notice.reference.clone(),
            reason: notice.reason.clone(),
        };
        store::insert(&mut ctx.tx, &new, stamp).await?;
        for batch in &notice.batches {
            let foreign = |error: DbError| if error.violates("recall_batches_fixed") { Error::NotFound } else { error.into() };
            store::insert_batch(&mut ctx.tx, new.id, *batch).await.map_err(foreign)?;
        }
        ctx.did(Action::Create, "recall", new.id, None);
        ctx.tell(Event::new(&RECALLS).at(clinic));
    }
    Ok(())
}

async fn take_step(ctx: &mut Ctx, lock: Locked<RecallId>, recall: &Recall, next: RecallState) -> Result<()> {
    let stamp = ctx.stamp();
    let refused = |error: DbError| {
        if error.violates("recalls_settled") {
            return Error::conflict(tr!(recalls.not_settled));
        }
        if error.violates("recalls_moves") { Error::conflict(tr!(errors.newer_version)) } else { error.into() }
    };
    if !store::step(&mut ctx.tx, lock, recall.version, next, stamp).await.map_err(refused)? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    did(ctx, Action::Update, recall);
    Ok(())
}

/// Blocks the stock: the batches are recalled in all storerooms of all clinics, and every recall of the notice is one step further.
///
/// # Errors
/// [`Error::Conflict`] when it was done already.
pub(super) async fn block(ctx: &mut Ctx, id: RecallId) -> Result<()> {
    let recall = at_clinic(ctx, Permission::ManageStock, id).await?;
    let ids: Vec<RecallId> = store::of_notice(&mut ctx.tx, recall.notice_id).await?.iter().map(|recall| recall.id).collect();
    let locks = ctx.tx.lock_all(ids).await?;
    let all = store::of_notice(&mut ctx.tx, recall.notice_id).await?;
    if all.iter().any(|recall| recall.id == id && recall.state != RecallState::Announced) {
        return Err(Error::conflict(tr!(recalls.blocked_already)));
    }
    let why: String = format!("{}: {}", recall.reference, recall.reason).chars().take(500).collect();
    for batch in store::batches(&mut ctx.tx, id).await? {
        // A batch that was recalled on the page of its item stays so.
        if batch.status != BatchStatus::Recalled {
            inventory::set_status(ctx, batch.id, batch.version, BatchStatus::Recalled, &why).await?;
        }
    }
    for lock in locks {
        if let Some(recall) = all.iter().find(|recall| recall.id == lock.id() && recall.state == RecallState::Announced) {
            take_step(ctx, lock, recall, RecallState::Quarantined).await?;
        }
    }
    Ok(())
}

/// Looks for the patients who got something of the batches at the clinic. It can be repeated: a dose may be entered later from paper.
///
/// # Errors
/// [`Error::Conflict`] before the stock is blocked, and after the end.
pub(super) async fn trace(ctx: &mut Ctx, id: RecallId) -> Result<()> {
    at_clinic(ctx, Permission::Dispense, id).await?;
    let lock = ctx.tx.lock(id).await?;
    let recall = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if !matches!(recall.state, RecallState::Quarantined | RecallState::Traced) {
        return Err(Error::conflict(tr!(recalls.not_now)));
    }
    let mut patients = BTreeSet::new();
    for batch in store::batches(&mut ctx.tx, id).await? {
        let mut skip = 0;
        loop {
            let found = pharmacy::who_got(&mut ctx.tx, batch.id, recall.clinic_id, PART, skip).await?;
            let is_last = i64::try_from(found.len()).unwrap_or_default() < PART;
            patients.extend(found.into_iter().map(|recipient| recipient.patient_id));
            if is_last {
                break;
            }
            skip += PART;
        }
    }
    let now = ctx.now;
    for patient in patients {
        store::insert_patient(&mut ctx.tx, &recall, patient, now).await?;
    }
    if recall.state == RecallState::Quarantined {
        return take_step(ctx, lock, &recall, RecallState::Traced).await;
    }
    did(ctx, Action::Update, &recall);
    Ok(())
}

/// Records that a patient was told (`way`), or could not be reached (`None`).
///
/// # Errors
/// [`Error::Conflict`] when another user recorded it first, or the recall is closed.
pub(super) async fn settle(ctx: &mut Ctx, id: RecallPatientId, way: Option<ToldWay>) -> Result<RecallId> {
    let patient = store::patient(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let recall = at_clinic(ctx, Permission::Dispense, patient.recall_id).await?;
    ctx.reach([patient.patient_id]).await?;
    ctx.tx.lock(recall.id).await?;
    let state = if way.is_some() { RecallPatientState::Told } else { RecallPatientState::NotReached };
    let stamp = ctx.stamp();
    let refused = |error: DbError| {
        let is_late = error.violates("recall_patients_fixed") || error.violates("recall_patients_open");
        if is_late { Error::conflict(tr!(recalls.settled_already)) } else { error.into() }
    };
    if !store::settle(&mut ctx.tx, &patient, (state, way), stamp).await.map_err(refused)? {
        return Err(Error::conflict(tr!(recalls.settled_already)));
    }
    ctx.did(Action::Update, "recall_patient", id, Some(patient.patient_id));
    ctx.tell(Event::new(&RECALLS).at(recall.clinic_id));
    Ok(recall.id)
}

/// Closes a recall.
///
/// # Errors
/// [`Error::Conflict`] while something of the batches is left, a patient waits to be told, or the patients were not looked for.
pub(super) async fn close(ctx: &mut Ctx, id: RecallId) -> Result<()> {
    at_clinic(ctx, Permission::ManageStock, id).await?;
    let lock = ctx.tx.lock(id).await?;
    let recall = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if recall.state != RecallState::Traced {
        return Err(Error::conflict(tr!(recalls.not_now)));
    }
    take_step(ctx, lock, &recall, RecallState::Closed).await
}

/// Writes a recall of the batches of an item that are recalled already, with its stock blocked: the demo.
///
/// # Errors
/// When the database refuses.
pub async fn stock_recall(tx: &mut Tx, clinic: ClinicId, item: StockItemId, (reference, reason): (&str, &str), stamp: Stamp) -> Result<()> {
    let mut batches = store::batches_of_item(tx, item, PART).await?;
    batches.retain(|batch| batch.status == BatchStatus::Recalled);
    let new = NewRecall {
        id: RecallId::new(),
        notice: RecallNoticeId::new(),
        clinic,
        item,
        source: RecallSource::Maker,
        reference: reference.to_owned(),
        reason: reason.to_owned(),
    };
    store::insert(tx, &new, stamp).await?;
    for batch in batches {
        store::insert_batch(tx, new.id, batch.id).await?;
    }
    let lock = tx.lock(new.id).await?;
    store::step(tx, lock, 1, RecallState::Quarantined, stamp).await?;
    Ok(())
}
