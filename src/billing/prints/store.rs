//! The SQL of prints.

use super::Printed;
use crate::{
    core::{Result, UserId, time::Instant},
    db::{Locked, Tx, sql},
};

/// Records one more print, and returns its number.
pub(super) async fn insert<P: Printed>(tx: &mut Tx, id: Locked<P>, now: Instant, by: UserId) -> Result<i64> {
    let number = tx.count(sql(P::BEFORE).bind(id.id())).await? + 1;
    tx.execute(sql(P::PRINT).bind(id.id()).bind(number).bind(now).bind(by)).await?;
    Ok(number)
}
