//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use infirmary::{
    audit, clinical, commands, demo, imports, operations, sealing,
    server::{config::Config, logging},
};

/// Pages consist of very many small allocations: the system's allocator took a quarter of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Settings come from `infirmary.toml` and the environment; README.md lists them.
#[derive(Parser)]
#[command(version, about = "A hospital management system in one program.", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the hospital: pages, live updates, data. Migrates the database first.
    Serve,
    /// Migrate the database to the newest schema and stop.
    Migrate(commands::Migrate),
    /// Fill a new database with an invented hospital for trying out the program.
    Demo(demo::Demo),
    /// Import records of another system.
    Import {
        #[command(subcommand)]
        from: Import,
    },
    /// Manage users.
    User {
        #[command(subcommand)]
        act: User,
    },
    /// Check every invariant of the database; exit with 1 when one is broken.
    Check,
    /// Make a backup: a copy of the database that is checked and encrypted to a public key. The key file is not in it.
    Backup(operations::Backup),
    /// Bring a backup back into an empty place, or check one. The key file is not in it: bring its copy first.
    Restore(operations::Restore),
    /// Manage the keys that encrypt fields.
    Keys {
        #[command(subcommand)]
        act: Keys,
    },
    /// Manage the audit log.
    Audit {
        #[command(subcommand)]
        act: Audit,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// Create a new version of the key and encrypt everything with it, while servers continue. A rotation that was stopped
    /// continues when it is started again.
    Rotate(sealing::Rotate),
    /// Retire a clinician's signing key; its signatures remain valid.
    RenewSigning(commands::RenewSigning),
}

#[derive(Subcommand)]
enum Audit {
    /// Check whether a row of the audit log, or a seal over it, was changed, removed or inserted; exit with 1 if so.
    Verify(audit::VerifyAudit),
}

#[derive(Subcommand)]
enum Import {
    /// FHIR R4: a folder of NDJSON files or bundles, gzipped or not. Running it again changes nothing.
    Fhir(imports::ImportFhir),
}

#[derive(Subcommand)]
enum User {
    /// Create a user. The password is read from standard input, so that it stays out of the shell's history.
    Create(commands::CreateUser),
    /// Remove the second factor of a user who lost phone and recovery codes, and end the sessions.
    ResetFactor(commands::ResetFactor),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    logging::start(&config);
    let done = match cli.command {
        Command::Serve => {
            // In a thread, so that the first doctor who searches for a diagnosis does not wait for the list.
            std::thread::spawn(clinical::icd10::warm_up);
            commands::serve(config).await
        }
        Command::Migrate(what) => commands::migrate(&config, &what).await,
        Command::Demo(demo) => demo::demo(&config, &demo).await,
        Command::Import { from: Import::Fhir(what) } => imports::import_fhir(&config, &what).await,
        Command::User { act: User::Create(user) } => commands::create_user(&config, &user).await,
        Command::User { act: User::ResetFactor(user) } => commands::reset_factor(&config, &user).await,
        Command::Backup(what) => operations::backup(&config, &what).await,
        Command::Restore(what) => operations::restore(&config, &what).await,
        Command::Check => commands::check(&config).await,
        Command::Keys { act: Keys::Rotate(what) } => sealing::rotate_keys(&config, &what).await,
        Command::Keys { act: Keys::RenewSigning(what) } => commands::renew_signing(&config, &what).await,
        Command::Audit { act: Audit::Verify(what) } => audit::verify_audit(&config, &what).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
