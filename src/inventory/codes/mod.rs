//! The article numbers (GTIN) of packs, and the reading of a scanned code: which item it is, which batch, and when that expires. An unknown code is
//! refused; nothing is guessed.

mod store;

use crate::{
    audit::Action,
    core::{
        ClinicId, Error, Result, StockBatchId, StockItemId,
        gs1::{self, Scan, Scanner},
        time::Instant,
    },
    db::Tx,
    inventory::goods::{self, StockItem},
    server::Ctx,
    tr,
};
use chrono::NaiveDate;

pub use store::{of_item, scanner};

/// The most units in a pack with a number.
pub const LARGEST: i64 = 1_000_000;

/// The article number of a pack.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ItemCode {
    /// 14 digits.
    pub gtin: String,
    pub item_id: StockItemId,
    /// The units in the pack.
    pub units: i64,
    pub added_at: Instant,
}

/// A code that was scanned or typed, with the item that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    pub item: StockItem,
    /// The units in the pack; none when the item's own code was typed.
    pub units: Option<i64>,
    /// The data of the code; empty when the item's own code was typed.
    pub scan: Scan,
    /// The batch, when it is known here.
    pub batch: Option<StockBatchId>,
}

/// Reads a code that was scanned at a clinic, or the code of an item.
///
/// # Errors
/// [`Error::Invalid`] of the field `scan` when the code is wrong, or belongs to no item.
pub async fn scan(tx: &mut Tx, clinic: ClinicId, typed: &str, today: NaiveDate) -> Result<Scanned> {
    let typed = typed.trim_matches(|letter: char| letter.is_whitespace() && letter != gs1::SEPARATOR);
    if typed.is_empty() {
        return Err(Error::invalid("scan", tr!(gs1.no_code)));
    }
    if typed.len() <= 40
        && let Some(id) = store::item_by_code(tx, typed).await?
        && let Some(item) = goods::item(tx, id).await?
    {
        return Ok(Scanned { item, units: None, scan: Scan::default(), batch: None });
    }
    let scanner = store::scanner(tx, clinic).await?.unwrap_or_default();
    let scan = gs1::parse_from(typed, today, &scanner).map_err(|error| Error::invalid("scan", error.words()))?;
    let Some(gtin) = scan.gtin.clone().or_else(|| scan.content.clone()) else {
        return Err(Error::invalid("scan", tr!(inventory.code_without_article)));
    };
    let Some(code) = store::code(tx, &gtin).await? else {
        return Err(Error::invalid("scan", tr!(inventory.code_unknown, gtin = gtin)));
    };
    let item = goods::item(tx, code.item_id).await?.ok_or(Error::NotFound)?;
    let units = match (scan.gtin.is_some(), scan.count) {
        // A package names its content and how often it is in there.
        (false, Some(count)) => code.units.saturating_mul(count),
        _ => code.units,
    };
    let batch = match &scan.batch {
        Some(number) => store::batch(tx, item.id, number, scan.expires_on).await?,
        None => None,
    };
    Ok(Scanned { item, units: Some(units), scan, batch })
}

/// The sentence of a refused scan, for a page that shows it without a form.
pub fn refusal_words(error: &Error) -> String {
    match error {
        Error::Invalid(fields) => fields.first().map_or_else(|| error.message(), |field| field.message.clone()),
        _ => error.message(),
    }
}

/// Gives the pack of an item its number. The same again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] when the check digit is wrong, or another item has the number.
pub async fn add(ctx: &mut Ctx, item: StockItemId, typed: &str, units: i64) -> Result<()> {
    let Some(gtin) = gs1::gtin(typed).or_else(|| gs1::parse(typed, ctx.today()).ok().and_then(|scan| scan.gtin)) else {
        return Err(Error::invalid("gtin", tr!(inventory.gtin_wrong)));
    };
    let item = goods::item(&mut ctx.tx, item).await?.ok_or(Error::NotFound)?;
    ctx.tx.take_turn("stock code", &gtin).await?;
    match store::code(&mut ctx.tx, &gtin).await? {
        Some(there) if there.item_id == item.id && there.units == units => return Ok(()),
        Some(_) => return Err(Error::invalid("gtin", tr!(inventory.gtin_taken))),
        None => {}
    }
    let (now, by) = (ctx.now, ctx.user());
    store::insert(&mut ctx.tx, &ItemCode { gtin, item_id: item.id, units, added_at: now }, by).await?;
    ctx.did(Action::Update, "stock_item", item.id, None);
    Ok(())
}

/// Takes a number away from an item.
///
/// # Errors
/// [`Error::NotFound`] when the item does not have it.
pub async fn remove(ctx: &mut Ctx, item: StockItemId, gtin: &str) -> Result<()> {
    if !store::delete(&mut ctx.tx, item, gtin).await? {
        return Err(Error::NotFound);
    }
    ctx.did(Action::Update, "stock_item", item, None);
    Ok(())
}

/// Keeps what the clinic's scanners type for the separator, as a scan of the test code shows it.
///
/// # Errors
/// [`Error::Invalid`] when it is another code, or the scanner loses the separator.
pub async fn learn_scanner(ctx: &mut Ctx, scanned: &str) -> Result<()> {
    let scanner = learn(scanned)?;
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    store::set_scanner(&mut ctx.tx, clinic, &scanner, stamp).await?;
    ctx.did(Action::Update, "stock_scanner", clinic, None);
    Ok(())
}

/// Finds what a scanner types for the separator, from the test code `0109506000134352` `10` `TEST` separator `21` `1234`.
///
/// # Errors
/// [`Error::Invalid`] when it is another code, or the scanner loses the separator.
pub fn learn(scanned: &str) -> Result<Scanner> {
    const BEFORE: &str = "010950600013435210TEST";
    const AFTER: &str = "211234";
    let scanned = scanned.trim_matches(|letter: char| letter.is_whitespace() && letter != gs1::SEPARATOR);
    let body = ["]d2", "]C1", "]Q3", "]e0", "]J1"].iter().find_map(|mark| scanned.strip_prefix(mark)).unwrap_or(scanned);
    let wrong = || Error::invalid("scan", tr!(inventory.other_test_code));
    let between = body.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER)).ok_or_else(wrong)?;
    if between.is_empty() {
        return Err(Error::invalid("scan", tr!(inventory.separator_lost)));
    }
    let is_separator = between.len() <= 8 && !between.chars().any(|letter| letter.is_ascii_alphanumeric());
    if between.chars().eq([gs1::SEPARATOR]) {
        return Ok(Scanner { separator: String::new(), is_tried: true });
    }
    if is_separator || matches!(between, "<GS>" | "{GS}" | "[GS]" | "\\x1d" | "\\x1D") {
        return Ok(Scanner { separator: between.to_owned(), is_tried: true });
    }
    Err(wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_of_a_scanner_is_learned_from_the_test_code() {
        for (between, separator) in [("\u{1d}", ""), ("|", "|"), ("~", "~"), ("<GS>", "<GS>"), ("^]", "^]")] {
            for mark in ["", "]d2"] {
                let scanner = learn(&format!("{mark}010950600013435210TEST{between}211234\r\n")).expect(between);
                assert_eq!((scanner.separator.as_str(), scanner.is_tried), (separator, true));
            }
        }
        for wrong in ["", "010950600013435210TEST211234", "0109506000134352", "010950600013435210TEST99211234"] {
            assert!(learn(wrong).is_err(), "{wrong}");
        }
    }
}
