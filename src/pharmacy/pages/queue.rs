//! `/pharmacy`: the prescriptions to verify and to hand out, the longest waiting first.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        Permission, Result,
        list::{Slice, offset},
        time::{Instant, show_date, show_minutes},
    },
    formulary::TallNames,
    opd::{self, PanelState, QueueFilter, QueuePanel, Step},
    patients,
    pharmacy::{
        SupplyState, labels, stops,
        supplies::{self, Supply},
    },
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{
        ButtonTone, EmptyState, Glyph, Icon, LinkButton, ListUrl, Live, PageHeader, PageLinks, Paging, PostButton, StatusBadge, Tab, Tabs,
        TextField, Toast, Tone,
    },
};

/// The states of the tabs.
const OPEN: [SupplyState; 5] =
    [SupplyState::ToVerify, SupplyState::Verified, SupplyState::PartDispensed, SupplyState::OnHold, SupplyState::Queried];

/// The patients that a search finds, and their prescriptions.
const PATIENTS: usize = 5;
const FOUND: i64 = 100;

/// The filter, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PharmacyQueueQuery {
    state: String,
    /// A patient: their prescriptions are shown instead, ended and expired ones too.
    q: String,
    page: Option<i64>,
    done: String,
}

struct Waiting {
    rows: Slice<Supply>,
    counts: Vec<(SupplyState, i64)>,
    now: Instant,
    today: NaiveDate,
    /// The spellings of names that look or sound alike.
    tall: TallNames,
}

impl Waiting {
    async fn read(ctx: &mut Ctx, query: &PharmacyQueueQuery) -> Result<Self> {
        let (clinic, now, today) = (ctx.clinic.id, ctx.now, ctx.today());
        let tall = TallNames::load(&mut ctx.tx).await?;
        let sought = query.q.trim();
        if let Some(label) = labels::scanned(sought) {
            let found = supplies::find(&mut ctx.tx, label).await?.filter(|supply| supply.clinic_id == clinic);
            let rows = Slice { rows: found.into_iter().collect(), page: 1, more: false };
            ctx.saw_live(rows.rows.iter().map(|supply| supply.patient_id), "pharmacy_queue").await?;
            return Ok(Self { rows, counts: supplies::count_open(&mut ctx.tx, clinic, now).await?, now, today, tall });
        }
        if !sought.is_empty() {
            let patients: Vec<_> = patients::search(&mut ctx.tx, sought, PATIENTS).await?.into_iter().map(|hit| hit.id).collect();
            let rows = match patients.is_empty() {
                true => Vec::new(),
                false => supplies::of_patients(&mut ctx.tx, clinic, &patients, FOUND).await?,
            };
            ctx.saw_live(rows.iter().map(|supply| supply.patient_id), "pharmacy_queue").await?;
            let rows = Slice { rows, page: 1, more: false };
            return Ok(Self { rows, counts: supplies::count_open(&mut ctx.tx, clinic, now).await?, now, today, tall });
        }
        let (page, skip) = offset(query.page);
        let only = query.state.parse::<SupplyState>().ok().filter(|state| state.is_open());
        let rows = Slice::from_surplus(supplies::queue(&mut ctx.tx, clinic, only, now, skip).await?, page);
        let counts = supplies::count_open(&mut ctx.tx, clinic, now).await?;
        ctx.saw_live(rows.rows.iter().map(|supply| supply.patient_id), "pharmacy_queue").await?;
        Ok(Self { rows, counts, now, today, tall })
    }
}

/// Shows the queue.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn queue_page(Query(query): Query<PharmacyQueueQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let waiting = Waiting::read(&mut ctx, &query).await?;
    let clinic = ctx.clinic.id;
    let stop = stops::is_on(&mut ctx, clinic).await?;
    let manages = ctx.who.may_at(Permission::ManageStock, clinic);
    let paid_first = stops::is_paid_first(&mut ctx, clinic).await?;
    let queue = match stop && ctx.who.may_at(Permission::ViewQueue, clinic) {
        true => Some(opd::panel(&mut ctx, &QueueFilter { step: Some(Step::Pharmacy), ..QueueFilter::default() }).await?),
        false => None,
    };
    Ok(Page::new(tr!(pharmacy.title), move || {
        let queue = queue.map(waiting_here);
        let switch = manages.then(|| {
            let (label, hidden) = match stop {
                true => (tr!(pharmacy.stop_off), vec![("is_on", "false".to_owned())]),
                false => (tr!(pharmacy.stop_on), vec![("is_on", "true".to_owned())]),
            };
            view! { <PostButton action="/api/pharmacy/set_stop" label hidden tone=ButtonTone::Quiet/> }
        });
        let done = (query.done == "stop_set").then(|| view! { <Toast text=tr!(pharmacy.done_stop_set)/> });
        let from = ListUrl::new("/pharmacy/live")
            .with("state", query.state.clone())
            .with("q", query.q.clone())
            .with("page", query.page.map(|page| page.to_string()).unwrap_or_default())
            .href();
        let rows = list(&waiting, &query);
        let bags = (paid_first || manages)
            .then(|| view! { <LinkButton href="/pharmacy/bags" label=tr!(pharmacy.packed_bags) glyph=Glyph::Pill/> });
        view! {
            {done}
            <PageHeader title=tr!(pharmacy.title) detail=tr!(pharmacy.purpose) actions=Some(view! { {bags}{switch} }.into_any())/>
            {queue}
            <form class="filter" method="get" action="/pharmacy">
                <TextField kind="search" name="q" label=tr!(pharmacy.find_patient) hint=tr!(pharmacy.find_hint) value=query.q.clone() maxlength=100/>
                <button class="button" type="submit"><Icon glyph=Glyph::Search/>{tr!(ui.show)}</button>
            </form>
            <Live topics="pharmacy prescriptions" from>{rows}</Live>
        }
    }))
}

/// Shows the patients of visits whom the queue sent here; they are called by number.
fn waiting_here(queue: PanelState) -> AnyView {
    view! {
        <section class="panel" aria-label=tr!(pharmacy.waiting_here)>
            <div class="panel__head"><h2>{tr!(pharmacy.waiting_here)}</h2></div>
            <QueuePanel initial=queue step=Step::Pharmacy.as_str() service="" doctor="" back="/pharmacy"/>
        </section>
    }
    .into_any()
}

/// Serves the queue alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn queue_part(Query(query): Query<PharmacyQueueQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let waiting = Waiting::read(&mut ctx, &query).await?;
    Ok(Part::new(move || list(&waiting, &query)))
}

fn list(waiting: &Waiting, query: &PharmacyQueueQuery) -> AnyView {
    let url = ListUrl::new("/pharmacy").with("state", query.state.clone());
    let all = Tab::new(url.clone().with("state", "").href(), tr!(pharmacy.all), query.state.is_empty());
    let tabs = std::iter::once(all)
        .chain(OPEN.iter().map(|state| {
            let count = waiting.counts.iter().find(|(known, _)| known == state).map_or(0, |(_, count)| *count);
            Tab::new(url.clone().with("state", state.as_str()).href(), state.words(), query.state == state.as_str()).count(count)
        }))
        .collect::<Vec<_>>();
    let empty = waiting.rows.rows.is_empty().then(|| {
        view! { <EmptyState glyph=Glyph::Pill title=tr!(pharmacy.nothing) text=tr!(pharmacy.nothing_text)/> }
    });
    let rows = waiting.rows.rows.iter().map(|supply| row(supply, waiting)).collect_view();
    let paging = Paging::of(&waiting.rows);
    view! {
        <Tabs label=tr!(pharmacy.state) tabs/>
        {empty}
        <ul class="rows">{rows}</ul>
        <PageLinks url paging/>
    }
    .into_any()
}

fn row(supply: &Supply, waiting: &Waiting) -> AnyView {
    let now = waiting.now;
    let waits = show_minutes((now - supply.signed_at).num_minutes().max(0));
    let identity = format!("{} {} · {} · {}", tr!(ui.mrn), supply.mrn, supply.birth.shown(), supply.sex.words());
    let owed = (supply.state == SupplyState::PartDispensed).then(|| tr!(pharmacy.owed_count, count = supply.owed()));
    let warned = (!supply.override_reason.is_empty()).then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(pharmacy.warned)/> });
    let expired = supply.state.is_open() && supply.is_expired(false, now);
    let expired = expired.then(|| view! { <StatusBadge tone=Tone::Inactive label=tr!(pharmacy.too_old)/> });
    let (tone, label) = (supply.state.tone(), supply.state.words());
    let held = supply.held_until.map(|day| match day <= waiting.today {
        true => view! { <StatusBadge tone=Tone::Warning label=tr!(pharmacy.held_over)/> }.into_any(),
        false => view! { <span class="muted">{tr!(pharmacy.held_until, day = show_date(day))}</span> }.into_any(),
    });
    let answered = (supply.answered && supply.state.is_open() && !supply.state.is_paused())
        .then(|| view! { <StatusBadge tone=Tone::Done label=tr!(pharmacy.answered)/> });
    view! {
        <li class="rows__row" data-key=supply.id.to_string()>
            <div class="rows__main">
                <a class="row-link" href=format!("/pharmacy/supplies/{}", supply.id)>
                    <strong>{supply.patient_name.listed()}</strong><br/><span class="muted small">{identity}</span>
                </a>
                <br/>
                <span>{waiting.tall.spell(&supply.drug)}" · "{supply.dosage.sentence()}</span>
            </div>
            <div class="rows__side cluster">
                {warned}
                {expired}
                {answered}
                {held}
                <StatusBadge tone label/>
                <span class="muted">{owed}</span>
                <span class="muted">{waits}</span>
            </div>
        </li>
    }
    .into_any()
}
