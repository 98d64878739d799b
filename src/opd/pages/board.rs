//! `/board/{code}`: the public board of a clinic, for anybody to see: tokens and rooms.

use chrono::Timelike as _;
use leptos::prelude::*;

use crate::{
    core::{Error, Result},
    opd::{self, islands::PublicBoard},
    server::{Page, Path, Request},
    tr,
};

/// The page. Nobody signs in at a television, so it reads without a session; it shows nothing about anybody.
pub async fn board_page(Path(code): Path<String>) -> Result<Page> {
    let request = Request::current().ok_or(Error::NotFound)?;
    let now = request.state.clock.now();
    let mut tx = request.state.db.read().await?;
    let clinic = opd::clinic_named(&mut tx, &code).await?;
    let state = opd::board(&mut tx, clinic.id, now).await?;
    let wall = i64::from(clinic.zone.local(now).num_seconds_from_midnight());
    Ok(Page::new(format!("{}, {}", tr!(opd.board), clinic.name), move || {
        view! { <PublicBoard initial=state clinic=clinic.code name=clinic.name wall=wall/> }
    })
    .bare())
}
