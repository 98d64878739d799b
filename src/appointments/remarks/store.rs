//! The SQL of the desk's remarks.

use crate::{
    core::{AppointmentId, Result},
    db::{Locked, Tx, sql},
};

/// The remark; empty without one.
pub async fn remark_of(tx: &mut Tx, id: AppointmentId) -> Result<String> {
    let row: Option<(String,)> = tx.optional(sql("SELECT desk_remark FROM appointments WHERE id = $1").bind(id)).await?;
    Ok(row.map(|(remark,)| remark).unwrap_or_default())
}

pub async fn write(tx: &mut Tx, id: AppointmentId, remark: &str) -> Result<()> {
    tx.execute(sql("UPDATE appointments SET desk_remark = $1 WHERE id = $2").bind(remark).bind(id)).await?;
    Ok(())
}

/// The remark goes on with the appointment that takes the old one's place.
pub async fn carry_over(tx: &mut Tx, old: Locked<AppointmentId>, id: AppointmentId) -> Result<()> {
    let query = sql("UPDATE appointments SET desk_remark = (SELECT o.desk_remark FROM appointments o WHERE o.id = $1) WHERE id = $2");
    tx.execute(query.bind(old.id()).bind(id)).await?;
    Ok(())
}
