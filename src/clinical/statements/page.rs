//! `/portal/before-visit`: the patient tells about allergies, medicines and history before a visit.

use leptos::prelude::*;
use serde::Deserialize;

use super::{StatementState, store};
use crate::{
    core::{Permission, Result, StatementId, time::show_date_time},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, Form, NoticeBox, PageHeader, TextArea, Toast, Tone},
};

/// The appointment for which it is written, and the act that was just done.
#[derive(Debug, Default, Deserialize)]
pub struct BeforeVisitQuery {
    #[serde(default)]
    appointment: String,
    #[serde(default)]
    done: String,
}

/// Shows the form with what was told last.
pub async fn before_visit_page(Query(query): Query<BeforeVisitQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let last = store::latest(&mut ctx.tx, patient).await?;
    ctx.saw(patient, "before_visit").await?;
    let zone = ctx.zone();
    let title = match ctx.who.acts_for() {
        Some(name) => format!("{}: {name}", tr!(clinical.before_visit)),
        None => tr!(clinical.before_visit).to_owned(),
    };
    Ok(Page::new(title.clone(), move || {
        let notice = last.as_ref().map(|last| {
            let when = show_date_time(zone.local(last.told_at));
            let (tone, words) = match last.state {
                StatementState::Told => (Tone::Waiting, tr!(clinical.statement_waits, when = when)),
                StatementState::TakenOver => {
                    let ended = last.ended_at.map(|at| show_date_time(zone.local(at))).unwrap_or_default();
                    (Tone::Done, tr!(clinical.statement_read, name = last.ender.clone(), when = ended))
                }
                StatementState::SetAside | StatementState::Replaced => (Tone::Inactive, tr!(clinical.statement_old, when = when)),
            };
            view! { <NoticeBox tone><p>{words}</p></NoticeBox> }
        });
        let [allergies, medicines, history] = last.map(|last| [last.allergies, last.medicines, last.history]).unwrap_or_default();
        let hidden = vec![("key", StatementId::new().to_string()), ("appointment", query.appointment)];
        view! {
            {(query.done == "told").then(|| view! { <Toast text=tr!(clinical.statement_saved)/> })}
            <PageHeader title back=("/portal/appointments".to_owned(), tr!(nav.appointments).to_owned()) detail=tr!(clinical.before_visit_text)/>
            <div class="portal">
                {notice}
                <section class="portal-card">
                    <Form action="/api/clinical/tell_statement" hidden>
                        <TextArea name="allergies" label=tr!(clinical.statement_allergies) hint=tr!(clinical.statement_allergies_hint) value=allergies rows=3 maxlength=4000 optional=true/>
                        <TextArea name="medicines" label=tr!(clinical.statement_medicines) hint=tr!(clinical.statement_medicines_hint) value=medicines rows=4 maxlength=4000 optional=true/>
                        <TextArea name="history" label=tr!(clinical.statement_history) hint=tr!(clinical.statement_history_hint) value=history rows=4 maxlength=4000 optional=true/>
                        <div class="form__actions"><Button label=tr!(clinical.statement_send) tone=ButtonTone::Primary/></div>
                    </Form>
                </section>
            </div>
        }
    }))
}
