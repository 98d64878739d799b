//! The file of drugs.

use std::collections::HashMap;

use super::{FileKind, ReadRow, RowOutcome, TypedRow, effect, read};
use crate::{
    audit::{Action, change_words},
    core::{DrugId, Error, Result},
    formulary::{
        Caution, DrugStatus, Route, Strength, change,
        drug::{Drug, DrugDraft, DrugTyped, INGREDIENT_FIELDS, Ingredient},
        store,
        substance::SubstanceNames,
    },
    server::Ctx,
    tr,
};

pub(super) const COLUMNS: [&str; 15] = [
    "code",
    "name",
    "name_es",
    "form",
    "routes",
    "unit",
    "divisible",
    "ingredients",
    "flags",
    "schedule",
    "status",
    "source",
    "cautions",
    "diluent",
    "in_use_days",
];

/// The flags of a drug.
const FLAGS: [&str; 4] = ["high_alert", "fridge", "weekly", "counsel"];

/// Reads the drugs of a file, for the default formulary.
pub(in crate::formulary) fn rows(text: &str) -> Result<Vec<DrugTyped>> {
    Ok(read(text, FileKind::Drugs)?.into_iter().map(|(_, row)| row.drug()).collect())
}

impl TypedRow {
    /// Returns the drug that the row describes.
    fn drug(&self) -> DrugTyped {
        let flags = self.list("flags", '|');
        let flag = |name: &str| flags.iter().any(|flag| flag == name);
        let ingredient = |text: String| {
            let mut parts = text.split('|').map(|part| part.trim().to_owned());
            std::array::from_fn(|_| parts.next().unwrap_or_default())
        };
        DrugTyped {
            code: self.get("code").to_owned(),
            name: self.get("name").to_owned(),
            name_es: self.get("name_es").to_owned(),
            form: self.get("form").to_lowercase(),
            unit: self.get("unit").to_owned(),
            divisible: self.get("divisible").to_owned(),
            status: match self.get("status") {
                "" => DrugStatus::Formulary.as_str().to_owned(),
                status => status.to_lowercase(),
            },
            schedule: self.get("schedule").to_owned(),
            source: self.get("source").to_owned(),
            high_alert: flag("high_alert"),
            fridge: flag("fridge"),
            weekly: flag("weekly"),
            counsel: flag("counsel"),
            cautions: self.list("cautions", '|'),
            diluent: self.get("diluent").to_owned(),
            in_use_days: self.get("in_use_days").to_owned(),
            routes: self.list("routes", '|'),
            ingredients: self.list("ingredients", ';').into_iter().map(ingredient).collect(),
        }
    }

    /// Returns the flags that no drug has.
    fn unknown_flags(&self) -> Vec<String> {
        self.list("flags", '|').into_iter().filter(|flag| !FLAGS.contains(&flag.as_str())).collect()
    }
}

/// Imports the rows of a file.
pub(super) async fn import(ctx: &mut Ctx, rows: Vec<(usize, TypedRow)>) -> Result<Vec<ReadRow>> {
    let mut known = Known::load(ctx).await?;
    let mut read = Vec::new();
    for (line, typed) in rows {
        let code = typed.get("code").to_uppercase();
        let (outcome, words) = effect(row(ctx, &typed, &mut known).await, |field| column(field).to_owned())?;
        read.push(ReadRow { line, code, outcome, words });
    }
    Ok(read)
}

/// Returns the column of a field of the form.
fn column(field: &str) -> &str {
    match field {
        "dispensing_unit" => "unit",
        "route-oral" => "routes",
        "caution-drowsy" => "cautions",
        field
            if field.ends_with(|letter: char| letter.is_ascii_digit()) && INGREDIENT_FIELDS.iter().any(|name| field.starts_with(name)) =>
        {
            "ingredients"
        }
        field => field,
    }
}

/// The formulary as it is known while a file is read.
struct Known {
    substances: SubstanceNames,
    /// The drugs by code; `None` when the file has named the code.
    codes: HashMap<String, Option<Drug>>,
    /// The codes by name.
    names: HashMap<String, String>,
    /// The bare names, which a drug of the same name completes.
    bare: HashMap<String, Drug>,
}

impl Known {
    async fn load(ctx: &mut Ctx) -> Result<Self> {
        let substances = SubstanceNames::load(&mut ctx.tx).await?;
        let mut known = Self { substances, codes: HashMap::new(), names: HashMap::new(), bare: HashMap::new() };
        for drug in store::drugs::all(&mut ctx.tx).await? {
            let name = drug.name.to_lowercase();
            if drug.status == DrugStatus::Unmapped && !drug.retired {
                known.bare.insert(name, drug);
            } else {
                known.names.insert(name, drug.code.to_uppercase());
                known.codes.insert(drug.code.to_uppercase(), Some(drug));
            }
        }
        Ok(known)
    }
}

/// Imports one row of the file. A code that stands in the file twice is refused.
async fn row(ctx: &mut Ctx, typed: &TypedRow, known: &mut Known) -> Result<(RowOutcome, String)> {
    if let Some(flag) = typed.unknown_flags().first() {
        return Err(Error::invalid("flags", tr!(formulary.flag_unknown, flag = flag.clone())));
    }
    let mut draft = DrugDraft::read(&typed.drug(), &known.substances)?;
    let name = draft.name.to_lowercase();
    let before = match known.codes.get(&draft.code) {
        Some(None) => return Err(Error::invalid("code", tr!(formulary.code_twice))),
        Some(Some(drug)) if drug.retired => return Err(Error::conflict(tr!(formulary.drug_is_retired))),
        Some(Some(drug)) => Some(drug.clone()),
        None => known.bare.remove(&name),
    };
    if let Some(before) = before.as_ref().filter(|_| !typed.has("cautions")) {
        draft.cautions = before.cautions.clone();
    }
    if let Some(before) = before.as_ref().filter(|_| !typed.has("diluent")) {
        draft.diluent.clone_from(&before.diluent);
    }
    if let Some(before) = before.as_ref().filter(|_| !typed.has("in_use_days")) {
        draft.in_use_days = before.in_use_days;
    }
    // The database would refuse the whole file for a name that another drug has.
    let is_taken = known.names.get(&name).is_some_and(|code| *code != draft.code) || known.bare.contains_key(&name);
    if is_taken {
        return Err(Error::invalid("name", tr!(formulary.drug_name_taken)));
    }
    known.names.insert(name, draft.code.clone());
    known.codes.insert(draft.code.clone(), None);
    let id = before.as_ref().map_or_else(DrugId::new, |before| before.id);
    let stamp = ctx.stamp();
    let changes = change::write_drug(&mut ctx.tx, (id, before.as_ref()), &draft, stamp).await?;
    if changes.is_empty() {
        return Ok((RowOutcome::Unchanged, draft.name));
    }
    let action = if before.is_some() { Action::Update } else { Action::Create };
    ctx.did_change(action, "drug", id, &changes);
    Ok(match before {
        None => (RowOutcome::New, draft.name),
        Some(_) => (RowOutcome::Changed, changes.iter().map(change_words).collect::<Vec<_>>().join("; ")),
    })
}

/// Returns the cells of the drugs in use.
pub(super) async fn cells(ctx: &mut Ctx) -> Result<Vec<Vec<String>>> {
    let drugs = store::drugs::all(&mut ctx.tx).await?;
    Ok(drugs.iter().filter(|drug| !drug.retired && drug.status != DrugStatus::Unmapped).map(row_of).collect())
}

fn row_of(drug: &Drug) -> Vec<String> {
    let ingredient = |one: &Ingredient| {
        let Strength { amount, unit, per, per_unit } = one.strength;
        format!("{}|{}|{unit}|{}|{per_unit}", one.name, amount.text(), per.text())
    };
    let flags = FLAGS.into_iter().zip([drug.high_alert, drug.fridge, drug.weekly, drug.counsel]);
    vec![
        drug.code.clone(),
        drug.name.clone(),
        drug.name_es.clone(),
        drug.form.map(|form| form.to_string()).unwrap_or_default(),
        drug.routes.iter().copied().map(Route::as_str).collect::<Vec<_>>().join("|"),
        drug.unit.map(|unit| unit.to_string()).unwrap_or_default(),
        drug.divisible.to_string(),
        drug.ingredients.iter().map(ingredient).collect::<Vec<_>>().join(";"),
        flags.filter(|(_, set)| *set).map(|(name, _)| name).collect::<Vec<_>>().join("|"),
        drug.schedule.clone(),
        drug.status.as_str().to_owned(),
        drug.source.clone(),
        drug.cautions.iter().copied().map(Caution::as_str).collect::<Vec<_>>().join("|"),
        drug.diluent.clone(),
        drug.in_use_days.map(|days| days.to_string()).unwrap_or_default(),
    ]
}
