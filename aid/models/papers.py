from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn


class AidMediaType(StrEnum):
    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


AID_DOCUMENT_CONTENT = SealedColumn("aid_documents", "content_sealed")


class AidDocument(Base):
    """A paper that a member handed in: health data, sealed, served as a download only.

    One that belongs to no claim is forgotten after some days. `content_index` finds the same file
    again in another claim.
    """

    __tablename__ = "aid_documents"
    __table_args__ = (
        CheckConstraint("size_bytes > 0", name="size_positive"),
        Index("ix_aid_documents_claim_id", "claim_id"),
        Index("ix_aid_documents_content_index", "content_index"),
        Index(
            "ix_aid_documents_loose",
            "member_id",
            "uploaded_at",
            postgresql_where=text("claim_id IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("aid_claims.id"))
    kind: Mapped[str] = mapped_column(String(40))  # as the scheme names its papers
    media_type: Mapped[AidMediaType]
    size_bytes: Mapped[int]
    content_index: Mapped[bytes]
    content_sealed: Mapped[bytes]
    uploaded_at: Mapped[datetime]
