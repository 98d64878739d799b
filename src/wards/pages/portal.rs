//! The panel of the own stays in the portal.

use leptos::prelude::*;

use super::leaflet::told;
use crate::{
    core::{PatientId, Result, locale, time::show_date},
    server::{Ctx, department::Draw},
    tr,
    ui::{DescriptionList, Detail, Glyph, LinkButton, StatusBadge},
    wards::{
        AdmissionState,
        own_stay::{OwnStay, own_stays},
    },
};

/// The panel; it shows nothing without a stay.
///
/// # Errors
/// When the database refuses.
pub async fn portal_stays(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let stays = own_stays(ctx, patient).await?;
    Ok(Box::new(move || {
        if stays.is_empty() {
            return ().into_any();
        }
        let stays = stays.iter().map(stay).collect_view();
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(wards.portal_title)}</h2></div>
                {stays}
            </section>
        }
        .into_any()
    }))
}

fn stay(one: &OwnStay) -> AnyView {
    let admission = &one.admission;
    let day = |at| show_date(one.clinic.zone.day(at));
    let is_over = admission.state == AdmissionState::Discharged;
    let mut rows = vec![Detail::new(tr!(wards.ward), format!("{}, {}", one.ward.name, one.clinic.name))];
    if let Some(bed) = &one.bed {
        rows.push(Detail::new(tr!(wards.bed), bed.place()));
    }
    if let Some(doctor) = &admission.doctor {
        rows.push(Detail::new(tr!(wards.doctor), doctor.clone()));
    }
    rows.extend(admission.admitted_at.map(|at| Detail::new(tr!(wards.admitted_at), day(at))));
    rows.extend(admission.left_at.map(|at| Detail::new(tr!(wards.left_at), day(at))));
    if !is_over {
        rows.push(Detail::new(tr!(wards.portal_next), next(one)));
        rows.extend(told(&one.leaflet, locale::current()));
    }
    let summary = one.has_summary.then(|| {
        let href = format!("/portal/stays/{}/summary", admission.id);
        view! { <p><LinkButton href label=tr!(wards.summary) glyph=Glyph::Note/></p> }
    });
    view! {
        <div class="panel__body stack stack--tight">
            <p><StatusBadge tone=admission.state.tone() label=admission.state.words()/></p>
            <DescriptionList details=rows/>
            {summary}
        </div>
    }
    .into_any()
}

/// Returns what comes next in an open stay. The planned day of the discharge is said where the ward shows it.
fn next(one: &OwnStay) -> String {
    let admission = &one.admission;
    match (admission.state, admission.expected_on.filter(|_| one.leaflet.shows_leaving)) {
        (AdmissionState::Requested, _) => tr!(wards.portal_requested).to_owned(),
        (AdmissionState::Accepted, _) => tr!(wards.portal_come, day = show_date(admission.wanted_on)),
        _ if one.leaves => tr!(wards.portal_leaves).to_owned(),
        (_, Some(day)) => tr!(wards.portal_expected, day = show_date(day)),
        _ => tr!(wards.portal_stays).to_owned(),
    }
}
