//! Who forgot the password, or wants an account, asks for a link by mail. Asking only notes the name; a job looks who that is and
//! writes, so that nobody learns from the answer, or from how long it takes, whether there is such an account.

mod store;

use std::time::Duration;

use uuid::Uuid;

use super::{
    links::{self, LinkKind},
    store as accounts_store,
};
use crate::{
    core::{
        Result, UserId,
        locale::{self, LOCALE, Locale},
        time::Instant,
    },
    db::Tx,
    server::{
        AppState,
        mail::{self, Mail},
    },
    tr,
};

/// How often the job looks who asked.
const EVERY: Duration = Duration::from_secs(5);

/// Notes that somebody asked: with a name for a new account.
pub(super) async fn ask(tx: &mut Tx, login: &str, name: Option<&str>, language: Locale, now: Instant) -> Result<()> {
    store::insert(tx, Uuid::now_v7(), login, name, locale::code(language), now).await
}

/// Answers those who asked for a password or signed up, until the program stops.
pub async fn keep_answering(state: AppState) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = answer_forgotten(&state).await {
            tracing::warn!(error = %error, "forgotten passwords wait");
        }
    }
}

/// Writes to those who asked and have an account with an address; how many.
///
/// # Errors
/// What the database refused.
pub async fn answer_forgotten(state: &AppState) -> Result<usize> {
    let waiting = store::waiting(&mut state.db.read().await?).await?;
    let mut written = 0;
    for asked in waiting {
        let mut tx = state.db.write().await?;
        // Another node was quicker.
        if !store::take(&mut tx, asked.id).await? {
            continue;
        }
        let now = state.clock.now();
        let language = asked.language.parse().unwrap_or(Locale::en);
        let letter = match asked.name {
            Some(name) => answer_sign_up(&mut tx, state, (asked.login, name), language).await?,
            None => answer_reset(&mut tx, state, &asked.login, language).await?,
        };
        if let Some(letter) = letter
            && mail::queue(&mut tx, &letter, now).await.is_ok()
        {
            written += 1;
        }
        tx.commit().await?;
    }
    Ok(written)
}

/// The letter with the link that makes an account; to whoever has one already, a letter that says so, and to whoever is invited one
/// with a link to choose a password. No letter says the name that was typed: a stranger may have typed anything.
async fn answer_sign_up(tx: &mut Tx, state: &AppState, (login, name): (String, String), language: Locale) -> Result<Option<Mail>> {
    let (now, hospital, site) = (state.clock.now(), state.hospital().name.clone(), state.config.site_address());
    match accounts_store::credentials(tx, &login).await? {
        Some(known) if !known.active => Ok(None),
        Some(known) if known.password_hash.is_some() => {
            let language = language_of(tx, known.user).await?.unwrap_or(language);
            Ok(Some(LOCALE.sync_scope(language, || Mail {
                recipient: login.clone(),
                subject: tr!(accounts.invitation_subject, hospital = hospital.clone()),
                body: tr!(accounts.have_account_body, login = login.clone(), site = site, hospital = hospital),
            })))
        }
        Some(_) => answer_reset(tx, state, &login, language).await,
        None => {
            let token = links::make_sign_up(tx, &login, &name, language, now).await?;
            Ok(Some(LOCALE.sync_scope(language, || Mail {
                recipient: login,
                subject: tr!(accounts.sign_up_subject, hospital = hospital.clone()),
                body: tr!(accounts.sign_up_body, link = format!("{site}/link/{token}"), hospital = hospital),
            })))
        }
    }
}

/// The letter with a link to choose a password, to whoever has an account and can be reached.
async fn answer_reset(tx: &mut Tx, state: &AppState, login: &str, language: Locale) -> Result<Option<Mail>> {
    let Some((user, ..)) = store::reachable(tx, login).await? else { return Ok(None) };
    let user = tx.lock(user).await?;
    // Deactivated meanwhile: no letter.
    let Some((_, name, address)) = store::reachable(tx, login).await? else { return Ok(None) };
    let language = language_of(tx, user.id()).await?.unwrap_or(language);
    let token = links::make(tx, user, LinkKind::Reset, UserId::SYSTEM, state.clock.now()).await?;
    let link = format!("{}/link/{token}", state.config.site_address());
    Ok(Some(LOCALE.sync_scope(language, || reset_letter(address, name, link, state.hospital().name.clone()))))
}

/// The language that the account's owner chose; a stranger may have typed the address in another.
async fn language_of(tx: &mut Tx, user: UserId) -> Result<Option<Locale>> {
    let known = accounts_store::reachable(tx, user).await?;
    Ok(known.and_then(|(.., language)| language).and_then(|code| code.parse().ok()))
}

/// The letter with a link for a new password.
pub(super) fn reset_letter(recipient: String, name: String, link: String, hospital: String) -> Mail {
    let subject = tr!(accounts.reset_subject, hospital = hospital.clone());
    Mail { recipient, subject, body: tr!(accounts.reset_body, name = name, link = link, hospital = hospital) }
}

/// The letter that goes with an invitation.
pub(super) fn invitation_letter(recipient: String, name: String, link: String, hospital: String) -> Mail {
    let subject = tr!(accounts.invitation_subject, hospital = hospital.clone());
    Mail { recipient, subject, body: tr!(accounts.invitation_body, name = name, link = link, hospital = hospital) }
}
