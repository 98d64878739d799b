//! The only access to data for a request: [`Ctx`] holds session, permission, clinic, clock, transaction, audit rows and
//! events.
//!
//! A `Ctx` needs a permission, and a transaction needs a `Ctx`. Changes, their audit rows and their events commit together.
//! The method that audits a record also checks that its patient is in the user's [`Scope`]; a user neither sees nor changes
//! a record outside it.

use std::{collections::BTreeSet, sync::Arc};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    accounts::scope::{self, Scope},
    audit::{Action, AuditRow, FieldChange, TOO_MANY, changes_text},
    core::{
        ClinicId, Error, PatientId, Permission, Result, Stamp, UserId,
        time::{Instant, Zone},
    },
    db::{Reader, Tx},
    organisation::Clinic,
    server::{AppState, Event, Principal, Request, rights},
};

/// Tables that may change without an audit row, because their rows are not part of a record.
const NOT_AUDITED: [&str; 2] = ["notifications", "events"];

/// A piece of work that the user has the permission for.
#[derive(Debug)]
pub struct Ctx {
    /// The transaction for queries.
    pub tx: Tx,
    /// The one time that all of this work uses as the present.
    pub now: Instant,
    /// The user who works.
    pub who: Arc<Principal>,
    /// The chosen clinic, or the user's first one.
    pub clinic: Clinic,
    request: Request,
    scope: Scope,
    /// The patients already checked to be within the scope.
    reached: BTreeSet<PatientId>,
    /// The patients who are open only in an emergency, with the reason that the user gave.
    emergencies: Vec<(PatientId, String)>,
    audit: Vec<AuditRow>,
    events: Vec<Event>,
}

impl Ctx {
    /// Starts work that reads.
    ///
    /// # Errors
    /// [`Error::SignedOut`], [`Error::Forbidden`] or [`Error::Busy`].
    pub async fn read(permission: Permission) -> Result<Self> {
        let (request, who) = permitted(permission)?;
        let reader = reader(&request, &who, permission);
        let tx = request.state.db.read_for(&reader).await?;
        let mut ctx = Self::enter(request, who, tx, permission, reader.now).await?;
        if ctx.request.wants_html && ctx.request.rail_counts.get().is_none() {
            let counts = ctx.request.state.departments.rail_counts(&mut ctx.tx, &ctx.who, ctx.clinic.id).await?;
            let _ = ctx.request.rail_counts.set(counts);
        }
        Ok(ctx)
    }

    /// Starts work that changes data: nothing is stored until [`Ctx::commit`].
    ///
    /// # Errors
    /// [`Error::SignedOut`], [`Error::Forbidden`] or [`Error::Busy`].
    pub async fn write(permission: Permission) -> Result<Self> {
        let (request, who) = permitted(permission)?;
        let reader = reader(&request, &who, permission);
        let tx = request.state.db.write_for(&reader).await?;
        Self::enter(request, who, tx, permission, reader.now).await
    }

    /// Starts work that changes data, for a user who has just proved that the record is her own.
    ///
    /// # Errors
    /// As [`Ctx::write`].
    pub async fn write_for(patient: PatientId) -> Result<Self> {
        let permission = Permission::OwnRecord;
        let (request, who) = permitted(permission)?;
        let reader = Reader { patients: vec![patient], ..reader(&request, &who, permission) };
        let tx = request.state.db.write_for(&reader).await?;
        let mut ctx = Self::enter(request, who, tx, permission, reader.now).await?;
        ctx.reached.insert(patient);
        Ok(ctx)
    }

    pub(super) async fn enter(request: Request, who: Arc<Principal>, mut tx: Tx, permission: Permission, now: Instant) -> Result<Self> {
        let chosen = request.signed_in.as_ref().and_then(|signed_in| signed_in.clinic);
        let clinics = crate::organisation::clinics(&mut tx).await?;
        let clinic = clinics
            .iter()
            .filter(|clinic| who.may_at(permission, clinic.id))
            .find(|clinic| chosen.is_none_or(|chosen| clinic.id == chosen))
            .or_else(|| clinics.iter().find(|clinic| who.may_at(permission, clinic.id)))
            .cloned()
            .ok_or(Error::Forbidden)?;
        let _ = request.clinic.set(clinic.clone());
        let scope = Scope::of(permission, || clinics.iter().map(|clinic| clinic.id).filter(|at| who.may_at(permission, *at)).collect());
        let (reached, emergencies, audit, events) = (BTreeSet::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { tx, now, who, clinic, request, scope, reached, emergencies, audit, events })
    }

    /// The user who works.
    pub fn user(&self) -> UserId {
        self.who.user
    }

    /// The user who works, and the moment of this work.
    pub fn stamp(&self) -> Stamp {
        Stamp { by: self.who.user, at: self.now }
    }

    /// The clinic's time zone.
    pub const fn zone(&self) -> Zone {
        self.clinic.zone
    }

    /// The present day at the clinic.
    pub fn today(&self) -> NaiveDate {
        self.clinic.zone.day(self.now)
    }

    /// The patient of this portal: the user's own record, or that of a person the user acts for.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the user is linked to no record.
    pub fn own_patient(&self) -> Result<PatientId> {
        self.who.acting_for.or(self.who.patient).ok_or(Error::Forbidden)
    }

    /// Whether the patient is the patient of this portal, or a record that was merged into one that the user may read.
    pub fn is_own(&self, patient: PatientId) -> bool {
        self.own_patient().is_ok_and(|own| own == patient || self.who.joined.contains(&patient))
    }

    /// Refuses a row of a clinic where the user does not have the permission. The error does not reveal that the row
    /// exists.
    ///
    /// # Errors
    /// [`Error::NotFound`] without the permission at this clinic.
    pub fn at_clinic(&self, permission: Permission, clinic: ClinicId) -> Result<()> {
        if self.who.may_at(permission, clinic) {
            return Ok(());
        }
        tracing::warn!(user = %self.who.user, permission = permission.as_str(), %clinic, "refused: another clinic's");
        Err(Error::NotFound)
    }

    /// Refuses patients who are not within the scope of this work. A patient gets `NotFound` for another's record; staff get
    /// `NotInCare` for a patient who is not in the care of their clinics. Makes one query for any number of patients.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::NotInCare`].
    pub async fn reach(&mut self, patients: impl IntoIterator<Item = PatientId>) -> Result<()> {
        let mut new: Vec<PatientId> = patients.into_iter().filter(|patient| !self.reached.contains(patient)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let asked = new.clone();
        match &self.scope {
            Scope::Hospital => new.clear(),
            Scope::Own => {
                new.retain(|patient| self.who.patients().all(|own| own != *patient));
                if !new.is_empty() {
                    return Err(Error::NotFound);
                }
            }
            Scope::Clinics(clinics) => {
                let opened = scope::beyond(&mut self.tx, &mut new, clinics, self.who.user, self.now).await?;
                self.emergencies.extend(opened);
            }
        }
        if let Some(patient) = new.first().copied() {
            if !scope::is_known(&mut self.tx, patient).await? {
                return Err(Error::NotFound);
            }
            let refused = new.iter().map(|patient| self.row(Action::Refused, "record", None, Some(*patient))).collect();
            self.request.state.reads.note(refused).await?;
            return Err(Error::NotInCare { patient });
        }
        self.reached.extend(asked);
        Ok(())
    }

    /// Audits that the user saw data of the patient. `what` names the data that was shown: "chart", "banner", "receipt". The
    /// audit row is queued before the page is sent; while the log cannot be written, reading is refused.
    ///
    /// # Errors
    /// [`Error::NotInCare`] when the patient is not within the scope; [`Error::TooMany`] when the record exceeds the number that
    /// a user may open in an hour; [`Error::Busy`] when the audit log cannot take the row.
    pub async fn saw(&mut self, patient: PatientId, what: &'static str) -> Result<()> {
        debug_assert!(!self.is_list(what), "{what} is a list: it would not count as opening a record");
        self.reach([patient]).await?;
        if !matches!(self.scope, Scope::Own) {
            let state = self.state().clone();
            if let Err(error) = state.openings.open(&mut self.tx, self.who.user, patient, self.now).await {
                if matches!(error, Error::TooMany { .. }) {
                    tracing::warn!(user = %self.who.user, "refused: the records of too many patients in an hour");
                    state.reads.note_once(vec![self.row(Action::Refused, TOO_MANY, None, Some(patient))]).await?;
                }
                return Err(error);
            }
        }
        self.request.state.reads.note(self.looks([patient], what)).await
    }

    /// Audits that the user saw many patients at once (a list).
    ///
    /// # Errors
    /// As [`Ctx::saw`].
    pub async fn saw_all(&mut self, patients: impl IntoIterator<Item = PatientId>, what: &'static str) -> Result<()> {
        debug_assert!(self.is_list(what), "{what} is no list");
        let patients: Vec<_> = patients.into_iter().collect();
        self.reach(patients.iter().copied()).await?;
        self.request.state.reads.note(self.looks(patients, what)).await
    }

    /// Audits that a search or a complete list showed the identity of these people: name, birth date, number. Every user who may
    /// find patients sees it, so that no patient is registered twice. Returns those who are in the care of the user's clinics; of
    /// the others nothing more is shown.
    ///
    /// # Errors
    /// [`Error::TooMany`] when they are more than a user may find in an hour; [`Error::Busy`] when the audit log cannot take the
    /// rows.
    pub async fn found(&mut self, patients: &[PatientId], what: &'static str) -> Result<BTreeSet<PatientId>> {
        debug_assert!(self.is_list(what), "{what} is no list");
        let known = match &self.scope {
            Scope::Clinics(clinics) => scope::in_care(&mut self.tx, patients, clinics).await?,
            Scope::Own | Scope::Hospital => BTreeSet::new(),
        };
        // The page that opens a record in an emergency always shows the patient's identity, whatever the user searched
        // for before.
        self.count_found(if what == "identity" { &[] } else { patients }).await?;
        self.request.state.reads.note_once(self.looks(patients.iter().copied(), what)).await?;
        Ok(known)
    }

    /// Whether the word names a view of a list.
    fn is_list(&self, what: &str) -> bool {
        self.state().departments.lists().any(|known| known == what)
    }

    /// Audits that the user downloaded a file that does not belong to one patient.
    ///
    /// # Errors
    /// [`Error::Busy`] when the audit log cannot take it.
    pub async fn saw_file(&self, what: &'static str) -> Result<()> {
        self.request.state.reads.note(vec![self.row(Action::Read, what, None, None)]).await
    }

    /// Audits that a list which is displayed repeatedly showed these patients; one view per reader is recorded in ten minutes.
    /// The list holds appointments or visits of clinics where the user may see it, so all its patients are in their care and
    /// are not checked again. A debug build does check them, so that a test fails where this is not true.
    ///
    /// # Errors
    /// [`Error::Busy`] when the audit log cannot take the rows.
    pub async fn saw_live(&mut self, patients: impl IntoIterator<Item = PatientId>, what: &'static str) -> Result<()> {
        debug_assert!(self.is_list(what), "{what} is no list");
        let patients: Vec<_> = patients.into_iter().collect();
        if cfg!(debug_assertions) {
            self.reach(patients.iter().copied()).await?;
        }
        self.request.state.reads.note_once(self.looks(patients, what)).await
    }

    /// Like [`Ctx::saw_live`], for a list in which some patients are not part of the reader's work today: those of another day or
    /// of a colleague. The patients in `beyond` count as people found, before any of them is shown.
    ///
    /// # Errors
    /// As [`Ctx::saw_live`]; [`Error::TooMany`] when they are more than a user may find in an hour.
    pub async fn saw_beyond(
        &mut self,
        patients: impl IntoIterator<Item = PatientId>,
        beyond: impl IntoIterator<Item = PatientId>,
        what: &'static str,
    ) -> Result<()> {
        let mut beyond: Vec<_> = beyond.into_iter().collect();
        beyond.sort_unstable();
        beyond.dedup();
        self.count_found(&beyond).await?;
        self.saw_live(patients, what).await
    }

    /// Whether the reader works through a personal list, as a doctor does, and not through the clinic's list, as reception
    /// and nurses do.
    pub fn has_own_list(&self) -> bool {
        let may = |permission| self.who.may_at(permission, self.clinic.id);
        may(Permission::WriteNotes) && !may(Permission::CheckIn)
    }

    /// Counts the people whose identity the user is shown. Refuses too many, and records the refusal in the audit log.
    async fn count_found(&self, patients: &[PatientId]) -> Result<()> {
        let state = self.state();
        if let Err(error) = state.findings.find(self.who.user, patients, self.now) {
            tracing::warn!(user = %self.who.user, "refused: too many patients were found in an hour");
            state.reads.note(vec![self.row(Action::Refused, TOO_MANY, None, None)]).await?;
            return Err(error);
        }
        Ok(())
    }

    fn looks(&self, patients: impl IntoIterator<Item = PatientId>, what: &'static str) -> Vec<AuditRow> {
        patients.into_iter().map(|patient| self.row(Action::Read, what, None, Some(patient))).collect()
    }

    /// Audits a change; the row commits with the change.
    pub fn did(&mut self, action: Action, what: &'static str, subject: impl Into<Uuid>, patient: Option<PatientId>) {
        let row = self.row(action, what, Some(subject.into()), patient);
        self.audit.push(row);
    }

    /// Audits a change of master data with the fields that changed; the row commits with the change.
    pub fn did_change(&mut self, action: Action, what: &'static str, subject: impl Into<Uuid>, changes: &[FieldChange]) {
        let row = self.row(action, what, Some(subject.into()), None);
        self.audit.push(AuditRow { why: changes_text(changes), ..row });
    }

    /// Adds an event, which is announced after the commit.
    pub fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Whether the patient is open to the user only in an emergency.
    pub fn in_emergency(&self, patient: PatientId) -> bool {
        self.emergencies.iter().any(|(open, _)| *open == patient)
    }

    fn row(&self, action: Action, what: &'static str, subject: Option<Uuid>, patient: Option<PatientId>) -> AuditRow {
        AuditRow {
            at: self.now,
            user: self.who.user,
            roles: self.who.role_words(),
            action,
            what,
            subject,
            patient,
            clinic: Some(self.clinic.id),
            address: self.request.address.clone(),
            request: self.request.id.clone(),
            why: self.emergencies.iter().find(|(open, _)| Some(*open) == patient).map(|(_, reason)| reason.clone()).unwrap_or_default(),
        }
    }

    /// Commits the changes, their audit rows and their events together.
    ///
    /// # Errors
    /// [`Error::NotInCare`] when a patient is not within the scope, or when the database refuses; nothing is changed then.
    pub async fn commit(mut self) -> Result<()> {
        if cfg!(debug_assertions) && self.audit.is_empty() {
            let silent: Vec<_> = self.tx.changed_tables().iter().filter(|table| !NOT_AUDITED.contains(&table.as_str())).collect();
            assert!(silent.is_empty(), "{silent:?} changed, and no audit row says so: call `Ctx::did`");
        }
        let patients: Vec<_> = self.audit.iter().filter_map(|row| row.patient).collect();
        self.reach(patients).await?;
        for row in &mut self.audit {
            if let Some((_, reason)) = self.emergencies.iter().find(|(open, _)| Some(*open) == row.patient) {
                row.why.clone_from(reason);
            }
        }
        crate::audit::write(&mut self.tx, &self.audit).await?;
        self.request.state.hub.store(&mut self.tx, self.now, &self.events).await?;
        self.tx.commit().await?;
        self.request.state.hub.announce(&self.events);
        Ok(())
    }

    /// The running program.
    pub fn state(&self) -> &AppState {
        &self.request.state
    }

    /// The request being served.
    pub const fn request(&self) -> &Request {
        &self.request
    }
}

/// Builds the [`Reader`] of this work, by which the database limits the rows.
pub(super) fn reader(request: &Request, who: &Principal, permission: Permission) -> Reader {
    let held: Vec<_> = who.roles.iter().filter(|(role, _)| role.may(permission)).map(|(_, clinic)| *clinic).collect();
    let (clinics, patients) = match Scope::of(permission, Vec::new) {
        Scope::Own => (Some(Vec::new()), who.patients().collect()),
        Scope::Hospital => (Some(Vec::new()), Vec::new()),
        // A role without a clinic is valid at all clinics.
        Scope::Clinics(_) => (held.into_iter().collect(), Vec::new()),
    };
    Reader { user: who.user, permission, clinics, patients, now: request.state.clock.now() }
}

/// Returns the request and its user, if the user has the permission.
fn permitted(permission: Permission) -> Result<(Request, Arc<Principal>)> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let who = request.principal.clone().ok_or(Error::SignedOut)?;
    rights::note(permission);
    if who.may(permission) {
        return Ok((request, who));
    }
    tracing::warn!(user = %who.user, permission = permission.as_str(), address = request.address, "refused: no role allows it");
    Err(Error::Forbidden)
}
