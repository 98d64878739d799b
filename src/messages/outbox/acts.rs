//! The acts of staff on messages: a call of the desk, a dead message that is sent again or dropped, a letter that tries the mail server.

use chrono::Duration;

use super::store;
use crate::{
    accounts::users,
    audit::Action,
    core::{Error, MessageId, Permission, Result},
    messages::{DeskOutcome, MESSAGES},
    server::{Ctx, Event},
    tr,
};

/// A person who was not reached is called again after this time.
const CALL_AGAIN: Duration = Duration::hours(2);

/// Records a call of the desk.
///
/// # Errors
/// [`Error::Conflict`] when the person was called already.
pub async fn called(ctx: &mut Ctx, id: MessageId, outcome: DeskOutcome) -> Result<()> {
    let found = store::message(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::CheckIn, found.clinic_id)?;
    ctx.reach([found.patient_id]).await?;
    let lock = ctx.tx.lock(id).await?;
    let stamp = ctx.stamp();
    if !store::record_call(&mut ctx.tx, lock, outcome, stamp.at + CALL_AGAIN, stamp).await? {
        return Err(Error::conflict(tr!(messages.already_called)));
    }
    ctx.did(Action::Update, "message_call", id, Some(found.patient_id));
    ctx.tell(Event::new(&MESSAGES).at(found.clinic_id));
    Ok(())
}

/// Sends a dead message again.
///
/// # Errors
/// [`Error::Conflict`] when it is not dead.
pub async fn send_again(ctx: &mut Ctx, id: MessageId) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    let stamp = ctx.stamp();
    if !store::send_again(&mut ctx.tx, lock, stamp).await? {
        return Err(Error::conflict(tr!(messages.not_dead)));
    }
    ctx.did(Action::Update, "message", id, None);
    Ok(())
}

/// Drops a message that was not sent.
///
/// # Errors
/// [`Error::Conflict`] when it is gone already.
pub async fn drop_message(ctx: &mut Ctx, id: MessageId) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    let by = ctx.user();
    if !store::drop_message(&mut ctx.tx, lock, by).await? {
        return Err(Error::conflict(tr!(messages.gone_already)));
    }
    ctx.did(Action::Update, "message", id, None);
    Ok(())
}

/// Returns the user's own address, to which a letter is sent that tries the mail server.
///
/// # Errors
/// [`Error::Conflict`] when the user has none.
pub async fn begin_test(ctx: &mut Ctx) -> Result<String> {
    let by = ctx.user();
    let address = users::staff_user(&mut ctx.tx, by).await?.address.ok_or_else(|| Error::conflict(tr!(messages.no_own_address)))?;
    ctx.did(Action::Update, "message_test", by, None);
    Ok(address)
}
