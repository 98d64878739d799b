//! The request to admit a patient.

use chrono::{Datelike as _, Days, NaiveDate};

use super::{AdmissionClass, AdmissionSource, Urgency, find, store};
use crate::{
    audit::Action,
    core::{
        AdmissionId, BedClassId, Error, PatientId, Result, StaffId, WardId,
        error::FieldErrors,
        time::{parse_date, show_date},
    },
    db::Tx,
    organisation::{self, Isolation},
    patients,
    server::Ctx,
    tr,
    wards::{
        equipment::Equipment,
        plan,
        uses::{self, refused},
    },
};

/// Days ahead for which an admission can be planned.
const AHEAD: u64 = 366;

/// The typed fields of a request.
#[derive(Clone, Debug)]
pub struct RequestForm {
    pub class: AdmissionClass,
    pub source: AdmissionSource,
    pub urgency: Urgency,
    pub reason: String,
    pub ward: WardId,
    pub bed_class: Option<BedClassId>,
    pub wanted_on: NaiveDate,
    pub expected_on: Option<NaiveDate>,
    pub isolation: Isolation,
    pub organism: String,
    pub equipment: Equipment,
    pub private: bool,
    pub doctor: Option<StaffId>,
}

impl RequestForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub async fn read(ctx: &mut Ctx, fields: &organisation::Typed) -> Result<Self> {
        let (today, clinic) = (ctx.today(), ctx.clinic.id);
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let ticked = |name: &str| !value(name).is_empty();
        let mut errors = FieldErrors::new();
        let class = errors.chosen("class", value("class"));
        let source = errors.chosen("source", value("source"));
        if source == Some(AdmissionSource::BornHere) {
            errors.add("source", tr!(errors.choose));
        }
        let urgency = errors.chosen("urgency", value("urgency"));
        let reason = errors.required_line("reason", value("reason"), 500);
        let isolation = errors.chosen::<Isolation>("isolation", value("isolation"));
        let organism = errors.line("organism", value("organism"), 100);
        if !organism.is_empty() && isolation == Some(Isolation::None) {
            errors.add("isolation", tr!(wards.organism_without_isolation));
        }
        let ward = errors.chosen::<WardId>("ward_id", value("ward_id"));
        if ward.is_some() && !plan::wards(&mut ctx.tx, clinic).await?.iter().any(|known| Some(known.id) == ward) {
            errors.add("ward_id", tr!(errors.choose));
        }
        let bed_class = if value("class_id").is_empty() { None } else { errors.chosen::<BedClassId>("class_id", value("class_id")) };
        if bed_class.is_some() && !plan::classes(&mut ctx.tx).await?.iter().any(|(known, _)| Some(*known) == bed_class) {
            errors.add("class_id", tr!(errors.choose));
        }
        let doctor = if value("doctor_id").is_empty() { None } else { errors.chosen::<StaffId>("doctor_id", value("doctor_id")) };
        if doctor.is_some() && !organisation::doctors(&mut ctx.tx, clinic).await?.iter().any(|known| Some(known.id) == doctor) {
            errors.add("doctor_id", tr!(errors.choose));
        }
        let latest = today.checked_add_days(Days::new(AHEAD)).unwrap_or(today);
        let day = |name: &str, errors: &mut FieldErrors| {
            let day = errors.check(parse_date(name, value(name)));
            if day.is_some_and(|day| day < today || day > latest) {
                errors.add(name, tr!(wards.day_wrong, today = show_date(today)));
            }
            day
        };
        let wanted_on = if value("wanted_on").is_empty() { Some(today) } else { day("wanted_on", &mut errors) };
        let expected_on = if value("expected_on").is_empty() { None } else { day("expected_on", &mut errors) };
        if let (Some(from), Some(to)) = (wanted_on, expected_on)
            && to < from
        {
            errors.add("expected_on", tr!(wards.expected_wrong));
        }
        errors.finish()?;
        let (Some(class), Some(source), Some(urgency), Some(isolation), Some(ward), Some(wanted_on)) =
            (class, source, urgency, isolation, ward, wanted_on)
        else {
            return Err(Error::NotFound);
        };
        let (equipment, private) = (Equipment::ticked(ticked), ticked("private"));
        Ok(Self {
            class,
            source,
            urgency,
            reason,
            ward,
            bed_class,
            wanted_on,
            expected_on,
            isolation,
            organism,
            equipment,
            private,
            doctor,
        })
    }
}

/// Asks a ward to admit a patient, once for the key of the form.
///
/// # Errors
/// [`Error::Conflict`] when the patient is in a bed or on the way to one, or has died.
pub async fn request(ctx: &mut Ctx, patient: PatientId, id: AdmissionId, typed: &RequestForm) -> Result<()> {
    ctx.tx.lock(patient).await?;
    match find(&mut ctx.tx, id).await {
        Ok(known) if known.patient_id == patient => return Ok(()),
        Ok(_) => return Err(Error::key_used()),
        Err(Error::NotFound) => {}
        Err(error) => return Err(error),
    }
    let (stamp, today, clinic) = (ctx.stamp(), ctx.today(), ctx.clinic.clone());
    patients::refuse_the_dead(&mut ctx.tx, patient, today).await?;
    if let Some(open) = store::latest_of(&mut ctx.tx, patient).await? {
        let words = if open.state.is_waiting() { tr!(wards.already_requested) } else { tr!(wards.already_admitted) };
        return Err(Error::conflict(words));
    }
    let visit = store::open_visit(&mut ctx.tx, patient, clinic.id).await?;
    let number = next_number(&mut ctx.tx, &clinic.code, today).await?;
    let whose = store::Whose { clinic: clinic.id, patient, visit, mother: None };
    store::insert(&mut ctx.tx, (id, &number), &whose, typed, stamp).await.map_err(refused)?;
    let act = store::NewAct { key: id.into(), act: super::StayAct::Requested, ward: Some(typed.ward), bed: None, reason: &typed.reason };
    store::insert_act(&mut ctx.tx, id, &act, stamp).await.map_err(uses::refused)?;
    ctx.did(Action::Create, "admission", id, Some(patient));
    Ok(())
}

/// Returns the next number of an admission of the clinic: `A-NORTH-2026-000017`.
pub(super) async fn next_number(tx: &mut Tx, clinic: &str, today: NaiveDate) -> Result<String> {
    let number = organisation::next_number(tx, &format!("admission {clinic} {}", today.year())).await?;
    Ok(format!("A-{clinic}-{}-{number:06}", today.year()))
}
