//! Notes of a stay. A draft is its author's; the signature freezes it. An amendment is the next version, with its reason.

mod acts;
mod store;

use uuid::Uuid;

use super::vocabulary::{StayNoteKind, StayNoteState, StayNoteStyle};
use crate::{
    clinical::{self, DocumentSignature, DocumentSigner},
    core::{AdmissionId, ClinicId, PatientId, Result, StayNoteAddendumId, StayNoteId, UserId, time::Instant},
    db::Tx,
};

pub use acts::{NewStayNote, SECTIONS, StayNoteForm, add, add_addendum, amend, begin, discard, save};
pub use store::{addenda_of, count_drafts, drafts_of, find, of_patient, of_stay, versions};

/// The kinds of signed documents.
const NOTE: &str = "stay note";
const ADDENDUM: &str = "stay note addendum";

/// The four sections of a note, by the headings of its style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StayNoteText {
    pub sections: [String; 4],
    /// The reason of an amendment; empty for a first version.
    pub amendment: String,
}

impl StayNoteText {
    /// Whether all sections are empty.
    pub fn is_empty(&self) -> bool {
        self.sections.iter().all(|section| section.trim().is_empty())
    }
}

/// A version of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StayNote {
    pub id: StayNoteId,
    /// The first version of the note.
    pub note_id: StayNoteId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub version: i64,
    pub kind: StayNoteKind,
    pub headings: StayNoteStyle,
    pub state: StayNoteState,
    pub text: StayNoteText,
    /// Increases with each save of a draft.
    pub saved: i64,
    pub created_at: Instant,
    pub author_id: UserId,
    pub author: String,
    pub signed_at: Option<Instant>,
    pub signed_by: Option<UserId>,
    pub signer_name: String,
    signature: Option<DocumentSignature>,
    pub superseded_at: Option<Instant>,
}

/// An addendum to a signed note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StayNoteAddendum {
    pub id: StayNoteAddendumId,
    pub body: String,
    pub written_at: Instant,
    pub written_by: UserId,
    pub signer_name: String,
    signature: DocumentSignature,
}

impl StayNote {
    pub fn is_final(&self) -> bool {
        self.state == StayNoteState::Final
    }

    pub fn is_draft(&self) -> bool {
        self.state == StayNoteState::Draft
    }

    /// Whether it is the version that counts.
    pub fn is_current(&self) -> bool {
        self.is_final() && self.superseded_at.is_none()
    }

    /// The parts that are signed: the ids of patient, stay and note, the version, kind and style, the sections, the reason of an amendment.
    fn parts(&self) -> Vec<String> {
        let ids = [self.patient_id.to_string(), self.admission_id.to_string(), self.note_id.to_string(), self.id.to_string()];
        let mut parts = ids.to_vec();
        parts.extend([self.version.to_string(), self.kind.as_str().to_owned(), self.headings.as_str().to_owned()]);
        parts.extend(self.text.sections.iter().cloned());
        parts.push(self.text.amendment.clone());
        parts
    }
}

/// The parts of an addendum that are signed.
fn addendum_parts(note: &StayNote, id: StayNoteAddendumId, body: &str) -> Vec<String> {
    vec![note.patient_id.to_string(), note.note_id.to_string(), note.id.to_string(), id.to_string(), body.to_owned()]
}

/// Signs a draft as it stands, with the key of its author.
///
/// # Errors
/// When the database refuses.
pub async fn signature_of(tx: &mut Tx, note: &StayNote, signer: &DocumentSigner<'_>) -> Result<DocumentSignature> {
    clinical::sign_document(tx, NOTE, &note.parts(), signer).await
}

/// Whether a signed note is still what was signed.
///
/// # Errors
/// When the database refuses.
pub async fn is_verified(tx: &mut Tx, note: &StayNote) -> Result<bool> {
    let (Some(at), Some(user), Some(signature)) = (note.signed_at, note.signed_by, &note.signature) else { return Ok(false) };
    let signer = DocumentSigner { user, name: &note.signer_name, at };
    clinical::verify_document(tx, NOTE, &note.parts(), &signer, signature).await
}

/// Whether an addendum is still what was signed.
///
/// # Errors
/// When the database refuses.
pub async fn is_addendum_verified(tx: &mut Tx, note: &StayNote, addendum: &StayNoteAddendum) -> Result<bool> {
    let signer = DocumentSigner { user: addendum.written_by, name: &addendum.signer_name, at: addendum.written_at };
    let parts = addendum_parts(note, addendum.id, &addendum.body);
    clinical::verify_document(tx, ADDENDUM, &parts, &signer, &addendum.signature).await
}

/// Returns the ids of signed notes and addenda that differ from what was signed.
///
/// # Errors
/// When the database refuses.
pub async fn broken(tx: &mut Tx) -> Result<Vec<Uuid>> {
    let mut wrong = Vec::new();
    let mut last = None;
    loop {
        let found = store::signed(tx, last).await?;
        let Some(newest) = found.last() else { return Ok(wrong) };
        last = Some(newest.id);
        for note in &found {
            if !is_verified(tx, note).await? {
                wrong.push(note.id.into());
            }
            for addendum in addenda_of(tx, note.id, note.patient_id).await? {
                if !is_addendum_verified(tx, note, &addendum).await? {
                    wrong.push(addendum.id.into());
                }
            }
        }
    }
}
