//! Runs `sqlmap` on every request that a browser makes, and `wapiti` on every role's pages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Target;
use crate::command::{command, lines};
use crate::{install, paths, progress, python};

/// Seconds that `wapiti` may explore as one role, and then spend on each kind of attack.
const LOOKING: &str = "60";
const ATTACKING: &str = "25";

/// The tested version; Debian's own is older than the Python that Debian has.
const WAPITI: &str = "wapiti3==3.2.3";

/// The attacks of `wapiti`: all that need no external server of the attacker. `csrf` is left out, because it expects a token in
/// each form: this server refuses foreign posts by their origin, and the attacks through the browser prove that for every form.
const MODULES: &str = "cookieflags,crlf,csp,exec,file,http_headers,permanentxss,redirect,sql,xss";

/// Installs both programs if necessary; returns the path of `wapiti`.
pub fn ensure() -> Result<PathBuf> {
    if paths::program("sqlmap").is_none() {
        install::packages(&["sqlmap"], "trying injections")?;
    }
    Ok(python::with(WAPITI, "trying injections")?.join("wapiti"))
}

/// Tests every parameter of every request, with the dialect of the engine.
pub fn sql(target: &Target) -> Result<Vec<String>> {
    let folder = target.folder.join("sqlmap");
    let mut sqlmap = command("sqlmap");
    sqlmap
        .arg("-l")
        .arg(target.folder.join("requests.log"))
        .args([
            "--ignore-stdin",
            "--batch",
            "--flush-session",
            "--disable-coloring",
            "--ignore-redirects",
            "--threads=4",
            "--level=1",
            "--risk=1",
        ])
        .args([&format!("--dbms={}", target.engine), "--time-sec=3", "--ignore-code=401,403,404,409,413,422,429,503"])
        .arg(format!("--output-dir={}", folder.display()));
    let (mut targets, mut parameters) = (0, 0);
    let status = lines(&mut sqlmap, |line| {
        targets += usize::from(line.contains("testing URL"));
        parameters += usize::from(line.contains("does not seem to be injectable"));
        if line.contains("is vulnerable") || line.contains("appears to be") || line.contains("CRITICAL") {
            println!("{line}");
        }
    })?;
    progress::note(&format!("sqlmap: {targets} requests, {parameters} parameters found not injectable ({status})"));
    let mut findings = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("sqlmap left nothing in {}", folder.display()))? {
        let path = entry?.path();
        let results = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("results-"));
        if results {
            // The columns are `Target URL,Place,Parameter,Technique(s),Note(s)`; a line without a technique is about a request
            // that was not tested.
            let rows = fs::read_to_string(&path)?;
            let found = rows.lines().skip(1).filter(|row| row.split(',').nth(3).is_some_and(|technique| !technique.is_empty()));
            findings.extend(found.map(|row| format!("sqlmap: {row}")));
        }
    }
    if parameters == 0 {
        findings.push("sqlmap tried nothing".to_owned());
    }
    Ok(findings)
}

/// Tests each role's pages, within the time limit.
pub fn web(target: &Target, program: &Path) -> Result<Vec<String>> {
    let cookies: BTreeMap<String, String> = serde_json::from_str(&fs::read_to_string(target.folder.join("cookies.json"))?)?;
    let mut findings = Vec::new();
    for (role, cookie) in cookies {
        let report = target.folder.join(format!("wapiti-{role}.json"));
        let mut wapiti = command(program);
        wapiti
            .args(["--url", &format!("{}/", target.url()), "--header", &format!("Cookie: {cookie}"), "--module", MODULES])
            .args([
                "--max-scan-time",
                LOOKING,
                "--max-attack-time",
                ATTACKING,
                "--max-links-per-page",
                "60",
                "--max-files-per-dir",
                "30",
                "--scope",
                "domain",
            ])
            .args(["--exclude", &format!("{}/api/accounts/sign_out", target.url()), "--exclude", &format!("{}/events", target.url())])
            .args(["--flush-session", "--no-bugreport", "--format", "json", "--output"])
            .arg(&report);
        wapiti.arg("--store-session").arg(target.folder.join(format!("wapiti-{role}")));
        for name in [format!("wapiti as {role}"), format!("wapiti as {role}, once more")] {
            progress::step(&name, || lines(&mut wapiti, |_| {}).map(drop))?;
            // On a busy machine `wapiti` may fail on a lock of its own database and write no report.
            if report.is_file() {
                break;
            }
        }
        let text = fs::read_to_string(&report).with_context(|| format!("wapiti left no report as {role}"))?;
        findings.extend(told(&role, &serde_json::from_str(&text)?));
    }
    Ok(findings)
}

/// Returns the weaknesses of a report, one line each.
fn told(role: &str, report: &Value) -> Vec<String> {
    let kinds = report["vulnerabilities"].as_object().into_iter().flatten();
    let each = kinds.flat_map(|(kind, found)| found.as_array().into_iter().flatten().map(move |one| (kind, one)));
    each.map(|(kind, one)| {
        let word = |name: &str| one[name].as_str().unwrap_or_default();
        format!("wapiti as {role}: {kind}: {} {} {}", word("method"), word("path"), word("info"))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_with_a_weakness_is_told() {
        let report =
            serde_json::json!({"vulnerabilities": {"SQL Injection": [{"method": "GET", "path": "/patients", "info": "q"}], "XSS": []}});
        assert_eq!(told("nurse", &report), ["wapiti as nurse: SQL Injection: GET /patients q"]);
        assert!(told("nurse", &serde_json::json!({"vulnerabilities": {"XSS": []}})).is_empty());
    }
}
