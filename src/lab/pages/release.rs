//! `/lab/release`: checked results that wait for a second person. Those that stand out come first, one by one; normal ones stand in a block.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{flag_badge, identity, priority_badge, range_words, toast};
use crate::{
    core::{
        LabResultId, Permission, Result, UserId,
        time::{Zone, show_date},
    },
    lab::{
        catalogue::Catalogue,
        controls::{self, Holds},
        flag::Flag,
        results::{self, ReleaseRow},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Dialog, EmptyState, Form, Glyph, KeyHint, ListUrl, NoticeBox, PageHeader, PageLinks, Paging,
        PostButton, StatusBadge, TextField, Tone,
    },
};

/// `?page=` and `?done=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReleaseQuery {
    page: Option<i64>,
    done: String,
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn release_page(Query(query): Query<ReleaseQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReleaseResults).await?;
    let (clinic, user, zone) = (ctx.clinic.id, ctx.user(), ctx.zone());
    let rows = results::to_release(&mut ctx.tx, clinic, query.page).await?;
    ctx.saw_live(rows.rows.iter().map(|row| row.row.patient_id), "lab_lists").await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let held = Held::read(&mut ctx, &all, &rows.rows).await?;
    Ok(Page::new(tr!(lab.release), move || {
        let paging = Paging::of(&rows);
        let (plain, exceptions): (Vec<ReleaseRow>, Vec<ReleaseRow>) =
            rows.rows.into_iter().partition(|row| is_plain(row) && !held.concerns(row));
        let empty = (plain.is_empty() && exceptions.is_empty())
            .then(|| view! { <EmptyState glyph=Glyph::Sign title=tr!(lab.nothing_to_release) text=tr!(lab.nothing_to_release_text)/> });
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(lab.release) detail=tr!(lab.release_text)/>
            {empty}
            <div class="stack">
                {exceptions.iter().map(|row| exception(&all, row, &held, user, zone)).collect_view()}
                {block(&all, &plain, user)}
            </div>
            <PageLinks url=ListUrl::new("/lab/release") paging/>
        }
    })
    .keys(vec![KeyHint::new("v", tr!(lab.release_one)), KeyHint::new("r", tr!(lab.repeat))]))
}

/// The results on the page whose controls were rejected, and those of them that may be released all the same.
struct Held {
    results: Vec<LabResultId>,
    overridden: Vec<LabResultId>,
}

impl Held {
    async fn read(ctx: &mut Ctx, all: &Catalogue, rows: &[ReleaseRow]) -> Result<Self> {
        let clinic = ctx.clinic.id;
        let holds = Holds::read(&mut ctx.tx, clinic).await?;
        let results: Vec<LabResultId> = rows.iter().filter(|row| holds.hold(all, row.row.test_id)).map(|row| row.result.id).collect();
        let overridden = controls::overridden(&mut ctx.tx, &results).await?;
        Ok(Self { results, overridden })
    }

    fn concerns(&self, row: &ReleaseRow) -> bool {
        self.results.contains(&row.result.id)
    }

    /// Shows that the result is held, with the form that lets it go; or that it may be released all the same.
    fn shown(&self, row: &ReleaseRow) -> AnyView {
        let id = row.result.id;
        if !self.concerns(row) {
            return ().into_any();
        }
        if self.overridden.contains(&id) {
            return view! { <NoticeBox tone=Tone::Warning><p>{tr!(lab.overridden)}</p></NoticeBox> }.into_any();
        }
        let hidden = vec![("lab_result_id", id.to_string())];
        let controls = format!("/lab/controls/{}", row.row.test_id);
        view! {
            <NoticeBox tone=Tone::Critical title=tr!(lab.held)>
                <p><a href=controls>{tr!(lab.controls)}</a></p>
                <Dialog id=format!("override-{id}") opens=tr!(lab.override_hold) title=tr!(lab.override_hold) tone=ButtonTone::Quiet>
                    <Form action="/api/lab/override_hold" id=format!("override-{id}-form") hidden>
                        <TextField name="reason" label=tr!(lab.why) required=true maxlength=500/>
                        <div class="form__actions"><Button label=tr!(lab.override_hold) tone=ButtonTone::Danger/></div>
                    </Form>
                </Dialog>
            </NoticeBox>
        }
        .into_any()
    }
}

/// Whether nothing about the result stands out.
fn is_plain(row: &ReleaseRow) -> bool {
    row.result.flag == Flag::Normal && row.result.findings.is_empty() && row.result.correction.is_empty() && row.result.comment.is_empty()
}

/// The earlier values of the test, the latest first: `4.1 (12 Nov 2026)`.
fn earlier(all: &Catalogue, row: &ReleaseRow, zone: Zone) -> String {
    let one = |result: &results::LabResult| {
        format!("{} {} ({})", result.shown(all), result.flag.as_str(), show_date(zone.day(result.measured_at)))
    };
    row.earlier.iter().map(one).collect::<Vec<_>>().join(" · ")
}

fn exception(all: &Catalogue, row: &ReleaseRow, held: &Held, user: UserId, zone: Zone) -> AnyView {
    let ReleaseRow { row: bench, result, .. } = row;
    let name = all.test(bench.test_id).map(|test| test.name().to_owned()).unwrap_or_default();
    let findings = result.findings.iter().map(|finding| view! { <StatusBadge tone=Tone::Warning label=finding.words()/> }).collect_view();
    let before = earlier(all, row, zone);
    let correction = (!result.correction.is_empty()).then(|| {
        view! { <p><StatusBadge tone=Tone::Warning label=tr!(lab.correction)/>" "{result.correction.clone()}</p> }
    });
    let own = result.entered_by == user;
    let release = vec![(format!("release-{}", bench.id), result.id.to_string())];
    let repeat = vec![("lab_analysis_id", bench.id.to_string()), ("version", bench.version.to_string())];
    let is_correction = correction.is_some();
    let calculated = all.test(bench.test_id).is_ok_and(|test| test.formula().is_some());
    let take_back = vec![("lab_result_id", result.id.to_string())];
    let about = name.clone();
    view! {
        <section class="panel" data-keys="">
            <div class="panel__head">
                <h2>{name.clone()}</h2>
                <div class="cluster">{priority_badge(bench.priority)}{flag_badge(result.flag)}{findings}</div>
            </div>
            <div class="panel__body stack stack--tight">
                <p>{identity(&bench.patient_name, &bench.mrn, bench.birth, bench.sex)}</p>
                <p>
                    <a href=format!("/lab/results/{}", result.id)><strong>{result.with_unit(all)}</strong></a>
                    " "<span class="muted">{range_words(result)}</span>
                </p>
                {correction}
                {(!result.comment.is_empty()).then(|| view! { <p>{result.comment.clone()}</p> })}
                {(!before.is_empty()).then(|| view! { <p class="muted small">{tr!(lab.earlier_values, values = before.clone())}</p> })}
                <p class="muted small">{tr!(lab.entered_by, name = result.enterer.clone())}</p>
                {own.then(|| view! { <p class="is-warning">{tr!(lab.own_result)}</p> })}
                {held.shown(row)}
                <div class="cluster">
                    <form method="post" action="/api/lab/release" class="post-button">
                        {release.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
                        <Button label=tr!(lab.release_one) tone=ButtonTone::Primary key="v"/>
                    </form>
                    {(is_correction && !calculated).then(|| view! { <PostButton action="/api/lab/take_back_correction" label=tr!(lab.take_back) hidden=take_back tone=ButtonTone::Quiet key="r" about/> })}
                    {(!is_correction).then(|| view! { <PostButton action="/api/lab/return_result" label=tr!(lab.repeat) hidden=repeat tone=ButtonTone::Quiet key="r" about=name/> })}
                </div>
            </div>
        </section>
    }
    .into_any()
}

/// The normal results: all are ticked, and released with one button.
fn block(all: &Catalogue, plain: &[ReleaseRow], user: UserId) -> AnyView {
    if plain.is_empty() {
        return ().into_any();
    }
    let lines: Vec<(String, String, String, bool)> = plain
        .iter()
        .map(|row| {
            let name = all.test(row.row.test_id).map(|test| test.name().to_owned()).unwrap_or_default();
            let label = format!(
                "{} · {name}: {} ({}) · {}",
                row.row.patient_name.listed(),
                row.result.with_unit(all),
                range_words(&row.result),
                row.row.number
            );
            (format!("release-{}", row.row.id), row.result.id.to_string(), label, row.result.entered_by != user)
        })
        .collect();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(lab.normal_results)}</h2></div>
            <div class="panel__body">
                <Form action="/api/lab/release" id="release-normal">
                    {lines.into_iter().map(|(name, value, label, checked)| view! { <CheckboxField name value label checked/> }).collect_view()}
                    <div class="form__actions"><Button label=tr!(lab.release_ticked) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
