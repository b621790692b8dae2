"""The officer's desk: pages over ``api_v1``, each read by the database login of whoever is signed in.

Each page is a module with ``routes(desk)`` (listed in ``app.PAGES``) and its templates. A page asks the database by
``person.connection()``, which is the person's own login, and shows what comes back by ``desk.page``.
"""
