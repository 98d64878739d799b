//! `/admissions/{id}/discharge`: the form with which a doctor decides that the patient leaves.

use leptos::prelude::*;

use super::admission::hidden;
use crate::{
    core::{AdmissionId, Permission, Result},
    patients,
    server::{Ctx, Page, Path, department::StayPage},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, DateField, Fieldset, Form, NoticeBox, PageHeader, PatientBanner, RadioField, TextArea,
        TextField, TimeField, Tone,
    },
    wards::{
        AdmissionState, admission,
        leaving::{self, DischargeKind},
    },
};

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn discharge_page(Path(id): Path<AdmissionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::DischargeClinical).await?;
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::DischargeClinical, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, admission.patient_id, today).await?;
    let decided = leaving::open_of(&mut ctx.tx, id).await?.is_some() || admission.state != AdmissionState::Admitted;
    let departments = ctx.state().departments;
    let panels = departments.stay_panels(&mut ctx, id, StayPage::Discharge).await?;
    let page = Page::new(tr!(wards.decide_discharge), move || {
        let back = (format!("/admissions/{id}"), tr!(wards.admission_of, number = admission.number));
        let body = match decided {
            true => view! { <NoticeBox tone=Tone::Waiting><p>{tr!(wards.discharge_open)}</p></NoticeBox> }.into_any(),
            false => {
                let hidden = hidden(id);
                let panels = panels.into_iter().map(|draw| draw()).collect_view();
                view! {
                    {panels}
                    <Form action="/api/wards/discharge" hidden>
                        {fields()}
                        <div class="form__actions"><Button label=tr!(wards.decide_discharge) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                    </Form>
                }
                .into_any()
            }
        };
        view! { <PageHeader title=tr!(wards.decide_discharge) back/>{body} }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

fn fields() -> impl IntoView {
    let kinds = DischargeKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect::<Vec<_>>();
    view! {
        <RadioField name="kind" label=tr!(wards.leave_kind) choices=kinds value="home"/>
        <TextField name="diagnosis" label=tr!(wards.primary_diagnosis) required=true maxlength=500 autocomplete="off"/>
        <TextArea name="course" label=tr!(wards.course) rows=4 maxlength=4000 optional=true/>
        <TextArea name="medicines" label=tr!(wards.home_medicines) rows=3 maxlength=2000 optional=true/>
        <TextArea name="follow_up" label=tr!(wards.follow_up) rows=2 maxlength=1000 optional=true/>
        <TextArea name="pending" label=tr!(wards.pending) rows=2 maxlength=1000 optional=true/>
        <Fieldset legend=tr!(wards.for_elsewhere)>
            <TextField name="place" label=tr!(wards.place) maxlength=200 autocomplete="off"/>
            <TextField name="acceptor" label=tr!(wards.acceptor) maxlength=200 autocomplete="off"/>
        </Fieldset>
        <Fieldset legend=tr!(wards.leave_against_advice)>
            <CheckboxField name="capacity" label=tr!(wards.capacity)/>
            <TextField name="witness" label=tr!(wards.witness) maxlength=200 autocomplete="off"/>
        </Fieldset>
        <Fieldset legend=tr!(wards.leave_absconded)>
            <DateField name="last_seen_day" label=tr!(wards.last_seen_day)/>
            <TimeField name="last_seen_time" label=tr!(wards.last_seen_time)/>
            <TextField name="told" label=tr!(wards.told) maxlength=200 autocomplete="off"/>
        </Fieldset>
        <Fieldset legend=tr!(wards.leave_died)>
            <DateField name="died_day" label=tr!(wards.died_day)/>
            <TimeField name="died_time" label=tr!(wards.died_time)/>
            <TextField name="verified_by" label=tr!(wards.verified_by) maxlength=200 autocomplete="off"/>
            <TextField name="cause" label=tr!(wards.cause) maxlength=500 autocomplete="off"/>
            <CheckboxField name="coroner" label=tr!(wards.coroner)/>
        </Fieldset>
    }
}
