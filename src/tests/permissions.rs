//! The permission matrix: every page and every function, tried by every role and by nobody. A page or function that is
//! not in the table fails the first test.

use std::{collections::BTreeSet, fs, path::PathBuf};

use axum::http::StatusCode;
use uuid::Uuid;

use super::{Answer, Browser, TestApp, on_both_engines};
use crate::core::{Error, Permission, Role};

/// What one must be to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// Open to all.
    Nothing,
    /// Anybody signed in.
    SignIn,
    /// A role with the permission.
    May(Permission),
}

use Needs::{May, Nothing, SignIn};
use Permission as P;

#[rustfmt::skip]
const PAGES: &[(&str, Needs)] = &[
    ("/", SignIn),
    ("/account", May(P::OwnAccount)),
    ("/account/recovery-codes", May(P::OwnAccount)),
    ("/account/second-factor", May(P::OwnAccount)),
    ("/account/security", May(P::OwnAccount)),
    ("/appointments/new", May(P::BookAppointments)),
    ("/appointments/{id}", May(P::ReadSchedules)),
    ("/audit", May(P::ReadAudit)),
    ("/audit/emergencies", May(P::ReadAudit)),
    ("/audit/export", May(P::ReadAudit)),
    ("/audit/grants", May(P::ReadAudit)),
    ("/board/{code}", Nothing),
    ("/cashier", May(P::TakePayments)),
    ("/consultation", May(P::WriteNotes)),
    ("/consultation/{visit}", May(P::WriteNotes)),
    ("/design", Nothing),
    ("/design/{screen}", Nothing),
    ("/events", Nothing),
    ("/health/live", Nothing),
    ("/health/ready", Nothing),
    ("/invoices/{id}", May(P::ReadBilling)),
    ("/invoices/{id}/print", May(P::ReadBilling)),
    ("/forgot", Nothing),
    ("/link/{token}", Nothing),
    ("/notifications", May(P::OwnAccount)),
    ("/patients", May(P::FindPatients)),
    ("/patients/new", May(P::RegisterPatients)),
    ("/patients/{id}", May(P::ReadPatients)),
    ("/patients/{id}/access", May(P::RegisterPatients)),
    ("/patients/{id}/care", May(P::FindPatients)),
    ("/patients/{id}/account", May(P::ReadBilling)),
    ("/patients/{id}/account/print", May(P::ReadBilling)),
    ("/patients/{id}/chart", May(P::ReadChart)),
    ("/patients/{id}/edit", May(P::RegisterPatients)),
    ("/patients/{id}/guardian", May(P::RegisterPatients)),
    ("/patients/{id}/label", May(P::ReadPatients)),
    ("/point", May(P::ServeQueue)),
    ("/portal", May(P::OwnRecord)),
    ("/portal/account", May(P::OwnRecord)),
    ("/portal/account/access", May(P::OwnRecord)),
    ("/portal/appointments", May(P::OwnRecord)),
    ("/portal/appointments/{id}", May(P::OwnRecord)),
    ("/portal/appointments/{id}/calendar.ics", May(P::OwnRecord)),
    ("/portal/book", May(P::OwnRecord)),
    ("/portal/book/times", May(P::OwnRecord)),
    ("/portal/book/{id}", May(P::OwnRecord)),
    ("/portal/receipts/{id}", May(P::OwnRecord)),
    ("/portal/records", May(P::OwnRecord)),
    ("/portal/records/encounters/{id}", May(P::OwnRecord)),
    ("/portal/records/visits/{id}", May(P::OwnRecord)),
    ("/portal/statement", May(P::OwnRecord)),
    ("/prescriptions/print/{encounter}", May(P::ReadChart)),
    ("/prescriptions/{id}/replace", May(P::WriteNotes)),
    ("/prices", May(P::ReadPrices)),
    ("/receipts/{id}", May(P::ReadBilling)),
    ("/reception", May(P::CheckIn)),
    ("/schedules", May(P::ReadSchedules)),
    ("/schedules/print", May(P::ReadSchedules)),
    ("/sign-in", Nothing),
    ("/sign-in/code", Nothing),
    ("/sign-up", Nothing),
    ("/triage", May(P::RecordVitals)),
    ("/users", May(P::ManageHospital)),
    ("/users/second-factor", May(P::ManageHospital)),
    ("/users/new", May(P::ManageHospital)),
    ("/users/{id}", May(P::ManageHospital)),
    ("/visits/{id}/slip", May(P::CheckIn)),
    ("/visits/{id}/summary", May(P::ReadChart)),
    ("/visits/{id}/vitals", May(P::RecordVitals)),
];

#[rustfmt::skip]
const FUNCTIONS: &[(&str, Needs)] = &[
    ("accounts/change_password", SignIn),
    ("accounts/clinic", SignIn),
    ("accounts/confirm", SignIn),
    ("accounts/end_other_sessions", May(P::OwnAccount)),
    ("accounts/end_session", May(P::OwnAccount)),
    ("accounts/forgot", Nothing),
    ("accounts/grant", May(P::ManageHospital)),
    ("accounts/invite", May(P::ManageHospital)),
    ("accounts/language", Nothing),
    ("accounts/new_link", May(P::ManageHospital)),
    ("accounts/retire", May(P::ManageHospital)),
    ("accounts/revoke", May(P::ManageHospital)),
    ("accounts/set_active", May(P::ManageHospital)),
    ("accounts/sign_in", Nothing),
    ("accounts/begin_factor", May(P::OwnAccount)),
    ("accounts/end_factor", May(P::OwnAccount)),
    ("accounts/finish_factor", May(P::OwnAccount)),
    ("accounts/new_recovery_codes", May(P::OwnAccount)),
    ("accounts/require_factor", May(P::ManageHospital)),
    ("accounts/reset_factor", May(P::ManageHospital)),
    ("accounts/sign_in_code", Nothing),
    ("accounts/sign_up", Nothing),
    ("accounts/sign_out", Nothing),
    ("accounts/stay", SignIn),
    ("accounts/use_link", Nothing),
    ("appointments/book", May(P::BookAppointments)),
    ("appointments/cancel", May(P::BookAppointments)),
    ("appointments/no_show", May(P::BookAppointments)),
    ("appointments/schedule", May(P::ReadSchedules)),
    ("billing/call_next", May(P::TakePayments)),
    ("billing/issue", May(P::TakePayments)),
    ("billing/pay", May(P::TakePayments)),
    ("clinical/add_addendum", May(P::WriteNotes)),
    ("clinical/add_diagnosis", May(P::WriteNotes)),
    ("clinical/begin", May(P::WriteNotes)),
    ("clinical/call", May(P::WriteNotes)),
    ("clinical/call_next", May(P::WriteNotes)),
    ("clinical/drug_facts", May(P::WriteNotes)),
    ("clinical/find_diagnoses", May(P::WriteNotes)),
    ("clinical/find_drugs", May(P::WriteNotes)),
    ("clinical/note", May(P::WriteNotes)),
    ("clinical/prescribe", May(P::WriteNotes)),
    ("clinical/primary_diagnosis", May(P::WriteNotes)),
    ("clinical/remove_diagnosis", May(P::WriteNotes)),
    ("clinical/repeat_prescription", May(P::WriteNotes)),
    ("clinical/replace_prescription", May(P::WriteNotes)),
    ("clinical/save_note", May(P::WriteNotes)),
    ("clinical/sign", May(P::WriteNotes)),
    ("clinical/stop_prescription", May(P::WriteNotes)),
    ("clinical/take_over", May(P::WriteNotes)),
    ("clinical/worksheet", May(P::WriteNotes)),
    ("notifications/bell", May(P::OwnAccount)),
    ("notifications/open", May(P::OwnAccount)),
    ("notifications/read_all", May(P::OwnAccount)),
    ("opd/back_to_waiting", May(P::ServeQueue)),
    ("opd/board", Nothing),
    ("opd/call", May(P::ServeQueue)),
    ("opd/call_again", May(P::ServeQueue)),
    ("opd/call_next", May(P::ServeQueue)),
    ("opd/choose_point", May(P::ServeQueue)),
    ("opd/correct_vitals", May(P::RecordVitals)),
    ("opd/leave", May(P::ServeQueue)),
    ("opd/my_place", May(P::OwnRecord)),
    ("opd/pay_later", May(P::ServeQueue)),
    ("opd/prioritise", May(P::RecordVitals)),
    ("opd/queue", May(P::ViewQueue)),
    ("opd/record_vitals", May(P::RecordVitals)),
    ("opd/send_on", May(P::ServeQueue)),
    ("opd/skip", May(P::ServeQueue)),
    ("opd/start", May(P::ServeQueue)),
    ("opd/transfer", May(P::ServeQueue)),
    ("opd/undo", May(P::ServeQueue)),
    ("opd/vitals_in_error", May(P::RecordVitals)),
    ("patients/add_allergy", May(P::RecordAllergies)),
    ("patients/add_contact", May(P::RegisterPatients)),
    ("patients/add_coverage", May(P::RegisterPatients)),
    ("patients/add_guardian", May(P::RegisterPatients)),
    ("patients/agree_guardian", May(P::OwnRecord)),
    ("patients/allergy_in_error", May(P::RecordAllergies)),
    ("patients/end_coverage", May(P::RegisterPatients)),
    ("patients/end_guardian", May(P::RegisterPatients)),
    ("patients/end_own_guardian", May(P::OwnRecord)),
    ("patients/give_access", May(P::RegisterPatients)),
    ("patients/link_record", May(P::OwnRecord)),
    ("patients/reset_factor", May(P::RegisterPatients)),
    ("patients/judge_emergency", May(P::ReadAudit)),
    ("patients/judge_grant", May(P::ReadAudit)),
    ("patients/no_allergies", May(P::RecordAllergies)),
    ("patients/open_in_emergency", May(P::BreakGlass)),
    ("patients/remove_contact", May(P::RegisterPatients)),
    ("patients/save", May(P::RegisterPatients)),
    ("patients/search", May(P::FindPatients)),
    ("patients/take_access_away", May(P::RegisterPatients)),
    ("patients/take_in", May(P::RegisterPatients)),
    ("portal/act_for", May(P::OwnRecord)),
    ("portal/book", May(P::OwnRecord)),
    ("portal/cancel", May(P::OwnRecord)),
    ("portal/here", May(P::OwnRecord)),
    ("portal/home_now", May(P::OwnRecord)),
    ("portal/hold", May(P::OwnRecord)),
    ("reception/check_in", May(P::CheckIn)),
    ("reception/correct", May(P::CheckIn)),
    ("reception/expected", May(P::CheckIn)),
    ("reception/register", May(P::RegisterPatients)),
    ("reception/take_back", May(P::CheckIn)),
    ("reception/undo_check_in", May(P::CheckIn)),
];

/// The fixture's users, one of each role that has one.
const USERS: &[(&str, Role)] = &[
    ("ana", Role::Patient),
    ("desk", Role::Receptionist),
    ("nurse", Role::Nurse),
    ("doctor", Role::Doctor),
    ("cashier", Role::Cashier),
    ("admin", Role::Administrator),
    ("auditor", Role::Auditor),
];

impl Needs {
    fn lets_in(self, role: Role) -> bool {
        match self {
            Nothing | SignIn => true,
            May(permission) => role.may(permission),
        }
    }
}

/// The routes as the source spells them.
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

#[test]
fn every_page_and_function_is_in_the_matrix() {
    let pages: BTreeSet<String> = PAGES.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(routes_in_source().symmetric_difference(&pages).collect::<Vec<_>>(), Vec::<&String>::new(), "pages in one place only");
    let functions: BTreeSet<String> = FUNCTIONS.iter().map(|(path, _)| format!("/api/{path}")).collect();
    let registered: BTreeSet<String> = server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    assert_eq!(registered.symmetric_difference(&functions).collect::<Vec<_>>(), Vec::<&String>::new(), "functions in one place only");
}

/// What no journey opens by its address: files, signs of life, and what lies behind a form.
const NOT_OPENED: [&str; 6] = ["/account/recovery-codes", "/audit/export", "/events", "/health/live", "/health/ready", "/sign-in/code"];

#[test]
fn every_page_is_opened_in_a_browser() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("end2end/journeys");
    let journeys: String =
        fs::read_dir(folder).expect("the journeys").flatten().map(|file| fs::read_to_string(file.path()).expect("a journey")).collect();
    let opened = |path: &str| ["\"", "?", "`"].iter().any(|end| journeys.contains(&format!("{path}{end}")));
    let dark: Vec<&str> = pages().filter(|path| !path.contains('{') && !NOT_OPENED.contains(path) && !opened(path)).collect();
    assert!(dark.is_empty(), "end2end/journeys/every-page.spec.ts opens them: {dark:?}");
}

/// A page's address with ids that belong to nobody.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { Uuid::now_v7().to_string() } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("/")
}

/// The addresses of all pages, as the router has them.
pub(super) fn pages() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(path, _)| *path)
}

/// All functions.
pub(super) fn functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(path, _)| *path)
}

/// Those for which one must be signed in.
pub(super) fn closed_functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().filter(|(_, needs)| *needs != Nothing).map(|(path, _)| *path)
}

/// Calls a function with ids that belong to nobody.
async fn called(browser: &Browser, path: &str) -> Answer {
    called_with(browser, path.trim_start_matches("/api/"), &Uuid::now_v7().to_string()).await
}

/// Where a function takes the ids of what it is about.
const IDS: [&str; 11] = [
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
    "id",
];

/// Calls a function with whatever arguments it cannot be called without, and that id wherever it takes one.
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
        // An id first, then words that the arguments of some function take.
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

async fn try_all(app: &TestApp, user: Option<(&str, Role)>) -> Vec<String> {
    let mut wrong = Vec::new();
    let browser = |login: Option<&'static str>| async move {
        match login {
            Some(login) => app.as_(login).await,
            None => app.browser(),
        }
    };
    let login = user.and_then(|(login, _)| USERS.iter().find(|(known, _)| *known == login).map(|(known, _)| *known));
    let lets_in = |needs: Needs| user.map_or(needs == Nothing, |(_, role)| needs.lets_in(role));
    let who = login.unwrap_or("nobody");
    let pages = browser(login).await;
    for (path, needs) in PAGES.iter().filter(|(path, _)| *path != "/events") {
        let answer = pages.get(&filled(path)).await;
        let turned_away = answer.status == StatusCode::FORBIDDEN || answer.location.as_deref().is_some_and(|to| to.starts_with("/sign-in"));
        if turned_away == lets_in(*needs) || answer.status.is_server_error() {
            wrong.push(format!("{who} at {path} ({needs:?}): {}", answer.status));
        }
    }
    for (path, needs) in FUNCTIONS.iter().filter(|(path, _)| *path != "accounts/sign_out" && *path != "accounts/sign_in") {
        let answer = called(&pages, &format!("/api/{path}")).await;
        let turned_away = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED);
        if turned_away == lets_in(*needs) || answer.status.is_server_error() {
            wrong.push(format!("{who} calls {path} ({needs:?}): {} {}", answer.status, answer.body.chars().take(200).collect::<String>()));
        }
    }
    wrong
}

#[tokio::test]
async fn nobody_comes_in_who_may_not_and_everybody_who_may() {
    on_both_engines(|app| async move {
        let mut wrong = try_all(&app, None).await;
        for user in USERS {
            wrong.extend(try_all(&app, Some(*user)).await);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    })
    .await;
}
