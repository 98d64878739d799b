//! The sentences that the hospital writes itself, one for each kind of message in both languages. A sentence has placeholders for the
//! clinic, the time and the code; nothing else about a patient can stand in it.

mod store;

use super::MessageKind;
use crate::{
    audit::Action,
    core::{Error, MessageTextId, Result, error::FieldErrors, locale::Locale},
    db::Tx,
    server::Ctx,
    tr,
};

/// The longest sentence: with the hospital's name and the link it still fits into two SMS.
pub(super) const LONGEST: usize = 200;

/// A word that is replaced when a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    Clinic,
    When,
    Code,
}

impl Placeholder {
    const ALL: [Self; 3] = [Self::Clinic, Self::When, Self::Code];

    /// The placeholder as it is typed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clinic => "{clinic}",
            Self::When => "{when}",
            Self::Code => "{code}",
        }
    }

    /// The placeholders of a kind of message.
    pub fn of(kind: MessageKind) -> &'static [Self] {
        match kind {
            MessageKind::Code => &[Self::Code],
            MessageKind::Results | MessageKind::Document | MessageKind::Receipt | MessageKind::InvoiceDue | MessageKind::Access => {
                &[Self::Clinic]
            }
            _ => &[Self::Clinic, Self::When],
        }
    }

    /// The placeholder without which a message of this kind is of no use.
    pub fn needed(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Code => Self::Code,
            MessageKind::Results | MessageKind::Document | MessageKind::Receipt | MessageKind::InvoiceDue | MessageKind::Access => {
                Self::Clinic
            }
            _ => Self::When,
        }
    }

    /// The placeholders of a kind, as they are typed, with commas.
    pub fn words(kind: MessageKind) -> String {
        Self::of(kind).iter().map(|placeholder| placeholder.word()).collect::<Vec<_>>().join(", ")
    }
}

/// The sentence of a kind of message in both languages; both empty: the program's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct MessageText {
    pub english: String,
    pub spanish: String,
    /// 0 when nothing was ever written.
    pub version: i64,
}

impl MessageText {
    /// The sentence in this language, if the hospital wrote one.
    pub fn written(&self, language: Locale) -> Option<&str> {
        let text = match language {
            Locale::en => &self.english,
            Locale::es => &self.spanish,
        };
        Some(text.as_str()).filter(|text| !text.is_empty())
    }

    /// Reads what was typed for a kind.
    ///
    /// # Errors
    /// [`Error::Invalid`] with each field that is wrong.
    pub fn read(kind: MessageKind, english: &str, spanish: &str, version: i64) -> Result<Self> {
        let mut errors = FieldErrors::default();
        let [english, spanish] = [("english", english), ("spanish", spanish)].map(|(field, typed)| {
            let text = errors.line(field, typed, LONGEST);
            if let Err(words) = check(kind, &text) {
                errors.add(field, words);
            }
            text
        });
        if english.is_empty() != spanish.is_empty() {
            errors.add(if english.is_empty() { "english" } else { "spanish" }, tr!(messages.other_language_missing));
        }
        errors.finish()?;
        Ok(Self { english, spanish, version })
    }
}

/// Checks the placeholders of a sentence; an empty one is right.
fn check(kind: MessageKind, text: &str) -> std::result::Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let inside = &rest[at..];
        let end = inside.find('}').filter(|_| inside.starts_with('{')).ok_or_else(|| tr!(messages.brace_open).to_owned())?;
        let word = &inside[..=end];
        if !Placeholder::of(kind).iter().any(|placeholder| placeholder.word() == word) {
            return Err(tr!(messages.placeholder_unknown, word = word.to_owned(), words = Placeholder::words(kind)));
        }
        rest = &inside[end + 1..];
    }
    let needed = Placeholder::needed(kind).word();
    if text.is_empty() || text.contains(needed) { Ok(()) } else { Err(tr!(messages.placeholder_needed, word = needed)) }
}

/// Replaces the placeholders of a sentence, in one pass: what replaces one is not looked at again.
pub fn written_sentence(text: &str, clinic: &str, when: &str, code: &str) -> String {
    let mut sentence = String::with_capacity(text.len() + clinic.len() + when.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        sentence.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(found) = Placeholder::ALL.into_iter().find(|placeholder| rest.starts_with(placeholder.word())) else { break };
        sentence.push_str(match found {
            Placeholder::Clinic => clinic,
            Placeholder::When => when,
            Placeholder::Code => code,
        });
        rest = &rest[found.word().len()..];
    }
    sentence.push_str(rest);
    sentence
}

/// The sentence that counts for a kind.
///
/// # Errors
/// When the database refuses.
pub(super) async fn text(tx: &mut Tx, kind: MessageKind) -> Result<MessageText> {
    Ok(store::text(tx, kind).await?.unwrap_or_default())
}

/// Saves a sentence for a kind.
///
/// # Errors
/// [`Error::Invalid`], or [`Error::Conflict`] when somebody else wrote another meanwhile.
pub(super) async fn write(ctx: &mut Ctx, kind: MessageKind, english: &str, spanish: &str, version: i64) -> Result<()> {
    let new = MessageText::read(kind, english, spanish, version)?;
    ctx.tx.take_turn("message_texts", kind.as_str()).await?;
    if text(&mut ctx.tx, kind).await?.version != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let (stamp, id) = (ctx.stamp(), MessageTextId::new());
    store::add(&mut ctx.tx, id, kind, &new, stamp).await?;
    ctx.did(Action::Update, "message_text", id, None);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_once_and_only_those_of_the_kind_are_taken() {
        assert_eq!(written_sentence("At {clinic}: {when}!", "{when} North", "10:30", ""), "At {when} North: 10:30!");
        assert_eq!(written_sentence("{code} {other}", "", "", "123"), "123 {other}");
        let good = [
            (MessageKind::Reminder, "Come to {clinic} on {when}."),
            (MessageKind::Reminder, "Come on {when}."),
            (MessageKind::Code, "{code}"),
            (MessageKind::Receipt, "Thank you. {clinic}"),
            (MessageKind::Offer, ""),
        ];
        for (kind, text) in good {
            assert_eq!(check(kind, text), Ok(()), "{text}");
        }
        let bad = [
            (MessageKind::Reminder, "Come to {clinic}."),
            (MessageKind::Reminder, "{when} {doctor}"),
            (MessageKind::Reminder, "{when"),
            (MessageKind::Reminder, "when} {when}"),
            (MessageKind::Code, "{code} {clinic}"),
            (MessageKind::Receipt, "{clinic} {when}"),
        ];
        for (kind, text) in bad {
            assert!(check(kind, text).is_err(), "{text}");
        }
    }
}
