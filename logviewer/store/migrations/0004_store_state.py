from django.db import migrations

from logviewer.store.run_sql_file import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("store", "0003_field_catalogue")]

    operations = [RunSQLFile("0004_store_state.sql")]
