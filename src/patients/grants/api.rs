//! Judging access that was given at a desk.

use leptos::prelude::*;

use crate::core::{AccessGrantId, Error};

#[cfg(feature = "ssr")]
use super::store;
#[cfg(feature = "ssr")]
use crate::{
    audit::Action,
    core::{Permission, error::FieldErrors},
    patients::emergency::{LONGEST_REASON, Verdict},
    server::{Ctx, redirect_to},
    tr,
};

/// Says whether access was given with good reason. Once, and not by the user who gave it.
#[server(endpoint = "patients/judge_grant")]
pub async fn judge_grant(
    grant_id: AccessGrantId,
    #[server(default)] verdict: String,
    #[server(default)] remark: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReadAudit).await?;
    let (now, by) = (ctx.now, ctx.user());
    let (patient, user) = store::of(&mut ctx.tx, grant_id).await?.ok_or(Error::NotFound)?;
    let mut errors = FieldErrors::new();
    let verdict = errors.chosen::<Verdict>("verdict", &verdict);
    let remark = errors.line("remark", &remark, LONGEST_REASON);
    if verdict == Some(Verdict::Unjustified) && remark.is_empty() {
        errors.add("remark", tr!(audit.remark_needed));
    }
    errors.finish()?;
    let verdict = verdict.ok_or(Error::NotFound)?;
    if user == by {
        return Err(Error::conflict(tr!(audit.not_ones_own)));
    }
    if !store::judge(&mut ctx.tx, grant_id, verdict, &remark, now, by).await? {
        return Err(Error::conflict(tr!(audit.judged_already)));
    }
    ctx.did(Action::Update, "access_grant", grant_id, Some(patient));
    ctx.commit().await?;
    redirect_to("/audit/grants?done=judged");
    Ok(())
}
