//! The stock list, the expiring batches and the ledger of an item as workbooks.

use chrono::NaiveDate;

use super::{
    ledger::{self, BinEntry, Expiring, StockRow},
    pages::shown_name,
};
use crate::{
    core::{
        ClinicId, Currency, Money, Result, StockItemId,
        locale::Locale,
        time::{Zone, show_date_time},
        xlsx::{SheetCell, Workbook},
    },
    db::Tx,
    tr,
};

/// The most rows of a file.
pub const MOST: i64 = 50_000;

fn text(words: impl Into<String>) -> SheetCell {
    SheetCell::Text(words.into())
}

fn day(day: Option<NaiveDate>) -> SheetCell {
    text(day.map(|day| day.to_string()).unwrap_or_default())
}

/// An amount in thousandths of a minor unit as plain digits.
fn amount(thousandths: i64, currency: Currency) -> SheetCell {
    let money = Money((thousandths + 500).div_euclid(1_000));
    SheetCell::Amount(currency.plain(money, Locale::en).replace(',', "").replace('−', "-"))
}

fn book(name: &str, columns: &[&str], rows: Vec<Vec<SheetCell>>, currency: Currency) -> Result<Vec<u8>> {
    let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    Workbook { name, columns: &columns, rows, total: None, decimals: currency.decimals() }.write()
}

/// Writes the stock of a clinic.
///
/// # Errors
/// When the database refuses, or the file cannot be written.
pub async fn stock(tx: &mut Tx, clinic: ClinicId, today: NaiveDate, currency: Currency) -> Result<Vec<u8>> {
    let row = |row: &StockRow| {
        vec![
            text(row.code.clone()),
            text(shown_name(&row.name, &row.name_es)),
            text(row.store_name.clone()),
            SheetCell::Number(row.quantity.to_string()),
            SheetCell::Number(row.usable.to_string()),
            text(row.unit.words()),
            day(row.first_expiry),
            SheetCell::Number(row.low_at.to_string()),
            amount(row.value, currency),
        ]
    };
    let rows = ledger::all_stock(tx, clinic, today, MOST).await?.iter().map(row).collect();
    let columns = [
        tr!(inventory.code),
        tr!(inventory.item),
        tr!(inventory.room),
        tr!(inventory.quantity),
        tr!(inventory.usable),
        tr!(inventory.unit),
        tr!(inventory.first_expiry),
        tr!(inventory.low_at),
        tr!(inventory.value),
    ];
    book(tr!(inventory.title), &columns, rows, currency)
}

/// Writes the batches of a clinic that expire until a day.
///
/// # Errors
/// When the database refuses, or the file cannot be written.
pub async fn expiring(tx: &mut Tx, clinic: ClinicId, until: NaiveDate, currency: Currency) -> Result<Vec<u8>> {
    let row = |row: &Expiring| {
        vec![
            text(shown_name(&row.name, &row.name_es)),
            text(row.batch_no.clone()),
            day(Some(row.expires_on)),
            text(row.store_name.clone()),
            SheetCell::Number(row.on_hand.to_string()),
            text(row.unit.words()),
            text(row.status.words()),
        ]
    };
    let rows = ledger::all_expiring(tx, clinic, until, MOST).await?.iter().map(row).collect();
    let columns = [
        tr!(inventory.item),
        tr!(inventory.batch),
        tr!(inventory.expires_on),
        tr!(inventory.room),
        tr!(inventory.quantity),
        tr!(inventory.unit),
        tr!(inventory.status),
    ];
    book(tr!(inventory.expiring), &columns, rows, currency)
}

/// Writes the movements of an item at a clinic.
///
/// # Errors
/// When the database refuses, or the file cannot be written.
pub async fn movements(tx: &mut Tx, item: StockItemId, clinic: ClinicId, (zone, currency): (Zone, Currency)) -> Result<Vec<u8>> {
    let row = |row: &BinEntry| {
        vec![
            text(show_date_time(zone.local(row.at))),
            text(row.kind.words()),
            text(row.store_name.clone()),
            text(row.batch_no.clone()),
            SheetCell::Number(row.quantity.to_string()),
            SheetCell::Number(row.on_hand_after.to_string()),
            text(row.reason.map(super::StockReason::words).unwrap_or_default()),
            text(row.reference.clone()),
            text(row.by_name.clone()),
        ]
    };
    let rows = ledger::all_movements(tx, item, clinic, MOST).await?.iter().map(row).collect();
    let columns = [
        tr!(inventory.at),
        tr!(inventory.movement),
        tr!(inventory.room),
        tr!(inventory.batch),
        tr!(inventory.quantity),
        tr!(inventory.balance),
        tr!(inventory.reason),
        tr!(inventory.reference),
        tr!(inventory.by),
    ];
    book(tr!(inventory.bin_card), &columns, rows, currency)
}
