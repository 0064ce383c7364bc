"""The database of the hosts, as in Pyramid's project template.

One session per request, joined to the transaction manager of the request.
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
        session_ = make(info={"request": request})
        zope.sqlalchemy.register(session_, transaction_manager=request.tm)
        return session_

    name = settings.get("host.session_attribute", "dbsession")
    config.add_request_method(session, name, reify=True)
