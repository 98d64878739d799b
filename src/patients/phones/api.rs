//! The server functions with which the desk keeps the further numbers of a patient.

use leptos::prelude::*;

use crate::core::{Error, PatientId, PatientPhoneId};

#[cfg(feature = "ssr")]
use crate::{
    audit::Action,
    core::Permission,
    patients::{self, CHART, PhoneForm},
    server::{Ctx, Event, redirect_to},
};

/// Adds one more number.
#[server(endpoint = "patients/add_phone")]
pub async fn add_phone(
    patient_id: PatientId,
    #[server(default)] phone_kind: String,
    #[server(default)] more_phone: String,
    #[server(default)] phone_whose: String,
    #[server(default)] preferred: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let stamp = ctx.stamp();
    let patient = ctx.tx.lock(patient_id).await?;
    let new = PhoneForm { kind: &phone_kind, phone: &more_phone, whose: &phone_whose, preferred: &preferred }.parse()?;
    if let Some(id) = patients::add_phone(&mut ctx.tx, patient, &new, stamp).await? {
        ctx.did(Action::Create, "patient_phone", id, Some(patient_id));
        ctx.tell(Event::new(&CHART).of(patient_id));
    }
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=saved"));
    Ok(())
}

/// Removes a number.
#[server(endpoint = "patients/remove_phone")]
pub async fn remove_phone(patient_id: PatientId, patient_phone_id: PatientPhoneId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let patient = ctx.tx.lock(patient_id).await?;
    if !patients::remove_phone(&mut ctx.tx, patient, patient_phone_id).await? {
        return Err(Error::NotFound);
    }
    ctx.did(Action::Update, "patient_phone", patient_phone_id, Some(patient_id));
    ctx.tell(Event::new(&CHART).of(patient_id));
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=saved"));
    Ok(())
}

/// Prefers a number for messages and calls; without one it is that on the record.
#[server(endpoint = "patients/prefer_phone")]
pub async fn prefer_phone(patient_id: PatientId, #[server(default)] patient_phone_id: Option<PatientPhoneId>) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let stamp = ctx.stamp();
    let patient = ctx.tx.lock(patient_id).await?;
    patients::prefer_phone(&mut ctx.tx, patient, patient_phone_id, stamp).await?;
    ctx.did(Action::Update, "patient_phone", patient_id, Some(patient_id));
    ctx.tell(Event::new(&CHART).of(patient_id));
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=saved"));
    Ok(())
}
