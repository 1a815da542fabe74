from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0010_short_names'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='service',
            constraint=models.CheckConstraint(condition=models.Q(('is_active', False), models.Q(models.Q(('name_ar__isnull', False)), models.Q(('name_en__isnull', False)), models.Q(('short_name_ar__isnull', False)), models.Q(('short_name_en__isnull', False)), models.Q(('description_ar__isnull', False)), models.Q(('description_en__isnull', False)), models.Q(('conditions_ar__isnull', False)), models.Q(('conditions_en__isnull', False)), models.Q(('prompt_ar__isnull', False)), models.Q(('prompt_en__isnull', False)), models.Q(('name_ar', ''), _negated=True), models.Q(('name_en', ''), _negated=True), models.Q(('short_name_ar', ''), _negated=True), models.Q(('short_name_en', ''), _negated=True), models.Q(('description_ar', ''), _negated=True), models.Q(('description_en', ''), _negated=True), models.Q(('conditions_ar', ''), _negated=True), models.Q(('conditions_en', ''), _negated=True), models.Q(('prompt_ar', ''), _negated=True), models.Q(('prompt_en', ''), _negated=True)), _connector='OR'), name='service_published_in_both_languages'),
        ),
    ]
