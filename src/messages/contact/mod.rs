//! The addresses and wishes of a patient for messages. An address is used after its owner typed the code that was sent there.

mod store;

use chrono::{Duration, NaiveTime, Timelike as _};

pub use store::{Address, channels, forget_addresses};

use super::{AddressKind, MessageChannel, MessageKind, outbox, outbox::About, quiet::QuietHours};
use crate::{
    audit::Action,
    core::{Error, MessageChannelId, PatientId, Result, error::FieldErrors, form, locale::Locale, time::parse_time},
    organisation::Typed,
    patients::phone_digits,
    server::{Ctx, mail},
    tr,
};

/// How long a code is valid.
pub const CHANNEL_LIFE: Duration = Duration::minutes(30);
/// The tries that a code has.
const TRIES: i64 = 5;
/// The codes that a patient may ask for in a day.
const CODES_PER_DAY: i64 = 6;
/// The page of the portal.
pub(super) const PAGE: &str = "/portal/account/contact";

/// The wishes of a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageWishes {
    /// Empty: the language of the record.
    pub language: String,
    pub quiet: QuietHours,
    /// The kinds and channels that the patient does not want.
    pub unwanted: Vec<(MessageKind, MessageChannel)>,
    /// 0: nothing was saved yet.
    pub version: i64,
}

impl Default for MessageWishes {
    fn default() -> Self {
        Self { language: String::new(), quiet: QuietHours::USUAL, unwanted: Vec::new(), version: 0 }
    }
}

impl MessageWishes {
    /// Whether the patient wants messages of this kind on this channel.
    pub fn wants(&self, kind: MessageKind, channel: MessageChannel) -> bool {
        kind.is_fixed() || !self.unwanted.contains(&(kind, channel))
    }

    /// Reads the form: `want-KIND` has the channels that are ticked, as one field for each: `want-KIND-CHANNEL`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    fn read(typed: &Typed) -> Result<Self> {
        let field = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let language = field("language");
        if !language.is_empty() && language.parse::<Locale>().is_err() {
            errors.add("language", tr!(errors.field_unreadable));
        }
        let minutes = |time: NaiveTime| i64::from(time.hour() * 60 + time.minute());
        let from = errors.check(parse_time("quiet_from", field("quiet_from"))).map(minutes);
        let until = errors.check(parse_time("quiet_until", field("quiet_until"))).map(minutes);
        errors.finish()?;
        let unwanted = choices().filter(|(kind, channel)| !typed.contains_key(&format!("want-{kind}-{channel}"))).collect();
        let quiet = QuietHours { from: from.unwrap_or_default(), until: until.unwrap_or_default() };
        Ok(Self { language: language.to_owned(), quiet, unwanted, version: field("version").parse().unwrap_or_default() })
    }
}

/// The kinds and channels that a patient chooses.
pub(super) fn choices() -> impl Iterator<Item = (MessageKind, MessageChannel)> {
    let kinds = MessageKind::ALL.iter().filter(|kind| !kind.is_fixed());
    kinds.flat_map(|kind| [MessageChannel::Email, MessageChannel::Sms].map(|channel| (*kind, channel)))
}

/// The person whose addresses these are: the user's own record, never that of a dependant.
fn person(ctx: &Ctx) -> Result<PatientId> {
    ctx.who.patient.ok_or(Error::Forbidden)
}

/// Reads the wishes of a patient.
///
/// # Errors
/// When the database refuses.
pub(super) async fn wishes(ctx: &mut Ctx) -> Result<MessageWishes> {
    let person = person(ctx)?;
    Ok(store::wishes(&mut ctx.tx, person).await?.unwrap_or_default())
}

/// Saves the wishes.
///
/// # Errors
/// [`Error::Invalid`], or [`Error::Conflict`] when they were saved in another window meanwhile.
pub(super) async fn save_wishes(ctx: &mut Ctx, typed: &Typed) -> Result<()> {
    let (stamp, person) = (ctx.stamp(), person(ctx)?);
    let new = MessageWishes::read(typed)?;
    ctx.tx.lock(person).await?;
    if !store::save(&mut ctx.tx, person, &new, stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    ctx.did(Action::Update, "message_wishes", person, Some(person));
    Ok(())
}

/// Reads a typed address. A phone number has its country's code, because a gateway has no country of its own.
fn read_address(kind: AddressKind, typed: &str) -> Result<String> {
    let typed = form::line("address", typed, 254)?;
    let is_good = match kind {
        AddressKind::Email => mail::is_address(&typed),
        AddressKind::Sms => typed.starts_with('+') && (7..=17).contains(&phone_digits(&typed).len()),
    };
    match (is_good, kind) {
        (true, AddressKind::Email) => Ok(typed),
        (true, AddressKind::Sms) => Ok(typed.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect()),
        (false, AddressKind::Email) => Err(Error::invalid("address", tr!(messages.not_an_email))),
        (false, AddressKind::Sms) => Err(Error::invalid("address", tr!(messages.not_a_mobile))),
    }
}

/// Six digits.
fn fresh_code() -> Result<String> {
    let mut bytes = [0_u8; 4];
    getrandom::fill(&mut bytes).map_err(|_| Error::Busy)?;
    Ok(format!("{:06}", u32::from_le_bytes(bytes) % 1_000_000))
}

/// Sends a code to an address. An earlier one that was not confirmed is forgotten; a confirmed address stays in use until the new one is.
///
/// # Errors
/// [`Error::Invalid`], or [`Error::TooMany`] after several codes in a day.
pub(super) async fn ask_code(ctx: &mut Ctx, kind: AddressKind, typed: &str) -> Result<MessageChannelId> {
    let (person, now, by) = (person(ctx)?, ctx.now, ctx.user());
    if kind == AddressKind::Sms && ctx.state().config.sms_url.is_empty() {
        return Err(Error::NotFound);
    }
    let address = read_address(kind, typed)?;
    ctx.tx.lock(person).await?;
    if store::asked_since(&mut ctx.tx, person, now - Duration::days(1)).await? >= CODES_PER_DAY {
        return Err(Error::TooMany { message: tr!(messages.too_many_codes).to_owned(), seconds: 24 * 3600 });
    }
    let (id, code) = (MessageChannelId::new(), fresh_code()?);
    store::forget_waiting(&mut ctx.tx, person, kind, now).await?;
    store::insert(&mut ctx.tx, (id, person, kind), (&address, &code), (now, now + CHANNEL_LIFE), by).await?;
    let about = About {
        kind: MessageKind::Code,
        subject: id.into(),
        clinic: ctx.clinic.id,
        at: None,
        expires: Some(now + CHANNEL_LIFE),
        needed_by: None,
        link: PAGE.to_owned(),
        call: false,
    };
    outbox::queue_code(&mut ctx.tx, person, (id, kind.into()), &about, now).await?;
    ctx.did(Action::Create, "message_address", id, Some(person));
    Ok(id)
}

/// The outcome of a typed code.
pub(super) enum Confirming {
    Done,
    /// It was wrong; the try is counted.
    Wrong,
}

/// Confirms an address by its code.
///
/// # Errors
/// [`Error::Conflict`] when no code is waiting, it is over, or all tries are used.
pub(super) async fn confirm(ctx: &mut Ctx, id: MessageChannelId, typed: &str) -> Result<Confirming> {
    let (person, now) = (person(ctx)?, ctx.now);
    ctx.tx.lock(person).await?;
    let waiting = store::waiting(&mut ctx.tx, person, id).await?.ok_or(Error::NotFound)?;
    if waiting.code_until.is_none_or(|until| until <= now) || waiting.tries >= TRIES {
        return Err(Error::conflict(tr!(messages.code_over)));
    }
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    if !same(digits.as_bytes(), waiting.code.as_bytes()) {
        store::count_try(&mut ctx.tx, id).await?;
        ctx.did(Action::Refused, "message_address", id, Some(person));
        return Ok(Confirming::Wrong);
    }
    store::remove_confirmed(&mut ctx.tx, person, waiting.kind, now).await?;
    store::confirm(&mut ctx.tx, &waiting, person, now).await?;
    ctx.did(Action::Update, "message_address", id, Some(person));
    Ok(Confirming::Done)
}

/// Compares without revealing by its time how many letters are right.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// Takes an address out of use.
///
/// # Errors
/// [`Error::NotFound`] when it is not an address of the user.
pub(super) async fn remove(ctx: &mut Ctx, id: MessageChannelId) -> Result<()> {
    let (person, now) = (person(ctx)?, ctx.now);
    ctx.tx.lock(person).await?;
    if !store::remove(&mut ctx.tx, person, id, now).await? {
        return Err(Error::NotFound);
    }
    ctx.did(Action::Update, "message_address", id, Some(person));
    Ok(())
}
