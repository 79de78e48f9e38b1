import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayAndTimeOf } from "../../shared/clock";
import { t } from "../../shared/i18n";
import { Ask, Chip, Heading, Note, ProblemNote, SendButton, Waiting } from "../../shared/ui";
import {
  claim,
  claimProblem,
  done,
  handIn,
  loadClaim,
  sending,
  sendProblem,
  takeBack,
} from "./claims";
import { HEALTH, PAYOUT } from "./consents";
import { beginAgain, drafts, faultsOfDraft } from "./draft";
import { Lines, Papers } from "./form";
import { NotHandedIn } from "./new-screen";
import { isStillSending } from "./papers";
import { AccountStep, BackTo, Consented, sinceOf, stateOf, Trail } from "./parts";
import { faultsOf } from "./refused";
import type { Claim, Decision } from "./service";

const LIVE = new Set(["submitted", "returned", "assessed", "approved"]);

/** One claim: whose turn it is and since when, its amount by article, and what can be done. */
export function ClaimPage({ token, id }: { token: string; id: string }) {
  useEffect(() => {
    sendProblem.value = null;
    void loadClaim(token, id);
    return () => {
      done.value = null;
    };
  }, [token, id]);
  const shown = claim.value?.id === id ? claim.value : null;
  const problem = claimProblem.value;
  return (
    <section class="panel flat">
      <BackTo place="aid">{t("aid_title")}</BackTo>
      {problem === null ? null : (
        <ProblemNote problem={problem}>
          <button type="button" class="plain" onClick={() => void loadClaim(token, id)}>
            {t("try_again")}
          </button>
        </ProblemNote>
      )}
      {shown === null ? (
        problem === null ? (
          <Waiting>{t("opening")}</Waiting>
        ) : null
      ) : (
        <Shown token={token} shown={shown} />
      )}
    </section>
  );
}

const DONE = {
  submitted: () => t("aid_done_submitted"),
  resubmitted: () => t("aid_done_resubmitted"),
  withdrawn: () => t("aid_done_withdrawn"),
};

function Shown({ token, shown }: { token: string; shown: Claim }) {
  const state = stateOf(shown.state);
  const isLive = LIVE.has(shown.state);
  return (
    <>
      <Heading>{shown.scheme_name}</Heading>
      {done.value === null ? null : <Note kind="yes">{DONE[done.value]()}</Note>}
      <div class="group">
        <p>
          <Chip kind={state.kind}>{state.word}</Chip>
        </p>
        <p>{state.next}</p>
        {isLive ? <Clock shown={shown} /> : null}
        <dl class="facts">
          <dt>{t("aid_event")}</dt>
          <dd>{shown.event_title}</dd>
          <dt>{t("aid_event_date")}</dt>
          <dd>{shown.event_date}</dd>
        </dl>
      </div>
      {shown.state === "returned" ? <Again token={token} shown={shown} /> : null}
      <section class="group" aria-labelledby="amount">
        <h2 id="amount">{t("aid_amount")}</h2>
        <Trail steps={shown.steps} benefit={shown.benefit_fen} />
      </section>
      <section class="group" aria-labelledby="handed-in">
        <h2 id="handed-in">{t("aid_papers")}</h2>
        <Checklist shown={shown} />
      </section>
      {isLive || shown.state === "payable" ? (
        <section class="group" aria-labelledby="account">
          <h2 id="account">{t("aid_account")}</h2>
          <Consented token={token} purpose={PAYOUT}>
            <AccountStep token={token} />
          </Consented>
        </section>
      ) : null}
      <History decisions={shown.decisions} />
      {isLive ? <Withdraw token={token} id={shown.id} /> : null}
    </>
  );
}

/** Whose turn it is, and for how many days it has been. */
function Clock({ shown }: { shown: Claim }) {
  const { day, days } = sinceOf(shown.waiting_since);
  const values = { day, days };
  return (
    <p class="aid-clock">
      {shown.state === "returned" ? t("aid_clock_mine", values) : t("aid_clock_theirs", values)}
    </p>
  );
}

function askedOf(shown: Claim): Decision | undefined {
  return shown.decisions.filter(({ kind }) => kind === "returned").at(-1);
}

/** What the union asks for, and the claim to be corrected and handed in once more. */
function Again({ token, shown }: { token: string; shown: Claim }) {
  const hasTried = useSignal(false);
  const draft = drafts.value?.[shown.id];
  const asked = askedOf(shown);
  const problem = sendProblem.value;
  useEffect(() => {
    if (drafts.value !== null && drafts.value[shown.id] === undefined) beginAgain(shown);
  }, [shown.id, drafts.value]);
  if (draft === undefined) return null;
  const faults = { ...faultsOf(problem), ...faultsOfDraft(draft, hasTried.value) };
  return (
    <section class="stack" aria-labelledby="again">
      <h2 id="again">{t("aid_again")}</h2>
      {asked?.note ? <Note kind="wait">{t("aid_again_note", { note: asked.note })}</Note> : null}
      <Consented token={token} purpose={HEALTH}>
        <Papers
          token={token}
          name={shown.id}
          draft={draft}
          kinds={shown.paper_kinds}
          stored={shown.documents}
          asked={asked?.papers ?? []}
        />
      </Consented>
      <details>
        <summary>{t("aid_again_lines")}</summary>
        <div class="stack">
          <Lines name={shown.id} draft={draft} faults={faults} />
        </div>
      </details>
      {problem === null ? null : <NotHandedIn problem={problem} />}
      {isStillSending(draft.papers) ? <Note kind="wait">{t("aid_papers_waiting")}</Note> : null}
      <SendButton
        type="button"
        busy={sending.value}
        disabled={isStillSending(draft.papers)}
        onClick={() => {
          hasTried.value = true;
          void handIn(token, shown.id);
        }}
      >
        {t("aid_again_send")}
      </SendButton>
    </section>
  );
}

function Checklist({ shown }: { shown: Claim }) {
  return (
    <ul class="plain-list papers">
      {shown.paper_kinds.map(({ kind, title }) => {
        const count = shown.documents.filter((paper) => paper.kind === kind).length;
        return (
          <li key={kind} class="paper-head">
            <span>{title}</span>
            {count === 0 ? (
              <Chip kind="wait">{t("aid_paper_missing")}</Chip>
            ) : (
              <Chip kind="yes">{t("aid_paper_count", { count })}</Chip>
            )}
          </li>
        );
      })}
    </ul>
  );
}

const DECISIONS: Record<string, () => string> = {
  submitted: () => t("aid_did_submitted"),
  resubmitted: () => t("aid_did_resubmitted"),
  returned: () => t("aid_did_returned"),
  assessed: () => t("aid_did_assessed"),
  approved: () => t("aid_did_approved"),
  confirmed: () => t("aid_did_confirmed"),
  rejected: () => t("aid_did_rejected"),
  withdrawn: () => t("aid_did_withdrawn"),
};

const REJECTIONS: Record<string, () => string> = {
  excluded: () => t("aid_because_excluded"),
  not_covered: () => t("aid_because_not_covered"),
  paid_elsewhere: () => t("aid_because_paid_elsewhere"),
  papers_doubtful: () => t("aid_because_papers_doubtful"),
  papers_missing: () => t("aid_because_papers_missing"),
};

function History({ decisions }: { decisions: Decision[] }) {
  return (
    <section class="group" aria-labelledby="history">
      <h2 id="history">{t("aid_history")}</h2>
      <ol class="plain-list">
        {decisions.map((each) => (
          <li key={`${each.at} ${each.kind}`}>
            <p class="quiet">
              <time dateTime={each.at}>{dayAndTimeOf(each.at)}</time>
            </p>
            <p>{DECISIONS[each.kind]?.() ?? each.kind}</p>
            {each.reason === null ? null : (
              <p>{REJECTIONS[each.reason]?.() ?? each.reason}</p>
            )}
            {each.note === null ? null : <p>{t("aid_note", { note: each.note })}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Withdraw({ token, id }: { token: string; id: string }) {
  const asking = useSignal(false);
  return (
    <>
      <SendButton
        type="button"
        class="danger"
        busy={sending.value}
        onClick={() => {
          asking.value = true;
        }}
      >
        {t("aid_withdraw")}
      </SendButton>
      {asking.value ? (
        <Ask
          question={t("aid_withdraw_question")}
          onClose={() => {
            asking.value = false;
          }}
        >
          <p>{t("aid_withdraw_what")}</p>
          <button
            type="button"
            class="danger"
            onClick={() => {
              asking.value = false;
              void takeBack(token, id);
            }}
          >
            {t("aid_withdraw_yes")}
          </button>
        </Ask>
      ) : null}
    </>
  );
}
