//! The register of controlled medicines: for each item and storeroom one line for each movement, which the database writes and nobody changes. Two
//! people check the balance when keys or shifts change hands; a third person explains a difference.

mod store;

use super::PHARMACY;
use crate::{
    audit::Action,
    core::{ClinicId, Error, Permission, RegisterCheckId, Result, StockItemId, StoreroomId, UserId, time::Instant},
    inventory::{self, MovementKind, StockReason, StockUnit},
    server::{Ctx, Event},
    tr,
    ui::Tone,
};

pub use store::{balances, checks_of, entries, patients_of, whole};

crate::text_enum! {
    /// The state of a check of the register.
    pub enum RegisterCheckState("state") {
        Agreed = "agreed" => tr!(pharmacy.register_agreed),
        /// The count differs from the register.
        Open = "open" => tr!(pharmacy.register_open),
        Explained = "explained" => tr!(pharmacy.register_explained),
    }
}

crate::text_enum! {
    /// The occasion of a check.
    pub enum RegisterOccasion("occasion") {
        Shift = "shift" => tr!(pharmacy.occasion_shift),
        Keys = "keys" => tr!(pharmacy.occasion_keys),
        Other = "other" => tr!(pharmacy.other),
    }
}

impl RegisterCheckState {
    /// The colour of the state.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Agreed => Tone::Done,
            Self::Open => Tone::Critical,
            Self::Explained => Tone::Warning,
        }
    }
}

/// An item of the register in a storeroom.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RegisterBalance {
    pub store_id: StoreroomId,
    pub store_name: String,
    pub item_id: StockItemId,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub schedule: String,
    /// The number of the last line, and the balance after it.
    pub number: i64,
    pub balance: i64,
    /// Checks with a difference that is not explained.
    pub open_checks: i64,
    pub checked_at: Option<Instant>,
}

/// A line of the register.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RegisterEntry {
    pub number: i64,
    pub at: Instant,
    pub kind: MovementKind,
    pub quantity: i64,
    pub balance: i64,
    pub batch_no: String,
    pub reason: Option<StockReason>,
    pub reference: String,
    pub by_name: String,
    pub witness: Option<String>,
    /// The patient and the prescriber of a hand-over or a dose, and the person who took it.
    pub given_names: Option<String>,
    pub family_name: Option<String>,
    pub mrn: Option<String>,
    pub prescriber: Option<String>,
    pub collector: Option<String>,
    /// The other storeroom of a transfer.
    pub other_room: Option<String>,
}

/// A check of the balance.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RegisterCheck {
    pub id: RegisterCheckId,
    pub store_id: StoreroomId,
    pub item_id: StockItemId,
    pub clinic_id: ClinicId,
    pub number: i64,
    pub expected: i64,
    pub counted: i64,
    pub state: RegisterCheckState,
    pub occasion: RegisterOccasion,
    pub at: Instant,
    pub counted_by: UserId,
    pub counter: String,
    pub witness_id: UserId,
    pub witness: String,
    pub explanation: String,
    pub explainer: Option<String>,
}

/// A count of a controlled medicine by two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterCount {
    /// Made with the form.
    pub id: RegisterCheckId,
    pub room: StoreroomId,
    pub item: StockItemId,
    pub counted: i64,
    pub occasion: RegisterOccasion,
    pub witness: UserId,
}

/// Returns the item's register in a storeroom of a clinic where the user has the permission.
///
/// # Errors
/// [`Error::NotFound`] without a line.
pub async fn shown(ctx: &mut Ctx, room: StoreroomId, item: StockItemId) -> Result<RegisterBalance> {
    let room = inventory::room(&mut ctx.tx, room).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::Dispense, room.clinic_id)?;
    let all = store::balances(&mut ctx.tx, room.clinic_id).await?;
    all.into_iter().find(|one| one.store_id == room.id && one.item_id == item).ok_or(Error::NotFound)
}

/// Records a count against the balance of the register. The same id again changes nothing. Returns the state of the check.
///
/// # Errors
/// [`Error::NotFound`] without a line of the register; [`Error::Invalid`] when the second person is the first.
pub async fn check(ctx: &mut Ctx, new: &RegisterCount) -> Result<RegisterCheckState> {
    let (room, item) = (new.room, new.item);
    shown(ctx, room, item).await?;
    if let Some(there) = store::check_of(&mut ctx.tx, new.id).await? {
        return if there.store_id == room && there.item_id == item { Ok(there.state) } else { Err(Error::key_used()) };
    }
    if new.witness == ctx.user() {
        return Err(Error::invalid("witness", tr!(pharmacy.witness_needed)));
    }
    // Hand-overs of the item wait until the balance is read.
    inventory::hold(&mut ctx.tx, room, item).await?;
    let (number, expected) = store::last(&mut ctx.tx, room, item).await?.ok_or(Error::NotFound)?;
    let state = if expected == new.counted { RegisterCheckState::Agreed } else { RegisterCheckState::Open };
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    store::insert_check(&mut ctx.tx, new, (number, expected, state), stamp).await.map_err(|error| {
        if error.violates("register_checks_two_people") {
            Error::invalid("witness", tr!(pharmacy.witness_needed))
        } else {
            error.of_form_key()
        }
    })?;
    ctx.did(Action::Create, "register_check", new.id, None);
    ctx.tell(Event::new(&PHARMACY).at(clinic));
    Ok(state)
}

/// Explains a difference: a third person does.
///
/// # Errors
/// [`Error::Conflict`] for one of the two who counted, or when it was explained; [`Error::Invalid`] without words.
pub async fn explain(ctx: &mut Ctx, id: RegisterCheckId, explanation: &str) -> Result<RegisterCheck> {
    let lock = ctx.tx.lock(id).await?;
    let known = store::check_of(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::Dispense, known.clinic_id)?;
    if explanation.is_empty() {
        return Err(Error::invalid("explanation", tr!(errors.required)));
    }
    let stamp = ctx.stamp();
    if known.state != RegisterCheckState::Open {
        return Err(Error::conflict(tr!(pharmacy.register_explained_before)));
    }
    if stamp.by == known.counted_by || stamp.by == known.witness_id {
        return Err(Error::conflict(tr!(pharmacy.third_person)));
    }
    store::explain(&mut ctx.tx, lock, explanation, stamp).await?;
    ctx.did(Action::Update, "register_check", id, None);
    ctx.tell(Event::new(&PHARMACY).at(known.clinic_id));
    Ok(known)
}
