//! `/order-sets`: the sets; `/order-sets/new` and `/order-sets/{id}`: the form of one, with its versions; `/admissions/{id}/order-sets/{set}`: a set is
//! ordered for a patient.

use leptos::prelude::*;

use super::parts::{DoneQuery, Stay, key, refused, stay, toast};
use crate::{
    core::{
        AdmissionId, Error, OrderSetId, Permission, Result,
        time::{Zone, show_date_time},
    },
    formulary::Route,
    medicine_record::{
        sets::{self, LINES, OrderSet, SetLine, field_name},
        vocabulary::{CareKind, DoseTiming},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, EmptyState, Fieldset, Form, Glyph, LinkButton, PageHeader, PatientBanner, SelectField,
        StatusBadge, TextArea, TextField, Tone,
    },
    wards,
};

const KEEP: &str = "/api/medicine_record/keep_set";
const ORDER: &str = "/api/medicine_record/order_set";

/// Shows the sets.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn sets_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageWards).await?;
    let zone = ctx.zone();
    let all = sets::current(&mut ctx.tx, true).await?;
    let clinic = ctx.clinic.id;
    let wards = wards::wards_of(&mut ctx.tx, clinic).await?;
    Ok(Page::new(tr!(medicine_record.order_sets), move || {
        let new =
            view! { <LinkButton href="/order-sets/new" label=tr!(medicine_record.new_set) glyph=Glyph::Plus tone=ButtonTone::Primary/> }
                .into_any();
        let none = all.is_empty().then(|| {
            view! { <EmptyState glyph=Glyph::Note title=tr!(medicine_record.no_sets) text=tr!(medicine_record.no_sets_text)/> }
        });
        let rows = all.iter().map(|set| set_row(set, zone)).collect_view();
        let ways = wards.iter().map(|ward| {
            view! { <LinkButton href=format!("/wards/{}/bedside", ward.id) label=ward.name.clone() glyph=Glyph::Bed/> }
        });
        let ways = ways.collect_view();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.order_sets) detail=tr!(medicine_record.order_sets_text) actions=Some(new)/>
            {none}
            <ul class="rows">{rows}</ul>
            <section class="panel" aria-labelledby="ward-ways">
                <div class="panel__head"><h2 id="ward-ways">{tr!(medicine_record.ward_ways)}</h2></div>
                <div class="panel__body cluster">{ways}</div>
            </section>
        }
    }))
}

fn set_row(set: &OrderSet, zone: Zone) -> AnyView {
    let made = tr!(medicine_record.set_made, version = set.version, name = set.maker.clone(), at = show_date_time(zone.local(set.made_at)));
    let retired = set.retired.then(|| view! { <StatusBadge tone=Tone::Inactive label=tr!(medicine_record.set_retired)/> });
    view! {
        <li class="rows__row" data-key=set.id.to_string()>
            <div class="rows__main">
                <a class="row-link" href=format!("/order-sets/{}", set.id)><strong>{set.name.clone()}</strong></a>
                <br/><span class="muted small">{set.purpose.clone()}" "{made}</span>
            </div>
            <div class="rows__side">{retired}</div>
        </li>
    }
    .into_any()
}

/// Shows the form of a new set.
///
/// # Errors
/// Not allowed.
pub async fn new_set_page() -> Result<Page> {
    drop(Ctx::read(Permission::ManageWards).await?);
    let page = Page::new(tr!(medicine_record.new_set), move || {
        let back = ("/order-sets".to_owned(), tr!(medicine_record.order_sets).to_owned());
        view! { <PageHeader title=tr!(medicine_record.new_set) back/>{keep_form(None, &[])} }
    });
    Ok(page.class("main--narrow"))
}

/// Shows the form of a set, and its versions.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn set_page(Path(id): Path<OrderSetId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageWards).await?;
    let zone = ctx.zone();
    let set = sets::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let lines = sets::lines_of(&mut ctx.tx, id).await?;
    let versions = sets::versions_of(&mut ctx.tx, set.root_id).await?;
    let page = Page::new(set.name.clone(), move || {
        let back = ("/order-sets".to_owned(), tr!(medicine_record.order_sets).to_owned());
        let is_latest = versions.first().is_none_or(|latest| latest.id == set.id);
        let form = is_latest.then(|| keep_form(Some(&set), &lines));
        let rows = versions.iter().map(|version| set_row(version, zone)).collect_view();
        view! {
            <PageHeader title=set.name.clone() back/>
            {form}
            <section class="panel" aria-labelledby="versions">
                <div class="panel__head"><h2 id="versions">{tr!(medicine_record.history)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
    });
    Ok(page.class("main--narrow"))
}

fn keep_form(set: Option<&OrderSet>, lines: &[SetLine]) -> AnyView {
    let hidden = vec![key(), ("version", set.map(|set| set.id.to_string()).unwrap_or_default())];
    let name = set.map(|set| set.name.clone()).unwrap_or_default();
    let purpose = set.map(|set| set.purpose.clone()).unwrap_or_default();
    let retired = set.is_some_and(|set| set.retired);
    let known: Vec<Option<SetLine>> = (1..=LINES).map(|position| lines.iter().find(|line| line.position == position).cloned()).collect();
    view! {
        <Form action=KEEP hidden>
            <TextField name="name" label=tr!(medicine_record.set_name) value=name required=true maxlength=120 autocomplete="off"/>
            <TextField name="purpose" label=tr!(medicine_record.set_purpose) value=purpose maxlength=500 optional=true autocomplete="off"/>
            {known.into_iter().zip(1..).map(|(line, position)| keep_line(position, line)).collect_view()}
            <CheckboxField name="retired" label=tr!(medicine_record.set_retire) checked=retired/>
            <div class="form__actions"><Button label=tr!(medicine_record.save_ways) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}

fn timings() -> Vec<Choice> {
    DoseTiming::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect()
}

fn routes() -> Vec<Choice> {
    Route::ALL.iter().map(|route| Choice::new(route.as_str(), route.words())).collect()
}

fn keep_line(position: i64, line: Option<SetLine>) -> AnyView {
    let name = move |field: &str| field_name(position, field);
    let kinds = CareKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect::<Vec<_>>();
    let kind = line.as_ref().map(|line| line.kind.to_string()).unwrap_or_default();
    let drug = line.as_ref().map(|line| line.drug.clone()).unwrap_or_default();
    let ticked = line.as_ref().is_none_or(|line| line.ticked);
    let value = move |field: &str| line.as_ref().map(|line| line.field(field)).unwrap_or_default();
    view! {
        <Fieldset legend=tr!(medicine_record.set_line, number = position)>
            <SelectField name=name("kind") label=tr!(medicine_record.set_kind) choices=kinds value=kind prompt=tr!(medicine_record.set_no_line)/>
            <TextField name=name("drug") label=tr!(medicine_record.set_drug) value=drug maxlength=200 optional=true autocomplete="off"/>
            <TextField name=name("title") label=tr!(medicine_record.set_title) value=value("title") maxlength=200 optional=true autocomplete="off"/>
            <TextField name=name("dose") label=tr!(medicine_record.dose) value=value("dose") maxlength=100 optional=true autocomplete="off"/>
            <SelectField name=name("route") label=tr!(medicine_record.route) choices=routes() value=value("route") prompt=tr!(medicine_record.choose)/>
            <SelectField name=name("timing") label=tr!(medicine_record.timing) choices=timings() value=value("timing") prompt=tr!(medicine_record.choose)/>
            <TextField name=name("indication") label=tr!(medicine_record.indication) value=value("indication") maxlength=200 optional=true autocomplete="off"/>
            <TextField name=name("interval") label=tr!(medicine_record.interval) value=value("interval") maxlength=5 optional=true autocomplete="off"/>
            <TextField name=name("most") label=tr!(medicine_record.most) value=value("most") maxlength=3 optional=true autocomplete="off"/>
            <TextField name=name("days") label=tr!(medicine_record.days) value=value("days") maxlength=3 optional=true autocomplete="off"/>
            <TextField name=name("doses") label=tr!(medicine_record.dose_count) value=value("doses") maxlength=3 optional=true autocomplete="off"/>
            <TextArea name=name("instructions") label=tr!(medicine_record.instructions) value=value("instructions") rows=2 maxlength=1000 optional=true/>
            <CheckboxField name=name("ticked") label=tr!(medicine_record.set_ticked) checked=ticked/>
        </Fieldset>
    }
    .into_any()
}

/// Shows a set for a patient: each line with its tick and its fields, which the doctor may change.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn order_set_page(Path((id, set)): Path<(AdmissionId, OrderSetId)>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteOrders).await?;
    let Stay { banner, .. } = stay(&mut ctx, id).await?;
    let set = sets::find(&mut ctx.tx, set).await?.ok_or(Error::NotFound)?;
    let lines = sets::lines_of(&mut ctx.tx, set.id).await?;
    let page = Page::new(set.name.clone(), move || {
        let back = (format!("/admissions/{id}/orders"), tr!(medicine_record.orders).to_owned());
        let hidden = vec![("admission_id", id.to_string()), ("order_set_id", set.id.to_string()), key()];
        let detail = set.purpose.clone();
        view! {
            <PageHeader title=set.name.clone() back detail/>
            <Form action=ORDER hidden>
                {lines.iter().map(order_line).collect_view()}
                <div class="form__actions"><Button label=tr!(medicine_record.order_and_sign) tone=ButtonTone::Primary glyph=Glyph::Sign key="Ctrl+Enter"/></div>
            </Form>
        }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

fn order_line(line: &SetLine) -> AnyView {
    let line = line.clone();
    let position = line.position;
    let name = move |field: &str| field_name(position, field);
    let legend =
        if line.kind == CareKind::Medicine { line.drug.clone() } else { format!("{}: {}", line.kind.words(), line.field("title")) };
    let content = if line.kind == CareKind::Medicine {
        let needed = (line.field("timing") == DoseTiming::AsNeeded.as_str()).then(|| {
            view! {
                <TextField name=name("indication") label=tr!(medicine_record.indication) value=line.field("indication") maxlength=200 autocomplete="off"/>
                <TextField name=name("interval") label=tr!(medicine_record.interval) value=line.field("interval") maxlength=5 autocomplete="off"/>
                <TextField name=name("most") label=tr!(medicine_record.most) value=line.field("most") maxlength=3 autocomplete="off"/>
            }
        });
        view! {
            <TextField name=name("dose") label=tr!(medicine_record.dose) value=line.field("dose") required=true maxlength=100 autocomplete="off"/>
            <SelectField name=name("route") label=tr!(medicine_record.route) choices=routes() value=line.field("route") prompt=tr!(medicine_record.choose)/>
            <SelectField name=name("timing") label=tr!(medicine_record.timing) choices=timings() value=line.field("timing") prompt=tr!(medicine_record.choose)/>
            {needed}
        }
        .into_any()
    } else {
        view! { <TextField name=name("title") label=tr!(medicine_record.order) value=line.field("title") required=true maxlength=200 autocomplete="off"/> }
            .into_any()
    };
    let doses = (line.kind == CareKind::Medicine).then(|| {
        view! { <TextField name=name("doses") label=tr!(medicine_record.dose_count) value=line.field("doses") maxlength=3 optional=true autocomplete="off"/> }
    });
    let answer = refused(ORDER, &name("override_reason")).map(|_| {
        view! { <TextField name=name("override_reason") label=tr!(medicine_record.in_spite_of) maxlength=500 autocomplete="off"/> }
    });
    let confirm = refused(ORDER, &name("confirmed")).map(|_| {
        view! { <CheckboxField name=name("confirmed") label=tr!(medicine_record.confirm_unchecked) value=line.drug.clone()/> }
    });
    // The keys of the warnings that the doctor saw go along with the answer.
    let seen = refused(ORDER, &name("seen")).unwrap_or_default();
    view! {
        <Fieldset legend>
            <CheckboxField name=name("tick") label=tr!(medicine_record.set_tick) checked=line.ticked/>
            {content}
            <TextField name=name("days") label=tr!(medicine_record.days) value=line.field("days") maxlength=3 optional=true autocomplete="off"/>
            {doses}
            <TextArea name=name("instructions") label=tr!(medicine_record.instructions) value=line.field("instructions") rows=2 maxlength=1000 optional=true/>
            <input type="hidden" name=name("seen") value=seen/>
            {answer}
            {confirm}
        </Fieldset>
    }
    .into_any()
}
