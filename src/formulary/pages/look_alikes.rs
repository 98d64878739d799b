//! `/formulary/look-alikes`: the pairs of substances whose names look or sound alike, with the spelling that tells them apart.

use leptos::prelude::*;

use super::{
    DoneQuery, done_words,
    parts::{rule_acts, state_badge, tabs},
};
use crate::{
    core::{IdempotencyKey, Permission, Result},
    formulary::{alike::LookAlike, rule::RuleKind, store},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, Column, DataTable, EmptyState, Form, Glyph, PageHeader, Row, TextField, Toast},
};

/// The page.
pub async fn look_alikes_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicines).await?;
    let manages = ctx.who.may(Permission::ManageFormulary);
    let mut pairs = store::alike::all(&mut ctx.tx).await?;
    pairs.retain(|pair| !pair.state.retired);
    Ok(Page::new(tr!(formulary.look_alikes), move || view(&pairs, &done, manages)))
}

fn view(pairs: &[LookAlike], done: &str, manages: bool) -> impl IntoView + use<> {
    let columns = vec![
        Column::new(tr!(formulary.alike_pair)),
        Column::new(tr!(formulary.source)).secondary(),
        Column::new(tr!(formulary.state)),
        Column::new(tr!(formulary.act)).label_hidden(),
    ];
    let rows = pairs.iter().map(|pair| row(pair, manages)).collect();
    let empty =
        view! { <EmptyState glyph=Glyph::Pill title=tr!(formulary.no_look_alikes) text=tr!(formulary.look_alikes_text)/> }.into_any();
    let add = manages.then(add_form);
    view! {
        {done_words(done).map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(formulary.title) detail=tr!(formulary.look_alikes_text)/>
        {tabs("/formulary/look-alikes", manages)}
        <div class="stack">
            <DataTable caption=tr!(formulary.look_alikes) columns rows empty=Some(empty) stacked=true/>
            {add}
        </div>
    }
}

fn row(pair: &LookAlike, manages: bool) -> Row {
    let words = format!("{} ≠ {}", pair.one_shown(), pair.other_shown());
    let acts = match manages {
        true => rule_acts(RuleKind::LookAlike, pair.id.to_string(), &pair.state, "/formulary/look-alikes", &words),
        false => ().into_any(),
    };
    Row::new(vec![words.into_any(), pair.state.source.clone().into_any(), state_badge(false, pair.state.confirmed_at.is_some()), acts])
}

fn add_form() -> impl IntoView {
    let hidden = vec![("key", IdempotencyKey::new().to_string())];
    let side = |name: &'static str, label: &'static str| {
        let (tall, tall_es) = (format!("{name}_tall"), format!("{name}_tall_es"));
        view! {
            <TextField name label required=true maxlength=200 autocomplete="off"/>
            <TextField name=tall label=tr!(formulary.tall) hint=tr!(formulary.tall_hint) optional=true maxlength=200 autocomplete="off"/>
            <TextField name=tall_es label=tr!(formulary.tall_es) optional=true maxlength=200 autocomplete="off"/>
        }
    };
    let fields = move || {
        view! {
            {side("one", tr!(formulary.alike_first))}
            {side("other", tr!(formulary.alike_second))}
            <TextField name="source" label=tr!(formulary.source) required=true maxlength=500 autocomplete="off"/>
        }
    };
    view! {
        <section class="panel" aria-labelledby="add-look-alike">
            <div class="panel__head"><h2 id="add-look-alike">{tr!(formulary.add_look_alike)}</h2></div>
            <div class="panel__body">
                <Form action="/api/formulary/add_look_alike" class="form--grid" hidden>
                    {fields()}
                    <div class="form__actions"><Button label=tr!(formulary.add) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
}
