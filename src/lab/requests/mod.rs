//! Orders of tests and panels: the order itself is one of `orders`; here stand its test or panel, and the analyses and expected samples
//! that follow when it is placed.

mod form;
mod look;
mod store;

use chrono::Duration;
use uuid::Uuid;

use super::{
    LAB,
    catalogue::{Catalogue, LabTest},
    results::shown_unit,
    samples::{self, NewSample},
    value::localised,
    vocabulary::Fasting,
};
use crate::{
    audit::Action,
    billing::{self, Quantity, Service, ToCharge, Wanted},
    core::{
        ClinicId, Error, LabAnalysisId, LabPanelId, LabTestId, OrderId, PatientId, PriceItemId, RequisitionId, Result, VisitId,
        time::Instant,
    },
    db::Locked,
    orders::{self, Asked, OrderPriority, OrderState},
    server::{Ctx, Event, department::ChargeSource},
    tr,
};

pub use form::{LabItem, RequestForm};
pub use look::{looked, prices, tubes};
pub use store::{LatestValue, latest_of, latest_values, request};

/// The word of the laboratory's kind of orders.
pub const KIND: &str = "laboratory";

/// A test or a panel that was ordered; its id is the order's.
pub static LAB_TEST: ChargeSource = ChargeSource { kind: "lab_test", words: || tr!(lab.source_test) };

/// The laboratory's part of an order, with the facts of the order that it needs.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LabRequest {
    pub order_id: OrderId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub visit_id: Option<VisitId>,
    pub requisition_id: Option<RequisitionId>,
    pub priority: OrderPriority,
    pub state: OrderState,
    pub test_id: Option<LabTestId>,
    pub panel_id: Option<LabPanelId>,
    pub fasting: Fasting,
    pub wanted_from: Option<Instant>,
    /// The name of the service of the visit.
    pub place: Option<String>,
}

impl LabRequest {
    /// The tests to do, in the order of the panel.
    fn tests<'c>(&self, catalogue: &'c Catalogue) -> Vec<&'c LabTest> {
        match (self.test_id, self.panel_id) {
            (Some(test), _) => catalogue.test(test).into_iter().collect(),
            (None, Some(panel)) => catalogue.tests_of(panel),
            (None, None) => Vec::new(),
        }
    }
}

/// The id of the `nth` order of a form: the form's key, with another number in its last bits.
fn nth_id(key: OrderId, nth: usize) -> OrderId {
    let number = u128::try_from(nth).unwrap_or_default();
    OrderId(Uuid::from_u128(key.0.as_u128() ^ number))
}

/// Orders tests and panels for the patient of a visit or a stay, with one requisition. A test with a recent result, or one that is on order, needs a
/// confirmation.
///
/// # Errors
/// [`Error::Invalid`] with the field; `look` has tubes and price, when they were only asked for.
pub async fn order(ctx: &mut Ctx, patient: Locked<PatientId>, place: orders::Place, form: &RequestForm) -> Result<()> {
    if form.is_look {
        let catalogue = Catalogue::read(&mut ctx.tx).await?;
        let items = form.items(&catalogue)?;
        let mut lines = tubes(&catalogue, &items);
        let priced: Vec<_> = items.iter().map(|item| (item.name(&catalogue), item.price_item(&catalogue))).collect();
        lines.extend(prices(ctx, patient.id(), place.clinic, &priced).await?);
        return Err(looked(&lines));
    }
    order_with(ctx, patient, place, form, &mut None).await
}

/// Orders tests and panels with the requisition of others that are ordered at once.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub async fn order_with(
    ctx: &mut Ctx,
    patient: Locked<PatientId>,
    place: orders::Place,
    form: &RequestForm,
    shared: &mut Option<RequisitionId>,
) -> Result<()> {
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let items = form.items(&catalogue)?;
    let known = store::request(&mut ctx.tx, form.key).await?;
    if known.is_none() {
        refuse_duplicates(ctx, patient.id(), &catalogue, &items, form).await?;
    }
    let asked: Vec<Asked> = items
        .iter()
        .enumerate()
        .map(|(nth, item)| Asked {
            id: nth_id(form.key, nth),
            kind: KIND.to_owned(),
            service: item.name(&catalogue),
            priority: form.priority,
            reason: form.reason.clone(),
            instructions: form.instructions.clone(),
            is_draft: form.is_draft,
            again: form.again,
            of_page: true,
        })
        .collect();
    let new = orders::place_all(ctx, patient, place, &asked, shared).await?;
    for (nth, item) in items.iter().enumerate() {
        let id = nth_id(form.key, nth);
        if new.contains(&id) {
            store::insert(&mut ctx.tx, id, patient.id(), *item, form.fasting, form.wanted_from).await?;
            if !form.is_draft {
                begin(ctx, id).await?;
            }
        }
    }
    Ok(())
}

/// Refuses tests that are on order or have a recent result, until the doctor confirms them. The message says the values.
async fn refuse_duplicates(ctx: &mut Ctx, patient: PatientId, catalogue: &Catalogue, items: &[LabItem], form: &RequestForm) -> Result<()> {
    if form.again {
        return Ok(());
    }
    let tests: Vec<&LabTest> = items.iter().flat_map(|item| item.tests(catalogue)).collect();
    let open = store::on_order(&mut ctx.tx, patient).await?;
    let latest = latest_values(&mut ctx.tx, patient).await?;
    let (now, mut found) = (ctx.now, Vec::new());
    for test in tests {
        if open.contains(&test.id) {
            found.push(tr!(lab.duplicate_open, test = test.name().to_owned()));
        } else if let Some(last) = latest.iter().find(|last| last.test_id == test.id)
            && now - last.measured_at < Duration::hours(test.duplicate_hours)
        {
            let hours = (now - last.measured_at).num_hours();
            let value = format!("{} {}", localised(&last.value_text), shown_unit(&last.unit));
            found.push(tr!(lab.duplicate_recent, test = test.name().to_owned(), hours = hours, value = value.trim().to_owned()));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(Error::invalid("again", found.join(" "))) }
}

/// Follows an act on an order: placing it begins the work, a cancellation ends it.
///
/// # Errors
/// When the database refuses.
pub async fn follow(ctx: &mut Ctx, id: OrderId) -> Result<()> {
    let Some(request) = store::request(&mut ctx.tx, id).await? else { return Ok(()) };
    match request.state {
        OrderState::Requested | OrderState::Accepted => {
            begin(ctx, id).await?;
            // The sample may have come while the order was on hold.
            samples::prepare(ctx, id).await
        }
        OrderState::Cancelled => end(ctx, &request, false).await,
        OrderState::EnteredInError => end(ctx, &request, true).await,
        OrderState::Draft | OrderState::InProgress | OrderState::Completed | OrderState::OnHold => Ok(()),
    }
}

/// Creates the analyses of a placed order, and the samples that are expected for them: tests of one requisition that take the same
/// specimen in the same container share a sample. The charge is planned.
async fn begin(ctx: &mut Ctx, id: OrderId) -> Result<()> {
    let request = store::request(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let Some(requisition) = request.requisition_id else { return Ok(()) };
    if samples::of_order(&mut ctx.tx, id).await? > 0 {
        return Ok(());
    }
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let tests = request.tests(&catalogue);
    if tests.is_empty() {
        return Err(Error::invalid("tests", tr!(lab.panel_empty)));
    }
    let stamp = ctx.stamp();
    for test in tests {
        let new = NewSample {
            patient: request.patient_id,
            clinic: request.clinic_id,
            requisition,
            specimen: test.specimen,
            container: test.container_id,
            priority: request.priority,
            place: request.place.clone().unwrap_or_default(),
            wanted_from: request.wanted_from.unwrap_or(stamp.at),
            recollection_of: None,
        };
        let sample = samples::expect(ctx, &new).await?;
        let analysis = LabAnalysisId::new();
        samples::insert_analysis(&mut ctx.tx, analysis, &request, test, sample, stamp).await?;
    }
    charge(ctx, &request, &catalogue, false).await?;
    ctx.tell(Event::new(&LAB).at(request.clinic_id).of(request.patient_id).about(id));
    Ok(())
}

/// Ends the open work of an order that was cancelled.
async fn end(ctx: &mut Ctx, request: &LabRequest, in_error: bool) -> Result<()> {
    let reason = tr!(lab.order_cancelled);
    samples::cancel_of_order(ctx, request.order_id, reason).await?;
    withdraw_charge(ctx, request, in_error).await?;
    ctx.tell(Event::new(&LAB).at(request.clinic_id).of(request.patient_id).about(request.order_id));
    Ok(())
}

/// Takes back the charge of an order of which nothing was measured.
async fn withdraw_charge(ctx: &mut Ctx, request: &LabRequest, in_error: bool) -> Result<()> {
    let now = ctx.now;
    let source = (&LAB_TEST, request.order_id.into());
    match billing::uncharge(&mut ctx.tx, source, request.patient_id, in_error, now).await {
        Ok(Some(charge)) => ctx.did(Action::Update, "charge", charge, Some(request.patient_id)),
        // A charge that is on an invoice stays: the cashier credits it.
        Ok(None) | Err(Error::Conflict(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Takes back the charge of an order that ended after its sample was received, and of which nothing was measured.
///
/// # Errors
/// When the database refuses.
pub async fn waive(ctx: &mut Ctx, id: OrderId) -> Result<()> {
    match store::request(&mut ctx.tx, id).await? {
        Some(request) => withdraw_charge(ctx, &request, false).await,
        None => Ok(()),
    }
}

/// Puts the order on the patient's account: planned when it is placed, `done` when its sample is received.
async fn charge(ctx: &mut Ctx, request: &LabRequest, catalogue: &Catalogue, done: bool) -> Result<()> {
    let item = match (request.test_id, request.panel_id) {
        (Some(test), _) => item_of_test(ctx, catalogue.test(test)?).await?,
        (None, Some(panel)) => match catalogue.panel(panel).and_then(|panel| panel.item_id) {
            Some(item) => item,
            None => {
                let panel = catalogue.panel(panel).ok_or(Error::NotFound)?;
                billing::test_item(ctx, &format!("LAB-P-{}", panel.code.to_uppercase()), &panel.name_en).await?
            }
        },
        (None, None) => return Ok(()),
    };
    let (stamp, day) = (ctx.stamp(), ctx.zone().day(ctx.now));
    let service = Service {
        wanted: Wanted::Item(item),
        patient: request.patient_id,
        clinic: request.clinic_id,
        department: None,
        provider: None,
        day,
        quantity: Quantity::ONE,
    };
    let to_charge = ToCharge { source: &LAB_TEST, source_id: request.order_id.into(), visit: request.visit_id, service, done };
    let charged = match done {
        false => billing::charge(&mut ctx.tx, &to_charge, stamp).await?,
        true => billing::recharge(&mut ctx.tx, &to_charge, stamp).await?,
    };
    if charged.changed {
        ctx.did(if done { Action::Update } else { Action::Create }, "charge", charged.id, Some(request.patient_id));
        ctx.tell(Event::new(&billing::BILLING).at(request.clinic_id).of(request.patient_id));
    }
    Ok(())
}

async fn item_of_test(ctx: &mut Ctx, test: &LabTest) -> Result<PriceItemId> {
    match test.item_id {
        Some(item) => Ok(item),
        None => billing::test_item(ctx, &format!("LAB-{}", test.code.to_uppercase()), &test.name_en).await,
    }
}

/// Makes the charge of an order billable: its first sample was received. Later samples change nothing.
///
/// # Errors
/// When the database refuses.
pub async fn bill(ctx: &mut Ctx, id: OrderId) -> Result<()> {
    let Some(request) = store::request(&mut ctx.tx, id).await? else { return Ok(()) };
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    match charge(ctx, &request, &catalogue, true).await {
        // The charge is on an invoice already, or a package covers it: it stays.
        Ok(()) | Err(Error::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_a_form_have_ids_of_their_own_that_are_ids() {
        let key = OrderId::new();
        let ids: Vec<OrderId> = (0..20).map(|nth| nth_id(key, nth)).collect();
        assert_eq!(ids[0], key);
        assert!(ids.iter().all(|id| id.to_string().parse::<OrderId>() == Ok(*id)));
        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), ids.len());
    }
}
