//! The beds of a ward for a patient, ranked, and the choice of one.

use chrono::NaiveDate;

use super::{Admission, AdmissionState, store};
use crate::{
    core::{
        AdmissionId, BedId, Error, Result, WardId,
        time::{Instant, years_between},
    },
    db::{Locked, Tx},
    patients::{self, Birth, PatientLine, Sex},
    server::Ctx,
    tr,
    wards::{
        fit::{Misfit, Need, misfits, rank},
        moves,
        plan::{self, Bed, Ward},
        uses::{self, BedUse, UseKind},
    },
};

/// A bed that is free for the patient.
#[derive(Clone, Debug)]
pub struct BedChoice {
    pub bed: Bed,
    pub misfits: Vec<Misfit>,
    /// Whether it is reserved for this patient.
    pub reserved: bool,
}

/// A bed that was chosen and locked.
#[derive(Clone, Debug)]
pub struct ChosenBed {
    pub locked: Locked<BedId>,
    pub bed: Bed,
    pub ward: Ward,
    /// The reservation of this bed for the patient.
    pub reservation: Option<BedUse>,
}

fn age(birth: Birth, today: NaiveDate) -> Option<i64> {
    birth.date.map(|born| years_between(born, today))
}

fn need(admission: &Admission, patient: &PatientLine, today: NaiveDate) -> Need {
    Need {
        sex: patient.sex,
        age: age(patient.birth, today),
        class: admission.class,
        bed_class: admission.class_id,
        isolation: admission.isolation,
        equipment: admission.equipment,
    }
}

/// Returns the stay with the needs of its open transfer, when the ward is the one to which it leads.
async fn needing(tx: &mut Tx, admission: &Admission, ward: WardId) -> Result<Admission> {
    let open = match admission.state {
        AdmissionState::Admitted => moves::open_transfer(tx, admission.id).await?.filter(|open| open.to_ward_id == ward),
        _ => None,
    };
    Ok(open.map_or_else(|| admission.clone(), |open| admission.with_needs(&open)))
}

/// Returns the sexes of those who lie in other beds of the room; small children do not count.
fn others(lying: &[store::Lying], bed: &Bed, admission: &Admission, today: NaiveDate) -> Vec<Sex> {
    let counts = |one: &&store::Lying| {
        one.room == bed.room && one.bed_id != bed.id && one.admission_id != admission.id && age(one.birth, today).is_none_or(|age| age >= 2)
    };
    lying.iter().filter(counts).map(|one| one.sex).collect()
}

/// Returns the free beds of a ward for the patient: the reserved one first, then the best. Extra trolleys whose time is over are left out.
///
/// # Errors
/// When the database refuses.
pub async fn choices(tx: &mut Tx, ward: &Ward, admission: &Admission, (now, today): (Instant, NaiveDate)) -> Result<Vec<BedChoice>> {
    let patient = patients::line(tx, admission.patient_id).await?;
    let admission = &needing(tx, admission, ward.id).await?;
    let need = need(admission, &patient, today);
    // The planner sees that a bed is in use, not by whom; only the own reservation of the patient is read with its bed.
    let taken = store::taken_beds(tx, ward.id).await?;
    let own = uses::open_of_admission(tx, admission.id, UseKind::Reservation).await?.map(|own| own.bed_id);
    let lying = store::lying(tx, ward.id).await?;
    let mut choices: Vec<BedChoice> = plan::beds(tx, ward.id)
        .await?
        .into_iter()
        .filter_map(|bed| {
            let reserved = own == Some(bed.id);
            if !reserved && taken.contains(&bed.id) || bed.is_over(now) {
                return None;
            }
            let misfits = misfits(&need, ward, &bed, &others(&lying, &bed, admission, today));
            Some(BedChoice { bed, misfits, reserved })
        })
        .collect();
    choices.sort_by_key(|choice| (!choice.reserved, rank(&choice.misfits)));
    Ok(choices)
}

/// Locks a bed for the patient and checks that it is free and fits. A broken rule needs a reason.
///
/// # Errors
/// [`Error::Conflict`] when the bed is taken, [`Error::Invalid`] when a rule is broken without a reason.
pub async fn take(ctx: &mut Ctx, admission: &Admission, id: BedId, reason: &str) -> Result<ChosenBed> {
    let locked = ctx.tx.lock(id).await?;
    let bed = plan::bed(&mut ctx.tx, id).await?;
    if bed.clinic_id != admission.clinic_id {
        return Err(Error::NotFound);
    }
    if bed.retired {
        return Err(Error::conflict(tr!(wards.bed_retired)));
    }
    if bed.is_over(ctx.now) {
        return Err(Error::conflict(tr!(wards.trolley_over)));
    }
    let reservation = match uses::open_use(&mut ctx.tx, locked).await? {
        None => None,
        Some(known) if known.kind == UseKind::Reservation && known.admission_id == Some(admission.id) => Some(known),
        Some(_) => return Err(Error::conflict(tr!(wards.bed_taken))),
    };
    let broken = broken_rules(ctx, admission, &bed, &[]).await?;
    if !broken.is_empty() && reason.is_empty() {
        return Err(Error::invalid("because", tr!(wards.rule_broken, rules = broken.join(", "))));
    }
    let ward = plan::ward(&mut ctx.tx, bed.ward_id).await?;
    Ok(ChosenBed { locked, bed, ward, reservation })
}

/// Returns the rules that a bed breaks for a patient, in words. The patients of the admissions `without` leave the room.
///
/// # Errors
/// When the database refuses.
pub async fn broken_rules(ctx: &mut Ctx, admission: &Admission, bed: &Bed, without: &[AdmissionId]) -> Result<Vec<&'static str>> {
    let today = ctx.today();
    let ward = plan::ward(&mut ctx.tx, bed.ward_id).await?;
    let patient = patients::line(&mut ctx.tx, admission.patient_id).await?;
    let mut lying = store::lying(&mut ctx.tx, ward.id).await?;
    lying.retain(|one| !without.contains(&one.admission_id));
    let admission = &needing(&mut ctx.tx, admission, ward.id).await?;
    let found = misfits(&need(admission, &patient, today), &ward, bed, &others(&lying, bed, admission, today));
    Ok(found.into_iter().filter(|misfit| misfit.breaks_a_rule()).map(Misfit::words).collect())
}
