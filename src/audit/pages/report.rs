//! `/audit/report`: the accesses to one patient's record on paper, to hand out.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::log::AuditQuery;
use crate::{
    audit::{AuditLine, AuditQuestion, action_words, export, persons},
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
    // The sheet has everybody: also the auditor who prints it.
    let question = AuditQuestion { without: None, ..filter.question(reader)? };
    let lines = export(&mut ctx.tx, &question, zone).await?;
    let persons = persons(&mut ctx.tx, &lines).await?;
    let known = lines.iter().filter(|line| line.patient_id.is_some());
    // The name is that of the surviving record, as far as it has a line.
    let first = known.clone().find(|line| line.patient_id.is_some_and(|id| persons.contains(&id))).or_else(|| known.clone().next());
    let Some(first) = first.filter(|_| persons.len() == 1) else {
        return Err(Error::conflict(tr!(audit.report_one)));
    };
    let numbers: BTreeSet<String> = known.filter_map(|line| line.mrn.clone()).collect();
    let numbers = numbers.into_iter().collect::<Vec<_>>().join(", ");
    let who = vec![first.patient_name(), format!("{} {numbers}", tr!(ui.mrn))];
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
