from django.db import migrations

from logviewer.store.run_sql_file import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("store", "0005_rollups")]

    operations = [RunSQLFile("0006_retention_clock.sql")]
