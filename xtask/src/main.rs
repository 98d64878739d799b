//! The workbench: `cargo xtask run`, `test`, `dist`, `drill`, `bench`, `torture`, `attack`, `screens`, `site` and `department`, and the tools
//! that they need on the machine.

mod alerts;
mod analysers;
mod ansm;
mod archive;
mod attack;
mod backups;
mod bench;
mod boards;
mod browser;
mod command;
mod cross_check;
mod css;
mod department;
mod dist;
mod drill;
mod http;
mod install;
mod load;
mod loads;
mod node;
mod paths;
mod postgres;
mod progress;
mod python;
mod races;
mod run;
mod screens;
mod server;
mod site;
mod test;
mod tidy;
mod torture;
mod usage;
mod wasm;

use std::process::ExitCode;

use usage::Task;

fn main() -> ExitCode {
    let task = match usage::parse(lexopt::Parser::from_env()) {
        Ok(task) => task,
        Err(error) => {
            eprintln!("{error:#}\n\n{}", usage::GENERAL.trim());
            return ExitCode::from(2);
        }
    };
    let result = command::stop_on_signals().and_then(|()| match task {
        Task::Help(text) => {
            println!("{}", text.trim());
            Ok(())
        }
        Task::Run(options) => run::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Dist { check } => dist::run(check),
        Task::Drill(options) => drill::run(&options),
        Task::Bench(options) => bench::run(options),
        Task::Torture(options) => torture::run(options),
        Task::Attack(options) => attack::run(options),
        Task::Screens => screens::run(),
        Task::Department(options) => department::run(&options),
        Task::Site { release: false } => site::build(site::Care::Quick),
        Task::Site { release: true } => site::build(site::Care::Small).and_then(|()| loads::table()),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::failed(&error);
            ExitCode::FAILURE
        }
    }
}
