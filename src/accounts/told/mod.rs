//! A person is told of each change of her sign-in that somebody else makes: by letter where she has an address, and by her bell.

mod store;

use super::{device::device_words, pages::role_name, store as accounts_store};
use crate::{
    core::{Error, Result, Role, UserId, locale::LOCALE, time::Instant},
    db::Tx,
    server::{
        AppState, Ctx, Request,
        mail::{self, Mail},
    },
    tr,
};

pub use store::{access_notices_wait, take_access_notices};

crate::text_enum! {
    /// A change to a user's sign-in.
    pub enum AccessChange("change") {
        RoleGiven = "role_given",
        RoleTaken = "role_taken",
        Activated = "activated",
        Deactivated = "deactivated",
        LinkMade = "link_made",
        SlipPrinted = "slip_printed",
        Corrected = "corrected",
    }
}

/// A role and the name of its clinic; without a clinic it is all of them.
pub type NamedRole = (Role, Option<String>);

/// The change in a sentence, in the reader's language.
pub fn access_words(what: AccessChange, by: &str, role: Option<&NamedRole>) -> String {
    let by = by.to_owned();
    let (role, place) = role.map_or((String::new(), String::new()), |(role, clinic)| {
        (role_name(*role).to_owned(), clinic.clone().unwrap_or_else(|| tr!(accounts.all_clinics).to_owned()))
    });
    match what {
        AccessChange::RoleGiven => tr!(accounts.told_role_given, by = by, role = role, place = place),
        AccessChange::RoleTaken => tr!(accounts.told_role_taken, by = by, role = role, place = place),
        AccessChange::Activated => tr!(accounts.told_activated, by = by),
        AccessChange::Deactivated => tr!(accounts.told_deactivated, by = by),
        AccessChange::LinkMade => tr!(accounts.told_link_made, by = by),
        AccessChange::SlipPrinted => tr!(accounts.told_slip_printed, by = by),
        AccessChange::Corrected => tr!(accounts.told_corrected, by = by),
    }
}

/// Where a user is reached: name, address, language.
#[derive(Clone, Debug)]
pub struct Reached {
    pub name: String,
    pub address: String,
    pub language: Option<String>,
}

/// Where letters to the user go: the sign-in name when it is an address, else the address on record of staff.
///
/// # Errors
/// When the database refuses.
pub async fn reached(tx: &mut Tx, user: UserId) -> Result<Option<Reached>> {
    let known = accounts_store::reachable(tx, user).await?;
    Ok(known.filter(|(_, address, _)| mail::is_address(address)).map(|(name, address, language)| Reached { name, address, language }))
}

/// Tells the user of a change, in its transaction. `before` is where the user was reached before a change of the address, who is told
/// there as well.
///
/// # Errors
/// When the database refuses.
pub async fn tell(ctx: &mut Ctx, user: UserId, (what, role): (AccessChange, Option<NamedRole>), before: Option<Reached>) -> Result<()> {
    if ctx.user() == user {
        return Ok(());
    }
    let (by, now) = (ctx.who.name.clone(), ctx.now);
    store::insert(&mut ctx.tx, user, (what, role.as_ref()), &by, now).await?;
    let reached = reached(&mut ctx.tx, user).await?;
    let mut recipients: Vec<Reached> = reached.into_iter().chain(before).collect();
    recipients.dedup_by(|one, other| one.address == other.address);
    let hospital = ctx.state().hospital();
    for Reached { name, address, language } in recipients {
        let language = language.and_then(|code| code.parse().ok()).unwrap_or(hospital.default_language);
        let hospital = hospital.name.clone();
        let letter = LOCALE.sync_scope(language, || {
            let change = access_words(what, &by, role.as_ref());
            Mail {
                recipient: address,
                subject: tr!(accounts.told_subject, hospital = hospital.clone()),
                body: tr!(accounts.told_body, name = name, change = change, hospital = hospital),
            }
        });
        mail::queue(&mut ctx.tx, &letter, now).await?;
    }
    Ok(())
}

/// A change of the sign-in that its owner made, or somebody in the owner's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnChange {
    Password,
    FactorOn,
    FactorOff,
    PasskeyAdded {
        name: String,
    },
    PasskeyRemoved {
        name: String,
    },
    /// A sign-in from a network that the owner has not used lately, with this browser.
    NewPlace {
        device: String,
    },
}

impl OwnChange {
    fn words(&self) -> String {
        match self {
            Self::Password => tr!(accounts.own_password_changed).to_owned(),
            Self::FactorOn => tr!(accounts.own_factor_on).to_owned(),
            Self::FactorOff => tr!(accounts.own_factor_off).to_owned(),
            Self::PasskeyAdded { name } => tr!(accounts.own_passkey_added, passkey = name.clone()),
            Self::PasskeyRemoved { name } => tr!(accounts.own_passkey_removed, passkey = name.clone()),
            Self::NewPlace { device } => tr!(accounts.own_new_place, device = device.clone()),
        }
    }
}

/// Writes to the user about a change of the own sign-in, in its transaction: an owner who did not make it notices. The desk calls a patient
/// who has no address.
///
/// # Errors
/// When the database refuses.
pub async fn tell_oneself(tx: &mut Tx, state: &AppState, user: UserId, change: &OwnChange, now: Instant) -> Result<()> {
    let Some(Reached { name, address, language }) = reached(tx, user).await? else { return store::ask_for_call(tx, user, now).await };
    let hospital = state.hospital();
    let language = language.and_then(|code| code.parse().ok()).unwrap_or(hospital.default_language);
    let (hospital, site) = (hospital.name.clone(), state.config.site_address());
    let letter = LOCALE.sync_scope(language, || Mail {
        recipient: address,
        subject: tr!(accounts.own_subject, hospital = hospital.clone()),
        body: tr!(accounts.own_body, name = name, change = change.words(), site = site, hospital = hospital),
    });
    mail::queue(tx, &letter, now).await
}

/// Writes to a user who signed in before, and signs in from a new place now.
///
/// # Errors
/// When the database refuses.
pub(super) async fn tell_new_place(tx: &mut Tx, request: &Request, user: UserId) -> Result<()> {
    if request.address.is_empty() || !accounts_store::has_signed_in(tx, user).await? {
        return Ok(());
    }
    let change = OwnChange::NewPlace { device: device_words(&request.agent) };
    tell_oneself(tx, &request.state, user, &change, request.state.clock.now()).await
}

/// An address as it is shown to somebody else: enough to recognise it.
pub fn masked(address: &str) -> String {
    let Some((name, domain)) = address.rsplit_once('@') else { return "…".to_owned() };
    let first: String = name.chars().take(1).collect();
    format!("{first}…@{domain}")
}

/// Refuses an act that needs an address of the person.
///
/// # Errors
/// [`Error::Conflict`] when none is known.
pub async fn must_be_reached(tx: &mut Tx, user: UserId) -> Result<Reached> {
    reached(tx, user).await?.ok_or_else(|| Error::conflict(tr!(accounts.no_address_known)))
}
