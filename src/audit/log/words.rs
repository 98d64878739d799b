//! The log's fixed words in the reader's language.

use crate::{audit::Action, server::Departments, tr};

/// What was done.
pub fn action_words(action: Action) -> &'static str {
    match action {
        Action::Read => tr!(audit.read),
        Action::Create => tr!(audit.create),
        Action::Update => tr!(audit.update),
        Action::Sign => tr!(audit.sign),
        Action::Print => tr!(audit.print),
        Action::SignIn => tr!(audit.sign_in),
        Action::SignOut => tr!(audit.sign_out),
        Action::Refused => tr!(audit.refused),
    }
}

/// The thing that it was done to, in the department's words. A word without a translation is shown as it is kept, so that nothing is hidden.
pub fn what_words(departments: Departments, what: &str) -> String {
    departments.audited(what).map_or_else(|| what.replace('_', " "), str::to_owned)
}
