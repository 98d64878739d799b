//! Who forgot the password asks for a link by mail. Asking only notes the name; a job looks who that is and writes, so that
//! nobody learns from the answer, or from how long it takes, whether there is such an account.

mod store;

use uuid::Uuid;

use super::links::{self, LinkKind};
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

/// Notes that somebody asked.
pub(super) async fn ask(tx: &mut Tx, login: &str, language: Locale, now: Instant) -> Result<()> {
    store::insert(tx, Uuid::now_v7(), login, locale::code(language), now).await
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
        if let Some((user, name, address)) = store::reachable(&mut tx, &asked.login).await? {
            let now = state.clock.now();
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

fn reset_letter(recipient: String, name: String, link: String, hospital: String) -> Mail {
    let subject = tr!(accounts.reset_subject, hospital = hospital.clone());
    Mail { recipient, subject, body: tr!(accounts.reset_body, name = name, link = link, hospital = hospital) }
}

/// The letter that goes with an invitation.
pub(super) fn invitation_letter(recipient: String, name: String, link: String, hospital: String) -> Mail {
    let subject = tr!(accounts.invitation_subject, hospital = hospital.clone());
    Mail { recipient, subject, body: tr!(accounts.invitation_body, name = name, link = link, hospital = hospital) }
}
