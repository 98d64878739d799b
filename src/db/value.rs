//! The values that can be bound to a query: owned, and typed even when NULL, because PostgreSQL needs the type.

use chrono::NaiveDate;
use sqlx::{Arguments as _, Postgres, Sqlite, error::BoxDynError};
use uuid::Uuid;

use crate::{
    core::{Id, Money, time::Instant},
    keys::{Blind, Keyring, Sealed, ToSeal},
};

/// A bound value; `None` is a NULL of that type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(Option<bool>),
    Int(Option<i64>),
    Text(Option<String>),
    Uuid(Option<Uuid>),
    Instant(Option<Instant>),
    Date(Option<NaiveDate>),
    Bytes(Option<Vec<u8>>),
    /// Fields of a row, encrypted when the statement is sent.
    Seal(Box<ToSeal>),
    /// A value to search for, sent as its blind index.
    Blind(Box<Blind>),
}

/// The fixed-width form in which SQLite stores an instant: the order of the texts is the order of the times.
pub(super) const SQLITE_INSTANT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

impl Value {
    pub(super) fn add_sqlite(self, arguments: &mut <Sqlite as sqlx::Database>::Arguments, keys: &Keyring) -> Result<(), BoxDynError> {
        match self {
            Self::Bool(value) => arguments.add(value),
            Self::Int(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Uuid(value) => arguments.add(value),
            Self::Instant(value) => arguments.add(value.map(|at| at.format(SQLITE_INSTANT).to_string())),
            Self::Date(value) => arguments.add(value),
            Self::Bytes(value) => arguments.add(value),
            Self::Seal(fields) => arguments.add(fields.envelope(keys)?),
            Self::Blind(value) => arguments.add(value.bytes(keys)?),
        }
    }

    pub(super) fn add_postgres(self, arguments: &mut <Postgres as sqlx::Database>::Arguments, keys: &Keyring) -> Result<(), BoxDynError> {
        match self {
            Self::Bool(value) => arguments.add(value),
            Self::Int(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Uuid(value) => arguments.add(value),
            Self::Instant(value) => arguments.add(value),
            Self::Date(value) => arguments.add(value),
            Self::Bytes(value) => arguments.add(value),
            Self::Seal(fields) => arguments.add(fields.envelope(keys)?),
            Self::Blind(value) => arguments.add(value.bytes(keys)?),
        }
    }
}

/// Implements `From<T>` and `From<Option<T>>` for a plain type.
macro_rules! plain {
    ($($type:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(Some(value.into()))
            }
        }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map(Into::into))
            }
        }
    )+};
}

plain! { bool => Bool, i64 => Int, i32 => Int, u32 => Int, String => Text, &str => Text, Uuid => Uuid, Instant => Instant, NaiveDate => Date, Vec<u8> => Bytes }

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}

impl From<Sealed> for Value {
    fn from(value: Sealed) -> Self {
        Self::Bytes(Some(value.0))
    }
}

impl From<ToSeal> for Value {
    fn from(fields: ToSeal) -> Self {
        Self::Seal(Box::new(fields))
    }
}

impl From<Blind> for Value {
    fn from(value: Blind) -> Self {
        Self::Blind(Box::new(value))
    }
}

impl From<Money> for Value {
    fn from(value: Money) -> Self {
        Self::Int(Some(value.0))
    }
}

impl From<Option<Money>> for Value {
    fn from(value: Option<Money>) -> Self {
        Self::Int(value.map(|amount| amount.0))
    }
}

impl<I: Id> From<I> for Value {
    fn from(id: I) -> Self {
        Self::Uuid(Some(id.into()))
    }
}

impl<I: Id> From<Option<I>> for Value {
    fn from(id: Option<I>) -> Self {
        Self::Uuid(id.map(Into::into))
    }
}
