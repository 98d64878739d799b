//! The server function of payment terms.

use leptos::prelude::*;

use super::set;
use crate::{
    billing::prices::{masters, sets_prices},
    core::{ClinicId, Error, Permission, Result, error::FieldErrors},
    server::{Ctx, redirect_to},
    tr,
};

/// Sets the days until an invoice of a clinic is due.
#[server(endpoint = "billing/set_payment_terms")]
pub async fn set_payment_terms(#[server(default)] clinic_id: String, #[server(default)] days: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::SetPrices).await?;
    if !sets_prices(&ctx.who) {
        return Err(Error::Forbidden);
    }
    let mut errors = FieldErrors::new();
    let clinic = errors.chosen::<ClinicId>("clinic_id", &clinic_id);
    let days = errors.check(days.trim().parse::<i64>().map_err(|_| Error::invalid("days", tr!(billing.terms_wrong))));
    errors.finish()?;
    let (Some(clinic), Some(days)) = (clinic, days) else { return Err(Error::NotFound) };
    if !masters(&mut ctx.tx).await?.clinics.iter().any(|row| row.id == clinic.0 && !row.retired) {
        return Err(Error::invalid("clinic_id", tr!(errors.choose)));
    }
    set(&mut ctx, clinic, days).await?;
    ctx.commit().await?;
    redirect_to("/prices/rules?done=saved");
    Ok(())
}
