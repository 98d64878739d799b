//! The listener for devices of imaging, on an address of its own, which the setting `worklist_address` names. Without the setting there is none.
//!
//! A device is known by its AE title and its address, together: neither is proof alone. DICOM has no TLS here: the listener belongs on a network of
//! the devices.

use std::{net::IpAddr, time::Duration};

use tokio::net::{TcpListener, TcpStream};

use super::{
    ImagingStation,
    dimse::{KnownTitles, MOST, converse},
    query::{WorklistItem, WorklistQuery},
    store,
};
use crate::{
    core::{Permission, Result, Role, time::Instant},
    imaging::{step::ImagingStep, vocabulary::BodySide},
    orders::OrderPriority,
    patients::{BirthPrecision, Sex},
    server::{
        AppState, Ctx, JobAt,
        address::Proxies,
        machines::{self, MachinePort},
    },
};

/// The port: a device connects for a query.
const PORT: MachinePort = MachinePort { machines: "devices of imaging", connections: 32, longest: Some(Duration::from_mins(10)) };
/// The days before and after today when a device names none.
const DAYS: (i64, i64) = (1, 14);
/// The most days that are read for a query.
const MOST_DAYS: i64 = 62;
/// The most booked studies that are read for a query.
const READ: i64 = 5_000;

/// Runs until the program stops: listens when the setting names an address.
pub async fn listen(state: AppState) {
    let Some(address) = state.config.worklist_address else {
        state.stopping.cancelled().await;
        return;
    };
    match TcpListener::bind(address).await {
        Ok(listener) => {
            if !address.ip().is_loopback() {
                tracing::warn!(%address, "the worklist travels in the open: keep devices of imaging on a network of their own");
            }
            tracing::info!(%address, title = state.config.worklist_title, "the worklist is served");
            serve(listener, state).await;
        }
        Err(error) => {
            tracing::error!(%address, error = %error, "setting `worklist_address`: the worklist is not served");
            state.stopping.cancelled().await;
        }
    }
}

/// Serves connections until the program stops.
pub async fn serve(listener: TcpListener, state: AppState) {
    let stopping = state.stopping.clone();
    machines::serve(listener, PORT, stopping, |stream, address| connected(stream, address, state.clone())).await;
}

/// Returns the devices that may call from an address.
async fn allowed(state: &AppState, address: IpAddr) -> Result<Vec<ImagingStation>> {
    let all = store::in_use(&mut state.db.read().await?).await?;
    Ok(all.into_iter().filter(|one| one.peers.parse::<Proxies>().is_ok_and(|peers| peers.trusts(address))).collect())
}

async fn connected(stream: TcpStream, address: IpAddr, state: AppState) -> Result<(), String> {
    let stations = allowed(&state, address).await.map_err(|error| error.to_string())?;
    if stations.is_empty() {
        return Err("no device in use has this address".to_owned());
    }
    let known = KnownTitles {
        own: state.config.worklist_title.clone(),
        stations: stations.iter().map(|station| station.ae_title.clone()).collect(),
    };
    let find = |title: String, query: WorklistQuery| {
        let (state, station) = (state.clone(), stations.iter().find(|one| one.ae_title == title).cloned());
        async move {
            match found(&state, &station?, &query, address).await {
                Ok(found) => Some(found),
                Err(error) => {
                    tracing::warn!(error = %error, "a query of the worklist is not answered");
                    None
                }
            }
        }
    };
    converse(stream, known, find).await.map_err(|error| {
        // The words of a library may have a backtrace behind them.
        error.to_string().lines().next().unwrap_or_default().to_owned()
    })
}

/// Answers a query of a device: studies of its clinic. The answer is audited.
async fn found(state: &AppState, station: &ImagingStation, query: &WorklistQuery, address: IpAddr) -> Result<Vec<WorklistItem>> {
    let at = JobAt { clinic: station.clinic_id, role: Role::Radiology, address: address.to_string() };
    let mut ctx = Ctx::job(state, Permission::WorkImaging, &at).await?;
    let zone = ctx.zone();
    let today = ctx.today();
    let from = query.days.0.unwrap_or(today - chrono::Duration::days(DAYS.0));
    let to = query.days.1.unwrap_or(from.max(today) + chrono::Duration::days(DAYS.1)).min(from + chrono::Duration::days(MOST_DAYS));
    let bounds: (Instant, Instant) = (zone.day_bounds(from).0, zone.day_bounds(to).1);
    let booked = store::booked(&mut ctx.tx, station.clinic_id, bounds, READ).await?;
    let stations = store::stations(&mut ctx.tx, station.clinic_id).await?;
    let mut patients = Vec::new();
    let mut items = Vec::new();
    for study in booked {
        let local = zone.local(study.starts_at);
        let side = if study.side == BodySide::None { String::new() } else { format!(" ({})", study.side.as_str()) };
        let in_room = |one: &&ImagingStation| one.room_id == study.room_id && one.retired_at.is_none();
        let item = WorklistItem {
            name: [study.patient_name.family_name.clone(), study.patient_name.given_names.clone()],
            patient_id: study.mrn,
            birth: study.birth.date.filter(|_| study.birth.precision == BirthPrecision::Day),
            sex: match study.sex {
                Sex::Female => "F",
                Sex::Male => "M",
                Sex::Other => "O",
                Sex::Unknown => "",
            },
            accession: study.accession,
            study_uid: study.study_uid,
            procedure: format!("{}{side}", study.procedure),
            priority: match study.priority {
                OrderPriority::Stat => "STAT",
                OrderPriority::Asap | OrderPriority::Urgent => "HIGH",
                OrderPriority::Routine => "ROUTINE",
            },
            doctor: study.doctor,
            stations: stations.iter().filter(in_room).map(|one| one.ae_title.clone()).collect(),
            room: study.room,
            modality: study.modality.as_str().to_owned(),
            day: local.date(),
            time: local.time(),
            status: match study.step {
                ImagingStep::Arrived => "ARRIVED",
                ImagingStep::Started => "STARTED",
                _ => "SCHEDULED",
            },
        };
        if query.finds(&item) {
            patients.push(study.patient_id);
            items.push(item);
        }
    }
    patients.truncate(MOST);
    ctx.saw_live(patients, "imaging_lists").await?;
    store::note_asked(&mut ctx.tx, station.id, ctx.now).await?;
    ctx.did(crate::audit::Action::Read, "imaging_station", station.id, None);
    ctx.commit().await?;
    Ok(items)
}
