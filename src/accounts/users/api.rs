//! The server functions with which an administrator manages users, and the link with which users choose their password.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::core::{Error, Result, UserId};

#[cfg(feature = "ssr")]
use super::{
    ALL_CLINICS, Invitation, acts,
    import::{Effect, import},
    lock_to_manage, lock_to_take_away, lock_who_manages, managing, staff_user,
};
#[cfg(feature = "ssr")]
use crate::{
    accounts::{
        NewUser,
        api::chosen,
        create_user,
        door::Caller,
        forgotten,
        links::{self, Linked},
        sessions, store,
    },
    audit::Action,
    core::{ClinicId, Role, Stamp, error::FieldErrors, time::Instant},
    db::Tx,
    organisation::{self, people},
    server::{ACCESS, Ctx, Event, Request, mail, redirect_to},
};

/// The form of an invitation: a new member of staff, or the one of `staff`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InvitationForm {
    pub staff: String,
    pub name: String,
    pub login: String,
    pub email: String,
    pub role: String,
    pub clinic: String,
}

#[cfg(feature = "ssr")]
impl InvitationForm {
    async fn parse(&self, ctx: &mut Ctx) -> Result<Invitation> {
        let mut errors = FieldErrors::new();
        let name = errors.required_name("name", &self.name, crate::tr!(accounts.name_missing));
        let login = read_login(&self.login, &mut errors);
        let email = read_email(&self.email, &mut errors);
        let place = errors.check(place(ctx, &self.role, &self.clinic).await);
        errors.finish()?;
        lock_who_manages(ctx).await?;
        let Some((role, clinic)) = place else { return Err(Error::NotFound) };
        let staff = if self.staff.is_empty() { None } else { Some(people::staff_id(&self.staff)?) };
        let email = if email.is_empty() && mail::is_address(&login) { login.clone() } else { email };
        Ok(Invitation { id: UserId::new(), login, name, role, clinic, email, staff })
    }
}

/// Invites somebody to work here, with a first role.
#[server(endpoint = "accounts/invite")]
pub async fn invite(#[server(flatten)] form: InvitationForm, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    let invitation = form.parse(&mut ctx).await?;
    let sent = acts::invite(&mut ctx, &invitation).await?;
    done(ctx, invitation.id, if sent { "sent" } else { "slip" }).await
}

/// Reads a sign-in name.
#[cfg(feature = "ssr")]
fn read_login(typed: &str, errors: &mut FieldErrors) -> String {
    let login = typed.trim().to_lowercase();
    if !(2..=254).contains(&login.len()) || login.chars().any(char::is_whitespace) {
        errors.add("login", crate::tr!(accounts.login_wrong));
    }
    login
}

/// Reads an address; none is not wrong.
#[cfg(feature = "ssr")]
fn read_email(typed: &str, errors: &mut FieldErrors) -> String {
    let email = typed.trim().to_owned();
    if !email.is_empty() && !mail::is_address(&email) {
        errors.add("email", crate::tr!(accounts.no_address));
    }
    email
}

/// Sends a new link to the own address of somebody who lost the invitation or forgot the password. The administrator never sees it.
#[server(endpoint = "accounts/new_link")]
pub async fn new_link(user_id: UserId, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    let locked = lock_to_manage(&mut ctx, user_id).await?;
    acts::new_link(&mut ctx, locked).await?;
    done(ctx, user_id, "sent").await
}

/// Makes a link on paper for a person who is present and without a way to be reached, or whose mail does not arrive.
#[server(endpoint = "accounts/print_slip")]
pub async fn print_slip(user_id: UserId, #[server(default)] present: bool, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    not_oneself(&ctx, user_id)?;
    let locked = lock_to_manage(&mut ctx, user_id).await?;
    let link = acts::print_slip(&mut ctx, locked, present).await?;
    let request = ctx.request().clone();
    ctx.commit().await?;
    request.leave_note(&link).await?;
    redirect_to(&format!("/users/{user_id}/slip"));
    Ok(())
}

/// Brings staff in from a file: all rows or none, and only what the user has seen.
#[server(endpoint = "accounts/import_staff")]
pub async fn import_staff(
    #[server(default)] text: String,
    #[server(default)] seen: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    lock_who_manages(&mut ctx).await?;
    let imported = import(&mut ctx, &text).await?;
    let refused = imported.count(Effect::Refused);
    if refused > 0 {
        return Err(Error::invalid("text", crate::tr!(accounts.import_refused, count = refused)));
    }
    let changes = imported.count(Effect::New) + imported.count(Effect::Changed);
    if changes > 0 && seen != imported.digest() {
        return Err(Error::invalid("seen", crate::tr!(accounts.import_look)));
    }
    ctx.commit().await?;
    redirect_to(if changes > 0 { "/settings/staff?done=imported" } else { "/settings/staff?done=unchanged" });
    Ok(())
}

/// The form of the names of a user, whom the administrator saw in a `version`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NamesForm {
    pub version: String,
    pub name: String,
    pub login: String,
}

/// Corrects the name and the sign-in name. Another sign-in name ends the user's sessions.
#[server(endpoint = "accounts/correct")]
pub async fn correct(user_id: UserId, #[server(flatten)] form: NamesForm, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    let locked = lock_to_manage(&mut ctx, user_id).await?;
    let user = staff_user(&mut ctx.tx, user_id).await?;
    let mut errors = FieldErrors::new();
    let name = errors.required_name("name", &form.name, crate::tr!(accounts.name_missing));
    let login = read_login(&form.login, &mut errors);
    if login != user.login && crate::accounts::user_of_login(&mut ctx.tx, &login).await?.is_some() {
        errors.add("login", crate::tr!(accounts.login_taken));
    }
    errors.finish()?;
    acts::correct(&mut ctx, (locked, &user), (&name, &login), &form.version).await?;
    done(ctx, user_id, "corrected").await
}

/// Gives a role at a clinic, or at all clinics. The user's earlier sessions end.
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
    acts::grant(&mut ctx, locked, role).await?;
    changed(ctx, user_id).await
}

/// Removes a role. The user's earlier sessions end.
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
    acts::revoke(&mut ctx, locked, role).await?;
    changed(ctx, user_id).await
}

/// Sets whether a user may sign in.
#[server(endpoint = "accounts/set_active")]
pub async fn set_active(user_id: UserId, #[server(default)] active: bool, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    not_oneself(&ctx, user_id)?;
    let locked = lock_to_take_away(&mut ctx, user_id).await?;
    let user = staff_user(&mut ctx.tx, user_id).await?;
    if user.retired {
        return Err(Error::conflict(crate::tr!(accounts.is_retired)));
    }
    acts::set_active(&mut ctx, (locked, &user), active).await?;
    changed(ctx, user_id).await
}

/// Retires a person who leaves for good: no sign-in, no roles; the notes stay under the name. Refused while appointments, patients or notes
/// still hang on the person.
#[server(endpoint = "accounts/retire")]
pub async fn retire(user_id: UserId, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    not_oneself(&ctx, user_id)?;
    let locked = lock_to_take_away(&mut ctx, user_id).await?;
    let user = staff_user(&mut ctx.tx, user_id).await?;
    acts::retire(&mut ctx, (locked, &user)).await?;
    changed(ctx, user_id).await
}

/// Requests a link by e-mail. The answer is the same for every name.
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

/// Chooses a password with a link, and uses up the link.
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
            // Hashing took time: a link that was used meanwhile, or whose user was deactivated, is refused here.
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
    // The count of the address is updated last, as for each attempt.
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

/// Creates the account of a patient who signed up and confirmed it.
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
    create_user(tx, &user, Stamp::system(now)).await?;
    Ok(user.id)
}

/// Parses a role and its place: a clinic's id, or the word for all clinics.
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

/// Refuses an action on the user's own account, so that administrators cannot lock themselves out.
#[cfg(feature = "ssr")]
fn not_oneself(ctx: &Ctx, user: UserId) -> Result<()> {
    if ctx.user() == user { Err(Error::conflict(crate::tr!(accounts.not_yourself))) } else { Ok(()) }
}

/// Commits a change of a user's permissions, and goes to the user's page.
#[cfg(feature = "ssr")]
async fn changed(ctx: Ctx, user: UserId) -> Result<()> {
    ctx.commit().await?;
    redirect_to(&format!("/users/{user}"));
    Ok(())
}

/// Commits, and goes to the user's page, which says what was done.
#[cfg(feature = "ssr")]
async fn done(ctx: Ctx, user: UserId, word: &str) -> Result<()> {
    ctx.commit().await?;
    redirect_to(&format!("/users/{user}?done={word}"));
    Ok(())
}
