//! `/audit/report`: the accesses to one patient's record on paper, to hand out.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::log::AuditQuery;
use crate::{
    audit::{AuditLine, action_words, export},
    core::{
        Error, Permission, Result,
        time::{Zone, show_date_time},
    },
    server::{Ctx, Departments, Page, Query, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

/// Shows the sheet.
///
/// # Errors
/// [`Error::Conflict`] when the words mean no patient or several, or when there are too many lines.
pub async fn report_page(Query(filter): Query<AuditQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadAudit).await?;
    let (zone, reader, now) = (ctx.zone(), ctx.user(), ctx.now);
    let lines = export(&mut ctx.tx, &filter.question(reader)?, zone).await?;
    let patients: BTreeSet<_> = lines.iter().filter_map(|line| line.mrn.clone()).collect();
    let Some(first) = lines.iter().find(|line| line.patient_id.is_some()).filter(|_| patients.len() == 1) else {
        return Err(Error::conflict(tr!(audit.report_one)));
    };
    let who = vec![first.patient_name(), format!("{} {}", tr!(ui.mrn), first.mrn.clone().unwrap_or_default())];
    let seen: BTreeSet<_> = lines.iter().filter_map(|line| line.patient_id).collect();
    ctx.saw_all(seen, "audit_export").await?;
    let (hospital, departments) = (ctx.state().hospital().name.clone(), ctx.state().departments);
    let back = filter.url().href();
    let facts = vec![tr!(audit.report_made, when = show_date_time(zone.local(now)), name = ctx.who.name.clone())];
    let page = Page::new(tr!(audit.report), move || {
        let rows = lines.iter().map(|line| row(line, zone, departments)).collect_view();
        view! {
            <PaperPage back back_words=tr!(audit.title)>
                <PrintSheet hospital title=tr!(audit.report) patient=who facts>
                    <p>{tr!(audit.report_text)}</p>
                    <table class="sheet__lines">
                        <thead>
                            <tr>
                                <th scope="col">{tr!(audit.when)}</th>
                                <th scope="col">{tr!(audit.who)}</th>
                                <th scope="col">{tr!(audit.what)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </PrintSheet>
            </PaperPage>
        }
    });
    Ok(page.layout(Layout::Print))
}

fn row(line: &AuditLine, zone: Zone, departments: Departments) -> AnyView {
    let who = line.user_name.clone().unwrap_or_else(|| tr!(audit.somebody).to_owned());
    let emergency = (!line.why.is_empty()).then(|| view! { <br/><strong>{tr!(audit.emergency)}</strong>": "{line.why.clone()} });
    view! {
        <tr>
            <td>{show_date_time(zone.local(line.at))}</td>
            <td>{who}<br/>{line.roles.replace(',', ", ")}</td>
            <td>{action_words(line.action)}": "{line.what_words(departments)}{emergency}</td>
        </tr>
    }
    .into_any()
}
