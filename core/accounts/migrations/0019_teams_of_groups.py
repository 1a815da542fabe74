from django.db import migrations
from django.utils.text import slugify

OF_TEAMS = "team "  # began the name of a group that stood for a team, and had no permissions
MAX_NAME = 60


def take_over(apps, schema_editor):
    """Let each such group with its members be a team; it has no services yet."""
    Group, Team = apps.get_model("auth", "Group"), apps.get_model("catalogue", "Team")
    TeamMember = apps.get_model("accounts", "TeamMember")
    for group in Group.objects.filter(name__startswith=OF_TEAMS).order_by("pk"):
        name = group.name.removeprefix(OF_TEAMS)[:MAX_NAME]
        slug = slugify(name)[:40] or "team"
        if Team.objects.filter(slug=slug).exists():
            slug = f"{slug}-{group.pk}"
        team = Team.objects.create(slug=slug, name=name, name_ar=name, name_en=name)
        members = group.user_set.order_by("pk").values_list("pk", flat=True)
        TeamMember.objects.bulk_create(TeamMember(user_id=pk, team=team) for pk in members)
        group.delete()


def give_back(apps, schema_editor):
    """Let each team be a group of its name in Arabic again."""
    Group, Team = apps.get_model("auth", "Group"), apps.get_model("catalogue", "Team")
    TeamMember = apps.get_model("accounts", "TeamMember")
    for team in Team.objects.order_by("pk"):
        group, _is_new = Group.objects.get_or_create(name=f"{OF_TEAMS}{team.name_ar}")
        group.user_set.add(
            *TeamMember.objects.filter(team=team).values_list("user", flat=True)
        )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0018_teams'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.RunPython(take_over, give_back),
    ]
