"""What visitors of a service site are called by what they do."""

from kernel.i18n import N_
from merchants.models import Occupation

OCCUPATION_WORDS: dict[Occupation, str] = {
    Occupation.COURIER: N_("Courier"),
    Occupation.FOOD_RIDER: N_("Food delivery"),
    Occupation.DRIVER: N_("Driver"),
    Occupation.SANITATION: N_("Street cleaning"),
    Occupation.SECURITY: N_("Security"),
    Occupation.OTHER: N_("Others"),
}
