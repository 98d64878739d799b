//! The server functions with which an administrator manages users, and the link with which users choose their password.

use leptos::prelude::*;

use crate::core::{Error, Result, UserId};

#[cfg(feature = "ssr")]
use super::{
    ALL_CLINICS, Invitation,
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
        forgotten::{self, invitation_letter, reset_letter},
        links::{self, LinkKind, Linked},
        sessions, store,
        told::{AccessChange, masked, must_be_reached, reached, tell},
    },
    audit::{Action, FieldChange, RoleChange},
    core::{ClinicId, Role, Stamp, error::FieldErrors, locale::LOCALE, time::Instant},
    db::{Locked, Tx},
    organisation::{self, people},
    server::{ACCESS, Ctx, Event, Request, mail, redirect_to},
};

/// Invites somebody to work here, with a first role: a new member of staff, or the one of `staff`.
#[server(endpoint = "accounts/invite")]
pub async fn invite(
    #[server(default)] staff: String,
    #[server(default)] name: String,
    #[server(default)] login: String,
    #[server(default)] email: String,
    #[server(default)] role: String,
    #[server(default)] clinic: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    let mut errors = FieldErrors::new();
    let name = errors.required_name("name", &name, crate::tr!(accounts.name_missing));
    let login = read_login(&login, &mut errors);
    let email = read_email(&email, &mut errors);
    let place = errors.check(place(&mut ctx, &role, &clinic).await);
    errors.finish()?;
    lock_who_manages(&mut ctx).await?;
    let Some((role, clinic)) = place else { return Err(Error::NotFound) };
    let staff = if staff.is_empty() { None } else { Some(people::staff_id(&staff)?) };
    let email = if email.is_empty() && mail::is_address(&login) { login.clone() } else { email };
    let invitation = Invitation { id: UserId::new(), login, name, role, clinic, email, staff };
    super::server::invite(&mut ctx, &invitation).await.map_err(|error| match error {
        Error::Conflict(message) => Error::invalid("login", message),
        other => other,
    })?;
    let invited = ctx.tx.lock(invitation.id).await?;
    let clinic_name = clinic_name(&mut ctx, clinic).await?;
    let changes = [
        change("name", "", &invitation.name),
        change("login", "", &invitation.login),
        change("role", "", role.as_str()),
        change("clinic_id", "", clinic_name.as_deref().unwrap_or(ALL_CLINICS)),
    ];
    ctx.did_change(Action::Create, "user", invitation.id, &changes);
    if reached(&mut ctx.tx, invitation.id).await?.is_none() {
        return done(ctx, invitation.id, "slip").await;
    }
    let sent_to = send_link(&mut ctx, invited, LinkKind::Invitation).await?;
    ctx.did_change(Action::Create, "link", invitation.id, &[change("sent_to", "", &sent_to)]);
    done(ctx, invitation.id, "sent").await
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

/// Makes a link and sends it to the person's own address, which takes the place of those of before; the address, masked.
#[cfg(feature = "ssr")]
pub(super) async fn send_link(ctx: &mut Ctx, user: Locked<UserId>, kind: LinkKind) -> Result<String> {
    let reached = must_be_reached(&mut ctx.tx, user.id()).await?;
    let stamp = ctx.stamp();
    links::end_all(&mut ctx.tx, user, stamp.at).await?;
    let token = links::make(&mut ctx.tx, user, kind, stamp).await?;
    let (link, hospital) = (link(ctx, &token), ctx.state().hospital());
    let language = reached.language.and_then(|code| code.parse().ok()).unwrap_or(hospital.default_language);
    let (sent_to, name) = (masked(&reached.address), hospital.name.clone());
    let letter = LOCALE.sync_scope(language, || match kind {
        LinkKind::Invitation => invitation_letter(reached.address, reached.name, link, name),
        LinkKind::Reset => reset_letter(reached.address, reached.name, link, name),
    });
    mail::queue(&mut ctx.tx, &letter, stamp.at).await?;
    Ok(sent_to)
}

/// Sends a new link to the own address of somebody who lost the invitation or forgot the password. The administrator never sees it.
#[server(endpoint = "accounts/new_link")]
pub async fn new_link(user_id: UserId, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    let locked = lock_to_manage(&mut ctx, user_id).await?;
    let user = may_choose_a_password(&mut ctx, user_id).await?;
    let kind = if user.invited { LinkKind::Invitation } else { LinkKind::Reset };
    let sent_to = send_link(&mut ctx, locked, kind).await?;
    ctx.did_change(Action::Create, "link", user_id, &[change("sent_to", "", &sent_to)]);
    if kind == LinkKind::Reset {
        tell(&mut ctx, user_id, (AccessChange::LinkMade, None), None).await?;
    }
    done(ctx, user_id, "sent").await
}

/// Makes a link on paper for a person who is present and without a way to be reached, or whose mail does not arrive.
#[server(endpoint = "accounts/print_slip")]
pub async fn print_slip(user_id: UserId, #[server(default)] present: bool, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    not_oneself(&ctx, user_id)?;
    let locked = lock_to_manage(&mut ctx, user_id).await?;
    let user = may_choose_a_password(&mut ctx, user_id).await?;
    if !present {
        return Err(Error::invalid("present", crate::tr!(accounts.slip_needs_person)));
    }
    let kind = if user.invited { LinkKind::Invitation } else { LinkKind::Reset };
    let stamp = ctx.stamp();
    links::end_all(&mut ctx.tx, locked, stamp.at).await?;
    let token = links::make(&mut ctx.tx, locked, kind, stamp).await?;
    ctx.did_change(Action::Print, "link", user_id, &[change("person_present", "", "true")]);
    tell(&mut ctx, user_id, (AccessChange::SlipPrinted, None), None).await?;
    let (request, link) = (ctx.request().clone(), link(&ctx, &token));
    ctx.commit().await?;
    request.leave_note(&link).await?;
    redirect_to(&format!("/users/{user_id}/slip"));
    Ok(())
}

/// The user, who may sign in.
#[cfg(feature = "ssr")]
async fn may_choose_a_password(ctx: &mut Ctx, user: UserId) -> Result<super::StaffUser> {
    let user = staff_user(&mut ctx.tx, user).await?;
    if user.active { Ok(user) } else { Err(Error::conflict(crate::tr!(accounts.is_inactive))) }
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

/// Corrects the name and the sign-in name. Another sign-in name ends the user's sessions.
#[server(endpoint = "accounts/correct")]
pub async fn correct(
    user_id: UserId,
    #[server(default)] version: String,
    #[server(default)] name: String,
    #[server(default)] login: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    let locked = lock_to_manage(&mut ctx, user_id).await?;
    let user = staff_user(&mut ctx.tx, user_id).await?;
    let mut errors = FieldErrors::new();
    let name = errors.required_name("name", &name, crate::tr!(accounts.name_missing));
    let login = read_login(&login, &mut errors);
    if login != user.login && crate::accounts::user_of_login(&mut ctx.tx, &login).await?.is_some() {
        errors.add("login", crate::tr!(accounts.login_taken));
    }
    errors.finish()?;
    if user.version.to_string() != version {
        return Err(Error::conflict(crate::tr!(accounts.corrected_meanwhile)));
    }
    let changes: Vec<FieldChange> = [("name", &user.name, &name), ("login", &user.login, &login)]
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| change(field, before, after))
        .collect();
    if changes.is_empty() {
        return done(ctx, user_id, "corrected").await;
    }
    let (before, now) = (reached(&mut ctx.tx, user_id).await?, ctx.now);
    let saved = super::server::correct(&mut ctx.tx, locked, (&name, &login), user.version, now).await;
    let saved = saved.map_err(|error| match error.is_unique() {
        true => Error::invalid("login", crate::tr!(accounts.login_taken)),
        false => error.into(),
    })?;
    if !saved {
        return Err(Error::conflict(crate::tr!(accounts.corrected_meanwhile)));
    }
    people::rename(&mut ctx, user_id, &name).await?;
    if login != user.login {
        sessions::end_others(&mut ctx.tx, locked, None).await?;
        ctx.tell(Event::new(&ACCESS).to(user_id));
    }
    tell(&mut ctx, user_id, (AccessChange::Corrected, None), before).await?;
    ctx.did_change(Action::Update, "user", user_id, &changes);
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
    let stamp = ctx.stamp();
    if !super::server::grant(&mut ctx.tx, locked, role, stamp).await? {
        return Err(Error::invalid("role", crate::tr!(accounts.has_role)));
    }
    let clinic = clinic_name(&mut ctx, role.1).await?;
    let place = clinic.clone().unwrap_or_else(|| ALL_CLINICS.to_owned());
    let changes = [change("role", "", role.0.as_str()), change("clinic_id", "", &place)];
    tell(&mut ctx, user_id, (AccessChange::RoleGiven, Some((role.0, clinic))), None).await?;
    changed(ctx, locked, (Action::Create, "role"), &changes).await
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
    if !super::server::revoke(&mut ctx.tx, locked, role).await? {
        return Err(Error::NotFound);
    }
    let stamp = ctx.stamp();
    super::server::tell_of_loss(&mut ctx.tx, (RoleChange::Taken, locked), &[role], stamp).await?;
    let clinic = clinic_name(&mut ctx, role.1).await?;
    let place = clinic.clone().unwrap_or_else(|| ALL_CLINICS.to_owned());
    let changes = [change("role", role.0.as_str(), ""), change("clinic_id", &place, "")];
    tell(&mut ctx, user_id, (AccessChange::RoleTaken, Some((role.0, clinic))), None).await?;
    changed(ctx, locked, (Action::Update, "role"), &changes).await
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
    let stamp = ctx.stamp();
    super::server::set_active(&mut ctx.tx, locked, active, stamp.at).await?;
    if user.active && !active {
        super::server::tell_of_loss(&mut ctx.tx, (RoleChange::Deactivated, locked), &user.roles, stamp).await?;
    }
    if user.active != active {
        let what = if active { AccessChange::Activated } else { AccessChange::Deactivated };
        tell(&mut ctx, user_id, (what, None), None).await?;
    }
    let word = |active: bool| if active { "true" } else { "" };
    changed(ctx, locked, (Action::Update, "user"), &[change("may_sign_in", word(user.active), word(active))]).await
}

/// Retires a person who leaves for good: no sign-in, no roles; the notes stay under the name. Refused while appointments, patients or notes
/// still hang on the person.
#[server(endpoint = "accounts/retire")]
pub async fn retire(user_id: UserId, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    not_oneself(&ctx, user_id)?;
    let locked = lock_to_take_away(&mut ctx, user_id).await?;
    let user = staff_user(&mut ctx.tx, user_id).await?;
    people::retire_with_user(&mut ctx, locked).await?;
    let stamp = ctx.stamp();
    super::server::set_active(&mut ctx.tx, locked, false, stamp.at).await?;
    super::server::tell_of_loss(&mut ctx.tx, (RoleChange::Deactivated, locked), &user.roles, stamp).await?;
    super::server::retire(&mut ctx.tx, locked).await?;
    tell(&mut ctx, user_id, (AccessChange::Deactivated, None), None).await?;
    let mut changes = vec![change("may_sign_in", if user.active { "true" } else { "" }, "")];
    for (role, clinic) in &user.roles {
        let place = clinic_name(&mut ctx, *clinic).await?.unwrap_or_else(|| ALL_CLINICS.to_owned());
        changes.extend([change("role", role.as_str(), ""), change("clinic_id", &place, "")]);
    }
    changed(ctx, locked, (Action::Update, "user"), &changes).await
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

/// Commits a change of a user's permissions: the user's sessions end.
#[cfg(feature = "ssr")]
async fn changed(mut ctx: Ctx, user: Locked<UserId>, (action, what): (Action, &'static str), changes: &[FieldChange]) -> Result<()> {
    sessions::end_others(&mut ctx.tx, user, None).await?;
    ctx.did_change(action, what, user.id(), changes);
    ctx.tell(Event::new(&ACCESS).to(user.id()));
    ctx.commit().await?;
    redirect_to(&format!("/users/{}", user.id()));
    Ok(())
}

/// A changed field, for the audit log.
#[cfg(feature = "ssr")]
fn change(field: &str, before: &str, after: &str) -> FieldChange {
    FieldChange { field: field.to_owned(), before: before.to_owned(), after: after.to_owned() }
}

/// The name of the clinic of a role, also of a retired one.
#[cfg(feature = "ssr")]
async fn clinic_name(ctx: &mut Ctx, clinic: Option<ClinicId>) -> Result<Option<String>> {
    match clinic {
        Some(clinic) => Ok(Some(organisation::clinic(&mut ctx.tx, clinic).await?.name)),
        None => Ok(None),
    }
}

#[cfg(feature = "ssr")]
fn link(ctx: &Ctx, token: &str) -> String {
    format!("{}/link/{token}", ctx.state().config.site_address())
}

/// Commits, and goes to the user's page, which says what was done.
#[cfg(feature = "ssr")]
async fn done(ctx: Ctx, user: UserId, word: &str) -> Result<()> {
    ctx.commit().await?;
    redirect_to(&format!("/users/{user}?done={word}"));
    Ok(())
}
