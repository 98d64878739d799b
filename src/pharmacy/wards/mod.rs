//! Medicines for a named patient on a ward: the pharmacy hands out units for an order of the stay, and they are charged to the patient.

mod store;

use uuid::Uuid;

use super::PHARMACY;
use crate::{
    audit::Action,
    billing::{self, Quantity, Service, ToCharge, Wanted},
    core::{
        AdmissionId, CareOrderId, ClinicId, DrugId, Error, PatientId, Permission, Result, StockDocumentId, StockItemId, StoreroomId,
        UserId,
        list::{Slice, offset},
        time::Instant,
    },
    inventory::{self, NewDocument, RoomKind, StockDocumentKind, StockUnit},
    patients::PatientName,
    server::{Ctx, Event, department::ChargeSource},
    tr,
};

pub use store::supplied;

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
    pub item_name: String,
    pub unit: StockUnit,
    pub quantity: i64,
    pub at: Instant,
    pub by_name: String,
    pub witness: Option<String>,
}

/// Units to be supplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitsToSupply {
    /// Made with the form.
    pub key: StockDocumentId,
    pub room: StoreroomId,
    pub item: StockItemId,
    pub quantity: i64,
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
    let document = NewDocument::new(new.key, StockDocumentKind::Dispense, room.id);
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
    let priced = billing::drug_item(ctx, &format!("MED-{}", item.code), &item.name, item.unit.as_str()).await?;
    let service = Service {
        wanted: Wanted::Item(priced),
        patient: order.patient_id,
        clinic: order.clinic_id,
        department: None,
        provider: None,
        day,
        quantity: Quantity(new.quantity * Quantity::ONE.0),
    };
    let charged = billing::recharge(&mut ctx.tx, &ToCharge::done(&WARD_SUPPLY, Uuid::from(new.key), None, service), stamp).await?;
    ctx.did(Action::Update, "charge", charged.id, Some(order.patient_id));
    ctx.did(Action::Create, "ward_supply", new.key, Some(order.patient_id));
    ctx.tell(Event::new(&billing::BILLING).at(order.clinic_id).of(order.patient_id));
    ctx.tell(Event::new(&PHARMACY).at(order.clinic_id).of(order.patient_id));
    ctx.tell(Event::new(&inventory::STOCK).at(order.clinic_id));
    Ok(true)
}
