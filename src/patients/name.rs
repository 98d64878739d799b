//! Names: given names, an optional family name, and what the person likes to be called.

/// A person's names as they were told.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct PatientName {
    pub given_names: String,
    /// Not everybody has one.
    pub family_name: String,
    /// What the person wants to be called.
    pub preferred_name: String,
}

impl PatientName {
    /// From what was told.
    pub fn new(given_names: impl Into<String>, family_name: impl Into<String>) -> Self {
        Self { given_names: given_names.into(), family_name: family_name.into(), preferred_name: String::new() }
    }

    /// As in lists and on the banner: `Adams, Theresa`.
    pub fn listed(&self) -> String {
        match (self.family_name.is_empty(), self.given_names.is_empty()) {
            (false, false) => format!("{}, {}", self.family_name, self.given_names),
            (false, true) => self.family_name.clone(),
            (true, _) => self.given_names.clone(),
        }
    }

    /// As in a letter: `Theresa Adams`.
    pub fn full(&self) -> String {
        format!("{} {}", self.given_names, self.family_name).trim().to_owned()
    }

    /// As in a greeting: what the person likes to be called, else the first given name, else the family name.
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
