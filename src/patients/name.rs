//! Names: given names, an optional family name, and the preferred name.

/// A person's names as the person stated them.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct PatientName {
    pub given_names: String,
    /// Empty for a person without a family name.
    pub family_name: String,
    /// The name by which the person wants to be addressed.
    pub preferred_name: String,
}

impl PatientName {
    /// Creates a name without a preferred name.
    pub fn new(given_names: impl Into<String>, family_name: impl Into<String>) -> Self {
        Self { given_names: given_names.into(), family_name: family_name.into(), preferred_name: String::new() }
    }

    /// Returns the name as in lists and on the banner: `Adams, Theresa`.
    pub fn listed(&self) -> String {
        match (self.family_name.is_empty(), self.given_names.is_empty()) {
            (false, false) => format!("{}, {}", self.family_name, self.given_names),
            (false, true) => self.family_name.clone(),
            (true, _) => self.given_names.clone(),
        }
    }

    /// Returns the name as in a letter: `Theresa Adams`.
    pub fn full(&self) -> String {
        format!("{} {}", self.given_names, self.family_name).trim().to_owned()
    }

    /// Returns the name for a greeting: the preferred name, else the first given name, else the family name.
    pub fn called(&self) -> &str {
        [self.preferred_name.as_str(), self.given_names.split_whitespace().next().unwrap_or_default(), self.family_name.as_str()]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_shapes() {
        let theresa = PatientName::new("Theresa Maria", "Adams");
        assert_eq!(
            (theresa.listed().as_str(), theresa.full().as_str(), theresa.called()),
            ("Adams, Theresa Maria", "Theresa Maria Adams", "Theresa")
        );
        let olafur = PatientName::new("Ólafur", "");
        assert_eq!((olafur.listed().as_str(), olafur.full().as_str()), ("Ólafur", "Ólafur"));
        let nunez = PatientName { preferred_name: "Pepe".into(), ..PatientName::new("", "Núñez") };
        assert_eq!((nunez.listed().as_str(), nunez.full().as_str(), nunez.called()), ("Núñez", "Núñez", "Pepe"));
    }
}
