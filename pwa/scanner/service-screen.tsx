import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { nextStepOf } from "../shared/api";
import { timeOf } from "../shared/clock";
import { t } from "../shared/i18n";
import { UpdateOffer } from "../shared/kept-page";
import { Heading, Mark, ProblemNote, Waiting } from "../shared/ui";
import {
  type Attendance,
  attend,
  attendance,
  chooseMode,
  counted,
  type Direction,
  loadSessions,
  type Mode,
  mode,
  nextScan,
  send,
  sessions,
  sessionsProblem,
  type SiteSession,
} from "./attendance";
import { tell } from "./feedback";
import { CodeReader } from "./scan-screen";
import type { Pairing } from "./service";
import { Visits } from "./visits-part";

// Long enough to be read by whoever stands there, short enough for whoever waits behind.
const SHOWN_MS = 2_500;

/** Attendance: first what is scanned for, then card after card without a tap between. */
export function ServiceScreen({ pairing }: { pairing: Pairing }) {
  const chosen = mode.value;
  if (chosen === null) return <Modes pairing={pairing} />;
  const now = attendance.value;
  if (now.name === "taken") return <Taken now={now} />;
  if (now.name === "refused") return <NotTaken now={now} />;
  return <Door token={pairing.token} chosen={chosen} now={now} />;
}

function Modes({ pairing }: { pairing: Pairing }) {
  const { token } = pairing;
  useEffect(() => void loadSessions(token), [token]);
  const found = sessions.value;
  return (
    <section class="scan">
      <UpdateOffer />
      <div>
        <Heading>{t("service_title")}</Heading>
        <p class="quiet">
          {pairing.merchant} · {pairing.site}
        </p>
      </div>
      {sessionsProblem.value === null ? null : (
        <ProblemNote problem={sessionsProblem.value}>
          <button type="button" class="plain" onClick={() => void loadSessions(token)}>
            {t("try_again")}
          </button>
        </ProblemNote>
      )}
      {found === null && sessionsProblem.value === null ? (
        <Waiting>{t("opening")}</Waiting>
      ) : null}
      {found?.length === 0 ? <p class="empty">{t("service_no_sessions")}</p> : null}
      <div class="modes">
        {found?.map((session) => (
          <Session key={session.session_id} session={session} />
        ))}
      </div>
      <Visits token={token} />
      <a class="button plain" href="#check">
        {t("service_check")}
      </a>
    </section>
  );
}

function Session({ session }: { session: SiteSession }) {
  const hours = [session.starts_at, session.ends_at]
    .map((moment) => timeOf(Date.parse(moment)).slice(0, 5))
    .join("–");
  return (
    <section class="mode">
      <h2>{session.title}</h2>
      <p class="quiet">
        {hours} · {t("service_enrolled", { count: session.enrolled })}
      </p>
      <div class="row">
        <button type="button" onClick={() => chooseMode({ session, direction: "in" })}>
          {t("attend_in")}
        </button>
        <button
          type="button"
          class="plain"
          onClick={() => chooseMode({ session, direction: "out" })}
        >
          {t("attend_out")}
        </button>
      </div>
    </section>
  );
}

function directionWord(direction: Direction): string {
  return direction === "in" ? t("attend_in") : t("attend_out");
}

function Door({
  token,
  chosen,
  now,
}: {
  token: string;
  chosen: Mode;
  now: Extract<Attendance, { name: "ready" | "sending" }>;
}) {
  const problem = now.name === "ready" ? now.problem : null;
  const retry = now.name === "ready" ? now.retry : null;
  return (
    <section class="scan">
      <div class="scan-head">
        <div>
          <h1 tabIndex={-1}>{directionWord(chosen.direction)}</h1>
          <p class="quiet">
            {chosen.session.title} · {t("attend_counted", { count: counted.value })}
          </p>
        </div>
        <button type="button" class="plain" onClick={() => chooseMode(null)}>
          {t("attend_change")}
        </button>
      </div>
      {problem === null ? null : (
        <ProblemNote problem={problem}>
          {retry === null ? null : (
            <button type="button" class="plain" onClick={() => void send(token, chosen, retry)}>
              {t("try_again")}
            </button>
          )}
        </ProblemNote>
      )}
      {now.name === "sending" ? (
        <Waiting>{t("verifying")}</Waiting>
      ) : (
        <CodeReader
          keepsFocus={problem === null}
          onCard={(text) => void attend(token, chosen, text)}
        />
      )}
    </section>
  );
}

function Taken({ now: { attended } }: { now: Extract<Attendance, { name: "taken" }> }) {
  useEffect(() => {
    tell("yes");
    const timer = setTimeout(nextScan, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [attended.id]);
  return (
    <Verdict kind="yes" word={directionWord(attended.direction)}>
      <p class="holder-line">
        {attended.card.masked_name} · {t("tail", { tail: attended.card.tail })}
      </p>
      <p class="sentence">
        {attended.title} · {timeOf(Date.parse(attended.received_at)).slice(0, 5)}
      </p>
    </Verdict>
  );
}

function NotTaken({ now: { id, problem } }: { now: Extract<Attendance, { name: "refused" }> }) {
  useEffect(() => tell("no"), [id]);
  const next = nextStepOf(problem);
  return (
    <Verdict kind="no" word={t("attend_refused")}>
      <p class="sentence">{problem.title}</p>
      {next === null ? null : <p>{next}</p>}
    </Verdict>
  );
}

function Verdict({
  kind,
  word,
  children,
}: {
  kind: "yes" | "no";
  word: string;
  children: ComponentChildren;
}) {
  const next = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => next.current?.focus(), []);
  return (
    <section class={`verdict ${kind}`}>
      <div role="alert">
        <Mark kind={kind} />
        <h1>{word}</h1>
        {children}
      </div>
      <div class="thumb">
        <button type="button" ref={next} onClick={nextScan}>
          {t("next_card")}
        </button>
      </div>
    </section>
  );
}
