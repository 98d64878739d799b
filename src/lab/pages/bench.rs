//! `/lab/bench`: the open analyses, stat first, then by the time they are due.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{due_badge, identity, priority_badge, toast};
use crate::{
    core::{Permission, Result, list::Slice, time::Instant},
    lab::{
        catalogue::Catalogue,
        results::{self, BenchFilter, BenchRow, with_unit},
        samples::AnalysisState,
    },
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{Choice, Column, DataTable, EmptyState, Glyph, Icon, ListUrl, Live, PageHeader, Paging, Row, SelectField, StatusBadge, Tab, Tabs},
};

/// The filter, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BenchQuery {
    bench: String,
    state: String,
    page: Option<i64>,
    done: String,
}

struct Bench {
    rows: Slice<BenchRow>,
    benches: Vec<(String, i64)>,
    all: Catalogue,
    now: Instant,
}

impl Bench {
    async fn read(ctx: &mut Ctx, query: &BenchQuery) -> Result<Self> {
        let (clinic, now) = (ctx.clinic.id, ctx.now);
        let bench = (!query.bench.is_empty()).then(|| query.bench.clone());
        let filter = BenchFilter { bench, state: query.state.parse().ok(), sample: None };
        let rows = results::bench_list(&mut ctx.tx, clinic, &filter, query.page).await?;
        ctx.saw_live(rows.rows.iter().map(|row| row.patient_id), "lab_lists").await?;
        Ok(Self { rows, benches: results::benches(&mut ctx.tx, clinic).await?, all: Catalogue::read(&mut ctx.tx).await?, now })
    }
}

impl BenchQuery {
    fn at(&self, path: &str) -> ListUrl {
        ListUrl::new(path).with("bench", self.bench.clone()).with("state", self.state.clone())
    }
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn bench_page(Query(query): Query<BenchQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let bench = Bench::read(&mut ctx, &query).await?;
    Ok(Page::new(tr!(lab.bench), move || view(&bench, &query)))
}

/// Serves the list alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn bench_part(Query(query): Query<BenchQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let bench = Bench::read(&mut ctx, &query).await?;
    Ok(Part::new(move || table(&bench, &query)))
}

fn view(bench: &Bench, query: &BenchQuery) -> AnyView {
    let url = query.at("/lab/bench");
    let all = Tab::new(url.clone().with("bench", "").href(), tr!(lab.all_benches), query.bench.is_empty());
    let tabs = std::iter::once(all)
        .chain(bench.benches.iter().map(|(name, count)| {
            Tab::new(url.clone().with("bench", name.clone()).href(), name.clone(), query.bench == *name).count(*count)
        }))
        .collect::<Vec<_>>();
    let states = [AnalysisState::Ready, AnalysisState::Entered, AnalysisState::Checked, AnalysisState::SentOut];
    let states: Vec<Choice> = states.iter().map(|state| Choice::new(state.as_str(), state.words())).collect();
    let page = query.page.map(|page| page.to_string()).unwrap_or_default();
    let from = query.at("/lab/bench/live").with("page", page).href();
    let rows = table(bench, query);
    view! {
        {toast(&query.done)}
        <PageHeader title=tr!(lab.bench) detail=tr!(lab.bench_text)/>
        <Tabs label=tr!(lab.bench) tabs/>
        <form class="filter" method="get" action="/lab/bench">
            <input type="hidden" name="bench" value=query.bench.clone()/>
            <SelectField name="state" label=tr!(lab.state) choices=states value=query.state.clone() prompt=tr!(lab.open_ones)/>
            <button class="button" type="submit"><Icon glyph=Glyph::Filter/>{tr!(ui.show)}</button>
        </form>
        <Live topics="lab" from>{rows}</Live>
    }
    .into_any()
}

fn table(bench: &Bench, query: &BenchQuery) -> AnyView {
    let rows = bench.rows.rows.iter().map(|row| one(&bench.all, row, bench.now)).collect();
    let columns = vec![
        Column::new(tr!(lab.sample)),
        Column::new(tr!(ui.patient)),
        Column::new(tr!(lab.test)),
        Column::new(tr!(lab.state)),
        Column::new(tr!(lab.due)),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.bench_empty) text=tr!(lab.bench_empty_text)/> }.into_any();
    let url = query.at("/lab/bench");
    view! { <DataTable caption=tr!(lab.bench) columns rows url paging=Some(Paging::of(&bench.rows)) empty=Some(empty) stacked=true/> }
        .into_any()
}

fn one(all: &Catalogue, row: &BenchRow, now: Instant) -> Row {
    let test = all.test(row.test_id).map(with_unit).unwrap_or_default();
    let outside = (!row.outside.is_empty()).then(|| view! { <br/><span class="muted small">{row.outside.clone()}</span> });
    let shown = Row::new(vec![
        row.number.clone().into_any(),
        identity(&row.patient_name, &row.mrn, row.birth, row.sex),
        view! { <strong>{test}</strong>{outside} }.into_any(),
        view! { <div class="cluster">{priority_badge(row.priority)}<StatusBadge tone=row.state.tone() label=row.state.words()/></div> }
            .into_any(),
        due_badge(row.due_at, now),
    ]);
    let shown = shown.href(format!("/lab/samples/{}", row.sample_id)).key(row.id.to_string());
    match row.priority.tone() {
        Some(tone) => shown.class(tone.class()),
        None => shown,
    }
}
