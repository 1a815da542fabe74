import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RemoveIndex("onetimecode", "code_by_mobile"),
        migrations.RenameField("onetimecode", "mobile", "recipient"),
        # Codes live for ten minutes: none from before has to be kept.
        migrations.RunSQL("DELETE FROM accounts_onetimecode", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('browser', models.CharField(blank=True, max_length=80)),
                ('signed_in_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Turnstile',
            fields=[
                ('number', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.AddField(
            model_name='onetimecode',
            name='asked_for',
            field=models.CharField(default='', help_text='keyed hash of what was typed, by which sends are limited', max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='onetimecode',
            name='asked_from',
            field=models.CharField(blank=True, help_text='keyed hash of the network, where nobody is signed in', max_length=64),
        ),
        migrations.AlterField(
            model_name='onetimecode',
            name='purpose',
            field=models.CharField(choices=[('sign_in', 'Sign In'), ('file', 'File'), ('register', 'Register'), ('reset', 'Reset'), ('mobile', 'Mobile'), ('email', 'Email'), ('picture', 'Picture')], max_length=10),
        ),
        migrations.AlterField(
            model_name='onetimecode',
            name='recipient',
            field=models.CharField(blank=True, help_text='a mobile or a mail address; none for a decoy', max_length=254),
        ),
        migrations.AlterField(
            model_name='onetimecode',
            name='user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='onetimecode',
            index=models.Index(fields=['asked_for', 'purpose', '-created_at'], name='code_by_request'),
        ),
        migrations.AddIndex(
            model_name='onetimecode',
            index=models.Index(fields=['recipient', 'purpose', '-created_at'], name='code_by_recipient'),
        ),
        migrations.AddIndex(
            model_name='onetimecode',
            index=models.Index(fields=['asked_from', '-created_at'], name='code_by_network'),
        ),
        migrations.AddIndex(
            model_name='onetimecode',
            index=models.Index(fields=['session', 'purpose', '-created_at'], name='code_by_session'),
        ),
        migrations.AddField(
            model_name='session',
            name='user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
        ),
    ]
