//! The element strings of GS1: what a scanner types when it reads the Data Matrix, the GS1-128 or the EAN of a pack.
//!
//! Source: GS1 General Specifications, sections 3 (Application Identifiers), 7.8 (processing of element strings, with figure 7.8.5-2 of the
//! predefined lengths), 7.9 (check digit), 7.11 (character sets 82 and 39) and 7.12 (century of a date); formats as in the GS1 Barcode Syntax Dictionary.
//!
//! A code is read as a whole or refused with its position. A scanner that loses the separator (FNC1, sent as GS) glues two fields together: unless
//! the scanner was tried ([`Scanner`]), a last field that could also be two fields is refused and not guessed.

mod formats;

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use crate::tr;
use formats::{Rule, format_of};

/// The separator after a field of variable length, as FNC1 is sent.
pub const SEPARATOR: char = '\u{1d}';
/// The longest text that is read as a code.
pub const LONGEST: usize = 500;

/// A scanner that types what it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanner {
    /// The text that it types for the separator; empty when it types GS itself.
    pub separator: String,
    /// Whether it was tried with a code that has a separator: a code without one is then taken as it is.
    pub is_tried: bool,
}

/// One element of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub ai: String,
    pub data: String,
}

/// A code that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The article (AI 01, or a plain EAN or UPC), with 14 digits.
    pub gtin: Option<String>,
    /// The articles in a package (AI 02), with 14 digits.
    pub content: Option<String>,
    /// The number of the package (AI 00).
    pub sscc: Option<String>,
    /// The batch (AI 10).
    pub batch: Option<String>,
    /// The serial number (AI 21).
    pub serial: Option<String>,
    /// The last day of use (AI 17).
    pub expires_on: Option<NaiveDate>,
    /// The day of best quality (AI 15).
    pub best_before: Option<NaiveDate>,
    /// The day of production (AI 11).
    pub made_on: Option<NaiveDate>,
    /// The count of articles (AI 37, or 30).
    pub count: Option<i64>,
    /// All elements as they stood in the code; empty for a plain EAN or UPC.
    pub elements: Vec<Element>,
}

impl Scan {
    /// Returns the data of an element.
    pub fn element(&self, ai: &str) -> Option<&str> {
        self.elements.iter().find(|element| element.ai == ai).map(|element| element.data.as_str())
    }
}

/// The reason why a code is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanFault {
    /// Nothing was read, or too much.
    NoCode,
    /// A code of another kind than GS1's.
    OtherKind,
    /// An identifier that does not exist.
    UnknownIdentifier,
    /// An identifier that comes twice with other data.
    Repeated,
    /// Data that are too short, or end early.
    TooShort,
    /// Data that are too long.
    TooLong,
    /// A character that the field does not have.
    Character,
    CheckDigit,
    /// A day that does not exist.
    Date,
    /// A field that could also be two: the scanner may have lost the separator.
    LostSeparator,
}

/// A code that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanError {
    pub fault: ScanFault,
    /// The identifier of the field; empty without one.
    pub ai: String,
    /// The place in the code, from 1, without the symbology identifier.
    pub at: usize,
}

impl ScanError {
    /// Returns the sentence for screens, in the reader's language.
    pub fn words(&self) -> String {
        let reason = match self.fault {
            ScanFault::NoCode => return tr!(gs1.no_code).to_owned(),
            ScanFault::OtherKind => return tr!(gs1.other_kind).to_owned(),
            ScanFault::UnknownIdentifier => tr!(gs1.unknown_identifier),
            ScanFault::Repeated => tr!(gs1.repeated),
            ScanFault::TooShort => tr!(gs1.too_short),
            ScanFault::TooLong => tr!(gs1.too_long),
            ScanFault::Character => tr!(gs1.character),
            ScanFault::CheckDigit => tr!(gs1.check_digit),
            ScanFault::Date => tr!(gs1.date),
            ScanFault::LostSeparator => tr!(gs1.lost_separator),
        };
        if self.ai.is_empty() {
            return tr!(gs1.at, reason = reason, at = self.at);
        }
        tr!(gs1.in_field, reason = reason, ai = self.ai.clone(), at = self.at)
    }
}

/// Whether the last of some digits is the check digit of the others: weights 3 and 1 from the right, modulo 10.
pub fn is_checked(digits: &str) -> bool {
    let sum: u32 =
        digits.chars().rev().enumerate().map(|(at, digit)| digit.to_digit(10).unwrap_or_default() * if at % 2 == 1 { 3 } else { 1 }).sum();
    digits.len() > 1 && digits.bytes().all(|digit| digit.is_ascii_digit()) && sum.is_multiple_of(10)
}

/// Returns an EAN-8, UPC-A, EAN-13 or GTIN-14 with 14 digits, when its check digit is right.
pub fn gtin(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
    (matches!(digits.len(), 8 | 12 | 13 | 14) && is_checked(&digits)).then(|| format!("{digits:0>14}"))
}

/// Reads YYMMDD. Day 00 is the last day of the month. The century is the one that puts the year from 49 years before to 50 years after this year.
fn day_of(digits: &str, today: NaiveDate) -> Option<NaiveDate> {
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i32>().ok();
    let (two, month, day) = (number(0..2)?, u32::try_from(number(2..4)?).ok()?, u32::try_from(number(4..6)?).ok()?);
    let (century, now) = (today.year().div_euclid(100) * 100, today.year().rem_euclid(100));
    let year = match two - now {
        51.. => century - 100 + two,
        ..=-50 => century + 100 + two,
        _ => century + two,
    };
    if day > 0 {
        return NaiveDate::from_ymd_opt(year, month, day);
    }
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    NaiveDate::from_ymd_opt(year, month, 1)?;
    NaiveDate::from_ymd_opt(next_year, next_month, 1)?.pred_opt()
}

fn fault(fault: ScanFault, ai: &str, at: usize) -> ScanError {
    ScanError { fault, ai: ai.to_owned(), at: at + 1 }
}

/// Reads a code from a scanner that was not tried.
///
/// # Errors
/// [`ScanError`] with the reason and the place.
pub fn parse(scanned: &str, today: NaiveDate) -> Result<Scan, ScanError> {
    parse_from(scanned, today, &Scanner::default())
}

/// Reads a code. `today` decides on the century of its dates.
///
/// # Errors
/// [`ScanError`] with the reason and the place.
pub fn parse_from(scanned: &str, today: NaiveDate, scanner: &Scanner) -> Result<Scan, ScanError> {
    let scanned = scanned.trim_matches(|letter: char| letter.is_whitespace() && letter != SEPARATOR);
    if scanned.is_empty() || scanned.len() > LONGEST {
        return Err(fault(ScanFault::NoCode, "", 0));
    }
    let (symbology, body) = match scanned.strip_prefix(']') {
        Some(rest) if rest.len() >= 2 && rest.is_char_boundary(2) => rest.split_at(2),
        _ => ("", scanned),
    };
    let is_number = matches!(body.len(), 8 | 12 | 13 | 14) && body.bytes().all(|digit| digit.is_ascii_digit());
    match symbology {
        // EAN, UPC and ITF-14 have digits only; a code of this length without a symbology identifier is one of them.
        "E0" | "E4" | "I1" => return plain(body),
        "" if is_number => return plain(body),
        "" | "d2" | "C1" | "e0" | "Q3" | "J1" => {}
        _ => return Err(fault(ScanFault::OtherKind, "", 0)),
    }
    let body = match scanner.separator.as_str() {
        "" => body.to_owned(),
        typed => body.replace(typed, &SEPARATOR.to_string()),
    };
    let elements = elements(&body, today)?;
    if !scanner.is_tried && !body.trim_matches(SEPARATOR).contains(SEPARATOR) {
        could_be_two(&elements, &body, today)?;
    }
    Ok(scan_of(elements, today))
}

fn plain(body: &str) -> Result<Scan, ScanError> {
    gtin(body)
        .map(|gtin| Scan { gtin: Some(gtin), ..Scan::default() })
        .ok_or_else(|| fault(ScanFault::CheckDigit, "", body.len().saturating_sub(1)))
}

/// Splits an element string. An element that comes twice with the same data is kept once.
fn elements(body: &str, today: NaiveDate) -> Result<Vec<Element>, ScanError> {
    let (mut found, mut at) = (Vec::<Element>::new(), 0);
    // FNC1 in the first place is the mark of GS1, and not a separator.
    while body[at..].starts_with(SEPARATOR) {
        at += SEPARATOR.len_utf8();
    }
    while at < body.len() {
        let Some((ai, format)) = format_of(&body[at..]) else { return Err(fault(ScanFault::UnknownIdentifier, "", at)) };
        let begin = at + ai.len();
        let rest = &body[begin..];
        let end = rest.find(SEPARATOR).unwrap_or(rest.len());
        let data = if format.is_predefined { rest.get(..format.to.min(end)).unwrap_or(&rest[..end]) } else { &rest[..end] };
        if let Some((offset, _)) = data.char_indices().find(|(_, letter)| !format.alphabet.has(*letter)) {
            return Err(fault(ScanFault::Character, ai, begin + offset));
        }
        if data.len() < format.from {
            return Err(fault(ScanFault::TooShort, ai, begin));
        }
        if data.len() > format.to {
            return Err(fault(ScanFault::TooLong, ai, begin + format.to));
        }
        let is_right = match format.rule {
            Rule::Nothing => true,
            Rule::Checked => is_checked(data),
            Rule::Checked13 => data.get(..13).is_some_and(is_checked),
            Rule::Day if day_of(data, today).is_none() => return Err(fault(ScanFault::Date, ai, begin)),
            Rule::Day => true,
        };
        if !is_right {
            return Err(fault(ScanFault::CheckDigit, ai, begin));
        }
        match found.iter().find(|element| element.ai == ai) {
            Some(before) if before.data != data => return Err(fault(ScanFault::Repeated, ai, at)),
            Some(_) => {}
            None => found.push(Element { ai: ai.to_owned(), data: data.to_owned() }),
        }
        at = begin + data.len();
        // A separator after a field of predefined length is allowed.
        while body[at..].starts_with(SEPARATOR) {
            at += SEPARATOR.len_utf8();
        }
    }
    if found.is_empty() { Err(fault(ScanFault::NoCode, "", 0)) } else { Ok(found) }
}

/// The identifiers that stand beside a batch on packs of medicines.
const BESIDE: &[&str] = &["10", "11", "13", "15", "16", "17", "21"];

/// Refuses a code without any separator whose last field could also be two fields.
fn could_be_two(elements: &[Element], body: &str, today: NaiveDate) -> Result<(), ScanError> {
    let Some(last) = elements.last().filter(|last| format_of(&last.ai).is_some_and(|(_, format)| !format.is_predefined)) else {
        return Ok(());
    };
    let have: BTreeSet<&str> = elements.iter().map(|element| element.ai.as_str()).collect();
    for at in 1..last.data.len() {
        let rest = &last.data[at..];
        let is_new = BESIDE.iter().any(|ai| !have.contains(ai) && rest.starts_with(ai));
        if is_new && self::elements(rest, today).is_ok() {
            return Err(fault(ScanFault::LostSeparator, &last.ai, body.trim_end_matches(SEPARATOR).len() - rest.len()));
        }
    }
    Ok(())
}

fn scan_of(elements: Vec<Element>, today: NaiveDate) -> Scan {
    let mut scan = Scan::default();
    for Element { ai, data } in &elements {
        let text = || Some(data.clone());
        match ai.as_str() {
            "00" => scan.sscc = text(),
            "01" => scan.gtin = text(),
            "02" => scan.content = text(),
            "10" => scan.batch = text(),
            "21" => scan.serial = text(),
            "11" => scan.made_on = day_of(data, today),
            "15" => scan.best_before = day_of(data, today),
            "17" => scan.expires_on = day_of(data, today),
            "37" => scan.count = data.parse().ok(),
            "30" if scan.count.is_none() => scan.count = data.parse().ok(),
            _ => {}
        }
    }
    scan.elements = elements;
    scan
}

#[cfg(test)]
mod tests;
