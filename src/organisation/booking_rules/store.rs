//! The SQL of booking rules.

use super::{BookingRules, VisitType};
use crate::{
    core::{ClinicId, Error, Result, VisitTypeId},
    db::{Tx, Value, sql},
};

pub(super) async fn rules(tx: &mut Tx, clinic: ClinicId, visit_type: Option<VisitTypeId>) -> Result<BookingRules> {
    let query =
        sql("SELECT coalesce(r.notice_minutes, c.booking_notice_minutes) AS notice_minutes, coalesce(r.days, c.booking_days) AS days,
            c.booking_most AS most, r.most AS most_of_type, coalesce(r.hold_minutes, c.hold_minutes) AS hold_minutes,
            coalesce(r.cancel_minutes, c.cancel_minutes) AS cancel_minutes, coalesce(r.move_minutes, c.move_minutes) AS move_minutes,
            c.no_show_limit, c.overbook_limit, c.offer_minutes, coalesce(c.reminder_hours, 48) AS reminder_hours
        FROM clinics c LEFT JOIN booking_rules r ON r.clinic_id = c.id AND r.retired_at IS NULL AND r.visit_type_id = ")
        .push_bind(Value::Uuid(visit_type.map(Into::into)))
        .push(" WHERE c.id = ")
        .push_bind(clinic);
    tx.optional(query).await?.ok_or(Error::NotFound)
}

pub(super) async fn visit_types(tx: &mut Tx) -> Result<Vec<VisitType>> {
    let query = sql(
        "SELECT id, name, minutes, preparation, booked_by = 'desk' AS desk_only FROM visit_types WHERE retired_at IS NULL ORDER BY name",
    );
    Ok(tx.all(query).await?)
}

pub(super) async fn visit_minutes(tx: &mut Tx, id: VisitTypeId) -> Result<i64> {
    let row: Option<(i64,)> = tx.optional(sql("SELECT minutes FROM visit_types WHERE id = ").push_bind(id)).await?;
    row.map(|(minutes,)| minutes).ok_or(Error::NotFound)
}
