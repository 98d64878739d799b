//! The price of something for a patient on a day: the one function behind estimates and charges.

use chrono::NaiveDate;

use crate::{
    core::{ChargeId, ClinicId, DepartmentId, Money, PatientId, PriceItemId, Result, StaffId, VisitTypeId},
    db::Tx,
    patients,
};

use super::{
    FreeBecause, Quantity, Shares, arithmetic,
    invoice::Cover,
    packages::{self, Covered},
    prices::{self, ItemKind, Price, PriceFor, PriceItem},
    revisits, shares,
    taxes::{self, Tax},
};

/// The thing that is done or given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Item(PriceItemId),
    /// The item, at a visit of the type.
    ItemAt(PriceItemId, VisitTypeId),
    /// The consultation of the department, at a visit of the type.
    Consultation(Option<VisitTypeId>),
}

impl Wanted {
    const fn visit_type(self) -> Option<VisitTypeId> {
        match self {
            Self::Item(_) => None,
            Self::ItemAt(_, visit_type) => Some(visit_type),
            Self::Consultation(visit_type) => visit_type,
        }
    }
}

/// Something done, or to be done: for whom, where, when and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    pub wanted: Wanted,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub department: Option<DepartmentId>,
    /// The doctor, whose own fee may count.
    pub provider: Option<StaffId>,
    /// The clinic's day, of which price and cover are.
    pub day: NaiveDate,
    pub quantity: Quantity,
}

/// The price of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// None when the department's consultation is not on the price list.
    pub item: Option<PriceItem>,
    /// None when the item has no price on the day: it is not known what it costs.
    pub price: Option<Price>,
    pub gross: Money,
    /// The amount that a rule takes off.
    pub discount: Money,
    pub free_because: Option<FreeBecause>,
    /// The tax of the service day.
    pub tax: Tax,
    /// The package that covers it, and how much of it.
    pub package: Option<Covered>,
    pub cover: Option<Cover>,
}

impl Quote {
    /// The price after the discount, without a tax that comes on top of it.
    pub const fn net(&self) -> Money {
        Money(self.gross.0 - self.discount.0)
    }

    /// The amount left to pay, by the plan and by the patient.
    pub fn total(&self) -> Money {
        self.tax.on(self.net()).total()
    }

    /// The shares of the plan and of the patient.
    pub fn shares(&self) -> Shares {
        shares(self.total(), self.cover.as_ref().map(|cover| cover.copay_percent))
    }
}

/// The plan under which a patient's charges of a day fall; none when the patient pays alone.
///
/// # Errors
/// When the database refuses.
pub async fn cover_on(tx: &mut Tx, patient: PatientId, day: NaiveDate) -> Result<Option<Cover>> {
    let coverage = patients::coverage_on(tx, patient, day).await?.filter(|coverage| !coverage.self_pay);
    Ok(coverage.map(|coverage| Cover { insurer: coverage.insurer_id, name: coverage.insurer, copay_percent: coverage.copay_percent }))
}

/// Finds what the service costs. Nothing is written: an estimate asks the same as a charge.
///
/// # Errors
/// When the database refuses.
pub async fn quote(tx: &mut Tx, service: &Service) -> Result<Quote> {
    quote_except(tx, service, None).await
}

/// As [`quote`], for a charge that is there: its own use of a package does not count.
pub(super) async fn quote_except(tx: &mut Tx, service: &Service, except: Option<ChargeId>) -> Result<Quote> {
    let item = match (service.wanted, service.department) {
        (Wanted::Item(item) | Wanted::ItemAt(item, _), _) => prices::item(tx, item).await?,
        (Wanted::Consultation(_), Some(department)) => prices::consultation_item(tx, department).await?,
        (Wanted::Consultation(_), None) => None,
    };
    let cover = cover_on(tx, service.patient, service.day).await?;
    let mut quote = Quote {
        item,
        price: None,
        gross: Money::ZERO,
        discount: Money::ZERO,
        free_because: None,
        tax: Tax::default(),
        package: None,
        cover,
    };
    let Some(item) = quote.item.clone() else { return Ok(quote) };
    let of = PriceFor {
        clinic: Some(service.clinic),
        insurer: quote.cover.as_ref().map(|cover| cover.insurer),
        provider: service.provider,
        visit_type: service.wanted.visit_type(),
    };
    let Some(price) = prices::price_of(tx, item.id, of, service.day).await? else { return Ok(quote) };
    // An amount beyond any bill is no price: the charge waits, and a person looks at it.
    let Some(gross) = arithmetic::gross(service.quantity, price.amount, price.per) else { return Ok(quote) };
    quote.price = Some(price);
    quote.gross = gross;
    quote.tax = taxes::tax_of(tx, item.id, service.day).await?;
    if item.kind == ItemKind::Consultation && revisits::is_free(tx, service, item.department_id, except).await? {
        quote.discount = gross;
        quote.free_because = Some(FreeBecause::Revisit);
    } else if let Some(covered) = packages::covering(tx, service, item.id, except).await? {
        let part = arithmetic::gross(covered.quantity, price.amount, price.per).unwrap_or_default();
        quote.discount = if covered.quantity == service.quantity { gross } else { part.min(gross) };
        quote.free_because = Some(FreeBecause::Package);
        quote.package = Some(covered);
    }
    Ok(quote)
}
