from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appointments', '0014_displaced'),
    ]

    operations = [
        migrations.AddField(
            model_name='office',
            name='landmark',
            field=models.CharField(blank=True, help_text='What people look for on the way, for example: opposite the central hospital.', max_length=200, verbose_name='landmark'),
        ),
        migrations.AddField(
            model_name='office',
            name='landmark_ar',
            field=models.CharField(blank=True, help_text='What people look for on the way, for example: opposite the central hospital.', max_length=200, null=True, verbose_name='landmark'),
        ),
        migrations.AddField(
            model_name='office',
            name='landmark_en',
            field=models.CharField(blank=True, help_text='What people look for on the way, for example: opposite the central hospital.', max_length=200, null=True, verbose_name='landmark'),
        ),
        migrations.AddField(
            model_name='office',
            name='entrance',
            field=models.CharField(blank=True, help_text='Which door to take, for example: gate 3, beside the car park.', max_length=200, verbose_name='entrance'),
        ),
        migrations.AddField(
            model_name='office',
            name='entrance_ar',
            field=models.CharField(blank=True, help_text='Which door to take, for example: gate 3, beside the car park.', max_length=200, null=True, verbose_name='entrance'),
        ),
        migrations.AddField(
            model_name='office',
            name='entrance_en',
            field=models.CharField(blank=True, help_text='Which door to take, for example: gate 3, beside the car park.', max_length=200, null=True, verbose_name='entrance'),
        ),
    ]
