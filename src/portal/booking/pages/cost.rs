//! What a visit will cost, as far as it is known before.

use crate::{appointments::Appointment, billing, core::Result, organisation, patients, server::Ctx, tr};

/// "120.00, you pay 36.00 (Meridian, Basic)"; nothing when there is no price yet.
pub(super) async fn expected(ctx: &mut Ctx, held: &Appointment) -> Result<Option<String>> {
    let service = organisation::service(&mut ctx.tx, held.service_id).await?;
    let day = ctx.zone().day(held.starts_at);
    let Some(price) = billing::expected_consultation(&mut ctx.tx, held.clinic_id, service.department_id, day).await? else {
        return Ok(None);
    };
    let coverage = patients::coverage_on(&mut ctx.tx, held.patient_id, day).await?.filter(|coverage| !coverage.self_pay);
    let currency = ctx.state().hospital().currency;
    let total = currency.show(price);
    Ok(Some(match coverage {
        Some(coverage) => {
            let shares = billing::shares(price, Some(coverage.copay_percent));
            let plan = patients::coverage_words(&coverage);
            tr!(booking.cost_patient, total = total, patient = currency.show(shares.patient), plan = plan)
        }
        None => tr!(booking.cost_all, total = total),
    }))
}
