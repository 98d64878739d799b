//! Doses that a nurse takes from the storeroom of the ward. The patient pays for them at the dose, once; a correction takes the charge back. Units that
//! the pharmacy supplied for the order by name were charged at their supply: as many of them as the patient keeps are not charged again.

mod store;

use super::charging::{self, HandedOut};
use crate::{
    core::{DoseId, Error, Result},
    inventory,
    server::{Ctx, department::ChargeSource},
    tr,
};

/// A dose from the storeroom of a ward; its id is the dose's.
pub static WARD_DOSE: ChargeSource = ChargeSource { kind: "ward_dose", words: || tr!(pharmacy.source_dose) };

/// Brings the charge of a dose to the units that left the ward's stock for it and did not come back. An invoice that has the charge is left to the
/// cashier, who finds it in the list of returns: no correction of a record waits for money.
///
/// # Errors
/// When the database refuses.
pub async fn settle(ctx: &mut Ctx, dose: DoseId) -> Result<()> {
    let Some(taken) = store::taken(&mut ctx.tx, dose).await? else { return Ok(()) };
    let item = inventory::item(&mut ctx.tx, taken.item_id).await?.ok_or(Error::NotFound)?;
    let by_name = store::supplied_by_name(&mut ctx.tx, &taken).await?;
    let used = store::taken_free(&mut ctx.tx, dose, &taken).await?;
    let to_pay = (taken.kept - (by_name - used).max(0)).max(0);
    let of = HandedOut { source: &WARD_DOSE, id: dose.0, patient: taken.patient_id, clinic: taken.clinic_id, visit: None, day: taken.day };
    charging::keep(ctx, &of, &item, to_pay).await?;
    Ok(())
}
