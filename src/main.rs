//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use infirmary::server::{config::Config, logging, serve};

#[derive(Parser)]
#[command(version, about = "A hospital management system in one program.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the hospital: pages, live updates, data.
    Serve,
    /// Bring the database up to date.
    Migrate,
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
    match run(cli.command, config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, config: Config) -> Result<(), String> {
    match command {
        Command::Serve => serve::serve(config).await,
        Command::Migrate => Ok(()),
    }
}
