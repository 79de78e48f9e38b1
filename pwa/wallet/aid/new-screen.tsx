import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { leavesOpen, type Problem } from "../../shared/api";
import { dayOf, serverNow } from "../../shared/clock";
import { t } from "../../shared/i18n";
import {
  Ask,
  Field,
  Heading,
  Note,
  ProblemNote,
  Refusal,
  SendButton,
  Waiting,
} from "../../shared/ui";
import { heardAs } from "../asking";
import { ListProblem } from "../list-problem";
import { chooseScheme, handIn, schemes, sending, sendProblem } from "./claims";
import { HEALTH, PAYOUT } from "./consents";
import {
  amountsOf,
  begin,
  change,
  type Draft,
  drafts,
  drop,
  faultsOfDraft,
  keepsNoDraft,
  NEW,
  renewId,
} from "./draft";
import { Lines, Papers } from "./form";
import { isStillSending } from "./papers";
import { AccountStep, BackTo, Consented, filingOf, Reasons, Trail } from "./parts";
import { type Faults, faultsOf } from "./refused";
import { type Scheme, type Simulation, simulate } from "./service";

/** A claim from its simulation to handing it in, on one page: what is typed stays on the phone. */
export function NewClaim({ token }: { token: string }) {
  useEffect(() => {
    sendProblem.value = null;
    void schemes.load(token);
  }, [token]);
  const draft = drafts.value?.[NEW] ?? null;
  const known = schemes.heard.value?.value.items ?? null;
  const chosen = known?.find(({ scheme }) => scheme === draft?.scheme);
  return (
    <section class="panel flat">
      <BackTo place="aid">{t("aid_title")}</BackTo>
      <Heading>{t("aid_new")}</Heading>
      <ListProblem list={schemes} onRetry={() => void schemes.load(token)} />
      {drafts.value === null || (known === null && schemes.loading.value) ? (
        <Waiting>{t("opening")}</Waiting>
      ) : null}
      {known === null || drafts.value === null ? null : (
        <SchemeChoice schemes={known} draft={draft} />
      )}
      {draft === null || chosen === undefined ? null : (
        <ClaimForm token={token} draft={draft} scheme={chosen} />
      )}
    </section>
  );
}

function SchemeChoice({ schemes: known, draft }: { schemes: Scheme[]; draft: Draft | null }) {
  return (
    <fieldset class="group">
      <legend>{t("aid_scheme")}</legend>
      {known.map((each) => (
        <label class="tick" key={each.scheme}>
          <input
            type="radio"
            name="scheme"
            value={each.scheme}
            checked={draft?.scheme === each.scheme}
            onChange={() =>
              draft === null ? begin(each.scheme) : chooseScheme(NEW, each.scheme)
            }
          />
          <span>{each.name}</span>
        </label>
      ))}
    </fieldset>
  );
}

function ClaimForm({ token, draft, scheme }: { token: string; draft: Draft; scheme: Scheme }) {
  const hasTried = useSignal(false);
  const simulated = useSimulation(token, draft);
  const problem = sendProblem.value;
  const faults: Faults = {
    ...faultsOf(simulated.problem),
    ...faultsOf(problem),
    ...faultsOfDraft(draft, hasTried.value),
  };
  const missing = hasTried.value && Object.keys(faultsOfDraft(draft, true)).length > 0;
  return (
    <>
      <form
        id="claim"
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          hasTried.value = true;
          void handIn(token, NEW);
        }}
      >
        <EventChoice draft={draft} scheme={scheme} fault={faults["event_type"]} />
        <EventDate draft={draft} scheme={scheme} fault={faults["event_date"]} />
        <Lines name={NEW} draft={draft} faults={faults} />
      </form>
      <section aria-labelledby="simulated" class="group" aria-live="polite">
        <h2 id="simulated">{t("aid_simulation")}</h2>
        <Simulated {...simulated} />
      </section>
      <section aria-labelledby="papers" class="group">
        <h2 id="papers">{t("aid_papers")}</h2>
        <Consented token={token} purpose={HEALTH}>
          <Papers token={token} name={NEW} draft={draft} kinds={scheme.papers} />
        </Consented>
      </section>
      <section aria-labelledby="account" class="group">
        <h2 id="account">{t("aid_account")}</h2>
        <Consented token={token} purpose={PAYOUT}>
          <AccountStep token={token} />
        </Consented>
      </section>
      {problem === null ? null : <NotHandedIn problem={problem} />}
      {missing ? <Note kind="no">{t("aid_fields_missing")}</Note> : null}
      {isStillSending(draft.papers) ? <Note kind="wait">{t("aid_papers_waiting")}</Note> : null}
      <SendButton form="claim" busy={sending.value} disabled={isStillSending(draft.papers)}>
        {t("aid_hand_in")}
      </SendButton>
      <p class="quiet">{keepsNoDraft.value ? t("aid_draft_not_kept") : t("aid_draft_kept")}</p>
      <Discard />
    </>
  );
}

function EventChoice({
  draft,
  scheme,
  fault,
}: {
  draft: Draft;
  scheme: Scheme;
  fault: string | undefined;
}) {
  return (
    <fieldset
      class="group"
      {...(fault === undefined ? {} : { "aria-describedby": "event-error" })}
    >
      <legend>{t("aid_event")}</legend>
      {scheme.events.map((event) => (
        <label class="tick" key={event.event_type}>
          <input
            type="radio"
            name="event_type"
            value={event.event_type}
            checked={draft.event_type === event.event_type}
            onChange={() => change(NEW, { event_type: event.event_type })}
          />
          <span>{event.title}</span>
        </label>
      ))}
      {fault === undefined ? null : (
        <span class="field-error" id="event-error">
          <span aria-hidden="true">✕</span> {fault}
        </span>
      )}
    </fieldset>
  );
}

function EventDate({
  draft,
  scheme,
  fault,
}: {
  draft: Draft;
  scheme: Scheme;
  fault: string | undefined;
}) {
  const filing =
    scheme.filing_days === null ? null : filingOf(draft.event_date, scheme.filing_days);
  const hint =
    filing === null
      ? undefined
      : filing.left < 0
        ? t("aid_filing_over", { day: filing.day })
        : t("aid_filing_left", { day: filing.day, days: filing.left });
  return (
    <Field
      name="event_date"
      label={t("aid_event_date")}
      type="date"
      max={dayOf(serverNow())}
      error={fault}
      {...(hint === undefined ? {} : { hint })}
      value={draft.event_date}
      onInput={(event) => change(NEW, { event_date: event.currentTarget.value })}
    />
  );
}

interface Simulated {
  found: Simulation | null;
  problem: Problem | null;
  busy: boolean;
}

const TYPING_MS = 500;

/** What the claim would come to, asked again a moment after the last change. */
function useSimulation(token: string, draft: Draft): Simulated {
  const state = useSignal<Simulated>({ found: null, problem: null, busy: false });
  const amounts = amountsOf(draft);
  const { scheme, event_type, event_date } = draft;
  const isReady = event_type !== "" && event_date !== "" && amounts !== null;
  const asked = isReady
    ? JSON.stringify({ scheme, event_type, event_date, lines: amounts })
    : null;
  useEffect(() => {
    if (asked === null) {
      state.value = { found: null, problem: null, busy: false };
      return;
    }
    let isWanted = true;
    state.value = { ...state.value, busy: true };
    const waiting = setTimeout(async () => {
      const result = await heardAs(token, simulate(token, JSON.parse(asked)));
      if (!isWanted || result === null) return;
      state.value = result.ok
        ? { found: result.value, problem: null, busy: false }
        : { found: null, problem: result.problem, busy: false };
    }, TYPING_MS);
    return () => {
      isWanted = false;
      clearTimeout(waiting);
    };
  }, [asked, token]);
  return state.value;
}

function Simulated({ found, problem, busy }: Simulated) {
  if (busy) return <Waiting>{t("aid_simulating")}</Waiting>;
  if (problem !== null) {
    return (
      <Note kind="no">
        <Refusal problem={problem} />
        {leavesOpen(problem) ? <p>{t("aid_needs_connection")}</p> : null}
      </Note>
    );
  }
  if (found === null) return <p class="quiet">{t("aid_simulation_waits")}</p>;
  if (!found.covered) {
    return (
      <Note kind="no">
        <Reasons reasons={found.reasons} />
      </Note>
    );
  }
  return <Trail steps={found.steps} benefit={found.benefit_fen} />;
}

const NEXT_STEPS: Record<string, () => string> = {
  aid_card_missing: () => t("aid_next_card"),
  aid_consent_missing: () => t("aid_next_consent"),
  aid_document_not_found: () => t("aid_next_papers"),
  aid_invoice_used: () => t("aid_next_used"),
  aid_admission_used: () => t("aid_next_used"),
  aid_nothing_due: () => t("aid_next_nothing"),
  aid_not_covered: () => t("aid_next_not_covered"),
  move_not_allowed: () => t("aid_next_moved"),
};

/** Why a claim was not taken, and what to do about it: the draft stays. */
export function NotHandedIn({ problem }: { problem: Problem }) {
  if (problem.code === "request_key_reused") {
    return (
      <ProblemNote problem={problem}>
        <p>{t("aid_next_key")}</p>
        <button
          type="button"
          class="plain"
          onClick={() => {
            renewId(NEW);
            sendProblem.value = null;
          }}
        >
          {t("aid_new_id")}
        </button>
      </ProblemNote>
    );
  }
  const next = leavesOpen(problem) ? t("aid_needs_connection") : NEXT_STEPS[problem.code]?.();
  return <ProblemNote problem={problem}>{next === undefined ? null : <p>{next}</p>}</ProblemNote>;
}

function Discard() {
  const asking = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="danger"
        onClick={() => {
          asking.value = true;
        }}
      >
        {t("aid_discard")}
      </button>
      {asking.value ? (
        <Ask
          question={t("aid_discard_question")}
          onClose={() => {
            asking.value = false;
          }}
        >
          <button
            type="button"
            class="danger"
            onClick={() => {
              asking.value = false;
              drop(NEW);
            }}
          >
            {t("aid_discard_yes")}
          </button>
        </Ask>
      ) : null}
    </>
  );
}
