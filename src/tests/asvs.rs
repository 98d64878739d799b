//! Tests that each proof named in docs/asvs.md exists and that the document counts its points correctly, and that
//! docs/data.md lists every table.

use std::{collections::BTreeSet, fs, path::PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> String {
    fs::read_to_string(root().join("docs/asvs.md")).expect("docs/asvs.md")
}

/// Returns the cells of the tables, each with its chapter.
fn points(text: &str) -> Vec<(&str, Vec<&str>)> {
    text.split("\n## ")
        .skip(1)
        .flat_map(|chapter| {
            let (title, rows) = chapter.split_once('\n').expect("a chapter");
            rows.lines().filter(|line| line.starts_with("| ")).skip(1).map(move |line| {
                let cells = line.trim_matches('|').split(" | ").map(str::trim).collect();
                (title, cells)
            })
        })
        .collect()
}

/// Whether `module::name` is a test, in a test file or in the tests inside a file.
fn is_test(path: &str) -> bool {
    let mut modules: Vec<&str> = path.split("::").collect();
    let function = format!("fn {}(", modules.pop().unwrap_or_default());
    let mut files = vec![modules.join("/")];
    if modules.last() == Some(&"tests") {
        modules.pop();
        files.push(modules.join("/"));
    }
    files.iter().flat_map(|file| [format!("src/{file}.rs"), format!("src/{file}/mod.rs")]).any(|file| {
        let text = fs::read_to_string(root().join(file)).unwrap_or_default();
        text.split_once(&function).is_some_and(|(before, _)| {
            before
                .lines()
                .rev()
                .take(4)
                .any(|line| line.trim_start().starts_with("#[test]") || line.trim_start().starts_with("#[tokio::test"))
        })
    })
}

fn exists(named: &str) -> bool {
    if let Some(command) = named.strip_prefix("cargo xtask ") {
        let usage = fs::read_to_string(root().join("xtask/src/usage.rs")).expect("the workbench's commands");
        return usage.contains(&format!("\n    cargo xtask {command} "));
    }
    if let Some(command) = named.strip_prefix("infirmary ") {
        let readme = fs::read_to_string(root().join("README.md")).expect("the commands");
        return readme.contains(&format!("| `infirmary {command}"));
    }
    if named.contains("::") && named.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c)) {
        return is_test(named);
    }
    let is_file = [".rs", ".ts", ".js", ".json", ".toml", ".md", ".lock"].iter().any(|ending| named.ends_with(ending));
    !is_file || root().join(named).is_file()
}

#[test]
fn what_is_named_exists() {
    let text = document();
    let missing: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|named| *named != "module::name" && !exists(named)).collect();
    assert!(missing.is_empty(), "docs/asvs.md names what is not there: {missing:#?}");
    for nothing in ["tests::asvs::no_such_test", "tests::no_such_file::name", "tests::asvs::document", "src/none.rs", "cargo xtask nothing"]
    {
        assert!(!exists(nothing), "{nothing}");
    }
}

#[test]
fn the_counts_are_those_of_the_tables() {
    let text = document();
    let points = points(&text);
    for (line, is_asvs) in [("| ASVS 5.0.0, levels 1 and 2 |", true), ("| HIPAA 164.312 |", false)] {
        let of: Vec<_> = points.iter().filter(|(title, _)| title.starts_with('V') == is_asvs).collect();
        let states = ["met", "met, no test", "n/a", "not met"];
        let mut counted = states.map(|state| of.iter().filter(|(_, cells)| cells[2] == state).count()).to_vec();
        assert_eq!(counted.iter().sum::<usize>(), of.len(), "a state that is none of {states:?}");
        counted.push(of.len());
        let said = text.lines().find_map(|row| row.strip_prefix(line)).expect("the counts");
        let said: Vec<usize> = said.split('|').filter_map(|cell| cell.trim().parse().ok()).collect();
        assert_eq!(said, counted, "{line}");
    }
    let mut numbers: Vec<_> = points.iter().map(|(_, cells)| cells[0]).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 253 + 12, "each point stands there once");
}

#[test]
fn every_table_has_its_class() {
    let text = fs::read_to_string(root().join("docs/data.md")).expect("docs/data.md");
    let mut tables = BTreeSet::new();
    for file in fs::read_dir(root().join("migrations/sqlite")).expect("the migrations").flatten() {
        let migration = fs::read_to_string(file.path()).expect("a migration");
        for statement in migration.split("CREATE TABLE ").skip(1) {
            tables.extend(statement.split_whitespace().find(|word| !["IF", "NOT", "EXISTS"].contains(word)).map(str::to_owned));
        }
    }
    assert!(tables.len() > 50, "{tables:?}");
    // A table that is rebuilt gets the old table's name; one that keeps rows meanwhile is dropped in the same migration.
    let passing = |table: &str| table.ends_with("_new") || table.ends_with("_before");
    let unknown: Vec<_> = tables.iter().filter(|table| !passing(table) && !text.contains(&format!("`{table}`"))).collect();
    assert!(unknown.is_empty(), "docs/data.md says nothing of {unknown:?}");
    let repeated: Vec<_> = tables.iter().filter(|table| text.matches(&format!("`{table}`")).count() > 1).collect();
    assert!(repeated.is_empty(), "docs/data.md names {repeated:?} more than once");
}
