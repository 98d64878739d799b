//! Runs `pg_dump` and `pg_restore`. The password goes to them in their environment and not on their command line, which other users
//! of the machine see.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use percent_encoding::percent_decode_str;

use crate::db::{Database, upkeep};

/// The programs of one server.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    url: String,
    /// The major version of the server.
    pub version: i64,
}

impl Tools {
    /// Finds the programs for a server, of its version.
    pub async fn of(server: &Database) -> Result<Self, String> {
        let version = server.postgres_version().await.map_err(|error| format!("the server does not answer: {error}"))?;
        let tools = Self { url: server.url().to_owned(), version };
        for program in ["pg_dump", "pg_restore"] {
            tools.is_fit(program).await?;
        }
        Ok(tools)
    }

    /// Checks that a program is on the path and has the version of the server.
    async fn is_fit(&self, program: &'static str) -> Result<(), String> {
        let mut command = Command::new(program);
        command.arg("--version");
        let said = run(command, program, self.version).await?;
        match major(&said) {
            Some(found) if found == self.version => Ok(()),
            found => Err(format!(
                "{program} has version {}, and the server has version {}: install postgresql-client-{} and put its folder first in PATH",
                found.map_or_else(|| said.trim().to_owned(), |found| found.to_string()),
                self.version,
                self.version
            )),
        }
    }

    /// Writes an archive of the whole database; it is one snapshot, and others go on writing.
    pub async fn dump(&self, file: &Path) -> Result<(), String> {
        let mut command = tool("pg_dump", &self.url)?;
        command.arg("--format=custom").arg("--no-password").arg("--file").arg(file);
        run(command, "pg_dump", self.version).await.map(drop)
    }
}

/// Restores an archive into an empty database, wholly or not at all.
pub(super) async fn restore(tools: &Tools, archive: &Path, url: &str) -> Result<(), String> {
    let mut command = tool("pg_restore", url)?;
    command.args(["--no-password", "--no-owner", "--exit-on-error", "--single-transaction"]).arg(archive);
    run(command, "pg_restore", tools.version).await.map(drop)
}

/// Returns the major version in `pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major(said: &str) -> Option<i64> {
    said.split_whitespace().find_map(|word| word.split('.').next()?.parse().ok())
}

/// Splits the password off a URL.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some(start) = url.find("://").map(|at| at + 3) else { return (url.to_owned(), None) };
    let end = url[start..].find(['/', '?']).map_or(url.len(), |at| start + at);
    let Some((user, host)) = url[start..end].rsplit_once('@') else { return (url.to_owned(), None) };
    let Some((name, password)) = user.split_once(':') else { return (url.to_owned(), None) };
    let password = percent_decode_str(password).decode_utf8_lossy().into_owned();
    (format!("{}{name}@{host}{}", &url[..start], &url[end..]), Some(password))
}

fn tool(program: &str, url: &str) -> Result<Command, String> {
    let mut command = Command::new(program);
    let (shown, password) = without_password(url);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    // A setting in the URL comes before this one.
    command.env("PGSSLMODE", upkeep::tls_mode(url).map_err(|error| error.to_string())?);
    command.arg("--dbname").arg(shown);
    Ok(command)
}

/// Runs a program and returns what it printed; its complaint is the error.
async fn run(mut command: Command, program: &'static str, version: i64) -> Result<String, String> {
    command.stdin(Stdio::null());
    let done = tokio::task::spawn_blocking(move || command.output()).await.map_err(|error| error.to_string())?;
    let done = done.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("{program} is not on the PATH: install it (Debian: postgresql-client-{version}), of the server's version {version}")
        }
        _ => format!("{program} does not run: {error}"),
    })?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    // A complaint may quote a row; its first line names the error alone.
    let complaint = String::from_utf8_lossy(&done.stderr);
    let first = complaint.lines().find(|line| line.contains("error:")).or_else(|| complaint.lines().next()).unwrap_or_default();
    Err(format!("{program} failed ({}): {first}", done.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_stays_out_of_the_command_line() {
        for (url, shown, password) in [
            ("postgres://u:p%40x@h:5/d?sslmode=require", "postgres://u@h:5/d?sslmode=require", Some("p@x")),
            ("postgres://u@h/d", "postgres://u@h/d", None),
            ("postgres://h/d", "postgres://h/d", None),
            ("postgres://u:p@h", "postgres://u@h", Some("p")),
        ] {
            assert_eq!(without_password(url), (shown.to_owned(), password.map(str::to_owned)));
        }
        assert_eq!(major("pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"), Some(15));
        assert_eq!(major("nothing"), None);
    }

    #[tokio::test]
    async fn a_missing_program_is_named_with_its_package() {
        let error = run(Command::new("pg_dump_that_is_not_there"), "pg_dump", 15).await.expect_err("missing");
        assert!(error.contains("pg_dump is not on the PATH") && error.contains("postgresql-client-15"), "{error}");
        let mut fails = Command::new("sh");
        fails.args(["-c", "echo 'pg_dump: error: no right' >&2; exit 1"]);
        let error = run(fails, "pg_dump", 15).await.expect_err("failed");
        assert!(error.contains("no right"), "{error}");
    }
}
