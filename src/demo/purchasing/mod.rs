//! Buying in the demo: two suppliers, an order that was sent, one with a short delivery whose invoice waits for the rest, broken goods that went back
//! and wait for their credit, and a request.

mod store;

use chrono::{Datelike as _, Duration};

use super::hospital::Clinic;
use crate::{
    core::{
        Money, PurchaseLineId, PurchaseOrderId, PurchaseRequestId, Stamp, StockDocumentId, SupplierId, SupplierInvoiceId, UserId,
        time::Instant, time::Zone,
    },
    db::Tx,
    inventory::{self, NewDocument, ReceivedBatch, StockDocumentKind, StockItem},
    organisation,
};

/// Two suppliers: code, name, phone, days to the delivery, tolerance in percent.
const SUPPLIERS: [(&str, &str, &str, i64, i64); 2] =
    [("MEDISUR", "Medisur S.A.", "+34 950 000 111", 5, 5), ("NORDPHARM", "Nordpharm GmbH", "+49 40 000 2222", 12, 0)];

/// Those who buy: who writes and receives, and who approves.
#[derive(Clone, Copy)]
struct Buyers {
    writer: UserId,
    approver: UserId,
}

/// Makes the suppliers and their orders.
pub async fn make(tx: &mut Tx, clinic: &Clinic, zone: Zone, now: Instant) -> Result<(), super::DemoError> {
    let (Some(writer), Some(approver)) = (store::user(tx, "storekeeper").await?, store::user(tx, "pharmacist").await?) else {
        return Ok(());
    };
    let Some(room) = inventory::rooms(tx, clinic.id).await?.into_iter().find(|room| room.code == "MAIN") else { return Ok(()) };
    let buyers = Buyers { writer, approver };
    let items = inventory::medicines(tx).await?;
    let mut suppliers = Vec::new();
    for supplier in SUPPLIERS {
        let id = SupplierId::new();
        store::supplier(tx, id, supplier, now - Duration::days(30)).await?;
        suppliers.push(id);
    }
    let [near, far] = suppliers.as_slice() else { return Ok(()) };
    for (nth, item) in items.iter().enumerate() {
        store::supplied_by(tx, item.id, if nth % 3 == 2 { *far } else { *near }).await?;
    }
    let [one, two, three, four, five, ..] = items.as_slice() else { return Ok(()) };

    // Sent four days ago: the delivery is expected.
    let wanted = [(one, 200, 480), (two, 100, 1_250)];
    order(tx, (clinic, zone, room.id), (*far, buyers), &wanted, now - Duration::days(4)).await?;

    // Delivered short: sixty of a hundred came, five of them free of charge, and three were broken.
    let sent = now - Duration::days(8);
    let (short, lines) = order(tx, (clinic, zone, room.id), (*near, buyers), &[(three, 100, 900), (four, 50, 2_400)], sent).await?;
    let came = [(three, lines[0], 60, (5, 3), 540), (four, lines[1], 50, (0, 0), 2_400)];
    deliver(tx, (clinic, zone, room.id), (short, buyers), &came, sent + Duration::days(5)).await?;
    store::invoice(
        tx,
        (SupplierInvoiceId::new(), *near, short, "2026/4471"),
        &[(lines[0], 100, 900), (lines[1], 50, 2_400)],
        zone.day(sent + Duration::days(5)),
        Stamp { by: buyers.writer, at: sent + Duration::days(6) },
    )
    .await?;

    give_back(tx, (clinic, zone, room.id), (*near, buyers), (four, lines[1], 5), sent + Duration::days(6)).await?;

    let reason = "The ward opens ten beds next week";
    store::request(
        tx,
        (PurchaseRequestId::new(), clinic.id, room.id, five.id),
        60,
        reason,
        Stamp { by: buyers.writer, at: now - Duration::hours(3) },
    )
    .await?;
    Ok(())
}

/// Writes, approves and sends an order of items: units, and the cost of all of them in minor units. Returns it with its lines.
async fn order(
    tx: &mut Tx,
    (clinic, zone, room): (&Clinic, Zone, crate::core::StoreroomId),
    (supplier, buyers): (SupplierId, Buyers),
    wanted: &[(&StockItem, i64, i64)],
    at: Instant,
) -> Result<(PurchaseOrderId, Vec<PurchaseLineId>), super::DemoError> {
    let id = PurchaseOrderId::new();
    let code = organisation::clinic(tx, clinic.id).await?.code;
    let prefix = format!("{code}-P{:02}", zone.day(at).year() % 100);
    let number = organisation::number_document(tx, &format!("purchase order {prefix}"), id.into()).await?;
    store::order(
        tx,
        (id, &format!("{prefix}-{number:06}")),
        (clinic.id, room, supplier),
        Stamp { by: buyers.writer, at: at - Duration::hours(5) },
    )
    .await?;
    let mut lines = Vec::new();
    for (item, units, cost) in wanted {
        let line = PurchaseLineId::new();
        // The price is that of the whole quantity, as the list of the supplier has it.
        store::line(tx, (line, id, item.id), (*units, *cost, *units)).await?;
        lines.push(line);
    }
    store::approve_and_send(tx, id, (at - Duration::hours(2), buyers.approver), (at, buyers.writer)).await?;
    Ok((id, lines))
}

/// The item, the line of the order, the units that are paid, those that are free and rejected, and the cost.
type Came<'a> = (&'a StockItem, PurchaseLineId, i64, (i64, i64), i64);

/// Receives goods of an order.
async fn deliver(
    tx: &mut Tx,
    (clinic, zone, room): (&Clinic, Zone, crate::core::StoreroomId),
    (order, buyers): (PurchaseOrderId, Buyers),
    came: &[Came<'_>],
    at: Instant,
) -> Result<(), super::DemoError> {
    let (key, day) = (StockDocumentId::new(), zone.day(at));
    let document =
        NewDocument { reference: "Medisur, delivery note 5120".to_owned(), ..NewDocument::new(key, StockDocumentKind::Receipt, room) };
    inventory::begin(tx, &document, Stamp { by: buyers.writer, at }).await?;
    let code = organisation::clinic(tx, clinic.id).await?.code;
    let prefix = format!("{code}-G{:02}", day.year() % 100);
    let number = organisation::number_document(tx, &format!("goods receipt {prefix}"), key.into()).await?;
    store::receipt(tx, (key, &format!("{prefix}-{number:06}"), order), "5120", Stamp { by: buyers.writer, at }).await?;
    let goods: Vec<ReceivedBatch> = came
        .iter()
        .map(|(item, _, units, (free, _), cost)| ReceivedBatch {
            item: item.id,
            batch_no: "D5120".to_owned(),
            expires_on: Some(day + Duration::days(500)),
            quantity: units + free,
            cost: Money(*cost),
        })
        .collect();
    let batches = inventory::post_receipt(tx, key, room, &goods, (at, buyers.writer), day).await?;
    for ((_, line, units, (free, rejected), _), batch) in came.iter().zip(batches) {
        store::receipt_line(tx, (key, *line, batch), (*units, *free, *rejected)).await?;
    }
    store::part_received(tx, order).await?;
    Ok(())
}

/// Sends broken units of a delivery back: the credit is expected.
async fn give_back(
    tx: &mut Tx,
    (clinic, zone, room): (&Clinic, Zone, crate::core::StoreroomId),
    (supplier, buyers): (SupplierId, Buyers),
    (item, line, units): (&StockItem, PurchaseLineId, i64),
    at: Instant,
) -> Result<(), super::DemoError> {
    let Some(batch) = store::delivered(tx, line).await? else { return Ok(()) };
    let (key, day) = (StockDocumentId::new(), zone.day(at));
    let document = NewDocument { reference: "Medisur".to_owned(), ..NewDocument::new(key, StockDocumentKind::SupplierReturn, room) };
    inventory::begin(tx, &document, Stamp { by: buyers.writer, at }).await?;
    inventory::post_supplier_return(tx, key, (room, item.id, batch), units, at, day).await?;
    let code = organisation::clinic(tx, clinic.id).await?.code;
    let prefix = format!("{code}-R{:02}", day.year() % 100);
    let number = organisation::number_document(tx, &format!("supplier return {prefix}"), key.into()).await?;
    store::gave_back(
        tx,
        (key, &format!("{prefix}-{number:06}"), clinic.id),
        (supplier, batch, line, units),
        Stamp { by: buyers.writer, at },
    )
    .await?;
    Ok(())
}
