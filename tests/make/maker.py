from tests.make.aid import AidMaker
from tests.make.bank import BankMaker
from tests.make.cards import CardMaker
from tests.make.staff import StaffMaker
from tests.make.training import TrainingMaker


class Maker(AidMaker, CardMaker, BankMaker, StaffMaker, TrainingMaker):
    """All makers together: `make.member()`, `make.card()` and so on."""
