//! Sends what is due. A node claims a message for a time (a lease), so that no two nodes send it; a node that stops between sending and
//! recording leaves a message that is sent again after the lease, with the same id.

mod letters;
mod store;
mod webhook;

use std::time::Duration;

use futures::{StreamExt as _, stream};
use uuid::Uuid;

pub use webhook::Webhook;

pub(super) use letters::{Facts, letter, short as short_message};

use super::{MessageChannel, MessageKind, quiet::QuietHours, texts};
use crate::{
    core::{AppointmentId, MessageId, Result, locale::Locale, time::Instant},
    organisation,
    server::{
        AppState,
        config::Config,
        hooks::Priced,
        mail::{Mail, Post},
    },
};

const EVERY: Duration = Duration::from_secs(5);
/// A node has this much time for one message: more than the time limits of a mail server and a gateway.
const LEASE: chrono::Duration = chrono::Duration::minutes(2);
/// The job gives up after so many attempts: about two days.
const ATTEMPTS: i64 = 15;
/// The messages that leave at the same time: a slow mail server delays the others less.
const TOGETHER: usize = 4;
/// The longest wait between two attempts, in minutes.
const LONGEST_WAIT: i64 = 360;

/// The ways out: the mail server and the gateway for short messages.
#[derive(Debug)]
pub struct Sender {
    post: Post,
    gateway: Option<Webhook>,
}

impl Sender {
    /// Creates the ways out of the configuration.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn new(config: &Config) -> std::result::Result<Self, String> {
        Ok(Self { post: Post::new(config)?, gateway: Webhook::new(config)? })
    }

    /// Sends a letter to a member of staff at once, for trying out the mail server.
    ///
    /// # Errors
    /// The sentence of the server that refuses it.
    pub async fn try_out(&self, mail: &Mail) -> std::result::Result<(), String> {
        self.post.send(Uuid::now_v7(), mail).await
    }
}

/// The numbers of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    pub sent: usize,
    pub failed: usize,
    /// Messages that are of no use any more.
    pub dropped: usize,
}

/// The result of one attempt.
enum Attempt {
    Sent,
    Failed(String),
    /// Trying again would not help.
    Refused(String),
    Dropped(&'static str),
}

/// The wait after the n-th attempt: one minute, then twice as long each time.
fn wait(attempts: i64) -> chrono::Duration {
    let doubled = u32::try_from(attempts.clamp(1, 20) - 1).map_or(LONGEST_WAIT, |times| 1_i64 << times);
    chrono::Duration::minutes(doubled.min(LONGEST_WAIT))
}

/// Sends the messages that are due. A message that cannot be sent is tried again later.
///
/// # Errors
/// When the database refuses.
pub async fn deliver_due(state: &AppState, sender: &Sender) -> Result<Delivered> {
    let now = state.clock.now();
    let due = store::due(&mut state.db.read().await?, now).await?;
    let (mut delivered, mut refused) = (Delivered::default(), None);
    let mut attempts = stream::iter(due).map(|id| deliver(state, sender, id, Uuid::now_v7(), now)).buffer_unordered(TOGETHER);
    while let Some(attempt) = attempts.next().await {
        match attempt {
            Ok(Some(Attempt::Sent)) => delivered.sent += 1,
            Ok(Some(Attempt::Dropped(_))) => delivered.dropped += 1,
            Ok(Some(Attempt::Failed(_) | Attempt::Refused(_))) => delivered.failed += 1,
            Ok(None) => {}
            // The others come to their end first: a message that has left is recorded.
            Err(error) => refused = Some(error),
        }
    }
    refused.map_or(Ok(delivered), Err)
}

/// Claims and sends one message; `None` when another node has it.
async fn deliver(state: &AppState, sender: &Sender, id: MessageId, lease: Uuid, now: Instant) -> Result<Option<Attempt>> {
    let mut tx = state.db.write().await?;
    if !store::claim(&mut tx, id, lease, now, now + LEASE).await? {
        return Ok(None);
    }
    let to_send = store::to_send(&mut tx, id).await?;
    let clinic = organisation::clinic(&mut tx, to_send.clinic_id).await?;
    let opened = to_send.opened(&tx);
    let text = texts::text(&mut tx, to_send.kind).await?;
    tx.commit().await?;
    let price = match (to_send.kind, to_send.channel) {
        (MessageKind::Booked | MessageKind::Moved | MessageKind::Reminder | MessageKind::ReminderSoon, MessageChannel::Email) => {
            let priced = Priced::Appointment(AppointmentId(to_send.subject_id));
            Some(state.departments.price_facts(&mut state.db.read().await?, priced, state.hospital().currency).await?)
        }
        _ => None,
    };
    let attempt = match opened {
        _ if to_send.is_dead => Attempt::Dropped("dead"),
        _ if to_send.expires_at.is_some_and(|expires| expires <= now) => Attempt::Dropped("too_late"),
        _ if to_send.removed || !(to_send.confirmed || to_send.kind == MessageKind::Code) => Attempt::Dropped("address_gone"),
        // A code that was typed in before it left.
        _ if to_send.kind == MessageKind::Code && to_send.confirmed => Attempt::Dropped("overtaken"),
        Err(_) => Attempt::Refused("the address cannot be decrypted".to_owned()),
        Ok((address, code)) => {
            let language = to_send.language().unwrap_or(state.hospital().default_language);
            let facts = letters::Facts {
                hospital: state.hospital().name.clone(),
                site: state.config.site_address(),
                clinic: &clinic,
                kind: to_send.kind,
                about_at: to_send.about_at,
                link: &to_send.link,
                for_another: to_send.person_id != to_send.patient_id,
                code: &code,
                written: text.written(language),
                price: price.as_ref(),
            };
            match to_send.channel {
                MessageChannel::Email => sender
                    .post
                    .send(id.into(), &letters::letter(&facts, address, language))
                    .await
                    .map_or_else(Attempt::Failed, |()| Attempt::Sent),
                MessageChannel::Sms => match &sender.gateway {
                    Some(gateway) => gateway.send(id, &address, &letters::short(&facts, language), language, now).await,
                    None => Attempt::Failed("no_gateway".to_owned()),
                },
                MessageChannel::Call => Attempt::Dropped("address_gone"),
            }
        }
    };
    let attempts = to_send.attempts;
    let mut tx = state.db.write().await?;
    let recorded = match &attempt {
        Attempt::Sent => store::sent(&mut tx, id, lease, state.clock.now()).await?,
        Attempt::Dropped(cause) => store::dropped(&mut tx, id, lease, cause).await?,
        Attempt::Failed(cause) if attempts < ATTEMPTS => {
            let quiet = QuietHours { from: to_send.quiet_from, until: to_send.quiet_until };
            let then = now + wait(attempts);
            let then = if to_send.kind.ignores_quiet_hours() { then } else { quiet.next_allowed(then, clinic.zone) };
            tracing::warn!(message = %id, attempts, cause, "a message did not leave");
            store::failed(&mut tx, id, lease, then, &short(cause)).await?
        }
        Attempt::Failed(cause) | Attempt::Refused(cause) => {
            tracing::warn!(message = %id, attempts, cause, "a message is given up");
            store::dead(&mut tx, id, lease, &short(cause)).await?
        }
    };
    tx.commit().await?;
    if !recorded {
        // The lease was over, and another node has sent it again.
        tracing::warn!(message = %id, "a message was sent more than once");
    }
    Ok(Some(attempt))
}

/// The part of a cause that is stored.
fn short(cause: &str) -> String {
    let text: String = cause.chars().take(300).collect();
    if text.is_empty() { "?".to_owned() } else { text }
}

/// The language of a person, by wish or by record.
fn reads(language: &str) -> Option<Locale> {
    language.split('-').next().unwrap_or_default().parse().ok()
}

/// Sends messages until the program stops.
pub(super) async fn keep_delivering(state: AppState) {
    let sender = match Sender::new(&state.config) {
        Ok(sender) => sender,
        Err(error) => {
            tracing::error!(error, "no messages are sent");
            return;
        }
    };
    let mut every = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        // As long as messages leave, there may be more of them.
        while !state.stopping.is_cancelled() {
            match deliver_due(&state, &sender).await {
                Ok(delivered) if delivered.sent > 0 => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(error = %error, "messages wait");
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_last_about_two_days() {
        assert_eq!([wait(1), wait(2), wait(5), wait(14)].map(|wait| wait.num_minutes()), [1, 2, 16, 360]);
        let hours = (1..ATTEMPTS).map(|attempts| wait(attempts).num_minutes()).sum::<i64>() / 60;
        assert!((36..=48).contains(&hours), "{hours}");
    }
}
