//! Reads a resource leniently: FHIR R4's own types (crate `fhirkit`) find every element that is faulty. Such an element is named by its
//! path and left out; the rest of the resource is read.

use std::borrow::Cow;

use fhirkit::{FhirJson as _, Json, r4::Resource};
use serde_json::Value;

use super::{dates::moment, trouble::Trouble};
use crate::core::time::Zone;

/// The most faults of one resource that are named.
const MOST: usize = 20;

/// Returns the text of the resource without its faulty elements, and the faults.
pub fn whole_elements<'a>(kind: &str, text: &'a str) -> Result<(Cow<'a, str>, Vec<Trouble>), String> {
    let json = Json::parse(text).map_err(|error| format!("not JSON: {error}"))?;
    let (resource, issues) = fhirkit::decode_json::<Resource>(&json);
    // A kind that the crate does not know has no elements to look at.
    let Some(resource) = resource else { return Ok((Cow::Borrowed(text), Vec::new())) };
    if issues.is_empty() {
        return Ok((Cow::Borrowed(text), Vec::new()));
    }
    let root = format!("{kind}.");
    let mut cleaned = serde_json::from_str(&resource.encode().to_compact()).map_err(|error| format!("not JSON: {error}"))?;
    let mut faults = Vec::new();
    for issue in issues {
        let path = issue.path.strip_prefix(&root).unwrap_or(&issue.path).to_owned();
        let trouble = match text_at(&json, &path).filter(|_| is_date(&path)) {
            Some(text) if moment(text, Zone::named("UTC")).is_some() => {
                put_back(&mut cleaned, &path, text);
                Trouble::new(path, "has no time zone: read by the clinic's clock").about(text)
            }
            // That somebody died is known also when the day cannot be read: the mapping tells it.
            Some(text) if path == DEATH => {
                put_back(&mut cleaned, &path, text);
                continue;
            }
            text => Trouble { path, reason: general(&issue.message), about: String::new() }.about(text.unwrap_or_default()),
        };
        // A text that was left out is missing as well: one fault is named once.
        let is_named = faults.last().is_some_and(|last: &Trouble| last.path == trouble.path);
        if faults.len() < MOST && !is_named {
            faults.push(trouble);
        }
    }
    Ok((Cow::Owned(cleaned.to_string()), faults))
}

/// The element with the date of death.
const DEATH: &str = "deceasedDateTime";

/// Whether the path leads to a date.
fn is_date(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    ["DateTime", "Date", "Instant", "authoredOn", "start", "end", "issued", "lastUpdated"].iter().any(|end| name.ends_with(end))
}

/// Returns the names and positions of a path: `name[0].period.end`.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '[', ']']).filter(|step| !step.is_empty())
}

fn text_at<'a>(json: &'a Json, path: &str) -> Option<&'a str> {
    let mut at = json;
    for step in steps(path) {
        at = match at {
            Json::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            other => other.get(step)?,
        };
    }
    at.as_str()
}

/// Puts a text back into the cleaned resource, if the element around it is still there.
fn put_back(cleaned: &mut Value, path: &str, text: &str) {
    let names: Vec<&str> = steps(path).collect();
    let Some((last, around)) = names.split_last() else { return };
    let mut at = cleaned;
    for step in around {
        let next = match at {
            Value::Array(items) => step.parse::<usize>().ok().and_then(|position| items.get_mut(position)),
            // An element whose only part was dropped is gone as well.
            Value::Object(members) => Some(members.entry(*step).or_insert_with(|| Value::Object(serde_json::Map::new()))),
            _ => None,
        };
        let Some(next) = next else { return };
        at = next;
    }
    if let Value::Object(members) = at {
        members.insert((*last).to_owned(), Value::String(text.to_owned()));
    }
}

/// Returns the reason without the value in quotes, so that equal faults count together.
fn general(message: &str) -> Cow<'static, str> {
    let mut words = String::with_capacity(message.len());
    for (at, part) in message.split('"').enumerate() {
        words.push_str(if at % 2 == 0 { part } else { "the value" });
    }
    Cow::Owned(words.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, text: &str) -> (String, Vec<String>) {
        let (text, faults) = whole_elements(kind, text).expect("JSON");
        (text.into_owned(), faults.into_iter().map(|fault| fault.path).collect())
    }

    #[test]
    fn a_faulty_element_costs_itself_alone() {
        let (text, faults) = read(
            "Patient",
            r#"{"resourceType":"Patient","id":"p","gender":7,"name":[{"family":"Real","given":["", "Ann"]}],"birthDate":"1984, in May","colour":"red"}"#,
        );
        assert_eq!(faults, ["name[0].given[0]", "gender", "birthDate", "colour"]);
        assert!(text.contains("Ann") && text.contains("Real") && !text.contains("1984") && !text.contains("red"), "{text}");
    }

    #[test]
    fn a_time_without_a_zone_is_read_and_a_death_without_a_day_stays_a_death() {
        let (text, faults) = read("Patient", r#"{"resourceType":"Patient","id":"p","deceasedDateTime":"unknown"}"#);
        assert!(text.contains(r#""deceasedDateTime":"unknown""#), "{text}");
        assert_eq!(faults, Vec::<String>::new());
        let (text, faults) = read("Patient", r#"{"resourceType":"Patient","id":"p","deceasedDateTime":"2015-02-14T13:42:00"}"#);
        assert!(text.contains("2015-02-14T13:42:00"), "{text}");
        assert_eq!(faults, ["deceasedDateTime"]);
        let open =
            r#"{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"period":{"start":"2010-05-28T10:00:00"}}"#;
        assert!(read("Encounter", open).0.contains(r#""period":{"start":"2010-05-28T10:00:00"}"#));
    }

    #[test]
    fn a_whole_resource_stays_as_it_came() {
        let whole = r#"{"resourceType":"Patient","id":"p","name":[{"family":"Real","given":["Ann"]}],"birthDate":"1984-02"}"#;
        assert_eq!(read("Patient", whole), (whole.to_owned(), vec![]));
        assert!(whole_elements("Patient", "{").is_err());
        assert!(whole_elements("Patient", &"[".repeat(10_000)).is_err());
        assert_eq!(read("Martian", r#"{"resourceType":"Martian"}"#).1, Vec::<String>::new());
    }
}
