import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Camera } from "../shared/camera";
import { t } from "../shared/i18n";
import { UpdateOffer } from "../shared/kept-page";
import { yuan } from "../shared/money";
import { Note, ProblemNote, Refusal } from "../shared/ui";
import { useLitScreen } from "../shared/wake";
import { tell } from "./feedback";
import { payAppOf, type Seen, seenIn } from "./foreign";
import { OfflineNote } from "./offline/loaded";
import { outbox, type Sent } from "./outbox";
import { folded } from "./presentation";
import { askAgain, check, type Late, late, type Step, scan } from "./sale";
import type { Pairing } from "./service";
import { terminal } from "./till";

/** What there is to say of what was held before the camera, or typed, and is no card. */
const foreign = signal<string | null>(null);

/** The last code that this till has dealt with: still before the camera, it is not a new one. */
let dealtWith: string | null = null;

/** Take a code exactly as it was read; what is no card goes nowhere. */
function take(text: string, onCard: (text: string) => void): void {
  if (text === "") return;
  dealtWith = text;
  const seen = seenIn(text);
  foreign.value = seen === "card" ? null : foreignWords(seen, text);
  if (seen === "card") onCard(text);
  else tell("no");
}

export function ScanScreen({
  pairing,
  now,
}: {
  pairing: Pairing;
  now: Extract<Step, { name: "scan" }>;
}) {
  const { token } = pairing;
  const { retry, problem } = now;
  return (
    <section class="scan">
      <UpdateOffer />
      <div>
        <h1 tabIndex={-1}>{t("scan_title")}</h1>
        <p class="quiet">
          {pairing.merchant} · {pairing.site}
        </p>
      </div>
      {terminal.value?.may_redeem === false ? <Note kind="wait">{t("till_suspended")}</Note> : null}
      <OfflineNote pairing={pairing} />
      {problem === null ? null : (
        <ProblemNote problem={problem}>
          {retry === null ? null : (
            <button type="button" class="plain" onClick={() => void check(token, retry)}>
              {t("try_again")}
            </button>
          )}
        </ProblemNote>
      )}
      <CodeReader keepsFocus={problem === null} onCard={(text) => void scan(token, text)} />
      <Unanswered token={token} />
      <LateAnswers />
    </section>
  );
}

/** The camera, and below it room for what cannot be filmed. */
export function CodeReader({
  onCard,
  keepsFocus = true,
}: {
  onCard: (text: string) => void;
  keepsFocus?: boolean;
}) {
  useLitScreen();
  useEffect(
    () => () => {
      foreign.value = null;
    },
    [],
  );
  return (
    <>
      <Camera skip={dealtWith} onText={(text) => take(text, onCard)} />
      <ForeignNote />
      <CodeField keepsFocus={keepsFocus} onText={(text) => take(text, onCard)} />
    </>
  );
}

function ForeignNote() {
  if (foreign.value === null) return null;
  return (
    <div class="notice wait" role="alert">
      <span aria-hidden="true">!</span>
      <p>{foreign.value}</p>
    </div>
  );
}

function foreignWords(seen: Exclude<Seen, "card">, text: string): string {
  switch (seen) {
    case "payment":
      return t("foreign_payment", { app: payAppName(text) });
    case "question":
      return t("foreign_question");
    case "pairing":
      return t("foreign_pairing");
    case "other":
      return t("foreign_other");
  }
}

/** By its name, so that the clerk can say which app to leave; of the code itself nothing is shown. */
function payAppName(text: string): string {
  switch (payAppOf(text)) {
    case "alipay":
      return t("pay_app_alipay");
    case "unionpay":
      return t("pay_app_unionpay");
    default:
      return t("pay_app_wechat");
  }
}

/**
 * Where a scanner that acts as a keyboard types, and a hand where there is none. It holds the focus
 * without a keyboard on the screen; a finger on it brings the keyboard. Only what comes this way is
 * folded: an input method makes full-width characters of a scanner's, a camera never does.
 */
function CodeField({
  keepsFocus,
  onText,
}: {
  keepsFocus: boolean;
  onText: (text: string) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (keepsFocus) input.current?.focus();
  }, [keepsFocus]);
  useEffect(() => {
    // A scanner types wherever the focus is: after a tap beside the field, bring it back first.
    const bring = ({ key, ctrlKey, altKey, metaKey }: KeyboardEvent) => {
      const isPlain = key.length === 1 && !ctrlKey && !altKey && !metaKey;
      const isTyping = document.activeElement instanceof HTMLInputElement;
      if (isPlain && key !== " " && !isTyping) input.current?.focus();
    };
    document.addEventListener("keydown", bring);
    return () => document.removeEventListener("keydown", bring);
  }, []);
  return (
    <form
      class="code-field"
      onSubmit={(event) => {
        event.preventDefault();
        const field = input.current;
        if (field === null) return;
        const text = folded(field.value);
        field.value = "";
        onText(text);
      }}
    >
      <div class="field">
        <label for="presentation">{t("presentation")}</label>
        <div class="beside">
          <input
            id="presentation"
            ref={input}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            maxLength={4000}
            required
            aria-describedby="presentation-hint"
            inputMode="none"
            onPointerDown={(event) => {
              event.currentTarget.inputMode = "text";
            }}
          />
          <button type="submit">{t("check_code")}</button>
        </div>
        <span class="hint" id="presentation-hint">
          {t("presentation_hint")}
        </span>
      </div>
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

/** Sales that were set aside while they were sent, and have been answered since. */
function LateAnswers() {
  return (
    <>
      {late.value.map((each) => (
        <Note key={each.sent.id} kind={each.problem === undefined ? "yes" : "no"}>
          <LateAnswer answer={each} />
          <button
            type="button"
            class="plain"
            onClick={() => {
              late.value = late.value.filter((other) => other !== each);
            }}
          >
            {t("late_seen")}
          </button>
        </Note>
      ))}
    </>
  );
}

function LateAnswer({ answer }: { answer: Late }) {
  const { sent, problem, redemption } = answer;
  const what = { title: sent.title, amount: yuan(sent.amount_fen) };
  if (problem !== undefined) {
    return (
      <>
        <p>{t("late_refused", what)}</p>
        <Refusal problem={problem} />
      </>
    );
  }
  return <p>{t("late_redeemed", { ...what, collect: yuan(redemption.member_pays_fen) })}</p>;
}
