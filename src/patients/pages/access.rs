//! `/patients/{id}/access`: prints the new code; also shows the state of the portal access on the record.

use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::NaiveDate;
use leptos::prelude::*;

use crate::{
    accounts::confirm_field,
    core::{
        PatientId, Permission, Result,
        locale::{self, LOCALE},
        time::{Zone, show_date, show_date_time},
    },
    patients::{self, Access, access, grants::reads},
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Button, ButtonTone, Dialog, Form, Glyph, PaperPage, PrintSheet, TextField},
};

const GIVE: &str = "/api/patients/give_access";
const TAKE: &str = "/api/patients/take_access_away";
const RESET_FACTOR: &str = "/api/patients/reset_factor";

/// Shows the code. It is shown only this once.
pub async fn access_page(Path(id): Path<PatientId>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    ctx.reach([id]).await?;
    let patient = patients::find(&mut ctx.tx, id).await?;
    let (now, zone) = (ctx.now, ctx.zone());
    let until = access(&mut ctx.tx, id, now).await?;
    ctx.saw(id, "record").await?;
    let record = format!("/patients/{id}");
    let (Some(code), Access::Code(until)) = (ctx.request().take_note().await?, until) else {
        return Ok(Redirect::to(&record).into_response());
    };
    let (hospital, site) = (ctx.state().hospital().name.clone(), ctx.state().config.site_address());
    let page = Page::new(tr!(patients.portal_access), move || {
        let facts = vec![patient.facts.name.full(), patient.mrn];
        let day = zone.day(until);
        // The sheet is in the patient's language, because the patient takes it home; the buttons around it are for the
        // desk.
        let language = reads(&patient.facts.more.language).unwrap_or_else(locale::current);
        let sheet = LOCALE.sync_scope(language, || code_sheet(hospital, facts, &site, code, day));
        view! {
            <PaperPage back=record back_words=tr!(patients.record)>
                <div lang=locale::code(language)>{sheet}</div>
            </PaperPage>
        }
    });
    Ok(page.layout(Layout::Print).into_response())
}

fn code_sheet(hospital: String, facts: Vec<String>, site: &str, code: String, until: NaiveDate) -> AnyView {
    let (sign_up, until) = (tr!(patients.code_step_sign_up, site = format!("{site}/sign-up")), show_date(until));
    let without = tr!(patients.code_without_email, site = format!("{site}/sign-up/code"));
    view! {
        <PrintSheet hospital title=tr!(patients.portal_access) facts>
            <p>{tr!(patients.code_intro)}</p>
            <ol class="sheet__steps">
                <li>{sign_up}</li>
                <li>{tr!(patients.code_step_sign_in)}</li>
                <li>{tr!(patients.code_step_type)}</li>
            </ol>
            <p>{without}</p>
            <p class="portal-code"><code>{code}</code></p>
            <p>{tr!(patients.code_until, day = until)}</p>
        </PrintSheet>
    }
    .into_any()
}

/// Shows whether the patient has access to the record in the portal, and the button that creates a code.
pub(super) fn access_panel(id: PatientId, access: Access, zone: Zone) -> AnyView {
    let words = match access {
        Access::Nobody => tr!(patients.access_nobody).to_owned(),
        Access::Code(until) => tr!(patients.access_code, when = show_date_time(zone.local(until))),
        Access::Patient { since, .. } => tr!(patients.access_patient, when = show_date_time(zone.local(since))),
    };
    let give = (!matches!(access, Access::Patient { .. })).then(|| {
        view! {
            <div><Dialog id="give-access" opens=tr!(patients.give_access) title=tr!(patients.give_access) action=GIVE>
                <Form action=GIVE hidden=vec![("patient_id", id.to_string())]>
                    <p>{tr!(patients.give_access_text)}</p>
                    <TextField name="document" label=tr!(patients.code_document) maxlength=200 autocomplete="off" optional=true/>
                    {confirm_field()}
                    <div class="form__actions"><Button label=tr!(patients.give_access_now) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog></div>
        }
    });
    let take = (!matches!(access, Access::Nobody)).then(|| {
        view! {
            <div><Dialog id="take-access" opens=tr!(patients.take_access) title=tr!(patients.take_access) action=TAKE glyph=Glyph::Lock>
                <Form action=TAKE hidden=vec![("patient_id", id.to_string())]>
                    <p>{tr!(patients.take_access_text)}</p>
                    {confirm_field()}
                    <div class="form__actions"><Button label=tr!(patients.take_access) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog></div>
        }
    });
    let reset = matches!(access, Access::Patient { second_factor: true, .. }).then(|| {
        view! {
            <div><Dialog id="reset-factor" opens=tr!(accounts.factor_reset) title=tr!(accounts.factor_reset) action=RESET_FACTOR glyph=Glyph::Lock>
                <Form action=RESET_FACTOR hidden=vec![("patient_id", id.to_string())]>
                    <p>{tr!(accounts.factor_reset_text)}</p>
                    {confirm_field()}
                    <div class="form__actions"><Button label=tr!(accounts.factor_reset) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog></div>
        }
    });
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(patients.portal_access)}</h2></div>
            <div class="panel__body stack"><p>{words}</p>{give}{reset}{take}</div>
        </section>
    }
    .into_any()
}
