import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { clock, dayOf, isUnchecked, lastReachedAt, serverNow, timeOf } from "../shared/clock";
import { t } from "../shared/i18n";
import { QrCode } from "../shared/qr";
import { Note, Waiting } from "../shared/ui";
import { useLitScreen } from "../shared/wake";
import {
  code,
  codeProblem,
  consent,
  consenting,
  isLarge,
  leftMs,
  reachProblem,
  renewNow,
  type Shown,
  showLarge,
} from "./card";
import { CARD_CONSENT, ConsentBox } from "./consent";
import { holding } from "./device";

const ENDING_MS = 5_000;
const SECOND_MS = 1_000;

/** The code in its countdown ring, and a clock that runs: a picture of it stands still. */
export function Code({ token }: { token: string }) {
  useLitScreen();
  const isEnlarged = useSignal(false);
  // Read for its ticks: what is left of the code is shown in seconds.
  clock.value;
  const shown = code.value;
  if (codeProblem.value?.code === "consent_missing") return <ConsentAgain token={token} />;
  return (
    <>
      {shown === null ? <NoCodeYet /> : <Ring shown={shown} />}
      <RunningClock shown={shown} />
      <Connection isLive={shown !== null && leftMs(shown) > 0} />
      <div class="row code-actions">
        <button
          type="button"
          class="plain"
          disabled={shown === null}
          onClick={() => {
            isEnlarged.value = true;
          }}
        >
          {t("live_enlarge")}
        </button>
        <button type="button" class="plain" onClick={() => void renewNow(token)}>
          {t("new_code")}
        </button>
        {holding.value.name === "held" ? <OwnCodeActions token={token} /> : null}
      </div>
      {isEnlarged.value && shown !== null ? (
        <Enlarged
          shown={shown}
          onClose={() => {
            isEnlarged.value = false;
          }}
        />
      ) : null}
    </>
  );
}

/** What only a phone with a key of its own can do. */
function OwnCodeActions({ token }: { token: string }) {
  return (
    <>
      <a class="button plain" href="#question">
        {t("live_question")}
      </a>
      <button
        type="button"
        class="plain"
        aria-pressed={isLarge.value}
        onClick={() => void showLarge(token, !isLarge.value)}
      >
        {t("live_large_dots")}
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

function Ring({ shown }: { shown: Shown }) {
  const ring = useRef<HTMLDivElement>(null);
  const left = leftMs(shown);
  useEffect(() => {
    // Set from script: a style in the page would need a looser content policy.
    ring.current?.style.setProperty("--left", `${(left / shown.goodMs) * 100}%`);
  });
  const isOver = left === 0;
  return (
    <div class={`ring ${isOver ? "over" : left < ENDING_MS ? "ending" : ""}`} ref={ring}>
      {isOver ? (
        <strong>{t("code_over")}</strong>
      ) : (
        <QrCode text={shown.text} label={t("code_alt")} />
      )}
    </div>
  );
}

function RunningClock({ shown }: { shown: Shown | null }) {
  const left = shown === null ? 0 : leftMs(shown);
  const isOwn = holding.value.name === "held";
  return (
    <p class="clock">
      <span role="timer">{timeOf(clock.value)}</span>
      <small>
        {left > 0 ? t("renews_in", { seconds: Math.ceil(left / SECOND_MS) }) : null}
        {left > 0 && isOwn && !isLarge.value ? ` · ${t("live_works_offline")}` : null}
        {left === 0 && codeProblem.value !== null ? t("no_live_code") : null}
      </small>
    </p>
  );
}

/** Whether the service can be reached, when it last was, and whether the time can be trusted. */
function Connection({ isLive }: { isLive: boolean }) {
  const at = reachedAt();
  const isOwn = holding.value.name === "held";
  const problem = reachProblem.value ?? codeProblem.value;
  if (problem === null) return <p class="reached quiet">{t("reached_at", { at })}</p>;
  return (
    <Note kind={isLive ? "wait" : "no"}>
      <p>{problem.title}</p>
      {isOwn && isLive ? <p>{t("live_still_works")}</p> : null}
      <p>{t("reached_at", { at })}</p>
      {isOwn && isUnchecked.value ? <p>{t("live_unchecked", { at })}</p> : null}
    </Note>
  );
}

/** "14:32:07", with the day before it where that is not today. */
function reachedAt(): string {
  const reached = lastReachedAt.value;
  if (reached === null) return t("not_since_opened");
  const day = dayOf(reached);
  return day === dayOf(serverNow()) ? timeOf(reached) : `${day} ${timeOf(reached)}`;
}

/** The code as large as the screen allows, on white, for a camera that sees badly. */
function Enlarged({ shown, onClose }: { shown: Shown; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const left = leftMs(shown);
  return (
    <dialog class="enlarged" ref={dialog} aria-label={t("code_alt")} onClose={onClose}>
      {left > 0 ? (
        <QrCode text={shown.text} label={t("code_alt")} />
      ) : (
        <strong>{t("code_over")}</strong>
      )}
      <p class="clock">
        <span role="timer">{timeOf(clock.value)}</span>
        <small>{t("renews_in", { seconds: Math.ceil(left / SECOND_MS) })}</small>
      </p>
      <button type="button" class="plain" onClick={() => dialog.current?.close()}>
        {t("live_close")}
      </button>
    </dialog>
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
