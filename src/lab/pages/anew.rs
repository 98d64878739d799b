//! `/lab/anew`: released results that would be flagged otherwise since the birth date or the sex of their patient was corrected.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{flag_badge, identity, range_words, toast};
use crate::{
    core::{
        Permission, Result,
        time::{Zone, show_date_time},
    },
    lab::{
        catalogue::Catalogue,
        results::{self, LabResult, Rejudgement, shown_unit},
        value::localised,
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, Dialog, EmptyState, Form, Glyph, ListUrl, PageHeader, PageLinks, Paging, PostButton, TextField},
};

/// `?page=` and `?done=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnewQuery {
    page: Option<i64>,
    done: String,
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn anew_page(Query(query): Query<AnewQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let may_keep = ctx.who.may_at(Permission::ReleaseResults, clinic);
    let listed = results::listed(&mut ctx.tx, clinic, query.page).await?;
    ctx.saw_live(listed.rows.iter().map(|(row, _)| row.patient_id), "lab_lists").await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    Ok(Page::new(tr!(lab.anew), move || {
        let paging = Paging::of(&listed);
        let empty = listed
            .rows
            .is_empty()
            .then(|| view! { <EmptyState glyph=Glyph::Done title=tr!(lab.anew_empty) text=tr!(lab.anew_empty_text)/> });
        let items = listed.rows.iter().map(|(row, result)| one(&all, row, result, zone, may_keep)).collect_view();
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(lab.anew) detail=tr!(lab.anew_text)/>
            {empty}
            <div class="stack">{items}</div>
            <PageLinks url=ListUrl::new("/lab/anew") paging/>
        }
    }))
}

fn one(all: &Catalogue, row: &Rejudgement, result: &LabResult, zone: Zone, may_keep: bool) -> AnyView {
    let test = all.test(result.test_id);
    let name = test.as_ref().map(|test| test.name().to_owned()).unwrap_or_default();
    let (sex, birth) = row.was();
    let facts = |birth: String, sex: &str| format!("{birth}, {}", sex.to_lowercase());
    let corrected = tr!(lab.anew_facts, was = facts(birth.shown(), sex.words()), now = facts(row.birth.shown(), row.sex.words()));
    let unit = test.map(|test| shown_unit(&test.unit)).unwrap_or_default();
    let value = match row.value_text.is_empty() {
        true => tr!(lab.absent_invalid).to_owned(),
        false => format!("{} {unit}", localised(&row.value_text)).trim_end().to_owned(),
    };
    let range = if row.range_text.is_empty() { tr!(lab.no_range).to_owned() } else { row.range_text.clone() };
    let times = format!(
        "{} · {}",
        show_date_time(zone.local(result.measured_at)),
        tr!(lab.anew_since, when = show_date_time(zone.local(row.noticed_at)))
    );
    let id = result.id;
    let hidden = move || vec![("lab_result_id", id.to_string())];
    let keep = may_keep.then(|| {
        view! {
            <Dialog id=format!("keep-{id}") opens=tr!(lab.anew_keep) title=name.clone() tone=ButtonTone::Quiet>
                <Form action="/api/lab/keep_listed" id=format!("keep-{id}-form") hidden=hidden()>
                    <TextField name="reason" label=tr!(lab.why) required=true maxlength=500/>
                    <div class="form__actions"><Button label=tr!(lab.anew_keep)/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <section class="panel is-warning" data-key=id.to_string()>
            <div class="panel__head"><h2><a href=format!("/lab/results/{id}")>{name.clone()}</a></h2></div>
            <div class="panel__body stack stack--tight">
                <p>{identity(&row.patient_name, &row.mrn, row.birth, row.sex)}</p>
                <p>{corrected}</p>
                <p>{tr!(lab.anew_was)}": "<strong>{result.with_unit(all)}</strong>" "{flag_badge(result.flag)}" "<span class="muted small">{range_words(result)}</span></p>
                <p>{tr!(lab.anew_now)}": "<strong>{value}</strong>" "{flag_badge(row.flag)}" "<span class="muted small">{range}</span></p>
                <p class="muted small">{times}</p>
                <div class="cluster">
                    <PostButton action="/api/lab/correct_listed" label=tr!(lab.anew_correct) hidden=hidden() tone=ButtonTone::Primary about=name/>
                    {keep}
                </div>
            </div>
        </section>
    }
    .into_any()
}
