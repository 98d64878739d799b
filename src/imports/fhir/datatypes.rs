//! The parts of FHIR R4 resources that the import reads. A missing part is empty and not an error: the mapping of each
//! resource decides which parts it requires.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use crate::core::{
    name::{LONGEST, readable},
    time::Zone,
};

/// A code of a code system.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Coding {
    pub system: String,
    pub code: String,
    pub display: String,
}

/// A concept: codes with the same meaning, and a text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Concept {
    pub coding: Vec<Coding>,
    pub text: String,
}

impl Concept {
    /// Returns the first code.
    pub fn code(&self) -> &str {
        self.coding.first().map_or("", |coding| &coding.code)
    }

    /// Returns the code of the system whose address ends with `system`.
    pub fn code_of(&self, system: &str) -> Option<&Coding> {
        self.coding.iter().find(|coding| coding.system.ends_with(system) && !coding.code.is_empty())
    }

    /// Returns the text for display: the concept's text, otherwise the first code's name, otherwise the code.
    pub fn words(&self) -> &str {
        let named = || self.coding.iter().map(|coding| coding.display.as_str()).find(|display| !display.is_empty());
        if self.text.is_empty() { named().unwrap_or_else(|| self.code()) } else { &self.text }
    }
}

/// A reference to another resource: `Patient/123`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reference {
    pub reference: String,
    pub display: String,
}

impl Reference {
    /// Returns `Patient/123` from a relative or absolute address; `None` when the reference is empty.
    pub fn key(&self) -> Option<&str> {
        let path = self.reference.split("/_history/").next().unwrap_or_default();
        let mut cuts = path.rmatch_indices('/').map(|(at, _)| at);
        let _id = cuts.next()?;
        Some(cuts.next().map_or(path, |at| &path[at + 1..]))
    }
}

/// A business identifier.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Identifier {
    pub system: String,
    pub value: String,
}

/// A period with its start and end.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Period {
    pub start: String,
    pub end: String,
}

/// A measured amount.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Quantity {
    pub value: Option<serde_json::Number>,
    pub unit: String,
    pub code: String,
}

impl Quantity {
    /// Formats the quantity as `10 mg`, with the number as written but without an unnecessary `.0`.
    pub fn words(&self) -> Option<String> {
        let number = self.value.as_ref()?.to_string();
        let number = number.strip_suffix(".0").unwrap_or(&number);
        Some(format!("{number} {}", self.unit).trim_end().to_owned())
    }

    /// Returns the value in thousandths; further decimals are rounded half away from zero.
    pub fn thousandths(&self) -> Option<i64> {
        let value: rust_decimal::Decimal = self.value.as_ref()?.to_string().parse().ok()?;
        let scaled = value.checked_mul(rust_decimal::Decimal::ONE_THOUSAND)?;
        let rounded = scaled.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        i64::try_from(rounded.mantissa()).ok().filter(|_| rounded.scale() == 0)
    }

    /// Returns the value if it is a whole number between the limits.
    pub fn whole(&self, lowest: i64, highest: i64) -> Option<i64> {
        self.thousandths().filter(|value| value % 1000 == 0).map(|value| value / 1000).filter(|value| (lowest..=highest).contains(value))
    }
}

/// A person's name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HumanName {
    #[serde(rename = "use")]
    pub usage: String,
    pub text: String,
    pub family: String,
    pub given: Vec<String>,
    pub prefix: Vec<String>,
}

/// Returns the official name, otherwise the first that is not a former name.
pub fn best_name(names: &[HumanName]) -> Option<&HumanName> {
    let official = names.iter().find(|name| name.usage == "official");
    official.or_else(|| names.iter().find(|name| name.usage != "old")).or_else(|| names.first())
}

/// A phone number or an address in a network.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContactPoint {
    pub system: String,
    pub value: String,
    #[serde(rename = "use")]
    pub usage: String,
}

/// A postal address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    pub line: Vec<String>,
    pub city: String,
    pub state: String,
    #[serde(rename = "postalCode")]
    pub postal_code: String,
    pub country: String,
}

/// An extension whose value is a code.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Extension {
    pub url: String,
    #[serde(rename = "valueCode")]
    pub value_code: String,
}

/// The precision of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    Day,
    Month,
    Year,
}

/// Parses the date of a FHIR `date` or `dateTime`: `1956`, `1956-11`, `1956-11-15`, or with a time. An unknown month or day becomes the
/// first.
pub fn date(text: &str) -> Option<(NaiveDate, Precision)> {
    let day = text.split('T').next()?;
    let (completed, precision) = match day.len() {
        4 => (format!("{day}-01-01"), Precision::Year),
        7 => (format!("{day}-01"), Precision::Month),
        10 => (day.to_owned(), Precision::Day),
        _ => return None,
    };
    let date = NaiveDate::parse_from_str(&completed, "%Y-%m-%d").ok()?;
    Some((date, precision))
}

/// Parses a FHIR `dateTime` or `instant` at a clinic in this time zone: a date without a time means the clinic's midnight. The
/// result has microseconds, the precision of the databases.
pub fn moment(text: &str, zone: Zone) -> Option<DateTime<Utc>> {
    if text.contains('T') {
        let exact = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
        return DateTime::from_timestamp_micros(exact.timestamp_micros());
    }
    date(text).map(|(day, _)| zone.day_bounds(day).0)
}

/// Returns a person's name, or a part of one, without invisible characters; empty without a letter or digit.
pub fn person_name(text: &str) -> String {
    cut(&readable(text), LONGEST)
}

/// Shortens the text to the length of a column, between two characters.
pub fn cut(text: &str, longest: usize) -> String {
    text.trim().chars().take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_all_kinds() {
        let key = |reference: &str| Reference { reference: reference.to_owned(), display: String::new() }.key().map(str::to_owned);
        assert_eq!(key("Patient/1").as_deref(), Some("Patient/1"));
        assert_eq!(key("https://example.org/fhir/Patient/1/_history/2").as_deref(), Some("Patient/1"));
        assert_eq!(key(""), None);
        assert_eq!(key("#contained"), None);
    }

    #[test]
    fn dates_as_far_as_they_are_known() {
        assert_eq!(date("1956").map(|(day, precision)| (day.to_string(), precision)), Some(("1956-01-01".to_owned(), Precision::Year)));
        assert_eq!(date("1956-11").map(|(_, precision)| precision), Some(Precision::Month));
        assert_eq!(date("2026-02-29"), None);
        assert_eq!(date("soon"), None);
        let zone = Zone::named("America/New_York");
        assert_eq!(
            moment("2026-11-10T10:36:00.1234567+02:00", zone).map(|at| at.to_rfc3339()).as_deref(),
            Some("2026-11-10T08:36:00.123456+00:00")
        );
        assert_eq!(moment("2026-11-10", zone).map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-10T05:00:00+00:00"));
    }

    #[test]
    fn quantities_are_exact() {
        let quantity = |json: &str| serde_json::from_str::<Quantity>(json).expect("a quantity");
        assert_eq!(quantity(r#"{"value":85.8,"unit":"%"}"#).thousandths(), Some(85_800));
        assert_eq!(quantity(r#"{"value":0.1,"unit":"kg"}"#).thousandths(), Some(100));
        assert_eq!(quantity(r#"{"value":10.0,"unit":"mg"}"#).words().as_deref(), Some("10 mg"));
        assert_eq!(quantity(r#"{"value":1e300}"#).thousandths(), None);
        assert_eq!(quantity("{}").words(), None);
        assert_eq!(quantity(r#"{"value":30}"#).whole(1, 365), Some(30));
        assert_eq!(quantity(r#"{"value":30.5}"#).whole(1, 365), None);
    }
}
