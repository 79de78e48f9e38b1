import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayAndTimeOf, dayOf, timeOf } from "../../shared/clock";
import { t } from "../../shared/i18n";
import {
  Ask,
  Chip,
  Heading,
  type Kind,
  Money,
  Note,
  ProblemNote,
  SendButton,
  Waiting,
} from "../../shared/ui";
import { ListProblem } from "../list-problem";
import type { Meeting, OwnEnrolment, Session, SessionSeen } from "./service";
import {
  busyWith,
  enrolled,
  enrolments,
  giveBack,
  join,
  load,
  refused,
  saveCalendar,
  sessions,
} from "./training";

const MINUTES_DIGITS = 5;
const LIVE = new Set(["enrolled", "waiting"]);

const STATES: Record<string, () => { kind: Kind | ""; word: string }> = {
  enrolled: () => ({ kind: "yes", word: t("training_enrolled") }),
  waiting: () => ({ kind: "wait", word: t("training_waiting") }),
  withdrawn: () => ({ kind: "", word: t("training_withdrawn") }),
  lapsed: () => ({ kind: "", word: t("training_lapsed") }),
  completed: () => ({ kind: "yes", word: t("training_completed") }),
  not_completed: () => ({ kind: "no", word: t("training_not_completed") }),
};

/** Training: what I am in, with my place and attendance, and what I can enrol in. */
export function TrainingScreen({ token }: { token: string }) {
  useEffect(() => void load(token), [token]);
  const mine = enrolments.heard.value?.value.items ?? null;
  const open = sessions.heard.value?.value.items ?? null;
  return (
    <section class="panel flat">
      <Heading>{t("training_title")}</Heading>
      <ListProblem list={sessions} onRetry={() => void load(token)} />
      <Outcome />
      {mine === null && enrolments.loading.value ? <Waiting>{t("opening")}</Waiting> : null}
      {mine === null || mine.length === 0 ? null : <h2>{t("training_mine")}</h2>}
      <ul class="plain-list">
        {mine?.map((each) => (
          <li key={each.id} class="group">
            <Mine token={token} enrolment={each} />
          </li>
        ))}
      </ul>
      {open === null ? null : <h2>{t("training_open")}</h2>}
      {open?.length === 0 ? (
        <div class="empty">
          <p>{t("training_none")}</p>
        </div>
      ) : null}
      <ul class="plain-list">
        {open?.map((each) => (
          <li key={each.session_id} class="group">
            <Open token={token} session={each} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How enrolling went: a seat, or which place in the queue. */
function Outcome() {
  const answer = enrolled.value;
  if (answer === null) return null;
  return answer.place === null ? (
    <Note kind="yes">{t("training_has_seat")}</Note>
  ) : (
    <Note kind="wait">{t("training_place", { place: answer.place })}</Note>
  );
}

function Mine({ token, enrolment }: { token: string; enrolment: OwnEnrolment }) {
  const { session } = enrolment;
  const state = STATES[enrolment.state]?.() ?? { kind: "" as const, word: enrolment.state };
  const isLive = LIVE.has(enrolment.state);
  const problem = refused.value?.of === enrolment.id ? refused.value.problem : null;
  return (
    <div class="stack">
      <h3>{session.title}</h3>
      <p>
        <Chip kind={state.kind}>{state.word}</Chip>
      </p>
      {enrolment.place === null ? null : (
        <>
          <p>{t("training_place", { place: enrolment.place })}</p>
          <p class="quiet">{t("training_queue_why", { seats: session.seats })}</p>
        </>
      )}
      {enrolment.state === "lapsed" ? <p>{t("training_lapsed_why")}</p> : null}
      <Place session={session} />
      <ul class="plain-list">
        {enrolment.attendance.map((meeting) => (
          <li key={meeting.starts_at}>
            <p>{span(meeting)}</p>
            <p class="quiet">{presence(meeting)}</p>
          </li>
        ))}
      </ul>
      <Needed session={session} />
      {problem === null ? null : <ProblemNote problem={problem} />}
      <div class="row">
        {isLive ? (
          <SendButton
            type="button"
            class="plain"
            busy={busyWith.value === enrolment.id}
            onClick={() => void saveCalendar(token, enrolment.id)}
          >
            {t("training_calendar")}
          </SendButton>
        ) : null}
        {isLive ? <Withdraw token={token} enrolment={enrolment} /> : null}
      </div>
    </div>
  );
}

function Open({ token, session }: { token: string; session: SessionSeen }) {
  const problem = refused.value?.of === session.session_id ? refused.value.problem : null;
  return (
    <div class="stack">
      <h3>{session.title}</h3>
      <p>
        {session.free > 0 ? (
          <Chip kind="yes">
            {t("training_free", { free: session.free, seats: session.seats })}
          </Chip>
        ) : (
          <Chip kind="wait">{t("training_full", { waiting: session.waiting })}</Chip>
        )}
      </p>
      <Place session={session} />
      <ul class="plain-list">
        {session.meetings.map((meeting) => (
          <li key={meeting.starts_at}>{span(meeting)}</li>
        ))}
      </ul>
      <Needed session={session} />
      {problem === null ? null : <ProblemNote problem={problem} />}
      {session.usable ? (
        <SendButton
          type="button"
          busy={busyWith.value === session.session_id}
          onClick={() => void join(token, session.session_id)}
        >
          {session.free > 0 ? t("training_enrol") : t("training_queue")}
        </SendButton>
      ) : (
        <Note kind="wait">
          <p>{session.reason_text}</p>
          <p>{session.next_step}</p>
        </Note>
      )}
    </div>
  );
}

function Place({ session }: { session: Session }) {
  return (
    <p>
      {session.site}
      <br />
      <span class="quiet">{session.address}</span>
      <br />
      <span class="quiet">{t("training_by", { organiser: session.organiser })}</span>
    </p>
  );
}

/** What completing takes, and what it is worth. */
function Needed({ session }: { session: Session }) {
  const share = `${session.attendance_rate_bp / 100} %`;
  return (
    <p class="quiet">
      {session.attendance_basis === "meetings"
        ? t("training_needs_meetings", { share })
        : t("training_needs_minutes", { share })}
      {session.subsidy_fen === 0 ? null : (
        <>
          {" "}
          {t("training_subsidy")} <Money fen={session.subsidy_fen} />
        </>
      )}
    </p>
  );
}

/** "2026-11-30 09:00 – 12:00"; with the second day where it ends on another. */
function span({ starts_at, ends_at }: Meeting): string {
  const from = Date.parse(starts_at);
  const to = Date.parse(ends_at);
  const end = timeOf(to).slice(0, MINUTES_DIGITS);
  const isSameDay = dayOf(from) === dayOf(to);
  return `${dayAndTimeOf(starts_at)} – ${isSameDay ? end : dayAndTimeOf(ends_at)}`;
}

function presence({ came_at, left_at }: OwnEnrolment["attendance"][number]): string {
  if (came_at === null) return t("training_not_scanned");
  const from = timeOf(Date.parse(came_at)).slice(0, MINUTES_DIGITS);
  if (left_at === null) return t("training_came", { from });
  const to = timeOf(Date.parse(left_at)).slice(0, MINUTES_DIGITS);
  return t("training_came_and_left", { from, to });
}

function Withdraw({ token, enrolment }: { token: string; enrolment: OwnEnrolment }) {
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
        {t("training_withdraw")}
      </button>
      {asking.value ? (
        <Ask
          question={t("training_withdraw_question")}
          onClose={() => {
            asking.value = false;
          }}
        >
          <p>{t("training_withdraw_what")}</p>
          <button
            type="button"
            class="danger"
            onClick={() => {
              asking.value = false;
              void giveBack(token, enrolment.id);
            }}
          >
            {t("training_withdraw_yes")}
          </button>
        </Ask>
      ) : null}
    </>
  );
}
