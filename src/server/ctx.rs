//! The one door to data: session, permission, clinic, clock, transaction, audit and events in one value.
//!
//! Without a permission there is no `Ctx`, without a `Ctx` no transaction. What changed, its audit rows and its
//! events commit together.

use std::sync::Arc;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    audit::{Action, AuditRow},
    core::{
        ClinicId, Error, PatientId, Permission, Result, UserId,
        time::{Instant, Zone},
    },
    db::Tx,
    organisation::Clinic,
    server::{AppState, Event, Principal, Request},
};

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
        let tx = request.state.db.read().await?;
        Self::enter(request, who, tx, permission).await
    }

    /// Opens the door for changing: nothing lasts until [`Ctx::commit`].
    ///
    /// # Errors
    /// [`Error::SignedOut`], [`Error::Forbidden`] or [`Error::Busy`].
    pub async fn write(permission: Permission) -> Result<Self> {
        let (request, who) = permitted(permission)?;
        let tx = request.state.db.write().await?;
        Self::enter(request, who, tx, permission).await
    }

    async fn enter(request: Request, who: Arc<Principal>, mut tx: Tx, permission: Permission) -> Result<Self> {
        let now = request.state.clock.now();
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
        Ok(Self { tx, now, who, clinic, request, audit: Vec::new(), events: Vec::new() })
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

    /// The patient whose portal this is.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the user is linked to no record.
    pub fn own_patient(&self) -> Result<PatientId> {
        self.who.patient.ok_or(Error::Forbidden)
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

    /// Audits that the user saw data of the patient. `what` says what was shown: "chart", "banner", "receipt".
    /// The row is on its way before the page is; while it cannot be written, reading is refused.
    ///
    /// # Errors
    /// [`Error::Busy`] when the audit log cannot take it.
    pub async fn saw(&self, patient: PatientId, what: &'static str) -> Result<()> {
        self.saw_all([patient], what).await
    }

    /// Audits that many patients were seen at once (a list).
    ///
    /// # Errors
    /// [`Error::Busy`] when the audit log cannot take it.
    pub async fn saw_all(&self, patients: impl IntoIterator<Item = PatientId>, what: &'static str) -> Result<()> {
        self.request.state.reads.note(self.looks(patients, what)).await
    }

    /// Audits that the user took a file out that is of no one patient.
    ///
    /// # Errors
    /// [`Error::Busy`] when the audit log cannot take it.
    pub async fn saw_file(&self, what: &'static str) -> Result<()> {
        self.request.state.reads.note(vec![self.row(Action::Read, what, None, None)]).await
    }

    /// Audits that a list which is looked at again and again showed these patients: the same reader's look is noted once
    /// in ten minutes.
    ///
    /// # Errors
    /// [`Error::Busy`] when the audit log cannot take it.
    pub async fn saw_live(&self, patients: impl IntoIterator<Item = PatientId>, what: &'static str) -> Result<()> {
        self.request.state.reads.note_once(self.looks(patients, what)).await
    }

    fn looks(&self, patients: impl IntoIterator<Item = PatientId>, what: &'static str) -> Vec<AuditRow> {
        patients.into_iter().map(|patient| self.row(Action::Read, what, None, Some(patient))).collect()
    }

    /// Audits a change; the row commits with it.
    pub fn did(&mut self, action: Action, what: &'static str, subject: impl Into<Uuid>, patient: Option<PatientId>) {
        let row = self.row(action, what, Some(subject.into()), patient);
        self.audit.push(row);
    }

    /// Tells everybody concerned once the change is made.
    pub fn tell(&mut self, event: Event) {
        self.events.push(event);
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
        }
    }

    /// Makes the changes, their audit rows and their events last, together.
    ///
    /// # Errors
    /// What the database refused; nothing is changed then.
    pub async fn commit(mut self) -> Result<()> {
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

/// The request and its user, if they may.
fn permitted(permission: Permission) -> Result<(Request, Arc<Principal>)> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let who = request.principal.clone().ok_or(Error::SignedOut)?;
    if who.may(permission) {
        return Ok((request, who));
    }
    tracing::warn!(user = %who.user, permission = permission.as_str(), address = request.address, "refused: no role allows it");
    Err(Error::Forbidden)
}
