//! The requests of a patient on the page of the profile: those that were sent, and the forms for new ones.

use leptos::prelude::*;

use super::{details, own::Shown, state_badge};
use crate::{
    core::time::{show_date, show_date_time},
    documents::Document,
    patients::{CoverageForm, Sex, coverage_fields},
    portal::profile::{ProfileRequestKind, ProfileRequestState},
    tr,
    ui::{
        Button, ButtonTone, Choice, Confirm, DescriptionList, Form, Glyph, Icon, LinkButton, PostButton, RadioField, SelectField,
        StatusBadge, TextArea, TextField, Tone,
    },
};

/// The requests that were sent, with their answers; nothing when there are none.
pub(super) fn requests_card(shown: &Shown) -> AnyView {
    if shown.requests.is_empty() {
        return ().into_any();
    }
    let rows = shown
        .requests
        .iter()
        .map(|request| {
            let withdraw = (request.state == ProfileRequestState::Told).then(|| {
                let hidden = vec![("profile_request_id", request.id.to_string())];
                let about = request.kind.words();
                view! {
                    <Confirm label=tr!(profile.withdraw) tone=ButtonTone::Quiet text=tr!(profile.withdraw_text)>
                        <PostButton action="/api/portal/withdraw_profile_request" label=tr!(profile.withdraw) hidden about tone=ButtonTone::Danger/>
                    </Confirm>
                }
            });
            let when = show_date_time(shown.zone.local(request.asked_at));
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <strong>{request.kind.words()}</strong>" "{state_badge(request.state)}<br/>
                        <span class="muted small">{when}</span>
                        <DescriptionList details=details(request)/>
                    </div>
                    <div class="rows__side">{withdraw}</div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="portal-card" id="requests">
            <h2 class="portal-card__head">{tr!(profile.requests)}</h2>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn waits(shown: &Shown, kind: ProfileRequestKind) -> bool {
    shown.requests.iter().any(|request| request.kind == kind && request.state == ProfileRequestState::Told)
}

fn waiting_words() -> AnyView {
    view! { <p class="muted">{tr!(profile.waits_already)}</p> }.into_any()
}

/// The documents that the patient sent before.
fn documents(shown: &Shown) -> Vec<Choice> {
    let words = |one: &Document| format!("{}, {}, {}", one.title, one.kind.words(), show_date(one.day));
    shown.documents.iter().map(|one| Choice::new(one.id.to_string(), words(one))).collect()
}

/// The choice of a document, and the words to the desk. Called inside a form.
fn with_document(documents: Vec<Choice>) -> AnyView {
    view! {
        <SelectField name="document" label=tr!(profile.document) choices=documents prompt=tr!(profile.no_document) hint=tr!(profile.document_hint) optional=true/>
        <TextArea name="words" label=tr!(profile.words) maxlength=500 rows=2 optional=true/>
    }
    .into_any()
}

fn send_first() -> AnyView {
    view! { <LinkButton href="/portal/documents" label=tr!(profile.send_document) glyph=Glyph::Plus tone=ButtonTone::Quiet/> }.into_any()
}

/// The forms for the identity and for a cover.
pub(super) fn ask_cards(shown: &Shown) -> AnyView {
    view! { {identity_card(shown)}{cover_card(shown)} }.into_any()
}

fn identity_card(shown: &Shown) -> AnyView {
    let body = if waits(shown, ProfileRequestKind::Identity) {
        waiting_words()
    } else {
        let form = shown.patient.facts.to_form();
        let sexes: Vec<_> = Sex::ALL.iter().map(|sex| Choice::new(sex.as_str(), sex.words())).collect();
        let (reading, documents) = (shown.reading, documents(shown));
        view! {
            <Form action="/api/portal/ask_identity" id="identity-form" hidden=vec![("patient", shown.patient.id.to_string())]>
                <TextField name="given_names" label=tr!(patients.given_names) value=form.given_names maxlength=200 autocomplete="off"/>
                <TextField name="family_name" label=tr!(patients.family_name) value=form.family_name maxlength=200 autocomplete="off"/>
                <TextField name="birth_date" label=tr!(patients.birth_date) value=form.birth_date hint=reading.order.hint() maxlength=60 autocomplete="bday"/>
                <RadioField name="sex" label=tr!(patients.sex) choices=sexes value=form.sex inline=true/>
                <TextField name="national_id" label=tr!(patients.national_id) value=form.more.national_id maxlength=60 autocomplete="off" optional=true/>
                {with_document(documents)}
                <div class="form__actions"><Button label=tr!(profile.ask)/>{send_first()}</div>
            </Form>
        }
        .into_any()
    };
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(profile.kind_identity)}</h2>
            <p class="muted">{tr!(profile.identity_text)}</p>
            {body}
        </section>
    }
    .into_any()
}

fn cover_card(shown: &Shown) -> AnyView {
    let body = if waits(shown, ProfileRequestKind::Coverage) {
        waiting_words()
    } else {
        let (insurers, documents) = (shown.insurers.clone(), documents(shown));
        view! {
            <Form action="/api/portal/tell_coverage" id="cover-form" hidden=vec![("patient", shown.patient.id.to_string())]>
                {coverage_fields(CoverageForm::default(), &insurers)}
                {with_document(documents)}
                <div class="form__actions"><Button label=tr!(profile.tell)/>{send_first()}</div>
            </Form>
        }
        .into_any()
    };
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(profile.kind_coverage)}</h2>
            <p class="muted">{tr!(profile.coverage_text)}</p>
            {body}
        </section>
    }
    .into_any()
}

/// The people for whom the user acts, and the form to ask for another. Nothing while the portal of another patient is open.
pub(super) fn family_card(shown: &Shown) -> AnyView {
    let Some(family) = &shown.family else { return ().into_any() };
    let rows = family
        .iter()
        .map(|one| {
            let until = tr!(patients.guardian_until, date = show_date(one.until_day));
            let side = if one.agreed_at.is_some() {
                let (hidden, about) = (vec![("guardian", one.id.to_string())], one.name());
                view! {
                    <Confirm label=tr!(profile.give_up) tone=ButtonTone::Quiet text=tr!(profile.give_up_text)>
                        <PostButton action="/api/patients/give_up_guardian" label=tr!(profile.give_up) hidden about tone=ButtonTone::Danger/>
                    </Confirm>
                }
                .into_any()
            } else {
                view! { <StatusBadge tone=Tone::Waiting label=tr!(patients.guardian_waits)/> }.into_any()
            };
            view! {
                <li class="rows__row">
                    <Icon glyph=Glyph::Family/>
                    <div class="rows__main"><strong>{one.name()}</strong><br/><span class="muted small">{until}</span></div>
                    <div class="rows__side">{side}</div>
                </li>
            }
        })
        .collect_view();
    let none = family.is_empty().then(|| view! { <p class="muted">{tr!(profile.no_family)}</p> });
    let form = if waits(shown, ProfileRequestKind::Family) {
        waiting_words()
    } else {
        let (reading, documents) = (shown.reading, documents(shown));
        view! {
            <Form action="/api/portal/ask_family" id="family-form">
                <p class="muted">{tr!(profile.family_text)}</p>
                <TextField name="name" label=tr!(patients.name) maxlength=200 required=true autocomplete="off"/>
                <TextField name="birth_date" label=tr!(patients.birth_date) hint=reading.order.hint() maxlength=60 required=true autocomplete="off"/>
                <TextField name="relation" label=tr!(profile.relation) maxlength=100 required=true autocomplete="off"/>
                {with_document(documents)}
                <div class="form__actions"><Button label=tr!(profile.ask)/>{send_first()}</div>
            </Form>
        }
        .into_any()
    };
    view! {
        <section class="portal-card" id="family">
            <h2 class="portal-card__head">{tr!(profile.family)}</h2>
            {none}
            <ul class="rows">{rows}</ul>
            {form}
        </section>
    }
    .into_any()
}
