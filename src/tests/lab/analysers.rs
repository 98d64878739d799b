//! Analysers: messages over MLLP, files, unmatched values, and the invariants of both.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::StatusCode;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{Lab, fields, id, number, ok, text};
use crate::{
    core::{LabAnalyserControlId, LabAnalyserId, LabCodeMapId, LabControlLotId},
    db::{DbError, Sql, sql},
    lab::{file_analyser_messages, receive_from_analyser, serve_analysers},
    tests::{TestApp, all_at_once, on_both_engines, races_from},
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Adds an analyser that sends from this machine, and maps its codes `K` and `NA`.
pub(super) async fn add_analyser(lab: &Lab, more: &[(&str, &str)]) -> String {
    let key = LabAnalyserId::new().to_string();
    let mut form = vec![
        ("key", key.as_str()),
        ("version", "0"),
        ("name", "Chemistry one"),
        ("bench", "Chemistry"),
        ("protocol", "hl7"),
        ("peers", "127.0.0.1, ::1"),
        ("application", "AU680"),
        ("charset", "utf_8"),
        ("sample_field", "obr_3"),
        ("checks_patient", "true"),
    ];
    form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    form.extend_from_slice(more);
    ok(&lab.pathologist.post("/api/lab/save_analyser", &form).await);
    for (code, test) in [("K", "k"), ("NA", "na")] {
        map(lab, &key, code, "mmol/L", test, "1").await;
    }
    key
}

async fn map(lab: &Lab, analyser: &str, code: &str, unit: &str, test: &str, factor: &str) {
    let key = LabCodeMapId::new().to_string();
    let form = [("lab_analyser_id", analyser), ("key", &key), ("code", code), ("unit", unit), ("test", test), ("factor", factor)];
    ok(&lab.pathologist.post("/api/lab/map_code", &form).await);
}

/// A message with one request for a sample.
pub(super) fn message(control_id: &str, sample: &str, lines: &[&str]) -> String {
    let head = format!("MSH|^~\\&|AU680|LAB|HIS|H|20261121153000||ORU^R01^ORU_R01|{control_id}|P|2.5.1||||||UNICODE UTF-8");
    let request = format!("OBR|1||{sample}|^^^CHEM");
    [&[head.as_str(), request.as_str()], lines].concat().join("\r") + "\r"
}

pub(super) fn framed(message: &[u8]) -> Vec<u8> {
    [b"\x0b", message, b"\x1c\r"].concat()
}

/// A listener on a port of its own.
async fn listener(app: &TestApp) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve_analysers(listener, None, app.state.clone()));
    address
}

/// Reads one acknowledgement; an empty text when the connection is closed.
pub(super) async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut read = Vec::new();
    loop {
        match stream.read_u8().await {
            Ok(0x1c) => {
                assert_eq!(stream.read_u8().await.expect("the end"), b'\r', "it ends with CR");
                return String::from_utf8(read).expect("a text").trim_start_matches('\u{b}').to_owned();
            }
            Ok(byte) => read.push(byte),
            Err(_) => return String::new(),
        }
    }
}

/// Sends a message and returns `AA`, `AE` or `AR`.
async fn send(address: SocketAddr, message: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(&framed(message)).await.expect("sent");
    code(&answer(&mut stream).await)
}

pub(super) fn code(answer: &str) -> String {
    answer.split("\rMSA|").nth(1).unwrap_or_default().chars().take(2).collect()
}

/// The sample that waits at the bench.
pub(super) async fn tube(app: &TestApp) -> String {
    text(app, sql("SELECT number FROM lab_samples WHERE state = 'received' ORDER BY number LIMIT 1")).await
}

pub(super) async fn values(app: &TestApp, state: &'static str) -> i64 {
    number(app, sql("SELECT count(*) FROM lab_analyser_values WHERE state = ").push_bind(state)).await
}

/// Waits until no message waits to be filed: the listener files after it has answered.
pub(super) async fn filed(app: &TestApp) {
    file_analyser_messages(&app.state).await.expect("filed");
}

#[tokio::test]
async fn a_measured_value_becomes_a_result_that_waits_to_be_checked() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let analyser = add_analyser(&lab, &[]).await;
        map(&lab, &analyser, "CREA", "umol/L", "creatinine", "0.011309").await;
        lab.at_the_bench(&app, "k creatinine crp").await;
        let (address, tube) = (listener(&app).await, tube(&app).await);
        let lines = [
            "OBX|1|NM|K^Potassium||6.9|mmol/L|3.5-5|HH|||F|||20261121152900",
            "OBX|2|NM|CREA||80|umol/L|||||F",
            "OBX|3|NM|CRP||12|mg/L|||||F",
            "OBX|4|NM|NA||140|mmol/L|||||F",
            "OBX|5|NM|K||6900|umol/L|||||F",
        ];
        assert_eq!(send(address, message("M1", &tube, &lines).as_bytes()).await, "AA");
        filed(&app).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results WHERE checked_at IS NULL")).await, 2);
        let potassium = "SELECT r.value_text || ' ' || r.flag || ' ' || r.device || ' ' || r.sender_flag FROM lab_results r
            JOIN lab_tests t ON t.id = r.test_id WHERE t.code = ";
        assert_eq!(text(&app, sql(potassium).push_bind("k")).await, "6.9 HH Chemistry one HH", "a critical one is not typed again");
        assert_eq!(text(&app, sql(potassium).push_bind("creatinine")).await, "0.90 N Chemistry one ", "in the unit of the test");
        assert_eq!((values(&app, "filed").await, values(&app, "unmatched").await), (2, 3));
        assert_eq!(text(&app, sql("SELECT state FROM lab_analyser_messages")).await, "partly_filed");
        let list = lab.technician.get("/lab/unmatched").await.body;
        for words in ["CRP: 12 mg/L", "The code is not mapped<", "The test is not ordered", "The code is not mapped in this unit", &tube] {
            assert!(list.contains(words), "{words}: {list}");
        }
        let (analysis, sample, version) = lab.analysis(&app, "k").await;
        let seen = format!("version-{analysis}");
        ok(&lab.technician.post("/api/lab/check", &[("lab_sample_id", sample.as_str()), (seen.as_str(), version.as_str())]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_critical_calls")).await, 1, "its call is open once a person checked it");
        ok(&lab.release(&app, &lab.pathologist, "k").await);

        // The code is mapped, and the message is tried again.
        map(&lab, &analyser, "CRP", "mg/L", "crp", "1").await;
        let sent = id(&app, sql("SELECT id FROM lab_analyser_messages")).await;
        let retried = lab.technician.post("/api/lab/retry_message", &[("analyser_message_id", &sent)]).await;
        assert!(retried.location.as_deref().is_some_and(|to| to.ends_with("done=filed")), "{retried:?}");
        assert_eq!((values(&app, "filed").await, values(&app, "unmatched").await), (3, 2));
        let sodium = id(&app, sql("SELECT id FROM lab_analyser_values WHERE code = 'NA'")).await;
        let discard = async |reason: &str| {
            lab.technician.post("/api/lab/discard_value", &[("analyser_value_id", sodium.as_str()), ("reason", reason)]).await
        };
        assert_eq!(fields(&discard(" ").await), ["reason"]);
        ok(&discard("Not ordered, measured by the profile").await);
        assert_eq!(discard("Again").await.status, StatusCode::CONFLICT);
        let page = lab.technician.get("/lab/analysers").await.body;
        assert!(page.contains("Chemistry one") && page.contains("Unmatched: 1"), "{page}");
        let page = lab.technician.get(&format!("/lab/messages/{sent}")).await.body;
        assert!(page.contains("OBX|1|NM|K^Potassium"), "{page}");
        let page = lab.technician.get(&format!("/lab/analysers/{analyser}")).await.body;
        assert!(page.contains("Some values unmatched") && page.contains("CREA"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_value_is_assigned_to_a_sample_by_a_person() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        add_analyser(&lab, &[]).await;
        lab.at_the_bench(&app, "k").await;
        let (address, tube) = (listener(&app).await, tube(&app).await);
        let line = ["OBX|1|NM|K||4.1|mmol/L|||||F|||20261121152900"];
        assert_eq!(send(address, message("M1", "260000000000", &line).as_bytes()).await, "AA");
        let other = message("M2", &tube, &line).replace("OBR|1", "PID|1||9999999^^^H\rOBR|1");
        assert_eq!(send(address, other.as_bytes()).await, "AA");
        filed(&app).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyser_values WHERE reason = 'other_patient'")).await, 1);
        let value = id(&app, sql("SELECT id FROM lab_analyser_values WHERE reason = 'unknown_sample'")).await;
        let assign = async |number: &str| {
            lab.technician.post("/api/lab/assign_value", &[("analyser_value_id", value.as_str()), ("number", number)]).await
        };
        assert_eq!(fields(&assign("12").await), ["number"]);
        ok(&assign(&tube).await);
        assert_eq!(assign(&tube).await.status, StatusCode::CONFLICT, "once");
        assert_eq!((values(&app, "assigned").await, values(&app, "unmatched").await), (1, 1));
        assert_eq!(text(&app, sql("SELECT value_text FROM lab_results WHERE superseded_at IS NULL")).await, "4.1");
        // Measured once more: the value is beside the first one, and a person chooses it. The first version is kept.
        let mrn = text(&app, sql("SELECT mrn FROM patients WHERE id = ").push_bind(lab.patient)).await;
        let again =
            message("M3", &tube, &["OBX|1|NM|K||4.4|mmol/L|||||F|||20261121153500"]).replace("OBR|1", &format!("PID|1||{mrn}^^^H\rOBR|1"));
        assert_eq!(send(address, again.as_bytes()).await, "AA");
        filed(&app).await;
        let repeat = id(&app, sql("SELECT id FROM lab_analyser_values WHERE reason = 'repeat'")).await;
        ok(&lab.technician.post("/api/lab/assign_value", &[("analyser_value_id", repeat.as_str()), ("number", &tube)]).await);
        assert_eq!(text(&app, sql("SELECT value_text FROM lab_results WHERE superseded_at IS NULL")).await, "4.4");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results")).await, 2);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_protocol_is_kept_whatever_comes() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let analyser = add_analyser(&lab, &[]).await;
        lab.at_the_bench(&app, "k").await;
        let (address, tube) = (listener(&app).await, tube(&app).await);
        let one = message("M1", &tube, &["OBX|1|NM|K||4.1|mmol/L|||||F"]);

        // In pieces of three bytes, two messages behind each other, on one connection.
        let mut stream = TcpStream::connect(address).await.expect("connected");
        for piece in [framed(one.as_bytes()), framed(one.as_bytes())].concat().chunks(3) {
            stream.write_all(piece).await.expect("sent");
        }
        for _ in 0..2 {
            let answer = answer(&mut stream).await;
            assert!(answer.starts_with("MSH|^~\\&|HIS|H|AU680|LAB|") && answer.contains("\rMSA|AA|M1|\r"), "{answer}");
        }
        // Half a message is none.
        let mut cut = TcpStream::connect(address).await.expect("connected");
        cut.write_all(b"\x0bMSH|^~\\&|AU680|").await.expect("sent");
        drop(cut);
        // The same control id with another body is told apart.
        assert_eq!(send(address, message("M1", &tube, &["OBX|1|NM|K||5.9|mmol/L|||||F"]).as_bytes()).await, "AA");
        for (name, sent, expected) in [
            ("another kind", one.replace("ORU^R01^ORU_R01", "ADT^A01").into_bytes(), "AR"),
            ("an unknown character set", one.replace("UNICODE UTF-8", "8859/15").into_bytes(), "AE"),
            ("letters of another set", [one.as_bytes(), b"NTE|1||caf\xe9\r"].concat(), "AE"),
            ("no message", b"hello".to_vec(), "AE"),
            ("no control id", one.replace("|M1|", "||").into_bytes(), "AE"),
            ("practice", one.replace("|P|2.5.1", "|T|2.5.1").into_bytes(), "AA"),
            ("another sender", one.replace("AU680", "OTHER").into_bytes(), "AR"),
            (
                "latin letters",
                [&one.replace("M1", "M2").replace("UNICODE UTF-8", "8859/1").into_bytes()[..], b"NTE|1||caf\xe9\r"].concat(),
                "AA",
            ),
        ] {
            assert_eq!(send(address, &sent).await, expected, "{name}");
        }
        filed(&app).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results")).await, 1, "filed once");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyser_messages WHERE id_reused")).await, 5, "marked");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyser_messages WHERE state = 'refused'")).await, 6);
        assert_eq!((values(&app, "filed").await, values(&app, "duplicate").await, values(&app, "unmatched").await), (1, 1, 1));
        // More than a message may be.
        let mut stream = TcpStream::connect(address).await.expect("connected");
        let large = [one.as_bytes(), &vec![b'x'; 1_100_000]].concat();
        let _ = stream.write_all(&framed(&large)).await;
        assert!(["AE", ""].contains(&code(&answer(&mut stream).await).as_str()));
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyser_messages WHERE reason = 'too_large'")).await, 1);
        // The raw message is sealed: its text stands nowhere.
        let mut tx = app.state.db.read().await.expect("a connection");
        let sealed: Vec<(Vec<u8>,)> = tx.all(sql("SELECT sealed FROM lab_analyser_messages")).await.expect("rows");
        assert!(sealed.iter().all(|(bytes,)| !bytes.windows(5).any(|five| five == b"AU680")), "sealed");
        drop(tx);
        // A retired analyser is not listened to.
        ok(&lab
            .pathologist
            .post("/api/lab/retire_analyser", &[("lab_analyser_id", &analyser), ("version", "1"), ("retired", "true")])
            .await);
        assert_eq!(send(address, one.as_bytes()).await, "");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn control_samples_go_to_quality_control() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let analyser = add_analyser(&lab, &[]).await;
        let lot = LabControlLotId::new().to_string();
        let form = [
            ("key", lot.as_str()),
            ("test", "k"),
            ("material", "Serum control"),
            ("level", "1"),
            ("lot", "A1"),
            ("expires_on", "2030-01-31"),
            ("target", "maker"),
            ("mean", "4.0"),
            ("sd", "0.1"),
        ];
        ok(&lab.pathologist.post("/api/lab/add_lot", &form).await);
        let key = LabAnalyserControlId::new().to_string();
        let named = [("lab_analyser_id", analyser.as_str()), ("key", &key), ("sample", "QC1"), ("level", "1")];
        ok(&lab.pathologist.post("/api/lab/add_analyser_control", &named).await);
        let address = listener(&app).await;
        for (control_id, value, time) in [("C1", "4.05", "1"), ("C2", "4.05", "1"), ("C3", "4.35", "2"), ("C4", "4.0", "3")] {
            let line = format!("OBX|1|NM|K||{value}|mmol/L|||||F|||{time}");
            assert_eq!(send(address, message(control_id, "QC1", &[line.as_str(), "OBX|2|NM|NA||140|mmol/L|||||F"]).as_bytes()).await, "AA");
            filed(&app).await;
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_control_runs")).await, 2, "the second is the first once more");
        assert_eq!(text(&app, sql("SELECT verdict FROM lab_control_runs ORDER BY nth DESC LIMIT 1")).await, "rejected");
        assert_eq!((values(&app, "control").await, values(&app, "duplicate").await), (2, 1));
        assert_eq!(
            number(&app, sql("SELECT count(*) FROM lab_analyser_values WHERE reason = 'control_action'")).await,
            1,
            "a person says what was done"
        );
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyser_values WHERE reason = 'no_lot'")).await, 4);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_is_imported_once_and_as_a_whole() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let layout = [
            ("protocol", "csv"),
            ("csv_separator", "semicolon"),
            ("csv_decimal", "comma"),
            ("csv_sample", "Sample"),
            ("csv_code", "Test"),
            ("csv_value", "Result"),
            ("csv_unit", "Unit"),
        ];
        let analyser = add_analyser(&lab, &layout).await;
        lab.at_the_bench(&app, "k na").await;
        let tube = tube(&app).await;
        let file = format!("Sample;Test;Result;Unit\n{tube};K;4,1;mmol/L\n{tube};NA;140;mmol/L\nX1;K;4,2;mmol/L\n");
        let post = async |text: &str, seen: &str| {
            lab.technician.post("/api/lab/import_measured", &[("lab_analyser_id", analyser.as_str()), ("text", text), ("seen", seen)]).await
        };
        assert_eq!(fields(&post("Sample;Test\n1;2\n", "").await), ["text"]);
        assert_eq!(fields(&post(&file.replace("4,1", "4.1"), "").await), ["text"], "the other decimal mark");
        let asked = post(&file, "").await;
        assert_eq!(fields(&asked), ["seen"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyser_messages")).await, 0, "nothing is half imported");
        let address = format!("/lab/analysers/{analyser}/file");
        let page = lab.technician.submit(&address, "/api/lab/import_measured", &[("lab_analyser_id", &analyser), ("text", &file)]).await;
        let seen =
            page.body.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("the preview").to_owned();
        assert!(page.body.contains("3 rows, of which 1 cannot"), "{}", page.body);
        ok(&post(&file, &seen).await);
        assert_eq!((values(&app, "filed").await, values(&app, "unmatched").await), (2, 1));
        assert_eq!(post(&file, &seen).await.status, StatusCode::CONFLICT, "once");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results WHERE value_text IN ('4.1', '140')")).await, 2);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_that_was_acknowledged_is_filed_after_the_server_was_killed() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        add_analyser(&lab, &[]).await;
        lab.at_the_bench(&app, "k").await;
        let sent = message("M1", &tube(&app).await, &["OBX|1|NM|K||4.1|mmol/L|||||F"]);
        // The server stored it and answered; then it was killed.
        let taken = receive_from_analyser(&app.state, HERE, sent.as_bytes(), false).await.expect("stored").expect("allowed");
        assert!(String::from_utf8_lossy(&taken.answer).contains("MSA|AA|M1"), "{taken:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results")).await, 0);
        // The analyser did not read the answer, and sends again to the new one.
        let again = receive_from_analyser(&app.state, HERE, sent.as_bytes(), false).await.expect("stored").expect("allowed");
        assert!(String::from_utf8_lossy(&again.answer).contains("MSA|AA|M1"), "{again:?}");
        assert_eq!(file_analyser_messages(&app.state).await.expect("filed"), 1);
        assert_eq!(file_analyser_messages(&app.state).await.expect("filed"), 0);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results")).await, 1);
        let other = IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3));
        assert!(receive_from_analyser(&app.state, other, sent.as_bytes(), false).await.expect("answered").is_none(), "an unknown address");
        app.assert_sound().await;
    })
    .await;
}

async fn refused(app: &TestApp, query: Sql) -> DbError {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect_err("the database refuses")
}

#[tokio::test]
async fn the_database_alone_keeps_messages_and_values() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        add_analyser(&lab, &[]).await;
        lab.at_the_bench(&app, "k").await;
        let lines = ["OBX|1|NM|K||4.1|mmol/L|||||F|||1", "OBX|2|NM|NA||140|mmol/L|||||F"];
        let sent = message("M1", &tube(&app).await, &lines);
        receive_from_analyser(&app.state, HERE, sent.as_bytes(), false).await.expect("stored").expect("allowed");
        filed(&app).await;
        for (guard, query) in [
            ("analysers_kept", "DELETE FROM lab_analysers"),
            ("analysers_peers", "UPDATE lab_analysers SET peers = ''"),
            ("analysers_columns", "UPDATE lab_analysers SET protocol = 'csv'"),
            ("analyser_messages_kept", "DELETE FROM lab_analyser_messages"),
            ("analyser_messages_kept", "UPDATE lab_analyser_messages SET control_id = 'other'"),
            ("analyser_messages_kept", "UPDATE lab_analyser_messages SET state = 'received'"),
            ("analyser_messages_refused", "UPDATE lab_analyser_messages SET state = 'refused'"),
            ("values_kept", "DELETE FROM lab_analyser_values"),
            ("values_kept", "UPDATE lab_analyser_values SET sample_number = 'other'"),
            ("values_kept", "UPDATE lab_analyser_values SET state = 'unmatched', reason = 'value', result_id = NULL WHERE state = 'filed'"),
            ("values_reasoned", "UPDATE lab_analyser_values SET reason = '' WHERE state = 'unmatched'"),
            ("values_filed", "UPDATE lab_analyser_values SET state = 'filed' WHERE state = 'unmatched'"),
            ("values_filed", "UPDATE lab_analyser_values SET state = 'control' WHERE state = 'unmatched'"),
            ("values_resolved", "UPDATE lab_analyser_values SET state = 'discarded', resolution = 'x' WHERE state = 'unmatched'"),
            (
                "values_discarded",
                "UPDATE lab_analyser_values SET state = 'discarded', resolved_at = (SELECT received_at FROM lab_analyser_messages),
                    resolved_by = (SELECT received_by FROM lab_analyser_messages) WHERE state = 'unmatched'",
            ),
            (
                "values_of_test",
                "UPDATE lab_analyser_values SET state = 'filed', result_id = (SELECT id FROM lab_results) WHERE state = 'unmatched'",
            ),
        ] {
            let error = refused(&app, sql(query)).await;
            assert!(error.violates(guard), "{guard}: {error}");
        }
        let copy = |columns: &'static str| {
            sql("INSERT INTO lab_analyser_messages (id, analyser_id, clinic_id, control_id, digest, sealed, received_at, received_by, state) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(columns)
        };
        let error = refused(&app, copy(", analyser_id, clinic_id, control_id, digest, sealed, received_at, received_by, state FROM lab_analyser_messages")).await;
        assert!(error.is_unique(), "analyser_messages_once: {error}");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let named = "', digest, sealed, received_at, received_by, state FROM lab_analyser_messages WHERE control_id = 'M1'";
        tx.execute(copy(", analyser_id, clinic_id, 'csv a").push(named)).await.expect("a file");
        let error = tx.execute(copy(", analyser_id, clinic_id, 'csv b").push(named)).await.expect_err("csv_once");
        assert!(error.is_unique(), "csv_once: {error}");
        drop(tx);
        let value = sql("INSERT INTO lab_analyser_values (id, message_id, analyser_id, clinic_id, position, sample_number, code, unit, sequence, measured,
            digest, test_id, state, reason, result_id) SELECT ")
        .push_bind(uuid::Uuid::now_v7())
        .push(", message_id, analyser_id, clinic_id, 9, sample_number, code, unit, sequence, measured, digest, test_id, state, reason, result_id
            FROM lab_analyser_values WHERE state = 'filed'");
        assert!(refused(&app, value).await.is_unique(), "values_once, values_one_result");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_that_comes_a_hundred_times_is_filed_once() {
    let prepare = async |app: &TestApp| {
        let lab = Lab::open(app).await;
        add_analyser(&lab, &[]).await;
        lab.at_the_bench(app, "k").await;
        message("M1", &tube(app).await, &["OBX|1|NM|K||4.1|mmol/L|||||F"])
    };
    races_from(prepare, |app, sent| async move {
        let senders = (0..100).map(|number| {
            let (state, sent) = (app.state.clone(), sent.clone());
            async move {
                let taken = receive_from_analyser(&state, HERE, sent.as_bytes(), false).await;
                // Some of them file at once, as the listener does.
                if number % 10 == 0 {
                    let _ = file_analyser_messages(&state).await;
                }
                taken.is_ok_and(|taken| taken.is_some_and(|taken| String::from_utf8_lossy(&taken.answer).contains("MSA|AA|M1")))
            }
        });
        let acknowledged = all_at_once(senders).await.into_iter().filter(|done| *done).count();
        filed(&app).await;
        assert!(acknowledged > 0, "nobody was answered");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyser_messages")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results")).await, 1);
        assert_eq!(values(&app, "filed").await, 1);
        app.assert_sound().await;
    })
    .await;
}
