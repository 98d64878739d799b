//! What an administrator does with users, and the link with which they choose their password.

use leptos::prelude::*;

use crate::core::{Error, Result, UserId};

#[cfg(feature = "ssr")]
use super::{ALL_CLINICS, Invitation, lock_to_manage, lock_to_take_away, lock_who_manages, managing, staff_user};
#[cfg(feature = "ssr")]
use crate::{
    accounts::{
        NewUser,
        api::chosen,
        create_user,
        door::Caller,
        forgotten::{self, invitation_letter},
        links::{self, LinkKind, Linked},
        sessions, store,
    },
    audit::{Action, RoleChange},
    core::time::Instant,
    core::{ClinicId, Role, error::FieldErrors},
    db::{Locked, Tx},
    organisation,
    server::{ACCESS, Ctx, Event, Request, mail, redirect_to},
};

/// Invites somebody to work here, with a first role.
#[server(endpoint = "accounts/invite")]
pub async fn invite(
    #[server(default)] name: String,
    #[server(default)] login: String,
    #[server(default)] role: String,
    #[server(default)] clinic: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    let login = login.trim().to_lowercase();
    let mut errors = FieldErrors::new();
    let name = errors.required_name("name", &name, crate::tr!(accounts.name_missing));
    if !(2..=254).contains(&login.len()) || login.chars().any(char::is_whitespace) {
        errors.add("login", crate::tr!(accounts.login_wrong));
    }
    let place = errors.check(place(&mut ctx, &role, &clinic).await);
    errors.finish()?;
    lock_who_manages(&mut ctx).await?;
    let Some((role, clinic)) = place else { return Err(Error::NotFound) };
    let invitation = Invitation { id: UserId::new(), login, name, role, clinic };
    let (by, now) = (ctx.user(), ctx.now);
    super::server::invite(&mut ctx.tx, &invitation, by, now).await.map_err(|error| match error {
        Error::Conflict(message) => Error::invalid("login", message),
        other => other,
    })?;
    let invited = ctx.tx.lock(invitation.id).await?;
    let token = links::make(&mut ctx.tx, invited, LinkKind::Invitation, by, now).await?;
    if invitation.login.contains('@') {
        let (link, hospital) = (link(&ctx, &token), ctx.state().hospital().name.clone());
        let letter = invitation_letter(invitation.login, invitation.name, link, hospital);
        mail::queue(&mut ctx.tx, &letter, now).await?;
    }
    ctx.did(Action::Create, "user", invitation.id, None);
    shown_once(ctx, invitation.id, &token).await
}

/// Makes a new link for somebody who lost the invitation or forgot the password; it takes the place of those of before.
#[server(endpoint = "accounts/new_link")]
pub async fn new_link(user_id: UserId, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    let locked = lock_to_manage(&mut ctx, user_id).await?;
    let user = staff_user(&mut ctx.tx, user_id).await?;
    if !user.active {
        return Err(Error::conflict(crate::tr!(accounts.is_inactive)));
    }
    let kind = if user.invited { LinkKind::Invitation } else { LinkKind::Reset };
    let (by, now) = (ctx.user(), ctx.now);
    links::end_all(&mut ctx.tx, locked, now).await?;
    let token = links::make(&mut ctx.tx, locked, kind, by, now).await?;
    ctx.did(Action::Create, "link", user_id, None);
    shown_once(ctx, user_id, &token).await
}

/// Gives a role at a clinic, or at all. Sessions of before end.
#[server(endpoint = "accounts/grant")]
pub async fn grant(
    user_id: UserId,
    #[server(default)] role: String,
    #[server(default)] clinic: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    not_oneself(&ctx, user_id)?;
    let locked = lock_to_manage(&mut ctx, user_id).await?;
    let user = staff_user(&mut ctx.tx, user_id).await?;
    if user.retired {
        return Err(Error::conflict(crate::tr!(accounts.is_retired)));
    }
    let role = place(&mut ctx, &role, &clinic).await?;
    let (by, now) = (ctx.user(), ctx.now);
    if !super::server::grant(&mut ctx.tx, locked, role, by, now).await? {
        return Err(Error::invalid("role", crate::tr!(accounts.has_role)));
    }
    changed(ctx, locked, (Action::Create, "role")).await
}

/// Takes a role away. Sessions of before end.
#[server(endpoint = "accounts/revoke")]
pub async fn revoke(
    user_id: UserId,
    #[server(default)] role: String,
    #[server(default)] clinic: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    not_oneself(&ctx, user_id)?;
    let locked = lock_to_take_away(&mut ctx, user_id).await?;
    staff_user(&mut ctx.tx, user_id).await?;
    let role = place(&mut ctx, &role, &clinic).await?;
    if !super::server::revoke(&mut ctx.tx, locked, role).await? {
        return Err(Error::NotFound);
    }
    let (by, now) = (ctx.user(), ctx.now);
    super::server::tell_of_loss(&mut ctx.tx, (RoleChange::Taken, locked), &[role], by, now).await?;
    changed(ctx, locked, (Action::Update, "role")).await
}

/// Lets somebody sign in again, or no longer.
#[server(endpoint = "accounts/set_active")]
pub async fn set_active(user_id: UserId, #[server(default)] active: bool, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    not_oneself(&ctx, user_id)?;
    let locked = lock_to_take_away(&mut ctx, user_id).await?;
    let user = staff_user(&mut ctx.tx, user_id).await?;
    if user.retired {
        return Err(Error::conflict(crate::tr!(accounts.is_retired)));
    }
    let (by, now) = (ctx.user(), ctx.now);
    super::server::set_active(&mut ctx.tx, locked, active, now).await?;
    if user.active && !active {
        super::server::tell_of_loss(&mut ctx.tx, (RoleChange::Deactivated, locked), &user.roles, by, now).await?;
    }
    changed(ctx, locked, (Action::Update, "user")).await
}

/// Somebody leaves for good: no sign-in, no roles; what was written stays under the name.
#[server(endpoint = "accounts/retire")]
pub async fn retire(user_id: UserId, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    not_oneself(&ctx, user_id)?;
    let locked = lock_to_take_away(&mut ctx, user_id).await?;
    let user = staff_user(&mut ctx.tx, user_id).await?;
    let (by, now) = (ctx.user(), ctx.now);
    super::server::set_active(&mut ctx.tx, locked, false, now).await?;
    super::server::tell_of_loss(&mut ctx.tx, (RoleChange::Deactivated, locked), &user.roles, by, now).await?;
    super::server::retire(&mut ctx.tx, locked, now).await?;
    changed(ctx, locked, (Action::Update, "user")).await
}

/// Asks for a link by mail. The answer is the same whoever asks.
#[server(endpoint = "accounts/forgot")]
pub async fn forgot(#[server(default)] login: String) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let login = login.trim().to_lowercase();
    if !(2..=254).contains(&login.len()) {
        return Err(Error::invalid("login", crate::tr!(accounts.login_wrong)));
    }
    let (db, now) = (&request.state.db, request.state.clock.now());
    let caller = Caller::asking("forgot", &login, &request.address, request.state.config.attempts_per_address);
    caller.knock(db, now).await?;
    let mut tx = db.write().await?;
    forgotten::ask(&mut tx, &login, None, request.locale, now).await?;
    tx.commit().await?;
    redirect_to("/forgot?asked=1");
    Ok(())
}

/// Chooses a password with a link, which is used up by it.
#[server(endpoint = "accounts/use_link")]
pub async fn use_link(
    #[server(default)] token: String,
    #[server(default)] new_password: String,
    #[server(default)] new_password_again: String,
) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let (db, now) = (&request.state.db, request.state.clock.now());
    let linked = links::look(&mut db.read().await?, &token, now).await?;
    let chooser = Caller::asking("choose", &linked.login, &request.address, request.state.config.attempts_per_address);
    let hash = chosen(&request, &chooser, (&linked.login, &linked.display_name), (new_password, &new_password_again)).await?;
    let mut tx = db.write().await?;
    let user = match linked.user_id {
        Some(user) => {
            let locked = tx.lock(user).await?;
            // Hashing took time: a link that was used, or whose user was deactivated, is refused here.
            links::look(&mut tx, &token, now).await?;
            links::spend(&mut tx, &token, locked, now).await?;
            store::set_password(&mut tx, locked, hash, now).await?;
            sessions::end_others(&mut tx, locked, None).await?;
            user
        }
        None => {
            links::spend_sign_up(&mut tx, &token, &linked.login, now).await?;
            new_patient(&mut tx, &linked, hash, now).await?
        }
    };
    // The count of the address comes last, as for each attempt.
    Caller::new(&linked.login, "", 0).enter(&mut tx).await?;
    chooser.enter(&mut tx).await?;
    crate::accounts::api::note(&mut tx, &request, user, Action::Update, "password").await?;
    let ended = [Event::new(&ACCESS).to(user)];
    request.state.hub.store(&mut tx, now, &ended).await?;
    tx.commit().await?;
    request.state.hub.announce(&ended);
    redirect_to("/sign-in?done=password");
    Ok(())
}

/// Somebody signed up, and has confirmed it.
#[cfg(feature = "ssr")]
async fn new_patient(tx: &mut Tx, linked: &Linked, password_hash: String, now: Instant) -> Result<UserId> {
    let user = NewUser {
        id: UserId::new(),
        login: linked.login.clone(),
        name: linked.display_name.clone(),
        password_hash: Some(password_hash),
        language: linked.language.as_deref().and_then(|code| code.parse().ok()),
        demo: false,
        roles: vec![(Role::Patient, None)],
    };
    create_user(tx, &user, UserId::SYSTEM, now).await?;
    Ok(user.id)
}

/// A role and where: a clinic's id, or the word for all clinics.
#[cfg(feature = "ssr")]
async fn place(ctx: &mut Ctx, role: &str, clinic: &str) -> Result<(Role, Option<ClinicId>)> {
    let role = role.parse::<Role>().ok().filter(|role| *role != Role::Patient);
    let place = match clinic {
        ALL_CLINICS => Some(None),
        _ => organisation::clinics(&mut ctx.tx).await?.into_iter().find(|known| known.id.to_string() == clinic).map(|known| Some(known.id)),
    };
    let mut errors = FieldErrors::new();
    if role.is_none() {
        errors.add("role", crate::tr!(errors.choose));
    }
    if place.is_none() {
        errors.add("clinic", crate::tr!(errors.choose));
    }
    errors.finish()?;
    role.zip(place).ok_or(Error::NotFound)
}

/// Nobody locks himself out.
#[cfg(feature = "ssr")]
fn not_oneself(ctx: &Ctx, user: UserId) -> Result<()> {
    if ctx.user() == user { Err(Error::conflict(crate::tr!(accounts.not_yourself))) } else { Ok(()) }
}

/// What a session may do has changed: it begins anew.
#[cfg(feature = "ssr")]
async fn changed(mut ctx: Ctx, user: Locked<UserId>, (action, what): (Action, &'static str)) -> Result<()> {
    sessions::end_others(&mut ctx.tx, user, None).await?;
    ctx.did(action, what, user.id(), None);
    ctx.tell(Event::new(&ACCESS).to(user.id()));
    ctx.commit().await?;
    redirect_to(&format!("/users/{}", user.id()));
    Ok(())
}

#[cfg(feature = "ssr")]
fn link(ctx: &Ctx, token: &str) -> String {
    format!("{}/link/{token}", ctx.state().config.site_address())
}

/// The link waits in the administrator's session until the next page shows it, and is gone.
#[cfg(feature = "ssr")]
async fn shown_once(ctx: Ctx, user: UserId, token: &str) -> Result<()> {
    let (request, link) = (ctx.request().clone(), link(&ctx, token));
    ctx.commit().await?;
    request.leave_note(&link).await?;
    redirect_to(&format!("/users/{user}"));
    Ok(())
}
