//! The members of staff for the administrator: their names, their roles and clinics, and whether they may sign in.

#[cfg(feature = "ssr")]
mod acts;
pub mod api;
#[cfg(feature = "ssr")]
pub mod export;
#[cfg(feature = "ssr")]
pub mod import;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use server::*;

#[cfg(feature = "ssr")]
mod server {
    use super::store;
    use crate::{
        accounts::{confirm::confirm_unless_lately, store::version},
        audit::{self, RoleChange},
        core::{ClinicId, Error, Permission, Result, Role, StaffId, Stamp, UserId, list::Slice, time::Instant},
        db::{Locked, Tx},
        organisation::people::{self, NewPerson, Profession},
        server::{Ctx, Principal, Request},
    };

    /// A member of staff.
    #[derive(Clone, Debug)]
    #[expect(clippy::struct_excessive_bools, reason = "each is asked for by name")]
    pub struct StaffUser {
        pub id: UserId,
        pub login: String,
        pub name: String,
        pub active: bool,
        /// The user has not chosen a password yet.
        pub invited: bool,
        /// The user has left permanently.
        pub retired: bool,
        /// The user signs in with a second factor, or has a passkey.
        pub second_factor: bool,
        /// Raised by each change of name, sign-in, password and state.
        pub version: i64,
        pub last_sign_in_at: Option<Instant>,
        /// The row of staff.
        pub staff: Option<StaffId>,
        /// Where letters go: the sign-in name when it is an address, else the one on record of staff.
        pub address: Option<String>,
        /// The roles, each at one clinic or (`None`) at all clinics.
        pub roles: Vec<(Role, Option<ClinicId>)>,
    }

    /// A person to be invited.
    #[derive(Clone, Debug)]
    pub struct Invitation {
        pub id: UserId,
        pub login: String,
        pub name: String,
        pub role: Role,
        pub clinic: Option<ClinicId>,
        /// Where letters go; empty when no address is known.
        pub email: String,
        /// The row of staff that the user gets; a new one when there is none.
        pub staff: Option<StaffId>,
    }

    /// The form's value for all clinics. An empty choice does not mean this, because it is the widest grant.
    pub const ALL_CLINICS: &str = "all";

    /// Whether a user may manage users: an administrator of all clinics, because a user may work at several.
    pub fn manages_users(who: &Principal) -> bool {
        crate::organisation::manages_hospital(who)
    }

    /// Checks the permission to manage users, and verifies the administrator again.
    pub(in crate::accounts) async fn managing(password: &str) -> Result<Ctx> {
        let request = Request::current().ok_or(Error::SignedOut)?;
        let who = request.principal.as_ref().ok_or(Error::SignedOut)?;
        if !manages_users(who) {
            return Err(Error::Forbidden);
        }
        confirm_unless_lately(&request, password).await?;
        Ctx::write(Permission::ManageHospital).await
    }

    /// Locks the administrator and the managed user, in the order of their ids. An administrator whose password, roles or state
    /// changed since the request began is refused.
    ///
    /// # Errors
    /// [`Error::SignedOut`] for such an administrator, [`Error::NotFound`] when there is no such user.
    pub(in crate::accounts) async fn lock_to_manage(ctx: &mut Ctx, user: UserId) -> Result<Locked<UserId>> {
        let by = ctx.user();
        let locked = ctx.tx.lock_all([by, user]).await?;
        let find = |id| locked.iter().copied().find(|locked| locked.id() == id);
        let by = find(by).ok_or(Error::SignedOut)?;
        if version(&mut ctx.tx, by).await? != ctx.who.version {
            return Err(Error::SignedOut);
        }
        find(user).ok_or(Error::NotFound)
    }

    /// Locks as [`lock_to_manage`] does, for an action that may remove an administrator: such actions run one after the
    /// other, so that the last administrator stays.
    ///
    /// # Errors
    /// The errors of [`lock_to_manage`].
    pub(in crate::accounts) async fn lock_to_take_away(ctx: &mut Ctx, user: UserId) -> Result<Locked<UserId>> {
        ctx.tx.take_turn("administrators", "").await?;
        lock_to_manage(ctx, user).await
    }

    /// Locks as [`lock_to_manage`] does, for an action that concerns no other user.
    ///
    /// # Errors
    /// The errors of [`lock_to_manage`].
    pub(in crate::accounts) async fn lock_who_manages(ctx: &mut Ctx) -> Result<Locked<UserId>> {
        let by = ctx.user();
        lock_to_manage(ctx, by).await
    }

    /// Returns a page of the members of staff, by name; `text` is part of a name or sign-in name. Without it, users who may
    /// not sign in are left out, unless `all` is set.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn staff_users(tx: &mut Tx, text: &str, all: bool, page: Option<i64>) -> Result<Slice<StaffUser>> {
        let (page, offset) = crate::core::list::offset(page);
        Ok(Slice::from_surplus(store::list(tx, text, all, offset).await?, page))
    }

    /// Returns a member of staff.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a patient.
    pub async fn staff_user(tx: &mut Tx, id: UserId) -> Result<StaffUser> {
        store::find(tx, id).await?.ok_or(Error::NotFound)
    }

    /// Makes the user, who cannot sign in before choosing a password, with a row of staff.
    pub(super) async fn invite(ctx: &mut Ctx, invitation: &Invitation) -> Result<()> {
        let stamp = ctx.stamp();
        let user = crate::accounts::NewUser {
            id: invitation.id,
            login: invitation.login.clone(),
            name: invitation.name.clone(),
            password_hash: None,
            language: None,
            demo: false,
            roles: vec![(invitation.role, invitation.clinic)],
        };
        crate::accounts::create_user(&mut ctx.tx, &user, stamp).await?;
        match invitation.staff {
            Some(staff) => people::give_to_user(ctx, staff, invitation.id).await?,
            None => {
                add_staff(&mut ctx.tx, &user, &invitation.email, stamp).await?;
            }
        }
        tell_of(&mut ctx.tx, invitation.id, (invitation.role, invitation.clinic), stamp).await
    }

    /// Makes the row of staff of a new user, whose first role says the profession.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn add_staff(tx: &mut Tx, user: &crate::accounts::NewUser, email: &str, stamp: Stamp) -> Result<StaffId> {
        let professions = user.roles.iter().map(|(role, _)| Profession::of_role(*role));
        let profession = professions.min().unwrap_or(Profession::Other);
        let new = NewPerson { user: Some(user.id), name: user.name.clone(), profession, email: email.to_owned() };
        people::add(tx, &new, stamp).await
    }

    /// Gives a role; returns `false` when the user has it already.
    pub(super) async fn grant(tx: &mut Tx, user: Locked<UserId>, place: (Role, Option<ClinicId>), stamp: Stamp) -> Result<bool> {
        if !store::grant(tx, user, place, stamp).await? {
            return Ok(false);
        }
        tell_of(tx, user.id(), place, stamp).await?;
        Ok(true)
    }

    /// Sends an alarm to the auditors if the role opens patients' records, the audit log or the management of users.
    async fn tell_of(tx: &mut Tx, user: UserId, place: (Role, Option<ClinicId>), stamp: Stamp) -> Result<()> {
        if place.0.is_watched() { audit::raise_role_alarm(tx, (RoleChange::Given, user), place, stamp).await } else { Ok(()) }
    }

    /// Sends an alarm to the other auditors and the administrators if one of the roles may read the audit log.
    pub(super) async fn tell_of_loss(
        tx: &mut Tx,
        (what, user): (RoleChange, Locked<UserId>),
        roles: &[(Role, Option<ClinicId>)],
        stamp: Stamp,
    ) -> Result<()> {
        match roles.iter().find(|(role, _)| role.may(Permission::ReadAudit)) {
            Some(place) => audit::raise_role_alarm(tx, (what, user.id()), *place, stamp).await,
            None => Ok(()),
        }
    }

    pub(super) use super::store::{correct, retire, revoke, set_active};
}
