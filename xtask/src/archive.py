"""Stores a study for an order of the demo in an archive, and sees that the program ties and shows it.

Usage: archive.py WEB ARCHIVE STORE DATABASE FOLDER: the ports of the program, of the archive's DICOMweb and of its DICOM; the SQLite file.
"""

import http.cookiejar
import pathlib
import re
import sqlite3
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

web, archive, store, database, folder = sys.argv[1:6]
site = f"http://127.0.0.1:{web}"
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))


def post(path, **form):
    """Posts a form as a browser of the site does."""
    body = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(site + path, body, {"Origin": site, "Accept": "text/html", "Referer": f"{site}/imaging"})
    with browser.open(request) as answer:
        return answer.read().decode()


def get(path):
    with browser.open(site + path) as answer:
        return answer.headers.get_content_type(), answer.read()


def rows(query, *arguments):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as base:
        return base.execute(query, arguments).fetchall()


def image(name, accession, mrn, patient, uid, number):
    """Makes an image of 64 x 64 grey values with dcmtk."""
    folder_of = pathlib.Path(folder)
    pixels = folder_of / f"{name}.raw"
    pixels.write_bytes(b"".join(struct.pack("<H", (x * 64 + y + number * 500) % 4096) for y in range(64) for x in range(64)))
    lines = [
        "(0008,0005) CS [ISO_IR 192]", "(0008,0016) UI [1.2.840.10008.5.1.4.1.1.7]", f"(0008,0018) UI [{uid}.1.{number}]",
        f"(0008,0020) DA [{time.strftime('%Y%m%d')}]", "(0008,0030) TM [120000]", f"(0008,0050) SH [{accession}]",
        "(0008,0060) CS [CR]", "(0008,1030) LO [Chest]", f"(0010,0010) PN [{patient}]", f"(0010,0020) LO [{mrn}]",
        "(0010,0030) DA [19800102]", "(0010,0040) CS [F]", f"(0020,000d) UI [{uid}]", f"(0020,000e) UI [{uid}.1]",
        "(0020,0010) SH [1]", "(0020,0011) IS [1]", f"(0020,0013) IS [{number}]", "(0028,0002) US 1", "(0028,0004) CS [MONOCHROME2]",
        "(0028,0010) US 64", "(0028,0011) US 64", "(0028,0100) US 16", "(0028,0101) US 12", "(0028,0102) US 11", "(0028,0103) US 0",
        "(0028,1050) DS [2048]", "(0028,1051) DS [4096]", f"(7fe0,0010) OW ={pixels}",
    ]
    text, file = folder_of / f"{name}.txt", folder_of / f"{name}.dcm"
    text.write_text("\n".join(lines) + "\n")
    subprocess.run(["dump2dcm", "+te", str(text), str(file)], check=True, capture_output=True)
    subprocess.run(["storescu", "-aec", "ORTHANC", "127.0.0.1", store, str(file)], check=True, capture_output=True)


def wait_for(uid, state):
    """Waits until the program has filed a study: it asks each minute."""
    for _ in range(200):
        found = rows("SELECT state, image_count FROM imaging_studies WHERE study_uid = ?", uid)
        if found and found[0][0] == state and found[0][1] > 0:
            return
        time.sleep(1)
    raise SystemExit(f"{uid} is not {state}: {found}; {rows('SELECT base_url, asked_at, failure FROM imaging_archives')}")


order = rows(
    "SELECT i.accession, p.mrn FROM imaging_orders i JOIN patients p ON p.id = i.patient_id WHERE i.step = 'arrived' LIMIT 1"
)
assert order, "the demo has an order whose patient has arrived"
accession, mrn = order[0]
unique = int(uuid.uuid4())
own, strange = f"2.25.{unique}", f"2.25.{unique + 1}"
for number in (1, 2):
    image(f"own{number}", accession, mrn, "Núñez^Ana", own, number)
image("strange", accession, "0", "Other^Person", strange, 1)

post("/api/accounts/sign_in", login="radiologist", password="infirmary-demo")
post("/api/imaging/save_archive", key=str(uuid.uuid4()), version="0", name="Check", base_url=f"http://127.0.0.1:{archive}/dicom-web",
     archive_login="infirmary", archive_password="a word for the check")
wait_for(own, "matched")
wait_for(strange, "unmatched")
study = str(uuid.UUID(bytes=rows("SELECT id FROM imaging_studies WHERE study_uid = ?", own)[0][0]))
page = get(f"/imaging/images/{study}")[1].decode()
assert "Image 1 of 2" in re.sub(r"<[^>]*>", "", page), page
seen = set()
for place in ("series=1&image=1", "series=1&image=2", "series=1&image=1&center=300&width=200"):
    kind, picture = get(f"/imaging/images/{study}/frame?{place}")
    assert kind == "image/jpeg" and picture[:2] == b"\xff\xd8", kind
    seen.add(picture)
assert len(seen) == 3, "two images, and another window of the first"
for wrong in ("series=1&image=3", "series=2&image=1"):
    try:
        get(f"/imaging/images/{study}/frame?{wrong}")
    except urllib.error.HTTPError as error:
        assert error.code == 404, error.code
    else:
        raise SystemExit(f"{wrong} was shown")
print("Orthanc: a study was tied and shown, a stranger's was not")
