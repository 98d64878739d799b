//! `/lab/analysers/{id}`: one analyser with its codes, its control material, and its last messages.

use leptos::prelude::*;

use super::{
    analysers::{SAVE, settings_form},
    parts::{DoneQuery, toast},
};
use crate::{
    core::{
        Error, LabAnalyserControlId, LabAnalyserId, LabCodeMapId, Permission, Result,
        time::{Zone, show_date_time},
    },
    lab::{
        analysers::{self, Analyser, AnalyserControl, AnalyserMessage, AnalyserProtocol, CodeMap},
        catalogue::Catalogue,
        results::shown_unit,
        value::shown as shown_number,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, Dialog, EmptyState, Form, Glyph, LinkButton, PageHeader, PostButton, Row,
        SelectField, StatusBadge, TextField, Tone,
    },
};

const MAP: &str = "/api/lab/map_code";
const CONTROL: &str = "/api/lab/add_analyser_control";
/// The number of messages that the page lists.
const MESSAGES: i64 = 50;

/// The facts of the page.
struct AnalyserShown {
    analyser: Analyser,
    maps: Vec<CodeMap>,
    controls: Vec<AnalyserControl>,
    messages: Vec<AnalyserMessage>,
    all: Catalogue,
    manages: bool,
    zone: Zone,
}

/// Shows an analyser.
///
/// # Errors
/// Not allowed, an analyser of another clinic, or when the database refuses.
pub async fn analyser_page(Path(id): Path<LabAnalyserId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let analyser = analysers::analyser(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkLab, analyser.clinic_id)?;
    let shown = AnalyserShown {
        maps: analysers::code_maps(&mut ctx.tx, id).await?,
        controls: analysers::controls(&mut ctx.tx, id).await?,
        messages: analysers::last_messages(&mut ctx.tx, id, MESSAGES).await?,
        all: Catalogue::read(&mut ctx.tx).await?,
        manages: ctx.who.may_at(Permission::ManageCatalogue, analyser.clinic_id),
        zone: ctx.zone(),
        analyser,
    };
    Ok(Page::new(tr!(lab.analyser), move || view(&shown, &done)))
}

fn view(shown: &AnalyserShown, done: &str) -> AnyView {
    let analyser = &shown.analyser;
    let back = ("/lab/analysers".to_owned(), tr!(lab.analysers).to_owned());
    let retired = analyser.retired_at.is_some();
    let mut hidden = vec![("lab_analyser_id", analyser.id.to_string()), ("version", analyser.version.to_string())];
    if !retired {
        hidden.push(("retired", "true".to_owned()));
    }
    let words = if retired { tr!(lab.bring_back) } else { tr!(lab.retire) };
    let own = analyser.clone();
    let edit = shown.manages.then(|| {
        view! {
            <Dialog id="edit-analyser" opens=tr!(lab.analyser_settings) title=tr!(lab.analyser_settings) action=SAVE>
                {settings_form(Some(&own))}
            </Dialog>
            <PostButton action="/api/lab/retire_analyser" label=words hidden tone=ButtonTone::Quiet/>
        }
    });
    let import = (analyser.protocol == AnalyserProtocol::Csv && !retired).then(|| {
        view! { <LinkButton href=format!("/lab/analysers/{}/file", analyser.id) label=tr!(lab.measured_file) tone=ButtonTone::Primary/> }
    });
    let badge = retired.then(|| view! { <StatusBadge tone=Tone::Inactive label=tr!(lab.retired)/> });
    let actions = view! { {badge}{import}{edit} }.into_any();
    let detail = [analyser.bench.as_str(), analyser.protocol.words(), analyser.peers.as_str()];
    let detail = detail.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    view! {
        {toast(done)}
        <PageHeader title=analyser.name.clone() back detail actions=Some(actions)/>
        <div class="stack">{codes(shown)}{control_names(shown)}{messages(shown)}</div>
    }
    .into_any()
}

fn codes(shown: &AnalyserShown) -> AnyView {
    let rows: Vec<Row> = shown
        .maps
        .iter()
        .map(|map| {
            let test = shown.all.test(map.test_id).ok();
            let name = test.map(|test| format!("{} ({})", test.name(), test.code)).unwrap_or_default();
            let factor = format!("× {} = {}", shown_number(map.factor), test.map(|test| shown_unit(&test.unit)).unwrap_or_default());
            let hidden = vec![("lab_analyser_id", shown.analyser.id.to_string()), ("lab_code_map_id", map.id.to_string())];
            let about = map.code.clone();
            let remove = shown.manages.then(
                || view! { <PostButton action="/api/lab/unmap_code" label=tr!(lab.remove_map) hidden tone=ButtonTone::Quiet about/> },
            );
            Row::new(vec![map.code.clone().into_any(), map.unit.clone().into_any(), name.into_any(), factor.into_any(), remove.into_any()])
                .key(map.id.to_string())
        })
        .collect();
    let columns = vec![
        Column::new(tr!(lab.analyser_code)),
        Column::new(tr!(lab.analyser_unit)),
        Column::new(tr!(lab.test)),
        Column::new(tr!(lab.factor)).secondary(),
        Column::new(tr!(lab.act)),
    ];
    let hidden = vec![("lab_analyser_id", shown.analyser.id.to_string()), ("key", LabCodeMapId::new().to_string())];
    let add = shown.manages.then(|| {
        view! {
            <Dialog id="map-code" opens=tr!(lab.map_code) title=tr!(lab.map_code) action=MAP>
                <Form action=MAP id="map-form" hidden>
                    <TextField name="code" label=tr!(lab.analyser_code) required=true maxlength=80 class="input--code"/>
                    <TextField name="unit" label=tr!(lab.analyser_unit) hint=tr!(lab.analyser_unit_hint) maxlength=40 class="input--code" optional=true/>
                    <TextField name="test" label=tr!(lab.control_test_code) required=true maxlength=20 class="input--code"/>
                    <TextField name="factor" label=tr!(lab.factor) hint=tr!(lab.factor_hint) required=true inputmode="decimal" class="input--medium"/>
                    <div class="form__actions"><Button label=tr!(lab.map_code) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    let empty = view! { <EmptyState glyph=Glyph::Note title=tr!(lab.no_maps) text=tr!(lab.no_maps_text)/> }.into_any();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(lab.code_maps)}</h2>{add}</div>
            <DataTable caption=tr!(lab.code_maps) columns rows empty=Some(empty) stacked=true/>
        </section>
    }
    .into_any()
}

fn control_names(shown: &AnalyserShown) -> AnyView {
    let rows = shown
        .controls
        .iter()
        .map(|control| {
            let hidden = vec![("lab_analyser_id", shown.analyser.id.to_string()), ("lab_analyser_control_id", control.id.to_string())];
            let about = control.sample.clone();
            let remove = shown.manages.then(|| {
                view! { <PostButton action="/api/lab/remove_analyser_control" label=tr!(lab.remove_map) hidden tone=ButtonTone::Quiet about/> }
            });
            let words = tr!(lab.control_name_is, sample = control.sample.clone(), level = control.level);
            view! { <li class="rows__row"><div class="rows__main">{words}</div><div class="rows__side">{remove}</div></li> }
        })
        .collect::<Vec<_>>();
    let none = rows.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(lab.no_control_names)}</p></div> });
    let hidden = vec![("lab_analyser_id", shown.analyser.id.to_string()), ("key", LabAnalyserControlId::new().to_string())];
    let levels: Vec<Choice> = (1..=3).map(|level| Choice::new(level.to_string(), level.to_string())).collect();
    let add = shown.manages.then(|| {
        view! {
            <Dialog id="name-control" opens=tr!(lab.add_control_name) title=tr!(lab.add_control_name) action=CONTROL>
                <Form action=CONTROL id="control-name-form" hidden>
                    <TextField name="sample" label=tr!(lab.control_name) required=true maxlength=40 class="input--code"/>
                    <SelectField name="level" label=tr!(lab.control_level) choices=levels prompt=tr!(errors.choose) required=true/>
                    <div class="form__actions"><Button label=tr!(lab.add_control_name) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(lab.control_names)}</h2>{add}</div>
            {none}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn messages(shown: &AnalyserShown) -> AnyView {
    let rows: Vec<Row> = shown
        .messages
        .iter()
        .map(|message| {
            let reused = message.id_reused.then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(lab.id_reused)/> });
            let state = view! {
                <div class="cluster">
                    <StatusBadge tone=message.state.tone() label=message.state.words()/>
                    <span class="muted small">{message.reason.words()}</span>
                    {reused}
                </div>
            };
            let at = show_date_time(shown.zone.local(message.received_at));
            Row::new(vec![at.into_any(), message.control_id.clone().into_any(), state.into_any()])
                .href(format!("/lab/messages/{}", message.id))
                .key(message.id.to_string())
        })
        .collect();
    let columns = vec![Column::new(tr!(lab.received_at)), Column::new(tr!(lab.control_id)), Column::new(tr!(lab.state))];
    let empty = view! { <EmptyState glyph=Glyph::Note title=tr!(lab.no_messages)/> }.into_any();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(lab.last_messages)}</h2></div>
            <DataTable caption=tr!(lab.last_messages) columns rows empty=Some(empty) stacked=true/>
        </section>
    }
    .into_any()
}
