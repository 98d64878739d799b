//! `/portal/receipts/{id}` and `/portal/statement`: a patient's own.

use axum::response::{IntoResponse, Redirect, Response};

use super::{
    account::statement_sheet,
    receipt::{How, Receipt},
};
use crate::{
    billing::{account, statement},
    core::{Error, PaymentId, Permission, Result},
    patients,
    server::{Ctx, Page, Path, Query},
};

/// One's own receipt; another's is not there.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn receipt_page(Path(id): Path<PaymentId>, Query(how): Query<How>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let own = ctx.own_patient()?;
    let receipt = Receipt::load(&mut ctx, id, |_, payment| if payment.patient_id == own { Ok(()) } else { Err(Error::NotFound) }).await?;
    Ok(receipt.page(&how, &format!("/portal/receipts/{id}"), "/portal/records".to_owned()))
}

/// One's own statement. Who has no record yet is led to where one gets it.
///
/// # Errors
/// What the database refused.
pub async fn statement_page() -> Result<Response> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(own) = ctx.own_patient() else { return Ok(Redirect::to("/portal/records").into_response()) };
    let patient = patients::find(&mut ctx.tx, own).await?;
    let invoices = account::invoices_of(&mut ctx.tx, own).await?;
    let payments = account::payments_of(&mut ctx.tx, own).await?;
    ctx.saw(own, "statement").await?;
    let entries = statement(&invoices, &payments);
    Ok(statement_sheet(patient, entries, ctx.zone(), ctx.state().hospital(), ctx.now, "/portal/records".to_owned()).into_response())
}
