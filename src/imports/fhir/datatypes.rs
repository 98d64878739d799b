//! The parts of FHIR R4 resources that the import reads. A missing part is empty and not an error: the mapping of each
//! resource decides which parts it requires. Faulty parts were left out before ([`super::judge`]).

use serde::{Deserialize, Deserializer};

use super::dates::{Period, is_over};
use crate::core::{
    name::{LONGEST, readable},
    time::Instant,
};

/// Reads a list of texts, in which `null` keeps the place of a text that is not known.
pub fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts: Vec<Option<String>> = Deserialize::deserialize(from)?;
    Ok(texts.into_iter().flatten().filter(|text| !line(text).is_empty()).collect())
}

/// Reads a text. One of spaces and control characters alone counts as missing.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text: String = Deserialize::deserialize(from)?;
    Ok(if line(&text).is_empty() { String::new() } else { text })
}

/// A code of a code system.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Coding {
    pub system: String,
    #[serde(deserialize_with = "text")]
    pub code: String,
    #[serde(deserialize_with = "text")]
    pub display: String,
}

/// A concept: codes with the same meaning, and a text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Concept {
    pub coding: Vec<Coding>,
    #[serde(deserialize_with = "text")]
    pub text: String,
}

impl Concept {
    /// Returns the first code.
    pub fn code(&self) -> &str {
        self.coding.iter().map(|coding| coding.code.as_str()).find(|code| !code.is_empty()).unwrap_or_default()
    }

    /// Whether one of the codings has this code.
    pub fn has(&self, code: &str) -> bool {
        self.coding.iter().any(|coding| coding.code == code)
    }

    /// Returns the first of these codes that a coding has.
    pub fn one_of<'a>(&self, codes: &[&'a str]) -> Option<&'a str> {
        codes.iter().copied().find(|code| self.has(code))
    }

    /// Returns the code of the system whose address ends with `system`.
    pub fn code_of(&self, system: &str) -> Option<&Coding> {
        self.coding.iter().find(|coding| coding.system.ends_with(system) && !coding.code.is_empty())
    }

    /// Returns the text for display: the concept's text, otherwise the first code's name, otherwise the code.
    pub fn words(&self) -> &str {
        let named = || self.coding.iter().map(|coding| coding.display.trim()).find(|display| !display.is_empty());
        if self.text.trim().is_empty() { named().unwrap_or_else(|| self.code()) } else { self.text.trim() }
    }
}

/// Returns the words of all concepts of a list.
pub fn all_words(concepts: &[Concept], between: &str) -> String {
    let words: Vec<&str> = concepts.iter().map(Concept::words).filter(|words| !words.is_empty()).collect();
    words.join(between)
}

/// A reference to another resource: by address (`Patient/123`), by a search (`Patient?identifier=system|value`), by an identifier,
/// or by name alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names of FHIR")]
pub struct Reference {
    pub reference: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub identifier: Identifier,
    #[serde(deserialize_with = "text")]
    pub display: String,
}

impl Reference {
    /// Returns the key of the resource: `Patient/123` from a relative or absolute address, `urn:uuid:…`, or
    /// `Patient?identifier=system|value`. `None` when it names no resource. `kind` is the expected one.
    pub fn key(&self, kind: &str) -> Option<String> {
        let address = self.reference.trim();
        if address.starts_with("urn:") || address.starts_with('#') {
            return Some(address.to_owned());
        }
        if let Some((kind, search)) = address.split_once('?') {
            let kind = kind.rsplit('/').next().unwrap_or(kind);
            let search = search.replace("%7C", "|").replace("%7c", "|");
            return Some(format!("{kind}?{search}"));
        }
        let path = address.split("/_history/").next().unwrap_or_default();
        let mut cuts = path.rmatch_indices('/').map(|(at, _)| at);
        if cuts.next().is_some() {
            return Some(cuts.next().map_or(path, |at| &path[at + 1..]).to_owned());
        }
        if self.identifier.value.is_empty() {
            return None;
        }
        Some(self.identifier.key(if self.kind.is_empty() { kind } else { &self.kind }))
    }

    /// Whether the reference says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.reference.trim().is_empty() && self.identifier.value.is_empty() && self.display.trim().is_empty()
    }
}

/// A business identifier.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Identifier {
    #[serde(rename = "use")]
    pub usage: String,
    #[serde(rename = "type")]
    pub kind: Concept,
    pub system: String,
    pub value: String,
    pub period: Period,
}

impl Identifier {
    /// Returns the key by which a search finds the resource with this identifier.
    pub fn key(&self, kind: &str) -> String {
        format!("{kind}?identifier={}|{}", self.system.trim(), self.value.trim())
    }
}

/// A measured amount.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Quantity {
    pub value: Option<serde_json::Number>,
    /// `<`, `>` and others: the value is a limit and not the amount.
    pub comparator: String,
    #[serde(deserialize_with = "text")]
    pub unit: String,
    #[serde(deserialize_with = "text")]
    pub code: String,
}

impl Quantity {
    /// Formats the quantity as `10 mg`, with the number as written but without an unnecessary `.0`.
    pub fn words(&self) -> Option<String> {
        let number = self.value.as_ref()?.to_string();
        let number = number.strip_suffix(".0").unwrap_or(&number);
        let unit = if self.unit.is_empty() { &self.code } else { &self.unit };
        Some(format!("{}{number} {unit}", self.comparator).trim_end().to_owned())
    }

    /// Returns the exact value.
    pub fn decimal(&self) -> Option<rust_decimal::Decimal> {
        let written = self.value.as_ref()?.to_string();
        written.parse().ok().or_else(|| rust_decimal::Decimal::from_scientific(&written).ok())
    }

    /// Returns the value if it is a whole number between the limits.
    pub fn whole(&self, lowest: i64, highest: i64) -> Option<i64> {
        let value = self.decimal()?.normalize();
        let whole = i64::try_from(value.trunc().mantissa()).ok().filter(|_| value.scale() == 0 && self.comparator.is_empty());
        whole.filter(|value| (lowest..=highest).contains(value))
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
    #[serde(deserialize_with = "texts")]
    pub given: Vec<String>,
    #[serde(deserialize_with = "texts")]
    pub prefix: Vec<String>,
    #[serde(deserialize_with = "texts")]
    pub suffix: Vec<String>,
    pub period: Period,
}

/// The suffixes that tell people of a family apart, in lower case without dots. Others are titles.
const GENERATIONS: [&str; 18] =
    ["jr", "jnr", "junior", "sr", "snr", "senior", "ii", "iii", "iv", "v", "2nd", "3rd", "4th", "filho", "neto", "fils", "père", "jun"];

impl HumanName {
    /// Returns given names and family name. The family name has the suffix that tells father and son apart. A name in one
    /// text is the given name.
    pub fn parts(&self) -> (String, String) {
        let (given, family) = (person_name(&self.given.join(" ")), person_name(&self.family));
        if given.is_empty() && family.is_empty() {
            return (person_name(&self.text), String::new());
        }
        let generation: Vec<&str> = self.suffix.iter().map(|suffix| suffix.trim()).filter(|suffix| is_generation(suffix)).collect();
        (given, person_name(&format!("{family} {}", generation.join(" "))))
    }

    /// Returns the titles after the name, which have no place in a patient's name.
    pub fn titles(&self) -> Vec<&str> {
        self.suffix.iter().map(String::as_str).filter(|suffix| !is_generation(suffix)).collect()
    }
}

fn is_generation(suffix: &str) -> bool {
    let bare: String = suffix.trim().chars().filter(|c| *c != '.').flat_map(char::to_lowercase).collect();
    GENERATIONS.contains(&bare.as_str())
}

/// Returns a rank of an entry of a list by its use and period: the lowest is the present one. Entries of the past or the future
/// come after all others.
fn rank(usage: &str, period: &Period, usual: &[&str], now: Instant) -> usize {
    let use_rank = usual.iter().position(|known| *known == usage).unwrap_or(usual.len());
    use_rank + if is_over(period, now) { 100 } else { 0 }
}

/// The uses of names, the present one first: an empty use is an unnamed one.
const NAMES: [&str; 7] = ["official", "usual", "", "temp", "nickname", "maiden", "old"];
/// The uses of addresses and numbers.
const PLACES: [&str; 6] = ["home", "mobile", "", "work", "temp", "billing"];

/// Returns the names, the present one first.
pub fn by_presence(names: &[HumanName], now: Instant) -> Vec<&HumanName> {
    let mut sorted: Vec<&HumanName> =
        names.iter().filter(|name| name.usage != "anonymous").filter(|name| name.parts() != (String::new(), String::new())).collect();
    sorted.sort_by_key(|name| rank(&name.usage, &name.period, &NAMES, now));
    sorted
}

/// Returns the present name of a person.
pub fn best_name(names: &[HumanName], now: Instant) -> Option<&HumanName> {
    by_presence(names, now).into_iter().next().or_else(|| names.first())
}

/// A phone number or an address in a network.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContactPoint {
    pub system: String,
    pub value: String,
    #[serde(rename = "use")]
    pub usage: String,
    pub rank: Option<i64>,
    pub period: Period,
}

/// Returns the present entries of these systems, the most usual first.
pub fn present_points<'a>(points: &'a [ContactPoint], systems: &[&str], now: Instant) -> Vec<&'a ContactPoint> {
    let mut present: Vec<&ContactPoint> = points
        .iter()
        .filter(|point| systems.contains(&point.system.as_str()) && !point.value.trim().is_empty())
        .filter(|point| point.usage != "old" && !is_over(&point.period, now))
        .collect();
    // A mobile number reaches the person; otherwise the source's own order counts.
    present.sort_by_key(|point| (point.usage != "mobile", point.rank.unwrap_or(i64::MAX)));
    present
}

/// A postal address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    #[serde(rename = "use")]
    pub usage: String,
    pub text: String,
    #[serde(deserialize_with = "texts")]
    pub line: Vec<String>,
    pub city: String,
    pub state: String,
    #[serde(rename = "postalCode")]
    pub postal_code: String,
    pub country: String,
    pub period: Period,
}

impl Address {
    /// Returns the lines, otherwise the whole text.
    pub fn street(&self) -> String {
        if self.line.is_empty() && self.city.is_empty() { self.text.replace(['\n', '\r'], ", ") } else { self.line.join(", ") }
    }
}

/// Returns the present addresses, the most usual first.
pub fn present_addresses(addresses: &[Address], now: Instant) -> Vec<&Address> {
    let mut present: Vec<&Address> = addresses.iter().filter(|address| address.usage != "old" && !is_over(&address.period, now)).collect();
    present.sort_by_key(|address| rank(&address.usage, &address.period, &PLACES, now));
    present
}

/// An extension whose value is a code.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Extension {
    pub url: String,
    #[serde(rename = "valueCode")]
    pub value_code: String,
}

/// Returns a person's name, or a part of one, without invisible characters; empty without a letter or digit.
pub fn person_name(text: &str) -> String {
    cut(&readable(&line(text)), LONGEST)
}

/// Returns the text in one line without control characters, as a form takes it.
pub fn line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Shortens the text to the length of a column, between two characters.
pub fn cut(text: &str, longest: usize) -> String {
    line(text).chars().take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        "2026-11-29T12:00:00Z".parse().expect("an instant")
    }

    #[test]
    fn a_text_without_a_visible_character_is_missing() {
        let concept: Concept =
            serde_json::from_str(r#"{"text":"\u0000","coding":[{"code":"\u0007"},{"code":"I10","display":" \t"}]}"#).expect("a concept");
        assert_eq!((concept.words(), concept.code()), ("I10", "I10"));
        assert!(serde_json::from_str::<Concept>(r#"{"text":" \u0000 "}"#).expect("a concept").words().is_empty());
    }

    #[test]
    fn references_of_all_kinds() {
        let key = |json: &str| serde_json::from_str::<Reference>(json).expect("a reference").key("Patient");
        assert_eq!(key(r#"{"reference":"Patient/1"}"#).as_deref(), Some("Patient/1"));
        assert_eq!(key(r#"{"reference":"https://example.org/fhir/Patient/1/_history/2"}"#).as_deref(), Some("Patient/1"));
        assert_eq!(key("{}"), None);
        assert_eq!(key(r#"{"display":"Ann"}"#), None);
        assert_eq!(key(r##"{"reference":"#inside"}"##).as_deref(), Some("#inside"));
        assert_eq!(key(r#"{"reference":"urn:uuid:11"}"#).as_deref(), Some("urn:uuid:11"));
        assert_eq!(key(r#"{"reference":"Patient?identifier=urn:x%7C7"}"#).as_deref(), Some("Patient?identifier=urn:x|7"));
        assert_eq!(key(r#"{"reference":"https://a.org/Patient?identifier=urn:x|7"}"#).as_deref(), Some("Patient?identifier=urn:x|7"));
        assert_eq!(key(r#"{"identifier":{"system":"x","value":"y"}}"#).as_deref(), Some("Patient?identifier=x|y"));
    }

    fn present(json: &str) -> (String, String) {
        let names: Vec<HumanName> = serde_json::from_str(json).expect("names");
        best_name(&names, now()).map(HumanName::parts).unwrap_or_default()
    }

    #[test]
    fn the_present_name_is_chosen_by_period_and_use() {
        let name = |given: &str, family: &str| (given.to_owned(), family.to_owned());
        assert_eq!(
            present(
                r#"[{"given":["TERRY"],"family":"Former","period":{"start":"2019-11-01","end":"2021-05-31"}},
                {"given":["TERRY"],"family":"Former","period":{"start":"2021-03-05","end":"2021-04-07"}},
                {"given":["TERRY"],"family":"Current","period":{"start":"2021-06-01"}}]"#
            ),
            name("TERRY", "Current")
        );
        assert_eq!(
            present(r#"[{"use":"maiden","family":"Oldname","given":["Dora"]},{"use":"usual","family":"Newname","given":["Dora"]}]"#),
            name("Dora", "Newname")
        );
        assert_eq!(
            present(
                r#"[{"use":"official","family":"Formerly","given":["Ella"],"period":{"end":"2019-01-01"}},
                {"use":"official","family":"Nowadays","given":["Ella"],"period":{"start":"2019-01-02"}}]"#
            ),
            name("Ella", "Nowadays")
        );
        assert_eq!(present(r#"[{"use":"temp","family":"Unknown Male 7"},{"family":"Real","given":["Ron"]}]"#), name("Ron", "Real"));
        assert_eq!(
            present(r#"[{"use":"anonymous","text":"anonymous"},{"use":"usual","family":"Usual","given":["Uta"]}]"#),
            name("Uta", "Usual")
        );
        assert_eq!(
            present(r#"[{"use":"nickname","given":["Jim"]},{"use":"usual","family":"Chalmers","given":["James"]}]"#),
            name("James", "Chalmers")
        );
        assert_eq!(present(r#"[{"given":[null,"Ann"],"family":"Nullgiven"}]"#), name("Ann", "Nullgiven"));
        assert_eq!(present(r#"[{"given":["Martin"],"family":"King","suffix":["Jr.","MSc"]}]"#), name("Martin", "King Jr."));
        assert_eq!(present(r#"[{"text":"Anna Maria van der Berg"}]"#), name("Anna Maria van der Berg", ""));
    }

    #[test]
    fn quantities_are_exact() {
        let quantity = |json: &str| serde_json::from_str::<Quantity>(json).expect("a quantity");
        assert_eq!(quantity(r#"{"value":85.8,"unit":"%"}"#).decimal().map(|value| value.to_string()).as_deref(), Some("85.8"));
        assert_eq!(quantity(r#"{"value":10.0,"unit":"mg"}"#).words().as_deref(), Some("10 mg"));
        assert_eq!(quantity(r#"{"value":70,"comparator":"<","unit":"%"}"#).words().as_deref(), Some("<70 %"));
        assert_eq!(quantity(r#"{"value":1e300}"#).decimal(), None);
        assert_eq!(quantity("{}").words(), None);
        assert_eq!(quantity(r#"{"value":30}"#).whole(1, 365), Some(30));
        assert_eq!(quantity(r#"{"value":30.5}"#).whole(1, 365), None);
    }

    #[test]
    fn the_present_address_and_number_are_chosen() {
        let points: Vec<ContactPoint> = serde_json::from_str(
            r#"[{"system":"phone","value":"1","use":"home","period":{"end":"2010-01-01"}},{"system":"phone","value":"2","use":"home"},
            {"system":"email","value":"old","use":"old"},{"system":"email","value":"now"},{"system":"sms","value":"3"}]"#,
        )
        .expect("points");
        let values =
            |systems: &[&str]| present_points(&points, systems, now()).into_iter().map(|point| point.value.clone()).collect::<Vec<_>>();
        assert_eq!(values(&["phone", "sms"]), ["2", "3"]);
        assert_eq!(values(&["email"]), ["now"]);
    }
}
