//! `/admissions/{id}/notes`: the notes of a stay, of one kind or all, and the form of a nursing note.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, note_facts, note_form, note_text, toast};
use crate::{
    core::{AdmissionId, Permission, Result, UserId},
    rounds::{
        notes::{self, StayNote},
        stay::{self, ShownStay},
        vocabulary::StayNoteKind,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{EmptyState, Glyph, PageHeader, PatientBanner, Tab, Tabs},
};

/// `?kind=round`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StayNotesQuery {
    kind: String,
    done: String,
}

/// Shows the notes.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn notes_page(Path(id): Path<AdmissionId>, Query(query): Query<StayNotesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    let stay = stay::open(&mut ctx, Permission::ReadChart, id).await?;
    let found = notes::of_stay(&mut ctx.tx, id).await?;
    let (user, clinic) = (ctx.user(), stay.admission.clinic_id);
    let may = |kind: StayNoteKind| ctx.who.may_at(kind.right(), clinic);
    let (doctor, nurse) = (may(StayNoteKind::Round), may(StayNoteKind::Nursing));
    let banner = stay.banner.clone();
    let page = Page::new(tr!(rounds.notes), move || content(&stay, &found, &query, (user, doctor, nurse)));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(stay: &ShownStay, found: &[StayNote], query: &StayNotesQuery, (user, doctor, nurse): (UserId, bool, bool)) -> AnyView {
    let id = stay.admission.id;
    let back = (format!("/admissions/{id}"), tr!(rounds.stay).to_owned());
    let kind = query.kind.parse::<StayNoteKind>().ok();
    let all = Tab::new(format!("/admissions/{id}/notes"), tr!(rounds.all_kinds), kind.is_none());
    let kinds = std::iter::once(all)
        .chain(StayNoteKind::ALL.iter().map(|one| Tab::new(format!("/admissions/{id}/notes?kind={one}"), one.words(), kind == Some(*one))))
        .collect::<Vec<_>>();
    // A draft is for its author.
    let shown: Vec<&StayNote> =
        found.iter().filter(|note| kind.is_none_or(|kind| note.kind == kind) && (note.is_final() || note.author_id == user)).collect();
    let none =
        shown.is_empty().then(|| view! { <EmptyState glyph=Glyph::Note title=tr!(rounds.no_notes) text=tr!(rounds.no_notes_text)/> });
    let rows = shown
        .into_iter()
        .map(|note| {
            let (facts, text) = (note_facts(note, stay.zone), note_text(note));
            view! {
                <section class="panel">
                    <div class="panel__head"><h2><a href=format!("/stay-notes/{}", note.id)>{note.kind.words()}</a></h2></div>
                    <div class="panel__body stack stack--tight"><p>{facts}</p>{text}</div>
                </section>
            }
        })
        .collect_view();
    let tabs = doctor.then(|| parts::tabs(id, "notes"));
    let form = (nurse && stay.is_open()).then(|| {
        let form = note_form(id, &[StayNoteKind::Nursing], None);
        view! {
            <section class="panel" aria-labelledby="nursing-note">
                <div class="panel__head"><h2 id="nursing-note">{tr!(rounds.nursing_note)}</h2></div>
                <div class="panel__body">{form}</div>
            </section>
        }
    });
    view! {
        {toast(&query.done)}
        <PageHeader title=tr!(rounds.notes) back/>
        {tabs}
        <Tabs label=tr!(rounds.note_kind) tabs=kinds/>
        <div class="stack">{none}{rows}{form}</div>
    }
    .into_any()
}
