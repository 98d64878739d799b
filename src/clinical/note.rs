//! The clinical note: four sections, which can be changed as a draft and are frozen when it is signed.
//!
//! ```text
//! draft --sign--> signed
//! ```
//! A signed note is never changed; a later remark is an addendum. The signature records the signer, the time and the meaning, and
//! is made with the clinician's own key (`super::signatures`), so that a change of the row outside the program is detected.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::core::{Error, Stamp};
use crate::{
    core::{AddendumId, EncounterId, NoteId, PatientId, Result, UserId, error::FieldErrors, time::Instant},
    tr,
};

crate::text_enum! {
    /// The state of a note.
    pub enum NoteState("state") {
        Draft = "draft",
        Signed = "signed",
        EnteredInError = "entered_in_error",
    }
}

/// The most characters that a section holds.
pub const SECTION_LENGTH: usize = 20_000;

/// The text of a note, section by section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteText {
    pub history: String,
    pub examination: String,
    pub assessment: String,
    pub plan: String,
}

impl NoteText {
    /// Parses a form: normalises line breaks, and refuses each section that is too long.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming each section that is too long.
    pub fn parse(self) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let mut section = |name: &str, text: String| {
            let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
            if text.chars().count() > SECTION_LENGTH {
                errors.add(name, tr!(clinical.section_too_long));
            }
            text
        };
        let text = Self {
            history: section("history", self.history),
            examination: section("examination", self.examination),
            assessment: section("assessment", self.assessment),
            plan: section("plan", self.plan),
        };
        errors.finish()?;
        Ok(text)
    }

    /// Whether all sections are empty.
    pub fn is_empty(&self) -> bool {
        self.sections().iter().all(|(_, text)| text.trim().is_empty())
    }

    /// Returns field names and texts, in the order of a note.
    pub fn sections(&self) -> [(&'static str, &str); 4] {
        [("history", &self.history), ("examination", &self.examination), ("assessment", &self.assessment), ("plan", &self.plan)]
    }
}

/// The heading of a section, from its field name.
pub fn section_heading(name: &str) -> &'static str {
    match name {
        "history" => tr!(clinical.history),
        "examination" => tr!(clinical.examination),
        "assessment" => tr!(clinical.assessment),
        _ => tr!(clinical.plan),
    }
}

crate::text_enum! {
    /// The meaning of a signature.
    pub enum Meaning("meaning") {
        /// The signer wrote the note and vouches for it.
        Author = "author",
        /// The signer has read the note and agrees.
        CoSigned = "co_signed",
        /// The note was signed in another system: the signature says that it has not changed since the import.
        Imported = "imported",
    }
}

/// Whether the stored content is still the content that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The signature was not checked.
    Unchecked,
    Verified,
    /// The content was changed, or its signature is missing.
    Broken,
}

/// The person who signed a note, and the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub at: Instant,
    pub by: UserId,
    pub name: String,
    /// The digest of the text as it was signed.
    pub digest: String,
    pub meaning: Meaning,
    pub verdict: Verdict,
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub id: NoteId,
    pub encounter: EncounterId,
    pub patient: PatientId,
    pub author: UserId,
    pub text: NoteText,
    pub state: NoteState,
    pub signature: Option<Signature>,
    pub updated_at: Instant,
    pub version: i64,
}

impl Note {
    /// Signs this text: the draft becomes the signed note.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is signed already, [`Error::Invalid`] when all sections are empty.
    #[cfg(feature = "ssr")]
    pub fn sign(self, text: NoteText, by: UserId, name: &str, at: Instant) -> Result<Self> {
        match self.state {
            NoteState::Draft if text.is_empty() => Err(Error::invalid("assessment", tr!(clinical.nothing_to_sign))),
            NoteState::Draft => {
                let digest = digest(self.id, &text, Stamp { by, at });
                let (name, meaning, verdict) = (name.to_owned(), Meaning::Author, Verdict::Unchecked);
                let signature = Signature { at, by, name, digest, meaning, verdict };
                Ok(Self { text, state: NoteState::Signed, signature: Some(signature), updated_at: at, version: self.version + 1, ..self })
            }
            NoteState::Signed | NoteState::EnteredInError => Err(Error::conflict(tr!(clinical.already_signed))),
        }
    }

    /// Whether the text is still the text that was signed.
    #[cfg(feature = "ssr")]
    pub fn is_genuine(&self) -> bool {
        self.signature
            .as_ref()
            .is_none_or(|signature| signature.digest == digest(self.id, &self.text, Stamp { by: signature.by, at: signature.at }))
    }

    /// Whether its signature was checked and is valid.
    pub fn is_verified(&self) -> bool {
        self.signature.as_ref().is_some_and(|signature| signature.verdict == Verdict::Verified)
    }

    /// Whether it is signed, but its content is not the content that was signed.
    pub fn is_broken(&self) -> bool {
        self.signature.as_ref().is_some_and(|signature| signature.verdict == Verdict::Broken)
    }
}

/// An addition to a signed note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addendum {
    pub id: AddendumId,
    pub body: String,
    pub at: Instant,
    pub by: String,
    pub author: UserId,
    pub verdict: Verdict,
}

/// Computes the SHA-256 over everything that the signature covers. Lengths are part of it, so that moving text from one
/// section to the next gives another digest.
#[cfg(feature = "ssr")]
fn digest(note: NoteId, text: &NoteText, stamp: Stamp) -> String {
    use sha2::{Digest as _, Sha256};
    use std::fmt::Write as _;

    let mut hash = Sha256::new();
    hash.update(b"infirmary note 1\n");
    hash.update(note.0.as_bytes());
    hash.update(stamp.by.0.as_bytes());
    hash.update(stamp.at.timestamp_micros().to_be_bytes());
    for (name, section) in text.sections() {
        hash.update(format!("\n{name} {}\n", section.len()));
        hash.update(section.as_bytes());
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn draft() -> Note {
        Note {
            id: NoteId::new(),
            encounter: EncounterId::new(),
            patient: PatientId::new(),
            author: UserId::SYSTEM,
            text: NoteText::default(),
            state: NoteState::Draft,
            signature: None,
            updated_at: Instant::UNIX_EPOCH,
            version: 3,
        }
    }

    fn text() -> NoteText {
        NoteText { history: "Cough".into(), assessment: "Cold".into(), ..NoteText::default() }
    }

    #[test]
    fn a_draft_is_signed_once() {
        let signed = draft().sign(text(), UserId::SYSTEM, "Dr Costa", Instant::UNIX_EPOCH).expect("a draft");
        assert_eq!((signed.state, signed.version), (NoteState::Signed, 4));
        assert!(signed.is_genuine());
        assert!(matches!(signed.sign(text(), UserId::SYSTEM, "Dr Costa", Instant::UNIX_EPOCH), Err(Error::Conflict(_))));
    }

    #[test]
    fn an_empty_note_is_not_signed() {
        let blank = NoteText { plan: " \n".into(), ..NoteText::default() };
        assert!(matches!(draft().sign(blank, UserId::SYSTEM, "", Instant::UNIX_EPOCH), Err(Error::Invalid(_))));
    }

    #[test]
    fn a_changed_text_is_noticed() {
        let signed = draft().sign(text(), UserId::SYSTEM, "Dr Costa", Instant::UNIX_EPOCH).expect("a draft");
        let mut changed = signed.clone();
        changed.text.history = "Fever".into();
        assert!(!changed.is_genuine());
        // The same characters in another section are a different text.
        let mut moved = signed;
        moved.text.examination = std::mem::take(&mut moved.text.history);
        assert!(!moved.is_genuine());
    }

    #[test]
    fn sections_have_an_end() {
        let long = NoteText { plan: "x".repeat(SECTION_LENGTH + 1), ..NoteText::default() };
        assert!(matches!(long.parse(), Err(Error::Invalid(errors)) if errors[0].field == "plan"));
        let lines = NoteText { plan: "a\r\nb\rc".into(), ..NoteText::default() }.parse().expect("short");
        assert_eq!(lines.plan, "a\nb\nc");
    }
}
