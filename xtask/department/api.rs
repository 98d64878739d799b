//! The functions.

use leptos::prelude::*;

use crate::core::Error;

#[cfg(feature = "ssr")]
use super::{CHANGED, Entry, store};
#[cfg(feature = "ssr")]
use crate::{
    audit::Action,
    core::Permission,
    server::{Ctx, Event, redirect_to},
};

/// Adds an entry at the clinic where the user works.
#[server(endpoint = "{{name}}/add")]
pub async fn add(#[server(default)] name: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::{{Right}}).await?;
    let entry = Entry::typed(&name)?;
    let (now, by, clinic) = (ctx.now, ctx.user(), ctx.clinic.id);
    store::add(&mut ctx.tx, clinic, &entry, now, by).await?;
    ctx.did(Action::Create, "{{name}}_entry", entry.id, None);
    ctx.tell(Event::new(&CHANGED).at(clinic).about(entry.id));
    ctx.commit().await?;
    redirect_to("/{{address}}?done=added");
    Ok(())
}
