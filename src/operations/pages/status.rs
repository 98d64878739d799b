//! `/status`: whether backups are young enough, what waits in the queues, and which program works on which database.

use leptos::prelude::*;

use super::servers::Servers;
use crate::{
    core::{
        Error, Permission, Result,
        time::{Instant, Zone, show_date_time, show_minutes},
    },
    db::{Database, Engine},
    downtime::{PACK_MINUTES, newest},
    operations::{
        runs::{Run, RunBy, RunState, Waiting, last_sound, runs, waiting},
        trials::{TOO_OLD, Trial, last_trial, last_tried_soundly},
    },
    organisation::{BACKUP_TOO_OLD, manages_hospital},
    server::{Ctx, Page, Request},
    tr,
    ui::{Column, DataTable, DescriptionList, Detail, EmptyState, Glyph, NoticeBox, PageHeader, Row, Stat, StatStrip, StatusBadge, Tone},
};

/// So many runs are listed.
const LISTED: i64 = 20;
/// Letters and audit rows that wait longer than this need a look.
const SLOW: chrono::Duration = chrono::Duration::minutes(15);

/// The data that the page shows.
struct Status {
    runs: Vec<Run>,
    sound: Option<Run>,
    /// Whether the settings name a folder for backups.
    set_up: bool,
    waiting: Waiting,
    reads: usize,
    streams: usize,
    jobs: (usize, usize),
    servers: Servers,
    /// Whether the settings name a key for trials.
    trials_set_up: bool,
    /// The latest trial, and the latest that came back without faults.
    trial: Option<Trial>,
    tried: Option<Trial>,
    /// Whether the settings name a folder for downtime packs.
    packs_set_up: bool,
    /// The time at which the last pack was made.
    pack: Option<Instant>,
    engine: Engine,
    schema: Option<i64>,
    started: Instant,
    now: Instant,
    zone: Zone,
}

/// Serves the page.
pub async fn status_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageHospital).await?;
    if !manages_hospital(&ctx.who) {
        return Err(Error::Forbidden);
    }
    let state = Request::current().ok_or(Error::Forbidden)?.state.clone();
    let status = Status {
        runs: runs(&mut ctx.tx, LISTED).await?,
        sound: last_sound(&mut ctx.tx).await?,
        set_up: state.config.backup_to.is_some(),
        // The queues are those of the whole program: the database's owner reads them.
        waiting: waiting(&mut state.db.read().await?, ctx.now).await?,
        reads: state.reads.waiting(),
        streams: state.hub.streams(),
        jobs: state.jobs.counts(),
        servers: Servers::read(&mut state.db.read().await?, ctx.now).await?,
        trials_set_up: state.config.backup_trial_key.is_some(),
        trial: last_trial(&mut ctx.tx).await?,
        tried: last_tried_soundly(&mut ctx.tx).await?,
        packs_set_up: state.config.downtime_to.is_some(),
        pack: match state.config.downtime_to.clone() {
            Some(folder) => tokio::task::spawn_blocking(move || newest(&folder)).await.ok().flatten().map(|pack| pack.made_at),
            None => None,
        },
        engine: state.db.engine(),
        schema: state.db.schema().await?,
        started: state.started,
        now: ctx.now,
        zone: ctx.zone(),
    };
    Ok(Page::new(tr!(operations.status), move || status_view(&status)))
}

/// Returns the time since then: "5 min", "3 h 10 min", "4 days".
fn age(since: Instant, now: Instant) -> String {
    let minutes = (now - since).num_minutes();
    if minutes < 48 * 60 { show_minutes(minutes) } else { tr!(operations.days, count = minutes / (24 * 60)) }
}

fn late(since: Option<Instant>, now: Instant) -> Option<Tone> {
    since.filter(|since| now - *since > SLOW).map(|_| Tone::Warning)
}

/// Whether the last downtime pack is too old; without the setting none is expected.
fn is_pack_late(status: &Status) -> bool {
    let late = |made: Instant| status.now - made > chrono::Duration::minutes(2 * PACK_MINUTES);
    status.packs_set_up && status.pack.is_none_or(late)
}

fn pack_stat(status: &Status) -> Stat {
    let tone = if is_pack_late(status) { Tone::Critical } else { Tone::Done };
    match (status.packs_set_up, status.pack) {
        (false, _) => stat(tr!(operations.downtime_pack), tr!(operations.downtime_off), None),
        (true, None) => stat(tr!(operations.downtime_pack), tr!(operations.never), Some(tone)),
        (true, Some(made)) => stat(tr!(operations.downtime_pack), age(made, status.now), Some(tone)),
    }
}

fn trial_stat(status: &Status) -> Stat {
    match &status.tried {
        None if !status.trials_set_up => stat(tr!(operations.last_trial), tr!(operations.trial_off), Some(Tone::Warning)),
        None => stat(tr!(operations.last_trial), tr!(operations.never), Some(Tone::Warning)),
        Some(trial) => {
            let tone = if status.now - trial.started_at > TOO_OLD { Tone::Critical } else { Tone::Done };
            stat(tr!(operations.last_trial), age(trial.started_at, status.now), Some(tone))
        }
    }
}

/// Says that the latest trial failed or found faults.
fn trial_notice(status: &Status) -> Option<AnyView> {
    let trial = status.trial.as_ref().filter(|trial| trial.state != RunState::Sound)?;
    let text = if trial.findings > 0 { tr!(operations.trial_findings, count = trial.findings) } else { trial.error.clone() };
    Some(view! { <NoticeBox tone=Tone::Critical title=tr!(operations.trial_failed)><p>{text}</p></NoticeBox> }.into_any())
}

fn stat(label: &'static str, value: impl ToString, tone: Option<Tone>) -> Stat {
    let stat = Stat::new(label, value);
    match tone {
        Some(tone) => stat.tone(tone),
        None => stat,
    }
}

fn status_view(status: &Status) -> impl IntoView + use<> {
    let now = status.now;
    let young = status.sound.as_ref().is_some_and(|run| now - run.started_at <= BACKUP_TOO_OLD);
    let backup = match &status.sound {
        Some(run) => stat(tr!(operations.last_sound), age(run.started_at, now), Some(if young { Tone::Done } else { Tone::Critical })),
        None => stat(tr!(operations.last_sound), tr!(operations.never), Some(Tone::Critical)),
    };
    let (running, ended) = status.jobs;
    let stats = vec![
        backup,
        trial_stat(status),
        stat(tr!(operations.letters), status.waiting.letters, late(status.waiting.letters_since, now)),
        stat(tr!(operations.given_up), status.waiting.given_up, (status.waiting.given_up > 0).then_some(Tone::Warning)),
        stat(tr!(operations.unsealed), status.waiting.unsealed, late(status.waiting.unsealed_since, now)),
        pack_stat(status),
        stat(tr!(operations.jobs), running, (ended > 0).then_some(Tone::Critical)),
    ];
    let dead = (ended > 0).then(|| {
        view! { <NoticeBox tone=Tone::Critical title=tr!(operations.jobs_ended, count = ended)><p>{tr!(operations.jobs_ended_advice)}</p></NoticeBox> }
    });
    let packs = is_pack_late(status).then(|| {
        view! { <NoticeBox tone=Tone::Critical title=tr!(operations.downtime_late)><p>{tr!(operations.downtime_late_advice)}</p></NoticeBox> }
    });
    let advice = advice(status, young);
    let table = runs_table(&status.runs, status.zone);
    let facts = facts(status);
    view! {
        <PageHeader title=tr!(operations.status) detail=tr!(operations.status_detail)/>
        <div class="stack">
            <StatStrip stats/>
            {advice}
            {trial_notice(status)}
            {dead}
            {packs}
            {table}
            {status.servers.view(now, status.zone)}
            <section class="panel" aria-labelledby="program">
                <div class="panel__head"><h2 id="program">{tr!(operations.program)}</h2></div>
                <div class="panel__body"><DescriptionList details=facts/></div>
            </section>
        </div>
    }
}

/// Says what is to be done about backups; nothing when a sound one is young enough and the last run did not fail.
fn advice(status: &Status, young: bool) -> Option<AnyView> {
    // A run that is under way does not hide that the one before failed.
    let latest = status.runs.iter().find(|run| run.state != RunState::Running);
    let (tone, title, text) = match latest.map(|run| (run.state, run.error.clone())) {
        _ if !status.set_up && !young => (Tone::Critical, tr!(operations.not_set_up), tr!(operations.not_set_up_advice).to_owned()),
        Some((RunState::Failed, error)) => (Tone::Critical, tr!(operations.last_failed), error),
        Some((RunState::Findings, _)) => (Tone::Critical, tr!(operations.last_findings), tr!(operations.findings_advice).to_owned()),
        _ if !young => (Tone::Critical, tr!(operations.too_old), tr!(operations.too_old_advice).to_owned()),
        _ => return None,
    };
    Some(view! { <NoticeBox tone title><p>{text}</p></NoticeBox> }.into_any())
}

fn state_badge(state: RunState) -> AnyView {
    let (tone, label) = match state {
        RunState::Running => (Tone::Progress, tr!(operations.running)),
        RunState::Sound => (Tone::Done, tr!(operations.sound)),
        RunState::Findings => (Tone::Warning, tr!(operations.with_findings)),
        RunState::Failed => (Tone::Critical, tr!(operations.failed)),
    };
    view! { <StatusBadge tone label/> }.into_any()
}

fn megabytes(bytes: i64) -> String {
    // Tenths of a megabyte, rounded up: no backup has 0.
    let tenths = (bytes + 99_999) / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

fn runs_table(all: &[Run], zone: Zone) -> impl IntoView + use<> {
    let columns = vec![
        Column::new(tr!(operations.started)),
        Column::new(tr!(operations.state)),
        Column::new(tr!(operations.size)).numeric(),
        Column::new(tr!(operations.row_count)).numeric(),
        Column::new(tr!(operations.place)),
    ];
    let rows = all
        .iter()
        .map(|run| {
            let by = match run.started_by {
                RunBy::Schedule => tr!(operations.by_schedule),
                RunBy::Command => tr!(operations.by_command),
            };
            let took = run.ended_at.map(|ended| show_seconds((ended - run.started_at).num_seconds()));
            let about = [Some(by.to_owned()), took].into_iter().flatten().collect::<Vec<_>>().join(" · ");
            let made = run.ended_at.is_some() && run.state != RunState::Failed;
            let error = (!run.error.is_empty()).then(|| view! { <p class="muted small">{run.error.clone()}</p> });
            let found = (run.findings > 0).then(|| view! { <p class="muted small">{tr!(operations.findings, count = run.findings)}</p> });
            let cells = vec![
                view! { {show_date_time(zone.local(run.started_at))}<p class="muted small">{about}</p> }.into_any(),
                state_badge(run.state),
                if made { megabytes(run.size) } else { String::new() }.into_any(),
                if made { run.row_count.to_string() } else { String::new() }.into_any(),
                view! { <span>{run.place.clone()}</span>{error}{found} }.into_any(),
            ];
            Row::new(cells).key(run.id.to_string())
        })
        .collect();
    let empty = view! { <EmptyState glyph=Glyph::Settings title=tr!(operations.no_runs) text=tr!(operations.no_runs_advice)/> }.into_any();
    view! {
        <section aria-labelledby="runs">
            <h2 id="runs">{tr!(operations.backups)}</h2>
            <p class="muted">{tr!(operations.without_keys)}</p>
            <DataTable caption=tr!(operations.backups) columns rows empty=Some(empty) stacked=true/>
        </section>
    }
}

fn show_seconds(seconds: i64) -> String {
    if seconds < 60 { tr!(operations.seconds, count = seconds) } else { show_minutes(seconds / 60) }
}

fn facts(status: &Status) -> Vec<Detail> {
    let engine = match status.engine {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    let schema = status.schema.map_or_else(String::new, |schema| schema.to_string());
    let known = Database::newest_schema();
    let schema = match status.schema {
        Some(there) if there > known => tr!(operations.schema_newer, there = there, known = known),
        Some(there) if there < known => format!("{there} → {known}"),
        _ => schema,
    };
    let trial = status.trial.as_ref().and_then(|trial| {
        let took = show_seconds((trial.ended_at? - trial.started_at).num_seconds());
        Some(Detail::new(tr!(operations.trial_last), tr!(operations.trial_took, place = trial.place.clone(), time = took)))
    });
    let mut facts = vec![
        Detail::new(tr!(operations.version), env!("CARGO_PKG_VERSION")),
        Detail::new(tr!(operations.database), engine),
        Detail::new(tr!(operations.schema), schema),
        Detail::new(tr!(operations.up_since), show_date_time(status.zone.local(status.started))),
        Detail::new(tr!(operations.reads_waiting), status.reads.to_string()),
        Detail::new(tr!(operations.streams), status.streams.to_string()),
    ];
    facts.extend(trial);
    facts
}
