//! Tests that a store cannot forget a lock: a function that changes or deletes rows takes a `Locked`, or its statement has a condition on
//! the row's state, or it stands in the list with its reason.

use std::collections::BTreeSet;

use super::architecture::sources;

/// The reasons for which a function needs no lock of its own.
#[derive(Debug)]
enum Because {
    /// The caller holds the lock of the row that this one hangs on, or a turn.
    Parent,
    /// The row belongs to one user, session, address or device: nobody else acts on it, or the last one wins.
    OneOwner,
    /// Taken by deleting or by one statement whose count of rows says who did.
    TakenOnce,
    /// One statement adds to a number, and the schema refuses what would be too much.
    Counter,
    /// A job, a start or a command, alone at its work or after it took the row.
    Job,
    /// Lists and settings of the house: a version is asked by the caller, or the last one wins.
    Settings,
}

use Because::{Counter, Job, OneOwner, Parent, Settings, TakenOnce};

/// The reviewed functions, by the store that they stand in.
const UNLOCKED: [(&str, &str, Because); 53] = [
    ("accounts/door/store.rs", "close forget calm charged charged_before charge", OneOwner),
    ("accounts/factor/store.rs", "require", Settings),
    ("accounts/forgotten/store.rs", "take", TakenOnce),
    ("accounts/links/store.rs", "spend_sign_up end_sign_ups", TakenOnce),
    ("accounts/passkeys/store.rs", "take_challenge", TakenOnce),
    ("accounts/sessions/store.rs", "end delete", OneOwner),
    ("accounts/store.rs", "signed_in set_language close_portal_account", OneOwner),
    ("accounts/told/store.rs", "take_access_notices", TakenOnce),
    ("appointments/remarks/store.rs", "write", Parent),
    ("appointments/undo/store.rs", "open_line_again", Parent),
    ("audit/store.rs", "take_role_alarms", TakenOnce),
    ("billing/ledger/store.rs", "post", TakenOnce),
    ("billing/packages/store.rs", "take_out", Parent),
    ("billing/prices/store.rs", "close withdraw", Parent),
    ("billing/refunds/store.rs", "decide pay", Parent),
    ("billing/shifts/store.rs", "set_reason", Parent),
    ("billing/till/store.rs", "reverse", Parent),
    ("billing/till/store.rs", "set_settings", Settings),
    ("billing/write_offs/store.rs", "decide", Parent),
    ("clinical/signatures/store.rs", "date_keys", Job),
    ("formulary/store/substances.rs", "write_groups", Parent),
    ("imaging/archives/store.rs", "note_asked note_dose_asked", Job),
    ("imaging/catalogue/store.rs", "set_item", Parent),
    ("imaging/sets/store.rs", "replace_lines", Parent),
    ("imaging/studies/store.rs", "supersede", Parent),
    ("imaging/worklist/store.rs", "note_asked", OneOwner),
    ("inventory/codes/store.rs", "delete", TakenOnce),
    ("inventory/ledger/store.rs", "set_item set_low", Parent),
    ("inventory/requisitions/store.rs", "add_issued", Counter),
    ("inventory/requisitions/store.rs", "set_par", Settings),
    ("inventory/transit/store.rs", "count", Parent),
    ("inventory/usage/store.rs", "set_levels set_supplier", Settings),
    ("medicine_record/usual_times/store.rs", "replace", Settings),
    ("messages/contact/store.rs", "count_try confirm", Parent),
    ("notifications/store.rs", "read", OneOwner),
    ("nursing/start/store.rs", "replace", Settings),
    ("nursing/ward_list/store.rs", "set_nurse", Settings),
    ("operations/nodes/store.rs", "forget remove", Job),
    ("organisation/people/store.rs", "set_several rename_user", Parent),
    ("organisation/pictures/store.rs", "remove", OneOwner),
    ("organisation/store.rs", "set_spanish_name", Settings),
    ("patients/merges/store.rs", "reseal", Parent),
    ("patients/store.rs", "set_names_form forget_terms set_name_key", Job),
    ("pharmacy/dispensing/store.rs", "add_returned", Counter),
    ("pharmacy/wards/store.rs", "add_returned", Parent),
    ("purchasing/invoices/store.rs", "set_state explain approve", Parent),
    ("purchasing/orders/store.rs", "delete_line", Parent),
    ("purchasing/orders/store.rs", "add_received", Counter),
    ("sealing/store.rs", "move_identifier move_body", Job),
    ("server/mail/store.rs", "sent failed given_up", Job),
    ("wards/days/store.rs", "place take_back", Parent),
    ("wards/leaving/store.rs", "set_left", Parent),
    ("wards/moves/store.rs", "set_transfer", Parent),
];

/// Conditions on the state of a row, as they stand after `WHERE`.
const CONDITIONS: [&str; 10] =
    [" IS NULL", " IS NOT NULL", "state = ", "state IN", "version = ", "seq = ", "scan = ", "next_try_at = ", " <= $", " < $"];

/// Whether the text of a function changes or deletes rows without a lock and without a condition.
fn is_bare(function: &str) -> bool {
    let (signature, body) = function.split_once(" {\n").unwrap_or((function, ""));
    let body = body.split("\n}").next().unwrap_or_default();
    let writes = ["\"UPDATE ", "\"DELETE FROM "].iter().any(|begin| body.contains(begin));
    let asked = body.split_once("WHERE").map_or("", |(_, rest)| rest);
    writes && !signature.contains("Locked") && !CONDITIONS.iter().any(|condition| asked.contains(condition))
}

#[test]
fn a_bare_statement_is_seen() {
    let stores = |head: &str, query: &str| is_bare(&format!("f({head}) -> Result<()> {{\n    tx.execute(sql(\"{query}\")).await\n}}\n"));
    assert!(stores("tx: &mut Tx, id: BedId", "UPDATE beds SET state = 'free', gone_at = NULL WHERE id = $1"));
    assert!(!stores("tx: &mut Tx, id: Locked<BedId>", "UPDATE beds SET state = 'free' WHERE id = $1"));
    assert!(!stores("tx: &mut Tx, id: BedId", "UPDATE beds SET state = 'free' WHERE id = $1 AND state = 'taken'"));
    assert!(!stores("tx: &mut Tx, id: BedId", "SELECT state FROM beds WHERE id = $1"));
}

#[test]
fn what_changes_rows_takes_a_lock_or_says_why_not() {
    let mut bare = BTreeSet::new();
    let outside = ["tests/", "demo/", "db/", "imports/"];
    for (name, text) in sources() {
        let is_store = name.ends_with("store.rs") || name.contains("/store/");
        if !is_store || outside.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        for function in text.split("async fn ").skip(1).filter(|function| is_bare(function)) {
            let called = function.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            bare.insert(format!("{name} {called}"));
        }
    }
    let reviewed: BTreeSet<String> =
        UNLOCKED.iter().flat_map(|(store, names, _)| names.split(' ').map(move |name| format!("{store} {name}"))).collect();
    let new: Vec<_> = bare.difference(&reviewed).collect();
    assert!(new.is_empty(), "these take a Locked, or a condition, or stand in UNLOCKED with their reason: {new:?}");
    let gone: Vec<_> = reviewed.difference(&bare).collect();
    assert!(gone.is_empty(), "these need no exception any more: {gone:?}");
}
