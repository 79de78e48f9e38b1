import base64
from datetime import date, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kernel.ids import new_id
from kernel.secrets import blind_index, token_hash
from kernel.uscc import check_character
from merchants.models import (
    CLERK_NAME,
    MANAGER_NAME,
    MANAGER_PHONE,
    Agreement,
    AgreementState,
    Clerk,
    ManagerSession,
    ManagerState,
    Merchant,
    MerchantKind,
    MerchantManager,
    MerchantState,
    Site,
    Terminal,
)
from merchants.rules import READABLE
from merchants.services import MANAGER_PHONE_FIELD
from tests.make import NOW
from tests.make.base import BaseMaker


def new_jwk():
    """Return the public JWK of a new P-256 key, as a browser exports it."""
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (
        base64.urlsafe_b64encode(part.to_bytes(32)).decode().rstrip("=")
        for part in (numbers.x, numbers.y)
    )
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def synthetic_uscc(number):
    """Return a valid credit code of nobody: region 440399 does not exist."""
    body = f"91440399MA{number:07d}"
    return body + check_character(body)


class MerchantMaker(BaseMaker):
    def merchant(self, **facts):
        number = self.next_number()
        defaults = {
            "kind": MerchantKind.MERCHANT,
            "name": f"演示商户{number:03d}",
            "uscc": synthetic_uscc(number),
            "category": "餐饮",
            "district": "宝安区",
            "state": MerchantState.ACTIVE,
            "created_at": NOW,
        }
        return self.save(Merchant(**defaults | facts))

    def service_organisation(self, **facts):
        """A union's own: no credit code, no account."""
        return self.merchant(kind=MerchantKind.SERVICE_SITE, **{"uscc": None} | facts)

    def site(self, **facts):
        if "merchant_id" not in facts:
            facts["merchant_id"] = self.merchant().id
        defaults = {
            "name": f"演示门店{self.next_number():03d}",
            "address": "深圳市宝安区演示路1号",
            "district": "宝安区",
            "created_at": NOW,
        }
        return self.save(Site(**defaults | facts))

    def agreement(self, **facts):
        if "merchant_id" not in facts:
            facts["merchant_id"] = self.merchant().id
        defaults = {
            "number": f"PH-2026-{self.next_number():04d}",
            "starts_on": date(2026, 1, 1),
            "ends_on": date(2027, 1, 1),
            "state": AgreementState.ACTIVE,
            "signed_by": "深圳市总工会(演示)",
            "created_at": NOW,
            "signed_at": NOW,
        }
        return self.save(Agreement(**defaults | facts))

    def terminal(self, *, token=None, site=None, key=None, **facts):
        """A paired till; pass `token` to call the API as it, `key` to sign as it."""
        site = site or self.site()
        number = self.next_number()
        key = key or ec.generate_private_key(ec.SECP256R1())
        digits = [READABLE[number // 25**place % 25] for place in range(8)]
        defaults = {
            "site_id": site.id,
            "merchant_id": site.merchant_id,
            "code": "".join(reversed(digits)),
            "name": f"收银终端{number}",
            "token_hash": token_hash(token or f"uct_test_{new_id()}"),
            "public_key": key.public_key().public_bytes(
                Encoding.X962, PublicFormat.CompressedPoint
            ),
            "paired_at": NOW,
        }
        return self.save(Terminal(**defaults | facts))

    def manager(self, *, merchant=None, name="演示店长", phone=None, **facts):
        merchant = merchant or self.merchant()
        manager_id = new_id()
        phone = phone or f"+861540009{self.next_number():04d}"
        defaults = {
            "id": manager_id,
            "merchant_id": merchant.id,
            "name_sealed": MANAGER_NAME.seal(manager_id, name),
            "phone_sealed": MANAGER_PHONE.seal(manager_id, phone),
            "phone_index": blind_index(MANAGER_PHONE_FIELD, phone),
            "state": ManagerState.ACTIVE,
            "created_at": NOW,
            "activated_at": NOW,
        }
        return self.save(MerchantManager(**defaults | facts))

    def phone_of(self, manager):
        return MANAGER_PHONE.open(manager.id, manager.phone_sealed)

    def manager_session(self, manager, *, token, at=NOW):
        row = ManagerSession(
            manager_id=manager.id,
            token_hash=token_hash(token),
            browser="Chrome, Android",
            created_at=at,
            last_seen_at=at,
            expires_at=at + timedelta(days=30),
        )
        return self.save(row)

    def clerk(self, *, site, manager, name="演示店员", **facts):
        clerk_id = new_id()
        defaults = {
            "id": clerk_id,
            "merchant_id": site.merchant_id,
            "site_id": site.id,
            "name_sealed": CLERK_NAME.seal(clerk_id, name),
            "invited_by": manager.id,
            "invited_at": NOW,
        }
        return self.save(Clerk(**defaults | facts))
