//! `/portal/account`: the language, and the patient's contact data.

use leptos::prelude::*;

use super::linking;
use crate::{
    core::{
        Permission, Result,
        locale::{self, Locale},
    },
    organisation,
    patients::{self, Reading, coverage_words, guardians},
    server::{Ctx, Page},
    tr,
    ui::{Button, Choice, DescriptionList, Detail, Form, Glyph, LinkButton, PageHeader, PhoneLink, PostButton, RadioField},
};

/// Shows the account.
pub async fn account_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let login = ctx.who.login.clone();
    // Password and language belong to the user, linked to a record or not.
    let Ok(id) = ctx.own_patient() else {
        let today = ctx.today();
        let reading = Reading::here(&mut ctx.tx, today).await?;
        let clinics = organisation::clinics(&mut ctx.tx).await?;
        return Ok(Page::new(tr!(nav.account), move || {
            view! {
                <PageHeader title=tr!(nav.account) detail=login/>
                <div class="portal">{language_card()}{linking(reading, clinics)}{security_card()}{sign_out()}</div>
            }
        }));
    };
    let (today, acting) = (ctx.today(), ctx.who.acts_for().map(str::to_owned));
    let patient = patients::find(&mut ctx.tx, id).await?;
    let contacts = patients::contacts(&mut ctx.tx, id).await?;
    let coverage = patients::coverage_on(&mut ctx.tx, id, today).await?;
    // A user who acts for the patient does not see the patient's guardians.
    let now = ctx.now;
    let guardians = if acting.is_some() { Vec::new() } else { guardians::guardians(&mut ctx.tx, id, now).await? };
    ctx.saw(id, "portal").await?;
    Ok(Page::new(tr!(nav.account), move || {
        let facts = patient.facts;
        let opened = if acting.is_some() { tr!(portal.access_acting) } else { tr!(portal.access) };
        let about = acting.map_or_else(|| tr!(portal.about_you).to_owned(), |name| tr!(portal.about_name, name = name));
        let or_not_told = |text: String| if text.is_empty() { tr!(portal.not_told).to_owned() } else { text };
        let called = contacts
            .into_iter()
            .map(|contact| view! { <div>{contact.name}" "<PhoneLink number=contact.phone/></div> }.into_any())
            .collect::<Vec<_>>();
        let called = if called.is_empty() { tr!(portal.not_told).into_any() } else { called.into_any() };
        let phone = match facts.more.phone.is_empty() {
            true => tr!(portal.not_told).into_any(),
            false => view! { <PhoneLink number=facts.more.phone.clone()/> }.into_any(),
        };
        let details = vec![
            Detail::new(tr!(patients.name), facts.name.full()),
            Detail::new(tr!(patients.birth_date), facts.birth.shown()),
            Detail::new(tr!(ui.mrn), patient.mrn),
            Detail::view(tr!(patients.phone), phone),
            Detail::new(tr!(patients.email), or_not_told(facts.more.email.clone())),
            Detail::new(tr!(patients.address), or_not_told(facts.more.address_line())),
            Detail::view(tr!(portal.emergency_contact), called),
            Detail::new(tr!(ui.coverage), coverage.as_ref().map_or_else(|| tr!(patients.no_coverage).to_owned(), coverage_words)),
        ];
        view! {
            <PageHeader title=tr!(nav.account) detail=login/>
            <div class="portal">
                {language_card()}
                <section class="portal-card">
                    <h2 class="portal-card__head">{about}</h2>
                    <DescriptionList details/>
                    <div class="form__actions"><LinkButton href="/portal/account/profile" label=tr!(profile.title) glyph=Glyph::Edit/></div>
                </section>
                {messages_card()}
                {guardians::own_guardians(guardians)}
                {security_card()}
                <section class="portal-card">
                    <h2 class="portal-card__head">{opened}</h2>
                    <p>{tr!(portal.access_hint)}</p>
                    <div class="form__actions"><LinkButton href="/portal/account/access" label=tr!(portal.access_show) glyph=Glyph::Lock/></div>
                </section>
                {sign_out()}
            </div>
        }
    }))
}

fn language_card() -> AnyView {
    let languages = vec![Choice::new("en", "English"), Choice::new("es", "Español")];
    let current: Locale = locale::current();
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(portal.language)}</h2>
            <Form action="/api/accounts/language" hidden=vec![("next", "/portal/account".to_owned())]>
                <RadioField name="language" label=tr!(portal.language_question) choices=languages value=locale::code(current) inline=true/>
                <div class="form__actions"><Button label=tr!(ui.save)/></div>
            </Form>
        </section>
    }
    .into_any()
}

/// Links to the addresses for messages, which are the user's own, for whomever the portal is open.
fn messages_card() -> AnyView {
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(messages.contact)}</h2>
            <p>{tr!(messages.contact_text)}</p>
            <div class="form__actions"><LinkButton href="/portal/account/contact" label=tr!(messages.contact) glyph=Glyph::Bell/></div>
        </section>
    }
    .into_any()
}

fn security_card() -> AnyView {
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(accounts.security)}</h2>
            <p>{tr!(accounts.security_hint)}</p>
            <div class="form__actions"><LinkButton href="/account/security" label=tr!(accounts.security) glyph=Glyph::User/></div>
        </section>
    }
    .into_any()
}

fn sign_out() -> AnyView {
    view! {
        <div class="portal-card__actions">
            <PostButton action="/api/accounts/sign_out" label=tr!(ui.sign_out)/>
        </div>
    }
    .into_any()
}
