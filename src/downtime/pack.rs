//! The job: every quarter of an hour it reads each ward and writes its pack.

use std::{collections::HashMap, path::Path};

use chrono::Duration;

use super::{
    folder,
    html::Html,
    store::{self, BedRow},
    watch::PackWatch,
};
use crate::{
    core::{
        CareOrderId, Error, PatientId, Result,
        locale::{LOCALE, Locale, code},
        time::{Instant, Zone, show_date, show_date_time, show_time},
    },
    db::Tx,
    medicine_record::{
        AllergyWords, CareKind, CareOrder, DoseState, GivenVolume, PlannedDose, allergies_of, doses_of, given_at_of, next_as_needed,
        open_orders, running_volumes,
    },
    nursing::{StayDevice, devices_of},
    organisation::{self, Isolation},
    patients::{self, AllergyStatus, Contact, PatientLine},
    server::AppState,
    tr,
    wards::{CareDecision, CareLevel, Ward, care_decision, find_ward},
};

/// Minutes between two packs.
pub const PACK_MINUTES: i64 = 15;
/// Minutes after which a pack says that it is too old.
const FRESH_MINUTES: i64 = 30;
/// Hours of doses in a pack.
const HOURS: i64 = 24;
/// Empty lines for each patient, and for the ward.
const LINES: usize = 8;

/// A patient's part of a pack.
struct Part {
    row: BedRow,
    line: PatientLine,
    allergies: Vec<AllergyWords>,
    orders: Vec<CareOrder>,
    doses: Vec<PlannedDose>,
    /// The last time at which each order's medicine was given.
    last: HashMap<CareOrderId, Instant>,
    /// The time before which a medicine as needed may not be given.
    next: HashMap<CareOrderId, Option<Instant>>,
    infusions: Vec<GivenVolume>,
    /// The treatment that was decided on for a heart that stops.
    level: Option<CareDecision>,
    /// Lines and other devices in place.
    devices: Vec<StayDevice>,
    contacts: Vec<Contact>,
}

struct Pack {
    ward: Ward,
    zone: Zone,
    made_at: Instant,
    hospital: String,
    parts: Vec<Part>,
}

async fn read(tx: &mut Tx, ward: Ward, hospital: String, now: Instant) -> Result<Pack> {
    let zone = organisation::clinic(tx, ward.clinic_id).await?.zone;
    let beds = store::beds(tx, ward.id).await?;
    let ids: Vec<PatientId> = beds.iter().map(|bed| bed.patient_id).collect();
    let mut names = patients::names(tx, &ids).await?;
    let allergies = if ids.is_empty() { Vec::new() } else { allergies_of(tx, &ids).await? };
    let mut parts = Vec::new();
    for row in beds {
        let line = names.remove(&row.patient_id).ok_or(Error::NotFound)?;
        let orders = open_orders(tx, row.admission_id).await?;
        let doses = doses_of(tx, row.admission_id, (now - Duration::hours(HOURS), now + Duration::hours(HOURS))).await?;
        let (mut last, mut next) = (HashMap::new(), HashMap::new());
        for order in &orders {
            if let Some(at) = given_at_of(tx, order, now - Duration::hours(2 * HOURS)).await? {
                last.insert(order.id, at);
            }
            if order.is_as_needed() {
                next.insert(order.id, next_as_needed(tx, order, now).await?);
            }
        }
        let infusions = running_volumes(tx, row.admission_id, now).await?;
        let of_patient = allergies.iter().filter(|one| one.id == row.patient_id).cloned().collect();
        let level = care_decision(tx, row.admission_id).await?;
        let devices = devices_of(tx, row.admission_id).await?.into_iter().filter(|one| one.removed_at.is_none()).collect();
        let contacts = patients::contacts(tx, row.patient_id).await?;
        parts.push(Part { row, line, allergies: of_patient, orders, doses, last, next, infusions, level, devices, contacts });
    }
    Ok(Pack { ward, zone, made_at: now, hospital, parts })
}

fn isolation(kind: Isolation) -> &'static str {
    match kind {
        Isolation::None => tr!(audit.isolation_none),
        Isolation::Contact => tr!(audit.isolation_contact),
        Isolation::Droplet => tr!(audit.isolation_droplet),
        Isolation::Airborne => tr!(audit.isolation_airborne),
        Isolation::Protective => tr!(audit.isolation_protective),
    }
}

fn tenths(value: i64) -> String {
    format!("{}.{}", value / 10, (value % 10).abs())
}

impl Part {
    fn allergy_words(&self) -> String {
        let known: Vec<String> = self.allergies.iter().filter_map(|one| one.substance.clone()).collect();
        if !known.is_empty() {
            return format!("{}: {}", tr!(ui.allergy), known.join(", "));
        }
        let unknown = self.allergies.iter().any(|one| one.status == AllergyStatus::NotRecorded);
        if unknown { tr!(ui.allergies_not_recorded).to_owned() } else { tr!(ui.no_known_allergies).to_owned() }
    }

    /// Says what to do when the heart stops: the decision, or that none was made.
    fn level_words(&self) -> String {
        let words = self.level.as_ref().map_or_else(|| tr!(wards.level_none), |decided| decided.level.words());
        format!("{}: {words}", tr!(wards.level))
    }

    fn level_by(&self, zone: Zone) -> Option<String> {
        let decided = self.level.as_ref()?;
        let review = decided.review_on.map(|day| tr!(wards.review_by, day = show_date(day)));
        let by = format!("{}, {}", decided.decided_by, show_date_time(zone.local(decided.decided_at)));
        Some([decided.ground.words().to_owned(), by].into_iter().chain(review).collect::<Vec<_>>().join(" · "))
    }

    fn head(&self) -> String {
        format!(
            "{} {} · {} · {} {} · {} · {} {}",
            self.row.room,
            self.row.bed,
            self.line.name.listed(),
            tr!(ui.born),
            self.line.birth.shown(),
            self.line.sex.words(),
            tr!(ui.mrn),
            self.line.mrn
        )
    }

    /// The last set of observations in one line.
    fn observations(&self, zone: Zone) -> Option<String> {
        let row = &self.row;
        let at = show_date_time(zone.local(row.taken_at?));
        let pressure = row.systolic.map(|systolic| match row.diastolic {
            Some(diastolic) => format!("{systolic}/{diastolic} mmHg"),
            None => format!("{systolic} mmHg"),
        });
        let values = [
            row.score.map(|score| format!("NEWS2 {score}")),
            row.pews.map(|score| format!("PEWS {score}")),
            row.respiration.map(|value| format!("{} {value}", tr!(downtime.respiration))),
            row.spo2.map(|value| format!("SpO2 {value} %")),
            row.oxygen.filter(|value| *value > 0).map(|value| format!("O2 {} L/min", tenths(value))),
            pressure,
            row.pulse.map(|value| format!("{} {value}", tr!(downtime.pulse))),
            row.temperature.map(|value| format!("{} °C", tenths(value))),
        ];
        let values: Vec<String> = values.into_iter().flatten().collect();
        Some(format!("{at}: {}", values.join(" · ")))
    }

    fn write(&self, html: &mut Html, (zone, now): (Zone, Instant)) {
        let at = |at: Instant| show_date_time(zone.local(at));
        html.open_section();
        html.element("h2", "", &self.head());
        html.element("p", "allergy", &self.allergy_words());
        let limited = self.level.as_ref().is_some_and(|decided| decided.level != CareLevel::Full);
        html.element("p", if limited { "allergy" } else { "" }, &self.level_words());
        if let Some(by) = self.level_by(zone) {
            html.element("p", "", &by);
        }
        let mut facts = vec![self.row.reason.clone(), tr!(downtime.admitted, at = at(self.row.admitted_at))];
        if self.row.isolation != Isolation::None {
            let organism = if self.row.organism.is_empty() { String::new() } else { format!(" ({})", self.row.organism) };
            facts.push(format!("{}: {}{organism}", tr!(downtime.isolation), isolation(self.row.isolation)));
        }
        facts.extend(self.row.doctor.as_ref().map(|doctor| format!("{}: {doctor}", tr!(wards.doctor))));
        if self.row.away {
            facts.push(tr!(downtime.away).to_owned());
        }
        html.element("p", "", &facts.join(" · "));
        if let Some(words) = self.observations(zone) {
            html.element("p", "", &words);
        }
        self.write_doses(html, (zone, now));
        let devices = self.devices.iter().map(|one| vec![one.words(), at(one.inserted_at), String::new()]);
        html.table(
            tr!(downtime.devices),
            &[tr!(downtime.device), tr!(downtime.inserted), tr!(downtime.changes)],
            &devices.collect::<Vec<_>>(),
        );
        let running =
            self.infusions.iter().map(|one| vec![one.title.clone(), one.rate.clone(), one.given.clone(), one.left.clone(), String::new()]);
        html.table(
            tr!(downtime.infusions),
            &[tr!(downtime.medicine), tr!(downtime.rate), tr!(downtime.given_until_now), tr!(downtime.left), tr!(downtime.changes)],
            &running.collect::<Vec<_>>(),
        );
        let others = self.orders.iter().filter(|order| order.kind != CareKind::Medicine);
        let others = others.map(|order| vec![order.kind.words().to_owned(), order.title.clone(), order.instructions.clone()]);
        html.table(
            tr!(downtime.other_orders),
            &[tr!(downtime.kind), tr!(downtime.order), tr!(downtime.instructions)],
            &others.collect::<Vec<_>>(),
        );
        let own =
            (!self.line.phone.is_empty()).then(|| vec![self.line.name.listed(), tr!(downtime.patient).to_owned(), self.line.phone.clone()]);
        let contacts = self.contacts.iter().map(|one| vec![one.name.clone(), one.relationship.clone(), one.phone.clone()]);
        html.table(
            tr!(downtime.contacts),
            &[tr!(downtime.name), tr!(downtime.relationship), tr!(downtime.phone)],
            &own.into_iter().chain(contacts).collect::<Vec<_>>(),
        );
        html.blank(
            tr!(downtime.observations),
            &[
                tr!(downtime.time),
                tr!(downtime.respiration),
                "SpO2",
                "O2",
                tr!(downtime.pressure),
                tr!(downtime.pulse),
                "°C",
                tr!(downtime.initials),
            ],
            LINES,
        );
        html.blank(
            tr!(downtime.other_doses),
            &[tr!(downtime.time), tr!(downtime.medicine), tr!(downtime.dose), tr!(downtime.given_or_reason), tr!(downtime.initials)],
            LINES,
        );
        html.close_section();
    }

    fn write_doses(&self, html: &mut Html, (zone, now): (Zone, Instant)) {
        let at = |at: Instant| show_date_time(zone.local(at));
        let last = |order: &CareOrder| self.last.get(&order.id).map(|time| at(*time)).unwrap_or_default();
        let order_of = |id: CareOrderId| self.orders.iter().find(|order| order.id == id);
        let alert = |order: &CareOrder| if order.two_person { format!(" ({})", tr!(downtime.two_people)) } else { String::new() };
        let due = self.doses.iter().filter(|dose| dose.state == DoseState::Due).filter_map(|dose| {
            let order = order_of(dose.order_id)?;
            let late = if dose.due_at < now { format!(" {}", tr!(downtime.late)) } else { String::new() };
            Some(vec![
                format!("{}{late}", at(dose.due_at)),
                format!("{}{}", order.title, alert(order)),
                format!("{}, {}", order.dose, order.route_words()),
                [order.place_words(dose.due_at, zone).unwrap_or_default(), order.instructions.clone(), order.hold_words()]
                    .join(" ")
                    .trim()
                    .to_owned(),
                last(order),
                String::new(),
            ])
        });
        html.table(
            tr!(downtime.doses_due),
            &[
                tr!(downtime.due),
                tr!(downtime.medicine),
                tr!(downtime.dose),
                tr!(downtime.instructions),
                tr!(downtime.last_given),
                tr!(downtime.given_or_reason),
            ],
            &due.collect::<Vec<_>>(),
        );
        let needed = self.orders.iter().filter(|order| order.is_as_needed()).map(|order| {
            let next = self.next.get(&order.id).copied().flatten().filter(|next| *next > now);
            let next = next.map_or_else(|| tr!(downtime.now).to_owned(), at);
            vec![format!("{}{}", order.title, alert(order)), order.sentence(zone), last(order), next, String::new()]
        });
        html.table(
            tr!(downtime.as_needed),
            &[
                tr!(downtime.medicine),
                tr!(downtime.order),
                tr!(downtime.last_given),
                tr!(downtime.not_before),
                tr!(downtime.given_or_reason),
            ],
            &needed.collect::<Vec<_>>(),
        );
        let medicines = self.orders.iter().filter(|order| order.kind == CareKind::Medicine && !order.is_as_needed());
        let medicines = medicines.map(|order| {
            let signed = if order.signed.is_none() { tr!(downtime.not_signed) } else { "" };
            vec![format!("{}{}", order.title, alert(order)), order.sentence(zone), order.state.words().to_owned(), signed.to_owned()]
        });
        html.table(
            tr!(downtime.medicines),
            &[tr!(downtime.medicine), tr!(downtime.order), tr!(downtime.state), ""],
            &medicines.collect::<Vec<_>>(),
        );
    }
}

fn write(pack: &Pack, language: Locale) -> String {
    LOCALE.sync_scope(language, || {
        let title = tr!(downtime.title, ward = pack.ward.name.clone());
        let mut html = Html::new(code(language), &title);
        let local = pack.zone.local(pack.made_at);
        html.made(
            &tr!(downtime.made_at, at = show_date_time(local)),
            &tr!(downtime.not_after, time = show_time(pack.zone.local(pack.made_at + Duration::minutes(FRESH_MINUTES)).time())),
        );
        html.element("h1", "", &title);
        html.element("p", "", &pack.hospital);
        html.element("p", "", tr!(downtime.how));
        let census = pack.parts.iter().map(|part| {
            let level = part.level.as_ref().map_or("", |decided| decided.level.words());
            let row = &part.row;
            vec![row.room.clone(), row.bed.clone(), part.line.name.listed(), part.line.mrn.clone(), part.allergy_words(), level.to_owned()]
        });
        html.table(
            tr!(downtime.patients),
            &[tr!(downtime.room), tr!(downtime.bed), tr!(downtime.name), tr!(ui.mrn), tr!(ui.allergy), tr!(wards.level)],
            &census.collect::<Vec<_>>(),
        );
        for part in &pack.parts {
            part.write(&mut html, (pack.zone, pack.made_at));
        }
        html.blank(
            tr!(downtime.moves),
            &[tr!(downtime.time), tr!(downtime.name), tr!(downtime.what_happened), tr!(downtime.initials)],
            LINES,
        );
        html.finish()
    })
}

/// Writes the pack of each ward that has a patient into the folder of the settings, and removes those that are too old; returns how many were
/// written. Without a folder nothing is done.
///
/// # Errors
/// When the database refuses, or with the file that cannot be written.
pub async fn make_packs(state: &AppState) -> Result<usize> {
    let Some(to) = state.config.downtime_to.clone() else { return Ok(0) };
    let now = state.clock.now();
    let (hospital, language) = {
        let hospital = state.hospital();
        (hospital.name.clone(), hospital.default_language)
    };
    let mut files = Vec::new();
    let mut tx = state.db.read().await?;
    for id in store::wards(&mut tx).await? {
        let ward = find_ward(&mut tx, id).await?;
        let name = folder::name(&ward.code, &ward.id.to_string(), now);
        let pack = read(&mut tx, ward, hospital.clone(), now).await?;
        files.push((name, write(&pack, language)));
    }
    drop(tx);
    let made = files.len();
    let before = now - Duration::hours(i64::from(state.config.downtime_keep_hours));
    on_disk(move || write_all(&to, &files, before)).await?;
    Ok(made)
}

fn write_all(to: &Path, files: &[(String, String)], before: Instant) -> std::io::Result<()> {
    for (name, text) in files {
        folder::write(to, name, text)?;
    }
    if to.is_dir() {
        folder::remove_older(to, before)?;
    }
    Ok(())
}

/// Runs work with files on a thread of its own.
async fn on_disk(work: impl FnOnce() -> std::io::Result<()> + Send + 'static) -> Result<()> {
    let done = tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other).and_then(|done| done);
    done.map_err(|error| Error::internal("a downtime pack cannot be written", &error))
}

/// Runs every quarter of an hour until the program stops.
pub(super) async fn keep_packing(state: AppState) {
    if state.config.downtime_to.is_none() {
        state.stopping.cancelled().await;
        return;
    }
    let mut every = crate::server::jobs::Beat::new(&state, "downtime_packs", std::time::Duration::from_mins(15));
    let mut watch = PackWatch::new(state.clock.now());
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match make_packs(&state).await {
            Ok(wards) => tracing::info!(wards, "downtime packs are written"),
            Err(error) => every.failed(&error, "downtime packs are not written"),
        }
        match watch.tell(&state).await {
            Ok(0) => {}
            Ok(wards) => tracing::warn!(wards, "wards have no pack in time"),
            Err(error) => every.failed(&error, "missing downtime packs are not announced for now"),
        }
    }
}
