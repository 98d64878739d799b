//! Tests the permission matrix: every page and every function, requested by every role and without a sign-in. The result is
//! one document, `docs/permissions.md`; each change of it is reviewed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use axum::http::StatusCode;
use uuid::Uuid;

use super::{Answer, Browser, TestApp, on_both_engines};
use crate::{
    core::{Error, Permission, Role},
    demo::sign_ins,
    server::rights,
};

/// The fixture's users, one of each role.
pub(super) const USERS: [(&str, Role); 15] = [
    ("ana", Role::Patient),
    ("desk", Role::Receptionist),
    ("nurse", Role::Nurse),
    ("doctor", Role::Doctor),
    ("lab", Role::Lab),
    ("pathologist", Role::Pathologist),
    ("radiology", Role::Radiology),
    ("radiologist", Role::Radiologist),
    ("pharmacist", Role::Pharmacist),
    ("cashier", Role::Cashier),
    ("accountant", Role::Accountant),
    ("storekeeper", Role::Storekeeper),
    ("ward_manager", Role::WardManager),
    ("admin", Role::Administrator),
    ("auditor", Role::Auditor),
];

/// Open to all and not requested: a stream does not end, and the test's browser must stay signed in.
const NOT_TRIED: [&str; 3] = ["/events", "/api/accounts/sign_in", "/api/accounts/sign_out"];

/// The document's words for those who have access.
const EVERYBODY: &str = "everybody";
const ALL_USERS: &str = "all users";

/// The path of the reviewed table, and the variable with which the test writes it again.
const DOCUMENT: &str = "docs/permissions.md";
const WRITE: &str = "INFIRMARY_WRITE_DOCS";

/// Returns the routes as the source spells them.
pub(super) fn routes_in_source() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("assets.rs") {
                let text = fs::read_to_string(&path).expect("a source");
                let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
                let literals = code.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
                found.extend(literals.map(str::to_owned));
            }
        }
    }
    found.insert(crate::server::events::PATH.to_owned());
    found.remove("/api/{*function}");
    found
}

/// Returns the functions, as the program registers them.
fn registered() -> BTreeSet<String> {
    server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect()
}

fn document() -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT)).expect(DOCUMENT)
}

/// Returns the rows of the document's tables of addresses: the address, and who has access.
fn rows(document: &str) -> Vec<(String, String)> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `/"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_end_matches('|').split(" | ").map(str::trim).collect();
        let [path, _, who] = cells[..] else { panic!("three cells: {row}") };
        (format!("/{}", path.trim_end_matches('`')), who.to_owned())
    })
    .collect()
}

#[test]
fn every_page_and_function_is_in_the_matrix() {
    let known: BTreeSet<String> = rows(&document()).into_iter().map(|(path, _)| path).collect();
    let there: BTreeSet<String> = routes_in_source().union(&registered()).cloned().collect();
    let missing = there.symmetric_difference(&known).collect::<Vec<_>>();
    assert!(missing.is_empty(), "in one place only, {DOCUMENT} or the program: {missing:?}. {}", how_to_write());
}

#[test]
fn every_role_has_a_user_who_tries() {
    assert_eq!(USERS.map(|(_, role)| role), Role::ALL);
}

fn how_to_write() -> String {
    format!("`{WRITE}=1 cargo xtask test unit` writes the document anew: then review each changed line")
}

/// The journeys read the pages from the document: for each role of the demo they need a user who signs in.
#[test]
fn every_role_of_the_demo_looks_at_its_pages_in_a_browser() {
    let pages = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("end2end/support/pages.ts")).expect("the pages");
    let roles: BTreeSet<&str> = sign_ins().iter().flat_map(|one| one.role.split(", ")).collect();
    let missing: Vec<_> = roles.into_iter().filter(|role| !pages.contains(&format!("\n  {role}: \""))).collect();
    assert!(missing.is_empty(), "SIGN_INS of end2end/support/pages.ts lacks {missing:?}");
}

/// Returns a page's address with ids that do not exist.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { Uuid::now_v7().to_string() } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("/")
}

/// Returns the addresses of all pages, as the router has them.
pub(super) fn pages() -> impl Iterator<Item = String> {
    routes_in_source().into_iter()
}

/// Returns all functions, without `/api/`.
pub(super) fn functions() -> impl Iterator<Item = String> {
    registered().into_iter().map(|path| path.trim_start_matches("/api/").to_owned())
}

/// Returns the functions that need a signed-in user.
pub(super) fn closed_functions() -> impl Iterator<Item = String> {
    let rows = rows(&document()).into_iter().filter(|(_, who)| who != EVERYBODY);
    rows.filter_map(|(path, _)| path.strip_prefix("/api/").map(str::to_owned))
}

/// Calls a function with ids that do not exist.
async fn called(browser: &Browser, path: &str) -> Answer {
    called_with(browser, path.trim_start_matches("/api/"), &Uuid::now_v7().to_string()).await
}

/// The arguments in which functions take the ids of their objects.
const IDS: [&str; 26] = [
    "admission_id",
    "bed_id",
    "payment_id",
    "patient_id",
    "patient",
    "appointment_id",
    "appointment",
    "visit_id",
    "visit",
    "entry",
    "invoice_id",
    "encounter_id",
    "allergy_id",
    "order_id",
    "document_id",
    "merge_id",
    "export_id",
    "erasure_id",
    "consent_id",
    "profile_request_id",
    "first_visit_id",
    "statement_id",
    "hold_id",
    "message_id",
    "message_channel_id",
    "id",
];

/// Calls a function with all required arguments, and that id in each argument for an id.
pub(super) async fn called_with(browser: &Browser, path: &str, id: &str) -> Answer {
    let path = &format!("/api/{path}");
    // A structure's fields cannot be guessed from an error.
    let mut form: Vec<(String, String)> = match path.as_str() {
        "/api/appointments/schedule" => vec![("ask[day]".to_owned(), "2026-11-21".to_owned())],
        _ => IDS.iter().map(|name| ((*name).to_owned(), id.to_owned())).collect(),
    };
    for _ in 0..40 {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = browser.post(path, &pairs).await;
        let Error::Invalid(errors) = (if answer.status.is_success() { Error::NotFound } else { answer.error() }) else { return answer };
        let field = errors[0].field.clone();
        // An id first, then words that the arguments of some function accept.
        let tries = [id.to_owned(), "1".to_owned(), "en".to_owned(), "doctor".to_owned(), "triage".to_owned(), "2026-11-21".to_owned()];
        match form.iter_mut().find(|(name, _)| *name == field) {
            None => form.push((field, tries[0].clone())),
            Some((_, value)) => match tries.iter().position(|tried| tried == value).and_then(|at| tries.get(at + 1)) {
                Some(next) => value.clone_from(next),
                None => return answer,
            },
        }
    }
    panic!("{path} cannot be called: {form:?}")
}

/// The result of requesting one address.
#[derive(Default)]
struct Tried {
    asked: BTreeSet<Permission>,
    /// The roles that got access; `None` stands for access without a sign-in.
    came_in: BTreeSet<Option<Role>>,
}

impl Tried {
    /// Returns the cells: the permissions that were checked, and who got access.
    fn cells(&self) -> [String; 2] {
        let words = |all: Vec<&str>| if all.is_empty() { "nobody".to_owned() } else { all.join(", ") };
        let users: Vec<&str> = self.came_in.iter().flatten().map(|role| role.as_str()).collect();
        let who = match (self.came_in.contains(&None), users.len() == Role::ALL.len()) {
            (true, true) => EVERYBODY.to_owned(),
            (false, true) => ALL_USERS.to_owned(),
            (true, false) => format!("nobody signed in, {}", users.join(", ")),
            (false, false) => words(users),
        };
        [self.asked.iter().map(|right| right.as_str()).collect::<Vec<_>>().join(", "), who]
    }
}

/// Requests every address as every role; returns the results and the faults found.
async fn tried_by_all(app: &TestApp) -> (BTreeMap<String, Tried>, Vec<String>) {
    let mut all: BTreeMap<String, Tried> = BTreeMap::new();
    let mut faults = Vec::new();
    let everybody = std::iter::once(None).chain(USERS.into_iter().map(Some));
    for user in everybody {
        let browser = match user {
            Some((login, _)) => app.as_(login).await,
            None => app.browser(),
        };
        for path in pages().chain(registered()) {
            let known = all.entry(path.clone()).or_default();
            let role = user.map(|(_, role)| role);
            if NOT_TRIED.contains(&path.as_str()) {
                known.came_in.insert(role);
                continue;
            }
            let is_function = path.starts_with("/api/");
            let (answer, asked) =
                if is_function { rights::asked(called(&browser, &path)).await } else { rights::asked(browser.get(&filled(&path))).await };
            let to_sign_in = answer.location.as_deref().is_some_and(|to| to.starts_with("/sign-in"));
            let turned_away = match answer.status {
                StatusCode::FORBIDDEN => true,
                StatusCode::UNAUTHORIZED => is_function,
                _ => !is_function && to_sign_in,
            };
            if answer.status.is_server_error() {
                let body: String = answer.body.chars().take(200).collect();
                faults.push(format!("{} at {path}: {} {body}", role.map_or("nobody", Role::as_str), answer.status));
            }
            known.asked.extend(asked);
            if !turned_away {
                known.came_in.insert(role);
            }
        }
    }
    (all, faults)
}

/// Writes the document: the permissions of each role, and the checks and access of each address.
fn written(tried: &BTreeMap<String, Tried>) -> String {
    let mut text = format!(
        "# Permissions\n\nMade by `tests::permissions`, which tries every page and every function as every role. {}.\n\n\
         The rights stand in `src/core/permission.rs`. Whose records are open to those who come in is another question: \
         `src/accounts/scope`, `tests::whose`.\n\n| right | roles |\n|---|---|\n",
        how_to_write()
    );
    for right in Permission::ALL {
        let roles: Vec<&str> = Role::ALL.iter().filter(|role| role.may(*right)).map(|role| role.as_str()).collect();
        text.push_str(&format!("| {} | {} |\n", right.as_str(), roles.join(", ")));
    }
    for (title, functions) in [("Pages", false), ("Functions", true)] {
        text.push_str(&format!("\n## {title}\n\n| address | asks for | lets in |\n|---|---|---|\n"));
        for (path, tried) in tried.iter().filter(|(path, _)| path.starts_with("/api/") == functions) {
            let [asked, who] = tried.cells();
            text.push_str(&format!("| `{path}` | {asked} | {who} |\n"));
        }
    }
    text
}

#[tokio::test]
async fn nobody_comes_in_who_may_not_and_everybody_who_may() {
    on_both_engines(|app| async move {
        // The months of the ledger are the whole hospital's.
        super::money::months::hospital_accountant(&app).await;
        let (tried, faults) = tried_by_all(&app).await;
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        let written = written(&tried);
        if std::env::var_os(WRITE).is_some() {
            fs::write(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT), &written).expect("written");
        }
        let known = document();
        let (known, now): (BTreeSet<&str>, BTreeSet<&str>) = (known.lines().collect(), written.lines().collect());
        let gone: Vec<String> = known.difference(&now).map(|line| format!("- {line}")).collect();
        let new: Vec<String> = now.difference(&known).map(|line| format!("+ {line}")).collect();
        let changed = [gone, new].concat().join("\n");
        assert!(changed.is_empty(), "{DOCUMENT} says otherwise. If this is meant: {}\n{changed}", how_to_write());
    })
    .await;
}
