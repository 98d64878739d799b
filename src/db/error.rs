//! The errors of the database, classified as far as the program handles them differently.

use crate::core::Error;

/// An error of a query. Converted to a [`crate::core::Error`], it shows the user a reference id and writes the details
/// to the log.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct DbError(#[from] sqlx::Error);

impl DbError {
    /// Whether a row with this key already exists.
    pub fn is_unique(&self) -> bool {
        self.0.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    /// Converts the error of an insert with a key or id from a form: a key that is already used becomes a conflict with
    /// a message.
    pub fn of_form_key(self) -> Error {
        if self.is_unique() { Error::key_used() } else { self.into() }
    }

    /// Whether the named guard refused: the constraint's name in PostgreSQL, the trigger's message in SQLite. A guard
    /// that the program handles needs the same name on both engines.
    pub fn violates(&self, guard: &str) -> bool {
        self.0.as_database_error().is_some_and(|error| error.constraint() == Some(guard) || error.message().contains(guard))
    }

    /// Whether a value in a row does not have its column's type.
    pub const fn is_unreadable(&self) -> bool {
        matches!(self.0, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_))
    }

    /// Whether a text contains NUL, which PostgreSQL cannot store.
    pub fn is_no_text(&self) -> bool {
        self.0.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "22021")
    }

    /// Whether a retry may succeed: locked, deadlocked, no free connection.
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
        // Guards that several departments share: the service or insurer was retired in the meantime.
        if error.violates("service_retired") {
            return Self::conflict(crate::tr!(errors.service_retired));
        }
        // The record was merged into another one in the meantime.
        if error.violates("patients_merged") {
            return Self::conflict(crate::tr!(errors.record_merged));
        }
        if error.violates("insurer_retired") {
            return Self::conflict(crate::tr!(errors.insurer_retired));
        }
        let reference = crate::core::error::reference();
        // A constraint's message may quote a row: only its kind and name are logged.
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
