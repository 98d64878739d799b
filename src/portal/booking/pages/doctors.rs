//! `/portal/doctors`: the doctors whom patients book, with their specialties and languages; those who speak a language.

use std::collections::BTreeMap;

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    appointments::{self, SlotQuery, VisitTypeFilter},
    core::{Permission, Result, StaffId},
    organisation::{
        self,
        people::{language_words, languages_of},
    },
    portal::pages::not_linked,
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, Choice, EmptyState, Glyph, Icon, PageHeader, SelectField},
};

/// The language that is wanted.
#[derive(Debug, Default, Deserialize)]
pub struct DoctorsQuery {
    #[serde(default)]
    language: String,
}

/// A doctor of the list.
#[derive(Default)]
struct Listed {
    name: String,
    specialties: Vec<String>,
    clinics: Vec<String>,
    /// Language tags.
    languages: Vec<String>,
}

/// Shows the list.
///
/// # Errors
/// When the user lacks the permission, or the database refuses.
pub async fn doctors_page(Query(query): Query<DoctorsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    if ctx.own_patient().is_err() {
        return not_linked(&mut ctx).await;
    }
    let mut listed: BTreeMap<StaffId, Listed> = BTreeMap::new();
    for clinic in organisation::clinics(&mut ctx.tx).await? {
        let today = clinic.zone.day(ctx.now);
        let rules = organisation::booking_rules(&mut ctx.tx, clinic.id, None).await?;
        let bookable = SlotQuery {
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
        let bookable = appointments::bookable_doctors(&mut ctx.tx, bookable).await?;
        for doctor in organisation::doctors(&mut ctx.tx, clinic.id).await? {
            if bookable.iter().any(|(id, _)| *id == doctor.id) {
                let one = listed.entry(doctor.id).or_default();
                (one.name, one.specialties) = (doctor.name, doctor.specialties.iter().map(|name| organisation::shown_name(name)).collect());
                one.clinics.push(clinic.name.clone());
            }
        }
    }
    let ids: Vec<StaffId> = listed.keys().copied().collect();
    for (id, tag) in languages_of(&mut ctx.tx, &ids).await? {
        if let Some(one) = listed.get_mut(&id) {
            one.languages.push(tag);
        }
    }
    let mut spoken: Vec<String> = listed.values().flat_map(|one| one.languages.clone()).collect();
    spoken.sort_unstable();
    spoken.dedup();
    let mut listed: Vec<(StaffId, Listed)> = listed.into_iter().collect();
    if spoken.contains(&query.language) {
        listed.retain(|(_, one)| one.languages.contains(&query.language));
    }
    listed.sort_by_cached_key(|(_, one)| one.name.to_lowercase());
    Ok(Page::new(tr!(organisation.our_doctors), move || content(listed, spoken, query.language)))
}

fn content(listed: Vec<(StaffId, Listed)>, spoken: Vec<String>, language: String) -> impl IntoView {
    let choices: Vec<Choice> = spoken.iter().map(|tag| Choice::new(tag.clone(), language_words(tag))).collect();
    let filter = (!choices.is_empty()).then(|| {
        view! {
            <form class="filter" method="get" action="/portal/doctors">
                <SelectField name="language" label=tr!(organisation.languages) choices prompt=tr!(organisation.any_language) value=language/>
                <Button label=tr!(ui.show) glyph=Glyph::Filter/>
            </form>
        }
    });
    let empty = listed
        .is_empty()
        .then(|| view! { <EmptyState glyph=Glyph::Stethoscope title=tr!(booking.nothing_to_book) text=tr!(booking.ask_us)/> });
    let rows = listed
        .into_iter()
        .map(|(id, one)| {
            let languages: Vec<String> = one.languages.iter().map(|tag| language_words(tag)).collect();
            let about = [one.specialties.join(", "), languages.join(", "), one.clinics.join(", ")];
            let about = about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
            view! {
                <li>
                    <a class="todo__item" href=format!("/portal/doctors/{id}")>
                        <Icon glyph=Glyph::Stethoscope/>
                        <span class="grow"><strong>{one.name}</strong><br/><span class="muted small">{about}</span></span>
                        <Icon glyph=Glyph::ChevronRight/>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <PageHeader title=tr!(organisation.our_doctors) back=("/portal/book".to_owned(), tr!(booking.book).to_owned())/>
        <div class="stack">
            {filter}
            {empty}
            <ul class="todo">{rows}</ul>
        </div>
    }
}
