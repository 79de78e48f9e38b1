"""Every table there is: a foreign key to "sites.id" resolves only once its module is imported."""

import audit.models
import members.models
import merchants.models
import staff.models
