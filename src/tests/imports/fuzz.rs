//! Mutates resources with a seeded generator and imports them: no panic, no half-written patient, no broken invariant.
//! `INFIRMARY_FUZZ` sets the number of mutations; then the test must run alone, and memory must stay flat too. `INFIRMARY_FUZZ_SEED` chooses
//! others.

use std::fmt::Write as _;

use super::{number, test_now};
use crate::{
    db::Database,
    imports::fhir::{Options, Report, Source, import},
    tests::{app::open, databases},
};

/// The number of mutations of an ordinary run.
const MUTATIONS: u64 = 400;

/// A generator of numbers with a fixed sequence (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let rolled = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(rolled).expect("31 bits") % sides
    }
}

/// Values that stand where something else is expected.
const ODD: [&str; 18] = [
    "null",
    "7",
    "-1",
    "1e300",
    "\"\"",
    "\" \"",
    "[]",
    "{}",
    "[null]",
    "true",
    "\"2020-02-30\"",
    "\"9999-12-31T23:59:60Z\"",
    "\"\\u0000\"",
    "\"\\u202e\"",
    "\"'; DROP TABLE patients\"",
    "[[]]",
    "{\"reference\":\"Patient/nobody\"}",
    "\"0000-00-00\"",
];

/// Changes one thing in a value: replaces, removes or doubles a part.
fn mutate(value: &mut serde_json::Value, dice: &mut Dice) {
    use serde_json::Value;
    match value {
        Value::Object(members) if !members.is_empty() && dice.roll(8) > 0 => {
            let at = dice.roll(members.len());
            let key = members.keys().nth(at).expect("a key").clone();
            match dice.roll(10) {
                0 => drop(members.remove(&key)),
                1 => {
                    let moved = members.remove(&key).expect("a value");
                    members.insert(format!("{key}X"), moved);
                }
                _ => mutate(members.get_mut(&key).expect("a value"), dice),
            }
        }
        Value::Array(items) if !items.is_empty() && dice.roll(8) > 0 => {
            let at = dice.roll(items.len());
            match dice.roll(6) {
                0 => drop(items.remove(at)),
                1 => {
                    let copy = items[at].clone();
                    items.push(copy);
                }
                _ => mutate(&mut items[at], dice),
            }
        }
        Value::String(text) if dice.roll(3) == 0 => {
            let long = text.repeat(1 + dice.roll(60));
            *text = long;
        }
        other => *other = serde_json::from_str(ODD[dice.roll(ODD.len())]).expect("JSON"),
    }
}

fn mutations(count: u64) -> Vec<(String, String)> {
    let mut dice = Dice(0x1f2e_3d4c_5b6a_7988 ^ setting("INFIRMARY_FUZZ_SEED").unwrap_or_default());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/imports/testcases");
    let mut lines: Vec<(String, serde_json::Value)> = Vec::new();
    for folder in [folder.to_owned(), format!("{folder}/hl7")] {
        let mut paths: Vec<_> = std::fs::read_dir(folder).expect("the cases").map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "ndjson")) {
            let kind = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
            let text = std::fs::read_to_string(&path).expect("read");
            lines.extend(text.lines().map(|line| (kind.clone(), serde_json::from_str(line).expect("JSON"))));
        }
    }
    let mut files: Vec<(String, String)> = Vec::new();
    for n in 0..count {
        let (kind, mut value) = lines[dice.roll(lines.len())].clone();
        for _ in 0..=dice.roll(3) {
            mutate(&mut value, &mut dice);
        }
        // Most keep an id of their own, so that each mutation is a new resource.
        if let Some(members) = value.as_object_mut().filter(|_| dice.roll(20) > 0) {
            members.insert("id".to_owned(), format!("m{n}").into());
            members.insert("resourceType".to_owned(), kind.clone().into());
            if dice.roll(2) == 0 {
                for reference in
                    ["subject", "patient", "beneficiary"].into_iter().filter(|name| members.contains_key(*name)).collect::<Vec<_>>()
                {
                    members.insert(reference.to_owned(), serde_json::json!({ "reference": "Patient/plain" }));
                }
            }
        }
        let mut line = value.to_string();
        if dice.roll(25) == 0 {
            let end = (0..line.len()).rev().find(|at| line.is_char_boundary(*at) && *at <= line.len() / 2).unwrap_or(0);
            line.truncate(end);
        }
        match files.iter_mut().find(|(of, _)| *of == kind) {
            Some((_, text)) => writeln!(text, "{line}").expect("memory takes it"),
            None => files.push((kind, format!("{line}\n"))),
        }
    }
    files
}

/// The memory that a run may leave: the caches of ten connections.
const LEFT: u64 = 32 * 1024;

/// The memory of this process that belongs to no file, in kB; 0 where the system does not say.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Imports a folder; returns the report and the memory at the beginning, at most and at the end.
async fn watched(db: &Database, folder: &std::path::Path) -> (Report, [u64; 3]) {
    let (first, mut most) = (memory(), 0);
    let mut look = |_: crate::imports::fhir::Progress<'_>| most = memory().max(most);
    let report = import(db, &Source::Folder(folder.to_owned()), &Options::default(), test_now(), &mut look).await.expect("imported");
    (report, [first, most.max(first), memory()])
}

async fn survives(db: Database, count: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = "{\"resourceType\":\"Patient\",\"id\":\"plain\",\"name\":[{\"family\":\"Plain\",\"given\":[\"Pia\"]}],\"birthDate\":\"1980-04-18\"}\n";
    for (kind, text) in mutations(count) {
        let first = if kind == "Patient" { plain } else { "" };
        std::fs::write(folder.path().join(format!("{kind}.ndjson")), format!("{first}{text}")).expect("written");
    }
    let (report, mut marks) = watched(&db, folder.path()).await;
    println!("memory in kB at the beginning, at most, at the end: {marks:?}\n{report}");
    let total = report.total();
    assert!(total.read + 10 > count && total.stored > count / 8, "{report}");
    for problem in &report.problems {
        assert!(!problem.to_string().contains("constraint") && !problem.to_string().contains("syntax"), "{problem}");
    }
    let refused =
        report.reasons.iter().filter(|((_, reason, _), _)| reason.contains("does not fit")).map(|(_, number)| *number).sum::<u64>();
    assert!(refused * 50 <= count, "the database refuses {refused} of {count}: {report}");
    let half = "SELECT count(*) FROM patients p WHERE NOT EXISTS (SELECT 1 FROM billing_accounts b WHERE b.patient_id = p.id)
        OR NOT EXISTS (SELECT 1 FROM patient_search_terms t WHERE t.patient_id = p.id)";
    assert_eq!(number(&db, half).await, 0);
    let strays =
        "SELECT count(*) FROM (SELECT id FROM past_results UNION ALL SELECT id FROM past_orders UNION ALL SELECT id FROM past_specimens
        UNION ALL SELECT id FROM past_studies UNION ALL SELECT id FROM past_reports UNION ALL SELECT id FROM past_doses) p
        WHERE NOT EXISTS (SELECT 1 FROM imported_records i WHERE i.local_id = p.id)";
    assert_eq!(number(&db, strays).await, 0, "each row of the history has its source");
    let mut tx = db.read().await.expect("a connection");
    let broken: Vec<_> =
        crate::invariants::check(&mut tx).await.expect("checked").into_iter().filter(|finding| finding.broken > 0).collect();
    assert_eq!(broken, []);
    drop(tx);
    for _ in 0..2 {
        let (again, next) = watched(&db, folder.path()).await;
        let again = again.total();
        assert_eq!((again.stored, again.updated, again.without_home), (0, 0, 0), "a second run changes nothing");
        println!("again: {next:?}");
        if asked().is_some() {
            assert!(next[2] <= marks[2] + LEFT, "a run keeps memory: {marks:?}, then {next:?}");
        }
        marks = next;
    }
}

/// The number of mutations that the environment asks for.
fn asked() -> Option<u64> {
    setting("INFIRMARY_FUZZ")
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test]
async fn mutated_resources_are_taken_kept_or_refused_and_nothing_else() {
    let count = asked().unwrap_or(MUTATIONS);
    let (url, _folder) = databases::empty_sqlite();
    survives(open(&url).await, count).await;
    if let Some(url) = databases::empty_postgres().await {
        survives(open(&url).await, count).await;
    }
}
