//! The stock that a given dose takes from the ward's storeroom, and its return when the record is corrected. A dose is never refused because the
//! stock says zero: the pharmacist hears of it.

use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::store;
use crate::{
    core::{AdministrationId, DoseId, Error, Result, StockDocumentId, StoreroomId, WardId},
    formulary::{self, Dose, Drug},
    inventory::{self, NewDocument, StockDocumentKind, StockItem, StockUnit},
    medicine_record::orders::CareOrder,
    server::{Ctx, Event},
};

/// Returns the units of an item that a dose takes: a part of a unit takes the whole one. `None` where the dose is no number of units.
pub fn units_of(dose: &Dose, drug: Option<&Drug>, unit: StockUnit) -> Option<i64> {
    let amount = dose.number()?.number();
    let units = if dose.unit.as_str() == unit.as_str() {
        amount
    } else {
        let drug = drug?;
        let [ingredient] = drug.ingredients.as_slice() else { return None };
        if ingredient.strength.per_unit.as_str() != unit.as_str() {
            return None;
        }
        ingredient.strength.whole_units(amount, dose.unit, drug.divisible)?
    };
    let units = units.ceil();
    (units > Decimal::ZERO).then(|| units.to_i64()).flatten()
}

/// Finds the item of the order's medicine that the storeroom keeps.
async fn item_in(ctx: &mut Ctx, order: &CareOrder, room: StoreroomId) -> Result<Option<StockItem>> {
    let Some(drug) = order.drug_id else { return Ok(None) };
    for item in inventory::items_of_drug(&mut ctx.tx, drug).await? {
        if store::keeps(&mut ctx.tx, room, item.id).await? {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

/// Takes the units of a given dose from the storeroom of the ward, when the ward keeps the item: the batches that expire first. What the stock does
/// not cover is a shortage. The id of the record is that of the document: a record is booked once.
///
/// # Errors
/// When the database refuses.
pub async fn take(ctx: &mut Ctx, record: AdministrationId, order: &CareOrder, ward: WardId) -> Result<()> {
    let Some(room) = store::ways(&mut ctx.tx, ward).await?.and_then(|ways| ways.storeroom_id) else { return Ok(()) };
    let Some(item) = item_in(ctx, order, room).await? else { return Ok(()) };
    let drug = match order.drug_id {
        Some(drug) => formulary::formulary_drug(&mut ctx.tx, drug).await?,
        None => None,
    };
    let units = order.amount.as_ref().and_then(|dose| units_of(dose, drug.as_ref(), item.unit));
    let (stamp, day) = (ctx.stamp(), ctx.today());
    // Doses of one storeroom take turns, so that the stock that is looked at is the stock that is taken.
    ctx.tx.take_turn("ward stock", &room.to_string()).await?;
    let there: i64 = inventory::usable(&mut ctx.tx, room, item.id, day).await?.iter().map(|line| line.on_hand).sum();
    let Some(units) = units.filter(|units| *units <= there) else {
        store::insert_shortage(&mut ctx.tx, record, (order.clinic_id, room, item.id), units, stamp.at).await?;
        ctx.tell(Event::new(&inventory::STOCK).at(order.clinic_id));
        return Ok(());
    };
    let document = NewDocument::new(StockDocumentId(record.0), StockDocumentKind::Dispense, room);
    if !inventory::begin(&mut ctx.tx, &document, stamp).await? {
        return Ok(());
    }
    for part in inventory::dispense(&mut ctx.tx, document.id, (room, item.id), (units, None), stamp.at, day).await? {
        store::insert_stock(&mut ctx.tx, (record, order.patient_id), (part.id, part.quantity)).await?;
    }
    let dose = store::dose_of(&mut ctx.tx, record).await?;
    charged(ctx, dose).await?;
    ctx.tell(Event::new(&inventory::STOCK).at(order.clinic_id));
    Ok(())
}

/// Puts back what the records of a dose took, each part once: the record was corrected.
///
/// # Errors
/// When the database refuses.
pub async fn put_back(ctx: &mut Ctx, dose: DoseId, order: &CareOrder) -> Result<()> {
    let taken = store::taken_for(&mut ctx.tx, dose).await?;
    let Some((_, _, room)) = taken.first().copied() else { return Ok(()) };
    let (stamp, day) = (ctx.stamp(), ctx.today());
    let document = NewDocument::new(StockDocumentId::new(), StockDocumentKind::Return, room);
    if !inventory::begin(&mut ctx.tx, &document, stamp).await? {
        return Err(Error::key_used());
    }
    for (movement, quantity, room) in taken {
        let back = inventory::post_return(&mut ctx.tx, document.id, room, (movement, quantity), stamp.at, day).await?;
        store::set_returned(&mut ctx.tx, movement, back.id).await?;
    }
    charged(ctx, Some(dose)).await?;
    ctx.tell(Event::new(&inventory::STOCK).at(order.clinic_id));
    Ok(())
}

/// Lets the pharmacy charge what the dose took.
async fn charged(ctx: &mut Ctx, dose: Option<DoseId>) -> Result<()> {
    let departments = ctx.state().departments;
    departments.dose_stocked(ctx, dose.ok_or(Error::NotFound)?).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dose_takes_whole_units() {
        for (dose, unit, units) in [
            ("2 tablets", StockUnit::Tablet, Some(2)),
            ("half a tablet", StockUnit::Tablet, Some(1)),
            ("1 bag", StockUnit::Bag, Some(1)),
            ("5 mL", StockUnit::Bottle, None),
            ("500 mg", StockUnit::Tablet, None),
        ] {
            let read = Dose::read(dose).expect("no error").expect("a dose");
            assert_eq!(units_of(&read, None, unit), units, "{dose}");
        }
    }
}
