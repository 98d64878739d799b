//! Protocols: what a nurse may start by herself for a complaint. The head of a ward keeps them in versions: medicine, dose, route, interval and limit,
//! hours in force, and the hours within which a doctor signs. An order by protocol is as the protocol says; where a check warns, a doctor orders.

mod store;

use chrono::Duration;

use crate::{
    audit::Action,
    core::{CareOrderId, DrugId, Error, Permission, Result, UserId, WardId, WardProtocolId, error::FieldErrors, time::Instant},
    db::Tx,
    formulary::{self, Dose, Route},
    medicine_record::{
        orders::{self, CareOrder, OrderTyped, Turn, form_interval, form_number},
        vocabulary::{CareKind, CareMode, DoseTiming},
    },
    orders::OrderPriority,
    organisation::Typed,
    server::Ctx,
    tr, wards,
};

pub use store::{current, find, versions_of};

/// The most hours for which an order by protocol is in force, and within which it is signed.
const MOST_HOURS: i64 = 72;

/// A version of a protocol.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WardProtocol {
    pub id: WardProtocolId,
    /// The first version.
    pub root_id: WardProtocolId,
    pub version: i64,
    pub ward_id: WardId,
    pub name: String,
    /// The complaint for which it is started.
    pub indication: String,
    pub drug_id: DrugId,
    /// The name of the drug.
    pub drug: String,
    pub dose: String,
    pub route: String,
    /// The minutes between two doses.
    pub interval_min: i64,
    /// The most doses in any 24 hours.
    pub most_in_day: i64,
    /// The hours for which the order is in force.
    pub hours: i64,
    /// The hours within which a doctor signs the order.
    pub sign_hours: i64,
    pub instructions: String,
    pub made_at: Instant,
    pub maker: String,
    pub retired: bool,
}

impl WardProtocol {
    /// Returns the protocol in one line: `Paracetamol 500 mg tablet, 1 tablet, by mouth, at most every 4 h and 4 in 24 h, for pain`.
    pub fn sentence(&self) -> String {
        let route = self.route.parse::<Route>().map_or_else(|_| self.route.clone(), |route| route.words().to_owned());
        let interval = orders::hours(self.interval_min);
        let rule = tr!(medicine_record.as_needed_rule, hours = interval, most = self.most_in_day, indication = self.indication.clone());
        let time = tr!(medicine_record.protocol_time, hours = self.hours, sign = self.sign_hours);
        format!("{}, {}, {route}, {rule}. {time}", self.drug, self.dose)
    }
}

/// The protocol by which an order was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderProtocol {
    pub id: WardProtocolId,
    pub name: String,
    pub version: i64,
}

/// Keeps a protocol of a ward: a new one, or a further version of the one that was shown. The same id a second time finds it kept.
///
/// # Errors
/// [`Error::Invalid`] with the fields, [`Error::Conflict`] when the version that was shown is not the latest.
pub async fn keep(ctx: &mut Ctx, id: WardProtocolId, ward: WardId, before: Option<WardProtocolId>, typed: &Typed) -> Result<()> {
    let ward = wards::find_ward(&mut ctx.tx, ward).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    if store::find(&mut ctx.tx, id).await?.is_some() {
        return Ok(());
    }
    ctx.tx.take_turn("ward protocols", "").await?;
    let mut new = read(ctx, id, ward.id, typed).await?;
    if let Some(before) = before {
        let old = store::find(&mut ctx.tx, before).await?.filter(|old| old.ward_id == ward.id).ok_or(Error::NotFound)?;
        let now = ctx.now;
        if !store::supersede(&mut ctx.tx, before, now).await? {
            return Err(Error::conflict(tr!(errors.newer_version)));
        }
        (new.root_id, new.version) = (old.root_id, old.version + 1);
    }
    let by = ctx.user();
    store::insert(&mut ctx.tx, &new, by).await.map_err(|error| match error.is_unique() {
        true => Error::invalid("name", tr!(medicine_record.protocol_name_taken)),
        false => error.into(),
    })?;
    ctx.did(if new.version == 1 { Action::Create } else { Action::Update }, "ward_protocol", id, None);
    Ok(())
}

async fn read(ctx: &mut Ctx, id: WardProtocolId, ward_id: WardId, typed: &Typed) -> Result<WardProtocol> {
    let get = |name: &str| typed.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    let mut errors = FieldErrors::new();
    let name = errors.required_line("name", &get("name"), 120);
    let indication = errors.required_line("indication", &get("indication"), 200);
    let dose = errors.required_line("dose", &get("dose"), 100);
    errors.check(Dose::read(&dose));
    let route = errors.chosen::<Route>("route", &get("route"));
    let interval_min = form_interval(&mut errors, &get("interval"));
    let mut hours = |field: &str, most: i64| {
        let value = form_number(&mut errors, field, &get(field), most);
        if get(field).is_empty() {
            errors.add(field, tr!(errors.required));
        }
        value.unwrap_or(1)
    };
    let (most_in_day, in_force, sign_hours) = (hours("most", 48), hours("hours", MOST_HOURS), hours("sign_hours", MOST_HOURS));
    let instructions = errors.check(crate::core::form::text("instructions", &get("instructions"), 1_000)).unwrap_or_default();
    let drug = formulary::prescribable_named(&mut ctx.tx, &get("drug")).await?;
    match &drug {
        None => errors.add("drug", tr!(medicine_record.which_drug)),
        // A doctor orders these: a second person checks each dose.
        Some(drug) => {
            if drug.high_alert || orders::is_controlled(&mut ctx.tx, drug.id).await? {
                errors.add("drug", tr!(medicine_record.protocol_not_high_alert));
            }
        }
    }
    errors.finish()?;
    let drug = drug.ok_or(Error::NotFound)?;
    Ok(WardProtocol {
        id,
        root_id: id,
        version: 1,
        ward_id,
        name,
        indication,
        drug_id: drug.id,
        drug: drug.name,
        dose,
        route: route.map(|route| route.as_str().to_owned()).unwrap_or_default(),
        interval_min: interval_min.unwrap_or(60),
        most_in_day,
        hours: in_force,
        sign_hours,
        instructions,
        made_at: ctx.now,
        maker: String::new(),
        retired: !get("retired").is_empty(),
    })
}

/// Adds a protocol that was made before: of the demo hospital.
///
/// # Errors
/// When the database refuses.
pub async fn add(tx: &mut Tx, protocol: &WardProtocol, by: UserId) -> Result<()> {
    Ok(store::insert(tx, protocol, by).await?)
}

/// Starts a protocol of the patient's ward: an order that is in force at once, and that the named doctor signs. The same key a second time finds it
/// started.
///
/// # Errors
/// [`Error::Invalid`] without a doctor, and unless the nurse says that it fits; [`Error::Conflict`] when a check warns, or the protocol has a newer
/// version.
pub async fn start(ctx: &mut Ctx, turn: &Turn, id: WardProtocolId, order: CareOrderId, typed: &Typed) -> Result<CareOrder> {
    let protocol = store::find(&mut ctx.tx, id).await?.filter(|one| one.ward_id == turn.admission.ward()).ok_or(Error::NotFound)?;
    let get = |name: &str| typed.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    if get("fits").is_empty() {
        return Err(Error::invalid("fits", tr!(medicine_record.protocol_say_it_fits)));
    }
    let fields = [
        ("kind", CareKind::Medicine.to_string()),
        ("priority", OrderPriority::Routine.to_string()),
        ("drug_id", protocol.drug_id.to_string()),
        ("dose", protocol.dose.clone()),
        ("route", protocol.route.clone()),
        ("timing", DoseTiming::AsNeeded.to_string()),
        ("interval", orders::hours(protocol.interval_min)),
        ("most", protocol.most_in_day.to_string()),
        ("indication", protocol.indication.clone()),
        ("instructions", protocol.instructions.clone()),
        ("prescriber", get("prescriber")),
        // Nothing was said by phone: the protocol stands in writing.
        ("read_back", "protocol".to_owned()),
    ];
    let fields: Typed = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut read = OrderTyped::read(ctx, &fields, CareMode::Verbal, &turn.admission).await?;
    read.ends_at = Some(read.starts_at + Duration::hours(protocol.hours));
    read.sign_hours = Some(protocol.sign_hours);
    let written = orders::write(ctx, turn, order, read, None).await.map_err(warned)?;
    store::insert_order(&mut ctx.tx, &written, id).await.map_err(|error| match error.violates("order_protocols_followed") {
        true => Error::conflict(tr!(errors.newer_version)),
        false => error.of_form_key(),
    })?;
    Ok(written)
}

/// A warning of a check ends the protocol: a doctor decides.
fn warned(error: Error) -> Error {
    match error {
        Error::Invalid(list) if list.iter().any(|one| one.field == "override_reason" || one.field == "confirmed") => {
            let words: Vec<String> = list.into_iter().filter(|one| one.field != "seen").map(|one| one.message).collect();
            Error::conflict(tr!(medicine_record.protocol_warned, warnings = words.join(" ")))
        }
        other => other,
    }
}
