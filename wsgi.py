"""The application as another WSGI server would load it: `wsgi:application`, under gunicorn's gevent worker."""

from app import create_app

application = create_app(served=True)
