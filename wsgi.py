"""The application as another launcher would load it: `gunicorn --worker-class gevent wsgi:application`."""

from app.serving import wsgi

application = wsgi.application()
