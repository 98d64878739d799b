//! The state of the portal's home as it is by now.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    core::{Answer, Error},
    opd::PlaceShown,
};

#[cfg(feature = "ssr")]
use crate::{
    billing,
    core::{Money, Permission, Result},
    opd,
    server::Ctx,
};

/// The state of the home page's moving parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalHome {
    /// The amount due with its currency; empty when nothing is due.
    pub to_pay: String,
    /// The places in the queue of the other people for whom the user uses the portal.
    pub family: Vec<FamilyPlace>,
}

/// Where one of them stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyPlace {
    pub name: String,
    pub place: PlaceShown,
}

/// The moving parts of the home page again, after a hint.
#[server(endpoint = "portal/home_now", output = Answer)]
pub async fn home_now() -> Result<PortalHome, Error> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    home(&mut ctx).await
}

/// The moving parts of the home page.
#[cfg(feature = "ssr")]
pub(super) async fn home(ctx: &mut Ctx) -> Result<PortalHome> {
    let (patient, now) = (ctx.own_patient()?, ctx.now);
    let balance = billing::balance(&mut ctx.tx, patient).await?;
    let currency = ctx.state().hospital().currency;
    let to_pay = if balance.to_pay > Money::ZERO { currency.show(balance.to_pay) } else { String::new() };
    let own = ctx.who.patient.map(|own| (own, crate::tr!(portal.for_me).to_owned()));
    let others = ctx.who.dependants.iter().map(|one| (one.patient, one.name.clone()));
    let all: Vec<_> = own.into_iter().chain(others).filter(|(other, _)| *other != patient).collect();
    let mut family = Vec::new();
    for (other, name) in all {
        if let Some(place) = opd::place_shown(&mut ctx.tx, other, now).await? {
            ctx.saw(other, "portal").await?;
            family.push(FamilyPlace { name, place });
        }
    }
    Ok(PortalHome { to_pay, family })
}
