//! The hospital's own settings: one row with a form of its own. Every node uses the new settings as soon as they are
//! saved.

mod store;

use super::lists::{Field, Kind, LastChange, Names, Typed, changes, refused, value_of};
use crate::{
    audit::Action,
    core::{Currency, Error, Result, error::FieldErrors},
    db::Tx,
    server::Ctx,
    tr,
};

/// The fields, in the order of the form.
pub const FIELDS: &[Field] = &[
    Field::new("name", Kind::Line, 200).required(),
    Field::new("address", Kind::Line, 300),
    Field::new("phone", Kind::Phone, 40),
    Field::new("email", Kind::Email, 254),
    Field::new("website", Kind::Web, 254),
    Field::new("licence_number", Kind::Line, 60),
    Field::new("established_year", Kind::Year, 4),
    Field::new("currency", Kind::Currency, 3).required(),
    Field::new("default_language", Kind::Language, 2).required(),
    Field::new("age_of_majority", Kind::Age, 2).required(),
];

/// The row as the form shows it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The version, which increases with each change.
    pub version: i64,
    /// The values of [`FIELDS`], in their order.
    pub values: Vec<String>,
    /// Whether there is a charge already: then the currency of the amounts cannot change any more.
    pub currency_fixed: bool,
}

/// Reads the settings for the form.
///
/// # Errors
/// When the database refuses.
pub async fn settings(tx: &mut Tx) -> Result<Settings> {
    store::settings(tx).await
}

/// Saves the settings.
///
/// # Errors
/// [`Error::Invalid`] with the fields that are wrong; [`Error::Conflict`] when another user saved them since `version` was
/// shown.
pub async fn save_settings(ctx: &mut Ctx, version: &str, typed: &Typed) -> Result<()> {
    ctx.tx.take_turn("master data", "").await?;
    let before = store::settings(&mut ctx.tx).await?;
    if before.version.to_string() != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let mut errors = FieldErrors::new();
    let today = ctx.today();
    let one = |field: &Field| {
        let typed = typed.get(field.name).map(String::as_str);
        // The form does not send a field that it shows as fixed.
        let text = typed.unwrap_or_else(|| if field.name == "currency" { value_of(FIELDS, &before.values, "currency") } else { "" });
        errors.check(field.read(text, today)).unwrap_or_default()
    };
    let values: Vec<String> = FIELDS.iter().map(one).collect();
    let currency = |values: &[String]| Currency::try_from(value_of(FIELDS, values, "currency").to_owned());
    if let (Ok(old), Ok(new)) = (currency(&before.values), currency(&values))
        && old != new
    {
        if before.currency_fixed {
            errors.add("currency", tr!(organisation.currency_fixed));
        } else if old.decimals() != new.decimals() && store::has_prices(&mut ctx.tx).await? {
            errors.add("currency", tr!(organisation.currency_prices));
        }
    }
    errors.finish()?;
    let changes = changes(FIELDS, Some(&before.values), &values, &Names::default());
    if changes.is_empty() {
        return Ok(());
    }
    let stamp = ctx.stamp();
    if !store::save(&mut ctx.tx, (&before, &values), stamp).await.map_err(refused)? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    ctx.did_change(Action::Update, "hospital", uuid::Uuid::nil(), &changes);
    Ok(())
}

/// Reads the last change of the settings.
///
/// # Errors
/// When the database refuses.
pub async fn last_change(tx: &mut Tx) -> Result<LastChange> {
    store::last_change(tx).await
}
