//! `/formulary/mapping`: names that came with imported records, each to be mapped to a drug of the formulary.

use std::collections::BTreeSet;

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    done_words,
    parts::{page_of, tabs},
};
use crate::{
    core::{Permission, Result, list::Slice},
    formulary::{
        DrugStatus,
        drug::Drug,
        names::{self, key},
        store,
        substance::SubstanceNames,
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, Choice, Column, DataTable, EmptyState, Form, Glyph, ListUrl, PageHeader, Paging, PostButton, Row, SelectField, TextField,
        Toast,
    },
};

/// Search, filter and page.
#[derive(Debug, Deserialize)]
pub struct MappingQuery {
    #[serde(default)]
    q: String,
    /// `yes`: names that are mapped already.
    #[serde(default)]
    mapped: String,
    #[serde(default)]
    page: Option<i64>,
    #[serde(default)]
    done: String,
}

/// The page.
pub async fn mapping_page(Query(which): Query<MappingQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageFormulary).await?;
    let (bare, drugs): (Vec<Drug>, Vec<Drug>) = store::drugs::all(&mut ctx.tx)
        .await?
        .into_iter()
        .filter(|drug| !drug.retired)
        .partition(|drug| drug.status == DrugStatus::Unmapped);
    let is_mapped = which.mapped == "yes";
    let rows =
        bare.into_iter().filter(|name| name.same_as.is_some() == is_mapped && name.matches(&which.q, &SubstanceNames::default())).collect();
    let slice = page_of(rows, which.page);
    Ok(Page::new(tr!(formulary.mapping), move || view(slice, &drugs, which)))
}

fn view((slice, total): (Slice<Drug>, Option<i64>), drugs: &[Drug], which: MappingQuery) -> impl IntoView + use<> {
    let MappingQuery { q, mapped, done, .. } = which;
    let url = ListUrl::new("/formulary/mapping").with("q", q.clone()).with("mapped", mapped.clone());
    let paging = Paging { total, ..Paging::of(&slice) };
    let columns =
        vec![Column::new(tr!(formulary.imported_name)), Column::new(tr!(formulary.substances)), Column::new(tr!(formulary.means))];
    let rows = slice.rows.iter().map(|name| row(name, drugs)).collect();
    let choices = vec![Choice::new("yes", tr!(formulary.mapped_names))];
    let filter = view! {
        <TextField kind="search" name="q" label=tr!(formulary.find) value=q maxlength=100/>
        <SelectField name="mapped" label=tr!(formulary.state) choices value=mapped prompt=tr!(formulary.unmapped_names)/>
    }
    .into_any();
    let empty =
        view! { <EmptyState glyph=Glyph::Check title=tr!(formulary.nothing_to_map) text=tr!(formulary.nothing_to_map_text)/> }.into_any();
    view! {
        {done_words(&done).map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(formulary.title) detail=tr!(formulary.mapping_purpose)/>
        {tabs("/formulary/mapping", true)}
        <DataTable caption=tr!(formulary.mapping) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
    }
}

fn row(name: &Drug, drugs: &[Drug]) -> Row {
    let read = names::read(&name.name).substances.into_iter().collect::<Vec<_>>().join(", ");
    let read = if read.is_empty() { tr!(formulary.no_substance_read).to_owned() } else { read };
    let cells = vec![name.name.clone().into_any(), read.into_any(), map_form(name, drugs, false)];
    Row::new(cells).href(format!("/formulary/{}", name.id))
}

/// Returns the drugs that have exactly the substances that the name says.
fn candidates<'d>(name: &Drug, drugs: &'d [Drug]) -> Vec<&'d Drug> {
    let said: BTreeSet<String> = names::read(&name.name).substances.into_iter().map(key).collect();
    let has = |drug: &&Drug| {
        let own: BTreeSet<String> = drug.ingredients.iter().map(|one| key(&one.name)).collect();
        !said.is_empty() && own == said && drug.status != DrugStatus::Unmapped && !drug.retired
    };
    drugs.iter().filter(has).collect()
}

/// Shows the form that maps a name, or the mapping with the button that takes it back. Nothing is chosen beforehand: a strength is never
/// guessed. `all` offers every drug.
pub(super) fn map_form(name: &Drug, drugs: &[Drug], all: bool) -> AnyView {
    let back = if all { format!("/formulary/{}", name.id) } else { "/formulary/mapping".to_owned() };
    let hidden = vec![("id", name.id.to_string()), ("version", name.version.to_string()), ("back", back)];
    if let Some(to) = name.same_as {
        let drug = drugs.iter().find(|drug| drug.id == to).map(|drug| drug.shown_name().to_owned()).unwrap_or_default();
        return view! {
            <div class="cluster">
                <a href=format!("/formulary/{to}")>{drug}</a>
                <PostButton action="/api/formulary/map_name" label=tr!(formulary.unmap) hidden about=name.name.clone()/>
            </div>
        }
        .into_any();
    }
    let offered = if all {
        drugs.iter().filter(|drug| drug.status != DrugStatus::Unmapped && !drug.retired).collect()
    } else {
        candidates(name, drugs)
    };
    let choices: Vec<Choice> = offered.into_iter().map(|drug| Choice::new(drug.code.clone(), drug.shown_name().to_owned())).collect();
    let label = tr!(formulary.means_drug, name = name.name.clone());
    let field = move || {
        match choices.is_empty() {
        true => view! { <TextField name="same_as" label=label label_hidden=true placeholder=tr!(formulary.code) maxlength=40 autocomplete="off"/> }.into_any(),
        false => view! { <SelectField name="same_as" label=label label_hidden=true choices prompt=tr!(errors.choose)/> }.into_any(),
    }
    };
    view! {
        <Form action="/api/formulary/map_name" id=format!("map-{}", name.id) class="form--inline" hidden>
            {field()}
            <Button label=tr!(formulary.map)/>
        </Form>
    }
    .into_any()
}
