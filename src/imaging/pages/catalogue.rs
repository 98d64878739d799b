//! `/imaging/catalogue`: the procedures, and which of them are confirmed; `/imaging/catalogue/{id}`: one of them.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{DoneQuery, lines, toast};
use crate::{
    core::{
        ImagingProcedureId, Permission, Result,
        time::{Zone, show_date_time},
    },
    imaging::{
        catalogue::{self, ImagingProcedure},
        vocabulary::{ContrastRoute, Modality},
    },
    lab::PortalRule,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, DataTable, DescriptionList, Detail, Dialog, EmptyState, Form, Glyph, LinkButton,
        ListUrl, NoticeBox, NumberField, PageHeader, PostButton, Row, SelectField, StatusBadge, TextArea, TextField, Tone, refused_for,
    },
};

const SAVE: &str = "/api/imaging/save_procedure";

/// The filter, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CatalogueQuery {
    q: String,
    modality: String,
    /// `unconfirmed` or `retired`.
    state: String,
    done: String,
}

/// Shows the procedures.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn catalogue_page(Query(query): Query<CatalogueQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let all = catalogue::procedures(&mut ctx.tx).await?;
    let manages = ctx.who.may_at(Permission::ManageImaging, ctx.clinic.id);
    Ok(Page::new(tr!(imaging.catalogue), move || list(&all, query, manages)))
}

/// Shows a procedure.
///
/// # Errors
/// Not allowed, an unknown procedure, or when the database refuses.
pub async fn procedure_page(Path(id): Path<ImagingProcedureId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let procedure = catalogue::procedure(&mut ctx.tx, id).await?;
    let manages = ctx.who.may_at(Permission::ManageImaging, ctx.clinic.id);
    let zone = ctx.zone();
    Ok(Page::new(tr!(imaging.procedure), move || one(&procedure, manages, zone, &done)))
}

/// Shows the form of a new procedure.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn new_page() -> Result<Page> {
    drop(Ctx::read(Permission::ManageImaging).await?);
    Ok(Page::new(tr!(imaging.new_procedure), move || {
        let back = ("/imaging/catalogue".to_owned(), tr!(imaging.catalogue).to_owned());
        view! { <PageHeader title=tr!(imaging.new_procedure) back/>{form(None)} }
    })
    .class("main--narrow"))
}

fn matches(procedure: &ImagingProcedure, query: &CatalogueQuery) -> bool {
    let sought = query.q.trim().to_lowercase();
    let texts = [&procedure.code, &procedure.name_en, &procedure.name_es, &procedure.body_part];
    let state = match query.state.as_str() {
        "retired" => procedure.is_retired(),
        "unconfirmed" => !procedure.is_retired() && !procedure.is_confirmed(),
        _ => !procedure.is_retired(),
    };
    state
        && (query.modality.is_empty() || procedure.modality.as_str() == query.modality)
        && (sought.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&sought)))
}

fn list(all: &[ImagingProcedure], query: CatalogueQuery, manages: bool) -> impl IntoView + use<> {
    let rows = all.iter().filter(|procedure| matches(procedure, &query)).map(row).collect();
    let unconfirmed = all.iter().filter(|procedure| !procedure.is_retired() && !procedure.is_confirmed()).count();
    let columns = vec![
        Column::new(tr!(imaging.procedure)),
        Column::new(tr!(imaging.code)),
        Column::new(tr!(imaging.modality)).secondary(),
        Column::new(tr!(imaging.minutes)).numeric().secondary(),
        Column::new(tr!(imaging.state)),
    ];
    let url = ListUrl::new("/imaging/catalogue")
        .with("q", query.q.clone())
        .with("modality", query.modality.clone())
        .with("state", query.state.clone());
    let modalities: Vec<Choice> = Modality::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let states = vec![Choice::new("unconfirmed", tr!(imaging.unconfirmed)), Choice::new("retired", tr!(imaging.retired))];
    let filter = view! {
        <TextField kind="search" name="q" label=tr!(imaging.find_procedure) value=query.q/>
        <SelectField name="modality" label=tr!(imaging.modality) choices=modalities value=query.modality prompt=tr!(imaging.all_modalities)/>
        <SelectField name="state" label=tr!(imaging.state) choices=states value=query.state prompt=tr!(imaging.in_use)/>
    }
    .into_any();
    let is_empty = all.is_empty();
    let empty = match is_empty {
        true => {
            view! { <EmptyState glyph=Glyph::Board title=tr!(imaging.catalogue_empty) text=tr!(imaging.catalogue_empty_text)/> }.into_any()
        }
        false => view! { <EmptyState glyph=Glyph::Board title=tr!(imaging.no_procedure_found)/> }.into_any(),
    };
    let adopt = (manages && is_empty).then(|| {
        view! { <PostButton action="/api/imaging/adopt_starter" label=tr!(imaging.adopt) tone=ButtonTone::Primary/> }
    });
    let edit = manages.then(|| view! { <LinkButton href="/imaging/catalogue/new" label=tr!(imaging.new_procedure) glyph=Glyph::Plus/><LinkButton href="/imaging/catalogue/import" label=tr!(imaging.import)/> });
    let actions = view! { {adopt}{edit}<LinkButton href="/imaging/catalogue/export" label=tr!(imaging.export) glyph=Glyph::Download/><LinkButton href="/imaging/rooms" label=tr!(imaging.rooms)/> }.into_any();
    let detail = tr!(imaging.catalogue_text, count = unconfirmed);
    view! {
        {toast(&query.done)}
        <PageHeader title=tr!(imaging.catalogue) detail actions=Some(actions)/>
        <DataTable caption=tr!(imaging.catalogue) columns rows url empty=Some(empty) filter=Some(filter)/>
    }
}

fn state_of(procedure: &ImagingProcedure) -> (Tone, &'static str) {
    match (procedure.is_retired(), procedure.is_confirmed()) {
        (true, _) => (Tone::Inactive, tr!(imaging.retired)),
        (false, true) => (Tone::Done, tr!(imaging.confirmed)),
        (false, false) => (Tone::Warning, tr!(imaging.unconfirmed)),
    }
}

fn row(procedure: &ImagingProcedure) -> Row {
    let (tone, label) = state_of(procedure);
    Row::new(vec![
        view! { <strong>{procedure.name().to_owned()}</strong> }.into_any(),
        procedure.code.clone().into_any(),
        procedure.modality.words().into_any(),
        procedure.minutes.to_string().into_any(),
        view! { <StatusBadge tone label/> }.into_any(),
    ])
    .href(format!("/imaging/catalogue/{}", procedure.id))
}

fn one(procedure: &ImagingProcedure, manages: bool, zone: Zone, done: &str) -> AnyView {
    let back = ("/imaging/catalogue".to_owned(), tr!(imaging.catalogue).to_owned());
    let notice = match (&procedure.confirmed_at, &procedure.confirmer) {
        (Some(at), Some(name)) => {
            let words = tr!(imaging.confirmed_by, name = name.clone(), when = show_date_time(zone.local(*at)));
            view! { <NoticeBox tone=Tone::Done><p>{words}</p></NoticeBox> }.into_any()
        }
        _ => view! { <NoticeBox tone=Tone::Warning title=tr!(imaging.unconfirmed)><p>{tr!(imaging.unconfirmed_text)}</p></NoticeBox> }
            .into_any(),
    };
    let yes_no = |on: bool| if on { tr!(imaging.yes) } else { tr!(imaging.no) };
    let portal = match procedure.portal_rule {
        PortalRule::AfterHours => format!("{}: {} h", procedure.portal_rule.words(), procedure.portal_hours),
        rule => rule.words().to_owned(),
    };
    let loinc = [procedure.loinc.as_str(), procedure.loinc_name.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    let texts = [
        (tr!(imaging.modality), procedure.modality.words().to_owned()),
        (tr!(imaging.body_part), procedure.body_part.clone()),
        (tr!(imaging.sided), yes_no(procedure.sided).to_owned()),
        (tr!(imaging.contrast), procedure.contrast.words().to_owned()),
        (tr!(imaging.minutes), procedure.minutes.to_string()),
        (tr!(imaging.ionising), yes_no(procedure.ionising).to_owned()),
        (tr!(imaging.needs_vetting), yes_no(procedure.needs_vetting).to_owned()),
        (tr!(imaging.preparation), procedure.preparation().to_owned()),
        (tr!(imaging.portal_rule), portal),
        (tr!(imaging.loinc), loinc),
        (tr!(imaging.source), procedure.source.clone()),
    ];
    let details: Vec<Detail> =
        texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| Detail::new(label, text)).collect();
    let template = (!procedure.template.is_empty()).then(|| {
        let text = lines(&procedure.template);
        view! { <section class="panel"><div class="panel__head"><h2>{tr!(imaging.template)}</h2></div><div class="panel__body"><p>{text}</p></div></section> }
    });
    let actions = manages.then(|| acts(procedure)).into_any();
    let credit = (!procedure.loinc.is_empty()).then(|| view! { <p class="muted small">{tr!(lab.loinc_credit)}</p> });
    view! {
        {toast(done)}
        <PageHeader title=procedure.name().to_owned() back detail=procedure.code.clone() actions=Some(actions)/>
        <div class="stack">
            {notice}
            <section class="panel"><div class="panel__body"><DescriptionList details/></div></section>
            {template}
            {credit}
        </div>
    }
    .into_any()
}

/// The acts of the head of radiology.
fn acts(procedure: &ImagingProcedure) -> AnyView {
    let hidden = || vec![("imaging_procedure_id", procedure.id.to_string()), ("version", procedure.version.to_string())];
    let mut retire = hidden();
    let words = if procedure.is_retired() { tr!(imaging.bring_back) } else { tr!(imaging.retire) };
    if !procedure.is_retired() {
        retire.push(("retired", "true".to_owned()));
    }
    let edit_open = if refused_for(SAVE, "key", &procedure.id.to_string()) { SAVE } else { "" };
    let confirm = (!procedure.is_retired() && !procedure.is_confirmed()).then(|| {
        view! { <PostButton action="/api/imaging/confirm_procedure" label=tr!(imaging.confirm) hidden=hidden() tone=ButtonTone::Primary/> }
    });
    let fields = form(Some(procedure));
    view! {
        {confirm}
        <Dialog id="edit-procedure" opens=tr!(imaging.edit) title=procedure.name().to_owned() action=edit_open glyph=Glyph::Edit tone=ButtonTone::Quiet>
            {fields}
        </Dialog>
        <PostButton action="/api/imaging/retire_procedure" label=words hidden=retire tone=ButtonTone::Quiet/>
    }
    .into_any()
}

/// The form of a procedure. Code and modality of a known one stay.
fn form(procedure: Option<&ImagingProcedure>) -> AnyView {
    let text = |read: fn(&ImagingProcedure) -> String| procedure.map(read).unwrap_or_default();
    let ticked = |read: fn(&ImagingProcedure) -> bool| procedure.is_some_and(read);
    let id = procedure.map_or_else(ImagingProcedureId::new, |procedure| procedure.id);
    let mut hidden = vec![("key", id.to_string()), ("version", procedure.map_or(0, |procedure| procedure.version).to_string())];
    if let Some(procedure) = procedure {
        hidden.extend([("code", procedure.code.clone()), ("modality", procedure.modality.as_str().to_owned())]);
    }
    let modalities: Vec<Choice> = Modality::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let routes: Vec<Choice> = ContrastRoute::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let rules: Vec<Choice> = PortalRule::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let is_new = procedure.is_none();
    let (name_en, name_es, body_part) =
        (text(|one| one.name_en.clone()), text(|one| one.name_es.clone()), text(|one| one.body_part.clone()));
    let contrast = text(|one| one.contrast.as_str().to_owned());
    let minutes = procedure.map_or(15, |one| one.minutes).to_string();
    let (preparation_en, preparation_es) = (text(|one| one.preparation_en.clone()), text(|one| one.preparation_es.clone()));
    let (template, source) = (text(|one| one.template.clone()), text(|one| one.source.clone()));
    let (loinc, loinc_name) = (text(|one| one.loinc.clone()), text(|one| one.loinc_name.clone()));
    let rule = text(|one| one.portal_rule.as_str().to_owned());
    let hours = text(|one| if one.portal_hours > 0 { one.portal_hours.to_string() } else { String::new() });
    let (sided, ionising, vetting) = (ticked(|one| one.sided), ticked(|one| one.ionising), ticked(|one| one.needs_vetting));
    view! {
        <Form action=SAVE id="procedure-form" hidden class="form--grid">
            {is_new.then(|| view! {
                <TextField name="code" label=tr!(imaging.code) required=true maxlength=20 class="input--code"/>
                <SelectField name="modality" label=tr!(imaging.modality) choices=modalities/>
            })}
            <TextField name="name_en" label=tr!(imaging.name_en) value=name_en required=true maxlength=120/>
            <TextField name="name_es" label=tr!(imaging.name_es) value=name_es required=true maxlength=120/>
            <TextField name="body_part" label=tr!(imaging.body_part) value=body_part maxlength=60 optional=true/>
            <SelectField name="contrast" label=tr!(imaging.contrast) choices=routes value=contrast/>
            <NumberField name="minutes" label=tr!(imaging.minutes) value=minutes unit="min"/>
            <CheckboxField name="sided" label=tr!(imaging.sided) checked=sided/>
            <CheckboxField name="ionising" label=tr!(imaging.ionising) checked=ionising/>
            <CheckboxField name="needs_vetting" label=tr!(imaging.needs_vetting) checked=vetting/>
            <TextArea name="preparation_en" label=tr!(imaging.preparation_en) value=preparation_en maxlength=1_000 optional=true/>
            <TextArea name="preparation_es" label=tr!(imaging.preparation_es) value=preparation_es maxlength=1_000 optional=true/>
            <TextArea name="template" label=tr!(imaging.template) value=template rows=8 maxlength=8_000 optional=true/>
            <SelectField name="portal_rule" label=tr!(imaging.portal_rule) choices=rules value=rule/>
            <NumberField name="portal_hours" label=tr!(imaging.portal_hours) value=hours unit="h" optional=true/>
            <TextField name="loinc" label=tr!(imaging.loinc) value=loinc maxlength=10 optional=true/>
            <TextField name="loinc_name" label=tr!(imaging.loinc_name) value=loinc_name maxlength=300 optional=true/>
            <TextField name="source" label=tr!(imaging.source) value=source maxlength=300 optional=true/>
            <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
