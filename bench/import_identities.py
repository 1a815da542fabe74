"""How much memory and time an import takes, for N rows and for ten times as many.

    .venv/bin/python bench/import_identities.py [N]

N is 10,000 unless told. Both files go into a new SQLite database of their own, in a temporary
folder. Memory is the most that the process ever held, with Python and Django in it; time is that
of the whole command. The last line is what counts: memory should stay (a ratio near 1), and so
should the time for a row.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OF_AN_IDENTITY = ("name_ar", "name_en", "birth_date", "nationality", "mobile", "status")
OF_A_LINK = ("holder", "kind", "since", "until")
COLUMNS = ("record", "number", *OF_AN_IDENTITY, "current_number", *OF_A_LINK)
EMPLOYERS = 1_000


def main(rows=10_000):
    few, many = measure(rows), measure(10 * rows)
    print(
        f"ten times the rows: {many['memory'] / few['memory']:.2f} times the peak memory, "
        f"{many['time_per_row'] / few['time_per_row']:.2f} times the time per row"
    )


def measure(rows):
    with tempfile.TemporaryDirectory(prefix="tawasul-") as folder:
        file = Path(folder, "rows.csv")
        wrong = write_rows(file, rows)
        manage(folder, "migrate", "--verbosity=0")
        begun = time.monotonic()
        usage, output = manage(folder, "import_identities", str(file))
        seconds = time.monotonic() - begun
    if f"Wrong rows: {wrong:,}. All others are in." not in output:
        sys.exit(output)
    memory = usage.ru_maxrss / 1024
    print(
        f"{rows:,} rows ({wrong:,} of them wrong): {seconds:.1f} s, "
        f"{seconds / rows * 1e6:.0f} µs per row, {memory:.0f} MB at most",
        flush=True,
    )
    return {"memory": memory, "time_per_row": seconds / rows}


def manage(folder, *command):
    """Run a command of manage.py with a database in `folder`; what it used and what it printed."""
    environment = {**os.environ, "TAWASUL_DEMO": "1", "DATA_DIR": folder}
    environment.pop("DATABASE_URL", None)
    output = Path(folder, "output")
    with output.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, ROOT / "manage.py", *command],
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        _pid, _status, usage = os.wait4(process.pid, 0)
    return usage, output.read_text()


def write_rows(file, rows):
    """Of ten rows seven are people, one a former number and two links; how many are wrong."""
    wrong = 0
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        for i in range(EMPLOYERS):
            number = f"7{i:09}"
            name = f"Establishment {i}"
            writer.writerow(
                {"record": "establishment", "number": number, "name_ar": name, "name_en": name}
            )
        for i in range(rows - EMPLOYERS):
            row = row_of(i)
            if i % 10_000 == 5:
                row["birth_date"] = "a long time ago"
                wrong += 1
            writer.writerow(row)
    return wrong


def row_of(i):
    tens, which = divmod(i, 10)
    if which < 7:
        return {
            "record": "person",
            "number": resident(tens * 7 + which),
            "name_ar": f"\u0645\u062d\u0645\u062f {i}",
            "name_en": f"Mohammed {i}",
            "birth_date": f"{1960 + i % 45}-{1 + i % 12:02}-{1 + i % 28:02}",
            "nationality": "PK",
            "mobile": f"+9665{i % 10**8:08}",
        }
    if which == 7:
        former = "3" + resident(tens * 7)[1:]
        return {"record": "former_number", "number": former, "current_number": resident(tens * 7)}
    return {
        "record": "link",
        "holder": f"7{i % EMPLOYERS:09}",
        "number": resident(tens * 7 + which - 7),
        "kind": "employer",
        "since": "2020-01-01",
    }


def resident(i):
    """The number of the i-th resident; neighbours in the file are not neighbours in an index."""
    return f"2{i * 387_420_489 % 10**9:09}"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
