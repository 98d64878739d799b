//! The patient of the open portal: the user's own record, or that of a dependant for whom the user acts. The session stores the
//! choice; each request checks whether it is still allowed.

use leptos::prelude::*;

use crate::core::{Error, PatientId};

#[cfg(feature = "ssr")]
use crate::{
    core::{Permission, Result},
    server::{Ctx, Principal, is_own_page, redirect_to},
    tr,
    ui::{ButtonTone, Glyph, Icon, PostButton},
};

/// Switches to the portal of a dependant; without `patient` back to the user's own portal.
#[server(endpoint = "portal/act_for")]
pub async fn act_for(#[server(default)] patient: Option<PatientId>, #[server(default)] next: String) -> Result<(), Error> {
    let ctx = Ctx::read(Permission::OwnRecord).await?;
    if patient.is_some_and(|patient| ctx.who.dependants.iter().all(|one| one.patient != patient)) {
        return Err(Error::NotFound);
    }
    let request = ctx.request().clone();
    drop(ctx);
    let mut signed_in = request.signed_in.clone().ok_or(Error::SignedOut)?;
    signed_in.acting_for = patient;
    request.store(&signed_in).await?;
    redirect_to(if is_own_page(&next) { &next } else { "/portal" });
    Ok(())
}

/// Refuses a form that was shown for one patient after the portal was switched to another in a different window.
#[cfg(feature = "ssr")]
pub fn still_for(ctx: &Ctx, shown_for: Option<PatientId>) -> Result<PatientId> {
    let patient = ctx.own_patient()?;
    if shown_for.is_some_and(|shown| shown != patient) {
        return Err(Error::conflict(tr!(portal.switched)));
    }
    Ok(patient)
}

/// Returns a page's heading; while the user acts for a dependant, with the name: "Records: Chloe Baker".
#[cfg(feature = "ssr")]
pub fn heading(who: &Principal, words: &str) -> String {
    who.acts_for().map_or_else(|| words.to_owned(), |name| format!("{words}: {name}"))
}

/// The pages that exist in every portal: switching stays on them.
#[cfg(feature = "ssr")]
const COMMON: [&str; 5] = ["/portal", "/portal/book", "/portal/appointments", "/portal/records", "/portal/account"];

/// Shows the patient of this portal at the top of every page, with links to the other portals, for a user with
/// dependants.
#[cfg(feature = "ssr")]
pub fn whose(who: &Principal, path: &str) -> AnyView {
    if who.dependants.is_empty() {
        return ().into_any();
    }
    let next = COMMON.iter().find(|page| **page == path).copied().unwrap_or("/portal");
    let own = (None, tr!(portal.for_me).to_owned());
    let others = who.dependants.iter().map(|one| (Some(one.patient), one.name.clone()));
    let all = std::iter::once(own)
        .chain(others)
        .map(|(patient, label)| {
            if patient == who.acting_for {
                return view! { <li class="whose__now" aria-current="true"><Icon glyph=Glyph::Check/>{label}</li> }.into_any();
            }
            let mut hidden = vec![("next", next.to_owned())];
            hidden.extend(patient.map(|patient| ("patient", patient.to_string())));
            view! { <li><PostButton action="/api/portal/act_for" label hidden tone=ButtonTone::Quiet/></li> }.into_any()
        })
        .collect_view();
    view! {
        <section class="whose no-print" aria-label=tr!(portal.for_whom)>
            <Icon glyph=Glyph::Family/>
            <strong>{tr!(portal.for_whom)}</strong>
            <ul>{all}</ul>
        </section>
    }
    .into_any()
}
