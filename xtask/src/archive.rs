//! Checks that the program finds and shows images of Debian's Orthanc, an archive (PACS) that shares no code with it.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::{Running, command, output};
use crate::postgres::free_port;
use crate::server::{self, Build, Program, sqlite_url};
use crate::test::Count;
use crate::{install, paths, progress};

/// The time within which the archive listens.
const START: Duration = Duration::from_secs(30);
const PLUGIN: &str = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";

/// Runs the check.
pub fn check() -> Result<Count> {
    if paths::program("Orthanc").is_none() || !std::path::Path::new(PLUGIN).is_file() || paths::program("storescu").is_none() {
        install::packages(&["orthanc", "orthanc-dicomweb", "dcmtk"], "the check of archives of images")?;
    }
    let file = server::build(Build::Debug)?;
    let work = tempfile::tempdir().context("no temporary folder")?;
    let database = work.path().join("infirmary.db");
    let program = Program { file, database: sqlite_url(&database) };
    program.fill_at_noon(&[])?;
    let (web, http, dicom) = (free_port()?, free_port()?, free_port()?);
    let archive = start(work.path(), http, dicom)?;
    let server = program.serve(web, |serve| {
        serve.env("INFIRMARY_IMAGE_ARCHIVES", format!("http://127.0.0.1:{http}"));
        // Python sends no secure cookies without TLS, not even to this machine.
        serve.env("INFIRMARY_SECURE_COOKIES", "false");
    })?;
    let said = output(
        command("python3")
            .arg(paths::root().join("xtask/src/archive.py"))
            .args([web, http, dicom].map(|port| port.to_string()))
            .arg(&database)
            .arg(work.path()),
    )?;
    progress::note(said.trim());
    drop(server);
    drop(archive);
    output(&mut program.call(&["check"]))?;
    Ok(Count { passed: 1, failed: 0 })
}

/// Starts Orthanc with its files in a folder, and waits until it listens.
fn start(folder: &std::path::Path, http: u16, dicom: u16) -> Result<Running> {
    let storage = folder.join("orthanc");
    std::fs::create_dir(&storage).context("no folder for the archive")?;
    let settings = folder.join("orthanc.json");
    let storage = storage.display();
    let text = format!(
        r#"{{"Name": "check", "StorageDirectory": "{storage}", "IndexDirectory": "{storage}", "HttpPort": {http}, "DicomPort": {dicom},
        "DicomAet": "ORTHANC", "RemoteAccessAllowed": false, "AuthenticationEnabled": true, "DicomAlwaysAllowStore": true,
        "RegisteredUsers": {{"infirmary": "a word for the check"}}, "Plugins": ["{PLUGIN}"], "DicomWeb": {{"Enable": true, "Root": "/dicom-web/"}}}}"#
    );
    std::fs::write(&settings, text).context("the archive's settings cannot be written")?;
    let mut orthanc = Running::start(command("Orthanc").arg(&settings))?;
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", http)).is_err() || TcpStream::connect(("127.0.0.1", dicom)).is_err() {
        if let Some(status) = orthanc.ended()? {
            bail!("the archive ended with {status}");
        }
        if begun.elapsed() > START {
            bail!("the archive does not listen");
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(orthanc)
}
