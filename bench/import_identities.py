"""Measure the memory and time of an import, for N rows and for ten times as many.

    .venv/bin/python bench/import_identities.py [N]

N defaults to 10,000. Each file is imported into a new SQLite database in a temporary folder. Memory
is the peak of the process, including Python and Django; time is that of the whole command. The last
line is the result: the ratios of the memory and of the time per row should be near 1.
"""

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IDENTITY_COLUMNS = ("name_ar", "name_en", "birth_date", "nationality", "mobile", "status")
LINK_COLUMNS = ("holder", "kind", "since", "until")
COLUMNS = ("record", "number", *IDENTITY_COLUMNS, "current_number", *LINK_COLUMNS)
EMPLOYERS = 1_000


def main(rows: int = 10_000) -> None:
    few, many = measure(rows), measure(10 * rows)
    print(
        f"ten times the rows: {many['memory'] / few['memory']:.2f} times the peak memory, "
        f"{many['time_per_row'] / few['time_per_row']:.2f} times the time per row"
    )


def measure(rows: int) -> dict[str, float]:
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


def manage(folder: str, *command: str) -> tuple[resource.struct_rusage, str]:
    """Run a manage.py command with a database in `folder`; return its resource usage and output."""
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


def write_rows(file: Path, rows: int) -> int:
    """Write the rows to `file` and return how many are wrong.

    Of ten rows, seven are people, one is a former number and two are links.
    """
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


def row_of(i: int) -> dict[str, str]:
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


def resident(i: int) -> str:
    """Return the number of the i-th resident.

    Neighbours in the file are not neighbours in an index.
    """
    return f"2{i * 387_420_489 % 10**9:09}"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
