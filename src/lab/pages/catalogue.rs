//! `/lab/catalogue`: the tests and panels, which of them are confirmed, and the setting of the laboratory.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::toast;
use crate::{
    core::{LabContainerId, Permission, Result, list::PAGE_SIZE, list::Slice, list::offset},
    lab::{
        catalogue::{self, Catalogue, LabTest},
        results::shown_unit,
        value::shown,
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, DataTable, Dialog, EmptyState, Form, Glyph, LinkButton, ListUrl, NumberField,
        PageHeader, Paging, PostButton, Row, SelectField, StatusBadge, TextField, Tone,
    },
};

/// The filter, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CatalogueQuery {
    q: String,
    bench: String,
    /// `unconfirmed` or `retired`.
    state: String,
    page: Option<i64>,
    done: String,
}

/// Shows the catalogue.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn catalogue_page(Query(query): Query<CatalogueQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let manages = ctx.who.may_at(Permission::ManageCatalogue, ctx.clinic.id);
    let clinic = ctx.clinic.id;
    let single_handed = catalogue::single_handed(&mut ctx, clinic).await?;
    Ok(Page::new(tr!(lab.catalogue), move || view(&all, query, manages, single_handed)))
}

/// Serves the tests as a file.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn export_file() -> Result<Response> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    ctx.saw_file("lab_catalogue_file").await?;
    let text = catalogue::export(&mut ctx).await?;
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"laboratory.csv\"")];
    Ok((headers, text).into_response())
}

fn matches(test: &LabTest, query: &CatalogueQuery) -> bool {
    let sought = query.q.trim().to_lowercase();
    let texts = [&test.code, &test.name_en, &test.name_es, &test.loinc];
    let state = match query.state.as_str() {
        "retired" => test.is_retired(),
        "unconfirmed" => !test.is_retired() && !test.is_confirmed(),
        _ => !test.is_retired(),
    };
    state
        && (query.bench.is_empty() || test.bench == query.bench)
        && (sought.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&sought)))
}

fn view(all: &Catalogue, query: CatalogueQuery, manages: bool, single_handed: (bool, i64)) -> impl IntoView + use<> {
    let (page, skip) = offset(query.page);
    let found: Vec<LabTest> = all.tests.iter().filter(|test| matches(test, &query)).cloned().collect();
    let total = i64::try_from(found.len()).ok();
    let surplus = usize::try_from(PAGE_SIZE + 1).unwrap_or(usize::MAX);
    let slice = Slice::from_surplus(found.into_iter().skip(usize::try_from(skip).unwrap_or(0)).take(surplus).collect(), page);
    let unconfirmed = all.in_use().filter(|test| !test.is_confirmed()).count();
    let paging = Paging { total, ..Paging::of(&slice) };
    let rows = slice.rows.iter().map(|test| row(all, test)).collect();
    let columns = vec![
        Column::new(tr!(lab.test)),
        Column::new(tr!(lab.code)),
        Column::new(tr!(lab.unit)).secondary(),
        Column::new(tr!(lab.bench)).secondary(),
        Column::new(tr!(lab.ranges)).numeric().secondary(),
        Column::new(tr!(lab.state)),
    ];
    let url =
        ListUrl::new("/lab/catalogue").with("q", query.q.clone()).with("bench", query.bench.clone()).with("state", query.state.clone());
    let mut benches: Vec<String> = all.tests.iter().map(|test| test.bench.clone()).collect();
    benches.sort();
    benches.dedup();
    let benches: Vec<Choice> = benches.into_iter().map(|bench| Choice::new(bench.clone(), bench)).collect();
    let states = vec![Choice::new("unconfirmed", tr!(lab.unconfirmed)), Choice::new("retired", tr!(lab.retired))];
    let filter = view! {
        <TextField kind="search" name="q" label=tr!(lab.find_test) value=query.q/>
        <SelectField name="bench" label=tr!(lab.bench) choices=benches value=query.bench prompt=tr!(lab.all_benches)/>
        <SelectField name="state" label=tr!(lab.state) choices=states value=query.state prompt=tr!(lab.in_use)/>
    }
    .into_any();
    let is_empty = all.tests.is_empty();
    let empty = match is_empty {
        true => view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.catalogue_empty) text=tr!(lab.catalogue_empty_text)/> }.into_any(),
        false => view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.no_test_found)/> }.into_any(),
    };
    let adopt = (manages && is_empty).then(|| {
        view! { <PostButton action="/api/lab/adopt_starter" label=tr!(lab.adopt) tone=ButtonTone::Primary/> }
    });
    let edit = manages.then(|| {
        view! {
            <LinkButton href="/lab/catalogue/new" label=tr!(lab.new_test) glyph=Glyph::Plus/>
            <LinkButton href="/lab/catalogue/panels/new" label=tr!(lab.new_panel) glyph=Glyph::Plus/>
            <LinkButton href="/lab/catalogue/import" label=tr!(lab.import)/>
        }
    });
    let actions = view! { {adopt}{edit}<LinkButton href="/lab/catalogue/export" label=tr!(lab.export) glyph=Glyph::Download/> }.into_any();
    let detail = tr!(lab.catalogue_text, count = unconfirmed);
    view! {
        {toast(&query.done)}
        <PageHeader title=tr!(lab.catalogue) detail actions=Some(actions)/>
        <DataTable caption=tr!(lab.catalogue) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter)/>
        {panels(all)}
        {containers(all, manages)}
        {manages.then(|| setting(single_handed))}
        <p class="muted small">{tr!(lab.loinc_credit)}</p>
    }
}

fn row(all: &Catalogue, test: &LabTest) -> Row {
    let (tone, label) = match (test.is_retired(), test.is_confirmed()) {
        (true, _) => (Tone::Inactive, tr!(lab.retired)),
        (false, true) => (Tone::Done, tr!(lab.confirmed)),
        (false, false) => (Tone::Warning, tr!(lab.unconfirmed)),
    };
    let calculated = test.formula().map(|formula| view! { <br/><span class="muted small">{formula.words()}</span> });
    Row::new(vec![
        view! { <strong>{test.name().to_owned()}</strong>{calculated} }.into_any(),
        test.code.clone().into_any(),
        shown_unit(&test.unit).into_any(),
        test.bench.clone().into_any(),
        all.ranges_of(test.id).len().to_string().into_any(),
        view! { <StatusBadge tone label/> }.into_any(),
    ])
    .href(format!("/lab/catalogue/{}", test.id))
}

fn panels(all: &Catalogue) -> AnyView {
    let rows: Vec<Row> = all
        .panels_in_use()
        .map(|panel| {
            let tests = all.tests_of(panel.id).iter().map(|test| test.name().to_owned()).collect::<Vec<_>>().join(", ");
            Row::new(vec![view! { <strong>{panel.name().to_owned()}</strong> }.into_any(), panel.code.clone().into_any(), tests.into_any()])
                .href(format!("/lab/catalogue/panels/{}", panel.id))
        })
        .collect();
    if rows.is_empty() {
        return ().into_any();
    }
    let columns = vec![Column::new(tr!(lab.panel)), Column::new(tr!(lab.code)), Column::new(tr!(lab.tests))];
    view! { <h2>{tr!(lab.panels)}</h2><DataTable caption=tr!(lab.panels) columns rows stacked=true/> }.into_any()
}

fn containers(all: &Catalogue, manages: bool) -> AnyView {
    const ADD: &str = "/api/lab/add_container";
    let rows: Vec<Row> = all
        .containers
        .iter()
        .map(|container| {
            let volume = format!("{} mL", shown(container.volume_ul * 1_000));
            let texts =
                [container.draw_order.to_string(), container.code.clone(), container.colour.clone(), container.additive.clone(), volume];
            let mut cells = vec![view! { <strong>{container.name().to_owned()}</strong> }.into_any()];
            cells.extend(texts.into_iter().map(IntoAny::into_any));
            Row::new(cells)
        })
        .collect();
    if rows.is_empty() && !manages {
        return ().into_any();
    }
    let columns = vec![
        Column::new(tr!(lab.container)),
        Column::new(tr!(lab.draw_order)).numeric(),
        Column::new(tr!(lab.code)),
        Column::new(tr!(lab.colour)),
        Column::new(tr!(lab.additive)).secondary(),
        Column::new(tr!(lab.volume)).numeric(),
    ];
    let add = manages.then(|| {
        let hidden = vec![("key", LabContainerId::new().to_string())];
        view! {
            <Dialog id="add-container" opens=tr!(lab.add_container) title=tr!(lab.add_container) action=ADD glyph=Glyph::Plus tone=ButtonTone::Quiet>
                <Form action=ADD hidden>
                    <TextField name="code" label=tr!(lab.code) required=true maxlength=20 class="input--code"/>
                    <TextField name="name_en" label=tr!(lab.name_en) required=true maxlength=120/>
                    <TextField name="name_es" label=tr!(lab.name_es) required=true maxlength=120/>
                    <TextField name="colour" label=tr!(lab.colour) maxlength=40 optional=true/>
                    <TextField name="additive" label=tr!(lab.additive) maxlength=80 optional=true/>
                    <NumberField name="volume_ul" label=tr!(lab.volume) unit="µL"/>
                    <NumberField name="draw_order" label=tr!(lab.draw_order)/>
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <div class="panel__head"><h2>{tr!(lab.containers)}</h2>{add}</div>
        <DataTable caption=tr!(lab.containers) columns rows stacked=true/>
    }
    .into_any()
}

fn setting((single_handed, version): (bool, i64)) -> AnyView {
    let hidden = vec![("version", version.to_string())];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(lab.settings)}</h2></div>
            <div class="panel__body">
                <Form action="/api/lab/set_single_handed" hidden>
                    <CheckboxField name="single_handed" label=tr!(lab.single_handed) hint=tr!(lab.single_handed_hint) checked=single_handed/>
                    <div class="form__actions"><Button label=tr!(ui.save)/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
