import { useEffect, useRef } from "preact/hooks";
import { clock, dayAndTimeOf, dayOf, serverNow, timeOf } from "../../shared/clock";
import { t } from "../../shared/i18n";
import { type Fen, yuan } from "../../shared/money";
import { Chip, Money, Note, ProblemNote, Refusal, SendButton } from "../../shared/ui";
import { SaleSplit } from "../sale-screens";
import type { Pairing } from "../service";
import { paired } from "../till";
import { list, listed, today } from "../today";
import { leftOf } from "./allowance";
import { grantedOf } from "./judge";
import { held, isPrepared, leaseProblem } from "./lists";
import { isOpen, type Kept } from "./queue";
import { isReached } from "./reach";
import { isReady, lost, records, reload, sending, sendProblem, syncNow } from "./sync";
import { titleOf } from "./words";

/** Above the camera: that this till judges by itself, how far it may, and what waits. */
export function OfflineNote({ pairing }: { pairing: Pairing }) {
  const own = ownOf(pairing);
  const waiting = own.filter(isOpen);
  if (!isReady.value || (isReached.value && waiting.length === 0)) return null;
  return (
    <Note kind="wait">
      {isReached.value ? null : <Allowed own={own} />}
      {waiting.length === 0 ? null : (
        <p>{t("offline_waiting", { count: waiting.length, amount: yuan(collected(waiting)) })}</p>
      )}
    </Note>
  );
}

function Allowed({ own }: { own: Kept[] }) {
  const { lease } = held.value;
  const now = serverNow();
  if (lease === null || now >= lease.exp * 1000) return <p>{t("offline_nothing_allowed")}</p>;
  const left = leftOf(lease, grantedOf(own), dayOf(now)) as Fen;
  const until = dayAndTimeOf(new Date(lease.exp * 1000).toISOString());
  return <p>{t("offline_allowed", { until, amount: yuan(left) })}</p>;
}

/** In "Today": what waits to be sent, what the service said of the rest, and what is missing. */
export function OfflineSales() {
  const now = paired.value;
  useEffect(() => {
    // Another window may have sent or granted some meanwhile.
    void reload().catch(() => undefined);
  }, []);
  return now.name === "paired" ? <SalesOf pairing={now.pairing} /> : null;
}

function SalesOf({ pairing }: { pairing: Pairing }) {
  const own = ownOf(pairing);
  const waiting = own.filter(isOpen);
  useJudged(pairing, waiting.length);
  const done = own.filter((record) => !isOpen(record)).reverse();
  const orphaned = records.value.filter(
    (record) => record.terminal_id !== pairing.terminal_id && isOpen(record),
  );
  if (own.length + orphaned.length + lost.value.length === 0) return null;
  return (
    <section class="offline" aria-labelledby="offline-sales">
      <h2 id="offline-sales">{t("offline_title")}</h2>
      {sendProblem.value === null ? null : <ProblemNote problem={sendProblem.value} />}
      {waiting.length === 0 ? null : (
        <>
          <Note kind="wait">
            <p>{t("offline_waiting", { count: waiting.length, amount: yuan(collected(waiting)) })}</p>
          </Note>
          <SendButton type="button" busy={sending.value} onClick={syncNow}>
            {t("offline_send")}
          </SendButton>
        </>
      )}
      {lost.value.map(([from, to]) => (
        <Note key={from} kind="no">
          <p>{t("offline_lost", { from, to })}</p>
        </Note>
      ))}
      {orphaned.length === 0 ? null : (
        <Note kind="no">
          <p>
            {t("offline_orphaned", { count: orphaned.length, amount: yuan(collected(orphaned)) })}
          </p>
        </Note>
      )}
      <ul class="plain-list">
        {[...waiting, ...done].map((record) => (
          <li key={record.id}>
            <OfflineSale record={record} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the service has just judged belongs to the day's sales above as well. */
function useJudged({ token }: Pairing, open: number): void {
  const before = useRef(open);
  useEffect(() => {
    if (open < before.current) void list(token, listed.value?.day ?? today());
    before.current = open;
  }, [token, open]);
}

function OfflineSale({ record }: { record: Kept }) {
  const { verdict } = record;
  return (
    <details class="offline-sale">
      <summary>
        <span class="sale">
          <strong>{titleOf(record)}</strong>
          <Money fen={record.parts.gross_fen} />
          <span class="number">
            {t("offline_number", { number: record.seq })} · {record.day}{" "}
            {timeOf(Date.parse(record.occurred_at)).slice(0, 5)}
          </span>
          <Judgement record={record} />
        </span>
      </summary>
      <SaleSplit
        sale={{
          gross_fen: record.parts.gross_fen,
          member_pays_fen: verdict?.member_pays_fen ?? record.parts.member_pays_fen,
          merchant_bears_fen: verdict?.merchant_bears_fen ?? record.parts.merchant_bears_fen,
          union_pays_fen: verdict?.union_pays_fen ?? record.parts.union_pays_fen,
        }}
      />
      {verdict?.receipt_no ? (
        <p>
          {t("receipt_no")} <span class="code">{verdict.receipt_no}</span>
        </p>
      ) : null}
      {verdict?.reason_text ? <p>{verdict.reason_text}</p> : null}
      {verdict?.next_step ? <p>{verdict.next_step}</p> : null}
    </details>
  );
}

function Judgement({ record: { verdict } }: { record: Kept }) {
  switch (verdict?.verdict) {
    case "captured":
      return <Chip kind="yes">{t("state_captured")}</Chip>;
    case "refused":
      return <Chip kind="no">{t("offline_refused")}</Chip>;
    case "waiting":
      return <Chip kind="wait">{t("offline_at_service")}</Chip>;
    default:
      return <Chip kind="wait">{t("offline_not_sent")}</Chip>;
  }
}

/** On the till's own page: whether it could go on if the network went now, and for how long. */
export function Readiness() {
  const now = held.value;
  // Read for its ticks: a lease ends while it is looked at.
  const isOn = isPrepared(now, clock.value / 1000);
  if (isOn && now.lease !== null) {
    const until = dayAndTimeOf(new Date(now.lease.exp * 1000).toISOString());
    return (
      <p class="readiness">
        {t("offline_badge")}: <Chip kind="yes">{t("offline_ready")}</Chip>{" "}
        {t("offline_ready_until", { until })}
      </p>
    );
  }
  return (
    <div class="readiness">
      <p>
        {t("offline_badge")}: <Chip kind="wait">{t("offline_not_ready")}</Chip>
      </p>
      {leaseProblem.value === null ? (
        <p class="quiet">{t("offline_not_ready_next")}</p>
      ) : (
        <Refusal problem={leaseProblem.value} />
      )}
    </div>
  );
}

/** Where a device is no till: the sales that it made as one, and that nobody else has. */
export function KeptSales() {
  useEffect(() => {
    void reload().catch(() => undefined);
  }, []);
  const kept = records.value.filter(isOpen);
  if (kept.length === 0) return null;
  const amount = yuan(collected(kept));
  return <Note kind="wait">{t("offline_kept_here", { count: kept.length, amount })}</Note>;
}

/** Before this device is given up: what only it knows of. */
export function UnpairWarning({ pairing }: { pairing: Pairing }) {
  const count = ownOf(pairing).filter(isOpen).length;
  if (count === 0) return null;
  return (
    <p>
      <strong>{t("offline_unpair", { count })}</strong>
    </p>
  );
}

function ownOf({ terminal_id }: Pairing): Kept[] {
  return records.value.filter((record) => record.terminal_id === terminal_id);
}

function collected(own: Kept[]): Fen {
  return own.reduce((sum, { parts }) => sum + parts.gross_fen, 0) as Fen;
}
