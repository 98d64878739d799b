//! What the database refused, told apart as far as the program acts on it.

use crate::core::Error;

/// An error of a query. As a [`crate::core::Error`] it is a reference id outside and a log line inside.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct DbError(#[from] sqlx::Error);

impl DbError {
    /// A row with this key is there already.
    pub fn is_unique(&self) -> bool {
        self.0.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    /// The error of an insert under a key or id that a form sent: one that is used already is a conflict, in words.
    pub fn of_form_key(self) -> Error {
        if self.is_unique() { Error::key_used() } else { self.into() }
    }

    /// The named guard refused: a constraint's name in PostgreSQL, the trigger's message in SQLite. Give guards
    /// that matter the same name on both sides.
    pub fn violates(&self, guard: &str) -> bool {
        self.0.as_database_error().is_some_and(|error| error.constraint() == Some(guard) || error.message().contains(guard))
    }

    /// A value in a row is not of its column's kind.
    pub const fn is_unreadable(&self) -> bool {
        matches!(self.0, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_))
    }

    /// A text that the engine cannot keep: PostgreSQL has no NUL.
    pub fn is_no_text(&self) -> bool {
        self.0.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "22021")
    }

    /// The engine asks to try again: locked, deadlocked, no connection free.
    pub fn is_busy(&self) -> bool {
        match &self.0 {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
            // SQLite: BUSY, LOCKED and their extended codes; FULL is a disk without space. PostgreSQL: serialization,
            // deadlock, lock time-out, shutting down, starting, out of resources.
            sqlx::Error::Database(error) => error.code().is_some_and(|code| {
                matches!(code.as_ref(), "5" | "6" | "261" | "517" | "262" | "13" | "40001" | "40P01" | "55P03")
                    || code.starts_with("57P0")
                    || code.starts_with("53")
            }),
            _ => false,
        }
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        if error.is_busy() || error.violates("encryption_key_closed") {
            tracing::warn!(error = %error, "database busy");
            return Self::Busy;
        }
        if error.is_no_text() && crate::core::locale::reachable() {
            return Self::invalid("form", crate::tr!(errors.not_text));
        }
        // Guards that several departments meet: what an act is about was retired meanwhile.
        if error.violates("service_retired") {
            return Self::conflict(crate::tr!(errors.service_retired));
        }
        if error.violates("insurer_retired") {
            return Self::conflict(crate::tr!(errors.insurer_retired));
        }
        let reference = crate::core::error::reference();
        // A constraint's message may quote a row: only its kind and name go to the log.
        match error.0.as_database_error() {
            Some(database) => {
                tracing::error!(reference, kind = ?database.kind(), code = ?database.code(), constraint = ?database.constraint(), "query refused");
                tracing::debug!(reference, error = %error, "query refused");
            }
            None => tracing::error!(reference, error = %error, "query failed"),
        }
        Self::Internal { reference }
    }
}
