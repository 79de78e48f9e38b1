"""Every table there is: a foreign key to "sites.id" resolves only once its module is imported."""

import aid.models
import app.deployment
import audit.models
import benefits.models
import cards.models
import discounts.models
import finance.models
import ledger.models
import members.models
import merchants.models
import proof.models
import risk.models
import staff.models
import training.models
