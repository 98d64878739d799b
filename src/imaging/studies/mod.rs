//! Studies: the way of a request from the order to the images. The order itself is one of `orders`.

mod acts;
mod doses;
mod form;
mod safety;
mod store;

use super::{
    IMAGING,
    catalogue::{self, ImagingProcedure},
    number,
    step::{ImagingAct, ImagingStep},
    vocabulary::{BodySide, SafetyAnswer, SafetyQuestion},
};
use crate::{
    audit::Action,
    billing::{self, Quantity, Service, ToCharge, Wanted},
    core::{
        ClinicId, Error, ImagingOrderId, ImagingProcedureId, ImagingRoomId, ImagingSafetyId, OrderId, PatientId, RequisitionId, Result,
        UserId, VisitId, time::Instant,
    },
    db::{DbError, Locked, Tx, Value},
    lab::{self, Measured},
    orders::{self, Asked, OrderPriority, OrderState},
    organisation,
    patients::{Birth, PatientName, Sex},
    server::{Ctx, Event, department::ChargeSource},
    tr,
};

pub use acts::{
    Slot, acquire, answer, answer_safety, arrive, book, cancel, discontinue, give_back, no_show, override_answer, report_is_signed, start,
    unbook, vet,
};
pub use doses::{DapUnit, Dose, DoseSource, FoundDose, has_dose, is_ct, record_found, record_typed, withdraw_found};
pub use form::ImagingForm;
pub use safety::{EGFR_DAYS, LastEgfr, PREGNANT_DAYS, contrast_allergies, stops_metformin};
pub use store::{booked_on, dose_of, in_portal, of_patient, reading_list, safety_of, study, to_book, to_vet};

/// The word of imaging's kind of orders.
pub const KIND: &str = "imaging";

/// A study that was ordered; its id is the order's.
pub static IMAGING_STUDY: ChargeSource = ChargeSource { kind: "imaging_study", words: || tr!(imaging.source_study) };

/// A study, with its sealed texts opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagingStudy {
    pub id: ImagingOrderId,
    pub order_id: OrderId,
    /// The number of its requisition. A draft has none.
    pub requisition: Option<String>,
    pub order_state: OrderState,
    pub order_stop_reason: String,
    pub patient_id: PatientId,
    pub patient_name: PatientName,
    pub mrn: String,
    pub birth: Birth,
    pub sex: Sex,
    pub clinic_id: ClinicId,
    pub visit_id: Option<VisitId>,
    pub procedure_id: ImagingProcedureId,
    pub side: BodySide,
    pub priority: OrderPriority,
    pub wanted_from: Option<Instant>,
    pub step: ImagingStep,
    pub accession: String,
    pub study_uid: String,
    pub ordered_by: UserId,
    pub orderer: String,
    pub ordered_at: Instant,
    /// The clinical question and the instructions of the order.
    pub reason: String,
    pub instructions: String,
    pub protocol: String,
    /// The radiologist's question, and the doctor's answer.
    pub question: String,
    pub answer: String,
    pub vetted_at: Option<Instant>,
    pub vetter: Option<String>,
    pub room_id: Option<ImagingRoomId>,
    pub room: Option<String>,
    pub starts_at: Option<Instant>,
    pub ends_at: Option<Instant>,
    pub arrived_at: Option<Instant>,
    pub started_at: Option<Instant>,
    pub starter: Option<String>,
    pub acquired_at: Option<Instant>,
    pub acquirer: Option<String>,
    pub stop_reason: String,
    pub version: i64,
    pub updated_by: UserId,
}

/// A question of safety with its answer.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SafetyCheck {
    pub id: ImagingSafetyId,
    pub question: SafetyQuestion,
    pub answer: Option<SafetyAnswer>,
    /// The eGFR that the answer follows from, in millionths.
    pub egfr: Option<i64>,
    pub egfr_at: Option<Instant>,
    pub answered_at: Option<Instant>,
    pub answerer: Option<String>,
    pub override_reason: String,
    pub overrider: Option<String>,
    pub overridden_at: Option<Instant>,
}

impl SafetyCheck {
    /// Whether the question keeps the study from being started.
    pub fn blocks(&self) -> bool {
        match self.answer {
            None => true,
            Some(SafetyAnswer::No) => false,
            Some(_) => self.overridden_at.is_none(),
        }
    }
}

impl ImagingStudy {
    /// The procedure with its side: "X-ray of the knee, left".
    pub fn title(&self, procedure: &ImagingProcedure) -> String {
        match self.side {
            BodySide::None => procedure.name().to_owned(),
            side => format!("{}, {}", procedure.name(), side.words().to_lowercase()),
        }
    }

    /// The number of the requisition; empty for a draft.
    pub fn number(&self) -> String {
        self.requisition.clone().unwrap_or_default()
    }
}

/// Orders a procedure for the patient of a visit or a stay.
///
/// # Errors
/// [`Error::Invalid`] with the field; `look` has the price, when it was only asked for.
pub async fn order(ctx: &mut Ctx, patient: Locked<PatientId>, place: orders::Place, form: &ImagingForm) -> Result<()> {
    if form.is_look {
        let lines = lab::prices(ctx, patient.id(), place.clinic, &[(form.service(), form.procedure.item_id)]).await?;
        return Err(lab::looked(&lines));
    }
    order_with(ctx, patient, place, form, &mut None).await
}

/// Orders a procedure with the requisition of others that are ordered at once.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub async fn order_with(
    ctx: &mut Ctx,
    patient: Locked<PatientId>,
    place: orders::Place,
    form: &ImagingForm,
    shared: &mut Option<RequisitionId>,
) -> Result<()> {
    let asked = Asked {
        id: form.key,
        kind: KIND.to_owned(),
        service: form.service(),
        priority: form.priority,
        reason: form.reason.clone(),
        instructions: form.instructions.clone(),
        is_draft: form.is_draft,
        again: form.again,
        of_page: true,
    };
    if orders::place_all(ctx, patient, place, &[asked], shared).await?.is_empty() {
        return Ok(());
    }
    let (stamp, id) = (ctx.stamp(), ImagingOrderId::new());
    store::insert(&mut ctx.tx, id, (patient.id(), place.clinic), form, stamp).await?;
    ctx.did(Action::Create, "imaging_study", id, Some(patient.id()));
    if form.is_draft { Ok(()) } else { begin(ctx, form.key).await }
}

/// Follows an act on an order: placing it begins the work, a cancellation ends it.
///
/// # Errors
/// When the database refuses.
pub async fn follow(ctx: &mut Ctx, order: OrderId) -> Result<()> {
    let Some(study) = store::of_order(&mut ctx.tx, order).await? else { return Ok(()) };
    match study.order_state {
        OrderState::Requested if study.step == ImagingStep::Draft => begin(ctx, order).await,
        OrderState::Cancelled => end(ctx, &study, false).await,
        OrderState::EnteredInError => end(ctx, &study, true).await,
        _ => Ok(()),
    }
}

/// Gives the study its numbers and its questions of safety; a radiologist is to decide when the procedure says so. The charge is planned.
async fn begin(ctx: &mut Ctx, order: OrderId) -> Result<()> {
    let study = store::of_order(&mut ctx.tx, order).await?.ok_or(Error::NotFound)?;
    if study.step != ImagingStep::Draft {
        return Ok(());
    }
    let procedure = catalogue::procedure(&mut ctx.tx, study.procedure_id).await?;
    let (now, day) = (ctx.now, ctx.today());
    let nth = organisation::number_document(&mut ctx.tx, &number::series(day), study.id.into()).await?;
    let columns = vec![
        ("accession", Value::from(number::accession(day, nth)?)),
        ("study_uid", Value::from(number::study_uid(study.id.into()))),
        ("requested_at", Value::from(now)),
    ];
    for question in safety::questions(&procedure, study.sex, study.birth, day) {
        store::ask(&mut ctx.tx, study.id, question, now).await?;
    }
    let lock = ctx.tx.lock(study.id).await?;
    let act = if procedure.needs_vetting { ImagingAct::Request } else { ImagingAct::Vet };
    step(ctx, lock, &study, act, columns).await?;
    charge(ctx, &study, &procedure, false).await
}

/// Ends the study of an order that was cancelled.
async fn end(ctx: &mut Ctx, study: &ImagingStudy, in_error: bool) -> Result<()> {
    if ImagingAct::Cancel.fits(study.step) {
        let lock = ctx.tx.lock(study.id).await?;
        let (now, by) = (ctx.now, ctx.user());
        let reason = match study.order_stop_reason.is_empty() {
            true => tr!(imaging.order_cancelled).to_owned(),
            false => study.order_stop_reason.clone(),
        };
        let columns = vec![("stop_reason", Value::from(&reason)), ("stopped_at", Value::from(now)), ("stopped_by", Value::from(by))];
        step(ctx, lock, study, ImagingAct::Cancel, columns).await?;
        acts::tell_unbooked(ctx, study).await?;
    }
    withdraw_charge(ctx, study, in_error).await
}

fn changed(study: &ImagingStudy) -> Error {
    Error::conflict(tr!(imaging.study_changed, step = study.step.words().to_lowercase()))
}

/// Writes an act on a locked study, its audit row and its event.
async fn step(ctx: &mut Ctx, lock: Locked<ImagingOrderId>, study: &ImagingStudy, act: ImagingAct, columns: store::Columns) -> Result<()> {
    if !act.fits(study.step) {
        return Err(changed(study));
    }
    let stamp = ctx.stamp();
    let refused = |error: DbError| match () {
        () if error.violates("imaging_room_free") => Error::conflict(tr!(imaging.room_taken)),
        () if error.violates("imaging_patient_free") => Error::conflict(tr!(imaging.patient_busy)),
        () if error.violates("imaging_safety_complete") => Error::conflict(tr!(imaging.safety_incomplete)),
        () if error.violates("imaging_egfr_current") => Error::conflict(tr!(imaging.record_newer)),
        () => error.into(),
    };
    if !store::step(&mut ctx.tx, lock, study.version, act.leads().1, columns, stamp).await.map_err(refused)? {
        return Err(changed(study));
    }
    ctx.did(Action::Update, "imaging_study", study.id, Some(study.patient_id));
    ctx.tell(Event::new(&IMAGING).at(study.clinic_id).of(study.patient_id).about(study.id));
    ctx.tell(Event::new(&crate::patients::CHART).at(study.clinic_id).of(study.patient_id));
    Ok(())
}

/// Takes back the charge of a study without images.
async fn withdraw_charge(ctx: &mut Ctx, study: &ImagingStudy, in_error: bool) -> Result<()> {
    let now = ctx.now;
    match billing::uncharge(&mut ctx.tx, (&IMAGING_STUDY, study.order_id.into()), study.patient_id, in_error, now).await {
        Ok(Some(charge)) => {
            ctx.did(Action::Update, "charge", charge, Some(study.patient_id));
        }
        // A charge that is on an invoice stays: the cashier credits it.
        Ok(None) | Err(Error::Conflict(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Puts the study on the patient's account: planned when it is placed, `done` when the images are made.
async fn charge(ctx: &mut Ctx, study: &ImagingStudy, procedure: &ImagingProcedure, done: bool) -> Result<()> {
    let item = match procedure.item_id {
        Some(item) => item,
        None => billing::test_item(ctx, &format!("IMG-{}", procedure.code.to_uppercase()), &procedure.name_en).await?,
    };
    let (stamp, day) = (ctx.stamp(), ctx.zone().day(ctx.now));
    let service = Service {
        wanted: Wanted::Item(item),
        patient: study.patient_id,
        clinic: study.clinic_id,
        department: None,
        provider: None,
        day,
        quantity: Quantity::ONE,
    };
    let to_charge = ToCharge { source: &IMAGING_STUDY, source_id: study.order_id.into(), visit: study.visit_id, service, done };
    let charged = match done {
        false => billing::charge(&mut ctx.tx, &to_charge, stamp).await?,
        true => billing::recharge(&mut ctx.tx, &to_charge, stamp).await?,
    };
    if charged.changed {
        ctx.did(if done { Action::Update } else { Action::Create }, "charge", charged.id, Some(study.patient_id));
        ctx.tell(Event::new(&billing::BILLING).at(study.clinic_id).of(study.patient_id));
    }
    Ok(())
}

/// The laboratory's last released results that safety rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SafetyValues {
    pub egfr: Option<LastEgfr>,
    /// The creatinine with its unit.
    pub creatinine: Option<String>,
    /// The time of the last pregnancy test, when it was positive.
    pub pregnant_at: Option<Instant>,
}

/// Reads the last results of the laboratory that safety rests on.
///
/// # Errors
/// When the database refuses.
pub async fn safety_values(tx: &mut Tx, patient: PatientId) -> Result<SafetyValues> {
    // LOINC: estimated glomerular filtration rate (CKD-EPI 2021), and creatinine in serum.
    const EGFR: &str = "98979-8";
    const CREATININE: &str = "2160-0";
    // LOINC: choriogonadotropin in serum as a number, whole and beta subunit; present or not, in serum, as beta subunit, and in urine.
    const PREGNANCY: [&str; 5] = ["19080-1", "21198-7", "2118-8", "2110-5", "2106-3"];
    /// The starter catalogue's test of urine, which has no LOINC.
    const URINE: &str = "hcgu";
    /// Above this many units a litre choriogonadotropin tells of a pregnancy, in millionths (American Board of Internal Medicine, 2024: below 5).
    const HCG: i64 = 5_000_000;
    let latest = lab::latest_values(tx, patient).await?;
    if latest.is_empty() {
        return Ok(SafetyValues::default());
    }
    let all = lab::Catalogue::read(tx).await?;
    let find = |loinc: &str| latest.iter().find(|value| all.test(value.test_id).is_ok_and(|test| test.loinc == loinc));
    let of_pregnancy = |value: &&lab::LatestValue| {
        all.test(value.test_id).is_ok_and(|test| PREGNANCY.contains(&test.loinc.as_str()) || test.code == URINE)
    };
    let is_positive = |value: &&lab::LatestValue| {
        value.flag.is_abnormal() || Measured::parse("value", &value.value_text).is_ok_and(|measured| measured.millionths > HCG)
    };
    let pregnant_at = latest.iter().find(of_pregnancy).filter(is_positive).map(|value| value.measured_at);
    let shown =
        |value: &lab::LatestValue| format!("{} {}", lab::localised(&value.value_text), lab::shown_unit(&value.unit)).trim().to_owned();
    let egfr = find(EGFR).and_then(|value| {
        let millionths = Measured::parse("egfr", &value.value_text).ok()?.millionths;
        Some(LastEgfr { millionths, shown: shown(value), measured_at: value.measured_at })
    });
    Ok(SafetyValues { egfr, creatinine: find(CREATININE).map(shown), pregnant_at })
}
