//! `/admissions/{id}/orders`: the orders of an admission, those that are open first.

use leptos::prelude::*;

use super::parts::{DoneQuery, May, Stay, marks, stay, toast};
use crate::{
    core::{
        AdmissionId, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    medicine_record::{
        orders::{self, CareOrder},
        protocols::{self, WardProtocol},
        sets::{self, OrderSet},
        vocabulary::CareKind,
    },
    server::{Ctx, Page, Part, Path, Query},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, LinkButton, Live, PageHeader, PatientBanner, StatusBadge},
    wards::AdmissionState,
};

async fn read(ctx: &mut Ctx, id: AdmissionId) -> Result<(Stay, Vec<CareOrder>)> {
    let stay = stay(ctx, id).await?;
    let orders = orders::of_admission(&mut ctx.tx, id, false).await?;
    Ok((stay, orders))
}

/// Shows the orders.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn orders_page(Path(id): Path<AdmissionId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let (Stay { admission, banner, zone, now, may }, orders) = read(&mut ctx, id).await?;
    let sets = if may.write { sets::current(&mut ctx.tx, false).await? } else { Vec::new() };
    let protocols = if may.give { protocols::current(&mut ctx.tx, admission.ward(), false).await? } else { Vec::new() };
    let is_open = admission.state == AdmissionState::Admitted;
    let page = Page::new(tr!(medicine_record.orders), move || {
        let back = (format!("/admissions/{id}"), tr!(medicine_record.admission_of, number = admission.number));
        let actions = view! {
            <LinkButton href=format!("/admissions/{id}/medicines") label=tr!(medicine_record.record) glyph=Glyph::Pill key="m"/>
            <LinkButton href=format!("/admissions/{id}/drug-chart") label=tr!(medicine_record.drug_chart) glyph=Glyph::Print/>
        }
        .into_any();
        let new = is_open.then(|| new_links(id, may, (&sets, &protocols)));
        view! {
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.orders) back actions=Some(actions)/>
            {new}
            <Live topics="medicines" from=format!("/admissions/{id}/orders/live")>{lists(&orders, (now, zone))}</Live>
        }
    });
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

/// Serves the lists alone.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn orders_part(Path(id): Path<AdmissionId>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let (Stay { zone, now, .. }, orders) = read(&mut ctx, id).await?;
    Ok(Part::new(move || lists(&orders, (now, zone))))
}

/// The links to the forms of new orders. A nurse takes orders by phone, and starts the protocols of the ward.
fn new_links(id: AdmissionId, may: May, (sets, protocols): (&[OrderSet], &[WardProtocol])) -> AnyView {
    if !may.write && !may.give {
        return ().into_any();
    }
    let links = CareKind::ALL.iter().map(|kind| {
        let (glyph, tone) =
            if *kind == CareKind::Medicine { (Glyph::Pill, ButtonTone::Primary) } else { (Glyph::Plus, ButtonTone::Secondary) };
        view! { <LinkButton href=format!("/admissions/{id}/orders/new?kind={kind}") label=kind.words() glyph tone/> }
    });
    let links = links.collect_view();
    let sets = sets.iter().map(|set| {
        view! { <LinkButton href=format!("/admissions/{id}/order-sets/{}", set.id) label=set.name.clone() glyph=Glyph::Note/> }
    });
    let sets = sets.collect_view();
    let protocols = protocols.iter().map(|one| {
        view! { <LinkButton href=format!("/admissions/{id}/protocols/{}", one.id) label=one.name.clone() glyph=Glyph::Check about=Some(one.sentence())/> }
    });
    let protocols = protocols.collect_view();
    let heading = if may.write { tr!(medicine_record.new_order) } else { tr!(medicine_record.new_by_phone) };
    view! {
        <section class="panel" aria-labelledby="new-order">
            <div class="panel__head"><h2 id="new-order">{heading}</h2></div>
            <div class="panel__body cluster">{links}{sets}{protocols}</div>
        </section>
    }
    .into_any()
}

fn lists(orders: &[CareOrder], clock: (Instant, Zone)) -> AnyView {
    if orders.is_empty() {
        return view! { <EmptyState glyph=Glyph::Pill title=tr!(medicine_record.no_orders) text=tr!(medicine_record.no_orders_text)/> }
            .into_any();
    }
    let (open, ended): (Vec<_>, Vec<_>) = orders.iter().partition(|order| order.state.is_open());
    let groups = CareKind::ALL.iter().filter_map(|kind| {
        let rows: Vec<_> = open.iter().filter(|order| order.kind == *kind).map(|order| order_row(order, clock)).collect();
        (!rows.is_empty()).then(|| {
            let heading = format!("kind-{kind}");
            view! {
                <section class="panel" aria-labelledby=heading.clone()>
                    <div class="panel__head"><h2 id=heading.clone()>{kind.words()}</h2></div>
                    <ul class="rows">{rows}</ul>
                </section>
            }
        })
    });
    let groups = groups.collect_view();
    let ended = (!ended.is_empty()).then(|| {
        let rows = ended.iter().rev().map(|order| order_row(order, clock)).collect_view();
        view! {
            <section class="panel" aria-labelledby="ended">
                <div class="panel__head"><h2 id="ended">{tr!(medicine_record.ended_orders)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
    });
    view! { <div class="stack">{groups}{ended}</div> }.into_any()
}

/// An order in one row, which links to its page.
pub(super) fn order_row(order: &CareOrder, (now, zone): (Instant, Zone)) -> AnyView {
    let at = |at: Instant| show_date_time(zone.local(at));
    let ended = order.ended_at.map(|ended| format!(" – {}", at(ended)));
    let state = order.state;
    let progress =
        order.progress_words((order.ended_at.unwrap_or(now), zone)).map(|words| view! { <br/><strong class="small">{words}</strong> });
    view! {
        <li class="rows__row" data-key=order.id.to_string()>
            <div class="rows__main">
                <a class="row-link" href=format!("/care-orders/{}", order.id)><strong>{order.title.clone()}</strong></a>
                " "{order.sentence(zone)}
                {progress}
                <br/>
                <span class="muted small">{order.prescriber.clone()}" · "{at(order.ordered_at)}{ended}</span>
            </div>
            <div class="rows__side cluster">{marks(order, (now, zone))}<StatusBadge tone=state.tone() label=state.words()/></div>
        </li>
    }
    .into_any()
}
