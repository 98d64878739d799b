//! One resource of a file: what all kinds have in common.

use serde::Deserialize;
use serde_json::Value;

use super::{
    datatypes::{Reference, cut},
    dates::moment,
    files::Found,
    store::Version,
    trouble::Trouble,
};
use crate::core::time::Zone;

/// The fields that any resource has. They may be faulty in any way.
#[derive(Deserialize)]
struct Head {
    #[serde(default, rename = "resourceType")]
    kind: Value,
    #[serde(default)]
    id: Value,
    #[serde(default)]
    meta: Value,
    #[serde(default)]
    subject: Value,
    #[serde(default)]
    patient: Value,
}

/// A resource in a file.
pub struct Item {
    pub file: usize,
    pub line: u64,
    /// The path before the resource, in a bundle.
    pub within: String,
    /// The address by which a bundle names the resource; empty for none.
    pub url: String,
    pub kind: String,
    pub id: String,
    pub text: String,
    pub version: Version,
    /// The patient of a resource of any kind.
    pub subject: Reference,
}

impl Item {
    /// Reads what all resources have.
    ///
    /// # Errors
    /// The reason why it is no resource.
    pub fn read(file: usize, found: Found, expected: Option<&str>, zone: Zone) -> Result<Self, Trouble> {
        let dynamic = |reason: String| Trouble { path: String::new(), reason: reason.into(), about: String::new() };
        let text = found.text.map_err(dynamic)?;
        let head: Head = serde_json::from_str(&text).map_err(|error| Trouble::new("", "not a FHIR resource").about(&fault(&error)))?;
        let kind = head.kind.as_str().unwrap_or_default().to_owned();
        if let Some(expected) = expected.filter(|expected| *expected != kind) {
            if kind.is_empty() {
                return Err(Trouble::new("", "`resourceType` is missing or no text"));
            }
            return Err(dynamic(format!("this is a {}, in a file of {expected}", cut(&kind, 40))));
        }
        if !is_id(&kind) {
            return Err(Trouble::new("", "`resourceType` is not a kind of resource"));
        }
        // A resource of a transaction has no id yet: the bundle's own names it.
        let from_url = found.url.rsplit(':').next().unwrap_or_default();
        let id = head.id.as_str().filter(|id| !id.is_empty()).unwrap_or(from_url).to_owned();
        if !is_id(&id) {
            return Err(Trouble::new("", "`id` is missing or no FHIR id"));
        }
        let of_meta = |name: &str| head.meta.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let version = Version { id: cut(&of_meta("versionId"), 64), updated: moment(&of_meta("lastUpdated"), zone) };
        let subject = [head.subject, head.patient].into_iter().find(|value| !value.is_null()).unwrap_or_default();
        let subject = Reference::deserialize(subject).unwrap_or_default();
        Ok(Self { file, line: found.line, within: found.within, url: found.url, kind, id, text, version, subject })
    }
}

impl Item {
    /// Returns an item that only says where a resource stands.
    pub fn placed(file: usize, line: u64, kind: &str, id: &str) -> Self {
        Self {
            file,
            line,
            within: String::new(),
            url: String::new(),
            kind: kind.to_owned(),
            id: id.to_owned(),
            text: String::new(),
            version: Version::default(),
            subject: Reference::default(),
        }
    }
}

/// Returns the reason why a text is no object of JSON, without its values.
fn fault(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => "no object of JSON".to_owned(),
        serde_json::error::Category::Eof => "the text ends within it".to_owned(),
        _ => format!("no JSON from character {} of line {} on", error.column(), error.line()),
    }
}

/// Whether two texts are the same resource.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other
        || match (serde_json::from_str::<Value>(one), serde_json::from_str::<Value>(other)) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        }
}

/// Whether the text is a valid FHIR id.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, url: &str) -> Result<Item, Trouble> {
        let found = Found { line: 1, within: String::new(), url: url.to_owned(), text: Ok(text.to_owned()) };
        Item::read(0, found, None, Zone::named("UTC"))
    }

    #[test]
    fn faults_of_other_elements_do_not_hide_the_resource() {
        let item = read(r#"{"resourceType":"Patient","id":"a","subject":7,"meta":"x"}"#, "").expect("a resource");
        assert_eq!((item.kind.as_str(), item.id.as_str()), ("Patient", "a"));
        assert_eq!(item.version, Version::default());
        let named = read(r#"{"resourceType":"Patient","meta":{"versionId":"3"}}"#, "urn:uuid:0b-1").expect("a resource");
        assert_eq!((named.id.as_str(), named.version.id.as_str()), ("0b-1", "3"));
        assert!(read(r#"{"resourceType":"Patient"}"#, "").is_err() && read("{}", "").is_err() && read("[]", "").is_err());
    }

    #[test]
    fn a_line_that_is_no_resource_is_named_without_its_values() {
        let words = |text: &str| read(text, "").err().expect("an error").words();
        assert_eq!(words(&format!("\"{}\"", "x".repeat(5000))), "not a FHIR resource: no object of JSON");
        assert_eq!(words("{\"resourceType\":\"Pat"), "not a FHIR resource: the text ends within it");
        assert_eq!(words("{\"id\":\"a\"]"), "not a FHIR resource: no JSON from character 10 of line 1 on");
        let missing = Found { line: 1, within: String::new(), url: String::new(), text: Ok("{\"id\":\"a\"}".to_owned()) };
        let missing = Item::read(0, missing, Some("Patient"), Zone::named("UTC")).err().expect("an error");
        assert_eq!(missing.words(), "`resourceType` is missing or no text");
    }

    #[test]
    fn the_order_of_elements_makes_no_difference() {
        assert!(is_same(r#"{"a":1,"b":2}"#, r#"{"b":2, "a":1}"#) && !is_same(r#"{"a":1}"#, r#"{"a":2}"#));
    }
}
