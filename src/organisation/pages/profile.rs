//! `/profile`: what a member of staff says of herself to patients: biography and languages.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    fields::{both_versions, control, refused_form},
    hub::done_words,
    person::{offers, ticked_otherwise, ticks},
};
use crate::{
    audit::field_words,
    core::{Error, Permission, Result, Role, time::show_date_time},
    organisation::people::{self, FIELDS, Person, Several, last_change, person},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, DescriptionList, Detail, EmptyState, Form, Glyph, PageHeader, Toast},
};

const SAVE: &str = "/api/organisation/save_profile";

/// The fields that only an administrator changes, in the order of the page.
const SETTLED: [&str; 5] = ["name", "profession", "qualification", "licence_number", "practising_since"];

/// The change that the address names.
#[derive(Debug, Deserialize)]
pub struct ProfileQuery {
    #[serde(default)]
    done: String,
}

/// The form.
pub async fn profile_page(Query(ProfileQuery { done }): Query<ProfileQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnAccount).await?;
    let Some(id) = ctx.who.staff else { return nobody(&ctx) };
    let own = person(&mut ctx.tx, id).await?;
    let names = people::names(&mut ctx.tx).await?;
    let offers = offers(&mut ctx, Some(&own)).await?;
    let last = last_change(&mut ctx.tx, id).await?;
    let last_at = last.changed_at.map(|at| show_date_time(ctx.zone().local(at)));
    let form = refused_form(ctx.request(), SAVE, None);
    Ok(Page::new(tr!(organisation.profile), move || {
        let more =
            ticked_otherwise(form.as_ref(), &offers, &own).into_iter().filter(|row| row[0] == people::several_words(Several::Languages));
        let at = FIELDS.iter().position(|field| field.name == "biography").unwrap_or_default();
        let (fields, values) = (FIELDS.get(at..=at).unwrap_or_default(), own.values.get(at..=at).unwrap_or_default());
        let versions = both_versions(form.as_ref(), (fields, values, own.version), (&last, last_at), &names, more.collect());
        let details = details(&own, &names);
        let hidden = vec![("version", own.version.to_string())];
        let fields = move || {
            let biography = FIELDS.iter().filter(|field| field.name == "biography");
            let biography = biography.map(|field| control(field, own.value("biography").to_owned(), &names, false)).collect_view();
            let languages = offers.iter().filter(|(of, _)| *of == Several::Languages);
            let languages = languages.map(|(of, offered)| ticks(*of, offered, &own.languages)).collect_view();
            view! { {biography}{languages} }
        };
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader
                title=tr!(organisation.profile)
                back=("/account".to_owned(), tr!(nav.account).to_owned())
                detail=tr!(organisation.profile_detail)
            />
            <div class="stack">
                {versions}
                {details}
                <p><a href="/profile/photo">{tr!(organisation.photo)}</a></p>
                <Form action=SAVE hidden>
                    {fields()}
                    <div class="form__actions"><Button label=tr!(organisation.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        }
    })
    .class("main--narrow"))
}

/// The page of a user without a row of staff; patients have no such page.
pub(super) fn nobody(ctx: &Ctx) -> Result<Page> {
    if ctx.who.roles.iter().all(|(role, _)| *role == Role::Patient) {
        return Err(Error::Forbidden);
    }
    Ok(Page::new(tr!(organisation.profile), || {
        view! {
            <PageHeader title=tr!(organisation.profile) back=("/account".to_owned(), tr!(nav.account).to_owned())/>
            <EmptyState glyph=Glyph::User title=tr!(organisation.no_profile) text=tr!(organisation.no_profile_text)/>
        }
    }))
}

/// The fields of the person that only an administrator changes.
fn details(own: &Person, names: &crate::organisation::lists::Names) -> impl IntoView + use<> {
    let fields = FIELDS.iter().filter(|field| SETTLED.contains(&field.name));
    let details = fields.map(|field| Detail::new(field_words(field.name), names.words(field, own.value(field.name))));
    view! { <DescriptionList details=details.collect()/> }
}
