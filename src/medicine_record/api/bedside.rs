//! Scans at the bedside, the ways of a ward, and doses that its stock did not cover.

use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    core::{
        BedsideScanId, Error, IdempotencyKey, Permission, StoreroomId, WardId,
        form::{chosen, line, text},
        gs1,
    },
    medicine_record::bedside::{self, Found, ScanOutcome},
    server::{Ctx, redirect_to},
    tr,
    ui::encoded,
};

/// Scans a wristband on a ward. A wrong one is recorded, and stops.
#[server(endpoint = "medicine_record/scan_band")]
pub async fn scan_band(ward_id: WardId, #[server(default)] key: String, #[server(default)] code: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    let id = BedsideScanId(chosen::<IdempotencyKey>("key", &key)?.into());
    let code = line("code", &code, 64)?;
    if code.is_empty() {
        return Err(Error::invalid("code", tr!(medicine_record.scan_nothing)));
    }
    let scan = bedside::scan_band(&mut ctx, id, ward_id, &code).await?;
    ctx.commit().await?;
    redirect_to(&match scan.outcome {
        ScanOutcome::Right => format!("/bedside/{}", scan.id),
        stop => format!("/wards/{ward_id}/scan?stop={stop}"),
    });
    Ok(())
}

/// Scans a medicine for the patient whose wristband was scanned. A wrong one is recorded, and stops.
#[server(endpoint = "medicine_record/scan_medicine")]
pub async fn scan_medicine(
    bedside_scan_id: BedsideScanId,
    #[server(default)] key: String,
    #[server(default)] code: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    let id = BedsideScanId(chosen::<IdempotencyKey>("key", &key)?.into());
    // A code of GS1 has the separator of its fields, and no other control character.
    let code: String = code.chars().filter(|letter| !letter.is_control() || *letter == gs1::SEPARATOR).collect();
    let code = text("code", &code, gs1::LONGEST)?;
    if code.is_empty() {
        return Err(Error::invalid("code", tr!(medicine_record.scan_nothing)));
    }
    let band = bedside::find_scan(&mut ctx.tx, bedside_scan_id).await?.ok_or(Error::NotFound)?;
    let found = bedside::scan_medicine(&mut ctx, id, &band, &code).await?;
    ctx.commit().await?;
    redirect_to(&match found {
        Found::AsNeeded(order) => format!("/bedside/{bedside_scan_id}?order={order}&code={}", encoded(&code)),
        Found::Scan(scan) => match (scan.outcome, scan.dose_id) {
            (ScanOutcome::Right, Some(dose)) => format!("/doses/{dose}?band={bedside_scan_id}&medicine={}", scan.id),
            (stop, _) => format!("/bedside/{bedside_scan_id}?stop={stop}&scan={}", scan.id),
        },
    });
    Ok(())
}

/// Sets whether a ward scans, and the storeroom that its doses are taken from.
#[server(endpoint = "medicine_record/ward_ways")]
pub async fn set_ward_ways(
    ward_id: WardId,
    #[server(default)] version: String,
    #[server(default)] scans: String,
    #[server(default)] storeroom: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let version = version.parse::<i64>().map_err(|_| Error::NotFound)?;
    let room = if storeroom.is_empty() { None } else { Some(chosen::<StoreroomId>("storeroom", &storeroom)?) };
    bedside::set_ways(&mut ctx, ward_id, version, !scans.is_empty(), room).await?;
    ctx.commit().await?;
    redirect_to(&format!("/wards/{ward_id}/bedside?done=saved"));
    Ok(())
}

/// Marks as settled that a ward's stock did not cover a dose: the shelf was counted.
#[server(endpoint = "medicine_record/settle")]
pub async fn settle_shortage(#[server(default)] shortage: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let id: Uuid = shortage.parse().map_err(|_| Error::NotFound)?;
    bedside::settle_shortage(&mut ctx, id).await?;
    ctx.commit().await?;
    redirect_to("/ward-shortages?done=saved");
    Ok(())
}
