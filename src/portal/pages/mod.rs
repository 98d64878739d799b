//! The portal's home, records and account.

mod access;
mod account;
mod home;
mod manifest;
mod paper;
mod records;
mod visit;

use axum::{Router, routing::get};
use leptos::prelude::*;

use crate::{
    core::Result,
    organisation::{self, Clinic},
    patients::{Reading, birth_field},
    server::{AppState, Ctx, Page},
    tr,
    ui::{Button, ButtonTone, EmptyState, Form, Glyph, Icon, PhoneLink, PlaceLink, TextField},
};

pub use manifest::THEME;
pub(super) use paper::own_paper_head;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/manifest.webmanifest", get(manifest::manifest_file))
        .route("/portal", get(home::home_page))
        .route("/portal/places/live", get(home::places_part))
        .route("/portal/due/live", get(home::due_part))
        .route("/portal/records", get(records::records_page))
        .route("/portal/records/encounters/{id}", get(visit::encounter_page))
        .route("/portal/records/visits/{id}", get(visit::visit_page))
        .route("/portal/account", get(account::account_page))
        .route("/portal/account/access", get(access::access_page))
}

/// The page for a user whose account has no record yet: only reception may link it.
pub(super) async fn not_linked(ctx: &mut Ctx) -> Result<Page> {
    let today = ctx.today();
    let reading = Reading::here(&mut ctx.tx, today).await?;
    let clinics = organisation::clinics(&mut ctx.tx).await?;
    Ok(Page::new(tr!(portal.not_linked), move || {
        view! { <div class="portal"><h1 class="visually-hidden">{tr!(nav.home)}</h1>{linking(reading, clinics)}</div> }
    }))
}

/// Says that there is no record yet, and asks for the code from reception.
fn linking(reading: Reading, clinics: Vec<Clinic>) -> AnyView {
    let desks = clinics
        .into_iter()
        .map(|clinic| {
            let phone = (!clinic.phone.is_empty()).then(|| view! { <br/><PhoneLink number=clinic.phone.clone()/> });
            view! { <li class="rows__row"><Icon glyph=Glyph::Pin/><div class="rows__main"><PlaceLink place=clinic.place()/>{phone}</div></li> }
        })
        .collect_view();
    view! {
        <EmptyState glyph=Glyph::Lock title=tr!(portal.not_linked) text=tr!(portal.not_linked_hint)/>
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(portal.link_title)}</h2>
            <Form action="/api/patients/link_record">
                <TextField
                    name="link_code"
                    label=tr!(portal.link_code)
                    hint=tr!(portal.link_code_hint)
                    autocomplete="off"
                    class="input--code"
                    required=true
                    maxlength=20
                />
                {birth_field(String::new(), reading, true)}
                <div class="form__actions"><Button label=tr!(portal.link_now) tone=ButtonTone::Primary/></div>
            </Form>
        </section>
        <section class="panel">
            <div class="panel__head"><h2>{tr!(portal.where_the_desks_are)}</h2></div>
            <ul class="rows">{desks}</ul>
        </section>
    }
    .into_any()
}
