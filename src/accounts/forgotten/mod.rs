//! Who forgot the password, or wants an account, asks for a link by mail. Asking only notes the name; a job looks who that is and
//! writes, so that nobody learns from the answer, or from how long it takes, whether there is such an account.

mod store;

use uuid::Uuid;

use super::{
    NewUser, create_user,
    links::{self, LinkKind},
    store as accounts_store,
};
use crate::{
    core::{
        Result, Role, UserId,
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

/// Notes that somebody asked: with a name for a new account.
pub(super) async fn ask(tx: &mut Tx, login: &str, name: Option<&str>, language: Locale, now: Instant) -> Result<()> {
    store::insert(tx, Uuid::now_v7(), login, name, locale::code(language), now).await
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
        if let Some(name) = asked.name {
            let language = asked.language.parse().unwrap_or(Locale::en);
            if let Some(letter) = answer_sign_up(&mut tx, state, (asked.login, name), language).await?
                && mail::queue(&mut tx, &letter, now).await.is_ok()
            {
                written += 1;
            }
        } else if let Some((user, name, address)) = store::reachable(&mut tx, &asked.login).await? {
            let token = links::make(&mut tx, user, LinkKind::Reset, UserId::SYSTEM, now).await?;
            let link = format!("{}/link/{token}", state.config.site_address());
            let language = asked.language.parse().unwrap_or(Locale::en);
            let letter = LOCALE.sync_scope(language, || reset_letter(address, name, link, state.hospital().name.clone()));
            if mail::queue(&mut tx, &letter, now).await.is_ok() {
                written += 1;
            }
        }
        tx.commit().await?;
    }
    Ok(written)
}

/// Makes the account that nobody can sign in to yet, and the letter with the link; to whoever has one already, a letter that says so.
/// No letter says the name that was typed: a stranger may have typed anything.
async fn answer_sign_up(tx: &mut Tx, state: &AppState, (login, name): (String, String), language: Locale) -> Result<Option<Mail>> {
    let (now, hospital, site) = (state.clock.now(), state.hospital().name.clone(), state.config.site_address());
    let user = match accounts_store::credentials(tx, &login).await? {
        Some(known) if !known.active => return Ok(None),
        Some(known) if known.password_hash.is_some() => {
            return Ok(Some(LOCALE.sync_scope(language, || Mail {
                recipient: login.clone(),
                subject: tr!(accounts.invitation_subject, hospital = hospital.clone()),
                body: tr!(accounts.have_account_body, login = login.clone(), site = site, hospital = hospital),
            })));
        }
        Some(known) => known.user,
        None => {
            let id = UserId::new();
            let roles = vec![(Role::Patient, None)];
            let user = NewUser { id, login: login.clone(), name, password_hash: None, language: Some(language), demo: false, roles };
            create_user(tx, &user, UserId::SYSTEM, now).await?;
            id
        }
    };
    let token = links::make(tx, user, LinkKind::SignUp, UserId::SYSTEM, now).await?;
    Ok(Some(LOCALE.sync_scope(language, || Mail {
        recipient: login,
        subject: tr!(accounts.sign_up_subject, hospital = hospital.clone()),
        body: tr!(accounts.sign_up_body, link = format!("{site}/link/{token}"), hospital = hospital),
    })))
}

fn reset_letter(recipient: String, name: String, link: String, hospital: String) -> Mail {
    let subject = tr!(accounts.reset_subject, hospital = hospital.clone());
    Mail { recipient, subject, body: tr!(accounts.reset_body, name = name, link = link, hospital = hospital) }
}

/// The letter that goes with an invitation.
pub(super) fn invitation_letter(recipient: String, name: String, link: String, hospital: String) -> Mail {
    let subject = tr!(accounts.invitation_subject, hospital = hospital.clone());
    Mail { recipient, subject, body: tr!(accounts.invitation_body, name = name, link = link, hospital = hospital) }
}
