//! The pharmacy of the demo: storerooms with the medicines of the formulary, batches that expire soon, one that was recalled, and the
//! prescriptions of today in every state of the queue.

mod store;

use chrono::{Duration, Months};

use super::hospital::Clinic;
use crate::{
    billing::{self, Quantity, Service, ToCharge, Wanted},
    core::{
        DispenseId, Money, PriceId, PriceItemId, Stamp, StockDocumentId, StockItemId, StoreroomId, SupplyId, UserId, WardRequisitionId,
        time::Instant, time::Zone,
    },
    db::Tx,
    demo::store::{Rows, Table},
    inventory::{self, Delivery, GoodsKind, NewDocument, RoomKind, StockDocumentKind, StockItem, transit::SentGoods},
    pharmacy::{DISPENSE, SupplyState},
    recalls, row,
};

/// Goods that departments use up: code, names, kind.
const GOODS: [(&str, &str, &str, GoodsKind); 3] = [
    ("GLOVE-M", "Examination gloves, medium", "Guantes de examen, medianos", GoodsKind::Consumable),
    ("SHEET", "Bed sheet", "Sábana", GoodsKind::Linen),
    ("STRIP-U", "Urine test strip", "Tira reactiva de orina", GoodsKind::Reagent),
];

/// The storerooms: code, name, kind.
const ROOMS: [(&str, &str, RoomKind); 4] = [
    ("MAIN", "Central store", RoomKind::Main),
    ("PHARM", "Outpatient pharmacy", RoomKind::Pharmacy),
    ("WARD1", "Medical ward cupboard", RoomKind::Ward),
    ("QUAR", "Quarantine", RoomKind::Quarantine),
];

/// The states of today's prescriptions at the pharmacy, in turn: the units that were ordered, and those handed out.
const QUEUE: [(SupplyState, i64, i64); 8] = [
    (SupplyState::ToVerify, 0, 0),
    (SupplyState::Verified, 21, 0),
    (SupplyState::Dispensed, 14, 14),
    (SupplyState::ToVerify, 0, 0),
    (SupplyState::PartDispensed, 28, 10),
    (SupplyState::Refused, 0, 0),
    (SupplyState::Queried, 0, 0),
    (SupplyState::OnHold, 0, 0),
];

/// Makes the pharmacy.
pub async fn make(tx: &mut Tx, clinic: &Clinic, zone: Zone, now: Instant) -> Result<(), super::DemoError> {
    let (Some(pharmacist), Some(storekeeper)) = (store::user(tx, "pharmacist").await?, store::user(tx, "storekeeper").await?) else {
        return Ok(());
    };
    inventory::adopt_formulary(tx, Stamp::system(now)).await?;
    let items = inventory::medicines(tx).await?;
    let mut rooms = Vec::new();
    for (code, name, kind) in ROOMS {
        let id = StoreroomId::new();
        store::room(tx, id, clinic.id, (code, name, kind), now).await?;
        rooms.push(id);
    }
    let [main, shop, ward, _] = rooms.as_slice() else { return Ok(()) };
    for (nth, item) in (0_i64..).zip(&items) {
        stock_item(tx, (*main, *shop, *ward), item, nth, (zone, now, storekeeper)).await?;
    }
    if let Some(item) = items.get(3) {
        let (reason, stamp) = ("The label names the wrong strength", Stamp { by: storekeeper, at: now });
        store::recall(tx, item.id, "Recalled by the maker: the label names the wrong strength", stamp).await?;
        recalls::stock_recall(tx, clinic.id, item.id, ("FSN-2026-118", reason), stamp).await?;
    }
    for (code, name, name_es, kind) in GOODS {
        let id = StockItemId::new();
        store::goods(tx, id, (code, name, name_es, kind), now).await?;
        let delivery = Delivery {
            key: StockDocumentId::new(),
            store: *main,
            item: id,
            batch_no: format!("{code}-1"),
            expires_on: None,
            quantity: 500,
            cost: Money(6_000),
            reference: "Delivery note 1".to_owned(),
            is_opening: true,
        };
        inventory::put_in(tx, &delivery, (now, storekeeper), zone.day(now)).await?;
        let delivery = Delivery { key: StockDocumentId::new(), store: *ward, quantity: 60, cost: Money(720), ..delivery };
        inventory::put_in(tx, &delivery, (now, storekeeper), zone.day(now)).await?;
    }
    ward_cupboard(tx, clinic, (*main, *shop, *ward), &items, (zone, now, pharmacist)).await?;
    register(tx, *shop, &items, (now, pharmacist)).await?;
    queue(tx, clinic, *shop, &items, (zone, now, pharmacist)).await
}

/// Brings the ward's cupboard into motion: an open request, goods on the way, and goods of which two did not arrive.
async fn ward_cupboard(
    tx: &mut Tx,
    clinic: &Clinic,
    (main, shop, ward): (StoreroomId, StoreroomId, StoreroomId),
    items: &[StockItem],
    (zone, now, pharmacist): (Zone, Instant, UserId),
) -> Result<(), super::DemoError> {
    let Some(nurse) = store::user(tx, "nurse").await? else { return Ok(()) };
    let plain: Vec<&StockItem> =
        items.iter().enumerate().filter(|(nth, item)| *nth > 5 && !item.is_controlled()).map(|(_, item)| item).collect();
    let [one, two, three, four, ..] = plain.as_slice() else { return Ok(()) };
    for item in [one, two, three, four] {
        inventory::requisitions::write_par(tx, ward, item.id, 30).await?;
    }
    let earlier = now - Duration::hours(3);
    let sent = SentGoods { clinic: clinic.id, from: main, to: ward, item: one.id, quantity: 30, missing: Some(2) };
    inventory::transit::add(tx, &sent, (nurse, pharmacist), (earlier, zone.day(earlier))).await?;
    let earlier = now - Duration::minutes(40);
    let sent = SentGoods { from: shop, item: two.id, quantity: 5, missing: None, ..sent };
    inventory::transit::add(tx, &sent, (nurse, pharmacist), (earlier, zone.day(earlier))).await?;
    let asked = (now - Duration::minutes(15), nurse);
    inventory::requisitions::add(tx, WardRequisitionId::new(), (clinic.id, ward), &[(three.id, 30), (four.id, 10)], asked).await?;
    Ok(())
}

/// Counts a controlled medicine at the last change of shift: one count agrees, another one is short by one and waits for an explanation.
async fn register(
    tx: &mut Tx,
    shop: StoreroomId,
    items: &[StockItem],
    (now, pharmacist): (Instant, UserId),
) -> Result<(), super::DemoError> {
    let Some(nurse) = store::user(tx, "nurse").await? else { return Ok(()) };
    for (item, short) in items.iter().filter(|item| item.is_controlled()).zip([0, 1]) {
        store::check_register(tx, (shop, item.id), short, (now - Duration::hours(2), pharmacist, nurse)).await?;
    }
    Ok(())
}

/// Puts an item into the storerooms. Each seventh item has a batch that expires soon, each eleventh is low in the pharmacy, and one is out of
/// stock there.
async fn stock_item(
    tx: &mut Tx,
    (main, shop, ward): (StoreroomId, StoreroomId, StoreroomId),
    item: &StockItem,
    nth: i64,
    (zone, now, by): (Zone, Instant, UserId),
) -> Result<(), super::DemoError> {
    let (began, today) = (now - Duration::days(20), zone.day(now));
    let day = zone.day(began);
    let far = today + Months::new(14);
    let soon = today + Duration::days(12 + nth);
    let mut deliveries = vec![(main, "M", far, 400, 4_000)];
    if nth != 5 {
        deliveries.push((shop, "P", far + Duration::days(nth), if nth % 11 == 0 { 8 } else { 120 }, 1_300));
    }
    if nth % 7 == 0 {
        deliveries.push((shop, "S", soon, 15, 160));
    }
    if nth % 9 == 0 {
        deliveries.push((ward, "W", far, 20, 210));
    }
    if nth == 14 {
        // It has expired, and still lies in the pharmacy.
        deliveries.push((shop, "X", today - Duration::days(6), 9, 90));
    }
    for (store, letter, expires_on, quantity, cost) in deliveries {
        let delivery = Delivery {
            key: StockDocumentId::new(),
            store,
            item: item.id,
            batch_no: format!("{letter}{:04}", 2_600 + nth),
            expires_on: Some(expires_on),
            quantity,
            cost: Money(cost),
            reference: "Medisur, delivery note 4471".to_owned(),
            is_opening: false,
        };
        inventory::put_in(tx, &delivery, (began, by), day).await?;
    }
    store::low(tx, shop, item.id, 20).await?;
    Ok(())
}

/// Brings the prescriptions of today to the pharmacy.
async fn queue(
    tx: &mut Tx,
    clinic: &Clinic,
    shop: StoreroomId,
    items: &[StockItem],
    (zone, now, pharmacist): (Zone, Instant, UserId),
) -> Result<(), super::DemoError> {
    let today = zone.day(now);
    let signed = store::signed(tx, clinic.id, zone.day_bounds(today).0).await?;
    for (line, (state, ordered, handed)) in signed.iter().zip(QUEUE.iter().cycle()) {
        let word = line.drug.split_whitespace().next().unwrap_or_default().to_lowercase();
        let item = items.iter().find(|item| !item.is_controlled() && !word.is_empty() && item.name.to_lowercase().starts_with(&word));
        let id = SupplyId(line.id.0);
        store::supply(tx, id, line, clinic.id).await?;
        let at = (line.signed_at + Duration::minutes(5)).min(now);
        match (state, item) {
            (SupplyState::Refused, _) => store::refuse(tx, id, Stamp { by: pharmacist, at }).await?,
            (SupplyState::OnHold | SupplyState::Queried, _) => {
                store::pause(tx, (id, line), (*state, today), Stamp { by: pharmacist, at }).await?;
            }
            (SupplyState::ToVerify, _) | (_, None) => {}
            (_, Some(item)) => {
                store::verify(tx, id, (item.id, *ordered), Stamp { by: pharmacist, at }).await?;
                if *handed > 0 {
                    hand_over(tx, (id, line), (shop, item), *handed, (zone, at, pharmacist)).await?;
                    store::count(tx, id, *handed, *state, Stamp { by: pharmacist, at }).await?;
                }
            }
        }
    }
    Ok(())
}

/// Hands a medicine out, and charges it.
async fn hand_over(
    tx: &mut Tx,
    (id, line): (SupplyId, &store::ToSupply),
    (shop, item): (StoreroomId, &StockItem),
    quantity: i64,
    (zone, at, by): (Zone, Instant, UserId),
) -> Result<(), super::DemoError> {
    let key = DispenseId::new();
    let (document, day) = (StockDocumentId(key.0), zone.day(at));
    inventory::begin(tx, &NewDocument::new(document, StockDocumentKind::Dispense, shop), Stamp { by, at }).await?;
    let posted = inventory::dispense(tx, document, (shop, item.id), (quantity, None), at, day).await?;
    store::dispense(tx, key, (id, line), quantity, &posted, Stamp { by, at }).await?;
    let code = format!("MED-{}", item.code);
    let priced = match store::price_item(tx, &code).await? {
        Some(known) => known,
        None => {
            let new = PriceItemId::new();
            let mut rows = Rows::default();
            rows.add(Table::PriceItems, row![new, code.as_str(), item.name.as_str(), "drug", None::<uuid::Uuid>]);
            rows.add(Table::Prices, row![PriceId::new(), new, Money(25), day, at, UserId::SYSTEM]);
            rows.write(tx).await?;
            new
        }
    };
    let service = Service {
        wanted: Wanted::Item(priced),
        patient: line.patient_id,
        clinic: line.clinic_id,
        department: None,
        provider: None,
        day,
        quantity: Quantity(quantity * Quantity::ONE.0),
    };
    billing::charge(tx, &ToCharge::done(&DISPENSE, key.into(), line.visit_id, service), Stamp { by, at }).await?;
    Ok(())
}
