//! The formulary as a file of comma-separated values: export, and import with a preview of the changes. The preview is the import itself, in a
//! transaction that is not committed, so that it cannot differ from the import.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::{
    DrugStatus, Route, Strength, change,
    drug::{Drug, DrugDraft, DrugTyped, INGREDIENT_FIELDS, Ingredient},
    store,
    substance::SubstanceNames,
};
use crate::{
    audit::{Action, change_words},
    core::{DrugId, Error, Result, spreadsheet},
    server::Ctx,
    tr,
};

/// The columns, in the order of the export.
const COLUMNS: [&str; 12] =
    ["code", "name", "name_es", "form", "routes", "unit", "divisible", "ingredients", "flags", "schedule", "status", "source"];
/// The most rows in one file.
const ROWS: usize = 5_000;

crate::text_enum! {
    /// The effect of a row of the file.
    pub enum RowOutcome("outcome") {
        New = "new" => tr!(formulary.outcome_new),
        Changed = "changed" => tr!(formulary.outcome_changed),
        Unchanged = "unchanged" => tr!(formulary.outcome_unchanged),
        Refused = "refused" => tr!(formulary.outcome_refused),
    }
}

/// A row of the file, and its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    /// The line of the file, from 1; the header is line 1.
    pub line: usize,
    pub code: String,
    pub outcome: RowOutcome,
    /// The change, or the mistake in the row.
    pub words: String,
}

/// The effect of the file on the formulary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadFile {
    pub rows: Vec<ReadRow>,
}

impl ReadFile {
    /// Returns the number of rows with the outcome.
    pub fn count(&self, outcome: RowOutcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }

    /// Returns a digest that identifies exactly these changes: the form sends the one that the user saw.
    pub fn digest(&self) -> String {
        use std::fmt::Write as _;
        let mut digest = Sha256::new();
        for row in &self.rows {
            digest.update(format!("{}\n{}\n{}\n{}\n", row.line, row.code, row.outcome.as_str(), row.words));
        }
        digest.finalize().iter().take(16).fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// A row as it was read: the cells by column.
pub(super) struct TypedRow(HashMap<&'static str, String>);

impl TypedRow {
    fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    fn list(&self, column: &str, between: char) -> Vec<String> {
        self.get(column).split(between).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// Returns the drug that the row describes.
    pub fn drug(&self) -> DrugTyped {
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
            routes: self.list("routes", '|'),
            ingredients: self.list("ingredients", ';').into_iter().map(ingredient).collect(),
        }
    }

    /// Returns the flags that no drug has.
    fn unknown_flags(&self) -> Vec<String> {
        self.list("flags", '|').into_iter().filter(|flag| !["high_alert", "fridge", "weekly"].contains(&flag.as_str())).collect()
    }
}

/// Reads the file, separated by commas, semicolons or tabs, as spreadsheets save and copy it.
pub(super) fn read(text: &str) -> Result<Vec<(usize, TypedRow)>> {
    let wrong = |words: String| Error::invalid("text", words);
    if text.trim().is_empty() {
        return Err(wrong(tr!(formulary.file_empty).to_owned()));
    }
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|mark| head.bytes().filter(|byte| byte == mark).count()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|_| wrong(tr!(formulary.file_unreadable).to_owned()))?.clone();
    let mut columns = Vec::new();
    for head in &heads {
        let name = head.trim_start_matches('\u{feff}').to_lowercase();
        match COLUMNS.iter().find(|column| **column == name).copied() {
            Some(column) if !columns.contains(&column) => columns.push(column),
            _ => return Err(wrong(tr!(formulary.column_unknown, column = name, columns = COLUMNS.join(", ")))),
        }
    }
    if !columns.contains(&"code") {
        return Err(wrong(tr!(formulary.column_missing, columns = COLUMNS.join(", "))));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| wrong(tr!(formulary.file_unreadable).to_owned()))?;
        let line = record.position().map_or(rows.len() + 2, |position| usize::try_from(position.line()).unwrap_or_default());
        if record.len() > columns.len() {
            return Err(wrong(tr!(formulary.row_too_long, line = line)));
        }
        let cells: HashMap<_, _> = columns.iter().copied().zip(record.iter().map(|cell| spreadsheet::typed(cell).to_owned())).collect();
        if cells.values().any(|cell| !cell.is_empty()) {
            rows.push((line, TypedRow(cells)));
        }
        if rows.len() > ROWS {
            return Err(wrong(tr!(formulary.too_many_rows, most = ROWS)));
        }
    }
    if rows.is_empty() {
        return Err(wrong(tr!(formulary.file_empty).to_owned()));
    }
    Ok(rows)
}

/// Changes the formulary to the content of the file, row by row; drugs that the file does not name stay unchanged. Wrong rows are `Refused`: the
/// caller commits only when there is none, and when the user saw these changes.
///
/// # Errors
/// [`Error::Invalid`] of `text` when it is not such a file.
pub(super) async fn import(ctx: &mut Ctx, text: &str) -> Result<ReadFile> {
    let rows = read(text)?;
    change::take_turn(&mut ctx.tx).await?;
    let mut known = Known::load(ctx).await?;
    let mut file = ReadFile::default();
    for (line, typed) in rows {
        let code = typed.get("code").to_uppercase();
        let (outcome, words) = match row(ctx, &typed, &mut known).await {
            Ok(done) => done,
            Err(Error::Invalid(errors)) => {
                let words: Vec<_> = errors.into_iter().map(|error| format!("{}: {}", column(&error.field), error.message)).collect();
                (RowOutcome::Refused, words.join(" "))
            }
            Err(Error::Conflict(words)) => (RowOutcome::Refused, words),
            Err(error) => return Err(error),
        };
        file.rows.push(ReadRow { line, code, outcome, words });
    }
    Ok(file)
}

/// Returns the column of a field of the form.
fn column(field: &str) -> &str {
    match field {
        "dispensing_unit" => "unit",
        "route-oral" => "routes",
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
    let draft = DrugDraft::read(&typed.drug(), &known.substances)?;
    let name = draft.name.to_lowercase();
    let before = match known.codes.get(&draft.code) {
        Some(None) => return Err(Error::invalid("code", tr!(formulary.code_twice))),
        Some(Some(drug)) if drug.retired => return Err(Error::conflict(tr!(formulary.drug_is_retired))),
        Some(Some(drug)) => Some(drug.clone()),
        None => known.bare.remove(&name),
    };
    // The database would refuse the whole file for a name that another drug has.
    let is_taken = known.names.get(&name).is_some_and(|code| *code != draft.code) || known.bare.contains_key(&name);
    if is_taken {
        return Err(Error::invalid("name", tr!(formulary.drug_name_taken)));
    }
    known.names.insert(name, draft.code.clone());
    known.codes.insert(draft.code.clone(), None);
    let id = before.as_ref().map_or_else(DrugId::new, |before| before.id);
    let (by, now) = (ctx.user(), ctx.now);
    let changes = change::write_drug(&mut ctx.tx, (id, before.as_ref()), &draft, by, now).await?;
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

/// Returns the drugs in use as a file that [`import`] reads without a change.
pub(super) async fn export(ctx: &mut Ctx) -> Result<String> {
    let drugs = store::drugs::all(&mut ctx.tx).await?;
    let failed = |error: csv::Error| Error::internal("the formulary cannot be written", &error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(failed)?;
    for drug in drugs.iter().filter(|drug| !drug.retired && drug.status != DrugStatus::Unmapped) {
        writer.write_record(cells(drug)).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| Error::internal("the formulary cannot be written", &error))?;
    String::from_utf8(bytes).map_err(|error| Error::internal("the formulary is no text", &error))
}

fn cells(drug: &Drug) -> Vec<String> {
    let ingredient = |one: &Ingredient| {
        let Strength { amount, unit, per, per_unit } = one.strength;
        format!("{}|{}|{unit}|{}|{per_unit}", one.name, amount.text(), per.text())
    };
    let flags = [("high_alert", drug.high_alert), ("fridge", drug.fridge), ("weekly", drug.weekly)];
    [
        drug.code.clone(),
        drug.name.clone(),
        drug.name_es.clone(),
        drug.form.map(|form| form.to_string()).unwrap_or_default(),
        drug.routes.iter().copied().map(Route::as_str).collect::<Vec<_>>().join("|"),
        drug.unit.map(|unit| unit.to_string()).unwrap_or_default(),
        drug.divisible.to_string(),
        drug.ingredients.iter().map(ingredient).collect::<Vec<_>>().join(";"),
        flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect::<Vec<_>>().join("|"),
        drug.schedule.clone(),
        drug.status.as_str().to_owned(),
        drug.source.clone(),
    ]
    .iter()
    .map(|cell| spreadsheet::safe(cell))
    .collect()
}
