//! `/formulary/interactions`: the interactions and cross-reactions by which prescriptions are checked.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    done_words,
    parts::{interaction_badge, level_badge, page_of, rule_acts, state_badge, tabs},
};
use crate::{
    core::{IdempotencyKey, Permission, Result, list::Slice, locale},
    formulary::{
        InteractionLevel,
        rule::{CrossReaction, Interaction, RuleKind},
        store,
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, EmptyState, Form, Glyph, LinkButton, ListUrl, PageHeader, Paging, Row, SelectField,
        TextField, Toast, Tone,
    },
};

/// Search, filters and page.
#[derive(Debug, Deserialize)]
pub struct InteractionsQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    level: String,
    /// `no`: only unconfirmed rules.
    #[serde(default)]
    confirmed: String,
    /// Also retired rules.
    #[serde(default)]
    all: String,
    #[serde(default)]
    page: Option<i64>,
    #[serde(default)]
    done: String,
}

/// The page.
pub async fn interactions_page(Query(which): Query<InteractionsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicines).await?;
    let manages = ctx.who.may(Permission::ManageFormulary);
    let spanish = locale::current() == locale::Locale::es;
    let mut rows = store::rules::interactions(&mut ctx.tx, spanish).await?;
    let cross = store::rules::cross_reactions(&mut ctx.tx, spanish).await?;
    let sought = which.q.trim().to_lowercase();
    let level: Option<InteractionLevel> = which.level.parse().ok();
    rows.retain(|row| {
        let is_found = [&row.one_name, &row.other_name].iter().any(|name| name.to_lowercase().contains(&sought));
        let is_shown = !which.all.is_empty() || !row.state.retired;
        let waits = which.confirmed != "no" || row.state.confirmed_at.is_none();
        is_found && is_shown && waits && level.is_none_or(|level| row.level == level)
    });
    let slice = page_of(rows, which.page);
    Ok(Page::new(tr!(formulary.interactions), move || view(slice, &cross, which, manages)))
}

fn view(
    (slice, total): (Slice<Interaction>, Option<i64>),
    cross: &[CrossReaction],
    which: InteractionsQuery,
    manages: bool,
) -> impl IntoView + use<> {
    let InteractionsQuery { q, level, confirmed, all, done, page } = which;
    let url = ListUrl::new("/formulary/interactions").with("q", q.clone()).with("level", level.clone());
    let url = url.with("confirmed", confirmed.clone()).with("all", all.clone());
    let back = url.clone().with("page", page.map(|page| page.to_string()).unwrap_or_default()).href();
    let paging = Paging { total, ..Paging::of(&slice) };
    let columns = vec![
        Column::new(tr!(formulary.sides)),
        Column::new(tr!(formulary.level)),
        Column::new(tr!(formulary.consequence)),
        Column::new(tr!(formulary.source)).secondary(),
        Column::new(tr!(formulary.state)),
        Column::new(tr!(formulary.act)).label_hidden(),
    ];
    let rows = slice.rows.iter().map(|rule| row(rule, manages, &back)).collect();
    let levels: Vec<Choice> = InteractionLevel::ALL.iter().map(|level| Choice::new(level.as_str(), level.words())).collect();
    let states = vec![Choice::new("no", tr!(formulary.only_unconfirmed))];
    let filter = view! {
        <TextField kind="search" name="q" label=tr!(formulary.find_interaction) value=q maxlength=100/>
        <SelectField name="level" label=tr!(formulary.level) choices=levels.clone() value=level prompt=tr!(formulary.every_level)/>
        <SelectField name="confirmed" label=tr!(formulary.state) choices=states value=confirmed prompt=tr!(formulary.every_state)/>
        <input type="hidden" name="all" value=all.clone()/>
    }
    .into_any();
    let (value, words) = if all.is_empty() { ("yes", tr!(formulary.also_retired)) } else { ("", tr!(formulary.without_retired)) };
    let others = url.clone().with("all", value).href();
    let empty =
        view! { <EmptyState glyph=Glyph::Pill title=tr!(formulary.no_interactions) text=tr!(formulary.no_interactions_text)/> }.into_any();
    let add = manages.then(|| add_form(levels));
    let import = manages.then(|| view! { <LinkButton href="/formulary/import/interactions" label=tr!(formulary.import_interactions)/> });
    let actions = view! {
        {import}
        <LinkButton href="/formulary/export/interactions" label=tr!(formulary.export) glyph=Glyph::Download/>
    }
    .into_any();
    view! {
        {done_words(&done).map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(formulary.title) detail=tr!(formulary.interactions_purpose) actions=Some(actions)/>
        {tabs("/formulary/interactions", manages)}
        <DataTable caption=tr!(formulary.interactions) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
        <p><a href=others>{words}</a></p>
        {cross_table(cross, manages, &back)}
        {add}
    }
}

fn row(rule: &Interaction, manages: bool, back: &str) -> Row {
    let pair = format!("{} + {}", rule.one_name, rule.other_name);
    let acts = if manages { rule_acts(RuleKind::Interaction, rule.id.to_string(), &rule.state, back, &pair) } else { ().into_any() };
    let cells = vec![
        pair.into_any(),
        interaction_badge(rule.level),
        rule.text().to_owned().into_any(),
        rule.state.source.clone().into_any(),
        state_badge(rule.state.retired, rule.state.confirmed_at.is_some()),
        acts,
    ];
    let row = Row::new(cells);
    if rule.state.retired { row.class(Tone::Inactive.class()) } else { row }
}

fn cross_table(cross: &[CrossReaction], manages: bool, back: &str) -> Option<AnyView> {
    let row = |rule: &CrossReaction| {
        let pair = format!("{} + {}", rule.one_name, rule.other_name);
        let acts = if manages { rule_acts(RuleKind::CrossReaction, rule.id.to_string(), &rule.state, back, &pair) } else { ().into_any() };
        Row::new(vec![
            pair.into_any(),
            level_badge(rule.level),
            rule.state.source.clone().into_any(),
            state_badge(rule.state.retired, rule.state.confirmed_at.is_some()),
            acts,
        ])
    };
    let rows: Vec<Row> = cross.iter().filter(|rule| !rule.state.retired).map(row).collect();
    let columns = vec![
        Column::new(tr!(formulary.groups)),
        Column::new(tr!(formulary.level)),
        Column::new(tr!(formulary.source)).secondary(),
        Column::new(tr!(formulary.state)),
        Column::new(tr!(formulary.act)).label_hidden(),
    ];
    let title = tr!(formulary.cross_reactions);
    (!rows.is_empty()).then(|| view! { <section><h2>{title}</h2><DataTable caption=title columns rows stacked=true/></section> }.into_any())
}

fn add_form(levels: Vec<Choice>) -> impl IntoView {
    let hidden = vec![("key", IdempotencyKey::new().to_string())];
    let fields = move || {
        view! {
            <TextField name="one" label=tr!(formulary.one_side) hint=tr!(formulary.side_hint) required=true maxlength=200 autocomplete="off"/>
            <TextField name="other" label=tr!(formulary.other_side) hint=tr!(formulary.side_hint) required=true maxlength=200 autocomplete="off"/>
            <SelectField name="level" label=tr!(formulary.level) choices=levels prompt=tr!(errors.choose) required=true/>
            <TextField name="text_en" label=tr!(formulary.text_en) required=true maxlength=500 autocomplete="off"/>
            <TextField name="text_es" label=tr!(formulary.text_es) required=true maxlength=500 autocomplete="off"/>
            <TextField name="source" label=tr!(formulary.source) required=true maxlength=500 autocomplete="off"/>
        }
    };
    view! {
        <section class="panel" aria-labelledby="add-interaction">
            <div class="panel__head"><h2 id="add-interaction">{tr!(formulary.add_interaction)}</h2></div>
            <div class="panel__body">
                <Form action="/api/formulary/add_interaction" class="form--grid" hidden>
                    {fields()}
                    <div class="form__actions"><Button label=tr!(formulary.add) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
}
