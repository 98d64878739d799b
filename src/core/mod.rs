//! What every department and both sides (server and browser) share: identities, money, time, errors,
//! permissions, forms and lists. Pure: nothing here knows the database, a page or a module.

pub mod answer;
pub mod error;
pub mod form;
pub mod ids;
pub mod list;
pub mod locale;
pub mod money;
#[cfg(feature = "ssr")]
pub mod name;
pub mod permission;
pub mod text_enum;
pub mod time;

pub use answer::Answer;
pub use error::{Error, FieldError, Result};
pub use ids::*;
pub use money::{Currency, Money};
pub use permission::{Permission, Role};
