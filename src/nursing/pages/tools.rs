//! `/nursing/tools`: the tools of assessment with their sources; the hospital confirms those that have an owner.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::toast;
use crate::{
    core::{Permission, Result, time::show_date},
    nursing::assessments::{self, ToolSheet},
    server::{Ctx, Page, Query},
    tr,
    ui::{ButtonTone, PageHeader, PostButton, StatusBadge, Tone},
};

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ToolsQuery {
    done: String,
}

/// Shows the tools.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn tools_page(Query(ToolsQuery { done }): Query<ToolsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageHospital).await?;
    let zone = ctx.zone();
    let mut sheets = Vec::new();
    for tool in assessments::tools(&mut ctx.tx).await? {
        let day = tool.confirmed_at.map(|at| show_date(zone.day(at)));
        sheets.push((assessments::tool(&mut ctx.tx, tool.id).await?, day));
    }
    Ok(Page::new(tr!(nursing.tools), move || {
        let panels = sheets.iter().map(|(sheet, day)| panel(sheet, day.as_deref())).collect_view();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(nursing.tools) detail=tr!(nursing.tools_text)/>
            <div class="stack">{panels}</div>
        }
    }))
}

fn panel(sheet: &ToolSheet, confirmed: Option<&str>) -> AnyView {
    let tool = &sheet.tool;
    let (tone, label) = match (confirmed, tool.owner.is_empty()) {
        (Some(day), _) => (Tone::Done, tr!(nursing.tool_confirmed, day = day.to_owned())),
        (None, true) => (Tone::Done, tr!(nursing.tool_free).to_owned()),
        (None, false) => (Tone::Warning, tr!(nursing.tool_unconfirmed).to_owned()),
    };
    let confirm = confirmed.is_none().then(|| {
        let hidden = vec![("assessment_tool_id", tool.id.to_string())];
        view! { <PostButton action="/api/nursing/confirm_tool" label=tr!(nursing.confirm_tool) about=tool.name.clone() hidden tone=ButtonTone::Primary/> }
    });
    let owner = (!tool.owner.is_empty()).then(|| view! { <p>{tr!(nursing.owner)}": "{tool.owner.clone()}</p> });
    let bands = sheet
        .bands
        .iter()
        .map(|band| {
            let again = band.again_hours.map(|hours| tr!(nursing.again_in, hours = hours));
            view! { <li>{band.low}"–"{band.high}": "{band.risk.words()}" "<span class="muted small">{again}</span></li> }
        })
        .collect_view();
    let items = sheet.items.iter().map(|item| view! { <li>{item.name()}</li> }).collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tool.name.clone()}</h2><div class="cluster"><StatusBadge tone label/>{confirm}</div></div>
            <div class="panel__body stack stack--tight">
                <p class="muted small">{tr!(nursing.source)}": "{tool.source.clone()}</p>
                {owner}
                <ul>{items}</ul>
                <ul>{bands}</ul>
            </div>
        </section>
    }
    .into_any()
}
