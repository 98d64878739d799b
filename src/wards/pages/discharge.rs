//! `/admissions/{id}/discharge`: the form with which a doctor decides that the patient leaves, or decides it anew.

use leptos::prelude::*;
use serde::Deserialize;

use super::admission::hidden;
use crate::{
    core::{
        AdmissionId, Permission, Result,
        form::FormState,
        time::{Instant, Zone},
    },
    organisation, patients,
    server::{Ctx, Page, Path, Query, department::StayPage},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, DateField, Fieldset, Form, NoticeBox, PageHeader, PatientBanner, RadioField, TextArea,
        TextField, TimeField, Tone,
    },
    wards::{
        AdmissionState, admission,
        leaving::{self, Discharge, DischargeKind, Fact},
    },
};

const DISCHARGE: &str = "/api/wards/discharge";

/// The kind of leaving that is chosen at first.
#[derive(Debug, Deserialize)]
pub struct DischargeQuery {
    #[serde(default)]
    kind: String,
}

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn discharge_page(Path(id): Path<AdmissionId>, Query(DischargeQuery { kind }): Query<DischargeQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::DischargeClinical).await?;
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::DischargeClinical, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, admission.patient_id, today).await?;
    let name = patients::line(&mut ctx.tx, admission.patient_id).await?.name.full();
    let open = leaving::open_of(&mut ctx.tx, id).await?;
    let kind = open.as_ref().map(|open| open.kind).or_else(|| kind.parse().ok()).unwrap_or(DischargeKind::Home);
    let zone = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?.zone;
    let departments = ctx.state().departments;
    let panels = departments.stay_panels(&mut ctx, id, StayPage::Discharge).await?;
    let page = Page::new(tr!(wards.decide_discharge), move || {
        let back = (format!("/admissions/{id}"), tr!(wards.admission_of, number = admission.number));
        let title = if open.is_some() { tr!(wards.change_discharge) } else { tr!(wards.decide_discharge) };
        let body = match admission.state {
            AdmissionState::Admitted => {
                let mut hidden = hidden(id);
                hidden.extend(open.as_ref().map(|open| ("seen", open.id.to_string())));
                let panels = panels.into_iter().map(|draw| draw()).collect_view();
                view! {
                    {panels}
                    <Form action=DISCHARGE hidden>
                        {open.is_some().then(|| view! {
                            <TextField name="reason" label=tr!(wards.why_anew) required=true maxlength=400 autocomplete="off"/>
                        })}
                        {sure(&name)}
                        {fields(open, kind, zone)}
                        <div class="form__actions"><Button label=title tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                    </Form>
                }
                .into_any()
            }
            _ => view! { <NoticeBox tone=Tone::Waiting><p>{tr!(wards.discharge_open)}</p></NoticeBox> }.into_any(),
        };
        view! { <PageHeader title back/>{body} }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

/// The second press for a death, or a patient who is gone: a tick that names the patient and the fact. It is asked for once everything else is
/// right, and no key ticks it.
fn sure(name: &str) -> Option<AnyView> {
    let refused = use_context::<FormState>().filter(|form| form.action == DISCHARGE && form.error("sure").is_some())?;
    let fact = Fact::typed(|field| refused.value(field).unwrap_or_default())?;
    let (label, value) = (fact.words(name), fact.tick());
    Some(
        view! {
            <NoticeBox tone=Tone::Critical title=tr!(wards.sure_title)>
                <p>{tr!(wards.sure_text)}</p>
                <CheckboxField name="sure" label value/>
            </NoticeBox>
        }
        .into_any(),
    )
}

/// The fields, with what was decided before.
fn fields(open: Option<Discharge>, kind: DischargeKind, zone: Zone) -> impl IntoView {
    let kinds = DischargeKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect::<Vec<_>>();
    let moment = |at: Option<Instant>| {
        let local = at.map(|at| zone.local(at));
        let text = |format: &str| local.map(|local| local.format(format).to_string()).unwrap_or_default();
        (text("%Y-%m-%d"), text("%H:%M"))
    };
    let (seen_day, seen_time) = moment(open.as_ref().and_then(|open| open.last_seen_at));
    let (died_day, died_time) = moment(open.as_ref().and_then(|open| open.died_at));
    let (capacity, coroner) = open.as_ref().map_or((false, false), |open| (open.capacity, open.coroner));
    let [diagnosis, course, medicines, follow_up, pending, place, acceptor, witness, told, verified_by, cause] = match open {
        Some(one) => [
            one.diagnosis,
            one.course,
            one.medicines,
            one.follow_up,
            one.pending,
            one.place,
            one.acceptor,
            one.witness,
            one.told,
            one.verified_by,
            one.cause,
        ],
        None => [const { String::new() }; 11],
    };
    view! {
        <RadioField name="kind" label=tr!(wards.leave_kind) choices=kinds value=kind.as_str()/>
        <TextField name="diagnosis" label=tr!(wards.primary_diagnosis) value=diagnosis required=true maxlength=500 autocomplete="off"/>
        <TextArea name="course" label=tr!(wards.course) value=course rows=4 maxlength=4000 optional=true/>
        <TextArea name="medicines" label=tr!(wards.home_medicines) value=medicines rows=3 maxlength=2000 optional=true/>
        <TextArea name="follow_up" label=tr!(wards.follow_up) value=follow_up rows=2 maxlength=1000 optional=true/>
        <TextArea name="pending" label=tr!(wards.pending) value=pending rows=2 maxlength=1000 optional=true/>
        <Fieldset legend=tr!(wards.for_elsewhere)>
            <TextField name="place" label=tr!(wards.place) value=place maxlength=200 autocomplete="off"/>
            <TextField name="acceptor" label=tr!(wards.acceptor) value=acceptor maxlength=200 autocomplete="off"/>
        </Fieldset>
        <Fieldset legend=tr!(wards.leave_against_advice)>
            <CheckboxField name="capacity" label=tr!(wards.capacity) checked=capacity/>
            <TextField name="witness" label=tr!(wards.witness) value=witness maxlength=200 autocomplete="off"/>
        </Fieldset>
        <Fieldset legend=tr!(wards.leave_absconded)>
            <DateField name="last_seen_day" label=tr!(wards.last_seen_day) value=seen_day/>
            <TimeField name="last_seen_time" label=tr!(wards.last_seen_time) value=seen_time/>
            <TextField name="told" label=tr!(wards.told) value=told maxlength=200 autocomplete="off"/>
        </Fieldset>
        <Fieldset legend=tr!(wards.leave_died)>
            <DateField name="died_day" label=tr!(wards.died_day) value=died_day/>
            <TimeField name="died_time" label=tr!(wards.died_time) value=died_time/>
            <TextField name="verified_by" label=tr!(wards.verified_by) value=verified_by maxlength=200 autocomplete="off"/>
            <TextField name="cause" label=tr!(wards.cause) value=cause maxlength=500 autocomplete="off"/>
            <CheckboxField name="coroner" label=tr!(wards.coroner) checked=coroner/>
        </Fieldset>
    }
}
