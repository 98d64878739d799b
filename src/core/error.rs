//! The one error of the program: what went wrong in words that a person at a desk can act on.

use serde::{Deserialize, Serialize};
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

/// The result of anything that can be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with one field of a form. The message is already in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name in the form.
    pub field: String,
    /// A sentence: what is wrong and what to do.
    pub message: String,
}

/// Why something was not done. The HTTP status follows the variant ([`Error::status`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Error {
    /// 422: the input is wrong, field by field.
    #[error("{}", .0.iter().map(|e| format!("{}: {}", e.field, e.message)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// 401: nobody is signed in, or the session has ended.
    #[error("sign in first")]
    SignedOut,
    /// 403: signed in, but not allowed.
    #[error("not allowed")]
    Forbidden,
    /// 404: not there, or not for these eyes; the two look the same from outside.
    #[error("not found")]
    NotFound,
    /// 403: a patient whom no clinic of the user's cares for.
    #[error("not in your care")]
    NotInCare {
        /// Whose record it is.
        patient: super::PatientId,
    },
    /// 409: somebody else was first, or the state does not allow it. A sentence says which.
    #[error("{0}")]
    Conflict(String),
    /// 429: more than one person does in so short a time; a sentence says what, and when it goes on.
    #[error("{message}")]
    TooMany {
        /// The sentence.
        message: String,
        /// After so long it may be tried again.
        seconds: u32,
    },
    /// 413: the request is larger than anything a person types.
    #[error("the request is too large")]
    TooLarge,
    /// 503: try again shortly.
    #[error("busy, try again")]
    Busy,
    /// 500: our mistake; the log has the details under this reference.
    #[error("something went wrong on our side (reference {reference})")]
    Internal {
        /// What the person quotes and the log repeats.
        reference: String,
    },
}

impl Error {
    /// One field is wrong.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// The same about a field of another name.
    #[must_use]
    pub fn at_field(self, field: &str) -> Self {
        match self {
            Self::Invalid(errors) => {
                Self::Invalid(errors.into_iter().map(|error| FieldError { field: field.to_owned(), ..error }).collect())
            }
            other => other,
        }
    }

    /// Somebody was first, or the state does not allow it.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict(message.into())
    }

    /// The key or id that a form sent belongs to another entry, or to one with other content.
    #[cfg(feature = "ssr")]
    pub fn key_used() -> Self {
        Self::conflict(crate::tr!(errors.key_used))
    }

    /// Our mistake, with a line in the log. What is logged quotes nothing of a patient.
    #[cfg(feature = "ssr")]
    pub fn internal(what: &'static str, error: &dyn std::fmt::Display) -> Self {
        let reference = reference();
        tracing::error!(reference, %error, what);
        Self::Internal { reference }
    }

    /// The HTTP status that says the same.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) => 422,
            Self::SignedOut => 401,
            Self::Forbidden | Self::NotInCare { .. } => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::TooMany { .. } => 429,
            Self::TooLarge => 413,
            Self::Busy => 503,
            Self::Internal { .. } => 500,
        }
    }

    /// A sentence for the person, in the current language.
    pub fn message(&self) -> String {
        match self {
            Self::Invalid(_) => crate::tr!(errors.invalid).to_string(),
            Self::SignedOut => crate::tr!(errors.signed_out).to_string(),
            Self::Forbidden => crate::tr!(errors.forbidden).to_string(),
            Self::NotFound => crate::tr!(errors.not_found).to_string(),
            Self::NotInCare { .. } => crate::tr!(errors.not_in_care).to_string(),
            Self::Conflict(message) | Self::TooMany { message, .. } => message.clone(),
            Self::TooLarge => crate::tr!(errors.too_large).to_string(),
            Self::Busy => crate::tr!(errors.busy).to_string(),
            Self::Internal { reference } => crate::tr!(errors.internal, reference = reference.clone()),
        }
    }
}

/// A short reference that a person can read out and the log repeats.
#[cfg(feature = "ssr")]
pub fn reference() -> String {
    let mut bytes = [0_u8; 5];
    // Without randomness the reference is all zeros: still a message, only a poorer one.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| char::from(b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ"[usize::from(byte % 32)])).collect()
}

/// Gathers what is wrong with a form, so that a person hears all of it at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `field` is wrong.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    /// Takes a parser's answer apart: the value, or `None` and its errors noted.
    pub fn check<T>(&mut self, parsed: Result<T>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(Error::Invalid(errors)) => {
                self.0.extend(errors);
                None
            }
            Err(other) => {
                self.add("form", other.message());
                None
            }
        }
    }

    /// `Err` when anything was noted.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

impl FromServerFnError for Error {
    type Encoder = super::answer::Text;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Args(message) | ServerFnErrorErr::MissingArg(message) => {
                // serde names the field in back-quotes: "missing field `patient_id`".
                let field = message.split('`').nth(1).unwrap_or("form").to_owned();
                let message = match crate::core::locale::reachable() {
                    true => crate::tr!(errors.field_unreadable).to_string(),
                    false => message,
                };
                Self::invalid(field, message)
            }
            ServerFnErrorErr::Request(_) => Self::Busy,
            other => Self::Internal { reference: format!("{other:.60}") },
        }
    }
}
