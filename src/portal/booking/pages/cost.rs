//! The expected cost of a visit, as far as it is known in advance.

use crate::{
    appointments::Appointment,
    billing::{self, Consultation},
    core::Result,
    organisation, patients,
    server::Ctx,
    tr,
};

/// "120.00, you pay 36.00 (Meridian, Basic)"; nothing when there is no price yet. It is what the consultation will be charged.
pub(super) async fn expected(ctx: &mut Ctx, held: &Appointment) -> Result<Option<String>> {
    let service = organisation::service(&mut ctx.tx, held.service_id).await?;
    let day = organisation::clinic(&mut ctx.tx, held.clinic_id).await?.zone.day(held.starts_at);
    let consultation = Consultation {
        patient: held.patient_id,
        clinic: held.clinic_id,
        department: service.department_id,
        provider: Some(held.doctor_id),
        day,
    };
    let quote = billing::quote(&mut ctx.tx, &consultation.into()).await?;
    if quote.price.is_none() {
        return Ok(None);
    }
    let currency = ctx.state().hospital().currency;
    let total = currency.show(quote.total());
    let coverage = patients::coverage_on(&mut ctx.tx, held.patient_id, day).await?.filter(|coverage| !coverage.self_pay);
    Ok(Some(match coverage {
        Some(coverage) => {
            let plan = patients::coverage_words(&coverage);
            tr!(booking.cost_patient, total = total, patient = currency.show(quote.shares().patient), plan = plan)
        }
        None => tr!(booking.cost_all, total = total),
    }))
}
