import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../shared/i18n";
import { type Fen, type Parts, yuan } from "../shared/money";
import { standing } from "../shared/standing";
import { goTo } from "../shared/tabs";
import {
  Chip,
  Heading,
  type Kind,
  Mark,
  Money,
  Note,
  ProblemNote,
  Split,
  Waiting,
} from "../shared/ui";
import { tell } from "./feedback";
import { PaperCheck } from "./paper-check";
import { ReceiptLinks } from "./receipt-links";
import { askAgain, askPhone, choose, giveUp, nextCard, type Step, setAside, showOffers } from "./sale";
import type { Offer, Verification } from "./service";
import { terminal } from "./till";
import { open } from "./today";

type At<Name extends Step["name"]> = Extract<Step, { name: Name }>;

/** One big answer that a queue can read, one sentence, one button at the thumb. */
export function VerdictScreen({ verification }: At<"verdict">) {
  const { kind, word, sentence } = verdictOf(verification);
  const next = useRef<HTMLButtonElement>(null);
  const isPaper = verification.accepted && verification.assurance === "static";
  useLayoutEffect(() => next.current?.focus(), []);
  useEffect(() => tellOnce(verification, kind), []);
  const only = onlyOffer(verification);
  return (
    <section class={`verdict ${kind}`}>
      <div role="alert">
        <Mark kind={kind} />
        <h1>{word}</h1>
        <OfflineBadge verification={verification} />
        <Holder verification={verification} hidesTail={isPaper} />
        <p class="sentence">{sentence}</p>
        {verification.next_step === null ? null : <p>{verification.next_step}</p>}
      </div>
      <div class="thumb">
        {isPaper ? (
          <>
            <PaperCheck verification={verification} />
            <button type="button" class="plain" onClick={nextCard}>
              {t("next_card")}
            </button>
          </>
        ) : only !== null ? (
          <button type="button" ref={next} onClick={() => choose(verification, only)}>
            {t("to_amount", { title: only.title })}
          </button>
        ) : verification.accepted ? (
          <button type="button" ref={next} onClick={() => showOffers(verification)}>
            {t("to_offers")}
          </button>
        ) : (
          <button type="button" ref={next} onClick={nextCard}>
            {t("next_card")}
          </button>
        )}
      </div>
    </section>
  );
}

let told = "";

/** Each verdict is heard once, however often the clerk comes back to it. */
function tellOnce({ verification_id }: Verification, kind: Kind): void {
  if (told === verification_id) return;
  told = verification_id;
  tell(kind);
}

/** Where there is nothing to choose, the amount is the next step. */
function onlyOffer({ accepted, offers }: Verification): Offer | null {
  if (!accepted || terminal.value?.may_redeem === false) return null;
  const usable = offers.filter((offer) => offer.usable);
  const needsMore = offers.some(({ reason }) => reason === CHALLENGE_NEEDED);
  return usable.length === 1 && !needsMore ? (usable[0] ?? null) : null;
}

function verdictOf(verification: Verification): { kind: Kind; word: string; sentence: string } {
  if (!verification.accepted) {
    return {
      kind: "no",
      word: t("verdict_no"),
      sentence: verification.reason_text ?? t("verdict_no_reason"),
    };
  }
  if (verification.isOffline) {
    return { kind: "yes", word: t("verdict_yes"), sentence: t("offline_verdict_yes") };
  }
  // Paper can be copied: only the person beside it makes it good.
  return verification.assurance === "static"
    ? { kind: "wait", word: t("verdict_check"), sentence: t("verdict_check_paper") }
    : { kind: "yes", word: t("verdict_yes"), sentence: t("verdict_yes_live") };
}

export function Holder({
  verification: { card },
  hidesTail = false,
}: {
  verification: Verification;
  hidesTail?: boolean;
}) {
  if (card === null) return null;
  return (
    <p class="holder-line">
      {card.masked_name} · {hidesTail ? "" : `${t("tail", { tail: card.tail })} · `}
      {standing(card.standing).word}
    </p>
  );
}

/** Nobody but this till has said so: the clerk should know at a glance. */
function OfflineBadge({ verification: { isOffline } }: { verification: Verification }) {
  if (!isOffline) return null;
  return (
    <p class="way">
      <span aria-hidden="true">⇅</span> {t("offline_badge")}
    </p>
  );
}

/** The verdict again, small, above what follows from it. */
export function VerdictBand({ verification }: { verification: Verification }) {
  const { kind, word } = verdictOf(verification);
  return (
    <div class={`verdict-band ${kind}`}>
      <Mark kind={kind} />
      <div>
        <strong>{word}</strong>
        <OfflineBadge verification={verification} />
        <Holder verification={verification} />
      </div>
    </div>
  );
}

const CHALLENGE_NEEDED = "challenge_needed";

export function OffersScreen({ token, now }: { token: string; now: At<"offers"> }) {
  const { verification, problem } = now;
  const mayRedeem = terminal.value?.may_redeem !== false;
  return (
    <>
      <VerdictBand verification={verification} />
      <section class="panel flat">
        <Heading>{t("offers_title")}</Heading>
        {mayRedeem ? null : <Note kind="wait">{t("till_suspended")}</Note>}
        {problem === undefined ? null : <ProblemNote problem={problem} />}
        {verification.offers.length === 0 ? <p>{t("no_offers")}</p> : null}
        <ul class="plain-list">
          {verification.offers.map((offer) => (
            <li key={offer.offer_id}>
              {offer.usable && mayRedeem ? (
                <button type="button" class="offer" onClick={() => choose(verification, offer)}>
                  <strong>{offer.title}</strong>
                  <Left offer={offer} />
                </button>
              ) : (
                <OfferRefused offer={offer} />
              )}
            </li>
          ))}
        </ul>
        {verification.offers.some(({ reason }) => reason === CHALLENGE_NEEDED) ? (
          <button type="button" onClick={() => void askPhone(token, verification)}>
            {t("question_ask")}
          </button>
        ) : null}
        <button type="button" class="plain" onClick={nextCard}>
          {t("next_card")}
        </button>
      </section>
    </>
  );
}

function Left({ offer: { left, left_unit } }: { offer: Offer }) {
  if (left === null) return <Chip kind="yes">{t("left_no_limit")}</Chip>;
  return left_unit === "fen" ? (
    <Chip kind="yes">{t("left_yuan", { amount: yuan(left as Fen) })}</Chip>
  ) : (
    <Chip kind="yes">{t("left_uses", { count: left })}</Chip>
  );
}

/** Not usable: why, and what would change it. */
function OfferRefused({ offer }: { offer: Offer }) {
  return (
    <div class="offer off">
      <strong>{offer.title}</strong>
      {offer.usable ? null : <Chip kind="wait">{offer.reason_text ?? t("offer_not_usable")}</Chip>}
      {offer.next_step === null ? null : <small>{offer.next_step}</small>}
    </div>
  );
}

export function SendingScreen({ sent }: At<"sending">) {
  return (
    <section class="panel">
      <Heading>{t("sending_title")}</Heading>
      <p>
        {sent.title} · <Money fen={sent.amount_fen} />
      </p>
      <Waiting>{t("sending_wait")}</Waiting>
      <Slowly>
        <p>{t("sending_slow")}</p>
        <button type="button" class="plain" onClick={setAside}>
          {t("set_aside")}
        </button>
      </Slowly>
    </section>
  );
}

const SLOW_MS = 3_000;

/** What is offered only when an answer takes longer than anybody should wait. */
function Slowly({ children }: { children: ComponentChildren }) {
  const isSlow = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      isSlow.value = true;
    }, SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return isSlow.value ? <Note kind="wait">{children}</Note> : null;
}

export function VerifyingScreen() {
  return (
    <section class="panel">
      <Heading>{t("verifying")}</Heading>
      <Waiting>{t("sending_wait")}</Waiting>
      <Slowly>
        <p>{t("verifying_slow")}</p>
        <button type="button" class="plain" onClick={giveUp}>
          {t("give_up")}
        </button>
      </Slowly>
    </section>
  );
}

/** Nobody knows yet whether the sale counted. The next step is to ask, with the same id. */
export function UnansweredScreen({ token, now }: { token: string; now: At<"unanswered"> }) {
  return (
    <section class="panel">
      <Heading>{t("unanswered_title")}</Heading>
      <p>
        {now.sent.title} · <Money fen={now.sent.amount_fen} />
      </p>
      <ProblemNote problem={now.problem} kind="wait">
        <p>{t("unanswered_safe")}</p>
      </ProblemNote>
      <button type="button" onClick={() => void askAgain(token, now.sent)}>
        {t("ask_again")}
      </button>
      <button type="button" class="plain" onClick={nextCard}>
        {t("set_aside")}
      </button>
    </section>
  );
}

/** Asked again, and the answer is no: nothing was taken. */
export function RefusedScreen({ now }: { now: At<"refused"> }) {
  return (
    <section class="panel">
      <Heading>{t("refused_title")}</Heading>
      <p>
        {now.sent.title} · <Money fen={now.sent.amount_fen} />
      </p>
      <ProblemNote problem={now.problem} />
      <button type="button" onClick={nextCard}>
        {t("next_card")}
      </button>
    </section>
  );
}

export function ReceiptScreen({ redemption, offline }: At<"receipt">) {
  useEffect(() => tell("yes"), [redemption.id]);
  return (
    <section class="panel receipt">
      <p class="done">
        <Mark kind="yes" />
      </p>
      <Heading>{t("redeemed")}</Heading>
      <p>{redemption.offer_title}</p>
      <p class="collect">
        {t("collect")} <Money fen={redemption.member_pays_fen} />
      </p>
      <SaleSplit sale={redemption} />
      {offline ? <Note kind="wait">{t("offline_receipt")}</Note> : null}
      <dl class="facts">
        <dt>{t("receipt_no")}</dt>
        <dd class="code">{redemption.receipt_no ?? t("no_receipt_yet")}</dd>
        <dt>{t("bill")}</dt>
        <dd>
          <Money fen={redemption.gross_fen} />
        </dd>
      </dl>
      <button type="button" onClick={nextCard}>
        {t("next_card")}
      </button>
      <ReceiptLinks url={redemption.receipt_url} />
      {offline ? null : (
        <button
          type="button"
          class="plain"
          onClick={() => {
            open(redemption);
            goTo("today");
          }}
        >
          {t("undo_this")}
        </button>
      )}
    </section>
  );
}

export function SaleSplit({ sale }: { sale: Parts }) {
  return (
    <Split
      parts={[
        { label: t("member_pays"), fen: sale.member_pays_fen },
        { label: t("merchant_bears"), fen: sale.merchant_bears_fen },
        { label: t("union_pays"), fen: sale.union_pays_fen },
      ]}
    />
  );
}
