"""The application as web servers and `flask --app wsgi` want it."""

from forum import create_app

app = create_app()
