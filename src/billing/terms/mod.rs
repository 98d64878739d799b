//! When invoices are due: so many days after they were issued, as the clinic says.

pub mod api;
mod store;

use chrono::{Days, NaiveDate};

use crate::{
    audit::Action,
    core::{ClinicId, Error, Result},
    db::Tx,
    server::Ctx,
    tr,
};

pub use store::chosen;

/// The days of a clinic that has none set: a week, as the database has it.
pub const USUAL_DAYS: i64 = 7;

/// The days until an invoice of the clinic is due.
///
/// # Errors
/// When the database refuses.
pub async fn days_of(tx: &mut Tx, clinic: ClinicId) -> Result<i64> {
    Ok(chosen(tx).await?.into_iter().find(|(of, _)| *of == clinic).map_or(USUAL_DAYS, |(_, days)| days))
}

/// The due day of an invoice that the clinic issues on a day.
///
/// # Errors
/// When the database refuses.
pub async fn due_day(tx: &mut Tx, clinic: ClinicId, issued: NaiveDate) -> Result<NaiveDate> {
    let days = u64::try_from(days_of(tx, clinic).await?).unwrap_or_default();
    Ok(issued.checked_add_days(Days::new(days)).unwrap_or(issued))
}

/// Sets the days of a clinic, for invoices from now on.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub async fn set(ctx: &mut Ctx, clinic: ClinicId, days: i64) -> Result<()> {
    if !(0..=365).contains(&days) {
        return Err(Error::invalid("days", tr!(billing.terms_wrong)));
    }
    let stamp = ctx.stamp();
    store::set(&mut ctx.tx, clinic, days, stamp).await?;
    ctx.did(Action::Update, "payment_terms", clinic, None);
    Ok(())
}
