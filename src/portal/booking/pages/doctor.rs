//! `/portal/doctors/{id}`: a doctor as patients choose one: photo, specialties, languages, clinics, fee.

use chrono::Duration;
use leptos::prelude::*;

use crate::{
    appointments::{self, SlotQuery, VisitTypeFilter},
    audit::field_words,
    billing::{self, Consultation},
    core::{Error, Permission, Result, StaffId},
    organisation::{
        self, Clinic,
        people::{Profession, language_words, person},
        pictures::{PictureShown, Whose, picture},
    },
    portal::pages::not_linked,
    server::{Ctx, Page, Path},
    tr,
    ui::{ButtonTone, DescriptionList, Detail, EmptyState, Glyph, LinkButton, PageHeader},
};

/// The data of the page.
struct DoctorShown {
    name: String,
    biography: String,
    details: Vec<Detail>,
    photo: Option<PictureShown>,
    /// The clinics where patients book with the doctor, each with the expected fee in words.
    clinics: Vec<(Clinic, Option<String>)>,
    id: StaffId,
}

/// Shows the page.
///
/// # Errors
/// [`Error::NotFound`] when the id is of nobody who is booked.
pub async fn doctor_page(Path(id): Path<StaffId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(patient) = ctx.own_patient() else { return not_linked(&mut ctx).await };
    let found = person(&mut ctx.tx, id).await?;
    if found.retired || found.value("profession") != Profession::Doctor.as_str() || found.value("accepting_bookings").is_empty() {
        return Err(Error::NotFound);
    }
    let doctor = organisation::doctor(&mut ctx.tx, id).await?;
    let currency = ctx.state().hospital().currency;
    let mut clinics = Vec::new();
    for clinic in organisation::clinics(&mut ctx.tx).await? {
        let today = clinic.zone.day(ctx.now);
        let rules = organisation::booking_rules(&mut ctx.tx, clinic.id, None).await?;
        let query = SlotQuery {
            clinic: clinic.id,
            zone: clinic.zone,
            service: None,
            specialty: None,
            doctor: None,
            from: today,
            to: today + Duration::days(rules.days),
            open: true,
            visit_type: VisitTypeFilter::Chosen(None),
            now: ctx.now,
        };
        if !appointments::bookable_doctors(&mut ctx.tx, query).await?.iter().any(|(bookable, _)| *bookable == id) {
            continue;
        }
        let fee = match doctor.department_id {
            Some(department) => {
                let consultation =
                    Consultation { patient, clinic: clinic.id, department, provider: Some(id), visit_type: None, day: today };
                let quote = billing::quote(&mut ctx.tx, &consultation.into()).await?;
                quote.price.map(|price| currency.show(price.amount))
            }
            None => None,
        };
        clinics.push((clinic, fee));
    }
    let languages: Vec<String> = found.languages.iter().map(|tag| language_words(tag)).collect();
    let specialties: Vec<String> = doctor.specialties.iter().map(|name| organisation::shown_name(name)).collect();
    let details = [
        (tr!(organisation.specialties).to_owned(), specialties.join(", ")),
        (tr!(organisation.department).to_owned(), doctor.department),
        (field_words("qualification"), found.value("qualification").to_owned()),
        (field_words("practising_since"), found.value("practising_since").to_owned()),
        (tr!(organisation.languages).to_owned(), languages.join(", ")),
    ];
    let shown = DoctorShown {
        name: found.name().to_owned(),
        biography: found.value("biography").to_owned(),
        details: details.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| Detail::new(name, value)).collect(),
        photo: picture(&mut ctx.tx, Whose::Person(id)).await?,
        clinics,
        id,
    };
    Ok(Page::new(shown.name.clone(), move || content(shown)))
}

fn content(shown: DoctorShown) -> impl IntoView {
    let DoctorShown { name, biography, details, photo, clinics, id } = shown;
    let photo = photo.map(|photo| {
        let alt = tr!(organisation.photo_of, name = name.clone());
        view! { <img class="photo" src=photo.photo_href() width=photo.width.to_string() height=photo.height.to_string() alt=alt/> }
    });
    let biography = (!biography.is_empty()).then(|| view! { <p class="prose">{biography}</p> });
    let places = match clinics.is_empty() {
        true => view! { <EmptyState glyph=Glyph::Calendar title=tr!(booking.nothing_to_book) text=tr!(booking.ask_us)/> }.into_any(),
        false => {
            let rows = clinics.into_iter().map(|(clinic, fee)| {
                let href = format!("/portal/book/times?clinic={}&doctor={id}", clinic.id);
                let fee = fee.map(|fee| view! { <p>{tr!(organisation.fee_of, amount = fee)}</p> });
                let label = tr!(booking.see_times);
                view! {
                    <li class="rows__row">
                        <div class="rows__main"><strong>{clinic.name.clone()}</strong><p class="muted">{clinic.address.clone()}</p>{fee}</div>
                        <div class="rows__side"><LinkButton href label tone=ButtonTone::Primary about=Some(clinic.name)/></div>
                    </li>
                }
            });
            view! { <section class="portal-card"><h2 class="portal-card__head">{tr!(organisation.clinics)}</h2><ul class="rows">{rows.collect_view()}</ul></section> }
                .into_any()
        }
    };
    view! {
        <PageHeader title=name back=("/portal/book".to_owned(), tr!(booking.book).to_owned())/>
        <div class="stack">
            {photo}
            {biography}
            <DescriptionList details=details/>
            {places}
        </div>
    }
}
