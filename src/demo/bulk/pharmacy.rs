//! Bulk data of the pharmacy: a long queue, goods of thousands of kinds, and the movements of years.

use chrono::{Duration, Months};

use super::{
    Setting, Staff,
    store::{self, Bulk, Lines},
};
use crate::{
    core::{
        EncounterId, Money, PrescriptionId, PriceId, PriceItemId, StaffId, StockBatchId, StockDocumentId, StockItemId, StockLineId,
        StoreroomId, SupplyId, UserId, VisitId,
    },
    db::{Database, Tx},
    demo::{
        DemoError,
        store::{Rows, Table},
    },
    inventory::{self, Delivery},
    row,
};

/// The medicine of the queue: code, dose, and the same as figures.
const DRUG: &str = "PARACETAMOL-500-MG-TAB";
/// The units that are ordered with each verified prescription, and the stock from which they are handed out.
const ORDERED: i64 = 1_000;
const STOCK: i64 = 200_000;

/// The goods: each kind in each size of each maker.
const KINDS: [&str; 25] = [
    "Gauze swab",
    "Nitrile glove",
    "Syringe",
    "Needle",
    "Infusion set",
    "Cannula",
    "Urinary catheter",
    "Suction tube",
    "Feeding tube",
    "Wound dressing",
    "Elastic bandage",
    "Plaster",
    "Suture",
    "Scalpel",
    "Drape",
    "Gown",
    "Mask",
    "Oxygen mask",
    "Nasal cannula",
    "Electrode",
    "Test strip",
    "Specimen cup",
    "Sharps box",
    "Bed pad",
    "Thermometer cover",
];
const GOODS_SIZES: usize = 10;

/// The cost of a unit of these goods, in thousandths of a minor unit.
const COST: i64 = 25_000;
/// The stock of each after its first movement, and the units of a later one.
const OPENING: i64 = 1_000;
const STEP: i64 = 3;
/// The days over which the movements are spread.
const DAYS: i64 = 330;
/// The goods that are moved with one document: so few that the database finds their rows in its memory.
const TOGETHER: usize = 50;
/// The rounds of movements in one transaction.
const ROUNDS: usize = 100;

/// Adds the queue and the goods, as yet without stock.
pub(super) async fn add(tx: &mut Tx, setting: Setting<'_>, staff: Staff) -> Result<(), DemoError> {
    let Some(main) = store::room(tx, setting.clinic.id, "MAIN").await? else { return Ok(()) };
    queue(tx, setting, staff).await?;
    goods(tx, setting, staff, main).await
}

async fn queue(tx: &mut Tx, setting: Setting<'_>, staff: Staff) -> Result<(), DemoError> {
    let Setting { clinic, now, zone, .. } = setting;
    let Some(shop) = store::room(tx, clinic.id, "PHARM").await? else { return Ok(()) };
    let Some((item, code, name, drug)) = store::item_of(tx, DRUG).await? else { return Ok(()) };
    let day = zone.day(now);
    let delivery = Delivery {
        key: StockDocumentId::new(),
        store: shop,
        item,
        batch_no: "L9001".to_owned(),
        expires_on: Some(day + Months::new(20)),
        quantity: STOCK,
        cost: Money(STOCK),
        reference: "Medisur, delivery note 4502".to_owned(),
        is_opening: false,
    };
    inventory::put_in(tx, &delivery, (now - Duration::hours(30), staff.storekeeper), zone.day(now - Duration::hours(30))).await?;
    let code = format!("MED-{code}");
    let (mut rows, mut prescriptions, mut supplies) = (Rows::default(), Vec::new(), Vec::new());
    if !store::has_price_item(tx, &code).await? {
        let new = PriceItemId::new();
        rows.add(Table::PriceItems, row![new, code, name.as_str(), "drug", None::<uuid::Uuid>]);
        rows.add(Table::Prices, row![PriceId::new(), new, Money(25), day, now, UserId::SYSTEM]);
    }
    let department = clinic.doctors.iter().find(|one| one.id.0 == staff.doctor.0).map(|one| one.department);
    // The last ones: the first have the laboratory's results. The dose is one for adults who are not old.
    let last = setting.patients.len().saturating_sub(setting.sizes.queue * 6);
    let (from, to) = (day - Months::new(12 * 60), day - Months::new(12 * 20));
    let adults = store::born(tx, &setting.patients[last..], (from, to)).await?;
    let adults = &adults[..adults.len().min(setting.sizes.queue)];
    store::without_allergy(tx, adults).await?;
    for (nth, patient) in adults.iter().enumerate() {
        let (encounter, id, doctor) = (EncounterId::new(), PrescriptionId::new(), staff.doctor);
        let at = now - Duration::minutes(i64::try_from(nth % 300).unwrap_or_default() + 10);
        rows.add(
            Table::Encounters,
            row![
                encounter,
                *patient,
                None::<VisitId>,
                clinic.id,
                department,
                StaffId(doctor.0),
                "outpatient",
                "finished",
                "Headache",
                at,
                at,
                doctor,
                at,
                doctor
            ],
        );
        prescriptions.push(row![
            id,
            encounter,
            *patient,
            drug,
            name.as_str(),
            "2 tablets",
            "oral",
            "three times a day",
            5_i64,
            "active",
            at,
            doctor,
            "2",
            "tablet",
            3_i64,
            1_i64
        ]);
        let verified = (nth < setting.sizes.verified).then_some(at);
        supplies.push(row![
            SupplyId(id.0),
            *patient,
            clinic.id,
            verified.map(|_| item),
            if verified.is_some() { ORDERED } else { 0 },
            if verified.is_some() { "verified" } else { "to_verify" },
            at,
            verified,
            verified.map(|_| staff.pharmacist),
            at,
            doctor
        ]);
    }
    rows.write(tx).await?;
    store::insert(tx, Bulk::Prescriptions, prescriptions).await?;
    Ok(store::insert(tx, Bulk::Supplies, supplies).await?)
}

/// Adds the goods to the main store, each with one batch.
async fn goods(tx: &mut Tx, setting: Setting<'_>, staff: Staff, main: StoreroomId) -> Result<(), DemoError> {
    let (now, by) = (setting.now, staff.storekeeper);
    let expires_on = setting.zone.day(now) + Months::new(9);
    let (mut items, mut batches, mut held, mut lines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for nth in 0..setting.sizes.items {
        let (item, batch) = (StockItemId::new(), StockBatchId::new());
        let name = format!(
            "{} size {} maker {}",
            KINDS[nth % KINDS.len()],
            nth / KINDS.len() % GOODS_SIZES + 1,
            nth / KINDS.len() / GOODS_SIZES + 1
        );
        let expires = nth % 2 == 0;
        items.push(row![item, format!("GOODS-{:05}", nth + 1), "consumable", name, "piece", 100_i64, expires, now, by, now, by]);
        let number = format!("B{:05}", nth + 1);
        let expires_on = expires.then(|| expires_on + Duration::days(i64::try_from(nth % 700).unwrap_or_default()));
        batches.push(row![batch, item, number.as_str(), number.as_str(), expires_on, now, by]);
        // Each hundredth is low.
        held.push(row![main, item, if nth % 100 == 7 { OPENING * 2 } else { 0 }]);
        lines.push(row![StockLineId::new(), main, item, batch]);
    }
    for (table, rows) in [(Bulk::StockItems, items), (Bulk::StockBatches, batches), (Bulk::StoreItems, held), (Bulk::StockLines, lines)] {
        store::insert(tx, table, rows).await?;
    }
    Ok(())
}

/// Moves the goods, a few at a time: three quarters of the movements are of all of them, the others of the first few.
pub(super) async fn add_movements(db: &Database, setting: Setting<'_>, staff: Staff) -> Result<(), DemoError> {
    let mut tx = db.write().await?;
    let Some(main) = store::room(&mut tx, setting.clinic.id, "MAIN").await? else { return Ok(()) };
    let lines = store::goods(&mut tx, main).await?;
    tx.commit().await?;
    let everything = (setting.sizes.movements * 3 / 4 / lines.len().max(1)).max(1);
    let rest = setting.sizes.movements.saturating_sub(everything * lines.len());
    for (nth, few) in lines.chunks(TOGETHER).enumerate() {
        let (Some(first), Some(last)) = (few.first().copied(), few.last().copied()) else { continue };
        let often = if nth == 0 { rest / few.len() } else { 0 };
        move_few(db, (setting, staff), Lines { store: main, first, last }, everything + often).await?;
    }
    Ok(())
}

async fn move_few(db: &Database, (setting, staff): (Setting<'_>, Staff), lines: Lines, rounds: usize) -> Result<(), DemoError> {
    let mut at = setting.now - Duration::days(DAYS);
    let pause = Duration::days(DAYS) / i32::try_from(rounds.max(1)).unwrap_or(i32::MAX);
    let mut tx = db.write().await?;
    for round in 0..rounds {
        // PostgreSQL keeps all versions of a row until the transaction ends: in one transaction each round would read those of all before.
        if round % ROUNDS == ROUNDS - 1 {
            tx.commit().await?;
            tx = db.write().await?;
        }
        let document = StockDocumentId::new();
        // A delivery, then a loss that was found at a count, and so on: the stock stays around the first one.
        let (document_kind, kind, reason, reference, quantity) = match round {
            0 => ("opening", "opening", None, "Stock of before", OPENING),
            _ if round % 2 == 0 => ("receipt", "receipt", None, "Medisur, weekly delivery", STEP),
            _ => ("adjustment", "loss", Some("miscounted"), "", -STEP),
        };
        let row = row![document, document_kind, lines.store, reason, reference, at, staff.storekeeper];
        store::insert(&mut tx, Bulk::StockDocuments, vec![row]).await?;
        store::move_all(&mut tx, lines, (document, kind), (quantity, COST), (at, setting.zone.day(at))).await?;
        at += pause;
    }
    store::sum_up(&mut tx, lines, COST).await?;
    Ok(tx.commit().await?)
}
