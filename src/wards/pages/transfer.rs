//! `/admissions/{id}/transfer`: the sheet that goes along with a patient to another ward. It is there before the transfer and after the arrival.

use leptos::prelude::*;

use super::{resuscitation::words, transferring::needs};
use crate::{
    core::{
        AdmissionId, Error, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    organisation::{self, Isolation},
    patients,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Allergies, DescriptionList, Detail, PaperPage, PrintSheet},
    wards::{
        admission::{self, Admission},
        moves::{self, Transfer},
        plan,
        resuscitation::{self, CareDecision},
        uses::{self, UseKind},
    },
};

/// Shows the sheet.
///
/// # Errors
/// Not allowed, another clinic's patient, no transfer, or when the database refuses.
pub async fn transfer_page(Path(id): Path<AdmissionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ViewWard, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let transfer = moves::last_transfer(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let patient = patients::find(&mut ctx.tx, admission.patient_id).await?;
    let today = ctx.today();
    let allergies = patients::banner(&mut ctx.tx, admission.patient_id, today).await?.allergies;
    let bed = match uses::open_of_admission(&mut ctx.tx, id, UseKind::Stay).await? {
        Some(stay) => plan::bed(&mut ctx.tx, stay.bed_id).await?.place(),
        None => String::new(),
    };
    let level = resuscitation::decided(&mut ctx.tx, id).await?;
    let clinic = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?;
    let zone = clinic.zone;
    // The doses are the medicine record's, and the lines are the nurses': who may not read them there, does not read them here.
    let doses = match ctx.who.may_at(Permission::ReadMedicineRecord, clinic.id) {
        true => moves::sheet_doses(&mut ctx.tx, id, ctx.now).await?.iter().map(|dose| dose.words(zone)).collect(),
        false => Vec::new(),
    };
    let lines = match ctx.who.may_at(Permission::RecordCare, clinic.id) {
        true => moves::sheet_lines(&mut ctx.tx, id).await?.iter().map(|line| line.words(zone)).collect(),
        false => Vec::new(),
    };
    let (hospital, now) = (ctx.state().hospital(), ctx.now);
    Ok(Page::new(tr!(wards.transfer_sheet), move || {
        let facts = vec![admission.number.clone(), tr!(ui.printed_at, at = show_date_time(zone.local(now)))];
        let details = details(&admission, &transfer, (allergies, level.as_ref()), (doses, lines), (bed, zone));
        view! {
            <PaperPage back=format!("/admissions/{id}") back_words=tr!(wards.admission)>
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(Some(&clinic))
                    title=tr!(wards.transfer_sheet)
                    patient=patient.on_paper()
                    facts
                >
                    <DescriptionList details class="details--stacked"/>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}

fn details(
    admission: &Admission,
    transfer: &Transfer,
    (allergies, level): (Allergies, Option<&CareDecision>),
    (doses, lines): (Vec<String>, Vec<String>),
    (bed, zone): (String, Zone),
) -> Vec<Detail> {
    let at = |at: Instant| show_date_time(zone.local(at));
    let allergies = match allergies {
        Allergies::NoneKnown => tr!(ui.no_known_allergies).to_owned(),
        Allergies::List(list) => list.into_iter().map(|one| one.substance).collect::<Vec<_>>().join(", "),
        Allergies::NotRecorded | Allergies::Withheld => tr!(ui.allergies_not_recorded).to_owned(),
    };
    let isolation = match admission.isolation {
        Isolation::None => tr!(wards.not_isolated).to_owned(),
        kind if admission.organism.is_empty() => kind.words(),
        kind => format!("{} ({})", kind.words(), admission.organism),
    };
    let list = |label: &'static str, lines: Vec<String>| {
        let none = lines.is_empty().then_some(tr!(wards.none_recorded));
        let lines = lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view();
        Detail::view(label, view! { {none}{lines} })
    };
    let mut details = vec![
        Detail::new(tr!(wards.ward), format!("{} → {}", transfer.from_ward, transfer.to_ward)),
        Detail::new(tr!(wards.bed), bed),
        Detail::new(tr!(wards.because), transfer.kind.words()),
        Detail::new(tr!(wards.asked_at), at(transfer.asked_at)),
        Detail::new(tr!(wards.admitted_at), admission.admitted_at.map(at).unwrap_or_default()),
        Detail::new(tr!(wards.reason), admission.reason.clone()),
        Detail::new(tr!(ui.allergy), allergies),
        Detail::new(tr!(wards.isolation), isolation),
        Detail::new(tr!(wards.level), level.map_or_else(|| tr!(wards.level_none).to_owned(), |level| words(level, zone))),
        Detail::new(tr!(wards.doctor), admission.doctor.clone().unwrap_or_default()),
        list(tr!(wards.sheet_doses), doses),
        list(tr!(wards.sheet_lines), lines),
        Detail::view(tr!(wards.sbar), view! { <p class="prose">{transfer.handover.clone()}</p> }),
    ];
    // Before the doses: they are read before the patient is moved.
    let place = details.len() - 3;
    details.splice(place..place, needs(transfer));
    details
}
