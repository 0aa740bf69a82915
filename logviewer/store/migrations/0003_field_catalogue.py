from django.db import migrations

from logviewer.store.run_sql_file import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("store", "0002_words_and_counts")]

    operations = [RunSQLFile("0003_field_catalogue.sql")]
