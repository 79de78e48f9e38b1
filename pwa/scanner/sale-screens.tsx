import { useLayoutEffect, useRef } from "preact/hooks";
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
import { outbox, type Sent } from "./outbox";
import { PaperCheck } from "./paper-check";
import { ReceiptLinks } from "./receipt-links";
import { askAgain, askPhone, check, choose, nextCard, type Step, scan, showOffers } from "./sale";
import type { Offer, Pairing, Verification } from "./service";
import { terminal } from "./till";
import { open } from "./today";

type At<Name extends Step["name"]> = Extract<Step, { name: Name }>;

export function ScanScreen({ pairing, now }: { pairing: Pairing; now: At<"scan"> }) {
  const input = useRef<HTMLInputElement>(null);
  const { retry, problem } = now;
  // Ready for a keyboard-wedge scanner: what it types lands here.
  useLayoutEffect(() => {
    if (problem === null) input.current?.focus();
  }, [problem]);
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        // Not trimmed: a blank may belong to the code.
        void scan(pairing.token, input.current?.value ?? "");
      }}
    >
      <div>
        <h1 tabIndex={-1}>{t("scan_title")}</h1>
        <p class="quiet">
          {pairing.merchant} · {pairing.site}
        </p>
      </div>
      {terminal.value?.may_redeem === false ? <Note kind="wait">{t("till_suspended")}</Note> : null}
      {problem === null ? null : (
        <ProblemNote problem={problem}>
          {retry === null ? null : (
            <button type="button" class="plain" onClick={() => void check(pairing.token, retry)}>
              {t("try_again")}
            </button>
          )}
        </ProblemNote>
      )}
      <Unanswered token={pairing.token} />
      <div class="field">
        <label for="presentation">{t("presentation")}</label>
        <input
          id="presentation"
          ref={input}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={4000}
          required
          aria-describedby="presentation-hint"
        />
        <span class="hint" id="presentation-hint">
          {t("presentation_hint")}
        </span>
      </div>
      <button type="submit">{t("check_code")}</button>
    </form>
  );
}

/** What has no answer yet stands where the clerk looks next, until it has one. */
export function Unanswered({ token }: { token: string }) {
  const sales = outbox.value.filter(({ what }) => what === "sale");
  if (sales.length === 0) return null;
  return (
    <Note kind="wait">
      <p>{t("unanswered_count", { count: sales.length })}</p>
      <ul class="plain-list">
        {sales.map((sent) => (
          <li key={sent.id}>
            <AskAgain token={token} sent={sent} />
          </li>
        ))}
      </ul>
    </Note>
  );
}

function AskAgain({ token, sent }: { token: string; sent: Sent }) {
  return (
    <button type="button" class="plain" onClick={() => void askAgain(token, sent)}>
      {t("ask_again_about", { title: sent.title, amount: yuan(sent.amount_fen) })}
    </button>
  );
}

/** One big answer that a queue can read, one sentence, one button at the thumb. */
export function VerdictScreen({ verification }: At<"verdict">) {
  const { kind, word, sentence } = verdictOf(verification);
  const next = useRef<HTMLButtonElement>(null);
  const isPaper = verification.accepted && verification.assurance === "static";
  useLayoutEffect(() => next.current?.focus(), []);
  return (
    <section class={`verdict ${kind}`}>
      <div role="alert">
        <Mark kind={kind} />
        <h1>{word}</h1>
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

function verdictOf(verification: Verification): { kind: Kind; word: string; sentence: string } {
  if (!verification.accepted) {
    return {
      kind: "no",
      word: t("verdict_no"),
      sentence: verification.reason_text ?? t("verdict_no_reason"),
    };
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

/** The verdict again, small, above what follows from it. */
export function VerdictBand({ verification }: { verification: Verification }) {
  const { kind, word } = verdictOf(verification);
  return (
    <div class={`verdict-band ${kind}`}>
      <Mark kind={kind} />
      <div>
        <strong>{word}</strong>
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

export function ReceiptScreen({ redemption }: At<"receipt">) {
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
