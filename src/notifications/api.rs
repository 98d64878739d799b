//! Reads the user's notifications and marks them as read.

use leptos::prelude::*;

use crate::core::{Error, NotificationId};

#[cfg(feature = "ssr")]
use crate::{
    core::{Permission, Result},
    notifications::{BELL, Line, Notice, notice, store},
    server::{Ctx, Event, Principal, redirect_to},
};

/// Marks a notification as read and opens the page that it links to, in the portal of the patient whom it concerns, as long as the user
/// acts for that patient.
#[server(endpoint = "notifications/open")]
pub async fn open_notification(notification_id: NotificationId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnAccount).await?;
    let (user, now) = (ctx.user(), ctx.now);
    let (link, dependant) = store::read(&mut ctx.tx, user, notification_id, now).await?.ok_or(Error::NotFound)?;
    ctx.tell(Event::new(&BELL).to(user));
    let (request, gone) = (ctx.request().clone(), dependant.is_some_and(|patient| ctx.who.dependant(patient).is_none()));
    ctx.commit().await?;
    if link.is_empty() || gone {
        redirect_to("/notifications");
        return Ok(());
    }
    if link.starts_with("/portal")
        && let Some(mut signed_in) = request.signed_in.clone().filter(|signed_in| signed_in.acting_for != dependant)
    {
        signed_in.acting_for = dependant;
        request.store(&signed_in).await?;
    }
    redirect_to(&link);
    Ok(())
}

/// Marks all notifications as read.
#[server(endpoint = "notifications/read_all")]
pub async fn read_all() -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnAccount).await?;
    let (user, now) = (ctx.user(), ctx.now);
    store::read_all(&mut ctx.tx, user, now).await?;
    ctx.tell(Event::new(&BELL).to(user));
    ctx.commit().await
}

/// Returns the user's notifications as text, newest first.
#[cfg(feature = "ssr")]
pub(super) async fn lines(ctx: &mut Ctx, limit: i64, offset: i64) -> Result<Vec<Line>> {
    let (user, now, zone) = (ctx.user(), ctx.now, ctx.zone());
    let kept = store::newest(&mut ctx.tx, user, limit, offset).await?;
    Ok(kept
        .into_iter()
        .map(|kept| Line {
            id: kept.id.to_string(),
            text: words(&kept, &ctx.who),
            when: notice::show_when(kept.at, now, zone),
            unread: !kept.read,
        })
        .collect())
}

/// Returns the sentence, with the name of the dependant whom it concerns. If the user no longer acts for that
/// dependant, it says only that.
#[cfg(feature = "ssr")]
fn words(kept: &store::Kept, who: &Principal) -> String {
    let text = kept.notice.as_ref().map_or_else(|| crate::tr!(notifications.unknown).to_owned(), Notice::words);
    let Some(patient) = kept.dependant else { return text };
    match who.dependant(patient) {
        Some(one) => crate::tr!(notifications.for_whom, name = one.name.clone(), text = text),
        None => crate::tr!(notifications.no_longer).to_owned(),
    }
}
