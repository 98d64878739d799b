//! The functions of the doctor's inbox.

use leptos::prelude::*;

use crate::{
    core::{Error, LabReviewId, Permission, Result, form::chosen},
    lab::{reviews, vocabulary::ReviewAction},
    server::{Ctx, redirect_to},
};

/// Signs a report.
#[server(endpoint = "lab/sign")]
pub async fn sign(lab_review_id: LabReviewId, #[server(default)] action: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let action: ReviewAction = chosen("action", &action)?;
    reviews::sign(&mut ctx, lab_review_id, action).await?;
    ctx.commit().await?;
    redirect_to("/lab/inbox?done=signed");
    Ok(())
}

/// Marks a report as seen.
#[server(endpoint = "lab/see")]
pub async fn see(lab_review_id: LabReviewId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    reviews::see(&mut ctx, lab_review_id).await?;
    ctx.commit().await?;
    redirect_to("/lab/inbox?done=seen");
    Ok(())
}

/// Gives a report to another doctor of the clinic.
#[server(endpoint = "lab/forward")]
pub async fn forward(lab_review_id: LabReviewId, #[server(default)] to: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    reviews::forward(&mut ctx, lab_review_id, &to).await?;
    ctx.commit().await?;
    redirect_to("/lab/inbox?done=forwarded");
    Ok(())
}

/// Signs the normal reports of a patient that the page showed.
#[server(endpoint = "lab/sign_normal")]
pub async fn sign_normal(
    /// The reviews, with spaces between them.
    #[server(default)]
    reviews_seen: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let seen: Vec<LabReviewId> = reviews_seen.split_whitespace().map(|id| chosen("form", id)).collect::<Result<_>>()?;
    reviews::sign_normal(&mut ctx, &seen).await?;
    ctx.commit().await?;
    redirect_to("/lab/inbox?done=signed");
    Ok(())
}
