//! Acts on escalations.

use leptos::prelude::*;

use crate::{
    core::{Error, EscalationId, Permission, Result},
    nursing::escalations,
    server::{Ctx, redirect_to},
};

/// Records that a person was told.
#[server(endpoint = "nursing/tell")]
pub async fn tell(escalation_id: EscalationId, #[server(default)] whom: String, #[server(default)] note: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    escalations::tell(&mut ctx, escalation_id, &whom, &note).await?;
    ctx.commit().await?;
    redirect_to("/nursing/escalations?done=told");
    Ok(())
}

/// Records that a person attended.
#[server(endpoint = "nursing/attend")]
pub async fn attend(escalation_id: EscalationId, #[server(default)] whom: String, #[server(default)] note: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    escalations::attend(&mut ctx, escalation_id, &whom, &note).await?;
    ctx.commit().await?;
    redirect_to("/nursing/escalations?done=attended");
    Ok(())
}

/// Closes an escalation that somebody attended.
#[server(endpoint = "nursing/close")]
pub async fn close(escalation_id: EscalationId, #[server(default)] note: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    escalations::close(&mut ctx, escalation_id, &note).await?;
    ctx.commit().await?;
    redirect_to("/nursing/escalations?done=closed");
    Ok(())
}
