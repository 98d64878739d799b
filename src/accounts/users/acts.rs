//! The acts of an administrator on a member of staff, each recorded: an invitation, a link, a corrected name, roles, the end of signing in.

use super::{ALL_CLINICS, Invitation, StaffUser, server, staff_user};
use crate::{
    accounts::{
        forgotten::{invitation_letter, reset_letter},
        links::{self, LinkKind},
        sessions,
        told::{AccessChange, masked, must_be_reached, reached, tell},
    },
    audit::{Action, FieldChange, RoleChange},
    core::{ClinicId, Error, Result, Role, UserId, locale::LOCALE},
    db::Locked,
    organisation::{self, people},
    server::{ACCESS, Ctx, Event, mail},
};

/// A changed field, for the audit log.
fn change(field: &str, before: &str, after: &str) -> FieldChange {
    FieldChange { field: field.to_owned(), before: before.to_owned(), after: after.to_owned() }
}

/// The name of the clinic of a role, also of a retired one.
async fn clinic_name(ctx: &mut Ctx, clinic: Option<ClinicId>) -> Result<Option<String>> {
    match clinic {
        Some(clinic) => Ok(Some(organisation::clinic(&mut ctx.tx, clinic).await?.name)),
        None => Ok(None),
    }
}

fn link(ctx: &Ctx, token: &str) -> String {
    format!("{}/link/{token}", ctx.state().config.site_address())
}

/// Records a change of a user's permissions: the user's sessions end.
async fn changed(ctx: &mut Ctx, user: Locked<UserId>, (action, what): (Action, &'static str), changes: &[FieldChange]) -> Result<()> {
    sessions::end_others(&mut ctx.tx, user, None).await?;
    ctx.did_change(action, what, user.id(), changes);
    ctx.tell(Event::new(&ACCESS).to(user.id()));
    Ok(())
}

/// The user, who may sign in.
async fn may_choose_a_password(ctx: &mut Ctx, user: UserId) -> Result<StaffUser> {
    let user = staff_user(&mut ctx.tx, user).await?;
    if user.active { Ok(user) } else { Err(Error::conflict(crate::tr!(accounts.is_inactive))) }
}

/// Makes a link and sends it to the person's own address, which takes the place of those of before; the address, masked.
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

/// Invites somebody, and sends the link; `false` when the person has no address, and gets it on paper.
pub(super) async fn invite(ctx: &mut Ctx, invitation: &Invitation) -> Result<bool> {
    server::invite(ctx, invitation).await.map_err(|error| match error {
        Error::Conflict(message) => Error::invalid("login", message),
        other => other,
    })?;
    let invited = ctx.tx.lock(invitation.id).await?;
    let clinic_name = clinic_name(ctx, invitation.clinic).await?;
    let changes = [
        change("name", "", &invitation.name),
        change("login", "", &invitation.login),
        change("role", "", invitation.role.as_str()),
        change("clinic_id", "", clinic_name.as_deref().unwrap_or(ALL_CLINICS)),
    ];
    ctx.did_change(Action::Create, "user", invitation.id, &changes);
    if reached(&mut ctx.tx, invitation.id).await?.is_none() {
        return Ok(false);
    }
    let sent_to = send_link(ctx, invited, LinkKind::Invitation).await?;
    ctx.did_change(Action::Create, "link", invitation.id, &[change("sent_to", "", &sent_to)]);
    Ok(true)
}

/// Sends a new link to the user's own address.
pub(super) async fn new_link(ctx: &mut Ctx, locked: Locked<UserId>) -> Result<()> {
    let id = locked.id();
    let user = may_choose_a_password(ctx, id).await?;
    let kind = if user.invited { LinkKind::Invitation } else { LinkKind::Reset };
    let sent_to = send_link(ctx, locked, kind).await?;
    ctx.did_change(Action::Create, "link", id, &[change("sent_to", "", &sent_to)]);
    if kind == LinkKind::Reset {
        tell(ctx, id, (AccessChange::LinkMade, None), None).await?;
    }
    Ok(())
}

/// Makes a link for paper, and returns it: the person is `present`.
pub(super) async fn print_slip(ctx: &mut Ctx, locked: Locked<UserId>, present: bool) -> Result<String> {
    let id = locked.id();
    let user = may_choose_a_password(ctx, id).await?;
    if !present {
        return Err(Error::invalid("present", crate::tr!(accounts.slip_needs_person)));
    }
    let kind = if user.invited { LinkKind::Invitation } else { LinkKind::Reset };
    let stamp = ctx.stamp();
    links::end_all(&mut ctx.tx, locked, stamp.at).await?;
    let token = links::make(&mut ctx.tx, locked, kind, stamp).await?;
    ctx.did_change(Action::Print, "link", id, &[change("person_present", "", "true")]);
    tell(ctx, id, (AccessChange::SlipPrinted, None), None).await?;
    Ok(link(ctx, &token))
}

/// Corrects the name and the sign-in name of a user whom the administrator saw in this `version`. Another sign-in name ends the sessions.
pub(super) async fn correct(
    ctx: &mut Ctx,
    (locked, user): (Locked<UserId>, &StaffUser),
    (name, login): (&str, &str),
    version: &str,
) -> Result<()> {
    let id = locked.id();
    if user.version.to_string() != version {
        return Err(Error::conflict(crate::tr!(accounts.corrected_meanwhile)));
    }
    let changes: Vec<FieldChange> = [("name", user.name.as_str(), name), ("login", user.login.as_str(), login)]
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| change(field, before, after))
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    let (before, now) = (reached(&mut ctx.tx, id).await?, ctx.now);
    let saved = server::correct(&mut ctx.tx, locked, (name, login), user.version, now).await;
    let saved = saved.map_err(|error| match error.is_unique() {
        true => Error::invalid("login", crate::tr!(accounts.login_taken)),
        false => error.into(),
    })?;
    if !saved {
        return Err(Error::conflict(crate::tr!(accounts.corrected_meanwhile)));
    }
    people::rename(ctx, id, name).await?;
    if login != user.login {
        sessions::end_others(&mut ctx.tx, locked, None).await?;
        ctx.tell(Event::new(&ACCESS).to(id));
    }
    tell(ctx, id, (AccessChange::Corrected, None), before).await?;
    ctx.did_change(Action::Update, "user", id, &changes);
    Ok(())
}

/// Gives a role at a clinic, or at all clinics.
pub(super) async fn grant(ctx: &mut Ctx, locked: Locked<UserId>, role: (Role, Option<ClinicId>)) -> Result<()> {
    let stamp = ctx.stamp();
    if !server::grant(&mut ctx.tx, locked, role, stamp).await? {
        return Err(Error::invalid("role", crate::tr!(accounts.has_role)));
    }
    let clinic = clinic_name(ctx, role.1).await?;
    let place = clinic.clone().unwrap_or_else(|| ALL_CLINICS.to_owned());
    let changes = [change("role", "", role.0.as_str()), change("clinic_id", "", &place)];
    tell(ctx, locked.id(), (AccessChange::RoleGiven, Some((role.0, clinic))), None).await?;
    changed(ctx, locked, (Action::Create, "role"), &changes).await
}

/// Removes a role.
pub(super) async fn revoke(ctx: &mut Ctx, locked: Locked<UserId>, role: (Role, Option<ClinicId>)) -> Result<()> {
    if !server::revoke(&mut ctx.tx, locked, role).await? {
        return Err(Error::NotFound);
    }
    let stamp = ctx.stamp();
    server::tell_of_loss(&mut ctx.tx, (RoleChange::Taken, locked), &[role], stamp).await?;
    let clinic = clinic_name(ctx, role.1).await?;
    let place = clinic.clone().unwrap_or_else(|| ALL_CLINICS.to_owned());
    let changes = [change("role", role.0.as_str(), ""), change("clinic_id", &place, "")];
    tell(ctx, locked.id(), (AccessChange::RoleTaken, Some((role.0, clinic))), None).await?;
    changed(ctx, locked, (Action::Update, "role"), &changes).await
}

/// Sets whether a user may sign in.
pub(super) async fn set_active(ctx: &mut Ctx, (locked, user): (Locked<UserId>, &StaffUser), active: bool) -> Result<()> {
    let stamp = ctx.stamp();
    server::set_active(&mut ctx.tx, locked, active, stamp.at).await?;
    if user.active && !active {
        server::tell_of_loss(&mut ctx.tx, (RoleChange::Deactivated, locked), &user.roles, stamp).await?;
    }
    if user.active != active {
        let what = if active { AccessChange::Activated } else { AccessChange::Deactivated };
        tell(ctx, locked.id(), (what, None), None).await?;
    }
    let word = |active: bool| if active { "true" } else { "" };
    changed(ctx, locked, (Action::Update, "user"), &[change("may_sign_in", word(user.active), word(active))]).await
}

/// Retires a person who leaves for good.
pub(super) async fn retire(ctx: &mut Ctx, (locked, user): (Locked<UserId>, &StaffUser)) -> Result<()> {
    people::retire_with_user(ctx, locked).await?;
    let stamp = ctx.stamp();
    server::set_active(&mut ctx.tx, locked, false, stamp.at).await?;
    server::tell_of_loss(&mut ctx.tx, (RoleChange::Deactivated, locked), &user.roles, stamp).await?;
    server::retire(&mut ctx.tx, locked).await?;
    tell(ctx, locked.id(), (AccessChange::Deactivated, None), None).await?;
    let mut changes = vec![change("may_sign_in", if user.active { "true" } else { "" }, "")];
    for (role, clinic) in &user.roles {
        let place = clinic_name(ctx, *clinic).await?.unwrap_or_else(|| ALL_CLINICS.to_owned());
        changes.extend([change("role", role.as_str(), ""), change("clinic_id", &place, "")]);
    }
    changed(ctx, locked, (Action::Update, "user"), &changes).await
}
