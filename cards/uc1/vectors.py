"""The shared test vectors, run against this package: `flask cards check-vectors FILE`."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

from cards.uc1.answers import Refused, Verified
from cards.uc1.credential import Credential, read_credential
from cards.uc1.keys import compressed, key_from_point
from cards.uc1.policy import Policy
from cards.uc1.replay import ReplayMemory
from cards.uc1.status import StatusList, verify_status_list
from cards.uc1.trust import TrustList, verify_trust_list
from cards.uc1.verify import References, verify_text

FILE_BYTES_MAX = 4 * 1024 * 1024


class VectorsUnusable(ValueError):
    """The file is not a file of vectors, or what all of them rest on does not verify."""


class Checked(TypedDict):
    passed: int
    failed: list[str]


def check_vectors(source: Path | Mapping[str, Any]) -> Checked:
    """Run every vector and every sequence of a file, or of its content.

    A vector passes if it is accepted or refused as it says, a refused one with its code, an
    accepted one with each of the facts that it names; `detail` is for readers. A sequence passes if
    each of its steps does, in order, with one replay memory. Raises VectorsUnusable, OSError.
    """
    content = _content(source)
    try:
        vectors = Vectors(content)
        outcomes = [(str(case["name"]), vectors.passes(case)) for case in content["vectors"]]
        outcomes += [
            (str(sequence["name"]), vectors.sequence_passes(sequence["steps"]))
            for sequence in content["sequences"]
        ]
    except VectorsUnusable:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise VectorsUnusable(f"not a file of UC1 vectors: {error!r}") from error
    return Checked(
        passed=sum(passed for _, passed in outcomes),
        failed=[name for name, passed in outcomes if not passed],
    )


class Vectors:
    """What all vectors of one file share: its numbers, its keys, its lists."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.policy = policy_of(content["params"])
        root = content["keys"][content["trust_list"]["root"]]
        self._root_key = key_from_point(bytes.fromhex(root["pub_compressed"]))
        self._trust_list = bytes.fromhex(content["trust_list"]["hex"])
        self._status_tokens = {
            int(number): bytes.fromhex(entry["token_hex"])
            for number, entry in content["status_lists"].items()
        }
        # A reference names a credential by its cti. The file holds the one it was issued as.
        self._issued = read_credential(bytes.fromhex(content["worked"]["credential_hex"])).facts

    def answer(self, case: Mapping[str, Any]) -> Verified | Refused:
        """Return what this package says to one vector, or one step, without replay."""
        now = int(case["now"])
        trust = self.trust(now)
        nonce = case.get("nonce")
        return verify_text(
            case["text"],
            now=now,
            trust=trust,
            statuses=self.statuses(trust, now),
            audience=case.get("audience"),
            nonce=None if nonce is None else bytes.fromhex(nonce),
            references=self._references(case.get("refs")),
            policy=self.policy,
        )

    def passes(self, case: Mapping[str, Any]) -> bool:
        return _meets(self.answer(case), case["expect"])

    def sequence_passes(self, steps: list[Mapping[str, Any]]) -> bool:
        memory = ReplayMemory(self.policy)
        for step in steps:
            answer = self.answer(step)
            if isinstance(answer, Verified):
                answer = memory.admit(answer, scan_id=step["scan_id"], now=int(step["now"]))
            if not _meets(answer, step["expect"]):
                return False
        return bool(steps)

    def trust(self, now: int) -> TrustList:
        trust = verify_trust_list(self._trust_list, root_key=self._root_key, now=now)
        if isinstance(trust, Refused):
            raise VectorsUnusable(f"the trust list is refused: {trust}")
        return trust

    def statuses(self, trust: TrustList, now: int) -> dict[str, StatusList]:
        """Return the file's lists by the address that the trust list gives their number."""
        bases = {key.status_base for key in trust.keys.values()}
        held: dict[str, StatusList] = {}
        for number, token in self._status_tokens.items():
            answers = [
                verify_status_list(token, uri=f"{base}{number}", trust=trust, now=now)
                for base in bases
            ]
            lists = [answer for answer in answers if isinstance(answer, StatusList)]
            if not lists:
                raise VectorsUnusable(f"status list {number} is refused: {answers}")
            held |= {status_list.uri: status_list for status_list in lists}
        return held

    def _references(self, refs: Mapping[str, str] | None) -> References | None:
        if refs is None:
            return None
        known: dict[bytes, Credential] = {}
        for cti, point in refs.items():
            device_point = compressed(key_from_point(bytes.fromhex(point)))
            known[bytes.fromhex(cti)] = replace(
                self._issued, cti=bytes.fromhex(cti), device_point=device_point
            )
        return known.get


def policy_of(params: Mapping[str, Any]) -> Policy:
    """Return the numbers that a file of vectors states."""
    return Policy(
        rotate_seconds=params["rotate_s"],
        past_seconds=params["past_s"],
        future_seconds=params["future_s"],
        challenge_past_seconds=params["challenge_past_s"],
        exp_grace_seconds=params["exp_grace_s"],
        slice_grace_seconds=params["slice_grace_s"],
        card_life_seconds_max=params["max_life_s"]["card"],
        paper_life_seconds_max=params["max_life_s"]["paper"],
        slice_life_seconds_max=params["max_life_s"]["slice"],
        text_length_max=params["max_text"],
    )


def _content(source: Path | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(source, Mapping):
        return source
    if source.stat().st_size > FILE_BYTES_MAX:
        raise VectorsUnusable(f"more than {FILE_BYTES_MAX} bytes")
    try:
        content = json.loads(source.read_text(encoding="utf-8"))
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise VectorsUnusable(f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise VectorsUnusable("not a JSON object")
    return content


def _meets(answer: Verified | Refused, expected: Mapping[str, Any]) -> bool:
    """Return whether an answer is the expected one. A fact nobody knows here is not met."""
    if isinstance(answer, Refused):
        return expected["ok"] is False and answer.code == expected["error"]
    if expected["ok"] is not True:
        return False
    facts = {
        "ok": True,
        "assurance": answer.assurance.value,
        "challenged": answer.challenged,
        "cti": answer.cti.hex(),
        "tier": answer.tier,
        "hint": answer.hint,
    }
    return all(name in facts and facts[name] == value for name, value in expected.items())
