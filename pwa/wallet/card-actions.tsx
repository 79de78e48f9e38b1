import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Problem, Result } from "../shared/api";
import { dayAndTimeOf } from "../shared/clock";
import { typed } from "../shared/forms";
import { t } from "../shared/i18n";
import { Note, ProblemNote, SendButton } from "../shared/ui";
import { check, holdNow } from "./card";
import { beginAnew, hasKey, holding, proveKey } from "./device";
import { appealWith, confirmMembership, restoreWith } from "./devices-service";
import type { Appeal, Card } from "./service";

/** What a member can do about a card that shows no code, by why it shows none. */
export function CardActions({ held, token }: { held: Card; token: string }) {
  switch (held.state) {
    case "lost":
      return <RestoreHere token={token} />;
    case "frozen":
      return <AppealFreeze appeal={held.appeal} token={token} />;
    case "expired":
      return <Confirm sentence={t("confirm_expired")} token={token} />;
    default:
      return null;
  }
}

/** A membership that is to be confirmed before the card expires. */
export function ConfirmInTime({ by, token }: { by: string; token: string }) {
  return (
    <section class="panel">
      <Confirm sentence={t("confirm_by", { moment: dayAndTimeOf(by) })} token={token} />
    </section>
  );
}

/** Send one request at a time, and show the card as it is afterwards. */
function useSending(token: string) {
  const sending = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const send = async (work: () => Promise<Result<unknown>>): Promise<boolean> => {
    if (sending.value) return false;
    sending.value = true;
    problem.value = null;
    const result = await work();
    if (result.ok) await check(token);
    else problem.value = result.problem;
    sending.value = false;
    return result.ok;
  };
  return { sending, problem, send };
}

function RestoreHere({ token }: { token: string }) {
  const mayTry = useSignal(false);
  const replace = useSignal(false);
  const { sending, problem, send } = useSending(token);
  useEffect(() => {
    void hasKey().then((has) => {
      mayTry.value = has;
    });
  }, []);
  if (!mayTry.value) return null;
  const restore = () =>
    send(async () => {
      const proof = await proveKey(token);
      if (!proof.ok) return proof;
      const withNewKey = replace.value;
      const result = await restoreWith(token, { enrolment: proof.value, replace: withNewKey });
      if (result.ok && withNewKey) await beginAnew();
      // What was refused while the card was lost is tried again.
      else if (result.ok && holding.value.name === "none") await holdNow(token);
      return result;
    });
  return (
    <div class="stack">
      <p>{t("restore_here")}</p>
      <label class="tick">
        <input
          type="checkbox"
          checked={replace.value}
          onChange={(event) => {
            replace.value = event.currentTarget.checked;
          }}
        />
        <span>{t("restore_replace")}</span>
      </label>
      {problem.value === null ? null : <ProblemNote problem={problem.value} />}
      <SendButton type="button" busy={sending.value} onClick={() => void restore()}>
        {t("restore_now")}
      </SendButton>
      <p class="quiet">{t("restore_stay")}</p>
    </div>
  );
}

function AppealFreeze({ appeal, token }: { appeal: Appeal | null; token: string }) {
  const { sending, problem, send } = useSending(token);
  if (appeal?.state === "open") {
    return (
      <Note kind="wait">
        <p>{t("appeal_waits", { moment: dayAndTimeOf(appeal.created_at) })}</p>
        <p>{appeal.text}</p>
      </Note>
    );
  }
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        // The service takes one line; what was typed on several stays readable on one.
        const text = typed(event.currentTarget, "appeal").replace(/\s+/g, " ");
        void send(() => appealWith(token, text));
      }}
    >
      {appeal?.state === "rejected" ? (
        <Note kind="no">{t("appeal_rejected", { answer: appeal.answer ?? "" })}</Note>
      ) : null}
      <div class="field">
        <label for="appeal">{t("appeal_text")}</label>
        <textarea id="appeal" name="appeal" rows={4} maxLength={500} required />
        <span class="hint">{t("appeal_hint")}</span>
      </div>
      {problem.value === null ? null : <ProblemNote problem={problem.value} />}
      <SendButton busy={sending.value}>{t("appeal_send")}</SendButton>
    </form>
  );
}

function Confirm({ sentence, token }: { sentence: string; token: string }) {
  const { sending, problem, send } = useSending(token);
  return (
    <div class="stack">
      <p>{sentence}</p>
      {problem.value === null ? null : <ProblemNote problem={problem.value} />}
      <SendButton
        type="button"
        busy={sending.value}
        onClick={() => void send(() => confirmMembership(token))}
      >
        {t("confirm_now")}
      </SendButton>
    </div>
  );
}
