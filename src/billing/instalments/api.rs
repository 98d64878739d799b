//! The server function of instalments.

use leptos::prelude::*;

use super::agree;
use crate::{
    core::{Error, InvoiceId, Permission, Result, error::FieldErrors, time::parse_date},
    server::{Ctx, redirect_to},
    tr,
};

/// Agrees on instalments for what the patient owes on an invoice.
#[server(endpoint = "billing/agree_instalments")]
pub async fn agree_instalments(
    invoice_id: InvoiceId,
    #[server(default)] parts: String,
    #[server(default)] first_day: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let mut errors = FieldErrors::new();
    let parts = errors.check(parts.trim().parse::<usize>().map_err(|_| Error::invalid("parts", tr!(billing.instalments_wrong))));
    let first = errors.check(parse_date("first_day", &first_day));
    errors.finish()?;
    let (Some(parts), Some(first)) = (parts, first) else { return Err(Error::NotFound) };
    agree(&mut ctx, invoice_id, parts, first).await?;
    ctx.commit().await?;
    redirect_to(&format!("/invoices/{invoice_id}?done=instalments"));
    Ok(())
}
