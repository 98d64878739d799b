//! A statement of the patient as staff sees it: as the patient's own words, until it is taken over.

use leptos::prelude::*;

use super::store::{self, Statement};
use crate::{
    core::{
        PatientId, Permission, Result, VisitId,
        time::{Zone, show_date_time},
    },
    patients,
    server::{Ctx, department::Draw},
    tr,
    ui::{ButtonTone, PostButton, StatusBadge, Tone},
};

/// The statements that wait, ready to be drawn.
#[derive(Clone, Debug)]
pub(in crate::clinical) struct StatementPanel {
    waiting: Vec<Statement>,
    zone: Zone,
    may_end: bool,
    visit: Option<VisitId>,
}

/// Reads the statements of a patient that wait, also of records that were merged into the patient's. `visit` is the visit of the
/// consultation beside which they stand.
///
/// # Errors
/// When the database refuses.
pub(in crate::clinical) async fn statement_panel(ctx: &mut Ctx, patient: PatientId, visit: Option<VisitId>) -> Result<StatementPanel> {
    let family = patients::merges::family(&mut ctx.tx, patient).await?;
    let waiting = store::open_of(&mut ctx.tx, &family).await?;
    let may_end = ctx.who.may_at(Permission::RecordAllergies, ctx.clinic.id);
    Ok(StatementPanel { waiting, zone: ctx.zone(), may_end, visit })
}

/// Reads the panel of the record, for staff that records allergies.
///
/// # Errors
/// When the database refuses.
pub(in crate::clinical) async fn on_the_record(ctx: &mut Ctx, patient: PatientId) -> Result<Option<Draw>> {
    if !ctx.who.may_at(Permission::RecordAllergies, ctx.clinic.id) {
        return Ok(None);
    }
    let panel = statement_panel(ctx, patient, None).await?;
    Ok((!panel.waiting.is_empty()).then(|| -> Draw { Box::new(move || panel.panel()) }))
}

impl StatementPanel {
    /// Draws the statements below a heading of the second level; nothing when none waits.
    pub fn view(&self) -> AnyView {
        let group = |one| {
            view! {
                <div class="glance__group">
                    <h3>{tr!(clinical.statement)}<StatusBadge tone=Tone::Reserved label=tr!(clinical.own_words)/></h3>
                    {self.one(one)}
                </div>
            }
        };
        self.waiting.iter().map(group).collect_view().into_any()
    }

    /// Draws each statement as a panel of a page; nothing when none waits.
    pub fn panel(&self) -> AnyView {
        let panel = |one| {
            view! {
                <section class="panel">
                    <div class="panel__head">
                        <h2>{tr!(clinical.statement)}</h2>
                        <StatusBadge tone=Tone::Reserved label=tr!(clinical.own_words)/>
                    </div>
                    <div class="panel__body">{self.one(one)}</div>
                </section>
            }
        };
        self.waiting.iter().map(panel).collect_view().into_any()
    }

    fn one(&self, statement: &Statement) -> AnyView {
        let when = show_date_time(self.zone.local(statement.told_at));
        let name = statement.teller.clone();
        let by = if statement.by_guardian {
            tr!(clinical.statement_by_guardian, name = name, when = when)
        } else {
            tr!(clinical.statement_by, name = name, when = when)
        };
        let parts = [
            (tr!(clinical.statement_allergies), &statement.allergies),
            (tr!(clinical.statement_medicines), &statement.medicines),
            (tr!(clinical.statement_history), &statement.history),
        ];
        let parts = parts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(label, text)| view! { <p><strong>{label}</strong></p><p class="prose">{text.clone()}</p> })
            .collect_view();
        let acts = self.may_end.then(|| {
            let hidden = |verdict: &str| {
                let visit = self.visit.map(|visit| visit.to_string()).unwrap_or_default();
                vec![("statement_id", statement.id.to_string()), ("verdict", verdict.to_owned()), ("visit", visit)]
            };
            let href = format!("/patients/{}#allergies", statement.patient_id);
            view! {
                <p class="muted small">{tr!(clinical.statement_enter)}" "<a href=href>{tr!(patients.allergies)}</a></p>
                <div class="cluster">
                    <PostButton action="/api/clinical/end_statement" label=tr!(clinical.statement_take_over) hidden=hidden("taken_over")/>
                    <PostButton action="/api/clinical/end_statement" label=tr!(clinical.statement_put_aside) hidden=hidden("set_aside") tone=ButtonTone::Quiet/>
                </div>
            }
        });
        view! {
            <p class="muted small">{by}</p>
            {parts}
            {acts}
        }
        .into_any()
    }
}
