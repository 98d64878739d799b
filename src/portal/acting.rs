//! Whose portal is open: the user's own, or that of somebody the user acts for. The session remembers it; each request asks anew
//! whether it still holds.

use leptos::prelude::*;

use crate::core::{Error, PatientId};

#[cfg(feature = "ssr")]
use crate::{
    core::{Permission, Result},
    server::{Ctx, Principal, is_own_page, redirect_to},
    tr,
    ui::{ButtonTone, Glyph, Icon, PostButton},
};

/// Goes on to the portal of somebody the user acts for; without `patient` back to the user's own.
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

/// A form that was shown for one person is not taken for another: the portal was switched meanwhile, in another window.
#[cfg(feature = "ssr")]
pub fn still_for(ctx: &Ctx, shown_for: Option<PatientId>) -> Result<PatientId> {
    let patient = ctx.own_patient()?;
    if shown_for.is_some_and(|shown| shown != patient) {
        return Err(Error::conflict(tr!(portal.switched)));
    }
    Ok(patient)
}

/// A page's heading; while the user acts for somebody, with the name: "Records: Chloe Baker".
#[cfg(feature = "ssr")]
pub fn heading(who: &Principal, words: &str) -> String {
    who.acts_for().map_or_else(|| words.to_owned(), |name| format!("{words}: {name}"))
}

/// The pages that everybody has: switching stays on them.
#[cfg(feature = "ssr")]
const COMMON: [&str; 5] = ["/portal", "/portal/book", "/portal/appointments", "/portal/records", "/portal/account"];

/// On top of every page of the portal, for whoever acts for somebody: whose it is, and the way to the others'.
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
