//! `/lab/collect`: the samples to collect, by place and time, on a phone; the form at the bedside; the labels.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    parts::{DoneQuery, container_words, identity, priority_badge, tests_of, toast},
    pregnancy::pregnancy_fields,
};
use crate::{
    core::{
        Error, LabDrawId, PatientId, Permission, Result,
        list::Slice,
        time::{Instant, Zone, show_date_time, show_time},
    },
    lab::{
        catalogue::Catalogue,
        samples::{self, CollectionRow, Sample, Waiting},
        vocabulary::IdentifiedBy,
    },
    orders::OrderPriority,
    patients::Sex,
    server::{Ctx, Page, Part, Path, Query, page::Layout},
    tr,
    ui::{
        Barcode, Button, ButtonTone, Choice, DateField, Dialog, EmptyState, Form, Glyph, Icon, ListUrl, Live, NoticeBox, PageHeader,
        PageLinks, Paging, PaperPage, PostButton, PrintSheet, SelectField, StatusBadge, Tab, Tabs, TextField, TimeField, Tone,
    },
};

/// Hours ahead that the list shows unless another number is chosen.
const HOURS: i64 = 2;

/// The filter, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CollectQuery {
    /// The place; `-` for samples without one.
    place: String,
    hours: Option<i64>,
    page: Option<i64>,
    done: String,
}

struct Collection {
    rows: Slice<CollectionRow>,
    places: Waiting,
    all: Catalogue,
    now: Instant,
    zone: Zone,
}

impl Collection {
    async fn read(ctx: &mut Ctx, query: &CollectQuery) -> Result<Self> {
        let (clinic, now, zone) = (ctx.clinic.id, ctx.now, ctx.zone());
        let place = match query.place.as_str() {
            "" => None,
            "-" => Some(""),
            place => Some(place),
        };
        let hours = query.hours.unwrap_or(HOURS).clamp(0, 48);
        let places = samples::places(&mut ctx.tx, clinic).await?;
        let rows = samples::collection_list(&mut ctx.tx, clinic, place, now + Duration::hours(hours), query.page).await?;
        ctx.saw_live(rows.rows.iter().map(|row| row.patient), "lab_lists").await?;
        Ok(Self { rows, places, all: Catalogue::read(&mut ctx.tx).await?, now, zone })
    }
}

impl CollectQuery {
    fn at(&self, path: &str) -> ListUrl {
        ListUrl::new(path).with("place", self.place.clone()).with("hours", self.hours.map(|hours| hours.to_string()).unwrap_or_default())
    }
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn list_page(Query(query): Query<CollectQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::CollectSamples).await?;
    let collection = Collection::read(&mut ctx, &query).await?;
    Ok(Page::new(tr!(lab.collect), move || view(&collection, &query)))
}

/// Serves the list alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn list_part(Query(query): Query<CollectQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::CollectSamples).await?;
    let collection = Collection::read(&mut ctx, &query).await?;
    Ok(Part::new(move || list(&collection, &query)))
}

fn view(collection: &Collection, query: &CollectQuery) -> AnyView {
    let url = query.at("/lab/collect");
    let all = Tab::new(url.clone().with("place", "").href(), tr!(lab.all_places), query.place.is_empty());
    let tabs = std::iter::once(all)
        .chain(collection.places.iter().map(|(place, count)| {
            let (value, label) = if place.is_empty() { ("-", tr!(lab.no_place)) } else { (place.as_str(), place.as_str()) };
            Tab::new(url.clone().with("place", value).href(), label, query.place == value).count(*count)
        }))
        .collect::<Vec<_>>();
    let hours = query.hours.unwrap_or(HOURS).to_string();
    let choices: Vec<Choice> =
        [0, 2, 4, 8, 24].iter().map(|hours| Choice::new(hours.to_string(), tr!(lab.within_hours, hours = *hours))).collect();
    let from = query.at("/lab/collect/live").with("page", query.page.map(|page| page.to_string()).unwrap_or_default()).href();
    let rows = list(collection, query);
    view! {
        {toast(&query.done)}
        <PageHeader title=tr!(lab.collect) detail=tr!(lab.collect_text)/>
        <Form action="/api/lab/find_patient" id="find-patient" class="form--inline">
            <TextField name="scanned" label=tr!(lab.scan_wristband) autocomplete="off" class="input--code" autofocus=true/>
            <Button label=tr!(lab.open)/>
        </Form>
        <Tabs label=tr!(lab.place) tabs/>
        <form class="filter" method="get" action="/lab/collect">
            <input type="hidden" name="place" value=query.place.clone()/>
            <SelectField name="hours" label=tr!(lab.wanted) choices value=hours/>
            <button class="button" type="submit"><Icon glyph=Glyph::Filter/>{tr!(ui.show)}</button>
        </form>
        <Live topics="lab orders" from>{rows}</Live>
    }
    .into_any()
}

fn list(collection: &Collection, query: &CollectQuery) -> AnyView {
    let Collection { rows, all, now, zone, .. } = collection;
    if rows.rows.is_empty() {
        return view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.nothing_to_collect) text=tr!(lab.nothing_to_collect_text)/> }
            .into_any();
    }
    let items = rows
        .rows
        .iter()
        .filter_map(|row| {
            let first = row.samples.first()?;
            let tubes = row.samples.iter().map(|sample| container_words(all, sample)).collect::<Vec<_>>().join(" · ");
            let late = first.wanted_from < *now - Duration::hours(1);
            let at = show_time(zone.local(first.wanted_from).time());
            Some(view! {
                <li class="rows__row" data-key=row.patient.to_string()>
                    <div class="rows__main">
                        <a class="row-link" href=format!("/lab/collect/{}", row.patient)>
                            {identity(&first.patient_name, &first.mrn, first.birth, first.sex)}
                        </a>
                        <br/>
                        <span class="small">{tubes}</span>
                    </div>
                    <div class="rows__side cluster">
                        {priority_badge(first.priority)}
                        <span class=if late { "is-warning" } else { "muted" }>{at}</span>
                        <span class="muted">{first.place.clone()}</span>
                    </div>
                </li>
            })
        })
        .collect_view();
    let url = query.at("/lab/collect");
    view! { <ul class="rows">{items}</ul><PageLinks url paging=Paging::of(rows)/> }.into_any()
}

/// Shows the samples of one patient, and the form at the bedside.
///
/// # Errors
/// Not allowed, a patient for whom the clinic expects nothing, or when the database refuses.
pub async fn patient_page(Path(id): Path<PatientId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::CollectSamples).await?;
    ctx.saw(id, "lab_record").await?;
    let (clinic, now, zone) = (ctx.clinic.id, ctx.now, ctx.zone());
    let expected = samples::expected_of(&mut ctx.tx, clinic, id, now + Duration::hours(48)).await?;
    let mut filled = samples::draws_of(&mut ctx.tx, id, now - Duration::hours(24)).await?;
    filled.retain(|sample| sample.clinic_id == clinic && sample.draw_id.is_some());
    if expected.is_empty() && filled.is_empty() {
        return Err(Error::NotFound);
    }
    let ids: Vec<_> = expected.iter().chain(&filled).map(|sample| sample.id).collect();
    let analyses = samples::analyses_of_samples(&mut ctx.tx, &ids).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    Ok(Page::new(tr!(lab.collect), move || {
        let Some(first) = expected.first().or(filled.first()) else { return ().into_any() };
        let back = ("/lab/collect".to_owned(), tr!(lab.collect).to_owned());
        let tubes = expected.iter().map(|sample| tube(&all, &analyses, sample, zone)).collect_view();
        let form = (!expected.is_empty()).then(|| collect_form(id, &expected));
        let sent = filled.iter().map(|sample| filled_row(&all, &analyses, sample, zone, id)).collect_view();
        let none = expected.is_empty().then(|| view! { <NoticeBox tone=Tone::Done><p>{tr!(lab.all_collected)}</p></NoticeBox> });
        view! {
            {toast(&done)}
            <PageHeader title=first.patient_name.listed() back/>
            <div class="stack">
                <section class="panel"><div class="panel__body">{identity(&first.patient_name, &first.mrn, first.birth, first.sex)}</div></section>
                {none}
                {form}
                <ol class="rows">{tubes}</ol>
                {(!filled.is_empty()).then(|| view! { <h2>{tr!(lab.collected_today)}</h2> })}
                <ul class="rows">{sent}</ul>
            </div>
        }
        .into_any()
    })
    .class("main--narrow"))
}

fn tube(all: &Catalogue, analyses: &[samples::Analysis], sample: &Sample, zone: Zone) -> AnyView {
    let hidden = vec![("lab_sample_id", sample.id.to_string()), ("back", format!("/lab/collect/{}", sample.patient_id))];
    let wanted = show_date_time(zone.local(sample.wanted_from));
    let (id, form_id) = (format!("not-{}", sample.number), format!("not-{}-form", sample.number));
    let again = sample.recollection_of.is_some().then(|| view! { <span class="is-warning">{tr!(lab.recollection)}</span> });
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <strong>{container_words(all, sample)}</strong>" "{priority_badge(sample.priority)}<br/>
                <span class="code">{sample.number.clone()}</span>" · "{tests_of(all, analyses, sample)}<br/>
                <span class="muted small">{wanted}" · "{sample.place.clone()}</span>" "{again}
            </div>
            <div class="rows__side">
                <Dialog id opens=tr!(lab.not_collected) title=tr!(lab.not_collected_title) tone=ButtonTone::Quiet>
                    <Form action="/api/lab/not_collected" id=form_id hidden>
                        <TextField name="note" label=tr!(lab.why) required=true maxlength=500/>
                        <div class="form__actions"><Button label=tr!(lab.not_collected) tone=ButtonTone::Danger/></div>
                    </Form>
                </Dialog>
            </div>
        </li>
    }
    .into_any()
}

/// The form at the bedside: the wristband, then each tube, as a scanner types them.
fn collect_form(id: PatientId, expected: &[Sample]) -> AnyView {
    let hidden = vec![("patient_id", id.to_string()), ("key", LabDrawId::new().to_string())];
    let ways: Vec<Choice> = IdentifiedBy::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let count = expected.len();
    let may_be_pregnant = expected.iter().any(|sample| sample.sex != Sex::Male);
    let labels = vec![("patient_id", id.to_string())];
    view! {
        <section class="panel">
            <div class="panel__head">
                <h2>{tr!(lab.at_bedside)}</h2>
                <PostButton action="/api/lab/print_labels" label=tr!(lab.print_labels) hidden=labels glyph=Glyph::Print/>
            </div>
            <div class="panel__body">
                <Form action="/api/lab/collect" id="collect-form" hidden>
                    <SelectField name="identified_by" label=tr!(lab.identified_by) choices=ways/>
                    <TextField name="patient" label=tr!(lab.scan_wristband) required=true autocomplete="off" class="input--code" autofocus=true/>
                    <TextField name="numbers" label=tr!(lab.scan_tubes) hint=tr!(lab.scan_tubes_hint, count = count) required=true autocomplete="off" inputmode="numeric" class="input--code"/>
                    <TextField name="site" label=tr!(lab.site) maxlength=80 optional=true/>
                    {may_be_pregnant
                        .then(|| view! {
                            <details>
                                <summary>{tr!(lab.state_pregnancy)}</summary>
                                {pregnancy_fields(None)}
                            </details>
                        })}
                    <details>
                        <summary>{tr!(lab.other_time)}</summary>
                        <DateField name="collected_day" label=tr!(lab.collected_day) optional=true/>
                        <TimeField name="collected_time" label=tr!(lab.collected_time) optional=true/>
                    </details>
                    <div class="form__actions"><Button label=tr!(lab.collected) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

fn filled_row(all: &Catalogue, analyses: &[samples::Analysis], sample: &Sample, zone: Zone, patient: PatientId) -> AnyView {
    let back = format!("/lab/collect/{patient}");
    let hidden = vec![("lab_sample_id", sample.id.to_string()), ("back", back)];
    let act = if samples::SampleAct::Send.fits(sample.state) {
        view! { <PostButton action="/api/lab/send_sample" label=tr!(lab.send) hidden/> }.into_any()
    } else if samples::SampleAct::Recall.fits(sample.state) {
        view! { <PostButton action="/api/lab/recall_sample" label=tr!(lab.recall) hidden tone=ButtonTone::Quiet/> }.into_any()
    } else {
        ().into_any()
    };
    let at = sample.collected_at.map(|at| show_time(zone.local(at).time())).unwrap_or_default();
    let by = sample.collector.clone().unwrap_or_default();
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <span class="code">{sample.number.clone()}</span>" · "{tests_of(all, analyses, sample)}<br/>
                <span class="muted small">{format!("{at} · {by}")}</span>
            </div>
            <div class="rows__side cluster"><StatusBadge tone=sample.state.tone() label=sample.state.words()/>{act}</div>
        </li>
    }
    .into_any()
}

/// Shows the labels of a patient's expected samples on paper, 50 x 25 mm each.
///
/// # Errors
/// Not allowed, nothing expected, or when the database refuses.
pub async fn labels_page(Path(id): Path<PatientId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::CollectSamples).await?;
    ctx.saw(id, "lab_record").await?;
    let (clinic, now) = (ctx.clinic.id, ctx.now);
    let expected = samples::expected_of(&mut ctx.tx, clinic, id, now + Duration::hours(48)).await?;
    if expected.is_empty() {
        return Err(Error::NotFound);
    }
    let ids: Vec<_> = expected.iter().map(|sample| sample.id).collect();
    let analyses = samples::analyses_of_samples(&mut ctx.tx, &ids).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let hospital = ctx.state().hospital();
    Ok(Page::new(tr!(lab.labels), move || {
        let labels = expected.iter().map(|sample| tube_label(&hospital.name, &all, sample, &analyses)).collect_view();
        view! { <PaperPage back=format!("/lab/collect/{id}") back_words=tr!(lab.collect) at_once=true>{labels}</PaperPage> }
    })
    .layout(Layout::Print))
}

/// The label of a tube: the patient, the number as a barcode, and the codes of its tests.
pub fn tube_label(hospital: &str, all: &Catalogue, sample: &Sample, analyses: &[samples::Analysis]) -> AnyView {
    let codes = analyses.iter().filter(|analysis| analysis.sample_id == Some(sample.id));
    let codes = codes.filter_map(|analysis| all.test(analysis.test_id).ok()).map(|test| test.code.clone()).collect::<Vec<_>>().join(" ");
    let (name, number) = (sample.patient_name.listed(), sample.number.clone());
    let stat = (sample.priority == OrderPriority::Stat).then(|| tr!(lab.stat));
    let born = format!("{} · {} {}", sample.birth.shown(), tr!(ui.mrn), sample.mrn);
    let tube = all
        .container(sample.container_id)
        .map(|one| if one.code == one.colour { one.code.clone() } else { format!("{} {}", one.code, one.colour) })
        .unwrap_or_default();
    let parent = sample.parent.clone().map(|number| format!(" · {}", tr!(lab.tube_of, number = number)));
    view! {
        <PrintSheet hospital=hospital.to_owned() title=tr!(lab.label) class="sheet--label sheet--tube">
            <p class="label__name">{name}</p>
            <p>{born}</p>
            <Barcode text=number/>
            <p class="label__tests">{stat.map(|stat| view! { <strong>{stat}</strong>" " })}{tube}" · "{codes}{parent}</p>
        </PrintSheet>
    }
    .into_any()
}
