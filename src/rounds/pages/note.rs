//! `/stay-notes/{id}`: a version of a note: its text, the check of its signature, addenda, earlier versions; a draft is edited here.

use leptos::prelude::*;

use super::parts::{StayDoneQuery, lines, note_facts, note_form, note_text, toast, when};
use crate::{
    accounts,
    core::{Error, Permission, Result, StayNoteAddendumId, StayNoteId, time::Zone},
    rounds::{
        notes::{self, StayNote, StayNoteAddendum},
        stay,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, Dialog, Form, NoticeBox, PageHeader, PatientBanner, PostButton, TextArea, Tone},
};

struct NoteSheet {
    note: StayNote,
    versions: Vec<StayNote>,
    addenda: Vec<StayNoteAddendum>,
    verified: bool,
    zone: Zone,
    /// Whether the reader may write notes of this kind.
    may: bool,
    own: bool,
}

/// Shows the note.
///
/// # Errors
/// Not allowed, another clinic's patient, a colleague's draft, or when the database refuses.
pub async fn note_page(Path(id): Path<StayNoteId>, Query(StayDoneQuery { done }): Query<StayDoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    let note = notes::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let stay = stay::open(&mut ctx, Permission::ReadChart, note.admission_id).await?;
    let own = note.author_id == ctx.user();
    if !note.is_final() && !own {
        return Err(Error::NotFound);
    }
    let addenda = notes::addenda_of(&mut ctx.tx, id, note.patient_id).await?;
    let mut verified = !note.is_final() || notes::is_verified(&mut ctx.tx, &note).await?;
    for addendum in &addenda {
        verified = verified && notes::is_addendum_verified(&mut ctx.tx, &note, addendum).await?;
    }
    let sheet = NoteSheet {
        versions: notes::versions(&mut ctx.tx, note.note_id).await?,
        addenda,
        verified,
        zone: stay.zone,
        may: ctx.who.may_at(note.kind.right(), note.clinic_id),
        own,
        note,
    };
    let banner = stay.banner;
    let page = Page::new(sheet.note.kind.words(), move || content(&sheet, &done));
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(sheet: &NoteSheet, done: &str) -> AnyView {
    let note = &sheet.note;
    let back = (format!("/admissions/{}/notes", note.admission_id), tr!(rounds.notes).to_owned());
    let facts = note_facts(note, sheet.zone);
    let broken = (!sheet.verified).then(|| {
        view! { <NoticeBox tone=Tone::Critical title=tr!(rounds.broken)><p>{tr!(rounds.broken_text)}</p></NoticeBox> }
    });
    let body = match note.is_draft() {
        true if sheet.own && sheet.may => draft(note),
        _ => note_text(note),
    };
    let addenda = sheet
        .addenda
        .iter()
        .map(|one| {
            let text = lines(&one.body);
            let by = tr!(rounds.signed_by, name = one.signer_name.clone(), at = when(one.written_at, sheet.zone));
            view! { <section class="panel"><div class="panel__body"><p class="muted small">{tr!(rounds.addendum)}" · "{by}</p><p>{text}</p></div></section> }
        })
        .collect_view();
    let acts = (note.is_current() && sheet.may).then(|| acts(note, sheet.versions.iter().any(StayNote::is_draft)));
    view! {
        {toast(done)}
        <PageHeader title=note.kind.words() back/>
        <div class="stack">
            {broken}
            <section class="panel">
                <div class="panel__head"><h2>{tr!(rounds.version_n, version = note.version)}</h2></div>
                <div class="panel__body stack stack--tight"><p>{facts}</p>{body}</div>
            </section>
            {addenda}
            {acts}
            {versions(sheet)}
        </div>
    }
    .into_any()
}

fn draft(note: &StayNote) -> AnyView {
    let form = note_form(note.admission_id, &[note.kind], Some(note));
    let hidden = vec![("stay_note_id", note.id.to_string())];
    view! { {form}<PostButton action="/api/rounds/discard_note" label=tr!(rounds.discard) hidden tone=ButtonTone::Quiet/> }.into_any()
}

fn acts(note: &StayNote, has_draft: bool) -> AnyView {
    let id = note.id.to_string();
    let hidden = vec![("stay_note_id", id.clone()), ("key", StayNoteAddendumId::new().to_string())];
    let amend = (!has_draft).then(|| {
        let hidden = vec![("stay_note_id", id.clone())];
        view! { <PostButton action="/api/rounds/amend_note" label=tr!(rounds.amend) hidden tone=ButtonTone::Quiet/> }
    });
    view! {
        <div class="cluster">
            <Dialog id="addendum" opens=tr!(rounds.add_addendum) title=tr!(rounds.add_addendum) action="/api/rounds/add_addendum" tone=ButtonTone::Quiet>
                <Form action="/api/rounds/add_addendum" id="addendum-form" hidden>
                    <TextArea name="body" label=tr!(rounds.addendum) maxlength=10_000 required=true/>
                    {accounts::proof_field()}
                    <div class="form__actions"><Button label=tr!(rounds.sign_addendum) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
            {amend}
        </div>
    }
    .into_any()
}

/// The other versions of the note.
fn versions(sheet: &NoteSheet) -> AnyView {
    let others: Vec<&StayNote> = sheet.versions.iter().filter(|one| one.id != sheet.note.id && one.is_final()).collect();
    if others.is_empty() {
        return ().into_any();
    }
    let rows = others
        .into_iter()
        .map(|one| {
            let facts = note_facts(one, sheet.zone);
            view! { <li class="rows__row"><div class="rows__main"><a href=format!("/stay-notes/{}", one.id)>{tr!(rounds.version_n, version = one.version)}</a>" "{facts}</div></li> }
        })
        .collect_view();
    view! { <section class="panel"><div class="panel__head"><h2>{tr!(rounds.versions)}</h2></div><ul class="rows">{rows}</ul></section> }
        .into_any()
}
