//! `/first-visits`: the requests for a first appointment at the clinic.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        Permission, Result,
        time::{Zone, show_date_time},
    },
    reception::first_visits::{
        FirstVisitState,
        store::{self, FirstVisit},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, PageHeader, PhoneLink, Row, StatusBadge, Tab, Tabs, Toast, Tone},
};

/// The requests that the list shows.
const SHOWN: i64 = 300;

/// The act that was just done, and whether ended requests are shown too.
#[derive(Debug, Default, Deserialize)]
pub struct FirstVisitsQuery {
    #[serde(default)]
    done: String,
    #[serde(default)]
    show: String,
}

/// Shows the list.
///
/// # Errors
/// When the user lacks the permission, or the database refuses.
pub async fn first_visits_page(Query(query): Query<FirstVisitsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::BookAppointments).await?;
    let (clinic, zone, all) = (ctx.clinic.id, ctx.zone(), query.show == "all");
    let found = match all {
        true => store::all(&mut ctx.tx, clinic, SHOWN).await?,
        false => store::open(&mut ctx.tx, clinic, SHOWN).await?,
    };
    ctx.saw_file("first_visits").await?;
    Ok(Page::new(tr!(first_visits.list), move || {
        let done = match query.done.as_str() {
            "answered" => Some(tr!(first_visits.done_answered)),
            "refused" => Some(tr!(first_visits.done_refused)),
            "booked" => Some(tr!(first_visits.done_booked)),
            _ => None,
        };
        let tabs =
            vec![Tab::new("/first-visits", tr!(first_visits.open), !all), Tab::new("/first-visits?show=all", tr!(first_visits.all), all)];
        let rows = found.into_iter().map(|request| row(request, zone)).collect::<Vec<_>>();
        let columns = vec![
            Column::new(tr!(first_visits.name)),
            Column::new(tr!(first_visits.phone)),
            Column::new(tr!(first_visits.wants)),
            Column::new(tr!(first_visits.asked_at)),
            Column::new(tr!(booking.state)),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Calendar title=tr!(first_visits.none) text=tr!(first_visits.none_text)/> }.into_any();
        view! {
            {done.map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(first_visits.list) detail=tr!(first_visits.list_detail)/>
            <Tabs label=tr!(first_visits.list) tabs/>
            <DataTable caption=tr!(first_visits.list) columns rows empty=Some(empty) stacked=true/>
        }
    }))
}

fn row(request: FirstVisit, zone: Zone) -> Row {
    let wants = wanted(&request);
    let asked = show_date_time(zone.local(request.asked_at));
    let badge = badge(request.state);
    let cells =
        vec![request.name.into_any(), view! { <PhoneLink number=request.phone/> }.into_any(), wants.into_any(), asked.into_any(), badge];
    Row::new(cells).href(format!("/first-visits/{}", request.id))
}

/// Returns the doctor, the specialty and the part of the day that a person asked for.
pub(super) fn wanted(request: &FirstVisit) -> String {
    let words = [request.doctor.as_str(), request.specialty.as_str(), request.suits.words()];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Shows the state of a request.
pub(super) fn badge(state: FirstVisitState) -> AnyView {
    let tone = match state {
        FirstVisitState::Waiting => Tone::Waiting,
        FirstVisitState::Answered => Tone::Progress,
        FirstVisitState::Booked => Tone::Done,
        FirstVisitState::Refused => Tone::Inactive,
    };
    view! { <StatusBadge tone label=state.words()/> }.into_any()
}
