//! Opening stock from a file of comma-separated values, with a preview. The preview is the import itself in a transaction that is not committed. All
//! rows are taken or none; the same file again changes nothing.

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    acts::{self, Delivery, MOST},
    codes,
    goods::whole,
    ledger,
    rooms::{self, Storeroom},
};
use crate::{
    core::{Error, Money, Result, StockDocumentId, error::FieldErrors, spreadsheet, time::parse_date},
    organisation::Typed,
    server::Ctx,
    tr,
};

/// The columns of the file.
const COLUMNS: [&str; 6] = ["code", "storeroom", "batch", "expires_on", "quantity", "cost"];
/// The most rows in one file.
const ROWS: usize = 10_000;

/// A row of the file: what it adds, or why it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningRow {
    /// The line of the file, from 1; the header is line 1.
    pub line: usize,
    pub code: String,
    pub effect: OpeningEffect,
    pub words: String,
}

crate::text_enum! {
    /// The effect of a row.
    pub enum OpeningEffect("effect") {
        New = "new" => tr!(inventory.opening_new),
        Unchanged = "unchanged" => tr!(inventory.opening_same),
        Refused = "refused" => tr!(inventory.opening_refused),
    }
}

/// The effect of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpeningFile {
    pub rows: Vec<OpeningRow>,
}

impl OpeningFile {
    /// The number of rows with an effect.
    pub fn count(&self, effect: OpeningEffect) -> usize {
        self.rows.iter().filter(|row| row.effect == effect).count()
    }

    /// A digest that identifies exactly these changes: the form sends the one that the user saw.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for row in &self.rows {
            digest.update(format!("{}\n{}\n{}\n{}\n", row.line, row.code, row.effect.as_str(), row.words));
        }
        let bytes = digest.finalize();
        let named: [u8; 16] = std::array::from_fn(|at| bytes[at]);
        Uuid::from_bytes(named).simple().to_string()
    }
}

/// The id of the document of a row: the same batch in the same storeroom has the same.
fn document_of(room: &Storeroom, item: &str, batch: &str, expires_on: Option<NaiveDate>) -> StockDocumentId {
    let key: String = batch.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect();
    let mut digest = Sha256::new();
    digest.update(format!("opening stock\n{}\n{item}\n{key}\n{expires_on:?}", room.id));
    let bytes = digest.finalize();
    let named: [u8; 16] = std::array::from_fn(|at| bytes[at]);
    StockDocumentId(uuid::Builder::from_random_bytes(named).into_uuid())
}

/// Reads the file, separated by commas, semicolons or tabs, as spreadsheets save and copy it.
fn read(text: &str) -> Result<Vec<(usize, Typed)>> {
    let wrong = |words: String| Error::invalid("text", words);
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|mark| head.bytes().filter(|byte| byte == mark).count()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let unreadable = || wrong(tr!(inventory.file_unreadable, columns = COLUMNS.join(", ")));
    let heads = reader.headers().map_err(|_| unreadable())?.clone();
    let mut columns = Vec::new();
    for head in &heads {
        let name = head.trim_start_matches('\u{feff}').to_lowercase();
        match COLUMNS.iter().find(|column| **column == name).copied() {
            Some(column) if !columns.contains(&column) => columns.push(column),
            _ => return Err(unreadable()),
        }
    }
    if ["code", "storeroom", "batch", "quantity"].iter().any(|column| !columns.contains(column)) {
        return Err(unreadable());
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| unreadable())?;
        let line = record.position().map_or(rows.len() + 2, |position| usize::try_from(position.line()).unwrap_or_default());
        let cells = columns.iter().zip(record.iter()).map(|(column, cell)| ((*column).to_owned(), spreadsheet::typed(cell)));
        let typed: Typed = cells.filter(|(_, cell)| !cell.is_empty()).collect();
        if !typed.is_empty() {
            rows.push((line, typed));
        }
        if rows.len() > ROWS {
            return Err(wrong(tr!(inventory.too_many_rows, most = ROWS)));
        }
    }
    if rows.is_empty() { Err(unreadable()) } else { Ok(rows) }
}

/// Takes over a file. Wrong rows are `Refused`: the caller commits only when there is none, and when the user saw these changes.
///
/// # Errors
/// [`Error::Invalid`] of `text` when it is not such a file.
pub async fn import(ctx: &mut Ctx, text: &str) -> Result<OpeningFile> {
    let rows = read(text)?;
    ctx.tx.take_turn("opening stock", "").await?;
    let clinic = ctx.clinic.id;
    let rooms = rooms::rooms(&mut ctx.tx, clinic).await?;
    let mut file = OpeningFile::default();
    for (line, typed) in rows {
        let code = typed.get("code").cloned().unwrap_or_default();
        let (effect, words) = match row(ctx, &rooms, &typed).await {
            Ok(done) => done,
            Err(Error::Invalid(errors)) => {
                let words: Vec<_> = errors.into_iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
                (OpeningEffect::Refused, words.join(" "))
            }
            Err(Error::Conflict(words)) => (OpeningEffect::Refused, words),
            Err(error) => return Err(error),
        };
        file.rows.push(OpeningRow { line, code, effect, words });
    }
    Ok(file)
}

async fn row(ctx: &mut Ctx, rooms: &[Storeroom], typed: &Typed) -> Result<(OpeningEffect, String)> {
    let cell = |column: &str| typed.get(column).map(String::as_str).unwrap_or_default();
    let (today, clinic) = (ctx.today(), ctx.clinic.id);
    let item = codes::scan(&mut ctx.tx, clinic, cell("code"), today).await.map_err(|error| error.at_field("code"))?.item;
    let room = rooms
        .iter()
        .find(|room| room.code.eq_ignore_ascii_case(cell("storeroom")))
        .ok_or_else(|| Error::invalid("storeroom", tr!(inventory.room_unknown)))?;
    let mut errors = FieldErrors::new();
    let batch_no = errors.required_line("batch", cell("batch"), 40);
    let expires_on = match cell("expires_on") {
        "" => None,
        typed => errors.check(parse_date("expires_on", typed)),
    };
    let quantity = whole(&mut errors, "quantity", cell("quantity"), 1, MOST);
    let currency = ctx.state().hospital().currency;
    let cost = match cell("cost") {
        "" => Some(Money::ZERO),
        typed => errors.check(currency.parse("cost", typed)),
    };
    errors.finish()?;
    let (Some(quantity), Some(cost)) = (quantity, cost) else { return Err(Error::NotFound) };
    let key = document_of(room, &item.id.to_string(), &batch_no, expires_on);
    let words = format!("{} · {} · {batch_no} · {}", item.shown_name(), room.name, item.unit.count(quantity));
    let delivery = Delivery {
        key,
        store: room.id,
        item: item.id,
        batch_no,
        expires_on,
        quantity,
        cost,
        reference: tr!(inventory.opening_file).to_owned(),
        is_opening: true,
    };
    let is_new = acts::receive(ctx, &delivery).await?;
    if !is_new && ledger::moved_by(&mut ctx.tx, key).await? != Some(quantity) {
        return Err(Error::invalid("quantity", tr!(inventory.opening_differs)));
    }
    Ok((if is_new { OpeningEffect::New } else { OpeningEffect::Unchanged }, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_spreadsheets_write_it() {
        let rows = read("\u{feff}Code;Storeroom;Batch;Expires_on;Quantity\nPARA;MAIN;'007;2027-05-31;20\n;;;;\n").expect("a file");
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].0, rows[0].1["batch"].as_str(), rows[0].1["quantity"].as_str()), (2, "007", "20"));
        for wrong in ["", "code,storeroom\nA,B", "code,storeroom,batch,quantity,colour\nA,B,C,1,red", "code,storeroom,batch,quantity"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
