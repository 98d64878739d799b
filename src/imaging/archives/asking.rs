//! The job that asks the archives: it finds studies, ties them to their orders, and notes which cannot be tied.

use chrono::Duration;

use super::{
    ArchivedState, ArchivedStudy, ImageArchive, OrderKey, UnmatchedReason,
    dicomweb::{ArchiveClient, FoundStudy},
    matching::decide,
    store::{self, DoseAwaited, StudyFate},
};
use crate::{
    audit::Action,
    core::{ArchivedStudyId, Permission, Result, Role, Stamp, UserId},
    imaging::{IMAGING, studies},
    organisation,
    patients::CHART,
    server::{AppState, Ctx, Event, JobAt},
};

/// The days before today whose studies are listed each time. Older ones are found by the accession numbers that are awaited.
const DAYS: i64 = 2;
/// The awaited accession numbers that are asked for each time.
const AWAITED: i64 = 50;

/// The studies whose dose is asked for each time.
const DOSES: i64 = 20;

/// Runs until the program stops: asks each minute, when the setting names an archive.
pub async fn watch(state: AppState) {
    if state.config.image_archives.trim().is_empty() {
        state.stopping.cancelled().await;
        return;
    }
    let mut every = crate::server::jobs::Beat::new(&state, "image_archives", std::time::Duration::from_mins(1)).unhurried();
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        let asked = tokio::select! {
            asked = ask_all(&state) => asked,
            () = state.stopping.cancelled() => return,
        };
        match asked {
            Ok(0) => {}
            Ok(changed) => tracing::info!(changed, "studies of archives were filed"),
            Err(error) => every.failed(&error, "the archives of images are not asked for now"),
        }
    }
}

/// Asks all archives in use that the setting names. Returns the number of studies that are new or have changed.
///
/// # Errors
/// When the database refuses. An archive that does not answer is noted, and the others are asked.
pub async fn ask_all(state: &AppState) -> Result<usize> {
    let archives = store::in_use(&mut state.db.read().await?).await?;
    let mut changed = 0;
    for archive in &archives {
        let failure = match ask(state, archive).await? {
            Ok(found) => {
                changed += file(state, archive, &found).await?;
                ask_doses(state, archive).await?;
                None
            }
            Err(words) => {
                tracing::warn!(archive = %archive.id, words, "an archive of images does not answer");
                Some(words)
            }
        };
        let mut tx = state.db.write().await?;
        store::note_asked(&mut tx, archive.id, state.clock.now(), failure.as_deref()).await?;
        tx.commit().await?;
    }
    Ok(changed)
}

/// Asks for the dose of the studies that are tied to an order and have none, once for each number of their images. No connection of the database is
/// held meanwhile.
async fn ask_doses(state: &AppState, archive: &ImageArchive) -> Result<()> {
    let awaited = store::doses_awaited(&mut state.db.read().await?, archive.id, DOSES).await?;
    if awaited.is_empty() {
        return Ok(());
    }
    let Ok(client) = ArchiveClient::new(&state.config, archive) else { return Ok(()) };
    for DoseAwaited { id, study_uid, imaging_id, image_count } in awaited {
        match client.dose(&study_uid).await {
            Ok(found) => {
                let at = JobAt { clinic: archive.clinic_id, role: Role::Radiology, address: String::new() };
                let mut ctx = Ctx::job(state, Permission::WorkImaging, &at).await?;
                if studies::record_found(&mut ctx, imaging_id, found).await? {
                    ctx.commit().await?;
                }
            }
            Err(words) => tracing::warn!(study = %id, words, "an archive does not tell the dose of a study"),
        }
        let mut tx = state.db.write().await?;
        store::note_dose_asked(&mut tx, id, image_count).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Asks for the studies of the last days, and for those that are awaited. No connection of the database is held meanwhile.
async fn ask(state: &AppState, archive: &ImageArchive) -> Result<Result<Vec<FoundStudy>, String>> {
    let client = match ArchiveClient::new(&state.config, archive) {
        Ok(client) => client,
        Err(words) => return Ok(Err(words)),
    };
    let (today, awaited) = {
        let mut tx = state.db.read().await?;
        let zone = organisation::clinic(&mut tx, archive.clinic_id).await?.zone;
        (zone.day(state.clock.now()), store::awaited(&mut tx, archive.clinic_id, AWAITED).await?)
    };
    let mut found = match client.since(today - Duration::days(DAYS)).await {
        Ok(found) => found,
        Err(words) => return Ok(Err(words)),
    };
    for accession in awaited {
        if found.iter().any(|study| study.accession == accession) {
            continue;
        }
        match client.by_accession(&accession).await {
            Ok(more) => {
                for study in more {
                    if found.iter().all(|known| known.uid != study.uid) {
                        found.push(study);
                    }
                }
            }
            Err(words) => return Ok(Err(words)),
        }
    }
    Ok(Ok(found))
}

/// Files the studies that are new or have changed.
async fn file(state: &AppState, archive: &ImageArchive, found: &[FoundStudy]) -> Result<usize> {
    let (known, orders) = {
        let mut tx = state.db.read().await?;
        let uids: Vec<String> = found.iter().map(|study| study.uid.clone()).collect();
        (store::known(&mut tx, archive.id, &uids).await?, store::orders_named(&mut tx, archive.clinic_id, found).await?)
    };
    let mut changed = 0;
    for study in found {
        let before = known.iter().find(|one| one.study_uid == study.uid);
        let is_new = match before {
            None => true,
            Some(before) => differs(before, study) || next(before, study, &orders).is_some(),
        };
        if is_new {
            changed += usize::from(file_one(state, archive, study, before.map(|one| one.id)).await?);
        }
    }
    Ok(changed)
}

/// The fate of a study that is seen for the first time.
fn first(study: &FoundStudy, orders: &[OrderKey]) -> StudyFate {
    match decide(&study.uid, &study.accession, &study.patient.number, orders) {
        Ok(order) => StudyFate {
            state: ArchivedState::Matched,
            reason: UnmatchedReason::None,
            order: Some((order.id, order.patient_id)),
            remark: String::new(),
        },
        Err(reason) => StudyFate { state: ArchivedState::Unmatched, reason, order: None, remark: String::new() },
    }
}

/// The new fate of a known study; `None` when it stays.
fn next(before: &ArchivedStudy, study: &FoundStudy, orders: &[OrderKey]) -> Option<StudyFate> {
    match (before.state, before.reason) {
        // A person decides again on studies that were untied, dismissed, or changed after they were tied.
        (ArchivedState::Dismissed, _) | (ArchivedState::Unmatched, UnmatchedReason::Untied | UnmatchedReason::Changed) => None,
        (ArchivedState::Unmatched, reason) => Some(first(study, orders)).filter(|fate| fate.reason != reason),
        (ArchivedState::Matched, _) => {
            let is_same = before.patient.number == study.patient.number && before.accession == study.accession;
            (!is_same).then(|| StudyFate {
                state: ArchivedState::Unmatched,
                reason: UnmatchedReason::Changed,
                order: None,
                remark: before.remark.clone(),
            })
        }
    }
}

/// Whether an archive says something else of a study than before.
fn differs(before: &ArchivedStudy, study: &FoundStudy) -> bool {
    let told = FoundStudy {
        uid: before.study_uid.clone(),
        accession: before.accession.clone(),
        modalities: before.modalities.clone(),
        taken: before.taken.clone(),
        series_count: before.series_count,
        image_count: before.image_count,
        patient: before.patient.clone(),
        description: before.description.clone(),
    };
    told != *study
}

/// Files a study in a transaction of its own. Returns `false` when another node was faster.
async fn file_one(state: &AppState, archive: &ImageArchive, study: &FoundStudy, known: Option<ArchivedStudyId>) -> Result<bool> {
    let at = JobAt { clinic: archive.clinic_id, role: Role::Radiology, address: String::new() };
    let mut ctx = Ctx::job(state, Permission::WorkImaging, &at).await?;
    let (now, by) = (ctx.now, UserId::SYSTEM);
    let orders = store::orders_named(&mut ctx.tx, archive.clinic_id, std::slice::from_ref(study)).await?;
    let (id, patient, action) = if let Some(id) = known {
        let lock = ctx.tx.lock(id).await?;
        let Some(before) = store::study(&mut ctx.tx, id).await? else { return Ok(false) };
        let fate = next(&before, study, &orders);
        if differs(&before, study) {
            store::set_found(&mut ctx.tx, lock, archive.id, study).await?;
        }
        if let Some(fate) = &fate
            && !store::settle(&mut ctx.tx, lock, before.version, fate, Stamp { by, at: now }).await?
        {
            return Ok(false);
        }
        if let (Some(order), Some(StudyFate { order: None, .. })) = (before.imaging_id, &fate) {
            studies::withdraw_found(&mut ctx, order).await?;
        }
        let patient = fate.and_then(|fate| fate.order).map(|(_, patient)| patient).or(before.patient_id);
        (id, patient, Action::Update)
    } else {
        let (id, fate) = (ArchivedStudyId::new(), first(study, &orders));
        match store::insert(&mut ctx.tx, id, archive, study, &fate, Stamp { by, at: now }).await {
            Ok(()) => {}
            Err(error) if error.is_unique() => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        (id, fate.order.map(|(_, patient)| patient), Action::Create)
    };
    ctx.did(action, "archived_study", id, patient);
    let event = Event::new(&IMAGING).at(archive.clinic_id).about(id);
    ctx.tell(match patient {
        Some(patient) => event.of(patient),
        None => event,
    });
    if let Some(patient) = patient {
        ctx.tell(Event::new(&CHART).at(archive.clinic_id).of(patient));
    }
    ctx.commit().await?;
    Ok(true)
}
