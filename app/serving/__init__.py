"""How the product runs: the launcher, the web server, the job process, and what passes between them.

The launcher (`launcher`) starts one gunicorn (`web`) and one job process (`jobs`), and ends them together. It imports
none of the application, so that a restart takes the time of one start and not of three.
"""
