//! The form of an order, and the order that it asks for.

use crate::{
    core::{OrderId, Result, error::FieldErrors, form},
    tr,
};

use super::OrderPriority;

/// The longest name of a service.
pub const LONGEST_SERVICE: u32 = 200;
/// The longest reason, instruction or outcome.
pub const LONGEST_TEXT: u32 = 2_000;
/// The longest reason for a hold or a cancellation.
pub const LONGEST_REASON: u32 = 500;

/// The form of an order, with the texts as the doctor typed them.
#[derive(Clone, Debug, Default)]
pub struct OrderForm {
    /// The order's id, made with the form: a form that is sent twice places one order.
    pub key: String,
    pub kind: String,
    pub service: String,
    pub priority: String,
    pub reason: String,
    pub instructions: String,
    /// Not empty when ticked: the signature of the note places the order.
    pub draft: String,
    /// The service that the doctor orders once more, although it is on order already.
    pub again: String,
}

/// The page of a kind's own form: the function that it is sent to, the hidden value that names the visit or the stay, and the page to go
/// back to.
#[derive(Clone, Debug)]
pub struct OrderPage {
    pub action: &'static str,
    pub place: (&'static str, String),
    pub back: (String, String),
    /// Whether an order can wait for the signature of a note.
    pub drafts: bool,
}

/// A form that was read without an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub id: OrderId,
    /// The word of its kind. [`super::place`] refuses a kind that is not offered.
    pub kind: String,
    pub service: String,
    pub priority: OrderPriority,
    pub reason: String,
    pub instructions: String,
    pub is_draft: bool,
    /// Whether the doctor confirmed that the same service is ordered once more.
    pub again: bool,
    /// Whether it comes from the kind's own page. [`super::place`] refuses a kind with a page of its own otherwise.
    pub of_page: bool,
}

impl OrderForm {
    /// Reads all fields.
    ///
    /// # Errors
    /// [`crate::core::Error::Invalid`] with every field that is wrong.
    pub fn parse(&self) -> Result<Asked> {
        let mut errors = FieldErrors::new();
        let id = errors.chosen("key", &self.key);
        let kind = errors.required_line("kind", &self.kind, 40);
        let service = errors.required_line("service", &self.service, LONGEST_SERVICE as usize);
        let priority = errors.chosen("priority", &self.priority);
        let mut text = |field: &str, typed: &str| errors.check(form::text(field, typed, LONGEST_TEXT as usize)).unwrap_or_default();
        let reason = text("reason", &self.reason);
        let instructions = text("instructions", &self.instructions);
        let again = !service.is_empty() && self.again.trim() == service;
        errors.finish()?;
        let (Some(id), Some(priority)) = (id, priority) else {
            return Err(crate::core::Error::invalid("priority", tr!(errors.choose)));
        };
        Ok(Asked { id, kind, service, priority, reason, instructions, is_draft: !self.draft.is_empty(), again, of_page: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Error;

    #[test]
    fn an_order_is_read_or_refused_with_all_fields_that_are_wrong() {
        let form = OrderForm {
            key: OrderId::new().to_string(),
            kind: "nursing".to_owned(),
            service: "  12-lead  ECG ".to_owned(),
            priority: "stat".to_owned(),
            again: "12-lead ECG".to_owned(),
            ..OrderForm::default()
        };
        let asked = form.parse().expect("an order");
        assert_eq!(
            (asked.service.as_str(), asked.priority, asked.is_draft, asked.again),
            ("12-lead ECG", OrderPriority::Stat, false, true)
        );
        let wrong = OrderForm { service: " ".to_owned(), priority: "soon".to_owned(), reason: "x".repeat(2_001), ..form };
        let Err(Error::Invalid(errors)) = wrong.parse() else { panic!("nothing was wrong") };
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["service", "priority", "reason"]);
    }
}
