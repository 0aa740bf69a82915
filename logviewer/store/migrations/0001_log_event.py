from django.db import migrations, models

from logviewer.store.run_sql_file import RunSQLFile


class Migration(migrations.Migration):
    initial = True

    operations = [
        RunSQLFile("0001_log_event.sql"),
        migrations.CreateModel(
            name="EventRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "time", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("time", models.DateTimeField()),
                ("id", models.BigIntegerField()),
                ("level", models.SmallIntegerField()),
                ("service", models.TextField()),
                ("event", models.TextField()),
                ("logger", models.TextField()),
                ("request_id", models.TextField(null=True)),
                ("cohort_id", models.TextField(null=True)),
                ("data", models.JSONField()),
                ("meta", models.JSONField(null=True)),
            ],
            options={"db_table": "log_event", "managed": False},
        ),
    ]
