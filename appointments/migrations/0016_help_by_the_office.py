import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


def mark_walk_ins(apps, _schema_editor):
    appointments = apps.get_model("appointments", "Appointment").objects
    appointments.filter(is_walk_in=True).update(made_by_office=True)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0017_staff_index'),
        ('appointments', '0015_way_to_offices'),
        ('catalogue', '0009_what_a_document_must_show'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Assistance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('idempotency_key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('way', models.CharField(choices=[('counter', 'They are here, with their document'), ('phone', 'They are on the phone')], max_length=10)),
                ('aim', models.CharField(choices=[('book', 'Book an appointment'), ('change', 'Move or cancel an appointment')], max_length=10)),
                ('document', models.CharField(blank=True, choices=[('national_id', 'national ID card'), ('iqama', 'iqama'), ('passport', 'passport'), ('family_record', 'family record')], max_length=20)),
                ('document_end', models.CharField(blank=True, max_length=4)),
                ('begun_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('proven_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'help to a person',
                'verbose_name_plural': 'help to people',
            },
        ),
        migrations.AlterModelOptions(
            name='appointment',
            options={'permissions': [('receive_appointment', 'Can receive people with appointments'), ('assist_person', 'Can book, move and cancel for people who come or call')], 'verbose_name': 'appointment', 'verbose_name_plural': 'Appointments'},
        ),
        migrations.AddField(
            model_name='appointment',
            name='made_by_office',
            field=models.BooleanField(default=False, verbose_name='booked by the office'),
        ),
        migrations.RunPython(mark_walk_ins, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('is_walk_in', False), ('made_by_office', True), _connector='OR'), name='appointment_of_walk_in_is_made_by_office'),
        ),
        migrations.AddField(
            model_name='assistance',
            name='clerk',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='assistance',
            name='office',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='appointments.office'),
        ),
        migrations.AddField(
            model_name='assistance',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assistances', to='accounts.identity'),
        ),
        migrations.AddConstraint(
            model_name='assistance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('document', ''), ('document_end', ''), ('way', 'phone')), models.Q(('proven_at__isnull', False), ('way', 'counter'), models.Q(('document', ''), _negated=True), models.Q(('document_end', ''), _negated=True)), _connector='OR'), name='assistance_at_the_counter_has_a_document'),
        ),
    ]
