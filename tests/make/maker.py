from tests.make.aid import AidMaker
from tests.make.cards import CardMaker
from tests.make.finance import PaymentMaker
from tests.make.staff import StaffMaker
from tests.make.training import TrainingMaker


class Maker(AidMaker, CardMaker, PaymentMaker, StaffMaker, TrainingMaker):
    """All makers together: `make.member()`, `make.card()` and so on."""
