"""Prints a line for each table of a SQLite file: its name, its number of rows, and the sum of their hashes. With a second argument it
prints the number of rows of that table alone."""

import hashlib
import sqlite3
import sys

db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=30)
db.text_factory = bytes
if len(sys.argv) > 2:
    print(db.execute(f'SELECT count(*) FROM "{sys.argv[2]}"').fetchone()[0])
    sys.exit()
db.execute("BEGIN")
# Litestream keeps its place in two tables of its own.
tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_litestream%' ESCAPE '\\' ORDER BY 1"
for (name,) in db.execute(tables).fetchall():
    table, rows, total = name.decode(), 0, 0
    for row in db.execute(f'SELECT * FROM "{table}"'):
        rows += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=8).digest(), "big")
    print(table, rows, format(total % 2**64, "016x"))
