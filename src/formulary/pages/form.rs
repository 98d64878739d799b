//! `/formulary/new` and `/formulary/{id}/edit`: the form of a drug.

use leptos::prelude::*;

use crate::{
    core::{DrugId, Error, IdempotencyKey, Permission, Result},
    formulary::{
        Caution, DrugForm, DrugStatus, Route, Unit,
        drug::{CAUTIONS, Drug, INGREDIENTS},
        store,
    },
    server::{Ctx, Page, Path},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Choice, Fieldset, Form, LinkButton, NoticeBox, PageHeader, SelectField, TextField, Tone},
};

const SAVE: &str = "/api/formulary/save_drug";

/// Shows the form of a new drug.
pub async fn new_page() -> Result<Page> {
    drop(Ctx::read(Permission::ManageFormulary).await?);
    Ok(Page::new(tr!(formulary.new_drug), move || form_view(None)).class("main--narrow"))
}

/// Shows the form of a drug, or of a bare name that becomes one.
pub async fn edit_page(Path(id): Path<DrugId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageFormulary).await?;
    let drug = store::drugs::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok(Page::new(drug.shown_name().to_owned(), move || form_view(Some(drug))).class("main--narrow"))
}

fn choices<T: Copy + 'static>(all: &'static [T], word: fn(T) -> &'static str, words: fn(T) -> &'static str) -> Vec<Choice> {
    all.iter().map(|one| Choice::new(word(*one), words(*one))).collect()
}

fn form_view(drug: Option<Drug>) -> impl IntoView {
    let (title, back) = match &drug {
        Some(drug) => (drug.shown_name().to_owned(), (format!("/formulary/{}", drug.id), drug.shown_name().to_owned())),
        None => (tr!(formulary.new_drug).to_owned(), ("/formulary".to_owned(), tr!(formulary.title).to_owned())),
    };
    let cancel = back.0.clone();
    let mut hidden = vec![("key", IdempotencyKey::new().to_string())];
    if let Some(drug) = &drug {
        hidden = vec![("id", drug.id.to_string()), ("version", drug.version.to_string())];
    }
    let was_confirmed = drug.as_ref().is_some_and(|drug| drug.confirmed_at.is_some());
    let notice = was_confirmed.then(|| view! { <NoticeBox tone=Tone::Warning><p>{tr!(formulary.unconfirms)}</p></NoticeBox> });
    let fields = move || {
        let drug = drug.clone();
        view! {
            {names(drug.as_ref())}
            {ingredients(drug.as_ref())}
            {routes(drug.as_ref())}
            {warnings(drug.as_ref())}
            {cautions(drug.as_ref())}
            {source(drug.as_ref())}
        }
    };
    view! {
        <PageHeader title back/>
        {notice}
        <Form action=SAVE hidden>
            {fields()}
            <div class="form__actions">
                <Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                <LinkButton href=cancel label=tr!(formulary.cancel) tone=ButtonTone::Quiet/>
            </div>
        </Form>
    }
}

/// Shows name, form, unit and place in the list. Call it inside the form.
fn names(drug: Option<&Drug>) -> impl IntoView + use<> {
    let text = |read: fn(&Drug) -> String| drug.map(read).unwrap_or_default();
    let form = drug.and_then(|drug| drug.form).map(|form| form.as_str().to_owned()).unwrap_or_default();
    let unit = drug.and_then(|drug| drug.unit).map(|unit| unit.as_str().to_owned()).unwrap_or_default();
    let status = drug.filter(|drug| drug.status != DrugStatus::Unmapped).map_or(DrugStatus::Formulary, |drug| drug.status);
    let statuses = DrugStatus::ALL.iter().filter(|status| **status != DrugStatus::Unmapped);
    let statuses: Vec<Choice> = statuses.map(|status| Choice::new(status.as_str(), status.words())).collect();
    let divided = drug.map_or(1, |drug| drug.divisible).to_string();
    let parts = vec![
        Choice::new("1", tr!(formulary.not_divisible)),
        Choice::new("2", tr!(formulary.in_halves)),
        Choice::new("4", tr!(formulary.in_quarters)),
    ];
    view! {
        <TextField name="code" label=tr!(formulary.code) value=text(|drug| drug.code.clone()) required=true maxlength=40 autocomplete="off" hint=tr!(formulary.code_hint)/>
        <TextField name="name" label=tr!(formulary.name) value=text(|drug| drug.name.clone()) required=true maxlength=200 autocomplete="off" hint=tr!(formulary.name_hint)/>
        <TextField name="name_es" label=tr!(formulary.name_es) value=text(|drug| drug.name_es.clone()) optional=true maxlength=200 autocomplete="off"/>
        <SelectField name="form" label=tr!(formulary.form) choices=choices(DrugForm::ALL, DrugForm::as_str, DrugForm::words) value=form prompt=tr!(errors.choose) required=true/>
        <SelectField name="dispensing_unit" label=tr!(formulary.unit) hint=tr!(formulary.unit_hint) choices=choices(Unit::ALL, Unit::as_str, Unit::words) value=unit prompt=tr!(errors.choose) required=true/>
        <SelectField name="divisible" label=tr!(formulary.divisible) choices=parts value=divided/>
        <SelectField name="status" label=tr!(formulary.status) choices=statuses value=status.as_str() required=true/>
    }
}

/// Shows the substances with their strengths. Call it inside the form.
fn ingredients(drug: Option<&Drug>) -> impl IntoView + use<> {
    let known = drug.map(|drug| drug.ingredients.clone()).unwrap_or_default();
    let shown = (known.len() + 2).clamp(3, INGREDIENTS);
    let rows = (1..=shown)
        .map(|number| {
            let [substance, amount, unit, per, per_unit] = match known.get(number - 1) {
                Some(one) => {
                    let strength = one.strength;
                    let per_unit = strength.per_unit.as_str().to_owned();
                    [one.name.clone(), strength.amount.show(), strength.unit.as_str().to_owned(), strength.per.show(), per_unit]
                }
                None => Default::default(),
            };
            let measures = Unit::ALL.iter().filter(|unit| !unit.is_counted()).map(|unit| Choice::new(unit.as_str(), unit.words())).collect::<Vec<_>>();
            let units = choices(Unit::ALL, Unit::as_str, Unit::words);
            view! {
                <div class="form--grid">
                    <TextField name=format!("substance_{number}") label=tr!(formulary.substance_number, number = number) value=substance maxlength=200 autocomplete="off"/>
                    <TextField name=format!("amount_{number}") label=tr!(formulary.amount) value=amount inputmode="decimal" class="input--short" autocomplete="off"/>
                    <SelectField name=format!("unit_{number}") label=tr!(formulary.amount_unit) choices=measures value=unit prompt=tr!(errors.choose)/>
                    <TextField name=format!("per_{number}") label=tr!(formulary.per) value=per inputmode="decimal" class="input--short" autocomplete="off"/>
                    <SelectField name=format!("per_unit_{number}") label=tr!(formulary.per_unit) choices=units value=per_unit prompt=tr!(errors.choose)/>
                </div>
            }
        })
        .collect_view();
    view! {
        <Fieldset legend=tr!(formulary.ingredients)>
            <p class="muted small">{tr!(formulary.ingredients_hint)}</p>
            {rows}
        </Fieldset>
    }
}

/// Shows the routes. Call it inside the form.
fn routes(drug: Option<&Drug>) -> impl IntoView + use<> {
    let has = drug.map(|drug| drug.routes.clone()).unwrap_or_default();
    let tick = |route: &Route| view! { <CheckboxField name=format!("route-{route}") label=route.words() checked=has.contains(route)/> };
    let ticks = Route::ALL.iter().map(tick).collect_view();
    view! { <Fieldset legend=tr!(formulary.routes)>{ticks}</Fieldset> }
}

/// Shows what everybody must know about the drug. Call it inside the form.
fn warnings(drug: Option<&Drug>) -> impl IntoView + use<> {
    let is = |read: fn(&Drug) -> bool| drug.is_some_and(read);
    let (high_alert, weekly, fridge) = (is(|drug| drug.high_alert), is(|drug| drug.weekly), is(|drug| drug.fridge));
    let diluent = drug.map(|drug| drug.diluent.clone()).unwrap_or_default();
    let in_use = drug.and_then(|drug| drug.in_use_days).map(|days| days.to_string()).unwrap_or_default();
    let (counsel, schedule) = (is(|drug| drug.counsel), drug.map(|drug| drug.schedule.clone()).unwrap_or_default());
    view! {
        <Fieldset legend=tr!(formulary.warnings)>
            <CheckboxField name="high_alert" label=tr!(formulary.high_alert) hint=tr!(formulary.high_alert_hint) checked=high_alert/>
            <CheckboxField name="weekly" label=tr!(formulary.weekly) hint=tr!(formulary.weekly_hint) checked=weekly/>
            <CheckboxField name="fridge" label=tr!(formulary.fridge) checked=fridge/>
            <CheckboxField name="counsel" label=tr!(formulary.counsel) hint=tr!(formulary.counsel_hint) checked=counsel/>
            <TextField name="schedule" label=tr!(formulary.schedule) hint=tr!(formulary.schedule_hint) value=schedule optional=true maxlength=20 autocomplete="off"/>
            <TextField name="diluent" label=tr!(formulary.diluent) hint=tr!(formulary.diluent_hint) value=diluent optional=true maxlength=200 autocomplete="off"/>
            <TextField name="in_use_days" label=tr!(formulary.in_use) hint=tr!(formulary.in_use_hint) value=in_use optional=true inputmode="numeric" class="input--short" autocomplete="off"/>
        </Fieldset>
    }
}

/// Shows the sentences that the label may have. Call it inside the form.
fn cautions(drug: Option<&Drug>) -> impl IntoView + use<> {
    let has = drug.map(|drug| drug.cautions.clone()).unwrap_or_default();
    let tick = |caution: &Caution| view! { <CheckboxField name=format!("caution-{caution}") label=caution.words() checked=has.contains(caution)/> };
    let ticks = Caution::ALL.iter().map(tick).collect_view();
    view! {
        <Fieldset legend=tr!(formulary.cautions)>
            <p class="muted small" id="cautions">{tr!(formulary.cautions_hint, most = CAUTIONS)}</p>
            {ticks}
        </Fieldset>
    }
}

/// Shows the source of all facts. Call it inside the form.
fn source(drug: Option<&Drug>) -> impl IntoView + use<> {
    let source = drug.map(|drug| drug.source.clone()).unwrap_or_default();
    view! {
        <TextField name="source" label=tr!(formulary.source) hint=tr!(formulary.source_hint) value=source optional=true maxlength=500 autocomplete="off"/>
    }
}
