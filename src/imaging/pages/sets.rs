//! `/orders/sets`: the sets of tests and studies, and the form of one; `/orders/sets/visit/{visit}`: a doctor orders a set for the patient of a visit.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{DoneQuery, toast};
use crate::{
    core::{OrderId, Permission, Result, TestSetId, VisitId, form::FormState},
    imaging::{
        sets::{self, ChosenSet, Offer, OfferedItem, SetItem, TestSet},
        vocabulary::BodySide,
    },
    lab::{self, Fasting},
    opd,
    orders::{OrderPage, OrderPriority},
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, EmptyState, Form, Glyph, LinkButton, NoticeBox, PageHeader, PatientBanner, PostButton,
        RadioField, StatusBadge, TextArea, TextField, Tone,
    },
};

const SAVE: &str = "/api/imaging/save_set";
const ORDER: &str = "/api/imaging/order_set";

/// Shows the sets.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn sets_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageOrderSets).await?;
    let all = sets::all(&mut ctx, true).await?;
    Ok(Page::new(tr!(orders.sets), move || {
        let new = view! { <LinkButton href="/orders/sets/new" label=tr!(orders.new_set) glyph=Glyph::Plus tone=ButtonTone::Primary/> };
        let none =
            all.is_empty().then(|| view! { <EmptyState glyph=Glyph::Note title=tr!(orders.no_sets) text=tr!(orders.no_sets_text)/> });
        let rows = all.iter().map(|set| row(set, format!("/orders/sets/{}", set.id))).collect_view();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(orders.sets) detail=tr!(orders.sets_text) actions=Some(new.into_any())/>
            {none}
            <ul class="rows">{rows}</ul>
        }
    }))
}

fn row(set: &TestSet, href: String) -> AnyView {
    let retired = set.retired_at.map(|_| view! { <StatusBadge tone=Tone::Inactive label=tr!(orders.set_retired)/> });
    view! {
        <li class="rows__row" data-key=set.id.to_string()>
            <div class="rows__main">
                <a class="row-link" href=href><strong>{set.name.clone()}</strong></a>
                <br/><span class="muted small">{set.purpose.clone()}</span>
            </div>
            <div class="rows__side">{retired}</div>
        </li>
    }
    .into_any()
}

fn back() -> (String, String) {
    ("/orders/sets".to_owned(), tr!(orders.sets).to_owned())
}

/// Shows the form of a new set.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn new_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageOrderSets).await?;
    let offer = Offer::read(&mut ctx.tx).await?;
    Ok(Page::new(tr!(orders.new_set), move || {
        view! { <PageHeader title=tr!(orders.new_set) back=back()/>{save_form(&offer, None, &[])} }
    })
    .class("main--narrow"))
}

/// Shows a set.
///
/// # Errors
/// Not allowed, an unknown set, or when the database refuses.
pub async fn set_page(Path(id): Path<TestSetId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageOrderSets).await?;
    let (set, lines) = sets::find(&mut ctx, id).await?;
    let offer = Offer::read(&mut ctx.tx).await?;
    Ok(Page::new(set.name.clone(), move || {
        let is_retired = set.retired_at.is_some();
        let mut hidden = vec![("test_set_id", id.to_string()), ("version", set.version.to_string())];
        if !is_retired {
            hidden.push(("retired", "true".to_owned()));
        }
        let words = if is_retired { tr!(orders.set_bring_back) } else { tr!(orders.set_retire) };
        let retire = view! { <PostButton action="/api/imaging/retire_set" label=words hidden tone=ButtonTone::Quiet/> };
        let notice = is_retired.then(|| view! { <NoticeBox tone=Tone::Warning><p>{tr!(orders.set_retired)}</p></NoticeBox> });
        view! {
            {toast(&done)}
            <PageHeader title=set.name.clone() back=back() actions=Some(retire.into_any())/>
            {notice}
            {save_form(&offer, Some(&set), &lines)}
        }
    })
    .class("main--narrow"))
}

/// The form of a set: a tick for each panel, test and procedure in use.
fn save_form(offer: &Offer, set: Option<&TestSet>, lines: &[SetItem]) -> AnyView {
    let items = offer.items();
    if items.is_empty() {
        return view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.catalogue_empty) text=tr!(lab.nothing_to_order)/> }.into_any();
    }
    let id = set.map_or_else(TestSetId::new, |set| set.id);
    let hidden = vec![("key", id.to_string()), ("version", set.map_or(0, |set| set.version).to_string())];
    let name = set.map(|set| set.name.clone()).unwrap_or_default();
    let purpose = set.map(|set| set.purpose.clone()).unwrap_or_default();
    let mut groups: Vec<(String, Vec<(OfferedItem, bool)>)> = Vec::new();
    for item in items {
        let one = (item.clone(), lines.contains(&item.item));
        match groups.iter_mut().find(|(group, _)| *group == item.group) {
            Some((_, known)) => known.push(one),
            None => groups.push((item.group.clone(), vec![one])),
        }
    }
    view! {
        <Form action=SAVE id="set-form" hidden>
            <TextField name="name" label=tr!(orders.set_name) value=name required=true maxlength=120 autocomplete="off"/>
            <TextField name="purpose" label=tr!(orders.set_purpose) value=purpose maxlength=500 optional=true autocomplete="off"/>
            {groups
                .into_iter()
                .map(|(group, items)| {
                    let open = items.iter().any(|(_, is_in)| *is_in);
                    let ticks = items
                        .into_iter()
                        .map(|(one, is_in)| {
                            view! { <CheckboxField name=one.field label=format!("{} ({})", one.name, one.code) checked=is_in/> }
                        })
                        .collect_view();
                    view! {
                        <details class="fieldset" open=open>
                            <summary>{group}</summary>
                            <div class="columns-2">{ticks}</div>
                        </details>
                    }
                })
                .collect_view()}
            <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}

/// `?set=`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct VisitSetQuery {
    set: String,
}

/// Shows the sets for the patient of a visit, or the chosen one.
///
/// # Errors
/// Not allowed, another clinic's visit, or when the database refuses.
pub async fn visit_set_page(Path(id): Path<VisitId>, Query(VisitSetQuery { set }): Query<VisitSetQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::PlaceOrders).await?;
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::PlaceOrders, visit.clinic_id)?;
    ctx.saw(visit.patient_id, "lab_record").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, visit.patient_id, today).await?;
    let chosen = ChosenSet::read(&mut ctx, visit.patient_id, &set).await?;
    let page = OrderPage {
        action: ORDER,
        place: ("visit_id", id.to_string()),
        back: (format!("/consultation/{id}"), tr!(lab.back).to_owned()),
        drafts: true,
    };
    let here = format!("/orders/sets/visit/{id}");
    Ok(Page::new(tr!(orders.sets), move || set_form(&page, &here, &chosen)).banner(move || view! { <PatientBanner info=banner/> }))
}

/// Shows the sets that can be ordered, or the form of the chosen one: its lines are ticked, and the doctor may untick each.
pub fn set_form(page: &OrderPage, here: &str, sets: &ChosenSet) -> AnyView {
    let Some((set, lines, gone)) = &sets.chosen else {
        let none = sets.all.is_empty();
        let none = none.then(|| view! { <EmptyState glyph=Glyph::Note title=tr!(orders.no_sets) text=tr!(orders.no_sets_to_order)/> });
        let rows = sets.all.iter().map(|set| row(set, format!("{here}?set={}", set.id))).collect_view();
        let back = page.back.clone();
        return view! {
            <PageHeader title=tr!(orders.sets) back detail=tr!(orders.set_choose)/>
            {none}
            <ul class="rows">{rows}</ul>
        }
        .into_any();
    };
    let back = (here.to_owned(), tr!(orders.sets).to_owned());
    let hidden = vec![page.place.clone(), ("key", OrderId::new().to_string())];
    let (action, draft) = (page.action, page.drafts);
    let priorities: Vec<Choice> = OrderPriority::ALL.iter().rev().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let fasting: Vec<Choice> = Fasting::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let has_tests = lines.iter().any(|(one, _)| matches!(one.item, SetItem::Lab(_)));
    let has_studies = lines.iter().any(|(one, _)| matches!(one.item, SetItem::Procedure(_)));
    let names = gone.join(", ");
    let gone = (!names.is_empty()).then(|| {
        let words = tr!(orders.set_gone, names = names);
        view! { <NoticeBox tone=Tone::Warning><p>{words}</p></NoticeBox> }
    });
    let lines = lines.clone();
    view! {
        <PageHeader title=set.name.clone() back detail=tr!(orders.set_untick)/>
        {gone}
        <Form action id="set-order" hidden>
            {lines.into_iter().map(|(one, label)| order_line(one, label)).collect_view()}
            {again(action)}
            <RadioField name="priority" label=tr!(lab.priority) choices=priorities value=OrderPriority::Routine.as_str() inline=true/>
            {has_tests
                .then(|| view! {
                    <RadioField name="fasting" label=tr!(lab.fasting) choices=fasting value=Fasting::Unknown.as_str() inline=true/>
                })}
            {match has_studies {
                true => view! { <TextArea name="reason" label=tr!(imaging.reason) hint=tr!(imaging.reason_hint) maxlength=2_000/> }.into_any(),
                false => view! { <TextArea name="reason" label=tr!(lab.reason) hint=tr!(lab.reason_hint) maxlength=2_000 optional=true/> }.into_any(),
            }}
            <TextArea name="instructions" label=tr!(lab.instructions) maxlength=2_000 optional=true/>
            {draft.then(|| view! { <CheckboxField name="draft" label=tr!(lab.as_draft)/> })}
            {lab::look_notice(action)}
            <div class="form__actions">
                <Button label=tr!(orders.set_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                <Button label=tr!(lab.look) name="look" value="true"/>
            </div>
        </Form>
    }
    .into_any()
}

/// One line: its tick, and the side where the procedure needs one.
fn order_line(one: OfferedItem, label: String) -> AnyView {
    let sides = BodySide::ALL.iter().filter(|side| **side != BodySide::None).map(|side| Choice::new(side.as_str(), side.words()));
    let sides: Vec<Choice> = sides.collect();
    let side = one.sided.then(|| {
        let (name, label) = (format!("side-{}", one.code), tr!(orders.set_side, name = one.name.clone()));
        view! { <RadioField name label choices=sides inline=true/> }
    });
    view! { <CheckboxField name=one.field label checked=true/>{side} }.into_any()
}

/// Shows the tick that confirms lines that are on order or have a recent result, after a refusal that asked for it.
fn again(action: &str) -> AnyView {
    let refused = use_context::<FormState>().filter(|state| state.action == action && state.error("again").is_some());
    refused.map(|_| view! { <CheckboxField name="again" label=tr!(lab.order_again)/> }).into_any()
}
