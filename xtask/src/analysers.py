"""Sends values over MLLP as an analyser does, through a library that shares no code with the program, while the server is killed; then
looks in the database that nothing is lost and nothing is there twice.

Usage: analysers.py LIBRARY PORT MESSAGES DATABASE, with the library `hl7` (python-hl7) or `hl7apy`.
"""

import random
import socket
import sqlite3
import sys
import time

library, port, messages, database = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
dice = random.Random(20261129)
START, END = b"\x0b", b"\x1c\r"


def text(control_id, sample, value, charset="UNICODE UTF-8"):
    """Builds a message with the library."""
    head = f"MSH|^~\\&|AU1|LAB|HIS|H|20261129101500||ORU^R01^ORU_R01|{control_id}|P|2.5.1||||||{charset}"
    lines = [head, f"OBR|1||{sample}|^^^CHEM", f"OBX|1|NM|K^Kaliúm||{value}|mmol/L|||||F|||{control_id}"]
    if library == "hl7":
        import hl7

        return str(hl7.parse("\r".join(lines) + "\r"))
    from hl7apy.parser import parse_message

    return parse_message("\r".join(lines) + "\r").to_er7().rstrip("\r") + "\r"


def parsed(answer):
    """Reads the code of an acknowledgement, and the message that it names, with the library."""
    if library == "hl7":
        import hl7

        segment = hl7.parse(answer).segment("MSA")
        return str(segment[1]), str(segment[2])
    from hl7apy.parser import parse_message

    message = parse_message(answer)
    return message.msa.msa_1.value, message.msa.msa_2.value


class Sender:
    def __init__(self):
        self.stream = None
        self.broken = 0

    def send(self, control_id, body, encoding="utf-8"):
        """Sends until the message is acknowledged, and returns the code."""
        frame = START + body.encode(encoding) + END
        # A server that was killed may take a minute and a half to start on a busy machine.
        until = time.monotonic() + 180
        while time.monotonic() < until:
            try:
                if self.stream is None:
                    self.stream = socket.create_connection(("127.0.0.1", port), timeout=10)
                pieces = dice.choice([1, 1, 2, 5])
                size = len(frame) // pieces + 1
                for at in range(0, len(frame), size):
                    self.stream.sendall(frame[at : at + size])
                answer = b""
                while not answer.endswith(END):
                    part = self.stream.recv(4096)
                    if not part:
                        raise ConnectionError("closed")
                    answer += part
                assert answer.startswith(START), answer
                code, named = parsed(answer[1:-2].decode())
                assert named == control_id, (named, control_id)
                return code
            except (OSError, ConnectionError):
                self.broken += 1
                self.stream = None
                time.sleep(0.02)
        raise SystemExit(f"{control_id} was never acknowledged")


def rows(query, *arguments):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as base:
        return base.execute(query, arguments).fetchall()


waiting = rows(
    "SELECT s.number FROM lab_analyses a JOIN lab_samples s ON s.id = a.sample_id JOIN lab_tests t ON t.id = a.test_id"
    " WHERE t.code = 'k' AND a.state = 'ready'"
)
sender, sent, codes = Sender(), {}, {}
for nth in range(messages):
    control_id = f"{library}-{nth}"
    sample = waiting[nth % len(waiting)][0] if waiting and nth % 50 == 0 else f"X{nth}"
    body = text(control_id, sample, f"{3 + nth % 30 / 10:.1f}")
    kind = dice.randrange(20)
    if kind == 0:
        body = text(control_id, sample, "4.0", "8859/15")
        codes[control_id] = (sender.send(control_id, body), "AE")
    elif kind == 1:
        body = text(control_id, sample, "4.0", "8859/1")
        codes[control_id] = (sender.send(control_id, body, "latin-1"), "AA")
    else:
        codes[control_id] = (sender.send(control_id, body), "AA")
    sent[control_id] = kind
    if kind in (2, 3):
        assert sender.send(control_id, body) == "AA", "once more"

wrong = {control_id: code for control_id, code in codes.items() if code[0] != code[1]}
assert not wrong, wrong
for _ in range(600):
    if not rows("SELECT 1 FROM lab_analyser_messages WHERE state = 'received' LIMIT 1"):
        break
    time.sleep(0.2)
else:
    raise SystemExit("messages still wait to be filed")
kept = rows("SELECT control_id, count(*), max(state) FROM lab_analyser_messages WHERE control_id LIKE ? GROUP BY control_id", f"{library}-%")
assert {row[0] for row in kept} == set(sent), "a message is lost"
assert all(count == 1 for _, count, _ in kept), "a message is there twice"
refused = {row[0] for row in kept if row[2] == "refused"}
assert refused == {control_id for control_id, kind in sent.items() if kind == 0}, refused
values = rows(
    "SELECT m.control_id, count(*) FROM lab_analyser_values v JOIN lab_analyser_messages m ON m.id = v.message_id"
    " WHERE m.control_id LIKE ? GROUP BY m.control_id",
    f"{library}-%",
)
assert {row[0] for row in values} == set(sent) - refused, "a value is lost"
assert all(count == 1 for _, count in values), "a value is there twice"
twice = rows("SELECT analysis_id FROM lab_results WHERE superseded_at IS NULL GROUP BY analysis_id HAVING count(*) > 1")
assert not twice, "a result is there twice"
print(f"{library}: {messages} messages, {len(refused)} refused, {sender.broken} broken connections; nothing lost, nothing twice")
