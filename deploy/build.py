"""Build the files that serving needs: styles, fonts, speech, translations, static files.

Called as a program, it fetches what testing needs as well.
"""

import os
import sys
from pathlib import Path

import build_speech
import build_static
import django
import messages
from django.core.management import call_command
from npm_packages import fetch


def main() -> None:
    build_static.main()
    build_speech.main()
    messages.compile_all()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tawasul.settings")
    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    fetch("dev")
    main()
