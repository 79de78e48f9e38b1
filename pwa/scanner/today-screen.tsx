import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { timeOf } from "../shared/clock";
import { typed } from "../shared/forms";
import { t } from "../shared/i18n";
import { type Fen, parseYuan, yuan } from "../shared/money";
import {
  Ask,
  Chip,
  Field,
  Heading,
  type Kind,
  Money,
  Note,
  ProblemNote,
  SendButton,
  Waiting,
} from "../shared/ui";
import { OfflineSales } from "./offline/loaded";
import { isReached, isUnreached, onReachChange } from "./offline/reach";
import { outbox } from "./outbox";
import { ReceiptLinks } from "./receipt-links";
import { SaleSplit } from "./sale-screens";
import type { Redemption } from "./service";
import {
  isRefundable,
  isVoidable,
  justVoided,
  type Listed,
  list,
  listed,
  listing,
  listMore,
  listProblem,
  open,
  opened,
  refund,
  refunded,
  sendRefund,
  today,
  undoing,
  undoProblem,
  voidOpened,
} from "./today";

const STATES: Record<string, () => [Kind | "", string]> = {
  held: () => ["wait", t("state_held")],
  captured: () => ["yes", t("state_captured")],
  voided: () => ["", t("state_voided")],
  expired: () => ["", t("state_expired")],
  partly_reversed: () => ["wait", t("state_partly_reversed")],
  reversed: () => ["", t("state_reversed")],
};

export function TodayScreen({ token }: { token: string }) {
  useEffect(() => {
    if (opened.value === null) void list(token, today());
  }, [token]);
  return opened.value === null ? (
    <DayList token={token} />
  ) : (
    <SaleScreen token={token} sale={opened.value} />
  );
}

function DayList({ token }: { token: string }) {
  const now = listed.value;
  useEffect(
    () =>
      onReachChange(() => {
        if (isReached.value && listProblem.value !== null) void list(token, today());
      }),
    [token],
  );
  return (
    <section class="panel flat">
      <Heading>{t("sales_title")}</Heading>
      <div class="field">
        <label for="day">{t("day")}</label>
        <input
          id="day"
          type="date"
          max={today()}
          value={now?.day ?? today()}
          onChange={(event) => void list(token, event.currentTarget.value || today())}
        />
      </div>
      {listProblem.value === null ? null : (
        <ProblemNote
          problem={listProblem.value}
          kind={isUnreached(listProblem.value) ? "wait" : "no"}
        >
          <button type="button" class="plain" onClick={() => void list(token, now?.day ?? today())}>
            {t("try_again")}
          </button>
        </ProblemNote>
      )}
      {now === null && listing.value ? <Waiting>{t("list_loading")}</Waiting> : null}
      {now === null ? null : <Sales token={token} now={now} />}
      <OfflineSales />
    </section>
  );
}

function Sales({ token, now }: { token: string; now: Listed }) {
  if (now.sales.length === 0) {
    return (
      <div class="empty">
        <p>{t("no_sales")}</p>
        <a class="button plain" href="#scan">
          {t("to_scan")}
        </a>
      </div>
    );
  }
  return (
    <>
      {now.next === null ? (
        <p class="quiet">
          {t("day_totals", { count: now.sales.length, amount: yuan(keptOf(now.sales)) })}
        </p>
      ) : null}
      <ul class="plain-list">
        {now.sales.map((sale) => (
          <li key={sale.id}>
            <button type="button" class="sale" onClick={() => open(sale)}>
              <strong>{sale.offer_title}</strong>
              <Money fen={sale.gross_fen} />
              <span class="number">{timeOf(Date.parse(sale.received_at)).slice(0, 5)}</span>
              <State sale={sale} />
            </button>
          </li>
        ))}
      </ul>
      {now.next === null ? null : (
        <SendButton
          type="button"
          class="plain"
          busy={listing.value}
          onClick={() => void listMore(token)}
        >
          {t("show_more")}
        </SendButton>
      )}
    </>
  );
}

/** What of the day's bills has not been taken back. */
function keptOf(sales: Redemption[]): Fen {
  return sales.reduce((sum, { left_fen }) => sum + left_fen, 0) as Fen;
}

function State({ sale }: { sale: Redemption }) {
  const [kind, word] = STATES[sale.state]?.() ?? ["" as const, sale.state];
  return <Chip kind={kind}>{word}</Chip>;
}

function SaleScreen({ token, sale }: { token: string; sale: Redemption }) {
  const waiting = outbox.value.find((sent) => sent.what === "refund" && sent.sale_id === sale.id);
  const back = () => {
    open(null);
    if (listed.value === null) void list(token, today());
  };
  return (
    <section class="panel flat">
      <Heading>{sale.offer_title}</Heading>
      <div>
        <State sale={sale} />
      </div>
      {undoProblem.value === null ? null : <ProblemNote problem={undoProblem.value} />}
      {refunded.value === null ? null : (
        <Note kind="yes">
          {t("refund_done", {
            amount: yuan(refunded.value.amount_fen),
            member: yuan(refunded.value.member_fen),
          })}
        </Note>
      )}
      {justVoided.value ? (
        <Note kind="yes">{t("void_done", { amount: yuan(sale.member_pays_fen) })}</Note>
      ) : null}
      <SaleSplit sale={sale} />
      <dl class="facts">
        <dt>{t("receipt_no")}</dt>
        <dd class="code">{sale.receipt_no ?? t("no_receipt_yet")}</dd>
        <dt>{t("bill")}</dt>
        <dd>
          <Money fen={sale.gross_fen} />
        </dd>
        <dt>{t("not_taken_back")}</dt>
        <dd>
          <Money fen={sale.left_fen} />
        </dd>
      </dl>
      <ReceiptLinks url={sale.receipt_url} />
      {waiting === undefined ? (
        <Undo token={token} sale={sale} />
      ) : (
        <Note kind="wait">
          <p>{t("refund_unanswered", { amount: yuan(waiting.amount_fen) })}</p>
          <SendButton
            type="button"
            busy={undoing.value}
            onClick={() => void sendRefund(token, waiting)}
          >
            {t("ask_again")}
          </SendButton>
        </Note>
      )}
      <button type="button" class="plain" onClick={back}>
        {t("back_to_list")}
      </button>
    </section>
  );
}

function Undo({ token, sale }: { token: string; sale: Redemption }) {
  const asking = useSignal(false);
  return (
    <>
      {isVoidable(sale) ? (
        <SendButton
          type="button"
          class="danger"
          busy={undoing.value}
          onClick={() => {
            asking.value = true;
          }}
        >
          {t("void_whole")}
        </SendButton>
      ) : null}
      {isRefundable(sale) ? <RefundForm token={token} sale={sale} /> : null}
      {asking.value ? (
        <Ask
          question={t("void_question", { amount: yuan(sale.member_pays_fen) })}
          onClose={() => {
            asking.value = false;
          }}
        >
          <p>{t("void_final")}</p>
          <button
            type="button"
            class="danger"
            onClick={() => {
              asking.value = false;
              void voidOpened(token, sale);
            }}
          >
            {t("void_yes")}
          </button>
        </Ask>
      ) : null}
    </>
  );
}

/** A part of the bill, or all of it, on any later day: with a reason. */
function RefundForm({ token, sale }: { token: string; sale: Redemption }) {
  const fault = useSignal<string | null>(null);
  return (
    <details>
      <summary>{t("refund_title")}</summary>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const amount = parseYuan(typed(form, "refund_amount"));
          const isPart = amount !== null && amount > 0 && amount <= sale.left_fen;
          fault.value = isPart ? null : t("refund_amount_wrong", { amount: yuan(sale.left_fen) });
          if (isPart) void refund(token, sale, amount, typed(form, "refund_reason"));
        }}
      >
        {fault.value === null ? null : <Note kind="no">{fault.value}</Note>}
        <Field
          name="refund_amount"
          label={t("refund_amount")}
          hint={t("refund_amount_hint", { amount: yuan(sale.left_fen) })}
          inputMode="decimal"
          autocomplete="off"
          maxLength={12}
          required
        />
        <Field
          name="refund_reason"
          label={t("refund_reason")}
          hint={t("refund_reason_hint")}
          autocomplete="off"
          maxLength={200}
          required
        />
        <SendButton class="danger" busy={undoing.value}>
          {t("refund_send")}
        </SendButton>
      </form>
    </details>
  );
}
