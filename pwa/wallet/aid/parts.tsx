/** What several pages of mutual aid show. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { dayOf, serverNow } from "../../shared/clock";
import { language, t } from "../../shared/i18n";
import type { Fen } from "../../shared/money";
import { Field, type Kind, Money, Note, ProblemNote, SendButton, Waiting } from "../../shared/ui";
import {
  account,
  accountFaults,
  accountProblem,
  agreeTo,
  consentProblem,
  consents,
  consentTo,
  loadAccount,
  loadConsents,
  saveAccount,
  working,
} from "./consents";
import type { CalculationStep, Reason } from "./service";

const DAY_MS = 86_400_000;
const isChinese = language.startsWith("zh");

const STATES: Record<string, () => { kind: Kind | ""; word: string; next: string }> = {
  submitted: () => ({ kind: "wait", word: t("aid_submitted"), next: t("aid_submitted_next") }),
  returned: () => ({ kind: "no", word: t("aid_returned"), next: t("aid_returned_next") }),
  assessed: () => ({ kind: "wait", word: t("aid_assessed"), next: t("aid_assessed_next") }),
  approved: () => ({ kind: "wait", word: t("aid_approved"), next: t("aid_approved_next") }),
  payable: () => ({ kind: "yes", word: t("aid_payable"), next: t("aid_payable_next") }),
  rejected: () => ({ kind: "no", word: t("aid_rejected"), next: t("aid_rejected_next") }),
  withdrawn: () => ({ kind: "", word: t("aid_withdrawn"), next: t("aid_withdrawn_next") }),
};

export function stateOf(state: string): { kind: Kind | ""; word: string; next: string } {
  return STATES[state]?.() ?? { kind: "", word: state, next: "" };
}

export function BackTo({ place, children }: { place: string; children: ComponentChildren }) {
  return (
    <p>
      <a class="back" href={`#${place}`}>
        <span aria-hidden="true">‹ </span>
        {children}
      </a>
    </p>
  );
}

export function Reasons({ reasons }: { reasons: Reason[] }) {
  return (
    <ul class="plain-list">
      {reasons.map((reason) => (
        <li key={reason.code}>
          <p>{reason.text}</p>
          <p>{reason.next_step}</p>
        </li>
      ))}
    </ul>
  );
}

/** An amount with how it came about: each step by its article, whose words are a tap away. */
export function Trail({ steps, benefit }: { steps: CalculationStep[]; benefit: Fen }) {
  return (
    <div class="trail">
      <p class="trail-sum">
        <span>{t("aid_comes_to")}</span> <Money fen={benefit} />
      </p>
      <ol class="plain-list">
        {steps.map((step, at) => (
          // Steps have no id, and never change places.
          <li key={at}>
            <p>
              {step.line === null ? null : (
                <strong>{t("aid_paper_number", { number: step.line })} </strong>
              )}
              {isChinese ? step.zh : step.en}
            </p>
            {step.article_text === null ? null : (
              <details>
                <summary>{t("aid_article", { article: step.article })}</summary>
                <p>{step.article_text}</p>
              </details>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

/** "2026-11-23" and "2026-11-23T…": the day, and how many days have passed since. */
export function sinceOf(moment: string): { day: string; days: number } {
  const at = Date.parse(moment);
  return { day: dayOf(at), days: Math.max(0, Math.floor((serverNow() - at) / DAY_MS)) };
}

/** Until when an event may be claimed, and how many days are left; negative: it is too late. */
export function filingOf(
  eventDate: string,
  filingDays: number,
): { day: string; left: number } | null {
  const at = Date.parse(`${eventDate}T00:00:00+08:00`);
  if (Number.isNaN(at)) return null;
  const last = at + filingDays * DAY_MS;
  const today = Date.parse(`${dayOf(serverNow())}T00:00:00+08:00`);
  return { day: dayOf(last), left: Math.round((last - today) / DAY_MS) };
}

/** The day before: where a period is half-open, people are told its last day. */
export function dayBefore(day: string): string {
  return dayOf(Date.parse(`${day}T00:00:00+08:00`) - DAY_MS);
}

/** What needs a consent of its own: the text first, never ticked beforehand. */
export function Consented({
  token,
  purpose,
  children,
}: {
  token: string;
  purpose: string;
  children: ComponentChildren;
}) {
  useEffect(() => {
    if (consents.value === null) void loadConsents(token);
  }, [token]);
  const line = consentTo(purpose);
  if (line === undefined) {
    if (consentProblem.value === null) return <Waiting>{t("opening")}</Waiting>;
    return (
      <ProblemNote problem={consentProblem.value}>
        <button type="button" class="plain" onClick={() => void loadConsents(token)}>
          {t("try_again")}
        </button>
      </ProblemNote>
    );
  }
  if (line.given_at !== null) return <>{children}</>;
  return (
    <div class="consent">
      <h3 id={`consent-${purpose}`}>{t("consent_title", { title: line.title })}</h3>
      <p>{line.text}</p>
      {consentProblem.value === null ? null : <ProblemNote problem={consentProblem.value} />}
      <SendButton
        type="button"
        class="plain"
        aria-describedby={`consent-${purpose}`}
        busy={working.value}
        onClick={() => void agreeTo(token, line)}
      >
        {t("aid_agree")}
      </SendButton>
    </div>
  );
}

const isChanging = signal(false);

/** The account the member is paid to: shown by its last digits, asked for where there is none. */
export function AccountStep({ token }: { token: string }) {
  useEffect(() => {
    isChanging.value = false;
    if (account.value === undefined) void loadAccount(token);
  }, [token]);
  const held = account.value;
  const faults = accountFaults();
  if (held === undefined) {
    if (accountProblem.value === null) return <Waiting>{t("opening")}</Waiting>;
    return (
      <ProblemNote problem={accountProblem.value}>
        <button type="button" class="plain" onClick={() => void loadAccount(token)}>
          {t("try_again")}
        </button>
      </ProblemNote>
    );
  }
  if (held !== null && !isChanging.value) {
    return (
      <div class="stack">
        <Note kind="yes">
          {t("aid_account_is", { bank: held.bank_name, account: held.account_masked })}
        </Note>
        <button
          type="button"
          class="plain"
          onClick={() => {
            isChanging.value = true;
          }}
        >
          {t("aid_account_other")}
        </button>
      </div>
    );
  }
  return <AccountForm token={token} faults={faults} />;
}

function AccountForm({ token, faults }: { token: string; faults: Record<string, string> }) {
  return (
    <form
      class="stack"
      onSubmit={async (event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const typed = (name: string) => String(form.get(name) ?? "").trim();
        const asked = {
          account_number: typed("account_number").replaceAll(" ", ""),
          bank_name: typed("bank_name"),
        };
        if (await saveAccount(token, asked)) isChanging.value = false;
      }}
    >
      {accountProblem.value === null ? null : <ProblemNote problem={accountProblem.value} />}
      <Field
        name="account_number"
        label={t("aid_account_number")}
        hint={t("aid_account_hint")}
        error={faults["account_number"]}
        inputMode="numeric"
        autocomplete="off"
        maxLength={40}
        required
      />
      <Field
        name="bank_name"
        label={t("aid_bank")}
        error={faults["bank_name"]}
        autocomplete="off"
        maxLength={60}
        required
      />
      <SendButton busy={working.value} class="plain">
        {t("aid_account_save")}
      </SendButton>
    </form>
  );
}
