//! The checklist for opening a hospital: its complete and missing parts, read from the database each time.

mod store;

use crate::{
    audit::{Action, FieldChange},
    core::{Result, time::Instant},
    db::Tx,
    server::Ctx,
};

pub use store::Confirmed;

crate::text_enum! {
    /// A line of the checklist.
    pub enum Line("line") {
        Hospital = "hospital",
        Clinics = "clinics",
        Departments = "departments",
        Services = "services",
        Rooms = "rooms",
        Staff = "staff",
        Hours = "hours",
        Prices = "prices",
        Insurers = "insurers",
        KeyFile = "key_file",
        Backup = "backup",
    }
}

crate::text_enum! {
    /// A fact about the installation that only a person can confirm.
    pub enum Confirmation("what") {
        /// The key file was copied to a safe place.
        KeyFile = "key_file",
        /// Backups of the database are made.
        Backup = "backup",
    }
}

impl Line {
    /// Whether no appointment can be booked before the line is done.
    pub const fn stops_booking(self) -> bool {
        matches!(self, Self::Clinics | Self::Departments | Self::Services | Self::Staff | Self::Hours)
    }

    /// Whether no patient can be seen without an appointment before the line is done.
    pub const fn stops_walk_in(self) -> bool {
        matches!(self, Self::Clinics | Self::Departments | Self::Services | Self::Rooms | Self::Staff)
    }
}

/// A checked backup is too old after so long.
pub const BACKUP_TOO_OLD: chrono::Duration = chrono::Duration::hours(36);

/// The state of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineState {
    pub line: Line,
    /// Whether there is no entry at all, so that processes that need one cannot begin.
    pub nothing: bool,
    /// The missing data: names of clinics, of services, or of the hospital's fields.
    pub missing: Vec<Missing>,
    /// The number of entries, where they can be counted.
    pub count: Option<i64>,
    /// The beginning of the last checked backup.
    pub backup: Option<Instant>,
}

/// A missing item, and its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub what: Gap,
    /// Names of the clinics or services; empty for the hospital itself.
    pub places: Vec<String>,
}

crate::text_enum! {
    /// A kind of gap.
    pub enum Gap("gap") {
        /// The hospital still has the name of a new database.
        HospitalName = "hospital_name",
        HospitalAddress = "hospital_address",
        HospitalPhone = "hospital_phone",
        ClinicAddress = "clinic_address",
        /// The first clinic still has the time zone of a new database.
        ClinicZone = "clinic_zone",
        ClinicService = "clinic_service",
        ConsultingRoom = "consulting_room",
        TriagePlace = "triage_place",
        CashDesk = "cash_desk",
        Doctor = "doctor",
        Receptionist = "receptionist",
        Nurse = "nurse",
        Cashier = "cashier",
        Hours = "hours",
        /// No doctor with hours at the clinic accepts bookings by patients.
        Accepting = "accepting",
        Price = "price",
    }
}

impl LineState {
    /// Whether no item is missing.
    pub const fn is_done(&self) -> bool {
        !self.nothing && self.missing.is_empty()
    }
}

/// The whole list.
#[derive(Clone, Debug)]
pub struct Checklist {
    pub lines: Vec<LineState>,
    /// The confirmations, each with its user and time.
    pub confirmed: Vec<Confirmed>,
}

impl Checklist {
    /// Whether no item is missing.
    pub fn is_done(&self) -> bool {
        self.lines.iter().all(LineState::is_done)
    }

    /// Returns the lines without any entry that prevent a first booking, or a first walk-in.
    pub fn stoppers(&self, stops: fn(Line) -> bool) -> Vec<Line> {
        self.lines.iter().filter(|state| state.nothing && stops(state.line)).map(|state| state.line).collect()
    }
}

/// Reads the checklist. A demo needs no copies of its key and its database.
///
/// # Errors
/// When the database refuses.
pub async fn checklist(tx: &mut Tx, now: Instant) -> Result<Checklist> {
    let key_version = i64::from(tx.keys().current());
    let confirmed = store::confirmed(tx, key_version).await?;
    let demo = super::hospital(tx).await?.demo;
    let mut lines = Vec::new();
    for line in Line::ALL.iter().copied() {
        let state = match line {
            Line::KeyFile | Line::Backup if demo => continue,
            Line::KeyFile => by_hand(line, &confirmed, Confirmation::KeyFile),
            Line::Backup => backup(tx, &confirmed, now).await?,
            _ => store::state(tx, line, now).await?,
        };
        lines.push(state);
    }
    Ok(Checklist { lines, confirmed })
}

fn by_hand(line: Line, confirmed: &[Confirmed], what: Confirmation) -> LineState {
    let nothing = !confirmed.iter().any(|one| one.what == what);
    LineState { line, nothing, missing: Vec::new(), count: None, backup: None }
}

/// The program's own backups decide, once there is a run; before, a person confirms those of other tools.
async fn backup(tx: &mut Tx, confirmed: &[Confirmed], now: Instant) -> Result<LineState> {
    let said = by_hand(Line::Backup, confirmed, Confirmation::Backup);
    let found = store::backups(tx).await?;
    Ok(match found.latest {
        None => said,
        Some(_) => LineState { nothing: found.is_missing(now), backup: found.sound, ..said },
    })
}

/// Whether the program makes backups and the last one failed, has findings or is too old.
///
/// # Errors
/// When the database refuses.
pub async fn is_backup_missing(tx: &mut Tx, now: Instant) -> Result<bool> {
    let found = store::backups(tx).await?;
    Ok(found.latest.is_some() && found.is_missing(now))
}

/// Records the user's confirmation.
///
/// # Errors
/// When the database refuses.
pub async fn confirm(ctx: &mut Ctx, what: Confirmation) -> Result<()> {
    let key_version = i64::from(ctx.tx.keys().current());
    let stamp = ctx.stamp();
    store::confirm(&mut ctx.tx, what, key_version, stamp).await?;
    let change = FieldChange { field: "confirmed".to_owned(), before: String::new(), after: what.as_str().to_owned() };
    ctx.did_change(Action::Update, "setup", uuid::Uuid::nil(), &[change]);
    Ok(())
}
