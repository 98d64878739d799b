//! The outbox: writes the messages of an act in the transaction of the act.

mod acts;
mod store;

use chrono::Duration;
use uuid::Uuid;

pub use acts::{begin_test, called, drop_message, send_again};
pub use store::{Listed, MessageFilter, ToCall, count_calls, count_dead, list, of_patient, to_call};

use super::{MESSAGES, MessageChannel, MessageKind, MessageState, quiet::QuietHours};
use crate::{
    core::{ClinicId, MessageChannelId, MessageId, PatientId, Result, time::Instant},
    db::Tx,
    notifications::Notice,
    organisation, patients,
    server::{Ctx, Event},
};

/// The subject of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub kind: MessageKind,
    /// The appointment, report, payment or document: a person hears of each kind of it once on each channel.
    pub subject: Uuid,
    /// The clinic, whose clock counts.
    pub clinic: ClinicId,
    /// The time that the message names.
    pub at: Option<Instant>,
    /// The time from which the message is of no use.
    pub expires: Option<Instant>,
    /// The first time for which a person may come who does not hear of it: quiet hours give way to it.
    pub needed_by: Option<Instant>,
    /// The page of the portal.
    pub link: String,
    /// Whether the desk calls a person who has no address.
    pub call: bool,
}

/// A row of the outbox.
#[derive(Clone, Debug)]
pub(super) struct NewMessage<'a> {
    id: MessageId,
    patient: PatientId,
    person: PatientId,
    channel: MessageChannel,
    address: Option<MessageChannelId>,
    about: &'a About,
    state: MessageState,
    due_at: Instant,
    cause: &'static str,
}

/// Writes the messages to the patient, and to each person who acts for the patient, by each confirmed address that is wanted. Returns
/// their number. When a person must hear and nobody has an address, the desk gets a call.
///
/// # Errors
/// When the database refuses.
pub async fn queue(tx: &mut Tx, patient: PatientId, about: &About, now: Instant) -> Result<usize> {
    queue_after(tx, patient, about, Duration::zero(), now).await
}

/// As [`queue`]; what is sent leaves after so long a wait. A call waits for nothing.
async fn queue_after(tx: &mut Tx, patient: PatientId, about: &About, wait: Duration, now: Instant) -> Result<usize> {
    let targets = store::targets(tx, patient, now).await?;
    // The dead get nothing.
    if targets.is_empty() {
        return Ok(0);
    }
    let zone = organisation::clinic(tx, about.clinic).await?.zone;
    let (mut made, mut refused) = (0, false);
    for target in &targets {
        let (Some(address), Some(kind)) = (target.channel_id, target.kind) else { continue };
        let channel = MessageChannel::from(kind);
        if !about.kind.is_fixed() && target.is_unwanted(about.kind, channel) {
            refused = true;
            continue;
        }
        let quiet = QuietHours { from: target.quiet_from, until: target.quiet_until };
        let leaves = now + wait;
        let due_at = if about.kind.ignores_quiet_hours() { leaves } else { quiet.leaves(leaves, zone, about.needed_by) };
        let new = NewMessage {
            id: MessageId::new(),
            patient,
            person: target.person_id,
            channel,
            address: Some(address),
            about,
            state: MessageState::Due,
            due_at,
            cause: "",
        };
        made += usize::from(store::insert(tx, &new, now).await?);
    }
    let has_address = targets.iter().any(|target| target.channel_id.is_some());
    let call = NewMessage {
        id: MessageId::new(),
        patient,
        person: patient,
        channel: MessageChannel::Call,
        address: None,
        about,
        state: MessageState::Due,
        due_at: now,
        cause: "",
    };
    if about.call && !has_address {
        made += usize::from(store::insert(tx, &call, now).await?);
    } else if about.kind.is_by_job() && made == 0 && (refused || !has_address) {
        // The row records that nobody is told, and why.
        let cause = if has_address { "not_wanted" } else { "no_address" };
        store::insert(tx, &NewMessage { state: MessageState::Dropped, cause, ..call }, now).await?;
    }
    Ok(made)
}

/// Writes the message with the code to an address that is not confirmed yet.
///
/// # Errors
/// When the database refuses.
pub(super) async fn queue_code(
    tx: &mut Tx,
    person: PatientId,
    (address, channel): (MessageChannelId, MessageChannel),
    about: &About,
    now: Instant,
) -> Result<()> {
    let new = NewMessage {
        id: MessageId::new(),
        patient: person,
        person,
        channel,
        address: Some(address),
        about,
        state: MessageState::Due,
        due_at: now,
        cause: "",
    };
    store::insert(tx, &new, now).await?;
    Ok(())
}

/// Notifies the patient and the people who act for the patient: on the bell, and outside the portal.
///
/// # Errors
/// When the database refuses.
pub async fn tell(ctx: &mut Ctx, patient: PatientId, notice: &Notice, about: &About) -> Result<()> {
    tell_after(ctx, patient, (notice, about), Duration::zero()).await
}

/// As [`tell`]; what is sent outside the portal leaves after so long a wait, while the act can be undone.
///
/// # Errors
/// When the database refuses.
pub async fn tell_after(ctx: &mut Ctx, patient: PatientId, (notice, about): (&Notice, &About), wait: Duration) -> Result<()> {
    patients::ring(ctx, patient, notice, &about.link).await?;
    let now = ctx.now;
    queue_after(&mut ctx.tx, patient, about, wait, now).await?;
    // The call list may have one more.
    if about.call {
        ctx.tell(Event::new(&MESSAGES).at(about.clinic));
    }
    Ok(())
}

/// As [`tell`], in a job's transaction: the events are for the job to announce.
///
/// # Errors
/// When the database refuses.
pub async fn tell_by_job(tx: &mut Tx, patient: PatientId, notice: &Notice, about: &About, now: Instant) -> Result<Vec<Event>> {
    let mut events = patients::ring_by_job(tx, patient, notice, &about.link, now).await?;
    queue(tx, patient, about, now).await?;
    if about.call {
        events.push(Event::new(&MESSAGES).at(about.clinic));
    }
    Ok(events)
}
