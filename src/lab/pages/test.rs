//! `/lab/catalogue/{id}`: one test with its ranges, delta rules and answers; the form of a new test.

use leptos::prelude::*;

use super::parts::{DoneQuery, toast};
use crate::{
    core::{
        Error, LabChoiceId, LabDeltaId, LabRangeId, LabTestId, Permission, Result,
        time::{Zone, show_date, show_date_time},
    },
    lab::{
        catalogue::{ANSWER_FLAGS, Catalogue, LabTest},
        delta::DeltaRule,
        range::ReferenceRange,
        results::shown_unit,
        value::{exact, shown},
        vocabulary::{Condition, PortalRule, RangeSex, ResultType, Specimen},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, DataTable, DateField, DescriptionList, Detail, Dialog, Form, Glyph, NoticeBox,
        NumberField, PageHeader, PostButton, Row, SelectField, StatusBadge, TextField, Tone, refused_for,
    },
};

const SAVE: &str = "/api/lab/save_test";

/// Shows a test.
///
/// # Errors
/// Not allowed, an unknown test, or when the database refuses.
pub async fn test_page(Path(id): Path<LabTestId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    all.test(id)?;
    let manages = ctx.who.may_at(Permission::ManageCatalogue, ctx.clinic.id);
    let zone = ctx.zone();
    Ok(Page::new(tr!(lab.test), move || {
        let Ok(test) = all.test(id) else { return ().into_any() };
        view(&all, test, manages, zone, &done)
    }))
}

/// Shows the form of a new test.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn new_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageCatalogue).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    if all.containers.is_empty() {
        return Err(Error::conflict(tr!(lab.no_containers)));
    }
    Ok(Page::new(tr!(lab.new_test), move || {
        let back = ("/lab/catalogue".to_owned(), tr!(lab.catalogue).to_owned());
        view! { <PageHeader title=tr!(lab.new_test) back/>{form(&all, None)} }
    })
    .class("main--narrow"))
}

fn view(all: &Catalogue, test: &LabTest, manages: bool, zone: Zone, done: &str) -> AnyView {
    let back = ("/lab/catalogue".to_owned(), tr!(lab.catalogue).to_owned());
    let notice = match (&test.confirmed_at, &test.confirmer) {
        (Some(at), Some(name)) => {
            let words = tr!(lab.confirmed_by, name = name.clone(), when = show_date_time(zone.local(*at)));
            view! { <NoticeBox tone=Tone::Done><p>{words}</p></NoticeBox> }.into_any()
        }
        _ => view! { <NoticeBox tone=Tone::Warning title=tr!(lab.unconfirmed)><p>{tr!(lab.unconfirmed_text)}</p></NoticeBox> }.into_any(),
    };
    let actions = manages.then(|| acts(all, test)).into_any();
    view! {
        {toast(done)}
        <PageHeader title=test.name().to_owned() back detail=test.code.clone() actions=Some(actions)/>
        <div class="stack">
            {notice}
            <section class="panel"><div class="panel__body"><DescriptionList details=details(all, test)/></div></section>
            {ranges(all, test, manages)}
            {deltas(all, test, manages)}
            {choices(all, test, manages)}
            {(!test.loinc.is_empty()).then(|| view! { <p class="muted small">{tr!(lab.loinc_credit)}</p> })}
        </div>
    }
    .into_any()
}

fn details(all: &Catalogue, test: &LabTest) -> Vec<Detail> {
    let pair = |low: Option<i64>, high: Option<i64>| match (low, high) {
        (None, None) => String::new(),
        (low, high) => format!("{} – {}", low.map(shown).unwrap_or_default(), high.map(shown).unwrap_or_default()),
    };
    let inputs = all.inputs_of(test.id).iter().filter_map(|id| all.test(*id).ok()).map(|input| input.name().to_owned()).collect::<Vec<_>>();
    let formula = test.formula().map(|formula| format!("{} ({})", formula.words(), inputs.join(", "))).unwrap_or_default();
    let container = all.container(test.container_id).map(|container| container.name().to_owned()).unwrap_or_default();
    let loinc = [test.loinc.as_str(), test.loinc_name.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let portal = match test.portal_rule {
        PortalRule::AfterHours => format!("{}: {} h", test.portal_rule.words(), test.portal_hours),
        rule => rule.words().to_owned(),
    };
    let texts = [
        (tr!(lab.result_type), test.result_type.words().to_owned()),
        (tr!(lab.unit), shown_unit(&test.unit)),
        (tr!(lab.ucum), test.unit.clone()),
        (tr!(lab.loinc), loinc),
        (tr!(lab.specimen), test.specimen.words().to_owned()),
        (tr!(lab.container), container),
        (tr!(lab.bench), test.bench.clone()),
        (tr!(lab.method), test.method.clone()),
        (tr!(lab.formula), formula),
        (tr!(lab.turnaround), tr!(lab.turnaround_words, stat = test.tat_stat, urgent = test.tat_urgent, routine = test.tat_routine)),
        (tr!(lab.linear), pair(test.linear_low, test.linear_high)),
        (tr!(lab.plausible), pair(test.plausible_low, test.plausible_high)),
        (tr!(lab.portal_rule), portal),
        (tr!(lab.autorelease), if test.autorelease { tr!(lab.yes).to_owned() } else { tr!(lab.no).to_owned() }),
        (tr!(lab.source), test.source.clone()),
    ];
    texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| Detail::new(label, text)).collect()
}

/// The acts of the head of the laboratory.
fn acts(all: &Catalogue, test: &LabTest) -> AnyView {
    let hidden = || vec![("lab_test_id", test.id.to_string()), ("version", test.version.to_string())];
    let mut retire = hidden();
    let words = if test.is_retired() { tr!(lab.bring_back) } else { tr!(lab.retire) };
    if !test.is_retired() {
        retire.push(("retired", "true".to_owned()));
    }
    let edit_open = if refused_for(SAVE, "key", &test.id.to_string()) { SAVE } else { "" };
    let fields = form(all, Some(test));
    let edit = view! {
        <Dialog id="edit-test" opens=tr!(lab.edit) title=test.name().to_owned() action=edit_open glyph=Glyph::Edit tone=ButtonTone::Quiet>
            {fields}
        </Dialog>
    };
    let confirm = (!test.is_retired()).then(|| {
        let (hidden, autorelease) = (hidden(), test.autorelease);
        view! {
            <Dialog id="confirm-test" opens=tr!(lab.confirm) title=tr!(lab.confirm_title) tone=ButtonTone::Primary>
                <Form action="/api/lab/confirm_test" hidden>
                    <p>{tr!(lab.confirm_text)}</p>
                    <CheckboxField name="autorelease" label=tr!(lab.autorelease) hint=tr!(lab.autorelease_hint) checked=autorelease/>
                    <div class="form__actions"><Button label=tr!(lab.confirm) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    view! { {confirm}{edit}<PostButton action="/api/lab/retire_test" label=words hidden=retire tone=ButtonTone::Quiet/> }.into_any()
}

/// The form of a test. Code, kind of result, unit and specimen of a known test stay.
fn form(all: &Catalogue, test: Option<&LabTest>) -> AnyView {
    let text = |read: fn(&LabTest) -> String| test.map(read).unwrap_or_default();
    let limit = |read: fn(&LabTest) -> Option<i64>| test.and_then(read).map(exact).unwrap_or_default();
    let id = test.map_or_else(LabTestId::new, |test| test.id);
    let mut hidden = vec![("key", id.to_string()), ("version", test.map_or(0, |test| test.version).to_string())];
    if let Some(test) = test {
        hidden.extend([
            ("code", test.code.clone()),
            ("result_type", test.result_type.as_str().to_owned()),
            ("unit", test.unit.clone()),
            ("specimen", test.specimen.as_str().to_owned()),
            ("formula", test.formula.clone()),
        ]);
    }
    let containers: Vec<Choice> =
        all.containers.iter().map(|container| Choice::new(container.id.to_string(), container.name().to_owned())).collect();
    let types: Vec<Choice> = ResultType::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let specimens: Vec<Choice> = Specimen::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let rules: Vec<Choice> = PortalRule::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let is_new = test.is_none();
    let container = text(|test| test.container_id.to_string());
    let rule = text(|test| test.portal_rule.as_str().to_owned());
    let number = |read: fn(&LabTest) -> i64, default: i64| test.map_or(default, read).to_string();
    let tat = [number(|test| test.tat_stat, 60), number(|test| test.tat_urgent, 120), number(|test| test.tat_routine, 1_440)];
    let [tat_stat, tat_urgent, tat_routine] = tat;
    let limits = [
        limit(|test| test.linear_low),
        limit(|test| test.linear_high),
        limit(|test| test.plausible_low),
        limit(|test| test.plausible_high),
    ];
    let [linear_low, linear_high, plausible_low, plausible_high] = limits;
    let (name_en, name_es) = (text(|test| test.name_en.clone()), text(|test| test.name_es.clone()));
    let (loinc, loinc_name) = (text(|test| test.loinc.clone()), text(|test| test.loinc_name.clone()));
    let (bench, method, source) = (text(|test| test.bench.clone()), text(|test| test.method.clone()), text(|test| test.source.clone()));
    let (decimals, duplicate) = (number(|test| test.decimals, 0), number(|test| test.duplicate_hours, 0));
    let hours = text(|test| if test.portal_hours > 0 { test.portal_hours.to_string() } else { String::new() });
    view! {
        <Form action=SAVE id="test-form" hidden class="form--grid">
            {is_new.then(|| view! {
                <TextField name="code" label=tr!(lab.code) required=true maxlength=20 class="input--code"/>
                <SelectField name="result_type" label=tr!(lab.result_type) choices=types/>
                <TextField name="unit" label=tr!(lab.ucum) hint=tr!(lab.unit_hint) maxlength=40/>
                <SelectField name="specimen" label=tr!(lab.specimen) choices=specimens/>
            })}
            <TextField name="name_en" label=tr!(lab.name_en) value=name_en required=true maxlength=120/>
            <TextField name="name_es" label=tr!(lab.name_es) value=name_es required=true maxlength=120/>
            <TextField name="loinc" label=tr!(lab.loinc) value=loinc maxlength=10 optional=true/>
            <TextField name="loinc_name" label=tr!(lab.loinc_name) value=loinc_name maxlength=300 optional=true/>
            <NumberField name="decimals" label=tr!(lab.decimals) value=decimals/>
            <SelectField name="container_id" label=tr!(lab.container) choices=containers value=container/>
            <TextField name="bench" label=tr!(lab.bench) value=bench required=true maxlength=40/>
            <TextField name="method" label=tr!(lab.method) value=method maxlength=120 optional=true/>
            <NumberField name="tat_stat" label=tr!(lab.tat_stat) value=tat_stat unit="min"/>
            <NumberField name="tat_urgent" label=tr!(lab.tat_urgent) value=tat_urgent unit="min"/>
            <NumberField name="tat_routine" label=tr!(lab.tat_routine) value=tat_routine unit="min"/>
            <NumberField name="linear_low" label=tr!(lab.linear_low) value=linear_low decimal=true optional=true/>
            <NumberField name="linear_high" label=tr!(lab.linear_high) value=linear_high decimal=true optional=true/>
            <NumberField name="plausible_low" label=tr!(lab.plausible_low) hint=tr!(lab.plausible_hint) value=plausible_low decimal=true optional=true/>
            <NumberField name="plausible_high" label=tr!(lab.plausible_high) value=plausible_high decimal=true optional=true/>
            <NumberField name="duplicate_hours" label=tr!(lab.duplicate_hours) value=duplicate unit="h"/>
            <SelectField name="portal_rule" label=tr!(lab.portal_rule) choices=rules value=rule/>
            <NumberField name="portal_hours" label=tr!(lab.portal_hours) value=hours unit="h" optional=true/>
            <TextField name="source" label=tr!(lab.source) value=source maxlength=300 optional=true/>
            <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}

fn ages(range: &ReferenceRange) -> String {
    let years = |days: i64| match days {
        0 => "0".to_owned(),
        days if days >= 730 => tr!(lab.years, count = days * 4 / 1_461),
        days => tr!(lab.days, count = days),
    };
    match range.age_to_days {
        Some(to) => format!("{} – {}", years(range.age_from_days), years(to)),
        None => tr!(lab.age_since, age = years(range.age_from_days)),
    }
}

fn ranges(all: &Catalogue, test: &LabTest, manages: bool) -> AnyView {
    let limit = |limit: Option<i64>| limit.map_or_else(|| "–".to_owned(), shown).into_any();
    let rows: Vec<Row> = all
        .ranges_of(test.id)
        .iter()
        .map(|range| {
            let hidden = vec![("lab_test_id", test.id.to_string()), ("lab_range_id", range.id.to_string())];
            let valid = match range.valid_to {
                Some(to) => format!("{} – {}", show_date(range.valid_from), show_date(to)),
                None => show_date(range.valid_from),
            };
            let words = [range.sex.words(), if range.condition == Condition::None { "" } else { range.condition.words() }, &range.method];
            let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
            let retire = manages.then(|| {
                let about = words.clone();
                view! { <PostButton action="/api/lab/retire_range" label=tr!(lab.retire) hidden tone=ButtonTone::Quiet about/> }
            });
            Row::new(vec![
                words.into_any(),
                ages(range).into_any(),
                limit(range.limits.critical_low),
                limit(range.limits.low),
                limit(range.limits.high),
                limit(range.limits.critical_high),
                view! { {range.source.clone()}<br/><span class="muted small">{valid}</span> }.into_any(),
                retire.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(lab.for_whom)),
        Column::new(tr!(lab.age)),
        Column::new(tr!(lab.critical_low)).numeric(),
        Column::new(tr!(lab.low)).numeric(),
        Column::new(tr!(lab.high)).numeric(),
        Column::new(tr!(lab.critical_high)).numeric(),
        Column::new(tr!(lab.source)).secondary(),
        Column::new(tr!(lab.retire)).label_hidden(),
    ];
    let empty = view! { <p class="muted">{tr!(lab.no_ranges)}</p> }.into_any();
    view! {
        <section class="stack">
            <div class="panel__head"><h2>{tr!(lab.ranges)}</h2>{manages.then(|| range_form(test))}</div>
            <DataTable caption=tr!(lab.ranges) columns rows empty=Some(empty) stacked=true/>
        </section>
    }
    .into_any()
}

fn range_form(test: &LabTest) -> AnyView {
    const ADD: &str = "/api/lab/add_range";
    let hidden = vec![("lab_test_id", test.id.to_string()), ("key", LabRangeId::new().to_string())];
    let sexes: Vec<Choice> =
        [RangeSex::Any, RangeSex::Female, RangeSex::Male].iter().map(|sex| Choice::new(sex.as_str(), sex.words())).collect();
    let conditions: Vec<Choice> = Condition::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let unit = shown_unit(&test.unit);
    let title = if unit.is_empty() { tr!(lab.add_range).to_owned() } else { tr!(lab.add_range_in, unit = unit) };
    view! {
        <Dialog id="add-range" opens=tr!(lab.add_range) title action=ADD glyph=Glyph::Plus tone=ButtonTone::Quiet>
            <Form action=ADD hidden class="form--grid">
                <SelectField name="sex" label=tr!(lab.for_whom) choices=sexes/>
                <SelectField name="condition" label=tr!(lab.condition) choices=conditions/>
                <TextField name="age_from" label=tr!(lab.age_from) hint=tr!(lab.age_hint) class="input--short"/>
                <TextField name="age_to" label=tr!(lab.age_to) class="input--short" optional=true/>
                <NumberField name="critical_low" label=tr!(lab.critical_low) decimal=true optional=true/>
                <NumberField name="low" label=tr!(lab.low) decimal=true optional=true/>
                <NumberField name="high" label=tr!(lab.high) decimal=true optional=true/>
                <NumberField name="critical_high" label=tr!(lab.critical_high) decimal=true optional=true/>
                <TextField name="text" label=tr!(lab.range_text) maxlength=120 optional=true/>
                <TextField name="method" label=tr!(lab.method) maxlength=120 optional=true/>
                <DateField name="valid_from" label=tr!(lab.valid_from) optional=true/>
                <TextField name="source" label=tr!(lab.source) required=true maxlength=300/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn delta_words(rule: &DeltaRule) -> String {
    let amount = rule.absolute.map(shown);
    let percent = rule.percent.map(|percent| format!("{percent} %"));
    let change = [amount, percent].into_iter().flatten().collect::<Vec<_>>().join(" + ");
    tr!(lab.delta_words, change = change, days = rule.window_days)
}

fn deltas(all: &Catalogue, test: &LabTest, manages: bool) -> AnyView {
    if test.result_type != ResultType::Quantity {
        return ().into_any();
    }
    let rows = all
        .deltas_of(test.id)
        .iter()
        .map(|rule| {
            let hidden = vec![("lab_test_id", test.id.to_string()), ("lab_delta_id", rule.id.to_string())];
            let retire =
                manages.then(|| view! { <PostButton action="/api/lab/retire_delta" label=tr!(lab.retire) hidden tone=ButtonTone::Quiet/> });
            view! {
                <li class="rows__row">
                    <div class="rows__main">{delta_words(rule)}<br/><span class="muted small">{rule.source.clone()}</span></div>
                    <div class="rows__side">{retire}</div>
                </li>
            }
        })
        .collect_view();
    let none =
        all.deltas_of(test.id).is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(lab.no_deltas)}</p></div> });
    let add = manages.then(|| {
        const ADD: &str = "/api/lab/add_delta";
        let hidden = vec![("lab_test_id", test.id.to_string()), ("key", LabDeltaId::new().to_string())];
        view! {
            <Dialog id="add-delta" opens=tr!(lab.add_delta) title=tr!(lab.add_delta) action=ADD glyph=Glyph::Plus tone=ButtonTone::Quiet>
                <Form action=ADD hidden>
                    <NumberField name="absolute" label=tr!(lab.delta_absolute) decimal=true optional=true/>
                    <NumberField name="percent" label=tr!(lab.delta_percent) unit="%" optional=true/>
                    <NumberField name="window_days" label=tr!(lab.delta_days) unit="d"/>
                    <TextField name="source" label=tr!(lab.source) required=true maxlength=300/>
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(lab.deltas)}</h2>{add}</div>
            {none}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn choices(all: &Catalogue, test: &LabTest, manages: bool) -> AnyView {
    if test.result_type != ResultType::Choice {
        return ().into_any();
    }
    let choices = all.choices_of(test.id);
    let none = choices.is_empty().then(|| view! { <div class="panel__body"><p class="is-warning">{tr!(lab.no_answers)}</p></div> });
    let add = manages.then(|| {
        const ADD: &str = "/api/lab/add_answer";
        let hidden = vec![("lab_test_id", test.id.to_string()), ("key", LabChoiceId::new().to_string())];
        let flags: Vec<Choice> = ANSWER_FLAGS.iter().map(|flag| Choice::new(flag.as_str(), flag.words())).collect();
        view! {
            <Dialog id="add-answer" opens=tr!(lab.add_answer) title=tr!(lab.add_answer) action=ADD glyph=Glyph::Plus tone=ButtonTone::Quiet>
                <Form action=ADD hidden>
                    <TextField name="code" label=tr!(lab.code) required=true maxlength=20 class="input--code"/>
                    <TextField name="name_en" label=tr!(lab.name_en) required=true maxlength=120/>
                    <TextField name="name_es" label=tr!(lab.name_es) required=true maxlength=120/>
                    <SelectField name="flag" label=tr!(lab.flag) choices=flags prompt=tr!(lab.choose)/>
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    let rows = choices
        .iter()
        .map(|choice| {
            let badge = choice.flag.tone().map(|tone| view! { <StatusBadge tone label=choice.flag.words()/> });
            view! {
                <li class="rows__row">
                    <div class="rows__main"><strong>{choice.name().to_owned()}</strong>" "<span class="muted">{choice.code.clone()}</span></div>
                    <div class="rows__side">{badge}</div>
                </li>
            }
        })
        .collect_view();
    view! { <section class="panel"><div class="panel__head"><h2>{tr!(lab.answers)}</h2>{add}</div>{none}<ul class="rows">{rows}</ul></section> }
        .into_any()
}
