//! `/clinic/first-visit`: the public form that asks for a first appointment.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{Error, FirstVisitId, Result},
    organisation::{self, Clinic, Specialty},
    reception::first_visits::SuitableTime,
    server::{Page, Query, Request, page::Layout},
    tr,
    ui::{
        Button, ButtonTone, Choice, DateField, EmailField, Form, LinkButton, NoticeBox, PhoneLink, SelectField, TelField, TextArea,
        TextField, Tone,
    },
};

/// The clinic that was chosen on the page before, and whether a request was just sent.
#[derive(Debug, Default, Deserialize)]
pub struct FirstVisitFormQuery {
    #[serde(default)]
    clinic: String,
    #[serde(default)]
    asked: String,
}

/// Shows the form, and after it was sent, the next steps.
///
/// # Errors
/// When the database refuses.
pub async fn ask_page(Query(query): Query<FirstVisitFormQuery>) -> Result<Page> {
    let request = Request::current().ok_or(Error::NotFound)?;
    let mut tx = request.state.db.read().await?;
    let clinics = organisation::clinics(&mut tx).await?;
    let specialties = organisation::specialties(&mut tx).await?;
    drop(tx);
    let today = request.state.clock.now().date_naive().to_string();
    let phone = request.state.hospital().phone.clone();
    let chosen = clinics.iter().find(|clinic| clinic.id.to_string() == query.clinic || clinics.len() == 1);
    let chosen = chosen.map(|clinic| clinic.id.to_string()).unwrap_or_default();
    Ok(Page::new(tr!(first_visits.ask), move || {
        if !query.asked.is_empty() {
            return sent(phone).into_any();
        }
        form(clinics, specialties, chosen, today).into_any()
    })
    .layout(Layout::Plain))
}

fn sent(phone: String) -> impl IntoView {
    let phone = (!phone.is_empty()).then(|| view! { <p>{tr!(first_visits.sooner)}" "<PhoneLink number=phone/></p> });
    view! {
        <div class="portal">
            <h1>{tr!(first_visits.ask)}</h1>
            <NoticeBox tone=Tone::Done title=tr!(first_visits.sent)><p>{tr!(first_visits.sent_text)}</p></NoticeBox>
            {phone}
            <div class="portal-card__actions"><LinkButton href="/clinic" label=tr!(first_visits.clinics)/></div>
        </div>
    }
}

fn form(clinics: Vec<Clinic>, specialties: Vec<Specialty>, chosen: String, today: String) -> impl IntoView {
    let clinics = clinics.into_iter().map(|clinic| Choice::new(clinic.id.to_string(), clinic.place())).collect::<Vec<_>>();
    let specialties =
        specialties.into_iter().map(|known| Choice::new(known.id.to_string(), organisation::shown_name(&known.name))).collect::<Vec<_>>();
    let suits = SuitableTime::ALL.iter().map(|time| Choice::new(time.as_str(), time.words())).collect::<Vec<_>>();
    let hidden = vec![("key", FirstVisitId::new().to_string())];
    view! {
        <div class="portal">
            <h1>{tr!(first_visits.ask)}</h1>
            <NoticeBox tone=Tone::Warning title=tr!(first_visits.no_emergency)><p>{tr!(first_visits.no_emergency_text)}</p></NoticeBox>
            <p>{tr!(first_visits.ask_detail)}" "<a href="/sign-in">{tr!(first_visits.known_here)}</a></p>
            <section class="portal-card">
                <Form action="/api/reception/ask_first_visit" hidden>
                    <SelectField name="clinic" label=tr!(booking.clinic) choices=clinics value=chosen prompt=tr!(errors.choose) required=true/>
                    <TextField name="name" label=tr!(first_visits.name) autocomplete="name" required=true maxlength=200/>
                    <DateField name="birth_date" label=tr!(first_visits.birth_date) max=today required=true/>
                    <TelField name="phone" label=tr!(first_visits.phone) hint=tr!(first_visits.phone_hint) autocomplete="tel" required=true/>
                    <EmailField name="email" label=tr!(first_visits.email) hint=tr!(first_visits.email_hint) autocomplete="email" optional=true/>
                    <SelectField name="specialty" label=tr!(first_visits.specialty) choices=specialties prompt=tr!(first_visits.not_sure) optional=true/>
                    <SelectField name="suits" label=tr!(first_visits.suits) choices=suits prompt=tr!(first_visits.suits_any) optional=true/>
                    <TextArea name="reason" label=tr!(first_visits.reason) hint=tr!(first_visits.reason_hint) rows=3 maxlength=500 optional=true/>
                    <p class="muted small">{tr!(first_visits.kept)}</p>
                    <div class="form__actions">
                        <Button label=tr!(first_visits.send) tone=ButtonTone::Primary/>
                        <LinkButton href="/clinic" label=tr!(first_visits.clinics) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
            </section>
        </div>
    }
}
