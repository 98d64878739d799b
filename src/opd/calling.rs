//! What is asked before somebody is called: where the caller works, and whether that place is free.

use super::{point_of, queue};
use crate::{
    core::{Error, Result, ServicePointId},
    organisation,
    server::Ctx,
    tr,
};

/// Whether the call may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeforeCall {
    /// To this room or counter; `None` where the clinic has none, or a program calls that is not asked.
    Ready(Option<ServicePointId>),
    /// The caller chooses a room or counter first.
    ChoosePlace,
}

/// Looks whether the caller has a place and whether somebody is still there. `ask` is what the form says: `1` to be asked, the queue
/// entry of the patient who was asked about and may stay, or nothing for a program that cannot answer.
///
/// # Errors
/// [`Error::Conflict`] when a patient is still there and was not asked about.
pub async fn before_call(ctx: &mut Ctx, ask: &str) -> Result<BeforeCall> {
    let clinic = ctx.clinic.id;
    let Some(point) = point_of(ctx).await? else {
        let has_places = !ask.is_empty() && !organisation::service_points(&mut ctx.tx, clinic).await?.is_empty();
        return Ok(if has_places { BeforeCall::ChoosePlace } else { BeforeCall::Ready(None) });
    };
    if !ask.is_empty()
        && let Some((entry, token)) = queue::who_is_at(&mut ctx.tx, clinic, point.id).await?
        && entry.to_string() != ask
    {
        return Err(Error::conflict(tr!(opd.still_there, token = token, room = point.name)));
    }
    Ok(BeforeCall::Ready(Some(point.id)))
}

/// The page where a room or counter is chosen; `back` is where the caller goes afterwards.
pub fn choose_place(back: &str) -> String {
    format!("/point?back={}", back.replace('?', "%3F").replace('&', "%26").replace('=', "%3D"))
}
