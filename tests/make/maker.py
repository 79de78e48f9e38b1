from tests.make.base import BaseMaker


class Maker(BaseMaker):
    """All makers together: `make.member()`, `make.card()`, …"""
