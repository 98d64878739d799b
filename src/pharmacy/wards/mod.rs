//! Medicines for a named patient on a ward: the pharmacy hands out units for an order of the stay, and they are charged to the patient. What the ward
//! gives back is taken off again.

mod store;

use chrono::NaiveDate;

use super::{
    PHARMACY,
    charging::{self, HandedOut},
};
use crate::{
    audit::Action,
    core::{
        AdmissionId, CareOrderId, ClinicId, DrugId, Error, MovementId, PatientId, Permission, Result, StockBatchId, StockDocumentId,
        StockItemId, StoreroomId, UserId,
        list::{Slice, offset},
        time::Instant,
    },
    inventory::{self, BatchStatus, NewDocument, RoomKind, StockDocumentKind, StockUnit, transit::back::BackCondition},
    medicine_record,
    patients::PatientName,
    server::{Ctx, Event, department::ChargeSource, hooks::OnWard},
    tr,
};

pub use store::{parts, supplied};

/// Units that were supplied for a patient on a ward; its id is the document's.
pub static WARD_SUPPLY: ChargeSource = ChargeSource { kind: "ward_supply", words: || tr!(pharmacy.source_ward) };

/// An active medicine order of a patient on a ward.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WardOrder {
    pub id: CareOrderId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub patient_name: PatientName,
    pub mrn: String,
    pub clinic_id: ClinicId,
    pub ward: String,
    pub title: String,
    pub dose: String,
    pub drug_id: DrugId,
    pub prescriber: String,
    pub prescriber_id: UserId,
    pub ordered_at: Instant,
    pub supplied_at: Option<Instant>,
}

/// Units that were supplied.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WardSupply {
    pub id: StockDocumentId,
    pub item_id: StockItemId,
    pub item_name: String,
    pub unit: StockUnit,
    pub quantity: i64,
    pub returned: i64,
    pub at: Instant,
    pub by_name: String,
    pub witness: Option<String>,
}

/// The part of a supply that came from one batch.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WardSupplyPart {
    /// The movement's id.
    pub id: MovementId,
    pub supply_id: StockDocumentId,
    pub store_id: StoreroomId,
    pub batch_id: StockBatchId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    pub quantity: i64,
    pub returned: i64,
}

/// Units that a ward gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WardReturn {
    /// Made with the form.
    pub key: StockDocumentId,
    pub movement: MovementId,
    pub quantity: i64,
    pub condition: BackCondition,
    pub note: String,
    pub witness: Option<UserId>,
}

/// Units to be supplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitsToSupply {
    /// Made with the form.
    pub key: StockDocumentId,
    pub room: StoreroomId,
    pub item: StockItemId,
    pub quantity: i64,
    /// The name of a medicine that looks or sounds like another was read on its pack.
    pub name_read: bool,
    pub witness: Option<UserId>,
}

/// Reads a page of the active medicine orders of a clinic's wards; those that were not supplied yet stand first.
///
/// # Errors
/// When the database refuses.
pub async fn page_of(ctx: &mut Ctx, page: Option<i64>) -> Result<Slice<WardOrder>> {
    let (page, skip) = offset(page);
    Ok(Slice::from_surplus(store::orders(&mut ctx.tx, ctx.clinic.id, skip).await?, page))
}

/// Returns an order of a clinic where the user dispenses.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's.
pub async fn shown(ctx: &mut Ctx, id: CareOrderId) -> Result<WardOrder> {
    let order = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::Dispense, order.clinic_id)?;
    Ok(order)
}

fn handed_out(order: &WardOrder, id: StockDocumentId, day: NaiveDate) -> HandedOut {
    HandedOut { source: &WARD_SUPPLY, id: id.0, patient: order.patient_id, clinic: order.clinic_id, visit: None, day }
}

/// Supplies units of an order. The same key again changes nothing; the answer is then `false`.
///
/// # Errors
/// [`Error::Conflict`] when the stock does not suffice, or the order has ended; [`Error::Invalid`] when the witness is missing.
pub async fn supply(ctx: &mut Ctx, id: CareOrderId, new: &UnitsToSupply) -> Result<bool> {
    let order = shown(ctx, id).await?;
    ctx.reach([order.patient_id]).await?;
    ctx.tx.lock(order.patient_id).await?;
    let room = inventory::room(&mut ctx.tx, new.room).await?.ok_or(Error::NotFound)?;
    if room.clinic_id != order.clinic_id || room.kind != RoomKind::Pharmacy || room.retired_at.is_some() {
        return Err(Error::invalid("storeroom", tr!(errors.choose)));
    }
    let (stamp, day) = (ctx.stamp(), ctx.today());
    let document = NewDocument { witness: new.witness, ..NewDocument::new(new.key, StockDocumentKind::Dispense, room.id) };
    if !inventory::begin(&mut ctx.tx, &document, stamp).await? {
        return Ok(false);
    }
    let items = inventory::items_of_drug(&mut ctx.tx, order.drug_id).await?;
    let item = items.into_iter().find(|item| item.id == new.item).ok_or_else(|| Error::invalid("item", tr!(errors.choose)))?;
    if item.is_controlled()
        && !new.witness.is_some_and(|witness| witness != stamp.by && ![stamp.by, witness].contains(&order.prescriber_id))
    {
        return Err(Error::invalid("witness", tr!(pharmacy.witness_needed)));
    }
    super::alike(ctx, &item, new.name_read).await?;
    store::insert(&mut ctx.tx, &order, new, stamp).await.map_err(|error| {
        if error.violates("ward_supplies_active") {
            Error::conflict(tr!(pharmacy.ended))
        } else if error.violates("ward_supplies_witnessed") || error.violates("ward_supplies_two_people") {
            Error::invalid("witness", tr!(pharmacy.witness_needed))
        } else {
            error.of_form_key()
        }
    })?;
    inventory::dispense(&mut ctx.tx, new.key, (room.id, item.id), (new.quantity, None), stamp.at, day).await?;
    charging::charge(ctx, &handed_out(&order, new.key, day), &item, new.quantity).await?;
    ctx.did(Action::Create, "ward_supply", new.key, Some(order.patient_id));
    ctx.tell(Event::new(&PHARMACY).at(order.clinic_id).of(order.patient_id));
    ctx.tell(Event::new(&inventory::STOCK).at(order.clinic_id));
    Ok(true)
}

/// Takes back a part of a batch that was supplied for a patient: unopened and in date it returns to the shelf that it came from, all else goes to the
/// quarantine. The charge is reduced, unless an invoice has it. The same key again changes nothing. Returns the order, and whether the cashier
/// must credit.
///
/// # Errors
/// [`Error::Conflict`] when the clinic has no quarantine; [`Error::Invalid`] when the patient has less, or the witness is missing.
pub async fn take_back(ctx: &mut Ctx, back: &WardReturn) -> Result<(CareOrderId, bool)> {
    let (id, order) = store::of_movement(&mut ctx.tx, back.movement).await?.ok_or(Error::NotFound)?;
    let order = shown(ctx, order).await?;
    ctx.reach([order.patient_id]).await?;
    ctx.tx.lock(order.patient_id).await?;
    let parts = store::parts(&mut ctx.tx, order.id).await?;
    let part = parts.iter().find(|part| part.id == back.movement).ok_or(Error::NotFound)?;
    let supplied = store::supplied(&mut ctx.tx, order.id).await?;
    let supply = supplied.iter().find(|supply| supply.id == id).ok_or(Error::NotFound)?;
    let item = inventory::item(&mut ctx.tx, supply.item_id).await?.ok_or(Error::NotFound)?;
    inventory::check_witness(ctx, &item, back.witness)?;
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let batch = inventory::batch(&mut ctx.tx, part.batch_id).await?.ok_or(Error::NotFound)?;
    let is_usable = batch.status == BatchStatus::Released && batch.expires_on.is_none_or(|last| last >= today);
    let room = if back.condition == BackCondition::Unopened && is_usable {
        part.store_id
    } else {
        let quarantine = inventory::quarantine_of(&mut ctx.tx, order.clinic_id).await?;
        quarantine.ok_or_else(|| Error::conflict(tr!(pharmacy.no_quarantine)))?.id
    };
    let (note, witness) = (back.note.clone(), back.witness);
    let document = NewDocument { note, witness, ..NewDocument::new(back.key, StockDocumentKind::Return, room) };
    if !inventory::begin(&mut ctx.tx, &document, stamp).await? {
        return Ok((order.id, false));
    }
    if back.quantity > part.quantity - part.returned {
        return Err(Error::invalid("quantity", tr!(pharmacy.more_than_kept, count = part.quantity - part.returned)));
    }
    inventory::post_return(&mut ctx.tx, back.key, room, (part.id, back.quantity), stamp.at, today).await?;
    store::add_returned(&mut ctx.tx, id, back.quantity).await?;
    let day = ctx.zone().day(supply.at);
    let is_billed = charging::keep(ctx, &handed_out(&order, id, day), &item, supply.quantity - supply.returned - back.quantity).await?;
    ctx.did(Action::Update, "ward_supply", id, Some(order.patient_id));
    ctx.tell(Event::new(&PHARMACY).at(order.clinic_id).of(order.patient_id));
    ctx.tell(Event::new(&inventory::STOCK).at(order.clinic_id));
    Ok((order.id, is_billed))
}

/// Returns the medicines that are ordered for a patient on a ward, for the checks of prescriptions.
///
/// # Errors
/// When the database refuses.
pub async fn on_ward(ctx: &mut Ctx, patient: PatientId) -> Result<Vec<OnWard>> {
    let mut all = Vec::new();
    for admission in store::admissions_of(&mut ctx.tx, patient).await? {
        for order in medicine_record::orders_of(&mut ctx.tx, admission, true).await? {
            let dosage = order.dosage();
            let Some(drug) = order.drug_id else { continue };
            all.push(OnWard {
                id: order.id.0,
                drug,
                name: order.title,
                dose: dosage.dose,
                amount: dosage.amount.map(|dose| (dose.amount, dose.unit.as_str())),
                route: dosage.route,
                frequency: dosage.frequency,
                often: dosage.often,
                as_needed: dosage.as_needed,
                max_per_day: dosage.max_per_day,
                since: order.ordered_at,
            });
        }
    }
    Ok(all)
}

/// Returns the medicine orders of a patient on wards that ended since a time: order, drug, name and end.
///
/// # Errors
/// When the database refuses.
pub async fn ended_of(ctx: &mut Ctx, patient: PatientId, since: Instant) -> Result<Vec<(uuid::Uuid, DrugId, String, Instant)>> {
    store::ended(&mut ctx.tx, patient, since).await
}
