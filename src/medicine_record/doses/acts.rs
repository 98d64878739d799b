//! The acts on doses: given, not given, given as needed, corrected.

use chrono::Duration;

use super::{
    PlannedDose, administrations_of, next_as_needed, not_given,
    store::{self, NewRecord},
};
use crate::{
    accounts,
    audit::Action,
    core::{
        AdministrationId, CareOrderId, DoseId, Error, Permission, Result, Stamp, UserId,
        time::{Instant, Zone, show_date_time},
    },
    db::{DbError, Tx},
    formulary,
    medicine_record::{
        bedside::{self, Scanned, stock},
        department::MEDICINES,
        holds::{self, HoldAnswer, HoldReason},
        infusions,
        orders::{self, CareOrder, Turn},
        vocabulary::{CareOrderState, DoseOutcome, DoseReason, DoseState},
    },
    server::{Ctx, Event},
    tr,
};

/// A dose is refused when it is given earlier than this before it is due. Within this time, but outside its window, it needs a reason.
const EARLY: Duration = Duration::hours(4);

/// The second person of a dose, whose sign-in was checked.
#[derive(Clone, Copy, Debug)]
pub struct Second(pub UserId);

/// A dose as a nurse records it.
#[derive(Clone, Debug)]
pub struct Giving {
    pub key: AdministrationId,
    pub at: Instant,
    /// The reason for a time outside the window.
    pub reason: Option<DoseReason>,
    pub remark: String,
    pub second: Option<Second>,
    pub scanned: Scanned,
    /// The answer to the order's hold-if rules.
    pub hold: HoldAnswer,
    /// The name of a medicine that looks or sounds like another was read on its pack.
    pub name_read: bool,
}

/// The correction of a record.
#[derive(Clone, Debug)]
pub enum Correction {
    /// The dose was given at this time.
    Given(Giving),
    /// The dose was not given, for this reason.
    NotGiven(AdministrationId, DoseReason, String),
    /// Nothing was done: the dose is due again.
    Undone,
}

/// Returns a dose and its order.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(ctx: &mut Ctx, id: DoseId) -> Result<(PlannedDose, CareOrder)> {
    let dose = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let order = orders::find(&mut ctx.tx, dose.order_id).await?;
    Ok((dose, order))
}

pub(super) fn refused(error: DbError, next: Option<String>) -> Error {
    if error.violates("prn_turn") {
        Error::conflict(tr!(medicine_record.not_before, at = next.unwrap_or_default()))
    } else if error.violates("doses_order_active") || error.violates("orders_no_orphans") {
        Error::conflict(tr!(medicine_record.order_not_active))
    } else if error.violates("hold_if_decided") {
        Error::invalid("hold_reason", tr!(medicine_record.hold_not_decided))
    } else if error.violates("administrations_checked") {
        Error::invalid("second_login", tr!(medicine_record.second_needed))
    } else if error.violates("administrations_two_people") {
        Error::invalid("second_login", tr!(medicine_record.second_is_first))
    } else if error.is_unique() {
        Error::conflict(tr!(medicine_record.recorded_before))
    } else {
        error.into()
    }
}

/// Checks access to a dose, and waits for its turn.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::NotInCare`] without access.
pub async fn reach(ctx: &mut Ctx, id: DoseId) -> Result<()> {
    turn_of(ctx, id).await?;
    Ok(())
}

/// Waits for the turn of a dose: its admission is locked, and the dose and its order are read after that.
pub(super) async fn turn_of(ctx: &mut Ctx, id: DoseId) -> Result<(Turn, PlannedDose, CareOrder)> {
    let (_, order) = find(ctx, id).await?;
    let turn = orders::turn(ctx, Permission::GiveMedicines, order.admission_id).await?;
    let (dose, order) = find(ctx, id).await?;
    Ok((turn, dose, order))
}

/// Whether the record with this key is of this dose. A key of another dose is refused.
pub(super) async fn is_recorded(ctx: &mut Ctx, dose: DoseId, key: AdministrationId) -> Result<bool> {
    match store::dose_of(&mut ctx.tx, key).await? {
        None => Ok(false),
        Some(of) if of == dose => Ok(true),
        Some(_) => Err(Error::key_used()),
    }
}

/// Checks that the second person may check doses at the clinic and is not the first.
///
/// # Errors
/// [`Error::Invalid`] without a second person for a high-alert medicine, and for one who may not check.
pub async fn check_second(ctx: &mut Ctx, order: &CareOrder, second: Option<Second>) -> Result<Option<UserId>> {
    let Some(Second(user)) = second else {
        return if order.two_person { Err(Error::invalid("second_login", tr!(medicine_record.second_needed))) } else { Ok(None) };
    };
    if user == ctx.user() {
        return Err(Error::invalid("second_login", tr!(medicine_record.second_is_first)));
    }
    let who = accounts::principal(&mut ctx.tx, user).await?;
    let may =
        who.is_some_and(|who| [Permission::GiveMedicines, Permission::WriteOrders].iter().any(|right| who.may_at(*right, order.clinic_id)));
    if may { Ok(Some(user)) } else { Err(Error::invalid("second_login", tr!(medicine_record.second_may_not))) }
}

/// Checks that the name of a medicine that looks or sounds like another was read on its pack, or that the pack was scanned.
async fn check_name(ctx: &mut Ctx, order: &CareOrder, is_read: bool, scanned: Option<Scanned>) -> Result<()> {
    if is_read || scanned.is_some_and(|scanned| scanned.medicine.is_some()) {
        return Ok(());
    }
    match formulary::TallNames::load(&mut ctx.tx).await?.warning(order.drug_id, &order.title) {
        Some(alike) => Err(Error::invalid("name_read", format!("{} {}", alike.sentence(), tr!(formulary.read_the_name)))),
        None => Ok(()),
    }
}

fn check_time(turn: &Turn, at: Instant, now: Instant) -> Result<()> {
    // Times are typed in minutes: the minute of the admission is not before it.
    let admitted = turn.admission.admitted_at.unwrap_or(now);
    if at > now || at + Duration::minutes(1) <= admitted { Err(Error::invalid("time", tr!(medicine_record.time_wrong))) } else { Ok(()) }
}

fn told(ctx: &mut Ctx, order: &CareOrder, id: AdministrationId, action: Action) {
    ctx.did(action, "administration", id, Some(order.patient_id));
    ctx.tell(Event::new(&MEDICINES).at(order.clinic_id).about(order.admission_id));
}

pub(super) async fn write(
    ctx: &mut Ctx,
    (dose, order): (&PlannedDose, &CareOrder),
    new: &NewRecord<'_>,
    next: Option<String>,
) -> Result<()> {
    let stamp = ctx.stamp();
    store::insert_record(&mut ctx.tx, new, stamp).await.map_err(|error| refused(error, next))?;
    if !store::set_state(&mut ctx.tx, dose, new.outcome.state()).await.map_err(|error| refused(error, None))? {
        return Err(Error::conflict(tr!(medicine_record.recorded_before)));
    }
    told(ctx, order, new.id, Action::Create);
    Ok(())
}

pub(super) fn record<'n>(
    order: &CareOrder,
    dose: DoseId,
    (id, version): (AdministrationId, i64),
    (outcome, reason): (DoseOutcome, Option<DoseReason>),
    (remark, correction): (&'n str, &'n str),
) -> NewRecord<'n> {
    NewRecord {
        id,
        dose,
        order: order.id,
        patient: order.patient_id,
        clinic: order.clinic_id,
        version,
        outcome,
        given_at: None,
        checked_by: None,
        reason,
        remark,
        correction,
        checks: Vec::new(),
    }
}

/// Refuses a dose that has an outcome, whose order is not active, or whose next one is due.
fn check_open(dose: &PlannedDose, order: &CareOrder, (now, zone): (Instant, Zone)) -> Result<()> {
    if !dose.state.is_givable() {
        return Err(Error::conflict(match dose.state {
            DoseState::Given => tr!(medicine_record.given_before),
            _ => tr!(medicine_record.dose_over),
        }));
    }
    if order.state != CareOrderState::Active {
        return Err(Error::conflict(tr!(medicine_record.order_not_active)));
    }
    let next = order.schedule().and_then(|schedule| schedule.next_after(zone, dose.due_at));
    if next.is_some_and(|next| next <= now) {
        return Err(Error::conflict(tr!(medicine_record.next_is_due)));
    }
    Ok(())
}

/// Adds the record of a dose that was given or refused elsewhere: of the demo hospital.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    tx: &mut Tx,
    (dose, order): (&PlannedDose, &CareOrder),
    given: std::result::Result<Instant, DoseReason>,
    (by, checked_by): (UserId, Option<UserId>),
    now: Instant,
) -> Result<()> {
    let (outcome, reason) = match given {
        Ok(_) => (DoseOutcome::Given, None),
        Err(reason) => (reason.outcome(), Some(reason)),
    };
    // Elsewhere the doctor was asked where a rule wanted it.
    let asked = HoldAnswer { reason: Some(HoldReason::DoctorAsked), glucose: None };
    let checks = match given {
        Ok(at) if !order.hold_if.is_empty() => {
            let zone = store::zone_of(tx, order.clinic_id).await?;
            holds::check(tx, order, (at, zone), asked).await?
        }
        _ => Vec::new(),
    };
    let new = NewRecord {
        given_at: given.ok(),
        checked_by,
        checks,
        ..record(order, dose.id, (AdministrationId::new(), 1), (outcome, reason), ("", ""))
    };
    store::insert_record(tx, &new, Stamp { by, at: given.unwrap_or(now) }).await?;
    store::set_state(tx, dose, outcome.state()).await?;
    Ok(())
}

/// Records a dose as given.
///
/// # Errors
/// [`Error::Conflict`] when it was given, its order is not active, or the next dose is due. [`Error::Invalid`] when the time is outside the
/// window and has no reason, or the second person is missing.
pub async fn give(ctx: &mut Ctx, id: DoseId, giving: &Giving) -> Result<CareOrder> {
    let (turn, dose, order) = turn_of(ctx, id).await?;
    if is_recorded(ctx, id, giving.key).await? {
        return Ok(order);
    }
    let (now, zone) = (ctx.now, store::zone_of(&mut ctx.tx, order.clinic_id).await?);
    check_open(&dose, &order, (now, zone))?;
    turn.must_be_admitted()?;
    check_time(&turn, giving.at, now)?;
    if dose.due_at - giving.at > EARLY {
        return Err(Error::conflict(tr!(medicine_record.too_early)));
    }
    let on_time = order.schedule().is_none_or(|schedule| schedule.is_on_time(dose.due_at, giving.at));
    if !on_time && giving.reason.is_none() {
        return Err(Error::invalid("reason", tr!(medicine_record.off_time)));
    }
    let ward = turn.admission.ward();
    let scanned = bedside::check(ctx, &order, ward, id, giving.scanned).await?;
    check_name(ctx, &order, giving.name_read, scanned).await?;
    let checks = holds::check(&mut ctx.tx, &order, (giving.at, zone), giving.hold).await?;
    let checked_by = check_second(ctx, &order, giving.second).await?;
    let version = store::supersede(&mut ctx.tx, id, now).await? + 1;
    let at = giving.at.max(turn.admission.admitted_at.unwrap_or(giving.at));
    let reason = giving.reason.filter(|_| !on_time);
    let new = NewRecord {
        given_at: Some(at),
        checked_by,
        checks,
        ..record(&order, id, (giving.key, version), (DoseOutcome::Given, reason), (&giving.remark, ""))
    };
    write(ctx, (&dose, &order), &new, None).await?;
    bedside::keep(ctx, giving.key, &order, scanned).await?;
    infusions::begin(ctx, &order, at, checked_by).await?;
    stock::take(ctx, giving.key, &order, ward).await?;
    Ok(order)
}

/// Records that a dose was not given.
///
/// # Errors
/// [`Error::Conflict`] when it has an outcome.
pub async fn not_give(ctx: &mut Ctx, id: DoseId, key: AdministrationId, (reason, remark): (DoseReason, &str)) -> Result<CareOrder> {
    let (turn, dose, order) = turn_of(ctx, id).await?;
    if is_recorded(ctx, id, key).await? {
        return Ok(order);
    }
    if !matches!(dose.state, DoseState::Due | DoseState::Missed) {
        return Err(Error::conflict(tr!(medicine_record.recorded_before)));
    }
    let new = record(&order, id, (key, 1), (reason.outcome(), Some(reason)), (remark, ""));
    let version = store::supersede(&mut ctx.tx, id, ctx.now).await? + 1;
    write(ctx, (&dose, &order), &NewRecord { version, ..new }, None).await?;
    not_given::tell(ctx, (&dose, &order), turn.admission.ward(), reason).await?;
    Ok(order)
}

/// Records a dose of a medicine that is given as needed.
///
/// # Errors
/// [`Error::Conflict`] with the time from which it may be given; [`Error::Invalid`] without scans and without a reason, on a ward that scans.
/// `code` is that of the scanned medicine.
pub async fn give_as_needed(ctx: &mut Ctx, id: CareOrderId, giving: &Giving, code: &str) -> Result<CareOrder> {
    let known = orders::find(&mut ctx.tx, id).await?;
    let turn = orders::turn(ctx, Permission::GiveMedicines, known.admission_id).await?;
    let order = orders::find(&mut ctx.tx, id).await?;
    if let Some(dose) = store::dose_of(&mut ctx.tx, giving.key).await? {
        let (dose, _) = find(ctx, dose).await?;
        return if dose.order_id == id { Ok(order) } else { Err(Error::key_used()) };
    }
    if order.state != CareOrderState::Active || !order.is_as_needed() {
        return Err(Error::conflict(tr!(medicine_record.order_not_active)));
    }
    turn.must_be_admitted()?;
    let (now, zone) = (ctx.now, store::zone_of(&mut ctx.tx, order.clinic_id).await?);
    check_time(&turn, giving.at, now)?;
    if order.starts_at > giving.at || order.ends_at.is_some_and(|ends| giving.at >= ends) {
        return Err(Error::conflict(tr!(medicine_record.order_not_active)));
    }
    let next = next_as_needed(&mut ctx.tx, &order, now).await?;
    let words = next.map(|at| show_date_time(zone.local(at)));
    if next.is_some_and(|next| giving.at < next) {
        return Err(Error::conflict(tr!(medicine_record.not_before, at = words.unwrap_or_default())));
    }
    let checks = holds::check(&mut ctx.tx, &order, (giving.at, zone), giving.hold).await?;
    let checked_by = check_second(ctx, &order, giving.second).await?;
    let at = giving.at.max(turn.admission.admitted_at.unwrap_or(giving.at));
    let lock = ctx.tx.lock(id).await?;
    let dose = PlannedDose { id: DoseId::new(), order_id: id, due_at: at, state: DoseState::Due, version: 1 };
    store::insert_one(&mut ctx.tx, lock, &dose).await.map_err(|error| refused(error, None))?;
    let ward = turn.admission.ward();
    let scanned = bedside::check_as_needed(ctx, &order, (ward, dose.id), (giving.scanned, code)).await?;
    check_name(ctx, &order, giving.name_read, scanned).await?;
    let new = NewRecord {
        given_at: Some(at),
        checked_by,
        checks,
        ..record(&order, dose.id, (giving.key, 1), (DoseOutcome::Given, giving.reason), (&giving.remark, ""))
    };
    write(ctx, (&dose, &order), &new, words).await?;
    bedside::keep(ctx, giving.key, &order, scanned).await?;
    stock::take(ctx, giving.key, &order, ward).await?;
    Ok(order)
}

/// Corrects the record of a dose: what stood is superseded, and a further version says what was done.
///
/// # Errors
/// [`Error::Conflict`] when the dose has no record, or the record that was shown is not the latest.
pub async fn correct(ctx: &mut Ctx, id: DoseId, seen: AdministrationId, what: &Correction, why: &str) -> Result<CareOrder> {
    let (turn, dose, order) = turn_of(ctx, id).await?;
    let now = ctx.now;
    if let Correction::Given(Giving { key, .. }) | Correction::NotGiven(key, ..) = what
        && is_recorded(ctx, id, *key).await?
    {
        return Ok(order);
    }
    let standing = administrations_of(&mut ctx.tx, id).await?.into_iter().rfind(|one| one.superseded_at.is_none());
    if standing.is_none_or(|one| one.id != seen) {
        return Err(Error::conflict(tr!(medicine_record.corrected_before)));
    }
    if order.infusion.is_some() {
        // The start of an infusion is not moved: it is entered in error, and given anew.
        if matches!(what, Correction::Given(_)) {
            return Err(Error::invalid("outcome", tr!(medicine_record.infusion_given_anew)));
        }
        infusions::void(ctx, &order).await?;
    }
    stock::put_back(ctx, id, &order).await?;
    let version = store::supersede(&mut ctx.tx, id, now).await? + 1;
    match what {
        Correction::Given(giving) => {
            check_time(&turn, giving.at, now)?;
            let zone = store::zone_of(&mut ctx.tx, order.clinic_id).await?;
            let checks = holds::check(&mut ctx.tx, &order, (giving.at, zone), giving.hold).await?;
            let checked_by = check_second(ctx, &order, giving.second).await?;
            let at = giving.at.max(turn.admission.admitted_at.unwrap_or(giving.at));
            let new = NewRecord {
                given_at: Some(at),
                checked_by,
                checks,
                ..record(&order, id, (giving.key, version), (DoseOutcome::Given, giving.reason), (&giving.remark, why))
            };
            write(ctx, (&dose, &order), &new, Some(String::new())).await?;
            stock::take(ctx, giving.key, &order, turn.admission.ward()).await?;
        }
        Correction::NotGiven(key, reason, remark) => {
            let new = record(&order, id, (*key, version), (reason.outcome(), Some(*reason)), (remark, why));
            write(ctx, (&dose, &order), &new, None).await?;
            not_given::tell(ctx, (&dose, &order), turn.admission.ward(), *reason).await?;
        }
        Correction::Undone => {
            let again = order.state == CareOrderState::Active && !order.is_as_needed();
            let state = if again { DoseState::Due } else { DoseState::Cancelled };
            if !store::set_state(&mut ctx.tx, &dose, state).await.map_err(|error| refused(error, None))? {
                return Err(Error::conflict(tr!(medicine_record.corrected_before)));
            }
            told(ctx, &order, seen, Action::Update);
        }
    }
    Ok(order)
}
