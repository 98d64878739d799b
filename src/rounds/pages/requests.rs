//! `/admissions/{id}/requests`: what was requested during a stay; `/request-tests`, `/request-study`: the forms of the laboratory and of
//! imaging for a patient on a ward.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, StayDoneQuery, toast, when};
use crate::{
    core::{AdmissionId, OrderId, Permission, Result, form::FormState},
    imaging,
    lab::{self, Catalogue},
    orders::{self, Order, OrderPage, OrderPriority},
    rounds::stay::{self, ShownStay},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, EmptyState, Form, Glyph, LinkButton, PageHeader, PatientBanner, RadioField, SelectField,
        StatusBadge, TextArea, TextField,
    },
};

const SERVICE: &str = "/api/rounds/order_service";

/// Shows the requests of a stay, and the form of another service.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn requests_page(Path(id): Path<AdmissionId>, Query(StayDoneQuery { done }): Query<StayDoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::PlaceOrders).await?;
    let stay = stay::open(&mut ctx, Permission::PlaceOrders, id).await?;
    let found = orders::of_stay(&mut ctx.tx, id).await?;
    let kinds = orders::offered(&mut ctx).await?;
    let names: Vec<(&'static str, &'static str)> =
        orders::kinds(&mut ctx).await?.iter().map(|kind| (kind.of.name, (kind.of.words)())).collect();
    let plain: Vec<Choice> =
        kinds.iter().filter(|kind| kind.of.page.is_none()).map(|kind| Choice::new(kind.of.name, (kind.of.words)())).collect();
    let banner = stay.banner.clone();
    let page = Page::new(tr!(rounds.requests), move || content(&stay, &found, &names, plain, &done));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(stay: &ShownStay, found: &[Order], names: &[(&'static str, &'static str)], plain: Vec<Choice>, done: &str) -> AnyView {
    let id = stay.admission.id;
    let back = (format!("/admissions/{id}"), tr!(rounds.stay).to_owned());
    let rows = found.iter().map(|order| row(order, names, stay)).collect_view();
    let none = found
        .is_empty()
        .then(|| view! { <EmptyState glyph=Glyph::Check title=tr!(rounds.no_requests) text=tr!(rounds.no_requests_text)/> });
    let actions = stay.is_open().then(|| {
        view! {
            <LinkButton href=format!("/admissions/{id}/request-tests") label=tr!(rounds.request_tests) glyph=Glyph::Flask key="t"/>
            <LinkButton href=format!("/admissions/{id}/request-study") label=tr!(rounds.request_study) glyph=Glyph::Board key="i"/>
            <LinkButton href=format!("/admissions/{id}/request-set") label=tr!(orders.sets) glyph=Glyph::Note/>
        }
        .into_any()
    });
    let form = (stay.is_open() && !plain.is_empty()).then(|| service_form(id, plain));
    view! {
        {toast(done)}
        <PageHeader title=tr!(rounds.requests) detail=tr!(rounds.requests_text) back actions/>
        {parts::tabs(id, "requests")}
        {none}
        <ul class="rows panel">{rows}</ul>
        {form}
    }
    .into_any()
}

fn row(order: &Order, names: &[(&'static str, &'static str)], stay: &ShownStay) -> AnyView {
    let kind = names.iter().find(|(name, _)| *name == order.kind).map_or("", |(_, words)| words);
    let facts =
        [kind.to_owned(), order.requisition.clone().unwrap_or_default(), when(order.ordered.at, stay.zone), order.ordered.by.clone()];
    let facts = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ");
    let priority = order.priority.tone().map(|tone| view! { <StatusBadge tone label=order.priority.words()/>" " });
    view! {
        <li class="rows__row" data-key=order.id.to_string()>
            <div class="rows__main">
                <a href=format!("/orders/{}", order.id)>{order.service.clone()}</a>" "
                {priority}<StatusBadge tone=order.state.tone() label=order.state.words()/>
                <br/><span class="muted small">{facts}</span>
            </div>
        </li>
    }
    .into_any()
}

fn service_form(id: AdmissionId, kinds: Vec<Choice>) -> AnyView {
    let hidden = vec![("admission_id", id.to_string()), ("key", OrderId::new().to_string())];
    let priorities: Vec<Choice> = OrderPriority::ALL.iter().rev().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let refused = use_context::<FormState>().filter(|state| state.action == SERVICE && state.error("again").is_some());
    let service = refused.and_then(|state| state.value("service").map(str::to_owned));
    view! {
        <section class="panel" aria-labelledby="another-service">
            <div class="panel__head"><h2 id="another-service">{tr!(rounds.another_service)}</h2></div>
            <div class="panel__body">
                <Form action=SERVICE id="service-form" hidden>
                    <SelectField name="kind" label=tr!(rounds.request_kind) choices=kinds prompt=tr!(errors.choose) required=true/>
                    <TextField name="service" label=tr!(rounds.requested_service) required=true maxlength=200 autocomplete="off"/>
                    {service.map(|value| view! { <CheckboxField name="again" label=tr!(rounds.order_again) value/> })}
                    <RadioField name="priority" label=tr!(rounds.priority) choices=priorities value=OrderPriority::Routine.as_str() inline=true/>
                    <TextField name="reason" label=tr!(rounds.reason) maxlength=2_000 autocomplete="off"/>
                    <TextArea name="instructions" label=tr!(rounds.instructions_for) maxlength=2_000 optional=true/>
                    <div class="form__actions"><Button label=tr!(rounds.request) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

fn order_page(action: &'static str, id: AdmissionId) -> OrderPage {
    let back = (format!("/admissions/{id}/requests"), tr!(rounds.requests).to_owned());
    OrderPage { action, place: ("admission_id", id.to_string()), back, drafts: false }
}

/// Shows the form of tests and panels.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn tests_page(Path(id): Path<AdmissionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::PlaceOrders).await?;
    let stay = stay::open(&mut ctx, Permission::PlaceOrders, id).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let latest = lab::latest_values(&mut ctx.tx, stay.admission.patient_id).await?;
    let form = order_page("/api/rounds/order_tests", id);
    let banner = stay.banner;
    let page = Page::new(tr!(rounds.request_tests), move || lab::lab_order_form(&form, &all, &latest));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

/// Shows the form of studies.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn study_page(Path(id): Path<AdmissionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::PlaceOrders).await?;
    let stay = stay::open(&mut ctx, Permission::PlaceOrders, id).await?;
    let all = imaging::procedures(&mut ctx.tx).await?;
    let form = order_page("/api/rounds/order_study", id);
    let banner = stay.banner;
    let page = Page::new(tr!(rounds.request_study), move || imaging::imaging_order_form(&form, &all));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

/// `?set=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StaySetQuery {
    set: String,
}

/// Shows the sets of tests and studies, or the form of the chosen one.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn set_page(Path(id): Path<AdmissionId>, Query(StaySetQuery { set }): Query<StaySetQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::PlaceOrders).await?;
    let stay = stay::open(&mut ctx, Permission::PlaceOrders, id).await?;
    let chosen = imaging::ChosenSet::read(&mut ctx, stay.admission.patient_id, &set).await?;
    let form = order_page("/api/rounds/order_set", id);
    let here = format!("/admissions/{id}/request-set");
    let banner = stay.banner;
    let page = Page::new(tr!(orders.sets), move || imaging::order_set_form(&form, &here, &chosen));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}
