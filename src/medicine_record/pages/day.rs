//! `/admissions/{id}/medicines/day`: the medicine record of one day as a grid: a row for each medicine, a column for each hour, and in it what was
//! done with each dose; a list on a phone. `…/day/paper`: the same on paper, across.

use chrono::{Duration, NaiveDate, Timelike as _};
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{Stay, stay};
use crate::{
    core::{
        AdmissionId, Permission, Result,
        time::{Instant, Zone, parse_date, show_date_time, show_day, show_time},
    },
    medicine_record::{
        doses::{self, Administration, PlannedDose},
        orders::{self, CareOrder},
        vocabulary::{CareKind, DoseState, DoseTiming},
    },
    organisation, patients,
    server::{Ctx, Page, Part, Path, Query, page::Layout},
    tr,
    ui::{EmptyState, Glyph, LinkButton, Live, Markup, PageHeader, PaperPage, PatientBanner, PrintSheet, Tone},
};

const HOURS: u32 = 24;
/// The sign of a record that was entered after an outage, and that of one that was corrected.
const AFTERWARDS: &str = "✎";
const CORRECTED: &str = "*";

/// `?day=2026-11-21`: the day; today without one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DayQuery {
    day: String,
}

/// The doses of one day.
pub(super) struct MedicineDay {
    pub orders: Vec<CareOrder>,
    pub doses: Vec<PlannedDose>,
    pub records: Vec<Administration>,
    pub day: NaiveDate,
    pub zone: Zone,
    pub now: Instant,
}

impl MedicineDay {
    /// Keeps the medicines of the day: those that were in force in it or have a dose in it.
    fn of_day(mut self) -> Self {
        let (from, until) = self.zone.day_bounds(self.day);
        self.doses.retain(|dose| dose.state != DoseState::Cancelled && dose.due_at >= from && dose.due_at < until);
        let doses = &self.doses;
        self.orders.retain(|order| {
            let in_force = order.starts_at < until && order.ended_at.is_none_or(|ended| ended >= from);
            order.kind == CareKind::Medicine && (in_force || doses.iter().any(|dose| dose.order_id == order.id))
        });
        self.orders.sort_by_key(|order| (order.is_as_needed(), order.ordered_at, order.id));
        self
    }

    /// Returns the day of the grid from what a page has read already.
    pub(super) fn new(
        orders: Vec<CareOrder>,
        (doses, records): (Vec<PlannedDose>, Vec<Administration>),
        day: NaiveDate,
        (now, zone): (Instant, Zone),
    ) -> Self {
        Self { orders, doses, records, day, zone, now }.of_day()
    }

    /// Returns the medicines as a table.
    pub(super) fn table(&self) -> AnyView {
        Markup::view(|html| {
            let label = format!("{}: {}", tr!(medicine_record.day_grid), show_day(self.day, self.zone.day(self.now)));
            html.element(
                "div",
                [("class", "table-scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", label.as_str())],
                |scroll| {
                    scroll.element("table", [("class", "hours")], |table| {
                        table.words("caption", "visually-hidden", &label);
                        table.element("thead", [], |head| head.element("tr", [], |row| self.heads(row)));
                        table.element("tbody", [], |body| {
                            for order in &self.orders {
                                self.row(body, order);
                            }
                        });
                    });
                },
            );
        })
    }

    fn heads(&self, row: &mut Markup) {
        let local = self.zone.local(self.now);
        row.element("th", [("scope", "col")], |cell| cell.text(tr!(medicine_record.medicine)));
        for hour in 0..HOURS {
            let is_now = local.date() == self.day && local.hour() == hour;
            let now = is_now.then_some(("aria-current", "time"));
            row.element("th", [Some(("scope", "col")), now].into_iter().flatten(), |cell| cell.text(&format!("{hour:02}")));
        }
    }

    fn row(&self, body: &mut Markup, order: &CareOrder) {
        let (id, href) = (order.id.to_string(), format!("/care-orders/{}", order.id));
        body.element("tr", [("data-key", id.as_str())], |row| {
            row.element("th", [("scope", "row")], |cell| {
                cell.element("a", [("href", href.as_str())], |link| link.text(&order.title));
                cell.words("div", "small", &order.sentence(self.zone));
                if !order.state.is_open() {
                    cell.words("div", "small", order.state.words());
                }
            });
            for hour in 0..HOURS {
                let of_hour = self.doses.iter().filter(|dose| dose.order_id == order.id && self.zone.local(dose.due_at).hour() == hour);
                row.element("td", [], |cell| {
                    for dose in of_hour {
                        self.dose(cell, order, dose);
                    }
                });
            }
        });
    }

    /// A dose: when it is due, whether it is late, its sign, its outcome in words, when and by whom it was given.
    fn dose(&self, cell: &mut Markup, order: &CareOrder, dose: &PlannedDose) {
        let time = |at: Instant| show_time(self.zone.local(at).time());
        let record = self.records.iter().rfind(|one| one.dose_id == dose.id && one.superseded_at.is_none());
        let window = Duration::minutes(order.timing.map_or(0, DoseTiming::window_minutes));
        let is_late = dose.state == DoseState::Due && dose.due_at + window < self.now;
        let (tone, outcome) = match is_late {
            true => (Tone::Critical, format!("! {}", tr!(medicine_record.late))),
            false => (dose.state.tone(), format!("{} {}", sign(dose.state), dose.state.words())),
        };
        let (href, class) = (format!("/doses/{}", dose.id), format!("hours__dose {}", tone.class()));
        cell.element("a", [("href", href.as_str()), ("class", class.as_str())], |link| {
            // The reader of a screen hears the medicine with each cell.
            link.words("span", "visually-hidden", &format!("{} ", order.title));
            link.words("span", "hours__due", &time(dose.due_at));
            link.text(" ");
            link.words("strong", "hours__what", &outcome);
            let Some(record) = record else { return };
            let given = record.given_at.filter(|at| *at != dose.due_at).map(|at| format!(" {}", time(at))).unwrap_or_default();
            let initials: String = record.recorder.split_whitespace().filter_map(|word| word.chars().next()).collect();
            link.words("span", "hours__by", &format!("{given} {initials}"));
            if record.version > 1 {
                link.text(CORRECTED);
                link.words("span", "visually-hidden", tr!(medicine_record.corrected));
            }
            if record.entered_after {
                link.text(AFTERWARDS);
                link.words("span", "visually-hidden", tr!(medicine_record.entered_after));
            }
        });
    }
}

/// The sign of a state: it is told apart without colour.
const fn sign(state: DoseState) -> &'static str {
    match state {
        DoseState::Due => "○",
        DoseState::Given => "✓",
        DoseState::Held => "‖",
        DoseState::Refused => "✕",
        DoseState::NotAvailable => "∅",
        DoseState::Missed => "!",
        DoseState::Cancelled => "–",
    }
}

/// The signs that stand without words.
fn legend() -> AnyView {
    let words = format!("{CORRECTED} {} · {AFTERWARDS} {}", tr!(medicine_record.corrected), tr!(medicine_record.entered_after));
    view! { <p class="muted small">{words}</p> }.into_any()
}

async fn read(ctx: &mut Ctx, id: AdmissionId, typed: &str) -> Result<(Stay, MedicineDay)> {
    let stay = stay(ctx, id).await?;
    let (zone, now) = (stay.zone, stay.now);
    let day = parse_date("day", typed).unwrap_or_else(|_| zone.day(now));
    let (from, until) = zone.day_bounds(day);
    let doses = doses::of_admission(&mut ctx.tx, id, (from, until)).await?;
    let records = doses::administrations(&mut ctx.tx, id, from).await?;
    let orders = orders::of_admission(&mut ctx.tx, id, false).await?;
    Ok((stay, MedicineDay::new(orders, (doses, records), day, (now, zone))))
}

fn content(shown: &MedicineDay) -> AnyView {
    if shown.orders.is_empty() {
        return view! { <EmptyState glyph=Glyph::Pill title=tr!(medicine_record.no_medicines_of_day) text=tr!(medicine_record.no_medicines_of_day_text)/> }
            .into_any();
    }
    view! { <section class="panel">{shown.table()}</section>{legend()} }.into_any()
}

/// Shows the day.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn day_page(Path(id): Path<AdmissionId>, Query(DayQuery { day }): Query<DayQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let (Stay { banner, zone, now, .. }, shown) = read(&mut ctx, id, &day).await?;
    let page = Page::new(tr!(medicine_record.day_grid), move || {
        let at = shown.day;
        let back = (format!("/admissions/{id}/medicines"), tr!(medicine_record.record).to_owned());
        let to = move |days: i64| format!("/admissions/{id}/medicines/day?day={}", at + Duration::days(days));
        let actions = view! {
            <LinkButton href=to(-1) label=tr!(medicine_record.day_before) glyph=Glyph::ChevronLeft key="k"/>
            <LinkButton href=to(1) label=tr!(medicine_record.day_after) glyph=Glyph::ChevronRight key="j"/>
            <LinkButton href=format!("/admissions/{id}/medicines/day/paper?day={at}") label=tr!(medicine_record.on_paper) glyph=Glyph::Print/>
        }
        .into_any();
        view! {
            <PageHeader title=tr!(medicine_record.day_grid) detail=show_day(at, zone.day(now)) back actions=Some(actions)/>
            <div class="stack">
                <Live topics="medicines" from=format!("/admissions/{id}/medicines/day/live?day={at}") each_minute=true>{content(&shown)}</Live>
            </div>
        }
    });
    Ok(page.class("main--full").banner(move || view! { <PatientBanner info=banner/> }))
}

/// Serves the grid alone.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn day_part(Path(id): Path<AdmissionId>, Query(DayQuery { day }): Query<DayQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let (_, shown) = read(&mut ctx, id, &day).await?;
    Ok(Part::new(move || content(&shown)))
}

/// Shows the day on paper.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn day_on_paper(Path(id): Path<AdmissionId>, Query(DayQuery { day }): Query<DayQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let (Stay { admission, banner, zone, now, .. }, shown) = read(&mut ctx, id, &day).await?;
    let patient = patients::find(&mut ctx.tx, admission.patient_id).await?;
    let clinic = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?;
    let hospital = ctx.state().hospital();
    Ok(Page::new(tr!(medicine_record.day_grid), move || {
        let title = format!("{}: {}", tr!(medicine_record.day_grid), show_day(shown.day, zone.day(now)));
        let allergies = super::paper::allergy_line(banner.allergies);
        let facts = vec![admission.number.clone(), allergies, tr!(ui.printed_at, at = show_date_time(zone.local(now)))];
        view! {
            <PaperPage back=format!("/admissions/{id}/medicines/day?day={}", shown.day) back_words=tr!(medicine_record.day_grid)>
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(Some(&clinic))
                    title
                    patient=patient.on_paper()
                    facts
                    class="sheet--across"
                >
                    {content(&shown)}
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
