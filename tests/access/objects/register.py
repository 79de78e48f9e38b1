"""Cases of the real-name register and of cards: what is another union's."""

from tests.access.objects.cases import REASON, UNION, Own, desk_case, typed

_FREEZE = {"reason": "核对", "until": typed(24)}

REGISTER_CASES = [
    desk_case("GET members_pages.member", member_id="member"),
    desk_case("POST members_pages.reveal", member_id="member", form={"purpose": "核对"}),
    desk_case("GET members_pages.correction", correction_id="correction"),
    desk_case(
        "POST members_pages.answer",
        correction_id="correction",
        form={"decision": "done", "answer": "已更正"},
    ),
    desk_case("GET members_pages.correct_form", member_id="member"),
    desk_case(
        "POST members_pages.save_correction",
        member_id="member",
        form={"name": "张小红", "correction_id": Own("correction")},
    ),
    desk_case("GET transfers_pages.transfer", transfer_id="transfer"),
    desk_case("POST transfers_pages.accept", transfer_id="transfer"),
    desk_case("POST transfers_pages.refuse", transfer_id="transfer", form={"answer": "不在本辖区"}),
    desk_case("GET members_pages.show_import", import_id="import"),
    desk_case("GET members_pages.import_progress", import_id="import"),
    desk_case("POST members_pages.commit", import_id="import"),
    desk_case("POST members_pages.discard", import_id="import"),
    desk_case("GET members_pages.refused_lines", import_id="import"),
    desk_case("GET reports_pages.report", report_id="report"),
    desk_case("POST reports_pages.answer", report_id="report", form={"answer": "已核实"}),
    desk_case("GET reports_pages.rating", offer_id="offer"),
    desk_case("GET cards_pages.card", card_id="member_card"),
    desk_case("POST cards_pages.freeze", card_id="member_card", form=_FREEZE),
    desk_case("POST cards_pages.lose", card_id="member_card", form=REASON),
    desk_case("POST cards_pages.restore", card_id="member_card", form=REASON),
    desk_case("POST cards_pages.replace", card_id="member_card", form=REASON),
    desk_case("POST cards_pages.cancel", card_id="member_card", form=REASON),
    desk_case("POST cards_pages.confirm_number", card_id="member_card"),
    desk_case("POST cards_pages.grant", appeal_id="appeal", form=REASON),
    desk_case("POST cards_pages.reject", appeal_id="appeal", form=REASON),
    desk_case("GET cards_pages.membership", member_id="member"),
    desk_case(
        "POST cards_pages.save_membership",
        member_id="member",
        form=REASON | {"to": "retained"},
    ),
    desk_case("POST cards_pages.start", form=UNION),
    desk_case("GET cards_pages.batch", batch_id="batch"),
    desk_case("GET cards_pages.batch_progress", batch_id="batch"),
    desk_case("POST paper_pages.start", form=UNION | {"layout": "sheet"}),
    desk_case(
        "POST paper_pages.start_chosen",
        form=UNION | {"layout": "sheet", "card_id": Own("member_card")},
    ),
    desk_case("GET paper_pages.batch", batch_id="paper_batch"),
    desk_case("GET paper_pages.batch_progress", batch_id="paper_batch"),
    desk_case("GET paper_pages.download", batch_id="paper_batch", number="paper_file"),
    desk_case("GET paper_pages.card", card_id="member_card"),
    desk_case("POST paper_pages.start_one", card_id="member_card", form={"layout": "card"}),
    desk_case("POST paper_pages.lose", card_id="member_card"),
]
