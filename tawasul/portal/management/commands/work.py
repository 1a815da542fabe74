import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tawasul.portal.worker import Worker
from tawasul.portal.worker_status import status


class Command(BaseCommand):
    help = "Deliver messages as they come, and do what is due, until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--status", action="store_true", help="say how the workers are doing, and do nothing"
        )

    def handle(self, **options: Any) -> None:
        if options["status"]:
            self.stdout.write(status())
            return
        worker = Worker()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_signal: worker.end())
        worker.run()
