//! Drugs: a drug as it is stored, and as a form or a file describes it.

use super::{Amount, Caution, DrugForm, DrugStatus, Route, Strength, Unit, names, store, substance::SubstanceNames};
use crate::{
    audit::FieldChange,
    core::{
        DrugId, Error, Result, SubstanceId,
        error::FieldErrors,
        locale::{self, Locale},
        time::Instant,
    },
    db::Tx,
    tr,
};

/// The most ingredients of a drug.
pub const INGREDIENTS: usize = 6;
/// The most cautions of a drug: the label has no room for more.
pub const CAUTIONS: usize = 3;

/// A substance of a drug, with its strength.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingredient {
    pub substance: SubstanceId,
    /// The substance's own name.
    pub name: String,
    pub strength: Strength,
}

/// A drug of the hospital's list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a row")]
pub struct Drug {
    pub id: DrugId,
    pub version: i64,
    /// Empty for an unmapped name.
    pub code: String,
    pub name: String,
    pub name_es: String,
    pub status: DrugStatus,
    pub retired: bool,
    /// The drug of the formulary that an unmapped name means.
    pub same_as: Option<DrugId>,
    pub form: Option<DrugForm>,
    /// The unit that is handed out.
    pub unit: Option<Unit>,
    /// The parts into which one unit can be divided.
    pub divisible: i64,
    pub high_alert: bool,
    pub fridge: bool,
    /// Taken once a week, never daily.
    pub weekly: bool,
    /// It is handed over only with counselling that was offered.
    pub counsel: bool,
    /// The class of a controlled medicine; empty for others.
    pub schedule: String,
    /// The cautions of its label.
    pub cautions: Vec<Caution>,
    /// The fluid in which it is dissolved or diluted; empty where it needs none.
    pub diluent: String,
    /// The days for which it may be used once it is opened or made ready.
    pub in_use_days: Option<i64>,
    pub source: String,
    pub confirmed_at: Option<Instant>,
    pub confirmed_by: Option<String>,
    pub ingredients: Vec<Ingredient>,
    pub routes: Vec<Route>,
}

impl Drug {
    /// The name in the reader's language.
    pub fn shown_name(&self) -> &str {
        match locale::current() {
            Locale::es if !self.name_es.is_empty() => &self.name_es,
            _ => &self.name,
        }
    }

    /// Whether the search text names it: each word begins a word of a name, a code, or any name of a substance.
    pub fn matches(&self, sought: &str, substances: &SubstanceNames) -> bool {
        let own = [self.name.as_str(), &self.name_es, &self.code].into_iter().flat_map(names::words);
        let own = own.flat_map(|word| [names::by_sound(&word), word]);
        let further = self.ingredients.iter().flat_map(|one| substances.keys_of(one.substance));
        let known: Vec<String> = own.chain(further.flat_map(|key| key.split(' ')).map(str::to_owned)).collect();
        let begins = |word: &String| known.iter().any(|one| one.starts_with(word) || one.starts_with(&names::by_sound(word)));
        names::words(sought).iter().all(begins)
    }

    /// The strengths in words: "amoxicillin 500 mg per tablet, clavulanic acid 125 mg per tablet".
    pub fn strength_words(&self) -> String {
        let one = |one: &Ingredient| format!("{} {}", one.name, one.strength.words());
        self.ingredients.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// A drug as a form or a file describes it; an empty text means that nothing was typed.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the ticks of a form")]
pub struct DrugTyped {
    pub code: String,
    pub name: String,
    pub name_es: String,
    pub form: String,
    pub unit: String,
    pub divisible: String,
    pub status: String,
    pub schedule: String,
    pub source: String,
    pub high_alert: bool,
    pub fridge: bool,
    pub weekly: bool,
    pub counsel: bool,
    pub cautions: Vec<String>,
    pub diluent: String,
    pub in_use_days: String,
    pub routes: Vec<String>,
    /// Substance, amount, unit, and the quantity with its unit that contain it.
    pub ingredients: Vec<[String; 5]>,
}

/// The names of the fields of an ingredient, to which the form adds its number.
pub const INGREDIENT_FIELDS: [&str; 5] = ["substance", "amount", "unit", "per", "per_unit"];

/// A drug that was read without an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a row")]
pub struct DrugDraft {
    pub code: String,
    pub name: String,
    pub name_es: String,
    pub form: DrugForm,
    pub unit: Unit,
    pub divisible: i64,
    pub status: DrugStatus,
    pub schedule: String,
    pub source: String,
    pub high_alert: bool,
    pub fridge: bool,
    pub weekly: bool,
    pub counsel: bool,
    pub cautions: Vec<Caution>,
    pub diluent: String,
    pub in_use_days: Option<i64>,
    pub routes: Vec<Route>,
    pub ingredients: Vec<Ingredient>,
}

impl DrugDraft {
    /// Reads the typed drug.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all fields that are wrong.
    pub fn read(typed: &DrugTyped, known: &SubstanceNames) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let code = errors.required_line("code", &typed.code, 40).to_uppercase();
        if code.chars().any(|letter| !(letter.is_ascii_alphanumeric() || "._-".contains(letter))) {
            errors.add("code", tr!(formulary.code_wrong));
        }
        let name = errors.required_line("name", &typed.name, 200);
        let name_es = errors.line("name_es", &typed.name_es, 200);
        let schedule = errors.line("schedule", &typed.schedule, 20);
        let source = errors.line("source", &typed.source, 500);
        let diluent = errors.line("diluent", &typed.diluent, 200);
        let in_use_days = match typed.in_use_days.trim() {
            "" => None,
            days => {
                let days = days.parse::<i64>().ok().filter(|days| (1..=365).contains(days));
                if days.is_none() {
                    errors.add("in_use_days", tr!(formulary.washout_days_wrong));
                }
                days
            }
        };
        let form = errors.chosen::<DrugForm>("form", &typed.form);
        let unit = errors.chosen::<Unit>("dispensing_unit", &typed.unit);
        let status = errors.chosen::<DrugStatus>("status", &typed.status);
        if status == Some(DrugStatus::Unmapped) {
            errors.add("status", tr!(errors.choose));
        }
        let divisible = match typed.divisible.trim() {
            "" | "1" => 1,
            "2" => 2,
            "4" => 4,
            _ => {
                errors.add("divisible", tr!(errors.choose));
                1
            }
        };
        let mut routes: Vec<Route> = Vec::new();
        for route in &typed.routes {
            if let Some(route) = errors.chosen::<Route>("routes", route).filter(|route| !routes.contains(route)) {
                routes.push(route);
            }
        }
        routes.sort_unstable();
        if typed.routes.is_empty() {
            errors.add("route-oral", tr!(formulary.which_routes));
        }
        let mut cautions: Vec<Caution> = Vec::new();
        for caution in &typed.cautions {
            if let Some(caution) = errors.chosen::<Caution>("cautions", caution).filter(|caution| !cautions.contains(caution)) {
                cautions.push(caution);
            }
        }
        cautions.sort_unstable();
        if cautions.len() > CAUTIONS {
            errors.add("caution-drowsy", tr!(formulary.too_many_cautions, most = CAUTIONS));
        }
        let ingredients = read_ingredients(typed, known, &mut errors);
        errors.finish()?;
        let (Some(form), Some(unit), Some(status)) = (form, unit, status) else {
            return Err(Error::invalid("form", tr!(errors.field_unreadable)));
        };
        let DrugTyped { high_alert, fridge, weekly, counsel, .. } = *typed;
        Ok(Self {
            code,
            name,
            name_es,
            form,
            unit,
            divisible,
            status,
            schedule,
            source,
            high_alert,
            fridge,
            weekly,
            counsel,
            cautions,
            diluent,
            in_use_days,
            routes,
            ingredients,
        })
    }

    /// The draft of a drug as it is stored; `None` for an unmapped name.
    fn of(drug: &Drug) -> Option<Self> {
        let (form, unit) = (drug.form?, drug.unit?);
        let drug = drug.clone();
        Some(Self {
            code: drug.code,
            name: drug.name,
            name_es: drug.name_es,
            form,
            unit,
            divisible: drug.divisible,
            status: drug.status,
            schedule: drug.schedule,
            source: drug.source,
            high_alert: drug.high_alert,
            fridge: drug.fridge,
            weekly: drug.weekly,
            counsel: drug.counsel,
            cautions: drug.cautions,
            diluent: drug.diluent,
            in_use_days: drug.in_use_days,
            routes: drug.routes,
            ingredients: drug.ingredients,
        })
    }

    /// The values in the form of the audit log.
    fn values(&self) -> [(&'static str, String); 18] {
        let tick = |tick: bool| if tick { "true" } else { "" }.to_owned();
        let routes: Vec<&str> = self.routes.iter().copied().map(Route::as_str).collect();
        let ingredient = |one: &Ingredient| {
            let Strength { amount, unit, per, per_unit } = one.strength;
            format!("{} {} {unit}/{} {per_unit}", one.name, amount.text(), per.text())
        };
        [
            ("code", self.code.clone()),
            ("name", self.name.clone()),
            ("name_es", self.name_es.clone()),
            ("form", self.form.as_str().to_owned()),
            ("dispensing_unit", self.unit.as_str().to_owned()),
            ("divisible", self.divisible.to_string()),
            ("status", self.status.as_str().to_owned()),
            ("schedule", self.schedule.clone()),
            ("source", self.source.clone()),
            ("high_alert", tick(self.high_alert)),
            ("fridge", tick(self.fridge)),
            ("weekly", tick(self.weekly)),
            ("counsel", tick(self.counsel)),
            ("cautions", Caution::stored(&self.cautions)),
            ("diluent", self.diluent.clone()),
            ("in_use_days", self.in_use_days.map(|days| days.to_string()).unwrap_or_default()),
            ("routes", routes.join(", ")),
            ("ingredients", self.ingredients.iter().map(ingredient).collect::<Vec<_>>().join(", ")),
        ]
    }

    /// The fields that differ from the stored drug; all of them for a new one.
    pub fn changes(&self, before: Option<&Drug>) -> Vec<FieldChange> {
        let old = before.and_then(Self::of).map(|old| old.values());
        let pairs = self.values().into_iter().enumerate();
        pairs
            .filter_map(|(at, (field, after))| {
                let before = old.as_ref().map_or_else(String::new, |old| old[at].1.clone());
                (before != after).then(|| FieldChange { field: field.to_owned(), before, after })
            })
            .collect()
    }
}

fn read_ingredients(typed: &DrugTyped, known: &SubstanceNames, errors: &mut FieldErrors) -> Vec<Ingredient> {
    let mut ingredients: Vec<Ingredient> = Vec::new();
    let typed_rows = typed.ingredients.iter().enumerate().filter(|(_, row)| !row[0].trim().is_empty() || !row[1].trim().is_empty());
    for (at, [substance, amount, unit, per, per_unit]) in typed_rows {
        let field = |index: usize| format!("{}_{}", INGREDIENT_FIELDS[index], at + 1);
        let found = known.find(substance);
        if found.is_none() {
            errors.add(&field(0), tr!(formulary.no_such_substance, name = substance.clone()));
        }
        let per = if per.trim().is_empty() { "1" } else { per };
        let amount = errors.check(Amount::parse(&field(1), amount));
        let unit = errors.chosen::<Unit>(&field(2), unit);
        let per = errors.check(Amount::parse(&field(3), per));
        let per_unit = errors.chosen::<Unit>(&field(4), per_unit);
        let (Some((substance, name)), Some(amount), Some(unit), Some(per), Some(per_unit)) = (found, amount, unit, per, per_unit) else {
            continue;
        };
        if unit.is_counted() {
            errors.add(&field(2), tr!(formulary.not_a_measure));
        }
        if ingredients.iter().any(|one| one.substance == substance) {
            errors.add(&field(0), tr!(formulary.substance_twice));
        }
        ingredients.push(Ingredient { substance, name, strength: Strength { amount, unit, per, per_unit } });
    }
    if typed.ingredients.iter().all(|row| row[0].trim().is_empty() && row[1].trim().is_empty()) {
        errors.add(&format!("{}_1", INGREDIENT_FIELDS[0]), tr!(formulary.which_substance));
    }
    if ingredients.len() > INGREDIENTS {
        errors.add(&format!("{}_1", INGREDIENT_FIELDS[0]), tr!(formulary.too_many_ingredients, most = INGREDIENTS));
    }
    ingredients
}

/// A medicine that can be prescribed, with its usual dosage.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Prescribable {
    pub id: DrugId,
    pub name: String,
    pub name_es: String,
    pub status: DrugStatus,
    /// The words under which an allergy to it may be recorded.
    pub allergy_words: String,
    pub usual_dose: String,
    pub usual_route: String,
    pub usual_frequency: String,
    /// A second person checks each dose on a ward.
    pub high_alert: bool,
}

/// Returns all medicines that can be prescribed: drugs of the formulary, and names that are mapped to none yet. A name that is mapped is left
/// out, because its drug stands in the list.
///
/// # Errors
/// When the database refuses.
pub async fn prescribable(tx: &mut Tx) -> Result<Vec<Prescribable>> {
    store::drugs::prescribable(tx).await
}

/// Finds the medicine with exactly this name, in any case and in either language. A name that is mapped finds its drug.
///
/// # Errors
/// When the database refuses.
pub async fn prescribable_named(tx: &mut Tx, name: &str) -> Result<Option<Prescribable>> {
    let name = name.trim().to_lowercase();
    if name.is_empty() {
        return Ok(None);
    }
    let all = store::drugs::prescribable(tx).await?;
    if let Some(found) = all.into_iter().find(|drug| drug.name.to_lowercase() == name || drug.name_es.to_lowercase() == name) {
        return Ok(Some(found));
    }
    let mapped = store::drugs::mapped(tx).await?.into_iter().find(|(known, _)| known.to_lowercase() == name);
    match mapped {
        Some((_, drug)) => store::drugs::prescribable_drug(tx, drug).await,
        None => Ok(None),
    }
}

/// Returns a drug with its ingredients; for a name that is mapped, the drug that it means.
///
/// # Errors
/// When the database refuses.
pub async fn formulary_drug(tx: &mut Tx, id: DrugId) -> Result<Option<Drug>> {
    let found = store::drugs::one(tx, id).await?;
    match found.as_ref().and_then(|drug| drug.same_as) {
        Some(same) => store::drugs::one(tx, same).await,
        None => Ok(found),
    }
}

/// Returns the medicine that can be prescribed with this id.
///
/// # Errors
/// When the database refuses.
pub async fn prescribable_drug(tx: &mut Tx, id: DrugId) -> Result<Option<Prescribable>> {
    store::drugs::prescribable_drug(tx, id).await
}
