//! `/portal/records/encounters/{id}`: one visit, in plain words where there are any.

use leptos::prelude::*;

use crate::{
    clinical::{self, Addendum, Note, NoteState, OutsideReader, Prescription, Summary, Verdict, pages::medicine_row, section_heading},
    core::{
        EncounterId, Error, Permission, Result, VisitId,
        time::{Zone, show_date_time, show_long_date},
    },
    organisation,
    portal::pages::own_paper_head,
    server::{Ctx, Page, Path},
    tr,
    ui::{NoticeBox, PageHeader, PrintButton, Tone},
};

/// Finds the summary by encounter: imported encounters have no visit.
pub async fn encounter_page(Path(id): Path<EncounterId>) -> Result<Page> {
    let ctx = Ctx::read(Permission::OwnRecord).await?;
    shown(ctx, id).await
}

/// Finds the summary by visit.
pub async fn visit_page(Path(id): Path<VisitId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let encounter = clinical::encounter_of_visit(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    shown(ctx, encounter).await
}

/// Shows a summary only to its own patient, only when it is finished, and without what is held back from this reader.
async fn shown(mut ctx: Ctx, id: EncounterId) -> Result<Page> {
    let patient = ctx.own_patient().map_err(|_| Error::NotFound)?;
    let reader = if ctx.who.acts_for().is_some() { OutsideReader::Guardian } else { OutsideReader::Patient };
    let summary = clinical::outside_summary(&mut ctx.tx, id, reader).await?;
    if !ctx.is_own(summary.encounter.patient) {
        return Err(Error::NotFound);
    }
    ctx.saw(patient, "encounter").await?;
    // Time zone and letterhead are those of the clinic of the visit.
    let clinic = organisation::clinic(&mut ctx.tx, summary.encounter.clinic).await?;
    let zone = clinic.zone;
    let paper = own_paper_head(&mut ctx, patient, &clinic).await?;
    let title = show_long_date(zone.day(summary.encounter.started_at));
    Ok(Page::new(title.clone(), move || {
        let Summary { encounter, note, addenda, diagnoses, prescriptions, is_shortened, .. } = summary;
        let found = diagnoses
            .into_iter()
            .map(|diagnosis| view! { <li class="rows__row"><div class="rows__main">{diagnosis.description}</div><div class="rows__side">{diagnosis.certainty.words()}</div></li> })
            .collect::<Vec<_>>();
        view! {
            {paper()}
            <PageHeader
                title
                back=("/portal/records".to_owned(), tr!(nav.records).to_owned())
                detail=encounter.doctor_name
                actions=Some(view! { <PrintButton at_once=false/> }.into_any())
            />
            <div class="portal">
                {(!encounter.reason.is_empty()).then(|| view! {
                    <section class="portal-card"><h2 class="portal-card__head">{tr!(portal.reason)}</h2><p>{encounter.reason}</p></section>
                })}
                {(!found.is_empty()).then(|| view! {
                    <section class="panel"><div class="panel__head"><h2>{tr!(portal.found)}</h2></div><ul class="rows">{found}</ul></section>
                })}
                {prescribed(prescriptions)}
                {is_shortened.then(|| view! { <NoticeBox tone=Tone::Waiting title=tr!(portal.shortened)><p>{tr!(portal.shortened_text)}</p></NoticeBox> })}
                {note.filter(|note| note.state == NoteState::Signed).map(|note| written(note, addenda, zone))}
            </div>
        }
    }))
}

fn prescribed(prescriptions: Vec<Prescription>) -> AnyView {
    let rows: Vec<_> = prescriptions
        .into_iter()
        .map(|medicine| {
            let state = medicine.state.words();
            medicine_row(medicine, Some(state))
        })
        .collect();
    if rows.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="panel"><div class="panel__head"><h2>{tr!(portal.prescribed)}</h2></div><ul class="rows">{rows}</ul></section>
    }
    .into_any()
}

fn written(note: Note, addenda: Vec<Addendum>, zone: Zone) -> impl IntoView {
    let sections: Vec<_> = note
        .text
        .sections()
        .into_iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(name, text)| view! { <h3>{section_heading(name)}</h3>{paragraphs(text)} }.into_any())
        .collect();
    let signed = note.signature.map(|signature| {
        let broken = (signature.verdict == Verdict::Broken)
            .then(|| view! { <NoticeBox tone=Tone::Critical title=tr!(portal.not_genuine)><p>{tr!(portal.not_genuine_text)}</p></NoticeBox> });
        view! { {broken}<p class="muted small">{tr!(portal.signed_by, name = signature.name, when = show_date_time(zone.local(signature.at)))}</p> }
    });
    let added: Vec<_> = addenda
        .into_iter()
        .map(|addendum| {
            view! { <h3>{tr!(portal.added, when = show_date_time(zone.local(addendum.at)))}</h3>{paragraphs(&addendum.body)} }.into_any()
        })
        .collect();
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(portal.note)}</h2>
            {sections}
            {signed}
            {added}
        </section>
    }
}

/// Renders the lines as they were written.
fn paragraphs(text: &str) -> AnyView {
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| view! { <p>{line.to_owned()}</p> }).collect_view().into_any()
}
