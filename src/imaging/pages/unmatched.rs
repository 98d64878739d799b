//! `/imaging/unmatched`: studies that archives hold and that belong to no order; `/imaging/unmatched/{id}`: one of them, with its patient beside the
//! patient of an order.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{DoneQuery, title_of, toast};
use crate::{
    core::{
        ArchivedStudyId, Error, Permission, Result,
        time::{Zone, show_date, show_date_time},
    },
    imaging::{
        archives::{self, ArchivedState, ArchivedStudy, Compared, SentPatient, birth_of},
        catalogue::{self, ImagingProcedure},
        studies::ImagingStudy,
    },
    server::{Ctx, Page, Part, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Column, DataTable, Dialog, EmptyState, Form, Glyph, LinkButton, ListUrl, Live, NoticeBox,
        PageHeader, PostButton, Row, StatusBadge, TextField, Tone,
    },
};

/// The studies that the list shows.
const SHOWN: i64 = 50;
const DISMISS: &str = "/api/imaging/dismiss_study";
const TIE: &str = "/api/imaging/tie_study";

struct UnmatchedStudies {
    listed: Vec<ArchivedStudy>,
    count: i64,
    zone: Zone,
}

impl UnmatchedStudies {
    async fn read(ctx: &mut Ctx) -> Result<Self> {
        let (clinic, zone) = (ctx.clinic.id, ctx.zone());
        let count = ctx.tx.count(archives::count_unmatched(clinic)).await?;
        let listed = archives::unmatched(&mut ctx.tx, clinic, SHOWN).await?;
        if !listed.is_empty() {
            ctx.saw_file("unmatched_studies").await?;
        }
        Ok(Self { listed, count, zone })
    }
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn unmatched_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let found = UnmatchedStudies::read(&mut ctx).await?;
    Ok(Page::new(tr!(imaging.unmatched), move || {
        let actions = view! { <LinkButton href="/imaging/archives" label=tr!(imaging.archives)/> }.into_any();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(imaging.unmatched) detail=tr!(imaging.unmatched_text) actions=Some(actions)/>
            <Live topics="imaging" from="/imaging/unmatched/live">{list(&found)}</Live>
        }
    }))
}

/// Serves the list alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn unmatched_part() -> Result<Part> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let found = UnmatchedStudies::read(&mut ctx).await?;
    Ok(Part::new(move || list(&found)))
}

fn list(found: &UnmatchedStudies) -> AnyView {
    if found.listed.is_empty() {
        return view! { <EmptyState glyph=Glyph::Board title=tr!(imaging.nothing_unmatched) text=tr!(imaging.nothing_unmatched_text)/> }
            .into_any();
    }
    let more = (found.count > SHOWN).then(|| view! { <p class="muted">{tr!(imaging.unmatched_more, count = found.count)}</p> });
    let rows = found.listed.iter().map(|study| row(study, found.zone)).collect();
    let columns = vec![
        Column::new(tr!(imaging.patient_in_archive)),
        Column::new(tr!(imaging.study_in_archive)),
        Column::new(tr!(imaging.why_unmatched)),
    ];
    view! { <div class="stack">{more}<DataTable caption=tr!(imaging.unmatched) columns rows stacked=true/></div> }.into_any()
}

fn row(study: &ArchivedStudy, zone: Zone) -> Row {
    let found = tr!(imaging.found_at, when = show_date_time(zone.local(study.found_at)));
    let facts = facts_of(study);
    Row::new(vec![
        identity_of(&study.patient),
        view! { <span>{facts}</span><br/><span class="muted small">{found}</span> }.into_any(),
        view! { <StatusBadge tone=study.reason.tone() label=study.reason.words()/> }.into_any(),
    ])
    .href(format!("/imaging/unmatched/{}", study.id))
    .key(study.id.to_string())
}

/// A name of DICOM as it is read: `Núñez, Ana`.
fn shown_name(name: &str) -> String {
    let parts: Vec<&str> = name.split('^').filter(|part| !part.is_empty()).collect();
    match parts.split_first() {
        Some((family, rest)) if !rest.is_empty() => format!("{family}, {}", rest.join(" ")),
        Some((family, _)) => (*family).to_owned(),
        None => tr!(imaging.nameless).to_owned(),
    }
}

fn shown_birth(patient: &SentPatient) -> String {
    birth_of(patient).map_or_else(|| patient.birth_date.clone(), show_date)
}

fn identity_of(patient: &SentPatient) -> AnyView {
    let facts = [patient.number.clone(), shown_birth(patient), patient.sex.clone()];
    let facts = facts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let name = shown_name(&patient.name);
    view! { <strong>{name}</strong><br/><span class="muted small">{facts}</span> }.into_any()
}

pub(super) fn facts_of(study: &ArchivedStudy) -> String {
    let images = tr!(imaging.images_n, count = study.image_count);
    let parts =
        [study.modalities.clone(), study.description.clone(), study.taken.clone(), study.accession.clone(), images, study.archive.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// The order that is compared, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ComparedQuery {
    accession: String,
    done: String,
}

struct Comparison {
    study: ArchivedStudy,
    /// The order with the accession number of the address, and what is the same.
    order: Option<(ImagingStudy, Compared)>,
    /// The sentence about an accession number that the clinic does not have.
    unknown: Option<String>,
    offered: Vec<ImagingStudy>,
    all: Vec<ImagingProcedure>,
    query: ComparedQuery,
}

/// Shows an unmatched or dismissed study, and its patient beside that of an order.
///
/// # Errors
/// Not allowed, another clinic's study, or when the database refuses.
pub async fn compared_page(Path(id): Path<ArchivedStudyId>, Query(query): Query<ComparedQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let study = archives::study(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkImaging, study.clinic_id)?;
    match study.patient_id {
        Some(patient) => ctx.saw(patient, "imaging_record").await?,
        None => ctx.saw_file("unmatched_studies").await?,
    }
    let (mut order, mut unknown, mut offered) = (None, None, Vec::new());
    if study.state == ArchivedState::Unmatched {
        if query.accession.trim().is_empty() {
            offered = archives::open_orders(&mut ctx, &study).await?;
            ctx.saw_live(offered.iter().map(|one| one.patient_id), "imaging_lists").await?;
        } else {
            match archives::compare(&mut ctx, &study, &query.accession).await {
                Ok(found) => {
                    ctx.saw(found.0.patient_id, "imaging_record").await?;
                    order = Some(found);
                }
                Err(Error::Invalid(errors)) => unknown = errors.into_iter().next().map(|error| error.message),
                Err(error) => return Err(error),
            }
        }
    }
    let all = catalogue::procedures(&mut ctx.tx).await?;
    let comparison = Comparison { study, order, unknown, offered, all, query };
    Ok(Page::new(tr!(imaging.archived_study), move || view(&comparison)))
}

fn view(shown: &Comparison) -> AnyView {
    let study = &shown.study;
    let back = ("/imaging/unmatched".to_owned(), tr!(imaging.unmatched).to_owned());
    let (facts, remark) = (facts_of(study), study.remark.clone());
    let remark = (!remark.is_empty()).then(|| view! { <p class="muted">{remark}</p> });
    let state = match study.state {
        ArchivedState::Unmatched => view! { <StatusBadge tone=study.reason.tone() label=study.reason.words()/> }.into_any(),
        ArchivedState::Matched => view! { <StatusBadge tone=Tone::Done label=tr!(imaging.tied)/> }.into_any(),
        ArchivedState::Dismissed => view! { <StatusBadge tone=Tone::Inactive label=tr!(imaging.dismissed)/> }.into_any(),
    };
    let body = match study.state {
        ArchivedState::Unmatched => to_match(shown),
        ArchivedState::Dismissed => {
            let hidden = hidden(study);
            view! { <PostButton action="/api/imaging/reopen_study" label=tr!(imaging.reopen_study) hidden/> }.into_any()
        }
        ArchivedState::Matched => study
            .imaging_id
            .map(|order| view! { <LinkButton href=format!("/imaging/studies/{order}") label=tr!(imaging.open_order)/> })
            .into_any(),
    };
    view! {
        {toast(&shown.query.done)}
        <PageHeader title=tr!(imaging.archived_study) back detail=facts actions=Some(state)/>
        <div class="stack">
            <section class="panel"><div class="panel__body">{identity_of(&study.patient)}{remark}</div></section>
            {body}
        </div>
    }
    .into_any()
}

/// The hidden fields of each form about a study of an archive.
pub(super) fn hidden(study: &ArchivedStudy) -> Vec<(&'static str, String)> {
    vec![("archived_study_id", study.id.to_string()), ("version", study.version.to_string())]
}

fn to_match(shown: &Comparison) -> AnyView {
    let study = &shown.study;
    let action = format!("/imaging/unmatched/{}", study.id);
    let typed = shown.query.accession.clone();
    let unknown = shown.unknown.clone().map(|words| view! { <NoticeBox tone=Tone::Warning><p>{words}</p></NoticeBox> });
    let to_dismiss = hidden(study);
    view! {
        {shown.order.as_ref().map(|(order, compared)| beside(shown, order, *compared))}
        {unknown}
        <p><a href=format!("/imaging/images/{}", study.id)>{tr!(imaging.open_images)}</a></p>
        <form class="filter" method="get" action=action>
            <TextField name="accession" label=tr!(imaging.accession) value=typed required=true maxlength=16 class="input--code" autocomplete="off"/>
            <button class="button" type="submit">{tr!(imaging.compare)}</button>
        </form>
        {offers(shown)}
        <div class="cluster">
            <Dialog id="dismiss" opens=tr!(imaging.dismiss_study) title=tr!(imaging.dismiss_study) action=DISMISS tone=ButtonTone::Quiet>
                <Form action=DISMISS id="dismiss-form" hidden=to_dismiss>
                    <TextField name="reason" label=tr!(imaging.why) hint=tr!(imaging.dismiss_hint) required=true maxlength=500/>
                    <div class="form__actions"><Button label=tr!(imaging.dismiss_study) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        </div>
    }
    .into_any()
}

/// The orders whose images are awaited.
fn offers(shown: &Comparison) -> AnyView {
    if shown.offered.is_empty() {
        return ().into_any();
    }
    let rows = shown
        .offered
        .iter()
        .map(|order| {
            let href = ListUrl::new(format!("/imaging/unmatched/{}", shown.study.id)).with("accession", order.accession.clone()).href();
            Row::new(vec![super::parts::identity(order), title_of(&shown.all, order).into_any(), order.accession.clone().into_any()])
                .href(href)
                .key(order.id.to_string())
        })
        .collect();
    let columns = vec![Column::new(tr!(ui.patient)), Column::new(tr!(imaging.procedure)), Column::new(tr!(imaging.accession))];
    view! { <h2>{tr!(imaging.awaited)}</h2><DataTable caption=tr!(imaging.awaited) columns rows stacked=true/> }.into_any()
}

/// Both patients beside each other, and the form that ties the study to the order.
fn beside(shown: &Comparison, order: &ImagingStudy, compared: Compared) -> AnyView {
    let study = &shown.study;
    let sent = &study.patient;
    let facts = [
        (tr!(ui.mrn), sent.number.clone(), order.mrn.clone()),
        (tr!(imaging.patient_name), shown_name(&sent.name), order.patient_name.listed()),
        (tr!(imaging.birth_date), shown_birth(sent), order.birth.shown()),
        (tr!(imaging.sex), sent.sex.clone(), order.sex.words().to_owned()),
        (tr!(imaging.procedure), format!("{} {}", study.modalities, study.description), title_of(&shown.all, order)),
    ];
    let same: Vec<Option<bool>> = compared.0.into_iter().map(Some).chain([None]).collect();
    let rows = facts
        .into_iter()
        .zip(same)
        .map(|((label, archived, own), same)| {
            let mark = same.map(|same| match same {
                true => view! { <StatusBadge tone=Tone::Done label=tr!(imaging.is_same)/> }.into_any(),
                false => view! { <StatusBadge tone=Tone::Critical label=tr!(imaging.is_different)/> }.into_any(),
            });
            Row::new(vec![view! { <strong>{label}</strong> }.into_any(), archived.into_any(), own.into_any(), mark.into_any()])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(imaging.fact)),
        Column::new(tr!(imaging.in_archive)),
        Column::new(tr!(imaging.of_order, number = order.accession.clone())),
        Column::new(tr!(imaging.state)),
    ];
    let differs = !compared.is_same();
    let warning = differs
        .then(|| view! { <NoticeBox tone=Tone::Critical title=tr!(imaging.patients_differ)><p>{tr!(imaging.patients_differ_text)}</p></NoticeBox> });
    let mut tie = hidden(study);
    tie.push(("imaging_order_id", order.id.to_string()));
    view! {
        {warning}
        <DataTable caption=tr!(imaging.compare) columns rows stacked=true/>
        <Form action=TIE id="tie-form" hidden=tie>
            <CheckboxField name="compared" label=tr!(imaging.compared)/>
            {differs.then(|| view! { <TextField name="remark" label=tr!(imaging.why_tied) required=true maxlength=500/> })}
            <div class="form__actions"><Button label=tr!(imaging.tie) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}
