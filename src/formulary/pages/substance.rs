//! `/formulary/substances/new` and `/formulary/substances/{id}`: a substance with its names, groups and rules.

use leptos::prelude::*;

use super::{
    DoneQuery, done_words,
    parts::{advice_badge, confirmed_words, interaction_badge, level_badge, rule_acts, state_badge},
};
use crate::{
    core::{Error, IdempotencyKey, Permission, Result, SubstanceId, locale, time::Zone},
    formulary::{
        Advice, CheckLevel, GroupKind, LimitKind, Route, Unit,
        rule::{DoseRule, Interaction, Limit, RuleKind, RuleState, Side, Washout},
        store,
        substance::{Group, Substance},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, Confirm, DataTable, DescriptionList, Detail, Fieldset, Form, LinkButton,
        PageHeader, PostButton, Row, SelectField, TextField, Toast,
    },
};

/// All that the formulary knows of a substance.
pub(super) struct Facts {
    pub substance: Substance,
    names: Vec<String>,
    groups: Vec<Group>,
    interactions: Vec<Interaction>,
    doses: Vec<DoseRule>,
    limits: Vec<Limit>,
    washouts: Vec<Washout>,
}

impl Facts {
    /// Reads the facts.
    pub(super) async fn load(ctx: &mut Ctx, id: SubstanceId) -> Result<Self> {
        let tx = &mut ctx.tx;
        let substance = store::substances::one(tx, id).await?.ok_or(Error::NotFound)?;
        let groups = store::substances::groups_of(tx, id).await?;
        let concerns = |side: Side| match side {
            Side::Substance(other) => other == id,
            Side::Group(other) => groups.iter().any(|group| group.id == other),
        };
        let spanish = locale::current() == locale::Locale::es;
        let interactions = store::rules::interactions(tx, spanish).await?;
        let interactions =
            interactions.into_iter().filter(|one| !one.state.retired && (concerns(one.one) || concerns(one.other))).collect();
        let doses = store::rules::doses_of(tx, &[id]).await?.into_iter().filter(|rule| !rule.state.retired).collect();
        let limits = store::rules::limits_of(tx, &[id]).await?.into_iter().filter(|rule| !rule.state.retired).collect();
        let washouts = store::rules::washouts_of(tx, &[id], spanish).await?;
        let names = store::substances::names_of(tx, id).await?;
        Ok(Self { substance, names, groups, interactions, doses, limits, washouts })
    }
}

/// Shows the form of a new substance.
pub async fn new_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageFormulary).await?;
    let groups = store::substances::groups(&mut ctx.tx).await?;
    drop(ctx);
    Ok(Page::new(tr!(formulary.new_substance), move || {
        let back = ("/formulary/substances".to_owned(), tr!(formulary.substances).to_owned());
        view! { <PageHeader title=tr!(formulary.new_substance) back/>{form(None, (&[], &[]), &groups)} }
    })
    .class("main--narrow"))
}

/// Shows a substance.
pub async fn substance_page(Path(id): Path<SubstanceId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicines).await?;
    let (manages, zone) = (ctx.who.may(Permission::ManageFormulary), ctx.zone());
    let facts = Facts::load(&mut ctx, id).await?;
    let groups = if manages { store::substances::groups(&mut ctx.tx).await? } else { Vec::new() };
    Ok(Page::new(facts.substance.shown_name().to_owned(), move || {
        let back = ("/formulary/substances".to_owned(), tr!(formulary.substances).to_owned());
        let here = format!("/formulary/substances/{id}");
        let edit = manages.then(|| edit_panels(&facts, &groups));
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader title=facts.substance.shown_name().to_owned() back/>
            {substance_panel(&facts, manages, zone, &here, false)}
            {edit}
        }
    }))
}

/// Shows a substance with its rules; `linked` on the page of a drug.
pub(super) fn substance_panel(facts: &Facts, manages: bool, zone: Zone, here: &str, linked: bool) -> AnyView {
    let Facts { substance, names, groups, .. } = facts;
    let heading = format!("substance-{}", substance.id);
    let id = heading.clone();
    let confirm = (manages && substance.confirmed_at.is_none()).then(|| {
        let hidden = vec![("id", substance.id.to_string()), ("version", substance.version.to_string())];
        view! {
            <Confirm label=tr!(formulary.confirm_substance) text=tr!(formulary.confirm_substance_question)>
                <PostButton action="/api/formulary/confirm_substance" label=tr!(formulary.confirm) tone=ButtonTone::Primary hidden/>
            </Confirm>
        }
    });
    let details = vec![
        Detail::new(tr!(formulary.name), substance.name.clone()),
        Detail::new(tr!(formulary.name_es), substance.name_es.clone()),
        Detail::new(tr!(formulary.further_names), names.join(", ")),
        Detail::new(tr!(formulary.groups), groups.iter().map(Group::shown_name).collect::<Vec<_>>().join(", ")),
        Detail::view(tr!(formulary.pregnancy), advice_badge(substance.pregnancy)),
        Detail::view(tr!(formulary.lactation), advice_badge(substance.lactation)),
        Detail::new(tr!(formulary.source), substance.source.clone()),
        Detail::view(tr!(formulary.state), state_badge(false, substance.confirmed_at.is_some())),
        Detail::new(tr!(formulary.confirmed), confirmed_words(substance.confirmed_at, substance.confirmed_by.as_deref(), zone)),
    ];
    let title = match linked {
        true => view! { <a href=format!("/formulary/substances/{}", substance.id)>{substance.shown_name().to_owned()}</a> }.into_any(),
        false => tr!(formulary.substance).into_any(),
    };
    view! {
        <section class="panel" aria-labelledby=heading>
            <div class="panel__head"><h2 id=id>{title}</h2>{confirm}</div>
            <div class="panel__body stack">
                <DescriptionList details/>
                {doses_table(&facts.doses, manages, here)}
                {limits_table(&facts.limits, manages, here)}
                {interactions_table(&facts.interactions, manages, here)}
                {washouts_table(&facts.washouts, manages, here)}
            </div>
        </section>
    }
    .into_any()
}

fn rule_columns(first: [&'static str; 2]) -> Vec<Column> {
    vec![
        Column::new(first[0]),
        Column::new(first[1]),
        Column::new(tr!(formulary.source)).secondary(),
        Column::new(tr!(formulary.state)),
        Column::new(tr!(formulary.act)).label_hidden(),
    ]
}

fn rule_row(cells: [AnyView; 2], (kind, id): (RuleKind, String), state: &RuleState, (manages, here, about): (bool, &str, &str)) -> Row {
    let acts = if manages { rule_acts(kind, id, state, here, about) } else { ().into_any() };
    let [one, other] = cells;
    Row::new(vec![one, other, state.source.clone().into_any(), state_badge(state.retired, state.confirmed_at.is_some()), acts])
}

fn doses_table(rules: &[DoseRule], manages: bool, here: &str) -> Option<AnyView> {
    let row = |rule: &DoseRule| {
        let who = rule.figures.who();
        rule_row(
            [who.clone().into_any(), rule.figures.words().into_any()],
            (RuleKind::Dose, rule.id.to_string()),
            &rule.state,
            (manages, here, &who),
        )
    };
    let rows: Vec<Row> = rules.iter().map(row).collect();
    let columns = rule_columns([tr!(formulary.patients), tr!(formulary.figures)]);
    (!rows.is_empty())
        .then(|| view! { <h3>{tr!(formulary.doses)}</h3><DataTable caption=tr!(formulary.doses) columns rows stacked=true/> }.into_any())
}

fn limits_table(rules: &[Limit], manages: bool, here: &str) -> Option<AnyView> {
    let row = |rule: &Limit| {
        let words = rule.words();
        rule_row(
            [words.clone().into_any(), level_badge(rule.level)],
            (RuleKind::Limit, rule.id.to_string()),
            &rule.state,
            (manages, here, &words),
        )
    };
    let rows: Vec<Row> = rules.iter().map(row).collect();
    let columns = rule_columns([tr!(formulary.patients), tr!(formulary.level)]);
    (!rows.is_empty())
        .then(|| view! { <h3>{tr!(formulary.limits)}</h3><DataTable caption=tr!(formulary.limits) columns rows stacked=true/> }.into_any())
}

fn washouts_table(rules: &[Washout], manages: bool, here: &str) -> Option<AnyView> {
    let row = |rule: &Washout| {
        let words = tr!(formulary.days, count = rule.days);
        let target = (RuleKind::Washout, rule.id.to_string());
        rule_row([tr!(formulary.washout).into_any(), words.clone().into_any()], target, &rule.state, (manages, here, &words))
    };
    let rows: Vec<Row> = rules.iter().map(row).collect();
    let columns = rule_columns([tr!(formulary.washout), tr!(formulary.washout_days)]);
    let title = tr!(formulary.washout);
    (!rows.is_empty()).then(|| view! { <h3>{title}</h3><DataTable caption=title columns rows stacked=true/> }.into_any())
}

fn interactions_table(rules: &[Interaction], manages: bool, here: &str) -> Option<AnyView> {
    let row = |rule: &Interaction| {
        let pair = format!("{} + {}", rule.one_name, rule.other_name);
        let level = view! { <div class="cluster">{interaction_badge(rule.level)}<span>{rule.text().to_owned()}</span></div> }.into_any();
        let target = (RuleKind::Interaction, rule.id.to_string());
        rule_row([pair.clone().into_any(), level], target, &rule.state, (manages, here, &pair))
    };
    let rows: Vec<Row> = rules.iter().map(row).collect();
    let columns = rule_columns([tr!(formulary.sides), tr!(formulary.consequence)]);
    let title = tr!(formulary.interactions);
    (!rows.is_empty()).then(|| view! { <h3>{title}</h3><DataTable caption=title columns rows stacked=true/> }.into_any())
}

/// Shows the forms that change the substance and add rules.
fn edit_panels(facts: &Facts, groups: &[Group]) -> impl IntoView + use<> {
    let id = facts.substance.id;
    let panel = |id: &'static str, title: &'static str, body: AnyView| {
        view! {
            <section class="panel" aria-labelledby=id>
                <div class="panel__head"><h2 id=id>{title}</h2></div>
                <div class="panel__body">{body}</div>
            </section>
        }
    };
    view! {
        {panel("add-dose", tr!(formulary.add_dose), dose_form(id).into_any())}
        {panel("add-limit", tr!(formulary.add_limit), limit_form(id).into_any())}
        {panel("add-washout", tr!(formulary.add_washout), washout_form(id).into_any())}
        {panel("edit-substance", tr!(formulary.edit_substance), form(Some(&facts.substance), (&facts.names, &facts.groups), groups).into_any())}
    }
}

/// Shows the fields of a substance with its names and groups; `all` are the groups that there are.
fn form(substance: Option<&Substance>, (names, of): (&[String], &[Group]), all: &[Group]) -> impl IntoView + use<> {
    let text = |read: fn(&Substance) -> String| substance.map(read).unwrap_or_default();
    let (name, name_es) = (text(|one| one.name.clone()), text(|one| one.name_es.clone()));
    let further: Vec<&str> = names.iter().map(String::as_str).filter(|one| *one != name && *one != name_es).collect();
    let further = further.join(", ");
    let (rxcui, source) = (text(|one| one.rxcui.clone()), text(|one| one.source.clone()));
    let advice = |advice: Option<Advice>| advice.unwrap_or(Advice::Unknown).as_str();
    let (pregnancy, lactation) = (advice(substance.map(|one| one.pregnancy)), advice(substance.map(|one| one.lactation)));
    let hidden = match substance {
        Some(one) => vec![("id", one.id.to_string()), ("version", one.version.to_string())],
        None => vec![("key", IdempotencyKey::new().to_string())],
    };
    let choices: Vec<Choice> = Advice::ALL.iter().map(|advice| Choice::new(advice.as_str(), advice.words())).collect();
    let ticks: Vec<(GroupKind, Vec<Tick>)> = GroupKind::ALL.iter().map(|kind| (*kind, ticks(*kind, of, all))).collect();
    let fields = move || {
        let groups = ticks.into_iter().filter(|(_, ticks)| !ticks.is_empty()).map(|(kind, ticks)| {
            let ticks = ticks.into_iter().map(|Tick { name, label, checked }| view! { <CheckboxField name label checked/> }).collect_view();
            view! { <Fieldset legend=kind.words()>{ticks}</Fieldset> }
        });
        view! {
            <TextField name="name" label=tr!(formulary.inn) hint=tr!(formulary.inn_hint) value=name required=true maxlength=200 autocomplete="off"/>
            <TextField name="name_es" label=tr!(formulary.name_es) value=name_es optional=true maxlength=200 autocomplete="off"/>
            <TextField name="names" label=tr!(formulary.further_names) hint=tr!(formulary.further_names_hint) value=further optional=true maxlength=2000 autocomplete="off"/>
            <TextField name="rxcui" label="RxCUI" value=rxcui optional=true maxlength=20 class="input--medium" autocomplete="off"/>
            <details class="stack">
                <summary>{tr!(formulary.groups)}</summary>
                <p class="muted small">{tr!(formulary.groups_hint)}</p>
                {groups.collect_view()}
            </details>
            <SelectField name="pregnancy" label=tr!(formulary.pregnancy) choices=choices.clone() value=pregnancy/>
            <SelectField name="lactation" label=tr!(formulary.lactation) choices value=lactation/>
            <TextField name="source" label=tr!(formulary.source) hint=tr!(formulary.source_hint) value=source maxlength=500 autocomplete="off"/>
        }
    };
    view! {
        <Form action="/api/formulary/save_substance" hidden>
            {fields()}
            <div class="form__actions">
                <Button label=tr!(ui.save) tone=ButtonTone::Primary/>
                <LinkButton href="/formulary/substances" label=tr!(formulary.cancel) tone=ButtonTone::Quiet/>
            </div>
        </Form>
    }
}

/// A group to be ticked.
struct Tick {
    name: String,
    label: String,
    checked: bool,
}

/// Returns the ticks of the groups of one kind.
fn ticks(kind: GroupKind, of: &[Group], all: &[Group]) -> Vec<Tick> {
    let tick = |group: &Group| Tick {
        name: format!("group-{}", group.code),
        label: group.shown_name().to_owned(),
        checked: of.iter().any(|one| one.id == group.id),
    };
    all.iter().filter(|group| group.kind == kind).map(tick).collect()
}

fn dose_form(substance: SubstanceId) -> impl IntoView + use<> {
    let hidden = vec![("substance", substance.to_string()), ("key", IdempotencyKey::new().to_string())];
    let routes: Vec<Choice> = Route::ALL.iter().map(|route| Choice::new(route.as_str(), route.words())).collect();
    let measures = Unit::ALL.iter().filter(|unit| !unit.is_counted());
    let units: Vec<Choice> = measures.map(|unit| Choice::new(unit.as_str(), unit.words())).collect();
    let fields = move || {
        let figure = |name: &'static str, label: &'static str| {
            view! { <TextField name=name label=label inputmode="decimal" class="input--short" optional=true autocomplete="off"/> }
        };
        view! {
            <SelectField name="route" label=tr!(formulary.route) choices=routes prompt=tr!(formulary.any_route) optional=true/>
            <TextField name="from_days" label=tr!(formulary.from_days) hint=tr!(formulary.days_hint) inputmode="numeric" class="input--short" optional=true autocomplete="off"/>
            <TextField name="to_days" label=tr!(formulary.to_days) inputmode="numeric" class="input--short" optional=true autocomplete="off"/>
            <SelectField name="unit" label=tr!(formulary.amount_unit) choices=units prompt=tr!(errors.choose) required=true/>
            <CheckboxField name="per_kg" label=tr!(formulary.per_kg) hint=tr!(formulary.per_kg_hint)/>
            {figure("dose_low", tr!(formulary.dose_low))}
            {figure("dose_high", tr!(formulary.dose_high))}
            {figure("day_low", tr!(formulary.day_low))}
            {figure("day_high", tr!(formulary.day_high))}
            {figure("dose_max", tr!(formulary.dose_max))}
            {figure("day_max", tr!(formulary.day_max))}
            <TextField name="source" label=tr!(formulary.source) required=true maxlength=500 autocomplete="off"/>
        }
    };
    view! {
        <Form action="/api/formulary/add_dose_rule" class="form--grid" hidden>
            {fields()}
            <div class="form__actions"><Button label=tr!(formulary.add)/></div>
        </Form>
    }
}

fn limit_form(substance: SubstanceId) -> impl IntoView + use<> {
    let hidden = vec![("substance", substance.to_string()), ("key", IdempotencyKey::new().to_string())];
    let kinds: Vec<Choice> = LimitKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect();
    let levels: Vec<Choice> = CheckLevel::ALL.iter().map(|level| Choice::new(level.as_str(), level.words())).collect();
    let fields = move || {
        view! {
            <SelectField name="kind" label=tr!(formulary.limit_of) choices=kinds prompt=tr!(errors.choose) required=true/>
            <TextField name="below" label=tr!(formulary.below) inputmode="numeric" class="input--short" required=true autocomplete="off"/>
            <SelectField name="level" label=tr!(formulary.level) choices=levels prompt=tr!(errors.choose) required=true/>
            <TextField name="source" label=tr!(formulary.source) required=true maxlength=500 autocomplete="off"/>
        }
    };
    view! {
        <Form action="/api/formulary/add_limit" class="form--grid" hidden>
            {fields()}
            <div class="form__actions"><Button label=tr!(formulary.add)/></div>
        </Form>
    }
}

fn washout_form(substance: SubstanceId) -> impl IntoView + use<> {
    let hidden = vec![("substance", substance.to_string()), ("key", IdempotencyKey::new().to_string())];
    let fields = move || {
        view! {
            <TextField name="days" label=tr!(formulary.washout_days) hint=tr!(formulary.washout_hint) inputmode="numeric" class="input--short" required=true autocomplete="off"/>
            <TextField name="source" label=tr!(formulary.source) required=true maxlength=500 autocomplete="off"/>
        }
    };
    view! {
        <Form action="/api/formulary/add_washout" class="form--grid" hidden>
            {fields()}
            <div class="form__actions"><Button label=tr!(formulary.add)/></div>
        </Form>
    }
}
