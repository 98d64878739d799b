//! `/wards/requests`: the patients who wait for a bed, of the clinic or of one ward.

use std::collections::HashMap;

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        PatientId, Permission, Result, WardId,
        time::{Instant, Zone, show_day, show_minutes, show_time},
    },
    patients::{self, PatientLine},
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, LinkButton, Live, PageHeader, Row, StatusBadge, Tone},
    wards::{
        AdmissionState,
        admission::{self, Waiting},
        moves::{self, Transfer, TransferState},
        plan,
    },
};

/// The ward whose requests are shown; empty shows the clinic's.
#[derive(Debug, Default, Deserialize)]
pub struct RequestsQuery {
    #[serde(default)]
    ward: String,
}

struct Requests {
    waiting: Vec<Waiting>,
    transfers: Vec<Transfer>,
    people: HashMap<PatientId, PatientLine>,
    ward: Option<(WardId, String)>,
    now: Instant,
    zone: Zone,
}

async fn read(of: &RequestsQuery) -> Result<Requests> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let ward = match of.ward.parse::<WardId>() {
        Ok(id) => {
            let ward = plan::ward(&mut ctx.tx, id).await?;
            ctx.at_clinic(Permission::ViewWard, ward.clinic_id)?;
            Some((id, ward.name))
        }
        Err(_) => None,
    };
    let clinic = ctx.clinic.id;
    let waiting = admission::waiting(&mut ctx.tx, clinic, ward.as_ref().map(|(id, _)| *id)).await?;
    let transfers = moves::coming(&mut ctx.tx, clinic, ward.as_ref().map(|(id, _)| *id)).await?;
    let ids: Vec<_> = waiting.iter().map(|one| one.patient_id).chain(transfers.iter().map(|one| one.patient_id)).collect();
    let people = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_live(ids, "ward_board").await?;
    Ok(Requests { waiting, transfers, people, ward, now: ctx.now, zone: ctx.zone() })
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn requests_page(Query(of): Query<RequestsQuery>) -> Result<Page> {
    let requests = read(&of).await?;
    Ok(Page::new(tr!(wards.requests), move || {
        let back = match &requests.ward {
            Some((id, name)) => (format!("/wards/{id}"), name.clone()),
            None => ("/wards".to_owned(), tr!(wards.title).to_owned()),
        };
        let from = match &requests.ward {
            Some((id, _)) => format!("/wards/requests/live?ward={id}"),
            None => "/wards/requests/live".to_owned(),
        };
        let actions = view! { <LinkButton href="/patients" label=tr!(wards.find_patient) glyph=Glyph::Search/> }.into_any();
        view! {
            <PageHeader title=tr!(wards.requests) back detail=tr!(wards.requests_detail) actions=Some(actions)/>
            <Live topics="wards" from>{table(requests)}</Live>
        }
    }))
}

/// Renders the list again for an update.
///
/// # Errors
/// As the page.
pub async fn requests_part(Query(of): Query<RequestsQuery>) -> Result<Part> {
    let requests = read(&of).await?;
    Ok(Part::new(move || table(requests)))
}

fn table(requests: Requests) -> AnyView {
    let Requests { waiting, transfers, people, now, zone, .. } = requests;
    let coming = transfer_table(&transfers, &people, now);
    let rows = waiting
        .into_iter()
        .map(|one| {
            let name = people.get(&one.patient_id).map(|line| line.name.listed()).unwrap_or_default();
            let about = people.get(&one.patient_id).map(|line| {
                format!("{} · {} · {}", line.sex.words(), line.birth.age(zone.day(now)), line.mrn)
            });
            let bed = match (&one.bed, one.due_at) {
                (Some(bed), Some(due)) => format!("{bed}, {}", tr!(wards.reserved_until, time = show_time(zone.local(due).time()))),
                _ if one.state == AdmissionState::Accepted => tr!(wards.next_free).to_owned(),
                _ => String::new(),
            };
            let late = one.state == AdmissionState::Accepted && one.bed.is_none();
            let waits = show_minutes((now - one.requested_at).num_minutes());
            Row::new(vec![
                view! { {name}<br/><span class="muted small">{about}</span> }.into_any(),
                view! { <StatusBadge tone=one.urgency.tone() label=one.urgency.words()/> }.into_any(),
                one.ward.into_any(),
                one.reason.into_any(),
                show_day(one.wanted_on, zone.day(now)).into_any(),
                waits.into_any(),
                view! { <StatusBadge tone=if late { Tone::Warning } else { one.state.tone() } label=one.state.words()/><br/><span class="small">{bed}</span> }
                    .into_any(),
            ])
            .href(format!("/admissions/{}", one.id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(ui.patient)),
        Column::new(tr!(wards.urgency)),
        Column::new(tr!(wards.ward)),
        Column::new(tr!(wards.reason)).secondary(),
        Column::new(tr!(wards.wanted_on)).secondary(),
        Column::new(tr!(wards.waits)).secondary(),
        Column::new(tr!(wards.state)),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Arrive title=tr!(wards.no_requests) text=tr!(wards.no_requests_text)/> }.into_any();
    view! { <DataTable caption=tr!(wards.requests) columns rows empty=Some(empty)/>{coming} }.into_any()
}

/// Shows the open transfers to the ward, or to all wards of the clinic.
fn transfer_table(transfers: &[Transfer], people: &HashMap<PatientId, PatientLine>, now: Instant) -> Option<AnyView> {
    if transfers.is_empty() {
        return None;
    }
    let rows = transfers
        .iter()
        .map(|one| {
            let name = people.get(&one.patient_id).map(|line| line.name.listed()).unwrap_or_default();
            let accepted = one.state == TransferState::Accepted;
            let (tone, state) =
                if accepted { (Tone::Reserved, tr!(wards.state_accepted)) } else { (Tone::Waiting, tr!(wards.state_requested)) };
            Row::new(vec![
                name.into_any(),
                format!("{} → {}", one.from_ward, one.to_ward).into_any(),
                one.kind.words().into_any(),
                view! { {one.needs()}<br/><span class="muted small">{tr!(wards.escort_is, escort = one.escort_words())}</span> }.into_any(),
                show_minutes((now - one.asked_at).num_minutes()).into_any(),
                view! { <StatusBadge tone label=state/> }.into_any(),
            ])
            .href(format!("/admissions/{}", one.admission_id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(ui.patient)),
        Column::new(tr!(wards.ward)),
        Column::new(tr!(wards.because)).secondary(),
        Column::new(tr!(wards.needs)),
        Column::new(tr!(wards.waits)).secondary(),
        Column::new(tr!(wards.state)),
    ];
    let caption = tr!(wards.coming_transfers);
    Some(view! { <h2>{caption}</h2><DataTable caption columns rows/> }.into_any())
}
