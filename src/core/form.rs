//! A form that came back: what was typed and what is wrong with it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::core::FieldError;

/// Given in Leptos' context while a page is rendered again because its form was refused; fields read their
/// value and error from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormState {
    /// The URL the form posted to: the form on the page with this action is the one meant.
    pub action: String,
    /// Name and value of each field, as typed.
    pub values: Vec<(String, String)>,
    /// What is wrong, field by field.
    pub errors: Vec<FieldError>,
    /// What is wrong with the whole, when it is not one field.
    pub message: Option<String>,
    /// Whether a form of the page has shown it; clones share the answer.
    pub shown: Shown,
}

/// Set by the form that shows a refusal.
#[derive(Clone, Debug, Default)]
pub struct Shown(Arc<AtomicBool>);

impl PartialEq for Shown {
    /// Two refusals are the same whether or not they have been shown yet.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Shown {}

impl Shown {
    /// Somebody reads it now.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody does.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl FormState {
    /// What was typed into the field, if it was sent.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// What is wrong with the field.
    pub fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == name).map(|error| error.message.as_str())
    }
}
