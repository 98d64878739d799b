//! Placing an order, and the acts on it: each writes the state, the queue, the audit row and the events in one transaction.

use chrono::Datelike;

use crate::{
    audit::Action,
    core::{AdmissionId, ClinicId, EncounterId, Error, OrderId, PatientId, Permission, RequisitionId, Result, UserId, VisitId},
    db::Locked,
    notifications::{Hearer, Notice, notify},
    opd, organisation, patients,
    server::{Ctx, Event},
    tr,
};

use super::{
    Asked, ORDERS, Order, OrderAct, kind,
    order::OrderState,
    store::{self, Move, Requisition},
};

/// The clinic of an order, and the visit, the encounter or the stay that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub clinic: ClinicId,
    pub visit: Option<VisitId>,
    pub encounter: Option<Locked<EncounterId>>,
    pub admission: Option<Locked<AdmissionId>>,
}

/// The texts of an act.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The reason of a hold, a cancellation or an entry in error.
    pub reason: String,
    /// The outcome of a completed order.
    pub outcome: String,
}

/// Places an order, or keeps it as a draft. The same form sent again changes nothing. A service that is on order already needs a
/// confirmation.
///
/// # Errors
/// [`Error::Invalid`] when the kind is not offered, or the service is on order already; [`Error::Conflict`] when the key is used,
/// or the patient died before today.
pub async fn place(ctx: &mut Ctx, patient: Locked<PatientId>, place: Place, asked: &Asked) -> Result<OrderId> {
    place_one(ctx, patient, place, asked, &mut None).await?;
    Ok(asked.id)
}

/// Places several orders at once, with one requisition: `shared` is that of orders that are placed with them, or becomes it. Returns those
/// that are new.
///
/// # Errors
/// The errors of [`place`].
pub async fn place_all(
    ctx: &mut Ctx,
    patient: Locked<PatientId>,
    place: Place,
    asked: &[Asked],
    shared: &mut Option<RequisitionId>,
) -> Result<Vec<OrderId>> {
    let mut new = Vec::new();
    for one in asked {
        if place_one(ctx, patient, place, one, shared).await? {
            new.push(one.id);
        }
    }
    Ok(new)
}

/// Places an order; returns whether it is new. `shared` is the requisition of the orders that are placed with it.
async fn place_one(
    ctx: &mut Ctx,
    patient: Locked<PatientId>,
    place: Place,
    asked: &Asked,
    shared: &mut Option<RequisitionId>,
) -> Result<bool> {
    if let Some(known) = store::order(&mut ctx.tx, asked.id).await? {
        let same = (known.patient, known.ordered_by, &known.kind, &known.service)
            == (patient.id(), ctx.user(), &asked.kind, &asked.service)
            && known.visit == place.visit
            && known.admission == place.admission.map(Locked::id);
        return if same { Ok(false) } else { Err(Error::key_used()) };
    }
    let offered = kind::offered(ctx).await?;
    if offered.iter().all(|kind| kind.of.name != asked.kind || (kind.of.page.is_some() && !asked.of_page)) {
        return Err(Error::invalid("kind", tr!(orders.kind_not_offered)));
    }
    // An order may have been given on the day of death, before it.
    let yesterday = ctx.today() - chrono::Duration::days(1);
    patients::refuse_the_dead(&mut ctx.tx, patient.id(), yesterday).await?;
    let folded = |text: &str| text.to_lowercase();
    let there = store::on_order(&mut ctx.tx, patient.id(), &asked.kind).await?;
    if !asked.again && there.iter().any(|service| folded(service) == folded(&asked.service)) {
        return Err(Error::invalid("again", tr!(orders.on_order_already, service = asked.service.clone())));
    }
    let stamp = ctx.stamp();
    let requisition = match (asked.is_draft, *shared) {
        (true, _) => None,
        (false, Some(requisition)) => Some(requisition),
        (false, None) => {
            let encounter = place.encounter.map(Locked::id);
            let admission = place.admission.map(Locked::id);
            let of = Requisition { patient: patient.id(), clinic: place.clinic, visit: place.visit, encounter, admission };
            *shared = Some(new_requisition(ctx, of).await?);
            *shared
        }
    };
    store::insert(&mut ctx.tx, patient, &place, (asked, requisition), stamp).await?;
    ctx.did(Action::Create, "order", asked.id, Some(patient.id()));
    tell(ctx, place.clinic, patient.id(), asked.id);
    Ok(true)
}

/// Creates a requisition with the next number of the clinic and year. The next user who needs a number of the series waits for the end of
/// this transaction.
async fn new_requisition(ctx: &mut Ctx, of: Requisition) -> Result<RequisitionId> {
    let code = organisation::clinic(&mut ctx.tx, of.clinic).await?.code;
    let prefix = format!("{code}-Q{:02}", ctx.today().year() % 100);
    let id = RequisitionId::new();
    let number = organisation::number_document(&mut ctx.tx, &format!("requisition {prefix}"), id.into()).await?;
    let stamp = ctx.stamp();
    store::insert_requisition(&mut ctx.tx, id, &format!("{prefix}-{number:06}"), of, stamp).await?;
    Ok(id)
}

impl From<&Order> for Requisition {
    fn from(order: &Order) -> Self {
        Self { patient: order.patient, clinic: order.clinic, visit: order.visit, encounter: order.encounter, admission: order.admission }
    }
}

/// Places the drafts of an encounter, whose note the doctor signs, with one requisition.
///
/// # Errors
/// When the database refuses.
pub async fn place_drafts(ctx: &mut Ctx, encounter: Locked<EncounterId>) -> Result<usize> {
    let drafts = store::drafts(&mut ctx.tx, encounter).await?;
    let mut signed = None;
    for lock in ctx.tx.lock_all(drafts.iter().copied()).await? {
        let order = store::order(&mut ctx.tx, lock.id()).await?.ok_or(Error::NotFound)?;
        let requisition = match signed {
            Some(requisition) => requisition,
            None => new_requisition(ctx, Requisition::from(&order)).await?,
        };
        signed = Some(requisition);
        step(ctx, lock, &order, (OrderAct::Place, signed), &Report::default()).await?;
    }
    Ok(drafts.len())
}

/// Does an act on an order. `seen` is the version that the user saw: of two users who act at once, the second is refused. A second
/// press of the same user gets the answer of the first.
///
/// # Errors
/// [`Error::NotFound`] when the order is unknown; [`Error::Conflict`] when the act does not fit
/// the state, when it follows from the work of the department, or the order changed; [`Error::Invalid`] without a reason.
pub(super) async fn act(ctx: &mut Ctx, id: OrderId, seen: i64, act: OrderAct, report: &Report) -> Result<Order> {
    // The act may move the patient to the next stop, and visits are locked before orders.
    let visit = match store::visit_of(&mut ctx.tx, id).await? {
        Some(visit) => Some(opd::lock_visit(&mut ctx.tx, visit).await?.0),
        None => None,
    };
    let lock = ctx.tx.lock(id).await?;
    let order = store::order(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if order.version == seen + 1 && order.updated_by == ctx.user() && order.follows(act) {
        return Ok(order);
    }
    order.after(act)?;
    if OrderAct::BY_WORK.contains(&act) && kind::follows_work(ctx, &order.kind) {
        return Err(Error::conflict(tr!(orders.follows_work)));
    }
    if order.version != seen {
        return Err(Error::conflict(tr!(orders.changed_meanwhile, state = order.state.words().to_lowercase())));
    }
    if act.needs_reason() && report.reason.is_empty() {
        return Err(Error::invalid("reason", tr!(orders.why_stop)));
    }
    let requisition = match act {
        OrderAct::Place => Some(new_requisition(ctx, Requisition::from(&order)).await?),
        _ => None,
    };
    let to = step(ctx, lock, &order, (act, requisition), report).await?;
    tell_orderer(ctx, &order, to).await?;
    // After the last open order of the stop, the patient goes to the next stop.
    if !matches!(to, OrderState::Requested | OrderState::Accepted | OrderState::InProgress)
        && let Some(visit) = visit
    {
        opd::go_on(ctx, visit, opd::Step::Orders).await?;
    }
    Ok(order)
}

/// Writes the act, its audit row and its events.
async fn step(
    ctx: &mut Ctx,
    lock: Locked<OrderId>,
    order: &Order,
    (act, requisition): (OrderAct, Option<RequisitionId>),
    report: &Report,
) -> Result<OrderState> {
    let to = order.after(act)?;
    let stamp = ctx.stamp();
    if !store::step(&mut ctx.tx, lock, order, Move { act, to, requisition }, report, stamp).await? {
        return Err(Error::conflict(tr!(orders.changed_meanwhile, state = order.state.words().to_lowercase())));
    }
    ctx.did(Action::Update, "order", order.id, Some(order.patient));
    tell(ctx, order.clinic, order.patient, order.id);
    let known = ctx.state().departments.order_kinds();
    let followed = known.into_iter().find(|kind| kind.name == order.kind).and_then(|kind| kind.followed);
    if let Some(followed) = followed {
        followed(ctx, order.id).await?;
    }
    Ok(to)
}

/// Locks orders for acts of the department that does them: their visits first.
///
/// # Errors
/// When the database refuses.
pub async fn hold(ctx: &mut Ctx, ids: &[OrderId]) -> Result<()> {
    let mut visits = Vec::new();
    for id in ids {
        visits.extend(store::visit_of(&mut ctx.tx, *id).await?);
    }
    opd::lock_visits(&mut ctx.tx, &visits).await?;
    ctx.tx.lock_all(ids.iter().copied()).await?;
    Ok(())
}

/// Does an act of the department that does the order, when the order's state allows it; otherwise nothing changes. Returns the state.
///
/// # Errors
/// [`Error::NotFound`] when the order is unknown.
pub async fn perform(ctx: &mut Ctx, id: OrderId, act: OrderAct, report: &Report) -> Result<OrderState> {
    let visit = match store::visit_of(&mut ctx.tx, id).await? {
        Some(visit) => Some(opd::lock_visit(&mut ctx.tx, visit).await?.0),
        None => None,
    };
    let lock = ctx.tx.lock(id).await?;
    let order = store::order(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if !order.allows(act) {
        return Ok(order.state);
    }
    let to = step(ctx, lock, &order, (act, None), report).await?;
    tell_orderer(ctx, &order, to).await?;
    if let (OrderState::Completed | OrderState::Cancelled, Some(visit)) = (to, visit) {
        opd::go_on(ctx, visit, opd::Step::Orders).await?;
    }
    Ok(to)
}

/// Refuses an order of another clinic, and work on a kind without its right. Any doctor of the clinic may do the acts of the orderer.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) async fn allowed(ctx: &mut Ctx, id: OrderId, right: Permission) -> Result<()> {
    let order = store::order(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(right, order.clinic)?;
    if right == Permission::WorkOrders {
        let known = ctx.state().departments.order_kinds();
        let kind = known.into_iter().find(|kind| kind.name == order.kind).ok_or(Error::NotFound)?;
        ctx.at_clinic(kind.right, order.clinic)?;
    }
    ctx.reach([order.patient]).await
}

/// Notifies the doctor who ordered when another user has completed or stopped the order.
async fn tell_orderer(ctx: &mut Ctx, order: &Order, to: OrderState) -> Result<()> {
    if [ctx.user(), UserId::SYSTEM].contains(&order.ordered_by) {
        return Ok(());
    }
    let by = ctx.who.name.clone();
    let notice = match to {
        OrderState::Completed => Notice::OrderCompleted { by },
        OrderState::OnHold => Notice::OrderStopped { by, on_hold: true },
        OrderState::Cancelled | OrderState::EnteredInError => Notice::OrderStopped { by, on_hold: false },
        OrderState::Draft | OrderState::Requested | OrderState::Accepted | OrderState::InProgress => return Ok(()),
    };
    let hearer = Hearer { user: order.ordered_by, dependant: None };
    notify(ctx, hearer, &notice, &format!("/orders/{}", order.id)).await?;
    Ok(())
}

fn tell(ctx: &mut Ctx, clinic: ClinicId, patient: PatientId, order: OrderId) {
    ctx.tell(Event::new(&ORDERS).at(clinic).of(patient).about(order));
    ctx.tell(Event::new(&patients::CHART).at(clinic).of(patient));
}
