"""Model of the metadata documents of clients: when each must be fetched again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.models.registry import APPLICATION, ModelSpec, PurgeRule


class AbstractClientMetadataDocument:
    """The metadata document of a client, which was fetched from its `client_id`.

    What it says is in the application. All processes share the time of the fetch.

    Attributes:
        client_id: The client.
        fetched_at: When the document was fetched, and was valid.
        expires_at: When it must be fetched again.
    """

    __tablename__ = "oauth_client_metadata_document"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    client_id: Mapped[str] = mapped_column(String(255), unique=True)
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.client_id}>"


CLIENT_METADATA_DOCUMENT = ModelSpec(
    "ClientMetadataDocument",
    AbstractClientMetadataDocument,
    references=APPLICATION,
    user_column=None,
    # The row is deleted with its client only: an expired one tells since when.
    purge=PurgeRule(
        name="client metadata documents",
        model="ClientMetadataDocument",
        keep=lambda settings: None,
    ),
)
