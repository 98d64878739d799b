//! The one door to data: session, permission, clinic, clock, transaction, audit and events in one value.
//!
//! Without a permission there is no `Ctx`, without a `Ctx` no transaction. What changed, its audit rows and its
//! events commit together. Whose record it is about is looked at where it is audited: nobody sees or changes what is not in
//! their [`Scope`].

use std::{collections::BTreeSet, sync::Arc};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    accounts::scope::{self, Scope},
    audit::{Action, AuditRow, FieldChange, TOO_MANY, changes_text},
    core::{
        ClinicId, Error, PatientId, Permission, Result, UserId,
        time::{Instant, Zone},
    },
    db::{Reader, Tx},
    organisation::Clinic,
    server::{AppState, Event, Principal, Request, rights},
};

/// Tables whose change alone needs no audit row, because it is no act on a record.
const NOT_AUDITED: [&str; 2] = ["notifications", "events"];

/// A permitted piece of work.
#[derive(Debug)]
pub struct Ctx {
    /// Where queries run.
    pub tx: Tx,
    /// The one present of this piece of work.
    pub now: Instant,
    /// Who works.
    pub who: Arc<Principal>,
    /// Where: the clinic chosen, or the user's first.
    pub clinic: Clinic,
    request: Request,
    scope: Scope,
    /// Who was found to be within the scope.
    reached: BTreeSet<PatientId>,
    /// Who is open in an emergency only, and the reason given.
    emergencies: Vec<(PatientId, String)>,
    audit: Vec<AuditRow>,
    events: Vec<Event>,
}

impl Ctx {
    /// Opens the door for reading.
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

    /// Opens the door for changing: nothing lasts until [`Ctx::commit`].
    ///
    /// # Errors
    /// [`Error::SignedOut`], [`Error::Forbidden`] or [`Error::Busy`].
    pub async fn write(permission: Permission) -> Result<Self> {
        let (request, who) = permitted(permission)?;
        let reader = reader(&request, &who, permission);
        let tx = request.state.db.write_for(&reader).await?;
        Self::enter(request, who, tx, permission, reader.now).await
    }

    /// Opens the door for changing to somebody who has just shown that the record is her own.
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

    async fn enter(request: Request, who: Arc<Principal>, mut tx: Tx, permission: Permission, now: Instant) -> Result<Self> {
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

    /// The clinic's time zone.
    pub const fn zone(&self) -> Zone {
        self.clinic.zone
    }

    /// Today at the clinic.
    pub fn today(&self) -> NaiveDate {
        self.clinic.zone.day(self.now)
    }

    /// The patient whose portal this is: the user's own record, or that of somebody the user acts for.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the user is linked to no record.
    pub fn own_patient(&self) -> Result<PatientId> {
        self.who.acting_for.or(self.who.patient).ok_or(Error::Forbidden)
    }

    /// Refuses what belongs to a clinic where the user may not do this. To somebody without the right it is not there.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn at_clinic(&self, permission: Permission, clinic: ClinicId) -> Result<()> {
        if self.who.may_at(permission, clinic) {
            return Ok(());
        }
        tracing::warn!(user = %self.who.user, permission = permission.as_str(), %clinic, "refused: another clinic's");
        Err(Error::NotFound)
    }

    /// Refuses who is not within the scope of this work: to a patient another's record is not there, to staff it is in nobody's
    /// care here. One query, however many they are.
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

    /// Audits that the user saw data of the patient. `what` says what was shown: "chart", "banner", "receipt".
    /// The row is on its way before the page is; while it cannot be written, reading is refused.
    ///
    /// # Errors
    /// [`Error::NotInCare`] when the patient is not within the scope; [`Error::TooMany`] when it is one more record than somebody
    /// opens in an hour; [`Error::Busy`] when the audit log cannot take it.
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

    /// Audits that many patients were seen at once (a list).
    ///
    /// # Errors
    /// As [`Ctx::saw`].
    pub async fn saw_all(&mut self, patients: impl IntoIterator<Item = PatientId>, what: &'static str) -> Result<()> {
        debug_assert!(self.is_list(what), "{what} is no list");
        let patients: Vec<_> = patients.into_iter().collect();
        self.reach(patients.iter().copied()).await?;
        self.request.state.reads.note(self.looks(patients, what)).await
    }

    /// Audits that a search or a list of all showed who these people are: name, birth date, number. That is for whoever may
    /// find patients, so that nobody is registered twice; the answer says who of them is in the care of the user's clinics. Of the
    /// others nothing more is shown.
    ///
    /// # Errors
    /// [`Error::TooMany`] when they are more than somebody finds in an hour; [`Error::Busy`] when the audit log cannot take it.
    pub async fn found(&mut self, patients: &[PatientId], what: &'static str) -> Result<BTreeSet<PatientId>> {
        debug_assert!(self.is_list(what), "{what} is no list");
        let known = match &self.scope {
            Scope::Clinics(clinics) => scope::in_care(&mut self.tx, patients, clinics).await?,
            Scope::Own | Scope::Hospital => BTreeSet::new(),
        };
        // Whoever is about to open a record in an emergency is told whose it is, whatever was looked up before.
        self.count_found(if what == "identity" { &[] } else { patients }).await?;
        self.request.state.reads.note_once(self.looks(patients.iter().copied(), what)).await?;
        Ok(known)
    }

    /// Whether the word names a look at a list.
    fn is_list(&self, what: &str) -> bool {
        self.state().departments.lists().any(|known| known == what)
    }

    /// Audits that the user took a file out that is of no one patient.
    ///
    /// # Errors
    /// [`Error::Busy`] when the audit log cannot take it.
    pub async fn saw_file(&self, what: &'static str) -> Result<()> {
        self.request.state.reads.note(vec![self.row(Action::Read, what, None, None)]).await
    }

    /// Audits that a list which is looked at again and again showed these patients: the same reader's look is noted once
    /// in ten minutes. The list is of appointments or visits of clinics where the user may see it: whoever is on it is in their
    /// care, and is not looked up again. A debug build does, so that no test passes where that is not so.
    ///
    /// # Errors
    /// [`Error::Busy`] when the audit log cannot take it.
    pub async fn saw_live(&mut self, patients: impl IntoIterator<Item = PatientId>, what: &'static str) -> Result<()> {
        debug_assert!(self.is_list(what), "{what} is no list");
        let patients: Vec<_> = patients.into_iter().collect();
        if cfg!(debug_assertions) {
            self.reach(patients.iter().copied()).await?;
        }
        self.request.state.reads.note_once(self.looks(patients, what)).await
    }

    /// As [`Ctx::saw_live`], of a list on which some patients are not of the reader's work today: another day's, or a colleague's.
    /// Those `beyond` count among the people found, before any of them is shown.
    ///
    /// # Errors
    /// As [`Ctx::saw_live`]; [`Error::TooMany`] when they are more than somebody finds in an hour.
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

    /// Whether the reader works through an own list, as a doctor does, and not through the clinic's, as desk and nurses do.
    pub fn has_own_list(&self) -> bool {
        let may = |permission| self.who.may_at(permission, self.clinic.id);
        may(Permission::WriteNotes) && !may(Permission::CheckIn)
    }

    /// Counts that the user is shown who these people are; too many are refused, and the auditors hear of it.
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

    /// Audits a change; the row commits with it.
    pub fn did(&mut self, action: Action, what: &'static str, subject: impl Into<Uuid>, patient: Option<PatientId>) {
        let row = self.row(action, what, Some(subject.into()), patient);
        self.audit.push(row);
    }

    /// Audits a change of master data with the fields that changed; the row commits with it.
    pub fn did_change(&mut self, action: Action, what: &'static str, subject: impl Into<Uuid>, changes: &[FieldChange]) {
        let row = self.row(action, what, Some(subject.into()), None);
        self.audit.push(AuditRow { why: changes_text(changes), ..row });
    }

    /// Tells everybody concerned once the change is made.
    pub fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Whether the patient is open to the user in an emergency only.
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

    /// Makes the changes, their audit rows and their events last, together.
    ///
    /// # Errors
    /// [`Error::NotInCare`] when a patient is not within the scope, or what the database refused; nothing is changed then.
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

    /// The request served.
    pub const fn request(&self) -> &Request {
        &self.request
    }
}

/// For whom the work is done, as the database is told.
fn reader(request: &Request, who: &Principal, permission: Permission) -> Reader {
    let held: Vec<_> = who.roles.iter().filter(|(role, _)| role.may(permission)).map(|(_, clinic)| *clinic).collect();
    let (clinics, patients) = match Scope::of(permission, Vec::new) {
        Scope::Own => (Some(Vec::new()), who.patients().collect()),
        Scope::Hospital => (Some(Vec::new()), Vec::new()),
        // Somewhere without a clinic is everywhere.
        Scope::Clinics(_) => (held.into_iter().collect(), Vec::new()),
    };
    Reader { user: who.user, permission, clinics, patients, now: request.state.clock.now() }
}

/// The request and its user, if they may.
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
