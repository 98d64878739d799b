//! The leaflet that a ward gives its patients: visiting hours, its phone, what to bring. It is printed at an admission and stands in the portal.

mod store;

use super::plan;
use crate::{
    audit::Action,
    core::{Error, Permission, Result, WardId, error::FieldErrors, form, locale::Locale},
    db::Tx,
    organisation::Typed,
    server::Ctx,
    tr,
};

/// The leaflet of a ward. A ward without one has empty texts and version 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Leaflet {
    pub phone: String,
    pub visiting_en: String,
    pub visiting_es: String,
    pub bring_en: String,
    pub bring_es: String,
    /// The patient sees in the portal on which day the discharge is expected.
    pub shows_leaving: bool,
    pub version: i64,
}

impl Leaflet {
    /// Reads the typed form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(fields: &Typed, version: i64) -> Result<Self> {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let mut errors = FieldErrors::new();
        let phone = errors.line("phone", value("phone"), 40);
        let mut text = |name: &str, most: usize| errors.check(form::text(name, value(name), most)).unwrap_or_default();
        let (visiting_en, visiting_es) = (text("visiting_en", 500), text("visiting_es", 500));
        let (bring_en, bring_es) = (text("bring_en", 2_000), text("bring_es", 2_000));
        errors.finish()?;
        let shows_leaving = !value("shows_leaving").is_empty();
        Ok(Self { phone, visiting_en, visiting_es, bring_en, bring_es, shows_leaving, version })
    }

    /// Returns the visiting hours in a language, or in the other one where the ward wrote only that.
    pub fn visiting(&self, locale: Locale) -> &str {
        in_language(locale, &self.visiting_en, &self.visiting_es)
    }

    /// Returns what to bring, as the visiting hours.
    pub fn bring(&self, locale: Locale) -> &str {
        in_language(locale, &self.bring_en, &self.bring_es)
    }
}

fn in_language<'t>(locale: Locale, english: &'t str, spanish: &'t str) -> &'t str {
    let (first, second) = match locale {
        Locale::en => (english, spanish),
        Locale::es => (spanish, english),
    };
    if first.is_empty() { second } else { first }
}

/// Returns the leaflet of a ward.
///
/// # Errors
/// When the database refuses.
pub async fn leaflet(tx: &mut Tx, ward: WardId) -> Result<Leaflet> {
    Ok(store::find(tx, ward).await?.unwrap_or_default())
}

/// Writes the leaflet of a ward, instead of the one with the version that the form showed.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's ward; [`Error::Conflict`] when somebody wrote it meanwhile.
pub async fn write(ctx: &mut Ctx, ward: WardId, new: &Leaflet) -> Result<()> {
    let ward = plan::ward(&mut ctx.tx, ward).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let stamp = ctx.stamp();
    if !store::set(&mut ctx.tx, ward.id, new, stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    ctx.did(Action::Update, "ward_leaflet", ward.id, None);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_one_language_stands_for_both() {
        let leaflet = Leaflet { visiting_en: "16–19".to_owned(), bring_es: "Zapatillas".to_owned(), ..Leaflet::default() };
        assert_eq!((leaflet.visiting(Locale::es), leaflet.bring(Locale::en)), ("16–19", "Zapatillas"));
    }
}
