from django.apps import AppConfig


class ChoresConfig(AppConfig):
    name = "core.chores"
    label = "chores"
