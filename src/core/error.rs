//! The program's only error type: it explains what went wrong in words that help a member of staff to act.

use serde::{Deserialize, Serialize};
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

/// The result of a function that may refuse.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of one field of a form. The message is already in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name in the form.
    pub field: String,
    /// A sentence that names the fault and the remedy.
    pub message: String,
}

/// The reason why an action was refused or failed. The HTTP status follows from the variant ([`Error::status`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Error {
    /// 422: the input is wrong, field by field.
    #[error("{}", .0.iter().map(|e| format!("{}: {}", e.field, e.message)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// 401: no user is signed in, or the session has ended.
    #[error("sign in first")]
    SignedOut,
    /// 403: the signed-in user does not have the permission.
    #[error("not allowed")]
    Forbidden,
    /// 404: the object does not exist, or this user may not see it; the answer is the same for both.
    #[error("not found")]
    NotFound,
    /// 403: the patient is in the care of no clinic of the user.
    #[error("not in your care")]
    NotInCare {
        /// The patient of the record.
        patient: super::PatientId,
    },
    /// 409: another user was first, or the state does not allow the action. The sentence tells which.
    #[error("{0}")]
    Conflict(String),
    /// 429: more than one person does in so short a time. The sentence names the action and the time of the next
    /// attempt.
    #[error("{message}")]
    TooMany {
        /// The sentence for the user.
        message: String,
        /// The seconds after which the user may try again.
        seconds: u32,
    },
    /// 413: the request is larger than any text that a person types.
    #[error("the request is too large")]
    TooLarge,
    /// 503: try again shortly.
    #[error("busy, try again")]
    Busy,
    /// 500: a fault of the program; the log has the details under this reference.
    #[error("something went wrong on our side (reference {reference})")]
    Internal {
        /// The reference that the user reports and that is in the log.
        reference: String,
    },
}

impl Error {
    /// Creates the error of one wrong field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Returns the same error for a field with another name.
    #[must_use]
    pub fn at_field(self, field: &str) -> Self {
        match self {
            Self::Invalid(errors) => {
                Self::Invalid(errors.into_iter().map(|error| FieldError { field: field.to_owned(), ..error }).collect())
            }
            other => other,
        }
    }

    /// Creates the error of a user who was not first, or of a state that does not allow the action.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict(message.into())
    }

    /// Creates the error of a key or id in a form that belongs to another entry, or to one with other content.
    #[cfg(feature = "ssr")]
    pub fn key_used() -> Self {
        Self::conflict(crate::tr!(errors.key_used))
    }

    /// Creates the error of a fault of the program and logs it. The log line contains no patient data.
    #[cfg(feature = "ssr")]
    pub fn internal(what: &'static str, error: &dyn std::fmt::Display) -> Self {
        let reference = reference();
        tracing::error!(reference, %error, what);
        Self::Internal { reference }
    }

    /// Returns the HTTP status of the error.
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

    /// Returns a sentence for the user, in the current language.
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

/// Returns a short reference that a user can read out and that is in the log.
#[cfg(feature = "ssr")]
pub fn reference() -> String {
    let mut bytes = [0_u8; 5];
    // Without randomness the reference has always the same letters: the message is still correct, but less useful.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| char::from(b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ"[usize::from(byte % 32)])).collect()
}

/// Collects the errors of a form, so that the user gets all of them at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Creates an empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records that `field` is wrong.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    /// Returns the parser's value, or records its errors and returns `None`.
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

    /// Returns `Err` when any error was recorded.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

impl FromServerFnError for Error {
    type Encoder = super::answer::Text;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Args(message) | ServerFnErrorErr::MissingArg(message) => {
                // serde names the field in backticks: "missing field `patient_id`".
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
