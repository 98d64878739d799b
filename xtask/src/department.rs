//! `cargo xtask department NAME`: writes a new department that compiles, passes the tests and has a link in the rail of its role. The
//! templates are in `xtask/department`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

/// The department's name, and the role that uses it.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// Its folder in `src`: `blood_bank`.
    pub name: String,
    /// The role that uses it.
    pub role: String,
    /// The displayed title, in English and Spanish; without it, the name.
    pub title: Option<String>,
    pub title_es: Option<String>,
}

/// The files of the department: the path of each, and its template.
const FILES: [(&str, &str); 13] = [
    ("src/{{name}}/mod.rs", include_str!("../department/mod.rs")),
    ("src/{{name}}/department.rs", include_str!("../department/department.rs")),
    ("src/{{name}}/entry.rs", include_str!("../department/entry.rs")),
    ("src/{{name}}/api.rs", include_str!("../department/api.rs")),
    ("src/{{name}}/store.rs", include_str!("../department/store.rs")),
    ("src/{{name}}/rules.rs", include_str!("../department/rules.rs")),
    ("src/{{name}}/pages/mod.rs", include_str!("../department/pages.rs")),
    ("src/{{name}}/pages/list.rs", include_str!("../department/list.rs")),
    ("src/tests/{{name}}.rs", include_str!("../department/tests.rs")),
    ("locales/en/{{name}}.json", include_str!("../department/en.json")),
    ("locales/es/{{name}}.json", include_str!("../department/es.json")),
    ("migrations/sqlite/{{moment}}_{{name}}.sql", include_str!("../department/sqlite.sql")),
    ("migrations/postgres/{{moment}}_{{name}}.sql", include_str!("../department/postgres.sql")),
];

/// Writes the department, and prints the remaining steps.
pub fn run(options: &Options) -> Result<()> {
    let root = crate::paths::root();
    for (path, text) in written(&root, options, now())? {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    crate::command::run(&mut crate::command::cargo(&["fmt", "--all"]))?;
    println!(
        "src/{0} is there: a page /{1}, a table, a function and a test.\n\
         Next: `cargo xtask test unit`, then put the department's own things in the place of the entries. ARCHITECTURE.md, \"Add a\n\
         department\", tells what a department has beside these.",
        options.name,
        options.name.replace('_', "-")
    );
    Ok(())
}

/// Returns every new or changed file with its text.
fn written(root: &Path, options: &Options, moment: u64) -> Result<Vec<(PathBuf, String)>> {
    let name = options.name.as_str();
    let is_name = !name.is_empty() && name.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()));
    ensure!(is_name, "`{name}` is no name of a department: small letters, words joined by `_`");
    ensure!(!root.join("src").join(name).exists() && !root.join(format!("src/{name}.rs")).exists(), "src/{name} exists already");
    ensure!(options.role != "patient", "a department is for staff: patients have the portal");
    let read = |path: &str| fs::read_to_string(root.join(path)).with_context(|| path.to_owned());
    let words = Words::of(root, options, moment)?;
    let mut all: Vec<(PathBuf, String)> = FILES.iter().map(|(path, text)| (words.filled(path).into(), words.filled(text))).collect();
    for (path, edit) in EDITS {
        let edited = edit(&read(path)?, &words).with_context(|| format!("{path} has another shape than this command knows"))?;
        all.push((path.into(), edited));
    }
    Ok(all)
}

/// The words that replace the placeholders.
struct Words(Vec<(&'static str, String)>);

impl Words {
    fn of(root: &Path, options: &Options, moment: u64) -> Result<Self> {
        let name = &options.name;
        let camel: String = name.split('_').map(capitalised).collect();
        let title = options.title.clone().unwrap_or_else(|| capitalised(&name.replace('_', " ")));
        let login = match options.role.as_str() {
            "receptionist" => "desk",
            "administrator" => "admin",
            role => role,
        };
        let mut highest = (0, 0);
        for folder in fs::read_dir(root.join("src"))?.flatten() {
            let text = fs::read_to_string(folder.path().join("department.rs")).unwrap_or_default();
            highest.0 = highest.0.max(largest(&text, "order: "));
            highest.1 = highest.1.max(largest(&text, "begins: Some("));
        }
        let last = fs::read_dir(root.join("migrations/sqlite"))?
            .flatten()
            .filter_map(|file| file.file_name().to_str()?.split('_').next()?.parse().ok())
            .max()
            .unwrap_or(0);
        Ok(Self(vec![
            ("name", name.clone()),
            ("Name", camel.clone()),
            ("address", name.replace('_', "-")),
            ("title", title.clone()),
            ("titulo", options.title_es.clone().unwrap_or(title)),
            ("role", options.role.clone()),
            ("Role", options.role.split('_').map(capitalised).collect()),
            ("login", login.to_owned()),
            ("right", format!("use_{name}")),
            ("Right", format!("Use{camel}")),
            ("order", (highest.0 + 10).to_string()),
            ("begins", (highest.1 + 10).to_string()),
            // The new migration must come after all existing ones.
            ("moment", moment.max(last + 1).to_string()),
        ]))
    }

    fn filled(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (mark, word)| text.replace(&format!("{{{{{mark}}}}}"), word))
    }

    fn word(&self, mark: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == mark).map_or("", |(_, word)| word)
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Returns the largest number that follows the words in the text.
fn largest(text: &str, words: &str) -> u32 {
    let numbers = text.split(words).skip(1).map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    numbers.filter_map(|number| number.parse().ok()).max().unwrap_or(0)
}

type Edit = fn(&str, &Words) -> Result<String>;

/// The existing files that must name the department.
const EDITS: [(&str, Edit); 8] = [
    ("src/lib.rs", |text, words| before(text, "pub mod reception;\n", &words.filled("pub mod {{name}};\n"))),
    ("src/app.rs", |text, words| before(text, "    &crate::imports::DEPARTMENT,\n", &words.filled("    &crate::{{name}}::DEPARTMENT,\n"))),
    ("src/core/ids.rs", |text, words| {
        let id = words.filled("    /// An entry of `{{name}}`.\n    {{Name}}EntryId = \"{{name}}_entry_id\",\n");
        before(text, "    /// Sent with an act that must happen once", &id)
    }),
    ("src/core/permission.rs", permission),
    ("src/tests/mod.rs", |text, words| before(text, "mod whose;\n", &words.filled("mod {{name}};\n"))),
    ("ARCHITECTURE.md", |text, words| {
        let text = before(text, " imports, demo`", &words.filled(" {{name}},"))?;
        before(&text, " | the departments; each", &words.filled(" `{{name}}`"))
    }),
    ("docs/data.md", |text, words| before(text, "`hospital`, ", &words.filled("`{{name}}_entries`, "))),
    ("docs/permissions.md", permissions),
];

/// Inserts `new` before the first `anchor`.
fn before(text: &str, anchor: &str, new: &str) -> Result<String> {
    let at = text.find(anchor).with_context(|| format!("no `{}`", anchor.trim()))?;
    Ok(format!("{}{new}{}", &text[..at], &text[at..]))
}

/// Adds the permission, and the role that has it.
fn permission(text: &str, words: &Words) -> Result<String> {
    let right = words.filled("        /// {{title}}.\n        {{Right}} = \"{{right}}\",\n");
    let text = before(text, "        ManageHospital = \"manage_hospital\",\n", &right)?;
    let (role, right) = (words.filled("Self::{{Role}}"), words.filled("P::{{Right}}"));
    let table = text.find("pub const fn permissions(self)").context("no table of permissions")?;
    let at = text[table..].find(&role).with_context(|| format!("no role `{}`", words.word("role")))? + table;
    let arm = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let arrow = text[at..].find(" => &[").context("no rights of the role")? + at;
    let end = text[arrow..].find(']').context("no end of the role's rights")? + arrow;
    let roles = text[arm..arrow].trim();
    if roles == role {
        let rights = text[arrow + " => &[".len()..end].trim().trim_end_matches(',');
        return Ok(format!("{} => &[{rights}, {right}{}", &text[..arrow], &text[end..]));
    }
    // The role needs its own line, separate from the roles with the same permissions.
    let others: Vec<&str> = roles.split(" | ").filter(|other| *other != role).collect();
    let rights = &text[arrow + " => &[".len()..end];
    let own = format!("            {role} => &[{rights}, {right}],\n");
    Ok(format!("{}{own}            {}{}", &text[..arm], others.join(" | "), &text[arrow..]))
}

/// Adds the rows of the document that the tests compare with the program.
fn permissions(text: &str, words: &Words) -> Result<String> {
    let text = before(text, "| manage_hospital |", &words.filled("| {{right}} | {{role}} |\n"))?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for row in ["| `/{{address}}` | {{right}} | {{role}} |", "| `/api/{{name}}/add` | {{right}} | {{role}} |"] {
        let row = words.filled(row);
        let is_function = row.starts_with("| `/api/");
        let path = |line: &str| line.split('`').nth(1).unwrap_or_default().to_owned();
        let same = |line: &String| line.starts_with("| `/") && line.starts_with("| `/api/") == is_function;
        let next = lines.iter().position(|line| same(line) && path(line) > path(&row));
        let at = next.or_else(|| lines.iter().rposition(same).map(|last| last + 1)).context("no table of addresses")?;
        lines.insert(at, row);
    }
    // A role with a link in the rail may open the first page.
    let home = lines.iter_mut().find(|line| line.starts_with("| `/` |")).context("no row of `/`")?;
    let (cells, who) = home.trim_end_matches(" |").rsplit_once(" | ").context("no cells")?;
    let order = role_order(&text);
    let mut roles: Vec<&str> = who.split(", ").collect();
    if who != "all users" && !roles.contains(&words.word("role")) {
        roles.push(words.word("role"));
        roles.sort_by_key(|role| order.iter().position(|known| known == role));
        let all = roles.len() == order.len();
        *home = format!("{cells} | {} |", if all { "all users".to_owned() } else { roles.join(", ") });
    }
    Ok(lines.join("\n") + "\n")
}

/// Returns all roles, in the document's order: each has the permission for its own account.
fn role_order(document: &str) -> Vec<String> {
    let row = document.lines().find_map(|line| line.strip_prefix("| own_account | ")).unwrap_or_default();
    row.trim_end_matches(" |").split(", ").map(str::to_owned).collect()
}

/// Returns the present time as the number of a migration: `20261128110000`.
fn now() -> u64 {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    moment(seconds)
}

/// Converts seconds since the beginning of 1970, UTC, to such a number. Calculates the day with Howard Hinnant's
/// `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>).
fn moment(seconds: u64) -> u64 {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    ((year * 100 + month) * 100 + day) * 1_000_000 + second / 3_600 * 10_000 + second / 60 % 60 * 100 + second % 60
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(name: &str, role: &str) -> Options {
        Options { name: name.to_owned(), role: role.to_owned(), title: None, title_es: Some("Banco de sangre".to_owned()) }
    }

    fn blood_bank(role: &str) -> Vec<(PathBuf, String)> {
        written(&crate::paths::root(), &options("blood_bank", role), 0).expect("written")
    }

    fn text<'t>(all: &'t [(PathBuf, String)], path: &str) -> &'t str {
        all.iter().find(|(known, _)| known == Path::new(path)).map_or_else(|| panic!("no {path}"), |(_, text)| text)
    }

    #[test]
    fn a_department_has_all_its_files() {
        let all = blood_bank("lab");
        for (path, text) in &all[..FILES.len()] {
            let all = format!("{}\n{text}", path.display());
            assert!(!all.contains("{{") && !all.contains("}}"), "a mark was not filled: {all}");
        }
        let migrations: Vec<_> = all.iter().filter(|(path, _)| path.starts_with("migrations")).map(|(path, _)| path.file_name()).collect();
        assert!(migrations.len() == 2 && migrations[0] == migrations[1], "{migrations:?}");
        let words = |language: &str| -> Vec<String> {
            let words: serde_json::Value = serde_json::from_str(text(&all, &format!("locales/{language}/blood_bank.json"))).expect("words");
            words.as_object().expect("words").keys().cloned().collect()
        };
        assert_eq!(words("en"), words("es"));
        let said: String = all.iter().filter(|(path, _)| path.starts_with("src")).map(|(_, text)| text.as_str()).collect();
        for word in words("en") {
            assert!(said.contains(&format!("blood_bank.{word}")), "{word} is said nowhere");
        }
        assert!(text(&all, "src/blood_bank/department.rs").contains("href: \"/blood-bank\""));
        assert!(text(&all, "src/blood_bank/pages/mod.rs").contains(".route(\"/blood-bank\""));
        assert!(text(&all, "src/tests/blood_bank.rs").contains("app.as_(\"lab\")"));
    }

    #[test]
    fn the_program_learns_of_it() {
        let all = blood_bank("lab");
        for (path, line) in [
            ("src/lib.rs", "\npub mod blood_bank;\n"),
            ("src/app.rs", "    &crate::blood_bank::DEPARTMENT,\n    &crate::imports::DEPARTMENT,\n"),
            ("src/core/ids.rs", "    BloodBankEntryId = \"blood_bank_entry_id\",\n"),
            ("src/core/permission.rs", "        UseBloodBank = \"use_blood_bank\",\n"),
            ("src/core/permission.rs", "            Self::Lab => &[P::OwnAccount, P::CollectSamples, P::WorkLab, P::UseBloodBank],\n"),
            ("src/tests/mod.rs", "mod blood_bank;\n"),
            ("ARCHITECTURE.md", " blood_bank, imports, demo`"),
            ("ARCHITECTURE.md", " `blood_bank` | the departments;"),
            ("docs/data.md", "`blood_bank_entries`, "),
            ("docs/permissions.md", "| use_blood_bank | lab |\n"),
            ("docs/permissions.md", "| `/blood-bank` | use_blood_bank | lab |\n"),
            ("docs/permissions.md", "| `/api/blood_bank/add` | use_blood_bank | lab |\n"),
        ] {
            assert!(text(&all, path).contains(line), "{path}: {line}");
        }
        assert!(!text(&all, "src/core/permission.rs").contains("Self::Lab |"), "the role has rights of its own");
        let home = text(&all, "docs/permissions.md").lines().find(|line| line.starts_with("| `/` |")).expect("the first page");
        assert!(home.contains("lab") || home.contains("all users"), "{home}");
    }

    #[test]
    fn a_role_with_rights_gets_one_more() {
        let all = blood_bank("cashier");
        let table = text(&all, "src/core/permission.rs");
        let cashier = table.split("Self::Cashier => &[").nth(1).and_then(|rest| rest.split(']').next()).expect("the cashier's rights");
        assert!(cashier.contains("P::TakePayments") && cashier.contains("P::UseBloodBank"), "{cashier}");
        assert!(text(&all, "src/tests/blood_bank.rs").contains("app.as_(\"cashier\")"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let root = crate::paths::root();
        for (name, role) in
            [("billing", "lab"), ("app", "lab"), ("Wards", "lab"), ("wards_", "lab"), ("", "lab"), ("wards", "patient"), ("wards", "cook")]
        {
            assert!(written(&root, &options(name, role), 0).is_err(), "{name} {role}");
        }
    }

    #[test]
    fn a_moment_is_told_as_migrations_are() {
        assert_eq!(moment(0), 19_700_101_000_000);
        assert_eq!(moment(1_795_863_600), 20_261_128_110_000);
        assert_eq!(moment(951_827_696), 20_000_229_123_456);
    }
}
