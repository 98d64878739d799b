//! `/wards/{id}/leaflet`: what the ward tells its patients, to edit. `/admissions/{id}/leaflet`: the same on paper for one patient, in the
//! patient's language or another (`?lang=es`).

use leptos::prelude::*;
use serde::Deserialize;

use super::done_words;
use crate::{
    core::{
        AdmissionId, Permission, Result, WardId,
        locale::{self, Locale},
        time::{show_date, show_date_time},
    },
    organisation, patients,
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, DescriptionList, Detail, Fieldset, Form, PageHeader, PaperPage, PrintSheet, TextArea, TextField,
        Toast,
    },
    wards::{
        AdmissionState, admission,
        leaflets::{Leaflet, leaflet},
        plan,
    },
};

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LeafletQuery {
    done: String,
}

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn leaflet_page(Path(id): Path<WardId>, Query(LeafletQuery { done }): Query<LeafletQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageWards).await?;
    let ward = plan::ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let known = leaflet(&mut ctx.tx, id).await?;
    let page = Page::new(tr!(wards.leaflet), move || {
        let back = (format!("/wards/{id}"), ward.name.clone());
        let hidden = vec![("ward_id", id.to_string()), ("version", known.version.to_string())];
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(wards.leaflet) back detail=tr!(wards.leaflet_text)/>
            <Form action="/api/wards/write_leaflet" hidden>
                <TextField name="phone" label=tr!(wards.ward_phone) value=known.phone.clone() maxlength=40 optional=true autocomplete="off"/>
                <Fieldset legend="English">
                    <TextArea name="visiting_en" label=tr!(wards.visiting) value=known.visiting_en.clone() rows=2 maxlength=500 optional=true/>
                    <TextArea name="bring_en" label=tr!(wards.bring) value=known.bring_en.clone() rows=4 maxlength=2000 optional=true/>
                </Fieldset>
                <Fieldset legend="Español">
                    <TextArea name="visiting_es" label=tr!(wards.visiting) value=known.visiting_es.clone() rows=2 maxlength=500 optional=true/>
                    <TextArea name="bring_es" label=tr!(wards.bring) value=known.bring_es.clone() rows=4 maxlength=2000 optional=true/>
                </Fieldset>
                <CheckboxField name="shows_leaving" label=tr!(wards.shows_leaving) checked=known.shows_leaving/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
            </Form>
        }
    });
    Ok(page.class("main--narrow"))
}

/// The language of the paper.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LeafletPaperQuery {
    lang: String,
}

/// Shows the sheet that a patient gets with the admission.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn leaflet_paper_page(Path(id): Path<AdmissionId>, Query(LeafletPaperQuery { lang }): Query<LeafletPaperQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ViewWard, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let ward = plan::ward(&mut ctx.tx, admission.ward()).await?;
    let leaflet = leaflet(&mut ctx.tx, ward.id).await?;
    let patient = patients::find(&mut ctx.tx, admission.patient_id).await?;
    let clinic = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?;
    let (hospital, now) = (ctx.state().hospital(), ctx.now);
    let spoken = patient.facts.more.language.parse::<Locale>().ok();
    let paper = lang.parse::<Locale>().ok().or(spoken).unwrap_or(locale::current());
    Ok(Page::new(tr!(wards.leaflet), move || {
        locale::LOCALE.sync_scope(paper, || {
            let others = vec![
                (format!("/admissions/{id}/leaflet?lang=en"), "English".to_owned()),
                (format!("/admissions/{id}/leaflet?lang=es"), "Español".to_owned()),
            ];
            let facts = vec![admission.number.clone(), tr!(ui.printed_at, at = show_date_time(clinic.zone.local(now)))];
            let mut details = vec![Detail::new(tr!(wards.ward), ward.name.clone())];
            match admission.admitted_at {
                Some(at) => details.push(Detail::new(tr!(wards.admitted_at), show_date(clinic.zone.day(at)))),
                None if admission.state == AdmissionState::Accepted => {
                    details.push(Detail::new(tr!(wards.come_on), show_date(admission.wanted_on)));
                }
                None => {}
            }
            details.extend(told(&leaflet, paper));
            view! {
                <PaperPage back=format!("/admissions/{id}") back_words=tr!(wards.admission) others>
                    <PrintSheet
                        hospital=hospital.name.clone()
                        hospital_lines=hospital.letterhead(Some(&clinic))
                        title=tr!(wards.leaflet_title)
                        patient=patient.on_paper()
                        facts
                    >
                        <DescriptionList details class="details--stacked"/>
                    </PrintSheet>
                </PaperPage>
            }
            .into_any()
        })
    })
    .layout(Layout::Print))
}

/// Returns the texts of a ward's leaflet: the visiting hours, its phone, what to bring; without those that are empty.
pub(super) fn told(leaflet: &Leaflet, locale: Locale) -> Vec<Detail> {
    let texts = [
        (tr!(wards.visiting), leaflet.visiting(locale)),
        (tr!(wards.ward_phone), leaflet.phone.as_str()),
        (tr!(wards.bring), leaflet.bring(locale)),
    ];
    let written = texts.into_iter().filter(|(_, text)| !text.is_empty());
    written
        .map(|(label, text)| (label, text.to_owned()))
        .map(|(label, text)| Detail::view(label, view! { <p class="prose">{text}</p> }))
        .collect()
}
