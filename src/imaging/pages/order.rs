//! `/imaging/order/{visit}`: a doctor orders a procedure for the patient of a visit; `/imaging/answer/{id}`: the doctor answers the
//! radiologist's question.

use leptos::prelude::*;

use super::parts::{DoneQuery, lines, title_of, toast};
use crate::{
    core::{Error, ImagingOrderId, OrderId, Permission, Result, VisitId, form::FormState},
    imaging::{
        catalogue::{self, ImagingProcedure},
        step::{ImagingAct, ImagingStep},
        studies,
        vocabulary::BodySide,
    },
    lab, opd,
    orders::{OrderPage, OrderPriority},
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, DateField, EmptyState, Form, Glyph, LinkButton, NoticeBox, PageHeader, PatientBanner,
        RadioField, SelectField, TextArea, Tone,
    },
};

const ORDER: &str = "/api/imaging/order";

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's visit, or when the database refuses.
pub async fn order_page(Path(id): Path<VisitId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::PlaceOrders).await?;
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::PlaceOrders, visit.clinic_id)?;
    ctx.saw(visit.patient_id, "imaging_record").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, visit.patient_id, today).await?;
    let all = catalogue::procedures(&mut ctx.tx).await?;
    let page = OrderPage {
        action: ORDER,
        place: ("visit_id", id.to_string()),
        back: (format!("/consultation/{id}"), tr!(imaging.back).to_owned()),
        drafts: true,
    };
    Ok(Page::new(tr!(imaging.order_title), move || order_form(&page, &all)).banner(move || view! { <PatientBanner info=banner/> }))
}

/// The form in which a doctor orders a procedure.
pub fn order_form(page: &OrderPage, all: &[ImagingProcedure]) -> AnyView {
    let back = page.back.clone();
    let procedures: Vec<Choice> = all
        .iter()
        .filter(|procedure| !procedure.is_retired())
        .map(|procedure| {
            let side = if procedure.sided { format!(" ({})", tr!(imaging.side).to_lowercase()) } else { String::new() };
            Choice::new(procedure.code.clone(), format!("{}: {}{side}", procedure.modality, procedure.name()))
        })
        .collect();
    if procedures.is_empty() {
        return view! {
            <PageHeader title=tr!(imaging.order_title) back/>
            <EmptyState glyph=Glyph::Board title=tr!(imaging.catalogue_empty) text=tr!(imaging.nothing_to_order)/>
        }
        .into_any();
    }
    let hidden = vec![page.place.clone(), ("key", OrderId::new().to_string())];
    let (action, draft) = (page.action, page.drafts);
    let (back_href, back_words) = back.clone();
    let priorities: Vec<Choice> = OrderPriority::ALL.iter().rev().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let sides: Vec<Choice> = BodySide::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    view! {
        <PageHeader title=tr!(imaging.order_title) back detail=tr!(imaging.order_text)/>
        <Form action id="imaging-order" hidden>
            <SelectField name="procedure" label=tr!(imaging.procedure) choices=procedures prompt=tr!(imaging.choose) required=true autofocus=true/>
            {again(action)}
            <RadioField name="side" label=tr!(imaging.side) choices=sides value=BodySide::None.as_str() inline=true/>
            <RadioField name="priority" label=tr!(imaging.priority) choices=priorities value=OrderPriority::Routine.as_str() inline=true/>
            <TextArea name="reason" label=tr!(imaging.reason) hint=tr!(imaging.reason_hint) maxlength=2_000 required=true/>
            <TextArea name="instructions" label=tr!(imaging.instructions) maxlength=2_000 optional=true/>
            <DateField name="wanted_day" label=tr!(imaging.wanted_day) optional=true/>
            {draft.then(|| view! { <CheckboxField name="draft" label=tr!(imaging.as_draft)/> })}
            {lab::look_notice(action)}
            <div class="form__actions">
                <Button label=tr!(imaging.order_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                <Button label=tr!(imaging.look) name="look" value="true"/>
                <LinkButton href=back_href label=back_words tone=ButtonTone::Quiet/>
            </div>
        </Form>
    }
    .into_any()
}

/// Shows the tick that confirms a procedure that is on order already, after a refusal that asked for it.
fn again(action: &'static str) -> AnyView {
    let refused = use_context::<FormState>().filter(|state| state.action == action && state.error("again").is_some());
    refused.map(|_| view! { <CheckboxField name="again" label=tr!(imaging.order_again)/> }).into_any()
}

/// Shows the radiologist's question to the doctors of the clinic.
///
/// # Errors
/// Not allowed, another clinic's study, or when the database refuses.
pub async fn answer_page(Path(id): Path<ImagingOrderId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::PlaceOrders).await?;
    let study = studies::study(&mut ctx.tx, id).await?.filter(|study| study.step != ImagingStep::Draft).ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::PlaceOrders, study.clinic_id)?;
    ctx.saw(study.patient_id, "imaging_record").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, study.patient_id, today).await?;
    let all = catalogue::procedures(&mut ctx.tx).await?;
    Ok(Page::new(tr!(imaging.question_title), move || {
        let hidden = vec![("imaging_order_id", id.to_string()), ("version", study.version.to_string())];
        let form = ImagingAct::Answer.fits(study.step).then(|| {
            view! {
                <Form action="/api/imaging/answer" hidden>
                    <TextArea name="answer" label=tr!(imaging.your_answer) maxlength=2_000 required=true autofocus=true/>
                    <div class="form__actions"><Button label=tr!(imaging.send_answer) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            }
        });
        let answered =
            (!study.answer.is_empty()).then(|| view! { <p><strong>{tr!(imaging.your_answer)}</strong><br/>{lines(&study.answer)}</p> });
        let question = lines(&study.question);
        view! {
            {toast(&done)}
            <PageHeader title=tr!(imaging.question_title) detail=title_of(&all, &study)/>
            <div class="stack">
                <NoticeBox tone=Tone::Warning title=tr!(imaging.question)><p>{question}</p></NoticeBox>
                {answered}
                {form}
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}
