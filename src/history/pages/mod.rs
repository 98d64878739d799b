//! The history on the pages of others: the chart, the portal, and the page of an admission.

mod charted;
mod portal;
mod stay;

pub use charted::charted;
pub use portal::portal_history;
pub use stay::on_the_stay;

use super::PastResult;

/// The value of a result with its unit, or its words.
fn value_words(result: &PastResult) -> String {
    if result.value.is_empty() { result.text.clone() } else { format!("{} {}", result.value, result.unit).trim_end().to_owned() }
}
