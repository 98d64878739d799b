//! The panel of the wards on a patient's record.

use leptos::prelude::*;

use crate::{
    core::{
        PatientId, Permission, Result,
        time::{Instant, Zone, show_date, show_date_time},
    },
    patients,
    server::{Ctx, department::Draw},
    tr,
    ui::{Glyph, LinkButton, StatusBadge},
    wards::admission::{Admission, of_patient},
};

/// Stays that the panel shows.
const SHOWN: i64 = 20;

/// Reads the panel; `None` for readers who neither ask for admissions nor see wards.
///
/// # Errors
/// When the database refuses.
pub async fn on_the_record(ctx: &mut Ctx, patient: PatientId) -> Result<Option<Draw>> {
    let (may_ask, may_view) = (ctx.who.may(Permission::RequestAdmission), ctx.who.may(Permission::ViewWard));
    if !may_ask && !may_view {
        return Ok(None);
    }
    let stays = of_patient(&mut ctx.tx, patient, SHOWN).await?;
    let died = patients::death(&mut ctx.tx, patient).await?.is_some();
    let zone = ctx.zone();
    let is_open = stays.iter().any(|stay| stay.admitted_at.is_some() && stay.left_at.is_none() || stay.state.is_waiting());
    let ask = may_ask && !is_open && !died;
    Ok(Some(Box::new(move || {
        let link = ask.then(|| {
            view! { <LinkButton href=format!("/wards/request?patient={patient}") label=tr!(wards.request) glyph=Glyph::Bed/> }
        });
        let none = stays.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(wards.no_stays)}</p></div> });
        let rows = stays.into_iter().map(|stay| row(&stay, may_view, zone)).collect_view();
        view! {
            <section class="panel" id="stays" aria-labelledby="stays-heading">
                <div class="panel__head"><h2 id="stays-heading">{tr!(wards.stays)}</h2>{link}</div>
                {none}
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    })))
}

fn row(stay: &Admission, may_view: bool, zone: Zone) -> impl IntoView + use<> {
    let at = |at: Instant| show_date_time(zone.local(at));
    let times = match (stay.admitted_at, stay.left_at) {
        (Some(from), Some(to)) => format!("{} – {}", at(from), at(to)),
        (Some(from), None) => tr!(wards.since, at = at(from)),
        _ => show_date(stay.wanted_on),
    };
    let number = stay.number.clone();
    let number = match may_view {
        true => view! { <a href=format!("/admissions/{}", stay.id)>{number}</a> }.into_any(),
        false => number.into_any(),
    };
    view! {
        <li class="rows__row">
            <div class="rows__main">
                {number}" "<StatusBadge tone=stay.state.tone() label=stay.state.words()/>
                <br/><span class="muted small">{times}" · "{stay.reason.clone()}</span>
            </div>
        </li>
    }
}
