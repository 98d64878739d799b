//! `/lab/order/{visit}`: a doctor orders tests and panels for the patient of a visit.

use leptos::prelude::*;

use crate::{
    core::{OrderId, Permission, Result, VisitId, form::FormState},
    lab::{
        catalogue::Catalogue,
        requests::{LatestValue, latest_values},
        results::shown_unit,
        value::localised,
        vocabulary::Fasting,
    },
    opd,
    orders::{OrderPage, OrderPriority},
    patients,
    server::{Ctx, Page, Path},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, DateField, EmptyState, Form, Glyph, LinkButton, NoticeBox, PageHeader, PatientBanner,
        RadioField, TextArea, TextField, TimeField, Tone,
    },
};

const ORDER: &str = "/api/lab/order";

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's visit, or when the database refuses.
pub async fn order_page(Path(id): Path<VisitId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::PlaceOrders).await?;
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::PlaceOrders, visit.clinic_id)?;
    ctx.saw(visit.patient_id, "lab_record").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, visit.patient_id, today).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let latest = latest_values(&mut ctx.tx, visit.patient_id).await?;
    let form = OrderPage {
        action: ORDER,
        place: ("visit_id", id.to_string()),
        back: (format!("/consultation/{id}"), tr!(lab.back).to_owned()),
        drafts: true,
    };
    Ok(Page::new(tr!(lab.order_title), move || order_form(&form, &all, &latest)).banner(move || view! { <PatientBanner info=banner/> }))
}

/// The label of a tick: the test, its code, and the last value.
pub fn order_label(name: &str, code: &str, last: Option<&LatestValue>) -> String {
    let value = last.map(|last| format!(" · {} {} {}", localised(&last.value_text), shown_unit(&last.unit), last.flag.as_str()));
    format!("{name} ({code}){}", value.unwrap_or_default().trim_end())
}

/// The form in which a doctor orders tests and panels, with the last value of each test.
pub fn order_form(page: &OrderPage, all: &Catalogue, latest: &[LatestValue]) -> AnyView {
    let back = page.back.clone();
    if all.in_use().next().is_none() {
        return view! {
            <PageHeader title=tr!(lab.order_title) back/>
            <EmptyState glyph=Glyph::Flask title=tr!(lab.catalogue_empty) text=tr!(lab.nothing_to_order)/>
        }
        .into_any();
    }
    let hidden = vec![page.place.clone(), ("key", OrderId::new().to_string())];
    let (action, draft) = (page.action, page.drafts);
    let (back_href, back_words) = back.clone();
    let priorities: Vec<Choice> = OrderPriority::ALL.iter().rev().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let fasting: Vec<Choice> = Fasting::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let panels: Vec<(String, String)> = all
        .panels_in_use()
        .map(|panel| {
            let tests = all.tests_of(panel.id).iter().map(|test| test.code.clone()).collect::<Vec<_>>().join(" ");
            (format!("item-{}", panel.code), format!("{} ({}): {tests}", panel.name(), panel.code))
        })
        .collect();
    let mut benches: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for test in all.in_use() {
        let last = latest.iter().find(|last| last.test_id == test.id);
        let tick = (format!("item-{}", test.code), order_label(test.name(), &test.code, last));
        match benches.iter_mut().find(|(bench, _)| *bench == test.bench) {
            Some((_, ticks)) => ticks.push(tick),
            None => benches.push((test.bench.clone(), vec![tick])),
        }
    }
    view! {
        <PageHeader title=tr!(lab.order_title) back detail=tr!(lab.order_text)/>
        <Form action id="lab-order" hidden>
            <TextField name="codes" label=tr!(lab.codes) hint=tr!(lab.codes_hint) autocomplete="off" class="input--code" autofocus=true/>
            {again(action)}
            <RadioField name="priority" label=tr!(lab.priority) choices=priorities value=OrderPriority::Routine.as_str() inline=true/>
            <details class="fieldset" open=true>
                <summary>{tr!(lab.panels)}</summary>
                <div class="columns-2">{ticks(panels)}</div>
            </details>
            {benches
                .into_iter()
                .map(|(bench, tests)| view! {
                    <details class="fieldset">
                        <summary>{bench}</summary>
                        <div class="columns-2">{ticks(tests)}</div>
                    </details>
                })
                .collect_view()}
            <RadioField name="fasting" label=tr!(lab.fasting) choices=fasting value=Fasting::Unknown.as_str() inline=true/>
            <DateField name="wanted_day" label=tr!(lab.wanted_day) hint=tr!(lab.wanted_hint) optional=true/>
            <TimeField name="wanted_time" label=tr!(lab.wanted_time) optional=true/>
            <TextField name="reason" label=tr!(lab.reason) hint=tr!(lab.reason_hint) maxlength=2_000 optional=true/>
            <TextArea name="instructions" label=tr!(lab.instructions) maxlength=2_000 optional=true/>
            {draft.then(|| view! { <CheckboxField name="draft" label=tr!(lab.as_draft)/> })}
            {look_notice(action)}
            <div class="form__actions">
                <Button label=tr!(lab.order_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                <Button label=tr!(lab.look) name="look" value="true"/>
                <LinkButton href=back_href label=back_words tone=ButtonTone::Quiet/>
            </div>
        </Form>
    }
    .into_any()
}

/// Shows tubes and price of what is chosen, after the form was sent to look at them.
pub fn look_notice(action: &str) -> AnyView {
    let looked = use_context::<FormState>().filter(|state| state.action == action);
    let Some(words) = looked.and_then(|state| state.error("look").map(str::to_owned)) else { return ().into_any() };
    let lines = words.lines().map(|line| view! { <li>{line.to_owned()}</li> }).collect_view();
    view! { <div role="status"><NoticeBox tone=Tone::Progress title=tr!(lab.look)><ul>{lines}</ul></NoticeBox></div> }.into_any()
}

fn ticks(items: Vec<(String, String)>) -> AnyView {
    items.into_iter().map(|(name, label)| view! { <CheckboxField name label/> }).collect_view().into_any()
}

/// Shows the tick that confirms tests with a recent result, after a refusal that asked for it.
fn again(action: &'static str) -> AnyView {
    let refused = use_context::<FormState>().filter(|state| state.action == action && state.error("again").is_some());
    refused.map(|_| view! { <CheckboxField name="again" label=tr!(lab.order_again)/> }).into_any()
}
