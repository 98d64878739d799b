//! Types and functions that all departments and both sides (server and browser) share: ids, money, time, errors,
//! permissions, forms and lists. This module uses no database, page or department.

pub mod answer;
pub mod error;
pub mod form;
#[cfg(feature = "ssr")]
pub mod gs1;
pub mod ids;
pub mod list;
pub mod locale;
pub mod money;
#[cfg(feature = "ssr")]
pub mod name;
pub mod permission;
#[cfg(feature = "ssr")]
pub mod picture;
#[cfg(feature = "ssr")]
pub mod spreadsheet;
pub mod stamp;
pub mod text_enum;
pub mod time;
#[cfg(feature = "ssr")]
pub mod workbook;
#[cfg(feature = "ssr")]
pub mod xlsx;

pub use answer::Answer;
pub use error::{Error, FieldError, Result};
pub use ids::*;
pub use money::{Currency, Money};
pub use permission::{Permission, Role};
pub use stamp::Stamp;
