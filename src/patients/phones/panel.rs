//! The further numbers on the record, and the fields of their form.

use leptos::prelude::*;

use super::{MorePhone, PhoneKind};
use crate::{
    core::PatientId,
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Confirm, Dialog, Form, Glyph, Icon, PhoneLink, PostButton, SelectField, StatusBadge,
        TelField, TextField, Tone,
    },
};

/// The fields of one more number.
pub fn phone_fields() -> AnyView {
    let kinds: Vec<Choice> = PhoneKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect();
    view! {
        <SelectField name="phone_kind" label=tr!(patients.phone_kind) choices=kinds prompt=tr!(errors.choose) required=true/>
        <TelField name="more_phone" label=tr!(patients.phone) required=true/>
        <TextField name="phone_whose" label=tr!(patients.phone_whose) hint=tr!(patients.phone_whose_hint) maxlength=100 autocomplete="off" optional=true/>
        <CheckboxField name="preferred" label=tr!(patients.phone_prefer)/>
    }
    .into_any()
}

/// A number with its kind, the other person's name, and the sign of the preferred one.
pub fn phone_line(one: &MorePhone) -> AnyView {
    let sign = one.preferred_at.map(|_| view! { " "<StatusBadge tone=Tone::Done label=tr!(patients.phone_preferred)/> });
    let whose = (!one.whose.is_empty()).then(|| format!(" ({})", one.whose));
    view! { <span>{one.kind.words()}{whose}" "<PhoneLink number=one.phone.clone()/>{sign}</span> }.into_any()
}

/// The panel of the record.
pub(in crate::patients) fn phones_panel(id: PatientId, phones: &[MorePhone], may_correct: bool) -> AnyView {
    if phones.is_empty() && !may_correct {
        return ().into_any();
    }
    let rows = phones.iter().map(|one| row(id, one, may_correct)).collect_view();
    let main_preferred = phones.iter().all(|one| one.preferred_at.is_none());
    let back_to_main = (may_correct && !main_preferred).then(|| {
        let hidden = vec![("patient_id", id.to_string()), ("patient_phone_id", String::new())];
        view! {
            <div class="panel__foot">
                <PostButton action="/api/patients/prefer_phone" label=tr!(patients.phone_prefer_main) hidden tone=ButtonTone::Quiet/>
            </div>
        }
    });
    let add = may_correct.then(|| {
        view! {
            <Dialog id="add-phone" opens=tr!(patients.add) title=tr!(patients.phone_add) action="/api/patients/add_phone" glyph=Glyph::Plus tone=ButtonTone::Quiet>
                <Form action="/api/patients/add_phone" hidden=vec![("patient_id", id.to_string())]>
                    {phone_fields()}
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    let none = phones.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(patients.no_phones)}</p></div> });
    view! {
        <section class="panel" id="phones">
            <div class="panel__head"><h2>{tr!(patients.phones)}</h2>{add}</div>
            {none}
            <ul class="rows">{rows}</ul>
            {back_to_main}
        </section>
    }
    .into_any()
}

fn row(id: PatientId, one: &MorePhone, may_correct: bool) -> AnyView {
    let acts = may_correct.then(|| {
        let hidden = vec![("patient_id", id.to_string()), ("patient_phone_id", one.id.to_string())];
        let prefer = one.preferred_at.is_none().then(|| {
            let (hidden, about) = (hidden.clone(), one.phone.clone());
            view! { <PostButton action="/api/patients/prefer_phone" label=tr!(patients.phone_prefer_this) hidden about tone=ButtonTone::Quiet/> }
        });
        let about = one.phone.clone();
        view! {
            {prefer}
            <Confirm label=tr!(patients.remove) tone=ButtonTone::Quiet text=tr!(patients.phone_remove)>
                <PostButton action="/api/patients/remove_phone" label=tr!(patients.remove) hidden about tone=ButtonTone::Danger/>
            </Confirm>
        }
    });
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::Phone/>
            <div class="rows__main">{phone_line(one)}</div>
            <div class="rows__side cluster">{acts}</div>
        </li>
    }
    .into_any()
}
