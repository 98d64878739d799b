"""Opens what the program sealed, and verifies what it signed, with another implementation (OpenSSL, by way of Python's
`cryptography`): the formats are those that src/keys and src/clinical/signatures describe, and nothing else.

Called with a SQLite database and its file of keys."""

import hmac
import sqlite3
import sys
import uuid
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# RFC 8452, appendix C.2: key, nonce, plain text, associated data, result.
VECTORS = [
    ("01" + "00" * 31, "03" + "00" * 11, "", "", "07f5f4169bbf55a8400cd47ea6fd400f"),
    ("01" + "00" * 31, "03" + "00" * 11, "0100000000000000", "", "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"),
    ("01" + "00" * 31, "03" + "00" * 11, "0200000000000000", "01", "1de22967237a813291213f267e3b452f02d01ae33e4ec854"),
]

# Of each table: the column that says whose a row is, and the sealed fields.
TABLES = {
    "patients": ("id", ["national_id", "phone", "email", "address", "city", "region", "postal_code", "description"]),
    "patient_contacts": ("patient_id", ["phone"]),
    "patient_phones": ("patient_id", ["phone", "whose"]),
    "appointment_symptoms": ("patient_id", ["symptoms"]),
    "patient_changes": ("patient_id", ["shown", "reach"]),
    "patient_identifiers": ("patient_id", ["value"]),
    "coverages": ("patient_id", ["policy_number"]),
    "notes": ("encounter_id", ["history", "examination", "assessment", "plan"]),
    "addenda": ("note_id", ["body"]),
    "orders": ("patient_id", ["reason", "instructions", "outcome"]),
    "lab_results": ("patient_id", ["text", "comment"]),
    "lab_analyser_messages": ("analyser_id", ["raw"]),
    "escalation_steps": ("escalation_id", ["note"]),
    "handover_notes": ("patient_id", ["situation", "background", "assessment", "recommendation"]),
    "care_orders": ("patient_id", ["instructions", "override_reason"]),
    "care_order_acts": ("patient_id", ["words"]),
    "administrations": ("patient_id", ["remark", "correction"]),
    "message_channels": ("patient_id", ["address", "code"]),
    "patient_documents": ("patient_id", ["title", "file_name", "reason"]),
    "document_chunks": ("patient_id", ["bytes"]),
    "imaging_orders": ("patient_id", ["protocol", "question", "answer"]),
    "radiology_reports": ("patient_id", ["technique", "comparison", "findings", "impression", "correction"]),
    "radiology_addenda": ("patient_id", ["body"]),
    "radiology_findings": ("patient_id", ["finding"]),
    "imaging_archives": ("id", ["login", "password"]),
    "imaging_studies": ("archive_id", ["number", "name", "birth_date", "sex", "description"]),
    "treatment_plans": ("patient_id", ["goals", "instructions", "follow_up"]),
    "stay_notes": ("patient_id", ["subjective", "objective", "assessment", "plan", "amendment"]),
    "stay_note_addenda": ("patient_id", ["body"]),
    "care_plans": ("patient_id", ["problem", "goal"]),
    "care_plan_evaluations": ("care_plan_id", ["remark"]),
    "discharge_summaries": ("patient_id", ["diagnoses", "course", "results", "instructions", "pending", "amendment"]),
    "discharge_medicines": ("patient_id", ["medicine", "dosage", "reason"]),
    "follow_ups": ("patient_id", ["reason"]),
    "supply_pauses": ("patient_id", ["words", "answer"]),
    "patient_merges": ("survivor_id", ["words", "decision", "undoing", "before"]),
    "erasure_requests": ("patient_id", ["words", "answer"]),
    "patient_photos": ("patient_id", ["photo"]),
    "profile_requests": ("patient_id", ["changes", "words", "answer"]),
    "first_visits": ("clinic_id", ["name", "birth_date", "phone", "email", "reason", "answer"]),
    "note_holds": ("patient_id", ["reason"]),
    "patient_statements": ("patient_id", ["allergies", "medicines", "history"]),
    "past_orders": ("patient_id", ["reason"]),
    "past_results": ("patient_id", ["text", "comment"]),
    "past_reports": ("patient_id", ["conclusion", "text"]),
    "past_doses": ("patient_id", ["reason", "remark"]),
    "mails": ("id", ["recipient", "subject", "body"]),
    "imported_bodies": ("id", ["body"]),
    "second_factors": ("user_id", ["secret"]),
    "passkeys": ("user_id", ["name", "credential"]),
    "signing_keys": ("user_id", ["secret", "owner"]),
    "sealed_changes_end": ("id", ["end"]),
    "sealed_marks": ("id", ["value"]),
}


def keys_of(path):
    keys = {}
    for line in open(path, encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            version, key = line.strip().split(":")
            if version not in ("current", "oldest"):
                keys[int(version)] = bytes.fromhex(key)
    return keys


def derived(key, what, length=32):
    return HKDF(algorithm=SHA256(), length=length, salt=b"infirmary keys 1", info=what).derive(key)


def about(table, column, row):
    return b"infirmary sealed 1" + table.encode() + b"\0" + column.encode() + b"\0" + row


def about_key(table, row, owner):
    return b"infirmary sealed 2" + table.encode() + b"\0" + row + owner


def open_row(keys, table, row, owner, sealed):
    """The fields of a row, by their columns."""
    assert sealed[0] == 2
    version = int.from_bytes(sealed[1:5], "big")
    rest, fields = sealed[65:], []
    while rest:
        length = int.from_bytes(rest[1:5], "big")
        fields.append((rest[0], rest[5 : 5 + length]))
        rest = rest[5 + length :]
    numbers = bytes(number for number, _ in fields)
    data_key = AESGCMSIV(derived(keys[version], b"wrap")).decrypt(sealed[5:17], sealed[17:65], about_key(table, row, owner) + numbers)
    opened = {}
    for number, text in fields:
        column = TABLES[table][1][number - 1]
        opened[column] = AESGCMSIV(data_key).decrypt(bytes(11) + bytes([number]), text, about(table, column, row)).decode()
    return opened


def moment(text):
    at = datetime.fromisoformat(text)
    return (at - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


def content(kind, form, *parts):
    """The bytes that are signed: each part with its length before it."""
    whole = b"infirmary signature %d" % form
    for part in (kind, *parts):
        part = b"" if part is None else part.encode() if isinstance(part, str) else part
        part = part.to_bytes(8, "big", signed=True) if isinstance(part, int) else part
        whole += len(part).to_bytes(4, "big") + part
    return whole


def signed_notes(db, rows):
    """Each signed note: its public key, its signature, and what should have been signed."""
    notes = db.execute("""SELECT k.public_key, s.signature, n.id, e.id, e.patient_id, e.clinic_id, e.doctor_id, e.started_at, e.reason,
            n.author_id, n.signed_by, n.signed_at, k.user_id, s.name, s.meaning, s.signed_at, s.format, e.visit_id
        FROM note_signatures s JOIN signing_keys k ON k.id = s.key_id JOIN notes n ON n.id = s.note_id JOIN encounters e ON e.id = n.encounter_id
        WHERE s.addendum_id IS NULL""").fetchall()
    for key, signature, note, encounter, patient, clinic, doctor, begun, reason, author, by, at, signer, name, meaning, when, form, visit in notes:
        parts = [patient, encounter, clinic, doctor, note, *([visit] if form >= 2 else []), moment(begun), reason, author, by, moment(at), signer, name, meaning, moment(when)]
        text = rows.get(("notes", note), {})
        sections = TABLES["notes"][1]
        parts.append(len(sections))
        for section in sections:
            parts += [section, text.get(section, "")]
        diagnoses = db.execute("""SELECT id, code, description, certainty, rank, recorded_at FROM diagnoses
            WHERE encounter_id = ? AND entered_in_error_at IS NULL ORDER BY id""", (encounter,)).fetchall()
        parts.append(len(diagnoses))
        for diagnosis in diagnoses:
            parts += [*diagnosis[:5], moment(diagnosis[5])]
        prescriptions = db.execute("""SELECT id, drug_id, drug, dose, route, frequency, duration_days, CASE WHEN as_needed THEN '1' ELSE '' END,
            max_per_day, instructions, allergy_override, prescribed_at, prescribed_by, dose_amount, dose_unit, times, in_days, no_substitution FROM prescriptions
            WHERE encounter_id = ? AND state <> 'entered_in_error' ORDER BY id""", (encounter,)).fetchall()
        parts.append(len(prescriptions))
        for prescription in prescriptions:
            parts += [*prescription[:11], moment(prescription[11]), prescription[12]]
            parts += [*(prescription[13:17] if form >= 3 else ()), *(prescription[17:18] if form >= 4 else ())]
        yield Ed25519PublicKey.from_public_bytes(key), signature, content("note", form, *parts)


def main():
    database, key_file = sys.argv[1:]
    for key, nonce, plain, data, result in VECTORS:
        sealed = AESGCMSIV(bytes.fromhex(key)).encrypt(bytes.fromhex(nonce), bytes.fromhex(plain), bytes.fromhex(data))
        assert sealed.hex() == result, "RFC 8452"
    keys = keys_of(key_file)
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    for version, check in db.execute("SELECT version, check_value FROM encryption_keys"):
        assert derived(keys[version], b"check", 16) == check, "the check value"
    opened, rows = 0, {}
    for table, (whose, _) in TABLES.items():
        for row, owner, sealed in db.execute(f"SELECT id, {whose}, sealed FROM {table} WHERE length(sealed) > 0"):
            rows[table, row] = open_row(keys, table, row, owner, sealed)
            opened += len(rows[table, row])
    assert opened > 500, f"only {opened} fields"
    # In another row, and for another owner, nothing opens.
    row, owner, sealed = db.execute("SELECT id, encounter_id, sealed FROM notes WHERE length(sealed) > 0").fetchone()
    for other in ((uuid.uuid4().bytes, owner), (row, uuid.uuid4().bytes)):
        try:
            open_row(keys, "notes", *other, sealed)
            raise SystemExit("a row opened in the place of another")
        except InvalidTag:
            pass
    indexed = 0
    for row, index, sealed in db.execute("SELECT id, phone_index, sealed FROM patients WHERE phone_index IS NOT NULL"):
        digits = "".join(c for c in rows["patients", row]["phone"] if c in "0123456789").removeprefix("00")
        digits = digits[1:] if len(digits) == 11 and digits.startswith("1") else digits
        key = derived(keys[int.from_bytes(sealed[1:5], "big")], b"index")
        assert hmac.new(key, b"patients\0phone\0" + digits.encode(), sha256).digest()[:16] == index, "the blind index"
        indexed += 1
    verified = 0
    for key, signature, what in signed_notes(db, rows):
        key.verify(signature, what)
        try:
            key.verify(signature, what + b"x")
            raise SystemExit("a signature fits what was not signed")
        except InvalidSignature:
            verified += 1
    assert verified > 50, f"only {verified} signatures"
    print(f"{opened} fields of {len(rows)} rows opened, {indexed} blind indexes worked out, {verified} signatures verified")


main()
