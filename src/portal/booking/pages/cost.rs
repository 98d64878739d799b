//! What a visit will cost, as far as it is known before.

use crate::{
    appointments::Appointment,
    core::Result,
    server::Ctx,
};

/// "120.00, you pay 36.00 (Meridian, Basic)"; nothing when there is no price yet.
pub(super) async fn expected(_ctx: &mut Ctx, _held: &Appointment) -> Result<Option<String>> {
    Ok(None)
}
