//! The data layer: SQLite or PostgreSQL, chosen at run time by the database URL, each query written once.
//!
//! A [`Database`] provides [`Tx`]s: for reading, or for writing (in SQLite `BEGIN IMMEDIATE`: writers take turns). A
//! request runs as a [`Reader`]; PostgreSQL's row-level security limits it to that reader's rows. A query is [`sql()`]
//! with `$1` placeholders and bound [`Value`]s; its rows are any type that implements [`Record`].

mod changes;
mod database;
mod error;
mod lock;
mod newer;
mod reader;
mod recording;
mod rows;
mod slow;
mod sql;
mod tx;
pub mod upkeep;
mod value;

pub use database::{Database, Engine};
pub use error::DbError;
pub use lock::{Lockable, Locked};
pub use newer::Fit;
pub use reader::Reader;
pub use recording::recorded;
pub use rows::insert_rows;
pub use slow::slow_queries;
pub use sql::{Sql, sql, sql_for};
pub use tx::{Record, Tx};
pub use value::Value;
