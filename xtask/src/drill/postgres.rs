//! The drill on PostgreSQL: `pgBackRest` with the settings of `infirmary backup init`, then a streaming replica that takes over.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{AtWork, Digests, Line, Options, beside_a_backup, lost, parse, point, rows, same, sample, serve, sound};
use crate::command::{Running, output, stopping};
use crate::postgres::Cluster;
use crate::server::{Program, wait_until_ready};
use crate::{install, paths, progress};

const DATABASE: &str = "hospital";
/// The longest time until a file of the log is archived: `archive_timeout` of the settings, and a margin.
const ARCHIVED: Duration = Duration::from_secs(90);

fn digests(cluster: &Cluster) -> Result<Digests> {
    let questions = "SELECT string_agg(format('SELECT %L, count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM %I t', \
                     tablename, tablename), ' UNION ALL ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'";
    let question = cluster.sql_in(DATABASE, questions)?;
    parse(&cluster.sql_in(DATABASE, question.trim())?)
}

fn audit_rows(cluster: &Cluster) -> Result<u64> {
    cluster.sql_in(DATABASE, "SELECT count(*) FROM audit_log")?.trim().parse().context("no number")
}

/// `pgBackRest` with the written settings.
fn pgbackrest(cluster: &Cluster, arguments: &[&str]) -> Result<()> {
    output(cluster.as_owner("pgbackrest").arg("--stanza=infirmary").args(arguments)).map(drop)
}

/// Waits until the end of recovery, and removes the target as the written instructions do.
fn recovered(cluster: &Cluster) -> Result<()> {
    let begun = Instant::now();
    while cluster.sql_in(DATABASE, "SELECT pg_is_in_recovery()")?.trim() != "f" {
        if begun.elapsed() > Duration::from_hours(1) || stopping() {
            bail!("the recovery does not end");
        }
        thread::sleep(Duration::from_millis(100));
    }
    cluster.sql_in(DATABASE, "ALTER SYSTEM RESET recovery_target_time").map(drop)
}

/// Waits until all that was written is in the archive.
fn archived(cluster: &Cluster) -> Result<()> {
    let file = cluster.sql_in(DATABASE, "SELECT pg_walfile_name(pg_current_wal_lsn())")?;
    let begun = Instant::now();
    loop {
        let last = cluster.sql_in(DATABASE, "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")?;
        if last.trim() >= file.trim() {
            return Ok(());
        }
        if begun.elapsed() > ARCHIVED || stopping() {
            bail!("the log is not archived: {} is the last file", last.trim());
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// Puts the restored files of a moment, or the newest, in the place of the lost ones.
fn restore(cluster: &Cluster, options: &[&str]) -> Result<()> {
    if cluster.data().exists() {
        fs::remove_dir_all(cluster.data())?;
    }
    output(cluster.as_owner("install").args(["-d", "-m", "700"]).arg(cluster.data()))?;
    pgbackrest(cluster, &[options, &["restore"]].concat())?;
    cluster.launch()?;
    recovered(cluster)
}

/// Stops the server of the hospital and its PostgreSQL as a dying machine does, in the middle of the work; returns the samples of the
/// audit log and the moment.
fn lose(hospital: &mut AtWork, cluster: &Cluster, time: Duration) -> Result<(Vec<(Instant, u64)>, Instant)> {
    let (stop, loss) = (AtomicBool::new(false), Mutex::new(None));
    let samples = thread::scope(|scope| {
        let sampling = scope.spawn(|| sample(&stop, || audit_rows(cluster)));
        let worked = hospital.work_until_lost(time, |server: &mut Running| {
            server.kill();
            stop.store(true, Ordering::Release);
            if let Ok(mut loss) = loss.lock() {
                *loss = Some(Instant::now());
            }
            cluster.cut_off()
        });
        stop.store(true, Ordering::Release);
        let samples = sampling.join().unwrap_or_default();
        worked.map(|()| samples)
    })?;
    let loss = loss.into_inner().ok().flatten().context("the disk was not lost")?;
    Ok((samples, loss))
}

pub fn drill(file: &Path, options: &Options) -> Result<Vec<Line>> {
    if paths::program("pgbackrest").is_none() {
        install::packages(&["pgbackrest"], "the drill on PostgreSQL")?;
    }
    let work = tempfile::tempdir().context("no temporary folder")?;
    // The cluster's owner reads the settings in it.
    output(crate::command::command("chmod").arg("711").arg(work.path()))?;
    let (server, settings, copies) = (work.path().join("server"), work.path().join("continuous"), work.path().join("copies"));
    fs::create_dir_all(&copies)?;
    let variable = |name: &str, value: &Path| (format!("PGBACKREST_{name}"), value.display().to_string());
    let mut environment = vec![
        variable("CONFIG", &settings.join("pgbackrest.conf")),
        variable("PG1_SOCKET_PATH", &server),
        variable("LOG_PATH", &copies.join("log")),
        variable("LOCK_PATH", &copies.join("lock")),
        variable("SPOOL_PATH", &copies.join("spool")),
    ];
    environment.push(("PGBACKREST_PG1_USER".to_owned(), "infirmary".to_owned()));
    let cluster = Cluster::drilled(&server, environment)?;
    cluster.create_database(DATABASE)?;
    for folder in ["log", "lock", "spool"] {
        fs::create_dir_all(copies.join(folder))?;
    }
    cluster.give_to_owner(&copies)?;
    let mut hospital = AtWork::begin(file, cluster.url(DATABASE), work.path(), options)?;
    hospital.server.stop();
    output(hospital.program.call(&["backup", "init", "--into"]).arg(&settings).arg("--copies").arg(&copies))?;
    cluster.give_to_owner(&settings)?;
    cluster.include(&settings.join("postgresql-infirmary.conf"))?;
    for arguments in [&["stanza-create"][..], &["check"], &["--type=full", "backup"]] {
        progress::step(&format!("pgbackrest {}", arguments.join(" ")), || pgbackrest(&cluster, arguments))?;
    }
    hospital.server = serve(&hospital.program, &hospital.keys, hospital.port, &hospital.log)?;

    beside_a_backup(&hospital, work.path())?;
    let part = Duration::from_secs(options.seconds);
    hospital.work(part)?;
    let (second, wanted) = AtWork::named_second(|| digests(&cluster))?;
    progress::note(&format!("{} changes acknowledged; second {second} is named, with {} rows", hospital.acknowledged(), rows(&wanted)));
    hospital.work(part)?;
    progress::step("Waiting for the archive", || archived(&cluster))?;
    let (samples, loss) = lose(&mut hospital, &cluster, part)?;
    let ruin = work.path().join("ruin");
    fs::create_dir_all(&ruin)?;
    fs::rename(cluster.data(), ruin.join("cluster"))?;
    let before = digests(&cluster.ruin(&ruin)?)?;

    let target =
        format!("--target={}", output(crate::command::command("date").args(["-u", "-d", &format!("@{second}"), "+%F %T+00"]))?.trim());
    let begun = Instant::now();
    restore(&cluster, &["--type=time", &target, "--target-action=promote", "--archive-mode=off"])?;
    let named_time = begun.elapsed();
    same(&wanted, &digests(&cluster)?)?;
    sound(&hospital.program, &hospital.keys)?;
    progress::note(&format!("the named second came back in {}, with equal digests", progress::seconds(named_time)));
    cluster.stop()?;

    let begun = Instant::now();
    restore(&cluster, &[])?;
    let restored = begun.elapsed();
    let after = digests(&cluster)?;
    let begun = Instant::now();
    hospital.server = serve(&hospital.program, &hospital.keys, hospital.port, &hospital.log)?;
    let time = restored + begun.elapsed();
    sound(&hospital.program, &hospital.keys)?;
    let back = after.get("audit_log").map_or(0, |found| found.0);
    let newest =
        Line { what: "PostgreSQL, pgBackRest, newest state", lost: lost(&before, &after), point: point(&samples, back, loss), time };
    let replica = take_over(&mut hospital, &cluster, work.path(), options)?;
    Ok(vec![newest, replica])
}

/// A streaming replica is made while people work; then the primary dies, the replica is promoted and the server is pointed at it.
fn take_over(hospital: &mut AtWork, cluster: &Cluster, work: &Path, options: &Options) -> Result<Line> {
    let part = Duration::from_secs(options.seconds);
    // The restored hospital lacks the last changes: the people sign in anew and begin anew.
    let sheet = crate::torture::day::Sheet::read(hospital.port)?;
    hospital.people = (0..crate::torture::PEOPLE)
        .map(|number| crate::torture::day::Person::new(number, &sheet, hospital.port))
        .collect::<Result<Vec<_>>>()?;
    let replica = progress::step("Making a replica", || cluster.replica(&work.join("replica")))?;
    hospital.work(part)?;
    let (samples, loss) = lose(hospital, cluster, part)?;
    replica.promote()?;
    let program = Program { file: hospital.program.file.clone(), database: replica.url(DATABASE) };
    hospital.server = serve(&program, &hospital.keys, hospital.port, &hospital.log)?;
    wait_until_ready(&mut hospital.server, hospital.port)?;
    let time = loss.elapsed();
    let after = digests(&replica)?;
    sound(&program, &hospital.keys)?;
    let ruin = work.join("second-ruin");
    fs::create_dir_all(&ruin)?;
    fs::rename(cluster.data(), ruin.join("cluster"))?;
    let before = digests(&cluster.ruin(&ruin)?)?;
    let back = after.get("audit_log").map_or(0, |found| found.0);
    Ok(Line { what: "PostgreSQL, replica promoted", lost: lost(&before, &after), point: point(&samples, back, loss), time })
}
