//! `/settings/hospital`: the hospital's own settings.

use leptos::prelude::*;

use super::{
    fields::{both_versions, control, refused_form},
    managing,
};
use crate::{
    core::{Result, time::show_date_time},
    organisation::{
        lists::Names,
        settings::{FIELDS, last_change, settings},
    },
    server::Page,
    tr,
    ui::{Button, ButtonTone, Form, LinkButton, PageHeader},
};

const SAVE: &str = "/api/organisation/save_hospital";

/// Shows the form.
pub async fn hospital_page() -> Result<Page> {
    let mut ctx = managing().await?;
    let settings = settings(&mut ctx.tx).await?;
    let last = last_change(&mut ctx.tx).await?;
    let last_at = last.changed_at.map(|at| show_date_time(ctx.zone().local(at)));
    let form = refused_form(ctx.request(), SAVE, None);
    Ok(Page::new(tr!(organisation.hospital), move || {
        let names = Names::default();
        let back = ("/settings".to_owned(), tr!(organisation.title).to_owned());
        let versions = both_versions(form.as_ref(), (FIELDS, &settings.values, settings.version), (&last, last_at), &names, Vec::new());
        let hidden = vec![("version", settings.version.to_string())];
        // Made inside the form, where a field finds the value that a refused form sent.
        let fields = move || {
            FIELDS
                .iter()
                .zip(settings.values)
                .map(|(field, value)| control(field, value, &names, field.name == "currency" && settings.currency_fixed))
                .collect_view()
        };
        view! {
            <PageHeader title=tr!(organisation.hospital) back detail=tr!(organisation.hospital_purpose)/>
            <div class="stack">
                {versions}
                <p><a href="/settings/hospital/logo">{tr!(organisation.logo)}</a></p>
                <Form action=SAVE hidden>
                    {fields()}
                    <div class="form__actions">
                        <Button label=tr!(organisation.save) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <LinkButton href="/settings" label=tr!(organisation.cancel) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
            </div>
        }
    })
    .class("main--narrow"))
}
