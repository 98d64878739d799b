//! The value by which a department adds itself to the program: its pages, its links in the rail, its parts of a patient's pages, its
//! rules for `infirmary check`. Each department has one, in its `department.rs`; `app::DEPARTMENTS` lists all of them.
//!
//! Several departments add to the same list of a page. Where the list has an order, each entry has a number: lower numbers come first,
//! and the numbers leave gaps for later entries.

use axum::Router;
use chrono::NaiveDate;
use futures::future::BoxFuture;
use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    core::{
        AdmissionId, ClinicId, Money, OrderId, PatientId, Permission, Result, VisitId,
        time::{Instant, Zone},
    },
    db::{Sql, Tx},
    server::{
        AppState, Ctx, Principal, Topic,
        hooks::{Admitted, BedQuestionsRead, BedWorkRead, DoseStocked, KidneyRead, Pricing, TakeHomeRead, WardMedicines},
    },
    ui::{Glyph, Tone},
};

/// A department in the program. Most add to a few of the lists: `Department { routes, ..Department::named("wards") }`.
#[derive(Debug)]
pub struct Department {
    /// Its folder in `src`.
    pub name: &'static str,
    /// Its routes.
    pub routes: fn() -> Router<AppState>,
    /// Its background jobs, which run until the program stops.
    pub jobs: &'static [Job],
    /// Its links in the rail of staff.
    pub places: &'static [Place],
    /// The numbers beside its places: the place's address, and how many things wait there.
    pub rail_counts: &'static [(&'static str, RailCount)],
    /// Its links in the portal's bar.
    pub portal_places: &'static [Place],
    /// The topics of its events.
    pub topics: &'static [&'static Topic],
    /// Its tabs over a patient's pages.
    pub record_tabs: &'static [RecordTab],
    /// Its panels on a patient's record.
    pub record_panels: &'static [RecordPanel],
    /// Its panels on the page of an admission, and on that of its discharge.
    pub stay_panels: &'static [StayPanel],
    /// The millilitres that it gave a patient in a period by itself: the fluid balance adds them.
    pub infused: Option<Infused>,
    /// The kidney function of a patient, for the checks of medicines.
    pub kidney: Option<KidneyRead>,
    /// The medicines that a patient gets on a ward, for the checks of prescriptions.
    pub on_ward: Option<WardMedicines>,
    /// The work at the beds of a ward, for its board.
    pub bed_work: Option<BedWorkRead>,
    /// The questions that it asks at the bed some time after its acts, for the lists of nurses.
    pub bed_questions: Option<BedQuestionsRead>,
    /// The prescriptions that patients take home from a stay.
    pub take_home: Option<TakeHomeRead>,
    /// The act that follows a dose from the stock of a ward, in its transaction.
    pub dose_stocked: Option<DoseStocked>,
    /// The act that follows an admission to a ward, in its transaction.
    pub admitted: Option<Admitted>,
    /// The act that follows the arrival on another ward, in its transaction.
    pub arrived: Option<Admitted>,
    /// The prices that it tells of appointments and visits.
    pub pricing: Option<&'static Pricing>,
    /// Its entries in the chart.
    pub chart: &'static [ChartSource],
    /// Its panels on the portal's records.
    pub portal_panels: &'static [PortalPanel],
    /// The kinds of orders that it takes.
    pub order_kinds: &'static [OrderKind],
    /// Its stops on a patient's way through an outpatient visit, after the doctor.
    pub stops: &'static [Stop],
    /// The page for a user who requested the record of a patient not in their care.
    pub care_page: Option<fn(PatientId) -> String>,
    /// Its sources of charges.
    pub charge_sources: &'static [&'static ChargeSource],
    /// Its part when a clinic got another time zone: the one before is given.
    pub clock_changed: Option<ClockChanged>,
    /// The words that it writes into the audit log, each with its translation.
    pub audited: &'static [(&'static str, Words)],
    /// Those of the words that name a view of a list: many patients at once, or the same list repeatedly.
    pub lists: &'static [&'static str],
    /// The rules for its rows that one query each checks.
    pub rules: &'static [Rule],
    /// The rules that need more than one query.
    pub checks: Option<Checks>,
}

/// Words in the reader's language.
pub type Words = fn() -> &'static str;

/// A background job.
pub type Job = fn(AppState) -> BoxFuture<'static, ()>;

/// Counts what waits at a place of the rail, for this reader at this clinic.
#[derive(Clone, Copy, Debug)]
pub enum RailCount {
    /// A query for the number; none when the reader does no such work at the clinic. A page asks all of them at once.
    Query(fn(&Principal, ClinicId) -> Option<Sql>),
    /// More than one query can tell.
    Read(for<'t> fn(&'t mut Tx, &'t Principal, ClinicId) -> BoxFuture<'t, Result<i64>>),
}

/// Follows a clinic's change to another time zone, in the transaction of the change.
pub type ClockChanged = for<'c> fn(&'c mut Ctx, ClinicId, Zone) -> BoxFuture<'c, Result<()>>;

/// Returns the millilitres given to the patient of an admission from one time until another.
pub type Infused = for<'t> fn(&'t mut Tx, AdmissionId, (Instant, Instant)) -> BoxFuture<'t, Result<i64>>;

/// Renders the data that was read.
pub type Draw = Box<dyn FnOnce() -> AnyView + Send>;

/// Checks the rules that need more than one query.
pub type Checks = for<'t> fn(&'t mut Tx) -> BoxFuture<'t, Result<Vec<Finding>>>;

impl Department {
    /// Creates a department that adds nothing yet.
    pub const fn named(name: &'static str) -> Self {
        Self {
            name,
            routes: Router::new,
            jobs: &[],
            places: &[],
            rail_counts: &[],
            portal_places: &[],
            topics: &[],
            record_tabs: &[],
            record_panels: &[],
            stay_panels: &[],
            infused: None,
            kidney: None,
            on_ward: None,
            bed_work: None,
            bed_questions: None,
            take_home: None,
            dose_stocked: None,
            admitted: None,
            arrived: None,
            pricing: None,
            chart: &[],
            portal_panels: &[],
            order_kinds: &[],
            stops: &[],
            care_page: None,
            charge_sources: &[],
            clock_changed: None,
            audited: &[],
            lists: &[],
            rules: &[],
            checks: None,
        }
    }
}

/// A kind of source that raises charges: a consultation, a day in a bed, an order of the laboratory. The department that has the source
/// makes one, lists it in [`Department::charge_sources`] and passes it to `billing::charge`.
#[derive(Debug)]
pub struct ChargeSource {
    /// Its word in the database, for good.
    pub kind: &'static str,
    pub words: Words,
}

/// A link in the rail.
#[derive(Debug)]
pub struct Place {
    pub order: u16,
    /// The permission that a user needs to see it.
    pub right: Permission,
    /// A condition besides the permission.
    pub also: Option<fn(&Principal) -> bool>,
    pub href: &'static str,
    pub words: Words,
    pub glyph: Glyph,
    /// The keys `g` and this letter open it.
    pub key: Option<char>,
    /// The first page after sign-in for users who see this link; with several such links, the one with the lowest
    /// number.
    pub begins: Option<u16>,
}

impl Place {
    /// Whether this user sees it.
    pub fn is_for(&self, who: &Principal) -> bool {
        who.may(self.right) && self.also.is_none_or(|also| also(who))
    }
}

/// A tab over a patient's pages.
#[derive(Debug)]
pub struct RecordTab {
    pub order: u16,
    pub right: Permission,
    /// Its address, as it follows `/patients/{id}`: `/chart`.
    pub path: &'static str,
    pub words: Words,
    /// A search opens this tab instead of the record, for users with the permission.
    pub sought: bool,
}

/// The future that reads a part of a page.
pub type Reading<'c, T> = BoxFuture<'c, Result<T>>;

/// A panel on a patient's record. It reads through the request's [`Ctx`]; the number is the requested page of its list, if any.
/// Without the permission to see it, the panel is `None`.
#[derive(Debug)]
pub struct RecordPanel {
    pub order: u16,
    pub read: for<'c> fn(&'c mut Ctx, PatientId, Option<i64>) -> Reading<'c, Option<Draw>>,
}

/// The page of an admission on which a panel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StayPage {
    Admission,
    /// The form with which a doctor decides that the patient leaves.
    Discharge,
}

/// A panel on the page of an admission. Without the permission to see it, the panel is `None`.
#[derive(Debug)]
pub struct StayPanel {
    pub order: u16,
    pub read: for<'c> fn(&'c mut Ctx, AdmissionId, StayPage) -> Reading<'c, Option<Draw>>,
}

/// A panel on the portal's records, about the patient of the portal.
#[derive(Debug)]
pub struct PortalPanel {
    pub order: u16,
    pub read: for<'c> fn(&'c mut Ctx, PatientId) -> Reading<'c, Draw>,
}

/// A source of events in a patient's chart.
#[derive(Debug)]
pub struct ChartSource {
    /// Among entries of the same time, those of the source with the lower number come first.
    pub order: u16,
    /// Its name in the chart's address, which then shows this source only: `?only=vitals`.
    pub name: &'static str,
    /// The label of that tab.
    pub words: Words,
    pub read: for<'c> fn(&'c mut Ctx, ChartAsk) -> BoxFuture<'c, Result<Vec<ChartEntry>>>,
}

/// The query that the chart sends to each source; it asks for the latest entries, the latest first.
#[derive(Clone, Copy, Debug)]
pub struct ChartAsk {
    pub patient: PatientId,
    /// Limits the entries to those before this time.
    pub before: Option<Instant>,
    /// The largest number of entries.
    pub limit: i64,
}

/// One entry of the chart.
pub struct ChartEntry {
    pub at: Instant,
    pub tone: Tone,
    pub glyph: Glyph,
    /// Renders it, beginning with its heading (`<h3>`).
    pub body: Box<dyn FnOnce(ChartSetting) -> AnyView + Send>,
}

impl std::fmt::Debug for ChartEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChartEntry").field("at", &self.at).finish_non_exhaustive()
    }
}

/// The facts that all entries of a chart need for their rendering.
#[derive(Clone, Copy, Debug)]
pub struct ChartSetting {
    /// The patient's birth date, if it is known.
    pub born: Option<NaiveDate>,
    pub zone: Zone,
}

/// A kind of order that a department takes. Its migration adds a row of the same name to `order_kinds`.
#[derive(Debug)]
pub struct OrderKind {
    /// The place among the choices; the lower ones come first.
    pub order: u16,
    /// The name of its row.
    pub name: &'static str,
    pub words: Words,
    /// The right to work on its orders.
    pub right: Permission,
    /// The page on which the doctor of a visit orders it. Without one, the doctor names the service in the consultation.
    pub page: Option<fn(VisitId) -> String>,
    /// Follows an act on an order of the kind, in the transaction of the act.
    pub followed: Option<OrderFollowed>,
}

/// Follows an act on an order, which is locked.
pub type OrderFollowed = for<'c> fn(&'c mut Ctx, OrderId) -> Reading<'c, ()>;

/// A stop on a patient's way through an outpatient visit, after the doctor. The patient goes to the first one that has work for
/// the visit, and home when none has.
#[derive(Debug)]
pub struct Stop {
    /// The lower ones come first. The cashier has 50.
    pub order: u16,
    /// The step of the queue, a row of `queue_steps`.
    pub step: &'static str,
    /// Whether the stop has work for this visit.
    pub waits: for<'c> fn(&'c mut Ctx, VisitId) -> Reading<'c, bool>,
}

/// One rule of `infirmary check`.
#[derive(Debug)]
pub struct Rule {
    /// The sentence that must be true.
    pub holds: &'static str,
    /// The query that counts the rows that break it.
    pub broken: &'static str,
}

/// The result of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The sentence that must be true.
    pub rule: &'static str,
    /// The number of rows that break the rule; 0 means that the rule holds.
    pub broken: i64,
    /// The ids of these rows, where a person corrects them one by one.
    pub rows: Vec<Uuid>,
    /// The names of rows that have no id.
    pub names: Vec<String>,
    /// By how much the two sides of each of these rows differ; empty where the rule compares no amounts.
    pub differences: Vec<Money>,
}

impl Finding {
    /// Creates a finding: `broken` rows break the rule.
    pub const fn of(rule: &'static str, broken: i64) -> Self {
        Self { rule, broken, rows: Vec::new(), names: Vec::new(), differences: Vec::new() }
    }

    /// Creates a finding that names the rows.
    pub fn named(rule: &'static str, rows: Vec<Uuid>) -> Self {
        let broken = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        Self { rows, ..Self::of(rule, broken) }
    }

    /// Creates a finding that names the rows, each with its difference.
    pub fn with_differences(rule: &'static str, rows: Vec<(Uuid, Money)>) -> Self {
        let (rows, differences) = rows.into_iter().unzip();
        Self { differences, ..Self::named(rule, rows) }
    }

    /// Creates a finding about rows that have no id, each by its name and with its difference.
    pub fn by_names(rule: &'static str, rows: Vec<(String, Money)>) -> Self {
        let (names, differences): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let broken = i64::try_from(names.len()).unwrap_or(i64::MAX);
        Self { names, differences, ..Self::of(rule, broken) }
    }
}

/// All departments, each after those that it uses.
#[derive(Clone, Copy, Debug)]
pub struct Departments(pub &'static [&'static Department]);

impl Departments {
    /// Collects the departments' entries for one list of a page, sorted by their order.
    fn ordered<T>(self, list: fn(&Department) -> &'static [T], order: fn(&T) -> u16) -> Vec<&'static T> {
        let mut all: Vec<&T> = self.0.iter().flat_map(|department| list(department)).collect();
        all.sort_by_key(|one| order(one));
        all
    }

    /// The background jobs.
    pub fn jobs(self) -> impl Iterator<Item = &'static Job> {
        self.0.iter().flat_map(|department| department.jobs)
    }

    /// The links of the rail.
    pub fn places(self) -> Vec<&'static Place> {
        self.ordered(|department| department.places, |place| place.order)
    }

    /// The numbers beside the places that this reader sees, by the places' addresses.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn rail_counts(self, tx: &mut Tx, who: &Principal, clinic: ClinicId) -> Result<Vec<(&'static str, i64)>> {
        let (mut places, mut queries, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for department in self.0 {
            for (href, count) in department.rail_counts {
                if !department.places.iter().any(|place| place.href == *href && place.is_for(who)) {
                    continue;
                }
                match count {
                    RailCount::Query(query) => {
                        if let Some(query) = query(who, clinic) {
                            places.push(*href);
                            queries.push(query);
                        }
                    }
                    RailCount::Read(count) => counts.push((*href, count(tx, who, clinic).await?)),
                }
            }
        }
        counts.extend(places.into_iter().zip(tx.counts(queries).await?));
        Ok(counts)
    }

    /// The links of the portal's bar.
    pub fn portal_places(self) -> Vec<&'static Place> {
        self.ordered(|department| department.portal_places, |place| place.order)
    }

    /// The link that opens after this user signs in.
    pub fn first_place(self, who: &Principal) -> Option<&'static Place> {
        let all = self.0.iter().flat_map(|department| department.places.iter().chain(department.portal_places));
        all.filter(|place| place.begins.is_some() && place.is_for(who)).min_by_key(|place| place.begins)
    }

    /// The tabs over a patient's pages.
    pub fn record_tabs(self) -> Vec<&'static RecordTab> {
        self.ordered(|department| department.record_tabs, |tab| tab.order)
    }

    /// The tab that a search opens for a user with these permissions.
    pub fn sought_tab(self, may: impl Fn(Permission) -> bool) -> Option<&'static RecordTab> {
        self.record_tabs().into_iter().find(|tab| tab.sought && may(tab.right))
    }

    /// The panels of the record.
    pub fn record_panels(self) -> Vec<&'static RecordPanel> {
        self.ordered(|department| department.record_panels, |panel| panel.order)
    }

    /// Reads the panels of an admission's page.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn stay_panels(self, ctx: &mut Ctx, admission: AdmissionId, page: StayPage) -> Result<Vec<Draw>> {
        let mut panels = Vec::new();
        for panel in self.ordered(|department| department.stay_panels, |panel| panel.order) {
            panels.extend((panel.read)(ctx, admission, page).await?);
        }
        Ok(panels)
    }

    /// The sources of the chart.
    pub fn chart(self) -> Vec<&'static ChartSource> {
        self.ordered(|department| department.chart, |source| source.order)
    }

    /// The panels of the portal's records.
    pub fn portal_panels(self) -> Vec<&'static PortalPanel> {
        self.ordered(|department| department.portal_panels, |panel| panel.order)
    }

    /// The kinds of orders that a department takes.
    pub fn order_kinds(self) -> Vec<&'static OrderKind> {
        self.ordered(|department| department.order_kinds, |kind| kind.order)
    }

    /// The stops of an outpatient visit after the doctor.
    pub fn stops(self) -> Vec<&'static Stop> {
        self.ordered(|department| department.stops, |stop| stop.order)
    }

    /// The topic of this name.
    pub fn topic(self, name: &str) -> Option<&'static Topic> {
        self.0
            .iter()
            .flat_map(|department| department.topics)
            .copied()
            .chain([&super::ACCESS, &super::SETTINGS])
            .find(|topic| topic.name == name)
    }

    /// Returns the translation of a word of the audit log.
    pub fn audited(self, what: &str) -> Option<&'static str> {
        self.0.iter().flat_map(|department| department.audited).find(|(known, _)| *known == what).map(|(_, words)| words())
    }

    /// The words for a kind of source of charges.
    pub fn charge_source(self, kind: &str) -> Option<&'static str> {
        self.0.iter().flat_map(|department| department.charge_sources).find(|source| source.kind == kind).map(|source| (source.words)())
    }

    /// The words that name a view of a list.
    pub fn lists(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|department| department.lists).copied()
    }

    /// The page for a user who requested the record of a patient not in their care.
    pub fn care_page(self, patient: PatientId) -> Option<String> {
        self.0.iter().find_map(|department| department.care_page).map(|page| page(patient))
    }
}
