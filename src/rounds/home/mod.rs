//! The medicines that a patient takes home from a stay: each running order goes on, changes or ends, and others are new. A prescription is signed
//! here and goes to the pharmacy; the summary of the stay begins with these decisions.

mod store;

use uuid::Uuid;

use super::{
    stay::{self, StayTurn},
    vocabulary::MedicineDecision,
};
use crate::{
    audit::Action,
    clinical::{self, Dosage, Frequency, HomePrescription, Prescription, PrescriptionState},
    core::{AdmissionId, CareOrderId, Error, Permission, PrescriptionId, Result, time::Instant},
    db::Tx,
    medicine_record::{CareKind, CareOrder, DoseTiming, standing_orders},
    pharmacy::SupplyState,
    server::Ctx,
    tr,
    wards::Admission,
};

/// A decision that counts.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct HomeMedicine {
    pub id: Uuid,
    /// The order of the stay that it decides on; none for a new medicine.
    pub order_id: Option<CareOrderId>,
    pub decision: MedicineDecision,
    pub prescription_id: Option<PrescriptionId>,
    pub decided_at: Instant,
    /// The name of the doctor.
    pub decided_by: String,
    /// The state of the prescription at the pharmacy.
    pub supply: Option<SupplyState>,
}

/// A decision to be recorded.
#[derive(Clone, Copy, Debug)]
struct NewHome {
    order: Option<CareOrderId>,
    decision: MedicineDecision,
    prescription: Option<PrescriptionId>,
}

/// The decisions of a stay with their prescriptions.
#[derive(Clone, Debug, Default)]
pub struct HomeMedicines {
    pub decisions: Vec<HomeMedicine>,
    pub prescriptions: Vec<Prescription>,
}

impl HomeMedicines {
    /// Reads those of a stay.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read(tx: &mut Tx, admission: AdmissionId) -> Result<Self> {
        let decisions = store::of_stay(tx, admission).await?;
        let prescriptions = clinical::home_prescriptions(tx, admission).await?;
        Ok(Self { decisions, prescriptions })
    }

    /// Returns the decision on an order.
    pub fn of_order(&self, order: CareOrderId) -> Option<&HomeMedicine> {
        self.decisions.iter().find(|one| one.order_id == Some(order))
    }

    /// Returns the prescription of a decision, unless it was stopped since.
    pub fn prescription(&self, of: &HomeMedicine) -> Option<&Prescription> {
        let id = of.prescription_id?;
        self.prescriptions.iter().find(|one| one.id == id && one.state == PrescriptionState::Active)
    }

    /// Whether a decision counts: one whose prescription was stopped since does not.
    fn stands(&self, of: &HomeMedicine) -> bool {
        of.decision == MedicineDecision::Stopped || self.prescription(of).is_some()
    }

    /// Returns the decision on an order that counts.
    pub fn standing(&self, order: CareOrderId) -> Option<&HomeMedicine> {
        self.of_order(order).filter(|one| self.stands(one))
    }
}

/// Returns the medicine orders of a stay: the running ones, or of a stay that ended, those that its end stopped.
///
/// # Errors
/// When the database refuses.
pub async fn orders(tx: &mut Tx, stay: &Admission) -> Result<Vec<CareOrder>> {
    let mut orders = standing_orders(tx, stay.id, stay.left_at).await?;
    orders.retain(|order| order.kind == CareKind::Medicine);
    Ok(orders)
}

/// Returns the frequency of a prescription that gives as the timing of an order does; none where a doctor has to choose it.
const fn frequency(timing: DoseTiming) -> Option<Frequency> {
    match timing {
        DoseTiming::Stat | DoseTiming::Once => Some(Frequency::Once),
        DoseTiming::Daily => Some(Frequency::OnceADay),
        DoseTiming::Morning => Some(Frequency::EveryMorning),
        DoseTiming::Bedtime => Some(Frequency::AtBedtime),
        DoseTiming::Twice => Some(Frequency::TwiceADay),
        DoseTiming::Three | DoseTiming::Meals => Some(Frequency::ThreeTimesADay),
        DoseTiming::Four => Some(Frequency::FourTimesADay),
        DoseTiming::Q12h => Some(Frequency::Every12Hours),
        DoseTiming::Q8h => Some(Frequency::Every8Hours),
        DoseTiming::Q6h => Some(Frequency::Every6Hours),
        DoseTiming::Q4h => Some(Frequency::Every4Hours),
        DoseTiming::Weekly => Some(Frequency::OnceAWeek),
        DoseTiming::Five | DoseTiming::Q3h | DoseTiming::Q2h | DoseTiming::Q1h | DoseTiming::Alternate | DoseTiming::AsNeeded => None,
    }
}

/// Returns the dosage with which the form for an order begins.
pub fn begins_with(order: &CareOrder) -> Dosage {
    let known = order.timing.and_then(frequency).map(|known| known.as_str().to_owned());
    Dosage { frequency: known.unwrap_or_default(), ..order.dosage() }
}

/// Whether a prescription gives what an order gave.
fn goes_on(order: &CareOrder, drug: &str, dosage: &Dosage) -> bool {
    let before = begins_with(order);
    let same_dose = before.dose == dosage.dose && before.route == dosage.route && before.as_needed == dosage.as_needed;
    drug == order.title && same_dose && before.frequency == dosage.frequency
}

/// Finds the running order of a stay.
async fn order_of(ctx: &mut Ctx, turn: &StayTurn, order: CareOrderId) -> Result<CareOrder> {
    let orders = orders(&mut ctx.tx, &turn.admission).await?;
    orders.into_iter().find(|one| one.id == order).ok_or_else(|| Error::conflict(tr!(rounds.home_order_ended)))
}

/// Makes room for a decision on an order: refused while a prescription of the one before is in force.
async fn make_room(ctx: &mut Ctx, turn: &StayTurn, order: CareOrderId) -> Result<()> {
    let known = HomeMedicines::read(&mut ctx.tx, turn.admission.id).await?;
    let Some(before) = known.of_order(order) else { return Ok(()) };
    if known.prescription(before).is_some() {
        return Err(Error::conflict(tr!(rounds.home_prescribed)));
    }
    let now = ctx.now;
    store::replace(&mut ctx.tx, turn.locked, before.id, now).await
}

async fn record(ctx: &mut Ctx, turn: &StayTurn, id: Uuid, new: NewHome) -> Result<()> {
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, (id, turn.locked), new, stamp).await.map_err(|error| {
        if error.violates("home_medicines_same_stay") || error.is_unique() {
            Error::conflict(tr!(rounds.home_order_ended))
        } else {
            error.into()
        }
    })?;
    turn.record(ctx, Action::Create, "home_medicine", id);
    turn.tell_board(ctx);
    Ok(())
}

/// Prescribes a medicine to take home, once for the key of the form: one of the stay, which goes on or changes, or a new one.
///
/// # Errors
/// [`Error::Conflict`] when the order is decided on, or ended; [`Error::Invalid`] with the warnings to be answered.
pub async fn prescribe(
    ctx: &mut Ctx,
    id: AdmissionId,
    key: Uuid,
    order: Option<CareOrderId>,
    (drug, dosage, reply): (String, Dosage, clinical::Reply),
) -> Result<()> {
    let turn = stay::turn(ctx, Permission::WriteNotes, id).await?;
    if store::is_there(&mut ctx.tx, key).await? {
        return Ok(());
    }
    turn.must_be_admitted()?;
    let decision = match order {
        Some(order) => {
            let order = order_of(ctx, &turn, order).await?;
            make_room(ctx, &turn, order.id).await?;
            if goes_on(&order, &drug, &dosage) { MedicineDecision::Continue } else { MedicineDecision::Changed }
        }
        None => MedicineDecision::New,
    };
    let new = HomePrescription { drug, dosage, reply, order: order.map(|order| order.0) };
    let prescription = clinical::prescribe_home(ctx, turn.patient, (id, turn.admission.clinic_id), new).await?;
    record(ctx, &turn, key, NewHome { order, decision, prescription: Some(prescription) }).await
}

/// Decides that a medicine of the stay does not go on at home.
///
/// # Errors
/// [`Error::Conflict`] when the order is decided on, or ended.
pub async fn stop(ctx: &mut Ctx, id: AdmissionId, key: Uuid, order: CareOrderId) -> Result<()> {
    let turn = stay::turn(ctx, Permission::WriteNotes, id).await?;
    if store::is_there(&mut ctx.tx, key).await? {
        return Ok(());
    }
    turn.must_be_admitted()?;
    let order = order_of(ctx, &turn, order).await?;
    make_room(ctx, &turn, order.id).await?;
    record(ctx, &turn, key, NewHome { order: Some(order.id), decision: MedicineDecision::Stopped, prescription: None }).await
}
