//! The SQL of prints.

use super::Printed;
use crate::{
    core::{Result, Stamp},
    db::{Locked, Tx, sql},
};

/// Records one more print, and returns its number.
pub(super) async fn insert<P: Printed>(tx: &mut Tx, id: Locked<P>, stamp: Stamp) -> Result<i64> {
    let number = tx.count(sql(P::BEFORE).bind(id.id())).await? + 1;
    tx.execute(sql(P::PRINT).bind(id.id()).bind(number).bind(stamp.at).bind(stamp.by)).await?;
    Ok(number)
}
