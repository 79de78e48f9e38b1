from tests.make.aid import AidMaker
from tests.make.cards import CardMaker
from tests.make.ledger import LedgerMaker
from tests.make.merchants import MerchantMaker
from tests.make.staff import StaffMaker
from tests.make.training import TrainingMaker


class Maker(AidMaker, CardMaker, LedgerMaker, MerchantMaker, StaffMaker, TrainingMaker):
    """All makers together: `make.member()`, `make.card()` and so on."""
