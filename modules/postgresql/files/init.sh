# Run once by the image, when its data directory is still empty.
{% for database in inputs.databases if database != "postgres" %}
createdb --username "$POSTGRES_USER" -- '{{ database | replace("'", "'\\''") }}'
{% endfor %}
