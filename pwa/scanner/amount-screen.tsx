import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../shared/i18n";
import { BILL_FEN_MAX, parseYuan, pressed, yuan } from "../shared/money";
import { Note, Refusal } from "../shared/ui";
import { folded } from "./presentation";
import {
  amountProblem,
  enter,
  quoted,
  redeem,
  type Step,
  showOffers,
  typedFen,
  typedYuan,
} from "./sale";
import { SaleSplit, VerdictBand } from "./sale-screens";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "0", "back"];

export function AmountScreen({
  token,
  chosen,
}: {
  token: string;
  chosen: Extract<Step, { name: "amount" }>;
}) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.focus(), []);
  const parts = quoted.value;
  const take = (typed: string) => {
    // What cannot be an amount is not taken, as at any till.
    if (typed === "" || parseYuan(typed) !== null) enter(token, chosen, typed);
    if (input.current !== null) input.current.value = typedYuan.value;
  };
  return (
    <>
      <VerdictBand verification={chosen.verification} />
      <form
        class="amount"
        onSubmit={(event) => {
          event.preventDefault();
          void redeem(token, chosen);
        }}
      >
        <div class="amount-head">
          <h1>{chosen.offer.title}</h1>
          <button type="button" class="plain" onClick={() => showOffers(chosen.verification)}>
            {t("other_offer")}
          </button>
        </div>
        <div class="sum">
          <label for="amount">{t("bill")}</label>
          <span>
            <span aria-hidden="true">¥</span>
            <input
              id="amount"
              ref={input}
              inputMode="none"
              autocomplete="off"
              placeholder="0.00"
              value={typedYuan.value}
              onInput={(event) => take(folded(event.currentTarget.value))}
            />
          </span>
        </div>
        <div class="live" aria-live="polite">
          <Said />
        </div>
        <div class="keypad" role="group" aria-label={t("keypad")}>
          {/* A pressed key leaves the focus in the sum: Enter must not press the key again. */}
          {KEYS.map((key) => (
            <button
              key={key}
              type="button"
              class="plain"
              onMouseDown={(event) => event.preventDefault()}
              {...(key === "back" ? { "aria-label": t("delete_digit") } : {})}
              onClick={() => take(pressed(typedYuan.value, key))}
            >
              {key === "back" ? "⌫" : key}
            </button>
          ))}
        </div>
        <button type="submit" class="thumb" disabled={parts === null}>
          {parts === null
            ? t("redeem")
            : t("redeem_collect", { amount: yuan(parts.member_pays_fen) })}
        </button>
      </form>
    </>
  );
}

/** What the service says of the amount so far; the same room whatever it says. */
function Said() {
  if (amountProblem.value !== null) {
    // Said, but the focus stays in the sum: the clerk goes on typing.
    return (
      <Note kind="no">
        <Refusal problem={amountProblem.value} />
      </Note>
    );
  }
  if (quoted.value !== null) return <SaleSplit sale={quoted.value} />;
  const gross = typedFen();
  if (gross === null || gross === 0) return <p class="hint">{t("type_the_bill")}</p>;
  if (gross > BILL_FEN_MAX) {
    return <Note kind="no">{t("bill_too_large", { amount: yuan(BILL_FEN_MAX) })}</Note>;
  }
  return (
    <p class="hint" aria-busy="true">
      {t("quoting")}
    </p>
  );
}
