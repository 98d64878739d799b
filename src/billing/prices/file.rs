//! The price list as a file of comma-separated values: export, and import with a preview of the changes.
//!
//! The preview is the import itself, in a transaction that is not committed, so that it cannot differ from the import.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    ItemForm, ItemKind, Master, Masters, NewPrice, Price, PriceFor, PriceItem, change,
    items::{self, ItemTyped},
    store,
};
use crate::{
    core::{
        ClinicId, Currency, Error, InsurerId, Money, PriceId, PriceItemId, Result, StaffId, VisitTypeId, locale::Locale, spreadsheet,
        time::parse_date,
    },
    server::Ctx,
    tr,
};

/// The columns, in the order of the export.
const COLUMNS: [&str; 15] = [
    "code",
    "name",
    "kind",
    "department",
    "unit",
    "discountable",
    "clinic",
    "insurer",
    "doctor",
    "visit_type",
    "amount",
    "per",
    "valid_from",
    "valid_to",
    "name_es",
];
/// The most rows in one file.
const ROWS: usize = 5_000;

crate::text_enum! {
    /// The effect of a row of the file.
    pub enum Outcome("outcome") {
        /// A new item or a new price.
        New = "new",
        /// A price that replaces another, or changed texts of an item.
        Changed = "changed",
        /// A price that gets its last day.
        Ended = "ended",
        Unchanged = "unchanged",
        Refused = "refused",
    }
}

/// A row of the file, and its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedRow {
    /// The line of the file, from 1; the header is line 1.
    pub line: usize,
    pub code: String,
    pub outcome: Outcome,
    /// The change, or the mistake in the row.
    pub words: String,
}

/// The effect of the file on the price list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub rows: Vec<ImportedRow>,
}

impl Imported {
    /// Returns the number of rows with the outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }

    /// Returns a digest that identifies exactly these changes: the form sends the one that the user saw.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for row in &self.rows {
            digest.update(format!("{}\n{}\n{}\n{}\n", row.line, row.code, row.outcome.as_str(), row.words));
        }
        let bytes = digest.finalize();
        let named: [u8; 16] = std::array::from_fn(|at| bytes[at]);
        Uuid::from_bytes(named).simple().to_string()
    }
}

fn plain(amount: Money, currency: Currency) -> String {
    currency.plain(amount, Locale::en).replace(',', "")
}

/// Returns the prices in force today or later, and items without a price.
///
/// # Errors
/// When the database refuses.
pub async fn export(ctx: &mut Ctx) -> Result<String> {
    let (today, currency) = (ctx.today(), ctx.state().hospital().currency);
    let masters = store::masters(&mut ctx.tx).await?;
    let items: Vec<PriceItem> = store::items(&mut ctx.tx).await?.into_iter().filter(|item| !item.retired).collect();
    let prices = store::prices_from(&mut ctx.tx, today).await?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Error::internal("the price list cannot be written", &error);
    writer.write_record(COLUMNS).map_err(failed)?;
    for item in &items {
        let of_item: Vec<&Price> = prices.iter().filter(|price| price.item_id == item.id).collect();
        for price in of_item.iter().copied().map(Some).chain(of_item.is_empty().then_some(None)) {
            writer.write_record(cells(item, price, &masters, currency)).map_err(failed)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| Error::internal("the price list cannot be written", &error))?;
    String::from_utf8(bytes).map_err(|error| Error::internal("the price list is no text", &error))
}

fn cells(item: &PriceItem, price: Option<&Price>, masters: &Masters, currency: Currency) -> Vec<String> {
    let find = |rows: &[Master], id: Option<Uuid>| id.and_then(|id| rows.iter().find(|row| row.id == id).cloned());
    let of = price.map(Price::stands_for).unwrap_or_default();
    let department = find(&masters.departments, item.department_id.map(Into::into)).map(|row| row.code).unwrap_or_default();
    let clinic = find(&masters.clinics, of.clinic.map(Into::into)).map(|row| row.code).unwrap_or_default();
    let insurer = find(&masters.insurers, of.insurer.map(Into::into)).map(|row| row.name).unwrap_or_default();
    let doctor = find(&masters.doctors, of.provider.map(Into::into)).map(|row| row.name).unwrap_or_default();
    let visit_type = find(&masters.visit_types, of.visit_type.map(Into::into)).map(|row| row.name).unwrap_or_default();
    let discountable = if item.discountable { "yes" } else { "no" };
    [
        item.code.clone(),
        item.name.clone(),
        item.kind.as_str().to_owned(),
        department,
        item.unit.clone(),
        discountable.to_owned(),
        clinic,
        insurer,
        doctor,
        visit_type,
        price.map(|price| plain(price.amount, currency)).unwrap_or_default(),
        price.map(|price| price.per.to_string()).unwrap_or_default(),
        price.map(|price| price.valid_from.to_string()).unwrap_or_default(),
        price.and_then(|price| price.valid_to).map(|to| to.to_string()).unwrap_or_default(),
        item.name_es.clone(),
    ]
    .iter()
    .map(|cell| spreadsheet::safe(cell))
    .collect()
}

/// A row as it was read: the cells by column.
struct Typed(HashMap<&'static str, String>);

impl Typed {
    fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }
}

/// Reads the file, separated by commas, semicolons or tabs, as spreadsheets save and copy it.
fn read(text: &str) -> Result<Vec<(usize, Typed)>> {
    let wrong = |words: String| Error::invalid("text", words);
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|mark| head.bytes().filter(|byte| byte == mark).count()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|_| wrong(tr!(billing.file_unreadable).to_owned()))?.clone();
    let mut columns = Vec::new();
    for head in &heads {
        let name = head.trim_start_matches('\u{feff}').to_lowercase();
        let column = COLUMNS.iter().find(|column| **column == name).copied();
        match column {
            Some(column) if !columns.contains(&column) => columns.push(column),
            _ => return Err(wrong(tr!(billing.column_unknown, column = name, columns = COLUMNS.join(", ")))),
        }
    }
    if !columns.contains(&"code") {
        return Err(wrong(tr!(billing.column_missing, columns = COLUMNS.join(", "))));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| wrong(tr!(billing.file_unreadable).to_owned()))?;
        let line = record.position().map_or(rows.len() + 2, |position| usize::try_from(position.line()).unwrap_or_default());
        if record.len() > columns.len() {
            return Err(wrong(tr!(billing.row_too_long, line = line)));
        }
        let cells: HashMap<_, _> = columns.iter().copied().zip(record.iter().map(spreadsheet::typed)).collect();
        if cells.values().any(|cell| !cell.is_empty()) {
            rows.push((line, Typed(cells)));
        }
        if rows.len() > ROWS {
            return Err(wrong(tr!(billing.too_many_rows, most = ROWS)));
        }
    }
    if rows.is_empty() {
        return Err(wrong(tr!(billing.file_empty).to_owned()));
    }
    Ok(rows)
}

/// Changes the price list to the content of the file, row by row; items and prices that the file does not name stay unchanged.
/// Wrong rows are `Refused`: the caller commits only when there is none, and when the user saw these changes.
///
/// # Errors
/// [`Error::Invalid`] of `text` when it is not such a file.
pub async fn import(ctx: &mut Ctx, text: &str) -> Result<Imported> {
    let rows = read(text)?;
    ctx.tx.take_turn("price list", "").await?;
    let masters = store::masters(&mut ctx.tx).await?;
    let mut codes: HashMap<String, PriceItemId> =
        store::items(&mut ctx.tx).await?.into_iter().map(|item| (item.code.to_uppercase(), item.id)).collect();
    let mut imported = Imported::default();
    for (line, typed) in rows {
        let code = typed.get("code").to_owned();
        let (outcome, words) = match row(ctx, &typed, &masters, &mut codes).await {
            Ok(done) => done,
            Err(Error::Invalid(errors)) => {
                let words: Vec<_> = errors.into_iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
                (Outcome::Refused, words.join(" "))
            }
            Err(Error::Conflict(words)) => (Outcome::Refused, words),
            Err(error) => return Err(error),
        };
        imported.rows.push(ImportedRow { line, code, outcome, words });
    }
    Ok(imported)
}

/// Imports one row of the file.
async fn row(ctx: &mut Ctx, typed: &Typed, masters: &Masters, codes: &mut HashMap<String, PriceItemId>) -> Result<(Outcome, String)> {
    let known = codes.get(&typed.get("code").to_uppercase()).copied();
    let before = match known {
        Some(id) => store::item(&mut ctx.tx, id).await?,
        None => None,
    };
    if before.as_ref().is_some_and(|item| item.retired) {
        return Err(Error::conflict(tr!(billing.item_retired)));
    }
    let form = form(typed, before.as_ref(), masters)?;
    let price = price(typed, masters, ctx.state().hospital().currency, ctx.today())?;
    let version = before.as_ref().map(|item| item.version.to_string()).unwrap_or_default();
    let id = items::save_item(ctx, known, (PriceItemId::new(), &version), &form).await?;
    codes.insert(form.code.to_uppercase(), id);
    let item = store::item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let renamed = before.as_ref().is_some_and(|before| before.version != item.version);
    let item_outcome = match (&before, renamed) {
        (None, _) => Outcome::New,
        (Some(_), true) => Outcome::Changed,
        (Some(_), false) => Outcome::Unchanged,
    };
    let Some(new) = price else { return Ok((item_outcome, form.name)) };
    let rows = store::prices_of(&mut ctx.tx, id).await?;
    let same = |row: &&Price| row.stands_for() == new.of && (row.amount, row.per) == (new.amount, new.per) && row.holds_on(new.from);
    let (currency, name) = (ctx.state().hospital().currency, form.name);
    let shown = format!("{name}, {}: {}", masters.words(new.of), currency.show(new.amount));
    if let Some(row) = rows.iter().find(same) {
        return match new.until {
            Some(until) if row.valid_to.is_none_or(|to| until < to) => {
                change::end_price(ctx, row.id, &item.version.to_string(), until).await?;
                Ok((Outcome::Ended, format!("{shown} → {until}")))
            }
            _ => Ok((item_outcome, shown)),
        };
    }
    let old = rows.iter().find(|row| row.stands_for() == new.of && row.holds_on(new.from)).map(|row| row.amount);
    change::set_price(ctx, id, (PriceId::new(), &item.version.to_string()), new).await?;
    Ok(match old {
        Some(old) => (Outcome::Changed, format!("{shown} ({}) · {}", currency.show(old), new.from)),
        None => (Outcome::New, format!("{shown} · {}", new.from)),
    })
}

/// Returns the item of the row; empty cells keep the item's present values.
fn form(typed: &Typed, before: Option<&PriceItem>, masters: &Masters) -> Result<ItemForm> {
    let kept = |column: &str, kept: fn(&PriceItem) -> String| match typed.get(column) {
        "" => before.map(kept).unwrap_or_default(),
        cell => cell.to_owned(),
    };
    let department = match typed.get("department") {
        "" => before.and_then(|item| item.department_id).map(|id| id.to_string()).unwrap_or_default(),
        code => named(&masters.departments, "department", code)?.id.to_string(),
    };
    let discountable = match typed.get("discountable").to_lowercase().as_str() {
        "" => before.is_none_or(|item| item.discountable),
        "yes" | "true" | "1" | "sí" | "si" => true,
        "no" | "false" | "0" => false,
        _ => return Err(Error::invalid("discountable", tr!(errors.choose))),
    };
    let typed = ItemTyped {
        code: before.map_or_else(|| typed.get("code"), |item| &item.code),
        name: &kept("name", |item| item.name.clone()),
        name_es: &kept("name_es", |item| item.name_es.clone()),
        kind: &match kept("kind", |item| item.kind.as_str().to_owned()) {
            kind if kind.is_empty() => ItemKind::Other.as_str().to_owned(),
            kind => kind.to_lowercase(),
        },
        department_id: &department,
        unit: &kept("unit", |item| item.unit.clone()),
        discountable,
    };
    ItemForm::read(&typed)
}

/// Returns the price of the row; `None` without an amount.
fn price(typed: &Typed, masters: &Masters, currency: Currency, today: chrono::NaiveDate) -> Result<Option<NewPrice>> {
    let one = |rows: &[Master], column: &'static str| match typed.get(column) {
        "" => Ok(None),
        name => named(rows, column, name).map(|row| Some(row.id)),
    };
    let of = PriceFor {
        clinic: one(&masters.clinics, "clinic")?.map(ClinicId),
        insurer: one(&masters.insurers, "insurer")?.map(InsurerId),
        provider: one(&masters.doctors, "doctor")?.map(StaffId),
        visit_type: one(&masters.visit_types, "visit_type")?.map(VisitTypeId),
    };
    if typed.get("amount").is_empty() {
        return Ok(None);
    }
    let amount = currency.parse("amount", typed.get("amount"))?;
    let per = match typed.get("per") {
        "" => 1,
        per => per.parse().map_err(|_| Error::invalid("per", tr!(billing.per_wrong)))?,
    };
    let from = match typed.get("valid_from") {
        "" => today,
        day => parse_date("valid_from", day)?,
    };
    let until = match typed.get("valid_to") {
        "" => None,
        day => Some(parse_date("valid_to", day)?),
    };
    Ok(Some(NewPrice { of, amount, per, from, until }))
}

/// Returns the only row in use with this code or name.
fn named<'m>(rows: &'m [Master], column: &str, name: &str) -> Result<&'m Master> {
    let folded = name.to_lowercase();
    let is_it = |row: &&Master| !row.retired && (row.code.to_lowercase() == folded || row.name.to_lowercase() == folded);
    let mut found = rows.iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row),
        (None, _) => Err(Error::invalid(column, tr!(billing.not_known, name = name.to_owned()))),
        (Some(_), Some(_)) => Err(Error::invalid(column, tr!(billing.known_twice, name = name.to_owned()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_spreadsheets_write_and_copy_them() {
        for text in ["code,amount\nXR,12.50\n", "\u{feff}Code;Amount\r\nXR;12.50\r\n", "code\tamount\nXR\t12.50"] {
            let rows = read(text).expect("read");
            assert_eq!((rows.len(), rows[0].1.get("code"), rows[0].1.get("amount")), (1, "XR", "12.50"), "{text:?}");
        }
        for text in ["", "code\n", "code,colour\nXR,red", "name\nX-ray", "code,code\n1,2", "code,amount\nXR,1,2,3"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
