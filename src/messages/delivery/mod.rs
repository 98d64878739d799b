//! Sends what is due. A node claims a message for a time (a lease), so that no two nodes send it; a node that stops between sending and
//! recording leaves a message that is sent again after the lease, with the same id. A few messages are claimed in one transaction, and those
//! that come to their end together are recorded in one: each transaction waits for the disk.

mod letters;
mod store;
mod webhook;

use std::{collections::VecDeque, time::Duration};

use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use uuid::Uuid;

pub use webhook::Webhook;

pub(super) use letters::{Facts, letter, short as short_message};

use self::store::ToSend;
use super::{
    MESSAGES, MessageChannel, MessageKind,
    quiet::QuietHours,
    texts::{self, MessageText},
};
use crate::{
    core::{AppointmentId, MessageId, Result, locale::Locale, time::Instant},
    organisation::{self, Clinic},
    server::{
        AppState, Event,
        config::Config,
        hooks::{PriceFacts, Priced},
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
/// The messages that are claimed in one transaction: twice as many as leave at the same time, so that a place that becomes free finds one.
const CLAIMED: usize = 2 * TOGETHER;
/// A claimed message that waited longer for a place is given back: too little is left of its lease.
const FRESH: chrono::Duration = chrono::Duration::seconds(10);
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
    /// It was not tried: a slow server kept all places.
    Late,
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
    let (mut groups, mut claimed, mut leaving) = (due.chunks(CLAIMED), VecDeque::new(), FuturesUnordered::new());
    loop {
        // The transactions of this sender follow each other. A claim that went on while another transaction begins would keep SQLite's only
        // writing connection from it, and neither would come to its end.
        while leaving.len() < TOGETHER {
            if let Some(message) = claimed.pop_front() {
                leaving.push(attempt(state, sender, message));
                continue;
            }
            let Some(group) = groups.next() else { break };
            match claim(state, group.to_vec()).await {
                Ok(messages) => claimed.extend(messages),
                // The others come to their end first: a message that has left is recorded.
                Err(error) => refused = Some(error),
            }
        }
        let Some(first) = leaving.next().await else { break };
        let mut left = vec![first];
        while let Some(Some(next)) = leaving.next().now_or_never() {
            left.push(next);
        }
        if let Err(error) = record(state, &mut left, now).await {
            refused = Some(error);
            continue;
        }
        for (_, attempt) in left {
            match attempt {
                Attempt::Sent => delivered.sent += 1,
                Attempt::Dropped(_) => delivered.dropped += 1,
                Attempt::Failed(_) | Attempt::Refused(_) => delivered.failed += 1,
                Attempt::Late => {}
            }
        }
    }
    refused.map_or(Ok(delivered), Err)
}

/// A message that this node has, with all that its text needs.
struct Claimed {
    id: MessageId,
    lease: Uuid,
    at: Instant,
    to_send: ToSend,
    clinic: Clinic,
    text: MessageText,
    /// The address and the code.
    opened: Result<(String, String)>,
    price: Option<PriceFacts>,
}

/// Claims messages in one transaction; those that another node has are left out.
async fn claim(state: &AppState, mut ids: Vec<MessageId>) -> Result<Vec<Claimed>> {
    let (lease, at) = (Uuid::now_v7(), state.clock.now());
    // Two nodes that claim the same messages lock them in the same order.
    ids.sort_unstable();
    let mut claimed: Vec<Claimed> = Vec::with_capacity(ids.len());
    let mut tx = state.db.write().await?;
    for id in ids {
        if !store::claim(&mut tx, id, lease, at, at + LEASE).await? {
            continue;
        }
        let to_send = store::to_send(&mut tx, id).await?;
        let clinic = match claimed.iter().find(|other| other.clinic.id == to_send.clinic_id) {
            Some(other) => other.clinic.clone(),
            None => organisation::clinic(&mut tx, to_send.clinic_id).await?,
        };
        let text = match claimed.iter().find(|other| other.to_send.kind == to_send.kind) {
            Some(other) => other.text.clone(),
            None => texts::text(&mut tx, to_send.kind).await?,
        };
        let opened = to_send.opened(&tx);
        claimed.push(Claimed { id, lease, at, to_send, clinic, text, opened, price: None });
    }
    tx.commit().await?;
    let currency = state.hospital().currency;
    let mut tx = state.db.read().await?;
    for message in &mut claimed {
        if let (MessageKind::Booked | MessageKind::Moved | MessageKind::Reminder | MessageKind::ReminderSoon, MessageChannel::Email) =
            (message.to_send.kind, message.to_send.channel)
        {
            let priced = Priced::Appointment(AppointmentId(message.to_send.subject_id));
            message.price = Some(state.departments.price_facts(&mut tx, priced, currency).await?);
        }
    }
    Ok(claimed)
}

/// Sends one message, unless it waited too long for a place. It takes no connection to the database.
async fn attempt(state: &AppState, sender: &Sender, claimed: Claimed) -> (Claimed, Attempt) {
    let now = state.clock.now();
    let attempt = if now - claimed.at > FRESH { Attempt::Late } else { send(state, sender, &claimed, now).await };
    (claimed, attempt)
}

async fn send(state: &AppState, sender: &Sender, claimed: &Claimed, now: Instant) -> Attempt {
    let (id, to_send) = (claimed.id, &claimed.to_send);
    let (address, code) = match &claimed.opened {
        _ if to_send.is_dead => return Attempt::Dropped("dead"),
        _ if to_send.expires_at.is_some_and(|expires| expires <= now) => return Attempt::Dropped("too_late"),
        _ if to_send.removed || !(to_send.confirmed || to_send.kind == MessageKind::Code) => return Attempt::Dropped("address_gone"),
        // A code that was typed in before it left.
        _ if to_send.kind == MessageKind::Code && to_send.confirmed => return Attempt::Dropped("overtaken"),
        Err(_) => return Attempt::Refused("the address cannot be decrypted".to_owned()),
        Ok(opened) => opened,
    };
    let language = to_send.language().unwrap_or(state.hospital().default_language);
    let facts = letters::Facts {
        hospital: state.hospital().name.clone(),
        site: state.config.site_address(),
        clinic: &claimed.clinic,
        kind: to_send.kind,
        about_at: to_send.about_at,
        link: &to_send.link,
        for_another: to_send.person_id != to_send.patient_id,
        code,
        written: claimed.text.written(language),
        price: claimed.price.as_ref(),
    };
    match to_send.channel {
        MessageChannel::Email => {
            let letter = letters::letter(&facts, address.clone(), language);
            sender.post.send(id.into(), &letter).await.map_or_else(Attempt::Failed, |()| Attempt::Sent)
        }
        MessageChannel::Sms => match &sender.gateway {
            Some(gateway) => gateway.send(id, address, &letters::short(&facts, language), language, now).await,
            None => Attempt::Failed("no_gateway".to_owned()),
        },
        MessageChannel::Call => Attempt::Dropped("address_gone"),
    }
}

/// Records the attempts that have come to their end, in one transaction; `now` is the time from which the next attempts are counted.
async fn record(state: &AppState, done: &mut [(Claimed, Attempt)], now: Instant) -> Result<()> {
    if done.is_empty() {
        return Ok(());
    }
    done.sort_unstable_by_key(|(claimed, _)| claimed.id);
    let mut tx = state.db.write().await?;
    let mut events = Vec::new();
    for (claimed, attempt) in done.iter() {
        let (id, lease, to_send, attempts) = (claimed.id, claimed.lease, &claimed.to_send, claimed.to_send.attempts);
        let recorded = match attempt {
            Attempt::Sent => store::sent(&mut tx, id, lease, state.clock.now()).await?,
            Attempt::Late => store::given_back(&mut tx, id, lease).await?,
            Attempt::Dropped(cause) => store::dropped(&mut tx, id, lease, cause).await?,
            Attempt::Failed(cause) if attempts < ATTEMPTS => {
                let quiet = QuietHours { from: to_send.quiet_from, until: to_send.quiet_until };
                let then = now + wait(attempts);
                let then =
                    if to_send.kind.ignores_quiet_hours() { then } else { quiet.leaves(then, claimed.clinic.zone, to_send.needed_by) };
                tracing::warn!(message = %id, attempts, cause, "a message did not leave");
                store::failed(&mut tx, id, lease, then, &short(cause)).await?
            }
            Attempt::Failed(cause) | Attempt::Refused(cause) => {
                tracing::warn!(message = %id, attempts, cause, "a message is given up");
                store::dead(&mut tx, id, lease, &short(cause)).await?
            }
        };
        // A person who does not know comes for nothing: the desk calls when no address is left that may be reached.
        let is_useful = to_send.kind.asks_for_call() && !to_send.is_dead && to_send.expires_at.is_none_or(|expires| expires > now);
        if recorded && is_useful && !matches!(attempt, Attempt::Sent) && store::insert_call(&mut tx, id, now).await? {
            events.push(Event::new(&MESSAGES).at(to_send.clinic_id));
        }
        if !recorded && matches!(attempt, Attempt::Sent) {
            // The lease was over, and another node has sent it again.
            tracing::warn!(message = %id, "a message was sent more than once");
        }
    }
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(())
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
    let mut every = crate::server::jobs::Beat::new(&state, "messages", EVERY);
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        // As long as messages leave, there may be more of them.
        while !state.stopping.is_cancelled() {
            match deliver_due(&state, &sender).await {
                Ok(delivered) if delivered.sent > 0 => {}
                Ok(_) => break,
                Err(error) => {
                    every.failed(&error, "messages wait");
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
