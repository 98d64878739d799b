//! Giving at the bedside: the ways of a ward, scans of wristband and medicine, and the stock that a given dose takes from the ward's storeroom.
//!
//! A wristband carries the patient's number (MRN), as `wards` prints it. A medicine carries the code of its item in stock or of its drug, or a code of
//! GS1 whose article number (GTIN) is that of the item; a pack whose date is over stops too.

pub mod stock;
mod store;

use std::collections::BTreeSet;

use chrono::{Duration, NaiveDate};

use crate::{
    audit::Action,
    core::{
        AdministrationId, AdmissionId, BedsideScanId, CareOrderId, ClinicId, DoseId, DrugId, Error, Permission, Result, StoreroomId,
        SubstanceId, WardId, gs1, time::Instant,
    },
    db::{DbError, Tx},
    formulary,
    inventory::{self, RoomKind},
    medicine_record::orders::{self, CareOrder},
    server::Ctx,
    tr, wards,
};

pub use store::{DueRow, Shortage, Ways, count_shortages, find_scan, open_shortages, scans_of, ways};

/// Marks as settled that a ward's stock did not cover a dose.
///
/// # Errors
/// [`Error::Conflict`] when it was settled before.
pub async fn settle_shortage(ctx: &mut Ctx, id: uuid::Uuid) -> Result<()> {
    let (clinic, now, by) = (ctx.clinic.id, ctx.now, ctx.user());
    if !store::settle(&mut ctx.tx, id, clinic, (now, by)).await? {
        return Err(Error::conflict(tr!(medicine_record.settled_before)));
    }
    ctx.did(Action::Update, "ward_shortage", id, None);
    Ok(())
}

/// A wristband that was scanned counts for this time.
const BAND_MINUTES: i64 = 15;
/// Hours ahead for which a scanned patient's doses are listed.
pub const AHEAD_HOURS: i64 = 2;

crate::text_enum! {
    /// The thing that was scanned.
    pub enum ScanKind("kind") {
        Band = "band",
        Medicine = "medicine",
    }
}

crate::text_enum! {
    /// The outcome of a scan.
    pub enum ScanOutcome("outcome") {
        Right = "right" => tr!(medicine_record.scan_right),
        WrongPatient = "wrong_patient" => tr!(medicine_record.scan_wrong_patient),
        WrongMedicine = "wrong_medicine" => tr!(medicine_record.scan_wrong_medicine),
        Expired = "expired" => tr!(medicine_record.scan_expired),
        Unknown = "unknown" => tr!(medicine_record.scan_unknown),
    }
}

crate::text_enum! {
    /// The reason for which a dose is given without scans.
    pub enum Unscanned("unscanned") {
        BandMissing = "band_missing" => tr!(medicine_record.unscanned_band_missing),
        BandUnreadable = "band_unreadable" => tr!(medicine_record.unscanned_band_unreadable),
        LabelMissing = "label_missing" => tr!(medicine_record.unscanned_label_missing),
        LabelUnreadable = "label_unreadable" => tr!(medicine_record.unscanned_label_unreadable),
        Scanner = "scanner" => tr!(medicine_record.unscanned_scanner),
        Emergency = "emergency" => tr!(medicine_record.unscanned_emergency),
    }
}

/// A scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Scan {
    pub id: BedsideScanId,
    pub ward_id: WardId,
    pub clinic_id: ClinicId,
    pub kind: ScanKind,
    pub outcome: ScanOutcome,
    pub admission_id: Option<AdmissionId>,
    pub dose_id: Option<DoseId>,
    /// The drug of a medicine's code; none when the code is not known.
    pub drug_id: Option<DrugId>,
    pub at: Instant,
}

/// The scans of a dose that is given, or why it is given without.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scanned {
    pub band: Option<BedsideScanId>,
    pub medicine: Option<BedsideScanId>,
    pub unscanned: Option<Unscanned>,
}

/// Scans the wristband of a patient of the ward. Another patient's band stops, and is recorded too. The same id a second time finds the scan.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's ward.
pub async fn scan_band(ctx: &mut Ctx, id: BedsideScanId, ward: WardId, code: &str) -> Result<Scan> {
    let ward = wards::find_ward(&mut ctx.tx, ward).await?;
    ctx.at_clinic(Permission::GiveMedicines, ward.clinic_id)?;
    if let Some(known) = store::find_scan(&mut ctx.tx, id).await? {
        return Ok(known);
    }
    let here = store::admission_by_mrn(&mut ctx.tx, ward.id, code).await?;
    let outcome = match here {
        Some(_) => ScanOutcome::Right,
        None if store::is_mrn(&mut ctx.tx, code).await? => ScanOutcome::WrongPatient,
        None => ScanOutcome::Unknown,
    };
    let scan = Scan {
        id,
        ward_id: ward.id,
        clinic_id: ward.clinic_id,
        kind: ScanKind::Band,
        outcome,
        admission_id: here,
        dose_id: None,
        drug_id: None,
        at: ctx.now,
    };
    write(ctx, &scan).await?;
    Ok(scan)
}

/// The finding of a scanned medicine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A scan, with the dose that is due first where it is right.
    Scan(Scan),
    /// It is given as needed. The scan is recorded with the dose: before, there is none.
    AsNeeded(CareOrderId),
}

/// Scans a medicine for the patient whose wristband was scanned: it is right when one of the patient's due doses is of it, or when it is ordered as
/// needed.
///
/// # Errors
/// [`Error::Conflict`] when the band was scanned too long ago.
pub async fn scan_medicine(ctx: &mut Ctx, id: BedsideScanId, band: &Scan, code: &str) -> Result<Found> {
    orders::turn(ctx, Permission::GiveMedicines, band.admission_id.ok_or(Error::NotFound)?).await?;
    if let Some(known) = store::find_scan(&mut ctx.tx, id).await? {
        return Ok(Found::Scan(known));
    }
    let admission = fresh(band, ctx.now)?;
    let today = ctx.today();
    let (drug, expires_on) = drug_of(&mut ctx.tx, band.clinic_id, code, today).await?;
    let is_expired = expires_on.is_some_and(|day| day < today);
    let dose = match drug {
        Some(drug) => due_dose(&mut ctx.tx, admission, drug, ctx.now).await?,
        None => None,
    };
    if let (Some(drug), None, false) = (drug, dose, is_expired)
        && let Some(order) = store::as_needed_of(&mut ctx.tx, admission, drug, ctx.now).await?.first()
    {
        return Ok(Found::AsNeeded(*order));
    }
    let outcome = match (drug, dose) {
        (None, _) => ScanOutcome::Unknown,
        (Some(_), None) => ScanOutcome::WrongMedicine,
        (Some(_), Some(_)) if is_expired => ScanOutcome::Expired,
        (Some(_), Some(_)) => ScanOutcome::Right,
    };
    let dose = dose.filter(|_| outcome == ScanOutcome::Right);
    let scan =
        Scan { id, kind: ScanKind::Medicine, outcome, admission_id: Some(admission), dose_id: dose, drug_id: drug, at: ctx.now, ..*band };
    write(ctx, &scan).await?;
    Ok(Found::Scan(scan))
}

/// Returns the drug of a scanned code, and the expiry date that it names. The code is the article number of a pack, as the stock keeps it, or the code
/// of an item or of a drug.
async fn drug_of(tx: &mut Tx, clinic: ClinicId, code: &str, today: NaiveDate) -> Result<(Option<DrugId>, Option<NaiveDate>)> {
    match inventory::scan(tx, clinic, code, today).await {
        // An item that is no medicine has no drug.
        Ok(scanned) => return Ok((scanned.item.drug_id, scanned.scan.expires_on)),
        Err(Error::Invalid(_)) => {}
        Err(error) => return Err(error),
    }
    let pack = gs1::parse(code, today).ok();
    let expires_on = pack.as_ref().and_then(|pack| pack.expires_on);
    let mut drug = store::drug_by_code(tx, code).await?;
    if let (None, Some(gtin)) = (drug, pack.and_then(|pack| pack.gtin)) {
        // An item may have the article number as its own code, with 14 digits or as it stands on the pack.
        drug = store::drug_by_code(tx, &gtin).await?;
        if drug.is_none() {
            drug = store::drug_by_code(tx, gtin.trim_start_matches('0')).await?;
        }
    }
    Ok((drug, expires_on))
}

/// Explains why a scanned medicine is not the right one: another strength or form of a due substance, or another substance.
///
/// # Errors
/// When the database refuses.
pub async fn refusal_of(tx: &mut Tx, scan: &Scan, due: &[DueRow]) -> Result<Option<String>> {
    let Some(drug) = scan.drug_id.filter(|_| scan.outcome == ScanOutcome::WrongMedicine) else { return Ok(None) };
    let Some(scanned) = formulary::formulary_drug(tx, drug).await? else { return Ok(None) };
    let name = scanned.shown_name().to_owned();
    let substances = |drug: &formulary::Drug| -> BTreeSet<SubstanceId> { drug.ingredients.iter().map(|part| part.substance).collect() };
    let own = substances(&scanned);
    for row in due {
        let Some(ordered) = formulary::formulary_drug(tx, row.item_drug).await? else { continue };
        if !own.is_empty() && substances(&ordered) == own {
            let ordered = ordered.shown_name().to_owned();
            return Ok(Some(tr!(medicine_record.scan_other_strength, scanned = name, ordered = ordered)));
        }
    }
    Ok(Some(tr!(medicine_record.scan_other_substance, scanned = name)))
}

async fn due_dose(tx: &mut Tx, admission: AdmissionId, drug: DrugId, now: Instant) -> Result<Option<DoseId>> {
    let rows = store::due_of(tx, admission, now + Duration::hours(AHEAD_HOURS)).await?;
    Ok(rows.into_iter().find(|row| row.item_drug == drug).map(|row| row.id))
}

/// Returns the due doses of the patient whose wristband was scanned.
///
/// # Errors
/// [`Error::Conflict`] when the band was scanned too long ago.
pub async fn due_after_band(tx: &mut Tx, band: &Scan, now: Instant) -> Result<Vec<DueRow>> {
    let admission = fresh(band, now)?;
    store::due_of(tx, admission, now + Duration::hours(AHEAD_HOURS)).await
}

/// Returns the admission of a wristband that was scanned a short while ago.
fn fresh(band: &Scan, now: Instant) -> Result<AdmissionId> {
    let admission = band.admission_id.filter(|_| band.kind == ScanKind::Band && band.outcome == ScanOutcome::Right);
    let admission = admission.ok_or(Error::NotFound)?;
    if now - band.at > Duration::minutes(BAND_MINUTES) {
        return Err(Error::conflict(tr!(medicine_record.scan_band_again)));
    }
    Ok(admission)
}

async fn write(ctx: &mut Ctx, scan: &Scan) -> Result<()> {
    let patient = match scan.admission_id {
        Some(admission) => Some(wards::find_admission(&mut ctx.tx, admission).await?.patient_id),
        None => None,
    };
    let by = ctx.user();
    store::insert_scan(&mut ctx.tx, scan, patient, by).await.map_err(DbError::of_form_key)?;
    ctx.did(Action::Create, "bedside_scan", scan.id, patient);
    Ok(())
}

/// Checks the scans of a dose before it is given: on a ward that scans, both are needed, or a reason.
///
/// # Errors
/// [`Error::Invalid`] of `unscanned`.
pub async fn check(ctx: &mut Ctx, order: &CareOrder, ward: WardId, dose: DoseId, mut scanned: Scanned) -> Result<Option<Scanned>> {
    let asks = store::ways(&mut ctx.tx, ward).await?.is_some_and(|ways| ways.scans);
    let now = ctx.now;
    if let Some(id) = scanned.band {
        let band = store::find_scan(&mut ctx.tx, id).await?;
        let of_patient = band.is_some_and(|band| fresh(&band, now).is_ok_and(|admission| admission == order.admission_id));
        scanned.band = scanned.band.filter(|_| of_patient);
    }
    if let Some(id) = scanned.medicine {
        let medicine = store::find_scan(&mut ctx.tx, id).await?;
        scanned.medicine = medicine.filter(|scan| scan.kind == ScanKind::Medicine && scan.dose_id == Some(dose)).map(|scan| scan.id);
    }
    let complete = scanned.band.is_some() && scanned.medicine.is_some();
    match (complete, scanned.unscanned) {
        (true, _) => Ok(Some(Scanned { unscanned: None, ..scanned })),
        (false, Some(_)) => Ok(Some(scanned)),
        (false, None) if asks => Err(Error::invalid("unscanned", tr!(medicine_record.scan_or_say_why))),
        (false, None) => Ok(None),
    }
}

/// Checks the scans of a dose that is given as needed: the medicine is scanned before there is a dose, and its scan is recorded here.
///
/// # Errors
/// As [`check`].
pub async fn check_as_needed(
    ctx: &mut Ctx,
    order: &CareOrder,
    (ward, dose): (WardId, DoseId),
    (scanned, code): (Scanned, &str),
) -> Result<Option<Scanned>> {
    let (now, today) = (ctx.now, ctx.today());
    let mut scanned = Scanned { medicine: None, ..scanned };
    if let Some(id) = scanned.band.filter(|_| !code.is_empty())
        && let Some(band) = store::find_scan(&mut ctx.tx, id).await?
        && let (Some(drug), expires_on) = drug_of(&mut ctx.tx, band.clinic_id, code, today).await?
        && expires_on.is_none_or(|day| day >= today)
        && store::as_needed_of(&mut ctx.tx, order.admission_id, drug, now).await?.contains(&order.id)
    {
        let scan = Scan {
            id: BedsideScanId::new(),
            kind: ScanKind::Medicine,
            outcome: ScanOutcome::Right,
            admission_id: Some(order.admission_id),
            dose_id: Some(dose),
            drug_id: Some(drug),
            at: now,
            ..band
        };
        write(ctx, &scan).await?;
        scanned.medicine = Some(scan.id);
    }
    check(ctx, order, ward, dose, scanned).await
}

/// Records the scans of a given dose.
///
/// # Errors
/// When the database refuses.
pub async fn keep(ctx: &mut Ctx, record: AdministrationId, order: &CareOrder, scanned: Option<Scanned>) -> Result<()> {
    match scanned {
        Some(scanned) => Ok(store::insert_dose_scans(&mut ctx.tx, record, order.patient_id, scanned).await?),
        None => Ok(()),
    }
}

/// Sets whether a ward scans, and its storeroom.
///
/// # Errors
/// [`Error::Invalid`] for a storeroom that is not a ward's of the clinic; [`Error::Conflict`] when somebody set it meanwhile.
pub async fn set_ways(ctx: &mut Ctx, ward: WardId, version: i64, scans: bool, room: Option<StoreroomId>) -> Result<()> {
    let ward = wards::find_ward(&mut ctx.tx, ward).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    if let Some(room) = room {
        let known = inventory::room(&mut ctx.tx, room).await?;
        let fits = known.is_some_and(|room| room.clinic_id == ward.clinic_id && room.kind == RoomKind::Ward && room.retired_at.is_none());
        if !fits {
            return Err(Error::invalid("storeroom", tr!(errors.choose)));
        }
    }
    let (now, by) = (ctx.now, ctx.user());
    if !store::set_ways(&mut ctx.tx, ward.id, version, (scans, room), (now, by)).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    ctx.did(Action::Update, "ward_bedside", ward.id, None);
    Ok(())
}

/// Whether a dose page offers the reason for giving without scans: the ward scans, and not both were scanned.
///
/// # Errors
/// When the database refuses.
pub async fn asks_scans(tx: &mut Tx, ward: WardId) -> Result<bool> {
    Ok(store::ways(tx, ward).await?.is_some_and(|ways| ways.scans))
}
