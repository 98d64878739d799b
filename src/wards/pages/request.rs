//! `/wards/request?patient=`: the form that asks a ward to admit a patient.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{BedClassId, IdempotencyKey, PatientId, Permission, Result, StaffId, time::show_date},
    organisation::{self, Isolation},
    patients,
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, DateField, EmptyState, Fieldset, Form, Glyph, LinkButton, NoticeBox, PageHeader,
        PatientBanner, SelectField, TextArea, TextField, Tone,
    },
    wards::{
        AdmissionClass, AdmissionSource, AdmissionState, Urgency,
        admission::{self, Admission},
        equipment::{Equipment, Feature},
        plan::{self, Ward},
    },
};

/// The patient to be admitted.
#[derive(Debug, Deserialize)]
pub struct RequestQuery {
    #[serde(default)]
    patient: String,
}

/// The choices of the form.
struct Choices {
    wards: Vec<Ward>,
    classes: Vec<(BedClassId, String)>,
    doctors: Vec<(StaffId, String)>,
    doctor: Option<StaffId>,
}

/// Shows the form.
///
/// # Errors
/// Not allowed, a patient of another clinic, or when the database refuses.
pub async fn request_page(Query(RequestQuery { patient }): Query<RequestQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RequestAdmission).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let Ok(patient) = patient.parse::<PatientId>() else { return Ok(Page::new(tr!(wards.request), for_whom)) };
    ctx.saw(patient, "banner").await?;
    let banner = patients::banner(&mut ctx.tx, patient, today).await?;
    let open = admission::latest_of(&mut ctx.tx, patient).await?;
    let doctors = organisation::doctors(&mut ctx.tx, clinic).await?.into_iter().map(|doctor| (doctor.id, doctor.name)).collect();
    let choices = Choices {
        wards: plan::wards(&mut ctx.tx, clinic).await?,
        classes: plan::classes(&mut ctx.tx).await?,
        doctors,
        doctor: ctx.who.staff,
    };
    let may_view = ctx.who.may(Permission::ViewWard);
    let page = Page::new(tr!(wards.request), move || {
        let back = (format!("/patients/{patient}"), tr!(patients.record).to_owned());
        let body = match open {
            Some(open) => already(&open, may_view),
            None if choices.wards.is_empty() => {
                view! { <EmptyState glyph=Glyph::Bed title=tr!(wards.no_wards) text=tr!(wards.no_wards_text)/> }.into_any()
            }
            None => {
                let hidden = vec![("patient_id", patient.to_string()), ("key", IdempotencyKey::new().to_string())];
                view! {
                    <Form action="/api/wards/request" hidden>
                        {fields(&choices, today.to_string())}
                        <div class="form__actions"><Button label=tr!(wards.send_request) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                    </Form>
                }
                .into_any()
            }
        };
        view! {
            <PageHeader title=tr!(wards.request) back detail=tr!(wards.request_detail)/>
            {body}
        }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

/// Says that the patient is on a ward or waits for one.
fn already(open: &Admission, may_view: bool) -> AnyView {
    let words = if open.state == AdmissionState::Admitted { tr!(wards.already_admitted) } else { tr!(wards.already_requested) };
    let (id, facts) = (open.id, format!("{}, {}", open.number, show_date(open.wanted_on)));
    let link = may_view.then(|| view! { <LinkButton href=format!("/admissions/{id}") label=tr!(wards.open_admission) glyph=Glyph::Bed/> });
    view! { <NoticeBox tone=Tone::Waiting title=words><p>{facts}</p>{link}</NoticeBox> }.into_any()
}

/// Without a patient in the address: the way to one.
fn for_whom() -> impl IntoView {
    view! {
        <PageHeader title=tr!(wards.request)/>
        <EmptyState glyph=Glyph::Search title=tr!(wards.for_whom) text=tr!(wards.for_whom_text)>
            <LinkButton href="/patients" label=tr!(wards.find_patient) tone=ButtonTone::Primary glyph=Glyph::Search/>
        </EmptyState>
    }
}

/// The ticks for the equipment that the patient needs.
pub(super) fn equipment_ticks(needed: Equipment) -> impl IntoView {
    let tick = |one: &Feature| view! { <CheckboxField name=one.as_str() label=one.words() checked=needed.has(*one)/> };
    Feature::ALL.iter().map(tick).collect_view()
}

fn fields(choices: &Choices, today: String) -> impl IntoView + use<> {
    let wards = choices.wards.iter().map(|ward| Choice::new(ward.id.to_string(), ward.name.clone())).collect::<Vec<_>>();
    let classes = choices.classes.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect::<Vec<_>>();
    let doctors = choices.doctors.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect::<Vec<_>>();
    let doctor = choices.doctor.map(|id| id.to_string()).unwrap_or_default();
    let kinds = AdmissionClass::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let sources = AdmissionSource::ASKED.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let urgencies = Urgency::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let isolations = Isolation::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    view! {
        <TextArea name="reason" label=tr!(wards.reason) rows=2 maxlength=500 required=true/>
        <SelectField name="ward_id" label=tr!(wards.wanted_ward) choices=wards prompt=tr!(errors.choose) required=true/>
        <SelectField name="urgency" label=tr!(wards.urgency) choices=urgencies value="routine"/>
        <SelectField name="class" label=tr!(wards.class) choices=kinds value="inpatient"/>
        <SelectField name="source" label=tr!(wards.source) choices=sources value="outpatient"/>
        <SelectField name="doctor_id" label=tr!(wards.doctor) choices=doctors value=doctor prompt=tr!(wards.not_known_yet) optional=true/>
        <DateField name="wanted_on" label=tr!(wards.wanted_on) value=today/>
        <DateField name="expected_on" label=tr!(wards.expected_on) optional=true/>
        <Fieldset legend=tr!(wards.needs)>
            <SelectField name="class_id" label=tr!(wards.bed_class) choices=classes prompt=tr!(wards.any_class) optional=true/>
            <SelectField name="isolation" label=tr!(wards.isolation) choices=isolations value="none"/>
            <TextField name="organism" label=tr!(wards.organism) optional=true maxlength=100 autocomplete="off"/>
            {equipment_ticks(Equipment::default())}
            <CheckboxField name="private" label=tr!(wards.private) hint=tr!(wards.private_hint)/>
        </Fieldset>
    }
}
