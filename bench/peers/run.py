"""Measure django-helpdesk and django-appointment beside the floor and the portal.

    TAWASUL_DEMO=1 .venv/bin/python -m bench.peers.run [--rounds 1]

Each peer is installed into an environment of its own in var/peers, from a lock beside this file,
and served as the floor and the portal are. The figures are kept in var/bench-peers.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from bench import measure, sites
from bench.floor.journeys import Floor
from bench.peers.journeys import Appointments, Helpdesk
from bench.report import missed, table
from bench.run import run, steps_of_portal
from tests.database import throw_away_postgres

RESULT = sites.ROOT / "var" / "bench-peers.json"
PEERS = {"helpdesk": "django-helpdesk", "appointment": "django-appointment"}
OF_THE_PORTAL = ["filing form", "booking form", "filing", "booking", "hold", "rush of 50"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    pythons = {name: installed(name) for name in PEERS}
    os.environ["PGAPPNAME"] = measure.NAME
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tawasul-")))
        server = measure.Server(stack.enter_context(throw_away_postgres()))
        served = {"floor": sites.floor(server, folder)}
        served |= {name: peer(server, folder, name, python) for name, python in pythons.items()}
        served["ours"] = sites.portal(server, folder)
        appointments = Appointments(
            served["appointment"], lambda: server.count("appointment_appointment", "appointment")
        )
        steps = {
            "floor": Floor(served["floor"]).steps(),
            "helpdesk": Helpdesk(served["helpdesk"]).steps(),
            "appointment": appointments.steps(),
            "ours": steps_of_portal(served["ours"], OF_THE_PORTAL),
        }
        found = run(server, served, steps, folder, options.rounds)
    found["appointment rush of 50"]["sold"] = max(appointments.sold)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=2))
    print("\n".join(table(found)))
    print(f"\n{PEERS['appointment']} sold {appointments.sold} places of 10")
    if told := missed(found):
        sys.exit("\n".join(["", "Missed:", *told]))


def installed(name: str) -> str:
    """Install what the lock says into an environment of the peer's own; return its Python."""
    place = sites.ROOT / "var" / "peers" / name
    python = str(place / "bin" / "python")
    uv = [sys.executable, "-m", "uv"]
    if not Path(python).exists():
        subprocess.run([*uv, "venv", "--quiet", str(place)], check=True)
    lock = Path(__file__).parent / f"{name}.txt"
    install = ["pip", "install", "--quiet", "--require-hashes", "--python", python, "-r", str(lock)]
    subprocess.run([*uv, *install], check=True)
    return python


def peer(server: measure.Server, folder: Path, name: str, python: str) -> sites.Site:
    around = sites.environment(
        server.database(name), folder, f"bench.peers.{name}_settings", PYTHONPATH=str(sites.ROOT)
    )
    first_page = {"helpdesk": "/tickets/submit/", "appointment": "/admin/login/"}[name]
    served = (*sites.GUNICORN, "django.core.wsgi:get_wsgi_application()")
    site = sites.Site(around, served, first_page, python=python)
    # django-appointment comes without migrations, and its tables refer to those of Django.
    site.command("-m", "django", "migrate", "--verbosity", "0")
    site.command("-m", "django", "migrate", "--run-syncdb", "--verbosity", "0")
    return site


if __name__ == "__main__":
    main()
