import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { typed } from "../shared/forms";
import { t } from "../shared/i18n";
import { type Fen, yuan } from "../shared/money";
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
import { outbox } from "./outbox";
import type { Dispute, Statement, StatementDetail, StatementLine } from "./service";
import {
  agree,
  asking,
  dispute,
  leave,
  list,
  nextStatements,
  openLine,
  problem,
  save,
  sendDispute,
  sending,
  show,
  showMore,
  shown,
  shownLine,
  statements,
} from "./statements";

const STATES: Record<string, () => [Kind | "", string]> = {
  issued: () => ["wait", t("statement_issued")],
  agreed: () => ["yes", t("statement_agreed")],
  disputed: () => ["no", t("statement_disputed")],
  approved: () => ["yes", t("statement_approved")],
  paid: () => ["yes", t("statement_paid")],
};
const KINDS: Record<string, () => string> = {
  sale: () => t("line_sale"),
  taken_back: () => t("line_taken_back"),
  adjustment: () => t("line_adjustment"),
};
const DISPUTES: Record<string, () => [Kind | "", string]> = {
  open: () => ["wait", t("dispute_open")],
  accepted: () => ["yes", t("dispute_accepted")],
  rejected: () => ["", t("dispute_rejected")],
};

const PAYMENTS: Record<string, () => [Kind | "", string]> = {
  prepared: () => ["wait", t("payment_prepared")],
  sent: () => ["wait", t("payment_sent")],
  paid: () => ["yes", t("payment_paid")],
  returned: () => ["no", t("payment_returned")],
  refused: () => ["no", t("payment_refused")],
};
const INVOICES: Record<string, () => [Kind | "", string]> = {
  waiting: () => ["wait", t("invoice_waiting")],
  accepted: () => ["yes", t("invoice_accepted")],
  returned: () => ["no", t("invoice_returned")],
};

export function StatementsScreen({ token }: { token: string }) {
  useEffect(() => {
    if (shown.value === null) void list(token);
  }, [token]);
  const statement = shown.value;
  const line = shownLine.value;
  if (statement === null) return <StatementList token={token} />;
  if (line === null) return <StatementScreen token={token} statement={statement} />;
  return <LineScreen token={token} statement={statement} line={line} />;
}

function State({ statement }: { statement: Statement }) {
  const [kind, word] = STATES[statement.state]?.() ?? ["" as const, statement.state];
  return <Chip kind={kind}>{word}</Chip>;
}

function days({ starts_on, last_on }: Statement): string {
  return t("statement_days", { first: starts_on, last: last_on });
}

function StatementList({ token }: { token: string }) {
  const found = statements.value;
  return (
    <section class="panel flat">
      <Heading>{t("statements_title")}</Heading>
      {problem.value === null ? null : (
        <ProblemNote problem={problem.value}>
          <button type="button" class="plain" onClick={() => void list(token)}>
            {t("try_again")}
          </button>
        </ProblemNote>
      )}
      {found === null && asking.value ? <Waiting>{t("statements_loading")}</Waiting> : null}
      {found !== null && found.length === 0 ? (
        <div class="empty">
          <p>{t("no_statements")}</p>
        </div>
      ) : null}
      <ul class="plain-list">
        {(found ?? []).map((statement) => (
          <li key={statement.id}>
            <button type="button" class="sale" onClick={() => void show(token, statement.id)}>
              <span class="number">{statement.number}</span>
              <strong>{days(statement)}</strong>
              <Money fen={statement.payable_fen} />
              <State statement={statement} />
            </button>
          </li>
        ))}
      </ul>
      {nextStatements.value === null ? null : (
        <SendButton
          type="button"
          class="plain"
          busy={asking.value}
          onClick={() => void list(token, nextStatements.value)}
        >
          {t("show_more")}
        </SendButton>
      )}
    </section>
  );
}

function StatementScreen({ token, statement }: { token: string; statement: StatementDetail }) {
  return (
    <section class="panel flat">
      <Heading>{t("statement_title", { number: statement.number })}</Heading>
      <p class="quiet">{days(statement)}</p>
      <div>
        <State statement={statement} />
      </div>
      {problem.value === null ? null : <ProblemNote problem={problem.value} />}
      {statement.state === "agreed" ? <Note kind="yes">{t("agreed_done")}</Note> : null}
      {statement.open_disputes === 0 ? null : (
        <Note kind="wait">{t("disputed_count", { count: statement.open_disputes })}</Note>
      )}
      {statement.state === "issued" && statement.confirm_by !== null ? (
        <Note kind="wait">{t("answer_by", { day: statement.confirm_by })}</Note>
      ) : null}
      <Sums statement={statement} />
      {statement.state === "issued" ? <Agree token={token} statement={statement} /> : null}
      <Paid statement={statement} />
      <Invoiced statement={statement} />
      <SendButton
        type="button"
        class="plain"
        busy={sending.value}
        onClick={() => void save(token, statement)}
      >
        {t("save_pdf")}
      </SendButton>
      <h2>{t("statement_lines")}</h2>
      {statement.dispute_until === null || statement.state === "issued" ? null : (
        <p class="quiet">
          {statement.takes_disputes
            ? t("dispute_until", { day: statement.dispute_until })
            : t("disputes_over")}
        </p>
      )}
      <ul class="plain-list">
        {statement.items.map((line) => (
          <li key={line.journal_id}>
            <button type="button" class="sale" onClick={() => openLine(line)}>
              <span class="number">{line.line_no}</span>
              <strong>
                {KINDS[line.kind]?.() ?? line.kind} {line.day}
              </strong>
              <Money fen={line.amount_fen} />
              {line.dispute === null ? null : <DisputeState dispute={line.dispute} />}
            </button>
          </li>
        ))}
      </ul>
      {statement.next_cursor === null ? null : (
        <SendButton
          type="button"
          class="plain"
          busy={asking.value}
          onClick={() => void showMore(token, statement)}
        >
          {t("show_more")}
        </SendButton>
      )}
      <button type="button" class="plain" onClick={() => leave(token)}>
        {t("back_to_statements")}
      </button>
    </section>
  );
}

/** Its payments, each fund's by itself; one that was given up before it was sent is nobody's. */
function Paid({ statement }: { statement: StatementDetail }) {
  const payments = statement.payments.filter(({ state }) => state !== "cancelled");
  if (payments.length === 0) return null;
  return (
    <>
      <h2>{t("statement_payments")}</h2>
      <ul class="plain-list">
        {payments.map(({ state, amount_fen, attempt }) => (
          <li key={`${state} ${amount_fen} ${attempt}`}>
            <Money fen={amount_fen} /> <Word words={PAYMENTS} state={state} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Invoiced({ statement }: { statement: StatementDetail }) {
  if (!statement.asks_for_invoices) return null;
  return (
    <>
      <h2>{t("statement_invoices")}</h2>
      <ul class="plain-list">
        {statement.invoices.map(({ number, amount_fen, state, reason }) => (
          <li key={`${number} ${state}`}>
            <span class="code">{number}</span> <Money fen={amount_fen} />{" "}
            <Word words={INVOICES} state={state} />
            {reason === null ? null : <p>{reason}</p>}
          </li>
        ))}
      </ul>
      <p class="quiet">{t("invoices_by_manager")}</p>
    </>
  );
}

function Word({
  words,
  state,
}: {
  words: Record<string, () => [Kind | "", string]>;
  state: string;
}) {
  const [kind, word] = words[state]?.() ?? ["" as const, state];
  return <Chip kind={kind}>{word}</Chip>;
}

/** What the statement comes to, from the bills to what is paid. */
function Sums({ statement }: { statement: StatementDetail }) {
  const parts: [string, Fen][] = [
    [t("sum_bills"), statement.gross_fen],
    [t("sum_members"), statement.member_pays_fen],
    [t("sum_merchant"), statement.merchant_bears_fen],
    [t("union_pays"), statement.union_pays_fen],
    [t("sum_taken_back"), statement.taken_back_fen],
    [t("sum_adjusted"), statement.adjusted_fen],
    [t("sum_carried_in"), statement.carried_in_fen],
    [t("sum_carried_out"), statement.carried_out_fen],
  ];
  return (
    <dl class="facts">
      <dt>{t("sum_sales")}</dt>
      <dd>{statement.sales}</dd>
      {parts.map(([label, fen]) => [
        <dt key={label}>{label}</dt>,
        <dd key={`${label} fen`}>
          <Money fen={fen} />
        </dd>,
      ])}
      <dt>
        <strong>{t("payable")}</strong>
      </dt>
      <dd>
        <strong>
          <Money fen={statement.payable_fen} />
        </strong>{" "}
        <span lang="zh-Hans">{statement.payable_in_capitals}</span>
        {statement.account_tail === null ? null : (
          <p class="quiet">{t("account_tail", { tail: statement.account_tail })}</p>
        )}
      </dd>
    </dl>
  );
}

function Agree({ token, statement }: { token: string; statement: StatementDetail }) {
  const isAsked = useSignal(false);
  return (
    <>
      <SendButton
        type="button"
        busy={sending.value}
        onClick={() => {
          isAsked.value = true;
        }}
      >
        {t("agree")}
      </SendButton>
      {isAsked.value ? (
        <Ask
          question={t("agree_question", { amount: yuan(statement.payable_fen) })}
          onClose={() => {
            isAsked.value = false;
          }}
        >
          <p>{t("agree_final")}</p>
          <button
            type="button"
            onClick={() => {
              isAsked.value = false;
              void agree(token, statement);
            }}
          >
            {t("agree_yes")}
          </button>
        </Ask>
      ) : null}
    </>
  );
}

function DisputeState({ dispute: { state } }: { dispute: Dispute }) {
  const [kind, word] = DISPUTES[state]?.() ?? ["" as const, state];
  return <Chip kind={kind}>{word}</Chip>;
}

function LineScreen({
  token,
  statement,
  line,
}: {
  token: string;
  statement: StatementDetail;
  line: StatementLine;
}) {
  return (
    <section class="panel flat">
      <Heading>{t("line_title", { number: line.line_no })}</Heading>
      {problem.value === null ? null : <ProblemNote problem={problem.value} />}
      <LineFacts line={line} />
      {line.dispute === null ? null : <Disputed dispute={line.dispute} />}
      {line.dispute === null && statement.takes_disputes ? (
        <DisputeForm token={token} statement={statement} line={line} />
      ) : null}
      <button type="button" class="plain" onClick={() => openLine(null)}>
        {t("back_to_lines")}
      </button>
    </section>
  );
}

function LineFacts({ line }: { line: StatementLine }) {
  const parts: [string, Fen | null][] = [
    [t("bill"), line.gross_fen],
    [t("member_pays"), line.member_pays_fen],
    [t("merchant_bears"), line.merchant_bears_fen],
    [t("union_pays"), line.amount_fen],
  ];
  return (
    <dl class="facts">
      <dt>{t("line_kind")}</dt>
      <dd>{KINDS[line.kind]?.() ?? line.kind}</dd>
      <dt>{t("day")}</dt>
      <dd>{line.day}</dd>
      <dt>{t("receipt_no")}</dt>
      <dd class="code">{line.receipt_no ?? "–"}</dd>
      <dt>{t("site")}</dt>
      <dd>{line.site ?? "–"}</dd>
      {parts.map(([label, fen]) =>
        fen === null
          ? null
          : [
              <dt key={label}>{label}</dt>,
              <dd key={`${label} fen`}>
                <Money fen={fen} />
              </dd>,
            ],
      )}
    </dl>
  );
}

function Disputed({ dispute: said }: { dispute: Dispute }) {
  return (
    <Note kind={said.state === "open" ? "wait" : "yes"}>
      <p>
        <DisputeState dispute={said} />
      </p>
      <p>{said.reason}</p>
      {said.files === 0 ? null : <p>{t("dispute_files", { count: said.files })}</p>}
      {said.state === "open" ? <p>{t("dispute_done")}</p> : null}
      {said.state === "open" && said.files === 0 ? <p>{t("dispute_evidence")}</p> : null}
      {said.answer === null ? null : <p>{t("dispute_answer", { answer: said.answer })}</p>}
      {said.adjustment_fen === null || said.adjustment_fen === 0 ? null : (
        <p>{t("dispute_adjusts", { amount: yuan(said.adjustment_fen) })}</p>
      )}
    </Note>
  );
}

function DisputeForm({
  token,
  statement,
  line,
}: {
  token: string;
  statement: StatementDetail;
  line: StatementLine;
}) {
  const waiting = outbox.value.find(
    (sent) => sent.what === "dispute" && sent.sale_id === line.journal_id,
  );
  if (waiting !== undefined) {
    return (
      <Note kind="wait">
        <p>{t("dispute_unanswered")}</p>
        <SendButton
          type="button"
          busy={sending.value}
          onClick={() => void sendDispute(token, statement, waiting)}
        >
          {t("ask_again")}
        </SendButton>
      </Note>
    );
  }
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const reason = typed(event.currentTarget, "dispute_reason");
        if (reason !== "") void dispute(token, statement, line, reason);
      }}
    >
      <Field
        name="dispute_reason"
        label={t("dispute_reason")}
        hint={t("refund_reason_hint")}
        autocomplete="off"
        maxLength={200}
        required
      />
      <SendButton class="danger" busy={sending.value}>
        {t("dispute_send")}
      </SendButton>
    </form>
  );
}
