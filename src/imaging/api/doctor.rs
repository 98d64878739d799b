//! The functions of the doctor's inbox.

use leptos::prelude::*;

use crate::{
    core::{Error, Permission, RadiologyReviewId, Result, form::chosen},
    imaging::reviews,
    lab::ReviewAction,
    server::{Ctx, redirect_to},
};

/// Signs a report.
#[server(endpoint = "imaging/sign_review")]
pub async fn sign_review(radiology_review_id: RadiologyReviewId, #[server(default)] action: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let action: ReviewAction = chosen("action", &action)?;
    reviews::sign(&mut ctx, radiology_review_id, action).await?;
    ctx.commit().await?;
    redirect_to("/imaging/inbox?done=signed");
    Ok(())
}

/// Gives a report to another doctor of the clinic.
#[server(endpoint = "imaging/forward_review")]
pub async fn forward_review(radiology_review_id: RadiologyReviewId, #[server(default)] to: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    reviews::forward(&mut ctx, radiology_review_id, &to).await?;
    ctx.commit().await?;
    redirect_to("/imaging/inbox?done=forwarded");
    Ok(())
}
