//! The call list: patients without an account of the portal whom somebody has to tell.

use chrono::Duration;

use super::store::{self, CallRow};
use crate::{
    core::{Result, StaffId},
    patients,
    server::Ctx,
};

/// For how long a settled appointment stands on the call list.
const ON_THE_LIST: Duration = Duration::days(7);

/// A patient to call.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    pub mrn: String,
    pub phone: String,
    pub row: CallRow,
}

/// Those to call at the reader's clinic, in order of their old times; the look is audited.
pub async fn calls(ctx: &mut Ctx, doctor: Option<StaffId>) -> Result<Vec<Call>> {
    let since = ctx.now - ON_THE_LIST;
    let rows = store::calls(&mut ctx.tx, ctx.clinic.id, doctor, since).await?;
    let mut ids: Vec<_> = rows.iter().map(|row| row.patient_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let people = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_all(ids, "call_list").await?;
    let call = |row: CallRow| {
        let person = people.get(&row.patient_id)?;
        Some(Call { name: person.name.listed(), mrn: person.mrn.clone(), phone: person.phone.clone(), row })
    };
    Ok(rows.into_iter().filter_map(call).collect())
}
