//! The functions of statements: one for the portal, one for staff.

use leptos::prelude::*;

use crate::core::{Error, StatementId};

#[cfg(feature = "ssr")]
use super::acts::{self, TypedStatement};
#[cfg(feature = "ssr")]
use crate::{
    core::{Permission, VisitId},
    server::{Ctx, redirect_to},
};

/// Stores what the patient tells before a visit.
#[server(endpoint = "clinical/tell_statement")]
pub async fn tell_statement(
    /// An id created with the form: a statement that is sent twice is stored once.
    key: StatementId,
    #[server(default)] allergies: String,
    #[server(default)] medicines: String,
    #[server(default)] history: String,
    #[server(default)] appointment: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    acts::tell(&mut ctx, key, &TypedStatement { allergies, medicines, history, appointment }).await?;
    ctx.commit().await?;
    redirect_to("/portal/before-visit?done=told");
    Ok(())
}

/// Says that staff took a statement over into the record, or sets it aside (`verdict` = `set_aside`).
#[server(endpoint = "clinical/end_statement")]
pub async fn end_statement(
    statement_id: StatementId,
    #[server(default)] verdict: String,
    /// The visit whose consultation is shown next.
    #[server(default)]
    visit: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordAllergies).await?;
    let patient = acts::end(&mut ctx, statement_id, verdict != "set_aside").await?;
    let may_consult = ctx.who.may(Permission::WriteNotes);
    ctx.commit().await?;
    redirect_to(&match visit.parse::<VisitId>() {
        Ok(visit) if may_consult => format!("/consultation/{visit}?done=statement"),
        _ => format!("/patients/{patient}"),
    });
    Ok(())
}
