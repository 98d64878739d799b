//! The panel of the medicine record on the page of an admission, and the open orders on the page of its discharge.

use leptos::prelude::*;

use super::list::order_row;
use crate::{
    core::{AdmissionId, Permission, Result},
    medicine_record::orders,
    server::{
        Ctx,
        department::{Draw, StayPage},
    },
    tr,
    ui::{Glyph, LinkButton, NoticeBox, Tone},
    wards::{self, AdmissionState},
};

/// Reads the panel; `None` for readers without the right, and before the patient lies on a ward.
///
/// # Errors
/// When the database refuses.
pub async fn on_the_stay(ctx: &mut Ctx, id: AdmissionId, page: StayPage) -> Result<Option<Draw>> {
    let admission = wards::find_admission(&mut ctx.tx, id).await?;
    let may = ctx.who.may_at(Permission::ReadMedicineRecord, admission.clinic_id);
    if !may || !matches!(admission.state, AdmissionState::Admitted | AdmissionState::Discharged) {
        return Ok(None);
    }
    let zone = crate::organisation::clinic(&mut ctx.tx, admission.clinic_id).await?.zone;
    let open = orders::of_admission(&mut ctx.tx, id, true).await?;
    let now = ctx.now;
    Ok(Some(Box::new(move || {
        let rows = open.iter().map(|order| order_row(order, (now, zone))).collect_view();
        let none =
            open.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(medicine_record.no_open_orders)}</p></div> });
        let ends = (page == StayPage::Discharge && !open.is_empty()).then(|| {
            view! { <NoticeBox tone=Tone::Warning><p>{tr!(medicine_record.discharge_stops, count = open.len())}</p></NoticeBox> }
        });
        view! {
            <section class="panel" aria-labelledby="open-orders">
                <div class="panel__head">
                    <h2 id="open-orders">{tr!(medicine_record.open_orders)}</h2>
                    <div class="cluster">
                        <LinkButton href=format!("/admissions/{id}/medicines") label=tr!(medicine_record.record) glyph=Glyph::Pill/>
                        <LinkButton href=format!("/admissions/{id}/orders") label=tr!(medicine_record.orders) glyph=Glyph::Note/>
                    </div>
                </div>
                {ends}
                {none}
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    })))
}
