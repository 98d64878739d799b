//! The acts of staff on charges: one that is added by hand, taken back again, and prices that are looked for.

use chrono::NaiveDate;

use super::{Charge, MANUAL, ToCharge, account_of, charge, charge_and_provider, charge_at, open_visit, reprice, take_back, unpriced};
use crate::{
    audit::Action,
    billing::{
        BILLING, Quantity, Service, Wanted,
        prices::{self, PriceItem},
    },
    core::{ChargeId, Error, IdempotencyKey, PatientId, Permission, PriceItemId, Result, StaffId},
    server::{Ctx, Event},
    tr,
};

/// Charges that one press of the button prices.
const AT_ONCE: i64 = 500;

/// A charge that somebody adds by hand.
#[derive(Clone, Debug)]
pub struct ByHand {
    pub patient: PatientId,
    pub key: IdempotencyKey,
    pub item: PriceItem,
    pub quantity: Quantity,
    pub day: NaiveDate,
    pub provider: Option<StaffId>,
}

/// Returns an item of the price list that is in use.
///
/// # Errors
/// When the database refuses.
pub async fn item_in_use(ctx: &mut Ctx, item: PriceItemId) -> Result<Option<PriceItem>> {
    Ok(prices::item(&mut ctx.tx, item).await?.filter(|item| !item.retired))
}

/// Adds a charge by hand, once for its key. That of today belongs to the patient's open visit.
///
/// # Errors
/// [`Error::Conflict`] when another charge was added under the key.
pub async fn add(ctx: &mut Ctx, new: &ByHand) -> Result<ChargeId> {
    let (stamp, clinic, patient, day) = (ctx.stamp(), ctx.clinic.id, new.patient, new.day);
    let visit = if day == ctx.today() { open_visit(&mut ctx.tx, patient, clinic).await? } else { None };
    let service = Service {
        wanted: Wanted::Item(new.item.id),
        patient,
        clinic,
        department: new.item.department_id,
        provider: new.provider,
        day,
        quantity: new.quantity,
    };
    let charged = charge(&mut ctx.tx, &ToCharge::done(&MANUAL, new.key.into(), visit, service), stamp).await?;
    let (there, by) = charge_and_provider(&mut ctx.tx, charged.id).await?.ok_or(Error::NotFound)?;
    let same = (there.patient_id, there.item_id, there.quantity, there.service_day, by)
        == (patient, Some(new.item.id), new.quantity, day, new.provider);
    if !same {
        return Err(Error::key_used());
    }
    ctx.did(Action::Create, "charge", charged.id, Some(patient));
    ctx.tell(Event::new(&BILLING).at(clinic).of(patient).about(charged.id));
    Ok(charged.id)
}

/// Takes a charge back that was added by hand.
///
/// # Errors
/// [`Error::Conflict`] when it is another department's, or an invoice has it.
pub async fn cancel(ctx: &mut Ctx, id: ChargeId, in_error: bool) -> Result<Charge> {
    let charge = charge_at(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::AddCharges, charge.clinic_id)?;
    let now = ctx.now;
    let account = account_of(&mut ctx.tx, charge.patient_id).await?.ok_or(Error::NotFound)?;
    let account = ctx.tx.lock(account).await?;
    let charge = charge_at(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if charge.source != MANUAL.kind {
        return Err(Error::conflict(tr!(billing.charge_of_department)));
    }
    take_back(&mut ctx.tx, account, &charge, in_error, now).await?;
    ctx.did(Action::Update, "charge", id, Some(charge.patient_id));
    ctx.tell(Event::new(&BILLING).at(charge.clinic_id).of(charge.patient_id).about(id));
    Ok(charge)
}

/// Looks for the prices of the clinic's charges that wait for one, and returns how many have one now.
///
/// # Errors
/// When the database refuses.
pub async fn find_prices(ctx: &mut Ctx) -> Result<usize> {
    let (now, clinic) = (ctx.now, ctx.clinic.id);
    let mut waiting = unpriced(&mut ctx.tx, clinic, AT_ONCE).await?;
    // Accounts are locked in one order.
    waiting.sort_by_key(|charge| charge.patient_id);
    let patients: Vec<_> = waiting.iter().map(|charge| charge.patient_id).collect();
    ctx.reach(patients).await?;
    let mut found = 0;
    for waits in waiting {
        if reprice(&mut ctx.tx, waits.id, now).await? {
            found += 1;
            ctx.did(Action::Update, "charge", waits.id, Some(waits.patient_id));
            ctx.tell(Event::new(&BILLING).at(clinic).of(waits.patient_id).about(waits.id));
        }
    }
    Ok(found)
}
