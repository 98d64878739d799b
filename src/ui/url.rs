//! The address of a list, which holds its search, filter, sort order and page.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A path and its query, changed one parameter at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListUrl {
    pub path: String,
    pub params: Vec<(String, String)>,
}

impl ListUrl {
    /// Creates the address of a list without any parameters.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), params: Vec::new() }
    }

    /// Returns the value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the address with one parameter replaced; an empty value removes it.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        let value = value.to_string();
        self.params.retain(|(key, _)| key != name);
        if !value.is_empty() {
            self.params.push((name.to_owned(), value));
        }
        self
    }

    /// Returns the `href`.
    pub fn href(&self) -> String {
        let mut url = self.path.clone();
        for (index, (key, value)) in self.params.iter().filter(|(_, value)| !value.is_empty()).enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(&encoded(key));
            url.push('=');
            url.push_str(&encoded(value));
        }
        url
    }
}

/// Letters, digits and `-_.~` are not encoded (RFC 3986, "unreserved").
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// Percent-encodes a value for an address.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// Percent-encodes all characters except slashes.
pub fn encoded_path(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_other_choices() {
        let list = ListUrl::new("/patients").with("q", "Núñez & co").with("sort", "name").with("page", 3);
        assert_eq!(list.clone().with("page", "").href(), "/patients?q=N%C3%BA%C3%B1ez%20%26%20co&sort=name");
        assert_eq!(list.with("sort", "-name").get("q"), Some("Núñez & co"));
    }
}
