//! The images of a study, as an archive shows them to the program. A browser names an image by its place in the study, never by a UID.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use chrono::Duration;
use hyper::body::Bytes;
use tokio::sync::Semaphore;

use super::{
    ArchivedStudy, ImageArchive, Shade,
    dicomweb::{ArchiveClient, FoundSeries, ImageAt},
    geometry::Geometry,
    store,
};
use crate::{
    core::{ArchivedStudyId, Error, Result, time::Instant},
    db::Tx,
    server::AppState,
};

/// The seconds for which the list of a study's images is used again, and the lists that are kept.
const FRESH: i64 = 60;
const LISTS: usize = 64;
/// The images that are fetched at once.
const AT_ONCE: usize = 16;

type Listed = Arc<Vec<FoundSeries>>;

static LISTED: LazyLock<Mutex<HashMap<ArchivedStudyId, (Instant, Listed)>>> = LazyLock::new(Mutex::default);
static FETCHES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Reads the archive of a study.
///
/// # Errors
/// When the database refuses.
async fn archive_of(tx: &mut Tx, study: &ArchivedStudy) -> Result<ImageArchive> {
    store::archive(tx, study.archive_id).await?.ok_or(Error::NotFound)
}

/// Returns the series of a study, or a sentence that says why the archive does not show them. Gives the connection of the database back first.
///
/// # Errors
/// When the database refuses.
pub async fn series_of(state: &AppState, mut tx: Tx, study: &ArchivedStudy) -> Result<Result<Listed, String>> {
    let archive = archive_of(&mut tx, study).await?;
    drop(tx);
    Ok(listed(state, &archive, study).await)
}

/// Returns the series of a study, and the geometry of the image at a place, both counted from 1. Gives the connection of the database back first.
///
/// # Errors
/// When the database refuses.
pub async fn measured(
    state: &AppState,
    mut tx: Tx,
    study: &ArchivedStudy,
    (series, image): (usize, usize),
) -> Result<Result<(Listed, Option<Geometry>), String>> {
    let archive = archive_of(&mut tx, study).await?;
    drop(tx);
    let list = match listed(state, &archive, study).await {
        Ok(list) => list,
        Err(words) => return Ok(Err(words)),
    };
    let found = series.checked_sub(1).and_then(|at| list.get(at));
    let Some((series, image)) = found.and_then(|series| Some((series, series.images.get(image.checked_sub(1)?)?))) else {
        return Ok(Ok((list, None)));
    };
    let geometry = match ArchiveClient::new(&state.config, &archive) {
        Ok(client) => client.geometry(&study.study_uid, &series.uid, image).await,
        Err(words) => Err(words),
    };
    // The images are shown all the same.
    let geometry = geometry.unwrap_or_else(|words| {
        tracing::warn!(study = %study.id, words, "an archive does not tell the size of an image");
        None
    });
    Ok(Ok((list.clone(), geometry)))
}

async fn listed(state: &AppState, archive: &ImageArchive, study: &ArchivedStudy) -> Result<Listed, String> {
    let now = state.clock.now();
    let kept = LISTED.lock().unwrap_or_else(PoisonError::into_inner).get(&study.id).cloned();
    if let Some((at, list)) = kept
        && now - at < Duration::seconds(FRESH)
    {
        return Ok(list);
    }
    let client = ArchiveClient::new(&state.config, archive)?;
    let list = Arc::new(client.series(&study.study_uid).await?);
    let mut lists = LISTED.lock().unwrap_or_else(PoisonError::into_inner);
    if lists.len() >= LISTS {
        lists.retain(|_, (at, _)| now - *at < Duration::seconds(FRESH));
    }
    if lists.len() >= LISTS {
        lists.clear();
    }
    lists.insert(study.id, (now, list.clone()));
    Ok(list)
}

/// Renders the image at a place of a series, both counted from 1; `None` when there is none. Gives the connection of the database back first.
///
/// # Errors
/// When the database refuses.
pub async fn rendered(
    state: &AppState,
    mut tx: Tx,
    study: &ArchivedStudy,
    (series, image): (usize, usize),
    shade: Option<Shade>,
    side: Option<u32>,
) -> Result<Result<Option<(&'static str, Bytes)>, String>> {
    let archive = archive_of(&mut tx, study).await?;
    drop(tx);
    let Ok(_fetch) = FETCHES.acquire().await else { return Err(Error::Busy) };
    let list = match listed(state, &archive, study).await {
        Ok(list) => list,
        Err(words) => return Ok(Err(words)),
    };
    let place = |number: usize| number.checked_sub(1);
    let Some(series) = place(series).and_then(|at| list.get(at)) else { return Ok(Ok(None)) };
    let Some(image) = place(image).and_then(|at| series.images.get(at)) else { return Ok(Ok(None)) };
    Ok(fetch(state, &archive, &study.study_uid, (&series.uid, image), shade, side).await.map(Some))
}

async fn fetch(
    state: &AppState,
    archive: &ImageArchive,
    study_uid: &str,
    (series_uid, image): (&str, &ImageAt),
    shade: Option<Shade>,
    side: Option<u32>,
) -> Result<(&'static str, Bytes), String> {
    ArchiveClient::new(&state.config, archive)?.rendered(study_uid, series_uid, image, shade, side).await
}
