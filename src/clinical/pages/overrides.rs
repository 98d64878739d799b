//! `/prescriptions/overrides`: the warnings in spite of which medicines were prescribed, for the pharmacist's review.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    clinical::findings::{self, CheckFinding},
    core::{
        Permission, Result,
        list::Slice,
        time::{Zone, show_date_time},
    },
    formulary::CheckLevel,
    server::{Ctx, Page, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, ListUrl, PageHeader, Paging, PostButton, Row, StatusBadge, Tab, Tabs, Toast, Tone},
};

/// The address of the list.
const HERE: &str = "/prescriptions/overrides";

/// Whether reviewed ones are shown, and the page.
#[derive(Debug, Deserialize)]
pub struct OverridesQuery {
    /// `yes`: those that were reviewed.
    #[serde(default)]
    reviewed: String,
    #[serde(default)]
    page: Option<i64>,
    #[serde(default)]
    done: String,
}

/// The page.
pub async fn overrides_page(Query(query): Query<OverridesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReviewPrescriptions).await?;
    let slice = findings::page_of(&mut ctx, query.reviewed == "yes", query.page).await?;
    // A reviewed override is work for nobody any more.
    let beyond = if query.reviewed == "yes" { &slice.rows[..] } else { &[][..] };
    let seen = slice.rows.iter().map(|row| row.patient_id);
    ctx.saw_beyond(seen, beyond.iter().map(|row| row.patient_id), "prescriptions despite warnings").await?;
    let zone = ctx.zone();
    Ok(Page::new(tr!(clinical.overrides), move || view(&slice, &query, zone)))
}

fn view(slice: &Slice<CheckFinding>, query: &OverridesQuery, zone: Zone) -> impl IntoView + use<> {
    let reviewed = query.reviewed == "yes";
    let tabs = vec![
        Tab::new(HERE, tr!(clinical.overrides_waiting), !reviewed),
        Tab::new(format!("{HERE}?reviewed=yes"), tr!(clinical.overrides_reviewed), reviewed),
    ];
    let columns = vec![
        Column::new(tr!(clinical.patient)),
        Column::new(tr!(clinical.medicine)),
        Column::new(tr!(clinical.warning)),
        Column::new(tr!(clinical.override_reason)),
        Column::new(tr!(clinical.prescriber)).secondary(),
        Column::new(tr!(clinical.review)),
    ];
    let rows = slice.rows.iter().map(|row| finding_row(row, zone)).collect();
    let url = ListUrl::new(HERE).with("reviewed", query.reviewed.clone());
    let empty = view! { <EmptyState glyph=Glyph::Check title=tr!(clinical.no_overrides) text=tr!(clinical.no_overrides_text)/> }.into_any();
    let done = (query.done == "reviewed").then(|| view! { <Toast text=tr!(clinical.override_reviewed)/> });
    view! {
        {done}
        <PageHeader title=tr!(clinical.overrides) detail=tr!(clinical.overrides_text)/>
        <Tabs label=tr!(clinical.overrides) tabs/>
        <DataTable caption=tr!(clinical.overrides) columns rows url paging=Some(Paging::of(slice)) empty=Some(empty) stacked=true/>
    }
}

fn finding_row(row: &CheckFinding, zone: Zone) -> Row {
    let tone = if row.level == CheckLevel::Strong { Tone::Critical } else { Tone::Warning };
    let when = show_date_time(zone.local(row.decided_at));
    let review = match (&row.reviewer, row.reviewed_at) {
        (Some(name), Some(at)) => format!("{name}, {}", show_date_time(zone.local(at))).into_any(),
        _ => {
            let hidden = vec![("finding_id", row.id.to_string())];
            view! { <PostButton action="/api/clinical/review_override" label=tr!(clinical.mark_reviewed) hidden about=row.drug.clone()/> }
                .into_any()
        }
    };
    let cells = vec![
        view! { {format!("{}, {}", row.family_name, row.given_names)}<br/><span class="muted small">{row.mrn.clone()}</span> }.into_any(),
        row.drug.clone().into_any(),
        view! { <StatusBadge tone label=row.level.words()/>" "{row.sentence.clone()} }.into_any(),
        row.reason.clone().into_any(),
        view! { {row.prescriber.clone()}<br/><span class="muted small">{when}" · "{row.stage.words()}</span> }.into_any(),
        review,
    ];
    Row::new(cells).key(row.id.to_string())
}
