//! Acts on notes of a stay: begin, save, sign, discard, amend, add.

use super::{ADDENDUM, StayNote, StayNoteText, addendum_parts, signature_of, store};
use crate::{
    audit::Action,
    clinical::{self, DocumentSigner},
    core::{AdmissionId, Error, Result, Stamp, StayNoteAddendumId, StayNoteId, UserId, error::FieldErrors, form::text, time::Instant},
    db::Tx,
    organisation::Typed,
    rounds::{
        stay::{self, StayTurn},
        vocabulary::{StayNoteKind, StayNoteState, StayNoteStyle},
    },
    server::Ctx,
    tr,
    wards::find_admission,
};

/// The longest section of a note.
const LONGEST: usize = 20_000;
/// The names of the sections in the form.
pub const SECTIONS: [&str; 4] = ["subjective", "objective", "assessment", "plan"];

/// The fields of a note, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StayNoteForm {
    pub kind: StayNoteKind,
    pub headings: StayNoteStyle,
    pub text: StayNoteText,
    /// The number of the save that the author saw.
    pub saved: i64,
}

impl StayNoteForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(typed: &Typed) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let kind = errors.chosen::<StayNoteKind>("kind", value("kind"));
        let style = errors.chosen::<StayNoteStyle>("style", value("style"));
        let sections = SECTIONS.map(|name| errors.check(text(name, &value(name).replace("\r\n", "\n"), LONGEST)).unwrap_or_default());
        let amendment = errors.check(text("amendment", value("amendment"), 500)).unwrap_or_default();
        errors.finish()?;
        let (Some(kind), Some(style)) = (kind, style) else { return Err(Error::NotFound) };
        Ok(Self { kind, headings: style, text: StayNoteText { sections, amendment }, saved: value("saved").parse().unwrap_or(0) })
    }
}

/// A note that was written at another time: of another system, or of a hospital that is made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStayNote {
    pub id: StayNoteId,
    pub admission: AdmissionId,
    pub kind: StayNoteKind,
    pub headings: StayNoteStyle,
    pub sections: [String; 4],
    pub written_at: Instant,
    pub author: UserId,
}

/// Adds a note; with the name of its author it is signed.
///
/// # Errors
/// When the database refuses.
pub async fn add(tx: &mut Tx, new: &NewStayNote, signer: Option<&str>) -> Result<()> {
    let stay = tx.lock(new.admission).await?;
    let admission = find_admission(tx, new.admission).await?;
    let text = StayNoteText { sections: new.sections.clone(), amendment: String::new() };
    let form = StayNoteForm { kind: new.kind, headings: new.headings, text, saved: 0 };
    store::insert(tx, stay, (new.id, new.id, 1), &admission, &form, Stamp { by: new.author, at: new.written_at }).await?;
    let Some(name) = signer else { return Ok(()) };
    let note = store::find(tx, new.id).await?.ok_or(Error::NotFound)?;
    let signer = DocumentSigner { user: new.author, name, at: new.written_at };
    let signature = signature_of(tx, &note, &signer).await?;
    store::set_final(tx, stay, new.id, &signer, &signature).await
}

/// Begins a note: its id was made with the form, so that a form that is sent twice begins one note. With `signs` it is signed at once.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when the patient is not on a ward.
pub async fn begin(ctx: &mut Ctx, admission: AdmissionId, id: StayNoteId, form: &StayNoteForm, signs: bool) -> Result<StayNoteId> {
    let turn = stay::turn(ctx, form.kind.right(), admission).await?;
    if let Some(known) = store::find(&mut ctx.tx, id).await? {
        let same = (known.admission_id, known.author_id, known.kind) == (admission, ctx.user(), form.kind);
        return if same { Ok(id) } else { Err(Error::key_used()) };
    }
    if form.kind != StayNoteKind::Discharge {
        turn.must_be_admitted()?;
    }
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, turn.locked, (id, id, 1), &turn.admission, form, stamp).await?;
    turn.record(ctx, Action::Create, "stay_note", id);
    if signs {
        sign(ctx, &turn, id).await?;
    }
    Ok(id)
}

/// Waits for the turn of a note's stay, and reads the note after that.
async fn note_turn(ctx: &mut Ctx, id: StayNoteId) -> Result<(StayTurn, StayNote)> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let turn = stay::turn(ctx, known.kind.right(), known.admission_id).await?;
    let note = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok((turn, note))
}

/// Refuses to write in a note that is signed, discarded, or another author's.
fn writable(ctx: &Ctx, note: &StayNote) -> Result<()> {
    match note.state {
        StayNoteState::Draft if note.author_id == ctx.user() => Ok(()),
        StayNoteState::Draft => Err(Error::conflict(tr!(rounds.with_colleague, name = note.author.clone()))),
        StayNoteState::Final | StayNoteState::Discarded => Err(Error::conflict(tr!(rounds.signed_already))),
    }
}

/// Saves a draft; with `signs` it is signed.
///
/// # Errors
/// [`Error::Invalid`] when a signed note would be empty; [`Error::Conflict`] when the note is signed, a colleague's, or was saved elsewhere.
pub async fn save(ctx: &mut Ctx, id: StayNoteId, form: &StayNoteForm, signs: bool) -> Result<StayNote> {
    let (turn, note) = note_turn(ctx, id).await?;
    writable(ctx, &note)?;
    if note.saved != form.saved {
        return Err(Error::conflict(tr!(rounds.saved_elsewhere)));
    }
    store::save(&mut ctx.tx, turn.locked, &note, form).await?;
    turn.record(ctx, Action::Update, "stay_note", id);
    if signs {
        sign(ctx, &turn, id).await?;
    }
    Ok(note)
}

/// Signs a draft as it stands in the database: it replaces the version before.
async fn sign(ctx: &mut Ctx, turn: &StayTurn, id: StayNoteId) -> Result<()> {
    let note = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let mut errors = FieldErrors::new();
    if note.text.is_empty() {
        errors.add("assessment", tr!(rounds.nothing_to_sign));
    }
    if note.version > 1 && note.text.amendment.is_empty() {
        errors.add("amendment", tr!(errors.required));
    }
    errors.finish()?;
    let (now, name) = (ctx.now, ctx.who.name.clone());
    let signer = DocumentSigner { user: ctx.user(), name: &name, at: now };
    let signature = signature_of(&mut ctx.tx, &note, &signer).await?;
    store::supersede(&mut ctx.tx, turn.locked, note.note_id, now).await?;
    store::set_final(&mut ctx.tx, turn.locked, id, &signer, &signature).await?;
    turn.record(ctx, Action::Sign, "stay_note", id);
    Ok(())
}

/// Discards a draft that nobody signs. It is kept, and shown to its author alone.
///
/// # Errors
/// [`Error::Conflict`] when it is signed, or a colleague's.
pub async fn discard(ctx: &mut Ctx, id: StayNoteId) -> Result<AdmissionId> {
    let (turn, note) = note_turn(ctx, id).await?;
    writable(ctx, &note)?;
    store::discard(&mut ctx.tx, turn.locked, id).await?;
    turn.record(ctx, Action::Update, "stay_note", id);
    Ok(note.admission_id)
}

/// Begins an amendment of a signed note: a draft of the next version with its text. Its author may do so, or any doctor of the clinic.
///
/// # Errors
/// [`Error::Conflict`] when the note is not the version that counts, or an amendment is being written.
pub async fn amend(ctx: &mut Ctx, id: StayNoteId) -> Result<StayNoteId> {
    let (turn, note) = note_turn(ctx, id).await?;
    let versions = store::versions(&mut ctx.tx, note.note_id).await?;
    if !note.is_current() || versions.iter().any(StayNote::is_draft) {
        return Err(Error::conflict(tr!(rounds.being_amended)));
    }
    let next = versions.iter().map(|version| version.version).max().unwrap_or(note.version) + 1;
    let text = StayNoteText { amendment: String::new(), ..note.text.clone() };
    let form = StayNoteForm { kind: note.kind, headings: note.headings, text, saved: 0 };
    let (stamp, new) = (ctx.stamp(), StayNoteId::new());
    store::insert(&mut ctx.tx, turn.locked, (new, note.note_id, next), &turn.admission, &form, stamp).await?;
    turn.record(ctx, Action::Create, "stay_note", new);
    Ok(new)
}

/// Adds a signed addendum to a signed note. The same one again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] without a text; [`Error::Conflict`] when the note is not the version that counts.
pub async fn add_addendum(ctx: &mut Ctx, id: StayNoteId, key: StayNoteAddendumId, body: &str) -> Result<()> {
    if body.is_empty() {
        return Err(Error::invalid("body", tr!(errors.required)));
    }
    let (turn, note) = note_turn(ctx, id).await?;
    if store::addenda_of(&mut ctx.tx, id, note.patient_id).await?.iter().any(|addendum| addendum.id == key) {
        return Ok(());
    }
    if !note.is_current() {
        return Err(Error::conflict(tr!(rounds.being_amended)));
    }
    let (now, name) = (ctx.now, ctx.who.name.clone());
    let signer = DocumentSigner { user: ctx.user(), name: &name, at: now };
    let signature = clinical::sign_document(&mut ctx.tx, ADDENDUM, &addendum_parts(&note, key, body), &signer).await?;
    store::insert_addendum(&mut ctx.tx, turn.locked, (key, &note), body, &signer, &signature).await?;
    turn.record(ctx, Action::Sign, "stay_note_addendum", key);
    Ok(())
}
