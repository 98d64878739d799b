//! `/admissions/{id}/orders/new`: the form of an order. The medicine is found first; the form then has its usual dose. With `replaces` the
//! form changes an order: the one before is stopped in the same step.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    asked::{review_fields, rule_fields},
    parts::{Stay, alike_notice, care_reasons, key, refused, stay},
};
use crate::{
    clinical::{self, Drug},
    core::{
        AdmissionId, CareOrderId, DrugId, Error, Permission, Result, locale,
        time::{Instant, Zone, show_date_time},
    },
    formulary::{self, AlikeWarning, Route},
    medicine_record::{
        doses,
        infusions::{RateUnit, show_milli},
        orders::{self, CareOrder, PrescriberRow, hours},
        reviews::{ANTIBIOTIC_HOURS, is_antibiotic},
        usual_times::{self, UsualTimes},
        vocabulary::{CareKind, DoseTiming},
    },
    opd::vitals::newest_weight,
    orders::OrderPriority,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, DateField, Fieldset, Form, Glyph, Icon, NoticeBox, NumberField, PageHeader,
        PatientBanner, RadioField, SelectField, StatusBadge, TextArea, TextField, TimeField, Tone, encoded,
    },
};

const WRITE: &str = "/api/medicine_record/write";
const TAKE: &str = "/api/medicine_record/take";
/// Medicines that the search shows.
const FOUND: usize = 20;

/// The kind, the search for a medicine, the medicine, and the order that is changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WriteQuery {
    kind: String,
    q: String,
    drug: String,
    replaces: String,
}

struct Shown {
    id: AdmissionId,
    kind: CareKind,
    drug: Option<Drug>,
    found: Vec<Drug>,
    sought: String,
    old: Option<CareOrder>,
    /// The newest weight in grams, and when the patient was weighed.
    weight: Option<(i64, String)>,
    /// The doctors who may give the order by phone; empty when a doctor writes it.
    prescribers: Vec<PrescriberRow>,
    by_phone: bool,
    /// The doses that are left of a changed order that ends after a number of them.
    left: Option<i64>,
    /// The medicine whose name looks or sounds like another.
    alike: Option<AlikeWarning>,
    /// The usual dose times of the ward.
    usual: UsualTimes,
    zone: Zone,
    now: Instant,
}

impl Shown {
    /// Returns the review that the form begins with: that of the changed order, or the usual one of an antibiotic.
    fn review(&self) -> Option<Instant> {
        let old = self.old.as_ref().and_then(|old| old.review_at).filter(|at| *at > self.now);
        let antibiotic = self.drug.as_ref().is_some_and(|drug| is_antibiotic(&drug.name));
        old.or_else(|| antibiotic.then(|| self.now + Duration::hours(ANTIBIOTIC_HOURS)))
    }
}

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn write_page(Path(id): Path<AdmissionId>, Query(query): Query<WriteQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let Stay { admission, banner, zone, now, may } = stay(&mut ctx, id).await?;
    if !may.write && !may.give {
        return Err(Error::Forbidden);
    }
    let old = match query.replaces.parse::<CareOrderId>() {
        Ok(old) => Some(orders::find(&mut ctx.tx, old).await?).filter(|old| old.admission_id == id && may.write),
        Err(_) => None,
    };
    let kind = old.as_ref().map_or_else(|| query.kind.parse().unwrap_or(CareKind::Medicine), |old| old.kind);
    let drug = query.drug.parse::<DrugId>().ok().or_else(|| old.as_ref().and_then(|old| old.drug_id));
    let drug = match drug.filter(|_| kind == CareKind::Medicine) {
        Some(drug) => formulary::prescribable_drug(&mut ctx.tx, drug).await?,
        None => None,
    };
    let found = match kind == CareKind::Medicine && !query.q.is_empty() {
        true => clinical::find_drugs(&mut ctx.tx, &query.q, FOUND).await?,
        false => Vec::new(),
    };
    let shown_name = drug.as_ref().map(name).unwrap_or_default();
    let alike = formulary::TallNames::load(&mut ctx.tx).await?.warning(drug.as_ref().map(|drug| drug.id), &shown_name);
    let by_phone = !may.write;
    let prescribers = if by_phone { orders::prescribers(&mut ctx.tx, admission.clinic_id).await? } else { Vec::new() };
    let newest = newest_weight(&mut ctx.tx, admission.patient_id).await?;
    let weight = newest.map(|(grams, at)| (grams, show_date_time(zone.local(at))));
    let left = match old.as_ref().and_then(|old| Some((old.id, old.dose_count?))) {
        Some((old, doses)) => {
            let progress = doses::progress(&mut ctx.tx, old).await?;
            Some(doses - progress.given - progress.not_given).filter(|left| *left > 0)
        }
        None => None,
    };
    let usual = usual_times::of_ward(&mut ctx.tx, admission.ward()).await?;
    let shown = Shown { id, kind, drug, found, sought: query.q, old, weight, prescribers, by_phone, alike, left, usual, zone, now };
    let title = match (shown.old.is_some(), by_phone) {
        (true, _) => tr!(medicine_record.change_order),
        (false, true) => tr!(medicine_record.new_by_phone),
        (false, false) => tr!(medicine_record.new_order),
    };
    let page = Page::new(title, move || {
        let back = (format!("/admissions/{id}/orders"), tr!(medicine_record.orders).to_owned());
        let detail = shown.kind.words();
        let needs_search = shown.kind == CareKind::Medicine && shown.drug.is_none();
        let body = if needs_search { search(&shown) } else { form(shown) };
        view! { <PageHeader title back detail/>{body} }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

fn name(drug: &Drug) -> String {
    if locale::current() == locale::Locale::es && !drug.name_es.is_empty() { drug.name_es.clone() } else { drug.name.clone() }
}

fn search(shown: &Shown) -> AnyView {
    let id = shown.id;
    let replaces = shown.old.as_ref().map(|old| format!("&replaces={}", old.id)).unwrap_or_default();
    let rows = shown.found.iter().map(|drug| {
        let href = format!("/admissions/{id}/orders/new?kind=medicine&drug={}{replaces}", drug.id);
        let alert = drug.high_alert.then(|| view! { <StatusBadge tone=Tone::Critical label=tr!(medicine_record.high_alert)/> });
        view! { <li class="rows__row"><a class="row-link" href=href>{name(drug)}</a>{alert}</li> }
    });
    let rows = rows.collect_view();
    let missing = tr!(medicine_record.no_such_drug, text = shown.sought.clone());
    let none = (shown.found.is_empty() && !shown.sought.is_empty()).then(|| {
        view! { <NoticeBox tone=Tone::Warning><p>{missing}</p></NoticeBox> }
    });
    view! {
        <form class="filter" method="get" action=format!("/admissions/{id}/orders/new") id="find-drug">
            <input type="hidden" name="kind" value="medicine"/>
            <TextField name="q" label=tr!(medicine_record.medicine) value=shown.sought.clone() kind="search" autocomplete="off" autofocus=true/>
            <button class="button" type="submit"><Icon glyph=Glyph::Search/>{tr!(medicine_record.find)}</button>
        </form>
        {none}
        <ul class="rows">{rows}</ul>
    }
    .into_any()
}

fn form(shown: Shown) -> AnyView {
    let action = if shown.by_phone { TAKE } else { WRITE };
    let mut hidden = vec![("admission_id", shown.id.to_string()), key(), ("kind", shown.kind.to_string())];
    if let Some(drug) = &shown.drug {
        hidden.push(("drug_id", drug.id.to_string()));
    }
    if let Some(old) = &shown.old {
        hidden.push(("replaces", old.id.to_string()));
    }
    hidden.push(("seen", refused(action, "seen").unwrap_or_default()));
    let label = match (shown.by_phone, shown.old.is_some()) {
        (true, _) => tr!(medicine_record.take),
        (false, true) => tr!(medicine_record.change_and_sign),
        (false, false) => tr!(medicine_record.order_and_sign),
    };
    // The fields are made inside the form: after a warning they keep what was typed.
    view! {
        <Form action hidden>
            {fields(&shown, action)}
            <div class="form__actions"><Button label tone=ButtonTone::Primary glyph=Glyph::Sign key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}

fn fields(shown: &Shown, action: &'static str) -> AnyView {
    let old = shown.old.as_ref();
    let priorities = OrderPriority::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let priority = old.map_or(OrderPriority::Routine, |old| old.priority).to_string();
    let instructions = old.map(|old| old.instructions.clone()).unwrap_or_default();
    let content = match &shown.drug {
        Some(drug) => medicine(drug, old, shown),
        None => {
            let title = old.map(|old| old.title.clone()).unwrap_or_default();
            view! { <TextField name="title" label=tr!(medicine_record.order) value=title required=true maxlength=200 autocomplete="off"/> }
                .into_any()
        }
    };
    let why = old.map(|_| {
        view! {
            <Fieldset legend=tr!(medicine_record.why_changed)>
                <SelectField name="reason" label=tr!(medicine_record.reason) choices=care_reasons() prompt=tr!(medicine_record.choose)/>
                <TextField name="words" label=tr!(medicine_record.in_words) maxlength=500 optional=true autocomplete="off"/>
            </Fieldset>
        }
    });
    let warned = refused(action, "override_reason").map(|_| {
        view! { <TextField name="override_reason" label=tr!(medicine_record.in_spite_of) maxlength=500 autocomplete="off"/> }
    });
    let confirm = refused(action, "confirmed").map(|_| {
        let value = shown.drug.as_ref().map(|drug| drug.name.clone()).unwrap_or_default();
        view! { <CheckboxField name="confirmed" label=tr!(medicine_record.confirm_unchecked) value/> }
    });
    let phone = phone(shown);
    let end_after = (shown.kind == CareKind::Medicine).then(|| {
        let left = shown.left.map(|left| left.to_string()).unwrap_or_default();
        view! { <NumberField name="doses" label=tr!(medicine_record.dose_count) hint=tr!(medicine_record.dose_count_hint) value=left optional=true/> }
    });
    view! {
        {content}
        <RadioField name="priority" label=tr!(medicine_record.priority) choices=priorities value=priority inline=true/>
        <TextArea name="instructions" label=tr!(medicine_record.instructions) value=instructions rows=2 maxlength=1000 optional=true/>
        <DateField name="start_day" label=tr!(medicine_record.start_day) hint=tr!(medicine_record.start_hint) optional=true/>
        <TimeField name="start_time" label=tr!(medicine_record.start_time) optional=true/>
        <NumberField name="days" label=tr!(medicine_record.days) hint=tr!(medicine_record.days_hint) optional=true/>
        {end_after}
        {review_fields(shown.review(), shown.zone)}
        {why}
        {phone}
        {warned}
        {confirm}
    }
    .into_any()
}

fn phone(shown: &Shown) -> Option<AnyView> {
    shown.by_phone.then(|| {
        let doctors = shown.prescribers.iter().map(|one| Choice::new(one.id.to_string(), one.name.clone())).collect::<Vec<_>>();
        view! {
            <Fieldset legend=tr!(medicine_record.by_phone) hint=tr!(medicine_record.by_phone_hint)>
                <SelectField name="prescriber" label=tr!(medicine_record.prescriber) choices=doctors prompt=tr!(medicine_record.choose)/>
                <CheckboxField name="read_back" label=tr!(medicine_record.read_back)/>
            </Fieldset>
        }
        .into_any()
    })
}

fn medicine(drug: &Drug, old: Option<&CareOrder>, shown: &Shown) -> AnyView {
    let id = shown.id;
    let routes = Route::ALL.iter().map(|route| Choice::new(route.as_str(), route.words())).collect::<Vec<_>>();
    let timing = |one: &DoseTiming| {
        Choice::new(
            one.as_str(),
            match shown.usual.of(*one) {
                "" => one.words().to_owned(),
                times => format!("{} ({times})", one.words()),
            },
        )
    };
    let timings = DoseTiming::ALL.iter().map(timing).collect::<Vec<_>>();
    let dose = old.map_or_else(|| drug.usual_dose.clone(), |old| old.dose.clone());
    let route = old.map_or_else(|| drug.usual_route.clone(), |old| old.route.clone());
    let chosen = old.and_then(|old| old.timing).map(|timing| timing.to_string()).unwrap_or_default();
    let times = old
        .filter(|old| old.timing.is_some_and(|timing| shown.usual.of(timing) != old.times))
        .map(|old| old.times.clone())
        .unwrap_or_default();
    let interval = old.and_then(|old| old.interval_min).map(hours).unwrap_or_default();
    let most = old.and_then(|old| old.most_in_day).map(|most| most.to_string()).unwrap_or_default();
    let indication = old.map(|old| old.indication.clone()).unwrap_or_default();
    let infusion = old.and_then(|old| old.infusion);
    let volume = infusion.map(|one| show_milli(one.volume_ul)).unwrap_or_default();
    let rate = infusion.map(|one| show_milli(one.rate_ul_h)).unwrap_or_default();
    let highest = infusion.and_then(|one| one.most_ul_h).map(show_milli).unwrap_or_default();
    let by_dose = infusion.and_then(|one| one.dose);
    let dose_rate = by_dose.map(|dose| show_milli(dose.milli)).unwrap_or_default();
    let unit = by_dose.map(|dose| dose.unit.to_string()).unwrap_or_default();
    // The newest weight is offered, and a changed order goes by it too.
    let used = by_dose.and_then(|dose| dose.weight_g);
    let weight = shown.weight.as_ref().map(|(grams, _)| *grams).or(used).map(show_milli).unwrap_or_default();
    let weighed = match &shown.weight {
        Some((_, at)) => tr!(medicine_record.weighed_at, at = at.clone()),
        None => tr!(medicine_record.not_weighed).to_owned(),
    };
    let units = RateUnit::ALL.iter().map(|unit| Choice::new(unit.as_str(), unit.words())).collect::<Vec<_>>();
    let alert = drug.high_alert.then(|| {
        view! { <NoticeBox tone=Tone::Critical title=tr!(medicine_record.high_alert)><p>{tr!(medicine_record.high_alert_text)}</p></NoticeBox> }
    });
    let other = old.is_none().then(|| {
        let href = format!("/admissions/{id}/orders/new?kind=medicine&q={}", encoded(&name(drug)));
        view! { <p><a href=href>{tr!(medicine_record.other_drug)}</a></p> }
    });
    view! {
        <h2>{shown.alike.as_ref().map_or_else(|| name(drug), |alike| alike.name.clone())}</h2>
        {alike_notice(shown.alike.as_ref())}
        {other}
        {alert}
        <TextField name="dose" label=tr!(medicine_record.dose) hint=tr!(medicine_record.dose_hint) value=dose required=true maxlength=100 autocomplete="off"/>
        <SelectField name="route" label=tr!(medicine_record.route) choices=routes value=route prompt=tr!(medicine_record.choose)/>
        <SelectField name="timing" label=tr!(medicine_record.timing) choices=timings value=chosen prompt=tr!(medicine_record.choose)/>
        <TextField name="times" label=tr!(medicine_record.own_times) hint=tr!(medicine_record.own_times_hint) value=times optional=true maxlength=150 autocomplete="off"/>
        <CheckboxField name="first_now" label=tr!(medicine_record.first_now)/>
        <CheckboxField name="strict" label=tr!(medicine_record.strict) hint=tr!(medicine_record.strict_hint)/>
        <Fieldset legend=tr!(medicine_record.as_infusion) hint=tr!(medicine_record.as_infusion_hint)>
            <NumberField name="volume" label=tr!(medicine_record.infusion_volume) value=volume unit="mL" decimal=true optional=true/>
            <NumberField name="rate" label=tr!(medicine_record.infusion_rate) value=rate unit="mL/h" decimal=true optional=true/>
            <NumberField name="dose_rate" label=tr!(medicine_record.dose_rate) hint=tr!(medicine_record.dose_rate_hint) value=dose_rate decimal=true optional=true/>
            <SelectField name="dose_rate_unit" label=tr!(medicine_record.dose_rate_unit) choices=units value=unit prompt=tr!(medicine_record.choose)/>
            <NumberField name="weight" label=tr!(medicine_record.weight_used) hint=weighed unit="kg" value=weight decimal=true optional=true/>
            <NumberField name="rate_most" label=tr!(medicine_record.highest_rate) hint=tr!(medicine_record.highest_rate_hint) value=highest unit="mL/h" decimal=true optional=true/>
        </Fieldset>
        <Fieldset legend=tr!(medicine_record.timing_as_needed)>
            <TextField name="indication" label=tr!(medicine_record.indication) value=indication maxlength=200 autocomplete="off"/>
            <NumberField name="interval" label=tr!(medicine_record.interval) value=interval unit="h" decimal=true/>
            <NumberField name="most" label=tr!(medicine_record.most) value=most/>
        </Fieldset>
        {rule_fields(old)}
    }
    .into_any()
}
