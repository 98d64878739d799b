//! Acts on handovers.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, Error, HandoverId, Permission, Result, WardId},
    nursing::handovers,
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Writes the line of a patient.
#[server(endpoint = "nursing/write_line")]
pub async fn write_line(
    admission_id: AdmissionId,
    /// The version of the line that the user saw; 0 for none.
    #[server(default)]
    version: i64,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let parts = handovers::read_parts(&fields)?;
    let ward = handovers::write(&mut ctx, admission_id, version, &parts).await?;
    ctx.commit().await?;
    redirect_to(&format!("/nursing/handover?ward={ward}&done=line"));
    Ok(())
}

/// Offers the handover to the next shift.
#[server(endpoint = "nursing/offer")]
pub async fn offer(ward_id: WardId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    handovers::offer(&mut ctx, ward_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/nursing/handover?ward={ward_id}&done=offered"));
    Ok(())
}

/// Takes the offer back.
#[server(endpoint = "nursing/take_back")]
pub async fn take_back(handover_id: HandoverId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let ward = handovers::take_back(&mut ctx, handover_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/nursing/handover?ward={ward}&done=taken_back"));
    Ok(())
}

/// Takes the handover over.
#[server(endpoint = "nursing/take_over")]
pub async fn take_over(handover_id: HandoverId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let ward = handovers::take_over(&mut ctx, handover_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/nursing?ward={ward}&show=all&done=taken"));
    Ok(())
}
