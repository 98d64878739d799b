//! The rules of ARCHITECTURE.md that a compiler does not check, read from the source itself.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each may use those before it.
const ORDER: [&str; 17] = [
    "core",
    "keys",
    "db",
    "sealing",
    "audit",
    "accounts",
    "organisation",
    "notifications",
    "patients",
    "appointments",
    "opd",
    "billing",
    "clinical",
    "reception",
    "portal",
    "imports",
    "demo",
];

/// Below which nothing may lie that knows the program as a whole.
const AROUND: [&str; 5] = ["app", "server", "commands", "invariants", "tests"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Each source file with its path below `src/` and its text.
fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    files(&src, "rs")
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&src).expect("below src").display().to_string();
            let text = fs::read_to_string(&path).expect("a readable source");
            (name, text)
        })
        .collect()
}

/// The lines that are code and not comments, with their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(number, line)| (number + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn departments_use_only_those_before_them() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let module = name.split('/').next().unwrap_or_default();
        let Some(place) = ORDER.iter().position(|known| *known == module) else { continue };
        // Its macro writes the database's side of an enum into the department that defines the enum.
        if name == "core/text_enum.rs" || name.ends_with("tests.rs") {
            continue;
        }
        // The parts of a test file below `mod tests` may use the harness.
        for (number, line) in code(text.split("\nmod tests {").next().unwrap_or_default()) {
            for (later, other) in ORDER.iter().enumerate().skip(place + 1) {
                let path = format!("crate::{other}");
                let grouped = format!("    {other}::");
                let uses = line.contains(&format!("{path}::")) || (line.starts_with(&grouped) && text.contains("use crate::{"));
                if uses && later > place {
                    wrong.push(format!("src/{name}:{number} uses {other}"));
                }
            }
        }
    }
    assert_none(&wrong, "a department uses only those before it in ORDER");
}

#[test]
fn the_look_knows_only_the_core() {
    let mut wrong = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| name.starts_with("ui/")) {
        for (number, line) in code(&text) {
            for other in ORDER.iter().skip(1).chain(AROUND.iter()) {
                if line.contains(&format!("crate::{other}::")) {
                    wrong.push(format!("src/{name}:{number} uses {other}"));
                }
            }
        }
    }
    assert_none(&wrong, "ui knows only core");
}

#[test]
fn queries_stand_in_stores() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let free = name.starts_with("db/") || name.starts_with("tests/") || name.ends_with("store.rs") || name.contains("/store/");
        if free {
            continue;
        }
        let own = text.split("mod store {").next().unwrap_or_default();
        for (number, line) in code(own.split("#[cfg(test)]").next().unwrap_or_default()) {
            if line.contains(" sql(\"") || line.contains("(sql(") || line.contains("sql_for(") {
                wrong.push(format!("src/{name}:{number}"));
            }
        }
    }
    // Readiness asks the database for a 1.
    wrong.retain(|place| !place.starts_with("src/server/health.rs"));
    assert_none(&wrong, "SQL stands in store.rs files only");
}

#[test]
fn stores_and_workflows_are_private() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(name, _)| !name.starts_with("tests/"))
        .filter(|(_, text)| text.contains("pub mod store") || text.contains("pub mod workflow") || text.contains("pub(crate) mod store"))
        .map(|(name, _)| format!("src/{name}"))
        .collect();
    assert_none(&wrong, "a department shows what its mod.rs re-exports, not its store or workflow");
}

#[test]
fn views_hold_nothing_dangerous() {
    let mut wrong = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| !name.starts_with("tests/")) {
        for (number, line) in code(text.split("#[cfg(test)]").next().unwrap_or_default()) {
            let raw_textarea = line.contains("<textarea") && !name.starts_with("ui/");
            let raw_html = line.contains("inner_html") && !name.starts_with("ui/");
            let inline_style = line.contains(" style=") || line.contains("style:");
            let own_clock = line.contains("Utc::now()") && name != "core/time.rs";
            if raw_textarea || raw_html || inline_style || own_clock {
                wrong.push(format!("src/{name}:{number}: {}", line.trim()));
            }
        }
    }
    assert_none(&wrong, "no raw <textarea>, no inner_html, no inline style, no clock but core::time::Clock");
}

#[test]
fn files_stay_small() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > 500)
        .map(|(name, text)| format!("src/{name}: {} lines", text.lines().count()))
        .collect();
    assert_none(&wrong, "a file has at most 500 lines");
}

#[test]
fn every_module_says_what_it_owns() {
    let wrong: Vec<_> = sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(name, _)| format!("src/{name}")).collect();
    assert_none(&wrong, "a file begins with //!");
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |engine: &str| -> BTreeSet<String> {
        files(&root().join("migrations").join(engine), "sql")
            .iter()
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect()
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn both_languages_say_everything() {
    let keys = |language: &str| -> BTreeSet<(String, String)> {
        files(&root().join("locales").join(language), "json")
            .iter()
            .flat_map(|path| {
                let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
                let words: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&fs::read_to_string(path).expect("readable"))
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                assert!(
                    words.values().all(|word| word.as_str().is_some_and(|word| !word.trim().is_empty())),
                    "{}: an empty word",
                    path.display()
                );
                words.into_iter().map(move |(key, _)| (name.clone(), key)).collect::<Vec<_>>()
            })
            .collect()
    };
    let (en, es) = (keys("en"), keys("es"));
    assert_eq!(en.difference(&es).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "missing in Spanish");
    assert_eq!(es.difference(&en).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "missing in English");
}

#[test]
fn leptos_settings_are_the_same_in_both_places() {
    let section = |file: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(root().join(file)).expect("readable");
        let section = text.split("[package.metadata.leptos]").nth(1).unwrap_or_else(|| panic!("{file}: no [package.metadata.leptos]"));
        section
            .lines()
            .skip(1)
            .take_while(|line| !line.starts_with('['))
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(section("Cargo.toml"), section("Leptos.toml"));
}
