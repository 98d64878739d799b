//! Order sets: named lists of orders that the head of the wards keeps in versions, and that a doctor orders in one press. Each line is checked as
//! an order by itself, and each of its warnings is decided.

mod store;

use uuid::Uuid;

use crate::{
    audit::Action,
    core::{CareOrderId, DrugId, Error, OrderSetId, OrderSetLineId, Permission, Result, UserId, error::FieldErrors, time::Instant},
    db::{DbError, Tx},
    formulary::{self, Dose, Route},
    medicine_record::{
        orders::{self, OrderTyped, Turn},
        vocabulary::{CareKind, CareMode, DoseTiming},
    },
    orders::OrderPriority,
    organisation::Typed,
    server::Ctx,
    tr,
};

pub use store::{current, find, lines_of, versions_of};

/// The most lines of a set.
pub const LINES: i64 = 8;
/// The fields of a line, by their names on the form of an order.
pub const FIELDS: [&str; 12] =
    ["title", "dose", "route", "timing", "times", "interval", "most", "indication", "instructions", "days", "doses", "priority"];
/// The fields by which warnings are answered.
const ANSWERS: [&str; 3] = ["override_reason", "seen", "confirmed"];

/// A version of a set.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OrderSet {
    pub id: OrderSetId,
    /// The first version.
    pub root_id: OrderSetId,
    pub version: i64,
    pub name: String,
    pub purpose: String,
    pub made_at: Instant,
    pub maker: String,
    pub retired: bool,
}

/// A line of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetLine {
    pub id: OrderSetLineId,
    pub position: i64,
    pub kind: CareKind,
    pub drug_id: Option<DrugId>,
    /// The name of the drug.
    pub drug: String,
    pub fields: Typed,
    pub ticked: bool,
}

impl SetLine {
    /// Returns a field of the line.
    pub fn field(&self, name: &str) -> String {
        self.fields.get(name).cloned().unwrap_or_default()
    }
}

/// Returns the name of a line's field on the form of its set.
pub fn field_name(position: i64, name: &str) -> String {
    format!("l{position}_{name}")
}

/// Adds the errors of a line under the names of its fields; passes another error on.
fn of_line(errors: &mut FieldErrors, position: i64, error: Error) -> Result<()> {
    match error {
        Error::Invalid(list) => {
            for one in list {
                errors.add(&field_name(position, &one.field), one.message);
            }
            Ok(())
        }
        other => Err(other),
    }
}

/// Reads the lines of the form on which a set is kept.
async fn read_lines(ctx: &mut Ctx, typed: &Typed) -> Result<Vec<SetLine>> {
    let mut errors = FieldErrors::new();
    let mut lines = Vec::new();
    for position in 1..=LINES {
        let get = |name: &str| typed.get(&field_name(position, name)).map(|value| value.trim().to_owned()).unwrap_or_default();
        if get("kind").is_empty() {
            continue;
        }
        let name = |field: &str| field_name(position, field);
        let Some(kind) = errors.chosen::<CareKind>(&name("kind"), &get("kind")) else { continue };
        let mut drug = None;
        if kind == CareKind::Medicine {
            drug = formulary::prescribable_named(&mut ctx.tx, &get("drug")).await?;
            if drug.is_none() {
                errors.add(&name("drug"), tr!(medicine_record.which_drug));
            }
            errors.required_line(&name("dose"), &get("dose"), 100);
            if let Err(error) = Dose::read(&get("dose")) {
                of_line(&mut errors, position, error)?;
            }
            errors.chosen::<Route>(&name("route"), &get("route"));
            errors.chosen::<DoseTiming>(&name("timing"), &get("timing"));
        } else {
            errors.required_line(&name("title"), &get("title"), 200);
        }
        errors.line(&name("instructions"), &get("instructions"), 1_000);
        let fields: Typed = FIELDS.iter().map(|field| ((*field).to_owned(), get(field))).filter(|(_, value)| !value.is_empty()).collect();
        lines.push(SetLine {
            id: OrderSetLineId::new(),
            position,
            kind,
            drug_id: drug.as_ref().map(|drug| drug.id),
            drug: drug.map(|drug| drug.name).unwrap_or_default(),
            fields,
            ticked: !get("ticked").is_empty(),
        });
    }
    if lines.is_empty() {
        errors.add("l1_kind", tr!(medicine_record.set_without_lines));
    }
    errors.finish()?;
    Ok(lines)
}

/// Keeps a set: a new one, or a further version of the one that was shown. The same id a second time finds it kept.
///
/// # Errors
/// [`Error::Invalid`] with the fields, [`Error::Conflict`] when the version that was shown is not the latest.
pub async fn keep(ctx: &mut Ctx, id: OrderSetId, before: Option<OrderSetId>, typed: &Typed) -> Result<()> {
    if store::find(&mut ctx.tx, id).await?.is_some() {
        return Ok(());
    }
    let get = |name: &str| typed.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    let mut errors = FieldErrors::new();
    let name = errors.required_line("name", &get("name"), 120);
    let purpose = errors.line("purpose", &get("purpose"), 500);
    errors.finish()?;
    let retired = !get("retired").is_empty();
    let lines = read_lines(ctx, typed).await?;
    let (now, by) = (ctx.now, ctx.user());
    ctx.tx.take_turn("order sets", "").await?;
    let (root_id, version) = match before {
        Some(before) => {
            let old = store::find(&mut ctx.tx, before).await?.ok_or(Error::NotFound)?;
            if !store::supersede(&mut ctx.tx, before, now).await? {
                return Err(Error::conflict(tr!(errors.newer_version)));
            }
            (old.root_id, old.version + 1)
        }
        None => (id, 1),
    };
    let set = OrderSet { id, root_id, version, name, purpose, made_at: now, maker: String::new(), retired };
    store::insert(&mut ctx.tx, &set, by).await.map_err(|error| match error.is_unique() {
        true => Error::invalid("name", tr!(medicine_record.set_name_taken)),
        false => error.into(),
    })?;
    for line in &lines {
        store::insert_line(&mut ctx.tx, id, line).await?;
    }
    ctx.did(if version == 1 { Action::Create } else { Action::Update }, "order_set", id, None);
    Ok(())
}

/// Adds a set that was made before: of the demo hospital.
///
/// # Errors
/// When the database refuses.
pub async fn add(tx: &mut Tx, (name, purpose): (&str, &str), lines: &[SetLine], (by, now): (UserId, Instant)) -> Result<()> {
    let id = OrderSetId::new();
    let (name, purpose) = (name.to_owned(), purpose.to_owned());
    let set = OrderSet { id, root_id: id, version: 1, name, purpose, made_at: now, maker: String::new(), retired: false };
    store::insert(tx, &set, by).await?;
    for line in lines {
        store::insert_line(tx, id, line).await?;
    }
    Ok(())
}

/// Orders the ticked lines of a set for the patient of the turn: all of them, or none. The key makes the ids of the orders: a form that is sent
/// twice orders once.
///
/// # Errors
/// [`Error::Invalid`] with the mistakes and the warnings of each line under its own fields; [`Error::Conflict`] when nothing is ticked, or the
/// set has a newer version.
pub async fn order(ctx: &mut Ctx, turn: &Turn, set: OrderSetId, key: Uuid, typed: &Typed) -> Result<usize> {
    let set = store::find(&mut ctx.tx, set).await?.ok_or(Error::NotFound)?;
    let lines = store::lines_of(&mut ctx.tx, set.id).await?;
    let mut errors = FieldErrors::new();
    let mut read = Vec::new();
    for line in &lines {
        let get = |name: &str| typed.get(&field_name(line.position, name)).cloned().unwrap_or_default();
        if get("tick").is_empty() {
            continue;
        }
        let mut own: Typed = FIELDS.iter().chain(&ANSWERS).map(|name| ((*name).to_owned(), get(name))).collect();
        own.insert("kind".to_owned(), line.kind.to_string());
        own.insert("drug_id".to_owned(), line.drug_id.map(|id| id.to_string()).unwrap_or_default());
        if get("priority").is_empty() {
            own.insert("priority".to_owned(), OrderPriority::Routine.to_string());
        }
        match OrderTyped::read(ctx, &own, CareMode::Written, &turn.admission).await {
            Ok(order) => read.push((line, order)),
            Err(error) => of_line(&mut errors, line.position, error)?,
        }
    }
    errors.finish()?;
    if read.is_empty() {
        return Err(Error::conflict(tr!(medicine_record.set_nothing)));
    }
    let count = read.len();
    let mut errors = FieldErrors::new();
    for (line, order) in read {
        let id = CareOrderId(Uuid::from_u128(key.as_u128().wrapping_add(u128::try_from(line.position).unwrap_or_default())));
        match orders::write(ctx, turn, id, order, None).await {
            Ok(order) => store::insert_origin(&mut ctx.tx, &order, line.id).await.map_err(DbError::of_form_key)?,
            Err(error) => of_line(&mut errors, line.position, error)?,
        }
    }
    errors.finish()?;
    ctx.at_clinic(Permission::WriteOrders, turn.admission.clinic_id)?;
    Ok(count)
}
