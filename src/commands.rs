//! The commands of the command line, except the server. Errors are sentences for the terminal.

use std::io::BufRead as _;

use clap::Args;
use uuid::Uuid;

use crate::{
    accounts::{self, NewUser, password},
    app,
    audit::{self, Action, AuditRow},
    clinical::{self, Stock},
    core::{
        Role, Stamp, UserId,
        locale::Locale,
        name::{LONGEST, readable},
        time::{Clock, Instant},
    },
    db::{Database, Tx},
    invariants, organisation, patients, sealing,
    server::{Program, config::Config, mail, serve},
};

/// Opens the configured database and migrates it to the newest schema.
///
/// # Errors
/// A sentence.
pub async fn open(config: &Config) -> Result<Database, String> {
    let db = Database::open(&config.database_url).await.map_err(|error| format!("the database does not open: {error}"))?;
    for told in sealing::prepare(&db, &config.key_source(), Clock::default().now()).await? {
        println!("{told}");
    }
    let renewed = patients::rebuild_names(&db).await.map_err(|error| error.to_string())?;
    if renewed > 0 {
        println!("wrote the search terms of {renewed} patients anew");
    }
    match clinical::take_stock(&db, Clock::default().now()).await.map_err(|error| error.to_string())? {
        Stock::Whole => {}
        Stock::Bare(count) => println!(
            "{count} signed notes and addenda have no signature, and are shown as broken. If they were signed by a program that made none, \
             `infirmary migrate --adopt` signs them as imported, once"
        ),
        Stock::Refused => println!(
            "the mark that signatures were counted is missing or was not written by this program: no signature is adopted; `infirmary check` \
             and `infirmary audit verify` tell more"
        ),
    }
    Ok(db)
}

/// Opens the configured database and serves the program from it until it is asked to stop.
///
/// # Errors
/// A sentence, such as that the address is in use or that the database does not open.
pub async fn serve(config: Config) -> Result<(), String> {
    let db = open(&config).await?;
    serve::serve(config, db, &app::PROGRAM).await
}

/// The whole program, for commands that need all of its departments.
pub fn program() -> &'static Program {
    &app::PROGRAM
}

/// Ends a command: seals the audit rows that it wrote, so that a later removal is detected, and closes the database.
///
/// # Errors
/// A sentence.
pub async fn close(db: &Database, config: &Config) -> Result<(), String> {
    let sealed = audit::seal_for_command(db, config, Clock::default().now()).await;
    db.close().await;
    sealed
}

/// Ends a command, whether it failed or not; its own error comes before an error of closing.
///
/// # Errors
/// A sentence.
pub async fn close_after<T>(db: &Database, config: &Config, done: Result<T, String>) -> Result<T, String> {
    let closed = close(db, config).await;
    let done = done?;
    closed.map(|()| done)
}

/// Writes the audit row of an action on the command line.
async fn note(tx: &mut Tx, action: Action, what: &'static str, subject: Uuid, now: Instant) -> Result<(), String> {
    audit::write(tx, &[AuditRow::by_command(action, what, Some(subject), now)]).await.map_err(|error| error.to_string())
}

/// Writes the audit row of a rotation of the key that encrypts fields.
///
/// # Errors
/// A sentence.
pub(crate) async fn note_rotation(db: &Database, from: u32, to: u32) -> Result<(), String> {
    let mut tx = db.write().await.map_err(|error| error.to_string())?;
    let row = AuditRow {
        why: format!("{from} → {to}"),
        ..AuditRow::by_command(Action::Update, "encryption_key", None, Clock::default().now())
    };
    audit::write(&mut tx, &[row]).await.map_err(|error| error.to_string())?;
    tx.commit().await.map_err(|error| error.to_string())
}

/// The arguments of `infirmary migrate`.
#[derive(Args, Debug, Default)]
pub struct Migrate {
    /// Sign as imported, once only, the signed notes of an older program that made no signatures.
    #[arg(long)]
    pub adopt: bool,
}

/// Migrates the database to the newest schema.
///
/// # Errors
/// A sentence.
pub async fn migrate(config: &Config, what: &Migrate) -> Result<(), String> {
    let db = open(config).await?;
    let done = async {
        if what.adopt {
            let adopted = clinical::adopt(&db, Clock::default().now()).await.map_err(|error| error.to_string())?;
            let adopted =
                adopted.ok_or("nothing is adopted: that was done, or there was nothing to adopt when the signatures were counted")?;
            println!("{adopted} notes and addenda of before were signed as imported");
        }
        println!("{} is up to date", db.shown_url());
        Ok(())
    };
    let done = done.await;
    close_after(&db, config, done).await
}

/// The arguments of `infirmary user create`.
#[derive(Args, Debug)]
pub struct CreateUser {
    /// The user's sign-in name: an e-mail address or a short name.
    #[arg(long)]
    login: String,
    /// The name that is displayed.
    #[arg(long)]
    name: String,
    /// A role at all clinics; may be given several times: receptionist, nurse, doctor, cashier, administrator, auditor
    /// ...
    #[arg(long = "role", required = true, value_parser = parse_role)]
    roles: Vec<Role>,
    /// For the role patient: the medical record number of the record that the user sees in the portal.
    #[arg(long)]
    patient: Option<String>,
}

fn parse_role(word: &str) -> Result<Role, String> {
    word.parse()
}

/// Returns the name as the program displays it, without invisible characters.
fn shown_name(typed: &str) -> Result<String, String> {
    let name = readable(typed);
    if name.is_empty() || name.chars().count() > LONGEST {
        return Err(format!("--name: 1 to {LONGEST} characters, at least one letter or digit"));
    }
    Ok(name)
}

/// Creates a user whose password is the first line of standard input.
///
/// # Errors
/// A sentence: the login is taken, the password is too short, or the patient does not exist or has an account already.
pub async fn create_user(config: &Config, user: &CreateUser) -> Result<(), String> {
    let login = user.login.trim().to_lowercase();
    if !(2..=254).contains(&login.len()) {
        return Err("--login: 2 to 254 characters".to_owned());
    }
    let name = shown_name(&user.name)?;
    eprintln!("Password (at least {} characters), then Enter:", password::MIN_LENGTH);
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed).map_err(|error| error.to_string())?;
    let typed = typed.trim_end_matches(['\r', '\n']);
    if typed.chars().count() < password::MIN_LENGTH || password::is_too_long(typed) {
        return Err(format!("the password needs {} to {} characters", password::MIN_LENGTH, password::MAX_LENGTH));
    }
    create_user_with(config, user, &login, &name, typed).await
}

/// Creates the user with this password.
pub async fn create_user_with(config: &Config, user: &CreateUser, login: &str, name: &str, typed: &str) -> Result<(), String> {
    let db = open(config).await?;
    let done = add_user(&db, user, login, name, typed).await;
    close_after(&db, config, done).await?;
    println!("{login} can sign in");
    Ok(())
}

async fn add_user(db: &Database, user: &CreateUser, login: &str, name: &str, typed: &str) -> Result<(), String> {
    let now = Clock::default().now();
    let mut roles: Vec<Role> = Vec::new();
    for role in &user.roles {
        if roles.contains(role) {
            return Err(format!("--role: {} stands there twice", role.as_str()));
        }
        roles.push(*role);
    }
    organisation::ensure_hospital(db, now).await.map_err(|error| error.to_string())?;
    let hash = password::hash(typed.to_owned()).await.map_err(|error| error.to_string())?;
    let new = NewUser {
        id: UserId::new(),
        login: login.to_owned(),
        name: name.to_owned(),
        password_hash: Some(hash),
        language: None,
        demo: false,
        roles: roles.into_iter().map(|role| (role, None)).collect(),
    };
    let mut tx = db.write().await.map_err(|error| error.to_string())?;
    if accounts::user_of_login(&mut tx, login).await.map_err(|error| error.to_string())?.is_some() {
        return Err(format!("--login: somebody signs in as {login} already"));
    }
    accounts::create_user(&mut tx, &new, Stamp::system(now)).await.map_err(|error| error.to_string())?;
    // Everybody who works here has a row of staff: doctors are booked and sign with it.
    if new.roles.iter().any(|(role, _)| *role != Role::Patient) {
        let email = if mail::is_address(login) { login } else { "" };
        accounts::users::add_staff(&mut tx, &new, email, Stamp::system(now)).await.map_err(|error| error.to_string())?;
    }
    note(&mut tx, Action::Create, "user", new.id.into(), now).await?;
    if let Some(mrn) = &user.patient {
        let found = patients::search(&mut tx, mrn, 2).await.map_err(|error| error.to_string())?;
        let patient = found.iter().find(|hit| hit.mrn == *mrn).ok_or_else(|| format!("--patient: nobody has the number {mrn}"))?;
        patients::open_to(&mut tx, patient.id, new.id, Stamp::system(now)).await.map_err(|error| error.to_string())?;
    }
    tx.commit().await.map_err(|error| error.to_string())
}

/// The arguments of `infirmary user reset-factor`.
#[derive(Args, Debug)]
pub struct ResetFactor {
    /// The user's sign-in name.
    #[arg(long)]
    login: String,
}

/// Removes a user's second factor, because even the last administrator may lose a phone.
///
/// # Errors
/// A sentence: no user has this sign-in name, or the user has no second factor.
pub async fn reset_factor(config: &Config, user: &ResetFactor) -> Result<(), String> {
    let db = open(config).await?;
    let login = user.login.trim().to_lowercase();
    let done = async {
        let mut tx = db.write().await.map_err(|error| error.to_string())?;
        if !accounts::reset_factor_of(&mut tx, &login, Clock::default().now()).await.map_err(|error| error.to_string())? {
            return Err(format!("--login: nobody signs in as {login} with a second factor"));
        }
        tx.commit().await.map_err(|error| error.to_string())
    };
    let done = done.await;
    close_after(&db, config, done).await?;
    println!("{login} signs in with the password alone");
    Ok(())
}

/// The arguments of `infirmary keys renew-signing`.
#[derive(Args, Debug)]
pub struct RenewSigning {
    /// The sign-in name of the clinician.
    #[arg(long)]
    login: String,
}

/// Retires a clinician's signing key: the next signature creates a new key, and signatures of the old one remain valid.
///
/// # Errors
/// A sentence: no user has this sign-in name, or there is no key.
pub async fn renew_signing(config: &Config, what: &RenewSigning) -> Result<(), String> {
    let db = open(config).await?;
    let login = what.login.trim().to_lowercase();
    let done = async {
        let mut tx = db.write().await.map_err(|error| error.to_string())?;
        let user = accounts::user_of_login(&mut tx, &login).await.map_err(|error| error.to_string())?;
        let user = user.ok_or_else(|| format!("--login: nobody signs in as {login}"))?;
        let renewed = clinical::renew_key(&mut tx, user, Clock::default().now()).await.map_err(|error| error.to_string())?;
        tx.commit().await.map_err(|error| error.to_string())?;
        Ok(renewed)
    };
    let done = done.await;
    let renewed = close_after(&db, config, done).await?;
    println!("{}", if renewed { "the next signature makes a new key" } else { "there was no key; the first signature makes one" });
    Ok(())
}

/// Runs `infirmary check`.
///
/// # Errors
/// A sentence, when a rule is broken or the database does not answer.
pub async fn check(config: &Config) -> Result<(), String> {
    let db = open(config).await?;
    let mut tx = db.read().await.map_err(|error| error.to_string())?;
    let findings = invariants::check(&mut tx).await.map_err(|error| error.to_string())?;
    let currency = organisation::hospital(&mut tx).await.map_err(|error| error.to_string())?.currency;
    drop(tx);
    for finding in &findings {
        if finding.broken == 0 {
            println!("ok      {}", finding.rule);
        } else {
            println!("BROKEN  {} ({} times)", finding.rule, finding.broken);
            let mut differences = finding.differences.iter();
            let ids = finding.rows.iter().map(ToString::to_string);
            for row in ids.chain(finding.names.iter().cloned()) {
                match differences.next() {
                    Some(difference) => println!("        {row}  {} {}", currency.plain(*difference, Locale::en), currency.code()),
                    None => println!("        {row}"),
                }
            }
        }
    }
    let broken = findings.iter().filter(|finding| finding.broken > 0).count();
    close(&db, config).await?;
    if broken > 0 { Err(format!("{broken} of {} rules are broken", findings.len())) } else { Ok(()) }
}
