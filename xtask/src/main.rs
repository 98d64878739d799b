//! The workbench: `cargo xtask run`, `test`, `dist` and `bench`, and what they need from the machine.

mod command;
mod install;
mod paths;
mod progress;
mod wasm;

use std::process::ExitCode;

fn main() -> ExitCode {
    match command::stop_on_signals().and_then(|()| wasm::ensure_target()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::failed(&error);
            ExitCode::FAILURE
        }
    }
}
