//! The dose of a study with ionising radiation: numbers that the device reports, typed by the radiographer or read from the archive.
//!
//! They describe the output of the device, not the dose of the patient, and are not added up over studies.

use super::{acts::turn, changed, store};
use crate::{
    audit::Action,
    core::{
        Error, IdempotencyKey, ImagingDoseId, ImagingOrderId, Permission, Result, Stamp, UserId, error::FieldErrors, form::chosen,
        time::Instant,
    },
    db::DbError,
    imaging::{IMAGING, catalogue, step::ImagingStep, vocabulary::Modality},
    lab::{Comparator, Measured, shown_millionths},
    organisation::Typed,
    patients::CHART,
    server::{Ctx, Event},
    tr,
};

/// The largest values that are stored, in millionths of mGy, mGy·cm and Gy·cm². They stop a slip of the fingers; they are no limits of a dose.
pub const MOST_CTDI_VOL: i64 = 2_000 * MILLION;
pub const MOST_DLP: i64 = 50_000 * MILLION;
pub const MOST_DAP: i64 = 5_000 * MILLION;
const MILLION: i64 = 1_000_000;

crate::text_enum! {
    /// The origin of the numbers.
    pub enum DoseSource("source") {
        Typed = "typed" => tr!(imaging.dose_typed),
        Archive = "archive" => tr!(imaging.dose_archive),
    }
}

crate::text_enum! {
    /// The unit in which a device shows a dose area product, as a UCUM code.
    pub enum DapUnit("dap_unit") {
        GyCm2 = "Gy.cm2" => "Gy·cm²",
        DGyCm2 = "dGy.cm2" => "dGy·cm²",
        CGyCm2 = "cGy.cm2" => "cGy·cm²",
        MGyCm2 = "mGy.cm2" => "mGy·cm²",
        UGyM2 = "uGy.m2" => "µGy·m²",
    }
}

impl DapUnit {
    /// The number by which a value in this unit is divided to be in Gy·cm². 1 µGy·m² is 10⁻⁶ Gy times 10⁴ cm².
    const fn divisor(self) -> i64 {
        match self {
            Self::GyCm2 => 1,
            Self::DGyCm2 => 10,
            Self::CGyCm2 | Self::UGyM2 => 100,
            Self::MGyCm2 => 1_000,
        }
    }

    /// Converts millionths of this unit to millionths of Gy·cm², rounded.
    const fn to_gy_cm2(self, millionths: i64) -> i64 {
        (millionths + self.divisor() / 2) / self.divisor()
    }
}

/// The dose of a study. Each number is in millionths of its unit.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Dose {
    pub id: ImagingDoseId,
    /// The volume CT dose index in mGy; the highest of the study's scans.
    pub ctdi_vol: Option<i64>,
    /// The dose length product of the study in mGy·cm.
    pub dlp: Option<i64>,
    /// The dose area product of the study in Gy·cm².
    pub dap: Option<i64>,
    pub source: DoseSource,
    pub recorded_at: Instant,
    pub recorder: String,
    pub recorded_by: UserId,
}

/// The numbers of a dose, in millionths of mGy, mGy·cm and Gy·cm².
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FoundDose {
    pub ctdi_vol: Option<i64>,
    pub dlp: Option<i64>,
    pub dap: Option<i64>,
}

impl FoundDose {
    /// Leaves numbers out that are not stored; `None` when no number is left.
    pub fn within_limits(self) -> Option<Self> {
        let within = |value: Option<i64>, most: i64| value.filter(|value| (1..=most).contains(value));
        let kept =
            Self { ctdi_vol: within(self.ctdi_vol, MOST_CTDI_VOL), dlp: within(self.dlp, MOST_DLP), dap: within(self.dap, MOST_DAP) };
        (kept != Self::default()).then_some(kept)
    }
}

impl Dose {
    /// The numbers with their units: "CTDIvol 12.3 mGy · DLP 410 mGy·cm".
    pub fn words(&self) -> String {
        let parts = [
            self.ctdi_vol.map(|value| format!("{} {} mGy", tr!(imaging.ctdi_vol), shown_millionths(value))),
            self.dlp.map(|value| format!("{} {} mGy·cm", tr!(imaging.dlp), shown_millionths(value))),
            self.dap.map(|value| format!("{} {} Gy·cm²", tr!(imaging.dap), shown_millionths(value))),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

/// Whether the device of a modality reports CTDIvol and DLP; other devices with X-rays report a dose area product.
pub const fn is_ct(modality: Modality) -> bool {
    matches!(modality, Modality::Ct)
}

/// The form in which the radiographer types the dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoseForm {
    /// The id of the new row: the form sent twice is recorded once.
    pub key: ImagingDoseId,
    /// The row that the user saw.
    pub seen: Option<ImagingDoseId>,
    pub found: FoundDose,
}

/// Reads a number in millionths, above zero and at most `most`.
fn amount(errors: &mut FieldErrors, field: &'static str, typed: &str, most: i64, to_unit: impl Fn(i64) -> i64) -> Option<i64> {
    if typed.trim().is_empty() {
        return None;
    }
    let value = errors.check(Measured::parse(field, typed))?;
    let millionths = to_unit(value.millionths);
    if value.comparator != Comparator::Exactly || !(1..=most).contains(&millionths) {
        errors.add(field, tr!(imaging.dose_range, most = shown_millionths(most)));
        return None;
    }
    Some(millionths)
}

impl DoseForm {
    /// Reads the form of a procedure with this modality.
    ///
    /// # Errors
    /// [`Error::Invalid`] with each field that is wrong.
    pub fn read(modality: Modality, typed: &Typed) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let key = ImagingDoseId(chosen::<IdempotencyKey>("key", value("key"))?.into());
        let seen = match value("seen") {
            "" => None,
            seen => Some(chosen("seen", seen)?),
        };
        let mut found = FoundDose::default();
        if is_ct(modality) {
            found.ctdi_vol = amount(&mut errors, "ctdi_vol", value("ctdi_vol"), MOST_CTDI_VOL, |value| value);
            found.dlp = amount(&mut errors, "dlp", value("dlp"), MOST_DLP, |value| value);
            if value("ctdi_vol").is_empty() && value("dlp").is_empty() {
                errors.add("ctdi_vol", tr!(imaging.dose_missing));
            }
        } else if value("dap").is_empty() {
            errors.add("dap", tr!(imaging.dose_missing));
        } else if let Some(unit) = errors.chosen::<DapUnit>("dap_unit", value("dap_unit")) {
            found.dap = amount(&mut errors, "dap", value("dap"), MOST_DAP, |value| unit.to_gy_cm2(value));
        }
        errors.finish()?;
        Ok(Self { key, seen, found })
    }
}

/// Whether a study at this step has a dose.
pub const fn has_dose(step: ImagingStep) -> bool {
    matches!(step, ImagingStep::Started | ImagingStep::Acquired | ImagingStep::Reported)
}

/// Records the dose that the radiographer typed; the one before stays as replaced.
///
/// # Errors
/// [`Error::Conflict`] when the images were not begun, nothing ionises, or another dose was recorded since; [`Error::Invalid`] with the field.
pub async fn record_typed(ctx: &mut Ctx, id: ImagingOrderId, version: i64, typed: &Typed) -> Result<()> {
    let (_, study) = turn(ctx, Permission::WorkImaging, id, version).await?;
    let procedure = catalogue::procedure(&mut ctx.tx, study.procedure_id).await?;
    if !procedure.ionising || !has_dose(study.step) {
        return Err(changed(&study));
    }
    let form = DoseForm::read(procedure.modality, typed)?;
    let before = store::dose_of(&mut ctx.tx, id).await?.map(|dose| dose.id);
    if before == Some(form.key) {
        return Ok(());
    }
    if before != form.seen {
        return Err(Error::conflict(tr!(imaging.dose_changed)));
    }
    let stamp = ctx.stamp();
    if before.is_some() {
        store::supersede_dose(&mut ctx.tx, id, stamp.at).await?;
    }
    store::insert_dose(&mut ctx.tx, (form.key, id), form.found, DoseSource::Typed, stamp).await.map_err(DbError::of_form_key)?;
    tell(ctx, id, form.key, (study.clinic_id, study.patient_id), before.is_some());
    Ok(())
}

/// Records the dose that the archive holds, unless the study has one. Returns whether it was recorded.
///
/// # Errors
/// When the database refuses.
pub async fn record_found(ctx: &mut Ctx, id: ImagingOrderId, found: FoundDose) -> Result<bool> {
    let Some(found) = found.within_limits() else { return Ok(false) };
    ctx.tx.lock(id).await?;
    let Some(study) = store::study(&mut ctx.tx, id).await? else { return Ok(false) };
    let procedure = catalogue::procedure(&mut ctx.tx, study.procedure_id).await?;
    if !procedure.ionising || !has_dose(study.step) || store::dose_of(&mut ctx.tx, id).await?.is_some() {
        return Ok(false);
    }
    let (dose, stamp) = (ImagingDoseId::new(), Stamp::system(ctx.now));
    store::insert_dose(&mut ctx.tx, (dose, id), found, DoseSource::Archive, stamp).await?;
    tell(ctx, id, dose, (study.clinic_id, study.patient_id), false);
    Ok(true)
}

/// Takes back the dose that came with images which are not of this study.
///
/// # Errors
/// When the database refuses.
pub async fn withdraw_found(ctx: &mut Ctx, id: ImagingOrderId) -> Result<()> {
    let Some(dose) = store::dose_of(&mut ctx.tx, id).await?.filter(|dose| dose.source == DoseSource::Archive) else { return Ok(()) };
    let Some(study) = store::study(&mut ctx.tx, id).await? else { return Ok(()) };
    let now = ctx.now;
    store::supersede_dose(&mut ctx.tx, id, now).await?;
    tell(ctx, id, dose.id, (study.clinic_id, study.patient_id), true);
    Ok(())
}

fn tell(
    ctx: &mut Ctx,
    study: ImagingOrderId,
    dose: ImagingDoseId,
    (clinic, patient): (crate::core::ClinicId, crate::core::PatientId),
    again: bool,
) {
    ctx.did(if again { Action::Update } else { Action::Create }, "imaging_dose", dose, Some(patient));
    ctx.tell(Event::new(&IMAGING).at(clinic).of(patient).about(study));
    ctx.tell(Event::new(&CHART).at(clinic).of(patient));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(modality: Modality, fields: &[(&str, &str)]) -> Result<FoundDose> {
        let mut typed: Typed = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        typed.insert("key".to_owned(), IdempotencyKey::new().to_string());
        DoseForm::read(modality, &typed).map(|form| form.found)
    }

    #[test]
    fn each_number_has_its_unit_and_its_limits() {
        let ct = |ctdi_vol: &str, dlp: &str| read(Modality::Ct, &[("ctdi_vol", ctdi_vol), ("dlp", dlp)]);
        let found = |ctdi_vol, dlp| FoundDose { ctdi_vol, dlp, dap: None };
        assert_eq!(ct("12.34", "").expect("a dose"), found(Some(12_340_000), None));
        assert_eq!(ct("12,34", "410").expect("a dose"), found(Some(12_340_000), Some(410_000_000)));
        assert_eq!(ct("2000", "50000").expect("a dose"), found(Some(MOST_CTDI_VOL), Some(MOST_DLP)));
        for (ctdi_vol, dlp) in [("", ""), ("0", ""), ("-1", ""), ("2000.1", ""), ("", "50000.5"), ("<5", ""), ("twelve", ""), ("1e3", "")] {
            assert!(matches!(ct(ctdi_vol, dlp), Err(Error::Invalid(_))), "{ctdi_vol} {dlp}");
        }
        let dap = |value: &str, unit: &str| read(Modality::Cr, &[("dap", value), ("dap_unit", unit)]).map(|found| found.dap);
        for (value, unit, expected) in [
            ("0.12", "Gy.cm2", 120_000),
            ("1.2", "dGy.cm2", 120_000),
            ("12", "cGy.cm2", 120_000),
            ("120", "mGy.cm2", 120_000),
            ("12", "uGy.m2", 120_000),
            ("0.0015", "mGy.cm2", 2),
        ] {
            assert_eq!(dap(value, unit).expect("a dose"), Some(expected), "{value} {unit}");
        }
        for (value, unit) in [("", "Gy.cm2"), ("1", ""), ("1", "Gy"), ("5001", "Gy.cm2"), ("0.0001", "mGy.cm2")] {
            assert!(matches!(dap(value, unit), Err(Error::Invalid(_))), "{value} {unit}");
        }
    }

    #[test]
    fn numbers_beyond_the_limits_are_left_out() {
        let found = FoundDose { ctdi_vol: Some(MOST_CTDI_VOL + 1), dlp: Some(1), dap: Some(0) };
        assert_eq!(found.within_limits(), Some(FoundDose { dlp: Some(1), ..FoundDose::default() }));
        assert_eq!(FoundDose { dap: Some(-1), ..FoundDose::default() }.within_limits(), None);
    }
}
