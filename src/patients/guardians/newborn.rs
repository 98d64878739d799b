//! A child that is born here: the mother acts for it from the day of its birth.

use chrono::NaiveDate;

use super::{Dependence, childhood_ends, store};
use crate::{
    audit::Action,
    core::{Error, PatientId, Result},
    db::Locked,
    patients::{
        self,
        grants::{AccessGrant, GrantKind},
    },
    server::Ctx,
    tr,
};

/// Registers that the mother acts for her newborn child, until it comes of age. The document says where the birth is recorded.
///
/// # Errors
/// [`Error::Conflict`] when the user is the mother.
pub async fn of_newborn(ctx: &mut Ctx, child: Locked<PatientId>, (mother, born): (PatientId, NaiveDate), document: &str) -> Result<()> {
    let stamp = ctx.stamp();
    if patients::user_of(&mut ctx.tx, mother).await? == Some(stamp.by) {
        return Err(Error::conflict(tr!(patients.guardian_oneself)));
    }
    let age_of_majority = ctx.state().hospital().age_of_majority;
    let Some(until) = childhood_ends(born, age_of_majority) else { return Ok(()) };
    let ends = ctx.zone().day_bounds(until).1;
    let new = store::NewGuardian { guardian: mother, kind: Dependence::Child, from: born, until, ends, document: document.to_owned() };
    let id = store::insert(&mut ctx.tx, child, &new, stamp).await?;
    AccessGrant::note(ctx, child, GrantKind::Guardian, Some(mother), document).await?;
    ctx.did(Action::Create, "guardian", id, Some(child.id()));
    Ok(())
}
