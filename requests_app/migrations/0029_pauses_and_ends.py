"""A return pauses the clock and ends after 30 days; what is processed closes after 14."""

from datetime import timedelta

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone


def set_clocks(apps, _schema_editor):
    """Give what was returned or processed before the upgrade the time that it would have now.

    Nobody has told of the end of a return, so it comes 30 days from now, and the clock goes on with
    the days of the service, as it did so far.
    """
    inquiries = apps.get_model("requests_app", "Inquiry").objects
    services = apps.get_model("catalogue", "Service").objects
    now = timezone.now()
    returned = inquiries.filter(status="returned_to_applicant")
    target = services.filter(pk=OuterRef("service")).values("target_working_days")
    returned.update(ends_at=now + timedelta(days=30), days_left=Subquery(target))
    returned.filter(remind_at=None).update(remind_at=now + timedelta(days=23))
    processed = inquiries.filter(status="processed")
    processed.update(ends_at=F("processed_at") + timedelta(days=14))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0017_staff_index'),
        ('catalogue', '0012_expectations'),
        ('requests_app', '0028_questions_after_an_answer'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='inquiry',
            name='days_left',
            field=models.PositiveSmallIntegerField(help_text='working days until it was due, of a return that waits for an answer', null=True),
        ),
        migrations.AddField(
            model_name='inquiry',
            name='days_waited',
            field=models.PositiveSmallIntegerField(default=0, help_text='working days that it has waited for its applicant, until the last one'),
        ),
        migrations.AddField(
            model_name='inquiry',
            name='ends_at',
            field=models.DateTimeField(help_text='when the portal ends a return that nobody has answered, or closes what is processed; the start of a day', null=True),
        ),
        migrations.AlterField(
            model_name='decision',
            name='outcome',
            field=models.CharField(choices=[('approved', 'Approved'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn'), ('unanswered', 'Ended without an answer')], max_length=10, verbose_name='outcome'),
        ),
        migrations.AlterField(
            model_name='inquiry',
            name='outcome',
            field=models.CharField(blank=True, choices=[('approved', 'Approved'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn'), ('unanswered', 'Ended without an answer')], max_length=10, verbose_name='outcome'),
        ),
        migrations.AlterField(
            model_name='inquiry',
            name='pending_outcome',
            field=models.CharField(blank=True, choices=[('approved', 'Approved'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn'), ('unanswered', 'Ended without an answer')], help_text='of a decision that has not left the portal yet; the applicant never sees it', max_length=10),
        ),
        migrations.AlterField(
            model_name='inquiryevent',
            name='event_type',
            field=models.CharField(choices=[('prepared', 'Prepared by the office at the counter'), ('submitted', 'Filed'), ('claimed', 'Assigned to an officer'), ('released', 'Given back to the queue'), ('handed_back', 'Given back to the queue, as its officer no longer works on it'), ('assigned', 'Assigned by a supervisor'), ('transferred', 'Passed to another team'), ('noted', 'Internal note'), ('replied', 'Answered'), ('returned', 'Returned to applicant'), ('resubmitted', 'Answered by the applicant'), ('decided', 'Decided, not sent to the applicant yet'), ('taken_back', 'Decision taken back before it was sent'), ('seconded', 'Refusal confirmed by a second officer'), ('sent_back', 'Refusal sent back by a second officer'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('reopened', 'Reopened'), ('closed', 'Closed'), ('withdrawn', 'Withdrawn'), ('unanswered', 'Ended without an answer from the applicant'), ('passed_on', 'Passed on to the person it is about'), ('checked', 'A document was checked for viruses and can be opened'), ('infected', 'A document was removed, as it contained malware'), ('escalated', 'Overdue: supervisors were told'), ('looked_again', 'A supervisor has looked at it again'), ('invited', 'Asked to come to an office'), ('uninvited', 'No longer asked to come to an office')], max_length=12),
        ),
        migrations.RunPython(set_clocks, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='inquiry',
            index=models.Index(condition=models.Q(('ends_at__isnull', False)), fields=['ends_at'], name='inquiry_ends'),
        ),
    ]
