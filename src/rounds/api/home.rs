//! Acts on the medicines that a patient takes home from a stay.

use leptos::prelude::*;

use crate::{
    clinical::{PrescriptionForm, Reply},
    core::{
        AdmissionId, CareOrderId, Error, IdempotencyKey, Permission, Result,
        form::{chosen, line},
    },
    rounds::{api::proved, home},
    server::{Ctx, redirect_to},
};

/// Prescribes a medicine to take home and signs it.
#[server(endpoint = "rounds/prescribe_home")]
pub async fn prescribe_home(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    /// The order of the stay that goes on; empty for a new medicine.
    #[server(default)]
    order: String,
    #[server(default)] drug: String,
    #[server(default)] dose: String,
    #[server(default)] route: String,
    #[server(default)] frequency: String,
    #[server(default)] days: String,
    #[server(default)] as_needed: String,
    #[server(default)] max_per_day: String,
    #[server(default)] instructions: String,
    #[server(default)] no_substitution: String,
    #[server(default)] override_reason: String,
    #[server(default)] seen: String,
    #[server(default)] confirmed: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    proved(Permission::WriteNotes, &password).await?;
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let id = chosen::<IdempotencyKey>("key", &key)?.into();
    let order = if order.is_empty() { None } else { Some(chosen::<CareOrderId>("order", &order)?) };
    let form =
        PrescriptionForm { drug, dose, route, frequency, days, as_needed, max_per_day, instructions, no_substitution, override_reason };
    let (drug, dosage, reason) = form.parse()?;
    let reply = Reply { reason, seen, confirmed: line("confirmed", &confirmed, 200)? };
    home::prescribe(&mut ctx, admission_id, id, order, (drug, dosage, reply)).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/take-home?done=prescribed"));
    Ok(())
}

/// Decides that a medicine of the stay does not go on at home.
#[server(endpoint = "rounds/stop_home")]
pub async fn stop_home(admission_id: AdmissionId, #[server(default)] key: String, #[server(default)] order: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let id = chosen::<IdempotencyKey>("key", &key)?.into();
    home::stop(&mut ctx, admission_id, id, chosen("order", &order)?).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/take-home?done=saved"));
    Ok(())
}
