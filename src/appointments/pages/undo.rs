//! The offer to undo a move or a cancellation, in the notice that says what was done.

use crate::{
    appointments::undo::{Undoable, may_undo},
    core::{AppointmentId, Result},
    server::Ctx,
};

/// The action of a form and its hidden values.
pub(super) type PostedForm = (String, Vec<(&'static str, String)>);

/// Returns the form that undoes the act of this word, while the reader may undo it by the server's clock. `back` names the page on which
/// the notice stands.
pub(super) async fn undo_of(ctx: &mut Ctx, done: &str, id: AppointmentId, back: &str) -> Result<Option<PostedForm>> {
    let Ok(act) = done.parse::<Undoable>() else { return Ok(None) };
    let stamp = ctx.stamp();
    let offered = may_undo(&mut ctx.tx, act, id, stamp).await?;
    Ok(offered.then(|| {
        let hidden = vec![("appointment_id", id.to_string()), ("act", act.as_str().to_owned()), ("back", back.to_owned())];
        ("/api/appointments/undo".to_owned(), hidden)
    }))
}
