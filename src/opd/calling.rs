//! The checks before a patient is called: the caller's room or counter, and whether that place is free.

use super::{point_of, queue};
use crate::{
    core::{Error, Result, ServicePointId},
    organisation,
    server::Ctx,
    tr,
};

/// Whether the call may continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeforeCall {
    /// Calls to this room or counter; `None` where the clinic has none, or where the caller is a program that cannot
    /// answer questions.
    Ready(Option<ServicePointId>),
    /// The caller must choose a room or counter first.
    ChoosePlace,
}

/// Checks whether the caller has a place, and whether a patient is still there. `ask` is the form's value: `1` to be asked, the
/// queue entry of the patient who was asked about and may stay, or empty for a program that cannot answer.
///
/// # Errors
/// [`Error::Conflict`] when a patient is still there and the caller was not asked about this patient.
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

/// Returns the address of the page for choosing a room or counter; `back` is the page to go to afterwards.
pub fn choose_place(back: &str) -> String {
    format!("/point?back={}", back.replace('?', "%3F").replace('&', "%26").replace('=', "%3D"))
}
