//! Tests the rules of ARCHITECTURE.md that a compiler does not check, by reading the source itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use crate::app::DEPARTMENTS;

/// The foundation, which uses no department and nothing of `server`.
const FOUNDATION: [&str; 3] = ["core", "keys", "db"];

/// The order of the modules: each may use those before it, first the foundation, then the departments as the program lists them.
/// ARCHITECTURE.md has the same list.
static ORDER: LazyLock<Vec<&str>> =
    LazyLock::new(|| FOUNDATION.into_iter().chain(DEPARTMENTS.0.iter().map(|department| department.name)).collect());

/// The departments that `server` uses: for the user, the clinic, the audit log and the notifications.
const KNOWN_TO_THE_SERVER: [&str; 4] = ["audit", "organisation", "accounts", "notifications"];

/// The modules that use the whole program.
const AROUND: [&str; 4] = ["app", "commands", "invariants", "tests"];

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

/// Returns each source file with its path below `src/` and its text.
pub fn sources() -> Vec<(String, String)> {
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

/// Returns the lines that are code and not comments, with their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(number, line)| (number + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

/// Returns the modules that a source uses, with their lines: `crate::opd::…`, and each module in `use crate::{…}`. The code below
/// `mod tests` may use the test harness.
fn used(text: &str) -> Vec<(usize, &str)> {
    let text = text.split("\nmod tests {").next().unwrap_or_default();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, path) in text.match_indices("crate::") {
        let (before, after) = (&text[..at], at + path.len());
        let comment = before.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("//"));
        // `$crate` refers to the crate that uses the macro.
        if comment || before.ends_with(|c| is_word(c) || c == '$') {
            continue;
        }
        let (mut depth, mut comes, mut start) = (0, true, None);
        for (index, c) in text[after..].char_indices() {
            if is_word(c) {
                start = start.or(comes.then_some(index));
                continue;
            }
            if let Some(start) = start.take() {
                found.push((text[..after + start].matches('\n').count() + 1, &text[after + start..after + index]));
            }
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            comes = depth == 1 && (c == '{' || c == ',' || comes && c.is_whitespace());
        }
    }
    found
}

#[test]
fn what_a_source_uses_is_read() {
    let text = "use crate::{\n    audit::{Action, opd},\n    billing,\n};\n// crate::demo\nlet _ = crate::clinical::x(crate::tr!(a.b), $crate::db);";
    assert_eq!(used(text), [(2, "audit"), (3, "billing"), (6, "clinical"), (6, "tr")]);
}

#[test]
fn departments_use_only_those_before_them() {
    let mut wrong = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| !name.ends_with("tests.rs")) {
        let module = name.split('/').next().unwrap_or_default();
        let Some(place) = ORDER.iter().position(|known| *known == module) else { continue };
        for (number, other) in used(&text) {
            let later = ORDER.iter().skip(place + 1).any(|known| *known == other);
            let around = AROUND.contains(&other) && !(other == "commands" && name.ends_with("command.rs"));
            let above = FOUNDATION.contains(&module) && ["server", "ui"].contains(&other);
            if later || around || above {
                wrong.push(format!("src/{name}:{number} uses {other}"));
            }
        }
    }
    assert_none(&wrong, "a department uses only those before it in ORDER, and not what knows the program as a whole");
}

#[test]
fn every_folder_has_its_place() {
    let around = ["server", "ui", "invariants", "tests"];
    let placeless: BTreeSet<String> = sources()
        .into_iter()
        .filter_map(|(name, _)| name.split_once('/').map(|(folder, _)| folder.to_owned()))
        .filter(|folder| !ORDER.contains(&folder.as_str()) && !around.contains(&folder.as_str()))
        .collect();
    assert!(placeless.is_empty(), "each department has its place in ORDER: {placeless:?}");
}

#[test]
fn the_server_knows_the_first_departments_only() {
    let mut wrong = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| name.starts_with("server/")) {
        for (number, other) in used(&text) {
            let department = ORDER.iter().skip_while(|known| **known != "audit").any(|known| *known == other);
            if (department && !KNOWN_TO_THE_SERVER.contains(&other)) || AROUND.contains(&other) {
                wrong.push(format!("src/{name}:{number} uses {other}"));
            }
        }
    }
    assert_none(&wrong, "server knows of the departments only KNOWN_TO_THE_SERVER, and not what knows the program as a whole");
}

#[test]
fn the_look_knows_only_the_core() {
    let mut wrong = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| name.starts_with("ui/")) {
        for (number, other) in used(&text) {
            if ORDER.iter().skip(1).chain(&AROUND).chain(&["server"]).any(|known| *known == other) {
                wrong.push(format!("src/{name}:{number} uses {other}"));
            }
        }
    }
    assert_none(&wrong, "ui knows only core");
}

/// A comment names its subject first: a reader whose English is a second language follows it at first reading.
#[test]
fn comments_begin_with_their_subject() {
    const WORDS: [&str; 8] = ["What", "Who", "Whoever", "Whom", "Whose", "Of", "Nobody", "Somebody"];
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            let Some(comment) = line.trim_start().strip_prefix("//") else { continue };
            let first = comment.trim_start_matches(['/', '!']).split_whitespace().next().unwrap_or_default();
            if WORDS.contains(&first) {
                wrong.push(format!("src/{name}:{} {}", number + 1, line.trim()));
            }
        }
    }
    assert_none(&wrong, "a comment begins with its subject, and not with one of WORDS");
}

#[test]
fn the_map_shows_the_tree() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("readable");
    let order = map.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(order.contains(&format!("`{}`", ORDER.join(", "))), "ARCHITECTURE.md tells another order than ORDER");
    let hidden: Vec<_> = sources()
        .into_iter()
        .filter_map(|(name, _)| name.split_once('/').map(|(folder, _)| folder.to_owned()))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter(|folder| !map.contains(&format!("`src/{folder}`")) && !map.contains(&format!(" `{folder}`")))
        .collect();
    assert_none(&hidden, "ARCHITECTURE.md says of each folder of src what it is");
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
    // The readiness check selects a 1 from the database.
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
            let raw_html = ["inner_html", "InertElement"].iter().any(|way| line.contains(way)) && !name.starts_with("ui/");
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
fn page_queries_are_named_after_their_page() {
    let mut found = Vec::new();
    let pages = files(&root().join("src"), "rs").into_iter().filter(|file| file.to_string_lossy().contains("pages"));
    for file in pages {
        let text = fs::read_to_string(&file).expect("a source");
        for (at, line) in code(&text) {
            for part in line.split("Query<").skip(1) {
                let name = part.split('>').next().unwrap_or_default();
                if name.len() > 1 && !name.ends_with("Query") {
                    found.push(format!("{}:{at}: {name}", file.display()));
                }
            }
        }
    }
    assert_none(&found, "the query of a page is called after it: `ScheduleQuery`");
}

#[test]
fn files_stay_small() {
    let wrong: Vec<_> = [("src", "rs"), ("xtask/src", "rs"), ("style", "css"), ("public", "js"), ("end2end", "ts"), ("migrations", "sql")]
        .into_iter()
        .flat_map(|(folder, ending)| files(&root().join(folder), ending))
        .filter(|path| !path.components().any(|part| part.as_os_str() == "node_modules"))
        .filter_map(|path| {
            let lines = fs::read_to_string(&path).expect("readable").lines().count();
            (lines > 500).then(|| format!("{}: {lines} lines", path.display()))
        })
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

/// Returns the source of the program, without its tests and comments.
fn program() -> String {
    let texts = sources().into_iter().filter(|(name, _)| !name.starts_with("tests/")).map(|(_, text)| text);
    let scripts = files(&root().join("public"), "js").into_iter().map(|path| fs::read_to_string(path).expect("readable"));
    texts.chain(scripts).flat_map(|text| code(&text).map(|(_, line)| format!("{line}\n")).collect::<Vec<_>>()).collect()
}

#[test]
fn every_word_is_said() {
    let program = program();
    let said: BTreeSet<&str> = program.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').collect();
    let mut silent = Vec::new();
    for path in files(&root().join("locales/en"), "json") {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let words: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&fs::read_to_string(&path).expect("readable")).expect("words");
        silent.extend(words.keys().map(|key| format!("{name}.{key}")).filter(|word| !said.contains(word.as_str())));
    }
    assert_none(&silent, "every word of locales/ is said somewhere");
}

#[test]
fn what_is_audited_has_words() {
    let mut found = 0;
    let mut raw = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| !name.starts_with("tests/")) {
        for call in ["did(", "saw(", "saw_all(", "saw_live(", "saw_beyond(", "found(", "saw_file("] {
            for arguments in text.split(&format!("ctx.{call}")).skip(1).filter_map(|rest| rest.split(';').next()) {
                for what in arguments.split('"').skip(1).step_by(2) {
                    found += 1;
                    if DEPARTMENTS.audited(what).is_none() {
                        raw.push(format!("src/{name}: {what}"));
                    }
                }
            }
        }
    }
    assert!(found > 50, "only {found} were found");
    assert_none(&raw, "what is audited has words in a department.rs (`audited`)");
}

#[test]
fn every_class_of_the_style_sheets_is_worn() {
    // These classes are composed with a number.
    let made = |class: &str| ["from-", "for-", "lane-", "lanes-"].iter().any(|start| class.starts_with(start));
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let program = program();
    let worn: BTreeSet<&str> = program.split(|c| !is_name(c)).collect();
    let mut bare = BTreeSet::new();
    for path in files(&root().join("style"), "css") {
        let text = fs::read_to_string(&path).expect("readable");
        // Outside comments and quoted text, a dot before a letter begins a class.
        let plain: String = text.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, rest)| rest)).collect();
        let plain: String = plain.split('"').step_by(2).collect();
        let after_dots = plain.split('.').skip(1).filter(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
        let classes = after_dots.map(|rest| rest.split(|c| !is_name(c)).next().unwrap_or_default());
        bare.extend(classes.filter(|class| !made(class) && !worn.contains(class)).map(|class| format!("{}: .{class}", path.display())));
    }
    assert_none(&bare.into_iter().collect::<Vec<_>>(), "every class of style/ is worn by something");
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

/// The files of server functions that still record an act themselves. A file leaves the list when its recordings stand in the rules; none is added.
const RECORD_THEMSELVES: [&str; 8] = [
    "appointments/api.rs",
    "appointments/waitlist/api.rs",
    "formulary/api.rs",
    "patients/phones/api.rs",
    "portal/booking/api.rs",
    "portal/booking/wait_api.rs",
    "portal/profile/api.rs",
    "wards/api/beds.rs",
];

/// The departments with functions of more than three form fields as arguments of their own, and how many of them each still has. The number only
/// falls: a new form is one struct, with a `parse` of its own.
const FIELDS_ALONE: [(&str, usize); 16] = [
    ("appointments", 7),
    ("clinical", 9),
    ("formulary", 5),
    ("imaging", 4),
    ("inventory", 9),
    ("lab", 3),
    ("medicine_record", 9),
    ("opd", 1),
    ("orders", 3),
    ("organisation", 2),
    ("patients", 3),
    ("pharmacy", 8),
    ("portal", 6),
    ("recalls", 1),
    ("rounds", 2),
    ("wards", 11),
];

fn is_api(file: &str) -> bool {
    file.ends_with("/api.rs") || file.ends_with("_api.rs") || file.contains("/api/")
}

#[test]
fn no_server_function_writes_the_audit_log() {
    // A helper that records is given the act.
    let records = |text: &str| [".did(", ".did_change(", "(&mut ctx, Action::"].iter().any(|call| text.contains(call));
    let files = sources().into_iter().filter(|(file, text)| is_api(file) && records(text)).map(|(file, _)| file);
    let new: Vec<_> = files.filter(|file| !RECORD_THEMSELVES.contains(&file.as_str())).collect();
    assert_none(&new, "the rule that does the act records it, in its own module");
}

/// Returns the arguments of each server function in a source.
fn arguments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("#[server(endpoint") {
        let Some(open) = text[at..].find("pub async fn ").and_then(|begin| text[at + begin..].find('(').map(|open| at + begin + open + 1))
        else {
            continue;
        };
        let mut depth = 1;
        let end = text[open..].find(|letter: char| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0
        });
        found.extend(end.map(|end| &text[open..open + end]));
    }
    found
}

#[test]
fn a_form_with_more_than_three_fields_is_a_struct() {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let most = |department: &str| FIELDS_ALONE.iter().find(|(of, _)| *of == department).map_or(0, |(_, most)| *most);
    for (file, text) in sources().into_iter().filter(|(file, _)| !file.starts_with("tests/")) {
        let many = arguments(&text).into_iter().filter(|arguments| arguments.matches("#[server(default)]").count() > 3).count();
        if many > 0 {
            *found.entry(file.split('/').next().unwrap_or_default().to_owned()).or_default() += many;
        }
    }
    let more: Vec<_> = found
        .iter()
        .filter(|(department, many)| **many > most(department.as_str()))
        .map(|(department, many)| format!("{department}: {many}"))
        .collect();
    assert_none(&more, "a function takes a form of more than three fields as one struct");
}
