"""The database of the hosts, set up as Pyramid's own project template does it.

One session a request, joined to the request's own transaction manager.
"""

from __future__ import annotations

import zope.sqlalchemy
from sqlalchemy import engine_from_config
from sqlalchemy.orm import sessionmaker


def includeme(config):
    settings = config.get_settings()
    settings["tm.manager_hook"] = "pyramid_tm.explicit_manager"
    config.include("pyramid_tm")
    engine = config.registry["engine"] = engine_from_config(settings, "sqlalchemy.")
    make = config.registry["session_maker"] = sessionmaker(engine)

    def session(request):
        made = make(info={"request": request})
        zope.sqlalchemy.register(made, transaction_manager=request.tm)
        return made

    name = settings.get("host.session_attribute", "dbsession")
    config.add_request_method(session, name, reify=True)
