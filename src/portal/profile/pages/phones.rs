//! The phone numbers of the profile, and the photo that the desk took.

use axum::response::Response;
use leptos::prelude::*;

use super::own::Shown;
use crate::{
    accounts::confirm_field,
    core::{Permission, Result},
    patients::{self, MorePhone, phone_fields, phone_line},
    server::Ctx,
    tr,
    ui::{Button, ButtonTone, Choice, Confirm, Form, Glyph, Icon, PostButton, SelectField},
};

/// The further numbers, and which of all is preferred.
pub(super) fn phones_card(shown: &Shown) -> AnyView {
    let patient = shown.patient.id.to_string();
    let rows = shown.phones.iter().map(row).collect_view();
    let prefer = (!shown.phones.is_empty()).then(|| prefer_form(patient.clone(), &shown.phones, &shown.patient.facts.more.phone));
    view! {
        <section class="portal-card" id="phones">
            <h2 class="portal-card__head">{tr!(patients.phones)}</h2>
            <ul class="rows">{rows}</ul>
            {prefer}
            <Form action="/api/portal/add_phone" id="phone-form" hidden=vec![("patient", patient)]>
                {phone_fields()}
                {confirm_field()}
                <div class="form__actions"><Button label=tr!(patients.phone_add)/></div>
            </Form>
        </section>
    }
    .into_any()
}

fn row(one: &MorePhone) -> AnyView {
    let hidden = vec![("patient_phone_id", one.id.to_string())];
    let about = one.phone.clone();
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::Phone/>
            <div class="rows__main">{phone_line(one)}</div>
            <div class="rows__side">
                <Confirm label=tr!(patients.remove) tone=ButtonTone::Quiet text=tr!(patients.phone_remove)>
                    <PostButton action="/api/portal/remove_phone" label=tr!(patients.remove) hidden about tone=ButtonTone::Danger/>
                </Confirm>
            </div>
        </li>
    }
    .into_any()
}

fn prefer_form(patient: String, phones: &[MorePhone], main: &str) -> AnyView {
    let choices: Vec<Choice> =
        phones.iter().map(|one| Choice::new(one.id.to_string(), format!("{}: {}", one.kind.words(), one.phone))).collect();
    let prompt =
        if main.is_empty() { tr!(patients.phone_of_record).to_owned() } else { format!("{}: {main}", tr!(patients.phone_of_record)) };
    let value = phones.iter().find(|one| one.preferred_at.is_some()).map(|one| one.id.to_string()).unwrap_or_default();
    view! {
        <Form action="/api/portal/prefer_phone" id="prefer-phone-form" hidden=vec![("patient", patient)]>
            <SelectField name="patient_phone_id" label=tr!(patients.phone_prefer) choices prompt value optional=true/>
            {confirm_field()}
            <div class="form__actions"><Button label=tr!(ui.save)/></div>
        </Form>
    }
    .into_any()
}

/// The photo by which the desk recognises the patient; nothing without one.
pub(super) fn photo_card(shown: &Shown) -> AnyView {
    if !shown.has_photo {
        return ().into_any();
    }
    let alt = tr!(organisation.photo_of, name = shown.patient.facts.name.full());
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(patients.photo)}</h2>
            <img class="photo" src="/portal/account/photo" width="128" height="128" alt=alt/>
            <p class="muted">{tr!(profile.photo_text)}</p>
        </section>
    }
    .into_any()
}

/// Serves the photo of the patient whose portal is open.
///
/// # Errors
/// When the user is linked to no record, or there is no photo.
pub async fn photo_file() -> Result<Response> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let answer = patients::photo_answer(&mut ctx, patient).await?;
    ctx.saw(patient, "portal").await?;
    Ok(answer)
}
