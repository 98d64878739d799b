//! The size of the WASM and scripts that each page loads on a first visit, computed from the pages that a server renders and from the built
//! files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};

use crate::http::Client;
use crate::postgres::free_port;
use crate::server::{Build, Program, sqlite_url};
use crate::{paths, progress, server, site};

const PASSWORD: &str = "infirmary-demo";

/// The limit for a page: Brotli-compressed bytes of WASM and scripts.
const PORTAL_BAR: u64 = 200_000;
const STAFF_BAR: u64 = 300_000;

/// The demo's user for each role.
const SIGN_INS: [(&str, &str); 15] = [
    ("accountant", "accountant"),
    ("administrator", "admin"),
    ("auditor", "auditor"),
    ("cashier", "cashier"),
    ("doctor", "doctor"),
    ("lab", "lab"),
    ("nurse", "nurse"),
    ("pathologist", "pathologist"),
    ("patient", "patient"),
    ("pharmacist", "pharmacist"),
    ("radiologist", "radiologist"),
    ("radiology", "radiology"),
    ("receptionist", "reception"),
    ("storekeeper", "storekeeper"),
    ("ward_manager", "ward"),
];
/// Pages with an id, or of one clinic, beside those of `docs/permissions.md`.
const ALSO: [(&str, &str); 2] = [("", "/board/NORTH"), ("doctor", "{consultation}")];

/// Returns the pages without an id by the user who opens each, as `docs/permissions.md` lists them; an empty name means without signing in.
fn pages() -> Result<BTreeMap<String, Vec<String>>> {
    let file = paths::root().join("docs/permissions.md");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut pages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `/")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let (path, who) = (cells[0].trim_matches('`'), cells.last().copied().unwrap_or_default());
        // `/events` is a stream without an end.
        if path.starts_with("/api/") || path.contains('{') || path.ends_with("/live") || path == "/events" {
            continue;
        }
        let login = match who {
            "everybody" => Some(""),
            "all users" => Some("reception"),
            roles => roles.split(", ").find_map(|role| SIGN_INS.iter().find(|(of, _)| *of == role)).map(|(_, login)| *login),
        };
        pages.entry(login.with_context(|| format!("{path}: no user opens it"))?.to_owned()).or_default().push(path.to_owned());
    }
    for (login, path) in ALSO {
        pages.entry(login.to_owned()).or_default().push(path.to_owned());
    }
    Ok(pages)
}

/// Builds and starts a server, requests the pages and prints the table; fails when a page loads more than its limit.
pub fn table() -> Result<()> {
    let file = server::build(Build::Debug)?;
    progress::header("What a page loads of wasm and scripts (brotli, bytes)");
    let work = tempfile::tempdir().context("no temporary folder")?;
    let program = Program { file, database: sqlite_url(&work.path().join("infirmary.db")) };
    program.fill_at_noon(&[])?;
    let port = free_port()?;
    let _server = program.serve(port, |_| {})?;
    let mut beyond = Vec::new();
    for (login, pages) in pages()? {
        let cookie = if login.is_empty() { String::new() } else { Client::sign_in(port, &login, PASSWORD)? };
        let mut client = Client::open(port, &cookie)?;
        for page in pages {
            let path = if page == "{consultation}" { consultation(&mut client)? } else { page.clone() };
            let answer = client.get(&path)?;
            if answer.status >= 500 {
                bail!("{path} was answered with {}", answer.status);
            }
            // Files, steps that follow a form, and addresses that lead on are no pages.
            let html = answer.text();
            if answer.status != 200 || !html.starts_with("<!DOCTYPE html>") {
                continue;
            }
            let bytes = loaded(&html)?;
            println!("{:<12} {page:<36} {bytes:>9}", if login.is_empty() { "everybody" } else { &login });
            let bar = if login == "patient" || login.is_empty() { PORTAL_BAR } else { STAFF_BAR };
            if bytes > bar {
                beyond.push(format!("{path} loads {bytes} bytes of wasm and scripts, and may load {bar}"));
            }
        }
    }
    if !beyond.is_empty() {
        bail!("{}", beyond.join("\n"));
    }
    Ok(())
}

/// Returns the address of a consultation from the doctor's own queue.
fn consultation(client: &mut Client) -> Result<String> {
    let list = client.get("/consultation")?.text();
    let link = list.split("href=\"/consultation/").nth(1).and_then(|rest| rest.split('"').next()).context("nobody waits for the doctor")?;
    Ok(format!("/consultation/{link}"))
}

/// Returns the size of the files that the page's HTML requests, as `public/boot.js` loads them.
fn loaded(html: &str) -> Result<u64> {
    let named = html.split("<script ").skip(1).filter_map(|tag| tag.split("src=\"").nth(1)?.split('"').next()?.rsplit('/').next());
    let mut files: BTreeSet<String> = named.map(str::to_owned).collect();
    if html.contains("class=\"board\"") {
        files.insert("board.js".to_owned());
    }
    if html.contains("data-passkey") {
        files.insert("passkey.js".to_owned());
    }
    if html.contains("class=\"place-sound\"") {
        files.insert("call.js".to_owned());
    }
    if html.contains("<leptos-island") {
        files.extend(["pkg/infirmary.js", "pkg/infirmary_bg.wasm", "pkg/links.js"].map(str::to_owned));
        let parts = parts()?;
        for island in html.split("data-component=\"").skip(1).filter_map(|rest| rest.split(['_', '"']).next()) {
            files.extend(parts.get(island).into_iter().flatten().map(|part| format!("pkg/{part}.wasm")));
        }
    }
    let size = |file: String| {
        let path = paths::site().join(format!("{file}.br"));
        fs::metadata(&path).map(|data| data.len()).with_context(|| format!("cannot read {}", path.display()))
    };
    files.into_iter().map(size).sum()
}

/// Returns the files that each lazy island loads.
fn parts() -> Result<BTreeMap<String, Vec<String>>> {
    let list = fs::read_to_string(site::parts_file()).context("the parts of the islands are not listed")?;
    Ok(serde_json::from_str(&list)?)
}
