from django.db import migrations

from logviewer.store.run_sql_file import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("store", "0004_store_state")]

    operations = [RunSQLFile("0005_rollups.sql")]
