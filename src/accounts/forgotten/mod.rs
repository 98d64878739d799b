//! A user who forgot the password, or a person who wants an account, asks for a link by e-mail. The request only stores the name;
//! a job finds the account and sends the e-mail, so that neither the answer nor its time reveals whether there is such an
//! account.

mod store;

use std::time::Duration;

use uuid::Uuid;

use super::{
    links::{self, LinkKind},
    store as accounts_store,
};
use crate::{
    core::{
        Result, Stamp, UserId,
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

/// The interval at which the job looks for requests.
const EVERY: Duration = Duration::from_secs(5);

/// Stores a request; `name` is set for a new account.
pub(super) async fn ask(tx: &mut Tx, login: &str, name: Option<&str>, language: Locale, now: Instant) -> Result<()> {
    store::insert(tx, Uuid::now_v7(), login, name, locale::code(language), now).await
}

/// Answers requests for a password or an account until the program stops.
pub async fn keep_answering(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "forgotten_passwords", EVERY);
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = answer_forgotten(&state).await {
            every.failed(&error, "forgotten passwords wait");
        }
    }
}

/// Sends e-mails to those who asked and have an account with an address; returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn answer_forgotten(state: &AppState) -> Result<usize> {
    let waiting = store::waiting(&mut state.db.read().await?).await?;
    let mut written = 0;
    for asked in waiting {
        let mut tx = state.db.write().await?;
        // Another node took the request first.
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

/// Returns the e-mail with the link that creates an account. A person who already has an account gets an e-mail that says so, and
/// an invited person gets a link to choose a password. No e-mail contains the typed name, because a stranger may have typed it.
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

/// Returns the e-mail with a link to choose a password, for a user who has an account and an address.
async fn answer_reset(tx: &mut Tx, state: &AppState, login: &str, language: Locale) -> Result<Option<Mail>> {
    let Some((user, ..)) = store::reachable(tx, login).await? else { return Ok(None) };
    let user = tx.lock(user).await?;
    // The user was deactivated meanwhile: no e-mail.
    let Some((_, name, address)) = store::reachable(tx, login).await? else { return Ok(None) };
    let language = language_of(tx, user.id()).await?.unwrap_or(language);
    let token = links::make(tx, user, LinkKind::Reset, Stamp::system(state.clock.now())).await?;
    let link = format!("{}/link/{token}", state.config.site_address());
    Ok(Some(LOCALE.sync_scope(language, || reset_letter(address, name, link, state.hospital().name.clone()))))
}

/// Returns the language that the account's owner chose; a stranger may have typed the address in another language.
async fn language_of(tx: &mut Tx, user: UserId) -> Result<Option<Locale>> {
    let known = accounts_store::reachable(tx, user).await?;
    Ok(known.and_then(|(.., language)| language).and_then(|code| code.parse().ok()))
}

/// The letter with a link for a new password.
pub(super) fn reset_letter(recipient: String, name: String, link: String, hospital: String) -> Mail {
    let subject = tr!(accounts.reset_subject, hospital = hospital.clone());
    Mail { recipient, subject, body: tr!(accounts.reset_body, name = name, link = link, hospital = hospital) }
}

/// Returns the e-mail that goes with an invitation.
pub(super) fn invitation_letter(recipient: String, name: String, link: String, hospital: String) -> Mail {
    let subject = tr!(accounts.invitation_subject, hospital = hospital.clone());
    Mail { recipient, subject, body: tr!(accounts.invitation_body, name = name, link = link, hospital = hospital) }
}
