//! The admission of a child that is born on the ward.

use super::{ActTurn, Admission, AdmissionClass, AdmissionSource, RequestForm, StayAct, Urgency, request, store, turn};
use crate::{
    audit::Action,
    core::{AdmissionId, IdempotencyKey, PatientId, Permission, Result},
    db::Tx,
    organisation,
    server::Ctx,
    wards::{equipment::Equipment, uses::refused},
};

/// Opens the admission of a newborn on the mother's ward; the child is not in a cot yet. It lies with the mother, so it needs the
/// isolation that she needs.
///
/// # Errors
/// When the database refuses.
pub async fn newborn(ctx: &mut Ctx, mother: &Admission, patient: PatientId, reason: &str) -> Result<ActTurn> {
    let stamp = ctx.stamp();
    let clinic = organisation::clinic(&mut ctx.tx, mother.clinic_id).await?;
    let today = clinic.zone.day(stamp.at);
    let number = request::next_number(&mut ctx.tx, &clinic.code, today).await?;
    let id = AdmissionId::new();
    let typed = RequestForm {
        class: AdmissionClass::Inpatient,
        source: AdmissionSource::BornHere,
        urgency: Urgency::Routine,
        reason: reason.to_owned(),
        ward: mother.ward(),
        bed_class: None,
        wanted_on: today,
        expected_on: None,
        isolation: mother.isolation,
        organism: mother.organism.clone(),
        equipment: Equipment::default(),
        private: mother.private,
        doctor: mother.doctor_id,
    };
    let whose = store::Whose { clinic: clinic.id, patient, visit: None, mother: Some(mother.id) };
    store::insert(&mut ctx.tx, (id, &number), &whose, &typed, stamp).await.map_err(refused)?;
    let act = store::NewAct { key: id.into(), act: StayAct::Requested, ward: Some(typed.ward), bed: None, reason };
    store::insert_act(&mut ctx.tx, id, &act, stamp).await.map_err(refused)?;
    ctx.did(Action::Create, "admission", id, Some(patient));
    turn(ctx, Permission::ManageBeds, id, &IdempotencyKey::new().to_string()).await
}

/// Returns the admissions of the children who were born to a patient and are on a ward.
///
/// # Errors
/// When the database refuses.
pub async fn babies_of(tx: &mut Tx, mother: AdmissionId) -> Result<Vec<Admission>> {
    store::babies_of(tx, mother).await
}
