//! `/admissions/{id}/summary`: the discharge summary on paper, in the reader's language or in the patient's (`?lang=es`).

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        AdmissionId, Error, Permission, Result,
        locale::{self, Locale},
        time::{Instant, Zone, show_date_time},
    },
    organisation, patients,
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{Allergies, DescriptionList, Detail, PaperPage, PrintSheet},
    wards::{
        admission::{self, Admission},
        leaving::{self, Discharge},
    },
};

/// The language of the paper.
#[derive(Debug, Deserialize)]
pub struct SummaryQuery {
    #[serde(default)]
    lang: String,
}

/// Shows the sheet.
///
/// # Errors
/// Not allowed, another clinic's patient, no discharge, or when the database refuses.
pub async fn summary_page(Path(id): Path<AdmissionId>, Query(SummaryQuery { lang }): Query<SummaryQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ViewWard, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let discharge = leaving::open_of(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let patient = patients::find(&mut ctx.tx, admission.patient_id).await?;
    let today = ctx.today();
    let allergies = patients::banner(&mut ctx.tx, admission.patient_id, today).await?.allergies;
    let clinic = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?;
    let (hospital, now) = (ctx.state().hospital(), ctx.now);
    let paper: Locale = lang.parse().unwrap_or(locale::current());
    Ok(Page::new(tr!(wards.summary), move || {
        locale::LOCALE.sync_scope(paper, || {
            let zone = clinic.zone;
            let others = vec![
                (format!("/admissions/{id}/summary?lang=en"), "English".to_owned()),
                (format!("/admissions/{id}/summary?lang=es"), "Español".to_owned()),
            ];
            let facts = vec![admission.number.clone(), tr!(ui.printed_at, at = show_date_time(zone.local(now)))];
            let details = details(&admission, &discharge, allergies, zone);
            view! {
                <PaperPage back=format!("/admissions/{id}") back_words=tr!(wards.admission) others>
                    <PrintSheet
                        hospital=hospital.name.clone()
                        hospital_lines=hospital.letterhead(Some(&clinic))
                        title=tr!(wards.summary)
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

fn details(admission: &Admission, discharge: &Discharge, allergies: Allergies, zone: Zone) -> Vec<Detail> {
    let at = |at: Instant| show_date_time(zone.local(at));
    let allergies = match allergies {
        Allergies::NoneKnown => tr!(ui.no_known_allergies).to_owned(),
        Allergies::List(list) => list.into_iter().map(|one| one.substance).collect::<Vec<_>>().join(", "),
        Allergies::NotRecorded | Allergies::Withheld => tr!(ui.allergies_not_recorded).to_owned(),
    };
    let kind = if discharge.place.is_empty() {
        discharge.kind.words().to_owned()
    } else {
        format!("{}: {}", discharge.kind.words(), discharge.place)
    };
    let mut rows = vec![
        Detail::new(tr!(wards.admitted_at), admission.admitted_at.map(at).unwrap_or_default()),
        Detail::new(tr!(wards.left_at), discharge.left_at.map_or_else(|| tr!(wards.not_yet).to_owned(), at)),
        Detail::new(tr!(wards.leave_kind), kind),
        Detail::new(tr!(wards.reason), admission.reason.clone()),
        Detail::new(tr!(wards.primary_diagnosis), discharge.diagnosis.clone()),
        Detail::new(tr!(ui.allergy), allergies),
    ];
    if let Some(died) = discharge.died_at {
        rows.push(Detail::new(tr!(wards.leave_died), at(died)));
    }
    for (label, text) in [
        (tr!(wards.course), &discharge.course),
        (tr!(wards.home_medicines), &discharge.medicines),
        (tr!(wards.follow_up), &discharge.follow_up),
        (tr!(wards.pending), &discharge.pending),
    ] {
        let text = if text.is_empty() { tr!(ui.not_recorded).to_owned() } else { text.clone() };
        rows.push(Detail::view(label, view! { <p class="prose">{text}</p> }));
    }
    rows.push(Detail::new(tr!(wards.doctor), discharge.decided_by.clone()));
    rows
}
