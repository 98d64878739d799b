//! Row locks: transactions that change the same row take turns.
//!
//! A function that decides on the state of a row, and then writes, locks that row first. [`Tx::lock`] returns a [`Locked`] id, and
//! the stores' writing functions take one as a parameter, so the compiler finds a caller that did not lock. A lock lasts as long
//! as its transaction. In SQLite the writing transaction itself is the lock: writers take turns there.
//!
//! To prevent deadlocks, rows are locked in the order of the departments (user, medicine, patient, doctor, appointment, visit, encounter, admission,
//! order of an admission, message of an analyser, order, sample, analysis, call, study, room of imaging, study in an archive, finding, review, supply, purchase request, purchase order, invoice of a supplier, requisition of a ward, transfer of goods, recall, item in a storeroom, account, invoice, payment, refund, shift at the till, cash move); several rows of one table with
//! [`Tx::lock_all`], which orders them.

use super::{Engine, Tx, Value, sql, sql_for};
use crate::core::{Error, Result};

/// An id whose row can be locked.
pub trait Lockable: Copy + Ord + Into<Value> {
    /// The table whose primary key (`id`) this is.
    const TABLE: &'static str;
}

/// An id whose row this transaction has locked. Only [`Tx::lock`] and [`Tx::lock_all`] create it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked<K>(K);

impl<K: Copy> Locked<K> {
    /// The id of the locked row.
    pub const fn id(self) -> K {
        self.0
    }
}

impl Tx {
    /// Waits for the row and locks it until the transaction ends. The caller must read the row's state after this, not
    /// before.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the row does not exist, or the reader must not change it.
    pub async fn lock<K: Lockable>(&mut self, id: K) -> Result<Locked<K>> {
        Ok(*self.lock_all([id]).await?.first().ok_or(Error::NotFound)?)
    }

    /// Locks several rows of one table, in the order of their ids; returns those that exist.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn lock_all<K: Lockable>(&mut self, ids: impl IntoIterator<Item = K>) -> Result<Vec<Locked<K>>> {
        debug_assert!(self.is_writing(), "a lock needs a writing transaction");
        let mut ids: Vec<K> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let mut locked = Vec::with_capacity(ids.len());
        for id in ids {
            // Each row is locked by its own query: `FOR UPDATE` with `ORDER BY` may lock in another order than it sorts. `NO
            // KEY` lets inserts with foreign keys to the row proceed: no transaction changes the row's key.
            let query = sql_for("SELECT count(*) FROM ", "SELECT count(*) FROM (SELECT id FROM ")
                .push(K::TABLE)
                .push(" WHERE id = ")
                .push_bind(id)
                .push_for("", " FOR NO KEY UPDATE) AS locked");
            if self.count(query).await? > 0 {
                locked.push(Locked(id));
            }
        }
        Ok(locked)
    }

    /// Waits for every other transaction that holds the turn for this key of this subject, and holds it until the
    /// transaction ends. It is for things without a row, such as a person who is about to be registered.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn take_turn(&mut self, subject: &'static str, key: &str) -> Result<()> {
        debug_assert!(self.is_writing(), "a turn needs a writing transaction");
        if self.engine() == Engine::Postgres {
            // Two keys with the same 64-bit hash wait for each other, which is slower but never wrong.
            let query = sql("SELECT count(*) FROM (SELECT pg_advisory_xact_lock(hashtextextended($1, 0))) AS turn");
            self.count(query.bind(format!("{subject}\n{key}"))).await?;
        }
        Ok(())
    }
}
