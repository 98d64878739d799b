//! The forms about a patient as they are posted: every field is text until it is parsed.

use serde::{Deserialize, Serialize};

use super::Particulars;

/// The form with the facts that a person states about themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatientForm {
    pub given_names: String,
    pub family_name: String,
    pub preferred_name: String,
    /// "on": the person cannot give their name.
    pub name_unknown: String,
    /// The text as it was entered ([`crate::patients::read_birth`]).
    pub birth_date: String,
    /// "on": not even the year of birth is known.
    pub birth_unknown: String,
    pub sex: String,
    #[serde(flatten)]
    pub more: Particulars,
}

/// The form with the facts that a patient changes alone in the portal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnContactForm {
    pub preferred_name: String,
    pub phone: String,
    pub address: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    pub country: String,
    pub language: String,
}

/// The form for a cover by an insurer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CoverageForm {
    pub insurer_id: String,
    pub plan: String,
    pub policy_number: String,
    pub holder: String,
    pub valid_from: String,
    pub valid_to: String,
    pub copay_percent: String,
}

/// The form for a contact person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactForm {
    pub contact_name: String,
    pub contact_relationship: String,
    pub contact_phone: String,
}

#[cfg(feature = "ssr")]
pub use read::is_email;

#[cfg(feature = "ssr")]
mod read {
    use super::{ContactForm, CoverageForm, PatientForm};
    use crate::{
        core::{CoverageId, Error, InsurerId, Result, error::FieldErrors, time},
        patients::{Birth, Facts, NewContact, NewCoverage, Particulars, PatientName, Reading, Sex, phone, read_birth},
        tr,
    };

    fn telephone(errors: &mut FieldErrors, field: &str, text: &str) -> String {
        let number = errors.line(field, text, 40);
        if let Some(fault) = phone::check(&number).err().filter(|_| !number.is_empty()) {
            errors.add(field, fault.words());
        }
        number
    }

    /// Whether a text has the form of an e-mail address.
    pub fn is_email(text: &str) -> bool {
        text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@')
        }) && !text.contains(' ')
    }

    const BLOOD_GROUPS: [&str; 8] = ["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"];

    /// Returns the entered birth date. It may be unknown when a checkbox says so, or when the record already has none.
    fn birth(errors: &mut FieldErrors, form: &PatientForm, reading: &Reading) -> Birth {
        let may_be_unknown = !form.birth_unknown.is_empty() || !form.name_unknown.is_empty() || reading.birth_was_unknown;
        match read_birth(&form.birth_date, reading.today, reading.order) {
            Err(fault) => errors.add("birth_date", fault.words()),
            Ok(Birth::UNKNOWN) if !may_be_unknown => errors.add("birth_date", tr!(patients.birth_missing)),
            Ok(birth) if birth != Birth::UNKNOWN && !form.birth_unknown.is_empty() => {
                errors.add("birth_date", tr!(patients.birth_known_and_unknown));
            }
            Ok(birth) => return birth,
        }
        Birth::UNKNOWN
    }

    impl Facts {
        /// The blood groups that can be chosen.
        pub const BLOOD_GROUPS: [&str; 8] = BLOOD_GROUPS;

        /// Parses the form and reports all its errors at once.
        ///
        /// # Errors
        /// [`Error::Invalid`], field by field.
        pub fn parse(form: &PatientForm, reading: &Reading) -> Result<Self> {
            let mut errors = FieldErrors::new();
            let mut name = PatientName {
                given_names: errors.name("given_names", &form.given_names),
                family_name: errors.name("family_name", &form.family_name),
                preferred_name: errors.name("preferred_name", &form.preferred_name),
            };
            let unknown = !form.name_unknown.is_empty();
            if name.given_names.is_empty() && name.family_name.is_empty() {
                if unknown {
                    tr!(patients.unknown_person).clone_into(&mut name.given_names);
                } else {
                    errors.add("given_names", tr!(patients.name_missing));
                }
            }
            let birth = birth(&mut errors, form, reading);
            let sex = form.sex.parse().unwrap_or_else(|_| {
                if !unknown {
                    errors.add("sex", tr!(patients.sex_missing));
                }
                Sex::Unknown
            });
            let facts = Self { name, birth, sex, more: form.more.checked(&mut errors) };
            errors.finish()?;
            Ok(facts)
        }

        /// Returns the form filled with these facts.
        pub fn to_form(&self) -> PatientForm {
            PatientForm {
                given_names: self.name.given_names.clone(),
                family_name: self.name.family_name.clone(),
                preferred_name: self.name.preferred_name.clone(),
                name_unknown: String::new(),
                birth_date: self.birth.field(),
                birth_unknown: String::new(),
                sex: self.sex.as_str().to_owned(),
                more: self.more.clone(),
            }
        }
    }

    impl Particulars {
        /// Returns the values as they are stored, and adds their errors to `errors`.
        fn checked(&self, errors: &mut FieldErrors) -> Self {
            let email = errors.line("email", &self.email, 254);
            if !email.is_empty() && !is_email(&email) {
                errors.add("email", tr!(patients.not_an_email));
            }
            if !self.blood_group.is_empty() && !BLOOD_GROUPS.contains(&self.blood_group.as_str()) {
                errors.add("blood_group", tr!(errors.choose));
            }
            Self {
                gender: errors.line("gender", &self.gender, 100),
                national_id: errors.line("national_id", &self.national_id, 60),
                phone: telephone(errors, "phone", &self.phone),
                email,
                address: errors.line("address", &self.address, 300),
                city: errors.line("city", &self.city, 100),
                region: errors.line("region", &self.region, 100),
                postal_code: errors.line("postal_code", &self.postal_code, 20),
                country: errors.line("country", &self.country, 100),
                description: errors.line("description", &self.description, 500),
                language: errors.line("language", &self.language, 35),
                marital_status: errors.line("marital_status", &self.marital_status, 40),
                blood_group: self.blood_group.clone(),
            }
        }

        fn typed(value: impl Fn(&str) -> String) -> Self {
            Self {
                gender: value("gender"),
                national_id: value("national_id"),
                phone: value("phone"),
                email: value("email"),
                address: value("address"),
                city: value("city"),
                region: value("region"),
                postal_code: value("postal_code"),
                country: value("country"),
                description: value("description"),
                language: value("language"),
                marital_status: value("marital_status"),
                blood_group: value("blood_group"),
            }
        }
    }

    impl PatientForm {
        /// Fills a new form from the text of a search that found no patient: "Adams, Theresa" or "Theresa Adams", or a telephone
        /// number. Everything can be corrected in the form.
        pub fn sought(text: &str) -> Self {
            let text: String = text.trim().chars().take(100).collect();
            let mut form = Self::default();
            if phone::is_phone(&text) {
                form.more.phone = text;
            } else if let Some((family, given)) = text.split_once(',') {
                (form.family_name, form.given_names) = (family.trim().to_owned(), given.trim().to_owned());
            } else if let Some((given, family)) = text.rsplit_once(' ') {
                (form.given_names, form.family_name) = (given.trim().to_owned(), family.to_owned());
            } else if text.chars().any(char::is_alphabetic) {
                form.given_names = text;
            }
            form
        }

        /// Returns the values entered into a refused form, by field name.
        pub fn typed(value: impl Fn(&str) -> Option<String>) -> Self {
            let value = |name: &str| value(name).unwrap_or_default();
            Self {
                given_names: value("given_names"),
                family_name: value("family_name"),
                preferred_name: value("preferred_name"),
                name_unknown: value("name_unknown"),
                birth_date: value("birth_date"),
                birth_unknown: value("birth_unknown"),
                sex: value("sex"),
                more: Particulars::typed(value),
            }
        }
    }

    impl CoverageForm {
        /// Whether no value was entered, which means that no cover is to be added.
        pub fn is_empty(&self) -> bool {
            self.insurer_id.is_empty() && self.plan.trim().is_empty() && self.policy_number.trim().is_empty()
        }

        /// Parses the form.
        ///
        /// # Errors
        /// [`Error::Invalid`], field by field.
        pub fn parse(&self, id: CoverageId) -> Result<NewCoverage> {
            let mut errors = FieldErrors::new();
            let insurer: Option<InsurerId> = errors.chosen("insurer_id", &self.insurer_id);
            let day = |errors: &mut FieldErrors, field: &str, text: &str| {
                if text.trim().is_empty() { None } else { errors.check(time::parse_date(field, text)) }
            };
            let valid_from = day(&mut errors, "valid_from", &self.valid_from);
            let valid_to = day(&mut errors, "valid_to", &self.valid_to);
            if valid_from.zip(valid_to).is_some_and(|(from, to)| to < from) {
                errors.add("valid_to", tr!(patients.coverage_ends_before));
            }
            let percent = self.copay_percent.trim().trim_end_matches('%').trim();
            let copay_percent = match percent {
                "" => Some(0),
                text => text.parse::<i64>().ok().filter(|percent| (0..=100).contains(percent)),
            };
            if copay_percent.is_none() {
                errors.add("copay_percent", tr!(patients.not_a_percentage));
            }
            let plan = errors.line("plan", &self.plan, 200);
            let policy_number = errors.line("policy_number", &self.policy_number, 60);
            let holder = errors.line("holder", &self.holder, 200);
            errors.finish()?;
            let insurer_id = insurer.ok_or(Error::NotFound)?;
            Ok(NewCoverage { id, insurer_id, plan, policy_number, holder, valid_from, valid_to, copay_percent: copay_percent.unwrap_or(0) })
        }
    }

    impl ContactForm {
        /// Whether no value was entered.
        pub fn is_empty(&self) -> bool {
            [&self.contact_name, &self.contact_relationship, &self.contact_phone].iter().all(|text| text.trim().is_empty())
        }

        /// Parses the form.
        ///
        /// # Errors
        /// [`Error::Invalid`], field by field.
        pub fn parse(&self) -> Result<NewContact> {
            let mut errors = FieldErrors::new();
            let contact = NewContact {
                name: errors.required_name("contact_name", &self.contact_name, tr!(errors.required)),
                relationship: errors.line("contact_relationship", &self.contact_relationship, 100),
                phone: telephone(&mut errors, "contact_phone", &self.contact_phone),
            };
            if contact.phone.is_empty() {
                errors.add("contact_phone", tr!(errors.required));
            }
            errors.finish()?;
            Ok(contact)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::patients::DateOrder;

        fn form() -> PatientForm {
            PatientForm {
                given_names: "  Theresa  Maria ".into(),
                family_name: "Adams".into(),
                birth_date: "1984-03-12".into(),
                sex: "female".into(),
                more: Particulars { phone: "(508) 719-1838".into(), ..Particulars::default() },
                ..PatientForm::default()
            }
        }

        fn reading() -> Reading {
            let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
            Reading { today, order: DateOrder::DayFirst, birth_was_unknown: false }
        }

        fn wrong_fields(form: &PatientForm) -> Vec<String> {
            match Facts::parse(form, &reading()) {
                Err(Error::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
                _ => Vec::new(),
            }
        }

        #[test]
        fn a_good_form_is_read_and_shown_again_the_same() {
            let facts = Facts::parse(&form(), &reading()).expect("a good form");
            assert_eq!(facts.name.given_names, "Theresa Maria");
            assert_eq!(Facts::parse(&facts.to_form(), &reading()), Ok(facts));
        }

        #[test]
        fn all_faults_are_told_at_once() {
            assert_eq!(wrong_fields(&PatientForm::default()), ["given_names", "birth_date", "sex"]);
            let wrong = PatientForm {
                birth_date: "1984-02-30".into(),
                more: Particulars {
                    phone: "call me".into(),
                    email: "nobody".into(),
                    blood_group: "C".into(),
                    city: "x".repeat(101),
                    ..Particulars::default()
                },
                ..form()
            };
            assert_eq!(wrong_fields(&wrong), ["birth_date", "email", "blood_group", "phone", "city"]);
        }

        #[test]
        fn somebody_who_cannot_say_who_they_are() {
            assert!(wrong_fields(&PatientForm { name_unknown: "on".into(), ..PatientForm::default() }).is_empty());
        }

        #[test]
        fn a_name_needs_a_letter_or_a_digit_and_loses_what_cannot_be_seen() {
            for nothing in ["\u{200b}", "-, .", "\u{3164}", "\u{2800}", "…"] {
                let form = PatientForm { given_names: nothing.into(), family_name: String::new(), ..form() };
                assert!(wrong_fields(&form).iter().all(|field| field == "given_names") && !wrong_fields(&form).is_empty(), "{nothing:?}");
            }
            let family = |text: &str| {
                Facts::parse(&PatientForm { family_name: text.into(), ..form() }, &reading()).map(|facts| facts.name.family_name)
            };
            assert_eq!(family("Ad\u{200b}ams\u{feff}"), Ok("Adams".to_owned()));
            assert_eq!(family("3"), Ok("3".to_owned()));
            assert_eq!(wrong_fields(&PatientForm { family_name: "-".into(), ..form() }), ["family_name"]);
        }

        #[test]
        fn a_birth_date_that_was_not_known_may_stay_so() {
            let named = PatientForm { birth_date: String::new(), sex: "unknown".into(), ..form() };
            assert_eq!(wrong_fields(&named), ["birth_date"]);
            let correcting = Reading { birth_was_unknown: true, ..reading() };
            assert_eq!(Facts::parse(&named, &correcting).map(|facts| facts.birth), Ok(Birth::UNKNOWN));
            let ticked = PatientForm { birth_unknown: "on".into(), ..named.clone() };
            assert_eq!(Facts::parse(&ticked, &reading()).map(|facts| facts.birth), Ok(Birth::UNKNOWN));
            let both = PatientForm { birth_unknown: "on".into(), ..form() };
            assert_eq!(wrong_fields(&both), ["birth_date"], "of two answers none is dropped");
        }

        #[test]
        fn coverage_that_ends_before_it_begins() {
            let form = CoverageForm {
                insurer_id: uuid::Uuid::new_v4().to_string(),
                valid_from: "2026-02-01".into(),
                valid_to: "2026-01-01".into(),
                copay_percent: "130".into(),
                ..CoverageForm::default()
            };
            let wrong = form.parse(CoverageId(uuid::Uuid::from_u128(1)));
            let fields = |error: &Error| {
                if let Error::Invalid(errors) = error { errors.iter().map(|e| e.field.clone()).collect() } else { Vec::new() }
            };
            assert_eq!(wrong.as_ref().map_err(fields).expect_err("refused"), ["valid_to", "copay_percent"]);
            let whole = CoverageForm { valid_to: "2026-12-31".into(), copay_percent: "30 %".into(), ..form };
            assert_eq!(whole.parse(CoverageId(uuid::Uuid::from_u128(1))).map(|cover| cover.copay_percent), Ok(30));
        }
    }
}
