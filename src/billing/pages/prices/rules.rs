//! `/prices/rules`: the revisit rule, the limits of discounts, the taxes, and the rules of the till.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    done_words,
    item::{choices, setting},
    taxes::taxes_panel,
};
use crate::{
    accounts::role_name,
    billing::{
        CashRounding,
        charges::discount::{USUAL_LIMIT, limits, roles},
        prices::{Master, Masters, PriceFor, masters},
        revisits::{RevisitRule, rules},
        taxes, terms,
        till::{self, CashTie, TillSettings},
    },
    core::{ClinicId, Currency, IdempotencyKey, Money, Result, Role, locale},
    server::{Page, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, Confirm, DataTable, EmptyState, Form, Glyph, NumberField, PageHeader,
        PostButton, Row, SelectField, TextField, Toast,
    },
};

/// The act that was just done.
#[derive(Debug, Deserialize)]
pub struct PriceRulesQuery {
    #[serde(default)]
    done: String,
}

/// The rules.
///
/// # Errors
/// When the user does not set prices.
pub async fn rules_page(Query(PriceRulesQuery { done }): Query<PriceRulesQuery>) -> Result<Page> {
    let mut ctx = setting().await?;
    let rules = rules(&mut ctx.tx).await?;
    let masters = masters(&mut ctx.tx).await?;
    let set = limits(&mut ctx.tx).await?;
    let today = ctx.today();
    let (tax_classes, rates) = (taxes::classes(&mut ctx.tx, today).await?, taxes::rates(&mut ctx.tx).await?);
    let set_terms = terms::chosen(&mut ctx.tx).await?;
    let (till, currency) = (till::settings(&mut ctx.tx).await?, ctx.state().hospital().currency);
    let limits: Vec<(Role, i64)> =
        roles().map(|role| (role, set.iter().find(|(of, _)| *of == role).map_or(USUAL_LIMIT, |(_, limit)| *limit))).collect();
    Ok(Page::new(tr!(billing.price_rules), move || {
        let back = ("/prices".to_owned(), tr!(billing.prices).to_owned());
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(billing.price_rules) back detail=tr!(billing.price_rules_text)/>
            <div class="stack">
                <section class="panel" aria-labelledby="revisits">
                    <div class="panel__head"><h2 id="revisits">{tr!(billing.revisits)}</h2></div>
                    <div class="panel__body">
                        <p>{tr!(billing.revisits_text)}</p>
                        {rules_table(&rules, &masters)}
                        {rule_form(&masters)}
                    </div>
                </section>
                <section class="panel" aria-labelledby="limits">
                    <div class="panel__head"><h2 id="limits">{tr!(billing.discount_limits)}</h2></div>
                    <div class="panel__body">
                        <p>{tr!(billing.discount_limits_text)}</p>
                        {limits.iter().map(|(role, limit)| limit_form(*role, *limit)).collect_view()}
                    </div>
                </section>
                <section class="panel" aria-labelledby="terms">
                    <div class="panel__head"><h2 id="terms">{tr!(billing.payment_terms)}</h2></div>
                    <div class="panel__body">
                        <p>{tr!(billing.payment_terms_text)}</p>
                        {masters.clinics.iter().filter(|clinic| !clinic.retired).map(|clinic| terms_form(clinic, &set_terms)).collect_view()}
                    </div>
                </section>
                {taxes_panel(&tax_classes, &rates, today)}
                <section class="panel" aria-labelledby="till">
                    <div class="panel__head"><h2 id="till">{tr!(billing.till)}</h2></div>
                    <div class="panel__body">{till_form(till, currency)}</div>
                </section>
            </div>
        }
    }))
}

fn till_form(till: TillSettings, currency: Currency) -> AnyView {
    let step = till.cash_step.map(|step| currency.plain(Money(step), locale::current())).unwrap_or_default();
    let usual = currency.show(Money(CashRounding::of(currency).step));
    let ties = vec![Choice::new(CashTie::Up.as_str(), tr!(billing.tie_up)), Choice::new(CashTie::Down.as_str(), tr!(billing.tie_down))];
    let limit = currency.plain(till.write_off_limit, locale::current());
    let tie = till.cash_tie.as_str();
    view! {
        <Form action="/api/billing/set_till" class="form">
            <NumberField name="cash_step" label=tr!(billing.cash_step) hint=tr!(billing.cash_step_hint, usual = usual) unit=currency.sign() value=step decimal=true optional=true/>
            <SelectField name="cash_tie" label=tr!(billing.cash_tie) choices=ties value=tie required=true/>
            <NumberField name="write_off_limit" label=tr!(billing.write_off_limit) hint=tr!(billing.write_off_limit_hint) unit=currency.sign() value=limit decimal=true required=true/>
            <CheckboxField name="series_by_clinic" label=tr!(billing.series_by_clinic) hint=tr!(billing.series_by_clinic_hint) checked=till.series_by_clinic/>
            <div class="form__actions"><Button label=tr!(billing.save) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}

fn rules_table(rules: &[RevisitRule], masters: &Masters) -> AnyView {
    let rows = rules
        .iter()
        .map(|rule| {
            let department = rule.department_id.and_then(|id| masters.departments.iter().find(|row| row.id == id.0));
            let department = department.map_or_else(|| tr!(billing.every_department).to_owned(), |row| row.name.clone());
            let clinic = match rule.clinic_id {
                Some(_) => masters.words(PriceFor { clinic: rule.clinic_id, ..PriceFor::default() }),
                None => tr!(billing.all_clinics).to_owned(),
            };
            let with = if rule.same_doctor { tr!(billing.same_doctor) } else { tr!(billing.every_doctor) };
            let hidden = vec![("rule_id", rule.id.to_string())];
            let end = view! {
                <Confirm label=tr!(billing.end_price) text=tr!(billing.end_rule_question)>
                    <PostButton action="/api/billing/end_revisit_rule" label=tr!(billing.end_price) tone=ButtonTone::Danger hidden/>
                </Confirm>
            };
            Row::new(vec![
                department.into_any(),
                clinic.into_any(),
                with.into_any(),
                rule.days.into_any(),
                rule.visits.into_any(),
                end.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.department)),
        Column::new(tr!(billing.clinic)),
        Column::new(tr!(billing.done_by)),
        Column::new(tr!(billing.within_days)).numeric(),
        Column::new(tr!(billing.free_visits)).numeric(),
        Column::new(tr!(billing.act)).label_hidden(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Calendar title=tr!(billing.no_rules) text=tr!(billing.no_rules_text)/> }.into_any();
    view! { <DataTable caption=tr!(billing.revisits) columns rows empty=Some(empty) stacked=true/> }.into_any()
}

fn rule_form(masters: &Masters) -> AnyView {
    let (clinics, departments) = (choices(&masters.clinics, ""), choices(&masters.departments, ""));
    view! {
        <Form action="/api/billing/add_revisit_rule" class="form--grid" hidden=vec![("key", IdempotencyKey::new().to_string())]>
            <SelectField name="department_id" label=tr!(billing.department) choices=departments prompt=tr!(billing.every_department) optional=true/>
            <SelectField name="clinic_id" label=tr!(billing.clinic) choices=clinics prompt=tr!(billing.all_clinics) optional=true/>
            <TextField name="days" label=tr!(billing.within_days) inputmode="numeric" class="input--short" required=true autocomplete="off"/>
            <TextField name="visits" label=tr!(billing.free_visits) value="1" inputmode="numeric" class="input--short" required=true autocomplete="off"/>
            <CheckboxField name="same_doctor" label=tr!(billing.same_doctor)/>
            <div class="form__actions"><Button label=tr!(billing.add_rule) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}

fn terms_form(clinic: &Master, set: &[(ClinicId, i64)]) -> AnyView {
    let days = set.iter().find(|(of, _)| of.0 == clinic.id).map_or(terms::USUAL_DAYS, |(_, days)| *days);
    let (id, label) = (clinic.id, tr!(billing.terms_of, clinic = clinic.name.clone()));
    view! {
        <Form action="/api/billing/set_payment_terms" id=format!("terms-{id}") class="form--inline" hidden=vec![("clinic_id", id.to_string())]>
            <TextField name="days" label value=days.to_string() inputmode="numeric" class="input--short" autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(billing.save)/></div>
        </Form>
    }
    .into_any()
}

fn limit_form(role: Role, limit: i64) -> AnyView {
    let percent = if limit % 100 == 0 { (limit / 100).to_string() } else { format!("{}.{:02}", limit / 100, limit % 100) };
    view! {
        <Form action="/api/billing/set_discount_limit" id=format!("limit-{}", role.as_str()) class="form--inline" hidden=vec![("role", role.as_str().to_owned())]>
            <TextField name="limit" label=tr!(billing.limit_of, role = role_name(role)) value=percent inputmode="decimal" class="input--short" hint=tr!(billing.limit_hint) autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(billing.save)/></div>
        </Form>
    }
    .into_any()
}
