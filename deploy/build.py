"""Build the files that serving and testing need: styles, fonts, translations, static files."""

import os
import sys
from pathlib import Path

import build_static
import django
import messages
from django.core.management import call_command


def main() -> None:
    build_static.main()
    messages.compile_all()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tawasul.settings")
    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
