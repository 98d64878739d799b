//! The laboratory: from the order of a test to the report that the doctor signs.
//!
//! An order of a test or a panel is an order of `orders` with the kind `laboratory`. When it is placed, each of its tests becomes an
//! *analysis*, and the *samples* that they need are expected. A sample is collected at the bedside, received in the laboratory, or rejected;
//! then its analyses are ready for the bench. A value is entered and checked by a technician, released by a second person, and reported.
//!
//! ```text
//! sample    expected ──> collected ──> sent ──> received ──> stored ──> discarded
//!           expected ──> not_collected · collected, sent, received ──> rejected · sent ──> lost
//! analysis  waiting ──> ready ──> entered ──> checked ──> released
//!           ready ──> sent_out ──> entered · entered, checked ──> ready · open ──> waiting · waiting, ready ──> cancelled
//! review    new ──> seen ──> signed · new, seen ──> replaced
//! ```
//!
//! Analysers send values by themselves (`analysers`), which wait to be checked. Results are versions (`results`); a critical one is called
//! (`calls`); each release makes a report (`reports`), which its doctor signs (`reviews`). Acts take turns: visits and orders first, then
//! samples, analyses, calls and reviews, then the account.

#[cfg(feature = "ssr")]
mod analysers;
#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
mod calls;
#[cfg(feature = "ssr")]
mod catalogue;
#[cfg(feature = "ssr")]
mod controls;
#[cfg(feature = "ssr")]
mod delta;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod flag;
#[cfg(feature = "ssr")]
mod formulas;
#[cfg(feature = "ssr")]
mod kidney;
#[cfg(feature = "ssr")]
mod number;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod range;
#[cfg(feature = "ssr")]
mod reports;
#[cfg(feature = "ssr")]
mod requests;
#[cfg(feature = "ssr")]
mod results;
#[cfg(feature = "ssr")]
mod reviews;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod samples;
#[cfg(feature = "ssr")]
mod turnaround;
#[cfg(feature = "ssr")]
mod upkeep;
#[cfg(feature = "ssr")]
mod value;
#[cfg(feature = "ssr")]
mod vocabulary;
#[cfg(feature = "ssr")]
mod wishes;

#[cfg(feature = "ssr")]
pub use analysers::{file_received as file_analyser_messages, receive as receive_from_analyser, serve as serve_analysers};
#[cfg(feature = "ssr")]
pub use calls::escalate as escalate_calls;
#[cfg(feature = "ssr")]
pub use catalogue::{Catalogue, LabTest, stock};
#[cfg(feature = "ssr")]
pub use department::{DEPARTMENT, LAB};
#[cfg(feature = "ssr")]
pub use flag::{Flag, Limits, judge};
#[cfg(feature = "ssr")]
pub use formulas::Formula;
#[cfg(feature = "ssr")]
pub use number::{sample_number, series as sample_series};
#[cfg(feature = "ssr")]
pub use pages::{look_notice, order_form as lab_order_form, order_label as lab_order_label};
#[cfg(feature = "ssr")]
pub use range::{ChosenRange, RangeFor, choose};
#[cfg(feature = "ssr")]
pub use reports::{about_results, digest as report_digest, tell_of_results, weight as report_weight};
#[cfg(feature = "ssr")]
pub use requests::{
    KIND as LAB_KIND, LAB_TEST, LabItem, LatestValue, RequestForm, latest_of, latest_values, looked, order as order_tests,
    order_with as order_tests_with, prices, tubes,
};
#[cfg(feature = "ssr")]
pub use results::{
    LabResult, RejudgementState, judge_waiting as judge_results_anew, result as lab_result, shown_unit, tell_late as tell_late_results,
};
#[cfg(feature = "ssr")]
pub use reviews::{escalate as escalate_reviews, is_away};
#[cfg(feature = "ssr")]
pub use samples::{AnalysisState, SampleState};
#[cfg(feature = "ssr")]
pub use value::{Comparator, Measured, localised, number as millionths, shown as shown_millionths};
#[cfg(feature = "ssr")]
pub use vocabulary::*;
#[cfg(feature = "ssr")]
pub use wishes::ResultWish;
