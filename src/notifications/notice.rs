//! The content of notifications, as facts.

use chrono::{Duration, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::{
    accounts::{AccessChange, access_words, role_name},
    core::{
        Currency, Money, NotificationId, PatientId, Result, Role, UserId,
        time::{self, Instant, Zone},
    },
    db::Tx,
    server::{Ctx, Event},
};

use super::{BELL, store};

/// The facts of a notification. `kind` and `details` are stored separately; times are the clinic's local time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "details", rename_all = "snake_case")]
pub enum Notice {
    /// The user's token was called, with the place to go to.
    Called { token: String, place: String },
    /// An appointment was booked.
    AppointmentBooked { doctor: String, clinic: String, when: NaiveDateTime },
    /// An appointment was moved to this doctor and time.
    AppointmentMoved { doctor: String, clinic: String, when: NaiveDateTime },
    /// An appointment was cancelled.
    AppointmentCancelled { doctor: String, when: NaiveDateTime },
    /// A freed time is held for somebody on the waitlist, who answers until then.
    SeatOffered { doctor: String, clinic: String, when: NaiveDateTime, until: NaiveDateTime },
    /// A payment was received.
    Receipt { number: String, amount: Money, currency: Currency },
    /// Reception created a code for the portal.
    PortalCode {},
    /// The record was linked to a portal account.
    RecordLinked {},
    /// Reception removed the access to the portal.
    PortalTaken {},
    /// The record was joined with another one of the patient.
    RecordsJoined {},
    /// Two joined records were separated again.
    RecordsSeparated {},
    /// Reception changed the e-mail address of the record.
    EmailChanged {},
    /// Contact data of the record were changed in the portal.
    ContactChanged {},
    /// The desk answered a request to change the record.
    ProfileAnswered { accepted: bool },
    /// A person gave up to act for the patient.
    GuardianGaveUp { name: String },
    /// A guardian acts for the patient from now on.
    GuardianAdded { name: String },
    /// A person asks to act for the patient, who is of age and accepts or refuses.
    GuardianAsks { name: String },
    /// Reception ended a guardian's right to act for the patient.
    GuardianEnded { name: String },
    /// For the doctor of a waiting patient: the vital signs are critical.
    CriticalVitals { token: String },
    /// For the doctor who called the patient: a set of vital signs was corrected or marked as wrong, and there may be no other.
    VitalsWrong { token: String, none_left: bool },
    /// For the doctor who ordered: the order was done.
    OrderCompleted { by: String },
    /// For the doctor who ordered: another user put the order on hold, cancelled it or marked it as entered in error.
    OrderStopped { by: String, on_hold: bool },
    /// For the doctor who ordered: the laboratory rejected or lost a sample, and a new one is expected.
    SampleRejected { number: String },
    /// For the doctor who ordered: a critical result of the requisition was checked.
    CriticalResult { number: String },
    /// For others at the clinic: nobody has read a critical result back after so many minutes.
    CriticalUnread { number: String, minutes: i64 },
    /// For the patient's doctor: a patient on a ward got worse, and somebody must attend within so many minutes.
    PatientWorse { place: String, minutes: i64 },
    /// For others at the clinic: nobody has attended a patient who got worse so many minutes ago.
    EscalationUnmet { place: String, minutes: i64 },
    /// For the doctors of a patient on a ward: a dose that cannot wait, or of a high-risk medicine, was not given.
    DoseNotGiven { place: String },
    /// For pharmacists: a ward has not got the medicine of a dose.
    DoseNotAvailable { place: String, medicine: String },
    /// For the doctor who ordered: a report of the requisition is there.
    ReportReady { number: String },
    /// For doctors who saw the report: a result was corrected.
    ReportCorrected { number: String },
    /// For the doctor and the colleagues: a report is not signed in time.
    ReportUnsigned { number: String },
    /// For the doctor who ordered: the radiologist asks a question before the study.
    ImagingReturned { number: String },
    /// For the patient: a study is booked.
    ImagingBooked { room: String, when: NaiveDateTime },
    /// The time of a booked study is given back.
    ImagingUnbooked { when: NaiveDateTime },
    /// For the doctor who ordered: a study has a critical finding.
    CriticalFinding { number: String },
    /// For others at the clinic: nobody has read a critical finding back.
    FindingUnread { number: String },
    /// For the doctor who ordered: the report of a study is there.
    ImagingReported { number: String },
    /// For doctors who signed the report: it was corrected or added to.
    ImagingCorrected { number: String },
    /// For the doctor and the colleagues: the report of a study is not signed in time.
    ImagingUnsigned { number: String },
    /// For the prescriber: the pharmacy asks a question about a prescription.
    PrescriptionQueried {},
    /// For the patient: results are in the portal.
    ResultsThere {},
    /// For the patient: a document is in the portal.
    DocumentThere {},
    /// For the sender and the administrators: the scanner found a virus in a document.
    DocumentInfected {},
    /// For auditors: a user opens more records than any work requires.
    ManyRecords { who: String },
    /// For auditors: a user was granted a role with access to data, at one clinic or (`None`) at all clinics.
    RoleGiven { by: String, who: String, role: Role, clinic: Option<String> },
    /// For auditors and administrators: a user lost a role that reads the audit log.
    RoleTaken { by: String, who: String, role: Role, clinic: Option<String> },
    /// For the user: somebody changed the own sign-in. The role is there when the change is about one, at a clinic or (`None`) at all.
    AccessChanged { what: AccessChange, by: String, role: Option<Role>, clinic: Option<String> },
    /// For auditors and administrators: a user who reads the audit log was deactivated.
    AuditorDeactivated { by: String, who: String },
    /// For administrators: the backup failed.
    BackupFailed {},
    /// For administrators: the newest backup was restored on trial, and did not come back as it must.
    RestoreTrialFailed {},
    /// For the heads of a ward and administrators: the ward's downtime pack was not made for so many minutes.
    PackMissing { ward: String, minutes: i64 },
    /// For administrators: the backup was made, and its checks found faults in the database.
    BackupFindings {},
}

impl Notice {
    /// Returns the sentence in the reader's language.
    pub fn words(&self) -> String {
        match self {
            Self::Called { token, place } => crate::tr!(notifications.called, token = token.clone(), place = place.clone()),
            Self::AppointmentBooked { doctor, clinic, when } => crate::tr!(
                notifications.appointment_booked,
                doctor = doctor.clone(),
                clinic = clinic.clone(),
                when = time::show_date_time(*when)
            ),
            Self::AppointmentMoved { doctor, clinic, when } => crate::tr!(
                notifications.appointment_moved,
                doctor = doctor.clone(),
                clinic = clinic.clone(),
                when = time::show_date_time(*when)
            ),
            Self::AppointmentCancelled { doctor, when } => {
                crate::tr!(notifications.appointment_cancelled, doctor = doctor.clone(), when = time::show_date_time(*when))
            }
            Self::SeatOffered { doctor, clinic, when, until } => crate::tr!(
                notifications.seat_offered,
                doctor = doctor.clone(),
                clinic = clinic.clone(),
                when = time::show_date_time(*when),
                until = time::show_date_time(*until)
            ),
            Self::CriticalVitals { token } => crate::tr!(notifications.critical_vitals, token = token.clone()),
            Self::VitalsWrong { token, none_left: true } => crate::tr!(notifications.vitals_gone, token = token.clone()),
            Self::VitalsWrong { token, none_left: false } => crate::tr!(notifications.vitals_wrong, token = token.clone()),
            Self::OrderCompleted { by } => crate::tr!(notifications.order_completed, by = by.clone()),
            Self::OrderStopped { by, on_hold: true } => crate::tr!(notifications.order_on_hold, by = by.clone()),
            Self::OrderStopped { by, on_hold: false } => crate::tr!(notifications.order_stopped, by = by.clone()),
            Self::SampleRejected { number } => crate::tr!(notifications.sample_rejected, number = number.clone()),
            Self::CriticalResult { number } => crate::tr!(notifications.critical_result, number = number.clone()),
            Self::CriticalUnread { number, minutes } => {
                crate::tr!(notifications.critical_unread, number = number.clone(), minutes = *minutes)
            }
            Self::PatientWorse { place, minutes } => crate::tr!(notifications.patient_worse, place = place.clone(), minutes = *minutes),
            Self::EscalationUnmet { place, minutes } => {
                crate::tr!(notifications.escalation_unmet, place = place.clone(), minutes = *minutes)
            }
            Self::DoseNotGiven { place } => crate::tr!(notifications.dose_not_given, place = place.clone()),
            Self::DoseNotAvailable { place, medicine } => {
                crate::tr!(notifications.dose_not_available, place = place.clone(), medicine = medicine.clone())
            }
            Self::ReportReady { number } => crate::tr!(notifications.report_ready, number = number.clone()),
            Self::ReportCorrected { number } => crate::tr!(notifications.report_corrected, number = number.clone()),
            Self::ReportUnsigned { number } => crate::tr!(notifications.report_unsigned, number = number.clone()),
            Self::PrescriptionQueried {} => crate::tr!(notifications.prescription_queried).to_owned(),
            Self::ImagingReturned { number } => crate::tr!(notifications.imaging_returned, number = number.clone()),
            Self::ImagingUnbooked { when } => crate::tr!(notifications.imaging_unbooked, when = time::show_date_time(*when)),
            Self::ImagingBooked { room, when } => {
                crate::tr!(notifications.imaging_booked, room = room.clone(), when = time::show_date_time(*when))
            }
            Self::CriticalFinding { number } => crate::tr!(notifications.critical_finding, number = number.clone()),
            Self::FindingUnread { number } => crate::tr!(notifications.finding_unread, number = number.clone()),
            Self::ImagingReported { number } => crate::tr!(notifications.imaging_reported, number = number.clone()),
            Self::ImagingCorrected { number } => crate::tr!(notifications.imaging_corrected, number = number.clone()),
            Self::ImagingUnsigned { number } => crate::tr!(notifications.imaging_unsigned, number = number.clone()),
            Self::ResultsThere {} => crate::tr!(notifications.results_there).to_owned(),
            Self::DocumentThere {} => crate::tr!(notifications.document_there).to_owned(),
            Self::DocumentInfected {} => crate::tr!(notifications.document_infected).to_owned(),
            Self::PortalCode {} => crate::tr!(notifications.portal_code).to_owned(),
            Self::RecordLinked {} => crate::tr!(notifications.record_linked).to_owned(),
            Self::PortalTaken {} => crate::tr!(notifications.portal_taken).to_owned(),
            Self::RecordsJoined {} => crate::tr!(notifications.records_joined).to_owned(),
            Self::RecordsSeparated {} => crate::tr!(notifications.records_separated).to_owned(),
            Self::EmailChanged {} => crate::tr!(notifications.email_changed).to_owned(),
            Self::ContactChanged {} => crate::tr!(notifications.contact_changed).to_owned(),
            Self::ProfileAnswered { accepted: true } => crate::tr!(notifications.profile_accepted).to_owned(),
            Self::ProfileAnswered { accepted: false } => crate::tr!(notifications.profile_refused).to_owned(),
            Self::GuardianGaveUp { name } => crate::tr!(notifications.guardian_gave_up, name = name.clone()),
            Self::GuardianAdded { name } => crate::tr!(notifications.guardian_added, name = name.clone()),
            Self::GuardianAsks { name } => crate::tr!(notifications.guardian_asks, name = name.clone()),
            Self::GuardianEnded { name } => crate::tr!(notifications.guardian_ended, name = name.clone()),
            Self::ManyRecords { who } => crate::tr!(notifications.many_records, who = who.clone()),
            Self::RoleGiven { by, who, role, clinic } => crate::tr!(
                notifications.role_given,
                by = by.clone(),
                who = who.clone(),
                role = role_name(*role),
                place = place_of(clinic.as_ref())
            ),
            Self::RoleTaken { by, who, role, clinic } => crate::tr!(
                notifications.role_taken,
                by = by.clone(),
                who = who.clone(),
                role = role_name(*role),
                place = place_of(clinic.as_ref())
            ),
            Self::AccessChanged { what, by, role, clinic } => {
                let role = role.map(|role| (role, clinic.clone()));
                access_words(*what, by, role.as_ref())
            }
            Self::AuditorDeactivated { by, who } => crate::tr!(notifications.auditor_deactivated, by = by.clone(), who = who.clone()),
            Self::BackupFailed {} => crate::tr!(notifications.backup_failed).to_owned(),
            Self::RestoreTrialFailed {} => crate::tr!(notifications.restore_trial_failed).to_owned(),
            Self::PackMissing { ward, minutes } => crate::tr!(notifications.pack_missing, ward = ward.clone(), minutes = *minutes),
            Self::BackupFindings {} => crate::tr!(notifications.backup_findings).to_owned(),
            Self::Receipt { number, amount, currency } => {
                crate::tr!(notifications.receipt, number = number.clone(), amount = currency.show(*amount))
            }
        }
    }
}

/// Returns the clinic's name, or the words for all clinics.
fn place_of(clinic: Option<&String>) -> String {
    clinic.cloned().unwrap_or_else(|| crate::tr!(accounts.all_clinics).to_owned())
}

/// The receiver of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hearer {
    pub user: UserId,
    /// The patient whom it concerns, if that is not the user but a dependant.
    pub dependant: Option<PatientId>,
}

/// Notifies a user in the present transaction; the bell updates when it commits. `link` is the page of this site to
/// open.
///
/// # Errors
/// When the database refuses.
pub async fn notify(ctx: &mut Ctx, hearer: Hearer, notice: &Notice, link: &str) -> Result<NotificationId> {
    let id = NotificationId::new();
    let (now, user) = (ctx.now, hearer.user);
    store::insert(&mut ctx.tx, id, hearer, notice, link, now).await?;
    ctx.tell(Event::new(&BELL).to(user));
    Ok(id)
}

/// Tells somebody in a job's transaction; the job stores the event with it and announces it after the commit.
///
/// # Errors
/// When the database refuses.
pub async fn notify_by_job(tx: &mut Tx, hearer: Hearer, notice: &Notice, link: &str, now: Instant) -> Result<Event> {
    store::insert(tx, NotificationId::new(), hearer, notice, link, now).await?;
    Ok(Event::new(&BELL).to(hearer.user))
}

/// Returns the number of the user's unread notifications.
///
/// # Errors
/// When the database refuses.
pub async fn unread(tx: &mut Tx, user: UserId) -> Result<i64> {
    store::unread(tx, user).await
}

/// Formats the time of a notification: minutes under an hour, the time of day today, otherwise the date.
pub(super) fn show_when(at: Instant, now: Instant, zone: Zone) -> String {
    let minutes = (now - at).num_minutes();
    let local = zone.local(at);
    match () {
        () if minutes < 1 => crate::tr!(time.just_now).to_owned(),
        () if now - at < Duration::hours(1) => crate::tr!(time.minutes, count = minutes),
        () if local.date() == zone.day(now) => time::show_time(local.time()),
        () => time::show_day(local.date(), zone.day(now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_read_back_as_they_were_written() {
        // A notice without details is stored with `{}`.
        let bare = serde_json::json!({ "kind": "record_linked", "details": {} });
        assert_eq!(serde_json::from_value::<Notice>(bare).expect("a notice"), Notice::RecordLinked {});
        let notice = Notice::Receipt { number: "REC-2026-000007".into(), amount: Money(3_600), currency: Currency::USD };
        let stored = serde_json::to_value(&notice).expect("facts are JSON");
        assert_eq!(stored["kind"], "receipt");
        assert_eq!(serde_json::from_value::<Notice>(stored).expect("what was written"), notice);
    }

    #[test]
    fn time_is_told_as_people_tell_it() {
        let zone = Zone::named("Europe/Madrid");
        let now: Instant = "2026-11-24T09:30:00Z".parse().expect("an instant");
        assert_eq!(show_when(now, now, zone), "just now");
        assert_eq!(show_when(now - Duration::minutes(12), now, zone), "12 min");
        assert_eq!(show_when(now - Duration::hours(2), now, zone), "08:30");
        assert_eq!(show_when(now - Duration::days(3), now, zone), "Sat 21 Nov");
    }
}
