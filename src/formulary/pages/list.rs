//! `/formulary`: the drugs of the hospital, found by name, code or substance.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    done_words,
    parts::{page_of, state_badge, tabs},
};
use crate::{
    core::{Permission, Result, list::Slice},
    formulary::{DrugStatus, drug::Drug, store, substance::SubstanceNames},
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, EmptyState, Form, Glyph, LinkButton, ListUrl, NoticeBox, PageHeader, Paging, Row,
        SelectField, StatusBadge, TextField, Toast, Tone,
    },
};

/// Search, filters and page.
#[derive(Debug, Deserialize)]
pub struct FormularyQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    status: String,
    /// `no`: only unconfirmed drugs.
    #[serde(default)]
    confirmed: String,
    #[serde(default)]
    page: Option<i64>,
    /// Also retired rows.
    #[serde(default)]
    all: String,
    #[serde(default)]
    done: String,
}

/// The page.
pub async fn list_page(Query(which): Query<FormularyQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicines).await?;
    let manages = ctx.who.may(Permission::ManageFormulary);
    let drugs = store::drugs::all(&mut ctx.tx).await?;
    let substances = SubstanceNames::load(&mut ctx.tx).await?;
    let is_empty = drugs.iter().all(|drug| drug.status == DrugStatus::Unmapped);
    let waiting = drugs.iter().filter(|drug| !drug.retired && drug.status != DrugStatus::Unmapped && drug.confirmed_at.is_none()).count();
    let has_retired = drugs.iter().any(|drug| drug.retired);
    let status: Option<DrugStatus> = which.status.parse().ok();
    let rows: Vec<Drug> = drugs
        .into_iter()
        .filter(|drug| !which.all.is_empty() || !drug.retired)
        // Bare names have a page of their own.
        .filter(|drug| status.map_or(drug.status != DrugStatus::Unmapped, |status| drug.status == status))
        .filter(|drug| which.confirmed != "no" || drug.confirmed_at.is_none())
        .filter(|drug| drug.matches(&which.q, &substances))
        .collect();
    let slice = page_of(rows, which.page);
    Ok(Page::new(tr!(formulary.title), move || list_view(slice, which, Facts { manages, is_empty, has_retired, waiting })))
}

/// The facts about the whole list.
struct Facts {
    manages: bool,
    is_empty: bool,
    has_retired: bool,
    /// The number of unconfirmed drugs.
    waiting: usize,
}

fn list_view((slice, total): (Slice<Drug>, Option<i64>), which: FormularyQuery, facts: Facts) -> impl IntoView {
    let FormularyQuery { q, status, confirmed, all, done, .. } = which;
    let url = ListUrl::new("/formulary").with("q", q.clone()).with("status", status.clone()).with("confirmed", confirmed.clone());
    let url = url.with("all", all.clone());
    let paging = Paging { total, ..Paging::of(&slice) };
    let columns = vec![
        Column::new(tr!(formulary.drug)),
        Column::new(tr!(formulary.ingredients)),
        Column::new(tr!(formulary.routes)).secondary(),
        Column::new(tr!(formulary.warnings)).secondary(),
        Column::new(tr!(formulary.status)).secondary(),
        Column::new(tr!(formulary.state)),
    ];
    let rows = slice.rows.iter().map(row).collect();
    let actions = facts.manages.then(|| {
        view! {
            <LinkButton href="/formulary/new" label=tr!(formulary.new_drug) tone=ButtonTone::Primary glyph=Glyph::Plus/>
            <LinkButton href="/formulary/import" label=tr!(formulary.import)/>
        }
    });
    let actions = view! { {actions}<LinkButton href="/formulary/export" label=tr!(formulary.export) glyph=Glyph::Download/> }.into_any();
    let statuses: Vec<Choice> = DrugStatus::ALL.iter().map(|status| Choice::new(status.as_str(), status.words())).collect();
    let states = vec![Choice::new("no", tr!(formulary.only_unconfirmed))];
    let filter = view! {
        <TextField kind="search" name="q" label=tr!(formulary.find) value=q maxlength=100/>
        <SelectField name="status" label=tr!(formulary.status) choices=statuses value=status prompt=tr!(formulary.every_status)/>
        <SelectField name="confirmed" label=tr!(formulary.state) choices=states value=confirmed prompt=tr!(formulary.every_state)/>
        <input type="hidden" name="all" value=all.clone()/>
    }
    .into_any();
    let others = facts.has_retired.then(|| {
        let (value, words) = if all.is_empty() { ("yes", tr!(formulary.also_retired)) } else { ("", tr!(formulary.without_retired)) };
        view! { <p><a href=url.clone().with("all", value).href()>{words}</a></p> }
    });
    let notice = (facts.waiting > 0).then(|| {
        view! { <NoticeBox tone=Tone::Warning title=tr!(formulary.unconfirmed)><p>{tr!(formulary.waiting_text, count = facts.waiting)}</p></NoticeBox> }
    });
    let begin = (facts.manages && facts.is_empty).then(starter);
    let empty = view! { <EmptyState glyph=Glyph::Pill title=tr!(formulary.none) text=tr!(formulary.none_text)/> }.into_any();
    view! {
        {done_words(&done).map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(formulary.title) detail=tr!(formulary.purpose) actions=Some(actions)/>
        {tabs("/formulary", facts.manages)}
        {begin}
        {notice}
        <DataTable caption=tr!(formulary.drugs) columns rows url=url.clone() paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
        {others}
    }
}

/// Offers the default formulary to a hospital that has none.
fn starter() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="starter">
            <div class="panel__head"><h2 id="starter">{tr!(formulary.starter)}</h2></div>
            <div class="panel__body stack">
                <p>{tr!(formulary.starter_text)}</p>
                <Form action="/api/formulary/load_defaults"><Button label=tr!(formulary.load) tone=ButtonTone::Primary/></Form>
            </div>
        </section>
    }
}

/// Returns the warnings that a drug carries everywhere, in words.
pub(super) fn warning_badges(drug: &Drug) -> AnyView {
    let badge = |shown: bool, tone: Tone, label: &'static str| shown.then(|| view! { <StatusBadge tone label/> });
    view! {
        <div class="cluster">
            {badge(drug.high_alert, Tone::Critical, tr!(formulary.high_alert))}
            {badge(!drug.schedule.is_empty(), Tone::Warning, tr!(formulary.controlled))}
            {badge(drug.weekly, Tone::Warning, tr!(formulary.weekly))}
            {badge(drug.fridge, Tone::Waiting, tr!(formulary.fridge))}
            {badge(drug.counsel, Tone::Waiting, tr!(formulary.counsel))}
        </div>
    }
    .into_any()
}

fn row(drug: &Drug) -> Row {
    let routes = drug.routes.iter().map(|route| route.words()).collect::<Vec<_>>().join(", ");
    let cells = vec![
        view! { <strong>{drug.shown_name().to_owned()}</strong><br/><span class="muted small">{drug.code.clone()}</span> }.into_any(),
        drug.strength_words().into_any(),
        routes.into_any(),
        warning_badges(drug),
        drug.status.words().into_any(),
        state_badge(drug.retired, drug.confirmed_at.is_some()),
    ];
    let row = Row::new(cells).href(format!("/formulary/{}", drug.id));
    if drug.retired { row.class(Tone::Inactive.class()) } else { row }
}
