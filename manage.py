#!/usr/bin/env python
import os
import sys

from django.core.management import execute_from_command_line

from tawasul.logs import cut_database_errors

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tawasul.settings")
    sys.excepthook = cut_database_errors
    execute_from_command_line(sys.argv)
