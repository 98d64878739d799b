//! `/portal/account/profile`: the patient reads the own data, changes the contact data, and asks for the rest.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    super::store,
    phones::{phones_card, photo_card},
    requests::{ask_cards, family_card, requests_card},
};
use crate::{
    accounts::confirm_field,
    core::{
        PatientId, Permission, Result,
        time::{Zone, show_date},
    },
    documents::{self, Document},
    messages::{self, AddressKind},
    patients::{
        self, ActedFor, Contact, ContactForm, Coverage, Insurer, MorePhone, OwnContactForm, Patient, Reading, contact_fields,
        coverage_words, guardians, language_choices,
    },
    portal::{acting::heading, profile::store::ProfileRequest},
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Confirm, Form, Glyph, Icon, LinkButton, PageHeader, PhoneLink, PostButton, SelectField, StatusBadge, TelField,
        TextField, Toast, Tone,
    },
};

/// The documents that a request can be sent with.
const DOCUMENTS: i64 = 50;

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct ProfileQuery {
    #[serde(default)]
    done: String,
}

pub(super) struct Shown {
    pub patient: Patient,
    pub contacts: Vec<Contact>,
    pub phones: Vec<MorePhone>,
    pub has_photo: bool,
    pub coverages: Vec<Coverage>,
    pub insurers: Vec<Insurer>,
    pub documents: Vec<Document>,
    pub requests: Vec<ProfileRequest>,
    /// The people for whom the user acts; `None` while the portal of one of them is open.
    pub family: Option<Vec<ActedFor>>,
    /// The confirmed address for messages that differs from that of the record, with its id.
    pub new_email: Option<(String, String)>,
    pub reading: Reading,
    pub zone: Zone,
}

/// Shows the page.
///
/// # Errors
/// When the user is linked to no record, or the database refuses.
pub async fn profile_page(Query(query): Query<ProfileQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let id = ctx.own_patient()?;
    let (now, today, zone) = (ctx.now, ctx.today(), ctx.zone());
    let patient = patients::find(&mut ctx.tx, id).await?;
    let own = ctx.who.patient.filter(|own| *own == id);
    let family = match own {
        Some(own) => Some(guardians::acted_for(&mut ctx.tx, own, now).await?),
        None => None,
    };
    let new_email = match own {
        Some(own) => messages::message_channels(&mut ctx.tx, own)
            .await?
            .into_iter()
            .find(|one| one.kind == AddressKind::Email && one.confirmed_at.is_some() && one.address != patient.facts.more.email)
            .map(|one| (one.id.to_string(), one.address)),
        None => None,
    };
    let found = documents::of_patient(&mut ctx.tx, id, None, DOCUMENTS).await?;
    let shown = Shown {
        contacts: patients::contacts(&mut ctx.tx, id).await?,
        phones: patients::phones_of(&mut ctx.tx, id).await?,
        has_photo: patients::has_photo(&mut ctx.tx, id).await?,
        coverages: patients::coverages(&mut ctx.tx, id).await?,
        insurers: patients::insurers(&mut ctx.tx).await?,
        documents: found.into_iter().filter(|one| one.by_patient && one.is_safe() && one.error_at.is_none()).collect(),
        requests: store::of_patient(&mut ctx.tx, id).await?,
        family,
        new_email,
        reading: Reading::here(&mut ctx.tx, today).await?.correcting(&patient.facts),
        zone,
        patient,
    };
    ctx.saw(id, "portal").await?;
    let heading = heading(&ctx.who, tr!(profile.title));
    Ok(Page::new(heading.clone(), move || {
        let done = match query.done.as_str() {
            "saved" => Some(tr!(patients.done_saved)),
            "asked" => Some(tr!(profile.done_asked)),
            "withdrawn" => Some(tr!(profile.done_withdrawn)),
            "given_up" => Some(tr!(profile.done_given_up)),
            _ => None,
        };
        view! {
            {done.map(|text| view! { <Toast text/> })}
            <PageHeader title=heading back=("/portal/account".to_owned(), tr!(nav.account).to_owned()) detail=tr!(profile.detail)/>
            <div class="portal">
                {requests_card(&shown)}
                {photo_card(&shown)}
                {contact_card(&shown)}
                {phones_card(&shown)}
                {email_card(&shown)}
                {people_card(shown.patient.id, &shown.contacts)}
                {coverage_card(&shown)}
                {ask_cards(&shown)}
                {family_card(&shown)}
            </div>
        }
    }))
}

/// The contact data, which take effect at once.
fn contact_card(shown: &Shown) -> AnyView {
    let OwnContactForm { preferred_name, phone, address, city, region, postal_code, country, language } =
        OwnContactForm::of(&shown.patient.facts);
    let hidden = vec![("patient", shown.patient.id.to_string()), ("version", shown.patient.version.to_string())];
    let languages = language_choices(&language);
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(patients.reach)}</h2>
            <p class="muted">{tr!(profile.at_once)}</p>
            <Form action="/api/portal/save_profile" id="profile-form" hidden>
                <TextField name="preferred_name" label=tr!(patients.preferred_name) value=preferred_name maxlength=200 autocomplete="nickname" optional=true/>
                <TelField name="phone" label=tr!(patients.phone) value=phone/>
                <TextField name="address" label=tr!(patients.address) value=address maxlength=300 autocomplete="street-address" optional=true/>
                <TextField name="city" label=tr!(patients.city) value=city maxlength=100 autocomplete="address-level2" optional=true/>
                <TextField name="region" label=tr!(patients.region) value=region maxlength=100 autocomplete="address-level1" optional=true/>
                <TextField name="postal_code" label=tr!(patients.postal_code) value=postal_code maxlength=20 class="input--short" autocomplete="postal-code" optional=true/>
                <TextField name="country" label=tr!(patients.country) value=country maxlength=100 autocomplete="country-name" optional=true/>
                <SelectField name="language" label=tr!(patients.language) choices=languages value=language prompt=tr!(patients.not_told) optional=true/>
                {confirm_field()}
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </section>
    }
    .into_any()
}

/// The e-mail address: another one is confirmed by a code before it stands on the record.
fn email_card(shown: &Shown) -> AnyView {
    let email = shown.patient.facts.more.email.clone();
    let email = if email.is_empty() { tr!(portal.not_told).to_owned() } else { email };
    let take = shown.new_email.clone().map(|(id, address)| {
        let hidden = vec![("message_channel_id", id)];
        view! {
            <p>{tr!(profile.new_email, address = address.clone())}</p>
            <PostButton action="/api/portal/take_email" label=tr!(profile.take_email) about=address hidden tone=ButtonTone::Primary/>
        }
    });
    let other = shown.family.is_some().then(|| {
        view! { <div class="form__actions"><LinkButton href="/portal/account/contact" label=tr!(profile.other_email)/></div> }
    });
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(patients.email)}</h2>
            <p><strong>{email}</strong></p>
            <p class="muted">{tr!(profile.email_text)}</p>
            {take}
            {other}
        </section>
    }
    .into_any()
}

/// The people to call in an emergency.
fn people_card(patient: PatientId, contacts: &[Contact]) -> AnyView {
    let rows = contacts
        .iter()
        .map(|contact| {
            let hidden = vec![("contact_id", contact.id.to_string())];
            let (name, about) = (contact.name.clone(), contact.name.clone());
            view! {
                <li class="rows__row">
                    <Icon glyph=Glyph::Phone/>
                    <div class="rows__main"><strong>{name}</strong>" "<span class="muted">{contact.relationship.clone()}</span><br/><PhoneLink number=contact.phone.clone()/></div>
                    <div class="rows__side">
                        <Confirm label=tr!(patients.remove) tone=ButtonTone::Quiet text=tr!(patients.remove_contact)>
                            <PostButton action="/api/portal/remove_contact" label=tr!(patients.remove) hidden about tone=ButtonTone::Danger/>
                        </Confirm>
                    </div>
                </li>
            }
        })
        .collect_view();
    let none = contacts.is_empty().then(|| view! { <p class="muted">{tr!(profile.no_people)}</p> });
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(portal.emergency_contact)}</h2>
            {none}
            <ul class="rows">{rows}</ul>
            <Form action="/api/portal/add_contact" id="contact-form" hidden=vec![("patient", patient.to_string())]>
                {contact_fields(ContactForm::default())}
                <div class="form__actions"><Button label=tr!(patients.add_contact)/></div>
            </Form>
        </section>
    }
    .into_any()
}

/// The covers as they are recorded.
fn coverage_card(shown: &Shown) -> AnyView {
    let today = shown.reading.today;
    let rows = shown
        .coverages
        .iter()
        .map(|coverage| {
            let (tone, badge) =
                if coverage.holds_on(today) { (Tone::Done, tr!(patients.valid)) } else { (Tone::Inactive, tr!(patients.ended)) };
            let number =
                (!coverage.policy_number.is_empty()).then(|| format!("{} {}", tr!(patients.policy_number), coverage.policy_number));
            let share = Some(tr!(patients.patient_pays, percent = coverage.copay_percent));
            let from = coverage.valid_from.map(|day| tr!(patients.since, date = show_date(day)));
            let until = coverage.valid_to.map(|day| tr!(patients.until, date = show_date(day)));
            let facts = [number, share, from, until].into_iter().flatten().collect::<Vec<_>>().join(" · ");
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <strong>{coverage_words(coverage)}</strong>" "<StatusBadge tone label=badge/><br/>
                        <span class="muted small">{facts}</span>
                    </div>
                </li>
            }
        })
        .collect_view();
    let none = shown.coverages.is_empty().then(|| view! { <p class="muted">{tr!(patients.no_coverage)}</p> });
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(ui.coverage)}</h2>
            {none}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}
