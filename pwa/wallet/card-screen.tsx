import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { leavesOpen } from "../shared/api";
import { clock, dayAndTimeOf, lastReachedAt, timeOf } from "../shared/clock";
import { t } from "../shared/i18n";
import {
  Ask,
  Chip,
  Heading,
  type Kind,
  Note,
  ProblemNote,
  SendButton,
  Waiting,
} from "../shared/ui";
import {
  apply,
  card,
  cardProblem,
  code,
  codeProblem,
  consent,
  consenting,
  declareLost,
  leftMs,
  loadCard,
  losing,
  lossProblem,
  renew,
  type Shown,
  watch,
} from "./card";
import { CARD_CONSENT, ConsentBox } from "./consent";
import type { Card } from "./service";
import { busy, keepsNothing, signOut } from "./session";

const STATES: Record<string, () => { kind: Kind; word: string; sentence: string }> = {
  active: () => ({ kind: "yes", word: t("card_active"), sentence: "" }),
  issued: () => ({ kind: "yes", word: t("card_issued"), sentence: "" }),
  pending_verify: () => ({
    kind: "wait",
    word: t("card_pending"),
    sentence: t("card_pending_next"),
  }),
  lost: () => ({ kind: "no", word: t("card_lost"), sentence: t("card_lost_next") }),
  frozen: () => ({ kind: "no", word: t("card_frozen"), sentence: t("card_frozen_next") }),
  expired: () => ({ kind: "no", word: t("card_expired"), sentence: t("card_expired_next") }),
  cancelled: () => ({ kind: "no", word: t("card_cancelled"), sentence: t("card_cancelled_next") }),
};
const UNKNOWN_STATE = () => ({ kind: "wait" as const, word: t("card_unknown"), sentence: "" });

// A card that was issued becomes active with its first code.
const SHOWABLE = new Set(["issued", "active"]);
const ENDING_MS = 5_000;

export function CardScreen({ token }: { token: string }) {
  useEffect(() => watch(token), [token]);
  const held = card.value;
  if (held === null) return <Opening token={token} />;
  const state = (STATES[held.state] ?? UNKNOWN_STATE)();
  const isShowable = SHOWABLE.has(held.state);
  return (
    <>
      <section class="card" aria-labelledby="holder">
        <div class="band">
          <span>{held.union_name}</span>
          <span>{t("member_card")}</span>
        </div>
        <div class="holder">
          <h1 id="holder" tabIndex={-1}>
            {held.name}
          </h1>
          <p>
            <Chip kind={state.kind}>{state.word}</Chip>
            <span class="quiet">{t("tail", { tail: held.tail })}</span>
          </p>
        </div>
        {isShowable ? (
          <Code token={token} />
        ) : (
          <NotShowable held={held} sentence={state.sentence} />
        )}
      </section>
      {keepsNothing.value ? <Note kind="wait">{t("keeps_nothing")}</Note> : null}
      {lossProblem.value === null ? null : <ProblemNote problem={lossProblem.value} />}
      <div class="row">
        {isShowable ? <ReportLost token={token} /> : null}
        <SignOut token={token} />
      </div>
    </>
  );
}

/** Why there is no code, and what the member can do about it. */
function NotShowable({ held, sentence }: { held: Card; sentence: string }) {
  return (
    <div class="not-showable">
      <p>{sentence}</p>
      {held.state_reason === null ? null : (
        <p>{t("card_state_reason", { reason: held.state_reason })}</p>
      )}
      {held.frozen_until === null ? null : (
        <p>{t("card_frozen_until", { moment: dayAndTimeOf(held.frozen_until) })}</p>
      )}
    </div>
  );
}

function Opening({ token }: { token: string }) {
  if (cardProblem.value === null) return <Waiting>{t("card_loading")}</Waiting>;
  if (cardProblem.value.code === "card_not_found") return <NoCard token={token} />;
  return (
    <section class="panel">
      <ProblemNote problem={cardProblem.value} />
      <button type="button" onClick={() => void loadCard(token)}>
        {t("try_again")}
      </button>
      <SignOut token={token} />
    </section>
  );
}

function NoCard({ token }: { token: string }) {
  const sending = useSignal(false);
  return (
    <section class="panel">
      <Heading>{t("no_card_title")}</Heading>
      <p>{t("no_card_next")}</p>
      <SendButton
        type="button"
        busy={sending.value}
        onClick={async () => {
          sending.value = true;
          await apply(token);
          sending.value = false;
        }}
      >
        {t("apply_for_card")}
      </SendButton>
      <SignOut token={token} />
    </section>
  );
}

/** The code in its countdown ring, and a clock that runs: a picture of it stands still. */
function Code({ token }: { token: string }) {
  const now = clock.value;
  const shown = code.value;
  const left = shown === null ? 0 : leftMs(shown);
  const isLive = left > 0;
  const problem = codeProblem.value;
  const isUnreached = problem !== null && leavesOpen(problem);
  if (problem?.code === "consent_missing") return <ConsentAgain token={token} />;
  return (
    <>
      {shown === null ? <NoCodeYet /> : <Ring shown={shown} left={left} />}
      <p class="clock">
        <span role="timer">{timeOf(now)}</span>
        <small>
          {isLive ? t("renews_in", { seconds: Math.ceil(left / 1000) }) : null}
          {isUnreached && !isLive ? t("no_live_code") : null}
        </small>
      </p>
      <Connection isLive={isLive} />
      <button type="button" class="plain" onClick={() => void renew(token)}>
        {t("new_code")}
      </button>
    </>
  );
}

function NoCodeYet() {
  return (
    <div class="ring empty-ring">
      {codeProblem.value === null ? <Waiting>{t("code_loading")}</Waiting> : null}
    </div>
  );
}

function Ring({ shown, left }: { shown: Shown; left: number }) {
  const ring = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Set from script: a style in the page would need a looser content policy.
    ring.current?.style.setProperty("--left", `${(left / shown.goodMs) * 100}%`);
  });
  const isOver = left === 0;
  return (
    <div class={`ring ${isOver ? "over" : left < ENDING_MS ? "ending" : ""}`} ref={ring}>
      <img src={shown.picture} alt={isOver ? t("code_over") : t("code_alt")} />
      {isOver ? <strong>{t("code_over")}</strong> : null}
    </div>
  );
}

/** Whether the service can be reached, and when it last was: a code without it dies. */
function Connection({ isLive }: { isLive: boolean }) {
  const problem = codeProblem.value;
  const reached = lastReachedAt.value;
  const at = reached === null ? t("not_since_opened") : timeOf(reached);
  if (problem === null) return <p class="reached quiet">{t("reached_at", { at })}</p>;
  return (
    <Note kind={isLive ? "wait" : "no"}>
      <p>{problem.title}</p>
      <p>{t("reached_at", { at })}</p>
    </Note>
  );
}

/** The text in force is not the one that was agreed to: no code until this one is. */
function ConsentAgain({ token }: { token: string }) {
  return (
    <form
      class="consent-again"
      onSubmit={(event) => {
        event.preventDefault();
        void consent(token, CARD_CONSENT);
      }}
    >
      <Note kind="wait">{t("consent_needed")}</Note>
      <ConsentBox busy={consenting.value}>{t("consent_give")}</ConsentBox>
    </form>
  );
}

function ReportLost({ token }: { token: string }) {
  const asking = useSignal(false);
  return (
    <>
      <SendButton
        type="button"
        class="danger"
        busy={losing.value}
        onClick={() => {
          asking.value = true;
        }}
      >
        {t("report_lost")}
      </SendButton>
      {asking.value ? (
        <Ask
          question={t("lost_question")}
          no={t("lost_no")}
          onClose={() => {
            asking.value = false;
          }}
        >
          <p>{t("lost_what")}</p>
          <button
            type="button"
            class="danger"
            onClick={() => {
              asking.value = false;
              void declareLost(token);
            }}
          >
            {t("lost_yes")}
          </button>
        </Ask>
      ) : null}
    </>
  );
}

function SignOut({ token }: { token: string }) {
  return (
    <SendButton type="button" class="plain" busy={busy.value} onClick={() => void signOut(token)}>
      {t("sign_out")}
    </SendButton>
  );
}
