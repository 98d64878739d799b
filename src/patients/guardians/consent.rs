//! The people who act for a patient, or ask to, as shown in the patient's own portal.

use leptos::prelude::*;

use super::Guardian;
use crate::{
    accounts::confirm_field,
    core::time::show_date,
    tr,
    ui::{Button, ButtonTone, Confirm, Dialog, Form, Glyph, Icon, PostButton},
};

const AGREE: &str = "/api/patients/agree_guardian";
const END: &str = "/api/patients/end_own_guardian";

/// Shows the list with the buttons for the patient's answers; empty when there are no such people.
pub fn own_guardians(guardians: Vec<Guardian>) -> AnyView {
    if guardians.is_empty() {
        return ().into_any();
    }
    let rows = guardians.into_iter().map(row).collect_view();
    view! {
        <section class="portal-card" id="guardians">
            <h2 class="portal-card__head">{tr!(patients.own_guardians)}</h2>
            <p>{tr!(patients.own_guardians_text)}</p>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn row(guardian: Guardian) -> AnyView {
    let id = guardian.id.to_string();
    let (name, until) = (guardian.name.full(), tr!(patients.guardian_until, date = show_date(guardian.until_day)));
    let asks = guardian.agreed_at.is_none();
    let agree = asks.then(|| agree(&id, name.clone()));
    let (words, until) = match asks {
        true => (tr!(patients.guardian_refuse), tr!(patients.guardian_asks_until, until = until)),
        false => (tr!(patients.guardian_end), until),
    };
    let (hidden, about) = (vec![("guardian", id)], name.clone());
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::Family/>
            <div class="rows__main">
                <strong>{name}</strong>
                <br/>
                <span class="muted small">{until}</span>
            </div>
            <div class="rows__side">
                {agree}
                <Confirm label=words tone=ButtonTone::Quiet text=tr!(patients.guardian_end_text)>
                    <PostButton action=END label=words hidden about tone=ButtonTone::Danger/>
                </Confirm>
            </div>
        </li>
    }
    .into_any()
}

/// Shows the dialog to agree, with the password that proves the patient's identity.
fn agree(id: &str, name: String) -> AnyView {
    let (hidden, dialog, form) = (vec![("guardian", id.to_owned())], format!("agree-{id}"), format!("agree-form-{id}"));
    view! {
        <Dialog id=dialog opens=tr!(patients.guardian_agree) title=tr!(patients.guardian_agree) action=AGREE glyph=Glyph::Check>
            <Form action=AGREE id=form hidden>
                <p>{tr!(patients.guardian_agree_text, name = name)}</p>
                {confirm_field()}
                <div class="form__actions"><Button label=tr!(patients.guardian_agree) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
